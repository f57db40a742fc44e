/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/regs.h"

#include "base/sim.h"

#define REG_ROW(N, off, bytes, rw, w1c, m) { #N, (off), (bytes), (rw), (w1c), (m) },
const struct vtd_reg_row vtd_reg_rows[] = { VTD_REGS(REG_ROW) };
const unsigned vtd_reg_count = ARRAY_LEN(vtd_reg_rows);

FIELD_TABLE(vtd_cap_fields, "CAP", "VT-d 11.4", 1, CAP_FIELDS);
FIELD_TABLE(vtd_ecap_fields, "ECAP", "VT-d 11.4", 1, ECAP_FIELDS);
FIELD_TABLE(vtd_gsts_fields, "GSTS", "VT-d 11.4", 1, GSTS_FIELDS);
FIELD_TABLE(vtd_rtaddr_fields, "RTADDR", "VT-d 11.4", 1, RTADDR_FIELDS);
FIELD_TABLE(vtd_ccmd_fields, "CCMD", "VT-d 11.4", 1, CCMD_FIELDS);
FIELD_TABLE(vtd_iva_fields, "IVA", "VT-d 11.4", 1, IVA_FIELDS);
FIELD_TABLE(vtd_iotlb_fields, "IOTLB", "VT-d 11.4", 1, IOTLB_FIELDS);
FIELD_TABLE(vtd_fsts_fields, "FSTS", "VT-d 11.4", 1, FSTS_FIELDS);
FIELD_TABLE(vtd_evctl_fields, "EVCTL", "VT-d 11.4", 1, EVCTL_FIELDS);
FIELD_TABLE(vtd_pmen_fields, "PMEN", "VT-d 11.4", 1, PMEN_FIELDS);
FIELD_TABLE(vtd_iqa_fields, "IQA", "VT-d 11.4", 1, IQA_FIELDS);
FIELD_TABLE(vtd_perfcap_fields, "PERFCAP", "VT-d 11.4", 1, PERFCAP_FIELDS);
FIELD_TABLE(vtd_pqa_fields, "PQA", "VT-d 11.4", 1, PQA_FIELDS);
FIELD_TABLE(vtd_prs_fields, "PRS", "VT-d 11.4", 1, PRS_FIELDS);
FIELD_TABLE(vtd_iqercd_fields, "IQERCD", "VT-d 11.4", 1, IQERCD_FIELDS);

const struct field_table *const vtd_reg_fields[] = {
    &vtd_cap_fields,  &vtd_ecap_fields, &vtd_gsts_fields,  &vtd_rtaddr_fields,
    &vtd_ccmd_fields, &vtd_iva_fields,  &vtd_iotlb_fields, &vtd_fsts_fields,
    &vtd_evctl_fields, &vtd_pmen_fields, &vtd_iqa_fields,  &vtd_iqercd_fields,
    &vtd_perfcap_fields,
    &vtd_pqa_fields, &vtd_prs_fields, NULL,
};

const struct vtd_reg_row *vtd_reg_find(uint32_t offset)
{
    for (unsigned i = 0; i < vtd_reg_count; i++) {
        const struct vtd_reg_row *r = &vtd_reg_rows[i];

        if (offset >= r->offset && offset < r->offset + (uint32_t)r->bytes)
            return r;
    }
    return NULL;
}
