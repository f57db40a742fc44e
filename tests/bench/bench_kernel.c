/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_kernel.c - what the event kernel costs, process wake-up included, on the patterns of a model.
 *
 *   random     1024 processes, each waiting again and again for 1 .. 1000 ns, uniform
 *   pipeline   1024 processes, 80 % of the waits 1 .. 8 cycles, 20 % 60 .. 200 cycles
 *   transport  an initiator calls a target that takes 10 ns, and waits for that (b_transport)
 *   fifo       a producer and a consumer on a bounded channel of 16, neither waiting for time
 *   hop        one item a cycle through a registered channel that delivers after 3 cycles
 *
 * A rate is in waits of a process that came to their end (random, pipeline), calls (transport) and items
 * (fifo, hop).  Where SystemC was found, the same patterns run on it, and `.vs_systemc` is its time over
 * ours: larger is better.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "bench/bench.h"
#include "bench/bench_systemc.h"
#include "kernel/chan.h"

enum { PERIOD_PS = 1000, PENDING = 1024, DELAYS = 1 << 12, FIFO_SLOTS = 16, TARGET_CYC = 10 };

static const struct comp_kind bench_kind = { "bench", NULL, 0, NULL, 0 };

struct waiter {
    struct proc    proc;
    struct kernel *k;
    uint32_t       at;                 /* place in the table of delays */
};

struct kernel {
    struct sim    *sim;
    struct clock   clk;
    struct comp    comp;
    struct chan    fifo;
    struct waiter  waiter[PENDING];
    const uint32_t *delay;             /* [DELAYS] in ps               */
    struct proc    producer, consumer;
    uint64_t       left, item, got, sum, target_cyc;
};

static void kernel_up(struct kernel *k, const struct chan_params *fifo)
{
    k->sim = sim_new();
    clock_init(&k->clk, k->sim, NULL, "clk", PERIOD_PS);
    comp_init(&k->comp, &bench_kind, NULL, "bench", NULL, NULL);
    comp_clock(&k->comp, &k->clk);
    if (!k->sim || chan_init(&k->fifo, &k->comp, "fifo", fifo, sizeof(uint64_t)))
        exit(2);
    sim_elaborate(k->sim, &k->comp, NULL);
}

static void kernel_down(struct kernel *k)
{
    chan_destroy(&k->fifo);
    sim_free(k->sim);
}

/* ---- random, pipeline ---- */

static enum proc_state wait_again(struct proc *p)
{
    struct waiter *w = CONTAINER_OF(p, struct waiter, proc);
    struct kernel *k = w->k;

    PROC_BEGIN(p);
    for (;;) {
        if (--k->left == 0)
            sim_stop(k->sim);
        w->at = (w->at + 1) % DELAYS;
        PROC_UNTIL(p, proc_now(p) + k->delay[w->at]);
    }
    PROC_END(p);
}

static void waits(void *arg, uint64_t n)
{
    struct kernel *k = arg;

    k->left = n;
    sim_run(k->sim);
}

static double waits_ns(const uint32_t *delay, uint64_t n)
{
    static struct kernel k;
    double ns;

    kernel_up(&k, &(struct chan_params){ .slots = 1 });
    k.delay = delay;
    for (unsigned i = 0; i < PENDING; i++) {
        k.waiter[i] = (struct waiter){ .k = &k, .at = i * (DELAYS / PENDING) };
        proc_init(&k.waiter[i].proc, &k.comp, "waiter", wait_again);
        proc_start(&k.waiter[i].proc);
    }
    waits(&k, PENDING * 8);
    ns = bench_best(waits, &k, n);
    kernel_down(&k);
    return ns;
}

/* ---- transport ---- */

/* The target: says how long it takes, which the caller waits for. */
__attribute__((noinline)) static uint64_t transport(struct kernel *k, uint64_t *data)
{
    k->sum += *data;
    return k->target_cyc;
}

static enum proc_state initiate(struct proc *p)
{
    struct kernel *k = CONTAINER_OF(p, struct kernel, producer);

    PROC_BEGIN(p);
    for (; k->left; k->left--) {
        k->item++;
        PROC_DELAY(p, transport(k, &k->item));
    }
    PROC_END(p);
}

static void run_producer(void *arg, uint64_t n)
{
    struct kernel *k = arg;

    k->left = n;
    proc_start(&k->producer);
    sim_run(k->sim);
}

static double transport_ns(uint64_t n)
{
    static struct kernel k;
    double ns;

    kernel_up(&k, &(struct chan_params){ .slots = 1 });
    k.target_cyc = TARGET_CYC;
    proc_init(&k.producer, &k.comp, "initiator", initiate);
    ns = bench_best(run_producer, &k, n);
    kernel_down(&k);
    return ns;
}

/* ---- fifo, hop ---- */

static enum proc_state produce(struct proc *p)
{
    struct kernel *k = CONTAINER_OF(p, struct kernel, producer);

    PROC_BEGIN(p);
    for (; k->left; k->left--) {
        k->item++;
        PROC_PUT(p, &k->fifo, &k->item);
    }
    PROC_END(p);
}

static enum proc_state consume(struct proc *p)
{
    struct kernel *k = CONTAINER_OF(p, struct kernel, consumer);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, &k->fifo, &k->got);
        k->sum += k->got;
    }
    PROC_END(p);
}

static enum proc_state produce_clocked(struct proc *p)
{
    struct kernel *k = CONTAINER_OF(p, struct kernel, producer);

    PROC_BEGIN(p);
    for (; k->left; k->left--) {
        k->item++;
        PROC_PUT(p, &k->fifo, &k->item);
        PROC_DELAY(p, 1);
    }
    PROC_END(p);
}

static enum proc_state consume_clocked(struct proc *p)
{
    struct kernel *k = CONTAINER_OF(p, struct kernel, consumer);

    PROC_BEGIN(p);
    for (;;) {
        PROC_NEXT(p, &k->fifo, &k->got);
        k->sum += k->got;
        PROC_DELAY(p, 1);
    }
    PROC_END(p);
}

static double items_ns(const struct chan_params *par, proc_fn *from, proc_fn *to, uint64_t n)
{
    static struct kernel k;
    double ns;

    kernel_up(&k, par);
    proc_init(&k.producer, &k.comp, "producer", from);
    proc_init(&k.consumer, &k.comp, "consumer", to);
    proc_start(&k.consumer);
    ns = bench_best(run_producer, &k, n);
    kernel_down(&k);
    return ns;
}

/* ---- all ---- */

static void fill_uniform(uint32_t *delay)
{
    struct rng r;

    rng_init(&r, 1, "uniform");
    for (unsigned i = 0; i < DELAYS; i++)
        delay[i] = (uint32_t)(1000 + rng_below(&r, 999001));
}

static void fill_pipeline(uint32_t *delay)
{
    struct rng r;

    rng_init(&r, 1, "pipeline");
    for (unsigned i = 0; i < DELAYS; i++)
        delay[i] = PERIOD_PS * (uint32_t)(rng_below(&r, 5) ? 1 + rng_below(&r, 8)
                                                           : 60 + rng_below(&r, 141));
}

static void put(const char *name, double ns, double systemc_ns, double method_ns)
{
    char ratio[64];

    bench_rate(name, 1, ns);
    snprintf(ratio, sizeof ratio, "%s.vs_systemc", name);
    if (systemc_ns > 0)
        bench_put(ratio, systemc_ns / ns, "x");
    strcat(ratio, "_method");
    if (method_ns > 0)
        bench_put(ratio, method_ns / ns, "x");
}

/* bench_kernel [N [PATTERN]]: N of each pattern, or of one alone and without SystemC. */
int main(int argc, char **argv)
{
    static uint32_t uniform[DELAYS], pipeline[DELAYS];
    static const struct chan_params fifo = { .slots = FIFO_SLOTS };
    static const struct chan_params hop = { .slots = 5, .delay_ps = 3 * PERIOD_PS,
                                            .mode = CHAN_REGISTERED };
    struct bench_systemc sc = { 0 };
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
    const char *only = argc > 2 ? argv[2] : NULL;

    fill_uniform(uniform);
    fill_pipeline(pipeline);
    if (!only)
        bench_systemc_run(&sc, uniform, pipeline, DELAYS, n / 10);
    if (!only || strcmp(only, "random") == 0)
        put("kernel.random", waits_ns(uniform, n), sc.random_ns, sc.random_method_ns);
    if (!only || strcmp(only, "pipeline") == 0)
        put("kernel.pipeline", waits_ns(pipeline, n), sc.pipeline_ns, sc.pipeline_method_ns);
    if (!only || strcmp(only, "transport") == 0)
        put("kernel.transport", transport_ns(n), sc.transport_ns, 0);
    if (!only || strcmp(only, "fifo") == 0)
        put("kernel.fifo", items_ns(&fifo, produce, consume, n), sc.fifo_ns, 0);
    if (!only || strcmp(only, "hop") == 0)
        put("kernel.hop", items_ns(&hop, produce_clocked, consume_clocked, n), 0, 0);
    return 0;
}
