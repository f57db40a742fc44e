/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/event.h"

#include "kernel/sim_impl.h"

static struct proc *waiting(struct qlink *l)
{
    return CONTAINER_OF(l, struct proc, waiter);
}

static void wake(struct sim *s, struct proc *p)
{
    qlink_remove(&p->waiter);
    p->wait = PROC_FOR_NOTHING;
    sim_move(s, p, s->now_ps);         /* it may also have waited for a time */
}

static void trigger(struct sim *s, struct proc *p)
{
    if (!qnode_queued(&p->node) || p->node.t_ps != s->now_ps)
        proc_trigger(p);
}

static enum proc_state fire(struct proc *p)
{
    event_notify(CONTAINER_OF(p, struct event, fire));
    return PROC_WAITING;
}

void event_init(struct event *e, const struct comp *comp, const char *name)
{
    SIM_CHECK(comp->clk, "event %s of %s has no clock", name, comp->name);
    *e = (struct event){
        .fire = { .run = fire, .clk = comp->clk, .phase = SIM_COLLECT, .comp = comp, .name = name },
    };
    qlist_init(&e->waiter);
}

/* Who begins to wait again while it runs does so later, and is not resumed twice. */
void event_notify_waiters(struct event *e)
{
    struct sim *s = e->fire.clk->sim;

    while (!qlist_empty(&e->waiter))
        wake(s, waiting(e->waiter.next));
    for (const struct event_sense *o = e->sense; o; o = o->next)
        trigger(s, o->proc);
}

void event_notify_delta(struct event *e)
{
    proc_cancel(&e->fire);
    sim_put_delta(e->fire.clk->sim, &e->fire);
}

void event_notify_after(struct event *e, uint64_t delay_ps)
{
    event_notify_at(e, e->fire.clk->sim->now_ps + delay_ps);
}

void event_notify_at(struct event *e, uint64_t t_ps)
{
    sim_move(e->fire.clk->sim, &e->fire, t_ps);
}

void event_cancel(struct event *e)
{
    proc_cancel(&e->fire);
}

void event_sensitive(struct event *e, struct proc *p, struct event_sense *order)
{
    struct event_sense **at = &e->sense;

    while (*at)
        at = &(*at)->next;
    *order = (struct event_sense){ .proc = p };
    *at = order;
}
