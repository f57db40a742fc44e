/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sim.h"
#include "hw/store.h"
#include "hw/store_impl.h"

static bool frame_matches(const struct store_match *k, const struct store_entry *e)
{
    uint64_t last = e->base | bits_low(e->size_log2);

    return (e->base >> 12 & k->frame_mask) == k->frame_value ||
           (e->base <= k->first && k->first <= last);
}

static bool matches(const struct store_match *k, const struct store_entry *e)
{
    bool tag = k->n_tag == 0;

    for (unsigned i = 0; i < k->n_tag; i++)
        tag |= (e->tag & k->tag[i].mask) == k->tag[i].value;
    if (!tag || (e->ctx & k->ctx_mask) != k->ctx_value)
        return false;
    if (k->frame_mask)
        return frame_matches(k, e);
    return !k->by_addr || (e->base <= k->last && k->first <= (e->base | bits_low(e->size_log2)));
}

static uint64_t drop_if(struct store_impl *m, const struct store_match *k, struct store_at at)
{
    if (!at.e || !matches(k, at.e))
        return 0;
    store_drop(m, at);
    return 1;
}

static uint64_t scan_set(struct store_impl *m, const struct store_match *k, uint64_t set)
{
    uint64_t n = 0;

    for (size_t w = 0; w < m->words; w++)
        for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1)
            n += drop_if(m, k, place_at(m, set, w * 64 + (unsigned)__builtin_ctzll(b)));
    return n;
}

static uint64_t scan_all(struct store_impl *m, const struct store_match *k)
{
    uint64_t n = 0;

    for (uint64_t set = 0; set < m->sets && m->valid; set++)
        n += scan_set(m, k, set);
    return n;
}

/* Addresses outside which no block can match: each that does overlaps them.  False if any may
 * match. */
static bool bounds(const struct store_match *k, uint64_t *first, uint64_t *last)
{
    uint64_t low = ~k->frame_mask & bits_low(52);

    *first = k->first;
    *last = k->last;
    if (!k->frame_mask)
        return k->by_addr && k->first <= k->last;
    if (low & (low + 1) || k->frame_value & ~k->frame_mask || k->frame_value >> 52)
        return false;
    *last = (k->frame_value | low) << 12 | 0xfff;
    *first = k->frame_value << 12;
    if (k->first < *first)
        *first = k->first;
    if (k->first > *last)
        *last = k->first;
    return true;
}

/* The blocks of all sizes present that first..last touches; `limit` if there are as many or
 * more. */
static uint64_t blocks_touched(const struct store_impl *m, uint64_t first, uint64_t last,
                               uint64_t limit)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < m->sizes && n < limit; i++) {
        uint64_t more = (last >> m->size[i]) - (first >> m->size[i]);

        n = more < limit ? n + more + 1 : limit;
    }
    return n < limit ? n : limit;
}

/* Probes each block that first..last touches, of each size that was present at the start: the entry
 * of that key if the context is given, else the whole set that the block would be in. */
static uint64_t probe(struct store_impl *m, const struct store_match *k, uint64_t first,
                      uint64_t last)
{
    uint8_t size[SIZES];
    unsigned sizes = m->sizes;
    bool exact = k->ctx_mask == ~0ull;
    uint64_t n = 0;

    for (unsigned i = 0; i < sizes; i++)
        size[i] = m->size[i];
    for (unsigned i = 0; i < sizes; i++)
        for (uint64_t b = first >> size[i];; b++) {
            struct store_key key = key_of(m, k->ctx_value, b << size[i], size[i]);

            n += exact ? drop_if(m, k, find_key(m, m->layout, &key)) : scan_set(m, k, key.set);
            if (b == last >> size[i])
                break;
        }
    return n;
}

uint64_t store_invalidate(struct store *s, const struct store_match *k)
{
    struct store_impl *m = s->impl;
    uint64_t first, last, limit, n;
    bool exact = k->ctx_mask == ~0ull;

    if (!m)
        return 0;
    /* A scan looks at every entry; a probe costs about as much as looking at four. */
    limit = exact ? m->valid / 4 : m->hashed ? 0 : m->sets;
    if (bounds(k, &first, &last) && blocks_touched(m, first, last, limit) < limit)
        n = probe(m, k, first, last);
    else
        n = scan_all(m, k);
    s->st.invalidations++;
    s->st.invalidated += n;
    return n;
}
