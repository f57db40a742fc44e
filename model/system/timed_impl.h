/* SPDX-License-Identifier: Apache-2.0
 *
 * timed_impl.h - what timed.c, which puts a timed system together, and flow.c, which runs it, share.
 */
#ifndef SYSTEM_TIMED_IMPL_H
#define SYSTEM_TIMED_IMPL_H
#include "system/timed.h"

/* The process of every flow. */
proc_fn timed_run_flow;

/* For system/ats_timed.c.  The flow is on its way up the link and at the front at arrival_ps; a request's
 * answer starts its process ats_run anew when it is back at the device. */
void timed_pass(struct flow *f, enum timed_pass pass, uint64_t out_ps, uint64_t arrival_ps);
void timed_charge_port(struct flow *f, const struct port *p, uint64_t start_ps);

/* Do earlier ones of its stream come first?  Then it is triggered when it is its turn.  It has it: the next is that
 * of the one behind it.  The device gives it up, whose turn it is. */
bool timed_waits_for_turn(struct flow *f);
void timed_take_turn(struct flow *f);
void timed_give_up(struct flow *f);

#endif
