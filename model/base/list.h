/* SPDX-License-Identifier: Apache-2.0
 *
 * list.h - a list that grows: elements, how many there are, and for how many there is room.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include <stddef.h>

/* `list` of n elements of `size` bytes, with room for one more: itself, or where it has moved to (room
 * doubles, from 256 on).  NULL without memory: the list and *room are as they were. */
void *list_grow(void *list, size_t n, size_t *room, size_t size);

#endif
