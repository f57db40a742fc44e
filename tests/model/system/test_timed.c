/* SPDX-License-Identifier: Apache-2.0
 *
 * The timed pipeline, request by request, under the profiles whose numbers can be counted by hand: a lookup
 * takes a cycle of 1000 ps, a read of a table ten.  Times are counted from when the unit is ready.
 */
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/vtd/invdesc.h"
#include "base/rng.h"
#include "base/sim.h"
#include "run_bench.h"
#include "system/smmuv3/smmuv3.h"
#include "system/smmuv3/prefetch.h"
#include "system/vtd/vtd.h"

enum { CYCLE = 1000, READ_PS = 10 * CYCLE, HIT = CYCLE, MISS = HIT + 3 * READ_PS, SID = 0x20, STREAMS = 4,
       REQUESTS = 64, PAGE = 4096, COMMAND = READ_PS + CYCLE };

#define READY 1000000000ull            /* the first commands of software are long over */
#define IOVA  0x40000000ull
#define PA    0x90000000ull

struct end { uint64_t born_ps, done_ps; struct ledger led; struct xl_result res; uint8_t cls; };

struct bench {
    struct diag diag;
    struct profile profile;
    struct host_params host_par;
    struct replay_params replay_par;
    struct system *sys;
    struct timed *t;
    struct host host;
    struct end end[REQUESTS];          /* done_ps 0: not yet */
    unsigned order[REQUESTS];          /* in which they completed */
    unsigned issued, done;
};

/* ---- a unit --------------------------------------------------------------------------------------- */

static void done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct bench *b = arg;

    b->end[f->request].done_ps = done_ps;
    b->end[f->request].led = f->led;
    b->end[f->request].res = f->res;
    b->end[f->request].cls = f->trail.cls;
    b->order[b->done++] = (unsigned)f->request;
    timed_flow_free(f->t, f);
}

/* A system by a profile and further parameters: path, value, path, value, NULL. */
static void up(struct bench *b, const char *profile, const char *const *set)
{
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&b->host_par },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&b->replay_par },
    };

    memset(b, 0, sizeof *b);
    diag_init(&b->diag);
    CU_ASSERT_EQUAL_FATAL(profile_load(&b->profile, SOURCE_DIR "/model/profiles", profile, false, extra,
                                       ARRAY_LEN(extra), &b->diag), 0);
    for (; set && *set; set += 2)
        CHECK_EQ(param_set_text(system_config_params(b->profile.config), set[0], set[1], &b->diag, NULL, 0,
                                0), 0);
    system_config_timed(b->profile.config, true);
    b->sys = system_new(b->profile.config, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->t = b->sys->timed;
    b->t->done = done;
    b->t->done_arg = b;
    CHECK_EQ(timed_set_streams(b->t, STREAMS), 0);
    CHECK_EQ(host_init(&b->host, b->sys, &b->host_par), 0);
    CHECK_EQ(host_start(&b->host), 0);
}

#define SET(...) (const char *const[]){ __VA_ARGS__, NULL }

/* Room for several misses at a time, none in another's way. */
#define WIDE                                                                                       \
    "smmu.tbu.slots.n", "8", "smmu.tcu.slots.n", "8", "smmu.tcu.walk.n", "8", "smmu.tcu.cfg.ways", \
        "4", "smmu.tbu.tlb.ways", "32", "smmu.tbu.link.interval", "0", "smmu.tcu.cfg.port.interval", "0"

/* A stream with a domain of its own, in which 16 pages are mapped. */
static void attach(struct bench *b, unsigned stream, unsigned mode)
{
    uint64_t domain = 1 + stream;

    CHECK_EQ(host_attach(&b->host, SID + stream, domain, mode), 0);
    CHECK_EQ(host_map(&b->host, domain, IOVA, PA, 16 * PAGE, REC_PERM_R | REC_PERM_W, 12), 0);
}

/* Software's first commands are carried out; then it is READY. */
static void ready(struct bench *b)
{
    const struct comp *root[2 + TIMED_FRONTS_MAX] = { &b->sys->top };
    size_t n = 1 + timed_roots(b->t, root + 1);

    for (size_t i = 0; i < n; i++)
        CHECK_EQ(sim_elaborate(b->t->sim, root[i], &b->diag), 0);
    timed_start(b->t);
    CU_ASSERT_TRUE(timed_queue(b->t));
    sim_run_to(b->t->sim, READY);
    CU_ASSERT_TRUE(cmdq_is_idle(&b->t->cmdq));
}

static void tiny(struct bench *b, const char *const *set)
{
    up(b, "tiny", set);
    attach(b, 0, REC_MODE_TRANSLATE);
    attach(b, 1, REC_MODE_TRANSLATE);
    ready(b);
}

static void down(struct bench *b)
{
    host_destroy(&b->host);
    system_free(b->sys);
    profile_destroy(&b->profile);
    diag_destroy(&b->diag);
}

/* ---- requests ------------------------------------------------------------------------------------- */

static uint64_t now(const struct bench *b)
{
    return sim_now(b->t->sim) - READY;
}

static void run_to(struct bench *b, uint64_t ps)
{
    sim_run_to(b->t->sim, READY + ps);
}

static void run(struct bench *b)
{
    CHECK_EQ(sim_run(b->t->sim), SIM_END_IDLE);
}

/* Sent at a time that is not past; which request it is. */
static unsigned issue(struct bench *b, unsigned stream, enum flow_kind kind, uint64_t addr, uint64_t at)
{
    struct flow *f = timed_flow(b->t);
    uint32_t sid = SID + stream;
    uint64_t when_ps;

    CU_ASSERT_FATAL(f != NULL && b->issued < REQUESTS);
    f->req = (struct xl_req){ .addr = addr, .sid = sid, .write = kind == FLOW_WRITE };
    f->bytes = 64;
    f->stream = stream;
    f->front = (uint16_t)b->t->ops->front_of(b->sys, sid);
    f->kind = (uint8_t)kind;
    f->request = b->issued;
    f->born_ps = READY + at;
    b->end[b->issued].born_ps = READY + at;
    CU_ASSERT_TRUE_FATAL(dlink_take(&b->t->front[f->front].dev, kind == FLOW_WRITE, sim_now(b->t->sim),
                                    &when_ps));
    timed_issue(b->t, f, READY + at);
    return b->issued++;
}

static uint64_t page(unsigned n)
{
    return IOVA + n * PAGE;
}

static uint64_t latency(const struct bench *b, unsigned i)
{
    CU_ASSERT(b->end[i].done_ps >= b->end[i].born_ps);
    return b->end[i].done_ps - b->end[i].born_ps;
}

static uint64_t cause(const struct bench *b, unsigned i, enum cause c)
{
    return (&b->end[i].led)->ps[c];
}

/* A read by itself, when ports have been left alone for a while: its latency. */
static uint64_t alone(struct bench *b, unsigned stream, uint64_t addr)
{
    unsigned i = issue(b, stream, FLOW_READ, addr, now(b) + 10 * CYCLE);

    run(b);
    return latency(b, i);
}

/* ---- commands ------------------------------------------------------------------------------------- */

/* Handed over at a time; carried out COMMAND later if the queue is idle. */
static void command(struct bench *b, uint64_t at, const uint64_t *words, unsigned n)
{
    run_to(b, at);
    CHECK_EQ(timed_command(b->t, words, n), 0);
    CU_ASSERT_TRUE(timed_queue(b->t));
}

static void tlbi(struct bench *b, uint64_t at, uint64_t addr)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .asid = 1, .first = addr }, w);
    command(b, at, w, CMD_WORDS);
}

static void sync(struct bench *b, uint64_t at)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC }, w);
    command(b, at, w, CMD_WORDS);
}

/* ---- latencies by hand ---------------------------------------------------------------------------- */

static void smmuv3_hits_in_a_cycle_and_misses_in_thirty_one(void)
{
    struct bench b;

    tiny(&b, NULL);
    CHECK_EQ(alone(&b, 0, page(0)), MISS + 2 * READ_PS);           /* STE, CD */
    CHECK_EQ(cause(&b, 0, CAUSE_CONFIG), 2 * READ_PS);
    CHECK_EQ(cause(&b, 0, CAUSE_TABLE), 3 * READ_PS);
    CHECK_EQ(b.end[0].cls, SMMUV3_CLASS_CONFIG);
    CHECK_EQ(alone(&b, 0, page(0) + 8), HIT);
    CHECK_EQ(cause(&b, 1, CAUSE_LOOKUP), HIT);
    CHECK_EQ(b.end[1].res.pa, PA + 8);
    CHECK_EQ(alone(&b, 0, page(1)), MISS);
    CHECK_EQ(b.end[2].cls, SMMUV3_CLASS_S1_3);
    CHECK_EQ(b.t->st.walks, 2);
    CHECK_EQ(b.t->walk_reads.sum, 6);
    down(&b);
}

static void smmuv3_first_access_through_stage_2_alone_takes_forty_one(void)
{
    struct bench b;

    up(&b, "tiny", NULL);
    attach(&b, 0, REC_MODE_STAGE2);
    ready(&b);
    CHECK_EQ(alone(&b, 0, page(0)), MISS + READ_PS);               /* STE */
    CHECK_EQ(alone(&b, 0, page(0)), HIT);
    CHECK_EQ(alone(&b, 0, page(1)), MISS);
    down(&b);
}

/* The TBU keeps that a stream is bypassed: after the STE was read once, one lookup is all. */
static void bypass_is_kept_in_the_tbu(void)
{
    struct bench b;

    up(&b, "tiny", NULL);
    attach(&b, 0, REC_MODE_BYPASS);
    ready(&b);
    CHECK_EQ(alone(&b, 0, page(0)), HIT + READ_PS);                /* STE */
    CHECK_EQ(alone(&b, 0, page(1000)), HIT);
    CHECK_EQ(b.end[1].res.outcome, XL_BYPASS);
    CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_BYPASS);
    CHECK_EQ(b.end[1].res.pa, page(1000));
    down(&b);
    up(&b, "tiny", SET("smmu.tbu_bypass", "no"));
    attach(&b, 0, REC_MODE_BYPASS);
    ready(&b);
    alone(&b, 0, page(0));
    CHECK_EQ(b.sys->timed->st.misses, 1);
    alone(&b, 0, page(1000));
    CHECK_EQ(b.sys->timed->st.misses, 2);
    down(&b);
}

/* While SMMUEN is 0 the TBU passes on what GBPA lets it, without asking the TCU. */
static void disabled_unit_is_not_asked(void)
{
    struct bench b;

    tiny(&b, NULL);
    system_reg_write(b.sys, 0x20, 0xc, 4);             /* CR0.SMMUEN = 0 */
    CHECK_EQ(alone(&b, 0, page(0)), 0);
    CHECK_EQ(b.end[0].res.outcome, XL_BYPASS);
    CHECK_EQ(b.sys->timed->st.misses, 0);
    down(&b);
}

/* Stage 1's three tables and the page each by three of stage 2; the CD's address, too. */
static void nested_walk_reads_fifteen_tables(void)
{
    struct bench b;

    up(&b, "tiny", NULL);
    b.host.par.max_block_log2 = 12;
    attach(&b, 0, REC_MODE_NESTED);
    ready(&b);
    CHECK_EQ(alone(&b, 0, page(0)), HIT + (1 + 3 + 1) * READ_PS + 15 * READ_PS);
    CHECK_EQ(cause(&b, 0, CAUSE_CONFIG), 5 * READ_PS);
    CHECK_EQ(cause(&b, 0, CAUSE_TABLE), 15 * READ_PS);
    CHECK_EQ(alone(&b, 0, page(1)), HIT + 15 * READ_PS);
    CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_NEST_3);
    CHECK_EQ(alone(&b, 0, page(1)), HIT);
    down(&b);
}

/* ---- hits under misses ---------------------------------------------------------------------------- */

/* Pages 1 to `misses` are missed, then two cycles later page 0, which is known, is read or written. */
static uint64_t hit_behind(const char *limit, const char *channels, unsigned misses, enum flow_kind kind,
                           struct gate_stats *st)
{
    struct bench b;
    uint64_t at, ps;
    unsigned i;

    tiny(&b, SET(WIDE, "smmu.tbu.channel.hit_under_miss", limit, "smmu.tbu.channel.channels", channels));
    alone(&b, 0, page(0));
    alone(&b, 1, page(0));
    at = now(&b) + 10 * CYCLE;
    for (i = 1; i <= misses; i++)
        issue(&b, 0, FLOW_READ, page(i), at);
    i = issue(&b, 1, kind, page(0), at + 2 * CYCLE);
    run(&b);
    ps = latency(&b, i);
    CHECK_EQ(cause(&b, i, CAUSE_SLOT) + HIT, ps);
    for (i = 1; i <= misses; i++)
        CHECK_EQ(latency(&b, i + 1), i <= 8 ? MISS : 2 * MISS);    /* 8 slots; who waited looks again */
    comp_settle(&b.sys->top);
    *st = b.t->front[0].gate.st;
    CHECK_EQ(b.t->front[0].gate.under, 0);
    down(&b);
    return ps;
}

static void hit_passes_so_many_misses_and_not_one_more(void)
{
    struct gate_stats st;

    CHECK_EQ(hit_behind("2", "one", 2, FLOW_READ, &st), HIT);
    CHECK_EQ(st.shut + st.waits, 0);
    CHECK_EQ(hit_behind("2", "one", 3, FLOW_READ, &st), MISS - 2 * CYCLE + HIT);
    CHECK_EQ(st.shut, 1);
    CHECK_EQ(st.shut_ps, MISS);
    CHECK_EQ(st.waits, 1);
    CHECK_EQ(st.wait_ps, MISS - 2 * CYCLE);
    CHECK_EQ(hit_behind("0", "one", 1, FLOW_READ, &st), MISS - 2 * CYCLE + HIT);
    CHECK_EQ(hit_behind("65535", "one", 10, FLOW_READ, &st), HIT);
    CHECK_EQ(st.shut, 0);
}

static void reads_that_are_shut_out_need_not_hold_up_writes(void)
{
    struct gate_stats st;

    CHECK_EQ(hit_behind("2", "two", 3, FLOW_WRITE, &st), HIT);
    CHECK_EQ(st.shut, 1);
    CHECK_EQ(st.waits, 0);
    CHECK_EQ(hit_behind("2", "one", 3, FLOW_WRITE, &st), MISS - 2 * CYCLE + HIT);
    CHECK_EQ(hit_behind("2", "two", 3, FLOW_READ, &st), MISS - 2 * CYCLE + HIT);
}

/* The ninth of nine misses has no slot and lets nobody pass; who misses behind it goes on in order. */
static void ninth_miss_shuts_its_channel(void)
{
    struct gate_stats st;

    CHECK_EQ(hit_behind("8", "two", 8, FLOW_READ, &st), HIT);
    CHECK_EQ(hit_behind("8", "two", 9, FLOW_READ, &st), MISS - 2 * CYCLE + HIT);
    CHECK_EQ(st.shut, 1);
    CHECK_EQ(hit_behind("65535", "one", 9, FLOW_READ, &st), HIT);
}

static void blocking_front_takes_one_miss_after_the_other(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tbu.channel.hit_under_miss", "0"));
    alone(&b, 0, page(0));
    for (unsigned i = 1; i <= 3; i++)
        issue(&b, 0, FLOW_READ, page(i), now(&b));
    run(&b);
    for (unsigned i = 1; i <= 3; i++) {
        CHECK_EQ(latency(&b, i), i * MISS);
        CHECK_EQ(b.order[i], i);
    }
    down(&b);
}

/* ---- divided -------------------------------------------------------------------------------------- */

/* Three misses of stream 0, then one of stream 1: when that is done, in walks. */
static uint64_t fourth_of_four(const char *const *set)
{
    struct bench b;
    uint64_t ps;

    tiny(&b, set);
    alone(&b, 0, page(0));
    alone(&b, 1, page(0));
    for (unsigned i = 1; i <= 3; i++)
        issue(&b, 0, FLOW_READ, page(i), now(&b));
    issue(&b, 1, FLOW_READ, page(1), now(&b));
    run(&b);
    ps = latency(&b, 5) - HIT;
    CHECK_EQ(ps % (3 * READ_PS), 0);
    CHECK_EQ(b.t->slots.used + b.t->front[0].slots.used, 0);
    down(&b);
    return ps / (3 * READ_PS);
}

/* SID is 32. */
#define PARTIES                                                                                    \
    WIDE, "smmu.parts.by", "stream", "smmu.parts.p0.first", "32", "smmu.parts.p0.last", "32",      \
        "smmu.parts.p1.first", "33", "smmu.parts.p1.last", "33"

static void arbiter_says_who_has_the_next_slot_of_the_tcu(void)
{
    CHECK_EQ(fourth_of_four(SET(WIDE, "smmu.tcu.slots.n", "1")), 4);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "1")), 4);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "1", "smmu.parts.arbiter", "round-robin")), 3);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "1", "smmu.parts.arbiter", "priority",
                                "smmu.parts.p1.priority", "1")), 2);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "1", "smmu.parts.arbiter", "priority",
                                "smmu.parts.p0.priority", "1")), 4);
}

static void party_has_no_more_slots_than_are_its(void)
{
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "3")), 2);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "3", "smmu.parts.p0.slots", "2")), 1);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "3", "smmu.parts.p1.slots", "1")), 2);
    CHECK_EQ(fourth_of_four(SET(PARTIES, "smmu.tcu.slots.n", "3", "smmu.parts.p0.tokens", "1")), 1);
}

/* One miss at a time in the TCU, and the page after it ahead; the first access is over. */
static struct smmuv3_prefetch *ahead(struct bench *b, const char *slots)
{
    tiny(b, SET("smmu.tcu.tlb.sets", "1", "smmu.tcu.tlb.ways", "16", "smmu.tcu.prefetch", "next",
                "smmu.tbu.slots.n", "8", "smmu.tcu.slots.n", slots, "smmu.tcu.walk.n", slots));
    alone(b, 0, page(0));              /* and page 1 ahead: until then no shortcut is taken */
    run_to(b, now(b) + 100 * CYCLE);
    return ((struct smmuv3_system *)b->sys)->prefetch;
}

static void what_was_prefetched_hits_and_what_is_under_way_is_late(void)
{
    struct bench b;
    struct smmuv3_prefetch *p = ahead(&b, "4");

    CHECK_EQ(p->st.kept, 1);
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(2), now(&b) + 10 * CYCLE);        /* that of page 2 is under way */
    run(&b);
    CHECK_EQ(latency(&b, 1), HIT);
    CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_TCU);
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(p->st.useful, 1);
    CHECK_EQ(p->st.late, 1);
    CHECK_EQ(p->st.kept, 2);                                       /* 3, but not 2 */
    CHECK_EQ(p->st.issued, 3);
    CHECK_EQ(b.t->busy, 0);
    down(&b);
}

static void who_has_missed_comes_before_prefetches(void)
{
    struct bench b;
    struct smmuv3_prefetch *p = ahead(&b, "1");

    issue(&b, 0, FLOW_READ, page(4), now(&b));
    issue(&b, 0, FLOW_READ, page(8), now(&b) + CYCLE);
    issue(&b, 0, FLOW_READ, page(12), now(&b) + 2 * CYCLE);
    run(&b);
    for (unsigned i = 1; i <= 3; i++)                              /* just one after the other */
        CHECK_EQ(latency(&b, i), HIT + i * 3 * READ_PS - (i - 1) * CYCLE);
    CHECK_EQ(p->st.kept, 4);
    down(&b);
}

static void prefetch_gives_up_when_an_invalidation_comes(void)
{
    struct bench b;
    struct smmuv3_prefetch *p = ahead(&b, "4");
    uint64_t at = now(&b);

    issue(&b, 0, FLOW_READ, page(4), at);                          /* page 5 ahead from MISS to 2 * MISS - HIT */
    tlbi(&b, at + MISS, page(9));
    run(&b);
    CHECK_EQ(p->st.issued, 2);
    CHECK_EQ(p->st.overtaken, 1);
    CHECK_EQ(p->st.kept, 1);
    CHECK_EQ(b.t->slots.used + b.t->walk.used, 0);
    down(&b);
}

#define BLOCK 0x80000000ull

/* A page and a block of 2 MB are known to the TLB whose path is given; each lookup of it takes 3 cycles. */
static void two_sizes(struct bench *b, const char *const *set)
{
    up(b, "tiny", set);
    attach(b, 0, REC_MODE_TRANSLATE);
    CHECK_EQ(host_map(&b->host, 1, BLOCK, BLOCK, 2 << 20, REC_PERM_R | REC_PERM_W, 21), 0);
    ready(b);
    CHECK_EQ(alone(b, 0, page(0)), 3 * CYCLE + 5 * READ_PS);
    CHECK_EQ(alone(b, 0, BLOCK), 3 * CYCLE + 2 * READ_PS);
    CHECK_EQ(alone(b, 0, BLOCK + 4096), 3 * CYCLE);
}

static void further_sizes_take_further_lookups(void)
{
    struct bench b;

    two_sizes(&b, SET("smmu.tbu.tlb.sizes", "sequential", "smmu.tbu.tlb.port.latency", "3"));
    CHECK_EQ(alone(&b, 0, page(0)), 4 * CYCLE);
    CHECK_EQ(cause(&b, 3, CAUSE_LOOKUP), 4 * CYCLE);
    CHECK_EQ(alone(&b, 0, page(1)), 4 * CYCLE + 3 * READ_PS);
    CHECK_EQ(((struct smmuv3_system *)b.sys)->tbu[0].tlb_port.st.uses, 3 + 2 + 2 + 3);     /* fills, too */
    down(&b);
    two_sizes(&b, SET("smmu.tbu.tlb.sets", "0", "smmu.tcu.tlb.sets", "1", "smmu.tcu.tlb.sizes", "sequential",
                      "smmu.tcu.tlb.port.latency", "3"));
    CHECK_EQ(alone(&b, 0, page(0)), 4 * CYCLE);
    CHECK_EQ(alone(&b, 0, page(1)), 4 * CYCLE + 3 * READ_PS);
    down(&b);
    two_sizes(&b, SET("smmu.tbu.tlb.sizes", "skewed", "smmu.tbu.tlb.port.latency", "3"));
    CHECK_EQ(alone(&b, 0, page(0)), 3 * CYCLE);
    down(&b);
}

/* A lane that a lookup has for two cycles: at 0 and 2 the one's, at 4 and 6 the other's. */
static void further_lookups_wait_for_their_port(void)
{
    struct bench b;

    two_sizes(&b, SET("smmu.tbu.tlb.sizes", "sequential", "smmu.tbu.tlb.port.latency", "3",
                      "smmu.tbu.tlb.port.interval", "2"));
    issue(&b, 0, FLOW_READ, page(0), now(&b) + 10 * CYCLE);
    issue(&b, 0, FLOW_READ, page(0) + 64, now(&b) + 10 * CYCLE);
    run(&b);
    CHECK_EQ(latency(&b, 3), 5 * CYCLE);
    CHECK_EQ(latency(&b, 4), 9 * CYCLE);
    CHECK_EQ(cause(&b, 4, CAUSE_PORT), 4 * CYCLE);
    down(&b);
}

static void split_tlb_takes_both_stages_lookups_for_a_hit(void)
{
    for (unsigned split = 0; split <= 1; split++) {
        struct bench b;

        up(&b, "tiny", SET("smmu.tcu.tlb_stages", split ? "split" : "combined", "smmu.tcu.ipa_cache", "own",
                           "smmu.tbu.tlb.sets", "0", "smmu.tcu.tlb.sets", "1", "smmu.tcu.ipa.sets", "1",
                           "smmu.tcu.ipa.ways", "16", "smmu.tcu.tlb.port.latency", "3",
                           "smmu.tcu.ipa.port.latency", "5"));
        attach(&b, 0, REC_MODE_NESTED);
        ready(&b);
        alone(&b, 0, page(0));
        CHECK_EQ(alone(&b, 0, page(0)), (split ? 3 + 5 : 3) * CYCLE);
        CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_TCU);
        down(&b);
    }
}

/* Two levels have tables below them: on one lane the second lookup begins a cycle after the first. */
static void shared_walk_cache_is_looked_up_once_for_each_level(void)
{
    for (unsigned lanes = 1; lanes <= 2; lanes++) {
        uint64_t wait = lanes == 1 ? CYCLE : 0;
        struct bench b;

        tiny(&b, SET("smmu.tcu.walk_caches", "unified", "smmu.tcu.wc.sets", "1", "smmu.tcu.wc.ways", "8",
                     "smmu.tcu.wc.port.latency", "3", "smmu.tcu.wc.port.lanes", lanes == 1 ? "1" : "2"));
        CHECK_EQ(alone(&b, 0, page(0)), MISS + 2 * READ_PS + wait + 3 * CYCLE);
        CHECK_EQ(cause(&b, 0, CAUSE_PORT), wait);
        CHECK_EQ(cause(&b, 0, CAUSE_LOOKUP), HIT + 3 * CYCLE);
        CHECK_EQ(alone(&b, 0, page(1)), HIT + wait + 3 * CYCLE + READ_PS);
        CHECK_EQ(((struct smmuv3_system *)b.sys)->wc_port.st.uses, 4);
        down(&b);
    }
}

static void vtd_takes_as_long(void)
{
    struct bench b;

    up(&b, "tiny-vtd", NULL);
    attach(&b, 0, REC_MODE_TRANSLATE);
    ready(&b);
    CHECK_EQ(alone(&b, 0, page(0)), MISS + 2 * READ_PS);           /* root, context */
    CHECK_EQ(cause(&b, 0, CAUSE_CONFIG), 2 * READ_PS);
    CHECK_EQ(b.end[0].res.pa, PA);
    CHECK_EQ(alone(&b, 0, page(0)), HIT);
    CHECK_EQ(alone(&b, 0, page(1)), MISS);
    CHECK_EQ(b.t->st.misses, 2);
    down(&b);
}

static void fault_takes_its_walk_and_is_recorded_in_memory(void)
{
    struct bench b;

    tiny(&b, NULL);
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(16), now(&b));
    run_to(&b, now(&b) + MISS - 1);
    CHECK_EQ(b.done, 1);
    run_to(&b, now(&b) + 1);
    CHECK_EQ(b.done, 2);
    CHECK_EQ(b.end[1].res.outcome, XL_FAULT);
    run_to(&b, now(&b) + READ_PS - 1);
    CHECK_EQ(b.t->evtq.prod, 0);
    run_to(&b, now(&b) + 1);
    CHECK_EQ(b.t->evtq.prod, 1);
    CHECK_EQ(alone(&b, 0, page(16)), MISS);                        /* nothing is kept of it */
    down(&b);
}

/* ---- fetchers, and what keeping and recording cost ------------------------------------------------ */

/* Two streams at once, each with an STE and a CD to be read. */
static void check_fetchers(const char *n, uint64_t wait_ps)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tcu.fetch.n", n, "smmu.timing.fetch_overhead", "3", "smmu.timing.fetch_answer", "5",
                 "smmu.timing.decode", "7", "smmu.timing.fill", "11"));
    issue(&b, 0, FLOW_READ, page(0), now(&b));
    issue(&b, 1, FLOW_READ, page(0), now(&b));
    run(&b);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQ(latency(&b, i), MISS + 2 * READ_PS + (3 + 5 + 2 * 7 + 2 * 11) * CYCLE + i * wait_ps);
        CHECK_EQ(cause(&b, i, CAUSE_SLOT), i * wait_ps);
        CHECK_EQ(cause(&b, i, CAUSE_CONFIG), 2 * READ_PS + 2 * 7 * CYCLE);
        CHECK_EQ(cause(&b, i, CAUSE_MISS), (3 + 5 + 2 * 11) * CYCLE);
    }
    CHECK_EQ(alone(&b, 0, page(1)), MISS + 11 * CYCLE);
    CHECK_EQ(b.t->fetch.st.uses, 2);
    CHECK_EQ(b.t->fetch.used, 0);
    down(&b);
}

static void so_many_configurations_are_fetched_at_a_time_as_there_are_fetchers(void)
{
    check_fetchers("0", 0);
    check_fetchers("1", 2 * READ_PS + (3 + 5 + 2 * 7) * CYCLE);
    check_fetchers("2", 0);
}

/* A stream that does not translate has no CD, and its configuration is kept as any. */
static void fetch_that_finds_nothing_is_not_answered_or_kept(void)
{
    struct bench b;

    up(&b, "tiny", SET("smmu.tcu.fetch.n", "1", "smmu.timing.fetch_overhead", "3", "smmu.timing.fetch_answer", "5",
                       "smmu.timing.fill", "11"));
    attach(&b, 0, REC_MODE_BYPASS);
    ready(&b);
    CHECK_EQ(alone(&b, 0, page(0)), HIT + READ_PS + (3 + 5 + 11) * CYCLE);
    CHECK_EQ(alone(&b, 1, page(0)), HIT + READ_PS + 3 * CYCLE);        /* its STE is not valid */
    CHECK_EQ(b.end[1].res.outcome, XL_FAULT);
    CHECK_EQ(b.t->fetch.used, 0);
    down(&b);
}

/* The address of the CD is translated by stage 2, of one table. */
static void fetcher_has_walks_of_its_own(void)
{
    for (unsigned n = 0; n <= 1; n++) {
        uint64_t first;
        struct bench b;

        up(&b, "tiny", SET("smmu.tcu.fetch.n", n ? "1" : "0", "smmu.timing.walk_overhead", "100"));
        attach(&b, 0, REC_MODE_NESTED);
        ready(&b);
        first = alone(&b, 0, page(0));
        CHECK_EQ(b.t->walk.st.uses, 1 + n);
        CHECK_EQ(cause(&b, 0, CAUSE_MISS), (1 + n) * 100 * CYCLE);
        CHECK_EQ(first, HIT + (3 + 7) * READ_PS + (1 + n) * 100 * CYCLE);
        CHECK_EQ(b.t->walk.used, 0);
        down(&b);
    }
}

static void walk_caches_may_be_looked_up_when_the_tlb_has_missed(void)
{
    for (unsigned after = 0; after <= 1; after++) {
        struct bench b;

        up(&b, "tiny", SET(WIDE, "smmu.tcu.walk_lookup", after ? "after" : "beside", "smmu.tcu.wc_s1l1.sets", "1",
                           "smmu.tcu.wc_s1l1.ways", "4", "smmu.tcu.wc_s2l1.sets", "1", "smmu.tcu.wc_s2l1.ways", "4",
                           "smmu.tcu.wc_s1.port.latency", "4", "smmu.tcu.ipa.port.latency", "6"));
        attach(&b, 0, REC_MODE_TRANSLATE);
        attach(&b, 1, REC_MODE_STAGE2);
        ready(&b);
        CHECK_EQ(alone(&b, 0, page(0)), MISS + 2 * READ_PS + after * 4 * CYCLE);
        CHECK_EQ(cause(&b, 0, CAUSE_LOOKUP), HIT + after * 4 * CYCLE);
        CHECK_EQ(alone(&b, 1, page(0)), MISS + READ_PS + after * 6 * CYCLE);
        CHECK_EQ(alone(&b, 0, page(1)), HIT + 2 * READ_PS + after * 4 * CYCLE);
        down(&b);
    }
}

/* Two faults at a time, and room for one record that waits. */
static void check_records(const char *full, uint64_t wait_ps, uint64_t lost)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.evtq.buffer", "1", "smmu.evtq.full", full, "smmu.timing.record", "2"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(16), now(&b));
    issue(&b, 0, FLOW_READ, page(17), now(&b));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS + 2 * CYCLE);
    CHECK_EQ(latency(&b, 2), MISS + wait_ps + 2 * CYCLE);
    CHECK_EQ(cause(&b, 2, CAUSE_SLOT), wait_ps);
    CHECK_EQ(cause(&b, 2, CAUSE_MISS), 2 * CYCLE);
    CHECK_EQ(b.t->evtq.st.lost, lost);
    CHECK_EQ(b.t->evtq.st.records, 2 - lost);
    down(&b);
}

static void fault_waits_for_room_for_its_record_if_none_may_be_lost(void)
{
    check_records("lose", 0, 1);
    check_records("wait", READ_PS, 0);
}

static void unit_that_is_off_costs_nothing(void)
{
    struct bench b;

    tiny(&b, SET("smmu.timing.off", "yes", "smmu.timing.data", "yes", "mem.data_llc_ps", "60000", "dev.up_ps",
                 "5000", "dev.down_ps", "7000", "dev.engine_ps", "300"));
    CHECK_EQ(alone(&b, 0, page(99)), 300 + 5000 + 60000 + 7000);
    CHECK_EQ(b.end[0].res.outcome, XL_BYPASS);
    CHECK_EQ(b.end[0].res.pa, page(99));
    CHECK_EQ(cause(&b, 0, CAUSE_DEVICE), 300);
    CHECK_EQ(cause(&b, 0, CAUSE_LINK), 12000);
    CHECK_EQ(cause(&b, 0, CAUSE_DATA), 60000);
    CHECK_EQ(b.t->st.misses, 0);
    CHECK_EQ(b.t->mem.st.table_reads, 0);
    down(&b);
}

/* ---- misses side by side -------------------------------------------------------------------------- */

/* Its answer is handed on to who waits for it, one a cycle where the port is so. */
static void check_merged(const char *interval, uint64_t next_ps)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.timing.merge", "yes", "smmu.tbu.tlb.port.interval", interval));
    alone(&b, 0, page(0));
    for (unsigned i = 0; i < 3; i++)
        issue(&b, 0, FLOW_READ, page(1) + 64 * i, now(&b) + 10 * CYCLE * (1 + i));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    for (unsigned i = 2; i < 4; i++) {
        CHECK_EQ(latency(&b, i), MISS - 10 * CYCLE * (i - 1) + (i - 1) * next_ps);
        CHECK_EQ(cause(&b, i, CAUSE_MERGE), MISS - 10 * CYCLE * (i - 1) - HIT);
        CHECK_EQ(cause(&b, i, CAUSE_LOOKUP), HIT);
        CHECK_EQ(cause(&b, i, CAUSE_PORT), (i - 1) * next_ps);
        CHECK_EQ(b.end[i].cls, SMMUV3_CLASS_MERGED);
        CHECK_EQ(b.end[i].res.pa, PA + PAGE + 64 * (i - 1));
    }
    CHECK_EQ(b.t->st.walks, 2);
    CHECK_EQ(b.t->st.merged, 2);
    down(&b);
}

static void further_misses_of_a_page_wait_for_the_first_and_have_its_answer(void)
{
    check_merged("0", 0);
    check_merged("1", CYCLE);
}

static void without_merging_each_miss_walks(void)
{
    struct bench b;

    tiny(&b, SET(WIDE));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(1) + 64, now(&b));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(b.t->st.walks, 3);
    CHECK_EQ(b.t->st.merged, 0);
    down(&b);
}

static void another_page_or_stream_is_not_merged(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.timing.merge", "yes"));
    alone(&b, 0, page(0));
    alone(&b, 1, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(2), now(&b));
    issue(&b, 1, FLOW_READ, page(1), now(&b));
    run(&b);
    for (unsigned i = 2; i < 5; i++)
        CHECK_EQ(latency(&b, i), MISS);
    CHECK_EQ(b.t->st.merged, 0);
    down(&b);
}

static void who_waited_for_a_walk_that_faulted_walks_itself(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.timing.merge", "yes"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(20), now(&b));
    issue(&b, 0, FLOW_READ, page(20), now(&b));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), 2 * MISS);
    CHECK_EQ(b.end[2].res.outcome, XL_FAULT);
    CHECK_EQ(b.t->st.walks, 3);
    down(&b);
}

/* So many walkers, five misses at a time. */
static void check_walkers(const char *n, const uint64_t *done_ps)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tcu.walk.n", n));
    alone(&b, 0, page(0));
    for (unsigned i = 1; i <= 5; i++)
        issue(&b, 0, FLOW_READ, page(i), now(&b));
    run(&b);
    for (unsigned i = 1; i <= 5; i++) {
        CHECK_EQ(latency(&b, i), HIT + done_ps[i - 1]);
        CHECK_EQ(cause(&b, i, CAUSE_SLOT), done_ps[i - 1] - 3 * READ_PS);
    }
    CHECK_EQ(b.t->walk.st.peak, strtoull(n, NULL, 10));
    down(&b);
}

static void so_many_walk_at_a_time_as_there_are_walkers(void)
{
    enum { W = 3 * READ_PS };

    check_walkers("1", (uint64_t[]){ W, 2 * W, 3 * W, 4 * W, 5 * W });
    check_walkers("2", (uint64_t[]){ W, W, 2 * W, 2 * W, 3 * W });
    check_walkers("5", (uint64_t[]){ W, W, W, W, W });
}

static void who_waited_for_a_translation_slot_looks_again(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tbu.slots.n", "1"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(1), now(&b));     /* finds what the first has brought  */
    issue(&b, 0, FLOW_READ, page(2), now(&b));     /* has the slot only after the second */
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), MISS + HIT);
    CHECK_EQ(cause(&b, 2, CAUSE_SLOT), 3 * READ_PS);
    CHECK_EQ(latency(&b, 3), 2 * MISS);
    CHECK_EQ(b.t->st.retries, 2);
    CHECK_EQ(b.t->front[0].slots.st.peak, 1);
    down(&b);
}

static void configuration_of_one_walk_outlives_its_entry_in_the_cache(void)
{
    struct bench b;

    up(&b, "tiny", SET(WIDE, "smmu.tcu.cfg.ways", "1"));
    attach(&b, 0, REC_MODE_TRANSLATE);
    attach(&b, 1, REC_MODE_STAGE2);
    ready(&b);
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));     /* hits the one configuration there is room for */
    issue(&b, 1, FLOW_READ, page(2), now(&b));     /* brings another, while the first walks        */
    run(&b);
    CHECK_EQ(b.end[1].res.pa, PA + PAGE);
    CHECK_EQ(b.end[2].res.pa, PA + 2 * PAGE);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(alone(&b, 0, page(1)), HIT);
    down(&b);
}

/* ---- order ---------------------------------------------------------------------------------------- */

static void hit_waits_for_the_miss_before_it(void)
{
    struct bench b;

    tiny(&b, SET(WIDE));
    alone(&b, 0, page(0));
    alone(&b, 1, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(0), now(&b));
    issue(&b, 0, FLOW_READ, page(0), now(&b));
    issue(&b, 0, FLOW_WRITE, page(0), now(&b));    /* a write is not among reads */
    issue(&b, 1, FLOW_READ, page(0), now(&b));     /* nor another stream         */
    run(&b);
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(latency(&b, 3), MISS);
    CHECK_EQ(cause(&b, 3, CAUSE_ORDER), MISS - HIT);
    CHECK_EQ(latency(&b, 4), MISS);
    CHECK_EQ(latency(&b, 5), HIT);
    CHECK_EQ(latency(&b, 6), HIT);
    CHECK_EQ(b.order[4], 2);
    CHECK_EQ(b.order[5], 3);
    CHECK_EQ(b.order[6], 4);
    down(&b);
}

static void writes_wait_for_writes(void)
{
    struct bench b;

    tiny(&b, SET(WIDE));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_WRITE, page(1), now(&b));
    issue(&b, 0, FLOW_WRITE, page(0), now(&b));
    issue(&b, 0, FLOW_READ, page(0), now(&b));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(cause(&b, 2, CAUSE_ORDER), MISS - HIT);
    CHECK_EQ(latency(&b, 3), HIT);
    down(&b);
}

static void without_order_a_hit_overtakes_a_miss(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "dev.order", "none"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), now(&b));
    issue(&b, 0, FLOW_READ, page(0), now(&b));
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), HIT);
    CHECK_EQ(b.order[1], 2);
    down(&b);
}

/* ---- invalidations and syncs ---------------------------------------------------------------------- */

/* A walk of page 1 begins after its lookup; an invalidation is carried out at inval_ps after the request's
 * arrival: how long the next access takes. */
static uint64_t access_after(uint64_t inval_ps, uint64_t addr, uint64_t *overtaken)
{
    const uint64_t at = 200 * CYCLE;
    struct bench b;
    uint64_t next;

    tiny(&b, SET(WIDE, "smmu.cmdq.occupy", "0"));
    alone(&b, 0, page(0));
    alone(&b, 0, page(2));
    CU_ASSERT(now(&b) < at - COMMAND);
    issue(&b, 0, FLOW_READ, page(1), at);
    tlbi(&b, at + inval_ps - COMMAND, addr);
    run(&b);
    CHECK_EQ(b.end[2].res.pa, PA + PAGE);
    CHECK_EQ(latency(&b, 2), MISS);
    next = alone(&b, 0, page(1));
    *overtaken = b.t->st.overtaken;
    down(&b);
    return next;
}

static void walk_that_an_invalidation_overtakes_keeps_nothing_it_covers(void)
{
    uint64_t n;

    CHECK_EQ(access_after(CYCLE + 1, page(1), &n), MISS);
    CU_ASSERT(n > 0);
    CHECK_EQ(access_after(MISS - 1, page(1), &n), MISS);
    CU_ASSERT(n > 0);
    CHECK_EQ(access_after(MISS + 1, page(1), &n), MISS);           /* it was kept, and removed */
    CHECK_EQ(n, 0);
}

static void invalidation_before_the_walk_overtakes_nothing(void)
{
    uint64_t n;

    CHECK_EQ(access_after(-1ull, page(1), &n), HIT);
    CHECK_EQ(n, 0);
}

static void what_an_invalidation_does_not_cover_is_kept(void)
{
    uint64_t n;

    CHECK_EQ(access_after(10 * CYCLE, page(2), &n), HIT);
    CHECK_EQ(n, 0);
}

/* Two misses of page 1 that do not merge at the TBU, the second a cycle later; an invalidation of `other` is carried
 * out at inval_ps after the first's arrival. */
static void two_misses(struct bench *b, const char *policy, const char *value, uint64_t inval_ps, uint64_t other)
{
    const uint64_t at = 200 * CYCLE;

    tiny(b, SET(WIDE, "smmu.cmdq.occupy", "0", "smmu.timing.merge", "no", "smmu.tcu.tlb.sets", "1", policy, value));
    alone(b, 0, page(0));
    alone(b, 0, page(2));
    issue(b, 0, FLOW_READ, page(1), at);
    issue(b, 0, FLOW_READ, page(1), at + CYCLE);
    tlbi(b, at + inval_ps - COMMAND, other);
    run(b);
    CHECK_EQ(b->end[2].res.pa, PA + PAGE);
    CHECK_EQ(b->end[3].res.pa, PA + PAGE);
}

static void walks_of_a_page_merge_in_the_tcu_if_it_does_that(void)
{
    struct bench b;

    two_misses(&b, "smmu.tcu.merge_walks", "no", -1ull, page(9));
    CHECK_EQ(b.t->st.merged, 0);
    CHECK_EQ(b.t->st.walks, 4);
    CHECK_EQ(latency(&b, 3), MISS);
    down(&b);
    two_misses(&b, "smmu.tcu.merge_walks", "yes", -1ull, page(9));
    CHECK_EQ(b.t->st.merged, 1);
    CHECK_EQ(b.t->st.walks, 3);
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(latency(&b, 3), MISS - CYCLE);        /* it ends with the first */
    CHECK_EQ(cause(&b, 3, CAUSE_MERGE), MISS - CYCLE - HIT);
    CHECK_EQ(((struct smmuv3_system *)b.sys)->st.transaction, 4);
    down(&b);
}

static void who_waited_for_a_walk_in_the_tcu_looks_again_after_a_while(void)
{
    const uint64_t at = 200 * CYCLE;
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tcu.tlb.sets", "1", "smmu.tcu.merge_walks", "yes", "smmu.timing.wake", "2"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), at);
    issue(&b, 0, FLOW_READ, page(1), at + CYCLE);
    run(&b);
    CHECK_EQ(latency(&b, 1), MISS);
    CHECK_EQ(latency(&b, 2), MISS - CYCLE + 2 * CYCLE);
    CHECK_EQ(cause(&b, 2, CAUSE_MERGE), MISS - CYCLE - HIT + 2 * CYCLE);
    down(&b);
}

/* Its walk is over: who waited for that does not wait for the record. */
static void who_waited_for_a_walk_does_not_wait_for_its_record(void)
{
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.tcu.merge_walks", "yes", "smmu.evtq.full", "wait", "smmu.evtq.buffer", "1",
                 "smmu.evtq.overhead", "1000"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(16), now(&b));        /* its record is written for a long time */
    issue(&b, 0, FLOW_READ, page(17), now(&b) + CYCLE);
    issue(&b, 0, FLOW_READ, page(17), now(&b) + CYCLE);
    run_to(&b, now(&b) + 3 * MISS);
    CHECK_EQ(b.done, 2);
    CHECK_EQ(b.t->st.walks, 4);        /* both have walked */
    run(&b);
    CHECK_EQ(b.done, 4);
    CHECK_EQ(b.t->evtq.st.records, 3);
    down(&b);
}

static void overtaken_walk_is_made_again_if_the_tcu_does_that(void)
{
    struct bench b;

    two_misses(&b, "smmu.tcu.overtaken", "replay", 10 * CYCLE, page(1));
    CHECK_EQ(latency(&b, 2), MISS + 3 * READ_PS);
    CHECK_EQ(alone(&b, 0, page(1)), HIT);          /* so that it was kept */
    CHECK_EQ(((struct smmuv3_system *)b.sys)->st.transaction, 5);
    down(&b);
    two_misses(&b, "smmu.tcu.overtaken", "finish", 10 * CYCLE, page(1));
    CHECK_EQ(latency(&b, 2), MISS);
    CHECK_EQ(alone(&b, 0, page(1)), MISS);
    down(&b);
}

static void nothing_is_kept_in_the_cycle_of_an_invalidation_if_that_is_dropped(void)
{
    struct bench b;

    two_misses(&b, "smmu.tcu.flush_fill", "drop", MISS + CYCLE - 1, page(9));      /* that of the second */
    CU_ASSERT(b.t->st.overtaken > 0);
    down(&b);
    two_misses(&b, "smmu.tcu.flush_fill", "keep", MISS + CYCLE - 1, page(9));
    CHECK_EQ(b.t->st.overtaken, 0);
    down(&b);
}

static void vtd_walk_that_an_invalidation_overtakes_keeps_nothing_it_covers(void)
{
    const uint64_t at = 100 * CYCLE;

    for (uint16_t other = 0; other < 2; other++) {                 /* another domain */
        uint64_t w[VTD_INV_WORDS];
        struct bench b;

        up(&b, "tiny-vtd", NULL);
        attach(&b, 0, REC_MODE_TRANSLATE);
        ready(&b);
        alone(&b, 0, page(0));
        issue(&b, 0, FLOW_READ, page(1), at);
        vtd_inv_encode(&(struct vtd_inv){ .type = VTD_INV_IOTLB, .g = 2,
                                          .did = (uint16_t)(b.host.next_asid - 1 + other) }, w);
        command(&b, at + 10 * CYCLE - COMMAND, w, 2);
        run(&b);
        CHECK_EQ(alone(&b, 0, page(1)), other ? HIT : MISS);
        CHECK_EQ(b.t->st.overtaken > 0, !other);
        down(&b);
    }
}

static void miss_does_not_wait_for_a_walk_from_before_an_invalidation(void)
{
    const uint64_t at = 100 * CYCLE;
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.timing.merge", "yes"));
    alone(&b, 0, page(0));
    issue(&b, 0, FLOW_READ, page(1), at);
    tlbi(&b, at + 10 * CYCLE - COMMAND, page(2));
    issue(&b, 0, FLOW_READ, page(1), at + 15 * CYCLE);
    run(&b);
    CHECK_EQ(b.t->st.merged, 0);
    CHECK_EQ(latency(&b, 2), MISS);
    down(&b);
}

static void lookup_waits_while_an_invalidation_has_the_port(void)
{
    const uint64_t at = 100 * CYCLE;
    struct bench b;

    tiny(&b, SET(WIDE, "smmu.cmdq.occupy", "5"));
    alone(&b, 0, page(0));
    tlbi(&b, at - COMMAND, page(9));
    issue(&b, 0, FLOW_READ, page(0), at + 2 * CYCLE);              /* the port is had until at + 5 */
    run(&b);
    CHECK_EQ(latency(&b, 1), 3 * CYCLE + HIT);
    CHECK_EQ(cause(&b, 1, CAUSE_INVAL), 3 * CYCLE);
    CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_BEHIND);
    tlbi(&b, 2 * at - COMMAND, page(9));
    issue(&b, 0, FLOW_READ, page(0), 2 * at + 5 * CYCLE);
    run(&b);
    CHECK_EQ(latency(&b, 2), HIT);
    down(&b);
}

/* A miss at 0, a sync carried out at 13, another miss at other_ps: when the sync completes. */
static uint64_t sync_beside(uint64_t other_ps)
{
    const uint64_t at = 100 * CYCLE, executed = 13 * CYCLE;
    struct bench b;
    uint64_t end, syncs;

    tiny(&b, SET(WIDE));
    alone(&b, 0, page(0));
    syncs = b.t->cmdq.st.syncs;
    issue(&b, 0, FLOW_READ, page(1), at);
    sync(&b, at + executed - COMMAND);
    issue(&b, 0, FLOW_READ, page(2), at + other_ps);
    for (end = executed; !cmdq_is_idle(&b.t->cmdq) && end < 200 * CYCLE; end++)
        run_to(&b, at + end);
    CHECK_EQ(b.t->cmdq.st.syncs, syncs + 1);
    down(&b);
    return end - 1;
}

static void sync_waits_for_what_was_in_flight_and_not_for_what_came_later(void)
{
    CHECK_EQ(sync_beside(12 * CYCLE), 12 * CYCLE + MISS);
    CHECK_EQ(sync_beside(14 * CYCLE), MISS);
}

/* In flight is what has not made its access; what goes down to the device has. */
static void sync_waits_for_the_access_and_not_for_its_way_back(void)
{
    enum { DATA = 60 * CYCLE, WAY = 500 * CYCLE };
    const uint64_t at = 100 * CYCLE;

    for (int kind = FLOW_READ; kind <= FLOW_WRITE; kind++) {
        struct bench b;

        tiny(&b, SET(WIDE, "smmu.timing.data", "yes", "mem.data_llc_ps", "60000", "dev.down_ps", "500000"));
        alone(&b, 0, page(0));
        issue(&b, 0, kind, page(1), 10 * at);
        sync(&b, 10 * at + 2 * CYCLE);
        run_to(&b, 10 * at + MISS + DATA - 1);
        CU_ASSERT_FALSE(cmdq_is_idle(&b.t->cmdq));
        run_to(&b, 10 * at + MISS + DATA);
        CU_ASSERT_TRUE(cmdq_is_idle(&b.t->cmdq));
        run(&b);
        CHECK_EQ(latency(&b, 1), MISS + DATA + (kind == FLOW_READ ? WAY : 0));
        down(&b);
    }
}

/* ---- several, and stuck --------------------------------------------------------------------------- */

/* 30 reads and writes of two streams, sent ahead. */
static void burst(struct bench *b, const char *profile)
{
    uint64_t at = 0;
    struct rng g;

    up(b, profile, NULL);
    attach(b, 0, REC_MODE_TRANSLATE);
    attach(b, 1, REC_MODE_TRANSLATE);
    ready(b);
    rng_init(&g, 1, profile);
    for (unsigned i = 0; i < 30; i++) {
        at += rng_below(&g, 20000);
        issue(b, (unsigned)rng_below(&g, 2), (enum flow_kind)rng_below(&g, 2), page((unsigned)rng_below(&g, 16)),
              at);
    }
}

static void systems_side_by_side_give_what_each_gives_alone(void)
{
    enum { N = 3 };
    static const char *const profile[N] = { "server-smmu", "server-vtd", "server-smmu" };
    struct bench *alone = calloc(N, sizeof *alone), *both = calloc(N, sizeof *both);

    for (unsigned i = 0; i < N; i++) {
        burst(&alone[i], profile[i]);
        run(&alone[i]);
        burst(&both[i], profile[i]);
    }
    for (uint64_t ps = 777; ps < 10000000; ps += 777)
        for (unsigned i = 0; i < N; i++)
            run_to(&both[i], ps);
    for (unsigned i = 0; i < N; i++) {
        CHECK_EQ(both[i].done, 30);
        for (unsigned k = 0; k < 30; k++) {
            CHECK_EQ(both[i].end[k].done_ps, alone[i].end[k].done_ps);
            for (unsigned c = 0; c < CAUSE_COUNT; c++)
                CHECK_EQ(cause(&both[i], k, c), cause(&alone[i], k, c));
        }
        down(&alone[i]);
        down(&both[i]);
    }
    free(alone);
    free(both);
}

/* A run in which somebody else has taken a slot for good. */
static char *stuck_without(struct run_bench *b, struct slots *taken)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to;

    CU_ASSERT_TRUE(slots_take(taken));
    CHECK_EQ(run_go(b), SIM_EINTERNAL);
    to = open_memstream(&text, &n);
    diag_print(&b->diag, to);
    fclose(to);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "nothing is scheduled, and these wait"));
    return text;
}

static void stuck_up(struct run_bench *b)
{
    run_load(b, "tiny");
    *run_param(b, "dev.tags") = 1;
    run_make(b, TESTS_DIR "/model/system/causes.yaml");
}

static void walk_slot_that_is_never_given_back_is_reported_with_who_waits_for_it(void)
{
    struct run_bench b;
    char *text;

    stuck_up(&b);
    text = stuck_without(&b, &b.sys->timed->walk);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "smmu.timing.request (line "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ") waits for resource smmu.tcu.walk\n"));
    free(text);
    run_free(&b);
}

static void tag_that_is_never_given_back_is_reported_with_who_waits_for_it(void)
{
    struct run_bench b;
    char *text;

    stuck_up(&b);
    text = stuck_without(&b, &b.sys->timed->front[0].dev.tags);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "driver.issue (line "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ") waits for event driver.changed\n"));
    free(text);
    run_free(&b);
}

#define TESTS(T)                                                                                   \
    T(smmuv3_hits_in_a_cycle_and_misses_in_thirty_one)                                             \
    T(smmuv3_first_access_through_stage_2_alone_takes_forty_one)                                   \
    T(bypass_is_kept_in_the_tbu) T(disabled_unit_is_not_asked)                                     \
    T(nested_walk_reads_fifteen_tables)                                                            \
    T(hit_passes_so_many_misses_and_not_one_more) T(reads_that_are_shut_out_need_not_hold_up_writes) \
    T(ninth_miss_shuts_its_channel) T(blocking_front_takes_one_miss_after_the_other)               \
    T(arbiter_says_who_has_the_next_slot_of_the_tcu) T(party_has_no_more_slots_than_are_its)       \
    T(what_was_prefetched_hits_and_what_is_under_way_is_late)                                      \
    T(who_has_missed_comes_before_prefetches) T(prefetch_gives_up_when_an_invalidation_comes)      \
    T(further_sizes_take_further_lookups) T(further_lookups_wait_for_their_port)                   \
    T(split_tlb_takes_both_stages_lookups_for_a_hit)                                               \
    T(shared_walk_cache_is_looked_up_once_for_each_level) T(vtd_takes_as_long)                     \
    T(fault_takes_its_walk_and_is_recorded_in_memory)                                              \
    T(so_many_configurations_are_fetched_at_a_time_as_there_are_fetchers)                          \
    T(fetch_that_finds_nothing_is_not_answered_or_kept) T(fetcher_has_walks_of_its_own)            \
    T(walk_caches_may_be_looked_up_when_the_tlb_has_missed)                                        \
    T(fault_waits_for_room_for_its_record_if_none_may_be_lost)                                     \
    T(who_waited_for_a_walk_in_the_tcu_looks_again_after_a_while)                                  \
    T(who_waited_for_a_walk_does_not_wait_for_its_record)                                          \
    T(unit_that_is_off_costs_nothing)                                                              \
    T(further_misses_of_a_page_wait_for_the_first_and_have_its_answer)                              \
    T(without_merging_each_miss_walks)                                                             \
    T(another_page_or_stream_is_not_merged)                                                        \
    T(walks_of_a_page_merge_in_the_tcu_if_it_does_that)                                            \
    T(overtaken_walk_is_made_again_if_the_tcu_does_that)                                           \
    T(nothing_is_kept_in_the_cycle_of_an_invalidation_if_that_is_dropped)                          \
    T(who_waited_for_a_walk_that_faulted_walks_itself)                                             \
    T(so_many_walk_at_a_time_as_there_are_walkers)                                                 \
    T(who_waited_for_a_translation_slot_looks_again)                                               \
    T(configuration_of_one_walk_outlives_its_entry_in_the_cache)                                   \
    T(hit_waits_for_the_miss_before_it)                                                            \
    T(writes_wait_for_writes)                                                                      \
    T(without_order_a_hit_overtakes_a_miss)                                                        \
    T(walk_that_an_invalidation_overtakes_keeps_nothing_it_covers)                                 \
    T(invalidation_before_the_walk_overtakes_nothing)                                              \
    T(what_an_invalidation_does_not_cover_is_kept)                                                 \
    T(vtd_walk_that_an_invalidation_overtakes_keeps_nothing_it_covers)                             \
    T(miss_does_not_wait_for_a_walk_from_before_an_invalidation)                                   \
    T(lookup_waits_while_an_invalidation_has_the_port)                                             \
    T(sync_waits_for_what_was_in_flight_and_not_for_what_came_later)                               \
    T(sync_waits_for_the_access_and_not_for_its_way_back)                                          \
    T(systems_side_by_side_give_what_each_gives_alone)                                             \
    T(walk_slot_that_is_never_given_back_is_reported_with_who_waits_for_it)                        \
    T(tag_that_is_never_given_back_is_reported_with_who_waits_for_it)
TEST_SUITE("timed", TESTS)
