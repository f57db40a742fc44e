/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/port.h"

#include "base/bits.h"

const struct param_row port_rows[] = { PORT_PARAMS(PARAM_ROW) };
STAT_ROWS(stats, PORT_STATS);
static const struct comp_kind port_kind = { "port", port_rows, ARRAY_LEN(port_rows), stats,
                                            ARRAY_LEN(stats) };

static uint64_t get_busy(const struct comp *comp)
{
    const struct port *p = CONTAINER_OF(comp, struct port, comp);
    uint64_t busy = 0;

    for (uint32_t i = 0; i < p->lanes; i++)
        busy += p->free_ps[i] > sim_now(comp->clk->sim);
    return busy;
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL_GET("busy", 8, get_busy),
    COMP_SIGNAL(struct port, st.uses, 32),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

void port_init(struct port *p, struct comp *parent, const char *name, const struct port_params *par)
{
    *p = (struct port){ .par = *par, .lanes = (uint32_t)par->lanes };
    comp_init(&p->comp, &port_kind, parent, name, &p->par, &p->st);
    p->comp.face = &face;
    p->interval_ps = clock_ps(parent->clk, par->interval);
    p->latency_ps = clock_ps(parent->clk, par->latency);
}

uint64_t port_wait(struct port *p, uint64_t now_ps)
{
    uint32_t first = 0;
    uint64_t start;

    for (uint32_t i = 1; i < p->lanes; i++)
        if (p->free_ps[i] < p->free_ps[first])
            first = i;
    start = p->free_ps[first] > now_ps ? p->free_ps[first] : now_ps;
    p->free_ps[first] = start + p->interval_ps;
    p->st.waits += start > now_ps;
    p->st.wait_ps += start - now_ps;
    p->st.behind_inval += start > now_ps && p->inval_end_ps > now_ps;
    return start;
}

uint64_t port_invalidate(struct port *p, uint64_t now_ps, uint64_t hold_ps)
{
    uint64_t start = now_ps;

    for (uint32_t i = 0; i < p->lanes; i++)
        if (p->free_ps[i] > start)
            start = p->free_ps[i];
    if (!hold_ps)
        return start;
    for (uint32_t i = 0; i < p->lanes; i++)
        p->free_ps[i] = start + hold_ps;
    p->inval_end_ps = start + hold_ps;
    p->st.inval_ps += hold_ps;
    return start;
}
