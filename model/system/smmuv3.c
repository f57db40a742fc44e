/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "system/judge.h"
#include "system/smmuv3_prefetch.h"

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
    param_add(set, "smmu.stall", smmuv3_stall_kind.param, smmuv3_stall_kind.params, &p->stall.entries);
#define ADD(member, path)                                                                          \
    param_add(set, "smmu." path, store_rows, ARRAY_LEN(store_rows), &p->member.sets);               \
    p->member.sets = 0;
    SMMUV3_STORES(ADD)
#undef ADD
    smmuv3_pmcg_params(p->pmcg, set);
    param_add(set, "smmu.priq", priq_kind.param, priq_kind.params, &p->priq.entries);
    ats_config_params(&p->device, set);
    smmuv3_timed_params(p, set);
    smmuv3_parts_params(&p->parts, set);
}

/* ---- identification registers -------------------------------------------------------------------- */

/* What a driver looks at beside translation. */
static void build_driver_idr(struct smmuv3_system *s)
{
    const struct smmuv3_params *p = &s->par.smmu;
    struct smmuv3_regs *r = &s->regs;

    FIELD_SET(IDR0, BTM, &r->idr0, p->btm);
    FIELD_SET(IDR0, ATS, &r->idr0, p->ats);
    FIELD_SET(IDR0, NS1ATS, &r->idr0, p->ns1ats);
    FIELD_SET(IDR0, MSI, &r->idr0, p->msi);
    FIELD_SET(IDR0, SEV, &r->idr0, p->sev);
    FIELD_SET(IDR0, PRI, &r->idr0, p->pri);
    FIELD_SET(IDR0, VMW, &r->idr0, p->vmw);
    FIELD_SET(IDR0, ATSRECERR, &r->idr0, p->atsrecerr);
    FIELD_SET(IDR1, CMDQS, &r->idr1, p->cmdqs);
    FIELD_SET(IDR1, EVENTQS, &r->idr1, p->eventqs);
    FIELD_SET(IDR1, PRIQS, &r->idr1, p->priqs);
    FIELD_SET(IDR3, PPS, &r->idr3, p->pps);
    FIELD_SET(AIDR, MINOR, &r->aidr, p->minor);
    r->iidr = p->iidr;
}

/* To what the model has, and this one's stalled transactions. */
static void limit_ids(struct smmuv3_system *s)
{
    struct smmuv3_regs *r = &s->regs;

    smmuv3_ids_limit(r);
    FIELD_SET(IDR5, STALL_MAX, &r->idr5,
              FIELD_GET(IDR0, STALL_MODEL, &r->idr0) == 1 ? 0 : s->par.stall.entries);
}

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
    FIELD_SET(IDR3, FWB, &r->idr3, p->fwb);
    FIELD_SET(IDR3, BBML, &r->idr3, p->bbml);
    FIELD_SET(IDR3, E0PD, &r->idr3, p->e0pd);
    FIELD_SET(IDR3, EPAN, &r->idr3, p->epan);
    FIELD_SET(IDR3, PTWNNC, &r->idr3, p->ptwnnc);
    FIELD_SET(IDR5, OAS, &r->idr5, smmuv3_size_code((unsigned)p->oas));
    FIELD_SET(IDR5, GRAN4K, &r->idr5, p->gran4k);
    FIELD_SET(IDR5, GRAN16K, &r->idr5, p->gran16k);
    FIELD_SET(IDR5, GRAN64K, &r->idr5, p->gran64k);
    FIELD_SET(IDR5, DS, &r->idr5, p->ds);
    FIELD_SET(IDR5, VAX, &r->idr5, p->vax);
    build_driver_idr(s);
    limit_ids(s);
}

/* ---- keys and tags ------------------------------------------------------------------------------- */

static uint64_t context_tag(const struct smmuv3_system *s, const struct smmuv3_config *c, bool s1)
{
    uint64_t t = 0;

    FIELD_SET(TLB_TAG, S1, &t, s1);
    FIELD_SET(TLB_TAG, REGIME, &t, c->regime);
    FIELD_SET(TLB_TAG, VMID, &t, c->vmid);
    FIELD_SET(TLB_TAG, ASID, &t, s1 ? c->asid : 0);
    FIELD_SET(TLB_TAG, ASET, &t, s1 && c->aset && s->par.smmu.btm);
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
    return s->walk_cache[stage - 1][level + 1];
}

static uint64_t walk_key(const struct smmuv3_system *s, const struct smmuv3_xl *m, unsigned stage,
                         int level, uint64_t tag)
{
    if (stage == 1)
        FIELD_SET(TLB_TAG, HALF, &tag, m->half);
    if (s->par.tcu.walk_caches != SMMUV3_WC_LEVEL)
        FIELD_SET(TLB_TAG, LEVEL, &tag, (unsigned)(level + 1));
    return tag;
}

/* Does tcu.tlb hold stage 1 alone of this transaction's two? */
static bool is_split(const struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    return s->par.tcu.tlb_stages && x->m.config->s1 && x->m.config->s2;
}

/* ---- counting ------------------------------------------------------------------------------------ */

void smmuv3_count_pmcg(struct smmuv3_system *s, const struct xl_req *r)
{
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_TRANSACTION, r->sid);
    if (r->type == XL_ATS_REQUEST)
        smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_ATS_REQUEST, r->sid);
}

static void count_config_miss(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    if (x->speculative)
        return;
    s->st.config_cache_miss++;
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_CONFIG_MISS, x->m.req.sid);
}

static void count_tlb_miss(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    if (x->speculative)
        return;
    s->st.tlb_miss++;
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_TLB_MISS, x->m.req.sid);
}

/* ---- the TCU answers ----------------------------------------------------------------------------- */

static bool read_words(struct smmuv3_system *s, struct smmuv3_xact *x, uint64_t *words)
{
    const struct smmuv3_q *q = &x->m.q;

    x->trail->reads++;
    if (q->kind == SMMUV3_Q_S1 || q->kind == SMMUV3_Q_S2) {
        s->st.trans_table_walk_access++;
        smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_WALK_ACCESS, x->m.req.sid);
        x->s1_reads += q->kind == SMMUV3_Q_S1;
        x->s2_reads += q->kind == SMMUV3_Q_S2;
    } else {
        s->st.config_struct_access++;
        smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_CONFIG_ACCESS, x->m.req.sid);
    }
    return mem_read(s->sys.mem, q->pa, q->words, words);
}

static void looked(struct system_trail *trail, bool hit)
{
    if (trail->lookups < 32 && hit)
        trail->hits |= 1u << trail->lookups;
    trail->lookups++;
}

unsigned smmuv3_walk_levels(const struct smmuv3_xact *x, unsigned stage)
{
    const struct smmuv3_config *c = x->m.config;
    int start = stage == 1 ? c->tt[x->m.half & 1].start : c->s2t.start;

    return (unsigned)(VMSA_LEVEL_LAST - start);
}

/* Walk caches of one level each have one key for all. */
static const struct vmsa_seed *probe_levels(struct smmuv3_system *s, unsigned stage, uint64_t key,
                                            uint64_t in)
{
    struct store *const *wc = s->walk_cache[stage - 1];
    const struct vmsa_seed *deepest = NULL;

    for (unsigned l = ARRAY_LEN(s->walk_cache[0]); l-- > s->walk_first;) {
        const struct vmsa_seed *found = store_lookup(wc[l], key, in);

        if (!deepest)
            deepest = found;
    }
    return deepest;
}

/* All levels are probed before the first read; the deepest hit is where the walk begins. */
static const struct vmsa_seed *probe_walk_caches(struct smmuv3_system *s, struct smmuv3_xact *x,
                                                 unsigned stage, uint64_t tag, uint64_t in)
{
    const struct vmsa_seed *deepest = NULL;
    int first;

    if (__builtin_expect(s->par.tcu.walk_caches == SMMUV3_WC_LEVEL, 1))
        return probe_levels(s, stage, walk_key(s, &x->m, stage, 0, tag), in);
    first = VMSA_LEVEL_LAST - (int)smmuv3_walk_levels(x, stage);
    for (int level = VMSA_LEVEL_LAST - 1; level >= first; level--) {
        uint64_t key = walk_key(s, &x->m, stage, level, tag);
        const struct vmsa_seed *found = store_lookup(walk_cache(s, stage, level), key, in);

        if (!deepest)
            deepest = found;
    }
    return deepest;
}

/* With time between its questions a transaction keeps a configuration of its own: that of the cache may be
 * replaced meanwhile. */
static void tell_config(struct smmuv3_xact *x, const struct smmuv3_config *c)
{
    if (x->flow) {
        x->m.own_config = *c;
        c = &x->m.own_config;
    }
    smmuv3_xl_tell_config(&x->m, c);
}

static void answer_config(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_config *c = NULL;

    if (store_exists(&s->cfg)) {
        c = store_lookup(&s->cfg, smmuv3_stream_key(&x->m.req), x->m.req.sid);
        x->trail->config_looked = true;
        x->trail->config_hit = c != NULL;
    }
    if (c) {
        tell_config(x, c);
    } else {
        count_config_miss(s, x);
        smmuv3_xl_tell_none(&x->m);
    }
}

/* One lookup of tcu.tlb: by the granule of stage 1, then by that of stage 2 where it is in the key,
 * then among the global entries. */
static const struct xl_leaf *find_context(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_config *c = x->m.config;
    unsigned granule = c->s1 ? c->tt[x->m.half & 1].granule_log2 : c->s2t.granule_log2;
    uint64_t key = context_key(s, x->tag, granule);

    if (c->s1 && c->s2 && s->par.tcu.key_granule && !store_peek(&s->ctlb, key, x->m.canon))
        key = context_key(s, x->tag, c->s2t.granule_log2);
    if (s->globals && c->s1 && !store_peek(&s->ctlb, key, x->m.canon))
        key = global_key(x->tag);
    return store_lookup(&s->ctlb, key, x->m.canon);
}

static void tell_seed(struct smmuv3_xact *x, const struct vmsa_seed *seed)
{
    if (seed)
        smmuv3_xl_tell_seed(&x->m, seed);
    else
        smmuv3_xl_tell_none(&x->m);
}

static void answer_tlb(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_config *c = x->m.config;
    const struct xl_leaf *l = NULL;

    x->tag = context_tag(s, c, c->s1);
    if (store_exists(&s->ctlb)) {
        if (x->m.q.outside)
            s->ctlb.st.lookups++;
        else
            l = find_context(s, x);
        looked(x->trail, l != NULL);
    }
    if (s->prefetch)
        smmuv3_prefetch_looked(s, x, l);
    if (l && smmuv3_xl_may_use(&x->m, l)) {
        smmuv3_xl_tell_tlb(&x->m, l);
        return;
    }
    if (x->m.q.outside) {
        smmuv3_xl_tell_none(&x->m);
        return;
    }
    count_tlb_miss(s, x);
    tell_seed(x, probe_walk_caches(s, x, c->s1 ? 1 : 2, x->tag, x->m.canon));
}

static struct store *ipa_store(struct smmuv3_system *s, unsigned cls)
{
    if (cls == EVENT_CLASS_IN && !s->par.tcu.ipa_final)
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

static uint64_t ipa_key(const struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    const struct smmuv3_config *c = x->m.config;

    return context_key(s, context_tag(s, c, false), c->s2t.granule_log2);
}

static void answer_ipa(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_q *q = &x->m.q;
    struct store *store = ipa_store(s, q->cls);
    const struct xl_leaf *l = store ? store_lookup(store, ipa_key(s, x), q->ipa) : NULL;

    if (store == &s->ctlb)
        looked(x->trail, l != NULL);
    if (l && smmuv3_xl_may_use(&x->m, l)) {
        smmuv3_xl_tell_ipa(&x->m, l);
        return;
    }
    if (q->cls == EVENT_CLASS_IN && is_split(s, x) && !x->s1_reads)
        count_tlb_miss(s, x);
    tell_seed(x, probe_walk_caches(s, x, 2, context_tag(s, x->m.config, false), q->ipa));
}

/* ---- what is kept -------------------------------------------------------------------------------- */

/* In timed mode an invalidation may have come while the translation was under way. */
static bool overtaken(struct smmuv3_system *s, const struct smmuv3_xact *x, const struct store *store,
                      uint64_t key, uint64_t base, unsigned size_log2, uint64_t tag)
{
    if (!x->flow || !timed_overtaken(s->sys.timed, x->flow, store, key, base, size_log2, tag))
        return false;
    s->sys.timed->st.overtaken++;
    return true;
}

static void insert_leaf(struct smmuv3_system *s, struct smmuv3_xact *x, struct store *store, uint64_t key,
                        uint64_t tag, uint64_t base, const struct xl_leaf *l)
{
    bool flushed = false;
    struct xl_leaf *to;

    if (overtaken(s, x, store, key, base, l->size_log2, tag))
        return;
    if (s->par.parts.par.by)
        smmuv3_parts_fill(s, &x->m.req, x->m.config->vmid, store);
    to = store_fill(store, key, base, l->size_log2, tag, &flushed);
    *to = *l;
    if (flushed && store == &s->ctlb && x->trail->lookups)
        x->trail->flushes |= 1u << (x->trail->lookups - 1);
}

static void keep_ipa(struct smmuv3_system *s, struct smmuv3_xact *x, unsigned cls)
{
    struct store *store = ipa_store(s, cls);
    const struct smmuv3_config *c = x->m.config;

    if (store && (c->s1 || cls != EVENT_CLASS_IN))
        insert_leaf(s, x, store, ipa_key(s, x), context_tag(s, c, false), x->m.ipa_leaf.ipa,
                    &x->m.ipa_leaf);
}

/* What invalidations find an entry by. */
static uint64_t leaf_tag(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    const struct xl_leaf *l = &x->m.leaf;
    uint64_t tag = x->tag;

    FIELD_SET(TLB_TAG, GLOBAL, &tag, l->global);
    if (l->block_log2) {
        FIELD_SET(TLB_TAG, PIECE, &tag, 1);
        if (s->piece_log2 < l->block_log2)
            s->piece_log2 = l->block_log2;
    }
    return tag;
}

uint64_t smmuv3_leaf_key(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct xl_leaf *l)
{
    return l->global && s->par.tcu.inval_match == 0 ? global_key(x->tag)
                                                    : context_key(s, x->tag, l->granule_log2);
}

/* What a request has brought meanwhile a prefetch leaves alone; what a request waits for is its own. */
static void put_context(struct smmuv3_system *s, struct smmuv3_xact *x, const struct xl_leaf *l,
                        uint64_t tag)
{
    uint64_t key = smmuv3_leaf_key(s, x, l);

    s->globals |= l->global && s->par.tcu.inval_match == 0;
    if (x->speculative && store_peek(&s->ctlb, key, l->iova))
        return;
    if (x->speculative && !(x->flow && x->flow->retry)) {
        FIELD_SET(TLB_TAG, PREFETCHED, &tag, 1);
        s->prefetch->st.kept++;
    }
    insert_leaf(s, x, &s->ctlb, key, tag, l->iova, l);
}

static void keep_stage1(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    if (store_exists(&s->ctlb) && is_split(s, x))
        put_context(s, x, &x->m.leaf, leaf_tag(s, x));
}

static void keep_table(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_xl *m = &x->m;
    bool s1 = m->seed_stage == 1;
    int level = m->seed.level - 1;
    struct store *wc = walk_cache(s, m->seed_stage, level);
    unsigned size = vmsa_shift((s1 ? m->w1.t : m->w2.t)->granule_log2, level);
    uint64_t tag = context_tag(s, m->config, s1), key = walk_key(s, m, m->seed_stage, level, tag);
    uint64_t base = s1 ? m->canon : m->seed_in;

    if (store_exists(wc) && !overtaken(s, x, wc, key, base, size, tag))
        *(struct vmsa_seed *)store_fill(wc, key, base, size, tag, NULL) = m->seed;
}

/* The StreamID stands in for an address: it selects the set. */
static void keep_config(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct xl_req *r = &x->m.req;
    uint64_t key = smmuv3_stream_key(r);

    if (store_exists(&s->cfg) && !overtaken(s, x, &s->cfg, key, r->sid, 0, 0))
        *(struct smmuv3_config *)store_fill(&s->cfg, key, r->sid, 0, 0, NULL) = x->m.own_config;
}

/* Two updates of one descriptor may be under way: who comes second finds another word than it expects. */
static void update_descriptor(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_q q = x->m.q;
    uint64_t found;
    bool ok = mem_read(s->sys.mem, q.pa, 1, &found);

    s->st.descriptor_updates++;
    if (ok && found == q.old)
        mem_write64(s->sys.mem, q.pa, q.value);
    smmuv3_xl_tell(&x->m, ok ? &found : NULL);
}

static void keep(struct smmuv3_system *s, struct smmuv3_xact *x, unsigned cls)
{
    if (x->m.got & SMMUV3_GOT_CONFIG)
        keep_config(s, x);
    if (x->m.got & SMMUV3_GOT_IPA)
        keep_ipa(s, x, cls);
    if (x->m.got & SMMUV3_GOT_S1)
        keep_stage1(s, x);
    if (x->m.got & SMMUV3_GOT_TABLE)
        keep_table(s, x);
}

void smmuv3_answer(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    uint64_t words[STE_WORDS];
    unsigned cls = x->m.q.cls;

    switch (x->m.q.kind) {
    case SMMUV3_Q_CONFIG:
        answer_config(s, x);
        break;
    case SMMUV3_Q_TLB:
        answer_tlb(s, x);
        break;
    case SMMUV3_Q_IPA:
        answer_ipa(s, x);
        break;
    case SMMUV3_Q_CAS:
        update_descriptor(s, x);
        break;
    default:
        smmuv3_xl_tell(&x->m, read_words(s, x, words) ? words : NULL);
        break;
    }
    if (x->m.got)
        keep(s, x, cls);
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

/* Of a piece of a stage 1 block it was not said to earlier invalidations that there would be one. */
static bool piece_overtaken(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    return x->m.leaf.block_log2 && x->flow && x->flow->since != s->sys.timed->invals;
}

static void keep_context(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    if (store_exists(&s->ctlb) && !is_split(s, x) && !piece_overtaken(s, x))
        put_context(s, x, &x->m.leaf, x->leaf_tag);
}

static void put_line(struct smmuv3_system *s, const struct smmuv3_xact *x, struct store *store,
                     const struct tbu_line *line)
{
    const struct xl_leaf *l = &x->m.leaf;
    uint64_t key = smmuv3_stream_key(&x->m.req), tag = x->leaf_tag;

    if (!store_exists(store) || overtaken(s, x, store, key, l->iova, l->size_log2, tag))
        return;
    if (s->par.parts.par.by)
        smmuv3_parts_fill(s, &x->m.req, x->m.config->vmid, store);
    *(struct tbu_line *)store_fill(store, key, l->iova, l->size_log2, tag, NULL) = *line;
}

/* A tagged address is not what TLBI names: not kept by stream. */
/* That a stream is not translated: one entry over all addresses that pass. */
static void fill_bypass(struct smmuv3_system *s, struct smmuv3_xact *x, struct smmuv3_tbu *tbu)
{
    const struct smmuv3_xl *m = &x->m;
    struct tbu_line line = { .mair = m->res.mair, .sh = m->res.sh | TBU_LINE_BYPASS };

    if (!s->par.smmu.tbu_bypass || m->config->config != STE_BYPASS || !xl_req_plain(&m->req))
        return;
    x->m.leaf = (struct xl_leaf){ .size_log2 = (uint8_t)smmuv3_oas(&s->regs) };
    x->leaf_tag = 0;
    FIELD_SET(TLB_TAG, REGIME, &x->leaf_tag, 3);
    put_line(s, x, &tbu->tlb, &line);
    put_line(s, x, &tbu->utlb, &line);
}

void smmuv3_fill_tbu(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_xl *m = &x->m;
    struct smmuv3_tbu *tbu = &s->tbu[smmuv3_tbu_of(s, m->req.sid)];
    uint8_t perm = m->leaf.perm1 & m->leaf.perm2;
    struct tbu_line line;

    if (m->res.outcome == XL_BYPASS && FIELD_GET(CR0, SMMUEN, &s->regs.cr0)) {
        fill_bypass(s, x, tbu);
        return;
    }
    if (!m->has_leaf || m->res.outcome != XL_OK || m->req.addr != m->canon ||
        (m->req.mem != XL_MEM_WB && !m->leaf.stage1) || piece_overtaken(s, x))
        return;
    if (m->config->e0pd[m->half & 1])
        perm &= XL_PR | XL_PW | XL_PX;
    line = (struct tbu_line){ .delta = m->leaf.pa - m->leaf.iova, .domain = m->res.domain,
                              .level = m->leaf.level, .mair = m->res.mair,
                              .sh = m->res.sh | (m->leaf.stage1 ? 0 : TBU_LINE_AS_WB),
                              .perm = embed_overrides(m->config, perm) };
    put_line(s, x, &tbu->tlb, &line);
    put_line(s, x, &tbu->utlb, &line);
}

/* ---- a request ----------------------------------------------------------------------------------- */

/* By the tables read: stage 1's if it took part, else stage 2's. */
static uint8_t class_of_walk(const struct smmuv3_xact *x)
{
    unsigned s1 = x->s1_reads < 4 ? x->s1_reads : 4, s2 = x->s2_reads < 4 ? x->s2_reads : 4;

    if (!x->m.config->s1)
        return (uint8_t)(SMMUV3_CLASS_S2_1 + (s2 ? s2 - 1 : 0));
    if (x->m.config->s2)
        return (uint8_t)(SMMUV3_CLASS_NEST_0 + s1);
    return (uint8_t)(SMMUV3_CLASS_S1_1 + (s1 ? s1 - 1 : 0));
}

static uint8_t class_of_ok(const struct smmuv3_xact *x)
{
    if (!x->m.walked || x->s1_reads + x->s2_reads == 0)
        return SMMUV3_CLASS_TCU;
    return x->trail->config_hit ? class_of_walk(x) : SMMUV3_CLASS_CONFIG;
}

static void classify(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct xl_result *r = &x->m.res;

    if (r->recorded && r->outcome != XL_STALL)
        s->st.events++;
    switch (r->outcome) {
    case XL_OK:
    case XL_ATS_OK:
        s->st.translated++;
        x->trail->cls = class_of_ok(x);
        break;
    case XL_BYPASS:
        s->st.bypassed++;
        if (x->m.req.type == XL_TRANSLATED)
            smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_ATS_TRANSLATED, x->m.req.sid);
        x->trail->cls = SMMUV3_CLASS_BYPASS;
        break;
    case XL_ABORT:
        s->st.aborted++;
        x->trail->cls = SMMUV3_CLASS_ABORT;
        break;
    case XL_STALL:
        s->st.stalled++;
        x->trail->cls = SMMUV3_CLASS_STALLED;
        break;
    default:
        s->st.faults++;
        x->trail->cls = SMMUV3_CLASS_FAULT;
        break;
    }
}

/* Makes an entry of both stages that of a page: a piece of stage 1's block if that is larger. */
static void trim(const struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct smmuv3_config *c = x->m.config;
    struct xl_leaf *l = &x->m.leaf;
    unsigned page = c->tt[x->m.half & 1].granule_log2;
    uint64_t offset;

    if (!s->par.tcu.nested_entry || !l->stage1 || !l->stage2)
        return;
    if (c->s2t.granule_log2 < page)
        page = c->s2t.granule_log2;
    if (l->size_log2 <= page)
        return;
    if (!l->block_log2)
        l->block_log2 = l->size_log2;
    offset = bits_align_down(x->m.canon - l->iova, page);
    l->iova += offset;
    l->ipa += offset;
    l->pa += offset;
    l->size_log2 = (uint8_t)page;
    l->granule_log2 = (uint8_t)page;
}

void smmuv3_end(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    if (x->m.has_leaf && (x->m.res.outcome == XL_OK || x->m.res.outcome == XL_ATS_OK)) {
        trim(s, x);
        x->leaf_tag = leaf_tag(s, x);
        if (x->m.walked)
            keep_context(s, x);
    }
    if (!x->speculative)
        classify(s, x);
}

void smmuv3_tell_record(struct smmuv3_system *s, const struct xl_req *req, const struct xl_result *res)
{
    const struct system_watch *w = s->sys.watch;
    uint64_t words[EVENT_WORDS];

    smmuv3_event_encode(req, res, words);
    if (res->outcome == XL_STALL)
        smmuv3_record_surely(s, words);
    else
        smmuv3_record(s, words);
    if (w && w->recorded)
        w->recorded(w->arg, words);
}

static __attribute__((noinline, flatten)) void tcu(struct smmuv3_system *s, const struct xl_req *req,
                                          struct xl_result *res, struct system_trail *trail)
{
    struct smmuv3_xact *x = &s->x;

    x->trail = trail;
    x->s1_reads = x->s2_reads = 0;
    smmuv3_xl_begin(&x->m, &s->regs, &s->impl, req);
    while (smmuv3_xl_ask(&x->m))
        smmuv3_answer(s, x);
    smmuv3_end(s, x);
    smmuv3_fill_tbu(s, x);
    *res = x->m.res;
    if (s->prefetch)
        smmuv3_prefetch_after(s, x);
    if (__builtin_expect(res->outcome == XL_STALL, 0))
        smmuv3_stall_untimed(s, req, res);
    else if (__builtin_expect(res->recorded, 0))
        smmuv3_tell_record(s, req, res);
}

static void refill_utlb(struct smmuv3_system *s, struct smmuv3_tbu *tbu, const struct xl_req *req,
                        const struct tbu_line *line)
{
    uint64_t key = smmuv3_stream_key(req);
    struct store_view v;

    if (!store_exists(&tbu->utlb) || !store_view_of(&tbu->tlb, line, &v))
        return;
    if (s->par.parts.par.by)
        smmuv3_parts_fill(s, req, line->domain >> 16, &tbu->utlb);
    *(struct tbu_line *)store_fill(&tbu->utlb, key, v.base, v.size_log2, v.tag, NULL) = *line;
}

/* What a line says of a request, if it can say it. */
static bool answers(struct smmuv3_system *s, const struct tbu_line *line, const struct xl_req *req,
                    struct xl_result *res, struct system_trail *trail)
{
    if (smmuv3_line_permits(line, req)) {
        smmuv3_use_line(s, line, req, res);
        return true;
    }
    if (!(line->sh & TBU_LINE_BYPASS) || !xl_req_plain(req))
        return false;
    *res = (struct xl_result){ .outcome = XL_BYPASS, .pa = req->addr, .write = req->write,
                               .priv = req->priv, .exec = req->exec, .mair = line->mair,
                               .sh = line->sh & 3 };
    trail->cls = SMMUV3_CLASS_BYPASS;
    s->st.bypassed++;
    return true;
}

bool smmuv3_lookup_tbu(struct smmuv3_system *s, struct smmuv3_tbu *tbu, unsigned level, bool again,
                       const struct xl_req *req, struct xl_result *res, struct system_trail *trail)
{
    uint64_t key = smmuv3_stream_key(req);
    struct store *store = level == 0 ? &tbu->utlb : &tbu->tlb;
    const struct tbu_line *line = again ? store_lookup_again(store, key, req->addr)
                                        : store_lookup(store, key, req->addr);

    trail->cls = level == 0 ? SMMUV3_CLASS_UTLB : SMMUV3_CLASS_TLB;
    if (!line || !answers(s, line, req, res, trail))
        return false;
    if (level == 1)
        refill_utlb(s, tbu, req, line);
    return true;
}

/* A lookup in each TLB, and on to the TCU; `hinted` is the line that the stream used last. */
static __attribute__((noinline)) void look_on(struct smmuv3_system *s, struct smmuv3_tbu *tbu,
                                              const struct xl_req *req, struct xl_result *res,
                                              struct system_trail *trail, struct store_entry *hinted)
{
    uint64_t key = smmuv3_stream_key(req);
    const struct tbu_line *line;

    if (req->type != XL_UNTRANSLATED) {
        tcu(s, req, res, trail);
        return;
    }
    line = store_lookup_from(&tbu->utlb, hinted, key, req->addr);
    if (line && answers(s, line, req, res, trail))
        return;
    if (!smmuv3_lookup_tbu(s, tbu, 1, false, req, res, trail))
        tcu(s, req, res, trail);
}

/* Most requests want the line that their stream used last.  The policy is told of it at the end, so
 * that nothing need be kept across a call. */
static void translate(struct system *sys, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct smmuv3_tbu *tbu = &s->tbu[smmuv3_tbu_of(s, req->sid)];
    struct store_entry *e = store_hinted(&tbu->utlb, smmuv3_stream_key(req), req->addr);

    *trail = (struct system_trail){ .cls = SMMUV3_CLASS_UTLB };
    s->st.transaction++;               /* pmcg: translate_counted */
    if (!FIELD_GET(CR0, SMMUEN, &s->regs.cr0)) {
        tcu(s, req, res, trail);
    } else if (e && xl_req_plain(req) && smmuv3_line_permits_plain((const void *)(e + 1), req)) {
        smmuv3_use_line(s, (const void *)(e + 1), req, res);
        store_use(&tbu->utlb, e);
    } else {
        look_on(s, tbu, req, res, trail, e);
    }
}

static void translate_counted(struct system *sys, const struct xl_req *req, struct xl_result *res,
                              struct system_trail *trail)
{
    smmuv3_count_pmcg(CONTAINER_OF(sys, struct smmuv3_system, sys), req);
    translate(sys, req, res, trail);
}

/* Of a system whose devices have ATCs. */
static void translate_at_device(struct system *sys, const struct xl_req *req, struct xl_result *res,
                                struct system_trail *trail)
{
    ats_translate(sys->ats, req, res, trail);
}

/* ---- registers and commands ---------------------------------------------------------------------- */

bool smmuv3_decode(const struct smmuv3_system *s, const uint64_t *words, unsigned n,
                   struct smmuv3_cmd *c)
{
    return n >= CMD_WORDS && (smmuv3_cmd_decode(&s->regs, words, c) == CERROR_NONE ||
                              (c->reserved && s->par.tcu.reserved_range));
}

static int command(struct system *sys, const uint64_t *words, unsigned n)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct smmuv3_cmd c;

    if (!sys->timed)
        cmdq_pass(s->driver.cmdq);
    if (!smmuv3_decode(s, words, n, &c)) {
        s->st.command_errors++;
        return 0;
    }
    s->st.commands++;
    switch (c.op) {
    case SMMUV3_CMD_RESUME:
    case SMMUV3_CMD_STALL_TERM:
        smmuv3_stall_command(s, &c);
        break;
    case SMMUV3_CMD_PREFETCH_ADDR:
    case SMMUV3_CMD_PREFETCH_CONFIG:
        smmuv3_prefetch_command(s, &c, words);
        break;
    case SMMUV3_CMD_SYNC:
        smmuv3_sync_signal(s, &c);
        break;
    case SMMUV3_CMD_ATC_INV:
        smmuv3_atc_invalidate(s, &c);
        break;
    case SMMUV3_CMD_PRI_RESP:
        smmuv3_page_response(s, &c);
        break;
    default:
        smmuv3_invalidate(s, &c);
        break;
    }
    return 0;
}

static int reg_write(struct system *sys, uint32_t offset, uint64_t value, unsigned bytes)
{
    smmuv3_driver_write(CONTAINER_OF(sys, struct smmuv3_system, sys), offset, value, bytes);
    return 0;
}

/* [SMMUv3 3.17]: of scopes that are not there nothing is said. */
static void broadcast(struct system *sys, const uint64_t *words, unsigned n)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct oracle_inval inv;
    struct smmuv3_cmd c;

    if (!FIELD_GET(IDR0, BTM, &s->regs.idr0) || FIELD_GET(CR2, PTM, &s->regs.cr2) ||
        !smmuv3_decode(s, words, n, &c) || c.op < SMMUV3_CMD_TLBI_NH_ALL || c.op > SMMUV3_CMD_TLBI_NSNH_ALL) {
        s->st.broadcasts_ignored++;
        return;
    }
    c.broadcast = true;
    s->st.broadcasts++;
    if (sys->judge && smmuv3_oracle_inval(&c, &inv))
        judge_inval(sys->judge, sys, &inv);
    if (sys->timed)
        smmuv3_timed_broadcast(s);
    smmuv3_invalidate(s, &c);
}

static uint64_t reg_read(struct system *sys, uint32_t offset, unsigned bytes)
{
    return smmuv3_driver_read(CONTAINER_OF(sys, struct smmuv3_system, sys), offset, bytes);
}

static int capability(struct system *sys, uint32_t offset, uint64_t value)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (s->par.smmu.capabilities == 0 && offset < 0x20) {
        smmuv3_reg_write(&s->regs, offset, value, 4);
        limit_ids(s);
    }
    return 0;
}

/* Stores that do not exist are left out by what is called. */
static void each_store(struct smmuv3_system *s, void (*fn)(struct store *store))
{
#define OF_TBU(member, path) fn(&s->tbu[i].member);
#define OF_TCU(member, path) fn(&s->member);
    for (unsigned i = 0; i < s->tbus; i++) {
        SMMUV3_TBU_STORES(OF_TBU)
    }
    SMMUV3_TCU_STORES(OF_TCU)
#undef OF_TBU
#undef OF_TCU
}

void smmuv3_forget(struct smmuv3_system *s)
{
    each_store(s, store_clear);
}

static void reset(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    smmuv3_driver_reset(s);
    if (s->prefetch && s->sys.timed)
        s->sys.timed->invals++;        /* prefetches under way give up */
    smmuv3_ats_forget(s);
    if (sys->ats)
        ats_reset(sys->ats);
    smmuv3_stall_end_all(s);
    each_store(s, store_clear);
}

static void destroy(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (s->tbu)
        each_store(s, store_destroy);
    smmuv3_stalls_destroy(&s->stalls);
    ats_free(sys->ats);
    free(s->tbu);
    smmuv3_prefetch_destroy(s);
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

    return smmuv3_decode((const struct smmuv3_system *)CONTAINER_OF(sys, struct smmuv3_system, sys),
                         words, n, &c) && smmuv3_oracle_inval(&c, inv);
}

static int start_timed(struct system *sys, uint64_t seed)
{
    return smmuv3_timed_start(CONTAINER_OF(sys, struct smmuv3_system, sys), seed);
}

#define OPS(translate_)                                                                             \
    .translate = (translate_), .command = command, .broadcast = broadcast,                          \
    .reg_write = reg_write, .reg_read = reg_read,                                                   \
    .capability = capability, .reset = reset, .destroy = destroy,                                   \
    .oracle = &smmuv3_oracle, .regs = regs, .inval = inval, .start_timed = start_timed,        \
    .take_page_request = smmuv3_take_page_request

/* Who has no counters of PMCG does not pay for them with every hit. */
static const struct system_ops ops = { OPS(translate) }, counted_ops = { OPS(translate_counted) },
                               device_ops = { OPS(translate_at_device) };

/* Which stores the walk caches are; the others do not exist. */
static void find_walk_caches(struct smmuv3_system *s)
{
    struct store *const level[2][4] = { { &s->wc_s1lm1, &s->wc_s1l0, &s->wc_s1l1, &s->wc_s1l2 },
                                        { &s->wc_s2lm1, &s->wc_s2l0, &s->wc_s2l1, &s->wc_s2l2 } };
    uint64_t how = s->par.tcu.walk_caches;

    for (unsigned stage = 0; stage < 2; stage++) {
        struct store *shared = how == SMMUV3_WC_UNIFIED ? &s->wc : stage == 0 ? &s->wc_s1 : &s->wc_s2;

        for (unsigned l = 0; l < 4; l++)
            s->walk_cache[stage][l] = how == SMMUV3_WC_LEVEL ? level[stage][l] : shared;
    }
    s->walk_first = !s->par.wc_s1lm1.sets && !s->par.wc_s2lm1.sets;
#define OUT_UNLESS(how_is, member) s->par.member.sets *= how == (how_is);
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1lm1) OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l0)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l1)  OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l2)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2lm1) OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l0)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l1)  OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l2)
    OUT_UNLESS(SMMUV3_WC_STAGE, wc_s1)    OUT_UNLESS(SMMUV3_WC_STAGE, wc_s2)
    OUT_UNLESS(SMMUV3_WC_UNIFIED, wc)
#undef OUT_UNLESS
}

static int make_tbu(struct smmuv3_system *s, unsigned i, uint64_t seed)
{
    struct smmuv3_tbu *t = &s->tbu[i];
    char name[16] = "tbu";

    if (i)
        snprintf(name, sizeof name, "tbu%u", i);
    comp_init(&t->comp, &tbu_kind, &s->sys.top, name, NULL, NULL);
    return store_init(&t->utlb, &t->comp, "utlb", &s->par.utlb, sizeof(struct tbu_line), TLB_LINE_BITS,
                      seed) |
           store_init(&t->tlb, &t->comp, "tlb", &s->par.tlb, sizeof(struct tbu_line), TLB_LINE_BITS,
                      seed);
}

static int make_tcu(struct smmuv3_system *s, uint64_t seed)
{
    int err = 0;

    comp_init(&s->tcu, &tcu_kind, &s->sys.top, "tcu", &s->par.tcu, NULL);
#define INIT(member, name, bytes, bits)                                                            \
    err |= store_init(&s->member, &s->tcu, name, &s->par.member, bytes, bits, seed)
    INIT(ctlb, "tlb", sizeof(struct xl_leaf), TLB_LINE_BITS);
    INIT(cfg, "cfg", sizeof(struct smmuv3_config), CONFIG_BITS);
    INIT(ipa, "ipa", sizeof(struct xl_leaf), TLB_LINE_BITS);
#define INIT_WALK(member) INIT(member, #member, sizeof(struct vmsa_seed), SEED_BITS);
    INIT_WALK(wc_s1lm1) INIT_WALK(wc_s1l0) INIT_WALK(wc_s1l1) INIT_WALK(wc_s1l2)
    INIT_WALK(wc_s2lm1) INIT_WALK(wc_s2l0) INIT_WALK(wc_s2l1) INIT_WALK(wc_s2l2)
    INIT_WALK(wc_s1)    INIT_WALK(wc_s2)   INIT_WALK(wc)
#undef INIT_WALK
#undef INIT
    return err;
}

static int make_stores(struct smmuv3_system *s, uint64_t seed)
{
    int err = 0;

    s->tbu = calloc(s->par.smmu.tbus, sizeof *s->tbu);
    if (!s->tbu)
        return SIM_EENV;
    s->tbus = (unsigned)s->par.smmu.tbus;
    for (unsigned i = 0; i < s->tbus; i++)
        err |= make_tbu(s, i, seed);
    return err | make_tcu(s, seed) | smmuv3_prefetch_init(s);
}

struct system *smmuv3_system_new(const struct smmuv3_system_params *p, uint64_t seed,
                                 struct diag *d)
{
    struct smmuv3_system *s = calloc(1, sizeof *s);

    if (!s) {
        diag_env(d, NULL, "no memory");
        return NULL;
    }
    s->sys.arch = SYSTEM_SMMUV3;
    s->sys.class_name = class_names;
    s->sys.classes = SMMUV3_CLASS_COUNT;
    s->par = *p;
    s->impl.root_ipa_in_config = p->tcu.root_ipa_in_config;
    s->impl.table_ipa_base = p->tcu.table_ipa_base;
    s->impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    s->impl.contiguous = p->tcu.contiguous;
    s->view.regs = &s->regs;
    s->view.impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    build_idr(s);
    find_walk_caches(s);
    comp_init(&s->sys.top, &smmu_kind, NULL, "smmu", &s->par.smmu, &s->st);
    smmuv3_pmcg_init(&s->pmcg, &s->sys.top, p->pmcg);
    s->sys.ops = p->device.lines.sets ? &device_ops : s->pmcg.events ? &counted_ops : &ops;
    if (make_stores(s, seed) || smmuv3_driver_init(s) ||
        smmuv3_stalls_init(&s->stalls, &s->sys.top, &p->stall) ||
        smmuv3_ats_init(s, s->pmcg.events ? translate_counted : translate, seed)) {
        diag_env(d, NULL, "no memory for the stores");
        destroy(&s->sys);
        return NULL;
    }
    return &s->sys;
}
