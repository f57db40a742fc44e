/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim show: what a results database holds, as tables or as JSON.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "results/results.h"
#include "results/sections.h"

enum { ALL_RUNS = -1, DEFAULT_ROWS = -1 };

struct options {
    const char *db;
    int64_t run;               /* ALL_RUNS: all, and the last in detail */
    long rows;                 /* of each table; 0: all                 */
    bool json, dump;
};

static void usage(FILE *to)
{
    fputs("usage: iommusim show DB [--run N] [--rows N] [--json | --dump]\n"
          "      --run N     that run alone; otherwise all runs, and the last one in detail\n"
          "      --rows N    rows of each table, 0: all\n"
          "      --json      the same tables as JSON, all their rows\n"
          "      --dump      every row of every table but for `started` and `wall_s`: equal text\n"
          "                  means equal results\n"
          "The tables and views themselves are described in docs/results.md.\n", to);
}

static bool number(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && *text >= '0' && *text <= '9' && !*end;
}

static int parse(int argc, char **argv, struct options *o, bool *help, struct diag *d)
{
    static const struct option longs[] = {
        { "run", required_argument, NULL, 'r' }, { "rows", required_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },      { "dump", no_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },      { NULL, 0, NULL, 0 },
    };
    int64_t n;
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1)
        switch (c) {
        case 'r':
            if (!number(optarg, &o->run))
                return diag_add(d, NULL, 0, 0, "--run %s: expected the number of a run", optarg);
            break;
        case 'n':
            if (!number(optarg, &n) || n > 1000000000)
                return diag_add(d, NULL, 0, 0, "--rows %s: expected a number of rows", optarg);
            o->rows = (long)n;
            break;
        case 'j':
            o->json = true;
            break;
        case 'd':
            o->dump = true;
            break;
        case 'h':
            *help = true;
            return 0;
        default:
            return diag_add(d, NULL, 0, 0, "iommusim show --help lists the options");
        }
    if (argc - optind != 1)
        return diag_add(d, NULL, 0, 0, "expected one database");
    o->db = argv[optind];
    return 0;
}

static size_t rows_of(const struct options *o, const struct section *s)
{
    return o->rows == DEFAULT_ROWS || !s->rows ? s->rows : (size_t)o->rows;
}

static void print_table(const char *title, const struct table *t, size_t rows)
{
    if (!t->rows)
        return;
    printf("\n%s\n", title);
    table_print(t, rows, stdout);
}

static int print_section(struct reader *r, const struct section *s, int64_t run,
                         const struct options *o)
{
    struct table t;
    int error = reader_query(r, &t, run, s->sql);

    if (!error)
        print_table(s->title, &t, rows_of(o, s));
    table_destroy(&t);
    return error;
}

static int print_all_runs(struct reader *r, const struct options *o)
{
    struct table t = { 0 };
    int error = print_section(r, &all_runs, ALL_RUNS, o);

    error = error ? error : sections_points(r, &t);
    if (!error)
        print_table("Points of the sweep", &t, rows_of(o, &all_runs));
    table_destroy(&t);
    return error;
}

static int print(struct reader *r, const struct options *o)
{
    int64_t run = o->run;
    int error = 0;

    printf("%s\n", o->db);
    if (run == ALL_RUNS) {
        error = print_all_runs(r, o);
        run = reader_last_run(r);
        if (run == ALL_RUNS)
            printf("no runs in it\n");
    }
    for (size_t i = 0; !error && run != ALL_RUNS && i < run_sections; i++)
        error = print_section(r, &run_section[i], run, o);
    return error;
}

/* ---- JSON: the views and small tables, with their own column names --------------------------- */

static const struct { const char *name, *sql; } json_table[] = {
    { "summary", "SELECT * FROM summary WHERE ?1 < 0 OR run_id = ?1" },
    { "point", "SELECT * FROM point WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id, rowid" },
    { "hit_rate", "SELECT * FROM hit_rate WHERE ?1 < 0 OR run_id = ?1" },
    { "latency", "SELECT * FROM latency WHERE ?1 < 0 OR run_id = ?1" },
    { "latency_all", "SELECT * FROM latency_all WHERE ?1 < 0 OR run_id = ?1" },
    { "cause", "SELECT * FROM cause WHERE ?1 < 0 OR run_id = ?1" },
    { "standard", "SELECT * FROM standard WHERE ?1 < 0 OR run_id = ?1" },
    { "storage", "SELECT * FROM storage WHERE ?1 < 0 OR run_id = ?1" },
    { "counter", "SELECT * FROM counter WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id, rowid" },
    { "fault", "SELECT * FROM fault WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id, rowid" },
    { "stale", "SELECT * FROM stale WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id, rowid" },
    { "mismatch", "SELECT * FROM mismatch WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id, rowid" },
};

static int print_json(struct reader *r, const struct options *o)
{
    struct table t;
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_LEN(json_table); i++) {
        error = reader_query(r, &t, o->run, json_table[i].sql);
        printf("%s\"%s\": ", i ? ",\n" : "{", json_table[i].name);
        table_json(&t, stdout);
        table_destroy(&t);
    }
    puts("}");
    return error;
}

static int show(const struct options *o, struct diag *d)
{
    struct reader *r = reader_open(o->db, d);
    int error;

    if (!r)
        return diag_empty(d) ? SIM_EENV : SIM_EINPUT;
    if (o->run != ALL_RUNS && !reader_number(r, o->run, "SELECT 1 FROM run WHERE id = ?1", 0))
        error = diag_add(d, o->db, 0, 0, "no run %" PRId64 " in it", o->run);
    else
        error = o->json ? print_json(r, o) : print(r, o);
    reader_close(r);
    return error;
}

int cmd_show(int argc, char **argv)
{
    struct options o = { .run = ALL_RUNS, .rows = DEFAULT_ROWS };
    struct diag d;
    bool help = false;
    int error, status;

    diag_init(&d);
    error = parse(argc, argv, &o, &help, &d);
    if (help)
        usage(stdout);
    else if (!error)
        error = o.dump ? results_dump(o.db, stdout, &d) : show(&o, &d);
    status = cli_exit(error, &d);
    diag_destroy(&d);
    return status;
}
