#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The fuzzers of a unit (smmuv3, vtd) at length, on one core: machine and driver, then the whole unit, from the vectors
# and random systems as seeds.
#
#   unit.sh UNIT BUILD SECONDS [CORPORA]
#
# Prints how many items each has used, and the sum.  Fails if a harness does, or, with IOMMUSIM_FULL=1, below fifty
# million items.  What was found is in the current directory; corpora are kept if there is a place for them.
set -u
unit=$1 build=$2 seconds=$3
here=$(dirname "$0")
work=$(mktemp -d)
corpora=${4:-$work}
bad=0

# run NAME SHARE: so many percent of the time
run() {
    mkdir -p "$corpora/$1"
    "$here/${unit}_seeds.py" "$here/../conformance/$unit-vectors.json" "$corpora/$1" || return 1
    echo "== $1"
    "$build/bin/$1" -max_total_time=$((seconds * $2 / 100)) -max_len=1600 -len_control=0 -entropic=0 -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 -artifact_prefix="$1-" "$corpora/$1" \
        >"$work/$1.log" 2>&1 || { bad=1; tail -n 60 "$work/$1.log"; }
    grep -E '^(items|requests|inputs|structures)	' "$work/$1.log"
}

case $unit in
smmuv3)
    run fuzz_smmuv3_machine 45
    run fuzz_smmuv3_driver 30
    run fuzz_smmuv3 25
    ;;
vtd)
    run fuzz_vtd_machine 45
    run fuzz_vtd_driver 30
    run fuzz_vtd 25
    ;;
esac
total=$(cat "$work"/*.log | awk -F'\t' '$1 == "items" && $2 == "total" { n += $3 } END { print n + 0 }')
echo "== all: $total items"
rm -rf "$work"
[ -z "${IOMMUSIM_FULL:-}" ] || [ "$total" -ge 50000000 ] || bad=1
exit $bad
