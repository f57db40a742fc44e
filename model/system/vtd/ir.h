/* SPDX-License-Identifier: Apache-2.0
 *
 * ir.h - interrupt remapping in a VT-d unit: its registers' consequences, the interrupt entry cache, and
 * counters.  [VT-d 5, 6.4]
 *
 * A part that is there if ECAP.IR says so.  Without it, or IRE, interrupt requests go on as they are.  With it SIRTP
 * latches IRTA (with CAP.ESIRTPS all kept entries go), IRE and CFI say what becomes of requests, and the store vtd.iec
 * keeps entries that are present and legal by index.
 *
 * A request is a write of the interrupt range without PASID; what it writes stands in xl_req.data.  The message that
 * goes on to an APIC takes no data access.  A posted interrupt is one access to its descriptor, which it changes.
 */
#ifndef SYSTEM_VTD_IR_H
#define SYSTEM_VTD_IR_H
#include "arch/vtd/invdesc.h"
#include "arch/vtd/irte.h"
#include "kernel/comp.h"

#define VTD_IR_PARAMS(P)                                                                             \
    P(choice, inval, 0, 0, 1, "index|global",                                                         \
      "what an index-selective invalidation of interrupt entries removes")

enum vtd_ir_inval { VTD_IR_INVAL_INDEX, VTD_IR_INVAL_GLOBAL };

#define VTD_IR_STATS(S)                                                                              \
    S(remapped,      "1", "interrupts sent on as their entries say")                                  \
    S(passed,        "1", "interrupts in compatibility format, sent on as they are")                  \
    S(posted,        "1", "interrupts posted")                                                        \
    S(notifications, "1", "notifications of posted interrupts sent")                                  \
    S(blocked,       "1", "interrupt requests blocked by a fault")                                    \
    S(entry_reads,   "1", "interrupt entries read")                                                   \
    S(descriptor_accesses, "1", "accesses to posted-interrupt descriptors")                           \
    S(invalidations, "1", "invalidations of the interrupt entry cache")

struct vtd_ir_params { PARAM_FIELDS(VTD_IR_PARAMS) };
struct vtd_ir_stats { STAT_FIELDS(VTD_IR_STATS) };

struct vtd_ir_part {
    struct comp comp;
    struct vtd_ir_params par;
    struct vtd_ir_stats st;
};

struct vtd_system;
struct vtd_xact;

void vtd_ir_params_add(struct vtd_ir_params *p, struct param_set *set);
void vtd_ir_init(struct vtd_system *u, const struct vtd_ir_params *p);

/* Answers IEC, IRTE and PD; and keeps what that completes. */
void vtd_ir_answer(struct vtd_system *u, struct vtd_xact *x);
/* Counts a request that was to be remapped, at its end. */
void vtd_ir_end(struct vtd_system *u, const struct vtd_xact *x);
/* The request as its fault record tells it: with the index in the place of the page. */
struct xl_req vtd_ir_faulting(const struct vtd_xact *x);

void vtd_ir_invalidate(struct vtd_system *u, const struct vtd_inv *inv);
/* SIRTP: true if all kept entries have to go with it. */
bool vtd_ir_set_table(struct vtd_system *u);
/* IRE and CFI are now as in gsts. */
void vtd_ir_switch(struct vtd_system *u, uint64_t gsts);

#endif
