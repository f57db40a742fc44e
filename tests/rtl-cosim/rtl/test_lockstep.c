/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lockstep.c - blocks in RTL against their twins in C, cycle by cycle; and that a twin which is not quite the same
 * is found out.  100000 operations each, a million with IOMMUSIM_FULL=1.
 */
#include "rtl-cosim/twin/lockstep.h"

#include <stdlib.h>
#include <unistd.h>

#include "hw/store.h"
#include "rtl-cosim/dut/registry.h"
#include "suite.h"

enum { OPERATIONS = 100000, SEEDS = 2 };

static uint64_t operations(void)
{
    const char *full = getenv("IOMMUSIM_FULL");

    return full && *full == '1' ? 10 * OPERATIONS : OPERATIONS;
}

/* Runs a design against its twin; how it ended. */
static enum lockstep_end ends(struct lockstep *l, struct lockstep_result *r)
{
    struct diag d;

    diag_init(&d);
    CU_ASSERT_EQUAL_FATAL(lockstep_run(l, r, &d), 0);
    diag_destroy(&d);
    return r->end;
}

static void check_equal(const char *name)
{
    struct lockstep_result *r = malloc(sizeof *r);
    struct lockstep l;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        CU_ASSERT_TRUE_FATAL(lockstep_of(&l, cosim_dut_find(name, NULL), operations() / SEEDS, seed));
        if (ends(&l, r) != LOCKSTEP_EQUAL) {
            fprintf(stderr, "\n%s, seed %" PRIu64 ": ", name, seed);
            lockstep_report(r, stderr);
        }
        CU_ASSERT_EQUAL_FATAL(r->end, LOCKSTEP_EQUAL);
        CU_ASSERT(r->operations >= l.operations);
    }
    free(r);
}

/* ---- L0 ---- */

static void an_iotlb_with_a_tree_is_its_twin(void)
{
    check_equal("iotlb");
}

static void a_fully_associative_configuration_cache_is_its_twin(void)
{
    check_equal("cfg_cache");
}

static void a_walk_cache_of_three_levels_is_its_twin(void)
{
    check_equal("walk_cache");
}

static void an_iotlb_of_three_ways_in_turn_smallest_first_is_its_twin(void)
{
    check_equal("iotlb_rr");
}

static void a_hashed_iotlb_with_a_shift_register_is_its_twin(void)
{
    check_equal("iotlb_lfsr");
}

static void an_iotlb_whose_tree_is_touched_by_hits_alone_is_its_twin(void)
{
    check_equal("iotlb_hits");
}

/* ---- L2 ---- */

static void registers_and_command_queue_are_their_twin(void)
{
    check_equal("cmdq");
}

/* ---- what is found ---- */

static const struct { const char *dut; struct cosim_param other; } mistakes[] = {
    { "iotlb", { "ways", 3 } },            { "iotlb", { "sets", 8 } },          { "iotlb", { "policy", STORE_LRU } },
    { "iotlb", { "policy", STORE_RR } },   { "iotlb", { "latency", 2 } },       { "iotlb_rr", { "probe", 0 } },
    { "iotlb_rr", { "fill_in_flush", 1 } }, { "iotlb_rr", { "invalid_first", 1 } },
    { "iotlb_hits", { "touch_on_fill", 1 } }, { "iotlb_lfsr", { "index", 0 } }, { "walk_cache", { "sets1", 8 } },
    { "cmdq", { "fetch", 2 } },
};

static void a_twin_with_one_parameter_wrong_is_found_out(void)
{
    struct lockstep_result *r = malloc(sizeof *r);

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        const struct cosim_param instead[] = { mistakes[i].other, { NULL, 0 } };
        struct lockstep l;

        CU_ASSERT_TRUE_FATAL(lockstep_of(&l, cosim_dut_find(mistakes[i].dut, NULL), operations(), 1));
        l.instead = instead;
        if (ends(&l, r) != LOCKSTEP_DIFFERS)
            fprintf(stderr, "\n%s with %s = %" PRIu64 ": no difference\n", mistakes[i].dut, instead[0].name,
                    instead[0].value);
        CU_ASSERT_EQUAL(r->end, LOCKSTEP_DIFFERS);
    }
    free(r);
}

static uint64_t bytes_of(FILE *f)
{
    fseek(f, 0, SEEK_END);
    return (uint64_t)ftell(f);
}

static void a_difference_comes_with_its_history_and_a_waveform(void)
{
    const struct cosim_param instead[] = { { "policy", STORE_LRU }, { NULL, 0 } };
    struct lockstep_result *r = malloc(sizeof *r);
    char path[] = "/tmp/lockstep-XXXXXX", text[4000] = "";
    FILE *report = tmpfile(), *wave;
    int fd = mkstemp(path);
    struct lockstep l;

    CU_ASSERT_TRUE_FATAL(r && report && fd >= 0);
    close(fd);
    CU_ASSERT_TRUE_FATAL(lockstep_of(&l, cosim_dut_find("iotlb", NULL), operations(), 1));
    l.instead = instead;
    l.wave = path;
    CU_ASSERT_EQUAL(ends(&l, r), LOCKSTEP_DIFFERS);
    CU_ASSERT(r->cycles > LOCKSTEP_HISTORY && r->dut != r->twin);
    lockstep_report(r, report);
    rewind(report);
    CU_ASSERT(fread(text, 1, sizeof text - 1, report) > 1000);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "the twin's"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "store.fill_ctx="));
    wave = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(wave);
    CU_ASSERT(bytes_of(wave) > 1000);
    fclose(wave);
    fclose(report);
    unlink(path);
    free(r);
}

/* ---- what is covered ---- */

/* Cover properties that a coverage file says were never met, by their lines in it. */
static unsigned uncovered(FILE *f, const char *name)
{
    char line[1000];
    unsigned n = 0, seen = 0;

    while (fgets(line, sizeof line, f)) {
        const char *count = strrchr(line, ' ');

        if (!strstr(line, "v_user") || !count)
            continue;
        seen++;
        if (strtoull(count, NULL, 10) > 0)
            continue;
        fprintf(stderr, "\n%s: %s", name, line);
        n++;
    }
    CU_ASSERT(seen > 10);
    return n;
}

static void the_stimulus_meets_every_corner_that_the_caches_name(void)
{
    static const char *const names[] = { "iotlb", "cfg_cache", "walk_cache", "iotlb_rr", "iotlb_lfsr", "iotlb_hits" };
    struct lockstep_result *r = malloc(sizeof *r);
    char path[] = "/tmp/lockstep-XXXXXX";
    int fd = mkstemp(path);

    CU_ASSERT_TRUE_FATAL(r && fd >= 0);
    close(fd);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct lockstep l;
        FILE *f;

        CU_ASSERT_TRUE_FATAL(lockstep_of(&l, cosim_dut_find(names[i], NULL), operations() / SEEDS, 1));
        l.coverage = path;
        CU_ASSERT_EQUAL(ends(&l, r), LOCKSTEP_EQUAL);
        f = fopen(path, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        CHECK_EQ(uncovered(f, names[i]), 0);
        fclose(f);
    }
    unlink(path);
    free(r);
}

#define TESTS(T)                                                                                   \
    T(an_iotlb_with_a_tree_is_its_twin)                                                            \
    T(a_fully_associative_configuration_cache_is_its_twin)                                         \
    T(a_walk_cache_of_three_levels_is_its_twin)                                                    \
    T(an_iotlb_of_three_ways_in_turn_smallest_first_is_its_twin)                                   \
    T(a_hashed_iotlb_with_a_shift_register_is_its_twin)                                            \
    T(an_iotlb_whose_tree_is_touched_by_hits_alone_is_its_twin)                                    \
    T(registers_and_command_queue_are_their_twin)                                                  \
    T(a_twin_with_one_parameter_wrong_is_found_out)                                                \
    T(a_difference_comes_with_its_history_and_a_waveform)                                          \
    T(the_stimulus_meets_every_corner_that_the_caches_name)
TEST_SUITE("lockstep", TESTS)
