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

unsigned smmuv3_size_bits(unsigned code)
{
    static const unsigned char bits[] = { 32, 36, 40, 42, 44, 48, 52 };

    return code < ARRAY_LEN(bits) ? bits[code] : 52;
}
