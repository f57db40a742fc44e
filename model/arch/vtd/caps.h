/* SPDX-License-Identifier: Apache-2.0
 *
 * caps.h - what CAP and ECAP promise: which of their fields may be set together, and what of registers,
 * commands and descriptors is there because of them.  [VT-d 11.4.2, 11.4.3]
 *
 * What a feature brings is absent without it: its registers read as zero and take no writes, its bits of
 * GCMD switch nothing on, its descriptors are of an invalid type.
 */
#ifndef ARCH_VTD_CAPS_H
#define ARCH_VTD_CAPS_H
#include "arch/vtd/regs.h"

/* Takes out what the model does not have, and what needs a feature that is not there. */
void vtd_caps_limit(uint64_t *cap, uint64_t *ecap);

/* The bits of GCMD that do something. */
uint64_t vtd_caps_commands(uint64_t cap, uint64_t ecap);
bool vtd_caps_has_register(uint64_t cap, uint64_t ecap, enum vtd_reg reg);
/* A descriptor's type, an enum vtd_inv_type. */
bool vtd_caps_has_descriptor(uint64_t ecap, unsigned type);

#endif
