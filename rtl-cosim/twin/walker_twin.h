/* SPDX-License-Identifier: Apache-2.0
 *
 * walker_twin.h - rtl/walker.sv in C: a machine of arch/smmuv3/translate in each slot, walk caches of hw/store between
 *                 them, the same arbiters; the same answers on the same channels in every cycle.
 *
 * Parameters are those of dut/walker_shim.sv in lower case.  What an invalidation overtakes is found in a list of
 * them when it is to be kept, not gathered in flags as in RTL.
 */
#ifndef RTL_COSIM_TWIN_WALKER_TWIN_H
#define RTL_COSIM_TWIN_WALKER_TWIN_H
#include "rtl-cosim/twin/lockstep.h"

extern const struct cosim_dut_ops walker_twin;
extern const struct lockstep_stimulus walker_stimulus;

#endif
