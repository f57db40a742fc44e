/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that translate ahead and ask for pages: what switches their TLBs on, invalidations of these, the page
 * request queue and its answers.  [VT-d 6.5.2.5, 6.5.2.6, 7.4]
 */
#include "arch/ats.h"
#include "base/bits.h"
#include "base/sim.h"
#include "workloads/host/host_vtd_impl.h"

enum { PQS = 4 };                              /* 16 pages of queue, as Linux has it */

static bool offered(const struct host *h, uint64_t field)
{
    return host_vtd_unit(h)->ecap & field;
}

bool host_vtd_offers_ats(const struct host *h) { return offered(h, FIELD_MASK(ECAP, DT)); }

/* ---- which devices have theirs on ---------------------------------------------------------------- */

/* The first word of the function's context entry, 0 without a table. */
static uint64_t context_at(const struct host *h, uint32_t sid, uint64_t *pa)
{
    uint64_t at = h->root + (uint64_t)(sid >> 8) * VTD_ENTRY_BYTES;
    uint64_t root[VTD_ROOT_WORDS] = { host_read(h, at), host_read(h, at + 8) }, table;

    if (h->scalable)
        table = sid >> 7 & 1 ? FIELD_ADDR(SROOT, UCTP, root) : FIELD_ADDR(SROOT, LCTP, root);
    else
        table = FIELD_ADDR(ROOT, CTP, root);
    *pa = h->scalable ? vtd_scontext_at(table, sid & 0xff) : table + (sid & 0xff) * (uint64_t)VTD_ENTRY_BYTES;
    return table ? host_read(h, *pa) : 0;
}

bool host_vtd_device_on(const struct host *h, uint32_t sid)
{
    uint64_t pa, ctx = context_at(h, sid, &pa);

    return h->scalable ? FIELD_GET(SCTX, DTE, &ctx) : FIELD_GET(CTX, P, &ctx) && FIELD_GET(CTX, TT, &ctx) == VTD_TT_ALL;
}

/* Scalable mode: by the function's stream of requests without PASID, for all of its PASIDs. */
int host_vtd_switch_device(struct host *h, const struct host_stream *s)
{
    uint64_t pa, ctx = context_at(h, s->sid, &pa);
    int err;

    h->ats |= s->ats;
    if (FIELD_GET(SCTX, DTE, &ctx) == s->ats)
        return 0;
    FIELD_SET(SCTX, DTE, &ctx, s->ats);
    FIELD_SET(SCTX, PRE, &ctx, s->ats && offered(h, FIELD_MASK(ECAP, PRS)));
    err = host_write(h, pa, ctx);
    err = err ? err : host_vtd_give(h, &(struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_DEVICE,
                                                          .sid = (uint16_t)s->sid });
    return err ? err : host_vtd_wait(h);
}

/* ---- invalidations ------------------------------------------------------------------------------- */

/* How many the device takes at a time; 0 means 32. */
static uint8_t depth(const struct host *h)
{
    const struct ats *a = h->sys->ats;

    return a ? a->link[0].atc.par.inval_depth & bits_low(5) : 0;
}

static int give_device(struct host *h, const struct host_stream *s, uint64_t first, unsigned span_log2)
{
    uint64_t addr = ats_span_encode(first, span_log2);
    struct vtd_inv inv = { .type = s->pasid ? VTD_INV_PDEVTLB : VTD_INV_DEVTLB, .sid = (uint16_t)s->sid,
                           .pasid = s->pasid, .s = addr & ATS_SPAN_S, .addr = bits_align_down(addr, ATS_PAGE_LOG2) };

    if (offered(h, FIELD_MASK(ECAP, DIT))) {
        inv.mip = depth(h);
        inv.pfsid = (uint16_t)s->sid;
    }
    h->st.atc_invals++;
    return host_vtd_give(h, &inv);
}

/* After the unit's own, in the same submission. */
int host_vtd_invalidate_devices(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    uint64_t differ = (first ^ last) >> ATS_PAGE_LOG2;
    unsigned span_log2 = ATS_PAGE_LOG2 + (differ ? bits_log2(differ) + 1 : 0);
    int err = 0;

    for (const struct host_stream *s = h->ats ? h->streams : NULL; s && !err; s = s->hh.next)
        if (s->domain == d && host_vtd_device_on(h, s->sid))
            err = give_device(h, s, first, span_log2);
    return err;
}

/* What its device has may be of anything that the stream was attached to. */
int host_vtd_leave_device(struct host *h, const struct host_stream *s)
{
    int err = give_device(h, s, 0, ATS_SPAN_ALL);

    return err ? err : host_vtd_wait(h);
}

/* ---- page requests ------------------------------------------------------------------------------- */

int host_vtd_start_pages(struct host *h)
{
    uint64_t queue, pqa = 0;
    int err;

    if (!h->scalable || !offered(h, FIELD_MASK(ECAP, PRS)))
        return 0;
    queue = host_alloc(h, 12 + PQS);
    if (!queue)
        return SIM_EENV;
    FIELD_SET_ADDR(PQA, PQA, &pqa, queue);
    FIELD_SET(PQA, PQS, &pqa, PQS);
    err = system_reg_write(h->sys, VTD_REG_PQH, 0, 8);
    err = err ? err : system_reg_write(h->sys, VTD_REG_PQT, 0, 8);
    err = err ? err : system_reg_write(h->sys, VTD_REG_PQA, pqa, 8);
    return err ? err : system_reg_write(h->sys, VTD_REG_PECTL, 0, 4);
}

int host_vtd_page_response(struct host *h, const struct page_request *r, enum pri_code code)
{
    int err = host_vtd_give(h, &(struct vtd_inv){
        .type = VTD_INV_PGRSP, .sid = (uint16_t)r->rid, .pasid = r->pasid,
        .rsp = { .pp = r->has_pasid, .lpig = r->last, .rc = (uint8_t)code, .prgi = r->group },
    });

    return err ? err : host_vtd_wait(h);
}
