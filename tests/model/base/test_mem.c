/* SPDX-License-Identifier: Apache-2.0
 *
 * test_mem.c - base/mem: sparse pages, regions that abort, and the old values of words.
 */
#include "base/mem.h"

#include "base/bits.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"

enum { PA = 0x40001238 };

static struct mem *versioned(void)
{
    struct mem *m = mem_new();

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    mem_versions(m, true);
    return m;
}

/* ---- words and pages ---- */

static void memory_never_written_reads_as_zero_and_takes_no_page(void)
{
    struct mem *m = mem_new();

    CHECK_EQ(mem_read64(m, 0), 0);
    CHECK_EQ(mem_read64(m, ~0ull), 0);
    CHECK_EQ(mem_write64(m, 0x5000, 0), SIM_OK);
    CHECK_EQ(mem_pages(m), 0);
    mem_versions(m, true);
    CHECK_EQ(mem_write64(m, 0x5000, 0), SIM_OK);
    CHECK_EQ(mem_pages(m), 0);
    mem_free(m);
    mem_free(NULL);
}

static void a_word_keeps_what_was_written_and_its_neighbours_stay(void)
{
    struct mem *m = mem_new();

    mem_write64(m, PA + 3, 77);                /* the low three bits are ignored */
    CHECK_EQ(mem_read64(m, PA), 77);
    CHECK_EQ(mem_read64(m, PA + 7), 77);
    CHECK_EQ(mem_read64(m, PA - 8), 0);
    CHECK_EQ(mem_read64(m, PA + 8), 0);
    mem_write64(m, PA, 0);
    CHECK_EQ(mem_read64(m, PA), 0);
    mem_write64(m, ~0ull, 5);
    CHECK_EQ(mem_read64(m, ~7ull), 5);
    mem_free(m);
}

static void pages_far_apart_are_told_apart_and_counted(void)
{
    struct mem *m = mem_new();
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < 3000; i++)
        mem_write64(m, bits_mix(i) & ~7ull, i + 1);
    for (uint64_t i = 0; i < 3000; i++)
        wrong += mem_read64(m, bits_mix(i)) != i + 1;
    CHECK_EQ(wrong, 0);
    CHECK_EQ(mem_pages(m), 3000);
    for (uint64_t w = 0; w < 512; w++)
        mem_write64(m, 0x7000 + 8 * w, w + 1);
    CHECK_EQ(mem_pages(m), 3001);
    mem_free(m);
}

/* ---- regions ---- */

static void a_read_that_touches_an_aborting_region_gives_zeros(void)
{
    struct mem *m = mem_new();
    uint64_t w[4] = { 9, 9, 9, 9 };

    for (unsigned i = 0; i < 16; i++)
        mem_write64(m, 0x1000 + 8 * i, i + 1);
    CHECK_EQ(mem_abort_region(m, 0x1020, 0x102f), SIM_OK);
    CU_ASSERT_TRUE(mem_read(m, 0x1000, 4, w));         /* ends just below  */
    CHECK_EQ(w[3], 4);
    CU_ASSERT_FALSE(mem_read(m, 0x1008, 4, w));        /* last word inside */
    CHECK_EQ(w[0] | w[1] | w[2] | w[3], 0);
    CU_ASSERT_FALSE(mem_read(m, 0x1028, 4, w));        /* first word inside */
    CU_ASSERT_TRUE(mem_read(m, 0x1030, 4, w));         /* begins just above */
    CHECK_EQ(w[0], 7);
    CU_ASSERT_FALSE(mem_read(m, 0x102d, 1, w));
    mem_free(m);
}

static void the_last_word_of_the_address_space_can_abort(void)
{
    struct mem *m = mem_new();
    uint64_t w[2];

    mem_abort_region(m, ~0ull - 7, ~0ull);
    CU_ASSERT_FALSE(mem_read(m, ~0ull - 7, 1, w));
    CU_ASSERT_FALSE(mem_read(m, ~0ull - 7, 2, w));
    CU_ASSERT_TRUE(mem_read(m, ~0ull - 15, 1, w));
    CU_ASSERT_TRUE(mem_read(m, 0, 2, w));
    mem_free(m);
}

static void more_regions_than_there_is_room_for_are_refused(void)
{
    struct mem *m = mem_new();
    int err = SIM_OK, n = 0;

    for (; n < 1000 && !err; n++)
        err = mem_abort_region(m, (uint64_t)n << 16, (uint64_t)n << 16);
    CHECK_EQ(err, SIM_EENV);
    CU_ASSERT(n > 8);
    mem_free(m);
}

/* ---- versions ---- */

static void without_versions_nothing_old_is_kept(void)
{
    struct mem *m = mem_new();
    unsigned n;

    mem_write64(m, PA, 1);
    mem_tick(m);
    mem_write64(m, PA, 2);
    mem_history(m, PA, &n);
    CHECK_EQ(n, 0);
    CHECK_EQ(mem_read64_at(m, PA, 0), 2);
    mem_free(m);
}

static void writes_of_one_epoch_are_one_version(void)
{
    struct mem *m = versioned();
    const struct mem_version *v;
    unsigned n;

    mem_tick(m);
    mem_write64(m, PA, 1);
    mem_write64(m, PA, 2);
    mem_write64(m, PA, 3);
    v = mem_history(m, PA + 5, &n);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CHECK_EQ(v[0].value, 0);
    CHECK_EQ(v[0].until, 1);
    mem_tick(m);
    mem_stamp(m, 4711);
    mem_write64(m, PA, 4);
    v = mem_history(m, PA, &n);
    CU_ASSERT_EQUAL_FATAL(n, 2);
    CHECK_EQ(v[0].value, 3);
    CHECK_EQ(v[0].until, 2);
    CHECK_EQ(v[0].stamp, 4711);
    CHECK_EQ(v[1].value, 0);
    mem_free(m);
}

static void writing_the_value_that_is_there_makes_no_version(void)
{
    struct mem *m = versioned();
    unsigned n;

    mem_write64(m, PA, 5);
    mem_tick(m);
    mem_write64(m, PA, 5);
    mem_history(m, PA, &n);
    CHECK_EQ(n, 1);
    mem_history(m, PA + 8, &n);
    CHECK_EQ(n, 0);
    mem_free(m);
}

static void a_word_can_be_read_as_it_was_in_any_epoch(void)
{
    struct mem *m = versioned();

    for (uint64_t e = 0; e < 20; e++) {
        if (e % 3 == 1)
            mem_write64(m, PA, e);
        mem_tick(m);
    }
    CHECK_EQ(mem_epoch(m), 20);
    CHECK_EQ(mem_read64_at(m, PA, 0), 0);
    for (uint64_t e = 1; e < 25; e++)
        CHECK_EQ(mem_read64_at(m, PA, e), e >= 19 ? 19 : (e - 1) / 3 * 3 + 1);
    mem_free(m);
}

static void the_oldest_values_go_when_there_are_too_many(void)
{
    struct mem *m = versioned();
    const struct mem_version *v;
    unsigned n;

    for (uint64_t e = 0; e < 100; e++) {
        mem_write64(m, PA, 1000 + e);
        mem_tick(m);
    }
    v = mem_history(m, PA, &n);
    CU_ASSERT_EQUAL_FATAL(n, MEM_VERSIONS);
    CHECK_EQ(v[0].value, 1098);
    CHECK_EQ(v[n - 1].value, 1099 - MEM_VERSIONS);
    mem_free(m);
}

static void what_is_forgotten_is_what_was_overwritten_before(void)
{
    struct mem *m = versioned();
    const struct mem_version *v;
    unsigned n;

    for (uint64_t e = 0; e < 10; e++) {
        mem_write64(m, PA, 100 + e);           /* old value 100 + e - 1 until e */
        if (e < 4)
            mem_write64(m, PA + 8, e + 1);
        mem_tick(m);
    }
    mem_forget(m, 6);
    v = mem_history(m, PA, &n);
    CU_ASSERT_EQUAL_FATAL(n, 4);
    CHECK_EQ(v[3].until, 6);
    CHECK_EQ(v[3].value, 105);
    mem_history(m, PA + 8, &n);
    CHECK_EQ(n, 0);
    mem_forget(m, 3);                          /* nothing comes back */
    mem_history(m, PA, &n);
    CHECK_EQ(n, 4);
    CHECK_EQ(mem_read64(m, PA + 8), 4);
    mem_forget(m, mem_epoch(m) + 1);
    mem_history(m, PA, &n);
    CHECK_EQ(n, 0);
    mem_write64(m, PA, 1);
    mem_tick(m);
    mem_write64(m, PA, 2);
    v = mem_history(m, PA, &n);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CHECK_EQ(v[0].value, 1);
    mem_free(m);
}

/* ---- against a record of everything ---- */

enum { WORDS = 40, EPOCHS = 400 };

/* What word w was in each epoch, at its end. */
struct record { uint64_t at[WORDS][EPOCHS]; uint64_t forgotten; };

static uint64_t wrong_values(const struct mem *m, const struct record *r, uint64_t now)
{
    uint64_t wrong = 0;

    for (unsigned w = 0; w < WORDS; w++)
        for (uint64_t e = now > 20 ? now - 20 : 0; e <= now; e++)
            if (e + 1 >= r->forgotten)
                wrong += mem_read64_at(m, (uint64_t)w << 11, e) != r->at[w][e];
    return wrong;
}

/* Words come and go in the table of old values in every order; none is lost and none is left
 * over. */
static void random_writes_and_forgetting_agree_with_a_full_record(void)
{
    static struct record r;
    struct mem *m = versioned();
    uint64_t wrong = 0, left = 0;
    struct rng g;
    unsigned n;

    rng_init(&g, 1, "writes");
    for (uint64_t e = 0; e < EPOCHS; e++) {
        for (unsigned w = 0; w < WORDS && e; w++)
            r.at[w][e] = r.at[w][e - 1];
        for (uint64_t k = rng_below(&g, 8); k; k--) {
            uint64_t w = rng_below(&g, WORDS), v = rng_below(&g, 5);

            mem_write64(m, w << 11, v);
            r.at[w][e] = v;
        }
        if (rng_below(&g, 4) == 0 && e > 10) {
            uint64_t before = e - rng_below(&g, 10);

            mem_forget(m, before);
            r.forgotten = before > r.forgotten ? before : r.forgotten;
        }
        wrong += wrong_values(m, &r, e);
        mem_tick(m);
    }
    CHECK_EQ(wrong, 0);
    mem_forget(m, mem_epoch(m));
    for (unsigned w = 0; w < WORDS; w++) {
        mem_history(m, (uint64_t)w << 11, &n);
        left += n;
    }
    CHECK_EQ(left, 0);
    mem_free(m);
}

#define TESTS(T)                                                                                   \
    T(memory_never_written_reads_as_zero_and_takes_no_page)                                        \
    T(a_word_keeps_what_was_written_and_its_neighbours_stay)                                       \
    T(pages_far_apart_are_told_apart_and_counted)                                                  \
    T(a_read_that_touches_an_aborting_region_gives_zeros)                                          \
    T(the_last_word_of_the_address_space_can_abort)                                                \
    T(more_regions_than_there_is_room_for_are_refused)                                             \
    T(without_versions_nothing_old_is_kept)                                                        \
    T(writes_of_one_epoch_are_one_version)                                                         \
    T(writing_the_value_that_is_there_makes_no_version)                                            \
    T(a_word_can_be_read_as_it_was_in_any_epoch)                                                   \
    T(the_oldest_values_go_when_there_are_too_many)                                                \
    T(what_is_forgotten_is_what_was_overwritten_before)                                            \
    T(random_writes_and_forgetting_agree_with_a_full_record)
TEST_SUITE("mem", TESTS)
