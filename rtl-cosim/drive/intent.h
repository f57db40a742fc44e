/* SPDX-License-Identifier: Apache-2.0
 *
 * intent.h - what software meant, with the time of each change: the judge of designs whose tables are their own.
 *
 * In go attaches, maps and unmaps (struct cosim_map) with the cycle in which their words were written, and
 * invalidations when they have completed; out comes whether an answer is right.  Right is what was meant at any
 * time between a request and its answer, and anything older until an invalidation that covers it has completed:
 * an answer may be made of an old attachment and a new map, as caches may hold them.  That nothing was mapped is
 * not kept: once something is, a refusal has to have been asked for before.
 *
 * Of what is over for all that can come, a few versions of each block are kept: memory follows what is mapped.
 */
#ifndef RTL_COSIM_INTENT_H
#define RTL_COSIM_INTENT_H
#include "rtl-cosim/dut.h"

struct intent;

struct intent *intent_new(void);       /* NULL: no memory */
void intent_free(struct intent *it);

/* Its words are in memory from this cycle on.  0, SIM_EENV, or SIM_EINPUT: it maps over a map, or unmaps nothing. */
int intent_apply(struct intent *it, const struct cosim_map *m, uint64_t cycle);

/* An invalidation that was given at `given` has completed at `done`: of a device's attachment
 * (COSIM_INV_CONFIG, sid_first..sid_last), of all (COSIM_INV_ALL), of a domain (COSIM_INV_ASID) or of addresses
 * of a domain (COSIM_INV_VA, first..last). */
void intent_invalidated(struct intent *it, const struct cosim_inval *c, uint64_t given, uint64_t done);

/* No request under way, nor one to come, is older. */
void intent_forget(struct intent *it, uint64_t before);

enum intent_verdict {
    INTENT_RIGHT,
    INTENT_STALE,                      /* right once; an invalidation that covers it had completed   */
    INTENT_NOT_INVALIDATED,            /* right once, and software has not invalidated it            */
    INTENT_WRONG,
};

/* Of a request made at `since` and answered at `now`: OK with an address, BYPASS, or FAULT or ABORT for refused.
 * `expected` says what would be right now. */
enum intent_verdict intent_judge(const struct intent *it, const struct cosim_req *req, uint8_t outcome,
                                 uint64_t addr, uint64_t since, uint64_t now, char *expected, size_t n);

/* What a domain has at an address, what a device is attached to now; false: nothing. */
bool intent_lookup(const struct intent *it, uint64_t domain, uint64_t iova, struct cosim_map *m);
bool intent_device(const struct intent *it, uint32_t sid, struct cosim_map *m);

#endif
