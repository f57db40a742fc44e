# SPDX-License-Identifier: Apache-2.0
#
# coverage.py [--check] [--list] BUILD: what gcov has to say of model/arch, file by file.  tests/coverage.sh
# runs it.  A header's lines are executed if they were in any of the files that include it.
import collections
import json
import os
import subprocess
import sys

LINES, BRANCHES = 1.0, 0.95            # what --check asks for


def notes(build):
    """Every object of model/arch: a notes file, so that what never ran counts, too."""
    for where, _, names in os.walk(build):
        if "arch.dir" in where:
            yield from (os.path.join(where, n) for n in sorted(names) if n.endswith(".gcno"))


def report(build, note):
    out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout",
                          os.path.relpath(note, build)], cwd=build, capture_output=True, check=True)
    return json.loads(out.stdout)["files"]


def gather(build, root):
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    for note in notes(build):
        for f in report(build, note):
            name = os.path.relpath(os.path.join(build, f["file"]), root)
            if not name.startswith("model/arch/"):
                continue
            for line in f["lines"]:
                n = line["line_number"]
                lines[name][n] += line["count"]
                for i, b in enumerate(line["branches"]):
                    branches[name][n, i] += b["count"]
    return lines, branches


def share(counts):
    return sum(1 for c in counts.values() if c) / len(counts) if counts else 1.0


def main():
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    build = os.path.abspath([a for a in sys.argv[1:] if not a.startswith("--")][0])
    lines, branches = gather(build, os.getcwd())
    every = [collections.Counter(), collections.Counter()]
    print(f"{'file':40} {'lines':>6} {'run':>6} {'':>7} {'branches':>9} {'taken':>6}")

    def row(name, of):
        n = [len(c) for c in of]
        hit = [sum(1 for x in c.values() if x) for c in of]
        print(f"{name:40} {n[0]:6} {hit[0]:6} {100 * share(of[0]):6.2f}% {n[1]:9} {hit[1]:6} "
              f"{100 * share(of[1]):6.2f}%")

    for name in sorted(lines):
        row(name, (lines[name], branches[name]))
        for i, c in enumerate((lines[name], branches[name])):
            every[i].update({(name, k): v for k, v in c.items()})
        if "--list" in options:
            for n in sorted(k for k, v in lines[name].items() if not v):
                print(f"    {name}:{n}: not executed")
            for n in sorted({k[0] for k, v in branches[name].items() if not v and lines[name][k[0]]}):
                which = [k[1] for k, v in branches[name].items() if k[0] == n and not v]
                print(f"    {name}:{n}: branches never taken: {' '.join(map(str, sorted(which)))}")
    row("model/arch", every)
    if "--check" in options and (share(every[0]) < LINES or share(every[1]) < BRANCHES):
        sys.exit(f"less than {100 * LINES:.0f} % of lines or {100 * BRANCHES:.0f} % of branches")


if __name__ == "__main__":
    main()
