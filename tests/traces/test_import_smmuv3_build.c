/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include "base/bits.h"
#include "base/rng.h"
#include "traces/import/import_smmuv3_build.h"

/* What Linux 6.12 has in memory for these, bit by bit from [SMMUv3 5]. */
static void a_stage_1_stream_has_the_words_linux_writes(void)
{
    const struct smmuv3_ste_facts f = { .valid = true, .config = STE_S1, .cd = 0x44092000,
                                        .vmid = 0, .oas = 44, .record = true };
    uint64_t w[8];

    smmuv3_build_ste(w, &f);
    CHECK_EQ(w[0], 0x44092000u | 5u << 1 | 1);
    CHECK_EQ(w[1], 1ull << 44 | 3u << 6 | 1u << 4 | 1u << 2);
    for (int i = 2; i < 8; i++)
        CHECK_EQ(w[i], 0);
}

static void a_stage_2_stream_says_how_its_tables_begin(void)
{
    const struct smmuv3_ste_facts f = {
        .valid = true, .config = STE_S2, .vmid = 7, .oas = 44, .record = true,
        .s2 = { .known = true, .ttb = 0x447ba000, .granule = 12, .start = 0, .input_bits = 32 } };
    uint64_t w[8];

    smmuv3_build_ste(w, &f);
    CHECK_EQ(w[0], 6u << 1 | 1);
    CHECK_EQ(bits_get(w[2], 15, 0), 7);
    CHECK_EQ(bits_get(w[2], 37, 32), 20);          /* 44 bits */
    CHECK_EQ(bits_get(w[2], 39, 38), 2);           /* 4 KiB: level 0 */
    CHECK_EQ(bits_get(w[2], 47, 46), 0);
    CHECK_EQ(bits_get(w[2], 50, 48), 4);           /* 44 bits */
    CHECK_EQ(bits_get(w[2], 51, 51), 1);
    CHECK_EQ(bits_get(w[2], 58, 58), 1);
    CHECK_EQ(w[3], 0x447ba000);
}

/* [SMMUv3 5.2]: every T0SZ that is built is legal for its start level, and no smaller than needed. */
static void t0sz_fits_granule_and_start_level(void)
{
    static const struct { unsigned granule, start, sl0, least, most; } rows[] = {
        { 12, 0, 2, 16, 24 }, { 12, 1, 1, 25, 33 }, { 12, 2, 0, 34, 42 },
        { 14, 1, 2, 17, 27 }, { 14, 2, 1, 28, 38 }, { 14, 3, 0, 39, 48 },
        { 16, 1, 2, 16, 21 }, { 16, 2, 1, 22, 34 }, { 16, 3, 0, 35, 47 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct smmuv3_ste_facts f = { .valid = true, .config = STE_S2, .oas = 44,
                                      .s2 = { .known = true, .granule = rows[i].granule,
                                              .start = rows[i].start } };
        uint64_t w[8], t0sz;
        smmuv3_build_ste(w, &f);
        t0sz = bits_get(w[2], 37, 32);
        CU_ASSERT(t0sz >= rows[i].least && t0sz <= rows[i].most);
        CHECK_EQ(bits_get(w[2], 39, 38), rows[i].sl0);
        f.s2.input_bits = 64 - rows[i].least + 1;  /* one more than a single table reaches */
        smmuv3_build_ste(w, &f);
        if (rows[i].least > 16)
            CHECK_EQ(bits_get(w[2], 37, 32), rows[i].least - 1);
    }
}

static void an_invalid_entry_is_all_zero(void)
{
    const struct smmuv3_ste_facts ste = { .valid = false, .config = STE_S1, .cd = 0x1000 };
    const struct smmuv3_cd_facts cd = { .valid = false, .asid = 3 };
    uint64_t w[8];

    smmuv3_build_ste(w, &ste);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(w[i], 0);
    smmuv3_build_cd(w, &cd);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(w[i], 0);
}

static void a_context_descriptor_has_the_words_linux_writes(void)
{
    const struct smmuv3_cd_facts f = { .valid = true, .oas = 44, .asid = 1, .record = true,
                                       .tt = { { .on = true, .tsz = 16, .granule = 12,
                                                 .ttb = 0x44091000 } } };
    uint64_t w[8];

    smmuv3_build_cd(w, &f);
    CHECK_EQ(w[0], 0x0001e204c0003510);
    CHECK_EQ(w[1], 0x44091000);
    CHECK_EQ(w[2], 0);
}

/* TG1 counts 16, 4, 64 KiB from 1; TG0 has 4, 64, 16 KiB from 0 [SMMUv3 5.4]. */
static void the_two_halves_number_granules_differently(void)
{
    static const struct { unsigned granule, tg0, tg1; } rows[] = { { 12, 0, 2 }, { 14, 2, 1 }, { 16, 1, 3 } };

    for (size_t i = 0; i < 3; i++) {
        struct smmuv3_cd_facts f = { .valid = true, .oas = 44 };
        uint64_t w[8];
        f.tt[0] = f.tt[1] = (struct smmuv3_tt_facts){ .on = true, .tsz = 20, .granule = rows[i].granule };
        smmuv3_build_cd(w, &f);
        CHECK_EQ(bits_get(w[0], 7, 6), rows[i].tg0);
        CHECK_EQ(bits_get(w[0], 23, 22), rows[i].tg1);
        CHECK_EQ(bits_get(w[0], 14, 14) | bits_get(w[0], 30, 30), 0);
    }
}

/* QEMU's last index is 2^Span - 1; the architecture's Span 9 holds 256 STEs. */
static void the_span_is_the_one_in_memory(void)
{
    CHECK_EQ(smmuv3_build_l1std(0x7ac60000, 511), 0x7ac60000u | 9);
    CHECK_EQ(smmuv3_build_l1std(0x7ac60000, 127), 0x7ac60000u | 7);
}

static void a_range_of_streams_is_a_power_of_two(void)
{
    uint64_t w[2];

    CU_ASSERT_TRUE(smmuv3_build_cfgi_range(w, 0, UINT32_MAX));
    CHECK_EQ(w[0], 4);
    CHECK_EQ(w[1], 31);
    CU_ASSERT_TRUE(smmuv3_build_cfgi_range(w, 0x28, 0x2f));
    CHECK_EQ(w[0], 0x2800000004);
    CHECK_EQ(w[1], 2);
    CU_ASSERT_FALSE(smmuv3_build_cfgi_range(w, 0x28, 0x30));
    CU_ASSERT_FALSE(smmuv3_build_cfgi_range(w, 0x2c, 0x33));
    CU_ASSERT_FALSE(smmuv3_build_cfgi_range(w, 8, 7));
}

static void num_and_scale_say_the_pages(void)
{
    struct rng rng;

    rng_init(&rng, 1, "ranges");
    for (int i = 0; i < 20000; i++) {
        unsigned num = (unsigned)rng_below(&rng, 32), scale = (unsigned)rng_below(&rng, 32);
        struct smmuv3_range r = { .addr = 0xabcde000, .pages = (num + 1ull) << scale, .asid = 5,
                                  .vmid = 6, .tg = 1, .ttl = 3, .leaf = 1 };
        uint64_t w[2];
        CU_ASSERT_TRUE_FATAL(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
        CU_ASSERT_EQUAL_FATAL((bits_get(w[0], 16, 12) + 1) << bits_get(w[0], 24, 20), r.pages);
    }
}

static void what_num_and_scale_cannot_say_is_refused(void)
{
    struct smmuv3_range r = { .pages = 33, .tg = 1 };
    uint64_t w[2];

    CU_ASSERT_FALSE(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
    r.pages = 66;
    CU_ASSERT_FALSE(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
    r.pages = 64;
    CU_ASSERT_TRUE(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
    r.pages = 0;
    CU_ASSERT_FALSE(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
    r = (struct smmuv3_range){ .pages = 2, .tg = 0 };
    CU_ASSERT_FALSE(smmuv3_build_range(w, SMMUV3_CMD_TLBI_NH_VA, &r));
}

/* The largest aligned power of two of pages at an address, the straightforward way. */
static uint64_t plain_piece(uint64_t addr, uint64_t pages, unsigned granule)
{
    uint64_t n = 1;

    while (n * 2 <= pages && (addr >> granule) % (n * 2) == 0)
        n *= 2;
    return n;
}

static void pieces_are_the_largest_aligned_powers_of_two(void)
{
    struct rng rng;

    rng_init(&rng, 1, "pieces");
    for (int i = 0; i < 20000; i++) {
        unsigned tg = 1 + (unsigned)rng_below(&rng, 3), granule = 10 + 2 * tg;
        uint64_t addr = rng_below(&rng, 1u << 20) << granule, pages = 1 + rng_below(&rng, 5000);
        while (pages) {
            uint64_t piece = smmuv3_first_piece(addr, pages, tg);
            CU_ASSERT_EQUAL_FATAL(piece, plain_piece(addr, pages, granule));
            addr += piece << granule;
            pages -= piece;
        }
    }
}

static void events_have_the_manuals_numbers(void)
{
    CHECK_EQ(smmuv3_event_number("SMMU_EVT_F_TRANSLATION", 22), 0x10);
    CHECK_EQ(smmuv3_event_number("F_PERMISSION", 12), 0x13);
    CHECK_EQ(smmuv3_event_number("C_BAD_STE", 9), 0x04);
    CHECK_EQ(smmuv3_event_number("C_BAD_CD", 8), 0x0a);
    CHECK_EQ(smmuv3_event_number("no recorded event", 17), 0);
    CHECK_EQ(smmuv3_event_number("", 0), 0);
}

#define TESTS(T)                                                                                   \
    T(a_stage_1_stream_has_the_words_linux_writes)                                                 \
    T(a_stage_2_stream_says_how_its_tables_begin)                                                  \
    T(t0sz_fits_granule_and_start_level)                                                           \
    T(an_invalid_entry_is_all_zero)                                                                \
    T(a_context_descriptor_has_the_words_linux_writes)                                             \
    T(the_two_halves_number_granules_differently)                                                  \
    T(the_span_is_the_one_in_memory)                                                               \
    T(a_range_of_streams_is_a_power_of_two)                                                        \
    T(num_and_scale_say_the_pages)                                                                 \
    T(what_num_and_scale_cannot_say_is_refused)                                                    \
    T(pieces_are_the_largest_aligned_powers_of_two)                                                \
    T(events_have_the_manuals_numbers)
TEST_SUITE("import_smmuv3_build", TESTS)
