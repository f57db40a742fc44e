/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/driver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/oracle.h"
#include "base/list.h"
#include "base/sim.h"
#include "rtl-cosim/drive/driver_impl.h"

PARAM_ROWS(params, DRIVER_PARAMS);
STAT_ROWS(stats, DRIVER_STATS);
const struct comp_kind driver_kind = { "cosim", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

enum { CHECK_EVERY = 64 };

void driver_defaults(struct driver_params *par)
{
    *par = (struct driver_params)PARAM_DEFAULTS(DRIVER_PARAMS);
}

static uint64_t max(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* ---- memory's side ------------------------------------------------------------------------------- */

static void note_read(struct driver *d, uint64_t addr, unsigned beats)
{
    struct driver_read *list;

    d->st.reads++;
    d->st.beats += beats;
    if (!d->par.keep)
        return;
    list = list_grow(d->read, d->reads, &d->reads_room, sizeof *list);
    d->no_memory |= !list;
    if (!list)
        return;
    d->read = list;
    d->read[d->reads++] = (struct driver_read){ .request = d->issued, .addr = addr, .beats = beats,
                                                .queue = cpu_owns(&d->cpu, addr) };
}

static void asked(void *arg, const struct cosim_ar *ar)
{
    struct driver *d = arg;
    struct verdict *v;

    note_read(d, ar->addr, ar->beats);
    if (ar->beats >= 1 && ar->beats <= BUS_BEATS && !(ar->addr & 7) && ar->addr >> 52 == 0)
        return;
    v = verdict_add(&d->verdicts, VERDICT_MEMORY_READ, NO_REQUEST, d->cycle);
    v->record = d->record;
    snprintf(v->expected, sizeof v->expected, "1 to %d words at an address of 8 bytes", BUS_BEATS);
    snprintf(v->found, sizeof v->found, "%u words at 0x%" PRIx64, ar->beats, ar->addr);
}

static void wrote(void *arg, const struct cosim_aw *aw)
{
    struct driver *d = arg;

    d->st.writes++;
    scoreboard_write(d->board, aw);
}

/* ---- designs that look at memory past the ports -------------------------------------------------- */

static uint64_t direct_read(void *arg, uint64_t addr, unsigned beats)
{
    struct driver *d = arg;

    uint64_t takes = bus_latency(&d->bus, addr) + beats - 1;

    note_read(d, addr, beats);
    if (!cpu_owns(&d->cpu, addr))
        d->reads_until[beats > 1] = max(d->reads_until[beats > 1], d->cycle + takes);
    return takes;
}

static uint64_t direct_write(void *arg, uint64_t addr, unsigned beats)
{
    return bus_latency(&((struct driver *)arg)->bus, addr) + beats - 1;
}

static void direct_wrote(void *arg, uint64_t addr, const uint64_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        wrote(arg, &(struct cosim_aw){ .valid = true, .strb = 0xff, .addr = addr + 8ull * i, .data = words[i] });
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static void init_bus(struct driver *d)
{
    const struct driver_params *p = &d->par;
    uint64_t seed = d->opt.seed;

    bus_init(&d->bus, d->mem, p, seed);
    d->bus.asked = asked;
    d->bus.wrote = wrote;
    d->bus.arg = d;
    stall_init(&d->req_idle, seed, "req", p->req_idle, p->stall_cycles);
    stall_init(&d->rsp, seed, "rsp", p->rsp_stall, p->stall_cycles);
    stall_init(&d->down, seed, "down", p->down_stall, p->stall_cycles);
}

static void init_cpu(struct driver *d)
{
    const struct driver_params *p = &d->par;

    d->cpu = (struct cpu){
        .mem = d->mem, .board = d->board, .regs = scoreboard_view(d->board)->regs, .queue_base = p->queue_base,
        .poll = p->poll, .event_poll = p->event_poll, .cmdq_log2 = (unsigned)p->cmdq_log2,
        .eventq_log2 = (unsigned)p->eventq_log2, .wait_always = p->order == DRIVER_ORDER_SERIAL,
    };
}

/* All that can be under way, one after the other, each with the longest walk there is. */
static uint64_t hang_limit(const struct driver_params *p)
{
    uint64_t stall = max(max(max(p->rsp_stall, p->down_stall), max(p->ar_stall, p->aw_stall)), p->r_stall);
    uint64_t read = p->latency_max + 16 + (stall ? p->stall_cycles : 0);

    return p->hang ? p->hang : 5000 + 64 * (p->outstanding + 2) * read * 100 / (100 - stall);
}

static int create(struct driver *d, struct diag *diag)
{
    const struct cosim_cfg cfg = { .seed = d->opt.seed, .period_ps = COSIM_PERIOD_PS, .system = d->opt.config };
    const struct cosim_direct direct = { .arg = d, .mem = d->mem, .read = direct_read, .write = direct_write,
                                         .wrote = direct_wrote };
    char err[200] = "";

    if (d->ops->create(&d->dut, &cfg, err, sizeof err))
        return diag_add(diag, d->ops->name, 0, 0, "%s", err[0] ? err : "cannot be made");
    if (d->ops->direct)
        d->ops->direct(d->dut, &direct);
    return 0;
}

struct driver *driver_new(const struct cosim_dut_ops *ops, const struct driver_options *opt, struct diag *diag)
{
    struct driver *d;

    if (ops->level != COSIM_PIPELINE || !(ops->caps & COSIM_CAP_REGISTERS) || !(ops->caps & COSIM_CAP_QUEUES)) {
        diag_add(diag, ops->name, 0, 0, "not a whole SMMUv3 with registers and queues");
        return NULL;
    }
    d = calloc(1, sizeof *d);
    if (!d) {
        diag_env(diag, NULL, "no memory");
        return NULL;
    }
    d->ops = ops;
    d->opt = *opt;
    d->par = opt->par;
    comp_init(&d->comp, &driver_kind, NULL, "cosim", &d->par, &d->st);
    d->hang = hang_limit(&d->par);
    d->mem = mem_new();
    d->board = d->mem ? scoreboard_new(opt->config, d->mem, ops->caps, &d->verdicts, diag) : NULL;
    if (!d->board) {
        driver_free(d);
        return NULL;
    }
    scoreboard_patience(d->board, d->hang + 2 * d->par.event_poll);
    scoreboard_order(d->board, (unsigned)d->par.order);
    init_bus(d);
    init_cpu(d);
    if (create(d, diag)) {
        driver_free(d);
        return NULL;
    }
    return d;
}

void driver_free(struct driver *d)
{
    if (!d)
        return;
    if (d->dut)
        d->ops->destroy(d->dut);
    facade_destroy(&d->facade);
    cpu_destroy(&d->cpu);
    scoreboard_free(d->board);
    mem_free(d->mem);
    verdicts_destroy(&d->verdicts);
    free(d->moment.state);
    free(d->moment.history);
    free(d->moment.walk);
    cosim_latency_destroy(&d->latency);
    free(d->answer);
    free(d->read);
    free(d);
}

/* ---- requests and answers ------------------------------------------------------------------------ */

static void request_taken(struct driver *d)
{
    d->alone[d->req.id] = scoreboard_under_way(d->board) == 0;
    scoreboard_request(d->board, &d->req, d->issued++);
    d->offering = false;
    d->next_req = d->cycle + d->par.gap;
}

static struct driver_answer *place_of(struct driver *d, uint64_t request)
{
    while (d->answers <= request) {
        struct driver_answer *list = list_grow(d->answer, d->answers, &d->answers_room, sizeof *list);

        d->no_memory |= !list;
        if (!list)
            return NULL;
        d->answer = list;
        d->answer[d->answers++] = (struct driver_answer){ .answered = false };
    }
    return &d->answer[request];
}

static void note_answer(struct driver *d, const struct cosim_rsp *rsp, const struct scoreboard_answer *a)
{
    struct driver_answer *at = d->par.keep ? place_of(d, a->request) : NULL;
    struct cosim_sample sample = {
        .request = a->request, .cycles = (uint32_t)(d->cycle - a->issued), .cfg_reads = rsp->trail.cfg_reads,
        .s1_reads = rsp->trail.s1_reads, .s2_reads = rsp->trail.s2_reads,
        .alone = d->alone[rsp->id] && a->request + 1 == d->issued,
    };

    d->st.requests++;
    d->st.ok += rsp->outcome == COSIM_OK || rsp->outcome == COSIM_BYPASS;
    d->st.faults += rsp->outcome == COSIM_FAULT || rsp->outcome == COSIM_ABORT;
    d->no_memory |= cosim_latency_add(&d->latency, cosim_class_of(rsp), &sample) != 0;
    d->at_moment |= d->opt.moment_of == a->request + 1;
    if (at)
        *at = (struct driver_answer){ .rsp = *rsp, .issued = a->issued, .done = d->cycle, .record = a->record,
                                      .raced = a->raced, .answered = true };
}

static void answered(struct driver *d, const struct cosim_rsp *rsp)
{
    struct scoreboard_answer a = scoreboard_response(d->board, rsp);

    if (a.known)
        note_answer(d, rsp, &a);
}

static void passed_on(struct driver *d, const struct cosim_down *down)
{
    struct scoreboard_answer a = scoreboard_downstream(d->board, down);
    struct cosim_rsp rsp = { .valid = true, .id = down->id, .addr = down->addr,
                             .outcome = down->refused ? COSIM_ABORT : COSIM_OK };

    if (a.known)
        note_answer(d, &rsp, &a);
}

/* ---- what a design may not do to its ports ------------------------------------------------------- */

static void changed(struct driver *d, const char *channel)
{
    struct verdict *v = verdict_add(&d->verdicts, VERDICT_ASSERTION, NO_REQUEST, d->cycle);

    v->record = d->record;
    snprintf(v->expected, sizeof v->expected, "%s as it was until it is taken", channel);
    snprintf(v->found, sizeof v->found, "another one, or none");
}

static bool same_ar(const struct cosim_ar *a, const struct cosim_ar *b)
{
    return b->valid && a->id == b->id && a->beats == b->beats && a->addr == b->addr;
}

static bool same_aw(const struct cosim_aw *a, const struct cosim_aw *b)
{
    return b->valid && a->id == b->id && a->strb == b->strb && a->addr == b->addr && a->data == b->data;
}

static bool same_rsp(const struct cosim_rsp *a, const struct cosim_rsp *b)
{
    return b->valid && a->id == b->id && a->outcome == b->outcome && a->code == b->code && a->addr == b->addr;
}

static bool same_down(const struct cosim_down *a, const struct cosim_down *b)
{
    return b->valid && a->id == b->id && a->refused == b->refused && a->addr == b->addr;
}

#define CHECK_STABLE(d, channel)                                                                     \
    if ((d)->before.channel.valid && !(d)->in_before.channel##_ready &&                              \
        !same_##channel(&(d)->before.channel, &(d)->out.channel))                                    \
        changed((d), #channel)

static void check_ports(struct driver *d)
{
    CHECK_STABLE(d, ar);
    CHECK_STABLE(d, aw);
    CHECK_STABLE(d, rsp);
    CHECK_STABLE(d, down);
    d->before.ar = d->out.ar;
    d->before.aw = d->out.aw;
    d->before.rsp = d->out.rsp;
    d->before.down = d->out.down;
    d->in_before.ar_ready = d->in.ar_ready;
    d->in_before.aw_ready = d->in.aw_ready;
    d->in_before.rsp_ready = d->in.rsp_ready;
    d->in_before.down_ready = d->in.down_ready;
}

static void check_assertions(struct driver *d)
{
    struct verdict *v;
    uint64_t n;

    if (!d->ops->errors)
        return;
    n = d->ops->errors(d->dut, NULL, 0);
    if (n == d->errors)
        return;
    v = verdict_add(&d->verdicts, VERDICT_ASSERTION, NO_REQUEST, d->cycle);
    v->record = d->record;
    snprintf(v->expected, sizeof v->expected, "no assertion to fail");
    d->ops->errors(d->dut, v->found, sizeof v->found);
    d->errors = n;
}

static void check_software(struct driver *d)
{
    struct verdict *v;
    uint64_t since = 0;
    char what[VERDICT_TEXT / 2];

    if (!cpu_waits(&d->cpu, &since, what, sizeof what) || d->cycle - since < d->hang)
        return;
    v = verdict_add(&d->verdicts, VERDICT_HANG, NO_REQUEST, d->cycle);
    v->record = d->record;
    snprintf(v->expected, sizeof v->expected, "%s", what);
    snprintf(v->found, sizeof v->found, "nothing for %" PRIu64 " cycles", d->cycle - since);
    d->hung = true;
}

static void check_offer(struct driver *d)
{
    struct verdict *v;

    if (!d->offering || d->cycle - d->offered_at < d->hang || d->hung)
        return;
    v = verdict_add(&d->verdicts, VERDICT_HANG, (int64_t)d->issued, d->cycle);
    v->record = d->req_record;
    snprintf(v->expected, sizeof v->expected, "the request to be taken");
    snprintf(v->found, sizeof v->found, "it is not for %" PRIu64 " cycles", d->cycle - d->offered_at);
    d->hung = true;
}

static void check_hang(struct driver *d)
{
    uint64_t issued;

    if (scoreboard_oldest(d->board, &issued) && d->cycle - issued >= d->hang) {
        scoreboard_never_answered(d->board, d->out.idle);
        d->hung = true;
        return;
    }
    check_software(d);
    check_offer(d);
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

static void drive(struct driver *d)
{
    memset(&d->in, 0, sizeof d->in);
    d->in.rsp_ready = !stall_now(&d->rsp);
    d->in.down_ready = !stall_now(&d->down);
    d->in.inval_ready = d->in.walk_rsp_ready = true;
    if (d->offering)
        d->in.req = d->req;
    bus_drive(&d->bus, d->cycle, &d->in);
    cpu_drive(&d->cpu, &d->in);
}

/* Where requests are: bits of COVER_NONE and so on. */
static unsigned phases(const struct driver *d)
{
    bool waits = (d->out.rsp.valid && !d->in.rsp_ready) || (d->out.down.valid && !d->in.down_ready);
    unsigned under_way = scoreboard_under_way(d->board), of_size[2] = { 0, 0 };

    if (!under_way)
        return 1u << COVER_NONE;
    for (unsigned i = 0; i < d->bus.reads; i++)
        of_size[d->bus.read[i].beats > 1] += !cpu_owns(&d->cpu, d->bus.read[i].addr);
    of_size[0] += d->cycle < d->reads_until[0];
    of_size[1] += d->cycle < d->reads_until[1];
    return (of_size[1] ? 1u << COVER_STRUCTURE : 0) | (of_size[0] ? 1u << COVER_DESCRIPTOR : 0) |
           (waits ? 1u << COVER_ANSWER : 0) | (under_way > of_size[0] + of_size[1] + waits ? 1u << COVER_LOOKUP : 0);
}

static void take(struct driver *d)
{
    const struct cosim_in *in = &d->in;
    const struct cosim_out *out = &d->out;
    uint64_t records = d->cpu.records;
    bool moved = in->r.valid || in->b.valid || (out->ar.valid && in->ar_ready) || (out->aw.valid && in->aw_ready);

    bus_take(&d->bus, d->cycle, in, out);
    if (in->req.valid && out->req_ready) {
        request_taken(d);
        moved = true;
    }
    if (out->rsp.valid && in->rsp_ready) {
        answered(d, &out->rsp);
        moved = true;
    }
    if (out->down.valid && in->down_ready) {
        passed_on(d, &out->down);
        moved = true;
    }
    if (in->reg.valid && in->reg.write && out->reg_ready && in->reg.offset == REG_CMDQ_PROD)
        scoreboard_doorbell(d->board, phases(d));
    cpu_step(&d->cpu, d->cycle, in, out, scoreboard_under_way(d->board) == 0 && !d->offering);
    if (moved || d->cpu.records != records || !cpu_is_idle(&d->cpu))
        d->progress = d->cycle;
}

static void wave(struct driver *d)
{
    bool on = d->cycle >= d->opt.wave_from && d->cycle <= d->opt.wave_to;

    if (!d->opt.wave || !d->ops->wave || on == d->waving)
        return;
    d->ops->wave(d->dut, on ? d->opt.wave : NULL);
    d->waving = on;
}

static void clock_once(struct driver *d)
{
    scoreboard_cycle(d->board, d->cycle, d->record);
    wave(d);
    drive(d);
    memset(&d->out, 0, sizeof d->out);
    d->ops->tick(d->dut, &d->in, &d->out);
    take(d);
    check_ports(d);
    if (d->opt.watch)
        d->opt.watch(d->opt.watch_arg, d->cycle, &d->in, &d->out);
    if (d->cycle % CHECK_EVERY == 0) {
        check_assertions(d);
        check_hang(d);
    }
    d->cycle++;
}

/* Nothing is under way. */
static bool is_quiet(const struct driver *d)
{
    return !d->offering && cpu_is_idle(&d->cpu) && !scoreboard_under_way(d->board) && bus_is_idle(&d->bus);
}

/* The source's machine was reset. */
static void reset_when_quiet(struct driver *d)
{
    if (!d->resetting || !is_quiet(d))
        return;
    d->ops->reset(d->dut);
    scoreboard_reset(d->board);
    cpu_reset(&d->cpu);
    d->resetting = false;
}

/* So long after the last thing that happened nothing is to come any more. */
static bool has_settled(const struct driver *d)
{
    return d->over && is_quiet(d) && d->cycle - d->progress > 4 * d->par.event_poll + 2 * d->par.latency_max + 64;
}

static bool goes_on(const struct driver *d)
{
    return !d->hung && !d->no_memory && !has_settled(d) && d->verdicts.total < d->par.max_verdicts &&
           !(d->opt.stop && *d->opt.stop);
}

static void end(struct driver *d)
{
    check_assertions(d);
    if (!d->hung && d->verdicts.total < d->par.max_verdicts && !(d->opt.stop && *d->opt.stop))
        scoreboard_end(d->board);
    if (d->verdicts.total && !d->opt.moment_of)
        driver_take_moment(d);
    if (d->waving)
        d->ops->wave(d->dut, NULL);
    if (d->opt.coverage && d->ops->coverage)
        d->ops->coverage(d->dut, d->opt.coverage);
    d->st.cycles = d->cycle;
    d->st.commands = d->cpu.commands;
    d->st.syncs = d->cpu.syncs;
    d->st.sync_cycles = d->cpu.sync_cycles;
    d->st.registers = d->cpu.registers;
    d->st.tables = d->cpu.writes;
    d->st.events = d->cpu.records;
    d->st.refused += d->cpu.refused;
    d->st.old = scoreboard_cover(d->board)->hits[COVER_OLD_VALUE];
}

int driver_run(struct driver *d, const struct replay_source *src, struct diag *diag)
{
    int err = driver_feed_begin(d, src, diag);

    while (!err && goes_on(d)) {
        err = driver_feed(d, diag);
        if (d->over)
            cpu_flush(&d->cpu, d->cycle);
        reset_when_quiet(d);
        clock_once(d);
        if (d->at_moment || (d->verdicts.total && !d->opt.moment_of))
            driver_take_moment(d);
        d->no_memory |= d->cpu.failed;
    }
    end(d);
    return err ? err : d->no_memory ? diag_env(diag, NULL, "no memory") : 0;
}

/* ---- what came of it ----------------------------------------------------------------------------- */

const struct verdicts *driver_verdicts(const struct driver *d) { return &d->verdicts; }
const struct driver_stats *driver_stats(const struct driver *d) { return &d->st; }
const struct cosim_latency *driver_latency(const struct driver *d) { return &d->latency; }
const struct scoreboard *driver_scoreboard(const struct driver *d) { return d->board; }

const struct driver_answer *driver_answers(const struct driver *d, size_t *n)
{
    *n = d->answers;
    return d->answer;
}

const struct driver_read *driver_reads(const struct driver *d, size_t *n)
{
    *n = d->reads;
    return d->read;
}
