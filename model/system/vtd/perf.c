/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd/perf.h"

#include <string.h>

#include "base/sim.h"
#include "system/vtd/vtd.h"

#define PERFCFG_FIELDS(F)                                                     \
    F(PERFCFG, INT, 0,  1,  1, "an overflow is an event")                     \
    F(PERFCFG, EGI, 0, 11,  8, "group")                                       \
    F(PERFCFG, ES,  0, 59, 32, "events of the group")
FIELD_DEFINE(PERFCFG_FIELDS);

#define FILTER_ON (1u << 31)
enum { CONFIG_WRITABLE_FILTERS = 8, ECMD_ENABLE = 0xf0, ECMD_DISABLE = 0xf1, ECMD_FREEZE = 0xf4,
       ECMD_UNFREEZE = 0xf5, ECRSP_STATUS = 1, STATUS_UNKNOWN = 1, STATUS_NO_COUNTER = 2 };

#define EVENT_ROW(N, group, bit, filtered, name) { (group), (bit), (filtered) },
static const struct { uint8_t group, bit; bool filtered; } events[] = { VTD_PERF_EVENTS(EVENT_ROW) };

static unsigned counters(const struct vtd_system *u)
{
    return FIELD_GET(ECAP, PMS, &u->regs.ecap) ? (unsigned)u->par.unit.perf_counters : 0;
}

/* ---- what the unit has counted -------------------------------------------------------------- */

static uint64_t reads(const struct vtd_system *u)
{
    const struct vtd_stats *s = &u->st;

    return s->root_reads + s->context_reads + s->directory_reads + s->pasid_reads + s->first_reads +
           s->table_reads + u->ir.st.entry_reads;
}

static uint64_t clocks(const struct vtd_system *u)
{
    const struct timed *t = u->sys.timed;

    return t ? clock_cycle(&t->clk, sim_now(t->sim)) : 0;
}

static uint64_t occupancy(struct vtd_system *u)
{
    struct timed *t = u->sys.timed;

    if (!t)
        return 0;
    slots_settle(&t->walk);
    return t->walk.st.busy_ps / t->clk.par.period_ps;
}

static uint64_t total(struct vtd_system *u, enum vtd_perf_event event)
{
    const struct vtd_perf *p = &u->perf;

    switch (event) {
    case VTD_PERF_CLOCKS:          return clocks(u);
    case VTD_PERF_REQUESTS:        return u->st.requests;
    case VTD_PERF_OCCUPANCY:       return occupancy(u);
    case VTD_PERF_READS:           return reads(u);
    case VTD_PERF_CONTEXT_LOOKUP:  return u->cc.st.lookups;
    case VTD_PERF_CONTEXT_HIT:     return u->cc.st.hits;
    case VTD_PERF_PASID_LOOKUP:    return u->pc.st.lookups;
    case VTD_PERF_PASID_HIT:       return u->pc.st.hits;
    case VTD_PERF_FS_LOOKUP:       return p->seed_lookups[0];
    case VTD_PERF_FS_HIT:          return p->seed_hits[0];
    case VTD_PERF_SS_LOOKUP:       return p->seed_lookups[1];
    case VTD_PERF_SS_HIT:          return p->seed_hits[1];
    case VTD_PERF_IOTLB_LOOKUP:    return u->iotlb.st.lookups;
    case VTD_PERF_IOTLB_HIT:       return u->iotlb.st.hits;
    case VTD_PERF_IRTE_LOOKUP:     return u->iec.st.lookups;
    case VTD_PERF_IRTE_HIT:        return p->irte_hits[0];
    case VTD_PERF_IRTE_HIT_POSTED: return p->irte_hits[1];
    default:                       return 0;
    }
}

/* What of an event this request was. */
static uint64_t part(const struct vtd_xact *x, enum vtd_perf_event event)
{
    const struct system_trail *t = x->trail;

    switch (event) {
    case VTD_PERF_REQUESTS:       return 1;
    case VTD_PERF_READS:          return x->m.reads;
    case VTD_PERF_CONTEXT_LOOKUP: return t->config_looked;
    case VTD_PERF_CONTEXT_HIT:    return t->config_looked && t->config_hit;
    case VTD_PERF_IOTLB_LOOKUP:   return t->lookups;
    case VTD_PERF_IOTLB_HIT:      return (uint64_t)__builtin_popcount(t->hits);
    default:                      return 0;
    }
}

/* ---- counting ------------------------------------------------------------------------------- */

static bool selects(const struct vtd_perf_counter *c, enum vtd_perf_event event)
{
    return FIELD_GET(PERFCFG, EGI, &c->config) == events[event].group &&
           FIELD_GET(PERFCFG, ES, &c->config) >> events[event].bit & 1;
}

static bool filters(const struct vtd_perf_counter *c)
{
    return (c->filter[0] | c->filter[1] | c->filter[2]) & FILTER_ON;
}

static bool counts(const struct vtd_system *u, const struct vtd_perf_counter *c)
{
    return c->enabled && !u->perf.frozen;
}

static uint64_t selected(struct vtd_system *u, const struct vtd_perf_counter *c)
{
    uint64_t sum = 0;

    for (unsigned e = 0; e < VTD_PERF_EVENT_COUNT; e++)
        if (selects(c, e))
            sum += total(u, e);
    return sum;
}

static void overflow(struct vtd_system *u, unsigned i)
{
    vtd_reg_put(u, VTD_REG_PERFOVF, vtd_reg_get(u, VTD_REG_PERFOVF) | 1ull << i);
    if (!FIELD_GET(PERFCFG, INT, &u->perf.counter[i].config) || vtd_reg_get(u, VTD_REG_PERFINTRSTS))
        return;
    vtd_reg_put(u, VTD_REG_PERFINTRSTS, 1);
    vtd_event_raise(u, VTD_EVENT_PERF);
}

static void add(struct vtd_system *u, unsigned i, uint64_t n)
{
    struct vtd_perf_counter *c = &u->perf.counter[i];
    uint64_t mask = bits_low((unsigned)u->par.unit.perf_width), left = mask - c->count;

    c->count = (c->count + n) & mask;
    if (n > left)
        overflow(u, i);
}

/* Brings a counter up to now. */
static void sample(struct vtd_system *u, unsigned i)
{
    struct vtd_perf_counter *c = &u->perf.counter[i];
    uint64_t now, was = c->seen;

    if (!counts(u, c) || filters(c))
        return;
    now = selected(u, c);
    c->seen = now;
    add(u, i, now - was);
}

static bool passes(const struct vtd_perf_counter *c, const struct vtd_xact *x)
{
    const struct xl_req *r = &x->m.req;
    const uint32_t *f = c->filter;

    return (!(f[0] & FILTER_ON) || (f[0] & 0xffff) == (r->sid & 0xffff)) &&
           (!(f[1] & FILTER_ON) || (f[1] & 0xffff) == x->m.did) &&
           (!(f[2] & FILTER_ON) || (r->has_ssid && (f[2] & 0xfffff) == r->ssid));
}

static void count_filtered(struct vtd_system *u, unsigned i, const struct vtd_xact *x)
{
    const struct vtd_perf_counter *c = &u->perf.counter[i];
    uint64_t n = 0;

    if (!passes(c, x))
        return;
    for (unsigned e = 0; e < VTD_PERF_EVENT_COUNT; e++)
        if (events[e].filtered && selects(c, e))
            n += part(x, e);
    add(u, i, n);
}

void vtd_perf_request(struct vtd_system *u, const struct vtd_xact *x)
{
    for (unsigned i = 0; i < counters(u); i++) {
        const struct vtd_perf_counter *c = &u->perf.counter[i];

        if (!counts(u, c))
            continue;
        if (filters(c))
            count_filtered(u, i, x);
        else
            sample(u, i);
    }
}

/* ---- commands ------------------------------------------------------------------------------- */

static void sample_all(struct vtd_system *u)
{
    for (unsigned i = 0; i < counters(u); i++)
        sample(u, i);
}

/* Counters begin, or go on, from here. */
static void resume(struct vtd_system *u)
{
    struct vtd_perf *p = &u->perf;

    p->active = false;
    for (unsigned i = 0; i < counters(u); i++) {
        p->counter[i].seen = selected(u, &p->counter[i]);
        p->active |= counts(u, &p->counter[i]);
    }
}

void vtd_perf_command(struct vtd_system *u, uint64_t ecmd)
{
    struct vtd_perf *p = &u->perf;
    uint64_t status = 0, index = ecmd >> 16;
    unsigned code = ecmd & 0xff;

    sample_all(u);
    if (code == ECMD_ENABLE || code == ECMD_DISABLE) {
        if (index < counters(u))
            p->counter[index].enabled = code == ECMD_ENABLE;
        else
            status = STATUS_NO_COUNTER;
    } else if (code == ECMD_FREEZE || code == ECMD_UNFREEZE) {
        p->frozen = code == ECMD_FREEZE;
    } else {
        status = STATUS_UNKNOWN;
    }
    resume(u);
    vtd_reg_put(u, VTD_REG_ECRSP, status << ECRSP_STATUS);
}

/* ---- registers ------------------------------------------------------------------------------ */

static uint64_t groups_of(unsigned group)
{
    uint64_t mask = 0;

    for (unsigned e = 0; e < VTD_PERF_EVENT_COUNT; e++)
        if (events[e].group == group)
            mask |= 1ull << events[e].bit;
    return mask;
}

static uint64_t capability(const struct vtd_system *u)
{
    uint64_t v = 0;

    FIELD_SET(PERFCAP, NUM, &v, u->par.unit.perf_counters);
    FIELD_SET(PERFCAP, WIDTH, &v, u->par.unit.perf_width);
    FIELD_SET(PERFCAP, GROUPS, &v, VTD_PERF_GROUPS);
    FIELD_SET(PERFCAP, FILTERS, &v, (1u << VTD_PERF_FILTERS) - 1);
    FIELD_SET(PERFCAP, INT, &v, 1);
    FIELD_SET(PERFCAP, STRIDE, &v, bits_log2(VTD_PERF_COUNT_BYTES) - 10);
    return v;
}

void vtd_perf_reset(struct vtd_system *u)
{
    uint64_t masked = 0, commands = 0;

    memset(&u->perf, 0, sizeof u->perf);
    FIELD_SET(EVCTL, IM, &masked, 1);
    vtd_reg_put(u, VTD_REG_PERFINTRCTL, masked);
    vtd_reg_put(u, VTD_REG_PERFCAP, capability(u));
    vtd_reg_put(u, VTD_REG_PERFCFGOFF, VTD_PERF_CONFIG);
    vtd_reg_put(u, VTD_REG_PERFFRZOFF, VTD_REG_PERFFRZ);
    vtd_reg_put(u, VTD_REG_PERFOVFOFF, VTD_REG_PERFOVF);
    vtd_reg_put(u, VTD_REG_PERFCNTROFF, VTD_PERF_COUNT);
    for (unsigned g = 0; g < VTD_PERF_GROUPS; g++)
        vtd_reg_put(u, (enum vtd_reg)(VTD_REG_PERFEVNTCAP0 + 8 * g), groups_of(g));
    for (unsigned code = ECMD_ENABLE; code <= ECMD_UNFREEZE; code++)
        if (code <= ECMD_DISABLE || code >= ECMD_FREEZE)
            commands |= 1ull << (code & 63);
    vtd_reg_put(u, VTD_REG_ECCAP3, commands);
}

static struct vtd_perf_counter *configured(struct vtd_system *u, uint32_t offset, uint32_t *at)
{
    uint32_t i = (offset - VTD_PERF_CONFIG) / VTD_PERF_CONFIG_BYTES;

    *at = (offset - VTD_PERF_CONFIG) % VTD_PERF_CONFIG_BYTES;
    return offset >= VTD_PERF_CONFIG && i < counters(u) ? &u->perf.counter[i] : NULL;
}

static void set_config(struct vtd_perf_counter *c, uint32_t at, uint32_t value)
{
    static const uint64_t writable = FIELD_MASK(PERFCFG, INT) | FIELD_MASK(PERFCFG, EGI) |
                                     FIELD_MASK(PERFCFG, ES);
    uint32_t filter = (at - CONFIG_WRITABLE_FILTERS) / 4;

    if (at < CONFIG_WRITABLE_FILTERS)
        c->config = bits_set(c->config, at * 8 + 31, at * 8, value) & writable;
    else if (filter < VTD_PERF_FILTERS)
        c->filter[filter] = value;
}

static uint32_t get_config(const struct vtd_perf_counter *c, uint32_t at)
{
    uint32_t filter = (at - CONFIG_WRITABLE_FILTERS) / 4;

    if (at < CONFIG_WRITABLE_FILTERS)
        return (uint32_t)(c->config >> at * 8);
    return filter < VTD_PERF_FILTERS ? c->filter[filter] : 0;
}

bool vtd_perf_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint32_t at;
    struct vtd_perf_counter *c = configured(u, offset, &at);

    if (!c)
        return false;
    sample_all(u);
    set_config(c, at, (uint32_t)value);
    if (bytes == 8)
        set_config(c, at + 4, (uint32_t)(value >> 32));
    resume(u);
    return true;
}

bool vtd_perf_read(struct vtd_system *u, uint32_t offset, unsigned bytes, uint64_t *value)
{
    uint32_t at, i = (offset - VTD_PERF_COUNT) / VTD_PERF_COUNT_BYTES;
    const struct vtd_perf_counter *c = configured(u, offset, &at);

    if (c) {
        *value = get_config(c, at) | (bytes == 8 ? (uint64_t)get_config(c, at + 4) << 32 : 0);
        return true;
    }
    if (offset < VTD_PERF_COUNT || i >= counters(u))
        return false;
    sample(u, i);
    at = (offset - VTD_PERF_COUNT) % VTD_PERF_COUNT_BYTES;
    *value = at < 8 ? u->perf.counter[i].count >> at * 8 & bits_low(bytes * 8) : 0;
    return true;
}
