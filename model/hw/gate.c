/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/gate.h"

#include "base/sim.h"

const struct param_row gate_rows[] = { GATE_PARAMS(PARAM_ROW) };
STAT_ROWS(stats, GATE_STATS);
static const struct comp_kind gate_kind = { "gate", gate_rows, ARRAY_LEN(gate_rows), stats, ARRAY_LEN(stats) };

static uint64_t get_shut(const struct comp *comp)
{
    const struct gate *g = CONTAINER_OF(comp, struct gate, comp);

    return (g->shut_by[0] != NULL) | (uint64_t)(g->shut_by[1] != NULL) << 1;
}

static const struct comp_signal signals[] = { COMP_SIGNAL_GET("shut", 2, get_shut) };
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

static void account(struct gate *g, unsigned ch)
{
    uint64_t now = sim_now(g->sim);

    g->st.shut_ps += now - g->since_ps[ch];
    g->since_ps[ch] = now;
}

static void settle(struct comp *comp)
{
    struct gate *g = CONTAINER_OF(comp, struct gate, comp);

    for (unsigned ch = 0; ch < GATE_CHANNELS; ch++)
        if (g->shut_by[ch])
            account(g, ch);
}

void gate_init(struct gate *g, struct comp *parent, const char *name, const struct gate_params *par)
{
    *g = (struct gate){ .par = *par, .sim = parent->clk->sim };
    comp_init(&g->comp, &gate_kind, parent, name, &g->par, &g->st);
    g->comp.face = &face;
    g->comp.settle = settle;
    for (unsigned ch = 0; ch < GATE_CHANNELS; ch++)
        qlist_init(&g->waiters[ch]);
}

static void let_through(struct gate *g, unsigned ch)
{
    account(g, ch);
    g->shut_by[ch] = NULL;
    while (!qlist_empty(&g->waiters[ch])) {
        struct proc *p = CONTAINER_OF(g->waiters[ch].next, struct proc, waiter);

        g->st.wait_ps += sim_now(g->sim) - p->since_ps;
        proc_trigger(p);               /* which takes it out of the list */
    }
}

/* The older of those that shut a channel comes among those that do not. */
static void move_up(struct gate *g)
{
    bool second = g->shut_by[1] && (!g->shut_by[0] || g->number[1] < g->number[0]);

    if (!g->shut_by[second] || g->under >= g->par.hit_under_miss)
        return;
    g->under++;
    let_through(g, second);
}

void gate_miss(struct gate *g, bool write, const void *who, uint64_t number)
{
    unsigned ch = gate_channel(g, write);

    if (g->under < g->par.hit_under_miss || g->shut_by[ch]) {
        g->under++;                    /* one that was under way when its channel was shut passes */
        return;
    }
    g->shut_by[ch] = who;
    g->number[ch] = number;
    g->since_ps[ch] = sim_now(g->sim);
    g->st.shut++;
}

void gate_over(struct gate *g, bool write, const void *who)
{
    unsigned ch = gate_channel(g, write);

    if (g->shut_by[ch] == who) {
        let_through(g, ch);
        return;
    }
    SIM_CHECK(g->under > 0, "%s: a miss is over that did not begin", g->comp.name);
    g->under--;
    move_up(g);
}

enum proc_state gate_wait(struct gate *g, bool write, struct proc *p)
{
    p->wait = PROC_FOR_RESOURCE;
    p->wait_on = &g->comp;
    p->idle = false;
    p->since_ps = sim_now(g->sim);
    g->st.waits++;
    qlink_insert_after(&p->waiter, g->waiters[gate_channel(g, write)].prev);
    return PROC_WAITING;
}
