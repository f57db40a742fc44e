/* SPDX-License-Identifier: Apache-2.0
 *
 * The driver with the model as its design: what is right gives no verdict, in any order and under any stalls.
 */
#include "cosim_bench.h"

enum { PAGE = 0x1000, BIG = 0x200000, RW = REC_PERM_R | REC_PERM_W };

/* Three streams, of stage 1, stage 2 and both; pages and blocks; faults of mapping and of permission; pages that
 * go and come back elsewhere. */
static void make_records(struct bench *b)
{
    attach(b, 0, 1, REC_MODE_TRANSLATE);
    attach(b, 1, 2, REC_MODE_STAGE2);
    attach(b, 2, 3, REC_MODE_NESTED);
    attach(b, 3, 0, REC_MODE_BYPASS);
    for (uint64_t d = 1; d <= 3; d++) {
        map(b, d, 0x100000, 0x7000000 + d * BIG, 8 * PAGE, RW);
        map(b, d, 0x40000000, 0x80000000 + d * BIG, BIG, RW);
        map(b, d, 0x300000, 0x9000000 + d * BIG, PAGE, REC_PERM_R);
    }
    for (unsigned round = 0; round < 4; round++) {
        for (uint32_t s = 0; s < 4; s++) {
            for (unsigned p = 0; p < 8; p++)
                dma(b, s, p & 1 ? REC_WRITE : REC_READ, 0x100000 + p * PAGE + p * 8);
            dma(b, s, REC_READ, 0x40012340 + round * 0x8000);
            dma(b, s, REC_WRITE, 0x300000);
            dma(b, s, REC_READ, 0x300040);
            dma(b, s, REC_READ, 0x5000000);
        }
        for (uint64_t d = 1; d <= 3; d++) {
            unmap(b, d, 0x100000 + round * PAGE, PAGE);
            dma(b, (uint32_t)d - 1, REC_READ, 0x100000 + round * PAGE);
            map(b, d, 0x100000 + round * PAGE, 0x6000000 + d * BIG + round * PAGE, PAGE, RW);
            dma(b, (uint32_t)d - 1, REC_READ, 0x100000 + round * PAGE);
        }
    }
}

static void check_clean(struct bench *b)
{
    const struct driver_stats *st;

    make_records(b);
    run(b, &cosim_dut_model);
    print_verdicts(b);
    st = driver_stats(b->driver);
    CHECK_EQ(driver_verdicts(b->driver)->total, 0);
    CHECK_EQ(st->requests, 4 * (4 * 12 + 3 * 2));
    CU_ASSERT(st->events > 4 * 6);
    CU_ASSERT(st->syncs > 12);
    CHECK_EQ(st->refused, 0);
}

static void the_model_is_right_one_thing_at_a_time(void)
{
    struct bench b;

    bench_up(&b);
    b.opt.par.order = 0;
    check_clean(&b);
    bench_down(&b);
}

static void the_model_is_right_with_all_at_once(void)
{
    struct bench b;

    bench_up(&b);
    check_clean(&b);
    bench_down(&b);
}

static void the_model_is_right_with_slow_memory_and_stalls(void)
{
    struct bench b;

    bench_up(&b);
    b.opt.par.latency_min = 1;
    b.opt.par.latency_max = 200;
    b.opt.par.rsp_stall = 80;
    b.opt.par.stall_cycles = 17;
    b.opt.par.req_idle = 30;
    check_clean(&b);
    bench_down(&b);
}

static void a_run_is_the_same_again(void)
{
    uint64_t cycles[2];

    for (unsigned i = 0; i < 2; i++) {
        struct bench b;

        bench_up(&b);
        b.opt.par.latency_max = 90;
        check_clean(&b);
        cycles[i] = driver_stats(b.driver)->cycles;
        bench_down(&b);
    }
    CHECK_EQ(cycles[0], cycles[1]);
}

static void latency_follows_memory(void)
{
    uint64_t walk[2];

    for (unsigned i = 0; i < 2; i++) {
        struct cosim_summary s;
        struct bench b;

        bench_up(&b);
        b.opt.par.order = 0;
        b.opt.par.latency_min = b.opt.par.latency_max = 10 + 10 * i;
        check_clean(&b);
        cosim_latency_summary(driver_latency(b.driver), COSIM_CLASS_TLB_HIT, &s);
        CU_ASSERT(s.n > 0 && s.max < 10);
        cosim_latency_summary(driver_latency(b.driver), COSIM_CLASS_WALK_S1, &s);
        CU_ASSERT(s.n > 0);
        walk[i] = s.min;
        bench_down(&b);
    }
    CU_ASSERT(walk[0] >= 10);
    CHECK_EQ((walk[1] - walk[0]) % 10, 0);
    CU_ASSERT(walk[1] > walk[0]);
}

static void two_runs_of_the_model_do_not_differ(void)
{
    struct bench b[2];
    struct verdicts v = { 0 };

    for (unsigned i = 0; i < 2; i++) {
        bench_up(&b[i]);
        b[i].opt.par.order = 0;
        b[i].opt.par.keep = 1;
        check_clean(&b[i]);
    }
    driver_compare(b[0].driver, b[1].driver, true, &v);
    CHECK_EQ(v.total, 0);
    for (unsigned i = 0; i < 2; i++)
        bench_down(&b[i]);
    verdicts_destroy(&v);
}

/* A smaller TLB on one side: the answers are the same, what is read is not. */
static void other_reads_are_found(void)
{
    struct bench b[2];
    struct verdicts v = { 0 };

    for (unsigned i = 0; i < 2; i++) {
        bench_up(&b[i]);
        b[i].opt.par.order = 0;
        b[i].opt.par.keep = 1;
        set(&b[i], "smmu.tcu.tlb.ways", i ? "4" : "1");
        check_clean(&b[i]);
    }
    driver_compare(b[0].driver, b[1].driver, true, &v);
    CHECK_EQ(v.of[VERDICT_READS], 1);
    CHECK_EQ(v.of[VERDICT_ANSWER], 0);
    for (unsigned i = 0; i < 2; i++)
        bench_down(&b[i]);
    verdicts_destroy(&v);
}

static void fewer_requests_are_made_if_so_told(void)
{
    struct bench b;

    bench_up(&b);
    b.opt.par.max_requests = 7;
    make_records(&b);
    run(&b, &cosim_dut_model);
    CHECK_EQ(driver_stats(b.driver)->requests, 7);
    CHECK_EQ(driver_verdicts(b.driver)->total, 0);
    bench_down(&b);
}

#define TESTS(T)                                                                                     \
    T(the_model_is_right_one_thing_at_a_time)                                                        \
    T(the_model_is_right_with_all_at_once)                                                           \
    T(the_model_is_right_with_slow_memory_and_stalls)                                                \
    T(a_run_is_the_same_again)                                                                       \
    T(latency_follows_memory)                                                                        \
    T(two_runs_of_the_model_do_not_differ)                                                           \
    T(other_reads_are_found)                                                                         \
    T(fewer_requests_are_made_if_so_told)
TEST_SUITE("driver", TESTS)
