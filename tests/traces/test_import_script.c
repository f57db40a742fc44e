/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected figures of the sample were counted by a few lines of Python over its JSON and its log.
 */
#include "suite.h"

#include "base/bits.h"
#include "base/sim.h"
#include "import_bench.h"
#include "traces/import/u64map.h"

#define SAMPLE SOURCE_DIR "/traces/samples/smmuv3-synth-forgotten-inval-cut"

static void sample(struct import_bench *b, bool script, bool log)
{
    bench_up(b);
    if (script)
        bench_add_file(b, SAMPLE ".script.jsonl.zst");
    if (log)
        bench_add_file(b, SAMPLE ".qemu.log.zst");
    bench_run(b);
    CHECK_EQ(b->rc, 0);
}

struct sums { unsigned outcome[8], source[3], code[256], deviations, details; uint64_t lookups, hits; };

static struct sums sum_of(const struct import_bench *b, unsigned source)
{
    struct sums s = { 0 };

    for (size_t i = 0; i < b->n; i++) {
        struct rec_expect e;
        if (b->item[i].rec.kind != REC_EXPECT)
            continue;
        rec_expect_unpack(&b->item[i].ext, &e);
        s.source[e.source]++;
        if (e.source != source)
            continue;
        s.outcome[e.outcome]++;
        s.code[e.code]++;
        s.lookups += e.lookups;
        s.hits += (uint64_t)__builtin_popcount(e.hits);
        s.deviations += e.deviation != 0;
        s.details += e.has_detail;
    }
    return s;
}

static void every_outcome_of_the_sample_is_there(void)
{
    struct import_bench b;
    struct sums s;

    sample(&b, true, true);
    s = sum_of(&b, REC_INTENDED);
    CHECK_EQ(s.source[REC_LOGGED], 1503);
    CHECK_EQ(s.source[REC_INTENDED], 1503);
    CHECK_EQ(s.source[REC_ALLOWED], 717);
    CHECK_EQ(s.outcome[REC_O_OK], 901);
    CHECK_EQ(s.outcome[REC_O_BYPASS], 22);
    CHECK_EQ(s.outcome[REC_O_ABORT], 10);
    CHECK_EQ(s.outcome[REC_O_FAULT], 435 + 92 + 20 + 14 + 9);
    CHECK_EQ(s.code[0x10], 435);
    s = sum_of(&b, REC_LOGGED);
    CHECK_EQ(s.outcome[REC_O_OK], 928);
    CHECK_EQ(s.outcome[REC_O_BYPASS], 21);
    CHECK_EQ(s.outcome[REC_O_ABORT], 58);
    CHECK_EQ(s.outcome[REC_O_FAULT_SILENT], 7);
    CHECK_EQ(s.code[0x13], 82);
    CHECK_EQ(s.lookups, 2026);
    CHECK_EQ(s.hits, 1044);
    CHECK_EQ(s.deviations, 19);
    CHECK_EQ(s.details, 476);
    bench_down(&b);
}

static void queue_entries_are_commands_and_all_else_is_memory(void)
{
    struct import_bench b;

    sample(&b, true, true);
    CHECK_EQ(bench_count(&b, REC_COMMAND), 179);
    CHECK_EQ(bench_count(&b, REC_DOORBELL), 76);
    CHECK_EQ(bench_count(&b, REC_TABLE), 5588 - 358);
    CHECK_EQ(bench_count(&b, REC_MARKER), 90);
    CHECK_EQ(bench_count(&b, REC_REG), 90 - 77 - 1 - 2 - 1);   /* without the queues' pointers */
    CHECK_EQ(bench_count(&b, REC_CAP), 1);            /* IDR5: such scripts are for 44-bit addresses */
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[0], 0x04);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[1], 0x1f);
    CHECK_EQ(bench_nth(&b, REC_TABLE, 0)->rec.flags, 0);
    bench_down(&b);
}

static void directions_and_lengths_are_the_scripts(void)
{
    size_t nodir = 0, with_len = 0;
    struct import_bench b;

    sample(&b, true, true);
    for (size_t i = 0; i < b.n; i++)
        if (b.item[i].rec.kind <= REC_WRITE) {
            nodir += (b.item[i].rec.flags & REC_F_NODIR) != 0;
            with_len += b.item[i].rec.len != 0;
        }
    CHECK_EQ(nodir, 0);
    CHECK_EQ(with_len, 1497);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "script without its end: cut"), 1);
    bench_down(&b);
}

/* The index of the n-th access. */
static size_t access_at(const struct import_bench *b, size_t n)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].rec.kind <= REC_WRITE && n-- == 0)
            return i;
    return 0;
}

/* DMA 87: stage 2 only, a hit without write permission, which QEMU does not record. */
static void a_deviation_has_its_name_and_both_outcomes(void)
{
    struct import_bench b;
    struct rec_expect logged, intended;
    size_t i = 0;

    sample(&b, true, true);
    for (i = 0; i < b.n; i++)
        if (b.item[i].rec.kind == REC_WRITE && b.item[i].rec.addr == 0x849e89a894)
            break;
    CU_ASSERT_FATAL(i + 2 < b.n);
    rec_expect_unpack(&b.item[i + 1].ext, &logged);
    rec_expect_unpack(&b.item[i + 2].ext, &intended);
    CHECK_EQ(logged.source, REC_LOGGED);
    CHECK_EQ(logged.outcome, REC_O_FAULT_SILENT);
    CHECK_EQ(logged.lookups, 1);
    CHECK_EQ(logged.hits, 1);
    CHECK_EQ(logged.deviation, import_string(b.im, "s2-only-permission-on-hit-unrecorded"));
    CHECK_EQ(intended.source, REC_INTENDED);
    CHECK_EQ(intended.outcome, REC_O_FAULT);
    CHECK_EQ(intended.code, 0x13);
    CHECK_EQ(intended.stage2, 1);
    CHECK_EQ(intended.cls, 2);
    CHECK_EQ(intended.ipa, 0x849e89a894);
    CHECK_EQ(import_stream_sid(b.im, b.item[i].rec.stream), 514);
    bench_down(&b);
}

static void without_the_log_the_scripts_own_word_is_taken(void)
{
    struct import_bench b;
    struct sums s;

    sample(&b, true, false);
    s = sum_of(&b, REC_LOGGED);
    CHECK_EQ(s.outcome[REC_O_OK], 928);
    CHECK_EQ(s.outcome[REC_O_ABORT], 58);
    CHECK_EQ(s.lookups, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS,
                            "lookups, their hits and the times of the DMAs (no log)"), 1500);
    bench_down(&b);
}

/* ---- the log importer's reconstruction against what the script wrote ----------------------------- */

/* Words whose every bit a log can show; of an STE and a CD, the word that holds a table's address. */
static bool comparable(const struct import_item *it, unsigned word, uint64_t value)
{
    unsigned at = (unsigned)(it->rec.addr / 8 + word) % 8;

    if (it->note.kind == NOTE_STE)
        return at == 3 || (at == 0 && value != 0);
    if (it->note.kind == NOTE_CD)
        return at == 1 || at == 2;
    return true;
}

static void what_a_log_shows_of_memory_is_what_was_written(void)
{
    enum { SETUP = 10 };           /* accesses in the log before the script begins */
    struct import_bench script, log;
    struct u64map memory = { 0 };
    size_t s = 0, accesses = 0, compared = 0, wrong = 0;

    sample(&script, true, true);
    sample(&log, false, true);
    for (size_t i = 0; i < log.n; i++) {
        const struct import_item *it = &log.item[i];
        accesses += it->rec.kind <= REC_WRITE;
        if (it->rec.kind != REC_TABLE || accesses < SETUP)
            continue;
        for (size_t end = access_at(&script, accesses - SETUP); s < end; s++)
            for (unsigned w = 0; script.item[s].rec.kind == REC_TABLE && w < script.item[s].rec.words; w++)
                *u64map_at(&memory, script.item[s].rec.addr + 8 * w) = script.item[s].ext.w[w];
        for (unsigned w = 0; w < it->rec.words; w++) {
            const uint64_t *written = u64map_find(&memory, it->rec.addr + 8 * w);
            if (!comparable(it, w, it->ext.w[w]))
                continue;
            compared++;
            wrong += it->ext.w[w] != (written ? *written : 0);
        }
    }
    CHECK_EQ(wrong, 0);
    CU_ASSERT(compared > 300);
    u64map_destroy(&memory);
    bench_down(&script);
    bench_down(&log);
}

/* ---- small scripts ------------------------------------------------------------------------------ */

#define HEAD "{\"t\":\"head\",\"kind\":\"k\",\"seed\":1,\"iommu\":\"smmuv3\"}\n"
#define VTD_HEAD "{\"t\":\"head\",\"iommu\":\"vtd\",\"cap\":\"0xd2008c222f0606\",\"ecap\":\"0xf42\"}\n"
#define REG(off, v, size) "{\"t\":\"reg\",\"off\":\"" off "\",\"v\":\"" v "\",\"size\":" size "}\n"
#define W(a, v) "{\"t\":\"w\",\"a\":\"" a "\",\"v\":\"" v "\"}\n"
#define CMD(name) "{\"t\":\"cmd\",\"name\":\"" name "\"}\n"

static void a_vtd_script_has_its_capabilities_and_long_descriptors(void)
{
    struct import_bench b;

    bench_text(&b, VTD_HEAD REG("0x90", "0x1001800", "8")
               CMD("pc-pasid") W("0x1001000", "0x7") W("0x1001008", "0x1") W("0x1001010", "0x2")
               W("0x1001018", "0x3") REG("0x88", "0x20", "8"));
    CHECK_EQ(bench_nth(&b, REC_CAP, 0)->rec.addr, 0x08);
    CHECK_EQ(bench_nth(&b, REC_CAP, 0)->ext.w[0], 0xd2008c222f0606);
    CHECK_EQ(bench_nth(&b, REC_CAP, 1)->rec.addr, 0x10);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->rec.words, 4);
    CHECK_EQ(bench_nth(&b, REC_COMMAND, 0)->ext.w[3], 3);
    CHECK_EQ(bench_count(&b, REC_TABLE), 0);
    CHECK_EQ(bench_count(&b, REC_DOORBELL), 1);
    bench_down(&b);
}

static void a_unit_in_scalable_mode_uses_rid_pasid(void)
{
    struct import_bench b;

    bench_text(&b, "{\"t\":\"head\",\"iommu\":\"vtd\",\"cap\":\"0xd2008c222f0606\",\"ecap\":\"0x480080000f42\"}\n");
    CHECK_EQ(bench_nth(&b, REC_CAP, 1)->ext.w[0], 0x480080000f42 | 1ull << 49);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "ECAP.RPS, which the source acts by and does not announce"), 1);
    bench_down(&b);
}

static void commands_wait_for_the_pointer(void)
{
    struct import_bench b;

    bench_text(&b, HEAD REG("0x90", "0x4000000040000008", "8")
               CMD("SYNC") W("0x40000000", "0x46") W("0x40000008", "0x0")
               W("0x80000000", "0x1") REG("0x98", "0x1", "4") REG("0x98", "0x1", "4"));
    CHECK_EQ(bench_count(&b, REC_COMMAND), 1);
    CU_ASSERT(bench_nth(&b, REC_TABLE, 0) < bench_nth(&b, REC_COMMAND, 0));
    CHECK_EQ(bench_count(&b, REC_DOORBELL), 1);
    bench_down(&b);
}

static void odd_queue_words_are_told(void)
{
    struct import_bench b;

    bench_text(&b, HEAD REG("0x90", "0x40000008", "8") W("0x40000000", "0x46")
               CMD("SYNC") W("0x40000010", "0x46") REG("0x98", "0x1", "4") CMD("SYNC"));
    CHECK_EQ(bench_count(&b, REC_COMMAND), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "words of the command queue that no command explains"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "commands with too few words (left out)"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "commands never given to the unit (left out)"), 1);
    bench_down(&b);
}

static void damaged_lines_are_counted_and_the_rest_is_read(void)
{
    struct import_bench b;

    bench_text(&b, HEAD "{\"t\":\"w\",\"a\":\"0x10\"\n" "nonsense\n" "[1,2]\n" "{\"t\":\"what\"}\n"
               "{\"t\":\"w\",\"a\":\"0x11\",\"v\":\"0x1\"}\n" "{\"t\":\"w\",\"a\":-8,\"v\":1}\n"
               "{\"t\":\"w\",\"a\":\"0x10\",\"v\":\"zz\"}\n"
               "{\"t\":\"dma\",\"n\":1,\"sid\":1,\"iova\":\"0x1\",\"len\":4,\"dir\":\"q\"}\n"
               W("0x10", "0x1") "{\"t\":\"w\",\"a\":\"0x1");
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_bad_lines(b.im), 9);
    CHECK_EQ(bench_count(&b, REC_TABLE), 1);
    bench_down(&b);
}

static void a_last_line_without_line_feed_counts_if_it_is_whole(void)
{
    struct import_bench b;

    bench_text(&b, HEAD W("0x10", "0x1") "{\"t\":\"end\",\"dmas\":0,\"lines\":0}");
    CHECK_EQ(import_bad_lines(b.im), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "script without its end: cut"), 0);
    bench_down(&b);
}

static void a_script_and_a_log_of_two_architectures_are_an_error(void)
{
    static const char log[] = "1@1.000001:smmu_reset_exit \n";
    struct import_bench b;

    bench_up(&b);
    bench_add(&b, "s.jsonl", VTD_HEAD, sizeof VTD_HEAD - 1);
    bench_add(&b, "q.log", log, sizeof log - 1);
    bench_run(&b);
    CHECK_EQ(b.rc, SIM_EINPUT);
    bench_down(&b);
}

/* The log ends before the DMA's lines. */
static void a_log_too_short_is_told(void)
{
    static const char log[] = "1@1.000001:smmu_reset_exit \n";
    static const char script[] = HEAD
        "{\"t\":\"dma\",\"n\":1,\"sid\":1,\"iova\":\"0x1000\",\"len\":4,\"dir\":\"r\","
        "\"expect\":[{\"at\":\"0x1000\",\"pa\":\"0x2000\"}],\"got\":[],\"log\":[5,3]}\n";
    struct import_bench b;

    bench_up(&b);
    bench_add(&b, "s.jsonl", script, sizeof script - 1);
    bench_add(&b, "q.log", log, sizeof log - 1);
    bench_run(&b);
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "DMAs whose lines are not in the log"), 1);
    CHECK_EQ(bench_outcome(&b, REC_INTENDED, 0).pa, 0x2000);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, 255);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(every_outcome_of_the_sample_is_there)                                                        \
    T(queue_entries_are_commands_and_all_else_is_memory)                                           \
    T(directions_and_lengths_are_the_scripts)                                                      \
    T(a_deviation_has_its_name_and_both_outcomes)                                                  \
    T(without_the_log_the_scripts_own_word_is_taken)                                               \
    T(what_a_log_shows_of_memory_is_what_was_written)                                              \
    T(a_vtd_script_has_its_capabilities_and_long_descriptors) T(a_unit_in_scalable_mode_uses_rid_pasid)                                      \
    T(commands_wait_for_the_pointer)                                                               \
    T(odd_queue_words_are_told)                                                                    \
    T(damaged_lines_are_counted_and_the_rest_is_read)                                              \
    T(a_last_line_without_line_feed_counts_if_it_is_whole)                                         \
    T(a_script_and_a_log_of_two_architectures_are_an_error)                                        \
    T(a_log_too_short_is_told)
TEST_SUITE("import_script", TESTS)
