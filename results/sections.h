/* SPDX-License-Identifier: Apache-2.0
 *
 * sections.h - the tables that `show` prints and `report` puts on a page: a title and a query each.
 */
#ifndef RESULTS_SECTIONS_H
#define RESULTS_SECTIONS_H
#include "results/table.h"

struct section {
    const char *name;          /* key in JSON                                        */
    const char *title;
    const char *sql;           /* ?1: the run                                        */
    unsigned rows;             /* as many are printed unless the user says; 0: all   */
};

/* About one run, in the order in which they are read. */
extern const struct section run_section[];
extern const size_t run_sections;

/* All runs, a row each.  Then a sweep's points: a column for each axis, for each hit rate that
 * differs between points and for the latency, if timed; no rows if nothing was swept. */
extern const struct section all_runs;
int sections_points(struct reader *r, struct table *t);

#endif
