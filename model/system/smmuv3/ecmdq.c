/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/ecmdq.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"
#include "system/smmuv3/smmuv3.h"

/* ---- executing ----------------------------------------------------------------------------------- */

static uint64_t execute(void *arg, const uint64_t *words, unsigned n, bool drained)
{
    struct smmuv3_ecmdq *e = arg;
    const struct cmdq_owner *owner = &e->s->driver.cmdq->owner;
    uint64_t end;

    e->s->ecmdq.current = e;
    end = owner->execute(owner->arg, words, n, drained);
    e->s->ecmdq.current = NULL;
    return end;
}

static bool drained(void *arg, uint64_t *at_ps)
{
    const struct smmuv3_ecmdq *e = arg;
    const struct cmdq_owner *owner = &e->s->driver.cmdq->owner;

    return owner->drained(owner->arg, at_ps);
}

static void report(struct smmuv3_ecmdq *e, unsigned code)
{
    e->regs.cons ^= FIELD_MASK(ECMDQ_CONS, ERR);
    FIELD_SET(ECMDQ_CONS, ERR_REASON, &e->regs.cons, code);
    smmuv3_gerror(e->s, SMMUV3_GERROR(CMDQP_ERR));
}

static void aborted(void *arg)
{
    report(arg, CERROR_ABT);
}

static void room(void *arg)
{
    smmuv3_command_room(((const struct smmuv3_ecmdq *)arg)->s);
}

void smmuv3_ecmdq_error(struct smmuv3_system *s, unsigned code)
{
    report(s->ecmdq.current, code);
}

/* ---- registers ----------------------------------------------------------------------------------- */

static uint64_t now(const struct smmuv3_ecmdq *e)
{
    const struct timed *t = e->s->sys.timed;

    return t ? sim_now(t->sim) : 0;
}

/* ENACK follows EN in its time, to 0 when no command is being executed any more. */
static void settle(struct smmuv3_ecmdq *e)
{
    bool en = FIELD_GET(ECMDQ_PROD, EN, &e->regs.prod);

    FIELD_SET(ECMDQ_PROD, WR, &e->regs.prod, cmdq_prod(&e->q));
    FIELD_SET(ECMDQ_CONS, RD, &e->regs.cons, cmdq_cons(&e->q));
    if (now(e) >= e->ack_ps && (en || !e->q.busy))
        FIELD_SET(ECMDQ_CONS, ENACK, &e->regs.cons, en);
}

static void place(struct smmuv3_ecmdq *e)
{
    const struct smmuv3_regs *r = &e->s->regs;
    struct smmuv3_ring ring = smmuv3_ring_of(r, e->regs.base, (unsigned)FIELD_GET(IDR1, CMDQS, &r->idr1),
                                             CMD_BYTES);

    cmdq_place(&e->q, ring.base, 1ull << ring.log2);
}

static bool may_run(const struct smmuv3_ecmdq *e)
{
    return FIELD_GET(ECMDQ_PROD, EN, &e->regs.prod) &&
           FIELD_GET(ECMDQ_PROD, ERRACK, &e->regs.prod) == FIELD_GET(ECMDQ_CONS, ERR, &e->regs.cons);
}

/* What goes off does so before there are new commands, and what goes on after that. */
static void change_prod(struct smmuv3_ecmdq *e)
{
    bool runs = may_run(e), again = runs && e->q.stopped;

    if (!runs)
        cmdq_enable(&e->q, false);
    cmdq_set_prod(&e->q, (uint32_t)e->regs.prod);
    cmdq_enable(&e->q, runs);
    if (again)
        cmdq_restart(&e->q);
}

static void begin_ack(struct smmuv3_ecmdq *e)
{
    if (e->s->sys.timed)
        e->ack_ps = now(e) + clock_ps(&e->s->sys.timed->clk, e->s->par.smmu.ack);
}

static struct smmuv3_ecmdq *find(struct smmuv3_system *s, uint32_t offset, uint32_t *reg)
{
    unsigned i;

    if (!smmuv3_ecmdq_at(&s->regs, offset, &i, reg))
        return NULL;
    settle(&s->ecmdq.at[i]);
    return &s->ecmdq.at[i];
}

bool smmuv3_ecmdqs_write(struct smmuv3_system *s, uint32_t offset, uint32_t value)
{
    uint32_t reg;
    struct smmuv3_ecmdq *e = find(s, offset, &reg);
    uint64_t was;

    if (!e)
        return false;
    e->q.mem = s->sys.mem;
    was = e->regs.prod;
    if (!smmuv3_ecmdq_write(&e->regs, reg, value))
        return true;
    if ((was ^ e->regs.prod) & FIELD_MASK(ECMDQ_PROD, EN))
        begin_ack(e);
    if (reg == ECMDQ_PROD_AT)
        change_prod(e);
    else if (reg == ECMDQ_CONS_AT)
        cmdq_set_cons(&e->q, (uint32_t)e->regs.cons);
    else
        place(e);
    return true;
}

bool smmuv3_ecmdqs_read(struct smmuv3_system *s, uint32_t offset, uint32_t *value)
{
    uint32_t reg;
    const struct smmuv3_ecmdq *e = find(s, offset, &reg);

    if (!e)
        return false;
    *value = smmuv3_ecmdq_read(&e->regs, reg);
    return true;
}

bool smmuv3_ecmdqs_on(struct smmuv3_system *s)
{
    bool on = false;

    for (unsigned i = 0; i < s->ecmdq.n; i++) {
        struct smmuv3_ecmdq *e = &s->ecmdq.at[i];

        settle(e);
        on |= FIELD_GET(ECMDQ_PROD, EN, &e->regs.prod) || FIELD_GET(ECMDQ_CONS, ENACK, &e->regs.cons);
    }
    return on;
}

/* ---- making them --------------------------------------------------------------------------------- */

static int init_queue(struct smmuv3_system *s, unsigned i, struct comp *parent, struct memory *memory)
{
    struct smmuv3_ecmdq *e = &s->ecmdq.at[i];
    const struct cmdq_owner owner = { .execute = execute, .drained = drained, .aborted = aborted, .room = room,
                                      .arg = e };
    char name[16];
    int err;

    snprintf(name, sizeof name, "ecmdq%u", i);
    e->s = s;
    err = cmdq_init(&e->q, parent, name, &s->par.timed.cmdq, CMD_BYTES, memory, &owner);
    e->q.driven = true;
    return err;
}

int smmuv3_ecmdqs_init(struct smmuv3_system *s)
{
    struct smmuv3_ecmdqs *l = &s->ecmdq;
    int err = 0;

    if (!s->par.smmu.ecmdqs)
        return 0;
    l->n = 1u << bits_log2(s->par.smmu.ecmdqs);
    l->at = calloc(l->n, sizeof *l->at);
    if (!l->at)
        return SIM_EENV;
    for (unsigned i = 0; i < l->n; i++)
        err |= init_queue(s, i, NULL, NULL);
    return err;
}

int smmuv3_ecmdqs_timed(struct smmuv3_system *s)
{
    struct smmuv3_ecmdqs *l = &s->ecmdq;
    struct timed *t = s->sys.timed;
    int err;

    if (!l->n)
        return 0;
    err = slots_init(&l->processor, &s->sys.top, "processor", &(struct slots_params){ .n = 1 });
    t->cmdq.processor = &l->processor;
    for (unsigned i = 0; i < l->n; i++) {
        struct cmdq *q = &l->at[i].q;

        err |= init_queue(s, i, &s->sys.top, &t->mem);
        q->processor = &l->processor;
        q->drains = &t->cmdq.drain;
        q->proc.number = (1ull << 42) + 8 + i; /* after all requests of its time, and the command queue */
    }
    return err;
}

void smmuv3_ecmdqs_start(struct smmuv3_system *s)
{
    for (unsigned i = 0; i < s->ecmdq.n; i++)
        proc_start(&s->ecmdq.at[i].q.proc);
}

void smmuv3_ecmdqs_reset(struct smmuv3_system *s)
{
    for (unsigned i = 0; i < s->ecmdq.n; i++) {
        struct smmuv3_ecmdq *e = &s->ecmdq.at[i];

        e->regs = (struct smmuv3_ecmdq_regs){ 0 };
        e->q.stopped = e->q.on = e->atc_inv_failed = false;
        e->ack_ps = 0;
    }
}

void smmuv3_ecmdqs_destroy(struct smmuv3_system *s)
{
    free(s->ecmdq.at);
    if (s->ecmdq.processor.at)
        slots_destroy(&s->ecmdq.processor);
}
