/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/oracle.h"

#include <string.h>

#include "base/sim.h"

/* What identifies the cached forms of a word: whose it is, and which addresses it translates. */
struct key {
    uint8_t  kind;                     /* enum smmuv3_q_kind                                 */
    int8_t   level;
    bool     leaf, global, s1, s2;     /* leaf descriptor; stages of the stream              */
    uint8_t  granule_log2, regime, cls;
    bool     aset;                     /* CD.ASET                                            */
    bool     open, has_ssid;           /* open: va and what follows is known at the end only */
    uint16_t asid, vmid;
    uint32_t sid, ssid;
    uint64_t in, in_last;              /* what the word itself translates: VA or IPA         */
    uint64_t va, va_last;              /* what derived translations cover, and of stage 1    */
    bool     va_global;
    int8_t   va_level;
    uint8_t  va_granule_log2;
    bool     whose;                    /* regime and VMID are known, open or not */
    uint8_t  none[4];                  /* zero: keys are compared as words */
};

enum { ABOVE_LEAVES = VMSA_LEVEL_LAST + 1 };   /* va_level of what is in a walk cache, of whatever level */

struct inval { struct smmuv3_cmd c; };

_Static_assert(sizeof(struct key) <= sizeof(struct oracle_key), "key");
_Static_assert(sizeof(struct inval) <= sizeof(struct oracle_inval), "inval");
_Static_assert(sizeof(struct smmuv3_xl) <= ORACLE_MACHINE, "machine");

bool smmuv3_oracle_inval(const struct smmuv3_cmd *c, struct oracle_inval *inv)
{
    struct inval i = { .c = *c };

    if (c->op < SMMUV3_CMD_CFGI_STE || c->op > SMMUV3_CMD_ATC_INV)
        return false;
    memcpy(inv, &i, sizeof i);
    return true;
}

/* ---- driving ------------------------------------------------------------------------------------- */

static void begin(void *machine, const void *regs, const struct xl_req *req)
{
    const struct smmuv3_oracle_view *v = regs;

    smmuv3_xl_begin(machine, v->regs, &v->impl, req);
}

static bool next(void *machine, struct oracle_question *q)
{
    struct smmuv3_xl *m = machine;

    while (smmuv3_xl_ask(m)) {
        if (m->q.kind == SMMUV3_Q_CAS) {           /* as if it were made: the oracle never writes */
            smmuv3_xl_tell(m, &m->q.old);
            continue;
        }
        if (m->q.words) {
            *q = (struct oracle_question){ .pa = m->q.pa, .words = m->q.words,
                                           .name = smmuv3_q_name(&m->q) };
            return true;
        }
        smmuv3_xl_tell_none(m);
    }
    return false;
}

static void tell(void *machine, const uint64_t *words)
{
    smmuv3_xl_tell(machine, words);
}

static void copy(void *to, const void *from)
{
    smmuv3_xl_copy(to, from);
}

static const struct xl_result *result(const void *machine)
{
    return &((const struct smmuv3_xl *)machine)->res;
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void key_descriptor(const struct smmuv3_xl *m, uint64_t desc, struct key *k)
{
    const struct smmuv3_config *c = m->config;
    bool stage1 = m->q.kind == SMMUV3_Q_S1;
    const struct vmsa_walk *w = stage1 ? &m->w1 : &m->w2;
    unsigned shift = vmsa_shift(w->t->granule_log2, w->level);

    k->level = m->q.level;
    k->granule_log2 = w->t->granule_log2;
    k->regime = c->regime;
    k->asid = c->asid;
    k->vmid = c->vmid;
    k->aset = c->aset;
    k->s1 = c->s1;
    k->s2 = c->s2;
    k->whose = true;
    if (w->t->big_endian)
        desc = __builtin_bswap64(desc);
    k->leaf = w->level == VMSA_LEVEL_LAST || !(desc & 2);
    k->global = stage1 && k->leaf && !FIELD_GET(PTE, NG, &desc);
    k->in = bits_align_down(stage1 ? m->canon : w->in, shift);
    k->in_last = k->in + bits_low(shift);
}

static void key(const void *machine, const uint64_t *words, struct oracle_key *out)
{
    const struct smmuv3_xl *m = machine;
    struct key k = { .kind = m->q.kind, .cls = m->q.cls, .sid = m->req.sid, .ssid = m->req.ssid,
                     .has_ssid = m->req.has_ssid };

    k.open = true;
    switch (m->q.kind) {
    case SMMUV3_Q_S1:
    case SMMUV3_Q_S2:
        key_descriptor(m, words[0], &k);
        break;
    case SMMUV3_Q_STE:
        k.vmid = (uint16_t)FIELD_GET(STE, S2VMID, words);
        k.s1 = FIELD_GET(STE, CONFIG, words) & 1;
        k.s2 = FIELD_GET(STE, CONFIG, words) & 2;
        k.whose = FIELD_GET(STE, STRW, words) == 0;
        break;
    case SMMUV3_Q_CD:
        k.vmid = m->config->vmid;
        k.regime = m->config->regime;
        k.asid = (uint16_t)FIELD_GET(CD, ASID, words);
        k.aset = FIELD_GET(CD, ASET, words);
        k.s1 = true;
        k.s2 = m->config->s2;
        k.whose = true;
        break;
    default:
        k.s1 = true;
        break;
    }
    memcpy(out, &k, sizeof k);
}

static bool hit(const struct smmuv3_xl *m)
{
    return m->res.outcome == XL_OK || (m->res.code == SMMUV3_F_PERMISSION && m->res.cls == EVENT_CLASS_IN);
}

/* What was made of stage 2 for a table of stage 1: an entry of a walk cache, from which a walk went on. */
static void derived_table(const struct smmuv3_xl *m, struct key *k)
{
    const struct smmuv3_config *c = m->config;

    k->open = false;
    k->va_level = ABOVE_LEAVES;
    k->s1 = true;
    k->regime = c->regime;
    k->asid = c->asid;
    k->vmid = c->vmid;
    k->aset = c->aset;
    k->va = k->va_last = m->canon;
    k->va_granule_log2 = c->tt[m->half].granule_log2;
}

/* What TLBs may hold of the translation that came out: the block of stage 1, whole; without stage 1 that of
 * stage 2. */
static void derived(const void *machine, struct oracle_key *key_)
{
    const struct smmuv3_xl *m = machine;
    const struct smmuv3_config *c = m->config;
    const struct xl_leaf *l = c->s1 ? &m->leaf : &m->ipa_leaf;
    const struct vmsa_walk *w = c->s1 ? &m->w1 : &m->w2;
    unsigned log2;
    struct key k;

    memcpy(&k, key_, sizeof k);
    if (!hit(m)) {
        if (k.kind == SMMUV3_Q_S2 && k.cls == EVENT_CLASS_TT)
            derived_table(m, &k);
        memcpy(key_, &k, sizeof k);
        return;
    }
    log2 = l->block_log2 ? l->block_log2 : l->size_log2;
    k.open = false;
    k.s1 = c->s1;
    k.regime = c->regime;
    k.asid = c->asid;
    k.vmid = c->vmid;
    k.aset = c->aset;
    k.va = bits_align_down(l->iova, log2);
    k.va_last = k.va + bits_low(log2);
    k.va_global = l->global;
    k.va_level = w->leaf.level;
    k.va_granule_log2 = w->t->granule_log2;
    memcpy(key_, &k, sizeof k);
}

/* ---- coverage [fact sheet 6.4] ------------------------------------------------------------------- */

static bool overlap(const struct smmuv3_cmd *c, uint64_t first, uint64_t last)
{
    return c->first <= last && first <= c->last;
}

/* TG and TTL are promises about what is to be removed: other entries may stay. */
static bool hinted(const struct smmuv3_cmd *c, unsigned granule_log2, int level, bool leaf)
{
    if (!c->ranged)
        return true;
    if (granule_log2 != 10 + 2u * c->tg)
        return false;
    return c->ttl == 0 || (leaf ? level == c->ttl : level < c->ttl);
}

static bool config_removed(const struct smmuv3_cmd *c, const struct key *k)
{
    bool sid = c->sid_first <= k->sid && k->sid <= c->sid_last;
    bool cd = k->kind == SMMUV3_Q_CD || k->kind == SMMUV3_Q_L1CD;
    uint32_t ssid = k->has_ssid ? k->ssid : 0;

    switch (c->op) {
    case SMMUV3_CMD_CFGI_STE:
        return sid && !(k->kind == SMMUV3_Q_L1STD && c->leaf);
    case SMMUV3_CMD_CFGI_STE_RANGE:
        return sid;
    case SMMUV3_CMD_CFGI_CD:
        return sid && cd && c->ssid == ssid && !(k->kind == SMMUV3_Q_L1CD && c->leaf);
    case SMMUV3_CMD_CFGI_CD_ALL:
        return sid && cd;
    default:
        return false;
    }
}

static bool same_vmid(const struct smmuv3_cmd *c, const struct key *k)
{
    return !((c->vmid ^ k->vmid) & ~c->vmid_any);
}

/* Does the command remove VA-tagged entries of the context over first..last? */
static bool va_removed(const struct smmuv3_cmd *c, const struct key *k, uint64_t first, uint64_t last,
                       bool global)
{
    bool el1 = k->regime == REGIME_EL1, vmid = el1 && same_vmid(c, k);
    bool spared = c->broadcast && k->aset, asid = c->asid == k->asid && !spared;

    global = global && !spared;
    switch (c->op) {
    case SMMUV3_CMD_TLBI_NH_ALL:
    case SMMUV3_CMD_TLBI_S12_VMALL:
        return vmid;
    case SMMUV3_CMD_TLBI_NSNH_ALL:
        return el1;
    case SMMUV3_CMD_TLBI_NH_ASID:
        return vmid && asid && !global;
    case SMMUV3_CMD_TLBI_NH_VA:
        return vmid && (asid || global) && overlap(c, first, last);
    case SMMUV3_CMD_TLBI_NH_VAA:
        return vmid && overlap(c, first, last);
    case SMMUV3_CMD_TLBI_EL2_ALL:
        return !el1;
    case SMMUV3_CMD_TLBI_EL2_ASID:
        return k->regime == REGIME_EL2_E2H && asid && !global;
    case SMMUV3_CMD_TLBI_EL2_VA:
        return !el1 && (k->regime == REGIME_EL2 || asid || global) && overlap(c, first, last);
    case SMMUV3_CMD_TLBI_EL2_VAA:
        return !el1 && overlap(c, first, last);
    default:
        return false;
    }
}

static bool by_address(const struct smmuv3_cmd *c)
{
    const struct smmuv3_cmd_row *row = smmuv3_cmd_find(c->op);

    return row && row->operands & CMD_O_ADDR;
}

/* Entries tagged by IPA over first..last, leaves or tables. */
static bool ipa_removed(const struct smmuv3_cmd *c, const struct key *k, uint64_t first, uint64_t last)
{
    switch (c->op) {
    case SMMUV3_CMD_TLBI_S2_IPA:
        return same_vmid(c, k) && overlap(c, first, last);
    case SMMUV3_CMD_TLBI_S12_VMALL:
        return same_vmid(c, k);
    case SMMUV3_CMD_TLBI_NSNH_ALL:
        return true;
    default:
        return false;
    }
}

/* The word itself, a leaf or a table descriptor: TG, TTL and Leaf say which of these. */
static bool of_its_kind(const struct smmuv3_cmd *c, const struct key *k)
{
    return !by_address(c) || (hinted(c, k->granule_log2, k->level, k->leaf) && (k->leaf || !c->leaf));
}

/* All that can be made of it, wherever. */
static bool all_removed(const struct smmuv3_cmd *c, const struct key *k)
{
    if (!k->whose || k->regime != REGIME_EL1)
        return false;
    switch (c->op) {
    case SMMUV3_CMD_TLBI_NSNH_ALL:
        return true;
    case SMMUV3_CMD_TLBI_S12_VMALL:
        return same_vmid(c, k);
    case SMMUV3_CMD_TLBI_NH_ALL:
        return k->s1 && !k->s2 && same_vmid(c, k);
    default:
        return false;
    }
}

/* Entries of TLBs, by VA or, without stage 1, by IPA.  As long as it is open which, none is known to have gone but by what
 * removes all. */
static unsigned derived_removed(const struct smmuv3_cmd *c, const struct key *k)
{
    bool gone = k->open ? all_removed(c, k)
                : k->s1 ? va_removed(c, k, k->va, k->va_last, k->va_global)
                        : ipa_removed(c, k, k->va, k->va_last);

    if (k->va_level == ABOVE_LEAVES)
        return gone && (!by_address(c) || (!c->leaf && hinted(c, k->va_granule_log2, VMSA_LEVEL_LAST, false)))
               ? ORACLE_DERIVED : 0;
    return gone && (!by_address(c) || hinted(c, k->va_granule_log2, k->va_level, true)) ? ORACLE_DERIVED : 0;
}

static unsigned covers_s1(const struct smmuv3_cmd *c, const struct key *k)
{
    bool gone = va_removed(c, k, k->in, k->in_last, k->global) && of_its_kind(c, k);

    return (gone ? ORACLE_WORD : 0) | derived_removed(c, k);
}

static unsigned covers_s2(const struct smmuv3_cmd *c, const struct key *k)
{
    unsigned layers = ipa_removed(c, k, k->in, k->in_last) && of_its_kind(c, k) ? ORACLE_WORD : 0;

    if (k->cls == EVENT_CLASS_CD)      /* what was made of it is a configuration */
        return layers | (config_removed(c, &(struct key){ .kind = SMMUV3_Q_STE, .sid = k->sid })
                         ? ORACLE_DERIVED : 0);
    return layers | derived_removed(c, k);
}

static unsigned covers_config(const struct smmuv3_cmd *c, const struct key *k)
{
    unsigned layers = config_removed(c, k) ? ORACLE_WORD : 0;

    if (!k->s1 && !k->s2)              /* nothing is made of it */
        return layers ? ORACLE_WORD | ORACLE_DERIVED : 0;
    return layers | derived_removed(c, k);
}

static unsigned covers(const struct oracle_inval *inv, const struct oracle_key *key_)
{
    struct inval i;
    struct key k;

    memcpy(&i, inv, sizeof i);
    memcpy(&k, key_, sizeof k);
    switch (k.kind) {
    case SMMUV3_Q_S1:
        return covers_s1(&i.c, &k);
    case SMMUV3_Q_S2:
        return covers_s2(&i.c, &k);
    default:
        return covers_config(&i.c, &k);
    }
}

/* Stage 2 of a CD's address: with the CD it is kept until that is told to go.  And of a table of stage 1: an entry
 * of a walk cache has it, from which walks go on. */
static bool in_config(const struct oracle_key *key_)
{
    struct key k;

    memcpy(&k, key_, sizeof k);
    return k.kind == SMMUV3_Q_S2 && k.cls != EVENT_CLASS_IN;
}

/* Descriptors that translate nothing are not.  Where stage 2 of a CD's address ended is kept with the CD. */
static bool kept(const void *machine, const uint64_t *words)
{
    const struct smmuv3_xl *m = machine;
    const struct vmsa_walk *w = m->q.kind == SMMUV3_Q_S1 ? &m->w1 : &m->w2;
    uint64_t desc = words[0];

    if (m->q.kind != SMMUV3_Q_S1 && (m->q.kind != SMMUV3_Q_S2 || m->q.cls == EVENT_CLASS_CD))
        return true;
    if (w->t->big_endian)
        desc = __builtin_bswap64(desc);
    return desc & 1 && (w->level != VMSA_LEVEL_LAST || desc & 2);
}

/* Nested, an entry of stage 2 that may be old says where the CD is, and so what it is: the VMID is the same. */
static bool leads_alike(const void *machine, const struct xl_result *now)
{
    const struct smmuv3_xl *m = machine;
    bool on_the_cds_way = (now->stage2 && now->cls == EVENT_CLASS_CD) || now->code == SMMUV3_F_CD_FETCH ||
                          now->code == SMMUV3_C_BAD_CD || now->code == SMMUV3_C_BAD_SUBSTREAMID;

    return m->config->config == STE_NESTED && (on_the_cds_way || m->res.domain >> 16 == now->domain >> 16);
}

static bool could_hit(const struct xl_result *r)
{
    return r->outcome == XL_OK || r->outcome == XL_ATS_OK || r->code == SMMUV3_F_PERMISSION;
}

static bool could_walk(const struct xl_result *r)
{
    return could_hit(r) || r->code == SMMUV3_F_WALK_EABT || r->code >= SMMUV3_F_TRANSLATION;
}

/* Without a SubstreamID, and with Global, entries of all of them go. */
static bool device(const struct oracle_inval *inv, const struct xl_req *req, uint64_t first, uint64_t last)
{
    struct inval i;

    memcpy(&i, inv, sizeof i);
    return i.c.op == SMMUV3_CMD_ATC_INV && i.c.sid_first == req->sid && overlap(&i.c, first, last) &&
           (!i.c.has_ssid || i.c.global || (req->has_ssid && req->ssid == i.c.ssid));
}

const struct oracle_arch smmuv3_oracle = {
    .begin = begin, .next = next, .tell = tell, .copy = copy, .result = result, .key = key,
    .derived = derived, .covers = covers, .in_config = in_config, .kept = kept, .leads_alike = leads_alike,
    .could_hit = could_hit, .could_walk = could_walk, .device = device,
};
