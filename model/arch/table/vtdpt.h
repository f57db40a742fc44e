/* SPDX-License-Identifier: Apache-2.0
 *
 * vtdpt.h - what the two VT-d table formats have in common: nine address bits a level over pages of
 * 4 KiB, where an entry holds its address and its size bit, and how tables are made.  [VT-d 3.6, 3.7]
 *
 * The formats themselves, with the meaning of every other bit: vtdfs.h, vtdss.h.
 */
#ifndef ARCH_TABLE_VTDPT_H
#define ARCH_TABLE_VTDPT_H
#include <stdbool.h>
#include <stdint.h>

#include "arch/table/table_io.h"
#include "base/field.h"

/* The bits every entry has in both formats. */
#define VTDPTE_FIELDS(F)                                                      \
    F(VTDPTE, PS,   0,  7,  7, "leaf above the last level")                   \
    F(VTDPTE, ADDR, 0, 51, 12, "next table, or page")

FIELD_DEFINE(VTDPTE_FIELDS);

enum { VTDPT_LEVEL_LAST = 1, VTDPT_LEVEL_LEAF_MAX = 3 };

/* Address bits below an entry of a level: 12, 21, 30, ... */
static inline unsigned vtdpt_shift(unsigned level) { return 12 + 9 * (level - 1); }

/* Where the entry for `in` stands in a table of `level`. */
static inline uint64_t vtdpt_entry(uint64_t table, unsigned level, uint64_t in)
{
    unsigned shift = vtdpt_shift(level);

    return table + 8 * bits_get(in, shift + 8, shift);
}

static inline bool vtdpt_is_leaf(unsigned level, uint64_t desc)
{
    return level == VTDPT_LEVEL_LAST || FIELD_GET(VTDPTE, PS, &desc);
}

/* Address bits that are not zero in a large page although they are below its size. */
static inline uint64_t vtdpt_below_page(unsigned level)
{
    return bits_low(vtdpt_shift(level)) & ~bits_low(12);
}

/* A tree that an encoder works on. */
struct vtdpt {
    uint64_t base;
    uint64_t present;          /* an entry with none of these bits is not there    */
    uint64_t pointer;          /* bits of an entry that points to a new table      */
    uint8_t  levels;
};

/* As vtdss_map_run and vtdss_unmap; `in` has been found in range. */
int vtdpt_map_run(const struct vtdpt *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n);
int vtdpt_unmap(const struct vtdpt *t, const struct table_io *io, uint64_t in, unsigned *size_log2);

#endif
