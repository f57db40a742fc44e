/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h - a period, and the one place where cycles become time.
 *
 * A clock costs nothing: it has no events.  Edges are at multiples of the period, the first at 0.  It
 * is a component so that its period is recorded with the other parameters.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H
#include <stdint.h>

#include "kernel/comp.h"

struct sim;

#define CLOCK_PARAMS(P) P(u64, period_ps, 1000, 1, 1000000000, "ps", "time from an edge to the next")

struct clock_params { PARAM_FIELDS(CLOCK_PARAMS) };

struct clock {
    struct sim         *sim;
    struct clock_params par;
    struct comp         comp;
};

/* A clock of `s`; `parent` is the component below which it is recorded, or NULL.  Components take it
 * with comp_clock. */
void clock_init(struct clock *c, struct sim *s, struct comp *parent, const char *name,
                uint64_t period_ps);

static inline uint64_t clock_ps(const struct clock *c, uint64_t cycles)
{
    return cycles * c->par.period_ps;
}

/* The cycle that t_ps is in, counted from 0. */
static inline uint64_t clock_cycle(const struct clock *c, uint64_t t_ps)
{
    return t_ps / c->par.period_ps;
}

/* The first edge at or after t_ps, and the n-th after that. */
static inline uint64_t clock_edge_ps(const struct clock *c, uint64_t t_ps)
{
    return (t_ps + c->par.period_ps - 1) / c->par.period_ps * c->par.period_ps;
}

static inline uint64_t clock_edges_ps(const struct clock *c, uint64_t t_ps, uint64_t n)
{
    return clock_edge_ps(c, t_ps) + clock_ps(c, n);
}

#endif
