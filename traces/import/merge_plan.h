/* SPDX-License-Identifier: Apache-2.0
 *
 * merge_plan.h - the state of planning a merge; merge_plan.c and its steps alone include it.
 */
#ifndef TRACES_MERGE_PLAN_H
#define TRACES_MERGE_PLAN_H
#include "traces/import/merge.h"

struct vote { uint64_t tag; uint32_t sid, n; };

struct keyed { uint64_t addr, t_ns; uint32_t index; };       /* an unmap or invalidation, to sort */

struct domain {                  /* of one requester                                             */
    uint32_t sid, number;        /* its domain now, 0 none                                       */
    struct ranges live;          /* value: its map                                               */
    struct ranges gone;          /* value: the unmap that ended it                               */
};

struct entry { uint32_t op, next; };         /* a map that covers a piece; next + 1               */

struct plan {
    struct merge *m;
    struct domain *domain;
    size_t domains, domain_room;
    struct vote *vote;
    size_t votes, vote_room;
    struct keyed *by_addr;       /* invalidations by address                                     */
    size_t n_by_addr;
    struct u64map index;         /* piece -> newest entry + 1                                    */
    struct entry *entry;
    size_t entries, entry_room;
    uint32_t *attach;            /* attaches and detaches that were seen                         */
    size_t attaches, attach_room;
    struct u64map last;          /* descriptor -> its last walk + 1                              */
    struct u64map owner;         /* descriptor -> the last map that it showed + 1                */
};

int plan_no_memory(const struct plan *p);

/* What is known of a requester, made if it is new; NULL: no memory.  Valid until the next call. */
struct domain *plan_domain(struct plan *p, uint32_t sid);

static inline uint64_t plan_op_end(const struct merge_op *op)
{
    return range_end(op->addr, op->size);
}

/* ---- merge_walk.c: which map a walk shows ---------------------------------------------------- */

/* Calls `visit` for each walk in order, with all maps in the index that may have been made before
 * it. */
int plan_each_walk(struct plan *p, int (*visit)(struct plan *p, struct merge_obs *o));

/* The map that the walk shows + 1; 0 none. */
uint32_t plan_find_map(const struct plan *p, const struct merge_obs *o);

/* Gives maps without a requester the one whose walk shows them. */
int plan_attribute(struct plan *p);

/* ---- merge_inval.c: invalidations by address, and whose they are ----------------------------- */

int plan_sort_invals(struct plan *p);

/* The invalidation that an unmap is followed by, of whatever domain; NULL if none is near. */
const struct merge_inval *plan_next_inval(const struct plan *p, const struct merge_op *op);

/* What a requester's invalidations are tagged with is learned from the next ones after its
 * unmaps. */
int plan_add_vote(struct plan *p, uint64_t tag, uint32_t sid);
bool plan_tag_fits(const struct plan *p, uint64_t tag, uint32_t sid);
uint32_t plan_owner_of_tag(const struct plan *p, uint64_t tag);

/* Gives each unmap the invalidation that was made for it. */
int plan_match_invals(struct plan *p);

/* ---- merge_link.c: maps, their unmaps and their domains -------------------------------------- */

int plan_link_ops(struct plan *p);

#endif
