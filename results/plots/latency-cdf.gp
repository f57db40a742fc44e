# SPDX-License-Identifier: Apache-2.0
# $data: one block a class, headed by its name, the last is that of all: latency in ns, % of
# requests that took no longer, % that took longer.  lines, more (left out), chars (of the longest
# name), lowest % above 0 that took longer.

title = "Latency, by class of request"
height = 900
load scripts."/common.gp"

stats $data using 1 nooutput
set logscale x
set xrange [STATS_min / 1.1 : STATS_max * 1.1]
set grid xtics mxtics ytics linecolor rgb "#dddddd" linewidth 1 dashtype solid, \
    linecolor rgb "#eeeeee" linewidth 1 dashtype solid
set lmargin at screen 0.13
set rmargin at screen key_left(chars)
set key at screen key_left(chars) + 0.01, graph 1.02 left top Left reverse
# Less than three decades have ticks at 2 and 5 as well.
if (STATS_max / STATS_min < 1000) {
    set xtics (1)
    do for [e = -3:9] {
        set xtics add (10.0 ** e, 2 * 10.0 ** e, 5 * 10.0 ** e)
    }
}
is_all(i) = i == lines - 1
ink_of(i) = is_all(i) ? rgb_of("#000000") : rgb_of(shade[i % shades + 1])

set multiplot
set bmargin at screen 0.47
set format x ""
set yrange [0:100]
set format y "%g %%"
set ylabel "took no longer" textcolor rgb ink
plot for [i = 0:lines - 1] $data index i using 1:2 with steps linecolor rgb ink_of(i) \
         linewidth 2.0 + 1.6 * is_all(i) title columnheader(1), \
     for [i = 1:(more > 0)] NaN with points pointtype -1 title sprintf("and %d more", more)

unset label 1
unset label 2
unset key
set tmargin at screen 0.43
set bmargin at screen 0.085
set format x "%g"
set xlabel "latency (ns)" textcolor rgb ink
set logscale y
set yrange [10.0 ** floor(log10(lowest)) : 100]
set ylabel "took longer" textcolor rgb ink
plot for [i = 0:lines - 1] $data index i using 1:($3 > 0 ? $3 : 1e-12) with steps \
         linecolor rgb ink_of(i) linewidth 2.0 + 1.6 * is_all(i) title columnheader(1)
unset multiplot
