# SPDX-License-Identifier: Apache-2.0
title = "Latency of one 64-byte read over the window"
subtitle = "points: measured on four Xeons, mean; lines: simulated, calibrated on Broadwell"
chars = 24
load scripts."/common.gp"
load here."/windows.gp"
set yrange [400:800]
set ylabel "ns" textcolor rgb ink
array machine[4] = ["broadwell", "haswell", "ivy-bridge", "sandy-bridge"]
array name[4] = ["Broadwell, calibrated", "Haswell, predicted", "Ivy Bridge, predicted", "Sandy Bridge, predicted"]
plot for [i = 1:4] data."/latency-".machine[i].".simulated" with lines linetype i notitle, \
     for [i = 1:4] data."/latency-".machine[i].".measured" with points linetype i pointsize 1.1 notitle, \
     for [i = 1:4] NaN with linespoints linetype i pointsize 1.1 title name[i]
