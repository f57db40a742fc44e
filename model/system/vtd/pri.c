/* SPDX-License-Identifier: Apache-2.0
 *
 * Page requests of devices, at a VT-d unit: into the page request queue, or answered by the unit; its registers;
 * responses; what a wait descriptor that drains them waits for.  [VT-d 7.4; fact sheet 1.11, 8.3, 8.4]
 *
 * The context of a request is looked up, and if need be read, in no time: what takes time is the queue.
 */
#include "system/vtd/vtd.h"

#include "arch/vtd/prq.h"
#include "base/sim.h"

enum { PRQ_BYTES_LOG2 = 5, PRQ_PAGE_LOG2 = 7 };         /* an entry's bytes, a page's entries */

static struct vtd_system *of(struct system *s)
{
    return CONTAINER_OF(s, struct vtd_system, sys);
}

/* ---- status -------------------------------------------------------------------------------------- */

static bool status(const struct vtd_system *u, uint64_t bit)
{
    return vtd_reg_get(u, VTD_REG_PRS) & bit;
}

static void set_status(struct vtd_system *u, uint64_t bits)
{
    vtd_reg_put(u, VTD_REG_PRS, vtd_reg_get(u, VTD_REG_PRS) | bits);
}

/* Software has cleared what it clears. */
static void after_clearing(struct vtd_system *u)
{
    if (!status(u, FIELD_MASK(PRS, PRO)))
        priq_acknowledge(&u->prq);
    if (!vtd_reg_get(u, VTD_REG_PRS))
        vtd_event_withdraw(u, VTD_EVENT_PAGE);
}

/* ---- a request arrives --------------------------------------------------------------------------- */

static void run(struct vtd_system *u, const struct xl_req *req)
{
    struct vtd_xact *x = &u->x;
    struct system_trail trail = { 0 };

    x->trail = &trail;
    x->flow = NULL;
    x->seen = x->have = 0;
    vtd_begin(u, x, req);
    while (vtd_xl_ask(&x->m))
        vtd_answer(u, x);
}

/* By its function's context; if not, that is a fault. */
static bool allowed(struct vtd_system *u, const struct page_request *r)
{
    const struct xl_req req = {
        .sid = r->rid, .has_ssid = r->has_pasid, .ssid = r->pasid, .addr = r->addr, .write = r->write && !r->read,
        .exec = r->exec, .priv = r->priv, .type = XL_PAGE_REQUEST,
    };
    const struct xl_result *res = &u->x.m.res;

    if (!FIELD_GET(ECAP, PRS, &u->regs.ecap) || !u->regs.tes)
        return false;
    run(u, &req);
    if (res->outcome == XL_FAULT)
        vtd_fault(u, &u->x);
    return res->outcome == XL_BYPASS;
}

/* What is cached of the page for this PASID goes: the device will ask for what software makes of it. */
static void forget_page(struct vtd_system *u, const struct page_request *r)
{
    if (u->sys.timed)
        u->sys.timed->invals++;        /* walks of it that are under way are not kept */
    vtd_forget_page(u, u->x.m.pasid, r->addr);
}

static void respond(struct vtd_system *u, const struct page_request *r, const struct vtd_prq_end *e)
{
    if (!e->responds)
        return;
    u->prq.st.answered++;
    ats_respond(u->sys.ats, r->rid, r->group, e->code);
}

/* Memory does not take it: as if it had not been allowed. */
static void lose(struct vtd_system *u, const struct page_request *r)
{
    const struct vtd_prq_state none = { .allowed = false };
    const struct vtd_prq_end e = vtd_prq_arrive(r, &none);

    respond(u, r, &e);
}

/* In which group a response is meant, its PASID has no part: the device's groups are the requester's. */
static void page_request(struct system *s, const struct page_request *r)
{
    struct vtd_system *u = of(s);
    const struct vtd_prq_state state = {
        .allowed = allowed(u, r), .full = priq_full(&u->prq), .overflown = status(u, FIELD_MASK(PRS, PRO)),
        .pending = status(u, FIELD_MASK(PRS, PPR)),
    };
    const struct vtd_prq_end e = vtd_prq_arrive(r, &state);
    uint64_t w[PRQ_WORDS];

    u->prq.mem = s->mem;
    if (e.written) {
        forget_page(u, r);
        vtd_prq_encode(r, w);
        if (!priq_write(&u->prq, w))
            lose(u, r);
        return;
    }
    if (state.allowed)
        priq_refuse(&u->prq);
    if (e.overflows)
        set_status(u, FIELD_MASK(PRS, PRO));
    if (e.event)
        vtd_event_raise(u, VTD_EVENT_PAGE);
    respond(u, r, &e);
}

/* It is in memory. */
static void seen(void *arg, const uint64_t *words, bool first)
{
    struct vtd_system *u = arg;
    bool pending = status(u, FIELD_MASK(PRS, PPR));

    (void)words;
    (void)first;
    set_status(u, FIELD_MASK(PRS, PPR));
    if (!pending)
        vtd_event_raise(u, VTD_EVENT_PAGE);
    if (u->sys.timed)
        cmdq_drain(u->driver.cmdq);
    if (u->sys.software)
        u->sys.software(u->sys.software_arg);
}

/* Software clears PPR before it looks, and PRO when nothing is left. */
bool vtd_take_page_request(struct system *s, struct page_request *r)
{
    struct vtd_system *u = of(s);
    uint64_t w[PRIQ_WORDS];
    bool there = priq_take(&u->prq, w);

    vtd_reg_put(u, VTD_REG_PRS, there ? vtd_reg_get(u, VTD_REG_PRS) & FIELD_MASK(PRS, PRO) : 0);
    after_clearing(u);
    if (there)
        vtd_prq_decode(w, r);
    return there;
}

void vtd_page_response(struct vtd_system *u, const struct vtd_inv *inv)
{
    if (u->sys.ats)
        ats_respond(u->sys.ats, inv->sid, inv->rsp.prgi, inv->rsp.rc);
}

/* ---- waiting for them ---------------------------------------------------------------------------- */

void vtd_pri_drain(struct vtd_system *u, bool drain)
{
    u->prq_drain = drain && FIELD_GET(ECAP, PDS, &u->regs.ecap) ? u->prq.prod : 0;
}

bool vtd_pri_drained(const struct vtd_system *u)
{
    return u->prq.seen >= u->prq_drain;
}

/* ---- registers ----------------------------------------------------------------------------------- */

/* A queue that a request is on its way to stays where it is. */
static void place(struct vtd_system *u)
{
    uint64_t pqa = vtd_reg_get(u, VTD_REG_PQA), base = FIELD_ADDR(PQA, PQA, &pqa) & bits_low(u->regs.haw);

    if (!base || u->prq.seen != u->prq.prod)
        return;
    priq_place(&u->prq, base, 1ull << (PRQ_PAGE_LOG2 + FIELD_GET(PQA, PQS, &pqa)));
    u->prq_drain = 0;
}

void vtd_pri_change(struct vtd_system *u, enum vtd_reg reg)
{
    uint32_t index = (uint32_t)(vtd_reg_get(u, reg) >> PRQ_BYTES_LOG2);

    switch (reg) {
    case VTD_REG_PQA:
        place(u);
        break;
    case VTD_REG_PQH:
        priq_set_head(&u->prq, index);
        break;
    case VTD_REG_PQT:
        if (u->prq.seen == u->prq.prod)
            priq_set_tail(&u->prq, index);
        break;
    case VTD_REG_PRS:
        after_clearing(u);
        break;
    default:
        break;
    }
}

void vtd_pri_settle(struct vtd_system *u)
{
    vtd_reg_put(u, VTD_REG_PQH, (uint64_t)priq_head(&u->prq) << PRQ_BYTES_LOG2);
    vtd_reg_put(u, VTD_REG_PQT, (uint64_t)priq_tail(&u->prq) << PRQ_BYTES_LOG2);
}

void vtd_pri_reset(struct vtd_system *u)
{
    priq_place(&u->prq, u->par.prq.base, u->par.prq.entries);
    u->prq_drain = 0;
}

/* ---- making it ----------------------------------------------------------------------------------- */

void vtd_pri_init(struct vtd_system *u)
{
    priq_init(&u->prq, &u->sys.top, "prq", &u->par.prq, PRQ_WORDS, u->sys.mem);
    u->prq.spare = 1;
    u->prq.seen_fn = seen;
    u->prq.arg = u;
    u->ats_ops.page_request = page_request;
}
