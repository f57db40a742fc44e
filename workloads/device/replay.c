/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/replay_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "arch/vtd/invdesc.h"
#include "base/list.h"
#include "base/sim.h"
#include "system/ats.h"
#include "system/timed.h"

enum { INTERVALS = 200, INTERVAL_MIN = 1000 };

PARAM_ROWS(param_rows, REPLAY_PARAMS);
STAT_ROWS(stat_rows, REPLAY_STATS);
const struct comp_kind replay_kind = { "replay", param_rows, ARRAY_LEN(param_rows), stat_rows,
                                       ARRAY_LEN(stat_rows) };

/* ---- source ---------------------------------------------------------------------------------------- */

static int next_of_trace(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    return trace_next(from, rec, ext, n);
}

static const char *string_of_trace(void *from, uint32_t id)
{
    return trace_string(from, id);
}

static int rewind_trace(void *from)
{
    uint64_t at;

    return trace_seek(from, 0, &at);
}

void replay_source_trace(struct replay_source *s, struct trace_reader *r, const char *name)
{
    const struct trace_info *i = trace_info(r);

    *s = (struct replay_source){
        .from = r, .next = next_of_trace, .string = string_of_trace,
        .rewind = rewind_trace, .name = name,
        .head = &i->head, .streams = trace_streams(r), .n_streams = i->streams,
        .first_time = i->first_time,
        .accesses = i->by_kind[REC_READ] + i->by_kind[REC_WRITE] + i->by_kind[REC_ATS_REQ]
                    + i->by_kind[REC_TRANSLATED],
    };
}

/* ---- devices that read ahead ------------------------------------------------------------------------- */

static int next_ahead(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    return read_ahead_records(((struct replay *)from)->ahead, rec, ext, n);
}

static const char *string_ahead(void *from, uint32_t id)
{
    const struct replay_source *t = &((struct replay *)from)->trace;

    return t->string(t->from, id);
}

static int rewind_ahead(void *from)
{
    const struct replay_source *t = &((struct replay *)from)->trace;

    return t->rewind(t->from);
}

static int init_read_ahead(struct replay *rp)
{
    const struct replay_params *p = &rp->par;

    if (!p->speculative || rp->sys->arch != SYSTEM_SMMUV3)
        return 0;
    rp->trace = rp->src;
    rp->ahead = read_ahead_new(rp->trace.next, rp->trace.from, p->speculative, p->speculative_bytes, rp->opt.seed,
                               &rp->st.speculative, &rp->st.speculative_used);
    rp->src.from = rp;
    rp->src.next = next_ahead;
    rp->src.string = string_ahead;
    rp->src.rewind = rp->trace.rewind ? rewind_ahead : NULL;
    return rp->ahead ? 0 : SIM_EENV;
}

/* ---- begin and end ---------------------------------------------------------------------------------- */

/* system->software in functional mode: page requests are answered at once. */
static void answer_pages(void *arg)
{
    struct replay *rp = arg;
    struct page_request r;

    while (system_take_page_request(rp->sys, &r))
        host_page_request(&rp->host, &r);
}

static int init_host(struct replay *rp)
{
    int err = host_init(&rp->host, rp->sys, rp->opt.host);

    if (err)
        return err;
    rp->has_host = true;
    rp->sys->software = answer_pages;
    rp->sys->software_arg = rp;
    comp_init(&rp->host_comp, &host_kind, NULL, "host", &rp->host.par, &rp->host.st);
    return host_start(&rp->host);
}

static int init_streams(struct replay *rp)
{
    uint32_t n = rp->src.n_streams;

    rp->classes = rp->sys->classes;
    rp->hot = calloc((size_t)n * (1 + rp->classes) + 1, sizeof *rp->hot);
    rp->count = calloc((size_t)n * rp->classes + 1, sizeof *rp->count);
    if (!rp->hot || !rp->count)
        return SIM_EENV;
    for (uint32_t i = 0; i < n; i++)
        rp->hot[(size_t)i * (1 + rp->classes)] = rp->src.streams[i].sid;
    return 0;
}

static int init_counters(struct replay *rp)
{
    const struct comp *root[4 + TIMED_ROOTS_MAX] = { &rp->sys->top, &rp->comp };
    size_t n = 2;

    if (rp->has_host)
        root[n++] = &rp->host_comp;
    if (rp->sys->timed)
        n += timed_roots(rp->sys->timed, root + n);
    else if (rp->sys->ats)
        root[n++] = &rp->sys->ats->comp;
    return counters_init(&rp->counters, root, n);
}

/* What kind and flags of a record say of its request. */
static void init_forms(struct replay *rp)
{
    static const uint8_t type[REPLAY_KINDS] = {
        [REC_READ] = XL_UNTRANSLATED, [REC_WRITE] = XL_UNTRANSLATED,
        [REC_ATS_REQ] = XL_ATS_REQUEST, [REC_TRANSLATED] = XL_TRANSLATED,
    };

    for (unsigned kind = 0; kind < REPLAY_KINDS; kind++)
        for (unsigned f = 0; f < REPLAY_FLAGS; f++)
            rp->form[kind][f] = (struct xl_req){
                .write = kind == REC_WRITE, .type = type[kind],
                .has_ssid = f & REC_F_PASID, .priv = (f & REC_F_PRIV) != 0,
                .exec = (f & REC_F_EXEC) != 0, .no_write = (f & REC_F_NOW) != 0,
                .no_dir = (f & REC_F_NODIR) != 0, .speculative = (f & REC_F_SPEC) != 0,
            };
}

/* The request number at which something is to be done next. */
static void plan_event(struct replay *rp)
{
    rp->planned = rp->st.requests + (rp->warmup_left ? rp->warmup_left : rp->interval);
    rp->next_event = rp->planned;
}

/* ---- stalled accesses, without time ---------------------------------------------------------------- */

static void recorded(void *arg, const uint64_t *event)
{
    struct replay *rp = arg;
    uint64_t (*list)[REPLAY_EVENT_WORDS];

    if (!replay_answers(rp))
        return;
    list = list_grow(rp->events, rp->n_events, &rp->events_room, sizeof *list);
    if (!list) {
        rp->watch_err = SIM_EENV;
        return;
    }
    rp->events = list;
    memcpy(rp->events[rp->n_events++], event, sizeof *list);
    rp->next_event = rp->st.requests + 1;      /* after the request at hand, or the next one */
}

static void ended(void *arg, uint64_t request, const struct xl_req *req, const struct xl_result *res)
{
    struct replay *rp = arg;

    if (request < rp->opt.warmup)
        return;
    rp->outcome[XL_STALL]--;
    rp->outcome[res->outcome]++;
    if (replay_is_fault(res) && replay_note_fault(rp, req, res))
        rp->watch_err = SIM_EENV;
}

/* The host's answers to all there is, which may make for more. */
static int answer_events(struct replay *rp)
{
    int err = 0;

    for (size_t i = 0; i < rp->n_events && !err; i++) {
        uint64_t event[REPLAY_EVENT_WORDS];

        memcpy(event, rp->events[i], sizeof event);
        err = host_event(&rp->host, event);
    }
    rp->n_events = 0;
    return err ? err : rp->watch_err;
}

int replay_init(struct replay *rp, struct system *sys, const struct replay_source *src,
                const struct replay_options *opt)
{
    int err;

    *rp = (struct replay){ .sys = sys, .src = *src, .opt = *opt, .par = opt->par };
    comp_init(&rp->comp, &replay_kind, NULL, "replay", &rp->par, &rp->st);
    rp->watch = (struct system_watch){ .recorded = recorded, .ended = ended, .arg = rp };
    sys->watch = &rp->watch;
    rp->expects = src->head->raw_arch == (uint32_t)sys->arch;
    expect_init(&rp->expect, rp->expects ? opt->expect : EXPECT_NONE);
    if (opt->repeat > 1)
        rp->src.accesses *= opt->repeat;
    rp->interval = rp->par.interval ? rp->par.interval : rp->src.accesses / INTERVALS;
    if (!rp->par.interval && rp->interval < INTERVAL_MIN)
        rp->interval = INTERVAL_MIN;
    rp->warmup_left = opt->warmup;
    init_forms(rp);
    plan_event(rp);
    err = init_streams(rp);
    if (!err)
        err = init_read_ahead(rp);
    if (!err && !rp->expects)
        err = init_host(rp);
    if (!err)
        err = init_counters(rp);
    if (!err && opt->reuse)
        err = reuse_init(&rp->reuse);
    if (!err && sys->timed)
        err = replay_timed_init(rp);
    return err;
}

void replay_destroy(struct replay *rp)
{
    if (rp->has_host)
        host_destroy(&rp->host);
    counters_destroy(&rp->counters);
    expect_destroy(&rp->expect);
    reuse_destroy(&rp->reuse);
    latency_destroy(&rp->latency);
    free(rp->series);
    replay_timed_destroy(rp);
    free(rp->hot);
    free(rp->count);
    free(rp->fault);
    free(rp->events);
    read_ahead_free(rp->ahead);
    if (rp->sys)
        rp->sys->watch = NULL;
    *rp = (struct replay){ 0 };
}

/* ---- accesses ---------------------------------------------------------------------------------------- */

/* Adds the requests by stream and class to the counts that cannot overflow. */
static void fold(struct replay *rp)
{
    for (uint32_t s = 0; s < rp->src.n_streams; s++) {
        uint32_t *hot = &rp->hot[(size_t)s * (1 + rp->classes) + 1];

        for (unsigned c = 0; c < rp->classes; c++)
            rp->count[(size_t)s * rp->classes + c] += hot[c];
        memset(hot, 0, rp->classes * sizeof *hot);
    }
    rp->folded = rp->st.requests;
}

void replay_end_warmup(struct replay *rp)
{
    rp->warmup_left = 0;
    fold(rp);
    memset(rp->count, 0, (size_t)rp->src.n_streams * rp->classes * sizeof *rp->count);
    memset(rp->outcome, 0, sizeof rp->outcome);
    memset(rp->fault_code, 0, sizeof rp->fault_code);
    rp->faults = 0;
    rp->start_ps = rp->sys->now_ps;
    if (rp->opt.reuse)
        reuse_clear_counts(&rp->reuse);
    if (rp->timed)
        latency_clear(&rp->latency);
    counters_restart(&rp->counters, rp->sys->now_ps);
}

/* Records that the host has not answered; the end of the warm-up or of an interval. */
static int event(struct replay *rp)
{
    int err = 0;

    rp->next_event = rp->planned;
    if (rp->n_events && answer_events(rp))
        return SIM_EENV;
    if (rp->st.requests != rp->planned)
        return 0;
    if (rp->warmup_left)
        replay_end_warmup(rp);
    else
        err = counters_interval(&rp->counters, rp->sys->now_ps);
    plan_event(rp);
    return err;
}

int replay_note_fault(struct replay *rp, const struct xl_req *q, const struct xl_result *res)
{
    struct replay_fault *list;

    if (q->speculative)                /* nobody is told of it */
        return 0;
    rp->fault_code[res->code]++;
    if (rp->faults == REPLAY_FAULTS_MAX)
        return 0;
    list = list_grow(rp->fault, rp->faults, &rp->faults_room, sizeof *list);
    if (!list)
        return SIM_EENV;
    rp->fault = list;
    rp->fault[rp->faults++] = (struct replay_fault){
        .t_ps = rp->sys->now_ps, .iova = q->addr, .stream = q->sid, .substream = q->ssid,
        .has_substream = q->has_ssid, .write = q->write, .res = *res,
    };
    return 0;
}

static inline void request_of(struct xl_req *q, const struct replay *rp, const struct rec *r,
                              uint32_t sid)
{
    memcpy(q, &rp->form[r->kind][r->flags], sizeof *q);
    q->addr = r->addr;
    q->sid = sid;
    q->ssid = r->pasid;
}

static inline int access_of(struct replay *rp, const struct rec *r)
{
    uint32_t *hot;
    struct xl_req q;

    if (__builtin_expect(r->stream >= rp->src.n_streams, 0))
        return SIM_EINPUT;
    hot = &rp->hot[(size_t)r->stream * (1 + rp->classes)];
    request_of(&q, rp, r, hot[0]);
    system_translate(rp->sys, &q, &rp->res, &rp->trail);
    hot[1 + rp->trail.cls]++;
    rp->outcome[rp->res.outcome]++;
    if (__builtin_expect(replay_is_fault(&rp->res), 0) && replay_note_fault(rp, &q, &rp->res))
        return SIM_EENV;
    if (__builtin_expect(rp->opt.reuse, 0) && reuse_touch(&rp->reuse, r->stream, r->addr))
        return SIM_EENV;
    if (__builtin_expect(++rp->st.requests == rp->next_event, 0))
        return event(rp);
    return 0;
}

/* ---- all other records ------------------------------------------------------------------------------- */

/* Whether a raw command makes the unit forget something: what --drop-command counts. */
bool replay_is_inval(enum system_arch arch, const uint64_t *w)
{
    unsigned op;

    if (arch == SYSTEM_VTD) {
        op = (unsigned)FIELD_GET(INV, TYPE, w);
        return op >= VTD_INV_CC && op <= VTD_INV_PDEVTLB && op != VTD_INV_IEC && op != VTD_INV_WAIT;
    }
    op = (unsigned)FIELD_GET(CMD, OP, w);
    return op >= SMMUV3_CMD_CFGI_STE && op <= SMMUV3_CMD_ATC_INV;
}

static int command(struct replay *rp, const struct rec *r, const struct rec_ext *x)
{
    if (replay_is_inval(rp->sys->arch, x->w)) {
        uint64_t number = rp->invalidations++;

        for (size_t i = 0; i < rp->opt.drops; i++)
            if (rp->opt.drop[i] == number) {
                rp->st.dropped++;
                return 0;
            }
    }
    rp->st.commands++;
    return system_command(rp->sys, x->w, r->words);
}

/* Whether the oracle found the last request to be a stale use; it keeps the first 100000. */
static bool last_is_stale(const struct replay *rp)
{
    size_t n;
    uint64_t total;
    const struct system_stale *s = system_stale(rp->sys, &n, &total);

    return n && s[n - 1].request == rp->st.requests - 1;
}

static void expectation(struct replay *rp, const struct rec_ext *x)
{
    struct rec_expect e;

    if (rp->expect.level == EXPECT_NONE || !rp->st.requests)
        return;
    rec_expect_unpack(x, &e);
    if (!rp->expect.pending)
        expect_begin(&rp->expect, rp->st.requests - 1, rp->sys->now_ps, &rp->res, &rp->trail,
                     last_is_stale(rp));
    expect_take(&rp->expect, &e);
}

static int raw_record(struct replay *rp, const struct rec *r, const struct rec_ext *x)
{
    switch (r->kind) {
    case REC_COMMAND:
        return command(rp, r, x);
    case REC_TABLE:
        rp->st.tables++;
        return system_table_write(rp->sys, r->addr, x->w, r->words);
    case REC_REG:
        rp->st.registers++;
        return system_reg_write(rp->sys, (uint32_t)r->addr, x->w[0], r->len);
    case REC_CAP:
        return system_capability(rp->sys, (uint32_t)r->addr, x->w[0]);
    default:
        rp->st.not_used += r->kind != REC_MARKER && r->kind != REC_DOORBELL;
        return 0;
    }
}

/* The source's machine was reset.  The host software of an intent replay knows nothing of that. */
static bool is_reset(const struct replay *rp, const struct rec *r, const struct rec_ext *x)
{
    return r->kind == REC_MARKER && !rp->has_host && strcmp(rp->src.string(rp->src.from, (uint32_t)x->w[0]), "reset") == 0;
}

static int intent_record(struct replay *rp, const struct rec *r, const struct rec_ext *x)
{
    uint32_t sid = r->stream < rp->src.n_streams ? replay_sid(rp, r->stream) : REC_NO_STREAM;
    int err;

    switch (r->kind) {
    case REC_MAP:
    case REC_UNMAP:
    case REC_FLUSH:
    case REC_ATTACH:
    case REC_DETACH:
        err = host_record(&rp->host, r, x, sid);
        rp->st.intents += !err;
        return err;
    default:
        rp->st.not_used += r->kind != REC_MARKER && r->kind != REC_DOORBELL;
        return 0;
    }
}

int replay_record(struct replay *rp, const struct rec *r, const struct rec_ext *x)
{
    int err = 0;

    if (is_reset(rp, r, x))
        system_reset(rp->sys);
    else
        err = rp->has_host ? intent_record(rp, r, x) : raw_record(rp, r, x);
    if (err == SIM_EINPUT) {
        rp->st.refused++;
        err = 0;
    }
    return err;
}

static __attribute__((noinline)) int other_record(struct replay *rp, const struct rec *r,
                                                  const struct rec_ext *x)
{
    if (r->kind != REC_EXPECT)
        return replay_record(rp, r, x);
    expectation(rp, x);
    return 0;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static inline uint64_t time_of(const struct replay *rp, const struct rec *r)
{
    if (rp->src.head->flags & TRACE_F_ORDER_ONLY)
        return rp->records;
    return rp->round_ps + (r->time - rp->src.first_time) * rp->src.head->time_unit_ps;
}

uint64_t replay_time(const struct replay *rp, const struct rec *r)
{
    return time_of(rp, r);
}

int replay_failed(const struct replay *rp, uint64_t record, int err, struct diag *d)
{
    if (err == SIM_EINPUT)
        return diag_add(d, rp->src.name, 0, 0, "record %" PRIu64 ": an access of an unknown stream",
                        record);
    return diag_env(d, rp->src.name, "record %" PRIu64 ": %s", record,
                    rp->has_host && rp->host.why ? rp->host.why : "no memory");
}

void replay_housekeep(struct replay *rp)
{
    rp->stopped = rp->opt.stop && *rp->opt.stop;
    if (rp->st.requests - rp->folded > UINT32_MAX / 2)
        fold(rp);
    if (rp->opt.progress)
        rp->opt.progress(rp->opt.progress_arg, rp->st.requests);
}

static inline bool is_access(const struct rec *r) { return r->kind <= REC_TRANSLATED; }

/* What was expected of an access is compared when the next one comes. */
static int run_chunk(struct replay *rp, const struct rec *rec, const struct rec_ext *ext, size_t n)
{
    static const struct rec_ext none;

    if (n && is_access(rec))
        expect_end(&rp->expect);
    for (size_t i = 0; i < n; i++, rp->records++) {
        const struct rec *r = &rec[i];
        const struct rec_ext *x = r->words ? ext++ : &none;
        int err;

        rp->sys->now_ps = time_of(rp, r);
        if (__builtin_expect(is_access(r), 1)) {
            err = access_of(rp, r);
        } else {
            err = other_record(rp, r, x);
            if (i + 1 < n && is_access(r + 1))
                expect_end(&rp->expect);
        }
        if (__builtin_expect(err, 0))
            return err;
    }
    return 0;
}

/* The interval that the end cut short. */
static int last_interval(struct replay *rp)
{
    bool begun = rp->timed || rp->planned - rp->st.requests != rp->interval;

    return begun && !rp->warmup_left ? counters_interval(&rp->counters, rp->sys->now_ps) : 0;
}

bool replay_again(struct replay *rp, int *err)
{
    *err = 0;
    if (++rp->rounds >= rp->opt.repeat || !rp->src.rewind)
        return false;
    *err = rp->src.rewind(rp->src.from);
    return !*err;
}

void replay_begin_round(struct replay *rp)
{
    rp->round_ps = rp->sys->now_ps;
    system_reset(rp->sys);
}

static int run_functional(struct replay *rp, struct diag *d)
{
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n;
    int err;

    for (;;) {
        replay_housekeep(rp);
        if (rp->stopped)
            return 0;
        err = rp->src.next(rp->src.from, &rec, &ext, &n);
        if (!err && !n && replay_again(rp, &err)) {
            expect_end(&rp->expect);
            replay_begin_round(rp);
            continue;
        }
        if (err || !n)
            return err;
        err = run_chunk(rp, rec, ext, n);
        if (err)
            return replay_failed(rp, rp->records, err, d);
    }
}

int replay_run(struct replay *rp, struct diag *d)
{
    int err = rp->timed ? replay_timed_run(rp, d) : run_functional(rp, d);

    expect_end(&rp->expect);
    fold(rp);
    rp->end_ps = rp->sys->now_ps;
    return err ? err : last_interval(rp);
}
