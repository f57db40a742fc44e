/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a trace.  An even first byte: the rest is a file, where checksums stop most of it.  An odd
 * one: the rest is the payload of a data frame, or of tables, as it comes out of zstd.
 */
#include <stdlib.h>

#include "traces/format.h"

enum { RECORDS_MAX = 200000, STREAMS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(const struct rec *rec, size_t n, uint32_t streams, const struct rec_ext *ext)
{
    for (size_t i = 0; i < n; i++) {
        struct rec_expect e;

        if (rec[i].kind >= REC_KIND_COUNT || rec[i].words > REC_WORDS_MAX ||
            (rec[i].stream >= streams && rec[i].stream != REC_NO_STREAM) ||
            (i && rec[i].time < rec[i - 1].time))
            abort();
        if (rec[i].words)
            rec_expect_unpack(ext++, &e);
    }
}

static void read_file(const uint8_t *p, size_t n)
{
    struct trace_reader *r = trace_open_mem(p, n, "fuzz", NULL);
    const struct rec_ext *ext;
    const struct rec *rec;
    uint64_t at;
    size_t got;

    if (!r)
        return;
    while (trace_next(r, &rec, &ext, &got) == 0 && got && trace_position(r) < RECORDS_MAX)
        check(rec, got, trace_info(r)->streams, ext);
    trace_seek(r, trace_info(r)->records / 2, &at);
    if (trace_next(r, &rec, &ext, &got) == 0)
        check(rec, got, trace_info(r)->streams, ext);
    trace_close(r);
}

static void read_payload(struct input in)
{
    static struct rec rec[TRACE_CHUNK];
    static struct rec_ext ext[TRACE_CHUNK];
    struct frame_decoder *d = calloc(1, sizeof *d);
    struct trace_tables t = { 0 };
    size_t n = 0;

    if (!d)
        return;
    if (frame_read_head(d, &in) && !tables_get(&t, &in) && frame_open(d, &in, STREAMS))
        while (frame_next(d, rec, ext, &n) && n)
            check(rec, n, STREAMS, ext);
    tables_free(&t);
    frame_decoder_free(d);
    free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    uint8_t *copy = n ? calloc(1, n + TRACE_SLACK) : NULL;

    if (!copy)
        return 0;
    memcpy(copy, p + 1, n - 1);
    if (*p & 1)
        read_payload((struct input){ copy, copy + n - 1, false });
    else
        read_file(p + 1, n - 1);
    free(copy);
    return 0;
}
