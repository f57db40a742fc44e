/* SPDX-License-Identifier: Apache-2.0
 *
 * model.h - the model itself as a design: the timed system of a profile, clocked from edge to edge.
 *
 * At each tick what is due by then has happened; requests and register accesses take effect at the edge.  Memory is
 * the driver's, looked at past the ports (struct cosim_direct), and takes as long as it would through them.  The
 * system's configuration is that of the driver, with time (system_config_timed).
 */
#ifndef RTL_COSIM_TWIN_MODEL_H
#define RTL_COSIM_TWIN_MODEL_H
#include "rtl-cosim/dut.h"

extern const struct cosim_dut_ops cosim_dut_model;

#endif
