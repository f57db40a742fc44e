/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory: when an access is done, whose channel it has, and what the last-level cache keeps.
 */
#include "hw/memory.h"

#include "suite.h"
#include "time_bench.h"

enum { LLC = 60, DRAM = 110, DATA_LLC = 50, DATA_DRAM = 90 };

struct bench { struct time_bench t; struct memory m; };

static void up(struct bench *b, uint64_t residency, uint64_t channels, uint64_t line_ps)
{
    const struct memory_config c = {
        .par = { .llc_ps = LLC, .dram_ps = DRAM, .data_llc_ps = DATA_LLC, .data_dram_ps = DATA_DRAM,
                 .tables = residency, .data = residency, .data_block_log2 = 12, .channels = channels,
                 .line_ps = line_ps },
        .llc_tables = { .sets = 1, .ways = 2 }, .llc_data = { .sets = 1, .ways = 2 },
    };

    time_up(&b->t);
    CHECK_EQ(memory_init(&b->m, &b->t.clk, &c, 1), 0);
}

static void down(struct bench *b)
{
    memory_destroy(&b->m);
    time_down(&b->t);
}

static uint64_t table(struct bench *b, uint64_t pa, uint64_t now_ps)
{
    return memory_access(&b->m, MEMORY_TABLE, pa, 8, now_ps, NULL) - now_ps;
}

static uint64_t data(struct bench *b, uint64_t pa, uint64_t now_ps)
{
    return memory_access(&b->m, MEMORY_DATA, pa, 64, now_ps, NULL) - now_ps;
}

static void hit_and_miss_of_tables_and_data_have_their_latencies(void)
{
    struct bench b;
    bool hit;

    up(&b, MEMORY_HIT, 1, 0);
    CHECK_EQ(table(&b, 0x1000, 7), LLC);
    CHECK_EQ(data(&b, 0x1000, 7), DATA_LLC);
    CHECK_EQ(memory_access(&b.m, MEMORY_QUEUE, 0x1000, 32, 7, &hit), 7 + LLC);
    CU_ASSERT_TRUE(hit);
    CHECK_EQ(b.m.st.lines, 0);
    down(&b);
    up(&b, MEMORY_MISS, 1, 0);
    CHECK_EQ(table(&b, 0x1000, 7), DRAM);
    CHECK_EQ(data(&b, 0x1000, 7), DATA_DRAM);
    CHECK_EQ(memory_access(&b.m, MEMORY_QUEUE, 0x1000, 32, 7, &hit), 7 + DRAM);
    CU_ASSERT_FALSE(hit);
    CHECK_EQ(b.m.st.table_reads, 1);
    CHECK_EQ(b.m.st.table_misses, 1);
    CHECK_EQ(b.m.st.data_accesses, 1);
    CHECK_EQ(b.m.st.data_misses, 1);
    CHECK_EQ(b.m.st.queue_writes, 1);
    CHECK_EQ(b.m.st.lines, 3);
    down(&b);
}

static void third_miss_waits_for_one_of_two_channels(void)
{
    struct bench b;

    up(&b, MEMORY_MISS, 2, 100);
    CHECK_EQ(table(&b, 0, 0), DRAM);
    CHECK_EQ(table(&b, 0, 10), DRAM);
    CHECK_EQ(table(&b, 0, 99), 1 + DRAM);          /* the first is free at 100  */
    CHECK_EQ(table(&b, 0, 110), DRAM);             /* the other one at 110      */
    CHECK_EQ(table(&b, 0, 150), 50 + DRAM);
    CHECK_EQ(table(&b, 0, 1000), DRAM);
    CHECK_EQ(b.m.st.wait_ps, 1 + 50);
    CHECK_EQ(b.m.st.busy_ps, 600);
    down(&b);
}

static void channel_is_busy_for_every_line_begun(void)
{
    struct bench b;

    for (uint64_t bytes = 128; bytes <= 129; bytes++) {
        uint64_t lines = bytes == 128 ? 2 : 3;

        up(&b, MEMORY_MISS, 1, 100);
        CHECK_EQ(memory_access(&b.m, MEMORY_DATA, 0, bytes, 0, NULL), DATA_DRAM);
        CHECK_EQ(data(&b, 0, 100 * lines), DATA_DRAM);
        CHECK_EQ(b.m.st.wait_ps, 0);
        CHECK_EQ(data(&b, 0, 100 * lines + 99), 1 + DATA_DRAM);
        CHECK_EQ(b.m.st.lines, lines + 2);
        down(&b);
    }
}

static void hits_need_no_channel(void)
{
    struct bench b;

    up(&b, MEMORY_CACHE, 1, 100);
    CHECK_EQ(table(&b, 0, 0), DRAM);
    CHECK_EQ(table(&b, 0, 1), LLC);
    CHECK_EQ(table(&b, 64, 2), 98 + DRAM);
    down(&b);
}

static void cache_keeps_tables_and_data_apart(void)
{
    struct bench b;

    up(&b, MEMORY_CACHE, 1, 0);
    CHECK_EQ(table(&b, 0x1000, 0), DRAM);
    CHECK_EQ(data(&b, 0x1000, 0), DATA_DRAM);
    for (uint64_t i = 0; i < 8; i++)
        data(&b, 0x10000 + i * 0x1000, 0);
    CHECK_EQ(table(&b, 0x1000, 0), LLC);
    for (uint64_t i = 0; i < 8; i++)
        table(&b, 0x20000 + i * 64, 0);
    CHECK_EQ(data(&b, 0x17000, 0), DATA_LLC);
    CHECK_EQ(table(&b, 0x1000, 0), DRAM);          /* two ways: gone by now */
    CHECK_EQ(data(&b, 0x1000, 0), DATA_DRAM);
    down(&b);
}

static void tables_are_kept_by_lines_and_data_by_blocks(void)
{
    struct bench b;

    up(&b, MEMORY_CACHE, 1, 0);
    table(&b, 0x1000, 0);
    CHECK_EQ(table(&b, 0x1038, 0), LLC);
    CHECK_EQ(table(&b, 0x1040, 0), DRAM);
    data(&b, 0x5000, 0);
    CHECK_EQ(data(&b, 0x5fc0, 0), DATA_LLC);
    CHECK_EQ(data(&b, 0x6000, 0), DATA_DRAM);
    down(&b);
}

static void queues_are_kept_with_tables(void)
{
    struct bench b;
    bool hit;

    up(&b, MEMORY_CACHE, 1, 0);
    memory_access(&b.m, MEMORY_QUEUE, 0x1000, 16, 0, &hit);
    CU_ASSERT_FALSE(hit);
    CHECK_EQ(table(&b, 0x1000, 0), LLC);
    CHECK_EQ(b.m.st.table_misses, 0);
    down(&b);
}

static void words_come_through_a_port_one_after_the_other(void)
{
    struct bench b;

    up(&b, MEMORY_HIT, 1, 0);
    b.m.par.word_ps = 3;
    CHECK_EQ(table(&b, 0x1000, 0), LLC);
    CHECK_EQ(memory_access(&b.m, MEMORY_COMMAND, 0, 32, 10, NULL), 10 + LLC + 2);  /* its first word is due at 61 */
    CHECK_EQ(table(&b, 0x1000, 4), LLC + 11);
    CHECK_EQ(table(&b, 0x1000, 17), LLC + 1);
    CHECK_EQ(table(&b, 0x1000, 100), LLC);
    CHECK_EQ(data(&b, 0x1000, 0), DATA_LLC);                                       /* not through it */
    CHECK_EQ(memory_access(&b.m, MEMORY_QUEUE, 0, 32, 0, NULL), LLC);
    CHECK_EQ(b.m.st.port_wait_ps, 2 + 11 + 1);
    down(&b);
}

static void what_is_due_sooner_comes_through_the_port_sooner(void)
{
    struct bench b;

    up(&b, MEMORY_HIT, 1, 0);
    b.m.par.word_ps = 3;
    CHECK_EQ(table(&b, 0x1000, 50), LLC);
    CHECK_EQ(table(&b, 0x1000, 0), LLC);
    CHECK_EQ(table(&b, 0x1000, 48), LLC);              /* begins before the first, which knows its end already */
    CHECK_EQ(table(&b, 0x1000, 50), LLC + 4);
    down(&b);
}

/* Time stands still here, so that none of them is over. */
static void port_of_many_bookings_forgets_the_oldest(void)
{
    struct bench b;

    up(&b, MEMORY_HIT, 1, 0);
    b.m.par.word_ps = 3;
    for (uint64_t i = 0; i < MEMORY_BOOKED; i++)
        CHECK_EQ(table(&b, 0x1000, 3 * i), LLC);
    CHECK_EQ(table(&b, 0x1000, 3), LLC + 3 * (MEMORY_BOOKED - 1));
    CHECK_EQ(table(&b, 0x1000, 0), LLC);               /* as the first was, which is not known any more */
    CHECK_EQ(b.m.booked_n, MEMORY_BOOKED);
    down(&b);
}

static void reads_and_writes_of_queues_have_their_ways(void)
{
    struct bench b;

    up(&b, MEMORY_HIT, 1, 0);
    b.m.par.port_ps = 5;
    b.m.par.write_ps = 9;
    CHECK_EQ(table(&b, 0x1000, 7), 5 + LLC);
    CHECK_EQ(memory_access(&b.m, MEMORY_COMMAND, 0x1000, 32, 7, NULL), 7 + 5 + LLC);
    CHECK_EQ(memory_access(&b.m, MEMORY_QUEUE, 0x1000, 32, 7, NULL), 7 + 9 + LLC);
    CHECK_EQ(data(&b, 0x1000, 7), DATA_LLC);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(hit_and_miss_of_tables_and_data_have_their_latencies)                                        \
    T(third_miss_waits_for_one_of_two_channels)                                                    \
    T(channel_is_busy_for_every_line_begun)                                                        \
    T(hits_need_no_channel)                                                                        \
    T(cache_keeps_tables_and_data_apart)                                                           \
    T(tables_are_kept_by_lines_and_data_by_blocks)                                                 \
    T(queues_are_kept_with_tables)                                                                 \
    T(words_come_through_a_port_one_after_the_other)                                               \
    T(what_is_due_sooner_comes_through_the_port_sooner)                                            \
    T(port_of_many_bookings_forgets_the_oldest)                                                    \
    T(reads_and_writes_of_queues_have_their_ways)
TEST_SUITE("memory", TESTS)
