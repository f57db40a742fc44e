/* SPDX-License-Identifier: Apache-2.0
 *
 * import_vtd.c - QEMU's log of an emulated VT-d unit (vtd_*, QEMU 7.2 and 10.0).
 *
 * One translation is the lines from its first lookup to vtd_dmar_translate or vtd_dmar_fault; QEMU
 * prints them, and those of a batch of descriptors, under one lock, so they do not interleave.  It
 * becomes the TABLE words it proves, the access, an EXPECT.
 */
#include "traces/import/import_vtd.h"

#include <stdlib.h>
#include <string.h>

#include "arch/vtd/invdesc.h"
#include "base/sim.h"
#include "traces/import/import_qemu.h"

enum { REG_IQT = 0x88, REG_IQT_HIGH = 0x8c };

/* ---- emitting -------------------------------------------------------------------------------- */

void vtd_odd(const struct vtd *v, const char *what)
{
    import_count(vtd_im(v), IMPORT_ODD, what, 1);
}

int vtd_emit(struct vtd *v, struct rec rec, const uint64_t *w)
{
    struct import_item it = { .rec = rec };

    if (v->src->outcomes_only && rec.kind > REC_TRANSLATED && rec.kind != REC_EXPECT)
        return 0;
    if (rec.words)
        memcpy(it.ext.w, w, rec.words * sizeof *w);
    return import_emit(v->src, &it);
}

/* A descriptor was fetched and has no line of its own.  In scalable mode it is one of the PASID cache, and the one
 * that empties it does at least what it did. */
static int silent_descriptor(struct vtd *v)
{
    uint64_t w[VTD_INV_WORDS] = { VTD_INV_PC | VTD_PC_GLOBAL << 4 };

    if (!v->head)
        return 0;
    v->head = false;
    if (!v->tables.scalable) {
        import_count(vtd_im(v), IMPORT_LACKS, "descriptors of which only the fetch is logged", 1);
        return 0;
    }
    import_count(vtd_im(v), IMPORT_RECON, "PASID-cache descriptors, of which only the fetch is logged (as global ones)", 1);
    v->batch = true;
    v->batch_ns = v->src->t_ns;
    return vtd_emit(v, (struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM, .words = VTD_INV_WORDS }, w);
}

int vtd_end_batch(struct vtd *v)
{
    struct import_item it = { .rec = { .kind = REC_DOORBELL, .stream = REC_NO_STREAM } };
    int rc = silent_descriptor(v);

    it.t_ns = v->batch_ns;
    if (rc || !v->batch)
        return rc;
    v->batch = false;
    return v->src->outcomes_only ? 0 : import_emit(v->src, &it);
}

/* ---- registers ------------------------------------------------------------------------------- */

/* "addr 0x88 size 0x4 value 0x360" */
static bool reg_write(struct vtd *v, const char *p, int *rc)
{
    uint64_t addr, size, value;

    if (!scan_key(&p, "addr ", &addr) || !scan_key(&p, " size ", &size) ||
        !scan_key(&p, " value ", &value) || !scan_end(p) || size > 8 || addr > 0xffff)
        return false;
    *rc = vtd_end_batch(v);
    if (*rc)
        return true;
    if (addr == REG_IQT || addr == REG_IQT_HIGH)
        import_count(vtd_im(v), IMPORT_DROPPED, "writes of IQT (the descriptors are records)", 1);
    else
        *rc = vtd_emit(v, (struct rec){ .kind = REC_REG, .addr = addr, .len = (uint32_t)size,
                                    .stream = REC_NO_STREAM, .words = 1 }, &value);
    return true;
}

/* "addr 0x18e4000 scalable 0": the root table in force from here on */
static bool dmar_root(struct vtd *v, const char *p, int *rc)
{
    uint64_t addr, scalable;

    (void)rc;
    if (!scan_key(&p, "addr ", &addr) || !scan_key(&p, " scalable ", &scalable) || !scan_end(p))
        return false;
    v->tables.root = addr & ~0xfffull;
    v->tables.scalable = scalable;
    return true;
}

static bool reset_exit(struct vtd *v, const char *p, int *rc)
{
    uint64_t text = import_string(vtd_im(v), "reset");

    (void)p;
    *rc = vtd_end_batch(v);
    if (*rc == 0)
        *rc = vtd_emit(v, (struct rec){ .kind = REC_MARKER, .stream = REC_NO_STREAM, .words = 1 },
                       &text);
    return true;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* "read head 39": the descriptor there is about to be fetched */
static bool inv_head(struct vtd *v, const char *p, int *rc)
{
    uint64_t head;

    if (!scan_key(&p, "read head ", &head) || !scan_end(p))
        return false;
    *rc = silent_descriptor(v);
    v->head = true;
    return true;
}

/* "invalidate desc type wait high 0x19fac9c low 0x200000025".  256-bit descriptors are logged by
 * their low half; what exists has zeros above it [VT-d 6.5.2]. */
static bool inv_desc(struct vtd *v, const char *p, int *rc)
{
    const char *kind;
    size_t len;
    uint64_t w[4] = { 0 };
    char text[64];

    if (!scan_text(&p, "invalidate desc type ") || !scan_word(&p, &kind, &len) ||
        !scan_key(&p, " high ", &w[1]) || !scan_key(&p, " low ", &w[0]) || !scan_end(p))
        return false;
    v->head = false;
    v->batch = true;
    v->batch_ns = v->src->t_ns;
    snprintf(text, sizeof text, "descriptors: %.*s", (int)(len < 32 ? len : 32), kind);
    import_count(vtd_im(v), IMPORT_USED, text, 1);
    if (v->tables.scalable)
        import_count(vtd_im(v), IMPORT_RECON, "upper halves of 256-bit descriptors (zero)", 1);
    *rc = vtd_emit(v, (struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM,
                                .words = v->tables.scalable ? 4 : 2 }, w);
    return true;
}

/* ---- the events ------------------------------------------------------------------------------ */

static bool idle(struct vtd *v, const char *p, int *rc)
{
    (void)v;
    (void)p;
    (void)rc;
    return true;
}

/* E(event, group, handler) */
#define EVENTS(E)                                                                                  \
    VTD_XLATE_EVENTS(E)                                                                            \
    E("vtd_inv_desc",                 IMPORT_USED,    inv_desc)                                    \
    E("vtd_inv_qi_head",              IMPORT_USED,    inv_head)                                    \
    E("vtd_reg_write",                IMPORT_USED,    reg_write)                                   \
    E("vtd_reg_dmar_root",            IMPORT_USED,    dmar_root)                                   \
    E("vtd_reset_exit",               IMPORT_USED,    reset_exit)                                  \
    E("vtd_context_cache_reset",      IMPORT_IDLE,    idle)                                        \
    E("vtd_reg_read",                 IMPORT_IDLE,    idle)                                        \
    E("vtd_reg_write_gcmd",           IMPORT_IDLE,    idle)                                        \
    E("vtd_reg_write_fectl",          IMPORT_IDLE,    idle)                                        \
    E("vtd_reg_write_iectl",          IMPORT_IDLE,    idle)                                        \
    E("vtd_dmar_enable",              IMPORT_IDLE,    idle)                                        \
    E("vtd_ir_enable",                IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_qi_setup",             IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_qi_enable",            IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_qi_tail",              IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_qi_fetch",             IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_wait_sw",         IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_wait_irq",        IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_wait_write_fail", IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_global",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_domain",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_devices",      IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_device",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_global",    IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_domain",    IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_pages",     IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_pasid",     IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_pasid_pages", IMPORT_IDLE,  idle)                                        \
    E("vtd_inv_desc_iec",             IMPORT_IDLE,    idle)                                        \
    E("vtd_frr_new",                  IMPORT_IDLE,    idle)                                        \
    E("vtd_fsts_ppf",                 IMPORT_IDLE,    idle)                                        \
    E("vtd_fsts_clear_ip",            IMPORT_IDLE,    idle)                                        \
    E("vtd_irq_generate",             IMPORT_IDLE,    idle)                                        \
    E("vtd_switch_address_space",     IMPORT_IDLE,    idle)                                        \
    E("vtd_ir_remap_msi_req",         IMPORT_DROPPED, idle)                                        \
    E("vtd_ir_remap_msi",             IMPORT_IDLE,    idle)

#define EVENT_ROW(n, g, h) { n, g, h },
static const struct event {
    const char *name;
    enum import_group group;
    bool (*handle)(struct vtd *v, const char *rest, int *rc);
} events[] = { EVENTS(EVENT_ROW) };

/* ---- the parser ------------------------------------------------------------------------------ */

static bool is_ours(const struct qemu_event *e)
{
    return e->name_len > 4 && strncmp(e->name, "vtd_", 4) == 0;
}

/* 10.0 says vtd_reset_exit; a log that starts with the machine and does not is older. */
static bool probe(const struct import_line *line, struct import_probe *p)
{
    struct qemu_event e;

    if (!qemu_event_split(line->text, &e) || !is_ours(&e))
        return false;
    p->arch = TRACE_ARCH_VTD;
    if (qemu_event_is(&e, "vtd_reset_exit"))
        snprintf(p->what, sizeof p->what, "qemu 10.0 vtd");
    else if (!p->what[0])
        snprintf(p->what, sizeof p->what,
                 qemu_event_is(&e, "vtd_context_cache_reset") ? "qemu 7.2 vtd" : "qemu vtd");
    return true;
}

static void *start(struct import_source *src)
{
    struct vtd *v = calloc(1, sizeof *v);

    if (v)
        v->used = calloc(ARRAY_LEN(events), sizeof *v->used);
    if (!v || !v->used) {
        free(v);
        return NULL;
    }
    v->src = src;
    vtd_tables_init(&v->tables, src);
    v->tables.narrow = strcmp(src->probe.what, "qemu 7.2 vtd") == 0;
    return v;
}

static void stop(void *state)
{
    struct vtd *v = state;

    vtd_tables_destroy(&v->tables);
    u64map_destroy(&v->context);
    free(v->used);
    free(v);
}

static void set_time(struct vtd *v, const struct qemu_event *e)
{
    if (e->has_time) {
        v->src->t_ns = e->t_ns;
        return;
    }
    v->src->t_ns += 1000;
    import_flags(vtd_im(v), TRACE_F_ORDER_ONLY);
}

static int read_line(void *state, const struct import_line *l)
{
    struct vtd *v = state;
    struct qemu_event e;
    int rc = 0;

    if (!qemu_event_split(l->text, &e)) {
        import_bad_line(v->src, l, "no event");
        return 0;
    }
    if (strstr(e.rest, ":vtd_")) {
        import_bad_line(v->src, l, "two lines in one");
        return 0;
    }
    set_time(v, &e);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (qemu_event_is(&e, events[i].name)) {
            if (events[i].handle(v, e.rest, &rc))
                v->used[i]++;
            else
                import_bad_line(v->src, l, "damaged event");
            return rc;
        }
    if (is_ours(&e)) {
        char text[96];
        snprintf(text, sizeof text, "%.*s", (int)(e.name_len < 80 ? e.name_len : 80), e.name);
        import_count(vtd_im(v), IMPORT_DROPPED, text, 1);
    }
    return 0;
}

static int finish(void *state)
{
    struct vtd *v = state;
    int rc = vtd_end_batch(v);

    vtd_drop_open(v);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        import_count(vtd_im(v), events[i].group, events[i].name, v->used[i]);
    if (v->tables.next > VTD_PLACED_AT)
        import_count(vtd_im(v), IMPORT_RECON, "tables placed by the importer, from 0x4000000000 on",
                     (v->tables.next - VTD_PLACED_AT) >> 12);
    return rc;
}

const struct import_parser import_vtd = {
    .name = "qemu vtd log",
    .expects = "vtd_* events",
    .side = IMPORT_DEVICE,
    .probe = probe,
    .start = start,
    .line = read_line,
    .finish = finish,
    .stop = stop,
};
