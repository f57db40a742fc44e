/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/random_intent.h"

#include "base/bits.h"
#include "base/rng.h"
#include "base/sim.h"

const struct random_intent_params random_intent_defaults = PARAM_DEFAULTS(RANDOM_INTENT_PARAMS);

enum { DOMAINS_MAX = 16, DEVICES_MAX = 64, PAGES_MAX = 64, SID_BASE = 8, NOWHERE = -1, BYPASS = -2 };

struct place { uint64_t iova; uint8_t size_log2; bool mapped; };

struct gen {
    struct records *out;
    const struct random_intent_params *par;
    struct rng rng;
    struct place place[DOMAINS_MAX][PAGES_MAX];
    int at[DEVICES_MAX];               /* its domain, NOWHERE or BYPASS */
    uint64_t now;
};

static bool percent(struct gen *g, uint64_t p) { return rng_below(&g->rng, 100) < p; }

static void add(struct gen *g, unsigned kind, uint32_t stream, uint64_t addr, const uint64_t *w, unsigned words)
{
    const struct rec r = { .time = g->now++, .addr = addr, .stream = stream, .kind = (uint8_t)kind, .len = words ? 0 : 64,
                           .words = (uint16_t)words };

    records_add(g->out, &r, w);
}

/* Places of one domain do not overlap: each has a gigabyte of its own. */
static void make_places(struct gen *g)
{
    static const uint8_t sizes[] = { 12, 12, 12, 21, 21, 30 };
    uint64_t gigabytes = 1ull << (g->par->va_bits - 30);

    for (uint64_t d = 0; d < g->par->domains; d++)
        for (uint64_t p = 0; p < g->par->pages; p++) {
            struct place *at = &g->place[d][p];

            at->size_log2 = sizes[rng_below(&g->rng, ARRAY_LEN(sizes))];
            at->iova = (p * 7 + d) % gigabytes << 30;
            if (at->size_log2 < 30)
                at->iova += rng_below(&g->rng, 1ull << (30 - at->size_log2)) << at->size_log2;
        }
}

static void map(struct gen *g, uint64_t domain, struct place *p)
{
    uint64_t rights = rng_below(&g->rng, g->par->write_only ? 3 : 2);
    uint64_t gigabyte = rng_below(&g->rng, 1ull << 8) << 30;
    uint64_t pa = gigabyte | (rng_u64(&g->rng) & 0x3fffffff & ~bits_low(p->size_log2));
    const uint64_t w[] = { pa, 1ull << p->size_log2, domain,
                           rights == 0 ? REC_PERM_R | REC_PERM_W : rights == 1 ? REC_PERM_R : REC_PERM_W, 0 };

    add(g, REC_MAP, REC_NO_STREAM, p->iova, w, 5);
    p->mapped = true;
}

static void unmap(struct gen *g, uint64_t domain, struct place *p)
{
    const uint64_t w[] = { 1ull << p->size_log2, domain, 0 };

    add(g, REC_UNMAP, REC_NO_STREAM, p->iova, w, 3);
    p->mapped = false;
}

static void change(struct gen *g)
{
    uint64_t d = rng_below(&g->rng, g->par->domains);
    struct place *p = &g->place[d][rng_below(&g->rng, g->par->pages)];

    if (p->mapped)
        unmap(g, d, p);
    if (!p->mapped && percent(g, 80))
        map(g, d, p);
    if (percent(g, 3))
        add(g, REC_FLUSH, REC_NO_STREAM, 0, (const uint64_t[]){ d, 0 }, 2);
}

static void move(struct gen *g, uint32_t device)
{
    uint64_t domain = rng_below(&g->rng, g->par->domains);
    uint64_t w[] = { domain, REC_MODE_TRANSLATE, 0 };

    if (g->at[device] != NOWHERE && percent(g, 20)) {
        add(g, REC_DETACH, device, 0, w, 1);
        g->at[device] = NOWHERE;
        return;
    }
    if (percent(g, 15))
        w[1] = REC_MODE_BYPASS;
    g->at[device] = w[1] == REC_MODE_BYPASS ? BYPASS : (int)domain;
    add(g, REC_ATTACH, device, 0, w, 3);
}

static void access_one(struct gen *g)
{
    uint32_t device = (uint32_t)rng_below(&g->rng, g->par->devices);
    uint64_t domain = g->at[device] >= 0 ? (uint64_t)g->at[device] : 0;
    /* A few places have most of the accesses. */
    uint64_t wide = rng_below(&g->rng, g->par->pages), p = percent(g, 70) ? wide % 4 : wide;
    uint64_t addr = g->place[domain][p % g->par->pages].iova;
    unsigned size = g->place[domain][p % g->par->pages].size_log2;
    uint64_t any = rng_u64(&g->rng) & ~63ull;

    addr += any & bits_low(percent(g, 60) ? 12 : size);
    if (percent(g, g->par->miss)) {
        any = rng_u64(&g->rng) & ~63ull;
        addr = any & bits_low(percent(g, 90) ? (unsigned)g->par->va_bits : 64);
    }
    add(g, percent(g, 40) ? REC_WRITE : REC_READ, device, addr, NULL, 0);
}

int random_intent(struct records *out, const struct random_intent_params *par, uint64_t accesses, uint64_t seed)
{
    struct gen g = { .out = out, .par = par };

    rng_init(&g.rng, seed, "intent");
    make_places(&g);
    for (uint32_t i = 0; i < par->devices; i++) {
        records_stream(out, SID_BASE + i);
        g.at[i] = NOWHERE;
    }
    for (uint64_t d = 0; d < par->domains; d++)
        for (uint64_t p = 0; p < par->pages; p += 2)
            map(&g, d, &g.place[d][p]);
    for (uint32_t i = 0; i < par->devices; i++)
        move(&g, i);
    for (uint64_t n = 0; n < accesses && !out->err;) {
        if (percent(&g, par->change)) {
            change(&g);
        } else if (percent(&g, par->move)) {
            move(&g, (uint32_t)rng_below(&g.rng, par->devices));
        } else {
            access_one(&g);
            n++;
        }
    }
    return out->err;
}
