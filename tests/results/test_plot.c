/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim.h"
#include "results/plot.h"
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
    T(without_rows_the_message_says_where_they_come_from)                                          \
    T(a_sweep_that_varies_no_size_has_no_hit_rate_plot)                                            \
    T(other_suffixes_and_names_are_refused)                                                        \
    T(a_missing_gnuplot_is_named)                                                                  \
    T(a_directory_that_is_not_there_is_told)                                                       \
    T(a_picture_that_does_not_fit_on_the_disk_is_not_kept)
TEST_SUITE("plot", TESTS)
