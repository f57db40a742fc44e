/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

const struct param_row tolerance_rows[] = { TOLERANCE_PARAMS(PARAM_ROW) };
const size_t tolerance_row_count = ARRAY_LEN(tolerance_rows);
const char *const compare_verdict_name[] = { "none", "few", "equal", "within", "outside" };

void tolerance_defaults(struct tolerance *t)
{
    *t = (struct tolerance)PARAM_DEFAULTS(TOLERANCE_PARAMS);
}

static int by_request(const void *a, const void *b)
{
    const struct cosim_sample *x = a, *y = b;

    return (x->request > y->request) - (x->request < y->request);
}

static int by_cycles(const void *a, const void *b)
{
    const struct cosim_sample *x = a, *y = b;

    return (x->cycles > y->cycles) - (x->cycles < y->cycles);
}

static struct cosim_sample *sorted(const struct cosim_samples *s, int (*by)(const void *, const void *))
{
    struct cosim_sample *copy = malloc((s->n + 1) * sizeof *copy);

    if (copy && s->n) {
        memcpy(copy, s->at, s->n * sizeof *copy);
        qsort(copy, s->n, sizeof *copy, by);
    }
    return copy;
}

/* Of requests that were of the class on both sides. */
struct pairs { double n, sx, sy, sxx, syy, sxy, abs, largest; };

static void add_pair(struct pairs *p, struct class_error *e, const struct cosim_sample *a, const struct cosim_sample *b)
{
    double x = a->cycles, y = b->cycles, error = fabs(x - y);

    p->n++;
    p->sx += x;
    p->sy += y;
    p->sxx += x * x;
    p->syy += y * y;
    p->sxy += x * y;
    p->abs += error;
    if (error > p->largest) {
        p->largest = error;
        e->worst = a->request;
    }
}

static void finish_pairs(const struct pairs *p, struct class_error *e)
{
    double vx = p->sxx - p->sx * p->sx / p->n, vy = p->syy - p->sy * p->sy / p->n;

    e->pairs = (uint64_t)p->n;
    if (!e->pairs)
        return;
    e->mean_abs = p->abs / p->n;
    if (vx > 1e-9 * p->sxx && vy > 1e-9 * p->syy)
        e->correlation = (p->sxy - p->sx * p->sy / p->n) / sqrt(vx * vy);
}

static int compare_pairs(const struct cosim_samples *found, const struct cosim_samples *model, struct class_error *e)
{
    struct cosim_sample *a = sorted(found, by_request), *b = sorted(model, by_request);
    struct pairs p = { .largest = -1 };

    for (size_t i = 0, j = 0; a && b && i < found->n && j < model->n;) {
        if (a[i].request == b[j].request)
            add_pair(&p, e, &a[i++], &b[j++]);
        else if (a[i].request < b[j].request)
            i++;
        else
            j++;
    }
    finish_pairs(&p, e);
    free(a);
    free(b);
    return a && b ? 0 : SIM_EENV;
}

/* Kolmogorov and Smirnov's. */
static int compare_distributions(const struct cosim_samples *found, const struct cosim_samples *model,
                                 struct class_error *e)
{
    struct cosim_sample *a = sorted(found, by_cycles), *b = sorted(model, by_cycles);

    for (size_t i = 0, j = 0; a && b && i < found->n && j < model->n;) {
        uint32_t at = a[i].cycles < b[j].cycles ? a[i].cycles : b[j].cycles;
        double distance;

        while (i < found->n && a[i].cycles <= at)
            i++;
        while (j < model->n && b[j].cycles <= at)
            j++;
        distance = fabs((double)i / (double)found->n - (double)j / (double)model->n);
        if (distance > e->ks)
            e->ks = distance;
    }
    free(a);
    free(b);
    return a && b ? 0 : SIM_EENV;
}

static double relative(double found, double model)
{
    return model > 0 ? (found - model) / model : found > 0 ? INFINITY : 0;
}

static bool within(double error, double difference, uint64_t percent, uint64_t cycles)
{
    return fabs(error) * 100 <= (double)percent || fabs(difference) <= (double)cycles;
}

static uint8_t judge(const struct class_error *e, const struct tolerance *t)
{
    if (!e->found.n && !e->model.n)
        return COMPARE_NONE;
    if (e->found.n < t->least && e->model.n < t->least)
        return COMPARE_FEW;
    if (e->pairs == e->found.n && e->pairs == e->model.n && e->mean_abs == 0)
        return COMPARE_EQUAL;
    return within(e->mean_error, e->found.mean - e->model.mean, t->mean, t->cycles) &&
           within(e->p99_error, (double)e->found.p99 - (double)e->model.p99, t->p99, t->cycles)
         ? COMPARE_WITHIN : COMPARE_OUTSIDE;
}

static int compare_class(const struct cosim_latency *found, const struct cosim_latency *model, enum cosim_class c,
                         const struct tolerance *t, struct class_error *e)
{
    int err;

    cosim_latency_summary(found, c, &e->found);
    cosim_latency_summary(model, c, &e->model);
    e->mean_error = relative(e->found.mean, e->model.mean);
    e->p99_error = relative((double)e->found.p99, (double)e->model.p99);
    err = compare_pairs(&found->of[c], &model->of[c], e);
    err |= compare_distributions(&found->of[c], &model->of[c], e);
    e->verdict = judge(e, t);
    return err;
}

int compare_latency(const struct cosim_latency *found, const struct cosim_latency *model, uint64_t cycles_found,
                    uint64_t cycles_model, const struct tolerance *t, struct run_error *e)
{
    int err = 0;

    *e = (struct run_error){ .cycles_found = cycles_found, .cycles_model = cycles_model };
    e->total_error = relative((double)cycles_found, (double)cycles_model);
    e->verdict = cycles_found == cycles_model ? COMPARE_EQUAL
               : within(e->total_error, (double)cycles_found - (double)cycles_model, t->total, t->cycles)
               ? COMPARE_WITHIN : COMPARE_OUTSIDE;
    for (unsigned c = 0; c < COSIM_CLASSES_N; c++) {
        err |= compare_class(found, model, c, t, &e->of[c]);
        if (e->of[c].verdict > e->verdict)
            e->verdict = e->of[c].verdict;
    }
    return err ? SIM_EENV : 0;
}
