/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

PARAM_ROWS(smmu_rows, SMMUV3_PARAMS);
PARAM_ROWS(tcu_rows, SMMUV3_TCU_PARAMS);
PARAM_ROWS(store_rows, STORE_PARAMS);
STAT_ROWS(smmu_stats, SMMUV3_STATS);

static const struct comp_kind smmu_kind = { "smmuv3", smmu_rows, ARRAY_LEN(smmu_rows), smmu_stats,
                                            ARRAY_LEN(smmu_stats) };
static const struct comp_kind tbu_kind = { "tbu", NULL, 0, NULL, 0 };
static const struct comp_kind tcu_kind = { "tcu", tcu_rows, ARRAY_LEN(tcu_rows), NULL, 0 };

#define CLASS_NAME(N, name) name,
static const char *const class_names[] = { SMMUV3_CLASSES(CLASS_NAME) };

/* Storage that an entry needs: tag, output address, permissions; of a configuration: what is decoded. */
enum { TLB_LINE_BITS = 52 + 36 + 34 + 12, SEED_BITS = 36 + 36 + 32, CONFIG_BITS = 420 };

void smmuv3_system_params(struct smmuv3_system_params *p, struct param_set *set)
{
    param_add(set, "smmu", smmu_rows, ARRAY_LEN(smmu_rows), &p->smmu.expect);
    param_add(set, "smmu.tcu", tcu_rows, ARRAY_LEN(tcu_rows), &p->tcu.inval_match);
#define ADD(member, path)                                                                          \
    param_add(set, "smmu." path, store_rows, ARRAY_LEN(store_rows), &p->member.sets);               \
    p->member.sets = 0;
    SMMUV3_STORES(ADD)
#undef ADD
}

/* ---- identification registers -------------------------------------------------------------------- */

static void build_idr(struct smmuv3_system *s)
{
    const struct smmuv3_params *p = &s->par.smmu;
    struct smmuv3_regs *r = &s->regs;

    FIELD_SET(IDR0, S1P, &r->idr0, p->s1p);
    FIELD_SET(IDR0, S2P, &r->idr0, p->s2p);
    FIELD_SET(IDR0, TTF, &r->idr0, 2);
    FIELD_SET(IDR0, COHACC, &r->idr0, 1);
    FIELD_SET(IDR0, HTTU, &r->idr0, p->httu);
    FIELD_SET(IDR0, HYP, &r->idr0, p->hyp);
    FIELD_SET(IDR0, ASID16, &r->idr0, p->asid16);
    FIELD_SET(IDR0, VMID16, &r->idr0, p->vmid16);
    FIELD_SET(IDR0, CD2L, &r->idr0, p->cd2l);
    FIELD_SET(IDR0, TTENDIAN, &r->idr0, p->ttendian);
    FIELD_SET(IDR0, STALL_MODEL, &r->idr0, p->stall_model);
    FIELD_SET(IDR0, TERM_MODEL, &r->idr0, p->term_model);
    FIELD_SET(IDR0, ST_LEVEL, &r->idr0, p->st_level);
    FIELD_SET(IDR1, SIDSIZE, &r->idr1, p->sidsize);
    FIELD_SET(IDR1, SSIDSIZE, &r->idr1, p->ssidsize);
    FIELD_SET(IDR1, ATTR_PERMS_OVR, &r->idr1, p->attr_ovr);
    FIELD_SET(IDR1, ATTR_TYPES_OVR, &r->idr1, p->attr_ovr);
    FIELD_SET(IDR3, HAD, &r->idr3, p->had);
    FIELD_SET(IDR3, XNX, &r->idr3, p->xnx);
    FIELD_SET(IDR3, STT, &r->idr3, p->stt);
    FIELD_SET(IDR3, RIL, &r->idr3, p->ril);
    FIELD_SET(IDR5, OAS, &r->idr5, smmuv3_size_code((unsigned)p->oas));
    FIELD_SET(IDR5, GRAN4K, &r->idr5, p->gran4k);
    FIELD_SET(IDR5, GRAN16K, &r->idr5, p->gran16k);
    FIELD_SET(IDR5, GRAN64K, &r->idr5, p->gran64k);
}

/* ---- keys and tags ------------------------------------------------------------------------------- */

static uint64_t context_tag(const struct smmuv3_config *c, bool s1)
{
    uint64_t t = 0;

    FIELD_SET(TLB_TAG, S1, &t, s1);
    FIELD_SET(TLB_TAG, REGIME, &t, c->regime);
    FIELD_SET(TLB_TAG, VMID, &t, c->vmid);
    FIELD_SET(TLB_TAG, ASID, &t, s1 ? c->asid : 0);
    return t;
}

/* The key of tcu.tlb: the context, and where the profile says so the granule. */
static uint64_t context_key(const struct smmuv3_system *s, uint64_t tag, unsigned granule_log2)
{
    if (s->par.tcu.key_granule)
        FIELD_SET(TLB_TAG, TG, &tag, (granule_log2 - 10) / 2);
    return tag;
}

static uint64_t global_key(uint64_t tag)
{
    FIELD_SET(TLB_TAG, ASID, &tag, 0);
    FIELD_SET(TLB_TAG, GLOBAL, &tag, 1);
    return tag;
}

static struct store *walk_cache(struct smmuv3_system *s, unsigned stage, int level)
{
    return level < 0 || level > 2 ? NULL : s->wc[stage - 1][level];
}

static uint64_t walk_key(const struct smmuv3_xl *m, unsigned stage, uint64_t tag)
{
    if (stage == 1)
        FIELD_SET(TLB_TAG, HALF, &tag, m->half);
    return tag;
}

/* ---- the TCU answers ----------------------------------------------------------------------------- */

static bool read_words(struct smmuv3_system *s, struct system_trail *trail, uint64_t *words)
{
    const struct smmuv3_q *q = &s->m.q;

    trail->reads++;
    if (q->kind == SMMUV3_Q_S1 || q->kind == SMMUV3_Q_S2)
        s->st.trans_table_walk_access++;
    else
        s->st.config_struct_access++;
    return mem_read(s->sys.mem, q->pa, q->words, words);
}

static void looked(struct system_trail *trail, bool hit)
{
    if (trail->lookups < 32 && hit)
        trail->hits |= 1u << trail->lookups;
    trail->lookups++;
}

/* All levels are probed before the first read; the deepest hit is where the walk begins. */
static const struct vmsa_seed *probe_walk_caches(struct smmuv3_system *s, unsigned stage,
                                                 uint64_t tag, uint64_t in)
{
    uint64_t key = walk_key(&s->m, stage, tag);
    const struct vmsa_seed *deepest = NULL;

    for (int level = 2; level >= 0; level--) {
        const struct vmsa_seed *found = store_lookup(s->wc[stage - 1][level], key, in);

        if (!deepest)
            deepest = found;
    }
    return deepest;
}

static void answer_config(struct smmuv3_system *s, struct system_trail *trail)
{
    const struct smmuv3_config *c = NULL;

    if (store_exists(&s->cfg)) {
        c = store_lookup(&s->cfg, smmuv3_stream_key(&s->m.req), s->m.req.sid);
        trail->config_looked = true;
        trail->config_hit = c != NULL;
    }
    if (c) {
        smmuv3_xl_tell_config(&s->m, c);
    } else {
        s->st.config_cache_miss++;
        smmuv3_xl_tell_none(&s->m);
    }
}

/* One lookup of tcu.tlb: by the granule of stage 1, then by that of stage 2 where it is in the key,
 * then among the global entries. */
static const struct xl_leaf *find_context(struct smmuv3_system *s, uint64_t tag)
{
    const struct smmuv3_config *c = s->m.config;
    unsigned granule = c->s1 ? c->tt[s->m.half & 1].granule_log2 : c->s2t.granule_log2;
    uint64_t key = context_key(s, tag, granule);

    if (c->s1 && c->s2 && s->par.tcu.key_granule && !store_peek(&s->ctlb, key, s->m.canon))
        key = context_key(s, tag, c->s2t.granule_log2);
    if (s->globals && c->s1 && !store_peek(&s->ctlb, key, s->m.canon))
        key = global_key(tag);
    return store_lookup(&s->ctlb, key, s->m.canon);
}

static void tell_seed(struct smmuv3_system *s, const struct vmsa_seed *seed)
{
    if (seed)
        smmuv3_xl_tell_seed(&s->m, seed);
    else
        smmuv3_xl_tell_none(&s->m);
}

static void answer_tlb(struct smmuv3_system *s, struct system_trail *trail)
{
    const struct smmuv3_config *c = s->m.config;
    const struct xl_leaf *l = NULL;

    s->tag = context_tag(c, c->s1);
    if (store_exists(&s->ctlb)) {
        if (s->m.q.outside)
            s->ctlb.st.lookups++;
        else
            l = find_context(s, s->tag);
        looked(trail, l != NULL);
    }
    if (l) {
        trail->cls = SMMUV3_CLASS_TCU;
        smmuv3_xl_tell_tlb(&s->m, l);
        return;
    }
    trail->cls = SMMUV3_CLASS_WALK;
    if (s->m.q.outside) {
        smmuv3_xl_tell_none(&s->m);
        return;
    }
    s->st.tlb_miss++;
    tell_seed(s, probe_walk_caches(s, c->s1 ? 1 : 2, s->tag, s->m.canon));
}

static struct store *ipa_store(struct smmuv3_system *s, const struct smmuv3_q *q)
{
    if (q->cls == EVENT_CLASS_IN && !s->par.tcu.ipa_final)
        return NULL;
    switch (s->par.tcu.ipa_cache) {
    case 1:
        return store_exists(&s->ipa) ? &s->ipa : NULL;
    case 2:
        return store_exists(&s->ctlb) ? &s->ctlb : NULL;
    default:
        return NULL;
    }
}

static uint64_t ipa_key(const struct smmuv3_system *s)
{
    const struct smmuv3_config *c = s->m.config;

    return context_key(s, context_tag(c, false), c->s2t.granule_log2);
}

static void answer_ipa(struct smmuv3_system *s, struct system_trail *trail)
{
    const struct smmuv3_q *q = &s->m.q;
    struct store *store = ipa_store(s, q);
    const struct xl_leaf *l = store ? store_lookup(store, ipa_key(s), q->ipa) : NULL;

    if (store == &s->ctlb)
        looked(trail, l != NULL);
    if (l)
        smmuv3_xl_tell_ipa(&s->m, l);
    else
        tell_seed(s, probe_walk_caches(s, 2, context_tag(s->m.config, false), q->ipa));
}

static void answer(struct smmuv3_system *s, struct system_trail *trail)
{
    uint64_t words[STE_WORDS];

    switch (s->m.q.kind) {
    case SMMUV3_Q_CONFIG:
        answer_config(s, trail);
        break;
    case SMMUV3_Q_TLB:
        answer_tlb(s, trail);
        break;
    case SMMUV3_Q_IPA:
        answer_ipa(s, trail);
        break;
    default:
        smmuv3_xl_tell(&s->m, read_words(s, trail, words) ? words : NULL);
        break;
    }
}

/* ---- what is kept -------------------------------------------------------------------------------- */

static void insert_leaf(struct smmuv3_system *s, struct store *store, uint64_t key, uint64_t tag,
                        uint64_t base, const struct xl_leaf *l, struct system_trail *trail)
{
    bool flushed = false;
    struct xl_leaf *to = store_fill(store, key, base, l->size_log2, tag, &flushed);

    *to = *l;
    if (flushed && store == &s->ctlb && trail->lookups)
        trail->flushes |= 1u << (trail->lookups - 1);
}

static void keep_ipa(struct smmuv3_system *s, unsigned cls, struct system_trail *trail)
{
    const struct smmuv3_q q = { .cls = (uint8_t)cls };
    struct store *store = ipa_store(s, &q);
    const struct smmuv3_config *c = s->m.config;

    if (store && (c->s1 || cls != EVENT_CLASS_IN))
        insert_leaf(s, store, ipa_key(s), context_tag(c, false), s->m.ipa_leaf.ipa, &s->m.ipa_leaf,
                    trail);
}

static void keep_table(struct smmuv3_system *s)
{
    const struct smmuv3_xl *m = &s->m;
    bool s1 = m->seed_stage == 1;
    int level = m->seed.level - 1;
    struct store *wc = walk_cache(s, m->seed_stage, level);
    const struct vmsa_table *t = s1 ? m->w1.t : m->w2.t;
    uint64_t tag = context_tag(m->config, s1);
    struct vmsa_seed *to;

    if (!wc || !store_exists(wc))
        return;
    to = store_fill(wc, walk_key(m, m->seed_stage, tag), s1 ? m->canon : m->seed_in,
                    vmsa_shift(t->granule_log2, level), tag, NULL);
    *to = m->seed;
}

/* The StreamID stands in for an address: it selects the set. */
static void keep_config(struct smmuv3_system *s)
{
    const struct xl_req *r = &s->m.req;
    struct smmuv3_config *to;

    if (!store_exists(&s->cfg))
        return;
    to = store_fill(&s->cfg, smmuv3_stream_key(r), r->sid, 0, 0, NULL);
    *to = s->m.own_config;
}

/* What the last answer completed; `cls` is that of the question. */
static void keep(struct smmuv3_system *s, unsigned cls, struct system_trail *trail)
{
    if (s->m.got & SMMUV3_GOT_CONFIG)
        keep_config(s);
    if (s->m.got & SMMUV3_GOT_IPA)
        keep_ipa(s, cls, trail);
    if (s->m.got & SMMUV3_GOT_TABLE)
        keep_table(s);
}

/* ---- permissions of stream-keyed entries --------------------------------------------------------- */

/* Permission as the request's own privilege and kind find it: overrides are embedded in the entry. */
static uint8_t embed_overrides(const struct smmuv3_config *c, uint8_t perm)
{
    uint8_t user = perm & 7, priv = (perm >> 3) & 7;

    if (!(c->instcfg | c->privcfg))
        return perm;
    if (c->instcfg == 2) {             /* everything is data: fetches need R */
        user = (uint8_t)((user & 3) | (user & 1) << 2);
        priv = (uint8_t)((priv & 3) | (priv & 1) << 2);
    } else if (c->instcfg == 3) {      /* reads are fetches: need X */
        user = (uint8_t)((user & 6) | (user >> 2));
        priv = (uint8_t)((priv & 6) | (priv >> 2));
    }
    if (c->privcfg == 2)
        priv = user;
    else if (c->privcfg == 3)
        user = priv;
    return (uint8_t)(user | priv << 3);
}

/* Does the line permit the access, or what it may be if the source did not say? */
static inline bool line_permits(const struct tbu_line *l, const struct xl_req *r)
{
    unsigned need = xl_need(r->write, r->exec, r->priv);

    if (__builtin_expect(r->no_dir, 0))
        need |= xl_need(true, false, r->priv);
    return (l->perm & need) != 0;
}

/* What invalidations find an entry by. */
static uint64_t leaf_tag(struct smmuv3_system *s, const struct xl_leaf *l)
{
    uint64_t tag = s->tag;

    FIELD_SET(TLB_TAG, GLOBAL, &tag, l->global);
    if (l->block_log2) {
        FIELD_SET(TLB_TAG, PIECE, &tag, 1);
        if (s->piece_log2 < l->block_log2)
            s->piece_log2 = l->block_log2;
    }
    return tag;
}

static void keep_context(struct smmuv3_system *s, uint64_t tag, struct system_trail *trail)
{
    const struct xl_leaf *l = &s->m.leaf;
    uint64_t key = context_key(s, s->tag, l->granule_log2);

    if (!store_exists(&s->ctlb))
        return;
    if (l->global && s->par.tcu.inval_match == 0) {
        key = global_key(s->tag);
        s->globals = true;
    }
    insert_leaf(s, &s->ctlb, key, tag, l->iova, l, trail);
}

/* A tagged address is not what TLBI names: not kept by stream. */
static void keep_line(struct smmuv3_system *s, uint64_t tag)
{
    const struct smmuv3_xl *m = &s->m;
    const struct xl_leaf *l = &m->leaf;
    const struct tbu_line line = { .delta = l->pa - l->iova, .domain = m->res.domain,
                                   .level = l->level,
                                   .perm = embed_overrides(m->config, l->perm1 & l->perm2) };
    uint64_t key = smmuv3_stream_key(&m->req);

    if (m->req.addr != m->canon)
        return;
    if (store_exists(&s->tlb))
        *(struct tbu_line *)store_fill(&s->tlb, key, l->iova, l->size_log2, tag, NULL) = line;
    if (store_exists(&s->utlb))
        *(struct tbu_line *)store_fill(&s->utlb, key, l->iova, l->size_log2, tag, NULL) = line;
}

static void keep_leaf(struct smmuv3_system *s, struct system_trail *trail)
{
    uint64_t tag = leaf_tag(s, &s->m.leaf);

    if (s->m.walked)
        keep_context(s, tag, trail);
    keep_line(s, tag);
}

/* ---- a request ----------------------------------------------------------------------------------- */

static void classify(struct smmuv3_system *s, struct system_trail *trail)
{
    const struct xl_result *r = &s->m.res;

    if (r->recorded)
        s->st.events++;
    switch (r->outcome) {
    case XL_OK:
        s->st.translated++;
        if (trail->cls == SMMUV3_CLASS_WALK && !trail->config_hit)
            trail->cls = SMMUV3_CLASS_CONFIG;
        break;
    case XL_BYPASS:
        s->st.bypassed++;
        trail->cls = SMMUV3_CLASS_BYPASS;
        break;
    case XL_ABORT:
        s->st.aborted++;
        trail->cls = SMMUV3_CLASS_ABORT;
        break;
    default:
        s->st.faults++;
        trail->cls = SMMUV3_CLASS_FAULT;
        break;
    }
}

static __attribute__((noinline)) void tcu(struct smmuv3_system *s, const struct xl_req *req,
                                          struct xl_result *res, struct system_trail *trail)
{
    struct smmuv3_xl *m = &s->m;

    smmuv3_xl_begin(m, &s->regs, &s->impl, req);
    while (smmuv3_xl_ask(m)) {
        unsigned cls = m->q.cls;

        answer(s, trail);
        if (m->got)
            keep(s, cls, trail);
    }
    if (m->has_leaf && m->res.outcome == XL_OK)
        keep_leaf(s, trail);
    *res = m->res;
    classify(s, trail);
}

static inline void use_line(struct smmuv3_system *s, const struct tbu_line *l,
                            const struct xl_req *req, struct xl_result *res)
{
    *res = (struct xl_result){ .outcome = XL_OK, .pa = req->addr + l->delta, .level = l->level,
                               .domain = l->domain, .write = req->write, .priv = req->priv,
                               .exec = req->exec };
    s->st.translated++;
}

static void refill_utlb(struct smmuv3_system *s, uint64_t key, const struct tbu_line *line)
{
    struct store_view v;

    if (store_exists(&s->utlb) && store_view_of(&s->tlb, line, &v))
        *(struct tbu_line *)store_fill(&s->utlb, key, v.base, v.size_log2, v.tag, NULL) = *line;
}

/* A lookup in each TLB, and on to the TCU; `hinted` is the line that the stream used last. */
static __attribute__((noinline)) void tbu(struct smmuv3_system *s, const struct xl_req *req,
                                          struct xl_result *res, struct system_trail *trail,
                                          struct store_entry *hinted)
{
    uint64_t key = smmuv3_stream_key(req);
    const struct tbu_line *line = store_lookup_from(&s->utlb, hinted, key, req->addr);

    if (line && line_permits(line, req)) {
        trail->cls = SMMUV3_CLASS_UTLB;
        use_line(s, line, req, res);
        return;
    }
    line = store_lookup(&s->tlb, key, req->addr);
    if (line && line_permits(line, req)) {
        trail->cls = SMMUV3_CLASS_TLB;
        use_line(s, line, req, res);
        refill_utlb(s, key, line);
        return;
    }
    tcu(s, req, res, trail);
}

/* Most requests want the line that their stream used last.  The policy is told of it at the end, so
 * that nothing need be kept across a call. */
static void translate(struct system *sys, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct store_entry *e = store_hinted(&s->utlb, smmuv3_stream_key(req), req->addr);

    *trail = (struct system_trail){ .cls = SMMUV3_CLASS_UTLB };
    s->st.transaction++;
    if (!FIELD_GET(CR0, SMMUEN, &s->regs.cr0)) {
        tcu(s, req, res, trail);
    } else if (e && line_permits((const void *)(e + 1), req)) {
        use_line(s, (const void *)(e + 1), req, res);
        store_use(&s->utlb, e);
    } else {
        tbu(s, req, res, trail, e);
    }
}

/* ---- registers and commands ---------------------------------------------------------------------- */

/* Is the command to be executed? */
static bool decode(const struct smmuv3_system *s, const uint64_t *words, unsigned n,
                   struct smmuv3_cmd *c)
{
    return n >= CMD_WORDS && (smmuv3_cmd_decode(&s->regs, words, c) == CERROR_NONE ||
                              (c->reserved && s->par.tcu.reserved_range));
}

static int command(struct system *sys, const uint64_t *words, unsigned n)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct smmuv3_cmd c;

    if (!decode(s, words, n, &c)) {
        s->st.command_errors++;
        return 0;
    }
    s->st.commands++;
    smmuv3_invalidate(s, &c);
    return 0;
}

static int reg_write(struct system *sys, uint32_t offset, uint64_t value, unsigned bytes)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (offset >= 0x20)                /* below are the identification registers: read-only */
        smmuv3_reg_write(&s->regs, offset, value, bytes);
    return 0;
}

static int capability(struct system *sys, uint32_t offset, uint64_t value)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (s->par.smmu.capabilities == 0 && offset < 0x20)
        smmuv3_reg_write(&s->regs, offset, value, 4);
    return 0;
}

static void reset(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct smmuv3_regs r = { .idr0 = s->regs.idr0, .idr1 = s->regs.idr1, .idr3 = s->regs.idr3,
                             .idr5 = s->regs.idr5, .aidr = s->regs.aidr };

    s->regs = r;
#define CLEAR(member, path) if (store_exists(&s->member)) store_clear(&s->member);
    SMMUV3_STORES(CLEAR)
#undef CLEAR
}

static void destroy(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

#define DESTROY(member, path) store_destroy(&s->member);
    SMMUV3_STORES(DESTROY)
#undef DESTROY
    free(s);
}

static const void *regs(const struct system *sys)
{
    return &((const struct smmuv3_system *)CONTAINER_OF(sys, struct smmuv3_system, sys))->view;
}

static bool inval(const struct system *sys, const uint64_t *words, unsigned n,
                  struct oracle_inval *inv)
{
    struct smmuv3_cmd c;

    return decode((const struct smmuv3_system *)CONTAINER_OF(sys, struct smmuv3_system, sys), words, n,
                  &c) && smmuv3_oracle_inval(&c, inv);
}

static const struct system_ops ops = {
    .translate = translate, .command = command, .reg_write = reg_write,
    .capability = capability, .reset = reset, .destroy = destroy,
    .oracle = &smmuv3_oracle, .regs = regs, .inval = inval,
};

static void find_walk_caches(struct smmuv3_system *s)
{
    struct store *const wc[2][3] = { { &s->wc_s1l0, &s->wc_s1l1, &s->wc_s1l2 },
                                     { &s->wc_s2l0, &s->wc_s2l1, &s->wc_s2l2 } };

    memcpy(s->wc, wc, sizeof wc);
}

struct system *smmuv3_system_new(const struct smmuv3_system_params *p, uint64_t seed,
                                 struct diag *d)
{
    struct smmuv3_system *s = calloc(1, sizeof *s);
    int err = 0;

    if (!s) {
        diag_env(d, NULL, "no memory");
        return NULL;
    }
    s->sys.ops = &ops;
    s->sys.arch = SYSTEM_SMMUV3;
    s->sys.class_name = class_names;
    s->sys.classes = SMMUV3_CLASS_COUNT;
    s->par = *p;
    s->impl.root_ipa_in_config = p->tcu.root_ipa_in_config;
    s->impl.table_ipa_base = p->tcu.table_ipa_base;
    s->impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    s->view.regs = &s->regs;
    s->view.impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    build_idr(s);
    find_walk_caches(s);
    comp_init(&s->sys.top, &smmu_kind, NULL, "smmu", &s->par.smmu, &s->st);
    comp_init(&s->tbu, &tbu_kind, &s->sys.top, "tbu", NULL, NULL);
    comp_init(&s->tcu, &tcu_kind, &s->sys.top, "tcu", &s->par.tcu, NULL);
#define INIT(member, parent, name, bytes, bits)                                                    \
    err |= store_init(&s->member, &s->parent, name, &p->member, bytes, bits, seed)
    INIT(utlb, tbu, "utlb", sizeof(struct tbu_line), TLB_LINE_BITS);
    INIT(tlb, tbu, "tlb", sizeof(struct tbu_line), TLB_LINE_BITS);
    INIT(ctlb, tcu, "tlb", sizeof(struct xl_leaf), TLB_LINE_BITS);
    INIT(cfg, tcu, "cfg", sizeof(struct smmuv3_config), CONFIG_BITS);
    INIT(ipa, tcu, "ipa", sizeof(struct xl_leaf), TLB_LINE_BITS);
    INIT(wc_s1l0, tcu, "wc_s1l0", sizeof(struct vmsa_seed), SEED_BITS);
    INIT(wc_s1l1, tcu, "wc_s1l1", sizeof(struct vmsa_seed), SEED_BITS);
    INIT(wc_s1l2, tcu, "wc_s1l2", sizeof(struct vmsa_seed), SEED_BITS);
    INIT(wc_s2l0, tcu, "wc_s2l0", sizeof(struct vmsa_seed), SEED_BITS);
    INIT(wc_s2l1, tcu, "wc_s2l1", sizeof(struct vmsa_seed), SEED_BITS);
    INIT(wc_s2l2, tcu, "wc_s2l2", sizeof(struct vmsa_seed), SEED_BITS);
#undef INIT
    if (err) {
        diag_env(d, NULL, "no memory for the stores");
        destroy(&s->sys);
        return NULL;
    }
    return &s->sys;
}
