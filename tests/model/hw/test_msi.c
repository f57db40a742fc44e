/* SPDX-License-Identifier: Apache-2.0
 *
 * Message signalled interrupts: when a message is in memory, and what becomes of one that is aborted.
 */
#include "hw/msi.h"

#include "suite.h"
#include "time_bench.h"

enum { LLC = 100, AT = 0x10000 };

struct bench {
    struct time_bench t;
    struct memory     memory;
    struct mem       *mem;
    struct msi        m;
    unsigned          aborted, source, done;
};

static void abort_fn(void *arg, unsigned source)
{
    struct bench *b = arg;

    b->aborted++;
    b->source = source;
}

static void done_fn(void *arg) { ((struct bench *)arg)->done++; }

static void up(struct bench *b, bool timed)
{
    const struct memory_config c = { .par = { .llc_ps = LLC, .channels = 1 } };

    *b = (struct bench){ .aborted = 0 };
    time_up(&b->t);
    b->mem = mem_new();
    CHECK_EQ(memory_init(&b->memory, &b->t.clk, &c, 1), 0);
    msi_init(&b->m, &b->t.comp, "msi");
    b->m.mem = b->mem;
    b->m.aborted = abort_fn;
    b->m.done = done_fn;
    b->m.arg = b;
    if (!timed)
        return;
    msi_timed(&b->m, &b->memory);
    proc_start(&b->m.proc);
    sim_run_to(b->t.sim, 0);
}

static void down(struct bench *b)
{
    memory_destroy(&b->memory);
    mem_free(b->mem);
    time_down(&b->t);
}

static void a_message_is_32_bits_at_its_address(void)
{
    struct bench b;

    up(&b, false);
    mem_write64(b.mem, AT, 0x1111111122222222ull);
    msi_send(&b.m, 1, AT + 4, 0xabcd);
    CHECK_EQ(mem_read64(b.mem, AT), 0x0000abcd22222222ull);
    msi_send(&b.m, 1, AT, 0x1234);
    CHECK_EQ(mem_read64(b.mem, AT), 0x0000abcd00001234ull);
    CHECK_EQ(b.m.st.sent, 2);
    down(&b);
}

static void a_message_takes_as_long_as_its_write(void)
{
    struct bench b;

    up(&b, true);
    sim_run_to(b.t.sim, 50);
    msi_send(&b.m, 1, AT, 7);
    msi_send(&b.m, 2, AT + 8, 8);
    CU_ASSERT_TRUE(msi_waits(&b.m, 1));
    sim_run_to(b.t.sim, 50 + LLC - 1);
    CHECK_EQ(mem_read64(b.mem, AT), 0);
    sim_run_to(b.t.sim, 50 + LLC);
    CHECK_EQ(mem_read64(b.mem, AT), 7);
    CU_ASSERT_FALSE(msi_waits(&b.m, 1));
    CU_ASSERT_TRUE(msi_waits(&b.m, 2));
    CHECK_EQ(b.done, 1);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(mem_read64(b.mem, AT + 8), 8);
    CHECK_EQ(b.m.st.write_ps, 3 * LLC);
    down(&b);
}

static void equal_messages_that_wait_are_one(void)
{
    struct bench b;

    up(&b, true);
    for (int i = 0; i < 4; i++)
        msi_send(&b.m, 1, AT, 7);
    sim_run(b.t.sim);
    CHECK_EQ(b.m.st.sent, 2);                      /* the first was on its way */
    CHECK_EQ(b.m.st.merged, 2);
    down(&b);
}

static void an_aborted_message_is_told_with_its_source(void)
{
    struct bench b;

    for (int timed = 0; timed < 2; timed++) {
        up(&b, timed);
        mem_abort_region(b.mem, AT, AT + 0xfff);
        msi_send(&b.m, 3, AT, 7);
        sim_run(b.t.sim);
        CHECK_EQ(b.aborted, 1);
        CHECK_EQ(b.source, 3);
        CHECK_EQ(b.m.st.sent, 0);
        CHECK_EQ(b.m.st.aborted, 1);
        down(&b);
    }
}

#define TESTS(T)                                                                                   \
    T(a_message_is_32_bits_at_its_address) T(a_message_takes_as_long_as_its_write)                 \
    T(equal_messages_that_wait_are_one) T(an_aborted_message_is_told_with_its_source)
TEST_SUITE("msi", TESTS)
