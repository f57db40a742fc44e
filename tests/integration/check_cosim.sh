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

for test in designs_are_listed the_model_is_right what_is_wrong_is_told what_came_of_it_is_kept mistakes_are_told \
            blocks_are_equal_to_their_twins; do
    $test
    echo "done  $test"
done
exit $failed
