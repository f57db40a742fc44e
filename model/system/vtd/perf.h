/* SPDX-License-Identifier: Apache-2.0
 *
 * perf.h - performance counters of a VT-d unit, as Linux's driver programs them: a counter adds up the events of
 *              one group that its configuration selects, all of them or those that its filters let pass.
 *              [VT-d 11.4.13, 11.4.14]
 *
 * They are there if ECAP.PMS and CAP.ECMDS say so: enhanced commands enable, disable, freeze and unfreeze them.  A
 * counter without filters is the difference of counts that the unit keeps anyway.  While one is enabled the end of each
 * request is looked at: for filters, and for overflows.
 *
 * Filters are by source-id, domain and PASID, for the events that the table says; others do not count with a filter.
 * Left out: filters by address type and by level, freezing at an overflow, capabilities of single counters.
 */
#ifndef SYSTEM_VTD_PERF_H
#define SYSTEM_VTD_PERF_H
#include <stdbool.h>
#include <stdint.h>

/* E(NAME, group, bit of the event select, can be filtered, "perf's name") */
#define VTD_PERF_EVENTS(E)                                                    \
    E(CLOCKS,         0, 0, 0, "iommu_clocks")                                \
    E(REQUESTS,       0, 1, 1, "iommu_requests")                              \
    E(OCCUPANCY,      0, 2, 0, "pw_occupancy")                                \
    E(READS,          1, 0, 1, "iommu_mrds")                                  \
    E(CONTEXT_LOOKUP, 2, 0, 1, "ctxt_cache_lookup")                           \
    E(CONTEXT_HIT,    2, 1, 1, "ctxt_cache_hit")                              \
    E(PASID_LOOKUP,   2, 2, 0, "pasid_cache_lookup")                          \
    E(PASID_HIT,      2, 3, 0, "pasid_cache_hit")                             \
    E(SS_LOOKUP,      2, 4, 0, "ss_nonleaf_lookup")                           \
    E(SS_HIT,         2, 5, 0, "ss_nonleaf_hit")                              \
    E(FS_LOOKUP,      2, 6, 0, "fs_nonleaf_lookup")                           \
    E(FS_HIT,         2, 7, 0, "fs_nonleaf_hit")                              \
    E(IOTLB_LOOKUP,   3, 0, 1, "iotlb_lookup")                                \
    E(IOTLB_HIT,      3, 1, 1, "iotlb_hit")                                   \
    E(IRTE_LOOKUP,    4, 0, 0, "int_cache_lookup")                            \
    E(IRTE_HIT,       4, 1, 0, "int_cache_hit_nonposted")                     \
    E(IRTE_HIT_POSTED, 4, 2, 0, "int_cache_hit_posted")
#define VTD_PERF_EVENT_ENUM(N, group, bit, filtered, name) VTD_PERF_##N,
enum vtd_perf_event { VTD_PERF_EVENTS(VTD_PERF_EVENT_ENUM) VTD_PERF_EVENT_COUNT };

enum { VTD_PERF_GROUPS = 5, VTD_PERF_FILTERS = 3, VTD_PERF_MAX = 64,
       VTD_PERF_CONFIG = 0x2000, VTD_PERF_CONFIG_BYTES = 0x100,      /* where this unit has them */
       VTD_PERF_COUNT = 0x10000, VTD_PERF_COUNT_BYTES = 0x400 };

struct vtd_perf_counter {
    uint64_t config;
    uint32_t filter[VTD_PERF_FILTERS];         /* by source-id, domain, PASID               */
    uint64_t count;                            /* when the unit's counts came to `seen`     */
    uint64_t seen;
    bool     enabled;
};

struct vtd_perf {
    struct vtd_perf_counter counter[VTD_PERF_MAX];
    uint64_t seed_lookups[2], seed_hits[2];    /* first, second stage; all levels at once   */
    uint64_t irte_hits[2];                     /* remapped, posted                          */
    bool     frozen, active;                   /* active: a request's end is looked at      */
};

struct vtd_system;
struct vtd_xact;

void vtd_perf_reset(struct vtd_system *u);
/* Accesses to registers beside the table; false if there is none at the offset. */
bool vtd_perf_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes);
bool vtd_perf_read(struct vtd_system *u, uint32_t offset, unsigned bytes, uint64_t *value);
/* ECMD was written. */
void vtd_perf_command(struct vtd_system *u, uint64_t ecmd);

/* The end of a request, while `active`. */
void vtd_perf_request(struct vtd_system *u, const struct vtd_xact *x);

#endif
