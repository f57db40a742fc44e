/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_driver_bench.h - a VT-d unit that a test drives by its registers, with or without time.
 */
#ifndef TESTS_MODEL_SYSTEM_VTD_DRIVER_BENCH_H
#define TESTS_MODEL_SYSTEM_VTD_DRIVER_BENCH_H
#include "base/sim.h"
#include "kernel/sim.h"
#include "suite.h"
#include "system/vtd/vtd.h"

enum { QUEUE = 0x10000000, STATUS = 0x11000000, ROOT_TABLE = 0x12000000, MSI = 0x20000000,
       BROKEN = 0x30000000, OFF_LIMITS = 0x30ffffff };

struct bench {
    struct system_config *config;
    struct diag diag;
    struct system *sys;
    struct vtd_system *u;
    uint32_t gcmd;                     /* level bits                               */
    uint64_t queue;                    /* where it is                              */
    unsigned bytes;                    /* of it                                    */
    unsigned each;                     /* bytes of a descriptor                    */
    uint32_t tail;                     /* where the driver writes next             */
};

#define BOTH(b) for (int timed = 0; timed < 2; timed++)
#define NOTHING (const char *const[]){ NULL }
#define SET(...) (const char *const[]){ __VA_ARGS__, NULL }

static inline void write_reg(struct bench *b, uint32_t at, uint64_t v)
{
    const struct vtd_reg_row *r = vtd_reg_find(at);

    CHECK_EQ(system_reg_write(b->sys, at, v, r ? r->bytes : 8), 0);
}

static inline uint64_t read_reg(struct bench *b, uint32_t at)
{
    const struct vtd_reg_row *r = vtd_reg_find(at);

    return system_reg_read(b->sys, at, r ? r->bytes : 8);
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
    *b = (struct bench){ 0 };
    diag_init(&b->diag);
    b->config = system_config_new(SYSTEM_VTD);
    for (; *set; set += 2)
        CHECK_EQ(param_set_text(system_config_params(b->config), set[0], set[1], &b->diag, NULL, 0, 0), 0);
    system_config_timed(b->config, timed);
    b->sys = system_new(b->config, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->u = CONTAINER_OF(b->sys, struct vtd_system, sys);
    mem_abort_region(b->sys->mem, BROKEN, OFF_LIMITS);
    start_time(b);
}

static inline void bench_down(struct bench *b)
{
    system_free(b->sys);
    system_config_free(b->config);
    diag_destroy(&b->diag);
}

/* ---- commands: one bit at a time, as a driver gives them ------------------------------------------ */

static inline void command(struct bench *b, uint32_t level, bool on)
{
    b->gcmd = on ? b->gcmd | level : b->gcmd & ~level;
    write_reg(b, VTD_REG_GCMD, b->gcmd);
    settle(b);
    CHECK_EQ(read_reg(b, VTD_REG_GSTS) & level, on ? level : 0);
}

static inline void command_once(struct bench *b, uint32_t bit)
{
    write_reg(b, VTD_REG_GCMD, b->gcmd | bit);
    settle(b);
}

static inline void set_root(struct bench *b, enum vtd_ttm ttm)
{
    write_reg(b, VTD_REG_RTADDR, ROOT_TABLE | (unsigned)ttm << 10);
    command_once(b, FIELD_MASK(GSTS, RTPS));
}

/* ---- the queue ----------------------------------------------------------------------------------- */

static inline void place_queue(struct bench *b, uint64_t at, unsigned pages_log2, bool wide)
{
    b->queue = at;
    b->bytes = 4096u << pages_log2;
    b->each = wide ? 32 : 16;
    b->tail = 0;
    write_reg(b, VTD_REG_IQT, 0);
    write_reg(b, VTD_REG_IQA, at | pages_log2 | (uint64_t)wide << 11);
    command(b, FIELD_MASK(GSTS, QIES), true);
}

/* Writes an entry to memory, not yet seen. */
static inline void put_words(struct bench *b, uint64_t w0, uint64_t w1)
{
    mem_write64(b->sys->mem, b->queue + b->tail, w0);
    mem_write64(b->sys->mem, b->queue + b->tail + 8, w1);
    b->tail = (b->tail + b->each) % b->bytes;
}

static inline void put(struct bench *b, struct vtd_inv inv)
{
    uint64_t w[VTD_INV_WORDS];

    vtd_inv_encode(&inv, w);
    put_words(b, w[0], w[1]);
}

static inline void ring(struct bench *b)
{
    write_reg(b, VTD_REG_IQT, b->tail);
    settle(b);
}

static inline uint64_t head(struct bench *b) { return read_reg(b, VTD_REG_IQH); }
static inline uint64_t fault_status(struct bench *b) { return read_reg(b, VTD_REG_FSTS) & 0xff; }

static inline unsigned queue_error(struct bench *b)
{
    uint64_t r = read_reg(b, VTD_REG_IQERCD);

    return fault_status(b) & FIELD_MASK(FSTS, IQE) ? (unsigned)FIELD_GET(IQERCD, IQEI, &r) : 0;
}

static inline void clear_error(struct bench *b, uint64_t bit)
{
    write_reg(b, VTD_REG_FSTS, bit);
    settle(b);
}

#define WAIT_SW(value)                                                                                  \
    ((struct vtd_inv){ .type = VTD_INV_WAIT, .wait = { .sw = true, .data = (value), .addr = STATUS } })
#define CC_ALL    ((struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_GLOBAL })
#define IOTLB_ALL ((struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL })

static inline uint64_t status_word(struct bench *b) { return mem_read64(b->sys->mem, STATUS); }

#endif
