# SPDX-License-Identifier: Apache-2.0
#
# Within GTKWave: the names of all signals on display into the file $SHOWN, a picture into $PICTURE if that is set.
set to [open $::env(SHOWN) w]
foreach name [gtkwave::getDisplayedSignals] { puts $to $name }
close $to
if {[info exists ::env(PICTURE)]} { gtkwave::/File/Grab_To_File $::env(PICTURE) }
exit
