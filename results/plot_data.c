/* SPDX-License-Identifier: Apache-2.0 */
#include "results/plot_data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

/* A count as a person says it: 950, 12.3 k, 4.56 M. */
static void say_count(char *buf, size_t size, double n)
{
    static const char *const unit[] = { "", " k", " M", " G", " T" };
    unsigned u = 0;

    for (; n >= (u ? 999.5 : 9999.5) && u + 1 < ARRAY_LEN(unit); u++)
        n /= 1000;
    snprintf(buf, size, u ? "%.3g%s" : "%.0f%s", n, unit[u]);
}

/* How wide a key becomes. */
static void put_chars(size_t chars, FILE *to)
{
    fprintf(to, "chars = %zu\n", chars);
}

/* ---- answers by stream ----------------------------------------------------------------------- */

enum { STREAMS_SHOWN = 16 };

/* Requests by stream and class; streams by weight, the rest taken together. */
static const char streams_sql[] =
    "WITH part AS (SELECT stream, class, max(count) AS n, min(rowid) AS at FROM latency_class"
    "              WHERE run_id = ?1 GROUP BY stream, class),"
    " whole AS (SELECT stream, sum(n) AS n, row_number() OVER (ORDER BY sum(n) DESC, stream) AS "
    "place"
    "           FROM part GROUP BY stream),"
    " class AS (SELECT class, row_number() OVER (ORDER BY min(at)) - 1 AS number FROM part GROUP "
    "BY class)"
    "SELECT min(w.place, 17) AS place, CASE WHEN w.place < 17 THEN w.stream ELSE -1 END AS stream,"
    "       c.number, p.class, sum(p.n), (SELECT arch FROM run WHERE id = ?1), count(*) "
    "FROM part p JOIN whole w ON w.stream = p.stream JOIN class c ON c.class = p.class "
    "GROUP BY 1, 2, 3, 4 HAVING sum(p.n) > 0 ORDER BY 1, 3";

enum stream_col { ST_PLACE, ST_STREAM, ST_CLASS, ST_NAME, ST_COUNT, ST_ARCH, ST_STREAMS };

static void stream_label(const struct table *t, size_t row, double total, FILE *to)
{
    char count[24];
    long sid = strtol(table_text(t, row, ST_STREAM), NULL, 10);

    say_count(count, sizeof count, total);
    if (sid < 0)
        fprintf(to, "others \"%s\"", count);
    else if (strcmp(table_text(t, row, ST_ARCH), "vtd") == 0)
        fprintf(to, "%02lx:%02lx.%lx \"%s\"", sid >> 8, sid >> 3 & 31, sid & 7, count);
    else
        fprintf(to, "0x%lx \"%s\"", sid, count);
}

/* A bar: pieces side by side from 0 to 100 %.  y from % to % class. */
static size_t put_bar(const struct table *t, size_t first, int y, FILE *to, FILE *labels)
{
    double total = 0, upto = 0;
    size_t end = first;

    for (;
         end < t->rows && strcmp(table_text(t, first, ST_PLACE), table_text(t, end, ST_PLACE)) == 0;
         end++)
        total += table_real(t, end, ST_COUNT);
    for (size_t i = first; i < end; i++) {
        double from = upto;

        upto += table_real(t, i, ST_COUNT);
        fprintf(to, "%d %.6f %.6f %s\n", y, 100 * from / total, 100 * upto / total,
                table_text(t, i, ST_CLASS));
    }
    fprintf(labels, "%d ", y);
    stream_label(t, first, total, labels);
    fputs("\n", labels);
    return end;
}

static void put_classes(const struct table *t, FILE *to)
{
    size_t chars = 0;
    int classes = 0;

    fputs("array class[64]\n", to);
    for (size_t i = 0; i < t->rows; i++) {
        int number = atoi(table_text(t, i, ST_CLASS));
        char name[24];

        if (number >= 64)
            continue;
        snprintf(name, sizeof name, "class[%d]", number + 1);
        plot_set_text(to, name, table_text(t, i, ST_NAME));
        classes = number + 1 > classes ? number + 1 : classes;
        if (strlen(table_text(t, i, ST_NAME)) > chars)
            chars = strlen(table_text(t, i, ST_NAME));
    }
    fprintf(to, "classes = %d\n", classes);
    put_chars(chars, to);
}

static int put_bars(const struct table *t, FILE *to)
{
    char *text = NULL;
    size_t size;
    FILE *labels = open_memstream(&text, &size);
    int bars = 0;

    if (!labels)
        return SIM_EENV;
    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < t->rows; bars++)
        i = put_bar(t, i, bars, to, labels);
    fclose(labels);
    fprintf(to, "END_OF_DATA\n$labels << END_OF_DATA\n%sEND_OF_DATA\nbars = %d\n", text, bars);
    free(text);
    return bars;
}

int plot_data_streams(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int bars = reader_query(r, &t, run, streams_sql);

    if (!bars && t.rows) {
        put_classes(&t, to);
        plot_set_text(to, "arch", table_text(&t, 0, ST_ARCH));
        bars = put_bars(&t, to);
    }
    table_destroy(&t);
    return bars;
}

/* ---- misses over time ------------------------------------------------------------------------ */

enum { BINS_MAX = 240 };

/* The structures with misses enough to be seen, and what one interval is. */
static const char structures_sql[] =
    "WITH part AS (SELECT component, sum(value) AS n FROM interval WHERE run_id = ?1 AND name = "
    "'misses'"
    "              GROUP BY component)"
    "SELECT component, n FROM part WHERE n > 0 AND n * 200 >= (SELECT max(n) FROM part) "
    "ORDER BY n DESC, component LIMIT 5";
static const char times_sql[] = "SELECT DISTINCT t_ps FROM interval WHERE run_id = ?1 AND name IN "
                                "('misses', 'lookups') ORDER BY t_ps";
static const char step_sql[] = /* the usual length of an interval */
    "SELECT step FROM (SELECT t_ps - lag(t_ps) OVER (ORDER BY t_ps) AS step FROM (SELECT DISTINCT "
    "t_ps"
    "  FROM interval WHERE run_id = ?1 AND name IN ('misses', 'lookups'))) "
    "WHERE step IS NOT NULL GROUP BY step ORDER BY count(*) DESC, step LIMIT 1";
static const char kind_sql[] =
    "SELECT value FROM param WHERE run_id = ?1 AND path = 'run.time'";
static const char values_sql[] =
    "SELECT component, t_ps, sum(CASE name WHEN 'misses' THEN value ELSE 0 END),"
    " sum(CASE name WHEN 'lookups' THEN value ELSE 0 END) FROM interval "
    "WHERE run_id = ?1 AND name IN ('misses', 'lookups') GROUP BY component, t_ps ORDER BY "
    "component, t_ps";

/* Intervals in a row, so many of them that a picture shows, are taken together. */
struct bins {
    const struct table *times;
    size_t per, n;                     /* intervals in a bin; bins */
    double step;                       /* usual length of an interval */
    double miss[BINS_MAX], look[BINS_MAX];
};

static double time_at(const struct bins *b, size_t bin)
{
    size_t last = b->times->rows - 1;

    return bin < b->n ? table_real(b->times, bin * b->per, 0)
                      : table_real(b->times, last, 0) + b->step;
}

/* The rows of a structure come in the order of their times. */
static void sum_bins(struct bins *b, const struct table *v, const char *component)
{
    size_t at = 0;

    memset(b->miss, 0, sizeof b->miss);
    memset(b->look, 0, sizeof b->look);
    for (size_t i = 0; i < v->rows; i++) {
        if (strcmp(table_text(v, i, 0), component) != 0)
            continue;
        while (strcmp(table_text(b->times, at, 0), table_text(v, i, 1)) != 0)
            at++;
        b->miss[at / b->per] += table_real(v, i, 2);
        b->look[at / b->per] += table_real(v, i, 3);
    }
}

/* The unit in which the largest time reads well. */
static double time_unit(double ps, const char **name)
{
    static const char *const unit[] = { "ps", "ns", "µs", "ms", "s" };
    double scale = 1;
    unsigned u = 0;

    for (; ps >= 2000 * scale && u + 1 < ARRAY_LEN(unit); u++)
        scale *= 1000;
    *name = unit[u];
    return scale;
}

/* time, misses, miss rate in % (`?` without lookups); a bin is drawn from its time to the next
 * one's. */
static void put_structure(const struct bins *b, const char *component, double unit, FILE *to)
{
    fprintf(to, "\"%s\"\n", component);
    for (size_t i = 0; i <= b->n; i++) {
        size_t bin = i < b->n ? i : b->n - 1;

        fprintf(to, "%.9g %.0f ", time_at(b, i) / unit, b->miss[bin]);
        if (b->look[bin] > 0)
            fprintf(to, "%.6g\n", 100 * b->miss[bin] / b->look[bin]);
        else
            fputs("?\n", to);
    }
    fputs("\n\n", to);
}

static void put_time(const struct bins *b, const char *kind, double unit, const char *name,
                     FILE *to)
{
    char text[80];
    bool order = strcmp(kind, "order") == 0;

    snprintf(text, sizeof text, order ? "position in the trace (records)" : "%stime (%s)",
             strcmp(kind, "trace") == 0       ? "trace "
             : strcmp(kind, "simulated") == 0 ? "simulated "
                                              : "",
             name);
    plot_set_text(to, "time_label", text);
    snprintf(text, sizeof text, order ? "misses per %.4g records" : "misses per %.4g %s",
             b->step * (double)b->per / unit, name);
    plot_set_text(to, "misses_label", text);
}

static int put_misses(struct bins *b, const struct table *names, const struct table *v,
                      const char *kind, FILE *to)
{
    const char *name;
    double unit = time_unit(time_at(b, b->n), &name), looked = 0;
    size_t chars = 0;

    if (strcmp(kind, "order") == 0)
        unit = 1;
    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < names->rows; i++) {
        sum_bins(b, v, table_text(names, i, 0));
        put_structure(b, table_text(names, i, 0), unit, to);
        for (size_t k = 0; k < b->n; k++)
            looked += b->look[k];
        if (strlen(table_text(names, i, 0)) > chars)
            chars = strlen(table_text(names, i, 0));
    }
    fprintf(to, "END_OF_DATA\nlines = %zu\nhas_rate = %d\n", names->rows, looked > 0);
    put_chars(chars, to);
    put_time(b, kind, unit, name, to);
    return (int)names->rows;
}

int plot_data_misses(struct reader *r, int64_t run, FILE *to)
{
    struct table names, times = { 0 }, values = { 0 }, kind = { 0 };
    int n = reader_query(r, &names, run, structures_sql);

    if (!n && names.rows) {
        n = reader_query(r, &times, run, times_sql);
        n = n ? n : reader_query(r, &values, run, values_sql);
        n = n ? n : reader_query(r, &kind, run, kind_sql);
    }
    if (!n && names.rows) {
        struct bins b = { .times = &times, .per = (times.rows + BINS_MAX - 1) / BINS_MAX };

        b.n = (times.rows + b.per - 1) / b.per;
        b.step = (double)reader_number(r, run, step_sql, 1);
        n = put_misses(&b, &names, &values, kind.rows ? table_text(&kind, 0, 0) : "", to);
    }
    table_destroy(&names);
    table_destroy(&times);
    table_destroy(&values);
    table_destroy(&kind);
    return n;
}

/* ---- reuse distance -------------------------------------------------------------------------- */

static const char reuse_sql[] =
    "SELECT lo, hi, sum(count) FROM histogram WHERE run_id = ?1 AND component = 'trace'"
    " AND name = 'reuse_distance' GROUP BY lo, hi ORDER BY lo";
static const char cold_sql[] = "SELECT sum(value) FROM counter WHERE run_id = ?1 AND component = "
                               "'trace' AND name = 'reuse_cold'";

/* An access of distance d hits in an LRU store of d+1 entries and more: entries, share. */
static void put_cumulative(const struct table *t, double all, FILE *to)
{
    double upto = 0;

    fputs("$cumulative << END_OF_DATA\n", to);
    for (size_t i = 0; i < t->rows; i++) {
        upto += table_real(t, i, 2);
        fprintf(to, "%.0f %.6f\n", table_real(t, i, 1) + 1, 100 * upto / all);
    }
    fputs("END_OF_DATA\n", to);
}

/* Bars of one power of two each: entries wanted in (2^(k-1), 2^k].  No bucket straddles them. */
static void put_distribution(const struct table *t, double all, FILE *to)
{
    double bar[64] = { 0 }, from = 0.5;
    unsigned last = 0;

    for (size_t i = 0; i < t->rows; i++) {
        uint64_t lo = strtoull(table_text(t, i, 0), NULL, 10);
        unsigned k = lo ? bits_log2(lo) + 1 : 0;

        bar[k] += table_real(t, i, 2);
        last = k > last ? k : last;
    }
    fputs("$distribution << END_OF_DATA\n", to);
    for (unsigned k = 0; k <= last; k++, from *= 2)
        fprintf(to, "%.9g %.9g %.6f\n", from, 2 * from, 100 * bar[k] / all);
    fputs("END_OF_DATA\n", to);
}

int plot_data_reuse(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int error = reader_query(r, &t, run, reuse_sql), n = (int)t.rows;
    double cold = (double)reader_number(r, run, cold_sql, 0), all = cold;
    char text[100], count[24];

    for (size_t i = 0; i < t.rows; i++)
        all += table_real(&t, i, 2);
    if (!error && n) {
        put_cumulative(&t, all, to);
        put_distribution(&t, all, to);
        say_count(count, sizeof count, all);
        snprintf(text, sizeof text, "limit: %.3g %% of %s accesses are first touches",
                 100 * cold / all, count);
        plot_set_text(to, "limit_label", text);
        fprintf(to, "reusable = %.6f\n", 100 * (all - cold) / all);
    }
    table_destroy(&t);
    return error ? error : n;
}
