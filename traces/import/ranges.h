/* SPDX-License-Identifier: Apache-2.0
 *
 * ranges.h - address ranges that do not overlap, each with a number: the live mappings of a domain.
 *
 * A treap ordered by start, whose priorities are a hash of the start: the same content has the same
 * shape in whatever order it came.  Ranges are [start, end), end > start; a range that ends at 2^64
 * has end 0 and is taken as one byte shorter.
 */
#ifndef TRACES_RANGES_H
#define TRACES_RANGES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range { uint64_t start, end; uint32_t value; };

struct range_node;
struct ranges { struct range_node *top; size_t n; };       /* zeros are an empty set */

void ranges_destroy(struct ranges *r);

/* The first range that ends above `at`, so that holds it or comes after it; NULL if there is none.
 * Valid until the next change. */
const struct range *ranges_from(const struct ranges *r, uint64_t at);

/* The range that holds `at`, or NULL. */
const struct range *ranges_at(const struct ranges *r, uint64_t at);

/* Adds a range, which overlaps none; an empty one is nothing.  False: no memory. */
bool ranges_add(struct ranges *r, struct range add);

/* Removes the first range that overlaps [start, end) and gives it; false if there is none. */
bool ranges_take(struct ranges *r, uint64_t start, uint64_t end, struct range *taken);

/* start + bytes, or the highest address where that is beyond. */
static inline uint64_t range_end(uint64_t start, uint64_t bytes)
{
    return bytes > UINT64_MAX - start ? UINT64_MAX : start + bytes;
}

#endif
