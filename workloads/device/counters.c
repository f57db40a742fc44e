/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"

static void count(const struct comp *c, const char *path, void *arg)
{
    (void)c;
    (void)path;
    ++*(size_t *)arg;
}

#define SERIES_COUNTERS(N, a, b, x, y) { a, b },
#define SERIES_NAMES(N, a, b, x, y) { x, y },
static const char *const series_counter[COUNTERS_SERIES_N][2] = { COUNTERS_SERIES(SERIES_COUNTERS) };
const char *const counters_series_name[COUNTERS_SERIES_N][2] = { COUNTERS_SERIES(SERIES_NAMES) };

static int row(const struct comp_kind *k, const char *name)
{
    for (size_t i = 0; name && i < k->stats; i++)
        if (strcmp(k->stat[i].name, name) == 0)
            return (int)i;
    return -1;
}

static void find_series(struct counters_comp *k)
{
    k->series = -1;
    for (int i = 0; i < COUNTERS_SERIES_N && k->series < 0; i++) {
        k->row[0] = row(k->comp->kind, series_counter[i][0]);
        k->row[1] = row(k->comp->kind, series_counter[i][1]);
        if (k->row[0] >= 0 && (k->row[1] >= 0 || !series_counter[i][1]))
            k->series = i;
    }
}

static void take(const struct comp *comp, const char *path, void *arg)
{
    struct counters *c = arg;
    struct counters_comp *k = &c->comp[c->n++];

    k->comp = (struct comp *)comp;             /* for its counters to be brought up to now */
    snprintf(k->path, sizeof k->path, "%s", path);
    k->base = calloc(comp->kind->stats + 1, sizeof *k->base);
    find_series(k);
}

int counters_init(struct counters *c, const struct comp *const *root, size_t roots)
{
    size_t n = 0;

    *c = (struct counters){ 0 };
    for (size_t i = 0; i < roots; i++)
        comp_walk(root[i], count, &n);
    c->comp = calloc(n + 1, sizeof *c->comp);
    if (!c->comp)
        return SIM_EENV;
    for (size_t i = 0; i < roots; i++)
        comp_walk(root[i], take, c);
    for (size_t i = 0; i < c->n; i++)
        if (!c->comp[i].base)
            return SIM_EENV;
    counters_restart(c, 0);
    return 0;
}

void counters_destroy(struct counters *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->comp[i].base);
    free(c->comp);
    free(c->interval);
    *c = (struct counters){ 0 };
}

static void see(struct counters_comp *k)
{
    for (int i = 0; k->series >= 0 && i < 2 && k->row[i] >= 0; i++)
        k->seen[i] = k->comp->st[k->row[i]];
}

void counters_settle(struct counters *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->comp[i].comp->settle)
            c->comp[i].comp->settle(c->comp[i].comp);
}

void counters_restart(struct counters *c, uint64_t now_ps)
{
    counters_settle(c);
    for (size_t i = 0; i < c->n; i++) {
        struct counters_comp *k = &c->comp[i];

        if (k->comp->kind->stats)
            memcpy(k->base, k->comp->st, k->comp->kind->stats * sizeof *k->base);
        see(k);
    }
    c->intervals = 0;
    c->interval_start_ps = now_ps;
}

static int push(struct counters *c, const struct counters_interval *v)
{
    struct counters_interval *list = list_grow(c->interval, c->intervals, &c->room, sizeof *list);

    if (!list)
        return SIM_EENV;
    c->interval = list;
    c->interval[c->intervals++] = *v;
    return 0;
}

int counters_interval(struct counters *c, uint64_t now_ps)
{
    counters_settle(c);
    for (size_t i = 0; i < c->n; i++) {
        struct counters_comp *k = &c->comp[i];
        struct counters_interval v = { .t_ps = c->interval_start_ps, .comp = (uint32_t)i };

        if (k->series < 0 || !counters_there(c, i))
            continue;
        for (int j = 0; j < 2 && k->row[j] >= 0; j++)
            v.value[j] = k->comp->st[k->row[j]] - k->seen[j];
        if (k->series == COUNTERS_LOOKUPS)
            v.value[1] = v.value[0] - v.value[1];
        if (push(c, &v))
            return SIM_EENV;
        see(k);
    }
    c->interval_start_ps = now_ps;
    return 0;
}
