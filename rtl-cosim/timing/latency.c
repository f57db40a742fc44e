/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"

#define NAME(N, name, help) name,
const char *const cosim_class_name[COSIM_CLASSES_N] = { COSIM_CLASSES(NAME) };

enum cosim_class cosim_class_of(const struct cosim_rsp *rsp)
{
    const struct cosim_trail *t = &rsp->trail;

    if (rsp->outcome == COSIM_FAULT)
        return COSIM_CLASS_FAULT;
    if (t->cfg_reads)
        return COSIM_CLASS_CONFIG_MISS;
    if (rsp->outcome != COSIM_OK)
        return COSIM_CLASS_BYPASS;
    if (t->merged)
        return COSIM_CLASS_MERGED;
    if (t->tlb_hit)
        return COSIM_CLASS_TLB_HIT;
    if (t->s1_reads && t->s2_reads)
        return COSIM_CLASS_WALK_NESTED;
    if (t->s1_reads)
        return COSIM_CLASS_WALK_S1;
    return t->s2_reads ? COSIM_CLASS_WALK_S2 : COSIM_CLASS_WALK_CACHED;
}

int cosim_latency_add(struct cosim_latency *l, enum cosim_class c, const struct cosim_sample *s)
{
    struct cosim_samples *of = &l->of[c];
    struct cosim_sample *at = list_grow(of->at, of->n, &of->room, sizeof *at);

    if (!at)
        return SIM_EENV;
    of->at = at;
    of->at[of->n++] = *s;
    return 0;
}

int cosim_latency_copy(struct cosim_latency *to, const struct cosim_latency *l)
{
    int err = 0;

    for (unsigned c = 0; c < COSIM_CLASSES_N; c++)
        for (size_t i = 0; i < l->of[c].n && !err; i++)
            err = cosim_latency_add(to, c, &l->of[c].at[i]);
    return err;
}

void cosim_latency_destroy(struct cosim_latency *l)
{
    for (unsigned c = 0; c < COSIM_CLASSES_N; c++)
        free(l->of[c].at);
    *l = (struct cosim_latency){ 0 };
}

static int by_cycles(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The smallest value that at least `percent` of all do not exceed. */
static uint64_t percentile(const uint32_t *sorted, size_t n, unsigned percent)
{
    return sorted[(n * percent + 99) / 100 - 1];
}

void cosim_latency_summary(const struct cosim_latency *l, enum cosim_class c, struct cosim_summary *s)
{
    const struct cosim_samples *of = &l->of[c];
    uint32_t *sorted = of->n ? malloc(of->n * sizeof *sorted) : NULL;
    double sum = 0, squares = 0;

    *s = (struct cosim_summary){ 0 };
    if (!sorted)
        return;
    for (size_t i = 0; i < of->n; i++) {
        sorted[i] = of->at[i].cycles;
        sum += sorted[i];
    }
    s->n = of->n;
    s->mean = sum / (double)of->n;
    for (size_t i = 0; i < of->n; i++)
        squares += (sorted[i] - s->mean) * (sorted[i] - s->mean);
    s->sd = sqrt(squares / (double)of->n);
    qsort(sorted, of->n, sizeof *sorted, by_cycles);
    s->p50 = percentile(sorted, of->n, 50);
    s->p95 = percentile(sorted, of->n, 95);
    s->p99 = percentile(sorted, of->n, 99);
    s->min = sorted[0];
    s->max = sorted[of->n - 1];
    free(sorted);
}
