/* SPDX-License-Identifier: Apache-2.0
 *
 * test_param.c - base/param: values from text, ranges, choices, flags, and what is said of
 * mistakes.
 */
#include "base/param.h"

#include "base/sim.h"
#include "suite.h"

#define SAMPLE_PARAMS(P)                                                                           \
    P(u64,    sets,   64, 1, 65536, "1", "number of sets")                                         \
    P(u64,    any,     0, 0, UINT64_MAX, "1", "any number")                                        \
    P(choice, policy,  1, 0, 2, "lru|fifo|fifo-2", "replacement")                                  \
    P(flag,   merge,   0, 0, 1, "1", "merge misses")
struct sample { PARAM_FIELDS(SAMPLE_PARAMS) };
PARAM_ROWS(sample_rows, SAMPLE_PARAMS);

#define SAMPLE_STATS(S) S(lookups, "1", "requests") S(hits, "1", "answered")
struct sample_stats { STAT_FIELDS(SAMPLE_STATS) };
STAT_ROWS(sample_stat_rows, SAMPLE_STATS);

struct setup { struct param_set set; struct sample tlb, cfg; struct diag d; };

static void setup_up(struct setup *u)
{
    u->set.n = 0;
    param_add(&u->set, "smmu.tlb", sample_rows, ARRAY_LEN(sample_rows), &u->tlb.sets);
    param_add(&u->set, "smmu.tlb.cfg", sample_rows, ARRAY_LEN(sample_rows), &u->cfg.sets);
    diag_init(&u->d);
}

static int set(struct setup *u, const char *path, const char *text)
{
    return param_set_text(&u->set, path, text, &u->d, "x.yaml", 4, 2);
}

static void a_rows_number_is_its_place_in_the_struct(void)
{
    struct sample s = PARAM_DEFAULTS(SAMPLE_PARAMS);
    struct sample_stats st = { .hits = 9 };

    CHECK_EQ(sizeof s, ARRAY_LEN(sample_rows) * sizeof(uint64_t));
    for (size_t i = 0; i < ARRAY_LEN(sample_rows); i++)
        CHECK_EQ((&s.sets)[i], sample_rows[i].def);
    CHECK_STR(sample_rows[offsetof(struct sample, policy) / 8].name, "policy");
    CHECK_STR(sample_stat_rows[1].name, "hits");
    CHECK_EQ((&st.lookups)[1], 9);
}

static void a_new_section_has_its_defaults(void)
{
    struct setup u;

    setup_up(&u);
    CHECK_EQ(u.tlb.sets, 64);
    CHECK_EQ(u.cfg.policy, 1);
    CHECK_EQ(u.cfg.merge, 0);
    diag_destroy(&u.d);
}

static void a_path_finds_its_own_section_and_word(void)
{
    struct setup u;
    uint64_t *word;

    setup_up(&u);
    CU_ASSERT_PTR_EQUAL(param_find(&u.set, "smmu.tlb.cfg.sets", &word), &sample_rows[0]);
    CU_ASSERT_PTR_EQUAL(word, &u.cfg.sets);
    CU_ASSERT_PTR_EQUAL(param_find(&u.set, "smmu.tlb.merge", &word), &sample_rows[3]);
    CU_ASSERT_PTR_EQUAL(word, &u.tlb.merge);
    CU_ASSERT_PTR_NULL(param_find(&u.set, "smmu.tlb", &word));
    CU_ASSERT_PTR_NULL(param_find(&u.set, "smmu.tlbx.sets", &word));
    CU_ASSERT_PTR_NULL(param_find(&u.set, "sets", &word));
    diag_destroy(&u.d);
}

static void numbers_are_read_in_decimal_and_hexadecimal(void)
{
    struct setup u;

    setup_up(&u);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "48"), SIM_OK);
    CHECK_EQ(u.tlb.sets, 48);
    CHECK_EQ(u.cfg.sets, 64);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "0x40"), SIM_OK);
    CHECK_EQ(u.tlb.sets, 64);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "010"), SIM_OK);
    CHECK_EQ(u.tlb.sets, 10);                          /* nobody means eight */
    CHECK_EQ(set(&u, "smmu.tlb.any", "18446744073709551615"), SIM_OK);
    CHECK_EQ(u.tlb.any, UINT64_MAX);
    CU_ASSERT_TRUE(diag_empty(&u.d));
    diag_destroy(&u.d);
}

static void both_ends_of_a_range_are_in_it_and_one_further_is_not(void)
{
    struct setup u;

    setup_up(&u);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "1"), SIM_OK);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "65536"), SIM_OK);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "0"), SIM_EINPUT);
    CHECK_STR(u.d.msg[0].text, "smmu.tlb.sets = 0: out of range, expected 1 to 65536");
    CHECK_STR(u.d.msg[0].file, "x.yaml");
    CHECK_EQ(u.d.msg[0].line, 4);
    CHECK_EQ(u.d.msg[0].col, 2);
    CHECK_EQ(set(&u, "smmu.tlb.sets", "65537"), SIM_EINPUT);
    CHECK_EQ(set(&u, "smmu.tlb.any", "18446744073709551616"), SIM_EINPUT);
    CHECK_STR(u.d.msg[2].text, "smmu.tlb.any = 18446744073709551616: out of range, expected 0 to "
                               "18446744073709551615");
    CHECK_EQ(u.tlb.sets, 65536);                       /* a mistake changes nothing */
    CHECK_EQ(u.tlb.any, 0);
    diag_destroy(&u.d);
}

static void what_is_no_number_is_refused(void)
{
    static const char *const bad[] = { "",   " 4", "4 ",  "-1",  "+1",
                                       "4k", "0x", "0xg", "1.5", "many" };
    struct setup u;

    setup_up(&u);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_EQ(set(&u, "smmu.tlb.sets", bad[i]), SIM_EINPUT);
    CHECK_EQ(u.d.n, ARRAY_LEN(bad));
    CHECK_STR(u.d.msg[5].text, "smmu.tlb.sets = 4k: expected a whole number");
    CHECK_EQ(u.tlb.sets, 64);
    diag_destroy(&u.d);
}

static void a_choice_takes_its_words_whole(void)
{
    struct setup u;

    setup_up(&u);
    CHECK_EQ(set(&u, "smmu.tlb.policy", "fifo-2"), SIM_OK);
    CHECK_EQ(u.tlb.policy, 2);
    CHECK_EQ(set(&u, "smmu.tlb.policy", "lru"), SIM_OK);
    CHECK_EQ(u.tlb.policy, 0);
    CHECK_EQ(set(&u, "smmu.tlb.policy", "fif"), SIM_EINPUT);
    CHECK_EQ(set(&u, "smmu.tlb.policy", ""), SIM_EINPUT);
    CHECK_EQ(set(&u, "smmu.tlb.policy", "lru|fifo"), SIM_EINPUT);
    CHECK_STR(u.d.msg[0].text, "smmu.tlb.policy = fif: expected one of lru|fifo|fifo-2");
    CHECK_EQ(u.tlb.policy, 0);
    diag_destroy(&u.d);
}

static void a_flag_takes_the_usual_words(void)
{
    static const char *const no[] = { "0", "no", "off", "false" };
    static const char *const yes[] = { "1", "yes", "on", "true" };
    struct setup u;

    setup_up(&u);
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        CHECK_EQ(set(&u, "smmu.tlb.merge", yes[i]), SIM_OK);
        CHECK_EQ(u.tlb.merge, 1);
        CHECK_EQ(set(&u, "smmu.tlb.merge", no[i]), SIM_OK);
        CHECK_EQ(u.tlb.merge, 0);
    }
    CHECK_EQ(set(&u, "smmu.tlb.merge", "2"), SIM_EINPUT);
    CHECK_STR(u.d.msg[0].text, "smmu.tlb.merge = 2: expected yes or no");
    diag_destroy(&u.d);
}

static void an_unknown_parameter_names_the_nearest_one(void)
{
    struct setup u;

    setup_up(&u);
    CHECK_EQ(set(&u, "smmu.tlb.polcy", "lru"), SIM_EINPUT);
    CHECK_STR(u.d.msg[0].text, "unknown parameter smmu.tlb.polcy; did you mean smmu.tlb.policy?");
    CHECK_EQ(set(&u, "smmu.tlb.cgf.sets", "4"), SIM_EINPUT);
    CHECK_STR(u.d.msg[1].text,
              "unknown parameter smmu.tlb.cgf.sets; did you mean smmu.tlb.cfg.sets?");
    CHECK_EQ(set(&u, "nonsense", "4"), SIM_EINPUT);
    CHECK_STR(u.d.msg[2].text, "unknown parameter nonsense (iommusim info params lists them)");
    CHECK_EQ(param_set_text(&u.set, "nonsense", "4", NULL, NULL, 0, 0), SIM_EINPUT);
    diag_destroy(&u.d);
}

static void what_is_formatted_is_read_back_as_the_same(void)
{
    struct setup u;
    char text[40];

    setup_up(&u);
    for (uint64_t v = 0; v < 3; v++) {
        param_format(&sample_rows[2], v, text, sizeof text);
        CHECK_EQ(set(&u, "smmu.tlb.policy", text), SIM_OK);
        CHECK_EQ(u.tlb.policy, v);
    }
    param_format(&sample_rows[1], UINT64_MAX, text, sizeof text);
    CHECK_EQ(set(&u, "smmu.tlb.any", text), SIM_OK);
    CHECK_EQ(u.tlb.any, UINT64_MAX);
    param_format(&sample_rows[3], 1, text, sizeof text);
    CHECK_EQ(set(&u, "smmu.tlb.merge", text), SIM_OK);
    CHECK_EQ(u.tlb.merge, 1);
    param_format(&sample_rows[2], 3, text, sizeof text);
    CHECK_STR(text, "?");
    diag_destroy(&u.d);
}

#define TESTS(T)                                                                                   \
    T(a_rows_number_is_its_place_in_the_struct)                                                    \
    T(a_new_section_has_its_defaults)                                                              \
    T(a_path_finds_its_own_section_and_word)                                                       \
    T(numbers_are_read_in_decimal_and_hexadecimal)                                                 \
    T(both_ends_of_a_range_are_in_it_and_one_further_is_not)                                       \
    T(what_is_no_number_is_refused)                                                                \
    T(a_choice_takes_its_words_whole)                                                              \
    T(a_flag_takes_the_usual_words)                                                                \
    T(an_unknown_parameter_names_the_nearest_one)                                                  \
    T(what_is_formatted_is_read_back_as_the_same)
TEST_SUITE("param", TESTS)
