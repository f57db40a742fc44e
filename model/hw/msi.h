/* SPDX-License-Identifier: Apache-2.0
 *
 * msi.h - message signalled interrupts: writes of 32 bits to memory, one by one.
 *
 * Whoever has one to send gives its address and data and a number of its own for the source, with which
 * it is told if memory aborts the write.  Messages that wait and are equal are one.  Without `memory` no
 * time passes: a message is written at once.
 */
#ifndef HW_MSI_H
#define HW_MSI_H
#include "base/mem.h"
#include "hw/memory.h"
#include "kernel/event.h"

#define MSI_STATS(S)                                                                               \
    S(sent,     "1",  "messages written to memory")                                                \
    S(merged,   "1",  "messages equal to one that waited, or without room")                        \
    S(aborted,  "1",  "messages that memory aborted")                                              \
    S(write_ps, "ps", "from the interrupt to the message's being in memory, together")

enum { MSI_BUFFER = 32 };

struct msi_stats { STAT_FIELDS(MSI_STATS) };
extern const struct comp_kind msi_kind;

struct msi {
    struct msi_stats st;
    struct mem *mem;
    struct memory *memory;             /* NULL: no time passes */
    void (*aborted)(void *arg, unsigned source);
    void (*done)(void *arg);           /* a message has been written or aborted; may be NULL */
    void *arg;
    struct msi_message { uint64_t addr, t_ps; uint32_t data; unsigned source; } buffer[MSI_BUFFER];
    uint64_t in, out;                  /* count up for ever */
    uint64_t t_ps;
    struct event work;
    struct proc proc;
    struct comp comp;
};

/* Its process is the caller's to start, after msi_timed. */
void msi_init(struct msi *m, struct comp *parent, const char *name);
void msi_timed(struct msi *m, struct memory *memory);

/* addr is 4-byte aligned. */
void msi_send(struct msi *m, unsigned source, uint64_t addr, uint32_t data);

/* Does a message of this source wait? */
bool msi_waits(const struct msi *m, unsigned source);

#endif
