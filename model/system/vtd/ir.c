/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd/ir.h"

#include "base/sim.h"
#include "system/vtd/vtd.h"

PARAM_ROWS(params, VTD_IR_PARAMS);
STAT_ROWS(stats, VTD_IR_STATS);
static const struct comp_kind vtd_ir_kind = {
    "vtd_ir", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats)
};

void vtd_ir_params_add(struct vtd_ir_params *p, struct param_set *set)
{
    param_add(set, "vtd.ir", params, ARRAY_LEN(params), (uint64_t *)p);
}

void vtd_ir_init(struct vtd_system *u, const struct vtd_ir_params *p)
{
    u->ir.par = *p;
    comp_init(&u->ir.comp, &vtd_ir_kind, &u->sys.top, "ir", &u->ir.par, &u->ir.st);
}

/* ---- answering ------------------------------------------------------------------------------ */

/* Entries are found, and go, by their index alone. */
static void answer_kept(struct vtd_system *u, struct vtd_xact *x)
{
    const struct vtd_irte *e = store_lookup(&u->iec, 0, x->m.q.in);

    if (!e) {
        vtd_xl_tell_none(&x->m);
        return;
    }
    u->perf.irte_hits[e->posted]++;
    vtd_xl_tell_irte(&x->m, e);
}

static void answer_entry(struct vtd_system *u, struct vtd_xact *x)
{
    uint64_t words[VTD_IRTE_WORDS];
    bool ok = mem_read(u->sys.mem, x->m.q.pa, VTD_IRTE_WORDS, words);

    u->ir.st.entry_reads++;
    vtd_xl_tell(&x->m, ok ? words : NULL);
}

/* Read and changed in one access. */
static void answer_descriptor(struct vtd_system *u, struct vtd_xact *x)
{
    const struct vtd_ir *ir = &x->m.ir;
    uint64_t words[VTD_PD_WORDS];
    bool ok = mem_read(u->sys.mem, x->m.q.pa, VTD_PD_WORDS, words);

    u->ir.st.descriptor_accesses++;
    vtd_xl_tell(&x->m, ok ? words : NULL);
    for (unsigned i = 0; i < ir->posts; i++)
        mem_write64(u->sys.mem, ir->post[i].pa, ir->post[i].value);
}

static void keep_entry(struct vtd_system *u, struct vtd_xact *x)
{
    uint32_t index = x->m.ir.index;

    if (x->flow)
        x->flow->fetched = true;
    if (!store_exists(&u->iec))
        return;
    if (x->flow && timed_overtaken(u->sys.timed, x->flow, &u->iec, 0, index, 0, 0)) {
        u->sys.timed->st.overtaken++;
        return;
    }
    *(struct vtd_irte *)store_fill(&u->iec, 0, index, 0, 0, NULL) = x->m.ir.e;
}

void vtd_ir_answer(struct vtd_system *u, struct vtd_xact *x)
{
    switch (x->m.q.kind) {
    case VTD_Q_IEC:  answer_kept(u, x); break;
    case VTD_Q_IRTE: answer_entry(u, x); break;
    default:         answer_descriptor(u, x); break;
    }
    if (x->m.got & VTD_GOT_IRTE)
        keep_entry(u, x);
}

/* ---- ends ----------------------------------------------------------------------------------- */

void vtd_ir_end(struct vtd_system *u, const struct vtd_xact *x)
{
    const struct vtd_ir *ir = &x->m.ir;
    bool posted = ir->remapped && ir->e.posted && !ir->code;

    u->ir.st.blocked += ir->code != 0;
    u->ir.st.posted += posted;
    u->ir.st.notifications += ir->notifies;
    u->ir.st.remapped += !ir->code && ir->remapped && !posted;
    u->ir.st.passed += !ir->code && !ir->remapped;
}

struct xl_req vtd_ir_faulting(const struct vtd_xact *x)
{
    struct xl_req req = x->m.req;

    req.addr = vtd_ir_names_index(x->m.ir.code) ? (uint64_t)x->m.ir.index << 48 : 0;
    return req;
}

/* ---- what the driver does ------------------------------------------------------------------- */

void vtd_ir_invalidate(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct store_match m = { 0 };

    u->ir.st.invalidations++;
    if (inv->g == VTD_IEC_INDEX && u->ir.par.inval == VTD_IR_INVAL_INDEX) {
        m.by_addr = true;
        m.first = inv->iec.iidx & ~bits_low(inv->iec.im);
        m.last = m.first | bits_low(inv->iec.im);
    }
    if (store_exists(&u->iec))
        store_invalidate(&u->iec, &m);
}

bool vtd_ir_set_table(struct vtd_system *u)
{
    u->regs.irta = vtd_reg_get(u, VTD_REG_IRTA);
    return FIELD_GET(CAP, ESIRTPS, &u->regs.cap);
}

void vtd_ir_switch(struct vtd_system *u, uint64_t gsts)
{
    u->regs.ires = FIELD_GET(GSTS, IRES, &gsts);
    u->regs.cfis = FIELD_GET(GSTS, CFIS, &gsts);
}
