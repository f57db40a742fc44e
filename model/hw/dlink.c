/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/dlink.h"

#include <stdlib.h>

#include "base/sim.h"

PARAM_ROWS(params, DLINK_PARAMS);
STAT_ROWS(stats, DLINK_STATS);
const struct comp_kind dlink_kind = { "dlink", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

static uint64_t get_up(const struct comp *comp)
{
    return CONTAINER_OF(comp, struct dlink, comp)->up_free_ps > sim_now(comp->clk->sim);
}

static uint64_t get_down(const struct comp *comp)
{
    return CONTAINER_OF(comp, struct dlink, comp)->down_free_ps > sim_now(comp->clk->sim);
}

static const struct comp_signal signals[] = {
    COMP_SIGNAL_GET("up_busy", 1, get_up),
    COMP_SIGNAL_GET("down_busy", 1, get_down),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

static uint64_t *back_at(struct dlink_back *b, uint32_t k)
{
    uint32_t i = b->at + k;

    return &b->t_ps[i >= b->size ? i - b->size : i];
}

/* Nearly always after all others; but what is known ahead of time is not known in order. */
static void comes_back(struct dlink_back *b, uint64_t t_ps)
{
    uint32_t k = b->n++;

    for (; k > 0 && *back_at(b, k - 1) > t_ps; k--)
        *back_at(b, k) = *back_at(b, k - 1);
    *back_at(b, k) = t_ps;
}

static inline void drop_first(struct dlink_back *b)
{
    b->at = b->at + 1 == b->size ? 0 : b->at + 1;
    b->n--;
}

static void take_back(struct slots *s, struct dlink_back *b, uint64_t now_ps)
{
    while (b->n && b->t_ps[b->at] <= now_ps) {
        slots_give_at(s, b->t_ps[b->at]);
        drop_first(b);
    }
}

static void settle(struct comp *comp)
{
    struct dlink *l = CONTAINER_OF(comp, struct dlink, comp);

    for (unsigned write = 0; write < 2; write++)
        take_back(dlink_slots(l, write), &l->back[write], sim_now(comp->clk->sim));
}

static int make_back(struct dlink_back *b, uint64_t size)
{
    b->size = (uint32_t)size;
    b->t_ps = calloc(size, sizeof *b->t_ps);
    return b->t_ps ? 0 : SIM_EENV;
}

int dlink_init(struct dlink *l, struct clock *clk, const char *name, const struct dlink_params *par)
{
    int err;

    *l = (struct dlink){ .par = *par };
    comp_init(&l->comp, &dlink_kind, NULL, name, &l->par, &l->st);
    comp_clock(&l->comp, clk);
    l->comp.face = &face;
    err = slots_init(&l->tags, &l->comp, "tags", &(struct slots_params){ .n = par->tags });
    err |= slots_init(&l->posted, &l->comp, "posted", &(struct slots_params){ .n = par->posted });
    l->comp.settle = settle;           /* before its slots', which are its children */
    err |= make_back(&l->back[0], par->tags);
    err |= make_back(&l->back[1], par->posted);
    return err ? SIM_EENV : 0;
}

void dlink_destroy(struct dlink *l)
{
    slots_destroy(&l->tags);
    slots_destroy(&l->posted);
    free(l->back[0].t_ps);
    free(l->back[1].t_ps);
    l->back[0].t_ps = l->back[1].t_ps = NULL;
}

static uint64_t packets(uint64_t bytes, uint64_t most)
{
    return bytes <= most ? 1 : (bytes + most - 1) / most;
}

/* Time that so many bytes are on the link; most messages are as long as the one before. */
static inline uint64_t serial_ps(const struct dlink *l, struct dlink_serial *last, uint64_t bytes)
{
    if (last->bytes != bytes && l->par.beat_bytes) {
        last->bytes = bytes;
        last->ps = (bytes * l->par.beat_ps + l->par.beat_bytes - 1) / l->par.beat_bytes;
    }
    return last->ps;
}

uint64_t dlink_up(struct dlink *l, bool write, uint64_t bytes, uint64_t when_ps, uint64_t *start_ps)
{
    const struct dlink_params *p = &l->par;
    uint64_t on_link = write ? bytes + packets(bytes, p->max_payload) * p->header
                             : packets(bytes, p->max_read) * p->header;
    uint64_t ps = serial_ps(l, &l->up_last, on_link);
    uint64_t start = when_ps > l->start_ps[write] ? when_ps : l->start_ps[write];

    if (l->up_free_ps > start)
        start = l->up_free_ps;
    l->start_ps[write] = start + (write ? p->write_interval_ps : p->read_interval_ps);
    l->up_free_ps = start + ps;
    l->st.reads += !write;
    l->st.writes += write;
    l->st.up_bytes += on_link;
    l->st.up_busy_ps += ps;
    *start_ps = start;
    return start + p->engine_ps + ps + p->up_ps;
}

/* When the last byte is on its way. */
static inline uint64_t send_down(struct dlink *l, uint64_t on_link, uint64_t now_ps)
{
    uint64_t start = now_ps, ps = 0;

    l->st.down_bytes += on_link;
    if (l->par.beat_bytes) {
        ps = serial_ps(l, &l->down_last, on_link);
        if (l->down_free_ps > start)
            start = l->down_free_ps;
        l->down_free_ps = start + ps;
    }
    l->st.down_busy_ps += ps;
    l->st.down_wait_ps += start - now_ps;
    return start + ps;
}

uint64_t dlink_message_up(struct dlink *l, uint64_t now_ps)
{
    uint64_t ps = serial_ps(l, &l->up_last, l->par.header);
    uint64_t start = l->up_free_ps > now_ps ? l->up_free_ps : now_ps;

    l->up_free_ps = start + ps;
    l->st.up_bytes += l->par.header;
    l->st.up_busy_ps += ps;
    return start + ps + l->par.up_ps;
}

uint64_t dlink_message_down(struct dlink *l, uint64_t now_ps)
{
    return send_down(l, l->par.header, now_ps) + l->par.down_ps;
}

bool dlink_take(struct dlink *l, bool write, uint64_t now_ps, uint64_t *when_ps)
{
    struct slots *s = dlink_slots(l, write);
    struct dlink_back *b = &l->back[write];

    if (b->n && b->t_ps[b->at] == now_ps && s->used == s->n) {     /* one comes back, and goes again */
        drop_first(b);
        s->st.uses++;
        return true;
    }
    take_back(s, b, now_ps);
    if (slots_take(s))
        return true;
    *when_ps = b->n ? b->t_ps[b->at] : DLINK_LATER;
    return false;
}

void dlink_passed_on(struct dlink *l, uint64_t at_ps)
{
    comes_back(&l->back[1], at_ps);
}

void dlink_drop(struct dlink *l, bool write, uint64_t at_ps)
{
    comes_back(&l->back[write], at_ps);
}

uint64_t dlink_down(struct dlink *l, uint64_t bytes, uint64_t now_ps)
{
    uint64_t on_link = bytes + packets(bytes, l->par.max_payload) * l->par.header;
    uint64_t back = send_down(l, on_link, now_ps) + l->par.down_ps;

    comes_back(&l->back[0], back);
    return back;
}
