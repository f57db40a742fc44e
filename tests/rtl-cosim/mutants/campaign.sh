#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# campaign.sh - is every bug found?  Builds each mutant, has the generic suite judge it, prints a table.
#
#     campaign.sh BUILD [drawn=30] [seed=1] [hand=all] [model=all] [clean=0] [jobs=1] [only=NAME,...] [work=DIR]
#
#   drawn   so many mutants of the RTL, drawn by the seed from all its operators, conditions and constants; or a file of
#           them
#   hand    `all` or so many of hand.txt; model: of model.txt
#   only    of all these, those of these names
#   profile of the model and of what the designs claim to be, default rtl
#   clean   before that, model and design as they are under so many seeds: not one alarm
#   design  the design as it is, a shared object; made if it is needed and not given
#   blocks  `first`: a mutant of a block is held against the block's twin before the whole design is made, which takes
#           half a minute; default `last`
#   work    keeps what is made; shared objects that are there already are not made again
#   accesses, rounds, step    of the suite (judge.c); limit: seconds for one mutant
#
# A line a mutant, with tabs: name, file, found or SURVIVED (or listed, no-build, no-run), verdict, request, run, records
# before and after cutting down, tries.  Designs are built without waveforms and optimised little.  A mutant of a block
# that the whole design's suite does not find is held against the block's twin in every cycle.  What a verdict may be
# called is in the data; one of another name is marked with `!`.  survivors.txt lists drawn mutants that nobody can tell
# from the design, and why.  Exit status: 1 if one survived that is not listed, or a design as it is gave an alarm.
# shellcheck disable=SC2046,SC2086   # lists of words
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=${1:?usage: campaign.sh BUILD [key=value]...}
shift
drawn=30 seed=1 hand=all model=all clean=0 jobs=1 only='' work='' accesses=1500 rounds=6 step=23 limit=900 profile=rtl
design='' blocks=last
for arg; do
    case $arg in
    *=*) key=${arg%%=*}
         case $key in
         drawn|seed|hand|model|clean|jobs|only|work|accesses|rounds|step|limit|profile|design|blocks) eval "$key=\${arg#*=}" ;;
         *) echo "campaign.sh: $arg: no such key" >&2; exit 2 ;;
         esac ;;
    *)   echo "campaign.sh: $arg: expected key=value" >&2; exit 2 ;;
    esac
done
build=$(cd "$build" && pwd) || exit 2
judge=$build/bin/judge
mutate=$here/mutate.py
command -v verilator >/dev/null || { echo "campaign.sh: needs Verilator" >&2; exit 77; }
[ -x "$judge" ] || { echo "campaign.sh: $judge is not there" >&2; exit 77; }
[ -n "$work" ] || { work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; }
mkdir -p "$work"

include=$(verilator --getenv VERILATOR_ROOT)/include
cxx=$(command -v clang++ || echo c++)       # takes half as long as g++
flags="-std=c++17 -fPIC -w -DVM_COVERAGE=0 -DVM_TRACE=0 -isystem $include -isystem $include/vltstd -I$root"
fields=$build/rtl-cosim/smmuv3_fields_pkg.sv
[ -e "$fields" ] || { echo "campaign.sh: $build is not built with RTL (target rtl_fields)" >&2; exit 77; }
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
    iotlb*|walk_cache) echo iommu_pkg store iotlb cfg_cache walk_cache ../dut/store_shim ;;
    walker) echo iommu_pkg tag_pkg vmsa_pkg config_pkg store walk_cache walker ../dut/walker_shim ;;
    cmdq) echo iommu_pkg regs cmdq queue_top ;;
    esac
}
top_of() { case $1 in iotlb*|walk_cache) echo store_shim ;; walker) echo walker_shim ;; cmdq) echo queue_top ;; *) echo "$1" ;; esac; }
adapter_of() { case $1 in iotlb*|walk_cache) echo store ;; *) echo "$1" ;; esac; }
params_of() { sed -n "s/^ *\(store\|walker\)_dut($1 \(.*[A-Z0-9]\)).*/\2/p" "$root/rtl-cosim/CMakeLists.txt" | sed 's/[A-Z_0-9]*=/-G&/g'; }

# make_design DESIGN DIR: DIR/rtl-cosim/rtl/*.sv in the place of the tree's, to DIR/DESIGN.so
make_design() {
    name=$1 dir=$2 files=$fields
    case $name in iotlb*|walk_cache) files='' ;; esac
    for part in $(sources_of "$name"); do
        file=rtl-cosim/rtl/$part.sv
        [ -e "$dir/$file" ] && files="$files $dir/$file" || files="$files $root/$file"
    done
    verilator --cc -Wno-fatal -Wno-lint -Wno-style --assert --x-assign fast -O3 --timescale 1ns/1ps --no-timing --unroll-count 16 -CFLAGS -fPIC \
        $(params_of "$name") --top-module "$(top_of "$name")" --prefix "V$name" --Mdir "$dir/$name" $files \
        >"$dir/log" 2>&1 || return 1
    make -s -C "$dir/$name" -f "V$name.mk" "V${name}__ALL.a" CXX="$cxx" OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 >>"$dir/log" 2>&1 &&
    c++ -O1 $flags -isystem "$dir/$name" -I"$build/rtl-cosim/V$name" -DDUT_OPS=cosim_dut "-DDUT_NAME=\"$name\"" \
        "-DDUT_CLASS=V$name" "-DDUT_HEADER=<V$name.h>" "-DDUT_BUILT=<V${name}_built.h>" \
        -c "$root/rtl-cosim/dut/$(adapter_of "$name").cpp" -o "$dir/adapter.o" >>"$dir/log" 2>&1 &&
    c++ -shared -Wl,-Bsymbolic -o "$dir/$name.so" "$dir/adapter.o" "$dir/$name/V${name}__ALL.a" \
        "$work/verilated.o" "$work/verilated_cov.o" "$work/verilated_threads.o" "$work/verilated_fst_c.o" \
        -lz -lpthread >>"$dir/log" 2>&1
}

# The blocks in which a file can be held against a twin.
blocks_of() {
    case $1 in
    */store.sv|*/iotlb.sv|*/walk_cache.sv) echo iotlb walk_cache iotlb_lfsr ;;
    */walker.sv|*/vmsa_pkg.sv) echo walker ;;
    */cmdq.sv|*/regs.sv) echo cmdq ;;
    esac
}

# run JUDGE ARG...: prints what it says; a design that falls over is found, too.
run() {
    said=$(timeout -s KILL "$limit" "$@" 2>/dev/null)
    status=$?
    case $status in
    0|1) echo "$said" | tail -1 ;;
    137) printf 'wrong\ttimeout\t-1\t-\t0\t0\t0\n' ;;
    2|126|127) printf 'error\t%s\n' "$said" ;;
    *)   printf 'wrong\tcrash\t-1\t-\t0\t0\t0\n' ;;
    esac
}

row() {                                    # NAME FILE KINDS, and on stdin what judge said
    awk -F '\t' -v name="$1" -v file="$2" -v kinds="$3" 'BEGIN { OFS = "\t" }
        $1 == "wrong" { mark = kinds == "*" || index("|" kinds "|crash|timeout|lockstep|", "|" $2 "|") ? "" : "!"
                        print name, file, "found", $2 mark, $3, $4, $5, $6, $7; next }
        $1 == "right" { print name, file, "SURVIVED", "-", "-", $2 " runs", $3, "-", "-"; next }
        $1 == "error" { print name, file, "no-run", "-", "-", $2, "-", "-", "-"; next }
                      { print name, file, "no-build", "-", "-", "-", "-", "-", "-" }'
}

# made DESIGN DIR: is it there, or can it be made?
made() { [ -e "$2/$1.so" ] || make_design "$1" "$2"; }

judge_whole() {                            # NAME DIR
    made iommu_top "$2" && run "$judge" "$2/iommu_top.so" $suite save="$work/$1.trc" || echo none
}

judge_blocks() {                           # FILE DIR
    said=none
    for block in $(blocks_of "$1"); do
        made "$block" "$2" && said=$(run "$judge" "$2/$block.so" accesses=100000)
        case $said in wrong*) break ;; esac
    done
    echo "$said"
}

judge_rtl() {                              # DATA NAME FILE KINDS
    dir=$work/$2
    mkdir -p "$dir"
    "$mutate" apply "$1" "$2" "$root" "$dir" >/dev/null || return 2
    if [ "$blocks" = first ]; then
        said=$(judge_blocks "$3" "$dir")
        case $said in wrong*) ;; *) said=$(judge_whole "$2" "$dir") ;; esac
    else
        said=$(judge_whole "$2" "$dir")
        case $said in
        right*) why=$(judge_blocks "$3" "$dir")
                case $why in wrong*) said=$why ;; esac ;;
        esac
    fi
    why=$("$mutate" known "$here/survivors.txt" "$1" "$2") || why=
    echo "$said" | row "$2" "$3" "$4" |
        awk -F '\t' -v why="$why" 'BEGIN { OFS = "\t" } $3 == "SURVIVED" && why { $3 = "listed"; $4 = why } 1'
    rm -rf "$dir/iommu_top" "$dir/rtl-cosim"                    # what is made stays
}

# The design as it is.
as_it_is() {
    [ -n "$design" ] || { (made iommu_top "$work") && design=$work/iommu_top.so; }
}

# Model: its one object before the archives.  A mutant of what both sides share may be found on the RTL.
judge_model() {                            # DATA NAME FILE KINDS
    dir=$work/$2
    mkdir -p "$dir"
    "$mutate" apply "$1" "$2" "$root" "$dir" >/dev/null || return 2
    link=$(cd "$build" && ninja -t commands bin/judge | tail -1 | sed "s#-o bin/judge#-o $dir/judge#; s#tests/CMakeFiles/judge.dir#$dir/mutant.o &#")
    cc -g -O1 -std=gnu11 -I"$dir/$(dirname "$3")" -I"$root/model" -I"$root" -c "$dir/$3" -o "$dir/mutant.o" >"$dir/log" 2>&1 &&
        (cd "$build" && sh -c "$link") >>"$dir/log" 2>&1 || { echo none | row "$2" "$3" "$4"; return; }
    said=$(run "$dir/judge" model rounds="$((2 * rounds))" $suite save="$work/$2.trc")    # costs little
    case $said in
    right*) as_it_is && said=$(run "$dir/judge" "$design" $suite save="$work/$2.trc") ;;
    esac
    echo "$said" | row "$2" "$3" "$4"
}

# ---- the list ------------------------------------------------------------------------------------------

rm -f "$work"/rows.*
: >"$work/list"
take() {                                   # HOW DATA MOST
    awk -v how="$1" -v data="$2" -v most="$3" 'BEGIN { OFS = "\t" }
        function out() { if (name != "" && (most == "all" || n++ < most)) print how, data, name, file, kind; name = "" }
        /^name:/ { out(); name = $2 } /^file:/ { file = $2 } /^kind:/ { kind = $2 } END { out() }' "$2" >>"$work/list"
}
case $drawn in
0)       ;;
*[!0-9]*) take rtl "$drawn" all ;;
*)       "$mutate" draw "$seed" "$drawn" "$root/rtl-cosim/rtl" >"$work/drawn.txt" && take rtl "$work/drawn.txt" all ;;
esac
"$mutate" check "$here/hand.txt" "$root" && "$mutate" check "$here/model.txt" "$root" || exit 2
take rtl "$here/hand.txt" "$hand"
take model "$here/model.txt" "$model"

bad=0
[ "$clean" = 0 ] || as_it_is || { echo "campaign.sh: the design cannot be made: $work/log" >&2; exit 2; }
for s in $(seq 1 "$clean"); do
    for of in model "$design"; do
        said=$(run "$judge" "$of" profile="$profile" seed="$s" accesses="$accesses" rounds=1 step=0)
        case $said in right*) ;; *) echo "seed $s of $of as it is: $said"; bad=1 ;; esac
    done
done
[ "$clean" = 0 ] || [ $bad = 1 ] || echo "clean: $clean seeds, no alarm"

each() {
    while IFS='	' read -r how data name file kind; do
        case ",$only," in ,,|*",$name,"*) ;; *) continue ;; esac
        "judge_$how" "$data" "$name" "$file" "$kind"
    done
}
[ "$jobs" = 1 ] || ! grep -q '^model' "$work/list" || as_it_is          # once, not by each
i=0
while [ $i -lt "$jobs" ]; do
    awk -v i=$i -v n="$jobs" 'NR % n == i' "$work/list" | each >"$work/rows.$i" &
    i=$((i + 1))
done
wait
cat "$work"/rows.* | sort >"$work/table"
cat "$work/table"
awk -F '\t' '$3 == "found" { n++; if ($8 > 0) after[m++] = $8 } $3 == "listed" { known++ } $3 !~ /found|listed/ { left++ } $4 ~ /!/ { odd++ }
    END { for (i = 0; i < m; i++) for (j = i + 1; j < m; j++) if (after[j] < after[i]) { t = after[i]; after[i] = after[j]; after[j] = t }
          printf "found %d, listed %d, not found %d, under another name %d, median of records left %d\n", n, known, left, odd, m ? after[int(m / 2)] : 0 }' "$work/table"
grep -q 'SURVIVED\|no-' "$work/table" && bad=1
exit $bad
