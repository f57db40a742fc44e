/* SPDX-License-Identifier: Apache-2.0
 *
 * u64map.h - from one 64-bit number to another: open addressing, grows, never shrinks, nothing is
 * removed.
 *
 * Never walked in order, so nothing can depend on its order.
 */
#ifndef TRACES_U64MAP_H
#define TRACES_U64MAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct u64map_slot { uint64_t key, value; bool used; };
struct u64map { struct u64map_slot *slot; size_t slots, used; };

/* A map of zeros is empty. */
void u64map_destroy(struct u64map *m);

/* The value of a key, made 0 if it is new; valid until the next call.  NULL: no memory. */
uint64_t *u64map_at(struct u64map *m, uint64_t key);

/* The same without making it: NULL if there is none. */
uint64_t *u64map_find(const struct u64map *m, uint64_t key);

#endif
