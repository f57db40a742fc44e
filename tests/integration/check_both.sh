#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same intent on SMMUv3 and VT-d of equal organisation, in a short form: docs/vtd-smmuv3.md.
set -u
build=$1
sim=$build/bin/iommusim
[ -x "$sim" ] || { echo "no $sim: skipped"; exit 77; }
command -v sqlite3 >/dev/null || { echo "no sqlite3: skipped"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)/workloads/scenarios/both

failed=0
"$here/compare.sh" --accesses 4000 "$sim" "$dir/out" || failed=1

# It bites: one entry fewer in one of the caches makes 1, a run that fails makes 2.
mkdir -p "$dir/scenarios" && cp -r "$here" "$dir/scenarios" && cp "$here"/../*.yaml "$dir/scenarios"
bent=$dir/scenarios/both
sed -i 's/iotlb: { sets: 1, ways: 128/iotlb: { sets: 1, ways: 127/' "$bent/vtd.yaml"
sed -i -e 's/^for name in .*; do/for name in half-half; do/' -e '/^run [a-kps]/d' "$bent/compare.sh"
"$bent/compare.sh" --accesses 4000 "$sim" "$dir/out" >"$dir/log"
if [ $? != 1 ] || ! grep -q '| no ' "$dir/log"; then
    echo "FAIL  a smaller IOTLB is not found"
    failed=1
fi
sed -i 's/^vtd:/vtd_:/' "$bent/vtd.yaml"
"$bent/compare.sh" --accesses 4000 "$sim" "$dir/out" >"$dir/log" 2>&1
[ $? = 2 ] || { echo "FAIL  a run that fails is not told"; failed=1; }
exit $failed
