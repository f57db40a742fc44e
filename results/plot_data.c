/* SPDX-License-Identifier: Apache-2.0 */
#include "results/plot_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

void plot_say_count(char *buf, size_t size, double n)
{
    static const char *const unit[] = { "", " k", " M", " G", " T" };
    unsigned u = 0;

    for (; n >= (u ? 999.5 : 9999.5) && u + 1 < ARRAY_LEN(unit); u++)
        n /= 1000;
    snprintf(buf, size, u ? "%.3g%s" : "%.0f%s", n, unit[u]);
}

bool plot_same(const struct table *t, size_t a, size_t b, size_t col)
{
    return strcmp(table_text(t, a, col), table_text(t, b, col)) == 0;
}

void plot_put_chars(size_t chars, FILE *to)
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

    plot_say_count(count, sizeof count, total);
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

    for (; end < t->rows && plot_same(t, first, end, ST_PLACE); end++)
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
    plot_put_chars(chars, to);
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
        plot_say_count(count, sizeof count, all);
        snprintf(text, sizeof text, "limit: %.3g %% of %s accesses are first touches",
                 100 * cold / all, count);
        plot_set_text(to, "limit_label", text);
        fprintf(to, "reusable = %.6f\n", 100 * (all - cold) / all);
    }
    table_destroy(&t);
    return error ? error : n;
}
