/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include "base/rng.h"
#include "traces/record.h"

static struct rec_expect any_expect(struct rng *g)
{
    struct rec_expect e = {
        .source = (uint8_t)rng_below(g, 3), .outcome = (uint8_t)rng_below(g, 6),
        .code = (uint8_t)rng_u64(g), .has_detail = rng_below(g, 2), .has_pa = rng_below(g, 2),
        .has_config = rng_below(g, 2), .has_lookups = rng_below(g, 2),
        .page_bits_only = rng_below(g, 2), .blocked = rng_below(g, 2),
        .deviation = rng_below(g, 3) ? 0 : (uint32_t)rng_u64(g),
    };

    if (e.has_detail) {
        e.stage2 = (uint8_t)rng_u64(g);
        e.cls = (uint8_t)rng_u64(g);
        e.ipa = rng_u64(g);
    }
    if (e.has_pa)
        e.pa = rng_u64(g);
    e.config_hit = e.has_config && rng_below(g, 2);
    if (e.has_lookups) {
        e.lookups = (uint8_t)rng_u64(g);
        e.hits = (uint32_t)(rng_u64(g) >> rng_below(g, 64));
        e.flushes = (uint32_t)(rng_u64(g) >> rng_below(g, 64));
    }
    return e;
}

static bool same(const struct rec_expect *a, const struct rec_expect *b)
{
    return a->source == b->source && a->outcome == b->outcome && a->code == b->code &&
           a->stage2 == b->stage2 && a->cls == b->cls && a->has_detail == b->has_detail &&
           a->has_pa == b->has_pa && a->has_config == b->has_config && a->config_hit == b->config_hit &&
           a->has_lookups == b->has_lookups && a->page_bits_only == b->page_bits_only &&
           a->blocked == b->blocked && a->lookups == b->lookups && a->hits == b->hits &&
           a->flushes == b->flushes && a->pa == b->pa && a->ipa == b->ipa &&
           a->deviation == b->deviation;
}

static void any_outcome_comes_back_from_its_words(void)
{
    struct rng g;

    rng_init(&g, 1, "outcomes");
    for (int i = 0; i < 100000; i++) {
        struct rec_expect e = any_expect(&g), back;
        struct rec_ext x = { { 0 } };
        uint16_t n = rec_expect_pack(&e, &x);

        CU_ASSERT_FATAL(n >= 1 && n <= REC_WORDS_MAX);
        rec_expect_unpack(&x, &back);
        CU_ASSERT(same(&e, &back));
    }
}

static void an_ordinary_outcome_takes_two_words(void)
{
    struct rec_expect e = { .outcome = REC_O_OK, .has_pa = true, .pa = 0x1234, .has_config = true,
                            .config_hit = true, .has_lookups = true, .lookups = 3, .hits = 5 };
    struct rec_ext x;

    CHECK_EQ(rec_expect_pack(&e, &x), 2);
    CHECK_EQ(x.w[1], 0x1234);
}

/* Words that nobody packed are read within the extension. */
static void any_words_unpack(void)
{
    struct rng g;

    rng_init(&g, 1, "words");
    for (int i = 0; i < 1000; i++) {
        struct rec_ext x;
        struct rec_expect e;

        for (int k = 0; k < REC_WORDS_MAX; k++)
            x.w[k] = rng_u64(&g);
        rec_expect_unpack(&x, &e);
        CU_ASSERT(e.source < 8 && e.outcome < 16);
    }
}

static void names_end_in_unknown(void)
{
    CHECK_STR(rec_kind_name(REC_READ), "read");
    CHECK_STR(rec_kind_name(REC_DOORBELL), "doorbell");
    CHECK_STR(rec_kind_name(REC_KIND_COUNT), "unknown");
    CHECK_STR(rec_source_name(REC_ALLOWED), "allowed");
    CHECK_STR(rec_source_name(3), "unknown");
    CHECK_STR(rec_outcome_name(REC_O_FAULT_SILENT), "fault_silent");
    CHECK_STR(rec_outcome_name(6), "unknown");
    CHECK_STR(rec_mode_name(REC_MODE_NESTED), "nested");
    CHECK_STR(rec_mode_name(5), "unknown");
}

#define TESTS(T)                                                                                   \
    T(any_outcome_comes_back_from_its_words) T(an_ordinary_outcome_takes_two_words)                \
    T(any_words_unpack) T(names_end_in_unknown)
TEST_SUITE("record", TESTS)
