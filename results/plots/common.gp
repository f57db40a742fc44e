# SPDX-License-Identifier: Apache-2.0
# What all plots share: target, fonts, colours, frame.  Set before: format, out, subtitle.

width = exists("width") ? width : 960
height = exists("height") ? height : 560

if (format eq "svg") {
    set terminal svg size width, height font "Helvetica,15" background "white" noenhanced
} else {
    set terminal pngcairo size 1.5 * width, 1.5 * height fontscale 1.5 linewidth 1.5 pointscale 1.5 \
        font "Sans,11" background "white" noenhanced
}
set output out
set encoding utf8

# Okabe and Ito's colours, told apart by everybody; each line type has a point of its own as well.
array colour[7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
array mark[7] = [7, 5, 9, 11, 13, 15, 4]
do for [i = 1:7] {
    set linetype i linecolor rgb colour[i] linewidth 2.2 pointtype mark[i] pointsize 0.8
}
set linetype cycle 7

# More of them, for areas and for more than seven lines; they also differ in lightness.
shades = 13
array shade[13] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#332288", \
    "#f0e442", "#882255", "#bbbbbb", "#117733", "#ddaa99", "#666666"]
rgb_of(hex) = int("0x".substr(hex, 2, 7))
lightness(c) = 0.30 * (c / 65536) + 0.59 * (c / 256 % 256) + 0.11 * (c % 256)
on_shade(i) = lightness(rgb_of(shade[i])) > 135 ? 0x000000 : 0xffffff   # text that is read on it

ink = "#333333"
set border 3 linecolor rgb ink linewidth 1
set tics nomirror out scale 0.6 textcolor rgb ink
set grid ytics linecolor rgb "#dddddd" linewidth 1 dashtype solid
set grid noxtics
set key textcolor rgb ink samplen 2.5 spacing 1.15

# Title and what it is of stand left, above the frame.
set label 1 title at screen 0.02, screen 1 - 26.0 / height left \
    font (format eq "svg" ? ",20" : ",15") textcolor rgb "black"
set label 2 subtitle at screen 0.02, screen 1 - 54.0 / height left textcolor rgb "#666666"
set tmargin at screen 1 - 84.0 / height

# Room on the right for a key of so many characters.
key_left(chars) = 1 - (68.0 + 7.8 * chars) / width
