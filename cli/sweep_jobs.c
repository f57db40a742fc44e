/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/sweep_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "results/table.h"

enum { TOLD_MAX = 5 };                 /* failed points whose words are shown */

enum point_state { WAITS, RUNS, FINISHED, MERGED, FAILED };

struct job {
    pid_t pid;                         /* 0: free                          */
    uint64_t point;
    FILE *says;                        /* what it wrote to standard error  */
};

struct sweep {
    const struct sweep_plan *plan;
    struct results *db;
    const char *db_path;
    struct diag *diag;
    char program[1024];
    unsigned char *state;              /* [points] enum point_state        */
    uint64_t next, merged;             /* points before them were started, merged or given up */
    struct job *job;                   /* [jobs] */
    unsigned jobs, running;
    sigset_t waiting;                  /* the signal mask while nothing is to be done */
    struct sweep_outcome *out;
    struct cli_progress progress;
    bool told_to_stop;
    int error;                         /* the sweep itself cannot go on    */
};

static void shard_path(const struct sweep *s, uint64_t point, char *buf, size_t size)
{
    snprintf(buf, size, "%s.shard-%" PRIu64, s->db_path, point);
}

static void remove_shard(const struct sweep *s, uint64_t point)
{
    char path[1200], journal[1300];

    shard_path(s, point, path, sizeof path);
    snprintf(journal, sizeof journal, "%s-journal", path);
    unlink(journal);
    unlink(path);
}

/* ---- merging --------------------------------------------------------------------------------- */

static void merge(struct sweep *s, uint64_t point)
{
    char path[1200];

    shard_path(s, point, path, sizeof path);
    s->error = results_merge(s->db, path, (int64_t)point);
    if (s->error)
        return;
    s->state[point] = MERGED;
    remove_shard(s, point);
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

/* In the child: standard output is for nobody, standard error is kept, the parent's end is the
 * child's. */
static void become(const struct sweep *s, struct job *j, char **argv, pid_t parent)
{
    int nowhere = open("/dev/null", O_RDWR);

    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(fileno(j->says), 2);
    prctl(PR_SET_PDEATHSIG, SIGKILL);          /* it must not meet a sweep that goes on */
    if (getppid() != parent)
        _exit(CLI_INTERRUPTED);
    sigprocmask(SIG_SETMASK, &s->waiting, NULL);
    execv(s->program, argv);
    fprintf(stderr, "cannot run %s: %s\n", s->program, strerror(errno));
    fflush(stderr);
    _exit(CLI_WRONG);
}

static int start(struct sweep *s, struct job *j, uint64_t point)
{
    pid_t parent = getpid();
    char shard[1200], **argv;

    shard_path(s, point, shard, sizeof shard);
    remove_shard(s, point);
    argv = sweep_plan_argv(s->plan, s->program, shard, point);
    j->says = tmpfile();
    j->pid = argv && j->says ? fork() : -1;
    if (j->pid == 0)
        become(s, j, argv, parent);
    sweep_plan_argv_free(argv);
    if (j->pid < 0) {
        j->pid = 0;
        if (j->says)
            fclose(j->says);
        return s->error = diag_env(s->diag, NULL, "cannot start a point: %s", strerror(errno));
    }
    j->point = point;
    s->state[point] = RUNS;
    s->running++;
    return 0;
}

/* The point and, indented, what it said. */
static void tell(struct sweep *s, struct job *j, const char *how)
{
    char line[400];

    if (s->out->failed > TOLD_MAX)
        return;
    sweep_plan_describe(s->plan, j->point, line, sizeof line);
    fprintf(stderr, "point %" PRIu64 " (%s) %s\n", j->point, line, how);
    rewind(j->says);
    while (fgets(line, sizeof line, j->says))
        fprintf(stderr, "    %s", line);
}

static void fail(struct sweep *s, struct job *j, const char *how)
{
    s->state[j->point] = FAILED;
    s->out->failed++;
    tell(s, j, how);
    remove_shard(s, j->point);
}

static void end(struct sweep *s, struct job *j, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char how[80];

    if (code == CLI_DONE || code == CLI_CHECK) {
        s->state[j->point] = FINISHED;
        s->out->done++;
        s->out->mismatched += code == CLI_CHECK;
    } else if (cli_interrupted || code == CLI_INTERRUPTED) {
        s->state[j->point] = FAILED;
        remove_shard(s, j->point);
    } else {
        snprintf(how, sizeof how, code < 0 ? "was ended by signal %d" : "failed with status %d",
                 code < 0 ? WTERMSIG(status) : code);
        fail(s, j, how);
    }
    fclose(j->says);
    *j = (struct job){ 0 };
    s->running--;
}

/* ---- all points ------------------------------------------------------------------------------ */

static void start_more(struct sweep *s)
{
    for (unsigned i = 0; i < s->jobs && !s->error && !cli_interrupted; i++) {
        if (s->job[i].pid)
            continue;
        while (s->next < s->plan->points && s->state[s->next] != WAITS)
            s->next++;
        if (s->next == s->plan->points)
            return;
        start(s, &s->job[i], s->next++);
    }
}

static bool reap(struct sweep *s)
{
    bool any = false;

    for (unsigned i = 0; i < s->jobs; i++) {
        int status;

        if (!s->job[i].pid || waitpid(s->job[i].pid, &status, WNOHANG) != s->job[i].pid)
            continue;
        end(s, &s->job[i], status);
        any = true;
    }
    return any;
}

static void stop_jobs(struct sweep *s)
{
    for (unsigned i = 0; i < s->jobs && !s->told_to_stop; i++)
        if (s->job[i].pid)
            kill(s->job[i].pid, SIGTERM);
    s->told_to_stop = true;
}

static void nothing(int sig)
{
    (void)sig;
}

/* Signals are let in only while the loop sleeps, so that none is missed between a look and the
 * sleep. */
static void loop(struct sweep *s)
{
    struct sigaction chld = { .sa_handler = nothing }, old_chld;
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaction(SIGCHLD, &chld, &old_chld);
    sigprocmask(SIG_BLOCK, &held, &s->waiting);
    for (;;) {
        start_more(s);
        if (!s->running)
            break;
        if (!reap(s))
            ppoll(NULL, 0, NULL, &s->waiting);
        merge_ready(s, false);
        if (s->error || cli_interrupted)
            stop_jobs(s);
        cli_progress_step(&s->progress, s->out->done + s->out->failed + s->out->skipped);
    }
    sigprocmask(SIG_SETMASK, &s->waiting, NULL);
    sigaction(SIGCHLD, &old_chld, NULL);
}

/* ---- what is there already ------------------------------------------------------------------- */

/* A shard that a killed sweep left is as good as a finished point if its run is done. */
static bool shard_is_done(struct sweep *s, uint64_t point)
{
    char path[1200];
    struct reader *r;
    bool done;

    shard_path(s, point, path, sizeof path);
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

static int prepare(struct sweep *s, unsigned jobs, bool resume)
{
    ssize_t n = readlink("/proc/self/exe", s->program, sizeof s->program - 1);

    if (n < 0)
        return diag_env(s->diag, "/proc/self/exe", "cannot find this program: %s", strerror(errno));
    s->program[n] = 0;
    s->jobs = s->plan->points < jobs ? (unsigned)s->plan->points : jobs;
    s->state = calloc(s->plan->points, sizeof *s->state);
    s->job = calloc(s->jobs, sizeof *s->job);
    if (!s->state || !s->job)
        return diag_env(s->diag, NULL, "no memory");
    return find_old(s, resume);
}

int sweep_jobs_run(const struct sweep_plan *p, struct results *db, const char *db_path,
                   unsigned jobs, bool resume, struct sweep_outcome *out, struct diag *d)
{
    struct sweep s = { .plan = p, .db = db, .db_path = db_path, .diag = d, .out = out };

    *out = (struct sweep_outcome){ 0 };
    s.error = prepare(&s, jobs, resume);
    if (!s.error) {
        cli_progress_start(&s.progress, "points", p->points);
        loop(&s);
        merge_ready(&s, true);
        cli_progress_end(&s.progress);
    }
    free(s.state);
    free(s.job);
    return s.error;
}
