/* SPDX-License-Identifier: Apache-2.0
 *
 * queue_twin.h - registers and command queue of rtl/ in C (queue_top.sv), around arch/smmuv3/regfile and cmd: the same
 *                answers on the same channels in every cycle.  Parameter: fetch.
 */
#ifndef RTL_COSIM_TWIN_QUEUE_TWIN_H
#define RTL_COSIM_TWIN_QUEUE_TWIN_H
#include "rtl-cosim/twin/lockstep.h"

extern const struct cosim_dut_ops queue_twin;
extern const struct lockstep_stimulus queue_stimulus;

#endif
