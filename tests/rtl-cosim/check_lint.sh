#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: check_lint.sh BUILD_DIR
#
# Every module of our RTL alone under verilator -Wall, with assertions, without a single waiver; the caches in
# organisations at the edge, too.
set -eu

build=$1
fields=$build/rtl-cosim/smmuv3_fields_pkg.sv
grep -qs '^IOMMUSIM_RTL:BOOL=ON' "$build/CMakeCache.txt" && [ -e "$fields" ] || exit 77

failed=0
lint() {       # top module, its file, -G...
    top=$1
    file=$2
    shift 2
    if ! verilator --lint-only -Wall --assert --top-module "$top" -y rtl-cosim/rtl "$@" \
            "$fields" $packages "$file" 2>"$messages"; then
        echo "$file $*:"
        cat "$messages"
        failed=1
    fi
}

messages=$(mktemp)
trap 'rm -f "$messages"' EXIT

# Packages, each after those that it imports.
packages=
while :; do
    more=
    for file in rtl-cosim/rtl/*_pkg.sv; do
        case " $packages " in *" $file "*) continue ;; esac
        ready=1
        for other in $(sed -n 's/^ *import *\([a-z0-9_]*_pkg\)::.*/\1/p' "$file"); do
            [ -e "rtl-cosim/rtl/$other.sv" ] || continue
            case " $packages " in *" rtl-cosim/rtl/$other.sv "*) ;; *) ready=0 ;; esac
        done
        [ $ready = 0 ] || more="$more $file"
    done
    [ -n "$more" ] || break
    packages="$packages$more"
done

for file in rtl-cosim/rtl/*.sv rtl-cosim/dut/*.sv; do
    name=$(basename "$file" .sv)
    case $name in
    *_pkg) ;;
    *)     lint "$name" "$file" ;;
    esac
done
for kind in 0 1 2; do
    lint store_shim rtl-cosim/dut/store_shim.sv -GKIND=$kind
done
for sets in 0 1 2048; do
    lint iotlb rtl-cosim/rtl/iotlb.sv -GSETS=$sets -GPROBE=1
done
lint iotlb rtl-cosim/rtl/iotlb.sv -GWAYS=1 -GLATENCY=3
lint iotlb rtl-cosim/rtl/iotlb.sv -GWAYS=5 -GPOLICY=4 -GINVALID_FIRST=0
lint iotlb rtl-cosim/rtl/iotlb.sv -GWAYS=64 -GPOLICY=6 -GINDEX=1
lint walk_cache rtl-cosim/rtl/walk_cache.sv -GSETS0=0 -GWAYS2=1
lint walker rtl-cosim/rtl/walker.sv -GWALK_SLOTS=1 -GWC_S1L0_SETS=0 -GWC_S1L1_SETS=0 -GWC_S1L2_SETS=0
lint walker rtl-cosim/rtl/walker.sv -GWALK_SLOTS=5 -GWC_S2L0_SETS=0 -GWC_S2L1_SETS=0 -GWC_S2L2_SETS=0 -GWC_LATENCY=3

lint iommu_top rtl-cosim/rtl/iommu_top.sv -GSLOTS=3 -GWALK_SLOTS=2 -GTLB_SETS=2 -GWC_S1L0_SETS=0 -GWC_S2L1_SETS=0 -GEVTQ_DEPTH=2

# The adapter says what those have that are not set.
sed -n 's/^ *parameter .* \([A-Z][A-Z0-9_]*\) *= \([0-9]*\).*/\1 \2/p' rtl-cosim/rtl/iommu_top.sv | tr A-Z a-z >"$messages"
others=$(grep -o '{ "[a-z0-9_]*", [0-9]*, "smmu' rtl-cosim/dut/iommu_top.cpp | tr -d '{",' | while read -r name value _; do
    grep -qx "$name $value" "$messages" || echo "iommu_top.cpp: $name is not $value in iommu_top.sv"
done)
[ -z "$others" ] || { echo "$others"; failed=1; }

if grep -n 'lint_off' rtl-cosim/rtl/*.sv rtl-cosim/dut/*.sv; then
    echo "waivers: a warning is to be understood and its cause removed"
    failed=1
fi
exit $failed
