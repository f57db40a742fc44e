/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd.h"

#include <stdlib.h>

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

static uint64_t tag_of(uint16_t did, uint32_t sid)
{
    uint64_t t = 0;

    FIELD_SET(VTD_TAG, DID, &t, did);
    FIELD_SET(VTD_TAG, SID, &t, sid);
    return t;
}

static uint64_t iotlb_key(const struct vtd_system *u, uint16_t did, uint32_t sid)
{
    return u->par.unit.key == VTD_KEY_SOURCE ? sid : did;
}

static struct store *walk_cache(struct vtd_system *u, unsigned level)
{
    switch (level) {
    case 2:  return &u->wc2;
    case 3:  return &u->wc3;
    case 4:  return &u->wc4;
    default: return NULL;
    }
}

/* ---- answering ------------------------------------------------------------------------------ */

/* What was looked up before this machine began is looked up again, uncounted. */
static void *look(struct store *s, bool again, uint64_t ctx, uint64_t addr)
{
    return again ? store_lookup_again(s, ctx, addr) : store_lookup(s, ctx, addr);
}

static void answer_context(struct vtd_system *u, struct vtd_xact *x)
{
    uint32_t sid = x->m.req.sid & 0xffff;
    const struct vtd_context *c = look(&u->cc, x->seen & VTD_SEEN_CONTEXT, sid, sid);

    if (!(x->seen & VTD_SEEN_CONTEXT)) {
        x->trail->config_looked = store_exists(&u->cc);
        x->trail->config_hit = c != NULL;
    }
    if (c)
        vtd_xl_tell_context(&x->m, c);
    else
        vtd_xl_tell_none(&x->m);
}

static void answer_tlb(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = iotlb_key(u, m->q.did, m->req.sid);
    const struct vtd_line *l = look(&u->iotlb, x->seen & VTD_SEEN_TLB, key, m->req.addr);
    struct system_trail *t = x->trail;

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

/* All levels are looked up at once; the deepest has least left to read. */
static void answer_seed(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    const struct vtdss_seed *deepest = NULL;

    for (unsigned level = VTD_WC_MIN; level <= VTD_WC_MAX; level++) {
        const struct vtdss_seed *s = store_lookup(walk_cache(u, level), m->did, m->req.addr);

        if (s && !deepest)
            deepest = s;
    }
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
    default:         u->st.table_reads++; break;
    }
}

static void answer_from_memory(struct vtd_system *u, struct vtd_xact *x)
{
    uint64_t words[VTD_CTX_WORDS];
    bool ok = mem_read(u->sys.mem, x->m.q.pa, x->m.q.words, words);

    count_read(u, x);
    vtd_xl_tell(&x->m, ok ? words : NULL);
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
    uint64_t tag = tag_of(x->m.did, sid);

    if (x->flow)
        x->flow->fetched = true;
    if (store_exists(&u->cc) && !overtaken(u, x, &u->cc, sid, sid, 0, tag))
        *(struct vtd_context *)store_fill(&u->cc, sid, sid, 0, tag, NULL) = x->m.ctx;
}

static void keep_table(struct vtd_system *u, struct vtd_xact *x)
{
    const struct vtd_xl *m = &x->m;
    unsigned level = m->seed.level + 1u, size = vtdss_shift(level);
    uint64_t tag = tag_of(m->did, m->req.sid & 0xffff);
    struct store *wc = walk_cache(u, level);

    if (wc && store_exists(wc) && !overtaken(u, x, wc, m->did, m->req.addr, size, tag))
        *(struct vtdss_seed *)store_fill(wc, m->did, m->req.addr, size, tag, NULL) = m->seed;
}

static void keep_translation(struct vtd_system *u, struct vtd_xact *x)
{
    struct vtd_xl *m = &x->m;
    uint64_t key = iotlb_key(u, m->did, m->req.sid), tag = tag_of(m->did, m->req.sid);
    bool flushed = false;

    if (!m->walked || (m->res.outcome != XL_OK && m->res.outcome != XL_ATS_OK) ||
        !store_exists(&u->iotlb) ||
        overtaken(u, x, &u->iotlb, key, m->leaf.iova, m->leaf.size_log2, tag))
        return;
    *(struct vtd_line *)store_fill(&u->iotlb, key, m->leaf.iova, m->leaf.size_log2, tag, &flushed) =
        (struct vtd_line){ .leaf = m->leaf, .did = m->did, .fpd = m->fpd };
    if (flushed)
        x->trail->flushes |= 1u << (x->trail->lookups - 1);
}

/* ---- one request ---------------------------------------------------------------------------- */

static enum vtd_class classify(const struct vtd_system *u, const struct vtd_xact *x)
{
    const struct vtd_xl *m = &x->m;

    switch (m->res.outcome) {
    case XL_BYPASS:
        return u->regs.tes ? VTD_CLASS_PASS : VTD_CLASS_OFF;
    case XL_INTERRUPT:
        return VTD_CLASS_INTERRUPT;
    case XL_FAULT: case XL_ATS_UR: case XL_ATS_CA:
        return VTD_CLASS_FAULT;
    case XL_OK: case XL_ATS_OK:
        if (!m->reads)
            return VTD_CLASS_HIT;
        return x->trail->config_hit ? (enum vtd_class)(VTD_CLASS_WALK1 + m->reads - 1)
                                    : VTD_CLASS_CONTEXT;
    default:
        return VTD_CLASS_OTHER;
    }
}

static void count_end(struct vtd_system *u, const struct vtd_xact *x, enum vtd_class cls)
{
    const struct vtd_xl *m = &x->m;

    u->st.requests++;
    u->st.passed += cls == VTD_CLASS_PASS || cls == VTD_CLASS_OFF;
    u->st.interrupts += cls == VTD_CLASS_INTERRUPT;
    u->st.translated += cls <= VTD_CLASS_CONTEXT;
    if (cls != VTD_CLASS_FAULT)
        return;
    u->st.faults++;
    if (m->res.recorded)
        vtd_record_fault(u, &m->req, m->res.code);
    else
        u->st.faults_suppressed++;
}

void vtd_begin(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req)
{
    vtd_xl_begin(&x->m, &u->regs, &u->impl, req);
}

void vtd_answer(struct vtd_system *u, struct vtd_xact *x)
{
    switch (x->m.q.kind) {
    case VTD_Q_CONTEXT: answer_context(u, x); break;
    case VTD_Q_TLB:     answer_tlb(u, x); break;
    case VTD_Q_SEED:    answer_seed(u, x); break;
    default:            answer_from_memory(u, x); break;
    }
    if (x->m.got & VTD_GOT_CONTEXT)
        keep_context(u, x);
    if (x->m.got & VTD_GOT_TABLE)
        keep_table(u, x);
}

void vtd_end(struct vtd_system *u, struct vtd_xact *x)
{
    x->trail->reads = x->m.reads;
    x->trail->cls = (uint8_t)classify(u, x);
    count_end(u, x, (enum vtd_class)x->trail->cls);
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
    vtd_begin(u, x, req);
    while (vtd_xl_ask(&x->m))
        vtd_answer(u, x);
    vtd_keep(u, x);
    vtd_end(u, x);
    *res = x->m.res;
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

static int capability(struct system *s, uint32_t offset, uint64_t value)
{
    struct vtd_system *u = unit_of(s);

    if (u->par.unit.capabilities != 0)
        return SIM_OK;
    if (offset == VTD_REG_CAP)
        u->regs.cap = value;
    else if (offset == VTD_REG_ECAP)
        u->regs.ecap = value;
    return SIM_OK;
}

static void reset(struct system *s)
{
    struct vtd_system *u = unit_of(s);

    vtd_regs_reset(u);
    vtd_flush(u);
}

#define STORE_DESTROY(member, path) store_destroy(&u->member);
static void destroy(struct system *s)
{
    struct vtd_system *u = unit_of(s);

    VTD_STORES(STORE_DESTROY)
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

static const struct system_ops ops = {
    .translate = translate, .command = command, .reg_write = reg_write, .capability = capability,
    .reset = reset, .destroy = destroy, .oracle = &vtd_oracle, .regs = regs, .inval = inval,
    .start_timed = start_timed,
};

/* ---- making one ----------------------------------------------------------------------------- */

#define STORE_PARAM_ADD(member, path)                                                              \
    param_add(set, "vtd." path, store_kind.param, store_kind.params, (uint64_t *)&p->member);      \
    p->member.sets = 0;

void vtd_system_params(struct vtd_system_params *p, struct param_set *set)
{
    param_add(set, "vtd", params, ARRAY_LEN(params), (uint64_t *)&p->unit);
    VTD_STORES(STORE_PARAM_ADD)
    vtd_timed_params(p, set);
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

    return in + 16 + (u->par.unit.key == VTD_KEY_SOURCE ? 16 : 0) + 2 + pages + 2 + 1;
}

static unsigned entry_bits(const struct vtd_system *u, const struct store *s)
{
    unsigned pages = (unsigned)u->par.unit.haw - 12;

    if (s == &u->iotlb)
        return iotlb_bits(u);
    if (s == &u->cc)
        return 16 + 16 + pages + 3 + 2 + 1;                    /* SID, DID, SSPTPTR, AW, TT, FPD */
    return 16 + (s == &u->wc2 ? 27 : s == &u->wc3 ? 18 : 9) + pages + 2 + 1;
}

static size_t payload_bytes(const struct vtd_system *u, const struct store *s)
{
    if (s == &u->iotlb)
        return sizeof(struct vtd_line);
    return s == &u->cc ? sizeof(struct vtd_context) : sizeof(struct vtdss_seed);
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
    int err = SIM_OK;

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
    u->regs = (struct vtd_regs){ .cap = p->unit.cap, .ecap = p->unit.ecap,
                                 .haw = (uint8_t)p->unit.haw };
    u->impl.tlb_first = p->unit.order == VTD_ORDER_IOTLB;
    u->sys = (struct system){ .ops = &ops, .arch = SYSTEM_VTD, .class_name = class_names,
                              .classes = VTD_CLASS_COUNT };
    comp_init(&u->sys.top, &vtd_kind, NULL, "vtd", &u->par.unit, &u->st);
    vtd_regs_reset(u);
    if (make_stores(u, seed)) {
        diag_env(d, NULL, "no memory for the stores");
        destroy(&u->sys);
        return NULL;
    }
    return &u->sys;
}
