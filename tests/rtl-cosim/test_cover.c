/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage: bins and their names, what the model's runs meet, files merged, and rounds that are directed to what has not
 * been met.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cosim_bench.h"
#include "rtl-cosim/judge/coverage.h"
#include "rtl-cosim/suite/direct.h"

/* ---- bins ---------------------------------------------------------------------------------------- */

static void every_bin_has_a_name_of_its_own(void)
{
    static char name[COVER_BINS][COVER_NAME];
    unsigned n = 0;

    for (unsigned i = 0; i < COVER_BINS; i++)
        n += cover_name(i, name[n]);
    CHECK_EQ(n, cover_sum(&(struct cover){ { 0 } }).total);
    CU_ASSERT(n > 200);
    CHECK_STR(name[COVER_OLD_VALUE], "old-value");
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(name[i], name[j]);
}

static void what_cannot_be_is_no_bin(void)
{
    char name[COVER_NAME];

    CU_ASSERT_FALSE(cover_name(COVER_BIN(ORDERS, COVER_SERIAL, COVER_BOTH_BESIDE), name));
    CU_ASSERT_TRUE(cover_name(COVER_BIN(ORDERS, COVER_RACED, COVER_BOTH_BESIDE), name));
    CHECK_STR(name, "order/race.both");
    CHECK_STR(cover_group(COVER_BIN(LEAVES, COVER_LEAF_L1, COVER_OTHER_L3)), "leaves");
}

/* Stage 1 in blocks over a stage 2 in pages, one access at a time. */
static void situations_are_counted(void)
{
    const struct cover *c;
    struct bench b;

    bench_up(&b);
    b.opt.par.order = COVER_SERIAL;
    attach(&b, 0, 1, REC_MODE_TRANSLATE);
    map(&b, 1, 0x40000000, 0x80000000, 0x200000, REC_PERM_R);
    dma(&b, 0, REC_READ, 0x40000000);
    dma(&b, 0, REC_READ, 0x40000040);
    dma(&b, 0, REC_WRITE, 0x40000040);
    dma(&b, 0, REC_READ, 0x5000000);
    unmap(&b, 1, 0x40000000, 0x200000);
    run(&b, &cosim_dut_model);
    CHECK_EQ(driver_verdicts(b.driver)->total, 0);
    c = scoreboard_cover(driver_scoreboard(b.driver));
    CHECK_EQ(c->hits[COVER_BIN(DONE, COVER_S1, COVER_READS)], 2);
    CHECK_EQ(c->hits[COVER_BIN(LEAF, COVER_STAGE_1, COVER_LEAF_L2)], 2);
    CHECK_EQ(c->hits[COVER_BIN(REUSE, COVER_MISS, COVER_LEAF_L2)], 1);
    CHECK_EQ(c->hits[COVER_BIN(REUSE, COVER_HIT, COVER_LEAF_L2)], 1);
    CHECK_EQ(c->hits[COVER_BIN(FAULTS, COVER_F_PERMISSION, COVER_AT_S1)], 1);
    CHECK_EQ(c->hits[COVER_BIN(FAULTS, COVER_F_TRANSLATION, COVER_AT_S1)], 1);
    CHECK_EQ(c->hits[COVER_BIN(ORDERS, COVER_SERIAL, COVER_QUIET)], 4);
    CHECK_EQ(c->hits[COVER_BIN(CROWD, COVER_ALONE, COVER_S1)], 4);
    CU_ASSERT(c->hits[COVER_BIN(COMMANDS, COVER_CMD_SYNC, COVER_NONE)] > 0);
    CHECK_EQ(c->hits[COVER_BIN(COMMANDS, COVER_CMD_SYNC, COVER_DESCRIPTOR)], 0);
    CHECK_EQ(c->hits[COVER_EVENT], 2);
    bench_down(&b);
}

/* ---- files --------------------------------------------------------------------------------------- */

static void make_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    fputs(text, to);
    fclose(to);
}

#define POINT(kind, unit, line) "C '\1f\2" unit ".sv\1l\2" line "\1t\2" kind "\1page\2v_" kind "/" unit "\1h\2TOP'"

static void files_are_merged(void)
{
    char one[] = "/tmp/cover-XXXXXX", two[] = "/tmp/cover-XXXXXX";
    struct coverage c = { NULL, 0, 0 };
    struct coverage_sum *sum;
    struct diag d;
    size_t n;

    diag_init(&d);
    make_file(one, "# SystemC::Coverage-3\n" POINT("line", "walker", "7") " 2\n" POINT("line", "walker", "9") " 0\n"
                   POINT("user", "walker", "20") " 0\n");
    make_file(two, "# SystemC::Coverage-3\n" POINT("line", "walker", "9") " 5\n" POINT("line", "cmdq", "3") " 0\n");
    CHECK_EQ(coverage_read(&c, one, &d), 0);
    CHECK_EQ(coverage_read(&c, two, &d), 0);
    CHECK_EQ(coverage_read(&c, two, &d), 0);
    CHECK_EQ(c.n, 4);
    sum = coverage_sums(&c, &n);
    CHECK_EQ(n, 3);
    CHECK_STR(sum[0].unit, "cmdq");
    CHECK_EQ(sum[0].hit, 0);
    CHECK_STR(sum[1].kind, "line");
    CHECK_EQ(sum[1].hit, 2);
    CHECK_EQ(sum[1].total, 2);
    CHECK_STR(sum[2].kind, "user");
    CHECK_EQ(sum[2].hit, 0);
    free(sum);
    unlink(one);
    unlink(two);
    coverage_destroy(&c);
    diag_destroy(&d);
}

static void bins_survive_a_file(void)
{
    char path[] = "/tmp/cover-XXXXXX";
    struct coverage c = { NULL, 0, 0 }, again = { NULL, 0, 0 };
    struct cover bins = { { 0 } }, found;
    struct diag d;

    diag_init(&d);
    make_file(path, "");
    for (unsigned i = 0; i < COVER_BINS; i += 3)
        bins.hits[i] = i + 1;
    bins.hits[COVER_BIN(ORDERS, COVER_SERIAL, COVER_BOTH_BESIDE)] = 0;
    CHECK_EQ(coverage_bins(&c, &bins, &d), 0);
    CHECK_EQ(coverage_write(&c, path, &d), 0);
    CHECK_EQ(coverage_read(&again, path, &d), 0);
    coverage_to_bins(&again, &found);
    for (unsigned i = 0; i < COVER_BINS; i++) {
        char name[COVER_NAME];

        if (cover_name(i, name))
            CHECK_EQ(found.hits[i], bins.hits[i]);
    }
    unlink(path);
    coverage_destroy(&c);
    coverage_destroy(&again);
    diag_destroy(&d);
}

static void other_files_are_refused(void)
{
    char path[] = "/tmp/cover-XXXXXX";
    struct coverage c = { NULL, 0, 0 };
    struct diag d;

    diag_init(&d);
    make_file(path, "# SystemC::Coverage-3\nnothing of the kind\n");
    CHECK_EQ(coverage_read(&c, path, &d), SIM_EINPUT);
    unlink(path);
    coverage_destroy(&c);
    diag_destroy(&d);
}

/* ---- rounds -------------------------------------------------------------------------------------- */

enum { ROUNDS = 10, ACCESSES = 150 };

/* Bins that the model has met after so many rounds. */
static unsigned met(enum direct_choice how, uint64_t seed)
{
    struct direct direct;

    direct_init(&direct, how, seed);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct random_params weights;
        char text[DIRECT_TEXT];
        struct bench b;

        bench_up(&b);
        random_defaults(&weights);
        b.opt.seed = seed + round;
        b.opt.par.order = COVER_RACED;
        b.opt.par.max_requests = ACCESSES;
        b.opt.par.max_verdicts = 1000000;      /* whether it is right is for other tests */
        direct_choose(&direct, &b.opt.par, &weights, text);
        records_destroy(&b.records);
        records_init(&b.records, "random");
        CHECK_EQ(random_records(&b.records, &weights, ACCESSES, seed + round), 0);
        run(&b, &cosim_dut_model);
        print_verdicts(&b);
        CHECK_EQ(driver_stats(b.driver)->requests, ACCESSES);
        direct_learn(&direct, scoreboard_cover(driver_scoreboard(b.driver)));
        bench_down(&b);
    }
    return cover_sum(&direct.seen).hit;
}

static void directed_rounds_meet_more(void)
{
    unsigned by_chance = 0, directed = 0;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        unsigned fixed = met(DIRECT_FIXED, seed), random = met(DIRECT_RANDOM, seed), chosen = met(DIRECT_DIRECTED, seed);

        printf("seed %d: %u bins with the same parameters, %u by chance, %u directed\n", (int)seed, fixed, random, chosen);
        CU_ASSERT(chosen > fixed);
        by_chance += random;
        directed += chosen;
    }
    CU_ASSERT(directed > by_chance);
}

static void directed_rounds_are_the_same_again(void)
{
    CHECK_EQ(met(DIRECT_DIRECTED, 5), met(DIRECT_DIRECTED, 5));
}

#define TESTS(T)                                                                                     \
    T(every_bin_has_a_name_of_its_own)                                                               \
    T(what_cannot_be_is_no_bin)                                                                      \
    T(situations_are_counted)                                                                        \
    T(files_are_merged)                                                                              \
    T(bins_survive_a_file)                                                                           \
    T(other_files_are_refused)                                                                       \
    T(directed_rounds_meet_more)                                                                     \
    T(directed_rounds_are_the_same_again)
TEST_SUITE("cover", TESTS)
