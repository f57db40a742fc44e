/* SPDX-License-Identifier: Apache-2.0
 *
 * comp.h - the component tree: names, parameters and counters, and nothing about time.
 *
 * A component embeds a struct comp and owns its counters; whoever wants to record them walks the tree.
 * Components are linked in the order they were made, so that a walk gives the same order every time.
 */
#ifndef KERNEL_COMP_H
#define KERNEL_COMP_H
#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"
#include "base/param.h"

struct comp_kind {
    const char *name;                  /* "store" */
    const struct param_row *param;
    size_t params;
    const struct stat_row *stat;
    size_t stats;
};

struct comp_hist {                     /* a distribution that a component keeps */
    const char *name, *unit;
    const struct hist *hist;
};

struct comp {
    const struct comp_kind *kind;
    char name[32];
    struct comp *parent, *child, *last, *next;
    const uint64_t *par, *st;          /* [kind->params], [kind->stats]; the component's own structs */
    const struct comp_hist *hist;
    size_t hists;
    uint64_t bits;                     /* storage the structure would need, 0 if none */
};

/* `par` and `st` are the component's parameter and statistics structs, which have one word per row.
 * They stay the caller's.  parent is NULL for a root. */
void comp_init(struct comp *c, const struct comp_kind *kind, struct comp *parent, const char *name,
               const void *par, const void *st);

/* "smmu.tcu.cfg" in buf. */
void comp_path(const struct comp *c, char *buf, size_t size);

/* Calls fn for c and all below it, parents first. */
void comp_walk(const struct comp *c, void (*fn)(const struct comp *c, const char *path, void *arg),
               void *arg);

#endif
