/* SPDX-License-Identifier: Apache-2.0
 *
 * The FST writer does not look whether its writes succeed.  So nothing is given to it that has no room:
 * all that it may write until its next flush, and then to close the file, is reserved beforehand behind
 * the file's end.  What is given is counted at the most that it may take.
 */
#define _GNU_SOURCE                    /* fallocate */
#include "kernel/wave_impl.h"

#ifdef WAVE_FST

#include <errno.h>
#include <fcntl.h>
#include <fstapi.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK         = 1 << 22,           /* bytes counted between two flushes                   */
    TIME_BYTES    = 10,                /* of a time, and of what stands before each value     */
    SIGNAL_BYTES  = 128,               /* of a signal in a section's frame and index          */
    NAMES_FACTOR  = 16,                /* of a path in the hierarchy, with scopes of its own  */
    OTHER_BYTES   = 1 << 16,
    PICOSECONDS   = -12,
    BLOCK_HEADER  = 9,                 /* type, length of all but the type                    */
};

struct wave_fst {
    void    *writer;
    char    *path;
    int      fd;                       /* of the same file, to reserve and to look            */
    uint64_t chunk, rest;              /* between two flushes; for all else                   */
    uint64_t given;                    /* since the last flush, at most                       */
    uint64_t t_ps;
    bool     timed;
    int      full;                     /* errno of what was not to be had, after t_ps         */
};

/* Room for so many bytes from the file's end on.  Not all file systems know; then it is hoped for. */
static bool reserve(int fd, uint64_t bytes)
{
    struct rlimit limit;
    struct stat st;
    int r;

    if (fstat(fd, &st))
        return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (uint64_t)st.st_size + bytes > limit.rlim_cur) {
        errno = EFBIG;
        return false;
    }
    do
        r = fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)bytes);
    while (r && errno == EINTR);
    return r == 0 || errno == EOPNOTSUPP || errno == ENOSYS;
}

/* ---- open ---- */

static void remove_files(const char *path)
{
    char hier[4096];

    snprintf(hier, sizeof hier, "%s.hier", path);
    unlink(hier);
    unlink(path);
}

/* A file is at the path, and there is room: the writer would unlink what is there, whatever it is. */
static int try_path(const char *path, uint64_t bytes, struct diag *d)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), r = SIM_OK;
    struct stat st;

    if (fd < 0)
        return diag_env(d, path, "cannot be written: %s", strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        r = diag_env(d, path, "not a regular file");
    } else if (!reserve(fd, bytes)) {
        r = diag_env(d, path, "no room for a waveform: %s", strerror(errno));
        unlink(path);
    }
    close(fd);
    return r;
}

static int open_writer(struct wave_fst *f, struct diag *d)
{
    int err;

    f->writer = fstWriterCreate(f->path, 1);
    err = errno;
    if (f->writer)
        f->fd = open(f->path, O_RDWR | O_CLOEXEC);
    if (f->writer && f->fd >= 0 && reserve(f->fd, f->chunk + f->rest))
        return SIM_OK;
    diag_env(d, f->path, "cannot be written: %s", strerror(f->writer ? errno : err));
    wave_fst_discard(f);
    return SIM_EENV;
}

struct wave_fst *wave_fst_open(const char *path, size_t signals, uint64_t names_bytes,
                               struct diag *d)
{
    uint64_t names = NAMES_FACTOR * names_bytes + SIGNAL_BYTES * signals;
    struct wave_fst *f = calloc(1, sizeof *f);

    if (!f || !(f->path = strdup(path))) {
        free(f);
        diag_env(d, path, "no memory for a waveform");
        return NULL;
    }
    f->fd = -1;
    f->chunk = CHUNK + SIGNAL_BYTES * signals;
    f->rest = names + SIGNAL_BYTES * signals + OTHER_BYTES;
    if (try_path(path, f->chunk + f->rest + names, d)) {       /* names first stand in a file apart */
        free(f->path);
        free(f);
        return NULL;
    }
    if (open_writer(f, d))
        return NULL;
    fstWriterSetPackType(f->writer, FST_WR_PT_LZ4);
    fstWriterSetTimescale(f->writer, PICOSECONDS);
    fstWriterSetVersion(f->writer, "iommusim");
    fstWriterSetDate(f->writer, "");
    return f;
}

void wave_fst_scope(struct wave_fst *f, const char *name, const char *kind)
{
    fstWriterSetScope(f->writer, FST_ST_VCD_MODULE, name, kind);
}

void wave_fst_scope_end(struct wave_fst *f)
{
    fstWriterSetUpscope(f->writer);
}

uint32_t wave_fst_signal(struct wave_fst *f, const char *name, unsigned width)
{
    return fstWriterCreateVar(f->writer, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, width, name, 0);
}

/* ---- values ---- */

/* The next time begins a new section.  If that has no room, what was reserved for the rest holds the
 * values of this time. */
static void flush_before(struct wave_fst *f, uint64_t t_ps)
{
    fstWriterFlushContext(f->writer);
    fstWriterEmitTimeChange(f->writer, t_ps);
    f->given = 0;
    if (!reserve(f->fd, f->chunk + f->rest))
        f->full = errno;
}

bool wave_fst_time(struct wave_fst *f, uint64_t t_ps)
{
    if (f->full)
        return false;
    if (f->timed && t_ps == f->t_ps)
        return true;
    if (f->given >= f->chunk)
        flush_before(f, t_ps);
    else
        fstWriterEmitTimeChange(f->writer, t_ps);
    f->timed = true;
    f->t_ps = t_ps;
    f->given += TIME_BYTES;
    return true;
}

void wave_fst_value(struct wave_fst *f, uint32_t handle, unsigned width, uint64_t value)
{
    fstWriterEmitValueChange64(f->writer, handle, width, value);
    f->given += TIME_BYTES + (width + 7) / 8;
}

/* ---- close ---- */

static uint64_t read_be64(const unsigned char *b)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | b[i];
    return v;
}

/* Whether the file is a row of blocks that fill it, none begun and not ended, one of names with them. */
static bool is_whole(int fd)
{
    unsigned char head[BLOCK_HEADER];
    bool named = false;
    struct stat st;
    uint64_t at = 0;

    if (fstat(fd, &st))
        return false;
    while (at < (uint64_t)st.st_size) {
        if (pread(fd, head, sizeof head, (off_t)at) != sizeof head || head[0] == FST_BL_SKIP)
            return false;
        named |= head[0] == FST_BL_HIER || head[0] == FST_BL_HIER_LZ4 ||
                 head[0] == FST_BL_HIER_LZ4DUO;
        at += 1 + read_be64(head + 1);
    }
    return named && at == (uint64_t)st.st_size;
}

/* What was reserved and not needed is given back. */
static void trim(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && ftruncate(fd, st.st_size))
        return;                        /* it only takes room */
}

static void fst_free(struct wave_fst *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f);
}

int wave_fst_close(struct wave_fst *f, uint64_t end_ps, struct diag *d)
{
    int r = SIM_OK;

    if (!f->full && end_ps > f->t_ps)
        fstWriterEmitTimeChange(f->writer, end_ps);
    fstWriterClose(f->writer);
    trim(f->fd);
    if (!is_whole(f->fd))
        r = diag_env(d, f->path, "was not written completely and may not be readable");
    else if (f->full)
        r = diag_env(d, f->path, "no room: ends at %" PRIu64 " ps: %s", f->t_ps, strerror(f->full));
    fst_free(f);
    return r;
}

void wave_fst_discard(struct wave_fst *f)
{
    if (f->writer)
        fstWriterClose(f->writer);
    remove_files(f->path);
    fst_free(f);
}

#else

/* Nothing is ever opened. */

struct wave_fst *wave_fst_open(const char *path, size_t signals, uint64_t names_bytes,
                               struct diag *d)
{
    (void)signals, (void)names_bytes;
    diag_env(d, path, "no waveform: built without the FST writer of the Debian packages verilator "
                      "and zlib1g-dev; install both and build again");
    return NULL;
}

void wave_fst_scope(struct wave_fst *f, const char *name, const char *kind)
{
    (void)f, (void)name, (void)kind;
}

void wave_fst_scope_end(struct wave_fst *f)
{
    (void)f;
}

uint32_t wave_fst_signal(struct wave_fst *f, const char *name, unsigned width)
{
    (void)f, (void)name, (void)width;
    return 0;
}

bool wave_fst_time(struct wave_fst *f, uint64_t t_ps)
{
    (void)f, (void)t_ps;
    return false;
}

void wave_fst_value(struct wave_fst *f, uint32_t handle, unsigned width, uint64_t value)
{
    (void)f, (void)handle, (void)width, (void)value;
}

int wave_fst_close(struct wave_fst *f, uint64_t end_ps, struct diag *d)
{
    (void)f, (void)end_ps, (void)d;
    return SIM_OK;
}

void wave_fst_discard(struct wave_fst *f)
{
    (void)f;
}

#endif
