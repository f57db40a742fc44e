/* SPDX-License-Identifier: Apache-2.0
 *
 * hist.h - log-linear histogram of 64-bit values.
 *
 * Values below 2^HIST_SUB_LOG2 have a bucket each; above, each power of two is cut into
 * 2^(HIST_SUB_LOG2-1) equal buckets, so that a bucket is at most 1/128 of its values wide and the
 * middle of a bucket is within 0.4 % of every value in it.  Buckets are allocated at the first value.
 */
#ifndef BASE_HIST_H
#define BASE_HIST_H
#include <stddef.h>
#include <stdint.h>

enum {
    HIST_SUB_LOG2 = 8,
    HIST_HALF     = 1 << (HIST_SUB_LOG2 - 1),
    HIST_BUCKETS  = (1 << HIST_SUB_LOG2) + (64 - HIST_SUB_LOG2) * HIST_HALF,
};

struct hist {
    uint64_t count, sum, min, max;
    uint64_t *bucket;          /* [HIST_BUCKETS] */
};

void hist_init(struct hist *h);
void hist_destroy(struct hist *h);
int  hist_add(struct hist *h, uint64_t value, uint64_t times);   /* 0 or SIM_EENV */
int  hist_merge(struct hist *into, const struct hist *from);

/* The smallest value v such that at least `per_million` / 10^6 of the values are <= v, to within a
 * bucket: the bucket's middle, and never outside [min, max].  0 if empty. */
uint64_t hist_percentile(const struct hist *h, unsigned per_million);

/* Bucket i holds lo .. hi, both inclusive. */
void   hist_bounds(size_t i, uint64_t *lo, uint64_t *hi);
size_t hist_index(uint64_t value);

#endif
