#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From nothing to numbers: installs what is missing, builds, replays a captured VM trace on a model of the
# machine it was captured on, sweeps TLB sizes, leaves results.db, causes.svg and hit-rate.svg.  Asks for nothing.
set -eu
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

say "packages"
./install-deps.sh
echo "all there"

say "build (build/release)"
if ! { cmake --preset release -DIOMMUSIM_RTL=OFF && cmake --build --preset release --target iommusim; } >build-demo.log 2>&1; then
    cat build-demo.log
    exit 2
fi
rm -f build-demo.log
iommusim=build/release/bin/iommusim
"$iommusim" --version

say "import: what QEMU's SMMUv3 logged and what the guest's kernel traced become one trace"
mkdir -p build/demo
"$iommusim" import --quiet traces/samples/smmuv3-nvme-strict-cut.qemu.log.zst \
    traces/samples/smmuv3-nvme-strict-cut.ftrace.txt.zst -o build/demo/nvme.trc
"$iommusim" trace info build/demo/nvme.trc

rm -f results.db sweep.db
say "replay on profile qemu10, every result judged by the oracle and held against the log"
"$iommusim" run --profile qemu10 --trace build/demo/nvme.trc --check --reuse --label demo --db results.db

say "the same trace on an SMMUv3 as servers have it"
"$iommusim" run --profile server-smmu --trace build/demo/nvme.trc --check --reuse --label demo-server \
    --explain 5001 --db results.db
"$iommusim" report results.db --plot causes -o causes.svg

say "how large must a TLB be? a sweep over sizes and policies, and its plot"
"$iommusim" sweep workloads/scenarios/sweep-tlb.yaml --db sweep.db
"$iommusim" report sweep.db --plot hit-rate -o hit-rate.svg

echo
echo "results.db    iommusim show results.db, or any SQLite client"
echo "sweep.db      the sweep: 30 runs"
echo "causes.svg    where the time of a request went, a bar for each class"
echo "hit-rate.svg  hit rate over entries, a line for each policy"
