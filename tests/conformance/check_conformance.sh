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
# None is left out.
"$1/bin/conformance" "$dir/smmuv3-vectors.json" | tail -n 1 | grep -Eq '^126 passed, 0 failed, 0 skipped'
"$1/bin/conformance" "$dir/vtd-vectors.json" | tail -n 1 | grep -Eq '^144 passed, 0 failed, 0 skipped'
# It can fail, too: a vector with another expectation must be found out.
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
noticed() {
    if "$1/bin/conformance" "$bad" > /dev/null; then
        echo "a changed expectation was not noticed"
        exit 1
    fi
}
sed 's/"pa": "0x2abcdeabc"/"pa": "0x2abcdfabc"/' "$dir/vtd-vectors.json" > "$bad"
noticed "$1"
sed 's/"pa": "0x456789234"/"pa": "0x45678a234"/' "$dir/smmuv3-vectors.json" > "$bad"
noticed "$1"
