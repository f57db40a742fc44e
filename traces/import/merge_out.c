/* SPDX-License-Identifier: Apache-2.0
 *
 * The second reading of the device side, with the operations of the software side put between its
 * items.
 *
 * At each item come first the operations whose time has come and that may stand here, and those
 * that may not come later.  A map brings the words of its descriptors along, an unmap clears them.
 * Memory is simulated: a descriptor that a walk shows is dropped where memory holds it already and
 * written there where it does not, so that each walk finds in the trace what it found in the log.
 */
#define _GNU_SOURCE                      /* qsort_r */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"
#include "traces/import/merge.h"

enum { TABLE_WORDS = 8 };

struct out {
    struct merge *m;
    uint64_t pos;                /* of the item that comes next                                  */
    uint64_t from_ns, to_ns;     /* times of the item before and of the one that comes           */
    uint64_t moved_ns;           /* farthest that a bound has moved an operation                 */
    size_t obs;                  /* walk that comes next                                         */
    size_t timed, bound;         /* next by time, next of `by_hi`                                */
    uint32_t *by_hi;             /* operations with an upper bound, in order of it               */
    size_t n_by_hi;
    uint32_t *held;              /* heap by lo: their time has come, their place has not         */
    size_t n_held;
    uint32_t *ready;
    size_t n_ready;
    struct u64map value;         /* descriptor -> what memory holds                              */
    struct u64map owner;         /* descriptor -> map whose word it is + 1                       */
    struct u64map live_of;       /* requester -> number + 1 in live                              */
    struct ranges *live;
    size_t lives, live_room;
    struct merge_word *batch;    /* words of one operation                                       */
    size_t n_batch, batch_room;
    bool walked;                 /* the item before was a word that the next access found        */
    bool holding;                /* an access waits for its outcome                              */
    struct import_item access;
};

static int no_memory(const struct out *o)
{
    return diag_env(import_diag(o->m->im), o->m->device->path, "no memory to merge it with %s",
                    o->m->software->path);
}

static void out_destroy(struct out *o)
{
    for (size_t i = 0; i < o->lives; i++)
        ranges_destroy(&o->live[i]);
    free(o->live);
    free(o->by_hi);
    free(o->held);
    free(o->ready);
    free(o->batch);
    u64map_destroy(&o->value);
    u64map_destroy(&o->owner);
    u64map_destroy(&o->live_of);
}

static void count(const struct out *o, enum import_group group, const char *what)
{
    import_count(o->m->im, group, what, 1);
}

static struct ranges *live_of(struct out *o, uint32_t sid)
{
    uint64_t *number = u64map_at(&o->live_of, sid);
    struct ranges *list;

    if (!number)
        return NULL;
    if (*number)
        return &o->live[*number - 1];
    list = list_grow(o->live, o->lives, &o->live_room, sizeof *list);
    if (!list)
        return NULL;
    o->live = list;
    list[o->lives++] = (struct ranges){ 0 };
    *number = o->lives;
    return &list[o->lives - 1];
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Where an operation was clamped to another place, its time follows. */
static uint64_t time_of(const struct out *o, const struct merge_op *op)
{
    uint64_t t = op->t_ns > o->to_ns ? o->to_ns : op->t_ns;

    return t < o->from_ns ? o->from_ns : t;
}

static int set_word(struct out *o, uint64_t at, uint64_t value, uint32_t owner)
{
    uint64_t *v = u64map_at(&o->value, at), *w;

    if (v)
        *v = value;
    w = u64map_at(&o->owner, at);
    if (!v || !w)
        return no_memory(o);
    *w = owner;
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct merge_word *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static int add_to_batch(struct out *o, uint64_t at, uint64_t value)
{
    struct merge_word *list = list_grow(o->batch, o->n_batch, &o->batch_room, sizeof *list);

    if (!list)
        return no_memory(o);
    o->batch = list;
    list[o->n_batch++] = (struct merge_word){ .at = at, .value = value };
    return 0;
}

/* Neighbours go into one record. */
static int write_batch(struct out *o, uint64_t t_ns, uint32_t owner)
{
    int rc = 0;

    if (o->n_batch > 1)
        qsort(o->batch, o->n_batch, sizeof *o->batch, by_address);
    for (size_t i = 0; i < o->n_batch && rc == 0;) {
        struct import_item it = { .rec = { .kind = REC_TABLE,
                                         .flags = REC_F_RECON,
                                         .addr = o->batch[i].at,
                                         .stream = REC_NO_STREAM},
                                 .t_ns = t_ns };
        unsigned n = 0;
        do {
            rc = set_word(o, o->batch[i].at, o->batch[i].value, owner);
            it.ext.w[n++] = o->batch[i++].value;
        } while (rc == 0 && n < TABLE_WORDS && i < o->n_batch &&
                 o->batch[i].at == it.rec.addr + 8 * n);
        it.rec.words = (uint16_t)n;
        if (rc == 0)
            rc = import_write(o->m->im, &it);
    }
    o->n_batch = 0;
    return rc;
}

static int words_of_map(struct out *o, uint32_t number)
{
    const struct merge *m = o->m;

    for (uint32_t at = m->op[number].words; at; at = m->word[at - 1].next)
        if (add_to_batch(o, m->word[at - 1].at, m->word[at - 1].value) < 0)
            return SIM_EENV;
    import_count(m->im, IMPORT_USED, "descriptors written at the time of their map", o->n_batch);
    return write_batch(o, time_of(o, &m->op[number]), number + 1);
}

/* The descriptors of an unmap's maps that still are theirs. */
static int clear_words(struct out *o, const struct merge_op *u)
{
    const struct merge *m = o->m;

    for (uint32_t map = u->link; map; map = m->op[map - 1].sibling)
        for (uint32_t at = m->op[map - 1].words; at; at = m->word[at - 1].next) {
            const struct merge_word *w = &m->word[at - 1];
            const uint64_t *owner = u64map_find(&o->owner, w->at);
            if (w->iova < u->addr || w->iova - u->addr >= u->size || !owner || *owner != map)
                continue;
            if (add_to_batch(o, w->at, 0) < 0)
                return SIM_EENV;
        }
    import_count(m->im, IMPORT_USED, "descriptors cleared at the time of their unmap", o->n_batch);
    return write_batch(o, time_of(o, u), 0);
}

/* ---- operations ------------------------------------------------------------------------------ */

static int emit(struct out *o, const struct merge_op *op, struct rec rec, const uint64_t *w)
{
    struct import_item it = { .rec = rec, .t_ns = time_of(o, op), .note = { .line = op->line } };

    memcpy(it.ext.w, w, rec.words * sizeof *w);
    return import_write(o->m->im, &it);
}

static int emit_map(struct out *o, uint32_t number)
{
    const struct merge_op *op = &o->m->op[number];
    struct ranges *live = live_of(o, op->sid);
    uint64_t attach[2] = { op->domain, REC_MODE_TRANSLATE };
    uint64_t w[5] = { op->paddr, op->size, op->domain, op->perm, op->page_log2 };
    struct rec rec = { .kind = REC_ATTACH, .flags = REC_F_RECON, .stream = op->stream, .words = 2 };
    struct range r;
    int rc = 0;

    if (!live)
        return no_memory(o);
    if (op->attach)
        rc = emit(o, op, rec, attach);
    rec = (struct rec){ .kind = REC_MAP, .flags = op->flags, .addr = op->addr,
                        .stream = op->stream, .words = 5 };
    if (rc == 0)
        rc = emit(o, op, rec, w);
    while (ranges_take(live, op->addr, range_end(op->addr, op->size), &r))
        ;
    if (!ranges_add(live, (struct range){ op->addr, range_end(op->addr, op->size), number }))
        return no_memory(o);
    return rc ? rc : words_of_map(o, number);
}

static int emit_unmap(struct out *o, const struct merge_op *op)
{
    struct ranges *live = live_of(o, op->sid);
    uint64_t w[2] = { op->size, op->domain };
    struct range r;
    int rc = emit(o, op, (struct rec){ .kind = REC_UNMAP, .flags = op->flags, .addr = op->addr,
                                       .stream = op->stream, .words = 2 }, w);

    if (!live)
        return no_memory(o);
    while (ranges_take(live, op->addr, range_end(op->addr, op->size), &r))
        ;
    return rc ? rc : clear_words(o, op);
}

static int emit_op(struct out *o, uint32_t number)
{
    struct merge_op *op = &o->m->op[number];
    uint64_t w[2] = { op->w0, op->w1 };

    op->out = true;
    if (op->kind == REC_MAP)
        return emit_map(o, number);
    if (op->kind == REC_UNMAP)
        return emit_unmap(o, op);
    return emit(o, op, (struct rec){ .kind = op->kind, .flags = op->flags, .addr = op->addr,
                                     .stream = op->stream, .words = op->rec_words }, w);
}

/* ---- whose turn it is ------------------------------------------------------------------------ */

static bool held_before(const struct out *o, uint32_t a, uint32_t b)
{
    uint64_t x = o->m->op[a].lo, y = o->m->op[b].lo;

    return x != y ? x < y : a < b;
}

static void hold(struct out *o, uint32_t number)
{
    size_t at = o->n_held++;

    for (; at && held_before(o, number, o->held[(at - 1) / 2]); at = (at - 1) / 2)
        o->held[at] = o->held[(at - 1) / 2];
    o->held[at] = number;
}

static uint32_t let_go(struct out *o)
{
    uint32_t first = o->held[0], last = o->held[--o->n_held];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < o->n_held) {
        if (child + 1 < o->n_held && held_before(o, o->held[child + 1], o->held[child]))
            child++;
        if (!held_before(o, o->held[child], last))
            break;
        o->held[at] = o->held[child];
        at = child;
    }
    o->held[at] = last;
    return first;
}

static void make_ready(struct out *o, uint32_t number, bool clamped)
{
    const struct merge_op *op = &o->m->op[number];
    uint64_t moved = op->t_ns > o->to_ns ? op->t_ns - o->to_ns : o->to_ns - op->t_ns;

    if (op->out)
        return;
    if (clamped && moved > o->moved_ns)
        o->moved_ns = moved;
    o->m->op[number].out = true;                 /* not to be taken twice */
    o->ready[o->n_ready++] = number;
    if (op->kind == REC_MAP)
        count(o, IMPORT_USED, clamped ? "maps placed beside a walk or an invalidation"
                                      : "maps placed by the clock");
    else if (op->kind == REC_UNMAP)
        count(o, IMPORT_USED, clamped ? "unmaps placed beside a walk or an invalidation"
                                      : "unmaps placed by the clock");
}

static void collect(struct out *o, uint64_t t_ns)
{
    struct merge *m = o->m;

    for (; o->timed < m->ops && m->op[o->timed].t_ns < t_ns; o->timed++)
        if (m->op[o->timed].lo <= o->pos)
            make_ready(o, (uint32_t)o->timed, false);
        else if (!m->op[o->timed].out)
            hold(o, (uint32_t)o->timed);
    while (o->n_held && m->op[o->held[0]].lo <= o->pos)
        make_ready(o, let_go(o), true);
    for (; o->bound < o->n_by_hi && m->op[o->by_hi[o->bound]].hi <= o->pos; o->bound++)
        make_ready(o, o->by_hi[o->bound], m->op[o->by_hi[o->bound]].t_ns > t_ns);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int emit_ready(struct out *o)
{
    int rc = 0;

    if (o->n_ready > 1)
        qsort(o->ready, o->n_ready, sizeof *o->ready, by_number);
    for (size_t i = 0; i < o->n_ready && rc == 0; i++)
        rc = emit_op(o, o->ready[i]);
    o->n_ready = 0;
    return rc;
}

/* ---- items of the device side ---------------------------------------------------------------- */

static int changed(const struct out *o)
{
    return diag_add(
        import_diag(o->m->im), o->m->device->path, 0, 0,
        "is not what it was when it was read first; expected a file that does not change");
}

/* A leaf descriptor as a walk found it. */
static int pass_leaf(struct out *o, const struct import_item *it)
{
    const struct merge_obs *obs = o->obs < o->m->n_obs ? &o->m->obs[o->obs++] : NULL;
    const uint64_t *held = u64map_find(&o->value, it->note.at);
    struct import_item copy = *it;
    int rc;

    if (!obs || obs->at != it->note.at || obs->value != it->note.value)
        return changed(o);
    if (held && *held == obs->value)
        return 0;
    if (it->note.kind == NOTE_SEEN && !held)
        return import_write(o->m->im, it);
    if (held && obs->map)
        count(o, IMPORT_ODD, "descriptors of a map written again at their walk");
    else if (obs->valid)
        count(o, IMPORT_RECON,
              "descriptors left at their first walk: no map of the software side fits");
    rc = set_word(o, obs->at, obs->value, obs->map);
    if (it->note.kind == NOTE_SEEN) {
        copy.note.kind = NOTE_LEAF;
        copy.rec.words = 1;
        copy.rec.addr = obs->at;
        copy.ext.w[0] = obs->value;
    }
    return rc ? rc : import_write(o->m->im, &copy);
}

static int pass_table(struct out *o, const struct import_item *it)
{
    uint8_t kind = it->note.kind;
    int rc = 0;

    if (kind == NOTE_LEAF || kind == NOTE_INVALID || kind == NOTE_SEEN)
        return pass_leaf(o, it);
    for (unsigned i = 0; i < it->rec.words && rc == 0; i++)
        rc = set_word(o, it->rec.addr + 8 * i, it->ext.w[i], 0);
    return rc ? rc : import_write(o->m->im, it);
}

/* ---- directions ------------------------------------------------------------------------------ */

static void direct(struct out *o, const struct import_item *outcome)
{
    struct rec *r = &o->access.rec;
    uint64_t *number = u64map_find(&o->live_of, import_stream_sid(o->m->im, r->stream));
    const struct range *live = number ? ranges_at(&o->live[*number - 1], r->addr) : NULL;
    const struct merge_op *map = live ? &o->m->op[live->value] : NULL;
    struct rec_expect e;

    rec_expect_unpack(&outcome->ext, &e);
    if (!map || e.outcome != REC_O_OK || !e.has_pa || e.pa != map->paddr + (r->addr - map->addr)) {
        count(o, IMPORT_LACKS, "accesses outside the live mappings of their device");
        return;
    }
    if (map->perm != REC_PERM_R && map->perm != REC_PERM_W)
        return;
    if (!(r->flags & REC_F_NODIR)) {
        if ((r->kind == REC_WRITE) != (map->perm == REC_PERM_W))
            count(o, IMPORT_ODD, "accesses against the direction of their mapping");
        return;
    }
    r->kind = map->perm == REC_PERM_W ? REC_WRITE : REC_READ;
    r->flags &= (uint8_t)~REC_F_NODIR;
    count(o, IMPORT_RECON, "directions of accesses, by their mapping");
}

static int release(struct out *o)
{
    if (!o->holding)
        return 0;
    o->holding = false;
    return import_write(o->m->im, &o->access);
}

/* ---- the second reading ---------------------------------------------------------------------- */

static int insert(struct out *o, uint64_t t_ns)
{
    o->to_ns = t_ns;
    collect(o, t_ns);
    return emit_ready(o);
}

static int hold_access(struct out *o, const struct import_item *it)
{
    o->access = *it;
    o->holding = true;
    return 0;
}

static int pass_outcome(struct out *o, const struct import_item *it)
{
    int rc;

    if (o->holding)
        direct(o, it);
    rc = release(o);
    return rc ? rc : import_write(o->m->im, it);
}

/* What a walk found, its access and the outcome stay together: nothing comes between. */
static int pass(struct out *o, const struct import_item *it)
{
    bool access = it->rec.kind == REC_READ || it->rec.kind == REC_WRITE;
    int rc;

    if (it->rec.kind == REC_EXPECT)
        return pass_outcome(o, it);
    rc = release(o);
    if (rc == 0 && !(access && o->walked))
        rc = insert(o, it->t_ns);
    o->walked = it->rec.kind == REC_TABLE;
    if (rc)
        return rc;
    if (access)
        return hold_access(o, it);
    return o->walked ? pass_table(o, it) : import_write(o->m->im, it);
}

static int take_item(void *to, const struct import_item *it)
{
    struct out *o = to;
    int rc = pass(o, it);

    o->from_ns = it->t_ns;
    o->pos++;
    return rc;
}

static int cmp_hi(const void *a, const void *b, void *to)
{
    const struct merge *m = to;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    if (m->op[x].hi != m->op[y].hi)
        return m->op[x].hi < m->op[y].hi ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool prepare(struct out *o)
{
    size_t n = o->m->ops + 1;

    o->by_hi = malloc(n * sizeof *o->by_hi);
    o->held = malloc(n * sizeof *o->held);
    o->ready = malloc(n * sizeof *o->ready);
    if (!o->by_hi || !o->held || !o->ready)
        return false;
    for (uint32_t i = 0; i < o->m->ops; i++)
        if (o->m->op[i].hi != MERGE_NEVER)
            o->by_hi[o->n_by_hi++] = i;
    qsort_r(o->by_hi, o->n_by_hi, sizeof *o->by_hi, cmp_hi, o->m);
    return true;
}

static int read_again(struct out *o)
{
    int rc = import_rewind(o->m->device);

    import_set_sink(o->m->device, take_item, o);
    while (rc >= 0 && (rc = import_step(o->m->device)) > 0)
        ;
    if (rc == 0 && (o->pos != o->m->items || o->obs != o->m->n_obs))
        rc = changed(o);
    if (rc == 0)
        rc = release(o);
    if (rc == 0) {
        o->pos = MERGE_NEVER;
        rc = insert(o, UINT64_MAX);
        import_count(o->m->im, IMPORT_USED, "farthest that a walk or an invalidation moved one, ns",
                     o->moved_ns);
    }
    return rc;
}

int merge_out(struct merge *m)
{
    struct out o = { .m = m };
    int rc = prepare(&o) ? read_again(&o) : no_memory(&o);

    out_destroy(&o);
    return rc;
}
