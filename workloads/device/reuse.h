/* SPDX-License-Identifier: Apache-2.0
 *
 * reuse.h - exact LRU stack distance: how many other pages were touched since this one was last.
 *
 * A fully associative LRU store of n entries hits exactly the accesses whose distance is below n, so the
 * distribution is the hit rate of every size at once.  A page is (stream, 4 KiB page of the IOVA).
 *
 * Each touched page holds one mark, at the time of its last use, in a bit vector with a Fenwick tree of
 * its words' counts; the distance is the number of marks after the page's own.  When the vector is full
 * the marks are moved together, so that memory is bounded by distinct pages and not by accesses.
 */
#ifndef WORKLOADS_DEVICE_REUSE_H
#define WORKLOADS_DEVICE_REUSE_H
#include <stdint.h>

#include "base/hist.h"

struct reuse_page { uint64_t page; uint32_t stream, when; };   /* when: 0 is an empty slot */

struct reuse {
    struct reuse_page *slot;   /* [1 << slots_log2], open addressing */
    unsigned slots_log2;
    uint64_t *mark;            /* [room / 64], bit t: the page last used at t has not been used since */
    uint32_t *tree;            /* [room / 64 + 1] */
    uint32_t room, now;        /* now: the next free time, from 1 */
    uint64_t pages;            /* distinct */
    uint64_t cold;             /* first uses: they have no distance */
    struct hist hist;
};

int  reuse_init(struct reuse *r);          /* 0 or SIM_EENV */
void reuse_destroy(struct reuse *r);

/* Counts one access; 0 or SIM_EENV. */
int reuse_touch(struct reuse *r, uint32_t stream, uint64_t addr);

/* Forgets the counts and keeps what was touched: the end of a warm-up. */
void reuse_clear_counts(struct reuse *r);

#endif
