/* SPDX-License-Identifier: Apache-2.0
 *
 * test_hist.c - base/hist: bounds of buckets, and percentiles against exact sorting.
 */
#include "base/hist.h"

#include <stdlib.h>

#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"

enum { VALUES = 20000 };

static void bounds_and_index_are_inverse_for_every_bucket(void)
{
    uint64_t lo, hi, next = 0, wrong = 0;

    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        hist_bounds(i, &lo, &hi);
        wrong += lo != next || hi < lo || hist_index(lo) != i || hist_index(hi) != i;
        next = hi + 1;
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(next, 0);                         /* the last bucket ends at the last number */
    CHECK_EQ(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
}

static void the_edges_of_powers_of_two_fall_into_neighbouring_buckets(void)
{
    for (unsigned e = 1; e < 64; e++) {
        uint64_t v = 1ull << e;

        CHECK_EQ(hist_index(v), hist_index(v - 1) + 1);
        CU_ASSERT(hist_index(v + 1) - hist_index(v) <= 1);
    }
}

static void the_middle_of_a_bucket_is_within_four_in_a_thousand(void)
{
    for (size_t i = 1; i < HIST_BUCKETS; i++) {
        uint64_t lo, hi;

        hist_bounds(i, &lo, &hi);
        CU_ASSERT((hi - lo) / 2 <= lo / 250);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

enum shape { SMALL, UNIFORM, GEOMETRIC, TWO_HUMPS, CONSTANT, HUGE_TAIL, SHAPES };

static uint64_t drawn(struct rng *r, enum shape shape)
{
    switch (shape) {
    case SMALL:     return rng_below(r, 200);
    case UNIFORM:   return rng_below(r, 1000000);
    case GEOMETRIC: return rng_u64(r) >> rng_below(r, 60);
    case TWO_HUMPS: return rng_below(r, 10) ? 2000 + rng_below(r, 50) : 800000 + rng_below(r, 9000);
    case CONSTANT:  return 123456789;
    default:        return rng_below(r, 100) ? 1000 + rng_below(r, 10) : rng_u64(r);
    }
}

static void percentiles_are_within_one_percent_of_exact_sorting(void)
{
    static const unsigned at[] = { 1, 10000, 250000, 500000, 900000, 990000, 999000, 1000000 };
    static uint64_t v[VALUES];

    for (enum shape shape = SMALL; shape < SHAPES; shape++) {
        struct hist h;
        struct rng r;

        hist_init(&h);
        rng_init(&r, shape, "values");
        for (unsigned i = 0; i < VALUES; i++) {
            v[i] = drawn(&r, shape);
            CHECK_EQ(hist_add(&h, v[i], 1), SIM_OK);
        }
        qsort(v, VALUES, sizeof v[0], by_value);
        for (size_t i = 0; i < ARRAY_LEN(at); i++) {
            uint64_t rank = (VALUES * (uint64_t)at[i] + 999999) / 1000000;
            uint64_t exact = v[rank - 1], found = hist_percentile(&h, at[i]);
            uint64_t off = found > exact ? found - exact : exact - found;

            if (off > exact / 100)
                fprintf(stderr, "\nshape %d, %u of a million: %" PRIu64 ", exact %" PRIu64 "\n",
                        (int)shape, at[i], found, exact);
            CU_ASSERT(off <= exact / 100);
        }
        CHECK_EQ(h.min, v[0]);
        CHECK_EQ(h.max, v[VALUES - 1]);
        CHECK_EQ(h.count, VALUES);
        CHECK_EQ(hist_percentile(&h, 0), v[0]);
        hist_destroy(&h);
    }
}

static void values_below_256_are_exact(void)
{
    struct hist h;

    hist_init(&h);
    for (uint64_t i = 0; i < 256; i++)
        hist_add(&h, i, 1);
    for (unsigned i = 1; i <= 256; i++)
        CHECK_EQ(hist_percentile(&h, (unsigned)((uint64_t)i * 1000000 / 256)), i - 1);
    hist_destroy(&h);
}

static void a_value_many_times_is_that_many_values(void)
{
    struct hist h;

    hist_init(&h);
    hist_add(&h, 10, 999);
    hist_add(&h, 1000000, 1);
    hist_add(&h, 5, 0);
    CHECK_EQ(h.count, 1000);
    CHECK_EQ(h.sum, 9990 + 1000000);
    CHECK_EQ(h.min, 10);
    CHECK_EQ(hist_percentile(&h, 999000), 10);
    CHECK_EQ(hist_percentile(&h, 999001), 1000000);    /* never outside min .. max */
    hist_destroy(&h);
}

static void an_empty_histogram_has_no_values_and_percentile_zero(void)
{
    struct hist h, other, zeros = { 0 };

    hist_init(&h);
    hist_init(&other);
    CHECK_EQ(hist_percentile(&h, 500000), 0);
    CHECK_EQ(hist_merge(&h, &other), SIM_OK);
    CHECK_EQ(hist_merge(&h, &zeros), SIM_OK);
    CHECK_EQ(hist_next(&zeros, 0), HIST_BUCKETS);
    hist_destroy(&zeros);
    CHECK_EQ(h.count, 0);
    CHECK_EQ(hist_next(&h, 0), HIST_BUCKETS);
    CHECK_EQ(hist_bucket(&h, 7), 0);
    CHECK_EQ(hist_add(&h, 7, 0), SIM_OK);      /* no times is no value */
    CHECK_EQ(h.max, 0);
    CHECK_EQ(hist_next(&h, 0), HIST_BUCKETS);
    hist_destroy(&h);
}

static void merged_histograms_equal_one_of_all_values(void)
{
    struct hist a, b, all;
    struct rng r;

    hist_init(&a);
    hist_init(&b);
    hist_init(&all);
    rng_init(&r, 1, "merge");
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t v = drawn(&r, i % 2 ? UNIFORM : SMALL);

        hist_add(i % 3 ? &a : &b, v, 1);
        hist_add(&all, v, 1);
    }
    hist_add(&b, UINT64_MAX, 1);
    hist_add(&all, UINT64_MAX, 1);
    CHECK_EQ(hist_merge(&a, &b), SIM_OK);
    CHECK_EQ(a.count, all.count);
    CHECK_EQ(a.sum, all.sum);
    CHECK_EQ(a.min, all.min);
    CHECK_EQ(a.max, all.max);
    for (size_t i = 0; i < HIST_BUCKETS; i++)
        CU_ASSERT(hist_bucket(&a, i) == hist_bucket(&all, i));
    hist_destroy(&a);
    hist_destroy(&b);
    hist_destroy(&all);
}

static void a_group_is_allocated_at_its_first_value_and_no_other(void)
{
    struct hist h, copy;
    unsigned groups = 0, copied = 0;

    hist_init(&h);
    hist_init(&copy);
    for (uint64_t v = 4096; v < 8192; v++)
        hist_add(&h, v, 1);
    hist_add(&h, 3, 1);
    hist_merge(&copy, &h);
    for (size_t g = 0; g < HIST_GROUPS; g++) {
        groups += h.group[g] != NULL;
        copied += copy.group[g] != NULL;
    }
    CHECK_EQ(groups, 2);
    CHECK_EQ(copied, 2);
    hist_destroy(&h);
    hist_destroy(&copy);
}

static void buckets_are_walked_in_order_and_only_those_with_values(void)
{
    static const uint64_t v[] = { 0, 127, 128, 255, 256, 5000, 1ull << 40, UINT64_MAX };
    struct hist h;
    size_t n = 0, i;

    hist_init(&h);
    for (size_t k = ARRAY_LEN(v); k--;)
        hist_add(&h, v[k], k + 1);
    for (i = hist_next(&h, 0); i < HIST_BUCKETS; i = hist_next(&h, i + 1), n++) {
        CHECK_EQ(i, hist_index(v[n]));
        CHECK_EQ(hist_bucket(&h, i), n + 1);
    }
    CHECK_EQ(n, ARRAY_LEN(v));
    CHECK_EQ(hist_next(&h, HIST_BUCKETS), HIST_BUCKETS);
    hist_destroy(&h);
}

#define TESTS(T)                                                                                   \
    T(bounds_and_index_are_inverse_for_every_bucket)                                               \
    T(the_edges_of_powers_of_two_fall_into_neighbouring_buckets)                                   \
    T(the_middle_of_a_bucket_is_within_four_in_a_thousand)                                         \
    T(percentiles_are_within_one_percent_of_exact_sorting)                                         \
    T(values_below_256_are_exact)                                                                  \
    T(a_value_many_times_is_that_many_values)                                                      \
    T(an_empty_histogram_has_no_values_and_percentile_zero)                                        \
    T(merged_histograms_equal_one_of_all_values)                                                   \
    T(a_group_is_allocated_at_its_first_value_and_no_other)                                        \
    T(buckets_are_walked_in_order_and_only_those_with_values)
TEST_SUITE("hist", TESTS)
