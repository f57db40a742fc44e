#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The criteria of docs/validation.md in a short form: measured machines, published models, sums by hand.
set -u
build=$1
sim=$build/bin/iommusim
[ -x "$sim" ] || { echo "no $sim: skipped"; exit 77; }
if grep -qE '^CMAKE_BUILD_TYPE:[A-Z]+=Debug|^IOMMUSIM_SANITIZE:[A-Z]+=.' "$build/CMakeCache.txt" 2>/dev/null; then
    echo "a build without optimisation or with sanitizers takes too long: skipped"
    exit 77
fi
command -v sqlite3 >/dev/null || { echo "no sqlite3: skipped"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)/workloads/scenarios/validation

failed=0
"$here/run.sh" --jobs 2 --accesses 60000 "$sim" "$dir" || failed=1

# The table bites: a criterion outside its range makes 1, a run that fails makes 2.
cp -r "$here" "$dir/bent"
sed -i 's/for name in .*; do/for name in hand; do/' "$dir/bent/run.sh"
sed -i "s/'tiny', 31, NULL/'tiny', 32, NULL/" "$dir/bent/hand.sql"
"$dir/bent/run.sh" "$sim" "$dir/out" >"$dir/log"
if [ $? != 1 ] || ! grep -q OUTSIDE "$dir/log"; then
    echo "FAIL  a wrong sum is not found"
    failed=1
fi
sed -i 's/tiny-vtd, tiny-vtd/tiny-vtd, no-such-profile/' "$dir/bent/hand.yaml"
"$dir/bent/run.sh" "$sim" "$dir/out" >"$dir/log" 2>&1
[ $? = 2 ] || { echo "FAIL  a run that fails is not told"; failed=1; }
exit $failed
