/* SPDX-License-Identifier: Apache-2.0
 *
 * software.h - the processor beside an SMMUv3 design: it writes tables, registers and commands one after the other,
 *              waits where a driver waits, and empties the event queue.
 *
 * What it has to do is queued as operations (soft_write, _register, _command).  Commands are put into the ring together
 * as they come, up to a SYNC, and told by one doorbell; then it waits until the consumer index has passed the
 * SYNC.  A command that the design refuses is replaced by a SYNC and the error acknowledged, as drivers do.  A register
 * is written when no request is under way, and its acknowledgement waited for.  Index registers are its own affair:
 * writes of them in a trace are left out.
 */
#ifndef RTL_COSIM_SOFTWARE_H
#define RTL_COSIM_SOFTWARE_H
#include "arch/smmuv3/regs.h"
#include "base/mem.h"
#include "hw/ring.h"
#include "rtl-cosim/scoreboard.h"

enum soft_kind { SOFT_WRITE, SOFT_REGISTER, SOFT_COMMAND, SOFT_CHECK };
struct soft_op { uint64_t addr, w[2]; uint8_t kind, bytes; };

enum soft_state {
    SOFT_READY,
    SOFT_WRITES,                       /* a register                                       */
    SOFT_READS,                        /* one, to see that it is right                     */
    SOFT_ACKNOWLEDGED,                 /* waits until it reads as it was written           */
    SOFT_RINGS,                        /* writes the doorbell                              */
    SOFT_ROOM,                         /* waits for room in the ring                       */
    SOFT_SYNC,                         /* waits until all commands are consumed            */
    SOFT_ERROR,                        /* looks at GERROR                                  */
    SOFT_REPAIRED,                     /* acknowledges the error                           */
};

struct soft_access {                   /* of a register; one at a time                     */
    struct cosim_reg reg;
    uint64_t since, data;
    bool busy, taken, done;
};

struct soft {
    struct mem *mem;                   /* borrowed, so is the board */
    struct scoreboard *board;
    const struct smmuv3_regs *regs;    /* as they have to be */
    uint64_t queue_base, poll, event_poll;
    unsigned cmdq_log2, eventq_log2;
    bool wait_always;                  /* for each command, not for SYNCs only             */

    struct soft_op *op;                /* [ops], from `first` on                           */
    size_t ops, first, room;
    enum soft_state state;
    uint64_t next_look, since;         /* cycle; when the wait began                       */
    uint64_t given, consumed;          /* commands, counted up                             */
    uint64_t zero;                     /* the one at index 0 of the ring as it is          */
    struct ring ring;
    bool sync;                         /* the last command given                           */
    unsigned error;                    /* CMDQ_CONS.ERR                                    */
    uint32_t ack;                      /* the register that acknowledges                   */

    enum { EVENTS_IDLE, EVENTS_LOOK, EVENTS_TAKE } events;
    uint64_t next_events;
    struct ring event_ring;
    uint64_t event_prod, event_cons;   /* of the last look                                 */

    struct soft_access access;         /* of the commands' side; of the events' side       */
    bool for_events;
    bool failed;                       /* no memory */
    uint64_t commands, syncs, sync_cycles, registers, writes, records, refused;
};

void soft_destroy(struct soft *s);

void soft_write(struct soft *s, uint64_t pa, uint64_t value);
void soft_register(struct soft *s, uint32_t offset, uint64_t value, unsigned bytes);
void soft_command(struct soft *s, const uint64_t words[2]);
/* Reads a register that has to be as the scoreboard has it. */
void soft_check(struct soft *s, uint32_t offset);
/* Waits until all commands are consumed, SYNC or not. */
void soft_flush(struct soft *s, uint64_t cycle);
/* The machine was reset: so is what it was about to do. */
void soft_reset(struct soft *s);

/* Has it nothing to do?  Or only the wait for a SYNC, which devices need not wait for. */
static inline bool soft_is_idle(const struct soft *s) { return s->first == s->ops && s->state == SOFT_READY; }
static inline bool soft_waits_only(const struct soft *s) { return s->first == s->ops && s->state == SOFT_SYNC; }

/* What it drives in this cycle; and what it does after it.  quiet: no request is under way. */
void soft_drive(const struct soft *s, struct cosim_in *in);
void soft_step(struct soft *s, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out, bool quiet);

/* Is this address in the command queue? */
bool soft_owns(const struct soft *s, uint64_t pa);

/* Since when it has been waiting for the design; false if it does not.  In words, what for. */
bool soft_waits(const struct soft *s, uint64_t *since, char *text, size_t n);

#endif
