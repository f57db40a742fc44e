/* SPDX-License-Identifier: Apache-2.0
 *
 * priq.h - a queue of page requests in memory.
 *
 * Requests are written to memory one by one and seen by the producer index when they are there.  Software
 * takes them and moves the consumer index.  A ring that is full takes no more; that it did so is flagged
 * until software acknowledges it, and until then nothing is taken even where there is room again.  Where the
 * index registers have no wrap bits a place stays empty, for equal ones to mean that all are.
 *
 * Without `memory` no time passes: a request is there at once.
 */
#ifndef HW_PRIQ_H
#define HW_PRIQ_H
#include "base/mem.h"
#include "hw/memory.h"
#include "hw/ring.h"
#include "kernel/event.h"

#define PRIQ_PARAMS(P)                                                                             \
    P(u64, entries, 128, 1, 524288, "1", "entries, a power of two, unless software says")          \
    P(u64, base, 0xff20000000000, 0, 0xffffffffffff0, "address", "of the ring, unless software says")

#define PRIQ_STATS(S)                                                                              \
    S(written,   "1",  "page requests written")                                                    \
    S(refused,   "1",  "page requests for which there was no room, or an overflow to acknowledge") \
    S(overflows, "1",  "times that the overflow flag was raised")                                  \
    S(answered,  "1",  "groups that the unit answered itself")                                      \
    S(taken,     "1",  "page requests taken by software")                                          \
    S(write_ps,  "ps", "from arrival to being in memory, together")

enum { PRIQ_WORDS = 4 };

struct priq_params { PARAM_FIELDS(PRIQ_PARAMS) };
struct priq_stats { STAT_FIELDS(PRIQ_STATS) };
extern const struct comp_kind priq_kind;

struct priq {
    struct priq_params par;
    struct priq_stats st;
    struct mem *mem;
    struct memory *memory;             /* NULL: no time passes                                     */
    /* A request can be seen by software now, who had none to see if `first`; may be NULL. */
    void (*seen_fn)(void *arg, const uint64_t *words, bool first);
    void *arg;
    struct ring ring;
    uint32_t words;                    /* of an entry                                              */
    uint32_t spare;                    /* places that stay empty: 1 without wrap bits, else 0      */
    uint64_t prod, seen, cons;         /* count up for ever; seen: in memory                       */
    uint64_t t_ps;
    struct event work;
    struct proc proc;
    struct comp comp;
};

/* words: 2 or 4.  With memory its process is the caller's to start. */
void priq_init(struct priq *q, struct comp *parent, const char *name, const struct priq_params *par,
               unsigned words, struct mem *mem);
void priq_timed(struct priq *q, struct memory *memory);
/* The ring is elsewhere, and empty. */
void priq_place(struct priq *q, uint64_t base, uint64_t entries);

static inline bool priq_full(const struct priq *q) { return ring_full(&q->ring, q->prod - q->cons + q->spare); }
static inline bool priq_overflown(const struct priq *q) { return ring_overflown(&q->ring); }

/* A request that has room is to be written now: false if memory does not take it.  Or one finds no room. */
bool priq_write(struct priq *q, const uint64_t *words);
void priq_refuse(struct priq *q);

/* Software takes the oldest; false if there is none. */
bool priq_take(struct priq *q, uint64_t words[PRIQ_WORDS]);

/* The index registers: index and wrap bit below, overflow flag or its acknowledgement in bit 31. */
uint32_t priq_prod(const struct priq *q);
uint32_t priq_cons(const struct priq *q);
void priq_set_cons(struct priq *q, uint32_t value);
void priq_set_prod(struct priq *q, uint32_t value);     /* while nothing is on its way */

/* Those without wrap bits: the tail the producer's, the head the consumer's; and their acknowledgement. */
uint32_t priq_tail(const struct priq *q);
uint32_t priq_head(const struct priq *q);
void priq_set_head(struct priq *q, uint32_t index);
void priq_set_tail(struct priq *q, uint32_t index);     /* while nothing is on its way */
void priq_acknowledge(struct priq *q);

#endif
