/* SPDX-License-Identifier: Apache-2.0
 *
 * The event queue: when a record is in memory, when it is lost, and how not.
 */
#include "hw/evtq.h"

#include "suite.h"
#include "time_bench.h"

enum { LLC = 100, BASE = 0x10000 };

struct bench {
    struct time_bench t;
    struct memory     memory;
    struct mem       *mem;
    struct evtq       q;
};

static void up(struct bench *b, uint64_t entries, uint64_t buffer, uint64_t read_ps)
{
    const struct memory_config c = { .par = { .llc_ps = LLC, .channels = 1 } };
    const struct evtq_params par = { .entries = entries, .base = BASE, .buffer = buffer, .writes = 1,
                                     .read_ps = read_ps };

    time_up(&b->t);
    b->mem = mem_new();
    CHECK_EQ(memory_init(&b->memory, &b->t.clk, &c, 1), 0);
    evtq_init(&b->q, &b->t.comp, "evtq", &par, &b->memory);
    b->q.mem = b->mem;
    proc_start(&b->q.proc);
    sim_run_to(b->t.sim, 0);
}

static void down(struct bench *b)
{
    memory_destroy(&b->memory);
    mem_free(b->mem);
    time_down(&b->t);
}

/* A fault at t_ps. */
static void fault(struct bench *b, uint64_t word, uint64_t t_ps)
{
    sim_run_to(b->t.sim, t_ps);
    evtq_record(&b->q, (uint64_t[EVTQ_WORDS]){ word, 0, 0, word + 1 });
}

static void record_is_seen_when_memory_has_it(void)
{
    struct bench b;

    up(&b, 8, 4, 0);
    fault(&b, 7, 1000);
    sim_run_to(b.t.sim, 1000 + LLC - 1);
    CHECK_EQ(b.q.prod, 0);
    CHECK_EQ(mem_read64(b.mem, BASE), 0);
    sim_run_to(b.t.sim, 1000 + LLC);
    CHECK_EQ(b.q.prod, 1);
    CHECK_EQ(mem_read64(b.mem, BASE), 7);
    CHECK_EQ(mem_read64(b.mem, BASE + 24), 8);
    CHECK_EQ(b.q.st.write_ps, LLC);
    CHECK_EQ(b.memory.st.queue_writes, 1);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    down(&b);
}

static void records_are_written_one_by_one(void)
{
    struct bench b;

    up(&b, 8, 4, 0);
    for (uint64_t i = 1; i <= 3; i++)
        fault(&b, i, 50);
    sim_run_to(b.t.sim, 50 + 2 * LLC - 1);
    CHECK_EQ(b.q.prod, 1);
    sim_run(b.t.sim);
    CHECK_EQ(sim_now(b.t.sim), 50 + 3 * LLC);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_EQ(mem_read64(b.mem, BASE + 32 * i), i + 1);
    CHECK_EQ(b.q.st.records, 3);
    CHECK_EQ(b.q.st.write_ps, 6 * LLC);
    down(&b);
}

static void full_buffer_loses_the_record(void)
{
    struct bench b;

    up(&b, 8, 2, 0);
    for (uint64_t i = 1; i <= 3; i++)
        fault(&b, i, 0);
    CHECK_EQ(b.q.st.lost, 1);
    fault(&b, 4, LLC - 1);
    CHECK_EQ(b.q.st.lost, 2);
    fault(&b, 5, LLC);                 /* the first is written: there is room */
    CHECK_EQ(b.q.st.lost, 2);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.records, 3);
    CHECK_EQ(mem_read64(b.mem, BASE + 64), 5);
    down(&b);
}

/* Once, until that is acknowledged. */
static void a_record_that_a_full_buffer_loses_is_flagged(void)
{
    struct bench b;

    up(&b, 8, 1, 0);
    b.q.reader = true;
    fault(&b, 1, 0);
    CHECK_EQ(evtq_prod(&b.q), 0);
    fault(&b, 2, 0);
    fault(&b, 3, 0);
    CHECK_EQ(evtq_prod(&b.q), 1u << 31);
    CHECK_EQ(b.q.st.lost, 2);
    CHECK_EQ(b.q.st.overflows, 1);
    evtq_set_cons(&b.q, 1u << 31);
    fault(&b, 4, 0);
    CHECK_EQ(evtq_prod(&b.q), 0);
    CHECK_EQ(b.q.st.overflows, 2);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.records, 1);
    down(&b);
}

static void full_ring_loses_records_until_software_has_read_it(void)
{
    enum { READ_PS = 5000 };
    struct bench b;

    up(&b, 2, 16, READ_PS);
    fault(&b, 1, 0);
    fault(&b, 2, 0);
    fault(&b, 3, 0);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.records, 2);
    CHECK_EQ(b.q.st.lost, 1);
    CHECK_EQ(b.q.in - b.q.out, 0);
    fault(&b, 4, 2 * LLC + READ_PS - 1);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.lost, 2);
    fault(&b, 5, 2 * LLC + READ_PS);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.lost, 2);
    CHECK_EQ(b.q.st.records, 3);
    CHECK_EQ(b.q.prod, 3);
    CHECK_EQ(mem_read64(b.mem, BASE), 5);          /* wrapped */
    CHECK_EQ(mem_read64(b.mem, BASE + 32), 2);
    down(&b);
}

static void software_that_reads_at_once_loses_nothing(void)
{
    struct bench b;

    up(&b, 2, 16, 0);
    for (uint64_t i = 1; i <= 7; i++)
        fault(&b, i, 0);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.records, 7);
    CHECK_EQ(b.q.st.lost, 0);
    CHECK_EQ(mem_read64(b.mem, BASE), 7);
    down(&b);
}

static void ring_is_where_software_has_put_it(void)
{
    struct bench b;

    up(&b, 2, 16, 0);
    evtq_place(&b.q, 0x80000, 4);
    for (uint64_t i = 1; i <= 4; i++)
        fault(&b, i, 0);
    sim_run(b.t.sim);
    CHECK_EQ(mem_read64(b.mem, 0x80000 + 3 * 32), 4);
    down(&b);
}

/* Records that may not be lost: each waits for room. */
struct sure {
    struct bench *b;
    struct proc proc;
    uint64_t left, last_ps;
};

static enum proc_state record_all(struct proc *p)
{
    struct sure *s = CONTAINER_OF(p, struct sure, proc);

    PROC_BEGIN(p);
    for (; s->left > 0; s->left--) {
        while (!evtq_has_room(&s->b->q))
            PROC_WAIT(p, evtq_room(&s->b->q));
        evtq_record(&s->b->q, (uint64_t[EVTQ_WORDS]){ s->left });
        s->last_ps = proc_now(p);
    }
    PROC_END(p);
}

static void record_surely(struct bench *b, struct sure *s, uint64_t n)
{
    *s = (struct sure){ .b = b, .left = n };
    proc_init(&s->proc, &b->t.comp, "sure", record_all);
    proc_start(&s->proc);
}

static void there_is_room_when_a_record_has_left_the_buffer(void)
{
    struct bench b;
    struct sure s;

    up(&b, 8, 2, 0);
    record_surely(&b, &s, 3);
    sim_run_to(b.t.sim, LLC - 1);
    CHECK_EQ(s.left, 1);
    sim_run_to(b.t.sim, LLC);
    CHECK_EQ(s.left, 0);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(b.q.st.records, 3);
    CHECK_EQ(b.q.st.lost, 0);
    down(&b);
}

static void there_is_room_when_software_has_read(void)
{
    enum { READ_PS = 5000 };
    struct bench b;
    struct sure s;

    up(&b, 2, 16, READ_PS);
    record_surely(&b, &s, 3);
    fault(&b, 9, 3);                   /* one that may be lost is */
    sim_run_to(b.t.sim, 2 * LLC + READ_PS - 1);
    CHECK_EQ(s.left, 1);
    CHECK_EQ(b.q.st.lost, 1);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(s.left, 0);
    CHECK_EQ(s.last_ps, 2 * LLC + READ_PS);
    CHECK_EQ(b.q.st.records, 3);
    CHECK_EQ(b.q.st.lost, 1);
    down(&b);
}

static void a_reader_makes_room_by_what_it_takes(void)
{
    uint64_t w[EVTQ_WORDS];
    struct bench b;
    struct sure s;

    up(&b, 2, 16, 0);
    b.q.reader = true;
    record_surely(&b, &s, 3);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_STUCK);
    CHECK_EQ(b.q.prod, 2);
    CU_ASSERT_TRUE(evtq_read(&b.q, w));
    CHECK_EQ(w[0], 3);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(b.q.prod, 3);
    CU_ASSERT_TRUE(evtq_read(&b.q, w));
    CHECK_EQ(w[0], 2);
    CU_ASSERT_TRUE(evtq_read(&b.q, w));
    CHECK_EQ(w[0], 1);
    CU_ASSERT_FALSE(evtq_read(&b.q, w));
    down(&b);
}

/* They differ in bits that are ignored, in others, or come when the first is written. */
static void records_alike_are_merged_while_one_waits(void)
{
    static const uint64_t ignored[EVTQ_WORDS] = { 0, 0, 0xfff, 0 };
    static const struct { uint64_t words[EVTQ_WORDS]; bool alike; } rows[] = {
        { { 1, 2, 0x5123, 4 }, true },  { { 1, 2, 0x5000, 4 }, true },  { { 0, 2, 0x5000, 4 }, false },
        { { 1, 3, 0x5000, 4 }, false }, { { 1, 2, 0x6000, 4 }, false }, { { 1, 2, 0x5000, 5 }, false },
    };

    for (unsigned merge = 0; merge < 2; merge++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            bool one = merge && rows[i].alike;
            struct bench b;

            up(&b, 8, 4, 0);
            b.q.par.merge = merge;
            fault(&b, 9, 0);
            evtq_record_or_merge(&b.q, (uint64_t[]){ 1, 2, 0x5fff, 4 }, ignored);
            evtq_record_or_merge(&b.q, rows[i].words, ignored);
            sim_run_to(b.t.sim, 2 * LLC - 1);
            evtq_record_or_merge(&b.q, rows[i].words, ignored);    /* while it is written */
            sim_run(b.t.sim);
            CHECK_EQ(b.q.st.records, one ? 2 : merge ? 3 : 4);
            CHECK_EQ(b.q.st.merged, one ? 2 : merge ? 1 : 0);
            CHECK_EQ(mem_read64(b.mem, BASE + 32 + 16), 0x5fff);
            evtq_record_or_merge(&b.q, rows[i].words, ignored);    /* none waits */
            sim_run(b.t.sim);
            CHECK_EQ(b.q.st.records, one ? 3 : merge ? 4 : 5);
            evtq_enable(&b.q, false);
            evtq_record_or_merge(&b.q, rows[i].words, ignored);
            CHECK_EQ(b.q.st.dropped, 1);
            CHECK_EQ(b.q.st.lost, 0);
            down(&b);
        }
}

/* What is recorded by itself is never another's. */
static void record_that_may_not_be_merged_is_its_own(void)
{
    struct bench b;

    up(&b, 8, 4, 0);
    b.q.par.merge = true;
    fault(&b, 1, 0);
    fault(&b, 1, 0);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.records, 2);
    CHECK_EQ(b.q.st.merged, 0);
    down(&b);
}

static void record_may_take_several_writes_and_time_before_them(void)
{
    struct bench b;

    up(&b, 8, 4, 0);
    b.q.par.writes = 4;
    b.q.par.overhead = 3;
    fault(&b, 7, 0);
    fault(&b, 9, 0);
    sim_run_to(b.t.sim, 3 * PERIOD_PS + 4 * LLC - 1);
    CHECK_EQ(b.q.prod, 0);
    sim_run_to(b.t.sim, 3 * PERIOD_PS + 4 * LLC);
    CHECK_EQ(b.q.prod, 1);
    CHECK_EQ(mem_read64(b.mem, BASE + 24), 8);
    sim_run(b.t.sim);
    CHECK_EQ(sim_now(b.t.sim), 2 * (3 * PERIOD_PS + 4 * LLC));
    CHECK_EQ(b.memory.st.queue_writes, 8);
    down(&b);
}

/* Whoever has a record asks, and waits for room. */
static void full_buffer_takes_nothing_if_records_wait(void)
{
    struct bench b;

    up(&b, 8, 2, 0);
    fault(&b, 1, 0);
    fault(&b, 2, 0);
    CU_ASSERT_TRUE(evtq_takes(&b.q));                  /* and loses it */
    b.q.par.full = 1;
    CU_ASSERT_FALSE(evtq_takes(&b.q));
    sim_run_to(b.t.sim, LLC - 1);
    CU_ASSERT_FALSE(evtq_takes(&b.q));
    sim_run_to(b.t.sim, LLC);
    CU_ASSERT_TRUE(evtq_takes(&b.q));
    fault(&b, 3, LLC);
    CU_ASSERT_FALSE(evtq_takes(&b.q));
    evtq_enable(&b.q, false);
    CU_ASSERT_TRUE(evtq_takes(&b.q));                  /* and drops it */
    CHECK_EQ(b.q.st.lost, 0);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(record_is_seen_when_memory_has_it)                                                           \
    T(records_are_written_one_by_one)                                                              \
    T(full_buffer_loses_the_record) T(a_record_that_a_full_buffer_loses_is_flagged)                \
    T(full_ring_loses_records_until_software_has_read_it)                                          \
    T(software_that_reads_at_once_loses_nothing)                                                   \
    T(ring_is_where_software_has_put_it)                                                           \
    T(there_is_room_when_a_record_has_left_the_buffer)                                             \
    T(there_is_room_when_software_has_read)                                                        \
    T(a_reader_makes_room_by_what_it_takes)                                                        \
    T(records_alike_are_merged_while_one_waits)                                                    \
    T(record_that_may_not_be_merged_is_its_own)                                                    \
    T(record_may_take_several_writes_and_time_before_them)                                         \
    T(full_buffer_takes_nothing_if_records_wait)
TEST_SUITE("evtq", TESTS)
