/* SPDX-License-Identifier: Apache-2.0
 *
 * Time for devices that translate ahead.  At its device an access is a process of its own (ats_run); what it
 * sends up the link, a Translation Request or itself translated, goes the way of a flow (timed_pass) and
 * comes back here.
 */
#include "system/ats_impl.h"

#include <stdlib.h>

enum stage { BEGINS, ANSWERED };

struct ats_frame {                     /* of the flow of the same number */
    struct xl_req access;              /* as the device meant it                                  */
    struct atc_use use;
    struct atc_line line;
    bool     using, asked, followed, granted, resting;
    uint8_t  stage, tries;             /* groups of page requests so far                          */
    uint16_t group;
    uint64_t since;                    /* invalidations seen when it asked                        */
    uint64_t response_ps;              /* when the answer to its group is at the device           */
    struct flow *next;                 /* in the list of leaders                                  */
    struct flow *first, *last;         /* those that wait for it ...                              */
    struct flow *behind;               /* ... and the next of these                               */
};

static void done(void *arg, struct flow *f, uint64_t done_ps);

static struct ats_frame *frame_of(const struct ats *a, const struct flow *f)
{
    return &a->frame[f->index];
}

static struct ats_link *link_of(const struct ats *a, const struct flow *f)
{
    return &a->link[f->front];
}

/* ---- making and beginning ------------------------------------------------------------------------ */

/* An invalidation takes effect at the device. */
static void forget(void *arg, const uint64_t *words)
{
    struct ats *a = arg;

    a->sys->now_ps = sim_now(a->timed->sim);
    system_command_now(a->sys, words, ATC_WORDS);
}

static void answered(void *arg)
{
    cmdq_drain(&((struct ats *)arg)->timed->cmdq);
}

static void timed_out(void *arg, const uint64_t *words)
{
    struct ats *a = arg;

    if (a->ops->timed_out)
        a->ops->timed_out(a->sys, words);
}

int ats_timed(struct ats *a, const struct ats_config *c)
{
    int err = 0;

    a->timed = a->sys->timed;
    comp_clock(&a->comp, &a->timed->clk);
    for (unsigned i = 0; i < a->n; i++) {
        struct ats_link *l = &a->link[i];

        comp_clock(&l->atc.comp, &a->timed->clk);
        comp_clock(&l->atc.lines.comp, &a->timed->clk);
        err |= atc_timed(&l->atc, &c->port, &a->timed->front[i].dev);
        err |= slots_init(&l->requests, &l->atc.comp, "requests", &(struct slots_params){ c->par.requests });
        err |= slots_init(&l->pages, &l->atc.comp, "pages", &(struct slots_params){ c->par.page_requests });
        l->atc.forget = forget;
        l->atc.answered = answered;
        l->atc.timed_out = timed_out;
        l->atc.arg = a;
    }
    a->frame = calloc(a->timed->par.flows, sizeof *a->frame);
    return err || !a->frame ? SIM_EENV : 0;
}

void ats_start(struct ats *a)
{
    a->done = a->timed->done;
    a->timed->done = done;
    for (unsigned i = 0; i < a->n; i++)
        proc_start(&a->link[i].atc.proc);
}

bool ats_begin(struct ats *a, struct flow *f, uint64_t when_ps)
{
    struct ats_frame *fr = frame_of(a, f);

    if (f->req.type != XL_UNTRANSLATED || a->timed->par.off || !a->ops->enabled(a->sys, &f->req))
        return false;
    *fr = (struct ats_frame){ .access = f->req, .stage = BEGINS };
    a->timed->busy++;                          /* until it is done: nothing is looked up ahead of it */
    a->st.accesses++;
    f->arrived = f->ahead = f->written = false;
    f->pass = TIMED_AT_DEVICE;
    f->proc.run = ats_run;
    proc_begin_at(&f->proc, when_ps);
    return true;
}

/* ---- accesses that wait for another's page ------------------------------------------------------- */

static bool same_page(const struct ats *a, const struct flow *f, const struct flow *g)
{
    const struct xl_req *x = &frame_of(a, f)->access, *y = &frame_of(a, g)->access;

    return ats_ctx(x) == ats_ctx(y) && x->addr >> ATS_PAGE_LOG2 == y->addr >> ATS_PAGE_LOG2;
}

static struct flow *find_leader(const struct ats *a, const struct flow *f)
{
    struct flow *g = link_of(a, f)->leader;

    while (g && !same_page(a, f, g))
        g = frame_of(a, g)->next;
    return g;
}

static void lead(struct ats *a, struct flow *f)
{
    struct ats_link *l = link_of(a, f);

    frame_of(a, f)->next = l->leader;
    l->leader = f;
}

static void follow(struct ats *a, struct flow *f, struct flow *leader)
{
    struct ats_frame *fr = frame_of(a, leader);

    frame_of(a, f)->behind = NULL;
    if (fr->last)
        frame_of(a, fr->last)->behind = f;
    else
        fr->first = f;
    fr->last = f;
    frame_of(a, f)->followed = true;
    a->st.merged++;
    f->proc.wait = PROC_FOR_END;
    f->proc.wait_on = &leader->proc;
    f->proc.idle = false;
}

/* f asks no more: those that waited for it look again. */
static void stop_leading(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    struct flow **at = &link_of(a, f)->leader;

    while (*at != f)
        at = &frame_of(a, *at)->next;
    *at = fr->next;
    for (struct flow *g = fr->first; g; g = frame_of(a, g)->behind)
        proc_trigger(&g->proc);
    fr->first = fr->last = NULL;
}

/* ---- what an access does at its device ----------------------------------------------------------- */

static void charge_wait(struct flow *f, enum cause c, const struct comp *where, const char *what)
{
    if (proc_now(&f->proc) > f->led.at_ps)
        timed_charge(f, c, proc_now(&f->proc), where, what, 0);
}

static void begin(struct ats *a, struct flow *f)
{
    ledger_begin(&f->led, f->born_ps);
    f->trail = (struct system_trail){ .cls = a->ops->hit_class };
    charge_wait(f, CAUSE_DEVICE, &a->comp, "");
}

static void use(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);

    atc_use(&link_of(a, f)->atc, &fr->use, ats_ctx(&fr->access), fr->access.addr);
    fr->using = true;
}

void ats_release(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);

    if (fr->using)
        atc_used(&link_of(a, f)->atc, &fr->use);
    fr->using = false;
}

/* A write waits for its turn before it uses a translation: no invalidation is to wait for what the writes before
 * it wait for. */
static bool must_wait(struct flow *f)
{
    return f->kind == FLOW_WRITE && timed_waits_for_turn(f);
}

/* Looks into the ATC, from f's time on; an entry that is found is in use from then on. */
static void look(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    struct atc *atc = &link_of(a, f)->atc;
    uint64_t ctx = ats_ctx(&fr->access);
    unsigned need = ats_need(&fr->access);
    const struct atc_line *line = f->retry ? atc_lookup_again(atc, ctx, fr->access.addr, need)
                                           : atc_lookup(atc, ctx, fr->access.addr, need);

    a->st.atc_hits += line && !f->retry;
    if (line) {
        fr->line = *line;
        use(a, f);
    }
    timed_charge(f, CAUSE_LOOKUP, f->led.at_ps + atc->port.latency_ps, &atc->comp, line ? "hit" : "miss", 0);
}

/* Its Translation Request goes up the link. */
static void send_request(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    uint64_t now = proc_now(&f->proc);

    a->st.requests++;
    fr->since = link_of(a, f)->atc.seen;
    fr->asked = true;
    fr->stage = ANSWERED;
    f->req = ats_request_of(a, &fr->access);
    timed_pass(f, TIMED_ASKS, now, dlink_message_up(&a->timed->front[f->front].dev, now));
}

/* It goes up itself, translated: a write with its data. */
static void send_access(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    struct dlink *dev = &a->timed->front[f->front].dev;
    uint64_t start, arrival;

    if (f->kind == FLOW_WRITE)
        timed_take_turn(f);
    arrival = dlink_up(dev, f->kind == FLOW_WRITE, f->bytes, f->led.at_ps, &start);
    fr->granted = true;
    f->req = ats_translated(&fr->access, &fr->line);
    timed_pass(f, TIMED_GOES, start + dev->par.engine_ps, arrival);
}

static enum ats_answer take_answer(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    struct ats_link *l = link_of(a, f);
    enum ats_answer answer = ats_take_answer(a, l, &fr->access, &f->res, fr->since, &fr->line);

    slots_give(&l->requests);
    f->pass = TIMED_AT_DEVICE;
    if (answer == ATS_GRANTED)
        use(a, f);
    if (answer != ATS_REFUSED || !ats_may_ask_page(a, &fr->access, fr->tries))
        stop_leading(a, f);
    return answer;
}

/* The requests of its group go up one after the other: when the last is at the unit. */
static uint64_t send_group(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);
    uint64_t now = proc_now(&f->proc), at = now;

    fr->tries++;
    fr->resting = false;
    fr->response_ps = 0;
    fr->group = ats_open_group(a, link_of(a, f), fr->access.sid, f);
    a->st.page_ps -= now;
    for (uint64_t i = 0; i < a->par.page_group; i++)
        at = dlink_message_up(&a->timed->front[f->front].dev, now);
    return at;
}

void ats_wake(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);

    fr->response_ps = dlink_message_down(&a->timed->front[f->front].dev, sim_now(a->timed->sim));
    if (fr->resting)
        proc_trigger_at(&f->proc, fr->response_ps);
}

static bool must_rest(struct ats *a, struct flow *f)
{
    struct ats_frame *fr = frame_of(a, f);

    if (!link_of(a, f)->group[fr->group].waiting)
        return false;
    fr->resting = true;
    f->proc.wait = PROC_FOR_RESOURCE;
    f->proc.wait_on = &a->comp;
    f->proc.idle = false;
    return true;
}

static bool take_response(struct ats *a, struct flow *f)
{
    struct ats_link *l = link_of(a, f);

    a->st.page_ps += proc_now(&f->proc);
    charge_wait(f, CAUSE_PAGE, &a->comp, "page request");
    slots_give(&l->pages);
    return l->group[frame_of(a, f)->group].code == PRI_SUCCESS;
}

enum proc_state ats_run(struct proc *p)
{
    struct flow *f = CONTAINER_OF(p, struct flow, proc);
    struct ats *a = f->t->sys->ats;
    struct ats_frame *fr = frame_of(a, f);
    struct ats_link *l = link_of(a, f);
    enum ats_answer answer;
    struct flow *leader;

    PROC_BEGIN(p);
    if (fr->stage == ANSWERED)
        goto answered;
    begin(a, f);
look:
    f->start_ps = port_take(&l->atc.port, f->led.at_ps);
    PROC_TO(p, f->start_ps);
    timed_charge_port(f, &l->atc.port, f->start_ps);
    look(a, f);
    PROC_TO(p, f->led.at_ps);
    f->retry = true;
    if (fr->using)
        goto go;
    leader = find_leader(a, f);
    if (leader) {
        follow(a, f, leader);
        PROC_REST(p);
        charge_wait(f, CAUSE_MERGE, &a->comp, "the same page's request");
        goto look;
    }
    lead(a, f);
ask:
    PROC_SLOT(p, &l->requests);
    charge_wait(f, CAUSE_DEVICE, &l->requests.comp, "");
    send_request(a, f);
    return PROC_WAITING;
answered:
    answer = take_answer(a, f);
    if (answer == ATS_GRANTED)
        goto go;
    if (answer == ATS_OVERTAKEN)
        goto look;
    if (answer == ATS_FAILED || !ats_may_ask_page(a, &fr->access, fr->tries))
        goto give_up;
    PROC_SLOT(p, &l->pages);
    charge_wait(f, CAUSE_DEVICE, &l->pages.comp, "");
    f->start_ps = send_group(a, f);
    PROC_TO(p, f->start_ps);
    ats_send_group(a, fr->group, &fr->access);
    if (must_rest(a, f))
        PROC_REST(p);
    PROC_TO(p, fr->response_ps);
    if (take_response(a, f))
        goto ask;
    stop_leading(a, f);
give_up:
    if (timed_waits_for_turn(f))
        PROC_REST(p);
    charge_wait(f, CAUSE_ORDER, &a->comp, "an earlier one of the stream");
    a->st.given_up++;
    timed_give_up(f);
    return PROC_DONE;
go:
    if (must_wait(f)) {
        ats_release(a, f);
        PROC_REST(p);
        charge_wait(f, CAUSE_ORDER, &a->comp, "an earlier one of the stream");
        goto look;
    }
    send_access(a, f);
    return PROC_WAITING;
    PROC_END(p);
}

/* ---- its end ------------------------------------------------------------------------------------- */

static uint8_t class_of(const struct ats *a, const struct ats_frame *fr)
{
    if (fr->tries)
        return a->ops->page_class;
    return fr->asked ? a->ops->request_class : fr->followed ? a->ops->merged_class : a->ops->hit_class;
}

/* timed->done, before the driver's. */
static void done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct ats *a = f->t->sys->ats;
    struct ats_frame *fr = frame_of(a, f);

    if (f->pass) {
        a->timed->busy--;
        f->req = fr->access;
        f->missed = fr->asked;
        f->trail.cls = fr->granted ? class_of(a, fr) : a->ops->given_up_class;
        if (fr->granted)
            ats_end(&fr->access, &fr->line, &f->res);
        ats_release(a, f);
        f->pass = TIMED_NO_PASS;
        f->proc.run = timed_run_flow;
    }
    a->done(arg, f, done_ps);
}

/* ---- invalidations ------------------------------------------------------------------------------- */

bool ats_send_invalidation(struct ats *a, uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first,
                           uint64_t last, const uint64_t *words, unsigned n, bool *late)
{
    const struct store_match m = atc_match(rid, has_pasid, pasid, first, last);
    struct atc *atc = &ats_link_of(a, rid)->atc;

    if (!atc_ready(atc))
        return false;
    atc_send(atc, &m, words, n, late);
    return true;
}

bool ats_quiet(const struct ats *a, uint64_t *at_ps)
{
    bool quiet = true;

    for (unsigned i = 0; i < a->n; i++)
        quiet &= atc_quiet(&a->link[i].atc, at_ps);
    return quiet;
}
