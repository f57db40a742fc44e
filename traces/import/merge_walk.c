/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/list.h"
#include "traces/import/merge_plan.h"

enum { PIECES_LOG2 = 9, TIERS = 3, CANDIDATES = 8 };

/* ---- finding maps by address ----------------------------------------------------------------- */

/* Maps up to 2 MiB are found by page of 4 KiB, up to 1 GiB by 2 MiB, up to 512 GiB by 1 GiB, so
 * that one has 513 entries at most. */
static unsigned piece_log2(unsigned tier)
{
    return 12 + PIECES_LOG2 * tier;
}

static unsigned tier_of(uint64_t size)
{
    unsigned tier = 0;

    while (tier < TIERS && size > 1ull << piece_log2(tier + 1))
        tier++;
    return tier;
}

/* Keys of different places may meet: what is found is compared. */
static uint64_t index_key(uint32_t sid, uint64_t addr, unsigned tier)
{
    return bits_mix((addr >> piece_log2(tier)) * TIERS + tier) + sid;
}

/* Each requester apart. */
static int index_map(struct plan *p, uint32_t number)
{
    const struct merge_op *op = &p->m->op[number];
    unsigned tier = tier_of(op->size), log2 = piece_log2(tier);
    uint64_t last = (plan_op_end(op) - 1) >> log2;

    if (tier == TIERS) {
        import_count(p->m->im, IMPORT_ODD, "maps above 512 GiB (not matched with walks)", 1);
        return 0;
    }
    for (uint64_t piece = op->addr >> log2; piece <= last; piece++) {
        uint64_t *head = u64map_at(&p->index, index_key(op->sid, piece << log2, tier));
        struct entry *list = list_grow(p->entry, p->entries, &p->entry_room, sizeof *list);
        if (list)
            p->entry = list;
        if (!head || !list || p->entries >= UINT32_MAX)
            return plan_no_memory(p);
        list[p->entries++] = (struct entry){ number, (uint32_t)*head };
        *head = p->entries;
    }
    return 0;
}

static bool shows(const struct merge_obs *o, const struct merge_op *op)
{
    return o->iova >= op->addr && o->iova < plan_op_end(op) &&
           (op->sid == o->sid || op->sid == REC_NO_STREAM) &&
           merge_leaf_pa(o->value, o->bytes) == op->paddr + (o->iova - op->addr);
}

/* Is a walk at this place and time one of a live map?  `surely`: without any allowance for the
 * clocks. */
static bool fits(const struct plan *p, const struct merge_obs *o, const struct merge_op *op,
                 bool surely)
{
    const struct merge_op *unmap = op->link ? &p->m->op[op->link - 1] : NULL;
    uint64_t slack = surely ? 0 : MERGE_SLACK_NS;

    if (o->pos < op->lo || o->t_ns + slack < op->t_ns)
        return false;
    if (!unmap)
        return true;
    return unmap->t_ns + slack >= o->t_ns && (unmap->hi == MERGE_NEVER || o->pos < unmap->hi);
}

/* The newest of one requester's maps that the walk shows: one that fits surely; `maybe` one that
 * fits. */
static uint32_t find_in(const struct plan *p, const struct merge_obs *o, uint64_t key,
                        uint32_t *maybe)
{
    const uint64_t *head = u64map_find(&p->index, key);
    uint32_t at = head ? (uint32_t)*head : 0;

    for (unsigned n = 0; at && n < CANDIDATES; n++, at = p->entry[at - 1].next) {
        uint32_t number = p->entry[at - 1].op;
        const struct merge_op *op = &p->m->op[number];
        if (!shows(o, op))
            continue;
        if (fits(p, o, op, true))
            return number + 1;
        if (!*maybe && fits(p, o, op, false))
            *maybe = number + 1;
    }
    return 0;
}

uint32_t plan_find_map(const struct plan *p, const struct merge_obs *o)
{
    uint32_t maybe = 0, found = 0;

    for (unsigned tier = 0; tier < TIERS && !found; tier++) {
        found = find_in(p, o, index_key(o->sid, o->iova, tier), &maybe);
        if (!found)
            found = find_in(p, o, index_key(REC_NO_STREAM, o->iova, tier), &maybe);
    }
    return found ? found : maybe;
}

int plan_each_walk(struct plan *p, int (*visit)(struct plan *p, struct merge_obs *o))
{
    size_t next = 0;
    int rc = 0;

    u64map_destroy(&p->index);
    p->entries = 0;
    for (size_t i = 0; i < p->m->n_obs && rc == 0; i++) {
        struct merge_obs *o = &p->m->obs[i];
        for (; next < p->m->ops && o->t_ns + MERGE_SLACK_NS >= p->m->op[next].t_ns && rc == 0;
             next++)
            if (p->m->op[next].kind == REC_MAP)
                rc = index_map(p, (uint32_t)next);
        if (rc == 0)
            rc = visit(p, o);
    }
    return rc;
}
/* ---- maps without a device ------------------------------------------------------------------- */

/* A map before an attach is not in the domain that the requester has after it. */
static bool attached_between(const struct plan *p, uint32_t sid, uint32_t map, uint64_t t_ns)
{
    for (size_t i = 0; i < p->attaches; i++) {
        const struct merge_op *op = &p->m->op[p->attach[i]];
        if (p->attach[i] > map && op->sid == sid && op->t_ns < t_ns)
            return true;
    }
    return false;
}

static int find_attaches(struct plan *p)
{
    for (uint32_t i = 0; i < p->m->ops; i++) {
        const struct merge_op *op = &p->m->op[i];
        uint32_t *list;
        if ((op->kind != REC_ATTACH && op->kind != REC_DETACH) || op->flags & REC_F_RECON)
            continue;
        list = list_grow(p->attach, p->attaches, &p->attach_room, sizeof *list);
        if (!list)
            return plan_no_memory(p);
        p->attach = list;
        list[p->attaches++] = i;
    }
    return 0;
}

static int attribute(struct plan *p, struct merge_obs *o)
{
    uint32_t map = o->valid ? plan_find_map(p, o) : 0;
    struct merge_op *op = map ? &p->m->op[map - 1] : NULL;

    if (!op || op->sid != REC_NO_STREAM || attached_between(p, o->sid, map - 1, o->t_ns))
        return 0;
    op->sid = o->sid;
    op->stream = import_stream(p->m->im, o->sid, NULL);
    import_count(p->m->im, IMPORT_RECON, "devices of maps, known by the walks that show them", 1);
    return 0;
}

int plan_attribute(struct plan *p)
{
    int rc = find_attaches(p);

    return rc ? rc : plan_each_walk(p, attribute);
}
