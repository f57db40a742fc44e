/* SPDX-License-Identifier: Apache-2.0
 *
 * test_diag.c - base/diag: messages kept, counted and printed, and the nearest name.
 */
#include "base/diag.h"

#include "base/sim.h"
#include "suite.h"

enum { TEXT = 8192 };

static void print_to(const struct diag *d, char text[TEXT])
{
    FILE *f = fmemopen(text, TEXT, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    diag_print(d, f);
    fclose(f);
}

static void messages_keep_their_order_and_place(void)
{
    struct diag d;
    char text[TEXT];

    diag_init(&d);
    CU_ASSERT_TRUE(diag_empty(&d));
    CHECK_EQ(diag_add(&d, "a.yaml", 3, 7, "sets = %d: not a power of two", 48), SIM_EINPUT);
    CHECK_EQ(diag_add(&d, "a.yaml", 9, 0, "second"), SIM_EINPUT);
    CHECK_EQ(diag_add(&d, NULL, 0, 0, "from the command line"), SIM_EINPUT);
    CHECK_EQ(diag_env(&d, "out.db", "disk full"), SIM_EENV);
    CU_ASSERT_FALSE(diag_empty(&d));
    print_to(&d, text);
    CHECK_STR(text, "a.yaml:3:7: sets = 48: not a power of two\n"
                    "a.yaml:9: second\n"
                    "from the command line\n"
                    "out.db: disk full\n");
    diag_destroy(&d);
    CU_ASSERT_TRUE(diag_empty(&d));
}

static void more_messages_than_are_kept_are_counted(void)
{
    struct diag d;
    char text[TEXT], *tail;

    diag_init(&d);
    for (unsigned i = 0; i < DIAG_MAX + 7; i++)
        diag_add(&d, "f", i + 1, 0, "m");
    CHECK_EQ(d.n, DIAG_MAX + 7);
    CHECK_EQ(d.kept, DIAG_MAX);
    print_to(&d, text);
    tail = strstr(text, "and ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tail);
    CHECK_STR(tail, "and 7 more\n");
    diag_destroy(&d);
}

static void a_message_too_long_is_cut_and_nothing_else(void)
{
    struct diag d;
    char text[3 * DIAG_TEXT];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    diag_init(&d);
    diag_add(&d, text, 1, 1, "%s", text);
    CHECK_EQ(strlen(d.msg[0].text), DIAG_TEXT - 1);
    CHECK_EQ(strlen(d.msg[0].file), sizeof d.msg[0].file - 1);
    diag_destroy(&d);
}

static void without_a_diag_the_message_is_dropped_and_the_code_given(void)
{
    CHECK_EQ(diag_add(NULL, "f", 1, 1, "m"), SIM_EINPUT);
    CHECK_EQ(diag_env(NULL, "f", "m"), SIM_EENV);
}

static void the_nearest_name_is_suggested_unless_none_is_near(void)
{
    static const char *const names[] = { "sets", "ways", "policy", "reserved" };
    static const struct { const char *typed, *expected; } row[] = {
        { "set", "sets" },       { "stes", "sets" },  { "polcy", "policy" }, { "Ways", "ways" },
        { "reserve", "reserved" }, { "sets", "sets" }, { "latency", NULL },    { "", NULL },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const char *found = diag_nearest(row[i].typed, names, ARRAY_LEN(names));

        CHECK_STR(found ? found : "(none)", row[i].expected ? row[i].expected : "(none)");
    }
    CU_ASSERT_PTR_NULL(diag_nearest("sets", names, 0));
}

static void of_names_equally_near_the_first_is_suggested(void)
{
    static const char *const names[] = { "tlb.wayz", "tlb.wayx" };

    CHECK_STR(diag_nearest("tlb.ways", names, 2), "tlb.wayz");
}

static void a_name_of_any_length_can_be_asked_for(void)
{
    char name[1000];
    const char *const names[] = { "sets", name };

    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_PTR_NULL(diag_nearest(name, names, 1));
    CHECK_STR(diag_nearest("setz", names, 2), "sets");
}

#define TESTS(T)                                                                                   \
    T(messages_keep_their_order_and_place)                                                         \
    T(more_messages_than_are_kept_are_counted)                                                     \
    T(a_message_too_long_is_cut_and_nothing_else)                                                  \
    T(without_a_diag_the_message_is_dropped_and_the_code_given)                                    \
    T(the_nearest_name_is_suggested_unless_none_is_near)                                           \
    T(of_names_equally_near_the_first_is_suggested)                                                \
    T(a_name_of_any_length_can_be_asked_for)
TEST_SUITE("diag", TESTS)
