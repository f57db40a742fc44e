/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/translate.h"

#include "base/sim.h"

bool vtd_interrupt_range(uint64_t addr)
{
    return addr >> 20 == 0xfee;
}

const char *vtd_q_name(const struct vtd_q *q)
{
    static const char *const level[] = { "SS?", "SS1", "SS2", "SS3", "SS4", "SS5" };

    switch (q->kind) {
    case VTD_Q_CONTEXT: return "context cache";
    case VTD_Q_ROOT:    return "root";
    case VTD_Q_CTX:     return "context";
    case VTD_Q_TLB:     return "IOTLB";
    case VTD_Q_SEED:    return "walk caches";
    case VTD_Q_SS:      return level[q->level <= VTDSS_LEVEL_MAX ? q->level : 0];
    default:            return "end";
    }
}

static void expect(const struct vtd_xl *m, enum vtd_q_kind kind)
{
    SIM_CHECK(m->q.kind == kind, "an answer of kind %d to a question about %s", kind,
              vtd_q_name(&m->q));
}

/* ---- ends ----------------------------------------------------------------------------------- */

static void end(struct vtd_xl *m, enum xl_outcome outcome, uint64_t pa)
{
    m->res.outcome = (uint8_t)outcome;
    m->res.pa = pa;
    m->q.kind = VTD_Q_END;
}

/* How a failed translation request is answered [VT-d 4.2; fact sheet 8.1]; XL_ATS_OK: no rights. */
static enum xl_outcome ats_answer(const struct vtd_xl *m, enum vtd_reason_code code)
{
    switch (code) {
    case VTD_LGN_1: case VTD_LGN_2: case VTD_LGN_3: case VTD_LGN_4:
        return XL_ATS_OK;
    case VTD_LCT_4:                                  /* of the top table, or an illegal TT, AW */
        return m->q.kind == VTD_Q_SS ? XL_ATS_CA : XL_ATS_UR;
    case VTD_LRT_1: case VTD_LRT_3: case VTD_LCT_1: case VTD_LCT_3: case VTD_LSS_1: case VTD_LSS_2:
        return XL_ATS_CA;
    default:
        return XL_ATS_UR;
    }
}

static void fault(struct vtd_xl *m, enum vtd_reason_code code)
{
    enum xl_outcome outcome = XL_FAULT;

    if (m->req.type == XL_ATS_REQUEST)
        outcome = ats_answer(m, code);
    if (outcome != XL_ATS_OK) {
        m->res.code = (uint8_t)code;
        m->res.recorded = !(m->fpd && vtd_reason_fpd((uint8_t)code));
    }
    end(m, outcome, 0);
}

/* ---- the request against a translation ------------------------------------------------------ */

static uint8_t needed(const struct xl_req *req)
{
    if (req->type == XL_ATS_REQUEST || req->no_dir)
        return 0;
    if (req->atomic)
        return VTDSS_R | VTDSS_W;
    return req->write ? VTDSS_W : VTDSS_R;
}

/* The leaf permits the access, or has been found by a walk that saw to that. */
static void end_with_leaf(struct vtd_xl *m)
{
    uint64_t pa = m->leaf.pa | (m->req.addr & bits_low(m->leaf.size_log2));

    m->res.level = m->leaf.level;
    if (vtd_interrupt_range(pa)) {                   /* step 12 */
        fault(m, VTD_LGN_4);
    } else if (m->req.type == XL_ATS_REQUEST) {
        m->res.ats_r = m->leaf.perm2 & XL_R;
        m->res.ats_w = (m->leaf.perm2 & XL_W) && !m->req.no_write;
        end(m, XL_ATS_OK, pa);
    } else {
        end(m, XL_OK, pa);
    }
}

void vtd_xl_tell_tlb(struct vtd_xl *m, const struct xl_leaf *l, uint16_t did, bool fpd)
{
    uint8_t lacking = needed(&m->req) & (uint8_t)~l->perm2;

    expect(m, VTD_Q_TLB);
    m->got = 0;
    m->leaf = *l;
    m->has_leaf = true;
    m->res.domain = m->did = did;
    m->fpd = fpd;
    if (lacking & XL_W)
        fault(m, VTD_LGN_2);
    else if (lacking & XL_R)
        fault(m, VTD_LGN_3);
    else
        end_with_leaf(m);
}

/* ---- the walk ------------------------------------------------------------------------------- */

static unsigned walk_reason(const struct vtd_xl *m)
{
    static const uint8_t reason[] = {
        [VTDSS_OK] = VTD_NO_FAULT, [VTDSS_RANGE] = VTD_LGN_1, [VTDSS_EABT_TOP] = VTD_LCT_4,
        [VTDSS_EABT] = VTD_LSS_1, [VTDSS_ABSENT] = VTD_LGN_3, [VTDSS_WRITE] = VTD_LGN_2,
        [VTDSS_READ] = VTD_LGN_3, [VTDSS_RESERVED] = VTD_LSS_2,
    };

    return m->walk.fault == VTDSS_ABSENT && m->walk.need & VTDSS_W ? VTD_LGN_2 : reason[m->walk.fault];
}

static void end_with_walk(struct vtd_xl *m)
{
    const struct vtdss_leaf *l = &m->walk.leaf;

    m->res.level = m->walk.level;
    if (m->walk.fault != VTDSS_OK) {
        fault(m, walk_reason(m));
        return;
    }
    m->leaf = (struct xl_leaf){
        .iova = l->in, .pa = l->out, .size_log2 = l->size_log2, .perm1 = XL_ALL, .perm2 = l->perm,
        .level = l->level, .granule_log2 = 12, .stage2 = true,
    };
    m->has_leaf = m->walked = true;
    end_with_leaf(m);
}

static void ask_entry(struct vtd_xl *m)
{
    if (m->walk.done)
        end_with_walk(m);
    else
        m->q = (struct vtd_q){ .kind = VTD_Q_SS, .words = 1, .level = m->walk.level,
                               .did_known = true, .did = m->did, .pa = m->walk.pa };
}

static void take_entry(struct vtd_xl *m, const uint64_t *words)
{
    uint8_t level = m->walk.level;

    if (words)
        vtdss_tell(&m->walk, *words);
    else
        vtdss_tell_abort(&m->walk);
    if (!m->walk.done && m->walk.level < level) {
        m->seed = (struct vtdss_seed){ m->walk.table, m->walk.level, m->walk.perm };
        m->got = VTD_GOT_TABLE;
    }
    ask_entry(m);
}

static void walk_from(struct vtd_xl *m, const struct vtdss_seed *seed)
{
    vtdss_begin(&m->walk, &m->ctx.ss, m->req.addr, needed(&m->req), seed);
    ask_entry(m);
}

void vtd_xl_tell_seed(struct vtd_xl *m, const struct vtdss_seed *s)
{
    expect(m, VTD_Q_SEED);
    m->got = 0;
    walk_from(m, s);
}

/* ---- root and context ----------------------------------------------------------------------- */

/* Steps 8 to 10, with a context that is legal. */
static void with_context(struct vtd_xl *m)
{
    const struct vtd_context *c = &m->ctx;

    m->ctx_known = true;
    m->res.domain = m->did = c->did;
    m->fpd = c->fpd;
    if (m->req.type != XL_UNTRANSLATED && c->tt != VTD_TT_ALL)
        fault(m, VTD_LCT_5);
    else if (m->req.type == XL_TRANSLATED)
        end(m, XL_BYPASS, m->req.addr);
    else if (c->tt == VTD_TT_PASS && c->ss.levels != vtd_max_levels(m->regs))
        fault(m, VTD_LGN_1);
    else if (c->tt == VTD_TT_PASS)
        end(m, XL_BYPASS, m->req.addr);
    else if (m->req.addr & ~bits_low(c->ss.in_bits))
        fault(m, VTD_LGN_1);
    else
        m->q = (struct vtd_q){ .kind = m->tlb_asked ? VTD_Q_SEED : VTD_Q_TLB,
                               .did_known = true, .did = c->did };
}

void vtd_xl_tell_context(struct vtd_xl *m, const struct vtd_context *c)
{
    expect(m, VTD_Q_CONTEXT);
    m->got = 0;
    m->ctx = *c;
    with_context(m);
}

static void ask_structure(struct vtd_xl *m, enum vtd_q_kind kind, uint64_t table, unsigned index)
{
    m->q = (struct vtd_q){ .kind = (uint8_t)kind, .words = VTD_ENTRY_BYTES / 8,
                           .pa = table + (uint64_t)index * VTD_ENTRY_BYTES };
}

static void take_root(struct vtd_xl *m, const uint64_t *words)
{
    uint64_t table;
    unsigned code = words ? vtd_decode_root(m->regs, words, &table) : VTD_LRT_1;

    if (code)
        fault(m, (enum vtd_reason_code)code);
    else
        ask_structure(m, VTD_Q_CTX, table, m->req.sid & 0xff);
}

static void take_context(struct vtd_xl *m, const uint64_t *words)
{
    unsigned code = words ? vtd_decode_context(m->regs, words, &m->ctx) : VTD_LCT_1;

    if (words)
        m->fpd = m->ctx.fpd;
    if (code) {
        fault(m, (enum vtd_reason_code)code);
        return;
    }
    m->got = VTD_GOT_CONTEXT;
    with_context(m);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void ask_context(struct vtd_xl *m)
{
    m->q = (struct vtd_q){ .kind = VTD_Q_CONTEXT };
}

/* Steps 3 and 4. */
static void check_mode(struct vtd_xl *m)
{
    uint64_t rtaddr = m->regs->rtaddr;
    uint64_t ttm = FIELD_GET(RTADDR, TTM, &rtaddr);

    if (ttm == VTD_TTM_ABORT && FIELD_GET(ECAP, ADMS, &m->regs->ecap))
        end(m, XL_ABORT, 0);
    else if (ttm == VTD_TTM_SCALABLE && FIELD_GET(ECAP, SMTS, &m->regs->ecap))
        end(m, XL_UNSUPPORTED, 0);
    else if (ttm != VTD_TTM_LEGACY || (rtaddr & bits_low(RTADDR_TTM_LO)))
        fault(m, VTD_RTA_1);
    else if (m->req.has_ssid)
        fault(m, VTD_RTA_2);
    else if (m->impl->tlb_first && m->req.type == XL_UNTRANSLATED)
        m->q = (struct vtd_q){ .kind = VTD_Q_TLB };
    else
        ask_context(m);
}

void vtd_xl_begin(struct vtd_xl *m, const struct vtd_regs *regs, const struct vtd_impl *impl,
                  const struct xl_req *req)
{
    m->regs = regs;
    m->impl = impl;
    m->req = *req;
    m->res = (struct xl_result){ .write = req->write || req->atomic };
    m->has_leaf = m->walked = m->tlb_asked = m->fpd = m->ctx_known = false;
    m->got = m->reads = 0;
    m->did = 0;
    if (!regs->tes)
        end(m, XL_BYPASS, req->addr);
    else if (!req->has_ssid && req->type == XL_UNTRANSLATED && vtd_interrupt_range(req->addr))
        end(m, XL_INTERRUPT, req->addr);
    else
        check_mode(m);
}

void vtd_xl_tell_none(struct vtd_xl *m)
{
    m->got = 0;
    switch (m->q.kind) {
    case VTD_Q_CONTEXT:
        ask_structure(m, VTD_Q_ROOT, m->regs->rtaddr & ~bits_low(12), m->req.sid >> 8 & 0xff);
        break;
    case VTD_Q_TLB:
        m->tlb_asked = true;
        if (m->ctx_known)
            m->q.kind = VTD_Q_SEED;
        else
            ask_context(m);
        break;
    case VTD_Q_SEED:
        walk_from(m, NULL);
        break;
    default:
        SIM_CHECK(false, "nothing told to a question about %s", vtd_q_name(&m->q));
    }
}

void vtd_xl_tell(struct vtd_xl *m, const uint64_t *words)
{
    m->got = 0;
    m->reads++;
    if (!words)
        m->res.fetch = m->q.pa;
    switch (m->q.kind) {
    case VTD_Q_ROOT: take_root(m, words); break;
    case VTD_Q_CTX:  take_context(m, words); break;
    case VTD_Q_SS:   take_entry(m, words); break;
    default:
        SIM_CHECK(false, "words told to a question about %s", vtd_q_name(&m->q));
    }
}
