/* SPDX-License-Identifier: Apache-2.0
 *
 * dlink.h - the link between a device and the unit, as PCIe has it, with the device's end of it.
 *
 * A write is posted: it goes up with its data, in packets of at most max_payload bytes with a header each,
 * and holds a credit until the unit has passed it on.  A read goes up as a header for each max_read bytes,
 * holds a tag until its data is back, and its data comes down in packets of max_payload.  The device starts
 * a read at most every read_interval, a write every write_interval.  A direction carries beat_bytes in
 * beat_ps; what one message has begun, the next waits for.
 *
 * The upward direction is the device's alone: who issues in order can compute ahead when a message is at
 * the unit.  The downward one is asked when data is ready.  With order = stream the requests of a stream
 * complete in the order in which they were issued, reads among reads and writes among writes.
 */
#ifndef HW_DLINK_H
#define HW_DLINK_H
#include "hw/slots.h"

#define DLINK_PARAMS(P)                                                                            \
    P(u64, up_ps,   150000, 0, 1000000000, "ps", "from the device to the unit, for one bit")        \
    P(u64, down_ps, 150000, 0, 1000000000, "ps", "from the unit to the device")                     \
    P(u64, beat_bytes,  0, 0, 1048576, "B", "that a direction takes in beat_ps; 0: any number")    \
    P(u64, beat_ps,  1000, 1, 1000000000, "ps", "time of beat_bytes")                              \
    P(u64, header,     24, 0, 256, "B", "of each packet: header, framing, check sums")             \
    P(u64, max_payload, 256, 64, 4096, "B", "data of a packet")                                    \
    P(u64, max_read,    512, 64, 4096, "B", "that one read packet asks for")                       \
    P(u64, read_interval_ps,  0, 0, 1000000000, "ps", "from a read's start to the next")           \
    P(u64, write_interval_ps, 0, 0, 1000000000, "ps", "from a write's start to the next")          \
    P(u64, engine_ps, 0, 0, 1000000000, "ps", "that the device itself takes for a request")        \
    P(u64, tags,       64, 1, 65536, "1", "reads that can be outstanding")                         \
    P(u64, posted,    100, 1, 65536, "1", "writes that the unit can have before it passes them on")\
    P(choice, order, 0, 0, 1, "stream|none", "in which requests complete")

#define DLINK_STATS(S)                                                                             \
    S(reads,       "1",  "reads issued")                                                           \
    S(writes,      "1",  "writes issued")                                                          \
    S(up_bytes,    "B",  "sent up, headers included")                                              \
    S(down_bytes,  "B",  "sent down, headers included")                                            \
    S(up_busy_ps,  "ps", "for which the upward direction was busy")                                \
    S(down_busy_ps, "ps", "for which the downward one was")                                        \
    S(down_wait_ps, "ps", "that data waited for it, together")

enum dlink_order { DLINK_STREAM, DLINK_ANY };

struct dlink_params { PARAM_FIELDS(DLINK_PARAMS) };
struct dlink_stats { STAT_FIELDS(DLINK_STATS) };
extern const struct comp_kind dlink_kind;

struct dlink {
    struct dlink_params par;
    struct dlink_stats st;
    uint64_t start_ps[2];              /* when the next read, write may start */
    uint64_t up_free_ps, down_free_ps;
    struct dlink_serial { uint64_t bytes, ps; } up_last, down_last;    /* the last message's time */
    struct slots tags, posted;
    struct dlink_back {                /* tags and credits that come back at a known time  */
        uint64_t *t_ps;                /* ring [size], never going back                    */
        uint32_t size, at, n;
    } back[2];                         /* of reads, of writes                              */
    struct comp comp;
};

/* A tree of its own.  0 or SIM_EENV; to be destroyed in any case. */
int  dlink_init(struct dlink *l, struct clock *clk, const char *name, const struct dlink_params *par);
void dlink_destroy(struct dlink *l);

/* What a request needs before it may start: a tag, held until its data is down; a credit, until the unit
 * has passed the write on, at at_ps.  False if there is none now; *when_ps is then when there will be one, or DLINK_LATER if that is not yet
 * known. */
#define DLINK_LATER UINT64_MAX
bool dlink_take(struct dlink *l, bool write, uint64_t now_ps, uint64_t *when_ps);
void dlink_passed_on(struct dlink *l, uint64_t at_ps);
/* The device gives a request up at at_ps, before it has sent it. */
void dlink_drop(struct dlink *l, bool write, uint64_t at_ps);
static inline struct slots *dlink_slots(struct dlink *l, bool write)
{
    return write ? &l->posted : &l->tags;
}

/* Sends a request, which holds its slot, from when_ps on or as soon as device and link can: returns when
 * it is at the unit, with the time at which it started. */
uint64_t dlink_up(struct dlink *l, bool write, uint64_t bytes, uint64_t when_ps, uint64_t *start_ps);

/* A message without data, a header long, that holds no slot and is sent now: returns when it is at the unit,
 * at the device. */
uint64_t dlink_message_up(struct dlink *l, uint64_t now_ps);
uint64_t dlink_message_down(struct dlink *l, uint64_t now_ps);

/* Data of a read is ready now: returns when the device has it, and its tag is free. */
uint64_t dlink_down(struct dlink *l, uint64_t bytes, uint64_t now_ps);

#endif
