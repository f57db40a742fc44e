/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting, verifying, cutting and printing traces.
 */
#include "suite.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/sim.h"
#include "traces/export_text.h"
#include "traces/format.h"
#include "traces/trace_tools.h"

struct bench {
    char dir[64], path[96], out[96];
    struct diag diag;
    struct trace_writer *w;
    uint64_t time;
};

static void up(struct bench *b)
{
    const struct trace_header head = { .raw_arch = TRACE_ARCH_SMMUV3, .time_unit_ps = 1000,
                                       .source = "a \"test\"" };

    *b = (struct bench){ 0 };
    strcpy(b->dir, "/tmp/test_tools.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/t.trc", b->dir);
    snprintf(b->out, sizeof b->out, "%s/out.trc", b->dir);
    diag_init(&b->diag);
    b->w = trace_writer_open(b->path, &head, 3, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->w);
    trace_writer_stream(b->w, 0x100, "nic");
    trace_writer_stream(b->w, 0x200, NULL);
}

static void down(struct bench *b)
{
    unlink(b->path);
    unlink(b->out);
    CU_ASSERT_EQUAL(rmdir(b->dir), 0);
    diag_destroy(&b->diag);
}

static void put(struct bench *b, struct rec r, const uint64_t *words)
{
    struct rec_ext x = { { 0 } };

    r.time = b->time += 10;
    if (r.words)
        memcpy(x.w, words, r.words * sizeof *words);
    CHECK_EQ(trace_write(b->w, &r, &x), 0);
}

static void put_expect(struct bench *b, const struct rec_expect *e, struct rec r)
{
    struct rec_ext x;

    r.kind = REC_EXPECT;
    r.words = rec_expect_pack(e, &x);
    put(b, r, x.w);
}

static void end(struct bench *b)
{
    CHECK_EQ(trace_writer_close(b->w), 0);
    CU_ASSERT_FATAL(diag_empty(&b->diag));
}

/* ---- counts ----------------------------------------------------------------------------------------- */

static void records_bytes_and_pages_are_counted_per_stream(void)
{
    struct bench b;
    struct trace_reader *r;
    struct trace_stats s;

    up(&b);
    put(&b, (struct rec){ .addr = 0x1ff0, .len = 0x20, .kind = REC_READ }, NULL);       /* 2 pages */
    put(&b, (struct rec){ .addr = 0x1000, .len = 0, .kind = REC_WRITE }, NULL);         /* known one */
    put(&b, (struct rec){ .addr = 0x5000, .len = 4096, .kind = REC_WRITE }, NULL);
    put(&b, (struct rec){ .addr = 0x1000, .len = 8, .stream = 1, .kind = REC_READ }, NULL);
    put(&b, (struct rec){ .stream = REC_NO_STREAM, .kind = REC_COMMAND, .words = 2 },
        (uint64_t[]){ 1, 2 });
    end(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(trace_stats(r, true, NULL, &s, &b.diag), 0);
    CHECK_EQ(s.records, 5);
    CHECK_EQ(s.streams, 2);
    CHECK_EQ(s.stream[0].by_kind[REC_READ], 1);
    CHECK_EQ(s.stream[0].by_kind[REC_WRITE], 2);
    CHECK_EQ(s.stream[0].bytes, 0x20 + 4096);
    CHECK_EQ(s.stream[0].pages, 3);
    CHECK_EQ(s.stream[1].pages, 1);
    CHECK_EQ(trace_stream_records(&s.stream[0]), 3);
    CHECK_EQ(trace_stream_records(&s.stream[2]), 1);
    trace_stats_free(&s);
    trace_close(r);
    down(&b);
}

static void more_pages_than_are_kept_are_estimated_within_a_percent(void)
{
    const uint64_t pages = 3 * (uint64_t)TRACE_PAGES_MAX;
    struct bench b;
    struct trace_reader *r;
    struct trace_stats s;

    up(&b);
    for (uint64_t i = 0; i < pages; i++)
        put(&b, (struct rec){ .addr = i << 12, .len = 64, .stream = i % 4 == 0 }, NULL);
    end(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(trace_stats(r, true, NULL, &s, &b.diag), 0);
    CHECK_EQ(s.pages_level, 2);
    CU_ASSERT(s.stream[0].pages > pages * 3 / 4 * 99 / 100 && s.stream[0].pages < pages * 3 / 4 * 101 / 100);
    CU_ASSERT(s.stream[1].pages > pages / 4 * 99 / 100 && s.stream[1].pages < pages / 4 * 101 / 100);
    trace_stats_free(&s);
    trace_close(r);
    down(&b);
}

static void a_whole_trace_verifies_and_a_damaged_one_does_not(void)
{
    struct trace_info info;
    struct bench b;
    FILE *f;

    up(&b);
    for (uint64_t i = 0; i < 100000; i++)
        put(&b, (struct rec){ .addr = i * i, .len = 64 }, NULL);
    end(&b);
    CHECK_EQ(trace_verify(b.path, NULL, &info, &b.diag), 0);
    CHECK_EQ(info.records, 100000);
    CU_ASSERT(diag_empty(&b.diag));
    f = fopen(b.path, "r+b");
    fseek(f, (long)info.bytes / 2, SEEK_SET);
    fputc(0x55, f);
    fputc(0xaa, f);
    fclose(f);
    CHECK_EQ(trace_verify(b.path, NULL, &info, &b.diag), SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    down(&b);
}

/* ---- cut -------------------------------------------------------------------------------------------- */

/* 3 frames: record 10 k is a MAP, every other one a read, which a logged outcome follows. */
static void mixed_trace(struct bench *b)
{
    const struct rec_expect hit = { .outcome = REC_O_OK, .has_pa = true, .pa = 77, .has_lookups = true,
                                    .lookups = 1, .hits = 1, .has_config = true, .config_hit = true };

    put(b, (struct rec){ .kind = REC_MARKER, .words = 1, .stream = REC_NO_STREAM },
        (uint64_t[]){ trace_writer_string(b->w, "begin") });
    for (uint64_t i = 1; i < 150000; i++)
        if (i % 10 == 0)
            put(b, (struct rec){ .addr = i << 12, .kind = REC_MAP, .words = 2 }, (uint64_t[]){ i, 4096 });
        else if (i % 2)
            put(b, (struct rec){ .addr = i, .len = 64, .kind = REC_READ, .stream = 1 }, NULL);
        else
            put_expect(b, &hit, (struct rec){ .addr = i - 1, .stream = 1 });
}

struct piece {
    uint64_t by_kind[REC_KIND_COUNT], first_access, with_lookups;
};

static struct piece read_piece(struct bench *b, const char *path)
{
    struct trace_reader *r = trace_open(path, &b->diag);
    struct piece p = { .first_access = ~0ull };
    const struct rec_ext *ext;
    const struct rec *rec;
    size_t n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    while (trace_next(r, &rec, &ext, &n) == 0 && n)
        for (size_t i = 0; i < n; i++) {
            struct rec_expect e;

            p.by_kind[rec[i].kind]++;
            if (rec[i].kind == REC_READ && p.first_access == ~0ull)
                p.first_access = rec[i].addr;
            if (rec[i].kind == REC_EXPECT) {
                rec_expect_unpack(ext, &e);
                CHECK_EQ(e.pa, 77);
                p.with_lookups += e.has_lookups || e.has_config;
            }
            ext += rec[i].words != 0;
        }
    CHECK_STR(trace_string(r, trace_streams(r)[0].name), "nic");
    CHECK_EQ(trace_streams(r)[1].sid, 0x200);
    trace_close(r);
    return p;
}

static void a_piece_keeps_the_state_before_it_and_no_access(void)
{
    struct trace_cut done;
    struct bench b;
    struct piece p;

    up(&b);
    mixed_trace(&b);
    end(&b);
    CHECK_EQ(trace_cut(b.path, b.out, 140002, 140011, NULL, &done, &b.diag), 0);
    CU_ASSERT(diag_empty(&b.diag));
    /* Not 140002, the outcome of the read before; 140003 to 140010. */
    CHECK_EQ(done.state, 1 + 14000);
    CHECK_EQ(done.taken, 8);
    p = read_piece(&b, b.out);
    CHECK_EQ(p.by_kind[REC_MARKER], 1);
    CHECK_EQ(p.by_kind[REC_MAP], 14001);
    CHECK_EQ(p.by_kind[REC_READ], 4);
    CHECK_EQ(p.by_kind[REC_EXPECT], 3);
    CHECK_EQ(p.first_access, 140003);
    CHECK_EQ(p.with_lookups, 0);
    down(&b);
}

static void a_piece_ends_with_the_outcomes_of_its_last_access(void)
{
    struct trace_cut done;
    struct bench b;
    struct piece p;

    up(&b);
    mixed_trace(&b);
    end(&b);
    CHECK_EQ(trace_cut(b.path, b.out, 0, 4, NULL, &done, &b.diag), 0);
    p = read_piece(&b, b.out);
    CHECK_EQ(done.taken, 5);
    CHECK_EQ(p.by_kind[REC_READ], 2);
    CHECK_EQ(p.by_kind[REC_EXPECT], 2);
    CHECK_EQ(p.with_lookups, 2);                  /* it begins where the trace does */
    CHECK_EQ(trace_cut(b.path, b.out, 150000, 150001, NULL, &done, &b.diag), SIM_EINPUT);
    down(&b);
}

static void the_whole_part_of_a_truncated_trace_can_be_saved(void)
{
    struct trace_cut done;
    struct trace_reader *r;
    struct bench b;
    uint64_t whole;

    up(&b);
    mixed_trace(&b);
    end(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(truncate(b.path, (off_t)trace_info(r)->bytes * 2 / 3), 0);
    trace_close(r);
    CHECK_EQ(trace_cut(b.path, b.out, 0, ~0ull, NULL, &done, &b.diag), SIM_EINPUT);
    CHECK_EQ(access(b.out, F_OK), -1);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    whole = trace_info(r)->records;
    CU_ASSERT(whole > 0 && whole % 65536 == 0);
    trace_close(r);
    CHECK_EQ(trace_cut(b.path, b.out, 0, whole, NULL, &done, &b.diag), 0);
    CHECK_EQ(done.taken, whole);
    CHECK_EQ(read_piece(&b, b.out).by_kind[REC_MAP], (whole - 1) / 10);
    down(&b);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void check_text(struct bench *b, const char *want)
{
    struct trace_reader *r = trace_open(b->path, &b->diag);
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    CU_ASSERT_FATAL(r && to);
    CHECK_EQ(export_text(r, to, "memory", NULL, &b->diag), 0);
    fclose(to);
    CHECK_STR(text, want);
    free(text);
    trace_close(r);
}

static void text_names_everything_that_is_given(void)
{
    struct bench b;
    struct rec none = { .stream = REC_NO_STREAM };

    up(&b);
    put(&b, (struct rec){ .addr = 0x1000, .len = 64, .kind = REC_READ, .flags = REC_F_PASID | REC_F_PRIV |
                          REC_F_NODIR, .pasid = 5 }, NULL);
    put_expect(&b, &(struct rec_expect){ .outcome = REC_O_OK, .has_pa = true, .pa = 0x2000,
                                         .has_config = true, .config_hit = true, .has_lookups = true,
                                         .lookups = 2, .hits = 3 }, (struct rec){ .addr = 0x1000 });
    put_expect(&b, &(struct rec_expect){ .source = REC_INTENDED, .outcome = REC_O_FAULT, .code = 0x10,
                                         .has_detail = true, .stage2 = 1, .cls = 2, .ipa = 0x3000,
                                         .blocked = true,
                                         .deviation = trace_writer_string(b.w, "odd\n\"one\"") }, none);
    put(&b, (struct rec){ .addr = 0x8000, .kind = REC_MAP, .words = 5, .stream = 1 },
        (uint64_t[]){ 0x9000, 0x1000, 7, REC_PERM_R | REC_PERM_W, 12 });
    put(&b, (struct rec){ .addr = 0x8000, .kind = REC_UNMAP, .words = 2, .stream = 1 },
        (uint64_t[]){ 0x1000, 7 });
    put(&b, (struct rec){ .kind = REC_ATTACH, .words = 2 }, (uint64_t[]){ 7, REC_MODE_NESTED });
    none.kind = REC_COMMAND;
    none.words = 2;
    put(&b, none, (uint64_t[]){ 0x46, 0 });
    none.kind = REC_DOORBELL;
    none.words = 0;
    put(&b, none, NULL);
    put(&b, (struct rec){ .kind = REC_TABLE, .addr = 0x40, .words = 2, .stream = REC_NO_STREAM,
                          .flags = REC_F_RECON }, (uint64_t[]){ 1, 0xff });
    put(&b, (struct rec){ .kind = REC_REG, .addr = 0x20, .len = 4, .words = 1, .stream = REC_NO_STREAM },
        (uint64_t[]){ 8 });
    end(&b);
    check_text(&b,
               "# trace version=1 arch=smmuv3 time_unit_ps=1000 records=10 source=\"a \\\"test\\\"\"\n"
               "# stream number=0 sid=0x100 name=\"nic\"\n"
               "# stream number=1 sid=0x200\n"
               "10 read stream=0 sid=0x100 pasid=0x5 addr=0x1000 len=64 flags=priv,nodir\n"
               "20 expect stream=0 sid=0x100 addr=0x1000 source=logged outcome=ok pa=0x2000 config=hit"
               " lookups=2 hits=0x3 flushes=0x0\n"
               "30 expect source=intended outcome=fault code=0x10 stage2=1 cls=2 ipa=0x3000 blocked=1"
               " deviation=\"odd\\x0a\\\"one\\\"\"\n"
               "40 map stream=1 sid=0x200 addr=0x8000 pa=0x9000 bytes=0x1000 domain=0x7 perm=rw"
               " page_log2=12\n"
               "50 unmap stream=1 sid=0x200 addr=0x8000 bytes=0x1000 domain=0x7\n"
               "60 attach stream=0 sid=0x100 domain=0x7 mode=nested\n"
               "70 cmd w=0x46,0x0\n"
               "80 doorbell\n"
               "90 table addr=0x40 flags=recon w=0x1,0xff\n"
               "100 reg addr=0x20 len=4 value=0x8\n");
    down(&b);
}

static void text_that_cannot_be_written_is_told(void)
{
    struct bench b;
    struct trace_reader *r;
    FILE *full;

    up(&b);
    for (int i = 0; i < 5000; i++)
        put(&b, (struct rec){ .addr = 64 }, NULL);
    end(&b);
    r = trace_open(b.path, &b.diag);
    full = fopen("/dev/full", "w");
    CU_ASSERT_FATAL(r && full);
    CHECK_EQ(export_text(r, full, "out.txt", NULL, &b.diag), SIM_EENV);
    CHECK_EQ(b.diag.n, 1);
    CHECK_STR(b.diag.msg[0].text, "cannot write: No space left on device");
    fclose(full);
    trace_close(r);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(records_bytes_and_pages_are_counted_per_stream)                                              \
    T(more_pages_than_are_kept_are_estimated_within_a_percent)                                     \
    T(a_whole_trace_verifies_and_a_damaged_one_does_not)                                           \
    T(a_piece_keeps_the_state_before_it_and_no_access)                                             \
    T(a_piece_ends_with_the_outcomes_of_its_last_access)                                           \
    T(the_whole_part_of_a_truncated_trace_can_be_saved) T(text_names_everything_that_is_given)     \
    T(text_that_cannot_be_written_is_told)
TEST_SUITE("trace_tools", TESTS)
