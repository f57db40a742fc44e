/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator: determinism, the laws of its patterns, turns, and that every record is legal.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "arch/vtd/irte.h"
#include "base/sim.h"
#include "suite.h"
#include "workloads/device/arrival.h"
#include "workloads/device/gen.h"
#include "workloads/device/zipf.h"

/* All records of a description, at most `max`. */
struct run {
    struct rec *rec;
    struct rec_ext *ext;       /* [n]: ext[i] belongs to rec[i] */
    struct trace_stream *sid;
    uint32_t streams;
    size_t n;
};

static void collect(struct gen *g, size_t max, struct run *r)
{
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n;

    memset(r, 0, sizeof *r);
    r->streams = gen_info(g)->streams;
    r->sid = calloc(r->streams, sizeof *r->sid);
    memcpy(r->sid, gen_streams(g), r->streams * sizeof *r->sid);
    while (r->n < max && gen_next(g, &rec, &ext, &n) == 0 && n > 0) {
        r->rec = realloc(r->rec, (r->n + n) * sizeof *r->rec);
        r->ext = realloc(r->ext, (r->n + n) * sizeof *r->ext);
        for (size_t i = 0; i < n; i++, r->n++) {
            r->rec[r->n] = rec[i];
            memset(&r->ext[r->n], 0, sizeof *r->ext);
            if (rec[i].words)
                memcpy(r->ext[r->n].w, ext++->w, rec[i].words * sizeof ext->w[0]);
        }
    }
}

static void run_free(struct run *r)
{
    free(r->rec);
    free(r->ext);
    free(r->sid);
}

static struct gen *open_with(const char *yaml, uint64_t seed, const char *const *set, size_t sets,
                             struct diag *d)
{
    char dir[] = "/tmp/test_gen.XXXXXX", path[64];
    struct gen *g = NULL;
    FILE *f;

    if (!mkdtemp(dir))
        return NULL;
    snprintf(path, sizeof path, "%s/w.yaml", dir);
    f = fopen(path, "w");
    if (f) {
        fputs(yaml, f);
        fclose(f);
        g = gen_open(path, seed, set, sets, d);
    }
    remove(path);
    rmdir(dir);
    return g;
}

static struct gen *open_text(const char *yaml, uint64_t seed, struct diag *d)
{
    return open_with(yaml, seed, NULL, 0, d);
}

/* The records of `yaml`; a description that is refused fails the test. */
static struct run run_text(const char *yaml, uint64_t seed)
{
    struct diag d;
    struct run r = { .n = 0 };
    struct gen *g;

    diag_init(&d);
    g = open_text(yaml, seed, &d);
    if (!g)
        diag_print(&d, stderr);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    collect(g, SIZE_MAX, &r);
    gen_close(g);
    diag_destroy(&d);
    return r;
}

static bool is_access(const struct rec *r)
{
    return r->kind == REC_READ || r->kind == REC_WRITE;
}

static bool same(const struct run *a, const struct run *b)
{
    return a->n == b->n && memcmp(a->rec, b->rec, a->n * sizeof *a->rec) == 0 &&
           memcmp(a->ext, b->ext, a->n * sizeof *a->ext) == 0;
}

#define MIXED                                                                                      \
    "accesses: 20000\ninterleave: random\ngroups:\n"                                               \
    "- { sid: 1, count: 3, mix: [ { pattern: zipf, pages: 500, offset: random },"                  \
    "                             { pattern: sequential, weight: 2 } ] }\n"                        \
    "- { sid: 9, mix: [ { pattern: buffers, depth: 7, len: 256 }, { pattern: ring } ] }\n"

static void equal_seeds_give_equal_records_and_others_do_not(void)
{
    struct run a = run_text(MIXED, 5), b = run_text(MIXED, 5), c = run_text(MIXED, 6);
    struct run own = run_text("seed: 5\n" MIXED, GEN_SEED_OWN);

    CU_ASSERT(a.n > 20000);
    CU_ASSERT(same(&a, &b));
    CU_ASSERT_FALSE(same(&a, &c));
    CU_ASSERT(same(&a, &own));
    run_free(&a), run_free(&b), run_free(&c), run_free(&own);
}

static void rewinding_gives_the_same_records_again(void)
{
    struct diag d;
    struct run a, b;
    struct gen *g;

    diag_init(&d);
    g = open_text(MIXED, 1, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    collect(g, 12345, &a);
    run_free(&a);
    gen_rewind(g);
    collect(g, SIZE_MAX, &a);
    CU_ASSERT(gen_info(g)->complete);
    CHECK_EQ(gen_info(g)->records, a.n);
    CHECK_EQ(gen_info(g)->by_kind[REC_READ] + gen_info(g)->by_kind[REC_WRITE], 20000);
    gen_rewind(g);
    collect(g, SIZE_MAX, &b);
    CU_ASSERT(same(&a, &b));
    run_free(&a), run_free(&b);
    gen_close(g);
    diag_destroy(&d);
}

/* ---- Zipf ------------------------------------------------------------------------------------ */

static void zipf_weights_are_powers_of_the_rank(void)
{
    static const uint64_t thetas[] = { 0, 500000, 900000, 1000000, 1200000 };

    for (size_t t = 0; t < ARRAY_LEN(thetas); t++)
        for (uint64_t k = 1; k < 1u << ZIPF_MAX_LOG2; k = k * 3 / 2 + 1) {
            double found = ldexp((double)zipf_weight(k, thetas[t]), -62);
            double expected = pow((double)k, -(double)thetas[t] / 1e6);

            if (fabs(found / expected - 1) > 1e-9)
                fprintf(stderr, "theta %g rank %g: %.12g, expected %.12g\n",
                        (double)thetas[t] / 1e6, (double)k, found, expected);
            CU_ASSERT(fabs(found / expected - 1) <= 1e-9);
        }
}

/* |found - expected| within 5 standard deviations of a binomial count. */
static bool likely(uint64_t found, double share, uint64_t draws)
{
    double expected = share * (double)draws, sigma = sqrt(expected * (1 - share));
    bool ok = fabs((double)found - expected) <= 5 * sigma + 1;

    if (!ok)
        fprintf(stderr, "%g of %g draws, expected %g +- %g\n", (double)found, (double)draws,
                expected, sigma);
    return ok;
}

static void zipf_draws_follow_the_law(void)
{
    enum { N = 1000, DRAWS = 2000000 };
    static uint64_t count[N];
    struct zipf z;
    struct rng r;
    double sum = 0, upto = 0;
    uint64_t found = 0;

    CHECK_EQ(zipf_init(&z, N, 900000), 0);
    rng_init(&r, 1, "zipf");
    for (int i = 0; i < DRAWS; i++)
        count[zipf_draw(&z, &r)]++;
    for (int k = 1; k <= N; k++)
        sum += pow(k, -0.9);
    for (unsigned k = 0; k < N; k++) {         /* each rank, and all ranks up to it */
        double share = pow(k + 1, -0.9) / sum;

        upto += share;
        found += count[zipf_item(N, k)];
        CU_ASSERT(likely(count[zipf_item(N, k)], share, DRAWS));
        if (k < N - 1)
            CU_ASSERT(likely(found, upto, DRAWS));
    }
    zipf_destroy(&z);
}

static void zipf_ranks_are_spread_over_all_items(void)
{
    enum { N = 4096 };
    static bool seen[N];
    unsigned n = 0;

    for (unsigned k = 0; k < N; k++) {
        uint32_t i = zipf_item(N, k);

        CU_ASSERT_FATAL(i < N);
        n += !seen[i];
        seen[i] = true;
    }
    CHECK_EQ(n, N);
    CU_ASSERT(llabs((long long)zipf_item(N, 1) - (long long)zipf_item(N, 2)) > N / 10);
}

/* ---- turns ----------------------------------------------------------------------------------- */

#define TWO_GROUPS                                                                                 \
    "groups:\n"                                                                                    \
    "- { sid: 0, count: 3, weight: 1, mix: [ { pattern: uniform } ] }\n"                           \
    "- { sid: 8, count: 1, weight: 5, mix: [ { pattern: uniform } ] }\n"

static void round_robin_gives_every_stream_one_access_in_turn(void)
{
    struct run r = run_text("accesses: 1000\n" TWO_GROUPS, 1);
    uint32_t next = 0;

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i])) {
            CHECK_EQ(r.rec[i].stream, next);
            next = (next + 1) % 4;
        }
    run_free(&r);
}

static void a_burst_is_as_long_as_asked(void)
{
    struct run r = run_text("accesses: 1000\ninterleave: burst\nburst: 7\n" TWO_GROUPS, 1);
    uint64_t n = 0;

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i]))
            CHECK_EQ(r.rec[i].stream, n++ / 7 % 4);
    CHECK_EQ(n, 1000);
    run_free(&r);
}

static void random_turns_go_by_weight(void)
{
    struct run r = run_text("accesses: 80000\ninterleave: random\n" TWO_GROUPS, 1);
    uint64_t of[4] = { 0 };

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i]))
            of[r.rec[i].stream]++;
    for (int s = 0; s < 3; s++)
        CU_ASSERT(likely(of[s], 1.0 / 8, 80000));
    CU_ASSERT(likely(of[3], 5.0 / 8, 80000));
    run_free(&r);
}

static void phases_follow_each_other(void)
{
    struct run r = run_text("accesses: 50\ngroups:\n- phases:\n"
                            "  - { accesses: 10, mix: [ { pattern: sequential, write: 0 } ] }\n"
                            "  - { accesses: 5, mix: [ { pattern: sequential, write: 100 } ] }\n",
                            1);
    uint64_t n = 0;

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i]))
            CHECK_EQ(r.rec[i].kind, n++ % 15 < 10 ? REC_READ : REC_WRITE);
    CHECK_EQ(n, 50);
    run_free(&r);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static uint64_t first_access(const struct run *r)
{
    uint64_t i = 0;

    while (!is_access(&r->rec[i]))
        i++;
    return i;
}

static void sequential_wraps_and_never_crosses_a_page(void)
{
    struct run r = run_text("accesses: 9\ngroups:\n"
                            "- mix: [ { pattern: sequential, pages: 2, len: 1500 } ]\n", 1);
    static const uint64_t at[] = { 0, 1500, 4096, 5596, 0, 1500, 4096, 5596, 0 };
    uint64_t first = first_access(&r);

    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        CHECK_EQ(r.rec[first + i].addr, 0x100000000 + at[i]);
        CHECK_EQ(r.rec[first + i].len, 1500);
        CHECK_EQ(r.rec[first + i].time, i);
    }
    run_free(&r);
}

static void ring_reads_a_descriptor_and_writes_it_back(void)
{
    struct run r = run_text("accesses: 6\ngroups:\n"
                            "- { base: 64K, mix: [ { pattern: ring, pages: 1, len: 2K } ] }\n", 1);
    static const uint64_t at[] = { 0, 0, 2048, 2048, 0, 0 };
    uint64_t first = first_access(&r);

    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        CHECK_EQ(r.rec[first + i].addr, 0x200000 + at[i]);     /* windows begin at 2 MiB */
        CHECK_EQ(r.rec[first + i].kind, i % 2 ? REC_WRITE : REC_READ);
    }
    run_free(&r);
}

static void strides_stay_in_the_window(void)
{
    struct run r = run_text("accesses: 5\ngroups:\n"
                            "- mix: [ { pattern: strided, pages: 3, stride: 4K, len: 64 } ]\n", 1);
    uint64_t first = first_access(&r);

    for (uint64_t i = 0; i < 5; i++)
        CHECK_EQ(r.rec[first + i].addr, 0x100000000 + i % 3 * 4096);
    run_free(&r);
}

static void patterns_of_a_mix_come_by_weight(void)
{
    struct run r = run_text("accesses: 40000\ngroups:\n- mix:\n"
                            "  - { pattern: uniform, weight: 3, len: 8, write: 25 }\n"
                            "  - { pattern: uniform, weight: 1, len: 16, write: 100 }\n", 1);
    uint64_t n[2] = { 0 }, writes[2] = { 0 };

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i])) {
            n[r.rec[i].len == 16]++;
            writes[r.rec[i].len == 16] += r.rec[i].kind == REC_WRITE;
        }
    CU_ASSERT(likely(n[0], 0.75, 40000));
    CU_ASSERT(likely(writes[0], 0.25, n[0]));
    CHECK_EQ(writes[1], n[1]);
    run_free(&r);
}

/* ---- legality -------------------------------------------------------------------------------- */

enum { DOMAINS = 2048, MAPS = 2048 };
struct mapping { uint64_t iova, bytes, pa; bool stale; };
struct space { struct mapping *map; size_t n, flushes, deferred; };
struct judge { struct space *space; uint64_t *domain_of; uint64_t faults; };

static struct mapping *covers(struct space *s, uint64_t iova, uint64_t bytes)
{
    for (size_t i = 0; i < s->n; i++)
        if (iova < s->map[i].iova + s->map[i].bytes && s->map[i].iova < iova + bytes)
            return &s->map[i];
    return NULL;
}

/* A mapping whose invalidation is still due keeps its place taken. */
static bool judge_map(struct space *s, const struct rec *r, const uint64_t *w)
{
    if (covers(s, r->addr, w[1]) || (r->addr | w[0] | w[1]) & 4095 || s->n == MAPS)
        return false;
    s->map[s->n++] = (struct mapping){ .iova = r->addr, .bytes = w[1], .pa = w[0] };
    return true;
}

static bool judge_unmap(struct space *s, const struct rec *r, const uint64_t *w)
{
    struct mapping *m = covers(s, r->addr, w[0]);

    if (!m || m->stale || m->iova != r->addr || m->bytes != w[0])
        return false;
    if (r->words == 3 && w[2])
        m->stale = true, s->deferred++;
    else
        *m = s->map[--s->n];
    return true;
}

static bool judge_flush(struct space *s)
{
    size_t k = 0;

    s->flushes++;
    for (size_t i = 0; i < s->n; i++)
        if (!s->map[i].stale)
            s->map[k++] = s->map[i];
    s->n = k;
    return true;
}

static bool judge_access(struct space *s, const struct rec *r)
{
    struct mapping *m = covers(s, r->addr, 1);

    return m && !m->stale && r->len > 0 && r->addr + r->len <= m->iova + m->bytes;
}

static bool judge_record(struct judge *j, const struct rec *r, const uint64_t *w)
{
    switch (r->kind) {
    case REC_ATTACH:
        j->domain_of[r->stream] = w[0];
        return w[0] < DOMAINS && w[1] <= REC_MODE_NESTED;
    case REC_MAP:
        return w[2] < DOMAINS && judge_map(&j->space[w[2]], r, w);
    case REC_UNMAP:
        return w[1] < DOMAINS && judge_unmap(&j->space[w[1]], r, w);
    case REC_FLUSH:
        return w[0] < DOMAINS && judge_flush(&j->space[w[0]]);
    case REC_READ: case REC_WRITE:
        return judge_access(&j->space[j->domain_of[r->stream]], r);
    default:
        return false;
    }
}

static void judge(const struct run *r, struct judge *j)
{
    uint64_t time = 0;

    j->space = calloc(DOMAINS, sizeof *j->space);
    j->domain_of = calloc(r->streams, sizeof *j->domain_of);
    for (size_t i = 0; i < DOMAINS; i++)
        j->space[i].map = calloc(MAPS, sizeof *j->space[i].map);
    for (size_t i = 0; i < r->n; i++) {
        const struct rec *x = &r->rec[i];

        if (x->time < time || !judge_record(j, x, r->ext[i].w)) {
            if (j->faults++ == 0)
                fprintf(stderr, "record %zu: %s of stream %u at 0x%" PRIx64 "\n", i,
                        rec_kind_name(x->kind), x->stream, x->addr);
        }
        time = x->time;
    }
}

static void judge_free(struct judge *j)
{
    for (size_t i = 0; i < DOMAINS; i++)
        free(j->space[i].map);
    free(j->space);
    free(j->domain_of);
}

static void every_record_of_every_scenario_is_legal(void)
{
    static const char *const names[] = { "streaming", "zipf-200k", "half-half", "streams-1",
                                         "streams-1024", "strict-rx", "deferred-rx", "superpages",
                                         "interrupts" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct judge j = { .faults = 0 };
        struct diag d;
        struct gen *g;
        struct run r;
        char path[512];

        snprintf(path, sizeof path, "%s/workloads/scenarios/%s.yaml", SOURCE_DIR, names[i]);
        diag_init(&d);
        g = gen_open(path, GEN_SEED_OWN, NULL, 0, &d);
        diag_print(&d, stderr);
        CU_ASSERT_PTR_NOT_NULL_FATAL(g);
        collect(g, 60000, &r);
        judge(&r, &j);
        CHECK_EQ(j.faults, 0);
        judge_free(&j);
        run_free(&r);
        gen_close(g);
        diag_destroy(&d);
    }
}

#define BUFFERS(unmap)                                                                             \
    "accesses: 4000\ngroups:\n"                                                                    \
    "- { sid: 4, count: 3, domain: shared, mix: [ { pattern: buffers, depth: 5, buffer: 6000,"     \
    " len: 1500, write: 100, flush_every: 3, unmap: " unmap " } ] }\n"

static void deferred_unmaps_are_flushed_before_their_place_is_used_again(void)
{
    struct run r = run_text(BUFFERS("deferred"), 1);
    struct judge j = { .faults = 0 };

    judge(&r, &j);
    CHECK_EQ(j.faults, 0);
    CU_ASSERT(j.space[1].deferred > 900);
    CU_ASSERT(j.space[1].flushes > 300);
    judge_free(&j);
    run_free(&r);
}

static void strict_buffers_are_used_whole_and_change_their_memory(void)
{
    struct run r = run_text(BUFFERS("strict"), 1);
    struct judge j = { .faults = 0 };
    uint64_t unmaps = 0, last_pa = 0;

    judge(&r, &j);
    CHECK_EQ(j.faults, 0);
    for (size_t i = 0; i < r.n; i++) {
        unmaps += r.rec[i].kind == REC_UNMAP;
        if (r.rec[i].kind == REC_MAP && r.rec[i].addr == 0x100000000) {
            CU_ASSERT(r.ext[i].w[0] != last_pa);
            last_pa = r.ext[i].w[0];
        }
    }
    CHECK_EQ(unmaps, 3 * (1333 / 3)); /* 2 + 1 accesses of 1500 bytes go into 6000 on 4 KiB pages */
    judge_free(&j);
    run_free(&r);
}

/* ---- packets, touches, settings --------------------------------------------------------------- */

static void a_packet_is_of_one_stream_and_one_time(void)
{
    static const char *const interleave[] = { "round-robin", "burst", "random" };

    for (size_t k = 0; k < ARRAY_LEN(interleave); k++) {
        char yaml[400];
        struct run r;
        uint64_t n = 0, of_stream[4] = { 0 };

        snprintf(yaml, sizeof yaml, "accesses: 3000\npacket: 3\nburst: 2\ninterleave: %s\ngroups:\n"
                 "- { sid: 1, count: 4, mix: [ { pattern: sequential } ] }\n", interleave[k]);
        r = run_text(yaml, 1);
        for (size_t i = 0; i < r.n; i++) {
            if (!is_access(&r.rec[i]))
                continue;
            CHECK_EQ(r.rec[i].time, n / 3);
            CU_ASSERT(n % 3 == 0 || r.rec[i].stream == r.rec[i - 1].stream);
            of_stream[r.rec[i].stream & 3]++;
            n++;
        }
        CHECK_EQ(n, 3000);
        for (unsigned i = 0; i < 4; i++)
            CU_ASSERT(of_stream[i] > 600 && of_stream[i] % 3 == 0);
        run_free(&r);
    }
}

static void patterns_in_turn_take_as_many_accesses_as_they_weigh(void)
{
    struct run r = run_text("accesses: 300\ngroups:\n- { sid: 1, pick: turn, mix: ["
                            " { pattern: sequential, len: 16, weight: 2 },"
                            " { pattern: sequential, len: 32 } ] }\n", 1);
    uint64_t n = 0;

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i]))
            CHECK_EQ(r.rec[i].len, n++ % 3 == 2 ? 32 : 16);
    CHECK_EQ(n, 300);
    run_free(&r);
}

static void touched_windows_are_gone_through_once_before_anything_is_drawn(void)
{
    struct run r = run_text("accesses: 2000\ngroups:\n- { sid: 1, mix: ["
                            " { pattern: uniform, pages: 500, touch: yes, offset: random } ] }\n", 1);
    uint64_t n = 0, in_order = 0;

    for (size_t i = 0; i < r.n; i++)
        if (is_access(&r.rec[i])) {
            uint64_t page = (r.rec[i].addr - 0x100000000) >> 12;

            CU_ASSERT(n >= 500 || page == n);
            in_order += n >= 500 && page == n % 500;
            n++;
        }
    CU_ASSERT(in_order < 30);
    run_free(&r);
}

#define ONE_GROUP "accesses: 100\ngroups:\n- { sid: 1, mix: [ { pattern: uniform, pages: 8 } ] }\n"

static void settings_go_over_the_file(void)
{
    static const char *const set[] = { "workload.accesses=7", "workload.groups[0].count=3",
                                       "workload.groups[0].mix[0].len=2K" };
    struct diag d;
    struct run r;
    struct gen *g;
    uint64_t n = 0;

    diag_init(&d);
    g = open_with(ONE_GROUP, 1, set, ARRAY_LEN(set), &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    collect(g, SIZE_MAX, &r);
    CHECK_EQ(r.streams, 3);
    for (size_t i = 0; i < r.n; i++) {
        n += is_access(&r.rec[i]);
        CU_ASSERT(!is_access(&r.rec[i]) || r.rec[i].len == 2048);
    }
    CHECK_EQ(n, 7);
    run_free(&r);
    gen_close(g);
    diag_destroy(&d);
}

static void settings_of_nothing_are_refused(void)
{
    static const char *const set[] = { "workload.groups[1].count=3", "workload.acesses=7",
                                       "workload.groups[0].mix[0].len=9K", "workload.accesses" };

    for (size_t i = 0; i < ARRAY_LEN(set); i++) {
        struct diag d;

        diag_init(&d);
        CU_ASSERT_PTR_NULL(open_with(ONE_GROUP, 1, &set[i], 1, &d));
        CU_ASSERT(d.n > 0);
        diag_destroy(&d);
    }
}

static void arrival_is_told_where_the_description_has_it(void)
{
    struct diag d;
    struct gen *g;

    diag_init(&d);
    g = open_text("arrival: open\nthink_ps: 5\n" ONE_GROUP, 1, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    CHECK_EQ(gen_arrival(g).arrival, REPLAY_OPEN);
    CHECK_EQ(gen_arrival(g).think_ps, 5);
    CHECK_EQ(gen_arrival(g).outstanding, GEN_UNSAID);
    CHECK_EQ(gen_arrival(g).packet, GEN_UNSAID);
    gen_close(g);
    diag_destroy(&d);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void a_written_trace_has_the_generated_records(void)
{
    char dir[] = "/tmp/test_gen.XXXXXX", path[64];
    struct run a = run_text(MIXED, 3), b = { .n = 0 };
    struct trace_reader *t;
    struct gen *g;
    struct diag d;
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n, differ = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.trc", dir);
    diag_init(&d);
    g = open_text(MIXED, 3, &d);
    CHECK_EQ(gen_write(g, path, 3, &d), 0);
    t = trace_open(path, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CHECK_EQ(trace_info(t)->records, a.n);
    CHECK_EQ(trace_info(t)->streams, a.streams);
    CHECK_EQ(trace_info(t)->head.flags, TRACE_F_MODELLED);
    CHECK_EQ(memcmp(trace_streams(t), a.sid, a.streams * sizeof *a.sid), 0);
    while (trace_next(t, &rec, &ext, &n) == 0 && n > 0)
        for (size_t i = 0; i < n; i++, b.n++) {
            size_t words = rec[i].words * sizeof ext->w[0];

            differ += memcmp(&rec[i], &a.rec[b.n], sizeof *rec) != 0;
            differ += words && memcmp((ext++)->w, a.ext[b.n].w, words) != 0;
        }
    CHECK_EQ(b.n, a.n);
    CHECK_EQ(differ, 0);
    trace_close(t);
    gen_close(g);
    diag_destroy(&d);
    run_free(&a);
    remove(path);
    rmdir(dir);
}

static void accesses_can_be_fewer_than_described(void)
{
    struct diag d;
    struct gen *g;
    struct run r;

    diag_init(&d);
    g = open_text(MIXED, 1, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    gen_set_accesses(g, 777);
    collect(g, SIZE_MAX, &r);
    CHECK_EQ(gen_info(g)->by_kind[REC_READ] + gen_info(g)->by_kind[REC_WRITE], 777);
    gen_close(g);
    run_free(&r);
    diag_destroy(&d);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void check_message(const char *yaml, unsigned long line, const char *part)
{
    struct diag d;
    struct gen *g;

    diag_init(&d);
    g = open_text(yaml, 1, &d);
    CU_ASSERT_PTR_NULL(g);
    CU_ASSERT_FATAL(d.n > 0);
    if (!strstr(d.msg[0].text, part))
        fprintf(stderr, "found: %s\n", d.msg[0].text);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.msg[0].text, part));
    CHECK_EQ(d.msg[0].line, line);
    gen_close(g);
    diag_destroy(&d);
}

static void mistakes_are_named_with_their_line(void)
{
    check_message("seed: 1\naccesses: 10\n", 1, "groups");
    check_message("groups:\n- mix:\n  - { patern: zipf }\n", 3, "pattern");
    check_message("groups:\n- mix:\n  - { pattern: zapf }\n", 3, "sequential|ring");
    check_message("groups:\n- mix:\n  - { len: 8K }\n", 3, "longer than a page");
    check_message("groups:\n- page: 5000\n  mix: [ { len: 8 } ]\n", 2, "not a power of two");
    check_message("groups:\n- mix: [ { pages: 0 } ]\n", 2, "out of range");
    check_message("groups:\n- mix:\n  - { pattern: interrupts, first: 65535, entries: 2 }\n", 3, "beyond index 65535");
    check_message("groups:\n- { page: 1G, mix: [ { pages: 16M } ] }\n", 2, "whole number");
    check_message("groups:\n- { page: 1G, mix: [ { pages: 16000000 } ] }\n", 0, "beyond 2^48");
    check_message("groups:\n- { count: 4, mix: [ {} ] }\n- { sid: 3, mix: [ {} ] }\n", 0,
                  "StreamID 0x3");
    check_message("", 1, "empty");
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void interrupts_are_short_writes_that_name_one_of_their_entries(void)
{
    struct run r = run_text("accesses: 3000\ngroups:\n- { sid: 1, mix: [ { pattern: interrupts, first: 100, entries: 16,"
                            " theta: 0, write: 0 } ] }\n", 1);
    unsigned seen[16] = { 0 };

    for (size_t i = 0; i < r.n; i++) {
        uint64_t index = r.rec[i].addr >> 5 & 0x7fff;

        if (!is_access(&r.rec[i]))
            continue;
        CHECK_EQ(r.rec[i].kind, REC_WRITE);
        CHECK_EQ(r.rec[i].len, 4);
        CHECK_EQ(r.rec[i].addr, vtd_ir_request((uint16_t)index, false, 0).addr);
        CU_ASSERT_FATAL(index >= 100 && index < 116);
        seen[index - 100]++;
    }
    for (unsigned i = 0; i < 16; i++)
        CU_ASSERT(seen[i] > 3000 / 16 / 2 && seen[i] < 3000 / 16 * 2);
    run_free(&r);
}

static void interrupts_of_a_group_have_one_window(void)
{
    struct run r = run_text("accesses: 10\ngroups:\n- { sid: 1, mix: [ { pattern: interrupts, entries: 16 },"
                            " { pattern: ring }, { pattern: interrupts, first: 16, entries: 16 } ] }\n", 1);
    unsigned maps = 0;

    for (size_t i = 0; i < r.n; i++)
        if (r.rec[i].kind == REC_MAP && r.rec[i].addr < 0x100000000) {
            maps++;
            CHECK_EQ(r.rec[i].addr, 0xfee00000);
            CHECK_EQ(r.ext[i].w[1], 1 << 20);
        }
    CHECK_EQ(maps, 1);
    run_free(&r);
}

#define TESTS(T)                                                                                   \
    T(equal_seeds_give_equal_records_and_others_do_not)                                            \
    T(rewinding_gives_the_same_records_again)                                                      \
    T(zipf_weights_are_powers_of_the_rank)                                                         \
    T(zipf_draws_follow_the_law)                                                                   \
    T(zipf_ranks_are_spread_over_all_items)                                                        \
    T(round_robin_gives_every_stream_one_access_in_turn)                                           \
    T(a_burst_is_as_long_as_asked)                                                                 \
    T(random_turns_go_by_weight)                                                                   \
    T(phases_follow_each_other)                                                                    \
    T(sequential_wraps_and_never_crosses_a_page)                                                   \
    T(ring_reads_a_descriptor_and_writes_it_back)                                                  \
    T(strides_stay_in_the_window)                                                                  \
    T(patterns_of_a_mix_come_by_weight)                                                            \
    T(every_record_of_every_scenario_is_legal)                                                     \
    T(deferred_unmaps_are_flushed_before_their_place_is_used_again)                                \
    T(strict_buffers_are_used_whole_and_change_their_memory)                                       \
    T(a_packet_is_of_one_stream_and_one_time)                                                      \
    T(patterns_in_turn_take_as_many_accesses_as_they_weigh)                                        \
    T(touched_windows_are_gone_through_once_before_anything_is_drawn)                              \
    T(settings_go_over_the_file)                                                                   \
    T(settings_of_nothing_are_refused)                                                             \
    T(arrival_is_told_where_the_description_has_it)                                                \
    T(a_written_trace_has_the_generated_records)                                                   \
    T(accesses_can_be_fewer_than_described)                                                        \
    T(mistakes_are_named_with_their_line)                                                          \
    T(interrupts_are_short_writes_that_name_one_of_their_entries)                                  \
    T(interrupts_of_a_group_have_one_window)
TEST_SUITE("gen", TESTS)
