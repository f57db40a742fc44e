/* SPDX-License-Identifier: Apache-2.0
 *
 * prefetch.h - the TCU translates ahead: the next page, or the previous one, by a stride that a stream's
 *                     misses show, or what CMD_PREFETCH_ADDR and CMD_PREFETCH_CONFIG name.
 *
 * A prefetch goes through configuration cache, tcu.tlb and walk caches as a request does and leaves there what
 * it has found; TBUs keep nothing of it.  It is no transaction: it faults silently, records nothing and is
 * counted here alone.  A miss of tcu.tlb sets off the next ones, and so does the first use of an entry that a
 * prefetch has made: of such an entry the tag says so until then.
 */
#ifndef SYSTEM_SMMUV3_PREFETCH_H
#define SYSTEM_SMMUV3_PREFETCH_H
#include "system/prefetch.h"
#include "system/smmuv3/smmuv3.h"

#define SMMUV3_PREFETCH_STATS(S)                                                                     \
    S(issued,    "1", "prefetches begun")                                                             \
    S(dropped,   "1", "not begun: as many were under way as can be")                                 \
    S(redundant, "1", "not begun: known, or under way already")                                      \
    S(overtaken, "1", "given up for an invalidation")                                                 \
    S(failed,    "1", "that ended without a translation")                                             \
    S(kept,      "1", "entries of tcu.tlb made by prefetches that were not late")                    \
    S(useful,    "1", "of these, such as a request has used")                                        \
    S(late,      "1", "prefetches still under way when a request missed their page")                \
    S(useless,   "1", "entries replaced or invalidated before any use")

struct smmuv3_prefetch_stats { STAT_FIELDS(SMMUV3_PREFETCH_STATS) };

enum { SMMUV3_STRIDES = 64 };

struct smmuv3_prefetch {
    struct comp comp;
    struct smmuv3_prefetch_stats st;
    struct smmuv3_system *s;
    struct prefetches ahead;           /* in time */
    struct smmuv3_xact x;              /* in functional mode, one at a time */
    struct system_trail trail;
    struct smmuv3_stride {             /* of streams, by a hash */
        uint64_t stream, page;
        int64_t  stride;
        bool     known, sure;          /* sure: twice the same */
    } stride[SMMUV3_STRIDES];
};

/* Below the TCU: s->prefetch, NULL with prefetch: none.  0 or SIM_EENV. */
int  smmuv3_prefetch_init(struct smmuv3_system *s);
void smmuv3_prefetch_destroy(struct smmuv3_system *s);
int  smmuv3_prefetch_timed(struct smmuv3_system *s);       /* when s->sys.timed is there */

/* Translates r's address ahead, or fetches its stream's configuration; nothing happens with prefetch: none
 * or while the SMMU is off. */
void smmuv3_prefetch(struct smmuv3_system *s, const struct xl_req *r, enum prefetch what);

/* CMD_PREFETCH_*: what was decoded, and the words. */
void smmuv3_prefetch_command(struct smmuv3_system *s, const struct smmuv3_cmd *c, const uint64_t *words);

/* From the TCU: a request has looked up tcu.tlb, and found l, or NULL; it has ended. */
void smmuv3_prefetch_looked(struct smmuv3_system *s, struct smmuv3_xact *x, const struct xl_leaf *l);
void smmuv3_prefetch_after(struct smmuv3_system *s, const struct smmuv3_xact *x);

#endif
