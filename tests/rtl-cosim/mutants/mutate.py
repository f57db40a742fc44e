#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutants of the RTL and of the model: a line each, as data.

    mutate.py draw SEED N RTL_DIR          N drawn from all operators, conditions and constants of RTL_DIR/*.sv
    mutate.py check FILE ROOT              each mutant of FILE applies exactly once below ROOT
    mutate.py apply FILE NAME ROOT OUT     the one file that it changes, written to OUT/<its path>
    mutate.py known LIST FILE NAME         is the mutation of that name one of LIST?  Says why it is there

What is drawn and what is picked by hand have one form, a record of lines:

    name:  drawn-007
    file:  rtl-cosim/rtl/store.sv
    kind:  stale|wrong-address             verdicts that may name it; * for any
    -      the line as it is (without its indentation)
    +      the line as it becomes

A drawn record also says `at: line`, since the same text may stand in several lines, and a list of survivors `why: reason`.
Which are drawn depends on the seed and on the lines themselves, so that a change of the RTL changes few of them.  Not
drawn: comments, assertions and covers, declarations of types, parameters and ranges, what stops an elaboration ($fatal).
"""
import hashlib
import re
import sys
from pathlib import Path

SWAPS = {"&&": ["||"], "||": ["&&"], "==": ["!="], "!=": ["=="], "===": ["!=="], "<": ["<=", ">="], "<=": ["<", ">"],
         ">": [">=", "<="], ">=": [">", "<"], "+": ["-"], "-": ["+"], "<<": [">>"], ">>": ["<<"], "&": ["|"],
         "|": ["&"], "^": ["|"], "!": [""], "~": [""]}
TOKEN = re.compile(r"""
    (?P<number>\d*'s?[bdohBDOH][0-9a-fA-F_xzXZ?]+|'[01](?![\w'])|(?<![\w$.'])\d[\d_]*(?![\w']))
  | (?P<word>[$`]?[A-Za-z_]\w*)
  | (?P<string>"[^"]*")
  | (?P<op><<<|>>>|===|!==|\|->|\|=>|&&|\|\||==|!=|<=|>=|<<|>>|\+\+|--|\+=|-=|\|=|&=|->|::|\+:|-:|.)
""", re.X)
DECLARES = {"parameter", "localparam", "typedef", "import", "input", "output", "inout", "assert", "assume", "cover",
            "module", "package", "endmodule", "enum", "struct", "genvar", "function", "property", "default"}


class Mutant(dict):
    def text(self):
        rows = [f"{k}: {self[k]}" for k in ("name", "file", "at", "kind") if k in self]
        return "\n".join(rows + ["- " + self["old"], "+ " + self["new"]]) + "\n"


def read(path):
    """The records of a file."""
    out, now = [], Mutant()
    for line in Path(path).read_text().splitlines() + [""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if now:
                out.append(now)
            now = Mutant()
        elif line[:2] in ("- ", "+ ") or line == "+":
            now["old" if line[0] == "-" else "new"] = line[2:].strip()
        else:
            key, value = line.split(":", 1)
            now[key.strip()] = value.strip()
    return out


def places(mutant, root):
    """The lines (from 0) that the mutant's text stands in."""
    lines = (Path(root) / mutant["file"]).read_text().splitlines()
    at = [i for i, line in enumerate(lines) if line.strip() == mutant["old"]]
    if "at" in mutant:
        at = [i for i in at if i + 1 == int(mutant["at"])]
    return lines, at


def blank_comments(text):
    """Comments become spaces, so that places stay."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0)
    return re.sub(r'//[^\n]*|/\*.*?\*/|"[^"]*"', blank, text, flags=re.S)


def number(value):
    """What a constant may become."""
    m = re.fullmatch(r"(\d*)'(s?)([bdohBDOH])([0-9a-fA-F_]+)", value)
    if value in ("'0", "'1"):
        return ["'1" if value == "'0" else "'0"]
    if not m:
        n = int(value) if value.isdigit() else None
        return [] if n is None else [str(x) for x in (n + 1, n - 1) if x >= 0]
    base = {"b": 2, "d": 10, "o": 8, "h": 16}[m.group(3).lower()]
    n, width = int(m.group(4).replace("_", ""), base), int(m.group(1) or 32)
    form = {2: "b", 8: "o", 10: "d", 16: "x"}[base]
    new = {(n + 1) % (1 << width), (n - 1) % (1 << width)} - {n}
    return sorted(f"{m.group(1)}'{m.group(2)}{m.group(3)}{x:{form}}" for x in new)


def statements(text):
    """Yields the tokens of each statement, [(start, kind, text)]; a `begin` or an `end` ends one, too."""
    depth, now = 0, []
    for m in TOKEN.finditer(text):
        kind = m.lastgroup
        if m.group(0).isspace():
            continue
        now.append((m.start(), kind, m.group(0)))
        depth += m.group(0) in "([{" and kind == "op"
        depth -= m.group(0) in ")]}" and kind == "op"
        if (m.group(0) == ";" and depth <= 0) or m.group(0) in ("begin", "end", "else", "endcase", "endfunction", "endgenerate"):
            yield now
            now, depth = [], 0


def condition(tokens, i, text):
    """The span between the parentheses behind an `if` at i."""
    depth = 0
    for j in range(i + 1, len(tokens)):
        depth += tokens[j][2] == "("
        depth -= tokens[j][2] == ")"
        if depth == 0:
            return tokens[i + 1][0] + 1, tokens[j][0]
    return None


def sites_of(tokens, text):
    """Yields (place, old text, new text) of each mutation within a statement."""
    words = {t for _, kind, t in tokens if kind == "word"}
    if words & DECLARES or "$fatal" in words or "$error" in words:
        return
    depth, square, assigned = 0, 0, False
    for i, (at, kind, t) in enumerate(tokens):
        if kind == "op":
            depth += t in "([{"
            depth -= t in ")]}"
            square += t == "["
            square -= t == "]"
        if t == "if" and i + 1 < len(tokens) and tokens[i + 1][2] == "(":
            span = condition(tokens, i, text)
            if span and "\n" not in text[span[0]:span[1]]:
                old = text[span[0]:span[1]]
                for new in (f"!({old})", "1'b1", "1'b0"):
                    yield span[0], old, new
        if kind == "number":
            for new in number(t):
                yield at, t, new
        elif kind == "op" and t in SWAPS:
            if t == "<=" and depth == 0 and not assigned:
                assigned = True                        # a non-blocking assignment
                continue
            if t in "<>" and depth == 0 and not assigned:
                continue
            for new in SWAPS[t]:
                yield at, t, new
        assigned |= kind == "op" and t in ("=", "+=", "-=", "|=", "&=")


def sites(path, rel):
    source = path.read_text()
    text, lines = blank_comments(source), source.splitlines()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for tokens in statements(text):
        for at, old, new in sites_of(tokens, text):
            row = next(i for i in range(len(lines)) if starts[i] <= at < starts[i + 1])
            line, col = lines[row], at - starts[row]
            changed = (line[:col] + new + line[col + len(old):]).strip()
            if re.match(r"\s*(logic|int|bit|wire|input|output|for|\w+_t)\b", line) and re.search(r"\[[^]]*$", line[:col]):
                continue                               # a range
            yield Mutant(file=rel, at=str(row + 1), kind="*", old=line.strip(), new=changed)


def draw(seed, n, rtl):
    """n of all mutations, each equally likely; at most one a line."""
    every, seen, out = [], set(), []
    for path in sorted(Path(rtl).glob("*.sv")):
        every += sites(path, f"rtl-cosim/rtl/{path.name}")
    every.sort(key=lambda m: hashlib.sha256(f"{seed} {m['file']} {m['old']} {m['new']}".encode()).digest())
    for m in every:
        if (m["file"], m["at"]) in seen:
            continue
        seen.add((m["file"], m["at"]))
        m["name"] = f"drawn-{len(out) + 1:03d}"
        out.append(m)
        if len(out) == n:
            break
    return out, len(every)


def main(argv):
    if len(argv) == 5 and argv[1] == "draw":
        mutants, of = draw(int(argv[2]), int(argv[3]), argv[4])
        print(f"# {len(mutants)} of {of} mutations, seed {argv[2]}\n")
        print("\n".join(m.text() for m in mutants), end="")
        return 0
    if len(argv) == 4 and argv[1] == "check":
        bad = 0
        for m in read(argv[2]):
            _, at = places(m, argv[3])
            if len(at) != 1 or m["old"] == m["new"]:
                print(f"{argv[2]}: {m['name']}: its line stands {len(at)} times in {m['file']}, expected 1")
                bad = 1
        return bad
    if len(argv) == 5 and argv[1] == "known":
        m = next(m for m in read(argv[3]) if m["name"] == argv[4])
        same = [k for k in read(argv[2]) if all(k[f] == m[f] for f in ("file", "old", "new"))]
        print(same[0]["why"] if same else "not listed")
        return not same
    if len(argv) == 6 and argv[1] == "apply":
        m = next((m for m in read(argv[2]) if m["name"] == argv[3]), None)
        if not m:
            print(f"{argv[2]}: no mutant {argv[3]}", file=sys.stderr)
            return 2
        lines, at = places(m, argv[4])
        if len(at) != 1:
            print(f"{m['name']}: its line stands {len(at)} times in {m['file']}", file=sys.stderr)
            return 2
        indent = len(lines[at[0]]) - len(lines[at[0]].lstrip())
        lines[at[0]] = " " * indent + m["new"]
        out = Path(argv[5]) / m["file"]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\n".join(lines) + "\n")
        print(m["file"])
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
