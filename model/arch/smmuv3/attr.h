/* SPDX-License-Identifier: Apache-2.0
 *
 * attr.h - memory types and shareability: what stage 1, stage 2, the STE and the transaction itself make of
 *          each other.  [SMMUv3 13.1, DDI 0487 D8.6]
 *
 * A memory type is a byte of MAIR, allocation and transient hints included.  Stage 2 has none of these and
 * leaves those of stage 1.
 */
#ifndef ARCH_SMMUV3_ATTR_H
#define ARCH_SMMUV3_ATTR_H
#include <stdbool.h>
#include <stdint.h>

enum smmuv3_sh { SH_NSH = 0, SH_OSH = 2, SH_ISH = 3 };
enum { MAIR_WB = 0xff, MAIR_NC = 0x44, MAIR_DEVICE = 0x04 };   /* DEVICE: nGnRE */

struct smmuv3_attr { uint8_t mair, sh; };

static inline bool smmuv3_is_device(uint8_t mair)
{
    return (mair & 0xf0) == 0;
}

/* A four-bit MemAttr as STE.MemAttr, GBPA.MemAttr and stage 2 descriptors have it. */
uint8_t smmuv3_memattr(unsigned memattr);

/* Device and non-cacheable memory is outer shareable whatever is said of it. */
struct smmuv3_attr smmuv3_attr(uint8_t mair, uint8_t sh);

/* ALLOCCFG: with bit 3, read- and write-allocate and transient are as bits 2 to 0 say.  [SMMUv3 5.2] */
uint8_t smmuv3_alloc(uint8_t mair, unsigned alloccfg);

/* What stage 1 (or the transaction) says, restricted by stage 2; `fwb`: STE.S2FWB. */
struct smmuv3_attr smmuv3_attr_combine(struct smmuv3_attr in, unsigned memattr, uint8_t sh, bool fwb);

/* Does a stage 2 MemAttr make Device memory of anything? */
bool smmuv3_memattr_device(unsigned memattr, bool fwb);

#endif
