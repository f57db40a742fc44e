/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sweep_jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/shards.h"
#include "results/table.h"

enum { TOLD_MAX = 5 };                 /* failed points whose words are shown */

enum point_state { WAITS, RUNS, FINISHED, MERGED, FAILED };

struct sweep {
    const struct sweep_plan *plan;
    struct results *db;
    const char *db_path;
    struct diag *diag;
    unsigned char *state;              /* [points] enum point_state        */
    uint64_t merged;                   /* points before it were merged or given up */
    struct sweep_outcome *out;
    struct cli_progress progress;
    int error;                         /* the sweep itself cannot go on    */
};

/* ---- merging --------------------------------------------------------------------------------- */

static void merge(struct sweep *s, uint64_t point)
{
    char path[SHARD_PATH];

    shard_path(s->db_path, point, path, sizeof path);
    s->error = results_merge(s->db, path, (int64_t)point);
    if (s->error)
        return;
    s->state[point] = MERGED;
    shard_remove(s->db_path, point);
}

/* In the order of the points, as far as they have ended; at the end whatever has finished. */
static void merge_ready(struct sweep *s, bool at_end)
{
    for (; !s->error && s->merged < s->plan->points; s->merged++) {
        unsigned char state = s->state[s->merged];

        if (state == FINISHED)
            merge(s, s->merged);
        else if (state != MERGED && state != FAILED && !at_end)
            return;
    }
}

/* ---- one point ------------------------------------------------------------------------------- */

static bool wanted(void *arg, uint64_t point)
{
    return ((struct sweep *)arg)->state[point] == WAITS;
}

static char **arguments(void *arg, const char *program, uint64_t point)
{
    struct sweep *s = arg;
    char shard[SHARD_PATH];

    shard_path(s->db_path, point, shard, sizeof shard);
    shard_remove(s->db_path, point);
    s->state[point] = RUNS;
    return sweep_plan_argv(s->plan, program, shard, point);
}

/* The point and, indented, what it said. */
static void tell(struct sweep *s, uint64_t point, const char *how, FILE *said)
{
    char line[400];

    if (s->out->failed > TOLD_MAX)
        return;
    sweep_plan_describe(s->plan, point, line, sizeof line);
    fprintf(stderr, "point %" PRIu64 " (%s) %s\n", point, line, how);
    while (fgets(line, sizeof line, said))
        fprintf(stderr, "    %s", line);
}

static void ended(void *arg, uint64_t point, int status, FILE *said, FILE *output)
{
    struct sweep *s = arg;
    char how[80];

    (void)output;
    if (status == CLI_DONE || status == CLI_CHECK) {
        s->state[point] = FINISHED;
        s->out->done++;
        s->out->mismatched += status == CLI_CHECK;
        return;
    }
    s->state[point] = FAILED;
    if (!cli_interrupted && status != CLI_INTERRUPTED) {
        snprintf(how, sizeof how, status < 0 ? "was ended by signal %d" : "failed with status %d", abs(status));
        s->out->failed++;
        tell(s, point, how, said);
    }
    shard_remove(s->db_path, point);
}

static int look(void *arg)
{
    struct sweep *s = arg;

    merge_ready(s, false);
    cli_progress_step(&s->progress, s->out->done + s->out->failed + s->out->skipped);
    return s->error;
}

/* ---- what is there already ------------------------------------------------------------------- */

/* A shard that a killed sweep left is as good as a finished point if its run is done. */
static bool shard_is_done(struct sweep *s, uint64_t point)
{
    char path[SHARD_PATH];
    struct reader *r;
    bool done;

    shard_path(s->db_path, point, path, sizeof path);
    if (access(path, F_OK) != 0 || !(r = reader_open(path, NULL)))
        return false;
    done =
        reader_number(r, (int64_t)point,
                      "SELECT 1 FROM run WHERE id = ?1 AND status IN ('done', 'mismatch')", 0) == 1;
    reader_close(r);
    return done;
}

/* The database must hold points of this very sweep. */
static int check_points(struct sweep *s, const struct table *t)
{
    for (size_t i = 0; i < t->rows; i++) {
        uint64_t point = strtoull(table_text(t, i, 0), NULL, 10);
        const char *name = table_text(t, i, 1), *found = table_text(t, i, 2), *value = NULL;

        for (size_t a = 0; a < s->plan->axes && point < s->plan->points; a++)
            if (strcmp(s->plan->axis[a].name, name) == 0)
                value = sweep_plan_value(s->plan, &s->plan->axis[a], point);
        if (!value || (strcmp(value, found) && strtod(value, NULL) != strtod(found, NULL)))
            return diag_add(s->diag, s->db_path, 0, 0,
                            "run %" PRIu64 " has %s = %s, this sweep's point %" PRIu64
                            " has %s: another sweep's database", point, name, found, point,
                            value ? value : "no such axis");
    }
    return 0;
}

static int find_done(struct sweep *s, struct reader *r)
{
    struct table points, done;
    int error =
        reader_query(r, &points, 0, "SELECT run_id, axis, value FROM point ORDER BY run_id, rowid");

    error = error ? error : check_points(s, &points);
    table_destroy(&points);
    if (error)
        return error;
    error = reader_query(r, &done, 0, "SELECT id FROM run WHERE status IN ('done', 'mismatch')");
    for (size_t i = 0; !error && i < done.rows; i++) {
        uint64_t point = strtoull(table_text(&done, i, 0), NULL, 10);

        if (point < s->plan->points)
            s->state[point] = MERGED, s->out->skipped++;
    }
    table_destroy(&done);
    return error;
}

static int find_old(struct sweep *s, bool resume)
{
    struct reader *r = reader_open(s->db_path, s->diag);
    int64_t runs;
    int error = 0;

    if (!r)
        return SIM_EINPUT;
    runs = reader_number(r, 0, "SELECT count(*) FROM run", 0);
    if (runs && !resume)
        error = diag_add(
            s->diag, s->db_path, 0, 0,
            "holds %" PRId64 " runs; --resume goes on with them, or choose another --db", runs);
    else if (runs)
        error = find_done(s, r);
    reader_close(r);
    for (uint64_t k = 0; !error && resume && k < s->plan->points; k++)
        if (s->state[k] == WAITS && shard_is_done(s, k))
            s->state[k] = FINISHED, s->out->skipped++;
    return error;
}

int sweep_jobs_run(const struct sweep_plan *p, struct results *db, const char *db_path,
                   unsigned jobs, bool resume, struct sweep_outcome *out, struct diag *d)
{
    struct sweep s = { .plan = p, .db = db, .db_path = db_path, .diag = d, .out = out };

    *out = (struct sweep_outcome){ 0 };
    s.state = calloc(p->points, sizeof *s.state);
    s.error = s.state ? find_old(&s, resume) : diag_env(d, NULL, "no memory");
    if (!s.error) {
        const struct jobs_ops ops = { arguments, wanted, ended, look, false };
        int error;

        cli_progress_start(&s.progress, "points", p->points);
        error = jobs_run(&ops, &s, p->points, jobs, d);
        merge_ready(&s, true);
        s.error = s.error ? s.error : error;
        cli_progress_end(&s.progress);
    }
    free(s.state);
    return s.error;
}
