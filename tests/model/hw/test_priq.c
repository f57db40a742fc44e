/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of page requests: when a request can be seen, and what a full ring does.
 */
#include "hw/priq.h"

#include "suite.h"
#include "time_bench.h"

enum { LLC = 100, BASE = 0x10000 };

struct bench {
    struct time_bench t;
    struct memory     memory;
    struct mem       *mem;
    struct priq       q;
    unsigned          seen, first;
};

static void saw(void *arg, const uint64_t *words, bool first)
{
    struct bench *b = arg;

    b->seen++;
    b->first += first;
    CHECK_EQ(words[1], words[0] + 1);
}

static void up(struct bench *b, uint64_t entries, unsigned words, bool timed)
{
    const struct memory_config c = { .par = { .llc_ps = LLC, .channels = 1 } };
    const struct priq_params par = { .entries = entries, .base = BASE };

    memset(b, 0, sizeof *b);
    time_up(&b->t);
    b->mem = mem_new();
    CHECK_EQ(memory_init(&b->memory, &b->t.clk, &c, 1), 0);
    priq_init(&b->q, &b->t.comp, "priq", &par, words, b->mem);
    b->q.seen_fn = saw;
    b->q.arg = b;
    if (timed) {
        priq_timed(&b->q, &b->memory);
        proc_start(&b->q.proc);
    }
    sim_run_to(b->t.sim, 0);
}

static void down(struct bench *b)
{
    memory_destroy(&b->memory);
    mem_free(b->mem);
    time_down(&b->t);
}

static void request(struct bench *b, uint64_t word)
{
    if (priq_full(&b->q) || priq_overflown(&b->q))
        priq_refuse(&b->q);
    else
        CU_ASSERT(priq_write(&b->q, (uint64_t[PRIQ_WORDS]){ word, word + 1, word + 2, word + 3 }));
}

static void request_is_seen_when_memory_has_it(void)
{
    struct bench b;
    uint64_t w[PRIQ_WORDS];

    up(&b, 8, 2, true);
    sim_run_to(b.t.sim, 1000);
    request(&b, 7);
    sim_run_to(b.t.sim, 1000 + LLC - 1);
    CHECK_EQ(b.seen, 0);
    CHECK_EQ(priq_prod(&b.q), 0);
    CU_ASSERT_FALSE(priq_take(&b.q, w));
    sim_run_to(b.t.sim, 1000 + LLC);
    CHECK_EQ(b.seen, 1);
    CHECK_EQ(priq_prod(&b.q), 1);
    CU_ASSERT(priq_take(&b.q, w));
    CHECK_EQ(w[0], 7);
    CHECK_EQ(w[1], 8);
    CHECK_EQ(b.q.st.write_ps, LLC);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    down(&b);
}

static void requests_are_written_one_by_one(void)
{
    struct bench b;

    up(&b, 8, 2, true);
    for (uint64_t i = 1; i <= 3; i++)
        request(&b, i);
    sim_run_to(b.t.sim, 2 * LLC);
    CHECK_EQ(b.seen, 2);
    sim_run_to(b.t.sim, 3 * LLC);
    CHECK_EQ(b.seen, 3);
    CHECK_EQ(b.q.st.write_ps, 6 * LLC);
    down(&b);
}

static void without_time_a_request_is_there_at_once(void)
{
    struct bench b;
    uint64_t w[PRIQ_WORDS];

    up(&b, 4, 4, false);
    request(&b, 0x10);
    request(&b, 0x20);
    CHECK_EQ(b.seen, 2);
    CHECK_EQ(b.first, 1);
    CU_ASSERT(priq_take(&b.q, w));
    CU_ASSERT(priq_take(&b.q, w));
    CHECK_EQ(w[3], 0x23);
    CHECK_EQ(mem_read64(b.mem, BASE + 32), 0x20);
    CU_ASSERT_FALSE(priq_take(&b.q, w));
    down(&b);
}

static void full_ring_refuses_and_flags_once(void)
{
    struct bench b;

    up(&b, 2, 2, false);
    request(&b, 1);
    request(&b, 2);
    CU_ASSERT_FALSE(priq_overflown(&b.q));
    request(&b, 3);
    CHECK_EQ(priq_prod(&b.q), 2 | 1u << 31);
    request(&b, 4);
    CHECK_EQ(priq_prod(&b.q), 2 | 1u << 31);
    CHECK_EQ(b.q.st.overflows, 1);
    CHECK_EQ(b.q.st.refused, 2);
    down(&b);
}

static void room_is_of_no_use_before_the_overflow_is_acknowledged(void)
{
    struct bench b;

    up(&b, 2, 2, false);
    for (uint64_t i = 0; i < 3; i++)
        request(&b, i);
    priq_set_cons(&b.q, 2);                    /* all are taken, nothing acknowledged */
    request(&b, 9);
    CHECK_EQ(b.q.st.refused, 2);
    CHECK_EQ(b.q.st.overflows, 1);
    priq_set_cons(&b.q, 2 | 1u << 31);
    request(&b, 10);
    CHECK_EQ(b.q.st.written, 3);
    CHECK_EQ(priq_cons(&b.q), 2 | 1u << 31);
    down(&b);
}

static void one_entry_makes_a_ring(void)
{
    struct bench b;

    up(&b, 1, 2, false);
    for (uint32_t i = 1; i < 6; i++) {
        request(&b, i);
        CU_ASSERT(priq_full(&b.q));
        CHECK_EQ(priq_prod(&b.q), i & 1);      /* full and empty differ by the wrap bit alone */
        priq_set_cons(&b.q, i & 1);
        CU_ASSERT_FALSE(priq_full(&b.q));
    }
    CHECK_EQ(b.q.st.taken, 5);
    down(&b);
}

static void consumer_goes_no_further_than_the_producer(void)
{
    struct bench b;

    up(&b, 4, 2, false);
    request(&b, 1);
    priq_set_cons(&b.q, 3);
    CHECK_EQ(priq_cons(&b.q), 1);
    down(&b);
}

static void producer_is_where_a_driver_sets_it(void)
{
    struct bench b;

    up(&b, 4, 2, false);
    priq_set_prod(&b.q, 3);
    CHECK_EQ(priq_prod(&b.q), 3);
    request(&b, 1);
    CHECK_EQ(mem_read64(b.mem, BASE + 3 * 16), 1);
    CU_ASSERT(priq_full(&b.q));
    down(&b);
}

static void request_that_memory_does_not_take_is_not_there(void)
{
    struct bench b;

    up(&b, 4, 2, false);
    CHECK_EQ(mem_abort_region(b.mem, BASE, BASE + 63), 0);
    CU_ASSERT_FALSE(priq_write(&b.q, (uint64_t[PRIQ_WORDS]){ 1, 2 }));
    CHECK_EQ(priq_prod(&b.q), 0);
    CHECK_EQ(b.seen, 0);
    down(&b);
}

static void without_wrap_bits_a_place_stays_empty(void)
{
    struct bench b;

    up(&b, 4, 4, false);
    b.q.spare = 1;
    for (uint64_t i = 1; i <= 3; i++) {
        CU_ASSERT_FALSE(priq_full(&b.q));
        request(&b, i);
    }
    CU_ASSERT(priq_full(&b.q));
    CHECK_EQ(priq_tail(&b.q), 3);
    CHECK_EQ(priq_head(&b.q), 0);
    priq_set_head(&b.q, 2);
    CHECK_EQ(b.q.st.taken, 2);
    request(&b, 4);
    CHECK_EQ(priq_tail(&b.q), 0);
    priq_set_head(&b.q, 2);                    /* where it is */
    CHECK_EQ(b.q.st.taken, 2);
    priq_set_head(&b.q, 1);                    /* beyond the tail */
    CHECK_EQ(priq_head(&b.q), 0);
    CHECK_EQ(b.q.st.taken, 4);
    down(&b);
}

static void overflow_is_acknowledged_without_an_index(void)
{
    struct bench b;

    up(&b, 2, 4, false);
    b.q.spare = 1;
    request(&b, 1);
    request(&b, 2);
    CU_ASSERT(priq_overflown(&b.q));
    priq_set_head(&b.q, 1);
    CU_ASSERT(priq_overflown(&b.q));
    priq_acknowledge(&b.q);
    CU_ASSERT_FALSE(priq_overflown(&b.q));
    priq_acknowledge(&b.q);
    CU_ASSERT_FALSE(priq_overflown(&b.q));
    request(&b, 3);
    CHECK_EQ(b.q.st.written, 2);
    down(&b);
}

static void tail_is_where_a_driver_sets_it(void)
{
    struct bench b;

    up(&b, 4, 4, false);
    priq_set_tail(&b.q, 2);
    request(&b, 1);
    CHECK_EQ(mem_read64(b.mem, BASE + 2 * 32), 1);
    CHECK_EQ(priq_tail(&b.q), 3);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(request_is_seen_when_memory_has_it)                                                          \
    T(requests_are_written_one_by_one)                                                             \
    T(without_time_a_request_is_there_at_once)                                                     \
    T(full_ring_refuses_and_flags_once)                                                            \
    T(room_is_of_no_use_before_the_overflow_is_acknowledged)                                       \
    T(one_entry_makes_a_ring)                                                                      \
    T(consumer_goes_no_further_than_the_producer)                                                  \
    T(producer_is_where_a_driver_sets_it)                                                          \
    T(request_that_memory_does_not_take_is_not_there)                                              \
    T(without_wrap_bits_a_place_stays_empty)                                                       \
    T(overflow_is_acknowledged_without_an_index)                                                   \
    T(tail_is_where_a_driver_sets_it)
TEST_SUITE("priq", TESTS)
