/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_lines.h - lines of QEMU's SMMUv3 log, for tests: stream 8, ASID 1, page 0x2000.
 */
#ifndef TESTS_TRACES_SMMUV3_LINES_H
#define TESTS_TRACES_SMMUV3_LINES_H

/* One line of a log, at microsecond `us`. */
#define AT(us, text) "77@1795200502." #us ":" text "\n"

#define HIT AT(000001, "smmuv3_config_cache_hit Config cache HIT for sid=0x8 (hits=1, misses=1, hit rate=50)")
#define LOOKUP_HIT(a)                                                                              \
    AT(000002, "smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 vmid=0 addr=" a " hit=1 miss=1 hit rate=50")
#define LOOKUP_MISS(a)                                                                             \
    AT(000002, "smmu_iotlb_lookup_miss IOTLB cache MISS asid=1 vmid=0 addr=" a " hit=1 miss=1 hit rate=50")
#define DONE(perm)                                                                                 \
    AT(000005, "smmuv3_translate_success mr-1 sid=0x8 iova=0x2040 translated=0x9040 perm=" perm " stage=1")

#define OPCODE(name) AT(000001, "smmuv3_cmdq_opcode <--- SMMU_CMD_" name)
#define PIECE(addr, pages)                                                                         \
    AT(000002, "smmuv3_range_inval vmid=2 asid=1 addr=" addr " tg=1 num_pages=" pages              \
       " ttl=3 leaf=1 stage=1")
#define OUT AT(000003, "smmuv3_cmdq_consume_out prod:1, cons:1, prod_wrap:0, cons_wrap:0 ")

#endif
