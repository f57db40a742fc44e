/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "hw/store_impl.h"
#include "hw/store_policy.h"

enum { LINE = 64, ALIGN = 16, PATH = 160 };
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
    m->sets = par->sets;
    m->ways = par->ways;
    m->set_mask = par->sets - 1;
    m->modulo = !bits_is_pow2(par->sets);
    m->hashed = par->index == STORE_HASH;
    m->small = par->ways <= SMALL_WAYS;
    m->policy = (uint8_t)par->policy;
    m->largest_first = par->probe == STORE_LARGEST;
    m->leaves_log2 = par->ways == 1 ? 0 : bits_log2(par->ways - 1) + 1;
    m->payload_bytes = payload_bytes;
    m->stride = sizeof(struct store_entry) + round_up(payload_bytes, ALIGN);
    m->head_stride = par->ways <= 4 ? LINE / 2 : LINE;
    m->words = (par->ways + 63) / 64;
    m->state_words = m->policy == STORE_PLRU && m->leaves_log2 > 6 ? 1u << (m->leaves_log2 - 6) : 1;
    m->bucket_shift = m->small ? 0 : 63 - bits_log2(par->sets * par->ways - 1);
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
    uint64_t n = m->sets * m->ways, small = m->small ? m->sets : 0, wide = m->small ? 0 : m->sets;
    size_t at = 0;

    m->head = carve(base, &at, small, m->head_stride);
    m->set = carve(base, &at, wide, sizeof *m->set);
    m->bucket = carve(base, &at, wide ? m->bucket_mask + 1 : 0, sizeof *m->bucket);
    m->busy = carve(base, &at, wide * m->words, sizeof *m->busy);
    m->state = carve(base, &at, wide * m->state_words, sizeof *m->state);
    m->link = carve(base, &at, wide ? n + wide : 0, sizeof *m->link);
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
        m->tree_clear[way] = ~ones;
    }
}

/* Reserved entries are taken from all sets alike, from the first sets one more where it does not come
 * out even, from the highest ways; each set keeps one. */
static void reserve(struct store_impl *m, uint64_t reserved)
{
    for (uint64_t set = 0; set < m->sets; set++) {
        uint64_t share = reserved / m->sets + (set < reserved % m->sets);
        uint32_t usable = (uint32_t)(share < m->ways ? m->ways - share : 1);

        m->usable += usable;
        if (m->small) {
            small_set(m, set)->usable = usable;
            small_set(m, set)->state = keeps_age(m) ? ORDER_START : 0;
        } else {
            uint32_t ring = (uint32_t)ring_of(m, set);

            m->set[set].usable = usable;
            m->link[ring] = (struct link){ ring, ring };
        }
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
    reserve(m, par->reserved);
    return m;
}

int store_init(struct store *s, struct comp *parent, const char *name,
               const struct store_params *par, size_t payload_bytes, unsigned entry_bits,
               uint64_t seed)
{
    char path[PATH];

    *s = (struct store){ .par = *par };
    comp_init(&s->comp, &store_kind, parent, name, &s->par, &s->st);
    if (!store_exists(s))
        return SIM_OK;
    s->comp.bits = par->sets * par->ways * entry_bits;
    s->impl = impl_new(par, payload_bytes);
    if (!s->impl)
        return SIM_EENV;
    comp_path(&s->comp, path, sizeof path);
    rng_init(&s->impl->rng, seed, path);
    return SIM_OK;
}

void store_destroy(struct store *s)
{
    if (s->impl)
        free(s->impl->memory);
    free(s->impl);
    s->impl = NULL;
}

/* ---- finding ---- */

void *store_lookup(struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_impl *m = s->impl;
    struct store_at at;

    if (!m)
        return NULL;
    s->st.lookups++;
    at = store_cover(m, ctx, addr);
    if (!at.e)
        return NULL;
    s->st.hits++;
    policy_touch(m, at);
    return payload_of(at.e);
}

void *store_peek(const struct store *s, uint64_t ctx, uint64_t addr)
{
    struct store_at at;

    if (!s->impl)
        return NULL;
    at = store_cover(s->impl, ctx, addr);
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

/* ---- the index of wide sets ---- */

static void index_add(struct store_impl *m, struct store_at at, uint64_t hash)
{
    uint64_t i = hash >> m->bucket_shift;

    at.e->displaced = false;
    for (;; i = (i + 1) & m->bucket_mask) {
        struct bucket *b = &m->bucket[i];
        unsigned room = match4(b->sig, 0) & ((1u << BUCKET_ENTRIES) - 1);

        if (room) {
            unsigned k = (unsigned)__builtin_ctz(room);

            b->sig[k] = sig_of(hash);
            b->entry[k] = (uint32_t)number_of(m, at);
            at.e->slot = (uint32_t)i * 4 + k;
            return;
        }
        b->over++;
        at.e->displaced = true;
    }
}

static void index_drop(struct store_impl *m, const struct store_entry *e)
{
    m->bucket[e->slot / 4].sig[e->slot % 4] = 0;
    if (e->displaced) {
        uint64_t hash = hash_of(e->ctx, e->base >> e->size_log2, e->size_log2);

        for (uint64_t i = hash >> m->bucket_shift; i != e->slot / 4; i = (i + 1) & m->bucket_mask)
            m->bucket[i].over--;
    }
}

/* ---- coming and going ---- */

static void size_appears(struct store_impl *m, unsigned size)
{
    unsigned i = m->sizes++;

    for (; i && (m->size[i - 1] < size) == m->largest_first; i--)
        m->size[i] = m->size[i - 1];
    m->size[i] = (uint8_t)size;
}

static void size_vanishes(struct store_impl *m, unsigned size)
{
    unsigned i = 0;

    while (m->size[i] != size)
        i++;
    m->sizes--;
    memmove(&m->size[i], &m->size[i + 1], m->sizes - i);
}

void store_drop(struct store_impl *m, struct store_at at)
{
    struct store_entry *e = at.e;

    e->valid = false;
    m->valid--;
    if (--m->count[e->size_log2] == 0)
        size_vanishes(m, e->size_log2);
    if (m->small) {
        small_set(m, at.set)->sig[at.way] = 0;
        return;
    }
    index_drop(m, e);
    if (keeps_age(m))
        link_out(m->link, number_of(m, at));
    m->busy[at.set * m->words + at.way / 64] &= ~(1ull << at.way % 64);
    m->set[at.set].used--;
    if (at.way < m->set[at.set].first_free)
        m->set[at.set].first_free = at.way;
}

/* Writes the key of a new entry into a free place and makes it known to lookups and to the policy. */
static void place(struct store_impl *m, struct store_at at, uint64_t ctx, uint64_t base,
                  unsigned size, uint64_t hash)
{
    at.e->ctx = ctx;
    at.e->base = base;
    at.e->size_log2 = (uint8_t)size;
    at.e->valid = true;
    m->valid++;
    if (m->count[size]++ == 0)
        size_appears(m, size);
    if (m->small) {
        small_set(m, at.set)->sig[at.way] = sig_of(hash);
    } else {
        index_add(m, at, hash);
        m->busy[at.set * m->words + at.way / 64] |= 1ull << at.way % 64;
        m->set[at.set].used++;
    }
    policy_fill(m, at);
}

/* The lowest free way of a set, `usable` if it is full. */
static uint32_t free_way(struct store_impl *m, uint64_t set, uint32_t usable)
{
    struct wide_set *w;
    uint64_t *busy;
    uint32_t i;

    if (m->small) {
        unsigned room = ~(unsigned)busy_ways(m, set, 0) | 1u << usable;

        return (uint32_t)__builtin_ctz(room);
    }
    w = &m->set[set];
    if (w->used == usable)
        return usable;
    busy = &m->busy[set * m->words];
    for (i = w->first_free / 64; !~busy[i];)
        i++;
    return w->first_free = i * 64 + (uint32_t)__builtin_ctzll(~busy[i]);
}

static struct store_at make_room(struct store *s, uint64_t set)
{
    struct store_impl *m = s->impl;
    uint32_t usable = usable_of(m, set), way = free_way(m, set, usable);
    struct store_at at;

    if (way < usable)
        return place_at(m, set, way);
    at = place_at(m, set, policy_victim(m, set));
    store_drop(m, at);
    s->st.evictions++;
    return at;
}

static void empty(struct store_impl *m)
{
    for (uint64_t set = 0; set < m->sets && m->valid; set++)
        for (size_t w = 0; w < m->words; w++)
            for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1)
                store_drop(m, place_at(m, set, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(b)));
}

void *store_insert(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2, uint64_t tag,
                   bool *flushed)
{
    struct store_impl *m = s->impl;
    struct store_at at = { 0 };
    bool flush;

    SIM_CHECK(size_log2 < SIZES, "%s: block of 2^%u bytes", s->comp.name, size_log2);
    flush = m && m->policy == STORE_FLUSH_ALL && m->valid == m->usable;
    if (flushed)
        *flushed = flush;
    if (!m)
        return NULL;
    if (flush) {
        empty(m);
        s->st.flushes++;
    }
    s->st.inserts++;
    base = bits_align_down(base, size_log2);
    if (m->count[size_log2])
        at = store_find(m, ctx, base, size_log2);
    if (at.e) {
        policy_touch(m, at);
    } else {
        uint64_t block = base >> size_log2, hash = hash_of(ctx, block, size_log2);

        at = make_room(s, set_of(m, hash, block));
        place(m, at, ctx, base, size_log2, hash);
    }
    at.e->tag = tag;
    memset(payload_of(at.e), 0, m->payload_bytes);
    return payload_of(at.e);
}

bool store_remove(struct store *s, uint64_t ctx, uint64_t base, unsigned size_log2)
{
    struct store_impl *m = s->impl;
    struct store_at at = { 0 };

    if (!m)
        return false;
    s->st.invalidations++;
    if (size_log2 < SIZES && m->count[size_log2])
        at = store_find(m, ctx, base, size_log2);
    if (!at.e)
        return false;
    store_drop(m, at);
    s->st.invalidated++;
    return true;
}

void store_clear(struct store *s)
{
    if (s->impl)
        empty(s->impl);
}

uint64_t store_valid(const struct store *s)
{
    return s->impl ? s->impl->valid : 0;
}

uint64_t store_usable(const struct store *s)
{
    return s->impl ? s->impl->usable : 0;
}

void store_each(const struct store *s, void (*fn)(const struct store_view *v, void *arg), void *arg)
{
    const struct store_impl *m = s->impl;
    struct store_view v;

    for (uint64_t set = 0; m && set < m->sets; set++)
        for (size_t w = 0; w < m->words; w++)
            for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1) {
                uint32_t way = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(b);

                store_view_of(s, payload_of(place_at(m, set, way).e), &v);
                fn(&v, arg);
            }
}
