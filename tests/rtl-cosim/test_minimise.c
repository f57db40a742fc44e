/* SPDX-License-Identifier: Apache-2.0
 *
 * Minimising: what must stay stays, all else goes; the same failure is kept; no candidate is run twice; and of a
 * random list on the model that forgets an invalidation, what is left fits on a page.
 */
#include "rtl-cosim/stimulus/minimise.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/sim.h"
#include "rtl-cosim/stimulus/random.h"
#include "suite.h"
#include "system/system.h"

enum { ACCESSES = 2000, MAX_LEFT = 20, SEEDS = 20 };

static void generate(struct records *r, uint64_t seed)
{
    struct random_params par;

    random_defaults(&par);
    records_init(r, "generated");
    CHECK_EQ(random_records(r, &par, ACCESSES, seed), 0);
    CHECK_EQ(r->err, 0);
}

/* ---- a list fails if certain records stand in it in this order ------------------------------------- */

struct wanted { const struct rec *rec[8]; unsigned n; uint64_t runs; };

static bool is(const struct rec *a, const struct rec *b)
{
    return a->kind == b->kind && a->stream == b->stream && a->addr >> 12 == b->addr >> 12;
}

static int has_all(void *arg, struct records *r)
{
    struct wanted *w = arg;
    unsigned found = 0;

    w->runs++;
    for (size_t i = 0; i < r->n && found < w->n; i++)
        found += is(&r->rec[i], w->rec[found]);
    return found == w->n;
}

static void only_what_matters_is_left(void)
{
    struct rec keep[5];
    struct wanted w = { .n = ARRAY_LEN(keep) };
    struct minimise_options opt = { .fails = has_all, .arg = &w, .failed_at = SIZE_MAX };
    struct minimise_stats st;
    struct records r;

    generate(&r, 3);
    for (unsigned i = 0; i < w.n; i++) {
        keep[i] = r.rec[(i + 1) * r.n / 7];
        w.rec[i] = &keep[i];
    }
    CHECK_EQ(minimise(&r, &opt, &st), 0);
    CHECK_EQ(r.n, w.n);
    for (unsigned i = 0; i < r.n; i++) {
        CU_ASSERT(is(&r.rec[i], &keep[i]));
        CU_ASSERT(!records_is_access(&r.rec[i]) || (r.rec[i].addr & 0xfff) == 0);
        CHECK_EQ(r.rec[i].time, 0);
    }
    CHECK_EQ(w.runs, st.runs);
    CU_ASSERT(st.runs < 2000);
    CHECK_EQ(st.after, w.n);
    records_destroy(&r);
}

static int never(void *arg, struct records *r)
{
    (void)arg;
    (void)r;
    return 0;
}

static void what_does_not_fail_is_left_alone(void)
{
    struct minimise_options opt = { .fails = never, .failed_at = SIZE_MAX };
    struct minimise_stats st;
    struct records r;
    size_t n;

    generate(&r, 4);
    n = r.n;
    CHECK_EQ(minimise(&r, &opt, &st), 1);
    CHECK_EQ(r.n, n);
    CHECK_EQ(st.runs, 1);
    records_destroy(&r);
}

static int gives_up(void *arg, struct records *r)
{
    uint64_t *runs = arg;

    (void)r;
    return ++*runs > 5 ? SIM_EINPUT : 1;
}

static void an_error_ends_the_search(void)
{
    uint64_t runs = 0;
    struct minimise_options opt = { .fails = gives_up, .arg = &runs, .failed_at = SIZE_MAX };
    struct minimise_stats st;
    struct records r;

    generate(&r, 4);
    CHECK_EQ(minimise(&r, &opt, &st), SIM_EINPUT);
    CHECK_EQ(runs, 6);
    CU_ASSERT(r.n < st.before);
    records_destroy(&r);
}

static void what_follows_the_failure_goes_first(void)
{
    struct rec keep;
    struct wanted w = { .rec = { &keep }, .n = 1 };
    struct minimise_options opt = { .fails = has_all, .arg = &w, .max_runs = 2 };
    struct minimise_stats st;
    struct records r;

    generate(&r, 5);
    opt.failed_at = r.n / 4;
    keep = r.rec[opt.failed_at];
    CHECK_EQ(minimise(&r, &opt, &st), 0);
    CHECK_EQ(r.n, opt.failed_at + 1);
    records_destroy(&r);
}

/* ---- a model that does not carry out one kind of command ------------------------------------------ */

static const struct system_ops *real;
static unsigned ignored;

static int deaf(struct system *s, const uint64_t *words, unsigned n)
{
    return FIELD_GET(CMD, OP, words) == ignored ? 0 : real->command(s, words, n);
}

/* Does a translation come out that its oracle, who was told of the command, calls wrong? */
static int is_wrong(void *arg, struct records *r)
{
    struct replay_options opt = { .par = PARAM_DEFAULTS(REPLAY_PARAMS) };
    struct system_config *c = arg;
    struct system_ops ops;
    struct replay_source src;
    struct replay rp;
    struct diag d;
    struct system *s;
    uint64_t total;
    size_t n;

    diag_init(&d);
    s = system_new(c, 1, &d);
    CHECK_EQ(system_check(s), 0);
    real = s->ops;
    ops = *real;
    ops.command = deaf;
    s->ops = &ops;
    records_source(r, &src, "candidate");
    CHECK_EQ(replay_init(&rp, s, &src, &opt), 0);
    CHECK_EQ(replay_run(&rp, &d), 0);
    system_mismatches(s, &n, &total);
    replay_destroy(&rp);
    s->ops = real;
    system_free(s);
    diag_destroy(&d);
    return total != 0;
}

static void a_forgotten_invalidation_fits_on_a_page(void)
{
    static const uint8_t ops[] = { SMMUV3_CMD_TLBI_NH_VA, SMMUV3_CMD_TLBI_S2_IPA, SMMUV3_CMD_CFGI_STE };
    static const char *const set[][2] = {
        { "smmu.ssidsize", "20" }, { "smmu.gran16k", "no" }, { "smmu.gran64k", "no" }, { "smmu.tcu.cfg.sets", "4" },
        { "smmu.tcu.cfg.ways", "4" }, { "smmu.tcu.tlb.sets", "16" }, { "smmu.tcu.tlb.ways", "4" },
    };
    struct system_config *c = system_config_new(SYSTEM_SMMUV3);
    struct minimise_options opt = { .fails = is_wrong, .arg = c, .failed_at = SIZE_MAX };
    struct diag d;

    diag_init(&d);
    for (unsigned i = 0; i < ARRAY_LEN(set); i++)
        CHECK_EQ(param_set_text(system_config_params(c), set[i][0], set[i][1], &d, NULL, 0, 0), 0);
    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        struct minimise_stats st;
        struct records r;
        int found = 1;

        ignored = ops[i];
        for (uint64_t seed = 0; seed < SEEDS && found == 1; seed++) {
            generate(&r, seed);
            found = minimise(&r, &opt, &st);
            records_destroy(&r);
        }
        CHECK_EQ(found, 0);
        CU_ASSERT(st.after <= MAX_LEFT);
    }
    diag_destroy(&d);
    system_config_free(c);
}

#define TESTS(T)                                                                                  \
    T(only_what_matters_is_left) T(what_does_not_fail_is_left_alone) T(an_error_ends_the_search)  \
    T(what_follows_the_failure_goes_first) T(a_forgotten_invalidation_fits_on_a_page)
TEST_SUITE("minimise", TESTS)
