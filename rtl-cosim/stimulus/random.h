/* SPDX-License-Identifier: Apache-2.0
 *
 * random.h - constrained-random stimulus: an SMMUv3's tables, accesses, and changes while accesses are under way.
 *
 * One seed gives one sequence of records.  A scene (scene.h) is set up by chance within weights: stream table and
 * CD tables of either format, stage 1, stage 2, nested with every pair of leaf sizes, permissions, holes, illegal
 * descriptors and structures, substreams, global pages.  Then accesses, most of them to few pages, and now and then a
 * change of a table or structure, followed by an invalidation that suits it (exact, too wide, or several narrow ones)
 * and a SYNC, with accesses in between: to the changed page above all.  Other invalidations come without need.
 *
 * Software is correct: what is invalid may become valid at any time; what was valid is invalidated before the SYNC;
 * configuration is invalidated, and that synchronised, before the translations made of it are.  So nothing old may be
 * seen once the SYNC after an invalidation has completed, and what an access meets before is old or new.
 *
 * Weights are parameters: of each list of choices, how often one is taken is its weight by the list's sum.
 */
#ifndef RTL_COSIM_STIMULUS_RANDOM_H
#define RTL_COSIM_STIMULUS_RANDOM_H
#include "base/param.h"
#include "base/rng.h"
#include "rtl-cosim/stimulus/scene.h"

#define RANDOM_PARAMS(P)                                                                                  \
    P(u64, vms,      3, 1, SCENE_VMS, "1",    "VMIDs")                                                    \
    P(u64, spaces,   6, 0, SCENE_SPACES, "1", "ASIDs, over all VMIDs with stage 1")                       \
    P(u64, streams,  8, 1, SCENE_STREAMS - 4, "1", "streams that translate; others beside them")               \
    P(u64, pages,   14, 1, SCENE_PAGES, "1",  "leaves of a table to begin with")                          \
    P(u64, hot,      4, 1, SCENE_PAGES, "1",  "of them, such as take most accesses")                      \
    P(u64, gap,      3, 0, 1000, "cycles",    "between records: up to so many")                           \
    P(u64, two_level, 50, 0, 100, "%",        "scenes with a two-level stream table")                     \
    P(u64, s1,      30, 0, 1000, "weight",    "VM: stage 1 alone")                                        \
    P(u64, s2,      20, 0, 1000, "weight",    "VM: stage 2 alone")                                        \
    P(u64, nested,  50, 0, 1000, "weight",    "VM: both stages")                                          \
    P(u64, cd_linear, 40, 0, 1000, "weight",  "CD tables: linear")                                        \
    P(u64, cd_4k,    30, 0, 1000, "weight",   "CD tables: two-level, leaves of 4 KB")                     \
    P(u64, cd_64k,   30, 0, 1000, "weight",   "CD tables: two-level, leaves of 64 KB")                    \
    P(u64, leaf_4k, 50, 0, 1000, "weight",    "leaves of either stage: 4 KB")                             \
    P(u64, leaf_2m, 35, 0, 1000, "weight",    "2 MB")                                                     \
    P(u64, leaf_1g, 15, 0, 1000, "weight",    "1 GB")                                                     \
    P(u64, upper,   20, 0, 100, "%",          "accesses of the upper half of addresses")                  \
    P(u64, global,  40, 0, 100, "%",          "pages of the upper half that are global")                  \
    P(u64, limited, 20, 0, 100, "%",          "leaves with less than all permissions")                    \
    P(u64, odd,      4, 0, 100, "%",          "leaves that are illegal, without access flag, or beyond the output size") \
    P(u64, broken,   4, 0, 100, "%",          "illegal STEs and CDs")                                     \
    P(u64, near,    10, 0, 100, "%",          "accesses elsewhere in a block")                            \
    P(u64, far,      5, 0, 100, "%",          "accesses anywhere")                                        \
    P(u64, stranger, 3, 0, 100, "%",          "accesses of streams and substreams that there are not")    \
    P(u64, privileged, 20, 0, 100, "%",       "accesses that are privileged")                             \
    P(u64, fetch,   10, 0, 100, "%",          "reads that are instruction fetches")                       \
    P(u64, writes,  40, 0, 100, "%",          "accesses that are writes")                                 \
    P(u64, change,  50, 0, 1000, "per mille", "of accesses, that a change comes before")                  \
    P(u64, during,  50, 0, 100, "%",          "between two records of a change: one more access, again and again") \
    P(u64, chase,   60, 0, 100, "%",          "accesses after a change that are to the changed page")     \
    P(u64, unmap,   20, 0, 1000, "weight",    "change: a leaf is cleared")                                \
    P(u64, map,     20, 0, 1000, "weight",    "change: a cleared leaf comes back, or a new one")          \
    P(u64, remap,   15, 0, 1000, "weight",    "change: a leaf to another page")                           \
    P(u64, permit,  15, 0, 1000, "weight",    "change: a leaf's permissions, access flag, global bit")    \
    P(u64, split,    6, 0, 1000, "weight",    "change: a block becomes a table")                          \
    P(u64, merge,    5, 0, 1000, "weight",    "change: a table becomes a block")                          \
    P(u64, swap,     8, 0, 1000, "weight",    "change: a table descriptor to another table")              \
    P(u64, window,   5, 0, 1000, "weight",    "change: stage 2 of tables of stage 1, for a while")        \
    P(u64, ste,      6, 0, 1000, "weight",    "change: a stream's STE")                                   \
    P(u64, cd,       8, 0, 1000, "weight",    "change: a CD")                                             \
    P(u64, needless, 10, 0, 1000, "weight",   "change: none, but an invalidation")                        \
    P(u64, inv_va,  40, 0, 1000, "weight",    "invalidation of leaves: by address, one page where that says it") \
    P(u64, inv_range, 30, 0, 1000, "weight",  "by address, as a range, perhaps longer than need be")      \
    P(u64, inv_vaa, 15, 0, 1000, "weight",    "by address, of all ASIDs")                                 \
    P(u64, inv_asid, 10, 0, 1000, "weight",   "of an ASID")                                               \
    P(u64, inv_vmid, 10, 0, 1000, "weight",   "of a VMID")                                                \
    P(u64, inv_all,  5, 0, 1000, "weight",    "of everything")                                            \
    P(u64, ttl,     40, 0, 100, "%",          "invalidations of one leaf that name its level")            \
    P(u64, leaf,    60, 0, 100, "%",          "invalidations of leaves that are for leaves alone")        \
    P(u64, neighbour, 20, 0, 100, "%",        "invalidations beside which comes one of something near")   \
    P(u64, cfgi_all, 10, 0, 100, "%",         "invalidations of an STE or CD that are of all")

struct random_params { PARAM_FIELDS(RANDOM_PARAMS) };
extern const struct param_row random_rows[];
extern const size_t random_row_count;

/* The weights' defaults. */
void random_defaults(struct random_params *p);

struct random {
    struct random_params par;
    struct rng rng;
    struct scene scene;
    struct tree *focus;                /* where something changed last, at `focus_in`; NULL: nowhere     */
    uint64_t focus_in;
    uint64_t accesses;                 /* so far */
    unsigned depth;                    /* of accesses within a change                                    */
};

/* Tables and registers; then so many accesses or a few more.  0 or SIM_EENV. */
int random_records(struct records *out, const struct random_params *par, uint64_t accesses, uint64_t seed);

#endif
