/* SPDX-License-Identifier: Apache-2.0 */
#include "base/param.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

void param_add(struct param_set *set, const char *path, const struct param_row *row, size_t n,
               uint64_t *word)
{
    struct param_section *s;

    SIM_CHECK(set->n < PARAM_SECTIONS_MAX, "%zu sections", set->n);
    s = &set->sec[set->n++];
    snprintf(s->path, sizeof s->path, "%s", path);
    s->row = row;
    s->n = n;
    s->word = word;
    for (size_t i = 0; i < n; i++)
        word[i] = row[i].def;
}

const struct param_row *param_find(const struct param_set *set, const char *path, uint64_t **word)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct param_section *s = &set->sec[i];
        size_t len = strlen(s->path);

        if (strncmp(path, s->path, len) != 0 || path[len] != '.')
            continue;
        for (size_t j = 0; j < s->n; j++)
            if (strcmp(path + len + 1, s->row[j].name) == 0) {
                *word = &s->word[j];
                return &s->row[j];
            }
    }
    return NULL;
}

static int unknown(const struct param_set *set, const char *path, struct diag *d, const char *file,
                   unsigned long line, unsigned long col)
{
    const char **names;
    char *text;
    const char *near;
    size_t total = 0, k = 0;
    int err;

    for (size_t i = 0; i < set->n; i++)
        total += set->sec[i].n;
    names = calloc(total + 1, sizeof *names);
    text = calloc(total + 1, 160);
    if (!names || !text) {
        free(names);
        free(text);
        return diag_env(d, file, "no memory");
    }
    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->sec[i].n; j++, k++) {
            char *at = text + k * 160;

            snprintf(at, 160, "%s.%s", set->sec[i].path, set->sec[i].row[j].name);
            names[k] = at;
        }
    near = diag_nearest(path, names, k);
    if (near)
        err = diag_add(d, file, line, col, "unknown parameter %s; did you mean %s?", path, near);
    else
        err = diag_add(d, file, line, col, "unknown parameter %s (iommusim info params lists them)",
                       path);
    free(names);
    free(text);
    return err;
}

/* The number of `text` among the words of "a|b|c"; -1 if it is none of them. */
static int choice(const char *words, const char *text)
{
    size_t len = strlen(text);
    const char *p = words;

    for (int i = 0; p; i++) {
        const char *end = strchr(p, '|');
        size_t n = end ? (size_t)(end - p) : strlen(p);

        if (n == len && strncmp(p, text, n) == 0)
            return i;
        p = end ? end + 1 : NULL;
    }
    return -1;
}

static int flag(const char *text)
{
    static const char *const words[] = { "0",  "no",  "off", "false",
                                         "1", "yes", "on",  "true" };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(text, words[i]) == 0)
            return i >= ARRAY_LEN(words) / 2;
    return -1;
}

/* Decimal, or hexadecimal with 0x; a leading 0 means nothing.  errno is ERANGE above 64 bits. */
static bool number(const char *text, uint64_t *v)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;

    errno = 0;
    *v = strtoull(text, &end, hex ? 16 : 10);
    return isdigit((unsigned char)text[0]) && *end == '\0';
}

int param_set_text(struct param_set *set, const char *path, const char *text, struct diag *d,
                   const char *file, unsigned long line, unsigned long col)
{
    uint64_t *word, v;
    const struct param_row *r = param_find(set, path, &word);
    int k;

    if (!r)
        return unknown(set, path, d, file, line, col);
    switch (r->type) {
    case PARAM_choice:
        k = choice(r->unit, text);
        if (k < 0)
            return diag_add(d, file, line, col, "%s = %s: expected one of %s", path, text, r->unit);
        *word = (uint64_t)k;
        return 0;
    case PARAM_flag:
        k = flag(text);
        if (k < 0)
            return diag_add(d, file, line, col, "%s = %s: expected yes or no", path, text);
        *word = (uint64_t)k;
        return 0;
    case PARAM_u64:
        break;
    }
    if (!number(text, &v))
        return diag_add(d, file, line, col, "%s = %s: expected a whole number", path, text);
    if (v < r->min || v > r->max || errno)
        return diag_add(d, file, line, col,
                        "%s = %s: out of range, expected %" PRIu64 " to %" PRIu64, path, text,
                        r->min, r->max);
    *word = v;
    return 0;
}

void param_format(const struct param_row *row, uint64_t value, char *buf, size_t size)
{
    const char *p = row->unit;

    if (row->type != PARAM_choice) {
        snprintf(buf, size, "%" PRIu64, value);
        return;
    }
    for (uint64_t i = 0; i < value && p; i++) {
        p = strchr(p, '|');
        p = p ? p + 1 : NULL;
    }
    snprintf(buf, size, "%.*s", p ? (int)strcspn(p, "|") : 1, p ? p : "?");
}
