/* SPDX-License-Identifier: Apache-2.0
 *
 * wave_impl.h - the waveform's inside: what is shown, the FST file, GTKWave's save file.
 */
#ifndef KERNEL_WAVE_IMPL_H
#define KERNEL_WAVE_IMPL_H
#include "kernel/wave.h"

enum { WAVE_PATH = 256 };

struct wave_fst;

struct wave_signal {
    const struct comp        *comp;
    const struct comp_signal *sig;
    uint64_t                  last;    /* as it was written */
    uint32_t                  handle;
};

struct wave {
    struct sim         *sim;
    struct wave_fst    *fst;
    char               *path;
    struct wave_signal *signal;        /* [n], parents first, in the order of the tree */
    size_t              n;
    uint64_t            names_bytes;   /* of all paths, together */
    bool                begun;         /* all have been written once */
};

/* A signal's name in the file: with its bits if there are several, as Verilog's tools have it. */
void wave_name(const struct wave_signal *s, char *buf, size_t size);

/* Whether a signal of c or of a component below it is shown. */
bool wave_shows(const struct wave *w, const struct comp *c);

/* ---- the FST file: wave_fst.c ---- */

struct wave_fst *wave_fst_open(const char *path, size_t signals, uint64_t names_bytes,
                               struct diag *d);
void wave_fst_scope(struct wave_fst *f, const char *name, const char *kind);
void wave_fst_scope_end(struct wave_fst *f);
uint32_t wave_fst_signal(struct wave_fst *f, const char *name, unsigned width);

/* What is written from now on is of t_ps, which is not before the last; at least one value must follow.
 * False if there is no room for it. */
bool wave_fst_time(struct wave_fst *f, uint64_t t_ps);
void wave_fst_value(struct wave_fst *f, uint32_t handle, unsigned width, uint64_t value);

int  wave_fst_close(struct wave_fst *f, uint64_t end_ps, struct diag *d);
void wave_fst_discard(struct wave_fst *f);

/* ---- the save file: wave_gtkw.c ---- */

int  wave_gtkw_write(const struct wave *w, const struct comp *const *root, size_t roots,
                     const char *fst_path, struct diag *d);
void wave_gtkw_end(const char *fst_path, uint64_t end_ps);

#endif
