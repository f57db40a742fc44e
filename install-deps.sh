#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing of the packages that iommusim needs, on Debian 12 or later: as root or through
# sudo without a password; otherwise prints the one line to run and exits 2.
#
#   install-deps.sh          to build and run it
#   install-deps.sh test     and all that test.sh uses
set -eu

BUILD="cmake ninja-build gcc g++ pkg-config libzstd-dev libsqlite3-dev libfyaml-dev libjson-c-dev
       libcunit1-dev uthash-dev gnuplot-nox zstd verilator zlib1g-dev"
TEST="clang libclang-rt-14-dev clang-tidy cppcheck shellcheck python3 sqlite3 gtkwave libsystemc-dev"

want=$BUILD
[ "${1:-}" = test ] && want="$BUILD $TEST"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-deps.sh: not a Debian system; needed: $(echo "$want" | tr -s ' \n' ' ')" >&2
    exit 2
fi

missing=
for package in $want; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "packages are missing; run this line as root, then start again:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 2
fi

echo "installing:$missing"
$root apt-get update -qq || echo "install-deps.sh: apt-get update failed, trying with what is known" >&2
# shellcheck disable=SC2086   # both are lists of words
if ! $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; then
    echo "install-deps.sh: could not install:$missing" >&2
    exit 2
fi
