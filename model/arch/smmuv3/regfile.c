/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/regfile.h"

#include <stddef.h>

#include "base/sim.h"

static uint64_t *word_of(struct smmuv3_regs *r, const struct smmuv3_reg_row *row)
{
    return &r->idr0 + (row - smmuv3_reg_rows);
}

/* ---- what is there ------------------------------------------------------------------------------- */

/* Fields that are reserved without a feature. */
#define FIELD_NEEDS(F)                                                                             \
    F(CR0, PRIQEN, idr0, IDR0, PRI)         F(CR0, ATSCHK, idr0, IDR0, ATS)                        \
    F(CR0, VMW, idr0, IDR0, VMW)            F(CR2, E2H, idr0, IDR0, HYP)                           \
    F(CR2, PTM, idr0, IDR0, BTM)            F(CR2, REC_CFG_ATS, idr0, IDR0, ATSRECERR)             \
    F(IRQ_CTRL, PRIQ, idr0, IDR0, PRI)      F(GERROR, PRIQ_ABT_ERR, idr0, IDR0, PRI)               \
    F(GERROR, MSI_CMDQ_ABT_ERR, idr0, IDR0, MSI)   F(GERROR, MSI_EVENTQ_ABT_ERR, idr0, IDR0, MSI)  \
    F(GERROR, MSI_GERROR_ABT_ERR, idr0, IDR0, MSI) F(GERROR, MSI_PRIQ_ABT_ERR, idr0, IDR0, MSI)    \
    F(GERROR, MSI_PRIQ_ABT_ERR, idr0, IDR0, PRI)   F(GERROR, CMDQP_ERR, idr1, IDR1, ECMDQ)         \
    F(PRIQ_IRQ_CFG2, MEMATTR, idr0, IDR0, MSI)     F(PRIQ_IRQ_CFG2, SH, idr0, IDR0, MSI)              \
    F(STRTAB_BASE_CFG, FMT, idr0, IDR0, ST_LEVEL)  F(STRTAB_BASE_CFG, SPLIT, idr0, IDR0, ST_LEVEL)

static const struct field_need {
    uint8_t layout;
    uint64_t bits;
    size_t in;                         /* offset in struct smmuv3_regs of what must have ... */
    uint64_t need;                     /* ... one of these bits                              */
} field_needs[] = {
#define NEED_ROW(L, N, member, R, B)                                                               \
    { SMMUV3_LAYOUT_##L, FIELD_MASK(L, N), offsetof(struct smmuv3_regs, member),  \
      FIELD_MASK(R, B) },
    FIELD_NEEDS(NEED_ROW)
};

static bool exists(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row)
{
    bool msi = FIELD_GET(IDR0, MSI, &r->idr0), pri = FIELD_GET(IDR0, PRI, &r->idr0);

    switch (row->needs) {
    case SMMUV3_NEEDS_MSI:
        return msi;
    case SMMUV3_NEEDS_PRI:
        return pri;
    case SMMUV3_NEEDS_PRI_MSI:
        return msi && pri;
    case SMMUV3_NEEDS_ECMDQ:
        return FIELD_GET(IDR1, ECMDQ, &r->idr1);
    default:
        return true;
    }
}

/* The bits of its fields, those of absent features left out. */
static uint64_t defined(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row)
{
    uint64_t bits = ~field_reserved(smmuv3_reg_fields[row->layout], 0);

    for (size_t i = 0; i < ARRAY_LEN(field_needs); i++) {
        const struct field_need *n = &field_needs[i];

        if (n->layout == row->layout && !(*(const uint64_t *)((const char *)r + n->in) & n->need))
            bits &= ~n->bits;
    }
    return exists(r, row) ? bits : 0;
}

/* The row at an offset, and whether it is the upper half of its register. */
static const struct smmuv3_reg_row *find(uint32_t offset, bool *upper)
{
    if (offset == 0xa8 || offset == 0xac || offset == 0xc8 || offset == 0xcc)
        offset += 0x10000;             /* aliases of page 1 */
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];

        *upper = row->bytes == 8 && offset == row->offset + 4;
        if (offset == row->offset || *upper)
            return row;
    }
    return NULL;
}

/* ---- reads --------------------------------------------------------------------------------------- */

static uint32_t read32(const struct smmuv3_regs *r, uint32_t offset)
{
    bool upper;
    const struct smmuv3_reg_row *row = find(offset, &upper);
    uint64_t value = row ? *word_of((struct smmuv3_regs *)r, row) & defined(r, row) : 0;

    return (uint32_t)(upper ? value >> 32 : value);
}

static bool legal(uint32_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

uint64_t smmuv3_regfile_read(const struct smmuv3_regs *r, uint32_t offset, unsigned bytes)
{
    if (!legal(offset, bytes))
        return 0;
    return bytes == 4 ? read32(r, offset) : read32(r, offset) | (uint64_t)read32(r, offset + 4) << 32;
}

/* ---- writes -------------------------------------------------------------------------------------- */

/* Those of `bits` that are 0 in the register and in its acknowledgement. */
static bool all_off(uint64_t reg, uint64_t ack, uint64_t bits)
{
    return !((reg | ack) & bits);
}

#define CR0_BIT(N) FIELD_MASK(CR0, N)
#define IRQ_BIT(N) FIELD_MASK(IRQ_CTRL, N)

static bool guarded(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row)
{
    static const uint64_t cr0[] = {
        [SMMUV3_REG_SMMUEN] = CR0_BIT(SMMUEN),     [SMMUV3_REG_CMDQEN] = CR0_BIT(CMDQEN),
        [SMMUV3_REG_EVENTQEN] = CR0_BIT(EVENTQEN), [SMMUV3_REG_PRIQEN] = CR0_BIT(PRIQEN),
    };
    static const uint64_t irq[] = {
        [SMMUV3_REG_IRQ_GERROR] = IRQ_BIT(GERROR), [SMMUV3_REG_IRQ_PRIQ] = IRQ_BIT(PRIQ),
        [SMMUV3_REG_IRQ_EVENTQ] = IRQ_BIT(EVENTQ),
    };

    if (row->access == SMMUV3_REG_RO)
        return true;
    if (row->access >= SMMUV3_REG_SMMUEN && row->access <= SMMUV3_REG_PRIQEN)
        return !all_off(r->cr0, r->cr0ack, cr0[row->access]);
    if (row->access >= SMMUV3_REG_IRQ_GERROR && row->access <= SMMUV3_REG_IRQ_EVENTQ)
        return !all_off(r->irq_ctrl, r->irq_ctrlack, irq[row->access]);
    return false;
}

/* The fields of a register with acknowledgement that wait for it. */
static uint64_t in_transition(uint64_t reg, uint64_t ack, unsigned layout)
{
    const struct field_table *t = smmuv3_reg_fields[layout];
    uint64_t bits = 0;

    for (unsigned i = 0; i < t->n; i++) {
        uint64_t of = bits_mask(t->row[i].hi, t->row[i].lo);

        bits |= (reg ^ ack) & of ? of : 0;
    }
    return bits;
}

/* The table attributes while it translates, those of queues while one of them is on. */
static uint64_t cr1_guarded(const struct smmuv3_regs *r)
{
    const uint64_t queues = CR0_BIT(CMDQEN) | CR0_BIT(EVENTQEN) | CR0_BIT(PRIQEN);

    return (all_off(r->cr0, r->cr0ack, CR0_BIT(SMMUEN)) ? 0 : bits_mask(CR1_TABLE_SH_HI, CR1_TABLE_IC_LO)) |
           (all_off(r->cr0, r->cr0ack, queues) ? 0 : bits_mask(CR1_QUEUE_SH_HI, CR1_QUEUE_IC_LO));
}

/* The bits that a write does not change. */
static uint64_t kept(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row)
{
    if (guarded(r, row))
        return ~0ull;
    switch (row->offset) {
    case 0x020:
        return in_transition(r->cr0, r->cr0ack, SMMUV3_LAYOUT_CR0);
    case 0x028:
        return cr1_guarded(r);
    case 0x050:
        return in_transition(r->irq_ctrl, r->irq_ctrlack, SMMUV3_LAYOUT_IRQ_CTRL);
    case 0x09c:
        return FIELD_MASK(CMDQ_CONS, ERR);
    default:
        return 0;
    }
}

static unsigned effects(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row, uint64_t was)
{
    unsigned e = 0;

    switch (row->offset) {
    case 0x020:
        e |= r->cr0 != r->cr0ack ? SMMUV3_EFFECT_ACK : 0;
        e |= (r->cr0 ^ was) & CR0_BIT(SMMUEN) ? SMMUV3_EFFECT_SMMUEN | SMMUV3_EFFECT_PRIQ : 0;
        e |= (r->cr0 ^ was) & CR0_BIT(CMDQEN) ? SMMUV3_EFFECT_CMDQ : 0;
        e |= (r->cr0 ^ was) & CR0_BIT(EVENTQEN) ? SMMUV3_EFFECT_EVENTQ : 0;
        e |= (r->cr0 ^ was) & CR0_BIT(PRIQEN) ? SMMUV3_EFFECT_PRIQ : 0;
        return e;
    case 0x044:
        return SMMUV3_EFFECT_ACK;
    case 0x050:
        return r->irq_ctrl != r->irq_ctrlack ? SMMUV3_EFFECT_ACK : 0;
    case 0x064:
        return SMMUV3_EFFECT_CMDQ | SMMUV3_EFFECT_EVENTQ | SMMUV3_EFFECT_PRIQ;
    case 0x090:
    case 0x098:
    case 0x09c:
        return SMMUV3_EFFECT_CMDQ;
    case 0x0a0:
    case 0x100a8:
    case 0x100ac:
        return SMMUV3_EFFECT_EVENTQ;
    case 0x0c0:
    case 0x100c8:
    case 0x100cc:
        return SMMUV3_EFFECT_PRIQ;
    case 0x803c:
        return r->s_init ? SMMUV3_EFFECT_INIT | SMMUV3_EFFECT_ACK : 0;
    default:
        return 0;
    }
}

/* GBPA takes a write with Update while no update is under way; INV_ALL one while nothing translates, and
 * only to 1. */
static bool refused(const struct smmuv3_regs *r, const struct smmuv3_reg_row *row, uint32_t value)
{
    if (row->access == SMMUV3_REG_UPDATE)
        return FIELD_GET(GBPA, UPDATE, &r->gbpa) || !bits_get(value, GBPA_UPDATE_HI, GBPA_UPDATE_LO);
    if (row->layout == SMMUV3_LAYOUT_S_INIT)
        return !(value & 1) || !all_off(r->cr0, r->cr0ack, CR0_BIT(SMMUEN));
    return false;
}

static unsigned write32(struct smmuv3_regs *r, uint32_t offset, uint32_t value)
{
    bool upper;
    const struct smmuv3_reg_row *row = find(offset, &upper);
    uint64_t *word, was, keep;

    if (!row || refused(r, row, value))
        return 0;
    word = word_of(r, row);
    was = *word;
    keep = ~defined(r, row) | kept(r, row) | (upper ? bits_low(32) : ~bits_low(32));
    *word = (was & keep) | ((upper ? (uint64_t)value << 32 : value) & ~keep);
    return guarded(r, row) ? 0 : effects(r, row, was);
}

unsigned smmuv3_regfile_write(struct smmuv3_regs *r, uint32_t offset, uint64_t value, unsigned bytes)
{
    unsigned e;

    if (!legal(offset, bytes))
        return 0;
    e = write32(r, offset, (uint32_t)value);
    return bytes == 4 ? e : e | write32(r, offset + 4, (uint32_t)(value >> 32));
}

void smmuv3_regfile_ack(struct smmuv3_regs *r)
{
    r->cr0ack = r->cr0;
    r->irq_ctrlack = r->irq_ctrl;
    FIELD_SET(GBPA, UPDATE, &r->gbpa, 0);
    r->s_init = 0;
}

void smmuv3_regfile_reset(struct smmuv3_regs *r)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++)
        if (smmuv3_reg_rows[i].offset >= 0x20 && smmuv3_reg_rows[i].needs != SMMUV3_NEEDS_ECMDQ)
            (&r->idr0)[i] = 0;
}

/* ---- global errors ------------------------------------------------------------------------------- */

bool smmuv3_gerror_raise(struct smmuv3_regs *r, uint64_t bit)
{
    if (smmuv3_gerrors(r) & bit)
        return false;
    r->gerror ^= bit;
    return true;
}

/* ---- further command queues ----------------------------------------------------------------------- */

#define ECMDQ_ROW(N, member, offset, bytes, layout, meaning)                                       \
    { (offset), (bytes), SMMUV3_LAYOUT_##layout, offsetof(struct smmuv3_ecmdq_regs, member) },
static const struct ecmdq_row { uint8_t offset, bytes, layout; size_t member; } ecmdq_rows[] = {
    SMMUV3_ECMDQ_REGS(ECMDQ_ROW)
};

bool smmuv3_ecmdq_at(const struct smmuv3_regs *r, uint32_t offset, unsigned *queue, uint32_t *reg)
{
    uint32_t each = SMMUV3_ECMDQ_PAGE_BYTES >> FIELD_GET(IDR6, LOG2NUMQ, &r->idr6);

    offset -= SMMUV3_ECMDQ_PAGE;
    if (!FIELD_GET(IDR1, ECMDQ, &r->idr1) || offset >= SMMUV3_ECMDQ_PAGE_BYTES)
        return false;
    *queue = offset / each;
    *reg = offset % each;
    return true;
}

/* The register's word, NULL if there is none; bits of it that are at `reg`, and how far up. */
static uint64_t *ecmdq_word(struct smmuv3_ecmdq_regs *q, uint32_t reg, uint64_t *bits, unsigned *shift)
{
    for (size_t i = 0; i < ARRAY_LEN(ecmdq_rows); i++) {
        const struct ecmdq_row *row = &ecmdq_rows[i];

        if (reg % 4 || reg - row->offset >= row->bytes)
            continue;
        *shift = (reg - row->offset) * 8;
        *bits = ~field_reserved(smmuv3_reg_fields[row->layout], 0) & bits_low(32) << *shift;
        return (uint64_t *)((char *)q + row->member);
    }
    return NULL;
}

uint32_t smmuv3_ecmdq_read(const struct smmuv3_ecmdq_regs *q, uint32_t reg)
{
    uint64_t bits;
    unsigned shift;
    const uint64_t *word = ecmdq_word((struct smmuv3_ecmdq_regs *)q, reg, &bits, &shift);

    return word ? (uint32_t)((*word & bits) >> shift) : 0;
}

bool smmuv3_ecmdq_write(struct smmuv3_ecmdq_regs *q, uint32_t reg, uint32_t value)
{
    bool en = FIELD_GET(ECMDQ_PROD, EN, &q->prod), enack = FIELD_GET(ECMDQ_CONS, ENACK, &q->cons);
    uint64_t bits;
    unsigned shift;
    uint64_t *word = ecmdq_word(q, reg, &bits, &shift);

    if (!word || en != enack || (en && word != &q->prod))
        return false;
    if (word == &q->cons)
        bits &= ~FIELD_MASK(ECMDQ_CONS, ENACK);
    *word = (*word & ~bits) | ((uint64_t)value << shift & bits);
    return true;
}

/* ---- queues -------------------------------------------------------------------------------------- */

struct smmuv3_ring smmuv3_ring_of(const struct smmuv3_regs *r, uint64_t base, unsigned max_log2,
                                  unsigned entry_bytes)
{
    unsigned log2 = (unsigned)FIELD_GET(QUEUE_BASE, LOG2SIZE, &base), bytes_log2;
    struct smmuv3_ring q = { .log2 = log2 < max_log2 ? log2 : max_log2 };

    bytes_log2 = q.log2 + bits_log2(entry_bytes);
    q.base = FIELD_ADDR(QUEUE_BASE, ADDR, &base) & bits_low(smmuv3_oas(r));
    q.base = bits_align_down(q.base, bytes_log2 < 5 ? 5 : bytes_log2);
    return q;
}
