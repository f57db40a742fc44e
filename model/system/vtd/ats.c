/* SPDX-License-Identifier: Apache-2.0
 *
 * A VT-d unit's side of device TLBs: which functions have theirs on, and invalidations.
 * [VT-d 4, 6.5.2.5, 6.5.2.6; fact sheet 8.1]
 */
#include "system/vtd/vtd.h"

#include <string.h>

#include "base/sim.h"

static struct vtd_system *of(struct system *s)
{
    return CONTAINER_OF(s, struct vtd_system, sys);
}

/* ---- which functions have them on ---------------------------------------------------------------- */

/* A function's context as memory has it now; false if there is none that could be used. */
static bool read_context(struct vtd_system *u, uint32_t sid, struct vtd_xl *m)
{
    static const struct vtd_impl impl;
    const struct xl_req req = { .sid = sid };
    uint64_t words[VTD_PE_WORDS];

    vtd_xl_begin(m, &u->regs, &impl, &req);
    while (vtd_xl_ask(m) && !m->ctx_known) {
        if (m->q.words)
            vtd_xl_tell(m, mem_read(u->sys.mem, m->q.pa, m->q.words, words) ? words : NULL);
        else
            vtd_xl_tell_none(m);
    }
    return m->ctx_known;
}

/* A driver switches ATS on in a device when the function's context allows it: what that said is remembered until it
 * may have changed. */
static const struct vtd_ats_function *function(struct vtd_system *u, uint32_t sid)
{
    struct vtd_ats_function *f = &u->ats_function[sid % VTD_ATS_FUNCTIONS];
    struct vtd_xl *m = &u->x.m;

    if (f->known && f->sid == sid && f->rtaddr == u->regs.rtaddr)
        return f;
    if (!read_context(u, sid, m))
        return NULL;
    *f = (struct vtd_ats_function){ .sid = sid, .rtaddr = u->regs.rtaddr, .known = true,
                                    .on = m->scalable ? m->ctx.dte : m->ctx.tt == VTD_TT_ALL,
                                    .pages = m->scalable && m->ctx.pre };
    return f;
}

/* An interrupt request is none that a device would have translated. */
static bool enabled(struct system *s, const struct xl_req *access)
{
    struct vtd_system *u = of(s);
    const struct vtd_ats_function *f;

    if (!FIELD_GET(ECAP, DT, &u->regs.ecap) || !u->regs.tes)
        return false;
    if (!access->has_ssid && vtd_interrupt_range(access->addr))
        return false;
    f = function(u, access->sid);
    return f && f->on;
}

static bool asks_pages(struct system *s, uint32_t rid)
{
    const struct vtd_ats_function *f = function(of(s), rid);

    return FIELD_GET(ECAP, PRS, &of(s)->regs.ecap) && f && f->pages;
}

void vtd_ats_forget(struct vtd_system *u)
{
    memset(u->ats_function, 0, sizeof u->ats_function);
}

/* ---- invalidations ------------------------------------------------------------------------------- */

void vtd_ats_invalidate(struct vtd_system *u, const struct vtd_inv *inv)
{
    uint64_t first, last;

    if (!u->sys.ats)
        return;
    vtd_inv_range(inv, &first, &last);
    ats_invalidate(u->sys.ats, inv->sid, vtd_inv_has_pasid(inv), inv->pasid, first, last);
}

static bool of_function(const struct vtd_system *u, const uint64_t *words, uint16_t pfsid)
{
    struct vtd_inv inv;

    return !vtd_inv_decode(words, VTD_INV_WORDS, u->regs.cap, &inv) && inv.pfsid == pfsid;
}

/* Software says how many a physical function takes at a time, for itself and its virtual ones. */
static bool throttled(const struct vtd_system *u, const struct vtd_inv *inv)
{
    const struct ats *a = u->sys.ats;
    unsigned n = 0;

    if (!inv->mip || !FIELD_GET(ECAP, DIT, &u->regs.ecap))
        return false;
    for (unsigned l = 0; l < a->n; l++)
        for (unsigned i = 0; i < ATC_INVALS; i++) {
            const struct atc_inval *under = &a->link[l].atc.inval[i];

            n += under->under_way && of_function(u, under->words, inv->pfsid);
        }
    return n >= inv->mip;
}

/* A device without a TLB answers Unsupported Request, which completes it. */
uint64_t vtd_ats_send(struct vtd_system *u, const struct vtd_inv *inv, const uint64_t *words, unsigned n)
{
    uint64_t first, last;

    if (!u->sys.ats) {
        system_command_now(&u->sys, words, n);
        return sim_now(u->sys.timed->sim);
    }
    vtd_inv_range(inv, &first, &last);
    if (throttled(u, inv) || !ats_send_invalidation(u->sys.ats, inv->sid, vtd_inv_has_pasid(inv), inv->pasid,
                                                    first, last, words, n, NULL))
        return CMDQ_BUSY;
    return sim_now(u->sys.timed->sim);
}

/* In time: the unit has given up on a device's answer. */
static void timed_out(struct system *s, const uint64_t *words)
{
    struct vtd_system *u = of(s);
    struct vtd_inv inv;

    if (!vtd_inv_decode(words, VTD_INV_WORDS, u->regs.cap, &inv))
        vtd_queue_timeout(u, inv.sid);
}

/* ---- making it ----------------------------------------------------------------------------------- */

int vtd_ats_init(struct vtd_system *u, void (*translate)(struct system *, const struct xl_req *, struct xl_result *,
                                                         struct system_trail *), uint64_t seed)
{
    u->ats_ops = (struct ats_ops){
        .enabled = enabled, .asks_pages = asks_pages, .translate = translate, .timed_out = timed_out,
        .hit_class = VTD_CLASS_ATC, .request_class = VTD_CLASS_ATS, .merged_class = VTD_CLASS_MERGED,
        .page_class = VTD_CLASS_PAGE, .given_up_class = VTD_CLASS_ABORT,
    };
    vtd_pri_init(u);
    if (!u->par.device.lines.sets)
        return 0;
    u->sys.ats = ats_new(&u->sys, &u->ats_ops, &u->par.device, 1, seed);
    return u->sys.ats ? 0 : SIM_EENV;
}

int vtd_ats_timed(struct vtd_system *u)
{
    priq_timed(&u->prq, &u->sys.timed->mem);
    return u->sys.ats ? ats_timed(u->sys.ats, &u->par.device) : 0;
}
