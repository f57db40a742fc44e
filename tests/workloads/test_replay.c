/* SPDX-License-Identifier: Apache-2.0
 *
 * A system whose answers the test writes down, and a source that is an array of records: what is tested is
 * what goes in, in which order, and how the answers are judged and counted.
 */
#include "workloads/device/replay.h"

#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/event.h"
#include "base/sim.h"
#include "suite.h"

enum { RECORDS_MAX = 4096, CALLS_MAX = 64 };

/* What the replay asked of the system, in order: "T sid addr", "C word", "R offset value". */
struct call { char what; uint64_t a, b, now_ps, request; };

#define FAKE_STATS(S) S(lookups, "1", "lookups") S(hits, "1", "hits")
struct fake_stats { STAT_FIELDS(FAKE_STATS) };
STAT_ROWS(fake_rows, FAKE_STATS);
static const struct comp_kind fake_kind = { "fake", NULL, 0, fake_rows, ARRAY_LEN(fake_rows) };

struct bench {
    struct system sys;
    struct fake_stats st;
    struct xl_result res;              /* the answer to every request */
    struct system_trail trail;
    struct call call[CALLS_MAX];
    unsigned calls;
    int command_error;

    struct trace_header head;
    struct trace_stream stream[2];
    struct rec rec[RECORDS_MAX];
    struct rec_ext ext[RECORDS_MAX];
    size_t n, n_ext, given;
    volatile int stop;
    struct replay_options opt;
    struct replay rp;
    struct diag d;
};

/* ---- the system ------------------------------------------------------------------------------------ */

static void note(struct system *s, char what, uint64_t a, uint64_t b)
{
    struct bench *x = CONTAINER_OF(s, struct bench, sys);

    if (x->calls < CALLS_MAX)
        x->call[x->calls++] = (struct call){ what, a, b, s->now_ps, s->request };
}

static void translate(struct system *s, const struct xl_req *q, struct xl_result *res,
                      struct system_trail *trail)
{
    struct bench *x = CONTAINER_OF(s, struct bench, sys);

    note(s, q->speculative ? 'S' : q->no_dir ? 'N' : q->write ? 'W' : 'T', q->sid, q->addr);
    x->st.lookups++;
    x->st.hits += q->addr & 1;
    *res = x->res;
    *trail = x->trail;
}

static int command_op(struct system *s, const uint64_t *w, unsigned n)
{
    note(s, 'C', w[0], n);
    return CONTAINER_OF(s, struct bench, sys)->command_error;
}

static int reg_write(struct system *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    (void)bytes;
    note(s, 'R', offset, value);
    return 0;
}

static int capability(struct system *s, uint32_t offset, uint64_t value)
{
    note(s, 'I', offset, value);
    return 0;
}

static void reset(struct system *s)
{
    note(s, 'Z', 0, 0);
}

static const struct system_ops ops = {
    .translate = translate, .command = command_op, .reg_write = reg_write, .capability = capability,
    .reset = reset,
};
static const char *const classes[] = { "hit", "miss", "fault" };

/* ---- the source ------------------------------------------------------------------------------------- */

static int next(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    struct bench *b = from;

    *rec = b->rec;
    *ext = b->ext;
    *n = b->given ? 0 : b->n;
    b->given = 1;
    return 0;
}

static const char *string(void *from, uint32_t id)
{
    (void)from;
    return id == 1 ? "reset" : id == 2 ? "odd-fault" : "";
}

static void add(struct bench *b, struct rec r, const struct rec_ext *x)
{
    CU_ASSERT_FATAL(b->n < RECORDS_MAX);
    if (r.words)
        b->ext[b->n_ext++] = *x;
    b->rec[b->n++] = r;
}

static void add_words(struct bench *b, unsigned kind, uint64_t addr, unsigned words, uint64_t w0)
{
    add(b, (struct rec){ .kind = (uint8_t)kind, .addr = addr, .time = b->n, .len = 8,
                         .words = (uint16_t)words, .stream = REC_NO_STREAM },
        &(struct rec_ext){ { w0 } });
}

static void add_access(struct bench *b, uint32_t stream, uint64_t addr)
{
    add(b, (struct rec){ .kind = REC_READ, .addr = addr, .time = b->n, .stream = stream }, NULL);
}

static void add_expect(struct bench *b, struct rec_expect e)
{
    struct rec_ext x = { { 0 } };
    uint16_t n = rec_expect_pack(&e, &x);

    add(b, (struct rec){ .kind = REC_EXPECT, .time = b->n, .words = n, .stream = REC_NO_STREAM }, &x);
}

/* ---- bench ------------------------------------------------------------------------------------------ */

static void up(struct bench *b)
{
    *b = (struct bench){ .sys = { .ops = &ops, .arch = SYSTEM_SMMUV3, .class_name = classes,
                                  .classes = ARRAY_LEN(classes) },
                         .head = { .raw_arch = TRACE_ARCH_SMMUV3, .time_unit_ps = 1000 },
                         .stream = { { .sid = 0x100 }, { .sid = 0x18 } },
                         .opt = { .expect = EXPECT_FULL } };
    b->sys.mem = mem_new();
    b->res = (struct xl_result){ .outcome = XL_OK, .pa = 0x41000 };
    diag_init(&b->d);
    comp_init(&b->sys.top, &fake_kind, NULL, "top", NULL, &b->st);
    b->sys.top.bits = 64;
}

static int run(struct bench *b)
{
    struct replay_source src = { .from = b, .next = next, .string = string, .name = "a.trc",
                                 .head = &b->head, .streams = b->stream, .n_streams = 2,
                                 .accesses = b->n };

    b->opt.stop = &b->stop;
    CHECK_EQ(replay_init(&b->rp, &b->sys, &src, &b->opt), 0);
    return replay_run(&b->rp, &b->d);
}

static void down(struct bench *b)
{
    replay_destroy(&b->rp);
    mem_free(b->sys.mem);
    diag_destroy(&b->d);
    free(b);
}

static struct bench *fresh(void)
{
    struct bench *b = malloc(sizeof *b);

    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    up(b);
    return b;
}

static void check_call(const struct bench *b, unsigned i, char what, uint64_t a, uint64_t c)
{
    CU_ASSERT_FATAL(i < b->calls);
    CHECK_EQ(b->call[i].what, what);
    CHECK_EQ(b->call[i].a, a);
    CHECK_EQ(b->call[i].b, c);
}

static void check_kind(const struct bench *b, enum expect_kind k, uint64_t agreed, uint64_t compared)
{
    CHECK_EQ(b->rp.expect.agreed[k], agreed);
    CHECK_EQ(b->rp.expect.compared[k], compared);
}

static void check_row(const struct bench *b, size_t i, uint64_t request, enum expect_kind kind,
                      bool intended, uint64_t expected, uint64_t found)
{
    const struct expect_row *r = &b->rp.expect.row[i];

    CU_ASSERT_FATAL(i < b->rp.expect.rows);
    CHECK_EQ(r->request, request);
    CHECK_EQ(r->kind, kind);
    CHECK_EQ(r->intended, intended);
    CHECK_EQ(r->expected, expected);
    CHECK_EQ(r->found, found);
}

static const struct rec_expect logged_ok = { .source = REC_LOGGED, .outcome = REC_O_OK, .has_pa = true,
                                             .pa = 0x41000 };
static const struct rec_expect intended_fault = { .source = REC_INTENDED, .outcome = REC_O_FAULT,
                                                  .code = SMMUV3_F_TRANSLATION };

/* ---- what goes in ------------------------------------------------------------------------------------ */

static void raw_records_reach_the_system_in_order(void)
{
    struct bench *b = fresh();

    add_words(b, REC_CAP, 4, 1, 0x55);
    add_words(b, REC_TABLE, 0x8000, 2, 0x77);
    add_words(b, REC_REG, 0x20, 1, 1);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_SYNC);
    add_access(b, 1, 0x1234);
    add_words(b, REC_MARKER, 0, 1, 1);
    add_words(b, REC_MARKER, 0, 1, 2);
    add_words(b, REC_MAP, 0x9000, 5, 0);
    add_words(b, REC_DOORBELL, 0, 0, 0);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->calls, 5);
    check_call(b, 0, 'I', 4, 0x55);
    check_call(b, 1, 'R', 0x20, 1);
    check_call(b, 2, 'C', SMMUV3_CMD_SYNC, 2);
    check_call(b, 3, 'T', 0x18, 0x1234);
    check_call(b, 4, 'Z', 0, 0);
    CHECK_EQ(mem_read64(b->sys.mem, 0x8000), 0x77);
    CHECK_EQ(b->rp.st.tables, 1);
    CHECK_EQ(b->rp.st.commands, 1);
    CHECK_EQ(b->rp.st.not_used, 1);
    down(b);
}

static void time_is_the_traces_from_its_first_record(void)
{
    struct bench *b = fresh();

    add_access(b, 0, 0);
    add_access(b, 0, 0);
    b->rec[0].time = 5;
    b->rec[1].time = 9;
    b->rp = (struct replay){ 0 };
    struct replay_source src = { .from = b, .next = next, .string = string, .name = "a.trc",
                                 .head = &b->head, .streams = b->stream, .n_streams = 2,
                                 .first_time = 5 };
    CHECK_EQ(replay_init(&b->rp, &b->sys, &src, &b->opt), 0);
    CHECK_EQ(replay_run(&b->rp, &b->d), 0);
    CHECK_EQ(b->call[0].now_ps, 0);
    CHECK_EQ(b->call[1].now_ps, 4000);
    CHECK_EQ(b->call[1].request, 1);
    CHECK_EQ(b->rp.end_ps, 4000);
    down(b);
}

static void order_only_trace_counts_records(void)
{
    struct bench *b = fresh();

    b->head.flags = TRACE_F_ORDER_ONLY;
    add_words(b, REC_DOORBELL, 0, 0, 0);
    add_access(b, 0, 0);
    b->rec[1].time = 1000000;
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->call[0].now_ps, 1);
    down(b);
}

static void flags_of_an_access_reach_the_request(void)
{
    struct bench *b = fresh();

    add_access(b, 0, 0x10);
    add_access(b, 0, 0x20);
    b->rec[0].kind = REC_WRITE;
    b->rec[1].flags = REC_F_NODIR;
    CHECK_EQ(run(b), 0);
    check_call(b, 0, 'W', 0x100, 0x10);
    check_call(b, 1, 'N', 0x100, 0x20);
    down(b);
}

/* After the read and what is expected of it; writes and what is marked in the trace are read ahead of by none. */
static void devices_read_ahead_of_their_reads(void)
{
    struct bench *b = fresh();

    b->opt.par.speculative = 100;
    b->opt.par.speculative_bytes = 0x1000;
    add_access(b, 0, 0x10008);
    add_expect(b, logged_ok);
    add_access(b, 1, 0x11000);
    add_access(b, 0, 0x11010);
    b->rec[3].kind = REC_WRITE;
    add_access(b, 0, 0x20000);
    b->rec[4].flags = REC_F_SPEC;
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->calls, 6);
    check_call(b, 0, 'T', 0x100, 0x10008);
    check_call(b, 1, 'S', 0x100, 0x11008);
    check_call(b, 2, 'T', 0x18, 0x11000);
    check_call(b, 3, 'S', 0x18, 0x12000);
    check_call(b, 4, 'W', 0x100, 0x11010);
    check_call(b, 5, 'S', 0x100, 0x20000);
    CHECK_EQ(b->call[1].now_ps, b->call[0].now_ps);
    check_kind(b, EXPECT_K_PA, 1, 1);
    CHECK_EQ(b->rp.st.requests, 6);
    CHECK_EQ(b->rp.st.speculative, 2);
    CHECK_EQ(b->rp.st.speculative_used, 1);
    down(b);
}

/* The last one's comes at the end; several of one page are of use together. */
static void reads_ahead_are_of_use_when_their_page_is_accessed(void)
{
    struct bench *b = fresh();

    b->opt.par.speculative = 100;
    b->opt.par.speculative_bytes = 0x1000;
    for (unsigned i = 0; i < 12; i++)
        add_access(b, 0, 0x10000 + 0x400 * i);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.st.requests, 24);
    CHECK_EQ(b->rp.st.speculative, 12);
    CHECK_EQ(b->rp.st.speculative_used, 8);
    down(b);
}

static void so_many_reads_are_read_ahead_of_and_the_same_ones_by_seed(void)
{
    uint64_t made[2];

    for (unsigned i = 0; i < 2; i++) {
        struct bench *b = fresh();

        b->opt.par.speculative = 25;
        b->opt.par.speculative_bytes = 64;
        for (unsigned k = 0; k < 4000; k++)
            add_access(b, k & 1, 64 * k);
        CHECK_EQ(run(b), 0);
        made[i] = b->rp.st.speculative;
        CU_ASSERT(made[i] > 900 && made[i] < 1100);
        CHECK_EQ(b->rp.st.requests, 4000 + made[i]);
        down(b);
    }
    CHECK_EQ(made[0], made[1]);
}

/* There nothing marks them, and there are none. */
static void devices_of_another_architecture_do_not_read_ahead(void)
{
    struct bench *b = fresh();

    b->sys.arch = SYSTEM_VTD;
    b->head.raw_arch = TRACE_ARCH_VTD;
    b->opt.par.speculative = 100;
    b->opt.par.speculative_bytes = 64;
    add_access(b, 0, 0x10000);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.st.requests, 1);
    CHECK_EQ(b->rp.st.speculative, 0);
    down(b);
}

static void a_speculative_read_that_ends_is_no_fault(void)
{
    struct bench *b = fresh();

    b->res = (struct xl_result){ .outcome = XL_ABORT, .code = SMMUV3_F_TRANSLATION };
    add_access(b, 0, 0x10000);
    add_access(b, 0, 0x10000);
    b->rec[1].flags = REC_F_SPEC;
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.faults, 1);
    CHECK_EQ(b->rp.fault_code[SMMUV3_F_TRANSLATION], 1);
    down(b);
}

static void dropped_invalidation_is_the_nth_and_no_other_command(void)
{
    static const uint64_t drop[] = { 1 };
    struct bench *b = fresh();

    b->opt.drop = drop;
    b->opt.drops = 1;
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_CFGI_STE);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_SYNC);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_TLBI_NH_VA);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_PREFETCH_CONFIG);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_TLBI_NSNH_ALL);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->calls, 4);
    check_call(b, 0, 'C', SMMUV3_CMD_CFGI_STE, 2);
    check_call(b, 1, 'C', SMMUV3_CMD_SYNC, 2);
    check_call(b, 2, 'C', SMMUV3_CMD_PREFETCH_CONFIG, 2);
    check_call(b, 3, 'C', SMMUV3_CMD_TLBI_NSNH_ALL, 2);
    CHECK_EQ(b->rp.st.dropped, 1);
    CHECK_EQ(b->rp.invalidations, 3);
    down(b);
}

static void intent_goes_through_the_host_software_if_raw_records_are_of_another_architecture(void)
{
    struct bench *b = fresh();

    b->head.raw_arch = TRACE_ARCH_VTD;
    add_words(b, REC_COMMAND, 0, 2, 0x1234);
    add_words(b, REC_TABLE, 0x8000, 1, 0x77);
    add_words(b, REC_MARKER, 0, 1, 1);
    add(b, (struct rec){ .kind = REC_ATTACH, .words = 2, .stream = 0 }, &(struct rec_ext){ { 7 } });
    add(b, (struct rec){ .kind = REC_MAP, .addr = 0x10000, .words = 5, .stream = REC_NO_STREAM },
        &(struct rec_ext){ { 0x50000, 0x1000, 7, REC_PERM_R, 0 } });
    add_access(b, 0, 0x10000);
    add_expect(b, intended_fault);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.st.intents, 2);
    CHECK_EQ(b->rp.st.not_used, 2);
    CHECK_EQ(b->rp.st.commands, 0);
    CHECK_EQ(b->rp.host.st.maps, 1);
    CHECK_EQ(mem_read64(b->sys.mem, 0x8000), 0);
    CU_ASSERT(b->calls > 1);
    for (unsigned i = 0; i < b->calls; i++)
        CU_ASSERT(b->call[i].what != 'Z');
    CHECK_EQ(b->rp.expect.accesses, 0);
    down(b);
}

static void nonsense_is_counted_and_passed_over(void)
{
    struct bench *b = fresh();

    b->command_error = SIM_EINPUT;
    add_words(b, REC_COMMAND, 0, 2, 0xff);
    add_access(b, 0, 0);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.st.refused, 1);
    CHECK_EQ(b->rp.st.requests, 1);
    down(b);
}

static void unknown_stream_is_an_input_error(void)
{
    struct bench *b = fresh();

    add_access(b, 0, 0);
    add_access(b, 2, 0);
    CHECK_EQ(run(b), SIM_EINPUT);
    CU_ASSERT_FATAL(b->d.kept == 1);
    CHECK_STR(b->d.msg[0].file, "a.trc");
    CHECK_STR(b->d.msg[0].text, "record 1: an access of an unknown stream");
    down(b);
}

static void stop_flag_ends_the_run(void)
{
    struct bench *b = fresh();

    b->stop = 1;
    add_access(b, 0, 0);
    CHECK_EQ(run(b), 0);
    CU_ASSERT_TRUE(b->rp.stopped);
    CHECK_EQ(b->rp.st.requests, 0);
    down(b);
}

/* ---- what is counted --------------------------------------------------------------------------------- */

static void requests_are_counted_by_stream_and_class(void)
{
    struct bench *b = fresh();

    b->trail.cls = 1;
    add_access(b, 0, 0);
    add_access(b, 1, 0);
    add_access(b, 1, 0);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(replay_count(&b->rp, 0, 1), 1);
    CHECK_EQ(replay_count(&b->rp, 1, 1), 2);
    CHECK_EQ(replay_count(&b->rp, 1, 0), 0);
    CHECK_EQ(b->rp.outcome[XL_OK], 3);
    down(b);
}

static void faults_are_kept_with_their_place(void)
{
    struct bench *b = fresh();

    b->res = (struct xl_result){ .outcome = XL_FAULT, .code = SMMUV3_F_PERMISSION, .recorded = true };
    add_words(b, REC_DOORBELL, 0, 0, 0);
    add_access(b, 1, 0x7000);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.fault_code[SMMUV3_F_PERMISSION], 1);
    CU_ASSERT_FATAL(b->rp.faults == 1);
    CHECK_EQ(b->rp.fault[0].stream, 0x18);
    CHECK_EQ(b->rp.fault[0].iova, 0x7000);
    CHECK_EQ(b->rp.fault[0].t_ps, 1000);
    down(b);
}

static void warmup_is_left_out_of_the_statistics(void)
{
    struct bench *b = fresh();

    b->opt.warmup = 2;
    b->res = (struct xl_result){ .outcome = XL_ABORT };
    for (unsigned i = 0; i < 5; i++)
        add_access(b, 0, i);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(replay_count(&b->rp, 0, 0), 3);
    CHECK_EQ(b->rp.outcome[XL_ABORT], 3);
    CHECK_EQ(b->rp.faults, 3);
    CHECK_EQ(b->rp.start_ps, 1000);
    CHECK_EQ(b->st.lookups, 5);
    CHECK_EQ(counters_value(&b->rp.counters, 0, 0), 3);
    CHECK_EQ(counters_value(&b->rp.counters, 0, 1), 1);
    down(b);
}

static void interval_holds_what_happened_in_it(void)
{
    struct bench *b = fresh();

    b->opt.par.interval = 4;
    for (unsigned i = 0; i < 10; i++)
        add_access(b, 0, i < 5);
    CHECK_EQ(run(b), 0);
    CU_ASSERT_FATAL(b->rp.counters.intervals == 3);
    CHECK_EQ(b->rp.counters.interval[0].t_ps, 0);
    CHECK_EQ(b->rp.counters.interval[0].value[0], 4);
    CHECK_EQ(b->rp.counters.interval[0].value[1], 0);
    CHECK_EQ(b->rp.counters.interval[1].t_ps, 3000);
    CHECK_EQ(b->rp.counters.interval[1].value[1], 3);
    CHECK_EQ(b->rp.counters.interval[2].value[0], 2);
    CHECK_EQ(b->rp.counters.interval[2].value[1], 2);
    down(b);
}

static void reuse_distance_is_counted_when_asked_for(void)
{
    struct bench *b = fresh();

    b->opt.reuse = true;
    add_access(b, 0, 0x1000);
    add_access(b, 0, 0x2000);
    add_access(b, 0, 0x1008);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.reuse.cold, 2);
    CHECK_EQ(b->rp.reuse.hist.count, 1);
    CHECK_EQ(b->rp.reuse.hist.max, 1);
    down(b);
}

/* ---- expectations -------------------------------------------------------------------------------------- */

static void logged_outcome_must_be_the_models(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    add_access(b, 0, 0);
    add_expect(b, e);
    add_access(b, 0, 0);
    e.pa = 0x42000;
    add_expect(b, e);
    add_access(b, 0, 0);
    add_expect(b, (struct rec_expect){ .source = REC_LOGGED, .outcome = REC_O_ABORT });
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_OUTCOME, 2, 3);
    check_kind(b, EXPECT_K_PA, 1, 2);
    CHECK_EQ(b->rp.expect.mismatches, 2);
    check_row(b, 0, 1, EXPECT_K_PA, false, 0x42000, 0x41000);
    check_row(b, 1, 2, EXPECT_K_OUTCOME, false, REC_O_ABORT, REC_O_OK);
    down(b);
}

static void page_of_an_address_is_compared_if_only_that_is_known(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    b->res.pa = 0x41234;
    e.page_bits_only = true;
    add_access(b, 0, 0x234);
    add_expect(b, e);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_PA, 1, 1);
    down(b);
}

static void fault_details_are_compared_where_given(void)
{
    struct bench *b = fresh();
    struct rec_expect e = { .source = REC_LOGGED, .outcome = REC_O_FAULT,
                            .code = SMMUV3_F_TRANSLATION };

    b->res = (struct xl_result){ .outcome = XL_FAULT, .recorded = true, .code = SMMUV3_F_TRANSLATION,
                                 .stage2 = 1, .cls = EVENT_CLASS_IN, .ipa = 0x5123 };
    add_access(b, 0, 0);
    add_expect(b, e);
    e.has_detail = true;
    e.stage2 = 1;
    e.cls = EVENT_CLASS_IN;
    e.ipa = 0x5fff;                    /* event records have no bits 11:0 */
    add_access(b, 0, 0);
    add_expect(b, e);
    e.ipa = 0x6000;
    e.cls = EVENT_CLASS_TT;
    add_access(b, 0, 0);
    add_expect(b, e);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_CODE, 3, 3);
    check_kind(b, EXPECT_K_STAGE, 2, 2);
    check_kind(b, EXPECT_K_CLASS, 1, 2);
    check_kind(b, EXPECT_K_IPA, 1, 2);
    down(b);
}

static void unrecorded_fault_is_not_a_recorded_one(void)
{
    struct bench *b = fresh();

    b->res = (struct xl_result){ .outcome = XL_FAULT, .code = SMMUV3_F_TRANSLATION };
    add_access(b, 0, 0);
    add_expect(b, (struct rec_expect){ .source = REC_LOGGED, .outcome = REC_O_FAULT });
    add_access(b, 0, 0);
    add_expect(b, (struct rec_expect){ .source = REC_LOGGED, .outcome = REC_O_FAULT_SILENT });
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_OUTCOME, 1, 2);
    check_row(b, 0, 0, EXPECT_K_OUTCOME, false, REC_O_FAULT, REC_O_FAULT_SILENT);
    down(b);
}

static void deviation_is_counted_by_name_and_intent_decides(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    b->res = (struct xl_result){ .outcome = XL_FAULT, .recorded = true, .code = SMMUV3_F_TRANSLATION };
    e.deviation = 2;
    add_access(b, 0, 0);
    add_expect(b, e);
    add_expect(b, intended_fault);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.expect.mismatches, 0);
    CHECK_EQ(b->rp.expect.deviations, 1);
    CHECK_EQ(b->rp.expect.deviation[0].name, 2);
    CHECK_EQ(b->rp.expect.deviation[0].seen, 1);
    CHECK_EQ(b->rp.expect.deviation[0].differ, 1);
    check_kind(b, EXPECT_K_INTENDED, 1, 1);
    check_kind(b, EXPECT_K_OUTCOME, 0, 0);
    down(b);
}

static void following_a_deviation_is_a_mismatch(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    e.deviation = 2;
    add_access(b, 0, 0);
    add_expect(b, e);
    add_expect(b, intended_fault);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.expect.deviation[0].differ, 0);
    CHECK_EQ(b->rp.expect.mismatches, 1);
    check_row(b, 0, 0, EXPECT_K_OUTCOME, true, REC_O_FAULT, REC_O_OK);
    down(b);
}

static void allowed_outcome_is_as_right_as_the_intended(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    e.source = REC_ALLOWED;
    add_access(b, 0, 0);
    add_expect(b, intended_fault);
    add_expect(b, e);
    add_access(b, 0, 0);
    add_expect(b, intended_fault);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_INTENDED, 1, 2);
    CHECK_EQ(b->rp.expect.mismatches, 1);
    CHECK_EQ(b->rp.expect.row[0].request, 1);
    down(b);
}

static void intended_address_does_not_tell_bypass_from_translation(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    b->res.outcome = XL_BYPASS;
    e.source = REC_INTENDED;
    add_access(b, 0, 0);
    add_expect(b, e);
    add_access(b, 0, 0);
    add_expect(b, logged_ok);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_INTENDED, 1, 1);
    check_kind(b, EXPECT_K_OUTCOME, 0, 1);
    down(b);
}

static void another_caches_answer_may_differ_from_the_log(void)
{
    for (unsigned full = 0; full < 2; full++) {
        struct bench *b = fresh();
        struct rec_expect stale = logged_ok, intended = logged_ok;

        b->opt.expect = full ? EXPECT_FULL : EXPECT_OUTCOME;
        stale.pa = 0x99000;            /* the source's cache was stale, the model's was not */
        intended.source = REC_INTENDED;
        add_access(b, 0, 0);
        add_expect(b, stale);
        add_expect(b, intended);
        CHECK_EQ(run(b), 0);
        CHECK_EQ(b->rp.expect.mismatches, full);
        CHECK_EQ(b->rp.expect.allowed, !full);
        down(b);
    }
}

static void stale_use_excuses_a_difference_where_the_source_is_not_imitated(void)
{
    for (enum expect_level level = EXPECT_OUTCOME; level <= EXPECT_FULL; level++) {
        struct xl_result res = { .outcome = XL_OK, .pa = 0x99000 };
        struct system_trail trail = { 0 };
        struct expect e;

        expect_init(&e, level);
        expect_begin(&e, 0, 0, &res, &trail, true);
        expect_take(&e, &logged_ok);
        expect_take(&e, &intended_fault);
        expect_end(&e);
        CHECK_EQ(e.stale, level == EXPECT_OUTCOME);
        CHECK_EQ(e.mismatches, level == EXPECT_OUTCOME ? 0 : 2);
        expect_destroy(&e);
    }
}

static const struct rec_expect logged_lookups = {
    .source = REC_LOGGED, .outcome = REC_O_OK, .has_lookups = true, .lookups = 3, .hits = 5,
    .flushes = 2, .has_config = true, .config_hit = true,
};

static void every_lookup_is_compared_under_full(void)
{
    struct bench *b = fresh();

    b->trail = (struct system_trail){ .config_looked = true, .config_hit = true, .lookups = 3,
                                      .hits = 4, .flushes = 6 };
    add_access(b, 0, 0);
    add_expect(b, logged_lookups);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_CONFIG, 1, 1);
    check_kind(b, EXPECT_K_LOOKUPS, 1, 1);
    check_kind(b, EXPECT_K_HIT, 2, 3);
    check_kind(b, EXPECT_K_FLUSH, 1, 2);
    CHECK_EQ(b->rp.expect.mismatches, 2);
    check_row(b, 0, 0, EXPECT_K_HIT, false, 1, 0);
    check_row(b, 1, 0, EXPECT_K_FLUSH, false, 0, 1);
    down(b);
}

static void lookups_are_compared_even_where_the_outcome_deviates(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_lookups;

    b->trail = (struct system_trail){ .lookups = 3, .hits = 3 };
    e.deviation = 2;
    add_access(b, 0, 0);
    add_expect(b, e);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_LOOKUPS, 1, 1);
    check_kind(b, EXPECT_K_CONFIG, 0, 1);
    check_kind(b, EXPECT_K_HIT, 1, 3);
    down(b);
}

static void a_deviation_excuses_no_missing_lookup(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_lookups;

    b->trail = (struct system_trail){ .config_looked = true, .config_hit = true, .lookups = 1,
                                      .hits = 1 };
    add_access(b, 0, 0);
    add_expect(b, e);
    e.deviation = 2;
    add_access(b, 0, 0);
    add_expect(b, e);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_LOOKUPS, 0, 2);
    check_kind(b, EXPECT_K_HIT, 2, 2);
    CHECK_EQ(b->rp.expect.mismatches, 2);
    CHECK_EQ(b->rp.expect.deviation[0].differ, 0);
    down(b);
}

static void lookups_are_not_compared_under_outcome(void)
{
    struct bench *b = fresh();

    b->opt.expect = EXPECT_OUTCOME;
    add_access(b, 0, 0);
    add_expect(b, logged_lookups);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.expect.mismatches, 0);
    check_kind(b, EXPECT_K_HIT, 0, 0);
    check_kind(b, EXPECT_K_OUTCOME, 1, 1);
    down(b);
}

static void comparison_lasts_until_the_next_access(void)
{
    struct bench *b = fresh();
    struct rec_expect e = logged_ok;

    e.source = REC_ALLOWED;
    add_access(b, 0, 0);
    add_expect(b, intended_fault);
    add_words(b, REC_COMMAND, 0, 2, SMMUV3_CMD_SYNC);
    add_expect(b, e);
    add_access(b, 0, 0);
    CHECK_EQ(run(b), 0);
    check_kind(b, EXPECT_K_INTENDED, 1, 1);
    CHECK_EQ(b->rp.expect.accesses, 1);
    down(b);
}

static void rows_are_bounded_and_mismatches_counted(void)
{
    struct bench *b = fresh();

    for (unsigned i = 0; i < EXPECT_ROWS_MAX + 5; i++) {
        add_access(b, 0, 0);
        add_expect(b, (struct rec_expect){ .source = REC_LOGGED, .outcome = REC_O_ABORT });
    }
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.expect.mismatches, EXPECT_ROWS_MAX + 5);
    CHECK_EQ(b->rp.expect.rows, EXPECT_ROWS_MAX);
    down(b);
}

static void expectation_before_any_access_is_nothing(void)
{
    struct bench *b = fresh();

    add_expect(b, logged_ok);
    CHECK_EQ(run(b), 0);
    CHECK_EQ(b->rp.expect.accesses, 0);
    down(b);
}

#define TESTS(T)                                                                                   \
    T(raw_records_reach_the_system_in_order) T(time_is_the_traces_from_its_first_record)           \
    T(order_only_trace_counts_records) T(flags_of_an_access_reach_the_request)                     \
    T(devices_read_ahead_of_their_reads) T(reads_ahead_are_of_use_when_their_page_is_accessed)     \
    T(so_many_reads_are_read_ahead_of_and_the_same_ones_by_seed)                                   \
    T(devices_of_another_architecture_do_not_read_ahead) T(a_speculative_read_that_ends_is_no_fault) \
    T(dropped_invalidation_is_the_nth_and_no_other_command)                                        \
    T(intent_goes_through_the_host_software_if_raw_records_are_of_another_architecture)            \
    T(nonsense_is_counted_and_passed_over) T(unknown_stream_is_an_input_error)                     \
    T(stop_flag_ends_the_run) T(requests_are_counted_by_stream_and_class)                          \
    T(faults_are_kept_with_their_place) T(warmup_is_left_out_of_the_statistics)                    \
    T(interval_holds_what_happened_in_it) T(reuse_distance_is_counted_when_asked_for)              \
    T(logged_outcome_must_be_the_models) T(page_of_an_address_is_compared_if_only_that_is_known)   \
    T(fault_details_are_compared_where_given) T(unrecorded_fault_is_not_a_recorded_one)            \
    T(deviation_is_counted_by_name_and_intent_decides) T(following_a_deviation_is_a_mismatch)      \
    T(allowed_outcome_is_as_right_as_the_intended)                                                 \
    T(intended_address_does_not_tell_bypass_from_translation)                                      \
    T(stale_use_excuses_a_difference_where_the_source_is_not_imitated)                             \
    T(another_caches_answer_may_differ_from_the_log) T(every_lookup_is_compared_under_full)        \
    T(lookups_are_compared_even_where_the_outcome_deviates)                                        \
    T(a_deviation_excuses_no_missing_lookup)                                   \
    T(lookups_are_not_compared_under_outcome) T(comparison_lasts_until_the_next_access)            \
    T(rows_are_bounded_and_mismatches_counted) T(expectation_before_any_access_is_nothing)
TEST_SUITE("replay", TESTS)
