/* SPDX-License-Identifier: Apache-2.0
 *
 * replay_timed_impl.h - what the processes of timed replay share: issue (replay_timed.c), software
 * (replay_software.c), and the handler of stalls (replay_stalls.c).
 */
#ifndef WORKLOADS_DEVICE_REPLAY_TIMED_IMPL_H
#define WORKLOADS_DEVICE_REPLAY_TIMED_IMPL_H
#include "base/sim.h"
#include "system/timed.h"
#include "workloads/device/replay_impl.h"

enum { SOFT_MAX = 64, INVALS = 64, EXPECTS = 8, NOBODY = UINT32_MAX };

/* A record of software that waits for its turn. */
struct soft {
    struct rec r;
    struct rec_ext x;
    uint64_t number;                   /* of the record                                       */
    uint64_t first, last;              /* addresses whose accesses it is ordered with         */
    uint64_t not_before_ps;            /* when the accesses before it are at the unit         */
    bool drains, blocks;               /* earlier accesses there first; later ones after it   */
};

/* What is known of a flow here, by its place in timed->flow. */
struct under_way {
    uint64_t sent;                     /* its place in the order of issue                     */
    uint64_t record;                   /* number of its record                                */
    uint64_t packet;                   /* number of its packet                                */
    uint64_t first, last;
    uint8_t  expects;
    bool     open, done, stale;        /* more expectations may come; it has completed        */
    uint64_t done_ps;
};
struct expectations { struct rec_ext x[EXPECTS]; };

struct replay_timed {
    struct comp comp;
    struct replay *rp;
    struct timed *t;
    struct proc issue, software, handler, pager;
    struct event changed, work;        /* something is done; software has something to do     */
    struct event pages;                /* a page request waits                                */
    struct page_request page;          /* the one that is answered, at page_due_ps            */
    uint64_t page_due_ps;
    struct under_way *way;             /* [flows]                                             */
    struct expectations *expect;       /* [flows] */
    uint32_t *sent;                    /* ring [sent_mask + 1]: flows in the order of issue; NOBODY: back */
    uint64_t oldest, next_sent, sent_mask;
    uint32_t under_way;                /* how many */
    uint64_t issued, last_done_ps, arrival_ps;      /* arrival: of the last one sent, at the unit */
    struct ending {                    /* ring [endings_room, a power of two]: accesses that are      */
        uint64_t first, last, ps;      /* known to end at ps, which may be yet to come                */
    } *ending;
    uint32_t ending_at, endings, endings_room;
    uint64_t packet;                   /* number of the packet at hand, from 1                */
    uint64_t packet_left;              /* accesses of it still to come                        */
    uint64_t packet_ps;                /* open: when it came                                  */
    bool begins, dropping;             /* the access at hand begins it; it is left out        */
    uint32_t *queued;                  /* [fronts]: accesses in the device's queue            */
    struct leaving { uint64_t ps; uint32_t front; } *leaving;  /* [leavings]: those whose end is known */
    uint32_t leavings;
    uint64_t *missed;                  /* [flows], by packet: last one counted as missed      */

    bool again;                        /* the source is at its end and goes on from its start */
    const struct rec *rec;             /* the chunk at hand */
    const struct rec_ext *ext;
    size_t n, at;
    const struct rec *r;               /* the record at hand, and its words */
    const struct rec_ext *x;
    unsigned front;
    uint64_t when_ps;

    struct range { uint64_t first, last; } inval[INVALS];   /* raw ones that are in the queue */
    uint32_t invals;
    struct soft soft[SOFT_MAX];        /* ring */
    uint32_t soft_at, softs;
    struct flow *last;                 /* the last one sent: expectations are its; NULL: none */
    struct stalled_event {             /* ring [places]: stalls that software has read of          */
        uint64_t words[EVTQ_WORDS], due_ps;
    } *event;
    uint32_t events, event_at, places;
    int err;
    uint64_t err_record;
};

/* The run ends, for record number `record`. */
void replay_timed_fail(struct replay_timed *rt, int err, uint64_t record);

/* The process `software`. */
proc_fn replay_software;

/* The process `pager`: answers page requests.  replay_pages.c */
void replay_pages_init(struct replay_timed *rt);

/* The process `handler`: answers stalls.  0 or SIM_EENV. */
int  replay_stalls_init(struct replay_timed *rt);

/* Is all that is under way stalled? */
bool replay_all_stalled(const struct replay_timed *rt);

/* Gives it the record at hand; softs is less than SOFT_MAX. */
void replay_soft_push(struct replay_timed *rt);

/* The access at hand: could it depend on a record that waits; is its address being invalidated (raw
 * commands only: the host software's are part of its records)? */
bool replay_soft_blocks(const struct replay_timed *rt);
bool replay_soft_invalidates(struct replay_timed *rt);

#endif
