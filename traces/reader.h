/* SPDX-License-Identifier: Apache-2.0
 *
 * reader.h - inside the reader: what trace_read.c and trace_index.c share.
 */
#ifndef TRACES_READER_H
#define TRACES_READER_H
#include <zstd.h>

#include "traces/format.h"

struct frame_entry {
    uint64_t offset, number, first_time, span;
    uint32_t packed, raw, records, kinds;
};

struct trace_reader {
    int fd;
    const uint8_t *mem;                   /* instead of fd                              */
    uint64_t size;
    char *name;
    struct diag *diag;
    struct trace_info info;
    struct trace_tables tables;
    struct frame_entry *frame;            /* [info.frames], cap                         */
    size_t cap;
    uint64_t next, position;              /* frame to load next; records given          */
    uint32_t only;                        /* kinds asked for                            */
    int error;
    ZSTD_DCtx *zstd;
    uint8_t *packed, *raw;
    size_t packed_cap, raw_cap;
    struct frame_decoder decoder;
    struct rec rec[TRACE_CHUNK];
    struct rec_ext ext[TRACE_CHUNK];
};

#define LLU(v) ((unsigned long long)(v))

/* n bytes of the file at `offset`; 0 or a diagnosis. */
int reader_at(struct trace_reader *r, uint64_t offset, void *to, size_t n);
/* *p becomes at least `need` bytes large, the new ones 0; false without memory. */
bool reader_room(uint8_t **p, size_t *cap, size_t need);
/* Reads and decompresses a frame: its payload behind the first byte, which is *kind.  NULL or what is
 * wrong; *error is set if the file could not be read, and a diagnosis then given. */
const char *reader_load(struct trace_reader *r, uint64_t offset, size_t packed, unsigned *kind,
                        struct input *in, int *error);
/* Fills info, frames and tables.  0, or SIM_EINPUT and a diagnosis if it is no trace. */
int reader_index(struct trace_reader *r);

#endif
