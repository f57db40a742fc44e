/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rng.c - base/rng: streams by seed and path.
 */
#include "base/rng.h"

#include "suite.h"

static uint64_t first(uint64_t seed, const char *path)
{
    struct rng r;

    rng_init(&r, seed, path);
    return rng_u64(&r);
}

static void a_stream_follows_seed_and_path_alone(void)
{
    struct rng a, b;

    rng_init(&a, 7, "smmu.tcu.tlb");
    rng_init(&b, 7, "smmu.tcu.tlb");
    for (unsigned i = 0; i < 100; i++)
        CHECK_EQ(rng_u64(&a), rng_u64(&b));
    CU_ASSERT_NOT_EQUAL(first(7, "smmu.tcu.tlb"), first(8, "smmu.tcu.tlb"));
    CU_ASSERT_NOT_EQUAL(first(7, "smmu.tcu.tlb"), first(7, "smmu.tcu.cfg"));
    CU_ASSERT_NOT_EQUAL(first(7, ""), first(7, "s"));
    CU_ASSERT_NOT_EQUAL(first(0, ""), first(1, ""));
}

/* A change of these numbers changes the results of every run with random replacement. */
static void the_streams_are_those_of_the_first_version(void)
{
    CHECK_EQ(first(0, ""), 0x21382ef092ed7068ull);
    CHECK_EQ(first(1, "smmu.tbu0.tlb"), 0x5ca97a0fbefe4536ull);
}

static void streams_of_many_seeds_and_paths_do_not_meet(void)
{
    static uint64_t seen[64 * 64];
    unsigned n = 0, equal = 0;

    for (unsigned seed = 0; seed < 64; seed++)
        for (unsigned p = 0; p < 64; p++) {
            char path[16];

            snprintf(path, sizeof path, "tbu%u", p);
            seen[n++] = first(seed, path);
        }
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n; j++)
            equal += seen[i] == seen[j];
    CHECK_EQ(equal, 0);
}

static void numbers_below_n_are_below_n_and_even(void)
{
    enum { N = 10, DRAWS = 100000 };
    uint64_t count[N] = { 0 };
    struct rng r;

    rng_init(&r, 3, "even");
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t v = rng_below(&r, N);

        CU_ASSERT_FATAL(v < N);
        count[v]++;
    }
    for (unsigned i = 0; i < N; i++)               /* sigma is 95: five of them */
        CU_ASSERT(count[i] > DRAWS / N - 475 && count[i] < DRAWS / N + 475);
    for (unsigned i = 0; i < 100; i++)
        CHECK_EQ(rng_below(&r, 1), 0);
}

static void each_bit_is_one_half_of_the_time(void)
{
    enum { DRAWS = 20000 };
    unsigned ones[64] = { 0 };
    struct rng r;

    rng_init(&r, 5, "bits");
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t v = rng_u64(&r);

        for (unsigned b = 0; b < 64; b++)
            ones[b] += v >> b & 1;
    }
    for (unsigned b = 0; b < 64; b++)              /* sigma is 71: five of them */
        CU_ASSERT(ones[b] > DRAWS / 2 - 355 && ones[b] < DRAWS / 2 + 355);
}

#define TESTS(T)                                                                                   \
    T(a_stream_follows_seed_and_path_alone)                                                        \
    T(the_streams_are_those_of_the_first_version)                                                  \
    T(streams_of_many_seeds_and_paths_do_not_meet)                                                 \
    T(numbers_below_n_are_below_n_and_even)                                                        \
    T(each_bit_is_one_half_of_the_time)
TEST_SUITE("rng", TESTS)
