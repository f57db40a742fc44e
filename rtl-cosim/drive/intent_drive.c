/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/intent_drive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "rtl-cosim/drive/bus.h"

enum { IDS = 4096, TABLE_BASE = 0x40000000, MAPS_MAX = 1 << 20, HANG_BASE = 2000 };

struct asked {                         /* a request under way */
    struct cosim_req req;
    uint64_t number, record, issued;
    bool live;
};

/* What software does next: maps of one record, page by page, then its invalidation. */
struct job {
    struct cosim_map map;
    struct cosim_inval inval;
    uint64_t left;                     /* bytes of the map or unmap                        */
    bool busy, has_inval, given;
    uint64_t token, given_at;
};

struct run {
    const struct cosim_dut_ops *ops;
    const struct driver_options *opt;
    const struct replay_source *src;
    struct cosim_dut *dut;
    struct mem *mem;
    uint64_t next_table;
    struct bus bus;
    struct intent *it;
    struct verdicts *v;
    struct driver_stats *st;
    struct cosim_latency *lat;
    uint64_t va_bits, devices;

    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n, at;
    bool ended;                        /* no more records */
    uint64_t record;
    const struct rec *access;          /* at hand, waits for the port; NULL: none          */
    struct cosim_req next;
    struct job job;

    struct asked asked[IDS];
    unsigned under_way;
    uint32_t next_id;
    uint64_t cycle, moved, hang;       /* moved: when something went on last               */
    struct stall req_idle, rsp_stall, down_stall;
    struct cosim_context context;      /* of a walk */
    bool is_walker, offered;
    int err;
};

/* ---- memory -------------------------------------------------------------------------------------- */

static uint64_t read64(void *arg, uint64_t addr) { return mem_read64(((struct run *)arg)->mem, addr); }

static void write64(void *arg, uint64_t addr, uint64_t value)
{
    struct run *r = arg;

    r->st->tables++;
    if (mem_write64(r->mem, addr, value))
        r->err = SIM_EENV;
}

static uint64_t alloc(void *arg, uint64_t bytes)
{
    struct run *r = arg;
    uint64_t at = (r->next_table + bytes - 1) & ~(bytes - 1);

    r->next_table = at + bytes;
    return at;
}

static void bus_asked(void *arg, const struct cosim_ar *ar)
{
    struct run *r = arg;

    r->st->reads++;
    r->st->beats += ar->beats;
    r->moved = r->cycle;
}

static void bus_wrote(void *arg, const struct cosim_aw *aw)
{
    struct run *r = arg;
    struct verdict *v = verdict_add(r->v, VERDICT_MEMORY_WRITE, NO_REQUEST, r->cycle);

    r->st->writes++;
    v->record = r->record;
    snprintf(v->expected, VERDICT_TEXT, "no write");
    snprintf(v->found, VERDICT_TEXT, "0x%" PRIx64 " written to 0x%" PRIx64, aw->data, aw->addr);
}

/* ---- records ------------------------------------------------------------------------------------- */

static bool next_record(struct run *r)
{
    int err;

    if (r->at < r->n)
        return true;
    err = r->ended ? 0 : r->src->next(r->src->from, &r->rec, &r->ext, &r->n);
    r->at = 0;
    if (err)
        r->err = err;
    if (err || !r->n || (r->opt->stop && *r->opt->stop))
        r->ended = true;
    return !r->ended;
}

static uint32_t sid_of(const struct run *r, const struct rec *rec)
{
    return rec->stream < r->src->n_streams ? r->src->streams[rec->stream].sid : UINT32_MAX;
}

static bool fits(const struct run *r, uint32_t sid, uint64_t addr)
{
    return sid < r->devices && addr >> r->va_bits == 0;
}

/* A walker walks for devices that are attached. */
static bool has_tables(struct run *r, uint32_t sid)
{
    struct cosim_map m;

    if (!intent_device(r->it, sid, &m) || m.bypass)
        return false;
    r->context = (struct cosim_context){ .s1 = true, .s1_bits = (uint8_t)r->va_bits, .asid = (uint16_t)m.domain };
    return true;
}

static void begin_access(struct run *r, const struct rec *rec)
{
    uint32_t sid = sid_of(r, rec);

    if ((r->is_walker && !has_tables(r, sid)) || !fits(r, sid, rec->addr) || (r->opt->par.max_requests && r->st->requests + r->under_way >= r->opt->par.max_requests)) {
        r->st->not_used++;
        return;
    }
    r->next = (struct cosim_req){ .valid = true, .sid = sid, .addr = rec->addr, .bytes = rec->len ? rec->len : 64,
                                  .write = rec->kind == REC_WRITE, .exec = rec->flags & REC_F_EXEC,
                                  .priv = rec->flags & REC_F_PRIV };
    r->access = rec;
}

static void begin_inval(struct job *j, unsigned kind, uint64_t domain, uint64_t first, uint64_t last)
{
    j->has_inval = true;
    j->inval = (struct cosim_inval){ .valid = true, .kind = (uint8_t)kind, .domain = domain, .asid = (uint16_t)domain,
                                     .first = first, .last = last, .sid_first = (uint32_t)first,
                                     .sid_last = (uint32_t)last };
}

static void begin_software(struct run *r, const struct rec *rec, const uint64_t *w)
{
    struct job *j = &r->job;
    uint32_t sid = sid_of(r, rec);

    *j = (struct job){ .busy = true };
    switch (rec->kind) {
    case REC_ATTACH:
        j->map = (struct cosim_map){ .kind = COSIM_ATTACH, .sid = sid, .domain = w[0], .bypass = w[1] == REC_MODE_BYPASS };
        begin_inval(j, COSIM_INV_CONFIG, w[0], sid, sid);
        break;
    case REC_DETACH:
        j->map = (struct cosim_map){ .kind = COSIM_DETACH, .sid = sid, .domain = w[0] };
        begin_inval(j, COSIM_INV_CONFIG, w[0], sid, sid);
        break;
    case REC_MAP:
        j->map = (struct cosim_map){ .kind = COSIM_MAP, .domain = w[2], .iova = rec->addr, .pa = w[0],
                                     .read = w[3] & (REC_PERM_R | REC_PERM_W) || !w[3],
                                     .write = w[3] & REC_PERM_W || !w[3] };
        j->left = w[1];
        break;
    case REC_UNMAP:
        j->map = (struct cosim_map){ .kind = COSIM_UNMAP, .domain = w[1], .iova = rec->addr };
        j->left = w[0];
        if (!w[2])
            begin_inval(j, COSIM_INV_VA, w[1], rec->addr, rec->addr + w[0] - 1);
        break;
    case REC_FLUSH:
        j->map.kind = UINT8_MAX;
        begin_inval(j, COSIM_INV_ASID, w[0], 0, UINT64_MAX);
        break;
    default:
        j->busy = false;
        r->st->not_used++;
        return;
    }
    if ((rec->kind == REC_ATTACH || rec->kind == REC_DETACH) && sid >= r->devices) {
        j->busy = false;
        r->st->not_used++;
    }
}

/* The records at hand until one has to wait. */
static void take_records(struct run *r)
{
    bool serial = r->opt->par.order == 0;

    while (!r->access && !r->job.busy && !(serial && r->under_way) && next_record(r)) {
        const struct rec *rec = &r->rec[r->at++];

        r->record++;
        if (rec->kind <= REC_WRITE)
            begin_access(r, rec);
        else if (rec->words)
            begin_software(r, rec, r->ext->w);
        else
            r->st->not_used++;
        if (rec->words)
            r->ext++;
    }
}

/* ---- software ------------------------------------------------------------------------------------ */

static void encode(struct run *r, const struct cosim_map *m)
{
    const struct cosim_mem mem = { r, read64, write64, alloc };

    if (intent_apply(r->it, m, r->cycle)) {
        r->st->refused++;
        return;
    }
    if (r->ops->encode(r->dut, m, &mem))
        r->err = SIM_EENV;
    if (r->is_walker)
        intent_invalidated(r->it, &(struct cosim_inval){ .kind = COSIM_INV_ALL }, r->cycle, r->cycle);
    r->st->intents++;
}

static unsigned largest(uint64_t iova, uint64_t pa, uint64_t left)
{
    static const uint8_t sizes[] = { 30, 21 };

    for (unsigned i = 0; i < 2; i++)
        if (left >> sizes[i] && ((iova | pa) & ((1ull << sizes[i]) - 1)) == 0)
            return sizes[i];
    return 12;
}

/* One page or block a cycle, so that accesses see parts. */
static void map_step(struct run *r, struct job *j)
{
    struct cosim_map m = j->map, old;
    uint64_t bytes;

    if (m.kind == COSIM_MAP) {
        m.size_log2 = (uint8_t)largest(m.iova, m.pa, j->left);
        bytes = 1ull << m.size_log2;
    } else if (intent_lookup(r->it, m.domain, m.iova, &old)) {
        m.iova = old.iova;
        m.size_log2 = old.size_log2;
        bytes = old.iova + (1ull << old.size_log2) - j->map.iova;
    } else {
        j->map.iova += 4096;           /* a hole */
        j->left -= j->left < 4096 ? j->left : 4096;
        return;
    }
    if (m.iova >> r->va_bits == 0)
        encode(r, &m);
    else
        r->st->not_used++;
    j->map.iova += bytes;
    j->map.pa += bytes;
    j->left -= j->left < bytes ? j->left : bytes;
    if (m.kind == COSIM_UNMAP && j->has_inval && m.iova < j->inval.first)
        j->inval.first = m.iova;
    if (m.kind == COSIM_UNMAP && j->has_inval && m.iova + bytes - 1 > j->inval.last)
        j->inval.last = m.iova + (1ull << m.size_log2) - 1;
}

static void inval_step(struct run *r, struct job *j)
{
    if (!j->given) {
        j->given = r->ops->command(r->dut, &j->inval, &j->token) == 0;
        if (j->given) {
            j->given_at = r->cycle;
            r->st->commands++;
        }
        return;
    }
    if (!r->ops->command_done(r->dut, j->token))
        return;
    intent_invalidated(r->it, &j->inval, j->given_at, r->cycle);
    r->st->syncs++;
    r->st->sync_cycles += r->cycle - j->given_at;
    r->moved = r->cycle;
    j->busy = false;
}

static void software(struct run *r)
{
    struct job *j = &r->job;

    if (!j->busy)
        return;
    if (j->left) {
        map_step(r, j);
        r->moved = r->cycle;
    } else if (j->map.kind == COSIM_ATTACH || j->map.kind == COSIM_DETACH) {
        encode(r, &j->map);
        j->map.kind = UINT8_MAX;
    } else if (j->has_inval && r->ops->command) {
        inval_step(r, j);
    } else {
        j->busy = false;
    }
}

/* ---- requests and answers ------------------------------------------------------------------------ */

static uint32_t free_id(struct run *r)
{
    while (r->asked[r->next_id % IDS].live)
        r->next_id++;
    return r->next_id % IDS;
}

static void drive_request(struct run *r, struct cosim_in *in)
{
    if (!r->access || r->under_way >= r->opt->par.outstanding || (stall_now(&r->req_idle) && !r->offered))
        return;
    r->offered = true;                 /* and stays until it is taken */
    r->next.id = free_id(r);
    if (!r->is_walker) {
        in->req = r->next;
        return;
    }
    in->walk = (struct cosim_walk_req){ .valid = true, .id = r->next.id, .addr = r->next.addr, .context = &r->context };
}

static void request_taken(struct run *r)
{
    r->asked[r->next.id] = (struct asked){ r->next, r->st->requests + r->under_way, r->record, r->cycle, true };
    r->under_way++;
    r->next_id++;
    r->access = NULL;
    r->offered = false;
    r->moved = r->cycle;
}

static void wrong(struct run *r, enum verdict_kind kind, const struct asked *a, const char *expected, const char *found)
{
    struct verdict *v = verdict_add(r->v, kind, a ? (int64_t)a->number : NO_REQUEST, r->cycle);

    v->record = a ? a->record : r->record;
    snprintf(v->expected, VERDICT_TEXT, "%s", expected);
    snprintf(v->found, VERDICT_TEXT, "%s", found);
}

static enum verdict_kind kind_of(enum intent_verdict i, bool passed, const char *expected)
{
    bool should = strncmp(expected, "refused", 7) != 0;

    if (i == INTENT_STALE)
        return VERDICT_STALE;
    if (passed == should)
        return passed ? VERDICT_WRONG_ADDRESS : VERDICT_WRONG_FAULT;
    if (strstr(expected, "does not let"))
        return VERDICT_WRONG_PERMISSION;
    return passed ? VERDICT_MISSING_FAULT : VERDICT_WRONG_FAULT;
}

/* Its latency as a class: there is no trail of a design that is not ours. */
static void note_latency(struct run *r, const struct asked *a, bool passed)
{
    const struct cosim_sample s = { .request = a->number, .cycles = (uint32_t)(r->cycle - a->issued),
                                    .alone = r->under_way == 1 };

    if (r->lat && cosim_latency_add(r->lat, passed ? COSIM_CLASS_TLB_HIT : COSIM_CLASS_FAULT, &s))
        r->err = SIM_EENV;
}

static void answered(struct run *r, uint32_t id, uint8_t outcome, uint64_t addr)
{
    struct asked *a = &r->asked[id % IDS];
    bool passed = outcome == COSIM_OK || outcome == COSIM_BYPASS;
    char expected[VERDICT_TEXT], found[VERDICT_TEXT];
    enum intent_verdict i;

    snprintf(found, sizeof found, passed ? "0x%" PRIx64 : "refused", addr);
    if (id >= IDS || !a->live) {
        wrong(r, VERDICT_UNASKED, NULL, "no answer", found);
        return;
    }
    i = intent_judge(r->it, &a->req, outcome, addr, a->issued, r->cycle, expected, sizeof expected);
    r->st->old += i == INTENT_NOT_INVALIDATED;
    if (i == INTENT_STALE || i == INTENT_WRONG)
        wrong(r, kind_of(i, passed, expected), a, expected, found);
    note_latency(r, a, passed);
    a->live = false;
    r->under_way--;
    r->st->requests++;
    r->st->ok += passed;
    r->st->faults += !passed;
    r->moved = r->cycle;
}

/* A walk's answer is a block; the access's direction is judged by its permissions. */
static void walked(struct run *r, const struct cosim_walk_rsp *w)
{
    const struct asked *a = &r->asked[w->id % IDS];
    uint64_t offset = a->req.addr & ((1ull << w->size_log2) - 1);
    bool passed = !w->fault && w->perm1 & w->perm2 & (a->req.write ? 2 : 1);

    answered(r, w->id, passed ? COSIM_OK : COSIM_FAULT, passed ? w->addr + offset : 0);
}

static void take_answers(struct run *r, const struct cosim_in *in, const struct cosim_out *out)
{
    if (out->rsp.valid && in->rsp_ready)
        answered(r, out->rsp.id, out->rsp.outcome, out->rsp.addr);
    if (out->down.valid && in->down_ready)
        answered(r, out->down.id, out->down.refused ? COSIM_ABORT : COSIM_OK, out->down.addr);
    if (out->walk.valid && in->walk_rsp_ready)
        walked(r, &out->walk);
}

/* ---- clocks -------------------------------------------------------------------------------------- */

static void oldest(struct run *r)
{
    uint64_t first = r->cycle;

    for (unsigned i = 0; i < IDS && r->under_way; i++)
        if (r->asked[i].live && r->asked[i].issued < first)
            first = r->asked[i].issued;
    intent_forget(r->it, first);
}

static int clock_once(struct run *r)
{
    struct cosim_in in = { .ar_ready = false };
    struct cosim_out out = { .req_ready = false };
    bool asked;

    software(r);
    take_records(r);
    bus_drive(&r->bus, r->cycle, &in);
    drive_request(r, &in);
    in.rsp_ready = in.walk_rsp_ready = !stall_now(&r->rsp_stall);
    in.down_ready = !stall_now(&r->down_stall);
    if (r->ops->tick(r->dut, &in, &out))
        return SIM_EENV;
    asked = (in.req.valid && out.req_ready) || (in.walk.valid && out.walk_ready);
    take_answers(r, &in, &out);
    if (asked)
        request_taken(r);
    bus_take(&r->bus, r->cycle, &in, &out);
    if (r->opt->watch)
        r->opt->watch(r->opt->watch_arg, r->cycle, &in, &out);
    if ((r->cycle & 1023) == 0)
        oldest(r);
    r->cycle++;
    r->st->cycles++;
    return r->err;
}

static bool is_done(const struct run *r)
{
    return r->ended && !r->access && !r->job.busy && !r->under_way;
}

static void give_up(struct run *r)
{
    char found[VERDICT_TEXT];

    for (unsigned i = 0; i < IDS; i++)
        if (r->asked[i].live) {
            snprintf(found, sizeof found, "no answer for %" PRIu64 " cycles", r->cycle - r->asked[i].issued);
            wrong(r, VERDICT_HANG, &r->asked[i], "an answer", found);
            return;
        }
    wrong(r, VERDICT_HANG, NULL, r->job.busy ? "the invalidation completes" : "the request is taken", "nothing moves");
}

static void look_at_assertions(struct run *r)
{
    char text[VERDICT_TEXT];

    if (r->ops->errors && r->ops->errors(r->dut, text, sizeof text))
        wrong(r, VERDICT_ASSERTION, NULL, "none", text);
}

static int go(struct run *r)
{
    int err = 0;

    while (!err && !is_done(r) && r->v->total < r->opt->par.max_verdicts) {
        err = clock_once(r);
        if (r->cycle - r->moved > r->hang) {
            give_up(r);
            break;
        }
    }
    if (!err)
        look_at_assertions(r);
    return err;
}

/* ---- all together -------------------------------------------------------------------------------- */

static uint64_t built(const struct cosim_dut_ops *ops, const char *name, uint64_t otherwise)
{
    for (const struct cosim_param *p = ops->built; p && p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p->value;
    return otherwise;
}

static int make(struct run *r, struct diag *d)
{
    const struct driver_params *p = &r->opt->par;
    const struct cosim_cfg cfg = { .seed = r->opt->seed, .period_ps = COSIM_PERIOD_PS };
    char text[200] = "";

    if (!(r->ops->caps & COSIM_CAP_ENCODES) || (!r->is_walker && !r->ops->command))
        return diag_add(d, NULL, 0, 0, "%s: has no function to encode tables or to take commands", r->ops->name);
    r->mem = mem_new();
    r->it = intent_new();
    if (!r->mem || !r->it)
        return SIM_EENV;
    if (r->ops->create(&r->dut, &cfg, text, sizeof text))
        return diag_env(d, NULL, "%s: %s", r->ops->name, text[0] ? text : "could not be made");
    bus_init(&r->bus, r->mem, p, r->opt->seed);
    r->bus.asked = bus_asked;
    r->bus.wrote = bus_wrote;
    r->bus.arg = r;
    stall_init(&r->req_idle, r->opt->seed, "req", p->req_idle, p->stall_cycles);
    stall_init(&r->rsp_stall, r->opt->seed, "rsp", p->rsp_stall, p->stall_cycles);
    stall_init(&r->down_stall, r->opt->seed, "down", p->down_stall, p->stall_cycles);
    r->hang = p->hang ? p->hang : HANG_BASE + 20 * (p->latency_max + p->stall_cycles) * p->outstanding;
    if (r->opt->wave && r->ops->wave && r->ops->wave(r->dut, r->opt->wave))
        return diag_env(d, r->opt->wave, "cannot be written");
    return 0;
}

int intent_drive(const struct cosim_dut_ops *ops, const struct driver_options *opt, const struct replay_source *src,
                 struct verdicts *v, struct driver_stats *st, struct cosim_latency *l, struct diag *d)
{
    struct run *r = calloc(1, sizeof *r);
    int err = SIM_EENV;

    if (!r)
        return err;
    *r = (struct run){ .ops = ops, .opt = opt, .src = src, .v = v, .st = st, .lat = l, .next_table = TABLE_BASE,
                       .va_bits = built(ops, "va_bits", 48), .devices = built(ops, "devices", UINT32_MAX),
                       .is_walker = ops->level == COSIM_WALKER };
    err = make(r, d);
    if (!err)
        err = go(r);
    if (r->dut) {
        if (opt->coverage && ops->coverage)
            ops->coverage(r->dut, opt->coverage);
        ops->destroy(r->dut);
    }
    intent_free(r->it);
    if (r->mem)
        mem_free(r->mem);
    free(r);
    return err;
}
