/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupt remapping: a table whose first entries any device may use.  [VT-d 5.1, 9.9]
 */
#include "arch/vtd/irte.h"
#include "base/bits.h"
#include "workloads/host/host_vtd_impl.h"

enum { VECTOR_FIRST = 0x30, VECTORS = 0xc0, CPUS = 16 };

static int write_entries(struct host *h, uint64_t table)
{
    int err = 0;

    for (uint32_t i = 0; !err && i < h->par.interrupts; i++) {
        struct vtd_irte e = { .vector = (uint8_t)(VECTOR_FIRST + i % VECTORS), .dest = i % CPUS };
        uint64_t words[VTD_IRTE_WORDS], pa = table + (uint64_t)i * VTD_IRTE_BYTES;

        vtd_encode_irte(host_vtd_unit(h), &e, words);
        err = host_write(h, pa + 8, words[1]);
        err = err ? err : host_write(h, pa, words[0]);         /* with P */
    }
    return err;
}

static int forget_entries(struct host *h)
{
    int err = host_vtd_give(h, &(struct vtd_inv){ .type = VTD_INV_IEC, .g = VTD_IEC_GLOBAL });

    return err ? err : host_vtd_wait(h);
}

int host_vtd_interrupts(struct host *h, uint64_t gcmd)
{
    unsigned log2 = h->par.interrupts > 2 ? bits_log2(h->par.interrupts - 1) + 1 : 1;   /* the smallest table has 2 */
    uint64_t bytes = (uint64_t)VTD_IRTE_BYTES << log2, irta = 0, once = gcmd, table;
    int err;

    if (!FIELD_GET(ECAP, IR, &host_vtd_unit(h)->ecap))
        return host_fail(h, SIM_EENV, "VT-d: no interrupt remapping (ECAP.IR)");
    table = host_alloc(h, bits_log2(bytes) > 12 ? bits_log2(bytes) : 12);
    if (!table)
        return SIM_EENV;
    FIELD_SET_ADDR(IRTA, IRTA, &irta, table);
    FIELD_SET(IRTA, S, &irta, log2 - 1);
    FIELD_SET(GSTS, IRTPS, &once, 1);
    FIELD_SET(GSTS, IRES, &gcmd, 1);
    err = write_entries(h, table);
    err = err ? err : system_reg_write(h->sys, VTD_REG_IRTA, irta, 8);
    err = err ? err : host_vtd_gcmd(h, once);
    err = err ? err : forget_entries(h);
    return err ? err : host_vtd_gcmd(h, gcmd);
}
