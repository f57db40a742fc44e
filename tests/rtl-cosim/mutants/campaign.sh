#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# campaign.sh - is every bug found?  Builds each mutant, has the generic suite judge it, prints a table.
#
#     campaign.sh BUILD [drawn=30] [seed=1] [hand=all] [model=all] [clean=0] [jobs=1] [only=NAME] [work=DIR]
#
#   drawn   so many mutants of the RTL, drawn by the seed from all its operators, conditions and constants
#   hand    `all` or so many of hand.txt; model: of model.txt
#   profile of the model and of what the designs claim to be, default rtl
#   clean   before that, the design as it is under so many seeds: not one alarm
#
# A line a mutant, with tabs: name, file, found or SURVIVED (or no-build, no-run), verdict, request, run, records before and
# after cutting down, tries.  Designs are built without waveforms and optimised little.  A mutant of a block that the
# whole design's suite does not find is held against the block's twin in every cycle.  What a verdict may be called is
# in the data; one of another name is marked with `!`.  Exit status: 1 if one survived that was not drawn, or the
# design as it is gave an alarm.
# shellcheck disable=SC2046,SC2086   # lists of words
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=${1:?usage: campaign.sh BUILD [key=value]...}
shift
drawn=30 seed=1 hand=all model=all clean=0 jobs=1 only='' work='' accesses=1500 rounds=2 step=23 limit=600 profile=rtl
for arg; do
    case $arg in
    *=*) key=${arg%%=*}
         case $key in
         drawn|seed|hand|model|clean|jobs|only|work|accesses|rounds|step|limit|profile) eval "$key=\${arg#*=}" ;;
         *) echo "campaign.sh: $arg: no such key" >&2; exit 2 ;;
         esac ;;
    *)   echo "campaign.sh: $arg: expected key=value" >&2; exit 2 ;;
    esac
done
build=$(cd "$build" && pwd)
judge=$build/bin/judge
mutate=$here/mutate.py
command -v verilator >/dev/null || { echo "campaign.sh: needs Verilator" >&2; exit 77; }
[ -x "$judge" ] || { echo "campaign.sh: $judge is not there" >&2; exit 77; }
[ -n "$work" ] || { work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; }
mkdir -p "$work"

include=$(verilator --getenv VERILATOR_ROOT)/include
flags="-std=c++17 -fPIC -w -DVM_COVERAGE=0 -DVM_TRACE=0 -isystem $include -isystem $include/vltstd -I$root"
suite="profile=$profile accesses=$accesses rounds=$rounds step=$step"

# Verilator's runtime, once.
for part in verilated verilated_cov verilated_threads verilated_fst_c; do
    [ -e "$work/$part.o" ] || c++ -O2 $flags -c "$include/$part.cpp" -o "$work/$part.o" || exit 2
done

# Sources of a design in order, with fields first: as rtl-cosim/CMakeLists.txt has them.
sources_of() {
    case $1 in
    iommu_top) echo iommu_pkg regs cmdq tag_pkg vmsa_pkg config_pkg store iotlb cfg_cache walk_cache walker cfg_fetch \
        evtq mem_arb inval_unit pipeline iommu_top ;;
    iotlb|walk_cache) echo iommu_pkg store iotlb cfg_cache walk_cache ../dut/store_shim ;;
    walker) echo iommu_pkg tag_pkg vmsa_pkg config_pkg store walk_cache walker ../dut/walker_shim ;;
    cmdq) echo iommu_pkg regs cmdq queue_top ;;
    esac
}
top_of() { case $1 in iotlb|walk_cache) echo store_shim ;; walker) echo walker_shim ;; cmdq) echo queue_top ;; *) echo "$1" ;; esac; }
adapter_of() { case $1 in iotlb|walk_cache) echo store ;; *) echo "$1" ;; esac; }
params_of() { sed -n "s/^ *\(store\|walker\)_dut($1 \(.*[A-Z0-9]\)).*/\2/p" "$root/rtl-cosim/CMakeLists.txt" | sed 's/[A-Z_0-9]*=/-G&/g'; }

# make_design DESIGN DIR: DIR/rtl-cosim/rtl/*.sv in the place of the tree's, to DIR/DESIGN.so
make_design() {
    design=$1 dir=$2 files=$build/rtl-cosim/smmuv3_fields_pkg.sv
    [ "$design" = iotlb ] || [ "$design" = walk_cache ] && files=''
    for name in $(sources_of "$design"); do
        file=rtl-cosim/rtl/$name.sv
        [ -e "$dir/$file" ] && files="$files $dir/$file" || files="$files $root/$file"
    done
    verilator --cc -Wno-fatal -Wno-lint -Wno-style --assert --x-assign fast -O3 --timescale 1ns/1ps --no-timing -CFLAGS -fPIC \
        $(params_of "$design") --top-module "$(top_of "$design")" --prefix "V$design" --Mdir "$dir/$design" $files \
        >"$dir/log" 2>&1 || return 1
    make -s -C "$dir/$design" -f "V$design.mk" "V${design}__ALL.a" OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 >>"$dir/log" 2>&1 &&
    c++ -O1 $flags -isystem "$dir/$design" -I"$build/rtl-cosim/V$design" -DDUT_OPS=cosim_dut "-DDUT_NAME=\"$design\"" \
        "-DDUT_CLASS=V$design" "-DDUT_HEADER=<V$design.h>" "-DDUT_BUILT=<V${design}_built.h>" \
        -c "$root/rtl-cosim/dut/$(adapter_of "$design").cpp" -o "$dir/adapter.o" >>"$dir/log" 2>&1 &&
    c++ -shared -Wl,-Bsymbolic -o "$dir/$design.so" "$dir/adapter.o" "$dir/$design/V${design}__ALL.a" \
        "$work/verilated.o" "$work/verilated_cov.o" "$work/verilated_threads.o" "$work/verilated_fst_c.o" \
        -lz -lpthread >>"$dir/log" 2>&1
}

# The blocks in which a file can be held against a twin.
blocks_of() {
    case $1 in
    */store.sv|*/iotlb.sv|*/walk_cache.sv) echo iotlb walk_cache ;;
    */walker.sv|*/vmsa_pkg.sv) echo walker ;;
    */cmdq.sv|*/regs.sv) echo cmdq ;;
    esac
}

# run JUDGE ARG...: prints what it says; a design that falls over is found, too.
run() {
    said=$(timeout "$limit" "$@" 2>/dev/null)
    status=$?
    case $status in
    0|1) echo "$said" | tail -1 ;;
    124) printf 'wrong\ttimeout\t-1\t-\t0\t0\t0\n' ;;
    2)   printf 'error\t%s\n' "$said" ;;
    *)   printf 'wrong\tcrash\t-1\t-\t0\t0\t0\n' ;;
    esac
}

row() {                                    # NAME FILE KINDS, and on stdin what judge said
    awk -F '\t' -v name="$1" -v file="$2" -v kinds="$3" 'BEGIN { OFS = "\t" }
        $1 == "wrong" { mark = kinds == "*" || index("|" kinds "|crash|timeout|", "|" $2 "|") ? "" : "!"
                        print name, file, "found", $2 mark, $3, $4, $5, $6, $7; next }
        $1 == "right" { print name, file, "SURVIVED", "-", "-", $2 " runs", $3, "-", "-"; next }
        $1 == "error" { print name, file, "no-run", "-", "-", $2, "-", "-", "-"; next }
                      { print name, file, "no-build", "-", "-", "-", "-", "-", "-" }'
}

judge_rtl() {                              # DATA NAME FILE KINDS
    dir=$work/$2
    mkdir -p "$dir"
    "$mutate" apply "$1" "$2" "$root" "$dir" >/dev/null || return 2
    if ! make_design iommu_top "$dir"; then
        echo none | row "$2" "$3" "$4"
        return
    fi
    said=$(run "$judge" "$dir/iommu_top.so" $suite save="$work/$2.trc")
    for block in $(blocks_of "$3"); do
        case $said in wrong*) break ;; esac
        make_design "$block" "$dir" && said=$(run "$judge" "$dir/$block.so" accesses=100000)
    done
    echo "$said" | row "$2" "$3" "$4"
    rm -rf "$dir"
}

# Model: its one object before the archives.
judge_model() {                            # DATA NAME FILE KINDS
    dir=$work/$2
    mkdir -p "$dir"
    "$mutate" apply "$1" "$2" "$root" "$dir" >/dev/null || return 2
    link=$(cd "$build" && ninja -t commands bin/judge | tail -1 | sed "s#-o bin/judge#-o $dir/judge#; s#tests/CMakeFiles/judge.dir#$dir/mutant.o &#")
    cc -g -O1 -std=gnu11 -I"$dir/$(dirname "$3")" -I"$root/model" -I"$root" -c "$dir/$3" -o "$dir/mutant.o" >"$dir/log" 2>&1 &&
        (cd "$build" && sh -c "$link") >>"$dir/log" 2>&1 || { echo none | row "$2" "$3" "$4"; return; }
    said=$(run "$dir/judge" model $suite save="$work/$2.trc")
    case $said in
    right*) said=$(run "$dir/judge" iommu_top $suite save="$work/$2.trc") ;;
    esac
    echo "$said" | row "$2" "$3" "$4"
    rm -rf "$dir"
}

# ---- the list ------------------------------------------------------------------------------------------

: >"$work/list"
take() {                                   # HOW DATA MOST
    awk -v how="$1" -v data="$2" -v most="$3" 'BEGIN { OFS = "\t" }
        function out() { if (name != "" && (most == "all" || n++ < most)) print how, data, name, file, kind; name = "" }
        /^name:/ { out(); name = $2 } /^file:/ { file = $2 } /^kind:/ { kind = $2 } END { out() }' "$2" >>"$work/list"
}
[ "$drawn" = 0 ] || { "$mutate" draw "$seed" "$drawn" "$root/rtl-cosim/rtl" >"$work/drawn.txt"; take rtl "$work/drawn.txt" all; }
"$mutate" check "$here/hand.txt" "$root" && "$mutate" check "$here/model.txt" "$root" || exit 2
take rtl "$here/hand.txt" "$hand"
take model "$here/model.txt" "$model"

bad=0
for s in $(seq 1 "$clean"); do
    said=$(run "$judge" iommu_top profile="$profile" seed="$s" accesses="$accesses" rounds=1 step=0)
    case $said in right*) ;; *) echo "seed $s of the design as it is: $said"; bad=1 ;; esac
done
[ "$clean" = 0 ] || [ $bad = 1 ] || echo "clean: $clean seeds, no alarm"

each() {
    while IFS='	' read -r how data name file kind; do
        [ -z "$only" ] || [ "$only" = "$name" ] || continue
        "judge_$how" "$data" "$name" "$file" "$kind"
    done
}
i=0
while [ $i -lt "$jobs" ]; do
    awk -v i=$i -v n="$jobs" 'NR % n == i' "$work/list" | each >"$work/rows.$i" &
    i=$((i + 1))
done
wait
cat "$work"/rows.* | sort >"$work/table"
cat "$work/table"
awk -F '\t' '$3 == "found" { n++; if ($8 > 0) after[m++] = $8 } $3 != "found" { left++ } $4 ~ /!/ { odd++ }
    END { for (i = 0; i < m; i++) for (j = i + 1; j < m; j++) if (after[j] < after[i]) { t = after[i]; after[i] = after[j]; after[j] = t }
          printf "found %d, not found %d, under another name %d, median of records left %d\n", n, left, odd, m ? after[int(m / 2)] : 0 }' "$work/table"
grep -v '^drawn' "$work/table" | grep -q 'SURVIVED\|no-' && bad=1
exit $bad
