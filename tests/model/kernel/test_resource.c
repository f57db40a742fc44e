/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources: when a unit is had, and that flows with and without events have it at equal times.
 */
#include "base/rng.h"
#include "kernel/resource.h"
#include "suite.h"

enum { PERIOD_PS = 1000 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  comp;
    struct resource r;
};

static void bench_up(struct bench *b, const struct res_params *par, uint64_t seed)
{
    memset(b, 0, sizeof *b);
    b->sim = sim_new();
    sim_shuffle(b->sim, seed);
    clock_init(&b->clk, b->sim, NULL, "clk", PERIOD_PS);
    comp_init(&b->comp, &top_kind, NULL, "top", NULL, NULL);
    comp_clock(&b->comp, &b->clk);
    CHECK_EQ(res_init(&b->r, &b->comp, "r", par), 0);
    CHECK_EQ(sim_elaborate(b->sim, &b->comp, NULL), 0);
}

static void bench_down(struct bench *b)
{
    res_destroy(&b->r);
    sim_free(b->sim);
}

static void port_gives_its_lanes_once_per_interval(void)
{
    struct bench b;

    bench_up(&b, &(struct res_params){ .units = 2, .hold_ps = 1000 }, 0);
    CHECK_EQ(res_use(&b.r, 5000), 5000);
    CHECK_EQ(res_use(&b.r, 5000), 5000);
    CHECK_EQ(res_use(&b.r, 5000), 6000);
    CHECK_EQ(res_use(&b.r, 5999), 6000);
    CHECK_EQ(res_use(&b.r, 7000), 7000);
    CHECK_EQ(b.r.st.uses, 5);
    CHECK_EQ(b.r.st.waits, 2);
    CHECK_EQ(b.r.st.wait_ps, 1000 + 1);
    CHECK_EQ(b.r.st.busy_ps, 5000);
    CHECK_EQ(b.r.st.disorder, 0);
    bench_down(&b);
}

static void slot_is_had_when_the_first_is_released(void)
{
    struct bench b;

    bench_up(&b, &(struct res_params){ .units = 2 }, 0);
    CHECK_EQ(res_reserve(&b.r, 100, RES_HELD), 100);
    CHECK_EQ(res_reserve(&b.r, 110, RES_HELD), 110);
    CHECK_EQ(res_reserve(&b.r, 120, RES_HELD), RES_LATER);
    res_release(&b.r, 110, 300);
    CHECK_EQ(res_reserve(&b.r, 299, RES_HELD), RES_LATER);     /* the other may be released before */
    CHECK_EQ(res_earliest(&b.r, 300), 300);
    res_release(&b.r, 100, 200);
    CHECK_EQ(res_reserve(&b.r, 120, RES_HELD), 200);
    CHECK_EQ(res_reserve(&b.r, 310, RES_HELD), 310);
    CHECK_EQ(b.r.st.busy_ps, 190 + 100);
    CHECK_EQ(b.r.st.wait_ps, 80);
    bench_down(&b);
}

static void many_holds_are_booked_as_by_a_list_of_lanes(void)
{
    enum { UNITS = 7, TURNS = 20000 };
    uint64_t lane[UNITS] = { 0 }, when = 0;
    struct bench b;
    struct rng rng;

    rng_init(&rng, 1, "lanes");
    bench_up(&b, &(struct res_params){ .units = UNITS }, 0);
    for (int i = 0; i < TURNS; i++) {
        uint64_t hold = rng_below(&rng, 900), start, found;
        int first = 0;

        when += rng_below(&rng, 130);
        for (int k = 1; k < UNITS; k++)
            if (lane[k] < lane[first])
                first = k;
        start = lane[first] > when ? lane[first] : when;
        lane[first] = start + hold;
        found = res_reserve(&b.r, when, hold);
        if (found != start) {
            CHECK_EQ(found, start);
            break;
        }
    }
    bench_down(&b);
}

static void link_takes_its_bytes_then_its_latency(void)
{
    struct bench b;
    struct res_link l;
    uint64_t start;

    bench_up(&b, &(struct res_params){ .units = 1 }, 0);
    CHECK_EQ(res_link_init(&l, &b.comp, "l",
                           &(struct res_link_params){ .latency_ps = 50000, .beat_bytes = 32,
                                                      .beat_ps = 1000, .credits = 2,
                                                      .credit_ps = 7000 }), 0);
    CHECK_EQ(res_link_send(&l, 0, 64, &start), 52000);
    CHECK_EQ(start, 0);
    CHECK_EQ(res_link_send(&l, 500, 33, &start), 2000 + 1032 + 50000);
    CHECK_EQ(start, 2000);
    CHECK_EQ(res_link_send(&l, 600, 64, &start), RES_LATER);   /* no credit */
    res_link_credit(&l, 0, 60000);
    CHECK_EQ(res_link_send(&l, 600, 64, &start), RES_LATER);   /* the other may come back before */
    res_link_credit(&l, 500, 60500);
    CHECK_EQ(res_link_send(&l, 600, 64, &start), 67000 + 2000 + 50000);
    CHECK_EQ(start, 67000);
    l.par.whole_beats = 1;
    CHECK_EQ(res_link_ps(&l, 33), 2000);
    CHECK_EQ(res_link_ps(&l, 64), 2000);
    res_link_destroy(&l);
    bench_down(&b);
}

/* ---- processes ---- */

struct asker {
    struct proc    proc;
    struct res_use use;
    struct resource *r;
    uint32_t       port;
    uint64_t       at_ps, hold_ps, got_ps;
};

static enum proc_state ask(struct proc *p)
{
    struct asker *a = CONTAINER_OF(p, struct asker, proc);

    PROC_BEGIN(p);
    PROC_UNTIL(p, a->at_ps);
    PROC_RESERVE(p, a->r, &a->use, a->port, a->hold_ps);
    a->got_ps = proc_now(p);
    PROC_END(p);
}

static void asker_up(struct asker *a, struct bench *b, uint32_t port, uint64_t at, uint64_t hold)
{
    *a = (struct asker){ .r = &b->r, .port = port, .at_ps = at, .hold_ps = hold };
    proc_init(&a->proc, &b->comp, "ask", ask);
    proc_start(&a->proc);
}

static void who_asks_at_one_time_is_served_by_port_number(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct bench b;
        struct asker a[5];

        bench_up(&b, &(struct res_params){ .units = 1 }, seed);
        asker_up(&a[0], &b, 3, 100, 10);
        asker_up(&a[1], &b, 0, 100, 20);
        asker_up(&a[2], &b, 2, 100, 30);
        asker_up(&a[3], &b, 1, 90, 40);
        asker_up(&a[4], &b, 0, 105, 50);
        CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
        CHECK_EQ(a[3].got_ps, 90);
        CHECK_EQ(a[1].got_ps, 130);
        CHECK_EQ(a[2].got_ps, 150);
        CHECK_EQ(a[0].got_ps, 180);
        CHECK_EQ(a[4].got_ps, 190);
        bench_down(&b);
    }
}

static void process_waits_for_the_release_of_a_slot(void)
{
    struct bench b;
    struct asker a[3];

    bench_up(&b, &(struct res_params){ .units = 1 }, 0);
    for (unsigned i = 0; i < 3; i++)
        asker_up(&a[i], &b, i, 100, RES_HELD);
    sim_run_to(b.sim, 249);
    CHECK_EQ(a[0].got_ps, 100);
    CHECK_EQ(a[1].got_ps, 0);
    sim_run_to(b.sim, 250);
    res_release(&b.r, a[0].use.start_ps, 250);
    sim_run_to(b.sim, 260);
    CHECK_EQ(a[1].got_ps, 250);
    CHECK_EQ(res_reserve(&b.r, 260, RES_HELD), RES_LATER);
    res_release(&b.r, a[1].use.start_ps, 400);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_EQ(a[2].got_ps, 400);
    bench_down(&b);
}

static void unit_held_and_released_early_goes_before_one_with_a_later_time(void)
{
    struct bench b;
    struct asker a, later;

    bench_up(&b, &(struct res_params){ .units = 2 }, 0);
    CHECK_EQ(res_reserve(&b.r, 0, 900), 0);
    CHECK_EQ(res_reserve(&b.r, 0, RES_HELD), 0);
    asker_up(&a, &b, 0, 100, 10);
    sim_run_to(b.sim, 500);
    CHECK_EQ(a.got_ps, 0);
    res_release(&b.r, 0, 500);
    sim_run_to(b.sim, 600);
    CHECK_EQ(a.got_ps, 500);
    CHECK_EQ(res_reserve(&b.r, 600, RES_HELD), 600);
    asker_up(&later, &b, 0, 700, 10);
    sim_run(b.sim);
    CHECK_EQ(later.got_ps, 900);                   /* no release came: the known time */
    bench_down(&b);
}

/* ---- flows with and without events ---- */

/* A flow through a port, a slot that is held while a link is crossed, and a memory with two units: the
 * shape of a miss.  All flows use each resource equally long after the port gave them its cycle, except
 * the memory, which is asked after a wait for the slot. */
enum { FLOWS = 400, PORT_TO_SLOT_PS = 2000, SLOT_TO_MEM_PS = 3000 };

struct flow {
    struct proc    proc;
    struct path   *path;
    uint32_t       port;
    uint64_t       at_ps, mem_ps;
    struct res_use in, slot, mem;
    uint64_t       done_ps;
};

struct path {
    struct sim     *sim;
    struct clock    clk;
    struct comp     comp;
    struct resource in, slot, mem;
    struct flow     flow[FLOWS];
    bool            shortcuts;
    unsigned        shortened;
};

/* From `when` on as far as it can be known now: true if to the end. */
static bool compute(struct flow *f, uint64_t when)
{
    struct path *w = f->path;
    uint64_t slot, mem;

    if (sim_next_ps(w->sim) <= when + PORT_TO_SLOT_PS + SLOT_TO_MEM_PS)
        return false;                          /* someone may come before */
    slot = res_earliest(&w->slot, when + PORT_TO_SLOT_PS);
    if (slot != when + PORT_TO_SLOT_PS)
        return false;                          /* contention */
    mem = res_earliest(&w->mem, slot + SLOT_TO_MEM_PS);
    if (mem == RES_LATER)
        return false;
    res_reserve(&w->slot, slot, RES_HELD);
    res_reserve(&w->mem, slot + SLOT_TO_MEM_PS, f->mem_ps);
    f->done_ps = mem + f->mem_ps;
    res_release(&w->slot, slot, f->done_ps);
    w->shortened++;
    return true;
}

static enum proc_state flow(struct proc *p)
{
    struct flow *f = CONTAINER_OF(p, struct flow, proc);
    struct path *w = f->path;

    PROC_BEGIN(p);
    PROC_UNTIL(p, f->at_ps);
    PROC_RESERVE(p, &w->in, &f->in, f->port, w->in.par.hold_ps);
    if (!w->shortcuts || !compute(f, proc_now(p))) {
        PROC_DELAY(p, PORT_TO_SLOT_PS / PERIOD_PS);
        PROC_RESERVE(p, &w->slot, &f->slot, f->port, RES_HELD);
        PROC_DELAY(p, SLOT_TO_MEM_PS / PERIOD_PS);
        PROC_RESERVE(p, &w->mem, &f->mem, f->port, f->mem_ps);
        PROC_UNTIL(p, f->mem.start_ps + f->mem_ps);
        res_release(&w->slot, f->slot.start_ps, proc_now(p));
        f->done_ps = proc_now(p);
    }
    PROC_END(p);
}

static void path_run(struct path *w, bool shortcuts, uint64_t seed, uint64_t shuffle, uint64_t spread)
{
    struct rng rng;

    rng_init(&rng, seed, "path");
    *w = (struct path){ .sim = sim_new(), .shortcuts = shortcuts };
    sim_shuffle(w->sim, shuffle);
    clock_init(&w->clk, w->sim, NULL, "clk", PERIOD_PS);
    comp_init(&w->comp, &top_kind, NULL, "path", NULL, NULL);
    comp_clock(&w->comp, &w->clk);
    res_init(&w->in, &w->comp, "in", &(struct res_params){ .units = 1, .hold_ps = PERIOD_PS });
    res_init(&w->slot, &w->comp, "slot", &(struct res_params){ .units = 3 });
    res_init(&w->mem, &w->comp, "mem", &(struct res_params){ .units = 2 });
    for (unsigned i = 0; i < FLOWS; i++) {
        struct flow *f = &w->flow[i];

        f->path = w;
        f->port = i;
        f->at_ps = rng_below(&rng, spread) * PERIOD_PS;
        f->mem_ps = (1 + rng_below(&rng, 40)) * PERIOD_PS;
        proc_init(&f->proc, &w->comp, "flow", flow);
        proc_start(&f->proc);
    }
    CHECK_EQ(sim_elaborate(w->sim, &w->comp, NULL), 0);
    CHECK_EQ(sim_run(w->sim), SIM_END_IDLE);
}

static void path_down(struct path *w)
{
    res_destroy(&w->in);
    res_destroy(&w->slot);
    res_destroy(&w->mem);
    sim_free(w->sim);
}

/* From crowded to lonely; each with and without shortcuts, and with shuffled ties. */
static void flows_with_and_without_events_take_equal_times(void)
{
    static const uint64_t spread[] = { 2000, 10000, 40000, 400000 };
    static struct path with, without;
    unsigned shortened = 0, wrong = 0;

    for (uint64_t i = 0; i < 40; i++) {
        path_run(&without, false, i, 0, spread[i % 4]);
        path_run(&with, true, i, i / 4, spread[i % 4]);
        for (unsigned k = 0; k < FLOWS; k++)
            wrong += with.flow[k].done_ps != without.flow[k].done_ps;
        CHECK_EQ(with.slot.st.wait_ps, without.slot.st.wait_ps);
        CHECK_EQ(with.slot.st.busy_ps, without.slot.st.busy_ps);
        CHECK_EQ(with.mem.st.wait_ps, without.mem.st.wait_ps);
        CHECK_EQ(with.mem.st.disorder, 0);
        CHECK_EQ(without.shortened, 0);
        shortened += with.shortened;
        path_down(&with);
        path_down(&without);
    }
    CHECK_EQ(wrong, 0);
    CU_ASSERT(shortened > 40 * FLOWS / 8);
}

#define TESTS(T)                                                                                   \
    T(port_gives_its_lanes_once_per_interval)                                                      \
    T(slot_is_had_when_the_first_is_released)                                                      \
    T(many_holds_are_booked_as_by_a_list_of_lanes)                                                 \
    T(link_takes_its_bytes_then_its_latency)                                                       \
    T(who_asks_at_one_time_is_served_by_port_number)                                               \
    T(process_waits_for_the_release_of_a_slot)                                                     \
    T(unit_held_and_released_early_goes_before_one_with_a_later_time)                              \
    T(flows_with_and_without_events_take_equal_times)
TEST_SUITE("resource", TESTS)
