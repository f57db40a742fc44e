# SPDX-License-Identifier: Apache-2.0
title = "64-byte posted writes, as many as there can be"
subtitle = "points: measured; lines: simulated, calibrated on Broadwell.  Walks a second are the limit"
chars = 24
load scripts."/common.gp"
load here."/windows.gp"
set yrange [0:50]
set ylabel "million writes a second" textcolor rgb ink
array machine[3] = ["broadwell", "haswell", "ivy-bridge"]
array name[3] = ["Broadwell, calibrated", "Haswell, predicted", "Ivy Bridge, predicted"]
plot for [i = 1:3] data."/write-".machine[i].".simulated" with lines linetype i notitle, \
     for [i = 1:3] data."/write-".machine[i].".measured" with points linetype i pointsize 1.1 notitle, \
     for [i = 1:3] NaN with linespoints linetype i pointsize 1.1 title name[i]
