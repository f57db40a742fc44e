/* SPDX-License-Identifier: Apache-2.0
 *
 * The distances are held against a list that is searched from its head.
 */
#include "workloads/device/reuse.h"

#include <stdlib.h>

#include "base/rng.h"
#include "suite.h"

struct list { uint64_t key[4096]; size_t n; };

/* The place of `key` from the head, which it then takes; the length of the list if it is not there. */
static size_t list_touch(struct list *l, uint64_t key)
{
    size_t i = 0;

    while (i < l->n && l->key[i] != key)
        i++;
    if (i == l->n)
        l->n++;
    memmove(l->key + 1, l->key, (i < l->n - 1 ? i : l->n - 1) * sizeof l->key[0]);
    l->key[0] = key;
    return i;
}

/* The distance that the last touch added to the histogram: the one value since the counts were cleared. */
static uint64_t last_distance(struct reuse *r)
{
    uint64_t v = r->hist.count ? r->hist.sum : UINT64_MAX;

    reuse_clear_counts(r);
    return v;
}

static void distance_is_the_number_of_pages_since(void)
{
    struct reuse r;

    CHECK_EQ(reuse_init(&r), 0);
    reuse_touch(&r, 0, 0x1000);
    CHECK_EQ(last_distance(&r), UINT64_MAX);
    reuse_touch(&r, 0, 0x1fff);
    CHECK_EQ(last_distance(&r), 0);
    reuse_touch(&r, 0, 0x2000);
    reuse_touch(&r, 0, 0x3000);
    reuse_touch(&r, 0, 0x2000);
    reuse_clear_counts(&r);
    reuse_touch(&r, 0, 0x1000);
    CHECK_EQ(last_distance(&r), 2);
    CHECK_EQ(r.pages, 3);
    reuse_destroy(&r);
}

static void streams_have_pages_of_their_own(void)
{
    struct reuse r;

    CHECK_EQ(reuse_init(&r), 0);
    reuse_touch(&r, 1, 0x1000);
    reuse_touch(&r, 2, 0x1000);
    CHECK_EQ(r.cold, 2);
    reuse_touch(&r, 1, 0x1000);
    CHECK_EQ(r.hist.count, 1);
    CHECK_EQ(r.hist.sum, 1);
    reuse_destroy(&r);
}

/* Enough accesses for the vector to be compacted many times and to grow. */
static void distances_equal_those_of_a_list(void)
{
    static struct list l;
    struct reuse r;
    struct rng g;
    unsigned wrong = 0;

    l.n = 0;
    rng_init(&g, 1, "reuse");
    CHECK_EQ(reuse_init(&r), 0);
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t page = rng_below(&g, rng_below(&g, 3000) + 1);
        size_t known = l.n, want;

        reuse_clear_counts(&r);
        CHECK_EQ(reuse_touch(&r, (uint32_t)(page % 3), page << 12), 0);
        want = list_touch(&l, page);
        wrong += want == known ? r.cold != 1 : r.hist.sum != want || r.cold;
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(r.pages, l.n);
    reuse_destroy(&r);
}

static void memory_is_bounded_by_pages(void)
{
    struct reuse r;

    CHECK_EQ(reuse_init(&r), 0);
    for (unsigned i = 0; i < 200000; i++)
        reuse_touch(&r, 0, (uint64_t)(i % 100) << 12);
    CHECK_EQ(r.pages, 100);
    CHECK_EQ(r.hist.count, 200000 - 100);
    CHECK_EQ(r.hist.min, 99);
    CHECK_EQ(r.hist.max, 99);
    CU_ASSERT(r.room <= 8192);
    reuse_destroy(&r);
}

#define TESTS(T)                                                                                   \
    T(distance_is_the_number_of_pages_since) T(streams_have_pages_of_their_own)                    \
    T(distances_equal_those_of_a_list) T(memory_is_bounded_by_pages)
TEST_SUITE("reuse", TESTS)
