/* SPDX-License-Identifier: Apache-2.0 */
#include "system/timed_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/list.h"
#include "system/ats.h"

PARAM_ROWS(timed_rows, TIMED_PARAMS);
PARAM_ROWS(clock_rows, CLOCK_PARAMS);
PARAM_ROWS(store_rows, STORE_PARAMS);
STAT_ROWS(timed_stats, TIMED_STATS);
static const struct comp_kind timed_kind = { "timing", timed_rows, ARRAY_LEN(timed_rows), timed_stats,
                                             ARRAY_LEN(timed_stats) };

/* ---- parameters ---------------------------------------------------------------------------------- */

#define ADD(path, rows, words) param_add(set, path, rows, ARRAY_LEN(rows), (uint64_t *)(words))
static void add_slots(struct param_set *set, const char *path, struct slots_params *p)
{
    if (path)
        param_add(set, path, slots_rows, SLOTS_ROWS, &p->n);
}

void timed_config_params(struct timed_config *c, const struct timed_names *n, struct param_set *set)
{
    ADD(n->clk, clock_rows, &c->clk);
    ADD(n->timing, timed_rows, &c->par);
    add_slots(set, n->front_slots, &c->front_slots);
    if (n->link)
        param_add(set, n->link, port_rows, PORT_ROWS, (uint64_t *)&c->link);
    if (n->gate)
        param_add(set, n->gate, gate_rows, GATE_ROWS, &c->gate.hit_under_miss);
    else
        c->gate.hit_under_miss = GATE_ANY;
    add_slots(set, n->slots, &c->slots);
    add_slots(set, n->walk, &c->walk);
    add_slots(set, n->fetch, &c->fetch);
    param_add(set, n->cmdq, cmdq_kind.param, cmdq_kind.params, (uint64_t *)&c->cmdq);
    if (n->evtq)
        param_add(set, n->evtq, evtq_kind.param, evtq_kind.params, (uint64_t *)&c->evtq);
    param_add(set, "mem", memory_kind.param, memory_kind.params, (uint64_t *)&c->mem.par);
    add_slots(set, "mem.outstanding", &c->mem.outstanding);
    ADD("mem.llc_tables", store_rows, &c->mem.llc_tables);
    ADD("mem.llc_data", store_rows, &c->mem.llc_data);
    param_add(set, "dev", dlink_kind.param, dlink_kind.params, (uint64_t *)&c->dev);
}

/* ---- driving it ---------------------------------------------------------------------------------- */

void timed_start(struct timed *t)
{
    t->on = t->ops->enabled(t->sys);
    proc_start(&t->cmdq.proc);
    if (t->has_evtq)
        proc_start(&t->evtq.proc);
    if (t->ats)
        ats_start(t->ats);
    if (t->ops->start)
        t->ops->start(t->sys);
}

void timed_limit(struct timed *t, uint64_t n)
{
    for (unsigned i = 0; n && i < t->fronts; i++) {
        struct dlink *dev = &t->front[i].dev;

        dev->tags.n = n < dev->par.tags ? (uint32_t)n : (uint32_t)dev->par.tags;
        dev->posted.n = n < dev->par.posted ? (uint32_t)n : (uint32_t)dev->par.posted;
    }
}

/* ---- commands ------------------------------------------------------------------------------------ */

void timed_register(struct timed *t)
{
    t->on = t->ops->enabled(t->sys);
}

int timed_command(struct timed *t, const uint64_t *words, unsigned n)
{
    struct timed_command *list = list_grow(t->handed, t->handed_n, &t->handed_room, sizeof *list);

    if (!list)
        return SIM_EENV;
    t->handed = list;
    t->handed[t->handed_n] = (struct timed_command){ .n = n };
    memcpy(t->handed[t->handed_n++].words, words, n * sizeof *words);
    return 0;
}

bool timed_queue(struct timed *t)
{
    for (; t->handed_at < t->handed_n; t->handed_at++)
        if (!cmdq_submit(&t->cmdq, t->handed[t->handed_at].words, t->handed[t->handed_at].n))
            return false;
    t->handed_at = t->handed_n = 0;
    return true;
}

uint64_t timed_occupy(struct timed *t, struct port *p)
{
    uint64_t hold = clock_ps(&t->clk, t->cmdq.par.occupy);

    return port_invalidate(p, sim_now(t->sim), hold);
}

/* ---- syncs --------------------------------------------------------------------------------------- */

static uint64_t execute(void *arg, const uint64_t *words, unsigned n, bool drained)
{
    struct timed *t = arg;
    uint64_t at = t->ops->command(t->sys, words, n, drained);

    t->draining = at == CMDQ_DRAIN && (!t->ops->drains || t->ops->drains(t->sys));
    if (t->draining) {                 /* what comes from now on is of the next era */
        t->era++;
        t->era_done_ps[t->era & 1] = 0;
    }
    return at;
}

static bool drained(void *arg, uint64_t *at_ps)
{
    struct timed *t = arg;
    unsigned old = (t->era & 1) ^ 1;

    *at_ps = t->draining ? t->era_done_ps[old] : 0;
    if (t->draining && t->era_count[old])
        return false;
    if (t->ops->abandoned && t->ops->abandoned(t->sys))
        return true;
    return (!t->ops->drained || t->ops->drained(t->sys)) && (!t->ats || ats_quiet(t->ats, at_ps));
}

static void aborted(void *arg)
{
    struct timed *t = arg;

    t->ops->command_aborted(t->sys);
}

static void room(void *arg)
{
    struct timed *t = arg;

    t->ops->command_room(t->sys);
}

/* ---- making one ---------------------------------------------------------------------------------- */

static void set_clock(struct comp *c, struct clock *clk)
{
    comp_clock(c, clk);
    for (struct comp *k = c->child; k; k = k->next)
        set_clock(k, clk);
}

static const char *last_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

static void settle(struct comp *comp)
{
    struct timed *t = CONTAINER_OF(comp, struct timed, comp);

    slots_settle(&t->walk);
    t->st.cycles = clock_cycle(&t->clk, sim_now(t->sim));
    t->st.walk_cycles = t->walk.st.busy_ps / t->clk.par.period_ps;
}

/* gate: its name; NULL: has none. */
static int make_front(struct timed *t, unsigned i, unsigned n, struct comp *comp, const char *gate,
                      const struct timed_config *c)
{
    struct timed_front *f = &t->front[i];
    char name[16] = "dev";

    f->comp = comp;
    if (n > 1)
        snprintf(name, sizeof name, "dev%u", i);
    port_init(&f->up, comp, "link_up", &c->link);
    port_init(&f->down, comp, "link_down", &c->link);
    if (gate)
        gate_init(&f->gate, comp, gate, &c->gate);
    else
        f->gate.par.hit_under_miss = GATE_ANY;
    shares_init(&f->shares, &f->slots);
    return slots_init(&f->slots, comp, "slots", &c->front_slots) |
           dlink_init(&f->dev, &t->clk, name, &c->dev);
}

static int make_pool(struct timed *t, size_t machine_bytes)
{
    size_t n = t->par.flows, each = (machine_bytes + 63) / 64 * 64;

    t->flow = aligned_alloc(64, (n * sizeof *t->flow + 63) / 64 * 64);
    t->machines = aligned_alloc(64, n * each);
    t->machine = calloc(n, sizeof *t->machine);
    if (!t->flow || !t->machines || !t->machine)
        return SIM_EENV;
    memset(t->flow, 0, n * sizeof *t->flow);
    memset(t->machines, 0, n * each);
    for (size_t i = n; i-- > 0;) {
        struct flow *f = &t->flow[i];

        f->t = t;
        f->index = (uint32_t)i;
        proc_init(&f->proc, &t->comp, "request", timed_run_flow);
        f->proc.phase = SIM_DECIDE;
        timed_flow_free(t, f);
        t->machine[t->machines_free++] = t->machines + (n - 1 - i) * each;
    }
    return 0;
}

static int make_parts(struct timed *t, const struct timed_config *c, const struct timed_names *names,
                      struct comp *const *front, unsigned fronts, struct comp *walk_parent,
                      uint64_t seed)
{
    const struct cmdq_owner owner = { .execute = execute, .drained = drained, .arg = t,
                                      .aborted = t->ops->command_aborted ? aborted : NULL,
                                      .room = t->ops->command_room ? room : NULL };
    struct comp *top = &t->sys->top;
    int err = 0;

    for (unsigned i = 0; i < fronts; i++)
        err |= make_front(t, i, fronts, front[i], names->gate ? last_of(names->gate) : NULL, c);
    shares_init(&t->shares, &t->slots);
    err |= slots_init(&t->slots, walk_parent, "slots", &c->slots);
    err |= slots_init(&t->walk, walk_parent, last_of(names->walk), &c->walk);
    err |= slots_init(&t->fetch, walk_parent, last_of(names->fetch), &c->fetch);
    err |= memory_init(&t->mem, &t->clk, &c->mem, seed);
    err |= cmdq_init(&t->cmdq, top, last_of(names->cmdq), &c->cmdq, t->ops->cmd_bytes, &t->mem, &owner);
    t->cmdq.proc.number = (1ull << 42) + 1;        /* after all requests of its time */
    t->cmdq.mem = t->sys->mem;
    t->has_evtq = names->evtq != NULL;
    if (t->has_evtq)
        evtq_init(&t->evtq, top, last_of(names->evtq), &c->evtq, &t->mem);
    t->evtq.mem = t->sys->mem;
    return err | make_pool(t, t->ops->machine_bytes);
}

struct timed *timed_new(struct system *s, const struct timed_ops *ops, const struct timed_config *c,
                        const struct timed_names *names, struct comp *const *front, unsigned fronts,
                        struct comp *walk_parent, uint64_t seed)
{
    struct timed *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    *t = (struct timed){ .sys = s, .ats = s->ats, .ops = ops, .par = c->par, .fronts = fronts, .told = UINT64_MAX,
                        .mark = UINT64_MAX };
    t->sim = sim_new();
    if (!t->sim) {
        free(t);
        return NULL;
    }
    clock_init(&t->clk, t->sim, &s->top, last_of(names->clk), c->clk.period_ps);
    set_clock(&s->top, &t->clk);
    comp_init(&t->comp, &timed_kind, &s->top, last_of(names->timing), &t->par, &t->st);
    t->comp.settle = settle;
    hist_init(&t->walk_reads);
    t->hist = (struct comp_hist){ "walk_reads", "reads", &t->walk_reads };
    s->top.hist = &t->hist;
    s->top.hists = 1;
    t->overhead_ps = clock_ps(&t->clk, c->par.walk_overhead);
    t->fetch_overhead_ps = clock_ps(&t->clk, c->par.fetch_overhead);
    t->fetch_answer_ps = clock_ps(&t->clk, c->par.fetch_answer);
    t->decode_ps = clock_ps(&t->clk, c->par.decode);
    t->fill_ps = clock_ps(&t->clk, c->par.fill);
    t->wake_ps = clock_ps(&t->clk, c->par.wake);
    t->record_ps = clock_ps(&t->clk, c->par.record);
    t->ample = c->par.flows > fronts * (c->dev.tags + c->dev.posted);
    if (make_parts(t, c, names, front, fronts, walk_parent, seed)) {
        timed_free(t);
        return NULL;
    }
    return t;
}

void timed_free(struct timed *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < t->fronts; i++) {
        slots_destroy(&t->front[i].slots);
        dlink_destroy(&t->front[i].dev);
    }
    slots_destroy(&t->slots);
    slots_destroy(&t->walk);
    slots_destroy(&t->fetch);
    memory_destroy(&t->mem);
    hist_destroy(&t->walk_reads);
    free(t->flow);
    free(t->machines);
    free(t->machine);
    free(t->order);
    free(t->handed);
    sim_free(t->sim);
    free(t);
}

size_t timed_roots(const struct timed *t, const struct comp **root)
{
    size_t n = 0;

    root[n++] = &t->mem.comp;
    for (unsigned i = 0; i < t->fronts; i++)
        root[n++] = &t->front[i].dev.comp;
    if (t->ats)
        root[n++] = &t->ats->comp;
    return n;
}

int timed_set_streams(struct timed *t, uint32_t streams)
{
    t->streams = streams;
    t->order = calloc((size_t)streams * FLOW_KINDS + 1, sizeof *t->order);
    return t->order ? 0 : SIM_EENV;
}
