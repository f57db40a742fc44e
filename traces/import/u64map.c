/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/u64map.h"

#include <stdlib.h>

#include "base/bits.h"

enum { FIRST_SLOTS = 64 };

void u64map_destroy(struct u64map *m)
{
    free(m->slot);
    *m = (struct u64map){ 0 };
}

/* The slot that holds the key, or the free one where it belongs. */
static struct u64map_slot *place(const struct u64map *m, uint64_t key)
{
    size_t i = (size_t)bits_mix(key) & (m->slots - 1);

    while (m->slot[i].used && m->slot[i].key != key)
        i = (i + 1) & (m->slots - 1);
    return &m->slot[i];
}

static bool grow(struct u64map *m)
{
    struct u64map bigger = { .slots = m->slots ? 2 * m->slots : FIRST_SLOTS, .used = m->used };

    bigger.slot = calloc(bigger.slots, sizeof *bigger.slot);
    if (!bigger.slot)
        return false;
    for (size_t i = 0; i < m->slots; i++)
        if (m->slot[i].used)
            *place(&bigger, m->slot[i].key) = m->slot[i];
    free(m->slot);
    *m = bigger;
    return true;
}

uint64_t *u64map_find(const struct u64map *m, uint64_t key)
{
    struct u64map_slot *s = m->slots ? place(m, key) : NULL;

    return s && s->used ? &s->value : NULL;
}

uint64_t *u64map_at(struct u64map *m, uint64_t key)
{
    struct u64map_slot *s;

    if (4 * (m->used + 1) > 3 * m->slots && !grow(m))
        return NULL;
    s = place(m, key);
    if (!s->used) {
        *s = (struct u64map_slot){ .key = key, .used = true };
        m->used++;
    }
    return &s->value;
}
