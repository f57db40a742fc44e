/* SPDX-License-Identifier: Apache-2.0
 *
 * wave_merge.h - one waveform of several: the RTL's and the model's side by side, with what the scoreboard says.
 *
 * Each source keeps its hierarchy under a scope of its own.  Of a window of time all changes are taken, and at
 * its start the last values before it.  Notes are texts that GTKWave shows as a signal of letters: what was
 * expected, what was found.  Beside OUT.fst stands OUT.gtkw, which opens it arranged: groups in which signals of
 * both sides stand together, the marker at the window's `at`, markers A and B at `begun`.
 *
 * Memory is taken for the changes of the window.
 */
#ifndef RTL_COSIM_WAVE_MERGE_H
#define RTL_COSIM_WAVE_MERGE_H
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct wave_source { const char *path, *scope; };
struct wave_note { const char *name, *text; uint64_t t_ps; };     /* of one name: rising times */

struct wave_window {
    uint64_t from_ps, to_ps;
    uint64_t at_ps;                    /* of what it is about: the difference              */
    uint64_t begun_ps[2];              /* when its request began on each side; UINT64_MAX: not */
};

/* 0, SIM_EENV (a file cannot be written, or there is no FST writer) or SIM_EINPUT (a source is no waveform). */
int wave_merge(const struct wave_source *src, size_t n, const struct wave_note *note, size_t notes,
               const struct wave_window *w, const char *out, struct diag *d);

/* A group of the save file: a title and what the names of its signals match, each a pattern of fnmatch(3) over
 * full paths without bits, `|` between.  In the order of the patterns, and of what one matches the signals furthest up
 * in the hierarchy; WAVE_GROUP_MAX of each at most. */
enum { WAVE_GROUP_MAX = 32 };
struct wave_group { const char *title, *patterns; };
extern const struct wave_group wave_groups[];          /* up to a row without title */

#endif
