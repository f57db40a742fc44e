/* SPDX-License-Identifier: Apache-2.0
 *
 * The VT-d half of the host: root and context tables, second-stage tables, invalidation
 * descriptors, in legacy mode.  [VT-d 6.5, 9.1, 9.3]
 */
#include "arch/vtd/context.h"
#include "arch/vtd/invdesc.h"
#include "base/bits.h"
#include "base/sim.h"
#include "workloads/host/host_impl.h"

enum { IN_BITS = 48, HAW = 52, PASS_DID = 1, FIRST_DID = 2, STATUS_DONE = 2, QUEUE_WORDS = 2 };

/* ---- descriptors ----------------------------------------------------------------------------- */

static int give(struct host *h, const struct vtd_inv *inv)
{
    uint64_t w[VTD_INV_WORDS];

    vtd_inv_encode(inv, w);
    return host_command(h, w, QUEUE_WORDS);
}

/* The wait descriptor that ends every submission. */
static int give_wait(struct host *h)
{
    struct vtd_inv inv = { .type = VTD_INV_WAIT,
                           .wait = { .sw = true, .data = STATUS_DONE, .addr = h->status } };

    h->st.waits++;
    return give(h, &inv);
}

static int flush(struct host *h, const struct host_domain *d)
{
    struct vtd_inv inv = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = d->asid, .dr = true,
                           .dw = true };
    int err = give(h, &inv);

    return err ? err : give_wait(h);
}

/* The smallest power of two of pages that holds the range, or else the whole domain. */
static int invalidate_pages(struct host *h, const struct host_domain *d, uint64_t first,
                            uint64_t last)
{
    uint64_t differ = (first ^ last) >> 12;
    unsigned am = differ ? bits_log2(differ) + 1 : 0;
    struct vtd_inv inv = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = d->asid, .dr = true,
                           .dw = true, .am = (uint8_t)am, .ih = true,
                           .addr = bits_align_down(first, am + 12) };
    int err;

    if (am > h->par.max_am) {
        h->st.domain_flushes++;
        return flush(h, d);
    }
    err = give(h, &inv);
    return err ? err : give_wait(h);
}

static int invalidate(struct host *h, const struct host_domain *d, const struct host_gone *g)
{
    return invalidate_pages(h, d, g->first, g->last);
}

static int mapped(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    return h->par.caching_mode ? invalidate_pages(h, d, first, last) : 0;
}

/* ---- structures ------------------------------------------------------------------------------ */

static unsigned levels(const struct host *h)
{
    return ((h->par.in_bits ? (unsigned)h->par.in_bits : IN_BITS) - 12) / 9;
}

/* Word 1 first: it must be there when P is. */
static int write_entry(struct host *h, uint64_t pa, const uint64_t w[2])
{
    int err = host_write(h, pa + 8, w[1]);

    return err ? err : host_write(h, pa, w[0]);
}

static int find_context(struct host *h, uint32_t sid, uint64_t *pa)
{
    uint64_t root_pa = h->root + (uint64_t)(sid >> 8) * VTD_ENTRY_BYTES;
    uint64_t root[VTD_ROOT_WORDS] = { host_read(h, root_pa), 0 };

    if (!FIELD_GET(ROOT, P, root)) {
        uint64_t table = host_alloc(h, 12);
        int err;

        if (!table)
            return SIM_EENV;
        vtd_encode_root(table, root);
        err = write_entry(h, root_pa, root);
        if (err)
            return err;
    }
    *pa = FIELD_ADDR(ROOT, CTP, root) + (sid & 0xff) * VTD_ENTRY_BYTES;
    return 0;
}

/* Context cache of the device, then the IOTLB of the domain it had. */
static int forget(struct host *h, uint32_t sid, uint16_t did)
{
    struct vtd_inv cc = { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .did = did,
                          .sid = (uint16_t)sid };
    struct vtd_inv tlb = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = did, .dr = true,
                           .dw = true };
    int err = give(h, &cc);

    err = err ? err : give(h, &tlb);
    return err ? err : give_wait(h);
}

static int clear_context(struct host *h, const struct host_stream *s)
{
    uint64_t old[VTD_CTX_WORDS] = { host_read(h, s->entry), host_read(h, s->entry + 8) };
    int err;

    if (!FIELD_GET(CTX, P, old))
        return 0;
    err = host_write(h, s->entry, 0);
    err = err ? err : forget(h, s->sid, (uint16_t)FIELD_GET(CTX, DID, old));
    return err ? err : host_write(h, s->entry + 8, 0);
}

static int attach(struct host *h, struct host_stream *s, const struct host_stream *was)
{
    struct vtd_context c = { .tt = VTD_TT_PASS, .did = PASS_DID };
    uint64_t ctx[VTD_CTX_WORDS];
    int err = 0;

    (void)was;                                 /* its DID stands in the entry */
    if (!s->entry)
        err = find_context(h, s->sid, &s->entry);
    err = err ? err : clear_context(h, s);
    if (err || s->mode == REC_MODE_ABORT)
        return err;
    c.ss.levels = (uint8_t)levels(h);
    if (s->domain)
        c = (struct vtd_context){ .tt = VTD_TT_UNTRANSLATED, .did = s->domain->asid,
                                  .ss = s->domain->ss };
    vtd_encode_context(&c, ctx);
    err = write_entry(h, s->entry, ctx);
    return err || !h->par.caching_mode ? err : forget(h, s->sid, c.did);
}

static int write_gcmd(struct host *h, uint64_t *gcmd)
{
    return system_reg_write(h->sys, VTD_REG_GCMD, *gcmd, 4);
}

/* Queue on, root table latched, caches empty, translation on.  [VT-d 10.4.4] */
static int start(struct host *h)
{
    static const struct vtd_inv cc = { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL };
    static const struct vtd_inv tlb = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL, .dr = true,
                                        .dw = true };
    uint64_t queue = host_alloc(h, 12), gcmd = 0, once;
    int err;

    h->root = host_alloc(h, 12);
    h->status = host_alloc(h, 12);
    h->next_asid = FIRST_DID;
    if (!queue || !h->root || !h->status)
        return SIM_EENV;
    err = system_reg_write(h->sys, VTD_REG_IQA, queue, 8);
    FIELD_SET(GSTS, QIES, &gcmd, 1);
    err = err ? err : write_gcmd(h, &gcmd);
    err = err ? err : system_reg_write(h->sys, VTD_REG_RTADDR, h->root, 8);
    once = gcmd;
    FIELD_SET(GSTS, RTPS, &once, 1);
    err = err ? err : write_gcmd(h, &once);
    err = err ? err : give(h, &cc);
    err = err ? err : give(h, &tlb);
    err = err ? err : give_wait(h);
    FIELD_SET(GSTS, TES, &gcmd, 1);
    return err ? err : write_gcmd(h, &gcmd);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int domain_init(struct host *h, struct host_domain *d)
{
    if (d->mode == REC_MODE_NESTED)
        return host_fail(h, SIM_EENV, "VT-d legacy mode has no nested translation");
    if (h->next_asid >> h->par.id_bits)
        return host_fail(h, SIM_EENV, "no domain id left");
    d->asid = (uint16_t)h->next_asid++;
    d->in_bits = (uint8_t)(levels(h) * 9 + 12);
    d->out_bits = HAW;
    d->stride = 9;
    d->sizes = 1ull << 12 | (h->par.super_pages & 1) << 21 | (h->par.super_pages >> 1 & 1) << 30;
    d->ss = (struct vtdss_table){
        .levels = (uint8_t)levels(h), .in_bits = d->in_bits, .haw = HAW,
        .page_2m = h->par.super_pages & 1, .page_1g = h->par.super_pages & 2,
    };
    d->ss.base = d->io.alloc(d->io.arg, 12);
    return d->ss.base ? 0 : SIM_EENV;
}

static uint64_t attr(const struct host_domain *d, unsigned perm)
{
    (void)d;
    return vtdss_attr(perm & REC_PERM_R, perm & REC_PERM_W);
}

static void look(const struct host_domain *d, uint64_t in, struct host_leaf *l)
{
    struct vtdss_walk w;
    uint64_t pa;

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
    return vtdss_map_run(&d->ss, &d->io, in, out, (size_log2 - 12) / 9 + 1, attributes, n);
}

static int unmap(struct host_domain *d, uint64_t in)
{
    unsigned size_log2;

    return vtdss_unmap(&d->ss, &d->io, in, &size_log2);
}

const struct host_ops host_vtd_ops = {
    .start = start, .domain_init = domain_init, .attach = attach, .attr = attr, .look = look,
    .map = map, .unmap = unmap, .mapped = mapped, .invalidate = invalidate, .flush = flush,
};
