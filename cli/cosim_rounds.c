/* SPDX-License-Identifier: Apache-2.0
 *
 * The runs of a co-simulation: of its trace, or round after round of random records, until one goes wrong; what all
 * of them come to together.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "rtl-cosim/twin/model.h"

/* ---- coverage of the design's text --------------------------------------------------------------- */

int cosim_cover_begin(struct cosim *c, char path[COSIM_TEMPORARY])
{
    const char *dir = getenv("TMPDIR");
    int fd;

    snprintf(path, COSIM_TEMPORARY, "%s/iommusim-XXXXXX", dir && *dir ? dir : "/tmp");
    fd = mkstemp(path);
    if (fd < 0)
        return diag_env(c->d, path, "cannot be made");
    close(fd);
    return 0;
}

int cosim_cover_end(struct cosim *c, const char *path, int err)
{
    if (!err)
        err = coverage_read(&c->coverage, path, c->d);
    unlink(path);
    return err;
}

/* ---- one run ------------------------------------------------------------------------------------- */

static int run_design(struct cosim *c)
{
    struct driver_options o = cosim_driver_options(c);
    double start = cli_seconds();
    char path[COSIM_TEMPORARY];
    int err = 0;

    if (c->ops->coverage) {
        err = cosim_cover_begin(c, path);
        o.coverage = path;
    }
    if (!err)
        err = cosim_drive(c, c->ops, &o, &c->design);
    c->wall_s += cli_seconds() - start;
    return c->ops->coverage ? cosim_cover_end(c, path, err) : err;
}

/* A difference from the model is found when both have run: once more, for what led to it. */
static int go_to(struct cosim *c, struct driver_options *o, int64_t request)
{
    int err;

    if (driver_verdicts(c->design)->n || !c->differ.n || request == NO_REQUEST)
        return 0;
    o->moment_of = (uint64_t)request + 1;
    driver_free(c->design);
    driver_free(c->model);
    c->design = c->model = NULL;
    err = cosim_drive(c, c->ops, o, &c->design);
    return err ? err : cosim_drive(c, &cosim_dut_model, o, &c->model);
}

static int run_both(struct cosim *c)
{
    struct driver_options o = cosim_driver_options(c);
    const struct verdict *first;
    int err = run_design(c);

    if (err || !cosim_has_model(c) || cli_interrupted)
        return err;
    first = cosim_first(c);
    o.moment_of = first && first->request != NO_REQUEST ? (uint64_t)first->request + 1 : 0;
    err = cosim_drive(c, &cosim_dut_model, &o, &c->model);
    if (err)
        return err;
    driver_compare(c->design, c->model, c->opt.reads, &c->differ);
    return go_to(c, &o, c->differ.n ? c->differ.at->request : NO_REQUEST);
}

static int sum_up(struct cosim *c, const struct driver *d, unsigned side)
{
    const uint64_t *from = (const uint64_t *)driver_stats(d);
    uint64_t *to = (uint64_t *)&c->stats[side];

    for (size_t i = 0; i < driver_kind.stats; i++)
        to[i] += from[i];
    return cosim_latency_copy(&c->latency[side], driver_latency(d)) ? diag_env(c->d, NULL, "no memory") : 0;
}

/* ---- rounds -------------------------------------------------------------------------------------- */

static void forget(struct cosim *c)
{
    driver_free(c->design);
    driver_free(c->model);
    records_destroy(&c->records);
    c->design = c->model = NULL;
}

/* A round of its own seed and parameters: with these it is called alone, too. */
static int prepare(struct cosim *c, struct direct *direct, const struct driver_params *par, const struct random_params *weights)
{
    forget(c);
    c->par = *par;
    c->weights = *weights;
    c->seed = c->opt.seed + c->round;
    direct_choose(direct, &c->par, &c->weights, c->levers);
    return cosim_random(c);
}

int cosim_rounds(struct cosim *c)
{
    const struct random_params weights = c->weights;
    const struct driver_params par = c->par;
    struct direct direct;
    int err = 0;

    direct_init(&direct, c->opt.rounds > 1 ? c->opt.choice : DIRECT_FIXED, c->opt.seed);
    for (c->round = 0; !err && c->round < c->opt.rounds && !cli_interrupted; c->round++) {
        err = c->opt.has_random ? prepare(c, &direct, &par, &weights) : 0;
        if (!err)
            err = run_both(c);
        if (!err)
            err = sum_up(c, c->design, 0);
        if (!err && c->model)
            err = sum_up(c, c->model, 1);
        if (err)
            return err;
        direct_learn(&direct, scoreboard_cover(driver_scoreboard(c->design)));
        if (cosim_verdicts(c)) {
            c->round++;
            break;
        }
    }
    c->cover = direct.seen;
    return coverage_bins(&c->coverage, &c->cover, c->d);
}
