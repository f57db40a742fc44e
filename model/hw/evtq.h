/* SPDX-License-Identifier: Apache-2.0
 *
 * evtq.h - a queue of fault records in memory.
 *
 * Records wait in a small buffer, are written to memory one by one, and then seen by the producer index.
 * A full ring loses the record, which is flagged until software acknowledges it; so does a full buffer, or
 * whoever has a record waits until it has room (evtq_takes), in a slot of its own.
 * Software has read all of the ring read_ps after the last record came; or there is a reader (evtq_read,
 * evtq_set_cons), and it has read what it has taken out.  A queue that is off, or of which a write has
 * aborted, takes no record.
 *
 * Who may not lose a record asks before whether there is room for it, in the buffer and in the ring behind
 * those that wait, and waits for it: what is recorded then is sure to be written.
 *
 * A fault may share the record of one alike that waits, if the queue merges (evtq_record_or_merge).
 *
 * Without `memory` no time passes: a record is written and read at once, so that none is merged, or lost; one
 * that may not be lost waits in the buffer (evtq_record_surely).
 */
#ifndef HW_EVTQ_H
#define HW_EVTQ_H
#include "base/mem.h"
#include "hw/memory.h"
#include "hw/ring.h"
#include "kernel/event.h"

#define EVTQ_PARAMS(P)                                                                             \
    P(u64, entries, 128, 2, 1048576, "1", "entries, a power of two, unless software says")         \
    P(u64, base, 0xff10000000000, 0, 0xffffffffffff0, "address", "of the ring, unless software says") \
    P(u64, buffer,   16, 1, 64, "1", "records that wait to be written")                            \
    P(choice, full,   0, 0, 1, "lose|wait",                                                        \
      "timed: what becomes of a record that finds the buffer full; wait: its transaction does not end before") \
    P(u64, writes,    1, 1, 4, "1", "timed: that a record takes, one after the other")             \
    P(u64, overhead,  0, 0, 100000, "cycles", "timed: of a record, before the first of them")      \
    P(flag, merge,    0, 0, 1, "flag",                                                             \
      "timed: a fault like one whose record waits shares it, where the stream allows it")          \
    P(u64, read_ps, 0, 0, 1000000000000, "ps", "after which software has read a record")           \
    P(choice, reader, 0, 0, 1, "model|driver",                                                     \
      "who moves the consumer index: as read_ps says, or a driver by its register")

#define EVTQ_STATS(S)                                                                              \
    S(records,  "1",  "records written")                                                           \
    S(merged,   "1",  "faults that share the record of another")                                   \
    S(lost,     "1",  "records for which there was no room")                                       \
    S(dropped,  "1",  "records dropped because the queue was off, or a write had aborted")         \
    S(overflows, "1", "times that the overflow flag was raised")                                   \
    S(write_ps, "ps", "from fault to the record's being in memory, together")

enum { EVTQ_WORDS = 4, EVTQ_BUFFER = 64 };

struct evtq_params { PARAM_FIELDS(EVTQ_PARAMS) };
struct evtq_stats { STAT_FIELDS(EVTQ_STATS) };
extern const struct comp_kind evtq_kind;

struct evtq {
    struct evtq_params par;
    struct evtq_stats st;
    struct mem *mem;
    struct memory *memory;
    struct ring ring;
    uint64_t prod, cons;               /* count up for ever; cons: software's */
    bool     reader;                   /* software takes records out; else read_ps says when it has */
    bool     on, aborted;              /* enabled; a write has aborted, which is not acknowledged  */
    void (*seen)(void *arg, bool first);   /* a record can be seen, in an empty queue; may be NULL */
    void (*abort)(void *arg);          /* writing one has aborted; may be NULL                     */
    void (*gone)(void *arg);           /* with time: one that waited is written or lost; may be NULL */
    void    *arg;
    uint64_t read_at_ps;               /* software has read all that was written before */
    struct evtq_record { uint64_t words[EVTQ_WORDS], t_ps; } buffer[EVTQ_BUFFER];
    uint64_t in, out;                  /* count up for ever */
    uint64_t t_ps;
    unsigned part;                     /* of the one that is being written: the write that is under way */
    struct event work, room, written;  /* there may be room again; a record is in memory */
    struct proc proc;
    struct comp comp;
};

/* memory may be NULL; else its process is the caller's to start.  It is on. */
void evtq_init(struct evtq *q, struct comp *parent, const char *name, const struct evtq_params *par,
               struct memory *memory);
void evtq_place(struct evtq *q, uint64_t base, uint64_t entries);

/* A fault is to be recorded now. */
void evtq_record(struct evtq *q, const uint64_t words[EVTQ_WORDS]);

/* The same, of a fault that may be merged: with one that waits and differs from it in nothing but the bits
 * `ignored`. */
void evtq_record_or_merge(struct evtq *q, const uint64_t words[EVTQ_WORDS],
                          const uint64_t ignored[EVTQ_WORDS]);

/* Without time: of who may not lose it.  Until there is room it waits, with those that came before. */
void evtq_record_surely(struct evtq *q, const uint64_t words[EVTQ_WORDS]);

/* May a fault be recorded now?  If not, whoever has it waits for `room`, and asks again. */
static inline bool evtq_takes(const struct evtq *q)
{
    return !q->par.full || !q->on || q->aborted || q->in - q->out < q->par.buffer;
}

/* Is it sure to be written?  If not, who waits does so for what evtq_room gives, and asks again. */
bool evtq_has_room(struct evtq *q);
struct event *evtq_room(struct evtq *q);

/* Software's side: takes the oldest record out of the ring; false if there is none.  It is told of each by
 * the event `written`, and says once that it reads (reader). */
bool evtq_read(struct evtq *q, uint64_t words[EVTQ_WORDS]);

/* Enabled or not; _acknowledge: software has seen the abort. */
void evtq_enable(struct evtq *q, bool on);
void evtq_acknowledge(struct evtq *q);

/* The index registers: index and wrap bit below, overflow flag or its acknowledgement in bit 31. */
uint32_t evtq_prod(const struct evtq *q);
uint32_t evtq_cons(const struct evtq *q);
void evtq_set_prod(struct evtq *q, uint32_t value);    /* while it is off */
void evtq_set_cons(struct evtq *q, uint32_t value);

#endif
