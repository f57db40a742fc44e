/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/latency.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

int latency_init(struct latency *l, uint32_t streams, unsigned classes)
{
    *l = (struct latency){ .streams = streams, .classes = classes };
    l->cell = calloc((size_t)streams * classes + 1, sizeof(struct latency_cell *));
    return l->cell ? 0 : SIM_EENV;
}

static void drop(struct latency_cell *c)
{
    if (c)
        hist_destroy(&c->hist);
    free(c);
}

void latency_destroy(struct latency *l)
{
    if (l->cell)
        latency_clear(l);
    free(l->cell);
    *l = (struct latency){ 0 };
}

void latency_clear(struct latency *l)
{
    size_t n = (size_t)l->streams * l->classes;

    for (size_t i = 0; i < n; i++)
        drop(l->cell[i]);
    memset(l->cell, 0, n * sizeof(struct latency_cell *));
}

static __attribute__((noinline)) struct latency_cell *make(struct latency_cell **at)
{
    struct latency_cell *c = aligned_alloc(64, (sizeof *c + 63) / 64 * 64);

    if (!c)
        return NULL;
    memset(c, 0, sizeof *c);
    hist_init(&c->hist);
    return *at = c;
}

/* Most requests meet what the one before met: those are counted together. */
static __attribute__((noinline)) void change_run(struct latency_cell *c, uint32_t mask)
{
    for (uint32_t m = c->mask; m; m &= m - 1)
        c->met[__builtin_ctz(m)] += c->run;
    c->mask = mask;
    c->run = 0;
}

int latency_add(struct latency *l, uint32_t stream, unsigned cls, const struct ledger *led)
{
    struct latency_cell **at = &l->cell[(size_t)stream * l->classes + cls], *c = *at;

    if (!c)
        c = make(at);
    if (!c)
        return SIM_EENV;
    c->count++;
    for (unsigned i = 0; i < CAUSE_PAIRS; i++)
        c->pair[i] += led->pair[i];
    if (__builtin_expect(led->met != c->mask, 0))
        change_run(c, led->met);
    c->run++;
    return hist_add(&c->hist, led->at_ps - led->born_ps, 1);
}
