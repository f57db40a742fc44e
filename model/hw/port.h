/* SPDX-License-Identifier: Apache-2.0
 *
 * port.h - the lookup port of a structure: how many lookups start at a time, how long one takes.
 *
 * Lookups, fills and invalidations go through the same lanes, first come, first served.  A use occupies
 * a lane for `interval` cycles (a pipelined structure: 1) from its start; a lookup is answered `latency`
 * cycles after its start.  What is there is looked at when the lookup starts.  An invalidation takes all
 * lanes for as long as it says.
 *
 * Whoever uses a port asks for it when its time has come, never ahead, so that bookings are in order.
 */
#ifndef HW_PORT_H
#define HW_PORT_H
#include "kernel/resource.h"

#define PORT_PARAMS(P)                                                                             \
    P(u64, latency,  1, 0, 100000, "cycles", "from a lookup's start to its answer")                \
    P(u64, lanes,    1, 1, 64, "1", "uses that can start at a time")                               \
    P(u64, interval, 1, 0, 100000, "cycles", "from a start to the next on a lane; 0: no limit")

#define PORT_STATS(S)                                                                              \
    S(uses,     "1",  "lookups and fills")                                                         \
    S(waits,    "1",  "of these, such as found all lanes taken")                                   \
    S(wait_ps,  "ps", "time of that, together")                                                    \
    S(behind_inval, "1", "of the waits, such as were at least partly for an invalidation")         \
    S(inval_ps, "ps", "time for which invalidations had the lanes")

struct port_params { PARAM_FIELDS(PORT_PARAMS) };
struct port_stats { STAT_FIELDS(PORT_STATS) };
extern const struct param_row port_rows[];
enum { PORT_ROWS = 3 };

enum { PORT_LANES_MAX = 64 };

struct port {
    uint64_t free_ps[PORT_LANES_MAX];  /* of each lane: when it is free                            */
    uint32_t lanes;
    uint64_t interval_ps, latency_ps;
    uint64_t inval_end_ps;             /* until then an invalidation has or had the lanes          */
    struct port_params par;
    struct port_stats st;
    struct comp comp;
};

/* Below the structure it is of, on the parent's clock. */
void port_init(struct port *p, struct comp *parent, const char *name, const struct port_params *par);

/* The cold path of port_take. */
uint64_t port_wait(struct port *p, uint64_t now_ps);

/* Books a lane from now on, or as soon as one is free: when that is. */
static inline uint64_t port_take(struct port *p, uint64_t now_ps)
{
    p->st.uses++;
    if (p->lanes > 1 || p->free_ps[0] > now_ps)
        return port_wait(p, now_ps);
    p->free_ps[0] = now_ps + p->interval_ps;
    return now_ps;
}

/* Until when a wait from from_ps to start_ps was for an invalidation; from_ps: not at all. */
static inline uint64_t port_inval_until(const struct port *p, uint64_t from_ps, uint64_t start_ps)
{
    if (p->inval_end_ps <= from_ps)
        return from_ps;
    return p->inval_end_ps < start_ps ? p->inval_end_ps : start_ps;
}

/* An invalidation takes all lanes for hold_ps, from when the last of them is free: when that is. */
uint64_t port_invalidate(struct port *p, uint64_t now_ps, uint64_t hold_ps);

#endif
