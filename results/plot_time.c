/* SPDX-License-Identifier: Apache-2.0
 *
 * What intervals say, over time: misses by structure, and throughput, latency and occupancy of a
 * timed run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/plot_data.h"

enum { BINS_MAX = 240 };

/* What is summed into bins: name, time, numerator, denominator; then the panel it is shown in. */
enum value_col { V_NAME, V_TIME, V_NUM, V_DEN, V_PANEL };

/* The names that intervals have rows of: when they begin, and their usual length. */
#define NAMES "('requests', 'lookups', 'misses', 'busy_ps')"
static const char times_sql[] =
    "SELECT DISTINCT t_ps FROM interval WHERE run_id = ?1 AND name IN " NAMES " ORDER BY t_ps";
static const char step_sql[] =
    "SELECT step FROM (SELECT t_ps - lag(t_ps) OVER (ORDER BY t_ps) AS step FROM"
    " (SELECT DISTINCT t_ps FROM interval WHERE run_id = ?1 AND name IN " NAMES "))"
    "WHERE step IS NOT NULL GROUP BY step ORDER BY count(*) DESC, step LIMIT 1";
static const char end_sql[] = "SELECT sim_ps FROM run WHERE id = ?1";
static const char kind_sql[] =
    "SELECT value FROM param WHERE run_id = ?1 AND path = 'run.time'";

/* The structures with misses enough to be seen. */
#define MISSED                                                                                     \
    "missed AS (SELECT component, sum(value) AS n FROM interval"                                   \
    " WHERE run_id = ?1 AND name = 'misses' GROUP BY component),"                                  \
    "seen AS (SELECT component, n FROM missed"                                                     \
    " WHERE n > 0 AND n * 200 >= (SELECT max(n) FROM missed) ORDER BY n DESC, component LIMIT 5)"

#define SUM_OF(word) "sum(CASE i.name WHEN '" word "' THEN i.value END)"

static const char misses_sql[] =
    "WITH " MISSED
    "SELECT i.component, i.t_ps, " SUM_OF("misses") ", " SUM_OF("lookups") ", 0 "
    "FROM seen s JOIN interval i ON i.component = s.component "
    "WHERE i.run_id = ?1 AND i.name IN ('misses', 'lookups') GROUP BY i.component, i.t_ps "
    "ORDER BY s.n DESC, i.component, i.t_ps";

static const char series_sql[] =
    "WITH " MISSED ","
    "busy AS (SELECT component, sum(value) AS n FROM interval"
    " WHERE run_id = ?1 AND name = 'busy_ps' GROUP BY component HAVING n > 0"
    " ORDER BY n DESC, component LIMIT 5),"
    "part AS (SELECT 'requests' AS name, i.t_ps AS t_ps, sum(i.value) AS num, NULL AS den,"
    "  0 AS panel, 0 AS n FROM interval i"
    "  WHERE i.run_id = ?1 AND i.component = 'run' AND i.name = 'requests' GROUP BY i.t_ps "
    " UNION ALL SELECT 'latency', i.t_ps, " SUM_OF("latency_ps") ", " SUM_OF("requests") ", 1, 0"
    "  FROM interval i WHERE i.run_id = ?1 AND i.component = 'run'"
    "  AND i.name IN ('latency_ps', 'requests') GROUP BY i.t_ps "
    " UNION ALL SELECT i.component, i.t_ps, " SUM_OF("misses") ", " SUM_OF("lookups") ", 2, s.n"
    "  FROM seen s JOIN interval i ON i.component = s.component"
    "  WHERE i.run_id = ?1 AND i.name IN ('misses', 'lookups') GROUP BY i.component, i.t_ps "
    " UNION ALL SELECT i.component, i.t_ps, sum(i.value), NULL, 3, b.n"
    "  FROM busy b JOIN interval i ON i.component = b.component"
    "  WHERE i.run_id = ?1 AND i.name = 'busy_ps' GROUP BY i.component, i.t_ps)"
    "SELECT name, t_ps, num, den, panel FROM part ORDER BY panel, n DESC, name, t_ps";

/* ---- bins: intervals in a row, so many of them that a picture shows, are taken together ------ */

struct bins {
    struct table times, values;
    size_t per, n;                     /* intervals in a bin; bins */
    double step, end;                  /* usual length of an interval; where the last one ends */
    double unit;                       /* of the time axis, in ps */
    bool order;                        /* times only count records */
    const char *unit_name;
    double num[BINS_MAX], den[BINS_MAX];
};

static double time_at(const struct bins *b, size_t bin)
{
    return bin < b->n ? table_real(&b->times, bin * b->per, 0) : b->end;
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

static void put_time_label(const struct bins *b, const char *kind, FILE *to)
{
    char text[80];

    snprintf(text, sizeof text, b->order ? "position in the trace (records)" : "%stime (%s)",
             strcmp(kind, "trace") == 0       ? "trace "
             : strcmp(kind, "simulated") == 0 ? "simulated "
                                              : "",
             b->unit_name);
    plot_set_text(to, "time_label", text);
}

/* The last interval may have been cut short by the end of the run. */
static void measure(struct bins *b, struct reader *r, int64_t run)
{
    double last = table_real(&b->times, b->times.rows - 1, 0);
    double end = (double)reader_number(r, run, end_sql, 0);

    b->step = (double)reader_number(r, run, step_sql, end > last ? (int64_t)(end - last) : 1);
    b->end = end > last && end < last + b->step ? end : last + b->step;
    b->per = (b->times.rows + BINS_MAX - 1) / BINS_MAX;
    b->n = (b->times.rows + b->per - 1) / b->per;
    b->unit = time_unit(b->end, &b->unit_name);
}

static int bins_read(struct bins *b, struct reader *r, int64_t run, const char *sql, FILE *to)
{
    struct table kind = { 0 };
    int error = reader_query(r, &b->values, run, sql);

    error = error ? error : reader_query(r, &b->times, run, times_sql);
    error = error ? error : reader_query(r, &kind, run, kind_sql);
    if (!error && b->values.rows && b->times.rows) {
        const char *word = kind.rows ? table_text(&kind, 0, 0) : "";

        measure(b, r, run);
        b->order = strcmp(word, "order") == 0;
        b->unit = b->order ? 1 : b->unit;
        put_time_label(b, word, to);
    }
    table_destroy(&kind);
    return error;
}

static void bins_destroy(struct bins *b)
{
    table_destroy(&b->times);
    table_destroy(&b->values);
}

/* Sums the rows of one line, which come in the order of their times; returns where they end. */
static size_t sum_bins(struct bins *b, size_t first)
{
    const struct table *v = &b->values;
    size_t at = 0, i;

    memset(b->num, 0, sizeof b->num);
    memset(b->den, 0, sizeof b->den);
    for (i = first; i < v->rows; i++) {
        if (!plot_same(v, first, i, V_NAME) || !plot_same(v, first, i, V_PANEL))
            break;
        while (strcmp(table_text(&b->times, at, 0), table_text(v, i, V_TIME)) != 0)
            at++;
        b->num[at / b->per] += table_real(v, i, V_NUM);
        b->den[at / b->per] += table_real(v, i, V_DEN);
    }
    return i;
}

/* ---- misses over time ------------------------------------------------------------------------ */

/* time, misses, miss rate in % (`?` without lookups); a bin is drawn from its time to the next
 * one's. */
static void put_structure(const struct bins *b, const char *component, FILE *to)
{
    fprintf(to, "\"%s\"\n", component);
    for (size_t i = 0; i <= b->n; i++) {
        size_t bin = i < b->n ? i : b->n - 1;

        fprintf(to, "%.9g %.0f ", time_at(b, i) / b->unit, b->num[bin]);
        if (b->den[bin] > 0)
            fprintf(to, "%.6g\n", 100 * b->num[bin] / b->den[bin]);
        else
            fputs("?\n", to);
    }
    fputs("\n\n", to);
}

static void put_misses_label(const struct bins *b, FILE *to)
{
    char text[80];

    snprintf(text, sizeof text, b->order ? "misses per %.4g records" : "misses per %.4g %s",
             b->step * (double)b->per / b->unit, b->unit_name);
    plot_set_text(to, "misses_label", text);
}

static int put_misses(struct bins *b, FILE *to)
{
    double looked = 0;
    size_t chars = 0, lines = 0;

    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0, next; i < b->values.rows; i = next, lines++) {
        const char *name = table_text(&b->values, i, V_NAME);

        next = sum_bins(b, i);
        put_structure(b, name, to);
        for (size_t k = 0; k < b->n; k++)
            looked += b->den[k];
        chars = strlen(name) > chars ? strlen(name) : chars;
    }
    fprintf(to, "END_OF_DATA\nlines = %zu\nhas_rate = %d\n", lines, looked > 0);
    plot_put_chars(chars, to);
    put_misses_label(b, to);
    return (int)lines;
}

int plot_data_misses(struct reader *r, int64_t run, FILE *to)
{
    struct bins b = { .n = 0 };
    int n = bins_read(&b, r, run, misses_sql, to);

    if (!n && b.n)
        n = put_misses(&b, to);
    bins_destroy(&b);
    return n;
}

/* ---- a timed run ----------------------------------------------------------------------------- */

enum panel { THROUGHPUT, LATENCY, MISS_RATE, BUSY, PANELS };

static const char *const panel_label[PANELS] = { "M requests/s", "mean latency (ns)",
                                                 "misses per lookup", "slots in use" };

static bool value_of(const struct bins *b, enum panel p, size_t bin, double *v)
{
    double length = time_at(b, bin + 1) - time_at(b, bin);
    double den = p == THROUGHPUT || p == BUSY ? length : b->den[bin];
    double scale = p == THROUGHPUT ? 1e6 : p == LATENCY ? 1e-3 : p == MISS_RATE ? 100 : 1;

    if (den <= 0)
        return false;
    *v = scale * b->num[bin] / den;
    return true;
}

static void put_series(const struct bins *b, enum panel p, const char *name, FILE *to)
{
    double v;

    fprintf(to, "\"%s\"\n", name);
    for (size_t i = 0; i <= b->n; i++) {
        fprintf(to, "%.9g ", time_at(b, i) / b->unit);
        if (value_of(b, p, i < b->n ? i : b->n - 1, &v))
            fprintf(to, "%.6g\n", v);
        else
            fputs("?\n", to);
    }
    fputs("\n\n", to);
}

/* Panels that have lines, numbered from 1: label[], first[] and lines[] of their blocks. */
static void put_panels(const size_t lines[PANELS], FILE *to)
{
    size_t panels = 0, first = 0;
    char name[24];

    fprintf(to, "array label[%d]\narray first[%d]\narray lines[%d]\narray percent[%d]\n", PANELS,
            PANELS, PANELS, PANELS);
    for (int p = 0; p < PANELS; p++) {
        if (!lines[p])
            continue;
        panels++;
        snprintf(name, sizeof name, "label[%zu]", panels);
        plot_set_text(to, name, panel_label[p]);
        fprintf(to, "first[%zu] = %zu\nlines[%zu] = %zu\npercent[%zu] = %d\n", panels, first,
                panels, lines[p], panels, p == MISS_RATE);
        first += lines[p];
    }
    fprintf(to, "panels = %zu\n", panels);
}

static int put_all(struct bins *b, FILE *to)
{
    size_t lines[PANELS] = { 0 }, chars = 0;

    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0, next; i < b->values.rows; i = next) {
        const char *name = table_text(&b->values, i, V_NAME);
        enum panel p = (enum panel)(int)table_real(&b->values, i, V_PANEL);

        next = sum_bins(b, i);
        put_series(b, p, name, to);
        lines[p]++;
        chars = p >= MISS_RATE && strlen(name) > chars ? strlen(name) : chars;
    }
    fputs("END_OF_DATA\n", to);
    put_panels(lines, to);
    plot_put_chars(chars, to);
    return (int)lines[THROUGHPUT];
}

int plot_data_time_series(struct reader *r, int64_t run, FILE *to)
{
    struct bins b = { .n = 0 };
    int n = bins_read(&b, r, run, series_sql, to);

    if (!n && b.n)
        n = put_all(&b, to);
    bins_destroy(&b);
    return n;
}
