/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - the side of a VT-d unit that its driver sees: registers, fault records and the events that
 *              tell of them, the invalidation queue.  [VT-d 6.5, 7.3, 7.4, 11.4]
 *
 * Registers act when they are written.  GSTS shows what GCMD has asked for after vtd.ack cycles, and not before the
 * descriptor that is being executed is done (QIES) and all requests under way have ended (TES).  What CAP and ECAP do not offer reads as zero and cannot be
 * switched on (arch/vtd/caps.h).
 *
 * The queue is driven in one of two ways.  A driver writes descriptors into memory and then IQT: from the
 * first such write on the queue fetches at IQA + IQH while QIES = 1, stops at an error with FSTS.IQE and
 * IQERCD, and goes on where it stopped when software has cleared IQE.  Descriptors that the model's own
 * software or a trace hands over (system_command) go through the same queue; one in error is counted and
 * passed over, since whoever recorded them has seen to it.
 *
 * An event is counted, and is a message (hw/msi) if an address is configured, which memory does not see if it
 * is one of the interrupt controllers', 0xFEExxxxx; masked, it pends until it is unmasked or its cause is gone.
 */
#ifndef SYSTEM_VTD_REGS_H
#define SYSTEM_VTD_REGS_H
#include "arch/vtd/caps.h"
#include "arch/vtd/fault.h"
#include "hw/cmdq.h"
#include "hw/msi.h"

struct vtd_inv;
struct vtd_system;

/* Each has registers of control, data, address and upper address, in this order. */
enum vtd_event { VTD_EVENT_FAULT, VTD_EVENT_INVAL, VTD_EVENT_PAGE, VTD_EVENT_PERF, VTD_EVENTS };

struct vtd_driver {
    struct cmdq *cmdq;                 /* with time, system->timed's; else own_cmdq               */
    struct cmdq own_cmdq;
    struct msi  msi;
    uint64_t iqa;                      /* as it was when the queue was enabled                    */
    bool waiting;                      /* a wait descriptor was fetched and has not completed     */
    bool wait_aborted;                 /* a device did not answer in time: the wait is passed over */
    bool drain_asked;                  /* by a descriptor since the last wait                     */
    uint64_t status;                   /* what GSTS comes to show ...                             */
    uint64_t settles_ps;               /* ... from then on, while                                 */
    bool unsettled;
    bool drains;                       /* and when no request is under way                        */
    bool turning_off;                  /* QIE was cleared, and a descriptor is being executed     */
};

/* A queue without time; _timed: it is system->timed's.  0 or SIM_EENV. */
int  vtd_driver_init(struct vtd_system *u);
void vtd_driver_timed(struct vtd_system *u);

/* vtd/regs.c */
void     vtd_regs_reset(struct vtd_system *u);
int      vtd_reg_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes);
uint64_t vtd_reg_read(struct vtd_system *u, uint32_t offset, unsigned bytes);
uint64_t vtd_reg_get(const struct vtd_system *u, enum vtd_reg reg);
void     vtd_reg_put(struct vtd_system *u, enum vtd_reg reg, uint64_t value);

/* vtd/faults.c */
void vtd_faults_reset(struct vtd_system *u);
/* A fault that is to be recorded. */
void vtd_record_fault(struct vtd_system *u, const struct xl_req *req, uint8_t code);
/* FSTS as it is from now on: sends or withdraws the fault event. */
void vtd_set_fault_status(struct vtd_system *u, uint64_t fsts);
/* Accesses to fault records; false if there is none at the offset. */
bool vtd_faults_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes);
bool vtd_faults_read(const struct vtd_system *u, uint32_t offset, unsigned bytes, uint64_t *value);

/* An event's cause has appeared; all its causes are gone; its control register was written. */
void vtd_event_raise(struct vtd_system *u, enum vtd_event event);
void vtd_event_withdraw(struct vtd_system *u, enum vtd_event event);
void vtd_event_unmask(struct vtd_system *u, enum vtd_event event);

/* vtd/queue.c */
void vtd_queue_reset(struct vtd_system *u);
/* IQA, IQT, GCMD.QIE or FSTS were written. */
void vtd_queue_place(struct vtd_system *u);
void vtd_queue_ring(struct vtd_system *u);
void vtd_queue_enable(struct vtd_system *u, bool on);
void vtd_queue_restart(struct vtd_system *u);
/* What the queue has moved is put into the registers. */
void vtd_queue_settle(struct vtd_system *u);
/* A descriptor, or the queue's programming, is in error: IQE with its code. */
void vtd_queue_error(struct vtd_system *u, unsigned iqei);
/* A device has not answered an invalidation of its TLB in time: ITE stops the queue, and the wait that waits for it
 * is passed over without its status.  It has answered what it was not asked, or not as it should: ICE. */
void vtd_queue_timeout(struct vtd_system *u, uint16_t sid);
void vtd_queue_completion_error(struct vtd_system *u, uint16_t sid);
/* With time: a descriptor begins; has the wait that has begun to drain transactions?  It ends: is its status
 * written? */
void vtd_queue_begin(struct vtd_system *u, const struct vtd_inv *inv);
bool vtd_queue_drains(const struct vtd_system *u);
bool vtd_queue_wait_ends(struct vtd_system *u);
/* May this descriptor be executed, the error being the queue's if a driver drives it?  If not, CMDQ_STOP is
 * to be returned to the queue. */
bool vtd_queue_refuses(struct vtd_system *u, const uint64_t *words, unsigned n);
/* As in struct timed_ops. */
void vtd_queue_aborted(struct vtd_system *u);

#endif
