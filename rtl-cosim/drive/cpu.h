/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h - the processor beside an SMMUv3 design: it writes tables, registers and commands one after the other,
 *              waits where a driver waits, and empties the event queue.
 *
 * What it has to do is queued as operations (cpu_write, _register, _command).  Commands are put into the ring together
 * as they come, up to a SYNC, and told by one doorbell; then it waits until the consumer index has passed the
 * SYNC.  A command that the design refuses is replaced by a SYNC and the error acknowledged, as drivers do.  A register
 * is written when no request is under way, and its acknowledgement waited for.  Index registers are its own affair:
 * writes of them in a trace are left out.
 */
#ifndef RTL_COSIM_CPU_H
#define RTL_COSIM_CPU_H
#include "arch/smmuv3/regs.h"
#include "base/mem.h"
#include "hw/ring.h"
#include "rtl-cosim/judge/scoreboard.h"

enum cpu_kind { CPU_WRITE, CPU_REGISTER, CPU_COMMAND, CPU_CHECK };
struct cpu_op { uint64_t addr, w[2]; uint8_t kind, bytes; };

enum cpu_state {
    CPU_READY,
    CPU_WRITES,                       /* a register                                       */
    CPU_READS,                        /* one, to see that it is right                     */
    CPU_ACKNOWLEDGED,                 /* waits until it reads as it was written           */
    CPU_RINGS,                        /* writes the doorbell                              */
    CPU_ROOM,                         /* waits for room in the ring                       */
    CPU_SYNC,                         /* waits until all commands are consumed            */
    CPU_ERROR,                        /* looks at GERROR                                  */
    CPU_STOPPED,                      /* looks where the queue has stopped                */
    CPU_REPAIRED,                     /* acknowledges the error                           */
};

struct cpu_access {                   /* of a register; one at a time                     */
    struct cosim_reg reg;
    uint64_t since, data;
    bool busy, taken, done;
};

struct cpu {
    struct mem *mem;                   /* borrowed, so is the board */
    struct scoreboard *board;
    const struct smmuv3_regs *regs;    /* as they have to be */
    uint64_t queue_base, poll, event_poll;
    unsigned cmdq_log2, eventq_log2;
    bool wait_always;                  /* for each command, not for SYNCs only             */

    struct cpu_op *op;                /* [ops], from `first` on                           */
    size_t ops, first, room;
    enum cpu_state state;
    uint64_t next_look, since;         /* cycle; when the wait began                       */
    uint64_t given, consumed;          /* commands, counted up                             */
    uint64_t zero;                     /* the one at index 0 of the ring as it is          */
    struct ring ring;
    bool sync;                         /* the last command given                           */
    unsigned error;                    /* CMDQ_CONS.ERR                                    */
    uint64_t gerror;                   /* as it was read                                   */
    uint32_t ack;                      /* the register that acknowledges                   */

    enum { EVENTS_IDLE, EVENTS_LOOK, EVENTS_TAKE } events;
    uint64_t next_events;
    bool lost;                         /* the flag was seen, and is being acknowledged     */
    struct ring event_ring;
    uint64_t event_prod, event_cons;   /* of the last look                                 */

    struct cpu_access access;         /* of the commands' side; of the events' side       */
    bool for_events;
    bool failed;                       /* no memory */
    uint64_t commands, syncs, sync_cycles, registers, writes, records, refused;
};

void cpu_destroy(struct cpu *s);

void cpu_write(struct cpu *s, uint64_t pa, uint64_t value);
void cpu_register(struct cpu *s, uint32_t offset, uint64_t value, unsigned bytes);
void cpu_command(struct cpu *s, const uint64_t words[2]);
/* Reads a register that has to be as the scoreboard has it. */
void cpu_check(struct cpu *s, uint32_t offset);
/* Waits until all commands are consumed, SYNC or not. */
void cpu_flush(struct cpu *s, uint64_t cycle);
/* The machine was reset: so is what it was about to do. */
void cpu_reset(struct cpu *s);

/* Has it nothing to do?  Or only the wait for a SYNC, which devices need not wait for. */
static inline bool cpu_is_idle(const struct cpu *s) { return s->first == s->ops && s->state == CPU_READY; }
static inline bool cpu_waits_only(const struct cpu *s) { return s->first == s->ops && s->state == CPU_SYNC; }

/* What it drives in this cycle; and what it does after it.  quiet: no request is under way. */
void cpu_drive(const struct cpu *s, struct cosim_in *in);
void cpu_step(struct cpu *s, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out, bool quiet);

/* Is this address in the command queue? */
bool cpu_owns(const struct cpu *s, uint64_t pa);

/* Since when it has been waiting for the design; false if it does not.  In words, what for. */
bool cpu_waits(const struct cpu *s, uint64_t *since, char *text, size_t n);

#endif
