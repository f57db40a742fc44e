/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/soft_ops.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "traces/import/ftrace_line.h"

int soft_init(struct soft *s, struct import_source *src)
{
    *s = (struct soft){ .src = src };
    s->device = calloc(1, sizeof *s->device);
    if (s->device)
        s->device[0] = calloc(1, sizeof **s->device);
    if (!s->device || !s->device[0]) {
        free(s->device);
        return SIM_EENV;
    }
    s->device[0]->stream = REC_NO_STREAM;
    s->devices = 1;
    return 0;
}

void soft_destroy(struct soft *s)
{
    HASH_CLEAR(hh, s->by_name);
    for (uint32_t i = 0; i < s->devices; i++) {
        ranges_destroy(&s->device[i]->live);
        free(s->device[i]);
    }
    free(s->device);
    free(s->op);
}

static int no_memory(const struct soft *s)
{
    return diag_env(import_diag(s->src->im), s->src->path, "no memory for %zu operations", s->n);
}

static void count(const struct soft *s, enum import_group group, const char *what)
{
    import_count(s->src->im, group, what, 1);
}

/* ---- gathering ------------------------------------------------------------------------------- */

static uint32_t add_device(struct soft *s, struct soft_device *d, uint32_t stream_offset)
{
    struct soft_device **list = realloc(s->device, (s->devices + 1) * sizeof *list);
    uint32_t id;

    if (!list) {
        free(d);
        return 0;
    }
    s->device = list;
    list[s->devices] = d;
    d->number = s->devices++;
    d->stream = REC_NO_STREAM;
    if (ftrace_pci_id((struct ftrace_text){ d->name, strlen(d->name) }, &id))
        d->stream = import_stream(s->src->im, id + stream_offset, d->name);
    else
        count(s, IMPORT_LACKS, "requester ids: devices that are no PCI functions");
    HASH_ADD_STR(s->by_name, name, d);
    return d->number;
}

uint32_t soft_device(struct soft *s, const char *name, size_t len, uint32_t stream_offset)
{
    struct soft_device *d, key = { .name = "" };

    if (len >= sizeof key.name)
        len = sizeof key.name - 1;
    memcpy(key.name, name, len);
    HASH_FIND_STR(s->by_name, key.name, d);
    if (d)
        return d->number;
    d = calloc(1, sizeof *d);
    if (!d)
        return 0;
    memcpy(d->name, key.name, sizeof d->name);
    return add_device(s, d, stream_offset);
}

uint32_t soft_add(struct soft *s, const struct soft_op *op)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 1024;
        struct soft_op *bigger = room < UINT32_MAX ? realloc(s->op, room * sizeof *bigger) : NULL;
        if (!bigger)
            return 0;
        s->op = bigger;
        s->room = room;
    }
    s->op[s->n++] = *op;
    return (uint32_t)s->n;
}

/* ---- emitting -------------------------------------------------------------------------------- */

static int emit(struct soft *s, const struct soft_op *op, struct rec rec, const uint64_t *w)
{
    struct import_item it = { .rec = rec, .t_ns = op->t_ns, .note = { .line = op->line } };

    if (rec.words)
        memcpy(it.ext.w, w, rec.words * sizeof *w);
    return import_emit(s->src, &it);
}

static int emit_attach(struct soft *s, const struct soft_op *op, struct soft_device *d,
                       uint8_t flags)
{
    uint64_t w[2];

    d->domain = ++s->domains;
    d->used = false;
    ranges_destroy(&d->live);
    w[0] = d->domain;
    w[1] = op->kind == SOFT_ATTACH ? op->mode : REC_MODE_TRANSLATE;
    return emit(s, op,
                (struct rec){ .kind = REC_ATTACH, .stream = d->stream, .flags = flags, .words = 2 },
                w);
}

static int emit_detach(struct soft *s, const struct soft_op *op, struct soft_device *d)
{
    uint64_t domain = d->domain;

    if (!domain)
        return 0;
    d->domain = 0;
    ranges_destroy(&d->live);
    return emit(s, op, (struct rec){ .kind = REC_DETACH, .stream = d->stream, .words = 1 },
                &domain);
}

/* ---- maps ------------------------------------------------------------------------------------ */

/* What of the live mappings lies in the way of a new one is a contradiction, and gives way.  Where
 * the domain is not known, two domains may use the same address. */
static void clear_way(struct soft *s, const struct soft_op *op, struct soft_device *d)
{
    uint64_t end = range_end(op->iova, op->size);
    struct range r;

    while (ranges_take(&d->live, op->iova, end, &r)) {
        if (op->device == 0)
            continue;
        if (r.start == op->iova && r.end == end)
            count(s, IMPORT_ODD, "double maps: a live range mapped again");
        else
            count(s, IMPORT_ODD, "overlaps: maps over a part of a live one");
    }
}

static int emit_map(struct soft *s, struct soft_op *op)
{
    struct soft_device *d = s->device[op->device];
    uint32_t number = (uint32_t)(op - s->op);
    struct rec rec;
    uint64_t w[5];
    int rc = 0;

    if (op->device == 0) {
        count(s, IMPORT_LACKS, "devices of maps");
    } else if (!d->domain) {
        count(s, IMPORT_RECON, "attachments: devices attached before the trace began");
        rc = emit_attach(s, op, d, REC_F_RECON);
    }
    if (op->perm == 0)
        count(s, IMPORT_LACKS, "permissions of maps");
    clear_way(s, op, d);
    if (!ranges_add(&d->live, (struct range){ op->iova, range_end(op->iova, op->size), number }))
        return no_memory(s);
    d->used = true;
    op->domain = d->domain;
    w[0] = op->paddr;
    w[1] = op->size;
    w[2] = op->domain;
    w[3] = op->perm;
    w[4] = 0;
    rec = (struct rec){ .kind = REC_MAP, .addr = op->iova, .stream = d->stream, .words = 5,
                        .flags = op->from_dma ? REC_F_RECON : 0 };
    return rc ? rc : emit(s, op, rec, w);
}

/* ---- unmaps ---------------------------------------------------------------------------------- */

/* The only device with a live mapping of the address; 0 if none or several have. */
static uint32_t only_owner(struct soft *s, const struct soft_op *op)
{
    uint32_t owner = 0, owners = 0;

    for (uint32_t i = 0; i < s->devices; i++)
        if (ranges_at(&s->device[i]->live, op->iova)) {
            owner = i;
            owners++;
        }
    if (owners != 1 || owner == 0) {
        count(s, IMPORT_LACKS, "devices of unmaps");
        return 0;
    }
    count(s, IMPORT_RECON, "devices of unmaps, known by their live mappings");
    return owner;
}

/* Takes the range out of the live ones; false if nothing of it was there. */
static bool take_live(struct soft_device *d, uint64_t start, uint64_t end, bool *ok)
{
    struct range r;
    bool any = false;

    *ok = true;
    while (ranges_take(&d->live, start, end, &r)) {
        any = true;
        if (r.start < start)
            *ok &= ranges_add(&d->live, (struct range){ r.start, start, r.value });
        if (r.end > end)
            *ok &= ranges_add(&d->live, (struct range){ end, r.end, r.value });
    }
    return any;
}

static int emit_unmap(struct soft *s, struct soft_op *op)
{
    struct soft_device *d;
    uint64_t w[2];
    bool ok;

    if (op->device == 0)
        op->device = only_owner(s, op);
    d = s->device[op->device];
    if (!take_live(d, op->iova, range_end(op->iova, op->size), &ok) && op->device)
        count(s, IMPORT_ODD, "unmaps without a map");
    if (!ok)
        return no_memory(s);
    op->domain = d->domain;
    w[0] = op->size;
    w[1] = op->domain;
    return emit(s, op, (struct rec){ .kind = REC_UNMAP, .addr = op->iova, .stream = d->stream,
                                     .flags = op->from_dma ? REC_F_RECON : 0, .words = 2 }, w);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* io_page_fault: an access that failed, as a driver reported it; the reason is not said. */
static int emit_fault(struct soft *s, const struct soft_op *op)
{
    struct rec_expect e = { .source = REC_LOGGED, .outcome = REC_O_FAULT };
    struct rec_ext x = { 0 };
    uint32_t stream = s->device[op->device]->stream;
    int rc = emit(s, op, (struct rec){ .kind = op->perm & REC_PERM_W ? REC_WRITE : REC_READ,
                                       .addr = op->iova, .stream = stream }, NULL);

    if (rc)
        return rc;
    return emit(s, op, (struct rec){ .kind = REC_EXPECT, .stream = stream,
                                     .words = rec_expect_pack(&e, &x) }, x.w);
}

static int emit_mark(struct soft *s, const struct soft_op *op)
{
    uint64_t text = op->text;

    return emit(s, op, (struct rec){ .kind = REC_MARKER, .stream = REC_NO_STREAM, .words = 1 },
                &text);
}

static int emit_op(struct soft *s, struct soft_op *op)
{
    if (op->from_dma && s->has_iommu)
        return 0;                        /* the iommu events say it better */
    switch ((enum soft_kind)op->kind) {
    case SOFT_MAP:
        return emit_map(s, op);
    case SOFT_UNMAP:
        return emit_unmap(s, op);
    case SOFT_ATTACH:
        return emit_attach(s, op, s->device[op->device], 0);
    case SOFT_DETACH:
        return emit_detach(s, op, s->device[op->device]);
    case SOFT_FAULT:
        return emit_fault(s, op);
    case SOFT_MARK:
        return emit_mark(s, op);
    }
    return 0;
}

int soft_emit(struct soft *s)
{
    uint64_t last = 0;
    int rc = 0;

    for (size_t i = 0; i < s->n && rc == 0; i++) {
        if (s->op[i].t_ns < last)
            count(s, IMPORT_ODD, "times going back in the source");
        last = s->op[i].t_ns;
        rc = emit_op(s, &s->op[i]);
    }
    return rc;
}
