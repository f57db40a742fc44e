/* SPDX-License-Identifier: Apache-2.0
 *
 * The arithmetic of queues in memory: places, wrap flags, overflow.
 */
#include "hw/ring.h"

#include "suite.h"

enum { BASE = 0x1000, BYTES = 32 };

static struct ring ring_of(uint64_t entries)
{
    struct ring r = { .entry_bytes = BYTES };

    ring_place(&r, BASE, entries);
    return r;
}

static void entries_follow_each_other_and_begin_again(void)
{
    const struct ring r = ring_of(4);

    for (uint64_t n = 0; n < 20; n++) {
        CHECK_EQ(ring_at(&r, n), BASE + n % 4 * BYTES);
        CHECK_EQ(ring_to_end(&r, n), 4 - n % 4);
    }
}

static void an_odd_size_is_the_power_of_two_below(void)
{
    const struct ring r = ring_of(7), one = ring_of(1);

    CHECK_EQ(r.mask, 3);
    CHECK_EQ(one.mask, 0);
    CHECK_EQ(ring_at(&one, 5), BASE);
}

static void the_wrap_flag_is_above_the_index(void)
{
    const struct ring r = ring_of(4), one = ring_of(1);

    CHECK_EQ(ring_index(&r, 3), 3);
    CHECK_EQ(ring_index(&r, 4), 4);
    CHECK_EQ(ring_index(&r, 8), 0);
    CHECK_EQ(ring_index(&r, 1ull << 40 | 5), 5);
    CHECK_EQ(ring_index(&one, 3), 1);
    CHECK_EQ(ring_index(&one, 4), 0);
}

static void it_is_full_with_as_many_as_it_has_places(void)
{
    const struct ring r = ring_of(4);

    CU_ASSERT_FALSE(ring_full(&r, 0));
    CU_ASSERT_FALSE(ring_full(&r, 3));
    CU_ASSERT_TRUE(ring_full(&r, 4));
}

/* From every count to every index that a register may have. */
static void registers_and_counts_are_compared_modulo_both_rounds(void)
{
    const struct ring r = ring_of(4);

    for (uint64_t from = 0; from < 24; from++)
        for (uint64_t by = 0; by < 8; by++) {
            CHECK_EQ(ring_ahead(&r, from + by, from), by);
            CHECK_EQ(ring_ahead(&r, ring_index(&r, from + by), from), by);
            CHECK_EQ(ring_ahead(&r, from + by, ring_index(&r, from)), by);
            CHECK_EQ(ring_ahead(&r, ring_index(&r, from + by) | 0xfff00000u, from), by);
        }
}

static void an_overflow_is_told_once_until_it_is_acknowledged(void)
{
    struct ring r = ring_of(4);

    CU_ASSERT_FALSE(ring_overflown(&r));
    CU_ASSERT_TRUE(ring_overflow(&r));
    CU_ASSERT_TRUE(ring_overflown(&r));
    CU_ASSERT_FALSE(ring_overflow(&r));
    CHECK_EQ(ring_prod(&r, 6), 0x80000006);
    CHECK_EQ(ring_cons(&r, 5), 5);
    r.lost_known = true;
    CU_ASSERT_FALSE(ring_overflown(&r));
    CU_ASSERT_TRUE(ring_overflow(&r));
    CHECK_EQ(ring_prod(&r, 6), 6);
    CHECK_EQ(ring_cons(&r, 5), 0x80000005);
}

#define TESTS(T)                                                                                   \
    T(entries_follow_each_other_and_begin_again)                                                   \
    T(an_odd_size_is_the_power_of_two_below)                                                       \
    T(the_wrap_flag_is_above_the_index)                                                            \
    T(it_is_full_with_as_many_as_it_has_places)                                                    \
    T(registers_and_counts_are_compared_modulo_both_rounds)                                        \
    T(an_overflow_is_told_once_until_it_is_acknowledged)
TEST_SUITE("ring", TESTS)
