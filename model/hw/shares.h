/* SPDX-License-Identifier: Apache-2.0
 *
 * shares.h - slots divided among parties: so many at most for each, and who is next when one is given back.
 *
 * The arbiter chooses among the parties that wait and have fewer than their limit:
 *
 *   age          who has waited longest
 *   round-robin  the parties in turn
 *   weighted     in turn, each as often as its weight says before all begin anew
 *   priority     the one of the highest priority, of such of equal priority who has waited longest
 *
 * Without parties these are plain slots.  Work that nobody waits for (slots.h) comes after all parties.
 */
#ifndef HW_SHARES_H
#define HW_SHARES_H
#include "hw/slots.h"

#define SHARE_STATS(S)                                                                             \
    S(uses,    "1",  "times that the party took a slot")                                           \
    S(waits,   "1",  "of these, after waiting for one")                                            \
    S(wait_ps, "ps", "time of that, together")                                                     \
    S(peak,    "1",  "most that it had at a time")

enum shares_arbiter { SHARES_AGE, SHARES_ROUND_ROBIN, SHARES_WEIGHTED, SHARES_PRIORITY };
enum { SHARES_MAX = 16, SHARES_NOBODY = SHARES_MAX };

struct share_params { uint64_t limit, weight, priority; };         /* limit 0: none */
struct share_stats { STAT_FIELDS(SHARE_STATS) };

struct share {
    struct share_params par;
    struct share_stats st;
    uint64_t used, credit;
    struct qlink waiters;
    struct comp comp;
};

struct shares {
    struct slots *slots;
    unsigned n, last;                  /* parties, 0: plain slots; who was chosen last */
    enum shares_arbiter arbiter;
    struct share share[SHARES_MAX];
};

/* Of slots that are there; names[n] are those of the parties' components, below that of the slots. */
void shares_init(struct shares *s, struct slots *slots);
void shares_divide(struct shares *s, enum shares_arbiter arbiter, unsigned n, const struct share_params *par,
                   const char *const *names);

bool shares_free_one(const struct shares *s, unsigned party);
bool shares_take_one(struct shares *s, unsigned party);
void shares_give_one(struct shares *s, unsigned party);
enum proc_state shares_wait(struct shares *s, struct proc *p, unsigned party);

static inline bool shares_free(const struct shares *s, unsigned party)
{
    return s->n ? shares_free_one(s, party) : slots_free(s->slots);
}

static inline bool shares_take(struct shares *s, unsigned party)
{
    return s->n ? shares_take_one(s, party) : slots_take(s->slots);
}

/* SHARES_NOBODY gives back what it had from the slots themselves. */
static inline void shares_give(struct shares *s, unsigned party)
{
    if (s->n)
        shares_give_one(s, party);
    else
        slots_give(s->slots);
}

#define PROC_SHARE(p, s, party)                                                                    \
    do {                                                                                           \
        if (!shares_take(s, party)) {                                                              \
            (p)->pos = __LINE__;                                                                   \
            return shares_wait((s), (p), (party));                                                 \
        }                                                                                          \
        __attribute__((fallthrough));                                                              \
    case __LINE__:;                                                                                \
    } while (0)

#endif
