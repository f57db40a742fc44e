/* SPDX-License-Identifier: Apache-2.0
 *
 * A design of another style, attached by its adapter alone, is judged by the suite that judges ours; and mistakes put
 * into what it is told are found.
 */
#include "rtl-cosim/drive/intent_drive.h"

#include <stdlib.h>

#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/stimulus/random_intent.h"
#include "rtl-cosim/twin/lockstep.h"
#include "suite.h"

static uint64_t accesses(uint64_t n)
{
    const char *full = getenv("IOMMUSIM_FULL");

    return full && *full == '1' ? 20 * n : n;
}

static const struct driver_params defaults = PARAM_DEFAULTS(DRIVER_PARAMS);

struct found { struct verdicts v; struct driver_stats st; };

static void run(const struct cosim_dut_ops *ops, const struct driver_params *par, uint64_t n, uint64_t seed,
                struct found *f)
{
    struct driver_options opt = { .par = *par, .seed = seed };
    struct replay_source src;
    struct records r;
    struct diag d;

    diag_init(&d);
    *f = (struct found){ .v.n = 0 };
    records_init(&r, "random intent");
    CHECK_EQ(random_intent(&r, &random_intent_defaults, n, seed), 0);
    records_source(&r, &src, "random");
    CHECK_EQ(intent_drive(ops, &opt, &src, &f->v, &f->st, NULL, &d), 0);
    diag_print(&d, stderr);
    diag_destroy(&d);
    records_destroy(&r);
}

static void show(const struct found *f, uint64_t seed)
{
    for (size_t i = 0; i < f->v.n && i < 5; i++)
        fprintf(stderr, "seed %" PRIu64 ", cycle %" PRIu64 ", request %" PRId64 ": %s: expected %s, found %s\n", seed,
                f->v.at[i].cycle, f->v.at[i].request, verdict_name[f->v.at[i].kind], f->v.at[i].expected, f->v.at[i].found);
}

static void is_right(const char *name, const struct driver_params *par, uint64_t n)
{
    const struct cosim_dut_ops *ops = cosim_dut_find(name, NULL);
    struct found f;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ops);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        run(ops, par, accesses(n), seed, &f);
        show(&f, seed);
        CHECK_EQ(f.v.total, 0);
        CU_ASSERT(f.st.ok > accesses(n) / 4 && f.st.faults > accesses(n) / 50 && f.st.reads > accesses(n) / 10);
        verdicts_destroy(&f.v);
    }
}

static void the_unit_is_right(void)
{
    is_right("pmmu", &defaults, 4000);
}

static void the_unit_is_right_with_slow_memory_and_stalls(void)
{
    struct driver_params par = defaults;

    par.latency_min = 3;
    par.latency_max = 150;
    par.ar_stall = par.down_stall = par.r_stall = 40;
    par.stall_cycles = 20;
    par.req_idle = 30;
    is_right("pmmu", &par, 2000);
}

static void the_walker_is_right(void)
{
    is_right("pmmu_ptw", &defaults, 4000);
}

static void the_tlb_equals_its_twin(void)
{
    struct lockstep_result *r = malloc(sizeof *r);
    struct lockstep l;

    CU_ASSERT_TRUE_FATAL(r && lockstep_of(&l, cosim_dut_find("pmmu_tlb", NULL), accesses(50000), 1));
    CHECK_EQ(lockstep_run(&l, r, NULL), 0);
    if (r->end != LOCKSTEP_EQUAL)
        lockstep_report(r, stderr);
    CHECK_EQ(r->end, LOCKSTEP_EQUAL);
    free(r);
}

/* ---- the same unit, whose adapter loses what it is told ------------------------------------------- */

static const struct cosim_dut_ops *whole;

static int forgets(struct cosim_dut *d, const struct cosim_inval *c, uint64_t *token)
{
    struct cosim_inval other = *c;

    other.domain ^= 1;                 /* another domain's page goes */
    return whole->command(d, &other, token);
}

static int encodes_writable(struct cosim_dut *d, const struct cosim_map *m, const struct cosim_mem *mem)
{
    struct cosim_map other = *m;

    other.write = true;
    return whole->encode(d, &other, mem);
}

static int encodes_elsewhere(struct cosim_dut *d, const struct cosim_map *m, const struct cosim_mem *mem)
{
    struct cosim_map other = *m;

    if (m->size_log2 == 21)
        other.pa ^= 1ull << 21;
    return whole->encode(d, &other, mem);
}

/* The kind of the first verdict, over some seeds. */
static void is_found(const struct cosim_dut_ops *ops, enum verdict_kind kind)
{
    bool found = false;

    for (uint64_t seed = 1; seed <= 5 && !found; seed++) {
        struct found f;

        run(ops, &defaults, 4000, seed, &f);
        found = f.v.total > 0;
        if (found) {
            CHECK_EQ(f.v.at[0].kind, kind);
            CU_ASSERT(f.v.at[0].request >= 0);
        }
        verdicts_destroy(&f.v);
    }
    CU_ASSERT(found);
}

static void mistakes_are_found(void)
{
    struct cosim_dut_ops ops;

    whole = cosim_dut_find("pmmu", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
    ops = *whole;
    ops.command = forgets;
    is_found(&ops, VERDICT_STALE);
    ops = *whole;
    ops.encode = encodes_writable;
    is_found(&ops, VERDICT_WRONG_PERMISSION);
    ops = *whole;
    ops.encode = encodes_elsewhere;
    is_found(&ops, VERDICT_WRONG_ADDRESS);
}

#define TESTS(T)                                                                                   \
    T(the_tlb_equals_its_twin)                                                                     \
    T(the_walker_is_right)                                                                         \
    T(the_unit_is_right)                                                                           \
    T(the_unit_is_right_with_slow_memory_and_stalls)                                               \
    T(mistakes_are_found)
TEST_SUITE("foreign", TESTS)
