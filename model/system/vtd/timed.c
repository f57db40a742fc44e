/* SPDX-License-Identifier: Apache-2.0
 *
 * A VT-d unit in time: which port a question goes to, what it costs, how descriptors complete.
 */
#include "system/vtd/vtd.h"

#include "base/sim.h"

static const struct timed_names names = {
    .clk = "vtd.clk", .timing = "vtd.timing", .front_slots = "vtd.slots", .walk = "vtd.walk",
    .fetch = "vtd.fetch",
    .cmdq = "vtd.iq",
};

void vtd_timed_params(struct vtd_system_params *p, struct param_set *set)
{
#define ADD(member, path)                                                                          \
    param_add(set, "vtd." path, port_rows, PORT_ROWS, (uint64_t *)&p->member##_port);
    VTD_PORTS(ADD)
#undef ADD
    timed_config_params(&p->timed, &names, set);
}

static struct vtd_system *of(struct system *s)
{
    return CONTAINER_OF(s, struct vtd_system, sys);
}

/* ---- before a slot is needed ---------------------------------------------------------------- */

static unsigned front_of(struct system *s, uint32_t sid)
{
    (void)s;
    (void)sid;
    return 0;
}

static bool context_first(const struct vtd_system *u)
{
    return u->par.unit.order == VTD_ORDER_CONTEXT;
}

/* What a level looks up.  A level whose port is missing is passed over; IOTLB first, all is looked up at once. */
static unsigned last_lookup(const struct vtd_system *u, unsigned level)
{
    static const uint8_t kind[TIMED_LEVELS] = { VTD_Q_CONTEXT, VTD_Q_PASID, VTD_Q_TLB };

    return context_first(u) ? kind[level] : VTD_Q_TLB;
}

/* What those before it have looked up. */
static uint8_t seen_before(unsigned kind)
{
    return kind == VTD_Q_TLB ? VTD_SEEN_CONTEXT | VTD_SEEN_PASID : kind == VTD_Q_PASID ? VTD_SEEN_CONTEXT : 0;
}

static bool enabled(const struct system *s)
{
    return CONTAINER_OF(s, const struct vtd_system, sys)->regs.tes;
}

static bool asks_lookup(const struct vtd_xl *m)
{
    return m->q.kind == VTD_Q_CONTEXT || m->q.kind == VTD_Q_PASID || m->q.kind == VTD_Q_TLB;
}

/* Goes through the machine's questions as far as this level's lookup, and as those before it can answer
 * again. */
static enum timed_found front(struct system *s, struct flow *f, unsigned level)
{
    struct vtd_system *u = of(s);
    struct vtd_xact *x = &u->x;
    unsigned last = last_lookup(u, level);
    enum vtd_quick quick;
    bool found = false;

    x->trail = &f->trail;
    x->flow = NULL;
    x->seen = f->retry ? VTD_SEEN_CONTEXT | VTD_SEEN_PASID | VTD_SEEN_TLB : context_first(u) ? seen_before(last) : 0;
    u->iotlb.further = 0;
    quick = vtd_quick(u, x, &f->req, last, &f->res);
    if (quick != VTD_QUICK_NO) {
        s->timed->further = u->iotlb.further;
        if (quick == VTD_QUICK_HIT && f->merged)
            f->trail.cls = VTD_CLASS_MERGED;
        return quick == VTD_QUICK_HIT ? TIMED_HIT : quick == VTD_QUICK_ON ? TIMED_MISS : TIMED_END;
    }
    vtd_begin(u, x, &f->req);
    while (!found && asks_lookup(&x->m) && x->m.q.kind <= last) {
        found = x->m.q.kind == last;
        vtd_answer(u, x);
    }
    s->timed->further = u->iotlb.further;
    if (vtd_xl_ask(&x->m))             /* without a context nothing more can be looked up */
        return asks_lookup(&x->m) ? TIMED_MISS : TIMED_END;
    vtd_end(u, x);
    f->res = x->m.res;
    if (f->merged && f->trail.cls == VTD_CLASS_HIT)
        f->trail.cls = VTD_CLASS_MERGED;
    return TIMED_HIT;
}

/* ---- in a slot ------------------------------------------------------------------------------ */

static void begin(struct system *s, struct flow *f)
{
    struct vtd_system *u = of(s);
    struct vtd_xact *x = f->machine;

    x->trail = &f->trail;
    x->flow = f;
    x->seen = x->have = 0;
    if (f->pass) {                     /* has come past the lookups before the slot */
        vtd_begin(u, x, &f->req);
        return;
    }
    if (context_first(u) && store_exists(&u->cc))
        x->seen |= VTD_SEEN_CONTEXT;
    if (context_first(u) && store_exists(&u->pc) && f->trail.config_hit)
        x->seen |= VTD_SEEN_PASID;
    if (store_exists(&u->iotlb) && f->trail.lookups)
        x->seen |= VTD_SEEN_TLB;
    vtd_begin(u, x, &f->req);
}

static struct port *iec_port(struct vtd_system *u)
{
    return store_exists(&u->iec) ? &u->iec_port : NULL;
}

static struct port *seed_port(struct vtd_system *u, unsigned stage)
{
    for (unsigned level = VTD_WC_MIN; level <= VTD_WC_MAX; level++)
        if (store_exists(u->walk_cache[stage - 1][level]))
            return stage == 1 ? &u->fwc_port : &u->wc_port;
    return NULL;
}

static bool ask(struct system *s, struct flow *f, struct timed_ask *a)
{
    struct vtd_system *u = of(s);
    const struct vtd_xact *x = f->machine;
    const struct vtd_q *q = &x->m.q;

    if (!vtd_xl_ask(&x->m))
        return false;
    *a = (struct timed_ask){ .what = vtd_q_name(q) };
    switch (q->kind) {
    case VTD_Q_CONTEXT:
        a->port = store_exists(&u->cc) && !(x->seen & VTD_SEEN_CONTEXT) ? &u->cc_port : NULL;
        break;
    case VTD_Q_TLB:
        a->port = store_exists(&u->iotlb) && !(x->seen & VTD_SEEN_TLB) ? &u->iotlb_port : NULL;
        break;
    case VTD_Q_PASID:
        a->port = store_exists(&u->pc) && !(x->seen & VTD_SEEN_PASID) ? &u->pc_port : NULL;
        break;
    case VTD_Q_GPA:
        a->port = store_exists(&u->gpa) ? &u->gpa_port : NULL;
        break;
    case VTD_Q_SEED:
        a->port = seed_port(u, q->stage);
        break;
    case VTD_Q_IEC:
        a->port = iec_port(u);
        break;
    default:
        a->walk = q->kind == VTD_Q_SS || q->kind == VTD_Q_FS || q->kind == VTD_Q_UPDATE;
        a->config = a->fetch = !a->walk;
        a->bytes = q->words * 8u;
        a->pa = q->pa;
        break;
    }
    return true;
}

static void answer(struct system *s, struct flow *f)
{
    struct vtd_system *u = of(s);

    u->iotlb.further = 0;
    vtd_answer(u, f->machine);
    s->timed->further = f->ask.port ? u->iotlb.further : 0;
}

static void end(struct system *s, struct flow *f)
{
    struct vtd_xact *x = f->machine;

    vtd_end(of(s), x);
    f->res = x->m.res;
}

static void fill(struct system *s, struct flow *f)
{
    vtd_keep(of(s), f->machine);
}

/* ---- descriptors ---------------------------------------------------------------------------- */

/* Interrupt entries stand apart from what translates. */
static uint64_t occupy(struct vtd_system *u, unsigned type)
{
    struct timed *t = u->sys.timed;
    struct port *const entries[] = { iec_port(u) };
    struct port *const translations[] = { store_exists(&u->iotlb) ? &u->iotlb_port : NULL,
                                          store_exists(&u->cc) ? &u->cc_port : NULL,
                                          store_exists(&u->pc) ? &u->pc_port : NULL,
                                          store_exists(&u->gpa) ? &u->gpa_port : NULL, seed_port(u, 1), seed_port(u, 2) };
    bool interrupts = type == VTD_INV_IEC;
    struct port *const *port = interrupts ? entries : translations;
    unsigned n = interrupts ? ARRAY_LEN(entries) : ARRAY_LEN(translations);
    uint64_t at = sim_now(t->sim);

    for (unsigned i = 0; i < n; i++) {
        uint64_t when = port[i] ? timed_occupy(t, port[i]) : 0;

        at = when > at ? when : at;
    }
    return at + clock_ps(&t->clk, t->cmdq.par.occupy);
}

static uint64_t command(struct system *s, const uint64_t *words, unsigned n, bool drained)
{
    struct vtd_system *u = of(s);
    uint64_t now = sim_now(s->timed->sim);
    struct vtd_inv inv;

    s->now_ps = now;
    if (!drained && vtd_queue_refuses(u, words, n))
        return CMDQ_STOP;
    if (!drained && !vtd_inv_decode(words, n, u->regs.cap, &inv)) {
        vtd_queue_begin(u, &inv);
        vtd_pri_drain(u, inv.wait.pd);
        if (inv.type == VTD_INV_WAIT)
            return CMDQ_DRAIN;
        if (inv.type == VTD_INV_PGRSP) {
            system_command_now(s, words, n);
            return now;
        }
        if (inv.type == VTD_INV_DEVTLB || inv.type == VTD_INV_PDEVTLB)
            return vtd_ats_send(u, &inv, words, n);
        s->timed->invals++;
        system_command_now(s, words, n);
        return occupy(u, inv.type);
    }
    if (!drained || vtd_queue_wait_ends(u))
        system_command_now(s, words, n);
    return now;
}

static bool drains(struct system *s)
{
    return vtd_queue_drains(of(s));
}

/* PASID entries are looked up in scalable mode. */
void vtd_timed_mode(struct vtd_system *u)
{
    bool looks = context_first(u) && store_exists(&u->pc) && FIELD_GET(RTADDR, TTM, &u->regs.rtaddr) == VTD_TTM_SCALABLE;

    u->sys.timed->front[0].port[1] = looks ? &u->pc_port : NULL;
}

static bool is_drained(struct system *s)
{
    return vtd_pri_drained(of(s));
}

static bool abandoned(struct system *s)
{
    return of(s)->driver.wait_aborted;
}

static void aborted(struct system *s)
{
    vtd_queue_aborted(of(s));
}

static void start(struct system *s)
{
    proc_start(&of(s)->driver.msi.proc);
    proc_start(&of(s)->prq.proc);
}

/* ---- making one ----------------------------------------------------------------------------- */

static const struct timed_ops ops = {
    .front_of = front_of, .enabled = enabled, .levels = TIMED_LEVELS, .front = front, .begin = begin, .ask = ask,
    .answer = answer, .end = end, .fill = fill, .command = command,
    .drains = drains, .drained = is_drained, .abandoned = abandoned, .command_aborted = aborted, .start = start,
    .behind_class = VTD_CLASS_BEHIND,
    .machine_bytes = sizeof(struct vtd_xact), .cmd_bytes = VTD_INV_WORDS * 8,
};

int vtd_timed_start(struct vtd_system *u, uint64_t seed)
{
    struct comp *top = &u->sys.top;
    int err = 0;

    u->sys.timed = timed_new(&u->sys, &ops, &u->par.timed, &names, &top, 1, top, seed);
    if (!u->sys.timed)
        return SIM_EENV;
    vtd_driver_timed(u);
    port_init(&u->iotlb_port, &u->iotlb.comp, "port", &u->par.iotlb_port);
    port_init(&u->cc_port, &u->cc.comp, "port", &u->par.cc_port);
    port_init(&u->pc_port, &u->pc.comp, "port", &u->par.pc_port);
    port_init(&u->gpa_port, &u->gpa.comp, "port", &u->par.gpa_port);
    port_init(&u->iec_port, &u->iec.comp, "port", &u->par.iec_port);
    port_init(&u->wc_port, top, "wc_port", &u->par.wc_port);
    port_init(&u->fwc_port, top, "fwc_port", &u->par.fwc_port);
    if (context_first(u))
        u->sys.timed->front[0].port[0] = store_exists(&u->cc) ? &u->cc_port : NULL;
    vtd_timed_mode(u);
    if (store_exists(&u->iotlb))
        u->sys.timed->front[0].port[context_first(u) ? 2 : 0] = &u->iotlb_port;
#define LOG(member, path) err |= store_keep_log(&u->member, &u->sys.timed->invals);
    VTD_STORES(LOG)
#undef LOG
    return err | vtd_ats_timed(u);
}
