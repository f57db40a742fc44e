/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 machine driven cold from memory, and the second SMMUv3, under arbitrary software
 * (smmuv3_program.h): STEs, CDs and descriptors altered word by word, any request, reads that abort.
 *
 * Everything that a transaction shows is equal on both (smmuv3_twins.h), and every output fits its size.
 */
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/regfile.h"
#include "base/sim.h"
#include "smmuv3_program.h"
#include "tests/model/arch/smmuv3_twins.h"

enum { PAGES = 16384 };                /* of memory, before it is made anew */

static struct machine {
    struct program p;
    struct smmuv3_regs regs;
    struct smmuv3_twins both;
} machine;

static void check(const struct program *p, const struct xl_req *q)
{
    const struct smmuv3_twins *t = &machine.both;
    const struct xl_result *res = &t->m.res;

    if (smmuv3_passed(res->outcome) == XL_OK)
        SIM_CHECK(res->pa >> smmuv3_oas(p->regs) == 0, "pa 0x%llx", (unsigned long long)res->pa);
    if (res->recorded)
        SIM_CHECK(smmuv3_event_find(res->code), "event 0x%x", res->code);
    if (!t->diff.what)
        return;
    smmuv3_twins_show(t, q);
    SIM_CHECK(0, "%s", t->diff.what);
}

static void request(struct program *p, const struct xl_req *q)
{
    struct smmuv3_twins *t = &machine.both;

    t->any_type = p->any_type;
    smmuv3_twins_request(t, q);
    for (unsigned i = 0; i < t->reads && i < REF_READS; i++)
        program_read(p, t->read[i].name, t->read[i].pa);
    check(p, q);
}

static void write(struct program *p, uint64_t pa, uint64_t word)
{
    mem_write64(p->mem, pa, word);
}

static void command(struct program *p, const uint64_t *words)
{
    struct smmuv3_cmd c;

    program_count(ITEM_COMMAND);
    smmuv3_cmd_decode(p->regs, words, &c);
}

static void invalidate(struct program *p)
{
    (void)p;                           /* nothing is kept */
}

static void reg_write(struct program *p, uint32_t offset, uint64_t value, unsigned bytes)
{
    smmuv3_regfile_write(p->regs, offset, value, bytes);
    smmuv3_regfile_ack(p->regs);
}

static void reset(struct program *p)
{
    journal_undo(p->mem);
    program_load(p);
    machine.both.aborts = 0;
}

static void broken(struct program *p, uint64_t pa)
{
    (void)p;
    machine.both.aborts = pa;
}

static const struct program_target target = {
    .request = request, .write = write, .command = command, .invalidate = invalidate,
    .reg_write = reg_write, .reset = reset, .abort = broken,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = &machine;
    struct program *p = &m->p;

    if (!program_begin(p, &target, data, n))
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
    program_load(p);
    program_run(p);
    journal_undo(p->mem);
    return 0;
}
