/* SPDX-License-Identifier: Apache-2.0
 *
 * ecmdq.h - further command queues, each with registers of its own in a control page, so that
 *                  processors need not share one.  [SMMUv3 3.5.6, 6.2.5]
 *
 * One command processor serves the command queue and all of these, whoever has waited longest: a command at a
 * time, and a sync until it completes; so there is no order between queues, and a sync waits for more than
 * the commands of its own queue.  What a command does is the same from every queue.  An error stops its queue
 * alone, and is told in ECMDQ_CONS and GERROR.CMDQP_ERR; a queue consumes commands while it is enabled and
 * ECMDQ_PROD.ERRACK agrees with ECMDQ_CONS.ERR.
 */
#ifndef SYSTEM_SMMUV3_ECMDQ_H
#define SYSTEM_SMMUV3_ECMDQ_H
#include "arch/smmuv3/regfile.h"
#include "hw/cmdq.h"
#include "hw/slots.h"

struct smmuv3_system;

struct smmuv3_ecmdq {
    struct smmuv3_system *s;
    struct cmdq q;
    struct smmuv3_ecmdq_regs regs;     /* indexes and ENACK as of the last access        */
    uint64_t ack_ps;                   /* not before then does ENACK follow EN           */
    bool atc_inv_failed;               /* as the command queue's                         */
};

struct smmuv3_ecmdqs {
    struct smmuv3_ecmdq *at;           /* [n]                                            */
    unsigned n;
    struct slots processor;            /* with time                                      */
    struct smmuv3_ecmdq *current;      /* whose command is being executed; NULL: none's  */
};

/* 0 or SIM_EENV.  _timed: when s->sys.timed is there.  _start: before time runs. */
int  smmuv3_ecmdqs_init(struct smmuv3_system *s);
int  smmuv3_ecmdqs_timed(struct smmuv3_system *s);
void smmuv3_ecmdqs_start(struct smmuv3_system *s);
void smmuv3_ecmdqs_reset(struct smmuv3_system *s);
void smmuv3_ecmdqs_destroy(struct smmuv3_system *s);

/* An access of 4 bytes; false: not of a register in their page. */
bool smmuv3_ecmdqs_write(struct smmuv3_system *s, uint32_t offset, uint32_t value);
bool smmuv3_ecmdqs_read(struct smmuv3_system *s, uint32_t offset, uint32_t *value);
/* Is one of them on, or was and has not come to its end? */
bool smmuv3_ecmdqs_on(struct smmuv3_system *s);

/* The current command is in error. */
void smmuv3_ecmdq_error(struct smmuv3_system *s, unsigned code);

#endif
