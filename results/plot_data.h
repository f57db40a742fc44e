/* SPDX-License-Identifier: Apache-2.0
 *
 * plot_data.h - within results/: the numbers of each plot, written as gnuplot data blocks.
 */
#ifndef RESULTS_PLOT_DATA_H
#define RESULTS_PLOT_DATA_H
#include "results/plot.h"

/* Each writes its blocks and variables to a gnuplot script.  Returns the number of points written,
 * 0 if there are no rows, or SIM_E. */
#define PLOT_DATA_PROTOTYPE(fn, name, shows, how)                                                  \
    int plot_data_##fn(struct reader *r, int64_t run, FILE *to);
PLOTS(PLOT_DATA_PROTOTYPE)

/* name = 'text', in gnuplot's quotes. */
void plot_set_text(FILE *to, const char *name, const char *text);

/* chars = n: how wide a key becomes. */
void plot_put_chars(size_t n, FILE *to);

/* Two rows have the same word in a column. */
bool plot_same(const struct table *t, size_t a, size_t b, size_t col);

/* A count as a person says it: 950, 12.3 k, 4.56 M. */
void plot_say_count(char *buf, size_t size, double n);

/* Why a sweep has no heat map. */
void plot_heat_map_why(struct reader *r, char *buf, size_t size);

#endif
