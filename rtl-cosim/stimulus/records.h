/* SPDX-License-Identifier: Apache-2.0
 *
 * records.h - a trace in memory: what the generators write, what the minimiser cuts, what a driver replays.
 *
 * Records stand in order, the words of the rare kinds beside them in the same order, as a trace's reader gives
 * them (traces/trace.h): a list is read from a trace, written as one, and given to a replay without a copy.
 * The first failure (no memory) is kept in `err`; whatever is added after it is dropped, so that a generator
 * looks once, at its end.
 */
#ifndef RTL_COSIM_STIMULUS_RECORDS_H
#define RTL_COSIM_STIMULUS_RECORDS_H
#include "traces/trace.h"
#include "workloads/device/replay.h"

struct records {
    struct trace_header head;
    struct trace_stream *stream;       /* [streams]; names are strings as in a trace           */
    char   **string;                   /* [strings], by id - 1                                 */
    uint32_t streams, strings;
    size_t   stream_room, string_room;
    struct rec *rec;                   /* [n] */
    struct rec_ext *ext;               /* [n_ext], of the records with words                   */
    size_t   n, room, n_ext, ext_room;
    size_t   given, given_ext;         /* to a source: so far                                  */
    int      err;                      /* 0 or SIM_EENV */
};

enum { RECORDS_UNIT_PS = 1000 };       /* of the time of records made here: a cycle            */

/* An empty list of SMMUv3 records whose times are cycles; `source` as in a trace's header. */
void records_init(struct records *r, const char *source);
void records_destroy(struct records *r);
/* Drops the records and keeps streams, strings and room. */
void records_clear(struct records *r);

/* The number of the stream with this StreamID: found or added. */
uint32_t records_stream(struct records *r, uint32_t sid);
/* The id of a string: found or added. */
uint32_t records_string(struct records *r, const char *text);
/* `w` has rec->words words. */
void records_add(struct records *r, const struct rec *rec, const uint64_t *w);

/* A trace's records behind those that are there (none yet).  0, or a diagnosis. */
int  records_read(struct records *r, const char *path, struct diag *d);
int  records_write(const struct records *r, const char *path, struct diag *d);
/* An empty list with the head, streams and strings of another. */
int  records_like(struct records *r, const struct records *of);

/* Gives them to a replay, from the first one.  r must stay. */
void records_source(struct records *r, struct replay_source *s, const char *name);

static inline bool records_is_access(const struct rec *r)
{
    return r->kind <= REC_TRANSLATED;
}

#endif
