/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected figures of the sample were counted with grep and awk over its text, those of the short logs by
 * hand from the manual.
 */
#include "suite.h"

#include "base/bits.h"
#include "import_bench.h"
#include "smmuv3_lines.h"

#define SAMPLE SOURCE_DIR "/traces/samples/smmuv3-nvme-strict-cut.qemu.log.zst"

/* ---- the sample --------------------------------------------------------------------------------- */

static void sample(struct import_bench *b)
{
    bench_up(b);
    bench_add_file(b, SAMPLE);
    bench_run(b);
    CHECK_EQ(b->rc, 0);
}

static void the_sample_has_every_translation_and_lookup(void)
{
    uint64_t lookups = 0, hits = 0, config_hits = 0, flushes = 0, ok = 0;
    struct import_bench b;

    sample(&b);
    for (size_t i = 0; i < b.n; i++) {
        struct rec_expect e;
        if (b.item[i].rec.kind != REC_EXPECT)
            continue;
        rec_expect_unpack(&b.item[i].ext, &e);
        ok += e.outcome == REC_O_OK && e.has_pa && e.has_config && e.has_lookups;
        lookups += e.lookups;
        hits += (uint64_t)__builtin_popcount(e.hits);
        flushes += (uint64_t)__builtin_popcount(e.flushes);
        config_hits += e.config_hit;
    }
    CHECK_EQ(ok, 7592);
    CHECK_EQ(lookups, 3524 + 4068);
    CHECK_EQ(hits, 3524);
    CHECK_EQ(config_hits, 7587);
    CHECK_EQ(flushes, 0);
    CHECK_EQ(bench_count(&b, REC_READ) + bench_count(&b, REC_WRITE), 7592);
    bench_down(&b);
}

static void the_sample_has_every_command_with_operands(void)
{
    unsigned ops[256] = { 0 };
    struct import_bench b;

    sample(&b);
    for (size_t i = 0; i < b.n; i++)
        if (b.item[i].rec.kind == REC_COMMAND)
            ops[b.item[i].ext.w[0] & 0xff]++;
    CHECK_EQ(ops[0x05], 10);
    CHECK_EQ(ops[0x03], 10);
    CHECK_EQ(ops[0x04], 1);
    CHECK_EQ(ops[0x46], 172);
    CHECK_EQ(ops[0x11], 5);
    CHECK_EQ(ops[0x12], 145);
    CHECK_EQ(ops[0x30], 1);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 349 - 5);   /* 5 PREFETCH_CONFIG have no operands */
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS,
                            "operands of SMMU_CMD_PREFETCH_CONFIG (not in the trace)"), 5);
    CHECK_EQ(import_counted(b.im, IMPORT_DROPPED, "writes of CMDQ_PROD"), 178);
    CHECK_EQ(import_bad_lines(b.im), 0);
    bench_down(&b);
}

static void the_sample_has_each_change_of_a_descriptor_once(void)
{
    struct import_bench b;

    sample(&b);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "descriptors of translation tables, as they were read"),
             2061);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "context descriptors, from decoded fields"), 5);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "stream table entries, from decoded fields"), 5);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON,
                            "level 1 stream table descriptors, from decoded fields"), 2);
    bench_down(&b);
}

/* Stream 8: L1STD at 442a7000, STE at 7ac60200, CD at 44092000, then its four descriptors. */
static void the_first_translation_builds_its_stream(void)
{
    static const uint64_t at[] = { 0x442a7000, 0x7ac60200, 0x44092000, 0x44091000, 0x443a4018,
                                   0x443a5ff8, 0x443a7ff8 };
    static const uint64_t first[] = { 0x7ac60009, 0x4409200b, 0x0001e204c0003510, 0x443a4003,
                                      0x443a5003, 0x443a7003, 0x60000008090e4b };
    static const unsigned kind[] = { NOTE_L1STD, NOTE_STE, NOTE_CD, NOTE_TABLE, NOTE_TABLE,
                                     NOTE_TABLE, NOTE_LEAF };
    struct import_bench b;

    sample(&b);
    for (size_t i = 0; i < 7; i++) {
        const struct import_item *it = bench_nth(&b, REC_TABLE, i);
        CHECK_EQ(it->rec.addr, at[i]);
        CHECK_EQ(it->ext.w[0], first[i]);
        CHECK_EQ(it->note.kind, kind[i]);
        CHECK_EQ(it->rec.flags, REC_F_RECON);
    }
    CHECK_EQ(bench_nth(&b, REC_TABLE, 6)->note.iova, 0xfffff000);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 6)->note.root, 0x44091000);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0xfffff040);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).pa, 0x8090040);
    CHECK_EQ(import_stream_sid(b.im, bench_nth(&b, REC_READ, 0)->rec.stream), 8);
    bench_down(&b);
}

static void identification_registers_come_before_the_first_access(void)
{
    static const uint64_t offset[] = { 0, 4, 0xc, 0x14, 0x18 };
    static const uint64_t value[] = { 0xd44101b, 0x2730010, 0x1414, 0x74, 0 };
    struct import_bench b;

    sample(&b);
    CHECK_EQ(bench_count(&b, REC_CAP), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct import_item *it = bench_nth(&b, REC_CAP, i);
        CHECK_EQ(it->rec.addr, offset[i]);
        CHECK_EQ(it->ext.w[0], value[i]);
        CU_ASSERT(it < bench_nth(&b, REC_READ, 0));
    }
    CHECK_EQ(bench_nth(&b, REC_REG, 3)->rec.addr, 0x80);
    CHECK_EQ(bench_nth(&b, REC_REG, 3)->ext.w[0], 0x40000000442a7000);
    CHECK_EQ(bench_nth(&b, REC_REG, 3)->rec.len, 8);
    bench_down(&b);
}

/* ---- one translation ---------------------------------------------------------------------------- */

#define S1_CONFIG(sid)                                                                             \
    AT(000001, "smmuv3_config_cache_miss Config cache MISS for sid=" sid                           \
       " (hits=0, misses=1, hit rate=0)")                                                          \
    AT(000002, "smmuv3_find_ste sid=" sid " features:0x0, sid_split:0x0")                          \
    AT(000003, "smmuv3_get_ste STE addr: 0x1000")

static void a_bypassed_stream_has_a_bypass_entry(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, S1_CONFIG("0x8")
               AT(000004, "smmuv3_translate_bypass mr-1 sid=0x8 STE bypass iova:0x4c4a300c is_write=1"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_BYPASS);
    CHECK_EQ(e.pa, 0x4c4a300c);
    CHECK_EQ(e.lookups, 0);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->rec.addr, 0x1000);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->ext.w[0], 4u << 1 | 1);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.flags & REC_F_NODIR, REC_F_NODIR);
    bench_down(&b);
}

static void an_aborting_stream_is_valid_and_aborts(void)
{
    struct import_bench b;

    bench_text(&b, S1_CONFIG("8")
               AT(000004, "smmuv3_translate_abort mr-1 sid=0x8 abort on iova:0x123 is_write=0"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_ABORT);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->ext.w[0], 1);
    bench_down(&b);
}

static void a_bad_entry_is_zero_and_its_event_is_recorded(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, S1_CONFIG("0x8") "invalid STE\n"
               "mr-1 translation failed for iova=0x1234 (SMMU_EVT_C_BAD_STE)\n"
               AT(000004, "smmuv3_record_event SMMU_EVT_C_BAD_STE sid=0x8"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_FAULT);
    CHECK_EQ(e.code, 0x04);
    CHECK_EQ(e.has_pa, 0);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0x1234);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->ext.w[0], 0);
    CHECK_EQ(import_bad_lines(b.im), 0);
    bench_down(&b);
}

static void a_disabled_unit_passes_without_configuration(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, AT(000001, "smmuv3_translate_disable mr-1 sid=0x28 bypass (smmu disabled) "
                      "iova:0xfffff040 is_write=1"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.outcome, REC_O_BYPASS);
    CHECK_EQ(e.has_config, 0);
    CHECK_EQ(e.has_lookups, 0);
    bench_down(&b);
}

static void an_unrecorded_fault_is_silent_and_a_recorded_one_is_not(void)
{
    static const char fault[] = HIT LOOKUP_MISS("0x2040")
        "mr-1 translation failed for iova=0x2040 (SMMU_EVT_F_TRANSLATION)\n";
    static const char recorded[] = HIT LOOKUP_MISS("0x2040")
        "mr-1 translation failed for iova=0x2040 (SMMU_EVT_F_TRANSLATION)\n"
        AT(000006, "smmuv3_record_event SMMU_EVT_F_TRANSLATION sid=0x8");
    struct import_bench b;

    bench_text(&b, fault);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_FAULT_SILENT);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).code, 0x10);
    bench_down(&b);
    bench_text(&b, recorded);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_FAULT);
    CHECK_EQ(bench_count(&b, REC_EXPECT), 1);
    bench_down(&b);
}

/* Without -d guest_errors the log has no line of the fault but the event record. */
static void a_fault_without_its_line_takes_the_address_of_its_lookup(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_MISS("0x2040") AT(000006, "smmuv3_record_event SMMU_EVT_F_TRANSLATION sid=0x8"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_FAULT);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0x2040);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "address of a fault (taken from its lookup)"), 1);
    bench_down(&b);
}

/* Two lookups; the flush stands between the first and the second: bit 0. */
static void a_flush_belongs_to_the_lookup_before_it(void)
{
    struct import_bench b;
    struct rec_expect e;

    bench_text(&b, HIT LOOKUP_MISS("0x2040") AT(000003, "smmu_iotlb_inv_all IOTLB invalidate all")
               LOOKUP_HIT("0x3000") DONE("0x3"));
    e = bench_outcome(&b, REC_LOGGED, 0);
    CHECK_EQ(e.lookups, 2);
    CHECK_EQ(e.hits, 2);
    CHECK_EQ(e.flushes, 1);
    bench_down(&b);
}

static void a_flush_by_a_command_is_no_flush_of_a_translation(void)
{
    struct import_bench b;

    bench_text(&b, AT(000001, "smmuv3_cmdq_opcode <--- SMMU_CMD_TLBI_NSNH_ALL")
               AT(000002, "smmuv3_cmdq_tlbi_nsnh") AT(000003, "smmu_iotlb_inv_all IOTLB invalidate all")
               AT(000004, "smmuv3_cmdq_consume_out prod:1, cons:1, prod_wrap:0, cons_wrap:0 ")
               HIT LOOKUP_HIT("0x2040") DONE("0x3"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).flushes, 0);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[0], 0x30);
    CHECK_EQ(bench_count(&b, REC_DOORBELL), 1);
    bench_down(&b);
}

static void an_entry_of_one_permission_tells_the_direction(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_HIT("0x2040") DONE("0x1") HIT LOOKUP_HIT("0x2040") DONE("0x2")
               HIT LOOKUP_HIT("0x2040") DONE("0x3"));
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.flags, 0);
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.flags, 0);
    CHECK_EQ(bench_nth(&b, REC_READ, 1)->rec.flags, REC_F_NODIR);
    bench_down(&b);
}

static void a_permission_fault_of_a_read_only_page_is_a_write(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_MISS("0x2040")
               AT(000003, "smmu_get_pte baseaddr=0x7000 index=0x2, pteaddr=0x7010, pte=0x9fcb")
               AT(000003, "smmu_ptw_level stage=1 level=3 iova=0x2040 subpage_sz=0x1000 baseaddr=0x7000 "
                  "offset=2 => pte=0x9fcb")
               AT(000003, "smmu_ptw_page_pte stage=1 level=3 iova=0x2040 base@=0x7000 pte@=0x7010 "
                  "pte=0x9fcb page address = 0x9000")
               "mr-1 translation failed for iova=0x2040 (SMMU_EVT_F_PERMISSION)\n");
    CHECK_EQ(bench_count(&b, REC_WRITE), 1);
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.flags, 0);
    bench_down(&b);
}

/* Nested: the lookup of a table's address hits, that of the access missed; a write-only stage 2 leaf. */
static void a_hit_on_a_tables_address_says_nothing_of_the_access(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_MISS("0x2040")
               AT(000003, "smmu_iotlb_lookup_hit IOTLB cache HIT asid=-1 vmid=0 addr=0x7777000 hit=1 miss=1 "
                  "hit rate=50")
               AT(000003, "smmu_get_pte baseaddr=0x7000 index=0x2, pteaddr=0x7010, pte=0x9783")
               AT(000003, "smmu_ptw_level stage=2 level=3 iova=0x2040 subpage_sz=0x1000 baseaddr=0x7000 "
                  "offset=2 => pte=0x9783")
               AT(000003, "smmu_ptw_page_pte stage=2 level=3 iova=0x2040 base@=0x7000 pte@=0x7010 "
                  "pte=0x9783 page address = 0x9000")
               AT(000006, "smmuv3_record_event SMMU_EVT_F_PERMISSION sid=0x8"));
    CHECK_EQ(bench_count(&b, REC_READ), 1);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.flags, 0);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0x2040);
    bench_down(&b);
}

/* ---- configuration that changes ----------------------------------------------------------------- */

static void a_changed_entry_is_written_anew_and_an_unchanged_one_is_not(void)
{
    static const char bypass[] =
        AT(000004, "smmuv3_translate_bypass mr-1 sid=0x8 STE bypass iova:0x10 is_write=1");
    char text[4000];
    struct import_bench b;

    snprintf(text, sizeof text, "%s%s%s%s%s%s", S1_CONFIG("0x8"), bypass, S1_CONFIG("0x8"), bypass,
             S1_CONFIG("0x8"), AT(000004, "smmuv3_translate_abort mr-1 sid=0x8 abort on iova:0x10 is_write=0"));
    bench_text(&b, text);
    CHECK_EQ(bench_count(&b, REC_TABLE), 2);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->ext.w[0], 9);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 1)->ext.w[0], 1);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 1)->rec.words, 1);
    bench_down(&b);
}

static void a_stage_2_stream_is_built_from_its_walk(void)
{
    struct import_bench b;
    const struct import_item *ste;

    bench_text(&b, S1_CONFIG("0x8")
        AT(000004, "smmu_iotlb_lookup_miss IOTLB cache MISS asid=-1 vmid=3 addr=0xfffff040 hit=0 miss=1 hit rate=0")
        AT(000005, "smmu_get_pte baseaddr=0x447ba000 index=0x0, pteaddr=0x447ba000, pte=0x447c5003")
        AT(000005, "smmu_ptw_level stage=2 level=0 iova=0xfffff040 subpage_sz=0x8000000000 "
           "baseaddr=0x447ba000 offset=0 => pte=0x447c5003")
        AT(000006, "smmuv3_translate_success mr-1 sid=0x8 iova=0xfffff040 translated=0x8090040 perm=0x2 stage=2"));
    ste = bench_nth(&b, REC_TABLE, 0);
    CHECK_EQ(ste->rec.addr, 0x1000);
    CHECK_EQ(ste->ext.w[0], 6u << 1 | 1);
    CHECK_EQ(bits_get(ste->ext.w[2], 15, 0), 3);
    CHECK_EQ(bits_get(ste->ext.w[2], 39, 38), 2);
    CHECK_EQ(ste->ext.w[3], 0x447ba000);
    CHECK_EQ(bench_count(&b, REC_WRITE), 1);
    bench_down(&b);
}

/* ---- commands ----------------------------------------------------------------------------------- */

/* 7 pages from fff59000: 1 + 2 + 4. */
static void the_pieces_of_a_range_become_one_command(void)
{
    struct import_bench b;
    const uint64_t *w;

    bench_text(&b, OPCODE("TLBI_NH_VA") PIECE("0xfff59000", "0x1") PIECE("0xfff5a000", "0x2")
               PIECE("0xfff5c000", "0x4") OUT);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 1);
    w = bench_nth(&b, REC_COMMAND, 0)->ext.w;
    CHECK_EQ(w[0], 1ull << 48 | 2ull << 32 | 6u << 12 | 0x12);
    CHECK_EQ(w[1], 0xfff59000 | 1u << 10 | 3u << 8 | 1);
    CHECK_EQ(bench_count(&b, REC_DOORBELL), 1);
    bench_down(&b);
}

/* A lost line: QEMU would have cut 5 pages from fff59000 otherwise. */
static void pieces_that_make_no_range_are_one_command_each(void)
{
    struct import_bench b;

    bench_text(&b, OPCODE("TLBI_NH_VA") PIECE("0xfff59000", "0x1") PIECE("0xfff5c000", "0x4") OUT);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 2);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD,
                            "range commands whose pieces make no range (one command a piece)"), 1);
    bench_down(&b);
}

static void a_command_without_operands_is_counted_and_left_out(void)
{
    struct import_bench b;

    bench_text(&b, OPCODE("CFGI_STE") OPCODE("ATC_INV") OPCODE("TLBI_NH_VA") OPCODE("SYNC") OUT);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 1);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[0], 0x46);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "operands of SMMU_CMD_ATC_INV (not in the trace)"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "operands of SMMU_CMD_CFGI_STE (not in the trace)"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "operands of SMMU_CMD_TLBI_NH_VA (not in the trace)"), 1);
    bench_down(&b);
}

static void operands_stand_where_the_manual_has_them(void)
{
    struct import_bench b;

    bench_text(&b, OPCODE("CFGI_STE") AT(000002, "smmuv3_cmdq_cfgi_ste streamid= 0x100")
               OPCODE("CFGI_CD") AT(000002, "smmuv3_cmdq_cfgi_cd sid=0x100")
               OPCODE("CFGI_STE_RANGE") AT(000002, "smmuv3_cmdq_cfgi_ste_range start=0x0 - end=0xffffffff")
               OPCODE("TLBI_NH_ASID") AT(000002, "smmuv3_cmdq_tlbi_nh_asid asid=5")
               AT(000002, "smmu_iotlb_inv_asid_vmid IOTLB invalidate asid=5 vmid=6")
               OPCODE("TLBI_S12_VMALL") AT(000002, "smmuv3_cmdq_tlbi_s12_vmid vmid=7")
               OPCODE("TLBI_NH_ALL") AT(000002, "smmuv3_cmdq_tlbi_nh vmid=8") OUT);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 6);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[0], 0x10000000003);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 1)->ext.w[0], 0x10000000005);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 2)->ext.w[1], 31);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 3)->ext.w[0], 5ull << 48 | 6ull << 32 | 0x11);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 4)->ext.w[0], 7ull << 32 | 0x28);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 5)->ext.w[0], 8ull << 32 | 0x10);
    bench_down(&b);
}

/* ---- prefixes and versions ---------------------------------------------------------------------- */

static void the_three_prefixes_give_the_same_records(void)
{
    static const char *const logs[] = {
        "9@1795200502.000001:smmuv3_config_cache_hit Config cache HIT for sid=0x8 (hits=1, misses=1, hit rate=50)\n"
        "9@1795200502.000003:smmuv3_translate_bypass mr sid=0x8 STE bypass iova:0x10 is_write=1\n",
        "smmuv3_config_cache_hit Config cache HIT for sid=0x8 (hits=1, misses=1, hit rate=50)\n"
        "smmuv3_translate_bypass mr sid=0x8 STE bypass iova:0x10 is_write=1\n",
        "2026-11-20T19:08:22.000001Z smmuv3_config_cache_hit Config cache HIT for sid=0x8 (hits=1, misses=1, hit rate=50)\n"
        "2026-11-20T19:08:22.000003Z vm0 smmuv3_translate_bypass mr sid=0x8 STE bypass iova:0x10 is_write=1\n",
    };

    for (size_t i = 0; i < 3; i++) {
        struct import_bench b;
        bench_text(&b, logs[i]);
        CHECK_EQ(b.rc, 0);
        CHECK_EQ(import_bad_lines(b.im), 0);
        CHECK_EQ(b.n, 2);
        CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_BYPASS);
        bench_down(&b);
    }
}

/* 2026-11-20T19:08:22Z is second 1795201702 of the epoch (date -u). */
static void an_iso_time_is_the_epochs(void)
{
    struct import_bench b;

    bench_text(&b, "1@1795201702.000000:smmu_reset_exit \n2026-11-20T19:08:22.000007Z smmu_reset_exit\n");
    CHECK_EQ(bench_nth(&b, REC_MARKER, 1)->rec.time, 7);
    bench_down(&b);
}

static void lines_of_qemu_7_2_are_read(void)
{
    struct import_bench b;

    bench_text(&b, HIT
        AT(000002, "smmu_iotlb_lookup_miss IOTLB cache MISS asid=1 addr=0xfffff000 hit=0 miss=1 hit rate=0")
        AT(000003, "smmu_get_pte baseaddr=0x48258000 index=0x0, pteaddr=0x48258000, pte=0x42718003")
        AT(000003, "smmu_ptw_level level=0 iova=0xfffff000 subpage_sz=0x8000000000 baseaddr=0x48258000 "
           "offset=0 => pte=0x42718003")
        AT(000004, "smmu_iotlb_insert IOTLB ++ asid=1 addr=0xfffff000 tg=1 level=3")
        AT(000005, "smmuv3_translate_success mr-1 sid=0x8 iova=0xfffff040 translated=0x8090040 perm=0x3")
        OPCODE("TLBI_NH_VA") AT(000002, "smmuv3_s1_range_inval vmid=0 asid=1 addr=0xfff80000 tg=1 "
                                "num_pages=0x20 ttl=3 leaf=1")
        OPCODE("TLBI_NH_ALL") AT(000002, "smmuv3_cmdq_tlbi_nh ") OUT);
    CHECK_EQ(import_bad_lines(b.im), 0);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0xfffff040);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).pa, 0x8090040);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->note.stage, 1);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[0], 1ull << 48 | 5u << 20 | 0x12);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 1)->ext.w[0], 0x10);
    bench_down(&b);
}

static void time_is_counted_from_the_first_record(void)
{
    struct import_bench b;

    bench_text(&b, AT(000100, "smmu_reset_exit ") AT(000350, "smmu_reset_exit "));
    CHECK_EQ(bench_nth(&b, REC_MARKER, 0)->rec.time, 0);
    CHECK_EQ(bench_nth(&b, REC_MARKER, 1)->rec.time, 250);
    bench_down(&b);
}

static void time_that_goes_back_stands_still_and_is_told(void)
{
    struct import_bench b;

    bench_text(&b, AT(000100, "smmu_reset_exit ") AT(000350, "smmu_reset_exit ") AT(000200, "smmu_reset_exit "));
    CHECK_EQ(bench_nth(&b, REC_MARKER, 2)->rec.time, 250);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "records whose time went back (given the time before)"), 1);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(the_sample_has_every_translation_and_lookup)                                                 \
    T(the_sample_has_every_command_with_operands)                                                  \
    T(the_sample_has_each_change_of_a_descriptor_once)                                             \
    T(the_first_translation_builds_its_stream)                                                     \
    T(identification_registers_come_before_the_first_access)                                       \
    T(a_bypassed_stream_has_a_bypass_entry)                                                        \
    T(an_aborting_stream_is_valid_and_aborts)                                                      \
    T(a_bad_entry_is_zero_and_its_event_is_recorded)                                               \
    T(a_disabled_unit_passes_without_configuration)                                                \
    T(an_unrecorded_fault_is_silent_and_a_recorded_one_is_not)                                     \
    T(a_fault_without_its_line_takes_the_address_of_its_lookup)                                    \
    T(a_flush_belongs_to_the_lookup_before_it)                                                     \
    T(a_flush_by_a_command_is_no_flush_of_a_translation)                                           \
    T(an_entry_of_one_permission_tells_the_direction)                                              \
    T(a_permission_fault_of_a_read_only_page_is_a_write)                                           \
    T(a_hit_on_a_tables_address_says_nothing_of_the_access)                                        \
    T(a_changed_entry_is_written_anew_and_an_unchanged_one_is_not)                                 \
    T(a_stage_2_stream_is_built_from_its_walk)                                                     \
    T(the_pieces_of_a_range_become_one_command)                                                    \
    T(pieces_that_make_no_range_are_one_command_each)                                              \
    T(a_command_without_operands_is_counted_and_left_out)                                          \
    T(operands_stand_where_the_manual_has_them)                                                    \
    T(the_three_prefixes_give_the_same_records)                                                    \
    T(an_iso_time_is_the_epochs)                                                                   \
    T(lines_of_qemu_7_2_are_read)                                                                  \
    T(time_is_counted_from_the_first_record)                                                       \
    T(time_that_goes_back_stands_still_and_is_told)
TEST_SUITE("import_smmuv3", TESTS)
