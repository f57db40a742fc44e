/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/model.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arch/smmuv3/regs.h"
#include "base/sim.h"
#include "kernel/wave.h"
#include "system/smmuv3/smmuv3.h"
#include "system/timed.h"

enum { STREAMS = 4096 };               /* StreamIDs modulo as many are ordered together, if any are */

#define REG_OFFSET(N, member, offset, ...) REG_##N = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };

struct done { uint64_t done_ps; struct cosim_rsp rsp; };

struct cosim_dut {
    struct system *sys;
    struct timed *t;
    struct evtq *evtq;
    struct cosim_direct direct;
    uint64_t cycle, period_ps, requests;
    struct done *done;                 /* [flows], those that have ended and are not answered */
    uint32_t *id;                      /* [flows] */
    unsigned n_done, under_way, limit;
    uint64_t recorded;                 /* records that the driver has been told of */
    bool     offered;                  /* done[0] is on the port, and not taken    */
    uint64_t taken;                    /* answers that have been                   */
    uint64_t cons, next_cons, behind;  /* CMDQ_CONS as it was read; as it is read when so many have been taken */
    uint64_t gerror;                   /* GERROR as it was read                    */
    struct wave *wave;                 /* NULL: none is written                    */
};

/* ---- memory -------------------------------------------------------------------------------------- */

static bool is_event(const struct cosim_dut *d, uint64_t pa)
{
    const struct ring *r = &d->evtq->ring;

    return pa >= r->base && pa < r->base + (r->mask + 1) * r->entry_bytes;
}

/* memory->outside */
static uint64_t outside(void *arg, enum memory_kind kind, uint64_t pa, uint64_t bytes, uint64_t now_ps)
{
    struct cosim_dut *d = arg;
    unsigned beats = bytes < 8 ? 1 : (unsigned)bytes / 8;
    bool write = kind == MEMORY_QUEUE && is_event(d, pa);

    if (!d->direct.read)
        return now_ps;
    return now_ps + d->period_ps * (write ? d->direct.write : d->direct.read)(d->direct.arg, pa, beats);
}

static void direct(struct cosim_dut *d, const struct cosim_direct *m)
{
    d->direct = *m;
    mem_free(d->sys->mem);
    d->sys->mem = m->mem;
    d->t->cmdq.mem = d->t->evtq.mem = m->mem;
}

static void tell_records(struct cosim_dut *d)
{
    uint64_t words[EVTQ_WORDS];

    for (; d->recorded < d->evtq->prod; d->recorded++) {
        uint64_t at = ring_at(&d->evtq->ring, d->recorded);

        mem_read(d->sys->mem, at, EVTQ_WORDS, words);
        d->direct.wrote(d->direct.arg, at, words, EVTQ_WORDS);
    }
}

/* ---- answers ------------------------------------------------------------------------------------- */

static void fill_result(struct cosim_rsp *rsp, const struct xl_result *res)
{
    static const uint8_t outcome[] = {
        [XL_OK] = COSIM_OK, [XL_BYPASS] = COSIM_BYPASS, [XL_ABORT] = COSIM_ABORT, [XL_FAULT] = COSIM_FAULT,
        [XL_RAZWI] = COSIM_FAULT,
    };

    rsp->outcome = res->outcome < sizeof outcome ? outcome[res->outcome] : COSIM_NONE;
    if (rsp->outcome == COSIM_FAULT)
        rsp->code = res->code;
    if (rsp->outcome == COSIM_OK || rsp->outcome == COSIM_BYPASS)
        rsp->addr = res->pa;
}

static void fill_trail(struct cosim_trail *to, const struct flow *f)
{
    const struct system_trail *t = &f->trail;

    to->s1_reads = t->s1_reads;
    to->s2_reads = t->s2_reads;
    to->cfg_reads = (uint8_t)(t->reads - t->s1_reads - t->s2_reads);
    to->cfg_hit = !to->cfg_reads;
    to->merged = f->merged;
    to->tlb_hit = f->res.outcome == XL_OK && !to->s1_reads && !to->s2_reads;
}

/* timed->done: in the order of their ends, among equals of their numbers. */
static void ended(void *arg, struct flow *f, uint64_t done_ps)
{
    struct cosim_dut *d = arg;
    unsigned at = d->n_done++;

    while (at > d->offered && d->done[at - 1].done_ps > done_ps) {
        d->done[at] = d->done[at - 1];
        at--;
    }
    d->done[at] = (struct done){ .done_ps = done_ps, .rsp = { .valid = true, .id = d->id[f->index] } };
    fill_result(&d->done[at].rsp, &f->res);
    fill_trail(&d->done[at].rsp.trail, f);
    timed_flow_free(d->t, f);
}

static void answer(struct cosim_dut *d, uint64_t now_ps, const struct cosim_in *in, struct cosim_out *out)
{
    if (!d->n_done || d->done[0].done_ps > now_ps)
        return;
    out->rsp = d->done[0].rsp;
    d->offered = !in->rsp_ready;
    if (d->offered)
        return;
    d->taken++;
    d->under_way--;
    d->n_done--;
    for (unsigned i = 0; i < d->n_done; i++)
        d->done[i] = d->done[i + 1];
}

/* ---- requests and registers ---------------------------------------------------------------------- */

static void request(struct cosim_dut *d, uint64_t now_ps, const struct cosim_req *q)
{
    struct flow *f = timed_flow(d->t);
    uint64_t ignored;

    f->req = (struct xl_req){ .addr = q->addr, .sid = q->sid, .ssid = q->ssid, .has_ssid = q->has_ssid,
                              .write = q->write, .priv = q->priv, .exec = q->exec };
    f->bytes = q->bytes ? q->bytes : 64;
    f->stream = q->sid % STREAMS;
    f->front = (uint16_t)d->t->ops->front_of(d->sys, q->sid);
    f->kind = q->write ? FLOW_WRITE : FLOW_READ;
    f->request = d->requests++;
    f->born_ps = now_ps;
    d->id[f->index] = q->id;
    d->under_way++;
    dlink_take(&d->t->front[f->front].dev, q->write, now_ps, &ignored);
    timed_issue(d->t, f, now_ps);
}

/* What a SYNC has waited for has ended, but waits for the port perhaps: it is seen when that has been taken. */
static uint64_t consumed(struct cosim_dut *d, uint64_t now_ps, uint64_t cons)
{
    unsigned ended = 0;

    if (d->taken >= d->behind)
        d->cons = d->next_cons;
    if (cons == d->cons || d->next_cons != d->cons)
        return d->cons;
    while (ended < d->n_done && d->done[ended].done_ps <= now_ps)
        ended++;
    d->next_cons = cons;
    d->behind = d->taken + ended;
    d->cons = ended ? d->cons : cons;
    return d->cons;
}

/* GERROR: of what is seen of the queue. */
static uint64_t errors(struct cosim_dut *d, uint64_t now_ps, uint64_t gerror)
{
    consumed(d, now_ps, system_reg_read(d->sys, REG_CMDQ_CONS, 4));
    d->gerror = d->next_cons == d->cons ? gerror : d->gerror;
    return d->gerror;
}

static void access_register(struct cosim_dut *d, uint64_t now_ps, const struct cosim_reg *r, struct cosim_out *out)
{
    if (r->write) {
        system_reg_write(d->sys, r->offset, r->data, r->bytes);
        if (d->recorded > d->evtq->prod || !d->evtq->on)
            d->recorded = d->evtq->prod;
        return;
    }
    out->reg_valid = true;
    out->reg_data = system_reg_read(d->sys, r->offset, r->bytes);
    if (r->offset == REG_CMDQ_CONS)
        out->reg_data = consumed(d, now_ps, out->reg_data);
    if (r->offset == REG_GERROR)
        out->reg_data = errors(d, now_ps, out->reg_data);
}

static bool is_idle(const struct cosim_dut *d)
{
    return !d->under_way && cmdq_is_idle(&d->t->cmdq) && d->evtq->in == d->evtq->out;
}

static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    uint64_t now_ps = d->cycle++ * d->period_ps;

    sim_run_to(d->t->sim, now_ps);
    d->sys->now_ps = now_ps;
    tell_records(d);
    out->req_ready = d->under_way < d->limit;
    out->reg_ready = out->r_ready = true;
    out->idle = is_idle(d);
    answer(d, now_ps, in, out);
    if (in->reg.valid)
        access_register(d, now_ps, &in->reg, out);
    if (in->req.valid && out->req_ready)
        request(d, now_ps, &in->req);
    return 0;
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static int elaborate(struct cosim_dut *d, struct diag *diag)
{
    const struct comp *root[1 + TIMED_ROOTS_MAX] = { &d->sys->top };
    size_t n = 1 + timed_roots(d->t, root + 1);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++)
        err = sim_elaborate(d->t->sim, root[i], diag);
    return err;
}

/* As many as every part of the way has room for. */
static unsigned limit(const struct timed *t)
{
    uint64_t n = t->par.flows;

    for (unsigned i = 0; i < t->fronts; i++) {
        n = t->front[i].dev.par.tags < n ? t->front[i].dev.par.tags : n;
        n = t->front[i].dev.par.posted < n ? t->front[i].dev.par.posted : n;
    }
    return (unsigned)n;
}

static int start(struct cosim_dut *d, struct diag *diag)
{
    struct timed *t = d->t = d->sys->timed;

    if (!t)
        return diag_add(diag, NULL, 0, 0, "no time passes in its configuration");
    d->evtq = &t->evtq;
    d->evtq->reader = true;
    d->period_ps = t->clk.par.period_ps;
    d->limit = limit(t);
    d->done = calloc(t->par.flows, sizeof *d->done);
    d->id = calloc(t->par.flows, sizeof *d->id);
    if (!d->done || !d->id || timed_set_streams(t, STREAMS))
        return diag_env(diag, NULL, "no memory");
    t->done = ended;
    t->done_arg = d;
    t->mem.outside = outside;
    t->mem.outside_arg = d;
    sim_shortcuts(t->sim, false);
    if (elaborate(d, diag))
        return -1;
    timed_start(t);
    return 0;
}

static void destroy(struct cosim_dut *d)
{
    wave_close(d->wave, NULL);
    if (d->direct.mem)
        d->sys->mem = NULL;            /* the driver's */
    system_free(d->sys);
    free(d->done);
    free(d->id);
    free(d);
}

static int create(struct cosim_dut **made, const struct cosim_cfg *cfg, char *err, size_t n)
{
    struct cosim_dut *d = calloc(1, sizeof *d);
    struct diag diag;
    int e = -1;

    snprintf(err, n, "no memory");
    if (!d)
        return -1;
    diag_init(&diag);
    d->sys = cfg->system ? system_new(cfg->system, cfg->seed, &diag) : NULL;
    if (d->sys)
        e = start(d, &diag);
    if (diag.kept)
        snprintf(err, n, "%s", diag.msg[0].text);
    diag_destroy(&diag);
    if (e) {
        destroy(d);
        return -1;
    }
    *made = d;
    return 0;
}

/* Nothing is under way. */
static int reset(struct cosim_dut *d)
{
    system_reset(d->sys);
    d->recorded = d->evtq->prod;
    return 0;
}

static void describe(struct cosim_dut *d, void (*line)(void *arg, const char *text), void *arg)
{
    const struct timed *t = d->t;
    char text[200];

    snprintf(text, sizeof text, "model: %u requests under way, %u of them ended; %" PRIu64 " walks, %" PRIu64
             " misses, %" PRIu64 " merged; commands %" PRIu64 " of %" PRIu64 "; records %" PRIu64,
             d->under_way, d->n_done, t->st.walks, t->st.misses, t->st.merged, t->cmdq.cons, t->cmdq.prod, d->evtq->prod);
    line(arg, text);
}

static int wave(struct cosim_dut *d, const char *path)
{
    const struct comp *root[1 + TIMED_ROOTS_MAX] = { &d->sys->top };
    size_t n = 1 + timed_roots(d->t, root + 1);

    wave_close(d->wave, NULL);
    d->wave = path ? wave_open(d->t->sim, root, n, path, NULL, NULL) : NULL;
    return path && !d->wave ? -1 : 0;
}

const struct cosim_dut_ops cosim_dut_model = {
    .abi = COSIM_ABI, .name = "model", .about = "the timed model of a profile", .level = COSIM_PIPELINE,
    .caps = COSIM_CAP_REGISTERS | COSIM_CAP_QUEUES | COSIM_CAP_REORDERS | COSIM_CAP_TRAIL | COSIM_CAP_SUBSTREAM |
            COSIM_CAP_NESTED | COSIM_CAP_STAGE2 | COSIM_CAP_FAULTS,
    .create = create, .destroy = destroy, .reset = reset, .tick = tick, .describe = describe, .direct = direct,
    .wave = wave,
};
