/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/judge/coverage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/sim.h"

/* A line: C 'KEY' COUNT, with KEY a list of \1 name \2 value. */
static const char head[] = "# SystemC::Coverage-3\n";
enum { KEY = 256 };

/* ---- points -------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct coverage_point *x = a, *y = b;

    return strcmp(x->key, y->key);
}

static int add(struct coverage *c, const char *key, size_t length, uint64_t count, struct diag *d)
{
    struct coverage_point *list = list_grow(c->at, c->n, &c->room, sizeof *list);
    char *copy = list ? strndup(key, length) : NULL;

    if (list)
        c->at = list;
    if (!copy)
        return diag_env(d, NULL, "no memory for the coverage");
    c->at[c->n++] = (struct coverage_point){ copy, count };
    return 0;
}

/* Sorts, and adds up what is the same. */
static void settle(struct coverage *c)
{
    size_t n = 0;

    if (c->n)
        qsort(c->at, c->n, sizeof *c->at, by_key);
    for (size_t i = 0; i < c->n; i++)
        if (n && !strcmp(c->at[n - 1].key, c->at[i].key)) {
            c->at[n - 1].count += c->at[i].count;
            free(c->at[i].key);
        } else {
            c->at[n++] = c->at[i];
        }
    c->n = n;
}

void coverage_destroy(struct coverage *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->at[i].key);
    free(c->at);
    *c = (struct coverage){ NULL, 0, 0 };
}

/* The value of a key's part, up to *length letters; NULL: it has none. */
static const char *part(const char *key, const char *name, size_t *length)
{
    size_t n = strlen(name);

    for (const char *p = key; (p = strchr(p, '\1')) != NULL; p++)
        if (!strncmp(p + 1, name, n) && p[1 + n] == '\2') {
            p += n + 2;
            *length = strcspn(p, "\1");
            return p;
        }
    return NULL;
}

/* ---- files --------------------------------------------------------------------------------------- */

static int read_line(struct coverage *c, const char *line, const char *path, struct diag *d)
{
    const char *end = strrchr(line, '\'');
    char *after;
    uint64_t count;

    if (line[0] == '#' || line[0] == '\n')
        return 0;
    if (strncmp(line, "C '", 3) != 0 || end <= line + 2)
        return diag_add(d, path, 0, 0, "not a line of coverage: %.40s", line);
    count = strtoull(end + 1, &after, 10);
    if (after == end + 1)
        return diag_add(d, path, 0, 0, "a line of coverage without its count");
    return add(c, line + 3, (size_t)(end - line) - 3, count, d);
}

int coverage_read(struct coverage *c, const char *path, struct diag *d)
{
    FILE *from = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    int err = 0;

    if (!from)
        return diag_env(d, path, "cannot be read: %s", strerror(errno));
    while (!err && getline(&line, &room, from) > 0)
        err = read_line(c, line, path, d);
    free(line);
    fclose(from);
    settle(c);
    return err;
}

int coverage_write(const struct coverage *c, const char *path, struct diag *d)
{
    FILE *to = fopen(path, "w");
    bool bad;

    if (!to)
        return diag_env(d, path, "cannot be written: %s", strerror(errno));
    fputs(head, to);
    for (size_t i = 0; i < c->n; i++)
        fprintf(to, "C '%s' %" PRIu64 "\n", c->at[i].key, c->at[i].count);
    bad = ferror(to);
    if (fclose(to) == 0 && !bad)
        return 0;
    return diag_env(d, path, "cannot be written: %s", strerror(errno));
}

/* ---- bins ---------------------------------------------------------------------------------------- */

static void bin_key(unsigned bin, const char *name, char key[KEY])
{
    snprintf(key, KEY, "\1t\2bin\1page\2v_bin/%s\1o\2%s\1h\2cosim", cover_group(bin), name);
}

int coverage_bins(struct coverage *c, const struct cover *bins, struct diag *d)
{
    char name[COVER_NAME], key[KEY];
    int err = 0;

    for (unsigned i = 0; i < COVER_BINS && !err; i++)
        if (cover_name(i, name)) {
            bin_key(i, name, key);
            err = add(c, key, strlen(key), bins->hits[i], d);
        }
    settle(c);
    return err;
}

void coverage_to_bins(const struct coverage *c, struct cover *bins)
{
    char name[COVER_NAME], key[KEY];

    *bins = (struct cover){ { 0 } };
    for (unsigned i = 0; i < COVER_BINS; i++) {
        const struct coverage_point want = { key, 0 }, *p;

        if (!cover_name(i, name))
            continue;
        bin_key(i, name, key);
        p = c->n ? bsearch(&want, c->at, c->n, sizeof *c->at, by_key) : NULL;
        bins->hits[i] = p ? p->count : 0;
    }
}

/* ---- sums ---------------------------------------------------------------------------------------- */

/* page is v_KIND/UNIT, of a module with __ and its parameters: they are one unit. */
static void name_of(const struct coverage_point *p, struct coverage_sum *s)
{
    size_t n = 0;
    const char *page = part(p->key, "page", &n), *slash = page ? memchr(page, '/', n) : NULL;

    *s = (struct coverage_sum){ .unit = "design", .kind = "user" };
    if (!slash)
        return;
    snprintf(s->unit, sizeof s->unit, "%.*s", (int)(page + n - slash - 1), slash + 1);
    s->unit[strstr(s->unit, "__") ? (size_t)(strstr(s->unit, "__") - s->unit) : strlen(s->unit)] = '\0';
    if (slash - page > 2)
        snprintf(s->kind, sizeof s->kind, "%.*s", (int)(slash - page) - 2, page + 2);
}

static int by_name(const void *a, const void *b)
{
    const struct coverage_sum *x = a, *y = b;
    int unit = strcmp(x->unit, y->unit);

    return unit ? unit : strcmp(x->kind, y->kind);
}

struct coverage_sum *coverage_sums(const struct coverage *c, size_t *n)
{
    struct coverage_sum *sum = c->n ? calloc(c->n, sizeof *sum) : NULL;
    size_t sums = 0;

    *n = 0;
    if (!sum)
        return NULL;
    for (size_t i = 0; i < c->n; i++) {
        name_of(&c->at[i], &sum[i]);
        sum[i].total = 1;
        sum[i].hit = c->at[i].count != 0;
    }
    qsort(sum, c->n, sizeof *sum, by_name);
    for (size_t i = 0; i < c->n; i++)
        if (sums && !by_name(&sum[sums - 1], &sum[i])) {
            sum[sums - 1].total += sum[i].total;
            sum[sums - 1].hit += sum[i].hit;
        } else {
            sum[sums++] = sum[i];
        }
    *n = sums;
    return sum;
}
