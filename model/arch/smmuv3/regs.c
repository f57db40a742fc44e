/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/regs.h"

#include "base/sim.h"

#define ROW(N, member, off, size, m) { #N, (off), (size), (m) },
const struct smmuv3_reg_row smmuv3_reg_rows[] = { SMMUV3_REGS(ROW) };
const unsigned smmuv3_reg_count = ARRAY_LEN(smmuv3_reg_rows);

FIELD_TABLE(idr0_fields, "IDR0", "[SMMUv3 6.3.1]", 1, IDR0_FIELDS);
FIELD_TABLE(idr1_fields, "IDR1", "[SMMUv3 6.3.2]", 1, IDR1_FIELDS);
FIELD_TABLE(idr3_fields, "IDR3", "[SMMUv3 6.3.4]", 1, IDR3_FIELDS);
FIELD_TABLE(idr5_fields, "IDR5", "[SMMUv3 6.3.6]", 1, IDR5_FIELDS);
FIELD_TABLE(cr0_fields, "CR0", "[SMMUv3 6.3.9]", 1, CR0_FIELDS);
FIELD_TABLE(cr2_fields, "CR2", "[SMMUv3 6.3.12]", 1, CR2_FIELDS);
FIELD_TABLE(gbpa_fields, "GBPA", "[SMMUv3 6.3.14]", 1, GBPA_FIELDS);
FIELD_TABLE(strtab_base_fields, "STRTAB_BASE", "[SMMUv3 6.3.24]", 1, STRTAB_BASE_FIELDS);
FIELD_TABLE(strtab_base_cfg_fields, "STRTAB_BASE_CFG", "[SMMUv3 6.3.25]", 1,
            STRTAB_BASE_CFG_FIELDS);

const struct field_table *const smmuv3_reg_fields[] = {
    &idr0_fields, &idr1_fields, &idr3_fields,        &idr5_fields,            &cr0_fields,
    &cr2_fields,  &gbpa_fields, &strtab_base_fields, &strtab_base_cfg_fields, NULL
};

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
