# SPDX-License-Identifier: Apache-2.0
# $data has a block for each line, headed by its name: entries, hit rate in %.  A panel a structure,
# 1..panels: structure[P], its blocks first[P] .. first[P] + lines[P] - 1, more[P] lines left out,
# smallest[P] and largest[P] entries, lowest[P] rate.  chars: of the longest name.

title = "Hit rate over entries"
panel_height = panels > 1 ? 380 : 476
height = 84 + panels * panel_height
load scripts."/common.gp"

low = 100
do for [p = 1:panels] {
    low = lowest[p] < low ? lowest[p] : low
}
set yrange [(low > 60 ? floor((low - 0.5) / 5) * 5 : 0) : 100]
set logscale x 2
set format x "%.0f"
set format y "%g %%"
set ylabel "hits per lookup" textcolor rgb ink
set rmargin at screen key_left(chars)
set lmargin at screen 0.11

set multiplot
do for [p = 1:panels] {
    set tmargin at screen 1 - (84.0 + (p - 1) * panel_height) / height
    set bmargin at screen 1 - (84.0 + p * panel_height - 76) / height
    set key at screen key_left(chars) + 0.01, graph 1.02 left top Left reverse
    spread = log(largest[p] / smallest[p]) / log(2)
    step = spread > 12 ? 4 : 2
    set xtics 1, step
    set xrange [smallest[p] / 1.15 : largest[p] * 1.15]
    set xlabel "entries of ".structure[p]." (sets × ways)" textcolor rgb ink
    plot for [i = 0:lines[p] - 1] $data index first[p] + i using 1:2 with linespoints \
             linetype i % 7 + 1 dashtype 1 + (i > 6) title columnheader(1), \
         for [i = 1:(more[p] > 0)] NaN with points pointtype -1 title sprintf("and %d more", more[p])
    unset label 1
    unset label 2
}
unset multiplot
