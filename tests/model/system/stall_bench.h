/* SPDX-License-Identifier: Apache-2.0
 *
 * stall_bench.h - an SMMUv3 with and without time, streams whose faults terminate or stall, and software by
 * hand: it reads the event queue and answers.
 *
 * The unit is of the profile `tiny` with room for several misses; read by read it takes so long that a walk
 * takes 30 ns and a command 11 ns.
 */
#ifndef TESTS_MODEL_SYSTEM_STALL_BENCH_H
#define TESTS_MODEL_SYSTEM_STALL_BENCH_H
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "base/sim.h"
#include "suite.h"
#include "system/profile.h"
#include "system/smmuv3/smmuv3.h"
#include "workloads/device/replay.h"

enum { SID = 0x20, STREAMS = 4, REQUESTS = 64, PAGE = 4096, EVENTS = 64 };

#define STRTAB 0x40000000ull
#define IOVA   0x50000000ull
#define PA     0x90000000ull

struct end {                           /* of a request */
    struct xl_result res;
    uint64_t born_ps, done_ps;
    struct ledger led;
    uint8_t cls;
    bool done;
};

struct bench {
    struct diag diag;
    struct profile profile;
    struct host_params host_par;       /* what the profile says of them is not used */
    struct replay_params replay_par;
    struct system *sys;
    struct smmuv3_system *s;
    struct timed *t;                   /* NULL: without time */
    struct smmuv3_config config[STREAMS];
    uint64_t next;                     /* first free table page */
    struct system_watch watch;
    struct end end[REQUESTS];
    unsigned issued, done, order[REQUESTS];
    uint64_t event[EVENTS][EVENT_WORDS];
    unsigned events;
    bool speculative;                  /* what is issued from here on */
};

/* ---- what comes of it ------------------------------------------------------------------------------ */

static inline void bench_done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct bench *b = arg;
    struct end *e = &b->end[f->request];

    *e = (struct end){ f->res, f->led.born_ps, done_ps, f->led, f->trail.cls, true };
    b->order[b->done++] = (unsigned)f->request;
    timed_flow_free(f->t, f);
}

static inline void bench_ended(void *arg, uint64_t request, const struct xl_req *req, const struct xl_result *res)
{
    struct bench *b = arg;

    (void)req;
    b->end[request].res = *res;
    b->end[request].done = true;
    b->order[b->done++] = (unsigned)request;
}

static inline void bench_recorded(void *arg, const uint64_t *event)
{
    struct bench *b = arg;

    CU_ASSERT_FATAL(b->events < EVENTS);
    memcpy(b->event[b->events++], event, EVENT_BYTES);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

static inline uint64_t bench_io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct bench *)arg)->sys->mem, pa);
}

static inline int bench_io_write(void *arg, uint64_t pa, uint64_t v)
{
    return system_table_write(((struct bench *)arg)->sys, pa, &v, 1);
}

static inline uint64_t bench_io_alloc(void *arg, unsigned log2)
{
    struct bench *b = arg;
    uint64_t at = (b->next + bits_low(log2)) & ~bits_low(log2);

    b->next = at + (1ull << log2);
    return at;
}

/* Writes the stream's STE and CD anew. */
static inline void attach(struct bench *b, unsigned stream)
{
    const struct smmuv3_config *c = &b->config[stream];
    uint64_t w[STE_WORDS];

    smmuv3_encode_ste(c, w);
    system_table_write(b->sys, STRTAB + 64ull * (SID + stream), w, STE_WORDS);
    if (!c->s1)
        return;
    smmuv3_encode_cd(c, w);
    system_table_write(b->sys, c->s1ctxptr, w, CD_WORDS);
}

/* Every stream has an address space of its own, in which nothing is mapped; its faults stall. */
static inline void make_stream(struct bench *b, unsigned stream)
{
    struct smmuv3_config *c = &b->config[stream];

    *c = (struct smmuv3_config){ .config = STE_S1, .s1 = true, .halves = true, .asid = (uint16_t)(1 + stream),
                                 .a = true, .r = true, .s = true };
    c->s1ctxptr = bench_io_alloc(b, 12);
    c->epd[1] = true;
    c->tt[0] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = 39, .out_bits = 48, .start = 1,
                                    .base = bench_io_alloc(b, 12) };
    attach(b, stream);
}

static inline void map(struct bench *b, unsigned stream, uint64_t addr)
{
    struct table_io io = { bench_io_read, bench_io_write, bench_io_alloc, b };
    const struct smmuv3_config *c = &b->config[stream];
    const struct vmsa_table *t = c->s1 ? &c->tt[0] : &c->s2t;

    system_tick(b->sys);
    CHECK_EQ(vmsa_map(t, &io, addr, PA + (addr - IOVA), 3, vmsa_attr(t->stage, true, true)), 0);
}

static inline uint64_t page(unsigned n)
{
    return IOVA + n * (uint64_t)PAGE;
}

/* ---- a unit ---------------------------------------------------------------------------------------- */

#define SET(...) (const char *const[]){ __VA_ARGS__, NULL }

/* Any of further parameters: path, value, path, value, NULL. */
static inline void set(struct bench *b, const char *const *par)
{
    for (; par && *par; par += 2)
        CHECK_EQ(param_set_text(system_config_params(b->profile.config), par[0], par[1], &b->diag, NULL, 0, 0), 0);
}

static inline void up(struct bench *b, bool timed, const char *const *par)
{
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&b->host_par },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&b->replay_par },
    };
    const struct comp *root[2 + TIMED_FRONTS_MAX];

    memset(b, 0, sizeof *b);
    b->next = 0x80000000;
    diag_init(&b->diag);
    CU_ASSERT_EQUAL_FATAL(profile_load(&b->profile, SOURCE_DIR "/model/profiles", "tiny", false, extra,
                                       ARRAY_LEN(extra), &b->diag), 0);
    set(b, SET("smmu.stall_model", "0", "smmu.term_model", "no", "smmu.tbu.slots.n", "8", "smmu.tcu.slots.n", "8",
               "smmu.tcu.walk.n", "8", "smmu.tcu.cfg.ways", "4", "smmu.tbu.tlb.ways", "32",
               "smmu.tbu.link.interval", "0", "smmu.tcu.cfg.port.interval", "0"));
    set(b, par);
    system_config_timed(b->profile.config, timed);
    b->sys = system_new(b->profile.config, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    CHECK_EQ(system_check(b->sys), 0);
    b->s = CONTAINER_OF(b->sys, struct smmuv3_system, sys);
    b->t = b->sys->timed;
    b->watch = (struct system_watch){ .recorded = bench_recorded, .ended = bench_ended, .arg = b };
    b->sys->watch = &b->watch;
    if (b->t) {
        b->t->done = bench_done;
        b->t->done_arg = b;
        CHECK_EQ(timed_set_streams(b->t, STREAMS), 0);
        root[0] = &b->sys->top;
        for (size_t i = 0, n = 1 + timed_roots(b->t, root + 1); i < n; i++)
            CHECK_EQ(sim_elaborate(b->t->sim, root[i], &b->diag), 0);
        timed_start(b->t);
        b->t->evtq.reader = true;
    }
    system_reg_write(b->sys, 0x80, STRTAB, 8);
    system_reg_write(b->sys, 0x88, 8, 4);
    system_reg_write(b->sys, 0x20, 0xd, 4);
    for (unsigned i = 0; i < STREAMS; i++)
        make_stream(b, i);
}

/* Judged by the oracle to the end. */
static inline void down(struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    system_free(b->sys);
    profile_destroy(&b->profile);
    diag_destroy(&b->diag);
}

/* ---- time ------------------------------------------------------------------------------------------ */

static inline uint64_t now(const struct bench *b)
{
    return sim_now(b->t->sim);
}

/* Software looks into its event queue. */
static inline void read_events(struct bench *b)
{
    while (b->t && b->events < EVENTS && evtq_read(&b->t->evtq, b->event[b->events]))
        b->events++;
}

/* Until nothing happens without software, which reads what there is then. */
static inline void settle(struct bench *b)
{
    unsigned before;

    do {
        before = b->events;
        if (b->t)
            sim_run(b->t->sim);
        read_events(b);
    } while (b->events != before);
}

/* ---- requests and commands ------------------------------------------------------------------------- */

/* Which request it is.  Without time it is made at once. */
static inline unsigned issue(struct bench *b, unsigned stream, bool write, uint64_t addr)
{
    struct xl_req req = { .addr = addr, .sid = SID + stream, .write = write, .speculative = b->speculative };
    struct end *e = &b->end[b->issued];
    struct system_trail trail;
    uint64_t when_ps;
    struct flow *f;

    CU_ASSERT_FATAL(b->issued < REQUESTS);
    if (!b->t) {
        b->sys->request = b->issued;
        system_translate(b->sys, &req, &e->res, &trail);
        e->cls = trail.cls;
        e->done = e->res.outcome != XL_STALL;
        if (e->done)
            b->order[b->done++] = b->issued;
        return b->issued++;
    }
    f = timed_flow(b->t);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    f->req = req;
    f->bytes = 64;
    f->stream = stream;
    f->front = (uint16_t)b->t->ops->front_of(b->sys, req.sid);
    f->kind = write ? FLOW_WRITE : FLOW_READ;
    f->request = b->issued;
    f->born_ps = now(b);
    CU_ASSERT_TRUE_FATAL(dlink_take(&b->t->front[f->front].dev, write, now(b), &when_ps));
    timed_issue(b->t, f, now(b));
    return b->issued++;
}

static inline unsigned access(struct bench *b, unsigned stream, bool write, uint64_t addr)
{
    unsigned i = issue(b, stream, write, addr);

    settle(b);
    return i;
}

static inline void command(struct bench *b, const struct smmuv3_cmd *c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(c, w);
    CHECK_EQ(system_command(b->sys, w, CMD_WORDS), 0);
    if (b->t)
        CU_ASSERT_TRUE(timed_queue(b->t));
}

/* Without settling: several may be under way. */
static inline void resume(struct bench *b, unsigned stream, uint16_t stag, bool ac, bool ab)
{
    command(b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_RESUME, .sid_first = SID + stream, .stag = stag, .ac = ac,
                                     .ab = ab });
}

static inline void retry(struct bench *b, unsigned stream, uint16_t stag)
{
    resume(b, stream, stag, true, false);
    settle(b);
}

static inline void abort_it(struct bench *b, unsigned stream, uint16_t stag)
{
    resume(b, stream, stag, false, true);
    settle(b);
}

static inline uint16_t stag_of(const struct bench *b, unsigned event)
{
    return (uint16_t)FIELD_GET(EVENT, STAG, b->event[event]);
}

#define EVERYWHERE(b, par)                                                                         \
    for (unsigned timed_ = 0; timed_ < 2 ? (up((b), timed_, (par)), true) : false; down(b), timed_++)

#endif
