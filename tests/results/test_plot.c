/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim.h"
#include "results/plot.h"
#include "results/plot_data.h"
#include "results/results.h"
#include "suite.h"

#define SCRIPTS SOURCE_DIR "/results/plots"

struct bench {
    char dir[64], db[96], out[96];
    struct diag diag;
    struct results *results;
    char *picture;             /* of the last draw */
};

static void bench_up(struct bench *b)
{
    *b = (struct bench){ .picture = NULL };
    snprintf(b->dir, sizeof b->dir, "/tmp/test_plot.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
    snprintf(b->db, sizeof b->db, "%s/results.db", b->dir);
    snprintf(b->out, sizeof b->out, "%s/picture.svg", b->dir);
    diag_init(&b->diag);
    b->results = results_open(b->db, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->results);
}

/* Fails if a draw left anything but its picture. */
static void bench_down(struct bench *b)
{
    results_close(b->results);
    unlink(b->out);
    unlink(b->db);
    CHECK_EQ(rmdir(b->dir), 0);
    free(b->picture);
    diag_destroy(&b->diag);
}

static void begin(struct bench *b, int64_t id)
{
    struct results_run run = { .id = id, .label = "", .version = "0.1.0", .arch = "smmuv3",
                               .profile = "it's tiny_`x`", .mode = "functional",
                               .arrival = "serial", .trace = "dir/small.trc" };

    CHECK_EQ(results_run_begin(b->results, &run, NULL), 0);
}

static void end(struct bench *b)
{
    struct results_totals t = { .wall_s = 1, .requests = 1000, .sim_ps = 0 };

    CHECK_EQ(results_run_end(b->results, RESULTS_DONE, &t), 0);
}

static void structure(struct bench *b, const char *path, unsigned sets, unsigned ways,
                      unsigned hits)
{
    char name[80];

    snprintf(name, sizeof name, "%s.sets", path);
    results_param(b->results, name, "1", sets);
    snprintf(name, sizeof name, "%s.ways", path);
    results_param(b->results, name, "1", ways);
    results_counter(b->results, path, "lookups", "1", 1000);
    results_counter(b->results, path, "hits", "1", hits);
}

static int draw(struct bench *b, enum plot_id plot)
{
    struct reader *r = reader_open(b->db, &b->diag);
    int error = plot_draw(r, plot, PLOT_LAST_RUN, SCRIPTS, b->out, &b->diag);
    FILE *f = fopen(b->out, "r");
    size_t size;

    reader_close(r);
    free(b->picture);
    b->picture = NULL;
    size = 0;
    if (f && getdelim(&b->picture, &size, 0, f) < 0)
        b->picture[0] = 0;
    if (f)
        fclose(f);
    if (!b->picture)
        b->picture = calloc(1, 1);
    return error;
}

static bool shows(struct bench *b, const char *text)
{
    bool found = strstr(b->picture, text) != NULL;

    if (!found)
        fprintf(stderr, "\nexpected `%s` in the picture\n", text);
    return found;
}

/* The numbers of a plot instead of its picture. */
static int data(struct bench *b, int (*plot)(struct reader *, int64_t, FILE *))
{
    struct reader *r = reader_open(b->db, &b->diag);
    size_t size;
    FILE *f;
    int n;

    free(b->picture);
    f = open_memstream(&b->picture, &size);
    n = plot(r, reader_last_run(r), f);
    fclose(f);
    reader_close(r);
    return n;
}

/* Both kinds of picture, neither of them empty. */
static void draws(struct bench *b, enum plot_id plot)
{
    struct stat st;

    strcpy(strrchr(b->out, '.'), ".png");
    CHECK_EQ(draw(b, plot), 0);
    CHECK_EQ(memcmp(b->picture, "\x89PNG", 4), 0);
    CHECK_EQ(stat(b->out, &st), 0);
    CU_ASSERT(st.st_size > 10000);
    unlink(b->out);
    strcpy(strrchr(b->out, '.'), ".svg");
    CHECK_EQ(draw(b, plot), 0);
    CU_ASSERT(strlen(b->picture) > 5000);
}

static unsigned count(struct bench *b, const char *text)
{
    unsigned n = 0;

    for (const char *at = b->picture; (at = strstr(at, text)); at++)
        n++;
    return n;
}

static bool says(struct bench *b, const char *text)
{
    bool found = b->diag.n == 1 && strstr(b->diag.msg[0].text, text);

    if (!found)
        diag_print(&b->diag, stderr);
    return found;
}

/* ---- what the pictures show ------------------------------------------------------------------ */

static void a_sweep_over_ways_gives_one_line(void)
{
    struct bench b;

    bench_up(&b);
    for (unsigned i = 0; i < 4; i++) {
        begin(&b, i);
        structure(&b, "smmu.tlb", 1, 4u << i, 300 + 200 * i);
        structure(&b, "smmu.cfg", 1, 8, 990);
        results_point(b.results, "smmu.tlb.ways", "4");
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), 0);
    CU_ASSERT(shows(&b, "Hit rate over entries") && shows(&b, "entries of smmu.tlb (sets × ways)"));
    CU_ASSERT(shows(&b, "small.trc") && shows(&b, "4 runs") && shows(&b, "it's tiny_`x`"));
    CU_ASSERT(shows(&b, ">4<") && shows(&b, ">32<") && shows(&b, "hits per lookup"));
    CHECK_EQ(count(&b, "scale(4.50)"), 4 + 1);     /* a mark a run, and one in the key */
    CU_ASSERT_PTR_NULL(strstr(b.picture, "smmu.cfg"));   /* not varied */
    bench_down(&b);
}

static void sets_times_ways_gives_a_line_for_each_ways(void)
{
    struct bench b;
    char text[12];

    bench_up(&b);
    for (unsigned i = 0; i < 6; i++) {
        unsigned ways = i % 2 ? 4 : 1;

        begin(&b, i);
        structure(&b, "smmu.tlb", 4u << i / 2, ways, 500 + 50 * i);
        snprintf(text, sizeof text, "%u", ways);
        results_point(b.results, "smmu.tlb.ways", text);
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), 0);
    CU_ASSERT(shows(&b, ">ways 1<") && shows(&b, ">ways 4<"));
    CHECK_EQ(count(&b, "scale(4.50)"), 6 + 2);     /* and one in each line of the key */
    bench_down(&b);
}

static void an_axis_that_makes_no_difference_makes_no_line(void)
{
    static const char *const policy[] = { "lru", "fifo" }, *const seed[] = { "1", "2", "3" };
    struct bench b;

    bench_up(&b);
    for (unsigned i = 0; i < 24; i++) {
        begin(&b, i);
        structure(&b, "smmu.tlb", 1, 2u << i % 4, 200 + 100 * (i % 4) + 50 * (i / 4 % 2));
        results_point(b.results, "smmu.tlb.policy", policy[i / 4 % 2]);
        results_point(b.results, "seed", seed[i / 8]);
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), 0);
    CU_ASSERT(shows(&b, ">policy lru<") && shows(&b, ">policy fifo<"));
    CHECK_EQ(count(&b, "scale(4.50)"), 8 + 2);
    bench_down(&b);
}

static void each_structure_that_varies_has_a_panel(void)
{
    struct bench b;

    bench_up(&b);
    for (unsigned i = 0; i < 9; i++) {
        begin(&b, i);
        structure(&b, "smmu.tlb", 1, 2u << i % 3, 200 + 100 * (i % 3));
        structure(&b, "smmu.cfg", 1, 4u << i / 3, 500 + 100 * (i / 3) + 10 * (i % 3));
        structure(&b, "smmu.wc", 1, i < 3 ? 2 : 4, 500);        /* two sizes make no curve */
        results_point(b.results, "smmu.tlb.ways", i % 3 == 0 ? "2" : i % 3 == 1 ? "4" : "8");
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), 0);
    CU_ASSERT(shows(&b, "entries of smmu.tlb") && shows(&b, "entries of smmu.cfg"));
    CU_ASSERT(shows(&b, ">tlb.ways 2<") && shows(&b, ">all runs<"));
    CU_ASSERT_PTR_NULL(strstr(b.picture, "smmu.wc"));
    bench_down(&b);
}

static void lines_that_find_no_room_are_counted(void)
{
    struct bench b;
    char seed[12];

    bench_up(&b);
    for (unsigned i = 0; i < 40; i++) {
        begin(&b, i);
        structure(&b, "smmu.tlb", 1, i % 2 ? 8 : 4, 200 + 10 * i);
        snprintf(seed, sizeof seed, "%u", i / 2);
        results_point(b.results, "seed", seed);
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), 0);
    CU_ASSERT(shows(&b, ">seed 0<") && shows(&b, ">seed 13<") && shows(&b, ">and 6 more<"));
    CU_ASSERT_PTR_NULL(strstr(b.picture, "seed 14"));
    bench_down(&b);
}

static void streams_show_their_classes_and_weights(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_latency(b.results, 8, "tlb hit", "lookup", 750000, 0);
    results_latency(b.results, 8, "walk", "lookup", 250000, 0);
    results_latency(b.results, 0x110, "walk", "lookup", 77, 0);
    end(&b);
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    CU_ASSERT(shows(&b, ">0x8<") && shows(&b, ">0x110<") && shows(&b, "tlb hit") &&
              shows(&b, "walk"));
    CU_ASSERT(shows(&b, ">1 M<") && shows(&b, ">77<"));
    bench_down(&b);
}

static void more_streams_than_fit_are_taken_together(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    for (unsigned i = 0; i < 40; i++)
        results_latency(b.results, i, "tlb hit", "lookup", 1000 - i, 0);
    end(&b);
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    CU_ASSERT(shows(&b, ">0xf<") && shows(&b, ">others<"));
    CU_ASSERT_PTR_NULL(strstr(b.picture, ">0x10<"));
    bench_down(&b);
}

static void misses_are_shown_by_structure_with_their_rate(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_param_text(b.results, "run.time", "", "trace");
    for (unsigned i = 0; i < 1000; i++) {
        results_interval(b.results, i * 1000000ull, "smmu.tlb", "lookups", 100);
        results_interval(b.results, i * 1000000ull, "smmu.tlb", "misses", i % 7);
        results_interval(b.results, i * 1000000ull, "smmu.cfg", "misses", i < 20);
        results_interval(b.results, i * 1000000ull, "smmu.wc", "misses", i == 0);
        results_interval(b.results, i * 1000000ull, "smmu.s2tlb", "misses", 0);
    }
    end(&b);
    CHECK_EQ(draw(&b, PLOT_misses), 0);
    CU_ASSERT(shows(&b, "smmu.tlb") && shows(&b, "smmu.cfg") && shows(&b, "trace time (µs)"));
    CU_ASSERT(shows(&b, "misses per 5 µs") && shows(&b, "misses per lookup"));
    CU_ASSERT_PTR_NULL(strstr(b.picture, "smmu.s2tlb"));          /* never missed */
    CU_ASSERT_PTR_NULL(strstr(b.picture, "smmu.wc"));             /* too few to be seen */
    bench_down(&b);
}

static void time_that_is_order_is_called_so(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_param_text(b.results, "run.time", "", "order");
    results_interval(b.results, 0, "smmu.tlb", "misses", 5);
    results_interval(b.results, 100, "smmu.tlb", "misses", 3);
    end(&b);
    CHECK_EQ(draw(&b, PLOT_misses), 0);
    CU_ASSERT(shows(&b, "position in the trace (records)") && shows(&b, "misses per 100 records"));
    bench_down(&b);
}

static void reuse_shows_first_touches(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_histogram(b.results, "trace", "reuse_distance", "pages", 0, 0, 500);
    results_histogram(b.results, "trace", "reuse_distance", "pages", 7, 7, 300);
    results_histogram(b.results, "trace", "reuse_distance", "pages", 256, 257, 100);
    results_counter(b.results, "trace", "reuse_cold", "1", 100);
    end(&b);
    CHECK_EQ(draw(&b, PLOT_reuse), 0);
    CU_ASSERT(shows(&b, "limit: 10 % of 1000 accesses are first touches") &&
              shows(&b, "fully associative LRU TLB"));
    CU_ASSERT(shows(&b, ">1<") && shows(&b, ">256<"));
    bench_down(&b);
}

static void equal_rows_give_equal_pictures(void)
{
    struct bench b;
    char *first;

    bench_up(&b);
    begin(&b, 1);
    results_latency(b.results, 8, "tlb hit", "lookup", 75, 0);
    end(&b);
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    first = strdup(b.picture);
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    CHECK_STR(b.picture, first);
    free(first);
    bench_down(&b);
}

static void a_name_in_png_gives_a_png(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_latency(b.results, 8, "tlb hit", "lookup", 75, 0);
    end(&b);
    strcpy(strrchr(b.out, '.'), ".png");
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    CHECK_EQ(memcmp(b.picture, "\x89PNG", 4), 0);
    bench_down(&b);
}

/* ---- timed runs ------------------------------------------------------------------------------ */

static void latency(struct bench *b, const char *name, uint64_t ns, uint64_t n)
{
    struct hist h;

    hist_init(&h);
    hist_add(&h, ns * 1000, n / 2);
    hist_add(&h, ns * 2000, n - n / 2);
    results_hist(b->results, "latency", name, "ps", &h);
    hist_destroy(&h);
}

/* 80 hits of 16 or 32 ns and 20 walks of 400 or 800, of two streams. */
static void timed_rows(struct bench *b)
{
    latency(b, "8/utlb-hit", 16, 40);
    latency(b, "9/utlb-hit", 16, 40);
    latency(b, "9/walk-s1-2", 400, 20);
    for (uint32_t s = 8; s < 10; s++) {
        results_latency(b->results, s, "utlb-hit", "lookup", 40, 40 * 4000);
        results_latency(b->results, s, "utlb-hit", "data-access", 40, 40 * 20000);
    }
    results_latency(b->results, 9, "walk-s1-2", "table-read", 20, 20 * 450000);
    results_latency(b->results, 9, "walk-s1-2", "data-access", 20, 20 * 150000);
    results_param_text(b->results, "run.time", "", "simulated");
}

static void begin_timed(struct bench *b, int64_t id)
{
    struct results_run run = { .id = id, .label = "", .version = "0.1.0", .arch = "smmuv3",
                               .profile = "tiny", .mode = "timed", .arrival = "closed",
                               .trace = "dir/small.trc" };

    CHECK_EQ(results_run_begin(b->results, &run, NULL), 0);
}

static void end_timed(struct bench *b, uint64_t requests, uint64_t sim_ps)
{
    struct results_totals t = { .wall_s = 1, .requests = requests, .sim_ps = sim_ps };

    CHECK_EQ(results_run_end(b->results, RESULTS_DONE, &t), 0);
}

static void latencies_are_shown_by_class_and_in_all(void)
{
    struct bench b;

    bench_up(&b);
    begin_timed(&b, 1);
    timed_rows(&b);
    end_timed(&b, 100, 1000000);
    CHECK_EQ(data(&b, plot_data_latency_cdf), 3);
    CU_ASSERT(shows(&b, "\"utlb-hit, 80 %\"\n16 0 100\n16.063 50.000000 50\n32 100.000000 0\n"));
    CU_ASSERT(shows(&b, "\"walk-s1-2, 20 %\"\n400 0 100\n"));
    CU_ASSERT(shows(&b, "\"all\"\n16 0 100\n16.063 40.000000 60\n32.127 80.000000 20\n"));
    CU_ASSERT(shows(&b, "\n800 100.000000 0\n"));
    CU_ASSERT(shows(&b, "lines = 3\nmore = 0\nlowest = 1\n"));
    draws(&b, PLOT_latency_cdf);
    CU_ASSERT(shows(&b, "latency (ns)") && shows(&b, ">utlb-hit, 80 %<") && shows(&b, ">all<"));
    bench_down(&b);
}

static void causes_of_a_class_add_up_to_its_mean(void)
{
    struct bench b;

    bench_up(&b);
    begin_timed(&b, 1);
    timed_rows(&b);
    results_latency(b.results, 9, "walk-s1-2", "gremlins", 1, 20 * 3000);
    end_timed(&b, 100, 1000000);
    CHECK_EQ(data(&b, plot_data_causes), 3);
    CU_ASSERT(shows(&b, "0 0 3.2 2 \"3.20\" 0.000000 2.288984 \"2 %\"\n"));       /* all: lookup */
    CU_ASSERT(shows(&b, "1 0 4 2 \"4.00\" 0.000000 16.666667 \"17 %\"\n"
                        "1 4 24 9 \"20.0\" 16.666667 100.000000 \"83 %\"\n"
                        "2 0 450 5 \"450\" "));
    CU_ASSERT(shows(&b, "2 600 603 12 \"3.00\" "));                 /* one that nobody knows */
    CU_ASSERT(shows(&b, "0 \"all\" 139.8 \"140 ns · 100 %\"\n"
                        "1 \"utlb-hit\" 24 \"24.0 ns · 80 %\"\n"
                        "2 \"walk-s1-2\" 603 \"603 ns · 20 %\"\n"));
    CU_ASSERT(shows(&b, "cause[4] = ''\n") && shows(&b, "cause[6] = 'table-read'\n"));
    CU_ASSERT(shows(&b, "cause[13] = 'other'\n"));
    draws(&b, PLOT_causes);
    CU_ASSERT(shows(&b, ">table-read<") && shows(&b, "603 ns · 20 %"));
    CU_ASSERT_PTR_NULL(strstr(b.picture, "slot-wait"));
    bench_down(&b);
}

static void time_goes_by_in_throughput_latency_and_misses(void)
{
    struct bench b;

    bench_up(&b);
    begin_timed(&b, 1);
    results_param_text(b.results, "run.time", "", "simulated");
    for (uint64_t i = 0; i < 4; i++) {         /* the last one is cut short at 3.5 us */
        results_interval(b.results, i * 1000000, "run", "requests", i == 2 ? 0 : 10 + i);
        results_interval(b.results, i * 1000000, "run", "latency_ps", i == 2 ? 0 : 200000);
        results_interval(b.results, i * 1000000, "smmu.tbu.tlb", "lookups", 20);
        results_interval(b.results, i * 1000000, "smmu.tbu.tlb", "misses", i);
        results_interval(b.results, i * 1000000, "smmu.tcu.walk", "busy_ps", 500000 * i);
    }
    end_timed(&b, 34, 3500000);
    CHECK_EQ(data(&b, plot_data_time_series), 1);
    CU_ASSERT(shows(&b, "\"requests\"\n0 10\n1 11\n2 0\n3 26\n3.5 26\n"));
    CU_ASSERT(shows(&b, "\"latency\"\n0 20\n1 18.1818\n2 ?\n3 15.3846\n"));
    CU_ASSERT(shows(&b, "\"smmu.tbu.tlb\"\n0 0\n1 5\n2 10\n3 15\n"));
    CU_ASSERT(shows(&b, "\"smmu.tcu.walk\"\n0 0\n1 0.5\n2 1\n3 3\n"));
    CU_ASSERT(shows(&b, "panels = 4") && shows(&b, "label[2] = 'mean latency (ns)'"));
    draws(&b, PLOT_time_series);
    CU_ASSERT(shows(&b, "M requests/s") && shows(&b, "simulated time (µs)"));
    draws(&b, PLOT_misses);
    CU_ASSERT(shows(&b, "misses per 1 µs"));
    bench_down(&b);
}

static void occupancy_is_a_share_of_time(void)
{
    struct bench b;

    bench_up(&b);
    begin_timed(&b, 1);
    for (uint64_t i = 0; i <= 4; i++)
        results_histogram(b.results, "smmu.tcu.walk", "occupancy", "ps", i, i, 1000 * (i + 1));
    results_histogram(b.results, "smmu.tcu.cmdq", "occupancy", "ps", 0, 0, 15000);
    results_histogram(b.results, "dev.outstanding", "occupancy", "ps", 32, 32, 15000);
    end_timed(&b, 1, 15000);
    CHECK_EQ(data(&b, plot_data_occupancy), 2);                  /* never used is not shown */
    CU_ASSERT(shows(&b, "0 0 6.66666667\n1 1 13.3333333\n2 2 20\n3 3 26.6666667\n4 4 33.3333333\n"
                        "\n\n32 32 100\n"));
    CU_ASSERT(shows(&b, "says[1] = 'mean 2.67 · most 4 · in use 93.3 % of the time'\n"));
    CU_ASSERT(shows(&b, "panels = 2\nmore = 0\n"));
    draws(&b, PLOT_occupancy);
    CU_ASSERT(shows(&b, ">smmu.tcu.walk<") && shows(&b, "share of time"));
    bench_down(&b);
}

static void reads_of_a_walk_have_shares_and_a_mean(void)
{
    struct bench b;
    struct hist h;

    bench_up(&b);
    hist_init(&h);
    hist_add(&h, 1, 750);
    hist_add(&h, 4, 249);
    hist_add(&h, 24, 1);
    begin_timed(&b, 1);
    results_hist(b.results, "smmu", "walk_reads", "reads", &h);
    end_timed(&b, 1000, 1000);
    hist_destroy(&h);
    CHECK_EQ(data(&b, plot_data_walk_reads), 3);
    CU_ASSERT(shows(&b, "1 1 75 \"75\"\n4 4 24.9 \"25\"\n24 24 0.1 \"0.1\"\n"));
    CU_ASSERT(shows(&b, "mean_label = 'mean 1.770 reads of 1000 walks'\n"));
    draws(&b, PLOT_walk_reads);
    CU_ASSERT(shows(&b, "share of walks") && shows(&b, "mean 1.770 reads"));
    bench_down(&b);
}

/* 3 x 4 points; the second axis is of words if given so. */
static void sweep(struct bench *b, bool timed, const char *const ways[4])
{
    static const char *const sets[] = { "4", "16", "128" };

    for (unsigned i = 0; i < 12; i++) {
        if (timed)
            begin_timed(b, i);
        else
            begin(b, i);
        results_point(b->results, "smmu.tlb.sets", sets[i / 4]);
        results_point(b->results, "smmu.tlb.ways", ways[i % 4]);
        results_point(b->results, "smmu.cfg.sets", i / 4 == 0 ? "1" : i / 4 == 1 ? "2" : "3");
        results_point(b->results, "seed", "7");
        structure(b, "smmu.tlb", 1, 1, 100 + 10 * i);
        structure(b, "smmu.far", 1, 1, 50 * i);
        if (timed)
            results_latency(b->results, 8, "utlb-hit", "lookup", 10, (i + 1) * 10000);
        end_timed(b, 10, timed ? 1000 : 0);
    }
}

static const char *const some_ways[] = { "2", "4", "8", "16" };

static void a_sweep_over_two_axes_gives_a_map_of_latencies(void)
{
    struct bench b;

    bench_up(&b);
    sweep(&b, true, some_ways);
    CHECK_EQ(data(&b, plot_data_heat_map), 12);
    CU_ASSERT(shows(&b, "0 0 1 \"1.00\"\n") && shows(&b, "3 0 4 \"4.00\"\n"));
    CU_ASSERT(shows(&b, "2 1 7 \"7.00\"\n") && shows(&b, "3 2 12 \"12.0\"\n"));
    CU_ASSERT(shows(&b, "$x << END_OF_DATA\n0 2\n1 4\n2 8\n3 16\n"));
    CU_ASSERT(shows(&b, "$y << END_OF_DATA\n0 4\n1 16\n2 128\n"));    /* zipped: shown once */
    CU_ASSERT(shows(&b, "y_label = 'smmu.tlb.sets'\nx_label = 'smmu.tlb.ways'\n"));
    draws(&b, PLOT_heat_map);
    CU_ASSERT(shows(&b, ">12.0<") && shows(&b, "mean latency of a request (ns)"));
    bench_down(&b);
}

static void without_time_the_map_is_of_the_structure_on_an_axis(void)
{
    struct bench b;

    bench_up(&b);
    sweep(&b, false, some_ways);
    CHECK_EQ(data(&b, plot_data_heat_map), 12);
    CU_ASSERT(shows(&b, "3 2 21 \"21.0\"\n") && shows(&b, "Hit rate of smmu.tlb"));
    draws(&b, PLOT_heat_map);
    CU_ASSERT(shows(&b, "hits per lookup of smmu.tlb (%)"));
    bench_down(&b);
}

static void a_map_says_which_axes_it_found_instead(void)
{
    static const char *const words[] = { "lru", "fifo", "random", "plru" };
    static const char *const same[] = { "2", "2", "2", "2" };
    struct bench b;

    bench_up(&b);
    sweep(&b, true, words);
    CHECK_EQ(draw(&b, PLOT_heat_map), SIM_EINPUT);
    CU_ASSERT(says(&b, "exactly two axes of numbers") && says(&b, "smmu.tlb.ways (4 words)"));
    bench_down(&b);
    bench_up(&b);
    sweep(&b, true, same);
    CHECK_EQ(draw(&b, PLOT_heat_map), SIM_EINPUT);
    CU_ASSERT(says(&b, "found 1: smmu.tlb.sets (3 values)"));
    bench_down(&b);
}

static void the_other_plots_draw_timed_runs_too(void)
{
    struct bench b;

    bench_up(&b);
    sweep(&b, true, some_ways);
    CHECK_EQ(draw(&b, PLOT_streams), 0);
    CU_ASSERT(shows(&b, ">10<") && shows(&b, "utlb-hit"));
    bench_down(&b);
    bench_up(&b);
    for (unsigned i = 0; i < 4; i++) {
        begin_timed(&b, i);
        structure(&b, "smmu.tlb", 1, 4u << i, 500 + 100 * i);
        timed_rows(&b);
        end_timed(&b, 100, 1000000);
    }
    draws(&b, PLOT_hit_rate);
    bench_down(&b);
}

/* ---- what is said instead of a picture ------------------------------------------------------- */

static void without_rows_the_message_says_where_they_come_from(void)
{
    struct bench b;

    for (int plot = 0; plot < PLOT_COUNT; plot++) {
        bench_up(&b);
        begin(&b, 1);
        end(&b);
        CHECK_EQ(draw(&b, (enum plot_id)plot), SIM_EINPUT);
        CU_ASSERT(says(&b, plot_info[plot].name) && says(&b, "`iommusim "));
        CU_ASSERT(access(b.out, F_OK) != 0);
        bench_down(&b);
    }
}

static void a_sweep_that_varies_no_size_has_no_hit_rate_plot(void)
{
    struct bench b;

    bench_up(&b);
    for (unsigned i = 0; i < 2; i++) {
        begin(&b, i);
        structure(&b, "smmu.tlb", 4, 4, 500 + i);
        end(&b);
    }
    CHECK_EQ(draw(&b, PLOT_hit_rate), SIM_EINPUT);
    CU_ASSERT(says(&b, "axis of sets or ways"));
    bench_down(&b);
}

static void other_suffixes_and_names_are_refused(void)
{
    struct bench b;
    struct diag d;

    bench_up(&b);
    strcpy(strrchr(b.out, '.'), ".pdf");
    CHECK_EQ(draw(&b, PLOT_streams), SIM_EINPUT);
    CU_ASSERT(says(&b, "expected a name in .svg or .png"));
    diag_init(&d);
    CHECK_EQ(plot_find("reuse", &d), PLOT_reuse);
    CU_ASSERT(plot_find("hit_rate", &d) < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.msg[0].text, "did you mean `hit-rate`"));
    diag_destroy(&d);
    bench_down(&b);
}

static void a_missing_gnuplot_is_named(void)
{
    struct bench b;
    int status;
    pid_t pid;

    bench_up(&b);
    begin(&b, 1);
    results_latency(b.results, 8, "tlb hit", "lookup", 75, 0);
    end(&b);
    pid = fork();
    if (pid == 0) {
        setenv("PATH", b.dir, 1);
        _exit(draw(&b, PLOT_streams) == SIM_EENV && says(&b, "gnuplot is not installed") ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    CHECK_EQ(status, 0);
    bench_down(&b);
}

static void a_directory_that_is_not_there_is_told(void)
{
    struct bench b;

    bench_up(&b);
    begin(&b, 1);
    results_latency(b.results, 8, "tlb hit", "lookup", 75, 0);
    end(&b);
    snprintf(b.out, sizeof b.out, "%s/none/x.svg", b.dir);
    CHECK_EQ(draw(&b, PLOT_streams), SIM_EENV);
    CHECK_EQ(b.diag.n, 1);
    bench_down(&b);
}

static void a_picture_that_does_not_fit_on_the_disk_is_not_kept(void)
{
    struct bench b;
    int status;
    pid_t pid;

    bench_up(&b);
    begin(&b, 1);
    for (unsigned i = 0; i < 2000; i++)
        results_histogram(b.results, "trace", "reuse_distance", "pages", i, i, 1);
    end(&b);
    pid = fork();
    if (pid == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 40000, 40000 });
        _exit(draw(&b, PLOT_reuse) == SIM_EENV && says(&b, "cannot write the whole picture") ? 0
                                                                                             : 1);
    }
    waitpid(pid, &status, 0);
    CHECK_EQ(status, 0);
    CU_ASSERT(access(b.out, F_OK) != 0);
    bench_down(&b);                            /* and no part of it */
}

#define TESTS(T)                                                                                   \
    T(a_sweep_over_ways_gives_one_line)                                                            \
    T(sets_times_ways_gives_a_line_for_each_ways)                                                  \
    T(an_axis_that_makes_no_difference_makes_no_line)                                              \
    T(each_structure_that_varies_has_a_panel)                                                      \
    T(lines_that_find_no_room_are_counted)                                                         \
    T(streams_show_their_classes_and_weights)                                                      \
    T(more_streams_than_fit_are_taken_together)                                                    \
    T(misses_are_shown_by_structure_with_their_rate)                                               \
    T(time_that_is_order_is_called_so)                                                             \
    T(reuse_shows_first_touches)                                                                   \
    T(equal_rows_give_equal_pictures)                                                              \
    T(a_name_in_png_gives_a_png)                                                                   \
    T(latencies_are_shown_by_class_and_in_all)                                                     \
    T(causes_of_a_class_add_up_to_its_mean)                                                        \
    T(time_goes_by_in_throughput_latency_and_misses)                                               \
    T(occupancy_is_a_share_of_time)                                                                \
    T(reads_of_a_walk_have_shares_and_a_mean)                                                      \
    T(a_sweep_over_two_axes_gives_a_map_of_latencies)                                              \
    T(without_time_the_map_is_of_the_structure_on_an_axis)                                         \
    T(a_map_says_which_axes_it_found_instead)                                                      \
    T(the_other_plots_draw_timed_runs_too)                                                         \
    T(without_rows_the_message_says_where_they_come_from)                                          \
    T(a_sweep_that_varies_no_size_has_no_hit_rate_plot)                                            \
    T(other_suffixes_and_names_are_refused)                                                        \
    T(a_missing_gnuplot_is_named)                                                                  \
    T(a_directory_that_is_not_there_is_told)                                                       \
    T(a_picture_that_does_not_fit_on_the_disk_is_not_kept)
TEST_SUITE("plot", TESTS)
