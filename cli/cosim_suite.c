/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cosim_suite.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "cli/cosim.h"
#include "cli/jobs.h"
#include "cli/shards.h"
#include "results/results.h"

enum { SAID_MAX = 1 << 16, TOLD_LINES = 4 };

struct outcome {
    int    status;                     /* enum CLI_..., or minus a signal   */
    double seconds;
    char  *said;                       /* both outputs, what fits SAID_MAX  */
    bool   ended;
};

struct suite {
    const struct cosim_suite *o;
    struct diag *d;
    glob_t traces;
    struct outcome *of;                /* [traces] */
    double *begun;
    struct results *db;
    double start;
    size_t merged, failed, errors;
    char scratch[SHARD_PATH];          /* directory of the traces' coverage; empty: not made yet */
    struct coverage coverage;
    struct cli_progress progress;
    int error;
};

static const char *name_of(const struct suite *s, size_t n)
{
    const char *path = s->traces.gl_pathv[n], *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* ---- coverage ------------------------------------------------------------------------------------ */

static void coverage_path(const struct suite *s, size_t n, char path[SHARD_PATH + 32])
{
    snprintf(path, SHARD_PATH + 32, "%s/%zu.dat", s->scratch, n + 1);
}

static int make_scratch(struct suite *s)
{
    const char *dir = getenv("TMPDIR");

    snprintf(s->scratch, sizeof s->scratch, "%s/iommusim-XXXXXX", dir && *dir ? dir : "/tmp");
    if (mkdtemp(s->scratch))
        return 0;
    s->scratch[0] = '\0';
    return diag_env(s->d, dir, "no directory can be made there: %s", strerror(errno));
}

/* What a run has left; one that crashed has left none, and a design without coverage has not either. */
static int take_coverage(struct suite *s, size_t n)
{
    char path[SHARD_PATH + 32];
    int err = 0;

    coverage_path(s, n, path);
    if (access(path, F_OK) == 0)
        err = coverage_read(&s->coverage, path, s->d);
    unlink(path);
    return err;
}

static void remove_scratch(struct suite *s)
{
    for (size_t i = 0; s->scratch[0] && i < s->traces.gl_pathc; i++) {
        char path[SHARD_PATH + 32];

        coverage_path(s, i, path);
        unlink(path);
    }
    if (s->scratch[0])
        rmdir(s->scratch);
}

/* ---- the runs ------------------------------------------------------------------------------------ */

static char **arguments(void *arg, const char *program, uint64_t n)
{
    struct suite *s = arg;
    size_t words = s->o->n + 16, at = 0;
    const char **word = calloc(words, sizeof *word);
    char shard[SHARD_PATH], covered[SHARD_PATH + 32], id[24], timeout[24];
    char **argv;

    if (!word)
        return NULL;
    word[at++] = program;
    word[at++] = "cosim";
    word[at++] = "--dut";
    word[at++] = s->o->dut;
    word[at++] = "--trace";
    word[at++] = s->traces.gl_pathv[n];
    coverage_path(s, n, covered);
    word[at++] = "--coverage";
    word[at++] = covered;
    if (s->o->db) {
        shard_path(s->o->db, n + 1, shard, sizeof shard);
        shard_remove(s->o->db, n + 1);
        snprintf(id, sizeof id, "%" PRIu64, n + 1);
        word[at++] = "--db";
        word[at++] = shard;
        word[at++] = "--run-id";
        word[at++] = id;
    }
    if (s->o->timeout_s) {
        snprintf(timeout, sizeof timeout, "%" PRIu64, s->o->timeout_s);
        word[at++] = "--timeout";
        word[at++] = timeout;
    }
    for (size_t i = 0; i < s->o->n; i++)
        word[at++] = s->o->words[i];
    argv = jobs_argv(word, at);
    free(word);
    s->begun[n] = cli_seconds();
    return argv;
}

static char *read_all(FILE *a, FILE *b)
{
    char *text = malloc(SAID_MAX);
    size_t n = 0;

    if (!text)
        return NULL;
    n += fread(text, 1, SAID_MAX / 2, a);
    n += fread(text + n, 1, SAID_MAX - 1 - n, b);
    text[n] = '\0';
    return text;
}

static void tell(const struct suite *s, size_t n)
{
    const char *line = s->of[n].said ? s->of[n].said : "";

    fprintf(stderr, "%s: failed with status %d\n", name_of(s, n), s->of[n].status);
    for (int i = 0; i < TOLD_LINES && *line; i++) {
        size_t length = strcspn(line, "\n");

        fprintf(stderr, "    %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void ended(void *arg, uint64_t n, int status, FILE *said, FILE *output)
{
    struct suite *s = arg;

    s->of[n] = (struct outcome){ status, cli_seconds() - s->begun[n], read_all(said, output), true };
    if (status == CLI_DONE)
        return;
    s->failed += status == CLI_CHECK;
    s->errors += status != CLI_CHECK;
    if (!s->o->quiet && !cli_interrupted)
        tell(s, n);
}

static void merge(struct suite *s, size_t n)
{
    char shard[SHARD_PATH];

    s->error = take_coverage(s, n);
    if (!s->db || s->error)
        return;
    shard_path(s->o->db, n + 1, shard, sizeof shard);
    if (s->of[n].status == CLI_DONE || s->of[n].status == CLI_CHECK)
        s->error = results_merge(s->db, shard, (int64_t)n + 1);
    shard_remove(s->o->db, n + 1);
}

static int look(void *arg)
{
    struct suite *s = arg;
    size_t done = 0;

    for (size_t i = 0; i < s->traces.gl_pathc; i++)
        done += s->of[i].ended;
    for (; !s->error && s->merged < s->traces.gl_pathc && s->of[s->merged].ended; s->merged++)
        merge(s, s->merged);
    cli_progress_step(&s->progress, done);
    return s->error;
}

/* ---- the report ---------------------------------------------------------------------------------- */

static void put_xml(FILE *to, const char *text)
{
    for (; text && *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        default:
            if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
                fputc(*text, to);
        }
}

static void put_case(FILE *to, const struct suite *s, size_t n)
{
    const struct outcome *c = &s->of[n];

    fputs("  <testcase classname=\"", to);
    put_xml(to, s->o->dut);
    fputs("\" name=\"", to);
    put_xml(to, name_of(s, n));
    fprintf(to, "\" time=\"%.3f\">\n", c->seconds);
    if (!c->ended) {
        fputs("    <skipped/>\n", to);
    } else if (c->status == CLI_CHECK) {
        fputs("    <failure message=\"", to);
        put_xml(to, "the design differs");
        fputs("\"/>\n", to);
    } else if (c->status != CLI_DONE) {
        fprintf(to, "    <error message=\"status %d\"/>\n", c->status);
    }
    fputs("    <system-out>", to);
    put_xml(to, c->said);
    fputs("</system-out>\n  </testcase>\n", to);
}

/* Whole or not at all. */
static int write_junit(const struct suite *s)
{
    char part[1200];
    FILE *to;
    bool bad;

    snprintf(part, sizeof part, "%s.part", s->o->junit);
    to = fopen(part, "w");
    if (!to)
        return diag_env(s->d, s->o->junit, "cannot be written: %s", strerror(errno));
    fprintf(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"cosim\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
            s->traces.gl_pathc, s->failed, s->errors);
    for (size_t i = 0; i < s->traces.gl_pathc; i++)
        put_case(to, s, i);
    fputs("</testsuite>\n", to);
    bad = ferror(to);
    if (fclose(to) == 0 && !bad && rename(part, s->o->junit) == 0)
        return 0;
    unlink(part);
    return diag_env(s->d, s->o->junit, "cannot be written: %s", strerror(errno));
}

/* ---- all together -------------------------------------------------------------------------------- */

static int find_traces(struct suite *s)
{
    char pattern[1200];

    snprintf(pattern, sizeof pattern, "%s/*.trc", s->o->dir);
    if (glob(pattern, 0, NULL, &s->traces) || !s->traces.gl_pathc)
        return diag_add(s->d, s->o->dir, 0, 0, "holds no traces (*.trc)");
    return 0;
}

/* The run that stands for all of them.  Each answer is in one bin of group `order`. */
static int keep(struct suite *s)
{
    const struct results_run row = {
        .id = (int64_t)s->traces.gl_pathc + 1, .label = s->o->label, .version = IOMMUSIM_VERSION, .mode = "cosim",
        .trace = s->o->dir,
    };
    struct results_totals totals = { .wall_s = cli_seconds() - s->start };
    struct cover bins;
    int64_t id;
    int err = results_run_begin(s->db, &row, &id);

    if (err)
        return err;
    coverage_to_bins(&s->coverage, &bins);
    for (unsigned i = COVER_AT_ORDERS; i <= COVER_END_ORDERS; i++)
        totals.requests += bins.hits[i];
    results_param_text(s->db, "cosim.dut", NULL, s->o->dut);
    results_counter(s->db, "run", "traces", "1", s->traces.gl_pathc);
    cosim_cover_rows(s->db, &s->coverage, totals.requests ? &bins : NULL);
    return results_run_end(s->db, cli_interrupted ? RESULTS_INTERRUPTED : s->failed || s->errors ? RESULTS_MISMATCH
                                  : RESULTS_DONE, &totals);
}

static void print(const struct suite *s)
{
    size_t n = s->traces.gl_pathc;

    printf("%zu traces: %zu passed, %zu failed, %zu in error\n", n, n - s->failed - s->errors, s->failed, s->errors);
    cosim_cover_print(&s->coverage, stdout);
}

static int run_all(struct suite *s)
{
    const struct jobs_ops ops = { arguments, NULL, ended, look, true };
    size_t n = s->traces.gl_pathc;
    int err;

    s->of = calloc(n, sizeof *s->of);
    s->begun = calloc(n, sizeof *s->begun);
    if (!s->of || !s->begun)
        return diag_env(s->d, NULL, "no memory");
    if (make_scratch(s))
        return SIM_EENV;
    if (s->o->db && !(s->db = results_open(s->o->db, s->d)))
        return SIM_EENV;
    cli_progress_start(&s->progress, "traces", n);
    err = jobs_run(&ops, s, n, s->o->jobs, s->d);
    cli_progress_end(&s->progress);
    if (!err && s->o->junit)
        err = write_junit(s);
    if (!err && s->db)
        err = keep(s);
    if (!err && s->o->coverage)
        err = coverage_write(&s->coverage, s->o->coverage, s->d);
    if (!err && !s->o->quiet)
        print(s);
    return err;
}

int cosim_suite_run(const struct cosim_suite *o, struct diag *d)
{
    struct suite s = { .o = o, .d = d, .start = cli_seconds() };
    int err = find_traces(&s);

    if (!err)
        err = run_all(&s);
    results_close(s.db);
    for (size_t i = 0; s.of && i < s.traces.gl_pathc; i++)
        free(s.of[i].said);
    free(s.of);
    free(s.begun);
    remove_scratch(&s);
    coverage_destroy(&s.coverage);
    globfree(&s.traces);
    if (err || cli_interrupted)
        return cli_exit(err, d);
    return s.errors ? CLI_WRONG : s.failed ? CLI_CHECK : CLI_DONE;
}
