#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for fuzz_smmuv3*: each SMMUv3 vector as a program that writes its memory, makes its request twice, and then
again and again with another word in what was read; random legal systems likewise; commands and registers.

    smmuv3_seeds.py VECTORS.json DIR
"""
import json
import pathlib
import struct
import sys

INVALIDATE, RESET, WRITE, REQUEST, FLIP, BOOT, SWEEP, MORE, PROVOKE = 3, 5, 6, 7, 9, 11, 12, 13, 15
NEAR, SOME_REGISTER, SUBMIT = 0, 0, 3
REGISTERS = ("IDR0", "IDR1", "IDR3", "IDR5", "CR0", "CR2", "GBPA", "STRTAB_BASE_CFG")
TYPES = {"none": 0, "treq": 1, "translated": 2}


def number(v):
    return int(v, 0) if isinstance(v, str) else int(v or 0)


def request(q):
    ssid = q.get("ssid")
    flags = number(ssid) | (ssid is not None) << 20 | (not q.get("rnw", 1)) << 21
    flags |= number(q.get("priv")) << 22 | number(q.get("inst")) << 23
    flags |= TYPES[q.get("ats", "none")] << 24 | number(q.get("nw")) << 26
    return struct.pack("<BQII", REQUEST, number(q["va"]), number(q["sid"]), flags)


def program(vector):
    out = struct.pack("<HB", 0, 0)                         # an empty system with every cache
    out += struct.pack("<B8I", BOOT, *(number(vector["regs"][r]) for r in REGISTERS))
    for at, word in vector["mem"].items():
        if number(word):
            out += struct.pack("<BQQ", WRITE, number(at), number(word))
    out += struct.pack("<B", INVALIDATE) + 2 * request(vector["request"])
    return out + b"".join(struct.pack("<BBBB", FLIP, i, i * 3, i * 11 % 64) for i in range(12)) + struct.pack("<BBB", SWEEP, 0, 0)


def world(seed):
    """Requests in a random legal system, with words altered."""
    out = struct.pack("<HB", seed, seed % 64)
    for i in range(8):
        out += struct.pack("<BH", NEAR, seed * 8 + i)
        out += b"".join(struct.pack("<BBBB", FLIP, i + k, k, (i * 7 + k * 13) % 64) for k in range(6))
    return out + struct.pack("<BBB", SWEEP, seed % 16, seed % 8)


def provoke(seed):
    """A word changes that is kept, and an invalidation comes, of each kind: every other time in the unit with all caches."""
    out = struct.pack("<HB", seed, seed % 64 if seed % 2 else 0)
    for i in range(3, 20):
        out += struct.pack("<BBH", RESET, NEAR, seed * 8 + i)
        out += struct.pack("<BBBBBB", PROVOKE, seed // 3 + i, i, i * 5 % 64 if seed % 3 else 0, i, seed // 2 % 4)
    return out


def driver(commands, seed):
    """Commands in the ring, registers bit by bit, requests between."""
    out = struct.pack("<HB", seed, seed % 64)
    for i, c in enumerate(commands):
        out += struct.pack("<BBQQ", MORE, SUBMIT, *(number(w) for w in c["words"]))
        out += struct.pack("<BBBB", MORE, SOME_REGISTER, seed + i, i)
        out += struct.pack("<BH", NEAR, i)
    return out


def main():
    vectors, to = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2])
    for v in vectors["vectors"]:
        (to / v["id"]).write_bytes(program(v))
    for seed in range(1, 129):
        (to / f"world{seed}").write_bytes(world(seed))
        (to / f"provoke{seed}").write_bytes(provoke(seed))
    for seed in range(8):
        (to / f"driver{seed}").write_bytes(driver(vectors["commands"], seed))


main()
