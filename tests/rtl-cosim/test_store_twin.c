/* SPDX-License-Identifier: Apache-2.0
 *
 * test_store_twin.c - the caches' twin without RTL: times that the manual of rtl/store.sv states, and the twin in
 * lockstep with itself, where one parameter that differs is found.
 */
#include "rtl-cosim/twin/store_twin.h"

#include <stdlib.h>

#include "hw/store.h"
#include "suite.h"

enum { OPERATIONS = 20000 };

/* ---- a twin alone ---- */

static struct cosim_dut *made(const struct cosim_param *param, size_t n)
{
    const struct cosim_cfg cfg = { .param = param, .params = n };
    struct cosim_dut *d = NULL;
    char err[100];

    CU_ASSERT_EQUAL_FATAL(store_twin.create(&d, &cfg, err, sizeof err), 0);
    return d;
}

static struct cosim_store_out tick(struct cosim_dut *d, const struct cosim_store_in *in)
{
    struct cosim_in all = { .store = *in };
    struct cosim_out out;

    store_twin.tick(d, &all, &out);
    return out.store;
}

static const struct cosim_store_in idle;
static const struct cosim_store_in fill_a = { .fill = true, .fill_ctx = 7, .fill_base = 0x5123, .fill_size_log2 = 12,
                                              .fill_payload = 99 };
static const struct cosim_store_in look_a = { .lookup = true, .lookup_ctx = 7, .lookup_addr = 0x5fff };

static void a_fill_is_seen_from_the_next_cycle_on_and_told_in_it(void)
{
    struct cosim_param par[] = { { "sets", 4 }, { "ways", 2 }, { "latency", 2 }, { NULL, 0 } };
    struct cosim_dut *d = made(par, 3);
    struct cosim_store_in both = fill_a;
    struct cosim_store_out out;

    both.lookup = true;
    both.lookup_ctx = look_a.lookup_ctx;
    both.lookup_addr = look_a.lookup_addr;
    CU_ASSERT(tick(d, &both).ready);
    out = tick(d, &look_a);
    CU_ASSERT(out.filled && !out.evicted && out.way == 0 && !out.answered);
    out = tick(d, &idle);
    CU_ASSERT(out.answered && !out.hit && !out.filled);
    out = tick(d, &idle);
    CU_ASSERT(out.answered && out.hit);
    CHECK_EQ(out.payload, 99);
    CHECK_EQ(out.size_log2, 12);
    CU_ASSERT_FALSE(tick(d, &idle).answered);
    store_twin.destroy(d);
}

/* Cycles from the one in which an invalidation is taken to the one in which it is done. */
static unsigned sweep(struct cosim_dut *d, uint64_t first, uint64_t last, bool by_addr)
{
    struct cosim_store_in in = { .inval = true, .match = { .by_addr = by_addr, .first = first, .last = last } };
    unsigned n = 1;

    CU_ASSERT_TRUE_FATAL(tick(d, &in).ready);
    for (;; n++) {
        struct cosim_store_out out = tick(d, &idle);

        CU_ASSERT_EQUAL(out.ready, out.inval_done);
        if (out.inval_done)
            return n;
    }
}

static void a_sweep_takes_a_cycle_for_each_set_or_for_those_of_a_short_range(void)
{
    struct cosim_param par[] = { { "sets", 16 }, { "ways", 2 }, { NULL, 0 } };
    struct cosim_dut *d = made(par, 2);

    CHECK_EQ(sweep(d, 0, 0, false), 16 + 1);
    CHECK_EQ(sweep(d, 0x5000, 0x5fff, true), 3 + 1);
    CHECK_EQ(sweep(d, 0x5000, 0x6000, true), 4 + 1);
    CHECK_EQ(sweep(d, 0x0000, 0xcfff, true), 15 + 1);
    CHECK_EQ(sweep(d, 0x0000, 0xdfff, true), 16 + 1);
    CHECK_EQ(sweep(d, 0, ~0ull, true), 16 + 1);
    store_twin.destroy(d);
}

static void a_fill_that_meets_an_invalidation_is_removed_if_it_matches_or_dropped(void)
{
    for (uint64_t keep = 0; keep < 2; keep++)
        for (unsigned matches = 0; matches < 2; matches++) {
            struct cosim_param par[] = { { "sets", 1 }, { "ways", 2 }, { "fill_in_flush", keep }, { NULL, 0 } };
            struct cosim_dut *d = made(par, 3);
            struct cosim_store_in both = fill_a;

            both.inval = true;
            both.match = (struct cosim_store_match){ .ctx_mask = ~0ull, .ctx_value = matches ? 7 : 8 };
            tick(d, &both);
            CU_ASSERT_EQUAL(tick(d, &idle).filled, keep);
            tick(d, &look_a);
            CU_ASSERT_EQUAL(tick(d, &idle).hit, keep && !matches);
            store_twin.destroy(d);
        }
}

static void nothing_is_taken_while_a_sweep_is_under_way(void)
{
    struct cosim_param par[] = { { "sets", 4 }, { "ways", 2 }, { NULL, 0 } };
    struct cosim_dut *d = made(par, 2);
    struct cosim_store_in in = { .inval = true };

    tick(d, &in);
    in = fill_a;
    in.lookup = true;
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT_FALSE(tick(d, &in).ready);
    CU_ASSERT(tick(d, &idle).ready);
    tick(d, &look_a);
    CU_ASSERT_FALSE(tick(d, &idle).hit);
    store_twin.destroy(d);
}

static void every_level_of_a_walk_cache_that_hits_is_told_and_the_deepest_answers(void)
{
    struct cosim_param par[] = { { "kind", STORE_TWIN_WALK }, { "sets0", 1 }, { "sets1", 2 }, { "sets2", 0 },
                                 { NULL, 0 } };
    struct cosim_dut *d = made(par, 4);
    struct cosim_store_in in = { .fill = true, .fill_ctx = 7, .fill_size_log2 = 39, .fill_payload = 1 };
    struct cosim_store_out out;

    tick(d, &in);
    in.fill_size_log2 = 30;
    in.fill_payload = 2;
    tick(d, &in);
    in.fill_size_log2 = 21;            /* a level that there is not */
    tick(d, &in);
    CU_ASSERT_FALSE(tick(d, &look_a).filled);
    out = tick(d, &idle);
    CU_ASSERT(out.hit);
    CHECK_EQ(out.levels, 3);
    CHECK_EQ(out.size_log2, 30);
    CHECK_EQ(out.payload, 2);
    store_twin.destroy(d);
}

static void parameters_that_no_store_can_have_are_refused(void)
{
    const struct cosim_param wrong[] = { { "kind", 3 }, { "latency", 0 }, { "latency", 4 }, { "ways", 0 } };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct cosim_cfg cfg = { .param = (struct cosim_param[]){ wrong[i], { NULL, 0 } }, .params = 1 };
        struct cosim_dut *d = NULL;
        char err[100] = "";

        CU_ASSERT_NOT_EQUAL(store_twin.create(&d, &cfg, err, sizeof err), 0);
        CU_ASSERT(err[0] != 0);
    }
}

/* ---- in lockstep with itself ---- */

/* The same functions under a design's name, built with par. */
static struct cosim_dut_ops design(const struct cosim_param *par)
{
    struct cosim_dut_ops ops = store_twin;

    ops.name = "iotlb";
    ops.built = par;
    return ops;
}

static enum lockstep_end ends(const struct cosim_param *par, const struct cosim_param *instead,
                              struct lockstep_result *r)
{
    struct cosim_dut_ops ops = design(par);
    struct lockstep l;

    CU_ASSERT_TRUE_FATAL(lockstep_of(&l, &ops, OPERATIONS, 3));
    l.instead = instead;
    CU_ASSERT_EQUAL_FATAL(lockstep_run(&l, r, NULL), 0);
    return r->end;
}

static const struct cosim_param base[] = { { "kind", 0 }, { "sets", 8 }, { "ways", 4 }, { "policy", STORE_PLRU },
                                           { NULL, 0 } };

static void a_twin_is_equal_to_itself_in_every_organisation(void)
{
    struct lockstep_result *r = malloc(sizeof *r);

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (uint64_t kind = 0; kind <= STORE_TWIN_WALK; kind++)
        for (uint64_t policy = 0; policy <= STORE_LFSR; policy++) {
            const struct cosim_param par[] = {
                { "kind", kind }, { "sets", 5 }, { "sets0", 0 }, { "sets1", 3 }, { "sets2", 7 }, { "ways", 1 + policy },
                { "policy", policy }, { "touch_on_fill", policy % 2 }, { "invalid_first", kind % 2 }, { NULL, 0 },
            };

            CU_ASSERT_EQUAL(ends(par, NULL, r), LOCKSTEP_EQUAL);
            CU_ASSERT(r->operations >= OPERATIONS);
        }
    free(r);
}

static void one_parameter_that_differs_is_found_and_reported(void)
{
    const struct cosim_param others[] = {
        { "sets", 4 }, { "ways", 5 }, { "policy", STORE_RR }, { "probe", 1 }, { "index", 1 }, { "touch_on_fill", 0 },
        { "invalid_first", 0 }, { "fill_in_flush", 0 }, { "latency", 2 },
    };
    struct lockstep_result *r = malloc(sizeof *r);
    FILE *report = tmpfile();
    char text[200];

    CU_ASSERT_TRUE_FATAL(r && report);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        const struct cosim_param instead[] = { others[i], { NULL, 0 } };

        if (ends(base, instead, r) != LOCKSTEP_DIFFERS)
            fprintf(stderr, "\n%s = %" PRIu64 ": no difference\n", others[i].name, others[i].value);
        CU_ASSERT_EQUAL_FATAL(r->end, LOCKSTEP_DIFFERS);
        CU_ASSERT(r->dut != r->twin);
        rewind(report);
        lockstep_report(r, report);
        rewind(report);
        CU_ASSERT(fgets(text, sizeof text, report) && strstr(text, r->field) && strstr(text, "the twin's"));
    }
    fclose(report);
    free(r);
}

/* ---- how a run ends otherwise ---- */

static int tick_never(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    (void)d, (void)in;
    *out = (struct cosim_out){ 0 };
    return 0;
}

static uint64_t one_error(struct cosim_dut *d, char *text, size_t n)
{
    (void)d, (void)text, (void)n;
    return 1;
}

static void a_design_that_takes_nothing_is_stuck_and_an_assertion_ends_a_run(void)
{
    struct lockstep_result *r = malloc(sizeof *r);
    struct cosim_dut_ops ops = design(base);
    struct lockstep l;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_TRUE_FATAL(lockstep_of(&l, &ops, OPERATIONS, 3));
    ops.errors = one_error;
    CU_ASSERT_EQUAL(lockstep_run(&l, r, NULL), 0);
    CU_ASSERT_EQUAL(r->end, LOCKSTEP_ASSERTION);
    CHECK_EQ(r->cycles, 1);
    ops.errors = NULL;
    ops.tick = tick_never;
    l.twin = &ops;
    l.quiet_cycles = 1000;
    CU_ASSERT_EQUAL(lockstep_run(&l, r, NULL), 0);
    CU_ASSERT_EQUAL(r->end, LOCKSTEP_STUCK);
    CHECK_EQ(r->cycles, 1000);
    free(r);
}

static void a_design_is_of_the_kind_of_the_longest_name_and_other_stores_are_tlbs(void)
{
    struct cosim_dut_ops ops = { .name = "walk_cache_of_mine", .level = COSIM_STORE };

    CU_ASSERT_PTR_EQUAL(lockstep_kind_of(&ops), &lockstep_walk_cache);
    ops.name = "someones_tlb";
    CU_ASSERT_PTR_EQUAL(lockstep_kind_of(&ops), &lockstep_iotlb);
    ops.level = COSIM_WALKER;
    CU_ASSERT_PTR_NULL(lockstep_kind_of(&ops));
    ops.name = "walker_of_mine";
    CU_ASSERT_PTR_EQUAL(lockstep_kind_of(&ops), &lockstep_walker);
    ops.name = "cfg_fetch";
    CU_ASSERT_PTR_NULL(lockstep_kind_of(&ops));
    ops.level = COSIM_PIPELINE;
    CU_ASSERT_PTR_NULL(lockstep_kind_of(&ops));
}

#define TESTS(T)                                                                                   \
    T(a_fill_is_seen_from_the_next_cycle_on_and_told_in_it)                                        \
    T(a_sweep_takes_a_cycle_for_each_set_or_for_those_of_a_short_range)                            \
    T(a_fill_that_meets_an_invalidation_is_removed_if_it_matches_or_dropped)                       \
    T(nothing_is_taken_while_a_sweep_is_under_way)                                                 \
    T(every_level_of_a_walk_cache_that_hits_is_told_and_the_deepest_answers)                       \
    T(parameters_that_no_store_can_have_are_refused)                                               \
    T(a_twin_is_equal_to_itself_in_every_organisation)                                             \
    T(one_parameter_that_differs_is_found_and_reported)                                            \
    T(a_design_that_takes_nothing_is_stuck_and_an_assertion_ends_a_run)                            \
    T(a_design_is_of_the_kind_of_the_longest_name_and_other_stores_are_tlbs)
TEST_SUITE("store_twin", TESTS)
