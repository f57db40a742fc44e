/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c - runs the generic suite on one design and prints what it found, a line with tabs:
 *
 *     right                                    RUNS REQUESTS CYCLES
 *     wrong VERDICT REQUEST RUN BEFORE AFTER TRIED     verdict's name, request, which run; records, cut down to, in so
 *                                                      many tries
 *
 * A block (a design below a whole SMMU) is held against its twin, `accesses` operations: verdict lockstep.
 *
 *     judge DESIGN|PATH.so [profile=NAME|FILE] [seed=N] [accesses=N] [rounds=N] [step=N] [max_runs=N] [only=RUN] [save=FILE.trc]
 *
 * only: runs whose names begin so ("sweep nh-va", "random").
 *
 * Exit status as of iommusim: 1 if it is wrong, 2 if it cannot be judged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/suite/generic.h"
#include "rtl-cosim/twin/lockstep.h"
#include "system/profile.h"

static const char *argument(int argc, char **argv, const char *key, const char *otherwise)
{
    size_t n = strlen(key);

    for (int i = 2; i < argc; i++)
        if (!strncmp(argv[i], key, n) && argv[i][n] == '=')
            return argv[i] + n + 1;
    return otherwise;
}

static uint64_t number(int argc, char **argv, const char *key, const char *otherwise)
{
    return strtoull(argument(argc, argv, key, otherwise), NULL, 0);
}

static void print(const struct generic_result *r)
{
    if (!r->wrong) {
        printf("right\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", r->runs, r->requests, r->cycles);
        return;
    }
    printf("wrong\t%s\t%" PRId64 "\t%s\t%zu\t%zu\t%" PRIu64 "\n", verdict_name[r->verdict.kind], r->verdict.request, r->run,
           r->cut.before, r->cut.after, r->cut.runs);
    fprintf(stderr, "expected %s, found %s\n", r->verdict.expected, r->verdict.found);
}

static int judge(struct generic_options *o, const char *save, struct diag *d)
{
    struct generic_result r;
    int err = generic_run(o, &r, d);

    if (!err) {
        print(&r);
        if (r.wrong && save)
            records_write(&r.records, save, d);
    }
    generic_result_destroy(&r);
    return err ? 2 : r.wrong;
}

static int judge_block(const struct generic_options *o, struct diag *d)
{
    static struct lockstep_result r;
    struct lockstep l;

    if (!lockstep_of(&l, o->ops, o->accesses, o->seed))
        return diag_add(d, NULL, 0, 0, "%s: has no twin", o->ops->name) ? 2 : 0;
    if (lockstep_run(&l, &r, d))
        return 2;
    if (r.end == LOCKSTEP_EQUAL)
        printf("right\t1\t%" PRIu64 "\t%" PRIu64 "\n", r.operations, r.cycles);
    else
        printf("wrong\tlockstep\t%" PRIu64 "\t%s\t0\t0\t1\n", r.operations, r.field ? r.field : "assertion");
    return r.end != LOCKSTEP_EQUAL;
}

int main(int argc, char **argv)
{
    struct generic_options o = {
        .seed = number(argc, argv, "seed", "1"), .accesses = number(argc, argv, "accesses", "1500"),
        .rounds = number(argc, argv, "rounds", "2"), .sweep_step = number(argc, argv, "step", "23"),
        .max_runs = number(argc, argv, "max_runs", "2000"), .only = argument(argc, argv, "only", NULL),
    };
    const char *name = argument(argc, argv, "profile", "rtl");
    struct profile profile = { .config = NULL };
    struct diag d;
    int status = 2;

    diag_init(&d);
    o.ops = argc > 1 ? cosim_dut_find(argv[1], &d) : NULL;
    if (o.ops && o.ops->level != COSIM_PIPELINE) {
        status = judge_block(&o, &d);
    } else if (o.ops && !profile_load(&profile, SOURCE_DIR "/model/profiles", name, strchr(name, '/') != NULL, NULL, 0, &d)) {
        system_config_timed(profile.config, true);
        o.config = profile.config;
        status = judge(&o, argument(argc, argv, "save", NULL), &d);
    }
    diag_print(&d, stderr);
    profile_destroy(&profile);
    diag_destroy(&d);
    return status;
}
