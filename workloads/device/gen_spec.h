/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_spec.h - a workload description as read from YAML: groups of streams, each with phases, each
 * with a mix of patterns.  docs/workloads.md is the user's page; the tables here are the keys.
 *
 * Sizes take the suffixes K, M, G (powers of 1024); theta is written as a decimal fraction.
 */
#ifndef WORKLOADS_DEVICE_GEN_SPEC_H
#define WORKLOADS_DEVICE_GEN_SPEC_H
#include "base/diag.h"
#include "base/param.h"
#include "workloads/device/arrival.h"
#include "workloads/device/gen.h"
#include "workloads/device/zipf.h"

/* Unit "bytes": a size with suffix.  Unit "1e-6": a decimal fraction, kept in millionths. */
#define GEN_PARAMS(P)                                                                              \
    P(u64,    seed,        1, 0, UINT64_MAX - 1, "1", "of all random streams")                     \
    P(u64,    accesses, 1000000, 1, UINT64_MAX, "1", "reads and writes in all")                    \
    P(u64,    step_ps, 10000, 1, 1000000000000, "ps", "time from one access to the next")          \
    P(choice, interleave,  0, 0, 2, "round-robin|burst|random", "whose turn the next access is")   \
    P(u64,    burst,      16, 1, 1000000, "1", "burst: packets of one stream before the next")     \
    P(u64,    packet, GEN_UNSAID, 1, REPLAY_PACKET_MAX, "1", "accesses of a stream that arrive together") \
    P(choice, arrival, GEN_UNSAID, 0, REPLAY_ARRIVALS - 1, ARRIVAL_WORDS, "as replay.arrival")     \
    P(u64,    outstanding, GEN_UNSAID, 0, 65536, "1", "as replay.outstanding")                     \
    P(u64,    think_ps, GEN_UNSAID, 0, 1000000000000, "ps", "as replay.think_ps")

#define GEN_GROUP_PARAMS(P)                                                                        \
    P(u64,    count,       1, 1, 65536, "1", "streams in the group")                               \
    P(u64,    sid,         0, 0, 0xffffffff, "1", "StreamID of the first")                         \
    P(u64,    sid_step,    1, 1, 65536, "1", "from one StreamID to the next")                      \
    P(u64,    weight,      1, 1, 1000000, "1", "random: how often one of the group is chosen")     \
    P(u64,    pasids,      0, 0, 4096, "1", "processes that use each device, by PASIDs from 1 on; 0: accesses carry none") \
    P(choice, pick,        0, 0, 1, "weight|turn", "which pattern of the mix is next")             \
    P(choice, domain,      0, 0, 1, "own|shared", "a domain for each stream, or one for all")  \
    P(choice, mode,        0, 0, 4, "translate|bypass|abort|stage2|nested", "of attachment") \
    P(flag,   ats,         0, 0, 1, "no|yes", "its devices translate ahead, where the profile gives them an ATC") \
    P(flag,   pri,         0, 0, 1, "no|yes", "windows but those of buffers are left to page requests") \
    P(choice, map,         0, 0, 1, "ahead|on-demand", "windows but those of buffers: when pages are mapped") \
    P(u64,    page,     4096, 4096, 1 << 30, "bytes", "unit of a window, its largest page") \
    P(u64,    base, 0x100000000, 0, 0xffffffffffff, "bytes", "IOVA of the first window")

#define GEN_PHASE_PARAMS(P)                                                                        \
    P(u64, accesses, 1000000, 1, UINT64_MAX, "1", "of a stream, before its next phase")

#define GEN_ITEM_PARAMS(P)                                                                         \
    P(choice, pattern,     0, 0, 6, "sequential|ring|strided|uniform|zipf|buffers|interrupts", \
      "order of addresses")                                                                        \
    P(u64,    weight,      1, 1, 1000000, "1", "share of the mix")                                 \
    P(u64,    pages,    1024, 1, 1 << ZIPF_MAX_LOG2, "1", "size of the window")                    \
    P(u64,    len,        64, 1, 1 << 30, "bytes", "of one access; never beyond its page")         \
    P(u64,    write,      50, 0, 100, "%", "of the accesses that write")                           \
    P(choice, offset,      0, 0, 1, "start|random", "uniform, zipf: where in the page")  \
    P(flag,   touch,       0, 0, 1, "flag", "uniform, zipf: each page once, in order, before any is drawn") \
    P(u64,    stride,   4096, 1, 1ull << 40, "bytes", "strided: from one access to the next")      \
    P(u64,    theta,  900000, 0, ZIPF_THETA_MAX, "1e-6", "zipf, interrupts: exponent")             \
    P(u64,    entries,    64, 1, 65536, "1", "interrupts: how many there are")                     \
    P(u64,    first,       0, 0, 65535, "1", "interrupts: index of the first")                     \
    P(u64,    depth,     256, 1, 65536, "1", "buffers: how many are mapped at a time")             \
    P(u64,    buffer,   2048, 1, 1 << 30, "bytes", "buffers: size of one, rounded up to pages")    \
    P(choice, unmap,       0, 0, 1, "strict|deferred", "buffers: when the invalidation is made")   \
    P(u64,    flush_every, 255, 1, 65536, "1", "buffers, deferred: unmaps from flush to flush")

enum { GEN_IOVA_BITS = 48 };   /* no window reaches beyond */

/* Where interrupts are written to. */
#define GEN_INTERRUPT_RANGE 0xfee00000ull
enum { GEN_INTERRUPT_SIZE = 1 << 20, GEN_INTERRUPT_BYTES = 4, GEN_INTERRUPTS_MAX = 65536 };

enum gen_interleave { GEN_ROUND_ROBIN, GEN_BURST, GEN_RANDOM };
enum gen_domain { GEN_OWN, GEN_SHARED };
enum gen_map { GEN_AHEAD, GEN_ON_DEMAND };
enum gen_pick { GEN_BY_WEIGHT, GEN_IN_TURN };
enum gen_pattern { GEN_SEQUENTIAL, GEN_RING, GEN_STRIDED, GEN_UNIFORM, GEN_ZIPF, GEN_BUFFERS,
                   GEN_INTERRUPTS };
enum gen_offset { GEN_START, GEN_ANYWHERE };
enum gen_unmap { GEN_STRICT, GEN_DEFERRED };

struct gen_item {
    struct gen_item_params { PARAM_FIELDS(GEN_ITEM_PARAMS) } par;
    uint64_t upto;             /* weights of the mix up to and with this one               */
    uint64_t base, bytes;      /* window: IOVA in a domain, whole pages                     */
    uint64_t stream_bytes;     /* from one stream's window to the next; 0: all have the same */
    uint64_t slots;            /* buffers: places in the window                             */
    uint64_t slot_bytes;
    uint64_t per_slot;         /* buffers: accesses to one                                  */
    uint64_t per_page;         /* accesses of len that fit into a page                      */
    struct zipf zipf;          /* pattern zipf                                              */
};

struct gen_phase {
    struct gen_phase_params { PARAM_FIELDS(GEN_PHASE_PARAMS) } par;
    unsigned first, end;       /* of the group's items                                      */
    uint64_t weights;          /* of its items together                                     */
};

struct gen_group {
    struct gen_group_params { PARAM_FIELDS(GEN_GROUP_PARAMS) } par;
    struct gen_phase *phase;   /* [phases] */
    struct gen_item *item;     /* [items]  */
    unsigned phases, items;
    unsigned page_log2;
};

/* A device's PASIDs are a stream each. */
static inline uint64_t gen_group_streams(const struct gen_group *g)
{
    return g->par.count * (g->par.pasids ? g->par.pasids : 1);
}

struct gen_spec {
    struct gen_params { PARAM_FIELDS(GEN_PARAMS) } par;
    struct gen_group *group;   /* [groups] */
    unsigned groups;
};

/* Reads and checks a description; every mistake in it goes into d.  To be destroyed in any case.  set: as
 * gen_open has them. */
int  gen_spec_load(struct gen_spec *s, const char *path, const char *const *set, size_t sets,
                   struct diag *d);
void gen_spec_destroy(struct gen_spec *s);

#endif
