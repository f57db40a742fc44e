/* SPDX-License-Identifier: Apache-2.0
 *
 * coverage.h - coverage of a design's text, and of situations beside it: points with counts, merged over runs.
 *
 * The file is Verilator's (verilator_coverage reads it): one line for each point, of lines, branches, toggles and
 * `cover` statements.  Bins [cover.h] are points, too, of kind "bin", with their group as unit.  Points of several
 * files, or of one, with equal keys are the same one, and their counts add up.
 */
#ifndef RTL_COSIM_COVERAGE_H
#define RTL_COSIM_COVERAGE_H
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "rtl-cosim/judge/cover.h"

struct coverage_point { char *key; uint64_t count; };
struct coverage { struct coverage_point *at; size_t n, room; };      /* sorted by key; all zero to begin with */

/* Adds what a file has.  0, SIM_EINPUT: not such a file, SIM_EENV. */
int  coverage_read(struct coverage *c, const char *path, struct diag *d);
/* Adds the bins.  0 or SIM_EENV. */
int  coverage_bins(struct coverage *c, const struct cover *bins, struct diag *d);
/* The bins of a file that was read. */
void coverage_to_bins(const struct coverage *c, struct cover *bins);
int  coverage_write(const struct coverage *c, const char *path, struct diag *d);
void coverage_destroy(struct coverage *c);

/* A unit (a module of the design, a group of bins) and a kind ("line", "branch", "toggle", "user", "bin"). */
enum { COVERAGE_NAME = 64 };
struct coverage_sum { char unit[COVERAGE_NAME], kind[COVERAGE_NAME]; uint64_t hit, total; };

/* One for each unit and kind, in the order of their names; *n of them, to be freed.  NULL: none, or no memory. */
struct coverage_sum *coverage_sums(const struct coverage *c, size_t *n);

#endif
