#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every block of C in docs/kernel.md stands word for word in test_docs_kernel.c.  Then a changed quote is
# planted, and must be found.
set -eu
cd "$(dirname "$0")/../../.."

source=tests/model/kernel/test_docs_kernel.c
doc=docs/kernel.md

# Prints the blocks of the document $2 that are not in the source $1.
check() {
    awk -v doc="$2" '
        NR == FNR { text = text "\n" $0; next }
        /^```c$/ { quote = ""; from = FNR; inside = 1; next }
        /^```$/ && inside {
            if (!index(text "\n", quote "\n"))
                printf "%s:%d: this block is not in the source\n", doc, from
            inside = 0
        }
        inside { quote = quote "\n" $0 }
    ' "$1" "$2"
}

wrong=$(check $source $doc)
if [ -n "$wrong" ]; then
    echo "$wrong"
    exit 1
fi

planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
sed 's/PROC_DELAY(p, 2);/PROC_DELAY(p, 3);/' $doc > "$planted"
check $source "$planted" | grep -q 'not in the source' || { echo "a changed quote was not found"; exit 1; }
echo "$(grep -c '^```c$' $doc) blocks of $doc stand in $source"
