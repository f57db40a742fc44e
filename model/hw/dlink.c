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

/* Tags that are back by now_ps; the link down keeps order, so that they come back in it. */
static void take_back(struct dlink *l, uint64_t now_ps)
{
    while (l->backs && l->back_ps[l->back_at] <= now_ps) {
        slots_give_at(&l->tags, l->back_ps[l->back_at]);
        l->back_at = l->back_at + 1 == l->par.tags ? 0 : l->back_at + 1;
        l->backs--;
    }
}

static void settle_tags(struct comp *comp)
{
    struct slots *tags = CONTAINER_OF(comp, struct slots, comp);
    struct dlink *l = CONTAINER_OF(tags, struct dlink, tags);

    take_back(l, sim_now(tags->sim));
    slots_settle(tags);
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
    l->tags.comp.settle = settle_tags;
    l->back_ps = calloc(par->tags, sizeof *l->back_ps);
    return err || !l->back_ps ? SIM_EENV : 0;
}

void dlink_destroy(struct dlink *l)
{
    slots_destroy(&l->tags);
    slots_destroy(&l->posted);
    free(l->back_ps);
    l->back_ps = NULL;
}

static uint64_t packets(uint64_t bytes, uint64_t most)
{
    return bytes <= most ? 1 : (bytes + most - 1) / most;
}

static uint64_t serial_ps(const struct dlink *l, uint64_t bytes)
{
    return (bytes * l->par.beat_ps + l->par.beat_bytes - 1) / l->par.beat_bytes;
}

uint64_t dlink_up(struct dlink *l, bool write, uint64_t bytes, uint64_t when_ps, uint64_t *start_ps)
{
    const struct dlink_params *p = &l->par;
    uint64_t on_link = write ? bytes + packets(bytes, p->max_payload) * p->header
                             : packets(bytes, p->max_read) * p->header;
    uint64_t ps = p->beat_bytes ? serial_ps(l, on_link) : 0;
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

bool dlink_take(struct dlink *l, bool write, uint64_t now_ps, uint64_t *when_ps)
{
    struct slots *s = dlink_slots(l, write);

    if (!write)
        take_back(l, now_ps);
    if (slots_take(s))
        return true;
    *when_ps = !write && l->backs ? l->back_ps[l->back_at] : DLINK_LATER;
    return false;
}

void dlink_passed_on(struct dlink *l)
{
    slots_give(&l->posted);
}

uint64_t dlink_down(struct dlink *l, uint64_t bytes, uint64_t now_ps)
{
    uint64_t on_link = bytes + packets(bytes, l->par.max_payload) * l->par.header, ps = 0;
    uint64_t start = now_ps, back;

    l->st.down_bytes += on_link;
    if (l->par.beat_bytes) {
        ps = serial_ps(l, on_link);
        if (l->down_free_ps > start)
            start = l->down_free_ps;
        l->down_free_ps = start + ps;
    }
    l->st.down_busy_ps += ps;
    l->st.down_wait_ps += start - now_ps;
    back = start + ps + l->par.down_ps;
    l->back_ps[(l->back_at + l->backs++) % l->par.tags] = back;
    return back;
}
