/* SPDX-License-Identifier: Apache-2.0
 *
 * cfg_fetch, config_pkg and the walker in RTL against the model's machine: random systems with the identification
 * registers of the design, transactions at random addresses, bits of what they read flipped, reads that fail.  Reads,
 * in their order, outcome and all that a record would show have to be the same.
 */
#include <stdlib.h>

#include "arch/smmuv3/translate.h"
#include "base/sim.h"
#include "model/arch/smmuv3_random.h"
#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/twin/design.h"
#include "suite.h"

enum { READS = 64, REQUESTS = 12, PATIENCE = 100000 };

struct run {                           /* of one transaction, by either side */
    struct { uint64_t pa; unsigned words; } read[READS];
    unsigned reads;
    struct xl_result res;
    uint8_t size_log2, perm1, perm2;
    bool global;
};

struct bench {
    const struct cosim_dut_ops *ops;
    struct cosim_dut *dut;
    struct cosim_in in;
    struct world world;
    struct rng rng;
    unsigned fails_at;                 /* number of the read that fails; READS: none */
    uint64_t outcomes[XL_INTERRUPT + 1], codes[256];
};

/* ---- the model ----------------------------------------------------------------------------------- */

static void run_model(const struct bench *b, const struct xl_req *q, struct run *r)
{
    static const struct smmuv3_impl impl;
    struct smmuv3_xl m;
    uint64_t words[STE_WORDS];

    *r = (struct run){ 0 };
    smmuv3_xl_begin(&m, &b->world.regs, &impl, q);
    while (smmuv3_xl_ask(&m)) {
        bool ok;

        if (!m.q.words) {
            smmuv3_xl_tell_none(&m);
            continue;
        }
        r->read[r->reads].pa = m.q.pa;
        r->read[r->reads].words = m.q.words;
        ok = r->reads++ != b->fails_at && mem_read(b->world.mem, m.q.pa, m.q.words, words);
        smmuv3_xl_tell(&m, ok ? words : NULL);
    }
    r->res = m.res;
    if (m.has_leaf) {
        r->size_log2 = m.leaf.size_log2;
        r->perm1 = m.leaf.perm1;
        r->perm2 = m.leaf.perm2;
        r->global = m.leaf.global;
    }
}

/* ---- the design ---------------------------------------------------------------------------------- */

static void write_reg(struct bench *b, uint32_t offset, uint64_t data)
{
    struct cosim_out out;

    b->in.reg = (struct cosim_reg){ .valid = true, .write = true, .bytes = 8, .offset = offset, .data = data };
    b->ops->tick(b->dut, &b->in, &out);
    b->in.reg.valid = false;
}

static const uint8_t outcome[] = { [COSIM_OK] = XL_OK, [COSIM_BYPASS] = XL_BYPASS, [COSIM_ABORT] = XL_ABORT,
                                   [COSIM_FAULT] = XL_FAULT, [COSIM_RAZWI] = XL_RAZWI };

static void take_result(const struct cosim_out *o, struct run *r)
{
    r->res.outcome = outcome[o->rsp.outcome];
    r->res.code = o->rsp.code;
    r->res.pa = o->rsp.addr;
    r->size_log2 = o->rsp.size_log2;
    r->res.recorded = o->walk.recorded;
    r->res.stage2 = o->walk.fault_s2;
    r->res.cls = o->walk.cls;
    r->res.ipa = o->walk.ipa;
    r->res.fetch = o->walk.fetch;
    r->res.domain = o->walk.id;
    r->perm1 = o->walk.perm1;
    r->perm2 = o->walk.perm2;
    r->global = o->walk.global;
}

/* One beat after the other, after a cycle or a few. */
struct burst { uint64_t at; unsigned left; uint8_t id; bool fails; };

static void next_beat(struct bench *b, struct burst *p)
{
    b->in.r = (struct cosim_r){ 0 };
    if (!p->left || rng_below(&b->rng, 3) == 0)
        return;
    p->left--;
    b->in.r = (struct cosim_r){ .valid = true, .id = p->id, .last = p->left == 0, .error = p->fails,
                                .data = mem_read64(b->world.mem, p->at) };
    p->at += 8;
}

static bool run_dut(struct bench *b, const struct xl_req *q, struct run *r)
{
    struct burst p = { 0 };
    struct cosim_out out = { 0 };

    *r = (struct run){ 0 };
    b->in.req = (struct cosim_req){ .valid = true, .sid = q->sid, .has_ssid = q->has_ssid, .ssid = q->ssid,
                                    .addr = q->addr, .write = q->write, .exec = q->exec, .priv = q->priv };
    for (int i = 0; i < PATIENCE; i++) {
        if (!b->in.r.valid || out.r_ready)
            next_beat(b, &p);
        b->in.ar_ready = p.left == 0 && rng_below(&b->rng, 2);
        b->in.rsp_ready = rng_below(&b->rng, 2);
        b->ops->tick(b->dut, &b->in, &out);
        b->in.req.valid &= !out.req_ready;
        if (out.ar.valid && b->in.ar_ready && r->reads < READS) {
            p = (struct burst){ out.ar.addr, out.ar.beats, out.ar.id, r->reads == b->fails_at };
            r->read[r->reads].pa = out.ar.addr;
            r->read[r->reads++].words = out.ar.beats;
        }
        if (out.rsp.valid && b->in.rsp_ready) {
            take_result(&out, r);
            CHECK_EQ(out.rsp.trail.cfg_reads + out.rsp.trail.s1_reads + out.rsp.trail.s2_reads, r->reads);
            return true;
        }
    }
    return false;
}

/* ---- comparison ---------------------------------------------------------------------------------- */

static bool same(const struct run *f, const struct run *e)
{
    const struct xl_result *a = &f->res, *b = &e->res;
    bool leaf = b->outcome == XL_OK, walked = leaf || b->code >= SMMUV3_F_WALK_EABT;

    if (f->reads != e->reads || memcmp(f->read, e->read, sizeof e->read) != 0)
        return false;
    if (a->outcome != b->outcome || a->code != b->code || a->recorded != b->recorded || a->pa != b->pa)
        return false;
    if (walked && (a->stage2 != b->stage2 || a->cls != b->cls || a->ipa != b->ipa))
        return false;
    return a->fetch == b->fetch && (!leaf || (f->size_log2 == e->size_log2 && f->perm1 == e->perm1 &&
                                              f->perm2 == e->perm2 && f->global == e->global &&
                                              a->domain == b->domain));
}

static void print(const char *who, const struct run *r)
{
    const struct xl_result *x = &r->res;

    fprintf(stderr, "%s: outcome %u code 0x%x recorded %u s2 %u cls %u pa 0x%" PRIx64 " ipa 0x%" PRIx64 " fetch 0x%"
            PRIx64 " size %u perm %x %x global %u domain %x; reads", who, x->outcome, x->code, x->recorded, x->stage2,
            x->cls, x->pa, x->ipa, x->fetch, r->size_log2, r->perm1, r->perm2, r->global, x->domain);
    for (unsigned i = 0; i < r->reads; i++)
        fprintf(stderr, " %" PRIx64 "x%u", r->read[i].pa, r->read[i].words);
    fputc('\n', stderr);
}

static bool compare(struct bench *b, const struct xl_req *q)
{
    struct run found, expected;

    run_model(b, q, &expected);
    CU_ASSERT(run_dut(b, q, &found));
    b->outcomes[expected.res.outcome]++;
    b->codes[expected.res.code]++;
    if (same(&found, &expected))
        return true;
    fprintf(stderr, "\nsid %x ssid %x (%u) addr 0x%" PRIx64 " write %u exec %u priv %u\n", q->sid, q->ssid,
            q->has_ssid, q->addr, q->write, q->exec, q->priv);
    print("found", &found);
    print("expected", &expected);
    return false;
}

/* ---- systems ------------------------------------------------------------------------------------- */

static void limit(struct smmuv3_regs *r)
{
    struct smmuv3_regs design = { .aidr = r->aidr, .cr0 = r->cr0 | 1, .cr2 = r->cr2 & 2 };

    cosim_design_idr(&design);
    *r = design;
}

/* A bit of something that the transaction reads. */
static void flip(struct bench *b, const struct xl_req *q)
{
    struct run r;
    uint64_t at;
    unsigned n;

    run_model(b, q, &r);
    if (!r.reads)
        return;
    n = (unsigned)rng_below(&b->rng, r.reads);
    at = r.read[n].pa + 8 * rng_below(&b->rng, r.read[n].words);
    mem_write64(b->world.mem, at, mem_read64(b->world.mem, at) ^ 1ull << rng_below(&b->rng, 64));
}

static bool requests(struct bench *b)
{
    for (int i = 0; i < REQUESTS; i++) {
        struct xl_req q = world_request(&b->world);

        q.type = XL_UNTRANSLATED;
        q.atomic = q.no_write = false;
        q.mem = XL_MEM_WB;
        b->fails_at = rng_below(&b->rng, 16) == 0 ? (unsigned)rng_below(&b->rng, 20) : READS;
        if (i >= REQUESTS / 3)
            flip(b, &q);
        if (!compare(b, &q))
            return false;
    }
    return true;
}

static void use_registers(struct bench *b)
{
    const struct smmuv3_regs *r = &b->world.regs;

    write_reg(b, 0x80, r->strtab_base);
    write_reg(b, 0x88, r->strtab_base_cfg);
    write_reg(b, 0x2c, r->cr2);
}

static void every_transaction_is_as_the_model_has_it(void)
{
    static struct bench b;
    struct cosim_cfg cfg = { .seed = 1 };
    const char *full = getenv("IOMMUSIM_FULL");
    uint64_t left = full && *full == '1' ? 1000000 : 100000;
    char err[64];

    b.ops = cosim_dut_find("cfg_fetch", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b.ops);
    CU_ASSERT_FATAL(b.ops->create(&b.dut, &cfg, err, sizeof err) == 0);
    world_init(&b.world, 1, "cfg_fetch");
    b.world.limit = limit;
    rng_init(&b.rng, 1, "cfg_fetch.bench");
    while (left >= REQUESTS) {
        world_make(&b.world);
        use_registers(&b);
        left -= REQUESTS;
        if (!requests(&b)) {
            CU_FAIL("the design differs from the model");
            break;
        }
    }
    CHECK_EQ(b.ops->errors(b.dut, NULL, 0), 0);
    for (unsigned i = XL_OK; i <= XL_RAZWI; i++)
        CU_ASSERT(b.outcomes[i] > 100);
    for (unsigned i = SMMUV3_C_BAD_STREAMID; i <= SMMUV3_F_PERMISSION; i++)
        if (smmuv3_event_find(i) && i != SMMUV3_F_BAD_ATS_TREQ && i != SMMUV3_F_TRANSL_FORBIDDEN)
            CU_ASSERT(b.codes[i] > 10);
    b.ops->destroy(b.dut);
    world_free(&b.world);
}

#define TESTS(T) T(every_transaction_is_as_the_model_has_it)
TEST_SUITE("cfg_fetch", TESTS)
