/* SPDX-License-Identifier: Apache-2.0
 *
 * read_ahead.h - devices that read ahead: a source of records that puts speculative reads among another's.
 *
 * After a read, and what its trace expects of it, comes in `share` of a hundred cases one that is `bytes` further, of
 * the same stream and length, with REC_F_SPEC.  Nothing else of the records changes.  A read ahead was of use if
 * its stream comes to access its page; what is still waited for is remembered by a hash of stream and page, so that
 * of very many some are forgotten.
 */
#ifndef WORKLOADS_DEVICE_READ_AHEAD_H
#define WORKLOADS_DEVICE_READ_AHEAD_H
#include "base/rng.h"
#include "traces/trace.h"

/* As replay_source.next. */
typedef int read_ahead_next(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n);

enum { READ_AHEAD_PAGES = 4096, READ_AHEAD_PAGE_LOG2 = 12 };

struct read_ahead {
    read_ahead_next *next;
    void *from;
    uint64_t share, bytes;
    struct rng rng;
    struct rec *rec;                   /* [room]: the chunk at hand */
    size_t room;
    struct rec due;                    /* the read ahead that comes next, if is_due */
    bool is_due;
    uint64_t *made, *used;             /* counters: reads ahead, and those of use   */
    struct read_ahead_page {           /* by a hash                                 */
        uint64_t page;
        uint32_t stream, waiting;      /* reads ahead of it that were of no use yet */
    } page[READ_AHEAD_PAGES];
};

/* NULL: no memory.  The counters are the caller's. */
struct read_ahead *read_ahead_new(read_ahead_next *next, void *from, uint64_t share, uint64_t bytes, uint64_t seed,
                                  uint64_t *made, uint64_t *used);
void read_ahead_free(struct read_ahead *a);

/* The next records, as the source gives them.  0, its error, or SIM_EENV. */
int  read_ahead_records(struct read_ahead *a, const struct rec **rec, const struct rec_ext **ext, size_t *n);

#endif
