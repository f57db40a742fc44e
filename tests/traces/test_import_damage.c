/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs that are cut, mixed up or no logs at all, and what an import leaves behind.
 */
#include "suite.h"

#include <unistd.h>

#include "base/sim.h"
#include "import_bench.h"
#include "smmuv3_lines.h"

#define SAMPLE SOURCE_DIR "/traces/samples/smmuv3-nvme-strict-cut.qemu.log.zst"

/* ---- damage ------------------------------------------------------------------------------------- */

static void a_cut_last_line_is_told_and_not_used(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_HIT("0x2040") DONE("0x3") "77@1795200503.000001:smmuv3_config_cache_hit Config cache HIT for sid=0x10");
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_bad_lines(b.im), 1);
    CHECK_EQ(bench_count(&b, REC_EXPECT), 1);
    bench_down(&b);
}

static void two_lines_in_one_are_told(void)
{
    struct import_bench b;

    bench_text(&b, HIT "77@1795200502.000002:smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 vmid=0 addr=0x20"
               "77@1795200502.000003:smmuv3_trigger_irq irq=0\n" DONE("0x3"));
    CHECK_EQ(import_bad_lines(b.im), 1);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).lookups, 0);
    bench_down(&b);
}

static void an_idle_line_does_not_swallow_another(void)
{
    struct import_bench b;

    bench_text(&b, HIT "77@1795200502.000002:smmu_config_cache_inv Config cache INV for sid=0x8"
               "77@1795200502.000003:smmuv3_trigger_irq irq=0\n" DONE("0x3"));
    CHECK_EQ(import_bad_lines(b.im), 1);
    bench_down(&b);
}

static void garbage_nuls_and_long_lines_are_counted_with_their_numbers(void)
{
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG + 4000);
    size_t n;
    struct import_bench b;
    FILE *report;
    char found[4000] = "";

    n = (size_t)sprintf(text, HIT LOOKUP_HIT("0x2040") DONE("0x3") "\x80\xff\x01 rubbish\n");
    memset(text + n, 'y', LONG);
    n += LONG;
    n += (size_t)sprintf(text + n, "\n");
    memcpy(text + n, "smmu_re\0set\n", 12);
    n += 12;
    n += (size_t)sprintf(text + n, HIT LOOKUP_HIT("0x2040") DONE("0x3"));
    bench_up(&b);
    bench_add(&b, "test.log", text, n);
    bench_run(&b);
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_bad_lines(b.im), 3);
    CHECK_EQ(bench_count(&b, REC_EXPECT), 2);
    report = fmemopen(found, sizeof found, "w");
    import_report(b.im, report);
    fclose(report);
    CU_ASSERT_PTR_NOT_NULL(strstr(found, "test.log:4: not understood: ??? rubbish"));
    CU_ASSERT_PTR_NOT_NULL(strstr(found, "test.log:5: too long"));
    CU_ASSERT_PTR_NOT_NULL(strstr(found, "test.log:6: holds a NUL byte"));
    bench_down(&b);
    free(text);
}

static void carriage_returns_do_no_harm(void)
{
    struct import_bench b;

    bench_text(&b, "smmu_reset_exit \r\n"
               "smmuv3_translate_disable mr-1 sid=0x28 bypass (smmu disabled) iova:0x40 is_write=1\r\n");
    CHECK_EQ(import_bad_lines(b.im), 0);
    CHECK_EQ(bench_count(&b, REC_EXPECT), 1);
    bench_down(&b);
}

static void lines_of_other_devices_are_no_damage(void)
{
    struct import_bench b;

    bench_text(&b, "gicv3_dist_read: invalid guest read at offset 000000000000000c size 4\n"
               AT(000001, "smmu_reset_exit "));
    CHECK_EQ(import_bad_lines(b.im), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_IDLE, "lines of another device: gicv3_dist_read"), 1);
    bench_down(&b);
}

static void a_translation_whose_end_is_missing_has_no_outcome(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_HIT("0x2040") HIT LOOKUP_HIT("0x2040") DONE("0x3"));
    CHECK_EQ(bench_count(&b, REC_EXPECT), 2);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_NONE);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).outcome, REC_O_OK);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "translations without an end (outcome not known)"), 1);
    bench_down(&b);
}

static void an_end_of_another_stream_is_not_taken_for_this_one(void)
{
    struct import_bench b;

    bench_text(&b, HIT LOOKUP_HIT("0x2040")
               AT(000005, "smmuv3_translate_success mr-2 sid=0x10 iova=0x70 translated=0x80 perm=0x3 stage=1"));
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_NONE);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).outcome, REC_O_OK);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 1).has_lookups, 0);
    bench_down(&b);
}

static void an_empty_file_and_an_unknown_one_are_errors(void)
{
    struct import_bench b;

    bench_text(&b, "");
    CHECK_EQ(b.rc, SIM_EINPUT);
    CHECK_STR(b.diag.msg[0].text, "is empty; expected a captured log");
    bench_down(&b);
    bench_text(&b, "hello\nworld\n");
    CHECK_EQ(b.rc, SIM_EINPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "smmuv3_*"));
    bench_down(&b);
    bench_text(&b, AT(000001, "smmu_add_mr mr-1"));
    CHECK_EQ(b.rc, SIM_EINPUT);
    bench_down(&b);
}

static void two_logs_of_one_side_are_an_error(void)
{
    static const char log[] = AT(000001, "smmu_reset_exit ");
    struct import_bench b;

    bench_up(&b);
    bench_add(&b, "a.log", log, sizeof log - 1);
    bench_add(&b, "b.log", log, sizeof log - 1);
    CHECK_EQ(b.rc, SIM_EINPUT);
    CHECK_STR(b.diag.msg[0].file, "b.log");
    bench_down(&b);
}

/* ---- into a file -------------------------------------------------------------------------------- */

static int read_back(const char *path, uint64_t *records, uint64_t *expects, struct diag *d)
{
    struct trace_reader *r = trace_open(path, d);
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n;
    int rc = SIM_EINPUT;

    while (r && (rc = trace_next(r, &rec, &ext, &n)) == 0 && n)
        for (size_t i = 0; i < n; i++, ++*records)
            *expects += rec[i].kind == REC_EXPECT;
    if (r)
        trace_close(r);
    return rc;
}

static void the_sample_becomes_a_trace_that_reads_back(void)
{
    char dir[] = "/tmp/test_import.XXXXXX", path[64];
    struct import_options opt = { .out = path };
    uint64_t records = 0, expects = 0, made = 0;
    struct import *im;
    struct diag d;

    diag_init(&d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.trc", dir);
    im = import_new(&opt, &d);
    CHECK_EQ(import_add_file(im, SAMPLE), 0);
    CHECK_EQ(import_run(im), 0);
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        made += import_records(im, k);
    CHECK_EQ(read_back(path, &records, &expects, &d), 0);
    CHECK_EQ(records, made);
    CHECK_EQ(expects, 7592);
    import_free(im);
    remove(path);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    diag_destroy(&d);
}

static void a_failed_import_leaves_no_file(void)
{
    static const char nothing[] = AT(000001, "smmu_add_mr mr-1");
    char dir[] = "/tmp/test_import.XXXXXX", path[64];
    struct import_options opt = { .out = path };
    struct import *im;
    struct diag d;

    diag_init(&d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.trc", dir);
    im = import_new(&opt, &d);
    CHECK_EQ(import_add_memory(im, "x", nothing, sizeof nothing - 1), 0);
    CHECK_EQ(import_run(im), SIM_EINPUT);
    import_free(im);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    diag_destroy(&d);
}

#define TESTS(T)                                                                                   \
    T(a_cut_last_line_is_told_and_not_used)                                                         \
    T(two_lines_in_one_are_told)                                                                    \
    T(an_idle_line_does_not_swallow_another)                                                        \
    T(garbage_nuls_and_long_lines_are_counted_with_their_numbers)                                   \
    T(carriage_returns_do_no_harm)                                                                  \
    T(lines_of_other_devices_are_no_damage)                                                         \
    T(a_translation_whose_end_is_missing_has_no_outcome)                                            \
    T(an_end_of_another_stream_is_not_taken_for_this_one)                                           \
    T(an_empty_file_and_an_unknown_one_are_errors)                                                  \
    T(two_logs_of_one_side_are_an_error)                                                            \
    T(the_sample_becomes_a_trace_that_reads_back)                                                   \
    T(a_failed_import_leaves_no_file)
TEST_SUITE("import_damage", TESTS)
