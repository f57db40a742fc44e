/* SPDX-License-Identifier: Apache-2.0
 *
 * time_bench.h - what a timed component needs around it: a simulation, a clock and a parent.
 */
#ifndef TESTS_MODEL_HW_TIME_BENCH_H
#define TESTS_MODEL_HW_TIME_BENCH_H
#include "kernel/proc.h"

enum { PERIOD_PS = 1000 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

struct time_bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  comp;
};

static inline void time_up(struct time_bench *b)
{
    b->sim = sim_new();
    clock_init(&b->clk, b->sim, NULL, "clk", PERIOD_PS);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    sim_elaborate(b->sim, &b->comp, NULL);
}

static inline void time_down(struct time_bench *b)
{
    sim_free(b->sim);
}

#endif
