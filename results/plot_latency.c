/* SPDX-License-Identifier: Apache-2.0
 *
 * Latency of a timed run: its distribution by class, and the causes it is made of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/plot_data.h"

/* ---- distribution ---------------------------------------------------------------------------- */

/* Buckets of the classes with most requests, by their median; `all` is the last. */
static const char cdf_sql[] =
    "WITH class AS (SELECT name, count, p50, row_number() OVER (ORDER BY name = 'all' DESC,"
    "  count DESC, name) AS place FROM distribution WHERE run_id = ?1"
    "  AND component = 'latency_all' AND unit = 'ps')"
    "SELECT h.name, h.lo, h.hi, h.count, c.count, (SELECT max(count) FROM class),"
    " (SELECT count(*) FROM class) FROM class c JOIN histogram h ON h.run_id = ?1"
    " AND h.component = 'latency_all' AND h.name = c.name WHERE c.place <= 13 "
    "ORDER BY c.name = 'all', c.p50, c.name, h.lo";

enum cdf_col { CDF_CLASS, CDF_LO, CDF_HI, CDF_COUNT, CDF_OF_CLASS, CDF_OF_ALL, CDF_CLASSES };

static const double STEP = 0.1;        /* % of requests that are seen as one */

/* latency in ns, % of requests that took no longer, % that took longer.  Points that would lie on
 * the one before are left out. */
static size_t put_cdf(const struct table *t, size_t first, FILE *to, double *lowest)
{
    double of = table_real(t, first, CDF_OF_CLASS), upto = 0, shown = -1, rest;
    size_t i = first;

    fprintf(to, "%.9g 0 100\n", table_real(t, first, CDF_LO) / 1e3);
    for (; i < t->rows && plot_same(t, first, i, CDF_CLASS); i++) {
        upto += 100 * table_real(t, i, CDF_COUNT) / of;
        rest = upto < 100 - 1e-9 ? 100 - upto : 0;
        if (upto - shown < STEP && rest > 0.97 * (100 - shown))
            continue;
        shown = upto;
        *lowest = rest > 0 && rest < *lowest ? rest : *lowest;
        fprintf(to, "%.9g %.6f %.9g\n", table_real(t, i, CDF_HI) / 1e3, upto, rest);
    }
    fputs("\n\n", to);
    return i;
}

/* "walk-s1-1, 8 %" */
static size_t put_title(const struct table *t, size_t row, FILE *to)
{
    char text[80];
    const char *name = table_text(t, row, CDF_CLASS);
    double share = 100 * table_real(t, row, CDF_OF_CLASS) / table_real(t, row, CDF_OF_ALL);

    snprintf(text, sizeof text, share < 9.95 ? "%s, %.2g %%" : "%s, %.0f %%", name, share);
    if (strcmp(name, "all") == 0)
        snprintf(text, sizeof text, "all");
    fprintf(to, "\"%s\"\n", text);
    return strlen(text);
}

int plot_data_latency_cdf(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int error = reader_query(r, &t, run, cdf_sql), lines = 0;
    size_t chars = 14, n;
    double lowest = 1;

    if (!error && t.rows) {
        fputs("$data << END_OF_DATA\n", to);
        for (size_t i = 0; i < t.rows; lines++) {
            n = put_title(&t, i, to);
            chars = n > chars ? n : chars;
            i = put_cdf(&t, i, to, &lowest);
        }
        fprintf(to, "END_OF_DATA\nlines = %d\nmore = %d\nlowest = %.9g\n", lines,
                (int)table_real(&t, 0, CDF_CLASSES) - lines, lowest);
        plot_put_chars(chars, to);
    }
    table_destroy(&t);
    return error ? error : lines;
}

/* ---- causes ---------------------------------------------------------------------------------- */

/* Causes of the classes on which most time was spent, by their mean; `all` is the first.  A cause
 * has the same colour in all pictures: its place on a request's way. */
static const char causes_sql[] =
    "WITH way(cause, at) AS (VALUES ('link', 0), ('port-queue', 1), ('lookup', 2),"
    "  ('slot-wait', 3), ('config-fetch', 4), ('table-read', 5), ('merge-wait', 6),"
    "  ('ordering', 7), ('invalidation-wait', 8), ('data-access', 9), ('miss-handling', 10),"
    "  ('device-wait', 11)),"
    "part AS (SELECT class, cause, requests, mean_ns FROM cause WHERE run_id = ?1),"
    "class AS (SELECT class, sum(mean_ns) AS mean_ns, row_number() OVER (ORDER BY class = 'all' "
    "  DESC, max(requests) * sum(mean_ns) DESC, class) AS place FROM part GROUP BY class)"
    "SELECT p.class, ifnull(w.at, 12), p.mean_ns, p.requests, c.mean_ns,"
    " (SELECT max(requests) FROM part), CASE WHEN w.at IS NULL THEN 'other' ELSE p.cause END "
    "FROM class c JOIN part p ON p.class = c.class LEFT JOIN way w ON w.cause = p.cause "
    "WHERE c.place <= 17 AND p.mean_ns > 0 ORDER BY p.class <> 'all', c.mean_ns, p.class, 2, 7";

enum cause_col { CA_CLASS, CA_PLACE, CA_MEAN, CA_REQUESTS, CA_CLASS_MEAN, CA_OF_ALL, CA_NAME };

enum { CAUSES = 13 };

/* "12.3", "456", "0.04" */
static void say_ns(char *buf, size_t size, double ns)
{
    snprintf(buf, size, ns >= 99.95 ? "%.0f" : ns >= 9.995 ? "%.1f" : "%.2f", ns);
}

static void put_bar_label(const struct table *t, size_t row, int y, FILE *to)
{
    double share = 100 * table_real(t, row, CA_REQUESTS) / table_real(t, row, CA_OF_ALL);
    char mean[24], part[24];

    say_ns(mean, sizeof mean, table_real(t, row, CA_CLASS_MEAN));
    snprintf(part, sizeof part, share < 9.95 ? "%.2g" : "%.0f", share);
    fprintf(to, "%d \"%s\" %.9g \"%s ns · %s %%\"\n", y, table_text(t, row, CA_CLASS),
            table_real(t, row, CA_CLASS_MEAN), mean, part);
}

/* Pieces side by side: bar, from, to in ns, place of the cause, mean in words; from, to in % of the
 * class's time, and that in words. */
static size_t put_bar(const struct table *t, size_t first, int y, FILE *to, bool there[CAUSES])
{
    double upto = 0, percent = 100 / table_real(t, first, CA_CLASS_MEAN);
    size_t i = first;
    char words[24];

    for (; i < t->rows && plot_same(t, first, i, CA_CLASS); i++) {
        double from = upto;
        int place = (int)table_real(t, i, CA_PLACE);

        upto += table_real(t, i, CA_MEAN);
        say_ns(words, sizeof words, table_real(t, i, CA_MEAN));
        fprintf(to, "%d %.9g %.9g %d \"%s\" %.6f %.6f \"%.0f %%\"\n", y, from, upto, place, words,
                from * percent, upto * percent, (upto - from) * percent);
        there[place] = true;
    }
    return i;
}

/* cause[] by place, empty where no bar has it. */
static void put_causes(const struct table *t, const bool there[CAUSES], FILE *to)
{
    size_t chars = 0, class_chars = 0, n;
    char name[24];

    fprintf(to, "array cause[%d]\ncauses = %d\n", CAUSES, CAUSES);
    for (int c = 0; c < CAUSES; c++)
        if (!there[c])
            fprintf(to, "cause[%d] = ''\n", c + 1);
    for (size_t i = 0; i < t->rows; i++) {
        const char *cause = table_text(t, i, CA_NAME);

        snprintf(name, sizeof name, "cause[%d]", (int)table_real(t, i, CA_PLACE) + 1);
        plot_set_text(to, name, cause);
        chars = strlen(cause) > chars ? strlen(cause) : chars;
        n = strlen(table_text(t, i, CA_CLASS));
        class_chars = n > class_chars ? n : class_chars;
    }
    fprintf(to, "class_chars = %zu\n", class_chars);
    plot_put_chars(chars, to);
}

static int put_bars(const struct table *t, FILE *to)
{
    bool there[CAUSES] = { false };
    char *labels = NULL;
    size_t size;
    FILE *text = open_memstream(&labels, &size);
    int bars = 0;

    if (!text)
        return SIM_EENV;
    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < t->rows; bars++) {
        put_bar_label(t, i, bars, text);
        i = put_bar(t, i, bars, to, there);
    }
    fclose(text);
    fprintf(to, "END_OF_DATA\n$labels << END_OF_DATA\n%sEND_OF_DATA\nbars = %d\n", labels, bars);
    free(labels);
    put_causes(t, there, to);
    return bars;
}

int plot_data_causes(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int n = reader_query(r, &t, run, causes_sql);

    if (!n && t.rows)
        n = put_bars(&t, to);
    table_destroy(&t);
    return n;
}
