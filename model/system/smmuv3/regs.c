/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/regs.h"

#include <stddef.h>

#include "base/sim.h"
#include "system/judge.h"
#include "system/smmuv3/smmuv3.h"

static bool driven(const struct smmuv3_system *s)
{
    return s->driver.cmdq->driven;
}

/* ---- interrupts ---------------------------------------------------------------------------------- */

#define MEMBER(m) offsetof(struct smmuv3_regs, m)
static const struct source {
    uint64_t enable;                   /* in IRQ_CTRL; 0: always on */
    size_t cfg0, cfg1;                 /* 0: the command says       */
    uint64_t aborted;                  /* in GERROR                 */
} sources[] = {
    [SMMUV3_IRQ_EVENTQ] = { FIELD_MASK(IRQ_CTRL, EVENTQ), MEMBER(eventq_irq_cfg0), MEMBER(eventq_irq_cfg1),
                            SMMUV3_GERROR(MSI_EVENTQ_ABT_ERR) },
    [SMMUV3_IRQ_PRIQ] = { FIELD_MASK(IRQ_CTRL, PRIQ), MEMBER(priq_irq_cfg0), MEMBER(priq_irq_cfg1),
                          SMMUV3_GERROR(MSI_PRIQ_ABT_ERR) },
    [SMMUV3_IRQ_GERROR] = { FIELD_MASK(IRQ_CTRL, GERROR), MEMBER(gerror_irq_cfg0), MEMBER(gerror_irq_cfg1),
                            SMMUV3_GERROR(MSI_GERROR_ABT_ERR) },
    [SMMUV3_IRQ_SYNC] = { 0, 0, 0, SMMUV3_GERROR(MSI_CMDQ_ABT_ERR) },
};

static uint64_t register_at(const struct smmuv3_system *s, size_t member)
{
    return *(const uint64_t *)((const char *)&s->regs + member);
}

static void send(struct smmuv3_system *s, enum smmuv3_irq irq, uint64_t addr, uint64_t data)
{
    addr &= bits_low(smmuv3_oas(&s->regs)) & ~3ull;
    if (!addr || !FIELD_GET(IDR0, MSI, &s->regs.idr0))
        return;
    s->driver.msi.mem = s->sys.mem;
    msi_send(&s->driver.msi, irq, addr, (uint32_t)data);
}

static void count(struct smmuv3_system *s, enum smmuv3_irq irq)
{
    uint64_t *const stat[] = {
        [SMMUV3_IRQ_EVENTQ] = &s->st.irq_eventq, [SMMUV3_IRQ_PRIQ] = &s->st.irq_priq,
        [SMMUV3_IRQ_GERROR] = &s->st.irq_gerror, [SMMUV3_IRQ_SYNC] = &s->st.irq_sync,
    };

    ++*stat[irq];
}

void smmuv3_interrupt(struct smmuv3_system *s, enum smmuv3_irq irq)
{
    const struct source *src = &sources[irq];

    if (!(s->regs.irq_ctrl & src->enable))
        return;
    count(s, irq);
    send(s, irq, register_at(s, src->cfg0), register_at(s, src->cfg1));
}

void smmuv3_sync_signal(struct smmuv3_system *s, const struct smmuv3_cmd *c)
{
    if (c->cs == SMMUV3_CS_IRQ) {
        count(s, SMMUV3_IRQ_SYNC);
        send(s, SMMUV3_IRQ_SYNC, c->msiaddr, c->msidata);
    } else if (c->cs == SMMUV3_CS_SEV && FIELD_GET(IDR0, SEV, &s->regs.idr0)) {
        s->st.sev++;
    }
}

void smmuv3_gerror(struct smmuv3_system *s, uint64_t bit)
{
    if (!smmuv3_gerror_raise(&s->regs, bit))
        return;
    s->st.gerrors++;
    if (bit != SMMUV3_GERROR(MSI_GERROR_ABT_ERR))
        smmuv3_interrupt(s, SMMUV3_IRQ_GERROR);
}

static void msi_aborted(void *arg, unsigned source)
{
    smmuv3_gerror(arg, sources[source].aborted);
}

/* A message or a record is not under way any more. */
static void one_less(void *arg)
{
    struct smmuv3_system *s = arg;

    cmdq_drain(s->driver.cmdq);
}

/* ---- the event queue ----------------------------------------------------------------------------- */

void smmuv3_record(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS])
{
    s->driver.evtq->mem = s->sys.mem;
    evtq_record(s->driver.evtq, words);
}

void smmuv3_record_or_merge(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS])
{
    s->driver.evtq->mem = s->sys.mem;
    evtq_record_or_merge(s->driver.evtq, words, smmuv3_event_merge_ignored);
}

void smmuv3_record_surely(struct smmuv3_system *s, const uint64_t words[EVTQ_WORDS])
{
    s->driver.evtq->mem = s->sys.mem;
    evtq_record_surely(s->driver.evtq, words);
}

static void event_seen(void *arg, bool first)
{
    if (first)
        smmuv3_interrupt(arg, SMMUV3_IRQ_EVENTQ);
}

static void event_aborted(void *arg)
{
    smmuv3_gerror(arg, SMMUV3_GERROR(EVENTQ_ABT_ERR));
}

static void watch_events(struct smmuv3_system *s)
{
    struct evtq *q = s->driver.evtq;

    q->seen = event_seen;
    q->abort = event_aborted;
    q->arg = s;
    evtq_enable(q, false);
}

static void place_evtq(struct smmuv3_system *s)
{
    struct smmuv3_ring r = smmuv3_ring_of(&s->regs, s->regs.eventq_base,
                                          (unsigned)FIELD_GET(IDR1, EVENTQS, &s->regs.idr1), EVENT_BYTES);

    if (r.base)
        evtq_place(s->driver.evtq, r.base, 1ull << r.log2);
}

static void change_evtq(struct smmuv3_system *s, uint32_t offset)
{
    struct evtq *q = s->driver.evtq;

    switch (offset & 0xfff) {
    case 0x020:
        evtq_enable(q, FIELD_GET(CR0, EVENTQEN, &s->regs.cr0));
        break;
    case 0x064:
        if (!(smmuv3_gerrors(&s->regs) & SMMUV3_GERROR(EVENTQ_ABT_ERR)))
            evtq_acknowledge(q);
        break;
    case 0x0a8:
        evtq_set_prod(q, (uint32_t)s->regs.eventq_prod);
        break;
    case 0x0ac:
        evtq_set_cons(q, (uint32_t)s->regs.eventq_cons);
        break;
    default:
        place_evtq(s);
        break;
    }
}

/* ---- the command queue --------------------------------------------------------------------------- */

/* Of the queue whose command it is. */
static void command_error(struct smmuv3_system *s, unsigned code)
{
    if (s->ecmdq.current) {
        smmuv3_ecmdq_error(s, code);
        return;
    }
    FIELD_SET(CMDQ_CONS, ERR, &s->regs.cmdq_cons, code);
    smmuv3_gerror(s, SMMUV3_GERROR(CMDQ_ERR));
}

void smmuv3_command_aborted(struct smmuv3_system *s)
{
    command_error(s, CERROR_ABT);
}

void smmuv3_command_room(struct smmuv3_system *s)
{
    s->st.sev += FIELD_GET(IDR0, SEV, &s->regs.idr0);
}

bool *smmuv3_atc_inv_failed(struct smmuv3_system *s)
{
    return s->ecmdq.current ? &s->ecmdq.current->atc_inv_failed : &s->driver.atc_inv_failed;
}

bool smmuv3_refuses(struct smmuv3_system *s, const uint64_t *words, unsigned n, bool drained)
{
    struct smmuv3_cmd c;
    unsigned code = smmuv3_decode(s, words, n, &c) ? CERROR_NONE : CERROR_ILL;
    bool *failed = smmuv3_atc_inv_failed(s);

    if (!code && drained && c.op == SMMUV3_CMD_SYNC && *failed) {
        *failed = false;
        code = CERROR_ATC_INV_SYNC;
    }
    if (!code || !(driven(s) || s->ecmdq.current))
        return false;
    s->st.command_errors += code == CERROR_ILL;
    command_error(s, code);
    return true;
}

/* Without time. */
static uint64_t execute(void *arg, const uint64_t *words, unsigned n, bool drained)
{
    struct smmuv3_system *s = arg;
    struct smmuv3_cmd c;

    if (!drained && smmuv3_decode(s, words, n, &c) && c.op == SMMUV3_CMD_SYNC)
        return CMDQ_DRAIN;
    if (smmuv3_refuses(s, words, n, drained))
        return CMDQ_STOP;
    system_command_now(&s->sys, words, n);
    return 0;
}

static void aborted(void *arg)
{
    smmuv3_command_aborted(arg);
}

static void room(void *arg)
{
    smmuv3_command_room(arg);
}

void smmuv3_driver_drain(struct smmuv3_system *s)
{
    s->driver.sync_events = UINT64_MAX;
}

/* Asked when all transactions have ended: which records are theirs is known from then on. */
bool smmuv3_driver_drained(struct smmuv3_system *s)
{
    struct smmuv3_driver *d = &s->driver;

    if (d->sync_events == UINT64_MAX)
        d->sync_events = d->evtq->in;
    return d->evtq->out >= d->sync_events && !msi_waits(&d->msi, SMMUV3_IRQ_SYNC);
}

/* A queue with commands in it stays where it is. */
static void place_cmdq(struct smmuv3_system *s)
{
    struct smmuv3_ring r = smmuv3_ring_of(&s->regs, s->regs.cmdq_base,
                                          (unsigned)FIELD_GET(IDR1, CMDQS, &s->regs.idr1), CMD_BYTES);

    if (r.base && (driven(s) || cmdq_is_idle(s->driver.cmdq)))
        cmdq_place(s->driver.cmdq, r.base, 1ull << r.log2);
}

static void change_cmdq(struct smmuv3_system *s, uint32_t offset)
{
    struct cmdq *q = s->driver.cmdq;

    switch (offset) {
    case 0x020:
        cmdq_enable(q, FIELD_GET(CR0, CMDQEN, &s->regs.cr0));
        break;
    case 0x064:
        if (!(smmuv3_gerrors(&s->regs) & SMMUV3_GERROR(CMDQ_ERR)))
            cmdq_restart(q);
        break;
    case 0x098:
        cmdq_set_prod(q, (uint32_t)s->regs.cmdq_prod);
        break;
    case 0x09c:
        cmdq_set_cons(q, (uint32_t)s->regs.cmdq_cons);
        break;
    default:
        place_cmdq(s);
        break;
    }
}

/* ---- updates and their acknowledgement ----------------------------------------------------------- */

static bool is_pending(const struct smmuv3_system *s)
{
    return s->regs.cr0 != s->regs.cr0ack || s->regs.irq_ctrl != s->regs.irq_ctrlack || s->regs.s_init ||
           FIELD_GET(GBPA, UPDATE, &s->regs.gbpa);
}

/* What has to end before an update to 0 is acknowledged: the command that is being executed, records and
 * messages on their way, translations. */
static bool is_settled(const struct smmuv3_system *s)
{
    const struct smmuv3_driver *d = &s->driver;
    const struct timed *t = s->sys.timed;
    uint64_t off = s->regs.cr0ack & ~s->regs.cr0;

    return !(off & FIELD_MASK(CR0, CMDQEN) && d->cmdq->busy) &&
           !(off & FIELD_MASK(CR0, EVENTQEN) && d->evtq->in != d->evtq->out) &&
           !(off & FIELD_MASK(CR0, PRIQEN) && s->priq.seen != s->priq.prod) &&
           !(off & FIELD_MASK(CR0, SMMUEN) && t->era_count[0] + t->era_count[1]) &&
           !(s->regs.irq_ctrlack & ~s->regs.irq_ctrl && d->msi.in != d->msi.out);
}

static enum proc_state acknowledge(struct proc *p)
{
    struct smmuv3_system *s = CONTAINER_OF(p, struct smmuv3_system, driver.ack);

    PROC_BEGIN(p);
    for (;;) {
        while (!is_pending(s))
            PROC_WAIT_IDLE(p, &s->driver.ack_work);
        PROC_DELAY(p, s->par.smmu.ack);
        while (!is_settled(s))
            PROC_DELAY(p, 1);
        smmuv3_regfile_ack(&s->regs);
    }
    PROC_END(p);
}

static void begin_ack(struct smmuv3_system *s)
{
    if (!s->sys.timed || !driven(s) || (!s->par.smmu.ack && is_settled(s)))
        smmuv3_regfile_ack(&s->regs);
    else
        event_notify(&s->driver.ack_work);
}

/* ---- registers ----------------------------------------------------------------------------------- */

static void forget_all(struct smmuv3_system *s)
{
    smmuv3_forget(s);
    if (s->sys.judge)
        judge_reset(s->sys.judge);
}

/* The attributes of queues stay while a further command queue is on.  [SMMUv3 3.5.6.1] */
static uint32_t new_cr1(struct smmuv3_system *s, uint32_t value)
{
    const uint64_t queues = bits_mask(CR1_QUEUE_SH_HI, CR1_QUEUE_IC_LO);

    return smmuv3_ecmdqs_on(s) ? (uint32_t)((value & ~queues) | (s->regs.cr1 & queues)) : value;
}

static void write32(struct smmuv3_system *s, uint32_t offset, uint32_t value)
{
    unsigned effects;

    s->driver.cmdq->mem = s->driver.evtq->mem = s->sys.mem;
    if (smmuv3_ecmdqs_write(s, offset, value))
        return;
    if (offset == 0x028)
        value = new_cr1(s, value);
    effects = smmuv3_regfile_write(&s->regs, offset, value, 4);
    if (effects & SMMUV3_EFFECT_SMMUEN && !FIELD_GET(CR0, SMMUEN, &s->regs.cr0))
        smmuv3_stall_end_all(s);
    if (effects & SMMUV3_EFFECT_INIT)
        forget_all(s);
    if (effects & SMMUV3_EFFECT_EVENTQ)
        change_evtq(s, offset);
    if (effects & SMMUV3_EFFECT_CMDQ)
        change_cmdq(s, offset);
    if (effects & SMMUV3_EFFECT_PRIQ)
        smmuv3_change_priq(s, offset);
    if (offset < 0x90)                         /* CR0, CR2, the stream table */
        smmuv3_ats_forget(s);
    if (effects & SMMUV3_EFFECT_ACK)
        begin_ack(s);
}

void smmuv3_driver_write(struct smmuv3_system *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    if ((bytes != 4 && bytes != 8) || offset % bytes)
        return;
    write32(s, offset, (uint32_t)value);
    if (bytes == 8)
        write32(s, offset + 4, (uint32_t)(value >> 32));
}

/* What the queues move. */
static void settle(struct smmuv3_system *s)
{
    struct smmuv3_regs *r = &s->regs;

    FIELD_SET(QUEUE_INDEX, INDEX, &r->cmdq_prod, cmdq_prod(s->driver.cmdq));
    FIELD_SET(CMDQ_CONS, RD, &r->cmdq_cons, cmdq_cons(s->driver.cmdq));
    r->eventq_prod = evtq_prod(s->driver.evtq);
    r->eventq_cons = evtq_cons(s->driver.evtq);
    r->priq_prod = priq_prod(&s->priq);
    r->priq_cons = priq_cons(&s->priq);
}

static uint64_t read_ecmdqs(struct smmuv3_system *s, uint32_t offset, unsigned bytes)
{
    uint32_t low = 0, high = 0;

    smmuv3_ecmdqs_read(s, offset, &low);
    if (bytes == 8)
        smmuv3_ecmdqs_read(s, offset + 4, &high);
    return low | (uint64_t)high << 32;
}

uint64_t smmuv3_driver_read(struct smmuv3_system *s, uint32_t offset, unsigned bytes)
{
    if ((bytes != 4 && bytes != 8) || offset % bytes)
        return 0;
    if (offset >= SMMUV3_ECMDQ_PAGE)
        return read_ecmdqs(s, offset, bytes);
    settle(s);
    return smmuv3_regfile_read(&s->regs, offset, bytes);
}

/* ---- making it ----------------------------------------------------------------------------------- */

static void init_msi(struct smmuv3_system *s, struct comp *parent)
{
    struct msi *m = &s->driver.msi;

    msi_init(m, parent, "msi");
    m->aborted = msi_aborted;
    m->arg = s;
}

int smmuv3_driver_init(struct smmuv3_system *s)
{
    const struct cmdq_owner owner = { .execute = execute, .aborted = aborted, .room = room, .arg = s };
    struct smmuv3_driver *d = &s->driver;

    d->cmdq = &d->own_cmdq;
    d->evtq = &d->own_evtq;
    evtq_init(d->evtq, NULL, "evtq", &s->par.timed.evtq, NULL);
    watch_events(s);
    init_msi(s, NULL);
    return cmdq_init(d->cmdq, NULL, "cmdq", &s->par.timed.cmdq, CMD_BYTES, NULL, &owner);
}

void smmuv3_driver_timed(struct smmuv3_system *s)
{
    struct smmuv3_driver *d = &s->driver;

    d->cmdq = &s->sys.timed->cmdq;
    d->evtq = &s->sys.timed->evtq;
    watch_events(s);
    init_msi(s, &s->sys.top);
    d->msi.done = one_less;
    d->evtq->gone = one_less;
    msi_timed(&d->msi, &s->sys.timed->mem);
    event_init(&d->ack_work, &s->sys.top, "ack_work");
    proc_init(&d->ack, &s->sys.top, "ack", acknowledge);
    d->ack.phase = SIM_DECIDE;
    d->ack.number = (1ull << 42) + 4;
}

void smmuv3_driver_reset(struct smmuv3_system *s)
{
    struct smmuv3_driver *d = &s->driver;

    smmuv3_regfile_reset(&s->regs);
    d->cmdq->driven = d->cmdq->stopped = d->cmdq->on = d->atc_inv_failed = false;
    smmuv3_ecmdqs_reset(s);
    evtq_acknowledge(d->evtq);
    evtq_enable(d->evtq, false);
}
