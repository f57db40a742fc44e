/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/translate_impl.h"

#include "base/sim.h"

/* ---- what both stages need ----------------------------------------------------------------------- */

/* The block, or the contiguous group if the implementation uses the hint. */
struct block { uint64_t in, out; uint8_t size_log2; };

static struct block block_of(const struct smmuv3_xl *m, const struct vmsa_leaf *l)
{
    uint8_t log2 = m->impl->contiguous ? l->group_log2 : l->size_log2;

    if (__builtin_expect(log2 == l->size_log2, 1))
        return (struct block){ l->in, l->out, log2 };
    return (struct block){ bits_align_down(l->in, log2), bits_align_down(l->out, log2), log2 };
}

/* Could hardware make it writable? */
static bool gains_write(const struct vmsa_leaf *l)
{
    return l->perm_if_dirty & ~l->perm & (XL_W | XL_PW);
}

/* F_PERMISSION.  Of an atomic that may itself write the record says that reading was denied.  [SMMUv3 13.1.1] */
static void deny(struct smmuv3_xl *m, uint8_t perm, bool stage2, unsigned cls, uint64_t ipa)
{
    if (m->req.atomic && cls == EVENT_CLASS_IN && perm & xl_need(true, false, m->priv))
        m->res.write = false;
    smmuv3_xl_fault(m, SMMUV3_F_PERMISSION, stage2, cls, ipa);
}

/* Asks for the update of the leaf that w ended in, whose descriptor lies at pa; false if none is due. */
static bool ask_update(struct smmuv3_xl *m, const struct vmsa_walk *w, bool dirty, uint64_t pa)
{
    unsigned cls = m->q.cls;
    bool root = m->q.root;
    uint64_t old, word;

    if (!vmsa_update(w, dirty, &old, &word))
        return false;
    smmuv3_xl_question(m, ST_CAS, SMMUV3_Q_CAS, pa, 1);
    m->q.old = old;
    m->q.value = word;
    m->q.level = w->level;
    m->q.cls = (uint8_t)cls;
    m->q.root = root;
    m->updated = w == &m->w1 ? 1 : 2;
    return true;
}

/* ---- stage 2 of an address ----------------------------------------------------------------------- */

void smmuv3_xl_stage2(struct smmuv3_xl *m, uint64_t ipa, unsigned cls, bool root,
                      enum smmuv3_xl_state then)
{
    m->ipa = ipa;
    m->after_s2 = (uint8_t)then;
    smmuv3_xl_question(m, ST_IPA, SMMUV3_Q_IPA, 0, 0);
    m->q.ipa = ipa;
    m->q.cls = (uint8_t)cls;
    m->q.root = root;
}

static void ask_s2(struct smmuv3_xl *m)
{
    unsigned cls = m->q.cls;
    bool root = m->q.root;

    smmuv3_xl_question(m, ST_S2, SMMUV3_Q_S2, m->w2.pa, 1);
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

/* May stage 2 be used so, with a permission and a MemAttr? */
static bool s2_allowed(const struct smmuv3_xl *m, uint8_t perm, uint8_t attr)
{
    const struct smmuv3_config *c = m->config;

    if (m->q.cls == EVENT_CLASS_IN)
        return smmuv3_xl_permits(m, perm);
    if (c->s2ptw && smmuv3_memattr_device(attr, c->s2t.fwb))
        return false;
    return perm & (m->s2_write ? XL_W : XL_R);
}

static void s2_finish(struct smmuv3_xl *m, uint64_t out, uint8_t perm, uint8_t attr)
{
    unsigned cls = m->q.cls;
    bool ok = s2_allowed(m, perm, attr);

    m->s2_out = out;
    m->s2_perm = perm;
    m->s2_failed = !ok;
    m->state = m->after_s2;
    if (!ok && !other_half(m)) {
        m->res.table_write = m->s2_write;
        deny(m, m->ipa_leaf.dirty2 ? perm | XL_W | XL_PW : perm, true, cls, s2_fault_ipa(m));
    } else {
        go_on(m);
    }
}

/* Does the page become writable by this use?  A CD is read only.  [SMMUv3 3.13.3] */
static bool s2_dirty(const struct smmuv3_xl *m)
{
    bool write = m->q.cls == EVENT_CLASS_IN ? smmuv3_xl_wants_write2(m) : m->s2_write;

    return write && gains_write(&m->w2.leaf);
}

static void s2_leaf(struct smmuv3_xl *m)
{
    const struct vmsa_leaf *l = &m->w2.leaf;
    struct block b = block_of(m, l);

    m->ipa_leaf = (struct xl_leaf){
        .iova = b.in, .ipa = b.in, .pa = b.out, .size_log2 = b.size_log2, .perm1 = XL_ALL,
        .perm2 = l->perm, .level = (uint8_t)l->level, .granule_log2 = m->w2.t->granule_log2,
        .attr = l->attr, .sh = l->sh, .dirty2 = gains_write(l), .stage2 = true,
    };
    m->got |= SMMUV3_GOT_IPA;
    s2_finish(m, l->out + (m->ipa - l->in), l->perm, l->attr);
}

static void s2_end(struct smmuv3_xl *m)
{
    const struct vmsa_walk *w = &m->w2;
    const struct vmsa_leaf *l = &w->leaf;
    bool dirty;

    if (w->fault != VMSA_OK) {
        if (other_half(m)) {           /* its fault comes when an access uses it */
            m->s2_failed = true;
            m->state = ST_ROOT;
            go_on(m);
            return;
        }
        smmuv3_xl_fault_walk(m, w, true, m->q.cls, s2_fault_ipa(m));
        return;
    }
    if (!w->t->ha && !w->t->hd) {      /* nothing to be written */
        s2_leaf(m);
        return;
    }
    dirty = s2_dirty(m);
    if (!other_half(m) && s2_allowed(m, dirty ? l->perm_if_dirty : l->perm, l->attr) &&
        ask_update(m, w, dirty, w->pa))
        return;
    s2_leaf(m);
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

/* A nested entry covers what both stages agree on: the smaller block.  [SMMUv3 8, fact sheet 8] */
static void combine(struct smmuv3_xl *m)
{
    struct xl_leaf *l = &m->leaf;
    const struct xl_leaf *s2 = &m->ipa_leaf;
    struct smmuv3_attr attr;
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
    l->dirty2 = s2->dirty2;
    l->stage2 = true;
    attr = smmuv3_attr_combine((struct smmuv3_attr){ l->attr, l->sh }, s2->attr, s2->sh,
                               m->config->s2t.fwb);
    l->attr = attr.mair;
    l->sh = attr.sh;
}

static void final(struct smmuv3_xl *m)
{
    if (m->req.type == XL_TRANSLATED) {        /* split-stage: an IPA came in */
        smmuv3_xl_pass_stage2(m);
        return;
    }
    if (!m->config->s1) {
        m->leaf = m->ipa_leaf;
    } else if (m->config->s2) {
        combine(m);
    }
    m->walked = true;
    smmuv3_xl_finish(m);
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
        smmuv3_xl_stage2(m, m->impl->table_ipa_base ? w->table : w->pa, EVENT_CLASS_TT, false, ST_S1_IPA);
        return;
    }
    smmuv3_xl_question(m, ST_S1, SMMUV3_Q_S1, pa, 1);
    m->q.level = w->level;
    m->q.ipa = w->pa;
}

static void s1_leaf(struct smmuv3_xl *m)
{
    const struct vmsa_leaf *l = &m->w1.leaf;
    struct block b = block_of(m, l);
    struct smmuv3_attr attr = smmuv3_attr((uint8_t)(m->config->mair >> 8 * l->attr), l->sh);

    m->leaf = (struct xl_leaf){
        .iova = b.in + (m->canon - m->va), .pa = b.out, .ipa = b.out, .size_log2 = b.size_log2,
        .perm1 = l->perm, .perm2 = XL_ALL, .level = (uint8_t)l->level,
        .granule_log2 = m->w1.t->granule_log2, .attr = attr.mair, .sh = attr.sh, .global = l->global,
        .dirty1 = gains_write(l), .stage1 = true,
    };
}

/* Stage 1 is done, descriptor updated and all: on to stage 2 of what it gave. */
static void s1_done(struct smmuv3_xl *m)
{
    const struct vmsa_leaf *l = &m->w1.leaf;

    s1_leaf(m);
    if (m->config->s2) {
        m->got |= SMMUV3_GOT_S1;
        smmuv3_xl_stage2(m, l->out + (m->va - l->in), EVENT_CLASS_IN, false, ST_FINAL);
        return;
    }
    final(m);
}

static bool s1_dirty(const struct smmuv3_xl *m)
{
    const struct vmsa_leaf *l = &m->w1.leaf;

    return smmuv3_xl_wants_write(m) && l->perm_if_dirty & ~l->perm & xl_need(true, false, m->priv);
}

/* The descriptor has to be written, for which stage 2 has to let it. */
static __attribute__((noinline)) void s1_update(struct smmuv3_xl *m)
{
    const struct vmsa_walk *w = &m->w1;
    uint64_t old, word;

    if (!vmsa_update(w, s1_dirty(m), &old, &word)) {
        s1_done(m);
    } else if (m->config->s2) {
        m->s2_write = true;
        smmuv3_xl_stage2(m, m->impl->table_ipa_base ? w->table : w->pa, EVENT_CLASS_TT, false, ST_UPDATE_IPA);
    } else {
        ask_update(m, w, s1_dirty(m), w->pa);
    }
}

static void s1_end(struct smmuv3_xl *m)
{
    const struct vmsa_walk *w = &m->w1;
    const struct vmsa_leaf *l = &w->leaf;
    bool updates = w->t->ha || w->t->hd;       /* else there is nothing to be written */
    uint8_t perm;

    if (w->fault != VMSA_OK) {
        smmuv3_xl_fault_walk(m, w, false, EVENT_CLASS_IN, 0);
        return;
    }
    perm = updates && s1_dirty(m) ? l->perm_if_dirty : l->perm;
    if (!smmuv3_xl_permits(m, perm))
        deny(m, perm, false, EVENT_CLASS_IN, 0);
    else if (updates)
        s1_update(m);
    else
        s1_done(m);
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
unsigned smmuv3_xl_select_half(struct smmuv3_xl *m, const struct smmuv3_config *c)
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

/* ---- configuration ------------------------------------------------------------------------------- */

/* PRIVCFG and INSTCFG: 2 and 3 say what an access is.  Writes are never fetches. */
static __attribute__((noinline)) void override(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    if (c->privcfg >= 2)
        m->priv = c->privcfg == 3;
    if (c->instcfg >= 2)
        m->exec = c->instcfg == 3 && !m->res.write;
}

void smmuv3_xl_use_overrides(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    m->res.domain = c->asid | (uint32_t)c->vmid << 16;
    m->priv = m->req.priv;
    m->exec = m->req.exec && !m->res.write;
    if (c->privcfg | c->instcfg)
        override(m);
    m->res.priv = m->priv;
    m->res.exec = m->exec;
}

/* A Translated transaction passes, or has the second half of a split-stage translation to come. */
static void translated(struct smmuv3_xl *m)
{
    if (m->config->eats != 2)
        smmuv3_xl_pass(m);
    else if (m->req.addr >> smmuv3_oas(m->regs))
        smmuv3_xl_fault_size_in(m);
    else
        smmuv3_xl_stage2(m, m->req.addr, EVENT_CLASS_IN, false, ST_FINAL);
}

void smmuv3_xl_configured(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = m->config;

    smmuv3_xl_use_overrides(m);
    if (__builtin_expect(m->req.type != XL_UNTRANSLATED, 0)) {
        if (!smmuv3_xl_ats_allowed(m))
            return;
        if (m->req.type == XL_TRANSLATED) {
            translated(m);
            return;
        }
    }
    if (c->config == STE_ABORT) {
        smmuv3_xl_end(m, XL_ABORT);
        return;
    }
    if (c->config == STE_BYPASS) {
        smmuv3_xl_bypass(m);
        return;
    }
    if (c->s1) {
        unsigned half = smmuv3_xl_select_half(m, c);

        if (half == 2 && !c->epd[0] && !c->epd[1]) {
            smmuv3_xl_fault(m, SMMUV3_F_TRANSLATION, false, EVENT_CLASS_IN, 0);
            return;
        }
        smmuv3_xl_question(m, ST_TLB, SMMUV3_Q_TLB, 0, 0);
        m->q.outside = half == 2 || (c->e0pd[half] && !m->priv);
        return;
    }
    m->canon = m->req.addr;
    smmuv3_xl_question(m, ST_TLB, SMMUV3_Q_TLB, 0, 0);
    m->q.outside = m->req.addr >> smmuv3_oas(m->regs) != 0;
}

/* ---- driving ------------------------------------------------------------------------------------- */

/* A state that needs no answer. */
static void go_on(struct smmuv3_xl *m)
{
    switch (m->state) {
    case ST_CD_IPA:
        smmuv3_xl_question(m, ST_L1CD, SMMUV3_Q_L1CD, m->s2_out, 1);
        break;
    case ST_CD2_IPA:
        smmuv3_xl_question(m, ST_CD, SMMUV3_Q_CD, m->s2_out, CD_WORDS);
        break;
    case ST_ROOT:
        m->own_config.root_pa[m->root] = m->s2_out;
        m->own_config.root_known[m->root] = !m->s2_failed;
        m->root++;
        smmuv3_xl_roots(m);
        break;
    case ST_S1_IPA: {
        uint64_t ipa = m->w1.pa;

        smmuv3_xl_question(m, ST_S1, SMMUV3_Q_S1, m->s2_out + (ipa - m->ipa), 1);
        m->q.level = m->w1.level;
        m->q.ipa = ipa;
        break;
    }
    case ST_UPDATE_IPA: {
        uint64_t pa = m->s2_out + (m->w1.pa - m->ipa);

        m->s2_write = false;
        ask_update(m, &m->w1, s1_dirty(m), pa);
        break;
    }
    case ST_FINAL:
        final(m);
        break;
    default:
        SIM_CHECK(false, "state %u", m->state);
    }
}

/* Without a PASID ATS speaks of unprivileged data; one on a Translated transaction is not looked at, which is
 * what IDR3.PASIDTT = 0 says. */
static void use_pasid(struct smmuv3_xl *m)
{
    if (m->req.type == XL_ATS_REQUEST)
        m->req.speculative = false;
    if (m->req.type == XL_TRANSLATED)
        m->req.has_ssid = false;
    if (!m->req.has_ssid)
        m->req.priv = m->req.exec = false;
}

/* Of a request that is not plain: is there more to it? */
static __attribute__((noinline)) bool begin_uncommon(struct smmuv3_xl *m)
{
    bool on = FIELD_GET(CR0, SMMUEN, &m->regs->cr0);

    if (m->req.type != XL_UNTRANSLATED)
        use_pasid(m);
    if (m->req.speculative && m->res.write)
        smmuv3_xl_end(m, XL_ABORT);
    else if (on && m->req.type == XL_TRANSLATED && !FIELD_GET(CR0, ATSCHK, &m->regs->cr0))
        smmuv3_xl_pass(m);
    else
        return true;
    return false;
}

void smmuv3_xl_begin(struct smmuv3_xl *m, const struct smmuv3_regs *regs,
                     const struct smmuv3_impl *impl, const struct xl_req *req)
{
    m->regs = regs;
    m->impl = impl;
    m->req = *req;
    m->res = (struct xl_result){ .write = req->write | req->atomic, .priv = req->priv,
                                 .exec = req->exec };
    m->has_leaf = m->walked = m->s2_write = false;
    m->got = 0;
    m->root = 0;
    m->config = &m->own_config;
    if (__builtin_expect(!xl_req_plain(req), 0) && !begin_uncommon(m))
        return;
    if (__builtin_expect(!FIELD_GET(CR0, SMMUEN, &regs->cr0), 0)) {
        smmuv3_xl_disabled(m);
        return;
    }
    smmuv3_xl_question(m, ST_CONFIG, SMMUV3_Q_CONFIG, 0, 0);
}

/* A walk has been told a descriptor. */
static void walked_on(struct smmuv3_xl *m, const struct vmsa_walk *w)
{
    bool stage1 = w == &m->w1;

    if (!w->done) {
        m->seed = (struct vmsa_seed){ .table = w->table, .level = w->level, .hier = w->hier };
        m->seed_in = w->in;
        m->seed_stage = stage1 ? 1 : 2;
        m->got |= SMMUV3_GOT_TABLE;
    }
    if (stage1 && w->done)
        s1_end(m);
    else if (stage1)
        s1_next(m);
    else if (w->done)
        s2_end(m);
    else
        ask_s2(m);
}

static void told_descriptor(struct smmuv3_xl *m, struct vmsa_walk *w, const uint64_t *words)
{
    if (words)
        vmsa_tell(w, words[0]);
    else
        vmsa_tell_abort(w);
    walked_on(m, w);
}

/* The update was made if what was there is what was read before; else the walk goes on from it. */
static void told_cas(struct smmuv3_xl *m, const uint64_t *words)
{
    bool stage1 = m->updated == 1;
    struct vmsa_walk *w = stage1 ? &m->w1 : &m->w2;

    if (!words) {
        vmsa_tell_abort(w);
        walked_on(m, w);
    } else if (words[0] != m->q.old) {
        vmsa_tell_again(w, words[0]);
        walked_on(m, w);
    } else if (stage1) {
        vmsa_updated(w, s1_dirty(m));
        s1_done(m);
    } else {
        vmsa_updated(w, s2_dirty(m));
        s2_leaf(m);
    }
}

void smmuv3_xl_tell(struct smmuv3_xl *m, const uint64_t *words)
{
    m->got = 0;
    switch (m->state) {
    case ST_L1STD:
        smmuv3_xl_told_l1std(m, words);
        break;
    case ST_STE:
        smmuv3_xl_told_ste(m, words);
        break;
    case ST_L1CD:
        smmuv3_xl_told_l1cd(m, words);
        break;
    case ST_CD:
        smmuv3_xl_told_cd(m, words);
        break;
    case ST_S1:
        told_descriptor(m, &m->w1, words);
        break;
    case ST_S2:
        told_descriptor(m, &m->w2, words);
        break;
    case ST_CAS:
        told_cas(m, words);
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
        smmuv3_xl_find_ste(m);
        break;
    case ST_TLB:
        if (m->q.outside && m->config->s1) {
            smmuv3_xl_fault(m, SMMUV3_F_TRANSLATION, false, EVENT_CLASS_IN, 0);
        } else if (m->q.outside) {
            smmuv3_xl_fault_size_in(m);
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
    smmuv3_xl_configured(m);
}

void smmuv3_xl_tell_tlb(struct smmuv3_xl *m, const struct xl_leaf *l)
{
    SIM_CHECK(m->state == ST_TLB, "translation told in state %u", m->state);
    m->got = 0;
    m->leaf = *l;
    if (!smmuv3_xl_permits(m, l->perm1))
        deny(m, l->perm1, false, EVENT_CLASS_IN, 0);
    else if (m->config->s2 && !l->stage2)
        smmuv3_xl_stage2(m, l->ipa + (m->canon - l->iova), EVENT_CLASS_IN, false, ST_FINAL);
    else if (!smmuv3_xl_permits(m, l->perm2))
        deny(m, l->perm2, true, EVENT_CLASS_IN, l->ipa + (m->req.addr & bits_low(l->size_log2)));
    else
        smmuv3_xl_finish(m);
}

void smmuv3_xl_tell_ipa(struct smmuv3_xl *m, const struct xl_leaf *l)
{
    SIM_CHECK(m->state == ST_IPA, "stage 2 told in state %u", m->state);
    m->got = 0;
    m->ipa_leaf = *l;
    s2_finish(m, l->pa + (m->ipa - l->iova), l->perm2, l->attr);
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
    if (q->kind == SMMUV3_Q_CAS)
        return "update";
    return plain[q->kind];
}
