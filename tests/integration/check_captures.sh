#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures of real kernels and of scripts, replayed: every output address, fault, hit and miss of every
# lookup and every flush as logged, under the profile that imitates the source; no mismatch against the
# oracle under all others.  In time, too: the imitating profile one request after the other, the others side by
# side; builds with sanitizers leave that to those without.  Reads the captures beside the checkout (../shared/captures, or $IOMMUSIM_CAPTURES)
# and skips without them; the samples in traces/samples are replayed by other tests.
set -u
sim=$1/bin/iommusim
dir=${IOMMUSIM_CAPTURES:-../shared/captures}
[ -x "$sim" ] && [ -d "$dir" ] || { echo "no captures in $dir: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
modes="functional timed"
grep -q '^IOMMUSIM_SANITIZE:.*=.' "$1/CMakeCache.txt" 2>/dev/null && modes=functional

fail() { echo "FAIL  $*"; failed=1; }

# The two numbers of a line of the summary: compared, agree.
line() { grep -E "^$1 +[0-9]" "$work/out" | awk '{ print $(NF-3), $(NF-2) }'; }

# all NAME EXPECTED: that many were compared, and all agree
all() { [ "$(line "$1")" = "$2 $2" ] || fail "$what: $1: compared and agree $(line "$1"), expected $2"; }

run() { "$sim" run --trace "$work/a.trc" --check --mode "$mode" "$@" > "$work/out" 2>&1; }

checks() { grep ^checks "$work/out"; }

# The log's fault records and fault interrupts are as many as the unit wrote and sent: which faults are recorded depends
# on the records that are pending, and on what software had cleared by then.
fault_records() {
    local logged found
    logged=$(zstd -dc "$1" | awk '/:vtd_frr_new /{ n++ } /:vtd_irq_generate /{ i++ } END { print n + 0, i + 0 }')
    found=$(sqlite3 -separator ' ' "$work/db" "SELECT MAX(value) FILTER (WHERE name = 'fault_records'),
            MAX(value) FILTER (WHERE name = 'fault_events') FROM counter WHERE component = 'vtd'")
    [ "$found" = "$logged" ] || fail "$what: fault records and events $found, logged $logged"
}

# The profile that imitates the source meets its log.
as_logged() {
    rm -f "$work/db"
    run --profile "$profile" --db "$work/db" "${source[@]}" || fail "$what: run: $(checks)"
    grep -q "^requests *$requests:" "$work/out" || fail "$what: $(grep ^requests "$work/out"), expected $requests"
    all "iotlb hit/miss" "$lookups"
    [ "$flushes" = - ] || all "flush of a full iotlb" "$flushes"
    grep -q "^checks *0 mismatches (0 against the oracle), $stale stale uses" "$work/out" ||
        fail "$what: $(checks)"
    if [ "$files" = script ]; then all "intended outcome" "$requests"; fi
    case "$profile $files" in
        *vtd\ script) ;;                        # faults that the source found by a hit it did not record
        *vtd\ *)      fault_records "${in[0]}" ;;
    esac
}

# by_the_tables_on PROFILE: all is right by the tables, what a real kernel did came out as logged, and where
# accesses one after the other find no stale entry, those that are under way side by side find none either.
by_the_tables_on() {
    run --profile "$1" --set replay.arrival=closed "${offered[@]}"
    [ $? -le 1 ] && grep -q "(0 against the oracle)" "$work/out" || fail "$what on $1: $(checks)"
    [ "$files" = script ] || grep -q "^checks *0 mismatches" "$work/out" || fail "$what on $1: $(checks)"
    if [ "$mode" = functional ]; then
        checks > "$work/$1.checks"
    elif grep -q " 0 stale uses" "$work/$1.checks"; then
        cmp -s <(checks) "$work/$1.checks" || fail "$what on $1: $(checks), functional $(cat "$work/$1.checks")"
    fi
}

# What the captures' own table says: translations, lookups hit and miss, flushes of a full IOTLB, stale uses.
while read -r capture profile files requests lookups flushes stale; do
    in=("$dir/$capture.qemu.log.zst")
    [ "$files" = script ] && in+=("$dir/$capture.script.jsonl.zst")
    [ "$files" = guest ] && in+=("$dir/$capture.ftrace.txt.zst")
    "$sim" import --quiet "${in[@]}" -o "$work/a.trc" || { fail "$capture: import"; continue; }
    case $profile in
        *vtd) others="server-vtd tiny-vtd" ;;
        *)    others="server-smmu tiny embedded-smmu" ;;
    esac
    # What a guest found its unit to offer beyond the imitating profile's and the others': a log does not have the
    # values it read.  The others keep what is not present, as caching mode lets them.
    source=() offered=()
    case $capture in
        vtd-ats-*)      offered=(--set vtd.ecap=0xf050de) ;;        # ECAP.DT
        vtd-cm-*)       source=(--set vtd.cap=0x01d2008c222f0686)   # CAP.CM
                        offered=(--set vtd.cap=0x00d2078c106f06e6 --set vtd.keep_absent=yes) ;;
        vtd-scalable-*) offered=(--set vtd.ecap=0x480000f050da) ;;  # SMTS, SSTS
        vtd-flts-*)     offered=(--set vtd.ecap=0x880000f050da) ;;  # SMTS, FSTS
    esac
    for mode in $modes; do
        what="$capture, $mode"
        as_logged
        for other in $others; do
            by_the_tables_on "$other"
        done
    done
    echo "done  $capture ($files)"
done <<'END'
smmuv3-nvme-strict           qemu10     log    54307 54307 2  0
smmuv3-nvme-strict           qemu10     guest  54307 54307 2  0
smmuv3-nvme-lazy             qemu10     log    53545 53545 17 0
smmuv3-nvme-lazy             qemu10     guest  53545 53545 17 0
smmuv3-net-strict            qemu10     guest  67979 67978 -  0
smmuv3-s1-net-strict         qemu10     guest  72815 72814 -  0
smmuv3-s2-nvme-strict        qemu10     log    54869 54869 2  0
smmuv3-s2-nvme-strict        qemu10     guest  54869 54869 2  0
smmuv3-16k-nvme-strict       qemu10     guest  25677 25677 -  0
smmuv3-domains-strict        qemu10     log    18510 17285 -  0
smmuv3-domains-strict        qemu10     guest  18510 17285 -  0
smmuv3-nvme-strict-q72       qemu72     guest  41310 41310 2  0
smmuv3-synth-blocks          qemu10     script 10076 10026 3  0
smmuv3-synth-forgotten-inval qemu10     script 10343 13952 7  617
smmuv3-synth-nested          qemu10     script 10049 17654 10 0
smmuv3-synth-s2              qemu10     script 10142 10096 5  0
vtd-nvme-strict              qemu10-vtd log    54078 54078 -  0
vtd-nvme-strict              qemu10-vtd guest  54078 54078 -  0
vtd-nvme-lazy                qemu10-vtd log    53685 53685 -  0
vtd-nvme-lazy                qemu10-vtd guest  53685 53685 -  0
vtd-net-strict               qemu10-vtd log    50819 50819 -  0
vtd-net-strict               qemu10-vtd guest  50819 50819 -  0
vtd-ats-net-strict           qemu10-vtd log    53166 53166 -  0
vtd-ats-net-strict           qemu10-vtd guest  53166 53166 -  0
vtd-cm-nvme-strict           qemu10-vtd log    53640 53640 -  0
vtd-cm-nvme-strict           qemu10-vtd guest  53640 53640 -  0
vtd-domains-strict           qemu10-vtd log    17164 17164 -  0
vtd-domains-strict           qemu10-vtd guest  17164 17164 -  0
vtd-scalable-nvme-strict     qemu10-vtd log    53594 53594 -  0
vtd-scalable-nvme-strict     qemu10-vtd guest  53594 53594 -  0
vtd-flts-nvme-strict         qemu10-vtd log    52447 52447 -  0
vtd-flts-nvme-strict         qemu10-vtd guest  52447 52447 -  0
vtd-nvme-strict-q72          qemu72-vtd guest  39643 39643 -  0
vtd-synth-legacy             qemu10-vtd script 14208 14177 2  0
vtd-synth-scalable           qemu10-vtd script 16527 16037 4  0
vtd-synth-flts               qemu10-vtd script 14275 14049 4  0
vtd-synth-forgotten-inval    qemu10-vtd script 14228 14114 3  753
END
exit $failed
