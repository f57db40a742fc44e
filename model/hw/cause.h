/* SPDX-License-Identifier: Apache-2.0
 *
 * cause.h - where the time of a request went.
 *
 * A request carries a ledger: the time up to which it is accounted for, and how much of it each cause has
 * had.  Whatever lets time pass for a request charges a cause with it, up to a time; so the causes add up
 * to the request's latency, and there is no cause for a remainder.
 */
#ifndef HW_CAUSE_H
#define HW_CAUSE_H
#include <stdint.h>

/* C(NAME, "name", "what the request waited for") */
#define CAUSES(C)                                                                                  \
    C(DEVICE, "device-wait",       "in the device: for a tag, a credit, its turn on the link")     \
    C(LINK,   "link",              "under way on a link")                                          \
    C(PORT,   "port-queue",        "for a lookup port that other lookups and fills had")           \
    C(INVAL,  "invalidation-wait", "for a lookup port that invalidations had")                     \
    C(LOOKUP, "lookup",            "for the answer of a lookup")                                   \
    C(SLOT,   "slot-wait",         "for a free slot: of translations, walks, fetches, records")                          \
    C(MERGE,  "merge-wait",        "for another request's walk of the same page")                  \
    C(PAGE,   "page-request",      "for software to answer a request for a page")                  \
    C(MISS,   "miss-handling",     "the fixed costs of a miss: of walking, fetching, keeping, recording")                                     \
    C(CONFIG, "config-fetch",      "for a read of configuration")                                  \
    C(TABLE,  "table-read",        "for a read of a translation table")                            \
    C(ORDER,  "ordering",          "for an earlier request of its stream")                         \
    C(STALL,  "stall-wait",        "stalled by a fault, until software answered")                  \
    C(DATA,   "data-access",       "for the memory that the access itself is to")

#define CAUSE_ENUM(N, name, help) CAUSE_##N,
enum cause { CAUSES(CAUSE_ENUM) CAUSE_COUNT };
extern const char *const cause_name[CAUSE_COUNT];
extern const char *const cause_help[CAUSE_COUNT];

/* Causes are added up in pairs: one over is the last one's partner, and stays 0. */
typedef uint64_t cause_pair __attribute__((vector_size(16)));
enum { CAUSE_PAIRS = (CAUSE_COUNT + 1) / 2 };

struct ledger {
    uint64_t born_ps, at_ps;           /* when the request began; up to when it is charged         */
    union {
        uint64_t ps[2 * CAUSE_PAIRS];
        cause_pair pair[CAUSE_PAIRS];
    };
    uint32_t met;                      /* bit c: cause c has had some of it                        */
};

static inline void ledger_begin(struct ledger *l, uint64_t t_ps)
{
    l->born_ps = l->at_ps = t_ps;
    for (unsigned i = 0; i < CAUSE_PAIRS; i++)
        l->pair[i] = (cause_pair){ 0, 0 };
    l->met = 0;
}

static inline void ledger_charge(struct ledger *l, enum cause c, uint64_t to_ps)
{
    uint64_t ps = to_ps - l->at_ps;

    l->ps[c] += ps;
    l->met |= (uint32_t)(ps != 0) << c;
    l->at_ps = to_ps;
}

#endif
