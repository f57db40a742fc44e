/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of live mappings, held against a plain array of pages; and the map of numbers.
 */
#include "suite.h"

#include "base/rng.h"
#include "traces/import/ranges.h"
#include "traces/import/u64map.h"

enum { PAGES = 256, STEPS = 20000 };

static void an_empty_set_holds_nothing(void)
{
    struct ranges r = { 0 };
    struct range taken;

    CU_ASSERT_PTR_NULL(ranges_at(&r, 0));
    CU_ASSERT_PTR_NULL(ranges_from(&r, 0));
    CU_ASSERT_FALSE(ranges_take(&r, 0, UINT64_MAX, &taken));
    CU_ASSERT_TRUE(ranges_add(&r, (struct range){ 5, 5, 1 }));
    CHECK_EQ(r.n, 0);
    ranges_destroy(&r);
}

static void a_range_is_found_from_inside_and_not_from_its_end(void)
{
    struct ranges r = { 0 };

    ranges_add(&r, (struct range){ 0x1000, 0x3000, 7 });
    CU_ASSERT_PTR_NULL(ranges_at(&r, 0xfff));
    CHECK_EQ(ranges_at(&r, 0x1000)->value, 7);
    CHECK_EQ(ranges_at(&r, 0x2fff)->value, 7);
    CU_ASSERT_PTR_NULL(ranges_at(&r, 0x3000));
    CHECK_EQ(ranges_from(&r, 0)->start, 0x1000);
    CU_ASSERT_PTR_NULL(ranges_from(&r, 0x3000));
    ranges_destroy(&r);
}

/* Takes everything in the way out of both, then adds. */
static void put(struct ranges *r, uint32_t *page, uint64_t start, uint64_t end, uint32_t value)
{
    struct range taken;

    while (ranges_take(r, start, end, &taken))
        for (uint64_t i = taken.start; i < taken.end; i++)
            page[i] = 0;
    if (!value)
        return;
    CU_ASSERT_TRUE(ranges_add(r, (struct range){ start, end, value }));
    for (uint64_t i = start; i < end; i++)
        page[i] = value;
}

static void the_set_agrees_with_an_array(void)
{
    struct ranges r = { 0 };
    uint32_t page[PAGES] = { 0 };
    struct rng g;
    unsigned wrong = 0;

    rng_init(&g, 1, "ranges");
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint64_t start = rng_below(&g, PAGES), end = start + 1 + rng_below(&g, 8);
        uint64_t at = rng_below(&g, PAGES);
        const struct range *f;
        put(&r, page, start, end < PAGES ? end : PAGES, rng_below(&g, 3) ? step : 0);
        f = ranges_at(&r, at);
        wrong += (f ? f->value : 0) != page[at];
    }
    CHECK_EQ(wrong, 0);
    ranges_destroy(&r);
    CHECK_EQ(r.n, 0);
}

static void numbers_are_found_again(void)
{
    struct u64map m = { 0 };
    unsigned wrong = 0;

    CU_ASSERT_PTR_NULL(u64map_find(&m, 0));
    for (uint64_t i = 0; i < 5000; i++)
        *u64map_at(&m, i * 4096) = i + 1;
    for (uint64_t i = 0; i < 5000; i++)
        wrong += !u64map_find(&m, i * 4096) || *u64map_find(&m, i * 4096) != i + 1;
    CHECK_EQ(wrong, 0);
    CU_ASSERT_PTR_NULL(u64map_find(&m, 1));
    CHECK_EQ(m.used, 5000);
    u64map_destroy(&m);
    CU_ASSERT_PTR_NULL(u64map_find(&m, 0));
}

#define TESTS(T)                                                                                   \
    T(an_empty_set_holds_nothing) T(a_range_is_found_from_inside_and_not_from_its_end)              \
    T(the_set_agrees_with_an_array) T(numbers_are_found_again)
TEST_SUITE("ranges", TESTS)
