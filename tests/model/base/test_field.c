/* SPDX-License-Identifier: Apache-2.0
 *
 * test_field.c - base/field and base/bits: fields of a structure from their table.
 */
#include "base/field.h"

#include <stdlib.h>

#include "base/rng.h"
#include "suite.h"

#define SAMPLE_FIELDS(F)                                                                           \
    F(SAMPLE, V,     0,  0,  0, "entry is valid")                                                  \
    F(SAMPLE, CONF,  0,  3,  1, "configuration")                                                   \
    F(SAMPLE, PTR,   0, 51,  6, "pointer, in its place")                                           \
    F(SAMPLE, TOP,   0, 63, 60, "the highest bits")                                                \
    F(SAMPLE, WHOLE, 1, 63,  0, "a whole word")                                                    \
    F(SAMPLE, HIGH,  2, 63, 32, "half a word")
FIELD_DEFINE(SAMPLE_FIELDS);
FIELD_TABLE(sample, "SAMPLE", "[here 1]", 3, SAMPLE_FIELDS);

#define CLASH_FIELDS(F)                                                                            \
    F(CLASH, A, 0, 7, 4, "")                                                                       \
    F(CLASH, B, 1, 7, 4, "")                                                                       \
    F(CLASH, C, 0, 4, 0, "")
FIELD_TABLE(clash, "CLASH", "[here 2]", 2, CLASH_FIELDS);

static void bits_of_a_range_are_got_and_set_at_both_ends_of_the_word(void)
{
    CHECK_EQ(bits_mask(63, 0), ~0ull);
    CHECK_EQ(bits_mask(63, 63), 1ull << 63);
    CHECK_EQ(bits_mask(0, 0), 1);
    CHECK_EQ(bits_get(0xfedcba9876543210, 63, 60), 0xf);
    CHECK_EQ(bits_get(0xfedcba9876543210, 11, 4), 0x21);
    CHECK_EQ(bits_set(0, 63, 0, ~0ull), ~0ull);
    CHECK_EQ(bits_set(~0ull, 7, 4, 0), ~0xf0ull);
    CHECK_EQ(bits_set(0, 7, 4, 0x123), 0x30);          /* what does not fit is cut off */
    CHECK_EQ(bits_low(0), 0);
    CHECK_EQ(bits_low(1), 1);
    CHECK_EQ(bits_low(63), ~0ull >> 1);
    CHECK_EQ(bits_low(64), ~0ull);
    CHECK_EQ(bits_align_down(0x12345fff, 12), 0x12345000);
    CHECK_EQ(bits_align_down(~0ull, 64), 0);
}

static void powers_of_two_are_known(void)
{
    CU_ASSERT_FALSE(bits_is_pow2(0));
    CU_ASSERT_TRUE(bits_is_pow2(1));
    CU_ASSERT_TRUE(bits_is_pow2(1ull << 63));
    CU_ASSERT_FALSE(bits_is_pow2((1ull << 63) + 1));
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQ(bits_log2((1ull << i) | (i ? 1 : 0)), i);
}

static void a_field_set_by_name_or_by_row_reads_back_and_leaves_the_rest(void)
{
    struct rng g;

    rng_init(&g, 1, "fields");
    for (unsigned i = 0; i < sample.n; i++) {
        const struct field *f = &sample.row[i];
        uint64_t w[3] = { rng_u64(&g), rng_u64(&g), rng_u64(&g) }, old[3];
        uint64_t v = rng_u64(&g) & bits_low(f->hi - f->lo + 1u);

        memcpy(old, w, sizeof w);
        CU_ASSERT_PTR_EQUAL(field_find(&sample, f->name), f);
        field_set(f, w, v);
        CHECK_EQ(field_get(f, w), v);
        for (unsigned k = 0; k < 3; k++)
            CHECK_EQ((w[k] ^ old[k]) & ~(k == f->word ? bits_mask(f->hi, f->lo) : 0), 0);
    }
    CU_ASSERT_PTR_NULL(field_find(&sample, "NONE"));
}

static void the_macros_do_what_the_rows_do(void)
{
    uint64_t w[3] = { 0 };

    FIELD_SET(SAMPLE, CONF, w, 5);
    FIELD_SET_ADDR(SAMPLE, PTR, w, 0xabcdef000040ull);
    FIELD_SET(SAMPLE, HIGH, w, 0xdeadbeef);
    CHECK_EQ(FIELD_GET(SAMPLE, CONF, w), field_get(field_find(&sample, "CONF"), w));
    CHECK_EQ(FIELD_GET(SAMPLE, CONF, w), 5);
    CHECK_EQ(FIELD_ADDR(SAMPLE, PTR, w), 0xabcdef000040ull);
    CHECK_EQ(FIELD_GET(SAMPLE, PTR, w), 0xabcdef000040ull >> 6);
    CHECK_EQ(w[0], 0xabcdef00004aull);
    CHECK_EQ(w[2], 0xdeadbeefull << 32);
}

static void rows_that_share_a_bit_of_one_word_are_found(void)
{
    const struct field *a = NULL, *b = NULL;

    CU_ASSERT_FALSE(field_overlap(&sample, &a, &b));
    CU_ASSERT_TRUE_FATAL(field_overlap(&clash, &a, &b));
    CHECK_STR(a->name, "A");
    CHECK_STR(b->name, "C");
}

static void what_no_row_covers_is_reserved(void)
{
    CHECK_EQ(field_reserved(&sample, 0), 0x0ff0000000000030ull);
    CHECK_EQ(field_reserved(&sample, 1), 0);
    CHECK_EQ(field_reserved(&sample, 2), 0xffffffff);
    CHECK_EQ(field_reserved(&sample, 3), ~0ull);
}

static char *printed(const struct field_table *t, const uint64_t *words)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    field_print(t, words, f);
    fclose(f);
    return text;
}

static void printing_names_the_fields_that_are_not_zero(void)
{
    uint64_t w[3] = { 0 };
    char *text = printed(&sample, w);

    CHECK_STR(text, "SAMPLE{}");
    free(text);
    FIELD_SET(SAMPLE, V, w, 1);
    FIELD_SET(SAMPLE, TOP, w, 15);
    FIELD_SET(SAMPLE, WHOLE, w, ~0ull);
    text = printed(&sample, w);
    CHECK_STR(text, "SAMPLE{V=1 TOP=0xf WHOLE=0xffffffffffffffff}");
    free(text);
}

static void mixing_loses_nothing_and_moves_half_the_bits(void)
{
    uint64_t flips = 0;

    for (uint64_t i = 1; i <= 64; i++)
        for (unsigned b = 0; b < 64; b++)
            flips += (unsigned)__builtin_popcountll(bits_mix(i) ^ bits_mix(i ^ 1ull << b));
    CU_ASSERT(flips > 64 * 64 * 31 && flips < 64 * 64 * 33);
}

#define TESTS(T)                                                                                   \
    T(bits_of_a_range_are_got_and_set_at_both_ends_of_the_word)                                    \
    T(powers_of_two_are_known)                                                                     \
    T(a_field_set_by_name_or_by_row_reads_back_and_leaves_the_rest)                                \
    T(the_macros_do_what_the_rows_do)                                                              \
    T(rows_that_share_a_bit_of_one_word_are_found)                                                 \
    T(what_no_row_covers_is_reserved)                                                              \
    T(printing_names_the_fields_that_are_not_zero)                                                 \
    T(mixing_loses_nothing_and_moves_half_the_bits)
TEST_SUITE("field", TESTS)
