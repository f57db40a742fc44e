/* SPDX-License-Identifier: Apache-2.0
 *
 * plot.h - pictures of a results database, drawn by gnuplot.
 *
 * A plot is a query (plot_data.c, plot_*.c), which gives named blocks of numbers, and a script
 * (plots/NAME.gp), which draws them; users may copy a script and change it.  The suffix of the
 * target says SVG or PNG.  The picture gets its name only when it is whole.
 */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "results/table.h"

/* P(function, "name", "what it shows", "how to get its rows") */
#define PLOTS(P)                                                                                   \
    P(hit_rate, "hit-rate", "hit rate over entries of each structure that a sweep varies",         \
      "run `iommusim sweep` with an axis of sets or ways")                                         \
    P(streams, "streams", "how the requests of each stream were answered",                         \
      "record a run with `iommusim run --db`")                                                     \
    P(misses, "misses", "misses over time, by structure",                                          \
      "record a run with `iommusim run --db`")                                                     \
    P(reuse, "reuse", "reuse distances of a trace, and the hit rate an LRU TLB would have",        \
      "record a run with `iommusim run --reuse --db`")                                             \
    P(latency_cdf, "latency-cdf", "distribution of the latency, by class",                         \
      "record a run with `iommusim run --mode timed --db`")                                        \
    P(causes, "causes", "where the time of a request went, by class",                              \
      "record a run with `iommusim run --mode timed --db`")                                        \
    P(time_series, "time-series", "throughput, latency, miss rates and slots in use over time",    \
      "record a run with `iommusim run --mode timed --db`")                                        \
    P(occupancy, "occupancy", "slots and places in use: share of time at each number",             \
      "record a run with `iommusim run --mode timed --db`")                                        \
    P(walk_reads, "walk-reads", "table reads of a walk",                                           \
      "record a run with `iommusim run --mode timed --db`")                                        \
    P(heat_map, "heat-map", "mean latency, else a hit rate, over the two axes of a sweep",         \
      "run `iommusim sweep` with two axes of numbers")

#define PLOT_ENUM(fn, name, shows, how) PLOT_##fn,
enum plot_id { PLOTS(PLOT_ENUM) PLOT_COUNT };

struct plot_info {
    const char *name, *shows, *how;
};
extern const struct plot_info plot_info[PLOT_COUNT];

/* The plot of that name; negative and a message with the nearest name if there is none. */
int plot_find(const char *name, struct diag *d);

enum { PLOT_LAST_RUN = -1 };

/* True if the database has rows for this plot of this run. */
bool plot_has_data(struct reader *r, enum plot_id plot, int64_t run);

/* `scripts` is the directory of the scripts; `run` is ignored by hit-rate and heat-map, which
 * show all runs.
 * Returns 0, SIM_EINPUT (no rows, bad suffix) or SIM_EENV (no gnuplot, cannot write). */
int plot_draw(struct reader *r, enum plot_id plot, int64_t run, const char *scripts,
              const char *out, struct diag *d);

#endif
