/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_lines.h - lines of QEMU's VT-d log, for tests.
 */
#ifndef TESTS_TRACES_VTD_LINES_H
#define TESTS_TRACES_VTD_LINES_H

/* One line of a log, at microsecond `us` after the tests' beginning. */
#define VTD_AT(us, text) "77@1795200502." #us ":" text "\n"

#define VTD_ROOT VTD_AT(000001, "vtd_reg_write addr 0x20 size 0x8 value 0x1000000")                \
                 VTD_AT(000001, "vtd_reg_dmar_root addr 0x1000000 scalable 0")

/* Function 01:00.1 has domain 8, four levels, its page table at 0x2000000. */
#define VTD_CC(us, how) VTD_AT(us, "vtd_iotlb_cc_" how)
#define VTD_CC_HIT(us)                                                                             \
    VTD_CC(us, "hit IOTLB context hit bus 0x1 devfn 0x1 high 0x802 low 0x2000001 gen 1")
#define VTD_CC_UPDATE(us)                                                                          \
    VTD_CC(us, "update IOTLB context update bus 0x1 devfn 0x1 high 0x802 low 0x2000001 gen 0 -> gen 1")
/* Scalable mode: function 01:00.1 has RID_PASID 0x41, its directory at 0x2000000. */
#define VTD_SROOT VTD_AT(000001, "vtd_reg_dmar_root addr 0x1000000 scalable 1")
#define VTD_SCC_HIT(us)                                                                            \
    VTD_CC(us, "hit IOTLB context hit bus 0x1 devfn 0x1 high 0x41 low 0x2000401 gen 1")
#define VTD_SCC_UPDATE(us)                                                                         \
    VTD_CC(us, "update IOTLB context update bus 0x1 devfn 0x1 high 0x41 low 0x2000401 gen 0 -> gen 1")
#define VTD_MISS(us, iova, entry)                                                                  \
    VTD_AT(us, "vtd_iotlb_page_update IOTLB page update sid 0x101 iova " iova " slpte " entry " domain 0x8")
#define VTD_HIT(us, iova, entry)                                                                   \
    VTD_AT(us, "vtd_iotlb_page_hit IOTLB page hit sid 0x101 iova " iova " slpte " entry " domain 0x8")
#define VTD_DONE(us, page, out, mask)                                                              \
    VTD_AT(us, "vtd_dmar_translate dev 01:00.01 iova " page " -> gpa " out " mask " mask)
#define VTD_FAULT(us, code, addr, write)                                                           \
    VTD_AT(us, "vtd_dmar_fault sid 0x101 fault " code " addr " addr " write " write)
#define VTD_INVAL(us, high, low)                                                                   \
    VTD_AT(us, "vtd_inv_desc invalidate desc type iotlb high " high " low " low)
#define VTD_WAIT(us)                                                                               \
    VTD_AT(us, "vtd_inv_desc invalidate desc type wait high 0x3000 low 0x200000025")
#define VTD_IQT(us) VTD_AT(us, "vtd_reg_write addr 0x88 size 0x4 value 0x20")

#endif
