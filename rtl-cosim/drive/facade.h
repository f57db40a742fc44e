/* SPDX-License-Identifier: Apache-2.0
 *
 * facade.h - the host software (workloads/host) for a design in its own time: what it would write into tables,
 *            registers and the command queue becomes operations of struct cpu.
 *
 * The host runs ahead: it sees a memory of its own, in which its writes are at once, and a system (system/system.h)
 * that hands on what it is told.
 */
#ifndef RTL_COSIM_FACADE_H
#define RTL_COSIM_FACADE_H
#include "rtl-cosim/drive/cpu.h"
#include "workloads/host/host.h"

struct facade {
    struct system sys;
    struct system_watch watch;
    struct host host;
    struct cpu *cpu;
    struct scoreboard *board;
};

/* par: NULL for the defaults.  0, or an error with host.why.  To be destroyed in any case. */
int  facade_init(struct facade *f, struct cpu *cpu, struct scoreboard *board, const struct host_params *par);
void facade_destroy(struct facade *f);

#endif
