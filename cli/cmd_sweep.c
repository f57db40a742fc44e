/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim sweep: every combination of lists of parameters, into one database.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "cli/sweep_jobs.h"

enum { SETS_MAX = 64 };

struct options {
    const char *file;
    char db[1000];
    uint64_t jobs;
    bool resume, dry_run;
    const char *set[SETS_MAX];
    size_t sets;
};

static void usage(FILE *to)
{
    fputs("usage: iommusim sweep SWEEP.yaml [--db FILE] [--jobs N] [--resume] [--dry-run]\n"
          "                      [--set PATH=VALUE]...\n"
          "      --db FILE   database for all points, default SWEEP.db in the current directory\n"
          "  -j, --jobs N    points run at a time; otherwise as many as there are cores\n"
          "      --resume    go on with a database, running only the points it does not have\n"
          "      --set PATH=VALUE   goes over what the file fixes, under what it varies\n"
          "      --dry-run   print the points and run nothing\n\n"
          "The file:\n"
          "    profile: server-smmu           # or config: FILE\n"
          "    trace: nvme.trc                # or workload: FILE; beside the sweep's file\n"
          "    set: { smmu.tlb.policy: lru }  # fixed settings\n"
          "    axes:                          # every combination, the last axis fastest\n"
          "      smmu.tlb.sets: [16, 64, 256]\n"
          "      seed: [1, 2]                 # an option of run: profile, trace, seed, mode...\n"
          "    zip:                           # lists that vary together\n"
          "      smmu.tlb.ways: [4, 8]\n"
          "      smmu.cfg.ways: [8, 16]\n"
          "Also label, seed, mode, warmup and check, as run has them.\n", to);
}

static int parse(int argc, char **argv, struct options *o, bool *help, struct diag *d)
{
    static const struct option longs[] = {
        { "db", required_argument, NULL, 'd' }, { "jobs", required_argument, NULL, 'j' },
        { "resume", no_argument, NULL, 'r' },   { "dry-run", no_argument, NULL, 'n' },
        { "set", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },     { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "j:h", longs, NULL)) != -1)
        switch (c) {
        case 'd':
            snprintf(o->db, sizeof o->db, "%s", optarg);
            break;
        case 'j':
            if (cli_number("--jobs", optarg, 1, 4096, &o->jobs, d))
                return SIM_EINPUT;
            break;
        case 's':
            if (o->sets == SETS_MAX)
                return diag_add(d, NULL, 0, 0, "--set: more than %d of them", SETS_MAX);
            o->set[o->sets++] = optarg;
            break;
        case 'r':
            o->resume = true;
            break;
        case 'n':
            o->dry_run = true;
            break;
        case 'h':
            *help = true;
            return 0;
        default:
            return diag_add(d, NULL, 0, 0, "iommusim sweep --help lists the options");
        }
    if (argc - optind != 1)
        return diag_add(d, NULL, 0, 0, "expected one SWEEP.yaml");
    o->file = argv[optind];
    return 0;
}

/* dir/sizes.yaml -> sizes.db */
static void default_db(struct options *o)
{
    const char *slash = strrchr(o->file, '/'), *name = slash ? slash + 1 : o->file;
    const char *dot = strrchr(name, '.');

    snprintf(o->db, sizeof o->db, "%.*s.db", dot ? (int)(dot - name) : (int)strlen(name), name);
}

static uint64_t cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
}

static void print_points(const struct sweep_plan *p)
{
    char text[2000];

    for (uint64_t k = 0; k < p->points; k++) {
        sweep_plan_describe(p, k, text, sizeof text);
        printf("%" PRIu64 "\t%s\n", k, text);
    }
}

static void print_outcome(const struct options *o, const struct sweep_plan *p,
                          const struct sweep_outcome *out)
{
    printf("%s: %" PRIu64 " of %" PRIu64 " points", o->db, out->done + out->skipped, p->points);
    if (out->skipped)
        printf(", %" PRIu64 " of them were there", out->skipped);
    if (out->failed)
        printf(", %" PRIu64 " failed", out->failed);
    if (out->mismatched)
        printf(", %" PRIu64 " failed their check", out->mismatched);
    puts(cli_interrupted ? ", interrupted; --resume goes on" : "");
}

static int sweep(const struct options *o, const struct sweep_plan *p, struct diag *d)
{
    struct sweep_outcome out;
    struct results *db = results_open(o->db, d);
    int error;

    if (!db)
        return SIM_EENV;
    error = sweep_jobs_run(p, db, o->db, (unsigned)o->jobs, o->resume, &out, d);
    results_close(db);
    if (error)
        return error;
    print_outcome(o, p, &out);
    if (out.failed)
        return diag_add(d, NULL, 0, 0, "%" PRIu64 " of %" PRIu64 " points failed", out.failed,
                        p->points);
    return out.mismatched ? SIM_ECHECK : 0;
}

static int plan_and_sweep(struct options *o, struct diag *d)
{
    struct sweep_plan plan;
    int error = sweep_plan_load(&plan, o->file, d);

    plan.set = o->set;
    plan.sets = o->sets;
    if (!o->db[0])
        default_db(o);
    if (!error && o->dry_run)
        print_points(&plan);
    else if (!error)
        error = sweep(o, &plan, d);
    sweep_plan_destroy(&plan);
    return error;
}

int cmd_sweep(int argc, char **argv)
{
    struct options o = { .jobs = cores() };
    struct diag d;
    bool help = false;
    int error, status;

    diag_init(&d);
    error = parse(argc, argv, &o, &help, &d);
    if (help)
        usage(stdout);
    else if (!error)
        error = plan_and_sweep(&o, &d);
    status = cli_exit(error, &d);
    diag_destroy(&d);
    return status;
}
