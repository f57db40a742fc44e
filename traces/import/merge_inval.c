/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/list.h"
#include "traces/import/merge_plan.h"

/* An invalidation may seem to come before its unmap by what the clocks are off; in caching mode that of the map is not
 * far before it, either. */
#define BEFORE_NS (MERGE_SLACK_NS / 10)
#define MATCH_NS (20ull * MERGE_SLACK_NS)        /* from an unmap to its invalidation, at most   */

/* ---- invalidations by address, and whose they are -------------------------------------------- */

static int by_addr(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->t_ns != y->t_ns)
        return x->t_ns < y->t_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static size_t sorted_unmaps(const struct merge *m, struct keyed *k)
{
    size_t n = 0;

    for (uint32_t i = 0; i < m->ops; i++)
        if (m->op[i].kind == REC_UNMAP)
            k[n++] = (struct keyed){ m->op[i].addr, m->op[i].t_ns, i };
    qsort(k, n, sizeof *k, by_addr);
    return n;
}

static size_t sorted_invals(const struct merge *m, struct keyed *k)
{
    size_t n = 0;

    for (uint32_t i = 0; i < m->invals; i++)
        if (m->inval[i].bytes)
            k[n++] = (struct keyed){ m->inval[i].addr, m->inval[i].t_ns, i };
    qsort(k, n, sizeof *k, by_addr);
    return n;
}

int plan_add_vote(struct plan *p, uint64_t tag, uint32_t sid)
{
    struct vote *list;

    for (size_t i = 0; i < p->votes; i++)
        if (p->vote[i].tag == tag && p->vote[i].sid == sid) {
            p->vote[i].n++;
            return 0;
        }
    list = list_grow(p->vote, p->votes, &p->vote_room, sizeof *list);
    if (!list)
        return plan_no_memory(p);
    p->vote = list;
    list[p->votes++] = (struct vote){ tag, sid, 1 };
    return 0;
}

/* A tag with most of its votes elsewhere is another domain's. */
bool plan_tag_fits(const struct plan *p, uint64_t tag, uint32_t sid)
{
    uint32_t mine = 0, most = 0;

    for (size_t i = 0; i < p->votes; i++)
        if (p->vote[i].tag == tag) {
            if (p->vote[i].sid == sid)
                mine = p->vote[i].n;
            if (p->vote[i].n > most)
                most = p->vote[i].n;
        }
    return sid == REC_NO_STREAM || most == 0 || mine * 8 >= most;
}

const struct merge_inval *plan_next_inval(const struct plan *p, const struct merge_op *op)
{
    struct keyed key = { .addr = op->addr, .t_ns = op->t_ns - BEFORE_NS };
    size_t lo = 0, hi = p->n_by_addr;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (by_addr(&p->by_addr[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == p->n_by_addr || p->by_addr[lo].addr != op->addr ||
        p->by_addr[lo].t_ns > op->t_ns + MATCH_NS)
        return NULL;
    return &p->m->inval[p->by_addr[lo].index];
}

/* The requester that most of a tag's invalidations were made for. */
uint32_t plan_owner_of_tag(const struct plan *p, uint64_t tag)
{
    uint32_t most = 0, sid = REC_NO_STREAM;

    for (size_t i = 0; i < p->votes; i++)
        if (p->vote[i].tag == tag && p->vote[i].n > most) {
            most = p->vote[i].n;
            sid = p->vote[i].sid;
        }
    return sid;
}

/* ---- unmaps and their invalidations ---------------------------------------------------------- */

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Of the invalidations from `from` on, at an unmap's address and near it in time, the nearest that
 * is free and of its domain; NULL if there is none. */
static const struct keyed *nearest(const struct plan *p, const struct keyed *u, size_t from)
{
    const struct keyed *best = NULL;

    for (size_t k = from; k < p->n_by_addr; k++) {
        const struct keyed *v = &p->by_addr[k];
        const struct merge_inval *inval = &p->m->inval[v->index];
        if (v->addr != u->addr || v->t_ns > u->t_ns + MATCH_NS)
            break;
        if (inval->unmap || !plan_tag_fits(p, inval->tag, p->m->op[u->index].sid))
            continue;
        if (!best || apart(v->t_ns, u->t_ns) < apart(best->t_ns, u->t_ns))
            best = v;
    }
    return best;
}

/* Goes through unmaps and invalidations of equal address side by side; each invalidation is used
 * once. */
static void match(struct plan *p, const struct keyed *u, size_t nu)
{
    const struct keyed *v = p->by_addr, *found;
    size_t from = 0;

    for (size_t i = 0; i < nu; i++) {
        struct merge_op *op = &p->m->op[u[i].index];
        while (from < p->n_by_addr &&
               (v[from].addr < u[i].addr ||
                (v[from].addr == u[i].addr && v[from].t_ns + BEFORE_NS < u[i].t_ns)))
            from++;
        found = nearest(p, &u[i], from);
        if (!found)
            continue;
        p->m->inval[found->index].unmap = u[i].index + 1;
        op->inval = found->index + 1;
        op->hi = p->m->inval[found->index].pos;
    }
}

int plan_match_invals(struct plan *p)
{
    struct keyed *u = malloc((p->m->ops + 1) * sizeof *u);

    if (!u)
        return plan_no_memory(p);
    match(p, u, sorted_unmaps(p->m, u));
    free(u);
    return 0;
}

int plan_sort_invals(struct plan *p)
{
    p->by_addr = malloc((p->m->invals + 1) * sizeof *p->by_addr);
    if (!p->by_addr)
        return plan_no_memory(p);
    p->n_by_addr = sorted_invals(p->m, p->by_addr);
    return 0;
}
