/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/smmuv3.h"

#include "base/sim.h"

/* TLBs of the TBUs; walk caches and TLBs in which commands look for VA-tagged, and for IPA-tagged
 * entries. */
static struct store *tbu_stores(struct smmuv3_system *s, unsigned i)
{
    if (i >= 2 * s->tbus)
        return NULL;
    return i & 1 ? &s->tbu[i / 2].tlb : &s->tbu[i / 2].utlb;
}

static struct store *va_stores(struct smmuv3_system *s, unsigned i)
{
    return i == 2 * s->tbus ? &s->ctlb : tbu_stores(s, i);
}

/* A walk cache of both stages is looked into for either: its entries are told apart by their tags. */
static struct store *s1_walk_caches(struct smmuv3_system *s, unsigned i)
{
    struct store *const all[] = { &s->wc_s1lm1, &s->wc_s1l0, &s->wc_s1l1, &s->wc_s1l2, &s->wc_s1, &s->wc };

    return i < ARRAY_LEN(all) ? all[i] : NULL;
}

static struct store *s2_walk_caches(struct smmuv3_system *s, unsigned i)
{
    struct store *const all[] = { &s->wc_s2lm1, &s->wc_s2l0, &s->wc_s2l1, &s->wc_s2l2, &s->wc_s2, &s->wc };

    return i < ARRAY_LEN(all) ? all[i] : NULL;
}

static struct store *walk_caches(struct smmuv3_system *s, unsigned i)
{
    struct store *const all[] = { &s->wc_s1lm1, &s->wc_s1l0, &s->wc_s1l1, &s->wc_s1l2, &s->wc_s1,
                                  &s->wc_s2lm1, &s->wc_s2l0, &s->wc_s2l1, &s->wc_s2l2, &s->wc_s2, &s->wc };

    return i < ARRAY_LEN(all) ? all[i] : NULL;
}

static void each(struct smmuv3_system *s, struct store *(*of)(struct smmuv3_system *, unsigned),
                 const struct store_match *m)
{
    struct store *store;

    for (unsigned i = 0; (store = of(s, i)) != NULL; i++)
        if (store_exists(store))
            store_invalidate(store, m);
}

/* ---- matches ------------------------------------------------------------------------------------- */

static struct store_match tagged(uint64_t mask, uint64_t value)
{
    struct store_match m = { .n_tag = 1 };

    m.tag[0].mask = mask;
    m.tag[0].value = value;
    return m;
}

static uint64_t tag_mask(bool asid, bool vmid, bool global)
{
    uint64_t m = 0;

    FIELD_SET(TLB_TAG, S1, &m, 1);
    FIELD_SET(TLB_TAG, REGIME, &m, 3);
    FIELD_SET(TLB_TAG, VMID, &m, vmid ? 0xffff : 0);
    FIELD_SET(TLB_TAG, ASID, &m, asid ? 0xffff : 0);
    FIELD_SET(TLB_TAG, GLOBAL, &m, global);
    return m;
}

static uint64_t tag_value(const struct smmuv3_cmd *c, unsigned regime, bool s1, bool asid,
                          bool global)
{
    uint64_t v = 0;

    FIELD_SET(TLB_TAG, S1, &v, s1);
    FIELD_SET(TLB_TAG, REGIME, &v, regime);
    FIELD_SET(TLB_TAG, VMID, &v, c->vmid);
    FIELD_SET(TLB_TAG, ASID, &v, asid ? c->asid : 0);
    FIELD_SET(TLB_TAG, GLOBAL, &v, global);
    return v;
}

/* Bits of the VMID that are not compared. */
static void match_any_vmid(const struct smmuv3_cmd *c, struct store_match *m)
{
    uint64_t any = 0;

    FIELD_SET(TLB_TAG, VMID, &any, c->vmid_any);
    for (unsigned i = 0; i < m->n_tag; i++) {
        m->tag[i].mask &= ~any;
        m->tag[i].value &= ~any;
    }
}

/* A processor's invalidation by ASID is not for the address spaces that are the unit's own. */
static void spare_aset(const struct smmuv3_cmd *c, struct store_match *m)
{
    for (unsigned i = 0; c->broadcast && i < m->n_tag; i++)
        FIELD_SET(TLB_TAG, ASET, &m->tag[i].mask, 1);
}

/* Stage 1 entries of a regime by VMID, and of one ASID if `asid`; with an ASID, global entries match
 * only where an address is given, too.  [fact sheet 6.4] */
static struct store_match stage1(const struct smmuv3_cmd *c, unsigned regime, bool asid, bool addr)
{
    struct store_match m = tagged(tag_mask(asid, true, asid), tag_value(c, regime, true, asid, false));

    if (asid && addr) {
        m.n_tag = 2;
        m.tag[1].mask = tag_mask(false, true, true);
        m.tag[1].value = tag_value(c, regime, true, false, true);
    }
    if (asid)
        spare_aset(c, &m);
    match_any_vmid(c, &m);
    if (addr) {
        m.by_addr = true;
        m.first = c->first;
        m.last = c->last;
    }
    return m;
}

/* ---- an imitated implementation ------------------------------------------------------------------ */

/* It looks for the entry of exactly the key that TTL and TG name; only if there is none, at all. */
static bool exact_entry(struct smmuv3_system *s, const struct smmuv3_cmd *c, uint64_t first,
                        uint64_t bytes_log2, bool s1)
{
    unsigned granule_log2 = 10 + 2u * c->tg, size;
    uint64_t key = tag_value(c, REGIME_EL1, s1, s1, false);

    if (c->ttl == 0 || c->tg == 0 || bytes_log2 != granule_log2 ||
        c->op == SMMUV3_CMD_TLBI_NH_VAA)
        return false;
    size = vmsa_shift(granule_log2, c->ttl);
    FIELD_SET(TLB_TAG, TG, &key, c->tg);
    return bits_align_down(first, size) == first && store_remove(&s->ctlb, key, first, size);
}

/* A range is cut into aligned powers of two; a piece is matched by ASID and address, global or not. */
static void qemu_range(struct smmuv3_system *s, const struct smmuv3_cmd *c, bool s1)
{
    bool asid = s1 && c->op == SMMUV3_CMD_TLBI_NH_VA;
    struct store_match m = tagged(tag_mask(asid, true, false) & ~tag_mask(false, false, true),
                                  tag_value(c, REGIME_EL1, s1, asid, false));
    uint64_t at = c->first;

    FIELD_SET(TLB_TAG, S1, &m.tag[0].mask, 1);
    FIELD_SET(TLB_TAG, GLOBAL, &m.tag[0].mask, 0);
    match_any_vmid(c, &m);
    m.by_addr = true;
    for (;;) {
        uint64_t left = c->last - at + 1;
        unsigned log2 = bits_log2(left);

        if (at != 0 && (unsigned)__builtin_ctzll(at) < log2)
            log2 = (unsigned)__builtin_ctzll(at);
        m.first = at;
        m.last = at + bits_low(log2);
        if (!exact_entry(s, c, at, log2, s1))
            store_invalidate(&s->ctlb, &m);
        if (m.last >= c->last)
            return;
        at = m.last + 1;
    }
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* An address inside a stage 1 block ends all of the block, also the pieces that a smaller stage 2 cut it
 * into: the range is widened for those. */
static void pieces(struct smmuv3_system *s, const struct store_match *of)
{
    struct store_match m = *of;

    if (!s->piece_log2)
        return;
    for (unsigned i = 0; i < m.n_tag; i++) {
        FIELD_SET(TLB_TAG, PIECE, &m.tag[i].mask, 1);
        FIELD_SET(TLB_TAG, PIECE, &m.tag[i].value, 1);
    }
    m.first = bits_align_down(m.first, s->piece_log2);
    m.last |= bits_low(s->piece_log2);
    each(s, va_stores, &m);
}

/* Stage 1 by address: TLBs, and unless only leaves changed, the walk caches. */
static void tlbi_va(struct smmuv3_system *s, const struct smmuv3_cmd *c, unsigned regime, bool asid)
{
    struct store_match m = stage1(c, regime, asid, true);

    if (s->par.tcu.inval_match != 0) {
        qemu_range(s, c, true);
        return;
    }
    each(s, va_stores, &m);
    pieces(s, &m);
    if (!c->leaf)
        each(s, s1_walk_caches, &m);
}

static void tlbi_ipa(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    struct store_match m = tagged(tag_mask(false, true, false), tag_value(c, REGIME_EL1, false, false,
                                                                          false));

    if (s->par.tcu.inval_match != 0) {
        qemu_range(s, c, false);
        return;
    }
    match_any_vmid(c, &m);
    m.by_addr = true;
    m.first = c->first;
    m.last = c->last;
    each(s, va_stores, &m);
    if (store_exists(&s->ipa))
        store_invalidate(&s->ipa, &m);
    if (!c->leaf)
        each(s, s2_walk_caches, &m);
}

static void tlbi_stage1(struct smmuv3_system *s, const struct store_match *m)
{
    each(s, va_stores, m);
    each(s, s1_walk_caches, m);
}

/* Everything of EL1: of one VMID, or of all. */
static void tlbi_both(struct smmuv3_system *s, const struct smmuv3_cmd *c, bool vmid)
{
    uint64_t mask = tag_mask(false, vmid, false);
    struct store_match m;

    FIELD_SET(TLB_TAG, S1, &mask, 0);
    m = tagged(mask, tag_value(c, REGIME_EL1, false, false, false) & mask);
    match_any_vmid(c, &m);
    each(s, va_stores, &m);
    if (store_exists(&s->ipa))
        store_invalidate(&s->ipa, &m);
    each(s, walk_caches, &m);
}

/* Configurations of a range of streams, and the entries that embed them. */
static void cfgi(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    struct store_match m = { .ctx_mask = 0xffffffffu & ~(uint64_t)(c->sid_last - c->sid_first),
                             .ctx_value = c->sid_first };

    smmuv3_ats_forget(s);
    if (store_exists(&s->cfg))
        store_invalidate(&s->cfg, &m);
    each(s, tbu_stores, &m);
}

static void el2(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    bool e2h = FIELD_GET(CR2, E2H, &s->regs.cr2);
    unsigned regime = e2h ? REGIME_EL2_E2H : REGIME_EL2;
    struct store_match m;

    switch (c->op) {
    case SMMUV3_CMD_TLBI_EL2_ALL:
        for (regime = REGIME_EL2; regime <= REGIME_EL2_E2H; regime++) {
            m = stage1(c, regime, false, false);
            tlbi_stage1(s, &m);
        }
        break;
    case SMMUV3_CMD_TLBI_EL2_ASID:
        m = stage1(c, REGIME_EL2_E2H, true, false);
        tlbi_stage1(s, &m);
        break;
    case SMMUV3_CMD_TLBI_EL2_VA:
        tlbi_va(s, c, regime, e2h);
        break;
    default:
        tlbi_va(s, c, regime, false);
        break;
    }
}

void smmuv3_invalidate(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    struct store_match m;

    switch (c->op) {
    case SMMUV3_CMD_CFGI_STE:
    case SMMUV3_CMD_CFGI_STE_RANGE:
    case SMMUV3_CMD_CFGI_CD:           /* a cached configuration is STE and CD in one: all of it goes */
    case SMMUV3_CMD_CFGI_CD_ALL:
        cfgi(s, c);
        break;
    case SMMUV3_CMD_TLBI_NH_ALL:
        m = stage1(c, REGIME_EL1, false, false);
        tlbi_stage1(s, &m);
        break;
    case SMMUV3_CMD_TLBI_NH_ASID:
        m = stage1(c, REGIME_EL1, true, false);
        tlbi_stage1(s, &m);
        break;
    case SMMUV3_CMD_TLBI_NH_VA:
        tlbi_va(s, c, REGIME_EL1, true);
        break;
    case SMMUV3_CMD_TLBI_NH_VAA:
        tlbi_va(s, c, REGIME_EL1, false);
        break;
    case SMMUV3_CMD_TLBI_S2_IPA:
        tlbi_ipa(s, c);
        break;
    case SMMUV3_CMD_TLBI_S12_VMALL:
        tlbi_both(s, c, true);
        break;
    case SMMUV3_CMD_TLBI_NSNH_ALL:
        tlbi_both(s, c, false);
        break;
    case SMMUV3_CMD_TLBI_EL2_ALL:
    case SMMUV3_CMD_TLBI_EL2_ASID:
    case SMMUV3_CMD_TLBI_EL2_VA:
    case SMMUV3_CMD_TLBI_EL2_VAA:
        el2(s, c);
        break;
    default:
        break;
    }
}
