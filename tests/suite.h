/* SPDX-License-Identifier: Apache-2.0
 *
 * suite.h - one CUnit suite, one program.
 *
 *     #define TESTS(T) T(hit_takes_one_lookup) T(other_asid_misses)
 *     TEST_SUITE("store", TESTS)
 *
 * A test's name is a sentence that can be false.  CHECK_EQ prints both values.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H
#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECK_EQ(found, expected)                                                                  \
    do {                                                                                           \
        uint64_t f_ = (uint64_t)(found), e_ = (uint64_t)(expected);                                \
        if (f_ != e_)                                                                              \
            fprintf(stderr, "\n%s:%d: %s: found 0x%" PRIx64 " (%" PRId64 "), expected 0x%" PRIx64    \
                    " (%" PRId64 ")\n", __FILE__, __LINE__, #found, f_, (int64_t)f_, e_, (int64_t)e_); \
        CU_ASSERT(f_ == e_);                                                                       \
    } while (0)

#define CHECK_STR(found, expected)                                                                 \
    do {                                                                                           \
        const char *f_ = (found), *e_ = (expected);                                                \
        if (strcmp(f_, e_) != 0)                                                                   \
            fprintf(stderr, "\n%s:%d: %s: found \"%s\", expected \"%s\"\n", __FILE__, __LINE__, #found, \
                    f_, e_);                                                                       \
        CU_ASSERT(strcmp(f_, e_) == 0);                                                            \
    } while (0)

#define TEST_ROW(fn) { #fn, fn },
#define TEST_SUITE(NAME, TESTS)                                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        CU_TestInfo tests[] = { TESTS(TEST_ROW) CU_TEST_INFO_NULL };                               \
        CU_SuiteInfo suites[] = { { NAME, NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };   \
        unsigned failed;                                                                           \
        if (CU_initialize_registry() || CU_register_suites(suites))                                \
            return 2;                                                                              \
        CU_basic_set_mode(CU_BRM_NORMAL);                                                          \
        CU_basic_run_tests();                                                                      \
        failed = CU_get_number_of_failures();                                                      \
        CU_cleanup_registry();                                                                     \
        return failed != 0;                                                                        \
    }

#endif
