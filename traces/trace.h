/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.h - the native trace format, version 1: write, read, seek, verify.  docs/trace-format.md has the
 * bytes.
 *
 * A file is a header, data frames of up to TRACE_FRAME_RECORDS records each, an index, a trailer.  Every
 * frame is a zstd frame with a checksum and can be decoded alone.  String and stream tables grow while a
 * trace is written and stand before the index.  A writer holds one frame, a reader one frame and the
 * tables.  A trace is untrusted input: every length is checked and every error names file and record.
 */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H
#include <stddef.h>
#include <stdio.h>

#include "base/diag.h"
#include "traces/record.h"

enum { TRACE_VERSION = 1, TRACE_FRAME_RECORDS = 65536 };

enum trace_arch { TRACE_ARCH_NONE, TRACE_ARCH_SMMUV3, TRACE_ARCH_VTD };

enum trace_flag {
    TRACE_F_ORDER_ONLY  = 1 << 0,   /* times are made up: only the order counts        */
    TRACE_F_MODELLED    = 1 << 1,   /* the accesses come from a model                   */
    TRACE_F_LOSSY       = 1 << 2,   /* the source lost events                           */
    TRACE_F_MERGED      = 1 << 3,   /* device side and software side on one clock       */
};

struct trace_header {
    uint32_t version;
    uint32_t raw_arch;             /* enum trace_arch of the raw records                */
    uint32_t flags;                /* enum trace_flag                                   */
    uint64_t time_unit_ps;
    char     source[64];           /* "qemu 10.0 smmuv3", "generated"                   */
};

struct trace_stream {              /* one requester */
    uint32_t sid;                  /* StreamID or source-id                             */
    uint32_t name;                 /* string id, 0 none                                 */
};

struct trace_info {
    struct trace_header head;
    uint64_t records, frames, bytes;
    uint64_t first_time, last_time;
    uint64_t by_kind[REC_KIND_COUNT];
    uint32_t streams, strings;
    bool     complete;             /* the trailer was there                              */
};

/* ---- writing ------------------------------------------------------------------------------------ */
struct trace_writer;

/* Writes to "path.part" and renames at trace_writer_close; nothing half-written under the final name.
 * `level` is zstd's, 3 the default.  head->version need not be set.  `d` stays in use until the end. */
struct trace_writer *trace_writer_open(const char *path, const struct trace_header *head, int level,
                                       struct diag *d);
uint32_t trace_writer_string(struct trace_writer *w, const char *text);           /* its id, from 1 */
/* Its number, from 0: the one it has if the same sid and name (NULL: none) came before. */
uint32_t trace_writer_stream(struct trace_writer *w, uint32_t sid, const char *name);
/* `x` may be NULL where r->words is 0.  A record that is no record, or earlier than the one before it, is
 * refused with a diagnosis; from the first error on every call returns it. */
int trace_write(struct trace_writer *w, const struct rec *r, const struct rec_ext *x);
void trace_writer_flags(struct trace_writer *w, uint32_t flags);                  /* sets more flags */
/* Ends the file.  On an error the .part file is removed.  Frees w. */
int trace_writer_close(struct trace_writer *w);
void trace_writer_abandon(struct trace_writer *w);

/* ---- reading ------------------------------------------------------------------------------------ */
struct trace_reader;

/* NULL and a diagnosis if it is no trace.  A file without its trailer opens too: the frames are found by
 * scanning, info->complete is false, `d` says so at once and trace_next returns SIM_EINPUT behind the last
 * whole frame.  `d` stays in use until trace_close. */
struct trace_reader *trace_open(const char *path, struct diag *d);
void trace_close(struct trace_reader *r);
const struct trace_info *trace_info(const struct trace_reader *r);
const struct trace_stream *trace_streams(const struct trace_reader *r);           /* [info->streams] */
const char *trace_string(const struct trace_reader *r, uint32_t id);              /* "" if unknown   */

/* The next records in order: *n of them at *rec, their extensions in *ext: rec[i] with words != 0 uses
 * the next extension, in order.  Both are valid until the next call.  0; *n = 0 at the end; negative and
 * a diagnosis on damage (records before the damage have been given). */
int trace_next(struct trace_reader *r, const struct rec **rec, const struct rec_ext **ext, size_t *n);

/* From here on frames that hold none of the kinds (1 << REC_...) are passed over without a look; other
 * records of a frame that does are still given. */
void trace_only(struct trace_reader *r, uint32_t kinds);

/* Goes to the first frame that may hold record number `number`; *at is that frame's first record. */
int trace_seek(struct trace_reader *r, uint64_t number, uint64_t *at);

/* Records read so far; for messages. */
uint64_t trace_position(const struct trace_reader *r);

/* SHA-256 of the file, in hex (65 bytes), as recorded with a run. */
int trace_sha256(const char *path, char hex[65], struct diag *d);

#endif
