/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/translate.h"

#include "arch/vtd/translate_impl.h"
#include "base/sim.h"

bool vtd_interrupt_range(uint64_t addr)
{
    return addr >> 20 == 0xfee;
}

const char *vtd_q_name(const struct vtd_q *q)
{
    static const char *const name[] = {
        [VTD_Q_END] = "end", [VTD_Q_CONTEXT] = "context cache", [VTD_Q_ROOT] = "root", [VTD_Q_CTX] = "context",
        [VTD_Q_PASID] = "PASID cache", [VTD_Q_DIR] = "directory", [VTD_Q_PE] = "PASID", [VTD_Q_TLB] = "IOTLB",
        [VTD_Q_GPA] = "GPA cache", [VTD_Q_SEED] = "walk caches", [VTD_Q_UPDATE] = "update",
        [VTD_Q_IEC] = "interrupt entry cache", [VTD_Q_IRTE] = "IRTE", [VTD_Q_PD] = "posted descriptor",
    };
    static const char *const first[] = { "FS?", "FS1", "FS2", "FS3", "FS4", "FS5" };
    static const char *const second[] = { "SS?", "SS1", "SS2", "SS3", "SS4", "SS5" };
    unsigned level = q->level <= VTDSS_LEVEL_MAX ? q->level : 0;

    if (q->kind == VTD_Q_FS)
        return first[level];
    return q->kind == VTD_Q_SS ? second[level] : name[q->kind];
}

void vtd_xl_expect(const struct vtd_xl *m, enum vtd_q_kind kind)
{
    SIM_CHECK(m->q.kind == kind, "an answer of kind %d to a question about %s", kind,
              vtd_q_name(&m->q));
}

/* ---- ends ----------------------------------------------------------------------------------- */

void vtd_xl_end(struct vtd_xl *m, enum xl_outcome outcome, uint64_t pa)
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
    case VTD_SFS_2: case VTD_SFS_5: case VTD_SFS_6: case VTD_SFS_7: case VTD_SSS_2:
    case VTD_SGN_1: case VTD_SGN_2: case VTD_SGN_3: case VTD_SGN_4: case VTD_SGN_5: case VTD_SGN_6: case VTD_SGN_7:
    case VTD_SGN_8:
        return XL_ATS_OK;
    case VTD_LCT_4:                                  /* of the top table, or an illegal TT, AW */
        return m->q.kind == VTD_Q_SS ? XL_ATS_CA : XL_ATS_UR;
    case VTD_LRT_1: case VTD_LRT_3: case VTD_LCT_1: case VTD_LCT_3: case VTD_LSS_1: case VTD_LSS_2:
    case VTD_SRT_1: case VTD_SRT_3: case VTD_SCT_1: case VTD_SCT_3: case VTD_SPD_1: case VTD_SPD_3:
    case VTD_SPT_1: case VTD_SPT_3: case VTD_SFS_1: case VTD_SFS_3: case VTD_SFS_4: case VTD_SFS_8:
    case VTD_SFS_9: case VTD_SFS_10: case VTD_SSS_1: case VTD_SSS_3: case VTD_SSS_4: case VTD_SSS_5: case VTD_SSS_6:
        return XL_ATS_CA;
    default:
        return XL_ATS_UR;
    }
}

/* Of root and context entries, those of legacy mode.  Second stage: vtd_xl_ss_reason. */
static enum vtd_reason_code legacy_code(enum vtd_reason_code code)
{
    switch (code) {
    case VTD_SRT_1: return VTD_LRT_1;
    case VTD_SRT_2: return VTD_LRT_2;
    case VTD_SRT_3: return VTD_LRT_3;
    case VTD_SCT_1: return VTD_LCT_1;
    case VTD_SCT_2: return VTD_LCT_2;
    case VTD_SCT_3: return VTD_LCT_3;
    default:        return code;
    }
}

void vtd_xl_fault(struct vtd_xl *m, enum vtd_reason_code code)
{
    enum xl_outcome outcome = XL_FAULT;

    if (m->regs->legacy_codes)
        code = legacy_code(code);
    if (m->req.type == XL_ATS_REQUEST)
        outcome = ats_answer(m, code);
    if (outcome != XL_ATS_OK) {
        m->res.code = (uint8_t)code;
        m->res.recorded = !(m->fpd && vtd_reason_fpd((uint8_t)code));
    }
    vtd_xl_end(m, outcome, 0);
}

/* ---- the request against a translation ------------------------------------------------------ */

uint8_t vtd_xl_needed(const struct xl_req *req)
{
    if (req->type == XL_ATS_REQUEST || req->no_dir)
        return 0;
    if (req->atomic)
        return VTDSS_R | VTDSS_W;
    return req->write ? VTDSS_W : VTDSS_R;
}

bool vtd_xl_executes(const struct vtd_xl *m)
{
    return m->req.exec && m->req.has_ssid;
}

bool vtd_xl_grants_write(const struct vtd_xl *m)
{
    return m->req.type == XL_ATS_REQUEST && !(m->req.no_write && FIELD_GET(ECAP, NWFS, &m->regs->ecap));
}

enum vtd_reason_code vtd_xl_ss_reason(const struct vtd_xl *m, enum vtdss_fault fault, uint8_t need)
{
    static const uint8_t legacy[] = {
        [VTDSS_OK] = VTD_NO_FAULT, [VTDSS_RANGE] = VTD_LGN_1, [VTDSS_EABT_TOP] = VTD_LCT_4,
        [VTDSS_EABT] = VTD_LSS_1, [VTDSS_ABSENT] = VTD_LGN_3, [VTDSS_WRITE] = VTD_LGN_2,
        [VTDSS_READ] = VTD_LGN_3, [VTDSS_RESERVED] = VTD_LSS_2, [VTDSS_NOT_SNOOPED] = VTD_SSS_5,
    };
    static const uint8_t scalable[] = {
        [VTDSS_OK] = VTD_NO_FAULT, [VTDSS_RANGE] = VTD_SGN_5, [VTDSS_EABT_TOP] = VTD_SSS_4,
        [VTDSS_EABT] = VTD_SSS_1, [VTDSS_ABSENT] = VTD_SSS_2, [VTDSS_WRITE] = VTD_SGN_6,
        [VTDSS_READ] = VTD_SGN_7, [VTDSS_RESERVED] = VTD_SSS_3, [VTDSS_NOT_SNOOPED] = VTD_SSS_5,
    };

    if (m->scalable && !m->regs->legacy_codes)
        return (enum vtd_reason_code)scalable[fault];
    return fault == VTDSS_ABSENT && need & VTDSS_W ? VTD_LGN_2 : (enum vtd_reason_code)legacy[fault];
}

/* The part of enum xl_perm that counts for this requester, as that of a user. */
static uint8_t own(const struct vtd_xl *m, uint8_t perm)
{
    return (m->super ? perm / XL_PR : perm) & (XL_R | XL_W | XL_X);
}

/* What the rights of an entry have against the access; judged as by a walk. */
static enum vtd_reason_code denied(const struct vtd_xl *m, const struct xl_leaf *l)
{
    uint8_t need = vtd_xl_needed(&m->req), first = own(m, l->perm1), lacking = need & (uint8_t)~l->perm2;

    if (!l->stage1 && !l->perm2)                     /* kept as absent */
        return vtd_xl_ss_reason(m, VTDSS_ABSENT, need);
    if (l->stage1 && !(first & XL_R))
        return VTD_SGN_2;
    if (l->stage1 && need & ~first & XL_W)
        return VTD_SGN_6;
    if (l->stage1 && need && vtd_xl_executes(m) && !(first & XL_X))
        return VTD_SGN_3;
    if (lacking)
        return vtd_xl_ss_reason(m, lacking & XL_W ? VTDSS_WRITE : VTDSS_READ, need);
    return VTD_NO_FAULT;
}

bool vtd_xl_may_use(const struct vtd_xl *m, const struct xl_leaf *l)
{
    bool marks = m->after == VTD_XL_AFTER_UPDATE || m->req.write || m->req.atomic || vtd_xl_grants_write(m);

    if (m->q.kind == VTD_Q_GPA && m->after == VTD_XL_AFTER_TABLE)
        return true;
    return !(marks && (l->dirty1 || l->dirty2)) || m->regs->walks_mark;
}

/* The leaf permits the access, or has been found by a walk that saw to that. */
void vtd_xl_end_with_leaf(struct vtd_xl *m)
{
    const struct xl_leaf *l = &m->leaf;
    uint64_t pa = l->pa | (m->req.addr & bits_low(l->size_log2));
    uint8_t perm = l->perm2 & (l->stage1 ? own(m, l->perm1) : XL_ALL);

    m->res.level = l->level;
    if (vtd_interrupt_range(pa)) {                   /* steps 12 and 16 */
        vtd_xl_fault(m, m->scalable && !m->regs->legacy_codes ? VTD_SGN_8 : VTD_LGN_4);
    } else if (m->req.type == XL_ATS_REQUEST) {
        m->res.ats_r = perm & XL_R;
        m->res.ats_w = perm & XL_W && !m->req.no_write;
        m->res.ats_x = l->stage1 && vtd_xl_executes(m) && perm & XL_R && own(m, l->perm1) & XL_X;
        m->res.ats_size_log2 = l->size_log2;
        vtd_xl_end(m, XL_ATS_OK, pa);
    } else {
        vtd_xl_end(m, XL_OK, pa);
    }
}

void vtd_xl_tell_tlb(struct vtd_xl *m, const struct xl_leaf *l, uint16_t did, bool fpd)
{
    enum vtd_reason_code code;

    vtd_xl_expect(m, VTD_Q_TLB);
    m->got = 0;
    m->leaf = *l;
    m->has_leaf = true;
    m->res.domain = m->did = did;
    m->pgtt = !l->stage1 ? VTD_PGTT_SS : l->stage2 ? VTD_PGTT_NESTED : VTD_PGTT_FS;
    m->fpd = fpd;
    code = denied(m, l);
    if (code)
        vtd_xl_fault(m, code);
    else
        vtd_xl_end_with_leaf(m);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void ask_entry(struct vtd_xl *m, enum vtd_q_kind kind, uint64_t pa, unsigned words)
{
    m->q = (struct vtd_q){ .kind = (uint8_t)kind, .words = (uint8_t)words, .pasid = m->pasid, .pa = pa };
}

static void ask_tlb(struct vtd_xl *m)
{
    m->q = (struct vtd_q){ .kind = VTD_Q_TLB, .did_known = true, .did = m->did, .pasid = m->pasid, .pgtt = m->pgtt };
}

/* It is known what translates: past the TLB, or asks it. */
static void translate(struct vtd_xl *m)
{
    if (m->tlb_asked)
        vtd_xl_ask_seed(m, m->pgtt == VTD_PGTT_SS ? 2 : 1, m->req.addr);
    else
        ask_tlb(m);
}

/* ---- PASID directory and table -------------------------------------------------------------- */

/* Of pass-through: the most that second-stage tables could translate. */
static bool beyond_width(const struct vtd_xl *m)
{
    unsigned levels = vtd_max_levels(m->regs);

    return m->req.addr & ~bits_low(vtd_table(m->regs, levels ? levels : 3).in_bits);
}

/* Steps 11 and 12. */
static void with_pasid(struct vtd_xl *m)
{
    m->pgtt = m->pe.pgtt;
    m->res.domain = m->did = m->pe.did;
    m->fpd = m->ctx.fpd || m->pe.fpd;
    if (vtd_xl_executes(m) && !m->pe.ere)
        vtd_xl_fault(m, VTD_SPT_5);
    else if (m->super && !m->pe.sre)
        vtd_xl_fault(m, VTD_SPT_6);
    else if (m->pgtt == VTD_PGTT_PT && beyond_width(m))
        vtd_xl_fault(m, VTD_SGN_4);
    else if (m->pgtt == VTD_PGTT_PT && vtd_interrupt_range(m->req.addr))
        vtd_xl_fault(m, VTD_SGN_8);
    else if (m->pgtt == VTD_PGTT_PT)
        vtd_xl_end(m, XL_BYPASS, m->req.addr);
    else if (m->pgtt == VTD_PGTT_SS && m->req.addr & ~bits_low(m->pe.ss.in_bits))
        vtd_xl_fault(m, vtd_xl_ss_reason(m, VTDSS_RANGE, 0));
    else
        translate(m);
}

void vtd_xl_tell_pasid(struct vtd_xl *m, const struct vtd_pasid *p)
{
    vtd_xl_expect(m, VTD_Q_PASID);
    m->got = 0;
    m->pe = *p;
    if (p->absent) {
        m->fpd = m->ctx.fpd || p->fpd;
        vtd_xl_fault(m, (enum vtd_reason_code)p->absent);
    } else {
        with_pasid(m);
    }
}

static void take_dir(struct vtd_xl *m, const uint64_t *words)
{
    uint64_t table;
    bool fpd;
    unsigned code;

    if (!words) {
        vtd_xl_fault(m, VTD_SPD_1);
        return;
    }
    code = vtd_decode_dir(m->regs, words, &table, &fpd);
    m->fpd |= fpd;
    if (code)
        vtd_xl_fault(m, (enum vtd_reason_code)code);
    else
        ask_entry(m, VTD_Q_PE, vtd_pasid_at(table, m->pasid), VTD_PE_WORDS);
}

static void take_pasid(struct vtd_xl *m, const uint64_t *words)
{
    unsigned code = words ? vtd_decode_pasid(m->regs, words, &m->pe) : VTD_SPT_1;

    if (words)
        m->pe.fpd = m->fpd |= m->pe.fpd;
    if (code == VTD_SPT_2 && m->impl->keep_absent) {
        m->pe.absent = (uint8_t)code;
        m->got = VTD_GOT_PASID;
    }
    if (code) {
        vtd_xl_fault(m, (enum vtd_reason_code)code);
        return;
    }
    m->got = VTD_GOT_PASID;
    with_pasid(m);
}

/* ---- root and context ----------------------------------------------------------------------- */

/* Steps 8 to 10 of legacy mode, with a context that is legal. */
static void with_legacy_context(struct vtd_xl *m)
{
    const struct vtd_context *c = &m->ctx;

    m->pgtt = c->tt == VTD_TT_PASS ? VTD_PGTT_PT : VTD_PGTT_SS;
    m->res.domain = m->did = c->did;
    m->pe.ss = c->ss;
    if (m->req.type != XL_UNTRANSLATED && c->tt != VTD_TT_ALL)
        vtd_xl_fault(m, VTD_LCT_5);
    else if (m->req.type == XL_TRANSLATED)
        vtd_xl_end(m, XL_BYPASS, m->req.addr);
    else if (c->tt == VTD_TT_PASS && c->ss.levels != vtd_max_levels(m->regs))
        vtd_xl_fault(m, VTD_LGN_1);
    else if (c->tt == VTD_TT_PASS)
        vtd_xl_end(m, XL_BYPASS, m->req.addr);
    else if (m->req.addr & ~bits_low(c->ss.in_bits))
        vtd_xl_fault(m, VTD_LGN_1);
    else
        translate(m);
}

/* Why a legal context does not let the request pass: steps 6 and 7 of scalable mode. */
static enum vtd_reason_code barred(const struct vtd_xl *m)
{
    const struct vtd_context *c = &m->ctx;

    if ((m->req.type == XL_ATS_REQUEST || m->req.type == XL_TRANSLATED) && !c->dte)
        return VTD_SCT_5;
    if (m->req.type == XL_PAGE_REQUEST && !c->pre)
        return VTD_SCT_8;
    if (m->req.has_ssid && !c->paside)
        return VTD_SCT_6;
    if (!vtd_pasid_reached(c, m->pasid))
        return m->req.has_ssid ? VTD_SCT_7 : VTD_SCT_9;
    return VTD_NO_FAULT;
}

static void with_scalable_context(struct vtd_xl *m)
{
    enum vtd_reason_code code;

    if (!m->req.has_ssid) {
        m->pasid = m->ctx.rid_pasid;
        m->super = m->ctx.rid_priv;
    }
    code = barred(m);
    if (code)
        vtd_xl_fault(m, code);
    else if (m->req.type == XL_TRANSLATED || m->req.type == XL_PAGE_REQUEST)
        vtd_xl_end(m, XL_BYPASS, m->req.addr);
    else
        m->q = (struct vtd_q){ .kind = VTD_Q_PASID, .pasid = m->pasid };
}

static void with_context(struct vtd_xl *m)
{
    m->ctx_known = true;
    m->fpd = m->ctx.fpd;
    if (m->ctx.absent)
        vtd_xl_fault(m, (enum vtd_reason_code)m->ctx.absent);
    else if (m->scalable)
        with_scalable_context(m);
    else
        with_legacy_context(m);
}

void vtd_xl_tell_context(struct vtd_xl *m, const struct vtd_context *c)
{
    vtd_xl_expect(m, VTD_Q_CONTEXT);
    m->got = 0;
    m->ctx = *c;
    with_context(m);
}

static void take_root(struct vtd_xl *m, const uint64_t *words)
{
    unsigned devfn = m->req.sid & 0xff, code;
    uint64_t table = 0;

    if (m->scalable)
        code = words ? vtd_decode_sroot(m->regs, words, devfn, &table) : VTD_SRT_1;
    else
        code = words ? vtd_decode_root(m->regs, words, &table) : VTD_LRT_1;
    if (code)
        vtd_xl_fault(m, (enum vtd_reason_code)code);
    else if (m->scalable)
        ask_entry(m, VTD_Q_CTX, vtd_scontext_at(table, devfn), VTD_SCTX_WORDS);
    else
        ask_entry(m, VTD_Q_CTX, table + devfn * (uint64_t)VTD_ENTRY_BYTES, VTD_CTX_WORDS);
}

static void take_context(struct vtd_xl *m, const uint64_t *words)
{
    unsigned code;

    if (!words)
        code = m->scalable ? VTD_SCT_1 : VTD_LCT_1;
    else if (m->scalable)
        code = vtd_decode_scontext(m->regs, words, &m->ctx);
    else
        code = vtd_decode_context(m->regs, words, &m->ctx);
    if (words)
        m->fpd = m->ctx.fpd;
    if ((code == VTD_LCT_2 || code == VTD_SCT_2) && m->impl->keep_absent) {
        m->ctx.absent = (uint8_t)code;
        m->got = VTD_GOT_CONTEXT;
    }
    if (code) {
        vtd_xl_fault(m, (enum vtd_reason_code)code);
        return;
    }
    m->got = VTD_GOT_CONTEXT;
    with_context(m);
}

/* ---- begin, answers ------------------------------------------------------------------------- */

static void ask_context(struct vtd_xl *m)
{
    m->q = (struct vtd_q){ .kind = VTD_Q_CONTEXT };
}

/* Of a request whose PASID is known before its context is, and that no PASID entry could block (SRE, ERE). */
static bool tlb_first(const struct vtd_xl *m)
{
    return m->impl->tlb_first && m->req.type == XL_UNTRANSLATED && (!m->scalable || m->req.has_ssid) && !m->super &&
           !vtd_xl_executes(m);
}

/* Steps 3 and 4. */
static void check_mode(struct vtd_xl *m)
{
    uint64_t rtaddr = m->regs->rtaddr, ttm = FIELD_GET(RTADDR, TTM, &rtaddr);

    m->scalable = ttm == VTD_TTM_SCALABLE && FIELD_GET(ECAP, SMTS, &m->regs->ecap);
    if (ttm == VTD_TTM_ABORT && FIELD_GET(ECAP, ADMS, &m->regs->ecap))
        vtd_xl_end(m, XL_ABORT, 0);
    else if ((ttm != VTD_TTM_LEGACY && !m->scalable) || (rtaddr & bits_low(RTADDR_TTM_LO)))
        vtd_xl_fault(m, VTD_RTA_1);
    else if (!m->scalable && m->req.has_ssid && m->req.type != XL_PAGE_REQUEST)
        vtd_xl_fault(m, VTD_RTA_2);
    else if (!m->scalable && m->req.type == XL_PAGE_REQUEST)
        vtd_xl_fault(m, VTD_RTA_3);
    else if (tlb_first(m))
        m->q = (struct vtd_q){ .kind = VTD_Q_TLB, .pasid = m->pasid };
    else
        ask_context(m);
}

/* Interrupts are remapped whether DMA is or not. */
static bool is_interrupt(const struct xl_req *req)
{
    return vtd_interrupt_range(req->addr) && !req->has_ssid && req->type == XL_UNTRANSLATED;
}

void vtd_xl_begin(struct vtd_xl *m, const struct vtd_regs *regs, const struct vtd_impl *impl,
                  const struct xl_req *req)
{
    m->regs = regs;
    m->impl = impl;
    m->req = *req;
    m->res = (struct xl_result){ .write = req->write || req->atomic };
    m->has_leaf = m->walked = m->absent = m->tlb_asked = m->fpd = m->ctx_known = m->scalable = m->remaps = false;
    m->got = m->reads = m->pgtt = 0;
    m->after = VTD_XL_AFTER_OUTPUT;
    m->did = 0;
    m->pasid = req->has_ssid ? req->ssid : 0;
    m->super = req->has_ssid && req->priv;
    if (is_interrupt(req) && (regs->tes || regs->ires))
        vtd_xl_begin_ir(m);
    else if (!regs->tes)
        vtd_xl_end(m, vtd_protected(regs, req->addr) ? XL_ABORT : XL_BYPASS, req->addr);
    else
        check_mode(m);
}

void vtd_xl_tell_none(struct vtd_xl *m)
{
    m->got = 0;
    switch (m->q.kind) {
    case VTD_Q_CONTEXT:
        ask_entry(m, VTD_Q_ROOT, (m->regs->rtaddr & ~bits_low(12)) + (m->req.sid >> 8 & 0xff) * (uint64_t)VTD_ENTRY_BYTES,
                  VTD_ROOT_WORDS);
        break;
    case VTD_Q_PASID:
        ask_entry(m, VTD_Q_DIR, vtd_dir_at(m->ctx.dir, m->pasid), VTD_PDE_WORDS);
        break;
    case VTD_Q_TLB:
        m->tlb_asked = true;
        if (m->ctx_known)
            translate(m);
        else
            ask_context(m);
        break;
    case VTD_Q_GPA:
        vtd_xl_no_gpa(m);
        break;
    case VTD_Q_SEED:
        vtd_xl_no_seed(m);
        break;
    case VTD_Q_IEC:
        vtd_xl_no_irte(m);
        break;
    default:
        SIM_CHECK(false, "nothing told to a question about %s", vtd_q_name(&m->q));
    }
}

void vtd_xl_tell(struct vtd_xl *m, const uint64_t *words)
{
    m->got = 0;
    m->reads += m->q.kind != VTD_Q_UPDATE;
    if (!words)
        m->res.fetch = m->q.pa;
    switch (m->q.kind) {
    case VTD_Q_ROOT:   take_root(m, words); break;
    case VTD_Q_CTX:    take_context(m, words); break;
    case VTD_Q_DIR:    take_dir(m, words); break;
    case VTD_Q_PE:     take_pasid(m, words); break;
    case VTD_Q_FS:     vtd_xl_take_fs(m, words); break;
    case VTD_Q_SS:     vtd_xl_take_ss(m, words); break;
    case VTD_Q_UPDATE: vtd_xl_take_update(m, words); break;
    case VTD_Q_IRTE:
    case VTD_Q_PD:     vtd_xl_take_ir(m, words); break;
    default:
        SIM_CHECK(false, "words told to a question about %s", vtd_q_name(&m->q));
    }
}
