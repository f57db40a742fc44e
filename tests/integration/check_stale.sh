#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every invalidation left out in turn: the stale uses that the simulator reports are those that a plain
# script finds from tables and commands alone.  IOMMUSIM_FULL=1: all invalidations (half an hour); otherwise
# 20 of each capture, or 20 of the sample where the captures are not at hand.
set -u
sim=$1/bin/iommusim
dir=${IOMMUSIM_CAPTURES:-../shared/captures}
count=20
[ -n "${IOMMUSIM_FULL:-}" ] && count=0
[ -x "$sim" ] && command -v python3 >/dev/null || { echo "no $sim or no python3: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

compare() {                                     # compare PROFILE NAME FILE...
    local profile=$1 name=$2
    shift 2
    "$sim" import --quiet "$@" -o "$work/$name.trc" &&
        python3 tests/integration/stale_uses.py "$sim" "$work/$name.trc" "$profile" $count || failed=1
}

compare qemu10 sample traces/samples/smmuv3-synth-forgotten-inval-cut.*
if [ -d "$dir" ]; then
    compare qemu10 smmuv3-domains-strict "$dir"/smmuv3-domains-strict.qemu.log.zst
    for kind in blocks s2 nested forgotten-inval; do
        compare qemu10 smmuv3-synth-$kind "$dir"/smmuv3-synth-$kind.{qemu.log,script.jsonl}.zst
    done
    compare qemu10-vtd vtd-synth-legacy "$dir"/vtd-synth-legacy.{qemu.log,script.jsonl}.zst
fi
exit $failed
