/* SPDX-License-Identifier: Apache-2.0
 *
 * The process `handler` of timed replay: software's handler of stalled accesses (host.stall).  It reads the event
 * queue as records are written, and host.stall_ps after a record has come, it does what the host software
 * answers (host_event).  Stalls are handled side by side; it does not wait for what the process `software` does.
 */
#include <stdlib.h>

#include "workloads/device/replay_timed_impl.h"

static proc_fn handle;

int replay_stalls_init(struct replay_timed *rt)
{
    struct timed *t = rt->t;

    proc_init(&rt->handler, &rt->comp, "handler", handle);
    rt->handler.number = 3;
    if (!replay_answers(rt->rp) || !t->places)
        return 0;
    t->evtq.reader = true;
    rt->places = t->places->n;
    rt->event = calloc(rt->places, sizeof *rt->event);
    return rt->event ? 0 : SIM_EENV;
}

bool replay_all_stalled(const struct replay_timed *rt)
{
    uint32_t n = 0;

    for (const struct flow *f = rt->t->held; f; f = f->held_next)
        n += f->stalled;
    return n == rt->under_way;
}

/* Takes in what has been written; what is no stall needs no answer. */
static void read_events(struct replay_timed *rt)
{
    struct stalled_event *e = &rt->event[(rt->event_at + rt->events) % rt->places];

    while (rt->events < rt->places && evtq_read(&rt->t->evtq, e->words)) {
        if (!host_awaits(&rt->rp->host, e->words))
            continue;
        e->due_ps = proc_now(&rt->handler) + rt->rp->host.par.stall_ps;
        rt->events++;
        e = &rt->event[(rt->event_at + rt->events) % rt->places];
    }
}

static void answer_first(struct replay_timed *rt)
{
    struct replay *rp = rt->rp;
    int err;

    rp->sys->now_ps = proc_now(&rt->handler);
    system_tick(rp->sys);
    err = host_event(&rp->host, rt->event[rt->event_at].words);
    if (err)
        replay_timed_fail(rt, err, rp->records);
    rt->event_at = (rt->event_at + 1) % rt->places;
    rt->events--;
}

static enum proc_state handle(struct proc *p)
{
    struct replay_timed *rt = CONTAINER_OF(p, struct replay_timed, handler);
    struct timed *t = rt->t;

    PROC_BEGIN(p);
    for (;;) {
        read_events(rt);
        if (!rt->events) {
            PROC_WAIT_IDLE(p, &t->evtq.written);
            continue;
        }
        if (rt->event[rt->event_at].due_ps > proc_now(p)) {
            PROC_WAIT_FOR(p, &t->evtq.written, rt->event[rt->event_at].due_ps);
            continue;
        }
        answer_first(rt);
        while (!timed_queue(t))
            PROC_WAIT(p, &t->cmdq.idle);
    }
    PROC_END(p);
}
