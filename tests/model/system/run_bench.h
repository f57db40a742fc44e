/* SPDX-License-Identifier: Apache-2.0
 *
 * run_bench.h - a profile, changed here and there, with a generated workload: as `iommusim run --workload`
 * does it, without a database.
 */
#ifndef TESTS_MODEL_SYSTEM_RUN_BENCH_H
#define TESTS_MODEL_SYSTEM_RUN_BENCH_H
#include "suite.h"
#include "system/profile.h"
#include "system/timed.h"
#include "workloads/device/gen.h"
#include "workloads/device/replay.h"

struct run_bench {
    struct diag diag;
    struct profile profile;
    struct host_params host;
    struct replay_params par;
    struct gen *gen;
    struct system *sys;
    struct replay rp;
};

static inline int run_next(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    return gen_next(from, rec, ext, n);
}

static inline const char *run_string(void *from, uint32_t id)
{
    (void)from;
    (void)id;
    return "";
}

static inline void run_load(struct run_bench *b, const char *profile)
{
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&b->host },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&b->par },
    };

    memset(b, 0, sizeof *b);
    diag_init(&b->diag);
    CU_ASSERT_EQUAL_FATAL(profile_load(&b->profile, SOURCE_DIR "/model/profiles", profile, false, extra,
                                       ARRAY_LEN(extra), &b->diag), 0);
    system_config_timed(b->profile.config, true);
}

static inline uint64_t *run_param(struct run_bench *b, const char *path)
{
    uint64_t *word = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(param_find(system_config_params(b->profile.config), path, &word));
    return word;
}

/* Makes the system; what is to be changed in it may be changed now. */
static inline void run_make(struct run_bench *b, const char *workload)
{
    struct replay_source src;

    b->gen = gen_open(workload, GEN_SEED_OWN, NULL, 0, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->gen);
    src = (struct replay_source){
        .from = b->gen, .next = run_next, .string = run_string, .name = "workload",
        .head = &gen_info(b->gen)->head, .streams = gen_streams(b->gen),
        .n_streams = gen_info(b->gen)->streams, .accesses = gen_accesses(b->gen),
    };
    b->sys = system_new(b->profile.config, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    CU_ASSERT_EQUAL_FATAL(replay_init(&b->rp, b->sys, &src, &(struct replay_options){
                              .par = b->par, .host = &b->host }), 0);
}

static inline int run_go(struct run_bench *b)
{
    return replay_run(&b->rp, &b->diag);
}

static inline void run_free(struct run_bench *b)
{
    replay_destroy(&b->rp);
    system_free(b->sys);
    if (b->gen)
        gen_close(b->gen);
    profile_destroy(&b->profile);
    diag_destroy(&b->diag);
}

/* A counter by its component's path and its name. */
static inline uint64_t run_counter(const struct run_bench *b, const char *path, const char *name)
{
    const struct counters *c = &b->rp.counters;

    for (size_t k = 0; k < c->n; k++)
        for (size_t i = 0; strcmp(c->comp[k].path, path) == 0 && i < c->comp[k].comp->kind->stats; i++)
            if (strcmp(c->comp[k].comp->kind->stat[i].name, name) == 0)
                return counters_value(c, k, i);
    fprintf(stderr, "no counter %s %s\n", path, name);
    CU_FAIL("no such counter");
    return 0;
}

/* What a cause took of all requests together. */
static inline uint64_t run_cause(const struct run_bench *b, enum cause cause)
{
    const struct latency *l = &b->rp.latency;
    uint64_t sum = 0;

    for (size_t i = 0; i < (size_t)l->streams * l->classes; i++)
        sum += l->cell[i] ? l->cell[i]->sum_ps[cause] : 0;
    return sum;
}

#endif
