/* SPDX-License-Identifier: Apache-2.0
 *
 * The VT-d half of the host: registers, first- and second-stage tables, invalidation descriptors, in legacy and in
 * scalable mode.  [VT-d 6.5, 9.7, 9.8, 11.4]
 */
#include "base/bits.h"
#include "base/sim.h"
#include "workloads/host/host_vtd_impl.h"

enum { IN_BITS = 48, HAW = 52, STATUS_DONE = 2, QUEUE_LOG2 = 12 };

const struct vtd_regs *host_vtd_unit(const struct host *h)
{
    return h->sys->ops->regs(h->sys);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* In scalable mode they have 256 bits. */
int host_vtd_give(struct host *h, const struct vtd_inv *inv)
{
    uint64_t w[VTD_INV_WORDS];

    vtd_inv_encode(inv, w);
    return host_command(h, w, h->scalable ? VTD_INV_WORDS : VTD_INV_WORDS / 2);
}

int host_vtd_wait(struct host *h)
{
    struct vtd_inv inv = { .type = VTD_INV_WAIT,
                           .wait = { .sw = true, .data = STATUS_DONE, .addr = h->status } };

    h->st.waits++;
    return host_vtd_give(h, &inv);
}

/* The request for each PASID that the domain is used by: nobody else's entries can be of its first stage. */
static int give_by_pasid(struct host *h, const struct host_domain *d, struct vtd_inv inv)
{
    int err = 0;

    for (size_t i = 0; !err && i < d->users; i++) {
        inv.pasid = d->user[i].pasid;
        err = host_vtd_give(h, &inv);
    }
    return err;
}

static int give_flush(struct host *h, const struct host_domain *d)
{
    struct vtd_inv inv = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = d->asid, .dr = true,
                           .dw = true };

    if (d->first)
        return give_by_pasid(h, d, (struct vtd_inv){ .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PASID, .did = d->asid });
    return host_vtd_give(h, &inv);
}

/* Devices' TLBs after the unit's, and the wait. */
static int finish(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    int err = host_vtd_invalidate_devices(h, d, first, last);

    return err ? err : host_vtd_wait(h);
}

static int flush(struct host *h, const struct host_domain *d)
{
    int err = give_flush(h, d);

    return err ? err : finish(h, d, 0, UINT64_MAX);
}

/* The smallest power of two of pages that holds the range, or else the whole domain. */
static int give_pages(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    uint64_t differ = (first ^ last) >> 12;
    unsigned am = differ ? bits_log2(differ) + 1 : 0;
    struct vtd_inv inv = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = d->asid, .dr = true,
                           .dw = true, .am = (uint8_t)am, .ih = true,
                           .addr = bits_align_down(first, am + 12) };

    if (am > h->par.max_am) {
        h->st.domain_flushes++;
        return give_flush(h, d);
    }
    if (d->first) {
        inv.type = VTD_INV_PIOTLB;
        inv.g = VTD_PIOTLB_PAGE;
        inv.dr = inv.dw = false;
        return give_by_pasid(h, d, inv);
    }
    return host_vtd_give(h, &inv);
}

static int invalidate(struct host *h, const struct host_domain *d, const struct host_gone *g)
{
    int err = give_pages(h, d, g->first, g->last);

    return err ? err : finish(h, d, g->first, g->last);
}

/* Not-present first-stage entries are never cached, nor are any by devices. */
static int mapped(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    int err;

    if (!h->par.caching_mode || d->first)
        return 0;
    err = give_pages(h, d, first, last);
    return err ? err : host_vtd_wait(h);
}

/* ---- registers and structures ---------------------------------------------------------------- */

int host_vtd_gcmd(struct host *h, uint64_t gcmd)
{
    return system_reg_write(h->sys, VTD_REG_GCMD, gcmd, 4);
}

/* What a plain domain is made of. */
static void choose_mode(struct host *h)
{
    uint64_t ecap = host_vtd_unit(h)->ecap;

    h->scalable = h->par.scalable && FIELD_GET(ECAP, SMTS, &ecap);
    h->one_format = !h->scalable;
    h->plain_mode = REC_MODE_TRANSLATE;
    if (h->scalable && (h->par.stage == 2 || !FIELD_GET(ECAP, FSTS, &ecap)))
        h->plain_mode = REC_MODE_STAGE2;
}

static int forget_all(struct host *h)
{
    static const struct vtd_inv cc = { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL };
    static const struct vtd_inv pc = { .type = VTD_INV_PC, .g = VTD_PC_GLOBAL };
    static const struct vtd_inv tlb = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL, .dr = true,
                                        .dw = true };
    int err = host_vtd_give(h, &cc);

    if (h->scalable)
        err = err ? err : host_vtd_give(h, &pc);
    err = err ? err : host_vtd_give(h, &tlb);
    return err ? err : host_vtd_wait(h);
}

/* Queue on, root table latched, caches empty, translation on.  [VT-d 10.4.4] */
static int start(struct host *h)
{
    uint64_t queue, gcmd = 0, rtaddr = 0, iqa = 0, once;
    int err;

    choose_mode(h);
    queue = host_alloc(h, QUEUE_LOG2 + h->scalable);
    h->root = host_alloc(h, 12);
    h->status = host_alloc(h, 12);
    h->next_asid = HOST_VTD_FIRST_DID;
    if (!queue || !h->root || !h->status)
        return SIM_EENV;
    FIELD_SET_ADDR(IQA, IQA, &iqa, queue);
    FIELD_SET(IQA, QS, &iqa, h->scalable);
    FIELD_SET(IQA, DW, &iqa, h->scalable);
    FIELD_SET_ADDR(RTADDR, RTA, &rtaddr, h->root);
    FIELD_SET(RTADDR, TTM, &rtaddr, h->scalable ? VTD_TTM_SCALABLE : VTD_TTM_LEGACY);
    err = system_reg_write(h->sys, VTD_REG_IQA, iqa, 8);
    FIELD_SET(GSTS, QIES, &gcmd, 1);
    err = err ? err : host_vtd_gcmd(h, gcmd);
    err = err ? err : system_reg_write(h->sys, VTD_REG_RTADDR, rtaddr, 8);
    once = gcmd;
    FIELD_SET(GSTS, RTPS, &once, 1);
    err = err ? err : host_vtd_gcmd(h, once);
    err = err ? err : forget_all(h);
    err = err ? err : host_vtd_start_pages(h);
    FIELD_SET(GSTS, TES, &gcmd, 1);
    err = err ? err : host_vtd_gcmd(h, gcmd);
    return err || !h->par.interrupts ? err : host_vtd_interrupts(h, gcmd);
}

static int attach(struct host *h, struct host_stream *s, const struct host_stream *was)
{
    bool was_on = was->domain && host_vtd_device_on(h, s->sid);
    int err;

    s->ats &= host_vtd_offers_ats(h);
    err = h->scalable ? host_vtd_attach_pasid(h, s) : host_vtd_attach_context(h, s);
    return err || !was_on ? err : host_vtd_leave_device(h, s);
}

/* ---- tables ---------------------------------------------------------------------------------- */

unsigned host_vtd_levels(const struct host *h)
{
    return ((h->par.in_bits ? (unsigned)h->par.in_bits : IN_BITS) - 12) / 9;
}

unsigned host_vtd_first_levels(const struct host *h)
{
    return host_vtd_levels(h) > 4 ? 5 : 4;
}

static uint64_t sizes(const struct host *h, bool first)
{
    uint64_t large = h->par.super_pages;

    if (first && !FIELD_GET(CAP, FS1GP, &host_vtd_unit(h)->cap))
        large &= 1;
    return 1ull << 12 | (large & 1) << 21 | (large >> 1 & 1) << 30;
}

static int take_did(struct host *h, struct host_domain *d)
{
    if (h->next_asid >> h->par.id_bits)
        return host_fail(h, SIM_EENV, "no domain id left");
    d->asid = (uint16_t)h->next_asid++;
    return 0;
}

static int second_stage(struct host *h, struct host_domain *d)
{
    int err = take_did(h, d);

    if (err)
        return err;
    d->in_bits = (uint8_t)(host_vtd_levels(h) * 9 + 12);
    d->out_bits = HAW;
    d->sizes = sizes(h, false);
    d->ss = (struct vtdss_table){
        .levels = (uint8_t)host_vtd_levels(h), .in_bits = d->in_bits, .haw = HAW,
        .page_2m = h->par.super_pages & 1, .page_1g = h->par.super_pages & 2,
    };
    d->ss.base = d->io.alloc(d->io.arg, 12);
    return d->ss.base ? 0 : SIM_EENV;
}

/* The lower half of the addresses is used: those of the upper one would have all bits above set. */
static int first_stage(struct host *h, struct host_domain *d)
{
    int err = 0;

    if (d->parent)
        d->asid = d->parent->asid;             /* one domain for both stages */
    else
        err = take_did(h, d);
    if (err)
        return err;
    d->first = true;
    d->in_bits = (uint8_t)(host_vtd_first_levels(h) * 9 + 12 - 1);
    d->out_bits = d->parent ? d->parent->in_bits : HAW;
    d->sizes = sizes(h, true);
    d->fs = (struct vtdfs_table){ .levels = (uint8_t)host_vtd_first_levels(h), .haw = HAW,
                                  .page_1g = d->sizes >> 30 & 1, .snooped = true };
    d->fs.base = d->io.alloc(d->io.arg, 12);
    return d->fs.base ? 0 : SIM_EENV;
}

static int domain_init(struct host *h, struct host_domain *d)
{
    uint64_t ecap = host_vtd_unit(h)->ecap;

    d->stride = 9;
    if (d->mode == REC_MODE_NESTED) {
        if (!h->scalable || !FIELD_GET(ECAP, NEST, &ecap))
            return host_fail(h, SIM_EENV, "VT-d: nested translation needs scalable mode and ECAP.NEST");
        d->parent = host_domain_new(h, d->id, REC_MODE_STAGE2);
        if (!d->parent)
            return SIM_EENV;
    }
    if (h->scalable && d->mode == REC_MODE_STAGE2 && !FIELD_GET(ECAP, SSTS, &ecap))
        return host_fail(h, SIM_EENV, "VT-d: no second stage in scalable mode (ECAP.SSTS)");
    return h->scalable && d->mode != REC_MODE_STAGE2 ? first_stage(h, d) : second_stage(h, d);
}

static uint64_t attr(const struct host_domain *d, unsigned perm)
{
    bool read = perm & REC_PERM_R, write = perm & REC_PERM_W;

    return d->first ? vtdfs_attr(read, write, true) : vtdss_attr(read, write);
}

static void look_first(const struct host_domain *d, uint64_t in, struct host_leaf *l)
{
    struct vtdfs_walk w;
    uint64_t pa;

    vtdfs_begin(&w, &d->fs, in, (struct vtdfs_access){ .any = true }, NULL);
    while (vtdfs_ask(&w, &pa))
        vtdfs_tell(&w, host_read(d->host, pa));
    *l = (struct host_leaf){ .present = w.fault == VTDFS_OK, .size_log2 = (uint8_t)vtdfs_shift(w.level) };
    if (!l->present)
        return;
    l->out = w.leaf.out;
    l->attr = w.leaf.desc;
    FIELD_SET(FSPTE, ADDR, &l->attr, 0);
    FIELD_SET(FSPTE, PS, &l->attr, 0);
}

static void look(const struct host_domain *d, uint64_t in, struct host_leaf *l)
{
    struct vtdss_walk w;
    uint64_t pa;

    if (d->first) {
        look_first(d, in, l);
        return;
    }
    vtdss_begin(&w, &d->ss, in, 0, NULL);
    while (vtdss_ask(&w, &pa))
        vtdss_tell(&w, host_read(d->host, pa));
    *l = (struct host_leaf){ .present = w.fault == VTDSS_OK,
                             .size_log2 = (uint8_t)vtdss_shift(w.level) };
    if (!l->present)
        return;
    l->out = w.leaf.out;
    l->attr = w.leaf.desc;
    FIELD_SET(SSPTE, ADDR, &l->attr, 0);
    FIELD_SET(SSPTE, PS, &l->attr, 0);
}

static int map(struct host_domain *d, uint64_t in, uint64_t out, unsigned size_log2,
               uint64_t attributes, uint64_t n)
{
    unsigned level = (size_log2 - 12) / 9 + 1;

    return d->first ? vtdfs_map_run(&d->fs, &d->io, in, out, level, attributes, n)
                    : vtdss_map_run(&d->ss, &d->io, in, out, level, attributes, n);
}

static int unmap(struct host_domain *d, uint64_t in)
{
    unsigned size_log2;

    return d->first ? vtdfs_unmap(&d->fs, &d->io, in, &size_log2) : vtdss_unmap(&d->ss, &d->io, in, &size_log2);
}

const struct host_ops host_vtd_ops = {
    .start = start, .domain_init = domain_init, .attach = attach, .attr = attr, .look = look,
    .map = map, .unmap = unmap, .mapped = mapped, .invalidate = invalidate, .flush = flush,
    .page_response = host_vtd_page_response,
};
