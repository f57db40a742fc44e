/* SPDX-License-Identifier: Apache-2.0
 *
 * import_lines.h - the lines of a text file, plain or zstd-compressed, one at a time.
 *
 * Which of the two it is, the first bytes tell.  A line is given without its line feed (and a carriage
 * return before it), NUL-terminated, at most LINES_MAX bytes of it; what is longer is cut and says so.
 * Memory is bounded at any line length and file size.
 */
#ifndef TRACES_IMPORT_LINES_H
#define TRACES_IMPORT_LINES_H
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum { LINES_MAX = 64 * 1024 };

struct import_line {
    const char *text;          /* valid until the next line is read                       */
    size_t len;                /* without the NUL that ends it                             */
    unsigned long number;      /* from 1                                                   */
    bool too_long;             /* the rest of the line was dropped                         */
    bool has_nul;              /* holds a NUL byte before its end                          */
    bool unended;              /* last of the file, no line feed: may be cut               */
};

struct lines;

struct lines *lines_open(const char *path, struct diag *d);
/* The same from memory, which the caller keeps; `name` is for messages. */
struct lines *lines_open_memory(const char *name, const void *data, size_t len, struct diag *d);
void lines_close(struct lines *l);

/* 1 and a line, 0 at the end, negative and a diagnosis if the file cannot be read. */
int lines_next(struct lines *l, struct import_line *line);

/* Bytes of the file read so far, and in all (0 unknown); for progress. */
unsigned long long lines_position(const struct lines *l);
unsigned long long lines_size(const struct lines *l);

#endif
