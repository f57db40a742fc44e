/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation as a whole: binding of ports, who waits for what at the end, ties in any order, several
 * simulations at once, and what a failed check says.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernel/chan.h"
#include "kernel/event.h"
#include "kernel/resource.h"
#include "suite.h"

enum { PERIOD_PS = 1000, TEXT = 2000 };

/* ---- a stage: takes a number, adds to it, gives it on ---- */

struct stage {
    struct comp  comp;
    struct chan *in;
    struct chan  out;
    struct proc  work;
    uint64_t     item, seen;
};

static const struct comp_kind stage_kind = { "stage", NULL, 0, NULL, 0 };
static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };
static const struct comp_port stage_ports[] = { COMP_PORT(struct stage, in) };
static const struct comp_face stage_face = { stage_ports, ARRAY_LEN(stage_ports), NULL, 0 };

static enum proc_state work(struct proc *p)
{
    struct stage *s = CONTAINER_OF(p, struct stage, work);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, s->in, &s->item);
        s->seen++;
        s->item = s->item * 31 + proc_now(p);
        PROC_PUT(p, &s->out, &s->item);
        PROC_DELAY(p, 1);
    }
    PROC_END(p);
}

static void stage_init(struct stage *s, struct comp *parent, const char *name,
                       const struct chan_params *out)
{
    *s = (struct stage){ 0 };
    comp_init(&s->comp, &stage_kind, parent, name, NULL, NULL);
    s->comp.face = &stage_face;
    CHECK_EQ(chan_init(&s->out, &s->comp, "out", out, sizeof(uint64_t)), 0);
    proc_init(&s->work, &s->comp, "work", work);
    proc_start(&s->work);
}

struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  top;
    struct chan  feed;
    struct stage stage[4];
    struct diag  diag;
    char         text[TEXT];
};

static const struct chan_params usual = { .slots = 2, .delay_ps = PERIOD_PS,
                                          .mode = CHAN_REGISTERED };

static void bench_up_with(struct bench *b, uint64_t seed, const struct chan_params *par)
{
    static const char *const name[] = { "a", "b", "c", "d" };

    memset(b, 0, sizeof *b);
    diag_init(&b->diag);
    b->sim = sim_new();
    sim_shuffle(b->sim, seed);
    comp_init(&b->top, &top_kind, NULL, "top", NULL, NULL);
    clock_init(&b->clk, b->sim, &b->top, "clk", PERIOD_PS);
    comp_clock(&b->top, &b->clk);
    CHECK_EQ(chan_init(&b->feed, &b->top, "feed", &(struct chan_params){ .slots = 64 },
                       sizeof(uint64_t)), 0);
    for (unsigned i = 0; i < 4; i++)
        stage_init(&b->stage[i], &b->top, name[i], par);
}

static void bench_up(struct bench *b, uint64_t seed)
{
    bench_up_with(b, seed, &usual);
}

static void bench_bind(struct bench *b)
{
    b->stage[0].in = &b->feed;
    for (unsigned i = 1; i < 4; i++)
        b->stage[i].in = &b->stage[i - 1].out;
}

static void bench_down(struct bench *b)
{
    chan_destroy(&b->feed);
    for (unsigned i = 0; i < 4; i++)
        chan_destroy(&b->stage[i].out);
    diag_destroy(&b->diag);
    sim_free(b->sim);
}

static void feed(struct bench *b, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        CU_ASSERT(chan_put(&b->feed, &i));
}

static const char *waits(struct bench *b)
{
    FILE *f = fmemopen(b->text, sizeof b->text, "w");

    sim_report_waits(b->sim, f);
    fclose(f);
    return b->text;
}

/* ---- elaboration ---- */

static void every_port_that_is_not_bound_is_named(void)
{
    struct bench b;

    bench_up(&b, 0);
    bench_bind(&b);
    b.stage[1].in = NULL;
    b.stage[3].in = NULL;
    CHECK_EQ(sim_elaborate(b.sim, &b.top, &b.diag), SIM_EINPUT);
    CHECK_EQ(b.diag.n, 2);
    CHECK_STR(b.diag.msg[0].text, "port top.b.in: bound to no channel");
    CHECK_STR(b.diag.msg[1].text, "port top.d.in: bound to no channel");
    bench_down(&b);
}

static void channel_with_two_readers_is_named(void)
{
    struct bench b;

    bench_up(&b, 0);
    bench_bind(&b);
    b.stage[3].in = &b.stage[0].out;
    CHECK_EQ(sim_elaborate(b.sim, &b.top, &b.diag), SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    CHECK_STR(b.diag.msg[0].text,
              "port top.d.in: channel top.a.out is already read by top.b");
    bench_down(&b);
}

static void all_bound_is_no_error(void)
{
    struct bench b;

    bench_up(&b, 0);
    bench_bind(&b);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, &b.diag), 0);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, &b.diag), 0);        /* again: the same readers */
    CHECK_EQ(b.diag.n, 0);
    CU_ASSERT_PTR_EQUAL(b.stage[0].out.reader, &b.stage[1].comp);
    bench_down(&b);
}

/* ---- ties ---- */

/* What a run comes to: all items with their times, and all counters of all channels. */
static uint64_t outcome(uint64_t seed, const struct chan_params *par)
{
    struct bench b;
    uint64_t item, sum = 0, n = 0;

    bench_up_with(&b, seed, par);
    bench_bind(&b);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, NULL), 0);
    feed(&b, 50);
    for (uint64_t t = 0; t < 200 * PERIOD_PS; t += 3 * PERIOD_PS) {
        sim_run_to(b.sim, t);
        for (; chan_get(&b.stage[3].out, &item); n++)
            sum = sum * 17 + item;
    }
    CHECK_EQ(n, 50);
    comp_settle(&b.top);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t *st = b.stage[i].out.comp.st;

        for (size_t k = 0; k < b.stage[i].out.comp.kind->stats; k++)
            sum = sum * 31 + st[k];
    }
    bench_down(&b);
    return sum;
}

static void shuffled_ties_give_equal_times_and_counters(void)
{
    static const struct chan_params par[] = {
        { .slots = 2, .delay_ps = PERIOD_PS, .mode = CHAN_REGISTERED },
        { .slots = 1, .delay_ps = PERIOD_PS, .mode = CHAN_FLOW },
        { .slots = 1, .mode = CHAN_FLOW },
        { .slots = 3, .delay_ps = 2500, .mode = CHAN_FLOW },
    };

    for (unsigned i = 0; i < ARRAY_LEN(par); i++) {
        uint64_t first = outcome(0, &par[i]);

        for (uint64_t seed = 1; seed <= 20; seed++)
            CHECK_EQ(outcome(seed, &par[i]), first);
    }
}

/* A process that takes note of its turn. */
struct turn {
    struct proc proc;
    unsigned   *next, mine;
};

static enum proc_state take_turn(struct proc *p)
{
    struct turn *t = CONTAINER_OF(p, struct turn, proc);

    t->mine = (*t->next)++;
    return PROC_WAITING;
}

static unsigned turns_out_of_order(uint64_t seed)
{
    struct bench b;
    struct turn t[16];
    unsigned next = 0, wrong = 0;

    bench_up(&b, seed);
    bench_bind(&b);
    sim_elaborate(b.sim, &b.top, NULL);
    for (unsigned i = 0; i < 16; i++) {
        t[i] = (struct turn){ .next = &next };
        proc_init(&t[i].proc, &b.top, "turn", take_turn);
        proc_trigger_at(&t[i].proc, 5000);
    }
    sim_run(b.sim);
    CHECK_EQ(next, 16);
    for (unsigned i = 0; i < 16; i++)
        wrong += t[i].mine != i;
    bench_down(&b);
    return wrong;
}

static void ties_are_first_come_first_served_unless_shuffled(void)
{
    unsigned shuffled = 0;

    CHECK_EQ(turns_out_of_order(0), 0);
    for (uint64_t seed = 1; seed <= 20; seed++)
        shuffled += turns_out_of_order(seed) >= 8;
    CU_ASSERT(shuffled >= 18);
}

/* ---- who waits for what ---- */

static void idle_servers_are_no_deadlock(void)
{
    struct bench b;

    bench_up(&b, 0);
    bench_bind(&b);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, NULL), 0);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_STR(waits(&b), "");
    bench_down(&b);
}

static void full_pipeline_says_who_waits_for_room_and_whose_that_is(void)
{
    struct bench b;

    bench_up(&b, 0);
    bench_bind(&b);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, NULL), 0);
    feed(&b, 50);
    CHECK_EQ(sim_run(b.sim), SIM_END_STUCK);       /* nobody reads top.d.out */
    waits(&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.text, "top.a.work (line "));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.text, ") waits for room in top.a.out, which is full with 2 and"
                                          " read by top.b\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.text, ") waits for room in top.d.out, which is full with 2\n"));
    bench_down(&b);
}

/* Two that wait for each other: the answer only comes after the question was answered. */
struct pair {
    struct proc    proc[5];
    struct bench  *b;
    struct event   never;
    struct resource slot;
    struct res_use use[2];
    uint64_t       item;
};

static enum proc_state wants_item(struct proc *p)
{
    struct pair *x = CONTAINER_OF(p, struct pair, proc[0]);

    PROC_BEGIN(p);
    PROC_GET(p, &x->b->feed, &x->item);
    PROC_END(p);
}

static enum proc_state wants_event(struct proc *p)
{
    struct pair *x = CONTAINER_OF(p, struct pair, proc[1]);

    PROC_BEGIN(p);
    PROC_WAIT(p, &x->never);
    PROC_END(p);
}

static enum proc_state wants_end(struct proc *p)
{
    struct pair *x = CONTAINER_OF(p, struct pair, proc[2]);

    PROC_BEGIN(p);
    PROC_JOIN(p, &x->proc[1]);
    PROC_END(p);
}

static enum proc_state keeps_slot(struct proc *p)
{
    struct pair *x = CONTAINER_OF(p, struct pair, proc[3]);

    PROC_BEGIN(p);
    PROC_RESERVE(p, &x->slot, &x->use[0], 0, RES_HELD);
    PROC_END(p);
}

static enum proc_state wants_slot(struct proc *p)
{
    struct pair *x = CONTAINER_OF(p, struct pair, proc[4]);

    PROC_BEGIN(p);
    PROC_RESERVE(p, &x->slot, &x->use[1], 1, RES_HELD);
    PROC_END(p);
}

static void deadlock_says_who_waits_for_what(void)
{
    static proc_fn *const run[] = { wants_item, wants_event, wants_end, keeps_slot, wants_slot };
    static const char *const name[] = { "item", "event", "end", "keeper", "slot" };
    static const char *const expected[] = {
        "top.item (line ",  ") waits for an item in top.feed, which is empty\n",
        "top.event (line ", ") waits for event top.never\n",
        "top.end (line ",   ") waits for the end of top.event\n",
        "top.slot (line ",  ") waits for resource top.slots\n",
    };
    struct bench b;
    struct pair x = { .b = &b };
    const char *at = b.text;

    bench_up(&b, 0);
    event_init(&x.never, &b.top, "never");
    CHECK_EQ(res_init(&x.slot, &b.top, "slots", &(struct res_params){ .units = 1 }), 0);
    for (unsigned i = 0; i < 5; i++) {
        proc_init(&x.proc[i], &b.top, name[i], run[i]);
        proc_start(&x.proc[i]);
    }
    bench_bind(&b);
    b.stage[0].in = &b.stage[3].out;               /* leaves the feed to wants_item */
    CHECK_EQ(sim_elaborate(b.sim, &b.top, NULL), 0);
    CHECK_EQ(sim_run(b.sim), SIM_END_STUCK);
    CHECK_EQ(sim_report_waits(b.sim, NULL), 4);
    waits(&b);
    for (unsigned i = 0; i < ARRAY_LEN(expected) && at; i++) {
        at = strstr(at, expected[i]);
        CU_ASSERT_PTR_NOT_NULL(at);
    }
    res_destroy(&x.slot);
    bench_down(&b);
}

/* ---- several ---- */

static void simulations_side_by_side_and_nested_do_not_meet(void)
{
    struct bench b[3];
    uint64_t item[3] = { 0 };

    for (unsigned i = 0; i < 3; i++) {
        bench_up(&b[i], i);
        bench_bind(&b[i]);
        CHECK_EQ(sim_elaborate(b[i].sim, &b[i].top, NULL), 0);
        feed(&b[i], 1);
    }
    for (uint64_t t = 0; t < 30; t++)
        for (unsigned i = 0; i < 3; i++)
            sim_run_to(b[i].sim, t * 500 / (i + 1));
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(sim_now(b[i].sim), 29 * 500 / (i + 1));
    sim_run(b[1].sim);
    sim_run(b[2].sim);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT(chan_get(&b[i].stage[3].out, &item[i]));
        CHECK_EQ(item[i], item[0]);
        bench_down(&b[i]);
    }
}

/* ---- checks ---- */

static enum proc_state fails(struct proc *p)
{
    PROC_BEGIN(p);
    PROC_DELAY(p, 7);
    SIM_CHECK(p->pos == 0, "position %u", p->pos);
    PROC_END(p);
}

static enum proc_state waits_in_a_switch(struct proc *p)
{
    PROC_BEGIN(p);
    switch (p->id % 1) {
    case 0:
        PROC_DELAY(p, 3);
        break;
    }
    PROC_END(p);
}

/* What a process that must abort printed on its way. */
static void run_to_abort(proc_fn *run, char *text, size_t size)
{
    struct bench b;
    struct proc p;
    int fd[2], status;
    size_t used = 0;
    ssize_t n;
    pid_t child;

    CHECK_EQ(pipe(fd), 0);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(fd[1], 2);
        bench_up(&b, 0);
        bench_bind(&b);
        proc_init(&p, &b.stage[2].comp, "odd", run);
        proc_start(&p);
        sim_elaborate(b.sim, &b.top, NULL);
        sim_run(b.sim);
        _exit(0);
    }
    close(fd[1]);
    while (used < size - 1 && (n = read(fd[0], text + used, size - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    close(fd[0]);
    waitpid(child, &status, 0);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void failed_check_names_time_and_component(void)
{
    char text[TEXT];

    run_to_abort(fails, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ", at 7000 ps in top.c.odd: p->pos == 0: position "));
}

static void wait_within_a_switch_is_trapped(void)
{
    char text[TEXT];

    run_to_abort(waits_in_a_switch, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ", at 3000 ps in top.c.odd: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "within a switch"));
}

#define TESTS(T)                                                                                   \
    T(every_port_that_is_not_bound_is_named)                                                       \
    T(channel_with_two_readers_is_named)                                                           \
    T(all_bound_is_no_error)                                                                       \
    T(shuffled_ties_give_equal_times_and_counters)                                                   \
    T(ties_are_first_come_first_served_unless_shuffled)                                            \
    T(idle_servers_are_no_deadlock)                                                                \
    T(full_pipeline_says_who_waits_for_room_and_whose_that_is)                                     \
    T(deadlock_says_who_waits_for_what)                                                            \
    T(simulations_side_by_side_and_nested_do_not_meet)                                             \
    T(failed_check_names_time_and_component)                                                       \
    T(wait_within_a_switch_is_trapped)
TEST_SUITE("sim", TESTS)
