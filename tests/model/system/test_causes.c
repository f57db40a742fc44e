/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the time goes is known, and not filled up: in a run in which nothing is in another's way, a
 * parameter of time that grows by so much moves the sum of its own cause by that times its uses, and no
 * other sum by a picosecond.  Every parameter in cycles or picoseconds that a profile has must have its row
 * here.
 */
#include "base/sim.h"
#include "run_bench.h"

enum { USES = 3, CAUSES_MAX = 2 };

#define NOTHING CAUSE_COUNT

/* A parameter: what it is grown by, as written; the causes that it moves together; the counters that say how
 * often: those of `uses` less those of `less`, divided by `per`. */
struct counter { const char *path, *name; };
struct row {
    const char *param;
    uint64_t grow;
    enum cause cause[CAUSES_MAX];
    struct counter uses[USES], less;
    uint64_t per;
    struct counter moved;              /* no request's cause: a counter that grows instead */
};

#define MOVES(param, cause, ...)  { param, 1, { cause, NOTHING }, { __VA_ARGS__ }, { 0 }, 1, { 0 } }
#define STAYS(param)              { param, 1, { NOTHING, NOTHING }, { { 0 } }, { 0 }, 1, { 0 } }
#define COUNTS(param, path, name, ...)                                                             \
    { param, 1, { NOTHING, NOTHING }, { __VA_ARGS__ }, { 0 }, 1, { path, name } }

/* A picosecond more for every byte of a beat makes each message longer by its bytes. */
#define BYTES(beat)                                                                                \
    { "dev.beat_ps", beat, { CAUSE_LINK, NOTHING }, { { "dev", "up_bytes" }, { "dev", "down_bytes" } }, \
      { 0 }, beat, { 0 } }

/* Both architectures'.  Tables are read for configurations and for walks.  `asked`: what goes up and comes down
 * besides reads and writes. */
#define NOTHING_ELSE { 0 }
#define COMMON(...)                                                                                    \
    { "mem.llc_ps", 1, { CAUSE_CONFIG, CAUSE_TABLE }, { { "mem", "table_reads" } },                \
      { "mem", "table_misses" }, 1, { 0 } },                                                       \
    { "mem.port_ps", 1, { CAUSE_CONFIG, CAUSE_TABLE }, { { "mem", "table_reads" } }, { 0 }, 1, { 0 } }, \
    STAYS("mem.write_ps"),             /* nobody waits for a record's */                           \
    STAYS("mem.word_ps"),                                                                          \
    { "mem.dram_ps", 1, { CAUSE_CONFIG, CAUSE_TABLE }, { { "mem", "table_misses" } }, { 0 }, 1, { 0 } }, \
    { "mem.data_llc_ps", 1, { CAUSE_DATA, NOTHING }, { { "mem", "data_accesses" } },               \
      { "mem", "data_misses" }, 1, { 0 } },                                                        \
    MOVES("mem.data_dram_ps", CAUSE_DATA, { "mem", "data_misses" }),                               \
    STAYS("host.stall_ps"),            /* nothing stalls here */                                   \
    STAYS("mem.line_ps"),                                                                          \
    MOVES("dev.up_ps", CAUSE_LINK, { "dev", "reads" }, { "dev", "writes" }, __VA_ARGS__),          \
    MOVES("dev.down_ps", CAUSE_LINK, { "dev", "reads" }, __VA_ARGS__),                             \
    MOVES("dev.engine_ps", CAUSE_DEVICE, { "dev", "reads" }, { "dev", "writes" }),                 \
    STAYS("dev.read_interval_ps"),                                                                 \
    STAYS("dev.write_interval_ps"),                                                                \
    STAYS("host.page_ps"),             /* nobody asks for a page: test_ats */                      \
    STAYS("replay.think_ps")           /* before a request begins */

#define SMMUV3_ROWS                                                                                \
    MOVES("smmu.tbu.utlb.port.latency", CAUSE_LOOKUP, { "smmu.tbu.utlb", "lookups" }),             \
    STAYS("smmu.tbu.utlb.port.interval"),                                                          \
    MOVES("smmu.tbu.tlb.port.latency", CAUSE_LOOKUP, { "smmu.tbu.tlb", "lookups" }),               \
    STAYS("smmu.tbu.tlb.port.interval"),                                                           \
    MOVES("smmu.tcu.cfg.port.latency", CAUSE_LOOKUP, { "smmu.tcu.cfg", "lookups" }),               \
    STAYS("smmu.tcu.cfg.port.interval"),                                                           \
    MOVES("smmu.tcu.tlb.port.latency", CAUSE_LOOKUP, { "smmu.tcu.tlb.port", "uses" }),             \
    STAYS("smmu.tcu.tlb.port.interval"),                                                           \
    MOVES("smmu.tcu.ipa.port.latency", CAUSE_LOOKUP, { "smmu.tcu.ipa.port", "uses" }),             \
    STAYS("smmu.tcu.ipa.port.interval"),                                                           \
    STAYS("smmu.tcu.wc_s1.port.latency"),      /* the profile has none of several levels */        \
    STAYS("smmu.tcu.wc_s1.port.interval"),                                                         \
    STAYS("smmu.tcu.wc_s2.port.latency"),                                                          \
    STAYS("smmu.tcu.wc_s2.port.interval"),                                                         \
    STAYS("smmu.tcu.wc.port.latency"),                                                             \
    STAYS("smmu.tcu.wc.port.interval"),                                                            \
    MOVES("smmu.timing.walk_overhead", CAUSE_MISS, { "smmu.timing", "walks" }),                    \
    MOVES("smmu.timing.fetch_overhead", CAUSE_MISS, { "smmu.tcu.fetch", "uses" }),                 \
    MOVES("smmu.timing.fetch_answer", CAUSE_MISS, { "smmu.tcu.fetch", "uses" }),                   \
    MOVES("smmu.timing.decode", CAUSE_CONFIG, { "smmu", "config_struct_access" }),                 \
    MOVES("smmu.timing.fill", CAUSE_MISS, { "smmu.tcu.fetch", "uses" }, { "smmu.timing", "walks" }), \
    STAYS("smmu.timing.wake"),                 /* the profile's TCU merges no walks */             \
    STAYS("smmu.timing.record"),               /* nothing faults */                                \
    MOVES("smmu.tbu.link.latency", CAUSE_LINK, { "smmu.timing", "misses" }, { "smmu.timing", "misses" }), \
    STAYS("smmu.tbu.link.interval"),                                                               \
    COUNTS("smmu.cmdq.decode", "smmu.cmdq", "busy_ps", { "smmu.cmdq", "commands" }),               \
    STAYS("smmu.cmdq.occupy"),                                                                     \
    COUNTS("smmu.cmdq.sync_ps", "smmu.cmdq", "sync_ps", { "smmu.cmdq", "syncs" }),                 \
    STAYS("smmu.evtq.read_ps"),                                                                    \
    STAYS("smmu.evtq.overhead"),                                                                   \
    STAYS("smmu.ack"),                         /* nobody drives the registers */                   \
    BYTES(32)

static const struct row smmuv3[] = {
    SMMUV3_ROWS,
    STAYS("device.atc.inval_ps"),
    STAYS("device.atc.timeout_ps"),
    STAYS("device.atc.port.latency"),
    STAYS("device.atc.port.interval"),
    COMMON(NOTHING_ELSE),
};

/* Of streams whose devices translate ahead, and one whose does not.  No invalidation is anybody's wait. */
static const struct row ats[] = {
    SMMUV3_ROWS,
    STAYS("device.atc.inval_ps"),
    STAYS("device.atc.timeout_ps"),
    MOVES("device.atc.port.latency", CAUSE_LOOKUP, { "device.atc.lines.port", "uses" }),
    STAYS("device.atc.port.interval"),
    COMMON({ "device", "requests" }),
};

static const struct row vtd[] = {
    MOVES("vtd.iotlb.port.latency", CAUSE_LOOKUP, { "vtd.iotlb", "lookups" }),
    STAYS("vtd.iotlb.port.interval"),
    MOVES("vtd.cc.port.latency", CAUSE_LOOKUP, { "vtd.cc", "lookups" }),
    STAYS("vtd.cc.port.interval"),
    STAYS("vtd.pc.port.latency"),              /* the workload is in legacy mode */
    STAYS("vtd.pc.port.interval"),
    STAYS("vtd.gpa.port.latency"),
    STAYS("vtd.gpa.port.interval"),
    STAYS("vtd.fwc_port.latency"),
    STAYS("vtd.fwc_port.interval"),
    STAYS("vtd.iec.port.latency"),             /* nor has it interrupts: test_vtd_ir */
    STAYS("vtd.iec.port.interval"),
    MOVES("vtd.wc_port.latency", CAUSE_LOOKUP, { "vtd.wc_port", "uses" }),
    STAYS("vtd.wc_port.interval"),
    MOVES("vtd.timing.walk_overhead", CAUSE_MISS, { "vtd.timing", "walks" }),
    MOVES("vtd.timing.fetch_overhead", CAUSE_MISS, { "vtd.fetch", "uses" }),
    MOVES("vtd.timing.fetch_answer", CAUSE_MISS, { "vtd.fetch", "uses" }),
    MOVES("vtd.timing.decode", CAUSE_CONFIG, { "vtd", "root_reads" }, { "vtd", "context_reads" }),
    MOVES("vtd.timing.fill", CAUSE_MISS, { "vtd.fetch", "uses" }, { "vtd.timing", "walks" }),
    STAYS("vtd.timing.wake"),
    STAYS("vtd.timing.record"),
    COUNTS("vtd.iq.decode", "vtd.iq", "busy_ps", { "vtd.iq", "commands" }),
    STAYS("vtd.iq.occupy"),
    STAYS("vtd.ack"),                          /* the driver's own time */
    COUNTS("vtd.iq.sync_ps", "vtd.iq", "sync_ps", { "vtd.iq", "syncs" }),
    BYTES(74),
    STAYS("device.atc.inval_ps"),
    STAYS("device.atc.timeout_ps"),
    STAYS("device.atc.port.latency"),
    STAYS("device.atc.port.interval"),
    COMMON(NOTHING_ELSE),
};

/* The clock's period is grown by itself: it moves what all parameters in cycles move, each by its cycles. */
static bool is_clock(const char *path)
{
    const char *end = strrchr(path, '.');

    return strcmp(end, ".period_ps") == 0;
}

/* ---- one architecture ---------------------------------------------------------------------------- */

struct arch {
    const char *profile, *workload, *clock;
    bool ats;                          /* devices have an ATC */
    const struct row *row;
    size_t rows;
    uint64_t period_ps;
    struct run_bench base;
    bool met[64];                      /* [rows] by a parameter of the profile */
};

static void serial(struct run_bench *b, const struct arch *a)
{
    run_load(b, a->profile);
    b->par.arrival = REPLAY_SERIAL;
    if (!a->ats)
        return;
    *run_param(b, "smmu.ats") = 1;
    *run_param(b, "device.atc.sets") = 16;
}

static void arch_up(struct arch *a)
{
    serial(&a->base, a);
    a->period_ps = *run_param(&a->base, a->clock);
    run_make(&a->base, a->workload);
    CHECK_EQ(run_go(&a->base), 0);
    CHECK_EQ(run_cause(&a->base, CAUSE_PORT) + run_cause(&a->base, CAUSE_INVAL) +
             run_cause(&a->base, CAUSE_SLOT) + run_cause(&a->base, CAUSE_MERGE) +
             run_cause(&a->base, CAUSE_ORDER), 0);             /* nothing is in another's way */
}

static const struct row *find(struct arch *a, const char *path)
{
    for (size_t i = 0; i < a->rows; i++)
        if (strcmp(a->row[i].param, path) == 0) {
            a->met[i] = true;
            return &a->row[i];
        }
    fprintf(stderr, "\n%s: %s is a time, and it is not known what it moves\n", a->profile, path);
    CU_FAIL("a parameter of time without a row");
    return NULL;
}

static uint64_t count(const struct arch *a, const struct counter *c)
{
    return c->path ? run_counter(&a->base, c->path, c->name) : 0;
}

static uint64_t uses(const struct arch *a, const struct row *r)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < USES; i++)
        n += count(a, &r->uses[i]);
    return n - count(a, &r->less);
}

static bool is_own(const struct row *r, enum cause c)
{
    return r->cause[0] == c || r->cause[1] == c;
}

/* In a run with the parameter grown: its own causes have moved by `by`, all others not at all. */
static void check_sums(const struct arch *a, const struct run_bench *b, const struct row *r, uint64_t by)
{
    uint64_t own = 0;

    for (unsigned c = 0; c < CAUSE_COUNT; c++) {
        uint64_t moved = run_cause(b, c) - run_cause(&a->base, c);

        if (is_own(r, c)) {
            own += moved;
        } else if (moved) {
            fprintf(stderr, "\n%s moves %s by %" PRIu64 " ps\n", r->param, cause_name[c], moved);
            CU_FAIL("another cause moved");
        }
    }
    if (own != by)
        fprintf(stderr, "\n%s moves its cause by %" PRId64 " ps, expected %" PRIu64 "\n", r->param,
                (int64_t)own, by);
    CU_ASSERT(own == by);
}

static void check_row(struct arch *a, const char *path, const struct row *r, bool cycles)
{
    uint64_t per_use = r->grow * (cycles ? a->period_ps : 1), n = uses(a, r);
    struct run_bench b;

    serial(&b, a);
    *run_param(&b, path) += r->grow;
    run_make(&b, a->workload);
    CHECK_EQ(run_go(&b), 0);
    check_sums(a, &b, r, r->cause[0] == NOTHING ? 0 : n * per_use / r->per);
    if (r->cause[0] != NOTHING || r->moved.path)
        CU_ASSERT(n > 0);                                      /* the workload comes by */
    if (r->moved.path)
        CHECK_EQ(run_counter(&b, r->moved.path, r->moved.name) - count(a, &r->moved), n * per_use);
    run_free(&b);
}

/* What a cycle longer by a picosecond adds to a cause. */
static uint64_t cycles_of(struct arch *a, enum cause c)
{
    struct param_set *set = system_config_params(a->base.profile.config);
    uint64_t sum = 0, *word;

    for (size_t i = 0; i < a->rows; i++) {
        const struct param_row *row = param_find(set, a->row[i].param, &word);

        if (row && strcmp(row->unit, "cycles") == 0 && a->row[i].cause[0] == c)
            sum += *word * uses(a, &a->row[i]);
    }
    return sum;
}

static void check_clock(struct arch *a, const char *path)
{
    struct run_bench b;

    serial(&b, a);
    *run_param(&b, path) += 1;
    run_make(&b, a->workload);
    CHECK_EQ(run_go(&b), 0);
    for (unsigned c = 0; c < CAUSE_COUNT; c++)
        CHECK_EQ(run_cause(&b, c) - run_cause(&a->base, c), cycles_of(a, c));
    CU_ASSERT(cycles_of(a, CAUSE_LOOKUP) > 0);
    run_free(&b);
}

static void check_param(struct arch *a, const char *path, bool cycles)
{
    const struct row *r;

    if (is_clock(path)) {
        check_clock(a, path);
        return;
    }
    r = find(a, path);
    if (r)
        check_row(a, path, r, cycles);
}

static void check_arch(struct arch *a)
{
    struct param_set *set;

    arch_up(a);
    set = system_config_params(a->base.profile.config);
    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->sec[i].n; j++) {
            const struct param_row *row = &set->sec[i].row[j];
            bool cycles = strcmp(row->unit, "cycles") == 0;
            char path[200];

            snprintf(path, sizeof path, "%s.%s", set->sec[i].path, row->name);
            if (cycles || strcmp(row->unit, "ps") == 0)
                check_param(a, path, cycles);
        }
    for (size_t i = 0; i < a->rows; i++) {
        if (!a->met[i])
            fprintf(stderr, "\n%s: there is no parameter %s\n", a->profile, a->row[i].param);
        CU_ASSERT(a->met[i]);
    }
    run_free(&a->base);
}

static void every_time_of_an_smmuv3_moves_its_own_cause_and_no_other(void)
{
    struct arch a = { .profile = "server-smmu", .workload = TESTS_DIR "/model/system/causes.yaml",
                      .clock = "smmu.clk.period_ps", .row = smmuv3, .rows = ARRAY_LEN(smmuv3) };

    check_arch(&a);
}

static void every_time_of_an_smmuv3_with_ats_moves_its_own_cause_and_no_other(void)
{
    struct arch a = { .profile = "server-smmu", .workload = TESTS_DIR "/model/system/causes-ats.yaml",
                      .clock = "smmu.clk.period_ps", .ats = true, .row = ats, .rows = ARRAY_LEN(ats) };

    check_arch(&a);
}

static void every_time_of_a_vtd_unit_moves_its_own_cause_and_no_other(void)
{
    struct arch a = { .profile = "server-vtd", .workload = TESTS_DIR "/model/system/causes-vtd.yaml",
                      .clock = "vtd.clk.period_ps", .row = vtd, .rows = ARRAY_LEN(vtd) };

    check_arch(&a);
}

/* ---- stalls ---------------------------------------------------------------------------------------- */

static void let_stall(struct run_bench *b)
{
    *run_param(b, "smmu.stall_model") = 0;
    *run_param(b, "host.stall") = HOST_STALL_MAP;
}

static void answer_moves_the_wait_for_it_and_no_other_cause(void)
{
    const char *workload = TESTS_DIR "/model/system/causes-stalls.yaml";
    struct run_bench b[2];

    for (unsigned i = 0; i < 2; i++) {
        run_load(&b[i], "server-smmu");
        b[i].par.arrival = REPLAY_SERIAL;
        let_stall(&b[i]);
        *run_param(&b[i], "host.stall_ps") += i;
        run_make(&b[i], workload);
        CHECK_EQ(run_go(&b[i]), 0);
    }
    for (unsigned c = 0; c < CAUSE_COUNT; c++)
        CHECK_EQ(run_cause(&b[1], c) - run_cause(&b[0], c), c == CAUSE_STALL ? b[0].rp.host.st.stalls : 0);
    CU_ASSERT(b[0].rp.host.st.stalls > 500);
    CHECK_EQ(b[0].rp.host.st.stalls, b[0].rp.host.st.demand_maps);
    CHECK_EQ(b[0].rp.outcome[XL_OK], 3000);
    for (unsigned i = 0; i < 2; i++)
        run_free(&b[i]);
}

/* ---- in each other's way ------------------------------------------------------------------------- */

/* Both sides are counted apart: causes when time is charged, latencies from birth to end. */
static void check_adds_up(const struct run_bench *b, const char *top)
{
    const struct latency *l = &b->rp.latency;
    uint64_t total = 0, requests = 0;

    for (size_t i = 0; i < (size_t)l->streams * l->classes; i++) {
        uint64_t sum = 0;

        if (!l->cell[i])
            continue;
        for (unsigned c = 0; c < CAUSE_COUNT; c++)
            sum += l->cell[i]->sum_ps[c];
        CHECK_EQ(sum, l->cell[i]->hist.sum);
        CHECK_EQ(l->cell[i]->count, l->cell[i]->hist.count);
        total += sum;
        requests += l->cell[i]->count;
    }
    CHECK_EQ(total, run_counter(b, top, "latency_ps"));
    CHECK_EQ(requests, run_counter(b, top, "requests"));
    CHECK_EQ(requests, 3000);
}

static void causes_add_up_to_latencies_by_stream_and_class(void)
{
    static const struct { const char *profile, *top, *workload; bool stall; } of[] = {
        { "server-smmu", "smmu.timing", TESTS_DIR "/model/system/causes.yaml", false },
        { "embedded-smmu", "smmu.timing", TESTS_DIR "/model/system/causes.yaml", false },
        { "tiny", "smmu.timing", TESTS_DIR "/model/system/causes.yaml", false },
        { "server-vtd", "vtd.timing", TESTS_DIR "/model/system/causes-vtd.yaml", false },
        { "server-smmu", "smmu.timing", TESTS_DIR "/model/system/causes-stalls.yaml", true },
    };
    uint64_t met[CAUSE_COUNT] = { 0 };
    struct run_bench b;

    for (size_t i = 0; i < ARRAY_LEN(of); i++) {
        run_load(&b, of[i].profile);
        b.par.arrival = REPLAY_CLOSED;
        if (of[i].stall)
            let_stall(&b);
        run_make(&b, of[i].workload);
        CHECK_EQ(run_go(&b), 0);
        check_adds_up(&b, of[i].top);
        for (unsigned c = 0; c < CAUSE_COUNT; c++)
            met[c] += run_cause(&b, c);
        run_free(&b);
    }
    for (unsigned c = 0; c < CAUSE_COUNT; c++) {
        if (c == CAUSE_PAGE)           /* test_ats */
            continue;
        if (!met[c])
            fprintf(stderr, "\nno request met %s\n", cause_name[c]);
        CU_ASSERT(met[c] > 0);
    }
}

#define TESTS(T)                                                                                   \
    T(every_time_of_an_smmuv3_moves_its_own_cause_and_no_other)                                    \
    T(every_time_of_an_smmuv3_with_ats_moves_its_own_cause_and_no_other)                           \
    T(every_time_of_a_vtd_unit_moves_its_own_cause_and_no_other)                                   \
    T(answer_moves_the_wait_for_it_and_no_other_cause)                                             \
    T(causes_add_up_to_latencies_by_stream_and_class)
TEST_SUITE("causes", TESTS)
