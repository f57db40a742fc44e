# SPDX-License-Identifier: Apache-2.0
title = "The same trace on an SMMUv3 and on a VT-d unit of equal organisation"
subtitle = "left: misses of the last TLB; right: where the time of a request goes, SMMUv3 above VT-d"
chars = 16
height = 640
load scripts."/common.gp"
unset key
n = int(system("wc -l < ".data."/bars"))
set multiplot
set yrange [n - 0.4:-0.6]
set ytics () nomirror scale 0
set grid xtics noytics
top = 1 - 66.0 / height
bottom = 64.0 / height

set lmargin at screen 0.155
set rmargin at screen 0.47
set tmargin at screen top
set bmargin at screen bottom
set logscale x
set xrange [5:1500]
set xlabel "misses in a thousand requests" textcolor rgb ink
plot data."/bars" using (column(2)):0:ytic(1) with points pointtype 6 pointsize 1.6 linewidth 2 linecolor rgb shade[1], \
     "" using (column(3)):0 with points pointtype 7 pointsize 0.7 linecolor rgb shade[2]

unset label
unset logscale x
set lmargin at screen 0.52
set rmargin at screen 0.98
set xrange [0:*]
set ytics format ""
set xlabel "ns a request" textcolor rgb ink
set style fill solid 0.9 noborder
set key at screen 0.97, screen top - 0.01 right top reverse Left
h = 0.17
box(c) = c
plot data."/bars" using 4:($0 - 0.2):(0):4:($0 - 0.2 - h):($0 - 0.2 + h) with boxxyerror linecolor rgb shade[3] title "lookups", \
     "" using 4:($0 - 0.2):4:($4 + $5):($0 - 0.2 - h):($0 - 0.2 + h) with boxxyerror linecolor rgb shade[5] title "reads of configuration", \
     "" using 4:($0 - 0.2):($4 + $5):($4 + $5 + $6):($0 - 0.2 - h):($0 - 0.2 + h) with boxxyerror linecolor rgb shade[1] title "reads of tables, SMMUv3", \
     "" using 7:($0 + 0.2):(0):7:($0 + 0.2 - h):($0 + 0.2 + h) with boxxyerror linecolor rgb shade[3] notitle, \
     "" using 7:($0 + 0.2):7:($7 + $8):($0 + 0.2 - h):($0 + 0.2 + h) with boxxyerror linecolor rgb shade[5] notitle, \
     "" using 7:($0 + 0.2):($7 + $8):($7 + $8 + $9):($0 + 0.2 - h):($0 + 0.2 + h) with boxxyerror linecolor rgb shade[2] title "reads of tables, VT-d"
unset multiplot
