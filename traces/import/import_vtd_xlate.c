/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of one VT-d translation: lookups, their end, and what they say of the tables.
 */
#include "arch/vtd/fault.h"
#include "base/bits.h"
#include "base/sim.h"
#include "traces/import/import_qemu.h"
#include "traces/import/import_vtd.h"

#define LEAF_ADDR 0x000ffffffffff000ull

/* ---- the access and its outcome -------------------------------------------------------------- */

static int emit_access(struct vtd *v, const struct xlate *x, uint64_t addr, uint8_t kind,
                       uint8_t flags, struct rec_expect *e)
{
    struct rec_ext ext = { 0 };
    uint32_t stream = import_stream(vtd_im(v), x->sid, NULL);
    int rc;

    e->source = REC_LOGGED;
    e->has_config = x->has_config;
    e->config_hit = x->has_config && x->config_hit;
    e->flushes = x->flushed;
    if (flags & REC_F_NODIR)
        import_count(vtd_im(v), IMPORT_LACKS, "directions of successful accesses", 1);
    import_count(vtd_im(v), IMPORT_LACKS, "lengths of accesses", 1);
    rc = vtd_emit(v, (struct rec){ .kind = kind, .flags = flags, .addr = addr, .stream = stream },
                  NULL);
    if (rc)
        return rc;
    return vtd_emit(v, (struct rec){ .kind = REC_EXPECT, .stream = stream,
                                 .words = rec_expect_pack(e, &ext) }, ext.w);
}

/* ---- lookups --------------------------------------------------------------------------------- */

static int set_context(struct vtd *v, const struct xlate *x)
{
    uint64_t *lo = u64map_at(&v->context, (uint64_t)x->sid << 1), *hi;

    if (lo)
        *lo = x->context.lo;
    hi = u64map_at(&v->context, (uint64_t)x->sid << 1 | 1);
    if (!lo || !hi)
        return diag_env(import_diag(vtd_im(v)), v->src->path, "no memory");
    *hi = x->context.hi;
    if (v->src->outcomes_only)
        return 0;
    return vtd_tables_context(&v->tables, x->sid, &x->context);
}

void vtd_drop_open(struct vtd *v)
{
    if (v->x.state != X_NONE)
        vtd_odd(v, "translations without an end");
    v->x = (struct xlate){ 0 };
}

/* "IOTLB context hit bus 0x0 devfn 0x18 high 0x702 low 0x1e9f001 gen 1", "... context update
 * ..." */
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
    *rc = vtd_end_batch(v);
    vtd_drop_open(v);
    x.sid = (uint32_t)(bus << 8 | devfn);
    v->x = x;
    if (*rc == 0 && (!hit || !u64map_find(&v->context, (uint64_t)x.sid << 1)))
        *rc = set_context(v, &x);
    return true;
}

bool vtd_cc_hit(struct vtd *v, const char *p, int *rc)
{
    return context_line(v, p, rc, true);
}

bool vtd_cc_update(struct vtd *v, const char *p, int *rc)
{
    return context_line(v, p, rc, false);
}

/* "IOTLB page hit sid 0x18 iova 0xfffff254 slpte 0x8e16003 domain 0x5"; newer: "... pte ..." */
static bool page_line(struct vtd *v, const char *p, int *rc, bool hit)
{
    uint64_t sid, iova, entry, domain;

    if (!scan_text(&p, hit ? "IOTLB page hit " : "IOTLB page update ") ||
        !scan_key(&p, "sid ", &sid) || !scan_key(&p, " iova ", &iova) ||
        (!scan_key(&p, " slpte ", &entry) && !scan_key(&p, " pte ", &entry)) ||
        !scan_key(&p, " domain ", &domain) || !scan_end(p) || sid > 0xffff || domain > 0xffff)
        return false;
    *rc = vtd_end_batch(v);
    if (v->x.state != X_CONFIG || v->x.sid != sid) {
        vtd_drop_open(v);
        v->x.sid = (uint32_t)sid;
    }
    v->x.state = hit ? X_HIT : X_MISS;
    v->x.iova = iova;
    v->x.entry = entry;
    v->x.domain = (uint32_t)domain;
    return true;
}

bool vtd_page_hit(struct vtd *v, const char *p, int *rc)
{
    return page_line(v, p, rc, true);
}

bool vtd_page_update(struct vtd *v, const char *p, int *rc)
{
    return page_line(v, p, rc, false);
}

/* "IOTLB reset (reason: ...)": after the insert that found the IOTLB full */
bool vtd_iotlb_reset(struct vtd *v, const char *p, int *rc)
{
    (void)p;
    (void)rc;
    if (v->x.state == X_MISS)
        v->x.flushed = true;
    else
        vtd_odd(v, "an IOTLB reset outside an insert");
    return true;
}

/* "source id 0x28, iova 0x40200000": pass-through; the address is a page's */
bool vtd_translate_pt(struct vtd *v, const char *p, int *rc)
{
    uint64_t sid, iova;

    if (!scan_key(&p, "source id ", &sid) || !scan_key(&p, ", iova ", &iova) || !scan_end(p) ||
        sid > 0xffff)
        return false;
    *rc = vtd_end_batch(v);
    if (v->x.state != X_CONFIG || v->x.sid != sid) {
        vtd_drop_open(v);
        v->x.sid = (uint32_t)sid;
    }
    v->x.state = X_PASS;
    v->x.iova = iova;
    return true;
}

bool vtd_fast_path(struct vtd *v, const char *p, int *rc)
{
    uint64_t sid, on;

    (void)rc;
    if (!scan_key(&p, "sid ", &sid) || !scan_key(&p, " ", &on) || !scan_end(p))
        return false;
    import_count(vtd_im(v), IMPORT_LACKS,
                 "times a passed-through function left the log (until its context is invalidated)",
                 on != 0);
    return true;
}

/* ---- ends of a translation ------------------------------------------------------------------- */

struct translated { uint32_t sid; uint64_t iova, pa, mask; };

/* "dev 00:03.00 iova 0xfffff000 -> gpa 0x8e16000 mask 0xfff": bus, slot, function in hexadecimal */
static bool read_translated(const char *p, struct translated *t)
{
    uint64_t bus, slot, fn;

    if (!scan_text(&p, "dev ") || !scan_hex(&p, &bus) || !scan_text(&p, ":") ||
        !scan_hex(&p, &slot) || !scan_text(&p, ".") || !scan_hex(&p, &fn) ||
        !scan_key(&p, " iova ", &t->iova) || !scan_key(&p, " -> gpa ", &t->pa) ||
        !scan_key(&p, " mask ", &t->mask) || !scan_end(p))
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
static bool context_of(const struct vtd *v, const struct xlate *x, struct vtd_logged *c)
{
    const uint64_t *lo = u64map_find(&v->context, (uint64_t)x->sid << 1);
    const uint64_t *hi = u64map_find(&v->context, (uint64_t)x->sid << 1 | 1);

    if (x->has_config)
        *c = x->context;
    else if (lo && hi)
        *c = (struct vtd_logged){ *lo, *hi };
    else
        return false;
    return true;
}

/* A leaf of the first stage is present and a user's, or the access would not have been let through; that is bit 2 of
 * the second stage's, which only a unit that judges execution looks at. */
static enum vtd_pgtt stage_of(uint64_t entry)
{
    const uint64_t user = FIELD_MASK(FSPTE, P) | FIELD_MASK(FSPTE, US);

    return (entry & user) == user ? VTD_PGTT_FS : VTD_PGTT_SS;
}

static int miss_tables(struct vtd *v, const struct xlate *x, uint64_t mask)
{
    struct vtd_logged c;
    struct vtd_space space;
    unsigned level = level_of(mask);
    bool known = context_of(v, x, &c);
    int rc = 0;

    if (v->src->outcomes_only)
        return 0;
    if (known && v->tables.scalable)
        rc = vtd_tables_pasid(&v->tables, &c, x->sid, stage_of(x->entry), (uint16_t)x->domain);
    if (rc)
        return rc;
    if (!level || !known || !vtd_tables_space(&v->tables, &c, &space) || level > space.levels) {
        vtd_odd(v, "walks whose table could not be placed");
        return 0;
    }
    if (!v->tables.scalable && vtd_logged_domain(&c) != x->domain)
        vtd_odd(v, "walks whose domain is not the context entry's");
    return vtd_tables_leaf(&v->tables, x->sid, &space, x->iova, level, x->entry);
}

/* A hit or a walk: the full address is known, and with it the full output. */
static int end_mapped(struct vtd *v, const struct xlate *x, const struct translated *t)
{
    struct rec_expect e = { .outcome = REC_O_OK,
                           .has_pa = true,
                           .has_lookups = true,
                           .lookups = 1,
                           .hits = x->state == X_HIT,
                           .pa = (t->pa & ~t->mask) | (x->iova & t->mask)};
    int rc = 0;

    if ((x->entry & LEAF_ADDR & ~t->mask) != (t->pa & ~t->mask) ||
        (x->iova & ~0xfffull & ~t->mask) != (t->iova & ~t->mask))
        vtd_odd(v, "translations whose end does not fit their entry");
    if (x->state == X_MISS)
        rc = miss_tables(v, x, t->mask);
    return rc ? rc : emit_access(v, x, x->iova, REC_READ, REC_F_NODIR, &e);
}

/* Linux gives all passed-through PASIDs this domain [drivers/iommu/intel/pasid.h]; no line shows it. */
enum { PASSED_DOMAIN = 1 };

/* Pass-through: only the page is logged.  Scalable mode looks the context up first, and here no
 * further. */
static int end_passed(struct vtd *v, const struct xlate *x, const struct translated *t)
{
    struct vtd_logged c;
    struct rec_expect e = { .outcome = REC_O_BYPASS,
                           .has_pa = true,
                           .page_bits_only = true,
                           .pa = t->pa,
                           .has_lookups = true,
                           .lookups = !v->tables.scalable};
    int rc = 0;

    if (v->tables.scalable && !v->src->outcomes_only && context_of(v, x, &c))
        rc = vtd_tables_pasid(&v->tables, &c, x->sid, VTD_PGTT_PT, PASSED_DOMAIN);
    return rc ? rc : emit_access(v, x, t->iova, REC_READ, REC_F_NODIR, &e);
}

bool vtd_dmar_translate(struct vtd *v, const char *p, int *rc)
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
    vtd_drop_open(v);
    vtd_odd(v, "ends of translations without a beginning");
    return true;
}

/* Does this reason speak of a page-table entry, or of an address given to a page table? */
static bool of_tables(uint64_t reason)
{
    return (reason >= VTD_LGN_1 && reason <= VTD_LGN_3) || reason >= VTD_SFS_1;
}

/* A fault of the tables proves that there is a PASID entry; its domain is seen with the first walk that succeeds. */
static int pasid_of_fault(struct vtd *v, const struct xlate *x, const struct vtd_logged *c, uint64_t reason)
{
    uint16_t did = 0;
    enum vtd_pgtt want = reason < VTD_SFS_1 ? VTD_PGTT_SS : VTD_PGTT_FS, is = vtd_tables_pgtt(&v->tables, c, &did);

    if (is == want || reason == VTD_SGN_4 || reason == VTD_SGN_8)
        return 0;
    import_count(vtd_im(v), IMPORT_LACKS, "domains of PASIDs of which faults were first (0)", is == VTD_PGTT_NONE);
    return vtd_tables_pasid(&v->tables, c, x->sid, want, did);
}

static int scalable_structures(struct vtd *v, const struct xlate *x, const struct vtd_logged *c, uint64_t reason)
{
    switch (reason) {
    case VTD_SPD_2: return vtd_tables_no_directory(&v->tables, c, x->sid);
    case VTD_SPT_2: return vtd_tables_pasid(&v->tables, c, x->sid, VTD_PGTT_NONE, 0);
    default:        return of_tables(reason) ? pasid_of_fault(v, x, c, reason) : 0;
    }
}

static int denied(struct vtd *v, const struct xlate *x, uint64_t addr, uint64_t reason)
{
    struct vtd_logged c;
    struct vtd_space space;
    int rc = 0;

    if (v->src->outcomes_only)
        return 0;
    if (v->tables.scalable && (reason == VTD_LRT_2 || reason == VTD_SRT_2))
        return vtd_tables_no_root(&v->tables, x->sid);
    if (!context_of(v, x, &c))
        return 0;
    if (v->tables.scalable)
        rc = scalable_structures(v, x, &c, reason);
    if (rc || (reason != VTD_LGN_2 && reason != VTD_LGN_3 && reason != VTD_SFS_2 && reason != VTD_SGN_2 &&
               reason != VTD_SGN_6) || !vtd_tables_space(&v->tables, &c, &space))
        return rc;
    return vtd_tables_denied(&v->tables, x->sid, &space, addr, reason);
}

/* Does the reason prove that the IOTLB was looked up?  Legacy mode looks it up first, scalable mode before a walk. */
static bool looked_up(const struct vtd *v, uint64_t reason)
{
    return !v->tables.scalable || (of_tables(reason) && reason != VTD_LGN_1);
}

/* "sid 0x28 fault 5 addr 0x105c write 1".  Whether it gets a fault record depends on those that are
 * pending: the same source's are collapsed.  The outcome is a fault either way. */
bool vtd_dmar_fault(struct vtd *v, const char *p, int *rc)
{
    struct xlate x = v->x;
    struct rec_expect e = { .outcome = REC_O_FAULT, .lookups = 1 };
    uint64_t sid, reason, addr, write;

    if (!scan_key(&p, "sid ", &sid) || !scan_key(&p, " fault ", &reason) ||
        !scan_key(&p, " addr ", &addr) || !scan_key(&p, " write ", &write) || !scan_end(p) ||
        sid > 0xffff || reason > 0xff)
        return false;
    *rc = vtd_end_batch(v);
    if (x.state != X_CONFIG || x.sid != sid) {
        vtd_drop_open(v);
        x = (struct xlate){ .sid = (uint32_t)sid };
    }
    v->x = (struct xlate){ 0 };
    if (*rc == 0)
        *rc = denied(v, &x, addr, reason);
    e.code = (uint8_t)reason;
    e.has_lookups = looked_up(v, reason);
    if (*rc == 0)
        *rc = emit_access(v, &x, addr, write ? REC_WRITE : REC_READ, 0, &e);
    return true;
}

/* "Root entry bus 2 not present"; of scalable mode, the fault tells which half of the bus it is */
bool vtd_no_root(struct vtd *v, const char *p, int *rc)
{
    uint64_t bus;

    if (!scan_key(&p, "Root entry bus ", &bus) || !scan_text(&p, " not present") || !scan_end(p) ||
        bus > 0xff)
        return false;
    if (!v->tables.scalable && !v->src->outcomes_only)
        *rc = vtd_tables_no_root(&v->tables, (uint32_t)(bus << 8));
    return true;
}

/* "Context entry bus 1 devfn 0 not present": also printed while a descriptor is carried out */
bool vtd_no_context(struct vtd *v, const char *p, int *rc)
{
    uint64_t bus, devfn;

    if (!scan_key(&p, "Context entry bus ", &bus) || !scan_key(&p, " devfn ", &devfn) ||
        !scan_text(&p, " not present") || !scan_end(p) || bus > 0xff || devfn > 0xff)
        return false;
    if (!v->src->outcomes_only)
        *rc = vtd_tables_context(&v->tables, (uint32_t)(bus << 8 | devfn), NULL);
    return true;
}

bool vtd_fault_disabled(struct vtd *v, const char *p, int *rc)
{
    (void)p;
    (void)rc;
    v->x = (struct xlate){ 0 };
    import_count(vtd_im(v), IMPORT_LACKS, "faults with recording disabled (no address logged)", 1);
    return true;
}
