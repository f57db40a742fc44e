#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The program against wrong input and a hostile environment: a clear message and exit status 2, nothing
# half-written under a final name, and a database that any SQLite client can read, whatever ended the run.
# Argument: build directory.
set -u
program=$(realpath "$1")/bin/iommusim
samples=$(realpath "$(dirname "$0")/../../traces/samples")
command -v sqlite3 >/dev/null || { echo "sqlite3 is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# status WANT COMMAND...: its output in out and err
status() {
    local want=$1 got
    shift
    "$@" >out 2>err
    got=$?
    [ "$got" = "$want" ] || { fail "exit status $got, expected $want: $*"; cat out err; }
}

# wrong TEXT COMMAND...: exit status 2, TEXT in the message, every line of which has the program's name
wrong() {
    local text=$1
    shift
    status 2 "$@"
    grep -qF -- "$text" err || { fail "no \"$text\" in the message: $*"; cat err; }
    if grep -qv '^iommusim: ' err; then fail "a message without the program's name: $*"; cat err; fi
}

run() { "$program" run --quiet --profile qemu10 "$@"; }

# query DB SQL: as another program sees it
query() { sqlite3 -readonly "$1" "$2"; }

expect() { [ "$1" = "$2" ] || fail "$3: found \"$1\", expected \"$2\""; }

"$program" import -q "$samples"/smmuv3-nvme-strict-cut.qemu.log.zst -o a.trc || exit 1
size=$(stat -c %s a.trc)
cp a.trc original.trc

good_run_is_done_and_readable() {
    status 0 run --trace a.trc --db good.db --check --label first
    expect "$(query good.db 'PRAGMA integrity_check')" ok "a good database"
    expect "$(query good.db 'SELECT id, status, label, requests > 1000 FROM run')" "1|done|first|1" "its run"
}

commands_and_topics_are_suggested() {
    wrong "unknown command rnu; did you mean run?" "$program" rnu
    wrong "unknown topic profile; did you mean profiles?" "$program" info profile
    wrong "unknown profile qemu1; did you mean qemu10?" "$program" run --profile qemu1 --trace a.trc
    status 2 "$program"
}

all_wrong_parameters_are_told_at_once() {
    wrong "unknown parameter smmu.tcu.tlb.wys; did you mean smmu.tcu.tlb.ways?" \
        run --trace a.trc --set smmu.tcu.tlb.wys=4 --set smmu.tcu.tlb.ways=0 --set smmu.tcu.tlb.policy=lur
    grep -qF "smmu.tcu.tlb.ways = 0: out of range, expected 1 to" err || fail "range not told"
    grep -qF "smmu.tcu.tlb.policy = lur: expected one of lru|" err || fail "choices not told"
    expect "$(wc -l <err)" 3 "messages"
}

configuration_errors_have_file_line_and_column() {
    printf 'arch: smmuv3\nsmmu:\n  tcu:\n    tlb: {wayz: 4}\n  oas: 99\n' >c.yaml
    wrong "c.yaml:4:11: unknown parameter smmu.tcu.tlb.wayz" "$program" run --config c.yaml --trace a.trc
    grep -qF "c.yaml:5:3: smmu.oas = 99: out of range" err || fail "second error not told"
    printf 'arch: [smmuv3\n' >c.yaml
    wrong "c.yaml:" "$program" run --config c.yaml --trace a.trc
    wrong "no.yaml: cannot read: No such file" "$program" run --config no.yaml --trace a.trc
}

options_that_make_no_sense_are_refused() {
    wrong "expected --trace FILE or --workload FILE" run
    wrong "expected one of them, not both" run --trace a.trc --workload b.yaml
    wrong "--seed x: expected a whole number" run --trace a.trc --seed x
    wrong "--set ways: expected PATH=VALUE" run --trace a.trc --set ways
    wrong "--mode quick: expected timed or functional" run --trace a.trc --mode quick
    wrong "--check=strickt" run --trace a.trc --check=strickt
    wrong "b.trc: an option expected" run --trace a.trc b.trc
}

damaged_traces_are_refused() {
    wrong "no.trc" run --trace no.trc
    : >bad.trc
    wrong "bad.trc: is empty" run --trace bad.trc
    head -c 100 /dev/zero >bad.trc
    wrong "bad.trc" run --trace bad.trc
    for keep in 1 40 $((size / 2)) $((size - 1)); do
        head -c $keep a.trc >bad.trc
        wrong "bad.trc" run --trace bad.trc --db bad.db
    done
    expect "$(query bad.db 'PRAGMA integrity_check')" ok "a database of failed runs"
    expect "$(query bad.db "SELECT count(*) FROM run WHERE status != 'failed'")" 0 "runs that did not fail"
}

# flip OFFSET: a.trc with one bit changed
flip() {
    cp a.trc bad.trc
    byte=$(od -An -tu1 -j "$1" -N 1 a.trc)
    printf '%b' "\\$(printf '%03o' $((byte ^ 4)))" | dd of=bad.trc bs=1 seek="$1" conv=notrunc status=none
}

flipped_bit_is_found_wherever_it_is() {
    for offset in 0 4 8 16 $(seq 24 $((size / 40)) $((size - 1))) $((size - 1)); do
        flip "$offset"
        wrong "bad.trc" run --trace bad.trc
    done
}

later_version_is_refused_by_its_number() {
    # the number after the magic is the version: docs/trace-format.md
    cp a.trc bad.trc
    printf '\011' | dd of=bad.trc bs=1 seek=16 conv=notrunc status=none
    wrong "version" run --trace bad.trc
}

unwritable_targets_leave_nothing() {
    wrong "/nonexistent/x.db" run --trace a.trc --db /nonexistent/x.db
    wrong "a.trc: not a database" run --trace a.trc --db a.trc
    cmp -s a.trc original.trc || fail "the trace was changed"
    wrong "/dev/full" run --trace a.trc --db /dev/full
    wrong "/nonexistent" "$program" import -q "$samples"/smmuv3-nvme-strict-cut.qemu.log.zst -o /nonexistent/a.trc
    "$program" info params >/dev/full 2>err
    expect $? 2 "status with standard output full"
    "$program" info params | head -1 >/dev/null
    expect "${PIPESTATUS[0]}" 0 "status of a writer whose reader has gone"
}

full_disk_leaves_whole_files() {
    status 0 run --trace a.trc --db full.db
    before=$(stat -c %s full.db)
    (ulimit -f $((before / 1024 + 4)) && run --trace a.trc --db full.db --label second) >out 2>err
    expect $? 2 "status with a full disk"
    grep -q '^iommusim: full.db' err || { fail "no message of the full disk"; cat err; }
    expect "$(query full.db 'PRAGMA integrity_check')" ok "a database on a full disk"
    expect "$(query full.db 'SELECT status FROM run WHERE id = 1')" "done" "the run before"
    expect "$(query full.db 'SELECT count(*) FROM counter WHERE run_id = 2')" 0 "rows of the run that failed"
    (ulimit -f 1 && "$program" import -q "$samples"/smmuv3-nvme-strict-cut.qemu.log.zst -o small.trc) >out 2>err
    expect $? 2 "status of an import to a full disk"
    [ -e small.trc ] && fail "a trace half-written under its final name"
    [ -e small.trc.part ] && fail "a .part file left"
}

# A workload without an end worth waiting for.
printf 'accesses: 4000000000\ngroups:\n  - sid: 1\n    mix:\n      - { pattern: sequential, pages: 64 }\n' >long.yaml

# start DB: a long run in the background, its first row written; $pid
start() {
    "$program" run --quiet --profile tiny --workload long.yaml --db "$1" >out 2>err &
    pid=$!
    for _ in $(seq 600); do
        [ -e "$1" ] && [ "$(query "$1" 'SELECT status FROM run' 2>/dev/null)" = running ] && return
        sleep 0.05
    done
    fail "the run did not begin"
    cat err
}

interrupted_run_is_marked_and_keeps_its_part() {
    start int.db
    kill -INT $pid
    wait $pid
    expect $? 130 "status after SIGINT"
    expect "$(query int.db 'SELECT status, requests > 0 FROM run')" "interrupted|1" "the interrupted run"
    expect "$(query int.db "SELECT count(*) > 0 FROM counter")" 1 "its counters"
    expect "$(query int.db 'PRAGMA integrity_check')" ok "its database"
    start term.db
    kill -TERM $pid
    wait $pid
    expect $? 130 "status after SIGTERM"
    expect "$(query term.db 'SELECT status FROM run')" interrupted "the terminated run"
}

killed_run_leaves_a_readable_database() {
    start kill.db
    kill -KILL $pid
    wait $pid 2>/dev/null
    expect "$(query kill.db 'PRAGMA integrity_check')" ok "the database of a killed run"
    expect "$(query kill.db 'SELECT status FROM run')" running "the killed run"
    status 0 run --trace a.trc --db kill.db
    expect "$(query kill.db 'SELECT group_concat(status) FROM (SELECT status FROM run ORDER BY id)')" \
        "running,done" "runs after the next one"
}

# SIGABRT is what a failed internal check raises.
internal_check_ends_a_run_as_internal() {
    start abort.db
    kill -ABRT $pid
    wait $pid
    expect $? 3 "status after an internal check"
    expect "$(query abort.db 'SELECT status FROM run')" internal "the run with an internal check"
    expect "$(query abort.db 'PRAGMA integrity_check')" ok "its database"
}

every_listed_parameter_can_be_set_to_its_default() {
    local arch profile args
    for arch in smmuv3 vtd; do
        [ $arch = smmuv3 ] && profile=tiny || profile=tiny-vtd
        mapfile -t args < <("$program" info params --arch $arch | sed -nE 's/^  ([a-z0-9_.]+) +([^ ]+).*/--set=\1=\2/p')
        [ ${#args[@]} -gt 50 ] || fail "hardly any parameters of $arch: ${#args[@]}"
        status 0 "$program" run --quiet --profile $profile --trace a.trc --expect none "${args[@]}"
        [ -s err ] && cat err
    done
}

every_profile_runs_the_sample() {
    local name
    for name in $("$program" info profiles | cut -d' ' -f1); do
        status 0 "$program" run --quiet --profile "$name" --trace a.trc --check --db profiles.db
    done
    expect "$(query profiles.db "SELECT count(*) FROM run WHERE status != 'done'")" 0 "runs not done"
    expect "$(query profiles.db "SELECT sum(value) FROM counter WHERE component = 'run' AND name = 'mismatches'")" \
        0 "mismatches"
}

checks_decide_the_exit_status() {
    "$program" import -q "$samples"/smmuv3-synth-forgotten-inval-cut.*.zst -o stale.trc
    status 0 "$program" run --profile qemu10 --trace stale.trc --check
    grep -Eq ', [1-9][0-9]* stale uses' out || { fail "no stale uses found"; cat out; }
    status 1 "$program" run --profile qemu10 --trace stale.trc --check=strict --db s.db
    expect "$(query s.db 'SELECT status FROM run')" mismatch "a strict run with stale uses"
    expect "$(query s.db 'SELECT count(*) > 0 FROM stale')" 1 "its stale uses"
    status 1 run --trace a.trc --set smmu.tcu.tlb.ways=16 --db m.db
    expect "$(query m.db "SELECT count(*) > 0 FROM mismatch WHERE field LIKE 'logged iotlb%'")" 1 \
        "mismatches of a TLB of another size"
    status 0 run --trace a.trc --set smmu.tcu.tlb.ways=16 --set smmu.expect=outcome
}

arrival_is_of_set_before_workload_before_profile() {
    local groups='groups: [{ sid: 1, mix: [{ pattern: sequential }] }]'
    echo "{ accesses: 10, $groups }" >silent.yaml
    echo "{ accesses: 10, arrival: closed, outstanding: 3, $groups }" >closed.yaml
    status 0 "$program" run --quiet --profile tiny --workload silent.yaml --db arrival.db
    status 0 "$program" run --quiet --profile tiny --workload closed.yaml --db arrival.db
    status 0 "$program" run --quiet --profile tiny --workload closed.yaml --set replay.arrival=rate --db arrival.db
    status 0 "$program" run --quiet --profile tiny --workload closed.yaml --set workload.arrival=open --db arrival.db
    expect "$(query arrival.db "SELECT group_concat(arrival) FROM run")" serial,closed,rate,open "arrivals"
    expect "$(query arrival.db "SELECT value FROM param WHERE run_id = 2 AND path = 'replay.outstanding'")" 3 \
        "outstanding"
    expect "$(query arrival.db "SELECT value FROM param WHERE run_id = 4 AND path LIKE 'workload%'")" open \
        "the setting"
    status 2 "$program" run --quiet --profile tiny --workload closed.yaml --set workload.groups[1].count=2
}

full_queue_drops_whole_packets() {      # nine accesses in packets of three, 1 ns apart; a miss takes longer
    local drops="SELECT group_concat(value) FROM counter WHERE component = 'replay' AND name LIKE 'packets%'"
    local depth dropped
    echo '{ accesses: 9, step_ps: 1000, packet: 3, groups: [{ sid: 1, mix: [{ pattern: strided }] }] }' >packets.yaml
    for depth in 1 4 7; do
        rm -f packets.db
        status 0 "$program" run --quiet --profile hyper-tenant --workload packets.yaml \
            --set replay.depth=$depth --db packets.db
        dropped=$((2 - depth / 3))
        expect "$(query packets.db "$drops")" "3,$dropped,$((3 - dropped))" \
            "packets, dropped, missed with a queue of $depth"
    done
}

same_input_and_seed_give_the_same_rows() {
    for i in 1 2; do
        run --trace a.trc --check --reuse --db same$i.db
        "$program" show --dump same$i.db >same$i.txt
    done
    cmp -s same1.txt same2.txt || { fail "two runs differ"; diff same1.txt same2.txt | head; }
    [ "$(wc -l <same1.txt)" -gt 100 ] || fail "hardly any rows"
}

for test in good_run_is_done_and_readable commands_and_topics_are_suggested \
    all_wrong_parameters_are_told_at_once configuration_errors_have_file_line_and_column \
    options_that_make_no_sense_are_refused damaged_traces_are_refused \
    flipped_bit_is_found_wherever_it_is later_version_is_refused_by_its_number \
    unwritable_targets_leave_nothing full_disk_leaves_whole_files \
    interrupted_run_is_marked_and_keeps_its_part killed_run_leaves_a_readable_database \
    internal_check_ends_a_run_as_internal every_listed_parameter_can_be_set_to_its_default \
    every_profile_runs_the_sample \
    checks_decide_the_exit_status arrival_is_of_set_before_workload_before_profile \
    full_queue_drops_whole_packets same_input_and_seed_give_the_same_rows; do
    failed=0
    $test
    [ "$failed" = 0 ] && echo "ok $test" || { echo "not ok $test"; any=1; }
done
exit ${any:-0}
