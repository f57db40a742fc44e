/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/suite/direct.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/sim.h"

/* L(slot, "bins it brings nearer: patterns of their names, | between", "settings") */
#define LEVERS(L)                                                                                    \
    L(ORDER, "order/serial.*|beside/alone.*|command/*.none|race/quiet.*", "cosim.order=serial")      \
    L(ORDER, "order/overlap.*", "cosim.order=overlap")                                               \
    L(ORDER, "order/race.*|race/[tib]*|value/*|place/*|beside/[fm]*|command/*.[lsda]*", "cosim.order=race") \
    L(ORDER, "order/timed.*", "cosim.order=timed random.gap=8")                                      \
    L(STAGES, "*/s1.*|*.s1", "random.s1=100 random.s2=0 random.nested=0")                            \
    L(STAGES, "*/s2.*|*.s2|command/s2-*|command/s12-*", "random.s1=0 random.s2=100 random.nested=0") \
    L(STAGES, "leaves/*|*/nested.*|*.nested*|command/s2-*", "random.s1=0 random.s2=0 random.nested=100") \
    L(STAGES, "*/s1.*|*.s1|*/s2.*|*.s2|*.nested", "random.s1=50 random.s2=30 random.nested=20 random.vms=4") \
    L(LEAVES, "leaves/l3.l2|leaves/l2.l3|leaf/*.l[23]|reuse/*.l[23]", "random.leaf_4k=50 random.leaf_2m=50 random.leaf_1g=0") \
    L(LEAVES, "leaves/l3.l1|leaves/l1.l3|leaf/*.l1|reuse/*.l1", "random.leaf_4k=40 random.leaf_2m=0 random.leaf_1g=60") \
    L(LEAVES, "leaves/l2.l1|leaves/l1.l2|leaf/*.l1|reuse/*.l1", "random.leaf_4k=0 random.leaf_2m=40 random.leaf_1g=60") \
    L(LEAVES, "leaves/l1.l1|leaf/*.l1|reuse/*.l1", "random.leaf_4k=5 random.leaf_2m=5 random.leaf_1g=90") \
    L(FAULTS, "event/addr-size.*|event/access.*|event/translation.*", "random.odd=30")               \
    L(FAULTS, "event/permission.*", "random.limited=80")                                             \
    L(FAULTS, "config-event/*-ste.*|config-event/*-cd.*|config-event/*fetch*", "random.broken=25")   \
    L(FAULTS, "config-event/*|abort", "random.stranger=30")                                          \
    L(FAULTS, "access/*|right/*|leaf/*|leaves/*|format/*|reuse/*|value/old.*", "random.odd=1 random.broken=0 random.far=0 random.stranger=1") \
    L(ACCESS, "access/*.fetch", "random.fetch=70 random.writes=20")                                  \
    L(ACCESS, "right/*.privileged", "random.privileged=70")                                          \
    L(ACCESS, "half/*.upper", "random.upper=60")                                                     \
    L(MEMORY, "command/*.descriptor|command/*.structure|reuse/merged.*|beside/many.*|race/*", "cosim.latency_min=100 cosim.latency_max=160") \
    L(MEMORY, "place/overtaken.*", "cosim.latency_min=1 cosim.latency_max=120")                      \
    L(MEMORY, "command/*.lookup|race/quiet.*", "cosim.latency_min=1 cosim.latency_max=2")            \
    L(STALLS, "command/*.answer", "cosim.rsp_stall=70 cosim.stall_cycles=20")                        \
    L(STALLS, "command/*.lookup|beside/many.*", "cosim.ar_stall=60 cosim.stall_cycles=12")           \
    L(CROWD, "beside/many.*|reuse/merged.*|place/overtaken.*", "cosim.outstanding=48 random.gap=0")  \
    L(CROWD, "beside/alone.*|command/*.none", "cosim.gap=60")                                        \
    L(CHANGE, "command/cfgi-ste.*|command/cfgi-range.*", "random.change=250 random.ste=100")         \
    L(CHANGE, "command/cfgi-cd.*|command/cfgi-cd-all.*|config/miss.*", "random.change=250 random.cd=150") \
    L(CHANGE, "event/*.nested-table|event/*.nested-cd", "random.change=250 random.window=150")       \
    L(CHANGE, "command/[ns]*", "random.change=250 random.needless=150")                              \
    L(CHANGE, "value/old.*|race/*|order/*.table-write|order/*.both", "random.change=300 random.remap=80 random.during=80") \
    L(INVALS, "command/nh-va.*|command/s2-ipa.*", "random.inv_va=200")                               \
    L(INVALS, "command/*-range.*", "random.inv_range=200")                                           \
    L(INVALS, "command/nh-vaa*", "random.inv_vaa=200 random.inv_range=60")                           \
    L(INVALS, "command/nh-asid.*", "random.inv_asid=200")                                            \
    L(INVALS, "command/nh-all.*|command/s12-vmall.*", "random.inv_vmid=200")                         \
    L(INVALS, "command/nsnh-all.*", "random.inv_all=100")                                            \
    L(CFGI, "command/cfgi-range.*|command/cfgi-cd-all.*", "random.cfgi_all=60")                      \
    L(CFGI, "command/cfgi-ste.*|command/cfgi-cd.*", "random.cfgi_all=2")                             \
    L(EVENTS, "event-overflow", "cosim.eventq_log2=1 cosim.event_poll=2000")                         \
    L(REUSE, "reuse/hit.*|reuse/merged.*|value/old.*", "random.hot=1 random.chase=90")               \
    L(REUSE, "reuse/miss.*|leaves/*", "random.pages=40 random.hot=40")                               \
    L(FORMAT, "format/two-level.*", "random.two_level=100")                                          \
    L(FORMAT, "format/linear.*", "random.two_level=0")                                               \
    L(TABLES, "format/*.linear", "random.cd_4k=0 random.cd_64k=0")                                   \
    L(TABLES, "format/*.two-level|config-event/*-cd.*", "random.cd_linear=0")

#define SLOTS(S) S(ORDER) S(STAGES) S(LEAVES) S(FAULTS) S(ACCESS) S(MEMORY) S(STALLS) S(CROWD) S(CHANGE) S(INVALS) S(CFGI) \
    S(EVENTS) S(REUSE) S(FORMAT) S(TABLES)
#define SLOT_ENUM(N) SLOT_##N,
enum slot { SLOTS(SLOT_ENUM) SLOT_COUNT };
_Static_assert(SLOT_COUNT <= (int)DIRECT_SLOTS_MAX, "slots");

static const struct lever { enum slot slot; const char *bins, *set; } levers[] = {
#define LEVER(slot, bins, set) { SLOT_##slot, bins, set },
    LEVERS(LEVER)
};

enum {
    UNIT = 1000,                       /* what a bin calls for a lever with that no round has tried in vain       */
    LEAST = UNIT / 10,                 /* what each lever has in any case                                         */
    NONE = 10,                         /* a slot is left alone one time in 1 + so many                            */
    ALONE = UNIT,                      /* for each lever by chance alone                                          */
    PATTERN = 64, PATH = 96,
};

/* ---- what calls ---------------------------------------------------------------------------------- */

static bool matches(const struct lever *l, const char *name)
{
    char pattern[PATTERN];

    for (const char *p = l->bins; *p; p += *p == '|') {
        size_t length = strcspn(p, "|");

        snprintf(pattern, sizeof pattern, "%.*s", (int)length, p);
        if (!fnmatch(pattern, name, 0))
            return true;
        p += length;
    }
    return false;
}

static bool is_missing(const struct direct *d, unsigned bin, char name[COVER_NAME])
{
    return cover_name(bin, name) && !d->seen.hits[bin];
}

static uint64_t call(const struct direct *d, const struct lever *l)
{
    char name[COVER_NAME];
    uint64_t sum = LEAST;

    if (d->how == DIRECT_RANDOM)
        return ALONE;
    for (unsigned i = 0; i < COVER_BINS; i++)
        if (is_missing(d, i, name) && matches(l, name))
            sum += UNIT / (1u + d->vain[i]);
    return sum;
}

/* One of the slot's levers, or -1. */
static int draw(struct direct *d, enum slot slot)
{
    uint64_t weight[ARRAY_LEN(levers)], sum = 0, at;

    for (size_t i = 0; i < ARRAY_LEN(levers); i++) {
        weight[i] = levers[i].slot == slot ? call(d, &levers[i]) : 0;
        sum += weight[i];
    }
    at = rng_below(&d->rng, sum + sum / NONE);
    for (size_t i = 0; i < ARRAY_LEN(levers); i++) {
        if (at < weight[i])
            return (int)i;
        at -= weight[i];
    }
    return -1;
}

/* ---- a round ------------------------------------------------------------------------------------- */

void direct_init(struct direct *d, enum direct_choice how, uint64_t seed)
{
    *d = (struct direct){ .how = how };
    rng_init(&d->rng, seed, "cosim.direct");
    for (size_t i = 0; i < ARRAY_LEN(d->pulled); i++)
        d->pulled[i] = -1;
}

static void set_one(struct param_set *set, const char *path, const char *value)
{
    struct diag diag;

    diag_init(&diag);
    SIM_CHECK(!param_set_text(set, path, value, &diag, NULL, 0, 0), "%s=%s", path, value);
    diag_destroy(&diag);
}

static void pull(struct param_set *set, const struct lever *l, char *text)
{
    char path[PATH], value[PATH];
    size_t used = strlen(text);

    for (const char *p = l->set; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " "), name = strcspn(p, "=");

        snprintf(path, sizeof path, "%.*s", (int)name, p);
        snprintf(value, sizeof value, "%.*s", (int)(length - name - 1), p + name + 1);
        set_one(set, path, value);
        used += (size_t)snprintf(text + used, used < DIRECT_TEXT ? DIRECT_TEXT - used : 0, " --set %s=%s", path, value);
        p += length;
    }
}

void direct_choose(struct direct *d, struct driver_params *driver, struct random_params *random, char text[DIRECT_TEXT])
{
    struct param_set set = { .n = 2 };

    set.sec[0] = (struct param_section){ "cosim", driver_kind.param, driver_kind.params, (uint64_t *)driver };
    set.sec[1] = (struct param_section){ "random", random_rows, random_row_count, (uint64_t *)random };
    text[0] = '\0';
    for (unsigned s = 0; s < SLOT_COUNT && d->how != DIRECT_FIXED; s++) {
        d->pulled[s] = draw(d, s);
        if (d->pulled[s] >= 0)
            pull(&set, &levers[d->pulled[s]], text);
    }
}

void direct_learn(struct direct *d, const struct cover *round)
{
    char name[COVER_NAME];

    cover_merge(&d->seen, round);
    for (unsigned i = 0; i < COVER_BINS; i++)
        for (unsigned s = 0; s < SLOT_COUNT && is_missing(d, i, name); s++)
            if (d->pulled[s] >= 0 && matches(&levers[d->pulled[s]], name)) {
                d->vain[i]++;
                break;
            }
}
