/* SPDX-License-Identifier: Apache-2.0
 *
 * calibrate.h - fits parameters of the model to what a design under test takes.
 *
 * Latencies of single requests are linear in most of a model's delays.  So the model is run as it is and once more
 * for each unknown, one step larger; what that adds to each request are the rows of a least-squares fit (fit.h)
 * against what the design took more than the model.  Values are rounded to whole steps and the fit repeated until
 * they stay; the best that were met are the result.  Faults, which may have to wait for their records' turn, say
 * nothing of what the others tell: they have unknowns of their own.  Only requests count that were alone on their way on both sides and met the same there.
 *
 * Patterns are split: those with `train` are fitted, the others only compared, which is what the error that is left
 * has to be judged by.
 */
#ifndef RTL_COSIM_CALIBRATE_H
#define RTL_COSIM_CALIBRATE_H
#include <stdio.h>

#include "base/diag.h"
#include "rtl-cosim/timing/compare.h"
#include "rtl-cosim/timing/fit.h"

struct calibrate_unknown {
    const char *path;                  /* of the parameter                                  */
    uint64_t step;                     /* of its unit: 1 cycle, 1000 ps                     */
    uint64_t min, max;
    bool     of_faults;                /* requests that faulted tell it, and only those       */
    uint64_t value;                    /* in: where to begin; out: fitted                   */
    double   sigma;                    /* its standard error; infinite if not known         */
    bool     known;                    /* the traffic says something of it                  */
};

/* Runs one pattern; what it took.  0 or SIM_E. */
struct calibrate_ops {
    size_t patterns;
    const char *(*name)(void *arg, size_t pattern);
    bool (*train)(void *arg, size_t pattern);
    int  (*found)(void *arg, size_t pattern, struct cosim_latency *l, uint64_t *cycles);
    int  (*model)(void *arg, size_t pattern, const struct calibrate_unknown *u, size_t n, struct cosim_latency *l,
                  uint64_t *cycles);
    void *arg;
};

struct calibrate_result {
    unsigned rounds;
    uint64_t rows;                     /* requests that were fitted                          */
    double   residual;                 /* root of the mean square, cycles                    */
    struct calibrate_pattern { struct run_error before, after; } *pattern;     /* [patterns] */
    size_t   patterns;
    struct run_error train, rest;      /* all patterns of a kind together, after             */
};

enum { CALIBRATE_ROUNDS = 10 };

/* 0 or SIM_E; to be destroyed in any case. */
int  calibrate(const struct calibrate_ops *ops, struct calibrate_unknown *u, size_t n, const struct tolerance *t,
               struct calibrate_result *r);
void calibrate_destroy(struct calibrate_result *r);

/* A profile of the fitted values on top of `base`; `about` is one line.  0 or SIM_EENV. */
int  calibrate_write(const char *path, const char *base, const char *about, const struct calibrate_unknown *u, size_t n,
                     const struct calibrate_result *r, struct diag *d);

#endif
