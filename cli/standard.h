/* SPDX-License-Identifier: Apache-2.0
 *
 * standard.h - counters under the names that `perf` knows them by: SMMUv3 PMCG events [SMMUv3 10.4], the
 * TBU's and TCU's own events as Arm's MMU-600 numbers them, and VT-d performance events.
 *
 * One table says which counters of which components add up to which event; a row of the same name as the
 * one before it adds to it.
 */
#ifndef CLI_STANDARD_H
#define CLI_STANDARD_H
#include "system/system.h"
#include "workloads/device/counters.h"

/* X(architecture, "name", "component", "counter", factor) */
#define CLI_STANDARD(X)                                                              \
    X(SMMUV3, "cycles",                   "smmu.timing", "cycles", 1)                \
    X(SMMUV3, "transaction",              "smmu", "transaction", 1)                  \
    X(SMMUV3, "tlb_miss",                 "smmu", "tlb_miss", 1)                     \
    X(SMMUV3, "config_cache_miss",        "smmu", "config_cache_miss", 1)            \
    X(SMMUV3, "trans_table_walk_access",  "smmu", "trans_table_walk_access", 1)      \
    X(SMMUV3, "config_struct_access",     "smmu", "config_struct_access", 1)         \
    X(SMMUV3, "tbu_main_tlb_lookup",      "smmu.tbu.tlb", "lookups", 1)              \
    X(SMMUV3, "tbu_main_tlb_miss",        "smmu.tbu.tlb", "lookups", 1)              \
    X(SMMUV3, "tbu_main_tlb_miss",        "smmu.tbu.tlb", "hits", -1)                \
    X(SMMUV3, "tbu_utlb_lookup",          "smmu.tbu.utlb", "lookups", 1)             \
    X(SMMUV3, "tbu_utlb_miss",            "smmu.tbu.utlb", "lookups", 1)             \
    X(SMMUV3, "tbu_utlb_miss",            "smmu.tbu.utlb", "hits", -1)               \
    X(SMMUV3, "tcu_config_cache_lookup",  "smmu.tcu.cfg", "lookups", 1)              \
    X(SMMUV3, "tcu_config_cache_miss",    "smmu.tcu.cfg", "lookups", 1)              \
    X(SMMUV3, "tcu_config_cache_miss",    "smmu.tcu.cfg", "hits", -1)                \
    X(SMMUV3, "tcu_s1l0wc_lookup",        "smmu.tcu.wc_s1l0", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l0wc_miss",          "smmu.tcu.wc_s1l0", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l0wc_miss",          "smmu.tcu.wc_s1l0", "hits", -1)            \
    X(SMMUV3, "tcu_s1l1wc_lookup",        "smmu.tcu.wc_s1l1", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l1wc_miss",          "smmu.tcu.wc_s1l1", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l1wc_miss",          "smmu.tcu.wc_s1l1", "hits", -1)            \
    X(SMMUV3, "tcu_s1l2wc_lookup",        "smmu.tcu.wc_s1l2", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l2wc_miss",          "smmu.tcu.wc_s1l2", "lookups", 1)          \
    X(SMMUV3, "tcu_s1l2wc_miss",          "smmu.tcu.wc_s1l2", "hits", -1)            \
    X(SMMUV3, "tcu_s2l0wc_lookup",        "smmu.tcu.wc_s2l0", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l0wc_miss",          "smmu.tcu.wc_s2l0", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l0wc_miss",          "smmu.tcu.wc_s2l0", "hits", -1)            \
    X(SMMUV3, "tcu_s2l1wc_lookup",        "smmu.tcu.wc_s2l1", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l1wc_miss",          "smmu.tcu.wc_s2l1", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l1wc_miss",          "smmu.tcu.wc_s2l1", "hits", -1)            \
    X(SMMUV3, "tcu_s2l2wc_lookup",        "smmu.tcu.wc_s2l2", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l2wc_miss",          "smmu.tcu.wc_s2l2", "lookups", 1)          \
    X(SMMUV3, "tcu_s2l2wc_miss",          "smmu.tcu.wc_s2l2", "hits", -1)            \
    X(SMMUV3, "tbu_slots_full",           "smmu.tbu.slots", "waits", 1)              \
    X(SMMUV3, "tcu_buffered_translation", "smmu.tcu.slots", "waits", 1)              \
    X(VTD,    "iommu_clocks",             "vtd.timing", "cycles", 1)                 \
    X(VTD,    "pw_occupancy",             "vtd.timing", "walk_cycles", 1)            \
    X(VTD,    "iommu_requests",           "vtd", "requests", 1)                      \
    X(VTD,    "iommu_mrds",               "vtd", "root_reads", 1)                    \
    X(VTD,    "iommu_mrds",               "vtd", "context_reads", 1)                 \
    X(VTD,    "iommu_mrds",               "vtd", "table_reads", 1)                   \
    X(VTD,    "iommu_mrds",               "vtd", "directory_reads", 1)               \
    X(VTD,    "iommu_mrds",               "vtd", "pasid_reads", 1)                   \
    X(VTD,    "iommu_mrds",               "vtd", "first_reads", 1)                   \
    X(VTD,    "ctxt_cache_lookup",        "vtd.cc", "lookups", 1)                    \
    X(VTD,    "ctxt_cache_hit",           "vtd.cc", "hits", 1)                       \
    X(VTD,    "pasid_cache_lookup",       "vtd.pc", "lookups", 1)                    \
    X(VTD,    "pasid_cache_hit",          "vtd.pc", "hits", 1)                       \
    X(VTD,    "ss_nonleaf_lookup",        "vtd.wc2", "lookups", 1)                   \
    X(VTD,    "ss_nonleaf_lookup",        "vtd.wc3", "lookups", 1)                   \
    X(VTD,    "ss_nonleaf_lookup",        "vtd.wc4", "lookups", 1)                   \
    X(VTD,    "ss_nonleaf_lookup",        "vtd.wc5", "lookups", 1)                   \
    X(VTD,    "ss_nonleaf_hit",           "vtd.wc2", "hits", 1)                      \
    X(VTD,    "ss_nonleaf_hit",           "vtd.wc3", "hits", 1)                      \
    X(VTD,    "ss_nonleaf_hit",           "vtd.wc4", "hits", 1)                      \
    X(VTD,    "ss_nonleaf_hit",           "vtd.wc5", "hits", 1)                      \
    X(VTD,    "fs_nonleaf_lookup",        "vtd.fwc2", "lookups", 1)                  \
    X(VTD,    "fs_nonleaf_lookup",        "vtd.fwc3", "lookups", 1)                  \
    X(VTD,    "fs_nonleaf_lookup",        "vtd.fwc4", "lookups", 1)                  \
    X(VTD,    "fs_nonleaf_lookup",        "vtd.fwc5", "lookups", 1)                  \
    X(VTD,    "fs_nonleaf_hit",           "vtd.fwc2", "hits", 1)                     \
    X(VTD,    "fs_nonleaf_hit",           "vtd.fwc3", "hits", 1)                     \
    X(VTD,    "fs_nonleaf_hit",           "vtd.fwc4", "hits", 1)                     \
    X(VTD,    "fs_nonleaf_hit",           "vtd.fwc5", "hits", 1)                     \
    X(VTD,    "iotlb_lookup",             "vtd.iotlb", "lookups", 1)                 \
    X(VTD,    "iotlb_hit",                "vtd.iotlb", "hits", 1)

/* Calls fn for every event of the architecture whose components are there, in the order of the table. */
void cli_standard(enum system_arch arch, const struct counters *c,
                  void (*fn)(void *arg, const char *name, uint64_t value), void *arg);

/* What a walk costs: reads of tables and the misses that needed them; false if that is not counted. */
bool cli_walk_reads(enum system_arch arch, const struct counters *c, uint64_t *reads, uint64_t *misses);

#endif
