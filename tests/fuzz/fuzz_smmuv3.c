/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole SMMUv3, caches on, under arbitrary software: the input is a program of writes to memory (raw, or
 * to whatever the last request read), commands, register writes, requests and resets.  It starts from
 * nothing, or from a random legal system.
 *
 * Whatever it does: every request ends in an outcome that there is, outputs fit the output address size,
 * records have a number that there is, the oracle finds no mismatch (stale uses are the program's fault),
 * and while no write is waiting for its invalidation the system says what the reference says.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/event.h"
#include "base/sim.h"
#include "system/smmuv3.h"
#include "tests/model/arch/smmuv3_random.h"
#include "tests/model/arch/smmuv3_ref.h"

enum op { OP_REQUEST, OP_MUTATE, OP_COMMAND, OP_INVALIDATE, OP_REGISTER, OP_RESET, OP_WRITE, OP_RAW_REQUEST,
          OP_COUNT };
enum { STEPS = 200 };

struct input { const uint8_t *data; size_t n; };

struct machine {
    struct param_set set;
    struct smmuv3_system_params par;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    struct world w;
    struct smmuv3_ref ref;
    struct smmuv3_regs boot;   /* as the driver sets them after a reset */
    bool clean;                /* nothing was written that is not invalidated */
};

static uint64_t take(struct input *in, size_t bytes)
{
    uint64_t v = 0;

    if (bytes > in->n)
        bytes = in->n;
    memcpy(&v, in->data, bytes);
    in->data += bytes;
    in->n -= bytes;
    return v;
}

/* ---- the system ------------------------------------------------------------------------------ */

static void some_stores(struct smmuv3_system_params *p, uint64_t bits)
{
    struct store_params *const store[] = {
        &p->utlb, &p->tlb, &p->ctlb, &p->cfg, &p->ipa, &p->wc_s1lm1, &p->wc_s1l0, &p->wc_s1l1, &p->wc_s1l2,
        &p->wc_s2lm1, &p->wc_s2l0, &p->wc_s2l1, &p->wc_s2l2,
    };

    for (size_t i = 0; i < ARRAY_LEN(store); i++) {
        store[i]->sets = bits >> i & 1 ? 2 : 0;
        store[i]->ways = 2 + (i & 2);
    }
    p->tcu.ipa_cache = p->ipa.sets ? 1 : p->ctlb.sets ? (bits >> 13 & 1) * 2 : 0;
    p->tcu.ipa_final = bits >> 14 & 1;
    p->tcu.key_granule = bits >> 15 & 1;
    p->tcu.walk_caches = (bits >> 16 & 3) % 3;
    p->tcu.nested_entry = bits >> 18 & 1;
    p->tcu.tlb_stages = p->ipa.sets ? bits >> 19 & 1 : 0;
    p->tcu.contiguous = 0;     /* of groups that disagree with themselves anything may be made */
    p->wc_s1.sets = p->wc_s2.sets = p->tcu.walk_caches == SMMUV3_WC_STAGE ? 2 : 0;
    p->wc.sets = p->tcu.walk_caches == SMMUV3_WC_UNIFIED ? 2 : 0;
    if (p->tcu.walk_caches != SMMUV3_WC_LEVEL)
        for (size_t i = 5; i < ARRAY_LEN(store); i++)
            store[i]->sets = 0;
}

static void begin(struct machine *m, struct input *in)
{
    uint64_t seed = take(in, 2), stores = take(in, 3);

    memset(m, 0, sizeof *m);
    diag_init(&m->diag);
    world_init(&m->w, seed, "fuzz");
    smmuv3_system_params(&m->par, &m->set);
    some_stores(&m->par, stores);
    m->sys = smmuv3_system_new(&m->par, 1, &m->diag);
    SIM_CHECK(m->sys, "no system");
    m->s = CONTAINER_OF(m->sys, struct smmuv3_system, sys);
    if (seed) {
        world_make(&m->w);
        m->sys->mem = m->w.mem;
        m->w.mem = NULL;
        m->s->regs = m->w.regs;
    } else {
        m->sys->mem = mem_new();
        m->s->regs = (struct smmuv3_regs){
            .idr0 = 0x084d369b, .idr1 = 0x0d084510, .idr3 = 0x414, .idr5 = 0x100075, .aidr = 2,
            .cr0 = 0xd, .cr2 = 2, .strtab_base = 0x10000000, .strtab_base_cfg = 8,
        };
        m->w.sid = 5;
        m->w.leaves = 1;
    }
    m->boot = m->s->regs;
    SIM_CHECK(system_check(m->sys) == 0, "no judge");
    m->clean = true;
}

static void end(struct machine *m)
{
    system_free(m->sys);
    diag_destroy(&m->diag);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct machine *m = arg;

    return mem_read(m->sys->mem, pa, words, out);
}

static unsigned passed(unsigned outcome)
{
    return outcome == XL_BYPASS ? XL_OK : outcome;
}

static bool is_outcome(const struct xl_req *q, unsigned outcome)
{
    if (q->type == XL_ATS_REQUEST)
        return outcome == XL_ATS_OK || outcome == XL_ATS_UR || outcome == XL_ATS_CA;
    return outcome >= XL_OK && outcome <= XL_STALL;
}

static void check_result(struct machine *m, const struct xl_req *q, const struct xl_result *res)
{
    const struct system_mismatch *row;
    uint64_t total;
    size_t n;

    SIM_CHECK(is_outcome(q, res->outcome), "outcome %u", res->outcome);
    if (passed(res->outcome) == XL_OK)
        SIM_CHECK(res->pa >> smmuv3_oas(&m->s->regs) == 0, "pa 0x%llx", (unsigned long long)res->pa);
    if (res->recorded)
        SIM_CHECK(smmuv3_event_find(res->code), "event 0x%x", res->code);
    row = system_mismatches(m->sys, &n, &total);
    SIM_CHECK(total == 0, "0x%llx: outcome %u event 0x%x pa 0x%llx, expected %u 0x%x 0x%llx",
              (unsigned long long)q->addr, row->found.outcome, row->found.code,
              (unsigned long long)row->found.pa, row->expected.outcome, row->expected.code,
              (unsigned long long)row->expected.pa);
    if (!m->clean)
        return;
    if (m->ref.outcome == XL_ATS_OK)
        m->ref.code = 0;
    SIM_CHECK(passed(res->outcome) == passed(m->ref.outcome) && res->code == m->ref.code,
              "0x%llx: outcome %u event 0x%x, reference %u 0x%x", (unsigned long long)q->addr,
              res->outcome, res->code, m->ref.outcome, m->ref.code);
    SIM_CHECK(res->ats_r == m->ref.ats_r && res->ats_w == m->ref.ats_w && res->ats_x == m->ref.ats_x,
              "rights %d%d%d, reference %d%d%d", res->ats_r, res->ats_w, res->ats_x, m->ref.ats_r,
              m->ref.ats_w, m->ref.ats_x);
    if (passed(res->outcome) == XL_OK)
        SIM_CHECK(res->pa == m->ref.pa, "pa 0x%llx, reference 0x%llx", (unsigned long long)res->pa,
                  (unsigned long long)m->ref.pa);
}

/* ---- the program's steps --------------------------------------------------------------------- */

static void request(struct machine *m, const struct xl_req *q)
{
    static const struct smmuv3_ref_choice choice;
    struct xl_result res;

    smmuv3_ref_run(&m->ref, &m->s->regs, &choice, q, ref_mem, m);
    system_translate(m->sys, q, &res, NULL);
    check_result(m, q, &res);
}

static void near_request(struct machine *m, struct input *in)
{
    struct xl_req q;

    rng_init(&m->w.rng, take(in, 1), "request");
    q = world_request(&m->w);
    request(m, &q);
}

static void raw_request(struct machine *m, struct input *in)
{
    struct xl_req q = { .addr = take(in, 8), .sid = (uint32_t)take(in, 4) };
    uint32_t w = (uint32_t)take(in, 4);

    q.ssid = w & 0xfffff;
    q.has_ssid = w >> 20 & 1;
    q.write = w >> 21 & 1;
    q.priv = w >> 22 & 1;
    q.exec = w >> 23 & 1;
    q.type = (uint8_t)((w >> 24 & 3) % 3);
    q.no_write = w >> 26 & 1;
    request(m, &q);
}

static void write_word(struct machine *m, uint64_t pa, uint64_t word)
{
    m->clean = false;
    system_table_write(m->sys, pa & ~7ull & bits_low(52), &word, 1);
}

/* Flips bits of a word that the last request would read. */
static void mutate(struct machine *m, struct input *in)
{
    unsigned n = m->ref.reads < REF_READS ? m->ref.reads : REF_READS;
    uint64_t which = take(in, 1), word = take(in, 1), bit = take(in, 1), pa;
    uint64_t flip = bit < 64 ? 1ull << bit : take(in, 8);

    if (n == 0)
        return;
    pa = m->ref.read[which % n].pa;
    if (strcmp(m->ref.read[which % n].name, "STE") == 0 || strcmp(m->ref.read[which % n].name, "CD") == 0)
        pa += 8 * (word % 8);
    write_word(m, pa, mem_read64(m->sys->mem, pa) ^ flip);
}

static void command(struct machine *m, struct input *in)
{
    uint64_t head = take(in, 1), mid = take(in, 3) << 8, high = take(in, 4) << 32;
    uint64_t words[2] = { head | mid | high, take(in, 8) };

    system_command_now(m->sys, words, 2);
}

/* What a driver does after any change: nothing old is left. */
static void invalidate(struct machine *m)
{
    static const uint64_t all[][2] = { { 0x04, 0x1f }, { 0x30, 0 }, { 0x20, 0 } };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        system_command_now(m->sys, all[i], 2);
    m->clean = true;
}

/* Registers that translation depends on, as a driver may write them. */
static void write_register(struct machine *m, struct input *in)
{
    static const struct { uint16_t offset, bytes; uint64_t keep, mask; } regs[] = {
        { 0x20, 4, 0xc, 0x11 }, { 0x2c, 4, 0, 0xb }, { 0x44, 4, 1ull << 31, 0x1f3f1f },
        { 0x80, 8, 0x10000000, 0xffff000 }, { 0x88, 4, 0, 0x307cf },
    };
    size_t i = take(in, 1) % ARRAY_LEN(regs);
    uint64_t value = (take(in, 8) & regs[i].mask) | regs[i].keep;

    system_reg_write(m->sys, regs[i].offset, value, regs[i].bytes);
    m->s->regs.gbpa &= bits_low(31);
    invalidate(m);
}

static void reset(struct machine *m)
{
    system_reset(m->sys);
    m->s->regs = m->boot;
    m->clean = true;
}

static void step(struct machine *m, struct input *in)
{
    uint64_t pa;

    switch (take(in, 1) % OP_COUNT) {
    case OP_REQUEST: near_request(m, in); break;
    case OP_MUTATE: mutate(m, in); break;
    case OP_COMMAND: command(m, in); break;
    case OP_INVALIDATE: invalidate(m); break;
    case OP_REGISTER: write_register(m, in); break;
    case OP_RESET: reset(m); break;
    case OP_WRITE: pa = take(in, 8); write_word(m, pa, take(in, 8)); break;
    case OP_RAW_REQUEST: raw_request(m, in); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct input in = { data, n };
    static struct machine m;

    if (n < 8)
        return 0;
    begin(&m, &in);
    for (unsigned i = 0; i < STEPS && in.n; i++)
        step(&m, &in);
    end(&m);
    return 0;
}
