/* SPDX-License-Identifier: Apache-2.0
 *
 * proc.h - stackless processes: functions that return where they wait and go on there when resumed.
 *
 * A process is a struct proc in the caller's struct (its frame) and a function.  What must survive a
 * wait is a field of the frame; locals stand above PROC_BEGIN and are derived anew at each resume:
 *
 *     static enum proc_state blink(struct proc *p)
 *     {
 *         struct lamp *l = CONTAINER_OF(p, struct lamp, blink);
 *
 *         PROC_BEGIN(p);
 *         for (l->times = 0; l->times < 3; l->times++) {
 *             l->on = !l->on;
 *             PROC_DELAY(p, 10);
 *         }
 *         PROC_END(p);
 *     }
 *
 *     proc_init(&l->blink, &l->comp, "blink", blink);
 *     proc_start(&l->blink);
 *
 * PROC_BEGIN is a switch over the line at which the process waits, each wait one of its cases.  So there
 * is one wait on a line (two do not compile), and none within a switch of one's own: the process would
 * be lost, which PROC_END finds.
 *
 * A method has no waits: a function without PROC_BEGIN that does its work at each trigger and returns
 * PROC_WAITING.  proc_sensitive says what triggers it, for good; or it says itself at its end what it
 * waits for next, with the functions below.
 *
 * Who must be served in an order says so by its number: of those due at one time and in one phase, such
 * with a number go by it, after those without one, and no tie is left to break.  A transaction's number is
 * its age, a unit's that of its port.
 *
 * Waits on channels are in chan.h, those on resources in resource.h.
 */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H
#include <stdbool.h>
#include <stdint.h>

#include "kernel/clock.h"
#include "kernel/comp.h"
#include "kernel/queue.h"
#include "kernel/sim.h"

enum proc_state { PROC_NEW, PROC_WAITING, PROC_DONE };

enum proc_wait {               /* what a process waits for           */
    PROC_FOR_NOTHING,          /* it was not started, is due or done */
    PROC_FOR_TIME,
    PROC_FOR_TRIGGER,          /* a method's                         */
    PROC_FOR_EVENT,
    PROC_FOR_ITEM,             /* in a channel                       */
    PROC_FOR_ROOM,             /* in a channel                       */
    PROC_FOR_RESOURCE,
    PROC_FOR_END,              /* of another process                 */
};

struct proc;
struct event;
typedef enum proc_state proc_fn(struct proc *p);

struct proc {
    struct qnode  node;        /* when it is due */
    proc_fn      *run;
    struct clock *clk;
    uint32_t      pos;         /* line of the wait it is in, 0 before the first */
    uint8_t       wait;        /* enum proc_wait  */
    uint8_t       state;       /* enum proc_state */
    uint8_t       phase;       /* enum sim_phase, SIM_COLLECT unless set before it is started */
    bool          idle;        /* what it waits for is work: no harm if none comes */
    uint64_t      number;      /* its place among those of its phase; 0: in the order of asking */
    const void   *wait_on;     /* the event, channel, resource or process */
    struct qlink  waiter;      /* in the list of what it waits for */
    uint64_t      since_ps;    /* when it began to wait on a channel or resource */
    uint32_t      id;          /* the order in which processes were made */
    bool          timed_out;   /* what ended its last PROC_WAIT_FOR */
    const struct comp *comp;
    const char   *name;
    struct proc  *joiner;      /* who waits for its end */
    struct qlink  all;         /* in the list of all */
};

/* A process of `comp`, on its clock.  `name` is kept by pointer.  Not yet started.  It stays in the list
 * of all until the simulation is freed, or it is destroyed before that. */
void proc_init(struct proc *p, const struct comp *comp, const char *name, proc_fn *run);
void proc_destroy(struct proc *p);

/* First run now, in its phase; a process that is done starts anew. */
void proc_start(struct proc *p);

/* The same at a time, without looking whether it is done: it is. */
void proc_begin_at(struct proc *p, uint64_t t_ps);

/* Resumes it now, whatever it waits for; for methods, and for tests. */
void proc_trigger(struct proc *p);

/* Triggers the method at a time, instead of the time it may be waiting for; or not at all. */
void proc_trigger_at(struct proc *p, uint64_t t_ps);
void proc_cancel(struct proc *p);

/* "smmu.tcu.walker.slot3" */
void proc_path(const struct proc *p, char *buf, size_t size);

static inline uint64_t proc_now(const struct proc *p)
{
    return sim_now(p->clk->sim);
}

#define PROC_BEGIN(p) switch ((p)->pos) { case 0:

#define PROC_END(p)                                                                                \
        return proc_end(p);                                                                        \
    default:                                                                                       \
        proc_lost(p);                                                                              \
    }

/* Waits `cycles` periods of its clock; 0 lets others of this time and phase go first. */
#define PROC_DELAY(p, cycles)                                                                      \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return proc_delay((p), (cycles));                                                          \
    case __LINE__:;                                                                                \
    } while (0)

/* Waits until t_ps, which is not past. */
#define PROC_UNTIL(p, t_ps)                                                                        \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return proc_until((p), (t_ps));                                                            \
    case __LINE__:;                                                                                \
    } while (0)

/* The same without an event where none is needed: if nothing else is due by then, time is t_ps at once
 * (sim_skip).  A time that is now is no wait at all.  Only for a process that the kernel has resumed. */
#define PROC_TO(p, t_ps)                                                                           \
    do {                                                                                           \
        if (!proc_skip((p), (t_ps))) {                                                             \
            (p)->pos = __LINE__;                                                                   \
            return proc_until((p), (t_ps));                                                        \
        }                                                                                          \
        __attribute__((fallthrough));                                                              \
    case __LINE__:;                                                                                \
    } while (0)

/* Waits for the next edge of its clock, or not at all if it is one now. */
#define PROC_EDGE(p) PROC_UNTIL((p), clock_edge_ps((p)->clk, proc_now(p)))

/* Waits until the event is notified.  _IDLE: what the event brings is work, and no harm if it never
 * comes.  _FOR: or until t_ps, whichever is first; p->timed_out then says which it was. */
#define PROC_WAIT(p, event)                                                                        \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return proc_wait((p), (event), false);                                                     \
    case __LINE__:;                                                                                \
    } while (0)

#define PROC_WAIT_IDLE(p, event)                                                                   \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return proc_wait((p), (event), true);                                                      \
    case __LINE__:;                                                                                \
    } while (0)

#define PROC_WAIT_FOR(p, event, t_ps)                                                              \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return proc_wait_for((p), (event), (t_ps));                                                \
    case __LINE__:                                                                                 \
        proc_wait_over(p);                                                                         \
    } while (0)

/* Waits until someone triggers it; it has said itself what it waits for (wait, wait_on). */
#define PROC_REST(p)                                                                               \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return PROC_WAITING;                                                                       \
    case __LINE__:;                                                                                \
    } while (0)

/* Waits as `wait` says, which returns PROC_WAITING: a function of what it waits for. */
#define PROC_VIA(p, wait)                                                                          \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        return (wait);                                                                             \
    case __LINE__:;                                                                                \
    } while (0)

/* Waits until the process `other` has come to its end, if it has not; one process may wait for it. */
#define PROC_JOIN(p, other)                                                                        \
    do {                                                                                           \
        (p)->pos = __LINE__;                                                                       \
        __attribute__((fallthrough));                                                              \
    case __LINE__:                                                                                 \
        if (!proc_join((p), (other)))                                                              \
            return PROC_WAITING;                                                                   \
    } while (0)

/* What the macros call; a method may call the first four at its end. */
enum proc_state proc_delay(struct proc *p, uint64_t cycles);
enum proc_state proc_until(struct proc *p, uint64_t t_ps);
enum proc_state proc_wait(struct proc *p, struct event *e, bool idle);
enum proc_state proc_wait_for(struct proc *p, struct event *e, uint64_t t_ps);
void proc_wait_over(struct proc *p);
bool proc_join(struct proc *p, struct proc *other);
static inline bool proc_skip(const struct proc *p, uint64_t t_ps)
{
    return t_ps == proc_now(p) || sim_skip(p->clk->sim, t_ps);
}
enum proc_state proc_end(struct proc *p);
_Noreturn void proc_lost(const struct proc *p);

#endif
