/* SPDX-License-Identifier: Apache-2.0
 *
 * merge.h - one run seen from both sides: what the steps of import_merge hand to each other.
 *
 *     gather   the software side is held: its operations; of the device side are held the leaf
 *              descriptors that walks showed and the invalidations, by position in its log
 *     clock    finds the offset between the two clocks
 *     plan     attributes, links maps with unmaps, unmaps with invalidations, walks with maps, and
 *              bounds the position of each operation in the log
 *     out      reads the device side again and puts the operations between its items
 *
 * Positions count the items of the device side, NOTE_SEEN included, from 0.  An operation bounded
 * by [lo, hi] stands before one of the items lo..hi.
 *
 * Memory: some 150 bytes an operation, 100 a leaf walk, 56 an invalidation.
 */
#ifndef TRACES_MERGE_H
#define TRACES_MERGE_H
#include "traces/import/import.h"
#include "traces/import/ranges.h"
#include "traces/import/u64map.h"

#define MERGE_NEVER UINT64_MAX

/* How far apart the two clocks may be about one thing. */
#define MERGE_SLACK_NS 1000000u

struct merge_word {              /* a descriptor that belongs to a map                           */
    uint64_t at, value, iova;
    uint32_t next;               /* number + 1, 0 none                                           */
};

struct merge_op {                /* one record of the software side                              */
    uint64_t t_ns;               /* its own clock's; from merge_clock on the device side's       */
    uint64_t addr, size, paddr;
    uint64_t lo, hi;             /* bounds, hi MERGE_NEVER where there is none                   */
    uint64_t w0, w1;             /* ATTACH, DETACH, MARKER: the record's words                   */
    unsigned long line;
    uint32_t sid, stream, domain;
    uint32_t link;               /* MAP: its unmap + 1; UNMAP: its newest map + 1; 0 none        */
    uint32_t sibling;            /* MAP: next older map of the same unmap + 1                    */
    uint32_t words;              /* MAP: its descriptors, number + 1                             */
    uint32_t inval;              /* UNMAP: its invalidation + 1                                  */
    uint8_t kind, flags, perm, page_log2, rec_words;
    bool attach;                 /* MAP: an implied attach comes before it                       */
    bool out;                    /* has been emitted                                             */
};

struct merge_obs {               /* a leaf descriptor as a walk showed it                        */
    uint64_t pos, t_ns, at, value, iova, bytes;
    uint32_t sid;
    uint32_t map;                /* the map it belongs to + 1, 0 none                            */
    bool valid;
};

struct merge_inval {
    uint64_t pos, done, t_ns;    /* the command; the item after its doorbell                     */
    uint64_t addr, bytes;        /* bytes 0: all of the tag or of everything                     */
    uint64_t tag;                /* the domain as the hardware knows it                          */
    uint32_t unmap;              /* the one it was made for + 1, 0 none                          */
};

struct merge {
    struct import *im;
    struct import_source *device, *software;
    struct merge_op *op;
    size_t ops, op_room;
    struct merge_obs *obs;
    size_t n_obs, obs_room;
    struct merge_inval *inval;
    size_t invals, inval_room, rung;     /* rung: those whose doorbell has come                  */
    struct merge_word *word;
    size_t words, word_room;
    struct u64map tables;                /* addresses of words that are no leaf descriptors      */
    uint64_t items;                      /* of the device side                                   */
    uint32_t domains;                    /* highest number in use                                */
};

/* Each 0 or a SIM_E code. */
int merge_gather(struct merge *m);
int merge_clock(struct merge *m);
int merge_plan(struct merge *m);
int merge_out(struct merge *m);
void merge_destroy(struct merge *m);

/* The physical address that a leaf descriptor of this size gives. */
static inline uint64_t merge_leaf_pa(uint64_t value, uint64_t bytes)
{
    return value & 0x0000fffffffff000ull & ~(bytes - 1);
}

#endif
