/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.h - the designs under test that there are: in the program, or in a shared object.
 */
#ifndef RTL_COSIM_DUT_REGISTRY_H
#define RTL_COSIM_DUT_REGISTRY_H
#include "base/diag.h"
#include "rtl-cosim/dut.h"

/* The n-th in the program, NULL after the last. */
const struct cosim_dut_ops *cosim_dut_at(size_t n);

/* By name, or from a shared object: PATH.so or, one of several, PATH.so:NAME.  NULL: d says why, and which there
 * are. */
const struct cosim_dut_ops *cosim_dut_find(const char *name, struct diag *d);

#endif
