/* SPDX-License-Identifier: Apache-2.0
 *
 * The device's link: when a message starts and arrives, by rate, packets and intervals.
 */
#include "hw/dlink.h"

#include "suite.h"
#include "time_bench.h"

enum { UP = 5000, DOWN = 7000, ENGINE = 300, READ = 0, WRITE = 1 };

struct bench { struct time_bench t; struct dlink l; uint64_t start; };

static const struct dlink_params defaults = {
    .up_ps = UP, .down_ps = DOWN, .engine_ps = ENGINE, .beat_ps = 1000, .header = 24, .max_payload = 256,
    .max_read = 512, .tags = 2, .posted = 3,
};

static void up(struct bench *b, const struct dlink_params *par)
{
    time_up(&b->t);
    CHECK_EQ(dlink_init(&b->l, &b->t.clk, "dev", par), 0);
}

static void down(struct bench *b)
{
    dlink_destroy(&b->l);
    time_down(&b->t);
}

/* How long a message is under way once it has started. */
static uint64_t way_up(struct bench *b, bool write, uint64_t bytes, uint64_t when_ps)
{
    return dlink_up(&b->l, write, bytes, when_ps, &b->start) - b->start;
}

/* Tags or credits for as many, now. */
static void take(struct bench *b, bool write, unsigned n)
{
    uint64_t when_ps;

    while (n--)
        CU_ASSERT_TRUE_FATAL(dlink_take(&b->l, write, sim_now(b->t.sim), &when_ps));
}

static void link_of_any_rate_takes_its_latency_alone(void)
{
    struct bench b;

    up(&b, &defaults);
    CHECK_EQ(way_up(&b, READ, 4096, 100), ENGINE + UP);
    CHECK_EQ(b.start, 100);
    CHECK_EQ(way_up(&b, WRITE, 4096, 100), ENGINE + UP);
    CHECK_EQ(b.start, 100);
    take(&b, READ, 2);
    CHECK_EQ(dlink_down(&b.l, 4096, 100), 100 + DOWN);
    CHECK_EQ(dlink_down(&b.l, 4096, 100), 100 + DOWN);
    CHECK_EQ(b.l.st.up_busy_ps + b.l.st.down_busy_ps + b.l.st.down_wait_ps, 0);
    down(&b);
}

static void write_goes_up_in_packets_with_a_header_each(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.beat_bytes = 1;
    up(&b, &par);
    CHECK_EQ(way_up(&b, WRITE, 1, 0), (1 + 24) * 1000 + ENGINE + UP);
    CHECK_EQ(way_up(&b, WRITE, 256, 0), (256 + 24) * 1000 + ENGINE + UP);
    CHECK_EQ(b.start, 25000);
    CHECK_EQ(way_up(&b, WRITE, 257, 0), (257 + 48) * 1000 + ENGINE + UP);
    CHECK_EQ(b.start, 25000 + 280000);
    CHECK_EQ(b.l.st.up_bytes, 25 + 280 + 305);
    CHECK_EQ(b.l.st.up_busy_ps, 610000);
    CHECK_EQ(b.l.st.writes, 3);
    down(&b);
}

static void read_goes_up_as_headers_and_comes_down_as_data(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.beat_bytes = 1;
    up(&b, &par);
    CHECK_EQ(way_up(&b, READ, 512, 0), 24 * 1000 + ENGINE + UP);
    CHECK_EQ(way_up(&b, READ, 513, 0), 48 * 1000 + ENGINE + UP);
    CHECK_EQ(b.l.st.up_bytes, 72);
    CHECK_EQ(b.l.st.reads, 2);
    take(&b, READ, 2);
    CHECK_EQ(dlink_down(&b.l, 512, 0), (512 + 48) * 1000 + DOWN);
    CHECK_EQ(dlink_down(&b.l, 0, 560000), 560000 + 24 * 1000 + DOWN);  /* no data: an answer */
    CHECK_EQ(b.l.st.down_bytes, 560 + 24);
    CHECK_EQ(b.l.st.down_wait_ps, 0);
    down(&b);
}

static void part_of_a_beat_takes_its_share_rounded_up(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.beat_bytes = 32;
    up(&b, &par);
    CHECK_EQ(way_up(&b, WRITE, 256, 0), 8750 + ENGINE + UP);       /* 280 B */
    CHECK_EQ(way_up(&b, WRITE, 1, 8750), 782 + ENGINE + UP);       /* 25 B: 781.25 */
    CHECK_EQ(b.start, 8750);
    down(&b);
}

static void message_waits_until_the_one_before_is_on_the_link(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.beat_bytes = 1;
    up(&b, &par);
    way_up(&b, READ, 64, 1000);                    /* 24 B: until 25000 */
    way_up(&b, WRITE, 8, 24999);
    CHECK_EQ(b.start, 25000);
    way_up(&b, READ, 64, 57000);                   /* 32 B: until 57000 */
    CHECK_EQ(b.start, 57000);
    take(&b, READ, 2);
    CHECK_EQ(dlink_down(&b.l, 8, 25000), 25000 + 32000 + DOWN);        /* the other direction is free */
    CHECK_EQ(dlink_down(&b.l, 8, 56999), 57000 + 32000 + DOWN);
    CHECK_EQ(b.l.st.down_wait_ps, 1);
    down(&b);
}

static void device_starts_reads_and_writes_each_at_its_rate(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.read_interval_ps = 400;
    par.write_interval_ps = 700;
    up(&b, &par);
    way_up(&b, READ, 64, 10);
    way_up(&b, WRITE, 64, 10);
    CHECK_EQ(b.start, 10);                         /* a write does not wait for a read */
    way_up(&b, READ, 64, 409);
    CHECK_EQ(b.start, 410);
    way_up(&b, WRITE, 64, 420);
    CHECK_EQ(b.start, 710);
    way_up(&b, READ, 64, 810);
    CHECK_EQ(b.start, 810);
    way_up(&b, WRITE, 64, 1410);
    CHECK_EQ(b.start, 1410);
    down(&b);
}

static void message_does_not_overtake_the_one_before(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.read_interval_ps = 400;
    up(&b, &par);
    way_up(&b, READ, 64, 0);
    way_up(&b, READ, 64, 0);
    CHECK_EQ(b.start, 400);
    way_up(&b, WRITE, 64, 0);
    CHECK_EQ(b.start, 400);
    down(&b);
}

static void reads_hold_tags_and_writes_credits(void)
{
    struct bench b;
    uint64_t when_ps;

    up(&b, &defaults);
    CU_ASSERT_PTR_EQUAL(dlink_slots(&b.l, READ), &b.l.tags);
    CU_ASSERT_PTR_EQUAL(dlink_slots(&b.l, WRITE), &b.l.posted);
    take(&b, READ, 2);
    CU_ASSERT_FALSE(dlink_take(&b.l, READ, 0, &when_ps));
    CHECK_EQ(when_ps, DLINK_LATER);
    take(&b, WRITE, 3);
    CU_ASSERT_FALSE(dlink_take(&b.l, WRITE, 0, &when_ps));
    CHECK_EQ(when_ps, DLINK_LATER);
    down(&b);
}

static void tag_is_free_when_its_data_is_down(void)
{
    struct bench b;
    uint64_t when_ps;

    up(&b, &defaults);
    take(&b, READ, 2);
    dlink_down(&b.l, 64, 100);
    dlink_down(&b.l, 64, 400);
    CU_ASSERT_FALSE(dlink_take(&b.l, READ, 100 + DOWN - 1, &when_ps));
    CHECK_EQ(when_ps, 100 + DOWN);
    sim_run_to(b.t.sim, 100 + DOWN);
    take(&b, READ, 1);
    CU_ASSERT_FALSE(dlink_take(&b.l, READ, 100 + DOWN, &when_ps));
    CHECK_EQ(when_ps, 400 + DOWN);
    down(&b);
}

/* What is known ahead of time is not known in order. */
static void tag_whose_end_is_known_later_is_free_sooner(void)
{
    struct bench b;
    uint64_t when_ps;

    up(&b, &defaults);
    take(&b, READ, 2);
    dlink_down(&b.l, 64, 400);
    dlink_down(&b.l, 64, 100);
    CU_ASSERT_FALSE(dlink_take(&b.l, READ, 0, &when_ps));
    CHECK_EQ(when_ps, 100 + DOWN);
    sim_run_to(b.t.sim, 100 + DOWN);
    take(&b, READ, 1);
    CU_ASSERT_FALSE(dlink_take(&b.l, READ, 100 + DOWN, &when_ps));
    CHECK_EQ(when_ps, 400 + DOWN);
    down(&b);
}

static void credit_is_free_when_its_write_is_passed_on(void)
{
    struct bench b;
    uint64_t when_ps;

    up(&b, &defaults);
    take(&b, WRITE, 3);
    dlink_passed_on(&b.l, 500);
    CU_ASSERT_FALSE(dlink_take(&b.l, WRITE, 499, &when_ps));
    CHECK_EQ(when_ps, 500);
    sim_run_to(b.t.sim, 500);
    take(&b, WRITE, 1);
    CU_ASSERT_FALSE(dlink_take(&b.l, WRITE, 500, &when_ps));
    CHECK_EQ(when_ps, DLINK_LATER);
    down(&b);
}

/* Two tags: one until 7100, the other until 7400. */
static void tags_are_accounted_until_they_came_back(void)
{
    struct bench b;

    up(&b, &defaults);
    take(&b, READ, 2);
    dlink_down(&b.l, 64, 100);
    dlink_down(&b.l, 64, 400);
    sim_run_to(b.t.sim, 10000);
    comp_settle(&b.l.comp);
    CHECK_EQ(b.l.tags.st.busy_ps, 100 + DOWN + 400 + DOWN);
    CHECK_EQ(b.l.tags.occupancy.count, 10000);
    CHECK_EQ(b.l.tags.used, 0);
    down(&b);
}

static void message_is_a_header_that_takes_its_turn_and_no_slot(void)
{
    struct dlink_params par = defaults;
    struct bench b;

    par.beat_bytes = 1;
    par.read_interval_ps = 100000;
    up(&b, &par);
    CHECK_EQ(dlink_message_up(&b.l, 0), 24 * 1000 + UP);
    CHECK_EQ(dlink_message_up(&b.l, 1000), 48 * 1000 + UP);
    CHECK_EQ(way_up(&b, READ, 1, 0), 24 * 1000 + ENGINE + UP);
    CHECK_EQ(b.start, 48000);
    CHECK_EQ(dlink_message_down(&b.l, 500), 500 + 24 * 1000 + DOWN);
    CHECK_EQ(dlink_message_down(&b.l, 500), 500 + 48 * 1000 + DOWN);
    CHECK_EQ(b.l.st.reads + b.l.st.writes, 1);
    CHECK_EQ(b.l.tags.used, 0);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(link_of_any_rate_takes_its_latency_alone)                                                    \
    T(write_goes_up_in_packets_with_a_header_each)                                                 \
    T(read_goes_up_as_headers_and_comes_down_as_data)                                              \
    T(part_of_a_beat_takes_its_share_rounded_up)                                                   \
    T(message_waits_until_the_one_before_is_on_the_link)                                           \
    T(device_starts_reads_and_writes_each_at_its_rate)                                             \
    T(message_does_not_overtake_the_one_before)                                                    \
    T(reads_hold_tags_and_writes_credits)                                                          \
    T(tag_is_free_when_its_data_is_down)                                                           \
    T(tag_whose_end_is_known_later_is_free_sooner)                                                 \
    T(credit_is_free_when_its_write_is_passed_on)                                                  \
    T(tags_are_accounted_until_they_came_back)                                                     \
    T(message_is_a_header_that_takes_its_turn_and_no_slot)
TEST_SUITE("dlink", TESTS)
