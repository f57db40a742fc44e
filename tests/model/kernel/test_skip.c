/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits that take no event (sim_skip, PROC_TO), processes with numbers, and processes that rest.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "kernel/event.h"
#include "suite.h"

enum { PERIOD_PS = 1000, LOG = 256, SEEDS = 20 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  comp;
    struct event bell;
    char         log[LOG];
};

struct actor {
    struct proc   proc;
    struct bench *b;
    char          letter;
    uint64_t      to_ps;               /* where it goes                    */
    struct actor *wakes;               /* whom it triggers there, or NULL  */
    bool          rings, stops;        /* the bell; the run                */
};

static void bench_up(struct bench *b, uint64_t seed, bool shortcuts)
{
    memset(b, 0, sizeof *b);
    b->sim = sim_new();
    sim_shuffle(b->sim, seed);
    sim_shortcuts(b->sim, shortcuts);
    clock_init(&b->clk, b->sim, NULL, "clk", PERIOD_PS);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    event_init(&b->bell, &b->comp, "bell");
    sim_elaborate(b->sim, &b->comp, NULL);
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

/* Goes to a time and says so. */
static enum proc_state go(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    if (a->stops)
        sim_stop(a->b->sim);
    PROC_TO(p, a->to_ps);
    note(a->b, a->letter);
    if (a->rings)
        event_notify(&a->b->bell);
    if (a->wakes)
        proc_trigger(&a->wakes->proc);
    PROC_END(p);
}

/* Says when it is triggered. */
static enum proc_state say(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    note(a->b, a->letter);
    return PROC_WAITING;
}

static enum proc_state hear(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    PROC_WAIT_IDLE(p, &a->b->bell);
    note(a->b, a->letter);
    PROC_END(p);
}

/* ---- skipping ------------------------------------------------------------------------------------ */

/* One goes to 1000, another is due at other_ps: how many waits took no event. */
static uint64_t skips_beside(uint64_t other_ps, bool shortcuts, const char *log)
{
    struct bench b;
    struct actor a, other;
    uint64_t skips;

    bench_up(&b, 0, shortcuts);
    actor_up(&a, &b, 'a', go);
    actor_up(&other, &b, 'o', say);
    a.to_ps = 1000;
    proc_start(&a.proc);
    proc_trigger_at(&other.proc, other_ps);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, log);
    skips = sim_skips(b.sim);
    CHECK_EQ(sim_events(b.sim), 3 - skips);
    bench_down(&b);
    return skips;
}

static void wait_takes_no_event_if_nothing_else_is_due_by_its_end(void)
{
    CHECK_EQ(skips_beside(999, true, "o@999 a@1000 "), 0);
    CHECK_EQ(skips_beside(1000, true, "o@1000 a@1000 "), 0);
    CHECK_EQ(skips_beside(1001, true, "a@1000 o@1001 "), 1);
}

static void wait_takes_an_event_without_shortcuts(void)
{
    CHECK_EQ(skips_beside(999, false, "o@999 a@1000 "), 0);
    CHECK_EQ(skips_beside(1001, false, "a@1000 o@1001 "), 0);
}

static void far_entry_is_seen_from_afar(void)
{
    struct bench b;
    struct actor a, other;

    for (uint64_t beyond = 0; beyond < 2; beyond++) {
        bench_up(&b, 0, true);
        actor_up(&a, &b, 'a', go);
        actor_up(&other, &b, 'o', say);
        a.to_ps = 3000000000;
        proc_start(&a.proc);
        proc_trigger_at(&other.proc, a.to_ps + beyond);
        sim_run(b.sim);
        CHECK_EQ(sim_skips(b.sim), beyond);
        bench_down(&b);
    }
}

static void nobody_skips_beyond_the_end_of_the_run(void)
{
    struct bench b;
    struct actor a;

    for (uint64_t end = 999; end <= 1000; end++) {
        bench_up(&b, 0, true);
        actor_up(&a, &b, 'a', go);
        a.to_ps = 1000;
        proc_start(&a.proc);
        CHECK_EQ(sim_run_to(b.sim, end), end < 1000 ? SIM_END_LIMIT : SIM_END_IDLE);
        CHECK_EQ(sim_now(b.sim), end);
        CHECK_EQ(sim_skips(b.sim), end == 1000);
        CHECK_STR(b.log, end < 1000 ? "" : "a@1000 ");
        CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
        CHECK_STR(b.log, "a@1000 ");
        bench_down(&b);
    }
}

static void nobody_skips_once_the_run_was_stopped(void)
{
    struct bench b;
    struct actor a;

    bench_up(&b, 0, true);
    actor_up(&a, &b, 'a', go);
    a.to_ps = 1000;
    a.stops = true;
    proc_start(&a.proc);
    CHECK_EQ(sim_run(b.sim), SIM_END_STOPPED);
    CHECK_EQ(sim_now(b.sim), 0);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, "a@1000 ");
    bench_down(&b);
}

static void time_that_is_now_is_no_wait(void)
{
    struct bench b;
    struct actor a, other;

    for (int shortcuts = 0; shortcuts < 2; shortcuts++) {
        bench_up(&b, 0, shortcuts);
        actor_up(&a, &b, 'a', go);
        actor_up(&other, &b, 'o', say);
        proc_start(&a.proc);
        proc_trigger(&other.proc);
        sim_run(b.sim);
        CHECK_STR(b.log, "a@0 o@0 ");
        CHECK_EQ(sim_events(b.sim), 2);
        CHECK_EQ(sim_skips(b.sim), 0);
        bench_down(&b);
    }
}

/* What one in SIM_DECIDE triggers at its new time: another of its phase still in this round, one that
 * hears the bell in SIM_COLLECT of the next. */
static void who_skipped_is_in_its_phase(void)
{
    struct bench b;
    struct actor a, next, ear;

    for (int shortcuts = 0; shortcuts < 2; shortcuts++) {
        bench_up(&b, 0, shortcuts);
        actor_up(&a, &b, 'a', go);
        actor_up(&next, &b, 'n', say);
        actor_up(&ear, &b, 'e', hear);
        a.proc.phase = next.proc.phase = SIM_DECIDE;
        a.to_ps = 1000;
        a.rings = true;
        a.wakes = &next;
        proc_start(&ear.proc);
        proc_start(&a.proc);
        sim_run(b.sim);
        CHECK_STR(b.log, "a@1000 n@1000 e@1000 ");
        CHECK_EQ(sim_skips(b.sim), shortcuts);
        bench_down(&b);
    }
}

/* ---- numbers ------------------------------------------------------------------------------------- */

enum { CROWD = 9 };

/* Made and triggered in an order that is not that of their numbers; two have none. */
static void crowd_at(struct bench *b, struct actor *a, uint64_t t_ps)
{
    static const unsigned number[CROWD] = { 4, 0, 7, 1, 6, 0, 3, 5, 2 };

    for (unsigned i = 0; i < CROWD; i++) {
        actor_up(&a[i], b, number[i] ? (char)('0' + number[i]) : '-', say);
        a[i].proc.number = number[i] ? number[i] * 1000000007ull : 0;
        proc_trigger_at(&a[i].proc, t_ps);
    }
}

static void numbers_break_ties_whatever_the_seed(void)
{
    struct bench b;
    struct actor a[CROWD];

    for (uint64_t seed = 0; seed <= SEEDS; seed++) {
        bench_up(&b, seed, true);
        crowd_at(&b, a, 5);
        sim_run(b.sim);
        CHECK_STR(b.log, "-@5 -@5 1@5 2@5 3@5 4@5 5@5 6@5 7@5 ");
        bench_down(&b);
    }
}

static void number_does_not_come_before_time_or_phase(void)
{
    struct bench b;
    struct actor first, later, decides;

    bench_up(&b, 0, true);
    actor_up(&later, &b, 'l', say);
    actor_up(&decides, &b, 'd', say);
    actor_up(&first, &b, 'f', say);
    later.proc.number = 1;
    decides.proc.number = 2;
    decides.proc.phase = SIM_DECIDE;
    first.proc.number = 3;
    proc_trigger_at(&later.proc, 6);
    proc_trigger_at(&decides.proc, 5);
    proc_trigger_at(&first.proc, 5);
    sim_run(b.sim);
    CHECK_STR(b.log, "f@5 d@5 l@6 ");
    bench_down(&b);
}

/* Numbered actors wander by random steps, with and without shortcuts, ties shuffled or not: who was where
 * when is the same, and with shortcuts not all of it took events. */
struct wanderer {
    struct proc proc;
    struct rng  rng;
    uint64_t   *sum, t_ps;
    unsigned    n;
};

static enum proc_state wander(struct proc *p)
{
    struct wanderer *w = CONTAINER_OF(p, struct wanderer, proc);

    PROC_BEGIN(p);
    for (w->n = 0; w->n < 300; w->n++) {
        w->t_ps = proc_now(p) + rng_below(&w->rng, 40);
        PROC_TO(p, w->t_ps);
        *w->sum = *w->sum * 0x9e3779b97f4a7c15ull + (proc_now(p) << 3 | p->number);
    }
    PROC_END(p);
}

static uint64_t wanderings(uint64_t seed, bool shortcuts, uint64_t *skips)
{
    struct wanderer w[4];
    struct bench b;
    uint64_t sum = 0;

    bench_up(&b, seed, shortcuts);
    for (unsigned i = 0; i < 4; i++) {
        w[i] = (struct wanderer){ .sum = &sum };
        rng_init(&w[i].rng, 1, i ? i == 1 ? "one" : i == 2 ? "two" : "three" : "none");
        proc_init(&w[i].proc, &b.comp, "wanderer", wander);
        w[i].proc.number = i + 1;
        proc_start(&w[i].proc);
    }
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    *skips = sim_skips(b.sim);
    bench_down(&b);
    return sum;
}

static void history_is_the_same_with_and_without_shortcuts(void)
{
    uint64_t skips, sum = wanderings(0, false, &skips);

    CHECK_EQ(skips, 0);
    for (uint64_t seed = 0; seed <= SEEDS; seed++) {
        CHECK_EQ(wanderings(seed, true, &skips), sum);
        CU_ASSERT(skips > 100 && skips < 1100);
        CHECK_EQ(wanderings(seed, false, &skips), sum);
    }
}

/* ---- resting ------------------------------------------------------------------------------------- */

static enum proc_state rest(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);

    PROC_BEGIN(p);
    note(a->b, a->letter);
    p->wait = PROC_FOR_RESOURCE;
    p->wait_on = &a->b->comp;
    PROC_REST(p);
    note(a->b, a->letter);
    PROC_END(p);
}

static void who_rests_goes_on_when_triggered_and_not_before(void)
{
    struct bench b;
    struct actor a;

    bench_up(&b, 0, true);
    actor_up(&a, &b, 'a', rest);
    proc_start(&a.proc);
    sim_run_to(b.sim, 700);
    CHECK_STR(b.log, "a@0 ");
    proc_trigger_at(&a.proc, 900);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(b.log, "a@0 a@900 ");
    CHECK_EQ(a.proc.state, PROC_DONE);
    bench_down(&b);
}

static void who_rests_for_good_is_reported_with_what_it_said(void)
{
    struct bench b;
    struct actor a;
    char *text = NULL;
    size_t n = 0;
    FILE *to;

    bench_up(&b, 0, true);
    actor_up(&a, &b, 'a', rest);
    proc_start(&a.proc);
    CHECK_EQ(sim_run(b.sim), SIM_END_STUCK);
    to = open_memstream(&text, &n);
    CHECK_EQ(sim_report_waits(b.sim, to), 1);
    fclose(to);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "top.actor (line "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ") waits for resource top\n"));
    free(text);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(wait_takes_no_event_if_nothing_else_is_due_by_its_end)                                       \
    T(wait_takes_an_event_without_shortcuts)                                                       \
    T(far_entry_is_seen_from_afar)                                                                 \
    T(nobody_skips_beyond_the_end_of_the_run)                                                      \
    T(nobody_skips_once_the_run_was_stopped)                                                       \
    T(time_that_is_now_is_no_wait)                                                                 \
    T(who_skipped_is_in_its_phase)                                                                 \
    T(numbers_break_ties_whatever_the_seed)                                                        \
    T(number_does_not_come_before_time_or_phase)                                                   \
    T(history_is_the_same_with_and_without_shortcuts)                                              \
    T(who_rests_goes_on_when_triggered_and_not_before)                                             \
    T(who_rests_for_good_is_reported_with_what_it_said)
TEST_SUITE("skip", TESTS)
