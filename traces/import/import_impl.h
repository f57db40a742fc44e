/* SPDX-License-Identifier: Apache-2.0
 *
 * import_impl.h - what import.c and import_report.c share; nobody else includes it.
 */
#ifndef TRACES_IMPORT_IMPL_H
#define TRACES_IMPORT_IMPL_H
#include <uthash.h>

#include "traces/import/import.h"

enum { IMPORT_SOURCES_MAX = 3, IMPORT_BAD_KEPT = 8, IMPORT_EXCERPT = 72 };

struct import_row {                /* one row of the report */
    char *key;                     /* group character, then the text */
    enum import_group group;
    uint64_t n;
    UT_hash_handle hh;
};

struct import_bad {                /* a line not understood */
    unsigned source;
    unsigned long line;
    char why[48];
    char excerpt[IMPORT_EXCERPT + 1];
};

struct import_stream_row {
    uint32_t sid, number;
    uint64_t accesses;
    bool named;
    UT_hash_handle hh;
};

struct import_string_row {
    char *text;
    uint32_t id;
    UT_hash_handle hh;
};

struct import {
    struct import_options opt;
    struct diag *diag;
    struct trace_writer *writer;
    struct import_source source[IMPORT_SOURCES_MAX];
    unsigned sources;
    unsigned long long steps;

    bool started;                  /* the first item has come: t0 is set */
    uint64_t t0_ns, last_time;
    uint64_t by_kind[REC_KIND_COUNT];
    uint32_t flags;

    bool counting;
    struct import_row *rows;
    struct import_stream_row *streams, **stream_by_number;
    uint32_t n_streams;
    struct import_string_row *strings;
    uint32_t n_strings;
    uint64_t bad_lines;
    unsigned bad_kept;
    struct import_bad bad[IMPORT_BAD_KEPT];
};

void import_rows_free(struct import *im);

#endif
