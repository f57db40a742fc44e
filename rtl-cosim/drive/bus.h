/* SPDX-License-Identifier: Apache-2.0
 *
 * bus.h - memory as a design sees it through its port: reads of some beats, writes of one, each with a latency.
 *
 * A read's first word is offered `latency` cycles after the cycle in which its address was taken; reads of one id
 * answer in their order, others as they are due, words of one read without a gap but for stalls.  A write is in
 * memory, and answered, as long after it was taken.  Latencies are drawn from a hash of the address and of how
 * often it was accessed before, not from a stream: two designs that ask in another order see the same ones.
 */
#ifndef RTL_COSIM_BUS_H
#define RTL_COSIM_BUS_H
#include "base/mem.h"
#include "base/rng.h"
#include "rtl-cosim/dut.h"

enum { BUS_READS = 256, BUS_WRITES = 64, BUS_BEATS = 8, BUS_OCCURRENCES = 1 << 16 };

/* A ready signal that goes away in `percent` of the cycles, for `cycles` each time. */
struct stall { struct rng rng; uint64_t percent, cycles, left; };
void stall_init(struct stall *s, uint64_t seed, const char *name, uint64_t percent, uint64_t cycles);
bool stall_now(struct stall *s);       /* once a cycle */

struct bus_read {
    uint64_t addr, due, number;
    uint64_t data[BUS_BEATS];
    bool     error[BUS_BEATS];
    uint8_t  id, beats, at;            /* at: words given so far */
};

struct bus {
    struct mem *mem;
    uint64_t seed, min, max;
    bool     at_address;               /* memory is looked at when the address comes */
    struct stall ar, aw, r;
    struct bus_read read[BUS_READS];
    unsigned reads;
    int      giving;                   /* the one that gives its words; -1: none           */
    bool     offered;                  /* its next word, and not taken yet                 */
    struct { struct cosim_aw aw; uint64_t due; } write[BUS_WRITES];
    unsigned writes;
    uint64_t numbers;
    uint16_t occurrence[BUS_OCCURRENCES];
    /* Told of each; may not be NULL. */
    void (*asked)(void *arg, const struct cosim_ar *ar);
    void (*wrote)(void *arg, const struct cosim_aw *aw);
    void *arg;
};

struct driver_params;
/* With the latencies and stalls of these parameters; mem is borrowed.  asked, wrote and arg are the caller's to set. */
void bus_init(struct bus *b, struct mem *mem, const struct driver_params *p, uint64_t seed);

/* What an access of `addr` that begins now takes until its first word. */
uint64_t bus_latency(struct bus *b, uint64_t addr);
/* What memory drives in this cycle; and what came of it. */
void bus_drive(struct bus *b, uint64_t cycle, struct cosim_in *in);
void bus_take(struct bus *b, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out);
static inline bool bus_is_idle(const struct bus *b) { return !b->reads && !b->writes; }

#endif
