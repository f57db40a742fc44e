/* SPDX-License-Identifier: Apache-2.0
 *
 * results.h - the results database: what one run leaves behind, as rows of words and numbers.
 *
 * schema.sql has the tables and the conventions on names that the views and plots rest on; read it
 * first.  A database of an older schema is brought up to date when it is opened.  A run goes
 *
 *     db = results_open("results.db", &diag);              creates the file or appends to it
 *     results_run_begin(db, &(struct results_run){ .id = RESULTS_AUTO_ID, ... }, &id);
 *                                                          row of table run, committed `running`
 *     results_param(db, ...), results_counter(db, ...)     staged, in any order, seen by nobody yet
 *     results_run_end(db, RESULTS_DONE, &totals);          all staged rows and the status at once
 *     results_close(db);
 *
 * Rows are staged in a temporary database of SQLite's own (in memory, then in an unnamed file), so
 * that memory is bounded and the database stays unlocked while a run is under way.  They keep the
 * order of the calls.  Whatever ends the program, the database is readable, finished runs stay, and
 * the unfinished run has its status and no rows.
 *
 * The first failure is told in `diag` and kept: from then on every call returns it and does
 * nothing, so a caller may look at the value of results_run_end alone.  The environment's failures
 * (disk full, no permission) are SIM_EENV, files that are not ours SIM_EINPUT.
 *
 * Words may be NULL where a row has nothing to say (SQL NULL).  Numbers are stored as SQLite's
 * signed 64 bits: counts and times above 2^63-1 as 2^63-1, addresses as they are in two's
 * complement (`printf('0x%x', iova)` shows them).
 */
#ifndef RESULTS_RESULTS_H
#define RESULTS_RESULTS_H
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/hist.h"

enum { RESULTS_VERSION = 3 };          /* PRAGMA user_version */
enum { RESULTS_AUTO_ID = -1 };         /* the largest id so far plus one; the first is 1 */

#define RESULTS_NONE UINT64_MAX        /* a number that is not known: SQL NULL, where possible */

/* How a run ended.  X(NAME, word in run.status) */
#define RESULTS_STATUS(X)                                                                          \
    X(RUNNING,     "running")          /* not ended, or killed                                */   \
    X(DONE,        "done")                                                                         \
    X(MISMATCH,    "mismatch")         /* ran to its end and failed its check                 */   \
    X(INTERRUPTED, "interrupted")      /* ended by Ctrl-C; rows tell of the part that was run */   \
    X(FAILED,      "failed")           /* input or environment failed on the way              */   \
    X(INTERNAL,    "internal")         /* an internal check failed                            */

#define RESULTS_STATUS_ENUM(NAME, word) RESULTS_##NAME,
enum results_status { RESULTS_STATUS(RESULTS_STATUS_ENUM) RESULTS_STATUS_COUNT };

struct results;

/* What is known of a run before it starts. */
struct results_run {
    int64_t id;                        /* RESULTS_AUTO_ID, or a sweep's point */
    const char *label;
    const char *version;               /* of the program */
    const char *arch, *profile;        /* "smmuv3", "qemu10" */
    uint64_t seed;
    const char *mode, *arrival;        /* "functional"; "serial" */
    const char *trace, *trace_sha256;
};

struct results_totals {                /* and what is known after it */
    double   wall_s;
    uint64_t requests, sim_ps;
};

/* NULL on failure.  `diag` is kept and must outlive the handle; it may be NULL. */
struct results *results_open(const char *path, struct diag *diag);

/* A run still open is marked interrupted, its staged rows are dropped.  NULL is fine. */
void results_close(struct results *db);

/* One run at a time.  An id that is taken is SIM_EINPUT. */
int results_run_begin(struct results *db, const struct results_run *run, int64_t *id);
int results_run_end(struct results *db, enum results_status status, const struct results_totals *t);

/* Ends the run without its rows: for an internal check or an error on the way.  Works even after a
 * failure, as well as it can. */
int results_run_drop(struct results *db, enum results_status status);

/* 0, or the first failure. */
int results_error(const struct results *db);

/* ---- rows ------------------------------------------------------------------------------------ */

int results_point(struct results *db, const char *axis, const char *value);
int results_param(struct results *db, const char *path, const char *unit, uint64_t value);
int results_param_text(struct results *db, const char *path, const char *unit, const char *value);
int results_counter(struct results *db, const char *component, const char *name, const char *unit,
                    uint64_t value);

/* Values in lo..hi, both inclusive.  results_hist writes all the buckets in use of one histogram,
 * with the first and the last narrowed to its smallest and largest value, and what it comes to in
 * table distribution.  Those of component `latency` also add to those of `latency_all`: a class
 * over all streams. */
int results_histogram(struct results *db, const char *component, const char *name, const char *unit,
                      uint64_t lo, uint64_t hi, uint64_t count);
int results_hist(struct results *db, const char *component, const char *name, const char *unit,
                 const struct hist *h);
/* The same without the buckets: where there are thousands of streams they are what a run leaves most of. */
int results_hist_short(struct results *db, const char *component, const char *name, const char *unit,
                       const struct hist *h);

/* stream, here and below: StreamID or source-id. */
int results_latency(struct results *db, uint32_t stream, const char *cls, const char *cause,
                    uint64_t count, uint64_t sum_ps);

/* What happened from t_ps to the next row of the same component and name. */
int results_interval(struct results *db, uint64_t t_ps, const char *component, const char *name,
                     uint64_t value);

struct results_fault {
    uint64_t t_ps;
    uint32_t stream;
    uint64_t substream;                /* RESULTS_NONE: none */
    uint64_t iova;
    const char *event;                 /* the manual's name: "F_TRANSLATION" */
    unsigned stage;                    /* 1 or 2; 0: not known */
    const char *cls, *detail;
};
int results_fault(struct results *db, const struct results_fault *f);

struct results_stale {
    uint64_t t_ps, request;
    uint32_t stream;
    uint64_t iova;
    const char *cached, *current;      /* results in words: "0x41200000 rw", "F_TRANSLATION" */
    uint64_t changed_ps;
    uint64_t invalidated_ps;           /* RESULTS_NONE: never */
};
int results_stale(struct results *db, const struct results_stale *s);

int results_mismatch(struct results *db, uint64_t t_ps, uint64_t request, const char *field,
                     const char *expected, const char *found);

/* ---- co-simulation ---------------------------------------------------------------------------- */

struct results_cosim_latency {         /* in cycles */
    const char *cls, *side;            /* side: "dut", "model" */
    uint64_t n;
    double   mean, sd;
    uint64_t p50, p95, p99, min, max;
};
int results_cosim_latency(struct results *db, const struct results_cosim_latency *l);

struct results_cosim_mismatch {
    uint64_t seq;
    const char *kind;
    uint64_t request;                  /* RESULTS_NONE: of none */
    uint64_t cycle;
    const char *expected, *found, *trace, *wave;
};
int results_cosim_mismatch(struct results *db, const struct results_cosim_mismatch *m);

int results_cosim_coverage(struct results *db, const char *unit, const char *kind, uint64_t hit, uint64_t total);
int results_cosim_bin(struct results *db, const char *name, uint64_t hits);

/* ---- whole databases ------------------------------------------------------------------------- */

/* Copies run `id` with all its rows from another database file, in one transaction.  A run of that
 * id in `db` is replaced if it is not done, else SIM_EINPUT.  Not while a run is open. */
int results_merge(struct results *db, const char *from, int64_t id);

/* Every row of every table but for run.started and run.wall_s, in the order of the runs: equal text
 * means equal results.  0 or SIM_E. */
int results_dump(const char *path, FILE *to, struct diag *diag);

const char *results_status_name(enum results_status s);

#endif
