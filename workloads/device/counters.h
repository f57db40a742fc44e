/* SPDX-License-Identifier: Apache-2.0
 *
 * counters.h - the counters of component trees seen from outside: their values since the end of a
 * warm-up, and how those of lookup structures grew over time.
 *
 * The trees are walked once, at counters_init; nothing is searched by name while a run goes on.
 */
#ifndef WORKLOADS_DEVICE_COUNTERS_H
#define WORKLOADS_DEVICE_COUNTERS_H
#include <stdbool.h>
#include <stdint.h>

#include "kernel/comp.h"

enum { COUNTERS_PATH = 128 };

struct counters_comp {
    const struct comp *comp;
    char path[COUNTERS_PATH];
    uint64_t *base;                    /* [kind->stats], what is not counted */
    int lookups, hits;                 /* rows of that name, -1 if there are none */
    uint64_t seen_lookups, seen_hits;  /* at the end of the last interval */
};

/* What one structure did in one interval. */
struct counters_interval {
    uint64_t t_ps;                     /* start */
    uint32_t comp;                     /* number in comp[] */
    uint64_t lookups, misses;
};

struct counters {
    struct counters_comp *comp;        /* [n] */
    size_t n;
    struct counters_interval *interval;
    size_t intervals, room;
    uint64_t interval_start_ps;
};

/* Takes in all components below each root.  0 or SIM_EENV. */
int  counters_init(struct counters *c, const struct comp *const *root, size_t roots);
void counters_destroy(struct counters *c);

/* Counts from here on; intervals so far are forgotten. */
void counters_restart(struct counters *c, uint64_t now_ps);

/* Ends an interval, begins the next.  0 or SIM_EENV. */
int counters_interval(struct counters *c, uint64_t now_ps);

/* Whether component number k is there: a lookup structure without storage has been left out of the system. */
static inline bool counters_there(const struct counters *c, size_t k)
{
    return c->comp[k].lookups < 0 || c->comp[k].comp->bits;
}

/* Row i of component number k since the last restart. */
static inline uint64_t counters_value(const struct counters *c, size_t k, size_t i)
{
    return c->comp[k].comp->st[i] - c->comp[k].base[i];
}

#endif
