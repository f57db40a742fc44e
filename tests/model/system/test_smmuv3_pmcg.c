/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters with filters against the unit's own counters and against each other, with and without time.
 */
#include "base/sim.h"
#include "system/smmuv3/smmuv3.h"
#include "run_bench.h"

struct group { const char *event, *filter, *sid, *span; };

static void run_with(struct run_bench *b, bool timed, const struct group *g)
{
    static const char *const field[] = { "event", "filter", "sid", "span" };
    struct param_set *set;

    run_load(b, "server-smmu");
    system_config_timed(b->profile.config, timed);
    set = system_config_params(b->profile.config);
    for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++) {
        const char *const value[] = { g[i].event, g[i].filter, g[i].sid, g[i].span };

        for (unsigned k = 0; k < ARRAY_LEN(field); k++) {
            char path[32];

            snprintf(path, sizeof path, "smmu.pmcg%u.%s", i, field[k]);
            CHECK_EQ(param_set_text(set, path, value[k], &b->diag, NULL, 0, 0), 0);
        }
    }
    run_make(b, TESTS_DIR "/model/system/causes.yaml");
    CHECK_EQ(run_go(b), 0);
}

static uint64_t counter(struct run_bench *b, unsigned i)
{
    char path[16];

    snprintf(path, sizeof path, "smmu.pmcg%u", i);
    return run_counter(b, path, "count");
}

static void without_a_filter_they_count_what_the_unit_counts(void)
{
    static const char *const name[] = {
        "transaction", "tlb_miss", "config_cache_miss", "trans_table_walk_access", "config_struct_access",
    };

    for (unsigned timed = 0; timed < 2; timed++)
        for (unsigned first = 0; first < 2; first++) {
            struct group g[SMMUV3_PMCG_COUNTERS];
            struct run_bench b;

            for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++)
                g[i] = (struct group){ name[first + i], "none", "0", "0" };
            run_with(&b, timed, g);
            for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++) {
                CHECK_EQ(counter(&b, i), run_counter(&b, "smmu", name[first + i]));
                CU_ASSERT(counter(&b, i) > 0);
            }
            run_free(&b);
        }
}

/* Two streams stand side by side: each alone, and both as a span. */
static void filter_takes_a_stream_or_a_span(void)
{
    static const struct group g[SMMUV3_PMCG_COUNTERS] = {
        { "transaction", "sid", "0x20", "0" }, { "transaction", "sid", "0x21", "0" },
        { "transaction", "sid", "0x20", "1" }, { "transaction", "none", "0", "0" },
    };

    for (unsigned timed = 0; timed < 2; timed++) {
        struct run_bench b;

        run_with(&b, timed, g);
        CU_ASSERT(counter(&b, 0) > 0 && counter(&b, 1) > 0);
        CHECK_EQ(counter(&b, 0) + counter(&b, 1), counter(&b, 2));
        CU_ASSERT(counter(&b, 2) < counter(&b, 3));
        run_free(&b);
    }
}

#define TESTS(T)                                                                                   \
    T(without_a_filter_they_count_what_the_unit_counts) T(filter_takes_a_stream_or_a_span)
TEST_SUITE("smmuv3 pmcg", TESTS)
