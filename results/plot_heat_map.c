/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep over two axes of numbers: mean latency at each point, in functional mode a hit rate.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/plot_data.h"

enum { SIDE_MAX = 64, CELLS_WITH_NUMBERS = 160 };

/* Axes with values that differ; of those that vary together (zip) the first. */
#define AXES                                                                                       \
    "WITH axis AS (SELECT axis, min(rowid) AS at, count(DISTINCT value) AS n,"                     \
    "  max(typeof(value) NOT IN ('integer', 'real')) AS words FROM point"                          \
    "  WHERE ?1 IS NOT NULL GROUP BY axis HAVING n > 1),"                                          \
    "varied AS (SELECT * FROM axis a WHERE NOT EXISTS (SELECT 1 FROM axis b WHERE b.at < a.at"     \
    "  AND b.n = a.n AND a.n = (SELECT count(*) FROM (SELECT DISTINCT p.value, q.value"            \
    "  FROM point p JOIN point q ON q.run_id = p.run_id AND q.axis = b.axis"                       \
    "  WHERE p.axis = a.axis))))"

static const char axes_sql[] = AXES "SELECT axis, n, words FROM varied ORDER BY at";

/* Rows: value on the first axis, on the second; mean latency or NULL; hit rate of the structure
 * that is on an axis and differs most, and its name. */
static const char cells_sql[] =
    AXES ","
    "two AS (SELECT (SELECT axis FROM varied ORDER BY at LIMIT 1) AS y,"
    "  (SELECT axis FROM varied ORDER BY at LIMIT 1 OFFSET 1) AS x),"
    "rate AS (SELECT run_id, component, rate FROM hit_rate"
    "  WHERE run_id IN (SELECT run_id FROM point)),"
    "structure AS (SELECT r.component AS name FROM rate r, two GROUP BY r.component"
    "  HAVING max(r.rate) > min(r.rate) ORDER BY"
    "  substr(two.x, 1, length(r.component) + 1) = r.component || '.' OR"
    "  substr(two.y, 1, length(r.component) + 1) = r.component || '.' DESC,"
    "  max(r.rate) - min(r.rate) DESC, r.component LIMIT 1)"
    "SELECT px.value AS x, py.value AS y, CASE s.mode WHEN 'timed' THEN s.mean_ns END AS mean_ns,"
    " 100 * r.rate AS rate, (SELECT name FROM structure) AS structure "
    "FROM two JOIN point px ON px.axis = two.x"
    " JOIN point py ON py.axis = two.y AND py.run_id = px.run_id"
    " JOIN summary s ON s.run_id = px.run_id AND s.status IN ('done', 'mismatch')"
    " LEFT JOIN rate r ON r.run_id = px.run_id"
    "  AND r.component = (SELECT name FROM structure) ORDER BY px.value, py.value";

enum cell_col { CE_X, CE_Y, CE_MEAN, CE_RATE, CE_STRUCTURE };

/* ---- places on an axis ----------------------------------------------------------------------- */

struct side {
    const char *value[SIDE_MAX];
    size_t n;
    bool full;                         /* more values than a picture shows */
};

/* Where a value stands, in the order of numbers. */
static size_t place(struct side *s, const char *value)
{
    double v = strtod(value, NULL);
    size_t at = 0;

    while (at < s->n && strtod(s->value[at], NULL) < v)
        at++;
    if (at < s->n && strcmp(s->value[at], value) == 0)
        return at;
    s->full = s->full || s->n == SIDE_MAX;
    if (s->full)
        return 0;
    memmove(&s->value[at + 1], &s->value[at], (s->n++ - at) * sizeof s->value[0]);
    s->value[at] = value;
    return at;
}

static void put_ticks(const struct side *s, const char *name, FILE *to)
{
    size_t every = (s->n + 23) / 24;

    fprintf(to, "$%s << END_OF_DATA\n", name);
    for (size_t i = 0; i < s->n; i += every)
        fprintf(to, "%zu %s\n", i, s->value[i]);
    fprintf(to, "END_OF_DATA\n%s_n = %zu\n", name, s->n);
}

/* ---- cells ----------------------------------------------------------------------------------- */

struct map {
    const struct table *axes, *cells;
    struct side x, y;
    int col;                           /* CE_MEAN or CE_RATE */
};

static bool is_given(const struct map *m, size_t row, int col)
{
    return table_text(m->cells, row, (size_t)col)[0] != 0;
}

/* x, y, value, the same in words */
static int put_cells(struct map *m, FILE *to)
{
    int n = 0;

    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < m->cells->rows; i++) {
        double v = table_real(m->cells, i, (size_t)m->col);

        if (!is_given(m, i, m->col))
            continue;
        fprintf(to, v < 9.995 ? "%zu %zu %.9g \"%.2f\"\n" : v < 999.5
                ? "%zu %zu %.9g \"%.1f\"\n" : "%zu %zu %.9g \"%.0f\"\n",
                place(&m->x, table_text(m->cells, i, CE_X)),
                place(&m->y, table_text(m->cells, i, CE_Y)), v, v);
        n++;
    }
    fputs("END_OF_DATA\n", to);
    return n;
}

static void put_labels(const struct map *m, FILE *to)
{
    char text[160];

    plot_set_text(to, "y_label", table_text(m->axes, 0, 0));
    plot_set_text(to, "x_label", table_text(m->axes, 1, 0));
    snprintf(text, sizeof text, "hits per lookup of %s (%%)",
             table_text(m->cells, 0, CE_STRUCTURE));
    plot_set_text(to, "value_label", m->col == CE_MEAN ? "mean latency of a request (ns)" : text);
    snprintf(text, sizeof text, "Hit rate of %s over two axes",
             table_text(m->cells, 0, CE_STRUCTURE));
    plot_set_text(to, "title", m->col == CE_MEAN ? "Mean latency over two axes" : text);
    fprintf(to, "numbers = %d\n", m->x.n * m->y.n <= CELLS_WITH_NUMBERS);
}

static int put_map(struct map *m, FILE *to)
{
    int n;

    m->col = CE_RATE;
    for (size_t i = 0; i < m->cells->rows; i++) {
        place(&m->x, table_text(m->cells, i, CE_X));
        place(&m->y, table_text(m->cells, i, CE_Y));
        m->col = is_given(m, i, CE_MEAN) ? CE_MEAN : m->col;
    }
    if (m->x.full || m->y.full)
        return 0;
    n = put_cells(m, to);
    put_ticks(&m->x, "x", to);
    put_ticks(&m->y, "y", to);
    if (n)
        put_labels(m, to);
    return n;
}

static bool is_map(const struct table *axes)
{
    return axes->rows == 2 && table_real(axes, 0, 2) == 0 && table_real(axes, 1, 2) == 0;
}

int plot_data_heat_map(struct reader *r, int64_t run, FILE *to)
{
    struct table axes, cells = { 0 };
    struct map m = { .axes = &axes, .cells = &cells };
    int n = reader_query(r, &axes, run, axes_sql);

    if (!n && is_map(&axes)) {
        n = reader_query(r, &cells, run, cells_sql);
        if (!n && cells.rows)
            n = put_map(&m, to);
    }
    table_destroy(&axes);
    table_destroy(&cells);
    return n;
}

/* ---- why not --------------------------------------------------------------------------------- */

/* "a (3 values), b (4 words)" */
static void say_axes(const struct table *axes, char *buf, size_t size)
{
    size_t n = 0;

    buf[0] = 0;
    for (size_t i = 0; i < axes->rows && n < size; i++)
        n += (size_t)snprintf(buf + n, size - n, "%s%s (%s %s)", i ? ", " : "",
                              table_text(axes, i, 0), table_text(axes, i, 1),
                              table_real(axes, i, 2) > 0 ? "words" : "values");
}

void plot_heat_map_why(struct reader *r, char *buf, size_t size)
{
    struct table axes;
    char names[200];

    if (!reader_query(r, &axes, 0, axes_sql) && axes.rows) {
        say_axes(&axes, names, sizeof names);
        if (!is_map(&axes))
            snprintf(buf, size, "run `iommusim sweep` with exactly two axes of numbers that vary; "
                     "found %zu: %s", axes.rows, names);
        else
            snprintf(buf, size, "no latencies and no hit rates that differ, or more than %d "
                     "values, on %s; run `iommusim sweep` again", SIDE_MAX, names);
    }
    table_destroy(&axes);
}
