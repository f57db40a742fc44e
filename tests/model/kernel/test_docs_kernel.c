/* SPDX-License-Identifier: Apache-2.0
 *
 * The examples of docs/kernel.md, which quotes them word for word (check_kernel_docs.sh).
 */
#include <stdlib.h>
#include <unistd.h>

#include "kernel/chan.h"
#include "kernel/event.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/wave.h"
#include "suite.h"

enum { PERIOD_PS = 1000 };

static const struct comp_kind top_kind = { "top", NULL, 0, NULL, 0 };

struct bench {
    struct sim  *sim;
    struct clock clk;
    struct comp  top;
};

static void bench_up(struct bench *b)
{
    b->sim = sim_new();
    comp_init(&b->top, &top_kind, NULL, "top", NULL, NULL);
    clock_init(&b->clk, b->sim, &b->top, "clk", PERIOD_PS);
    comp_clock(&b->top, &b->clk);              /* of all that is made below from now on */
}

static void bench_down(struct bench *b)
{
    sim_free(b->sim);
}

/* ---- sc_module, sc_port, sc_in ---- */

#define ADDER_PARAMS(P) P(u64, step, 1, 0, 1000, "1", "what it adds")
#define ADDER_STATS(S)  S(items, "1", "numbers it has added to")

struct adder_params { PARAM_FIELDS(ADDER_PARAMS) };
struct adder_stats { STAT_FIELDS(ADDER_STATS) };

struct adder {
    struct comp         comp;
    struct adder_params par;
    struct adder_stats  st;
    struct chan        *in;            /* port: points to a channel of whoever writes it */
    struct chan         out;
    struct proc         work;
    uint64_t            item;
};

PARAM_ROWS(adder_param_rows, ADDER_PARAMS);
STAT_ROWS(adder_stat_rows, ADDER_STATS);
static const struct comp_kind adder_kind = { "adder", adder_param_rows, ARRAY_LEN(adder_param_rows),
                                             adder_stat_rows, ARRAY_LEN(adder_stat_rows) };
static const struct comp_port adder_ports[] = { COMP_PORT(struct adder, in) };
static const struct comp_signal adder_signals[] = { COMP_SIGNAL(struct adder, item, 64) };
static const struct comp_face adder_face = { adder_ports, ARRAY_LEN(adder_ports), adder_signals,
                                             ARRAY_LEN(adder_signals) };

static enum proc_state add(struct proc *p)
{
    struct adder *a = CONTAINER_OF(p, struct adder, work);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, a->in, &a->item);
        a->item += a->par.step;
        a->st.items++;
        PROC_PUT(p, &a->out, &a->item);
    }
    PROC_END(p);
}

static int adder_init(struct adder *a, struct comp *parent, const char *name, uint64_t step,
                      struct chan *in)
{
    static const struct chan_params out = { .slots = 2, .delay_ps = 3 * PERIOD_PS };

    *a = (struct adder){ .par = { step }, .in = in };
    comp_init(&a->comp, &adder_kind, parent, name, &a->par, &a->st);
    a->comp.face = &adder_face;
    proc_init(&a->work, &a->comp, "work", add);
    proc_start(&a->work);
    return chan_init(&a->out, &a->comp, "out", &out, sizeof(uint64_t));
}

static void a_module_is_a_component_with_ports(void)
{
    struct bench b;
    struct diag d;
    struct adder one, two;
    uint64_t item = 40;

    bench_up(&b);
    diag_init(&d);
    CHECK_EQ(adder_init(&two, &b.top, "two", 2, NULL), 0);     /* made, not bound yet */
    CHECK_EQ(adder_init(&one, &b.top, "one", 1, NULL), 0);
    CHECK_EQ(sim_elaborate(b.sim, &b.top, &d), SIM_EINPUT);
    CHECK_STR(d.msg[0].text, "port top.two.in: bound to no channel");
    two.in = &one.out;
    one.in = &two.out;                                         /* a ring */
    CHECK_EQ(sim_elaborate(b.sim, &b.top, NULL), 0);
    CU_ASSERT(chan_put(&one.out, &item));
    sim_run_to(b.sim, 5999);
    CU_ASSERT_PTR_NULL(chan_peek(&two.out));
    sim_run_to(b.sim, 6000);
    CHECK_EQ(two.item, 42);
    CHECK_EQ(one.item, 43);
    CHECK_EQ(one.st.items + two.st.items, 2);
    chan_destroy(&one.out);
    chan_destroy(&two.out);
    diag_destroy(&d);
    bench_down(&b);
}

/* ---- SC_THREAD, sc_time ---- */

struct lamp {
    struct proc blink;
    bool        on;
    unsigned    times;                 /* outlives the waits: no local variable */
};

static enum proc_state blink(struct proc *p)
{
    struct lamp *l = CONTAINER_OF(p, struct lamp, blink);

    PROC_BEGIN(p);
    for (l->times = 0; l->times < 3; l->times++) {
        l->on = true;
        PROC_DELAY(p, 2);                      /* cycles of its clock */
        l->on = false;
        PROC_UNTIL(p, proc_now(p) + 500);      /* a time in ps        */
        PROC_EDGE(p);
    }
    PROC_END(p);
}

static void a_thread_is_a_process_and_time_an_integer(void)
{
    struct bench b;
    struct lamp l = { 0 };

    bench_up(&b);
    proc_init(&l.blink, &b.top, "blink", blink);
    proc_start(&l.blink);
    sim_elaborate(b.sim, &b.top, NULL);
    sim_run_to(b.sim, 1999);
    CU_ASSERT(l.on);
    sim_run_to(b.sim, 2000);
    CU_ASSERT(!l.on);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_EQ(sim_now(b.sim), 9000);            /* three times 2 cycles, 500 ps, and on to the edge */
    bench_down(&b);
}

/* ---- sc_event, SC_METHOD ---- */

struct door {
    struct event       opened;
    struct proc        guest, counter;
    struct event_sense order;
    uint64_t           entered_ps;
    unsigned           times;
};

static enum proc_state enter(struct proc *p)
{
    struct door *d = CONTAINER_OF(p, struct door, guest);

    PROC_BEGIN(p);
    PROC_WAIT(p, &d->opened);
    d->entered_ps = proc_now(p);
    PROC_END(p);
}

static enum proc_state count(struct proc *p)
{
    CONTAINER_OF(p, struct door, counter)->times++;
    return PROC_WAITING;
}

static void an_event_resumes_threads_and_triggers_methods(void)
{
    struct bench b;
    struct door d = { 0 };

    bench_up(&b);
    event_init(&d.opened, &b.top, "opened");
    proc_init(&d.guest, &b.top, "guest", enter);
    proc_start(&d.guest);
    proc_init(&d.counter, &b.top, "counter", count);
    event_sensitive(&d.opened, &d.counter, &d.order);
    sim_elaborate(b.sim, &b.top, NULL);
    event_notify_at(&d.opened, 700);
    sim_run(b.sim);
    event_notify(&d.opened);
    sim_run(b.sim);
    CHECK_EQ(d.entered_ps, 700);
    CHECK_EQ(d.times, 2);
    bench_down(&b);
}

/* ---- sc_fifo ---- */

struct belt {
    struct chan fifo;
    struct proc loader, unloader;
    uint64_t    out, in, sum;
};

static enum proc_state load(struct proc *p)
{
    struct belt *x = CONTAINER_OF(p, struct belt, loader);

    PROC_BEGIN(p);
    for (x->out = 1; x->out <= 10; x->out++) {
        PROC_PUT(p, &x->fifo, &x->out);        /* waits for room */
    }
    PROC_END(p);
}

static enum proc_state unload(struct proc *p)
{
    struct belt *x = CONTAINER_OF(p, struct belt, unloader);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, &x->fifo, &x->in);        /* waits for work */
        x->sum += x->in;
        PROC_DELAY(p, 1);
    }
    PROC_END(p);
}

static void a_fifo_is_a_channel_without_delay(void)
{
    struct bench b;
    struct belt x = { 0 };

    bench_up(&b);
    CHECK_EQ(chan_init(&x.fifo, &b.top, "fifo", &(struct chan_params){ .slots = 4 },
                       sizeof(uint64_t)), 0);
    proc_init(&x.loader, &b.top, "loader", load);
    proc_init(&x.unloader, &b.top, "unloader", unload);
    proc_start(&x.loader);
    proc_start(&x.unloader);
    sim_elaborate(b.sim, &b.top, NULL);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_EQ(x.sum, 55);
    CHECK_EQ(sim_now(b.sim), 10 * PERIOD_PS);
    chan_destroy(&x.fifo);
    bench_down(&b);
}

/* ---- sc_signal ---- */

struct swap {
    struct signal a, b;
    struct proc   a_to_b, b_to_a;
};

static enum proc_state copy_a(struct proc *p)
{
    struct swap *s = CONTAINER_OF(p, struct swap, a_to_b);

    signal_write(&s->b, signal_read(&s->a));
    return PROC_WAITING;
}

static enum proc_state copy_b(struct proc *p)
{
    struct swap *s = CONTAINER_OF(p, struct swap, b_to_a);

    signal_write(&s->a, signal_read(&s->b));
    return PROC_WAITING;
}

static void a_signal_takes_its_value_when_all_have_run(void)
{
    struct bench b;
    struct swap s;

    bench_up(&b);
    signal_init(&s.a, &b.top, "a", 1);
    signal_init(&s.b, &b.top, "b", 2);
    proc_init(&s.a_to_b, &b.top, "a_to_b", copy_a);
    proc_init(&s.b_to_a, &b.top, "b_to_a", copy_b);
    sim_elaborate(b.sim, &b.top, NULL);
    proc_trigger(&s.a_to_b);
    proc_trigger(&s.b_to_a);
    sim_run(b.sim);
    CHECK_EQ(signal_read(&s.a), 2);
    CHECK_EQ(signal_read(&s.b), 1);
    bench_down(&b);
}

/* ---- b_transport, nb_transport ---- */

struct memory {
    struct comp  comp;
    struct chan *req;                  /* addresses */
    struct chan  rsp;                  /* what is there, in the order of the addresses */
    struct proc  serve;
    uint64_t     addr, word[16];
};

static enum proc_state serve(struct proc *p)
{
    struct memory *m = CONTAINER_OF(p, struct memory, serve);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, m->req, &m->addr);
        PROC_PUT(p, &m->rsp, &m->word[m->addr]);
        PROC_DELAY(p, 1);              /* one a cycle; the latency is the channel's */
    }
    PROC_END(p);
}

struct cpu {
    struct chan  req;
    struct chan *rsp;
    struct proc  load;
    uint64_t     addr, data, sum, asked, answered;
};

static enum proc_state load_blocking(struct proc *p)
{
    struct cpu *c = CONTAINER_OF(p, struct cpu, load);

    PROC_BEGIN(p);
    for (c->addr = 0; c->addr < 16; c->addr++) {
        PROC_PUT(p, &c->req, &c->addr);
        PROC_GET(p, c->rsp, &c->data);         /* the next one only after the answer */
        c->sum += c->data;
    }
    PROC_END(p);
}

static enum proc_state load_pipelined(struct proc *p)
{
    struct cpu *c = CONTAINER_OF(p, struct cpu, load);

    if (c->asked < 16 && chan_put(&c->req, &c->asked))         /* false: no room, try again */
        c->asked++;
    if (chan_get(c->rsp, &c->data)) {
        c->sum += c->data;
        c->answered++;
    }
    return c->answered < 16 ? proc_delay(p, 1) : proc_end(p);
}

static void transport_up(struct bench *b, struct cpu *c, struct memory *m, proc_fn *load_fn)
{
    static const struct comp_kind kind = { "memory", NULL, 0, NULL, 0 };

    bench_up(b);
    *c = (struct cpu){ 0 };
    *m = (struct memory){ .req = &c->req };
    comp_init(&m->comp, &kind, &b->top, "memory", NULL, NULL);
    chan_init(&c->req, &b->top, "req", &(struct chan_params){ .slots = 2, .delay_ps = 1000 }, 8);
    chan_init(&m->rsp, &m->comp, "rsp", &(struct chan_params){ .slots = 8, .delay_ps = 5000 }, 8);
    for (unsigned i = 0; i < 16; i++)
        m->word[i] = i;
    c->rsp = &m->rsp;
    proc_init(&m->serve, &m->comp, "serve", serve);
    proc_init(&c->load, &b->top, "load", load_fn);
    proc_start(&m->serve);
    proc_start(&c->load);
    sim_elaborate(b->sim, &b->top, NULL);
}

static void transport_down(struct bench *b, struct cpu *c, struct memory *m)
{
    chan_destroy(&c->req);
    chan_destroy(&m->rsp);
    bench_down(b);
}

static void blocking_transport_is_a_put_and_a_get(void)
{
    struct bench b;
    struct memory m;
    struct cpu c;

    transport_up(&b, &c, &m, load_blocking);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_EQ(c.sum, 120);
    CHECK_EQ(sim_now(b.sim), 16 * 6000);
    transport_down(&b, &c, &m);
}

static void non_blocking_transport_tries_and_is_told(void)
{
    struct bench b;
    struct memory m;
    struct cpu c;

    transport_up(&b, &c, &m, load_pipelined);
    CHECK_EQ(sim_run(b.sim), SIM_END_IDLE);
    CHECK_EQ(c.sum, 120);
    CHECK_EQ(sim_now(b.sim), 15 * 1000 + 6000);                /* one a cycle */
    transport_down(&b, &c, &m);
}

/* ---- resources: with and without events ---- */

struct client {
    struct proc      proc;
    struct resource *port;
    struct res_use   use;
    uint32_t         number;
    uint64_t         done_ps;
};

static enum proc_state use_port(struct proc *p)
{
    struct client *c = CONTAINER_OF(p, struct client, proc);

    PROC_BEGIN(p);
    PROC_RESERVE(p, c->port, &c->use, c->number, 2 * PERIOD_PS);
    PROC_DELAY(p, 7);
    c->done_ps = proc_now(p);
    PROC_END(p);
}

static uint64_t use_port_at_once(struct resource *port, uint64_t when_ps)
{
    return res_reserve(port, when_ps, 2 * PERIOD_PS) + 7 * PERIOD_PS;
}

static void both_ways_of_using_a_resource_take_equal_times(void)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct bench b;
        struct resource port;
        struct client c[3];

        bench_up(&b);
        sim_shuffle(b.sim, seed);              /* 0: first asked, first served */
        res_init(&port, &b.top, "port", &(struct res_params){ .units = 1 });
        for (uint32_t i = 0; i < 3; i++) {
            c[i] = (struct client){ .port = &port, .number = i };
            proc_init(&c[i].proc, &b.top, "client", use_port);
            proc_start(&c[i].proc);
        }
        sim_elaborate(b.sim, &b.top, NULL);
        sim_run(b.sim);
        res_destroy(&port);
        res_init(&port, &b.top, "port_at_once", &(struct res_params){ .units = 1 });
        for (uint32_t i = 0; i < 3; i++)
            CHECK_EQ(c[i].done_ps, use_port_at_once(&port, 0));        /* 7, 9, 11 ns */
        res_destroy(&port);
        bench_down(&b);
    }
}

/* ---- deadlock ---- */

static void a_deadlock_says_who_waits_for_what(void)
{
    struct bench b;
    struct memory m;
    struct cpu c;
    char said[200] = "";
    FILE *to = fmemopen(said, sizeof said, "w");

    transport_up(&b, &c, &m, load_blocking);
    proc_destroy(&m.serve);                    /* nobody serves */
    CHECK_EQ(sim_run(b.sim), SIM_END_STUCK);
    CHECK_EQ(sim_report_waits(b.sim, to), 1);
    fclose(to);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "top.load (line "));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, ") waits for an item in top.memory.rsp, which is empty\n"));
    transport_down(&b, &c, &m);
}

/* ---- sc_trace ---- */

static int run_with_waveform(struct bench *b, const char *path, struct diag *d)
{
    const struct comp *root = &b->top;
    struct wave *w = wave_open(b->sim, &root, 1, path, "top.memory.*", d);

    if (!w)
        return SIM_EENV;                       /* d says why */
    sim_run(b->sim);
    return wave_close(w, d);
}

static void a_trace_is_a_waveform_of_declared_signals(void)
{
    char dir[] = "/tmp/test_docs_kernel.XXXXXX", fst[64], gtkw[64];
    struct bench b;
    struct memory m;
    struct cpu c;
    struct diag d;
    int r;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(fst, sizeof fst, "%s/run.fst", dir);
    snprintf(gtkw, sizeof gtkw, "%s/run.gtkw", dir);
    diag_init(&d);
    transport_up(&b, &c, &m, load_blocking);
    r = run_with_waveform(&b, fst, &d);
#ifdef WAVE_FST
    CHECK_EQ(r, 0);
    CHECK_EQ(unlink(fst), 0);
    CHECK_EQ(unlink(gtkw), 0);
#else
    CHECK_EQ(r, SIM_EENV);
#endif
    transport_down(&b, &c, &m);
    diag_destroy(&d);
    CHECK_EQ(rmdir(dir), 0);
}

#define TESTS(T)                                                                                   \
    T(a_module_is_a_component_with_ports)                                                          \
    T(a_thread_is_a_process_and_time_an_integer)                                                   \
    T(an_event_resumes_threads_and_triggers_methods)                                               \
    T(a_fifo_is_a_channel_without_delay)                                                           \
    T(a_signal_takes_its_value_when_all_have_run)                                                  \
    T(blocking_transport_is_a_put_and_a_get)                                                       \
    T(non_blocking_transport_tries_and_is_told)                                                    \
    T(both_ways_of_using_a_resource_take_equal_times)                                              \
    T(a_deadlock_says_who_waits_for_what)                                                          \
    T(a_trace_is_a_waveform_of_declared_signals)
TEST_SUITE("docs_kernel", TESTS)
