# SPDX-License-Identifier: Apache-2.0
# $data: column, row, value, the same in words.  $x, $y: column or row, its value; x_n, y_n of them.
# x_label, y_label, value_label, title; numbers: cells have their value written in them.

height = 84 + 110 + (y_n < 4 ? 240 : y_n > 13 ? 560 : y_n * 46)
load scripts."/common.gp"

# Viridis: even steps look even, to all eyes and in grey.
set palette defined (0 "#440154", 0.125 "#472d7b", 0.25 "#3b528b", 0.375 "#2c728e", \
    0.5 "#21918c", 0.625 "#28ae80", 0.75 "#5ec962", 0.875 "#addc30", 1 "#fde725")
stats $data using 3 nooutput
low = STATS_min
high = STATS_max > STATS_min ? STATS_max : STATS_min + 1
set cbrange [low : high]
set cblabel value_label textcolor rgb ink offset 0.8, 0
set cbtics textcolor rgb ink
set colorbox noborder

set border 0
set grid noxtics noytics
set tics scale 0
set lmargin at screen 0.11
set rmargin at screen 0.84
set bmargin at screen 80.0 / height
set xrange [-0.5 : x_n - 0.5]
set yrange [-0.5 : y_n - 0.5]
set xlabel x_label textcolor rgb ink
set ylabel y_label textcolor rgb ink
set style fill solid 1 border rgb "white"
unset key

plot $data using 1:2:($1 - 0.5):($1 + 0.5):($2 - 0.5):($2 + 0.5):3 with boxxyerror \
         fillcolor palette linewidth 0.8, \
     $x using 1:(-0.5):xtic(2) with points pointtype -1, \
     $y using (-0.5):1:ytic(2) with points pointtype -1, \
     $data using (numbers ? $1 : NaN):2:4:($3 < low + 0.6 * (high - low) ? 0xffffff : 0x000000) \
         with labels textcolor rgb variable font (format eq "svg" ? ",13" : ",10")
