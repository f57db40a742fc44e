/* SPDX-License-Identifier: Apache-2.0
 *
 * A run's rows.  Names are those that results/schema.sql lists.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/names.h"
#include "cli/run.h"
#include "cli/standard.h"
#include "system/timed.h"

/* ---- what went in -------------------------------------------------------------------------------------- */

static void points(struct run *r)
{
    for (size_t i = 0; i < r->opt.points; i++) {
        const char *eq = strchr(r->opt.point[i], '=');
        char axis[256];

        snprintf(axis, sizeof axis, "%.*s", (int)(eq - r->opt.point[i]), r->opt.point[i]);
        results_point(r->db, axis, eq + 1);
    }
}

/* "workload.accesses=1000" */
static void workload_setting(struct run *r, const char *set)
{
    const char *eq = strchr(set, '=');
    char path[256];

    if (strncmp(set, GEN_SET_PREFIX, strlen(GEN_SET_PREFIX)) != 0)
        return;
    snprintf(path, sizeof path, "%.*s", (int)(eq - set), set);
    results_param_text(r->db, path, NULL, eq + 1);
}

static void params(struct run *r)
{
    const struct param_set *set = system_config_params(r->profile.config);

    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->sec[i].n; j++) {
            const struct param_row *row = &set->sec[i].row[j];
            char path[256], text[64];

            snprintf(path, sizeof path, "%s.%s", set->sec[i].path, row->name);
            if (row->type == PARAM_choice) {
                param_format(row, set->sec[i].word[j], text, sizeof text);
                results_param_text(r->db, path, "choice", text);
            } else {
                results_param(r->db, path, row->unit, set->sec[i].word[j]);
            }
        }
    for (size_t i = 0; i < r->opt.sets; i++)
        workload_setting(r, r->opt.set[i]);
    results_param_text(r->db, "run.time", NULL,
                       r->sys->timed ? "simulated"
                       : r->src.head->flags & TRACE_F_ORDER_ONLY ? "order" : "trace");
    results_param_text(r->db, "run.check", NULL,
                       r->opt.strict ? "strict" : r->opt.check ? "check" : "no");
    results_param(r->db, "run.warmup", "requests", r->opt.warmup);
    results_param(r->db, "run.repeat", "1", r->opt.repeat ? r->opt.repeat : 1);
    for (size_t i = 0; i < r->opt.drops; i++)
        results_param(r->db, "run.drop_command", "number", r->opt.drop[i]);
}

/* ---- what was counted ------------------------------------------------------------------------------------ */

static void standard(void *arg, const char *name, uint64_t value)
{
    results_counter(arg, "standard", name, "1", value);
}

static void counters(struct run *r)
{
    const struct counters *c = &r->replay.counters;

    for (size_t k = 0; k < c->n; k++) {
        const struct comp *comp = c->comp[k].comp;

        if (!counters_there(c, k))
            continue;
        for (size_t i = 0; i < comp->kind->stats; i++)
            results_counter(r->db, c->comp[k].path, comp->kind->stat[i].name,
                            comp->kind->stat[i].unit, counters_value(c, k, i));
        if (comp->bits)
            results_counter(r->db, c->comp[k].path, "storage_bits", "bits", comp->bits);
        for (size_t i = 0; i < comp->hists; i++)
            results_hist(r->db, c->comp[k].path, comp->hist[i].name, comp->hist[i].unit,
                         comp->hist[i].hist);
    }
    cli_standard(r->profile.arch, c, standard, r->db);
}

static void totals(struct run *r)
{
    uint64_t faults = r->replay.outcome[XL_FAULT];

    results_counter(r->db, "run", "faults", "1", faults);
    results_counter(r->db, "run", "measured_ps", "ps", r->replay.end_ps - r->replay.start_ps);
    results_counter(r->db, "run", "stale", "1", r->stales);
    results_counter(r->db, "run", "mismatches", "1", run_mismatches(r));
    results_counter(r->db, "run", "mismatches_oracle", "1", r->wrongs);
    results_counter(r->db, "run", "mismatches_log", "1", r->replay.expect.mismatches);
}

static void expectations(struct run *r)
{
    const struct expect *e = &r->replay.expect;

    for (unsigned k = 0; k < EXPECT_KINDS_N; k++)
        if (e->compared[k]) {
            char name[64];

            snprintf(name, sizeof name, "%s, compared", expect_kind_name[k]);
            results_counter(r->db, "log", name, "1", e->compared[k]);
            snprintf(name, sizeof name, "%s, agreed", expect_kind_name[k]);
            results_counter(r->db, "log", name, "1", e->agreed[k]);
        }
    for (unsigned i = 0; i < e->deviations; i++)
        results_counter(r->db, "log.deviation",
                        r->src.string(r->src.from, e->deviation[i].name), "1",
                        e->deviation[i].differ);
}

enum { STREAMS_WITH_BUCKETS = 64 };

/* The lookup is a cause that every request meets: its count is that of the class. */
static void latency(struct run *r, uint32_t s, unsigned c)
{
    const struct latency_cell *cell = latency_cell(&r->replay.latency, s, c);
    char name[80];

    if (!cell)
        return;
    for (unsigned i = 0; i < CAUSE_COUNT; i++)
        if (latency_met(cell, i) || i == CAUSE_LOOKUP)
            results_latency(r->db, replay_sid(&r->replay, s), r->sys->class_name[c], cause_name[i],
                            i == CAUSE_LOOKUP ? cell->count : latency_met(cell, i), cell->sum_ps[i]);
    snprintf(name, sizeof name, "%" PRIu32 "/%s", replay_sid(&r->replay, s), r->sys->class_name[c]);
    if (r->src.n_streams <= STREAMS_WITH_BUCKETS)
        results_hist(r->db, "latency", name, "ps", &cell->hist);
    else
        results_hist_short(r->db, "latency", name, "ps", &cell->hist);
}

static void latencies(struct run *r)
{
    for (uint32_t s = 0; s < r->src.n_streams; s++)
        for (unsigned c = 0; c < r->replay.classes; c++)
            latency(r, s, c);
}

static void classes(struct run *r)
{
    if (r->sys->timed) {
        latencies(r);
        return;
    }
    for (uint32_t s = 0; s < r->src.n_streams; s++)
        for (unsigned c = 0; c < r->replay.classes; c++)
            if (replay_count(&r->replay, s, c))
                results_latency(r->db, replay_sid(&r->replay, s), r->sys->class_name[c], "lookup",
                                replay_count(&r->replay, s, c), 0);
}

static void series(struct run *r)
{
    const struct counters *c = &r->replay.counters;

    for (size_t i = 0; i < c->intervals; i++) {
        const struct counters_interval *v = &c->interval[i];

        const struct counters_comp *k = &c->comp[v->comp];
        const char *const *name = counters_series_name[k->series];

        results_interval(r->db, v->t_ps, k->path, name[0], v->value[0]);
        if (name[1])
            results_interval(r->db, v->t_ps, k->path, name[1], v->value[1]);
    }
}

static void run_series(struct run *r)
{
    const struct replay *rp = &r->replay;

    for (size_t i = rp->opt.warmup != 0; i < rp->n_series; i++) {
        results_interval(r->db, rp->series[i].t_ps, "run", "requests", rp->series[i].requests);
        results_interval(r->db, rp->series[i].t_ps, "run", "latency_ps", rp->series[i].latency_ps);
    }
}

static void reuse(struct run *r)
{
    if (!r->opt.reuse)
        return;
    results_hist(r->db, "trace", "reuse_distance", "pages", &r->replay.reuse.hist);
    results_counter(r->db, "trace", "reuse_cold", "1", r->replay.reuse.cold);
}

/* ---- what went wrong --------------------------------------------------------------------------------------- */

static void faults(struct run *r)
{
    for (size_t i = 0; i < r->replay.faults; i++) {
        const struct replay_fault *f = &r->replay.fault[i];
        bool named = f->res.outcome == XL_FAULT || f->res.outcome == XL_RAZWI;
        char event[CLI_TEXT];

        results_fault(r->db, &(struct results_fault){
            .t_ps = f->t_ps, .stream = f->stream,
            .substream = f->has_substream ? f->substream : RESULTS_NONE, .iova = f->iova,
            .event = named ? cli_fault_name(r->profile.arch, f->res.code, event)
                                                : "abort",
            .stage = named ? f->res.stage2 + 1u : 0,
            .cls = named ? cli_fault_class(r->profile.arch, &f->res) : NULL,
            .detail = f->res.recorded ? f->write ? "write" : "read" : "no record",
        });
    }
}

static void stales(struct run *r)
{
    for (size_t i = 0; i < r->stales_kept; i++) {
        const struct system_stale *s = &r->stale[i];
        char cached[CLI_TEXT], current[CLI_TEXT];

        results_stale(r->db, &(struct results_stale){
            .t_ps = s->t_ps, .request = s->request, .stream = s->sid, .iova = s->iova,
            .cached = cli_result_text(r->profile.arch, &s->cached, cached),
            .current = cli_result_text(r->profile.arch, &s->current, current),
            .changed_ps = s->changed_ps,
            .invalidated_ps = s->invalidated_ps == UINT64_MAX ? RESULTS_NONE : s->invalidated_ps,
        });
    }
}

static void mismatches(struct run *r)
{
    const struct expect *e = &r->replay.expect;
    char expected[CLI_TEXT], found[CLI_TEXT], field[CLI_TEXT];

    for (size_t i = 0; i < r->wrongs_kept; i++) {
        const struct system_mismatch *m = &r->wrong[i];

        results_mismatch(r->db, m->t_ps, m->request, "oracle",
                         cli_result_text(r->profile.arch, &m->expected, expected),
                         cli_result_text(r->profile.arch, &m->found, found));
    }
    for (size_t i = 0; i < e->rows; i++) {
        const struct expect_row *m = &e->row[i];

        snprintf(field, sizeof field, "%s %s", m->intended ? "intended" : "logged",
                 expect_kind_name[m->kind]);
        results_mismatch(r->db, m->t_ps, m->request, field,
                         cli_expect_text(r->profile.arch, m->kind, m->expected, expected),
                         cli_expect_text(r->profile.arch, m->kind, m->found, found));
    }
}

void run_rows(struct run *r)
{
    points(r);
    params(r);
    counters(r);
    totals(r);
    expectations(r);
    classes(r);
    series(r);
    run_series(r);
    reuse(r);
    faults(r);
    stales(r);
    mismatches(r);
}
