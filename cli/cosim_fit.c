/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim cosim --calibrate: the model's delays fitted to a design, and how far it is off after that.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "rtl-cosim/timing/calibrate.h"
#include "rtl-cosim/twin/model.h"

enum { ACCESSES = 4000 };

/* U(path, step, largest, told by faults): fitted, in this order; what two of them tell alike the first one has. */
#define UNKNOWNS(U)                                                                                \
    U("mem.port_ps", 1000, 1000000, false)                                                         \
    U("smmu.tcu.cfg.port.latency", 1, 1000, false)                                                 \
    U("smmu.tcu.tlb.port.latency", 1, 1000, false)                                                 \
    U("smmu.tcu.ipa.port.latency", 1, 1000, false)                                                 \
    U("smmu.timing.walk_overhead", 1, 1000, false)                                                 \
    U("smmu.tcu.wc_s1.port.latency", 1, 1000, false)                                               \
    U("smmu.timing.fetch_answer", 1, 1000, false)                                                  \
    U("smmu.timing.fill", 1, 1000, false)                                                          \
    U("smmu.timing.decode", 1, 1000, false)                                                        \
    U("smmu.timing.fetch_overhead", 1, 1000, true)                                                 \
    U("smmu.timing.record", 1, 1000, true)                                                         \
    U("smmu.evtq.overhead", 1, 1000, true)

/* P(name, which stages, order, outstanding, memory from, to): every second one, as a chessboard, is fitted.
 * Nothing changes in a pattern, and nothing is illegal: what a request meets is the same on both sides. */
enum stages { S1, S2, NESTED, ALL };
#define PATTERNS(P)                                                                                \
    P("s1-serial",      S1,     0,  1, 20, 20)  P("s1-overlap",     S1,     1, 4, 20, 20)          \
    P("s1-slow",        S1,     0,  1, 60, 60)  P("s2-overlap",     S2,     1, 4, 20, 20)          \
    P("s2-serial",      S2,     0,  1, 20, 20)  P("s2-slow",        S2,     0, 1, 60, 60)          \
    P("nested-serial",  NESTED, 0,  1, 20, 20)  P("nested-overlap", NESTED, 1, 4, 20, 20)          \
    P("nested-slow",    NESTED, 0,  1, 60, 60)  P("mixed-overlap",  ALL,    1, 4, 20, 20)          \
    P("mixed-serial",   ALL,    0,  1, 10, 30)  P("mixed-slow",     ALL,    0, 1, 60, 60)          \
    P("s1-deep",        S1,     1, 16, 20, 20)  P("s2-deep",        S2,     1, 16, 20, 20)         \
    P("nested-deep",    NESTED, 1, 16, 20, 20)  P("mixed-deep",     ALL,    1, 16, 20, 20)         \
    P("mixed-uneven",   ALL,    1, 4, 10, 30)   P("nested-uneven",  NESTED, 1, 4, 10, 30)

#define UNKNOWN_ROW(path, step, max, faults) { path, step, 0, max, faults, 0, INFINITY, false },
static const struct calibrate_unknown unknowns[] = { UNKNOWNS(UNKNOWN_ROW) };
#define PATTERN_ROW(name, stages, order, outstanding, from, to) { name, stages, order, outstanding, from, to },
static const struct pattern { const char *name; enum stages stages; uint64_t order, outstanding, from, to; } patterns[] = {
    PATTERNS(PATTERN_ROW)
};

static const char *name(void *arg, size_t p)
{
    (void)arg;
    return patterns[p].name;
}

static bool train(void *arg, size_t p)
{
    (void)arg;
    return p % 2 == 0;
}

static int make_records(const struct cosim *c, size_t p, struct records *to)
{
    struct random_params w = c->weights;

    w.change = w.broken = w.odd = w.stranger = w.global = 0;
    w.s1 = patterns[p].stages == S1 || patterns[p].stages == ALL;
    w.s2 = patterns[p].stages == S2 || patterns[p].stages == ALL;
    w.nested = patterns[p].stages == NESTED || patterns[p].stages == ALL;
    records_init(to, patterns[p].name);
    return random_records(to, &w, ACCESSES, c->opt.seed + p);
}

static int run(const struct cosim *c, size_t p, const struct cosim_dut_ops *ops, struct cosim_latency *l, uint64_t *cycles)
{
    struct driver_options o = cosim_driver_options(c);
    struct driver *driver = NULL;
    struct records r;
    int err;

    o.par.order = patterns[p].order;
    o.par.outstanding = patterns[p].outstanding;
    o.par.latency_min = patterns[p].from;
    o.par.latency_max = patterns[p].to;
    err = make_records(c, p, &r);
    if (!err)
        err = cosim_drive_records(ops, &o, &r, patterns[p].name, &driver, c->d);
    if (!err && driver_verdicts(driver)->total)
        err = diag_add(c->d, NULL, 0, 0, "pattern %s: %s is wrong (%s): what is wrong is not calibrated", patterns[p].name,
                       ops->name, verdict_name[driver_verdicts(driver)->at[0].kind]);
    if (!err) {
        *cycles = driver_stats(driver)->cycles;
        err = cosim_latency_copy(l, driver_latency(driver));
    }
    driver_free(driver);
    records_destroy(&r);
    return cli_interrupted && !err ? SIM_EENV : err;
}

static int found(void *arg, size_t p, struct cosim_latency *l, uint64_t *cycles)
{
    const struct cosim *c = arg;

    return run(c, p, c->ops, l, cycles);
}

static int model(void *arg, size_t p, const struct calibrate_unknown *u, size_t n, struct cosim_latency *l, uint64_t *cycles)
{
    const struct cosim *c = arg;
    const struct param_set *set = system_config_params(c->profile.config);

    for (size_t i = 0; i < n; i++) {
        uint64_t *word;

        if (param_find(set, u[i].path, &word))
            *word = u[i].value;
    }
    return run(c, p, &cosim_dut_model, l, cycles);
}

/* ---- what came of it ----------------------------------------------------------------------------- */

static void print_run(const char *title, const struct run_error *e)
{
    printf("%-15s total %+6.2f %% (%" PRIu64 " cycles, model %" PRIu64 "): %s\n", title, 100 * e->total_error,
           e->cycles_found, e->cycles_model, compare_verdict_name[e->verdict]);
    for (unsigned k = 0; k < COSIM_CLASSES_N; k++) {
        const struct class_error *x = &e->of[k];

        if (x->verdict != COMPARE_NONE)
            printf("  %-13s %6" PRIu64 " %6" PRIu64 "  mean %8.2f %8.2f %+7.2f %%  p99 %5" PRIu64 " %5" PRIu64
                   " %+7.2f %%  ks %.3f  %s\n", cosim_class_name[k], x->found.n, x->model.n, x->found.mean, x->model.mean,
                   100 * x->mean_error, x->found.p99, x->model.p99, 100 * x->p99_error, x->ks,
                   compare_verdict_name[x->verdict]);
    }
}

static void print(const struct calibrate_unknown *u, size_t n, const struct calibrate_result *r)
{
    printf("fitted to %" PRIu64 " requests in %u rounds, %.3g cycles left of each\n", r->rows, r->rounds, r->residual);
    for (size_t i = 0; i < n; i++)
        printf("  %-28s %8" PRIu64 "  %s\n", u[i].path, u[i].value, u[i].known ? "" : "(the traffic does not tell)");
    for (size_t p = 0; p < r->patterns; p++)
        printf("%-15s %s  total %+7.2f %% before, %+7.2f %% after\n", patterns[p].name, train(NULL, p) ? "fitted " : "held out",
               100 * r->pattern[p].before.total_error, 100 * r->pattern[p].after.total_error);
    print_run("fitted", &r->train);
    print_run("held out", &r->rest);
}

int cosim_fit(struct cosim *c)
{
    const struct calibrate_ops ops = { ARRAY_LEN(patterns), name, train, found, model, c };
    struct calibrate_unknown u[ARRAY_LEN(unknowns)];
    struct calibrate_result r = { .rounds = 0 };
    int err;

    memcpy(u, unknowns, sizeof u);
    for (size_t i = 0; i < ARRAY_LEN(u); i++) {
        uint64_t *word;

        if (param_find(system_config_params(c->profile.config), u[i].path, &word))
            u[i].value = *word;
    }
    err = calibrate(&ops, u, ARRAY_LEN(u), &c->tolerance, &r);
    if (!err)
        err = calibrate_write(c->opt.calibrate, c->profile.name, "delays fitted to a design", u, ARRAY_LEN(u), &r, c->d);
    if (!err && !c->opt.quiet)
        print(u, ARRAY_LEN(u), &r);
    if (!err && r.rest.verdict == COMPARE_OUTSIDE)
        err = SIM_ECHECK;
    calibrate_destroy(&r);
    return err;
}
