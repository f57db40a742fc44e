#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The model against measured machines, published models and sums by hand: runs every sweep beside this file that
# has a .sql of the same name, judges its runs by that, prints a table, and ends with 1 if anything is outside what
# is allowed.  OUT then has a database for each sweep, verdict.db and validation.tsv; with --plots also pictures.
#
#     run.sh [--jobs N] [--accesses N] [--plots DIR] IOMMUSIM OUT
#
# --accesses: of each run of random.yaml, warm-up included, instead of what it says: for a short check.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
jobs="" accesses="" plots=""
while [ $# -gt 2 ]; do
    case $1 in
    --jobs)     jobs=$2 ;;
    --accesses) accesses=$2 ;;
    --plots)    plots=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# = 2 ] || { sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 2; }
program=$1 out=$2
command -v sqlite3 >/dev/null || { echo "sqlite3 is not installed" >&2; exit 2; }
mkdir -p "$out"
verdict=$out/verdict.db
rm -f "$verdict"
sqlite3 "$verdict" ".read $here/measured.sql"

for name in hand latency policies rates sizes walkers iotlb pages tenants accelerator channel machines-latency machines-rates; do
    args=(--db "$out/$name.db")
    [ -n "$jobs" ] && args+=(--jobs "$jobs")
    [ -n "$accesses" ] && grep -q '^workload: random.yaml' "$here/$name.yaml" &&
        args+=(--set "workload.accesses=$accesses")
    rm -f "$out/$name.db"
    "$program" sweep "$here/$name.yaml" "${args[@]}" >"$out/$name.log" || { cat "$out/$name.log"; exit 2; }
    printf '%s\n' "ATTACH '$out/$name.db' AS d;" ".read $here/common.sql" ".read $here/$name.sql" | sqlite3 -bail "$verdict"
done

sqlite3 -separator $'\t' -header "$verdict" "
    SELECT criterion, what, expected AS 'measured or formula', simulated, allowed,
           CASE ok WHEN 1 THEN 'ok' WHEN 0 THEN 'OUTSIDE' ELSE '-' END AS ok FROM verdict
    ORDER BY CASE WHEN criterion LIKE 'A%' THEN CAST(substr(criterion, 2) AS INTEGER) ELSE 99 END, n" |
    tee "$out/validation.tsv" | column -t -s $'\t' -o ' | '
[ -z "$plots" ] || "$here/plots.sh" "$verdict" "$plots"
[ "$(sqlite3 "$verdict" 'SELECT count(*) > 0 AND min(coalesce(ok, 1)) FROM verdict')" = 1 ]
