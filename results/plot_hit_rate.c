/* SPDX-License-Identifier: Apache-2.0
 *
 * Hit rate over entries: a panel for each structure whose size a sweep varies, in it a line for
 * each combination of the other axes that makes a difference.
 */
#define _GNU_SOURCE                      /* qsort_r */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/plot_data.h"

enum { AXES_MAX = 24, LINES_MAX = 14, PANELS_MAX = 4, SIZES_WANTED = 3 };

/* Rates nearer than this, in percent, are one in a picture. */
static const double RATE_SEEN = 0.05;

/* A row per run and structure; of a sweep's runs, if there are any. */
static const char rows_sql[] =
    "WITH size AS ("
    "  SELECT run_id, substr(path, 1, length(path) - 5) AS component,"
    "         max(CASE WHEN path LIKE '%.sets' THEN value END) AS sets,"
    "         max(CASE WHEN path LIKE '%.ways' THEN value END) AS ways"
    "  FROM param WHERE path LIKE '%.sets' OR path LIKE '%.ways' GROUP BY 1, 2) "
    "SELECT s.component, s.sets * s.ways AS entries, 100 * h.rate, s.run_id, s.ways, r.profile,"
    "       replace(r.trace, rtrim(r.trace, replace(r.trace, '/', '')), '') "
    "FROM size s JOIN run r ON r.id = s.run_id AND r.status IN ('done', 'mismatch')"
    " JOIN hit_rate h ON h.run_id = s.run_id AND h.component = s.component "
    "WHERE s.sets > 0 AND s.ways > 0 AND h.rate IS NOT NULL AND ?1 IS NOT NULL"
    " AND (r.id IN (SELECT run_id FROM point) OR NOT EXISTS (SELECT 1 FROM point)) "
    "ORDER BY s.component, s.run_id";
static const char points_sql[] = "SELECT run_id, axis, value FROM point ORDER BY run_id, rowid";
static const char axes_sql[] = "SELECT axis FROM point GROUP BY axis ORDER BY min(rowid)";

enum col { COL_STRUCTURE, COL_ENTRIES, COL_RATE, COL_RUN, COL_WAYS, COL_PROFILE, COL_TRACE };

struct sample {
    double entries, rate;
    size_t order;                        /* of the run */
    const char *value[AXES_MAX];
};

struct panel {
    const char *structure;
    struct sample *sample;               /* [n] */
    size_t n, sizes;                     /* how many different sizes */
    const char *axis[AXES_MAX];          /* what else distinguishes runs */
    bool keeps[AXES_MAX];                /* ... and makes a difference */
    size_t axes;
};

/* ---- which axes make a difference ------------------------------------------------------------ */

static int by_kept(const struct panel *p, const struct sample *a, const struct sample *b)
{
    int c = 0;

    for (size_t i = 0; i < p->axes && !c; i++)
        c = p->keeps[i] ? strcmp(a->value[i], b->value[i]) : 0;
    return c;
}

static int by_size(const void *a, const void *b, void *panel)
{
    const struct sample *x = a, *y = b;
    int c = (x->entries > y->entries) - (x->entries < y->entries);

    c = c ? c : by_kept(panel, x, y);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

static int by_line(const void *a, const void *b, void *panel)
{
    int c = by_kept(panel, a, b);

    return c ? c : by_size(a, b, panel);
}

/* Runs that differ in nothing kept have rates that look equal. */
static bool is_consistent(struct panel *p)
{
    size_t first = 0;

    qsort_r(p->sample, p->n, sizeof *p->sample, by_size, p);
    for (size_t i = 1; i < p->n; i++) {
        const struct sample *a = &p->sample[first], *b = &p->sample[i];

        if (a->entries != b->entries || by_kept(p, a, b) != 0)
            first = i;
        else if (fabs(a->rate - b->rate) > RATE_SEEN)
            return false;
    }
    return true;
}

static void drop_axes(struct panel *p)
{
    for (size_t i = 0; i < p->axes; i++)
        p->keeps[i] = true;
    for (size_t i = 0; i < p->axes; i++) {
        p->keeps[i] = false;
        p->keeps[i] = !is_consistent(p);
    }
}

static void count_sizes(struct panel *p)
{
    qsort_r(p->sample, p->n, sizeof *p->sample, by_size, p);
    p->sizes = p->n > 0;
    for (size_t i = 1; i < p->n; i++)
        p->sizes += p->sample[i].entries != p->sample[i - 1].entries;
}

/* ---- writing --------------------------------------------------------------------------------- */

struct line {
    size_t first, end, order;
};

struct lines {
    struct line line[LINES_MAX];
    size_t n, more;                      /* more: lines that found no room */
    size_t chars;                        /* of the longest title */
};

/* Lines by their first run; beyond LINES_MAX the last of them fall off. */
static void insert_line(struct lines *l, struct line line)
{
    size_t at = l->n;

    while (at > 0 && l->line[at - 1].order > line.order)
        at--;
    if (l->n == LINES_MAX)
        l->more++;
    else
        l->n++;
    if (at == LINES_MAX)
        return;
    memmove(&l->line[at + 1], &l->line[at], (l->n - 1 - at) * sizeof line);
    l->line[at] = line;
}

static void find_lines(struct panel *p, struct lines *l)
{
    *l = (struct lines){ .n = 0 };
    qsort_r(p->sample, p->n, sizeof *p->sample, by_line, p);
    for (size_t first = 0, end; first < p->n; first = end) {
        size_t order = p->sample[first].order;

        for (end = first; end < p->n && !by_kept(p, &p->sample[first], &p->sample[end]); end++)
            order = p->sample[end].order < order ? p->sample[end].order : order;
        insert_line(l, (struct line){ first, end, order });
    }
}

/* What the axis does not share with the structure: "policy" of its own, "tcu.cfg.ways" of
 * another one. */
static const char *short_name(const struct panel *p, const char *axis)
{
    const char *at = axis;

    size_t i = 0;

    for (; axis[i] && axis[i] == p->structure[i]; i++)
        if (axis[i] == '.')
            at = axis + i + 1;
    return axis[i] == '.' && !p->structure[i] ? axis + i + 1 : at;
}

/* "policy lru, tcu.cfg.ways 8" */
static void put_title(const struct panel *p, const struct sample *s, struct lines *l, FILE *to)
{
    char title[160] = "";
    size_t n = 0;

    for (size_t i = 0; i < p->axes && n < sizeof title; i++)
        if (p->keeps[i])
            n += (size_t)snprintf(title + n, sizeof title - n, "%s%s %s", n ? ", " : "",
                                  short_name(p, p->axis[i]), s->value[i]);
    if (!n)
        snprintf(title, sizeof title, "all runs");
    title[strcspn(title, "\"\n")] = 0;
    l->chars = strlen(title) > l->chars ? strlen(title) : l->chars;
    fprintf(to, "\"%s\"\n", title);
}

/* Two blank lines end a line, as gnuplot's index wants. */
static void put_line(const struct panel *p, const struct line *line, struct lines *l, FILE *to)
{
    const struct sample *s = &p->sample[line->first];

    put_title(p, s, l, to);
    for (size_t i = line->first; i < line->end; i++, s++)
        if (i == line->first || s->entries != s[-1].entries)
            fprintf(to, "%.0f %.6f\n", s->entries, s->rate);
    fputs("\n\n", to);
}

/* The script's data, and its variables, which stand behind them. */
struct out {
    FILE *data, *vars;
    size_t panels, lines, chars;
};

static void put_extent(const struct panel *p, const struct out *o)
{
    double lo = p->sample[0].entries, hi = lo, low = p->sample[0].rate;

    for (size_t i = 0; i < p->n; i++) {
        const struct sample *s = &p->sample[i];

        lo = s->entries < lo ? s->entries : lo;
        hi = s->entries > hi ? s->entries : hi;
        low = s->rate < low ? s->rate : low;
    }
    fprintf(o->vars, "smallest[%zu] = %.0f\nlargest[%zu] = %.0f\nlowest[%zu] = %.6f\n", o->panels,
            lo, o->panels, hi, o->panels, low);
}

static void put_panel(struct panel *p, struct out *o)
{
    struct lines l;
    char name[40];

    drop_axes(p);
    find_lines(p, &l);
    for (size_t i = 0; i < l.n; i++)
        put_line(p, &l.line[i], &l, o->data);
    o->panels++;
    snprintf(name, sizeof name, "structure[%zu]", o->panels);
    plot_set_text(o->vars, name, p->structure);
    fprintf(o->vars, "first[%zu] = %zu\nlines[%zu] = %zu\nmore[%zu] = %zu\n", o->panels, o->lines,
            o->panels, l.n, o->panels, l.more);
    put_extent(p, o);
    o->lines += l.n;
    o->chars = l.chars > o->chars ? l.chars : o->chars;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Values of a run's axes; rows of `points` are in the order of the runs, as those of a structure
 * are. */
static const char *value_of(const struct table *points, size_t *at, long run, const char *axis)
{
    while (*at < points->rows && strtol(table_text(points, *at, 0), NULL, 10) < run)
        ++*at;
    for (size_t i = *at; i < points->rows && strtol(table_text(points, i, 0), NULL, 10) == run; i++)
        if (strcmp(table_text(points, i, 1), axis) == 0)
            return table_text(points, i, 2);
    return "";
}

static bool is_size(const char *structure, const char *axis)
{
    size_t n = strlen(structure);

    return strncmp(axis, structure, n) == 0 &&
           (strcmp(axis + n, ".sets") == 0 || strcmp(axis + n, ".ways") == 0);
}

/* Ways come first: the first to be dropped where the size alone tells. */
static void choose_axes(struct panel *p, const struct table *axes)
{
    static const char *const of_run[] = { "ways", "profile", "trace" };

    for (size_t i = 0; i < ARRAY_LEN(of_run); i++)
        p->axis[p->axes++] = of_run[i];
    for (size_t i = 0; i < axes->rows && p->axes < AXES_MAX; i++) {
        const char *axis = table_text(axes, i, 0);

        if (!is_size(p->structure, axis) && strcmp(axis, "profile") && strcmp(axis, "trace"))
            p->axis[p->axes++] = axis;
    }
}

static int read_panel(struct panel *p, const struct table *rows, size_t first, size_t end,
                      const struct table *points, const struct table *axes)
{
    size_t at = 0;

    *p = (struct panel){ .structure = table_text(rows, first, COL_STRUCTURE), .n = end - first };
    p->sample = calloc(p->n, sizeof *p->sample);
    if (!p->sample)
        return SIM_EENV;
    choose_axes(p, axes);
    for (size_t i = first; i < end; i++) {
        struct sample *s = &p->sample[i - first];
        long run = strtol(table_text(rows, i, COL_RUN), NULL, 10);

        s->entries = table_real(rows, i, COL_ENTRIES);
        s->rate = table_real(rows, i, COL_RATE);
        s->order = i - first;
        s->value[0] = table_text(rows, i, COL_WAYS);
        s->value[1] = table_text(rows, i, COL_PROFILE);
        s->value[2] = table_text(rows, i, COL_TRACE);
        for (size_t a = 3; a < p->axes; a++)
            s->value[a] = value_of(points, &at, run, p->axis[a]);
    }
    count_sizes(p);
    return 0;
}

struct panels {
    struct panel *panel;                 /* [n] */
    size_t n, most;                      /* most sizes that one has */
};

static int read_panels(struct panels *ps, const struct table *rows, const struct table *points,
                       const struct table *axes)
{
    int error = 0;

    ps->panel = calloc(rows->rows + 1, sizeof *ps->panel);
    if (!ps->panel)
        return SIM_EENV;
    for (size_t first = 0, end; !error && first < rows->rows; first = end) {
        struct panel *p = &ps->panel[ps->n++];

        for (end = first + 1;
             end < rows->rows && strcmp(table_text(rows, first, COL_STRUCTURE),
                                        table_text(rows, end, COL_STRUCTURE)) == 0;)
            end++;
        error = read_panel(p, rows, first, end, points, axes);
        ps->most = p->sizes > ps->most ? p->sizes : ps->most;
    }
    return error;
}

static const char *const panel_array[] = { "structure", "first", "lines", "more", "smallest",
                                           "largest", "lowest" };

/* Structures with enough sizes for a curve; if none has, those with the most. */
static int put_panels(struct panels *ps, struct out *o)
{
    size_t wanted = ps->most < SIZES_WANTED ? ps->most : SIZES_WANTED;

    for (size_t i = 0; i < ARRAY_LEN(panel_array); i++)
        fprintf(o->vars, "array %s[%d]\n", panel_array[i], PANELS_MAX);
    fputs("$data << END_OF_DATA\n", o->data);
    for (size_t i = 0; i < ps->n && o->panels < PANELS_MAX; i++)
        if (ps->panel[i].sizes >= wanted)
            put_panel(&ps->panel[i], o);
    fputs("END_OF_DATA\n", o->data);
    fprintf(o->vars, "panels = %zu\nchars = %zu\n", o->panels, o->chars);
    return (int)o->lines;
}

static int put_all(struct panels *ps, FILE *to)
{
    char *vars = NULL;
    size_t size;
    struct out o = { .data = to, .vars = open_memstream(&vars, &size) };
    int n;

    if (!o.vars)
        return SIM_EENV;
    n = ps->most < 2 ? 0 : put_panels(ps, &o);
    fclose(o.vars);
    fputs(vars, to);
    free(vars);
    return n;
}

int plot_data_hit_rate(struct reader *r, int64_t run, FILE *to)
{
    struct table rows, points = { 0 }, axes = { 0 };
    struct panels ps = { .n = 0 };
    int n = reader_query(r, &rows, run, rows_sql);

    n = n ? n : reader_query(r, &points, run, points_sql);
    n = n ? n : reader_query(r, &axes, run, axes_sql);
    n = n ? n : read_panels(&ps, &rows, &points, &axes);
    n = n ? n : put_all(&ps, to);
    for (size_t i = 0; i < ps.n; i++)
        free(ps.panel[i].sample);
    free(ps.panel);
    table_destroy(&rows);
    table_destroy(&points);
    table_destroy(&axes);
    return n;
}
