#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same intent on an SMMUv3 and on a VT-d unit of equal organisation (smmu.yaml, vtd.yaml), one access at a time:
# what has to be equal is equal, and of what is not the reads and the nanoseconds add up as docs/vtd-smmuv3.md says.
# Prints a table; ends with 1 if anything is otherwise.  OUT then has both.db; with --plots also the picture.
#
#     compare.sh [--accesses N] [--plots DIR [--format svg|png]] IOMMUSIM OUT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scenarios=$here/..
accesses=100000 plots="" format=svg
while [ $# -gt 2 ]; do
    case $1 in
    --accesses) accesses=$2 ;;
    --plots)    plots=$2 ;;
    --format)   format=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# = 2 ] || { sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 2; }
program=$1 out=$2 db=$2/both.db
command -v sqlite3 >/dev/null || { echo "sqlite3 is not installed" >&2; exit 2; }
mkdir -p "$out"
rm -f "$db"

# name, workload, then what both units are told; words with an architecture before a colon are for that one alone.
run() {
    local name=$1 workload=$2 arch set args
    shift 2
    for arch in smmu vtd; do
        args=()
        for set in "$@"; do
            case $set in
            smmu:*|vtd:*) [ "${set%%:*}" = $arch ] && args+=(--set "${set#*:}") ;;
            *)            args+=(--set "$set") ;;
            esac
        done
        "$program" run --config "$here/$arch.yaml" --workload "$workload" --set "workload.accesses=$accesses" \
            "${args[@]}" --check=strict --db "$db" --label "$name" >"$out/$name-$arch.log" 2>&1 ||
            { cat "$out/$name-$arch.log"; exit 2; }
    done
}

# Stage 1 of SMMUv3 is the first stage of VT-d, stage 2 the second.
for name in streaming half-half zipf-200k superpages strict-rx deferred-rx streams-1024; do
    run $name "$scenarios/$name.yaml"
done
run pasids            "$scenarios/pasids.yaml"      host.pasid_bits=8
run second-stage      "$scenarios/half-half.yaml"   host.stage=2 smmu:host.in_bits=48
run three-levels      "$scenarios/half-half.yaml"   host.stage=2 host.in_bits=39
run legacy-mode       "$scenarios/half-half.yaml"   host.stage=2 smmu:host.in_bits=48 vtd:host.scalable=no
run nested-1024       "$scenarios/nested-1024.yaml" host.stage=2 smmu:host.in_bits=48
run large-unmaps       "$here/large-unmaps.yaml"
sqlite3 -bail "$db" ".read $here/compare.sql"
sqlite3 -separator $'\t' -header "$db" "SELECT * FROM comparison" | tee "$out/comparison.tsv" | column -t -s $'\t' -o ' | '

if [ -n "$plots" ]; then
    mkdir -p "$plots"
    data=$(mktemp -d)
    trap 'rm -rf "$data"' EXIT
    sqlite3 -separator ' ' "$db" "SELECT * FROM bar" >"$data/bars"
    gnuplot -e "format='$format'; out='$plots/both.$format'; data='$data'; scripts='$here/../../../results/plots'" \
        "$here/plot.gp"
fi
[ "$(sqlite3 "$db" "SELECT count(*) > 0 AND min(equal = 'yes' AND adds_up = 'yes') FROM comparison WHERE name != 'large-unmaps'")" = 1 ] &&
[ "$(sqlite3 "$db" "SELECT adds_up FROM comparison WHERE name = 'large-unmaps'")" = yes ]
