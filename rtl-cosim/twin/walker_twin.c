/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/walker_twin.h"

#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/translate.h"
#include "base/sim.h"
#include "rtl-cosim/twin/design.h"
#include "rtl-cosim/twin/store_twin.h"
#include "system/smmuv3/smmuv3.h"

enum { SLOTS_MAX = 64, LATENCY_MAX = 3, INVALS = 4096, NOBODY = SLOTS_MAX, LEVEL0_LOG2 = 39, STRIDE = 9 };

enum slot_state { FREE, LOOKUP, LOOKED, READ, DATA, DONE };

struct slot {
    enum slot_state state;
    unsigned stage;                    /* of the lookup or descriptor that is next                        */
    uint32_t id;
    bool stage2_only, nofill;
    struct smmuv3_xl m;
    struct smmuv3_config config;
    uint64_t since, since2;            /* invalidations before it, before its stage 2 walk                */
    uint8_t reads[2];                  /* by stage - 1                                                    */
};

struct walk_cache {
    struct cosim_dut *store;           /* a store_twin; NULL: there is none                               */
    unsigned turn;
    unsigned asked[LATENCY_MAX + 1];   /* whose lookups are on the way: at n, taken n cycles ago          */
    struct cosim_in in;                /* of this cycle                                                   */
};

struct inval { uint8_t parts; struct cosim_store_match match; };

struct cosim_dut {
    struct smmuv3_regs regs;
    struct smmuv3_impl impl;
    unsigned slots, latency;
    struct slot slot[SLOTS_MAX];
    struct walk_cache wc[2];           /* by stage - 1                                                    */
    unsigned ar_turn, rsp_turn;
    unsigned ar_held, rsp_held;        /* chosen and not taken yet; NOBODY                                */
    bool sweeping;
    struct inval inval[INVALS];        /* number n in inval[n % INVALS]                                   */
    uint64_t invals;
};

/* ---- making one ---------------------------------------------------------------------------------- */

static void destroy(struct cosim_dut *d)
{
    for (unsigned i = 0; i < 2; i++)
        if (d->wc[i].store)
            store_twin.destroy(d->wc[i].store);
    free(d);
}

static int wc_up(struct cosim_dut *d, unsigned stage, const struct cosim_cfg *cfg, char *err, size_t n)
{
    static const char *const names[2][6] = {
        { "wc_s1l0_sets", "wc_s1l1_sets", "wc_s1l2_sets", "wc_s1l0_ways", "wc_s1l1_ways", "wc_s1l2_ways" },
        { "wc_s2l0_sets", "wc_s2l1_sets", "wc_s2l2_sets", "wc_s2l0_ways", "wc_s2l1_ways", "wc_s2l2_ways" },
    };
    static const char *const its[6] = { "sets0", "sets1", "sets2", "ways0", "ways1", "ways2" };
    static const uint8_t otherwise[6] = { 1, 4, 8, 4, 2, 2 };
    struct cosim_param p[10] = { { "kind", STORE_TWIN_WALK },
                                 { "policy", lockstep_param(cfg->param, "wc_policy", 1) },
                                 { "latency", d->latency } };
    struct cosim_cfg c = { .seed = cfg->seed, .param = p, .params = 9 };
    uint64_t sets = 0;

    for (unsigned i = 0; i < 6; i++) {
        p[3 + i] = (struct cosim_param){ its[i], lockstep_param(cfg->param, names[stage - 1][i], otherwise[i]) };
        sets += i < 3 ? p[3 + i].value : 0;
    }
    return sets ? store_twin.create(&d->wc[stage - 1].store, &c, err, n) : 0;
}

static int reset(struct cosim_dut *d)
{
    memset(d->slot, 0, sizeof d->slot);
    d->ar_turn = d->rsp_turn = 0;
    d->ar_held = d->rsp_held = NOBODY;
    d->sweeping = false;
    d->invals = 0;
    for (unsigned i = 0; i < 2; i++) {
        d->wc[i].turn = 0;
        for (unsigned j = 0; j <= LATENCY_MAX; j++)
            d->wc[i].asked[j] = NOBODY;
        if (d->wc[i].store && store_twin.reset(d->wc[i].store))
            return -1;
    }
    return 0;
}

static int create(struct cosim_dut **made, const struct cosim_cfg *cfg, char *err, size_t n)
{
    struct cosim_dut *d = calloc(1, sizeof *d);

    if (!d) {
        snprintf(err, n, "no memory");
        return -1;
    }
    cosim_design_idr(&d->regs);
    FIELD_SET(CR0, SMMUEN, &d->regs.cr0, 1);
    d->slots = (unsigned)lockstep_param(cfg->param, "walk_slots", 8);
    d->latency = (unsigned)lockstep_param(cfg->param, "wc_latency", 1);
    if (d->slots < 1 || d->slots > SLOTS_MAX || d->latency < 1 || d->latency > LATENCY_MAX) {
        snprintf(err, n, "parameters no walker can have");
        destroy(d);
        return -1;
    }
    for (unsigned stage = 1; stage <= 2; stage++)
        if (wc_up(d, stage, cfg, err, n)) {
            destroy(d);
            return -1;
        }
    *made = d;
    return reset(d);
}

/* ---- what invalidations remove ------------------------------------------------------------------- */

static bool removes(const struct cosim_store_match *m, uint64_t key, uint64_t tag, uint64_t addr, unsigned log2)
{
    uint64_t first = bits_align_down(addr, log2), last = first + bits_low(log2);
    bool fits = m->n_tag == 0;

    for (unsigned i = 0; i < m->n_tag; i++)
        fits |= (tag & m->tag_mask[i]) == m->tag_value[i];
    return fits && (key & m->ctx_mask) == m->ctx_value && (!m->by_addr || (first <= m->last && last >= m->first));
}

/* Has one since number `since` removed such an entry of this part? */
static bool gone(const struct cosim_dut *d, uint64_t since, enum cosim_walk_part part, uint64_t key, uint64_t tag,
                 uint64_t addr, unsigned log2)
{
    SIM_CHECK(d->invals - since <= INVALS, "a walk that %u invalidations overtake", INVALS);
    for (uint64_t i = since; i < d->invals; i++) {
        const struct inval *v = &d->inval[i % INVALS];

        if (v->parts & part && removes(&v->match, key, tag, addr, log2))
            return true;
    }
    return false;
}

static uint64_t tag_of(const struct smmuv3_config *c, bool s1)
{
    uint64_t t = 0;

    FIELD_SET(TLB_TAG, S1, &t, s1);
    FIELD_SET(TLB_TAG, VMID, &t, c->vmid);
    FIELD_SET(TLB_TAG, ASID, &t, s1 ? c->asid : 0);
    return t;
}

static uint64_t walk_key(const struct slot *s, unsigned stage)
{
    uint64_t t = tag_of(&s->config, stage == 1);

    if (stage == 1)
        FIELD_SET(TLB_TAG, HALF, &t, s->m.half);
    return t;
}

/* ---- slots --------------------------------------------------------------------------------------- */

static bool has_leaf(const struct slot *s)
{
    return s->stage2_only ? smmuv3_xl_ask(&s->m) : s->m.res.outcome == XL_OK;
}

/* To the next question that takes time. */
static void go_on(struct cosim_dut *d, struct slot *s)
{
    struct smmuv3_xl *m = &s->m;
    unsigned stage;

    while (smmuv3_xl_ask(m)) {
        switch (m->q.kind) {
        case SMMUV3_Q_S1:
        case SMMUV3_Q_S2:
            s->stage = m->q.kind == SMMUV3_Q_S1 ? 1 : 2;
            s->state = READ;
            return;
        case SMMUV3_Q_TLB:
        case SMMUV3_Q_IPA:
            stage = m->q.kind == SMMUV3_Q_TLB && s->config.s1 ? 1 : 2;
            s->since2 = d->invals;
            if (d->wc[stage - 1].store && !m->q.outside &&
                (stage == 1 || (m->q.kind == SMMUV3_Q_TLB ? m->canon : m->q.ipa) >> s->config.s2t.in_bits == 0)) {
                s->stage = stage;
                s->state = LOOKUP;
                return;
            }
            smmuv3_xl_tell_none(m);
            break;
        default:                       /* the CD: its address is known                                    */
            s->state = DONE;
            return;
        }
    }
    s->state = DONE;
}

/* An address of a CD is asked for as that of the only CD of a stream with both stages. */
static void begin_cd(struct slot *s, const struct cosim_walk_req *q)
{
    uint64_t ste[STE_WORDS];

    memcpy(ste, q->context->ste, sizeof ste);
    FIELD_SET(STE, CONFIG, ste, STE_NESTED);
    FIELD_SET(STE, S1CDMAX, ste, 0);
    FIELD_SET_ADDR(STE, S1CTXPTR, ste, q->addr);
    smmuv3_xl_tell_none(&s->m);
    smmuv3_xl_tell(&s->m, ste);
    s->config = *s->m.config;
}

static void begin(struct cosim_dut *d, struct slot *s, const struct cosim_walk_req *q)
{
    struct xl_req req = { .addr = q->addr, .write = q->write, .exec = q->exec, .priv = q->priv };
    struct smmuv3_regs *r = &d->regs;

    *s = (struct slot){ .id = q->id, .stage2_only = q->stage2_only, .nofill = q->nofill, .since = d->invals };
    smmuv3_xl_begin(&s->m, r, &d->impl, &req);
    if (q->stage2_only) {
        begin_cd(s, q);
    } else {
        smmuv3_decode_ste(r, q->context->ste, &s->config);
        if (s->config.s1)
            smmuv3_decode_cd(r, q->context->cd, &s->config);
        smmuv3_xl_tell_config(&s->m, &s->config);
    }
    go_on(d, s);
}

static unsigned pick(const struct cosim_dut *d, enum slot_state state, unsigned stage, unsigned from)
{
    for (unsigned i = 0; i < d->slots; i++) {
        unsigned n = (from + i) % d->slots;

        if (d->slot[n].state == state && (stage == 0 || d->slot[n].stage == stage))
            return n;
    }
    return NOBODY;
}

/* ---- walk caches --------------------------------------------------------------------------------- */

static bool wc_ready(const struct cosim_dut *d)
{
    for (unsigned i = 0; i < 2; i++)
        if (d->wc[i].store && !store_twin_ready(d->wc[i].store))
            return false;
    return true;
}

static uint64_t lookup_addr(const struct slot *s)
{
    return s->m.q.kind == SMMUV3_Q_TLB ? s->m.canon : s->m.q.ipa;
}

static void look_up(struct cosim_dut *d, unsigned stage)
{
    struct walk_cache *wc = &d->wc[stage - 1];
    unsigned n = pick(d, LOOKUP, stage, wc->turn);
    struct cosim_store_in *in = &wc->in.store;

    memmove(wc->asked + 1, wc->asked, sizeof wc->asked - sizeof wc->asked[0]);
    wc->asked[0] = NOBODY;
    if (n == NOBODY || !store_twin_ready(wc->store))
        return;
    in->lookup = true;
    in->lookup_ctx = walk_key(&d->slot[n], stage);
    in->lookup_addr = lookup_addr(&d->slot[n]);
    d->slot[n].state = LOOKED;
    wc->turn = (n + 1) % d->slots;
    wc->asked[0] = n;
}

static void looked(struct cosim_dut *d, struct slot *s, const struct cosim_store_out *out)
{
    struct vmsa_seed seed = { .table = bits_align_down(out->payload, 12), .hier = out->payload & 15,
                              .level = (int8_t)((LEVEL0_LOG2 - out->size_log2) / STRIDE + 1) };

    if (out->hit)
        smmuv3_xl_tell_seed(&s->m, &seed);
    else
        smmuv3_xl_tell_none(&s->m);
    go_on(d, s);
}

/* The table that the last descriptor led to, unless an invalidation before this cycle had to remove it. */
static void fill(struct cosim_dut *d, const struct slot *s, uint64_t before)
{
    const struct smmuv3_xl *m = &s->m;
    unsigned stage = m->seed_stage, log2 = vmsa_shift(12, m->seed.level - 1);
    struct walk_cache *wc = &d->wc[stage - 1];
    struct cosim_store_in *in = &wc->in.store;
    uint64_t after = d->invals;
    bool covered;

    if (!wc->store || s->nofill)
        return;
    in->fill_ctx = walk_key(s, stage);
    in->fill_tag = tag_of(&s->config, stage == 1);
    in->fill_base = stage == 1 ? m->canon : m->seed_in;
    in->fill_size_log2 = (uint8_t)log2;
    in->fill_payload = m->seed.table | m->seed.hier;
    d->invals = before;
    covered = gone(d, stage == 1 ? s->since : s->since2, stage == 1 ? COSIM_PART_S1 : COSIM_PART_S2, in->fill_ctx,
                   in->fill_tag, in->fill_base, log2);
    d->invals = after;
    in->fill = !covered;
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static void say_leaf(const struct cosim_dut *d, const struct slot *s, struct cosim_walk_rsp *w)
{
    const struct xl_leaf *l = s->stage2_only ? &s->m.ipa_leaf : &s->m.leaf;
    uint64_t key = tag_of(&s->config, s->config.s1 && !s->stage2_only), tag = key;

    FIELD_SET(TLB_TAG, GLOBAL, &tag, l->global);
    w->size_log2 = l->size_log2;
    w->perm1 = l->perm1;
    w->perm2 = l->perm2;
    w->global = l->global;
    w->piece = l->block_log2 != 0;
    w->addr = l->pa;
    w->ipa = l->ipa;
    w->overtaken = s->nofill || (w->piece ? d->invals != s->since
                                          : gone(d, s->since, COSIM_PART_TLB, key, tag, l->iova, l->size_log2));
}

static void say_walk(const struct cosim_dut *d, const struct slot *s, struct cosim_walk_rsp *w)
{
    const struct xl_result *r = &s->m.res;

    *w = (struct cosim_walk_rsp){ .valid = true, .id = s->id, .s1_reads = s->reads[0], .s2_reads = s->reads[1] };
    if (has_leaf(s)) {
        say_leaf(d, s, w);
        return;
    }
    w->fault = true;
    w->fault_s2 = r->stage2;
    w->recorded = r->recorded;
    w->code = r->code;
    w->cls = r->cls;
    w->ipa = r->ipa;
    w->fetch = r->fetch;
}

struct chosen { unsigned free, ar, rsp; };

static struct chosen choose(const struct cosim_dut *d)
{
    return (struct chosen){
        .free = pick(d, FREE, 0, 0),
        .ar = d->ar_held != NOBODY ? d->ar_held : pick(d, READ, 0, d->ar_turn),
        .rsp = d->rsp_held != NOBODY ? d->rsp_held : pick(d, DONE, 0, d->rsp_turn),
    };
}

static void say(const struct cosim_dut *d, const struct chosen *c, bool ready, struct cosim_out *out)
{
    memset(out, 0, sizeof *out);
    out->walk_ready = c->free != NOBODY;
    out->r_ready = out->store.ready = ready;
    out->store.inval_done = d->sweeping && ready;
    out->idle = true;
    for (unsigned i = 0; i < d->slots; i++)
        out->idle &= d->slot[i].state == FREE;
    if (c->ar != NOBODY)
        out->ar = (struct cosim_ar){ .valid = true, .id = (uint8_t)c->ar, .beats = 1,
                                     .addr = d->slot[c->ar].m.q.pa };
    if (c->rsp != NOBODY)
        say_walk(d, &d->slot[c->rsp], &out->walk);
}

static void take_data(struct cosim_dut *d, const struct cosim_r *r, uint64_t before)
{
    struct slot *s = &d->slot[r->id];

    s->reads[s->stage - 1]++;
    smmuv3_xl_tell(&s->m, r->error ? NULL : &r->data);
    if (s->m.got & SMMUV3_GOT_TABLE)
        fill(d, s, before);
    go_on(d, s);
}

static void take_inval(struct cosim_dut *d, const struct cosim_store_in *in)
{
    d->inval[d->invals++ % INVALS] = (struct inval){ in->parts, in->match };
    for (unsigned i = 0; i < 2; i++) {
        d->wc[i].in.store.inval = in->parts & (i ? COSIM_PART_S2 : COSIM_PART_S1);
        d->wc[i].in.store.match = in->match;
    }
}

static void clock_cache(struct cosim_dut *d, struct walk_cache *wc)
{
    unsigned n = wc->asked[d->latency];
    struct cosim_out out;

    store_twin.tick(wc->store, &wc->in, &out);
    if (out.store.answered)
        looked(d, &d->slot[n], &out.store);
}

static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    bool ready = wc_ready(d), inval = in->store.inval && ready;
    struct chosen c = choose(d);
    uint64_t before = d->invals;

    say(d, &c, ready, out);
    d->wc[0].in = d->wc[1].in = (struct cosim_in){ 0 };
    if (inval)
        take_inval(d, &in->store);
    d->sweeping = inval || (d->sweeping && !ready);
    d->ar_held = c.ar != NOBODY && !in->ar_ready ? c.ar : NOBODY;
    d->rsp_held = c.rsp != NOBODY && !in->walk_rsp_ready ? c.rsp : NOBODY;
    for (unsigned stage = 1; stage <= 2; stage++)
        if (d->wc[stage - 1].store)
            look_up(d, stage);
    if (in->r.valid && ready)
        take_data(d, &in->r, before);
    if (c.ar != NOBODY && in->ar_ready) {
        d->slot[c.ar].state = DATA;
        d->ar_turn = (c.ar + 1) % d->slots;
    }
    if (c.rsp != NOBODY && in->walk_rsp_ready) {
        d->slot[c.rsp].state = FREE;
        d->rsp_turn = (c.rsp + 1) % d->slots;
    }
    if (c.free != NOBODY && in->walk.valid)
        begin(d, &d->slot[c.free], &in->walk);
    for (unsigned i = 0; i < 2; i++)
        if (d->wc[i].store)
            clock_cache(d, &d->wc[i]);
    return 0;
}

const struct cosim_dut_ops walker_twin = {
    .abi = COSIM_ABI, .name = "walker-twin", .about = "walker in C: translation table walks of both stages",
    .level = COSIM_WALKER, .caps = COSIM_CAP_NESTED | COSIM_CAP_STAGE2 | COSIM_CAP_FAULTS | COSIM_CAP_REORDERS,
    .create = create, .destroy = destroy, .reset = reset, .tick = tick,
};

const struct lockstep_kind lockstep_walker = { "walker", &walker_twin, &walker_stimulus, .any_name = false };
