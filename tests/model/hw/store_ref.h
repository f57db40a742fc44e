/* SPDX-License-Identifier: Apache-2.0
 *
 * store_ref.h - what a store should do, in the plainest way: an array of entries with time stamps,
 * all of it searched each time.  The model that test_store.c holds hw/store against.
 */
#ifndef TESTS_STORE_REF_H
#define TESTS_STORE_REF_H
#include <limits.h>
#include <stdlib.h>

#include "base/rng.h"
#include "hw/store.h"
#include "hw/store_impl.h"

struct ref_entry {
    bool valid;
    uint64_t ctx, base, tag, value;
    unsigned size;
    uint64_t used, came;       /* stamps: last use, arrival */
};

struct ref {
    struct store_params par;
    struct store_stats st;
    struct ref_entry *e;       /* [sets * ways] */
    uint64_t *next;            /* [sets] round robin */
    bool *upper;               /* [sets][2 * REF_LEAVES] tree: replace in the upper half next */
    struct rng rng;
    unsigned lfsr;
    uint64_t now;
    bool divided;                      /* inserts use ways first to end alone */
    uint64_t first, end;
    const struct store_impl *skew;     /* whose hashes say where a skewed key may be */
};

enum { REF_LEAVES = 1024 };

static inline void ref_init(struct ref *r, const struct store_params *par, uint64_t seed,
                            const char *path)
{
    *r = (struct ref){ .par = *par, .lfsr = 0xace1 };
    r->e = calloc(par->sets * par->ways, sizeof *r->e);
    r->next = calloc(par->sets, sizeof *r->next);
    r->upper = calloc(par->sets, 2 * REF_LEAVES);
    rng_init(&r->rng, seed, path);
}

static inline void ref_destroy(struct ref *r)
{
    free(r->e);
    free(r->next);
    free(r->upper);
}

static inline uint64_t ref_top(unsigned size)
{
    return ((uint64_t)1 << size) - 1;
}

static inline unsigned ref_usable(const struct ref *r, uint64_t set)
{
    uint64_t gone = 0;

    for (uint64_t i = 0; i < r->par.reserved; i++)     /* one from each set in turn */
        gone += i % r->par.sets == set;
    return gone >= r->par.ways ? 1 : (unsigned)(r->par.ways - gone);
}

static inline uint64_t ref_valid(const struct ref *r)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < r->par.sets * r->par.ways; i++)
        n += r->e[i].valid;
    return n;
}

static inline uint64_t ref_capacity(const struct ref *r)
{
    uint64_t n = 0;

    for (uint64_t s = 0; s < r->par.sets; s++)
        n += ref_usable(r, s);
    return n;
}

static inline unsigned ref_leaves(const struct ref *r)
{
    unsigned n = 1;

    while (n < r->par.ways)
        n *= 2;
    return n;
}

/* Points every half of the tree that holds `way` at the other half. */
static inline void ref_tree_use(struct ref *r, uint64_t set, unsigned way)
{
    bool *upper = r->upper + set * 2 * REF_LEAVES;
    unsigned lo = 0, span = ref_leaves(r), node = 0;

    while (span > 1) {
        span /= 2;
        if (way < lo + span) {
            upper[node] = true;
            node = 2 * node + 1;
        } else {
            upper[node] = false;
            node = 2 * node + 2;
            lo += span;
        }
    }
}

static inline void ref_use(struct ref *r, uint64_t i, bool fill)
{
    r->e[i].used = ++r->now;
    if (!fill || r->par.touch_on_fill == STORE_TOUCH_FILLS)
        ref_tree_use(r, i / r->par.ways, (unsigned)(i % r->par.ways));
}

/* A bit of the sum of taps 0, 2, 3 and 5 comes in from the left. */
static inline uint64_t ref_lfsr(struct ref *r, unsigned n)
{
    unsigned was = r->lfsr, in = 0;
    const unsigned taps[] = { 0, 2, 3, 5 };

    for (unsigned i = 0; i < 4; i++)
        in += was >> taps[i];
    r->lfsr = was / 2 + (in % 2) * 0x8000;
    return (uint64_t)was * n / 0x10000;
}

/* May a victim be in this way?  In all, if none of a set's usable ways is among those asked for. */
static inline bool ref_may(const struct ref *r, uint64_t set, uint64_t way)
{
    uint64_t usable = ref_usable(r, set);

    if (way >= usable || !r->divided || r->first >= usable)
        return way < usable;
    return way >= r->first && way < r->end;
}

/* Is there such a way from lo on, below hi? */
static inline bool ref_any(const struct ref *r, uint64_t set, uint64_t lo, uint64_t hi)
{
    bool any = false;

    for (uint64_t way = lo; way < hi; way++)
        any |= ref_may(r, set, way);
    return any;
}

static inline unsigned ref_tree_victim(const struct ref *r, uint64_t set)
{
    const bool *upper = r->upper + set * 2 * REF_LEAVES;
    unsigned lo = 0, span = ref_leaves(r), node = 0;

    while (span > 1) {
        span /= 2;
        if ((upper[node] && ref_any(r, set, lo + span, lo + 2 * span)) || !ref_any(r, set, lo, lo + span)) {
            node = 2 * node + 2;
            lo += span;
        } else {
            node = 2 * node + 1;
        }
    }
    return lo;
}

static inline int64_t ref_find(const struct ref *r, uint64_t ctx, uint64_t base, unsigned size)
{
    for (uint64_t i = 0; i < r->par.sets * r->par.ways; i++)
        if (r->e[i].valid && r->e[i].ctx == ctx && r->e[i].base == base && r->e[i].size == size)
            return (int64_t)i;
    return -1;
}

/* Of the entries that cover addr, the largest or the smallest, as the parameter says. */
static inline int64_t ref_cover(const struct ref *r, uint64_t ctx, uint64_t addr)
{
    int64_t best = -1;

    for (uint64_t i = 0; i < r->par.sets * r->par.ways; i++) {
        const struct ref_entry *e = &r->e[i];

        if (!e->valid || e->ctx != ctx || (addr & ~ref_top(e->size)) != e->base)
            continue;
        if (best < 0 || (e->size > r->e[best].size) == (r->par.probe == STORE_LARGEST))
            best = (int64_t)i;
    }
    return best;
}

/* Sizes that are looked for in vain before that of entry i, or (-1) before the last. */
static inline uint64_t ref_further(const struct ref *r, int64_t i)
{
    bool largest = r->par.probe == STORE_LARGEST;
    uint64_t before = 0, present = 0;

    for (unsigned size = 0; size < 64; size++) {
        bool any = false;

        for (uint64_t k = 0; k < r->par.sets * r->par.ways; k++)
            any |= r->e[k].valid && r->e[k].size == size;
        present += any;
        if (any && i >= 0)
            before += largest ? size > r->e[i].size : size < r->e[i].size;
    }
    return i >= 0 ? before : present ? present - 1 : 0;
}

static inline int64_t ref_lookup(struct ref *r, uint64_t ctx, uint64_t addr)
{
    int64_t i = ref_cover(r, ctx, addr);

    r->st.lookups++;
    if (r->par.sizes == STORE_SEQUENTIAL)
        r->st.further += ref_further(r, i);
    if (i < 0)
        return i;
    r->st.hits++;
    ref_use(r, (uint64_t)i, false);
    return i;
}

static inline unsigned ref_oldest(const struct ref *r, uint64_t set, bool by_use)
{
    const struct ref_entry *e = r->e + set * r->par.ways;
    unsigned best = UINT_MAX;

    for (unsigned w = 0; w < ref_usable(r, set); w++)
        if (ref_may(r, set, w) &&
            (best == UINT_MAX || (by_use ? e[w].used < e[best].used : e[w].came < e[best].came)))
            best = w;
    return best;
}

/* The n-th of the ways that a victim may be in. */
static inline unsigned ref_nth(const struct ref *r, uint64_t set, uint64_t n)
{
    unsigned way = 0;

    while (!ref_may(r, set, way) || n-- > 0)
        way++;
    return way;
}

static inline unsigned ref_ways(const struct ref *r, uint64_t set)
{
    unsigned n = 0;

    for (unsigned w = 0; w < r->par.ways; w++)
        n += ref_may(r, set, w);
    return n;
}

static inline unsigned ref_victim(struct ref *r, uint64_t set)
{
    unsigned way;

    switch (r->par.policy) {
    case STORE_LRU:
        return ref_oldest(r, set, true);
    case STORE_PLRU:
        return ref_tree_victim(r, set);
    case STORE_RANDOM:
        return ref_nth(r, set, rng_below(&r->rng, ref_ways(r, set)));
    case STORE_LFSR:
        return ref_nth(r, set, ref_lfsr(r, ref_ways(r, set)));
    case STORE_RR:
        way = (unsigned)r->next[set];
        if (!ref_may(r, set, way))
            way = ref_nth(r, set, 0);
        r->next[set] = ref_may(r, set, way + 1) ? way + 1 : ref_nth(r, set, 0);
        return way;
    default:
        return ref_oldest(r, set, false);
    }
}

static inline bool ref_by_age(const struct ref *r)
{
    return r->par.policy == STORE_LRU || r->par.policy == STORE_FIFO || r->par.policy == STORE_FLUSH_ALL;
}

static inline uint64_t ref_room(struct ref *r, uint64_t set)
{
    uint64_t first = set * r->par.ways;
    bool free_first = r->par.invalid_first == STORE_FREE_FIRST || ref_by_age(r);
    unsigned way;

    for (unsigned w = 0; w < ref_usable(r, set) && free_first; w++)
        if (ref_may(r, set, w) && !r->e[first + w].valid)
            return first + w;
    way = ref_victim(r, set);
    r->st.evictions += r->e[first + way].valid;
    return first + way;
}

/* The set of a block: of all of them, or of those for pages, for blocks, for larger ones. */
static inline uint64_t ref_set(const struct ref *r, uint64_t block, unsigned size)
{
    uint64_t sets = r->par.sets, blocks = sets / 4, large = sets / 8, pages;

    if (r->par.sizes != STORE_ARRAYS || sets < 3)
        return block % sets;
    blocks = r->par.sets_blocks ? r->par.sets_blocks : blocks ? blocks : 1;
    large = r->par.sets_large ? r->par.sets_large : large ? large : 1;
    pages = sets - blocks - large;
    if (size < 18)
        return block % pages;
    return size < 28 ? pages + block % blocks : pages + blocks + block % large;
}

/* Where a key goes in a skewed store: the first of its places that is free, else by the policy. */
static inline uint64_t ref_skewed_room(struct ref *r, uint64_t ctx, uint64_t base, unsigned size)
{
    struct store_key k = key_of(r->skew, ctx, base, size);
    uint64_t best = UINT64_MAX, seen = 0;
    bool use = r->par.policy == STORE_LRU || r->par.policy == STORE_PLRU;

    for (uint64_t way = 0; way < r->par.ways; way++) {
        uint64_t i = store_skew_set(r->skew, &k, way) * r->par.ways + way;

        if (store_skew_way(r->skew, &k, way) && !r->e[i].valid)
            return i;
    }
    for (uint64_t way = 0; way < r->par.ways; way++) {
        uint64_t i = store_skew_set(r->skew, &k, way) * r->par.ways + way;

        if (!store_skew_way(r->skew, &k, way))
            continue;
        if (r->par.policy == STORE_RANDOM)
            best = rng_below(&r->rng, ++seen) == 0 ? i : best;
        else if (best == UINT64_MAX || (use ? r->e[i].used < r->e[best].used : r->e[i].came < r->e[best].came))
            best = i;
    }
    r->st.evictions++;
    return best;
}

static inline struct ref_entry *ref_insert(struct ref *r, uint64_t ctx, uint64_t base,
                                           unsigned size, uint64_t tag, bool *flushed)
{
    int64_t i;

    *flushed = r->par.policy == STORE_FLUSH_ALL && ref_valid(r) == ref_capacity(r);
    if (*flushed) {
        r->st.flushes++;
        for (uint64_t k = 0; k < r->par.sets * r->par.ways; k++)
            r->e[k].valid = false;
    }
    r->st.inserts++;
    base &= ~ref_top(size);
    i = ref_find(r, ctx, base, size);
    if (i < 0) {
        i = (int64_t)(r->par.sizes == STORE_SKEWED ? ref_skewed_room(r, ctx, base, size)
                                                   : ref_room(r, ref_set(r, base >> size, size)));
        r->e[i] = (struct ref_entry){ true, ctx, base, tag, 0, size, 0, ++r->now };
    }
    r->e[i].tag = tag;
    r->e[i].value = 0;
    ref_use(r, (uint64_t)i, true);
    return &r->e[i];
}

static inline bool ref_matches(const struct store_match *m, const struct ref_entry *e)
{
    uint64_t last = e->base + ref_top(e->size);
    bool tag = m->n_tag == 0;

    for (unsigned i = 0; i < m->n_tag; i++)
        if ((e->tag & m->tag[i].mask) == m->tag[i].value)
            tag = true;
    if (!tag || (e->ctx & m->ctx_mask) != m->ctx_value)
        return false;
    if (m->frame_mask)
        return ((e->base >> 12) & m->frame_mask) == m->frame_value ||
               (e->base <= m->first && last >= m->first);
    return !m->by_addr || !(last < m->first || e->base > m->last);
}

static inline uint64_t ref_invalidate(struct ref *r, const struct store_match *m)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < r->par.sets * r->par.ways; i++)
        if (r->e[i].valid && ref_matches(m, &r->e[i])) {
            r->e[i].valid = false;
            n++;
        }
    r->st.invalidations++;
    r->st.invalidated += n;
    return n;
}

#endif
