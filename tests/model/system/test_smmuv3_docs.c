/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/smmuv3.md against the tables: everything that has a name has a row that says what the model does with
 * it, and what the page refers to exists.
 *
 * A row begins with names in backticks and has a verdict in its second column.
 */
#define _GNU_SOURCE                    /* nftw */
#include <ctype.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arch/smmuv3/pri.h"
#include "base/sim.h"
#include "suite.h"
#include "system/smmuv3.h"

#define PAGE SOURCE_DIR "/docs/smmuv3.md"

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text;
    long n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    text = calloc(1, (size_t)n + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL_FATAL(fread(text, 1, (size_t)n, f), (size_t)n);
    fclose(f);
    return text;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static bool is_verdict(const char *s)
{
    static const char *const verdict[] = { "modelled |", "in part |", "timing only |", "not modelled |",
                                           "nothing |" };

    for (unsigned i = 0; i < ARRAY_LEN(verdict); i++)
        if (strncmp(s, verdict[i], strlen(verdict[i])) == 0)
            return true;
    return false;
}

/* Is there a row for `PREFIXNAME` in the page, with a verdict? */
static bool has_row(const char *page, const char *prefix, const char *name)
{
    char quoted[64];
    size_t n = (size_t)snprintf(quoted, sizeof quoted, "`%s%s`", prefix, name);

    for (const char *at = page; (at = strstr(at, quoted)) != NULL; at += n) {
        const char *line = at, *bar = strchr(at, '|');

        while (line > page && line[-1] != '\n')
            line--;
        if (strncmp(line, "| `", 3) == 0 && !memchr(line + 1, '|', (size_t)(at - line - 1)) && bar &&
            is_verdict(bar + 2))
            return true;
    }
    return false;
}

static unsigned missing(const char *page, const char *prefix, const char *name)
{
    if (has_row(page, prefix, name))
        return 0;
    fprintf(stderr, "\ndocs/smmuv3.md has no row for %s%s\n", prefix, name);
    return 1;
}

static unsigned fields_missing(const char *page, const struct field_table *t)
{
    char prefix[16];
    unsigned n = 0;

    snprintf(prefix, sizeof prefix, "%s.", t->name);
    for (unsigned i = 0; i < t->n; i++)
        n += missing(page, prefix, t->row[i].name);
    return n;
}

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

/* ---- references ---------------------------------------------------------------------------------- */

static const char *wanted;             /* of nftw, which takes no argument */

static int is_wanted(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    size_t n = strlen(wanted);
    const char *name = path + ftw->base;

    (void)st;
    return type == FTW_F && strncmp(name, wanted, n) == 0 && (name[n] == '.' || !name[n]);
}

static bool is_file(const char *name)
{
    static const char *const under[] = { "model", "tests", "." };
    char path[512];
    struct stat st;

    for (unsigned i = 0; i < ARRAY_LEN(under); i++) {
        snprintf(path, sizeof path, SOURCE_DIR "/%s/%s", under[i], name);
        if (stat(path, &st) == 0)
            return true;
    }
    return false;
}

static bool is_param(const struct param_set *set, const char *path)
{
    size_t n = strlen(path);
    uint64_t *word;

    for (size_t i = 0; i < set->n; i++) {
        const char *section = set->sec[i].path;

        if (strncmp(section, path, n) == 0 && (section[n] == '.' || !section[n]))
            return true;
    }
    return param_find(set, path, &word) != NULL;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);

    return n > k && strcmp(s + n - k, end) == 0;
}

static bool exists(const struct param_set *set, const char *name)
{
    if (ends_in(name, ".c") || ends_in(name, ".h") || ends_in(name, ".sh") || ends_in(name, ".json"))
        return is_file(name);
    if (strncmp(name, "smmu.", 5) == 0 || strncmp(name, "dev.", 4) == 0 || strncmp(name, "device.", 7) == 0)
        return is_param(set, name);
    if (strncmp(name, "test_", 5) == 0 || strncmp(name, "check_", 6) == 0) {
        wanted = name;
        return nftw(SOURCE_DIR "/tests", is_wanted, 16, FTW_PHYS) == 1;
    }
    return true;
}

/* What stands in backticks and is a word; `tell`: which does not exist. */
static unsigned dangling(const char *page, const struct param_set *set, bool tell)
{
    unsigned n = 0;

    for (const char *at = strchr(page, '`'), *end; at; at = strchr(end + 1, '`')) {
        char name[96];

        end = strchr(at + 1, '`');
        if (!end)
            break;
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        if (strchr(name, ' ') || exists(set, name))
            continue;
        if (tell)
            fprintf(stderr, "\ndocs/smmuv3.md speaks of %s, which does not exist\n", name);
        n++;
    }
    return n;
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

/* A word of a capital and two digits is a vector. */
static void vectors_that_the_page_names_exist(void)
{
    char *page = read_file(PAGE), *vectors = read_file(SOURCE_DIR "/tests/conformance/smmuv3-vectors.json");
    unsigned named = 0;

    for (const char *at = page + 1; *at; at++) {
        char id[8];

        if (isalnum((unsigned char)at[-1]) || !isupper((unsigned char)at[0]) || !isdigit((unsigned char)at[1]) ||
            !isdigit((unsigned char)at[2]) || isalnum((unsigned char)at[3]))
            continue;
        snprintf(id, sizeof id, "\"%.3s\"", at);
        named++;
        if (!strstr(vectors, id))
            fprintf(stderr, "\ndocs/smmuv3.md names vector %s, which does not exist\n", id);
        CU_ASSERT_PTR_NOT_NULL(strstr(vectors, id));
    }
    CU_ASSERT(named > 50);
    free(page);
    free(vectors);
}

#define TESTS(T)                                                                                     \
    T(everything_with_a_name_has_its_row) T(a_row_without_its_name_or_its_verdict_is_none)           \
    T(what_the_page_refers_to_exists) T(vectors_that_the_page_names_exist)
TEST_SUITE("smmuv3_docs", TESTS)
