/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/sim.h"
#include "traces/import/import_lines.h"

struct bench { struct diag diag; struct lines *l; struct import_line line; };

static void up(struct bench *b, const void *data, size_t len)
{
    diag_init(&b->diag);
    b->l = lines_open_memory("test", data, len, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->l);
}

static void down(struct bench *b)
{
    lines_close(b->l);
    diag_destroy(&b->diag);
}

static int next(struct bench *b)
{
    return lines_next(b->l, &b->line);
}

static void lines_come_without_their_ends_and_counted(void)
{
    static const char text[] = "one\r\n\ntwo\n";
    struct bench b;

    up(&b, text, sizeof text - 1);
    CHECK_EQ(next(&b), 1);
    CHECK_STR(b.line.text, "one");
    CHECK_EQ(b.line.number, 1);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.len, 0);
    CHECK_EQ(next(&b), 1);
    CHECK_STR(b.line.text, "two");
    CHECK_EQ(b.line.number, 3);
    CHECK_EQ(b.line.unended, 0);
    CHECK_EQ(next(&b), 0);
    CHECK_EQ(next(&b), 0);
    down(&b);
}

static void a_last_line_without_line_feed_says_so(void)
{
    struct bench b;

    up(&b, "a\nb", 3);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.unended, 0);
    CHECK_EQ(next(&b), 1);
    CHECK_STR(b.line.text, "b");
    CHECK_EQ(b.line.unended, 1);
    CHECK_EQ(next(&b), 0);
    down(&b);
}

static void an_empty_file_has_no_line(void)
{
    struct bench b;

    up(&b, "", 0);
    CHECK_EQ(next(&b), 0);
    down(&b);
}

static void a_nul_in_a_line_is_told(void)
{
    struct bench b;

    up(&b, "a\0b\nc\n", 6);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.has_nul, 1);
    CHECK_EQ(b.line.len, 3);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.has_nul, 0);
    down(&b);
}

/* A line of exactly LINES_MAX bytes is whole, one byte more is cut. */
static void a_line_is_cut_above_the_limit_and_not_at_it(void)
{
    size_t size = 2 * LINES_MAX + 16;
    char *text = malloc(size);
    struct bench b;

    memset(text, 'x', size);
    text[LINES_MAX] = '\n';
    text[LINES_MAX + 1 + LINES_MAX + 1] = '\n';
    strcpy(text + size - 6, "\nend\n");
    up(&b, text, size - 1);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.len, LINES_MAX);
    CHECK_EQ(b.line.too_long, 0);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(b.line.len, LINES_MAX);
    CHECK_EQ(b.line.too_long, 1);
    CHECK_EQ(next(&b), 1);
    CHECK_EQ(next(&b), 1);
    CHECK_STR(b.line.text, "end");
    CHECK_EQ(next(&b), 0);
    down(&b);
    free(text);
}

/* Many frames and lines across every buffer border: the same lines as plain. */
static void compressed_lines_are_the_plain_ones(void)
{
    enum { LINES = 60000 };
    char *text = malloc(LINES * 40), *packed = malloc(ZSTD_compressBound(LINES * 40) + 1024);
    size_t len = 0, half, n;
    struct bench b;
    char want[40];

    for (int i = 0; i < LINES; i++)
        len += (size_t)sprintf(text + len, "line %d %.*s\n", i, i % 20, "abcdefghijklmnopqrst");
    half = len / 2;
    n = ZSTD_compress(packed, ZSTD_compressBound(len), text, half, 3);
    n += ZSTD_compress(packed + n, ZSTD_compressBound(len), text + half, len - half, 3);
    up(&b, packed, n);
    for (int i = 0; i < LINES; i++) {
        CU_ASSERT_EQUAL_FATAL(next(&b), 1);
        sprintf(want, "line %d %.*s", i, i % 20, "abcdefghijklmnopqrst");
        CU_ASSERT_EQUAL_FATAL(strcmp(b.line.text, want), 0);
    }
    CHECK_EQ(next(&b), 0);
    CHECK_EQ(b.line.number, 0);
    down(&b);
    free(text);
    free(packed);
}

static void compressed_data_that_is_cut_or_damaged_is_an_error(void)
{
    char text[4096], packed[8192];
    struct bench b;
    size_t n;
    int rc;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i % 251 == 10 ? '\n' : 'a' + i * 7 % 23);
    n = ZSTD_compress(packed, sizeof packed, text, sizeof text, 3);
    up(&b, packed, n - 3);
    while ((rc = next(&b)) > 0)
        ;
    CHECK_EQ(rc, SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    down(&b);
    packed[n / 2] ^= 0x55;
    up(&b, packed, n - 3);
    while ((rc = next(&b)) > 0)
        ;
    CHECK_EQ(rc, SIM_EINPUT);
    down(&b);
}

static void a_missing_file_is_the_environments(void)
{
    struct diag d;

    diag_init(&d);
    CU_ASSERT_PTR_NULL(lines_open("/nonexistent/file", &d));
    CHECK_EQ(d.n, 1);
    diag_destroy(&d);
}

#define TESTS(T)                                                                                   \
    T(lines_come_without_their_ends_and_counted)                                                   \
    T(a_last_line_without_line_feed_says_so)                                                       \
    T(an_empty_file_has_no_line)                                                                   \
    T(a_nul_in_a_line_is_told)                                                                     \
    T(a_line_is_cut_above_the_limit_and_not_at_it)                                                 \
    T(compressed_lines_are_the_plain_ones)                                                         \
    T(compressed_data_that_is_cut_or_damaged_is_an_error)                                          \
    T(a_missing_file_is_the_environments)
TEST_SUITE("import_lines", TESTS)
