/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim cosim of a block: a store, a walker, a queue, equal to its twin in every cycle or not.
 */
#include <stdlib.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "rtl-cosim/twin/lockstep.h"

static int report(const struct cosim *c, const struct lockstep_result *r)
{
    static const char *const end[] = { "equal", "differs", "assertion", "stuck" };
    bool equal = r->end == LOCKSTEP_EQUAL;

    if (c->opt.json)
        printf("{\"dut\": \"%s\", \"end\": \"%s\", \"operations\": %llu, \"cycles\": %llu%s%s%s}\n", c->ops->name,
               end[r->end], (unsigned long long)r->operations, (unsigned long long)r->cycles,
               r->field ? ", \"field\": \"" : "", r->field ? r->field : "", r->field ? "\"" : "");
    else if (!c->opt.quiet || !equal)
        lockstep_report(r, stdout);
    if (!c->opt.json && !c->opt.quiet)
        cosim_cover_print(&c->coverage, stdout);
    if (!c->opt.json && !equal)
        printf("again: %s\n", c->command);
    return equal ? 0 : SIM_ECHECK;
}

static int run(struct cosim *c, const struct lockstep *l, struct lockstep_result *r)
{
    struct lockstep covered = *l;
    char path[COSIM_TEMPORARY];
    int err;

    if (!c->ops->coverage)
        return lockstep_run(l, r, c->d);
    err = cosim_cover_begin(c, path);
    covered.coverage = path;
    if (!err)
        err = cosim_cover_end(c, path, lockstep_run(&covered, r, c->d));
    return !err && c->opt.coverage ? coverage_write(&c->coverage, c->opt.coverage, c->d) : err;
}

int cosim_block(struct cosim *c)
{
    struct lockstep_result *r;
    struct lockstep l;
    int err;

    if (!c->opt.has_random)
        return diag_add(c->d, c->ops->name, 0, 0, "no whole SMMU: expected --random N, operations");
    if (!lockstep_of(&l, c->ops, c->opt.random, c->opt.seed))
        return diag_add(c->d, c->ops->name, 0, 0, "there is no twin of it");
    r = calloc(1, sizeof *r);
    if (!r)
        return diag_env(c->d, NULL, "no memory");
    l.wave = c->opt.wave;
    err = run(c, &l, r);
    if (!err)
        err = report(c, r);
    free(r);
    return err;
}
