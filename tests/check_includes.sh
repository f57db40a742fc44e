#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Holds every #include "..." against the picture of the house: an include points down or does not exist, is
# written from model/ or from the root, and a .c file includes its own header first.  And components of hw/ know no
# architecture: nothing there is named for one.  Then plants mistakes in a small tree and looks whether they are found.
set -eu

# room: the rooms it may include, itself among them
allowed() {
    case $1 in
    base)      echo "base" ;;
    kernel)    echo "kernel base" ;;
    table)     echo "table arch base" ;;
    smmuv3)    echo "smmuv3 table arch base" ;;
    vtd)       echo "vtd table arch base" ;;
    arch)      echo "arch base" ;;
    hw)        echo "hw kernel base" ;;
    system)    echo "system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    units-smmuv3) echo "units-smmuv3 system hw smmuv3 table arch kernel base" ;;
    units-vtd) echo "units-vtd system hw vtd table arch kernel base" ;;
    traces)    echo "traces base" ;;
    import)    echo "import traces smmuv3 vtd table arch base" ;;
    results)   echo "results base" ;;
    workloads) echo "workloads traces system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    rtl-cosim) echo "rtl-cosim" ;;
    stimulus)  echo "stimulus workloads traces system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    timing)    echo "timing rtl-cosim system units-smmuv3 units-vtd base" ;;
    wave)      echo "wave kernel base" ;;
    judge)     echo "judge rtl-cosim system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    twin)      echo "twin rtl-cosim system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    rtl)       echo "rtl smmuv3 table arch base" ;;
    dut)       echo "dut twin rtl-cosim base" ;;
    drive)     echo "drive judge timing rtl-cosim workloads traces system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    suite)     echo "suite drive judge stimulus rtl-cosim workloads traces system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    cli)       echo "cli suite drive dut twin judge wave timing stimulus rtl-cosim workloads import traces results system units-smmuv3 units-vtd hw smmuv3 vtd table arch kernel base" ;;
    esac
}

# The room of a path as includes write it, model/ left off.
room() {
    case $1 in
    arch/table/*)  echo table ;;
    traces/import/*) echo import ;;
    arch/smmuv3/*) echo smmuv3 ;;
    arch/vtd/*)    echo vtd ;;
    system/*/*)    inner=${1#system/}; echo "units-${inner%%/*}" ;;
    rtl-cosim/*/*) inner=${1#rtl-cosim/}; echo "${inner%%/*}" ;;
    */*)           echo "${1%%/*}" ;;
    *)             echo none ;;
    esac
}

check_file() {
    file=$1
    from=$(room "${file#model/}")
    may=" $(allowed "$from") "
    own=${file#model/}
    own=${own%.c}.h
    first=
    # shellcheck disable=SC2013   # paths have no blanks
    for inc in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
        if [ ! -e "model/$inc" ] && [ ! -e "$inc" ]; then
            echo "$file: \"$inc\": no such file from model/ or the root"
        fi
        case $may in
        *" $(room "$inc") "*) ;;
        *) echo "$file: \"$inc\": $from may not include $(room "$inc")" ;;
        esac
        [ -n "$first" ] || first=$inc
    done
    case $file in
    *.c)
        if { [ -e "model/$own" ] || [ -e "$own" ]; } && [ "$first" != "$own" ] &&
            [ "$first" != "${own%.h}_impl.h" ]; then       # which includes it
            echo "$file: includes ${first:-nothing} first, expected its own header $own"
        fi
        ;;
    esac
}

# Words of one architecture alone.
named() {
    grep -nwiE 'smmu(v3)?|arm|tbu|tcu|ste|asid|vmid|substreamid|vt-?d|intel|iotlb|dmar' "$1" | sed "s|^|$1:|; s|\$|: names an architecture|"
}

# Prints what is wrong in the tree of the current directory.
check_tree() {
    for file in $(find model traces results workloads rtl-cosim cli -name '*.[ch]' 2>/dev/null | sort); do
        check_file "$file"
        case $file in model/hw/*) named "$file" ;; esac
    done
}

# A tree with one mistake of each kind; each must be told.
check_the_check() {
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    cd "$dir"
    mkdir -p model/base model/hw model/arch/vtd model/arch/smmuv3 model/kernel traces results
    echo '#include "kernel/up.h"' > model/base/low.h
    echo '#include <stdio.h>' > model/kernel/up.h
    echo '#include "kernel/up.h"' > model/arch/side.c
    echo '#include "arch/vtd/a.h"' > model/arch/smmuv3/b.h
    : > model/arch/vtd/a.h
    echo '#include "traces/t.h"' > results/r.c
    echo '#include "gone.h"' > traces/t.h
    printf '#include "traces/t.h"\n#include "traces/own.h"\n' > traces/own.c
    : > traces/own.h
    echo '#include "base/low.h"' > traces/fine.c
    echo '/* matches the ASID */' > model/hw/tlb.h
    echo '#include "arch/vtd/a.h"' > model/hw/walk.h
    echo '#include "base/low.h"' > model/hw/aside.h
    check_tree > found
    for want in model/base/low.h model/arch/side.c model/arch/smmuv3/b.h results/r.c traces/t.h traces/own.c \
        model/hw/tlb.h model/hw/walk.h; do
        grep -q "^$want:" found || { echo "planted mistake not found: $want"; cat found; exit 1; }
    done
    if grep -qE '^(traces/fine.c|model/hw/aside.h):' found; then
        echo "these are fine, and yet:"
        cat found
        exit 1
    fi
}

(check_the_check)
cd "$(dirname "$0")/.."
wrong=$(check_tree)
if [ -n "$wrong" ]; then
    echo "$wrong"
    exit 1
fi
echo "$(find model traces results workloads cli -name '*.[ch]' | wc -l) files include downwards only"
