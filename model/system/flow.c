/* SPDX-License-Identifier: Apache-2.0
 *
 * The way of a request through a timed system: timed.h says it in words, timed_run_flow in order.
 */
#include "system/timed_impl.h"

#include "base/bits.h"
#include "system/ats.h"

/* ---- what happens to a flow ---------------------------------------------------------------------- */

void timed_tell(struct flow *f, enum cause c, uint64_t to_ps, const struct comp *where,
                const char *what, uint64_t pa)
{
    const struct timed_step step = { f->led.at_ps, to_ps, c, where, what, pa };

    if (f->t->step && (to_ps > f->led.at_ps || c == CAUSE_LOOKUP))
        f->t->step(f->t->step_arg, &step);
}

/* A wait for a port, until start_ps. */
static inline void charge_port(struct flow *f, const struct port *p, uint64_t start_ps)
{
    if (__builtin_expect(start_ps == f->led.at_ps, 1))
        return;
    timed_charge(f, CAUSE_INVAL, port_inval_until(p, f->led.at_ps, start_ps), p->comp.parent,
                 "invalidation", 0);
    timed_charge(f, CAUSE_PORT, start_ps, p->comp.parent, "port", 0);
}

void timed_charge_port(struct flow *f, const struct port *p, uint64_t start_ps)
{
    charge_port(f, p, start_ps);
}

/* It is at the front: what it has met so far. */
static inline void begin(struct flow *f)
{
    const struct dlink *dev = &f->t->front[f->front].dev;

    ledger_begin(&f->led, f->born_ps);
    timed_charge(f, CAUSE_DEVICE, f->out_ps, &dev->comp, "", 0);
    timed_charge(f, CAUSE_LINK, f->arrival_ps, &dev->comp, "up", 0);
    f->trail = (struct system_trail){ 0 };
}

/* So is what its device has sent. */
static void begin_pass(struct flow *f)
{
    const struct dlink *dev = &f->t->front[f->front].dev;
    const char *what = f->pass == TIMED_ASKS ? "up, translation request" : "up, translated";

    timed_charge(f, CAUSE_DEVICE, f->out_ps, &dev->comp, "", 0);
    timed_charge(f, CAUSE_LINK, f->arrival_ps, &dev->comp, what, 0);
}

/* Looks into transactions in flight from here on: a sync after this waits for it. */
static inline void enter(struct flow *f)
{
    if (__builtin_expect(f->request == f->t->mark, 0))
        f->t->marked(f->t->done_arg);
    f->era = f->t->era & 1;
    f->t->era_count[f->era]++;
}

/* Has made its access, or will have at done_ps. */
static inline void leave(struct flow *f, uint64_t done_ps)
{
    struct timed *t = f->t;

    if (done_ps > t->era_done_ps[f->era])
        t->era_done_ps[f->era] = done_ps;
    t->era_count[f->era]--;
    if (f->era != (t->era & 1) && !t->era_count[f->era])
        cmdq_drain(&t->cmdq);
}

/* ---- misses of one page -------------------------------------------------------------------------- */

static struct flow **bucket_of(struct timed *t, const struct flow *f)
{
    return &t->bucket[bits_mix(f->key ^ (f->req.addr >> 12 << 20)) % TIMED_BUCKETS];
}

/* A miss of the same page and stream that has been under way since before no invalidation. */
static struct flow *find_miss(struct timed *t, const struct flow *f)
{
    struct flow *m;

    if (!t->par.merge)
        return NULL;
    for (m = *bucket_of(t, f); m; m = m->miss_next)
        if (m->key == f->key && m->req.addr >> 12 == f->req.addr >> 12 && m->since == t->invals)
            return m;
    return NULL;
}

/* A walk of the same page and stream that is under way; of TCUs that merge walks. */
static struct flow *find_walk(struct timed *t, const struct flow *f)
{
    struct flow *m;

    if (__builtin_expect(!t->merge_walks, 1))
        return NULL;
    for (m = *bucket_of(t, f); m; m = m->miss_next)
        if (m != f && m->walking && !m->fetching && m->key == f->key && m->req.addr >> 12 == f->req.addr >> 12 &&
            m->since == t->invals)
            return m;
    return NULL;
}

static void add_miss(struct timed *t, struct flow *f)
{
    struct flow **b = bucket_of(t, f);

    f->miss_next = *b;
    *b = f;
    f->merged_first = f->merged_last = NULL;
}

static void join(struct flow *f, struct flow *lead)
{
    f->merged_next = NULL;
    if (lead->merged_last)
        lead->merged_last->merged_next = f;
    else
        lead->merged_first = f;
    lead->merged_last = f;
    f->missed = true;
    f->t->st.merged++;
    f->merged = true;
    f->proc.wait = PROC_FOR_END;
    f->proc.wait_on = &lead->proc;
    f->proc.idle = false;
}

/* Once. */
static void remove_miss(struct timed *t, struct flow *f)
{
    struct flow **at = bucket_of(t, f);

    while (*at && *at != f)
        at = &(*at)->miss_next;
    if (!*at)
        return;
    *at = f->miss_next;
    for (struct flow *m = f->merged_first; m; m = m->merged_next)
        proc_trigger(&m->proc);
}

/* ---- order within a stream ----------------------------------------------------------------------- */

static inline struct timed_order *order_of(struct timed *t, const struct flow *f)
{
    return &t->order[f->stream * FLOW_KINDS + f->kind];
}

static inline void line_up(struct timed *t, struct flow *f)
{
    struct timed_order *o = order_of(t, f);

    f->next = NULL;
    f->behind = false;
    f->waiting = false;
    if (t->front[f->front].dev.par.order != DLINK_STREAM)
        return;
    if (o->last) {
        o->last->next = f;
        f->behind = true;
    }
    o->last = f;
}

/* f has its turn at its time, and no younger one before that. */
static inline void take_turn(struct timed *t, struct flow *f)
{
    struct timed_order *o = order_of(t, f);
    uint64_t now = proc_now(&f->proc), at = o->turn_ps > now ? o->turn_ps : now;
    struct flow *next = f->next;

    if (t->front[f->front].dev.par.order == DLINK_STREAM && at > f->led.at_ps)
        timed_charge(f, CAUSE_ORDER, at, NULL, "an earlier one of the stream", 0);
    o->turn_ps = f->led.at_ps;
    if (o->last == f)
        o->last = NULL;
    if (!next)
        return;
    next->behind = false;
    if (next->waiting)
        proc_trigger(&next->proc);
}

/* A write that comes after one that is held up has to look again: it may be long, and no sync waits. */
static inline void set_back(struct flow *f)
{
    if (f->kind != FLOW_WRITE || f->renew || f->pass)      /* its device has put it into order */
        return;
    f->renew = true;
    leave(f, proc_now(&f->proc));
}

static bool is_after_held(const struct flow *f)
{
    for (const struct flow *h = f->t->held; h; h = h->held_next)
        if (h->stream == f->stream && h->kind == f->kind && h->request < f->request)
            return true;
    return false;
}

/* Is it not its turn yet?  Then it waits until those of its stream before it have had theirs. */
static bool must_wait_for_turn(struct flow *f)
{
    if (!f->behind)
        return false;
    if (__builtin_expect(f->t->held != NULL, 0) && is_after_held(f))
        set_back(f);
    if (f->pass == TIMED_GOES)
        ats_release(f->t->ats, f);
    f->waiting = true;
    f->proc.wait = PROC_FOR_RESOURCE;
    f->proc.wait_on = &f->t->front[f->front].dev.comp;
    f->proc.idle = false;
    return true;
}

/* ---- held up ------------------------------------------------------------------------------------- */

/* From here on no sync waits for it, nor for what is behind it. */
static void hold_up(struct flow *f)
{
    struct timed *t = f->t;

    leave(f, proc_now(&f->proc));
    f->held = true;
    f->held_next = t->held;
    t->held = f;
    for (struct flow *y = f->next; y; y = y->next)
        if (y->waiting)
            set_back(y);
}

static void let_go(struct flow *f)
{
    struct flow **at = &f->t->held;

    while (*at != f)
        at = &(*at)->held_next;
    *at = f->held_next;
    f->held = false;
    enter(f);
}

/* A wait for a slot or for another's walk, before it has used anything of a translation. */
static inline void begin_pause(struct flow *f)
{
    f->paused = true;
    if (__builtin_expect(f->t->in_front, 0))
        hold_up(f);
}

static inline void end_pause(struct flow *f)
{
    f->paused = false;
    if (__builtin_expect(f->held, 0))
        let_go(f);
}

bool timed_waits_for_turn(struct flow *f)
{
    return must_wait_for_turn(f);
}

/* At the unit it has had it. */
void timed_take_turn(struct flow *f)
{
    take_turn(f->t, f);
    f->next = NULL;
}

/* ---- hits under misses --------------------------------------------------------------------------- */

static inline bool is_write(const struct flow *f) { return f->kind == FLOW_WRITE; }

/* Is its channel shut, and not by itself?  What has passed once is not stopped again. */
static inline bool is_shut_out(const struct timed_front *front, const struct flow *f)
{
    const void *by = front->gate.shut_by[gate_channel(&front->gate, is_write(f))];

    return __builtin_expect(by != NULL, 0) && by != f && !f->counted && !f->retry;
}

static inline void count_miss(struct timed_front *front, struct flow *f)
{
    if (!gate_limits(&front->gate) || f->counted)
        return;
    f->counted = true;
    gate_miss(&front->gate, is_write(f), f, f->request);
}

static inline void miss_is_over(struct timed_front *front, struct flow *f)
{
    if (__builtin_expect(!f->counted, 1))
        return;
    f->counted = false;
    gate_over(&front->gate, is_write(f), f);
}

/* ---- the end of a flow --------------------------------------------------------------------------- */

static inline bool has_data(const struct flow *f)
{
    return f->t->par.data && (f->res.outcome == XL_OK || f->res.outcome == XL_BYPASS);
}

static void reclassify(struct flow *f)
{
    if (f->req.speculative)
        return;
    if (f->led.met >> CAUSE_STALL & 1)
        f->trail.cls = f->t->ops->stalled_class;
    else if (f->res.outcome == XL_OK)
        f->trail.cls = f->t->ops->behind_class;
}

static inline void finish(struct flow *f, uint64_t done_ps)
{
    struct timed *t = f->t;

    if (__builtin_expect(f->led.met & (1u << CAUSE_INVAL | 1u << CAUSE_STALL), 0))
        reclassify(f);
    t->st.requests++;
    t->st.latency_ps += done_ps - f->led.born_ps;
    f->proc.state = PROC_DONE;
    t->done(t->done_arg, f, done_ps);
}

/* Passes a write on to memory: when that has it. */
static inline uint64_t write_data(struct flow *f)
{
    struct timed *t = f->t;
    uint64_t at = f->led.at_ps, done = at;
    bool hit = false;

    if (has_data(f))
        done = memory_access(&t->mem, MEMORY_DATA, f->res.pa, f->bytes, at, &hit);
    timed_charge(f, CAUSE_DATA, done, &t->mem.comp, hit ? "write, cached" : "write", f->res.pa);
    dlink_passed_on(&t->front[f->front].dev, at);
    f->written = true;
    return done;
}

/* Posted: the device has been done with it since it went up; it ends where memory has it. */
static void finish_write(struct flow *f)
{
    uint64_t done = f->written ? f->led.at_ps : write_data(f);

    leave(f, done);
    finish(f, done);
}

/* When its data is here. */
static inline uint64_t read_data(struct flow *f)
{
    struct timed *t = f->t;
    uint64_t at = f->led.at_ps;
    bool hit;

    if (has_data(f)) {
        at = memory_access(&t->mem, MEMORY_DATA, f->res.pa, f->bytes, at, &hit);
        timed_charge(f, CAUSE_DATA, at, &t->mem.comp, hit ? "read, cached" : "read", f->res.pa);
    }
    leave(f, at);
    return at;
}

static enum proc_state finish_read(struct flow *f)
{
    struct timed *t = f->t;
    struct dlink *dev = &t->front[f->front].dev;
    uint64_t done;

    take_turn(t, f);
    done = dlink_down(dev, has_data(f) ? f->bytes : 0, f->led.at_ps);
    timed_charge(f, CAUSE_LINK, done, &dev->comp, "down", 0);
    finish(f, done);
    return PROC_DONE;
}

void timed_give_up(struct flow *f)
{
    take_turn(f->t, f);
    dlink_drop(&f->t->front[f->front].dev, f->kind == FLOW_WRITE, f->led.at_ps);
    finish(f, f->led.at_ps);
}

/* ---- the way of a flow --------------------------------------------------------------------------- */

static void result_of_off(struct flow *f)
{
    f->res = (struct xl_result){ .outcome = XL_BYPASS, .pa = f->req.addr, .write = f->req.write };
}

/* The wait that has just ended, if there was one: a flow's own time may be ahead of the simulation's by the
 * lookups that it knows the time of. */
static inline void charge_wait(struct flow *f, enum cause c, const struct comp *where, const char *what)
{
    if (proc_now(&f->proc) > f->led.at_ps)
        timed_charge(f, c, proc_now(&f->proc), where, what, 0);
}

/* A lookup at the front, that started at f's time. */
static inline enum timed_found look(struct flow *f)
{
    struct timed *t = f->t;
    enum timed_found found = t->ops->front(t->sys, f, f->level);

    t->st.retries += f->retry;
    timed_charge(f, CAUSE_LOOKUP, f->led.at_ps + f->port->latency_ps, f->port->comp.parent,
                 found == TIMED_HIT ? "hit" : "miss", 0);
    return found;
}

/* What has just been looked up looks for one size of block after the other, through the port, whose first
 * lookup started at start_ps: each further one starts an interval after the one before, a cycle at least. */
static __attribute__((noinline)) void look_further(struct flow *f, struct port *port, uint64_t start_ps)
{
    struct timed *t = f->t;
    uint64_t step = port->interval_ps ? port->interval_ps : t->clk.par.period_ps;

    for (; t->further; t->further--) {
        uint64_t due = start_ps + step;

        start_ps = port_take(port, due);
        timed_charge(f, CAUSE_PORT, f->led.at_ps + (start_ps - due), port->comp.parent, "port", 0);
        timed_charge(f, CAUSE_LOOKUP, f->led.at_ps + step, port->comp.parent, "next size", 0);
    }
}

/* The walk that it waited for has ended: its answer is handed on, one a cycle, if there is one. */
static bool handed_on(struct flow *f)
{
    struct timed *t = f->t;
    struct timed_front *front = &t->front[f->front];

    charge_wait(f, CAUSE_MERGE, NULL, "the same page's walk");
    f->retry = true;
    for (f->level = 0; t->on && f->level < t->ops->levels; f->level++) {
        if (!front->port[f->level] || t->ops->front(t->sys, f, f->level) != TIMED_HIT)
            continue;
        charge_port(f, front->port[f->level], port_take(front->port[f->level], f->led.at_ps));
        t->further = 0;
        return true;
    }
    t->further = 0;
    return false;
}

static void begin_miss(struct flow *f)
{
    struct timed *t = f->t;

    SIM_CHECK(t->machines_free > 0, "more misses than frames");
    f->machine = t->machine[--t->machines_free];
    f->since = t->invals;
    f->missed = true;
    f->walking = f->fetching = f->again = false;
    f->reads = 0;
    t->st.misses++;
    add_miss(t, f);
}

static void end_miss(struct flow *f)
{
    struct timed *t = f->t;

    remove_miss(t, f);
    t->machine[t->machines_free++] = f->machine;
    f->machine = NULL;
    shares_give(&t->front[f->front].shares, f->party);
}

static void begin_walk(struct flow *f)
{
    struct timed *t = f->t;
    struct port *port = f->ask.begins;

    charge_wait(f, CAUSE_SLOT, &t->walk.comp, "");
    f->walking = true;
    t->st.walks++;
    timed_charge(f, CAUSE_MISS, f->led.at_ps + t->overhead_ps, &t->walk.comp, "", 0);
    if (!port)
        return;
    charge_port(f, port, port_take(port, f->led.at_ps));
    timed_charge(f, CAUSE_LOOKUP, f->led.at_ps + port->latency_ps, port->comp.parent, "walk caches", 0);
}

static void end_walk(struct flow *f)
{
    struct timed *t = f->t;

    f->walking = false;
    hist_add(&t->walk_reads, f->reads, 1);
    f->reads = 0;
    slots_give(&t->walk);
}

static void begin_fetch(struct flow *f)
{
    struct timed *t = f->t;

    charge_wait(f, CAUSE_SLOT, &t->fetch.comp, "");
    f->fetching = true;
    f->fetched = false;
    timed_charge(f, CAUSE_MISS, f->led.at_ps + t->fetch_overhead_ps, &t->fetch.comp, "", 0);
}

/* What was fetched or walked is put where it is kept. */
static void charge_fill(struct flow *f, const struct slots *s)
{
    timed_charge(f, CAUSE_MISS, f->led.at_ps + f->t->fill_ps, &s->comp, "fill", 0);
}

static void end_fetch(struct flow *f)
{
    f->fetching = false;
    slots_give(&f->t->fetch);
    if (f->fetched)
        charge_fill(f, &f->t->fetch);
}

/* Its fetcher has what it was for, or never will. */
static void hand_on(struct flow *f)
{
    if (f->fetched)
        timed_charge(f, CAUSE_MISS, f->led.at_ps + f->t->fetch_answer_ps, &f->t->fetch.comp, "found", 0);
}

/* Is what it walked for, for its fetcher, there? */
static inline bool ends_walk_for_fetch(const struct flow *f)
{
    return f->walking && f->fetching && f->ask.bytes && !f->ask.walk && timed_fetches_limited(f->t);
}

/* The machine has no more questions. */
static void end_questions(struct flow *f)
{
    struct timed *t = f->t;
    bool walked = f->walking;

    t->ops->end(t->sys, f);
    if (walked)
        end_walk(f);
    if (walked && !f->again && (f->res.outcome == XL_OK || f->res.outcome == XL_ATS_OK))
        charge_fill(f, &t->walk);
}

static inline bool is_recorded(const struct flow *f)
{
    return __builtin_expect(f->res.recorded, 0) && f->t->ops->fault;
}

static void record(struct flow *f)
{
    struct timed *t = f->t;

    charge_wait(f, CAUSE_SLOT, &t->evtq.comp, "room");
    t->ops->fault(t->sys, f);
    timed_charge(f, CAUSE_MISS, f->led.at_ps + t->record_ps, &t->evtq.comp, "", 0);
}

/* One of the lookups that a question takes: f->port is that of the one that is answered last. */
static void book(struct flow *f, struct port *port)
{
    uint64_t start = port_take(port, f->led.at_ps);

    if (f->port && start + port->latency_ps <= f->start_ps + f->port->latency_ps)
        return;
    f->port = port;
    f->start_ps = start;
}

/* The lookups that a question takes, all of them begun now or as soon as their ports can: is there one? */
static bool book_lookups(struct flow *f)
{
    f->port = NULL;
    if (f->ask.port)
        book(f, f->ask.port);
    for (unsigned i = 0; i < f->ask.beside_uses; i++)
        book(f, f->ask.beside);
    return f->port != NULL;
}

/* ---- stalled transactions ------------------------------------------------------------------------ */

static void begin_stall(struct flow *f)
{
    struct timed *t = f->t;

    hold_up(f);
    f->since = t->invals;
    f->answer = FLOW_UNANSWERED;
    f->stalled = true;
    if (t->stalls)
        t->stalls(t->done_arg, f);
}

/* It keeps its slots until it has a place: who waits for one of them is held up with it. */
static void begin_in_front(struct flow *f)
{
    struct timed *t = f->t;

    f->in_front = true;
    if (t->in_front++)
        return;
    for (uint64_t i = 0; i < t->par.flows; i++)
        if (t->flow[i].paused && !t->flow[i].held)
            hold_up(&t->flow[i]);
}

static void end_in_front(struct flow *f)
{
    f->t->in_front -= f->in_front;
    f->in_front = false;
    charge_wait(f, CAUSE_STALL, &f->t->places->comp, "a place");
}

static void rest(struct flow *f)
{
    f->proc.wait = PROC_FOR_RESOURCE;
    f->proc.wait_on = &f->t->places->comp;
    f->proc.idle = false;
}

/* A retry is as though it had just come. */
static void end_stall(struct flow *f)
{
    struct timed *t = f->t;

    f->stalled = false;
    charge_wait(f, CAUSE_STALL, &t->places->comp, "answer");
    let_go(f);
    if (f->answer != FLOW_RETRY) {
        f->res.outcome = f->answer == FLOW_RAZWI ? XL_RAZWI : XL_FAULT;
        return;
    }
    f->retry = f->merged = false;
    f->epoch = mem_epoch(t->sys->mem);
    f->trail = (struct system_trail){ 0 };
}

/* It has its turn behind one that was held up.  False: it passes nothing on anyway. */
static bool renew(struct flow *f)
{
    charge_wait(f, CAUSE_ORDER, NULL, "an earlier one of the stream");
    f->renew = false;
    f->retry = true;
    enter(f);
    return f->res.outcome == XL_OK || f->res.outcome == XL_BYPASS;
}

/* ---- reads and links ----------------------------------------------------------------------------- */

/* A read of what the machine asks for: when it is here. */
static uint64_t read_asked(struct flow *f)
{
    struct timed *t = f->t;
    uint64_t at;

    charge_wait(f, f->ask.config ? CAUSE_CONFIG : CAUSE_TABLE, &t->mem.outstanding.comp, "");
    f->reads += f->ask.walk;
    at = memory_access(&t->mem, MEMORY_TABLE, f->ask.pa, f->ask.bytes, f->led.at_ps, NULL);
    timed_charge(f, f->ask.config ? CAUSE_CONFIG : CAUSE_TABLE, at, &t->mem.comp, f->ask.what,
                 f->ask.pa);
    if (f->ask.config && !f->ask.walk)
        timed_charge(f, CAUSE_CONFIG, at + t->decode_ps, &t->fetch.comp, "decode", 0);
    return f->led.at_ps;
}

/* Over a link between TBU and TCU: when it is at the other end. */
static uint64_t cross(struct flow *f, struct port *link)
{
    charge_port(f, link, port_take(link, f->led.at_ps));
    timed_charge(f, CAUSE_LINK, f->led.at_ps + link->latency_ps, &link->comp, "", 0);
    return f->led.at_ps;
}

/* The translation is back at the front, whose structures it occupies. */
static void fill_front(struct flow *f)
{
    struct timed *t = f->t;
    struct timed_front *front = &t->front[f->front];

    for (unsigned i = 0; i < t->ops->levels && !f->pass; i++)
        if (front->port[i])
            port_take(front->port[i], proc_now(&f->proc));
    if (!f->pass)
        t->ops->fill(t->sys, f);
    end_miss(f);
}

/* The answer to a device's Translation Request goes down to it. */
static void send_answer(struct flow *f)
{
    struct timed *t = f->t;
    struct dlink *dev = &t->front[f->front].dev;
    uint64_t at = dlink_message_down(dev, f->led.at_ps);

    leave(f, f->led.at_ps);
    t->busy--;
    timed_charge(f, CAUSE_LINK, at, &dev->comp, "down", 0);
    f->proc.run = ats_run;
    proc_begin_at(&f->proc, at);
}

/* May it be looked up ahead of time?  If it surely hits in the first TLB and in the cache, and nothing is
 * under way that could come before it there or change what it finds. */
static inline bool is_sure(struct timed *t, const struct flow *f)
{
    const struct port *port = t->front[0].port[0];

    return !t->busy && !t->software && t->ample && !memory_limited(&t->mem) && t->fronts == 1 && t->on &&
           !t->par.off && !f->told &&
           f->request != t->mark && port && port->lanes == 1 && port->free_ps[0] <= f->arrival_ps &&
           cmdq_is_idle(&t->cmdq) && sim_may_look_ahead(t->sim);
}

/* Looks it up ahead of time.  False, and nothing was done, if that is not sure. */
static bool go_straight(struct timed *t, struct flow *f)
{
    uint64_t at;

    if (!is_sure(t, f) || !t->ops->sure_hit || !t->ops->sure_hit(t->sys, f) ||
        (t->par.data && !memory_sure_hit(&t->mem, f->req.addr + f->delta)))
        return false;
    begin(f);
    enter(f);
    f->level = 0;
    f->port = t->front[0].port[0];
    port_take(f->port, f->led.at_ps);
    look(f);
    t->straight++;
    if (f->kind == FLOW_WRITE) {
        take_turn(t, f);
        finish_write(f);
        return true;
    }
    at = read_data(f);
    f->ahead = true;                   /* what has no data may yet come before it on the link down */
    proc_begin_at(&f->proc, at);
    return true;
}

/* The first of those on their way up a link is the next to come: those that are sure are looked up ahead,
 * for the first that is not there is an event. */
static void next_on_route(struct timed *t, struct timed_front *front)
{
    struct flow *f;

    while ((f = front->route) && go_straight(t, f))
        front->route = f->route_next;
    if (f)
        proc_begin_at(&f->proc, f->arrival_ps);
}

/* f is through with its lookups, or has to wait: once. */
static inline void arrive(struct flow *f)
{
    if (f->arrived)
        return;
    f->arrived = true;
    next_on_route(f->t, &f->t->front[f->front]);
}

static inline void line_up_on_route(struct timed_front *front, struct flow *f)
{
    f->route_next = NULL;
    if (front->route) {
        front->route_end->route_next = f;
    } else {
        front->route = f;
        proc_begin_at(&f->proc, f->arrival_ps);
    }
    front->route_end = f;
}

static void set_out(struct timed *t, struct flow *f)
{
    struct timed_front *front = &t->front[f->front];

    f->arrived = f->ahead = f->written = false;
    if (front->route || !go_straight(t, f))
        line_up_on_route(front, f);
}

/* The places at which timed_run_flow begins. */
enum { BEGIN_FLOW, BEGIN_PASS };

static enum proc_state run_pass(struct proc *p)
{
    if (p->pos == BEGIN_FLOW)
        p->pos = BEGIN_PASS;
    return timed_run_flow(p);
}

/* It merges with no other and finds nothing at the front. */
void timed_pass(struct flow *f, enum timed_pass pass, uint64_t out_ps, uint64_t arrival_ps)
{
    f->pass = (uint8_t)pass;
    f->out_ps = out_ps;
    f->arrival_ps = arrival_ps;
    f->arrived = false;
    f->key |= 1ull << 62;
    f->proc.run = run_pass;
    line_up_on_route(&f->t->front[f->front], f);
}

enum proc_state timed_run_flow(struct proc *p)
{
    struct flow *f = CONTAINER_OF(p, struct flow, proc);
    struct timed *t = f->t;
    const struct timed_ops *ops = t->ops;
    struct timed_front *front = &t->front[f->front];
    enum timed_found found;
    struct flow *lead;
    bool arrived;

    PROC_BEGIN(p);
    if (f->ahead)
        goto data_is_here;
    front->route = f->route_next;
    t->busy++;
    begin(f);
    enter(f);
    if (t->par.off) {
        result_of_off(f);
        goto translated;
    }
shut_out:
    while (is_shut_out(front, f)) {
        arrive(f);
        begin_pause(f);
        PROC_VIA(p, gate_wait(&front->gate, is_write(f), p));
        end_pause(f);
        charge_wait(f, CAUSE_SLOT, &front->gate.comp, "");
    }
lookups:
    if (__builtin_expect(!t->on, 0) && ops->disabled && ops->disabled(t->sys, f))
        goto translated;
    found = TIMED_MISS;
    for (f->level = 0; t->on && f->level < ops->levels && found == TIMED_MISS; f->level++) {
        f->port = front->port[f->level];
        if (!f->port)
            continue;
        f->start_ps = port_take(f->port, f->led.at_ps);
        if (__builtin_expect(f->start_ps != f->led.at_ps, 0)) {
            arrive(f);
            PROC_TO(p, f->start_ps);
            charge_port(f, f->port, f->start_ps);
            if (is_shut_out(front, f))
                goto shut_out;
        }
        found = look(f);
        if (__builtin_expect(t->further != 0, 0))
            look_further(f, f->port, f->start_ps);
    }
    if (found == TIMED_HIT)
        goto translated;
    arrive(f);
    lead = find_miss(t, f);
    if (lead) {
        join(f, lead);
        miss_is_over(front, f);
        begin_pause(f);
        PROC_REST(p);
        end_pause(f);
        if (handed_on(f))
            goto translated;
        goto lookups;
    }
    count_miss(front, f);
slot:
    if (ops->party_of)
        f->party = (uint8_t)ops->party_of(t->sys, f);
    if (!shares_free(&front->shares, f->party))
        begin_pause(f);
    PROC_SHARE(p, &front->shares, f->party);
    end_pause(f);
    if (proc_now(p) > f->led.at_ps) {          /* it had to wait, and things may have changed */
        timed_charge(f, CAUSE_SLOT, proc_now(p), &front->slots.comp, "", 0);
        if (!f->pass) {
            shares_give(&front->shares, f->party);
            f->retry = true;
            goto lookups;
        }
    }
    begin_miss(f);
    f->start_ps = cross(f, &front->up);
    PROC_TO(p, f->start_ps);
    if (!shares_free(&t->shares, f->party))
        begin_pause(f);
    PROC_SHARE(p, &t->shares, f->party);
    end_pause(f);
    charge_wait(f, CAUSE_SLOT, &t->slots.comp, "");
again:
    ops->begin(t->sys, f);
    f->again = false;
    while (ops->ask(t->sys, f, &f->ask)) {
        if (__builtin_expect(f->ask.fetch != f->fetching, 0)) {
            if (f->fetching)
                hand_on(f);
            if (timed_fetches_limited(t))
                PROC_TO(p, f->led.at_ps);
            if (f->fetching) {
                end_fetch(f);
            } else {
                PROC_SLOT(p, &t->fetch);
                begin_fetch(f);
            }
        }
        if (book_lookups(f)) {
            if (f->start_ps != f->led.at_ps) {
                PROC_TO(p, f->start_ps);
                charge_port(f, f->port, f->start_ps);
            }
            ops->answer(t->sys, f);
            timed_charge(f, CAUSE_LOOKUP, f->start_ps + f->port->latency_ps, f->port->comp.parent,
                         f->ask.what, 0);
            if (t->further)
                look_further(f, f->ask.port, f->start_ps);
            continue;
        }
        if (ends_walk_for_fetch(f))
            end_walk(f);
        if (f->ask.walk && !f->walking) {
            lead = f->fetching ? NULL : find_walk(t, f);
            if (lead) {
                join(f, lead);
                PROC_REST(p);
                charge_wait(f, CAUSE_MERGE, NULL, "the same page's walk");
                timed_charge(f, CAUSE_MERGE, f->led.at_ps + t->wake_ps, NULL, "the same page's walk", 0);
                f->again = true;
                goto again;
            }
            PROC_SLOT(p, &t->walk);
            begin_walk(f);
        }
        if (f->ask.bytes) {
            if (memory_limited(&t->mem))
                PROC_SLOT(p, &t->mem.outstanding);
            if (memory_in_order(&t->mem))
                PROC_TO(p, f->led.at_ps);
            f->start_ps = read_asked(f);
            PROC_TO(p, f->start_ps);
            if (memory_limited(&t->mem))
                slots_give(&t->mem.outstanding);
        }
        ops->answer(t->sys, f);
    }
    if (__builtin_expect(f->fetching, 0)) {
        hand_on(f);
        if (timed_fetches_limited(t))
            PROC_TO(p, f->led.at_ps);
        end_fetch(f);
    }
    end_questions(f);
    if (__builtin_expect(f->again, 0)) {
        f->since = t->invals;
        goto again;
    }
    if (__builtin_expect(f->res.outcome == XL_STALL, 0))
        goto stalled;
    if (is_recorded(f)) {
        if (t->evtq.par.full)
            PROC_TO(p, f->led.at_ps);
        if (!evtq_takes(&t->evtq))
            remove_miss(t, f);         /* nobody waits for this with it */
        while (!evtq_takes(&t->evtq))
            PROC_WAIT(p, &t->evtq.room);
        record(f);
    }
    shares_give(&t->shares, f->party);
    f->start_ps = cross(f, &front->down);
    PROC_TO(p, f->start_ps);
    fill_front(f);
    if (f->pass == TIMED_ASKS) {
        send_answer(f);
        return PROC_WAITING;
    }
translated:
    miss_is_over(front, f);
    if (f->kind == FLOW_WRITE) {
        if (must_wait_for_turn(f)) {
            arrive(f);
            PROC_REST(p);
            if (f->renew && renew(f))
                goto lookups;
        }
        take_turn(t, f);
        if (memory_limited(&t->mem) && has_data(f)) {
            arrive(f);
            PROC_SLOT(p, &t->mem.outstanding);
            charge_wait(f, CAUSE_DATA, &t->mem.outstanding.comp, "");
            f->start_ps = write_data(f);
            PROC_TO(p, f->start_ps);
            slots_give(&t->mem.outstanding);
        }
        t->busy--;
        arrived = f->arrived;
        finish_write(f);
        if (!arrived)
            next_on_route(t, front);
        return PROC_DONE;
    }
    if (memory_limited(&t->mem) && has_data(f)) {
        arrive(f);
        PROC_SLOT(p, &t->mem.outstanding);
        charge_wait(f, CAUSE_DATA, &t->mem.outstanding.comp, "");
    }
    f->start_ps = read_data(f);
    t->busy--;
    arrive(f);
    PROC_TO(p, f->start_ps);
    if (memory_limited(&t->mem) && has_data(f))
        slots_give(&t->mem.outstanding);
data_is_here:
    if (must_wait_for_turn(f))
        PROC_REST(p);
    return finish_read(f);
stalled:
    PROC_TO(p, f->led.at_ps);
    begin_stall(f);
    if (!ops->stall_joins(t->sys, f)) {
        if (!slots_free(t->places))
            begin_in_front(f);
        PROC_SLOT(p, t->places);
        end_in_front(f);
        ops->stall_placed(t->sys, f);
    }
    shares_give(&t->shares, f->party);
    end_miss(f);
    miss_is_over(front, f);
    while (!f->answer && !ops->stall_settled(t->sys, f))
        PROC_WAIT(p, evtq_room(&t->evtq));
    if (!f->answer) {
        rest(f);
        PROC_REST(p);
    }
    end_stall(f);
    f->start_ps = cross(f, &front->down);
    PROC_TO(p, f->start_ps);
    if (f->answer == FLOW_RETRY)
        goto lookups;
    goto translated;
    case BEGIN_PASS:
    front->route = f->route_next;
    t->busy++;
    begin_pass(f);
    enter(f);
    arrive(f);
    if (f->pass == TIMED_GOES && ops->passes && ops->passes(t->sys, f))
        goto translated;
    goto slot;
    PROC_END(p);
}

/* ---- driving it ---------------------------------------------------------------------------------- */

struct flow *timed_flow(struct timed *t)
{
    struct flow *f = t->free;

    if (f)
        t->free = f->next;
    return f;
}

void timed_flow_free(struct timed *t, struct flow *f)
{
    f->next = t->free;
    t->free = f;
}

uint64_t timed_issue(struct timed *t, struct flow *f, uint64_t when_ps)
{
    struct dlink *dev = &t->front[f->front].dev;
    uint64_t start, arrival;

    f->told = f->request == t->told;
    f->retry = f->walking = f->merged = f->missed = false;
    f->counted = f->renew = f->held = f->paused = f->in_front = false;
    f->answer = FLOW_UNANSWERED;
    f->epoch = mem_epoch(t->sys->mem);
    f->key = f->req.sid | (f->req.has_ssid ? (f->req.ssid + 1ull) << 32 : 0);
    line_up(t, f);
    f->proc.number = f->request + 1;
    if (__builtin_expect(t->ats != NULL, 0) && ats_begin(t->ats, f, when_ps))
        return when_ps;
    arrival = dlink_up(dev, f->kind == FLOW_WRITE, f->bytes, when_ps, &start);
    f->out_ps = start + dev->par.engine_ps;
    f->arrival_ps = arrival;
    set_out(t, f);
    return arrival;
}
