/* SPDX-License-Identifier: Apache-2.0
 *
 * latency.h - how long requests took, by what they met on their way: the same classes for every design.
 *
 * The class follows from the answer's outcome and trail (dut.h).  A latency is the cycles from the handshake of the
 * request to that of its answer.  Lists keep every value, in the order of completion, with the number of the
 * request: whoever compares two sides or fits parameters has the pairs.
 */
#ifndef RTL_COSIM_LATENCY_H
#define RTL_COSIM_LATENCY_H
#include "rtl-cosim/dut.h"

/* L(NAME, "name", "which requests") */
#define COSIM_CLASSES(L)                                                                            \
    L(BYPASS,      "bypass",      "passed untranslated, or aborted without a look at tables")       \
    L(TLB_HIT,     "tlb-hit",     "translation was cached")                                         \
    L(WALK_S1,     "walk-s1",     "of one stage: stage 1")                                          \
    L(WALK_S2,     "walk-s2",     "of one stage: stage 2")                                          \
    L(WALK_NESTED, "walk-nested", "of both stages")                                                 \
    L(WALK_CACHED, "walk-cached", "without a read: of walk caches")                                 \
    L(CONFIG_MISS, "config-miss", "read its configuration, whatever came then")                     \
    L(MERGED,      "merged",      "waited for another's walk")                                      \
    L(FAULT,       "fault",       "ended in a fault")

#define COSIM_CLASS_ENUM(N, name, help) COSIM_CLASS_##N,
enum cosim_class { COSIM_CLASSES(COSIM_CLASS_ENUM) COSIM_CLASSES_N };
extern const char *const cosim_class_name[COSIM_CLASSES_N];

enum cosim_class cosim_class_of(const struct cosim_rsp *rsp);

struct cosim_sample {
    uint64_t request;                  /* its number in the run, from 0 */
    uint32_t cycles;
    uint8_t  cfg_reads, s1_reads, s2_reads;
    bool     alone;                    /* nothing else was under way between its request and its answer */
};

struct cosim_latency {
    struct cosim_samples { struct cosim_sample *at; size_t n, room; } of[COSIM_CLASSES_N];
};

int  cosim_latency_add(struct cosim_latency *l, enum cosim_class c, const struct cosim_sample *s);    /* 0 or SIM_EENV */
int  cosim_latency_copy(struct cosim_latency *to, const struct cosim_latency *l);      /* to: empty; 0 or SIM_EENV */
void cosim_latency_destroy(struct cosim_latency *l);

struct cosim_summary { uint64_t n, p50, p95, p99, min, max; double mean, sd; };
void cosim_latency_summary(const struct cosim_latency *l, enum cosim_class c, struct cosim_summary *s);

#endif
