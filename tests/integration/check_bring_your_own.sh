#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands of docs/cosim-bring-your-own.md, as they stand there: a foreign design is attached and judged.
# Argument: build directory, of a build with RTL: elsewhere it is skipped.  Takes half a minute of a processor.
set -u
root=$(realpath "$(dirname "$0")/../..")
page=$root/docs/cosim-bring-your-own.md
PATH=$(realpath "$1")/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -qs '^IOMMUSIM_RTL:BOOL=ON' "$1/CMakeCache.txt" && command -v verilator >/dev/null || exit 77

# As from the top of the source tree, but for what is written.
cd "$work" && ln -s "$root/rtl-cosim" rtl-cosim || exit 1
awk '/^```sh$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print > ("block-" n ".sh") }' "$page"
blocks=$(find . -name 'block-*.sh' | wc -l)
[ "$blocks" -ge 5 ] || { echo "FAILED: $blocks pieces of shell in the page"; exit 1; }
for n in $(seq "$blocks"); do
    if ! timeout 600 sh -eu "block-$n.sh" >out 2>&1; then
        echo "FAILED: piece $n of the page"
        cat "block-$n.sh" out
        exit 1
    fi
    echo "done  $(head -1 "block-$n.sh")"
done
