/* SPDX-License-Identifier: Apache-2.0
 *
 * replay_impl.h - what functional (replay.c) and timed replay (replay_timed.c) share.
 */
#ifndef WORKLOADS_DEVICE_REPLAY_IMPL_H
#define WORKLOADS_DEVICE_REPLAY_IMPL_H
#include "workloads/device/replay.h"

/* A record that is no access: gives it to the host software or to the unit, or leaves it out.  0, or
 * SIM_EENV; what the unit or the host software refuses is counted. */
int  replay_record(struct replay *rp, const struct rec *r, const struct rec_ext *x);

/* Does a raw command make the unit forget something? */
bool replay_is_inval(enum system_arch arch, const uint64_t *w);

/* Is it kept? */
static inline bool replay_is_fault(const struct xl_result *res)
{
    return res->outcome == XL_FAULT || res->outcome == XL_ABORT || res->outcome == XL_RAZWI;
}

/* A fault, kept for its row.  0 or SIM_EENV. */
int  replay_note_fault(struct replay *rp, const struct xl_req *q, const struct xl_result *res);

/* Does the host software answer stalled accesses? */
static inline bool replay_answers(const struct replay *rp)
{
    return rp->has_host && rp->host.par.stall != HOST_STALL_OFF;
}

/* Statistics begin anew, now. */
void replay_end_warmup(struct replay *rp);

/* Time of a record in ps from the first. */
uint64_t replay_time(const struct replay *rp, const struct rec *r);

/* Adds to d what went wrong at record number `record`. */
int  replay_failed(const struct replay *rp, uint64_t record, int err, struct diag *d);

/* At the source's end: true if it is gone through once more, from a machine reset on (replay_begin_round,
 * when all is done). */
bool replay_again(struct replay *rp, int *err);
void replay_begin_round(struct replay *rp);

/* Every so often: the user's progress and Ctrl-C. */
void replay_housekeep(struct replay *rp);

/* replay_timed.c.  0 or SIM_EENV; replay_timed_run as replay_run. */
int  replay_timed_init(struct replay *rp);
void replay_timed_destroy(struct replay *rp);
int  replay_timed_run(struct replay *rp, struct diag *d);

#endif
