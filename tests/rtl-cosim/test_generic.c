/* SPDX-License-Identifier: Apache-2.0
 *
 * The generic suite: a design that is right passes it, one that is wrong in one thing is found, named, and its records
 * cut down to a few.
 */
#include "arch/smmuv3/event.h"
#include "rtl-cosim/suite/generic.h"
#include "rtl-cosim/twin/model.h"
#include "suite.h"
#include "system/profile.h"

enum { ACCESSES = 1000, FEW = 200, SHORT = 20, STEP = 23 };

static void judge(const struct cosim_dut_ops *ops, uint64_t seed, uint64_t accesses, const char *only,
                  struct generic_result *r)
{
    struct generic_options o = { .ops = ops, .seed = seed, .accesses = accesses, .rounds = 1, .max_runs = 1000,
                                 .only = only, .sweep_step = only ? STEP : 0 };
    struct profile profile = { .config = NULL };
    struct diag d;

    diag_init(&d);
    CHECK_EQ(profile_load(&profile, SOURCE_DIR "/model/profiles", "rtl", false, NULL, 0, &d), 0);
    system_config_timed(profile.config, true);
    o.config = profile.config;
    CHECK_EQ(generic_run(&o, r, &d), 0);
    diag_print(&d, stderr);
    profile_destroy(&profile);
    diag_destroy(&d);
}

static void check_right(const struct generic_result *r)
{
    CU_ASSERT_FALSE(r->wrong);
    if (r->wrong)
        fprintf(stderr, "%s: %s: expected %s, found %s\n", r->run, verdict_name[r->verdict.kind], r->verdict.expected,
                r->verdict.found);
}

/* Seeds under which a right design was once said to be wrong: a fault that could have left more records than were kept
 * in mind, and records that are alike of which some were lost. */
static void the_model_is_right(void)
{
    static const uint64_t seed[] = { 47 };

    for (unsigned i = 0; i < ARRAY_LEN(seed); i++) {
        struct generic_result r;

        judge(&cosim_dut_model, seed[i], ACCESSES, NULL, &r);
        check_right(&r);
        CHECK_EQ(r.runs, 8);
        CU_ASSERT(r.requests >= 8 * ACCESSES);
        generic_result_destroy(&r);
    }
}

/* The queue stops while software looks at it: an old error code, and the new error behind it. */
static void an_error_behind_an_old_one_is_taken_for_what_it_is(void)
{
    struct generic_result r;

    judge(&cosim_dut_model, 1, FEW, "sweep illegal s1-4k", &r);
    check_right(&r);
    CHECK_EQ(r.runs, 4);
    generic_result_destroy(&r);
}

/* Access flags are not looked at, says the answer; the record is right. */
static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    int err = cosim_dut_model.tick(d, in, out);

    if (out->rsp.code == SMMUV3_F_ACCESS)
        out->rsp.code = SMMUV3_F_PERMISSION;
    return err;
}

static void what_is_wrong_is_found_and_cut_down(void)
{
    struct cosim_dut_ops ops = cosim_dut_model;
    struct generic_result r;

    ops.tick = tick;
    judge(&ops, 3, FEW, NULL, &r);
    CU_ASSERT(r.wrong);
    if (r.wrong) {
        CHECK_STR(verdict_name[r.verdict.kind], "wrong-fault");
        CHECK_EQ(r.verdict.code, SMMUV3_F_ACCESS);
        CHECK_EQ(r.records.n, r.cut.after);
        CU_ASSERT(r.cut.before > FEW && r.cut.after <= SHORT);
    }
    generic_result_destroy(&r);
}

#define TESTS(T)                                                                                     \
    T(the_model_is_right)                                                                            \
    T(an_error_behind_an_old_one_is_taken_for_what_it_is)                                            \
    T(what_is_wrong_is_found_and_cut_down)
TEST_SUITE("generic", TESTS)
