/* SPDX-License-Identifier: Apache-2.0
 *
 * The TBUs of an SMMUv3: lookups by stream, what they keep of a translation, and a request's way without time.
 */
#include "base/sim.h"
#include "system/smmuv3/smmuv3.h"

/* ---- permissions of stream-keyed entries --------------------------------------------------------- */

#define TBU_INLINE static inline __attribute__((always_inline))

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

/* usual: in a usual unit without time (s->usual). */
TBU_INLINE void put_line(struct smmuv3_system *s, const struct smmuv3_xact *x, struct store *store,
                         const struct tbu_line *line, const bool usual)
{
    const struct xl_leaf *l = &x->m.leaf;
    uint64_t key = smmuv3_stream_key(&x->m.req), tag = x->leaf_tag;

    if (!store_exists(store) ||
        (!usual && smmuv3_overtaken(s, x, store, key, l->iova, l->size_log2, tag)))
        return;
    if (!usual && s->par.parts.par.by)
        smmuv3_parts_fill(s, &x->m.req, x->m.config->vmid, store);
    *(struct tbu_line *)store_fill(store, key, l->iova, l->size_log2, tag, NULL) = *line;
}

/* That a stream is not translated: one entry over all addresses that pass. */
static __attribute__((noinline)) void fill_bypass(struct smmuv3_system *s, struct smmuv3_xact *x, struct smmuv3_tbu *tbu)
{
    const struct smmuv3_xl *m = &x->m;
    struct tbu_line line = { .mair = m->res.mair, .sh = m->res.sh | TBU_LINE_BYPASS };

    if (!s->par.smmu.tbu_bypass || m->config->config != STE_BYPASS || !xl_req_plain(&m->req))
        return;
    x->m.leaf = (struct xl_leaf){ .size_log2 = (uint8_t)smmuv3_oas(&s->regs) };
    x->leaf_tag = 0;
    FIELD_SET(TLB_TAG, REGIME, &x->leaf_tag, 3);
    put_line(s, x, &tbu->tlb, &line, false);
    put_line(s, x, &tbu->utlb, &line, false);
}

/* A tagged address is not what TLBI names: not kept by stream. */
TBU_INLINE void fill(struct smmuv3_system *s, struct smmuv3_xact *x, const bool usual)
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
        (m->req.mem != XL_MEM_WB && !m->leaf.stage1) || (!usual && smmuv3_piece_overtaken(s, x)))
        return;
    if (m->config->e0pd[m->half & 1])
        perm &= XL_PR | XL_PW | XL_PX;
    line = (struct tbu_line){ .delta = m->leaf.pa - m->leaf.iova, .domain = m->res.domain,
                              .level = m->leaf.level, .mair = m->res.mair,
                              .sh = m->res.sh | (m->leaf.stage1 ? 0 : TBU_LINE_AS_WB),
                              .perm = embed_overrides(m->config, perm) };
    put_line(s, x, &tbu->tlb, &line, usual);
    put_line(s, x, &tbu->utlb, &line, usual);
}

static __attribute__((noinline)) void fill_any(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    fill(s, x, false);
}

void smmuv3_fill_tbu(struct smmuv3_system *s, struct smmuv3_xact *x)
{
    if (s->usual && !x->flow)
        fill(s, x, true);
    else
        fill_any(s, x);
}

/* ---- lookups ------------------------------------------------------------------------------------- */

/* As TLBs look it up: the micro TLB's hint was looked at, and says what there is to say of the TLB's, too. */
TBU_INLINE const struct tbu_line *find_line(struct store *store, unsigned level, struct store_entry *hinted,
                                            uint64_t key, uint64_t addr)
{
    return level == 0 ? store_lookup_from(store, hinted, key, addr) : store_search(store, key, addr);
}

TBU_INLINE void refill_utlb(struct smmuv3_system *s, struct smmuv3_tbu *tbu, const struct xl_req *req,
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

/* Could an entry for bypass be its answer? */
TBU_INLINE bool may_bypass(const struct xl_req *req)
{
    struct xl_req r = *req;

    r.speculative = false;
    return xl_req_plain(&r) && !(req->speculative && req->write);
}

/* What a line says of a request, if it can say it. */
static __attribute__((noinline)) bool answers_uncommon(struct smmuv3_system *s, const struct tbu_line *line,
                                                       const struct xl_req *req, struct xl_result *res,
                                                       struct system_trail *trail)
{
    if (req->speculative)
        trail->cls = SMMUV3_CLASS_SPECULATIVE;
    if (!xl_req_plain(req) && smmuv3_line_permits_uncommon(line, req)) {
        smmuv3_use_line(s, line, req, res);
        return true;
    }
    if (!(line->sh & TBU_LINE_BYPASS) || !may_bypass(req))
        return false;
    *res = (struct xl_result){ .outcome = XL_BYPASS, .pa = req->addr, .write = req->write,
                               .priv = req->priv, .exec = req->exec, .mair = line->mair,
                               .sh = line->sh & 3 };
    if (!req->speculative)
        trail->cls = SMMUV3_CLASS_BYPASS;
    s->st.bypassed++;
    return true;
}

TBU_INLINE bool answers(struct smmuv3_system *s, const struct tbu_line *line, const struct xl_req *req,
                        struct xl_result *res, struct system_trail *trail)
{
    if (__builtin_expect(!xl_req_plain(req) || !smmuv3_line_permits_plain(line, req), 0))
        return answers_uncommon(s, line, req, res, trail);
    smmuv3_use_line(s, line, req, res);
    return true;
}

bool smmuv3_lookup_tbu(struct smmuv3_system *s, struct smmuv3_tbu *tbu, unsigned level, bool again,
                       struct store_entry *hinted, const struct xl_req *req, struct xl_result *res,
                       struct system_trail *trail)
{
    uint64_t key = smmuv3_stream_key(req);
    struct store *store = level == 0 ? &tbu->utlb : &tbu->tlb;
    const struct tbu_line *line = again ? store_lookup_again(store, key, req->addr)
                                        : find_line(store, level, hinted, key, req->addr);

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
        smmuv3_tcu(s, req, res, trail);
        return;
    }
    line = find_line(&tbu->utlb, 0, hinted, key, req->addr);
    if (line && answers(s, line, req, res, trail))
        return;
    trail->cls = SMMUV3_CLASS_TLB;
    line = find_line(&tbu->tlb, 1, NULL, key, req->addr);
    if (line && answers(s, line, req, res, trail))
        refill_utlb(s, tbu, req, line);
    else
        smmuv3_tcu(s, req, res, trail);
}

/* Most requests want the line that their stream used last.  The policy is told of it at the end, so
 * that nothing need be kept across a call. */
static inline void translate(struct smmuv3_system *s, struct smmuv3_tbu *tbu, const struct xl_req *req,
                             struct xl_result *res, struct system_trail *trail)
{
    struct store_entry *e = store_hinted(&tbu->utlb, smmuv3_stream_key(req), req->addr);

    *trail = (struct system_trail){ .cls = SMMUV3_CLASS_UTLB };
    s->st.transaction++;               /* pmcg: smmuv3_translate_among */
    if (!FIELD_GET(CR0, SMMUEN, &s->regs.cr0)) {
        smmuv3_tcu(s, req, res, trail);
    } else if (e && xl_req_plain(req) && smmuv3_line_permits_plain((const void *)(e + 1), req)) {
        smmuv3_use_line(s, (const void *)(e + 1), req, res);
        store_use(&tbu->utlb, e);
    } else {
        look_on(s, tbu, req, res, trail, e);
    }
}

void smmuv3_translate(struct system *sys, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    translate(s, s->tbu, req, res, trail);
}

void smmuv3_translate_among(struct system *sys, const struct xl_req *req, struct xl_result *res,
                            struct system_trail *trail)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    smmuv3_count_pmcg(s, req);
    translate(s, &s->tbu[smmuv3_tbu_of(s, req->sid)], req, res, trail);
}
