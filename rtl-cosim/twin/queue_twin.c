/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/queue_twin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/regfile.h"
#include "base/sim.h"
#include "hw/ring.h"

enum { FETCH_MAX = 4 };
enum state { LOOK, ADDRESS, DATA, DECODE, GIVE, INIT };

struct cosim_dut {
    uint64_t fetch;
    struct smmuv3_regs regs;
    bool     read_done;                /* of a register */
    uint64_t read_data;
    bool     fencing, fence_smmuen, fence_gbpa;
    uint32_t irq;
    enum state state;
    uint64_t words[FETCH_MAX][CMD_WORDS];
    bool     failed[FETCH_MAX], beat_failed;
    unsigned count, want, next, beat, init;
    struct cosim_ar ar;
    struct cosim_inval inval;
    bool     signals;                  /* the SYNC that is handed on asked for an interrupt */
};

/* What goes on in a cycle, from what is there at its begin. */
struct cycle {
    bool run, empty, idle, step, stop, sync_done, init_done;
    unsigned error;
    struct ring ring;
    struct smmuv3_cmd cmd;
};

/* ---- identification ------------------------------------------------------------------------------ */

#define IDS(I)                                                                                      \
    I(idr0, IDR0, S2P, 1) I(idr0, IDR0, S1P, 1) I(idr0, IDR0, TTF, 2) I(idr0, IDR0, COHACC, 1)       \
    I(idr0, IDR0, ASID16, 1) I(idr0, IDR0, VMID16, 1) I(idr0, IDR0, CD2L, 1) I(idr0, IDR0, TTENDIAN, 2) \
    I(idr0, IDR0, STALL_MODEL, 1) I(idr0, IDR0, ST_LEVEL, 1)                                         \
    I(idr1, IDR1, SIDSIZE, 16) I(idr1, IDR1, SSIDSIZE, 20) I(idr1, IDR1, EVENTQS, 19)                \
    I(idr1, IDR1, CMDQS, 19)                                                                        \
    I(idr3, IDR3, HAD, 1) I(idr3, IDR3, RIL, 1) I(idr5, IDR5, OAS, 5) I(idr5, IDR5, GRAN4K, 1)       \
    I(aidr, AIDR, MINOR, 2)

static void identify(struct smmuv3_regs *r)
{
#define SET(member, R, N, value) FIELD_SET(R, N, &r->member, value);
    IDS(SET)
#undef SET
}

/* ---- commands ------------------------------------------------------------------------------------ */

static enum cosim_inval_kind kind_of(unsigned op)
{
    switch (op) {
    case SMMUV3_CMD_CFGI_STE:
    case SMMUV3_CMD_CFGI_STE_RANGE:
    case SMMUV3_CMD_CFGI_CD:
    case SMMUV3_CMD_CFGI_CD_ALL:
        return COSIM_INV_CONFIG;
    case SMMUV3_CMD_TLBI_NH_ALL:
        return COSIM_INV_VMID_S1;
    case SMMUV3_CMD_TLBI_NH_ASID:
        return COSIM_INV_ASID;
    case SMMUV3_CMD_TLBI_NH_VA:
        return COSIM_INV_VA;
    case SMMUV3_CMD_TLBI_NH_VAA:
        return COSIM_INV_VAA;
    case SMMUV3_CMD_TLBI_S2_IPA:
        return COSIM_INV_IPA;
    case SMMUV3_CMD_TLBI_S12_VMALL:
        return COSIM_INV_VMID;
    case SMMUV3_CMD_TLBI_NSNH_ALL:
        return COSIM_INV_ALL;
    case SMMUV3_CMD_SYNC:
        return COSIM_INV_SYNC;
    default:
        return COSIM_INV_NONE;         /* prefetches */
    }
}

static struct cosim_inval decoded(const struct smmuv3_cmd *c)
{
    struct cosim_inval i = { .valid = true, .kind = (uint8_t)kind_of(c->op), .leaf = c->leaf, .asid = c->asid,
                             .vmid = c->vmid, .first = c->first, .last = c->last };

    if (i.kind == COSIM_INV_CONFIG) {
        i.sid_first = c->sid_first;
        i.sid_last = c->sid_last;
    }
    return i;
}

/* S_INIT: everything goes, in three commands. */
static struct cosim_inval forget(unsigned n)
{
    static const uint8_t kind[] = { COSIM_INV_CONFIG, COSIM_INV_ALL, COSIM_INV_SYNC };

    return (struct cosim_inval){ .valid = true, .kind = kind[n], .sid_last = n ? 0 : UINT32_MAX };
}

static unsigned decode(const struct cosim_dut *d, struct smmuv3_cmd *c)
{
    return d->failed[d->next] ? CERROR_ABT : smmuv3_cmd_decode(&d->regs, d->words[d->next], c);
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static struct cycle look(const struct cosim_dut *d, const struct cosim_in *in)
{
    struct smmuv3_ring r = smmuv3_ring_of(&d->regs, d->regs.cmdq_base, (unsigned)FIELD_GET(IDR1, CMDQS, &d->regs.idr1),
                                          CMD_BYTES);
    struct cycle c = { .ring = { .base = r.base, .mask = (1ull << r.log2) - 1, .entry_bytes = CMD_BYTES } };
    bool take;

    c.run = FIELD_GET(CR0, CMDQEN, &d->regs.cr0) && !(smmuv3_gerrors(&d->regs) & SMMUV3_GERROR(CMDQ_ERR));
    c.empty = ring_ahead(&c.ring, d->regs.cmdq_prod, FIELD_GET(CMDQ_CONS, RD, &d->regs.cmdq_cons)) == 0;
    take = d->state == DECODE && c.run;
    c.error = take ? decode(d, &c.cmd) : CERROR_NONE;
    c.stop = c.error != CERROR_NONE;
    c.step = (take && !c.stop && kind_of(c.cmd.op) == COSIM_INV_NONE) || (d->state == GIVE && in->inval_ready);
    c.sync_done = d->state == GIVE && in->inval_ready && d->signals;
    c.idle = d->state == LOOK || d->state == DECODE || d->state == INIT;
    c.init_done = d->state == INIT && d->init == 2 && in->inval_ready;
    return c;
}

static void say(const struct cosim_dut *d, const struct cycle *c, struct cosim_out *out)
{
    memset(out, 0, sizeof *out);
    out->reg_ready = out->r_ready = true;
    out->reg_valid = d->read_done;
    out->reg_data = d->read_data;
    out->irq = d->irq;
    out->idle = d->state == LOOK && !(c->run && !c->empty) && !d->regs.s_init;
    if (d->state == ADDRESS)
        out->ar = d->ar;
    if (d->state == GIVE)
        out->inval = d->inval;
    if (d->state == INIT)
        out->inval = forget(d->init);
}

static void read_ring(struct cosim_dut *d, const struct cycle *c)
{
    uint64_t cons = FIELD_GET(CMDQ_CONS, RD, &d->regs.cmdq_cons), n = ring_to_end(&c->ring, cons);
    uint64_t ahead = ring_ahead(&c->ring, d->regs.cmdq_prod, cons);

    n = ahead < n ? ahead : n;
    d->want = (unsigned)(n < d->fetch ? n : d->fetch);
    d->ar = (struct cosim_ar){ true, 0, (uint8_t)(2 * d->want), ring_at(&c->ring, cons) };
    d->state = ADDRESS;
}

static void take_beat(struct cosim_dut *d, const struct cosim_r *r)
{
    unsigned n = d->beat / 2, word = d->beat % 2;

    d->words[n][word] = r->data;
    if (word)
        d->failed[n] = d->beat_failed || r->error;
    d->beat_failed = !word && r->error;
    d->beat++;
    if (r->last) {
        d->state = DECODE;
        d->count = d->want;
    }
}

/* On to the next one of those that were fetched. */
static void go_on(struct cosim_dut *d)
{
    d->next++;
    d->state = d->next == d->count ? LOOK : DECODE;
}

static void clock_queue(struct cosim_dut *d, const struct cycle *c, const struct cosim_in *in)
{
    switch (d->state) {
    case LOOK:
        d->next = d->beat = d->init = 0;
        if (d->regs.s_init)
            d->state = INIT;
        else if (c->run && !c->empty)
            read_ring(d, c);
        break;
    case ADDRESS:
        if (in->ar_ready)
            d->state = DATA;
        break;
    case DATA:
        if (in->r.valid)
            take_beat(d, &in->r);
        break;
    case DECODE:
        if (!c->run || c->stop) {
            d->state = LOOK;
        } else if (c->step) {
            go_on(d);
        } else {
            d->state = GIVE;
            d->inval = decoded(&c->cmd);
            d->signals = c->cmd.cs == SMMUV3_CS_IRQ;
        }
        break;
    case GIVE:
        if (in->inval_ready)
            go_on(d);
        break;
    case INIT:
        if (in->inval_ready && d->init++ == 2)
            d->state = LOOK;
        break;
    }
}

/* Acknowledgements, from the registers as they were; there are no transactions that a fence would wait for. */
static void acknowledge(struct cosim_dut *d, const struct smmuv3_regs *was, bool queue_idle)
{
    bool smmuen_off = !FIELD_GET(CR0, SMMUEN, &was->cr0) && FIELD_GET(CR0, SMMUEN, &was->cr0ack);
    bool gbpa_new = FIELD_GET(GBPA, UPDATE, &was->gbpa), was_fencing = d->fencing;

    if (was_fencing && d->fence_gbpa)
        FIELD_SET(GBPA, UPDATE, &d->regs.gbpa, 0);
    if (FIELD_GET(CR0, SMMUEN, &was->cr0) || (was_fencing && d->fence_smmuen))
        FIELD_SET(CR0, SMMUEN, &d->regs.cr0ack, FIELD_GET(CR0, SMMUEN, &was->cr0));
    if (FIELD_GET(CR0, CMDQEN, &was->cr0) || queue_idle)
        FIELD_SET(CR0, CMDQEN, &d->regs.cr0ack, FIELD_GET(CR0, CMDQEN, &was->cr0));
    FIELD_SET(CR0, EVENTQEN, &d->regs.cr0ack, FIELD_GET(CR0, EVENTQEN, &was->cr0));
    d->regs.irq_ctrlack = was->irq_ctrl;
    d->fencing = !was_fencing && (smmuen_off || gbpa_new);
    if (d->fencing) {
        d->fence_smmuen = smmuen_off;
        d->fence_gbpa = gbpa_new;
    }
}

static void clock_registers(struct cosim_dut *d, const struct cycle *c, const struct cosim_in *in)
{
    const struct smmuv3_regs was = d->regs;

    d->read_done = in->reg.valid && !in->reg.write;
    d->read_data = d->read_done ? smmuv3_regfile_read(&was, in->reg.offset, in->reg.bytes) : 0;
    d->irq = (uint32_t)(c->sync_done << 2 | (c->stop && FIELD_GET(IRQ_CTRL, GERROR, &was.irq_ctrl)));
    if (c->init_done)
        d->regs.s_init = 0;
    if (in->reg.valid && in->reg.write)
        smmuv3_regfile_write(&d->regs, in->reg.offset, in->reg.data, in->reg.bytes);
    if (c->step)
        FIELD_SET(CMDQ_CONS, RD, &d->regs.cmdq_cons, ring_index(&c->ring, FIELD_GET(CMDQ_CONS, RD, &was.cmdq_cons) + 1));
    if (c->stop) {
        FIELD_SET(CMDQ_CONS, ERR, &d->regs.cmdq_cons, c->error);
        d->regs.gerror ^= SMMUV3_GERROR(CMDQ_ERR);
    }
    acknowledge(d, &was, c->idle);
}

static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    struct cycle c = look(d, in);

    say(d, &c, out);
    clock_queue(d, &c, in);            /* sees the registers as they were */
    clock_registers(d, &c, in);
    return 0;
}

/* ---- the table ----------------------------------------------------------------------------------- */

static int reset(struct cosim_dut *d)
{
    uint64_t fetch = d->fetch;

    memset(d, 0, sizeof *d);
    d->fetch = fetch;
    identify(&d->regs);
    return 0;
}

static int create(struct cosim_dut **made, const struct cosim_cfg *cfg, char *err, size_t n)
{
    struct cosim_dut *d = calloc(1, sizeof *d);

    if (!d) {
        snprintf(err, n, "no memory");
        return -1;
    }
    d->fetch = lockstep_param(cfg->param, "fetch", FETCH_MAX);
    if (d->fetch < 1 || d->fetch > FETCH_MAX) {
        snprintf(err, n, "fetch = %" PRIu64 ": 1 to %d", d->fetch, FETCH_MAX);
        free(d);
        return -1;
    }
    *made = d;
    return reset(d);
}

static void destroy(struct cosim_dut *d)
{
    free(d);
}

const struct cosim_dut_ops queue_twin = {
    .abi = COSIM_ABI, .name = "cmdq-twin", .about = "registers and command queue in C", .level = COSIM_QUEUE,
    .caps = COSIM_CAP_REGISTERS | COSIM_CAP_QUEUES, .create = create, .destroy = destroy, .reset = reset, .tick = tick,
};

const struct lockstep_kind lockstep_cmdq = { "cmdq", &queue_twin, &queue_stimulus, .any_name = false };
