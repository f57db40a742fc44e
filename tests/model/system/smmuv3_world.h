/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_world.h - an SMMUv3 with every structure there is and tables made by hand, in functional or in
 * timed mode: for tests of what is in the structures and of what is read.
 *
 * Tables lie between TABLES and the address of the next free one and grow as they are needed.  In timed
 * mode a translation is a request that runs until nothing is left to do, and a command goes through the
 * queue in memory.
 */
#ifndef TESTS_MODEL_SYSTEM_SMMUV3_WORLD_H
#define TESTS_MODEL_SYSTEM_SMMUV3_WORLD_H
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "base/sim.h"
#include "suite.h"
#include "system/smmuv3/smmuv3.h"
#include "system/timed.h"

#define WORLD_TABLES 0x80000000ull
enum { WORLD_STRTAB = 0x40000000, WORLD_CMDQ = 0x48000000, WORLD_STREAMS = 256 };

struct world {
    struct param_set set;
    struct smmuv3_system_params par;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    bool timed;
    uint64_t next;                     /* first free table page */
    struct xl_result res;              /* of the last request   */
    struct system_trail trail;
    uint64_t latency_ps;
};

static inline void world_size(struct store_params *p, unsigned sets, unsigned ways)
{
    p->sets = sets;
    p->ways = ways;
}

/* Every structure there is, large enough that nothing is replaced. */
static inline void world_all_stores(struct world *w)
{
#define SIZE(member, path) world_size(&w->par.member, 4, 128);
    SMMUV3_STORES(SIZE)
#undef SIZE
    w->par.tcu.ipa_cache = 1;
}

static inline void world_params(struct world *w, bool timed)
{
    memset(w, 0, sizeof *w);
    w->next = WORLD_TABLES;
    w->timed = timed;
    diag_init(&w->diag);
    smmuv3_system_params(&w->par, &w->set);
    w->par.smmu.hyp = 1;
    w->par.smmu.ssidsize = 8;
}

static inline void world_done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct world *w = arg;

    w->res = f->res;
    w->trail = f->trail;
    w->latency_ps = done_ps - f->born_ps;
    timed_flow_free(f->t, f);
}

static inline void world_start_timed(struct world *w)
{
    struct timed *t;
    const struct comp *root[1 + TIMED_ROOTS_MAX] = { &w->sys->top };
    size_t n;

    CU_ASSERT_EQUAL_FATAL(w->sys->ops->start_timed(w->sys, 1), 0);
    t = w->sys->timed;
    t->done = world_done;
    t->done_arg = w;
    CHECK_EQ(timed_set_streams(t, WORLD_STREAMS), 0);
    n = 1 + timed_roots(t, root + 1);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(sim_elaborate(t->sim, root[i], &w->diag), 0);
    timed_start(t);
}

/* CR2, and CR0.VMW, may be written while the unit is off. */
static inline void world_control(struct world *w, uint32_t cr2, unsigned vmw)
{
    system_reg_write(w->sys, 0x20, 0xc, 4);
    system_reg_write(w->sys, 0x2c, cr2, 4);
    system_reg_write(w->sys, 0x20, 0xc | vmw << 6, 4);
    system_reg_write(w->sys, 0x20, 0xd | vmw << 6, 4);
}

static inline void world_e2h(struct world *w, bool e2h)
{
    world_control(w, e2h, 0);
}

static inline void world_up(struct world *w)
{
    w->sys = smmuv3_system_new(&w->par, 1, &w->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->sys);
    w->sys->mem = mem_new();
    w->s = CONTAINER_OF(w->sys, struct smmuv3_system, sys);
    if (w->timed)
        world_start_timed(w);
    system_reg_write(w->sys, 0x80, WORLD_STRTAB, 8);
    system_reg_write(w->sys, 0x88, 8, 4);
    system_reg_write(w->sys, 0x90, WORLD_CMDQ | 7, 8);
    world_e2h(w, true);
}

static inline void world_down(struct world *w)
{
    system_free(w->sys);
    diag_destroy(&w->diag);
}

/* ---- tables --------------------------------------------------------------------------------------- */

static inline uint64_t world_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct world *)arg)->sys->mem, pa);
}

static inline int world_write(void *arg, uint64_t pa, uint64_t v)
{
    return system_table_write(((struct world *)arg)->sys, pa, &v, 1);
}

static inline uint64_t world_alloc(void *arg, unsigned log2)
{
    struct world *w = arg;
    uint64_t at = (w->next + bits_low(log2)) & ~bits_low(log2);

    w->next = at + (1ull << log2);
    return at;
}

static inline void world_map(struct world *w, const struct vmsa_table *t, uint64_t in, uint64_t out,
                             int level, uint64_t attr, uint64_t n)
{
    struct table_io io = { world_read, world_write, world_alloc, w };

    CHECK_EQ(vmsa_map_run(t, &io, in, out, level, attr, n), 0);
}

static inline struct vmsa_table world_table(struct world *w, unsigned stage, unsigned granule_log2,
                                            unsigned in_bits, int start)
{
    struct vmsa_table t = { .stage = (uint8_t)stage, .granule_log2 = (uint8_t)granule_log2,
                            .in_bits = (uint8_t)in_bits, .out_bits = 48, .start = (int8_t)start };
    unsigned log2 = vmsa_root_log2(&t);

    t.base = world_alloc(w, log2 < granule_log2 ? granule_log2 : log2);
    return t;
}

/* Writes STE, and CD at `cd` of physical memory, of a stream. */
static inline void world_attach(struct world *w, const struct smmuv3_config *c, uint32_t sid, uint64_t cd)
{
    uint64_t words[8];

    smmuv3_encode_ste(c, words);
    system_table_write(w->sys, WORLD_STRTAB + 64ull * sid, words, 8);
    if (!c->s1)
        return;
    smmuv3_encode_cd(c, words);
    system_table_write(w->sys, cd, words, 8);
}

/* ---- requests and commands ------------------------------------------------------------------------ */

static inline struct xl_result world_go(struct world *w, const struct xl_req *req)
{
    struct timed *t = w->sys->timed;
    struct flow *f;
    uint64_t at, when;

    if (!w->timed) {
        system_translate(w->sys, req, &w->res, &w->trail);
        return w->res;
    }
    f = timed_flow(t);
    at = sim_now(t->sim) + 1000000;    /* every port has been left alone for a while */
    f->req = *req;
    f->bytes = 64;
    f->stream = req->sid % WORLD_STREAMS;
    f->front = (uint16_t)t->ops->front_of(w->sys, req->sid);
    f->kind = req->write ? FLOW_WRITE : FLOW_READ;
    f->request = w->sys->request++;
    f->born_ps = at;
    CU_ASSERT_TRUE_FATAL(dlink_take(&t->front[f->front].dev, req->write, sim_now(t->sim), &when));
    timed_issue(t, f, at);
    CHECK_EQ(sim_run(t->sim), SIM_END_IDLE);
    return w->res;
}

static inline void world_words(struct world *w, const uint64_t *words)
{
    CHECK_EQ(system_command(w->sys, words, CMD_WORDS), 0);
    if (!w->timed)
        return;
    CU_ASSERT_TRUE(timed_queue(w->sys->timed));
    CHECK_EQ(sim_run(w->sys->timed->sim), SIM_END_IDLE);
}

static inline void world_command(struct world *w, const struct smmuv3_cmd *c)
{
    uint64_t words[CMD_WORDS];

    smmuv3_cmd_encode(c, words);
    world_words(w, words);
}

#endif
