/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots in use by share of time, a panel for each structure; and table reads of each walk.
 */
#include <stdlib.h>

#include "base/sim.h"
#include "results/plot_data.h"

enum { PANELS_MAX = 8 };

/* ---- occupancy ------------------------------------------------------------------------------- */

/* Of the structures that were ever in use, the first in the order of the rows. */
static const char occupancy_sql[] =
    "WITH part AS (SELECT component, min(rowid) AS at, sum(count) AS ps, max(hi) AS most,"
    "  sum((lo + hi) / 2.0 * count) / sum(count) AS mean,"
    "  sum(CASE WHEN hi > 0 THEN count ELSE 0 END) AS busy FROM histogram"
    "  WHERE run_id = ?1 AND name = 'occupancy' AND unit = 'ps' GROUP BY component"
    "  HAVING max(hi) > 0),"
    "place AS (SELECT *, row_number() OVER (ORDER BY at) AS place FROM part)"
    "SELECT p.component, h.lo, h.hi, 100.0 * h.count / p.ps, p.mean, p.most,"
    " 100.0 * p.busy / p.ps, (SELECT count(*) FROM part) "
    "FROM place p JOIN histogram h ON h.run_id = ?1 AND h.component = p.component"
    " AND h.name = 'occupancy' WHERE p.place <= 8 ORDER BY p.place, h.lo";

enum occupancy_col { OC_NAME, OC_LO, OC_HI, OC_SHARE, OC_MEAN, OC_MOST, OC_BUSY, OC_STRUCTURES };

/* number in use from, to, % of time */
static size_t put_structure(const struct table *t, size_t first, FILE *to)
{
    size_t i = first;

    for (; i < t->rows && plot_same(t, first, i, OC_NAME); i++)
        fprintf(to, "%s %s %.9g\n", table_text(t, i, OC_LO), table_text(t, i, OC_HI),
                table_real(t, i, OC_SHARE));
    fputs("\n\n", to);
    return i;
}

static void put_panel(const struct table *t, size_t row, int panel, FILE *to)
{
    char name[24], text[120];

    snprintf(name, sizeof name, "structure[%d]", panel);
    plot_set_text(to, name, table_text(t, row, OC_NAME));
    snprintf(name, sizeof name, "says[%d]", panel);
    snprintf(text, sizeof text, "mean %.3g · most %s · in use %.3g %% of the time",
             table_real(t, row, OC_MEAN), table_text(t, row, OC_MOST),
             table_real(t, row, OC_BUSY));
    plot_set_text(to, name, text);
    fprintf(to, "mean[%d] = %.9g\nmost[%d] = %s\n", panel, table_real(t, row, OC_MEAN), panel,
            table_text(t, row, OC_MOST));
}

static int put_panels(const struct table *t, FILE *to)
{
    size_t start[PANELS_MAX];
    int panels = 0;

    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < t->rows; panels++) {
        start[panels] = i;
        i = put_structure(t, i, to);
    }
    fprintf(to, "END_OF_DATA\narray structure[%d]\narray says[%d]\narray mean[%d]\n"
            "array most[%d]\n", panels, panels, panels, panels);
    for (int p = 0; p < panels; p++)
        put_panel(t, start[p], p + 1, to);
    fprintf(to, "panels = %d\nmore = %d\n", panels,
            (int)table_real(t, 0, OC_STRUCTURES) - panels);
    return panels;
}

int plot_data_occupancy(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int n = reader_query(r, &t, run, occupancy_sql);

    if (!n && t.rows)
        n = put_panels(&t, to);
    table_destroy(&t);
    return n;
}

/* ---- reads of a walk ------------------------------------------------------------------------- */

static const char reads_sql[] =
    "WITH part AS (SELECT lo, hi, sum(count) AS n FROM histogram"
    "  WHERE run_id = ?1 AND name = 'walk_reads' AND unit = 'reads' GROUP BY lo, hi)"
    "SELECT lo, hi, 100.0 * n / (SELECT sum(n) FROM part), (SELECT sum(n) FROM part),"
    " (SELECT sum((lo + hi) / 2.0 * n) / sum(n) FROM part) FROM part ORDER BY lo";

enum reads_col { RD_LO, RD_HI, RD_SHARE, RD_WALKS, RD_MEAN };

/* "63 %", "0.4 %" */
static void put_reads(const struct table *t, FILE *to)
{
    fputs("$data << END_OF_DATA\n", to);
    for (size_t i = 0; i < t->rows; i++) {
        double share = table_real(t, i, RD_SHARE);

        fprintf(to, share < 0.095 ? "%s %s %.9g \"%.1g\"\n" : share < 9.95
                ? "%s %s %.9g \"%.1f\"\n" : "%s %s %.9g \"%.0f\"\n",
                table_text(t, i, RD_LO), table_text(t, i, RD_HI), share, share);
    }
    fputs("END_OF_DATA\n", to);
}

int plot_data_walk_reads(struct reader *r, int64_t run, FILE *to)
{
    struct table t;
    int error = reader_query(r, &t, run, reads_sql), n = (int)t.rows;
    char count[24], text[80];

    if (!error && n) {
        put_reads(&t, to);
        plot_say_count(count, sizeof count, table_real(&t, 0, RD_WALKS));
        snprintf(text, sizeof text, "mean %.3f reads of %s walks", table_real(&t, 0, RD_MEAN),
                 count);
        plot_set_text(to, "mean_label", text);
        fprintf(to, "mean = %.9g\n", table_real(&t, 0, RD_MEAN));
    }
    table_destroy(&t);
    return error ? error : n;
}
