/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim cosim: a design beside the model.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "cli/cosim_suite.h"
#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/twin/model.h"

void cosim_list(FILE *to)
{
    static const char *const level[] = { "store", "walker", "queue", "whole" };
    const struct cosim_dut_ops *ops;
    size_t n = 0;

    for (; (ops = cosim_dut_at(n)) != NULL; n++)
        fprintf(to, "%-16s %-7s %s\n", ops->name, level[ops->level % COSIM_LEVELS], ops->about);
    if (n == 1)
        fputs("No RTL: the program was built without Verilator.\n", to);
}

/* ---- the records --------------------------------------------------------------------------------- */

int cosim_random(struct cosim *c)
{
    records_init(&c->records, "random");
    if (random_records(&c->records, &c->weights, c->opt.random, c->seed))
        return diag_env(c->d, NULL, "no memory for the records");
    return c->opt.save ? records_write(&c->records, c->opt.save, c->d) : 0;
}

struct driver_options cosim_driver_options(const struct cosim *c)
{
    return (struct driver_options){
        .par = c->par, .seed = c->seed, .config = c->profile.config, .host = &c->host, .stop = &cli_interrupted,
    };
}

static int drive(const struct cosim_dut_ops *ops, const struct driver_options *o, const struct replay_source *src,
                 struct driver **driver, struct diag *d)
{
    *driver = driver_new(ops, o, d);
    return *driver ? driver_run(*driver, src, d) : SIM_EINPUT;
}

int cosim_drive_records(const struct cosim_dut_ops *ops, const struct driver_options *o, struct records *r,
                        const char *name, struct driver **driver, struct diag *d)
{
    struct replay_source src;

    records_source(r, &src, name);
    return drive(ops, o, &src, driver, d);
}

int cosim_drive(struct cosim *c, const struct cosim_dut_ops *ops, const struct driver_options *o, struct driver **driver)
{
    struct trace_reader *trace;
    struct replay_source src;
    int err;

    if (!c->opt.trace || c->minimised_from)
        return cosim_drive_records(ops, o, &c->records, "random", driver, c->d);
    trace = trace_open(c->opt.trace, c->d);
    if (!trace)
        return SIM_EINPUT;
    replay_source_trace(&src, trace, c->opt.trace);
    err = drive(ops, o, &src, driver, c->d);
    trace_close(trace);
    return err;
}

/* ---- a whole SMMU -------------------------------------------------------------------------------- */

bool cosim_has_model(const struct cosim *c) { return !c->opt.no_model && c->ops != &cosim_dut_model; }

const struct verdict *cosim_first_of(const struct driver *design, const struct verdicts *differ)
{
    const struct verdicts *v = driver_verdicts(design);

    return v->n ? v->at : differ->n ? differ->at : NULL;
}

const struct verdict *cosim_first(const struct cosim *c) { return cosim_first_of(c->design, &c->differ); }

uint64_t cosim_verdicts(const struct cosim *c)
{
    return driver_verdicts(c->design)->total + c->differ.total;
}

static int go(void *arg) { return cosim_rounds(arg); }

static int open_db(struct cosim *c)
{
    const struct results_run row = {
        .id = c->opt.id, .label = c->opt.label, .version = IOMMUSIM_VERSION, .arch = "smmuv3",
        .profile = c->profile.name, .seed = c->opt.seed, .mode = "cosim", .arrival = NULL,
        .trace = c->opt.trace ? c->opt.trace : "random",
    };

    if (!c->opt.db)
        return 0;
    c->db = results_open(c->opt.db, c->d);
    return c->db ? results_run_begin(c->db, &row, &c->id) : SIM_EENV;
}

static int keep(struct cosim *c)
{
    const struct driver_stats *st = &c->stats[0];
    const struct results_totals t = { .wall_s = c->wall_s, .requests = st->requests, .sim_ps = st->cycles * COSIM_PERIOD_PS };

    if (!c->db)
        return 0;
    cosim_rows(c);
    return results_run_end(c->db, cli_interrupted ? RESULTS_INTERRUPTED
                                  : cosim_verdicts(c) ? RESULTS_MISMATCH : RESULTS_DONE, &t);
}

static int print(const struct cosim *c)
{
    if (c->opt.json)
        return cosim_report_json(c, stdout);
    if (!c->opt.quiet || cosim_verdicts(c))
        cosim_report(c, stdout);
    return 0;
}

static int whole(struct cosim *c)
{
    int err = open_db(c);

    c->par.keep |= cosim_has_model(c) || c->opt.wave;
    if (!err)
        err = cli_guarded(go, c);
    if (!err && c->opt.coverage)
        err = coverage_write(&c->coverage, c->opt.coverage, c->d);
    if (!err && c->opt.minimise && cosim_verdicts(c))
        err = cosim_minimise(c);
    if (!err && c->opt.wave)
        err = cosim_wave(c);
    if (err) {
        if (c->db)
            results_run_drop(c->db, err == SIM_EINTERNAL ? RESULTS_INTERNAL : RESULTS_FAILED);
        return err;
    }
    err = keep(c);
    if (!err)
        err = print(c);
    return err ? err : cosim_verdicts(c) ? SIM_ECHECK : 0;
}

/* ---- the command --------------------------------------------------------------------------------- */

/* The options of the suite that its runs get, too, as they were given. */
static int suite(struct cosim *c, int argc, char **argv, int *status)
{
    static const char *const own[] = { "--suite", "--jobs", "--junit", "--db", "--dut", "--timeout",
                                        "--coverage" };
    const char **words = calloc((size_t)argc + 1, sizeof *words);
    struct cosim_suite s = {
        .dir = c->opt.suite, .dut = c->opt.dut, .db = c->opt.db, .label = c->opt.label,
        .junit = c->opt.junit, .coverage = c->opt.coverage, .jobs = (unsigned)c->opt.jobs,
        .timeout_s = c->opt.timeout_s, .words = words, .quiet = c->opt.quiet,
    };

    if (!words)
        return diag_env(c->d, NULL, "no memory");
    for (int i = 1; i < argc; i++) {
        bool mine = false;

        for (size_t k = 0; k < ARRAY_LEN(own); k++) {
            size_t n = strlen(own[k]);

            if (strncmp(argv[i], own[k], n) != 0 || (argv[i][n] && argv[i][n] != '='))
                continue;
            mine = true;
            i += argv[i][n] == '\0';
            break;
        }
        if (!mine)
            words[s.n++] = argv[i];
    }
    *status = cosim_suite_run(&s, c->d);
    free(words);
    return 0;
}

static int run(struct cosim *c)
{
    c->ops = cosim_dut_find(c->opt.dut, c->d);
    if (!c->ops)
        return SIM_EINPUT;
    if (c->opt.timeout_s)
        alarm((unsigned)c->opt.timeout_s);
    if (c->ops->caps & COSIM_CAP_ENCODES)
        return cosim_foreign(c);
    if (c->ops->level != COSIM_PIPELINE)
        return cosim_block(c);
    if (cosim_profile(c))
        return SIM_EINPUT;
    return c->opt.calibrate ? cosim_fit(c) : whole(c);
}

static void clean(struct cosim *c)
{
    results_close(c->db);
    driver_free(c->design);
    driver_free(c->model);
    cosim_latency_destroy(&c->latency[0]);
    cosim_latency_destroy(&c->latency[1]);
    coverage_destroy(&c->coverage);
    verdicts_destroy(&c->differ);
    records_destroy(&c->records);
    profile_destroy(&c->profile);
    free(c->opt.set);
}

int cmd_cosim(int argc, char **argv)
{
    struct diag d;
    struct cosim c = { .d = &d };
    int err, status = -1;

    diag_init(&d);
    driver_defaults(&c.par);
    random_defaults(&c.weights);
    tolerance_defaults(&c.tolerance);
    err = cosim_parse(argc, argv, &c);
    if (c.opt.help)
        cosim_usage(stdout);
    else if (!err && c.opt.list)
        cosim_list(stdout);
    else if (!err && c.opt.suite)
        err = suite(&c, argc, argv, &status);
    else if (!err)
        err = run(&c);
    if (err == SIM_ECHECK && cli_interrupted)
        err = 0;
    if (status < 0)
        status = cli_exit(err, &d);
    clean(&c);
    diag_destroy(&d);
    return status;
}
