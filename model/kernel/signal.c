/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/signal.h"

#include "kernel/sim_impl.h"

void signal_init(struct signal *sig, const struct comp *comp, const char *name, uint64_t value)
{
    *sig = (struct signal){ .value = value, .next = value };
    event_init(&sig->changed, comp, name);
}

void signal_write(struct signal *sig, uint64_t value)
{
    struct sim *s = sig->changed.fire.clk->sim;

    sig->next = value;
    if (sig->written)
        return;
    sig->written = true;
    sig->link = s->changed;
    s->changed = sig;
    if (!qnode_queued(&s->update.node))
        sim_put(s, &s->update, s->now_ps);
}

static enum proc_state update(struct proc *p)
{
    struct sim *s = p->clk->sim;
    struct signal *first = s->changed;

    s->changed = NULL;
    for (struct signal *sig = first; sig; sig = sig->link) {
        sig->written = false;
        if (sig->next == sig->value)
            continue;
        sig->value = sig->next;
        event_notify(&sig->changed);
    }
    return PROC_WAITING;
}

void signal_update_init(struct proc *p, const struct comp *comp)
{
    proc_init(p, comp, "update", update);
    p->phase = SIM_UPDATE;
}
