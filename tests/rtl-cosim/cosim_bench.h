/* SPDX-License-Identifier: Apache-2.0
 *
 * cosim_bench.h - for tests of the driver: a small SMMUv3 in time, records made by hand, a run.
 */
#ifndef TESTS_COSIM_BENCH_H
#define TESTS_COSIM_BENCH_H
#include <string.h>

#include "base/sim.h"
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/stimulus/records.h"
#include "rtl-cosim/twin/model.h"
#include "suite.h"

enum { BENCH_STREAMS = 4 };

struct bench {
    struct system_config *config;
    struct records records;
    struct driver_options opt;
    struct diag diag;
    struct driver *driver;
};

static inline void add(struct bench *b, const struct rec *r, unsigned words, const uint64_t *w)
{
    struct rec one = *r;

    one.words = (uint16_t)words;
    one.time = b->records.n;
    records_add(&b->records, &one, w);
    CHECK_EQ(b->records.err, 0);
}

static inline void attach(struct bench *b, uint32_t stream, uint64_t domain, unsigned mode)
{
    add(b, &(struct rec){ .kind = REC_ATTACH, .stream = stream }, 2, (uint64_t[]){ domain, mode });
}

static inline void map(struct bench *b, uint64_t domain, uint64_t iova, uint64_t pa, uint64_t bytes, unsigned perm)
{
    add(b, &(struct rec){ .kind = REC_MAP, .addr = iova, .stream = REC_NO_STREAM }, 5,
        (uint64_t[]){ pa, bytes, domain, perm, 0 });
}

static inline void unmap(struct bench *b, uint64_t domain, uint64_t iova, uint64_t bytes)
{
    add(b, &(struct rec){ .kind = REC_UNMAP, .addr = iova, .stream = REC_NO_STREAM }, 3, (uint64_t[]){ bytes, domain, 0 });
}

static inline void dma(struct bench *b, uint32_t stream, unsigned kind, uint64_t iova)
{
    add(b, &(struct rec){ .kind = (uint8_t)kind, .addr = iova, .stream = stream, .len = 64 }, 0, NULL);
}

static inline void set(struct bench *b, const char *path, const char *value)
{
    CU_ASSERT_EQUAL_FATAL(param_set_text(system_config_params(b->config), path, value, &b->diag, NULL, 0, 0), 0);
}

/* An SMMUv3 without TLBs at its TBU, with small stores behind it; a link that takes no time. */
static inline void bench_up(struct bench *b)
{
    static const char *const par[][2] = {
        { "smmu.tbu.utlb.sets", "0" }, { "smmu.tbu.tlb.sets", "0" }, { "smmu.timing.data", "no" },
        { "smmu.tcu.tlb.sets", "4" }, { "smmu.tcu.cfg.sets", "4" }, { "smmu.tcu.contiguous", "no" },
        { "dev.up_ps", "0" }, { "dev.down_ps", "0" }, { "dev.order", "none" }, { "smmu.tbu.link.latency", "0" },
        { "smmu.clk.period_ps", "1000" }, { "smmu.msi", "no" }, { "smmu.sev", "no" }, { "smmu.ssidsize", "20" },
    };

    memset(b, 0, sizeof *b);
    diag_init(&b->diag);
    b->config = system_config_new(SYSTEM_SMMUV3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->config);
    system_config_timed(b->config, true);
    for (unsigned i = 0; i < ARRAY_LEN(par); i++)
        set(b, par[i][0], par[i][1]);
    driver_defaults(&b->opt.par);
    b->opt.config = b->config;
    b->opt.seed = 1;
    records_init(&b->records, "test");
    b->records.head.raw_arch = TRACE_ARCH_NONE;
    b->records.head.flags = TRACE_F_ORDER_ONLY;
    for (uint32_t i = 0; i < BENCH_STREAMS; i++)
        records_stream(&b->records, 8 + i);
}

static inline void bench_down(struct bench *b)
{
    driver_free(b->driver);
    records_destroy(&b->records);
    system_config_free(b->config);
    diag_destroy(&b->diag);
}

static inline void run(struct bench *b, const struct cosim_dut_ops *ops)
{
    struct replay_source src;
    int err = -1;

    records_source(&b->records, &src, "test");
    b->driver = driver_new(ops, &b->opt, &b->diag);
    if (b->driver)
        err = driver_run(b->driver, &src, &b->diag);
    if (err)
        diag_print(&b->diag, stderr);
    CU_ASSERT_EQUAL_FATAL(err, 0);
}

static inline void print_verdicts(const struct bench *b)
{
    const struct verdicts *v = driver_verdicts(b->driver);

    for (size_t i = 0; i < v->n && i < 5; i++)
        fprintf(stderr, "\n%s, request %" PRId64 ", cycle %" PRIu64 ": expected %s, found %s\n",
                verdict_name[v->at[i].kind], v->at[i].request, v->at[i].cycle, v->at[i].expected, v->at[i].found);
}

#endif
