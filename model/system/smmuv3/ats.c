/* SPDX-License-Identifier: Apache-2.0
 *
 * An SMMUv3's side of ATS and PRI: which streams have it, page requests into the PRI queue, answers to devices,
 * invalidations of their ATCs.  [SMMUv3 3.9, 3.13, 4.5, 4.6, 8]
 */
#include "system/smmuv3/smmuv3.h"

#include <string.h>

#include "arch/smmuv3/pri.h"

static struct smmuv3_system *of(struct system *s)
{
    return CONTAINER_OF(s, struct smmuv3_system, sys);
}

/* ---- which streams have it ----------------------------------------------------------------------- */

/* A stream's STE as memory has it now; false if there is none to read. */
static bool read_ste(struct smmuv3_system *s, uint32_t sid, uint64_t ste[STE_WORDS])
{
    const struct xl_req req = { .sid = sid };
    struct smmuv3_xl *m = &s->x.m;

    smmuv3_xl_begin(m, &s->regs, &s->impl, &req);
    while (smmuv3_xl_ask(m)) {
        bool read = m->q.words && mem_read(s->sys.mem, m->q.pa, m->q.words, ste);

        if (m->q.kind == SMMUV3_Q_STE)
            return read;
        if (m->q.words)
            smmuv3_xl_tell(m, read ? ste : NULL);
        else
            smmuv3_xl_tell_none(m);
    }
    return false;
}

static bool decode(const struct smmuv3_system *s, const uint64_t ste[STE_WORDS], struct smmuv3_config *c)
{
    return smmuv3_decode_ste(&s->regs, ste, c) == 0;
}

static bool allows(const struct smmuv3_system *s, const struct smmuv3_config *c)
{
    return c->config >= STE_S1 && (c->eats == 1 || (c->eats == 2 && FIELD_GET(CR0, ATSCHK, &s->regs.cr0)));
}

/* A driver switches ATS on in a device when the stream's STE allows it: what that said is remembered until
 * it may have changed. */
static bool enabled(struct system *sys, const struct xl_req *access)
{
    struct smmuv3_system *s = of(sys);
    uint32_t sid = access->sid;
    struct smmuv3_ats_stream *known = &s->ats_stream[sid % SMMUV3_ATS_STREAMS];
    uint64_t ste[STE_WORDS];
    struct smmuv3_config c;

    if (!FIELD_GET(IDR0, ATS, &s->regs.idr0) || !FIELD_GET(CR0, SMMUEN, &s->regs.cr0))
        return false;
    if (known->known && known->sid == sid)
        return known->on;
    if (!read_ste(s, sid, ste) || !decode(s, ste, &c))
        return false;
    *known = (struct smmuv3_ats_stream){ .sid = sid, .known = true, .on = allows(s, &c) };
    return known->on;
}

void smmuv3_ats_forget(struct smmuv3_system *s)
{
    memset(s->ats_stream, 0, sizeof s->ats_stream);
}

/* ---- page requests ------------------------------------------------------------------------------- */

static struct smmuv3_pri_state pri_state(const struct smmuv3_system *s)
{
    return (struct smmuv3_pri_state){
        .enabled = FIELD_GET(IDR0, PRI, &s->regs.idr0) && FIELD_GET(CR0, SMMUEN, &s->regs.cr0) &&
                   FIELD_GET(CR0, PRIQEN, &s->regs.cr0),
        .aborted = smmuv3_gerrors(&s->regs) & SMMUV3_GERROR(PRIQ_ABT_ERR),
        .full = priq_full(&s->priq), .overflown = priq_overflown(&s->priq),
        .pps = FIELD_GET(IDR3, PPS, &s->regs.idr3),
    };
}

static enum smmuv3_pri_ste ste_of(struct smmuv3_system *s, uint32_t sid)
{
    uint64_t ste[STE_WORDS];
    struct smmuv3_config c;

    if (!read_ste(s, sid, ste) || !decode(s, ste, &c))
        return PRI_STE_UNUSABLE;
    return FIELD_GET(STE, PPAR, ste) ? PRI_STE_PPAR1 : PRI_STE_PPAR0;
}

/* Memory does not take it: as if the queue had been off. */
static void abort_priq(struct smmuv3_system *s, const struct page_request *r)
{
    smmuv3_gerror(s, SMMUV3_GERROR(PRIQ_ABT_ERR));
    if (!page_request_is_stop(r))
        ats_respond(s->sys.ats, r->rid, r->group, PRI_FAILURE);
}

/* In which group a response is meant, its PASID has no part: the device's groups are the requester's. */
static void page_request(struct system *sys, const struct page_request *r)
{
    struct smmuv3_system *s = of(sys);
    const struct smmuv3_pri_state state = pri_state(s);
    bool needs = smmuv3_pri_needs_ste(r, &state);
    struct smmuv3_pri_end e = smmuv3_pri_arrive(r, &state, needs ? ste_of(s, r->rid) : PRI_STE_UNUSABLE);
    uint64_t w[PRI_WORDS];

    s->priq.mem = sys->mem;
    if (e.written) {
        smmuv3_pri_encode(r, w);
        if (!priq_write(&s->priq, w))
            abort_priq(s, r);
    } else if (state.enabled && !state.aborted) {
        priq_refuse(&s->priq);
    }
    if (e.responds) {
        s->priq.st.answered++;
        ats_respond(sys->ats, r->rid, r->group, e.code);
    }
}

/* The interrupt is for a queue that was empty, or by PRIQ_IRQ_CFG2.LO for the last request of a group. */
static void seen(void *arg, const uint64_t *words, bool first)
{
    struct smmuv3_system *s = arg;

    if (FIELD_GET(PRIQ_IRQ_CFG2, LO, &s->regs.priq_irq_cfg2) ? FIELD_GET(PRI, LAST, words) : first)
        smmuv3_interrupt(s, SMMUV3_IRQ_PRIQ);
    if (s->sys.software)
        s->sys.software(s->sys.software_arg);
}

bool smmuv3_take_page_request(struct system *sys, struct page_request *r)
{
    uint64_t w[PRIQ_WORDS];

    if (!priq_take(&of(sys)->priq, w))
        return false;
    smmuv3_pri_decode(w, r);
    return true;
}

void smmuv3_page_response(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    if (s->sys.ats && FIELD_GET(CR0, SMMUEN, &s->regs.cr0))
        ats_respond(s->sys.ats, c->sid_first, c->prgindex, smmuv3_pri_code(c->resp));
}

/* ---- the queue's registers ----------------------------------------------------------------------- */

static void place_priq(struct smmuv3_system *s)
{
    struct smmuv3_ring r = smmuv3_ring_of(&s->regs, s->regs.priq_base,
                                          (unsigned)FIELD_GET(IDR1, PRIQS, &s->regs.idr1), PRI_BYTES);

    if (r.base)
        priq_place(&s->priq, r.base, 1ull << r.log2);
}

void smmuv3_change_priq(struct smmuv3_system *s, uint32_t offset)
{
    switch (offset & 0xfff) {
    case 0x0c0:                                /* SMMU_PRIQ_BASE */
    case 0x0c4:
        place_priq(s);
        break;
    case 0x0c8:
        priq_set_prod(&s->priq, (uint32_t)s->regs.priq_prod);
        break;
    case 0x0cc:
        priq_set_cons(&s->priq, (uint32_t)s->regs.priq_cons);
        break;
    }
}

/* ---- invalidations ------------------------------------------------------------------------------- */

void smmuv3_atc_invalidate(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    if (s->sys.ats && FIELD_GET(CR0, SMMUEN, &s->regs.cr0))
        ats_invalidate(s->sys.ats, c->sid_first, c->has_ssid && !c->global, c->ssid, c->first, c->last);
}

bool smmuv3_atc_send(struct smmuv3_system *s, const struct smmuv3_cmd *c, const uint64_t *words, unsigned n)
{
    return ats_send_invalidation(s->sys.ats, c->sid_first, c->has_ssid && !c->global, c->ssid, c->first,
                                 c->last, words, n, smmuv3_atc_inv_failed(s));
}

/* ---- making it ----------------------------------------------------------------------------------- */

int smmuv3_ats_init(struct smmuv3_system *s, void (*translate)(struct system *, const struct xl_req *,
                                                               struct xl_result *, struct system_trail *),
                    uint64_t seed)
{
    s->ats_ops = (struct ats_ops){
        .enabled = enabled, .front_of = smmuv3_front_of, .translate = translate, .page_request = page_request,
        .hit_class = SMMUV3_CLASS_ATC, .request_class = SMMUV3_CLASS_ATS, .merged_class = SMMUV3_CLASS_MERGED,
        .page_class = SMMUV3_CLASS_PAGE, .given_up_class = SMMUV3_CLASS_ABORT,
    };
    priq_init(&s->priq, &s->sys.top, "priq", &s->par.priq, PRI_WORDS, s->sys.mem);
    s->priq.seen_fn = seen;
    s->priq.arg = s;
    if (!s->par.device.lines.sets)
        return 0;
    s->sys.ats = ats_new(&s->sys, &s->ats_ops, &s->par.device, s->tbus, seed);
    return s->sys.ats ? 0 : SIM_EENV;
}

int smmuv3_ats_timed(struct smmuv3_system *s)
{
    priq_timed(&s->priq, &s->sys.timed->mem);
    return s->sys.ats ? ats_timed(s->sys.ats, &s->par.device) : 0;
}
