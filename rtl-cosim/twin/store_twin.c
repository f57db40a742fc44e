/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/store_twin.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "hw/store.h"

enum { LEVELS = 3, LATENCY_MAX = 3, SIZES_MAX = 3 };

struct cosim_dut {
    struct store store[LEVELS];
    unsigned levels;                   /* a walk cache's; else 1                                          */
    uint8_t size[SIZES_MAX];           /* of one store, rising; of a walk cache, each level's             */
    unsigned sizes;
    unsigned latency;
    bool keep_fill;                    /* fill_in_flush                                                   */
    bool at_once;                      /* an invalidation takes no cycle: built.sweep = 0                  */
    struct store_params par[LEVELS];
    uint64_t seed;

    struct cosim_store_out pipe[LATENCY_MAX];       /* answers, the youngest at 0                         */
    struct cosim_store_out fill;       /* what came of the last cycle's                                   */
    uint64_t sweep;                    /* cycles that the invalidation still takes                        */
    bool done;
};

/* ---- making one ---------------------------------------------------------------------------------- */

static void choose_sizes(struct cosim_dut *d, enum store_twin_kind kind)
{
    static const uint8_t sizes[][SIZES_MAX] = { { 12, 21, 30 }, { 0 }, { 39, 30, 21 } };

    memcpy(d->size, sizes[kind], sizeof d->size);
    d->levels = kind == STORE_TWIN_WALK ? LEVELS : 1;
    d->sizes = kind == STORE_TWIN_IOTLB ? SIZES_MAX : 1;
}

static struct store_params params_of(const struct cosim_param *p, bool levels, unsigned level)
{
    static const char *const sets[] = { "sets0", "sets1", "sets2" }, *const ways[] = { "ways0", "ways1", "ways2" };

    return (struct store_params){
        .sets = lockstep_param(p, levels ? sets[level] : "sets", 1),
        .ways = lockstep_param(p, levels ? ways[level] : "ways", 4),
        .policy = lockstep_param(p, "policy", STORE_PLRU),
        .index = lockstep_param(p, "index", STORE_MODULO),
        .probe = lockstep_param(p, "probe", STORE_LARGEST),
        .touch_on_fill = lockstep_param(p, "touch_on_fill", 1) ? STORE_TOUCH_FILLS : STORE_TOUCH_HITS,
        .invalid_first = lockstep_param(p, "invalid_first", 1) ? STORE_FREE_FIRST : STORE_FREE_BY_POLICY,
    };
}

static int stores_up(struct cosim_dut *d)
{
    static const char *const name[] = { "level0", "level1", "level2" };

    for (unsigned i = 0; i < LEVELS && i < d->levels; i++)
        if (store_init(&d->store[i], NULL, name[i], &d->par[i], sizeof(uint64_t), 64, d->seed))
            return -1;
    return 0;
}

static void stores_down(struct cosim_dut *d)
{
    for (unsigned i = 0; i < d->levels; i++)
        store_destroy(&d->store[i]);
}

static void destroy(struct cosim_dut *d)
{
    stores_down(d);
    free(d);
}

static int reset(struct cosim_dut *d)
{
    stores_down(d);
    memset(d->pipe, 0, sizeof d->pipe);
    d->fill = (struct cosim_store_out){ 0 };
    d->sweep = 0;
    d->done = false;
    return stores_up(d);
}

static int create(struct cosim_dut **made, const struct cosim_cfg *cfg, char *err, size_t n)
{
    uint64_t kind = lockstep_param(cfg->param, "kind", STORE_TWIN_IOTLB);
    struct cosim_dut *d = calloc(1, sizeof *d);

    if (!d || kind > STORE_TWIN_WALK) {
        snprintf(err, n, "%s", d ? "parameter `kind` is 0 to 2" : "no memory");
        free(d);
        return -1;
    }
    choose_sizes(d, (enum store_twin_kind)kind);
    d->seed = cfg->seed;
    d->latency = (unsigned)lockstep_param(cfg->param, "latency", 1);
    d->keep_fill = lockstep_param(cfg->param, "fill_in_flush", 1);
    d->at_once = !lockstep_param(cfg->param, "sweep", 1);
    for (unsigned i = 0; i < d->levels; i++)
        d->par[i] = params_of(cfg->param, kind == STORE_TWIN_WALK, i);
    if (d->latency < 1 || d->latency > LATENCY_MAX || stores_up(d)) {
        snprintf(err, n, "parameters no store can have");
        destroy(d);
        return -1;
    }
    *made = d;
    return 0;
}

/* ---- what a cycle's inputs do -------------------------------------------------------------------- */

/* Every level that hits is used; the answer is the deepest. */
static struct cosim_store_out answer(struct cosim_dut *d, const struct cosim_store_in *in)
{
    struct cosim_store_out out = { .answered = true };

    for (unsigned i = 0; i < d->levels; i++) {
        const uint64_t *found = store_lookup(&d->store[i], in->lookup_ctx, in->lookup_addr);
        struct store_view v;

        if (!found || !store_view_of(&d->store[i], found, &v))
            continue;
        out.hit = true;
        out.size_log2 = (uint8_t)v.size_log2;
        out.payload = *found;
        if (d->levels > 1)
            out.levels |= (uint8_t)(1u << i);
    }
    return out;
}

/* The store for blocks of this size; NULL: none. */
static struct store *store_for(struct cosim_dut *d, unsigned size)
{
    for (unsigned i = 0; i < d->levels; i++)
        for (unsigned s = 0; s < d->sizes; s++)
            if (d->size[i + s] == size && store_exists(&d->store[i]))
                return &d->store[i];
    return NULL;
}

static struct cosim_store_out fill(struct cosim_dut *d, const struct cosim_store_in *in)
{
    struct store *s = store_for(d, in->fill_size_log2);
    uint64_t *payload, evictions;

    if (!s || (in->inval && !d->keep_fill))
        return (struct cosim_store_out){ 0 };
    evictions = s->st.evictions;
    payload = store_fill(s, in->fill_ctx, in->fill_base, in->fill_size_log2, in->fill_tag, NULL);
    *payload = in->fill_payload;
    return (struct cosim_store_out){ .filled = true, .evicted = s->st.evictions != evictions,
                                     .way = store_way(s, payload) };
}

/* How many sets the sweep of one store takes: all, or those of a short range's blocks, size by size. */
static uint64_t sweep_of(const struct store_params *par, const struct cosim_store_match *m, const uint8_t *size,
                         unsigned sizes)
{
    uint64_t sets = par->sets ? par->sets : 1, n = 0;

    if (!m->by_addr || par->index != STORE_MODULO)
        return sets;
    for (unsigned i = 0; i < sizes; i++) {
        uint64_t more = (m->last >> size[i]) - (m->first >> size[i]);

        n += more < sets ? more + 1 : sets;
    }
    return n < sets ? n : sets;
}

/* Nothing is looked up or filled before the sweep has ended: what it removes can go at once. */
static void invalidate(struct cosim_dut *d, const struct cosim_store_match *m)
{
    struct store_match match = {
        .tag = { { m->tag_mask[0], m->tag_value[0] }, { m->tag_mask[1], m->tag_value[1] } }, .n_tag = m->n_tag,
        .ctx_mask = m->ctx_mask, .ctx_value = m->ctx_value,
        .by_addr = m->by_addr, .first = m->first, .last = m->last,
    };

    d->sweep = 0;
    for (unsigned i = 0; i < d->levels; i++) {
        uint64_t n = sweep_of(&d->par[i], m, &d->size[i], d->sizes);

        store_invalidate(&d->store[i], &match);
        if (n > d->sweep)
            d->sweep = n;
    }
    if (d->at_once) {
        d->sweep = 0;
        d->done = true;
    }
}

bool store_twin_ready(const struct cosim_dut *d)
{
    return d->sweep == 0;
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static void say(const struct cosim_dut *d, struct cosim_out *out)
{
    struct cosim_store_out *o = &out->store;

    memset(out, 0, sizeof *out);
    *o = d->pipe[d->latency - 1];
    o->ready = d->sweep == 0;
    o->filled = d->fill.filled;
    o->evicted = d->fill.evicted;
    o->way = d->fill.way;
    o->inval_done = d->done;
    out->idle = o->ready;
}

static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    bool ready = d->sweep == 0;

    say(d, out);
    memmove(d->pipe + 1, d->pipe, sizeof d->pipe - sizeof d->pipe[0]);
    d->pipe[0] = d->fill = (struct cosim_store_out){ 0 };
    d->done = d->sweep == 1;
    if (!ready)
        d->sweep--;
    if (ready && in->store.lookup)
        d->pipe[0] = answer(d, &in->store);
    if (ready && in->store.fill)
        d->fill = fill(d, &in->store);
    if (ready && in->store.inval)
        invalidate(d, &in->store.match);
    return 0;
}

const struct cosim_dut_ops store_twin = {
    .abi = COSIM_ABI, .name = "store-twin", .about = "caches in C: lookups, fills, invalidations",
    .level = COSIM_STORE, .create = create, .destroy = destroy, .reset = reset, .tick = tick,
};

const struct lockstep_kind lockstep_iotlb = { "iotlb", &store_twin, &store_stimulus, .any_name = true };
const struct lockstep_kind lockstep_cfg_cache = { "cfg_cache", &store_twin, &store_stimulus, .any_name = false };
const struct lockstep_kind lockstep_walk_cache = { "walk_cache", &store_twin, &store_stimulus, .any_name = false };
