/* SPDX-License-Identifier: Apache-2.0
 *
 * docs_bench.h - a page of docs/ against the tables: everything that has a name has a row that says what the model does
 * with it, and what the page refers to exists.
 *
 * A row begins with names in backticks and has a verdict in its second column.  PAGE_NAME is the page, below docs/; UNIT
 * is how parameters of its unit begin.
 */
#ifndef TESTS_MODEL_SYSTEM_DOCS_BENCH_H
#define TESTS_MODEL_SYSTEM_DOCS_BENCH_H
#include <ctype.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/field.h"
#include "base/param.h"
#include "base/sim.h"
#include "suite.h"

#define PAGE SOURCE_DIR "/docs/" PAGE_NAME

static inline char *read_file(const char *path)
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

static inline bool is_verdict(const char *s)
{
    static const char *const verdict[] = { "modelled |", "in part |", "timing only |", "not modelled |",
                                           "nothing |" };

    for (unsigned i = 0; i < ARRAY_LEN(verdict); i++)
        if (strncmp(s, verdict[i], strlen(verdict[i])) == 0)
            return true;
    return false;
}

/* Is there a row for `PREFIXNAME` in the page, with a verdict? */
static inline bool has_row(const char *page, const char *prefix, const char *name)
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

static inline unsigned missing(const char *page, const char *prefix, const char *name)
{
    if (has_row(page, prefix, name))
        return 0;
    fprintf(stderr, "\ndocs/" PAGE_NAME " has no row for %s%s\n", prefix, name);
    return 1;
}

static inline unsigned fields_missing(const char *page, const struct field_table *t)
{
    char prefix[16];
    unsigned n = 0;

    snprintf(prefix, sizeof prefix, "%s.", t->name);
    for (unsigned i = 0; i < t->n; i++)
        n += missing(page, prefix, t->row[i].name);
    return n;
}

/* ---- references ---------------------------------------------------------------------------------- */

static const char *wanted;             /* of nftw, which takes no argument */

static inline int is_wanted(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    size_t n = strlen(wanted);
    const char *name = path + ftw->base;

    (void)st;
    return type == FTW_F && strncmp(name, wanted, n) == 0 && (name[n] == '.' || !name[n]);
}

static inline bool is_file(const char *name)
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

static inline bool is_param(const struct param_set *set, const char *path)
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

static inline bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);

    return n > k && strcmp(s + n - k, end) == 0;
}

static inline bool exists(const struct param_set *set, const char *name)
{
    if (ends_in(name, ".c") || ends_in(name, ".h") || ends_in(name, ".sh") || ends_in(name, ".json"))
        return is_file(name);
    if (strncmp(name, UNIT, strlen(UNIT)) == 0 || strncmp(name, "dev.", 4) == 0 || strncmp(name, "device.", 7) == 0)
        return is_param(set, name);
    if (strncmp(name, "test_", 5) == 0 || strncmp(name, "check_", 6) == 0) {
        wanted = name;
        return nftw(SOURCE_DIR "/tests", is_wanted, 16, FTW_PHYS) == 1;
    }
    return true;
}

/* What stands in backticks and is a word; `tell`: which does not exist. */
static inline unsigned dangling(const char *page, const struct param_set *set, bool tell)
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
            fprintf(stderr, "\ndocs/" PAGE_NAME " speaks of %s, which does not exist\n", name);
        n++;
    }
    return n;
}

/* A word of a capital and two digits is a vector; how many the page names. */
static inline unsigned vectors_named(const char *file)
{
    char *page = read_file(PAGE), *vectors = read_file(file);
    unsigned named = 0;

    for (const char *at = page + 1; *at; at++) {
        char id[8];

        if (isalnum((unsigned char)at[-1]) || !isupper((unsigned char)at[0]) || !isdigit((unsigned char)at[1]) ||
            !isdigit((unsigned char)at[2]) || isalnum((unsigned char)at[3]))
            continue;
        snprintf(id, sizeof id, "\"%.3s\"", at);
        named++;
        if (!strstr(vectors, id))
            fprintf(stderr, "\ndocs/" PAGE_NAME " names vector %s, which does not exist\n", id);
        CU_ASSERT_PTR_NOT_NULL(strstr(vectors, id));
    }
    free(page);
    free(vectors);
    return named;
}

#endif
