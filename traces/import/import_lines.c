/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/sim.h"

enum { RAW_BYTES = 128 * 1024, OUT_BYTES = 128 * 1024 };

struct lines {
    char *name;
    struct diag *diag;
    FILE *file;                    /* NULL: from memory                                   */
    const char *mem;
    size_t mem_len, mem_at;
    ZSTD_DStream *zstd;            /* NULL: plain text                                    */
    bool frame_open;               /* a zstd frame has begun and not ended                */
    unsigned long long read, size;
    unsigned char *raw;            /* [RAW_BYTES] as the file has it                      */
    ZSTD_inBuffer in;
    char *out;                     /* [OUT_BYTES] decompressed; the raw bytes if plain    */
    size_t out_at, out_end;
    bool ended;
    unsigned long number;
    char text[LINES_MAX + 1];
};

/* ---- bytes -------------------------------------------------------------------------------------- */

static int fill_raw(struct lines *l)
{
    size_t n;

    if (l->file) {
        n = fread(l->raw, 1, RAW_BYTES, l->file);
        if (n == 0 && ferror(l->file))
            return diag_env(l->diag, l->name, "cannot be read: %s", strerror(errno));
    } else {
        n = l->mem_len - l->mem_at < RAW_BYTES ? l->mem_len - l->mem_at : RAW_BYTES;
        if (n)
            memcpy(l->raw, l->mem + l->mem_at, n);
        l->mem_at += n;
    }
    l->read += n;
    l->in = (ZSTD_inBuffer){ l->raw, n, 0 };
    return n ? 1 : 0;
}

static int damaged(struct lines *l, const char *how)
{
    return diag_add(l->diag, l->name, l->number, 0, "compressed data: %s", how);
}

/* Makes more decompressed bytes.  1, 0 at the end, or a SIM_E code. */
static int fill_out_zstd(struct lines *l)
{
    ZSTD_outBuffer out = { l->out, OUT_BYTES, 0 };

    while (out.pos == 0) {
        size_t left;
        if (l->in.pos == l->in.size) {
            int more = fill_raw(l);
            if (more < 0)
                return more;
            if (more == 0 && !l->frame_open)
                return 0;
            if (more == 0)
                return damaged(l, "ends in the middle of a frame; expected the whole file");
        }
        left = ZSTD_decompressStream(l->zstd, &out, &l->in);
        if (ZSTD_isError(left))
            return damaged(l, ZSTD_getErrorName(left));
        l->frame_open = left != 0;
    }
    l->out_at = 0;
    l->out_end = out.pos;
    return 1;
}

static int fill_out(struct lines *l)
{
    int more;

    if (l->zstd)
        return fill_out_zstd(l);
    if (l->in.pos == l->in.size && (more = fill_raw(l)) <= 0)
        return more;
    l->out_end = l->in.size - l->in.pos;
    memcpy(l->out, (const char *)l->in.src + l->in.pos, l->out_end);
    l->in.pos = l->in.size;
    l->out_at = 0;
    return 1;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static const unsigned char zstd_magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

/* Allocates and looks at the first bytes. */
static int begin(struct lines *l)
{
    int more;

    l->raw = malloc(RAW_BYTES);
    l->out = malloc(OUT_BYTES);
    if (!l->raw || !l->out)
        return diag_env(l->diag, l->name, "no memory");
    more = fill_raw(l);
    if (more < 0)
        return more;
    if (l->in.size < sizeof zstd_magic || memcmp(l->raw, zstd_magic, sizeof zstd_magic) != 0)
        return 0;
    l->zstd = ZSTD_createDStream();
    l->frame_open = true;
    return l->zstd ? 0 : diag_env(l->diag, l->name, "no memory");
}

static struct lines *make(const char *name, struct diag *d)
{
    struct lines *l = calloc(1, sizeof *l);

    if (l && !(l->name = strdup(name))) {
        free(l);
        l = NULL;
    }
    if (!l)
        diag_env(d, name, "no memory");
    else
        l->diag = d;
    return l;
}

static struct lines *opened(struct lines *l)
{
    if (begin(l) < 0) {
        lines_close(l);
        return NULL;
    }
    return l;
}

struct lines *lines_open(const char *path, struct diag *d)
{
    struct lines *l = make(path, d);
    struct stat st;

    if (!l)
        return NULL;
    l->file = fopen(path, "rb");
    if (!l->file || fstat(fileno(l->file), &st) != 0) {
        diag_env(d, path, "cannot be opened: %s", strerror(errno));
        lines_close(l);
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        diag_add(d, path, 0, 0, "is a directory; expected a file");
        lines_close(l);
        return NULL;
    }
    l->size = S_ISREG(st.st_mode) ? (unsigned long long)st.st_size : 0;
    return opened(l);
}

struct lines *lines_open_memory(const char *name, const void *data, size_t len, struct diag *d)
{
    struct lines *l = make(name, d);

    if (!l)
        return NULL;
    l->mem = data;
    l->mem_len = len;
    l->size = len;
    return opened(l);
}

void lines_close(struct lines *l)
{
    if (!l)
        return;
    if (l->file)
        fclose(l->file);
    ZSTD_freeDStream(l->zstd);
    free(l->raw);
    free(l->out);
    free(l->name);
    free(l);
}

/* ---- lines -------------------------------------------------------------------------------------- */

/* Takes what belongs to the line from the buffer; true once its line feed was there. */
static bool take(struct lines *l, struct import_line *line)
{
    const char *from = l->out + l->out_at;
    size_t have = l->out_end - l->out_at;
    const char *lf = memchr(from, '\n', have);
    size_t n = lf ? (size_t)(lf - from) : have;
    size_t room = LINES_MAX - line->len;

    if (n > room)
        line->too_long = true;
    memcpy(l->text + line->len, from, n < room ? n : room);
    line->len += n < room ? n : room;
    l->out_at += n + (lf != NULL);
    return lf != NULL;
}

static int finished(struct lines *l, struct import_line *line)
{
    if (line->len && l->text[line->len - 1] == '\r')
        line->len--;
    l->text[line->len] = '\0';
    line->text = l->text;
    line->has_nul = memchr(l->text, '\0', line->len) != NULL;
    line->number = l->number;
    return 1;
}

int lines_next(struct lines *l, struct import_line *line)
{
    bool any = false;

    memset(line, 0, sizeof *line);
    for (;;) {
        if (l->out_at == l->out_end) {
            int more = l->ended ? 0 : fill_out(l);
            if (more < 0)
                return more;
            if (more == 0) {
                l->ended = true;
                line->unended = true;
                return any ? finished(l, line) : 0;
            }
        }
        if (!any)
            l->number++;
        any = true;
        if (take(l, line))
            return finished(l, line);
    }
}

unsigned long long lines_position(const struct lines *l)
{
    return l->read;
}

unsigned long long lines_size(const struct lines *l)
{
    return l->size;
}
