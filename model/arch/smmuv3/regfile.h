/* SPDX-License-Identifier: Apache-2.0
 *
 * regfile.h - the register file as a driver sees it: what a read gives, what a write does.  [SMMUv3 6.2,
 *             6.3, 7.5]
 *
 * Follows v3.2: what a write may not change stays as it was.  Registers and fields of features that the
 * identification registers do not have read as zero and ignore writes, so do undefined offsets and
 * accesses that are neither of 4 nor of 8 bytes or not aligned.  Eight bytes at two registers of four are
 * two accesses.  The indexes of event and PRI queue are also found at their offsets in page 0.
 *
 * Functions of registers alone: a write returns what it has set in motion, and whoever owns the unit does
 * it in its own time.  A new value of CR0, IRQ_CTRL or GBPA is in force at once; the acknowledgement
 * comes when smmuv3_regfile_ack is called, until when the field that changed cannot change again.
 */
#ifndef ARCH_SMMUV3_REGFILE_H
#define ARCH_SMMUV3_REGFILE_H
#include "arch/smmuv3/regs.h"

enum smmuv3_effect {
    SMMUV3_EFFECT_ACK     = 1,         /* an update waits for smmuv3_regfile_ack                    */
    SMMUV3_EFFECT_SMMUEN  = 2,         /* SMMUEN has changed                                        */
    SMMUV3_EFFECT_CMDQ    = 4,         /* the command queue, its enable, or an error acknowledged   */
    SMMUV3_EFFECT_EVENTQ  = 8,         /* the same of the event queue                               */
    SMMUV3_EFFECT_PRIQ    = 16,
    SMMUV3_EFFECT_INIT    = 32,        /* all that is cached is to go                               */
};

/* Returns enum smmuv3_effect bits. */
unsigned smmuv3_regfile_write(struct smmuv3_regs *r, uint32_t offset, uint64_t value, unsigned bytes);
uint64_t smmuv3_regfile_read(const struct smmuv3_regs *r, uint32_t offset, unsigned bytes);

/* CR0ACK and IRQ_CTRLACK follow, GBPA.Update and S_INIT.INV_ALL become 0. */
void smmuv3_regfile_ack(struct smmuv3_regs *r);

/* As after reset: identification registers stay. */
void smmuv3_regfile_reset(struct smmuv3_regs *r);

/* ---- global errors ------------------------------------------------------------------------------- */

/* The errors that are active, as bits of GERROR. */
static inline uint64_t smmuv3_gerrors(const struct smmuv3_regs *r) { return r->gerror ^ r->gerrorn; }

/* Activates one, the bit of GERROR; false if it was active. */
bool smmuv3_gerror_raise(struct smmuv3_regs *r, uint64_t bit);

#define SMMUV3_GERROR(N) FIELD_MASK(GERROR, N)

/* ---- further command queues [SMMUv3 3.5.6, 6.2.5] ------------------------------------------------- */

/* Is the offset in their control page?  Then whose it is, and its place among the queue's own. */
bool smmuv3_ecmdq_at(const struct smmuv3_regs *r, uint32_t offset, unsigned *queue, uint32_t *reg);

/* Accesses of 4 bytes.  The indexes, ENACK and errors are what the queue's owner has put there.  A write that
 * is ignored returns false: all registers but PROD may be written while the queue is off alone, and none
 * while EN waits for ENACK. */
uint32_t smmuv3_ecmdq_read(const struct smmuv3_ecmdq_regs *q, uint32_t reg);
bool smmuv3_ecmdq_write(struct smmuv3_ecmdq_regs *q, uint32_t reg, uint32_t value);

/* ---- queues [SMMUv3 3.5.1] ----------------------------------------------------------------------- */

/* Where a queue is.  Indexes have their wrap flag above the index: bit log2. */
struct smmuv3_ring {
    uint64_t base;                     /* aligned to its size, 32 bytes at least */
    unsigned log2;                     /* of its entries                         */
};

/* From a BASE register, the largest size that IDR1 says, and OAS. */
struct smmuv3_ring smmuv3_ring_of(const struct smmuv3_regs *r, uint64_t base, unsigned max_log2,
                                  unsigned entry_bytes);

#endif
