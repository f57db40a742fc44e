/* SPDX-License-Identifier: Apache-2.0
 *
 * QEMU's VT-d log: what each line becomes, and that the tables rebuilt from it give what it says.
 */
#include "suite.h"

#include "base/sim.h"
#include "import_bench.h"
#include "vtd_lines.h"
#include "vtd_memory.h"

/* ---- translations -------------------------------------------------------------------------------------- */

static void a_miss_becomes_tables_an_access_and_its_outcome(void)
{
    struct import_bench b;
    struct rec_expect e;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(bench_count(&b, REC_READ), 1);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0xffffd002);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.flags, REC_F_NODIR);
    CHECK_EQ(import_stream_sid(b.im, bench_nth(&b, REC_READ, 0)->rec.stream), 0x101);
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_OK);
    CHECK_EQ(e.pa, 0x8e07002);
    CU_ASSERT(e.has_pa && !e.page_bits_only && e.has_config && !e.config_hit && e.has_lookups);
    CHECK_EQ(e.lookups, 1);
    CHECK_EQ(e.hits, 0);
    CHECK_EQ(walk_of(&b, 0, false, &level), 0x8e07003);
    CHECK_EQ(level, 1);
    for (size_t i = 0; i < bench_count(&b, REC_TABLE); i++)
        CHECK_EQ(bench_nth(&b, REC_TABLE, i)->rec.flags, REC_F_RECON);
    bench_down(&b);
}

static void a_hit_has_no_configuration_lookup_and_writes_nothing(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, VTD_ROOT VTD_HIT(000003, "0xffffd0a4", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.pa, 0x8e070a4);
    CHECK_EQ(e.hits, 1);
    CU_ASSERT_FALSE(e.has_config);
    CHECK_EQ(bench_count(&b, REC_TABLE), 0);
    bench_down(&b);
}

static void a_word_is_written_once(void)
{
    struct import_bench b;
    size_t words;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff"));
    words = bench_count(&b, REC_TABLE);
    bench_down(&b);
    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_CC_HIT(000005) VTD_MISS(000006, "0xffffd002", "0x8e07003")
                   VTD_DONE(000007, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(bench_count(&b, REC_TABLE), words);
    bench_down(&b);
}

static void the_level_follows_from_the_mask(void)
{
    struct import_bench b;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0x40201234", "0x9e00083")
                   VTD_DONE(000004, "0x40200000", "0x9e00000", "0x1fffff")
                   VTD_CC_HIT(000005) VTD_MISS(000006, "0x80001234", "0x1c0000083")
                   VTD_DONE(000007, "0x80000000", "0x1c0000000", "0x3fffffff"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).pa, 0x9e01234);
    CHECK_EQ(walk_of(&b, 0, false, &level), 0x9e00083);
    CHECK_EQ(level, 2);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).pa, 0x1c0001234);
    CHECK_EQ(walk_of(&b, 1, false, &level), 0x1c0000083);
    CHECK_EQ(level, 3);
    bench_down(&b);
}

static void a_superpage_gives_way_to_pages_and_back(void)
{
    struct import_bench b;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0x40201234", "0x9e01003")
                   VTD_DONE(000004, "0x40201000", "0x9e01000", "0xfff")
                   VTD_CC_HIT(000005) VTD_MISS(000006, "0x40201234", "0xae00083")
                   VTD_DONE(000007, "0x40200000", "0xae00000", "0x1fffff")
                   VTD_CC_HIT(000008) VTD_MISS(000009, "0x40201234", "0x9e01003")
                   VTD_DONE(000010, "0x40201000", "0x9e01000", "0xfff"));
    CHECK_EQ(walk_of(&b, 0, false, &level), 0x9e01003);
    CHECK_EQ(walk_of(&b, 1, false, &level), 0xae00083);
    CHECK_EQ(walk_of(&b, 2, false, &level), 0x9e01003);
    bench_down(&b);
}

static void a_full_iotlb_is_told_with_the_insert(void)
{
    struct import_bench b;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_AT(000003, "vtd_iotlb_reset IOTLB reset (reason: iotlb exceeds size limit)")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).flushes, 1);
    bench_down(&b);
}

static void pass_through_is_known_by_page_only(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, VTD_ROOT VTD_CC(000002, "update IOTLB context update bus 0x1 devfn 0x1 high 0x102 low 0x9 gen 0 -> gen 1")
                   VTD_AT(000003, "vtd_translate_pt source id 0x101, iova 0x40200000")
                   VTD_AT(000003, "vtd_switch_address_space Device 01:00.1 switching address space (iommu enabled=0)")
                   VTD_AT(000003, "vtd_pt_enable_fast_path sid 0x101 1")
                   VTD_DONE(000004, "0x40200000", "0x40200000", "0xfff"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_BYPASS);
    CHECK_EQ(e.pa, 0x40200000);
    CU_ASSERT(e.page_bits_only && e.has_config);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS,
             "times a passed-through function left the log (until its context is invalidated)"), 1);
    bench_down(&b);
}

/* ---- faults ---------------------------------------------------------------------------------------------- */

static void a_fault_has_direction_and_reason(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_FAULT(000003, "5", "0x105c", "1") VTD_CC_HIT(000004)
                   VTD_FAULT(000005, "6", "0x2000", "0")
                   VTD_AT(000006, "vtd_frr_new index 0 high 0x40ffff0600000101 low 0x2000"));
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.addr, 0x105c);
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.flags, 0);
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_FAULT);
    CHECK_EQ(e.code, 5);
    CU_ASSERT(e.has_config && !e.config_hit && e.has_lookups && !e.has_pa);
    CHECK_EQ(e.lookups, 1);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0x2000);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).code, 6);
    bench_down(&b);
}

static void a_fault_clears_the_entry_that_contradicts_it(void)
{
    struct import_bench b;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_CC_HIT(000005) VTD_FAULT(000006, "6", "0xffffd010", "0"));
    CHECK_EQ(walk_of(&b, 0, false, &level), 0x8e07003);
    CHECK_EQ(walk_of(&b, 1, false, &level), 6);
    bench_down(&b);
}

static void a_fault_keeps_the_entry_that_explains_it(void)
{
    struct import_bench b;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07001")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_CC_HIT(000005) VTD_FAULT(000006, "5", "0xffffd010", "1"));
    CHECK_EQ(walk_of(&b, 1, true, &level), 5);
    CHECK_EQ(walk_of(&b, 1, false, &level), 0x8e07001);
    bench_down(&b);
}

static void absent_root_and_context_entries_are_cleared(void)
{
    struct import_bench b;
    unsigned level;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_AT(000005, "vtd_ce_not_present Context entry bus 1 devfn 1 not present")
                   VTD_FAULT(000006, "2", "0x1000", "0")
                   VTD_AT(000007, "vtd_re_not_present Root entry bus 1 not present")
                   VTD_FAULT(000008, "1", "0x1000", "0")
                   VTD_CC_UPDATE(000009) VTD_MISS(000010, "0xffffd002", "0x8e07003")
                   VTD_DONE(000011, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(walk_of(&b, 1, false, &level), 2);
    CU_ASSERT_FALSE(bench_outcome(&b, REC_LOGGED, 1).has_config);
    CHECK_EQ(walk_of(&b, 2, false, &level), 1);
    CHECK_EQ(walk_of(&b, 3, false, &level), 0x8e07003);
    bench_down(&b);
}

/* ---- registers and descriptors ------------------------------------------------------------------------- */

static void register_writes_are_taken_but_for_the_tail(void)
{
    struct import_bench b;

    bench_text(&b, VTD_AT(000001, "vtd_reg_write addr 0x90 size 0x8 value 0x18e3000") VTD_IQT(000002)
                   VTD_AT(000003, "vtd_reg_write addr 0x18 size 0x4 value 0x84000000"));
    CHECK_EQ(bench_count(&b, REC_REG), 2);
    CHECK_EQ(bench_nth(&b, REC_REG, 0)->rec.addr, 0x90);
    CHECK_EQ(bench_nth(&b, REC_REG, 0)->rec.len, 8);
    CHECK_EQ(bench_nth(&b, REC_REG, 0)->ext.w[0], 0x18e3000);
    CHECK_EQ(bench_nth(&b, REC_REG, 1)->ext.w[0], 0x84000000);
    CHECK_EQ(import_counted(b.im, IMPORT_DROPPED, "writes of IQT (the descriptors are records)"), 1);
    bench_down(&b);
}

static void a_batch_of_descriptors_ends_with_a_doorbell(void)
{
    struct import_bench b;

    bench_text(&b, VTD_IQT(000001) VTD_AT(000002, "vtd_inv_qi_head read head 0")
                   VTD_INVAL(000003, "0xfff80005", "0x800f2")
                   VTD_AT(000003, "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x8 addr 0xfff80000 mask 0x5")
                   VTD_AT(000004, "vtd_inv_qi_head read head 1") VTD_WAIT(000005) VTD_IQT(000006)
                   VTD_AT(000007, "vtd_inv_qi_head read head 2") VTD_WAIT(000008));
    CHECK_EQ(bench_count(&b, REC_COMMAND), 3);
    CHECK_EQ(b.item[0].rec.kind, REC_COMMAND);
    CHECK_EQ(b.item[0].rec.words, 2);
    CHECK_EQ(b.item[0].ext.w[0], 0x800f2);
    CHECK_EQ(b.item[0].ext.w[1], 0xfff80005);
    CHECK_EQ(b.item[1].rec.kind, REC_COMMAND);
    CHECK_EQ(b.item[2].rec.kind, REC_DOORBELL);
    CHECK_EQ(b.item[3].rec.kind, REC_COMMAND);
    CHECK_EQ(b.item[4].rec.kind, REC_DOORBELL);
    bench_down(&b);
}

static void a_cleared_context_entry_stands_before_the_doorbell(void)
{
    struct import_bench b;
    size_t last = 0;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_AT(000005, "vtd_inv_desc invalidate desc type context-cache high 0x0 low 0x10100080031")
                   VTD_AT(000006, "vtd_ce_not_present Context entry bus 1 devfn 1 not present"));
    for (size_t i = 0; i < b.n; i++)
        if (b.item[i].rec.kind == REC_TABLE)
            last = i;
    CHECK_EQ(b.item[last].ext.w[0], 0);
    CHECK_EQ(b.item[b.n - 1].rec.kind, REC_DOORBELL);
    bench_down(&b);
}

static void a_descriptor_without_a_line_is_counted(void)
{
    struct import_bench b;

    bench_text(&b, VTD_IQT(000001) VTD_AT(000002, "vtd_inv_qi_head read head 0")
                   VTD_AT(000002, "vtd_inv_qi_head read head 1") VTD_WAIT(000003));
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "descriptors of which only the fetch is logged"), 1);
    bench_down(&b);
}

static void interrupts_are_counted_only(void)
{
    struct import_bench b;

    bench_text(&b, VTD_AT(000001, "vtd_reset_exit ")
                   VTD_AT(000002, "vtd_ir_remap_msi_req addr 0xfee00000 data 0x30")
                   VTD_AT(000002, "vtd_ir_remap_msi (addr 0xfee00000, data 0x30) -> (addr 0xfee00000, data 0x30)"));
    CHECK_EQ(b.n, 1);
    CHECK_EQ(b.item[0].rec.kind, REC_MARKER);
    CHECK_EQ(import_counted(b.im, IMPORT_DROPPED, "vtd_ir_remap_msi_req"), 1);
    bench_down(&b);
}

/* ---- scalable mode --------------------------------------------------------------------------------------- */

static void scalable_mode_gives_its_structures_and_tables(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff") VTD_SCC_HIT(000005)
                   VTD_HIT(000006, "0xffffd002", "0x8e07003")
                   VTD_DONE(000007, "0xffffd000", "0x8e07000", "0xfff") VTD_SCC_HIT(000008)
                   VTD_MISS(000009, "0x40201234", "0x9e00083")
                   VTD_DONE(000009, "0x40200000", "0x9e00000", "0x1fffff"));
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(scalable_walk_of(&b, 0, true, &level, &pgtt, &domain), 0x8e07003);
    CHECK_EQ(level, 1);
    CHECK_EQ(pgtt, 2);
    CHECK_EQ(domain, 8);
    CHECK_EQ(scalable_walk_of(&b, 2, true, &level, &pgtt, &domain), 0x9e00083);
    CHECK_EQ(level, 2);
    CU_ASSERT(bench_outcome(&b, REC_LOGGED, 1).has_config && bench_outcome(&b, REC_LOGGED, 1).config_hit);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).hits, 1);
    bench_down(&b);
}

static void a_users_leaf_is_the_first_stages(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002) VTD_MISS(000003, "0xffff8000ffffd002", "0x8e07067")
                   VTD_DONE(000004, "0xffff8000ffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(scalable_walk_of(&b, 0, true, &level, &pgtt, &domain), 0x8e07067);
    CHECK_EQ(level, 1);
    CHECK_EQ(pgtt, 1);
    CHECK_EQ(domain, 8);
    bench_down(&b);
}

static void the_halves_of_a_bus_have_tables_of_their_own(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_CC(000005, "update IOTLB context update bus 0x1 devfn 0x81 high 0x0 low 0x2000401 gen 0 -> gen 1")
                   VTD_AT(000006, "vtd_iotlb_page_update IOTLB page update sid 0x181 iova 0x1000 slpte 0x5003 domain 0x9")
                   VTD_AT(000007, "vtd_dmar_translate dev 01:10.01 iova 0x1000 -> gpa 0x5000 mask 0xfff")
                   VTD_AT(000008, "vtd_re_not_present Root entry bus 1 not present")
                   VTD_AT(000009, "vtd_dmar_fault sid 0x181 fault 1 addr 0x1000 write 0")
                   VTD_SCC_UPDATE(000010) VTD_MISS(000011, "0xffffd002", "0x8e07003")
                   VTD_DONE(000012, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(scalable_walk_of(&b, 1, false, &level, &pgtt, &domain), 0x5003);
    CHECK_EQ(domain, 9);
    CHECK_EQ(scalable_walk_of(&b, 2, false, &level, &pgtt, &domain), 0x39);
    CU_ASSERT_FALSE(bench_outcome(&b, REC_LOGGED, 2).has_lookups);
    CHECK_EQ(scalable_walk_of(&b, 3, false, &level, &pgtt, &domain), 0x8e07003);
    bench_down(&b);
}

static void faults_of_scalable_mode_prove_what_is_absent(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07067")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_SCC_HIT(000005) VTD_FAULT(000005, "113", "0xffffd002", "1")
                   VTD_SCC_HIT(000006) VTD_FAULT(000006, "89", "0xffffd002", "0")
                   VTD_SCC_HIT(000007) VTD_FAULT(000007, "81", "0xffffd002", "0")
                   VTD_SCC_HIT(000008) VTD_FAULT(000008, "6", "0xffffd002", "0"));
    CHECK_EQ(scalable_walk_of(&b, 1, true, &level, &pgtt, &domain), 0x71);
    CHECK_EQ(scalable_walk_of(&b, 2, false, &level, &pgtt, &domain), 0x59);
    CHECK_EQ(scalable_walk_of(&b, 3, false, &level, &pgtt, &domain), 0x51);
    CHECK_EQ(scalable_walk_of(&b, 4, false, &level, &pgtt, &domain), 6);
    CHECK_EQ(pgtt, 2);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "domains of PASIDs of which faults were first (0)"), 1);
    CU_ASSERT(bench_outcome(&b, REC_LOGGED, 1).has_lookups && !bench_outcome(&b, REC_LOGGED, 2).has_lookups);
    bench_down(&b);
}

static void faults_of_the_first_stage_leave_what_denies(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002) VTD_MISS(000003, "0xffffd002", "0x8e07065")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_SCC_HIT(000005) VTD_FAULT(000005, "133", "0xffffd002", "1")
                   VTD_SCC_HIT(000006) VTD_FAULT(000006, "129", "0xffffd002", "0")
                   VTD_SCC_HIT(000007) VTD_FAULT(000007, "133", "0x7000000000", "1")
                   VTD_SCC_HIT(000008) VTD_FAULT(000008, "113", "0x8000000000", "1"));
    CHECK_EQ(scalable_walk_of(&b, 1, true, &level, &pgtt, &domain), 0x85);
    CHECK_EQ(scalable_walk_of(&b, 1, false, &level, &pgtt, &domain), 0x8e07065);
    CHECK_EQ(scalable_walk_of(&b, 2, false, &level, &pgtt, &domain), 0x81);
    CHECK_EQ(scalable_walk_of(&b, 3, true, &level, &pgtt, &domain), 0x85);
    CHECK_EQ(scalable_walk_of(&b, 4, true, &level, &pgtt, &domain), 0x71);
    bench_down(&b);
}

static void a_passed_through_pasid_is_one(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;

    bench_text(&b, VTD_SROOT VTD_SCC_UPDATE(000002)
                   VTD_AT(000003, "vtd_translate_pt source id 0x101, iova 0x40200000")
                   VTD_DONE(000004, "0x40200000", "0x40200000", "0xfff"));
    scalable_walk_of(&b, 0, false, &level, &pgtt, &domain);
    CHECK_EQ(pgtt, 4);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_BYPASS);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).lookups, 0);
    bench_down(&b);
}

static void descriptors_of_scalable_mode_have_four_words(void)
{
    struct import_bench b;

    bench_text(&b, VTD_SROOT VTD_AT(000008, "vtd_inv_qi_head read head 0")
                   VTD_AT(000008, "vtd_inv_desc invalidate desc type p-iotlb high 0xffffd000 low 0x800000036")
                   VTD_AT(000009, "vtd_inv_qi_head read head 1") VTD_AT(000010, "vtd_inv_qi_head read head 2")
                   VTD_WAIT(000011) VTD_AT(000012, "vtd_inv_qi_head read head 3") VTD_IQT(000013)
                   VTD_AT(000014, "vtd_something_new never=seen"));
    CHECK_EQ(bench_count(&b, REC_COMMAND), 4);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->rec.words, 4);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[2], 0);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 1)->ext.w[0], 0x37);     /* PASID cache, all */
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 3)->ext.w[0], 0x37);
    CHECK_EQ(b.item[b.n - 1].rec.kind, REC_DOORBELL);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON,
             "PASID-cache descriptors, of which only the fetch is logged (as global ones)"), 2);
    CHECK_EQ(import_counted(b.im, IMPORT_DROPPED, "vtd_something_new"), 1);
    bench_down(&b);
}

static void a_log_of_72_has_39_bits_in_scalable_mode(void)
{
    struct import_bench b;
    unsigned level, pgtt, domain;
    struct u64map m;
    uint64_t addr;
    uint32_t sid;

    bench_text(&b, VTD_AT(000001, "vtd_context_cache_reset ") VTD_SROOT VTD_SCC_UPDATE(000002)
                   VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff"));
    CHECK_EQ(scalable_walk_of(&b, 0, true, &level, &pgtt, &domain), 0x8e07003);
    CU_ASSERT_FATAL(access_of(&b, 0, &m, &sid, &addr));
    CHECK_EQ(word(&m, (word(&m, 0x2000008) & ~0xfffull) + 64) >> 2 & 7, 1);
    u64map_destroy(&m);
    bench_down(&b);
}

/* ---- damage ------------------------------------------------------------------------------------------------ */

static void lines_that_do_not_fit_are_counted(void)
{
    struct import_bench b;

    bench_text(&b, VTD_ROOT VTD_CC_UPDATE(000002) VTD_CC_HIT(000003)      /* no end of the first */
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")   /* no page line */
                   VTD_DONE(000005, "0xffffe000", "0x8e07000", "0xfff")   /* no beginning */
                   VTD_HIT(000006, "0xffffd002", "0x8e07003")
                   VTD_DONE(000007, "0xffffd000", "0xdead000", "0xfff")); /* not its entry's output */
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "translations without an end"), 2);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "ends of translations without a beginning"), 2);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "translations whose end does not fit their entry"), 1);
    bench_down(&b);
}

static void a_context_of_impossible_width_places_nothing(void)
{
    struct import_bench b;

    bench_text(&b, VTD_ROOT VTD_CC(000002, "update IOTLB context update bus 0x1 devfn 0x1 high 0x807 low 0x2000001 gen 0 -> gen 1")
                   VTD_MISS(000003, "0xffffd002", "0x8e07003")
                   VTD_DONE(000004, "0xffffd000", "0x8e07000", "0xfff")
                   VTD_CC(000005, "hit IOTLB context hit bus 0x1 devfn 0x1 high 0x807 low 0x2000001 gen 1")
                   VTD_FAULT(000006, "6", "0xffffd002", "0"));
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "walks whose table could not be placed"), 1);
    bench_down(&b);
}

static void cut_and_joined_lines_are_not_used(void)
{
    struct import_bench b;

    bench_text(&b, VTD_AT(000001, "vtd_reset_exit ")
                   "77@1795200502.000002:vtd_iotlb_page_hit IOTLB page hit sid 0x18 iova 0xff"
                   VTD_HIT(000003, "0xffffd002", "0x8e07003")
                   VTD_AT(000004, "vtd_iotlb_page_hit IOTLB page hit sid 0x18 iova")
                   VTD_AT(000005, "vtd_inv_desc invalidate desc type")
                   VTD_AT(000006, "vtd_reg_write addr 0x90 size 0x8 value")
                   VTD_AT(000007, "vtd_dmar_translate dev 01:00")
                   VTD_AT(000008, "vtd_dmar_fault sid 0x101 fault 999 addr 0x0 write 0")
                   VTD_AT(000009, "vtd_ir_remap_msi_req addr 0xfee00000 da77@1795200502.000009:vtd_reset_exit "));
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_bad_lines(b.im), 7);
    CHECK_EQ(b.n, 1);
    bench_down(&b);
}

static void a_log_of_72_is_told_by_its_beginning(void)
{
    struct import_bench b;
    char text[4096] = "";
    FILE *f = fmemopen(text, sizeof text - 1, "w");

    bench_text(&b, VTD_AT(000001, "vtd_context_cache_reset ") VTD_ROOT);
    import_report(b.im, f);
    fclose(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "qemu 7.2 vtd"));
    bench_down(&b);
}

static void a_log_without_times_keeps_its_order(void)
{
    struct import_bench b;

    bench_text(&b, "vtd_reg_write addr 0x90 size 0x8 value 0x1\nvtd_reg_write addr 0x20 size 0x8 value 0x2\n");
    CHECK_EQ(bench_count(&b, REC_REG), 2);
    CU_ASSERT(b.item[0].rec.time < b.item[1].rec.time);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(a_miss_becomes_tables_an_access_and_its_outcome)                                              \
    T(a_hit_has_no_configuration_lookup_and_writes_nothing) T(a_word_is_written_once)               \
    T(the_level_follows_from_the_mask) T(a_superpage_gives_way_to_pages_and_back)                   \
    T(a_full_iotlb_is_told_with_the_insert) T(pass_through_is_known_by_page_only)                   \
    T(a_fault_has_direction_and_reason) T(a_fault_clears_the_entry_that_contradicts_it)             \
    T(a_fault_keeps_the_entry_that_explains_it) T(absent_root_and_context_entries_are_cleared)      \
    T(register_writes_are_taken_but_for_the_tail) T(a_batch_of_descriptors_ends_with_a_doorbell)    \
    T(a_cleared_context_entry_stands_before_the_doorbell) T(a_descriptor_without_a_line_is_counted) \
    T(interrupts_are_counted_only) T(scalable_mode_gives_its_structures_and_tables)                 \
    T(a_users_leaf_is_the_first_stages) T(the_halves_of_a_bus_have_tables_of_their_own)             \
    T(faults_of_scalable_mode_prove_what_is_absent) T(faults_of_the_first_stage_leave_what_denies)  \
    T(a_passed_through_pasid_is_one) T(descriptors_of_scalable_mode_have_four_words)                \
    T(a_log_of_72_has_39_bits_in_scalable_mode)                                                     \
    T(lines_that_do_not_fit_are_counted) T(a_context_of_impossible_width_places_nothing)            \
    T(cut_and_joined_lines_are_not_used) T(a_log_of_72_is_told_by_its_beginning)                    \
    T(a_log_without_times_keeps_its_order)
TEST_SUITE("import_vtd", TESTS)
