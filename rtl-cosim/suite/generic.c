/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/suite/generic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"
#include "rtl-cosim/stimulus/random.h"
#include "rtl-cosim/stimulus/sweep.h"

/* What a random run sets, path by path: "cosim." of the driver, "random." of the generator. */
struct setting { const char *path; uint64_t value; };
enum { SETTINGS = 8 };
static const struct setup { const char *name; struct setting set[SETTINGS]; } setups[] = {
    { "plain",    { { "cosim.order", 2 } } },
    { "quick",    { { "cosim.order", 2 }, { "cosim.latency_min", 1 }, { "cosim.latency_max", 1 }, { "random.gap", 0 } } },
    { "uneven",   { { "cosim.order", 2 }, { "cosim.latency_min", 1 }, { "cosim.latency_max", 120 }, { "random.change", 120 } } },
    { "stalled",  { { "cosim.order", 2 }, { "cosim.latency_min", 2 }, { "cosim.latency_max", 9 }, { "cosim.rsp_stall", 50 },
                    { "cosim.ar_stall", 30 }, { "cosim.r_stall", 30 }, { "cosim.aw_stall", 60 }, { "cosim.stall_cycles", 11 } } },
    { "changing", { { "cosim.order", 2 }, { "cosim.latency_max", 40 }, { "random.change", 400 }, { "random.during", 70 },
                    { "random.gap", 0 } } },
    { "wild",     { { "cosim.order", 2 }, { "random.broken", 25 }, { "random.odd", 25 }, { "random.stranger", 20 },
                    { "random.limited", 60 }, { "random.far", 15 } } },
    { "crowded",  { { "cosim.order", 2 }, { "cosim.cmdq_log2", 2 }, { "cosim.eventq_log2", 2 }, { "cosim.poll", 40 },
                    { "random.during", 20 }, { "random.change", 150 } } },
    { "serial",   { { "cosim.order", 0 }, { "cosim.latency_min", 3 }, { "cosim.latency_max", 3 } } },
};

struct suite {
    const struct generic_options *opt;
    struct generic_result *r;
    struct diag *d;
    int err;
};

/* ---- one run ------------------------------------------------------------------------------------- */

static int drive(const struct suite *s, struct records *records, struct verdict *first, bool *wrong,
                 struct generic_result *counted)
{
    struct driver_options o = { .par = s->r->par, .seed = s->r->seed, .config = s->opt->config, .stop = s->opt->stop };
    struct driver *driver = driver_new(s->opt->ops, &o, s->d);
    const struct verdicts *v;
    struct replay_source src;
    int err;

    if (!driver)
        return SIM_EINPUT;
    records_source(records, &src, s->r->run);
    err = driver_run(driver, &src, s->d);
    v = driver_verdicts(driver);
    *wrong = v->total != 0;
    if (v->n)
        *first = v->at[0];
    if (counted) {
        counted->runs++;
        counted->requests += driver_stats(driver)->requests;
        counted->cycles += driver_stats(driver)->cycles;
    }
    driver_free(driver);
    return err;
}

static int fails(void *arg, struct records *candidate)
{
    const struct suite *s = arg;
    struct verdict first;
    bool wrong;
    int err = drive(s, candidate, &first, &wrong, NULL);

    return err ? err : wrong && verdict_same(&first, &s->r->verdict);
}

/* Runs the records; if they show that the design is wrong, they are cut down and kept. */
static bool run(struct suite *s, struct records *records)
{
    struct minimise_options m = { .fails = fails, .arg = s, .max_runs = s->opt->max_runs, .stop = s->opt->stop };

    if (s->opt->progress)
        s->opt->progress(s->opt->progress_arg, s->r->run);
    s->err = records->err ? records->err : drive(s, records, &s->r->verdict, &s->r->wrong, s->r);
    if (s->err || !s->r->wrong)
        return !s->err;
    s->r->cut = (struct minimise_stats){ .before = records->n, .after = records->n };
    m.failed_at = (size_t)s->r->verdict.record;
    if (s->opt->max_runs && minimise(records, &m, &s->r->cut) < 0)
        s->err = SIM_EENV;
    s->r->records = *records;
    *records = (struct records){ .n = 0 };
    return false;
}

static bool stopped(const struct suite *s)
{
    return s->opt->stop && *s->opt->stop;
}

static bool wanted(const struct suite *s)
{
    return !s->opt->only || !strncmp(s->r->run, s->opt->only, strlen(s->opt->only));
}

/* ---- random -------------------------------------------------------------------------------------- */

static void set_up(const struct setup *u, struct driver_params *driver, struct random_params *random)
{
    struct param_set set = { .n = 0 };
    uint64_t *word;

    param_add(&set, "cosim", driver_kind.param, driver_kind.params, (uint64_t *)driver);
    param_add(&set, "random", random_rows, random_row_count, (uint64_t *)random);
    for (unsigned i = 0; i < SETTINGS && u->set[i].path; i++) {
        SIM_CHECK(param_find(&set, u->set[i].path, &word) != NULL, "no parameter %s", u->set[i].path);
        *word = u->set[i].value;
    }
}

static bool random_run(struct suite *s, const struct setup *u, uint64_t seed)
{
    struct random_params weights;
    struct records records;
    bool right;

    s->r->seed = seed;
    set_up(u, &s->r->par, &weights);
    snprintf(s->r->run, sizeof s->r->run, "random %s %" PRIu64, u->name, seed);
    if (!wanted(s))
        return true;
    records_init(&records, s->r->run);
    records.err = random_records(&records, &weights, s->opt->accesses, seed);
    right = run(s, &records);
    records_destroy(&records);
    return right;
}

static bool random_runs(struct suite *s)
{
    for (uint64_t round = 0; round < s->opt->rounds; round++)
        for (unsigned i = 0; i < ARRAY_LEN(setups); i++)
            if (stopped(s) || !random_run(s, &setups[i], s->opt->seed + round))
                return false;
    return true;
}

/* ---- sweep --------------------------------------------------------------------------------------- */

/* Memory as quick as the longest walk needs, so that the sweep's cycles cover it; every second list with stalls. */
static void sweep_memory(struct driver_params *p, unsigned list)
{
    driver_defaults(p);
    p->order = 3;                      /* timed */
    p->latency_min = 3;
    p->latency_max = list & 2 ? 14 : 3;
    if (list & 1) {
        p->rsp_stall = 60;
        p->stall_cycles = 17;
    }
}

static bool sweep_run(struct suite *s, const struct sweep_params *p, unsigned kind, unsigned shape, unsigned state)
{
    struct records records;
    bool right = true;

    snprintf(s->r->run, sizeof s->r->run, "sweep %s %s %s", sweep_kind_name[kind], sweep_shape_name[shape],
             sweep_state_name[state]);
    if (!wanted(s))
        return true;
    records_init(&records, s->r->run);
    if (sweep(&records, p, kind, shape, state))
        right = run(s, &records);
    records_destroy(&records);
    return right;
}

static bool sweep_runs(struct suite *s)
{
    struct sweep_params p;
    unsigned list = 0;
    uint64_t from;

    sweep_defaults(&p);
    p.step = s->opt->sweep_step;
    p.to = 200;
    p.settle = 250;
    from = p.from;
    for (unsigned kind = 0; kind < SWEEP_KIND_COUNT; kind++)
        for (unsigned shape = 0; shape < SWEEP_SHAPE_COUNT; shape++)
            for (unsigned state = 0; state < SWEEP_STATE_COUNT; state++) {
                sweep_memory(&s->r->par, list);
                p.from = from + (s->opt->seed + list++) % p.step;      /* all lists together meet every cycle */
                p.queue_log2 = s->r->par.cmdq_log2;
                if (stopped(s) || !sweep_run(s, &p, kind, shape, state))
                    return false;
            }
    return true;
}

int generic_run(const struct generic_options *opt, struct generic_result *r, struct diag *d)
{
    struct suite s = { .opt = opt, .r = r, .d = d };

    *r = (struct generic_result){ .seed = opt->seed };
    if (random_runs(&s) && opt->sweep_step)
        sweep_runs(&s);
    return s.err;
}

void generic_result_destroy(struct generic_result *r)
{
    records_destroy(&r->records);
}
