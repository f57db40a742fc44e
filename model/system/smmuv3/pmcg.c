/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/pmcg.h"

#include <stdio.h>

#include "base/sim.h"

PARAM_ROWS(params, SMMUV3_PMCG_PARAMS);
STAT_ROWS(stats, SMMUV3_PMCG_STATS);
static const struct comp_kind kind = { "pmcg", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

void smmuv3_pmcg_params(struct smmuv3_pmcg_params par[SMMUV3_PMCG_COUNTERS], struct param_set *set)
{
    static const char *const path[SMMUV3_PMCG_COUNTERS] = { "smmu.pmcg0", "smmu.pmcg1", "smmu.pmcg2",
                                                            "smmu.pmcg3" };

    for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++)
        param_add(set, path[i], params, ARRAY_LEN(params), &par[i].event);
}

void smmuv3_pmcg_init(struct smmuv3_pmcg *g, struct comp *parent,
                      const struct smmuv3_pmcg_params par[SMMUV3_PMCG_COUNTERS])
{
    for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++) {
        struct smmuv3_pmcg_counter *c = &g->counter[i];
        char name[16];

        c->par = par[i];
        if (c->par.event == SMMUV3_PMCG_OFF)
            continue;
        snprintf(name, sizeof name, "pmcg%u", i);
        comp_init(&c->comp, &kind, parent, name, &c->par, &c->st);
        g->events |= 1u << c->par.event;
    }
}

void smmuv3_pmcg_add(struct smmuv3_pmcg *g, enum smmuv3_pmcg_event event, uint32_t sid)
{
    for (unsigned i = 0; i < SMMUV3_PMCG_COUNTERS; i++) {
        struct smmuv3_pmcg_counter *c = &g->counter[i];

        if (c->par.event == event && (c->par.filter == 0 || (sid ^ c->par.sid) >> c->par.span == 0))
            c->st.count++;
    }
}
