# SPDX-License-Identifier: Apache-2.0
# $data: bar number, from %, to %, class number.  $labels: bar number, stream, requests.  class[],
# classes, chars (of the longest class), bars, arch.

title = "How requests were answered, by stream"
# Room for the bars, and for the key in one column.
room(a, b) = a > b ? a : b
height = 200 + room(46 * (bars < 4 ? 4 : bars), 28 * classes)
load scripts."/common.gp"

set rmargin at screen key_left(chars) - 0.08
set key at screen key_left(chars) + 0.01, graph 1 left top Left reverse samplen 1.2
set xrange [0:100]
set yrange [bars - 0.4 : -0.6]
set format x "%g %%"
set xlabel "share of the stream's requests" textcolor rgb ink
set ylabel (arch eq "vtd" ? "source-id" : "StreamID") textcolor rgb ink
set border 1
set grid noytics xtics linecolor rgb "#dddddd"
set ytics scale 0
set style fill solid 0.9 border rgb "white"

plot $labels using (0):1:ytic(2) with points pointtype -1 linecolor rgb "white" notitle, \
     for [c = 0:classes - 1] $data using ($4 == c ? $2 : NaN):1:2:3:($1 - 0.32):($1 + 0.32) \
         with boxxyerror linecolor rgb shade[c % shades + 1] title class[c + 1], \
     $labels using (100):1:3 with labels left offset 0.7, 0 textcolor rgb "#666666" notitle
