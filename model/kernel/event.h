/* SPDX-License-Identifier: Apache-2.0
 *
 * event.h - something that processes wait for, notified now, in the next delta, or at a time.
 *
 * A notification resumes who waits at that moment and nobody later: it is not remembered.  One
 * notification may be pending; a new one takes its place, be it earlier or later.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H
#include "kernel/proc.h"

struct event_sense {           /* a method's standing order for an event: the caller's, one per pair */
    struct proc        *proc;
    struct event_sense *next;
};

struct event {
    struct proc         fire;  /* the pending notification       */
    struct qlink        waiter;
    struct event_sense *sense;
};

/* `name` is kept by pointer and shown in reports below the path of `comp`. */
void event_init(struct event *e, const struct comp *comp, const char *name);

void event_notify_waiters(struct event *e);
static inline void event_notify(struct event *e)               /* now                              */
{
    if (e->waiter.next != &e->waiter || e->sense)
        event_notify_waiters(e);
}
void event_notify_delta(struct event *e);                      /* in the next round of this time   */
void event_notify_after(struct event *e, uint64_t delay_ps);   /* 0: now, after who runs already    */
void event_notify_at(struct event *e, uint64_t t_ps);
void event_cancel(struct event *e);

static inline bool event_pending(const struct event *e)
{
    return qnode_queued(&e->fire.node);
}

/* From now on each notification triggers the method p. */
void event_sensitive(struct event *e, struct proc *p, struct event_sense *order);

#endif
