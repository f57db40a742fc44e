# SPDX-License-Identifier: Apache-2.0
# $data: one block a structure, headed by its name; time, misses, miss rate in % or ?.
# Lines become thinner, so that one that lies on another leaves it seen.
# lines, chars (of the longest name), has_rate, time_label, misses_label.

title = "Misses over time"
height = has_rate ? 720 : 560
load scripts."/common.gp"

stats $data using 1:2 nooutput
set xrange [STATS_min_x:STATS_max_x]
set yrange [0:*]
set datafile missing "?"
set lmargin at screen 0.11
set rmargin at screen key_left(chars)
set key at screen key_left(chars) + 0.01, graph 1 left top Left reverse

if (has_rate) {
    set multiplot
    set bmargin at screen 0.50
    set format x ""
} else {
    set xlabel time_label textcolor rgb ink
}
set ylabel misses_label textcolor rgb ink
set format y (STATS_max_y < 10000 ? "%g" : "%.4s %c")
plot for [i = 0:lines - 1] $data index i using 1:2 with steps linetype i + 1 \
    linewidth 4.2 - 0.85 * i title columnheader(1)

if (has_rate) {
    unset label 1
    unset label 2
    unset key
    set tmargin at screen 0.44
    set bmargin at screen 0.11
    set xlabel time_label textcolor rgb ink
    set ylabel "misses per lookup" textcolor rgb ink
    set format x "%g"
    set format y "%g %%"
    plot for [i = 0:lines - 1] $data index i using 1:3 with steps linetype i + 1 \
    linewidth 4.2 - 0.85 * i title columnheader(1)
    unset multiplot
}
