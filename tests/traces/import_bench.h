/* SPDX-License-Identifier: Apache-2.0
 *
 * import_bench.h - an import into memory, for the importers' tests: every item that would be written.
 */
#ifndef TESTS_TRACES_IMPORT_BENCH_H
#define TESTS_TRACES_IMPORT_BENCH_H
#include <stdlib.h>
#include <string.h>

#include "traces/import/import.h"

struct import_bench {
    struct diag diag;
    struct import *im;
    struct import_item *item;
    size_t n, room;
    int rc;
};

static inline int bench_take(void *to, const struct import_item *it)
{
    struct import_bench *b = to;

    if (b->n == b->room) {
        b->room = b->room ? b->room * 2 : 256;
        b->item = realloc(b->item, b->room * sizeof *b->item);
    }
    b->item[b->n++] = *it;
    return 0;
}

static inline void bench_up(struct import_bench *b)
{
    const struct import_options opt = { .sink = bench_take, .sink_to = b };

    memset(b, 0, sizeof *b);
    diag_init(&b->diag);
    b->im = import_new(&opt, &b->diag);
}

static inline void bench_add(struct import_bench *b, const char *name, const void *data, size_t len)
{
    int rc = import_add_memory(b->im, name, data, len);

    b->rc = b->rc < 0 ? b->rc : rc;
}

static inline void bench_add_file(struct import_bench *b, const char *path)
{
    int rc = import_add_file(b->im, path);

    b->rc = b->rc < 0 ? b->rc : rc;
}

static inline void bench_run(struct import_bench *b)
{
    if (b->rc == 0)
        b->rc = import_run(b->im);
}

/* One log from a string. */
static inline void bench_text(struct import_bench *b, const char *text)
{
    bench_up(b);
    bench_add(b, "test.log", text, strlen(text));
    bench_run(b);
}

static inline void bench_down(struct import_bench *b)
{
    import_free(b->im);
    diag_destroy(&b->diag);
    free(b->item);
}

/* The n-th item of a kind, from 0; NULL if there are fewer. */
static inline const struct import_item *bench_nth(const struct import_bench *b, unsigned kind, size_t n)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].rec.kind == kind && n-- == 0)
            return &b->item[i];
    return NULL;
}

static inline size_t bench_count(const struct import_bench *b, unsigned kind)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->item[i].rec.kind == kind;
    return n;
}

/* The n-th EXPECT of a source; outcome 255 if there is none. */
static inline struct rec_expect bench_outcome(const struct import_bench *b, unsigned source, size_t n)
{
    struct rec_expect e;

    for (size_t i = 0; i < b->n; i++) {
        if (b->item[i].rec.kind != REC_EXPECT)
            continue;
        rec_expect_unpack(&b->item[i].ext, &e);
        if (e.source == source && n-- == 0)
            return e;
    }
    return (struct rec_expect){ .outcome = 255 };
}

#endif
