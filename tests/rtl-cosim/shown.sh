#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Reads a waveform with fst2vcd, opens it with its save file in GTKWave, on a display of its own, and looks whether
# every signal that the save file names is shown.
#
#   shown.sh WAVE.fst [PICTURE.png]
#
# Exit status 77: GTKWave or Xvfb is not installed.
set -eu

fst=$1
picture=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
command -v gtkwave >/dev/null && command -v Xvfb >/dev/null || exit 77

[ "$(fst2vcd "$fst" | grep -c '^#')" -gt 1 ] || { echo "$fst: fst2vcd finds no times in it"; exit 1; }

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

# The server takes the first display that is free, and says which.
Xvfb -displayfd 3 -screen 0 1600x1000x24 3>"$work/display" 2>"$work/server.log" &
server=$!
for _ in $(seq 100); do
    [ -s "$work/display" ] && break
    sleep 0.1
done

SHOWN=$work/shown DISPLAY=:$(cat "$work/display")
export SHOWN DISPLAY
[ -z "$picture" ] || { PICTURE=$picture; export PICTURE; }
timeout 120 gtkwave -S "$here/gtkwave_shown.tcl" "$fst" "${fst%.fst}.gtkw" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

named=$(grep -c '^[a-z+]' "${fst%.fst}.gtkw")
shown=$(wc -l <"$work/shown")
echo "$named signals named, $shown shown"
[ "$named" -gt 0 ] && [ "$named" = "$shown" ]
