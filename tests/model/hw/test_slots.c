/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots: who has one from when on, and for how long how many were in use.
 */
#include "hw/slots.h"

#include "suite.h"
#include "time_bench.h"

struct bench { struct time_bench t; struct slots slots; };

static void up(struct bench *b, uint64_t n)
{
    time_up(&b->t);
    CHECK_EQ(slots_init(&b->slots, &b->t.comp, "slots", &(struct slots_params){ .n = n }), 0);
}

static void down(struct bench *b)
{
    slots_destroy(&b->slots);
    time_down(&b->t);
}

/* Asks at ask_ps, holds for hold_ps. */
struct worker {
    struct proc   proc;
    struct slots *s;
    bool          low;
    uint64_t      ask_ps, hold_ps, had_ps;
};

static enum proc_state work(struct proc *p)
{
    struct worker *w = CONTAINER_OF(p, struct worker, proc);

    PROC_BEGIN(p);
    PROC_UNTIL(p, w->ask_ps);
    if (w->low)
        PROC_SLOT_LOW(p, w->s);
    else
        PROC_SLOT(p, w->s);
    w->had_ps = proc_now(p);
    PROC_UNTIL(p, w->had_ps + w->hold_ps);
    slots_give(w->s);
    PROC_END(p);
}

static void employ(struct bench *b, struct worker *w, uint64_t ask_ps, uint64_t hold_ps)
{
    *w = (struct worker){ .s = &b->slots, .ask_ps = ask_ps, .hold_ps = hold_ps, .had_ps = UINT64_MAX };
    proc_init(&w->proc, &b->t.comp, "worker", work);
    proc_start(&w->proc);
}

static void who_finds_none_has_the_first_that_is_given_back(void)
{
    struct worker w[4];
    struct bench b;

    up(&b, 2);
    employ(&b, &w[0], 0, 500);
    employ(&b, &w[1], 100, 300);
    employ(&b, &w[2], 150, 1000);
    employ(&b, &w[3], 500, 10);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(w[1].had_ps, 100);
    CHECK_EQ(w[2].had_ps, 400);
    CHECK_EQ(w[3].had_ps, 500);
    CHECK_EQ(b.slots.st.uses, 4);
    CHECK_EQ(b.slots.st.peak, 2);
    CHECK_EQ(b.slots.used, 0);
    down(&b);
}

static void slots_are_had_in_the_order_of_asking(void)
{
    struct worker w[5];
    struct bench b;

    up(&b, 1);
    employ(&b, &w[0], 0, 100);
    employ(&b, &w[1], 30, 100);
    employ(&b, &w[2], 10, 100);
    employ(&b, &w[3], 20, 100);
    employ(&b, &w[4], 101, 100);       /* when the first was just given back: others were before */
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(w[2].had_ps, 100);
    CHECK_EQ(w[3].had_ps, 200);
    CHECK_EQ(w[1].had_ps, 300);
    CHECK_EQ(w[4].had_ps, 400);
    CHECK_EQ(b.slots.st.waits, 4);
    CHECK_EQ(b.slots.st.wait_ps, 90 + 180 + 270 + 299);
    down(&b);
}

static void what_nobody_waits_for_comes_last(void)
{
    struct worker w[4];
    struct bench b;

    up(&b, 1);
    employ(&b, &w[0], 0, 100);
    employ(&b, &w[1], 10, 100);
    w[1].low = true;
    employ(&b, &w[2], 20, 100);
    employ(&b, &w[3], 150, 100);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(w[2].had_ps, 100);
    CHECK_EQ(w[3].had_ps, 200);
    CHECK_EQ(w[1].had_ps, 300);
    CHECK_EQ(b.slots.used, 0);
    down(&b);
}

static void slot_given_to_who_waits_is_never_free(void)
{
    struct worker w[2];
    struct bench b;

    up(&b, 1);
    employ(&b, &w[0], 0, 100);
    employ(&b, &w[1], 50, 100);
    sim_run_to(b.t.sim, 100);
    CU_ASSERT_FALSE(slots_free(&b.slots));
    CU_ASSERT_FALSE(slots_take(&b.slots));
    sim_run_to(b.t.sim, 149);
    CU_ASSERT_FALSE(slots_free(&b.slots));
    sim_run_to(b.t.sim, 200);
    CU_ASSERT_TRUE(slots_take(&b.slots));
    down(&b);
}

static void who_never_gets_one_is_named(void)
{
    struct worker w;
    struct bench b;

    up(&b, 1);
    CU_ASSERT_TRUE(slots_take(&b.slots));
    employ(&b, &w, 0, 100);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_STUCK);
    CHECK_EQ(w.proc.wait, PROC_FOR_RESOURCE);
    CU_ASSERT_PTR_EQUAL(w.proc.wait_on, &b.slots.comp);
    CHECK_EQ(sim_report_waits(b.t.sim, NULL), 1);
    down(&b);
}

static void no_limit_keeps_nobody_waiting(void)
{
    struct bench b;

    up(&b, 0);
    for (int i = 0; i < 70000; i++)
        CU_ASSERT_TRUE_FATAL(slots_take(&b.slots));
    CHECK_EQ(b.slots.st.peak, 70000);
    CHECK_EQ(b.slots.st.waits, 0);
    down(&b);
}

static void occupancy_integrates_to_the_time_that_passed(void)
{
    struct worker w[3];
    struct bench b;

    up(&b, 2);
    employ(&b, &w[0], 100, 300);
    employ(&b, &w[1], 200, 100);
    employ(&b, &w[2], 250, 150);       /* has one from 300 to 450 */
    sim_run_to(b.t.sim, 1000);
    comp_settle(&b.slots.comp);
    CHECK_EQ(b.slots.occupancy.count, 1000);
    CHECK_EQ(hist_bucket(&b.slots.occupancy, 0), 100 + 550);
    CHECK_EQ(hist_bucket(&b.slots.occupancy, 1), 100 + 50);
    CHECK_EQ(hist_bucket(&b.slots.occupancy, 2), 200);
    CHECK_EQ(b.slots.occupancy.sum, 150 + 2 * 200);
    CHECK_EQ(b.slots.st.busy_ps, 150 + 2 * 200);
    sim_run_to(b.t.sim, 1001);
    comp_settle(&b.slots.comp);        /* again: only what came since */
    CHECK_EQ(b.slots.occupancy.count, 1001);
    down(&b);
}

static void more_than_the_distribution_has_count_as_its_most(void)
{
    struct bench b;

    up(&b, 0);
    for (int i = 0; i < SLOTS_HIST + 5; i++)
        slots_take(&b.slots);
    sim_run_to(b.t.sim, 10);
    comp_settle(&b.slots.comp);
    CHECK_EQ(b.slots.occupancy.count, 10);
    CHECK_EQ(b.slots.occupancy.max, SLOTS_HIST);
    CHECK_EQ(b.slots.st.busy_ps, 10 * (SLOTS_HIST + 5));
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(who_finds_none_has_the_first_that_is_given_back)                                             \
    T(slots_are_had_in_the_order_of_asking)                                                        \
    T(what_nobody_waits_for_comes_last) T(slot_given_to_who_waits_is_never_free)                   \
    T(who_never_gets_one_is_named)                                                                 \
    T(no_limit_keeps_nobody_waiting)                                                               \
    T(occupancy_integrates_to_the_time_that_passed)                                                \
    T(more_than_the_distribution_has_count_as_its_most)
TEST_SUITE("slots", TESTS)
