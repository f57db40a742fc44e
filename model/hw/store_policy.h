/* SPDX-License-Identifier: Apache-2.0
 *
 * store_policy.h - which entry of a full set is replaced.  For store.c only.
 *
 *   lru          the one not used for longest; a hit and an insert are uses
 *   fifo         the one that has been in for longest; overwriting in place does not renew it
 *   flush-all    as fifo, where a set is full and the store is not
 *   tree-plru    each node of a binary tree of the ways points away from the way used last under
 *                it; ways that do not exist (the tree is padded to a power of two) are passed over
 *   round-robin  a pointer per set that moves at each replacement
 *   random       any, from the store's own stream, drawn at each replacement
 *   lfsr         any, by a shift register of 16 bits as hardware has it, one for the store, that moves at
 *                each replacement; its value times the ways, without the low 16 bits
 *
 * Free ways are filled first, the lowest first.  With invalid_first = no the policies that need no age are
 * asked whether or not a way is free.  With touch_on_fill = no a tree is touched by hits alone.  Removing an
 * entry changes nothing of the above.
 * Age is kept as time stamps in sets of 4 and 8, as a linked ring in wide ones.
 */
#ifndef HW_STORE_POLICY_H
#define HW_STORE_POLICY_H
#include <string.h>

#include "hw/store_impl.h"

STORE_INLINE bool keeps_age(const struct store_impl *m)
{
    return m->policy == STORE_LRU || m->policy == STORE_FIFO || m->policy == STORE_FLUSH_ALL;
}

/* ---- time stamps ---- */

/* Ways that are not usable are always youngest, so that the oldest of all ways is one that is. */
static inline void stamp_unusable(struct store_impl *m)
{
    for (uint64_t set = 0; set < m->sets; set++)
        for (uint32_t way = usable_of(m, set); way < lanes_of(m->layout); way++)
            stamps_of(m, m->layout, set)[way] = UINT32_MAX;
}

/* The clock has gone round: gives each set's stamps the lowest numbers that keep their order. */
STORE_COLD void renew_stamps(struct store_impl *m)
{
    for (uint64_t set = 0; set < m->sets; set++) {
        uint32_t *stamp = stamps_of(m, m->layout, set), rank[LANES_MAX] = { 0 };
        uint32_t usable = usable_of(m, set);

        for (uint32_t i = 0; i < usable; i++)
            for (uint32_t j = 0; j < usable; j++)
                rank[i] += stamp[j] < stamp[i];
        memcpy(stamp, rank, usable * sizeof rank[0]);
    }
    m->clock = LANES_MAX;
}

STORE_INLINE void stamp_now(struct store_impl *m, enum store_layout layout, struct store_at at)
{
    if (!LIKELY(m->clock != UINT32_MAX))
        renew_stamps(m);
    stamps_of(m, layout, at.set)[at.way] = ++m->clock;
}

STORE_INLINE uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Stamp and number of the oldest of four ways; no branches, for none could be predicted. */
STORE_INLINE uint64_t oldest_of_4(const uint32_t *stamp, unsigned way)
{
    return lesser(lesser(stamp[way] * 8ull + way, stamp[way + 1] * 8ull + way + 1),
                  lesser(stamp[way + 2] * 8ull + way + 2, stamp[way + 3] * 8ull + way + 3));
}

STORE_INLINE uint32_t oldest(const struct store_impl *m, enum store_layout layout, uint64_t set)
{
    const uint32_t *stamp = stamps_of(m, layout, set);

    if (layout == SETS_OF_4)
        return oldest_of_4(stamp, 0) % 8;
    return lesser(oldest_of_4(stamp, 0), oldest_of_4(stamp, 4)) % 8;
}

/* ---- rings ---- */

STORE_INLINE void link_out(struct link *l, uint64_t n)
{
    l[l[n].prev].next = l[n].next;
    l[l[n].next].prev = l[n].prev;
}

/* Puts n behind `after`. */
STORE_INLINE void link_in(struct link *l, uint64_t after, uint64_t n)
{
    uint32_t next = l[after].next;

    l[n].prev = (uint32_t)after;
    l[n].next = next;
    l[next].prev = (uint32_t)n;
    l[after].next = (uint32_t)n;
}

STORE_INLINE uint64_t ring_of(const struct store_impl *m, uint64_t set)
{
    return m->rings + set;
}

/* ---- trees ---- */

STORE_INLINE uint64_t *state_of(const struct store_impl *m, uint64_t set)
{
    return m->state + set * m->state_words;
}

/* Nodes are numbered 1, 2-3, 4-7 ... from the root; node n is bit n; 1: the higher half is next */
static __attribute__((noinline)) void tree_touch_deep(uint64_t *bit, unsigned leaves_log2,
                                                      uint64_t way)
{
    uint32_t node = 1;

    for (unsigned d = leaves_log2; d--;) {
        uint32_t high = (uint32_t)(way >> d & 1);

        if (high)
            bit[node / 64] &= ~(1ull << node % 64);
        else
            bit[node / 64] |= 1ull << node % 64;
        node = node * 2 + high;
    }
}

/* In a tree of one word. */
STORE_INLINE void tree_touch_word(const struct store_impl *m, uint64_t *bits, uint64_t way)
{
    *bits = (*bits & m->tree_keep[way]) | m->tree_set[way];
}

STORE_INLINE void tree_touch(const struct store_impl *m, struct store_at at)
{
    uint64_t *bit = state_of(m, at.set);

    if (m->leaves_log2 <= 6)
        tree_touch_word(m, bit, at.way);
    else
        tree_touch_deep(bit, m->leaves_log2, at.way);
}

/* The victim in a tree of one word without gaps, of which no way is passed over. */
STORE_INLINE uint32_t full_tree_victim(uint64_t bits, uint32_t leaves)
{
    uint32_t node = 1;

    while (node < leaves)
        node = node * 2 + (uint32_t)(bits >> node & 1);
    return node - leaves;
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

/* ---- what the store tells and asks ---- */

/* A use of an entry: a hit, or an insert that found it there. */
STORE_INLINE void policy_touch(struct store_impl *m, enum store_layout layout,
                               enum store_policy policy, struct store_at at)
{
    if (policy == STORE_PLRU)
        tree_touch(m, at);
    if (policy != STORE_LRU)
        return;
    if (layout != WIDE) {
        stamp_now(m, layout, at);
    } else if (m->link[ring_of(m, at.set)].next != at.number) {
        link_out(m->link, at.number);
        link_in(m->link, ring_of(m, at.set), at.number);
    }
}

/* An insert has found its entry there. */
STORE_INLINE void policy_again(struct store_impl *m, enum store_layout layout, struct store_at at)
{
    if (!m->hits_only)
        policy_touch(m, layout, m->policy, at);
}

/* A new entry has come in at a place that was free. */
STORE_INLINE void policy_fill(struct store_impl *m, enum store_layout layout, struct store_at at)
{
    if (m->policy == STORE_PLRU && !m->hits_only)
        tree_touch(m, at);
    if (!keeps_age(m))
        return;
    if (layout != WIDE)
        stamp_now(m, layout, at);
    else
        link_in(m->link, ring_of(m, at.set), at.number);
}

STORE_INLINE uint32_t next_in_turn(uint64_t *pointer, uint32_t usable)
{
    uint32_t way = (uint32_t)*pointer;

    *pointer = way + 1 == usable ? 0 : way + 1;
    return way;
}

/* One of n ways.  x^16 + x^14 + x^13 + x^11 + 1 */
STORE_INLINE uint32_t lfsr_way(struct store_impl *m, uint32_t n)
{
    uint16_t l = m->lfsr;

    m->lfsr = (uint16_t)(l >> 1 | (l ^ l >> 2 ^ l >> 3 ^ l >> 5) << 15);
    return (uint32_t)((uint64_t)l * n >> 16);
}

/* The way to replace in a set, of those that are usable. */
STORE_INLINE uint32_t policy_victim(struct store_impl *m, enum store_layout layout, uint64_t set)
{
    uint32_t usable = usable_of(m, set);
    uint64_t *state = state_of(m, set);

    switch (m->policy) {
    case STORE_PLRU:
        return tree_victim(state, m->leaves_log2, usable);
    case STORE_RANDOM:
        return (uint32_t)rng_below(&m->rng, usable);
    case STORE_RR:
        return next_in_turn(state, usable);
    case STORE_LFSR:
        return lfsr_way(m, usable);
    default:
        if (layout != WIDE)
            return oldest(m, layout, set);
        return (uint32_t)(m->link[ring_of(m, set)].prev - set * m->ways);
    }
}

#endif
