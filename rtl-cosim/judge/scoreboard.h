/* SPDX-License-Identifier: Apache-2.0
 *
 * scoreboard.h - is what an SMMUv3 design does right?  Request by request, record by record.
 *
 * Told of registers, commands, requests, answers, event records and writes as they pass the design's ports, it
 * holds each against the architecture: an answer against the oracle over the driver's memory with its versions
 * [arch/oracle.h], an event record against what the fault that was answered must have put into it.  What the
 * architecture leaves open is accepted: any order of answers, what was in a table at any time between a request and
 * its answer, and older values until an invalidation has completed, which is when the SYNC behind it has, as
 * software sees it.  Nothing of this knows which design it is, nor what it has cached.
 *
 * What is not right is a verdict.  The first VERDICTS_KEPT are kept, all are counted.
 */
#ifndef RTL_COSIM_SCOREBOARD_H
#define RTL_COSIM_SCOREBOARD_H
#include "arch/oracle.h"
#include "base/diag.h"
#include "rtl-cosim/dut.h"
#include "rtl-cosim/judge/cover.h"

/* V(NAME, "name", "what was wrong") */
#define VERDICTS(V)                                                                                  \
    V(WRONG_ADDRESS,    "wrong-address",    "the output address of an access that is translated")    \
    V(WRONG_FAULT,      "wrong-fault",      "a fault where there is none, or another one")           \
    V(MISSING_FAULT,    "missing-fault",    "an access went out that had to end in a fault or abort") \
    V(WRONG_PERMISSION, "wrong-permission", "an access went out, or was refused, against its permissions") \
    V(STALE,            "stale",            "right once, and invalidated before the request was made") \
    V(LOST,             "lost",             "a request that was never answered")                     \
    V(UNASKED,          "unasked",          "an answer to a request that was never made")            \
    V(DUPLICATE,        "duplicate",        "a second answer to a request")                          \
    V(HANG,             "hang",             "no progress: a request, a SYNC or a register access")   \
    V(EVENT_RECORD,     "event-record",     "a record missing, or one that no fault explains")       \
    V(MEMORY_WRITE,     "memory-write",     "a write to anywhere but the next entry of the event queue") \
    V(MEMORY_READ,      "memory-read",      "a read that breaks the rules of its port")              \
    V(ASSERTION,        "assertion",        "an assertion of the design failed")                     \
    V(DOWNSTREAM,       "downstream-address", "an access went downstream that had no right to")      \
    V(READS,            "reads",            "another multiset of read addresses than the model's")   \
    V(ANSWER,           "answer",           "another answer than the model's, where none raced")     \
    V(ORDER,            "order",            "answers out of order by a design that keeps it")        \
    V(COMMAND,          "command",          "a command error that was not to be, or was not reported") \
    V(REGISTER,         "register",         "a register does not read as it has to")

#define VERDICT_ENUM(N, name, help) VERDICT_##N,
enum verdict_kind { VERDICTS(VERDICT_ENUM) VERDICT_KINDS };
extern const char *const verdict_name[VERDICT_KINDS];

enum { VERDICTS_KEPT = 1000, VERDICT_TEXT = 160, NO_REQUEST = -1 };

struct verdict {
    uint8_t  kind;                     /* enum verdict_kind */
    uint8_t  stage2, code;             /* with the kind its signature: what a minimised trace has to keep;
                                          code is the fault's that was expected or, without one, found   */
    int64_t  request;                  /* number of the request, from 0; NO_REQUEST: of none      */
    uint64_t record;                   /* of the trace, from 0: the request's, or the last one    */
    uint64_t cycle;
    char     expected[VERDICT_TEXT], found[VERDICT_TEXT];
};

struct verdicts {
    struct verdict *at;                /* [n], the first VERDICTS_KEPT */
    size_t   n, room;
    uint64_t total, of[VERDICT_KINDS];
    struct verdict spare;
};

/* Another one, with the texts still empty; never NULL: beyond VERDICTS_KEPT, or without memory, a spare. */
struct verdict *verdict_add(struct verdicts *v, enum verdict_kind kind, int64_t request, uint64_t cycle);
void verdicts_destroy(struct verdicts *v);
/* Is it the same failure?  By kind, stage and fault. */
bool verdict_same(const struct verdict *a, const struct verdict *b);

struct scoreboard;
struct mem;
struct smmuv3_oracle_view;
struct system_config;

/* config: of the SMMUv3 that the design claims to be (its identification registers); mem is the driver's, borrowed,
 * versions are switched on.  caps: enum cosim_cap.  NULL: no memory, or d says what is wrong. */
struct scoreboard *scoreboard_new(const struct system_config *config, struct mem *mem, uint32_t caps,
                                  struct verdicts *verdicts, struct diag *d);
void scoreboard_free(struct scoreboard *s);
/* Which situations have been judged. */
const struct cover *scoreboard_cover(const struct scoreboard *s);

/* The order in which things are done, for the coverage: COVER_SERIAL and its like. */
void scoreboard_order(struct scoreboard *s, unsigned order);

/* A record is in the queue at most so many cycles after the answer: one that need not come is not waited for any
 * longer.  0, as it begins: for ever. */
void scoreboard_patience(struct scoreboard *s, uint64_t cycles);

/* In each cycle, before anything else is told of it. */
void scoreboard_cycle(struct scoreboard *s, uint64_t cycle, uint64_t record);

/* What software does.  A register write that the design has taken; words in memory that the caller has written or is
 * about to write are announced with scoreboard_touch. */
void scoreboard_register(struct scoreboard *s, uint32_t offset, uint64_t value, unsigned bytes);
void scoreboard_touch(struct scoreboard *s);
/* The design has acknowledged what was written to CR0. */
void scoreboard_acknowledged(struct scoreboard *s);
/* One was read, and is not as it has to be. */
void scoreboard_register_differs(struct scoreboard *s, uint32_t offset, uint32_t expected, uint32_t found);
/* Power-on: registers and caches. */
void scoreboard_reset(struct scoreboard *s);
/* The registers as they have to be. */
const struct smmuv3_oracle_view *scoreboard_view(const struct scoreboard *s);
/* A command that the design can see now; then that the consumer index has passed so many of them, in all. */
void scoreboard_command(struct scoreboard *s, const uint64_t words[2]);
void scoreboard_consumed(struct scoreboard *s, uint64_t commands);
/* Before either: the design is told of all commands given since the last time, while requests are in these phases
 * (bits 1 << COVER_NONE and so on). */
void scoreboard_doorbell(struct scoreboard *s, unsigned phases);
/* Commands that the design must refuse: the queue has stopped at the next one that is not consumed, with this code of
 * CMDQ_CONS.ERR. */
void scoreboard_command_error(struct scoreboard *s, unsigned code);

/* The design has taken a request, number `request` of the run, under its id; has answered; has passed an access on or
 * refused it (channel down). */
void scoreboard_request(struct scoreboard *s, const struct cosim_req *req, uint64_t request);
struct scoreboard_answer {
    uint64_t request, record, issued;  /* its number and its record's; cycle in which the design took it */
    bool     raced;                    /* more than one answer was right: things moved meanwhile, or an old
                                          value was still allowed and used                        */
    bool     wrong;                    /* there is a verdict                                      */
    bool     known;                    /* else it was not asked for                               */
};
struct scoreboard_answer scoreboard_response(struct scoreboard *s, const struct cosim_rsp *rsp);
struct scoreboard_answer scoreboard_downstream(struct scoreboard *s, const struct cosim_down *down);
unsigned scoreboard_under_way(const struct scoreboard *s);
bool scoreboard_has(const struct scoreboard *s, uint32_t id);      /* a request of this id is under way */

/* A write of the design that is in memory now; a record that software takes from the event queue; that the overflow
 * flag has been seen changed, and that this has been acknowledged, until when more are lost without a sign. */
void scoreboard_write(struct scoreboard *s, const struct cosim_aw *aw);
void scoreboard_event(struct scoreboard *s, const uint64_t words[4]);
void scoreboard_overflow(struct scoreboard *s, bool acknowledged);

/* When the request longest under way was taken; false: there is none.  And the verdict that it will never be
 * answered: lost by a design that is idle, else it hangs. */
bool scoreboard_oldest(const struct scoreboard *s, uint64_t *issued);
void scoreboard_never_answered(struct scoreboard *s, bool idle);

/* The run has ended: whatever had to be recorded is. */
void scoreboard_end(struct scoreboard *s);

/* The last HISTORY events of a stream, and the invalidations among them, oldest first. */
enum { SCOREBOARD_HISTORY = 32 };
void scoreboard_history(const struct scoreboard *s, uint32_t sid, void (*line)(void *arg, const char *text), void *arg);
/* Each request under way, oldest first. */
void scoreboard_describe(const struct scoreboard *s, void (*line)(void *arg, const char *text), void *arg);
/* A request of the last ones; false if it is not known any more. */
bool scoreboard_find(const struct scoreboard *s, uint64_t request, struct xl_req *req);
/* What the tables say of it now: each structure and descriptor on the way with what stood there before and until when,
 * and what comes out. */
void scoreboard_walk(const struct scoreboard *s, const struct xl_req *req, void (*line)(void *arg, const char *text),
                     void *arg);

#endif
