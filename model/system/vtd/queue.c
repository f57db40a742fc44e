/* SPDX-License-Identifier: Apache-2.0
 *
 * The invalidation queue as its driver drives it: IQA, IQH, IQT, errors and what recovers from them.
 * [VT-d 6.5.2, 6.5.2.10]
 */
#include "system/vtd/vtd.h"

#include "base/sim.h"

enum { NARROW_LOG2 = 4, WIDE_LOG2 = 5, PAGE_LOG2 = 12 };

static bool driven(const struct vtd_system *u)
{
    return u->driver.cmdq->driven;
}

/* IQA as it was when the queue was enabled. */
static unsigned entry_log2(const struct vtd_system *u)
{
    return FIELD_GET(IQA, DW, &u->driver.iqa) ? WIDE_LOG2 : NARROW_LOG2;
}

static unsigned bytes_log2(const struct vtd_system *u)
{
    return PAGE_LOG2 + (unsigned)FIELD_GET(IQA, QS, &u->driver.iqa);
}

/* ---- errors --------------------------------------------------------------------------------- */

static bool stopped(const struct vtd_system *u)
{
    return vtd_reg_get(u, VTD_REG_FSTS) & (FIELD_MASK(FSTS, IQE) | FIELD_MASK(FSTS, ITE));
}

/* The status bit, after what it says more is in the record. */
static void report(struct vtd_system *u, uint64_t record, uint64_t status)
{
    vtd_reg_put(u, VTD_REG_IQERCD, record);
    vtd_set_fault_status(u, vtd_reg_get(u, VTD_REG_FSTS) | status);
}

void vtd_queue_error(struct vtd_system *u, unsigned iqei)
{
    uint64_t record = vtd_reg_get(u, VTD_REG_IQERCD);

    FIELD_SET(IQERCD, IQEI, &record, iqei);
    report(u, record, FIELD_MASK(FSTS, IQE));
}

void vtd_queue_timeout(struct vtd_system *u, uint16_t sid)
{
    struct vtd_driver *d = &u->driver;
    uint64_t record = vtd_reg_get(u, VTD_REG_IQERCD);

    FIELD_SET(IQERCD, ITESID, &record, sid);
    report(u, record, FIELD_MASK(FSTS, ITE));
    if (!driven(u))
        return;
    d->cmdq->stopped = true;
    d->wait_aborted = d->waiting;
    if (u->sys.timed)
        cmdq_drain(d->cmdq);
}

void vtd_queue_completion_error(struct vtd_system *u, uint16_t sid)
{
    uint64_t record = vtd_reg_get(u, VTD_REG_IQERCD);

    FIELD_SET(IQERCD, ICESID, &record, sid);
    report(u, record, FIELD_MASK(FSTS, ICE));
}

void vtd_queue_aborted(struct vtd_system *u)
{
    vtd_queue_error(u, VTD_IQEI_FETCH);
}

/* What is wrong with the registers that say where and how to fetch.  [VT-d 11.4.9.7] */
static unsigned programming_error(const struct vtd_system *u)
{
    bool wide = entry_log2(u) == WIDE_LOG2, scalable = FIELD_GET(ECAP, SMTS, &u->regs.ecap);
    uint64_t tail = vtd_reg_get(u, VTD_REG_IQT);

    switch (FIELD_GET(RTADDR, TTM, &u->regs.rtaddr)) {
    case VTD_TTM_LEGACY:
        break;
    case VTD_TTM_SCALABLE:
        if (!scalable)
            return VTD_IQEI_TTM;
        if (!wide)
            return VTD_IQEI_WIDTH;
        break;
    case VTD_TTM_ABORT:
        if (!FIELD_GET(ECAP, ADMS, &u->regs.ecap))
            return VTD_IQEI_TTM;
        break;
    default:
        return VTD_IQEI_TTM;
    }
    if (wide && !scalable)
        return VTD_IQEI_WIDTH;
    if (wide && tail & bits_low(WIDE_LOG2))
        return VTD_IQEI_ALIGN;
    return tail >> bytes_log2(u) ? VTD_IQEI_TAIL : VTD_IQEI_NONE;
}

/* ---- driving it ----------------------------------------------------------------------------- */

static uint64_t base(const struct vtd_system *u)
{
    return FIELD_ADDR(IQA, IQA, &u->driver.iqa) & bits_low(u->regs.haw);
}

/* Descriptors that are handed over have room for the widest. */
void vtd_queue_place(struct vtd_system *u)
{
    struct cmdq *q = u->driver.cmdq;

    if (driven(u) || !cmdq_is_idle(q))
        return;
    u->driver.iqa = vtd_reg_get(u, VTD_REG_IQA);
    if (base(u))
        cmdq_place(q, base(u), 1ull << (bytes_log2(u) - WIDE_LOG2));
}

/* Where the registers say, with nothing in it. */
static void place(struct vtd_system *u)
{
    struct cmdq *q = u->driver.cmdq;

    u->driver.iqa = vtd_reg_get(u, VTD_REG_IQA);
    q->ring.entry_bytes = 1u << entry_log2(u);
    cmdq_place(q, base(u), 1ull << (bytes_log2(u) - entry_log2(u)));
    cmdq_set_prod(q, cmdq_cons(q));
    cmdq_set_cons(q, 0);
}

void vtd_queue_ring(struct vtd_system *u)
{
    struct cmdq *q = u->driver.cmdq;
    unsigned iqei;

    q->mem = u->sys.mem;
    if (!driven(u))
        place(u);
    if (!q->on || stopped(u))
        return;
    iqei = programming_error(u);
    if (iqei) {
        q->stopped = true;
        vtd_queue_error(u, iqei);
        return;
    }
    cmdq_set_prod(q, (uint32_t)(q->cons + (((vtd_reg_get(u, VTD_REG_IQT) >> entry_log2(u)) - q->cons) &
                                           q->ring.mask)));
}

/* What IQA says counts from here on, unless a descriptor of before is still being executed. */
void vtd_queue_enable(struct vtd_system *u, bool on)
{
    struct vtd_driver *d = &u->driver;

    d->cmdq->mem = u->sys.mem;
    d->turning_off = !on;
    d->cmdq->on = on;
    if (!on || !driven(u))
        return;
    if (!d->cmdq->busy)
        place(u);
    vtd_queue_ring(u);
}

void vtd_queue_restart(struct vtd_system *u)
{
    struct cmdq *q = u->driver.cmdq;

    if (!driven(u) || !q->stopped || stopped(u))
        return;
    q->stopped = false;
    vtd_queue_ring(u);
}

void vtd_queue_settle(struct vtd_system *u)
{
    struct vtd_driver *d = &u->driver;
    const struct cmdq *q = d->cmdq;
    unsigned log2 = bits_log2(q->ring.entry_bytes);
    uint64_t head = q->cons + d->waiting;

    if (d->turning_off && !q->busy) {
        d->turning_off = false;
        if (q->driven)
            place(u);
        head = 0;
    }
    vtd_reg_put(u, VTD_REG_IQH, (head & q->ring.mask) << log2);
    if (!q->driven)
        vtd_reg_put(u, VTD_REG_IQT, (q->prod & q->ring.mask) << log2);
}

/* ---- executing ------------------------------------------------------------------------------ */

bool vtd_queue_refuses(struct vtd_system *u, const uint64_t *words, unsigned n)
{
    struct vtd_inv inv;
    unsigned iqei;

    if (!driven(u))
        return false;
    iqei = vtd_inv_decode(words, n, u->regs.cap, &inv);
    if (!iqei && !vtd_caps_has_descriptor(u->regs.ecap, inv.type))
        iqei = VTD_IQEI_TYPE;
    if (!iqei)
        return false;
    u->st.descriptor_errors++;
    vtd_queue_error(u, iqei);
    return true;
}

/* Has a wait to drain transactions for this? */
static bool asks_drain(const struct vtd_system *u, const struct vtd_inv *inv)
{
    bool scalable = FIELD_GET(RTADDR, TTM, &u->regs.rtaddr) == VTD_TTM_SCALABLE;
    const uint64_t cap = u->regs.cap;

    if (inv->type == VTD_INV_PIOTLB)
        return true;
    return inv->type == VTD_INV_IOTLB && ((inv->dr && FIELD_GET(CAP, DRD, &cap)) || (inv->dw && FIELD_GET(CAP, DWD, &cap)) ||
                                          (scalable && inv->g != VTD_IOTLB_PAGE));
}

void vtd_queue_begin(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct vtd_driver *d = &u->driver;

    d->drain_asked |= asks_drain(u, inv);
    d->waiting = inv->type == VTD_INV_WAIT;
}

bool vtd_queue_drains(const struct vtd_system *u)
{
    return u->par.unit.drain == VTD_DRAIN_ALL || u->driver.drain_asked;
}

bool vtd_queue_wait_ends(struct vtd_system *u)
{
    struct vtd_driver *d = &u->driver;
    bool aborted = d->wait_aborted;

    d->waiting = d->wait_aborted = d->drain_asked = false;
    return !aborted;
}

/* Without time. */
static uint64_t execute(void *arg, const uint64_t *words, unsigned n, bool drained)
{
    struct vtd_system *u = arg;
    struct vtd_inv inv;

    if (!drained) {
        if (vtd_queue_refuses(u, words, n))
            return CMDQ_STOP;
        if (!vtd_inv_decode(words, n, u->regs.cap, &inv) && inv.type == VTD_INV_WAIT)
            return CMDQ_DRAIN;
    }
    system_command_now(&u->sys, words, n);
    return 0;
}

static void aborted(void *arg)
{
    vtd_queue_aborted(arg);
}

/* ---- making it ------------------------------------------------------------------------------ */

/* Nobody is told of a message that memory aborts. */
static void msi_aborted(void *arg, unsigned source)
{
    (void)arg;
    (void)source;
}

int vtd_driver_init(struct vtd_system *u)
{
    const struct cmdq_owner owner = { .execute = execute, .aborted = aborted, .arg = u };
    struct vtd_driver *d = &u->driver;

    d->cmdq = &d->own_cmdq;
    msi_init(&d->msi, NULL, "msi");
    d->msi.aborted = msi_aborted;
    return cmdq_init(d->cmdq, NULL, "iq", &u->par.timed.cmdq, VTD_INV_WORDS * 8, NULL, &owner);
}

void vtd_driver_timed(struct vtd_system *u)
{
    struct vtd_driver *d = &u->driver;

    d->cmdq = &u->sys.timed->cmdq;
    msi_init(&d->msi, &u->sys.top, "msi");
    d->msi.aborted = msi_aborted;
    msi_timed(&d->msi, &u->sys.timed->mem);
}

void vtd_queue_reset(struct vtd_system *u)
{
    struct vtd_driver *d = &u->driver;

    d->cmdq->driven = d->cmdq->stopped = d->cmdq->on = false;
    d->waiting = d->wait_aborted = d->drain_asked = d->turning_off = false;
    d->unsettled = d->drains = false;
    d->status = 0;
}
