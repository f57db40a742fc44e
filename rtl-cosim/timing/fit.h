/* SPDX-License-Identifier: Apache-2.0
 *
 * fit.h - weighted linear least squares with few unknowns: y = sum of x[i] * p[i].
 *
 * Rows are added one by one and not kept.  An unknown whose column is zero, or a sum of earlier ones, is left at
 * zero and said to be so: the earlier ones carry its part.
 */
#ifndef RTL_COSIM_FIT_H
#define RTL_COSIM_FIT_H
#include <stdbool.h>
#include <stdint.h>

enum { FIT_MAX = 16 };

struct fit {
    unsigned n;                        /* unknowns, FIT_MAX at most */
    double   xx[FIT_MAX][FIT_MAX], xy[FIT_MAX], yy, weight;
    uint64_t rows;
};

struct fit_result {
    double p[FIT_MAX];
    double whole[FIT_MAX];             /* whole numbers near by: the last one rounded first, the others for that one */
    double sigma[FIT_MAX];             /* standard error                                   */
    bool   known[FIT_MAX];             /* the rows say something of it                     */
    double residual;                   /* root of the mean square that is left             */
};

void fit_row(struct fit *f, const double *x, double y, double weight);
void fit_solve(const struct fit *f, struct fit_result *r);

#endif
