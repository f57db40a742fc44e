/* SPDX-License-Identifier: Apache-2.0
 *
 * The offset of the two clocks, which run at the same rate.
 *
 * Where each unmap is invalidated by its address (strict), the time from the one to the other is
 * nearly constant and short.  Where whole domains are invalidated later (lazy), the first walk that
 * shows a mapping comes after its map, often soon after.  Either way the pairs that belong together
 * are not known at first: all pairs of the same address are taken, and the offset is where their
 * differences crowd.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/sim.h"
#include "traces/import/merge.h"

enum { FIRST = 500, DIFFS_MAX = 1 << 22 };
#define COARSE_NS 2000000                        /* width of the crowd looked for first          */
#define FINE_NS     50000                        /* and then                                     */
#define REACH_NS 20000000                        /* farther apart than this: not a pair          */

/* Something that has an address and, for walks, an output; ordered by both and time. */
struct event { uint64_t addr, pa; int64_t t; };

struct events { struct event *e; size_t n; };

struct diffs { int64_t *d; size_t n; };

static int by_key(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->pa != y->pa)
        return x->pa < y->pa ? -1 : 1;
    return x->t < y->t ? -1 : x->t > y->t;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static size_t first_from(const struct events *ev, struct event key)
{
    size_t lo = 0, hi = ev->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (by_key(&ev->e[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Clocks may be anything: no overflow, whatever they say. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static bool same(const struct event *a, const struct event *b)
{
    return a->addr == b->addr && a->pa == b->pa;
}

/* Where most differences lie within `width`: the lower quartile of these, so that few stray ones do
 * not decide. */
static int64_t crowd(struct diffs *d, uint64_t width)
{
    size_t from = 0, best = 0, at = 0;

    qsort(d->d, d->n, sizeof *d->d, by_value);
    for (size_t to = 0; to < d->n; to++) {
        while ((uint64_t)d->d[to] - (uint64_t)d->d[from] > width)
            from++;
        if (to - from + 1 > best) {
            best = to - from + 1;
            at = from;
        }
    }
    return d->d[at + best / 4];
}

/* Every pair of equal address, of the first events of the software side. */
static void all_pairs(const struct events *soft, const struct events *dev, struct diffs *d)
{
    d->n = 0;
    for (size_t i = 0; i < soft->n && i < FIRST; i++) {
        struct event key = soft->e[i];
        key.t = INT64_MIN;
        for (size_t k = first_from(dev, key);
             k < dev->n && same(&dev->e[k], &key) && d->n < DIFFS_MAX; k++)
            d->d[d->n++] = minus(dev->e[k].t, soft->e[i].t);
    }
}

/* Of each event the next one of equal address, from this offset on. */
static void near_pairs(const struct events *soft, const struct events *dev, int64_t from,
                       struct diffs *d)
{
    d->n = 0;
    for (size_t i = 0; i < soft->n; i++) {
        struct event key = soft->e[i];
        size_t k;
        key.t = plus(key.t, from);
        k = first_from(dev, key);
        if (k < dev->n && same(&dev->e[k], &key) &&
            (uint64_t)minus(dev->e[k].t, key.t) <= REACH_NS && d->n < DIFFS_MAX)
            d->d[d->n++] = minus(dev->e[k].t, soft->e[i].t);
    }
}

/* ---- the events ------------------------------------------------------------------------------ */

static void unmaps_of(const struct merge *m, struct events *ev)
{
    ev->n = 0;
    for (size_t i = 0; i < m->ops; i++)
        if (m->op[i].kind == REC_UNMAP)
            ev->e[ev->n++] = (struct event){ .addr = m->op[i].addr, .t = (int64_t)m->op[i].t_ns };
}

static void invals_of(const struct merge *m, struct events *ev)
{
    ev->n = 0;
    for (size_t i = 0; i < m->invals; i++)
        if (m->inval[i].bytes)
            ev->e[ev->n++] =
                (struct event){ .addr = m->inval[i].addr, .t = (int64_t)m->inval[i].t_ns };
    qsort(ev->e, ev->n, sizeof *ev->e, by_key);
}

/* The first page of each map. */
static void maps_of(const struct merge *m, struct events *ev)
{
    ev->n = 0;
    for (size_t i = 0; i < m->ops; i++)
        if (m->op[i].kind == REC_MAP)
            ev->e[ev->n++] = (struct event){ .addr = m->op[i].addr, .pa = m->op[i].paddr,
                                             .t = (int64_t)m->op[i].t_ns };
}

static void walks_of(const struct merge *m, struct events *ev)
{
    ev->n = 0;
    for (size_t i = 0; i < m->n_obs; i++)
        if (m->obs[i].valid)
            ev->e[ev->n++] = (struct event){ .addr = m->obs[i].iova,
                                            .t = (int64_t)m->obs[i].t_ns,
                                            .pa = merge_leaf_pa(m->obs[i].value, m->obs[i].bytes)};
    qsort(ev->e, ev->n, sizeof *ev->e, by_key);
}

/* ---- the offset ------------------------------------------------------------------------------ */

struct estimate {
    int64_t offset;
    size_t pairs, of;            /* pairs found, and events of the software side                 */
    int64_t median;              /* of the time from the one to the other                        */
};

/* `sharp`: the delay is nearly constant, so that its crowd is narrow. */
static struct estimate estimate(const struct events *soft, const struct events *dev,
                                struct diffs *d, bool sharp)
{
    struct estimate e = { .of = soft->n };
    int64_t guess;

    all_pairs(soft, dev, d);
    if (d->n == 0)
        return e;
    guess = crowd(d, sharp ? FINE_NS : COARSE_NS);
    near_pairs(soft, dev, minus(guess, sharp ? 2 * FINE_NS : COARSE_NS / 2), d);
    if (d->n == 0)
        return e;
    e.pairs = d->n;
    e.offset = crowd(d, FINE_NS);
    if (!sharp)
        e.offset = d->d[d->n / 50];
    e.median = minus(d->d[d->n / 2], e.offset);
    return e;
}

static void tell(struct merge *m, const struct estimate *e, bool strict)
{
    import_count(m->im, IMPORT_USED,
                 strict ? "clocks compared by unmaps and their invalidations"
                        : "clocks compared by maps and the first walk that shows them",
                 e->pairs);
    import_count(m->im, IMPORT_USED, strict ? "median from an unmap to its invalidation, ns"
                                            : "median from a map to its first walk, ns",
                 (uint64_t)e->median);
}

static int apply(struct merge *m, const struct estimate *unmaps, const struct estimate *maps)
{
    bool strict = unmaps->pairs && unmaps->pairs * 10 >= unmaps->of * 3;
    const struct estimate *e = strict ? unmaps : maps;

    if (!strict && (maps->pairs == 0 || maps->pairs * 10 < maps->of))
        return diag_add(
            import_diag(m->im), m->software->path, 0, 0,
            "does not belong to %s: of %zu unmaps %zu have an invalidation there, of %zu "
            "maps %zu a walk; expected the two sides of one run",
            m->device->path, unmaps->of, unmaps->pairs, maps->of, maps->pairs);
    tell(m, e, strict);
    for (size_t i = 0; i < m->ops; i++)
        m->op[i].t_ns += (uint64_t)e->offset;
    return 0;
}

int merge_clock(struct merge *m)
{
    size_t n = m->n_obs > m->invals ? m->n_obs : m->invals;
    struct events soft = { malloc((m->ops + 1) * sizeof *soft.e), 0 };
    struct events dev = { malloc((n + 1) * sizeof *dev.e), 0 };
    struct diffs d = { malloc((DIFFS_MAX < FIRST * (n + 1) + m->ops ? DIFFS_MAX
                                                                   : FIRST * (n + 1) + m->ops) *
                              sizeof *d.d), 0 };
    struct estimate unmaps, maps;
    int rc;

    if (soft.e && dev.e && d.d) {
        unmaps_of(m, &soft);
        invals_of(m, &dev);
        unmaps = estimate(&soft, &dev, &d, true);
        maps_of(m, &soft);
        walks_of(m, &dev);
        maps = estimate(&soft, &dev, &d, false);
        rc = apply(m, &unmaps, &maps);
    } else {
        rc = diag_env(import_diag(m->im), m->device->path, "no memory to compare its clock");
    }
    free(soft.e);
    free(dev.e);
    free(d.d);
    return rc;
}
