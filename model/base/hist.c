/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hist.h"

#include <stdlib.h>

/* What an empty histogram points to, so that hist_add has one pointer to test. */
static uint64_t *const no_group[HIST_GROUPS];

void hist_init(struct hist *h)
{
    *h = (struct hist){ .min = UINT64_MAX, .group = no_group };
}

void hist_destroy(struct hist *h)
{
    if (h->group && h->group != no_group) {
        for (size_t g = 0; g < HIST_GROUPS; g++)
            free(h->group[g]);
        free((void *)h->group);
    }
    hist_init(h);
}

void hist_bounds(size_t i, uint64_t *lo, uint64_t *hi)
{
    size_t e;

    if (i < (1u << HIST_SUB_LOG2)) {
        *lo = *hi = i;
        return;
    }
    e = i / HIST_HALF - 1;
    *lo = (uint64_t)(i - e * HIST_HALF) << e;
    *hi = *lo + (((uint64_t)1 << e) - 1);
}

uint64_t *hist_group(struct hist *h, size_t i)
{
    uint64_t **group = (uint64_t **)h->group;

    if (h->group == no_group) {
        group = calloc(HIST_GROUPS, sizeof *group);
        if (!group)
            return NULL;
        h->group = group;
    }
    if (!group[i / HIST_HALF])
        group[i / HIST_HALF] = calloc(HIST_HALF, sizeof **group);
    return group[i / HIST_HALF];
}

uint64_t hist_bucket(const struct hist *h, size_t i)
{
    const uint64_t *group = h->group[i / HIST_HALF];

    return group ? group[i % HIST_HALF] : 0;
}

size_t hist_next(const struct hist *h, size_t i)
{
    if (h->count == 0)
        return HIST_BUCKETS;
    while (i < HIST_BUCKETS) {
        const uint64_t *group = h->group[i / HIST_HALF];

        if (group && group[i % HIST_HALF])
            break;
        i += group ? 1 : HIST_HALF - i % HIST_HALF;
    }
    return i;
}

int hist_merge(struct hist *into, const struct hist *from)
{
    if (from->count == 0)
        return 0;
    for (size_t g = 0; g < HIST_GROUPS; g++) {
        uint64_t *group = from->group[g] ? hist_group(into, g * HIST_HALF) : NULL;

        if (from->group[g] && !group)
            return SIM_EENV;
        for (size_t i = 0; group && i < HIST_HALF; i++)
            group[i] += from->group[g][i];
    }
    into->count += from->count;
    into->sum += from->sum;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
    return 0;
}

static uint64_t middle(const struct hist *h, size_t i)
{
    uint64_t lo, hi, mid;

    hist_bounds(i, &lo, &hi);
    mid = lo + (hi - lo) / 2;
    return mid < h->min ? h->min : mid > h->max ? h->max : mid;
}

uint64_t hist_percentile(const struct hist *h, unsigned per_million)
{
    uint64_t rank = (uint64_t)(((unsigned __int128)h->count * per_million + 999999) / 1000000);
    uint64_t seen = 0;
    size_t i;

    if (h->count == 0)
        return 0;
    if (rank == 0)
        return h->min;
    for (i = hist_next(h, 0); i < HIST_BUCKETS; i = hist_next(h, i + 1)) {
        seen += hist_bucket(h, i);
        if (seen >= rank)
            return middle(h, i);
    }
    return h->max;
}
