# SPDX-License-Identifier: Apache-2.0
# $cumulative: entries, % of accesses that hit.  $distribution: entries from, to, % of accesses.
# reusable: % of accesses that are not first touches; limit_label says the rest.

title = "Reuse distance: what an LRU TLB of this size would hit"
load scripts."/common.gp"

stats $cumulative using 1:2 nooutput
set logscale x 2
step = log(STATS_max_x) / log(2) > 12 ? 4 : 2
set xtics 1, step
set xrange [0.5 : STATS_max_x * 1.2]
set yrange [0:100]
set format x "%.0f"
set format y "%g %%"
set xlabel "entries of a fully associative LRU TLB = distinct pages since the last use, " . \
    "that page included" textcolor rgb ink
set ylabel "share of accesses" textcolor rgb ink
set style fill solid 0.9 border rgb "white"
set tmargin at screen 1 - 104.0 / height
set key at screen 0.97, screen 1 - 18.0 / height right top
plot $distribution using (sqrt($1 * $2)):3:1:2:(0):3 with boxxyerror linecolor rgb "#56b4e9" \
         title "accesses that need this many entries", \
     $cumulative using 1:2 with steps linetype 2 linewidth 2.8 \
         title "hit rate with this many entries", \
     reusable with lines linecolor rgb "#666666" dashtype 2 title limit_label
