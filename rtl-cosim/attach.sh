#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# attach.sh - makes a shared object of a design's RTL and its adapter, for `iommusim cosim --dut`.
#
#   attach.sh -o pmmu.so --top pmmu_shim --prefix Vpmmu --adapter pmmu.cpp \
#             pmmu_pkg.sv pmmu_tlb.sv pmmu_ptw.sv pmmu.sv pmmu_shim.sv
#
#   -o FILE          the shared object; required, as are the next two
#   --top MODULE     the shim's module, with clk, rst_n and ports of at most 64 bits
#   --adapter FILE   C++: one cosim_dut_NAME for each design, or cosim_dut [rtl-cosim/dut.h]
#   --prefix V...    of the class that Verilator makes; default V and the top's name
#   --work DIR       keeps what is made on the way there; default: a directory that is removed
#   --lines          line coverage as well: the simulation takes twice as long
#   -I DIR, -GNAME=V, -Wno-NAME, +define+..., and files   as for Verilator; packages first
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out='' top='' adapter='' prefix='' work='' lines=''
usage() { sed -n '3,/^set /s/^# \{0,1\}//p' "$0" | sed '/^set /d'; }
die() { echo "attach.sh: $*" >&2; exit 2; }

# What is Verilator's comes after the options, in $@.
n=$#
while [ "$n" -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    -o|--top|--adapter|--prefix|--work)
        [ "$n" -gt 1 ] || die "$1 needs a value"
        case $1 in
        -o) out=$2 ;; --top) top=$2 ;; --adapter) adapter=$2 ;; --prefix) prefix=$2 ;; --work) work=$2 ;;
        esac
        shift 2; n=$((n - 2)) ;;
    --lines) lines=--coverage-line; shift; n=$((n - 1)) ;;
    -I|-f) [ "$n" -gt 1 ] || die "$1 needs a value"
        case $1 in -I) set -- "$@" "-I$2" ;; -f) set -- "$@" -f "$2" ;; esac
        shift 2; n=$((n - 2)) ;;
    *)  set -- "$@" "$1"; shift; n=$((n - 1)) ;;
    esac
done
if [ -z "$out" ] || [ -z "$top" ] || [ -z "$adapter" ]; then
    usage >&2
    exit 2
fi
command -v verilator >/dev/null || die "needs Verilator (package verilator)"
prefix=${prefix:-V$top}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"

root=$(verilator --getenv VERILATOR_ROOT)
include=$root/include
# shellcheck disable=SC2086   # lines is one word or none
verilator --cc -Wall --assert --trace-fst --x-assign fast -O3 --timescale 1ns/1ps --coverage-user --no-timing \
    $lines -CFLAGS -fPIC --top-module "$top" --prefix "$prefix" --Mdir "$work" "$@"
make -s -C "$work" -f "$prefix.mk" "${prefix}__ALL.a" OPT_FAST=-O2 OPT_SLOW=-O1 OPT_GLOBAL=-O2

flags="-std=c++17 -fPIC -fvisibility=hidden -DVM_TRACE=1 -DVM_TRACE_FST=1 -DVM_COVERAGE=1 -isystem $include -isystem $include/vltstd"
for file in verilated verilated_fst_c verilated_cov verilated_threads; do
    # shellcheck disable=SC2086
    [ -e "$work/$file.o" ] || ${CXX:-c++} -w -O2 $flags -c "$include/$file.cpp" -o "$work/$file.o"
done
# shellcheck disable=SC2086
${CXX:-c++} -O2 $flags -isystem "$work" -I "$here/.." -c "$adapter" -o "$work/adapter.o"
${CXX:-c++} -shared -Wl,-Bsymbolic -o "$out" "$work/adapter.o" "$work/${prefix}__ALL.a" \
    "$work/verilated.o" "$work/verilated_fst_c.o" "$work/verilated_cov.o" "$work/verilated_threads.o" -lz -lpthread
