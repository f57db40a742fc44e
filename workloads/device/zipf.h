/* SPDX-License-Identifier: Apache-2.0
 *
 * zipf.h - draws 0 .. n-1 where the item of rank k (from 1) has a share proportional to k^-theta.
 *
 * Which item has which rank is scattered over the items by a fixed permutation, as hot pages are in
 * memory.  The table (Walker's alias method) is computed once, in fixed point, so that every
 * compiler and machine gets the same one; a draw takes one random number and one table entry.
 */
#ifndef WORKLOADS_DEVICE_ZIPF_H
#define WORKLOADS_DEVICE_ZIPF_H
#include "base/rng.h"

enum { ZIPF_MAX_LOG2 = 24, ZIPF_THETA_MAX = 4000000 };

/* keep / 2^32: share of the slot that is its own item. */
struct zipf_slot { uint32_t keep, other; };

struct zipf {
    uint32_t n;
    struct zipf_slot *slot;    /* [n] */
};

/* n in 1 .. 2^ZIPF_MAX_LOG2; theta in millionths, up to ZIPF_THETA_MAX.  0 or SIM_EENV. */
int  zipf_init(struct zipf *z, uint64_t n, uint64_t theta_micro);
void zipf_destroy(struct zipf *z);

/* k^-theta in units of 2^-62, for k in 1 .. 2^ZIPF_MAX_LOG2; 1 has 2^62. */
uint64_t zipf_weight(uint64_t k, uint64_t theta_micro);

/* The item of rank k, k in 0 .. n-1. */
uint32_t zipf_item(uint64_t n, uint64_t k);

static inline uint32_t zipf_draw(const struct zipf *z, struct rng *r)
{
    unsigned __int128 x = (unsigned __int128)rng_u64(r) * z->n;
    uint32_t i = (uint32_t)(x >> 64);

    return (uint32_t)((uint64_t)x >> 32) < z->slot[i].keep ? i : z->slot[i].other;
}

#endif
