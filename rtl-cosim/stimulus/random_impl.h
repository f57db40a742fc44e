/* SPDX-License-Identifier: Apache-2.0
 *
 * random_impl.h - what random.c (the scene, accesses) and random_change.c (changes, invalidations) share.
 */
#ifndef RTL_COSIM_STIMULUS_RANDOM_IMPL_H
#define RTL_COSIM_STIMULUS_RANDOM_IMPL_H
#include "rtl-cosim/stimulus/random.h"

uint64_t random_pick(struct random *r, uint64_t n);            /* 0 .. n-1 */
bool     random_percent(struct random *r, uint64_t p);
unsigned random_choose(struct random *r, const uint64_t *weight, unsigned n);
void     random_gap(struct random *r);                         /* time passes, or not */

int      random_level(struct random *r, const struct tree *t);
uint64_t random_attr(struct random *r, const struct tree *t);
uint64_t random_output(struct random *r, const struct tree *t, const struct vm *vm, int level, uint64_t *spot);
/* A leaf where none is; NULL: there is one. */
struct page *random_new_page(struct random *r, struct tree *t, struct vm *vm);
/* The leaf becomes one that faults. */
void     random_spoil(struct random *r, struct tree *t, struct page *p);
struct space *random_space_of(struct random *r, const struct vm *vm);     /* NULL: it has none */
/* A row of scene_breaks + 1, or, most times, 0. */
unsigned random_break(struct random *r, const struct field_table *table, bool s2);

void random_access(struct random *r);
void random_change(struct random *r);

#endif
