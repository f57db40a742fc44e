# SPDX-License-Identifier: Apache-2.0
# $data: one block a line, headed by its name; entries, hit rate in %.  lines: their number; chars: of the
# longest name; structure: whose entries, if it is one.

title = "Hit rate over entries"
load scripts."/common.gp"

stats $data using 1:2 nooutput
set logscale x 2
spread = ceil(log(STATS_max_x / STATS_min_x) / log(2))
step = 2 ** (spread > 12 ? 2 : 1)
set xtics step
set xrange [STATS_min_x / 1.15 : STATS_max_x * 1.15]
set yrange [(STATS_min_y > 60 ? floor((STATS_min_y - 0.5) / 5) * 5 : 0) : 100]
set format x "%.0f"
set format y "%g %%"
set xlabel (structure eq "" ? "entries" : "entries of ".structure)." (sets × ways)" textcolor rgb ink
set ylabel "hits per lookup" textcolor rgb ink

set rmargin at screen (lines > 1 ? key_left(chars) : 0.96)
set key at screen (lines > 1 ? key_left(chars) + 0.01 : 2), graph 1 left top Left reverse
plot for [i = 0:lines - 1] $data index i using 1:2 with linespoints linetype i + 1 \
    dashtype 1 + (i > 6) title columnheader(1)
