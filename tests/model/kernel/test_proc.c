/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes, events and signals: what is resumed when, and in which order.
 */
#include "kernel/event.h"
#include "kernel/signal.h"
#include "suite.h"

enum { PERIOD_PS = 1000, LOG = 4096 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

/* A simulation with a component, two events and a log of who ran when. */
struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  comp;
    struct event a, b;
    char         log[LOG];
};

struct actor {
    struct proc   proc;
    struct bench *b;
    char          letter;
    unsigned      n;
    struct proc   other;
};

static void bench_up_shuffled(struct bench *b, uint64_t seed)
{
    memset(b, 0, sizeof *b);
    b->sim = sim_new();
    sim_shuffle(b->sim, seed);
    clock_init(&b->clk, b->sim, NULL, "clk", PERIOD_PS);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    event_init(&b->a, &b->comp, "a");
    event_init(&b->b, &b->comp, "b");
    sim_elaborate(b->sim, &b->comp, NULL);
}

static void bench_up(struct bench *b)
{
    bench_up_shuffled(b, 0);
}

static void bench_down(struct bench *b)
{
    sim_free(b->sim);
}

/* "x@1000 " */
static void note(struct bench *b, char letter)
{
    size_t n = strlen(b->log);

    snprintf(b->log + n, sizeof b->log - n, "%c@%" PRIu64 " ", letter, sim_now(b->sim));
}

static void actor_up(struct actor *a, struct bench *b, char letter, proc_fn *run)
{
    *a = (struct actor){ .b = b, .letter = letter };
    proc_init(&a->proc, &b->comp, "actor", run);
}

static enum proc_state three_delays(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    for (a->n = 0; a->n < 3; a->n++) {
        note(a->b, a->letter);
        PROC_DELAY(p, a->n + 1);
    }
    note(a->b, a->letter);
    PROC_END(p);
}

static void delay_takes_exactly_its_cycles(void)
{
    struct bench b;
    struct actor x;

    bench_up(&b);
    actor_up(&x, &b, 'x', three_delays);
    proc_start(&x.proc);
    CHECK_EQ(sim_run_to(b.sim, 2999), SIM_END_LIMIT);
    CHECK_STR(b.log, "x@0 x@1000 ");
    CHECK_EQ(sim_now(b.sim), 2999);
    CHECK_EQ(sim_next_ps(b.sim), 3000);
    CHECK_EQ(sim_run_to(b.sim, 3000), SIM_END_LIMIT);
    CHECK_STR(b.log, "x@0 x@1000 x@3000 ");
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, "x@0 x@1000 x@3000 x@6000 ");
    CHECK_EQ(x.proc.state, PROC_DONE);
    CHECK_EQ(sim_events(b.sim), 4);
    bench_down(&b);
}

static enum proc_state wait_a_then_b(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    PROC_WAIT(p, &a->b->a);
    note(a->b, a->letter);
    PROC_WAIT(p, &a->b->b);
    note(a->b, a->letter);
    PROC_END(p);
}

static void event_resumes_all_who_wait_and_is_not_remembered(void)
{
    struct bench b;
    struct actor x, y;

    bench_up(&b);
    actor_up(&x, &b, 'x', wait_a_then_b);
    actor_up(&y, &b, 'y', wait_a_then_b);
    proc_start(&x.proc);
    proc_start(&y.proc);
    event_notify(&b.a);                        /* nobody waits yet */
    sim_run_to(b.sim, 10);
    CHECK_STR(b.log, "");
    event_notify_at(&b.b, 40);                 /* too early for both */
    event_notify_at(&b.a, 50);
    sim_run_to(b.sim, 60);
    CHECK_STR(b.log, "x@50 y@50 ");
    event_notify(&b.b);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, "x@50 y@50 x@60 y@60 ");
    bench_down(&b);
}

static void a_new_notification_takes_the_place_of_the_pending_one(void)
{
    struct bench b;
    struct actor x;

    bench_up(&b);
    actor_up(&x, &b, 'x', wait_a_then_b);
    proc_start(&x.proc);
    event_notify_at(&b.a, 50);
    event_notify_at(&b.a, 70);
    sim_run_to(b.sim, 69);
    CHECK_STR(b.log, "");
    CU_ASSERT(event_pending(&b.a));
    event_cancel(&b.a);
    CU_ASSERT(!event_pending(&b.a));
    CHECK_EQ(sim_run_to(b.sim, 100), SIM_END_STUCK);
    CHECK_STR(b.log, "");
    event_notify_after(&b.a, 5);
    sim_run_to(b.sim, 200);
    CHECK_STR(b.log, "x@105 ");
    bench_down(&b);
}

static enum proc_state wait_with_limit(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    PROC_WAIT_FOR(p, &a->b->a, 100);
    note(a->b, p->timed_out ? 't' : 'e');
    PROC_WAIT_FOR(p, &a->b->a, 300);
    note(a->b, p->timed_out ? 't' : 'e');
    PROC_DELAY(p, 1);
    note(a->b, a->letter);
    PROC_END(p);
}

static void wait_ends_with_the_event_or_the_time_whichever_is_first(void)
{
    struct bench b;
    struct actor x;

    bench_up(&b);
    actor_up(&x, &b, 'x', wait_with_limit);
    proc_start(&x.proc);
    event_notify_at(&b.a, 250);
    sim_run_to(b.sim, 260);
    CHECK_STR(b.log, "t@100 e@250 ");
    event_notify_at(&b.a, 400);                /* nobody waits for it any more */
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, "t@100 e@250 x@1250 ");
    bench_down(&b);
}

static enum proc_state joins(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, other);

    PROC_BEGIN(p);
    proc_start(&a->proc);
    PROC_JOIN(p, &a->proc);
    note(a->b, 'j');
    PROC_JOIN(p, &a->proc);                    /* done: no wait */
    note(a->b, 'k');
    PROC_END(p);
}

static void join_waits_for_the_end_of_the_other(void)
{
    struct bench b;
    struct actor x;

    bench_up(&b);
    actor_up(&x, &b, 'x', three_delays);
    proc_init(&x.other, &b.comp, "joins", joins);
    proc_start(&x.other);
    sim_run(b.sim);
    CHECK_STR(b.log, "x@0 x@1000 x@3000 x@6000 j@6000 k@6000 ");
    bench_down(&b);
}

static enum proc_state once(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    note(a->b, a->letter);
    return PROC_WAITING;
}

static void phases_of_a_time_run_upwards_and_then_again(void)
{
    struct bench b;
    struct actor x, y, z;

    bench_up(&b);
    actor_up(&x, &b, 'x', once);
    actor_up(&y, &b, 'y', once);
    actor_up(&z, &b, 'z', once);
    x.proc.phase = SIM_OBSERVE;
    y.proc.phase = SIM_DECIDE;
    proc_trigger_at(&x.proc, 500);
    proc_trigger_at(&y.proc, 500);
    proc_trigger_at(&z.proc, 500);
    sim_run(b.sim);
    CHECK_STR(b.log, "z@500 y@500 x@500 ");
    bench_down(&b);
}

static void method_is_triggered_by_each_of_its_events_once_a_time(void)
{
    struct bench b;
    struct actor x;
    struct event_sense order[2];

    bench_up(&b);
    actor_up(&x, &b, 'x', once);
    event_sensitive(&b.a, &x.proc, &order[0]);
    event_sensitive(&b.b, &x.proc, &order[1]);
    event_notify_at(&b.a, 10);
    event_notify_at(&b.b, 10);
    sim_run_to(b.sim, 15);
    event_notify_at(&b.b, 20);
    sim_run_to(b.sim, 30);
    CHECK_STR(b.log, "x@10 x@20 ");
    bench_down(&b);
}

/* Two registers that exchange their values at each tick. */
struct swap {
    struct proc   proc[2];
    struct signal value[2];
    struct bench *b;
    unsigned      seen[2];
};

static enum proc_state take_other(struct swap *w, struct proc *p, int i)
{
    PROC_BEGIN(p);
    for (;;) {
        PROC_WAIT_IDLE(p, &w->b->a);
        signal_write(&w->value[i], signal_read(&w->value[!i]));
    }
    PROC_END(p);
}

static enum proc_state take_1(struct proc *p)
{
    return take_other(CONTAINER_OF(p, struct swap, proc[0]), p, 0);
}

static enum proc_state take_0(struct proc *p)
{
    return take_other(CONTAINER_OF(p, struct swap, proc[1]), p, 1);
}

static void signals_written_in_a_round_change_together(void)
{
    struct bench b;
    struct swap w = { .b = &b };

    for (uint64_t seed = 0; seed < 8; seed++) {
        bench_up_shuffled(&b, seed);
        proc_init(&w.proc[0], &b.comp, "take_1", take_1);
        proc_init(&w.proc[1], &b.comp, "take_0", take_0);
        signal_init(&w.value[0], &b.comp, "v0", 3);
        signal_init(&w.value[1], &b.comp, "v1", 5);
        proc_start(&w.proc[0]);
        proc_start(&w.proc[1]);
        event_notify_at(&b.a, 10);
        sim_run_to(b.sim, 10);
        CHECK_EQ(signal_read(&w.value[0]), 5);
        CHECK_EQ(signal_read(&w.value[1]), 3);
        bench_down(&b);
    }
}

static void signal_notifies_in_the_next_delta_and_only_a_change(void)
{
    struct bench b;
    struct actor x;
    struct signal s;
    struct event_sense order;

    bench_up(&b);
    signal_init(&s, &b.comp, "s", 0);
    actor_up(&x, &b, 'x', once);
    event_sensitive(&s.changed, &x.proc, &order);
    signal_write(&s, 1);
    CHECK_EQ(signal_read(&s), 0);
    sim_run_to(b.sim, 5);
    CHECK_EQ(signal_read(&s), 1);
    signal_write(&s, 2);
    signal_write(&s, 1);                       /* the last write counts: no change */
    sim_run_to(b.sim, 9);
    CHECK_STR(b.log, "x@0 ");
    bench_down(&b);
}

static enum proc_state stop_after_two(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    for (;;) {
        note(a->b, a->letter);
        if (++a->n == 2)
            sim_stop(a->b->sim);
        PROC_DELAY(p, 1);
    }
    PROC_END(p);
}

static void stop_ends_the_run_and_the_next_goes_on(void)
{
    struct bench b;
    struct actor x;

    bench_up(&b);
    actor_up(&x, &b, 'x', stop_after_two);
    proc_start(&x.proc);
    CHECK_EQ(sim_run(b.sim), SIM_END_STOPPED);
    CHECK_EQ(sim_now(b.sim), 1000);
    CHECK_EQ(sim_run_to(b.sim, 2500), SIM_END_LIMIT);
    CHECK_STR(b.log, "x@0 x@1000 x@2000 ");
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(delay_takes_exactly_its_cycles)                                                              \
    T(event_resumes_all_who_wait_and_is_not_remembered)                                            \
    T(a_new_notification_takes_the_place_of_the_pending_one)                                       \
    T(wait_ends_with_the_event_or_the_time_whichever_is_first)                                     \
    T(join_waits_for_the_end_of_the_other)                                                         \
    T(phases_of_a_time_run_upwards_and_then_again)                                                 \
    T(method_is_triggered_by_each_of_its_events_once_a_time)                                       \
    T(signals_written_in_a_round_change_together)                                                  \
    T(signal_notifies_in_the_next_delta_and_only_a_change)                                         \
    T(stop_ends_the_run_and_the_next_goes_on)
TEST_SUITE("proc", TESTS)
