/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/regs.h"

#include "base/sim.h"

#define ROW(N, member, off, size, access, needs, layout, m)                                        \
    { #N, (off), (size), SMMUV3_REG_##access, SMMUV3_NEEDS_##needs, SMMUV3_LAYOUT_##layout, (m) },
const struct smmuv3_reg_row smmuv3_reg_rows[] = { SMMUV3_REGS(ROW) };
const unsigned smmuv3_reg_count = ARRAY_LEN(smmuv3_reg_rows);

#define LAYOUT_ROWS(N, sect)  static const struct field N##_rows[] = { N##_FIELDS(FIELD_ROW) };
#define LAYOUT_TABLE(N, sect) static const struct field_table N##_table = { #N, sect, 1,            \
                                                                            ARRAY_LEN(N##_rows), N##_rows };
#define LAYOUT_REF(N, sect)   &N##_table,
SMMUV3_LAYOUTS(LAYOUT_ROWS)
SMMUV3_LAYOUTS(LAYOUT_TABLE)
const struct field_table *const smmuv3_reg_fields[] = { SMMUV3_LAYOUTS(LAYOUT_REF) NULL };

bool smmuv3_reg_write(struct smmuv3_regs *r, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint64_t *word = &r->idr0;         /* one 64-bit word per row, in the order of the rows */

    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];

        if (offset == row->offset) {
            if (bytes < row->bytes)
                word[i] = bits_set(word[i], 31, 0, value);
            else
                word[i] = bytes == 8 && row->bytes == 8 ? value : value & 0xffffffffu;
            return true;
        }
        if (row->bytes == 8 && offset == row->offset + 4) {
            word[i] = bits_set(word[i], 63, 32, value);
            return true;
        }
    }
    return false;
}

/* ---- what the model has -------------------------------------------------------------------------- */

/* The most that there is of a field; 0: the feature is left out.  [docs/smmuv3.md] */
#define ID_LIMITS(L)                                                                               \
    L(idr0, IDR0, HTTU, 2)          /* without table access flags */                               \
    L(idr0, IDR0, DORMHINT, 0)      L(idr0, IDR0, ATOS, 0)           L(idr0, IDR0, VATOS, 0)       \
    L(idr0, IDR0, STALL_MODEL, 2)   L(idr0, IDR0, ST_LEVEL, 1)       L(idr0, IDR0, RME_IMPL, 0)    \
    L(idr1, IDR1, SIDSIZE, 32)      L(idr1, IDR1, SSIDSIZE, 20)                                    \
    L(idr1, IDR1, PRIQS, 19)        L(idr1, IDR1, EVENTQS, 19)       L(idr1, IDR1, CMDQS, 19)      \
    L(idr1, IDR1, REL, 0)           L(idr1, IDR1, QUEUES_PRESET, 0)  L(idr1, IDR1, TABLES_PRESET, 0) \
    L(idr2, IDR2, BA_VATOS, 0)                                                                     \
    L(idr3, IDR3, PBHA, 0)          L(idr3, IDR3, MPAM, 0)           L(idr3, IDR3, BBML, 2)        \
    L(idr3, IDR3, DPT, 0)           L(idr3, IDR3, PASIDTT, 0)        L(idr3, IDR3, S1PI, 0)        \
    L(idr3, IDR3, S2PI, 0)          L(idr3, IDR3, S2PO, 0)           L(idr3, IDR3, THE, 0)         \
    L(idr3, IDR3, MTEPERM, 0)       L(idr3, IDR3, AIE, 0)                                          \
    L(idr5, IDR5, OAS, 6)           L(idr5, IDR5, VAX, 1)            L(idr5, IDR5, D128, 0)

/* Fields that are reserved unless another of their register is set.  [SMMUv3 6.3.1, 6.3.6] */
#define ID_NEEDS(N)                                                                                \
    N(idr0, IDR0, HYP, S1P)         N(idr0, IDR0, HYP, S2P)          N(idr0, IDR0, PRI, ATS)       \
    N(idr0, IDR0, NS1ATS, ATS)      N(idr0, IDR0, NS1ATS, S1P)       N(idr0, IDR0, NS1ATS, S2P)    \
    N(idr0, IDR0, ATSRECERR, ATS)   N(idr0, IDR0, VMW, S2P)

static void limit(uint64_t *word, unsigned hi, unsigned lo, uint64_t most)
{
    if (bits_get(*word, hi, lo) > most)
        *word = bits_set(*word, hi, lo, most);
}

void smmuv3_ids_limit(struct smmuv3_regs *r)
{
#define KNOWN(member, R) r->member &= ~field_reserved(&R##_table, 0);
    KNOWN(idr0, IDR0) KNOWN(idr1, IDR1) KNOWN(idr2, IDR2) KNOWN(idr3, IDR3) KNOWN(idr5, IDR5)
#undef KNOWN
#define LIMIT(member, R, N, most) limit(&r->member, R##_##N##_HI, R##_##N##_LO, (most));
    ID_LIMITS(LIMIT)
#undef LIMIT
#define NEED(member, R, N, other) limit(&r->member, R##_##N##_HI, R##_##N##_LO, FIELD_GET(R, other, &r->member));
    ID_NEEDS(NEED)
#undef NEED
    FIELD_SET(IDR0, TTF, &r->idr0, FIELD_GET(IDR0, TTF, &r->idr0) & 2);      /* AArch64 */
    if (FIELD_GET(IDR0, TTENDIAN, &r->idr0) == 1)                           /* reserved */
        FIELD_SET(IDR0, TTENDIAN, &r->idr0, 2);
    if (!FIELD_GET(IDR5, GRAN4K, &r->idr5) && !FIELD_GET(IDR5, GRAN16K, &r->idr5))
        FIELD_SET(IDR5, DS, &r->idr5, 0);
    if (!r->cmdq_page_base || !FIELD_GET(IDR0, MSI, &r->idr0) || !FIELD_GET(IDR0, COHACC, &r->idr0))
        FIELD_SET(IDR1, ECMDQ, &r->idr1, 0);                                /* 6.3.2 */
}

void smmuv3_ids_ecmdqs(struct smmuv3_regs *r, unsigned log2)
{
    FIELD_SET(IDR1, ECMDQ, &r->idr1, 1);
    FIELD_SET(IDR6, LOG2NUMQ, &r->idr6, log2);
    r->cmdq_page_base = SMMUV3_ECMDQ_PAGE;
    FIELD_SET(CONTROL_PAGE, PRESET, &r->cmdq_page_base, 1);
    FIELD_SET(CONTROL_PAGE, CMDQGS, &r->cmdq_page_base, 1);
    r->cmdq_page_cfg = r->cmdq_page_status = FIELD_MASK(CONTROL_PAGE_ON, EN);
}

unsigned smmuv3_size_bits(unsigned code)
{
    static const unsigned char bits[] = { 32, 36, 40, 42, 44, 48, 52 };

    return code < ARRAY_LEN(bits) ? bits[code] : 52;
}
