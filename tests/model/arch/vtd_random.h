/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_random.h - random VT-d systems for tests: capabilities, root, context and PASID tables of legacy and of scalable
 *                mode, and paging structures of every PGTT, number of levels and page size, built bit by bit.
 *
 * What is built is legal; where something does not fit it is left away.  Outputs of leaves are random addresses: memory
 * is sparse and nobody looks there.  Nothing of model/arch is used but the registers' struct and the request.
 */
#ifndef TESTS_MODEL_ARCH_VTD_RANDOM_H
#define TESTS_MODEL_ARCH_VTD_RANDOM_H
#include "arch/vtd/context.h"
#include "arch/xlate.h"
#include "base/mem.h"
#include "base/rng.h"

enum { VTD_WORLD_LEAVES = 10, VTD_WORLD_PAGES = 64 };

struct vtd_world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;             /* free memory */
    struct vtd_regs regs;
    bool scalable;
    unsigned type;             /* TT, or PGTT */
    uint16_t sid;              /* the source that has a context */
    uint32_t pasid;            /* the one that has an entry */
    uint32_t rid_pasid;        /* that of requests without */
    uint64_t context, pe;      /* where they are */
    unsigned fs_levels, ss_levels, guest_bits;
    uint64_t fs_base, ss_base; /* fs_base: a GPA if nested */
    uint64_t window;           /* nested: GPAs of first-stage tables, all in one 2 MiB */
    bool large;                /* ... and in one page of the second stage */
    unsigned pages;            /* of them; each at page[i] */
    uint64_t page[VTD_WORLD_PAGES];
    bool marked;               /* accessed and dirty bits are preset */
    uint64_t leaf[VTD_WORLD_LEAVES];   /* what was mapped */
    unsigned leaves;
};

void vtd_world_init(struct vtd_world *w, uint64_t seed, const char *path);
void vtd_world_free(struct vtd_world *w);
/* The next one. */
void vtd_world_make(struct vtd_world *w);
/* A request near what is mapped, or not so near. */
struct xl_req vtd_world_request(struct vtd_world *w);

/* 0 .. n-1 */
uint64_t vtd_world_pick(struct vtd_world *w, uint64_t n);
/* True once in n. */
bool vtd_world_once(struct vtd_world *w, unsigned n);

#endif
