/* SPDX-License-Identifier: Apache-2.0
 *
 * test_store.c - hw/store against the plain model of store_ref.h over random operations, and what
 * the header promises, one sentence at a time.
 */
#include "hw/store.h"

#include "base/sim.h"
#include "hw/store_impl.h"
#include "store_ref.h"
#include "suite.h"

enum { POLICIES = 7, OPS = 1500, CTXS = 3 };

static const struct { uint64_t sets, ways; } shapes[] = {
    { 1, 1 },   { 1, 2 },  { 1, 5 },  { 1, 8 },  { 1, 9 },  { 1, 33 }, { 1, 64 }, { 1, 70 },
    { 1, 200 }, { 64, 1 }, { 4, 4 },  { 7, 3 },  { 16, 8 }, { 6, 7 },  { 5, 11 }, { 4, 16 },
    { 2, 65 },
};

struct pair { struct store s; struct ref r; };

static void pair_up(struct pair *p, const struct store_params *par, uint64_t seed)
{
    CU_ASSERT_EQUAL_FATAL(store_init(&p->s, NULL, "tlb", par, sizeof(uint64_t), 64, seed), SIM_OK);
    ref_init(&p->r, par, seed, "tlb");
    p->r.skew = p->s.impl;
}

static void pair_down(struct pair *p)
{
    store_destroy(&p->s);
    ref_destroy(&p->r);
}

/* ---- random operations ---- */

struct mix { unsigned n; unsigned size[5]; };

static const struct mix mixes[] = {
    { 1, { 12 } }, { 1, { 0 } }, { 3, { 12, 21, 30 } }, { 5, { 12, 14, 16, 25, 29 } },
    { 4, { 0, 12, 39, 63 } },
};

/* Addresses that meet each other: few blocks of each size, some at the top of the address space. */
static uint64_t some_addr(struct rng *g, const struct mix *x)
{
    uint64_t a = (rng_below(g, 24) << x->size[rng_below(g, x->n)]) + rng_below(g, 4096);

    return rng_below(g, 8) == 0 ? ~a : a;
}

static struct store_match some_match(struct rng *g, const struct mix *x)
{
    struct store_match m = { 0 };
    uint64_t kind = rng_below(g, 16);
    uint64_t len = rng_below(g, 4) ? 4096 : 1ull << (12 + rng_below(g, 30));

    m.n_tag = (unsigned)rng_below(g, 3);
    for (unsigned i = 0; i < m.n_tag; i++) {
        m.tag[i].mask = i ? 7 : 3;
        m.tag[i].value = rng_below(g, 4);
    }
    if (kind & 1) {
        m.ctx_mask = kind & 2 ? ~0ull : 1;
        m.ctx_value = rng_below(g, CTXS) & m.ctx_mask;
    }
    m.first = some_addr(g, x);
    m.last = m.first + len - 1 < m.first ? ~0ull : m.first + len - 1;
    m.by_addr = kind >= 2;
    if (kind >= 13) {
        m.frame_mask = kind == 15 ? rng_u64(g) : ~ref_top((unsigned)rng_below(g, 20));
        m.frame_value = m.first >> 12 & m.frame_mask;
    }
    return m;
}

struct census { const struct ref *r; uint64_t n, wrong; };

static void count_entry(const struct store_view *v, void *arg)
{
    struct census *c = arg;
    int64_t i = ref_find(c->r, v->ctx, v->base, v->size_log2);
    uint64_t value;

    memcpy(&value, v->payload, sizeof value);
    c->n++;
    c->wrong += i < 0 || c->r->e[i].tag != v->tag || c->r->e[i].value != value;
}

/* Both hold the same entries, each with the same tag and payload. */
static bool same_contents(const struct pair *p)
{
    struct census c = { .r = &p->r };

    store_each(&p->s, count_entry, &c);
    return c.wrong == 0 && c.n == ref_valid(&p->r) && c.n == store_valid(&p->s);
}

static bool same_lookup(struct pair *p, struct rng *g, const struct mix *x)
{
    uint64_t ctx = rng_below(g, CTXS), addr = some_addr(g, x);
    const uint64_t *peek = store_peek(&p->s, ctx, addr), *found = store_lookup(&p->s, ctx, addr);
    int64_t i = ref_lookup(&p->r, ctx, addr);

    return peek == found && (found ? i >= 0 && p->r.e[i].value == *found : i < 0);
}

static bool same_insert(struct pair *p, struct rng *g, const struct mix *x)
{
    unsigned size = x->size[rng_below(g, x->n)];
    uint64_t ctx = rng_below(g, CTXS), addr = some_addr(g, x), tag = rng_below(g, 8), *payload;
    bool flushed, expected;
    struct ref_entry *e = ref_insert(&p->r, ctx, addr, size, tag, &expected);
    bool zero;

    payload = store_insert(&p->s, ctx, addr, size, tag, &flushed);
    zero = *payload == 0;
    *payload = e->value = rng_u64(g);
    return zero && flushed == expected;
}

static bool same_removal(struct pair *p, struct rng *g, const struct mix *x)
{
    struct store_match m = some_match(g, x);
    unsigned size = x->size[rng_below(g, x->n)];
    uint64_t kind = rng_below(g, 40);
    int64_t i;

    if (kind == 0) {
        store_clear(&p->s);
        for (uint64_t k = 0; k < p->r.par.sets * p->r.par.ways; k++)
            p->r.e[k].valid = false;
        return true;
    }
    if (kind > 10)
        return store_invalidate(&p->s, &m) == ref_invalidate(&p->r, &m);
    i = ref_find(&p->r, 1, m.first & ~ref_top(size), size);
    p->r.st.invalidations++;
    p->r.st.invalidated += i >= 0;
    if (i >= 0)
        p->r.e[i].valid = false;
    return store_remove(&p->s, 1, m.first, size) == (i >= 0);
}

static const char *const sizes_name[] = { "parallel", "arrays", "skewed", "sequential" };

/* Another part of the ways for the inserts to come. */
static void divide(struct pair *p, struct rng *g)
{
    unsigned from = (unsigned)rng_below(g, 100), to = from + 1 + (unsigned)rng_below(g, 100 - from);
    uint64_t ways = p->r.par.ways;

    store_ways(&p->s, from, to);
    p->r.divided = true;
    p->r.first = ways * from / 100;
    p->r.end = ways * to / 100 > p->r.first ? ways * to / 100 : p->r.first + 1;
}

static void run_random(const struct store_params *par, const struct mix *x, uint64_t seed, bool divided)
{
    struct pair p;
    struct rng g;
    bool same = true;
    unsigned op = 0;

    pair_up(&p, par, seed);
    rng_init(&g, seed, "operations");
    for (; same && op < OPS; op++) {
        uint64_t what = rng_below(&g, 32);

        if (divided && op % 8 == 0)
            divide(&p, &g);

        same = what < 15   ? same_lookup(&p, &g, x)
               : what < 31 ? same_insert(&p, &g, x)
                           : same_removal(&p, &g, x);
        if (op % 32 == 0 || op + 1 == OPS)
            same = same && same_contents(&p);
    }
    if (!same || memcmp(&p.s.st, &p.r.st, sizeof p.s.st) != 0)
        fprintf(stderr, "\n%" PRIu64 " x %" PRIu64 " policy %" PRIu64 " probe %" PRIu64
                " reserved %" PRIu64 " %s, sizes %u: differs, operation %u\n", par->sets, par->ways,
                par->policy, par->probe, par->reserved, sizes_name[par->sizes], x->n, op);
    CU_ASSERT_FATAL(same);
    CU_ASSERT(memcmp(&p.s.st, &p.r.st, sizeof p.s.st) == 0);
    CHECK_EQ(store_usable(&p.s), ref_capacity(&p.r));
    pair_down(&p);
}

static void every_organisation_and_policy_agrees_with_the_reference(void)
{
    uint64_t seed = 0;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (uint64_t policy = 0; policy < POLICIES; policy++)
            for (size_t x = 0; x < ARRAY_LEN(mixes); x++, seed++) {
                uint64_t all = shapes[i].sets * shapes[i].ways;
                struct store_params par = {
                    .sets = shapes[i].sets, .ways = shapes[i].ways, .policy = policy,
                    .probe = seed % 2, .reserved = seed % 3 == 0 ? seed % all : 0,
                };

                run_random(&par, &mixes[x], seed, false);
            }
}

/* What RTL may do otherwise: a tree touched by hits alone, free ways not first; in part of the ways, too. */
static void what_fills_touch_and_where_they_go_agrees_with_the_reference(void)
{
    uint64_t seed = 9000;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (uint64_t policy = 0; policy < POLICIES; policy++)
            for (uint64_t knobs = 1; knobs < 4; knobs++, seed++) {
                struct store_params par = {
                    .sets = shapes[i].sets, .ways = shapes[i].ways, .policy = policy,
                    .touch_on_fill = knobs & 1, .invalid_first = knobs >> 1,
                    .sizes = seed % 5 == 0 ? STORE_SEQUENTIAL : STORE_PARALLEL,
                    .reserved = seed % 4 == 0 ? shapes[i].sets : 0,
                };

                run_random(&par, &mixes[seed % 4], seed, seed % 7 == 0);
            }
}

struct ways_of { const struct store *s; uint64_t sets, ways, at, wrong; };

static void check_way(const struct store_view *v, void *arg)
{
    struct ways_of *w = arg;

    w->wrong += store_way(w->s, v->payload) != w->at % w->ways;
    w->at++;
}

/* Full, so that store_each meets every way. */
static void an_entry_tells_its_way(void)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct ways_of w = { .sets = shapes[i].sets, .ways = shapes[i].ways };
        struct store_params par = { .sets = w.sets, .ways = w.ways };
        struct store s;

        CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
        for (uint64_t n = 0; n < w.sets * w.ways; n++)
            store_insert(&s, 1, n << 12, 12, 0, NULL);
        w.s = &s;
        store_each(&s, check_way, &w);
        CHECK_EQ(w.at, w.sets * w.ways);
        CHECK_EQ(w.wrong, 0);
        store_destroy(&s);
    }
}

static void inserts_into_a_part_of_the_ways_agree_with_the_reference(void)
{
    uint64_t seed = 5000;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (uint64_t policy = 0; policy < POLICIES; policy++, seed++) {
            struct store_params par = {
                .sets = shapes[i].sets, .ways = shapes[i].ways, .policy = policy,
                .sizes = seed % 3 == 0 ? STORE_SEQUENTIAL : STORE_PARALLEL,
                .reserved = seed % 4 == 0 ? shapes[i].sets : 0,
            };

            run_random(&par, &mixes[seed % 4], seed, true);
        }
}

static void every_way_of_holding_sizes_agrees_with_the_reference(void)
{
    uint64_t seed = 1000;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (uint64_t policy = 0; policy < POLICIES; policy++)
            for (size_t x = 2; x < ARRAY_LEN(mixes); x++)
                for (uint64_t sizes = STORE_ARRAYS + (policy + x) % 2; sizes <= STORE_SEQUENTIAL; sizes += 2, seed++) {
                    struct store_params par = {
                        .sets = shapes[i].sets, .ways = shapes[i].ways, .policy = policy,
                        .probe = seed % 2, .sizes = sizes,
                        .reserved = sizes != STORE_SKEWED && seed % 5 == 0 ? shapes[i].sets : 0,
                        .sets_blocks = shapes[i].sets > 6 && seed % 3 == 0 ? 2 : 0,
                    };

                    run_random(&par, &mixes[x], seed, false);
                }
}

/* Pages fill the sets that are theirs and leave a block alone that a store for all would lose. */
static void an_array_of_its_own_keeps_blocks_from_being_replaced_by_pages(void)
{
    for (uint64_t sizes = STORE_PARALLEL; sizes <= STORE_ARRAYS; sizes++) {
        struct store_params par = { .sets = 16, .ways = 2, .sizes = sizes };
        struct store s;

        CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
        store_insert(&s, 1, 0, 21, 0, NULL);
        store_insert(&s, 1, 1ull << 30, 30, 0, NULL);
        for (uint64_t i = 0; i < 64; i++)
            store_insert(&s, 2, i << 12, 12, 0, NULL);
        CU_ASSERT((store_lookup(&s, 1, 4096) != NULL) == (sizes == STORE_ARRAYS));
        CU_ASSERT((store_lookup(&s, 1, 1ull << 30) != NULL) == (sizes == STORE_ARRAYS));
        CHECK_EQ(store_valid(&s), sizes == STORE_ARRAYS ? 2 * (16 - 4 - 2) + 2 : 32);
        store_destroy(&s);
    }
}

/* Blocks with one set in a plain store, and so all in each other's way, do not meet in every way of a
 * skewed one; for each address half of the ways are for pages, a quarter for each of the other kinds. */
static void ways_of_a_skewed_store_have_indices_and_sizes_of_their_own(void)
{
    struct store_params par = { .sets = 64, .ways = 8, .sizes = STORE_SKEWED };
    unsigned found = 0, different = 0;
    struct store s;

    CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
    for (uint64_t i = 0; i < 32; i++)
        store_insert(&s, 1, i << 18, 12, 0, NULL);
    for (uint64_t i = 0; i < 32; i++)
        found += store_peek(&s, 1, i << 18) != NULL;
    CHECK_EQ(found, 32);
    for (uint64_t ctx = 0; ctx < 32; ctx++)
        for (unsigned kind = 0; kind < STORE_KINDS; kind++) {
            struct store_key k = key_of(s.impl, ctx, ctx << 43, 12 + 9 * kind);
            unsigned ways = 0;

            for (uint64_t way = 0; way < par.ways; way++)
                ways += store_skew_way(s.impl, &k, way);
            CHECK_EQ(ways, kind == 0 ? 4 : 2);
            different += store_skew_set(s.impl, &k, 0) != store_skew_set(s.impl, &k, 1);
        }
    CU_ASSERT(different > 80);
    store_destroy(&s);
}

static void each_further_size_is_a_further_lookup(void)
{
    struct store_params par = { .sets = 16, .ways = 4, .sizes = STORE_SEQUENTIAL, .probe = STORE_SMALLEST };
    static const unsigned size[] = { 12, 21, 30 };
    struct store s;

    CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
    CU_ASSERT_PTR_NULL(store_lookup(&s, 1, 0));
    CHECK_EQ(s.further, 0);
    for (unsigned i = 0; i < 3; i++)
        store_insert(&s, 1, (uint64_t)i << 30, size[i], 0, NULL);
    for (unsigned again = 0; again < 2; again++)
        for (unsigned i = 0; i < 3; i++) {
            CU_ASSERT_PTR_NOT_NULL(store_lookup(&s, 1, (uint64_t)i << 30));
            CHECK_EQ(s.further, i);
        }
    CU_ASSERT_PTR_NULL(store_lookup(&s, 1, 5ull << 30));
    CHECK_EQ(s.further, 2);
    CHECK_EQ(s.st.further, 2 * (0 + 1 + 2) + 2);
    CHECK_EQ(s.st.lookups, 8);
    store_destroy(&s);
}

/* Sets of 4 and 8 stamp their ways with a clock of 32 bits, which here goes round once in a run. */
static void age_survives_the_clock_going_round(void)
{
    for (uint64_t ways = 2; ways <= 8; ways += 3) {
        struct store_params par = { .sets = 3, .ways = ways, .reserved = 4 };
        struct pair p;
        struct rng g;
        bool same = true;

        pair_up(&p, &par, ways);
        rng_init(&g, ways, "operations");
        for (unsigned op = 0; op < 600; op++) {
            if (op == 200)
                p.s.impl->clock = UINT32_MAX - 50;
            same = same && (op % 2 ? same_lookup : same_insert)(&p, &g, &mixes[0]);
            same = same && same_contents(&p);
        }
        CU_ASSERT(same);
        CU_ASSERT(p.s.impl->clock < 1000);
        pair_down(&p);
    }
}

/* The block number that gives context `ctx` the hash of (0, block). */
static uint64_t twin_of(uint64_t block, uint64_t ctx)
{
    uint64_t k = hash_of(0, 1), inverse = k;

    for (int i = 0; i < 6; i++)                /* Newton: each step doubles the right bits */
        inverse *= 2 - k * inverse;
    return (hash_of(0, block) ^ hash_of(ctx, 0)) * inverse;
}

static void keys_with_equal_hashes_are_told_apart(void)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct store_params par = { .sets = shapes[i].sets, .ways = shapes[i].ways };
        struct store s;
        unsigned n = par.ways < 8 ? (unsigned)par.ways : 8, found = 0;

        CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
        for (uint64_t ctx = 0; ctx < n; ctx++) {
            CHECK_EQ(hash_of(ctx, twin_of(77, ctx)), hash_of(0, 77));
            *(uint64_t *)store_insert(&s, ctx, twin_of(77, ctx), 0, 0, NULL) = ctx;
        }
        for (uint64_t ctx = 0; ctx < n; ctx++) {
            const uint64_t *p = store_lookup(&s, ctx, twin_of(77, ctx));

            found += p && *p == ctx;
        }
        CHECK_EQ(found, n);
        CU_ASSERT_PTR_NULL(store_lookup(&s, n, twin_of(77, n)));
        for (uint64_t ctx = 0; ctx < n; ctx += 2)
            CU_ASSERT_TRUE(store_remove(&s, ctx, twin_of(77, ctx), 0));
        for (uint64_t ctx = 0; ctx < n; ctx++)
            CU_ASSERT((store_peek(&s, ctx, twin_of(77, ctx)) != NULL) == (ctx % 2 == 1));
        store_destroy(&s);
    }
}

/* ---- large blocks ---- */

static const unsigned blocks[] = { 12, 14, 16, 21, 25, 29, 30, 36, 39, 42 };

/* Calls fn for every organisation, policy and kind of index, with a store of that kind. */
static void in_every_store(void (*fn)(struct store *s))
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (uint64_t k = 0; k < POLICIES * 2; k++) {
            struct store_params par = { .sets = shapes[i].sets, .ways = shapes[i].ways,
                                        .policy = k / 2, .index = k % 2 };
            struct store s;

            CU_ASSERT_EQUAL_FATAL(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
            fn(&s);
            store_destroy(&s);
        }
}

static void block_hits(struct store *s)
{
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        uint64_t len = 1ull << blocks[i], base = 5 * len;
        void *p = store_insert(s, 9, base + len / 2, blocks[i], 0, NULL);

        CHECK_EQ(store_valid(s), 1);
        for (uint64_t k = 0; k < 64; k++)
            CU_ASSERT(store_lookup(s, 9, base + k * (len / 64) + k) == p);
        CU_ASSERT(store_lookup(s, 9, base + len - 1) == p);
        CU_ASSERT(store_lookup(s, 9, base - 1) == NULL);
        CU_ASSERT(store_lookup(s, 9, base + len) == NULL);
        CU_ASSERT(store_lookup(s, 8, base) == NULL);
        store_clear(s);
    }
}

static void a_block_fills_one_entry_and_hits_over_its_whole_range(void)
{
    in_every_store(block_hits);
}

static struct store_match page_at(uint64_t addr, bool exact)
{
    struct store_match m = { .by_addr = true, .first = addr & ~4095ull, .last = addr | 4095 };

    if (exact) {
        m.ctx_mask = ~0ull;
        m.ctx_value = 9;
    } else {
        m.n_tag = 1;
        m.tag[0].mask = 0xff;
        m.tag[0].value = 4;
    }
    return m;
}

static void block_goes(struct store *s)
{
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        for (uint64_t k = 0; k < 8; k++) {
            uint64_t len = 1ull << blocks[i], base = 3 * len;
            struct store_match m = page_at(base + k * (len / 8 - 1) + k / 7 * 7, k % 2);
            struct store_match below = page_at(base - 1, k % 2), above = page_at(base + len, k % 2);

            store_insert(s, 9, base, blocks[i], 4, NULL);
            CHECK_EQ(store_invalidate(s, &below), 0);
            CHECK_EQ(store_invalidate(s, &above), 0);
            CHECK_EQ(store_invalidate(s, &m), 1);
            CHECK_EQ(store_valid(s), 0);
        }
}

static void an_invalidation_of_any_page_inside_finds_the_block(void)
{
    in_every_store(block_goes);
}

/* Pages 0..15 in a store large enough; invalidates pages 4..11 to the byte, and one byte less or
 * more. */
static void range_edges(struct store *s)
{
    static const struct { int64_t first, last; uint64_t gone; } edge[] = {
        { 0, 0, 8 }, { 1, -1, 8 }, { -1, 0, 9 }, { 0, 1, 9 }, { 4096, -4096, 6 },
    };

    if (s->par.sets * s->par.ways < 64 || s->par.ways < 4)
        return;
    for (size_t i = 0; i < ARRAY_LEN(edge) * 2; i++) {
        struct store_match m = page_at(0, i % 2);

        store_clear(s);
        for (uint64_t page = 0; page < 16; page++)
            store_insert(s, 9, page << 12, 12, 4, NULL);
        CHECK_EQ(store_valid(s), 16);
        m.first = (uint64_t)((4 << 12) + edge[i / 2].first);
        m.last = (uint64_t)((12 << 12) - 1 + edge[i / 2].last);
        CHECK_EQ(store_invalidate(s, &m), edge[i / 2].gone);
        CHECK_EQ(store_valid(s), 16 - edge[i / 2].gone);
        CU_ASSERT((store_peek(s, 9, 3 << 12) == NULL) == (edge[i / 2].first < 0));
        CU_ASSERT((store_peek(s, 9, 12 << 12) == NULL) == (edge[i / 2].last > 0));
    }
}

static void an_invalidated_range_ends_at_its_first_and_last_byte(void)
{
    in_every_store(range_edges);
}

static void the_last_block_of_the_address_space_can_be_held_and_removed(void)
{
    struct store_params par = { .sets = 4, .ways = 4 };
    struct store_match m = { .by_addr = true, .first = ~0ull - 1, .last = ~0ull };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    store_insert(&s, 0, ~0ull, 12, 0, NULL);
    store_insert(&s, 0, ~0ull, 63, 0, NULL);
    store_insert(&s, 0, 0, 63, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL(store_lookup(&s, 0, ~0ull));
    CHECK_EQ(store_invalidate(&s, &m), 2);
    CHECK_EQ(store_valid(&s), 1);
    store_destroy(&s);
}

static void probe_order_decides_between_blocks_that_overlap(void)
{
    for (uint64_t probe = 0; probe < 2; probe++) {
        struct store_params par = { .sets = 4, .ways = 4, .probe = probe };
        struct store s;
        void *page, *block;

        store_init(&s, NULL, "tlb", &par, 8, 64, 1);
        page = store_insert(&s, 0, 0x1000, 12, 0, NULL);
        block = store_insert(&s, 0, 0, 21, 0, NULL);
        CU_ASSERT(store_lookup(&s, 0, 0x1234) == (probe == STORE_LARGEST ? block : page));
        CU_ASSERT(store_lookup(&s, 0, 0x2234) == block);
        store_destroy(&s);
    }
}

/* ---- organisation ---- */

static void of_128_entries_with_11_reserved_117_hold_something(void)
{
    struct store_params par = { .sets = 1, .ways = 128, .reserved = 11 };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 100, 1);
    CHECK_EQ(store_usable(&s), 117);
    for (uint64_t i = 0; i < 500; i++)
        store_insert(&s, 0, i << 12, 12, 0, NULL);
    CHECK_EQ(store_valid(&s), 117);
    CHECK_EQ(s.comp.bits, 12800);
    CU_ASSERT_PTR_NULL(store_peek(&s, 0, (500ull - 118) << 12));
    CU_ASSERT_PTR_NOT_NULL(store_peek(&s, 0, (500ull - 117) << 12));
    store_destroy(&s);
}

static void reserving_everything_leaves_one_entry_in_each_set(void)
{
    struct store_params par = { .sets = 3, .ways = 4, .reserved = 12 };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    CHECK_EQ(store_usable(&s), 3);
    for (uint64_t i = 0; i < 9; i++)
        store_insert(&s, 0, i << 12, 12, 0, NULL);
    CHECK_EQ(store_valid(&s), 3);
    store_destroy(&s);
}

static void five_sets_are_told_apart_by_the_remainder_of_the_block_number(void)
{
    struct store_params par = { .sets = 5, .ways = 1 };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    for (uint64_t i = 0; i < 5; i++)
        store_insert(&s, 0, (1000 + i) << 12, 12, 0, NULL);
    CHECK_EQ(store_valid(&s), 5);
    store_insert(&s, 0, 1007ull << 12, 12, 0, NULL);
    CHECK_EQ(store_valid(&s), 5);
    CU_ASSERT_PTR_NULL(store_peek(&s, 0, 1002ull << 12));
    CHECK_EQ(s.st.evictions, 1);
    store_destroy(&s);
}

static void a_hashed_index_spreads_contexts_that_use_the_same_addresses(void)
{
    for (uint64_t index = 0; index < 2; index++) {
        struct store_params par = { .sets = 256, .ways = 8, .index = index };
        struct store s;

        store_init(&s, NULL, "tlb", &par, 8, 64, 1);
        for (uint64_t i = 0; i < 1024; i++)
            store_insert(&s, i >> 2, (i & 3) << 12, 12, 0, NULL);
        CU_ASSERT(index == STORE_HASH ? store_valid(&s) > 900 : store_valid(&s) == 4 * 8);
        store_destroy(&s);
    }
}

static void a_hashed_store_finds_what_is_in_it_and_invalidates_by_address(void)
{
    struct store_params par = { .sets = 13, .ways = 6, .index = STORE_HASH };
    struct store s;
    uint64_t found = 0, gone = 0;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    for (uint64_t i = 0; i < 60; i++)
        *(uint64_t *)store_insert(&s, i % 4, i << 21, 21, 4, NULL) = i;
    for (uint64_t i = 0; i < 60; i++) {
        const uint64_t *p = store_lookup(&s, i % 4, (i << 21) + 77);

        found += p && *p == i;
    }
    CHECK_EQ(found, store_valid(&s));
    CHECK_EQ(found, 60 - s.st.evictions);
    for (uint64_t i = 0; i < 60; i++) {
        struct store_match m = page_at((i << 21) + 0x5000, false);

        gone += store_invalidate(&s, &m);
    }
    CHECK_EQ(gone, found);
    store_destroy(&s);
}

static void a_tree_of_any_number_of_ways_fills_all_and_spares_the_last_used(void)
{
    for (uint64_t ways = 1; ways < 300; ways += ways < 20 ? 1 : 13) {
        struct store_params par = { .sets = 1, .ways = ways, .policy = STORE_PLRU };
        struct store s;

        store_init(&s, NULL, "tlb", &par, 8, 64, 1);
        for (uint64_t i = 0; i < ways; i++)
            store_insert(&s, 0, i << 12, 12, 0, NULL);
        CHECK_EQ(store_valid(&s), ways);
        for (uint64_t i = ways; ways > 1 && i < 4 * ways; i++) {
            const void *used = store_lookup(&s, 0, (i - 1) << 12);

            CU_ASSERT_PTR_NOT_NULL(used);
            CU_ASSERT(store_insert(&s, 0, i << 12, 12, 0, NULL) != used);
        }
        store_destroy(&s);
    }
}

/* ---- policies ---- */

static struct store_params four_ways(enum store_policy policy)
{
    return (struct store_params){ .sets = 1, .ways = 4, .policy = policy };
}

/* Fills pages 0..3, uses page 0, inserts page 4; returns the page that is gone. */
static uint64_t replaced(enum store_policy policy)
{
    struct store_params par = four_ways(policy);
    struct store s;
    uint64_t gone = 99;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    for (uint64_t i = 0; i < 4; i++)
        store_insert(&s, 0, i << 12, 12, 0, NULL);
    store_lookup(&s, 0, 0);
    store_insert(&s, 0, 4 << 12, 12, 0, NULL);
    for (uint64_t i = 0; i < 4; i++)
        if (!store_peek(&s, 0, i << 12))
            gone = i;
    store_destroy(&s);
    return gone;
}

static void lru_spares_what_was_used_and_fifo_and_round_robin_do_not(void)
{
    CHECK_EQ(replaced(STORE_LRU), 1);
    CHECK_EQ(replaced(STORE_PLRU), 2);
    CHECK_EQ(replaced(STORE_FIFO), 0);
    CHECK_EQ(replaced(STORE_RR), 0);
}

static void a_full_flush_all_store_is_emptied_by_any_insert(void)
{
    struct store_params par = four_ways(STORE_FLUSH_ALL);
    struct store s;
    bool flushed;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    for (uint64_t i = 0; i < 4; i++) {
        store_insert(&s, 0, i << 12, 12, 0, &flushed);
        CU_ASSERT_FALSE(flushed);
    }
    CHECK_EQ(store_valid(&s), 4);
    store_insert(&s, 0, 2 << 12, 12, 0, &flushed);     /* though the key is there */
    CU_ASSERT_TRUE(flushed);
    CHECK_EQ(store_valid(&s), 1);
    store_insert(&s, 0, 2 << 12, 12, 0, &flushed);     /* not full: in place */
    CU_ASSERT_FALSE(flushed);
    CHECK_EQ(store_valid(&s), 1);
    CHECK_EQ(s.st.flushes, 1);
    CHECK_EQ(s.st.evictions, 0);
    store_destroy(&s);
}

/* Which of pages 0..199 are there after 200 inserts into 64 ways, folded into one number. */
static uint64_t survivors(uint64_t seed, const char *name)
{
    struct store_params par = { .sets = 1, .ways = 64, .policy = STORE_RANDOM };
    struct store s;
    uint64_t sum = 0;

    store_init(&s, NULL, name, &par, 8, 64, seed);
    for (uint64_t i = 0; i < 200; i++)
        store_insert(&s, 0, i << 12, 12, 0, NULL);
    for (uint64_t i = 0; i < 200; i++)
        sum = sum * 3 + (store_peek(&s, 0, i << 12) != NULL);
    store_destroy(&s);
    return sum;
}

static void random_replacement_follows_seed_and_name_alone(void)
{
    CHECK_EQ(survivors(5, "tlb"), survivors(5, "tlb"));
    CU_ASSERT_NOT_EQUAL(survivors(5, "tlb"), survivors(6, "tlb"));
    CU_ASSERT_NOT_EQUAL(survivors(5, "tlb"), survivors(5, "cfg"));
}

/* ---- entries ---- */

static void a_payload_begins_zero_and_its_view_tells_the_key(void)
{
    struct store_params par = { .sets = 2, .ways = 3 };
    struct store s;
    struct store_view v;
    unsigned char *p, zero[100] = { 0 };

    store_init(&s, NULL, "tlb", &par, sizeof zero, 64, 1);
    p = store_insert(&s, 7, 0x40212345, 21, 0xabc, NULL);
    memset(p, 0xff, sizeof zero);
    p = store_insert(&s, 7, 0x40200000, 21, 0xdef, NULL);
    CHECK_EQ((uintptr_t)p % 16, 0);
    CU_ASSERT(memcmp(p, zero, sizeof zero) == 0);
    CU_ASSERT_TRUE(store_view_of(&s, p, &v));
    CHECK_EQ(v.ctx, 7);
    CHECK_EQ(v.base, 0x40200000);
    CHECK_EQ(v.size_log2, 21);
    CHECK_EQ(v.tag, 0xdef);
    CU_ASSERT_PTR_EQUAL(v.payload, p);
    CHECK_EQ(s.st.evictions, 0);
    CU_ASSERT_TRUE(store_remove(&s, 7, 0x40200000, 21));
    CU_ASSERT_FALSE(store_view_of(&s, p, &v));
    CU_ASSERT_FALSE(store_view_of(&s, NULL, &v));
    store_destroy(&s);
}

static void a_peek_neither_counts_nor_tells_the_policy(void)
{
    struct store_params par = { .sets = 1, .ways = 2, .policy = STORE_LRU };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    store_insert(&s, 0, 0x0000, 12, 0, NULL);
    store_insert(&s, 0, 0x1000, 12, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL(store_peek(&s, 0, 0));
    store_insert(&s, 0, 0x2000, 12, 0, NULL);
    CU_ASSERT_PTR_NULL(store_peek(&s, 0, 0));
    CHECK_EQ(s.st.lookups, 0);
    CHECK_EQ(s.st.hits, 0);
    store_destroy(&s);
}

static void what_does_not_exist_never_hits_and_costs_nothing(void)
{
    struct store_params par = { .sets = 0, .ways = 4 };
    struct store_match all = { 0 };
    struct store_view v;
    struct store s;
    bool flushed = true;

    CHECK_EQ(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
    CU_ASSERT_FALSE(store_exists(&s));
    CU_ASSERT_PTR_NULL(store_insert(&s, 0, 0, 12, 0, &flushed));
    CU_ASSERT_FALSE(flushed);
    CU_ASSERT_PTR_NULL(store_lookup(&s, 0, 0));
    CU_ASSERT_PTR_NULL(store_peek(&s, 0, 0));
    CU_ASSERT_FALSE(store_remove(&s, 0, 0, 12));
    CU_ASSERT_FALSE(store_view_of(&s, &par, &v));
    CHECK_EQ(store_invalidate(&s, &all), 0);
    CHECK_EQ(store_valid(&s) + store_usable(&s) + s.comp.bits + s.st.lookups, 0);
    store_clear(&s);
    store_destroy(&s);
}

static void a_store_too_large_for_its_numbers_is_refused(void)
{
    struct store_params par = { .sets = 1 << 20, .ways = 1 << 20 };
    struct store s;

    CHECK_EQ(store_init(&s, NULL, "tlb", &par, 8, 64, 1), SIM_EENV);
    store_destroy(&s);
}

/* ---- what came since ---- */

/* A store with a log, whose clock is `clock`. */
static void logged_up(struct store *s, const uint64_t *clock)
{
    struct store_params par = { .sets = 1, .ways = 16 };

    CU_ASSERT_EQUAL_FATAL(store_init(s, NULL, "tlb", &par, 8, 64, 1), SIM_OK);
    CHECK_EQ(store_keep_log(s, clock), SIM_OK);
}

/* An entry, and after it some invalidations: whether it is gone is whether it is covered. */
static bool covered_if_removed(struct rng *g, const struct mix *x)
{
    unsigned size = x->size[rng_below(g, x->n)], n = 1 + (unsigned)rng_below(g, 4);
    uint64_t ctx = rng_below(g, CTXS), addr = some_addr(g, x), tag = rng_below(g, 8), clock = 5;
    struct store s;
    bool gone, covered;

    logged_up(&s, &clock);
    store_insert(&s, ctx, addr, size, tag, NULL);
    for (unsigned i = 0; i < n; i++) {
        struct store_match m = some_match(g, x);

        clock++;
        store_invalidate(&s, &m);
    }
    gone = store_peek(&s, ctx, addr) == NULL;
    covered = store_covered(&s, 5, ctx, addr, size, tag);
    store_destroy(&s);
    return gone == covered;
}

static void invalidations_cover_just_what_they_would_have_removed(void)
{
    unsigned wrong = 0;
    struct rng g;

    rng_init(&g, 3, "covered");
    for (unsigned i = 0; i < 20000; i++)
        wrong += !covered_if_removed(&g, &mixes[i % ARRAY_LEN(mixes)]);
    CHECK_EQ(wrong, 0);
}

static void removal_of_a_key_covers_what_has_that_key(void)
{
    struct store s;
    uint64_t clock = 5;

    logged_up(&s, &clock);
    store_insert(&s, 1, 0x7000, 12, 3, NULL);
    clock++;
    CU_ASSERT_TRUE(store_remove(&s, 1, 0x7000, 12));
    CU_ASSERT_TRUE(store_covered(&s, 5, 1, 0x7000, 12, 3));
    CU_ASSERT_FALSE(store_covered(&s, 5, 2, 0x7000, 12, 3));
    CU_ASSERT_FALSE(store_covered(&s, 5, 1, 0x8000, 12, 3));
    store_destroy(&s);
}

static void invalidation_covers_what_began_before_it_and_nothing_later(void)
{
    struct store_match all = { 0 };
    uint64_t clock = 7;
    struct store s;

    logged_up(&s, &clock);
    store_invalidate(&s, &all);
    CU_ASSERT_TRUE(store_covered(&s, 6, 0, 0x1000, 12, 0));
    CU_ASSERT_FALSE(store_covered(&s, 7, 0, 0x1000, 12, 0));
    clock = 9;
    store_invalidate(&s, &(struct store_match){ .by_addr = true, .first = 0x5000, .last = 0x5fff });
    CU_ASSERT_FALSE(store_covered(&s, 7, 0, 0x1000, 12, 0));
    CU_ASSERT_TRUE(store_covered(&s, 8, 0, 0x5000, 12, 0));
    CU_ASSERT_FALSE(store_covered(&s, 9, 0, 0x5000, 12, 0));
    store_destroy(&s);
}

/* Of 32 invalidations it is known that none covers the entry; of one more it might be the first. */
static void what_is_forgotten_counts_as_covering(void)
{
    struct store_match other = { .by_addr = true, .first = 0x5000, .last = 0x5fff };
    uint64_t clock = 0;
    struct store s;

    logged_up(&s, &clock);
    for (clock = 1; clock <= STORE_LOG; clock++)
        store_invalidate(&s, &other);
    CU_ASSERT_FALSE(store_covered(&s, 0, 0, 0x1000, 12, 0));
    store_invalidate(&s, &other);
    CU_ASSERT_TRUE(store_covered(&s, 0, 0, 0x1000, 12, 0));
    CU_ASSERT_FALSE(store_covered(&s, 2, 0, 0x1000, 12, 0));
    store_destroy(&s);
}

static void without_a_log_nothing_is_covered(void)
{
    struct store_params par = { .sets = 1, .ways = 4 };
    struct store_match all = { 0 };
    struct store s;

    store_init(&s, NULL, "tlb", &par, 8, 64, 1);
    store_invalidate(&s, &all);
    CU_ASSERT_FALSE(store_covered(&s, 0, 0, 0x1000, 12, 0));
    store_destroy(&s);
}

#define TESTS(T)                                                                                   \
    T(every_organisation_and_policy_agrees_with_the_reference)                                     \
    T(inserts_into_a_part_of_the_ways_agree_with_the_reference)                                    \
    T(what_fills_touch_and_where_they_go_agrees_with_the_reference)                                \
    T(an_entry_tells_its_way)                                                                      \
    T(every_way_of_holding_sizes_agrees_with_the_reference)                                        \
    T(an_array_of_its_own_keeps_blocks_from_being_replaced_by_pages)                               \
    T(ways_of_a_skewed_store_have_indices_and_sizes_of_their_own)                                  \
    T(each_further_size_is_a_further_lookup)                                     \
    T(age_survives_the_clock_going_round)                                                          \
    T(keys_with_equal_hashes_are_told_apart)                                                       \
    T(a_block_fills_one_entry_and_hits_over_its_whole_range)                                       \
    T(an_invalidation_of_any_page_inside_finds_the_block)                                          \
    T(an_invalidated_range_ends_at_its_first_and_last_byte)                                        \
    T(the_last_block_of_the_address_space_can_be_held_and_removed)                                 \
    T(probe_order_decides_between_blocks_that_overlap)                                             \
    T(of_128_entries_with_11_reserved_117_hold_something)                                          \
    T(reserving_everything_leaves_one_entry_in_each_set)                                           \
    T(five_sets_are_told_apart_by_the_remainder_of_the_block_number)                               \
    T(a_hashed_index_spreads_contexts_that_use_the_same_addresses)                                 \
    T(a_hashed_store_finds_what_is_in_it_and_invalidates_by_address)                               \
    T(a_tree_of_any_number_of_ways_fills_all_and_spares_the_last_used)                             \
    T(lru_spares_what_was_used_and_fifo_and_round_robin_do_not)                                    \
    T(a_full_flush_all_store_is_emptied_by_any_insert)                                             \
    T(random_replacement_follows_seed_and_name_alone)                                              \
    T(a_payload_begins_zero_and_its_view_tells_the_key)                                            \
    T(a_peek_neither_counts_nor_tells_the_policy)                                                  \
    T(what_does_not_exist_never_hits_and_costs_nothing)                                            \
    T(a_store_too_large_for_its_numbers_is_refused)                                                \
    T(invalidations_cover_just_what_they_would_have_removed)                                       \
    T(removal_of_a_key_covers_what_has_that_key)                                                   \
    T(invalidation_covers_what_began_before_it_and_nothing_later)                                  \
    T(what_is_forgotten_counts_as_covering)                                                        \
    T(without_a_log_nothing_is_covered)
TEST_SUITE("store", TESTS)
