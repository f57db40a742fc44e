/* SPDX-License-Identifier: Apache-2.0
 *
 * Who belongs to whom, and between which items of the device side each operation must stand:
 *
 *     a map      not before the invalidation of what its addresses meant before (its doorbell
 *                included), not before the last walk that shows another value of its descriptors,
 *                not after the first walk that shows its own
 *     an unmap   not before the last walk that shows one of its mappings, not before its maps,
 *                not after the invalidation that was made for it
 *
 * Within these bounds the clock decides.  Walks win over invalidations: they are what was seen.
 */
#include "traces/import/merge_plan.h"

#include <stdlib.h>

#include "base/list.h"

static void plan_destroy(struct plan *p)
{
    for (size_t i = 0; i < p->domains; i++) {
        ranges_destroy(&p->domain[i].live);
        ranges_destroy(&p->domain[i].gone);
    }
    free(p->domain);
    free(p->vote);
    free(p->entry);
    free(p->attach);
    free(p->by_addr);
    u64map_destroy(&p->index);
    u64map_destroy(&p->last);
    u64map_destroy(&p->owner);
}

int plan_no_memory(const struct plan *p)
{
    return diag_env(import_diag(p->m->im), p->m->device->path, "no memory to merge it with %s",
                    p->m->software->path);
}

struct domain *plan_domain(struct plan *p, uint32_t sid)
{
    struct domain *list;

    for (size_t i = 0; i < p->domains; i++)
        if (p->domain[i].sid == sid)
            return &p->domain[i];
    list = list_grow(p->domain, p->domains, &p->domain_room, sizeof *list);
    if (!list)
        return NULL;
    p->domain = list;
    list[p->domains] = (struct domain){ .sid = sid };
    return &list[p->domains++];
}

/* ---- lower bounds of maps -------------------------------------------------------------------- */

/* Behind the invalidations of what its addresses meant before. */
static int bound_map(struct plan *p, struct merge_op *op)
{
    struct domain *d = plan_domain(p, op->sid);
    struct range r;

    if (!d)
        return plan_no_memory(p);
    while (ranges_take(&d->gone, op->addr, plan_op_end(op), &r)) {
        uint64_t done = p->m->inval[p->m->op[r.value].inval - 1].done;
        if (done != MERGE_NEVER && done > op->lo)
            op->lo = done;
    }
    return 0;
}

static int bound_maps(struct plan *p)
{
    int rc = 0;

    for (uint32_t i = 0; i < p->m->ops && rc == 0; i++) {
        struct merge_op *op = &p->m->op[i];
        struct domain *d;
        struct range r;
        if (op->sid == REC_NO_STREAM)
            continue;
        if (op->kind == REC_MAP)
            rc = bound_map(p, op);
        if (op->kind != REC_UNMAP || !op->inval)
            continue;
        d = plan_domain(p, op->sid);
        while (d && ranges_take(&d->gone, op->addr, plan_op_end(op), &r))
            ;
        if (!d || !ranges_add(&d->gone, (struct range){ op->addr, plan_op_end(op), i }))
            rc = plan_no_memory(p);
    }
    return rc;
}

/* ---- walks and their maps -------------------------------------------------------------------- */

static int add_word(struct plan *p, struct merge_op *op, const struct merge_obs *o)
{
    struct merge *m = p->m;
    struct merge_word *list = list_grow(m->word, m->words, &m->word_room, sizeof *list);

    if (!list)
        return plan_no_memory(p);
    m->word = list;
    list[m->words++] = (struct merge_word){ o->at, o->value, o->iova, op->words };
    op->words = (uint32_t)m->words;
    return 0;
}

/* The walk shows a map: it was made before, and its unmap comes after. */
static int assign(struct plan *p, struct merge_obs *o)
{
    uint64_t *last = u64map_at(&p->last, o->at), *owner = u64map_at(&p->owner, o->at);
    const struct merge_obs *old;
    struct merge_op *op;
    uint32_t map;
    bool first;

    if (!last || !owner)
        return plan_no_memory(p);
    old = *last ? &p->m->obs[*last - 1] : NULL;
    *last = (uint64_t)(o - p->m->obs) + 1;
    if (!o->valid || u64map_find(&p->m->tables, o->at))
        return 0;
    map = plan_find_map(p, o);
    if (!map)
        return 0;
    o->map = map;
    op = &p->m->op[map - 1];
    first = *owner != map;
    *owner = map;
    if (first && old && old->pos + 1 > op->lo)
        op->lo = old->pos + 1;
    if (o->pos < op->hi)
        op->hi = o->pos;
    if (op->link && o->pos + 1 > p->m->op[op->link - 1].lo)
        p->m->op[op->link - 1].lo = o->pos + 1;
    return first ? add_word(p, op, o) : 0;
}

/* ---- bounds that agree ----------------------------------------------------------------------- */

static void settle_unmap(struct plan *p, struct merge_op *u)
{
    if (u->hi != MERGE_NEVER && u->lo > u->hi) {
        import_count(p->m->im, IMPORT_ODD, "walks that show a mapping after its invalidation", 1);
        u->hi = MERGE_NEVER;
    }
    for (uint32_t at = u->link; at; at = p->m->op[at - 1].sibling) {
        struct merge_op *map = &p->m->op[at - 1];
        if (u->hi < map->hi)
            map->hi = u->hi;
        if (map->lo > map->hi)
            map->lo = map->hi;
        if (map->lo > u->lo)
            u->lo = map->lo;
    }
    if (u->lo > u->hi)
        u->lo = u->hi;
}

static void settle(struct plan *p)
{
    for (size_t i = 0; i < p->m->ops; i++) {
        struct merge_op *op = &p->m->op[i];
        if (op->kind == REC_UNMAP)
            settle_unmap(p, op);
        else if (op->lo > op->hi)
            op->lo = op->hi;
    }
}

int merge_plan(struct merge *m)
{
    struct plan p = { .m = m };
    int rc = plan_sort_invals(&p);

    if (rc == 0)
        rc = plan_attribute(&p);
    if (rc == 0)
        rc = plan_link_ops(&p);
    if (rc == 0)
        rc = plan_match_invals(&p);
    if (rc == 0)
        rc = bound_maps(&p);
    if (rc == 0)
        rc = plan_each_walk(&p, assign);
    if (rc == 0)
        settle(&p);
    plan_destroy(&p);
    return rc;
}
