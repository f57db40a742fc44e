/* SPDX-License-Identifier: Apache-2.0
 *
 * wave.h - a waveform of the signals that components declare (comp.h), as an FST file for GTKWave.
 *
 * In go a simulation, the roots of its component trees and a glob over full paths (`smmu.tcu.*`; `*`
 * also matches dots, NULL is all).  Out come two files: the waveform, whose scopes are the component
 * tree, and next to it, under the same name with .gtkw, how GTKWave is to show it: a group for each
 * component, counts in decimal, what is wider than 32 bits in hexadecimal.
 *
 *     w = wave_open(s, &root, 1, "run.fst", "smmu.tcu.*", d);
 *     sim_run(s);
 *     wave_close(w, d);
 *
 * All signals are looked at once for each time at which something happened, when that time is over, and
 * those that changed are written: delta cycles do not show, and a value that changes by time alone (a
 * resource becoming free) does so at the next time at which anything happens.  The unit is 1 ps.  Equal
 * runs give equal files.
 *
 * Room on the disk is reserved before it is needed.  If there is none left, the waveform ends there,
 * the simulation goes on, and wave_close says so: the file is whole up to that time.
 *
 * Memory of ours is taken when it is opened; the FST writer takes its own when it packs some megabytes
 * of changes.  That writer comes with the Debian package verilator; without it at build time,
 * wave_open says what is missing.
 */
#ifndef KERNEL_WAVE_H
#define KERNEL_WAVE_H
#include <stddef.h>

#include "base/diag.h"
#include "kernel/comp.h"
#include "kernel/sim.h"

struct wave;

/* The components must stay until wave_close.  One waveform for a simulation at a time.  NULL if there
 * is none: `d` says why, and no file is left. */
struct wave *wave_open(struct sim *s, const struct comp *const *root, size_t roots, const char *path,
                       const char *glob, struct diag *d);

/* Up to now.  NULL is allowed.  0, or SIM_EENV if the file is not complete. */
int wave_close(struct wave *w, struct diag *d);

#endif
