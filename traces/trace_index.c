/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening a trace: its header, then trailer, tables and index, or, without a trailer, all frames in turn.
 */
#include "traces/reader.h"

#include <stdlib.h>

#include "base/sim.h"

enum { FRAME_BYTES_MIN = 9 };             /* the shortest zstd frame with a checksum is longer */

/* ---- header ----------------------------------------------------------------------------------------- */

static int parse_header(struct trace_reader *r, const uint8_t *p)
{
    struct trace_header *h = &r->info.head;

    if (load32(p) != TRACE_SKIP_HEAD || memcmp(p + 8, TRACE_MAGIC, 8) != 0)
        return diag_add(r->diag, r->name, 0, 0, "not an iommusim trace: starts with %02x %02x %02x %02x, "
                        "expected 58 2a 4d 18 and \"" TRACE_MAGIC "\" at byte 8", p[0], p[1], p[2], p[3]);
    h->version = load32(p + 16);
    if (h->version != TRACE_VERSION)
        return diag_add(r->diag, r->name, 0, 0, "version %u, this program reads %d", h->version,
                        TRACE_VERSION);
    if (load32(p + 4) != TRACE_HEAD_BYTES - 8 ||
        load32(p + TRACE_HEAD_BYTES - 4) != trace_crc32c(p, TRACE_HEAD_BYTES - 4))
        return diag_add(r->diag, r->name, 0, 0, "the header is damaged: its checksum is 0x%08x, "
                        "expected 0x%08x", load32(p + TRACE_HEAD_BYTES - 4),
                        trace_crc32c(p, TRACE_HEAD_BYTES - 4));
    if (load32(p + 20))
        return diag_add(r->diag, r->name, 0, 0, "uses features 0x%x, which this program does not know",
                        load32(p + 20));
    h->raw_arch = load32(p + 24);
    h->flags = load32(p + 28);
    h->time_unit_ps = load64(p + 32);
    memcpy(h->source, p + 40, sizeof h->source);
    h->source[sizeof h->source - 1] = 0;
    if (h->raw_arch > TRACE_ARCH_VTD || !h->time_unit_ps)
        return diag_add(r->diag, r->name, 0, 0, "the header says architecture %u, time unit %llu ps: "
                        "no such trace", h->raw_arch, LLU(h->time_unit_ps));
    return 0;
}

static int read_header(struct trace_reader *r)
{
    uint8_t p[TRACE_HEAD_BYTES] = { 0 };
    size_t n = r->size < sizeof p ? (size_t)r->size : sizeof p;
    const uint8_t want[4] = { 0x58, 0x2a, 0x4d, 0x18 };

    if (r->size == 0)
        return diag_add(r->diag, r->name, 0, 0, "is empty, expected an iommusim trace");
    if (reader_at(r, 0, p, n))
        return SIM_EENV;
    if (n < sizeof p && memcmp(p, want, n < 4 ? n : 4) == 0)
        return diag_add(r->diag, r->name, 0, 0, "truncated: %zu bytes, its header alone has %d", n,
                        TRACE_HEAD_BYTES);
    return parse_header(r, p);
}

/* ---- index ------------------------------------------------------------------------------------------ */

/* Appends a frame; NULL or what is wrong. */
static const char *add_frame(struct trace_reader *r, const struct frame_entry *e)
{
    struct trace_info *i = &r->info;

    if (i->frames == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        struct frame_entry *p = realloc(r->frame, cap * sizeof *p);

        if (!p)
            return "out of memory";
        r->frame = p;
        r->cap = cap;
    }
    if (e->number != i->records)
        return "record numbers do not follow on each other";
    if (e->records && i->records && e->first_time < i->last_time)
        return "time goes back";
    r->frame[i->frames++] = *e;
    if (e->records && !i->records)
        i->first_time = e->first_time;
    if (e->records)
        i->last_time = e->first_time + e->span;
    i->records += e->records;
    return NULL;
}

static const char *read_entry(struct trace_reader *r, struct input *in, uint64_t *offset, uint64_t end)
{
    struct frame_entry e = { .offset = *offset, .number = r->info.records };

    e.packed = (uint32_t)input_limited(in, ZSTD_COMPRESSBOUND(TRACE_RAW_MAX) + 1024);
    e.raw = (uint32_t)input_limited(in, TRACE_RAW_MAX);
    e.records = (uint32_t)input_limited(in, TRACE_FRAME_RECORDS);
    e.first_time = r->info.last_time + input_varint(in);
    e.span = input_varint(in);
    e.kinds = (uint32_t)input_limited(in, (1u << REC_KIND_COUNT) - 1);
    if (in->bad)
        return "the index is malformed";
    if (e.packed < FRAME_BYTES_MIN || e.packed > end - *offset)
        return "the index names more than the file holds";
    *offset += e.packed;
    if (e.first_time < r->info.last_time || e.first_time + e.span < e.first_time)
        return "the index's times go beyond 64 bits";
    return add_frame(r, &e);
}

static const char *read_index(struct trace_reader *r, struct input *in, uint64_t *offset, uint64_t end)
{
    const char *wrong = NULL;
    uint64_t n;

    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        r->info.by_kind[k] += input_varint(in);
    for (n = input_varint(in); n && !wrong && !in->bad; n--)
        wrong = read_entry(r, in, offset, end);
    if (!wrong && (in->bad || in->p != in->end))
        wrong = "the index is malformed";
    return wrong;
}

static uint64_t sum_kinds(const struct trace_info *i)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        sum += i->by_kind[k];
    return sum;
}

/* The size of the zstd frame at `offset`, whose length nobody told: 0 and *wrong if there is none. */
static size_t frame_size(struct trace_reader *r, uint64_t offset, size_t guess, const char **wrong)
{
    const size_t limit = ZSTD_COMPRESSBOUND(TRACE_RAW_MAX) + 1024;

    for (;; guess *= 2) {
        size_t n = guess < r->size - offset ? guess : (size_t)(r->size - offset), size;

        n = n < limit ? n : limit;
        *wrong = "cannot be read";
        if (!reader_room(&r->packed, &r->packed_cap, n) || reader_at(r, offset, r->packed, n))
            return 0;
        size = ZSTD_findFrameCompressedSize(r->packed, n);
        if (!ZSTD_isError(size))
            return size;
        *wrong = n < limit ? "it ends within a frame" : "no end of a frame is found";
        if (n == r->size - offset || n == limit)
            return 0;
    }
}

struct tail {                             /* the trailer */
    uint64_t offset, frames, records, first_time, last_time;
    uint32_t streams, strings, flags, parts;
};

static bool read_trailer(struct trace_reader *r, struct tail *t)
{
    uint8_t p[TRACE_TRAILER_BYTES];

    if (r->size < TRACE_HEAD_BYTES + sizeof p || reader_at(r, r->size - sizeof p, p, sizeof p) ||
        load32(p) != TRACE_SKIP_TAIL || load32(p + 4) != sizeof p - 8 ||
        memcmp(p + sizeof p - 8, TRACE_END_MAGIC, 8) != 0 ||
        load32(p + sizeof p - 12) != trace_crc32c(p, sizeof p - 12))
        return false;
    *t = (struct tail){ load64(p + 8), load64(p + 16), load64(p + 24), load64(p + 32), load64(p + 40),
                        load32(p + 48), load32(p + 52), load32(p + 56), load32(p + 60) };
    return t->offset >= TRACE_HEAD_BYTES && t->offset <= r->size - sizeof p;
}

/* Tables and index, as the trailer says; NULL or what is wrong. */
static const char *read_tail(struct trace_reader *r, const struct tail *t)
{
    uint64_t at = t->offset, end = r->size - TRACE_TRAILER_BYTES, offset = TRACE_HEAD_BYTES;
    const struct trace_info *i = &r->info;
    const char *wrong = NULL;

    for (uint32_t n = 0; n < t->parts && !wrong && at < end; n++) {
        struct input in = { 0 };
        unsigned kind = 0;
        size_t size = frame_size(r, at, 1 << 16, &wrong);
        int error;

        wrong = size ? reader_load(r, at, size, &kind, &in, &error) : wrong;
        if (!wrong && kind == TRACE_P_TABLES)
            wrong = tables_get(&r->tables, &in);
        else if (!wrong)
            wrong = kind == TRACE_P_INDEX ? read_index(r, &in, &offset, t->offset)
                                          : "a frame of unknown kind";
        at += size;
    }
    if (!wrong && (at != end || offset != t->offset || i->frames != t->frames ||
                   i->records != t->records || sum_kinds(i) != t->records ||
                   r->tables.streams != t->streams || r->tables.strings != t->strings))
        wrong = "index and trailer contradict each other";
    return wrong;
}

static void forget_index(struct trace_reader *r)
{
    r->info = (struct trace_info){ .head = r->info.head, .bytes = r->info.bytes };
    tables_free(&r->tables);
}

/* Without an index: frame after frame; NULL at the tables behind the last, or why it stopped. */
static const char *scan(struct trace_reader *r)
{
    uint64_t at = TRACE_HEAD_BYTES;
    size_t size = 1 << 16;
    const char *wrong = NULL;

    while (at < r->size) {
        struct frame_head *h = &r->decoder.head;
        struct frame_entry e = { .offset = at };
        struct input in = { 0 };
        unsigned kind = 0;
        int error;

        size = frame_size(r, at, size + size / 4 + 64, &wrong);
        wrong = size ? reader_load(r, at, size, &kind, &in, &error) : wrong;
        if (wrong || kind == TRACE_P_TABLES || kind == TRACE_P_INDEX)
            return wrong;
        if (kind != TRACE_P_DATA || !frame_read_head(&r->decoder, &in))
            return kind != TRACE_P_DATA ? "a frame of unknown kind" : r->decoder.why;
        e.packed = (uint32_t)size;
        e.raw = (uint32_t)(in.end - r->raw);
        e.records = h->records;
        e.number = h->number;
        e.first_time = h->first_time;
        e.span = h->span;
        e.kinds = h->kinds;
        if ((wrong = tables_get(&r->tables, &in)) || (wrong = add_frame(r, &e)))
            return wrong;
        for (unsigned k = 0; k < REC_KIND_COUNT; k++)
            r->info.by_kind[k] += h->by_kind[k];
        at += size;
    }
    return "it ends behind a frame";
}

static void rebuild_index(struct trace_reader *r, const char *because)
{
    const char *stopped;

    forget_index(r);
    stopped = scan(r);
    r->decoder.head.records = 0;          /* nothing is being decoded yet */
    diag_add(r->diag, r->name, 0, 0, "%s%s%s: %llu whole frames with %llu records found",
             because ? because : "truncated: it has no trailer", stopped ? "; " : "",
             stopped ? stopped : "", LLU(r->info.frames), LLU(r->info.records));
}

int reader_index(struct trace_reader *r)
{
    struct tail t;
    const char *wrong = NULL;

    if (read_header(r))
        return SIM_EINPUT;
    r->info.bytes = r->size;
    if (read_trailer(r, &t) && !(wrong = read_tail(r, &t))) {
        r->info.complete = true;
        r->info.head.flags = t.flags;
    } else {
        rebuild_index(r, wrong);
    }
    r->info.streams = r->tables.streams;
    r->info.strings = r->tables.strings;
    return 0;
}
