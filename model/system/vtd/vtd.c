/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd/vtd.h"

#include <stdlib.h>
#include <string.h>

#include "arch/vtd/oracle.h"
#include "base/sim.h"

PARAM_ROWS(params, VTD_PARAMS);
STAT_ROWS(stats, VTD_STATS);
static const struct comp_kind vtd_kind = {
    "vtd", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats)
};

#define CLASS_NAME(N, name) name,
static const char *const class_names[] = { VTD_CLASSES(CLASS_NAME) };

static struct vtd_system *unit_of(struct system *s)
{
    return CONTAINER_OF(s, struct vtd_system, sys);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* Of what has been found on the way to a translation of this kind. */
static uint64_t tag_of(const struct vtd_xl *m, enum vtd_pgtt pgtt)
{
    uint64_t t = 0;

    FIELD_SET(VTD_TAG, DID, &t, m->did);
    FIELD_SET(VTD_TAG, SID, &t, m->req.sid);
    FIELD_SET(VTD_TAG, PASID, &t, m->pasid);
    FIELD_SET(VTD_TAG, FIRST, &t, pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED);
    FIELD_SET(VTD_TAG, SECOND, &t, pgtt == VTD_PGTT_SS || pgtt == VTD_PGTT_NESTED);
    return t;
}

static uint64_t iotlb_key(const struct vtd_system *u, const struct vtd_xl *m, uint16_t did, uint8_t pgtt)
{
    return u->par.unit.key == VTD_KEY_SOURCE ? vtd_iotlb_source_key(&u->impl, &m->req, m->pasid)
                                             : vtd_domain_key(did, m->pasid, pgtt);
}

/* Of paging-structure caches. */
static uint64_t seed_key(const struct vtd_xl *m, unsigned stage)
{
    return stage == 1 ? vtd_domain_key(m->did, m->pasid, m->pgtt) : m->did;
}

/* ---- answering ------------------------------------------------------------------------------ */

/* What was looked up before this machine began is looked up again, uncounted, if it is not at hand. */
static const void *look(const struct vtd_xact *x, struct store *s, enum vtd_seen what, const void *had, uint64_t ctx,
                        uint64_t addr)
{
    if (x->have & what)
        return had;
    return x->seen & what ? store_lookup_again(s, ctx, addr) : store_lookup(s, ctx, addr);
}

static void answer_context(struct vtd_system *u, struct vtd_xact *x)
{
    uint32_t sid = x->m.req.sid & 0xffff;
    const struct vtd_context *c = look(x, &u->cc, VTD_SEEN_CONTEXT, x->context, sid, sid);

    if (!(x->seen & VTD_SEEN_CONTEXT)) {
        x->trail->config_looked = store_exists(&u->cc);
        x->trail->config_hit = c != NULL;
    }
    if (c)
        vtd_xl_tell_context(&x->m, c);
    else
        vtd_xl_tell_none(&x->m);
}

static void answer_pasid(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = vtd_source_key(m->req.sid, m->pasid);
    const struct vtd_pasid *p = look(x, &u->pc, VTD_SEEN_PASID, x->entry, key, m->pasid);

    if (p)
        vtd_xl_tell_pasid(m, p);
    else
        vtd_xl_tell_none(m);
}

static void answer_tlb(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = iotlb_key(u, m, m->q.did, m->q.pgtt);
    const struct vtd_line *l = look(x, &u->iotlb, VTD_SEEN_TLB, x->line, key, m->req.addr);
    struct system_trail *t = x->trail;

    if (l && !vtd_xl_may_use(m, &l->leaf))
        l = NULL;
    if (!(x->seen & VTD_SEEN_TLB)) {
        if (l)
            t->hits |= 1u << t->lookups;
        t->lookups += store_exists(&u->iotlb);
    }
    if (l)
        vtd_xl_tell_tlb(m, &l->leaf, l->did, m->ctx_known ? m->fpd : l->fpd);
    else
        vtd_xl_tell_none(m);
}

static void answer_gpa(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    const struct xl_leaf *l = store_lookup(&u->gpa, m->did, m->q.in);

    if (l && vtd_xl_may_use(m, l))
        vtd_xl_tell_gpa(m, l);
    else
        vtd_xl_tell_none(m);
}

/* All levels are looked up at once; the deepest has least left to read. */
static void answer_seed(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = seed_key(m, m->q.stage);
    const struct vtd_seed *deepest = NULL;

    for (unsigned level = VTD_WC_MIN; level <= VTD_WC_MAX; level++) {
        const struct vtd_seed *s = store_lookup(u->walk_cache[m->q.stage - 1][level], key, m->q.in);

        if (s && !deepest)
            deepest = s;
    }
    u->perf.seed_lookups[m->q.stage - 1]++;
    u->perf.seed_hits[m->q.stage - 1] += deepest != NULL;
    if (deepest)
        vtd_xl_tell_seed(m, deepest);
    else
        vtd_xl_tell_none(m);
}

static void count_read(struct vtd_system *u, struct vtd_xact *x)
{
    switch (x->m.q.kind) {
    case VTD_Q_ROOT: u->st.root_reads++; break;
    case VTD_Q_CTX:  u->st.context_reads++; break;
    case VTD_Q_DIR:  u->st.directory_reads++; break;
    case VTD_Q_PE:   u->st.pasid_reads++; break;
    case VTD_Q_FS:   u->st.first_reads++; break;
    default:         u->st.table_reads++; break;
    }
    x->pasid_read |= x->m.q.kind == VTD_Q_DIR;
}

static void answer_from_memory(struct vtd_system *u, struct vtd_xact *x)
{
    uint64_t words[VTD_PE_WORDS];
    bool ok = mem_read(u->sys.mem, x->m.q.pa, x->m.q.words, words);

    count_read(u, x);
    vtd_xl_tell(&x->m, ok ? words : NULL);
}

/* Two updates of one entry may be under way: who comes second finds another word than it expects. */
static void answer_update(struct vtd_system *u, struct vtd_xact *x)
{
    const struct vtd_q q = x->m.q;
    uint64_t found;
    bool ok = mem_read(u->sys.mem, q.pa, 1, &found);

    u->st.updates++;
    if (ok && found == q.old)
        mem_write64(u->sys.mem, q.pa, q.value);
    vtd_xl_tell(&x->m, ok ? &found : NULL);
}

/* ---- keeping -------------------------------------------------------------------------------- */

/* In timed mode an invalidation may have come while the translation was under way. */
static bool overtaken(struct vtd_system *u, const struct vtd_xact *x, const struct store *store,
                      uint64_t key, uint64_t base, unsigned size_log2, uint64_t tag)
{
    if (!x->flow || !timed_overtaken(u->sys.timed, x->flow, store, key, base, size_log2, tag))
        return false;
    u->sys.timed->st.overtaken++;
    return true;
}

static void keep_context(struct vtd_system *u, struct vtd_xact *x)
{
    uint32_t sid = x->m.req.sid & 0xffff;
    uint64_t tag = tag_of(&x->m, VTD_PGTT_NONE);

    if (x->flow)
        x->flow->fetched = true;
    if (store_exists(&u->cc) && !overtaken(u, x, &u->cc, sid, sid, 0, tag))
        *(struct vtd_context *)store_fill(&u->cc, sid, sid, 0, tag, NULL) = x->m.ctx;
}

static void keep_pasid(struct vtd_system *u, struct vtd_xact *x)
{
    uint64_t key = vtd_source_key(x->m.req.sid, x->m.pasid), tag = tag_of(&x->m, (enum vtd_pgtt)x->m.pgtt);

    if (store_exists(&u->pc) && !overtaken(u, x, &u->pc, key, x->m.pasid, 0, tag))
        *(struct vtd_pasid *)store_fill(&u->pc, key, x->m.pasid, 0, tag, NULL) = x->m.pe;
}

static void keep_gpa(struct vtd_system *u, struct vtd_xact *x)
{
    const struct xl_leaf *l = &x->m.gpa_leaf;
    uint64_t key = x->m.did, tag = tag_of(&x->m, VTD_PGTT_SS);

    if (store_exists(&u->gpa) && !overtaken(u, x, &u->gpa, key, l->iova, l->size_log2, tag))
        *(struct xl_leaf *)store_fill(&u->gpa, key, l->iova, l->size_log2, tag, NULL) = *l;
}

static void keep_table(struct vtd_system *u, struct vtd_xact *x)
{
    const struct vtd_xl *m = &x->m;
    unsigned level = m->seed.level + 1u, size = vtdss_shift(level);
    uint64_t tag = tag_of(m, m->seed_stage == 1 ? (enum vtd_pgtt)m->pgtt : VTD_PGTT_SS), key = seed_key(m, m->seed_stage);
    struct store *wc = u->walk_cache[m->seed_stage - 1][level];

    if (!store_exists(wc) || overtaken(u, x, wc, key, m->seed_in, size, tag))
        return;
    *(struct vtd_seed *)store_fill(wc, key, m->seed_in, size, tag, NULL) = m->seed;
    u->nested |= m->pgtt == VTD_PGTT_NESTED;
}

static void keep_translation(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = iotlb_key(u, m, m->did, m->pgtt), tag = tag_of(m, (enum vtd_pgtt)m->pgtt);
    bool flushed = false;

    if (!(m->walked && (m->res.outcome == XL_OK || m->res.outcome == XL_ATS_OK)) && !m->absent)
        return;
    if (!store_exists(&u->iotlb) ||
        overtaken(u, x, &u->iotlb, key, m->leaf.iova, m->leaf.size_log2, tag))
        return;
    *(struct vtd_line *)store_fill(&u->iotlb, key, m->leaf.iova, m->leaf.size_log2, tag, &flushed) =
        (struct vtd_line){ .leaf = m->leaf, .did = m->did, .fpd = m->fpd };
    u->nested |= m->pgtt == VTD_PGTT_NESTED;
    if (flushed)
        x->trail->flushes |= 1u << (x->trail->lookups - 1);
}

/* ---- one request ---------------------------------------------------------------------------- */

static enum vtd_class class_of_interrupt(const struct vtd_xl *m)
{
    if (!m->remaps || !m->ir.remapped)
        return VTD_CLASS_INTERRUPT;
    if (m->ir.e.posted)
        return VTD_CLASS_IR_POSTED;
    return m->reads ? VTD_CLASS_IR_MISS : VTD_CLASS_IR_HIT;
}

static enum vtd_class classify(const struct vtd_system *u, const struct vtd_xact *x)
{
    const struct vtd_xl *m = &x->m;

    switch (m->res.outcome) {
    case XL_BYPASS:
        return u->regs.tes ? VTD_CLASS_PASS : VTD_CLASS_OFF;
    case XL_INTERRUPT:
        return class_of_interrupt(m);
    case XL_FAULT: case XL_ATS_UR: case XL_ATS_CA:
        return VTD_CLASS_FAULT;
    case XL_OK: case XL_ATS_OK:
        if (!m->reads)
            return VTD_CLASS_HIT;
        if (!x->trail->config_hit)
            return VTD_CLASS_CONTEXT;
        if (x->pasid_read)
            return VTD_CLASS_PASID;
        return m->pgtt == VTD_PGTT_NESTED ? VTD_CLASS_NESTED : (enum vtd_class)(VTD_CLASS_WALK1 + m->reads - 1);
    default:
        return VTD_CLASS_OTHER;
    }
}

static void record_fault(struct vtd_system *u, const struct vtd_xact *x)
{
    const struct xl_req req = x->m.remaps ? vtd_ir_faulting(x) : x->m.req;

    vtd_record_fault(u, &req, x->m.res.code);
}

void vtd_fault(struct vtd_system *u, const struct vtd_xact *x)
{
    u->st.faults++;
    if (x->m.res.recorded)
        record_fault(u, x);
    else
        u->st.faults_suppressed++;
}

static void count_end(struct vtd_system *u, const struct vtd_xact *x, enum vtd_class cls)
{
    const struct vtd_xl *m = &x->m;

    u->st.requests++;
    u->st.passed += cls == VTD_CLASS_PASS || cls == VTD_CLASS_OFF;
    u->st.interrupts += m->res.outcome == XL_INTERRUPT;
    u->st.translated += cls <= VTD_CLASS_CONTEXT;
    if (m->remaps)
        vtd_ir_end(u, x);
    if (cls == VTD_CLASS_FAULT)
        vtd_fault(u, x);
}

void vtd_begin(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req)
{
    x->pasid_read = false;
    vtd_xl_begin(&x->m, &u->regs, &u->impl, req);
}

static void keep(struct vtd_system *u, struct vtd_xact *x)
{
    if (x->m.got & VTD_GOT_CONTEXT)
        keep_context(u, x);
    if (x->m.got & VTD_GOT_PASID)
        keep_pasid(u, x);
    if (x->m.got & VTD_GOT_GPA)
        keep_gpa(u, x);
    if (x->m.got & VTD_GOT_TABLE)
        keep_table(u, x);
}

void vtd_answer(struct vtd_system *u, struct vtd_xact *x)
{
    switch (x->m.q.kind) {
    case VTD_Q_CONTEXT: answer_context(u, x); break;
    case VTD_Q_PASID:   answer_pasid(u, x); break;
    case VTD_Q_TLB:     answer_tlb(u, x); break;
    case VTD_Q_GPA:     answer_gpa(u, x); break;
    case VTD_Q_SEED:    answer_seed(u, x); break;
    case VTD_Q_UPDATE:  answer_update(u, x); break;
    case VTD_Q_IEC: case VTD_Q_IRTE: case VTD_Q_PD:
        vtd_ir_answer(u, x);
        break;
    default:            answer_from_memory(u, x); break;
    }
    if (x->m.got)
        keep(u, x);
}

void vtd_end(struct vtd_system *u, struct vtd_xact *x)
{
    x->trail->reads = x->m.reads;
    x->trail->cls = (uint8_t)classify(u, x);
    count_end(u, x, (enum vtd_class)x->trail->cls);
    if (__builtin_expect(u->perf.active, 0))
        vtd_perf_request(u, x);
}

void vtd_keep(struct vtd_system *u, struct vtd_xact *x)
{
    keep_translation(u, x);
}

static void translate(struct system *s, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail)
{
    struct vtd_system *u = unit_of(s);
    struct vtd_xact *x = &u->x;

    *trail = (struct system_trail){ 0 };
    x->trail = trail;
    x->seen = 0;
    switch (vtd_quick(u, x, req, VTD_Q_TLB, res)) {
    case VTD_QUICK_HIT:
        return;
    case VTD_QUICK_MISS:               /* the trail says so */
        x->seen = x->have;
        break;
    default:
        break;
    }
    vtd_begin(u, x, req);
    while (vtd_xl_ask(&x->m))
        vtd_answer(u, x);
    vtd_keep(u, x);
    vtd_end(u, x);
    *res = x->m.res;
}

/* Of a system whose devices have TLBs. */
static void translate_at_device(struct system *s, const struct xl_req *req, struct xl_result *res,
                                struct system_trail *trail)
{
    ats_translate(s->ats, req, res, trail);
}

/* ---- the other operations ------------------------------------------------------------------- */

static int command(struct system *s, const uint64_t *words, unsigned n)
{
    return vtd_descriptor(unit_of(s), words, n);
}

static int reg_write(struct system *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    return vtd_reg_write(unit_of(s), offset, value, bytes);
}

static uint64_t reg_read(struct system *s, uint32_t offset, unsigned bytes)
{
    return vtd_reg_read(unit_of(s), offset, bytes);
}

static void set_capabilities(struct vtd_system *u, uint64_t cap, uint64_t ecap)
{
    u->regs.cap = u->own_cap = cap;
    u->regs.ecap = u->own_ecap = ecap;
    vtd_caps_limit(&u->regs.cap, &u->regs.ecap);
    u->impl.keep_absent = u->par.unit.keep_absent && FIELD_GET(CAP, CM, &u->regs.cap);
}

static int capability(struct system *s, uint32_t offset, uint64_t value)
{
    struct vtd_system *u = unit_of(s);

    if (u->par.unit.capabilities != 0)
        return SIM_OK;
    if (offset == VTD_REG_CAP)
        set_capabilities(u, value, u->own_ecap);
    else if (offset == VTD_REG_ECAP)
        set_capabilities(u, u->own_cap, value);
    return SIM_OK;
}

static void reset(struct system *s)
{
    struct vtd_system *u = unit_of(s);

    vtd_regs_reset(u);
    vtd_flush(u);
    vtd_ats_forget(u);
    if (s->ats)
        ats_reset(s->ats);
}

#define STORE_DESTROY(member, path) store_destroy(&u->member);
static void destroy(struct system *s)
{
    struct vtd_system *u = unit_of(s);

    VTD_STORES(STORE_DESTROY)
    ats_free(s->ats);
    free(u);
}

static const void *regs(const struct system *s)
{
    return &CONTAINER_OF(s, struct vtd_system, sys)->regs;
}

static bool inval(const struct system *s, const uint64_t *words, unsigned n,
                  struct oracle_inval *out)
{
    const struct vtd_regs *r = regs(s);
    struct vtd_inv inv;

    return (n == 2 || n == VTD_INV_WORDS) && !vtd_inv_decode(words, n, r->cap, &inv) &&
           vtd_oracle_inval(&inv, out);
}

static int start_timed(struct system *s, uint64_t seed)
{
    return vtd_timed_start(unit_of(s), seed);
}

#define OPS(translate_)                                                                            \
    .translate = (translate_), .command = command, .reg_write = reg_write, .reg_read = reg_read,   \
    .capability = capability,                                                                      \
    .reset = reset, .destroy = destroy, .oracle = &vtd_oracle, .regs = regs, .inval = inval,       \
    .start_timed = start_timed, .take_page_request = vtd_take_page_request

/* Who has no device TLBs does not pay for them with every hit. */
static const struct system_ops ops = { OPS(translate) }, device_ops = { OPS(translate_at_device) };

/* ---- making one ----------------------------------------------------------------------------- */

#define STORE_PARAM_ADD(member, path)                                                              \
    param_add(set, "vtd." path, store_kind.param, store_kind.params, (uint64_t *)&p->member);      \
    p->member.sets = 0;

void vtd_system_params(struct vtd_system_params *p, struct param_set *set)
{
    param_add(set, "vtd", params, ARRAY_LEN(params), (uint64_t *)&p->unit);
    VTD_STORES(STORE_PARAM_ADD)
    vtd_ir_params_add(&p->ir, set);
    vtd_timed_params(p, set);
    ats_config_params(&p->device, set);
    param_add(set, "vtd.prq", priq_kind.param, priq_kind.params, &p->prq.entries);
}

static int check(const struct vtd_params *p, struct diag *d)
{
    if (p->order == VTD_ORDER_IOTLB && p->key != VTD_KEY_SOURCE)
        return diag_add(d, NULL, 0, 0, "vtd.order = iotlb-first: needs vtd.key = source-id");
    return SIM_OK;
}

/* Widths that the entries would have: tags, then contents. */
static unsigned iotlb_bits(const struct vtd_system *u)
{
    unsigned pages = (unsigned)u->par.unit.haw - 12;
    unsigned in = vtdss_shift(vtd_max_levels(&u->regs) + 1) - 12;

    return in + 16 + (u->par.unit.key == VTD_KEY_SOURCE ? 16 : 0) +
           (FIELD_GET(ECAP, SMTS, &u->regs.ecap) ? VTD_PASID_BITS + 3 : 0) + 2 + pages + 2 + 1;
}

static unsigned walk_cache_bits(struct vtd_system *u, const struct store *s)
{
    unsigned pages = (unsigned)u->par.unit.haw - 12, levels = vtd_max_levels(&u->regs), level = VTD_WC_MIN;
    bool first = s >= &u->fwc2 && s <= &u->fwc5;

    while (s != u->walk_cache[first ? 0 : 1][level])
        level++;
    return 16 + (first ? VTD_PASID_BITS + 1 : 0) + 9 * (level < levels ? levels - level + 1 : 1) + pages + 2 + 1;
}

static unsigned entry_bits(struct vtd_system *u, const struct store *s)
{
    unsigned pages = (unsigned)u->par.unit.haw - 12;

    if (s == &u->iotlb)
        return iotlb_bits(u);
    if (s == &u->cc)
        return 16 + 16 + pages + 3 + 2 + 1;                    /* SID, DID, SSPTPTR, AW, TT, FPD */
    if (s == &u->pc)                                           /* both tables' roots, AW, PGTT, the flags */
        return 16 + VTD_PASID_BITS + 16 + 2 * pages + 3 + 3 + 12;
    if (s == &u->gpa)
        return 16 + 2 * pages + 2 + 1;
    if (s == &u->iec)                                          /* index, source, vector, FPD, IM, PDA and URG */
        return 16 + 20 + 8 + 2 + (unsigned)u->par.unit.haw - 6 + 1;
    return walk_cache_bits(u, s);
}

static size_t payload_bytes(const struct vtd_system *u, const struct store *s)
{
    if (s == &u->iotlb)
        return sizeof(struct vtd_line);
    if (s == &u->cc)
        return sizeof(struct vtd_context);
    if (s == &u->pc)
        return sizeof(struct vtd_pasid);
    if (s == &u->iec)
        return sizeof(struct vtd_irte);
    return s == &u->gpa ? sizeof(struct xl_leaf) : sizeof(struct vtd_seed);
}

static int make_store(struct vtd_system *u, struct store *s, const char *name,
                      const struct store_params *p, uint64_t seed)
{
    return store_init(s, &u->sys.top, name, p, payload_bytes(u, s), entry_bits(u, s), seed);
}

#define STORE_MAKE(member, path)                                                                   \
    if (!err)                                                                                      \
        err = make_store(u, &u->member, path, &u->par.member, seed);

static int make_stores(struct vtd_system *u, uint64_t seed)
{
    struct store *const cache[2][VTD_WC_MAX + 1] = {
        { [2] = &u->fwc2, [3] = &u->fwc3, [4] = &u->fwc4, [5] = &u->fwc5 },
        { [2] = &u->wc2, [3] = &u->wc3, [4] = &u->wc4, [5] = &u->wc5 },
    };
    int err = SIM_OK;

    memcpy(u->walk_cache, cache, sizeof cache);
    VTD_STORES(STORE_MAKE)
    return err;
}

struct system *vtd_system_new(const struct vtd_system_params *p, uint64_t seed, struct diag *d)
{
    struct vtd_system *u;

    if (check(&p->unit, d))
        return NULL;
    u = calloc(1, sizeof *u);
    if (!u) {
        diag_env(d, NULL, "no memory");
        return NULL;
    }
    u->par = *p;
    u->regs.haw = (uint8_t)p->unit.haw;
    set_capabilities(u, p->unit.cap, p->unit.ecap);
    u->regs.legacy_codes = p->unit.legacy_codes;
    u->regs.walks_mark = p->unit.walks_mark;
    u->impl.tlb_first = p->unit.order == VTD_ORDER_IOTLB;
    u->sys = (struct system){ .ops = &ops, .arch = SYSTEM_VTD, .class_name = class_names,
                              .classes = VTD_CLASS_COUNT };
    comp_init(&u->sys.top, &vtd_kind, NULL, "vtd", &u->par.unit, &u->st);
    vtd_ir_init(u, &p->ir);
    if (make_stores(u, seed) || vtd_driver_init(u) || vtd_ats_init(u, translate, seed)) {
        diag_env(d, NULL, "no memory for the stores");
        destroy(&u->sys);
        return NULL;
    }
    if (u->sys.ats)
        u->sys.ops = &device_ops;
    vtd_regs_reset(u);
    return &u->sys;
}
