/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages and larger blocks side by side: arrays, skewed stores, one size after the other.  store.h says what
 * these are.
 */
#include "base/sim.h"
#include "hw/store_impl.h"

/* ---- an array for each kind of size -------------------------------------------------------------- */

uint64_t store_set_apart(const struct store_impl *m, uint64_t hash, uint64_t block, unsigned size)
{
    unsigned kind = kind_of(size);
    uint64_t n = m->array[kind].n;

    if (m->hashed)
        return m->array[kind].first + (uint64_t)(((unsigned __int128)hash * n) >> 64);
    return m->array[kind].first + block % n;
}

/* ---- skewed -------------------------------------------------------------------------------------- */

uint64_t store_skew_set(const struct store_impl *m, const struct store_key *k, uint64_t way)
{
    uint64_t hash = bits_mix(k->hash + (way + 1) * 0x9e3779b97f4a7c15ull);

    return (uint64_t)(((unsigned __int128)hash * m->sets) >> 64);
}

/* The ways turn with context and region: the last two quarters are for blocks and for larger ones. */
bool store_skew_way(const struct store_impl *m, const struct store_key *k, uint64_t way)
{
    uint64_t turn = bits_mix(hash_of(k->ctx, k->base >> SKEW_REGION)) % m->ways;
    uint64_t seat = (way + turn) % m->ways, quarter = m->ways / 4 ? m->ways / 4 : 1;
    unsigned kind = seat >= m->ways - quarter ? 2 : seat >= m->ways - 2 * quarter ? 1 : 0;

    return m->ways < STORE_KINDS || kind == kind_of(k->size);
}

static bool ages_with_use(const struct store_impl *m)
{
    return m->policy == STORE_LRU || m->policy == STORE_PLRU;
}

static struct store_at place_in_way(const struct store_impl *m, const struct store_key *k, uint64_t way)
{
    return place_at(m, store_skew_set(m, k, way), way);
}

static bool is_better(struct store_impl *m, struct store_at at, struct store_at best, uint64_t places)
{
    if (m->policy == STORE_RANDOM)
        return rng_below(&m->rng, places) == 0;
    return !best.e || m->age[at.number] < m->age[best.number];
}

/* The first of the key's places that is free, else the one that the policy chooses. */
static struct store_at choose_place(struct store_impl *m, const struct store_key *k)
{
    struct store_at best = { 0 };
    uint64_t places = 0;

    for (uint64_t way = 0; way < m->ways; way++)
        if (store_skew_way(m, k, way) && !place_in_way(m, k, way).e->valid)
            return place_in_way(m, k, way);
    for (uint64_t way = 0; way < m->ways; way++)
        if (store_skew_way(m, k, way) && is_better(m, place_in_way(m, k, way), best, ++places))
            best = place_in_way(m, k, way);
    return best;
}

static void *remember(struct store *s, struct store_entry *e, bool hint)
{
    s->used = e;
    s->hint[store_hint_of(e->ctx)] = hint && e->size_log2 == s->impl->size[0] ? e : NULL;
    return payload_of(e);
}

static void tell_skewed(struct store *s, struct store_entry *e)
{
    struct store_impl *m = s->impl;

    s->used = e;
    m->age[place_back(m, WIDE, e).number] = ++m->now;
}

static void *search_skewed(struct store *s, uint64_t ctx, uint64_t addr)
{
    void *found = store_peek(s, ctx, addr);
    struct store_entry *e = found ? (struct store_entry *)found - 1 : NULL;

    s->st.lookups++;
    if (!e)
        return NULL;
    s->st.hits++;
    if (ages_with_use(s->impl))
        tell_skewed(s, e);
    return remember(s, e, true);
}

static void *insert_skewed(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                           bool *flushed)
{
    struct store_impl *m = s->impl;
    struct store_key k = key_of(m, ctx, base, size);
    struct store_at at;

    SIM_CHECK(size < SIZES, "%s: block of 2^%u bytes", s->comp.name, size);
    if (store_flush_if_full(s) && flushed)
        *flushed = true;
    s->st.inserts++;
    at = find_key(m, WIDE, &k);
    if (!at.e) {
        at = choose_place(m, &k);
        SIM_CHECK(at.e, "%s: no place for a block", s->comp.name);
        store_put(s, at, &k);
        m->age[at.number] = ++m->now;
    } else if (ages_with_use(m)) {
        tell_skewed(s, at.e);
    }
    at.e->tag = tag;
    return remember(s, at.e, true);
}

/* ---- one size after the other -------------------------------------------------------------------- */

/* Without hints, so that every lookup comes here and is counted. */
static void *search_sequential(struct store *s, uint64_t ctx, uint64_t addr)
{
    const struct store_impl *m = s->impl;
    unsigned sizes = m->sizes, n = 0;
    void *found = store_search_any(s, ctx, addr);

    if (found) {
        const struct store_entry *e = (const struct store_entry *)found - 1;

        while (m->size[n] != e->size_log2)
            n++;
        remember(s, (struct store_entry *)found - 1, false);
    } else {
        n = sizes ? sizes - 1 : 0;
    }
    s->further = n;
    s->st.further += n;
    return found;
}

static void *insert_sequential(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                               bool *flushed)
{
    void *payload = s->impl->divided ? store_insert_within(s, ctx, base, size, tag, flushed)
                                     : store_insert_any(s, ctx, base, size, tag, flushed);

    return remember(s, (struct store_entry *)payload - 1, false);
}

void store_choose_sizes(struct store *s)
{
    const struct store_impl *m = s->impl;

    if (m->skewed) {
        s->search = search_skewed;
        s->insert = insert_skewed;
        s->tell = ages_with_use(m) ? tell_skewed : NULL;
    } else {
        s->search = search_sequential;
        s->insert = insert_sequential;
    }
}
