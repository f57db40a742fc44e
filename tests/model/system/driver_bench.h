/* SPDX-License-Identifier: Apache-2.0
 *
 * driver_bench.h - an SMMUv3 that a test drives by its registers, with or without time.
 */
#ifndef TESTS_MODEL_SYSTEM_DRIVER_BENCH_H
#define TESTS_MODEL_SYSTEM_DRIVER_BENCH_H
#include "arch/smmuv3/config.h"
#include "base/sim.h"
#include "kernel/sim.h"
#include "suite.h"
#include "system/smmuv3/smmuv3.h"

#define REG_OFFSET(N, member, offset, ...) N##_AT = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };
#define BIT(L, N) FIELD_MASK(L, N)

enum { CMDQ = 0x10000000, EVENTQ = 0x11000000, STRTAB = 0x12000000, CDS = 0x13000000, TABLES = 0x14000000,
       MSI = 0x20000000, BROKEN = 0x30000000, OFF_LIMITS = 0x30ffffff };

struct bench {
    struct system_config *config;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    uint64_t prod;                     /* where the driver writes next, counting up for ever */
    unsigned log2;                     /* of the command queue's entries                     */
    uint64_t next;                     /* first free table page                              */
    uint64_t written, leaf[4];         /* the last table word written; descriptors by stream */
};

static inline void write_reg(struct bench *b, uint32_t at, uint64_t v)
{
    CHECK_EQ(system_reg_write(b->sys, at, v, 4), 0);
}

static inline uint32_t read_reg(struct bench *b, uint32_t at)
{
    return (uint32_t)system_reg_read(b->sys, at, 4);
}

/* Until nothing is left to do. */
static inline void settle(struct bench *b)
{
    if (b->sys->timed)
        CHECK_EQ(sim_run(b->sys->timed->sim), SIM_END_IDLE);
}

static inline void start_time(struct bench *b)
{
    const struct comp *root[2 + TIMED_FRONTS_MAX] = { &b->sys->top };
    size_t n;

    if (!b->sys->timed)
        return;
    n = 1 + timed_roots(b->sys->timed, root + 1);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(sim_elaborate(b->sys->timed->sim, root[i], &b->diag), 0);
    timed_start(b->sys->timed);
    settle(b);
}

/* set: pairs of a parameter and its value, NULL at the end. */
static inline void bench_up(struct bench *b, bool timed, const char *const *set)
{
    *b = (struct bench){ .log2 = 4, .next = TABLES };
    diag_init(&b->diag);
    b->config = system_config_new(SYSTEM_SMMUV3);
    for (; *set; set += 2)
        CHECK_EQ(param_set_text(system_config_params(b->config), set[0], set[1], &b->diag, NULL, 0, 0), 0);
    system_config_timed(b->config, timed);
    b->sys = system_new(b->config, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->s = CONTAINER_OF(b->sys, struct smmuv3_system, sys);
    mem_abort_region(b->sys->mem, BROKEN, OFF_LIMITS);
    start_time(b);
}

static inline void bench_down(struct bench *b)
{
    system_free(b->sys);
    system_config_free(b->config);
    diag_destroy(&b->diag);
}

/* ---- the command queue --------------------------------------------------------------------------- */

static inline void enable(struct bench *b, uint64_t bits)
{
    write_reg(b, CR0_AT, read_reg(b, CR0_AT) | bits);
    settle(b);
    CHECK_EQ(read_reg(b, CR0ACK_AT), read_reg(b, CR0_AT));
}

static inline void place_queues(struct bench *b, uint64_t cmdq, unsigned cmdq_log2, unsigned eventq_log2)
{
    b->log2 = cmdq_log2;
    system_reg_write(b->sys, CMDQ_BASE_AT, cmdq | cmdq_log2, 8);
    write_reg(b, CMDQ_PROD_AT, 0);
    write_reg(b, CMDQ_CONS_AT, 0);
    system_reg_write(b->sys, EVENTQ_BASE_AT, EVENTQ | eventq_log2, 8);
    write_reg(b, EVENTQ_PROD_AT, 0);
    write_reg(b, EVENTQ_CONS_AT, 0);
}

static inline uint32_t wrapped(const struct bench *b, uint64_t i)
{
    return (uint32_t)(i & ((2u << b->log2) - 1));
}

/* Writes an entry to memory, not yet seen. */
static inline void put_words(struct bench *b, uint64_t w0, uint64_t w1)
{
    uint64_t at = CMDQ + 16 * (b->prod++ & bits_low(b->log2));

    mem_write64(b->sys->mem, at, w0);
    mem_write64(b->sys->mem, at + 8, w1);
}

static inline void put_command(struct bench *b, struct smmuv3_cmd c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&c, w);
    put_words(b, w[0], w[1]);
}

static inline void ring(struct bench *b) { write_reg(b, CMDQ_PROD_AT, wrapped(b, b->prod)); }

static inline uint32_t cmdq_error(struct bench *b)
{
    return (uint32_t)bits_get(read_reg(b, CMDQ_CONS_AT), CMDQ_CONS_ERR_HI, CMDQ_CONS_ERR_LO);
}

static inline uint32_t cmdq_index(struct bench *b) { return read_reg(b, CMDQ_CONS_AT) & 0xfffff; }
static inline uint32_t active(struct bench *b) { return read_reg(b, GERROR_AT) ^ read_reg(b, GERRORN_AT); }
static inline void acknowledge(struct bench *b) { write_reg(b, GERRORN_AT, read_reg(b, GERROR_AT)); }

#endif
