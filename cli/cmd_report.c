/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim report: one plot, or a page with all plots and tables of a results database.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "results/plot.h"
#include "results/sections.h"

struct options {
    const char *db, *plot, *out;
    int64_t run;
};

static void usage(FILE *to)
{
    fputs("usage: iommusim report DB -o DIR [--run N]\n"
          "       iommusim report DB --plot NAME -o FILE.svg|FILE.png [--run N]\n"
          "  -o, --output   directory for index.html and its plots, or the picture\n"
          "      --plot     one of:\n", to);
    for (int i = 0; i < PLOT_COUNT; i++)
        fprintf(to, "                   %-11s %s\n", plot_info[i].name, plot_info[i].shows);
    fputs("      --run N    the run to show, otherwise the last one that is done\n"
          "The plots' scripts for gnuplot are in results/plots.\n", to);
}

static int parse(int argc, char **argv, struct options *o, bool *help, struct diag *d)
{
    static const struct option longs[] = {
        { "output", required_argument, NULL, 'o' }, { "plot", required_argument, NULL, 'p' },
        { "run", required_argument, NULL, 'r' },    { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    char *end;
    int c;

    while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1)
        switch (c) {
        case 'o':
            o->out = optarg;
            break;
        case 'p':
            o->plot = optarg;
            break;
        case 'r':
            o->run = strtoll(optarg, &end, 10);
            if (end == optarg || *end || o->run < 0)
                return diag_add(d, NULL, 0, 0, "--run %s: expected the number of a run", optarg);
            break;
        case 'h':
            *help = true;
            return 0;
        default:
            return diag_add(d, NULL, 0, 0, "iommusim report --help lists the options");
        }
    if (argc - optind != 1 || !o->out)
        return diag_add(d, NULL, 0, 0, "expected DB -o DIR, or DB --plot NAME -o FILE");
    o->db = argv[optind];
    return 0;
}

static const char *scripts(void)
{
    return cli_share_path("results/plots");
}

static int one_plot(struct reader *r, const struct options *o, struct diag *d)
{
    int plot = plot_find(o->plot, d);

    return plot < 0 ? plot : plot_draw(r, (enum plot_id)plot, o->run, scripts(), o->out, d);
}

/* ---- the page -------------------------------------------------------------------------------- */

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>iommusim results</title>\n<style>\n"
    "body { font: 16px/1.5 Helvetica, Arial, sans-serif; color: #222; max-width: 68em; "
    "margin: 2em auto; padding: 0 1em; }\n"
    "h1 { font-weight: normal; } h2 { font-weight: normal; margin-top: 2em; }\n"
    "table { border-collapse: collapse; font-size: 14px; display: block; overflow-x: auto; }\n"
    "th, td { text-align: left; padding: .15em .9em .15em 0; border-bottom: 1px solid #ddd; }\n"
    "th { color: #666; font-weight: normal; } td.n { text-align: right; "
    "font-variant-numeric: tabular-nums; }\n"
    "img { max-width: 100%; }\n</style></head><body>\n<h1>";

static void put_table(const char *title, const struct table *t, FILE *to)
{
    if (!t->rows)
        return;
    fprintf(to, "<h2>%s</h2>\n", title);
    table_html(t, to);
}

static int put_section(struct reader *r, const struct section *s, int64_t run, FILE *to)
{
    struct table t;
    int error = reader_query(r, &t, run, s->sql);

    if (!error)
        put_table(s->title, &t, to);
    table_destroy(&t);
    return error;
}

static int put_runs(struct reader *r, FILE *to)
{
    struct table t = { 0 };
    int error = put_section(r, &all_runs, -1, to);

    error = error ? error : sections_points(r, &t);
    if (!error)
        put_table("Points of the sweep", &t, to);
    table_destroy(&t);
    return error;
}

/* Draws what has rows, and puts it on the page. */
static int put_plots(struct reader *r, const struct options *o, FILE *to, struct diag *d)
{
    char out[1024];
    int error = 0;

    for (int i = 0; !error && i < PLOT_COUNT; i++) {
        if (!plot_has_data(r, (enum plot_id)i, o->run))
            continue;
        snprintf(out, sizeof out, "%s/%s.svg", o->out, plot_info[i].name);
        error = plot_draw(r, (enum plot_id)i, o->run, scripts(), out, d);
        fprintf(to, "<p><img src=\"%s.svg\" alt=\"%s\"></p>\n", plot_info[i].name,
                plot_info[i].shows);
    }
    return error;
}

static int put_page(struct reader *r, const struct options *o, FILE *to, struct diag *d)
{
    int64_t run = o->run >= 0 ? o->run : reader_last_run(r);
    int error;

    fputs(page_head, to);
    table_html_text(o->db, to);
    fputs("</h1>\n", to);
    error = put_plots(r, o, to, d);
    error = error ? error : put_runs(r, to);
    for (size_t i = 0; !error && i < run_sections; i++)
        error = put_section(r, &run_section[i], run, to);
    fputs("</body></html>\n", to);
    return error;
}

static int write_page(struct reader *r, const struct options *o, struct diag *d)
{
    char part[1024], path[1024];
    FILE *f;
    int error;

    snprintf(path, sizeof path, "%s/index.html", o->out);
    snprintf(part, sizeof part, "%s/index.html.part", o->out);
    f = fopen(part, "w");
    if (!f)
        return diag_env(d, part, "cannot write: %s", strerror(errno));
    error = put_page(r, o, f, d);
    if ((ferror(f) | fclose(f)) && !error)
        error = diag_env(d, part, "cannot write: %s", strerror(errno));
    if (!error && rename(part, path))
        error = diag_env(d, path, "cannot write: %s", strerror(errno));
    if (error)
        unlink(part);
    else
        printf("%s\n", path);
    return error;
}

static int page(struct reader *r, const struct options *o, struct diag *d)
{
    if (mkdir(o->out, 0777) && errno != EEXIST)
        return diag_env(d, o->out, "cannot make the directory: %s", strerror(errno));
    return write_page(r, o, d);
}

static int report(const struct options *o, struct diag *d)
{
    struct reader *r = reader_open(o->db, d);
    int error;

    if (!r)
        return SIM_EINPUT;
    if (o->run >= 0 && !reader_number(r, o->run, "SELECT 1 FROM run WHERE id = ?1", 0))
        error = diag_add(d, o->db, 0, 0, "no run %" PRId64 " in it", o->run);
    else
        error = o->plot ? one_plot(r, o, d) : page(r, o, d);
    reader_close(r);
    return error;
}

int cmd_report(int argc, char **argv)
{
    struct options o = { .run = PLOT_LAST_RUN };
    struct diag d;
    bool help = false;
    int error, status;

    diag_init(&d);
    error = parse(argc, argv, &o, &help, &d);
    if (help)
        usage(stdout);
    else if (!error)
        error = report(&o, &d);
    status = cli_exit(error, &d);
    diag_destroy(&d);
    return status;
}
