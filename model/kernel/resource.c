/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/resource.h"

#include <stdlib.h>

#include "kernel/sim_impl.h"

PARAM_ROWS(params, RES_PARAMS);
STAT_ROWS(stats, RES_STATS);
static const struct comp_kind res_kind = { "resource", params, ARRAY_LEN(params), stats,
                                           ARRAY_LEN(stats) };
static proc_fn decide;

static uint64_t get_asking(const struct comp *comp)
{
    uint64_t n = 0;

    for (const struct res_use *u = CONTAINER_OF(comp, struct resource, comp)->asking; u; u = u->next)
        n++;
    return n;
}

static uint64_t get_busy(const struct comp *comp)
{
    const struct resource *r = CONTAINER_OF(comp, struct resource, comp);
    uint64_t n = r->units - r->known;

    for (uint32_t i = 0; i < r->known; i++)
        n += r->free_ps[i] > comp->clk->sim->now_ps;
    return n;
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL_GET("busy", 16, get_busy),
    COMP_SIGNAL_GET("asking", 16, get_asking),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

int res_init(struct resource *r, struct comp *parent, const char *name,
             const struct res_params *par)
{
    SIM_CHECK(par->units > 0, "resource %s has no units", name);
    *r = (struct resource){ .par = *par };
    r->units = r->known = (uint32_t)par->units;
    comp_init(&r->comp, &res_kind, parent, name, &r->par, &r->st);
    r->comp.face = &face;
    proc_init(&r->decide, &r->comp, "decide", decide);
    r->decide.phase = SIM_DECIDE;
    r->free_ps = calloc(par->units, sizeof *r->free_ps);
    return r->free_ps ? SIM_OK : SIM_EENV;
}

void res_destroy(struct resource *r)
{
    free(r->free_ps);
    r->free_ps = NULL;
}

/* ---- the heap of times at which units are free ---- */

static void sift_down(uint64_t *heap, uint32_t n, uint64_t v)
{
    uint32_t i = 0, k;

    while ((k = 2 * i + 1) < n) {
        k += k + 1 < n && heap[k + 1] < heap[k];
        if (heap[k] >= v)
            break;
        heap[i] = heap[k];
        i = k;
    }
    heap[i] = v;
}

static void sift_up(uint64_t *heap, uint32_t i, uint64_t v)
{
    while (i > 0 && heap[(i - 1) / 2] > v) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = v;
}

/* ---- booking ---- */

static void count(struct resource *r, uint64_t when, uint64_t start)
{
    r->st.uses++;
    r->st.disorder += when < r->last_when_ps;
    r->last_when_ps = when;
    if (start > when) {
        r->st.waits++;
        r->st.wait_ps += start - when;
    }
}

/* A unit's time is known. */
static uint64_t book(struct resource *r, uint64_t when, uint64_t hold)
{
    uint64_t start = r->free_ps[0] > when ? r->free_ps[0] : when;

    count(r, when, start);
    if (hold == RES_HELD) {
        r->known--;
        if (r->known)
            sift_down(r->free_ps, r->known, r->free_ps[r->known]);
    } else {
        r->st.busy_ps += hold;
        sift_down(r->free_ps, r->known, start + hold);
    }
    return start;
}

/* Whether a booking for `when` can be made now: units that are held may be free before those whose time
 * is known. */
static bool bookable(const struct resource *r, uint64_t when)
{
    return r->known && (r->known == r->units || r->free_ps[0] <= when);
}

uint64_t res_earliest(const struct resource *r, uint64_t when_ps)
{
    if (r->asking || !bookable(r, when_ps))
        return RES_LATER;
    return r->free_ps[0] > when_ps ? r->free_ps[0] : when_ps;
}

uint64_t res_reserve(struct resource *r, uint64_t when_ps, uint64_t hold_ps)
{
    return !r->asking && bookable(r, when_ps) ? book(r, when_ps, hold_ps) : RES_LATER;
}

/* ---- for processes ---- */

static void decide_at(struct resource *r, uint64_t t_ps)
{
    if (!qnode_queued(&r->decide.node) || r->decide.node.t_ps > t_ps)
        sim_move(r->decide.clk->sim, &r->decide, t_ps);
}

void res_release(struct resource *r, uint64_t start_ps, uint64_t at_ps)
{
    uint64_t now = r->decide.clk->sim->now_ps;

    SIM_CHECK(r->known < r->units, "%s: released more than is held", r->comp.name);
    SIM_CHECK(at_ps >= now, "%s: released in the past", r->comp.name);
    r->st.busy_ps += at_ps - start_ps;
    sift_up(r->free_ps, r->known++, at_ps);
    if (r->asking)
        decide_at(r, now);
}

/* In the order of (when_ps, port). */
static void line_up(struct resource *r, struct res_use *use)
{
    struct res_use **at = &r->asking;

    while (*at && ((*at)->when_ps < use->when_ps ||
                   ((*at)->when_ps == use->when_ps && (*at)->port <= use->port)))
        at = &(*at)->next;
    use->next = *at;
    *at = use;
}

enum proc_state res_ask(struct resource *r, struct res_use *use, struct proc *p, uint32_t port,
                        uint64_t hold_ps)
{
    uint64_t now = p->clk->sim->now_ps;

    *use = (struct res_use){ .when_ps = now, .hold_ps = hold_ps, .port = port, .proc = p };
    line_up(r, use);
    p->wait = PROC_FOR_RESOURCE;
    p->wait_on = &r->comp;
    p->idle = false;
    decide_at(r, now);
    return PROC_WAITING;
}

/* All who asked at this time have: the first in line get what is free, or will be at a known time. */
static enum proc_state decide(struct proc *p)
{
    struct resource *r = CONTAINER_OF(p, struct resource, decide);
    struct sim *s = p->clk->sim;

    while (r->asking && bookable(r, s->now_ps)) {
        struct res_use *use = r->asking;

        r->asking = use->next;
        use->start_ps = book(r, use->when_ps, use->hold_ps);
        sim_put(s, use->proc, use->start_ps);
    }
    if (r->asking && r->known)
        decide_at(r, r->free_ps[0]);
    return PROC_WAITING;
}

/* ---- links ---- */

PARAM_ROWS(link_params, RES_LINK_PARAMS);
static const struct comp_kind link_kind = { "link", link_params, ARRAY_LEN(link_params), NULL, 0 };

int res_link_init(struct res_link *l, struct comp *parent, const char *name,
                  const struct res_link_params *par)
{
    struct res_params wire = { .units = 1 }, credit = { .units = par->credits ? par->credits : 1 };
    int r;

    *l = (struct res_link){ .par = *par };
    comp_init(&l->comp, &link_kind, parent, name, &l->par, NULL);
    r = res_init(&l->wire, &l->comp, "wire", &wire);
    return r ? r : res_init(&l->credit, &l->comp, "credit", &credit);
}

void res_link_destroy(struct res_link *l)
{
    res_destroy(&l->wire);
    res_destroy(&l->credit);
}

uint64_t res_link_ps(const struct res_link *l, uint64_t bytes)
{
    const struct res_link_params *par = &l->par;

    if (!par->beat_bytes)
        return 0;
    if (par->whole_beats)
        return (bytes + par->beat_bytes - 1) / par->beat_bytes * par->beat_ps;
    return (bytes * par->beat_ps + par->beat_bytes - 1) / par->beat_bytes;
}

uint64_t res_link_send(struct res_link *l, uint64_t when_ps, uint64_t bytes, uint64_t *start_ps)
{
    uint64_t ps = res_link_ps(l, bytes), at = when_ps;

    if (l->par.credits)
        at = res_earliest(&l->credit, when_ps);
    if (at == RES_LATER || res_earliest(&l->wire, at) == RES_LATER)
        return RES_LATER;
    if (l->par.credits)
        res_reserve(&l->credit, when_ps, RES_HELD);
    *start_ps = res_reserve(&l->wire, at, ps);
    return res_link_arrival(l, *start_ps, bytes);
}

void res_link_credit(struct res_link *l, uint64_t from_ps, uint64_t at_ps)
{
    if (l->par.credits)
        res_release(&l->credit, from_ps, at_ps + l->par.credit_ps);
}
