#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for fuzz_smmuv3: each SMMUv3 vector as a program that writes its memory and makes its request twice.

    smmuv3_seeds.py VECTORS.json DIR
"""
import json
import pathlib
import struct
import sys

INVALIDATE, WRITE, REQUEST = 3, 6, 7
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
    out = struct.pack("<HBBB", 0, 0xff, 0xff, 0x17)        # an empty system with every cache
    for at, word in vector["mem"].items():
        if number(word):
            out += struct.pack("<BQQ", WRITE, number(at), number(word))
    return out + struct.pack("<B", INVALIDATE) + 2 * request(vector["request"])


def main():
    vectors, to = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2])
    for v in vectors["vectors"]:
        (to / v["id"]).write_bytes(program(v))


main()
