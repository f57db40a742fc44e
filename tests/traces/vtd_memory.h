/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_memory.h - memory as a replay of the items would have it, and a walk in it; for tests.
 */
#ifndef TESTS_TRACES_VTD_MEMORY_H
#define TESTS_TRACES_VTD_MEMORY_H
#include "import_bench.h"
#include "traces/import/u64map.h"

static inline uint64_t word(const struct u64map *m, uint64_t at)
{
    const uint64_t *w = u64map_find(m, at);

    return w ? *w : 0;
}

/* The TABLE words of all items before number `n`. */
static inline void memory_before(const struct import_bench *b, size_t n, struct u64map *m)
{
    *m = (struct u64map){ 0 };
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; b->item[i].rec.kind == REC_TABLE && k < b->item[i].rec.words; k++)
            *u64map_at(m, b->item[i].rec.addr + 8 * k) = b->item[i].ext.w[k];
}

/* A walk in legacy mode: the leaf entry, or the fault reason that QEMU would log. */
static inline uint64_t walk(const struct u64map *m, uint64_t root, uint32_t sid, uint64_t iova, bool write,
                     unsigned *level)
{
    uint64_t re = word(m, root + 16 * (sid >> 8)), ce = (re & ~0xfffull) + 16 * (sid & 255), entry = 0, table;

    *level = 0;
    if (!(re & 1))
        return 1;
    if (!(word(m, ce) & 1))
        return 2;
    table = word(m, ce) & ~0xfffull;
    for (unsigned l = (word(m, ce + 8) & 7) + 2; l; l--) {
        entry = word(m, table + 8 * (iova >> (12 + 9 * (l - 1)) & 511));
        if (!(entry >> write & 1))
            return write ? 5 : 6;
        *level = l;
        if (l == 1 || entry & 0x80)
            break;
        table = entry & 0x000ffffffffff000ull;
    }
    return entry;
}

/* A walk in scalable mode, of the function's RID_PASID: the leaf entry, or the fault reason; *domain and *pgtt of the
 * PASID entry. */
static inline uint64_t scalable_walk(const struct u64map *m, uint64_t root, uint32_t sid, uint64_t iova, bool write,
                                     unsigned *level, unsigned *pgtt, unsigned *domain)
{
    uint64_t re = word(m, root + 16 * (sid >> 8) + 8 * (sid >> 7 & 1)), ce = (re & ~0xfffull) + 32 * (sid & 127);
    uint64_t pasid = word(m, ce + 8) & 0xfffff, dir = word(m, (word(m, ce) & ~0xfffull) + 8 * (pasid >> 6));
    uint64_t pe = (dir & ~0xfffull) + 64 * (pasid & 63), entry = 0, table;

    *level = *pgtt = *domain = 0;
    if (!(re & 1))
        return 0x39;
    if (!(word(m, ce) & 1))
        return 0x41;
    if (!(dir & 1))
        return 0x51;
    if (!(word(m, pe) & 1))
        return 0x59;
    *pgtt = word(m, pe) >> 6 & 7;
    *domain = word(m, pe + 8) & 0xffff;
    table = word(m, *pgtt == 1 ? pe + 16 : pe) & ~0xfffull;
    for (unsigned l = *pgtt == 1 ? 4 : (word(m, pe) >> 2 & 7) + 2; l; l--) {
        entry = word(m, table + 8 * (iova >> (12 + 9 * (l - 1)) & 511));
        *level = l;
        if (*pgtt == 1 && (entry & 7) != 7)
            return !(entry & 1) ? 0x71 : !(entry & 4) ? 0x81 : write ? 0x85 : entry;
        if (*pgtt != 1 && !(entry >> write & 1))
            return write ? 5 : 6;
        if (l == 1 || entry & 0x80)
            break;
        table = entry & 0x000ffffffffff000ull;
    }
    return entry;
}

/* Memory as it is when the n-th access comes; its requester and address. */
static inline bool access_of(const struct import_bench *b, size_t n, struct u64map *m, uint32_t *sid, uint64_t *addr)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct import_item *it = &b->item[i];
        if ((it->rec.kind != REC_READ && it->rec.kind != REC_WRITE) || n--)
            continue;
        memory_before(b, i, m);
        *sid = import_stream_sid(b->im, it->rec.stream);
        *addr = it->rec.addr;
        return true;
    }
    return false;
}

static inline uint64_t scalable_walk_of(const struct import_bench *b, size_t n, bool write, unsigned *level,
                                        unsigned *pgtt, unsigned *domain)
{
    struct u64map m;
    uint64_t addr, entry = 0;
    uint32_t sid;

    if (access_of(b, n, &m, &sid, &addr)) {
        entry = scalable_walk(&m, 0x1000000, sid, addr, write, level, pgtt, domain);
        u64map_destroy(&m);
    }
    return entry;
}

/* The walk of the n-th access, in memory as it is when the access comes. */
static inline uint64_t walk_of(const struct import_bench *b, size_t n, bool write, unsigned *level)
{
    struct u64map m;
    uint64_t addr, entry = 0;
    uint32_t sid;

    if (access_of(b, n, &m, &sid, &addr)) {
        entry = walk(&m, 0x1000000, sid, addr, write, level);
        u64map_destroy(&m);
    }
    return entry;
}

#endif
