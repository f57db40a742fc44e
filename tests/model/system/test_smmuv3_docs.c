/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/smmuv3.md against the tables.
 */
#define _GNU_SOURCE                    /* nftw */
#define PAGE_NAME "smmuv3.md"
#define UNIT "smmu."
#include "docs_bench.h"

#include "arch/smmuv3/pri.h"
#include "system/smmuv3/smmuv3.h"

static unsigned rows_missing(const char *page)
{
    static const struct field_table *const structures[] = { &l1std_fields, &ste_fields, &l1cd_fields,
                                                            &cd_fields };
    static const unsigned ids[] = { SMMUV3_LAYOUT_IDR0, SMMUV3_LAYOUT_IDR1, SMMUV3_LAYOUT_IDR2,
                                    SMMUV3_LAYOUT_IDR3, SMMUV3_LAYOUT_IDR5, SMMUV3_LAYOUT_IDR6 };
    unsigned n = 0;

    for (unsigned i = 0; i < smmuv3_cmd_count; i++)
        n += missing(page, "CMD_", smmuv3_cmds[i].name);
    for (unsigned i = 0; i < smmuv3_event_count; i++)
        n += missing(page, "", smmuv3_events[i].name);
    for (unsigned i = 0; i < smmuv3_reg_count; i++)
        n += missing(page, "SMMU_", smmuv3_reg_rows[i].name);
#define PMCG_ROW(N, number, name) n += missing(page, "", name);
    SMMUV3_PMCG_EVENTS(PMCG_ROW)
#undef PMCG_ROW
    for (unsigned i = 0; i < ARRAY_LEN(structures); i++)
        n += fields_missing(page, structures[i]);
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
        n += fields_missing(page, smmuv3_reg_fields[ids[i]]);
    return n;
}

static void everything_with_a_name_has_its_row(void)
{
    char *page = read_file(PAGE);

    CHECK_EQ(rows_missing(page), 0);
    free(page);
}

static void a_row_without_its_name_or_its_verdict_is_none(void)
{
    static const char page[] = "| `STE.V` `STE.CONFIG` | modelled | |\n"
                               "| other | see `CD.V` | modelled | |\n"
                               "| `CD.A` | perhaps | |\n";

    CU_ASSERT(has_row(page, "STE.", "V"));
    CU_ASSERT(has_row(page, "STE.", "CONFIG"));
    CU_ASSERT_FALSE(has_row(page, "STE.", "S1FMT"));
    CU_ASSERT_FALSE(has_row(page, "CD.", "V"));
    CU_ASSERT_FALSE(has_row(page, "CD.", "A"));
}

static void what_the_page_refers_to_exists(void)
{
    static struct smmuv3_system_params par;
    static struct param_set set;
    char *page = read_file(PAGE);

    smmuv3_system_params(&par, &set);
    CHECK_EQ(dangling(page, &set, true), 0);
    CHECK_EQ(dangling("`arch/smmuv3/gone.c` `smmu.gone` `test_gone` `smmu.tcu` `smmu.oas` two words", &set,
                      false), 3);
    free(page);
}

static void vectors_that_the_page_names_exist(void)
{
    CU_ASSERT(vectors_named(SOURCE_DIR "/tests/conformance/smmuv3-vectors.json") > 50);
}

#define TESTS(T)                                                                                     \
    T(everything_with_a_name_has_its_row) T(a_row_without_its_name_or_its_verdict_is_none)           \
    T(what_the_page_refers_to_exists) T(vectors_that_the_page_names_exist)
TEST_SUITE("smmuv3_docs", TESTS)
