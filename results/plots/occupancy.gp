# SPDX-License-Identifier: Apache-2.0
# $data: one block a structure: number in use from, to, % of time.  1..panels: structure[P],
# says[P], mean[P], most[P]; more: structures left out.

title = "Slots and places in use"
columns = panels > 1 ? 2 : 1
rows = (panels + columns - 1) / columns
panel_height = 300
height = 84 + rows * panel_height + (more > 0 ? 24 : 0)
load scripts."/common.gp"

set style fill solid 0.9 noborder
set format y "%g %%"
set format x "%g"
unset key
panel_width = 0.97 / columns
if (more > 0) {
    set label 5 sprintf("and %d more structures", more) at screen 0.98, screen 12.0 / height right \
        textcolor rgb "#666666"
}
small = (format eq "svg" ? ",13" : ",9.5")

set multiplot
do for [p = 1:panels] {
    row = (p - 1) / columns
    left = 0.085 + ((p - 1) % columns) * panel_width * 0.99
    set lmargin at screen left
    set rmargin at screen left + panel_width - 0.10
    set tmargin at screen 1 - (84.0 + row * panel_height + 40) / height
    set bmargin at screen 1 - (84.0 + (row + 1) * panel_height - 74) / height
    set label 3 structure[p] at graph 0, graph 1 offset 0, 2.0 left front
    set label 4 says[p] at graph 0, graph 1 offset 0, 0.8 left font small \
        textcolor rgb "#666666" front
    set arrow 1 from mean[p], graph 0 to mean[p], graph 1 nohead linecolor rgb colour[2] \
        linewidth 2.0 dashtype 2 front
    set xrange [-0.6 : most[p] + 0.6]
    set yrange [0:*]
    set xtics autofreq
    if (most[p] <= 32) {
        step = most[p] <= 8 ? 1 : most[p] <= 16 ? 2 : 4
        set xtics step
    }
    set xlabel "in use" textcolor rgb ink offset 0, 0.3
    set ylabel (p % columns == 1 || columns == 1 ? "share of time" : "") textcolor rgb ink
    gap = most[p] > 100 ? 0.5 : most[p] > 40 ? 0.45 : 0.42
    plot $data index p - 1 using (($1 + $2) / 2.0):3:($1 - gap):($2 + gap):(0):3 with boxxyerror \
        linecolor rgb shade[1] notitle
    unset label 1
    unset label 2
}
unset multiplot
