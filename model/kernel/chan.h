/* SPDX-License-Identifier: Apache-2.0
 *
 * chan.h - bounded channels: where components meet, with the latency between them.
 *
 * A channel holds up to `slots` items of one size, first in, first out.  An item put at time t can be got
 * from t + delay_ps on; its slot is taken from the put on and given back by the get:
 *
 *   flow         a slot given back at time n can be taken at n
 *   registered   one period of the channel's clock later
 *
 * So a pipeline three deep that moves one item a cycle is a channel with a delay of three periods and
 * at least three slots (flow) or four (registered): fewer slots limit it to slots per round trip.
 *
 * Who finds no item or no room waits, and is resumed at the time at which it can go on, by whoever puts
 * or gets: nobody polls.  Who has waited longest goes first; of two that began at the same time, the one
 * made first (proc->id), in whatever order they came.  If a process that did not wait comes in between, the one resumed waits on, at the head.
 *
 * The component that writes owns the channel and embeds it, the one that reads has a port to it
 * (comp.h).  If several processes put, or several get, at one time and in one phase, the order of those
 * is nobody's business but the tie's, and results may hang on it: let them meet at a resource first
 * (resource.h), which decides by port number.
 */
#ifndef KERNEL_CHAN_H
#define KERNEL_CHAN_H
#include <string.h>

#include "kernel/proc.h"

#define CHAN_PARAMS(P)                                                                             \
    P(u64,    slots,    1, 1, 1048576, "1", "items it holds, under way or waiting to be read")     \
    P(u64,    delay_ps, 0, 0, 1000000000000, "ps", "from a put until the item can be got")         \
    P(choice, mode,     0, 0, 1, "flow|registered",                                                \
      "a slot read at time n can be written again at n, or a cycle later")

enum chan_mode { CHAN_FLOW, CHAN_REGISTERED };

#define CHAN_STATS(S)                                                                              \
    S(puts,       "1",  "items put")                                                               \
    S(full_waits, "1",  "times that a writer waited for room, until it had it")                    \
    S(full_ps,    "ps", "time of that, together")                                                  \
    S(empty_waits, "1", "times that a reader waited for an item, until it had it")                 \
    S(empty_ps,   "ps", "time of that, together")                                                  \
    S(occupancy_ps, "ps", "integral over time of the slots in use")

struct chan_params { PARAM_FIELDS(CHAN_PARAMS) };
struct chan_stats { STAT_FIELDS(CHAN_STATS) };

struct chan_slot {
    uint64_t t_ps;             /* when its item can be got; of a free one, when it can be taken */
    uint64_t item[];
};

struct chan {
    struct sim        *sim;
    struct chan_slot  *head;   /* oldest item      */
    struct chan_slot  *tail;   /* next to be taken */
    uint32_t           count;  /* items            */
    uint32_t           item_bytes;
    size_t             stride; /* bytes from a slot to the next */
    struct chan_slot  *first, *end;
    uint64_t           cool_ps;    /* from a get until the slot can be taken */
    uint64_t           last_ps;    /* occupancy_ps is right up to then       */
    uint64_t           ready_ps;   /* when the item put last can be got      */
    struct qlink       readers, writers;   /* processes that wait and are not due to be resumed */
    struct chan_params par;
    struct chan_stats  st;
    struct comp        comp;
    const struct comp *reader;     /* whose port is bound to it, once elaborated */
};

/* All memory it will ever need is taken here; 0 or SIM_EENV.  The clock is the parent's. */
int  chan_init(struct chan *c, struct comp *parent, const char *name, const struct chan_params *par,
               size_t item_bytes);
void chan_destroy(struct chan *c);

/* Without waiting: false if there is no room, no item. */
bool chan_put(struct chan *c, const void *item);
bool chan_get(struct chan *c, void *item);

/* The item that chan_get would give, NULL if none; valid until it is got. */
const void *chan_peek(const struct chan *c);

/* Whether a put would find room now. */
bool chan_room(const struct chan *c);

/* The same with a delay of its own in the place of delay_ps, as a link has that takes its time by
 * length.  Items stay in order: none can be got before the one put before it. */
bool chan_put_at(struct chan *c, const void *item, uint64_t ready_ps);

/* Puts *item, having waited for room; gets into *item, having waited for one.  The size of *item is
 * the channel's.  PROC_NEXT is PROC_GET for a server that waits for work: if none comes, all is well. */
#define PROC_PUT(p, c, item)     PROC_CHAN_PUT(p, c, item, CHAN_DELAYED)
#define PROC_PUT_AT(p, c, item, ready_ps) PROC_CHAN_PUT(p, c, item, ready_ps)
#define PROC_GET(p, c, item)     PROC_CHAN_GET(p, c, item, false)
#define PROC_NEXT(p, c, item)    PROC_CHAN_GET(p, c, item, true)

/* What these are made of. */
#define CHAN_DELAYED UINT64_MAX    /* ready_ps: after delay_ps */

void *chan_put_or_wait(struct chan *c, struct proc *p, size_t bytes, uint64_t ready_ps);
const void *chan_get_or_wait(struct chan *c, struct proc *p, size_t bytes, bool idle);

#define PROC_CHAN_PUT(p, c, from, ready_ps)                                                        \
    do {                                                                                           \
        void *to_;                                                                                 \
        (p)->pos = __LINE__;                                                                       \
        __attribute__((fallthrough));                                                              \
    case __LINE__:                                                                                 \
        to_ = chan_put_or_wait((c), (p), sizeof *(from), (ready_ps));                              \
        if (!to_)                                                                                  \
            return PROC_WAITING;                                                                   \
        memcpy(to_, (from), sizeof *(from));                                                       \
    } while (0)

#define PROC_CHAN_GET(p, c, to, idle)                                                              \
    do {                                                                                           \
        const void *from_;                                                                         \
        (p)->pos = __LINE__;                                                                       \
        __attribute__((fallthrough));                                                              \
    case __LINE__:                                                                                 \
        from_ = chan_get_or_wait((c), (p), sizeof *(to), (idle));                                  \
        if (!from_)                                                                                \
            return PROC_WAITING;                                                                   \
        memcpy((to), from_, sizeof *(to));                                                         \
    } while (0)

#endif
