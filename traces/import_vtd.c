/* SPDX-License-Identifier: Apache-2.0
 *
 * import_vtd.c - QEMU's log of an emulated VT-d unit (vtd_*, QEMU 7.2 and 10.0).
 *
 * One translation is the lines from its first lookup to vtd_dmar_translate or vtd_dmar_fault; QEMU prints
 * them, and those of a batch of descriptors, under one lock, so they do not interleave.  It becomes the
 * TABLE words it proves, the access, an EXPECT.  Legacy mode is complete; of scalable mode the accesses,
 * outcomes, registers and descriptors are taken, not the tables.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"
#include "traces/import.h"
#include "traces/import_qemu.h"
#include "traces/import_vtd_tables.h"

enum { REG_IQT = 0x88, REG_IQT_HIGH = 0x8c };
enum { FAULT_ROOT = 1, FAULT_CONTEXT = 2, FAULT_WRITE = 5, FAULT_READ = 6 };   /* [VT-d 7.1.3] */
#define LEAF_ADDR 0x000ffffffffff000ull

/* The translation whose lines are being read. */
struct xlate {
    enum { X_NONE, X_CONFIG, X_HIT, X_MISS, X_PASS } state;
    uint32_t sid;
    bool has_config, config_hit, flushed;
    struct vtd_context context;              /* of the cc line, if has_config                  */
    uint64_t iova, entry;                    /* HIT, MISS: the full address, the leaf entry    */
    uint32_t domain;
};

struct vtd {
    struct import_source *src;
    struct vtd_tables tables;
    struct xlate x;
    struct u64map context;                   /* sid << 1 -> lo, | 1 -> hi of the entry last read */
    bool scalable;
    bool batch;                              /* commands were emitted, their DOORBELL not yet  */
    uint64_t batch_ns;                       /* when the last of them was                      */
    bool head;                               /* a descriptor is fetched, not yet printed       */
    uint64_t *used;                          /* lines by row of events[]                       */
};

/* ---- emitting --------------------------------------------------------------------------------------- */

static struct import *im_of(const struct vtd *v)
{
    return v->src->im;
}

static void odd(const struct vtd *v, const char *what)
{
    import_count(im_of(v), IMPORT_ODD, what, 1);
}

static int emit(struct vtd *v, struct rec rec, const uint64_t *w)
{
    struct import_item it = { .rec = rec };

    if (v->src->outcomes_only && rec.kind > REC_TRANSLATED && rec.kind != REC_EXPECT)
        return 0;
    if (rec.words)
        memcpy(it.ext.w, w, rec.words * sizeof *w);
    return import_emit(v->src, &it);
}

static int end_batch(struct vtd *v)
{
    struct import_item it = { .rec = { .kind = REC_DOORBELL, .stream = REC_NO_STREAM },
                              .t_ns = v->batch_ns };

    if (v->head)
        import_count(im_of(v), IMPORT_LACKS, "descriptors of which only the fetch is logged (PASID cache)", 1);
    v->head = false;
    if (!v->batch)
        return 0;
    v->batch = false;
    return v->src->outcomes_only ? 0 : import_emit(v->src, &it);
}

static int emit_access(struct vtd *v, const struct xlate *x, uint64_t addr, uint8_t kind, uint8_t flags,
                       struct rec_expect *e)
{
    struct rec_ext ext = { 0 };
    uint32_t stream = import_stream(im_of(v), x->sid, NULL);
    int rc;

    e->source = REC_LOGGED;
    e->has_config = x->has_config;
    e->config_hit = x->has_config && x->config_hit;
    e->flushes = x->flushed;
    if (flags & REC_F_NODIR)
        import_count(im_of(v), IMPORT_LACKS, "directions of successful accesses", 1);
    import_count(im_of(v), IMPORT_LACKS, "lengths of accesses", 1);
    rc = emit(v, (struct rec){ .kind = kind, .flags = flags, .addr = addr, .stream = stream }, NULL);
    if (rc)
        return rc;
    return emit(v, (struct rec){ .kind = REC_EXPECT, .stream = stream,
                                 .words = rec_expect_pack(e, &ext) }, ext.w);
}

/* ---- registers ---------------------------------------------------------------------------------------- */

/* "addr 0x88 size 0x4 value 0x360" */
static bool reg_write(struct vtd *v, const char *p, int *rc)
{
    uint64_t addr, size, value;

    if (!scan_key(&p, "addr ", &addr) || !scan_key(&p, " size ", &size) ||
        !scan_key(&p, " value ", &value) || !scan_end(p) || size > 8 || addr > 0xffff)
        return false;
    *rc = end_batch(v);
    if (*rc)
        return true;
    if (addr == REG_IQT || addr == REG_IQT_HIGH)
        import_count(im_of(v), IMPORT_DROPPED, "writes of IQT (the descriptors are records)", 1);
    else
        *rc = emit(v, (struct rec){ .kind = REC_REG, .addr = addr, .len = (uint32_t)size,
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
    v->scalable = scalable;
    return true;
}

static bool reset_exit(struct vtd *v, const char *p, int *rc)
{
    uint64_t text = import_string(im_of(v), "reset");

    (void)p;
    *rc = end_batch(v);
    if (*rc == 0)
        *rc = emit(v, (struct rec){ .kind = REC_MARKER, .stream = REC_NO_STREAM, .words = 1 }, &text);
    return true;
}

/* ---- descriptors -------------------------------------------------------------------------------------- */

/* "read head 39": the descriptor there is about to be fetched */
static bool inv_head(struct vtd *v, const char *p, int *rc)
{
    uint64_t head;

    (void)rc;
    if (!scan_key(&p, "read head ", &head) || !scan_end(p))
        return false;
    if (v->head)
        import_count(im_of(v), IMPORT_LACKS, "descriptors of which only the fetch is logged (PASID cache)", 1);
    v->head = true;
    return true;
}

/* "invalidate desc type wait high 0x19fac9c low 0x200000025".  256-bit descriptors are logged by their
 * low half; what exists has zeros above it [VT-d 6.5.2]. */
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
    import_count(im_of(v), IMPORT_USED, text, 1);
    if (v->scalable)
        import_count(im_of(v), IMPORT_RECON, "upper halves of 256-bit descriptors (zero)", 1);
    *rc = emit(v, (struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM,
                                .words = v->scalable ? 4 : 2 }, w);
    return true;
}

/* ---- lookups ------------------------------------------------------------------------------------------ */

static int set_context(struct vtd *v, const struct xlate *x)
{
    uint64_t *lo = u64map_at(&v->context, (uint64_t)x->sid << 1), *hi;

    if (lo)
        *lo = x->context.lo;
    hi = u64map_at(&v->context, (uint64_t)x->sid << 1 | 1);
    if (!lo || !hi)
        return diag_env(import_diag(im_of(v)), v->src->path, "no memory");
    *hi = x->context.hi;
    if (v->scalable || v->src->outcomes_only)
        return 0;
    return vtd_tables_context(&v->tables, x->sid, &x->context);
}

/* The translation before has no end in the log. */
static void drop_open(struct vtd *v)
{
    if (v->x.state != X_NONE)
        odd(v, "translations without an end");
    v->x = (struct xlate){ 0 };
}

/* "IOTLB context hit bus 0x0 devfn 0x18 high 0x702 low 0x1e9f001 gen 1", "... context update ..." */
static bool context_line(struct vtd *v, const char *p, int *rc, bool hit)
{
    uint64_t bus, devfn, gen, now;
    struct xlate x = { .state = X_CONFIG, .has_config = true, .config_hit = hit };

    if (!scan_text(&p, hit ? "IOTLB context hit " : "IOTLB context update ") ||
        !scan_key(&p, "bus ", &bus) || !scan_key(&p, " devfn ", &devfn) ||
        !scan_key(&p, " high ", &x.context.hi) || !scan_key(&p, " low ", &x.context.lo) ||
        !scan_key(&p, " gen ", &gen) || (!hit && !scan_key(&p, " -> gen ", &now)) || !scan_end(p) ||
        bus > 0xff || devfn > 0xff)
        return false;
    *rc = end_batch(v);
    drop_open(v);
    x.sid = (uint32_t)(bus << 8 | devfn);
    v->x = x;
    if (*rc == 0 && (!hit || !u64map_find(&v->context, (uint64_t)x.sid << 1)))
        *rc = set_context(v, &x);
    return true;
}

static bool cc_hit(struct vtd *v, const char *p, int *rc)
{
    return context_line(v, p, rc, true);
}

static bool cc_update(struct vtd *v, const char *p, int *rc)
{
    return context_line(v, p, rc, false);
}

/* "IOTLB page hit sid 0x18 iova 0xfffff254 slpte 0x8e16003 domain 0x5"; newer: "... pte ..." */
static bool page_line(struct vtd *v, const char *p, int *rc, bool hit)
{
    uint64_t sid, iova, entry, domain;

    if (!scan_text(&p, hit ? "IOTLB page hit " : "IOTLB page update ") || !scan_key(&p, "sid ", &sid) ||
        !scan_key(&p, " iova ", &iova) ||
        (!scan_key(&p, " slpte ", &entry) && !scan_key(&p, " pte ", &entry)) ||
        !scan_key(&p, " domain ", &domain) || !scan_end(p) || sid > 0xffff || domain > 0xffff)
        return false;
    *rc = end_batch(v);
    if (v->x.state != X_CONFIG || v->x.sid != sid) {
        drop_open(v);
        v->x.sid = (uint32_t)sid;
    }
    v->x.state = hit ? X_HIT : X_MISS;
    v->x.iova = iova;
    v->x.entry = entry;
    v->x.domain = (uint32_t)domain;
    return true;
}

static bool page_hit(struct vtd *v, const char *p, int *rc)
{
    return page_line(v, p, rc, true);
}

static bool page_update(struct vtd *v, const char *p, int *rc)
{
    return page_line(v, p, rc, false);
}

/* "IOTLB reset (reason: ...)": after the insert that found the IOTLB full */
static bool iotlb_reset(struct vtd *v, const char *p, int *rc)
{
    (void)p;
    (void)rc;
    if (v->x.state == X_MISS)
        v->x.flushed = true;
    else
        odd(v, "an IOTLB reset outside an insert");
    return true;
}

/* "source id 0x28, iova 0x40200000": pass-through; the address is a page's */
static bool translate_pt(struct vtd *v, const char *p, int *rc)
{
    uint64_t sid, iova;

    if (!scan_key(&p, "source id ", &sid) || !scan_key(&p, ", iova ", &iova) || !scan_end(p) ||
        sid > 0xffff)
        return false;
    *rc = end_batch(v);
    if (v->x.state != X_CONFIG || v->x.sid != sid) {
        drop_open(v);
        v->x.sid = (uint32_t)sid;
    }
    v->x.state = X_PASS;
    v->x.iova = iova;
    return true;
}

static bool fast_path(struct vtd *v, const char *p, int *rc)
{
    uint64_t sid, on;

    (void)rc;
    if (!scan_key(&p, "sid ", &sid) || !scan_key(&p, " ", &on) || !scan_end(p))
        return false;
    import_count(im_of(v), IMPORT_LACKS,
                 "times a passed-through function left the log (until its context is invalidated)", on != 0);
    return true;
}

/* ---- ends of a translation ---------------------------------------------------------------------------- */

struct translated { uint32_t sid; uint64_t iova, pa, mask; };

/* "dev 00:03.00 iova 0xfffff000 -> gpa 0x8e16000 mask 0xfff": bus, slot, function in hexadecimal */
static bool read_translated(const char *p, struct translated *t)
{
    uint64_t bus, slot, fn;

    if (!scan_text(&p, "dev ") || !scan_hex(&p, &bus) || !scan_text(&p, ":") || !scan_hex(&p, &slot) ||
        !scan_text(&p, ".") || !scan_hex(&p, &fn) || !scan_key(&p, " iova ", &t->iova) ||
        !scan_key(&p, " -> gpa ", &t->pa) || !scan_key(&p, " mask ", &t->mask) || !scan_end(p))
        return false;
    t->sid = (uint32_t)(bus << 8 | slot << 3 | fn);
    return bus <= 0xff && slot <= 0x1f && fn <= 7 && (t->mask & (t->mask + 1)) == 0;
}

/* 1, 2, 3 for 4 KiB, 2 MiB, 1 GiB; 0 for what no level covers */
static unsigned level_of(uint64_t mask)
{
    for (unsigned level = 1; level <= 3; level++)
        if (mask == bits_low(12 + 9 * (level - 1)))
            return level;
    return 0;
}

/* The context of the translation: its own line's, or the last that was read for the function. */
static bool context_of(const struct vtd *v, const struct xlate *x, struct vtd_context *c)
{
    const uint64_t *lo = u64map_find(&v->context, (uint64_t)x->sid << 1);
    const uint64_t *hi = u64map_find(&v->context, (uint64_t)x->sid << 1 | 1);

    if (x->has_config)
        *c = x->context;
    else if (lo && hi)
        *c = (struct vtd_context){ *lo, *hi };
    else
        return false;
    return true;
}

static int miss_tables(struct vtd *v, const struct xlate *x, uint64_t mask)
{
    struct vtd_context c;
    unsigned level = level_of(mask);

    if (v->scalable) {
        import_count(im_of(v), IMPORT_LACKS, "tables of scalable mode (walks without words)", 1);
        return 0;
    }
    if (v->src->outcomes_only)
        return 0;
    if (!level || !context_of(v, x, &c) || level > vtd_context_levels(&c) ||
        vtd_context_levels(&c) > VTD_LEVELS_MAX) {
        odd(v, "walks whose table could not be placed");
        return 0;
    }
    if (vtd_context_domain(&c) != x->domain)
        odd(v, "walks whose domain is not the context entry's");
    return vtd_tables_leaf(&v->tables, x->sid, &c, x->iova, level, x->entry);
}

/* A hit or a walk: the full address is known, and with it the full output. */
static int end_mapped(struct vtd *v, const struct xlate *x, const struct translated *t)
{
    struct rec_expect e = { .outcome = REC_O_OK, .has_pa = true, .has_lookups = true, .lookups = 1,
                            .hits = x->state == X_HIT, .pa = (t->pa & ~t->mask) | (x->iova & t->mask) };
    int rc = 0;

    if ((x->entry & LEAF_ADDR & ~t->mask) != (t->pa & ~t->mask) ||
        (x->iova & ~0xfffull & ~t->mask) != (t->iova & ~t->mask))
        odd(v, "translations whose end does not fit their entry");
    if (x->state == X_MISS)
        rc = miss_tables(v, x, t->mask);
    return rc ? rc : emit_access(v, x, x->iova, REC_READ, REC_F_NODIR, &e);
}

/* Pass-through: only the page is logged.  Scalable mode looks the context up first, and here no further. */
static int end_passed(struct vtd *v, const struct xlate *x, const struct translated *t)
{
    struct rec_expect e = { .outcome = REC_O_BYPASS, .has_pa = true, .page_bits_only = true, .pa = t->pa,
                            .has_lookups = true, .lookups = !v->scalable };

    return emit_access(v, x, t->iova, REC_READ, REC_F_NODIR, &e);
}

static bool dmar_translate(struct vtd *v, const char *p, int *rc)
{
    struct translated t;
    struct xlate x = v->x;

    if (!read_translated(p, &t))
        return false;
    if ((x.state == X_HIT || x.state == X_MISS || x.state == X_PASS) && x.sid == t.sid) {
        v->x = (struct xlate){ 0 };
        *rc = x.state == X_PASS ? end_passed(v, &x, &t) : end_mapped(v, &x, &t);
        return true;
    }
    drop_open(v);
    odd(v, "ends of translations without a beginning");
    return true;
}

static int denied(struct vtd *v, const struct xlate *x, uint64_t addr, uint64_t reason)
{
    struct vtd_context c;

    if (v->scalable || v->src->outcomes_only || (reason != FAULT_WRITE && reason != FAULT_READ) ||
        !context_of(v, x, &c) || vtd_context_levels(&c) > VTD_LEVELS_MAX)
        return 0;
    return vtd_tables_denied(&v->tables, x->sid, &c, addr, reason == FAULT_WRITE);
}

/* "sid 0x28 fault 5 addr 0x105c write 1".  Whether it gets a fault record depends on those that are
 * pending: the same source's are collapsed.  The outcome is a fault either way. */
static bool dmar_fault(struct vtd *v, const char *p, int *rc)
{
    struct xlate x = v->x;
    struct rec_expect e = { .outcome = REC_O_FAULT, .has_lookups = true, .lookups = 1 };
    uint64_t sid, reason, addr, write;

    if (!scan_key(&p, "sid ", &sid) || !scan_key(&p, " fault ", &reason) ||
        !scan_key(&p, " addr ", &addr) || !scan_key(&p, " write ", &write) || !scan_end(p) ||
        sid > 0xffff || reason > 0xff)
        return false;
    *rc = end_batch(v);
    if (x.state != X_CONFIG || x.sid != sid) {
        drop_open(v);
        x = (struct xlate){ .sid = (uint32_t)sid };
    }
    v->x = (struct xlate){ 0 };
    if (*rc == 0)
        *rc = denied(v, &x, addr, reason);
    e.code = (uint8_t)reason;
    if (v->scalable && (reason == FAULT_ROOT || reason == FAULT_CONTEXT || reason >= 0x30))
        e.has_lookups = false;               /* looked up only if the structures were found */
    if (*rc == 0)
        *rc = emit_access(v, &x, addr, write ? REC_WRITE : REC_READ, 0, &e);
    return true;
}

/* "Root entry bus 2 not present" */
static bool no_root(struct vtd *v, const char *p, int *rc)
{
    uint64_t bus;

    if (!scan_key(&p, "Root entry bus ", &bus) || !scan_text(&p, " not present") || !scan_end(p) ||
        bus > 0xff)
        return false;
    if (!v->scalable && !v->src->outcomes_only)
        *rc = vtd_tables_no_root(&v->tables, (uint32_t)(bus << 8));
    return true;
}

/* "Context entry bus 1 devfn 0 not present": also printed while a descriptor is carried out */
static bool no_context(struct vtd *v, const char *p, int *rc)
{
    uint64_t bus, devfn;

    if (!scan_key(&p, "Context entry bus ", &bus) || !scan_key(&p, " devfn ", &devfn) ||
        !scan_text(&p, " not present") || !scan_end(p) || bus > 0xff || devfn > 0xff)
        return false;
    if (!v->scalable && !v->src->outcomes_only)
        *rc = vtd_tables_context(&v->tables, (uint32_t)(bus << 8 | devfn), NULL);
    return true;
}

static bool fault_disabled(struct vtd *v, const char *p, int *rc)
{
    (void)p;
    (void)rc;
    v->x = (struct xlate){ 0 };
    import_count(im_of(v), IMPORT_LACKS, "faults with recording disabled (no address logged)", 1);
    return true;
}

/* ---- the events ---------------------------------------------------------------------------------------- */

static bool idle(struct vtd *v, const char *p, int *rc)
{
    (void)v;
    (void)p;
    (void)rc;
    return true;
}

/* E(event, group, handler): handlers are false for a line they cannot read. */
#define EVENTS(E)                                                                                  \
    E("vtd_iotlb_page_hit",           IMPORT_USED,    page_hit)                                    \
    E("vtd_iotlb_page_update",        IMPORT_USED,    page_update)                                 \
    E("vtd_iotlb_cc_hit",             IMPORT_USED,    cc_hit)                                      \
    E("vtd_iotlb_cc_update",          IMPORT_USED,    cc_update)                                   \
    E("vtd_iotlb_reset",              IMPORT_USED,    iotlb_reset)                                 \
    E("vtd_dmar_translate",           IMPORT_USED,    dmar_translate)                              \
    E("vtd_dmar_fault",               IMPORT_USED,    dmar_fault)                                  \
    E("vtd_translate_pt",             IMPORT_USED,    translate_pt)                                \
    E("vtd_pt_enable_fast_path",      IMPORT_USED,    fast_path)                                   \
    E("vtd_re_not_present",           IMPORT_USED,    no_root)                                     \
    E("vtd_ce_not_present",           IMPORT_USED,    no_context)                                  \
    E("vtd_fault_disabled",           IMPORT_USED,    fault_disabled)                              \
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
    E("vtd_inv_desc_cc_global",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_domain",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_devices",      IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_cc_device",       IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_global",    IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_domain",    IMPORT_IDLE,    idle)                                        \
    E("vtd_inv_desc_iotlb_pages",     IMPORT_IDLE,    idle)                                        \
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

/* ---- the parser ---------------------------------------------------------------------------------------- */

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
    import_flags(im_of(v), TRACE_F_ORDER_ONLY);
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
        import_count(im_of(v), IMPORT_DROPPED, text, 1);
    }
    return 0;
}

static int finish(void *state)
{
    struct vtd *v = state;
    int rc = end_batch(v);

    drop_open(v);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        import_count(im_of(v), events[i].group, events[i].name, v->used[i]);
    if (v->tables.next > VTD_PLACED_AT)
        import_count(im_of(v), IMPORT_RECON, "tables placed by the importer, from 0x4000000000 on",
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
