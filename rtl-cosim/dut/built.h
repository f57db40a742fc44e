/* SPDX-License-Identifier: Apache-2.0
 *
 * built.h - the parameters that a design was built with, for one source file: those that verilate.cmake has written
 *           into DUT_BUILT.  C++.
 */
#ifndef RTL_COSIM_DUT_BUILT_H
#define RTL_COSIM_DUT_BUILT_H
#include "rtl-cosim/dut.h"

#define P(name, value) { name, value },
static const struct cosim_param built[] = {
#include DUT_BUILT
    { nullptr, 0 },
};
#undef P

#endif
