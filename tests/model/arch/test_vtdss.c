/* SPDX-License-Identifier: Apache-2.0
 *
 * Accessed and dirty bits of VT-d second-stage entries: which entries get them, and what happens until
 * they have them.
 */
#include "arch/table/vtdss.h"
#include "suite.h"

enum { R = 1, W = 2, PS = 128, A = 256, D = 512 };
#define INPUT 0x0000123456789abcull

static const struct vtdss_table maintained = {
    .base = 0x1000, .levels = 4, .in_bits = 48, .haw = 46, .page_2m = true, .page_1g = true,
    .ad = true, .snooped = true,
};

/* The walk down to `level`, and what it says of `entry` there. */
static struct vtdss_walk told_at(const struct vtdss_table *t, uint8_t need, bool dirty, unsigned level,
                                 uint64_t entry)
{
    struct vtdss_walk w;

    vtdss_begin(&w, t, INPUT, need, NULL);
    w.dirty = dirty;
    while (w.level > level)
        vtdss_tell(&w, R | W | A | 0x1000ull * w.level);
    vtdss_tell(&w, entry);
    return w;
}

static uint64_t set_at(uint8_t need, bool dirty, unsigned level, uint64_t entry)
{
    struct vtdss_walk w = told_at(&maintained, need, dirty, level, entry);

    return w.update ? w.update & ~w.desc : 0;
}

static void a_is_set_in_every_entry_and_d_in_a_leaf_that_is_written(void)
{
    for (unsigned level = 2; level <= 4; level++) {
        CHECK_EQ(set_at(VTDSS_R, false, level, R | W), A);
        CHECK_EQ(set_at(VTDSS_W, false, level, R | W), A);
        CHECK_EQ(set_at(VTDSS_W, true, level, R | W | A), 0);
    }
    CHECK_EQ(set_at(VTDSS_R, false, 1, R | W), A);
    CHECK_EQ(set_at(VTDSS_W, false, 1, R | W), A | D);
    CHECK_EQ(set_at(VTDSS_W, false, 1, R | W | A | D), 0);
    CHECK_EQ(set_at(VTDSS_R | VTDSS_W, false, 2, R | W | PS), A | D);
}

static void the_wish_sets_d_where_the_leaf_is_writable(void)
{
    CHECK_EQ(set_at(VTDSS_R, true, 1, R | W | A), D);
    CHECK_EQ(set_at(0, true, 1, R | W | A), D);
    CHECK_EQ(set_at(VTDSS_R, true, 1, R | A), 0);
}

static void a_table_without_them_leaves_both_alone(void)
{
    struct vtdss_table t = maintained;

    t.ad = t.snooped = false;
    CHECK_EQ(told_at(&t, VTDSS_W, true, 1, R | W).fault, VTDSS_OK);
    CU_ASSERT(told_at(&t, VTDSS_W, true, 1, R | W).done);
    CU_ASSERT_FALSE(told_at(&t, VTDSS_W, true, 1, R | W | D).leaf.dirty);
}

static void a_walk_that_cannot_update_faults_after_all_that_is_wrong_with_the_entry(void)
{
    struct vtdss_table t = maintained;

    t.snooped = false;
    CHECK_EQ(told_at(&t, VTDSS_W, false, 1, 0).fault, VTDSS_ABSENT);
    CHECK_EQ(told_at(&t, VTDSS_W, false, 1, R).fault, VTDSS_WRITE);
    CHECK_EQ(told_at(&t, VTDSS_W, false, 1, R | W | 1ull << 50).fault, VTDSS_RESERVED);
    CHECK_EQ(told_at(&t, VTDSS_W, false, 1, R | W | A).fault, VTDSS_NOT_SNOOPED);
    CHECK_EQ(told_at(&t, VTDSS_R, false, 1, R | W | A).fault, VTDSS_OK);
    CHECK_EQ(told_at(&t, VTDSS_R, false, 3, R | W).fault, VTDSS_NOT_SNOOPED);
}

static void the_walk_stands_until_the_entry_is_updated_or_told_again(void)
{
    struct vtdss_walk w = told_at(&maintained, VTDSS_W, false, 2, R | W | 0x9000), again = w;

    CU_ASSERT_FALSE(w.done);
    CHECK_EQ(w.level, 2);
    CHECK_EQ(w.update, R | W | A | 0x9000);
    vtdss_updated(&w);
    CHECK_EQ(w.level, 1);
    CHECK_EQ(w.table, 0x9000);
    CHECK_EQ(w.update, 0);
    vtdss_tell(&w, R | W | A | 0x5000);
    vtdss_updated(&w);
    CU_ASSERT(w.done);
    CU_ASSERT(w.leaf.dirty);
    CHECK_EQ(w.leaf.desc, R | W | A | D | 0x5000);
    vtdss_tell(&again, R | 0x9000);
    CHECK_EQ(again.fault, VTDSS_WRITE);
    CHECK_EQ(again.update, 0);
}

#define TESTS(T)                                                                                   \
    T(a_is_set_in_every_entry_and_d_in_a_leaf_that_is_written)                                     \
    T(the_wish_sets_d_where_the_leaf_is_writable) T(a_table_without_them_leaves_both_alone)        \
    T(a_walk_that_cannot_update_faults_after_all_that_is_wrong_with_the_entry)                     \
    T(the_walk_stands_until_the_entry_is_updated_or_told_again)
TEST_SUITE("vtdss", TESTS)
