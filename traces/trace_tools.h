/* SPDX-License-Identifier: Apache-2.0
 *
 * trace_tools.h - looking into traces and cutting them: what the command `iommusim trace` does.
 *
 * Each function reads one trace from its beginning to its end, in memory that does not grow with the
 * trace's length.  Damage ends it with a diagnosis, after what stands before the damage was counted.
 */
#ifndef TRACES_TRACE_TOOLS_H
#define TRACES_TRACE_TOOLS_H
#include <stdio.h>

#include "traces/trace.h"

/* Long work asks now and then whether to stop, and says how many records are done. */
struct trace_watch {
    const volatile int *stop;             /* may be NULL; the result is then SIM_EENV, unsaid */
    void (*step)(void *to, uint64_t done);    /* may be NULL */
    void *to;
};

/* ---- counts ------------------------------------------------------------------------------------- */

struct trace_stream_stats {
    uint64_t by_kind[REC_KIND_COUNT];
    uint64_t bytes;                       /* of its accesses                                       */
    uint64_t pages;                       /* distinct 4 KiB pages accessed, times 2^pages_level     */
};

/* Up to TRACE_PAGES_MAX distinct (stream, page) pairs are counted exactly.  Beyond, every second of them is
 * dropped by its hash, then every second of the rest, and so on: 2^pages_level stands for one. */
enum { TRACE_PAGES_MAX = 1 << 21, TRACE_PAGES_ACCESS = 4096 };    /* an access counts at most so many */

struct trace_stats {
    struct trace_stream_stats *stream;    /* [streams + 1], the last: records without stream */
    uint32_t streams;
    unsigned pages_level;
    uint64_t records;
};

/* `pages`: count pages too.  trace_stats_free in any case. */
int  trace_stats(struct trace_reader *r, bool pages, const struct trace_watch *watch,
                 struct trace_stats *s, struct diag *d);
void trace_stats_free(struct trace_stats *s);
uint64_t trace_stream_records(const struct trace_stream_stats *s);

/* Reads everything; compares counts and order with what the index says. */
int trace_verify(const char *path, const struct trace_watch *watch, struct trace_info *info,
                 struct diag *d);

/* ---- cut ---------------------------------------------------------------------------------------- */

/* The kinds that change what a later access means: they stay although they stand before the cut. */
#define TRACE_STATE_KINDS                                                                          \
    (1u << REC_MAP | 1u << REC_UNMAP | 1u << REC_COMMAND | 1u << REC_FLUSH | 1u << REC_ATTACH |    \
     1u << REC_DETACH | 1u << REC_TABLE | 1u << REC_MARKER | 1u << REC_REG | 1u << REC_CAP |       \
     1u << REC_DOORBELL)

struct trace_cut { uint64_t state, taken; };      /* records kept from before the cut, and within it */

/* Writes records from .. to-1 to `out`, and the state records before them, so that the piece can be
 * replayed.  Outcomes stay with their access: those that follow the last one are taken too, those of an
 * access before the first are not.  If accesses are left out before the cut, outcomes lose what the caches
 * answered (lookups, hits, configuration hits), since the piece starts with empty caches. */
int trace_cut(const char *in, const char *out, uint64_t from, uint64_t to,
              const struct trace_watch *watch, struct trace_cut *done, struct diag *d);

#endif
