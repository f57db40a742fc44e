/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sim.h"
#include "traces/reader.h"

/* ---- bytes of the file ------------------------------------------------------------------------------ */

int reader_at(struct trace_reader *r, uint64_t offset, void *to, size_t n)
{
    uint8_t *at = to;

    if (offset > r->size || n > r->size - offset)
        return diag_add(r->diag, r->name, 0, 0, "ends at byte %llu, expected %zu bytes at %llu",
                        LLU(r->size), n, LLU(offset));
    if (r->mem) {
        memcpy(to, r->mem + offset, n);
        return 0;
    }
    while (n) {
        ssize_t got = pread(r->fd, at, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return diag_env(r->diag, r->name, "cannot read: %s", strerror(errno));
        if (got == 0)
            return diag_add(r->diag, r->name, 0, 0, "became shorter while it was read");
        at += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

bool reader_room(uint8_t **p, size_t *cap, size_t need)
{
    uint8_t *q;

    if (need <= *cap)
        return true;
    q = realloc(*p, need);
    if (!q)
        return false;
    memset(q + *cap, 0, need - *cap);     /* what lies behind a payload is read, never used */
    *p = q;
    *cap = need;
    return true;
}

/* Decompresses r->packed; NULL or what is wrong. */
static const char *unpack(struct trace_reader *r, size_t packed, size_t *raw)
{
    unsigned long long size = ZSTD_getFrameContentSize(r->packed, packed);
    size_t n;

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size == 0)
        return "no zstd frame of known size";
    if (size > TRACE_RAW_MAX)
        return "the frame says it holds more than 16 MiB";
    if (!reader_room(&r->raw, &r->raw_cap, (size_t)size + TRACE_SLACK))
        return "out of memory";
    n = ZSTD_decompressDCtx(r->zstd, r->raw, (size_t)size, r->packed, packed);
    if (ZSTD_isError(n))
        return ZSTD_getErrorName(n);
    *raw = n;
    return n == size ? NULL : "the frame is shorter than it says";
}

/* Reads and decompresses; the payload behind its first byte, which is *kind. */
const char *reader_load(struct trace_reader *r, uint64_t offset, size_t packed, unsigned *kind,
                        struct input *in, int *error)
{
    const char *wrong;
    size_t raw = 0;

    *error = 0;
    if (!reader_room(&r->packed, &r->packed_cap, packed))
        return "out of memory";
    if ((*error = reader_at(r, offset, r->packed, packed)))
        return "cannot be read";
    wrong = unpack(r, packed, &raw);
    if (wrong)
        return wrong;
    *in = (struct input){ r->raw, r->raw + raw, false };
    *kind = input_u8(in);
    return NULL;
}

/* ---- open and close --------------------------------------------------------------------------------- */

static int open_file(struct trace_reader *r)
{
    struct stat st;

    r->fd = open(r->name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &st))
        return diag_env(r->diag, r->name, "cannot open: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return diag_add(r->diag, r->name, 0, 0, "is %s, expected a regular file",
                        S_ISDIR(st.st_mode) ? "a directory" : "a device or a pipe");
    r->size = (uint64_t)st.st_size;
    return 0;
}

static struct trace_reader *reader_new(const char *name, struct diag *d)
{
    struct trace_reader *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);

    if (r) {
        memset(r, 0, sizeof *r);
        r->fd = -1;
        r->diag = d;
        r->only = ~0u;
        r->name = strdup(name);
        r->zstd = ZSTD_createDCtx();
    }
    if (r && r->name && r->zstd)
        return r;
    trace_close(r);
    diag_env(d, name, "cannot open: out of memory");
    return NULL;
}

struct trace_reader *trace_open(const char *path, struct diag *d)
{
    struct trace_reader *r = reader_new(path, d);

    if (r && (open_file(r) || reader_index(r))) {
        trace_close(r);
        return NULL;
    }
    return r;
}

struct trace_reader *trace_open_mem(const void *p, size_t n, const char *name, struct diag *d)
{
    struct trace_reader *r = reader_new(name, d);

    if (!r)
        return NULL;
    r->mem = p;
    r->size = n;
    if (reader_index(r)) {
        trace_close(r);
        return NULL;
    }
    return r;
}

void trace_close(struct trace_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    frame_decoder_free(&r->decoder);
    tables_free(&r->tables);
    ZSTD_freeDCtx(r->zstd);
    free(r->frame);
    free(r->packed);
    free(r->raw);
    free(r->name);
    free(r);
}

const struct trace_info *trace_info(const struct trace_reader *r)
{
    return &r->info;
}

const struct trace_stream *trace_streams(const struct trace_reader *r)
{
    return r->tables.stream;
}

const char *trace_string(const struct trace_reader *r, uint32_t id)
{
    return tables_text(&r->tables, id);
}

/* ---- records ---------------------------------------------------------------------------------------- */

static int damaged(struct trace_reader *r, const struct frame_entry *e, const char *wrong)
{
    return diag_add(r->diag, r->name, 0, 0, "frame %llu at byte %llu, from record %llu on, is damaged: %s",
                    LLU(e - r->frame), LLU(e->offset), LLU(e->number + r->decoder.done), wrong);
}

static const char *check_head(const struct frame_head *h, const struct frame_entry *e)
{
    if (h->records != e->records || h->number != e->number || h->kinds != e->kinds)
        return "its head and the index contradict each other";
    if (h->records && (h->first_time != e->first_time || h->span != e->span))
        return "its times and the index contradict each other";
    return NULL;
}

static int load_frame(struct trace_reader *r, const struct frame_entry *e)
{
    struct input in = { 0 };
    unsigned kind = 0;
    int error;
    const char *wrong;

    r->decoder.done = r->decoder.head.records = 0;
    wrong = reader_load(r, e->offset, e->packed, &kind, &in, &error);
    if (error)
        return error;
    if (!wrong && kind != TRACE_P_DATA)
        wrong = "it holds no records";
    if (!wrong && !frame_read_head(&r->decoder, &in))
        wrong = r->decoder.why;
    if (!wrong)
        wrong = check_head(&r->decoder.head, e);
    if (!wrong)
        wrong = tables_get(NULL, &in);
    if (!wrong && !frame_open(&r->decoder, &in, r->info.streams))
        wrong = r->decoder.why;
    if (!wrong)
        return 0;
    r->decoder.done = r->decoder.head.records = 0;
    return damaged(r, e, wrong);
}

/* Loads the next frame that has something wanted; false at the end or on an error. */
static bool advance(struct trace_reader *r)
{
    while (!r->error && r->next < r->info.frames) {
        const struct frame_entry *e = &r->frame[r->next++];

        if (e->kinds & r->only) {
            r->position = e->number;
            r->error = load_frame(r, e);
            return !r->error;
        }
    }
    if (!r->error && !r->info.complete)
        r->error = SIM_EINPUT;            /* said at trace_open */
    return false;
}

int trace_next(struct trace_reader *r, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    *rec = r->rec;
    *ext = r->ext;
    *n = 0;
    if (r->error)
        return r->error;
    if (r->decoder.done == r->decoder.head.records && !advance(r))
        return r->error;
    if (!frame_next(&r->decoder, r->rec, r->ext, n)) {
        r->error = damaged(r, &r->frame[r->next - 1], r->decoder.why);
        r->decoder.done = r->decoder.head.records;
    }
    r->position += *n;
    return r->error;
}

int trace_seek(struct trace_reader *r, uint64_t number, uint64_t *at)
{
    uint64_t lo = 0, hi = r->info.frames;

    while (lo < hi) {                     /* the first frame that ends behind `number` */
        uint64_t mid = lo + (hi - lo) / 2;

        if (r->frame[mid].number + r->frame[mid].records <= number)
            lo = mid + 1;
        else
            hi = mid;
    }
    r->next = lo;
    r->decoder.done = r->decoder.head.records = 0;
    r->error = 0;
    r->position = lo < r->info.frames ? r->frame[lo].number : r->info.records;
    *at = r->position;
    return 0;
}

void trace_only(struct trace_reader *r, uint32_t kinds)
{
    r->only = kinds;
}

uint64_t trace_position(const struct trace_reader *r)
{
    return r->position;
}
