/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hist.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"

void hist_init(struct hist *h)
{
    *h = (struct hist){ .min = UINT64_MAX };
}

void hist_destroy(struct hist *h)
{
    free(h->bucket);
    hist_init(h);
}

size_t hist_index(uint64_t v)
{
    unsigned e;

    if (v < (1u << HIST_SUB_LOG2))
        return (size_t)v;
    e = bits_log2(v) - (HIST_SUB_LOG2 - 1);           /* how far v is shifted down */
    return (size_t)e * HIST_HALF + (size_t)(v >> e);
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

int hist_add(struct hist *h, uint64_t v, uint64_t times)
{
    if (!h->bucket) {
        h->bucket = calloc(HIST_BUCKETS, sizeof *h->bucket);
        if (!h->bucket)
            return SIM_EENV;
    }
    if (times == 0)
        return 0;
    h->bucket[hist_index(v)] += times;
    h->count += times;
    h->sum += v * times;
    if (v < h->min)
        h->min = v;
    if (v > h->max)
        h->max = v;
    return 0;
}

int hist_merge(struct hist *into, const struct hist *from)
{
    if (from->count == 0)
        return 0;
    if (hist_add(into, from->min, 0))
        return SIM_EENV;
    for (size_t i = 0; i < HIST_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
    into->count += from->count;
    into->sum += from->sum;
    if (from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    return 0;
}

uint64_t hist_percentile(const struct hist *h, unsigned per_million)
{
    uint64_t rank, seen = 0;

    if (h->count == 0)
        return 0;
    rank = (uint64_t)(((unsigned __int128)h->count * per_million + 999999) / 1000000);
    if (rank == 0)
        return h->min;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank) {
            uint64_t lo, hi, mid;

            hist_bounds(i, &lo, &hi);
            mid = lo + (hi - lo) / 2;
            return mid < h->min ? h->min : mid > h->max ? h->max : mid;
        }
    }
    return h->max;
}
