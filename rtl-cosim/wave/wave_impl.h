/* SPDX-License-Identifier: Apache-2.0
 *
 * wave_impl.h - inside the merged waveform: the names that are in it, for the save file.
 */
#ifndef RTL_COSIM_WAVE_IMPL_H
#define RTL_COSIM_WAVE_IMPL_H
#include <stdbool.h>

#include "rtl-cosim/wave/wave_merge.h"

struct wave_name {
    char    *path;                     /* rtl.dut.req_addr                                  */
    char    *bits;                     /* "[63:0]" or ""                                    */
    uint32_t width;
    bool     text, shown;
};
struct wave_names { struct wave_name *name; size_t n, room; };

/* OUT.gtkw of OUT.fst.  0 or SIM_EENV. */
int wave_save_file(struct wave_names *names, const struct wave_window *w, const char *fst, struct diag *d);

#endif
