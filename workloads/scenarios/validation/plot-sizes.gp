# SPDX-License-Identifier: Apache-2.0
title = "Rate that misses leave, by transfer size"
subtitle = "Broadwell: rate at 16384 pages over the rate at 64 pages"
chars = 18
load scripts."/common.gp"
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.9 noborder
set xrange [-0.6:3.6]
set yrange [0:1.1]
set ylabel "share of the rate without misses" textcolor rgb ink
set xlabel "bytes of a transfer" textcolor rgb ink
set lmargin at screen 0.09
set rmargin at screen key_left(chars)
set key at screen key_left(chars) + 0.01, graph 1.0 left top Left reverse
plot data."/ratio.read"  using 2:xtic(1) linecolor rgb "#0072b2" title "reads, measured", \
     ""                  using 3 linecolor rgb "#56b4e9" title "reads, simulated", \
     data."/ratio.write" using 2 linecolor rgb "#d55e00" title "writes, measured", \
     ""                  using 3 linecolor rgb "#e69f00" title "writes, simulated"
