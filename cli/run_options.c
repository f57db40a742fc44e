/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/options.h"
#include "cli/run.h"

/* O(name, argument, "as the help shows it", "help") */
#define RUN_OPTIONS(O)                                                                               \
    O(profile,  required, " NAME",  "named set of parameters (iommusim info profiles)")              \
    O(config,   required, " FILE",  "or parameters from a YAML file")                                \
    O(set,      required, " PATH=VALUE", "one parameter; again for more (iommusim info params)")     \
    O(trace,    required, " FILE",  "trace to replay")                                               \
    O(workload, required, " FILE",  "or a workload's description to generate and replay")            \
    O(db,       required, " FILE",  "add the run to this results database")                          \
    O(label,    required, " TEXT",  "kept with the run")                                             \
    O(seed,     required, " N",     "of everything drawn at random, default 1")                      \
    O(mode,     required, " MODE",  "timed (default); functional: every delay is zero")              \
    O(check,    optional, "[=strict]", "judge every result by the oracle; strict: stale uses fail")  \
    O(expect,   required, " LEVEL", "none, outcome or full: what of the log is compared")            \
    O(warmup,   required, " N",     "leave the first N requests out of the statistics")              \
    O(explain,  required, " N",     "tell request N's story, counted from 0: every lookup, read and wait") \
    O(wave,     required, " FILE.fst", "write a waveform for GTKWave, with FILE.gtkw that arranges it") \
    O(signals,  required, " GLOB",  "of these signals only: smmu.tcu.*, *.used")                     \
    O(reuse,    no,       "",       "count reuse distances, exact")                                  \
    O(repeat,   required, " N",     "go through the trace N times, each from a machine reset on")    \
    O(json,     no,       "",       "print the summary as JSON")                                     \
    O(quiet,    no,       "",       "print no summary")                                              \
    O(run_id,   required, " N",     "id of the run in the database, default the next one")           \
    O(point,    required, " AXIS=VALUE", "coordinate of a sweep, kept with the run")                 \
    O(shuffle_ties, required, " SEED",                                                               \
      "reorder events of equal time; no result depends on it (for tests)")                           \
    O(no_shortcuts, no,   "",       "an event for every wait, also where none is needed (for tests)") \
    O(drop_command, required, " N",                                                                  \
      "leave out the N-th invalidation command of the trace, from 0; for tests")                     \
    O(help,     no,       "",       "this")

enum option_id { RUN_OPTIONS(CLI_OPTION_ENUM) OPT_COUNT };
static const struct cli_option rows[] = { RUN_OPTIONS(CLI_OPTION_ROW) };

void run_usage(FILE *to)
{
    fputs("usage: iommusim run --profile NAME|--config FILE --trace FILE|--workload FILE [OPTION]...\n", to);
    cli_print_options(to, rows, OPT_COUNT, 20);
    fputs("Examples:\n"
          "  iommusim run --profile server-smmu --trace nvme.trc --db results.db\n"
          "  iommusim run --profile server-vtd --workload uniform.yaml --set vtd.walk.n=2 --explain 1000\n"
          "  iommusim run --profile qemu10 --trace nvme.trc --check\n", to);
    fputs("Exit status: 1 if a result differs from the oracle or from the trace's log; 2 if the input or\n"
          "the environment is wrong.\n", to);
}

static int dropped(const char *text, struct run_options *o, struct diag *d)
{
    uint64_t *more = realloc(o->drop, (o->drops + 1) * sizeof *more);

    if (!more)
        return diag_env(d, NULL, "no memory");
    o->drop = more;
    return cli_number("--drop-command", text, 0, UINT64_MAX, &more[o->drops++], d);
}

static int check_mode(const char *text, struct run_options *o, struct diag *d)
{
    o->check = true;
    o->strict = text && strcmp(text, "strict") == 0;
    if (text && !o->strict)
        return diag_add(d, NULL, 0, 0, "--check=%s: expected --check or --check=strict", text);
    return 0;
}

static int expect(const char *text, struct run_options *o, struct diag *d)
{
    static const char *const levels[] = { "none", "outcome", "full" };

    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (strcmp(text, levels[i]) == 0) {
            o->expect = (int)i;
            return 0;
        }
    return diag_add(d, NULL, 0, 0, "--expect %s: expected none, outcome or full", text);
}

static int mode(const char *text, struct run_options *o, struct diag *d)
{
    o->functional = strcmp(text, "functional") == 0;
    if (!o->functional && strcmp(text, "timed") != 0)
        return diag_add(d, NULL, 0, 0, "--mode %s: expected timed or functional", text);
    return 0;
}

static int take(int option, const char *arg, struct run_options *o, struct diag *d)
{
    uint64_t id;
    int err = 0;

    switch (option - OPT_COUNT) {
    case OPT_profile:  o->profile = arg;  break;
    case OPT_config:   o->config = arg;   break;
    case OPT_trace:    o->trace = arg;    break;
    case OPT_workload: o->workload = arg; break;
    case OPT_db:       o->db = arg;       break;
    case OPT_label:    o->label = arg;    break;
    case OPT_wave:     o->wave = arg;     break;
    case OPT_signals:  o->signals = arg;  break;
    case OPT_reuse:    o->reuse = true;   break;
    case OPT_json:     o->json = true;    break;
    case OPT_quiet:    o->quiet = true;   break;
    case OPT_help:     o->help = true;    break;
    case OPT_set:
        return cli_add_pair("--set", arg, &o->set, &o->sets, d);
    case OPT_point:
        return cli_add_pair("--point", arg, &o->point, &o->points, d);
    case OPT_expect:
        return expect(arg, o, d);
    case OPT_seed:
        o->has_seed = true;
        return cli_number("--seed", arg, 0, INT64_MAX, &o->seed, d);
    case OPT_warmup:
        return cli_number("--warmup", arg, 0, UINT64_MAX, &o->warmup, d);
    case OPT_run_id:
        err = cli_number("--run-id", arg, 0, INT64_MAX, &id, d);
        o->id = err ? RESULTS_AUTO_ID : (int64_t)id;
        return err;
    case OPT_mode:
        return mode(arg, o, d);
    case OPT_repeat:
        return cli_number("--repeat", arg, 1, 1000000, &o->repeat, d);
    case OPT_explain:
        return cli_number("--explain", arg, 0, UINT64_MAX - 1, &o->explain, d);
    case OPT_shuffle_ties:
        return cli_number("--shuffle-ties", arg, 0, UINT64_MAX, &o->shuffle, d);
    case OPT_no_shortcuts:
        o->no_shortcuts = true;
        break;
    case OPT_check:
        return check_mode(arg, o, d);
    case OPT_drop_command:
        return dropped(arg, o, d);
    default:
        return diag_add(d, NULL, 0, 0, "iommusim run --help lists the options");
    }
    return err;
}

/* Of `a` and `b` there must be one. */
static int one_of(const char *a, const char *b, const char *names, struct diag *d)
{
    if (!a == !b)
        return diag_add(d, NULL, 0, 0, a ? "%s: expected one of them, not both" : "expected %s", names);
    return 0;
}

int run_parse(int argc, char **argv, struct run_options *o, struct diag *d)
{
    int c, err = 0;

    *o = (struct run_options){ .seed = 1, .id = RESULTS_AUTO_ID, .expect = -1, .explain = UINT64_MAX };
    while ((c = getopt_long(argc, argv, "", cli_long_options(rows, OPT_COUNT), NULL)) != -1) {
        int e = take(c, optarg, o, d);

        if (o->help)
            return 0;
        if (e)
            err = e;
    }
    if (optind < argc)
        err = diag_add(d, NULL, 0, 0, "%s: an option expected", argv[optind]);
    if (one_of(o->profile, o->config, "--profile NAME or --config FILE", d)
        || one_of(o->trace, o->workload, "--trace FILE or --workload FILE", d))
        err = SIM_EINPUT;
    if (o->functional && (o->explain != UINT64_MAX || o->wave))
        err = diag_add(d, NULL, 0, 0, "%s: needs --mode timed", o->wave ? "--wave" : "--explain");
    if (o->signals && !o->wave)
        err = diag_add(d, NULL, 0, 0, "--signals: needs --wave FILE.fst");
    return err;
}
