/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/shares.h"

#include "base/sim.h"

STAT_ROWS(stats, SHARE_STATS);
static const struct comp_kind share_kind = { "share", NULL, 0, stats, ARRAY_LEN(stats) };

void shares_init(struct shares *s, struct slots *slots)
{
    *s = (struct shares){ .slots = slots };
}

void shares_divide(struct shares *s, enum shares_arbiter arbiter, unsigned n, const struct share_params *par,
                   const char *const *names)
{
    SIM_CHECK(n <= SHARES_MAX, "%u parties", n);
    s->n = n;
    s->arbiter = arbiter;
    s->last = n - 1;
    for (unsigned i = 0; i < n; i++) {
        struct share *h = &s->share[i];

        *h = (struct share){ .par = par[i] };
        qlist_init(&h->waiters);
        comp_init(&h->comp, &share_kind, &s->slots->comp, names[i], NULL, &h->st);
    }
}

static bool is_below_limit(const struct share *h)
{
    return !h->par.limit || h->used < h->par.limit;
}

static bool is_ready(const struct share *h)
{
    return !qlist_empty(&h->waiters) && is_below_limit(h);
}

static const struct proc *oldest_of(const struct share *h)
{
    return CONTAINER_OF(h->waiters.next, const struct proc, waiter);
}

static bool is_older(const struct share *a, const struct share *b)
{
    const struct proc *p = oldest_of(a), *q = oldest_of(b);

    return p->since_ps != q->since_ps ? p->since_ps < q->since_ps : p->number < q->number;
}

static struct share *by_age(struct shares *s, bool priority)
{
    struct share *best = NULL;

    for (unsigned i = 0; i < s->n; i++) {
        struct share *h = &s->share[i];

        if (!is_ready(h))
            continue;
        if (!best || (priority && h->par.priority > best->par.priority) ||
            ((!priority || h->par.priority == best->par.priority) && is_older(h, best)))
            best = h;
    }
    return best;
}

/* The next one that is ready, after the last; with `credit` only such as have one left. */
static struct share *in_turn(struct shares *s, bool credit)
{
    for (unsigned i = 1; i <= s->n; i++) {
        struct share *h = &s->share[(s->last + i) % s->n];

        if (is_ready(h) && (!credit || h->credit))
            return h;
    }
    return NULL;
}

/* The party goes on until its weight is used up. */
static struct share *by_weight(struct shares *s)
{
    struct share *h = &s->share[s->last];

    if (!is_ready(h) || !h->credit)
        h = in_turn(s, true);
    if (!h) {
        for (unsigned i = 0; i < s->n; i++)
            s->share[i].credit = s->share[i].par.weight;
        h = in_turn(s, true);
    }
    if (h)
        h->credit--;
    return h;
}

static struct share *choose(struct shares *s)
{
    switch (s->arbiter) {
    case SHARES_ROUND_ROBIN: return in_turn(s, false);
    case SHARES_WEIGHTED:    return by_weight(s);
    default:                 return by_age(s, s->arbiter == SHARES_PRIORITY);
    }
}

bool shares_free_one(const struct shares *s, unsigned party)
{
    return slots_free(s->slots) && is_below_limit(&s->share[party]);
}

static void count_in(struct share *h)
{
    h->used++;
    h->st.uses++;
    if (h->used > h->st.peak)
        h->st.peak = h->used;
}

bool shares_take_one(struct shares *s, unsigned party)
{
    if (!is_below_limit(&s->share[party]) || !slots_take(s->slots))
        return false;
    count_in(&s->share[party]);
    return true;
}

/* While there are slots and ready parties, they have them; then work that nobody waits for. */
void shares_give_one(struct shares *s, unsigned party)
{
    uint64_t now = sim_now(s->slots->sim);
    struct share *h;

    slots_give_at(s->slots, now);
    if (party != SHARES_NOBODY)
        s->share[party].used--;
    while (slots_free(s->slots) && (h = choose(s)) != NULL) {
        struct proc *p = CONTAINER_OF(h->waiters.next, struct proc, waiter);

        slots_take(s->slots);
        count_in(h);
        s->last = (unsigned)(h - s->share);
        s->slots->st.wait_ps += now - p->since_ps;
        h->st.wait_ps += now - p->since_ps;
        proc_trigger(p);
    }
    while (slots_free(s->slots) && !qlist_empty(&s->slots->low)) {
        struct proc *p = CONTAINER_OF(s->slots->low.next, struct proc, waiter);

        slots_take(s->slots);
        s->slots->st.wait_ps += now - p->since_ps;
        proc_trigger(p);
    }
}

enum proc_state shares_wait(struct shares *s, struct proc *p, unsigned party)
{
    struct share *h = &s->share[party];

    if (!s->n)
        return slots_wait(s->slots, p);
    p->wait = PROC_FOR_RESOURCE;
    p->wait_on = &s->slots->comp;
    p->idle = false;
    p->since_ps = sim_now(s->slots->sim);
    s->slots->st.waits++;
    h->st.waits++;
    qlink_insert_after(&p->waiter, h->waiters.prev);
    return PROC_WAITING;
}
