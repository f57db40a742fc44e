/* SPDX-License-Identifier: Apache-2.0
 *
 * Inserts that may use some of the ways only: stores divided among parties.
 */
#include "base/sim.h"
#include "hw/store_impl.h"
#include "hw/store_policy.h"

void store_ways(struct store *s, unsigned from, unsigned to)
{
    struct store_impl *m = s->impl;

    if (!m || m->skewed)
        return;
    m->within_first = m->ways * from / 100;
    m->within_end = m->ways * to / 100;
    if (m->within_end <= m->within_first)
        m->within_end = m->within_first + 1;
    if (m->divided)
        return;
    m->divided = true;
    if (s->par.sizes != STORE_SEQUENTIAL)
        s->insert = store_insert_within;
}

struct ways { uint64_t first, end; };

/* Of those that may be used in the set; all, if there is none. */
static struct ways ways_of(const struct store_impl *m, uint64_t set)
{
    uint64_t usable = usable_of(m, set);
    struct ways w = { m->within_first, m->within_end < usable ? m->within_end : usable };

    return w.first < w.end ? w : (struct ways){ 0, usable };
}

/* At each node the half that is next, if it has one of the ways. */
static uint64_t tree_way(const struct store_impl *m, uint64_t set, struct ways w)
{
    const uint64_t *bit = state_of(m, set);
    uint64_t node = 1, way = 0;

    for (unsigned d = m->leaves_log2; d--;) {
        uint64_t middle = way + (1ull << d);
        bool high = bit[node / 64] >> node % 64 & 1;

        high = (high && middle < w.end) || w.first >= middle;
        way += (uint64_t)high << d;
        node = node * 2 + high;
    }
    return way;
}

static uint64_t next_way(struct store_impl *m, uint64_t set, struct ways w)
{
    uint64_t *pointer = state_of(m, set), way = *pointer;

    if (way < w.first || way >= w.end)
        way = w.first;
    *pointer = way + 1 == w.end ? w.first : way + 1;
    return way;
}

static uint64_t oldest_way(const struct store_impl *m, uint64_t set, struct ways w)
{
    uint64_t best = w.first;

    if (m->layout == WIDE) {
        uint64_t n = ring_of(m, set);

        do
            n = m->link[n].prev;
        while (n - set * m->ways < w.first || n - set * m->ways >= w.end);
        return n - set * m->ways;
    }
    for (uint64_t way = w.first; way < w.end; way++)
        if (stamps_of(m, m->layout, set)[way] < stamps_of(m, m->layout, set)[best])
            best = way;
    return best;
}

static uint64_t choose_way(struct store_impl *m, uint64_t set, struct ways w)
{
    for (uint64_t way = w.first; way < w.end && !m->by_policy; way++)
        if (!place_at(m, set, way).e->valid)
            return way;
    switch (m->policy) {
    case STORE_PLRU:   return tree_way(m, set, w);
    case STORE_RANDOM: return w.first + rng_below(&m->rng, w.end - w.first);
    case STORE_RR:     return next_way(m, set, w);
    case STORE_LFSR:   return w.first + lfsr_way(m, (uint32_t)(w.end - w.first));
    default:           return oldest_way(m, set, w);
    }
}

void *store_insert_within(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                          bool *flushed)
{
    struct store_impl *m = s->impl;
    struct store_key k = key_of(m, ctx, base, size);
    struct store_at at;

    SIM_CHECK(size < SIZES, "%s: block of 2^%u bytes", s->comp.name, size);
    if (store_flush_if_full(s) && flushed)
        *flushed = true;
    s->st.inserts++;
    at = find_key(m, m->layout, &k);
    if (at.e) {
        policy_again(m, m->layout, at);
    } else {
        at = place_at(m, k.set, choose_way(m, k.set, ways_of(m, k.set)));
        store_put(s, at, &k);
    }
    at.e->tag = tag;
    m->missed.size = NOTHING;
    s->used = m->hits_only ? NULL : at.e;
    s->hint[store_hint_of(ctx)] = size == m->size[0] ? at.e : NULL;
    return payload_of(at.e);
}
