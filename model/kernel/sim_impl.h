/* SPDX-License-Identifier: Apache-2.0
 *
 * sim_impl.h - the simulation's inside, for the kernel's own files.
 *
 * A rank is what follows time in the order: round and phase in the upper bits, the sequence number (or
 * with shuffled ties a random one) in the lower; a process's own number is above all of these.
 */
#ifndef KERNEL_SIM_IMPL_H
#define KERNEL_SIM_IMPL_H
#include "base/bits.h"
#include "kernel/clock.h"
#include "kernel/comp.h"
#include "kernel/proc.h"
#include "kernel/sim.h"

enum { SIM_SEQ_BITS = 44, SIM_RANK_BITS = 64 - SIM_SEQ_BITS };

#define SIM_NUMBERED (1ull << (SIM_SEQ_BITS - 1))

enum { SIM_STOP = 1, SIM_WATCH = 2 };      /* what draws attention between two events */

struct sim {
    uint64_t now_ps, rank;                 /* of what runs; first: sim_now           */
    struct queue queue;
    uint64_t seq, events, skips;
    uint64_t limit_ps;                     /* of the run                             */
    uint64_t shuffle;                      /* 0: ties in the order of asking         */
    uint32_t attention;
    uint32_t procs;
    struct proc *running;
    void (*watch)(void *arg);              /* SIM_WATCH: called when a time is over  */
    void *watch_arg;
    struct sim_place place;                /* what SIM_CHECK prints                  */
    bool elaborated, no_shortcuts;
    struct qlink all;                      /* processes, in the order they were made */
    struct signal *changed;                /* to be updated in this round            */
    struct comp comp;                      /* "kernel", home of ...                  */
    struct clock clk;
    struct proc update;                    /* ... who updates them                   */
};

/* Round and phase at which something asked for now, in this phase, comes. */
static inline uint64_t sim_rank_now(const struct sim *s, unsigned phase)
{
    uint64_t now = s->rank >> SIM_SEQ_BITS, rank = (now & ~7ull) | phase;

    if (rank < now)
        rank += SIM_PHASES;
    SIM_CHECK(rank >> SIM_RANK_BITS == 0, "delta cycles without end");
    return rank << SIM_SEQ_BITS;
}

/* p is to run at t_ps; it is not scheduled yet.  PROC_WAITING, for a process that ends with this. */
enum proc_state sim_put(struct sim *s, struct proc *p, uint64_t t_ps);

/* The same in the next round of this time. */
void sim_put_delta(struct sim *s, struct proc *p);

/* p is not to run when it was, if it was; or at t_ps instead. */
void sim_cancel(struct sim *s, struct proc *p);
void sim_move(struct sim *s, struct proc *p, uint64_t t_ps);

#endif
