/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - the side of an SMMUv3 that its driver sees: registers, the command queue and the event
 *                 queue behind them, errors and interrupts.  [SMMUv3 3.5, 3.18, 4.1, 6.3, 7.1, 7.2, 7.5]
 *
 * What a register write means is arch/smmuv3/regfile's; here its effects are carried out on the queues
 * (hw/cmdq, hw/evtq), with time and without.  A driver writes commands to memory and CMDQ_PROD; from the
 * first such write on the queue obeys CMDQEN, stops at an error and goes on when that is acknowledged
 * in GERRORN.  Commands that the model's own software hands over (system_command) go through the same
 * queue; one that is in error is counted and passed over, and updates of CR0 and others are acknowledged at
 * once: whoever recorded them has waited for that.
 *
 * An interrupt is a pulse on its wire, which is counted, and a message if the unit has MSIs and an address
 * is configured; both only while IRQ_CTRL enables it.
 */
#ifndef SYSTEM_SMMUV3_REGS_H
#define SYSTEM_SMMUV3_REGS_H
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/regfile.h"
#include "hw/cmdq.h"
#include "hw/evtq.h"
#include "hw/msi.h"

struct smmuv3_system;

enum smmuv3_irq { SMMUV3_IRQ_EVENTQ, SMMUV3_IRQ_PRIQ, SMMUV3_IRQ_GERROR, SMMUV3_IRQ_SYNC };

struct smmuv3_driver {
    struct cmdq *cmdq;                 /* with time, system->timed's; else what follows            */
    struct evtq *evtq;
    struct cmdq own_cmdq;
    struct evtq own_evtq;
    struct msi  msi;
    uint64_t sync_events;              /* records before this one are written before a sync completes  */
    bool atc_inv_failed;               /* an ATC_INV since the last sync has: it is CERROR_ATC_INV_SYNC */
    struct event ack_work;
    struct proc  ack;                  /* acknowledges updates in time                             */
};

/* Queues without time; _timed: they are system->timed's.  0 or SIM_EENV. */
int  smmuv3_driver_init(struct smmuv3_system *s);
void smmuv3_driver_timed(struct smmuv3_system *s);
void smmuv3_driver_reset(struct smmuv3_system *s);

void smmuv3_driver_write(struct smmuv3_system *s, uint32_t offset, uint64_t value, unsigned bytes);
uint64_t smmuv3_driver_read(struct smmuv3_system *s, uint32_t offset, unsigned bytes);

/* Records an event now, if the event queue takes it. */
void smmuv3_record(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS]);
/* The same, of an event that may be merged. */
void smmuv3_record_or_merge(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS]);
/* Without time, of a stall: when it can. */
void smmuv3_record_surely(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS]);

/* Activates a global error, SMMUV3_GERROR(N), with its interrupt. */
void smmuv3_gerror(struct smmuv3_system *s, uint64_t bit);
void smmuv3_interrupt(struct smmuv3_system *s, enum smmuv3_irq irq);

/* The completion signal of a CMD_SYNC. */
void smmuv3_sync_signal(struct smmuv3_system *s, const struct smmuv3_cmd *c);

/* Of the queue whose command is being executed. */
bool *smmuv3_atc_inv_failed(struct smmuv3_system *s);

/* May this command be executed, the error being the queue's if a driver drives it?  If not, CMDQ_STOP is to
 * be returned to the queue.  `drained`: of a sync, all before it has. */
bool smmuv3_refuses(struct smmuv3_system *s, const uint64_t *words, unsigned n, bool drained);

/* A sync begins to wait for the records and messages before it; has it to wait still? */
void smmuv3_driver_drain(struct smmuv3_system *s);
bool smmuv3_driver_drained(struct smmuv3_system *s);
/* As in struct timed_ops. */
void smmuv3_command_aborted(struct smmuv3_system *s);
void smmuv3_command_room(struct smmuv3_system *s);

#endif
