/* SPDX-License-Identifier: Apache-2.0
 *
 * An SMMUv3 under an arbitrary driver: any register written in any order and size, any command decoded and put
 * into the ring, indexes moved at will, queues and messages placed anywhere, among the requests and writes of
 * smmuv3_program.h.
 *
 * Whatever it does: identification registers stay, reserved bits read as zero, updates are acknowledged, guarded
 * registers keep their value, indexes stay within their queues, a queue that is on has run dry or has stopped
 * with an error that GERROR shows; a command that is legal says the same when it is encoded and decoded again.
 */
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/regfile.h"
#include "base/sim.h"
#include "smmuv3_program.h"
#include "system/smmuv3/smmuv3.h"
#include "tests/model/arch/smmuv3_twins.h"

enum { UNITS = 64, USES = 300, PAGES = 8192 };    /* a unit lives for so many inputs, pages of memory */
enum { CMDQ = 0x90000000, EVENTQ = 0x91000000, PRIQ = 0x92000000, MSI = 0x93000000 };

#define REG_OFFSET(N, member, offset, ...) N##_AT = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };

struct unit {
    struct param_set set;
    struct smmuv3_system_params par;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    struct smmuv3_regs ids;            /* as it was made */
    unsigned uses;
};

static struct unit units[UNITS];
static struct run {
    struct program p;
    struct unit *u;
    struct smmuv3_ref ref;
} run;

/* ---- units ----------------------------------------------------------------------------------- */

/* The first has all there is. */
static void some_features(struct smmuv3_system_params *p, uint64_t bits)
{
    uint64_t *const flag[] = {
        &p->smmu.s1p, &p->smmu.s2p, &p->smmu.hyp, &p->smmu.ats, &p->smmu.pri, &p->smmu.msi, &p->smmu.sev,
        &p->smmu.vmw, &p->smmu.ril, &p->smmu.btm, &p->smmu.atsrecerr, &p->smmu.st_level, &p->smmu.ds,
        &p->smmu.pps,
    };

    for (size_t i = 0; i < ARRAY_LEN(flag); i++)
        *flag[i] = bits >> i & 1;
    p->smmu.stall_model = bits >> 14 & 1 ? 0 : 1 + (bits >> 15 & 1);
    p->smmu.ssidsize = 20;
    p->smmu.httu = 2;
    p->smmu.ecmdqs = bits >> 17 & 1 ? 4 : 0;
    p->smmu.cmdqs = p->smmu.eventqs = p->smmu.priqs = bits >> 16 & 1 ? 3 : 8;
    p->stall.entries = 4;
    p->utlb.sets = p->tlb.sets = p->ctlb.sets = p->cfg.sets = p->ipa.sets = p->wc_s1l1.sets = 2;
    p->utlb.ways = p->tlb.ways = p->ctlb.ways = p->cfg.ways = p->ipa.ways = p->wc_s1l1.ways = 2;
    p->tcu.ipa_cache = 1;
}

static void unmake(struct unit *u)
{
    system_free(u->sys);
    diag_destroy(&u->diag);
    memset(u, 0, sizeof *u);
}

static void make(struct unit *u)
{
    size_t i = (size_t)(u - units);

    diag_init(&u->diag);
    smmuv3_system_params(&u->par, &u->set);
    some_features(&u->par, i ? bits_mix(i) : 0x37fff);
    u->sys = smmuv3_system_new(&u->par, 1, &u->diag);
    SIM_CHECK(u->sys, "no system");
    u->s = CONTAINER_OF(u->sys, struct smmuv3_system, sys);
    u->sys->mem = mem_new();
    SIM_CHECK(u->sys->mem, "no memory");
    u->ids = u->s->regs;
}

static void write_reg(uint32_t offset, uint64_t value, unsigned bytes)
{
    system_reg_write(run.u->sys, offset, value, bytes);
}

/* As a driver does it. */
static void bring_up(const struct program *p)
{
    static const struct { uint32_t at, bytes; uint64_t value; } regs[] = {
        { CMDQ_BASE_AT, 8, CMDQ | 5 }, { CMDQ_PROD_AT, 4, 0 }, { CMDQ_CONS_AT, 4, 0 },
        { EVENTQ_BASE_AT, 8, EVENTQ | 5 }, { EVENTQ_PROD_AT, 4, 0 }, { EVENTQ_CONS_AT, 4, 0 },
        { PRIQ_BASE_AT, 8, PRIQ | 5 }, { PRIQ_PROD_AT, 4, 0 }, { PRIQ_CONS_AT, 4, 0 },
        { GERROR_IRQ_CFG0_AT, 8, MSI }, { EVENTQ_IRQ_CFG0_AT, 8, MSI + 8 }, { IRQ_CTRL_AT, 4, 7 },
        { CR0_AT, 4, 0xe },
    };

    system_reset(run.u->sys);
    write_reg(CR2_AT, p->boot.cr2, 4);
    write_reg(STRTAB_BASE_AT, p->boot.strtab_base, 8);
    write_reg(STRTAB_BASE_CFG_AT, p->boot.strtab_base_cfg, 4);
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        write_reg(regs[i].at, regs[i].value, regs[i].bytes);
    write_reg(CR0_AT, p->boot.cr0 | 0xe, 4);
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
    program_load(p);
    u->s->regs = u->ids;
    bring_up(p);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static uint64_t value_of(const struct smmuv3_regs *r, unsigned row)
{
    return (&r->idr0)[row];
}

/* The bit of CR0 or IRQ_CTRL that guards a register; 0: none does. */
static uint64_t guard_of(const struct smmuv3_regs *r, unsigned access)
{
    static const uint8_t cr0[] = { [SMMUV3_REG_SMMUEN] = 1, [SMMUV3_REG_PRIQEN] = 2, [SMMUV3_REG_EVENTQEN] = 4,
                                   [SMMUV3_REG_CMDQEN] = 8 };
    static const uint8_t irq[] = { [SMMUV3_REG_IRQ_GERROR] = 1, [SMMUV3_REG_IRQ_PRIQ] = 2,
                                   [SMMUV3_REG_IRQ_EVENTQ] = 4 };

    return (access < ARRAY_LEN(cr0) ? r->cr0 & cr0[access] : 0) |
           (access < ARRAY_LEN(irq) ? r->irq_ctrl & irq[access] : 0);
}

/* Of registers that nothing but the driver changes: CMDQ_CONS and the producers of output queues move. */
static void check_guards(const struct smmuv3_regs *was, const struct smmuv3_regs *is)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];

        if (row->offset == CMDQ_CONS_AT || row->offset == EVENTQ_PROD_AT || row->offset == PRIQ_PROD_AT)
            continue;
        if (row->offset < CR0_AT || row->offset == IDR6_AT || guard_of(was, row->access))
            SIM_CHECK(value_of(was, i) == value_of(is, i), "%s", row->name);
    }
}

static void check_reads(struct unit *u)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];
        uint64_t v = system_reg_read(u->sys, row->offset, row->bytes);

        SIM_CHECK(!(v & field_reserved(smmuv3_reg_fields[row->layout], 0)), "%s 0x%llx", row->name,
                  (unsigned long long)v);
    }
}

static void check_queues(const struct unit *u)
{
    const struct smmuv3_regs *r = &u->s->regs;
    const struct cmdq *q = u->s->driver.cmdq;
    const struct evtq *e = u->s->driver.evtq;
    const struct priq *p = &u->s->priq;

    SIM_CHECK(!q->busy && q->prod - q->cons <= 2 * q->ring.mask + 1, "command queue");
    SIM_CHECK(!q->driven || !q->on || q->stopped || q->prod == q->cons, "the command queue does not run");
    if (q->stopped && q->driven)
        SIM_CHECK(FIELD_GET(CMDQ_CONS, ERR, &r->cmdq_cons) && smmuv3_gerrors(r) & SMMUV3_GERROR(CMDQ_ERR),
                  "the command queue stopped without a reason");
    SIM_CHECK(e->in - e->out <= EVTQ_BUFFER, "event queue's buffer");
    SIM_CHECK(e->ring.mask < 1ull << FIELD_GET(IDR1, EVENTQS, &r->idr1) || !e->reader, "event queue");
    SIM_CHECK(p->seen == p->prod, "a page request is not there at once");
}

static void check(struct unit *u, const struct smmuv3_regs *was)
{
    const struct smmuv3_regs *r = &u->s->regs;

    check_guards(was, r);
    check_queues(u);
    SIM_CHECK(r->cr0ack == r->cr0 && r->irq_ctrlack == r->irq_ctrl && !r->s_init, "an update is not acknowledged");
    SIM_CHECK(!FIELD_GET(GBPA, UPDATE, &r->gbpa), "GBPA.Update");
    SIM_CHECK(!(smmuv3_gerrors(r) & field_reserved(smmuv3_reg_fields[SMMUV3_LAYOUT_GERROR], 0)), "GERROR");
}

/* ---- commands -------------------------------------------------------------------------------- */

static void check_same(const struct smmuv3_cmd *a, const struct smmuv3_cmd *b)
{
#define SAME(member) SIM_CHECK(a->member == b->member, "command 0x%x: " #member, a->op);
    SAME(op) SAME(leaf) SAME(ranged) SAME(has_ssid) SAME(global) SAME(ttl) SAME(tg) SAME(num) SAME(scale) SAME(cs)
    SAME(resp) SAME(size) SAME(vmid) SAME(asid) SAME(sid_first) SAME(sid_last) SAME(ssid) SAME(first) SAME(last)
    SAME(stag) SAME(prgindex) SAME(ac) SAME(ab) SAME(vmid_any) SAME(msidata) SAME(msiaddr)
#undef SAME
}

static void check_command(const struct smmuv3_regs *r, const uint64_t *words)
{
    uint64_t again[CMD_WORDS] = { 0 };
    struct smmuv3_cmd c, d;
    unsigned error = smmuv3_cmd_decode(r, words, &c);

    SIM_CHECK(error == CERROR_NONE || error == CERROR_ILL, "error %u", error);
    if (error)
        return;
    SIM_CHECK(smmuv3_cmd_find(c.op), "command 0x%x", c.op);
    SIM_CHECK(c.first <= c.last && c.sid_first <= c.sid_last, "command 0x%x: ranges", c.op);
    smmuv3_cmd_encode(&c, again);
    SIM_CHECK(smmuv3_cmd_decode(r, again, &d) == CERROR_NONE, "command 0x%x", c.op);
    check_same(&c, &d);
}

/* Whoever finds the queue stopped writes another command there and acknowledges the error. */
static void recover(void)
{
    struct smmuv3_system *s = run.u->s;
    struct cmdq *q = s->driver.cmdq;
    uint64_t at = ring_at(&q->ring, q->cons);

    if (!q->stopped)
        return;
    mem_write64(s->sys.mem, at, SMMUV3_CMD_CFGI_STE_RANGE);
    mem_write64(s->sys.mem, at + 8, 31);
    write_reg(GERRORN_AT, system_reg_read(&s->sys, GERROR_AT, 4), 4);
}

static void submit(struct program *p, const uint64_t *words)
{
    struct cmdq *q = run.u->s->driver.cmdq;
    uint64_t at = ring_at(&q->ring, q->prod);

    program_count(ITEM_COMMAND);
    check_command(p->regs, words);
    recover();
    mem_write64(p->mem, at, words[0]);
    mem_write64(p->mem, at + 8, words[1]);
    write_reg(CMDQ_PROD_AT, cmdq_prod(q) + 1, 4);
}

/* ---- what the program does ------------------------------------------------------------------- */

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct unit *u = arg;

    return mem_read(u->sys->mem, pa, words, out);
}

/* The reference says which words there are to alter. */
static void request(struct program *p, const struct xl_req *q)
{
    static const struct smmuv3_ref_choice choice;
    struct xl_result res;

    smmuv3_ref_run(&run.ref, p->regs, &choice, q, ref_mem, run.u);
    system_translate(run.u->sys, q, &res, NULL);
    SIM_CHECK(res.outcome >= XL_OK && res.outcome <= XL_ATS_CA, "outcome %u", res.outcome);
    if (smmuv3_passed(res.outcome) == XL_OK)
        SIM_CHECK(res.pa >> smmuv3_oas(&run.u->s->regs) == 0, "pa 0x%llx", (unsigned long long)res.pa);
    check_queues(run.u);
}

static void write(struct program *p, uint64_t pa, uint64_t word)
{
    (void)p;
    system_table_write(run.u->sys, pa, &word, 1);
}

static void command(struct program *p, const uint64_t *words)
{
    program_count(ITEM_COMMAND);
    check_command(p->regs, words);
    system_command_now(run.u->sys, words, 2);
}

static void invalidate(struct program *p)
{
    (void)p;
    smmuv3_forget(run.u->s);
}

static void reg_write(struct program *p, uint32_t offset, uint64_t value, unsigned bytes)
{
    (void)p;
    system_reg_write(run.u->sys, offset, value, bytes);
}

static void reset(struct program *p)
{
    bring_up(p);
}

static void fuzz_reg(uint32_t offset, uint64_t value, unsigned bytes)
{
    program_count(ITEM_REGISTER);
    write_reg(offset, value, bytes);
}

/* A register: a bit of it, or all. */
static void write_some(struct input *in)
{
    unsigned i = (unsigned)take(in, 1), how = (unsigned)take(in, 1);
    const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i % smmuv3_reg_count];
    uint64_t v = system_reg_read(run.u->sys, row->offset, row->bytes);

    if (how < 128)
        v ^= 1ull << how % (8 * row->bytes);
    else if (how < 192)
        v = take(in, 1) << how % (8 * row->bytes);
    else
        v = take(in, 8);
    fuzz_reg(row->offset + (how >= 224 && row->bytes == 8 ? 4 : 0), v, how >= 224 ? 4 : row->bytes);
}

static void write_anything(struct input *in)
{
    uint32_t offset = (uint32_t)take(in, 3);
    uint64_t bytes = take(in, 1);

    fuzz_reg(offset & 0x3ffff, take(in, 8), bytes & 0x80 ? (unsigned)bytes & 15 : bytes & 1 ? 4 : 8);
}

/* Of a further command queue, if there are any. */
static void write_ecmdq(struct input *in)
{
    uint64_t queue = take(in, 1) % 4, reg = take(in, 1) % 4;

    fuzz_reg((uint32_t)(SMMUV3_ECMDQ_PAGE + queue * SMMUV3_ECMDQ_PAGE_BYTES / 4 + 4 * reg), take(in, 4), 4);
}

/* Opcode by its number in the table, so that most are legal. */
static void submit_some(struct program *p)
{
    unsigned i = (unsigned)take(&p->in, 1);
    uint64_t words[2] = { smmuv3_cmds[i % smmuv3_cmd_count].op, 0 };

    words[0] |= take(&p->in, 3) << 8;
    words[0] |= take(&p->in, 4) << 32;
    words[1] = take(&p->in, 8);
    submit(p, words);
}

static void submit_anything(struct program *p)
{
    uint64_t words[2];

    words[0] = take(&p->in, 8);
    words[1] = take(&p->in, 8);
    submit(p, words);
}

/* A register with every bit of it toggled, one after the other. */
static void sweep_register(struct input *in)
{
    const struct smmuv3_reg_row *row = &smmuv3_reg_rows[take(in, 1) % smmuv3_reg_count];

    for (unsigned bit = 0; bit < 8 * row->bytes; bit++) {
        const struct smmuv3_regs was = run.u->s->regs;

        fuzz_reg(row->offset, system_reg_read(run.u->sys, row->offset, row->bytes) ^ 1ull << bit, row->bytes);
        check(run.u, &was);
    }
}

/* A command, and each that differs from it in a bit of its operands. */
static void sweep_command(struct program *p)
{
    const uint64_t words[2] = { smmuv3_cmds[take(&p->in, 1) % smmuv3_cmd_count].op | take(&p->in, 7) << 8,
                                take(&p->in, 8) };

    for (unsigned bit = 8; bit < 128; bit++) {
        uint64_t other[2] = { words[0], words[1] };

        other[bit / 64] ^= 1ull << bit % 64;
        submit(p, other);
    }
}

/* Sweeps are as long as many steps: few are done. */
static void sweep(struct program *p)
{
    if (p->sweeps++ >= PROGRAM_SWEEPS)
        return;
    if (take(&p->in, 1) & 1)
        sweep_command(p);
    else
        sweep_register(&p->in);
}

static void more(struct program *p)
{
    const struct smmuv3_regs was = *p->regs;

    switch (take(&p->in, 1) % 10) {
    case 0: case 1: write_some(&p->in); break;
    case 2: write_anything(&p->in); break;
    case 3: submit_anything(p); return;
    case 4: fuzz_reg(CMDQ_PROD_AT, take(&p->in, 4), 4); break;
    case 5: check_reads(run.u); return;
    case 6: sweep(p); return;
    case 7: write_ecmdq(&p->in); break;
    default: submit_some(p); return;
    }
    check(run.u, &was);
}

static const struct program_target target = {
    .request = request, .write = write, .command = command, .invalidate = invalidate,
    .reg_write = reg_write, .reset = reset, .more = more,
};

/* Memory without what was written, the unit without what is kept. */
static void take_back(struct program *p)
{
    system_reset(run.u->sys);
    journal_undo(p->mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!program_begin(&run.p, &target, data, n))
        return 0;
    choose_unit(&run.p);
    program_run(&run.p);
    check_reads(run.u);
    take_back(&run.p);
    return 0;
}
