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

#endif
