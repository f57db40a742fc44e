# SPDX-License-Identifier: Apache-2.0
# What the pictures over the window's size share: a logarithmic axis of pages, points measured, lines simulated.
set logscale x 2
set xrange [56:20000]
set xtics ("64" 64, "128" 128, "256" 256, "512" 512, "1024" 1024, "2048" 2048, "4096" 4096, "8192" 8192, "16384" 16384)
set xlabel "pages of 4 KiB in the window" textcolor rgb ink
set lmargin at screen 0.09
set rmargin at screen key_left(chars)
set key at screen key_left(chars) + 0.01, graph 1.0 left top Left reverse
