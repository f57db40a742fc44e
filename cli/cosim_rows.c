/* SPDX-License-Identifier: Apache-2.0
 *
 * A co-simulation's rows.  Tables cosim_*: results/schema.sql.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/cosim.h"

static void params(struct cosim *c)
{
    const struct param_set *set = system_config_params(c->profile.config);
    const uint64_t *word = (const uint64_t *)&c->par;
    char path[256], text[64];

    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->sec[i].n; j++) {
            snprintf(path, sizeof path, "%s.%s", set->sec[i].path, set->sec[i].row[j].name);
            param_format(&set->sec[i].row[j], set->sec[i].word[j], text, sizeof text);
            results_param_text(c->db, path, set->sec[i].row[j].type == PARAM_choice ? "choice" : set->sec[i].row[j].unit,
                               text);
        }
    for (size_t i = 0; i < driver_kind.params; i++) {
        snprintf(path, sizeof path, "cosim.%s", driver_kind.param[i].name);
        param_format(&driver_kind.param[i], word[i], text, sizeof text);
        results_param_text(c->db, path, driver_kind.param[i].type == PARAM_choice ? "choice" : driver_kind.param[i].unit,
                           text);
    }
    results_param_text(c->db, "cosim.dut", NULL, c->ops->name);
    results_param_text(c->db, "cosim.command", NULL, c->command);
    results_param(c->db, "cosim.rounds", "1", c->round);
    for (const struct cosim_param *p = c->ops->built; p && p->name; p++) {
        snprintf(path, sizeof path, "dut.%s", p->name);
        results_param(c->db, path, "1", p->value);
    }
}

static void latency(struct cosim *c, const struct cosim_latency *l, const char *side)
{
    for (unsigned k = 0; k < COSIM_CLASSES_N; k++) {
        struct cosim_summary s;

        cosim_latency_summary(l, k, &s);
        if (s.n)
            results_cosim_latency(c->db, &(struct results_cosim_latency){
                .cls = cosim_class_name[k], .side = side, .n = s.n, .mean = s.mean, .sd = s.sd, .p50 = s.p50,
                .p95 = s.p95, .p99 = s.p99, .min = s.min, .max = s.max });
    }
}

static void verdicts(struct cosim *c, const struct verdicts *v, uint64_t first)
{
    for (size_t i = 0; i < v->n; i++)
        results_cosim_mismatch(c->db, &(struct results_cosim_mismatch){
            .seq = first + i, .kind = verdict_name[v->at[i].kind],
            .request = v->at[i].request == NO_REQUEST ? RESULTS_NONE : (uint64_t)v->at[i].request,
            .cycle = v->at[i].cycle, .expected = v->at[i].expected, .found = v->at[i].found, .trace = c->opt.trace,
            .wave = c->opt.wave });
}

static void counters(struct cosim *c, const struct driver_stats *st, const char *component)
{
    const uint64_t *word = (const uint64_t *)st;

    for (size_t i = 0; i < driver_kind.stats; i++)
        results_counter(c->db, component, driver_kind.stat[i].name, driver_kind.stat[i].unit, word[i]);
}

void cosim_cover_rows(struct results *db, const struct coverage *coverage, const struct cover *bins)
{
    char name[COVER_NAME];
    size_t n;
    struct coverage_sum *sum = coverage_sums(coverage, &n);

    for (size_t i = 0; i < n; i++)
        results_cosim_coverage(db, sum[i].unit, sum[i].kind, sum[i].hit, sum[i].total);
    free(sum);
    for (unsigned b = 0; bins && b < COVER_BINS; b++)
        if (cover_name(b, name))
            results_cosim_bin(db, name, bins->hits[b]);
}

void cosim_rows(struct cosim *c)
{
    params(c);
    counters(c, &c->stats[0], "cosim");
    results_counter(c->db, "run", "faults", "1", c->stats[0].faults);
    results_counter(c->db, "run", "stale", "1", c->stats[0].old);
    results_counter(c->db, "run", "mismatches", "1", cosim_verdicts(c));
    latency(c, &c->latency[0], "dut");
    if (c->model) {
        counters(c, &c->stats[1], "cosim.model");
        latency(c, &c->latency[1], "model");
    }
    verdicts(c, driver_verdicts(c->design), 0);
    verdicts(c, &c->differ, driver_verdicts(c->design)->n);
    cosim_cover_rows(c->db, &c->coverage, &c->cover);
}
