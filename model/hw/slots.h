/* SPDX-License-Identifier: Apache-2.0
 *
 * slots.h - a number of equal slots, each held for as long as its work takes: translation slots, walk
 *           slots, tags, posted-write credits, buffers.
 *
 * Who finds none free waits, first come, first served, and has one when it is resumed.  Work that nobody waits
 * for comes after all other: it may take a slot that is free (PROC_SLOT_LOW).  How long how many
 * were in use is kept as a distribution over time.  0 slots: as many as anyone wants.
 */
#ifndef HW_SLOTS_H
#define HW_SLOTS_H
#include "kernel/proc.h"

#define SLOTS_PARAMS(P) P(u64, n, 0, 0, 65536, "1", "slots; 0: any number")

#define SLOTS_STATS(S)                                                                             \
    S(uses,     "1",  "times that a slot was taken")                                               \
    S(waits,    "1",  "of these, after waiting for one")                                           \
    S(wait_ps,  "ps", "time of that, together")                                                    \
    S(busy_ps,  "ps", "integral over time of the slots in use")                                    \
    S(peak,     "1",  "most in use at a time")

struct slots_params { PARAM_FIELDS(SLOTS_PARAMS) };
struct slots_stats { STAT_FIELDS(SLOTS_STATS) };
extern const struct param_row slots_rows[];
enum { SLOTS_ROWS = 1 };

struct slots {
    uint32_t n, used;                  /* n: UINT32_MAX without limit */
    uint64_t last_ps;                  /* busy_ps and the distribution are right up to then */
    struct sim *sim;
    struct qlink waiters, low;         /* low: served when nobody else waits */
    uint64_t *at;                      /* [SLOTS_HIST + 1]: time for which so many were in use */
    struct hist occupancy;
    struct slots_params par;
    struct slots_stats st;
    struct comp comp;
    struct comp_hist hist;
};

enum { SLOTS_HIST = 1024 };            /* more than that count as that many */

/* 0 or SIM_EENV. */
int  slots_init(struct slots *s, struct comp *parent, const char *name, const struct slots_params *par);
void slots_destroy(struct slots *s);

static inline void slots_account(struct slots *s, uint64_t now_ps)
{
    uint64_t dt = now_ps - s->last_ps;

    s->st.busy_ps += s->used * dt;
    s->at[s->used < SLOTS_HIST ? s->used : SLOTS_HIST] += dt;
    s->last_ps = now_ps;
}

static inline bool slots_free(const struct slots *s)
{
    return s->used < s->n;
}

/* Takes a slot if one is free. */
static inline bool slots_take(struct slots *s)
{
    if (s->used >= s->n)
        return false;
    slots_account(s, sim_now(s->sim));
    s->used++;
    s->st.uses++;
    if (s->used > s->st.peak)
        s->st.peak = s->used;
    return true;
}

/* Gives one back: who has waited longest has it from now on.  _at: it was given back at t_ps, before now
 * but after all else that happened to the slots; nobody waits. */
void slots_give(struct slots *s);
static inline void slots_give_at(struct slots *s, uint64_t t_ps)
{
    slots_account(s, t_ps);
    s->used--;
}

/* comp.settle: brings the distribution up to now. */
void slots_settle(struct slots *s);

/* Waits for a slot; with PROC_SLOT it has one when it goes on. */
enum proc_state slots_wait(struct slots *s, struct proc *p);

enum proc_state slots_wait_low(struct slots *s, struct proc *p);

#define PROC_SLOT(p, s) PROC_SLOT_OR(p, s, slots_wait)
#define PROC_SLOT_LOW(p, s) PROC_SLOT_OR(p, s, slots_wait_low)
#define PROC_SLOT_OR(p, s, wait)                                                                   \
    do {                                                                                           \
        if (!slots_take(s)) {                                                                      \
            (p)->pos = __LINE__;                                                                   \
            return wait((s), (p));                                                                 \
        }                                                                                          \
        __attribute__((fallthrough));                                                              \
    case __LINE__:;                                                                                \
    } while (0)

#endif
