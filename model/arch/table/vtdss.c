/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/table/vtdss.h"

#include "base/sim.h"

FIELD_TABLE(sspte_fields, "SSPTE", "VT-d 9.8", 1, SSPTE_FIELDS);

static bool in_range(const struct vtdss_table *t, uint64_t in)
{
    return !(in & ~bits_low(t->in_bits));
}

static void ask_at(struct vtdss_walk *w, uint64_t table, unsigned level)
{
    w->table = table;
    w->level = (uint8_t)level;
    w->pa = vtdpt_entry(table, level, w->in);
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
    w->done = w->dirty = false;
    w->desc = w->update = 0;
    w->fault = VTDSS_OK;
    w->perm = seed ? seed->perm : VTDSS_R | VTDSS_W;
    ask_at(w, seed ? seed->table : t->base, seed ? seed->level : t->levels);
    fault = denied(need, w->perm);
    if (!in_range(t, in))
        end(w, VTDSS_RANGE);
    else if (fault != VTDSS_OK)
        end(w, fault);
}

static uint64_t reserved_bits(const struct vtdss_walk *w, bool leaf)
{
    const struct vtdss_table *t = &w->t;
    uint64_t r = bits_low(52) & ~bits_low(t->haw);
    bool size_ok = w->level == 1 || (w->level == 2 && t->page_2m) || (w->level == 3 && t->page_1g);

    if (leaf)
        r |= vtdpt_below_page(w->level);
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
        .dirty = w->t.ad && FIELD_GET(SSPTE, D, &desc),
    };
    w->done = true;
}

/* The entry has been judged and holds what it has to. */
static void go_on(struct vtdss_walk *w, uint64_t desc)
{
    w->perm &= (uint8_t)(desc & (VTDSS_R | VTDSS_W));
    w->desc = desc;
    w->update = 0;
    if (vtdpt_is_leaf(w->level, desc))
        take_leaf(w, desc);
    else
        ask_at(w, FIELD_ADDR(SSPTE, ADDR, &desc), w->level - 1u);
}

/* The entry with the bits that the walk leaves in it. */
static uint64_t marked(const struct vtdss_walk *w, uint64_t desc, uint8_t perm)
{
    if (!w->t.ad)
        return desc;
    FIELD_SET(SSPTE, A, &desc, 1);
    if (vtdpt_is_leaf(w->level, desc) && (w->dirty || w->need & VTDSS_W) && perm & VTDSS_W)
        FIELD_SET(SSPTE, D, &desc, 1);
    return desc;
}

/* The permission of all levels together is what counts, but the entry with R = W = 0 is the absent
 * one: an entry that takes away what was left (R above, W here) denies. */
static enum vtdss_fault judged(const struct vtdss_walk *w, uint64_t desc, uint8_t perm)
{
    enum vtdss_fault fault = denied(w->need, perm);

    if (fault == VTDSS_ABSENT && desc & (VTDSS_R | VTDSS_W))
        fault = w->need & VTDSS_W ? VTDSS_WRITE : VTDSS_READ;
    if (fault == VTDSS_OK && desc & reserved_bits(w, vtdpt_is_leaf(w->level, desc)))
        fault = VTDSS_RESERVED;
    return fault;
}

void vtdss_tell(struct vtdss_walk *w, uint64_t desc)
{
    uint8_t perm = w->perm & (uint8_t)(desc & (VTDSS_R | VTDSS_W));
    enum vtdss_fault fault = judged(w, desc, perm);
    uint64_t after = marked(w, desc, perm);

    w->desc = desc;
    w->update = 0;
    if (fault == VTDSS_OK && after != desc && !w->t.snooped)
        fault = VTDSS_NOT_SNOOPED;
    if (fault != VTDSS_OK)
        end(w, fault);
    else if (after != desc)
        w->update = after;
    else
        go_on(w, desc);
}

void vtdss_updated(struct vtdss_walk *w)
{
    go_on(w, w->update);
}

void vtdss_tell_abort(struct vtdss_walk *w)
{
    w->update = 0;
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

static struct vtdpt tree(const struct vtdss_table *t)
{
    return (struct vtdpt){ .base = t->base, .present = vtdss_attr(true, true),
                           .pointer = vtdss_attr(true, true), .levels = t->levels };
}

int vtdss_map_run(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n)
{
    struct vtdpt p = tree(t);

    return in_range(t, in) ? vtdpt_map_run(&p, io, in, out, level, attr, n) : SIM_EINPUT;
}

int vtdss_map(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
              unsigned level, uint64_t attr)
{
    return vtdss_map_run(t, io, in, out, level, attr, 1);
}

int vtdss_unmap(const struct vtdss_table *t, const struct table_io *io, uint64_t in,
                unsigned *size_log2)
{
    struct vtdpt p = tree(t);

    *size_log2 = 0;
    return in_range(t, in) ? vtdpt_unmap(&p, io, in, size_log2) : 0;
}
