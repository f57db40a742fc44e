/* SPDX-License-Identifier: Apache-2.0
 *
 * minimise.h - delta debugging: of a list of records that fails, a few that fail in the same way.
 *
 * What failing means is the caller's: `fails` is given a candidate, runs it, and says whether it ends as the whole
 * did (by its signature: kind, stage and fault, scoreboard.h).  Parts are taken away, larger ones first, and what is
 * taken away stays so while the rest fails:
 *
 *   what comes after the failure; accesses, stream by stream, by address range and by window of time; changes, which
 *   are all that software does up to a SYNC; tables, which are all the words written to one page of memory; in the
 *   end record by record, until none can be spared
 *
 * and then values are made simpler (words of a record, flags, offsets in a page, lengths, gaps of time), which may
 * let go of more records.  No candidate is run twice.
 */
#ifndef RTL_COSIM_STIMULUS_MINIMISE_H
#define RTL_COSIM_STIMULUS_MINIMISE_H
#include "rtl-cosim/stimulus/records.h"

struct minimise_options {
    /* 1: fails in the same way; 0: does not; negative: ends the search. */
    int (*fails)(void *arg, struct records *candidate);
    void *arg;
    size_t failed_at;                  /* number of the record of the failure; SIZE_MAX: not known  */
    uint64_t max_runs;                 /* 0: no limit                                               */
    const volatile int *stop;          /* set from outside: ends with what there is; may be NULL    */
    void (*progress)(void *arg, size_t records, uint64_t runs);    /* may be NULL                   */
    void *progress_arg;
};

struct minimise_stats {
    size_t before, after;              /* records */
    uint64_t runs, spared;             /* candidates run; such as were known                        */
};

/* Cuts r down.  0; 1: the whole does not fail, r is as it was; or what `fails` returned that is negative, or
 * SIM_EENV, r holding the smallest list that fails known then. */
int minimise(struct records *r, const struct minimise_options *opt, struct minimise_stats *st);

#endif
