/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/fit.h"

#include <math.h>

#include "base/bits.h"
#include "suite.h"

static bool near(double a, double b, double by) { return fabs(a - b) <= by; }

static void exact_rows_give_the_unknowns(void)
{
    const double rows[][3] = { { 1, 0, 2 }, { 1, 3, 0 }, { 1, 4, 8 }, { 1, 15, 1 }, { 1, 2, 2 } };
    struct fit f = { .n = 3 };
    struct fit_result r;

    for (unsigned i = 0; i < 5; i++)
        fit_row(&f, rows[i], 5 + 20 * rows[i][1] + 3 * rows[i][2], 1);
    fit_solve(&f, &r);
    CU_ASSERT(near(r.p[0], 5, 1e-6) && near(r.p[1], 20, 1e-6) && near(r.p[2], 3, 1e-6));
    CU_ASSERT(r.known[0] && r.known[1] && r.known[2]);
    CU_ASSERT(r.residual < 1e-4);
}

static void what_the_rows_do_not_tell_apart_is_said(void)
{
    struct fit f = { .n = 4 };
    struct fit_result r;

    for (unsigned i = 0; i < 6; i++) {
        const double x[] = { 1, i, 2 * i, 0 };

        fit_row(&f, x, 7 + 4.0 * i, 1);
    }
    fit_solve(&f, &r);
    CU_ASSERT(r.known[0] && r.known[1]);
    CU_ASSERT(!r.known[2] && !r.known[3]);
    CU_ASSERT(near(r.p[0], 7, 1e-6) && near(r.p[1], 4, 1e-6));
    CU_ASSERT(r.p[2] == 0 && isinf(r.sigma[2]));
}

/* Over many fits of noisy rows the truth lies within two standard errors nineteen times of twenty. */
static void the_standard_error_is_one(void)
{
    unsigned within = 0;

    for (unsigned run = 0; run < 400; run++) {
        struct fit f = { .n = 2 };
        struct fit_result r;

        for (unsigned i = 0; i < 60; i++) {
            const double x[] = { 1, i % 10 };
            double noise = 0;

            for (unsigned k = 0; k < 12; k++)
                noise += (double)(bits_mix(run * 1000003ull + i * 12 + k) >> 11) / (double)(1ull << 53);
            fit_row(&f, x, 30 + 10 * x[1] + 2 * (noise - 6), 1);
        }
        fit_solve(&f, &r);
        within += near(r.p[1], 10, 2 * r.sigma[1]);
    }
    CU_ASSERT(within > 400 * 92 / 100 && within < 400 * 99 / 100);
}

/* Each by itself the second rounds to 1, and the first to 0: together that is worse than nothing. */
static void what_is_told_almost_alike_is_rounded_together(void)
{
    struct fit f = { .n = 2 };
    struct fit_result r;

    for (unsigned i = 0; i < 60; i++) {
        const double x[] = { i % 10 ? 4 : 4.1, 1 };

        fit_row(&f, x, 1.2 - 4 * 0.3 + (i % 10 ? 0 : -0.03), 1);
    }
    fit_solve(&f, &r);
    CU_ASSERT(near(r.p[0], -0.3, 1e-3) && near(r.p[1], 1.2, 1e-3));
    CU_ASSERT(near(4 * r.whole[0] + r.whole[1], 0, 2.5));
    CU_ASSERT(r.whole[0] == round(r.whole[0]) && r.whole[1] == 1);
}

#define TESTS(T)                                                                                   \
    T(exact_rows_give_the_unknowns)                                                                \
    T(what_the_rows_do_not_tell_apart_is_said)                                                     \
    T(the_standard_error_is_one)                                                                   \
    T(what_is_told_almost_alike_is_rounded_together)
TEST_SUITE("fit", TESTS)
