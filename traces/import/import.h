/* SPDX-License-Identifier: Apache-2.0
 *
 * import.h - captured logs in, one native trace out.
 *
 * The files of one run are sources.  Each source is recognised by its content and read line by line by a
 * parser, which turns lines into items: a record, its time on the source's own clock, and a note that
 * says what the record was made from.  Items of a source go to its sink.  With one source the sink is the
 * trace; a script reads its log through a sink of its own, and the merge of a device-side log with a
 * software-side one sits between the parsers and the trace.
 *
 *     file -> lines -> parser -> import_emit -> sink (merge, script or import_write) -> trace
 *
 * Nothing is invented silently: what a source lacks, what was reconstructed, dropped or not understood
 * is counted, and import_report prints the sums.  Input is untrusted: a bad line is counted with its
 * number, never fatal; a file in which nothing is recognised is an error.
 *
 * Memory: one line and one item per source, and what a parser keeps (the words it has emitted).
 */
#ifndef TRACES_IMPORT_H
#define TRACES_IMPORT_H
#include <stdio.h>

#include "base/diag.h"
#include "traces/import/import_lines.h"
#include "traces/record.h"
#include "traces/trace.h"

/* ---- items -------------------------------------------------------------------------------------- */

enum import_note_kind {
    NOTE_NONE,
    NOTE_L1STD, NOTE_STE, NOTE_CD,   /* TABLE: a configuration structure, built from decoded fields   */
    NOTE_TABLE,                      /* TABLE: a descriptor that points to the next table             */
    NOTE_LEAF,                       /* TABLE: a page or block descriptor                             */
    NOTE_INVALID,                    /* TABLE: a descriptor that ends a walk in a translation fault   */
    NOTE_SEEN,                       /* no record of its own (kind TABLE, words 0): a leaf descriptor
                                        was read again with the value it had; for the merge alone     */
};

/* What a record was made from.  For TABLE notes all fields are given; `line` always. */
struct import_note {
    uint8_t  kind;                   /* enum import_note_kind                                         */
    uint8_t  stage, level;           /* stage 1 or 2 of the table, level of the descriptor            */
    uint32_t sid;                    /* who asked                                                     */
    unsigned long line;              /* in the source, from 1                                         */
    uint64_t iova;                   /* input address of the walk, aligned down to `bytes`            */
    uint64_t bytes;                  /* one descriptor of this level covers                           */
    uint64_t at, value;              /* the descriptor: its physical address, and what it holds       */
    uint64_t root;                   /* base of the walk's first table: tells domains apart           */
};

struct import_item {
    struct rec rec;                  /* rec.time is ignored: see t_ns                                 */
    struct rec_ext ext;
    uint64_t t_ns;                   /* on the source's clock; need not start at 0                    */
    struct import_note note;
};

/* Takes one item; 0 or a SIM_E code, which ends the import. */
typedef int import_sink(void *to, const struct import_item *it);

/* ---- sources and parsers ------------------------------------------------------------------------ */

struct import;
struct import_source;

enum import_side { IMPORT_DEVICE, IMPORT_SOFTWARE, IMPORT_SCRIPT };

struct import_probe {                /* what a file's first lines tell                                */
    enum trace_arch arch;            /* of the raw records it will give                               */
    char what[48];                   /* "qemu 10.0 smmuv3": for trace_header.source and messages      */
};

struct import_parser {
    const char *name;                /* "qemu smmuv3 log"                                             */
    const char *expects;             /* what a user sees if nothing matched: "smmuv3_* or smmu_* events" */
    enum import_side side;
    bool takes_unended;              /* a last line without line feed is complete if it parses        */
    /* Is this line one of ours?  Called for the first lines of a file; may refine *p. */
    bool (*probe)(const struct import_line *line, struct import_probe *p);
    void *(*start)(struct import_source *src);               /* the parser's state, NULL: no memory   */
    int  (*line)(void *state, const struct import_line *line);      /* 0 or a SIM_E code              */
    int  (*settle)(void *state);     /* no further line belongs to the item that is open; may be NULL */
    int  (*finish)(void *state);                             /* at the end of the source              */
    void (*stop)(void *state);                               /* frees the state                       */
};
/* Every parser, in the order in which they are asked; ends with NULL (import_parsers.c). */
extern const struct import_parser *const import_parsers[];

struct import_source {
    struct import *im;
    const char *path;
    const struct import_parser *parser;
    struct import_probe probe;
    import_sink *sink;
    void *sink_to;
    unsigned long line;              /* number of the line being parsed                               */
    uint64_t t_ns;                   /* for parsers: the time to give items made now                  */
    bool ended;
    bool outcomes_only;              /* emit accesses and EXPECTs only: a script has the rest         */
    struct import_source *companion; /* a script's log, or NULL                                       */
    struct lines *lines;             /* private to import.c from here on                              */
    void *state;
    const void *mem;
    size_t mem_len;
    unsigned index;
    uint64_t used_lines;             /* lines that a parser understood                                */
};

/* Reads one line and parses it.  1: there may be more; 0: the source has ended and its parser is
 * finished; negative: fatal. */
int import_step(struct import_source *src);

/* Starts the source anew (for a parser of two passes); its sink stays. */
int import_rewind(struct import_source *src);

void import_set_sink(struct import_source *src, import_sink *sink, void *to);

/* ---- what parsers call -------------------------------------------------------------------------- */

/* Hands an item to the source's sink.  Fills it->t_ns and it->note.line if they are 0. */
int import_emit(struct import_source *src, struct import_item *it);

/* The trace itself as a sink (`to` is the struct import): gives the time in the trace's unit from the
 * first item on, never going back, counts the record by kind, writes it. */
int import_write(void *im, const struct import_item *it);

/* Numbers in the trace's tables.  A stream's name is the first that is not NULL. */
uint32_t import_stream(struct import *im, uint32_t sid, const char *name);
uint32_t import_string(struct import *im, const char *text);
uint32_t import_stream_sid(const struct import *im, uint32_t number);
uint32_t import_stream_offset(const struct import *im);

/* The report.  `group` is a heading, `what` a row; equal texts add up.  `what` is copied. */
enum import_group {
    IMPORT_USED,                     /* events that became records or part of one, by name            */
    IMPORT_IDLE,                     /* events understood that say nothing a trace keeps              */
    IMPORT_RECON,                    /* what was reconstructed                                        */
    IMPORT_DROPPED,                  /* what the source says and the trace leaves out                 */
    IMPORT_LACKS,                    /* what the source does not say, and how often it was missed     */
    IMPORT_ODD,                      /* contradictions: what did not fit together                     */
    IMPORT_GROUPS
};
void import_count(struct import *im, enum import_group group, const char *what, uint64_t n);
uint64_t import_counted(const struct import *im, enum import_group group, const char *what);

/* The current line was not understood: counted; the first few are kept for the report. */
void import_bad_line(struct import_source *src, const struct import_line *line, const char *why);
uint64_t import_bad_lines(const struct import *im);

/* While off, nothing is counted (a first pass that only looks). */
void import_counting(struct import *im, bool on);

/* More flags for the trace's header (enum trace_flag). */
void import_flags(struct import *im, uint32_t flags);

struct diag *import_diag(struct import *im);

/* ---- what the program calls --------------------------------------------------------------------- */

struct import_options {
    const char *out;                 /* the trace; NULL: to `sink` only                               */
    int level;                       /* zstd's; 0: the default                                        */
    import_sink *sink;               /* instead of the trace, if out is NULL                          */
    void *sink_to;
    const volatile int *stop;        /* polled: non-zero ends the import, nothing is left             */
    void (*progress)(void *to, unsigned long long done, unsigned long long total);
    void *progress_to;
    uint32_t stream_offset;          /* added to a PCI requester id that a software side names        */
};

struct import *import_new(const struct import_options *opt, struct diag *d);
void import_free(struct import *im);

/* One file of the run.  Its content is looked at here; negative: not readable, empty, not recognised. */
int import_add_file(struct import *im, const char *path);
int import_add_memory(struct import *im, const char *name, const void *data, size_t len);

/* Are all files added so far of this side? */
bool import_is_only(const struct import *im, enum import_side which);

/* Reads everything and writes the trace; on an error nothing is left under its name. */
int import_run(struct import *im);

void import_report(const struct import *im, FILE *to);

/* Records handed to the trace, by kind. */
uint64_t import_records(const struct import *im, enum rec_kind kind);

/* ---- the ways through import_run ---------------------------------------------------------------- */

int import_merge(struct import *im, struct import_source *device, struct import_source *software);
int import_script_run(struct import *im, struct import_source *script, struct import_source *log);

#endif
