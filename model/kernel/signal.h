/* SPDX-License-Identifier: Apache-2.0
 *
 * signal.h - a value as RTL has it: what is written now is read from the next delta cycle on.
 *
 * All signals written in a round change together in SIM_UPDATE, after every process of that round has
 * run; each that did change notifies its event, and who is woken sees all new values.  The last write of
 * a round counts; a signal has one writer.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H
#include "kernel/event.h"

struct signal {
    uint64_t       value, next;
    struct event   changed;
    bool           written;    /* in the list of those to be updated */
    struct signal *link;
};

void signal_init(struct signal *sig, const struct comp *comp, const char *name, uint64_t value);
void signal_write(struct signal *sig, uint64_t value);

static inline uint64_t signal_read(const struct signal *sig)
{
    return sig->value;
}

/* The kernel's own: the process that updates. */
void signal_update_init(struct proc *p, const struct comp *comp);

#endif
