/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim cosim: a design beside the model.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cosim.h"
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
    struct random r;
    int err;

    records_init(&c->records, "random");
    err = random_init(&r, &c->weights, c->opt.seed, &c->records);
    if (!err) {
        random_start(&r);
        random_more(&r, c->opt.random);
        err = c->records.err;
    }
    random_destroy(&r);
    if (err)
        return diag_env(c->d, NULL, "no memory for the records");
    return c->opt.save ? records_write(&c->records, c->opt.save, c->d) : 0;
}

static int run_trace(struct cosim *c, struct driver *driver)
{
    struct trace_reader *trace = trace_open(c->opt.trace, c->d);
    struct replay_source src;
    int err;

    if (!trace)
        return SIM_EINPUT;
    replay_source_trace(&src, trace, c->opt.trace);
    err = driver_run(driver, &src, c->d);
    trace_close(trace);
    return err;
}

static int run_records(struct cosim *c, struct driver *driver)
{
    struct replay_source src;

    records_source(&c->records, &src, "random");
    return driver_run(driver, &src, c->d);
}

int cosim_drive(struct cosim *c, const struct cosim_dut_ops *ops, struct driver **driver)
{
    struct driver_options o = {
        .par = c->par, .seed = c->opt.seed, .config = c->profile.config, .host = &c->host, .stop = &cli_interrupted,
    };

    if (driver == &c->design) {
        o.wave = c->opt.wave;
        o.wave_from = c->opt.wave_from;
        o.wave_to = c->opt.wave_to;
        o.coverage = c->opt.coverage;
    }
    *driver = driver_new(ops, &o, c->d);
    if (!*driver)
        return SIM_EINPUT;
    return c->opt.trace ? run_trace(c, *driver) : run_records(c, *driver);
}

/* ---- a whole SMMU -------------------------------------------------------------------------------- */

const struct verdict *cosim_first(const struct cosim *c)
{
    const struct verdicts *v = driver_verdicts(c->design);

    return v->n ? v->at : c->differ.n ? c->differ.at : NULL;
}

uint64_t cosim_verdicts(const struct cosim *c)
{
    return driver_verdicts(c->design)->total + c->differ.total;
}

static int go(void *arg)
{
    struct cosim *c = arg;
    double start = cli_seconds();
    int err = cosim_drive(c, c->ops, &c->design);

    c->wall_s = cli_seconds() - start;
    if (err || c->opt.no_model || c->ops == &cosim_dut_model || cli_interrupted)
        return err;
    err = cosim_drive(c, &cosim_dut_model, &c->model);
    if (!err)
        driver_compare(c->design, c->model, c->opt.reads, &c->differ);
    return err;
}

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
    const struct driver_stats *st = driver_stats(c->design);
    const struct results_totals t = { .wall_s = c->wall_s, .requests = st->requests, .sim_ps = st->cycles * 1000 };

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
    int err = c->opt.has_random ? cosim_random(c) : 0;

    c->par.keep |= !c->opt.no_model && c->ops != &cosim_dut_model;
    if (!err)
        err = open_db(c);
    if (!err)
        err = cli_guarded(go, c);
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

static int run(struct cosim *c)
{
    c->ops = cosim_dut_find(c->opt.dut, c->d);
    if (!c->ops)
        return SIM_EINPUT;
    if (c->ops->level != COSIM_PIPELINE)
        return cosim_block(c);
    return cosim_profile(c) ? SIM_EINPUT : whole(c);
}

static void clean(struct cosim *c)
{
    results_close(c->db);
    driver_free(c->design);
    driver_free(c->model);
    verdicts_destroy(&c->differ);
    records_destroy(&c->records);
    profile_destroy(&c->profile);
    free(c->opt.set);
}

int cmd_cosim(int argc, char **argv)
{
    struct diag d;
    struct cosim c = { .d = &d };
    int err, status;

    diag_init(&d);
    driver_defaults(&c.par);
    random_defaults(&c.weights);
    err = cosim_parse(argc, argv, &c);
    if (c.opt.help)
        cosim_usage(stdout);
    else if (!err && c.opt.list)
        cosim_list(stdout);
    else if (!err)
        err = run(&c);
    if (err == SIM_ECHECK && cli_interrupted)
        err = 0;
    status = cli_exit(err, &d);
    clean(&c);
    diag_destroy(&d);
    return status;
}
