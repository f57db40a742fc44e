/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_random.h - random SMMUv3 systems for tests: registers, a stream table, CDs and translation tables
 *                  of every granule, start level, leaf level and combination of stages, built bit by bit.
 *
 * What is built is legal; where something does not fit (no room for a block, a stage 2 too small for a
 * table) the world is given up and the next one tried.  Outputs of leaves are random addresses: memory is
 * sparse and nobody looks there.  Nothing of model/arch is used but the registers' struct and the request.
 */
#ifndef TESTS_MODEL_ARCH_SMMUV3_RANDOM_H
#define TESTS_MODEL_ARCH_SMMUV3_RANDOM_H
#include "arch/smmuv3/regs.h"
#include "arch/xlate.h"
#include "base/mem.h"
#include "base/rng.h"

enum { WORLD_LEAVES = 10, WORLD_REGIONS = 700 };

struct world_table {           /* of one stage, as the builder knows it */
    unsigned stage, page, in, out;
    int start;
    bool ds, big;
    uint64_t base;             /* PA; IPA of a nested stage 1 */
};

struct world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;             /* free memory */
    struct smmuv3_regs regs;
    void (*limit)(struct smmuv3_regs *);   /* what of random registers may be; NULL: all */
    uint32_t sid, ssid;        /* the stream; the substream that has a CD (CD 0 always has) */
    unsigned config, cdmax;
    bool two_level, halves;
    uint64_t ste[8], cd[8];
    struct world_table half[2], stage2;
    struct region { uint64_t ipa, pa; unsigned bits; } region[WORLD_REGIONS];
    unsigned regions;
    struct world_leaf {        /* what was mapped: of stage 1, or inputs of stage 2 */
        uint64_t va;
        unsigned bits, group;  /* log2 of its size, and of its contiguous group's */
    } leaf[WORLD_LEAVES];
    unsigned leaves;
};

void world_init(struct world *w, uint64_t seed, const char *path);
void world_free(struct world *w);
/* The next one. */
void world_make(struct world *w);
/* A request near what is mapped, or not so near. */
struct xl_req world_request(struct world *w);

/* 0 .. n-1 */
uint64_t world_pick(struct world *w, uint64_t n);
/* True once in n. */
bool world_once(struct world *w, unsigned n);
/* Puts v into bits hi..lo of a structure. */
void world_set(uint64_t *words, unsigned hi, unsigned lo, uint64_t v);

#endif
