/* SPDX-License-Identifier: Apache-2.0
 *
 * The command queue: when a command is executed and consumed, what a fetch brings, how a sync waits.
 */
#include "hw/cmdq.h"

#include "suite.h"
#include "time_bench.h"

enum { LLC = 100000, DECODE = 2 * PERIOD_PS, SYNC_PS = 700, SYNC = 0x46, CALLS = 32, BASE = 0x10000 };

struct bench {
    struct time_bench t;
    struct memory     memory;
    struct mem       *mem;
    struct cmdq       q;
    struct { uint64_t t_ps, word; bool drained; } call[CALLS];
    unsigned calls;
    unsigned in_flight;                /* transactions before a sync   */
    uint64_t drained_ps;               /* when the last of them was over */
};

/* A command's second word says how long it takes. */
static uint64_t execute(void *arg, const uint64_t *words, unsigned n, bool drained)
{
    struct bench *b = arg;
    uint64_t now = sim_now(b->t.sim);

    CHECK_EQ(n, 2);
    CU_ASSERT_FATAL(b->calls < CALLS);
    b->call[b->calls].t_ps = now;
    b->call[b->calls].word = words[0];
    b->call[b->calls++].drained = drained;
    return words[0] == SYNC && !drained ? CMDQ_DRAIN : now + words[1];
}

static bool drained(void *arg, uint64_t *at_ps)
{
    struct bench *b = arg;

    *at_ps = b->drained_ps;
    return b->in_flight == 0;
}

static void up(struct bench *b, uint64_t entries, uint64_t fetch)
{
    const struct memory_config c = { .par = { .llc_ps = LLC, .channels = 1 } };
    const struct cmdq_params par = { .entries = entries, .base = BASE, .fetch = fetch, .decode = 2,
                                     .sync_ps = SYNC_PS };

    memset(b, 0, sizeof *b);
    time_up(&b->t);
    b->mem = mem_new();
    CHECK_EQ(memory_init(&b->memory, &b->t.clk, &c, 1), 0);
    CHECK_EQ(cmdq_init(&b->q, &b->t.comp, "cmdq", &par, 16, &b->memory,
                       &(struct cmdq_owner){ .execute = execute, .drained = drained, .arg = b }), 0);
    b->q.mem = b->mem;
    proc_start(&b->q.proc);
}

static void down(struct bench *b)
{
    memory_destroy(&b->memory);
    mem_free(b->mem);
    time_down(&b->t);
}

static bool submit(struct bench *b, uint64_t word, uint64_t ps)
{
    return cmdq_submit(&b->q, (uint64_t[]){ word, ps }, 2);
}

static void check_call(const struct bench *b, unsigned i, uint64_t word, uint64_t t_ps)
{
    CHECK_EQ(b->call[i].word, word);
    CHECK_EQ(b->call[i].t_ps, t_ps);
}

static void command_takes_a_read_its_decoding_and_its_execution(void)
{
    const uint64_t at = LLC + DECODE, end = at + 5000;
    struct bench b;

    up(&b, 8, 4);
    submit(&b, 1, 5000);
    CU_ASSERT_FALSE(cmdq_is_idle(&b.q));
    sim_run_to(b.t.sim, at - 1);
    CHECK_EQ(b.calls, 0);
    sim_run_to(b.t.sim, at);
    CHECK_EQ(b.calls, 1);
    sim_run_to(b.t.sim, end - 1);
    CHECK_EQ(b.q.cons, 0);
    CU_ASSERT_FALSE(cmdq_is_idle(&b.q));
    sim_run_to(b.t.sim, end);
    CU_ASSERT_TRUE(cmdq_is_idle(&b.q));
    CHECK_EQ(b.q.st.commands, 1);
    CHECK_EQ(b.q.st.busy_ps, end);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    down(&b);
}

static void commands_of_one_read_share_it(void)
{
    struct bench b;

    up(&b, 8, 2);
    for (uint64_t i = 1; i <= 3; i++)
        submit(&b, i, 100);
    sim_run(b.t.sim);
    CHECK_EQ(b.calls, 3);
    check_call(&b, 0, 1, LLC + DECODE);
    check_call(&b, 1, 2, LLC + 2 * DECODE + 100);
    check_call(&b, 2, 3, LLC + 2 * DECODE + 200 + LLC + DECODE);
    CHECK_EQ(b.q.st.fetches, 2);
    CHECK_EQ(b.memory.st.queue_writes, 2);
    down(&b);
}

/* One comes when the read of the first has begun: it is too late for that. */
static void read_brings_what_was_there_when_it_began(void)
{
    struct bench b;

    up(&b, 8, 4);
    submit(&b, 1, 0);
    sim_run_to(b.t.sim, 1);
    submit(&b, 2, 0);
    sim_run(b.t.sim);
    check_call(&b, 0, 1, LLC + DECODE);
    check_call(&b, 1, 2, 2 * (LLC + DECODE));
    CHECK_EQ(b.q.st.fetches, 2);
    down(&b);
}

static void ring_wraps_and_no_read_goes_beyond_its_end(void)
{
    struct bench b;

    up(&b, 4, 4);
    for (uint64_t i = 1; i <= 3; i++)
        submit(&b, i, 0);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.fetches, 1);
    for (uint64_t i = 4; i <= 6; i++)
        submit(&b, i, 0);
    CHECK_EQ(mem_read64(b.mem, BASE + 3 * 16), 4);
    CHECK_EQ(mem_read64(b.mem, BASE), 5);
    CHECK_EQ(mem_read64(b.mem, BASE + 16), 6);
    sim_run(b.t.sim);
    CHECK_EQ(b.q.st.fetches, 3);
    for (uint64_t i = 0; i < 6; i++)
        CHECK_EQ(b.call[i].word, i + 1);
    CHECK_EQ(b.call[4].t_ps - b.call[3].t_ps, LLC + DECODE);
    CHECK_EQ(b.call[5].t_ps - b.call[4].t_ps, DECODE);
    down(&b);
}

static void full_ring_takes_no_more_until_a_command_is_consumed(void)
{
    struct bench b;

    up(&b, 4, 4);
    for (uint64_t i = 1; i <= 4; i++)
        CU_ASSERT_TRUE(submit(&b, i, 5000));
    CU_ASSERT_FALSE(submit(&b, 5, 0));
    CHECK_EQ(b.q.st.full, 1);
    sim_run_to(b.t.sim, LLC + DECODE + 4999);
    CU_ASSERT_FALSE(submit(&b, 5, 0));
    sim_run_to(b.t.sim, LLC + DECODE + 5000);
    CU_ASSERT_TRUE(submit(&b, 5, 0));
    CU_ASSERT_FALSE(submit(&b, 6, 0));
    sim_run(b.t.sim);
    CHECK_EQ(b.calls, 5);
    CHECK_EQ(b.call[4].word, 5);
    CHECK_EQ(b.q.st.full, 3);
    down(&b);
}

static void ring_is_where_software_has_put_it(void)
{
    struct bench b;

    up(&b, 4, 4);
    cmdq_place(&b.q, 0x80000, 16);
    for (uint64_t i = 1; i <= 16; i++)
        CU_ASSERT_TRUE(submit(&b, i, 0));
    CU_ASSERT_FALSE(submit(&b, 17, 0));
    CHECK_EQ(mem_read64(b.mem, 0x80000 + 15 * 16), 16);
    down(&b);
}

static void sync_with_nothing_in_flight_takes_its_own_time(void)
{
    struct bench b;

    up(&b, 8, 4);
    submit(&b, SYNC, 0);
    submit(&b, 2, 0);
    sim_run(b.t.sim);
    CHECK_EQ(b.calls, 3);
    CU_ASSERT_FALSE(b.call[0].drained);
    CU_ASSERT_TRUE(b.call[1].drained);
    check_call(&b, 1, SYNC, LLC + DECODE + SYNC_PS);
    check_call(&b, 2, 2, LLC + 2 * DECODE + SYNC_PS);
    CHECK_EQ(b.q.st.syncs, 1);
    CHECK_EQ(b.q.st.sync_ps, SYNC_PS);
    CHECK_EQ(b.q.st.drain_ps, 0);
    down(&b);
}

static void sync_waits_until_told_that_all_has_drained(void)
{
    const uint64_t at = LLC + DECODE;
    struct bench b;

    up(&b, 8, 4);
    b.in_flight = 2;
    submit(&b, SYNC, 0);
    sim_run_to(b.t.sim, at + 500);
    CHECK_EQ(b.calls, 1);
    b.in_flight = 1;                   /* not the last */
    cmdq_drain(&b.q);
    sim_run_to(b.t.sim, at + 900);
    b.in_flight = 0;
    cmdq_drain(&b.q);
    sim_run_to(b.t.sim, at + 900 + SYNC_PS - 1);
    CHECK_EQ(b.calls, 1);
    sim_run_to(b.t.sim, at + 900 + SYNC_PS);
    CHECK_EQ(b.calls, 2);
    CU_ASSERT_TRUE(cmdq_is_idle(&b.q));
    CHECK_EQ(b.q.st.drain_ps, 900);
    CHECK_EQ(b.q.st.sync_ps, 900 + SYNC_PS);
    down(&b);
}

/* What was in flight is known to end at a time that is yet to come. */
static void sync_waits_for_an_end_that_is_yet_to_come(void)
{
    const uint64_t at = LLC + DECODE;
    struct bench b;

    up(&b, 8, 4);
    b.drained_ps = at + 3000;
    submit(&b, SYNC, 0);
    sim_run_to(b.t.sim, at + 3000 + SYNC_PS - 1);
    CHECK_EQ(b.calls, 1);
    sim_run_to(b.t.sim, at + 3000 + SYNC_PS);
    CHECK_EQ(b.calls, 2);
    CHECK_EQ(b.q.st.drain_ps, 3000);
    down(&b);
}

static void sync_for_which_nothing_drains_is_reported(void)
{
    struct bench b;

    up(&b, 8, 4);
    b.in_flight = 1;
    submit(&b, SYNC, 0);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_STUCK);
    CU_ASSERT_PTR_EQUAL(b.q.proc.wait_on, &b.q.drain.fire);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(command_takes_a_read_its_decoding_and_its_execution)                                         \
    T(commands_of_one_read_share_it)                                                               \
    T(read_brings_what_was_there_when_it_began)                                                    \
    T(ring_wraps_and_no_read_goes_beyond_its_end)                                                  \
    T(full_ring_takes_no_more_until_a_command_is_consumed)                                         \
    T(ring_is_where_software_has_put_it)                                                           \
    T(sync_with_nothing_in_flight_takes_its_own_time)                                              \
    T(sync_waits_until_told_that_all_has_drained)                                                  \
    T(sync_waits_for_an_end_that_is_yet_to_come)                                                   \
    T(sync_for_which_nothing_drains_is_reported)
TEST_SUITE("cmdq", TESTS)
