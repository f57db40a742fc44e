/* SPDX-License-Identifier: Apache-2.0
 *
 * bench.h - what every benchmark shares: a clock, the yardstick, one line per figure.
 *
 * A figure is one line on stdout, `name TAB value TAB unit`; the unit is ns, M/s, x, MB or
 * B/record. Machines differ, so next to each time stands `name.vs_yardstick`: the time of one item
 * over the time of one step of a fixed loop of plain C that was measured in the same run; smaller
 * is better.
 *
 *     static void lookup(void *arg, uint64_t n) { ... n times ... }
 *
 *     int main(void)
 *     {
 *         bench_ns("store.lookup", bench_best(lookup, &arg, 1000000));
 *         return 0;
 *     }
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { BENCH_ROUNDS = 7, BENCH_YARD_WORDS = 4096, BENCH_YARD_STEPS = 400000 };

/* Keeps the compiler from dropping what computed v. */
#define BENCH_USE(v) __asm__ volatile("" : : "r,m"(v) : "memory")

static inline uint64_t bench_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds per item of fn(arg, n), the best of BENCH_ROUNDS: the others were disturbed. */
static inline double bench_best(void (*fn)(void *arg, uint64_t n), void *arg, uint64_t n)
{
    double best = 0;

    for (int i = 0; i < BENCH_ROUNDS; i++) {
        uint64_t t0 = bench_clock_ns();
        double ns;

        fn(arg, n);
        ns = (double)(bench_clock_ns() - t0) / (double)n;
        if (i == 0 || ns < best)
            best = ns;
    }
    return best;
}

/* The yardstick: each step a multiplication, a load from 32 KiB and a store, all dependent. */
static inline void bench_yard(void *arg, uint64_t n)
{
    uint64_t *word = arg, x = 88172645463325252ull;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t *w = &word[x % BENCH_YARD_WORDS];

        x = (x ^ (x >> 29) ^ *w) * 0x9e3779b97f4a7c15ull;
        *w = i;
    }
    BENCH_USE(x);
}

/* Nanoseconds per step of the yardstick; measured at the first call, then remembered. */
static inline double bench_yardstick(void)
{
    static uint64_t word[BENCH_YARD_WORDS];
    static double ns;

    if (ns == 0) {
        ns = bench_best(bench_yard, word, BENCH_YARD_STEPS);
        printf("yardstick\t%.3f\tns\n", ns);
    }
    return ns;
}

static inline void bench_put(const char *name, double value, const char *unit)
{
    printf("%s\t%.4g\t%s\n", name, value, unit);
    fflush(stdout);
}

/* A time per item, and its ratio to the yardstick. */
static inline void bench_ns(const char *name, double ns)
{
    double yard = bench_yardstick();

    bench_put(name, ns, "ns");
    printf("%s.vs_yardstick\t%.4g\tx\n", name, ns / yard);
    fflush(stdout);
}

/* A rate, `items` in `ns` nanoseconds; the ratio is still time per item over yardstick. */
static inline void bench_rate(const char *name, double items, double ns)
{
    double yard = bench_yardstick();

    bench_put(name, items / ns * 1000.0, "M/s");
    printf("%s.vs_yardstick\t%.4g\tx\n", name, ns / items / yard);
    fflush(stdout);
}

#endif
