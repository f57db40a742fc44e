/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole VT-d unit, caches on, under arbitrary software (vtd_program.h): the input chooses the system and the unit's
 * caches, and is a program of writes to memory, invalidation descriptors, register writes, requests and resets.
 *
 * Whatever it does: every request ends in an outcome that there is, outputs fit the host address width, reasons have
 * a number that there is, the oracle finds no mismatch (stale uses are the program's fault), and while no write is
 * waiting for its invalidation the unit says what the second unit says.
 *
 * Units stay from input to input; a reset and the journal of memory make them as new, and each is made anew now and
 * then.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/vtd/fault.h"
#include "base/sim.h"
#include "system/vtd/vtd.h"
#include "vtd_program.h"

enum { UNITS = 64, USES = 300, PAGES = 8192 };    /* a unit lives for so many inputs, pages of memory */

struct unit {
    struct param_set set;
    struct vtd_system_params par;
    struct diag diag;
    struct system *sys;
    struct vtd_system *s;
    unsigned uses;
};

static struct unit units[UNITS];
static struct run {
    struct vtd_program p;
    struct unit *u;
    struct vtd_ref ref;
    bool clean;                /* nothing was written that is not invalidated */
} run;

/* ---- units ----------------------------------------------------------------------------------- */

static void some_stores(struct vtd_system_params *p, uint64_t bits)
{
#define STORE(member, path) &p->member,
    struct store_params *const store[] = { VTD_STORES(STORE) };
#undef STORE

    for (size_t i = 0; i < ARRAY_LEN(store); i++) {
        store[i]->sets = bits >> i & 1 ? 2 : 0;
        store[i]->ways = 2 + (i & 2);
    }
    p->unit.key = bits >> 16 & 1;
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
    vtd_system_params(&u->par, &u->set);
    some_stores(&u->par, i ? bits_mix(i) : 0xffff);
    u->sys = vtd_system_new(&u->par, 1, &u->diag);
    SIM_CHECK(u->sys, "no system");
    u->s = CONTAINER_OF(u->sys, struct vtd_system, sys);
    u->sys->mem = mem_new();
    SIM_CHECK(u->sys->mem && system_check(u->sys) == 0, "no memory or no judge");
}

/* Memory as new, with the system in it.  It has no history: nothing is old. */
static void put_system(struct vtd_program *p)
{
    mem_versions(p->mem, false);
    vtd_program_load(p);
    mem_versions(p->mem, true);
    run.clean = true;
}

static void take_back(struct vtd_program *p)
{
    mem_versions(p->mem, false);
    journal_undo(p->mem);
    system_tick(run.u->sys);
    system_reset(run.u->sys);
}

static void choose_unit(struct vtd_program *p)
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

/* An entry of the IOTLB tells the rights of all levels, a walk those of one after the other: which is the first to
 * deny can differ. */
static unsigned reason(unsigned code)
{
    switch (code) {
    case VTD_SGN_2: case VTD_SGN_3: case VTD_SGN_6: case VTD_SGN_7: return VTD_SGN_2;
    case VTD_LGN_2: case VTD_LGN_3: return VTD_LGN_2;
    default: return code;
    }
}

static void check_result(struct unit *u, const struct xl_req *q, const struct xl_result *res)
{
    const struct system_mismatch *row;
    uint64_t total;
    size_t n;

    SIM_CHECK(res->outcome > XL_NONE && res->outcome <= XL_INTERRUPT, "outcome %u", res->outcome);
    if (res->outcome == XL_OK)
        SIM_CHECK(res->pa >> u->s->regs.haw == 0, "pa 0x%llx", (unsigned long long)res->pa);
    if (res->code)
        SIM_CHECK(vtd_reason(res->code), "reason 0x%x", res->code);
    row = system_mismatches(u->sys, &n, &total);
    SIM_CHECK(total == 0, "0x%llx: outcome %u reason 0x%x pa 0x%llx, expected %u 0x%x 0x%llx",
              (unsigned long long)q->addr, row->found.outcome, row->found.code,
              (unsigned long long)row->found.pa, row->expected.outcome, row->expected.code,
              (unsigned long long)row->expected.pa);
    if (!run.clean)
        return;
    SIM_CHECK(res->outcome == run.ref.outcome && reason(res->code) == reason(run.ref.code),
              "0x%llx: outcome %u reason 0x%x, reference %u 0x%x", (unsigned long long)q->addr,
              res->outcome, res->code, run.ref.outcome, run.ref.code);
    SIM_CHECK(res->ats_r == run.ref.ats_r && res->ats_w == run.ref.ats_w && res->ats_x == run.ref.ats_x,
              "rights %d%d%d, reference %d%d%d", res->ats_r, res->ats_w, res->ats_x, run.ref.ats_r,
              run.ref.ats_w, run.ref.ats_x);
    if (res->outcome == XL_OK || res->outcome == XL_BYPASS)
        SIM_CHECK(res->pa == run.ref.pa, "pa 0x%llx, reference 0x%llx", (unsigned long long)res->pa,
                  (unsigned long long)run.ref.pa);
}

/* Accessed and dirty bits are as the second unit would have left them. */
static void check_updates(const struct unit *u)
{
    for (unsigned i = 0; run.clean && i < run.ref.writes; i++)
        SIM_CHECK(mem_read64(u->sys->mem, run.ref.write_at[i].pa) == run.ref.write_at[i].new,
                  "0x%llx is 0x%llx, reference 0x%llx", (unsigned long long)run.ref.write_at[i].pa,
                  (unsigned long long)mem_read64(u->sys->mem, run.ref.write_at[i].pa),
                  (unsigned long long)run.ref.write_at[i].new);
}

/* Tables that the program has laid over structures: a bit that was set in one of those is a write like the program's. */
static void look_for_overlaps(void)
{
    for (unsigned i = 0; i < run.ref.writes; i++)
        for (unsigned k = 0; k < run.ref.reads && k < 4; k++)          /* root to PASID entry */
            run.clean &= run.ref.write_at[i].pa - run.ref.read[k].pa >= 8 * VTD_PE_WORDS;
}

/* ---- what the program does ------------------------------------------------------------------- */

/* A unit that has read as much as the second one has read the same. */
static void count_reads(struct vtd_program *p, const struct system_trail *trail)
{
    if (trail->reads != run.ref.reads)
        return;
    for (unsigned i = 0; i < run.ref.reads && i < VTD_REF_READS; i++)
        vtd_program_read(p, run.ref.read[i].name, run.ref.read[i].pa);
}

static void request(struct vtd_program *p, const struct xl_req *q)
{
    struct system_trail trail;
    struct xl_result res;

    vtd_ref_run(&run.ref, p->regs, q, ref_mem, run.u);
    system_translate(run.u->sys, q, &res, &trail);
    count_reads(p, &trail);
    check_result(run.u, q, &res);
    check_updates(run.u);
    look_for_overlaps();
}

static void write(struct vtd_program *p, uint64_t pa, uint64_t word)
{
    (void)p;
    run.clean = false;
    system_table_write(run.u->sys, pa, &word, 1);
}

/* But no wait descriptor, whose status may be written anywhere. */
static void descriptor(struct vtd_program *p, const uint64_t *words)
{
    (void)p;
    vtd_program_count(ITEM_DESCRIPTOR);
    if (FIELD_GET(INV, TYPE, words) != VTD_INV_WAIT)
        system_command_now(run.u->sys, words, VTD_INV_WORDS);
}

/* What a driver does after any change: nothing old is left. */
static void invalidate(struct vtd_program *p)
{
    static const struct vtd_inv all[] = {
        { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL }, { .type = VTD_INV_PC, .g = VTD_PC_GLOBAL },
        { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL },
    };

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        uint64_t words[VTD_INV_WORDS] = { 0 };

        vtd_inv_encode(&all[i], words);
        system_command_now(run.u->sys, words, VTD_INV_WORDS);
    }
    run.clean = true;
}

static void root(struct vtd_program *p, uint64_t rtaddr, bool tes)
{
    uint64_t gcmd = FIELD_MASK(GSTS, RTPS) | (tes ? FIELD_MASK(GSTS, TES) : 0);

    (void)p;
    system_reg_write(run.u->sys, VTD_REG_RTADDR, rtaddr, 8);
    system_reg_write(run.u->sys, VTD_REG_GCMD, gcmd, 4);
}

/* Registers and caches, not memory. */
static void reset(struct vtd_program *p)
{
    system_reset(run.u->sys);
    *p->regs = p->boot;
    run.clean = true;
}

static const struct vtd_program_target target = {
    .request = request, .write = write, .descriptor = descriptor, .invalidate = invalidate, .root = root,
    .reset = reset,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!vtd_program_begin(&run.p, &target, data, n))
        return 0;
    choose_unit(&run.p);
    vtd_program_run(&run.p);
    take_back(&run.p);
    return 0;
}
