/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole IOMMU in RTL (dut iommu_top) against the architecture's machine: streams of every kind, random requests,
 * tables that change under way, commands and events through queues in memory.  Short: the driver's campaigns are long.
 */
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/regfile.h"
#include "arch/smmuv3/translate.h"
#include "base/bits.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sim.h"
#include "rtl-cosim/dut/registry.h"
#include "suite.h"

enum {
    STREAM_TABLE = 0x100000, STREAMS_LOG2 = 4, CMDQ = 0x200000, CMDQ_LOG2 = 4, EVENTQ = 0x210000, EVENTQ_LOG2 = 6,
    CD_TABLES = 0x300000, TABLES = 0x1000000, ABORTING = 0x700000,
    PAGES = 24, OUTSTANDING = 12, READS = 64, EVENTS = 256, LIMIT = 200000,
};
#define VA      0x40000000ull          /* pages and blocks of all streams                     */
#define DELTA   0x100000000ull         /* nested: tables and CDs are at IPAs, PA is so much more */

enum stream { ABORTS, PASSES, STAGE1, STAGE2, NESTED, SUBSTREAMS, RAZWI, INVALID, NO_CD, STREAMS };

struct context { struct vmsa_table t; bool nested; };

struct outstanding { bool used, accepted; struct xl_req req; struct xl_result before; bool raced; };
struct record { uint64_t words[2][EVENT_WORDS]; bool seen; };

struct bench {
    const struct cosim_dut_ops *ops;
    struct cosim_dut *dut;
    struct mem *mem;
    struct smmuv3_regs regs;
    struct smmuv3_config config[STREAMS];
    struct rng rng;
    uint64_t next[2];                  /* free memory: PAs, and IPAs of nested tables */
    uint64_t cycle;
    struct cosim_in in;
    struct cosim_out out;
    struct { uint64_t addr, due; uint8_t id, beats, done; } read[READS];
    unsigned reads, b_due;
    struct outstanding req[OUTSTANDING];
    unsigned offered;                  /* + 1 of the request on the port; 0: none */
    struct record expected[EVENTS];
    unsigned events, stall_percent;
    uint32_t prod, event_cons;
    uint64_t answered;
    uint64_t digest;                   /* of all that the design said in every cycle */
    uint32_t irqs;
    uint64_t old_at, old_value;        /* a word that has just changed */
    bool racing;
};

static uint64_t pick(struct bench *b, uint64_t n) { return rng_below(&b->rng, n); }
static bool in_hundred(struct bench *b, unsigned n) { return pick(b, 100) < n; }

/* ---- what is right ------------------------------------------------------------------------------- */

static void expect(struct bench *b, const struct xl_req *req, struct xl_result *res)
{
    static const struct smmuv3_impl impl;
    uint64_t words[8];
    static struct smmuv3_xl m;

    smmuv3_xl_begin(&m, &b->regs, &impl, req);
    while (smmuv3_xl_ask(&m)) {
        if (m.q.kind == SMMUV3_Q_CONFIG || m.q.kind == SMMUV3_Q_TLB || m.q.kind == SMMUV3_Q_IPA)
            smmuv3_xl_tell_none(&m);
        else
            smmuv3_xl_tell(&m, mem_read(b->mem, m.q.pa, m.q.words, words) ? words : NULL);
    }
    *res = m.res;
}

/* As it was before the last change. */
static void expect_old(struct bench *b, const struct xl_req *req, struct xl_result *res)
{
    uint64_t now = mem_read64(b->mem, b->old_at);

    mem_write64(b->mem, b->old_at, b->old_value);
    expect(b, req, res);
    mem_write64(b->mem, b->old_at, now);
}

static bool is_answer(const struct cosim_rsp *rsp, const struct xl_result *res)
{
    switch (res->outcome) {
    case XL_OK:
        return rsp->outcome == COSIM_OK && rsp->addr == res->pa;
    case XL_BYPASS:
        return rsp->outcome == COSIM_BYPASS && rsp->addr == res->pa;
    case XL_ABORT:
        return rsp->outcome == COSIM_ABORT;
    case XL_RAZWI:
        return rsp->outcome == COSIM_RAZWI && rsp->code == res->code;
    default:
        return rsp->outcome == COSIM_FAULT && rsp->code == res->code;
    }
}

static void expect_record(struct bench *b, const struct xl_req *req, const struct xl_result *one,
                          const struct xl_result *other)
{
    struct record *r = &b->expected[b->events];

    if (!one->recorded)
        return;
    CU_ASSERT_FATAL(b->events < EVENTS);
    b->events++;
    r->seen = false;
    smmuv3_event_encode(req, one, r->words[0]);
    smmuv3_event_encode(req, other, r->words[1]);
}

static void judge(struct bench *b, struct outstanding *o, const struct cosim_rsp *rsp)
{
    struct xl_result now, old;
    bool is_now, is_old;

    expect(b, &o->req, &now);
    old = now;
    if (o->raced)
        expect_old(b, &o->req, &old);
    is_now = is_answer(rsp, &now);
    is_old = is_answer(rsp, &old);
    if (!is_now && !is_old)
        fprintf(stderr, "\ncycle %" PRIu64 ": stream %u ssid %d addr %" PRIx64 " %s: outcome %u code %02x addr %" PRIx64
                ", expected outcome %u code %02x pa %" PRIx64 "%s, tlb hit %d\n", b->cycle, o->req.sid,
                o->req.has_ssid ? (int)o->req.ssid : -1, o->req.addr, o->req.write ? "W" : "R", rsp->outcome,
                rsp->code, rsp->addr, now.outcome, now.code, now.pa, o->raced ? " or old" : "", rsp->trail.tlb_hit);
    CU_ASSERT(is_now || is_old);
    if (is_now && is_old)
        expect_record(b, &o->req, &now, &old);
    else
        expect_record(b, &o->req, is_now ? &now : &old, is_now ? &now : &old);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void take_read(struct bench *b)
{
    CU_ASSERT_FATAL(b->reads < READS);
    b->read[b->reads].addr = b->out.ar.addr;
    b->read[b->reads].id = b->out.ar.id;
    b->read[b->reads].beats = b->out.ar.beats;
    b->read[b->reads].done = 0;
    b->read[b->reads++].due = b->cycle + 1 + pick(b, 30);
}

/* One beat, of a burst that has begun if there is one. */
static int next_read(struct bench *b)
{
    for (unsigned i = 0; i < b->reads; i++)
        if (b->read[i].done)
            return (int)i;
    for (unsigned i = 0; i < b->reads; i++)
        if (b->read[i].due <= b->cycle)
            return (int)i;
    return -1;
}

static int drive_memory(struct bench *b)
{
    int i = next_read(b);
    uint64_t word;

    b->in.r = (struct cosim_r){ 0 };
    if (i >= 0) {
        b->in.r.valid = true;
        b->in.r.id = b->read[i].id;
        b->in.r.error = !mem_read(b->mem, b->read[i].addr + 8ull * b->read[i].done, 1, &word);
        b->in.r.data = word;
        b->in.r.last = b->read[i].done + 1 == b->read[i].beats;
    }
    b->in.ar_ready = b->reads < READS && !in_hundred(b, b->stall_percent);
    b->in.aw_ready = !b->b_due && !in_hundred(b, b->stall_percent);
    b->in.b = (struct cosim_b){ .valid = b->b_due == 1 };
    return i;
}

static void clock_memory(struct bench *b, int i)
{
    if (b->b_due)
        b->b_due--;
    if (i >= 0 && b->out.r_ready && ++b->read[i].done == b->read[i].beats) {
        b->reads--;
        memmove(&b->read[i], &b->read[i + 1], (b->reads - (unsigned)i) * sizeof b->read[0]);
    }
    if (b->out.ar.valid && b->in.ar_ready)
        take_read(b);
    if (b->out.aw.valid && b->in.aw_ready) {
        mem_write64(b->mem, b->out.aw.addr, b->out.aw.data);
        b->b_due = 1 + (unsigned)pick(b, 10);
    }
}

/* ---- clocking ------------------------------------------------------------------------------------ */

static void offer(struct bench *b)
{
    struct outstanding *o;

    if (!b->offered)
        return;
    o = &b->req[b->offered - 1];
    b->in.req = (struct cosim_req){ .valid = true, .has_ssid = o->req.has_ssid, .write = o->req.write,
                                    .exec = o->req.exec, .priv = o->req.priv, .id = b->offered - 1,
                                    .sid = o->req.sid, .ssid = o->req.ssid, .bytes = 64, .addr = o->req.addr };
}

static void take_digest(struct bench *b)
{
    const struct cosim_out *o = &b->out;
    const uint64_t said[] = {
        (uint64_t)o->irq << 32 | o->req_ready | o->r_ready << 1 | o->reg_ready << 2 | o->reg_valid << 3 | o->idle << 4,
        o->reg_data, o->rsp.valid, o->rsp.id, o->rsp.addr, o->rsp.outcome | o->rsp.code << 8,
        o->ar.valid | o->ar.id << 8 | o->ar.beats << 16, o->ar.addr, o->aw.valid | o->aw.strb << 8, o->aw.addr, o->aw.data,
    };

    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        b->digest = bits_mix(b->digest ^ said[i]);
}

static void clock_bench(struct bench *b)
{
    int i = drive_memory(b);

    b->in.req = (struct cosim_req){ 0 };
    offer(b);
    b->in.rsp_ready = !in_hundred(b, b->stall_percent);
    b->ops->tick(b->dut, &b->in, &b->out);
    take_digest(b);
    clock_memory(b, i);
    if (b->offered && b->out.req_ready) {
        b->req[b->offered - 1].accepted = true;
        b->offered = 0;
    }
    if (b->out.rsp.valid && b->in.rsp_ready) {
        struct outstanding *o = &b->req[b->out.rsp.id % OUTSTANDING];

        CU_ASSERT_FATAL(b->out.rsp.id < OUTSTANDING && o->used && o->accepted);
        judge(b, o, &b->out.rsp);
        o->used = o->accepted = false;
        b->answered++;
    }
    b->irqs |= b->out.irq;
    b->cycle++;
}

static uint64_t access_reg(struct bench *b, uint32_t offset, bool write, uint64_t data, unsigned bytes)
{
    b->in.reg = (struct cosim_reg){ true, write, (uint8_t)bytes, offset, data };
    clock_bench(b);
    b->in.reg = (struct cosim_reg){ 0 };
    if (write) {
        smmuv3_regfile_write(&b->regs, offset, data, bytes);
        return 0;
    }
    clock_bench(b);
    CU_ASSERT(b->out.reg_valid);
    return b->out.reg_data;
}

static void write_reg(struct bench *b, uint32_t offset, uint64_t data, unsigned bytes)
{
    access_reg(b, offset, true, data, bytes);
}

static uint32_t read_reg(struct bench *b, uint32_t offset)
{
    return (uint32_t)access_reg(b, offset, false, 0, 4);
}

static void wait_for(struct bench *b, uint32_t offset, uint32_t mask, uint32_t value)
{
    for (unsigned i = 0; i < LIMIT; i++)
        if ((read_reg(b, offset) & mask) == value)
            return;
    CU_FAIL_FATAL("a register does not get its value");
}

static unsigned in_flight(const struct bench *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < OUTSTANDING; i++)
        n += b->req[i].used;
    return n;
}

static void run_dry(struct bench *b)
{
    for (unsigned i = 0; i < LIMIT && (in_flight(b) || !b->out.idle); i++)
        clock_bench(b);
    CU_ASSERT_FATAL(!in_flight(b) && b->out.idle);
}

/* ---- queues -------------------------------------------------------------------------------------- */

static void command(struct bench *b, uint64_t w0, uint64_t w1)
{
    uint64_t at = CMDQ + (b->prod & 15) * CMD_BYTES;

    mem_write64(b->mem, at, w0);
    mem_write64(b->mem, at + 8, w1);
    b->prod = (b->prod + 1) & 31;
}

static void give(struct bench *b, const struct smmuv3_cmd *c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(c, w);
    command(b, w[0], w[1]);
}

static void ring_bell(struct bench *b)
{
    write_reg(b, 0x98, b->prod, 4);
}

static void sync_up(struct bench *b)
{
    give(b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    ring_bell(b);
    wait_for(b, 0x9c, 0xfffff, b->prod);
}

static void take_events(struct bench *b)
{
    uint32_t prod = read_reg(b, 0x100a8) & 127;

    while (b->event_cons != prod) {
        uint64_t words[EVENT_WORDS], at = EVENTQ + (b->event_cons & 63) * EVENT_BYTES;
        bool found = false;

        mem_read(b->mem, at, EVENT_WORDS, words);
        for (unsigned i = 0; i < b->events && !found; i++) {
            struct record *r = &b->expected[i];

            found = !r->seen && (!memcmp(words, r->words[0], EVENT_BYTES) || !memcmp(words, r->words[1], EVENT_BYTES));
            r->seen |= found;
        }
        if (!found)
            fprintf(stderr, "\nrecord %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", words[0],
                    words[1], words[2], words[3]);
        CU_ASSERT(found);
        b->event_cons = (b->event_cons + 1) & 127;
    }
    write_reg(b, 0x100ac, b->event_cons, 4);
    for (unsigned i = 0; i < b->events; i++)
        CU_ASSERT(b->expected[i].seen);
    b->events = 0;
}

/* ---- tables -------------------------------------------------------------------------------------- */

static uint64_t read_table(void *arg, uint64_t pa) { return mem_read64(((struct bench *)arg)->mem, pa); }
static int write_table(void *arg, uint64_t pa, uint64_t v) { return mem_write64(((struct bench *)arg)->mem, pa, v); }
static uint64_t read_behind(void *arg, uint64_t ipa) { return read_table(arg, ipa + DELTA); }
static int write_behind(void *arg, uint64_t ipa, uint64_t v) { return write_table(arg, ipa + DELTA, v); }

static uint64_t take(struct bench *b, bool nested, unsigned log2)
{
    uint64_t *next = &b->next[nested], at = (*next + (1ull << log2) - 1) & -(1ull << log2);

    *next = at + (1ull << log2);
    return at;
}

static uint64_t alloc_table(void *arg, unsigned log2) { return take(arg, false, log2); }
static uint64_t alloc_behind(void *arg, unsigned log2) { return take(arg, true, log2); }

static struct table_io io_of(struct bench *b, bool nested)
{
    return nested ? (struct table_io){ read_behind, write_behind, alloc_behind, b }
                  : (struct table_io){ read_table, write_table, alloc_table, b };
}

static uint64_t random_attr(struct bench *b, unsigned stage)
{
    uint64_t attr = vmsa_attr(stage, true, !in_hundred(b, 30));

    if (in_hundred(b, 10))
        FIELD_SET(PTE, AF, &attr, 0);
    if (stage == 1 && in_hundred(b, 50))
        FIELD_SET(PTE, NG, &attr, in_hundred(b, 80));
    return attr;
}

/* Input of the nth page or block, and its level. */
static uint64_t input_of(unsigned n, int *level)
{
    *level = n < 16 ? 3 : n < 22 ? 2 : 1;
    return n < 16 ? VA + n * 0x1000ull : n < 22 ? VA + (n - 15) * 0x200000ull : VA + (n - 21) * 0x40000000ull;
}

/* What stage 1 of a nested stream gives is in reach of its stage 2. */
static uint64_t random_output(struct bench *b, bool nested, int level)
{
    unsigned shift = vmsa_shift(12, level);

    if (nested)
        return (VA + (pick(b, 4) << 30) + pick(b, 4) * 0x200000 + pick(b, 8) * 0x1000) >> shift << shift;
    return (0x2000000000ull + pick(b, 1ull << 36)) >> shift << shift;
}

static void map_one(struct bench *b, const struct vmsa_table *t, bool nested, unsigned n)
{
    struct table_io io = io_of(b, nested);
    int level;
    uint64_t in = input_of(n, &level);

    CU_ASSERT_FATAL(vmsa_map(t, &io, in, random_output(b, nested, level), level, random_attr(b, t->stage)) == 0);
}

static void make_tables(struct bench *b, struct smmuv3_config *c)
{
    bool nested = c->s1 && c->s2;

    if (c->s2) {
        c->s2t = (struct vmsa_table){ .stage = 2, .granule_log2 = 12, .in_bits = 40, .out_bits = 48, .start = 1 };
        c->s2t.base = take(b, false, 13);
        for (unsigned n = 0; n < PAGES; n++)
            map_one(b, &c->s2t, false, n);
        for (unsigned i = 0; nested && i < 8; i++) {         /* stage 1's tables */
            struct table_io io = io_of(b, false);
            uint64_t ipa = 0x10000000ull + i * 0x200000;

            vmsa_map(&c->s2t, &io, ipa, ipa + DELTA, 2, vmsa_attr(2, true, true));
        }
    }
    if (c->s1) {
        c->tt[0] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = 48, .out_bits = 48, .start = 0 };
        c->tt[0].base = take(b, nested, 12);
        c->epd[1] = true;
        c->a = c->r = true;
        for (unsigned n = 0; n < PAGES; n++)
            if (!in_hundred(b, 10))
                map_one(b, &c->tt[0], nested, n);
    }
}

static void write_words(struct bench *b, uint64_t at, const uint64_t *words)
{
    for (unsigned i = 0; i < 8; i++)
        mem_write64(b->mem, at + 8 * i, words[i]);
}

static void write_ste(struct bench *b, unsigned sid)
{
    uint64_t ste[8], cd[8];
    struct smmuv3_config *c = &b->config[sid];
    bool nested = c->s1 && c->s2;

    if (c->s1) {
        smmuv3_encode_cd(c, cd);
        write_words(b, c->s1ctxptr + (nested ? DELTA : 0), cd);
        if (c->s1cdmax)                /* substream 1 has it, too; 2 has none */
            write_words(b, c->s1ctxptr + DELTA + 64, cd);
    }
    smmuv3_encode_ste(c, ste);
    if (sid == INVALID)
        ste[0] &= ~1ull;
    write_words(b, STREAM_TABLE + 64 * sid, ste);
}

static void make_streams(struct bench *b)
{
    static const uint8_t config[STREAMS] = { STE_ABORT, STE_BYPASS, STE_S1, STE_S2, STE_NESTED, STE_NESTED, STE_S1,
                                             STE_BYPASS, STE_S1 };

    for (unsigned sid = 0; sid < STREAMS; sid++) {
        struct smmuv3_config *c = &b->config[sid];

        *c = (struct smmuv3_config){ .config = config[sid], .s1 = config[sid] & 1, .s2 = config[sid] >> 1 & 1 };
        c->vmid = (uint16_t)(c->s1 || c->s2 ? sid : 0);
        c->asid = (uint16_t)(0x100 + sid);
        c->s2r = true;
        c->s1cdmax = sid == SUBSTREAMS ? 2 : 0;
        c->s1dss = 1;
        make_tables(b, c);
        c->a = sid != RAZWI;
        c->s1ctxptr = sid == NO_CD ? ABORTING : take(b, c->s1 && c->s2, 12);
        write_ste(b, sid);
    }
}

/* power_on: a seed of what registers hold before reset. */
static void begin_as(struct bench *b, uint64_t seed, uint64_t power_on)
{
    static const uint32_t ids[] = { 0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c };
    struct cosim_cfg cfg = { .seed = power_on };
    char err[200] = "";

    *b = (struct bench){ .mem = mem_new(), .next = { TABLES, 0x10000000 } };
    rng_init(&b->rng, seed, "top");
    b->ops = cosim_dut_find("iommu_top", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->ops);
    CU_ASSERT_FATAL(b->ops->create(&b->dut, &cfg, err, sizeof err) == 0);
    mem_abort_region(b->mem, ABORTING, ABORTING + 0xffff);
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
        smmuv3_reg_write(&b->regs, ids[i], read_reg(b, ids[i]), 4);
    make_streams(b);
    write_reg(b, 0x80, STREAM_TABLE, 8);
    write_reg(b, 0x88, STREAMS_LOG2, 4);
    write_reg(b, 0x2c, 2, 4);
    write_reg(b, 0x90, CMDQ | CMDQ_LOG2, 8);
    write_reg(b, 0xa0, EVENTQ | EVENTQ_LOG2, 8);
    write_reg(b, 0x50, 5, 4);
    write_reg(b, 0x20, 0xd, 4);
    wait_for(b, 0x24, 0xffffffff, 0xd);
    smmuv3_regfile_ack(&b->regs);
}

static void begin(struct bench *b, uint64_t seed) { begin_as(b, seed, seed); }

static void end(struct bench *b)
{
    char text[200];

    CHECK_EQ(b->ops->errors(b->dut, text, sizeof text), 0);
    b->ops->destroy(b->dut);
    mem_free(b->mem);
}

/* ---- requests ------------------------------------------------------------------------------------ */

static struct xl_req random_request(struct bench *b)
{
    struct xl_req r = { 0 };
    int level;

    r.sid = (uint32_t)(in_hundred(b, 2) ? 16 + pick(b, 100) : in_hundred(b, 15) ? pick(b, 16) : STAGE1 + pick(b, 4));
    r.addr = input_of((unsigned)pick(b, PAGES), &level) + pick(b, 1ull << vmsa_shift(12, level));
    if (in_hundred(b, 3))
        r.addr = rng_u64(&b->rng) >> pick(b, 60);
    r.write = in_hundred(b, 40);
    r.exec = in_hundred(b, 10);
    r.priv = in_hundred(b, 30);
    if (r.sid == SUBSTREAMS ? in_hundred(b, 80) : in_hundred(b, 2)) {
        r.has_ssid = true;
        r.ssid = (uint32_t)(in_hundred(b, 80) ? pick(b, 2) : pick(b, 6));
    }
    return r;
}

static void issue(struct bench *b)
{
    if (b->offered)
        return;
    for (unsigned i = 0; i < OUTSTANDING; i++)
        if (!b->req[i].used) {
            b->req[i] = (struct outstanding){ .used = true, .req = random_request(b), .raced = b->racing };
            b->offered = i + 1;
            return;
        }
}

static void traffic(struct bench *b, unsigned cycles)
{
    for (unsigned i = 0; i < cycles; i++) {
        if (b->events > EVENTS - 2 * OUTSTANDING || b->events > 40)
            return;
        if (!in_hundred(b, 30))
            issue(b);
        clock_bench(b);
    }
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void requests_are_answered_as_the_architecture_says(void)
{
    struct bench b;

    begin(&b, 1);
    for (unsigned round = 0; round < 60; round++) {
        b.stall_percent = round % 3 * 25;
        traffic(&b, 800);
        run_dry(&b);
        take_events(&b);
    }
    CU_ASSERT(b.answered > 2000);
    end(&b);
}

/* Another leaf or none in the place of one; where, and what an invalidation has to name. */
static void change_leaf(struct bench *b, unsigned sid, unsigned n)
{
    struct smmuv3_config *c = &b->config[sid];
    struct vmsa_table *t = c->s1 ? &c->tt[0] : &c->s2t;
    bool nested = c->s1 && c->s2;
    struct vmsa_walk w;
    int level;
    uint64_t in = input_of(n, &level), pa;

    vmsa_begin(&w, t, in, NULL);
    while (vmsa_ask(&w, &pa) && w.level < level)
        vmsa_tell(&w, mem_read64(b->mem, pa + (nested ? DELTA : 0)));
    if (w.done)                        /* no table there so far: tables that come at once are not for this test */
        return;
    b->old_at = pa + (nested ? DELTA : 0);
    b->old_value = mem_read64(b->mem, b->old_at);
    if (in_hundred(b, 30))
        mem_write64(b->mem, b->old_at, 0);
    else
        map_one(b, t, nested, n);
}

static void invalidate(struct bench *b, unsigned sid, unsigned n)
{
    const struct smmuv3_config *c = &b->config[sid];
    struct smmuv3_cmd k = { .vmid = c->vmid, .asid = c->asid, .leaf = true };
    int level;

    k.first = input_of(n, &level);
    if (in_hundred(b, 30)) {
        k.tg = 1;
        k.num = (uint8_t)pick(b, 8);
        k.ttl = (uint8_t)level;
        k.scale = level == 3 ? 0 : level == 2 ? 9 : 18;
    }
    if (in_hundred(b, 20))
        k.op = c->s1 ? (in_hundred(b, 50) ? SMMUV3_CMD_TLBI_NH_ALL : SMMUV3_CMD_TLBI_S12_VMALL) : SMMUV3_CMD_TLBI_NSNH_ALL;
    else if (c->s1)
        k.op = in_hundred(b, 50) ? SMMUV3_CMD_TLBI_NH_VA : SMMUV3_CMD_TLBI_NH_VAA;
    else
        k.op = SMMUV3_CMD_TLBI_S2_IPA;
    if (in_hundred(b, 30))             /* a few that matter to nobody */
        give(b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = 9, .vmid = 9 });
    give(b, &k);
}

static void set_raced(struct bench *b)
{
    for (unsigned i = 0; i < OUTSTANDING; i++)
        b->req[i].raced = b->req[i].used;
    b->racing = true;
}

/* Requests, a leaf that changes under them, its invalidation and a SYNC, and requests that have to see the new one. */
static void change_under_traffic(struct bench *b)
{
    unsigned sid = STAGE1 + (unsigned)pick(b, 4), n = (unsigned)pick(b, PAGES);

    b->stall_percent = (unsigned)pick(b, 3) * 25;
    traffic(b, (unsigned)pick(b, 100));
    set_raced(b);
    change_leaf(b, sid, n);
    traffic(b, (unsigned)pick(b, 60));
    invalidate(b, sid, n);
    give(b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    ring_bell(b);
    while ((read_reg(b, 0x9c) & 31) != b->prod && !CU_get_number_of_failures())
        traffic(b, 10);
    b->racing = false;
    traffic(b, 150);
    run_dry(b);
    take_events(b);
}

static void nothing_stale_is_used_after_a_sync(void)
{
    struct bench b;

    begin(&b, 2);
    for (unsigned round = 0; round < 250; round++)
        change_under_traffic(&b);
    end(&b);
}

static void a_configuration_goes_with_its_invalidation(void)
{
    struct bench b;

    begin(&b, 3);
    for (unsigned round = 0; round < 120; round++) {
        unsigned sid = STAGE1 + (unsigned)pick(&b, 4);
        struct smmuv3_config *c = &b.config[sid];

        traffic(&b, (unsigned)pick(&b, 200));
        set_raced(&b);
        b.old_at = c->s1 ? c->s1ctxptr + (c->s2 ? DELTA : 0) : STREAM_TABLE + 64 * sid;
        b.old_value = mem_read64(b.mem, b.old_at);
        mem_write64(b.mem, b.old_at, b.old_value ^ (c->s1 ? 1ull << 31 : 1));      /* V */
        if (c->s1 && in_hundred(&b, 50))
            give(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = sid, .leaf = true });
        else if (in_hundred(&b, 50))
            give(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_first = 0, .sid_last = 7 });
        else
            give(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = sid, .leaf = true });
        sync_up(&b);
        b.racing = false;
        traffic(&b, 200);
        run_dry(&b);
        take_events(&b);
    }
    end(&b);
}

static void a_wrong_command_stops_the_queue_until_acknowledged(void)
{
    struct bench b;
    uint32_t bad;

    begin(&b, 4);
    give(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = 1 });
    bad = b.prod;
    command(&b, 0, 0);
    give(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    ring_bell(&b);
    wait_for(&b, 0x60, 1, 1);
    CHECK_EQ(read_reg(&b, 0x9c), bad | CERROR_ILL << 24);
    CU_ASSERT(b.irqs & 1);
    mem_write64(b.mem, CMDQ + bad * CMD_BYTES, SMMUV3_CMD_TLBI_NSNH_ALL);
    write_reg(&b, 0x64, 1, 4);
    wait_for(&b, 0x9c, 0xfffff, b.prod);
    CHECK_EQ(read_reg(&b, 0x60), 1);
    end(&b);
}

static void a_queue_that_cannot_be_read_is_an_abort(void)
{
    struct bench b;

    begin(&b, 5);
    write_reg(&b, 0x20, 5, 4);
    wait_for(&b, 0x24, 0xffffffff, 5);
    smmuv3_regfile_ack(&b.regs);
    write_reg(&b, 0x90, ABORTING | CMDQ_LOG2, 8);
    write_reg(&b, 0x20, 0xd, 4);
    b.prod = 1;
    ring_bell(&b);
    wait_for(&b, 0x60, 1, 1);
    CHECK_EQ(read_reg(&b, 0x9c), (unsigned)CERROR_ABT << 24);
    end(&b);
}

/* While it is off GBPA says what becomes of transactions; the acknowledgement waits for those before. */
static void turned_off_it_lets_all_pass_or_none(void)
{
    struct bench b;

    begin(&b, 6);
    for (unsigned round = 0; round < 40; round++) {
        traffic(&b, 100);
        for (unsigned i = 0; b.offered && i < LIMIT; i++)
            clock_bench(&b);
        write_reg(&b, 0x20, 0xc, 4);
        b.regs.cr0 |= 1;               /* for those that were there before */
        wait_for(&b, 0x24, 0xffffffff, 0xc);
        CHECK_EQ(in_flight(&b), 0);
        b.regs.cr0 = 0xc;
        smmuv3_regfile_ack(&b.regs);
        write_reg(&b, 0x44, 1u << 31 | (unsigned)(round & 1) << 20, 4);
        wait_for(&b, 0x44, 1u << 31, 0);
        smmuv3_regfile_ack(&b.regs);
        traffic(&b, 50);
        run_dry(&b);
        write_reg(&b, 0x20, 0xd, 4);
        wait_for(&b, 0x24, 0xffffffff, 0xd);
        smmuv3_regfile_ack(&b.regs);
        take_events(&b);
    }
    end(&b);
}

static void a_full_event_queue_overflows_once(void)
{
    struct bench b;

    begin(&b, 7);
    for (unsigned i = 0; i < 80; i++) {
        b.req[0] = (struct outstanding){ .used = true, .req = { .sid = INVALID, .addr = i << 12 } };
        b.offered = 1;
        run_dry(&b);
    }
    CHECK_EQ(read_reg(&b, 0x100a8), 64 | 1u << 31);
    CU_ASSERT(b.irqs & 2);
    b.events = 64;
    take_events(&b);
    write_reg(&b, 0x100ac, b.event_cons | 1u << 31, 4);
    b.req[0] = (struct outstanding){ .used = true, .req = { .sid = INVALID, .addr = 0 } };
    b.offered = 1;
    run_dry(&b);
    CHECK_EQ(read_reg(&b, 0x100a8), 65 | 1u << 31);
    end(&b);
}

static void it_says_what_it_can(void)
{
    struct bench b;

    begin(&b, 8);
    CHECK_EQ(b.regs.idr0 & 0x1fffffff, 1 | 2 | 2 << 2 | 1 << 4 | 1 << 12 | 1 << 18 | 1 << 19 | 2 << 21 | 1 << 24 | 1 << 27);
    CHECK_EQ(b.regs.idr1, 16 | 20 << 6 | 19 << 16 | 19 << 21);
    CHECK_EQ(b.regs.idr3, 1 << 2 | 1 << 10);
    CHECK_EQ(b.regs.idr5, 5 | 1 << 4);
    end(&b);
}

/* What no reset sets is never used before it is written. */
static void what_registers_held_at_power_on_does_not_matter(void)
{
    uint64_t first = 0;

    for (uint64_t power_on = 1; power_on <= 4; power_on++) {
        struct bench b;

        begin_as(&b, 9, power_on);
        for (unsigned round = 0; round < 40; round++)
            change_under_traffic(&b);
        CU_ASSERT(b.answered > 400);
        if (power_on == 1)
            first = b.digest;
        CHECK_EQ(b.digest, first);
        end(&b);
    }
}

#define TESTS(T)                                                                                     \
    T(it_says_what_it_can)                                                                           \
    T(requests_are_answered_as_the_architecture_says)                                                \
    T(nothing_stale_is_used_after_a_sync)                                                            \
    T(a_configuration_goes_with_its_invalidation)                                                    \
    T(a_wrong_command_stops_the_queue_until_acknowledged)                                            \
    T(a_queue_that_cannot_be_read_is_an_abort)                                                       \
    T(turned_off_it_lets_all_pass_or_none)                                                           \
    T(a_full_event_queue_overflows_once)                                                             \
    T(what_registers_held_at_power_on_does_not_matter)
TEST_SUITE("iommu_top", TESTS)
