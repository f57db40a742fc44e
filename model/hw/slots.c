/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/slots.h"

#include <stdlib.h>

#include "base/sim.h"

const struct param_row slots_rows[] = { SLOTS_PARAMS(PARAM_ROW) };
STAT_ROWS(stats, SLOTS_STATS);
static const struct comp_kind slots_kind = { "slots", slots_rows, ARRAY_LEN(slots_rows), stats,
                                             ARRAY_LEN(stats) };
static const struct comp_signal signals[] = { COMP_SIGNAL(struct slots, used, 16) };
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

void slots_settle(struct slots *s)
{
    slots_account(s, sim_now(s->sim));
    for (unsigned i = 0; i <= SLOTS_HIST; i++)
        if (s->at[i] && hist_add(&s->occupancy, i, s->at[i]) == 0)
            s->at[i] = 0;
}

static void settle(struct comp *comp)
{
    slots_settle(CONTAINER_OF(comp, struct slots, comp));
}

int slots_init(struct slots *s, struct comp *parent, const char *name, const struct slots_params *par)
{
    *s = (struct slots){ .par = *par, .sim = parent->clk->sim };
    s->n = par->n ? (uint32_t)par->n : UINT32_MAX;
    qlist_init(&s->waiters);
    qlist_init(&s->low);
    hist_init(&s->occupancy);
    comp_init(&s->comp, &slots_kind, parent, name, &s->par, &s->st);
    s->comp.face = &face;
    s->comp.settle = settle;
    s->hist = (struct comp_hist){ "occupancy", "ps", &s->occupancy };
    s->comp.hist = &s->hist;
    s->comp.hists = 1;
    s->at = calloc(SLOTS_HIST + 1, sizeof *s->at);
    return s->at ? 0 : SIM_EENV;
}

void slots_destroy(struct slots *s)
{
    free(s->at);
    hist_destroy(&s->occupancy);
    s->at = NULL;
}

void slots_give(struct slots *s)
{
    struct proc *p;
    uint64_t now = sim_now(s->sim);

    SIM_CHECK(s->used > 0, "%s: a slot is given back that nobody has", s->comp.name);
    if (qlist_empty(&s->waiters) && qlist_empty(&s->low)) {
        slots_account(s, now);
        s->used--;
        return;
    }
    p = CONTAINER_OF((qlist_empty(&s->waiters) ? &s->low : &s->waiters)->next, struct proc, waiter);
    s->st.uses++;
    s->st.wait_ps += now - p->since_ps;
    proc_trigger(p);
}

static enum proc_state wait_in(struct slots *s, struct proc *p, struct qlink *list)
{
    p->wait = PROC_FOR_RESOURCE;
    p->wait_on = &s->comp;
    p->idle = false;
    p->since_ps = sim_now(s->sim);
    s->st.waits++;
    qlink_insert_after(&p->waiter, list->prev);
    return PROC_WAITING;
}

enum proc_state slots_wait(struct slots *s, struct proc *p)
{
    return wait_in(s, p, &s->waiters);
}

enum proc_state slots_wait_low(struct slots *s, struct proc *p)
{
    return wait_in(s, p, &s->low);
}
