#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Published vectors: none fails, and the last line counts them.  Argument: build directory.
set -eu
dir=$(dirname "$0")
out=$("$1/bin/conformance" "$dir/vtd-vectors.json" "$dir/smmuv3-vectors.json") || {
    echo "$out"
    exit 1
}
echo "$out"
echo "$out" | tail -n 1 | grep -Eq '^[1-9][0-9]* passed, 0 failed'
# It can fail, too: a vector with another expectation must be found out.
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
sed 's/"pa": "0x2abcdeabc"/"pa": "0x2abcdfabc"/' "$dir/vtd-vectors.json" > "$bad"
if "$1/bin/conformance" "$bad" > /dev/null; then
    echo "a changed expectation was not noticed"
    exit 1
fi
