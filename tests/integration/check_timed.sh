#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Time against itself: the rows of a run are the same with an event for every wait, and whatever the order of
# events that are equal in time; the imitating profile meets every lookup of a log in time, too, and with one
# request after the other counts what functional mode counts; causes add up to latencies, stream by stream.
# Argument: build directory.
set -u
sim=$(realpath "$1")/bin/iommusim
samples=$(realpath "$(dirname "$0")/../../traces/samples")
scenarios=$(realpath "$(dirname "$0")/../../workloads/scenarios")
[ -x "$sim" ] || { echo "no $sim: skipped"; exit 77; }
command -v sqlite3 >/dev/null || { echo "sqlite3 is not installed: skipped"; exit 77; }
random_runs=$(realpath "$(dirname "$0")")/random_runs.py
seeds=20
runs=80
if grep -q '^IOMMUSIM_SANITIZE:.*=.' "$1/CMakeCache.txt" 2>/dev/null; then
    seeds=3
    runs=10
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
compared=0

fail() { echo "FAIL  $*"; failed=1; }

expect() { [ "$1" = "$2" ] || fail "$3: found \"$1\", expected \"$2\""; }

query() { sqlite3 -readonly "$1" "$2"; }

# rows NAME OPTION...: of a run, in NAME.db and NAME.txt
rows() {
    local name=$1
    shift
    rm -f "$name.db"
    "$sim" run --quiet --db "$name.db" "$@" 2>err || { fail "run $*"; cat err; }
    "$sim" show --dump "$name.db" >"$name.txt"
    [ "$(wc -l <"$name.txt")" -gt 200 ] || fail "hardly any rows: $*"
}

# same WHAT: the rows in other.txt are those in base.txt
same() {
    compared=$((compared + 1))
    cmp -s base.txt other.txt && return
    fail "$what: other rows $1"
    diff base.txt other.txt | head -6
}

# ---- what is replayed -------------------------------------------------------------------------------------

"$sim" import -q "$samples"/smmuv3-nvme-strict-cut.*.zst -o nvme.trc &&
    "$sim" import -q "$samples"/smmuv3-synth-forgotten-inval-cut.*.zst -o forgotten.trc || exit 1
for name in strict-rx deferred-rx half-half hits; do
    "$sim" gen "$scenarios/$name.yaml" --accesses 2000 -o $name.trc >/dev/null || exit 1
done

# Streams for four TBUs: nested, stage 2, buffers that come and go, one that may not pass, one that just does.
cat >mixed.yaml <<'YAML'
seed: 3
accesses: 2000
interleave: random
groups:
  - { sid: 0x10, count: 3, mode: nested, mix: [ { pattern: zipf, pages: 300, len: 512, write: 30 } ] }
  - { sid: 0x13, count: 2, mode: stage2, mix: [ { pattern: sequential, pages: 64, len: 256 } ] }
  - { sid: 0x15, count: 3, mix: [ { pattern: buffers, depth: 32, len: 256, write: 70, unmap: strict } ] }
  - { sid: 0x18, mode: abort, mix: [ { pattern: uniform, pages: 16 } ] }
  - { sid: 0x19, mode: bypass, mix: [ { pattern: sequential, pages: 16, len: 64 } ] }
YAML
sed 's/mode: nested, //' mixed.yaml >flat.yaml                    # VT-d's legacy mode has no nested translation
"$sim" gen mixed.yaml -o mixed.trc >/dev/null && "$sim" gen flat.yaml -o flat.trc >/dev/null || exit 1

# First touches stall until software has mapped the page.
cat >stalls.yaml <<'YAML'
seed: 4
accesses: 2000
interleave: random
groups:
  - { sid: 0x10, count: 3, map: on-demand, mix: [ { pattern: zipf, pages: 100, len: 256, write: 40 } ] }
  - { sid: 0x14, map: on-demand, mode: stage2, mix: [ { pattern: uniform, pages: 60, len: 64 } ] }
  - { sid: 0x15, map: on-demand, mode: nested, mix: [ { pattern: sequential, pages: 64, len: 512 } ] }
  - { sid: 0x16, mix: [ { pattern: buffers, depth: 32, len: 256, write: 70, unmap: strict } ] }
YAML
"$sim" gen stalls.yaml -o stalls.trc >/dev/null || exit 1
stalls="--trace stalls.trc --set smmu.stall_model=0 --set host.stall=map"

# ---- no row hangs on events -------------------------------------------------------------------------------

# hangs_on_nothing OPTION...: a run's rows, each run against the first
hangs_on_nothing() {
    local what="$*" seed
    rows base --check "$@"
    rows other --check --no-shortcuts "$@"
    same "with an event for every wait"
    rows other --check --no-shortcuts --shuffle-ties 77 "$@"
    same "with an event for every wait and ties shuffled"
    for ((seed = 1; seed <= seeds; seed++)); do
        rows other --check --shuffle-ties $seed "$@"
        same "with ties shuffled, seed $seed"
    done
}

no_row_hangs_on_events_or_ties() {
    local profile trace
    for profile in server-smmu server-vtd tiny qemu10 embedded-smmu; do
        for trace in nvme forgotten strict-rx deferred-rx flat; do
            hangs_on_nothing --profile $profile --trace $trace.trc
        done
    done
    for profile in server-smmu tiny qemu10 embedded-smmu; do
        hangs_on_nothing --profile $profile --trace mixed.trc
    done
    hangs_on_nothing --profile embedded-smmu --trace half-half.trc
}

no_row_hangs_on_them_under_other_options() {
    local trace
    for trace in strict-rx mixed; do
        hangs_on_nothing --profile server-smmu --trace $trace.trc --set smmu.tbus=4
        hangs_on_nothing --profile embedded-smmu --trace $trace.trc --set smmu.tbus=4 --set replay.arrival=open
    done
    hangs_on_nothing --profile server-smmu --trace mixed.trc --set dev.order=none --set smmu.timing.merge=no
    hangs_on_nothing --profile server-vtd --trace strict-rx.trc --set replay.arrival=rate
    hangs_on_nothing --profile tiny --trace mixed.trc --set replay.arrival=closed --warmup 500
    hangs_on_nothing --profile tiny --trace flat.trc --set replay.arrival=closed --set smmu.cmdq.entries=2 \
        --set mem.outstanding.n=1
    hangs_on_nothing --profile server-smmu --trace hits.trc
    hangs_on_nothing --profile server-smmu --trace strict-rx.trc --set dev.tags=2
    hangs_on_nothing --profile gem5 --trace flat.trc --set smmu.timing.flows=2
    hangs_on_nothing --profile gem5 --trace mixed.trc --set replay.arrival=open --set smmu.tbu.slots.n=1
}

no_row_of_stalls_hangs_on_them() {
    hangs_on_nothing --profile server-smmu $stalls
    hangs_on_nothing --profile server-smmu $stalls --set smmu.stall.entries=2 --set smmu.tbu.slots.n=4 \
        --set smmu.evtq.entries=2 --set host.stall_ps=300000 --set smmu.tbus=2
    hangs_on_nothing --profile embedded-smmu $stalls --set dev.order=none --set smmu.stall.suppress=no \
        --set smmu.timing.merge=no --set host.stall_ps=0
}

# Of workloads and parameters drawn at random: found what nobody had thought of.
no_row_of_random_runs_hangs_on_them() {
    command -v python3 >/dev/null || return
    python3 "$random_runs" "$sim" 2 "$runs" . || fail "random runs"
}

# ---- in time as without -----------------------------------------------------------------------------------

# Of time, and so only counted in time.
times="'measured_ps', 'packets', 'packets_missed'"
# Without time the host software's first commands are carried out before anything is counted.
start_commands="$times, 'commands', 'descriptors', 'waits', 'invalidations'"

# counts_agree TRACE PROFILE LEFT_OUT OPTION...: counters of functional mode and of serial arrival
counts_agree() {
    local trace=$1 profile=$2 left_out=$3
    shift 3
    rows functional --check --mode functional --trace "$trace.trc" --profile "$profile" "$@"
    rows serial --check --set replay.arrival=serial --trace "$trace.trc" --profile "$profile" "$@"
    expect "$(query functional.db "ATTACH 'serial.db' AS t;
        SELECT component, name, f.value, t.value FROM main.counter f LEFT JOIN t.counter t USING (component, name)
            WHERE f.value IS NOT t.value AND name NOT IN ($left_out);
        SELECT * FROM (SELECT stream, class, count FROM main.latency_class WHERE cause = 'lookup'
            EXCEPT SELECT stream, class, count FROM t.latency_class WHERE cause = 'lookup');
        SELECT * FROM (SELECT stream, iova, event, stage, class, detail FROM main.fault
            EXCEPT SELECT stream, iova, event, stage, class, detail FROM t.fault)")" \
        "" "$trace on $profile: counted otherwise in time"
    expect "$(query serial.db "SELECT count(*) > 60 FROM counter WHERE value > 0")" 1 "$trace on $profile: counters"
}

serial_arrival_counts_what_functional_mode_counts() {
    local profile trace
    for profile in qemu10 tiny server-smmu embedded-smmu; do
        for trace in nvme forgotten; do
            counts_agree $trace $profile "$times"
        done
        for trace in strict-rx deferred-rx mixed; do
            counts_agree $trace $profile "$start_commands"
        done
    done
    counts_agree stalls server-smmu "$start_commands" --set smmu.stall_model=0 --set host.stall=map
    for trace in nvme strict-rx deferred-rx flat; do
        counts_agree $trace server-vtd "$start_commands"
    done
}

imitating_profile_meets_every_lookup_in_time() {
    local trace
    for trace in nvme forgotten; do
        rows base --check --profile qemu10 --trace $trace.trc
        expect "$(query base.db "SELECT arrival FROM run")" serial "$trace: arrival"
        expect "$(query base.db "SELECT count(*) FROM mismatch")" 0 "$trace: mismatches"
        expect "$(query base.db "SELECT count(*) > 0 FROM counter WHERE component = 'log' AND
            name = 'iotlb hit/miss, compared' AND value >= (SELECT requests FROM run)")" 1 "$trace: lookups compared"
        expect "$(query base.db "SELECT c.name, c.value, a.value FROM counter c JOIN counter a
            ON a.component = 'log' AND a.name = replace(c.name, 'compared', 'agreed')
            WHERE c.component = 'log' AND c.name LIKE '%, compared' AND a.value != c.value")" "" "$trace: the log"
    done
}

# ---- causes add up ----------------------------------------------------------------------------------------

# A bucket says between which bounds its latencies are; all together are known to the picosecond.
causes_add_up_to_latencies() {
    local profile
    for profile in server-smmu embedded-smmu tiny; do
        rows base --profile $profile --trace mixed.trc --set replay.arrival=closed
        expect "$(query base.db "SELECT sum(sum_ps) FROM latency_class")" \
            "$(query base.db "SELECT value FROM counter WHERE name = 'latency_ps'")" "$profile: sum of all causes"
        expect "$(query base.db "SELECT stream, class, c.sum_ps, h.least, h.most FROM
            (SELECT stream || '/' || class AS name, stream, class, sum(sum_ps) AS sum_ps FROM latency_class
                GROUP BY stream, class) c
            LEFT JOIN (SELECT name, sum(lo * count) AS least, sum(hi * count) AS most FROM histogram
                WHERE component = 'latency' GROUP BY name) h USING (name)
            WHERE NOT coalesce(c.sum_ps BETWEEN h.least AND h.most, 0)")" "" "$profile: causes of a class"
        expect "$(query base.db "SELECT sum(count) FROM latency_class WHERE cause = 'lookup'")" 2000 \
            "$profile: requests"
    done
}

for test in no_row_hangs_on_events_or_ties no_row_hangs_on_them_under_other_options no_row_of_stalls_hangs_on_them \
    no_row_of_random_runs_hangs_on_them serial_arrival_counts_what_functional_mode_counts \
    imitating_profile_meets_every_lookup_in_time causes_add_up_to_latencies; do
    failed=0
    $test
    [ "$failed" = 0 ] && echo "ok $test" || { echo "not ok $test"; any=1; }
done
echo "$compared runs compared"
exit ${any:-0}
