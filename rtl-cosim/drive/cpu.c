/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/cpu.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/regfile.h"
#include "base/list.h"

#define REG_OFFSET(N, member, offset, ...) REG_##N = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };

void cpu_destroy(struct cpu *s)
{
    free(s->op);
}

void cpu_reset(struct cpu *s)
{
    s->given = s->consumed = s->zero = 0;
    s->access = (struct cpu_access){ 0 };
    s->state = CPU_READY;
    s->events = EVENTS_IDLE;
    s->first = s->ops = 0;
}

/* ---- what it has to do --------------------------------------------------------------------------- */

static void push(struct cpu *s, const struct cpu_op *op)
{
    struct cpu_op *list;

    if (s->first == s->ops)
        s->first = s->ops = 0;
    list = list_grow(s->op, s->ops, &s->room, sizeof *list);
    s->failed |= !list;
    if (!list)
        return;
    s->op = list;
    s->op[s->ops++] = *op;
}

void cpu_write(struct cpu *s, uint64_t pa, uint64_t value)
{
    push(s, &(struct cpu_op){ .kind = CPU_WRITE, .addr = pa, .w[0] = value });
}

void cpu_command(struct cpu *s, const uint64_t words[2])
{
    push(s, &(struct cpu_op){ .kind = CPU_COMMAND, .w = { words[0], words[1] } });
}

void cpu_check(struct cpu *s, uint32_t offset)
{
    push(s, &(struct cpu_op){ .kind = CPU_CHECK, .addr = offset });
}

static void push_register(struct cpu *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    push(s, &(struct cpu_op){ .kind = CPU_REGISTER, .addr = offset, .w[0] = value, .bytes = (uint8_t)bytes });
}

/* A queue begins empty wherever it is placed. */
static void place(struct cpu *s, uint32_t base, uint64_t value, unsigned bytes)
{
    uint32_t prod = base == REG_CMDQ_BASE ? REG_CMDQ_PROD : REG_EVENTQ_PROD;

    push_register(s, base, value, bytes);
    push_register(s, prod, 0, 4);
    push_register(s, prod + 4, 0, 4);
}

static bool is_placed(const struct cpu *s, uint32_t base, uint64_t now)
{
    for (size_t i = s->first; i < s->ops; i++)
        if (s->op[i].kind == CPU_REGISTER && s->op[i].addr == base)
            return true;
    return now != 0;
}

/* Where a trace turns queues on without saying where they are. */
static void place_queues(struct cpu *s, uint64_t cr0)
{
    uint64_t events = s->queue_base + (16ull << s->cmdq_log2);

    events += -events & ((32ull << s->eventq_log2) - 1);
    if (FIELD_GET(CR0, CMDQEN, &cr0) && !is_placed(s, REG_CMDQ_BASE, s->regs->cmdq_base))
        place(s, REG_CMDQ_BASE, s->queue_base | s->cmdq_log2, 8);
    if (FIELD_GET(CR0, EVENTQEN, &cr0) && !is_placed(s, REG_EVENTQ_BASE, s->regs->eventq_base))
        place(s, REG_EVENTQ_BASE, events | s->eventq_log2, 8);
}

void cpu_register(struct cpu *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    switch (offset) {
    case REG_CMDQ_PROD:
    case REG_CMDQ_CONS:
    case REG_EVENTQ_PROD:
    case REG_EVENTQ_CONS:
    case REG_EVENTQ_PROD - 0x10000:
    case REG_EVENTQ_CONS - 0x10000:
    case REG_GERRORN:
        return;
    case REG_CMDQ_BASE:
    case REG_EVENTQ_BASE:
        place(s, offset, value, bytes);
        return;
    case REG_CR0:
        place_queues(s, value);
        break;
    }
    push_register(s, offset, value, bytes);
}

/* ---- register accesses --------------------------------------------------------------------------- */

static void begin(struct cpu *s, uint64_t cycle, bool events, bool write, uint32_t offset, uint64_t value, unsigned bytes)
{
    s->access = (struct cpu_access){
        .busy = true, .since = cycle,
        .reg = { .valid = true, .write = write, .bytes = (uint8_t)bytes, .offset = offset, .data = value },
    };
    s->for_events = events;
}

static void begin_read(struct cpu *s, uint64_t cycle, uint32_t offset)
{
    begin(s, cycle, false, false, offset, 0, 4);
}

void cpu_drive(const struct cpu *s, struct cosim_in *in)
{
    if (s->access.busy && !s->access.taken)
        in->reg = s->access.reg;
}

static void end_access(struct cpu *s, const struct cosim_in *in, const struct cosim_out *out)
{
    struct cpu_access *a = &s->access;

    if (!a->busy)
        return;
    if (in->reg.valid && out->reg_ready) {
        a->taken = true;
        a->done = a->reg.write;
        if (a->reg.write)
            scoreboard_register(s->board, a->reg.offset, a->reg.data, a->reg.bytes);
    }
    if (a->taken && !a->reg.write && out->reg_valid) {
        a->data = out->reg_data;
        a->done = true;
    }
}

/* The access of this side has ended, and its port is free again. */
static bool ended(struct cpu *s, bool events)
{
    if (!s->access.done || s->for_events != events)
        return false;
    s->access.busy = s->access.done = false;
    return true;
}

/* ---- the command queue --------------------------------------------------------------------------- */

static void find_ring(struct cpu *s)
{
    struct smmuv3_ring r = smmuv3_ring_of(s->regs, s->regs->cmdq_base, (unsigned)FIELD_GET(IDR1, CMDQS, &s->regs->idr1),
                                          CMD_BYTES);

    ring_place(&s->ring, r.base, 1ull << r.log2);
    s->ring.entry_bytes = CMD_BYTES;
}

static bool is_sync(const uint64_t *w) { return FIELD_GET(CMD, OP, w) == SMMUV3_CMD_SYNC; }

static void put_command(struct cpu *s, const uint64_t w[2])
{
    uint64_t at = ring_at(&s->ring, s->given - s->zero);

    mem_write64(s->mem, at, w[0]);
    mem_write64(s->mem, at + 8, w[1]);
    scoreboard_command(s->board, w);
    s->given++;
    s->commands++;
    s->sync = is_sync(w);
}

/* As many as belong together and have room. */
static void give_commands(struct cpu *s, uint64_t cycle)
{
    bool any = false;

    find_ring(s);
    while (s->first < s->ops && s->op[s->first].kind == CPU_COMMAND && !ring_full(&s->ring, s->given - s->consumed)) {
        put_command(s, s->op[s->first++].w);
        any = true;
        if (s->sync)
            break;
    }
    s->since = cycle;
    if (!any) {
        s->state = CPU_ROOM;
        s->next_look = cycle + s->poll;
        return;
    }
    s->state = CPU_RINGS;
    begin(s, cycle, false, true, REG_CMDQ_PROD, ring_index(&s->ring, s->given - s->zero), 4);
}

static void rung(struct cpu *s, uint64_t cycle)
{
    bool more = s->first < s->ops && s->op[s->first].kind == CPU_COMMAND;

    s->state = s->sync || (s->wait_always && !more) ? CPU_SYNC : CPU_READY;
    s->since = cycle;
    s->next_look = cycle + s->poll;
}

static void take_cons(struct cpu *s)
{
    uint64_t cons = s->access.data;

    s->consumed += ring_ahead(&s->ring, cons, s->consumed - s->zero);
    scoreboard_consumed(s->board, s->consumed);
    s->error = (unsigned)FIELD_GET(CMDQ_CONS, ERR, &cons);
}

/* CMDQ_CONS has been read.  Its error may be an old one, and GERROR one that came after it. */
static void look_at_cons(struct cpu *s, uint64_t cycle)
{
    take_cons(s);
    s->next_look = cycle + s->poll;
    if (s->error && s->consumed < s->given) {
        s->state = CPU_ERROR;
        begin_read(s, cycle, REG_GERROR);
    } else if (s->state == CPU_ROOM) {
        s->state = ring_full(&s->ring, s->given - s->consumed) ? CPU_ROOM : CPU_READY;
    } else if (s->consumed == s->given) {
        s->state = CPU_READY;
        s->syncs += s->sync;
        s->sync_cycles += s->sync ? cycle - s->since : 0;
    }
}

/* GERROR has been read: is the queue stopped now, or was that before? */
static void look_at_gerror(struct cpu *s, uint64_t cycle)
{
    uint64_t active = s->access.data ^ s->regs->gerrorn;

    if (!FIELD_GET(GERROR, CMDQ_ERR, &active)) {
        s->state = CPU_SYNC;
        return;
    }
    s->gerror = s->access.data;
    s->state = CPU_STOPPED;
    begin_read(s, cycle, REG_CMDQ_CONS);
}

static void repair(struct cpu *s, uint64_t cycle)
{
    static const struct smmuv3_cmd sync = { .op = SMMUV3_CMD_SYNC };
    uint64_t words[CMD_WORDS], at;

    take_cons(s);
    at = ring_at(&s->ring, s->consumed - s->zero);
    scoreboard_command_error(s->board, s->error);
    smmuv3_cmd_encode(&sync, words);
    mem_write64(s->mem, at, words[0]);
    mem_write64(s->mem, at + 8, words[1]);
    s->state = CPU_REPAIRED;
    begin(s, cycle, false, true, REG_GERRORN, s->gerror, 4);
}

void cpu_flush(struct cpu *s, uint64_t cycle)
{
    if (!cpu_is_idle(s) || s->consumed == s->given)
        return;
    s->state = CPU_SYNC;
    s->sync = false;
    s->since = s->next_look = cycle;
}

/* ---- registers ----------------------------------------------------------------------------------- */

static uint32_t acknowledged_by(uint32_t offset)
{
    switch (offset) {
    case REG_CR0:
        return REG_CR0ACK;
    case REG_IRQ_CTRL:
        return REG_IRQ_CTRLACK;
    case REG_GBPA:
    case REG_S_INIT:
        return offset;
    }
    return 0;
}

static void wrote_register(struct cpu *s, uint64_t cycle)
{
    s->registers++;
    if (s->access.reg.offset == REG_CMDQ_BASE)
        s->zero = s->consumed = s->given;
    s->ack = acknowledged_by(s->access.reg.offset);
    s->state = s->ack ? CPU_ACKNOWLEDGED : CPU_READY;
    s->since = cycle;
    s->next_look = cycle;
}

static void check(struct cpu *s)
{
    uint32_t offset = s->access.reg.offset, want = (uint32_t)smmuv3_regfile_read(s->regs, offset, 4);

    if (want != (uint32_t)s->access.data)
        scoreboard_register_differs(s->board, offset, want, (uint32_t)s->access.data);
    s->state = CPU_READY;
}

static void look_at_ack(struct cpu *s, uint64_t cycle)
{
    uint32_t offset = s->access.reg.offset;
    uint32_t want = (uint32_t)smmuv3_regfile_read(s->regs, offset, 4);

    s->next_look = cycle + s->poll;
    if ((uint32_t)s->access.data != want)
        return;
    s->state = CPU_READY;
    scoreboard_acknowledged(s->board);
}

/* ---- the event queue ----------------------------------------------------------------------------- */

static void find_event_ring(struct cpu *s)
{
    struct smmuv3_ring r = smmuv3_ring_of(s->regs, s->regs->eventq_base,
                                          (unsigned)FIELD_GET(IDR1, EVENTQS, &s->regs->idr1), EVENT_BYTES);

    ring_place(&s->event_ring, r.base, 1ull << r.log2);
    s->event_ring.entry_bytes = EVENT_BYTES;
}

static void take_records(struct cpu *s)
{
    uint64_t words[EVENT_WORDS], n = ring_ahead(&s->event_ring, s->event_prod, s->event_cons);

    for (; n > 0; n--) {
        mem_read(s->mem, ring_at(&s->event_ring, s->event_cons), EVENT_WORDS, words);
        s->event_cons++;
        s->records++;
        scoreboard_event(s->board, words);
    }
}

static void look_at_events(struct cpu *s, uint64_t cycle)
{
    uint64_t prod = s->access.data;
    bool lost = prod >> 31 & 1, known = s->regs->eventq_cons >> 31 & 1, any;

    find_event_ring(s);
    s->event_prod = prod;
    s->event_cons = s->regs->eventq_cons;
    any = ring_ahead(&s->event_ring, s->event_prod, s->event_cons) || lost != known;
    take_records(s);
    if (lost != known)
        scoreboard_overflow(s->board, false);
    s->events = EVENTS_IDLE;
    s->next_events = cycle + s->event_poll;
    if (!any)
        return;
    s->events = EVENTS_TAKE;
    s->lost = lost != known;
    begin(s, cycle, true, true, REG_EVENTQ_CONS, ring_index(&s->event_ring, s->event_cons) | (uint64_t)lost << 31, 4);
}

static void step_events(struct cpu *s, uint64_t cycle)
{
    if (s->events != EVENTS_IDLE) {
        if (!ended(s, true))
            return;
        if (s->events == EVENTS_LOOK) {
            look_at_events(s, cycle);
            return;
        }
        s->events = EVENTS_IDLE;
        if (s->lost)
            scoreboard_overflow(s->board, true);
    } else if (!s->access.busy && cycle >= s->next_events && FIELD_GET(CR0, EVENTQEN, &s->regs->cr0)) {
        s->events = EVENTS_LOOK;
        begin(s, cycle, true, false, REG_EVENTQ_PROD, 0, 4);
    }
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static void begin_op(struct cpu *s, uint64_t cycle, bool quiet)
{
    const struct cpu_op *op = &s->op[s->first];

    if (op->kind == CPU_WRITE) {
        scoreboard_touch(s->board);
        s->failed |= mem_write64(s->mem, op->addr, op->w[0]) != 0;
        s->writes++;
        s->first++;
    } else if (op->kind == CPU_COMMAND && !FIELD_GET(CR0, CMDQEN, &s->regs->cr0)) {
        s->refused++;
        s->first++;
    } else if (op->kind == CPU_COMMAND && !s->access.busy) {
        give_commands(s, cycle);
    } else if (op->kind == CPU_CHECK && !s->access.busy) {
        s->state = CPU_READS;
        s->first++;
        begin_read(s, cycle, (uint32_t)op->addr);
    } else if (op->kind == CPU_REGISTER && quiet && !s->access.busy) {
        s->state = CPU_WRITES;
        s->first++;
        begin(s, cycle, false, true, (uint32_t)op->addr, op->w[0], op->bytes);
    }
}

static void look_again(struct cpu *s, uint64_t cycle, uint32_t offset)
{
    if (!s->access.busy && cycle >= s->next_look)
        begin_read(s, cycle, offset);
}

static void step_commands(struct cpu *s, uint64_t cycle, bool quiet)
{
    bool done = ended(s, false);

    switch (s->state) {
    case CPU_READY:
        if (s->first < s->ops)
            begin_op(s, cycle, quiet);
        break;
    case CPU_WRITES:
        if (done)
            wrote_register(s, cycle);
        break;
    case CPU_READS:
        if (done)
            check(s);
        break;
    case CPU_ACKNOWLEDGED:
        if (done)
            look_at_ack(s, cycle);
        else
            look_again(s, cycle, s->ack);
        break;
    case CPU_RINGS:
        if (done)
            rung(s, cycle);
        break;
    case CPU_ROOM:
    case CPU_SYNC:
        if (done)
            look_at_cons(s, cycle);
        else
            look_again(s, cycle, REG_CMDQ_CONS);
        break;
    case CPU_ERROR:
        if (done)
            look_at_gerror(s, cycle);
        break;
    case CPU_STOPPED:
        if (done)
            repair(s, cycle);
        break;
    case CPU_REPAIRED:
        if (done)
            s->state = CPU_SYNC;
        break;
    }
}

void cpu_step(struct cpu *s, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out, bool quiet)
{
    end_access(s, in, out);
    step_commands(s, cycle, quiet);
    step_events(s, cycle);
}

bool cpu_owns(const struct cpu *s, uint64_t pa)
{
    return pa >= s->ring.base && pa < s->ring.base + (s->ring.mask + 1) * s->ring.entry_bytes;
}

bool cpu_waits(const struct cpu *s, uint64_t *since, char *text, size_t n)
{
    static const char *const what[] = {
        [CPU_ACKNOWLEDGED] = "the acknowledgement of a register", [CPU_ROOM] = "room in the command queue",
        [CPU_SYNC] = "a SYNC",
    };

    if (s->access.busy && !s->access.done) {
        *since = s->access.since;
        snprintf(text, n, "the %s of register 0x%" PRIx32, s->access.reg.write ? "write" : "read", s->access.reg.offset);
    }
    if (s->state == CPU_ACKNOWLEDGED || s->state == CPU_ROOM || s->state == CPU_SYNC) {
        *since = s->since;
        snprintf(text, n, "%s", what[s->state]);
        return true;
    }
    return s->access.busy;
}
