/* SPDX-License-Identifier: Apache-2.0
 *
 * An SMMUv3 in time: which port a question goes to, what it costs, how commands complete.
 */
#include "system/smmuv3/smmuv3.h"

#include "base/sim.h"
#include "system/smmuv3/prefetch.h"

static const struct timed_names names = {
    .clk = "smmu.clk", .timing = "smmu.timing", .front_slots = "smmu.tbu.slots", .link = "smmu.tbu.link",
    .slots = "smmu.tcu.slots", .walk = "smmu.tcu.walk", .fetch = "smmu.tcu.fetch",
    .cmdq = "smmu.cmdq", .evtq = "smmu.evtq", .gate = "smmu.tbu.channel",
};

void smmuv3_timed_params(struct smmuv3_system_params *p, struct param_set *set)
{
#define ADD(member, path)                                                                          \
    param_add(set, "smmu." path, port_rows, PORT_ROWS, (uint64_t *)&p->member##_port);
    SMMUV3_PORTS(ADD)
#undef ADD
    timed_config_params(&p->timed, &names, set);
}

static struct smmuv3_system *of(struct system *s)
{
    return CONTAINER_OF(s, struct smmuv3_system, sys);
}

/* ---- the TBU ------------------------------------------------------------------------------------- */

unsigned smmuv3_front_of(struct system *sys, uint32_t sid)
{
    return smmuv3_tbu_of(of(sys), sid);
}

static bool enabled(const struct system *sys)
{
    const struct smmuv3_system *s = CONTAINER_OF(sys, const struct smmuv3_system, sys);

    return FIELD_GET(CR0, SMMUEN, &s->regs.cr0);
}

/* SMMUEN = 0: GBPA is all that counts, and TBUs are told of it. */
static bool disabled(struct system *sys, struct flow *f)
{
    struct smmuv3_system *s = of(sys);
    struct smmuv3_xact x = { .trail = &f->trail };

    if (!s->par.smmu.tbu_bypass || f->req.type != XL_UNTRANSLATED)
        return false;
    smmuv3_xl_begin(&x.m, &s->regs, &s->impl, &f->req);
    smmuv3_count(s, &f->req);
    smmuv3_end(s, &x);
    f->res = x.m.res;
    return true;
}

/* Speculative ones are of a class of their own, which the way of all lookups knows. */
static inline bool permits_at_once(const struct tbu_line *line, const struct xl_req *r)
{
    return __builtin_expect(xl_req_plain(r), 1) ? smmuv3_line_permits_plain(line, r)
                                                : !r->speculative && smmuv3_line_permits_uncommon(line, r);
}

/* The line that the stream used last in its micro TLB. */
static const struct tbu_line *last_line(struct smmuv3_system *s, const struct flow *f,
                                        struct store_entry **e)
{
    const struct tbu_line *line;

    *e = store_hinted(&s->tbu[f->front].utlb, f->key, f->req.addr);
    line = (const void *)(*e + 1);
    return *e && permits_at_once(line, &f->req) ? line : NULL;
}

static bool sure_hit(struct system *sys, struct flow *f)
{
    struct store_entry *e;
    const struct tbu_line *line = last_line(of(sys), f, &e);

    f->delta = line ? line->delta : 0;
    return line != NULL;
}

/* In its TLBs, and what a lookup of several sizes one after the other cost. */
static bool look(struct smmuv3_system *s, struct flow *f, unsigned level, struct store_entry *hinted)
{
    struct smmuv3_tbu *tbu = &s->tbu[f->front];
    bool found = smmuv3_lookup_tbu(s, tbu, level, f->retry, hinted, &f->req, &f->res, &f->trail);

    s->sys.timed->further = level == 0 ? tbu->utlb.further : tbu->tlb.further;
    return found;
}

static unsigned party_of(struct system *sys, const struct flow *f)
{
    return smmuv3_party(of(sys), &f->req);
}

static enum timed_found front(struct system *sys, struct flow *f, unsigned level)
{
    struct smmuv3_system *s = of(sys);
    struct store_entry *e = NULL;
    const struct tbu_line *line = level == 0 && !f->retry ? last_line(s, f, &e) : NULL;

    if (f->req.type != XL_UNTRANSLATED)
        return TIMED_END;
    if (line) {
        store_use(&s->tbu[f->front].utlb, e);
        smmuv3_use_line(s, line, &f->req, &f->res);
        f->trail.cls = SMMUV3_CLASS_UTLB;
        smmuv3_count(s, &f->req);
        return TIMED_HIT;
    }
    if (!look(s, f, level, e))
        return TIMED_MISS;
    smmuv3_count(s, &f->req);
    if (f->merged && !f->req.speculative)
        f->trail.cls = SMMUV3_CLASS_MERGED;
    return TIMED_HIT;
}

static void fill(struct system *sys, struct flow *f)
{
    smmuv3_fill_tbu(of(sys), f->machine);
}

/* Translated by its device, and not to be checked. */
static bool passes(struct system *sys, struct flow *f)
{
    struct smmuv3_system *s = of(sys);
    struct smmuv3_xact *x = &s->x;

    if (!enabled(sys) || FIELD_GET(CR0, ATSCHK, &s->regs.cr0))
        return false;
    s->st.transaction++;
    x->trail = &f->trail;
    x->flow = NULL;
    smmuv3_xl_begin(&x->m, &s->regs, &s->impl, &f->req);
    SIM_CHECK(!smmuv3_xl_ask(&x->m), "a translated access that is not to be checked asks");
    smmuv3_end(s, x);
    f->res = x->m.res;
    return true;
}

/* ---- the TCU ------------------------------------------------------------------------------------- */

static void begin(struct system *sys, struct flow *f)
{
    struct smmuv3_system *s = of(sys);
    struct smmuv3_xact *x = f->machine;

    x->trail = &f->trail;
    x->flow = f;
    x->s1_reads = x->s2_reads = 0;
    x->prefetch = f->prefetch;
    if (f->prefetch == PREFETCH_NOT && !f->again) {
        smmuv3_count(s, &f->req);
        smmuv3_count_request(s, &f->req);
    }
    smmuv3_xl_begin(&x->m, &s->regs, &s->impl, &f->req);
}

/* Is there a walk cache of just one level of the stage? */
static bool has_level_cache(struct smmuv3_system *s, unsigned stage)
{
    bool any = false;

    for (unsigned l = 0; l < 4 && !s->walk_port[stage - 1]; l++)
        any |= store_exists(s->walk_cache[stage - 1][l]);
    return any;
}

static struct port *tlb_port(struct smmuv3_system *s)
{
    return store_exists(&s->ctlb) || has_level_cache(s, 1) ? &s->ctlb_port : NULL;
}

static struct port *ipa_port(struct smmuv3_system *s)
{
    return (s->par.tcu.ipa_cache == 1 && store_exists(&s->ipa)) ||
           (s->par.tcu.ipa_cache == 2 && store_exists(&s->ctlb)) || has_level_cache(s, 2) ? &s->ipa_port : NULL;
}

/* Lookups of a TLB and of the walk caches of a stage. */
static void ask_stage(struct smmuv3_system *s, const struct smmuv3_xact *x, unsigned stage,
                      struct port *port, struct timed_ask *a)
{
    a->port = port;
    a->beside = s->walk_port[stage - 1];
    a->beside_uses = a->beside && !x->m.q.outside ? smmuv3_walk_levels(x, stage) : 0;
}

/* The lookup of the first stage's walk caches, where that comes after the TLB has missed. */
static struct port *walk_begins(struct smmuv3_system *s, const struct smmuv3_xact *x)
{
    unsigned stage = x->m.config->s1 ? 1 : 2;

    if (!s->par.tcu.walk_lookup || !has_level_cache(s, stage))
        return NULL;
    return stage == 1 ? &s->wc_s1_port : ipa_port(s);
}

static bool ask(struct system *sys, struct flow *f, struct timed_ask *a)
{
    struct smmuv3_system *s = of(sys);
    const struct smmuv3_xact *x = f->machine;
    const struct smmuv3_q *q = &x->m.q;

    if (!smmuv3_xact_asks(x))
        return false;
    *a = (struct timed_ask){ .what = smmuv3_q_name(q) };
    switch (q->kind) {
    case SMMUV3_Q_CONFIG:
        a->port = store_exists(&s->cfg) ? &s->cfg_port : NULL;
        break;
    case SMMUV3_Q_TLB:
        ask_stage(s, x, x->m.config->s1 ? 1 : 2, tlb_port(s), a);
        break;
    case SMMUV3_Q_IPA:
        ask_stage(s, x, 2, ipa_port(s), a);
        a->fetch = q->cls == EVENT_CLASS_CD;
        break;
    default:
        a->walk = q->kind == SMMUV3_Q_S1 || q->kind == SMMUV3_Q_S2 || q->kind == SMMUV3_Q_CAS;
        a->config = !a->walk || (q->kind == SMMUV3_Q_S2 && q->cls == EVENT_CLASS_CD);
        a->fetch = !a->walk || (q->kind != SMMUV3_Q_S1 && q->cls == EVENT_CLASS_CD);
        a->begins = a->walk && !a->fetch ? walk_begins(s, x) : NULL;
        a->bytes = q->words * 8u;
        a->pa = q->pa;
        break;
    }
    return true;
}

/* The TLBs' further sizes are looked for after the first; a walk cache knows the size. */
static void answer(struct system *sys, struct flow *f)
{
    struct smmuv3_system *s = of(sys);
    const struct smmuv3_xact *x = f->machine;
    unsigned kind = x->m.q.kind;

    s->ctlb.further = s->ipa.further = 0;
    smmuv3_answer(s, f->machine);
    if (kind == SMMUV3_Q_TLB || kind == SMMUV3_Q_IPA)
        sys->timed->further = s->ctlb.further + s->ipa.further;
}

static void end(struct system *sys, struct flow *f)
{
    struct smmuv3_xact *x = f->machine;

    smmuv3_end(of(sys), x);
    f->res = x->m.res;
    if (of(sys)->prefetch && !f->again)
        smmuv3_prefetch_after(of(sys), x);
}

static void fault(struct system *sys, struct flow *f)
{
    const struct smmuv3_xact *x = f->machine;
    uint64_t words[EVENT_WORDS];

    smmuv3_event_encode(&f->req, &f->res, words);
    if (smmuv3_event_merges(f->res.code, x->m.config->mev))
        smmuv3_record_or_merge(of(sys), words);
    else
        smmuv3_record(of(sys), words);
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* Every port behind which an entry may have to go, and when the last of them has been got. */
static uint64_t occupy(struct smmuv3_system *s)
{
    struct timed *t = s->sys.timed;
    uint64_t at = sim_now(t->sim), when;

#define OCCUPY(exists, port)                                                                       \
    if (exists) {                                                                                  \
        when = timed_occupy(t, port);                                                              \
        at = when > at ? when : at;                                                                \
    }
    for (unsigned i = 0; i < s->tbus; i++) {
        OCCUPY(store_exists(&s->tbu[i].utlb), &s->tbu[i].utlb_port)
        OCCUPY(store_exists(&s->tbu[i].tlb), &s->tbu[i].tlb_port)
    }
    OCCUPY(store_exists(&s->cfg), &s->cfg_port)
    OCCUPY(tlb_port(s), &s->ctlb_port)
    OCCUPY(ipa_port(s), &s->ipa_port)
    OCCUPY(s->walk_port[0], s->walk_port[0])
    OCCUPY(s->walk_port[1] && s->walk_port[1] != s->walk_port[0], s->walk_port[1])
#undef OCCUPY
    return at + clock_ps(&t->clk, t->cmdq.par.occupy);
}

/* To a device; one without an ATC answers Unsupported Request, which completes it. */
static uint64_t send_to_device(struct smmuv3_system *s, const struct smmuv3_cmd *c, const uint64_t *words,
                               unsigned n)
{
    if (!s->sys.ats || !enabled(&s->sys))
        system_command_now(&s->sys, words, n);
    else if (!smmuv3_atc_send(s, c, words, n))
        return CMDQ_BUSY;
    return sim_now(s->sys.timed->sim);
}

static uint64_t command(struct system *sys, const uint64_t *words, unsigned n, bool drained)
{
    struct smmuv3_system *s = of(sys);
    struct timed *t = sys->timed;
    uint64_t now = sim_now(t->sim);
    struct oracle_inval inv;
    struct smmuv3_cmd c;
    bool known = smmuv3_decode(s, words, n, &c), forgets = known && smmuv3_oracle_inval(&c, &inv);

    sys->now_ps = now;
    if (known && c.op == SMMUV3_CMD_SYNC && !drained) {
        smmuv3_driver_drain(s);
        return CMDQ_DRAIN;
    }
    if (smmuv3_refuses(s, words, n, drained))
        return CMDQ_STOP;
    if (known && c.op == SMMUV3_CMD_ATC_INV)
        return send_to_device(s, &c, words, n);
    t->invals += forgets;              /* before it is in the stores' logs */
    t->inval_ps = forgets ? now : t->inval_ps;
    system_command_now(sys, words, n);
    return forgets ? occupy(s) : now;
}

void smmuv3_timed_broadcast(struct smmuv3_system *s)
{
    s->sys.timed->invals++;
    occupy(s);
}

static bool is_drained(struct system *sys)
{
    return smmuv3_driver_drained(of(sys));
}

static void command_aborted(struct system *sys)
{
    smmuv3_command_aborted(of(sys));
}

static void command_room(struct system *sys)
{
    smmuv3_command_room(of(sys));
}

static void start(struct system *sys)
{
    proc_start(&of(sys)->driver.msi.proc);
    proc_start(&of(sys)->driver.ack);
    proc_start(&of(sys)->priq.proc);
    smmuv3_ecmdqs_start(of(sys));
}

/* ---- making one ---------------------------------------------------------------------------------- */

#define TIMED_OPS(sure_hit_)                                                                       \
    .front_of = smmuv3_front_of, .party_of = party_of, .enabled = enabled, .disabled = disabled,   \
    .levels = 2, .sure_hit = (sure_hit_), .front = front,                                          \
    .begin = begin, .ask = ask, .answer = answer, .end = end, .fill = fill, .passes = passes,      \
    .fault = fault,                                                                                \
    .stall_joins = smmuv3_stall_joins, .stall_placed = smmuv3_stall_placed,                        \
    .stall_settled = smmuv3_stall_settled, .command = command,                                     \
    .behind_class = SMMUV3_CLASS_BEHIND, .stalled_class = SMMUV3_CLASS_STALLED,                    \
    .machine_bytes = sizeof(struct smmuv3_xact), .cmd_bytes = CMD_BYTES,                           \
    .drained = is_drained, .command_aborted = command_aborted, .command_room = command_room,       \
    .start = start

/* Nothing is looked up ahead of what may come from further command queues. */
static const struct timed_ops ops = { TIMED_OPS(sure_hit) }, ecmdq_ops = { TIMED_OPS(NULL) };

static int keep_logs(struct smmuv3_system *s)
{
    const uint64_t *clock = &s->sys.timed->invals;
    int err = 0;

#define OF_TBU(member, path) err |= store_keep_log(&s->tbu[i].member, clock);
#define OF_TCU(member, path) err |= store_keep_log(&s->member, clock);
    for (unsigned i = 0; i < s->tbus; i++) {
        SMMUV3_TBU_STORES(OF_TBU)
    }
    SMMUV3_TCU_STORES(OF_TCU)
#undef OF_TBU
#undef OF_TCU
    return err;
}

static void find_walk_ports(struct smmuv3_system *s)
{
    for (unsigned i = 0; i < 2; i++) {
        struct store *wc = s->walk_cache[i][0];

        s->walk_port[i] = !store_exists(wc)  ? NULL
                          : wc == &s->wc     ? &s->wc_port
                          : wc == &s->wc_s1  ? &s->wc_s1_port
                          : wc == &s->wc_s2  ? &s->wc_s2_port
                                             : NULL;
    }
}

int smmuv3_timed_start(struct smmuv3_system *s, uint64_t seed)
{
    struct comp *front_comp[TIMED_FRONTS_MAX];

    for (unsigned i = 0; i < s->tbus; i++)
        front_comp[i] = &s->tbu[i].comp;
    s->sys.timed = timed_new(&s->sys, s->ecmdq.n ? &ecmdq_ops : &ops, &s->par.timed, &names, front_comp,
                             s->tbus, &s->tcu, seed);
    if (!s->sys.timed)
        return SIM_EENV;
    smmuv3_driver_timed(s);
    for (unsigned i = 0; i < s->tbus; i++) {
        port_init(&s->tbu[i].utlb_port, &s->tbu[i].utlb.comp, "port", &s->par.utlb_port);
        port_init(&s->tbu[i].tlb_port, &s->tbu[i].tlb.comp, "port", &s->par.tlb_port);
        s->sys.timed->front[i].port[0] = store_exists(&s->tbu[i].utlb) ? &s->tbu[i].utlb_port : NULL;
        s->sys.timed->front[i].port[1] = store_exists(&s->tbu[i].tlb) ? &s->tbu[i].tlb_port : NULL;
    }
    port_init(&s->cfg_port, &s->cfg.comp, "port", &s->par.cfg_port);
    port_init(&s->ctlb_port, &s->ctlb.comp, "port", &s->par.ctlb_port);
    port_init(&s->ipa_port, &s->ipa.comp, "port", &s->par.ipa_port);
    port_init(&s->wc_s1_port, &s->wc_s1.comp, "port", &s->par.wc_s1_port);
    port_init(&s->wc_s2_port, &s->wc_s2.comp, "port", &s->par.wc_s2_port);
    port_init(&s->wc_port, &s->wc.comp, "port", &s->par.wc_port);
    find_walk_ports(s);
    s->sys.timed->merge_walks = s->par.tcu.merge_walks;
    for (unsigned i = 0; i < s->tbus; i++)
        smmuv3_parts_divide(&s->par.parts, &s->sys.timed->front[i].shares, true);
    smmuv3_parts_divide(&s->par.parts, &s->sys.timed->shares, false);
    s->sys.timed->places = &s->stalls.places;
    return keep_logs(s) | smmuv3_stalls_timed(&s->stalls) | smmuv3_prefetch_timed(s) | smmuv3_ats_timed(s) |
           smmuv3_ecmdqs_timed(s);
}
