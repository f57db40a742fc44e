/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole systems whose devices read ahead, with time and without: what is counted, that requests in earnest find
 * what was read ahead, and that nothing of it faults.  What a speculative read meets is in test_smmuv3_words and
 * test_stalls, which reads there are in test_replay.
 */
#include "base/sim.h"
#include "run_bench.h"
#include "system/smmuv3/smmuv3.h"

#define SEQUENTIAL TESTS_DIR "/model/system/speculative.yaml"

static void load(struct run_bench *b, bool timed, uint64_t share)
{
    run_load(b, "server-smmu");
    system_config_timed(b->profile.config, timed);
    b->par.speculative = share;
}

static void run(struct run_bench *b, const char *workload)
{
    run_make(b, workload);
    CHECK_EQ(run_go(b), 0);
}

static uint64_t of_class(const struct run_bench *b, unsigned cls)
{
    uint64_t n = 0;

    for (uint32_t s = 0; s < b->rp.src.n_streams; s++) {
        const struct latency_cell *cell = b->sys->timed ? latency_cell(&b->rp.latency, s, cls) : NULL;

        n += b->sys->timed ? cell ? cell->count : 0 : replay_count(&b->rp, s, cls);
    }
    return n;
}

/* One more for each access: those beyond the window end silently, the others bring their page's translation. */
static void reads_ahead_are_counted_and_classed_by_themselves(void)
{
    for (unsigned timed = 0; timed < 2; timed++) {
        struct run_bench b;
        uint64_t ahead, used;

        load(&b, timed, 100);
        run(&b, SEQUENTIAL);
        ahead = run_counter(&b, "replay", "speculative");
        used = run_counter(&b, "replay", "speculative_used");
        CHECK_EQ(ahead, 4096);
        CHECK_EQ(b.rp.st.requests, 2 * 4096);
        CHECK_EQ(of_class(&b, SMMUV3_CLASS_SPECULATIVE), ahead);
        CHECK_EQ(used, 4096 - 2 * 16);         /* of both streams the page behind the window: never */
        CHECK_EQ(run_counter(&b, "smmu", "speculative_aborted"), 2 * 16);
        CHECK_EQ(run_counter(&b, "smmu", "faults"), 0);
        CHECK_EQ(run_counter(&b, "smmu", "events"), 0);
        CHECK_EQ(b.rp.faults, 0);
        run_free(&b);
    }
}

/* The first access of nearly every page finds its translation, if there is time for that. */
static void who_reads_ahead_misses_less(void)
{
    for (unsigned timed = 0; timed < 2; timed++) {
        struct run_bench without, with;
        uint64_t misses;

        load(&without, timed, 0);
        without.par.arrival = REPLAY_SERIAL;
        run(&without, SEQUENTIAL);
        load(&with, timed, 100);
        with.par.arrival = REPLAY_SERIAL;
        run(&with, SEQUENTIAL);
        misses = of_class(&without, SMMUV3_CLASS_S1_1);
        CU_ASSERT(misses > 200);
        CU_ASSERT(of_class(&with, SMMUV3_CLASS_S1_1) + of_class(&with, SMMUV3_CLASS_MERGED) < misses / 8);
        CHECK_EQ(run_counter(&without, "replay", "speculative"), 0);
        CHECK_EQ(run_counter(&without, "smmu", "speculative"), 0);
        run_free(&without);
        run_free(&with);
    }
}

static void set_event(struct run_bench *b, unsigned i, const char *event)
{
    char path[32];

    snprintf(path, sizeof path, "smmu.pmcg%u.event", i);
    CHECK_EQ(param_set_text(system_config_params(b->profile.config), path, event, &b->diag, NULL, 0, 0), 0);
}

/* Where something bypasses, is nested and is invalidated, too. */
static void performance_monitors_see_them(void)
{
    for (unsigned timed = 0; timed < 2; timed++) {
        struct run_bench b;
        uint64_t speculative, requests;

        load(&b, timed, 50);
        set_event(&b, 0, "speculative_translation");
        set_event(&b, 1, "tbu_translation_request");
        run(&b, TESTS_DIR "/model/system/causes.yaml");
        speculative = run_counter(&b, "smmu.pmcg0", "count");
        requests = run_counter(&b, "smmu.pmcg1", "count");
        CU_ASSERT(speculative > 100);
        CHECK_EQ(speculative, run_counter(&b, "smmu", "speculative"));
        CU_ASSERT(requests > speculative);
        CU_ASSERT(speculative < run_counter(&b, "replay", "speculative"));      /* some hit in the TBU */
        if (timed)
            CHECK_EQ(requests, run_counter(&b, "smmu.timing", "misses"));
        CHECK_EQ(of_class(&b, SMMUV3_CLASS_SPECULATIVE), run_counter(&b, "replay", "speculative"));
        CHECK_EQ(run_counter(&b, "smmu", "transaction"), b.rp.st.requests);
        run_free(&b);
    }
}

static void shortcuts_change_nothing(void)
{
    struct run_bench a, b;

    load(&a, true, 30);
    run(&a, TESTS_DIR "/model/system/causes.yaml");
    load(&b, true, 30);
    run_make(&b, TESTS_DIR "/model/system/causes.yaml");
    sim_shortcuts(b.sys->timed->sim, false);
    sim_shuffle(b.sys->timed->sim, 7);
    CHECK_EQ(run_go(&b), 0);
    for (unsigned c = 0; c < CAUSE_COUNT; c++)
        CHECK_EQ(run_cause(&a, c), run_cause(&b, c));
    CHECK_EQ(a.rp.end_ps, b.rp.end_ps);
    run_free(&a);
    run_free(&b);
}

#define TESTS(T)                                                                                   \
    T(reads_ahead_are_counted_and_classed_by_themselves) T(who_reads_ahead_misses_less)            \
    T(performance_monitors_see_them) T(shortcuts_change_nothing)
TEST_SUITE("smmuv3 speculative", TESTS)
