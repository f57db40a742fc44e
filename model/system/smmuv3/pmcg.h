/* SPDX-License-Identifier: Apache-2.0
 *
 * pmcg.h - a performance monitor counter group: counters of architected events, of all streams, of one,
 *                 or of a span of them.  [SMMUv3 10]
 *
 * A counter is a component of its own, smmu.pmcg0 ..., and exists if its event is not off.  Prefetches count
 * where they read, not as transactions or misses.  Clock cycles are counted by smmu.timing anyway.
 */
#ifndef SYSTEM_SMMUV3_PMCG_H
#define SYSTEM_SMMUV3_PMCG_H
#include "base/param.h"
#include "kernel/comp.h"

/* E(NAME, number, "name of the choice") [SMMUv3 10.4]; from 8 on numbers of the choice alone: MMU-600's of the
 * TCU 0xA0 and of the TBU 0x88. */
#define SMMUV3_PMCG_EVENTS(E)                                                                        \
    E(TRANSACTION,    1, "transaction")     E(TLB_MISS,       2, "tlb_miss")                         \
    E(CONFIG_MISS,    3, "config_cache_miss") E(WALK_ACCESS,  4, "trans_table_walk_access")          \
    E(CONFIG_ACCESS,  5, "config_struct_access") E(ATS_REQUEST, 6, "pcie_ats_trans_rq")              \
    E(ATS_TRANSLATED, 7, "pcie_ats_trans_passed") E(SPECULATIVE, 8, "speculative_translation")       \
    E(TBU_REQUEST,    9, "tbu_translation_request")
#define SMMUV3_PMCG_EVENT_ENUM(N, number, name) SMMUV3_PMCG_##N = (number),
enum smmuv3_pmcg_event { SMMUV3_PMCG_OFF, SMMUV3_PMCG_EVENTS(SMMUV3_PMCG_EVENT_ENUM) };

#define SMMUV3_PMCG_PARAMS(P)                                                                        \
    P(choice, event, 0, 0, 9, "off|transaction|tlb_miss|config_cache_miss|trans_table_walk_access|"  \
      "config_struct_access|pcie_ats_trans_rq|pcie_ats_trans_passed|speculative_translation|"        \
      "tbu_translation_request", "event that is counted")                                            \
    P(choice, filter, 0, 0, 1, "none|sid", "streams whose events count: all, or those of sid and span") \
    P(u64, sid, 0, 0, 0xffffffff, "StreamID", "the first stream that counts")                        \
    P(u64, span, 0, 0, 31, "bits", "low bits of the StreamID that do not matter: FILTER_SID_SPAN")
#define SMMUV3_PMCG_STATS(S) S(count, "1", "events")

struct smmuv3_pmcg_params { PARAM_FIELDS(SMMUV3_PMCG_PARAMS) };
struct smmuv3_pmcg_stats { STAT_FIELDS(SMMUV3_PMCG_STATS) };

enum { SMMUV3_PMCG_COUNTERS = 4 };

struct smmuv3_pmcg {
    struct smmuv3_pmcg_counter {
        struct comp comp;
        struct smmuv3_pmcg_params par;
        struct smmuv3_pmcg_stats st;
    } counter[SMMUV3_PMCG_COUNTERS];
    uint32_t events;                   /* bit e: a counter counts event e */
};

void smmuv3_pmcg_params(struct smmuv3_pmcg_params par[SMMUV3_PMCG_COUNTERS], struct param_set *set);
void smmuv3_pmcg_init(struct smmuv3_pmcg *g, struct comp *parent,
                      const struct smmuv3_pmcg_params par[SMMUV3_PMCG_COUNTERS]);

void smmuv3_pmcg_add(struct smmuv3_pmcg *g, enum smmuv3_pmcg_event event, uint32_t sid);
static inline void smmuv3_pmcg_count(struct smmuv3_pmcg *g, enum smmuv3_pmcg_event event, uint32_t sid)
{
    if (__builtin_expect(g->events >> event & 1, 0))
        smmuv3_pmcg_add(g, event, sid);
}

#endif
