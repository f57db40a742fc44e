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
    struct comp *comp;
    char path[COUNTERS_PATH];
    uint64_t *base;                    /* [kind->stats], what is not counted */
    int series;                        /* enum counters_series, -1: none     */
    int row[2];                        /* its counters; row[1] -1: one only  */
    uint64_t seen[2];                  /* at the end of the last interval    */
};

/* Counters that make a time series.  X(NAME, first, second, "name of the series", its second's): a component
 * whose kind has the counters `first` and `second` (NULL: none). */
#define COUNTERS_SERIES(X)                                                                         \
    X(LOOKUPS, "lookups", "hits", "lookups", "misses")                                             \
    X(SLOTS,   "busy_ps", NULL, "busy_ps", NULL)

#define COUNTERS_SERIES_ENUM(N, a, b, x, y) COUNTERS_##N,
enum counters_series { COUNTERS_SERIES(COUNTERS_SERIES_ENUM) COUNTERS_SERIES_N };
extern const char *const counters_series_name[COUNTERS_SERIES_N][2];

/* What one component did in one interval. */
struct counters_interval {
    uint64_t t_ps;                     /* start */
    uint32_t comp;                     /* number in comp[] */
    uint64_t value[2];                 /* LOOKUPS: lookups, misses */
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

/* Brings integrals over time up to now; also done by the two below. */
void counters_settle(struct counters *c);

/* Counts from here on; intervals so far are forgotten. */
void counters_restart(struct counters *c, uint64_t now_ps);

/* Ends an interval, begins the next.  0 or SIM_EENV. */
int counters_interval(struct counters *c, uint64_t now_ps);

/* Whether component number k is there: a lookup structure without storage has been left out of the system. */
static inline bool counters_there(const struct counters *c, size_t k)
{
    return c->comp[k].series != COUNTERS_LOOKUPS || c->comp[k].comp->bits;
}

/* Row i of component number k since the last restart. */
static inline uint64_t counters_value(const struct counters *c, size_t k, size_t i)
{
    return c->comp[k].comp->st[i] - c->comp[k].base[i];
}

#endif
