/* SPDX-License-Identifier: Apache-2.0
 *
 * The TCU of an SMMUv3: what its structures answer to the machine's questions, and what they keep.
 */
#include "base/sim.h"
#include "system/smmuv3/smmuv3.h"
#include "system/smmuv3/prefetch.h"

/* What follows is expanded where it is known how a translation is made: once for a usual unit (s->usual)
 * without time, once for it in time, once for any.  What is known then need not be asked with each question. */
#define TCU_INLINE static inline __attribute__((always_inline))
struct how { bool usual, timed; };
static const struct how usual = { true, false }, usual_timed = { true, true };

/* Whose time passes; NULL: none does. */
TCU_INLINE struct flow *flow_of(const struct smmuv3_xact *x, const struct how h)
{
    return h.usual && !h.timed ? NULL : x->flow;
}

TCU_INLINE enum prefetch prefetch_of(const struct smmuv3_xact *x, const struct how h)
{
    return h.usual ? PREFETCH_NOT : (enum prefetch)x->prefetch;
}

TCU_INLINE bool overtaken(struct smmuv3_system *s, const struct smmuv3_xact *x, const struct how h,
                          const struct store *store, uint64_t key, uint64_t base, unsigned size_log2, uint64_t tag)
{
    return flow_of(x, h) && smmuv3_overtaken(s, x, store, key, base, size_log2, tag);
}

/* ---- keys and tags ------------------------------------------------------------------------------- */

TCU_INLINE uint64_t context_tag(const struct smmuv3_system *s, const struct smmuv3_config *c, bool s1,
                                const struct how h)
{
    uint64_t t = 0;

    FIELD_SET(TLB_TAG, S1, &t, s1);
    FIELD_SET(TLB_TAG, REGIME, &t, c->regime);
    FIELD_SET(TLB_TAG, VMID, &t, c->vmid);
    FIELD_SET(TLB_TAG, ASID, &t, s1 ? c->asid : 0);
    if (!h.usual)
        FIELD_SET(TLB_TAG, ASET, &t, s1 && c->aset && s->par.smmu.btm);
    return t;
}

/* The key of tcu.tlb: the context, and where the profile says so the granule. */
TCU_INLINE uint64_t context_key(const struct smmuv3_system *s, uint64_t tag, unsigned granule_log2,
                                const struct how h)
{
    if (!h.usual && s->par.tcu.key_granule)
        FIELD_SET(TLB_TAG, TG, &tag, (granule_log2 - 10) / 2);
    return tag;
}

static uint64_t global_key(uint64_t tag)
{
    FIELD_SET(TLB_TAG, ASID, &tag, 0);
    FIELD_SET(TLB_TAG, GLOBAL, &tag, 1);
    return tag;
}

TCU_INLINE struct store *walk_cache(struct smmuv3_system *s, unsigned stage, int level)
{
    return s->walk_cache[stage - 1][level + 1];
}

TCU_INLINE uint64_t walk_key(const struct smmuv3_system *s, const struct smmuv3_xl *m, unsigned stage,
                             int level, uint64_t tag, const struct how h)
{
    if (stage == 1)
        FIELD_SET(TLB_TAG, HALF, &tag, m->half);
    if (!h.usual && s->par.tcu.walk_caches != SMMUV3_WC_LEVEL)
        FIELD_SET(TLB_TAG, LEVEL, &tag, (unsigned)(level + 1));
    return tag;
}

/* Does tcu.tlb hold stage 1 alone of this transaction's two? */
TCU_INLINE bool is_split(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct how h)
{
    return !h.usual && s->par.tcu.tlb_stages && x->m.config->s1 && x->m.config->s2;
}

/* ---- counting ------------------------------------------------------------------------------------ */

void smmuv3_count_pmcg(struct smmuv3_system *s, const struct xl_req *r)
{
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_TRANSACTION, r->sid);
    if (r->type == XL_ATS_REQUEST)
        smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_ATS_REQUEST, r->sid);
}

void smmuv3_count_uncommon_request(struct smmuv3_system *s, const struct xl_req *r)
{
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_TBU_REQUEST, r->sid);
    if (!r->speculative)
        return;
    s->st.speculative++;
    smmuv3_pmcg_count(&s->pmcg, SMMUV3_PMCG_SPECULATIVE, r->sid);
}

/* An event of PMCG: usual units have no counters. */
TCU_INLINE void count_event(struct smmuv3_system *s, const struct smmuv3_xact *x, enum smmuv3_pmcg_event event,
                            const struct how h)
{
    if (!h.usual)
        smmuv3_pmcg_count(&s->pmcg, event, x->m.req.sid);
}

TCU_INLINE void count_config_miss(struct smmuv3_system *s, const struct smmuv3_xact *x, const struct how h)
{
    if (prefetch_of(x, h))
        return;
    s->st.config_cache_miss++;
    count_event(s, x, SMMUV3_PMCG_CONFIG_MISS, h);
}

TCU_INLINE void count_tlb_miss(struct smmuv3_system *s, const struct smmuv3_xact *x, const struct how h)
{
    if (prefetch_of(x, h))
        return;
    s->st.tlb_miss++;
    count_event(s, x, SMMUV3_PMCG_TLB_MISS, h);
}

/* ---- the TCU answers ----------------------------------------------------------------------------- */

TCU_INLINE bool read_words(struct smmuv3_system *s, struct smmuv3_xact *x, uint64_t *words, const struct how h)
{
    const struct smmuv3_q *q = &x->m.q;

    x->trail->reads++;
    if (q->kind == SMMUV3_Q_S1 || q->kind == SMMUV3_Q_S2) {
        s->st.trans_table_walk_access++;
        count_event(s, x, SMMUV3_PMCG_WALK_ACCESS, h);
        x->s1_reads += q->kind == SMMUV3_Q_S1;
        x->s2_reads += q->kind == SMMUV3_Q_S2;
        x->trail->s1_reads += q->kind == SMMUV3_Q_S1;
        x->trail->s2_reads += q->kind == SMMUV3_Q_S2;
    } else {
        s->st.config_struct_access++;
        count_event(s, x, SMMUV3_PMCG_CONFIG_ACCESS, h);
    }
    return mem_read(s->sys.mem, q->pa, q->words, words);
}

TCU_INLINE void looked(struct system_trail *trail, bool hit)
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

/* Walk caches of one level each have one key for all.  Usual units have none of level -1. */
TCU_INLINE const struct vmsa_seed *probe_levels(struct smmuv3_system *s, unsigned stage, uint64_t key,
                                                uint64_t in, const struct how h)
{
    struct store *const *wc = s->walk_cache[stage - 1];
    const unsigned first = h.usual ? 1 : s->walk_first;
    const struct vmsa_seed *deepest = NULL;

#pragma GCC unroll 4
    for (unsigned l = ARRAY_LEN(s->walk_cache[0]); l > first; l--) {
        const struct vmsa_seed *found = store_lookup(wc[l - 1], key, in);

        if (!deepest)
            deepest = found;
    }
    return deepest;
}

/* All levels are probed before the first read; the deepest hit is where the walk begins. */
TCU_INLINE const struct vmsa_seed *probe_walk_caches(struct smmuv3_system *s, struct smmuv3_xact *x,
                                                     unsigned stage, uint64_t tag, uint64_t in, const struct how h)
{
    const struct vmsa_seed *deepest = NULL;
    int first;

    if (h.usual || s->par.tcu.walk_caches == SMMUV3_WC_LEVEL)
        return probe_levels(s, stage, walk_key(s, &x->m, stage, 0, tag, h), in, h);
    first = VMSA_LEVEL_LAST - (int)smmuv3_walk_levels(x, stage);
    for (int level = VMSA_LEVEL_LAST - 1; level >= first; level--) {
        uint64_t key = walk_key(s, &x->m, stage, level, tag, h);
        const struct vmsa_seed *found = store_lookup(walk_cache(s, stage, level), key, in);

        if (!deepest)
            deepest = found;
    }
    return deepest;
}

/* With time between its questions a transaction keeps a configuration of its own: that of the cache may be
 * replaced meanwhile. */
TCU_INLINE void tell_config(struct smmuv3_xact *x, const struct smmuv3_config *c, const struct how h)
{
    if (flow_of(x, h)) {
        x->m.own_config = *c;
        c = &x->m.own_config;
    }
    smmuv3_xl_tell_config(&x->m, c);
}

TCU_INLINE void answer_config(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_config *c = NULL;

    if (h.usual || store_exists(&s->cfg)) {
        c = store_lookup(&s->cfg, smmuv3_stream_key(&x->m.req), x->m.req.sid);
        x->trail->config_looked = true;
        x->trail->config_hit = c != NULL;
    }
    if (c) {
        tell_config(x, c, h);
    } else {
        count_config_miss(s, x, h);
        smmuv3_xl_tell_none(&x->m);
    }
}

/* One lookup of tcu.tlb: by the granule of stage 1, then by that of stage 2 where it is in the key,
 * then among the global entries. */
TCU_INLINE const struct xl_leaf *find_context(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_config *c = x->m.config;
    unsigned granule = c->s1 ? c->tt[x->m.half & 1].granule_log2 : c->s2t.granule_log2;
    uint64_t key = context_key(s, x->tag, granule, h);

    if (!h.usual && c->s1 && c->s2 && s->par.tcu.key_granule && !store_peek(&s->ctlb, key, x->m.canon))
        key = context_key(s, x->tag, c->s2t.granule_log2, h);
    if (s->globals && c->s1 && !store_peek(&s->ctlb, key, x->m.canon))
        key = global_key(x->tag);
    return store_search(&s->ctlb, key, x->m.canon);
}

TCU_INLINE void tell_seed(struct smmuv3_xact *x, const struct vmsa_seed *seed)
{
    if (seed)
        smmuv3_xl_tell_seed(&x->m, seed);
    else
        smmuv3_xl_tell_none(&x->m);
}

TCU_INLINE void answer_tlb(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_config *c = x->m.config;
    const struct xl_leaf *l = NULL;

    x->tag = context_tag(s, c, c->s1, h);
    if (h.usual || store_exists(&s->ctlb)) {
        if (x->m.q.outside)
            s->ctlb.st.lookups++;
        else
            l = find_context(s, x, h);
        looked(x->trail, l != NULL);
    }
    if (!h.usual && s->prefetch)
        smmuv3_prefetch_looked(s, x, l);
    if (l && smmuv3_xl_may_use(&x->m, l)) {
        smmuv3_xl_tell_tlb(&x->m, l);
        return;
    }
    if (x->m.q.outside) {
        smmuv3_xl_tell_none(&x->m);
        return;
    }
    count_tlb_miss(s, x, h);
    tell_seed(x, probe_walk_caches(s, x, c->s1 ? 1 : 2, x->tag, x->m.canon, h));
}

TCU_INLINE struct store *ipa_store(struct smmuv3_system *s, unsigned cls)
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

TCU_INLINE uint64_t ipa_key(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_config *c = x->m.config;

    return context_key(s, context_tag(s, c, false, h), c->s2t.granule_log2, h);
}

TCU_INLINE void answer_ipa(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_q *q = &x->m.q;
    struct store *store = ipa_store(s, q->cls);
    const struct xl_leaf *l = store ? store_lookup(store, ipa_key(s, x, h), q->ipa) : NULL;

    if (store == &s->ctlb)
        looked(x->trail, l != NULL);
    if (l && smmuv3_xl_may_use(&x->m, l)) {
        smmuv3_xl_tell_ipa(&x->m, l);
        return;
    }
    if (q->cls == EVENT_CLASS_IN && is_split(s, x, h) && !x->s1_reads)
        count_tlb_miss(s, x, h);
    tell_seed(x, probe_walk_caches(s, x, 2, context_tag(s, x->m.config, false, h), q->ipa, h));
}

/* ---- what is kept -------------------------------------------------------------------------------- */

TCU_INLINE void insert_leaf(struct smmuv3_system *s, struct smmuv3_xact *x, struct store *store, uint64_t key,
                            uint64_t tag, uint64_t base, const struct xl_leaf *l, const struct how h)
{
    bool flushed = false;
    struct xl_leaf *to;

    if (overtaken(s, x, h, store, key, base, l->size_log2, tag))
        return;
    if (!h.usual && s->par.parts.par.by)
        smmuv3_parts_fill(s, &x->m.req, x->m.config->vmid, store);
    to = store_fill(store, key, base, l->size_log2, tag, &flushed);
    *to = *l;
    if (flushed && store == &s->ctlb && x->trail->lookups)
        x->trail->flushes |= 1u << (x->trail->lookups - 1);
}

TCU_INLINE void keep_ipa(struct smmuv3_system *s, struct smmuv3_xact *x, unsigned cls, const struct how h)
{
    struct store *store = ipa_store(s, cls);
    const struct smmuv3_config *c = x->m.config;

    if (store && (c->s1 || cls != EVENT_CLASS_IN))
        insert_leaf(s, x, store, ipa_key(s, x, h), context_tag(s, c, false, h), x->m.ipa_leaf.ipa,
                    &x->m.ipa_leaf, h);
}

/* What invalidations find an entry by. */
TCU_INLINE uint64_t leaf_tag(struct smmuv3_system *s, const struct smmuv3_xact *x)
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

TCU_INLINE uint64_t leaf_key(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct xl_leaf *l,
                             const struct how h)
{
    return l->global && s->par.tcu.inval_match == 0 ? global_key(x->tag)
                                                    : context_key(s, x->tag, l->granule_log2, h);
}

uint64_t smmuv3_leaf_key(const struct smmuv3_system *s, const struct smmuv3_xact *x, const struct xl_leaf *l)
{
    return leaf_key(s, x, l, (struct how){ 0 });
}

/* What a request has brought meanwhile a prefetch leaves alone; what a request waits for is its own. */
TCU_INLINE void put_context(struct smmuv3_system *s, struct smmuv3_xact *x, const struct xl_leaf *l,
                            uint64_t tag, const struct how h)
{
    uint64_t key = leaf_key(s, x, l, h);

    if (l->global)
        s->globals |= s->par.tcu.inval_match == 0;
    if (prefetch_of(x, h) && store_peek(&s->ctlb, key, l->iova))
        return;
    if (prefetch_of(x, h) && !(x->flow && x->flow->retry)) {
        FIELD_SET(TLB_TAG, PREFETCHED, &tag, 1);
        s->prefetch->st.kept++;
    }
    insert_leaf(s, x, &s->ctlb, key, tag, l->iova, l, h);
}

TCU_INLINE void keep_stage1(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    if (is_split(s, x, h) && store_exists(&s->ctlb))
        put_context(s, x, &x->m.leaf, leaf_tag(s, x), h);
}

/* Tables of stage 1 have the tag of their transaction. */
TCU_INLINE void keep_table(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    const struct smmuv3_xl *m = &x->m;
    bool s1 = m->seed_stage == 1;
    int level = m->seed.level - 1;
    struct store *wc = walk_cache(s, m->seed_stage, level);
    unsigned size = vmsa_shift((s1 ? m->w1.t : m->w2.t)->granule_log2, level);
    uint64_t tag = s1 ? x->tag : context_tag(s, m->config, false, h);
    uint64_t key = walk_key(s, m, m->seed_stage, level, tag, h);
    uint64_t base = s1 ? m->canon : m->seed_in;

    if (store_exists(wc) && !overtaken(s, x, h, wc, key, base, size, tag))
        *(struct vmsa_seed *)store_fill(wc, key, base, size, tag, NULL) = m->seed;
}

/* The StreamID stands in for an address: it selects the set. */
static void keep_config(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    const struct xl_req *r = &x->m.req;
    uint64_t key = smmuv3_stream_key(r);

    if (x->flow)
        x->flow->fetched = true;
    if (store_exists(&s->cfg) && !smmuv3_overtaken(s, x, &s->cfg, key, r->sid, 0, 0))
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

TCU_INLINE void keep(struct smmuv3_system *s, struct smmuv3_xact *x, unsigned cls, const struct how h)
{
    if (x->m.got & SMMUV3_GOT_CONFIG)
        keep_config(s, x);
    if (x->m.got & SMMUV3_GOT_IPA)
        keep_ipa(s, x, cls, h);
    if (x->m.got & SMMUV3_GOT_S1)
        keep_stage1(s, x, h);
    if (x->m.got & SMMUV3_GOT_TABLE)
        keep_table(s, x, h);
}

TCU_INLINE void answer(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    uint64_t words[STE_WORDS];
    unsigned cls = x->m.q.cls;

    switch (x->m.q.kind) {
    case SMMUV3_Q_CONFIG:
        answer_config(s, x, h);
        break;
    case SMMUV3_Q_TLB:
        answer_tlb(s, x, h);
        break;
    case SMMUV3_Q_IPA:
        answer_ipa(s, x, h);
        break;
    case SMMUV3_Q_CAS:
        update_descriptor(s, x);
        break;
    default:
        smmuv3_xl_tell(&x->m, read_words(s, x, words, h) ? words : NULL);
        break;
    }
    if (x->m.got)
        keep(s, x, cls, h);
}

static __attribute__((noinline)) void answer_any(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    answer(s, x, (struct how){ 0 });
}

void smmuv3_answer(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    if (s->usual)
        answer(s, x, usual_timed);
    else
        answer_any(s, x);
}

/* ---- the end of a transaction -------------------------------------------------------------------- */

TCU_INLINE void keep_context(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    if ((h.usual || store_exists(&s->ctlb)) && !is_split(s, x, h) &&
        !(flow_of(x, h) && smmuv3_piece_overtaken(s, x)))
        put_context(s, x, &x->m.leaf, x->leaf_tag, h);
}

/* By the tables read: stage 1's if it took part, else stage 2's. */
TCU_INLINE uint8_t class_of_walk(const struct smmuv3_xact *x)
{
    unsigned s1 = x->s1_reads < 4 ? x->s1_reads : 4, s2 = x->s2_reads < 4 ? x->s2_reads : 4;

    if (!x->m.config->s1)
        return (uint8_t)(SMMUV3_CLASS_S2_1 + (s2 ? s2 - 1 : 0));
    if (x->m.config->s2)
        return (uint8_t)(SMMUV3_CLASS_NEST_0 + s1);
    return (uint8_t)(SMMUV3_CLASS_S1_1 + (s1 ? s1 - 1 : 0));
}

TCU_INLINE uint8_t class_of_ok(const struct smmuv3_xact *x)
{
    if (!x->m.walked || x->s1_reads + x->s2_reads == 0)
        return SMMUV3_CLASS_TCU;
    return x->trail->config_hit ? class_of_walk(x) : SMMUV3_CLASS_CONFIG;
}

TCU_INLINE void classify(struct smmuv3_system *s, struct smmuv3_xact *x)
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
    if (__builtin_expect(x->m.req.speculative, 0)) {
        s->st.speculative_aborted += r->outcome == XL_ABORT;
        x->trail->cls = SMMUV3_CLASS_SPECULATIVE;
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

/* Has an invalidation overtaken its walk, and is that a reason to walk again? */
static bool is_replayed(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    const struct xl_leaf *l = &x->m.leaf;

    return s->par.tcu.overtaken && x->flow && !x->prefetch && x->m.walked && store_exists(&s->ctlb) &&
           timed_overtaken(s->sys.timed, x->flow, &s->ctlb, smmuv3_leaf_key(s, x, l), l->iova, l->size_log2,
                           x->leaf_tag);
}

TCU_INLINE void end(struct smmuv3_system *s, struct smmuv3_xact *x, const struct how h)
{
    if (x->m.has_leaf && (x->m.res.outcome == XL_OK || x->m.res.outcome == XL_ATS_OK)) {
        if (!h.usual)
            trim(s, x);
        x->leaf_tag = leaf_tag(s, x);
        if (is_replayed(s, x)) {
            x->flow->again = true;
            return;
        }
        if (x->m.walked)
            keep_context(s, x, h);
    }
    if (!prefetch_of(x, h))
        classify(s, x);
}

void smmuv3_end(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    end(s, x, (struct how){ 0 });
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

TCU_INLINE void translate(struct smmuv3_system *s, const struct xl_req *req, struct xl_result *res,
                          struct system_trail *trail, const struct how h)
{
    struct smmuv3_xact *x = &s->x;

    x->trail = trail;
    x->s1_reads = x->s2_reads = 0;
    smmuv3_count_request(s, req);
    smmuv3_xl_begin(&x->m, &s->regs, &s->impl, req);
    while (smmuv3_xl_ask(&x->m))
        answer(s, x, h);
    end(s, x, h);
    smmuv3_fill_tbu(s, x);
    *res = x->m.res;
    if (!h.usual && s->prefetch)
        smmuv3_prefetch_after(s, x);
    if (__builtin_expect(res->outcome == XL_STALL, 0))
        smmuv3_stall_untimed(s, req, res);
    else if (__builtin_expect(res->recorded, 0))
        smmuv3_tell_record(s, req, res);
}

static __attribute__((noinline)) void translate_any(struct smmuv3_system *s, const struct xl_req *req,
                                                    struct xl_result *res, struct system_trail *trail)
{
    translate(s, req, res, trail, (struct how){ 0 });
}

__attribute__((noinline)) void smmuv3_tcu(struct smmuv3_system *s, const struct xl_req *req,
                                          struct xl_result *res, struct system_trail *trail)
{
    if (s->usual)
        translate(s, req, res, trail, usual);
    else
        translate_any(s, req, res, trail);
}
