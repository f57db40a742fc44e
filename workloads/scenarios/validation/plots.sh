#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Draws what run.sh left in verdict.db against what was measured: DIR/validation-*.svg (or png).
#
#     plots.sh VERDICT.db DIR [svg|png]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scripts=$here/../../../results/plots
db=$1 dir=$2 format=${3:-svg}
mkdir -p "$dir"
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

points() { sqlite3 -separator ' ' "$db" "$1"; }
measured()  { points "SELECT x, value FROM measured WHERE machine = '$2' AND what = '$1' ORDER BY x"; }
simulated() { points "SELECT x, value FROM curve WHERE experiment = '$1' AND series = '$2' ORDER BY x"; }

for machine in broadwell haswell ivy-bridge sandy-bridge; do
    for what in latency read write; do
        measured $what $machine >"$data/$what-$machine.measured"
        simulated $what $machine >"$data/$what-$machine.simulated"
    done
done
simulated read 'broadwell, in order'  >"$data/read.ordered"
simulated read 'broadwell, any order' >"$data/read.any"
for dir_ in read write; do
    points "SELECT m.x, m.value, c.value FROM measured m JOIN curve c ON c.experiment = 'ratio' AND c.series = '$dir_' AND c.x = m.x
            WHERE m.what = '$dir_ ratio' ORDER BY m.x" >"$data/ratio.$dir_"
done
for plot in latency write read sizes; do
    gnuplot -e "format='$format'; out='$dir/validation-$plot.$format'; data='$data'; here='$here'; scripts='$scripts'" \
        "$here/plot-$plot.gp"
done
