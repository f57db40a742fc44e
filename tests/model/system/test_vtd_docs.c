/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/vtd.md against the tables.
 */
#define _GNU_SOURCE                    /* nftw */
#define PAGE_NAME "vtd.md"
#define UNIT "vtd."
#include "docs_bench.h"

#include "arch/vtd/fault.h"
#include "system/vtd/vtd.h"

static unsigned rows_missing(const char *page)
{
    static const struct field_table *const structures[] = { &vtd_root_fields, &vtd_ctx_fields, &vtd_sroot_fields,
                                                            &vtd_sctx_fields, &vtd_pde_fields, &vtd_pe_fields,
                                                            &fspte_fields, &sspte_fields };
    unsigned n = 0;

    for (unsigned i = 0; i < vtd_reason_count; i++)
        n += missing(page, "", vtd_reasons[i].name);
    for (unsigned i = 1; i < VTD_INV_TYPE_COUNT; i++)
        n += missing(page, "", vtd_inv_name(i));
    for (unsigned i = 0; i < ARRAY_LEN(structures); i++)
        n += fields_missing(page, structures[i]);
    for (unsigned i = 0; vtd_reg_fields[i]; i++)
        if (!strcmp(vtd_reg_fields[i]->name, "CAP") || !strcmp(vtd_reg_fields[i]->name, "ECAP"))
            n += fields_missing(page, vtd_reg_fields[i]);
    return n;
}

static void everything_with_a_name_has_its_row(void)
{
    char *page = read_file(PAGE);

    CHECK_EQ(rows_missing(page), 0);
    free(page);
}

static void what_the_page_refers_to_exists(void)
{
    static struct vtd_system_params par;
    static struct param_set set;
    char *page = read_file(PAGE);

    vtd_system_params(&par, &set);
    CHECK_EQ(dangling(page, &set, true), 0);
    CHECK_EQ(dangling("`arch/vtd/gone.c` `vtd.gone` `test_gone` `vtd.iotlb`", &set, false), 3);
    free(page);
}

static void vectors_that_the_page_names_exist(void)
{
    CU_ASSERT(vectors_named(SOURCE_DIR "/tests/conformance/vtd-vectors.json") > 5);
}

#define TESTS(T)                                                                                     \
    T(everything_with_a_name_has_its_row) T(what_the_page_refers_to_exists)                          \
    T(vectors_that_the_page_names_exist)
TEST_SUITE("vtd_docs", TESTS)
