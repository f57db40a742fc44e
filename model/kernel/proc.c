/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/proc.h"

#include <string.h>

#include "kernel/event.h"
#include "kernel/sim_impl.h"

static void leave_waiters(struct proc *p)
{
    if (p->waiter.next)
        qlink_remove(&p->waiter);
}

void proc_init(struct proc *p, const struct comp *comp, const char *name, proc_fn *run)
{
    struct sim *s;

    SIM_CHECK(comp->clk, "process %s of %s has no clock", name, comp->name);
    s = comp->clk->sim;
    *p = (struct proc){
        .run = run, .clk = comp->clk, .phase = SIM_COLLECT, .id = s->procs++, .comp = comp,
        .name = name,
    };
    qlink_insert_after(&p->all, s->all.prev);
}

void proc_destroy(struct proc *p)
{
    proc_cancel(p);
    leave_waiters(p);
    qlink_remove(&p->all);
}

void proc_path(const struct proc *p, char *buf, size_t size)
{
    size_t n;

    comp_path(p->comp, buf, size);
    n = strlen(buf);
    snprintf(buf + n, size - n, ".%s", p->name);
}

void proc_start(struct proc *p)
{
    SIM_CHECK(p->state != PROC_WAITING, "%s is started and not done", p->name);
    p->pos = 0;
    p->state = PROC_WAITING;
    p->wait = PROC_FOR_NOTHING;
    p->idle = false;
    sim_put(p->clk->sim, p, p->clk->sim->now_ps);
}

void proc_begin_at(struct proc *p, uint64_t t_ps)
{
    p->pos = 0;
    p->state = PROC_WAITING;
    p->wait = PROC_FOR_NOTHING;
    p->idle = false;
    sim_put(p->clk->sim, p, t_ps);
}

void proc_trigger(struct proc *p)
{
    proc_trigger_at(p, p->clk->sim->now_ps);
}

void proc_trigger_at(struct proc *p, uint64_t t_ps)
{
    leave_waiters(p);
    sim_move(p->clk->sim, p, t_ps);
}

void proc_cancel(struct proc *p)
{
    sim_cancel(p->clk->sim, p);
}

enum proc_state proc_delay(struct proc *p, uint64_t cycles)
{
    struct sim *s = p->clk->sim;

    p->wait = PROC_FOR_TIME;
    return sim_put(s, p, s->now_ps + clock_ps(p->clk, cycles));
}

enum proc_state proc_until(struct proc *p, uint64_t t_ps)
{
    p->wait = PROC_FOR_TIME;
    return sim_put(p->clk->sim, p, t_ps);
}

enum proc_state proc_wait(struct proc *p, struct event *e, bool idle)
{
    p->wait = PROC_FOR_EVENT;
    p->wait_on = &e->fire;
    p->idle = idle;
    qlink_insert_after(&p->waiter, e->waiter.prev);
    return PROC_WAITING;
}

enum proc_state proc_wait_for(struct proc *p, struct event *e, uint64_t t_ps)
{
    proc_wait(p, e, false);
    return sim_put(p->clk->sim, p, t_ps);
}

void proc_wait_over(struct proc *p)
{
    p->timed_out = p->waiter.next != NULL;
    leave_waiters(p);
}

bool proc_join(struct proc *p, struct proc *other)
{
    if (other->state != PROC_WAITING)
        return true;
    SIM_CHECK(!other->joiner || other->joiner == p, "%s and %s wait for the end of %s", p->name,
              other->joiner->name, other->name);
    p->wait = PROC_FOR_END;
    p->wait_on = other;
    p->idle = false;
    other->joiner = p;
    return false;
}

enum proc_state proc_end(struct proc *p)
{
    struct proc *joiner = p->joiner;

    p->state = PROC_DONE;
    p->wait = PROC_FOR_NOTHING;
    p->joiner = NULL;
    if (joiner)
        sim_put(joiner->clk->sim, joiner, joiner->clk->sim->now_ps);
    return PROC_DONE;
}

void proc_lost(const struct proc *p)
{
    SIM_CHECK(false, "%s waited at line %u within a switch, or was not started", p->name, p->pos);
    __builtin_unreachable();
}
