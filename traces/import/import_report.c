/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "traces/import/import_impl.h"

/* ---- numbers of streams and strings ------------------------------------------------------------- */

static struct import_stream_row *new_stream(struct import *im, uint32_t sid)
{
    struct import_stream_row *s = calloc(1, sizeof *s), **list;

    list = realloc(im->stream_by_number, (im->n_streams + 1) * sizeof *list);
    SIM_CHECK(s && list, "no memory for stream %u", im->n_streams);
    im->stream_by_number = list;
    s->sid = sid;
    s->number = im->n_streams;
    list[im->n_streams++] = s;
    HASH_ADD(hh, im->streams, sid, sizeof s->sid, s);
    return s;
}

uint32_t import_stream(struct import *im, uint32_t sid, const char *name)
{
    struct import_stream_row *s;

    HASH_FIND(hh, im->streams, &sid, sizeof sid, s);
    if (s && (s->named || !name))
        return s->number;
    if (!s)
        s = new_stream(im, sid);
    s->named = name != NULL;
    if (im->writer)
        s->number = trace_writer_stream(im->writer, sid, name);
    return s->number;
}

uint32_t import_stream_sid(const struct import *im, uint32_t number)
{
    return number < im->n_streams ? im->stream_by_number[number]->sid : REC_NO_STREAM;
}

uint32_t import_string(struct import *im, const char *text)
{
    struct import_string_row *s;

    if (im->writer)
        return trace_writer_string(im->writer, text);
    HASH_FIND_STR(im->strings, text, s);
    if (s)
        return s->id;
    s = calloc(1, sizeof *s);
    SIM_CHECK(s && (s->text = strdup(text)), "no memory for a string");
    s->id = ++im->n_strings;
    HASH_ADD_KEYPTR(hh, im->strings, s->text, strlen(s->text), s);
    return s->id;
}

/* ---- counting ----------------------------------------------------------------------------------- */

static struct import_row *find_row(const struct import *im, enum import_group group,
                                   const char *what, char *key, size_t size)
{
    struct import_row *row;

    snprintf(key, size, "%c%s", 'a' + (int)group, what);
    HASH_FIND_STR(im->rows, key, row);
    return row;
}

void import_count(struct import *im, enum import_group group, const char *what, uint64_t n)
{
    char key[160];
    struct import_row *row;

    if (!im->counting || n == 0)
        return;
    row = find_row(im, group, what, key, sizeof key);
    if (!row) {
        row = calloc(1, sizeof *row);
        SIM_CHECK(row && (row->key = strdup(key)), "no memory for the report");
        row->group = group;
        HASH_ADD_KEYPTR(hh, im->rows, row->key, strlen(row->key), row);
    }
    row->n += n;
}

uint64_t import_counted(const struct import *im, enum import_group group, const char *what)
{
    char key[160];
    const struct import_row *row = find_row(im, group, what, key, sizeof key);

    return row ? row->n : 0;
}

void import_counting(struct import *im, bool on)
{
    im->counting = on;
}

static void excerpt_of(const struct import_line *line, char *to)
{
    size_t n = line->len < IMPORT_EXCERPT ? line->len : IMPORT_EXCERPT;

    for (size_t i = 0; i < n; i++)
        to[i] = line->text[i] >= ' ' && line->text[i] < 127 ? line->text[i] : '?';
    to[n] = '\0';
}

void import_bad_line(struct import_source *src, const struct import_line *line, const char *why)
{
    struct import *im = src->im;
    struct import_bad *bad;

    if (!im->counting)
        return;
    im->bad_lines++;
    if (im->bad_kept == IMPORT_BAD_KEPT)
        return;
    bad = &im->bad[im->bad_kept++];
    bad->source = src->index;
    bad->line = line->number;
    snprintf(bad->why, sizeof bad->why, "%s", why);
    excerpt_of(line, bad->excerpt);
}

uint64_t import_bad_lines(const struct import *im)
{
    return im->bad_lines;
}

void import_rows_free(struct import *im)
{
    struct import_row *row, *next_row;
    struct import_string_row *s, *next_s;

    HASH_ITER(hh, im->rows, row, next_row) {
        HASH_DEL(im->rows, row);
        free(row->key);
        free(row);
    }
    HASH_ITER(hh, im->strings, s, next_s) {
        HASH_DEL(im->strings, s);
        free(s->text);
        free(s);
    }
    HASH_CLEAR(hh, im->streams);
    for (uint32_t i = 0; i < im->n_streams; i++)
        free(im->stream_by_number[i]);
    free(im->stream_by_number);
}

/* ---- the report --------------------------------------------------------------------------------- */

static const char *const headings[IMPORT_GROUPS] = {
    "events used", "events read that say nothing a trace keeps", "reconstructed",
    "left out", "not in the source", "does not fit together",
};

static int by_text(const void *a, const void *b)
{
    return strcmp((*(const struct import_row *const *)a)->key, (*(const struct import_row *const *)b)->key);
}

/* In the order of group and text: the group's character comes first in a key. */
static void print_rows(const struct import *im, FILE *to)
{
    const struct import_row **sorted = calloc(HASH_COUNT(im->rows) + 1u, sizeof *sorted);
    const struct import_row *row;
    size_t n = 0;

    SIM_CHECK(sorted, "no memory for the report");
    for (row = im->rows; row; row = row->hh.next)
        sorted[n++] = row;
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || sorted[i]->group != sorted[i - 1]->group)
            fprintf(to, "  %s\n", headings[sorted[i]->group]);
        fprintf(to, "    %10" PRIu64 "  %s\n", sorted[i]->n, sorted[i]->key + 1);
    }
    free(sorted);
}

static void print_bad(const struct import *im, FILE *to)
{
    if (im->bad_lines == 0)
        return;
    fprintf(to, "  lines not understood\n    %10" PRIu64 "  in all; the first:\n", im->bad_lines);
    for (unsigned i = 0; i < im->bad_kept; i++) {
        const struct import_bad *b = &im->bad[i];
        fprintf(to, "                %s:%lu: %s: %s\n", im->source[b->source].path, b->line, b->why,
                b->excerpt);
    }
}

static void print_records(const struct import *im, FILE *to)
{
    fprintf(to, "  records\n");
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (im->by_kind[k])
            fprintf(to, "    %10" PRIu64 "  %s\n", im->by_kind[k], rec_kind_name(k));
    fprintf(to, "  accesses by stream\n");
    for (uint32_t i = 0; i < im->n_streams; i++)
        if (im->stream_by_number[i]->accesses)
            fprintf(to, "    %10" PRIu64 "  0x%" PRIx32 "\n", im->stream_by_number[i]->accesses,
                    im->stream_by_number[i]->sid);
}

void import_report(const struct import *im, FILE *to)
{
    for (unsigned i = 0; i < im->sources; i++)
        fprintf(to, "%s: %s, %lu lines\n", im->source[i].path, im->source[i].probe.what,
                im->source[i].line);
    print_records(im, to);
    print_rows(im, to);
    print_bad(im, to);
}
