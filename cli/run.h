/* SPDX-License-Identifier: Apache-2.0
 *
 * run.h - within cli/: one run, from its options to its rows and its summary.
 *
 * cmd_run.c reads the options and goes through the steps; run_rows.c writes the database, run_print.c the
 * summary.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H
#include "cli/cli.h"
#include "kernel/wave.h"
#include "results/results.h"
#include "system/profile.h"
#include "workloads/device/gen.h"
#include "workloads/device/replay.h"

struct run_options {
    const char *profile, *config, *trace, *workload, *db, *label;
    const char **set, **point;         /* [sets], [points]: PATH=VALUE */
    size_t sets, points;
    uint64_t *drop;                    /* [drops] */
    size_t drops;
    uint64_t seed, warmup, repeat, shuffle, explain;   /* explain: UINT64_MAX: no request */
    const char *wave, *signals;
    int64_t id;
    int expect;                        /* enum expect_level; -1: the profile decides */
    bool has_seed, check, strict, reuse, json, quiet, help;
    bool functional, no_shortcuts;
};

struct run {
    struct run_options opt;
    struct diag *d;

    struct profile profile;
    struct host_params host;
    struct replay_params replay_par;
    struct system *sys;
    struct trace_reader *trace;        /* one of the two */
    struct gen *gen;
    char sha256[65];
    struct replay_source src;
    struct replay replay;
    struct cli_progress progress;
    struct wave *wave;
    struct run_story *story;           /* of --explain; run_story.c */

    struct results *db;                /* NULL: no database */
    int64_t id;
    double wall_s;
    const struct system_stale *stale;  /* [stales_kept] */
    const struct system_mismatch *wrong;
    size_t stales_kept, wrongs_kept;
    uint64_t stales, wrongs;           /* in all */
};

/* 0, or SIM_EINPUT with a message; r->opt.help is set if there is nothing else to do. */
int  run_parse(int argc, char **argv, struct run_options *o, struct diag *d);
void run_usage(FILE *to);

/* Mismatches of both kinds: against the oracle and against the log. */
uint64_t run_mismatches(const struct run *r);
bool run_failed(const struct run *r);                  /* its checks: the exit status is 1 */
const char *run_input(const struct run *r);            /* the trace's or the workload's file */

/* --explain: notes the steps of that request while it runs, prints them.  run_story.c */
int  run_story_begin(struct run *r);   /* 0 or SIM_EENV */
void run_story_print(const struct run *r, FILE *to);
void run_story_free(struct run *r);

/* All rows of the run, staged; the first failure stays with r->db. */
void run_rows(struct run *r);

void run_print_text(const struct run *r, FILE *to);
int  run_print_json(const struct run *r, FILE *to);    /* 0 or SIM_EENV */

#endif
