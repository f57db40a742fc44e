#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Calibration on the design in RTL, in short: from delays that are wrong it finds those of profile `rtl`, and what was
# held out lies within the tolerances.  Skipped where the design is not built.  Argument: build directory.
set -u
program=$(realpath "$1")/bin/iommusim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" cosim --list | grep -q '^iommu_top ' || exit 77

# Percentiles are whole cycles, and merged requests too few in so short a time.
if ! timeout -s KILL 300 "$program" cosim --dut iommu_top --calibrate "$work/fitted.yaml" --max-requests 500 \
    --set tolerance.cycles=1 --set tolerance.least=50 \
    --set mem.port_ps=7000 --set smmu.timing.fill=0 --set smmu.timing.fetch_overhead=4 --set smmu.tcu.tlb.port.latency=5; then
    echo "FAILED: what was held out is outside"
    exit 1
fi
for value in "port_ps: 2000" "fill: 1" "fetch_overhead: 1"; do
    grep -q "  $value " "$work/fitted.yaml" || { echo "FAILED: no \"$value\""; cat "$work/fitted.yaml"; exit 1; }
done
