/* SPDX-License-Identifier: Apache-2.0
 *
 * resource.h - what is used by one at a time, or by n: ports, slots, links; booked with reserve.
 *
 * A resource has `units` that are equal: the lanes of a port (one lookup each per cycle), the slots of a
 * walker, the one wire of a link.  To reserve is to ask for a unit at `when`: the answer is the earliest
 * time not before that at which one is free, and from then on it is booked.  It stays so for hold_ps
 * (a port's issue interval), or until it is released if nobody can know how long that takes (a slot).
 *
 * There is one description of timing and there are two ways to use it:
 *
 *   a flow without events    start = res_reserve(r, when, hold): computes on from there at once.
 *   a process                PROC_RESERVE: asks, waits, and goes on at its start.  Who asks at one time
 *                            is collected and served in SIM_DECIDE by port number; across times, first
 *                            come, first served.
 *
 * Both give equal times exactly if each resource is asked in the same order both ways, since a booking
 * depends on those before it alone, never on those after it.  A process asks when its time has come.  A
 * flow asks ahead of time, and so it keeps the order if one of these holds for each of its reserves:
 *
 *   - nothing else can happen before `when`: sim_next_ps(s) > when.  Serial arrival is so throughout.
 *   - all who use the resource do so equally long after the event at which they compute, so that they
 *     ask in the order of `when` (the lookup port at the entry, the first stage of a pipeline).  What
 *     computes at one time must then have an order by number too, such as coming off the same port.
 *
 * Otherwise a flow that comes later may ask for an earlier time and find the booking of one that will
 * be there only after it.  That is counted (`disorder`), so that a test can hold it against 0.  While
 * processes queue, or it hangs on the release of a unit that is held when one is free, a flow gets
 * RES_LATER: it must become a process.
 *
 * A link is made of two resources: credits, held from sending until the receiver gives them back, and
 * a wire, held for as long as the bytes take.
 */
#ifndef KERNEL_RESOURCE_H
#define KERNEL_RESOURCE_H
#include "kernel/proc.h"

#define RES_PARAMS(P)                                                                              \
    P(u64, units, 1, 1, 65536, "1", "uses at a time")                                              \
    P(u64, hold_ps, 0, 0, 1000000000000, "ps", "for which a use occupies its unit, unless it says")

#define RES_STATS(S)                                                                               \
    S(uses,     "1",  "reservations made")                                                         \
    S(waits,    "1",  "of these, such as did not start when asked for")                            \
    S(wait_ps,  "ps", "from asking to starting, together")                                         \
    S(busy_ps,  "ps", "that units were booked, together; of slots, once released")                 \
    S(disorder, "1",  "asked for an earlier time than the one before")

struct res_params { PARAM_FIELDS(RES_PARAMS) };
struct res_stats { STAT_FIELDS(RES_STATS) };

#define RES_LATER UINT64_MAX   /* the answer: not known yet                 */
#define RES_HELD  UINT64_MAX   /* hold_ps: until it is released             */

struct res_use {               /* a process's request: a field of its frame */
    uint64_t        start_ps;  /* the answer                                */
    uint64_t        when_ps, hold_ps;
    uint32_t        port;
    struct proc    *proc;
    struct res_use *next;
};

struct resource {
    uint64_t         *free_ps; /* [known] when units are free: a heap, the earliest first */
    uint32_t          known, units;   /* the other units are held                         */
    uint64_t          last_when_ps;
    struct res_use   *asking;  /* by (when_ps, port)                                      */
    struct proc       decide;
    struct res_params par;
    struct res_stats  st;
    struct comp       comp;
};

/* All memory it will ever need is taken here; 0 or SIM_EENV. */
int  res_init(struct resource *r, struct comp *parent, const char *name,
              const struct res_params *par);
void res_destroy(struct resource *r);

/* Books a unit from the earliest time not before when_ps on, for hold_ps or RES_HELD, and returns that
 * time; RES_LATER if it cannot be known, and nothing is booked. */
uint64_t res_reserve(struct resource *r, uint64_t when_ps, uint64_t hold_ps);

/* The same for par.hold_ps: a port. */
static inline uint64_t res_use(struct resource *r, uint64_t when_ps)
{
    return res_reserve(r, when_ps, r->par.hold_ps);
}

/* What res_reserve would answer. */
uint64_t res_earliest(const struct resource *r, uint64_t when_ps);

/* Gives back a unit that was reserved from start_ps on with RES_HELD; it is free from at_ps on, which
 * may be yet to come. */
void res_release(struct resource *r, uint64_t start_ps, uint64_t at_ps);

/* Waits until a unit is its own: use->start_ps is now.  `port` is the number it has among those who ask
 * at the same time. */
#define PROC_RESERVE(p, r, use, port, hold_ps)                                                     \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return res_ask((r), (use), (p), (port), (hold_ps));                                        \
    case __LINE__:;                                                                                \
    } while (0)

enum proc_state res_ask(struct resource *r, struct res_use *use, struct proc *p, uint32_t port,
                        uint64_t hold_ps);

#define RES_LINK_PARAMS(P)                                                                         \
    P(u64,  latency_ps,  0, 0, 1000000000000, "ps", "from the wire's one end to the other")        \
    P(u64,  beat_bytes,  0, 0, 1048576, "B", "that the wire takes in beat_ps; 0: any number")      \
    P(u64,  beat_ps,  1000, 0, 1000000000000, "ps", "time of beat_bytes on the wire")              \
    P(flag, whole_beats, 0, 0, 1, "", "what does not fill a beat takes all of it")                 \
    P(u64,  credits,     0, 0, 65536, "1", "messages under way or not yet taken; 0: any number")   \
    P(u64,  credit_ps,   0, 0, 1000000000000, "ps", "on a credit's way back")

struct res_link_params { PARAM_FIELDS(RES_LINK_PARAMS) };

struct res_link {
    struct resource        wire, credit;
    struct res_link_params par;
    struct comp            comp;
};

int  res_link_init(struct res_link *l, struct comp *parent, const char *name,
                   const struct res_link_params *par);
void res_link_destroy(struct res_link *l);

/* Time that so many bytes are on the wire. */
uint64_t res_link_ps(const struct res_link *l, uint64_t bytes);

/* When all of a message that starts at start_ps has arrived. */
static inline uint64_t res_link_arrival(const struct res_link *l, uint64_t start_ps, uint64_t bytes)
{
    return start_ps + res_link_ps(l, bytes) + l->par.latency_ps;
}

/* Sends a message at when_ps or as soon as there are a credit and the wire: returns when it has arrived,
 * with the time at which it started; or RES_LATER, and nothing is booked.  As a process:
 *
 *     PROC_RESERVE(p, &l->credit, &f->credit, port, RES_HELD);         (if it has credits)
 *     PROC_RESERVE(p, &l->wire, &f->wire, port, res_link_ps(l, bytes));
 *     f->arrival = res_link_arrival(l, f->wire.start_ps, bytes);
 */
uint64_t res_link_send(struct res_link *l, uint64_t when_ps, uint64_t bytes, uint64_t *start_ps);

/* The receiver has taken the message whose credit was got at from_ps: one more may be sent, credit_ps
 * after at_ps. */
void res_link_credit(struct res_link *l, uint64_t from_ps, uint64_t at_ps);

#endif
