/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/table/vtdfs.h"

#include "arch/xlate.h"
#include "base/sim.h"

FIELD_TABLE(fspte_fields, "FSPTE", "VT-d 9.7", 1, FSPTE_FIELDS);

bool vtdfs_canonical(const struct vtdfs_table *t, uint64_t in)
{
    unsigned sign = vtdfs_shift(t->levels + 1u) - 1;
    uint64_t above = in >> sign;

    return above == 0 || above == ~0ull >> sign;
}

static void ask_at(struct vtdfs_walk *w, uint64_t table, unsigned level)
{
    w->table = table;
    w->level = (uint8_t)level;
    w->pa = vtdpt_entry(table, level, w->in);
}

static void end(struct vtdfs_walk *w, enum vtdfs_fault fault)
{
    w->fault = (uint8_t)fault;
    w->done = true;
}

/* ---- permission ----------------------------------------------------------------------------- */

static bool may_write(const struct vtdfs_table *t, uint8_t rights, bool super)
{
    return rights & VTDFS_WRITABLE || (super && !t->wpe);
}

/* Of a page; on the way to it, of what it could still be. */
static bool may_execute(const struct vtdfs_table *t, uint8_t rights, bool super, bool page)
{
    if (t->nxe && rights & VTDFS_NO_EXEC)
        return false;
    return !(page && super && t->smep && rights & VTDFS_USER_TOO);
}

uint8_t vtdfs_perm(const struct vtdfs_table *t, uint8_t rights)
{
    uint8_t perm = XL_PR;

    if (may_write(t, rights, true))
        perm |= XL_PW;
    if (may_execute(t, rights, true, true))
        perm |= XL_PX;
    if (!(rights & VTDFS_USER_TOO))
        return perm;
    perm |= XL_R;
    if (may_write(t, rights, false))
        perm |= XL_W;
    if (may_execute(t, rights, false, true))
        perm |= XL_X;
    return perm;
}

/* Why `rights` do not permit the access; `page`: they are those of a leaf. */
static enum vtdfs_fault denied(const struct vtdfs_walk *w, uint8_t rights, bool page)
{
    const struct vtdfs_access *a = &w->a;

    if (!a->super && !(rights & VTDFS_USER_TOO))
        return VTDFS_USER;
    if (a->any)
        return VTDFS_OK;
    if (a->write && !may_write(&w->t, rights, a->super))
        return VTDFS_WRITE;
    return a->exec && !may_execute(&w->t, rights, a->super, page) ? VTDFS_EXEC : VTDFS_OK;
}

static uint8_t rights_with(uint8_t rights, uint64_t desc)
{
    if (!FIELD_GET(FSPTE, RW, &desc))
        rights &= (uint8_t)~VTDFS_WRITABLE;
    if (!FIELD_GET(FSPTE, US, &desc))
        rights &= (uint8_t)~VTDFS_USER_TOO;
    if (FIELD_GET(FSPTE, XD, &desc))
        rights |= VTDFS_NO_EXEC;
    return rights;
}

/* ---- the walk ------------------------------------------------------------------------------- */

void vtdfs_begin(struct vtdfs_walk *w, const struct vtdfs_table *t, uint64_t in,
                 struct vtdfs_access a, const struct vtdfs_seed *seed)
{
    enum vtdfs_fault fault;

    w->t = *t;
    w->a = a;
    w->in = in;
    w->desc = w->update = 0;
    w->done = false;
    w->fault = VTDFS_OK;
    w->rights = seed ? seed->rights : VTDFS_WRITABLE | VTDFS_USER_TOO;
    ask_at(w, seed ? seed->table : t->base, seed ? seed->level : t->levels);
    fault = denied(w, w->rights, false);
    if (!vtdfs_canonical(t, in))
        end(w, VTDFS_CANONICAL);
    else if (fault != VTDFS_OK)
        end(w, fault);
}

/* Bit 12 of a large page is not address: it takes part in the memory type. */
static uint64_t reserved_bits(const struct vtdfs_walk *w, bool page)
{
    uint64_t r = bits_low(52) & ~bits_low(w->t.haw);
    bool size_ok = w->level <= 2 || (w->level == 3 && w->t.page_1g);

    if (page)
        r |= vtdpt_below_page(w->level) & ~bits_low(13);
    if (page && !size_ok)
        r |= FIELD_MASK(FSPTE, PS);
    return r;
}

static enum vtdfs_fault judged(const struct vtdfs_walk *w, uint64_t desc, uint8_t rights)
{
    bool page = vtdpt_is_leaf(w->level, desc);
    enum vtdfs_fault fault;

    if (!FIELD_GET(FSPTE, P, &desc))
        return VTDFS_ABSENT;
    fault = denied(w, rights, page);
    if (fault == VTDFS_OK && desc & reserved_bits(w, page))
        fault = VTDFS_RESERVED;
    return fault;
}

/* The entry with the bits that the walk leaves in it. */
static uint64_t marked(const struct vtdfs_walk *w, uint64_t desc, uint8_t rights)
{
    FIELD_SET(FSPTE, A, &desc, 1);
    if (w->t.eafe)
        FIELD_SET(FSPTE, EA, &desc, 1);
    if (vtdpt_is_leaf(w->level, desc) && (w->a.write || w->a.dirty) &&
        may_write(&w->t, rights, w->a.super))
        FIELD_SET(FSPTE, D, &desc, 1);
    return desc;
}

static void take_leaf(struct vtdfs_walk *w, uint64_t desc)
{
    unsigned shift = vtdfs_shift(w->level);

    w->leaf = (struct vtdfs_leaf){
        .in = bits_align_down(w->in, shift),
        .out = bits_align_down(FIELD_ADDR(FSPTE, ADDR, &desc), shift),
        .desc = desc, .desc_pa = w->pa,
        .size_log2 = (uint8_t)shift, .level = w->level, .perm = vtdfs_perm(&w->t, w->rights),
        .dirty = FIELD_GET(FSPTE, D, &desc),
    };
    w->done = true;
}

/* The entry has been judged and holds what it has to. */
static void go_on(struct vtdfs_walk *w, uint64_t desc)
{
    w->rights = rights_with(w->rights, desc);
    w->desc = desc;
    w->update = 0;
    if (vtdpt_is_leaf(w->level, desc))
        take_leaf(w, desc);
    else
        ask_at(w, FIELD_ADDR(FSPTE, ADDR, &desc), w->level - 1u);
}

void vtdfs_tell(struct vtdfs_walk *w, uint64_t desc)
{
    uint8_t rights = rights_with(w->rights, desc);
    enum vtdfs_fault fault = judged(w, desc, rights);
    uint64_t after = marked(w, desc, rights);

    w->desc = desc;
    w->update = 0;
    if (fault == VTDFS_OK && after != desc && !w->t.snooped)
        fault = VTDFS_NOT_SNOOPED;
    if (fault != VTDFS_OK)
        end(w, fault);
    else if (after != desc)
        w->update = after;
    else
        go_on(w, desc);
}

void vtdfs_updated(struct vtdfs_walk *w)
{
    go_on(w, w->update);
}

void vtdfs_tell_abort(struct vtdfs_walk *w)
{
    w->update = 0;
    end(w, w->level == w->t.levels ? VTDFS_EABT_TOP : VTDFS_EABT);
}

/* ---- encoding ------------------------------------------------------------------------------- */

uint64_t vtdfs_attr(bool read, bool write, bool user)
{
    uint64_t d = 0;

    FIELD_SET(FSPTE, P, &d, read || write);
    FIELD_SET(FSPTE, RW, &d, write);
    FIELD_SET(FSPTE, US, &d, user);
    FIELD_SET(FSPTE, A, &d, 1);
    FIELD_SET(FSPTE, D, &d, write);
    return d;
}

static struct vtdpt tree(const struct vtdfs_table *t)
{
    return (struct vtdpt){ .base = t->base, .present = FIELD_MASK(FSPTE, P), .levels = t->levels,
                           .pointer = FIELD_MASK(FSPTE, P) | FIELD_MASK(FSPTE, RW) |
                                      FIELD_MASK(FSPTE, US) | FIELD_MASK(FSPTE, A) };
}

int vtdfs_map_run(const struct vtdfs_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n)
{
    struct vtdpt p = tree(t);

    return vtdfs_canonical(t, in) ? vtdpt_map_run(&p, io, in, out, level, attr, n) : SIM_EINPUT;
}

int vtdfs_map(const struct vtdfs_table *t, const struct table_io *io, uint64_t in, uint64_t out,
              unsigned level, uint64_t attr)
{
    return vtdfs_map_run(t, io, in, out, level, attr, 1);
}

int vtdfs_unmap(const struct vtdfs_table *t, const struct table_io *io, uint64_t in,
                unsigned *size_log2)
{
    struct vtdpt p = tree(t);

    *size_log2 = 0;
    return vtdfs_canonical(t, in) ? vtdpt_unmap(&p, io, in, size_log2) : 0;
}
