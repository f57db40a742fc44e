/* SPDX-License-Identifier: Apache-2.0
 *
 * The VT-d machine driven cold from memory, and the second VT-d unit, under arbitrary software (vtd_program.h): root,
 * context, directory, PASID and page-table entries altered word by word, any request, reads that abort, capabilities as
 * they may be.
 *
 * Everything that a request shows is equal on both (vtd_twins.h), and every output fits the host address width.  A
 * descriptor that decodes is the same encoded and decoded again.
 */
#include "arch/vtd/fault.h"
#include "base/sim.h"
#include "tests/model/arch/vtd_twins.h"
#include "vtd_program.h"

enum { PAGES = 16384 };                /* of memory, before it is made anew */

static struct machine {
    struct vtd_program p;
    struct vtd_regs regs;
    struct vtd_twins both;
} machine;

static void check(const struct vtd_program *p, const struct xl_req *q)
{
    const struct vtd_twins *t = &machine.both;
    const struct xl_result *res = &t->m.res;

    if (res->outcome == XL_OK)
        SIM_CHECK(res->pa >> p->regs->haw == 0, "pa 0x%llx", (unsigned long long)res->pa);
    if (res->code)
        SIM_CHECK(vtd_reason(res->code), "reason 0x%x", res->code);
    if (!t->diff.what)
        return;
    vtd_twins_show(t, q);
    SIM_CHECK(0, "%s", t->diff.what);
}

static void request(struct vtd_program *p, const struct xl_req *q)
{
    struct vtd_twins *t = &machine.both;

    vtd_twins_request(t, q);
    for (unsigned i = 0; i < t->reads && i < VTD_REF_READS; i++)
        vtd_program_read(p, t->read[i].name, t->read[i].pa);
    check(p, q);
}

static void write(struct vtd_program *p, uint64_t pa, uint64_t word)
{
    mem_write64(p->mem, pa, word);
}

static void descriptor(struct vtd_program *p, const uint64_t *words)
{
    unsigned n = FIELD_GET(RTADDR, TTM, &p->regs->rtaddr) == VTD_TTM_SCALABLE ? 4 : 2;
    uint64_t same[VTD_INV_WORDS] = { 0 };
    struct vtd_inv d, e;

    vtd_program_count(ITEM_DESCRIPTOR);
    if (vtd_inv_decode(words, n, p->regs->cap, &d) != 0)
        return;
    vtd_inv_encode(&d, same);
    SIM_CHECK(vtd_inv_decode(same, n, p->regs->cap, &e) == 0, "type %u does not decode again", d.type);
    SIM_CHECK(e.type == d.type && e.g == d.g && e.did == d.did && e.sid == d.sid && e.pasid == d.pasid &&
              e.addr == d.addr && e.am == d.am && e.ih == d.ih, "type %u is another", d.type);
}

static void invalidate(struct vtd_program *p)
{
    (void)p;                           /* nothing is kept */
}

static void root(struct vtd_program *p, uint64_t rtaddr, bool tes)
{
    p->regs->rtaddr = rtaddr;
    p->regs->tes = tes;
}

static void reset(struct vtd_program *p)
{
    journal_undo(p->mem);
    vtd_program_load(p);
    machine.both.aborts = 0;
}

static void broken(struct vtd_program *p, uint64_t pa)
{
    (void)p;
    machine.both.aborts = pa;
}

static const struct vtd_program_target target = {
    .request = request, .write = write, .descriptor = descriptor, .invalidate = invalidate, .root = root,
    .reset = reset, .abort = broken,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = &machine;
    struct vtd_program *p = &m->p;

    if (!vtd_program_begin(p, &target, data, n))
        return 0;
    if (!p->mem || mem_pages(p->mem) > PAGES) {
        mem_free(p->mem);
        p->mem = m->both.mem = mem_new();
        SIM_CHECK(p->mem, "no memory");
    }
    p->regs = &m->regs;
    p->ref = &m->both.ref;
    m->both.ref.reads = 0;
    m->both.regs = &m->regs;
    m->both.aborts = 0;
    vtd_program_load(p);
    vtd_program_run(p);
    journal_undo(p->mem);
    return 0;
}
