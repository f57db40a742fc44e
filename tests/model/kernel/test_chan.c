/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: when an item can be got, when a slot can be taken again, and who is resumed.  Times are
 * tested on both sides of the edge: not at n-1, yes at n.
 */
#include "kernel/chan.h"
#include "suite.h"

enum { PERIOD_PS = 1000, LOG = 4096 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  comp;
    struct chan  ch;
    char         log[LOG];
};

static void bench_up(struct bench *b, const struct chan_params *par)
{
    memset(b, 0, sizeof *b);
    b->sim = sim_new();
    clock_init(&b->clk, b->sim, NULL, "clk", PERIOD_PS);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    CHECK_EQ(chan_init(&b->ch, &b->comp, "ch", par, sizeof(uint32_t)), 0);
    CHECK_EQ(sim_elaborate(b->sim, &b->comp, NULL), 0);
}

static void bench_down(struct bench *b)
{
    chan_destroy(&b->ch);
    sim_free(b->sim);
}

static bool put(struct bench *b, uint32_t v)
{
    return chan_put(&b->ch, &v);
}

/* The item, or UINT32_MAX if there is none. */
static uint32_t get(struct bench *b)
{
    uint32_t v;

    return chan_get(&b->ch, &v) ? v : UINT32_MAX;
}

static void item_can_be_got_after_exactly_its_delay(void)
{
    struct bench b;

    bench_up(&b, &(struct chan_params){ .slots = 2, .delay_ps = 3000 });
    sim_run_to(b.sim, 100);
    CU_ASSERT(put(&b, 7));
    sim_run_to(b.sim, 3099);
    CU_ASSERT_PTR_NULL(chan_peek(&b.ch));
    CHECK_EQ(get(&b), UINT32_MAX);
    sim_run_to(b.sim, 3100);
    CU_ASSERT_PTR_NOT_NULL_FATAL(chan_peek(&b.ch));
    CHECK_EQ(*(const uint32_t *)chan_peek(&b.ch), 7);
    CHECK_EQ(get(&b), 7);
    CHECK_EQ(get(&b), UINT32_MAX);
    bench_down(&b);
}

static void slots_count_items_under_way(void)
{
    struct bench b;

    bench_up(&b, &(struct chan_params){ .slots = 2, .delay_ps = 3000 });
    CU_ASSERT(put(&b, 1));
    CU_ASSERT(put(&b, 2));
    CU_ASSERT(!chan_room(&b.ch));
    CU_ASSERT(!put(&b, 3));
    sim_run_to(b.sim, 3000);
    CU_ASSERT(!put(&b, 3));
    CHECK_EQ(get(&b), 1);
    CU_ASSERT(put(&b, 3));
    CHECK_EQ(get(&b), 2);
    CHECK_EQ(get(&b), UINT32_MAX);             /* 3 is under way */
    bench_down(&b);
}

static void flow_slot_can_be_taken_at_once_and_registered_a_cycle_later(void)
{
    struct bench b;

    bench_up(&b, &(struct chan_params){ .slots = 1, .mode = CHAN_FLOW });
    CU_ASSERT(put(&b, 1));
    CHECK_EQ(get(&b), 1);
    CU_ASSERT(put(&b, 2));
    bench_down(&b);

    bench_up(&b, &(struct chan_params){ .slots = 1, .mode = CHAN_REGISTERED });
    CU_ASSERT(put(&b, 1));
    sim_run_to(b.sim, 500);
    CHECK_EQ(get(&b), 1);
    sim_run_to(b.sim, 1499);
    CU_ASSERT(!put(&b, 2));
    sim_run_to(b.sim, 1500);
    CU_ASSERT(put(&b, 2));
    bench_down(&b);
}

static void items_with_delays_of_their_own_stay_in_order(void)
{
    struct bench b;
    uint32_t v = 1;

    bench_up(&b, &(struct chan_params){ .slots = 4 });
    CU_ASSERT(chan_put_at(&b.ch, &v, 900));
    v = 2;
    CU_ASSERT(chan_put_at(&b.ch, &v, 400));
    sim_run_to(b.sim, 899);
    CHECK_EQ(get(&b), UINT32_MAX);
    sim_run_to(b.sim, 900);
    CHECK_EQ(get(&b), 1);
    CHECK_EQ(get(&b), 2);
    bench_down(&b);
}

static void ring_goes_round_with_every_item_in_order(void)
{
    struct bench b;
    uint32_t next = 0;

    bench_up(&b, &(struct chan_params){ .slots = 3 });
    for (uint32_t i = 0; i < 100; i++) {
        CU_ASSERT(put(&b, i));
        if (i % 3 == 2)
            while (next <= i)
                CHECK_EQ(get(&b), next++);
    }
    CHECK_EQ(next, 99);
    CHECK_EQ(b.ch.st.puts, 100);
    bench_down(&b);
}

/* ---- processes ---- */

struct maker {                 /* puts first, first + 1, ..., one every `every` cycles */
    struct proc   proc;
    struct bench *b;
    uint32_t      v, first, n;
    uint64_t      every;
};

struct taker {                 /* gets one every `every` cycles and notes what and when */
    struct proc   proc;
    struct bench *b;
    uint32_t      v;
    uint64_t      every;
    char          letter;
};

static enum proc_state make(struct proc *p)
{
    struct maker *m = CONTAINER_OF(p, struct maker, proc);

    PROC_BEGIN(p);
    for (m->v = m->first; m->v < m->first + m->n; m->v++) {
        PROC_PUT(p, &m->b->ch, &m->v);
        if (m->every)
            PROC_DELAY(p, m->every);
    }
    PROC_END(p);
}

static enum proc_state take(struct proc *p)
{
    struct taker *t = CONTAINER_OF(p, struct taker, proc);
    size_t n = strlen(t->b->log);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, &t->b->ch, &t->v);
        snprintf(t->b->log + n, LOG - n, "%c%" PRIu32 "@%" PRIu64 " ", t->letter, t->v,
                 sim_now(t->b->sim));
        if (t->every)
            PROC_DELAY(p, t->every);
        n = strlen(t->b->log);
    }
    PROC_END(p);
}

static void maker_up(struct maker *m, struct bench *b, uint32_t first, uint32_t n, uint64_t every)
{
    *m = (struct maker){ .b = b, .first = first, .n = n, .every = every };
    proc_init(&m->proc, &b->comp, "make", make);
    proc_start(&m->proc);
}

static void taker_up(struct taker *t, struct bench *b, char letter, uint64_t every)
{
    *t = (struct taker){ .b = b, .letter = letter, .every = every };
    proc_init(&t->proc, &b->comp, "take", take);
    proc_start(&t->proc);
}

static void pipeline_moves_an_item_a_cycle_with_as_many_slots_as_stages(void)
{
    struct bench b;
    struct maker m;
    struct taker t;

    bench_up(&b, &(struct chan_params){ .slots = 3, .delay_ps = 3000, .mode = CHAN_FLOW });
    taker_up(&t, &b, ' ', 1);
    maker_up(&m, &b, 0, 6, 1);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, " 0@3000  1@4000  2@5000  3@6000  4@7000  5@8000 ");
    bench_down(&b);

    bench_up(&b, &(struct chan_params){ .slots = 2, .delay_ps = 3000, .mode = CHAN_FLOW });
    taker_up(&t, &b, ' ', 1);
    maker_up(&m, &b, 0, 6, 1);
    sim_run(b.sim);
    CHECK_STR(b.log, " 0@3000  1@4000  2@6000  3@7000  4@9000  5@10000 ");
    bench_down(&b);
}

static void registered_pipeline_needs_one_slot_more(void)
{
    struct bench b;
    struct maker m;
    struct taker t;

    bench_up(&b, &(struct chan_params){ .slots = 4, .delay_ps = 3000, .mode = CHAN_REGISTERED });
    taker_up(&t, &b, ' ', 1);
    maker_up(&m, &b, 0, 6, 1);
    sim_run(b.sim);
    CHECK_STR(b.log, " 0@3000  1@4000  2@5000  3@6000  4@7000  5@8000 ");
    bench_down(&b);

    bench_up(&b, &(struct chan_params){ .slots = 3, .delay_ps = 3000, .mode = CHAN_REGISTERED });
    taker_up(&t, &b, ' ', 1);
    maker_up(&m, &b, 0, 6, 1);
    sim_run(b.sim);
    CHECK_STR(b.log, " 0@3000  1@4000  2@5000  3@7000  4@8000  5@9000 ");
    bench_down(&b);
}

static void slow_reader_holds_the_writer_back(void)
{
    struct bench b;
    struct maker m;
    struct taker t;

    bench_up(&b, &(struct chan_params){ .slots = 2, .mode = CHAN_FLOW });
    taker_up(&t, &b, ' ', 10);
    maker_up(&m, &b, 0, 5, 1);
    sim_run(b.sim);
    CHECK_STR(b.log, " 0@0  1@10000  2@20000  3@30000  4@40000 ");
    CHECK_EQ(m.proc.state, PROC_DONE);
    CHECK_EQ(b.ch.st.full_waits, 2);           /* items 3 and 4 */
    CHECK_EQ(b.ch.st.full_ps, (10 - 3) * 1000 + (20 - 11) * 1000);
    bench_down(&b);
}

static void who_has_waited_longest_goes_first(void)
{
    struct bench b;
    struct maker m;
    struct taker x, y, z;

    bench_up(&b, &(struct chan_params){ .slots = 8 });
    taker_up(&x, &b, 'x', 0);
    taker_up(&y, &b, 'y', 0);
    taker_up(&z, &b, 'z', 0);
    sim_run_to(b.sim, 1000);
    maker_up(&m, &b, 0, 7, 1);
    sim_run(b.sim);
    CHECK_STR(b.log, "x0@1000 y1@2000 z2@3000 x3@4000 y4@5000 z5@6000 x6@7000 ");
    bench_down(&b);
}

static void writers_that_wait_are_served_in_turn(void)
{
    struct bench b;
    struct maker m[3];
    struct taker t;

    bench_up(&b, &(struct chan_params){ .slots = 1, .mode = CHAN_REGISTERED });
    for (unsigned i = 0; i < 3; i++)
        maker_up(&m[i], &b, i * 100, 2, 0);
    sim_run_to(b.sim, 0);
    taker_up(&t, &b, ' ', 1);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, " 0@0  1@1000  100@2000  200@3000  101@4000  201@5000 ");
    bench_down(&b);
}

static void occupancy_is_the_integral_of_slots_over_time(void)
{
    struct bench b;

    bench_up(&b, &(struct chan_params){ .slots = 4 });
    put(&b, 1);
    sim_run_to(b.sim, 100);
    put(&b, 2);
    sim_run_to(b.sim, 150);
    get(&b);
    sim_run_to(b.sim, 250);
    comp_settle(&b.comp);
    CHECK_EQ(b.ch.st.occupancy_ps, 100 * 1 + 50 * 2 + 100 * 1);
    comp_settle(&b.comp);
    CHECK_EQ(b.ch.st.occupancy_ps, 300);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(item_can_be_got_after_exactly_its_delay)                                                     \
    T(slots_count_items_under_way)                                                                 \
    T(flow_slot_can_be_taken_at_once_and_registered_a_cycle_later)                                 \
    T(items_with_delays_of_their_own_stay_in_order)                                                \
    T(ring_goes_round_with_every_item_in_order)                                                    \
    T(pipeline_moves_an_item_a_cycle_with_as_many_slots_as_stages)                                 \
    T(registered_pipeline_needs_one_slot_more)                                                     \
    T(slow_reader_holds_the_writer_back)                                                           \
    T(who_has_waited_longest_goes_first)                                                           \
    T(writers_that_wait_are_served_in_turn)                                                        \
    T(occupancy_is_the_integral_of_slots_over_time)
TEST_SUITE("chan", TESTS)
