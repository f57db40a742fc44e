/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "hw/store_impl.h"
#include "hw/store_policy.h"

enum { LINE = 64, ALIGN = 16, PATH = 160, LFSR_SEED = 0xace1 };
#define ENTRIES_MAX (1ull << 30)               /* numbers and slots of entries have 32 bits */

PARAM_ROWS(params, STORE_PARAMS);
STAT_ROWS(stats, STORE_STATS);
const struct comp_kind store_kind = { "store", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

/* ---- making one ---- */

static size_t round_up(size_t v, size_t to)
{
    return (v + to - 1) / to * to;
}

static void organise(struct store_impl *m, const struct store_params *par, size_t payload_bytes)
{
    uint64_t n = par->sets * par->ways;

    m->policy = (uint8_t)par->policy;
    m->skewed = par->sizes == STORE_SKEWED;
    m->apart = par->sizes == STORE_ARRAYS && par->sets >= STORE_KINDS;
    m->layout = m->skewed ? WIDE : par->ways <= 4           ? SETS_OF_4
                : par->ways <= LANES_MAX ? SETS_OF_8
                : par->ways <= 32 && !keeps_age(m) ? SETS_OF_32
                                                   : WIDE;
    m->hashed = par->index == STORE_HASH || m->skewed;
    m->masked = bits_is_pow2(par->sets) && (!m->hashed || par->sets == 1) && !m->apart;
    m->largest_first = par->probe == STORE_LARGEST;
    m->hits_only = par->touch_on_fill == STORE_TOUCH_HITS && par->policy == STORE_PLRU;
    m->by_policy = par->invalid_first == STORE_FREE_BY_POLICY && !keeps_age(m);
    m->lfsr = LFSR_SEED;
    m->sets = par->sets;
    m->ways = par->ways;
    m->payload_bytes = payload_bytes;
    m->stride = sizeof(struct store_entry) + round_up(payload_bytes, ALIGN);
    m->set_bytes = m->stride * m->ways;
    m->leaves_log2 = par->ways == 1 ? 0 : bits_log2(par->ways - 1) + 1;
    m->state_words = m->policy == STORE_PLRU && m->leaves_log2 > 6 ? 1u << (m->leaves_log2 - 6) : 1;
    m->rings = n;
    m->words = (par->ways + 63) / 64;
    m->bucket_shift = m->layout == WIDE ? 63 - bits_log2(n > 1 ? n - 1 : 1) : 0;
    m->bucket_mask = bits_low(64 - m->bucket_shift);
}

/* The next n items of `size` bytes at *at, from the start of a cache line. */
static void *carve(unsigned char *base, size_t *at, uint64_t n, size_t size)
{
    unsigned char *here = base ? base + *at : NULL;

    *at += round_up((size_t)n * size, LINE);
    return here;
}

/* Gives the arrays their places from `base` on; returns how many bytes they take. */
static size_t lay_out(struct store_impl *m, unsigned char *base)
{
    uint64_t n = m->sets * m->ways;
    uint64_t wide = m->layout == WIDE ? m->sets : 0, lanes = 2 * lanes_of(m->layout);
    size_t at = 0;

    m->head = carve(base, &at, (m->sets - wide) * lanes, sizeof *m->head);
    m->state = carve(base, &at, m->sets * m->state_words, sizeof *m->state);
    m->bucket = carve(base, &at, wide ? m->bucket_mask + 1 : 0, sizeof *m->bucket);
    m->link = carve(base, &at, wide ? n + wide : 0, sizeof *m->link);
    m->set = carve(base, &at, wide, sizeof *m->set);
    m->busy = carve(base, &at, wide * m->words, sizeof *m->busy);
    m->age = carve(base, &at, m->skewed ? n : 0, sizeof *m->age);
    m->entry = carve(base, &at, n, m->stride);
    return at;
}

/* What a touch of each way changes in a tree of one word. */
static void fill_tree_masks(struct store_impl *m)
{
    for (uint32_t way = 0; m->leaves_log2 <= 6 && way < 1u << m->leaves_log2; way++) {
        uint64_t ones = ~0ull;

        tree_touch_deep(&m->tree_set[way], m->leaves_log2, way);
        tree_touch_deep(&ones, m->leaves_log2, way);
        m->tree_keep[way] = ones;
    }
}

/* Reserved entries are taken from all sets alike, from the first sets one more where it does not
 * come out even, from the highest ways; each set keeps one. */
static void reserve(struct store_impl *m, uint64_t reserved)
{
    uint64_t share = reserved / m->sets;

    m->usable = (uint32_t)(share < m->ways ? m->ways - share : 1);
    m->one_less = m->usable > 1 ? reserved % m->sets : 0;
    m->capacity = m->sets * m->usable - m->one_less;
}

/* The sets of each kind's array: at least one, whatever was asked for. */
static void divide(struct store_impl *m, const struct store_params *par)
{
    uint64_t blocks = par->sets_blocks ? par->sets_blocks : par->sets / 4;
    uint64_t large = par->sets_large ? par->sets_large : par->sets / 8;

    blocks = blocks < 1 ? 1 : blocks > par->sets - 2 ? par->sets - 2 : blocks;
    large = large < 1 ? 1 : large > par->sets - 1 - blocks ? par->sets - 1 - blocks : large;
    m->array[0].n = par->sets - blocks - large;
    m->array[1].first = m->array[0].n;
    m->array[1].n = blocks;
    m->array[2].first = m->array[0].n + blocks;
    m->array[2].n = large;
}

static void close_rings(struct store_impl *m)
{
    for (uint64_t set = 0; set < m->sets; set++) {
        uint32_t ring = (uint32_t)ring_of(m, set);

        m->link[ring] = (struct link){ ring, ring };
    }
}

static struct store_impl *impl_new(const struct store_params *par, size_t payload_bytes)
{
    struct store_impl *m;
    size_t bytes;

    if (par->ways == 0 || par->sets > ENTRIES_MAX / par->ways)
        return NULL;
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    organise(m, par, payload_bytes);
    bytes = lay_out(m, NULL);
    m->memory = calloc(1, bytes + LINE);
    if (!m->memory) {
        free(m);
        return NULL;
    }
    lay_out(m, (unsigned char *)m->memory + (LINE - (uintptr_t)m->memory % LINE));
    fill_tree_masks(m);
    reserve(m, m->skewed ? 0 : par->reserved);
    if (m->apart)
        divide(m, par);
    m->missed.size = NOTHING;
    if (m->layout == WIDE)
        close_rings(m);
    else
        stamp_unusable(m);
    return m;
}

/* Of a structure that does not exist. */
static void *search_nothing(struct store *s, uint64_t ctx, uint64_t addr)
{
    (void)s, (void)ctx, (void)addr;
    return NULL;
}

static void *insert_nothing(struct store *s, uint64_t ctx, uint64_t base, unsigned size,
                            uint64_t tag, bool *flushed)
{
    (void)s, (void)ctx, (void)base, (void)size, (void)tag, (void)flushed;
    return NULL;
}

void store_tell_any(struct store *s, struct store_entry *e)
{
    struct store_impl *m = s->impl;

    s->used = e;
    policy_touch(m, m->layout, m->policy, place_back(m, m->layout, e));
}

int store_init(struct store *s, struct comp *parent, const char *name,
               const struct store_params *par, size_t payload_bytes, unsigned entry_bits,
               uint64_t seed)
{
    char path[PATH];

    *s = (struct store){ .par = *par, .search = search_nothing, .insert = insert_nothing };
    comp_init(&s->comp, &store_kind, parent, name, &s->par, &s->st);
    if (!store_exists(s))
        return SIM_OK;
    s->comp.bits = par->sets * par->ways * entry_bits;
    s->impl = impl_new(par, payload_bytes);
    if (!s->impl)
        return SIM_EENV;
    s->impl->hint = s->hint;
    s->tell = par->policy == STORE_LRU || par->policy == STORE_PLRU ? store_tell_any : NULL;
    s->search = store_search_any;
    s->insert = store_insert_any;
    if (par->sizes == STORE_SKEWED || par->sizes == STORE_SEQUENTIAL)
        store_choose_sizes(s);
    else
        store_choose_quick(s);
    comp_path(&s->comp, path, sizeof path);
    rng_init(&s->impl->rng, seed, path);
    return SIM_OK;
}

void store_destroy(struct store *s)
{
    if (s->impl)
        free(s->impl->memory);
    free(s->impl);
    free(s->log);
    s->impl = NULL;
    s->log = NULL;
}

/* ---- finding ---- */

/* The first entry that covers addr, in the order of probing. */
STORE_INLINE struct store_at cover_in(const struct store_impl *m, enum store_layout layout,
                                      uint64_t ctx, uint64_t addr)
{
    for (unsigned i = 0; i < m->sizes; i++) {
        struct store_key k = key_of(m, ctx, addr, m->size[i]);
        struct store_at at = find_key(m, layout, &k);

        if (at.e)
            return at;
    }
    return (struct store_at){ 0 };
}

static struct store_at cover(const struct store_impl *m, uint64_t ctx, uint64_t addr)
{
    switch (m->layout) {
    case SETS_OF_4:  return cover_in(m, SETS_OF_4, ctx, addr);
    case SETS_OF_8:  return cover_in(m, SETS_OF_8, ctx, addr);
    case SETS_OF_32: return cover_in(m, SETS_OF_32, ctx, addr);
    default:         return cover_in(m, WIDE, ctx, addr);
    }
}

/* An entry has just been used: the context's hint if no other size can come before it in the order
 * of probing. */
static void *remember(struct store *s, struct store_entry *e)
{
    s->used = e;
    s->hint[store_hint_of(e->ctx)] = e->size_log2 == s->impl->size[0] ? e : NULL;
    return payload_of(e);
}

/* The same of an insert, which the policy may not have been told of. */
static void *inserted(struct store *s, struct store_entry *e)
{
    void *payload = remember(s, e);

    if (s->impl->hits_only)
        s->used = NULL;
    return payload;
}

void *store_search_any(struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_impl *m = s->impl;
    struct store_at at = cover(m, ctx, addr);

    s->st.lookups++;
    if (!at.e)
        return NULL;
    s->st.hits++;
    policy_touch(m, m->layout, m->policy, at);
    return remember(s, at.e);
}

void *store_peek(const struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_at at;

    if (!s->impl)
        return NULL;
    at = cover(s->impl, ctx, addr);
    return at.e ? payload_of(at.e) : NULL;
}

bool store_view_of(const struct store *s, const void *payload, struct store_view *out)
{
    const struct store_entry *e;

    if (!s->impl || !payload)
        return false;
    e = (const struct store_entry *)payload - 1;
    *out = (struct store_view){ e->ctx, e->base, e->tag, e->size_log2, (void *)(e + 1) };
    return e->valid;
}

unsigned store_way(const struct store *s, const void *payload)
{
    struct store_entry *e = (struct store_entry *)(uintptr_t)payload - 1;

    return (unsigned)place_back(s->impl, s->impl->layout, e).way;
}

/* ---- the index of wide sets ---- */

static void index_add(struct store_impl *m, struct store_at at, uint64_t hash)
{
    uint64_t i = hash >> m->bucket_shift;
    unsigned room = match_bucket(&m->bucket[i], 0), k;

    at.e->displaced = !room;
    while (!LIKELY(room)) {
        m->bucket[i].over++;
        i = (i + 1) & m->bucket_mask;
        room = match_bucket(&m->bucket[i], 0);
    }
    k = (unsigned)__builtin_ctz(room);
    m->bucket[i].sig[k] = sig_of(hash);
    m->bucket[i].entry[k] = (uint32_t)at.number;
    at.e->slot = (uint32_t)i * 4 + k;
}

static void index_drop(struct store_impl *m, const struct store_entry *e)
{
    m->bucket[e->slot / 4].sig[e->slot % 4] = 0;
    if (e->displaced) {
        uint64_t hash = hash_of(e->ctx, e->base >> e->size_log2);

        for (uint64_t i = hash >> m->bucket_shift; i != e->slot / 4; i = (i + 1) & m->bucket_mask)
            m->bucket[i].over--;
    }
}

/* ---- coming and going ---- */

static __attribute__((noinline)) void size_appears(struct store_impl *m, unsigned size)
{
    unsigned i = m->sizes++;

    for (; i && (m->size[i - 1] < size) == m->largest_first; i--)
        m->size[i] = m->size[i - 1];
    m->size[i] = (uint8_t)size;
    if (i == 0 && m->sizes > 1)
        memset(m->hint, 0, STORE_HINTS * sizeof *m->hint);
}

static __attribute__((noinline)) void size_vanishes(struct store_impl *m, unsigned size)
{
    unsigned i = 0;

    while (m->size[i] != size)
        i++;
    m->sizes--;
    memmove(&m->size[i], &m->size[i + 1], m->sizes - i);
}

STORE_INLINE void count_in(struct store_impl *m, unsigned size)
{
    m->valid++;
    if (m->count[size]++ == 0)
        size_appears(m, size);
}

STORE_INLINE void count_out(struct store_impl *m, unsigned size)
{
    m->valid--;
    if (--m->count[size] == 0)
        size_vanishes(m, size);
}

/* Makes a place free, but for the counts. */
STORE_INLINE void vacate(struct store_impl *m, enum store_layout layout, struct store_at at)
{
    struct wide_set *w = &m->set[at.set];

    at.e->valid = false;
    if (layout != WIDE) {
        sigs_of(m, layout, at.set)[at.way] = 0;
        return;
    }
    index_drop(m, at.e);
    if (keeps_age(m))
        link_out(m->link, at.number);
    m->busy[at.set * m->words + at.way / 64] &= ~(1ull << at.way % 64);
    w->used--;
    if (at.way < w->first_free)
        w->first_free = (uint32_t)at.way;
}

void store_drop(struct store_impl *m, struct store_at at)
{
    struct store_entry **hint = &m->hint[store_hint_of(at.e->ctx)];

    if (m->skewed)
        at = place_back(m, WIDE, at.e);
    if (*hint == at.e)
        *hint = NULL;
    vacate(m, m->layout, at);
    count_out(m, at.e->size_log2);
}

/* Writes a key into a free place and makes it known to lookups and to the policy. */
STORE_INLINE void occupy(struct store_impl *m, enum store_layout layout, struct store_at at,
                         const struct store_key *k)
{
    at.e->ctx = k->ctx;
    at.e->base = k->base;
    at.e->size_log2 = (uint8_t)k->size;
    at.e->valid = true;
    if (layout != WIDE) {
        at.e->slot = (uint32_t)(at.set * 2 * lanes_of(layout) + at.way);
        m->head[at.e->slot] = sig_of(k->hash);
    } else {
        index_add(m, at, k->hash);
        m->busy[at.set * m->words + at.way / 64] |= 1ull << at.way % 64;
        m->set[at.set].used++;
    }
    policy_fill(m, layout, at);
}

/* The lowest free way of a set, `usable` if it is full. */
STORE_INLINE uint32_t free_way(struct store_impl *m, enum store_layout layout, uint64_t set,
                               uint32_t usable)
{
    const uint64_t *busy;
    uint32_t i;

    if (m->valid == m->capacity)
        return usable;
    if (layout != WIDE)
        return (uint32_t)__builtin_ctzll(match_lanes(m, layout, set, 0) | 1ull << usable);
    if (m->set[set].used == usable)
        return usable;
    busy = &m->busy[set * m->words];
    for (i = m->set[set].first_free / 64; !~busy[i];)
        i++;
    return m->set[set].first_free = i * 64 + (uint32_t)__builtin_ctzll(~busy[i]);
}

/* A free place in the key's set, counted as taken. */
STORE_INLINE struct store_at make_room(struct store *s, enum store_layout layout,
                                       const struct store_key *k)
{
    struct store_impl *m = s->impl;
    uint32_t usable = usable_of(m, k->set), way = usable;
    struct store_at at;

    if (!m->by_policy)
        way = free_way(m, layout, k->set, usable);
    at = place_at(m, k->set, way < usable ? way : policy_victim(m, layout, k->set));
    if (!at.e->valid) {
        count_in(m, k->size);
        return at;
    }
    s->st.evictions++;
    vacate(m, layout, at);
    if (at.e->size_log2 != k->size) {
        count_out(m, at.e->size_log2);
        count_in(m, k->size);
    }
    return at;
}

void store_put(struct store *s, struct store_at at, const struct store_key *k)
{
    struct store_impl *m = s->impl;

    if (at.e->valid) {
        s->st.evictions++;
        store_drop(m, at);
    }
    count_in(m, k->size);
    occupy(m, m->layout, at, k);
}

STORE_INLINE struct store_entry *insert_in(struct store *s, enum store_layout layout,
                                           const struct store_key *k, bool missed)
{
    struct store_impl *m = s->impl;
    struct store_at at = { 0 };

    if (!missed)
        at = find_key(m, layout, k);
    if (at.e) {
        policy_again(m, layout, at);
    } else {
        at = make_room(s, layout, k);
        occupy(m, layout, at, k);
    }
    return at.e;
}

static struct store_entry *insert(struct store *s, const struct store_key *k, bool missed)
{
    switch (s->impl->layout) {
    case SETS_OF_4:  return insert_in(s, SETS_OF_4, k, missed);
    case SETS_OF_8:  return insert_in(s, SETS_OF_8, k, missed);
    case SETS_OF_32: return insert_in(s, SETS_OF_32, k, missed);
    default:         return insert_in(s, WIDE, k, missed);
    }
}

bool store_flush_if_full(struct store *s)
{
    if (s->impl->policy != STORE_FLUSH_ALL || s->impl->valid < s->impl->capacity)
        return false;
    store_clear(s);
    s->st.flushes++;
    return true;
}

void *store_insert_any(struct store *s, uint64_t ctx, uint64_t base, unsigned size, uint64_t tag,
                       bool *flushed)
{
    struct store_impl *m = s->impl;
    bool missed = is_missed(m, ctx, base, size);
    struct store_key k;
    struct store_entry *e;

    SIM_CHECK(size < SIZES, "%s: block of 2^%u bytes", s->comp.name, size);
    k = missed ? m->missed : key_of(m, ctx, base, size);
    if (store_flush_if_full(s) && flushed)
        *flushed = true;
    s->st.inserts++;
    e = insert(s, &k, missed);
    e->tag = tag;
    m->missed.size = NOTHING;
    return inserted(s, e);
}

void *store_insert(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2, uint64_t tag,
                   bool *flushed)
{
    void *payload = store_fill(s, ctx, base, size_log2, tag, flushed);

    return payload ? memset(payload, 0, s->impl->payload_bytes) : NULL;
}

bool store_remove(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2)
{
    struct store_impl *m = s->impl;
    struct store_at at = { 0 };

    if (!m)
        return false;
    s->st.invalidations++;
    if (size_log2 < SIZES && m->count[size_log2]) {
        struct store_key k = key_of(m, ctx, base, size_log2);

        at = find_key(m, m->layout, &k);
    }
    if (!at.e)
        return false;
    store_drop(m, at);
    s->st.invalidated++;
    store_log_match(s->log, &(struct store_match){
        .ctx_mask = ~0ull, .ctx_value = ctx, .by_addr = true, .first = base, .last = base });
    return true;
}

void store_clear(struct store *s)
{
    struct store_impl *m = s->impl;

    for (uint64_t set = 0; m && set < m->sets && m->valid; set++)
        for (size_t w = 0; w < m->words; w++)
            for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1)
                store_drop(m, place_at(m, set, w * 64 + (unsigned)__builtin_ctzll(b)));
}

uint64_t store_valid(const struct store *s)
{
    return s->impl ? s->impl->valid : 0;
}

uint64_t store_usable(const struct store *s)
{
    return s->impl ? s->impl->capacity : 0;
}

void store_each(const struct store *s, void (*fn)(const struct store_view *v, void *arg), void *arg)
{
    const struct store_impl *m = s->impl;
    struct store_view v;

    for (uint64_t set = 0; m && set < m->sets; set++)
        for (size_t w = 0; w < m->words; w++)
            for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1) {
                uint64_t way = w * 64 + (unsigned)__builtin_ctzll(b);

                store_view_of(s, payload_of(place_at(m, set, way).e), &v);
                fn(&v, arg);
            }
}
