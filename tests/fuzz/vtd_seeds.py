#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for fuzz_vtd*: each VT-d vector as a program that writes its memory, makes its request twice, and then again
and again with another word in what was read; random legal systems likewise; invalidation descriptors and registers.

    vtd_seeds.py VECTORS.json DIR
"""
import json
import pathlib
import struct
import sys

DESCRIPTOR, INVALIDATE, RESET, WRITE, REQUEST, FLIP, BOOT, SWEEP, MORE, PROVOKE = 2, 3, 5, 6, 7, 9, 11, 12, 13, 15
NEAR, SOME_REGISTER = 0, 0
TYPES = {"untranslated": 0, "translation": 1, "translated": 2, "page_request": 3}


def number(v):
    return int(v, 0) if isinstance(v, str) else int(v or 0)


def request(q):
    pasid = q.get("pasid")
    flags = number(pasid) | (pasid is not None) << 20 | (q["op"] != "read") << 21 | number(q.get("priv")) << 22
    flags |= number(q.get("exe")) << 23 | TYPES[q["at"]] << 24 | (q["op"] == "atomic") << 28
    return struct.pack("<BQHI", REQUEST, number(q["addr"]), number(q["sid"]), flags)


def program(vector):
    regs = vector["regs"]
    out = struct.pack("<HB", 0, 0)                         # an empty system with every cache
    out += struct.pack("<BQQIB", BOOT, number(regs["CAP"]), number(regs["ECAP"]), number(regs["RTADDR"]),
                       vector["haw"] - 32)
    for at, words in vector["mem"].items():
        for i, word in enumerate(words):
            if number(word):
                out += struct.pack("<BQQ", WRITE, number(at) + 8 * i, number(word))
    out += struct.pack("<B", INVALIDATE) + 2 * request(vector["req"])
    return out + b"".join(struct.pack("<BBBB", FLIP, i, i * 3, i * 11 % 64) for i in range(12)) + struct.pack("<BBB", SWEEP, 0, 0)


def system(seed):
    """Requests in a random legal system, with words altered."""
    out = struct.pack("<HB", seed, seed % 64)
    for i in range(8):
        out += struct.pack("<BH", NEAR, seed * 8 + i)
        out += b"".join(struct.pack("<BBBB", FLIP, i + k, k, (i * 7 + k * 13) % 64) for k in range(6))
    return out + struct.pack("<BBB", SWEEP, seed % 16, seed % 8)


# Of a near descriptor: IOTLB by page, without and with IH, and by domain; PIOTLB by page and PASID; PC by PASID, by
# domain; CC by device.
DESCRIPTORS = (0x0d, 0x1d, 0x09, 0x0e, 0x0a, 0x07, 0x03, 0x0c)


def provoke(seed):
    """A word changes that is kept, and an invalidation comes, of each kind: mostly in the unit with all caches."""
    out = struct.pack("<HB", seed, seed % 64 if seed % 4 == 3 else 0)
    for i in range(3, 20):
        out += struct.pack("<BBH", RESET, NEAR, seed * 8 + i)
        out += struct.pack("<BBBBB", PROVOKE, (seed // 3 + i) & 255, i, 12 + (i * 5 + seed) % 30 if seed % 5 else seed % 12,
                           DESCRIPTORS[(seed + i) % 8])
    return out


def descriptors(all_of_them, seed):
    out = struct.pack("<HB", seed, seed % 64)
    for i, d in enumerate(all_of_them):
        words = [number(w) for w in d["words"]]
        out += struct.pack("<BQQ", DESCRIPTOR, *words[:2]) + struct.pack("<BH", NEAR, seed)
        out += struct.pack("<BBBB", MORE, SOME_REGISTER, seed * 7 + i, i)
    return out


def main():
    vectors, to = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2])
    for v in vectors["vectors"]:
        (to / v["id"]).write_bytes(program(v))
    for seed in range(1, 129):
        (to / f"system{seed}").write_bytes(system(seed))
    for seed in range(1, 513):
        (to / f"provoke{seed}").write_bytes(provoke(seed))
    for seed in range(8):
        (to / f"descriptors{seed}").write_bytes(descriptors(vectors["descriptors"], seed))


main()
