/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/fit.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-9

void fit_row(struct fit *f, const double *x, double y, double weight)
{
    for (unsigned i = 0; i < f->n; i++) {
        for (unsigned j = 0; j < f->n; j++)
            f->xx[i][j] += weight * x[i] * x[j];
        f->xy[i] += weight * x[i] * y;
    }
    f->yy += weight * y * y;
    f->weight += weight;
    f->rows++;
}

/* Cholesky: a = l * l'.  A row whose pivot vanishes depends on earlier ones: it is left zero. */
static void decompose(const struct fit *f, double l[FIT_MAX][FIT_MAX], bool *known)
{
    for (unsigned i = 0; i < f->n; i++) {
        double pivot = f->xx[i][i];

        for (unsigned j = 0; j < i; j++) {
            double sum = f->xx[i][j];

            for (unsigned k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            l[i][j] = known[j] ? sum / l[j][j] : 0;
            pivot -= l[i][j] * l[i][j];
        }
        known[i] = pivot > EPSILON * f->xx[i][i] && f->xx[i][i] > 0;
        l[i][i] = known[i] ? sqrt(pivot) : 0;
        if (!known[i])
            memset(l[i], 0, sizeof l[i]);
    }
}

/* whole: each is rounded when those behind it are, which it then makes up for as far as it tells the same. */
static void solve(const struct fit *f, double l[FIT_MAX][FIT_MAX], const bool *known, const double *b, bool whole, double *x)
{
    double t[FIT_MAX] = { 0 };

    for (unsigned i = 0; i < f->n; i++) {
        double sum = b[i];

        for (unsigned k = 0; k < i; k++)
            sum -= l[i][k] * t[k];
        t[i] = known[i] ? sum / l[i][i] : 0;
    }
    for (unsigned i = f->n; i-- > 0;) {
        double sum = t[i];

        for (unsigned k = i + 1; k < f->n; k++)
            sum -= l[k][i] * x[k];
        x[i] = known[i] ? sum / l[i][i] : 0;
        x[i] = whole ? round(x[i]) : x[i];
    }
}

void fit_solve(const struct fit *f, struct fit_result *r)
{
    double l[FIT_MAX][FIT_MAX] = { { 0 } }, left = f->yy, column[FIT_MAX];
    unsigned unknowns = 0;

    *r = (struct fit_result){ .residual = 0 };
    decompose(f, l, r->known);
    solve(f, l, r->known, f->xy, false, r->p);
    solve(f, l, r->known, f->xy, true, r->whole);
    for (unsigned i = 0; i < f->n; i++) {
        left -= r->p[i] * f->xy[i];
        unknowns += r->known[i];
    }
    left = left > 0 ? left : 0;
    r->residual = f->weight > 0 ? sqrt(left / f->weight) : 0;
    for (unsigned i = 0; i < f->n; i++) {
        double unit[FIT_MAX] = { 0 };

        unit[i] = 1;
        solve(f, l, r->known, unit, false, column);
        r->sigma[i] = r->known[i] && f->rows > unknowns
                    ? sqrt(column[i] * left / (double)(f->rows - unknowns)) : INFINITY;
    }
}
