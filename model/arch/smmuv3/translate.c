/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/translate.h"

#include "base/sim.h"

enum state {
    ST_DONE = SMMUV3_XL_DONE,
    ST_CONFIG, ST_L1STD, ST_STE, ST_CD_IPA, ST_L1CD, ST_CD2_IPA, ST_CD, ST_ROOT, ST_TLB,
    ST_IPA, ST_S2, ST_S1_IPA, ST_S1, ST_FINAL,
};

static void ask(struct smmuv3_xl *m, enum state st, enum smmuv3_q_kind kind, uint64_t pa,
                unsigned words)
{
    m->state = (uint8_t)st;
    m->q = (struct smmuv3_q){ .kind = (uint8_t)kind, .pa = pa, .words = (uint8_t)words };
}

static void end(struct smmuv3_xl *m, enum xl_outcome o)
{
    m->res.outcome = (uint8_t)o;
    m->state = ST_DONE;
}

/* ---- faults -------------------------------------------------------------------------------------- */

/* A fault that aborts and is recorded whatever the descriptors say. */
static void fault_always(struct smmuv3_xl *m, unsigned code, uint64_t fetch)
{
    m->res.code = (uint8_t)code;
    m->res.recorded = true;
    m->res.fetch = fetch;
    end(m, XL_FAULT);
}

static void fault_size_in(struct smmuv3_xl *m)
{
    m->res.cls = EVENT_CLASS_IN;
    fault_always(m, SMMUV3_F_ADDR_SIZE, 0);
}

/* The four faults that obey A, R and S, of the stage that found them.  [SMMUv3 3.12, 5.5] */
static void fault(struct smmuv3_xl *m, unsigned code, bool stage2, unsigned cls, uint64_t ipa)
{
    const struct smmuv3_config *c = m->config;
    bool a = stage2 || c->a, r = stage2 ? c->s2r : c->r, s = stage2 ? c->s2s : c->s;

    if (m->impl->table_fault_cd_r && stage2 && cls == EVENT_CLASS_TT)
        r = c->r;
    m->res.code = (uint8_t)code;
    m->res.stage2 = stage2;
    m->res.cls = (uint8_t)cls;
    m->res.ipa = stage2 ? ipa : 0;
    m->res.recorded = r || s;
    end(m, s ? XL_STALL : a ? XL_FAULT : XL_RAZWI);
}

static void fault_walk(struct smmuv3_xl *m, const struct vmsa_walk *w, bool stage2, unsigned cls,
                       uint64_t ipa)
{
    static const uint8_t code[] = {
        [VMSA_TRANSLATION] = SMMUV3_F_TRANSLATION,
        [VMSA_ADDR_SIZE] = SMMUV3_F_ADDR_SIZE,
        [VMSA_ACCESS] = SMMUV3_F_ACCESS,
    };

    m->res.level = (uint8_t)w->level;
    if (w->fault != VMSA_EABT) {
        fault(m, code[w->fault], stage2, cls, ipa);
        return;
    }
    m->res.stage2 = stage2;
    m->res.cls = (uint8_t)(stage2 ? cls : EVENT_CLASS_TT);
    fault_always(m, SMMUV3_F_WALK_EABT, m->q.pa);
}

/* ---- permission ---------------------------------------------------------------------------------- */

static bool permits(const struct smmuv3_xl *m, uint8_t perm)
{
    uint8_t need = xl_need(m->req.write, m->exec, m->priv);

    if (m->req.no_dir && !m->exec)
        need = xl_need(false, false, m->priv) | xl_need(true, false, m->priv);
    return (perm & need) != 0;
}

/* ---- stage 2 of an address ----------------------------------------------------------------------- */

/* Translates `ipa` and goes on in `then` with m->s2_out. */
static void s2_begin(struct smmuv3_xl *m, uint64_t ipa, unsigned cls, bool root, enum state then)
{
    m->ipa = ipa;
    m->after_s2 = (uint8_t)then;
    ask(m, ST_IPA, SMMUV3_Q_IPA, 0, 0);
    m->q.ipa = ipa;
    m->q.cls = (uint8_t)cls;
    m->q.root = root;
}

static void ask_s2(struct smmuv3_xl *m)
{
    unsigned cls = m->q.cls;
    bool root = m->q.root;

    ask(m, ST_S2, SMMUV3_Q_S2, m->w2.pa, 1);
    m->q.level = m->w2.level;
    m->q.cls = (uint8_t)cls;
    m->q.root = root;
}

static void go_on(struct smmuv3_xl *m);

/* The address that a stage 2 fault record shows: of the descriptor or structure, or of the access. */
static uint64_t s2_fault_ipa(const struct smmuv3_xl *m)
{
    if (m->after_s2 == ST_S1_IPA)
        return m->w1.pa;
    if (m->after_s2 == ST_ROOT) {
        struct vmsa_walk w;

        vmsa_begin(&w, &m->config->tt[m->root], m->va, NULL);
        return w.pa;
    }
    return m->ipa;
}

/* Does this translation of a root table concern the half that the access uses? */
static bool other_half(const struct smmuv3_xl *m)
{
    return m->after_s2 == ST_ROOT && m->root != m->half;
}

static void s2_finish(struct smmuv3_xl *m, uint64_t out, uint8_t perm)
{
    unsigned cls = m->q.cls;
    bool ok = cls == EVENT_CLASS_IN ? permits(m, perm) : (perm & XL_R) != 0;

    m->s2_out = out;
    m->s2_perm = perm;
    m->s2_failed = !ok;
    m->state = m->after_s2;
    if (!ok && !other_half(m))
        fault(m, SMMUV3_F_PERMISSION, true, cls, s2_fault_ipa(m));
    else
        go_on(m);
}

static void s2_end(struct smmuv3_xl *m)
{
    const struct vmsa_walk *w = &m->w2;
    const struct vmsa_leaf *l = &w->leaf;

    if (w->fault != VMSA_OK) {
        if (other_half(m)) {           /* its fault comes when an access uses it */
            m->s2_failed = true;
            m->state = ST_ROOT;
            go_on(m);
            return;
        }
        fault_walk(m, w, true, m->q.cls, s2_fault_ipa(m));
        return;
    }
    m->ipa_leaf = (struct xl_leaf){
        .iova = l->in, .ipa = l->in, .pa = l->out, .size_log2 = l->size_log2, .perm1 = XL_ALL,
        .perm2 = l->perm, .level = (uint8_t)l->level, .granule_log2 = w->t->granule_log2,
        .stage2 = true,
    };
    m->got |= SMMUV3_GOT_IPA;
    s2_finish(m, l->out + (m->ipa - l->in), l->perm);
}

static void s2_walk(struct smmuv3_xl *m, const struct vmsa_seed *seed)
{
    vmsa_begin(&m->w2, &m->config->s2t, m->ipa, seed);
    if (m->w2.done)
        s2_end(m);
    else
        ask_s2(m);
}

/* ---- a translation is complete ------------------------------------------------------------------- */

static void finish_ok(struct smmuv3_xl *m)
{
    const struct xl_leaf *l = &m->leaf;

    m->has_leaf = true;
    m->res.pa = l->pa + (m->req.addr & bits_low(l->size_log2));
    m->res.level = l->level;
    end(m, XL_OK);
}

/* A nested entry covers what both stages agree on: the smaller block.  [SMMUv3 8, fact sheet 8] */
static void combine(struct smmuv3_xl *m)
{
    struct xl_leaf *l = &m->leaf;
    const struct xl_leaf *s2 = &m->ipa_leaf;
    uint64_t offset;

    if (s2->size_log2 < l->size_log2) {
        l->block_log2 = l->size_log2;
        l->size_log2 = s2->size_log2;
        l->level = s2->level;
        l->granule_log2 = s2->granule_log2;
    }
    offset = bits_align_down(m->canon - l->iova, l->size_log2);
    l->iova += offset;
    l->ipa += offset;
    l->pa = s2->pa + (l->ipa - s2->iova);
    l->perm2 = m->s2_perm;
    l->stage2 = true;
}

static void final(struct smmuv3_xl *m)
{
    if (!m->config->s1) {
        m->leaf = m->ipa_leaf;
    } else if (m->config->s2) {
        combine(m);
    }
    m->walked = true;
    finish_ok(m);
}

/* ---- stage 1 ------------------------------------------------------------------------------------- */

/* Asks for the next stage 1 descriptor, through stage 2 where that is on. */
static void s1_next(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;
    const struct vmsa_walk *w = &m->w1;
    uint64_t pa = w->pa;

    if (c->s2 && w->level == w->t->start && c->root_known[m->half]) {
        pa = c->root_pa[m->half] + (w->pa - w->table);
    } else if (c->s2) {
        s2_begin(m, m->impl->table_ipa_base ? w->table : w->pa, EVENT_CLASS_TT, false, ST_S1_IPA);
        return;
    }
    ask(m, ST_S1, SMMUV3_Q_S1, pa, 1);
    m->q.level = w->level;
    m->q.ipa = w->pa;
}

static void s1_leaf(struct smmuv3_xl *m)
{
    const struct vmsa_leaf *l = &m->w1.leaf;

    m->leaf = (struct xl_leaf){
        .iova = l->in + (m->canon - m->va), .pa = l->out, .ipa = l->out, .size_log2 = l->size_log2,
        .perm1 = l->perm, .perm2 = XL_ALL, .level = (uint8_t)l->level,
        .granule_log2 = m->w1.t->granule_log2, .global = l->global, .stage1 = true,
    };
}

static void s1_end(struct smmuv3_xl *m)
{
    const struct vmsa_walk *w = &m->w1;

    if (w->fault != VMSA_OK) {
        fault_walk(m, w, false, EVENT_CLASS_IN, 0);
        return;
    }
    s1_leaf(m);
    if (!permits(m, w->leaf.perm)) {
        fault(m, SMMUV3_F_PERMISSION, false, EVENT_CLASS_IN, 0);
        return;
    }
    if (m->config->s2) {
        m->got |= SMMUV3_GOT_S1;
        s2_begin(m, w->leaf.out + (m->va - w->leaf.in), EVENT_CLASS_IN, false, ST_FINAL);
        return;
    }
    final(m);
}

static void s1_walk(struct smmuv3_xl *m, const struct vmsa_seed *seed)
{
    vmsa_begin(&m->w1, &m->config->tt[m->half], m->va, seed);
    if (m->w1.done)
        s1_end(m);
    else
        s1_next(m);
}

/* Is `addr` in the range of half h?  The top byte counts unless TBI says otherwise. */
static bool in_half(const struct smmuv3_config *c, uint64_t addr, unsigned h)
{
    unsigned bits = c->tt[h].in_bits, top = c->tbi[h] ? 55 : 63;
    uint64_t upper;

    if (c->epd[h])
        return false;
    if (bits > top)
        return true;
    upper = bits_get(addr, top, bits);
    return upper == (h ? bits_low(top - bits + 1) : 0);
}

/* Selects the half of the address: 0, 1, or 2 if it is in neither range; sets va and canon. */
static unsigned select_half(struct smmuv3_xl *m, const struct smmuv3_config *c)
{
    uint64_t addr = m->req.addr, low;
    unsigned half = in_half(c, addr, 0) ? 0 : in_half(c, addr, 1) ? 1 : 2;

    m->half = (uint8_t)half;
    if (half < 2) {
        low = bits_low(c->tt[half].in_bits);
        m->va = addr & low;
        m->canon = half ? addr | ~low : m->va;
    } else {
        m->va = m->canon = addr;
    }
    return half;
}

/* ---- the end ------------------------------------------------------------------------------------- */

static void bypass(struct smmuv3_xl *m)
{
    if (m->req.addr >> smmuv3_oas(m->regs)) {
        fault_size_in(m);
        return;
    }
    m->res.pa = m->req.addr;
    end(m, XL_BYPASS);
}

/* ---- configuration ------------------------------------------------------------------------------- */

/* PRIVCFG and INSTCFG: 2 and 3 say what an access is.  Writes are never fetches. */
static __attribute__((noinline)) void override(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    if (c->privcfg >= 2)
        m->priv = c->privcfg == 3;
    if (c->instcfg >= 2)
        m->exec = c->instcfg == 3 && !m->req.write;
}

static void use_overrides(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    m->res.domain = c->asid | (uint32_t)c->vmid << 16;
    m->priv = m->req.priv;
    m->exec = m->req.exec && !m->req.write;
    if (c->privcfg | c->instcfg)
        override(m);
    m->res.priv = m->priv;
    m->res.exec = m->exec;
}

/* The configuration is known: on to the translation itself. */
static void configured(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    use_overrides(m);
    if (c->config == STE_ABORT) {
        end(m, XL_ABORT);
        return;
    }
    if (c->config == STE_BYPASS) {
        bypass(m);
        return;
    }
    if (c->s1) {
        unsigned half = select_half(m, c);

        if (half == 2 && !c->epd[0] && !c->epd[1]) {
            fault(m, SMMUV3_F_TRANSLATION, false, EVENT_CLASS_IN, 0);
            return;
        }
        ask(m, ST_TLB, SMMUV3_Q_TLB, 0, 0);
        m->q.outside = half == 2;
        return;
    }
    m->canon = m->req.addr;
    ask(m, ST_TLB, SMMUV3_Q_TLB, 0, 0);
    m->q.outside = m->req.addr >> smmuv3_oas(m->regs) != 0;
}

static void got_config(struct smmuv3_xl *m)
{
    m->got |= SMMUV3_GOT_CONFIG;
    configured(m);
}

/* Translates the root tables' IPAs one after the other, if the implementation does so here. */
static void roots(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = &m->own_config;

    while (m->root < 2 && c->epd[m->root])
        m->root++;
    if (m->root < 2) {
        select_half(m, c);
        s2_begin(m, c->tt[m->root].base, EVENT_CLASS_TT, true, ST_ROOT);
        return;
    }
    got_config(m);
}

static void read_cd(struct smmuv3_xl *m, uint64_t address, enum state via, enum state direct,
                    enum smmuv3_q_kind kind, unsigned words)
{
    if (m->config->s2)
        s2_begin(m, address, EVENT_CLASS_CD, false, via);
    else
        ask(m, direct, kind, address, words);
}

/* SubstreamID rules [fact sheet 3.2], then the CD's address. */
static void find_cd(struct smmuv3_xl *m)
{
    struct smmuv3_config *c = &m->own_config;
    uint32_t n = m->req.has_ssid ? m->req.ssid : 0;

    if (m->req.has_ssid && (c->s1cdmax == 0 || n >> c->s1cdmax)) {
        fault_always(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
        return;
    }
    if (c->s1cdmax && m->req.has_ssid && n == 0 && c->s1dss == 2) {
        fault_always(m, SMMUV3_F_STREAM_DISABLED, 0);
        return;
    }
    if (c->s1cdmax && !m->req.has_ssid && c->s1dss != 2) {
        if (c->s1dss != 1) {
            fault_always(m, SMMUV3_F_STREAM_DISABLED, 0);
            return;
        }
        c->s1 = false;                             /* as if Config[0] were 0 */
        c->config = c->s2 ? STE_S2 : STE_BYPASS;
        got_config(m);
        return;
    }
    if (c->s1cdmax && (c->s1fmt == 1 || c->s1fmt == 2))
        read_cd(m, c->s1ctxptr + 8ull * (n >> (c->s1fmt == 1 ? 6 : 10)), ST_CD_IPA, ST_L1CD,
                SMMUV3_Q_L1CD, 1);
    else
        read_cd(m, c->s1ctxptr + 64ull * n, ST_CD2_IPA, ST_CD, SMMUV3_Q_CD, CD_WORDS);
}

static void told_l1cd(struct smmuv3_xl *m, const uint64_t *w)
{
    const struct smmuv3_config *c = m->config;
    uint64_t table = FIELD_ADDR(L1CD, L2PTR, w);
    unsigned bits = c->s1fmt == 1 ? 6 : 10;

    if (!FIELD_GET(L1CD, V, w) || (!c->s2 && table >> smmuv3_oas(m->regs))) {
        fault_always(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
        return;
    }
    read_cd(m, table + 64ull * (m->req.ssid & bits_low(bits)), ST_CD2_IPA, ST_CD, SMMUV3_Q_CD,
            CD_WORDS);
}

static void told_cd(struct smmuv3_xl *m, const uint64_t *w)
{
    unsigned code = smmuv3_decode_cd(m->regs, w, &m->own_config);

    if (code)
        fault_always(m, code, 0);
    else if (m->config->s2 && m->impl->root_ipa_in_config)
        roots(m);
    else
        got_config(m);
}

static void told_ste(struct smmuv3_xl *m, const uint64_t *w)
{
    struct smmuv3_config *c = &m->own_config;
    unsigned code = smmuv3_decode_ste(m->regs, w, c);

    if (code)
        fault_always(m, code, 0);
    else if (c->config == STE_ABORT)
        got_config(m);
    else if (!c->s1 && m->req.has_ssid)
        fault_always(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
    else if (c->s1)
        find_cd(m);
    else
        got_config(m);
}

static void bad_streamid(struct smmuv3_xl *m)
{
    fault_always(m, SMMUV3_C_BAD_STREAMID, 0);
    m->res.recorded = FIELD_GET(CR2, RECINVSID, &m->regs->cr2);
}

static unsigned st_split(const struct smmuv3_regs *r)
{
    unsigned split = (unsigned)FIELD_GET(STRTAB_BASE_CFG, SPLIT, &r->strtab_base_cfg);

    return split == 8 || split == 10 ? split : 6;
}

/* Where the STE of the StreamID is, or the level 1 descriptor on the way.  [SMMUv3 3.3.1] */
static void find_ste(struct smmuv3_xl *m)
{
    const struct smmuv3_regs *r = m->regs;
    unsigned sidsize = (unsigned)FIELD_GET(IDR1, SIDSIZE, &r->idr1);
    unsigned log2 = (unsigned)FIELD_GET(STRTAB_BASE_CFG, LOG2SIZE, &r->strtab_base_cfg);
    unsigned limit = log2 < sidsize ? log2 : sidsize, split = st_split(r), align;
    uint64_t base = FIELD_ADDR(STRTAB_BASE, ADDR, &r->strtab_base);

    if (limit < 32 && m->req.sid >> limit) {
        bad_streamid(m);
        return;
    }
    if (FIELD_GET(STRTAB_BASE_CFG, FMT, &r->strtab_base_cfg) != 1) {
        base = bits_align_down(base, log2 + 6);
        ask(m, ST_STE, SMMUV3_Q_STE, base + 64ull * m->req.sid, STE_WORDS);
        return;
    }
    align = log2 > split && log2 - split + 3 > 6 ? log2 - split + 3 : 6;
    base = bits_align_down(base, align);
    ask(m, ST_L1STD, SMMUV3_Q_L1STD, base + 8ull * (m->req.sid >> split), 1);
}

static void told_l1std(struct smmuv3_xl *m, const uint64_t *w)
{
    unsigned split = st_split(m->regs), span = (unsigned)FIELD_GET(L1STD, SPAN, w);
    uint64_t index = m->req.sid & bits_low(split);

    if (span == 0 || span > 11 || span > split + 1 || index >> (span - 1)) {
        bad_streamid(m);
        return;
    }
    ask(m, ST_STE, SMMUV3_Q_STE,
        bits_align_down(FIELD_ADDR(L1STD, L2PTR, w), 5 + span) + 64 * index, STE_WORDS);
}

/* ---- driving ------------------------------------------------------------------------------------- */

/* A state that needs no answer. */
static void go_on(struct smmuv3_xl *m)
{
    switch (m->state) {
    case ST_CD_IPA:
        ask(m, ST_L1CD, SMMUV3_Q_L1CD, m->s2_out, 1);
        break;
    case ST_CD2_IPA:
        ask(m, ST_CD, SMMUV3_Q_CD, m->s2_out, CD_WORDS);
        break;
    case ST_ROOT:
        m->own_config.root_pa[m->root] = m->s2_out;
        m->own_config.root_known[m->root] = !m->s2_failed;
        m->root++;
        roots(m);
        break;
    case ST_S1_IPA: {
        uint64_t ipa = m->w1.pa;

        ask(m, ST_S1, SMMUV3_Q_S1, m->s2_out + (ipa - m->ipa), 1);
        m->q.level = m->w1.level;
        m->q.ipa = ipa;
        break;
    }
    case ST_FINAL:
        final(m);
        break;
    default:
        SIM_CHECK(false, "state %u", m->state);
    }
}

void smmuv3_xl_begin(struct smmuv3_xl *m, const struct smmuv3_regs *regs,
                     const struct smmuv3_impl *impl, const struct xl_req *req)
{
    m->regs = regs;
    m->impl = impl;
    m->req = *req;
    m->res = (struct xl_result){ .write = req->write, .priv = req->priv, .exec = req->exec };
    m->has_leaf = m->walked = false;
    m->got = 0;
    m->root = 0;
    m->config = &m->own_config;
    if (!FIELD_GET(CR0, SMMUEN, &regs->cr0)) {
        m->res.pa = req->addr;
        end(m, FIELD_GET(GBPA, ABORT, &regs->gbpa) || req->addr >> smmuv3_oas(regs) ? XL_ABORT
                                                                                   : XL_BYPASS);
        return;
    }
    ask(m, ST_CONFIG, SMMUV3_Q_CONFIG, 0, 0);
}

static void told_descriptor(struct smmuv3_xl *m, struct vmsa_walk *w, unsigned stage,
                            const uint64_t *words)
{
    if (words)
        vmsa_tell(w, words[0]);
    else
        vmsa_tell_abort(w);
    if (!w->done) {
        m->seed = (struct vmsa_seed){ .table = w->table, .level = w->level, .hier = w->hier };
        m->seed_in = w->in;
        m->seed_stage = (uint8_t)stage;
        m->got |= SMMUV3_GOT_TABLE;
    }
    if (stage == 1 && w->done)
        s1_end(m);
    else if (stage == 1)
        s1_next(m);
    else if (w->done)
        s2_end(m);
    else
        ask_s2(m);
}

void smmuv3_xl_tell(struct smmuv3_xl *m, const uint64_t *words)
{
    m->got = 0;
    switch (m->state) {
    case ST_L1STD:
    case ST_STE:
        if (!words)
            fault_always(m, SMMUV3_F_STE_FETCH, m->q.pa);
        else if (m->state == ST_STE)
            told_ste(m, words);
        else
            told_l1std(m, words);
        break;
    case ST_L1CD:
    case ST_CD:
        if (!words)
            fault_always(m, SMMUV3_F_CD_FETCH, m->q.pa);
        else if (m->state == ST_CD)
            told_cd(m, words);
        else
            told_l1cd(m, words);
        break;
    case ST_S1:
        told_descriptor(m, &m->w1, 1, words);
        break;
    case ST_S2:
        told_descriptor(m, &m->w2, 2, words);
        break;
    default:
        SIM_CHECK(false, "words told in state %u", m->state);
    }
}

/* Nothing cached, or (seed) a walk that may begin further down. */
static void tell_miss(struct smmuv3_xl *m, const struct vmsa_seed *seed)
{
    m->got = 0;
    switch (m->state) {
    case ST_CONFIG:
        find_ste(m);
        break;
    case ST_TLB:
        if (m->q.outside && m->config->s1) {
            fault(m, SMMUV3_F_TRANSLATION, false, EVENT_CLASS_IN, 0);
        } else if (m->q.outside) {
            fault_size_in(m);
        } else if (m->config->s1) {
            s1_walk(m, seed);
        } else {
            m->ipa = m->req.addr;
            m->after_s2 = ST_FINAL;
            m->q.cls = EVENT_CLASS_IN;
            s2_walk(m, seed);
        }
        break;
    case ST_IPA:
        s2_walk(m, seed);
        break;
    default:
        SIM_CHECK(false, "nothing told in state %u", m->state);
    }
}

void smmuv3_xl_tell_none(struct smmuv3_xl *m)
{
    tell_miss(m, NULL);
}

void smmuv3_xl_tell_seed(struct smmuv3_xl *m, const struct vmsa_seed *s)
{
    tell_miss(m, s);
}

void smmuv3_xl_tell_config(struct smmuv3_xl *m, const struct smmuv3_config *c)
{
    SIM_CHECK(m->state == ST_CONFIG, "configuration told in state %u", m->state);
    m->got = 0;
    m->config = c;
    configured(m);
}

void smmuv3_xl_tell_tlb(struct smmuv3_xl *m, const struct xl_leaf *l)
{
    SIM_CHECK(m->state == ST_TLB, "translation told in state %u", m->state);
    m->got = 0;
    m->leaf = *l;
    if (!permits(m, l->perm1))
        fault(m, SMMUV3_F_PERMISSION, false, EVENT_CLASS_IN, 0);
    else if (m->config->s2 && !l->stage2)
        s2_begin(m, l->ipa + (m->canon - l->iova), EVENT_CLASS_IN, false, ST_FINAL);
    else if (!permits(m, l->perm2))
        fault(m, SMMUV3_F_PERMISSION, true, EVENT_CLASS_IN,
              l->ipa + (m->req.addr & bits_low(l->size_log2)));
    else
        finish_ok(m);
}

void smmuv3_xl_tell_ipa(struct smmuv3_xl *m, const struct xl_leaf *l)
{
    SIM_CHECK(m->state == ST_IPA, "stage 2 told in state %u", m->state);
    m->got = 0;
    m->ipa_leaf = *l;
    s2_finish(m, l->pa + (m->ipa - l->iova), l->perm2);
}

void smmuv3_xl_copy(struct smmuv3_xl *to, const struct smmuv3_xl *from)
{
    *to = *from;
    if (from->config != &from->own_config)
        return;
    to->config = &to->own_config;
    to->w1.t = &to->own_config.tt[from->half & 1];
    to->w2.t = &to->own_config.s2t;
}

const char *smmuv3_q_name(const struct smmuv3_q *q)
{
    static const char *const plain[] = { "config", "L1STD", "STE", "L1CD", "CD", "TLB", "IPA" };
    static const char *const s1[] = { "S1L-1", "S1L0", "S1L1", "S1L2", "S1L3" };
    static const char *const s2[] = { "S2L-1", "S2L0", "S2L1", "S2L2", "S2L3" };

    if (q->kind == SMMUV3_Q_S1)
        return s1[q->level + 1];
    if (q->kind == SMMUV3_Q_S2)
        return s2[q->level + 1];
    return plain[q->kind];
}
