/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/merge_plan.h"

/* ---- maps and their unmaps ------------------------------------------------------------------- */

/* The domain of a map that was attributed only now.  Where its device has none yet, an attach comes
 * before it: the one that the software side implied at a later map, or a new one. */
static void give_domain(struct plan *p, uint32_t number, struct domain *d)
{
    struct merge_op *op = &p->m->op[number];

    op->attach = d->number == 0;
    for (size_t i = number; op->attach && !d->number && i < p->m->ops; i++) {
        struct merge_op *later = &p->m->op[i];
        if (later->kind != REC_ATTACH || later->sid != op->sid)
            continue;
        if (!(later->flags & REC_F_RECON))
            break;
        d->number = later->domain;
        later->out = true;                   /* stands before this map instead */
    }
    if (!d->number) {
        d->number = ++p->m->domains;
        import_count(p->m->im, IMPORT_RECON, "attachments: devices attached before the trace began",
                     1);
    }
    op->domain = d->number;
}

static int start_map(struct plan *p, uint32_t number)
{
    struct merge_op *op = &p->m->op[number];
    struct domain *d = plan_domain(p, op->sid);
    struct range r;

    if (!d)
        return plan_no_memory(p);
    while (ranges_take(&d->live, op->addr, plan_op_end(op), &r))
        ;
    if (op->sid != REC_NO_STREAM && !op->domain)
        give_domain(p, number, d);
    return ranges_add(&d->live, (struct range){ op->addr, plan_op_end(op), number })
               ? 0
               : plan_no_memory(p);
}

/* The requester whose mapping an unmap without one ends: the only one that has its address mapped,
 * and of several the one whose domain is invalidated next. */
static uint32_t owner_of(struct plan *p, const struct merge_op *op, const struct merge_inval *inval)
{
    uint32_t only = REC_NO_STREAM,
             tagged = inval ? plan_owner_of_tag(p, inval->tag) : REC_NO_STREAM;
    unsigned owners = 0;

    for (size_t i = 0; i < p->domains; i++)
        if (ranges_at(&p->domain[i].live, op->addr)) {
            if (p->domain[i].sid == tagged && tagged != REC_NO_STREAM)
                return tagged;
            only = p->domain[i].sid;
            owners++;
        }
    if (owners == 1 && only == REC_NO_STREAM)
        return tagged;                       /* its map was never walked */
    return owners == 1 && (!inval || plan_tag_fits(p, inval->tag, only)) ? only : REC_NO_STREAM;
}

/* A map that no walk shows has its requester from its unmap. */
static int adopt_maps(struct plan *p, const struct merge_op *u, struct domain *d)
{
    struct domain *unknown = plan_domain(p, REC_NO_STREAM);
    struct range r;

    if (!unknown)
        return plan_no_memory(p);
    d = plan_domain(p, u->sid);                /* the list may have moved */
    while (!ranges_from(&d->live, u->addr) ||
           ranges_from(&d->live, u->addr)->start >= plan_op_end(u)) {
        struct merge_op *map;
        if (!ranges_take(&unknown->live, u->addr, plan_op_end(u), &r))
            break;
        map = &p->m->op[r.value];
        map->sid = u->sid;
        map->stream = u->stream;
        map->domain = d->number;
        import_count(p->m->im, IMPORT_RECON, "devices of maps, known by their unmaps", 1);
        if (!ranges_add(&d->live, r))
            return plan_no_memory(p);
    }
    return 0;
}

static int end_map(struct plan *p, struct domain *d, struct range r, uint32_t unmap)
{
    struct merge_op *u = &p->m->op[unmap], *map = &p->m->op[r.value];
    bool ok = true;

    if (!map->link) {
        map->link = unmap + 1;
        map->sibling = u->link;
        u->link = r.value + 1;
    }
    if (r.start < u->addr)
        ok &= ranges_add(&d->live, (struct range){ r.start, u->addr, r.value });
    if (r.end > plan_op_end(u))
        ok &= ranges_add(&d->live, (struct range){ plan_op_end(u), r.end, r.value });
    return ok ? 0 : plan_no_memory(p);
}

static int start_unmap(struct plan *p, uint32_t number)
{
    struct merge_op *op = &p->m->op[number];
    const struct merge_inval *inval = plan_next_inval(p, op);
    bool told = op->sid != REC_NO_STREAM;
    struct domain *d;
    struct range r;
    int rc = 0;

    if (!told)
        op->sid = owner_of(p, op, inval);
    d = plan_domain(p, op->sid);
    if (!d)
        return plan_no_memory(p);
    if (op->sid != REC_NO_STREAM && !told) {
        op->stream = import_stream(p->m->im, op->sid, NULL);
        import_count(p->m->im, IMPORT_RECON, "devices of unmaps, known by their maps", 1);
        rc = adopt_maps(p, op, d);
        d = plan_domain(p, op->sid);
    }
    if (inval && op->sid != REC_NO_STREAM && rc == 0)
        rc = plan_add_vote(p, inval->tag, op->sid);
    if (!op->domain)
        op->domain = d->number;
    while (rc == 0 && ranges_take(&d->live, op->addr, plan_op_end(op), &r))
        rc = end_map(p, d, r, number);
    return rc;
}

static int start_attach(struct plan *p, const struct merge_op *op)
{
    struct domain *d = plan_domain(p, op->sid);

    if (!d)
        return plan_no_memory(p);
    if (op->out)                             /* moved to an earlier map */
        return 0;
    d->number = op->kind == REC_ATTACH ? op->domain : 0;
    ranges_destroy(&d->live);
    return 0;
}

int plan_link_ops(struct plan *p)
{
    int rc = 0;

    for (uint32_t i = 0; i < p->m->ops && rc == 0; i++)
        switch (p->m->op[i].kind) {
        case REC_MAP:
            rc = start_map(p, i);
            break;
        case REC_UNMAP:
            rc = start_unmap(p, i);
            break;
        case REC_ATTACH:
        case REC_DETACH:
            rc = start_attach(p, &p->m->op[i]);
            break;
        }
    return rc;
}
