/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim cosim of a design with tables of its own: driven by intent, judged by it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/sim.h"
#include "cli/cosim.h"
#include "rtl-cosim/drive/intent_drive.h"
#include "rtl-cosim/stimulus/random_intent.h"

struct found { struct verdicts v; struct driver_stats st; };

static int drive(struct cosim *c, struct records *r, const char *wave, const char *coverage, struct found *f)
{
    const struct driver_options o = { .par = c->par, .seed = c->opt.seed, .stop = &cli_interrupted, .wave = wave,
                                      .coverage = coverage };
    struct replay_source src;

    *f = (struct found){ .v.n = 0 };
    records_source(r, &src, "records");
    return intent_drive(c->ops, &o, &src, &f->v, &f->st, NULL, c->d);
}

static int drive_covered(struct cosim *c, struct found *f)
{
    char path[COSIM_TEMPORARY];
    int err;

    if (!c->ops->coverage)
        return drive(c, &c->records, c->opt.wave, NULL, f);
    err = cosim_cover_begin(c, path);
    if (!err)
        err = cosim_cover_end(c, path, drive(c, &c->records, c->opt.wave, path, f));
    return !err && c->opt.coverage ? coverage_write(&c->coverage, c->opt.coverage, c->d) : err;
}

static int make(struct cosim *c)
{
    int err;

    records_init(&c->records, "random intent");
    if (c->opt.trace)
        return records_read(&c->records, c->opt.trace, c->d);
    err = random_intent(&c->records, &random_intent_defaults, c->opt.random, c->opt.seed);
    if (!err && c->opt.save)
        err = records_write(&c->records, c->opt.save, c->d);
    return err;
}

static void report(const struct cosim *c, const struct found *f)
{
    const struct driver_stats *st = &f->st;

    printf("design     %s: %s\n", c->ops->name, c->ops->about);
    printf("requests   %" PRIu64 " in %" PRIu64 " cycles: %" PRIu64 " went out, %" PRIu64 " were refused, %" PRIu64
           " by what was not invalidated\n", st->requests, st->cycles, st->ok, st->faults, st->old);
    printf("software   %" PRIu64 " intents, %" PRIu64 " invalidations; %" PRIu64 " refused, %" PRIu64 " left out\n",
           st->intents, st->syncs, st->refused, st->not_used);
    printf("memory     %" PRIu64 " reads of %" PRIu64 " words\n", st->reads, st->beats);
    cosim_cover_print(&c->coverage, stdout);
    for (size_t i = 0; i < f->v.n; i++) {
        const struct verdict *v = &f->v.at[i];

        printf("%s%s: request %" PRId64 ", cycle %" PRIu64 ", record %" PRIu64 "\n  expected  %s\n  found     %s\n",
               i ? "" : "\n", verdict_name[v->kind], v->request, v->cycle, v->record, v->expected, v->found);
    }
    if (f->v.total)
        printf("\nagain      %s\n", c->command);
    else
        printf("checks     0 differences\n");
}

static void report_json(const struct cosim *c, const struct found *f)
{
    printf("{\"dut\": \"%s\", \"requests\": %" PRIu64 ", \"cycles\": %" PRIu64 ", \"differences\": %" PRIu64, c->ops->name,
           f->st.requests, f->st.cycles, f->v.total);
    if (f->v.n)
        printf(", \"first\": {\"kind\": \"%s\", \"request\": %" PRId64 ", \"cycle\": %" PRIu64 ", \"record\": %" PRIu64
               ", \"expected\": \"%s\", \"found\": \"%s\"}", verdict_name[f->v.at[0].kind], f->v.at[0].request,
               f->v.at[0].cycle, f->v.at[0].record, f->v.at[0].expected, f->v.at[0].found);
    puts("}");
}

/* ---- fewer records ------------------------------------------------------------------------------- */

struct search { struct cosim *c; struct verdict like; };

static int fails(void *arg, struct records *candidate)
{
    struct search *s = arg;
    struct found f;
    int err = drive(s->c, candidate, NULL, NULL, &f);
    bool same = !err && f.v.n && verdict_same(&f.v.at[0], &s->like);

    verdicts_destroy(&f.v);
    return err ? -1 : same;
}

int cosim_foreign(struct cosim *c)
{
    struct found f = { .v.n = 0 }, again = { .v.n = 0 };
    int err;

    if (c->opt.calibrate)
        return diag_add(c->d, c->ops->name, 0, 0, "has tables of its own: the model cannot be fitted to it");
    err = cosim_own_parameters(c);
    if (!err)
        err = make(c);
    if (!err)
        err = drive_covered(c, &f);
    if (!err && c->opt.json)
        report_json(c, &f);
    else if (!err && (!c->opt.quiet || f.v.total))
        report(c, &f);
    if (!err && f.v.n && c->opt.minimise) {
        struct search s = { c, f.v.at[0] };

        err = cosim_cut(c, &s.like, fails, &s);
        if (!err && c->opt.wave)
            err = drive(c, &c->records, c->opt.wave, NULL, &again);
    }
    if (!err && f.v.total)
        err = SIM_ECHECK;
    verdicts_destroy(&f.v);
    verdicts_destroy(&again.v);
    return err;
}
