/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/chan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kernel/sim_impl.h"

PARAM_ROWS(params, CHAN_PARAMS);
STAT_ROWS(stats, CHAN_STATS);
static const struct comp_kind chan_kind = { "chan", params, ARRAY_LEN(params), stats,
                                            ARRAY_LEN(stats) };
static const struct comp_signal signals[] = { COMP_SIGNAL(struct chan, count, 32) };
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

/* ---- a channel ---- */

static void account(struct chan *c)
{
    uint64_t now = c->sim->now_ps;

    c->st.occupancy_ps += c->count * (now - c->last_ps);
    c->last_ps = now;
}

static void settle(struct comp *comp)
{
    account(CONTAINER_OF(comp, struct chan, comp));
}

int chan_init(struct chan *c, struct comp *parent, const char *name, const struct chan_params *par,
              size_t item_bytes)
{
    SIM_CHECK(parent->clk, "channel %s of %s has no clock", name, parent->name);
    SIM_CHECK(par->slots > 0 && item_bytes > 0, "channel %s holds nothing", name);
    *c = (struct chan){ .sim = parent->clk->sim, .par = *par, .item_bytes = (uint32_t)item_bytes };
    comp_init(&c->comp, &chan_kind, parent, name, &c->par, &c->st);
    c->comp.face = &face;
    c->comp.settle = settle;
    qlist_init(&c->readers);
    qlist_init(&c->writers);
    if (par->mode == CHAN_REGISTERED)
        c->cool_ps = parent->clk->par.period_ps;
    c->stride = sizeof(struct chan_slot) + (item_bytes + 7) / 8 * 8;
    c->first = calloc(par->slots, c->stride);
    if (!c->first)
        return SIM_EENV;
    c->end = (void *)((char *)c->first + par->slots * c->stride);
    c->head = c->tail = c->first;
    return SIM_OK;
}

void chan_destroy(struct chan *c)
{
    free(c->first);
    c->first = NULL;
}

/* ---- who waits ---- */

static struct proc *waiting(struct qlink *l)
{
    return CONTAINER_OF(l, struct proc, waiter);
}

/* In the order of (since when, number), so that who is resumed in vain goes back to the head. */
static void join(struct qlink *list, struct proc *p)
{
    struct qlink *at = list->prev;

    while (at != list && (waiting(at)->since_ps > p->since_ps ||
                          (waiting(at)->since_ps == p->since_ps && waiting(at)->id > p->id)))
        at = at->prev;
    qlink_insert_after(&p->waiter, at);
}

static void resume_first(struct chan *c, struct qlink *list, uint64_t t_ps)
{
    struct proc *p = waiting(list->next);

    qlink_remove(&p->waiter);
    sim_put(c->sim, p, t_ps);
}

/* A new wait, unless it is one resumed in vain. */
static void begin_wait(struct chan *c, struct proc *p, enum proc_wait what, bool idle)
{
    if (p->wait == what && p->wait_on == c)
        return;
    p->wait = (uint8_t)what;
    p->wait_on = c;
    p->idle = idle;
    p->since_ps = c->sim->now_ps;
}

/* The wait of p, if there was one, is over.  One that took no time hung on a tie: it does not count. */
static inline void end_wait(struct chan *c, struct proc *p, uint64_t *waits, uint64_t *ps)
{
    uint64_t waited;

    if (p->wait == PROC_FOR_ROOM || p->wait == PROC_FOR_ITEM) {
        waited = c->sim->now_ps - p->since_ps;
        *waits += waited > 0;
        *ps += waited;
    }
    p->wait = PROC_FOR_NOTHING;
}

/* ---- put ---- */

static inline struct chan_slot *next_slot(const struct chan *c, struct chan_slot *slot)
{
    slot = (void *)((char *)slot + c->stride);
    return slot == c->end ? c->first : slot;
}

static inline bool has_room(const struct chan *c)
{
    return c->count < c->par.slots && c->tail->t_ps <= c->sim->now_ps;
}

/* Not before the item put before it, which may have gone: then that is past. */
static inline uint64_t ready(struct chan *c, uint64_t ready_ps)
{
    if (ready_ps == CHAN_DELAYED)
        ready_ps = c->sim->now_ps + c->par.delay_ps;
    if (ready_ps > c->ready_ps)
        c->ready_ps = ready_ps;
    return c->ready_ps;
}

/* Takes a slot, which is there, and gives its item's place. */
static inline void *take_slot(struct chan *c, uint64_t ready_ps)
{
    struct chan_slot *slot = c->tail;

    account(c);
    slot->t_ps = ready(c, ready_ps);
    c->count++;
    c->st.puts++;
    c->tail = next_slot(c, slot);
    if (!qlist_empty(&c->readers))
        resume_first(c, &c->readers, slot->t_ps);
    return slot->item;
}

bool chan_room(const struct chan *c)
{
    return has_room(c);
}

bool chan_put_at(struct chan *c, const void *item, uint64_t ready_ps)
{
    if (!has_room(c))
        return false;
    memcpy(take_slot(c, ready_ps), item, c->item_bytes);
    return true;
}

bool chan_put(struct chan *c, const void *item)
{
    return chan_put_at(c, item, CHAN_DELAYED);
}

static void wait_for_room(struct chan *c, struct proc *p)
{
    begin_wait(c, p, PROC_FOR_ROOM, false);
    if (c->count < c->par.slots)
        sim_put(c->sim, p, c->tail->t_ps);
    else
        join(&c->writers, p);
}

void *chan_put_or_wait(struct chan *c, struct proc *p, size_t bytes, uint64_t ready_ps)
{
    SIM_CHECK(bytes == c->item_bytes, "%zu bytes put into channel %s of %" PRIu32, bytes,
              c->comp.name, c->item_bytes);
    if (!has_room(c)) {
        wait_for_room(c, p);
        return NULL;
    }
    end_wait(c, p, &c->st.full_waits, &c->st.full_ps);
    return take_slot(c, ready_ps);
}

/* ---- get ---- */

static inline bool has_item(const struct chan *c)
{
    return c->count > 0 && c->head->t_ps <= c->sim->now_ps;
}

/* Gives back a slot whose item can be got; the item stays in its place until it is taken again. */
static inline const void *give_slot(struct chan *c)
{
    struct chan_slot *slot = c->head;

    account(c);
    slot->t_ps = c->sim->now_ps + c->cool_ps;
    c->count--;
    c->head = next_slot(c, slot);
    if (!qlist_empty(&c->writers))
        resume_first(c, &c->writers, slot->t_ps);
    return slot->item;
}

const void *chan_peek(const struct chan *c)
{
    return has_item(c) ? c->head->item : NULL;
}

bool chan_get(struct chan *c, void *item)
{
    if (!has_item(c))
        return false;
    memcpy(item, give_slot(c), c->item_bytes);
    return true;
}

static void wait_for_item(struct chan *c, struct proc *p, bool idle)
{
    begin_wait(c, p, PROC_FOR_ITEM, idle);
    if (c->count)
        sim_put(c->sim, p, c->head->t_ps);
    else
        join(&c->readers, p);
}

const void *chan_get_or_wait(struct chan *c, struct proc *p, size_t bytes, bool idle)
{
    SIM_CHECK(bytes == c->item_bytes, "%zu bytes got from channel %s of %" PRIu32, bytes,
              c->comp.name, c->item_bytes);
    if (!has_item(c)) {
        wait_for_item(c, p, idle);
        return NULL;
    }
    end_wait(c, p, &c->st.empty_waits, &c->st.empty_ps);
    return give_slot(c);
}
