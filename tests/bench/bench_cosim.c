/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_cosim.c - what driver and scoreboard cost beside the design that they drive.
 *
 *     bench_cosim [DESIGN|PATH.so] [--at-least PERCENT]
 *
 *   bare      the design alone: what a run of the driver gave it, cycle by cycle, given to it once more by a loop that does
 *             nothing else; memory's answers are part of that
 *   driver    the run itself: memory, software, devices, and every answer judged
 *   share     cycles/s of the second as a share of the first
 *   later     cycles/s of the last quarter of a run as a share of its first quarter's: below 100 % it slows down
 *
 * Random accesses that race with changes of tables, by processor time, the best of ROUNDS.  Without a design: iommu_top.
 * Exit status: 1 if the share is below PERCENT; 77 if there is no such design.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/stimulus/random.h"
#include "system/profile.h"

enum { ROUNDS = 5, ACCESSES = 4000, SEED = 7, QUARTERS = 4 };
enum { GIVEN = offsetof(struct cosim_in, store) };     /* a whole design has no more */

struct load {
    const struct cosim_dut_ops *ops;
    struct system_config *config;
    struct records records;
    unsigned char *given;              /* [cycles][GIVEN] */
    uint64_t cycles, room, answers;
    double at[QUARTERS + 1];           /* ns */
    struct diag diag;
};

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- the driver ---------------------------------------------------------------------------------- */

static void keep(void *arg, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out)
{
    struct load *l = arg;

    if (cycle == l->room) {
        l->room = l->room ? 2 * l->room : 1 << 16;
        l->given = realloc(l->given, l->room * GIVEN);
        if (!l->given)
            abort();
    }
    memcpy(l->given + cycle * GIVEN, in, GIVEN);
    l->cycles = cycle + 1;
    l->answers += out->rsp.valid && in->rsp_ready;
}

static void look_at_clock(void *arg, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out)
{
    struct load *l = arg;

    (void)in, (void)out;
    if (cycle % (l->cycles / QUARTERS) == 0)
        l->at[cycle / (l->cycles / QUARTERS)] = cpu_ns();
}

/* Nanoseconds of one run; negative: it could not be made, or found something. */
static double drive(struct load *l, void (*watch)(void *, uint64_t, const struct cosim_in *, const struct cosim_out *))
{
    struct driver_options opt = { .seed = SEED, .config = l->config, .watch = watch, .watch_arg = l };
    struct replay_source src;
    struct driver *d;
    double t0, ns;

    driver_defaults(&opt.par);
    opt.par.order = 2;                 /* race */
    opt.par.latency_min = 5;
    opt.par.latency_max = 60;
    records_source(&l->records, &src, "random");
    d = driver_new(l->ops, &opt, &l->diag);
    if (!d)
        return -1;
    t0 = cpu_ns();
    ns = driver_run(d, &src, &l->diag) ? -1 : cpu_ns() - t0;
    if (driver_verdicts(d)->total)
        ns = diag_add(&l->diag, l->ops->name, 0, 0, "is wrong: see iommusim cosim") ? -1 : ns;
    driver_free(d);
    return ns;
}

/* ---- the design alone ---------------------------------------------------------------------------- */

static double bare(struct load *l)
{
    const struct cosim_cfg cfg = { .seed = SEED, .period_ps = COSIM_PERIOD_PS, .system = l->config };
    struct cosim_in in = { .rsp_ready = false };
    struct cosim_dut *dut;
    struct cosim_out out;
    uint64_t answers = 0;
    char err[200] = "";
    double t0;

    if (l->ops->create(&dut, &cfg, err, sizeof err))
        return -1;
    t0 = cpu_ns();
    for (uint64_t i = 0; i < l->cycles; i++) {
        memcpy(&in, l->given + i * GIVEN, GIVEN);
        l->ops->tick(dut, &in, &out);
        answers += out.rsp.valid && in.rsp_ready;
    }
    t0 = cpu_ns() - t0;
    l->ops->destroy(dut);
    return answers == l->answers ? t0 : -1;
}

/* ---- figures ------------------------------------------------------------------------------------- */

static double least(double a, double b) { return a < b ? a : b; }

static int measure(struct load *l, double at_least)
{
    double alone = 1e300, driven = 1e300, first = 1e300, last = 1e300, share;

    if (drive(l, keep) < 0)
        return 2;
    for (int i = 0; i < ROUNDS; i++) {
        double a = bare(l), b = drive(l, look_at_clock);

        if (a < 0 || b < 0)
            return 2;
        alone = least(alone, a);
        driven = least(driven, b);
        first = least(first, l->at[1] - l->at[0]);
        last = least(last, l->at[QUARTERS] - l->at[QUARTERS - 1]);
    }
    share = 100 * alone / driven;
    bench_rate("cosim.bare", (double)l->cycles, alone);
    bench_rate("cosim.driver", (double)l->cycles, driven);
    bench_put("cosim.share", share, "%");
    bench_put("cosim.later", 100 * first / last, "%");
    return share < at_least;
}

static int load(struct load *l, const char *name, double at_least)
{
    struct profile profile = { .config = NULL };
    struct random_params par;
    int status = 2;

    l->ops = cosim_dut_find(name, &l->diag);
    if (!l->ops)
        return 77;
    records_init(&l->records, "random");
    random_defaults(&par);
    if (!profile_load(&profile, SOURCE_DIR "/model/profiles", "rtl", false, NULL, 0, &l->diag) &&
        !random_records(&l->records, &par, ACCESSES, SEED)) {
        system_config_timed(profile.config, true);
        l->config = profile.config;
        status = measure(l, at_least);
    }
    records_destroy(&l->records);
    profile_destroy(&profile);
    free(l->given);
    return status;
}

int main(int argc, char **argv)
{
    static struct load l;
    const char *name = "iommu_top";
    double at_least = 0;
    int status;

    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--at-least") && i + 1 < argc)
            at_least = strtod(argv[++i], NULL);
        else
            name = argv[i];
    diag_init(&l.diag);
    status = load(&l, name, at_least);
    diag_print(&l.diag, stderr);
    diag_destroy(&l.diag);
    return status;
}
