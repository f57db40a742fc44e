/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/clock.h"

#include "base/sim.h"

PARAM_ROWS(params, CLOCK_PARAMS);
static const struct comp_kind clock_kind = { "clock", params, ARRAY_LEN(params), NULL, 0 };

void clock_init(struct clock *c, struct sim *s, struct comp *parent, const char *name,
                uint64_t period_ps)
{
    SIM_CHECK(period_ps > 0, "clock %s has no period", name);
    c->sim = s;
    c->par.period_ps = period_ps;
    comp_init(&c->comp, &clock_kind, parent, name, &c->par, NULL);
}
