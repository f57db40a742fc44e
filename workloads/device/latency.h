/* SPDX-License-Identifier: Apache-2.0
 *
 * latency.h - latencies of requests by stream and class, and what caused them.
 *
 * A cell, one for each stream and class that occurs, has a histogram and for each cause how many requests
 * met it and how long that took them together.  A cell is made at its first request: memory is bounded by
 * streams and classes, never by requests.
 */
#ifndef WORKLOADS_DEVICE_LATENCY_H
#define WORKLOADS_DEVICE_LATENCY_H
#include "base/hist.h"
#include "hw/cause.h"

struct latency_cell {
    union {
        uint64_t sum_ps[2 * CAUSE_PAIRS];      /* time of each cause                        */
        cause_pair pair[CAUSE_PAIRS];
    };
    uint64_t count;
    struct hist hist;                          /* ps */
    uint64_t run;                              /* requests of late that met just these ...  */
    uint32_t mask;                             /* ... causes: not yet in met                */
    uint64_t met[CAUSE_COUNT];                 /* requests that met it                      */
};

struct latency {
    struct latency_cell **cell;        /* [streams * classes], NULL where there was no request */
    uint32_t streams;
    unsigned classes;
};

/* 0 or SIM_EENV; to be destroyed in any case. */
int  latency_init(struct latency *l, uint32_t streams, unsigned classes);
void latency_destroy(struct latency *l);

/* A request of this stream and class is done; its ledger is full.  0 or SIM_EENV. */
int  latency_add(struct latency *l, uint32_t stream, unsigned cls, const struct ledger *led);

/* Forgets all requests so far. */
void latency_clear(struct latency *l);

/* How many requests of the cell met a cause. */
static inline uint64_t latency_met(const struct latency_cell *c, enum cause cause)
{
    return c->met[cause] + (c->mask >> cause & 1 ? c->run : 0);
}

/* NULL: there was none. */
static inline const struct latency_cell *latency_cell(const struct latency *l, uint32_t stream,
                                                      unsigned cls)
{
    return l->cell ? l->cell[(size_t)stream * l->classes + cls] : NULL;
}

#endif
