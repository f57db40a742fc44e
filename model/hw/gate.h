/* SPDX-License-Identifier: Apache-2.0
 *
 * gate.h - how many misses a front may have before what comes behind them has to wait: hit under miss.
 *
 * A front takes requests from one channel, or reads and writes from one each.  While it has at most
 * hit_under_miss misses outstanding, requests behind them are looked up and hit.  The miss that is one too many
 * shuts its channel: nothing behind it is looked up until one of the others has its translation, and it takes
 * its place; with hit_under_miss = 0, until it has its own.  What waits at a shut channel goes on in the order
 * in which it came.
 */
#ifndef HW_GATE_H
#define HW_GATE_H
#include "kernel/proc.h"

#define GATE_PARAMS(P)                                                                             \
    P(u64,    hit_under_miss, 65535, 0, 65535, "1",                                                \
      "misses that requests behind them may pass; one more shuts the channel; 65535: any number")  \
    P(choice, channels, 0, 0, 1, "one|two", "that a further miss can shut: of all, or reads and writes apart")

#define GATE_STATS(S)                                                                              \
    S(shut,    "1",  "times that a miss shut its channel")                                         \
    S(shut_ps, "ps", "for which channels were shut, together")                                     \
    S(waits,   "1",  "requests that came to a shut channel")                                       \
    S(wait_ps, "ps", "time that they waited, together")

enum { GATE_ANY = 65535, GATE_CHANNELS = 2 };

struct gate_params { PARAM_FIELDS(GATE_PARAMS) };
struct gate_stats { STAT_FIELDS(GATE_STATS) };
extern const struct param_row gate_rows[];
enum { GATE_ROWS = 2 };

struct gate {
    const void *shut_by[GATE_CHANNELS];    /* the miss that is one too many; NULL: open */
    uint64_t number[GATE_CHANNELS];        /* its place in the order                    */
    uint64_t since_ps[GATE_CHANNELS];
    uint64_t under;                        /* misses outstanding that shut nothing      */
    struct qlink waiters[GATE_CHANNELS];
    struct sim *sim;
    struct gate_params par;
    struct gate_stats st;
    struct comp comp;
};

void gate_init(struct gate *g, struct comp *parent, const char *name, const struct gate_params *par);

static inline bool gate_limits(const struct gate *g) { return g->par.hit_under_miss != GATE_ANY; }
static inline unsigned gate_channel(const struct gate *g, bool write) { return write && g->par.channels; }

/* A request has missed; requests that came earlier have smaller numbers.  Its miss is over. */
void gate_miss(struct gate *g, bool write, const void *who, uint64_t number);
void gate_over(struct gate *g, bool write, const void *who);

/* Waits until the channel is opened; whether it is still open when the process goes on is to be looked at. */
enum proc_state gate_wait(struct gate *g, bool write, struct proc *p);

#endif
