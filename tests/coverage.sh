#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Line and branch coverage of model/arch by its own tests, those of the systems and the conformance vectors.
#
#     tests/coverage.sh [--check] [--list] [BUILD]      BUILD: default build/coverage
#
# Prints a line for each file: lines, branches, and how many of each were executed or taken.  --list names what
# was not; --check exits 1 unless every line and 95 % of the branches were.
set -eu
cd "$(dirname "$0")/.."
options=
while [ $# -gt 0 ]; do
    case $1 in
    --*) options="$options $1"; shift ;;
    *) break ;;
    esac
done
build=${1:-build/coverage}
suites=$(find tests/model/arch tests/model/system -name 'test_*.c' -exec basename {} .c \;)

cmake --preset coverage -B "$build" >/dev/null
# shellcheck disable=SC2086
cmake --build "$build" --target $suites conformance >/dev/null
find "$build" -name '*.gcda' -delete
for s in $suites; do
    "$build/bin/$s" >/dev/null || { echo "$s failed" >&2; exit 1; }
done
"$build/bin/conformance" tests/conformance/*.json >/dev/null
# shellcheck disable=SC2086
python3 tests/coverage.py $options "$build"
