/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/compare.h"

#include <math.h>

#include "suite.h"

static struct tolerance tolerance;

static void add(struct cosim_latency *l, enum cosim_class c, uint64_t request, uint32_t cycles)
{
    const struct cosim_sample s = { .request = request, .cycles = cycles };

    cosim_latency_add(l, c, &s);
}

static void compare(const struct cosim_latency *found, const struct cosim_latency *model, uint64_t a, uint64_t b,
                    struct run_error *e)
{
    if (!tolerance.least)
        tolerance_defaults(&tolerance);
    CHECK_EQ(compare_latency(found, model, a, b, &tolerance, e), 0);
}

static bool near(double a, double b) { return fabs(a - b) < 1e-9; }

static void equal_runs_are_equal_in_any_order(void)
{
    struct cosim_latency a = { 0 }, b = { 0 };
    struct run_error e;

    for (uint64_t i = 0; i < 100; i++) {
        add(&a, COSIM_CLASS_TLB_HIT, i, (uint32_t)(5 + i % 3));
        add(&b, COSIM_CLASS_TLB_HIT, 99 - i, (uint32_t)(5 + (99 - i) % 3));
    }
    compare(&a, &b, 1000, 1000, &e);
    CHECK_EQ(e.verdict, COMPARE_EQUAL);
    CHECK_EQ(e.of[COSIM_CLASS_TLB_HIT].verdict, COMPARE_EQUAL);
    CHECK_EQ(e.of[COSIM_CLASS_TLB_HIT].pairs, 100);
    CHECK_EQ(e.of[COSIM_CLASS_FAULT].verdict, COMPARE_NONE);
    CU_ASSERT(near(e.of[COSIM_CLASS_TLB_HIT].correlation, 1) && near(e.of[COSIM_CLASS_TLB_HIT].ks, 0));
    cosim_latency_destroy(&a);
    cosim_latency_destroy(&b);
}

static void a_shifted_class_is_outside_and_says_by_how_much(void)
{
    struct cosim_latency a = { 0 }, b = { 0 };
    struct run_error e;

    for (uint64_t i = 0; i < 100; i++) {
        add(&a, COSIM_CLASS_WALK_S1, i, (uint32_t)(105 + i));
        add(&b, COSIM_CLASS_WALK_S1, i, (uint32_t)(100 + i));
    }
    add(&a, COSIM_CLASS_TLB_HIT, 200, 10);
    add(&b, COSIM_CLASS_TLB_HIT, 200, 10);
    compare(&a, &b, 1000, 1019, &e);
    CHECK_EQ(e.of[COSIM_CLASS_WALK_S1].verdict, COMPARE_OUTSIDE);
    CHECK_EQ(e.of[COSIM_CLASS_TLB_HIT].verdict, COMPARE_EQUAL);
    CU_ASSERT(near(e.of[COSIM_CLASS_WALK_S1].mean_abs, 5));
    CU_ASSERT(near(e.of[COSIM_CLASS_WALK_S1].mean_error, 5 / 149.5));
    CU_ASSERT(near(e.of[COSIM_CLASS_WALK_S1].ks, 0.05));
    CHECK_EQ(e.verdict, COMPARE_OUTSIDE);
    tolerance.mean = 4;
    compare(&a, &b, 1000, 1019, &e);
    CHECK_EQ(e.of[COSIM_CLASS_WALK_S1].verdict, COMPARE_WITHIN);
    CHECK_EQ(e.verdict, COMPARE_WITHIN);
    compare(&a, &b, 1000, 1030, &e);
    CHECK_EQ(e.verdict, COMPARE_OUTSIDE);
    tolerance.mean = 3;
    cosim_latency_destroy(&a);
    cosim_latency_destroy(&b);
}

static void a_class_that_one_side_does_not_have_is_outside(void)
{
    struct cosim_latency a = { 0 }, b = { 0 };
    struct run_error e;

    add(&a, COSIM_CLASS_MERGED, 0, 50);
    add(&b, COSIM_CLASS_WALK_S1, 0, 50);
    compare(&a, &b, 100, 100, &e);
    CHECK_EQ(e.of[COSIM_CLASS_MERGED].verdict, COMPARE_OUTSIDE);
    CHECK_EQ(e.of[COSIM_CLASS_WALK_S1].verdict, COMPARE_OUTSIDE);
    CHECK_EQ(e.of[COSIM_CLASS_MERGED].pairs, 0);
    cosim_latency_destroy(&a);
    cosim_latency_destroy(&b);
}

static void a_class_of_few_requests_is_not_judged(void)
{
    struct cosim_latency a = { 0 }, b = { 0 };
    struct run_error e;

    add(&a, COSIM_CLASS_MERGED, 0, 50);
    add(&a, COSIM_CLASS_MERGED, 1, 50);
    add(&b, COSIM_CLASS_MERGED, 0, 99);
    tolerance.least = 3;
    compare(&a, &b, 100, 100, &e);
    CHECK_EQ(e.of[COSIM_CLASS_MERGED].verdict, COMPARE_FEW);
    CHECK_EQ(e.verdict, COMPARE_EQUAL);
    tolerance.least = 2;
    compare(&a, &b, 100, 100, &e);
    CHECK_EQ(e.of[COSIM_CLASS_MERGED].verdict, COMPARE_OUTSIDE);
    tolerance.least = 1;
    cosim_latency_destroy(&a);
    cosim_latency_destroy(&b);
}

#define TESTS(T)                                                                                   \
    T(equal_runs_are_equal_in_any_order)                                                           \
    T(a_shifted_class_is_outside_and_says_by_how_much)                                             \
    T(a_class_that_one_side_does_not_have_is_outside)                                              \
    T(a_class_of_few_requests_is_not_judged)
TEST_SUITE("compare", TESTS)
