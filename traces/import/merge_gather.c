/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/bits.h"
#include "base/list.h"
#include "base/sim.h"
#include "traces/import/merge.h"

static int no_memory(struct merge *m)
{
    return diag_env(import_diag(m->im), m->device->path, "no memory to merge it with %s",
                    m->software->path);
}

#define APPEND(m, list, n, room, ...)                                                              \
    do {                                                                                           \
        void *l_ = list_grow((m)->list, (m)->n, &(m)->room, sizeof *(m)->list);                   \
        if (!l_)                                                                                   \
            return no_memory(m);                                                                   \
        (m)->list = l_;                                                                            \
        (m)->list[(m)->n++] = __VA_ARGS__;                                                         \
    } while (0)

void merge_destroy(struct merge *m)
{
    free(m->op);
    free(m->obs);
    free(m->inval);
    free(m->word);
    u64map_destroy(&m->tables);
}

/* ---- the software side ----------------------------------------------------------------------- */

static int take_op(void *to, const struct import_item *it)
{
    struct merge *m = to;
    const uint64_t *w = it->ext.w;
    struct merge_op op = { .t_ns = it->t_ns, .addr = it->rec.addr, .hi = MERGE_NEVER, .w0 = w[0],
                           .w1 = w[1], .stream = it->rec.stream, .kind = it->rec.kind,
                           .flags = it->rec.flags, .rec_words = (uint8_t)it->rec.words,
                           .line = it->note.line };

    op.sid = import_stream_sid(m->im, op.stream);
    switch (op.kind) {
    case REC_MAP:
        op.paddr = w[0];
        op.size = w[1];
        op.domain = (uint32_t)w[2];
        op.perm = (uint8_t)w[3];
        op.page_log2 = (uint8_t)w[4];
        break;
    case REC_UNMAP:
        op.size = w[0];
        op.domain = (uint32_t)w[1];
        break;
    case REC_ATTACH:
    case REC_DETACH:
        op.domain = (uint32_t)w[0];
        break;
    case REC_MARKER:
        break;
    default:                                  /* faults: the device side has them at first hand */
        if (op.kind != REC_EXPECT)
            import_count(m->im, IMPORT_DROPPED,
                         "faults of the software side (the device side has them)", 1);
        return 0;
    }
    if (op.domain > m->domains)
        m->domains = op.domain;
    if (m->ops && op.t_ns < m->op[m->ops - 1].t_ns)
        op.t_ns = m->op[m->ops - 1].t_ns;
    APPEND(m, op, ops, op_room, op);
    return 0;
}

/* ---- invalidations --------------------------------------------------------------------------- */

/* [SMMUv3 4.4]: the commands that name an address, and those that do not. */
static bool smmuv3_inval(const uint64_t *w, struct merge_inval *v)
{
    enum {
        NH_ALL = 0x10,
        NH_ASID = 0x11,
        NH_VA = 0x12,
        NH_VAA = 0x13,
        S12_VMALL = 0x28,
        S2_IPA = 0x2a,
        NSNH_ALL = 0x30
    };
    unsigned op = (unsigned)bits_get(w[0], 7, 0), tg = (unsigned)bits_get(w[1], 11, 10);
    uint64_t asid = bits_get(w[0], 63, 48), vmid = bits_get(w[0], 47, 32);

    v->tag = vmid << 16 | asid;
    switch (op) {
    case NH_VA:
    case NH_VAA:
    case S2_IPA:
        v->addr = w[1] & ~0xfffull;
        v->bytes = (bits_get(w[0], 16, 12) + 1)
                   << bits_get(w[0], 24, 20) << (tg ? 10 + 2 * tg : 12);
        if (!tg)
            v->bytes = 1u << 12;
        return true;
    case NH_ALL:
    case NH_ASID:
    case S12_VMALL:
    case NSNH_ALL:
        return true;
    default:
        return false;
    }
}

/* [VT-d 6.5.2]: IOTLB and PASID-based IOTLB */
static bool vtd_inval(const uint64_t *w, struct merge_inval *v)
{
    enum { IOTLB = 2, PIOTLB = 6, BY_PAGE = 3 };
    unsigned type = (unsigned)bits_get(w[0], 3, 0);

    if (type != IOTLB && type != PIOTLB)
        return false;
    v->tag = bits_get(w[0], 31, 16);
    if (bits_get(w[0], 5, 4) == BY_PAGE) {
        v->addr = w[1] & ~0xfffull;
        v->bytes = 1ull << (12 + bits_get(w[1], 5, 0) % 52);
    }
    return true;
}

static int take_command(struct merge *m, const struct import_item *it)
{
    struct merge_inval v = { .pos = m->items, .done = MERGE_NEVER, .t_ns = it->t_ns };

    if (m->device->probe.arch == TRACE_ARCH_VTD ? vtd_inval(it->ext.w, &v)
                                                : smmuv3_inval(it->ext.w, &v))
        APPEND(m, inval, invals, inval_room, v);
    return 0;
}

static void take_doorbell(struct merge *m)
{
    for (; m->rung < m->invals; m->rung++)
        m->inval[m->rung].done = m->items + 1;
}

/* ---- walks ----------------------------------------------------------------------------------- */

static int take_leaf(struct merge *m, const struct import_item *it)
{
    const struct import_note *n = &it->note;
    bool vtd = m->device->probe.arch == TRACE_ARCH_VTD;
    struct merge_obs o = { .pos = m->items, .t_ns = it->t_ns, .at = n->at, .value = n->value,
                           .iova = n->iova, .bytes = n->bytes, .sid = n->sid };

    o.valid = n->kind != NOTE_INVALID && n->bytes && (vtd ? n->value & 3 : n->value & 1);
    APPEND(m, obs, n_obs, obs_room, o);
    return 0;
}

static int take_table(struct merge *m, const struct import_item *it)
{
    if (it->note.kind == NOTE_LEAF || it->note.kind == NOTE_INVALID || it->note.kind == NOTE_SEEN)
        return take_leaf(m, it);
    for (unsigned i = 0; i < it->rec.words; i++)
        if (!u64map_at(&m->tables, it->rec.addr + 8 * i))
            return no_memory(m);
    return 0;
}

static int take_item(void *to, const struct import_item *it)
{
    struct merge *m = to;
    int rc = 0;

    if (it->rec.kind == REC_TABLE)
        rc = take_table(m, it);
    else if (it->rec.kind == REC_COMMAND)
        rc = take_command(m, it);
    else if (it->rec.kind == REC_DOORBELL)
        take_doorbell(m);
    m->items++;
    return rc;
}

static int read_all(struct import_source *src, import_sink *sink, void *to)
{
    int rc;

    import_set_sink(src, sink, to);
    while ((rc = import_step(src)) > 0)
        ;
    return rc;
}

int merge_gather(struct merge *m)
{
    int rc = read_all(m->software, take_op, m);

    if (rc < 0)
        return rc;
    import_counting(m->im, false);
    rc = read_all(m->device, take_item, m);
    import_counting(m->im, true);
    take_doorbell(m);
    if (rc == 0 && (m->ops >= UINT32_MAX || m->n_obs >= UINT32_MAX || m->invals >= UINT32_MAX))
        rc = diag_add(import_diag(m->im), m->device->path, 0, 0,
                      "is too long to merge: more than 2^32 operations");
    return rc;
}
