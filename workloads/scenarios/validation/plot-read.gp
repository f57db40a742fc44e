# SPDX-License-Identifier: Apache-2.0
title = "64-byte reads, 35 outstanding, completing in order and not"
subtitle = "points: measured; lines: simulated.  The drop at 128 pages is the order's, not the IOTLB's"
chars = 24
load scripts."/common.gp"
load here."/windows.gp"
set yrange [0:70]
set ylabel "million reads a second" textcolor rgb ink
plot data."/read.ordered" with lines linetype 1 notitle, \
     data."/read.any" with lines linetype 1 dashtype 2 notitle, \
     data."/read-haswell.simulated" with lines linetype 2 notitle, \
     data."/read-ivy-bridge.simulated" with lines linetype 3 notitle, \
     data."/read-broadwell.measured" with points linetype 1 pointsize 1.1 notitle, \
     data."/read-haswell.measured" with points linetype 2 pointsize 1.1 notitle, \
     data."/read-ivy-bridge.measured" with points linetype 3 pointsize 1.1 notitle, \
     NaN with linespoints linetype 1 pointsize 1.1 title "Broadwell, in order", \
     NaN with lines linetype 1 dashtype 2 title "Broadwell, any order", \
     NaN with linespoints linetype 2 pointsize 1.1 title "Haswell, in order", \
     NaN with linespoints linetype 3 pointsize 1.1 title "Ivy Bridge, in order"
