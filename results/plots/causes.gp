# SPDX-License-Identifier: Apache-2.0
# $data: bar number, from ns, to ns, place of the cause, mean in words, from %, to %, % in words.
# $labels: bar number, class, its mean in ns, mean and share of requests in words.  cause[] by
# place + 1, '' where there is none; causes, chars (of the longest cause), class_chars, bars.  The
# first bar is that of all requests.

title = "Where the time of a request went, by class"
width = 1200
there = 0
do for [c = 1:causes] {
    there = there + (cause[c] ne "")
}
# Room for the bars, and for the key in one column.
room(a, b) = a > b ? a : b
height = 210 + room(44 * bars, 28 * there)
load scripts."/common.gp"

stats $labels using 3 nooutput
widest = STATS_max
left = (24 + 8.2 * class_chars) / width
middle = left + 0.56 * (key_left(chars) - left)
set yrange [bars - 0.4 : -0.6]
set border 1
set grid noytics xtics linecolor rgb "#dddddd"
set ytics scale 0
set style fill solid 0.9 border rgb "white"
if (bars > 1) {
    set arrow 1 from screen 0.02, first 0.5 to screen key_left(chars), first 0.5 nohead \
        linecolor rgb "#bbbbbb"
}
small = (format eq "svg" ? ",12" : ",9")
# A piece has its number in it where there is room.
wide(from, to) = (to - from) > 0.085 * widest

set multiplot
set lmargin at screen left
set rmargin at screen middle
set xrange [0 : widest * 1.39]
step = 10.0 ** floor(log10(widest))
step = widest < 2 * step ? step / 4 : widest < 5 * step ? step / 2 : step
set xtics 0, step, widest * 1.15
set format x "%g"
set xlabel "mean time (ns); beside it: share of requests" textcolor rgb ink
unset key
plot $labels using (0):1:ytic(2) with points pointtype -1 linecolor rgb "white" notitle, \
     for [c = 1:causes] $data using ($4 == c - 1 ? $2 : NaN):1:2:3:($1 - 0.34):($1 + 0.34) \
         with boxxyerror linecolor rgb shade[c] linewidth 0.6 title cause[c], \
     $data using (wide($2, $3) ? ($2 + $3) / 2 : NaN):1:5:(on_shade($4 + 1)) with labels \
         textcolor rgb variable font small notitle, \
     $labels using 3:1:4 with labels left offset 0.7, 0 textcolor rgb "#444444" notitle

unset label 1
unset label 2
unset arrow 1
set lmargin at screen middle + 0.025
set rmargin at screen key_left(chars)
set key at screen key_left(chars) + 0.02, graph 1 left top Left reverse samplen 1.2
set xrange [0:100]
set xtics 0, 20
set format x "%g %%"
set format y ""
set xlabel "share of the time" textcolor rgb ink
plot for [c = 1:causes] $data using ($4 == c - 1 ? $6 : NaN):1:6:7:($1 - 0.34):($1 + 0.34) \
         with boxxyerror linecolor rgb shade[c] linewidth 0.6 title cause[c], \
     $data using ($7 - $6 > 8 ? ($6 + $7) / 2 : NaN):1:8:(on_shade($4 + 1)) with labels \
         textcolor rgb variable font small notitle
unset multiplot
