/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "cli/options.h"

/* O(name, argument, "as the help shows it", "help") */
#define COSIM_OPTIONS(O)                                                                             \
    O(dut,      required, " NAME|PATH.so", "the design: of the program (--list), or in a shared object") \
    O(trace,    required, " FILE",  "records to drive it with")                                      \
    O(random,   required, " N",     "or so many random accesses; of a block: so many operations")    \
    O(rounds,   required, " N",     "of --random: so often, each with a seed and parameters of its own")  \
    O(choice,   required, " HOW",   "of a round's parameters: directed (to bins not met, default), random, fixed") \
    O(seed,     required, " N",     "of everything drawn at random, default 1")                      \
    O(profile,  required, " NAME",  "parameters of the model and of the SMMUv3 that the design is, default rtl") \
    O(config,   required, " FILE",  "or from a YAML file")                                           \
    O(set,      required, " PATH=VALUE", "one parameter, cosim.* and random.* among them; again for more") \
    O(order,    required, " ORDER", "serial, overlap, race or timed: cosim.order")                   \
    O(outstanding, required, " N",  "requests under way at a time: cosim.outstanding")               \
    O(memory_latency, required, " N|A..B", "cycles: cosim.latency_min, cosim.latency_max")           \
    O(max_requests, required, " N", "leave out the rest")                                            \
    O(no_model, no,       "",       "do not run the model over the same records and compare")        \
    O(reads,    no,       "",       "compare what each request read, too: --order serial, equal caches") \
    O(minimise, required, " FILE.trc", "of a difference: a few records that still show it, as a trace")  \
    O(wave,     required, " FILE.fst", "waveform of design and model around a difference, and FILE.gtkw") \
    O(window,   required, " A..B",  "of these cycles; without a difference 0..4000")                 \
    O(coverage, required, " FILE",  "write the coverage, of all runs together")                                \
    O(save,     required, " FILE",  "write the random records as a trace")                           \
    O(db,       required, " FILE",  "add the run to this results database")                          \
    O(label,    required, " TEXT",  "kept with the run")                                             \
    O(run_id,   required, " N",     "id of the run in the database, default the next one")           \
    O(suite,    required, " DIR",   "every trace (*.trc) of a directory, each a run of its own")     \
    O(jobs,     required, " N",     "so many at a time, default 1")                                  \
    O(junit,    required, " FILE.xml", "report of the suite in JUnit's form")                        \
    O(timeout,  required, " SECONDS", "after which a run is ended")                                  \
    O(calibrate, required, " FILE.yaml", "fit the profile's delays to the design, write a profile")  \
    O(json,     no,       "",       "print the report as JSON")                                      \
    O(quiet,    no,       "",       "print nothing of a run that is right")                          \
    O(list,     no,       "",       "list the designs")                                              \
    O(help,     no,       "",       "this")

enum option_id { COSIM_OPTIONS(CLI_OPTION_ENUM) OPT_COUNT };
static const struct cli_option rows[] = { COSIM_OPTIONS(CLI_OPTION_ROW) };

void cosim_usage(FILE *to)
{
    fputs("usage: iommusim cosim --dut NAME|PATH.so --trace FILE|--random N|--suite DIR|--calibrate FILE [OPTION]...\n", to);
    cli_print_options(to, rows, OPT_COUNT, 22);
    fputs("Examples:\n"
          "  iommusim cosim --dut iommu_top --trace nvme.trc --max-requests 20000\n"
          "  iommusim cosim --dut iommu_top --random 100000 --seed 7 --order race --memory-latency 5..60\n"
          "  iommusim cosim --dut iotlb --random 1000000\n"
          "  iommusim cosim --dut ./mine.so --trace bug.trc --minimise small.trc --wave bug.fst\n"
          "  iommusim cosim --dut iommu_top --suite traces/ --jobs 4 --junit report.xml\n"
          "  iommusim cosim --dut iommu_top --calibrate fitted.yaml\n"
          "Exit status: 1 if the design is wrong; 2 if the input or the environment is.\n", to);
}

/* ---- values -------------------------------------------------------------------------------------- */

/* N, or A..B with A not above B. */
static int range(const char *option, const char *text, uint64_t max, uint64_t *from, uint64_t *to, struct diag *d)
{
    const char *dots = strstr(text, "..");
    char first[32];
    int err;

    snprintf(first, sizeof first, "%.*s", dots ? (int)(dots - text) : 31, text);
    err = cli_number(option, first, 0, max, from, d);
    if (err)
        return err;
    *to = *from;
    err = dots ? cli_number(option, dots + 2, 0, max, to, d) : 0;
    if (!err && *to < *from)
        err = diag_add(d, NULL, 0, 0, "%s %s: the second number is below the first", option, text);
    return err;
}

static int latency(struct driver_params *p, const char *text, struct diag *d)
{
    int err = range("--memory-latency", text, 65536, &p->latency_min, &p->latency_max, d);

    return !err && !p->latency_min ? diag_add(d, NULL, 0, 0, "--memory-latency: at least 1 cycle") : err;
}

static int order(struct driver_params *p, const char *text, struct diag *d)
{
    struct param_set set = { .n = 0 };
    struct driver_params own;
    int err;

    param_add(&set, "cosim", driver_kind.param, driver_kind.params, (uint64_t *)&own);
    err = param_set_text(&set, "cosim.order", text, d, NULL, 0, 0);
    p->order = own.order;
    return err;
}

static int choice(struct cosim_options *o, const char *text, struct diag *d)
{
#define CHOICE_NAME(N, name, help) name,
    static const char *const names[] = { DIRECT_CHOICES(CHOICE_NAME) };

    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(text, names[i])) {
            o->choice = i;
            return 0;
        }
    return diag_add(d, NULL, 0, 0, "--choice %s: expected directed, random or fixed", text);
}

/* Options that are short for a parameter of the driver: after the profile and --set have had their say. */
static int take_parameter(struct cosim *c, int option, const char *arg)
{
    switch (option) {
    case OPT_order:
        return order(&c->par, arg, c->d);
    case OPT_outstanding:
        return cli_number("--outstanding", arg, 1, 4096, &c->par.outstanding, c->d);
    case OPT_memory_latency:
        return latency(&c->par, arg, c->d);
    case OPT_max_requests:
        return cli_number("--max-requests", arg, 0, UINT64_MAX, &c->par.max_requests, c->d);
    }
    return 0;
}

static int take(struct cosim *c, int option, const char *arg)
{
    struct cosim_options *o = &c->opt;
    uint64_t id;
    int err = 0;

    switch (option) {
    case OPT_dut:      o->dut = arg;      break;
    case OPT_trace:    o->trace = arg;    break;
    case OPT_profile:  o->profile = arg;  break;
    case OPT_config:   o->config = arg;   break;
    case OPT_db:       o->db = arg;       break;
    case OPT_label:    o->label = arg;    break;
    case OPT_wave:     o->wave = arg;     break;
    case OPT_coverage: o->coverage = arg; break;
    case OPT_save:     o->save = arg;     break;
    case OPT_minimise: o->minimise = arg; break;
    case OPT_suite:    o->suite = arg;    break;
    case OPT_junit:    o->junit = arg;    break;
    case OPT_calibrate: o->calibrate = arg; break;
    case OPT_no_model: o->no_model = true; break;
    case OPT_reads:    o->reads = true;   break;
    case OPT_json:     o->json = true;    break;
    case OPT_quiet:    o->quiet = true;   break;
    case OPT_list:     o->list = true;    break;
    case OPT_help:     o->help = true;    break;
    case OPT_set:
        return cli_add_pair("--set", arg, &o->set, &o->sets, c->d);
    case OPT_seed:
        return cli_number("--seed", arg, 0, INT64_MAX, &o->seed, c->d);
    case OPT_random:
        o->has_random = true;
        return cli_number("--random", arg, 1, UINT64_MAX, &o->random, c->d);
    case OPT_rounds:
        return cli_number("--rounds", arg, 1, 1000000, &o->rounds, c->d);
    case OPT_choice:
        return choice(o, arg, c->d);
    case OPT_jobs:
        return cli_number("--jobs", arg, 1, 1024, &o->jobs, c->d);
    case OPT_timeout:
        return cli_number("--timeout", arg, 1, 1000000, &o->timeout_s, c->d);
    case OPT_window:
        o->has_window = true;
        return range("--window", arg, UINT64_MAX - 1, &o->wave_from, &o->wave_to, c->d);
    case OPT_run_id:
        err = cli_number("--run-id", arg, 0, INT64_MAX, &id, c->d);
        o->id = err ? RESULTS_AUTO_ID : (int64_t)id;
        return err;
    case OPT_order:
    case OPT_outstanding:
    case OPT_memory_latency:
    case OPT_max_requests:
        return take_parameter(c, option, arg);
    default:
        return diag_add(c->d, NULL, 0, 0, "iommusim cosim --help lists the options");
    }
    return err;
}

static int check(const struct cosim *c)
{
    const struct cosim_options *o = &c->opt;
    int err = 0;

    if (!o->dut)
        err = diag_add(c->d, NULL, 0, 0, "expected --dut NAME or --dut PATH.so (--list lists those of the program)");
    if (!!o->trace + o->has_random + !!o->suite + !!o->calibrate != 1)
        err = diag_add(c->d, NULL, 0, 0, "expected one of --trace FILE, --random N, --suite DIR and --calibrate FILE");
    if (o->profile && o->config)
        err = diag_add(c->d, NULL, 0, 0, "--profile and --config: expected one of them");
    if (o->rounds > 1 && !o->has_random)
        err = diag_add(c->d, NULL, 0, 0, "--rounds: needs --random N");
    if (o->save && !o->has_random)
        err = diag_add(c->d, NULL, 0, 0, "--save: needs --random N");
    return err;
}

static void note_command(struct cosim *c, int argc, char **argv)
{
    size_t used = (size_t)snprintf(c->command, sizeof c->command, "iommusim");

    for (int i = 0; i < argc && used < sizeof c->command; i++)
        used += (size_t)snprintf(c->command + used, sizeof c->command - used, " %s", argv[i]);
}

int cosim_parse(int argc, char **argv, struct cosim *c)
{
    int option, err = 0;

    c->opt = (struct cosim_options){ .seed = 1, .id = RESULTS_AUTO_ID, .jobs = 1, .rounds = 1,
                                      .choice = DIRECT_DIRECTED };
    note_command(c, argc, argv);
    while ((option = getopt_long(argc, argv, "", cli_long_options(rows, OPT_COUNT), NULL)) != -1) {
        int e = take(c, option - OPT_COUNT, optarg);

        if (c->opt.help)
            return 0;
        err = e ? e : err;
    }
    c->seed = c->opt.seed;
    if (optind < argc)
        err = diag_add(c->d, NULL, 0, 0, "%s: an option expected", argv[optind]);
    if (!c->opt.list && check(c))
        err = SIM_EINPUT;
    return err;
}

/* ---- the profile --------------------------------------------------------------------------------- */

static int set_all(struct cosim *c, struct param_set *own)
{
    static const char *const mine[] = { "cosim.", "host.", "random.", "tolerance." };
    int err = 0;

    for (size_t i = 0; i < c->opt.sets; i++) {
        const char *text = c->opt.set[i], *eq = strchr(text, '=');
        struct param_set *set = system_config_params(c->profile.config);
        char path[256];

        for (size_t k = 0; k < ARRAY_LEN(mine); k++)
            if (!strncmp(text, mine[k], strlen(mine[k])))
                set = own;
        snprintf(path, sizeof path, "%.*s", (int)(eq - text), text);
        if (param_set_text(set, path, eq + 1, c->d, NULL, 0, 0))
            err = SIM_EINPUT;
    }
    return err;
}

/* What an SMMU in RTL was built with is the model's, too, unless an option says otherwise. */
static int set_built(struct cosim *c)
{
    struct param_set *set = system_config_params(c->profile.config);
    char text[64];
    uint64_t *word;
    int err = 0;

    for (const struct cosim_param *p = c->ops->built; p && p->name && c->ops->caps & COSIM_CAP_QUEUES; p++) {
        const struct param_row *row = param_find(set, p->name, &word);

        if (row)
            param_format(row, p->value, text, sizeof text);
        if (param_set_text(set, p->name, row ? text : "", c->d, c->ops->name, 0, 0))
            err = SIM_EINPUT;
    }
    return err;
}

int cosim_own_parameters(struct cosim *c)
{
    struct param_set own = { .n = 0 };
    int err = 0;

    own.sec[own.n++] = (struct param_section){ "cosim", driver_kind.param, driver_kind.params, (uint64_t *)&c->par };
    for (size_t i = 0; i < c->opt.sets; i++) {
        const char *eq = strchr(c->opt.set[i], '=');
        char path[256];

        snprintf(path, sizeof path, "%.*s", (int)(eq - c->opt.set[i]), c->opt.set[i]);
        if (param_set_text(&own, path, eq + 1, c->d, NULL, 0, 0))
            err = SIM_EINPUT;
    }
    return err;
}

int cosim_profile(struct cosim *c)
{
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&c->host },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&c->replay },
    };
    const char *name = c->opt.config ? c->opt.config : c->opt.profile ? c->opt.profile : "rtl";
    struct param_set own = { .n = 0 };
    int err = profile_load(&c->profile, cli_share_path("model/profiles"), name, c->opt.config != NULL, extra,
                           ARRAY_LEN(extra), c->d);

    if (err)
        return err;
    if (c->profile.arch != SYSTEM_SMMUV3)
        return diag_add(c->d, NULL, 0, 0, "profile %s: not an SMMUv3", name);
    own.sec[own.n++] = (struct param_section){ "host", host_kind.param, host_kind.params, (uint64_t *)&c->host };
    own.sec[own.n++] = (struct param_section){ "cosim", driver_kind.param, driver_kind.params, (uint64_t *)&c->par };
    own.sec[own.n++] = (struct param_section){ "random", random_rows, random_row_count, (uint64_t *)&c->weights };
    own.sec[own.n++] = (struct param_section){ "tolerance", tolerance_rows, tolerance_row_count, (uint64_t *)&c->tolerance };
    err = set_built(c);
    err = set_all(c, &own) ? SIM_EINPUT : err;
    system_config_timed(c->profile.config, true);
    return err;
}
