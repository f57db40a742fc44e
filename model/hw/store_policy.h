/* SPDX-License-Identifier: Apache-2.0
 *
 * store_policy.h - which entry of a full set is replaced.  For store.c only.
 *
 *   lru          the one not used for longest; a hit and an insert are uses
 *   fifo         the one that has been in for longest; overwriting in place does not renew it
 *   flush-all    as fifo, where a set is full and the store is not
 *   tree-plru    each node of a binary tree of the ways points away from the way last used below it;
 *                ways that do not exist (the tree is padded to a power of two) are never pointed at
 *   round-robin  a pointer per set that moves at each replacement
 *   random       any, from the store's own stream, drawn at each replacement
 *
 * Free ways are filled first, the lowest first.  Removing an entry changes nothing of the above.
 * Age order is kept as bytes of one word in a small set, as a linked ring in a wide one.
 */
#ifndef HW_STORE_POLICY_H
#define HW_STORE_POLICY_H
#include "hw/store_impl.h"

#define BYTES_1 0x0101010101010101ull
#define ORDER_START 0x0706050403020100ull      /* way numbers, youngest in the low byte */

static inline bool keeps_age(const struct store_impl *m)
{
    return m->policy == STORE_LRU || m->policy == STORE_FIFO || m->policy == STORE_FLUSH_ALL;
}

/* Moves `way`, which is in there, to the low byte; those that were before it move up. */
static inline uint64_t order_front(uint64_t order, uint32_t way)
{
    uint64_t diff = order ^ way * BYTES_1;
    uint64_t zero = (diff - BYTES_1) & ~diff & BYTES_1 << 7;   /* lowest bit: the byte that is 0 */
    unsigned at = (unsigned)__builtin_ctzll(zero) - 7;
    uint64_t before = (1ull << at) - 1;

    return (order & ~(before << 8 | 0xff)) | (order & before) << 8 | way;
}

static inline void link_out(struct link *l, uint64_t n)
{
    l[l[n].prev].next = l[n].next;
    l[l[n].next].prev = l[n].prev;
}

/* Puts n behind `after`. */
static inline void link_in(struct link *l, uint64_t after, uint64_t n)
{
    uint32_t next = l[after].next;

    l[n] = (struct link){ (uint32_t)after, next };
    l[next].prev = (uint32_t)n;
    l[after].next = (uint32_t)n;
}

static inline uint64_t ring_of(const struct store_impl *m, uint64_t set)
{
    return m->sets * m->ways + set;
}

static inline uint64_t *state_of(const struct store_impl *m, uint64_t set)
{
    return m->small ? &small_set(m, set)->state : m->state + set * m->state_words;
}

/* Nodes are numbered 1, 2-3, 4-7, ... from the root; node n is bit n; 1: the higher half is next. */
static inline void tree_touch_deep(uint64_t *bit, unsigned leaves_log2, uint32_t way)
{
    uint32_t node = 1;

    for (unsigned d = leaves_log2; d--;) {
        uint32_t high = way >> d & 1;

        if (high)
            bit[node / 64] &= ~(1ull << node % 64);
        else
            bit[node / 64] |= 1ull << node % 64;
        node = node * 2 + high;
    }
}

static inline void tree_touch(const struct store_impl *m, uint64_t *bit, uint32_t way)
{
    if (m->leaves_log2 <= 6)
        *bit = (*bit & ~m->tree_clear[way]) | m->tree_set[way];
    else
        tree_touch_deep(bit, m->leaves_log2, way);
}

static inline uint32_t tree_victim(const uint64_t *bit, unsigned leaves_log2, uint32_t usable)
{
    uint32_t node = 1, way = 0;

    for (unsigned d = leaves_log2; d--;) {
        uint32_t high = bit[node / 64] >> node % 64 & 1;

        high &= way + (1u << d) < usable;
        way += high << d;
        node = node * 2 + high;
    }
    return way;
}

/* A use of an entry: a hit, or an insert that found it there. */
static inline void policy_touch(struct store_impl *m, struct store_at at)
{
    uint64_t *state, n;

    if (m->policy == STORE_PLRU) {
        tree_touch(m, state_of(m, at.set), at.way);
    } else if (m->policy == STORE_LRU) {
        if (m->small) {
            state = state_of(m, at.set);
            *state = order_front(*state, at.way);
            return;
        }
        n = number_of(m, at);
        if (m->link[ring_of(m, at.set)].next != n) {
            link_out(m->link, n);
            link_in(m->link, ring_of(m, at.set), n);
        }
    }
}

/* A new entry has come in at a place that was free. */
static inline void policy_fill(struct store_impl *m, struct store_at at)
{
    uint64_t *state = state_of(m, at.set);

    if (m->policy == STORE_PLRU)
        tree_touch(m, state, at.way);
    else if (keeps_age(m) && m->small)
        *state = order_front(*state, at.way);
    else if (keeps_age(m))
        link_in(m->link, ring_of(m, at.set), number_of(m, at));
}

/* The way to replace in a set whose usable ways are all valid. */
static inline uint32_t policy_victim(struct store_impl *m, uint64_t set)
{
    uint32_t usable = usable_of(m, set), way;
    uint64_t *state = state_of(m, set);

    switch (m->policy) {
    case STORE_PLRU:
        return tree_victim(state, m->leaves_log2, usable);
    case STORE_RANDOM:
        return (uint32_t)rng_below(&m->rng, usable);
    case STORE_RR:
        way = (uint32_t)*state;
        *state = way + 1 == usable ? 0 : way + 1;
        return way;
    default:
        if (m->small)
            return (uint32_t)(*state >> 8 * (usable - 1) & 0xff);
        return (uint32_t)(m->link[ring_of(m, set)].prev - set * m->ways);
    }
}

#endif
