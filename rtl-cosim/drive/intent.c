/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/intent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/bits.h"
#include "base/sim.h"

/* What was meant from `from` until it was changed at `until`.  No answer may be made of it that was asked for
 * at `dead` or later; covered at `given`: an invalidation given then or later ends it. */
struct version {
    uint64_t from, until, dead;
    struct cosim_map m;
    struct version *older;
};

/* All versions of one block of a domain, or of one device. */
struct slot {
    struct { uint64_t domain, base; uint32_t kind; uint32_t zero; } key;
    struct version *newest;
    UT_hash_handle hh;
};

enum { KIND_DEVICE = 0 };              /* else log2 of the block's size */
enum { DEAD_KEPT = 4 };
static const uint8_t sizes[] = { 12, 21, 30 };

struct intent {
    struct slot *slots;
    uint64_t before;                   /* intent_forget */
};

struct intent *intent_new(void)
{
    return calloc(1, sizeof(struct intent));
}

static void free_chain(struct version *v)
{
    while (v) {
        struct version *older = v->older;

        free(v);
        v = older;
    }
}

void intent_free(struct intent *it)
{
    struct slot *s, *next;

    if (!it)
        return;
    HASH_ITER(hh, it->slots, s, next) {
        HASH_DEL(it->slots, s);
        free_chain(s->newest);
        free(s);
    }
    free(it);
}

static struct slot *find(const struct intent *it, uint64_t domain, uint64_t base, uint32_t kind)
{
    struct slot *s, probe;

    memset(&probe.key, 0, sizeof probe.key);
    probe.key.domain = domain;
    probe.key.base = base;
    probe.key.kind = kind;
    HASH_FIND(hh, it->slots, &probe.key, sizeof probe.key, s);
    return s;
}

static struct slot *make(struct intent *it, uint64_t domain, uint64_t base, uint32_t kind)
{
    struct slot *s = find(it, domain, base, kind);

    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->key.domain = domain;
    s->key.base = base;
    s->key.kind = kind;
    HASH_ADD(hh, it->slots, key, sizeof s->key, s);
    return s;
}

static bool is_live(const struct version *v) { return v->until == UINT64_MAX; }

static const struct version *live(const struct slot *s)
{
    return s && s->newest && is_live(s->newest) ? s->newest : NULL;
}

/* Nobody can rightly be answered from what is dead by now; the last few are kept to tell stale from wrong. */
static void shorten(const struct intent *it, struct slot *s)
{
    struct version **at = &s->newest;
    unsigned dead = 0;

    while (*at) {
        struct version *v = *at;

        if (v->dead <= it->before && v->until <= it->before && ++dead > DEAD_KEPT) {
            *at = v->older;
            free(v);
        } else {
            at = &v->older;
        }
    }
}

static int push(struct intent *it, struct slot *s, const struct cosim_map *m, uint64_t cycle)
{
    struct version *v = s ? malloc(sizeof *v) : NULL;

    if (!v)
        return SIM_EENV;
    shorten(it, s);
    *v = (struct version){ .from = cycle, .until = UINT64_MAX, .dead = UINT64_MAX, .m = *m, .older = s->newest };
    s->newest = v;
    return 0;
}

static int end(struct slot *s, uint64_t cycle)
{
    if (!live(s))
        return SIM_EINPUT;
    s->newest->until = cycle;
    return 0;
}

static const struct version *covering(const struct intent *it, uint64_t domain, uint64_t iova)
{
    for (size_t i = 0; i < sizeof sizes; i++) {
        const struct version *v = live(find(it, domain, bits_align_down(iova, sizes[i]), sizes[i]));

        if (v)
            return v;
    }
    return NULL;
}

bool intent_lookup(const struct intent *it, uint64_t domain, uint64_t iova, struct cosim_map *m)
{
    const struct version *v = covering(it, domain, iova);

    if (v)
        *m = v->m;
    return v != NULL;
}

bool intent_device(const struct intent *it, uint32_t sid, struct cosim_map *m)
{
    const struct version *v = live(find(it, sid, 0, KIND_DEVICE));

    if (v)
        *m = v->m;
    return v != NULL;
}

int intent_apply(struct intent *it, const struct cosim_map *m, uint64_t cycle)
{
    struct slot *s;

    switch (m->kind) {
    case COSIM_ATTACH:
        s = make(it, m->sid, 0, KIND_DEVICE);
        if (live(s))
            end(s, cycle);
        return push(it, s, m, cycle);
    case COSIM_DETACH:
        return end(find(it, m->sid, 0, KIND_DEVICE), cycle);
    case COSIM_MAP:
        if (covering(it, m->domain, m->iova))
            return SIM_EINPUT;
        return push(it, make(it, m->domain, bits_align_down(m->iova, m->size_log2), m->size_log2), m, cycle);
    case COSIM_UNMAP:
        return end(find(it, m->domain, bits_align_down(m->iova, m->size_log2), m->size_log2), cycle);
    default:
        return SIM_EINPUT;
    }
}

/* ---- invalidations ------------------------------------------------------------------------------- */

static bool covers(const struct cosim_inval *c, const struct slot *s)
{
    uint64_t last = s->key.base + bits_low(s->key.kind);

    switch (c->kind) {
    case COSIM_INV_ALL:
        return true;
    case COSIM_INV_CONFIG:
        return s->key.kind == KIND_DEVICE && s->key.domain >= c->sid_first && s->key.domain <= c->sid_last;
    case COSIM_INV_ASID:
        return s->key.kind != KIND_DEVICE && s->key.domain == c->domain;
    case COSIM_INV_VA:
        return s->key.kind != KIND_DEVICE && s->key.domain == c->domain && s->key.base <= c->last && last >= c->first;
    default:
        return false;
    }
}

static void kill_older(struct slot *s, uint64_t given, uint64_t done)
{
    for (struct version *v = s->newest; v; v = v->older)
        if (v->until <= given && v->dead > done)
            v->dead = done;
}

/* The slots of one block of addresses are few: found by their keys. */
static void kill_page(struct intent *it, const struct cosim_inval *c, uint64_t given, uint64_t done)
{
    for (size_t i = 0; i < sizeof sizes; i++) {
        struct slot *s = find(it, c->domain, bits_align_down(c->first, sizes[i]), sizes[i]);

        if (s && covers(c, s))
            kill_older(s, given, done);
    }
}

void intent_invalidated(struct intent *it, const struct cosim_inval *c, uint64_t given, uint64_t done)
{
    struct slot *s = NULL, *next = NULL;

    if (c->kind == COSIM_INV_VA && c->first >> 12 == c->last >> 12) {
        kill_page(it, c, given, done);
        return;
    }
    HASH_ITER(hh, it->slots, s, next) {
        if (!covers(c, s))
            continue;
        kill_older(s, given, done);
        shorten(it, s);
    }
}

void intent_forget(struct intent *it, uint64_t before)
{
    it->before = before;
}

/* ---- judging ------------------------------------------------------------------------------------- */

/* An answer, and how right it is to make it of a version. */
struct asked { const struct cosim_req *req; uint8_t outcome; uint64_t addr, since, now; };

static enum intent_verdict life(const struct version *v, uint64_t since)
{
    if (v->until > since)
        return INTENT_RIGHT;
    if (v->dead > since)
        return v->dead == UINT64_MAX ? INTENT_NOT_INVALIDATED : INTENT_RIGHT;
    return INTENT_STALE;
}

static enum intent_verdict worse(enum intent_verdict a, enum intent_verdict b) { return a > b ? a : b; }
static enum intent_verdict better(enum intent_verdict a, enum intent_verdict b) { return a < b ? a : b; }

/* Was there nothing at some time while it was asked for?  Versions of one slot do not overlap. */
static bool was_empty(const struct intent *it, uint64_t domain, uint64_t iova, const struct asked *a)
{
    uint64_t t = a->since;

    for (bool moved = true; moved && t <= a->now;) {
        moved = false;
        for (size_t i = 0; i < sizeof sizes; i++) {
            const struct slot *s = find(it, domain, bits_align_down(iova, sizes[i]), sizes[i]);

            for (const struct version *v = s ? s->newest : NULL; v; v = v->older)
                if (v->from <= t && v->until > t) {
                    t = v->until;
                    moved = true;
                }
        }
    }
    return t <= a->now;
}

static bool refused(uint8_t outcome) { return outcome == COSIM_FAULT || outcome == COSIM_ABORT; }

static bool explains(const struct version *v, const struct asked *a)
{
    bool allowed = a->req->write ? v->m.write : v->m.read;

    if (!allowed)
        return refused(a->outcome);
    return a->outcome == COSIM_OK && a->addr == v->m.pa + (a->req->addr & bits_low(v->m.size_log2));
}

static enum intent_verdict judge_domain(const struct intent *it, uint64_t domain, const struct asked *a)
{
    enum intent_verdict best = INTENT_WRONG;

    if (refused(a->outcome) && was_empty(it, domain, a->req->addr, a))
        return INTENT_RIGHT;
    for (size_t i = 0; i < sizeof sizes; i++) {
        const struct slot *s = find(it, domain, bits_align_down(a->req->addr, sizes[i]), sizes[i]);

        for (const struct version *v = s ? s->newest : NULL; v; v = v->older)
            if (v->from <= a->now && explains(v, a))
                best = better(best, life(v, a->since));
    }
    return best;
}

static enum intent_verdict judge_device(const struct intent *it, const struct version *v, const struct asked *a)
{
    if (v->m.bypass)
        return (a->outcome == COSIM_BYPASS || a->outcome == COSIM_OK) && a->addr == a->req->addr ? INTENT_RIGHT
                                                                                                 : INTENT_WRONG;
    return judge_domain(it, v->m.domain, a);
}

static void say(const struct intent *it, const struct cosim_req *req, char *to, size_t n)
{
    const struct version *d = live(find(it, req->sid, 0, KIND_DEVICE)), *v;

    if (!d) {
        snprintf(to, n, "refused: the device is not attached");
        return;
    }
    if (d->m.bypass) {
        snprintf(to, n, "0x%" PRIx64 ", untranslated", req->addr);
        return;
    }
    v = covering(it, d->m.domain, req->addr);
    if (!v)
        snprintf(to, n, "refused: nothing is mapped in domain %" PRIu64, d->m.domain);
    else if (!(req->write ? v->m.write : v->m.read))
        snprintf(to, n, "refused: the map does not let %s", req->write ? "write" : "read");
    else
        snprintf(to, n, "0x%" PRIx64, v->m.pa + (req->addr & bits_low(v->m.size_log2)));
}

enum intent_verdict intent_judge(const struct intent *it, const struct cosim_req *req, uint8_t outcome,
                                 uint64_t addr, uint64_t since, uint64_t now, char *expected, size_t n)
{
    const struct asked a = { req, outcome, addr, since, now };
    const struct slot *s = find(it, req->sid, 0, KIND_DEVICE);
    enum intent_verdict best = INTENT_WRONG;
    uint64_t attached = UINT64_MAX;    /* the earliest time from which on it always was */

    for (const struct version *v = s ? s->newest : NULL; v; v = v->older) {
        if (v->from <= now)
            best = better(best, worse(life(v, since), judge_device(it, v, &a)));
        if (v->until >= attached || is_live(v))
            attached = v->from;
    }
    if (refused(outcome) && attached > since)
        best = INTENT_RIGHT;
    if (n)
        say(it, req, expected, n);
    return best;
}
