/* SPDX-License-Identifier: Apache-2.0
 *
 * sim.h - one simulation: its time, the order of what happens in it, and when it ends.
 *
 * Time is an integer of picoseconds that starts at 0.  A simulation is built (components, clocks,
 * channels, processes: see comp.h, clock.h, chan.h, proc.h), elaborated, and run.  There may be several
 * in a process, also nested and in several threads, one thread each; they share nothing.
 *
 * What happens at one time is ordered by phase: at each time the phases are gone through upwards, and
 * what is asked for in a phase already passed (or again by its own phase as a delta) makes for another
 * round, a delta cycle.  Within (time, round, phase) it is first asked, first served, and no result may
 * hang on that last: with sim_shuffle a random number from the seed stands in its place, and the rows
 * must be the same.  So who must be served in an order says which: by its number (proc.h); or arbiters
 * collect in SIM_COLLECT and decide in SIM_DECIDE by port number (resource.h); signals change in
 * SIM_UPDATE (signal.h).
 *
 * Nothing is allocated while time runs.
 */
#ifndef KERNEL_SIM_H
#define KERNEL_SIM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/sim.h"

enum sim_phase {
    SIM_COLLECT,           /* processes run, requests are made */
    SIM_DECIDE,            /* arbiters grant them              */
    SIM_UPDATE,            /* signals take their next values   */
    SIM_OBSERVE,           /* monitors look at what came of it */
    SIM_PHASES = 8         /* the others are free              */
};

enum sim_end {
    SIM_END_LIMIT,         /* the time limit was reached, and something is scheduled after it    */
    SIM_END_IDLE,          /* nothing is scheduled; who waits, waits for work                    */
    SIM_END_STUCK,         /* nothing is scheduled, and someone waits for what will never come   */
    SIM_END_STOPPED,       /* sim_stop was called                                                */
};

struct sim;
struct comp;

/* NULL if there is no memory. */
struct sim *sim_new(void);
void sim_free(struct sim *s);              /* NULL is allowed */

/* Reorders what is equal in (time, phase); 0 is the order of asking.  Before anything is scheduled. */
void sim_shuffle(struct sim *s, uint64_t seed);

/* Whether sim_skip may skip; it may unless told otherwise.  No result depends on it. */
void sim_shortcuts(struct sim *s, bool on);

/* Looks whether all below `root` is bound: every port to a channel, no channel to the ports of two
 * components.  Returns 0, or SIM_EINPUT with every port that is not so, by its path.  To be called for
 * each root before time runs. */
int sim_elaborate(struct sim *s, const struct comp *root, struct diag *d);

/* Runs what is due by t_ps, that time included; then it is t_ps, unless the run was stopped. */
enum sim_end sim_run_to(struct sim *s, uint64_t t_ps);

/* Runs until nothing is scheduled; then it is the time of what happened last. */
enum sim_end sim_run(struct sim *s);

/* Ends the run after the process that is running, or the next run before its first. */
void sim_stop(struct sim *s);

/* May whoever runs compute ahead what nothing scheduled can change?  Not without shortcuts, nor while
 * someone watches. */
bool sim_may_look_ahead(const struct sim *s);

/* Makes it t_ps, for what runs and goes on at once, if at most one other thing is scheduled and that for
 * later; false if more is, or something is due by then. */
bool sim_skip(struct sim *s, uint64_t t_ps);

/* What a struct sim begins with. */
struct sim_time { uint64_t now_ps; };

static inline uint64_t sim_now(const struct sim *s)
{
    return ((const struct sim_time *)(const void *)s)->now_ps;
}

uint64_t sim_next_ps(struct sim *s);           /* what is due next, UINT64_MAX if nothing is */
uint64_t sim_events(const struct sim *s);      /* processes resumed and events fired so far  */
uint64_t sim_skips(const struct sim *s);       /* waits that took no event                   */

/* Who waits for what: a line per process that waits for anything but time or work, with the number of
 * lines returned.  `to` may be NULL. */
size_t sim_report_waits(const struct sim *s, FILE *to);

#endif
