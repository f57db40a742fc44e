/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/memory.h"

#include <string.h>

#include "base/sim.h"

PARAM_ROWS(params, MEMORY_PARAMS);
STAT_ROWS(stats, MEMORY_STATS);
const struct comp_kind memory_kind = { "memory", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

static uint64_t get_busy(const struct comp *comp)
{
    const struct memory *m = CONTAINER_OF(comp, struct memory, comp);
    uint64_t busy = 0;

    for (uint64_t i = 0; i < m->par.channels; i++)
        busy += m->free_ps[i] > sim_now(comp->clk->sim);
    return busy;
}

static const struct comp_signal signals[] = { COMP_SIGNAL_GET("channels_busy", 8, get_busy) };
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };

int memory_init(struct memory *m, struct clock *clk, const struct memory_config *c, uint64_t seed)
{
    int err;

    *m = (struct memory){ .par = c->par };
    comp_init(&m->comp, &memory_kind, NULL, "mem", &m->par, &m->st);
    comp_clock(&m->comp, clk);
    m->comp.face = &face;
    err = slots_init(&m->outstanding, &m->comp, "outstanding", &c->outstanding);
    if (!memory_limited(m))
        m->outstanding.comp.hists = 0;
    err |= store_init(&m->llc_tables, &m->comp, "llc_tables", &c->llc_tables, 0, 0, seed);
    err |= store_init(&m->llc_data, &m->comp, "llc_data", &c->llc_data, 0, 0, seed);
    return err ? SIM_EENV : 0;
}

void memory_destroy(struct memory *m)
{
    slots_destroy(&m->outstanding);
    store_destroy(&m->llc_tables);
    store_destroy(&m->llc_data);
}

/* Does the cache hold it?  It does from now on. */
static bool held(struct store *s, uint64_t residency, uint64_t pa, unsigned block_log2)
{
    if (residency != MEMORY_CACHE)
        return residency == MEMORY_HIT;
    if (store_lookup(s, 0, pa))
        return true;
    store_fill(s, 0, pa, block_log2, 0, NULL);
    return false;
}

/* The first free channel, from now on or as soon as there is one. */
static uint64_t channel(struct memory *m, uint64_t now_ps, uint64_t hold_ps)
{
    uint64_t first = 0, start;

    for (uint64_t i = 1; i < m->par.channels; i++)
        if (m->free_ps[i] < m->free_ps[first])
            first = i;
    start = m->free_ps[first] > now_ps ? m->free_ps[first] : now_ps;
    m->free_ps[first] = start + hold_ps;
    m->st.wait_ps += start - now_ps;
    m->st.busy_ps += hold_ps;
    return start;
}

static bool held_kind(struct memory *m, enum memory_kind kind, uint64_t pa)
{
    bool hit;

    if (kind == MEMORY_DATA) {
        hit = held(&m->llc_data, m->par.data, pa, (unsigned)m->par.data_block_log2);
        m->st.data_accesses++;
        m->st.data_misses += !hit;
    } else {
        hit = held(&m->llc_tables, m->par.tables, pa, MEMORY_LINE_LOG2);
        m->st.table_reads += kind == MEMORY_TABLE;
        m->st.table_misses += kind == MEMORY_TABLE && !hit;
        m->st.queue_writes += kind == MEMORY_QUEUE || kind == MEMORY_COMMAND;
    }
    return hit;
}

/* What is over is forgotten; of more than there is room for the oldest. */
static void forget_booked(struct memory *m)
{
    uint64_t now = sim_now(m->comp.clk->sim);
    unsigned n = m->booked_n == MEMORY_BOOKED;

    while (n < m->booked_n && m->booked[n].to_ps <= now)
        n++;
    m->booked_n -= n;
    memmove(m->booked, m->booked + n, m->booked_n * sizeof m->booked[0]);
}

/* Those behind one that has come before them begin when it has ended. */
static void push_behind(struct memory *m, unsigned at)
{
    for (; at + 1 < m->booked_n && m->booked[at + 1].from_ps < m->booked[at].to_ps; at++) {
        struct memory_booked *next = &m->booked[at + 1];

        next->to_ps += m->booked[at].to_ps - next->from_ps;
        next->from_ps = m->booked[at].to_ps;
    }
}

/* Books the port for hold_ps, from the first time on at which it is free: when that is. */
static uint64_t book(struct memory *m, uint64_t from_ps, uint64_t hold_ps)
{
    unsigned at = 0;

    forget_booked(m);
    for (; at < m->booked_n && m->booked[at].from_ps <= from_ps; at++)
        if (m->booked[at].to_ps > from_ps)
            from_ps = m->booked[at].to_ps;
    memmove(m->booked + at + 1, m->booked + at, (m->booked_n++ - at) * sizeof m->booked[0]);
    m->booked[at] = (struct memory_booked){ from_ps, from_ps + hold_ps };
    push_behind(m, at);
    return from_ps;
}

/* What comes back at done_ps if it is alone: when it does among others. */
static uint64_t through_port(struct memory *m, uint64_t bytes, uint64_t done_ps)
{
    uint64_t hold = (bytes + 7) / 8 * m->par.word_ps, first = done_ps + m->par.word_ps - hold;
    uint64_t wait = book(m, first, hold) - first;

    m->st.port_wait_ps += wait;
    return done_ps + wait;
}

static uint64_t access(struct memory *m, enum memory_kind kind, uint64_t pa, uint64_t bytes, uint64_t now_ps, bool h)
{
    uint64_t lines;

    if (m->outside)
        return m->outside(m->outside_arg, kind, pa, bytes, now_ps);
    if (h)
        return now_ps + (kind == MEMORY_DATA ? m->par.data_llc_ps : m->par.llc_ps);
    lines = (bytes + 63) >> MEMORY_LINE_LOG2;
    m->st.lines += lines;
    if (m->par.line_ps)
        now_ps = channel(m, now_ps, lines * m->par.line_ps);
    return now_ps + (kind == MEMORY_DATA ? m->par.data_dram_ps : m->par.dram_ps);
}

uint64_t memory_access(struct memory *m, enum memory_kind kind, uint64_t pa, uint64_t bytes,
                       uint64_t now_ps, bool *hit)
{
    bool h = held_kind(m, kind, pa);
    uint64_t done;

    if (hit)
        *hit = h;
    if (kind == MEMORY_DATA)
        return access(m, kind, pa, bytes, now_ps, h);
    if (kind == MEMORY_QUEUE)
        return access(m, kind, pa, bytes, now_ps + m->par.write_ps, h);
    done = access(m, kind, pa, bytes, now_ps + m->par.port_ps, h);
    return m->par.word_ps ? through_port(m, bytes, done) : done;
}
