/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.h - the arithmetic of a queue in memory: where an entry is, what an index register shows of a count,
 *          the overflow flag of an output queue.
 *
 * A queue counts its entries up for ever; software sees a count in an index register, as index and, above
 * it, a wrap flag.  Where an entry is lost a flag toggles, unless software has yet to acknowledge that by
 * toggling its own.
 */
#ifndef HW_RING_H
#define HW_RING_H
#include "base/bits.h"

struct ring {
    uint64_t base, mask;               /* entries - 1                                          */
    uint32_t entry_bytes;
    bool     lost, lost_known;         /* differ: an entry was lost, which is not acknowledged */
};

static inline void ring_place(struct ring *r, uint64_t base, uint64_t entries)
{
    r->base = base;
    r->mask = (1ull << bits_log2(entries)) - 1;
}

static inline uint64_t ring_at(const struct ring *r, uint64_t n)
{
    return r->base + (n & r->mask) * r->entry_bytes;
}

/* How many entries there are from the one at n to the ring's end. */
static inline uint64_t ring_to_end(const struct ring *r, uint64_t n) { return r->mask + 1 - (n & r->mask); }

static inline bool ring_full(const struct ring *r, uint64_t count) { return count > r->mask; }

/* As an index register shows it; other bits of one are ignored. */
static inline uint32_t ring_index(const struct ring *r, uint64_t n)
{
    return (uint32_t)(n & (2 * r->mask + 1));
}

/* How far `to` is ahead of `from`; either may be a count or an index register. */
static inline uint64_t ring_ahead(const struct ring *r, uint64_t to, uint64_t from)
{
    return (to - from) & (2 * r->mask + 1);
}

/* ---- overflow ------------------------------------------------------------------------------------ */

static inline bool ring_overflown(const struct ring *r) { return r->lost != r->lost_known; }

/* An entry is lost: true if that is news. */
static inline bool ring_overflow(struct ring *r)
{
    if (ring_overflown(r))
        return false;
    r->lost = !r->lost;
    return true;
}

/* The index registers of an output queue: a count of the producer's or the consumer's, its flag in bit 31. */
static inline uint32_t ring_prod(const struct ring *r, uint64_t n)
{
    return ring_index(r, n) | (uint32_t)r->lost << 31;
}

static inline uint32_t ring_cons(const struct ring *r, uint64_t n)
{
    return ring_index(r, n) | (uint32_t)r->lost_known << 31;
}

#endif
