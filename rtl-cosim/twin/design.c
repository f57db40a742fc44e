/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/twin/design.h"

enum { TTF_AARCH64 = 2, LITTLE = 2, TERMINATE = 1, BOTH = 1, OAS_48 = 5 };

void cosim_design_idr(struct smmuv3_regs *r)
{
    FIELD_SET(IDR0, S1P, &r->idr0, 1);
    FIELD_SET(IDR0, S2P, &r->idr0, 1);
    FIELD_SET(IDR0, TTF, &r->idr0, TTF_AARCH64);
    FIELD_SET(IDR0, COHACC, &r->idr0, 1);
    FIELD_SET(IDR0, ASID16, &r->idr0, 1);
    FIELD_SET(IDR0, VMID16, &r->idr0, 1);
    FIELD_SET(IDR0, CD2L, &r->idr0, 1);
    FIELD_SET(IDR0, TTENDIAN, &r->idr0, LITTLE);
    FIELD_SET(IDR0, STALL_MODEL, &r->idr0, TERMINATE);
    FIELD_SET(IDR0, ST_LEVEL, &r->idr0, BOTH);
    FIELD_SET(IDR1, SIDSIZE, &r->idr1, 16);
    FIELD_SET(IDR1, SSIDSIZE, &r->idr1, 20);
    FIELD_SET(IDR3, HAD, &r->idr3, 1);
    FIELD_SET(IDR3, RIL, &r->idr3, 1);
    FIELD_SET(IDR5, OAS, &r->idr5, OAS_48);
    FIELD_SET(IDR5, GRAN4K, &r->idr5, 1);
}
