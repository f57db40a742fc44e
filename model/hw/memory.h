/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.h - what a read or write costs: a last-level cache before channels of DRAM.
 *
 * Contents are base/mem's; here is only time.  The cache keeps tables and data apart, each in a store of
 * blocks of its own (ways of a partitioned cache; what devices may allocate); `tables` and `data` may
 * also say that all of them hit, or none.  A miss takes a block in.  DRAM has `channels`, each busy for
 * `line_ps` with 64 bytes; a request of several lines keeps its channel for as long.  Reads and writes
 * cost alike.  Latencies are as the unit sees them: there and back.
 *
 * What the unit itself reads, tables and commands, may come through a port that brings a word of 8 bytes in word_ps,
 * the words of an access one after the other; a latency is until the last of them, if nobody else's come meanwhile.
 * An access that is sooner due than others that were asked for before comes before them; what that costs those,
 * which know already when they are done, is left out.
 * What the unit writes to queues does not use the port.
 *
 * Whoever accesses it asks when its time has come, so that channels are booked in order.
 */
#ifndef HW_MEMORY_H
#define HW_MEMORY_H
#include "hw/slots.h"
#include "hw/store.h"

#define MEMORY_PARAMS(P)                                                                           \
    P(u64,    llc_ps,   60000, 0, 1000000000, "ps", "of tables and queues that the last-level cache holds") \
    P(u64,    dram_ps, 110000, 0, 1000000000, "ps", "of those it does not hold")                    \
    P(u64,    data_llc_ps,   60000, 0, 1000000000, "ps", "of data that the last-level cache holds")  \
    P(u64,    data_dram_ps, 110000, 0, 1000000000, "ps", "of data it does not hold")                \
    P(choice, tables, 0, 0, 2, "hit|miss|cache", "translation tables and structures: all held, none, or as many as llc_tables") \
    P(choice, data,   0, 0, 2, "hit|miss|cache", "data: all held, none, or as many as llc_data")    \
    P(u64,    data_block_log2, 12, 6, 16, "1", "size of a block in which residency of data is kept") \
    P(u64,    channels, 1, 1, 64, "1", "channels of DRAM")                                         \
    P(u64,    line_ps,  0, 0, 1000000000, "ps", "for which 64 bytes keep a channel busy; 0: any rate") \
    P(u64,    port_ps,  0, 0, 1000000000, "ps", "of each read of tables or commands, on its way to memory and back") \
    P(u64,    write_ps, 0, 0, 1000000000, "ps", "of each write to a queue, on its way to memory and back") \
    P(u64,    word_ps,  0, 0, 1000000000, "ps", "for which 8 bytes read from tables or queues keep the port; 0: any rate")

#define MEMORY_STATS(S)                                                                            \
    S(table_reads,  "1", "reads of tables and structures")                                         \
    S(table_misses, "1", "of these, from DRAM")                                                    \
    S(data_accesses, "1", "accesses to data")                                                      \
    S(data_misses,  "1", "of these, to DRAM")                                                      \
    S(queue_writes, "1", "entries written to queues")                                              \
    S(lines,        "1", "64-byte lines moved by DRAM")                                            \
    S(wait_ps,      "ps", "for a channel, together")                                               \
    S(busy_ps,      "ps", "for which channels were busy, together")                                \
    S(port_wait_ps, "ps", "for the words of others on the port, together")

/* QUEUE: writes; COMMAND: reads of a queue. */
enum memory_kind { MEMORY_TABLE, MEMORY_DATA, MEMORY_QUEUE, MEMORY_COMMAND };
enum memory_residency { MEMORY_HIT, MEMORY_MISS, MEMORY_CACHE };
enum { MEMORY_LINE_LOG2 = 6, MEMORY_CHANNELS_MAX = 64, MEMORY_BOOKED = 64 };

struct memory_params { PARAM_FIELDS(MEMORY_PARAMS) };
struct memory_stats { STAT_FIELDS(MEMORY_STATS) };
extern const struct comp_kind memory_kind;

struct memory {
    struct memory_params par;
    struct memory_stats st;
    uint64_t free_ps[MEMORY_CHANNELS_MAX];
    struct memory_booked { uint64_t from_ps, to_ps; } booked[MEMORY_BOOKED];   /* of the port, in order */
    unsigned booked_n;
    struct store llc_tables, llc_data;
    struct slots outstanding;          /* accesses at a time, if that is limited: taken by who accesses */
    /* Somebody else's memory: when an access that starts now is done.  NULL: as the parameters say. */
    uint64_t (*outside)(void *arg, enum memory_kind kind, uint64_t pa, uint64_t bytes, uint64_t now_ps);
    void    *outside_arg;
    struct comp comp;
};

struct memory_config {
    struct memory_params par;
    struct store_params llc_tables, llc_data;
    struct slots_params outstanding;
};

/* A tree of its own, "mem".  0 or SIM_EENV; to be destroyed in any case. */
int  memory_init(struct memory *m, struct clock *clk, const struct memory_config *c, uint64_t seed);
void memory_destroy(struct memory *m);

static inline bool memory_limited(const struct memory *m) { return m->outstanding.par.n != 0; }

/* Is it to be asked in the order of the accesses' times, even of reads alone? */
static inline bool memory_in_order(const struct memory *m) { return m->par.word_ps != 0; }

/* Would the cache have these data for sure?  Changes nothing. */
static inline bool memory_sure_hit(const struct memory *m, uint64_t pa)
{
    return m->par.data == MEMORY_HIT || (m->par.data == MEMORY_CACHE && store_hinted(&m->llc_data, 0, pa));
}

/* An access that starts now: when it is done.  *hit (may be NULL): the cache had it. */
uint64_t memory_access(struct memory *m, enum memory_kind kind, uint64_t pa, uint64_t bytes,
                       uint64_t now_ps, bool *hit);

#endif
