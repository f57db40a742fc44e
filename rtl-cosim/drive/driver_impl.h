/* SPDX-License-Identifier: Apache-2.0
 *
 * driver_impl.h - a driver: what driver.c clocks and driver_feed.c reads records into.
 */
#ifndef RTL_COSIM_DRIVER_IMPL_H
#define RTL_COSIM_DRIVER_IMPL_H
#include "arch/smmuv3/regs.h"
#include "rtl-cosim/drive/bus.h"
#include "rtl-cosim/drive/cpu.h"
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/drive/facade.h"

enum { DRIVER_ORDER_SERIAL, DRIVER_ORDER_OVERLAP, DRIVER_ORDER_RACE, DRIVER_ORDER_TIMED };

#define REG_OFFSET(N, member, offset, ...) REG_##N = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };

struct driver {
    struct comp comp;
    struct driver_params par;
    struct driver_stats st;
    struct driver_options opt;
    const struct cosim_dut_ops *ops;
    struct cosim_dut *dut;
    struct mem *mem;
    struct verdicts verdicts;
    struct cosim_latency latency;
    struct scoreboard *board;
    struct bus bus;
    struct cpu cpu;
    struct facade facade;
    bool has_host;

    uint64_t cycle, progress;          /* of the last transfer */
    uint64_t hang;                     /* limit in cycles */
    struct cosim_in in;
    struct cosim_out out, before;      /* before: of the last cycle, for what may not change */
    struct cosim_in in_before;
    struct stall req_idle, rsp, down;
    bool resetting;                    /* a reset waits for all to have ended */
    uint64_t errors;                   /* of the design's assertions, so far */
    bool hung, full;                   /* the run ends */
    bool no_memory;
    bool waving;
    bool at_moment;                    /* it is to be taken after this cycle */
    struct driver_moment moment;

    /* The records. */
    const struct replay_source *src;
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n, at;
    uint64_t record;                   /* number of the one at hand */
    bool     held, over;               /* one is at hand; there are no more */
    const struct rec *r;
    const struct rec_ext *x;
    bool     raw;                      /* raw records are carried out */

    /* The request that is offered. */
    struct cosim_req req;
    bool     offering;
    uint64_t offered_at, req_record, next_req;
    uint32_t next_id;
    uint64_t issued;
    bool     alone[1 << 16];           /* by id: nothing else was under way when it was taken */

    uint64_t reads_until[2];           /* of a design that looks past the port: descriptors, structures */

    struct driver_answer *answer;
    size_t answers, answers_room;
    struct driver_read *read;
    size_t reads, reads_room;
};

/* The record at hand and what can be done with it in this cycle.  0 or an error with a message. */
int driver_feed(struct driver *d, struct diag *diag);
int driver_feed_begin(struct driver *d, const struct replay_source *src, struct diag *diag);

/* Takes the moment, once: driver_moment.c. */
void driver_take_moment(struct driver *d);

#endif
