/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/sim.h"
#include "traces/format.h"

enum { FLAGS_KNOWN = REC_F_PASID | REC_F_PRIV | REC_F_EXEC | REC_F_NODIR | REC_F_RECON | REC_F_NOW |
                     REC_F_SPEC,
       INDEX_ENTRIES = 1 << 16 };

struct trace_writer {
    int fd, error;
    bool created;                         /* the .part file is ours                    */
    char *path, *part;
    struct diag *diag;
    struct trace_header head;
    ZSTD_CCtx *zstd;
    struct frame_encoder *encoder;
    struct trace_tables tables;
    uint32_t strings_out, streams_out;    /* how many of them stand in frames         */
    struct rec *rec;                      /* [TRACE_FRAME_RECORDS], n of them waiting  */
    uint32_t n;
    struct bytes words;                   /* theirs                                   */
    struct bytes piece[FRAME_PIECES], packed, index, new_tables;
    uint64_t number, frames, bytes, first_time, last_time, indexed_time;
    uint32_t index_entries, tail_frames;
    struct bytes done_index;              /* complete index payloads, each with its length before it */
    uint64_t by_kind[REC_KIND_COUNT];     /* of the index payload in the making        */
};

/* ---- file ------------------------------------------------------------------------------------------- */

static int env_error(struct trace_writer *w, const char *what)
{
    w->error = diag_env(w->diag, w->path, "cannot %s: %s", what, strerror(errno));
    return w->error;
}

static int no_memory(struct trace_writer *w)
{
    errno = ENOMEM;
    return env_error(w, "write");
}

static int put_file(struct trace_writer *w, const void *p, size_t n)
{
    const char *at = p;

    while (n) {
        ssize_t done = write(w->fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return env_error(w, "write");
        at += done;
        n -= (size_t)done;
        w->bytes += (uint64_t)done;
    }
    return 0;
}

static void put32(uint8_t **at, uint32_t v)
{
    memcpy(*at, &v, 4);
    *at += 4;
}

static void put64(uint8_t **at, uint64_t v)
{
    memcpy(*at, &v, 8);
    *at += 8;
}

static int put_header(struct trace_writer *w)
{
    uint8_t buf[TRACE_HEAD_BYTES], *at = buf;

    put32(&at, TRACE_SKIP_HEAD);
    put32(&at, TRACE_HEAD_BYTES - 8);
    memcpy(at, TRACE_MAGIC, 8);
    at += 8;
    put32(&at, TRACE_VERSION);
    put32(&at, 0);                                  /* features a reader must know */
    put32(&at, w->head.raw_arch);
    put32(&at, w->head.flags);
    put64(&at, w->head.time_unit_ps);
    memcpy(at, w->head.source, sizeof w->head.source);
    at += sizeof w->head.source;
    put32(&at, trace_crc32c(buf, sizeof buf - 4));
    return put_file(w, buf, sizeof buf);
}

static int put_trailer(struct trace_writer *w, uint64_t tail)
{
    uint8_t buf[TRACE_TRAILER_BYTES], *at = buf;

    put32(&at, TRACE_SKIP_TAIL);
    put32(&at, TRACE_TRAILER_BYTES - 8);
    put64(&at, tail);
    put64(&at, w->frames);
    put64(&at, w->number);
    put64(&at, w->first_time);
    put64(&at, w->last_time);
    put32(&at, w->tables.streams);
    put32(&at, w->tables.strings);
    put32(&at, w->head.flags);
    put32(&at, w->tail_frames);
    put32(&at, trace_crc32c(buf, (size_t)(at - buf)));
    memcpy(at, TRACE_END_MAGIC, 8);
    return put_file(w, buf, sizeof buf);
}

/* ---- frames ----------------------------------------------------------------------------------------- */

/* Pieces of one payload into one zstd frame, each in blocks of its own so that each has its own code. */
static int put_frame(struct trace_writer *w, const struct bytes *piece, unsigned n)
{
    size_t raw = 0, left = 1;

    for (unsigned i = 0; i < n; i++)
        raw += piece[i].n;
    SIM_CHECK(raw <= TRACE_RAW_MAX, "a frame of %zu bytes", raw);
    w->packed.n = 0;
    if (!bytes_room(&w->packed, ZSTD_compressBound(raw) + 64 * n))
        return no_memory(w);
    ZSTD_CCtx_setPledgedSrcSize(w->zstd, raw);
    for (unsigned i = 0; i <= n; i++) {
        ZSTD_outBuffer out = { w->packed.p, w->packed.cap, w->packed.n };
        ZSTD_inBuffer in = { i < n ? piece[i].p : NULL, i < n ? piece[i].n : 0, 0 };

        if (i < n && !in.size)
            continue;
        left = ZSTD_compressStream2(w->zstd, &out, &in, i < n ? ZSTD_e_flush : ZSTD_e_end);
        w->packed.n = out.pos;
        if (left)
            return w->error = diag_env(w->diag, w->path, "cannot compress: %s",
                                       ZSTD_isError(left) ? ZSTD_getErrorName(left) : "no room");
    }
    return put_file(w, w->packed.p, w->packed.n);
}

static void end_index_payload(struct trace_writer *w)
{
    struct bytes head = { 0 };

    bytes_u8(&head, TRACE_P_INDEX);
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        bytes_varint(&head, w->by_kind[k]);
    bytes_varint(&head, w->index_entries);
    bytes_varint(&w->done_index, head.n + w->index.n);
    bytes_put(&w->done_index, head.p, head.n);
    bytes_put(&w->done_index, w->index.p, w->index.n);
    w->done_index.failed |= head.failed || w->index.failed;
    bytes_free(&head);
    memset(w->by_kind, 0, sizeof w->by_kind);
    w->index.n = 0;
    w->index_entries = 0;
}

static void add_index(struct trace_writer *w, const struct frame_head *h, size_t raw, size_t packed)
{
    bytes_varint(&w->index, packed);
    bytes_varint(&w->index, raw);
    bytes_varint(&w->index, h->records);
    bytes_varint(&w->index, h->records ? h->first_time - w->indexed_time : 0);
    bytes_varint(&w->index, h->span);
    bytes_varint(&w->index, h->kinds);
    if (h->records)
        w->indexed_time = h->first_time + h->span;
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        w->by_kind[k] += h->by_kind[k];
    w->frames++;
    if (++w->index_entries == INDEX_ENTRIES)
        end_index_payload(w);
}

static bool tables_waiting(const struct trace_writer *w)
{
    return w->strings_out < w->tables.strings || w->streams_out < w->tables.streams;
}

/* One frame: new strings and streams, and, once none of those is left, the waiting records. */
static int flush_frame(struct trace_writer *w)
{
    struct frame_head head;
    uint64_t before = w->bytes;
    size_t raw = 0;
    uint32_t n;

    w->new_tables.n = 0;
    tables_put(&w->tables, &w->strings_out, &w->streams_out, TRACE_TABLE_BYTES, &w->new_tables);
    n = tables_waiting(w) ? 0 : w->n;
    if (w->new_tables.failed || w->words.failed ||
        frame_encode(w->encoder, w->rec, n, w->number - w->n, (const uint64_t *)(void *)w->words.p,
                     &w->new_tables, w->piece, &head))
        return no_memory(w);
    if (put_frame(w, w->piece, FRAME_PIECES))
        return w->error;
    for (unsigned i = 0; i < FRAME_PIECES; i++)
        raw += w->piece[i].n;
    add_index(w, &head, raw, (size_t)(w->bytes - before));
    if (n) {
        w->n = 0;
        w->words.n = 0;
    }
    return 0;
}

static int flush(struct trace_writer *w)
{
    while (!w->error && (w->n || tables_waiting(w)))
        flush_frame(w);
    return w->error;
}

/* ---- interface -------------------------------------------------------------------------------------- */

static struct trace_writer *writer_new(const char *path, const struct trace_header *head,
                                       struct diag *d)
{
    struct trace_writer *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->fd = -1;
    w->diag = d;
    w->head = *head;
    w->path = strdup(path);
    w->part = malloc(strlen(path) + sizeof ".part");
    w->zstd = ZSTD_createCCtx();
    w->encoder = frame_encoder_new();
    w->rec = malloc(TRACE_FRAME_RECORDS * sizeof *w->rec);
    if (w->path && w->part && w->zstd && w->encoder && w->rec)
        return w;
    trace_writer_abandon(w);
    return NULL;
}

static int open_part(struct trace_writer *w, int level)
{
    ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
    strcpy(w->part, w->path);
    strcat(w->part, ".part");
    w->fd = open(w->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (w->fd < 0)
        return env_error(w, "create the file");
    w->created = true;
    return put_header(w);
}

struct trace_writer *trace_writer_open(const char *path, const struct trace_header *head, int level,
                                       struct diag *d)
{
    struct trace_writer *w;

    if (head->time_unit_ps == 0 || head->raw_arch > TRACE_ARCH_VTD) {
        diag_add(d, path, 0, 0, "time unit of %llu ps, architecture %u: no such trace",
                 (unsigned long long)head->time_unit_ps, head->raw_arch);
        return NULL;
    }
    w = writer_new(path, head, d);
    if (!w) {
        diag_env(d, path, "cannot write: out of memory");
        return NULL;
    }
    w->head.source[sizeof w->head.source - 1] = 0;
    if (open_part(w, level)) {
        trace_writer_abandon(w);
        return NULL;
    }
    return w;
}

uint32_t trace_writer_string(struct trace_writer *w, const char *text)
{
    uint32_t id = tables_string(&w->tables, text);

    if (!id && !w->error)
        w->error = diag_add(w->diag, w->path, 0, 0, "a string of %zu bytes, %u strings before it: "
                            "there is no room", strlen(text), w->tables.strings);
    return id;
}

uint32_t trace_writer_stream(struct trace_writer *w, uint32_t sid, const char *name)
{
    uint32_t number = tables_stream(&w->tables, sid, name ? trace_writer_string(w, name) : 0);

    if (number == ~0u && !w->error)
        w->error = diag_add(w->diag, w->path, 0, 0, "stream 0x%x: there is no room behind %u streams",
                            sid, w->tables.streams);
    return number;
}

void trace_writer_flags(struct trace_writer *w, uint32_t flags)
{
    w->head.flags |= flags;
}

static int refuse(struct trace_writer *w, const struct rec *r)
{
    unsigned long long number = w->number;

    if (r->time < w->last_time)
        return w->error = diag_add(w->diag, w->path, 0, 0, "record %llu: time %llu is before the last "
                                   "record's, %llu", number, (unsigned long long)r->time,
                                   (unsigned long long)w->last_time);
    if (r->kind >= REC_KIND_COUNT || r->flags & ~FLAGS_KNOWN || r->words > REC_WORDS_MAX)
        return w->error = diag_add(w->diag, w->path, 0, 0, "record %llu: kind %u, flags 0x%x, %u words: "
                                   "no such record", number, r->kind, r->flags, r->words);
    return w->error = diag_add(w->diag, w->path, 0, 0, "record %llu: stream %u of %u", number, r->stream,
                               w->tables.streams);
}

int trace_write(struct trace_writer *w, const struct rec *r, const struct rec_ext *x)
{
    if (w->error)
        return w->error;
    if (r->time < w->last_time || r->kind >= REC_KIND_COUNT || r->flags & ~FLAGS_KNOWN ||
        r->words > REC_WORDS_MAX ||
        (r->stream >= w->tables.streams && r->stream != REC_NO_STREAM))
        return refuse(w, r);
    if (w->number == 0)
        w->first_time = r->time;
    w->last_time = r->time;
    w->rec[w->n++] = *r;
    if (r->words)
        bytes_put(&w->words, x->w, r->words * sizeof x->w[0]);
    w->number++;
    return w->n == TRACE_FRAME_RECORDS ? flush(w) : 0;
}

static int put_tables(struct trace_writer *w)
{
    uint32_t string = 0, stream = 0;

    while (!w->error && (string < w->tables.strings || stream < w->tables.streams)) {
        w->new_tables.n = 0;
        bytes_u8(&w->new_tables, TRACE_P_TABLES);
        tables_put(&w->tables, &string, &stream, TRACE_TABLE_BYTES, &w->new_tables);
        if (w->new_tables.failed)
            return no_memory(w);
        put_frame(w, &w->new_tables, 1);
        w->tail_frames++;
    }
    return w->error;
}

static int put_index(struct trace_writer *w)
{
    struct input in;

    end_index_payload(w);
    if (w->done_index.failed)
        return no_memory(w);
    in = (struct input){ w->done_index.p, w->done_index.p + w->done_index.n, false };
    while (!w->error && in.p < in.end) {
        size_t n = (size_t)input_varint(&in);
        struct bytes payload = { .p = w->done_index.p + (in.p - w->done_index.p), .n = n };

        in.p += n;
        put_frame(w, &payload, 1);
        w->tail_frames++;
    }
    return w->error;
}

static int finish(struct trace_writer *w)
{
    uint64_t tail;
    int fd = w->fd;

    if (flush(w))
        return w->error;
    tail = w->bytes;
    if (put_tables(w) || put_index(w) || put_trailer(w, tail))
        return w->error;
    w->fd = -1;
    if (close(fd))
        return env_error(w, "write");
    return rename(w->part, w->path) ? env_error(w, "rename the finished file") : 0;
}

static void writer_free(struct trace_writer *w)
{
    for (unsigned i = 0; i < FRAME_PIECES; i++)
        bytes_free(&w->piece[i]);
    bytes_free(&w->words);
    bytes_free(&w->packed);
    bytes_free(&w->index);
    bytes_free(&w->done_index);
    bytes_free(&w->new_tables);
    tables_free(&w->tables);
    frame_encoder_free(w->encoder);
    ZSTD_freeCCtx(w->zstd);
    free(w->rec);
    free(w->path);
    free(w->part);
    free(w);
}

int trace_writer_close(struct trace_writer *w)
{
    int error = w->error ? w->error : finish(w);

    if (error) {
        trace_writer_abandon(w);
        return error;
    }
    writer_free(w);
    return 0;
}

void trace_writer_abandon(struct trace_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    if (w->created)
        unlink(w->part);
    writer_free(w);
}
