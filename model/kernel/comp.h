/* SPDX-License-Identifier: Apache-2.0
 *
 * comp.h - the component tree: names, parameters and counters, ports and signals.
 *
 * A component embeds a struct comp and owns its counters; whoever wants to record them walks the tree.
 * Components are linked in the order they were made, so that a walk gives the same order every time.
 * A component takes over its parent's clock; no time passes here.
 *
 * What a component shows of itself to the outside is declared once, in a struct comp_face: its ports
 * (pointers to channels that others own, bound before time runs) and its signals (values that a waveform
 * may show):
 *
 *     static const struct comp_port ports[] = { COMP_PORT(struct tlb, req) };
 *     static const struct comp_signal signals[] = { COMP_SIGNAL(struct tlb, busy, 1) };
 *     static const struct comp_face face = { ports, ARRAY_LEN(ports), signals, ARRAY_LEN(signals) };
 *
 *     comp_init(&t->comp, &tlb_kind, parent, name, &t->par, &t->st);
 *     t->comp.face = &face;
 */
#ifndef KERNEL_COMP_H
#define KERNEL_COMP_H
#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"
#include "base/param.h"
#include "base/sim.h"

struct chan;
struct clock;
struct comp;

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

/* A port: where in the component stands the pointer to the channel, counted from its struct comp. */
struct comp_port {
    const char *name;
    ptrdiff_t at;
    size_t n;                          /* pointers in a row: 1, or as many as the array has */
};

/* A value that a waveform may show: an integer at a place in the component, or what `get` returns. */
struct comp_signal {
    const char *name;
    ptrdiff_t at;
    unsigned bytes;                    /* of the integer; 0: `get`                          */
    unsigned width;                    /* bits shown, 1 .. 64                               */
    uint64_t (*get)(const struct comp *c);
};

struct comp_face {
    const struct comp_port *port;
    size_t ports;
    const struct comp_signal *signal;
    size_t signals;
};

#define COMP_AT(type, field)                                                                       \
    ((ptrdiff_t)offsetof(type, field) - (ptrdiff_t)offsetof(type, comp))
#define COMP_PORT(type, field)       { #field, COMP_AT(type, field), 1 }
#define COMP_PORTS(type, field)                                                                    \
    { #field, COMP_AT(type, field), ARRAY_LEN(((type *)0)->field) }
#define COMP_SIGNAL(type, field, width)                                                            \
    { #field, COMP_AT(type, field), sizeof(((type *)0)->field), (width), NULL }
#define COMP_SIGNAL_GET(name, width, get) { (name), 0, 0, (width), (get) }

struct comp {
    const struct comp_kind *kind;
    char name[32];
    struct comp *parent, *child, *last, *next;
    const uint64_t *par, *st;          /* [kind->params], [kind->stats]; the component's own structs */
    const struct comp_hist *hist;
    size_t hists;
    uint64_t bits;                     /* storage the structure would need, 0 if none */
    struct clock *clk;                 /* the parent's, unless comp_clock said otherwise; may be NULL */
    const struct comp_face *face;      /* NULL: shows nothing */
    void (*settle)(struct comp *c);    /* brings counters up to now; NULL: they always are */
};

/* `par` and `st` are the component's parameter and statistics structs, which have one word per row.
 * They stay the caller's.  parent is NULL for a root. */
void comp_init(struct comp *c, const struct comp_kind *kind, struct comp *parent, const char *name,
               const void *par, const void *st);

/* Components made below c from now on take this clock, as c itself does. */
void comp_clock(struct comp *c, struct clock *clk);

/* Brings the counters of c and all below it up to now (integrals over time); before they are read. */
void comp_settle(struct comp *c);

/* The value of a signal that c's face declares. */
uint64_t comp_signal_value(const struct comp *c, const struct comp_signal *s);

/* "smmu.tcu.cfg" in buf. */
void comp_path(const struct comp *c, char *buf, size_t size);

/* Calls fn for c and all below it, parents first. */
void comp_walk(const struct comp *c, void (*fn)(const struct comp *c, const char *path, void *arg),
               void *arg);

#endif
