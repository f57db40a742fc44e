/* SPDX-License-Identifier: Apache-2.0
 *
 * stall.h - stalled transactions: the buffer in which they wait for software's answer.
 *                  [SMMUv3 3.12.2, 4.7; fact sheet 4.4]
 *
 * A transaction whose fault stalls takes a place in the buffer, is recorded under a tag, the number of the
 * place, and waits for CMD_RESUME (retry, abort, RAZ/WI), CMD_STALL_TERM or SMMUEN = 0; the last two end it
 * with an abort.  A retry is a transaction like one that has just come.  A tag is given out again as late
 * as can be.
 *
 * Who finds the buffer full waits in front of it, with the slots it has.  Who finds no room in the event
 * queue waits in its place, unrecorded; after an invalidation neither is recorded for what it met before, but
 * tried again.  With `suppress` one that stalls like another (page, stream, substream, privilege, kind,
 * direction) waits with that one, takes no place, is not recorded, and tried again when that one is
 * answered.
 *
 * With time, a transaction is a flow (system/flow.c).  Without, its request has the result XL_STALL; what
 * becomes of it later, and each record, is told to system->watch.
 */
#ifndef SYSTEM_SMMUV3_STALL_H
#define SYSTEM_SMMUV3_STALL_H
#include "arch/smmuv3/cmd.h"
#include "hw/slots.h"
#include "system/system.h"

#define SMMUV3_STALL_PARAMS(P)                                                                     \
    P(u64,  entries,  32, 1, 65535, "1", "stalled transactions that can wait for an answer: IDR5.STALL_MAX") \
    P(flag, suppress,  1, 0, 1, "flag", "of transactions that stall alike only the first is recorded")

#define SMMUV3_STALL_STATS(S)                                                                      \
    S(stalls,     "1",  "times that a transaction stalled")                                        \
    S(recorded,   "1",  "of these, with a record of their own")                                    \
    S(suppressed, "1",  "of these, without, for one like it was stalled")                          \
    S(retried,    "1",  "answers: retry")                                                          \
    S(aborted,    "1",  "answers: abort")                                                          \
    S(razwi,      "1",  "answers: read as zero, write ignored")                                    \
    S(terminated, "1",  "ended by CMD_STALL_TERM, SMMUEN = 0 or a reset")                          \
    S(ignored,    "1",  "CMD_RESUME for none that is stalled")                                     \
    S(renewed,    "1",  "tried again without a record, for an invalidation had come")

struct smmuv3_stall_params { PARAM_FIELDS(SMMUV3_STALL_PARAMS) };
struct smmuv3_stall_stats { STAT_FIELDS(SMMUV3_STALL_STATS) };
extern const struct comp_kind smmuv3_stall_kind;

struct flow;
struct smmuv3_system;

struct smmuv3_stalled {
    struct xl_req req;
    struct xl_result res;
    uint64_t request;                  /* its number                                        */
    struct flow *flow;                 /* NULL without time                                 */
    struct flow *with, *with_last;     /* flows that wait with it                           */
    bool used, recorded;
};

struct smmuv3_stalls {
    struct comp comp;
    struct smmuv3_stall_params par;
    struct smmuv3_stall_stats st;
    struct smmuv3_stalled *place;      /* [entries]; the tag is its number                  */
    uint32_t *free;                    /* ring [entries] of free places                     */
    uint32_t free_at, frees;
    struct slots places;               /* with time: how many are taken, who waits          */
    struct smmuv3_waiting {            /* without time: behind one like it, or in front     */
        struct xl_req req;
        struct xl_result res;
        uint64_t request;
        struct smmuv3_stalled *with;   /* NULL: in front of the full buffer                 */
    } *waiting;
    size_t waits, waiting_room;
};

/* 0 or SIM_EENV; to be destroyed in any case.  _timed: when there is time. */
int  smmuv3_stalls_init(struct smmuv3_stalls *l, struct comp *parent, const struct smmuv3_stall_params *par);
int  smmuv3_stalls_timed(struct smmuv3_stalls *l);
void smmuv3_stalls_destroy(struct smmuv3_stalls *l);

/* Without time: the request that is being made has stalled.  res->stag is set if it is recorded. */
void smmuv3_stall_untimed(struct smmuv3_system *s, const struct xl_req *req, struct xl_result *res);

/* CMD_RESUME, CMD_STALL_TERM; SMMUEN has become 0. */
void smmuv3_stall_command(struct smmuv3_system *s, const struct smmuv3_cmd *c);
void smmuv3_stall_end_all(struct smmuv3_system *s);

/* timed_ops of the same names. */
bool smmuv3_stall_joins(struct system *sys, struct flow *f);
void smmuv3_stall_placed(struct system *sys, struct flow *f);
bool smmuv3_stall_settled(struct system *sys, struct flow *f);

/* The oldest that has been recorded and not answered; NULL: none. */
const struct smmuv3_stalled *smmuv3_stalled_first(const struct smmuv3_stalls *l);

#endif
