/* SPDX-License-Identifier: Apache-2.0
 *
 * What a cache is given: contexts, addresses and tags that meet each other, half of the lookups near what was filled
 * lately, invalidations of all scopes.  How much of each there is changes from time to time, so that the store is now
 * empty and now full, and ports are now idle and now all busy.  What is not taken is held.
 */
#include "base/bits.h"
#include "base/rng.h"
#include "base/sim.h"
#include "hw/store.h"
#include "rtl-cosim/twin/store_twin.h"

enum { CTXS = 3, RECENT = 64, MOOD_CYCLES = 300, SIZES = 3 };

/* Of 1024 cycles, how many have such an operation. */
struct mood { unsigned lookup, fill, inval; };

static const struct mood moods[] = {
    { 900, 150, 2 }, { 900, 150, 40 }, { 300, 900, 5 }, { 1024, 1024, 0 }, { 1024, 1024, 200 }, { 100, 60, 10 },
    { 1024, 0, 0 }, { 500, 500, 500 },
};

struct stimulus {
    struct rng rng;
    const struct mood *mood;
    uint64_t kind, spread;             /* blocks of the smallest size, around each larger one             */
    uint64_t addr_mask;                /* built.addr_bits                                                 */
    bool simple;                       /* built.inval_simple                                              */
    uint8_t size[SIZES];
    unsigned sizes;
    struct { uint64_t ctx, base; } recent[RECENT];
    unsigned at;
};

static const struct { uint8_t size[SIZES]; unsigned n; } shapes[] = {
    { { 12, 21, 30 }, 3 }, { { 0 }, 1 }, { { 21, 30, 39 }, 3 },
};

static int init(void *state, const struct cosim_param *built, uint64_t seed)
{
    struct stimulus *s = state;
    uint64_t sets = lockstep_param(built, "sets", 0), ways = lockstep_param(built, "ways", 4);

    s->kind = lockstep_param(built, "kind", STORE_TWIN_IOTLB);
    if (s->kind >= ARRAY_LEN(shapes))
        return SIM_EINPUT;
    sets = s->kind == STORE_TWIN_WALK ? lockstep_param(built, "sets2", 0) : sets;
    s->spread = sets * 2 + ways * 2;
    s->addr_mask = bits_low((unsigned)lockstep_param(built, "addr_bits", 64));
    s->simple = lockstep_param(built, "inval_simple", 0);
    s->sizes = shapes[s->kind].n;
    for (unsigned i = 0; i < SIZES; i++)
        s->size[i] = shapes[s->kind].size[i];
    rng_init(&s->rng, seed, "store");
    s->mood = &moods[0];
    return SIM_OK;
}

static bool one_in(struct stimulus *s, uint64_t n)
{
    return rng_below(&s->rng, n) == 0;
}

static uint64_t some_ctx(struct stimulus *s)
{
    return rng_below(&s->rng, CTXS) * 0x100000001ull;
}

/* Few blocks of each size, some of them the last ones of the address space. */
static uint64_t some_addr(struct stimulus *s)
{
    uint64_t addr = rng_below(&s->rng, s->spread) << s->size[0];

    for (unsigned i = 1; i < s->sizes; i++)
        addr += rng_below(&s->rng, 3) << s->size[i];
    addr += rng_u64(&s->rng) & ((1ull << s->size[0]) - 1);
    if (!one_in(s, 8))
        return addr;
    return s->kind == STORE_TWIN_CFG ? (uint32_t)~addr : ~addr & s->addr_mask;
}

static void look_up(struct stimulus *s, struct cosim_store_in *in)
{
    unsigned i = (unsigned)rng_below(&s->rng, RECENT);
    bool again = one_in(s, 2);

    in->lookup = true;
    in->lookup_ctx = again ? s->recent[i].ctx : some_ctx(s);
    in->lookup_addr = again ? s->recent[i].base : some_addr(s);
}

static void fill(struct stimulus *s, struct cosim_store_in *in)
{
    unsigned i = s->at++ % RECENT;

    in->fill = true;
    in->fill_ctx = one_in(s, 4) ? in->lookup_ctx : some_ctx(s);
    in->fill_base = one_in(s, 4) ? in->lookup_addr : some_addr(s);
    in->fill_size_log2 = s->size[one_in(s, 2) ? 0 : rng_below(&s->rng, s->sizes)];
    in->fill_tag = rng_below(&s->rng, 8) << 30 | rng_below(&s->rng, 4);
    in->fill_payload = (uint32_t)rng_u64(&s->rng);
    s->recent[i].ctx = in->fill_ctx;
    s->recent[i].base = in->fill_base;
}

/* Ranges: a page, a few blocks of one size, and long ones. */
static void some_range(struct stimulus *s, struct cosim_store_match *m)
{
    unsigned size = s->size[rng_below(&s->rng, s->sizes)];
    uint64_t blocks = one_in(s, 2) ? 1 : 1 + rng_below(&s->rng, s->spread), length = blocks << size;

    if (one_in(s, 8))
        length = 1ull << rng_below(&s->rng, 64);
    m->by_addr = true;
    m->first = one_in(s, 2) ? some_addr(s) : s->recent[rng_below(&s->rng, RECENT)].base;
    if (one_in(s, 2))
        m->first &= ~((1ull << size) - 1);
    m->last = m->first + length - 1 < m->first ? ~0ull : m->first + length - 1;
}

/* All, a context, or a page of a context: what simple designs know. */
static void invalidate_simply(struct stimulus *s, struct cosim_store_match *m)
{
    *m = (struct cosim_store_match){ 0 };
    if (one_in(s, 8))
        return;
    m->ctx_mask = ~0ull;
    m->ctx_value = some_ctx(s);
    m->by_addr = !one_in(s, 8);
    m->first = (one_in(s, 2) ? some_addr(s) : s->recent[rng_below(&s->rng, RECENT)].base) & ~0xfffull;
    m->last = m->first | 0xfff;
    if (!m->by_addr)
        m->first = m->last = 0;
}

static void invalidate(struct stimulus *s, struct cosim_store_in *in)
{
    struct cosim_store_match *m = &in->match;

    in->inval = true;
    if (s->simple) {
        invalidate_simply(s, m);
        return;
    }
    *m = (struct cosim_store_match){ .n_tag = (uint8_t)rng_below(&s->rng, 3) };
    for (unsigned i = 0; i < 2; i++) {
        m->tag_mask[i] = i ? 7ull << 30 | 1 : 3;
        m->tag_value[i] = (rng_below(&s->rng, 8) << 30 | rng_below(&s->rng, 4)) & m->tag_mask[i];
    }
    if (one_in(s, 2)) {
        m->ctx_mask = one_in(s, 4) ? 1 : ~0ull;
        m->ctx_value = some_ctx(s) & (one_in(s, 16) ? ~0ull : m->ctx_mask);
    }
    if (!one_in(s, 8))
        some_range(s, m);
}

static bool now(struct stimulus *s, unsigned of_1024)
{
    return rng_below(&s->rng, 1024) < of_1024;
}

static unsigned next(void *state, struct cosim_in *in, const struct cosim_out *said)
{
    struct stimulus *s = state;
    struct cosim_store_in *i = &in->store;
    unsigned done = said->store.ready ? (unsigned)i->lookup + i->fill + i->inval : 0;

    if (one_in(s, MOOD_CYCLES))
        s->mood = &moods[rng_below(&s->rng, ARRAY_LEN(moods))];
    if (said->store.ready)
        *i = (struct cosim_store_in){ 0 };
    if (!i->lookup && now(s, s->mood->lookup))
        look_up(s, i);
    if (!i->fill && now(s, s->mood->fill))
        fill(s, i);
    if (!i->inval && now(s, s->mood->inval))
        invalidate(s, i);
    return done;
}

const struct lockstep_stimulus store_stimulus = { .bytes = sizeof(struct stimulus), .init = init, .next = next };
