/* SPDX-License-Identifier: Apache-2.0
 *
 * design.h - what the RTL of this room says it can do: its identification registers, in the model's words.
 */
#ifndef RTL_COSIM_TWIN_DESIGN_H
#define RTL_COSIM_TWIN_DESIGN_H
#include "arch/smmuv3/regs.h"

/* All else is zero. */
void cosim_design_idr(struct smmuv3_regs *r);

#endif
