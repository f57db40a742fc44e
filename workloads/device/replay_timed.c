/* SPDX-License-Identifier: Apache-2.0
 *
 * Timed replay: three processes drive the system.
 *
 *   issue      reads the records in order, sends accesses on their devices' links as the arrival says, and
 *              hands software's records to the other
 *   software   carries those out one by one, as one CPU would: tables, registers, commands into the queue,
 *              and after a sync nothing until it has completed
 *   handler    answers stalled accesses (replay_stalls.c)
 *
 * What depends on each other keeps its order.  A record of software waits for earlier accesses that it
 * could change (an unmap or raw invalidation for those to its range; a raw table write, whose range is not
 * known, for all), and
 * an access waits for earlier records that it could depend on, raw invalidations of its address among them,
 * until they have been carried out: for the source, they had.  With serial arrival one thing is done after the
 * other.  Commands do not overtake accesses that are on their way to the unit.
 *
 * Accesses come in packets (replay.packet).  With open arrival one packet's accesses are issued together, and
 * a packet that finds replay.depth accesses of its link under way is dropped as a whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"
#include "workloads/device/replay_timed_impl.h"

enum { AHEAD = 4 };

static const struct comp_kind driver_kind = { "driver", NULL, 0, NULL, 0 };
const char *const replay_arrival_name[] = { "auto", "serial", "closed", "open", "rate" };

static proc_fn issue;

int replay_timed_init(struct replay *rp)
{
    struct timed *t = rp->sys->timed;
    struct replay_timed *rt = calloc(1, sizeof *rt);

    rp->timed = rt;
    if (!rt)
        return SIM_EENV;
    *rt = (struct replay_timed){ .rp = rp, .t = t };
    rp->arrival = (enum replay_arrival)rp->par.arrival;
    if (rp->arrival == REPLAY_AUTO)
        rp->arrival = rp->opt.imitated ? REPLAY_SERIAL : REPLAY_CLOSED;
    if (rp->arrival == REPLAY_CLOSED)
        timed_limit(t, rp->par.outstanding);
    comp_init(&rt->comp, &driver_kind, NULL, "driver", NULL, NULL);
    comp_clock(&rt->comp, &t->clk);
    event_init(&rt->changed, &rt->comp, "changed");
    event_init(&rt->work, &rt->comp, "work");
    proc_init(&rt->issue, &rt->comp, "issue", issue);
    proc_init(&rt->software, &rt->comp, "software", replay_software);
    replay_pages_init(rt);
    rt->issue.number = 1;
    rt->software.number = 2;
    rt->way = calloc(t->par.flows, sizeof *rt->way);
    while (rt->sent_mask < AHEAD * t->par.flows)
        rt->sent_mask = 2 * rt->sent_mask + 1;
    rt->sent = calloc(rt->sent_mask + 1, sizeof *rt->sent);
    rt->expect = calloc(t->par.flows, sizeof *rt->expect);
    rt->missed = calloc(t->par.flows, sizeof *rt->missed);
    rt->queued = calloc(t->fronts, sizeof *rt->queued);
    rt->leaving = calloc(t->fronts * (rp->par.depth + rp->par.packet), sizeof *rt->leaving);
    return !rt->way || !rt->sent || !rt->expect || !rt->missed || !rt->queued || !rt->leaving ||
           replay_stalls_init(rt) || timed_set_streams(t, rp->src.n_streams) ||
           latency_init(&rp->latency, rp->src.n_streams, rp->classes) ? SIM_EENV : 0;
}

void replay_timed_destroy(struct replay *rp)
{
    if (rp->timed) {
        free(rp->timed->way);
        free(rp->timed->sent);
        free(rp->timed->expect);
        free(rp->timed->ending);
        free(rp->timed->missed);
        free(rp->timed->queued);
        free(rp->timed->leaving);
        free(rp->timed->event);
    }
    free(rp->timed);
    rp->timed = NULL;
}

void replay_timed_fail(struct replay_timed *rt, int err, uint64_t record)
{
    if (!rt->err) {
        rt->err = err;
        rt->err_record = record;
    }
    sim_stop(rt->t->sim);
}

/* ---- the records --------------------------------------------------------------------------------- */

static bool next_chunk(struct replay_timed *rt)
{
    struct replay *rp = rt->rp;
    int err;

    replay_housekeep(rp);
    if (rp->stopped)
        return false;
    err = rp->src.next(rp->src.from, &rt->rec, &rt->ext, &rt->n);
    rt->at = 0;
    if (!err && !rt->n)
        rt->again = replay_again(rp, &err);
    if (err)
        replay_timed_fail(rt, err, rp->records);
    return !err && rt->n > 0;
}

static bool next_record(struct replay_timed *rt)
{
    static const struct rec_ext none;

    if (rt->at == rt->n && !next_chunk(rt))
        return false;
    rt->r = &rt->rec[rt->at++];
    rt->x = rt->r->words ? rt->ext++ : &none;
    rt->rp->records++;
    return true;
}

static bool is_access(const struct rec *r) { return r->kind <= REC_TRANSLATED; }

/* ---- accesses under way -------------------------------------------------------------------------- */

static inline void set_out(struct replay_timed *rt, uint32_t i)
{
    rt->way[i].sent = rt->next_sent;
    rt->sent[rt->next_sent++ & rt->sent_mask] = i;
    rt->under_way++;
}

static inline void come_home(struct replay_timed *rt, uint32_t i)
{
    rt->sent[rt->way[i].sent & rt->sent_mask] = NOBODY;
    rt->under_way--;
    while (rt->oldest < rt->next_sent && rt->sent[rt->oldest & rt->sent_mask] == NOBODY)
        rt->oldest++;
}

/* So many have come back before the oldest that there is no place for one more. */
static inline bool is_far_ahead(const struct replay_timed *rt)
{
    return rt->next_sent - rt->oldest > rt->sent_mask;
}

static int more_endings(struct replay_timed *rt)
{
    uint32_t room = rt->endings_room ? 2 * rt->endings_room : 1024;
    struct ending *more = malloc(room * sizeof *more);

    if (!more)
        return SIM_EENV;
    for (uint32_t i = 0; i < rt->endings; i++)
        more[i] = rt->ending[(rt->ending_at + i) & (rt->endings_room - 1)];
    free(rt->ending);
    rt->ending = more;
    rt->endings_room = room;
    rt->ending_at = 0;
    return 0;
}

/* An access comes home before its end: software may have to wait for that. */
static int note_end(struct replay_timed *rt, const struct under_way *w)
{
    uint64_t now = proc_now(&rt->issue);

    for (; rt->endings && rt->ending[rt->ending_at].ps <= now; rt->endings--)
        rt->ending_at = (rt->ending_at + 1) & (rt->endings_room - 1);
    if (w->done_ps <= now)
        return 0;
    if (rt->endings == rt->endings_room && more_endings(rt))
        return SIM_EENV;
    rt->ending[(rt->ending_at + rt->endings++) & (rt->endings_room - 1)] =
        (struct ending){ w->first, w->last, w->done_ps };
    return 0;
}

/* ---- what the source saw ------------------------------------------------------------------------- */

static void judge_expectations(struct replay_timed *rt, struct flow *f)
{
    const struct under_way *w = &rt->way[f->index];
    struct expect *e = &rt->rp->expect;
    struct rec_expect x;

    expect_begin(e, f->request, w->done_ps, &f->res, &f->trail, w->stale);
    for (unsigned i = 0; i < w->expects; i++) {
        rec_expect_unpack(&rt->expect[f->index].x[i], &x);
        expect_take(e, &x);
    }
    expect_end(e);
}

static void let_go(struct replay_timed *rt, struct flow *f)
{
    if (rt->way[f->index].expects)
        judge_expectations(rt, f);
    timed_flow_free(rt->t, f);
}

static void close_open(struct replay_timed *rt, struct flow *f)
{
    rt->last = NULL;
    rt->way[f->index].open = false;
    if (rt->way[f->index].done)
        let_go(rt, f);
}

/* No more expectations come for the last access. */
static inline void close_last(struct replay_timed *rt)
{
    if (rt->last)
        close_open(rt, rt->last);
}

static void expectation(struct replay_timed *rt)
{
    struct under_way *w;

    if (!rt->last || rt->rp->expect.level == EXPECT_NONE)
        return;
    w = &rt->way[rt->last->index];
    if (w->expects < EXPECTS)
        rt->expect[rt->last->index].x[w->expects++] = *rt->x;
    else
        rt->rp->st.not_used++;
}

/* ---- sending and completing ---------------------------------------------------------------------- */

static uint64_t born_ps(const struct replay_timed *rt)
{
    const struct replay *rp = rt->rp;
    uint64_t now = proc_now(&rt->issue);

    if (rp->arrival == REPLAY_OPEN)
        return rt->packet_ps;
    return rp->arrival == REPLAY_RATE ? now : now + rp->par.think_ps;
}

static void send(struct replay_timed *rt, struct flow *f)
{
    struct replay *rp = rt->rp;
    const struct rec *r = rt->r;
    struct under_way *w = &rt->way[f->index];
    uint64_t born = born_ps(rt), now = proc_now(&rt->issue);

    memcpy(&f->req, &rp->form[r->kind][r->flags], sizeof f->req);
    f->req.addr = r->addr;
    f->req.sid = replay_sid(rp, r->stream);
    f->req.ssid = r->pasid;
    f->bytes = r->len ? r->len : rp->par.read_bytes;
    f->stream = r->stream;
    f->front = (uint16_t)rt->front;
    f->kind = r->kind == REC_WRITE ? FLOW_WRITE : FLOW_READ;
    f->request = rt->issued++;
    f->born_ps = born;
    w->record = rp->records;
    w->packet = rt->packet;
    w->first = r->addr;
    w->last = r->addr + f->bytes - 1;
    w->expects = 0;
    w->open = rp->expect.level != EXPECT_NONE;
    w->done = false;
    set_out(rt, f->index);
    rt->last = w->open ? f : NULL;
    rt->arrival_ps = timed_issue(rt->t, f, born > now ? born : now);
}

/* The next interval of the series, from request number `first` on. */
static int begin_interval(struct replay_timed *rt, uint64_t first)
{
    struct replay *rp = rt->rp;
    struct replay_series *list = list_grow(rp->series, rp->n_series, &rp->series_room, sizeof *list);

    if (!list)
        return SIM_EENV;
    rp->series = list;
    rp->series[rp->n_series++] = (struct replay_series){ .t_ps = proc_now(&rt->issue), .first = first };
    rt->t->mark = first + rp->interval;
    return 0;
}

/* Counts belong to the interval that the request is of by its number. */
static int count_end(struct replay_timed *rt, const struct flow *f)
{
    struct replay *rp = rt->rp;
    struct replay_series *s = &rp->series[rp->n_series - 1];

    while (f->request < s->first)
        s--;
    s->requests++;
    s->latency_ps += f->led.at_ps - f->led.born_ps;
    rp->outcome[f->res.outcome]++;
    if (__builtin_expect(replay_is_fault(&f->res), 0) && replay_note_fault(rp, &f->req, &f->res))
        return SIM_EENV;
    if (rp->opt.reuse && reuse_touch(&rp->reuse, f->stream, f->req.addr))
        return SIM_EENV;
    if (!rp->par.causes)
        return 0;
    return latency_add(&rp->latency, f->stream, f->trail.cls, &f->led);
}

/* timed->marked: a request is at the unit with which the warm-up is over, or an interval. */
static void marked(void *arg)
{
    struct replay_timed *rt = arg;
    struct replay *rp = rt->rp;
    int err;

    rp->sys->now_ps = proc_now(&rt->issue);
    if (rp->warmup_left)
        replay_end_warmup(rp);
    else if (counters_interval(&rp->counters, rp->sys->now_ps))
        replay_timed_fail(rt, SIM_EENV, rp->records);
    err = begin_interval(rt, rt->t->mark);
    if (err)
        replay_timed_fail(rt, err, rp->records);
}

/* ---- packets ------------------------------------------------------------------------------------- */

static bool has_queue(const struct replay_timed *rt)
{
    return rt->rp->arrival == REPLAY_OPEN && rt->rp->par.depth;
}

/* Without packets to speak of none are counted. */
static bool has_packets(const struct replay_timed *rt)
{
    return rt->rp->par.packet > 1 || has_queue(rt);
}

/* An access stays in the device's queue until then. */
static void leave_queue(struct replay_timed *rt, unsigned front, uint64_t done_ps)
{
    rt->leaving[rt->leavings++] = (struct leaving){ done_ps, front };
}

static void take_from_queues(struct replay_timed *rt, uint64_t now_ps)
{
    for (uint32_t i = 0; i < rt->leavings;) {
        if (rt->leaving[i].ps > now_ps) {
            i++;
            continue;
        }
        rt->queued[rt->leaving[i].front]--;
        rt->leaving[i] = rt->leaving[--rt->leavings];
    }
}

/* The access at hand: is it the first of a packet?  Reads ahead are beside the packet before them. */
static bool begins_packet(struct replay_timed *rt)
{
    const struct replay *rp = rt->rp;

    if (rt->r->flags & REC_F_SPEC)
        return false;
    if (rt->packet_left > 0) {
        rt->packet_left--;
        return false;
    }
    rt->packet_left = rp->par.packet - 1;
    rt->packet++;
    if (rp->arrival == REPLAY_OPEN)
        rt->packet_ps = replay_time(rp, rt->r) / 100 * rp->par.scale;
    return true;
}

/* The packet has come now: is there room for it in its device's queue? */
static void receive_packet(struct replay_timed *rt)
{
    const struct replay_params *par = &rt->rp->par;

    rt->rp->st.packets += has_packets(rt);
    if (!has_queue(rt))
        return;
    take_from_queues(rt, proc_now(&rt->issue));
    rt->dropping = rt->queued[rt->front] >= par->depth;
    rt->rp->st.packets_dropped += rt->dropping;
    rt->queued[rt->front] += rt->dropping ? 0 : (uint32_t)par->packet;
}

/* A packet counts as missed once, with the first of its accesses that has missed. */
static void count_missed(struct replay_timed *rt, uint64_t packet)
{
    uint64_t *last = &rt->missed[packet % rt->t->par.flows];

    rt->rp->st.packets_missed += *last != packet;
    *last = packet;
}

/* The oracle knows a stalled transaction, not what software made of it. */
static bool is_stale(struct replay *rp, struct flow *f)
{
    struct xl_result res = f->res;

    if (!rp->sys->judge)
        return false;
    if (f->answer == FLOW_ABORT || f->answer == FLOW_RAZWI)
        res.outcome = XL_STALL;
    return system_judge(rp->sys, &f->req, &res, f->request, f->epoch);
}

/* timed->done */
static void done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct replay_timed *rt = arg;
    struct replay *rp = rt->rp;
    uint32_t i = f->index;
    struct under_way *w = &rt->way[i];

    if (f->told && rp->opt.told)
        *rp->opt.told = *f;
    if (done_ps > rt->last_done_ps)
        rt->last_done_ps = done_ps;
    rp->sys->now_ps = done_ps;
    w->stale = is_stale(rp, f);
    w->done_ps = done_ps;
    w->done = true;
    rp->st.requests++;
    if (f->request >= rp->opt.warmup && count_end(rt, f))
        replay_timed_fail(rt, SIM_EENV, w->record);
    if (note_end(rt, w))
        replay_timed_fail(rt, SIM_EENV, w->record);
    if (f->missed && has_packets(rt) && !f->req.speculative)
        count_missed(rt, w->packet);
    if (has_queue(rt) && !f->req.speculative)
        leave_queue(rt, f->front, done_ps);
    come_home(rt, i);
    if (!w->open)
        let_go(rt, f);
    event_notify(&rt->changed);
}

/* timed->stalls: software's records do not wait for it. */
static void stalls(void *arg, struct flow *f)
{
    struct replay_timed *rt = arg;

    (void)f;
    event_notify(&rt->changed);
}

/* ---- issue --------------------------------------------------------------------------------------- */

static bool all_is_done(const struct replay_timed *rt)
{
    return !rt->under_way && !rt->softs;
}

/* With serial arrival: what there is must be done, or be stalled for a record yet to come to answer. */
static bool must_wait(const struct replay_timed *rt)
{
    const struct replay *rp = rt->rp;

    if (rt->softs && replay_soft_blocks(rt))
        return true;
    if (rp->arrival != REPLAY_SERIAL || all_is_done(rt))
        return false;
    return rt->softs || replay_answers(rp) || !replay_all_stalled(rt);
}

static uint64_t may_start_ps(const struct replay_timed *rt)
{
    uint64_t now = proc_now(&rt->issue), t = now;

    if (rt->rp->arrival == REPLAY_SERIAL)
        t = rt->last_done_ps;
    else if (rt->rp->arrival == REPLAY_OPEN)
        t = rt->packet_ps;
    return t > now ? t : now;
}

/* Takes a tag or a credit. */
static bool take(struct replay_timed *rt)
{
    return dlink_take(&rt->t->front[rt->front].dev, rt->r->kind == REC_WRITE, proc_now(&rt->issue),
                      &rt->when_ps);
}

static enum proc_state issue(struct proc *p)
{
    struct replay_timed *rt = CONTAINER_OF(p, struct replay_timed, issue);

    PROC_BEGIN(p);
    for (;;) {
        if (!next_record(rt)) {
            close_last(rt);
            while (!all_is_done(rt))
                PROC_WAIT(p, &rt->changed);
            if (!rt->again || rt->err)
                break;
            rt->again = false;
            PROC_TO(p, rt->last_done_ps > proc_now(p) ? rt->last_done_ps : proc_now(p));
            replay_begin_round(rt->rp);
            continue;
        }
        if (rt->r->kind == REC_EXPECT) {
            expectation(rt);
            continue;
        }
        close_last(rt);
        if (!is_access(rt->r)) {
            while (rt->softs == SOFT_MAX)
                PROC_WAIT(p, &rt->changed);
            replay_soft_push(rt);
            continue;
        }
        if (rt->r->stream >= rt->rp->src.n_streams) {
            replay_timed_fail(rt, SIM_EINPUT, rt->rp->records - 1);
            break;
        }
        if (rt->t->fronts > 1)
            rt->front = rt->t->ops->front_of(rt->t->sys, replay_sid(rt->rp, rt->r->stream));
        rt->begins = begins_packet(rt);
        while (must_wait(rt))
            PROC_WAIT(p, &rt->changed);
        while (rt->invals && replay_soft_invalidates(rt)) {
            if (rt->softs)
                PROC_WAIT(p, &rt->changed);
            else
                PROC_WAIT(p, &rt->t->cmdq.idle);
        }
        rt->when_ps = may_start_ps(rt);
        PROC_TO(p, rt->when_ps);
        if (rt->begins)
            receive_packet(rt);
        if (rt->dropping)
            continue;
        while (!rt->t->free || is_far_ahead(rt))
            PROC_WAIT(p, &rt->changed);
        while (!take(rt)) {
            if (rt->when_ps != DLINK_LATER)
                PROC_TO(p, rt->when_ps);
            else
                PROC_WAIT(p, &rt->changed);
        }
        send(rt, timed_flow(rt->t));
    }
    PROC_END(p);
}

/* ---- the run ------------------------------------------------------------------------------------- */

/* The oldest of those that are stalled; NULL: none is. */
static const struct flow *first_stalled(const struct timed *t)
{
    const struct flow *first = NULL;

    for (const struct flow *f = t->held; f; f = f->held_next)
        if (f->stalled && (!first || f->request < first->request))
            first = f;
    return first;
}

/* Nothing is scheduled and someone waits: for an answer that software owes, or it is ours. */
static int stuck(struct replay_timed *rt, struct diag *d)
{
    const struct flow *f = first_stalled(rt->t);
    char *text = NULL;
    size_t n = 0;
    FILE *to;

    if (f)
        return diag_add(d, rt->rp->src.name, 0, 0, "request %" PRIu64 ": a %s at 0x%" PRIx64 " by stream 0x%" PRIx32
                        " is stalled since %" PRIu64 " ns under tag %u, and nobody answers (CMD_RESUME, host.stall)",
                        f->request, f->req.write ? "write" : "read", f->req.addr, f->req.sid,
                        f->led.at_ps / 1000, f->res.stag);
    to = open_memstream(&text, &n);

    if (to) {
        sim_report_waits(rt->t->sim, to);
        fclose(to);
    }
    diag_add(d, NULL, 0, 0, "internal: nothing is scheduled, and these wait:\n%s", text ? text : "");
    free(text);
    return SIM_EINTERNAL;
}

static int elaborate(struct replay_timed *rt, struct diag *d)
{
    const struct comp *root[1 + TIMED_ROOTS_MAX] = { &rt->rp->sys->top };
    size_t n = 1 + timed_roots(rt->t, root + 1);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++)
        err = sim_elaborate(rt->t->sim, root[i], d);
    return err;
}

int replay_timed_run(struct replay *rp, struct diag *d)
{
    struct replay_timed *rt = rp->timed;
    enum sim_end end;
    int err = elaborate(rt, d);

    if (err)
        return err;
    rt->t->done = done;
    rt->t->marked = marked;
    rt->t->stalls = stalls;
    rt->t->done_arg = rt;
    err = begin_interval(rt, 0);
    if (err)
        return err;
    if (rp->warmup_left)
        rt->t->mark = rp->warmup_left;
    timed_start(rt->t);
    proc_start(&rt->issue);
    proc_start(&rt->software);
    proc_start(&rt->pager);
    if (rt->places)
        proc_start(&rt->handler);
    if (rp->has_host)                          /* host_start has handed over commands before time began */
        timed_queue(rt->t);
    end = sim_run(rt->t->sim);
    if (end == SIM_END_STUCK)
        return stuck(rt, d);
    if (end == SIM_END_IDLE && rt->last_done_ps > sim_now(rt->t->sim))
        sim_run_to(rt->t->sim, rt->last_done_ps);      /* what was known ahead of time */
    rp->sys->now_ps = sim_now(rt->t->sim);
    counters_settle(&rp->counters);
    return rt->err ? replay_failed(rp, rt->err_record, rt->err, d) : 0;
}
