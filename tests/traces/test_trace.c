/* SPDX-License-Identifier: Apache-2.0
 *
 * The native format: what is written is read, and what is not a whole trace is told.
 */
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/sim.h"
#include "traces/format.h"

struct bench {
    char dir[64], path[96];
    struct diag diag;
    struct rng rng;
    struct rec *rec;                      /* what was written, with the words */
    struct rec_ext *ext;                  /* of record i, words behind rec[i].words are 0 */
    size_t n, cap;
    struct trace_writer *w;
};

static void up(struct bench *b, const char *seed)
{
    *b = (struct bench){ 0 };
    strcpy(b->dir, "/tmp/test_trace.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/t.trc", b->dir);
    diag_init(&b->diag);
    rng_init(&b->rng, 1, seed);
}

static void down(struct bench *b)
{
    unlink(b->path);
    CU_ASSERT_EQUAL(rmdir(b->dir), 0);
    diag_destroy(&b->diag);
    free(b->rec);
    free(b->ext);
}

static void begin(struct bench *b)
{
    const struct trace_header head = { .raw_arch = TRACE_ARCH_VTD, .flags = TRACE_F_MERGED,
                                       .time_unit_ps = 1000, .source = "test" };

    b->n = 0;
    b->w = trace_writer_open(b->path, &head, 3, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->w);
}

static void put(struct bench *b, const struct rec *r, const struct rec_ext *x)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 1024;
        b->rec = realloc(b->rec, b->cap * sizeof *b->rec);
        b->ext = realloc(b->ext, b->cap * sizeof *b->ext);
        CU_ASSERT_FATAL(b->rec && b->ext);
    }
    b->rec[b->n] = *r;
    b->ext[b->n] = (struct rec_ext){ { 0 } };
    if (r->words)
        memcpy(b->ext[b->n].w, x->w, r->words * sizeof x->w[0]);
    b->n++;
    CHECK_EQ(trace_write(b->w, r, x), 0);
}

static void end(struct bench *b)
{
    CHECK_EQ(trace_writer_close(b->w), 0);
    diag_print(&b->diag, stderr);
    CU_ASSERT_FATAL(diag_empty(&b->diag));
}

static bool same_rec(const struct rec *a, const struct rec *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Compares what the reader gives with b->rec from number `at` on; records given. */
static size_t compare(const struct bench *b, struct trace_reader *r, size_t at, int *result)
{
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n, given = 0, differ = 0;

    while ((*result = trace_next(r, &rec, &ext, &n)) == 0 && n)
        for (size_t i = 0; i < n; i++, given++) {
            bool same = at + given < b->n && same_rec(&rec[i], &b->rec[at + given]);

            if (rec[i].words)
                same = memcmp(ext++, &b->ext[at + given], sizeof *ext) == 0 && same;
            if (!same && differ++ == 0)
                fprintf(stderr, "\nrecord %zu differs\n", at + given);
        }
    CHECK_EQ(differ, 0);
    return given;
}

static void expect_all(struct bench *b)
{
    struct trace_reader *r = trace_open(b->path, &b->diag);
    int result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(compare(b, r, 0, &result), b->n);
    CHECK_EQ(result, 0);
    CHECK_EQ(trace_info(r)->records, b->n);
    CHECK_EQ(trace_info(r)->complete, true);
    CHECK_EQ(trace_position(r), b->n);
    trace_close(r);
    diag_print(&b->diag, stderr);
    CU_ASSERT(diag_empty(&b->diag));
}

static size_t slurp(const struct bench *b, uint8_t **p)
{
    FILE *f = fopen(b->path, "rb");
    long n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    *p = malloc((size_t)n + 1);
    CU_ASSERT_FATAL(*p && fread(*p, 1, (size_t)n, f) == (size_t)n);
    fclose(f);
    return (size_t)n;
}

/* ---- random records --------------------------------------------------------------------------------- */

/* Mostly what traces are like, sometimes anything. */
static uint64_t any_number(struct rng *r)
{
    uint64_t v = rng_u64(r);

    switch (rng_below(r, 6)) {
    case 0: return v;
    case 1: return v >> rng_below(r, 64);
    case 2: return v % 4096;
    case 3: return v % 1024 * 4096;
    case 4: return 0x80000000 + v % 64 * 64;
    default: return rng_below(r, 20) ? 0 : ~0ull;
    }
}

static void any_record(struct bench *b, uint32_t streams, uint64_t *time)
{
    struct rng *g = &b->rng;
    struct rec_ext x;
    struct rec r = {
        .addr = any_number(g), .len = (uint32_t)any_number(g), .kind = (uint8_t)rng_below(g, REC_KIND_COUNT),
        .flags = (uint8_t)rng_below(g, 64), .words = (uint16_t)rng_below(g, REC_WORDS_MAX + 1),
        .pasid = (uint32_t)(rng_below(g, 3) ? 0 : any_number(g)),
        .stream = rng_below(g, 8) && streams ? (uint32_t)rng_below(g, streams) : REC_NO_STREAM,
    };

    r.time = *time += rng_below(g, 100) ? rng_below(g, 300) : any_number(g) >> 24;
    for (unsigned i = 0; i < REC_WORDS_MAX; i++)
        x.w[i] = any_number(g);
    put(b, &r, &x);
}

/* Accesses as devices make them: kind of pattern and stream change now and then. */
static void run_of_accesses(struct bench *b, uint32_t streams, uint64_t *time, size_t n)
{
    struct rng *g = &b->rng;
    uint64_t addr = any_number(g), step = rng_below(g, 3) ? 64 : any_number(g), dt = rng_below(g, 50);
    bool random = rng_below(g, 2);
    struct rec r = { .kind = (uint8_t)rng_below(g, 4), .len = 64, .stream = (uint32_t)rng_below(g, streams) };

    for (size_t i = 0; i < n; i++, addr += step) {
        r.addr = random ? addr + rng_below(g, 200000) * 4096 : addr;
        r.len = rng_below(g, 50) ? r.len : (uint32_t)rng_below(g, 4096);
        r.time = *time += dt;
        put(b, &r, NULL);
    }
}

static void any_record_comes_back(void)
{
    struct bench b;
    uint64_t time = 0;

    up(&b, "any");
    begin(&b);
    for (unsigned i = 0; i < 100; i++)
        trace_writer_stream(b.w, i * 7, i % 3 ? NULL : "device");
    while (b.n < 150000)
        any_record(&b, 100, &time);
    end(&b);
    expect_all(&b);
    down(&b);
}

static void patterns_come_back(void)
{
    struct bench b;
    uint64_t time = 77;

    up(&b, "patterns");
    for (int round = 0; round < 20; round++) {
        uint32_t streams = 1 + (uint32_t)rng_below(&b.rng, 2000);
        size_t stop = 1 + rng_below(&b.rng, 90000);

        begin(&b);
        for (uint32_t i = 0; i < streams; i++)
            trace_writer_stream(b.w, i, NULL);
        while (b.n < stop)
            if (rng_below(&b.rng, 4))
                run_of_accesses(&b, streams, &time, rng_below(&b.rng, 1 << rng_below(&b.rng, 14)));
            else
                any_record(&b, streams, &time);
        end(&b);
        expect_all(&b);
    }
    down(&b);
}

/* Many small files: every number of records around what a chunk and a frame hold. */
static void every_length_comes_back(void)
{
    static const size_t lengths[] = { 0, 1, 2, 3, 1023, 1024, 1025, 2048, 65535, 65536, 65537,
                                      131072, 131073 };
    struct bench b;

    up(&b, "lengths");
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
        for (int steady = 0; steady < 2; steady++) {
            uint64_t time = 5;

            begin(&b);
            trace_writer_stream(b.w, 1, "one");
            while (b.n < lengths[i]) {
                struct rec r = { .time = time += 3, .addr = 64 * b.n, .len = 64, .kind = REC_WRITE };

                if (steady)
                    put(&b, &r, NULL);
                else
                    any_record(&b, 1, &time);
            }
            end(&b);
            expect_all(&b);
        }
    down(&b);
}

static void extreme_times_come_back(void)
{
    static const uint64_t times[] = { 0, 0, 1, 1000000, 1ull << 33, 1ull << 63, (1ull << 63) + 5,
                                      ~0ull - 1, ~0ull, ~0ull };
    struct bench b;

    up(&b, "times");
    begin(&b);
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        put(&b, &(struct rec){ .time = times[i], .stream = REC_NO_STREAM, .kind = REC_DOORBELL }, NULL);
    end(&b);
    expect_all(&b);
    begin(&b);                            /* the first time below the step */
    for (uint64_t t = 3; t < 3 + 100 * 500; t += 500)
        put(&b, &(struct rec){ .time = t, .stream = REC_NO_STREAM }, NULL);
    end(&b);
    expect_all(&b);
    down(&b);
}

/* ---- tables, header, index -------------------------------------------------------------------------- */

static void streams_and_strings_come_back_however_late(void)
{
    enum { STREAMS = 70000 };
    struct bench b;
    struct trace_reader *r;

    up(&b, "streams");
    begin(&b);
    for (uint32_t i = 0; i < STREAMS; i++) {
        char name[16];

        snprintf(name, sizeof name, "dev%u", i);
        CHECK_EQ(trace_writer_stream(b.w, i * 3, i % 2 ? name : NULL), i);
        put(&b, &(struct rec){ .time = i, .stream = i, .addr = i * 4096ull, .kind = REC_READ }, NULL);
    }
    CHECK_EQ(trace_writer_stream(b.w, 3, "dev1"), 1);
    CHECK_EQ(trace_writer_string(b.w, "dev1"), 1);
    end(&b);
    expect_all(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(trace_info(r)->streams, STREAMS);
    CHECK_EQ(trace_info(r)->strings, STREAMS / 2);
    CHECK_EQ(trace_streams(r)[69999].sid, 69999 * 3);
    CHECK_STR(trace_string(r, trace_streams(r)[69999].name), "dev69999");
    CHECK_STR(trace_string(r, trace_streams(r)[69998].name), "");
    CHECK_STR(trace_string(r, 99999999), "");
    trace_close(r);
    down(&b);
}

static void streams_beyond_one_frames_tables_come_back(void)
{
    enum { STREAMS = 200000 };
    struct bench b;

    up(&b, "many streams");
    begin(&b);
    for (uint32_t i = 0; i < STREAMS; i++)
        trace_writer_stream(b.w, i, NULL);
    for (uint32_t i = 0; i < 100; i++)
        put(&b, &(struct rec){ .time = i, .stream = STREAMS - 1 - i }, NULL);
    end(&b);
    expect_all(&b);
    down(&b);
}

static void header_comes_back_with_flags_set_later(void)
{
    struct bench b;
    struct trace_reader *r;

    up(&b, "header");
    begin(&b);
    put(&b, &(struct rec){ .time = 10, .stream = REC_NO_STREAM, .kind = REC_READ }, NULL);
    put(&b, &(struct rec){ .time = 40, .stream = REC_NO_STREAM, .kind = REC_WRITE }, NULL);
    trace_writer_flags(b.w, TRACE_F_LOSSY);
    end(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(trace_info(r)->head.version, TRACE_VERSION);
    CHECK_EQ(trace_info(r)->head.raw_arch, TRACE_ARCH_VTD);
    CHECK_EQ(trace_info(r)->head.flags, TRACE_F_LOSSY | TRACE_F_MERGED);
    CHECK_EQ(trace_info(r)->head.time_unit_ps, 1000);
    CHECK_STR(trace_info(r)->head.source, "test");
    CHECK_EQ(trace_info(r)->first_time, 10);
    CHECK_EQ(trace_info(r)->last_time, 40);
    CHECK_EQ(trace_info(r)->by_kind[REC_WRITE], 1);
    CHECK_EQ(trace_info(r)->by_kind[REC_EXPECT], 0);
    trace_close(r);
    down(&b);
}

/* 5 frames, of which only the third holds a MAP. */
static void five_frames(struct bench *b)
{
    begin(b);
    trace_writer_stream(b->w, 9, "nic");
    for (size_t i = 0; i < 4 * 65536 + 10; i++) {
        struct rec_ext x = { { 1, 2, 3 } };
        struct rec r = { .time = i, .addr = rng_u64(&b->rng) % 4096, .kind = REC_READ };

        if (i == 2 * 65536 + 7)
            r = (struct rec){ .time = i, .kind = REC_MAP, .words = 3 };
        put(b, &r, &x);
    }
    end(b);
}

static void seek_finds_the_frame_of_a_record(void)
{
    static const uint64_t wanted[] = { 0, 1, 65535, 65536, 65537, 200000, 4 * 65536, 4 * 65536 + 9,
                                       4 * 65536 + 10, ~0ull };
    struct bench b;
    struct trace_reader *r;
    uint64_t at;
    int result;

    up(&b, "seek");
    five_frames(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        uint64_t want = wanted[i] < b.n ? wanted[i] / 65536 * 65536 : b.n;

        CHECK_EQ(trace_seek(r, wanted[i], &at), 0);
        CHECK_EQ(at, want);
        CHECK_EQ(compare(&b, r, want, &result), b.n - want);
        CHECK_EQ(result, 0);
    }
    trace_close(r);
    down(&b);
}

static void only_frames_with_a_wanted_kind_are_given(void)
{
    struct bench b;
    struct trace_reader *r;
    int result;

    up(&b, "only");
    five_frames(&b);
    r = trace_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    trace_only(r, 1u << REC_MAP);
    CHECK_EQ(compare(&b, r, 2 * 65536, &result), 65536);
    CHECK_EQ(result, 0);
    trace_close(r);
    down(&b);
}

/* ---- damage ----------------------------------------------------------------------------------------- */

/* A small trace of two frames with tables in between, in memory. */
static size_t small_trace(struct bench *b, uint8_t **p)
{
    uint64_t time = 0;

    begin(b);
    trace_writer_stream(b->w, 1, "one");
    for (int i = 0; i < 40; i++)
        any_record(b, 1, &time);
    while (b->n < 65536 + 30)
        put(b, &(struct rec){ .time = time += 2, .addr = 4 * b->n, .kind = b->n & 1 }, NULL);
    trace_writer_stream(b->w, 2, "two");
    for (int i = 0; i < 10; i++)
        any_record(b, 2, &time);
    end(b);
    return slurp(b, p);
}

/* Opens the bytes; with whole frames only, records equal the written ones.  Records given. */
static size_t read_damaged(struct bench *b, const uint8_t *p, size_t n, bool *told)
{
    struct trace_reader *r;
    size_t given = 0;
    int result = SIM_EINPUT;

    r = trace_open_mem(p, n, "mem", &b->diag);
    if (r)
        given = compare(b, r, 0, &result);
    *told = result < 0;
    CHECK_EQ(result < 0, !diag_empty(&b->diag));
    trace_close(r);
    diag_destroy(&b->diag);
    return given;
}

static void a_trace_cut_at_any_byte_gives_its_whole_frames_and_says_so(void)
{
    struct bench b;
    uint8_t *p, *copy;
    size_t size, last = 0;
    bool told;

    up(&b, "truncated");
    size = small_trace(&b, &p);
    for (size_t n = 0; n < size; n++) {
        size_t given;

        copy = malloc(n ? n : 1);         /* of exactly that size, for the address sanitizer */
        memcpy(copy, p, n);
        given = read_damaged(&b, copy, n, &told);
        free(copy);
        CU_ASSERT(told);
        CU_ASSERT(given >= last && (given % 65536 == 0 || given == b.n));
        last = given;
    }
    CHECK_EQ(last, b.n);
    CHECK_EQ(read_damaged(&b, p, size, &told), b.n);
    CHECK_EQ(told, false);
    free(p);
    down(&b);
}

static void a_flipped_bit_is_told_or_changes_nothing(void)
{
    struct bench b;
    uint8_t *p;
    size_t size, silent = 0;
    bool told;

    up(&b, "flipped");
    size = small_trace(&b, &p);
    for (size_t bit = 0; bit < size * 8; bit++) {
        size_t given;

        p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        given = read_damaged(&b, p, size, &told);
        p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT(told || given == b.n);
        silent += !told;
    }
    CU_ASSERT(silent < size / 8);         /* only bits that zstd itself ignores */
    free(p);
    down(&b);
}

static void records_before_a_damaged_frame_are_given(void)
{
    struct bench b;
    uint8_t *p;
    size_t size;
    struct trace_reader *r;
    int result;

    up(&b, "middle");
    five_frames(&b);
    size = slurp(&b, &p);
    p[size / 2] ^= 4;                     /* in the third frame */
    r = trace_open_mem(p, size, "mid.trc", &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(compare(&b, r, 0, &result), 2 * 65536);
    CHECK_EQ(result, SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    CHECK_STR(b.diag.msg[0].file, "mid.trc");
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "frame 2 at byte"));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "record 131072"));
    trace_close(r);
    free(p);
    down(&b);
}

static void expect_refused(const void *p, size_t n, const char *message)
{
    struct diag d;
    struct trace_reader *r;

    diag_init(&d);
    r = trace_open_mem(p, n, "x.trc", &d);
    CU_ASSERT_PTR_NULL(r);
    CHECK_EQ(d.n, 1);
    if (d.kept && !strstr(d.msg[0].text, message))
        fprintf(stderr, "\nfound \"%s\", expected \"%s\"\n", d.msg[0].text, message);
    CU_ASSERT(d.kept && strstr(d.msg[0].text, message));
    trace_close(r);
    diag_destroy(&d);
}

static void what_is_no_trace_is_named_so(void)
{
    struct bench b;
    uint8_t *p;
    size_t size;

    up(&b, "refused");
    size = small_trace(&b, &p);
    expect_refused("", 0, "is empty");
    expect_refused("hello, world", 12, "not an iommusim trace");
    expect_refused(p, 50, "truncated: 50 bytes");
    p[16] = 7;
    expect_refused(p, size, "version 7, this program reads 1");
    p[16] = 1;
    p[40] ^= 1;
    expect_refused(p, size, "the header is damaged");
    free(p);
    down(&b);
}

static void expect_cannot_open(const char *path, const char *message)
{
    struct diag d;

    diag_init(&d);
    CU_ASSERT_PTR_NULL(trace_open(path, &d));
    CU_ASSERT(d.kept && strstr(d.msg[0].text, message));
    diag_destroy(&d);
}

static void what_is_no_file_is_named_so(void)
{
    expect_cannot_open("/nonexistent/t.trc", "No such file");
    expect_cannot_open("/tmp", "is a directory");
    expect_cannot_open("/dev/null", "is a device");
}

/* ---- writing fails ---------------------------------------------------------------------------------- */

static bool exists(const char *dir, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static void time_going_back_is_refused_and_leaves_no_file(void)
{
    struct bench b;

    up(&b, "back");
    begin(&b);
    put(&b, &(struct rec){ .time = 5, .stream = REC_NO_STREAM }, NULL);
    CU_ASSERT(exists(b.dir, "t.trc.part"));
    CHECK_EQ(trace_write(b.w, &(struct rec){ .time = 4, .stream = REC_NO_STREAM }, NULL), SIM_EINPUT);
    CHECK_EQ(trace_write(b.w, &(struct rec){ .time = 9, .stream = REC_NO_STREAM }, NULL), SIM_EINPUT);
    CHECK_EQ(trace_writer_close(b.w), SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "record 1: time 4 is before"));
    CU_ASSERT(!exists(b.dir, "t.trc") && !exists(b.dir, "t.trc.part"));
    down(&b);
}

static void a_record_that_is_none_is_refused(void)
{
    static const struct rec wrong[] = {
        { .kind = REC_KIND_COUNT, .stream = REC_NO_STREAM }, { .flags = 0x80, .stream = REC_NO_STREAM },
        { .words = REC_WORDS_MAX + 1, .stream = REC_NO_STREAM }, { .stream = 1 },
    };
    struct bench b;

    up(&b, "wrong");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        begin(&b);
        trace_writer_stream(b.w, 0x100, NULL);
        CHECK_EQ(trace_write(b.w, &wrong[i], &(struct rec_ext){ { 0 } }), SIM_EINPUT);
        CHECK_EQ(trace_writer_close(b.w), SIM_EINPUT);
    }
    CHECK_EQ(b.diag.n, ARRAY_LEN(wrong));
    down(&b);
}

static void a_full_disk_is_told_and_leaves_no_file(void)
{
    struct rlimit before, small;
    struct bench b;
    int error = 0;

    up(&b, "full");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 20000;
    setrlimit(RLIMIT_FSIZE, &small);
    begin(&b);
    for (uint64_t i = 0; i < 100000 && !error; i++)
        error = trace_write(b.w, &(struct rec){ .addr = rng_u64(&b.rng), .time = i,
                                                .stream = REC_NO_STREAM }, NULL);
    CHECK_EQ(error, SIM_EENV);
    CHECK_EQ(trace_writer_close(b.w), SIM_EENV);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK_EQ(b.diag.n, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "cannot write: File too large"));
    CU_ASSERT(!exists(b.dir, "t.trc") && !exists(b.dir, "t.trc.part"));
    down(&b);
}

static void an_abandoned_trace_leaves_the_older_one_alone(void)
{
    struct bench b;

    up(&b, "abandoned");
    begin(&b);
    put(&b, &(struct rec){ .time = 5, .stream = REC_NO_STREAM }, NULL);
    end(&b);
    begin(&b);
    trace_writer_abandon(b.w);
    CU_ASSERT(!exists(b.dir, "t.trc.part"));
    b.n = 1;
    expect_all(&b);
    down(&b);
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static void expect_sha(struct bench *b, const char *text, size_t repeat, const char *want)
{
    FILE *f = fopen(b->path, "w");
    char hex[65];

    for (size_t i = 0; i < repeat; i++)
        fputs(text, f);
    fclose(f);
    CHECK_EQ(trace_sha256(b->path, hex, &b->diag), 0);
    CHECK_STR(hex, want);
}

static void sha256_gives_the_published_digests(void)
{
    struct bench b;
    char hex[65];

    up(&b, "sha");
    expect_sha(&b, "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_sha(&b, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_sha(&b, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_sha(&b, "aaaaaaaaaa", 100000,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    unlink(b.path);
    CHECK_EQ(trace_sha256(b.path, hex, &b.diag), SIM_EENV);
    down(&b);
}

/* Two writers given the same records write the same bytes. */
static void the_same_records_give_the_same_file(void)
{
    struct bench b;
    uint8_t *one, *two;
    size_t n;

    up(&b, "same");
    n = small_trace(&b, &one);
    rng_init(&b.rng, 1, "same");
    CHECK_EQ(small_trace(&b, &two), n);
    CU_ASSERT(memcmp(one, two, n) == 0);
    free(one);
    free(two);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(any_record_comes_back) T(patterns_come_back) T(every_length_comes_back)                      \
    T(extreme_times_come_back) T(streams_and_strings_come_back_however_late)                       \
    T(streams_beyond_one_frames_tables_come_back) T(header_comes_back_with_flags_set_later)        \
    T(seek_finds_the_frame_of_a_record) T(only_frames_with_a_wanted_kind_are_given)                \
    T(a_trace_cut_at_any_byte_gives_its_whole_frames_and_says_so)                                  \
    T(a_flipped_bit_is_told_or_changes_nothing) T(records_before_a_damaged_frame_are_given)        \
    T(what_is_no_trace_is_named_so) T(what_is_no_file_is_named_so)                                 \
    T(time_going_back_is_refused_and_leaves_no_file) T(a_record_that_is_none_is_refused)           \
    T(a_full_disk_is_told_and_leaves_no_file) T(an_abandoned_trace_leaves_the_older_one_alone)     \
    T(sha256_gives_the_published_digests) T(the_same_records_give_the_same_file)
TEST_SUITE("trace", TESTS)
