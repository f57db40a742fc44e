/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim run: a trace or a workload through a model.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/run.h"
#include "system/timed.h"

uint64_t run_mismatches(const struct run *r)
{
    return r->wrongs + r->replay.expect.mismatches;
}

bool run_failed(const struct run *r)
{
    return run_mismatches(r) || (r->opt.strict && r->stales);
}

const char *run_input(const struct run *r)
{
    return r->opt.trace ? r->opt.trace : r->opt.workload;
}

/* ---- profile ------------------------------------------------------------------------------------------ */

static bool is_of_workload(const char *set)
{
    return strncmp(set, GEN_SET_PREFIX, strlen(GEN_SET_PREFIX)) == 0;
}

static int set_options(struct run *r)
{
    struct param_set *set = system_config_params(r->profile.config);
    int err = 0;

    for (size_t i = 0; i < r->opt.sets; i++) {
        const char *eq = strchr(r->opt.set[i], '=');
        char path[256];

        snprintf(path, sizeof path, "%.*s", (int)(eq - r->opt.set[i]), r->opt.set[i]);
        if (!is_of_workload(r->opt.set[i]) && param_set_text(set, path, eq + 1, r->d, NULL, 0, 0))
            err = SIM_EINPUT;
    }
    return err;
}

static int load_profile(struct run *r)
{
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&r->host },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&r->replay_par },
    };
    bool is_file = r->opt.config != NULL;

    return profile_load(&r->profile, cli_share_path("model/profiles"),
                        is_file ? r->opt.config : r->opt.profile, is_file, extra, ARRAY_LEN(extra),
                        r->d);
}

/* A workload may say how its accesses come: over the profile, under --set. */
static void take_arrival(struct run *r)
{
    struct gen_arrival a = gen_arrival(r->gen);
    struct replay_params *p = &r->replay_par;

    p->arrival = a.arrival == GEN_UNSAID ? p->arrival : a.arrival;
    p->outstanding = a.outstanding == GEN_UNSAID ? p->outstanding : a.outstanding;
    p->think_ps = a.think_ps == GEN_UNSAID ? p->think_ps : a.think_ps;
    p->packet = a.packet == GEN_UNSAID ? p->packet : a.packet;
}

/* Whether the trace's source is the one that the profile imitates. */
static bool is_imitated(const struct run *r)
{
    return r->profile.imitates[0] && strstr(r->src.head->source, r->profile.imitates) != NULL;
}

/* What of the log is compared: a parameter of the system, since it belongs to an imitated source. */
static enum expect_level expect_level(const struct run *r)
{
    const char *path = r->profile.arch == SYSTEM_VTD ? "vtd.expect" : "smmu.expect";
    uint64_t *word;

    if (r->opt.expect >= 0)
        return (enum expect_level)r->opt.expect;
    if (r->opt.drops || !param_find(system_config_params(r->profile.config), path, &word))
        return EXPECT_NONE;
    return *word && (!r->profile.imitates[0] || is_imitated(r)) ? EXPECT_FULL : EXPECT_OUTCOME;
}

/* ---- source ------------------------------------------------------------------------------------------- */

static int next_of_gen(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    return gen_next(from, rec, ext, n);
}

static const char *no_string(void *from, uint32_t id)
{
    (void)from;
    (void)id;
    return "";
}

/* Its settings among those of --set. */
static struct gen *open_workload(struct run *r)
{
    const char *set[GEN_SETS_MAX + 1];
    size_t n = 0;

    for (size_t i = 0; i < r->opt.sets; i++)
        if (is_of_workload(r->opt.set[i]) && n < ARRAY_LEN(set))
            set[n++] = r->opt.set[i];
    return gen_open(r->opt.workload, r->opt.has_seed ? r->opt.seed : GEN_SEED_OWN, set, n, r->d);
}

static int open_source(struct run *r)
{
    if (trace_sha256(run_input(r), r->sha256, r->d))
        return SIM_EINPUT;
    if (r->opt.trace) {
        r->trace = trace_open(r->opt.trace, r->d);
        if (r->trace)
            replay_source_trace(&r->src, r->trace, r->opt.trace);
        return r->trace ? 0 : SIM_EINPUT;
    }
    r->gen = open_workload(r);
    if (!r->gen)
        return SIM_EINPUT;
    r->src = (struct replay_source){
        .from = r->gen, .next = next_of_gen, .string = no_string, .name = r->opt.workload,
        .head = &gen_info(r->gen)->head, .streams = gen_streams(r->gen),
        .n_streams = gen_info(r->gen)->streams, .first_time = gen_info(r->gen)->first_time,
        .accesses = gen_accesses(r->gen),
    };
    return 0;
}

/* ---- the run ------------------------------------------------------------------------------------------- */

static void progress(void *arg, uint64_t requests)
{
    cli_progress_step(arg, requests);
}

/* A round begins with a machine reset, which only the raw records of a trace can follow. */
static int check_repeat(const struct run *r)
{
    if (r->opt.repeat > 1 && (!r->trace || r->src.head->raw_arch != (uint32_t)r->profile.arch))
        return diag_add(r->d, run_input(r), 0, 0, "--repeat %" PRIu64 ": needs a trace with raw records of %s",
                        r->opt.repeat, profile_arch_name(r->profile.arch));
    return 0;
}

static int build(struct run *r)
{
    struct replay_options o = {
        .par = r->replay_par, .expect = expect_level(r), .host = &r->host, .warmup = r->opt.warmup,
        .repeat = r->opt.repeat, .seed = r->opt.seed,
        .imitated = is_imitated(r), .reuse = r->opt.reuse, .drop = r->opt.drop, .drops = r->opt.drops, .stop = &cli_interrupted,
        .progress = progress, .progress_arg = &r->progress,
    };

    system_config_timed(r->profile.config, !r->opt.functional);
    r->sys = system_new(r->profile.config, r->opt.seed, r->d);
    if (!r->sys)
        return SIM_EINPUT;
    if (r->sys->timed) {
        sim_shuffle(r->sys->timed->sim, r->opt.shuffle);
        sim_shortcuts(r->sys->timed->sim, !r->opt.no_shortcuts);
    }
    if ((r->opt.check && system_check(r->sys)) || replay_init(&r->replay, r->sys, &r->src, &o))
        return diag_env(r->d, NULL, "%s", r->replay.host.why ? r->replay.host.why : "no memory");
    return run_story_begin(r);
}

static int open_wave(struct run *r)
{
    const struct comp *root[1 + TIMED_ROOTS_MAX] = { &r->sys->top };
    size_t n;

    if (!r->opt.wave)
        return 0;
    n = 1 + timed_roots(r->sys->timed, root + 1);
    r->wave = wave_open(r->sys->timed->sim, root, n, r->opt.wave, r->opt.signals, r->d);
    return r->wave ? 0 : SIM_EENV;
}

static int open_db(struct run *r)
{
    struct results_run row = {
        .id = r->opt.id, .label = r->opt.label, .version = IOMMUSIM_VERSION,
        .arch = profile_arch_name(r->profile.arch), .profile = r->profile.name, .seed = r->opt.seed,
        .mode = r->opt.functional ? "functional" : "timed",
        .arrival = r->opt.functional ? "serial" : replay_arrival_name[r->replay.arrival], .trace = run_input(r), .trace_sha256 = r->sha256,
    };

    if (!r->opt.db)
        return 0;
    r->db = results_open(r->opt.db, r->d);
    if (!r->db)
        return SIM_EENV;
    return results_run_begin(r->db, &row, &r->id);
}

static int go(void *arg)
{
    struct run *r = arg;
    double start = cli_seconds();
    int err;

    cli_progress_start(&r->progress, "run", r->src.accesses);
    err = replay_run(&r->replay, r->d);
    cli_progress_end(&r->progress);
    r->wall_s = cli_seconds() - start;
    if (r->wave) {
        int e = wave_close(r->wave, r->d);

        r->wave = NULL;
        err = err ? err : e;
    }
    r->stale = system_stale(r->sys, &r->stales_kept, &r->stales);
    r->wrong = system_mismatches(r->sys, &r->wrongs_kept, &r->wrongs);
    return err;
}

/* The rows of a run that came to an end, or to the user's Ctrl-C. */
static int keep(struct run *r)
{
    struct results_totals t = { .wall_s = r->wall_s, .requests = r->replay.st.requests,
                                .sim_ps = r->replay.end_ps };

    if (!r->db)
        return 0;
    run_rows(r);
    return results_run_end(r->db, r->replay.stopped ? RESULTS_INTERRUPTED
                                  : run_failed(r) ? RESULTS_MISMATCH : RESULTS_DONE, &t);
}

static int print(const struct run *r)
{
    if (r->opt.quiet)
        return 0;
    if (r->opt.json)
        return run_print_json(r, stdout);
    run_print_text(r, stdout);
    return 0;
}

static int simulate(struct run *r)
{
    int err = cli_guarded(go, r);

    if (err) {
        if (r->db)
            results_run_drop(r->db, err == SIM_EINTERNAL ? RESULTS_INTERNAL : RESULTS_FAILED);
        return err;
    }
    err = keep(r);
    if (!err)
        err = print(r);
    if (!err && run_failed(r))
        err = SIM_ECHECK;
    return err;
}

static int run(struct run *r)
{
    int err = load_profile(r), e = open_source(r);     /* the mistakes of all are told at once */

    if (!err)
        err = e;
    if (r->gen)
        take_arrival(r);
    if (r->profile.config && set_options(r))
        err = SIM_EINPUT;
    if (!err)
        err = check_repeat(r);
    if (!err)
        err = build(r);
    if (!err)
        err = open_wave(r);
    if (!err)
        err = open_db(r);
    return err ? err : simulate(r);
}

static void clean(struct run *r)
{
    results_close(r->db);
    wave_close(r->wave, NULL);
    run_story_free(r);
    replay_destroy(&r->replay);
    system_free(r->sys);
    if (r->trace)
        trace_close(r->trace);
    if (r->gen)
        gen_close(r->gen);
    profile_destroy(&r->profile);
    free(r->opt.set);
    free(r->opt.point);
    free(r->opt.drop);
}

int cmd_run(int argc, char **argv)
{
    struct diag d;
    struct run r = { .d = &d };
    int err, status;

    diag_init(&d);
    err = run_parse(argc, argv, &r.opt, &d);
    if (r.opt.help)
        run_usage(stdout);
    else if (!err)
        err = run(&r);
    if (err == SIM_ECHECK && r.replay.stopped)
        err = 0;                                       /* interrupted comes first */
    status = cli_exit(err, &d);
    clean(&r);
    diag_destroy(&d);
    return status;
}
