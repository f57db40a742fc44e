# SPDX-License-Identifier: Apache-2.0
# $data: reads from, to, % of walks, the same in words.  mean, mean_label.

title = "Table reads of a walk"
load scripts."/common.gp"

stats $data using 2:3 nooutput
last = STATS_max_x
set xrange [-0.6 : last + 0.6]
set yrange [0 : STATS_max_y * 1.1]
step = last > 40 ? 8 : last > 24 ? 2 : 1
set xtics step
set format x "%g"
set format y "%g %%"
set xlabel "descriptors read from memory" textcolor rgb ink
set ylabel "share of walks" textcolor rgb ink
set style fill solid 0.9 border rgb "white"
set tmargin at screen 1 - 104.0 / height
set key at screen 0.97, screen 1 - 18.0 / height right top samplen 4
set style textbox opaque noborder margins 0.4, 0.2 fillcolor rgb "white"
top = STATS_max_y * 1.1
plot $data using (($1 + $2) / 2):3:($1 - 0.42):($2 + 0.42):(0):3 with boxxyerror \
         linecolor rgb shade[6] notitle, \
     $data every ::0::0 using (mean):(0):(0):(top) with vectors nohead linetype 2 dashtype 2 notitle, \
     $data using (last > 40 ? NaN : ($1 + $2) / 2):3:4 with labels boxed offset 0, 0.7 \
         textcolor rgb "#444444" font (format eq "svg" ? ",12" : ",9") notitle, \
     NaN with lines linetype 2 dashtype 2 title mean_label
