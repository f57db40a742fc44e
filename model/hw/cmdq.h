/* SPDX-License-Identifier: Apache-2.0
 *
 * cmdq.h - a queue of commands in memory and the processor that consumes it.
 *
 * Software writes an entry and moves the producer index; the processor reads `fetch` entries at a time
 * from memory, takes `decode` cycles for each, lets its owner execute it, and moves the consumer index.
 * What executing means, the owner's function says in steps, each of which may take time:
 *
 *   execute    carries the command out as far as it can; returns when it is done, CMDQ_DRAIN to be called
 *              again (with `drained`) when all that was in flight before has drained, CMDQ_BUSY to be called
 *              again after the next cmdq_drain: what it is for takes no more now
 *
 * Several queues may share one processor: it serves whoever has waited longest, a command at a time, and a
 * sync until it completes.
 *
 * Whoever waits for the queue to run dry waits for the event `idle`.
 *
 * Either the model's own software submits commands (cmdq_submit), or a driver writes them into memory and
 * moves the index registers (cmdq_set_prod): from then on the queue runs only while it is enabled, and an
 * error stops it with the consumer index at the command; cmdq_restart has that read again.  Without
 * `memory` no time passes: a call returns when all commands are executed.
 */
#ifndef HW_CMDQ_H
#define HW_CMDQ_H
#include "base/mem.h"
#include "hw/memory.h"
#include "hw/ring.h"
#include "hw/slots.h"
#include "kernel/event.h"

#define CMDQ_PARAMS(P)                                                                             \
    P(u64, entries,  256, 2, 1048576, "1", "entries, a power of two, unless software says")        \
    P(u64, base, 0xff00000000000, 0, 0xffffffffffff0, "address", "of the ring, unless software says") \
    P(u64, fetch,      4, 1, 64, "1", "entries read from memory at a time")                        \
    P(u64, decode,     1, 0, 100000, "cycles", "for each command")                                 \
    P(u64, occupy,     1, 0, 100000, "cycles", "for which an invalidation has a structure's port") \
    P(u64, sync_ps,    0, 0, 1000000000, "ps", "from the end of all before a sync to its completion")

#define CMDQ_STATS(S)                                                                              \
    S(commands,   "1",  "commands consumed")                                                       \
    S(fetches,    "1",  "reads of the ring")                                                       \
    S(syncs,      "1",  "of the commands, such as waited for all before")                          \
    S(sync_ps,    "ps", "from the consumption of syncs to their completion, together")             \
    S(drain_ps,   "ps", "of that, waiting for transactions in flight")                             \
    S(busy_ps,    "ps", "for which there was a command to do")                                     \
    S(full,       "1",  "times that software found the ring full")

struct cmdq_params { PARAM_FIELDS(CMDQ_PARAMS) };
struct cmdq_stats { STAT_FIELDS(CMDQ_STATS) };
extern const struct comp_kind cmdq_kind;

enum { CMDQ_WORDS = 4 };
#define CMDQ_DRAIN UINT64_MAX
#define CMDQ_STOP (UINT64_MAX - 1)     /* of execute: an error; the command is not consumed */
#define CMDQ_BUSY (UINT64_MAX - 2)

struct cmdq_owner {
    uint64_t (*execute)(void *arg, const uint64_t *words, unsigned n, bool drained);
    bool (*drained)(void *arg, uint64_t *at_ps);  /* has all before drained?  From when on, if so. */
    void (*aborted)(void *arg);        /* reading an entry was: it stops.  NULL: zeros are executed */
    void (*room)(void *arg);           /* a full ring has room again; may be NULL                   */
    void *arg;
};

struct cmdq {
    struct cmdq_params par;
    struct cmdq_stats st;
    struct cmdq_owner owner;
    struct mem *mem;
    struct memory *memory;
    struct ring ring;
    uint64_t prod, cons, fetched;      /* count up for ever */
    bool     driven, on, stopped;      /* by registers; enabled; an error is not acknowledged */
    bool     busy;                     /* a command is being executed */
    uint64_t words[CMDQ_WORDS];
    uint64_t t_ps, since_ps;
    struct event work, idle, drain;
    struct event *drains;              /* what it waits for: its own; or another queue's, for whom
                                          cmdq_drain is called */
    struct slots *processor;           /* that it shares: a single slot; NULL: it has its own */
    struct proc proc;
    struct comp comp;
};

/* entry_bytes: 16 or 32.  memory may be NULL; else its process is the caller's to start.  0 or SIM_EENV. */
int  cmdq_init(struct cmdq *q, struct comp *parent, const char *name, const struct cmdq_params *par,
               unsigned entry_bytes, struct memory *memory, const struct cmdq_owner *owner);

/* Software has said where the ring is; it is empty then. */
void cmdq_place(struct cmdq *q, uint64_t base, uint64_t entries);

/* Writes an entry and moves the producer index; false if the ring is full. */
bool cmdq_submit(struct cmdq *q, const uint64_t *words, unsigned n);

/* Without time: a command was executed that nobody has put into the ring; the indexes move. */
void cmdq_pass(struct cmdq *q);

/* All that was submitted has completed. */
static inline bool cmdq_is_idle(const struct cmdq *q) { return q->cons == q->prod; }

/* The index registers: index and, above it, the wrap bit; other bits are ignored.  The producer's may be
 * taken back as far as the consumer's, which is written only while the queue is disabled. */
uint32_t cmdq_prod(const struct cmdq *q);
uint32_t cmdq_cons(const struct cmdq *q);
void cmdq_set_prod(struct cmdq *q, uint32_t index);
void cmdq_set_cons(struct cmdq *q, uint32_t index);
/* Whoever waits for a command to end before the queue is off waits for `idle` while `busy`. */
void cmdq_enable(struct cmdq *q, bool on);
void cmdq_restart(struct cmdq *q);

/* Transactions in flight have become fewer: for all queues that wait for `drain`. */
void cmdq_drain(struct cmdq *q);

#endif
