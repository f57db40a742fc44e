/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/table/vtdpt.h"

#include "base/sim.h"

/* The table below the entry at *pa: the one that is there, or a new one. */
static int enter_table(const struct vtdpt *t, const struct table_io *io, uint64_t in,
                       unsigned level, uint64_t *pa)
{
    uint64_t desc = io->read(io->arg, *pa);
    int err = 0;

    if (!(desc & t->present) || FIELD_GET(VTDPTE, PS, &desc)) {
        uint64_t table = io->alloc(io->arg, 12);

        if (!table)
            return SIM_EENV;
        desc = table | t->pointer;
        err = io->write(io->arg, *pa, desc);
    }
    *pa = vtdpt_entry(FIELD_ADDR(VTDPTE, ADDR, &desc), level - 1, in);
    return err;
}

int vtdpt_map_run(const struct vtdpt *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n)
{
    uint64_t desc = attr, pa = vtdpt_entry(t->base, t->levels, in);
    int failed = 0;

    SIM_CHECK(level >= VTDPT_LEVEL_LAST && level <= VTDPT_LEVEL_LEAF_MAX, "a leaf at level %u", level);
    for (unsigned l = t->levels; l > level && !failed; l--)
        failed = enter_table(t, io, in, l, &pa);
    desc |= bits_align_down(out, vtdpt_shift(level)) & bits_low(52);
    if (level > VTDPT_LEVEL_LAST)
        FIELD_SET(VTDPTE, PS, &desc, 1);
    for (uint64_t i = 0; i < n && !failed; i++)
        failed = io->write(io->arg, pa + 8 * i, desc + (i << vtdpt_shift(level)));
    return failed;
}

int vtdpt_unmap(const struct vtdpt *t, const struct table_io *io, uint64_t in, unsigned *size_log2)
{
    uint64_t pa = vtdpt_entry(t->base, t->levels, in);

    *size_log2 = 0;
    for (unsigned level = t->levels;; level--) {
        uint64_t desc = io->read(io->arg, pa);

        if (!(desc & t->present))
            return 0;
        if (vtdpt_is_leaf(level, desc)) {
            *size_log2 = vtdpt_shift(level);
            return io->write(io->arg, pa, 0);
        }
        pa = vtdpt_entry(FIELD_ADDR(VTDPTE, ADDR, &desc), level - 1, in);
    }
}
