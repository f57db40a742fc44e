/* SPDX-License-Identifier: Apache-2.0
 *
 * hist.h - log-linear histogram of 64-bit values.
 *
 * Values below 2^HIST_SUB_LOG2 have a bucket each; above, each power of two is cut into
 * 2^(HIST_SUB_LOG2-1) equal buckets, so that a bucket is at most 1/128 of its values wide and the
 * middle of a bucket is within 0.4 % of every value in it.
 *
 * Thousands of histograms are kept at once, one a stream and class, and the values of each lie near
 * each other.  So buckets come in groups, one a power of two, and a group is allocated at its first
 * value: 40 bytes while empty, then 464 and 1 KB for each power of two that has values.
 *
 * A histogram of zeros is empty too and may be destroyed, merged from and walked, not added to.
 */
#ifndef BASE_HIST_H
#define BASE_HIST_H
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/sim.h"

enum {
    HIST_SUB_LOG2 = 8,
    HIST_HALF     = 1 << (HIST_SUB_LOG2 - 1),          /* buckets in a group */
    HIST_BUCKETS  = (1 << HIST_SUB_LOG2) + (64 - HIST_SUB_LOG2) * HIST_HALF,
    HIST_GROUPS   = HIST_BUCKETS / HIST_HALF,
};

struct hist {
    uint64_t count, sum, min, max;
    uint64_t *const *group;    /* [HIST_GROUPS], each [HIST_HALF], NULL before its first value */
};

void hist_init(struct hist *h);
void hist_destroy(struct hist *h);
int  hist_merge(struct hist *into, const struct hist *from);     /* 0 or SIM_EENV */

/* The smallest value v such that at least `per_million` / 10^6 of the values are <= v, to within a
 * bucket: the bucket's middle, and never outside [min, max].  0 if empty. */
uint64_t hist_percentile(const struct hist *h, unsigned per_million);

/* Bucket i holds lo .. hi, both inclusive. */
void hist_bounds(size_t i, uint64_t *lo, uint64_t *hi);

static inline size_t hist_index(uint64_t value)
{
    unsigned e = bits_log2(value | HIST_HALF) - (HIST_SUB_LOG2 - 1);   /* shifted down so far */

    return (size_t)e * HIST_HALF + (size_t)(value >> e);
}

/* How many values bucket i holds; the first bucket from i on that holds any, else HIST_BUCKETS. */
uint64_t hist_bucket(const struct hist *h, size_t i);
size_t   hist_next(const struct hist *h, size_t i);

/* The group of bucket i, made if there is none yet; NULL if memory is out. */
uint64_t *hist_group(struct hist *h, size_t i);

/* 0 or SIM_EENV. */
static inline int hist_add(struct hist *h, uint64_t value, uint64_t times)
{
    size_t i = hist_index(value);
    uint64_t *group = h->group[i / HIST_HALF];

    if (times == 0)
        return 0;
    if (!group && !(group = hist_group(h, i)))
        return SIM_EENV;
    group[i % HIST_HALF] += times;
    h->count += times;
    h->sum += value * times;
    h->min = value < h->min ? value : h->min;
    h->max = value > h->max ? value : h->max;
    return 0;
}

#endif
