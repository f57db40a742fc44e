# SPDX-License-Identifier: Apache-2.0
# $data: one block a line, headed by its name: time, value or ?.  Panels 1..panels, from the top:
# label[P] of its axis, its blocks first[P] .. first[P] + lines[P] - 1, percent[P].  chars (of the
# longest name), time_label.

title = "Throughput, latency and their causes over time"
panel_height = 190
height = 84 + 66 + panels * panel_height
load scripts."/common.gp"

stats $data using 1 nooutput
set xrange [STATS_min:STATS_max]
set yrange [0:*]
set datafile missing "?"
set lmargin at screen 0.11
set rmargin at screen key_left(chars)
set format x ""

set multiplot
do for [p = 1:panels] {
    set tmargin at screen 1 - (84.0 + (p - 1) * panel_height) / height
    set bmargin at screen 1 - (84.0 + p * panel_height - 26) / height
    set key at screen key_left(chars) + 0.01, graph 1.04 left top Left reverse
    if (lines[p] == 1 && p < 3) { unset key }
    if (p == panels) {
        set format x "%g"
        set xlabel time_label textcolor rgb ink
    }
    set ylabel label[p] textcolor rgb ink
    set format y (percent[p] ? "%g %%" : "%g")
    plot for [i = 0:lines[p] - 1] $data index first[p] + i using 1:2 with steps linetype i + 1 \
        linewidth lines[p] > 1 ? 3.4 - 0.6 * i : 2.2 title columnheader(1)
    unset label 1
    unset label 2
}
unset multiplot
