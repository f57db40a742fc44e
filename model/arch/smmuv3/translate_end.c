/* SPDX-License-Identifier: Apache-2.0
 *
 * How a transaction ends: faults, permissions, answers to Translation Requests, memory types.
 */
#include "arch/smmuv3/translate_impl.h"

/* ---- faults -------------------------------------------------------------------------------------- */

void smmuv3_xl_fault_always(struct smmuv3_xl *m, unsigned code, uint64_t fetch)
{
    m->res.code = (uint8_t)code;
    m->res.recorded = !m->req.speculative;
    m->res.fetch = fetch;
    smmuv3_xl_end(m, m->req.speculative ? XL_ABORT : smmuv3_xl_is_ats_request(m) ? XL_ATS_CA : XL_FAULT);
}

/* Those of ATS are recorded if CR2 wants it, for which there has to be such a bit.  [SMMUv3 3.9.1.2] */
static bool records_ats(const struct smmuv3_xl *m)
{
    return FIELD_GET(IDR0, ATSRECERR, &m->regs->idr0) && FIELD_GET(CR2, REC_CFG_ATS, &m->regs->cr2);
}

void smmuv3_xl_fault_config(struct smmuv3_xl *m, unsigned code, uint64_t fetch)
{
    smmuv3_xl_fault_always(m, code, fetch);
    if (m->req.type != XL_UNTRANSLATED)
        m->res.recorded &= records_ats(m);
    if (code == SMMUV3_C_BAD_STREAMID && m->req.type != XL_TRANSLATED)
        m->res.recorded &= FIELD_GET(CR2, RECINVSID, &m->regs->cr2);
}

static unsigned smallest_granule(const struct smmuv3_regs *r)
{
    return FIELD_GET(IDR5, GRAN4K, &r->idr5) ? 12 : FIELD_GET(IDR5, GRAN16K, &r->idr5) ? 14 : 16;
}

/* A Translation Request that meets a fault is answered with no rights, and nothing is recorded. */
static void no_rights(struct smmuv3_xl *m)
{
    m->res.ats_size_log2 = (uint8_t)smallest_granule(m->regs);
    smmuv3_xl_end(m, XL_ATS_OK);
}

void smmuv3_xl_fault_size_in(struct smmuv3_xl *m)
{
    if (smmuv3_xl_is_ats_request(m)) {
        no_rights(m);
        return;
    }
    m->res.cls = EVENT_CLASS_IN;
    smmuv3_xl_fault_always(m, SMMUV3_F_ADDR_SIZE, 0);
}

/* [SMMUv3 3.12, 5.5] */
void smmuv3_xl_fault(struct smmuv3_xl *m, unsigned code, bool stage2, unsigned cls, uint64_t ipa)
{
    const struct smmuv3_config *c = m->config;
    bool a = stage2 || c->a, r = stage2 ? c->s2r : c->r, s = stage2 ? c->s2s : c->s;

    if (smmuv3_xl_is_ats_request(m)) {
        no_rights(m);
        return;
    }
    if (m->impl->table_fault_cd_r && stage2 && cls == EVENT_CLASS_TT)
        r = c->r;
    m->res.code = (uint8_t)code;
    m->res.stage2 = stage2;
    m->res.cls = (uint8_t)cls;
    m->res.ipa = stage2 ? ipa : 0;
    m->res.recorded = (r || s) && !m->req.speculative;
    smmuv3_xl_end(m, m->req.speculative ? XL_ABORT : s ? XL_STALL : a ? XL_FAULT : XL_RAZWI);
}

void smmuv3_xl_fault_walk(struct smmuv3_xl *m, const struct vmsa_walk *w, bool stage2, unsigned cls,
                   uint64_t ipa)
{
    static const uint8_t code[] = {
        [VMSA_TRANSLATION] = SMMUV3_F_TRANSLATION,
        [VMSA_ADDR_SIZE] = SMMUV3_F_ADDR_SIZE,
        [VMSA_ACCESS] = SMMUV3_F_ACCESS,
    };

    m->res.level = (uint8_t)w->level;
    if (w->fault != VMSA_EABT) {
        smmuv3_xl_fault(m, code[w->fault], stage2, cls, ipa);
        return;
    }
    m->res.stage2 = stage2;
    m->res.cls = (uint8_t)(stage2 ? cls : EVENT_CLASS_TT);
    m->res.ipa = 0;
    smmuv3_xl_fault_always(m, SMMUV3_F_WALK_EABT, m->q.pa);
    if (smmuv3_xl_is_ats_request(m))
        m->res.recorded = records_ats(m);
}

/* ---- permission ---------------------------------------------------------------------------------- */

/* R and W as bits 0 and 1, X as bit 2, of one privilege. */
static unsigned of_privilege(const struct smmuv3_xl *m, uint8_t perm)
{
    return m->priv ? perm >> 3 & 7u : perm & 7u;
}

/* What one stage's permission grants to a Translation Request.  [SMMUv3 13.7.1] */
static unsigned rights(const struct smmuv3_xl *m, uint8_t perm)
{
    unsigned p = of_privilege(m, perm), r = p & XL_R, x = (p & XL_X) / XL_X;
    unsigned w = m->req.no_write ? 0 : p & XL_W;

    if (m->config->instcfg == 3)               /* reads are fetches */
        r = x;
    else if (m->config->instcfg == 2)          /* fetches are reads */
        x = r;
    else
        x &= r;
    return r | w | (m->req.exec && x ? XL_X : 0u);
}

bool smmuv3_xl_permits(const struct smmuv3_xl *m, uint8_t perm)
{
    uint8_t need = xl_need(m->req.write, m->exec, m->priv);

    if (__builtin_expect(smmuv3_xl_is_ats_request(m), 0))
        return rights(m, perm) != 0;
    if (m->req.atomic)                         /* both */
        return (of_privilege(m, perm) & (XL_R | XL_W)) == (XL_R | XL_W);
    if (m->req.no_dir && !m->exec)
        need = xl_need(false, false, m->priv) | xl_need(true, false, m->priv);
    return (perm & need) != 0;
}

bool smmuv3_xl_wants_write(const struct smmuv3_xl *m)
{
    return smmuv3_xl_is_ats_request(m) ? !m->req.no_write : m->req.write || m->req.atomic;
}

bool smmuv3_xl_wants_write2(const struct smmuv3_xl *m)
{
    if (!smmuv3_xl_wants_write(m))
        return false;
    return !smmuv3_xl_is_ats_request(m) || !m->config->s1 || of_privilege(m, m->leaf.perm1) & XL_W;
}

bool smmuv3_xl_may_use(const struct smmuv3_xl *m, const struct xl_leaf *l)
{
    bool tlb = m->q.kind == SMMUV3_Q_TLB, in = tlb || m->q.cls == EVENT_CLASS_IN;
    bool write = in ? smmuv3_xl_wants_write(m) : m->s2_write;

    return !write || !((tlb && l->dirty1) || l->dirty2);
}

/* ---- memory types -------------------------------------------------------------------------------- */

static struct smmuv3_attr incoming(const struct xl_req *req)
{
    switch (req->mem) {
    case XL_MEM_NC:
        return smmuv3_attr(MAIR_NC, SH_OSH);
    case XL_MEM_DEVICE:
        return smmuv3_attr(MAIR_DEVICE, SH_OSH);
    default:
        return smmuv3_attr(MAIR_WB, SH_NSH);   /* what a bus that says nothing is taken to say */
    }
}

/* What STE or GBPA make of the incoming type. */
struct overrides { bool mtcfg; unsigned memattr, shcfg, alloccfg; };

static struct smmuv3_attr overridden(const struct xl_req *req, const struct overrides *o)
{
    struct smmuv3_attr a = incoming(req);
    uint8_t mair = o->mtcfg ? smmuv3_memattr(o->memattr) : a.mair;

    return smmuv3_attr(smmuv3_alloc(mair, o->alloccfg),
                       o->shcfg == SHCFG_INCOMING ? a.sh : (uint8_t)o->shcfg);
}

static struct overrides of_ste(const struct smmuv3_config *c)
{
    return (struct overrides){ c->mtcfg, c->memattr, c->shcfg, c->alloccfg };
}

static struct overrides of_gbpa(const struct smmuv3_regs *r)
{
    const uint64_t *gbpa = &r->gbpa;

    if (!FIELD_GET(IDR1, ATTR_TYPES_OVR, &r->idr1))
        return (struct overrides){ .shcfg = SHCFG_INCOMING };
    return (struct overrides){ FIELD_GET(GBPA, MTCFG, gbpa), (unsigned)FIELD_GET(GBPA, MEMATTR, gbpa),
                               (unsigned)FIELD_GET(GBPA, SHCFG, gbpa),
                               (unsigned)FIELD_GET(GBPA, ALLOCCFG, gbpa) };
}

struct smmuv3_attr smmuv3_stage2_attr(const struct smmuv3_config *c, const struct xl_req *req,
                                      uint8_t attr, uint8_t sh)
{
    struct overrides o = of_ste(c);

    return smmuv3_attr_combine(overridden(req, &o), attr, sh, c->s2t.fwb);
}

static void set_attr(struct smmuv3_xl *m, struct smmuv3_attr a)
{
    m->res.mair = a.mair;
    m->res.sh = a.sh;
}

/* ---- the ends ------------------------------------------------------------------------------------ */

/* ATS is off for the stream, or for all. */
static void refuse_request(struct smmuv3_xl *m)
{
    m->res.code = SMMUV3_F_BAD_ATS_TREQ;
    m->res.recorded = true;
    smmuv3_xl_end(m, XL_ATS_UR);
}

static void forbid_translated(struct smmuv3_xl *m)
{
    smmuv3_xl_fault_always(m, SMMUV3_F_TRANSL_FORBIDDEN, 0);
}

void smmuv3_xl_pass(struct smmuv3_xl *m)
{
    m->res.pa = m->req.addr;
    set_attr(m, incoming(&m->req));
    smmuv3_xl_end(m, m->req.addr >> smmuv3_oas(m->regs) ? XL_ABORT : XL_BYPASS);
}

void smmuv3_xl_disabled(struct smmuv3_xl *m)
{
    const uint64_t *gbpa = &m->regs->gbpa;

    if (smmuv3_xl_is_ats_request(m)) {
        refuse_request(m);
    } else if (m->req.type == XL_TRANSLATED) {
        m->own_config.mev = false;             /* no STE was read */
        forbid_translated(m);
    } else if (FIELD_GET(GBPA, ABORT, gbpa) || m->req.addr >> smmuv3_oas(m->regs)) {
        smmuv3_xl_end(m, XL_ABORT);
    } else {
        struct overrides o = of_gbpa(m->regs);

        m->res.pa = m->req.addr;
        set_attr(m, overridden(&m->req, &o));
        smmuv3_xl_end(m, XL_BYPASS);
    }
}

/* STE.EATS as far as it has effect.  Without DPT, 3 is reserved and 0. */
static unsigned effective_eats(const struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;
    bool split = c->eats == 2 && FIELD_GET(CR0, ATSCHK, &m->regs->cr0);

    if (!FIELD_GET(IDR0, ATS, &m->regs->idr0) || (c->config == STE_BYPASS && !c->s1_skipped))
        return 0;
    return c->eats == 1 || split ? c->eats : 0;
}

bool smmuv3_xl_ats_allowed(struct smmuv3_xl *m)
{
    if (m->req.type == XL_UNTRANSLATED)
        return true;
    if (m->config->config == STE_ABORT) {
        smmuv3_xl_end(m, smmuv3_xl_is_ats_request(m) ? XL_ATS_UR : XL_ABORT);
        return false;
    }
    if (effective_eats(m))
        return true;
    if (smmuv3_xl_is_ats_request(m))
        refuse_request(m);
    else
        forbid_translated(m);
    return false;
}

void smmuv3_xl_bypass(struct smmuv3_xl *m)
{
    struct overrides o = of_ste(m->config);

    if (m->req.addr >> smmuv3_oas(m->regs)) {
        smmuv3_xl_fault_size_in(m);
        return;
    }
    m->res.pa = m->req.addr;
    set_attr(m, overridden(&m->req, &o));
    if (!smmuv3_xl_is_ats_request(m)) {
        smmuv3_xl_end(m, XL_BYPASS);
        return;
    }
    no_rights(m);                              /* identity, all rights: stage 1 was skipped */
    m->res.pa = bits_align_down(m->req.addr, m->res.ats_size_log2);
    m->res.ats_r = true;
    m->res.ats_w = !m->req.no_write;
}

void smmuv3_xl_pass_stage2(struct smmuv3_xl *m)
{
    const struct xl_leaf *l = &m->ipa_leaf;

    m->res.pa = m->s2_out;
    set_attr(m, smmuv3_attr_combine(incoming(&m->req), l->attr, l->sh, m->config->s2t.fwb));
    smmuv3_xl_end(m, XL_OK);
}

/* What both stages grant; split-stage gives the address after the first.  [SMMUv3 3.9.1.2, 13.6.3] */
static void answer_request(struct smmuv3_xl *m)
{
    const struct xl_leaf *l = &m->leaf;
    unsigned granted = rights(m, l->perm1) & rights(m, l->perm2);

    if (!granted) {
        no_rights(m);
        return;
    }
    m->res.pa = effective_eats(m) == 2 ? l->ipa : l->pa;
    m->res.ats_r = granted & XL_R;
    m->res.ats_w = granted & XL_W;
    m->res.ats_x = granted & XL_X;
    m->res.ats_size_log2 = l->size_log2;
    smmuv3_xl_end(m, XL_ATS_OK);
}

void smmuv3_xl_finish(struct smmuv3_xl *m)
{
    const struct xl_leaf *l = &m->leaf;

    m->has_leaf = true;
    m->res.level = l->level;
    set_attr(m, l->stage1 ? (struct smmuv3_attr){ l->attr, l->sh }
                          : smmuv3_stage2_attr(m->config, &m->req, l->attr, l->sh));
    if (__builtin_expect(smmuv3_xl_is_ats_request(m), 0)) {
        answer_request(m);
        return;
    }
    m->res.pa = l->pa + (m->req.addr & bits_low(l->size_log2));
    smmuv3_xl_end(m, XL_OK);
}
