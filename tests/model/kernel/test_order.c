/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which things happen, against a list that is searched from end to end: methods of all
 * phases and events, asked for now, in the next round, soon, at one time and far away, asked for again
 * and cancelled, from within a run and between two.  IOMMUSIM_FULL=1: ten million operations.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "kernel/event.h"
#include "suite.h"

enum { ACTORS = 24, PER_RUN = 20000 };

struct order { uint64_t t_ps, round, phase, seq; };

struct actor {
    struct proc        proc;           /* a method, and an event that triggers it */
    struct event       event;
    struct event_sense sense;
    struct bench      *b;
    struct order       due[2];         /* the reference: of the method, of the event; t_ps NEVER if not */
};

struct bench {
    struct sim   *sim;
    struct clock  clk;
    struct comp   comp;
    struct actor  actor[ACTORS];
    struct order  now;
    uint64_t      seq, left, wrong;
    struct rng    rng;
};

enum { METHOD, EVENT };

#define NEVER UINT64_MAX

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

static unsigned long operations(void)
{
    const char *full = getenv("IOMMUSIM_FULL");

    return full && strcmp(full, "1") == 0 ? 10000000 : 300000;
}

/* ---- the reference ---- */

static bool before(const struct order *a, const struct order *b)
{
    if (a->t_ps != b->t_ps)
        return a->t_ps < b->t_ps;
    if (a->round != b->round)
        return a->round < b->round;
    return a->phase != b->phase ? a->phase < b->phase : a->seq < b->seq;
}

static void ask(struct bench *b, struct order *due, uint64_t t_ps, unsigned phase)
{
    uint64_t round = t_ps > b->now.t_ps ? 0 : b->now.round + (phase < b->now.phase);

    *due = (struct order){ t_ps, round, phase, b->seq++ };
}

static struct order *first(struct bench *b)
{
    struct order *best = &b->actor[0].due[METHOD];

    for (unsigned i = 0; i < ACTORS; i++)
        for (unsigned k = METHOD; k <= EVENT; k++)
            if (before(&b->actor[i].due[k], best))
                best = &b->actor[i].due[k];
    return best;
}

/* An event that fires triggers its method now, unless that is due now already.  Events run unseen: this
 * takes those that stand before the next method. */
static struct order *first_method(struct bench *b, uint64_t limit_ps)
{
    struct order *f;

    while ((f = first(b))->t_ps != NEVER && f->t_ps <= limit_ps) {
        struct actor *a = &b->actor[(size_t)((char *)f - (char *)b->actor) / sizeof *a];

        b->now = *f;
        if (f == &a->due[METHOD])
            return f;
        f->t_ps = NEVER;
        if (a->due[METHOD].t_ps != b->now.t_ps)
            ask(b, &a->due[METHOD], b->now.t_ps, a->proc.phase);
    }
    return NULL;
}

/* ---- both ---- */

static uint64_t random_time(struct bench *b)
{
    uint64_t now = sim_now(b->sim);

    switch (rng_below(&b->rng, 8)) {
    case 0:
    case 1:  return now;
    case 2:  return now + rng_below(&b->rng, 3) * 1000;
    case 3:  return (now / 1000000 + 1) * 1000000;          /* many at one time */
    case 4:  return now + rng_below(&b->rng, 300);
    case 5:  return now + rng_below(&b->rng, 1ull << (10 + rng_below(&b->rng, 20)));
    default: return now + rng_below(&b->rng, rng_below(&b->rng, 64) ? 20000 : 1ull << 50);
    }
}

static void operate(struct bench *b)
{
    struct actor *a = &b->actor[rng_below(&b->rng, ACTORS)];
    uint64_t t = random_time(b);

    if (b->left > 0)
        b->left--;
    switch (rng_below(&b->rng, 8)) {
    case 0:
        proc_cancel(&a->proc);
        a->due[METHOD].t_ps = NEVER;
        break;
    case 1:
        event_cancel(&a->event);
        a->due[EVENT].t_ps = NEVER;
        break;
    case 2:
        event_notify_delta(&a->event);
        a->due[EVENT] = (struct order){ b->now.t_ps, b->now.round + 1, SIM_COLLECT, b->seq++ };
        break;
    case 3:
    case 4:
        event_notify_at(&a->event, t);
        ask(b, &a->due[EVENT], t, SIM_COLLECT);
        break;
    default:
        proc_trigger_at(&a->proc, t);
        ask(b, &a->due[METHOD], t, a->proc.phase);
    }
}

/* At most so many, lest one time never end. */
static void operate_some(struct bench *b, unsigned most)
{
    for (uint64_t n = b->now.round < 50 ? rng_below(&b->rng, most + 1) : 0; n && b->left; n--)
        operate(b);
}

static enum proc_state act(struct proc *p)
{
    struct actor *a = CONTAINER_OF(p, struct actor, proc);
    struct order *want = first_method(a->b, UINT64_MAX - 1);

    if (want != &a->due[METHOD] || want->t_ps != sim_now(a->b->sim)) {
        a->b->wrong++;
        sim_stop(a->b->sim);
    }
    a->due[METHOD].t_ps = NEVER;
    operate_some(a->b, 2);
    return PROC_WAITING;
}

static void bench_up(struct bench *b, uint64_t seed)
{
    memset(b, 0, sizeof *b);
    rng_init(&b->rng, seed, "order");
    b->sim = sim_new();
    clock_init(&b->clk, b->sim, NULL, "clk", 1);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    for (unsigned i = 0; i < ACTORS; i++) {
        struct actor *a = &b->actor[i];

        a->b = b;
        proc_init(&a->proc, &b->comp, "actor", act);
        a->proc.phase = (uint8_t)rng_below(&b->rng, SIM_PHASES);
        event_init(&a->event, &b->comp, "event");
        event_sensitive(&a->event, &a->proc, &a->sense);
        a->due[METHOD].t_ps = a->due[EVENT].t_ps = NEVER;
    }
    sim_elaborate(b->sim, &b->comp, NULL);
}

/* What is due by then.  Then it is the beginning of that time (round 0, first phase), unless something
 * has happened at it. */
static void run_to(struct bench *b, uint64_t t_ps)
{
    sim_run_to(b->sim, t_ps);
    if (first_method(b, t_ps))
        b->wrong++;                            /* it should have run */
    if (t_ps > b->now.t_ps)
        b->now = (struct order){ .t_ps = t_ps };
}

static uint64_t wrong_in_run(uint64_t seed, uint64_t n)
{
    static struct bench b;

    bench_up(&b, seed);
    b.left = n;
    while (b.left && !b.wrong) {
        operate(&b);
        operate_some(&b, 6);
        run_to(&b, sim_now(b.sim) + rng_below(&b.rng, rng_below(&b.rng, 8) ? 30000 : 3000000));
    }
    sim_free(b.sim);
    return b.wrong;
}

static void methods_run_in_the_order_of_a_sorted_list(void)
{
    for (uint64_t i = 0; i < operations() / PER_RUN; i++)
        CHECK_EQ(wrong_in_run(i, PER_RUN), 0);
}

#define TESTS(T) T(methods_run_in_the_order_of_a_sorted_list)
TEST_SUITE("order", TESTS)
