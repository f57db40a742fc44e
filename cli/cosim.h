/* SPDX-License-Identifier: Apache-2.0
 *
 * cosim.h - within cli/: one co-simulation, from its options to its report.
 *
 * cmd_cosim.c goes through the steps; cosim_options.c reads the options, cosim_rounds.c makes the runs, cosim_rows.c
 * writes the database, cosim_report.c what a user reads, cosim_block.c is for designs below a whole SMMU,
 * cosim_foreign.c for those with tables of their own, cosim_fail.c what follows a difference, cosim_fit.c calibrates,
 * cosim_suite.c runs a directory of traces.
 */
#ifndef CLI_COSIM_H
#define CLI_COSIM_H
#include "cli/cli.h"
#include "results/results.h"
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/judge/coverage.h"
#include "rtl-cosim/stimulus/random.h"
#include "rtl-cosim/suite/direct.h"
#include "rtl-cosim/timing/compare.h"
#include "system/profile.h"

struct json_object;

struct cosim_options {
    const char *dut, *trace, *profile, *config, *db, *label, *wave, *coverage, *save, *minimise, *calibrate;
    const char *suite, *junit;
    const char **set;                  /* [sets]: PATH=VALUE, of the system, host.*, cosim.*, random.* */
    size_t sets;
    uint64_t seed, random, wave_from, wave_to, jobs, timeout_s, rounds;
    enum direct_choice choice;         /* of the parameters of a round                     */
    int64_t id;
    bool has_random, has_window, no_model, reads, list, json, quiet, help;
};

struct cosim {
    struct cosim_options opt;
    struct diag *d;
    const struct cosim_dut_ops *ops;
    struct profile profile;
    struct host_params host;
    struct replay_params replay;
    struct driver_params par;
    struct random_params weights;
    struct tolerance tolerance;
    char command[1024];                /* as it was called */

    uint64_t round, seed;              /* of the round at hand, from 0; then: so many were made */
    char levers[DIRECT_TEXT];          /* what it was given beside that, as options        */
    struct driver_stats stats[2];      /* of all rounds: the design's, the model's         */
    struct cosim_latency latency[2];
    struct cover cover;
    struct coverage coverage;          /* with the bins of cover */

    struct records records;            /* --random, or what --minimise has left; empty with --trace */
    size_t minimised_from;             /* records that there were before; 0: not minimised */
    struct driver *design, *model;     /* model: NULL, if there is none to compare with */
    struct verdicts differ;            /* from the model */
    double wall_s;

    struct results *db;
    int64_t id;
};

/* 0, or SIM_EINPUT with a message; opt.help is set if there is nothing else to do. */
int  cosim_parse(int argc, char **argv, struct cosim *c);
void cosim_usage(FILE *to);

/* Loads the profile and what --set says, of all sections. */
int  cosim_profile(struct cosim *c);

/* The same without a profile, for designs that are no SMMUv3: cosim.* alone. */
int  cosim_own_parameters(struct cosim *c);

/* What every run of the command has alike; and a run of it, of records or of what the command was given: the trace, or
 * c->records.  `*driver` is to be freed in any case. */
struct driver_options cosim_driver_options(const struct cosim *c);
int  cosim_drive_records(const struct cosim_dut_ops *ops, const struct driver_options *o, struct records *r,
                         const char *name, struct driver **driver, struct diag *d);
int  cosim_drive(struct cosim *c, const struct cosim_dut_ops *ops, const struct driver_options *o, struct driver **driver);
/* Makes the records of --random; all rounds of them, or the run of a trace. */
int  cosim_random(struct cosim *c);
int  cosim_rounds(struct cosim *c);

/* A place for a run to write the design's coverage to; reads it after that, unless there is an error, and removes it. */
enum { COSIM_TEMPORARY = 1200 };
int  cosim_cover_begin(struct cosim *c, char path[COSIM_TEMPORARY]);
int  cosim_cover_end(struct cosim *c, const char *path, int err);
/* Coverage as a user reads it, as rows of a database, and as part of a report in JSON.  bins: NULL, if there are none. */
void cosim_cover_print(const struct coverage *coverage, FILE *to);
void cosim_cover_rows(struct results *db, const struct coverage *coverage, const struct cover *bins);
struct json_object *cosim_cover_json(const struct coverage *coverage);

/* The model runs beside the design, for comparison. */
bool cosim_has_model(const struct cosim *c);

/* The first verdict: of the design's run, else of the comparison; NULL: all is right. */
const struct verdict *cosim_first_of(const struct driver *design, const struct verdicts *differ);
const struct verdict *cosim_first(const struct cosim *c);
uint64_t cosim_verdicts(const struct cosim *c);

void cosim_rows(struct cosim *c);
void cosim_report(const struct cosim *c, FILE *to);
int  cosim_report_json(const struct cosim *c, FILE *to);       /* 0 or SIM_EENV */
void cosim_list(FILE *to);

/* Cuts c->records down while `fails` says that they end as v does, and writes what is left to --minimise. */
int  cosim_cut(struct cosim *c, const struct verdict *v, int (*fails)(void *arg, struct records *candidate), void *arg);

/* What a difference is to leave: --minimise, then --wave. */
int  cosim_minimise(struct cosim *c);
int  cosim_wave(struct cosim *c);

/* A design with tables of its own, or a walker of such.  0, SIM_ECHECK: it is wrong, or an error. */
int  cosim_foreign(struct cosim *c);

/* --calibrate: 0, SIM_ECHECK: outside the tolerances, or an error. */
int  cosim_fit(struct cosim *c);

/* A store, a walker, a queue: lockstep with its twin.  0, SIM_ECHECK: they differ, or an error. */
int  cosim_block(struct cosim *c);

#endif
