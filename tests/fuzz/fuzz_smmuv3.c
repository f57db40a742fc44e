/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole SMMUv3, caches on, under arbitrary software (smmuv3_program.h): the input chooses the system and the
 * unit's caches, and is a program of writes to memory, commands, register writes, requests and resets.
 *
 * Whatever it does: every request ends in an outcome that there is, outputs fit the output address size,
 * records have a number that there is, the oracle finds no mismatch (stale uses are the program's fault),
 * and while no write is waiting for its invalidation the system says what the reference says.
 *
 * Units stay from input to input; a reset and the journal of memory make them as new, and each is made anew now
 * and then.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/event.h"
#include "base/sim.h"
#include "smmuv3_program.h"
#include "system/smmuv3/smmuv3.h"
#include "tests/model/arch/smmuv3_twins.h"

enum { UNITS = 64, USES = 300, PAGES = 8192 };    /* a unit lives for so many inputs, pages of memory */

struct unit {
    struct param_set set;
    struct smmuv3_system_params par;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    unsigned uses;
};

static struct unit units[UNITS];
static struct run {
    struct program p;
    struct unit *u;
    struct smmuv3_ref ref;
    bool clean;                /* nothing was written that is not invalidated */
} run;

/* ---- units ----------------------------------------------------------------------------------- */

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

static void unmake(struct unit *u)
{
    system_free(u->sys);
    diag_destroy(&u->diag);
    memset(u, 0, sizeof *u);
}

/* The first has every cache. */
static void make(struct unit *u)
{
    size_t i = (size_t)(u - units);

    diag_init(&u->diag);
    smmuv3_system_params(&u->par, &u->set);
    some_stores(&u->par, i ? bits_mix(i) : 0x17ffff);
    u->sys = smmuv3_system_new(&u->par, 1, &u->diag);
    SIM_CHECK(u->sys, "no system");
    u->s = CONTAINER_OF(u->sys, struct smmuv3_system, sys);
    u->sys->mem = mem_new();
    SIM_CHECK(u->sys->mem && system_check(u->sys) == 0, "no memory or no judge");
}

/* Memory as new, with the system in it.  It has no history: nothing is old. */
static void put_system(struct program *p)
{
    mem_versions(p->mem, false);
    program_load(p);
    mem_versions(p->mem, true);
    run.clean = true;
}

static void take_back(struct program *p)
{
    system_reset(run.u->sys);          /* what is stalled may be recorded */
    mem_versions(p->mem, false);
    journal_undo(p->mem);
    system_tick(run.u->sys);
    system_reset(run.u->sys);
}

static void choose_unit(struct program *p)
{
    struct unit *u = &units[p->config % UNITS];

    if (u->sys && (u->uses++ == USES || mem_pages(u->sys->mem) > PAGES))
        unmake(u);
    if (!u->sys)
        make(u);
    run.u = u;
    p->mem = u->sys->mem;
    p->regs = &u->s->regs;
    p->ref = &run.ref;
    run.ref.reads = 0;
    put_system(p);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct unit *u = arg;

    return mem_read(u->sys->mem, pa, words, out);
}

static bool is_outcome(const struct xl_req *q, unsigned outcome)
{
    if (q->type == XL_ATS_REQUEST)
        return outcome == XL_ATS_OK || outcome == XL_ATS_UR || outcome == XL_ATS_CA;
    return outcome >= XL_OK && outcome <= XL_STALL;
}

static void check_result(struct unit *u, const struct xl_req *q, const struct xl_result *res)
{
    const struct system_mismatch *row;
    uint64_t total;
    size_t n;

    SIM_CHECK(is_outcome(q, res->outcome), "outcome %u", res->outcome);
    if (smmuv3_passed(res->outcome) == XL_OK)
        SIM_CHECK(res->pa >> smmuv3_oas(&u->s->regs) == 0, "pa 0x%llx", (unsigned long long)res->pa);
    if (res->recorded)
        SIM_CHECK(smmuv3_event_find(res->code), "event 0x%x", res->code);
    row = system_mismatches(u->sys, &n, &total);
    SIM_CHECK(total == 0, "0x%llx: outcome %u event 0x%x pa 0x%llx, expected %u 0x%x 0x%llx",
              (unsigned long long)q->addr, row->found.outcome, row->found.code,
              (unsigned long long)row->found.pa, row->expected.outcome, row->expected.code,
              (unsigned long long)row->expected.pa);
    if (!run.clean)
        return;
    if (run.ref.outcome == XL_ATS_OK)
        run.ref.code = 0;
    SIM_CHECK(smmuv3_passed(res->outcome) == smmuv3_passed(run.ref.outcome) && res->code == run.ref.code,
              "0x%llx: outcome %u event 0x%x, reference %u 0x%x", (unsigned long long)q->addr,
              res->outcome, res->code, run.ref.outcome, run.ref.code);
    SIM_CHECK(res->ats_r == run.ref.ats_r && res->ats_w == run.ref.ats_w && res->ats_x == run.ref.ats_x,
              "rights %d%d%d, reference %d%d%d", res->ats_r, res->ats_w, res->ats_x, run.ref.ats_r,
              run.ref.ats_w, run.ref.ats_x);
    if (smmuv3_passed(res->outcome) == XL_OK)
        SIM_CHECK(res->pa == run.ref.pa, "pa 0x%llx, reference 0x%llx", (unsigned long long)res->pa,
                  (unsigned long long)run.ref.pa);
}

/* ---- what the program does ------------------------------------------------------------------- */

/* A unit that has read as much as the reference has read the same. */
static void count_reads(struct program *p, const struct system_trail *trail)
{
    if (trail->reads != run.ref.reads)
        return;
    for (unsigned i = 0; i < run.ref.reads && i < REF_READS; i++)
        program_read(p, run.ref.read[i].name, run.ref.read[i].pa);
}

static void invalidate(struct program *p);

/* Of an STE whose stage 2 is another, entries of both may be met on one way: the oracle knows one of them at a time,
 * and so nothing old is left. */
static void settle_stage2(struct program *p)
{
    if (p->stage2_differs)
        invalidate(p);
    p->stage2_differs = false;
}

/* What is global is so in all substreams: who has made their CDs different uses one of them. */
static struct xl_req of_one_cd(const struct program *p, const struct xl_req *q)
{
    struct xl_req one = *q;

    if (p->cds_differ && p->w.cdmax) {
        one.has_ssid = true;
        one.ssid = p->w.ssid;
    }
    return one;
}

static void request(struct program *p, const struct xl_req *of)
{
    static const struct smmuv3_ref_choice choice;
    const struct xl_req one = of_one_cd(p, of), *q = &one;
    struct system_trail trail;
    struct xl_result res;

    settle_stage2(p);
    smmuv3_ref_run(&run.ref, p->regs, &choice, q, ref_mem, run.u);
    system_translate(run.u->sys, q, &res, &trail);
    count_reads(p, &trail);
    check_result(run.u, q, &res);
}

static void write(struct program *p, uint64_t pa, uint64_t word)
{
    (void)p;
    run.clean = false;
    system_table_write(run.u->sys, pa, &word, 1);
}

static void command(struct program *p, const uint64_t *words)
{
    (void)p;
    program_count(ITEM_COMMAND);
    system_command_now(run.u->sys, words, 2);
}

/* What a driver does after any change: nothing old is left. */
static void invalidate(struct program *p)
{
    static const uint64_t all[][2] = { { 0x04, 0x1f }, { 0x30, 0 }, { 0x20, 0 } };

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        system_command_now(run.u->sys, all[i], 2);
    run.clean = true;
}

static void reg_write(struct program *p, uint32_t offset, uint64_t value, unsigned bytes)
{
    system_reg_write(run.u->sys, offset, value, bytes);
    p->regs->gbpa &= bits_low(31);
}

/* Registers and caches, not memory. */
static void reset(struct program *p)
{
    system_reset(run.u->sys);
    *p->regs = p->boot;
    run.clean = true;
}

static const struct program_target target = {
    .request = request, .write = write, .command = command, .invalidate = invalidate,
    .reg_write = reg_write, .reset = reset,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!program_begin(&run.p, &target, data, n))
        return 0;
    choose_unit(&run.p);
    program_run(&run.p);
    take_back(&run.p);
    return 0;
}
