/* SPDX-License-Identifier: Apache-2.0
 *
 * Who belongs to whom, and between which items of the device side each operation must stand:
 *
 *     a map      not before the invalidation of what its addresses meant before (its doorbell included),
 *                not before the last walk that shows another value of its descriptors,
 *                not after the first walk that shows its own
 *     an unmap   not before the last walk that shows one of its mappings, not before its maps,
 *                not after the invalidation that was made for it
 *
 * Within these bounds the clock decides.  Walks win over invalidations: they are what was seen.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "traces/merge.h"

enum { PIECES_LOG2 = 9, TIERS = 3, CANDIDATES = 8 };
#define MATCH_NS (20ull * MERGE_SLACK_NS)        /* from an unmap to its invalidation, at most   */

/* ---- the state of planning --------------------------------------------------------------------------- */

struct vote { uint64_t tag; uint32_t sid, n; };

struct keyed { uint64_t addr, t_ns; uint32_t index; };       /* an unmap or invalidation, to sort */

struct domain {                  /* of one requester                                             */
    uint32_t sid, number;        /* its domain now, 0 none                                       */
    struct ranges live;          /* value: its map                                               */
    struct ranges gone;          /* value: the unmap that ended it                               */
};

struct entry { uint32_t op, next; };         /* a map that covers a piece; next + 1               */

struct plan {
    struct merge *m;
    struct domain *domain;
    size_t domains, domain_room;
    struct vote *vote;
    size_t votes, vote_room;
    struct keyed *by_addr;       /* invalidations by address                                     */
    size_t n_by_addr;
    struct u64map index;         /* piece -> newest entry + 1                                    */
    struct entry *entry;
    size_t entries, entry_room;
    uint32_t *attach;            /* attaches and detaches that were seen                         */
    size_t attaches, attach_room;
    struct u64map last;          /* descriptor -> its last walk + 1                              */
    struct u64map owner;         /* descriptor -> the last map that it showed + 1                */
};

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

static int no_memory(const struct plan *p)
{
    return diag_env(import_diag(p->m->im), p->m->device->path, "no memory to merge it with %s",
                    p->m->software->path);
}

static struct domain *domain_of(struct plan *p, uint32_t sid)
{
    struct domain *list;

    for (size_t i = 0; i < p->domains; i++)
        if (p->domain[i].sid == sid)
            return &p->domain[i];
    list = merge_grow(p->domain, p->domains, &p->domain_room, sizeof *list);
    if (!list)
        return NULL;
    p->domain = list;
    list[p->domains] = (struct domain){ .sid = sid };
    return &list[p->domains++];
}

static bool before(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns;
}

static uint64_t op_end(const struct merge_op *op)
{
    return range_end(op->addr, op->size);
}

/* ---- finding maps by address -------------------------------------------------------------------------- */

/* Maps up to 2 MiB are found by page of 4 KiB, up to 1 GiB by 2 MiB, up to 512 GiB by 1 GiB, so that one
 * has 513 entries at most. */
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
    uint64_t last = (op_end(op) - 1) >> log2;

    if (tier == TIERS) {
        import_count(p->m->im, IMPORT_ODD, "maps above 512 GiB (not matched with walks)", 1);
        return 0;
    }
    for (uint64_t piece = op->addr >> log2; piece <= last; piece++) {
        uint64_t *head = u64map_at(&p->index, index_key(op->sid, piece << log2, tier));
        struct entry *list = merge_grow(p->entry, p->entries, &p->entry_room, sizeof *list);
        if (list)
            p->entry = list;
        if (!head || !list || p->entries >= UINT32_MAX)
            return no_memory(p);
        list[p->entries++] = (struct entry){ number, (uint32_t)*head };
        *head = p->entries;
    }
    return 0;
}

static bool shows(const struct merge_obs *o, const struct merge_op *op)
{
    return o->iova >= op->addr && o->iova < op_end(op) && (op->sid == o->sid || op->sid == REC_NO_STREAM) &&
           merge_leaf_pa(o->value, o->bytes) == op->paddr + (o->iova - op->addr);
}

/* Is a walk at this place and time one of a live map?  `surely`: without any allowance for the clocks. */
static bool fits(const struct plan *p, const struct merge_obs *o, const struct merge_op *op, bool surely)
{
    const struct merge_op *unmap = op->link ? &p->m->op[op->link - 1] : NULL;
    uint64_t slack = surely ? 0 : MERGE_SLACK_NS;

    if (o->pos < op->lo || before(o->t_ns + slack, op->t_ns))
        return false;
    if (!unmap)
        return true;
    return !before(unmap->t_ns + slack, o->t_ns) && (unmap->hi == MERGE_NEVER || o->pos < unmap->hi);
}

/* The newest of one requester's maps that the walk shows: one that fits surely; `maybe` one that fits. */
static uint32_t find_in(const struct plan *p, const struct merge_obs *o, uint64_t key, uint32_t *maybe)
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

static uint32_t find_map(const struct plan *p, const struct merge_obs *o)
{
    uint32_t maybe = 0, found = 0;

    for (unsigned tier = 0; tier < TIERS && !found; tier++) {
        found = find_in(p, o, index_key(o->sid, o->iova, tier), &maybe);
        if (!found)
            found = find_in(p, o, index_key(REC_NO_STREAM, o->iova, tier), &maybe);
    }
    return found ? found : maybe;
}

/* Calls `visit` for each walk, with all maps in the index that may have been made before it. */
static int each_walk(struct plan *p, int (*visit)(struct plan *p, struct merge_obs *o))
{
    size_t next = 0;
    int rc = 0;

    u64map_destroy(&p->index);
    p->entries = 0;
    for (size_t i = 0; i < p->m->n_obs && rc == 0; i++) {
        struct merge_obs *o = &p->m->obs[i];
        for (; next < p->m->ops && !before(o->t_ns + MERGE_SLACK_NS, p->m->op[next].t_ns) && rc == 0;
             next++)
            if (p->m->op[next].kind == REC_MAP)
                rc = index_map(p, (uint32_t)next);
        if (rc == 0)
            rc = visit(p, o);
    }
    return rc;
}

/* ---- maps without a device ---------------------------------------------------------------------------- */

/* A map before an attach is not in the domain that the requester has after it. */
static bool attached_between(const struct plan *p, uint32_t sid, uint32_t map, uint64_t t_ns)
{
    for (size_t i = 0; i < p->attaches; i++) {
        const struct merge_op *op = &p->m->op[p->attach[i]];
        if (p->attach[i] > map && op->sid == sid && before(op->t_ns, t_ns))
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
        list = merge_grow(p->attach, p->attaches, &p->attach_room, sizeof *list);
        if (!list)
            return no_memory(p);
        p->attach = list;
        list[p->attaches++] = i;
    }
    return 0;
}

static int attribute(struct plan *p, struct merge_obs *o)
{
    uint32_t map = o->valid ? find_map(p, o) : 0;
    struct merge_op *op = map ? &p->m->op[map - 1] : NULL;

    if (!op || op->sid != REC_NO_STREAM || attached_between(p, o->sid, map - 1, o->t_ns))
        return 0;
    op->sid = o->sid;
    op->stream = import_stream(p->m->im, o->sid, NULL);
    import_count(p->m->im, IMPORT_RECON, "devices of maps, known by the walks that show them", 1);
    return 0;
}

/* ---- invalidations by address, and whose they are ------------------------------------------------------ */

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

/* What a requester's invalidations are tagged with is learned from the nearest ones of its unmaps. */
static int add_vote(struct plan *p, uint64_t tag, uint32_t sid)
{
    struct vote *list;

    for (size_t i = 0; i < p->votes; i++)
        if (p->vote[i].tag == tag && p->vote[i].sid == sid) {
            p->vote[i].n++;
            return 0;
        }
    list = merge_grow(p->vote, p->votes, &p->vote_room, sizeof *list);
    if (!list)
        return no_memory(p);
    p->vote = list;
    list[p->votes++] = (struct vote){ tag, sid, 1 };
    return 0;
}

/* A tag with most of its votes elsewhere is another domain's. */
static bool tag_fits(const struct plan *p, uint64_t tag, uint32_t sid)
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

/* The invalidation that an unmap is followed by, of whatever domain; NULL if none is near. */
static const struct merge_inval *next_inval(const struct plan *p, const struct merge_op *op)
{
    struct keyed key = { .addr = op->addr, .t_ns = op->t_ns - MERGE_SLACK_NS / 10 };
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
static uint32_t owner_of_tag(const struct plan *p, uint64_t tag)
{
    uint32_t most = 0, sid = REC_NO_STREAM;

    for (size_t i = 0; i < p->votes; i++)
        if (p->vote[i].tag == tag && p->vote[i].n > most) {
            most = p->vote[i].n;
            sid = p->vote[i].sid;
        }
    return sid;
}

/* ---- maps and their unmaps ---------------------------------------------------------------------------- */

/* The domain of a map that was attributed only now.  Where its device has none yet, an attach comes before
 * it: the one that the software side implied at a later map, or a new one. */
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
        import_count(p->m->im, IMPORT_RECON, "attachments: devices attached before the trace began", 1);
    }
    op->domain = d->number;
}

static int start_map(struct plan *p, uint32_t number)
{
    struct merge_op *op = &p->m->op[number];
    struct domain *d = domain_of(p, op->sid);
    struct range r;

    if (!d)
        return no_memory(p);
    while (ranges_take(&d->live, op->addr, op_end(op), &r))
        ;
    if (op->sid != REC_NO_STREAM && !op->domain)
        give_domain(p, number, d);
    return ranges_add(&d->live, (struct range){ op->addr, op_end(op), number }) ? 0 : no_memory(p);
}

/* The requester whose mapping an unmap without one ends: the only one that has its address mapped, and of
 * several the one whose domain is invalidated next. */
static uint32_t owner_of(struct plan *p, const struct merge_op *op, const struct merge_inval *inval)
{
    uint32_t only = REC_NO_STREAM, tagged = inval ? owner_of_tag(p, inval->tag) : REC_NO_STREAM;
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
    return owners == 1 && (!inval || tag_fits(p, inval->tag, only)) ? only : REC_NO_STREAM;
}

/* A map that no walk shows has its requester from its unmap. */
static int adopt_maps(struct plan *p, const struct merge_op *u, struct domain *d)
{
    struct domain *unknown = domain_of(p, REC_NO_STREAM);
    struct range r;

    if (!unknown)
        return no_memory(p);
    d = domain_of(p, u->sid);                /* the list may have moved */
    while (!ranges_from(&d->live, u->addr) || ranges_from(&d->live, u->addr)->start >= op_end(u)) {
        struct merge_op *map;
        if (!ranges_take(&unknown->live, u->addr, op_end(u), &r))
            break;
        map = &p->m->op[r.value];
        map->sid = u->sid;
        map->stream = u->stream;
        map->domain = d->number;
        import_count(p->m->im, IMPORT_RECON, "devices of maps, known by their unmaps", 1);
        if (!ranges_add(&d->live, r))
            return no_memory(p);
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
    if (r.end > op_end(u))
        ok &= ranges_add(&d->live, (struct range){ op_end(u), r.end, r.value });
    return ok ? 0 : no_memory(p);
}

static int start_unmap(struct plan *p, uint32_t number)
{
    struct merge_op *op = &p->m->op[number];
    const struct merge_inval *inval = next_inval(p, op);
    bool told = op->sid != REC_NO_STREAM;
    struct domain *d;
    struct range r;
    int rc = 0;

    if (!told)
        op->sid = owner_of(p, op, inval);
    d = domain_of(p, op->sid);
    if (!d)
        return no_memory(p);
    if (op->sid != REC_NO_STREAM && !told) {
        op->stream = import_stream(p->m->im, op->sid, NULL);
        import_count(p->m->im, IMPORT_RECON, "devices of unmaps, known by their maps", 1);
        rc = adopt_maps(p, op, d);
        d = domain_of(p, op->sid);
    }
    if (inval && op->sid != REC_NO_STREAM && rc == 0)
        rc = add_vote(p, inval->tag, op->sid);
    if (!op->domain)
        op->domain = d->number;
    while (rc == 0 && ranges_take(&d->live, op->addr, op_end(op), &r))
        rc = end_map(p, d, r, number);
    return rc;
}

static int start_attach(struct plan *p, const struct merge_op *op)
{
    struct domain *d = domain_of(p, op->sid);

    if (!d)
        return no_memory(p);
    if (op->out)                             /* moved to an earlier map */
        return 0;
    d->number = op->kind == REC_ATTACH ? op->domain : 0;
    ranges_destroy(&d->live);
    return 0;
}

static int link_ops(struct plan *p)
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

/* ---- unmaps and their invalidations -------------------------------------------------------------------- */

/* Goes through unmaps and invalidations of equal address side by side; each invalidation is used once. */
static void match(struct plan *p, const struct keyed *u, size_t nu)
{
    const struct keyed *v = p->by_addr;
    size_t from = 0, nv = p->n_by_addr;

    for (size_t i = 0; i < nu; i++) {
        struct merge_op *op = &p->m->op[u[i].index];
        while (from < nv && (v[from].addr < u[i].addr ||
                             (v[from].addr == u[i].addr && v[from].t_ns + MERGE_SLACK_NS < u[i].t_ns)))
            from++;
        for (size_t k = from; k < nv && v[k].addr == u[i].addr && v[k].t_ns <= u[i].t_ns + MATCH_NS; k++) {
            struct merge_inval *inval = &p->m->inval[v[k].index];
            if (inval->unmap || !tag_fits(p, inval->tag, op->sid))
                continue;
            inval->unmap = u[i].index + 1;
            op->inval = v[k].index + 1;
            op->hi = inval->pos;
            break;
        }
    }
}

static int match_invals(struct plan *p)
{
    struct keyed *u = malloc((p->m->ops + 1) * sizeof *u);

    if (!u)
        return no_memory(p);
    match(p, u, sorted_unmaps(p->m, u));
    free(u);
    return 0;
}

static int sort_invals(struct plan *p)
{
    p->by_addr = malloc((p->m->invals + 1) * sizeof *p->by_addr);
    if (!p->by_addr)
        return no_memory(p);
    p->n_by_addr = sorted_invals(p->m, p->by_addr);
    return 0;
}

/* ---- lower bounds of maps ------------------------------------------------------------------------------ */

/* Behind the invalidations of what its addresses meant before. */
static int bound_map(struct plan *p, struct merge_op *op)
{
    struct domain *d = domain_of(p, op->sid);
    struct range r;

    if (!d)
        return no_memory(p);
    while (ranges_take(&d->gone, op->addr, op_end(op), &r)) {
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
        d = domain_of(p, op->sid);
        while (d && ranges_take(&d->gone, op->addr, op_end(op), &r))
            ;
        if (!d || !ranges_add(&d->gone, (struct range){ op->addr, op_end(op), i }))
            rc = no_memory(p);
    }
    return rc;
}

/* ---- walks and their maps ------------------------------------------------------------------------------ */

static int add_word(struct plan *p, struct merge_op *op, const struct merge_obs *o)
{
    struct merge *m = p->m;
    struct merge_word *list = merge_grow(m->word, m->words, &m->word_room, sizeof *list);

    if (!list)
        return no_memory(p);
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
        return no_memory(p);
    old = *last ? &p->m->obs[*last - 1] : NULL;
    *last = (uint64_t)(o - p->m->obs) + 1;
    if (!o->valid || u64map_find(&p->m->tables, o->at))
        return 0;
    map = find_map(p, o);
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

/* ---- bounds that agree --------------------------------------------------------------------------------- */

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
    int rc = find_attaches(&p);

    if (rc == 0)
        rc = sort_invals(&p);
    if (rc == 0)
        rc = each_walk(&p, attribute);
    if (rc == 0)
        rc = link_ops(&p);
    if (rc == 0)
        rc = match_invals(&p);
    if (rc == 0)
        rc = bound_maps(&p);
    if (rc == 0)
        rc = each_walk(&p, assign);
    if (rc == 0)
        settle(&p);
    plan_destroy(&p);
    return rc;
}
