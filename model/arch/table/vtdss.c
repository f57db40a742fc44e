/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/table/vtdss.h"

#include <string.h>

#include "base/sim.h"

FIELD_TABLE(sspte_fields, "SSPTE", "VT-d 9.8", 1, SSPTE_FIELDS);

static void ask_at(struct vtdss_walk *w, uint64_t table, unsigned level)
{
    unsigned shift = vtdss_shift(level);

    w->table = table;
    w->level = (uint8_t)level;
    w->pa = table + 8 * bits_get(w->in, shift + 8, shift);
}

static void end(struct vtdss_walk *w, enum vtdss_fault fault)
{
    w->fault = (uint8_t)fault;
    w->done = true;
}

/* Why `perm` (of one entry, or of several together) does not permit the access; VTDSS_OK if it
 * does.  An AtomicOp needs both; the write is judged first. */
static enum vtdss_fault denied(uint8_t need, uint8_t perm)
{
    if (!perm)
        return VTDSS_ABSENT;
    if (need & ~perm & VTDSS_W)
        return VTDSS_WRITE;
    return need & ~perm & VTDSS_R ? VTDSS_READ : VTDSS_OK;
}

void vtdss_begin(struct vtdss_walk *w, const struct vtdss_table *t, uint64_t in, uint8_t need,
                 const struct vtdss_seed *seed)
{
    enum vtdss_fault fault;

    w->t = *t;
    w->in = in;
    w->need = need;
    w->done = false;
    w->fault = VTDSS_OK;
    w->perm = seed ? seed->perm : VTDSS_R | VTDSS_W;
    ask_at(w, seed ? seed->table : t->base, seed ? seed->level : t->levels);
    fault = denied(need, w->perm);
    if (in & ~bits_low(t->in_bits))
        end(w, VTDSS_RANGE);
    else if (fault != VTDSS_OK)
        end(w, fault);
}

static bool is_leaf(const struct vtdss_walk *w, uint64_t desc)
{
    return w->level == VTDSS_LEVEL_LAST || FIELD_GET(SSPTE, PS, &desc);
}

static uint64_t reserved_bits(const struct vtdss_walk *w, bool leaf)
{
    const struct vtdss_table *t = &w->t;
    uint64_t r = bits_low(52) & ~bits_low(t->haw);
    bool size_ok = w->level == 1 || (w->level == 2 && t->page_2m) || (w->level == 3 && t->page_1g);

    if (leaf && w->level > VTDSS_LEVEL_LAST)
        r |= bits_low(vtdss_shift(w->level)) & ~bits_low(12);
    if (leaf && !size_ok)
        r |= bits_mask(SSPTE_PS_HI, SSPTE_PS_LO);
    if (!leaf || !t->snoop)
        r |= bits_mask(SSPTE_SNP_HI, SSPTE_SNP_LO);
    if (!leaf || !t->transient)
        r |= bits_mask(SSPTE_TM_HI, SSPTE_TM_LO);
    return r;
}

static void take_leaf(struct vtdss_walk *w, uint64_t desc)
{
    unsigned shift = vtdss_shift(w->level);

    w->leaf = (struct vtdss_leaf){
        .in = bits_align_down(w->in, shift),
        .out = bits_align_down(FIELD_ADDR(SSPTE, ADDR, &desc), shift),
        .desc = desc, .desc_pa = w->pa,
        .size_log2 = (uint8_t)shift, .level = w->level, .perm = w->perm,
    };
    w->done = true;
}

/* The permission of all levels together is what counts, but the entry with R = W = 0 is the absent
 * one: an entry that takes away what was left (R above, W here) denies. */
void vtdss_tell(struct vtdss_walk *w, uint64_t desc)
{
    uint8_t own = (uint8_t)(desc & (VTDSS_R | VTDSS_W));
    bool leaf = is_leaf(w, desc);
    enum vtdss_fault fault;

    w->perm &= own;
    fault = denied(w->need, w->perm);
    if (fault == VTDSS_ABSENT && own)
        fault = w->need & VTDSS_W ? VTDSS_WRITE : VTDSS_READ;
    if (fault != VTDSS_OK)
        end(w, fault);
    else if (desc & reserved_bits(w, leaf))
        end(w, VTDSS_RESERVED);
    else if (leaf)
        take_leaf(w, desc);
    else
        ask_at(w, FIELD_ADDR(SSPTE, ADDR, &desc), w->level - 1u);
}

void vtdss_tell_abort(struct vtdss_walk *w)
{
    end(w, w->level == w->t.levels ? VTDSS_EABT_TOP : VTDSS_EABT);
}

/* ---- encoding ------------------------------------------------------------------------------- */

uint64_t vtdss_attr(bool read, bool write)
{
    uint64_t d = 0;

    FIELD_SET(SSPTE, R, &d, read);
    FIELD_SET(SSPTE, W, &d, write);
    return d;
}

static uint64_t table_entry(uint64_t table)
{
    return table | vtdss_attr(true, true);
}

/* The table below the entry asked for: the one that is there, or a new one. */
static int enter_table(struct vtdss_walk *w, const struct table_io *io)
{
    uint64_t desc = io->read(io->arg, w->pa);
    int err = 0;

    if (!(desc & vtdss_attr(true, true)) || FIELD_GET(SSPTE, PS, &desc)) {
        uint64_t table = io->alloc(io->arg, 12);

        if (!table)
            return SIM_EENV;
        desc = table_entry(table);
        err = io->write(io->arg, w->pa, desc);
    }
    ask_at(w, FIELD_ADDR(SSPTE, ADDR, &desc), w->level - 1u);
    return err;
}

int vtdss_map_run(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n)
{
    struct vtdss_walk w;
    uint64_t desc = attr;
    int failed = 0;

    SIM_CHECK(level >= VTDSS_LEVEL_LAST && level <= 3, "a second-stage leaf at level %u", level);
    vtdss_begin(&w, t, in, 0, NULL);
    if (w.done)
        return SIM_EINPUT;
    while (w.level > level) {
        int err = enter_table(&w, io);

        if (err)
            return err;
    }
    desc |= bits_align_down(out, vtdss_shift(level)) & bits_low(52);
    FIELD_SET(SSPTE, PS, &desc, level > VTDSS_LEVEL_LAST);
    for (uint64_t i = 0; i < n && !failed; i++)
        failed = io->write(io->arg, w.pa + 8 * i, desc + (i << vtdss_shift(level)));
    return failed;
}

int vtdss_map(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
              unsigned level, uint64_t attr)
{
    return vtdss_map_run(t, io, in, out, level, attr, 1);
}

int vtdss_unmap(const struct vtdss_table *t, const struct table_io *io, uint64_t in,
                unsigned *size_log2)
{
    struct vtdss_walk w;

    *size_log2 = 0;
    vtdss_begin(&w, t, in, 0, NULL);
    while (!w.done) {
        uint64_t desc = io->read(io->arg, w.pa);

        if (!(desc & vtdss_attr(true, true)))
            return 0;
        if (is_leaf(&w, desc)) {
            *size_log2 = vtdss_shift(w.level);
            return io->write(io->arg, w.pa, 0);
        }
        ask_at(&w, FIELD_ADDR(SSPTE, ADDR, &desc), w.level - 1u);
    }
    return 0;
}
