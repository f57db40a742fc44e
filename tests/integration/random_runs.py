#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs of workloads and parameters drawn at random, each four times: as it is, with an event for every wait,
with ties shuffled, with both.  Rows and status must be the same, and nothing mismatch the oracle.

usage: random_runs.py PROGRAM SEED RUNS DIRECTORY
"""
import os
import random
import subprocess
import sys

program, seed, runs, directory = os.path.realpath(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
rnd = random.Random(int(seed))
SMMUV3 = ["server-smmu"] * 4 + ["gem5"] * 3 + ["tiny", "qemu10", "embedded-smmu"]
VTD = ["server-vtd", "tiny-vtd", "qemu10-vtd"]

# Of five runs one draws each of these: path, values.
BOTH = [
    ("replay.outstanding", [1, 2, 3, 7]), ("replay.think_ps", [1, 1000, 33333]), ("dev.order", ["none"]),
    ("TOP.timing.merge", ["yes", "no"]), ("TOP.timing.data", ["yes", "no"]), ("TOP.timing.flows", [1, 2, 5]),
    ("dev.tags", [1, 2, 4]), ("dev.posted", [1, 2, 4]), ("mem.data", ["hit", "miss", "cache"]),
    ("mem.outstanding.n", [1, 2]), ("mem.channels", [1]), ("mem.line_ps", [1000, 50000]),
    ("dev.down_ps", [0, 1000]), ("dev.up_ps", [0, 1000]), ("dev.beat_bytes", [0]),
]
SMMU_ONLY = [
    ("smmu.tbus", [2, 4]), ("smmu.tbu.slots.n", [1, 2]), ("smmu.tcu.cfg.ways", [1]), ("smmu.cmdq.occupy", [0, 20]),
    ("smmu.tbu.utlb.port.interval", [0, 3]), ("smmu.tbu.utlb.port.lanes", [2]),
]

# Settings that belong together, each drawn by one run of ten.
CHOICES = [
    ["smmu.parts.by=stream", "smmu.parts.p0.first=0", "smmu.parts.p0.last=20", "smmu.parts.p0.ways_to=40",
     "smmu.parts.p0.slots=1", "smmu.parts.p1.first=33", "smmu.parts.p1.last=40", "smmu.parts.p1.tokens=2",
     "smmu.parts.arbiter=round-robin"],
    ["smmu.tbus=2", "smmu.parts.by=tbu", "smmu.parts.p0.first=0", "smmu.parts.p1.first=1", "smmu.parts.p1.last=1",
     "smmu.tcu.slots.n=2", "smmu.parts.p1.weight=3", "smmu.parts.arbiter=weighted"],
    ["smmu.parts.by=vmid", "smmu.parts.p0.first=0", "smmu.parts.p0.last=1", "smmu.parts.p0.priority=2",
     "smmu.parts.p0.ways_from=50", "smmu.tcu.slots.n=1", "smmu.parts.arbiter=priority"],
    ["smmu.tbu.channel.hit_under_miss=0"],
    ["smmu.tbu.channel.hit_under_miss=2", "smmu.tbu.channel.channels=two"],
    ["smmu.tbu.channel.hit_under_miss=4", "smmu.tbu.slots.n=2"],
    ["smmu.tcu.prefetch=next", "smmu.tcu.tlb.sets=4", "smmu.tcu.prefetch_degree=2"],
    ["smmu.tcu.prefetch=stride", "smmu.tcu.prefetch_frames=1", "smmu.tcu.slots.n=2"],
    ["smmu.tbu.tlb.sizes=sequential", "smmu.tcu.tlb.sizes=sequential", "smmu.tbu.utlb.sizes=sequential"],
    ["smmu.tbu.tlb.sizes=skewed", "smmu.tcu.tlb.sizes=arrays", "smmu.tbu.utlb.sizes=skewed"],
    ["smmu.tcu.tlb_stages=split", "smmu.tcu.ipa_cache=own", "smmu.tcu.ipa.sets=4", "smmu.tcu.tlb.sets=2"],
    ["smmu.tcu.nested_entry=page"],
    ["smmu.tcu.walk_caches=unified", "smmu.tcu.wc.sets=2", "smmu.tcu.wc.ways=8", "smmu.tcu.wc.port.lanes=2"],
    ["smmu.tcu.walk_caches=stage", "smmu.tcu.wc_s1.sets=2", "smmu.tcu.wc_s2.sets=1", "smmu.tcu.wc_s1.port.latency=4"],
]


def pattern():
    if rnd.random() < 0.3:
        return "{ pattern: buffers, depth: %d, len: %d, write: %d, unmap: %s, flush_every: %d }" % (
            rnd.choice([1, 4, 32]), rnd.choice([64, 256, 2048]), rnd.choice([0, 50, 100]),
            rnd.choice(["strict", "deferred"]), rnd.choice([3, 20]))
    return "{ pattern: %s, pages: %d, len: %d, write: %d }" % (
        rnd.choice(["sequential", "ring", "uniform", "zipf", "strided"]), rnd.choice([1, 2, 4, 16, 200]),
        rnd.choice([16, 64, 300, 4096]), rnd.choice([0, 20, 50, 100]))


def workload(vtd):
    modes = ["translate"] * 6 + ["stage2", "bypass", "abort"] + ([] if vtd else ["nested"])
    lines = ["seed: %d" % rnd.randrange(1000), "accesses: %d" % rnd.choice([300, 1000]),
             "step_ps: %d" % rnd.choice([1000, 10000, 300000]),
             "interleave: %s" % rnd.choice(["round-robin", "burst", "random"]), "groups:"]
    for g in range(rnd.randint(1, 4)):
        mix = ", ".join(pattern() for _ in range(rnd.randint(1, 2)))
        lines.append("  - { sid: %d, count: %d, mode: %s, domain: %s, mix: [ %s ] }" % (
            16 * g + 1, rnd.randint(1, 4), rnd.choice(modes), rnd.choice(["own", "shared"]), mix))
    return "\n".join(lines) + "\n"


def settings(vtd, profile):
    top, drawn = "vtd" if vtd else "smmu", []
    rows = BOTH + ([] if vtd else SMMU_ONLY)
    if not vtd and profile != "qemu10":        # whose invalidations know of no TBU
        rows = rows + [("smmu.tbu.utlb.sets", [0, 1])]
    for path, values in [("replay.arrival", ["closed", "closed", "open", "rate", "serial"])] + [
            r for r in rows if rnd.random() < 0.2]:
        drawn += ["--set", "%s=%s" % (path.replace("TOP", top), rnd.choice(values))]
    if not vtd and profile != "qemu10":
        for setting in sum([c for c in CHOICES if rnd.random() < 0.1], []):
            drawn += ["--set", setting]
    return drawn + (["--warmup", str(rnd.choice([1, 50, 299]))] if rnd.random() < 0.3 else [])


def rows_of(options):
    if os.path.exists("run.db"):
        os.remove("run.db")
    run = subprocess.run([program, "run", "--quiet", "--check", "--db", "run.db"] + options,
                         capture_output=True, text=True, check=False)
    show = subprocess.run([program, "show", "--dump", "run.db"], capture_output=True, text=True, check=False)
    return run.returncode, run.stderr, show.stdout


def differs(options):
    """What is wrong with such a run, None if nothing is."""
    base = rows_of(options)
    if base[0] != 0 or len(base[2]) < 1000:
        return "status %d %s" % (base[0], base[1].strip())
    for more in (["--no-shortcuts"], ["--shuffle-ties", "1"], ["--no-shortcuts", "--shuffle-ties", "2"]):
        other = rows_of(options + more)
        if other != base:
            pairs = [p for p in zip(base[2].split("\n"), other[2].split("\n")) if p[0] != p[1]]
            return "other rows with %s: %s" % (" ".join(more), pairs[:3])
    return None


def main():
    os.chdir(directory)
    failed = 0
    for number in range(runs):
        vtd = rnd.random() < 0.2
        profile = rnd.choice(VTD if vtd else SMMUV3)
        text = workload(vtd)
        with open("random.yaml", "w", encoding="ascii") as f:
            f.write(text)
        options = ["--profile", profile, "--workload", "random.yaml"] + settings(vtd, profile)
        wrong = differs(options)
        if wrong:
            failed = 1
            print("FAIL  run %d of seed %s: %s\n%s\n%s" % (number, seed, " ".join(options), wrong, text))
    return failed


sys.exit(main())
