#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# iommusim cosim: designs that are right and one that is not, what is printed and kept, exit status.
# Argument: build directory.
set -u
program=$(realpath "$1")/bin/iommusim
samples=$(realpath "$(dirname "$0")/../../traces/samples")
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

# has TEXT [FILE]
has() { grep -qF -- "$1" "${2:-out}" || { fail "no \"$1\""; cat "${2:-out}"; }; }

expect() { [ "$1" = "$2" ] || fail "$3: found \"$1\", expected \"$2\""; }

query() { sqlite3 -readonly "$1" "$2"; }

synth=smmuv3-synth-forgotten-inval-cut
"$program" import -q "$samples"/smmuv3-nvme-strict-cut.qemu.log.zst -o real.trc || exit 1
"$program" import -q "$samples/$synth.qemu.log.zst" "$samples/$synth.script.jsonl.zst" -o synth.trc || exit 1

designs_are_listed() {
    status 0 "$program" cosim --list
    grep -q "^model  *whole " out || { fail "no model in the list"; cat out; }
}

# The model is a design, too, under any profile, order and memory.
the_model_is_right() {
    local trace profile order
    for trace in real synth; do
        for profile in tiny embedded-smmu; do
            for order in serial overlap race; do
                status 0 "$program" cosim --dut model --profile $profile --trace $trace.trc --order $order \
                    --memory-latency 3..90 --outstanding 32 --set cosim.r_stall=30
                has " 0 wrong"
            done
        done
    done
    status 0 "$program" cosim --dut model --profile tiny --random 3000 --seed 3 --order race --save random.trc
    has " 0 wrong"
    expect "$("$program" trace info random.trc | awk '$1 == "read" || $1 == "write" { n += $2 } END { print n }')" \
        "$(awk '$1 == "requests" { print $2; exit }' out)" "accesses of the trace that was saved"
}

# QEMU executes a range that is reserved: a known deviation of the profile that imitates it.
what_is_wrong_is_told() {
    status 1 "$program" cosim --dut model --profile qemu10 --trace synth.trc --db wrong.db
    has "command: cycle"
    has "  expected  error 1 of command"
    has "what software did last:"
    has "again      iommusim cosim --dut model --profile qemu10"
    status 1 "$program" cosim --dut model --profile qemu10 --trace synth.trc --json
    has '"kind":"command"'
    has '"history":['
}

what_came_of_it_is_kept() {
    command -v sqlite3 >/dev/null || return
    status 0 "$program" cosim --dut model --profile tiny --trace real.trc --db a.db --label first
    expect "$(query a.db "SELECT status, mode, label, requests > 1000 FROM run")" "done|cosim|first|1" "the run"
    expect "$(query a.db "SELECT sum(n) FROM cosim_latency WHERE side = 'dut'")" "$(query a.db "SELECT requests FROM run")" \
        "latencies"
    expect "$(query a.db "SELECT hits > 0 FROM cosim_bin WHERE name = 'sync'")" 1 "bin sync"
    expect "$(query a.db "SELECT count(*) FROM cosim_mismatch")" 0 "mismatches"
    expect "$(query a.db "SELECT value FROM param WHERE path = 'cosim.dut'")" model "the design"
}

mistakes_are_told() {
    status 2 "$program" cosim --dut nothing --trace real.trc
    has "no design \`nothing\`" err
    status 2 "$program" cosim --dut model
    has "expected one of --trace FILE, --random N" err
    status 2 "$program" cosim --dut model --profile tiny --trace real.trc --memory-latency 9..3
    has "the second number is below the first" err
    status 2 "$program" cosim --dut model --profile tiny --trace real.trc --set cosim.oder=serial
    has "did you mean" err
    status 2 "$program" cosim --dut model --profile tiny-vtd --trace real.trc
    has "not an SMMUv3" err
    status 2 "$program" cosim --dut ./nothing.so --trace real.trc
}

blocks_are_equal_to_their_twins() {
    "$program" cosim --list | grep -q "^iotlb " || return 0
    status 0 "$program" cosim --dut iotlb --random 20000 --seed 5
    status 2 "$program" cosim --dut iotlb --trace real.trc
    has "expected --random N" err
    status 2 "$program" cosim --dut cfg_fetch --random 100
    has "there is no twin of it" err
}

# Rounds are the same again, meet more than one, and what they come to is in report, database and file.
rounds_are_merged() {
    local one all
    status 0 "$program" cosim --dut model --random 200 --order race --json
    one=$(grep -c '": *[1-9]' out)
    status 0 "$program" cosim --dut model --random 200 --rounds 6 --order race --json
    grep -v -e wall_s -e command out >first
    all=$(grep -c '": *[1-9]' out)
    [ "$all" -gt "$one" ] || fail "6 rounds have met no more than one: $all, $one"
    status 0 "$program" cosim --dut model --random 200 --rounds 6 --order race --json --coverage all.dat --db rounds.db
    grep -v -e wall_s -e command out | cmp - first || fail "rounds differ from run to run"
    status 0 "$program" cosim --dut model --random 200 --rounds 6 --order race --choice fixed
    has "rounds     6 of 200 accesses, seeds 1..6"
    has "coverage   bin: "
    status 2 "$program" cosim --dut model --trace real.trc --rounds 2
    has "needs --random N" err
    status 2 "$program" cosim --dut model --random 10 --rounds 2 --choice best
    has "expected directed, random or fixed" err
    expect "$(grep -c "^C '.*v_bin/" all.dat)" "$(grep -c "^C '" all.dat)" "points of the model"
    command -v sqlite3 >/dev/null || return
    expect "$(query rounds.db "SELECT count(*) > 200, count(*) = $(grep -c "^C '" all.dat) FROM cosim_bin")" "1|1" "bins"
    expect "$(query rounds.db "SELECT sum(hit) = (SELECT count(*) FROM cosim_bin WHERE hits), sum(total) > 200 FROM cosim_coverage")" \
        "1|1" "coverage"
    expect "$(query rounds.db "SELECT value FROM param WHERE path = 'cosim.rounds'")" 6 "rounds of the run"
    expect "$(query rounds.db "SELECT requests >= 1200 FROM run")" 1 "requests of all rounds"
}

# What is printed calls the round that went wrong, alone: here one in which memory is too slow for a hang not to be seen.
a_wrong_round_is_called_alone() {
    local again
    status 1 "$program" cosim --dut model --random 300 --rounds 20 --set cosim.hang=600
    again=$(sed -n 's/^again  *iommusim //p' out)
    case $again in *"--rounds 1 --seed "[2-9]*) ;; *) fail "no round: $again" ;; esac
    grep -m 1 -A 2 "^[a-z-]*: .*cycle" out >first
    # shellcheck disable=SC2086
    status 1 "$program" $again
    grep -m 1 -A 2 "^[a-z-]*: .*cycle" out | cmp - first || fail "another failure"
}

well_formed() {
    if command -v xmllint >/dev/null; then
        xmllint --noout "$1" || fail "$1 is not well-formed"
    elif command -v python3 >/dev/null; then
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1" || fail "$1 is not well-formed"
    fi
}

# A trace that is right, one on which this profile is wrong, one that is none.
a_suite_is_a_regression() {
    mkdir good bad broken
    cp real.trc good/a.trc
    "$program" cosim --dut model --random 300 --seed 4 --save good/b.trc --quiet
    cp real.trc bad/a.trc
    cp synth.trc "bad/<b>&c.trc"
    cp real.trc broken/a.trc
    head -c 100 real.trc >broken/b.trc

    status 0 "$program" cosim --dut model --profile tiny --suite good --jobs 2 --junit good.xml --coverage good.dat
    has "2 traces: 2 passed, 0 failed, 0 in error"
    has "coverage   bin: "
    well_formed good.xml
    has '<testsuite name="cosim" tests="2" failures="0" errors="0">' good.xml
    expect "$(grep -c '<testcase classname="model" name="[ab].trc"' good.xml)" 2 "cases"

    status 1 "$program" cosim --dut model --profile qemu10 --suite bad --junit bad.xml
    has "2 traces: 1 passed, 1 failed, 0 in error"
    well_formed bad.xml
    has '<testsuite name="cosim" tests="2" failures="1" errors="0">' bad.xml
    has 'name="&lt;b&gt;&amp;c.trc"' bad.xml
    expect "$(grep -c '<failure message="the design differs"/>' bad.xml)" 1 "failures"
    has "expected  error 1 of command" bad.xml

    status 2 "$program" cosim --dut model --profile tiny --suite broken --junit broken.xml
    well_formed broken.xml
    has '<error message="status 2"/>' broken.xml
    status 2 "$program" cosim --dut model --suite nowhere
    has "holds no traces" err
}

# The suite's own run, the last one, has what all traces have met.
a_suite_is_kept() {
    local of_all="SELECT count(*) FROM cosim_bin WHERE hits AND run_id"
    command -v sqlite3 >/dev/null || return
    status 0 "$program" cosim --dut model --profile tiny --suite good --db suite.db --label nightly
    expect "$(query suite.db "SELECT count(*), max(id), sum(label = 'nightly'), sum(status = 'done') FROM run")" "3|3|3|3" "runs"
    expect "$(query suite.db "SELECT (SELECT sum(requests) FROM run WHERE id < 3) = requests FROM run WHERE id = 3")" 1 "requests"
    expect "$(query suite.db "SELECT ($of_all = 3) >= ($of_all = 1), ($of_all = 3) > ($of_all = 2)")" "1|1" "bins of both"
    expect "$(query suite.db "SELECT a.hits + b.hits = c.hits FROM cosim_bin a JOIN cosim_bin b USING (name) JOIN cosim_bin c USING (name)
        WHERE a.run_id = 1 AND b.run_id = 2 AND c.run_id = 3 AND name = 'sync'")" 1 "merged hits"
    expect "$(query suite.db "SELECT sum(hit) = ($of_all = 3) FROM cosim_coverage WHERE run_id = 3")" 1 "coverage"
}

# What is left replays the same failure.
a_difference_is_minimised() {
    local records small
    status 1 "$program" cosim --dut model --profile qemu10 --trace synth.trc --minimise small.trc
    records=$("$program" trace info synth.trc | awk '$1 == "records" { print $2; exit }')
    small=$("$program" trace info small.trc | awk '$1 == "records" { print $2; exit }')
    has " records show it, after " err
    [ "$small" -le 20 ] || fail "$small of $records records are left"
    status 1 "$program" cosim --dut model --profile qemu10 --trace small.trc
    has "command: cycle"
    has "  expected  error 1 of command"
    status 0 "$program" cosim --dut model --profile tiny --trace small.trc
    status 0 "$program" cosim --dut model --profile tiny --trace synth.trc --minimise none.trc
    [ ! -e none.trc ] || fail "something is left of a run that is right"
}

for test in designs_are_listed the_model_is_right what_is_wrong_is_told what_came_of_it_is_kept mistakes_are_told \
            rounds_are_merged a_wrong_round_is_called_alone a_suite_is_a_regression a_suite_is_kept a_difference_is_minimised \
            blocks_are_equal_to_their_twins; do
    $test
    echo "done  $test"
done
exit $failed
