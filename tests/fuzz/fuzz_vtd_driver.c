/* SPDX-License-Identifier: Apache-2.0
 *
 * A VT-d unit under an arbitrary driver: any register written in any order and size, any descriptor decoded and put into
 * the queue, the tail moved at will, queues and messages placed anywhere, among the requests and writes of vtd_program.h.
 *
 * Whatever it does: capabilities stay, two halves of a register read as the whole, what the unit does not have reads as
 * zero, status says what is so (a fault pending, translation on, an event pending only while it is masked), and a queue
 * that is on has run dry or has stopped with an error that FSTS shows; a descriptor that is legal says the same when it
 * is encoded and decoded again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "system/vtd/vtd.h"
#include "vtd_program.h"

enum { UNITS = 64, USES = 300, PAGES = 8192 };    /* a unit lives for so many inputs, pages of memory */
enum { QUEUE = 0x90000000, PAGE_QUEUE = 0x92000000, MSI = 0x93000000, QUEUE_SIZE = 2 };

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
    uint64_t cap, ecap;        /* as they were when the unit was brought up */
} run;

/* ---- units ----------------------------------------------------------------------------------- */

static void unmake(struct unit *u)
{
    system_free(u->sys);
    diag_destroy(&u->diag);
    memset(u, 0, sizeof *u);
}

#define STORE(member, path) p->member.sets = p->member.ways = 2;
static void make(struct unit *u)
{
    struct vtd_system_params *p = &u->par;
    uint64_t bits = bits_mix((uint64_t)(u - units));

    diag_init(&u->diag);
    vtd_system_params(p, &u->set);
    VTD_STORES(STORE)
    p->unit.drain = bits & 1;
    p->unit.collapse = bits >> 1 & 1;
    p->unit.flush_on_root = bits >> 2 & 1;
    p->unit.flush_on_enable = bits >> 3 & 1;
    u->sys = vtd_system_new(p, 1, &u->diag);
    SIM_CHECK(u->sys, "no system");
    u->s = CONTAINER_OF(u->sys, struct vtd_system, sys);
    u->sys->mem = mem_new();
    SIM_CHECK(u->sys->mem, "no memory");
}

static void write_reg(uint32_t offset, uint64_t value, unsigned bytes)
{
    system_reg_write(run.u->sys, offset, value, bytes);
}

static uint64_t read_reg(uint32_t offset, unsigned bytes)
{
    return system_reg_read(run.u->sys, offset, bytes);
}

/* The system's capabilities, and registers where they do not meet: fault records at 0x220, IVA at 0x280. */
static void give_capabilities(const struct vtd_program *p)
{
    uint64_t cap = p->boot.cap, ecap = p->boot.ecap;

    FIELD_SET(CAP, FRO, &cap, 0x22);
    FIELD_SET(CAP, NFR, &cap, p->config & 3);
    FIELD_SET(ECAP, IRO, &ecap, 0x28);
    FIELD_SET(ECAP, QI, &ecap, 1);
    system_capability(run.u->sys, VTD_REG_ECAP, ecap);
    system_capability(run.u->sys, VTD_REG_CAP, cap);
    run.u->s->regs.haw = p->boot.haw;
    run.cap = read_reg(VTD_REG_CAP, 8);
    run.ecap = read_reg(VTD_REG_ECAP, 8);
}

/* As a driver does it. */
static void bring_up(const struct vtd_program *p)
{
    bool wide = FIELD_GET(RTADDR, TTM, &p->boot.rtaddr) == VTD_TTM_SCALABLE;
    const struct { uint32_t at, bytes; uint64_t value; } regs[] = {
        { VTD_REG_FEADDR, 4, MSI }, { VTD_REG_FECTL, 4, 0 }, { VTD_REG_IEADDR, 4, MSI + 8 }, { VTD_REG_IECTL, 4, 0 },
        { VTD_REG_PQA, 8, PAGE_QUEUE | 1 }, { VTD_REG_PEADDR, 4, MSI + 16 }, { VTD_REG_PECTL, 4, 0 },
        { VTD_REG_RTADDR, 8, p->boot.rtaddr }, { VTD_REG_GCMD, 4, FIELD_MASK(GSTS, RTPS) },
        { VTD_REG_IQA, 8, QUEUE | (uint64_t)wide << 11 | QUEUE_SIZE }, { VTD_REG_IQT, 8, 0 },
        { VTD_REG_GCMD, 4, FIELD_MASK(GSTS, QIES) }, { VTD_REG_GCMD, 4, FIELD_MASK(GSTS, QIES) | FIELD_MASK(GSTS, TES) },
    };

    system_reset(run.u->sys);
    give_capabilities(p);
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        write_reg(regs[i].at, regs[i].value, regs[i].bytes);
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
    vtd_program_load(p);
    bring_up(p);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static void check_queue(const struct unit *u)
{
    const struct cmdq *q = u->s->driver.cmdq;
    uint64_t fsts = vtd_reg_get(u->s, VTD_REG_FSTS);

    SIM_CHECK(!q->busy && q->prod - q->cons <= q->ring.mask + 1, "invalidation queue");
    SIM_CHECK(!q->driven || !q->on || q->stopped || q->prod == q->cons, "the invalidation queue does not run");
    if (q->stopped && q->driven && q->on)
        SIM_CHECK(fsts & (FIELD_MASK(FSTS, IQE) | FIELD_MASK(FSTS, ITE)), "it stopped without a reason");
}

static void check_event(enum vtd_reg reg)
{
    uint64_t ctl = read_reg(reg, 4);

    SIM_CHECK(FIELD_GET(EVCTL, IM, &ctl) || !FIELD_GET(EVCTL, IP, &ctl), "register 0x%x: an event pends unmasked", reg);
}

static void check_faults(const struct unit *u)
{
    uint64_t fsts = read_reg(VTD_REG_FSTS, 4), records = FIELD_GET(CAP, NFR, &u->s->regs.cap) + 1;
    uint32_t at = (uint32_t)FIELD_GET(CAP, FRO, &u->s->regs.cap) * 16;
    bool pending = false;

    for (uint64_t i = 0; i < records; i++)
        pending |= read_reg(at + (uint32_t)i * 16 + 8, 8) >> 63;
    SIM_CHECK(FIELD_GET(FSTS, PPF, &fsts) == pending, "PPF is %d", !pending);
    SIM_CHECK(FIELD_GET(FSTS, FRI, &fsts) < records, "FRI");
}

static void check(const struct unit *u)
{
    uint64_t gsts = read_reg(VTD_REG_GSTS, 4);

    SIM_CHECK(read_reg(VTD_REG_CAP, 8) == run.cap && read_reg(VTD_REG_ECAP, 8) == run.ecap, "capabilities");
    SIM_CHECK(FIELD_GET(GSTS, TES, &gsts) == u->s->regs.tes, "TES");
    SIM_CHECK(!FIELD_GET(GSTS, QIES, &gsts) || read_reg(VTD_REG_IQH, 8) >> (12 + 7) == 0, "IQH");
    check_queue(u);
    check_faults(u);
    check_event(VTD_REG_FECTL);
    check_event(VTD_REG_IECTL);
    check_event(VTD_REG_PECTL);
}

static void check_reads(const struct unit *u)
{
    for (unsigned i = 0; i < vtd_reg_count; i++) {
        const struct vtd_reg_row *row = &vtd_reg_rows[i];
        uint64_t v = read_reg(row->offset, row->bytes);

        if (!vtd_caps_has_register(u->s->regs.cap, u->s->regs.ecap, (enum vtd_reg)row->offset))
            SIM_CHECK(v == 0, "%s 0x%llx", row->name, (unsigned long long)v);
        if (row->bytes == 8)
            SIM_CHECK((read_reg(row->offset, 4) | read_reg(row->offset + 4, 4) << 32) == v, "%s: halves", row->name);
    }
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void check_descriptor(const struct vtd_regs *r, const uint64_t *words, unsigned n)
{
    uint64_t again[VTD_INV_WORDS] = { 0 };
    struct vtd_inv a, b;

    if (vtd_inv_decode(words, n, r->cap, &a))
        return;
    SIM_CHECK(vtd_inv_name(a.type), "type %u", a.type);
    vtd_inv_encode(&a, again);
    SIM_CHECK(vtd_inv_decode(again, n, r->cap, &b) == 0, "type %u does not decode again", a.type);
#define SAME(member) SIM_CHECK(a.member == b.member, "type %u: " #member, a.type);
    SAME(type) SAME(g) SAME(did) SAME(sid) SAME(pfsid) SAME(fm) SAME(am) SAME(mip) SAME(ih) SAME(dr) SAME(dw) SAME(s)
    SAME(pasid) SAME(addr) SAME(iec.im) SAME(iec.iidx) SAME(wait.irq) SAME(wait.sw) SAME(wait.fn) SAME(wait.pd)
    SAME(wait.data) SAME(wait.addr) SAME(rsp.pp) SAME(rsp.lpig) SAME(rsp.rc) SAME(rsp.prgi)
#undef SAME
}

/* Whoever finds the queue stopped writes a wait over the descriptor and clears the error. */
static void recover(struct vtd_program *p)
{
    struct cmdq *q = run.u->s->driver.cmdq;
    uint64_t at = ring_at(&q->ring, q->cons);

    if (!q->stopped)
        return;
    for (unsigned i = 0; i < q->ring.entry_bytes / 8; i++)
        mem_write64(p->mem, at + 8 * i, i ? 0 : VTD_INV_WAIT | FIELD_MASK(INV_WAIT, FN));
    write_reg(VTD_REG_FSTS, FIELD_MASK(FSTS, IQE) | FIELD_MASK(FSTS, ITE) | FIELD_MASK(FSTS, ICE), 4);
}

static void submit(struct vtd_program *p, const uint64_t *words)
{
    struct cmdq *q = run.u->s->driver.cmdq;
    unsigned n = q->ring.entry_bytes / 8;
    uint64_t at, tail;

    vtd_program_count(ITEM_DESCRIPTOR);
    check_descriptor(p->regs, words, n == 4 ? 4 : 2);
    recover(p);
    at = ring_at(&q->ring, q->prod);
    tail = read_reg(VTD_REG_IQT, 8) + q->ring.entry_bytes;
    for (unsigned i = 0; i < n; i++)
        mem_write64(p->mem, at + 8 * i, words[i]);
    write_reg(VTD_REG_IQT, tail & (q->ring.mask * q->ring.entry_bytes), 8);
    check_queue(run.u);
}

/* ---- what the program does ------------------------------------------------------------------- */

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct unit *u = arg;

    return mem_read(u->sys->mem, pa, words, out);
}

/* The second unit says which words there are to alter. */
static void request(struct vtd_program *p, const struct xl_req *q)
{
    struct xl_result res;

    vtd_ref_run(&run.ref, p->regs, q, ref_mem, run.u);
    system_translate(run.u->sys, q, &res, NULL);
    SIM_CHECK(res.outcome > XL_NONE && res.outcome <= XL_INTERRUPT, "outcome %u", res.outcome);
    if (res.code)
        SIM_CHECK(vtd_reason(res.code), "reason 0x%x", res.code);
    check_faults(run.u);
}

static void write(struct vtd_program *p, uint64_t pa, uint64_t word)
{
    (void)p;
    system_table_write(run.u->sys, pa, &word, 1);
}

static void descriptor(struct vtd_program *p, const uint64_t *words)
{
    submit(p, words);
}

static void invalidate(struct vtd_program *p)
{
    (void)p;
    vtd_flush(run.u->s);
}

static void root(struct vtd_program *p, uint64_t rtaddr, bool tes)
{
    (void)p;
    write_reg(VTD_REG_RTADDR, rtaddr, 8);
    write_reg(VTD_REG_GCMD, FIELD_MASK(GSTS, RTPS) | FIELD_MASK(GSTS, QIES) | (tes ? FIELD_MASK(GSTS, TES) : 0), 4);
}

static void reset(struct vtd_program *p)
{
    bring_up(p);
}

static void fuzz_reg(uint32_t offset, uint64_t value, unsigned bytes)
{
    vtd_program_count(ITEM_REGISTER);
    write_reg(offset, value, bytes);
}

/* A register: a bit of it, or all. */
static void write_some(struct input *in)
{
    unsigned i = (unsigned)take(in, 1), how = (unsigned)take(in, 1);
    const struct vtd_reg_row *row = &vtd_reg_rows[i % vtd_reg_count];
    uint32_t at = row->offset == VTD_REG_GCMD ? VTD_REG_GSTS : row->offset;      /* which is what was commanded */
    uint64_t v = read_reg(at, row->bytes);

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
    uint32_t offset = (uint32_t)take(in, 2);
    uint64_t bytes = take(in, 1);

    fuzz_reg(offset & 0xfff, take(in, 8), bytes & 0x80 ? (unsigned)bytes & 15 : bytes & 1 ? 4 : 8);
}

/* A fault record, IVA or IOTLB. */
static void write_placed(struct input *in)
{
    uint32_t which = (uint32_t)take(in, 1);

    fuzz_reg(which & 1 ? 0x280 + (which & 8) : 0x220 + (which >> 1 & 7) * 8, take(in, 8), 8);
}

static void submit_some(struct vtd_program *p)
{
    uint64_t words[VTD_INV_WORDS] = { 1 + take(&p->in, 1) % (VTD_INV_TYPE_COUNT - 1) };

    words[0] |= take(&p->in, 3) << 4 & 0x1f0;
    words[0] |= take(&p->in, 4) << 16;
    words[1] = take(&p->in, 8);
    submit(p, words);
}

static void submit_anything(struct vtd_program *p)
{
    uint64_t words[VTD_INV_WORDS] = { 0 };

    for (unsigned i = 0; i < 3; i++)
        words[i] = take(&p->in, 8);
    submit(p, words);
}

/* A register with every bit of it toggled, one after the other. */
static void sweep_register(struct input *in)
{
    const struct vtd_reg_row *row = &vtd_reg_rows[take(in, 1) % vtd_reg_count];

    for (unsigned bit = 0; bit < 8 * row->bytes; bit++) {
        fuzz_reg(row->offset, read_reg(row->offset, row->bytes) ^ 1ull << bit, row->bytes);
        check(run.u);
    }
}

/* A descriptor, and each that differs from it in a bit. */
static void sweep_descriptor(struct vtd_program *p)
{
    const uint64_t words[2] = { (1 + take(&p->in, 1) % (VTD_INV_TYPE_COUNT - 1)) | take(&p->in, 6) << 16, take(&p->in, 8) };

    for (unsigned bit = 4; bit < 128; bit++) {
        uint64_t other[VTD_INV_WORDS] = { words[0], words[1] };

        other[bit / 64] ^= 1ull << bit % 64;
        submit(p, other);
    }
}

/* Sweeps are as long as many steps: few are done. */
static void sweep(struct vtd_program *p)
{
    if (p->sweeps++ >= PROGRAM_SWEEPS)
        return;
    if (take(&p->in, 1) & 1)
        sweep_descriptor(p);
    else
        sweep_register(&p->in);
}

static void more(struct vtd_program *p)
{
    switch (take(&p->in, 1) % 10) {
    case 0: case 1: write_some(&p->in); break;
    case 2: write_anything(&p->in); break;
    case 3: submit_anything(p); return;
    case 4: fuzz_reg(VTD_REG_IQT, take(&p->in, 3), 8); break;
    case 5: check_reads(run.u); return;
    case 6: sweep(p); return;
    case 7: write_placed(&p->in); break;
    default: submit_some(p); return;
    }
    check(run.u);
}

static const struct vtd_program_target target = {
    .request = request, .write = write, .descriptor = descriptor, .invalidate = invalidate, .root = root,
    .reset = reset, .more = more,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!vtd_program_begin(&run.p, &target, data, n))
        return 0;
    choose_unit(&run.p);
    vtd_program_run(&run.p);
    check_reads(run.u);
    system_reset(run.u->sys);
    journal_undo(run.p.mem);           /* memory without what was written */
    return 0;
}
