#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commands trace and export: what they print, what they refuse, with which exit status.
iommusim=$1/bin/iommusim
[ -x "$iommusim" ] || exit 77
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failures=0

# says STATUS TEXT COMMAND...: the command ends with STATUS and prints TEXT somewhere.
says() {
    want=$1 text=$2
    shift 2
    "$@" >"$dir/said" 2>&1
    status=$?
    if [ "$status" != "$want" ] || { [ "$text" ] && ! grep -qF -- "$text" "$dir/said"; }; then
        echo "$*: status $status, expected $want; expected \"$text\" in:"
        cat "$dir/said"
        failures=$((failures + 1))
    fi
}

cat >"$dir/w.yaml" <<END
seed: 1
accesses: 80000
step_ps: 20000
groups:
  - sid: 0x10
    mix:
      - { pattern: buffers, weight: 8, depth: 64, buffer: 2048, len: 256, write: 100, unmap: strict }
      - { pattern: ring, weight: 2, pages: 4, len: 16 }
END
"$iommusim" gen "$dir/w.yaml" -o "$dir/t.trc" >"$dir/said" 2>&1 || { cat "$dir/said"; exit 1; }
size=$(stat -c %s "$dir/t.trc")
records=$("$iommusim" trace info "$dir/t.trc" | awk '$1 == "records" && $3 == "in" { print $2 }')

says 0 "$records in 2 frames" "$iommusim" trace info "$dir/t.trc"
says 0 '0x10' "$iommusim" trace info "$dir/t.trc"
says 0 'unmaps' "$iommusim" trace stats "$dir/t.trc"
says 0 "whole: $records records in 2 frames" "$iommusim" trace verify "$dir/t.trc"
says 0 'examples:' "$iommusim" trace --help
says 0 'examples:' "$iommusim" export --help
says 2 'expected info, stats, verify or cut' "$iommusim" trace
says 2 'did you mean verify' "$iommusim" trace verfy "$dir/t.trc"
says 2 'no trace given' "$iommusim" trace info
says 2 'belongs to cut' "$iommusim" trace info --from 3 "$dir/t.trc"
says 2 '--from x: expected a whole number' "$iommusim" trace cut --from x "$dir/t.trc" -o "$dir/c.trc"
says 2 'nothing between' "$iommusim" trace cut --from 9 --to 9 "$dir/t.trc" -o "$dir/c.trc"
says 2 "the trace has $records" "$iommusim" trace cut --from 1000000 "$dir/t.trc" -o "$dir/c.trc"
says 2 'No such file' "$iommusim" trace info "$dir/none.trc"
says 2 'csv: not known; expected text' "$iommusim" export --to csv "$dir/t.trc"
says 2 'expected one trace, found 0' "$iommusim" export
says 2 'No such file' "$iommusim" export "$dir/t.trc" -o "$dir/none/t.txt"

says 0 '10 records' "$iommusim" trace cut --from 70000 --to 70010 "$dir/t.trc" -o "$dir/c.trc"
says 0 'whole: ' "$iommusim" trace verify "$dir/c.trc"
says 0 'whole: ' "$iommusim" trace verify "$dir/t.trc" "$dir/c.trc"

# Every record is a line; a reader that goes away is no error.
lines=$("$iommusim" export "$dir/t.trc" | grep -vc '^#')
[ "$lines" = "$records" ] || { echo "export: $lines lines"; failures=$((failures + 1)); }
says 0 '# trace version=1' sh -c "'$iommusim' export '$dir/t.trc' | head -n 1; exit 0"
says 0 '' sh -c "set -e; ('$iommusim' export '$dir/t.trc'; echo \$? >&3) 3>'$dir/status' | head -n 1"
[ "$(cat "$dir/status")" = 0 ] || { echo "export | head: status $(cat "$dir/status")"; failures=$((failures + 1)); }
says 0 '' "$iommusim" export "$dir/t.trc" -o "$dir/t.txt"
[ "$(grep -vc '^#' "$dir/t.txt")" = "$records" ] || { echo "export -o: lines"; failures=$((failures + 1)); }

# Damage.
: >"$dir/empty.trc"
says 2 'is empty' "$iommusim" trace info "$dir/empty.trc"
echo 'hello, world' >"$dir/text.trc"
says 2 'not an iommusim trace' "$iommusim" export "$dir/text.trc"
head -c $((size - 100)) "$dir/t.trc" >"$dir/cut.trc"
says 2 'truncated: it has no trailer' "$iommusim" trace verify "$dir/cut.trc"
says 2 'incomplete' "$iommusim" trace info "$dir/cut.trc"
{ head -c 16 "$dir/t.trc"; printf '\007'; tail -c +18 "$dir/t.trc"; } >"$dir/seven.trc"
says 2 'version 7, this program reads 1' "$iommusim" trace info "$dir/seven.trc"
{ head -c $((size / 2)) "$dir/t.trc"; printf 'XX'; tail -c +$((size / 2 + 3)) "$dir/t.trc"; } >"$dir/bad.trc"
says 2 'is damaged' "$iommusim" trace verify "$dir/bad.trc"

# A full disk: a message, and nothing under the final name.
says 2 'File too large' sh -c "ulimit -f 1; '$iommusim' trace cut '$dir/t.trc' -o '$dir/full.trc'"
says 2 'File too large' sh -c "ulimit -f 1; '$iommusim' export '$dir/t.trc' -o '$dir/full.txt'"
for left in "$dir"/full.*; do
    [ -e "$left" ] && { echo "left behind: $left"; failures=$((failures + 1)); }
done

[ "$failures" = 0 ]
