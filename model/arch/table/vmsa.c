/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/table/vmsa.h"

#include "arch/xlate.h"
#include "base/sim.h"

FIELD_TABLE(pte_fields, "PTE", "[DDI 0487 D8.3.1]", 1, PTE_FIELDS);
FIELD_TABLE(s2pte_fields, "S2PTE", "[DDI 0487 D8.3.1]", 1, S2PTE_FIELDS);

/* Hierarchical bits gathered from table descriptors, as kept in a walk and in a walk cache. */
enum { HIER_NO_USER = 1, HIER_NO_WRITE = 2, HIER_UXN = 4, HIER_PXN = 8 };

int vmsa_start_level(unsigned granule_log2, unsigned in_bits)
{
    return 3 - (int)((in_bits - 1 - granule_log2) / vmsa_stride(granule_log2));
}

unsigned vmsa_root_log2(const struct vmsa_table *t)
{
    return t->in_bits - vmsa_shift(t->granule_log2, t->start) + 3;
}

bool vmsa_leaf_ok(unsigned granule_log2, int level, bool large)
{
    if (level == 3 || level == 2)
        return true;
    if (granule_log2 == 12)
        return level == 1 || (level == 0 && large);
    return level == 1 && large;    /* 16K: 64 GB, 64K: 4 TB */
}

/* 64 KB pages with 52-bit addresses in descriptors; where the hardware has them, out_bits only says which
 * are too large.  [DDI 0487 D8.2.10] */
static bool wide64(const struct vmsa_table *t)
{
    return t->granule_log2 == 16 && (t->lpa || t->out_bits > 48);
}

static bool large(const struct vmsa_table *t)
{
    return t->ds || wide64(t);
}

unsigned vmsa_contiguous_log2(unsigned granule_log2, int level)
{
    switch (granule_log2) {
    case 12:
        return level >= 1 ? 4 : 0;
    case 14:
        return level == 2 ? 5 : level == 3 ? 7 : 0;
    default:
        return level >= 2 ? 5 : 0;
    }
}

/* The address in a descriptor, low `shift` bits zero.  [DDI 0487 D8.3.1] */
static inline uint64_t address(const struct vmsa_table *t, uint64_t desc, unsigned shift)
{
    uint64_t a = desc & bits_mask(47, 12);

    if (t->ds && t->granule_log2 != 16)
        a |= (desc & bits_mask(49, 48)) | bits_get(desc, 9, 8) << 50;
    else if (wide64(t))
        a |= bits_get(desc, 15, 12) << 48;
    return bits_align_down(a, shift);
}

static void finish(struct vmsa_walk *w, enum vmsa_fault fault)
{
    w->fault = (uint8_t)fault;
    w->done = true;
}

/* The descriptor of the level about to be read.  The start level may have more or fewer index bits than a
 * full table; those above come from the input as it is. */
static inline void point(struct vmsa_walk *w)
{
    unsigned g = w->t->granule_log2, shift = vmsa_shift(g, w->level);
    uint64_t index = w->in >> shift;

    if (w->level != w->t->start)
        index &= bits_low(vmsa_stride(g));
    w->pa = w->table + index * 8;
}

void vmsa_begin(struct vmsa_walk *w, const struct vmsa_table *t, uint64_t in,
                const struct vmsa_seed *seed)
{
    const struct vmsa_seed top = { .table = t->base, .level = t->start };
    bool outside = t->in_bits < 64 && in >> t->in_bits;

    if (!seed || outside)
        seed = &top;
    w->t = t;
    w->in = in;
    w->table = seed->table;
    w->pa = 0;
    w->level = seed->level;
    w->hier = seed->hier;
    w->fault = VMSA_OK;
    w->done = false;
    if (outside)
        finish(w, VMSA_TRANSLATION);
    else
        point(w);
}

/* Stage 1 permissions of a leaf, `ro` and `user` already with the hierarchy.  What hardware could make
 * writable (`clean`) is no more executable than what is.  [DDI 0487 D8.4] */
static inline uint8_t stage1_perm(const struct vmsa_walk *w, uint64_t desc, bool ro, bool clean, bool user)
{
    const struct vmsa_table *t = w->t;
    bool uxn = FIELD_GET(PTE, UXN, &desc) || (w->hier & HIER_UXN);
    bool pxn = FIELD_GET(PTE, PXN, &desc) || (w->hier & HIER_PXN);
    bool writable = !ro || clean;
    unsigned p = 0;

    if (t->one_privilege) {
        p = XL_R | XL_PR | (ro ? 0u : (unsigned)(XL_W | XL_PW)) |
            (uxn ? 0u : (unsigned)(XL_X | XL_PX));
    } else {
        p |= XL_PR | (ro ? 0u : (unsigned)XL_PW);
        if (user)
            p |= XL_R | (ro ? 0u : (unsigned)XL_W);
        if (!uxn)
            p |= XL_X;
        if (!pxn && !(user && writable))
            p |= XL_PX;
    }
    if (t->wxn && writable) {
        if (user || t->one_privilege)
            p &= ~(unsigned)XL_X;
        p &= ~(unsigned)XL_PX;
    }
    if (t->pan && (p & (XL_R | XL_W | (t->epan ? XL_X : 0u))))
        p &= ~(unsigned)(XL_PR | XL_PW);
    return (uint8_t)p;
}

static void leaf_stage1(struct vmsa_walk *w, uint64_t desc)
{
    struct vmsa_leaf *l = &w->leaf;
    unsigned ap = (unsigned)FIELD_GET(PTE, AP, &desc);
    bool user = (ap & 1) && !(w->hier & HIER_NO_USER);
    bool no_write = w->hier & HIER_NO_WRITE;
    bool ro = (ap & 2) || no_write, clean = l->dbm && !no_write;

    l->perm = stage1_perm(w, desc, ro, clean, user);
    l->perm_if_dirty = clean ? stage1_perm(w, desc, false, clean, user) : l->perm;
    l->global = !FIELD_GET(PTE, NG, &desc);
    l->attr = (uint8_t)FIELD_GET(PTE, ATTRINDX, &desc);
}

static void leaf_stage2(struct vmsa_walk *w, uint64_t desc)
{
    static const uint8_t exec[4] = { XL_X | XL_PX, XL_X, 0, XL_PX };
    struct vmsa_leaf *l = &w->leaf;
    unsigned ap = (unsigned)FIELD_GET(S2PTE, S2AP, &desc);
    unsigned xn = (unsigned)FIELD_GET(S2PTE, XN, &desc);

    if (!w->t->xnx)
        xn &= 2;
    l->perm = (uint8_t)((ap & 1 ? XL_R | XL_PR : 0) | (ap & 2 ? XL_W | XL_PW : 0) | exec[xn]);
    l->perm_if_dirty = l->dbm ? (uint8_t)(l->perm | XL_W | XL_PW) : l->perm;
    l->global = false;
    l->attr = (uint8_t)FIELD_GET(S2PTE, MEMATTR, &desc);
}

/* log2 of what the contiguous hint says is mapped alike; ignored where that is more than there is. */
static uint8_t group_log2(const struct vmsa_table *t, uint64_t desc, int level, unsigned shift)
{
    unsigned log2 = shift;

    if (FIELD_GET(PTE, CONT, &desc))
        log2 += vmsa_contiguous_log2(t->granule_log2, level);
    return (uint8_t)(log2 > t->in_bits ? shift : log2);
}

/* A block or page: address size, then access flag; permission is the caller's.  [fact sheet 4.2] */
static void leaf(struct vmsa_walk *w, uint64_t desc)
{
    const struct vmsa_table *t = w->t;
    struct vmsa_leaf *l = &w->leaf;
    unsigned shift = vmsa_shift(t->granule_log2, w->level);

    l->size_log2 = (uint8_t)shift;
    l->level = w->level;
    l->desc = desc;
    l->desc_pa = w->pa;
    l->in = bits_align_down(w->in, shift);
    l->out = address(t, desc, shift);
    l->group_log2 = group_log2(t, desc, w->level, shift);
    l->dbm = t->hd && FIELD_GET(PTE, DBM, &desc);
    l->sh = t->ds ? t->sh : (uint8_t)FIELD_GET(PTE, SH, &desc);
    if (l->out >> t->out_bits) {
        finish(w, VMSA_ADDR_SIZE);
        return;
    }
    if (!FIELD_GET(PTE, AF, &desc) && !t->affd && !t->ha) {
        finish(w, VMSA_ACCESS);
        return;
    }
    if (t->stage == 1)
        leaf_stage1(w, desc);
    else
        leaf_stage2(w, desc);
    finish(w, VMSA_OK);
}

void vmsa_tell(struct vmsa_walk *w, uint64_t desc)
{
    const struct vmsa_table *t = w->t;

    if (t->big_endian)
        desc = __builtin_bswap64(desc);
    if (!(desc & 1) || (w->level == VMSA_LEVEL_LAST && !(desc & 2))) {
        finish(w, VMSA_TRANSLATION);
        return;
    }
    if (w->level == VMSA_LEVEL_LAST || !(desc & 2)) {
        if (!vmsa_leaf_ok(t->granule_log2, w->level, large(t)))
            finish(w, VMSA_TRANSLATION);
        else
            leaf(w, desc);
        return;
    }
    w->table = address(t, desc, t->granule_log2);
    if (w->table >> t->out_bits) {
        finish(w, VMSA_ADDR_SIZE);
        return;
    }
    if (t->stage == 1 && !t->had)
        w->hier |= (uint8_t)(FIELD_GET(PTE, APTABLE, &desc) |
                             FIELD_GET(PTE, UXNTABLE, &desc) << 2 |
                             FIELD_GET(PTE, PXNTABLE, &desc) << 3);
    w->level++;
    point(w);
}

void vmsa_tell_abort(struct vmsa_walk *w)
{
    finish(w, VMSA_EABT);
}

/* ---- hardware updates ---------------------------------------------------------------------------- */

static uint64_t to_memory(const struct vmsa_table *t, uint64_t desc)
{
    return t->big_endian ? __builtin_bswap64(desc) : desc;
}

bool vmsa_update(const struct vmsa_walk *w, bool dirty, uint64_t *old, uint64_t *word)
{
    uint64_t desc = w->leaf.desc;

    if (w->t->ha)
        FIELD_SET(PTE, AF, &desc, 1);
    if (dirty && w->t->stage == 1)
        FIELD_SET(PTE, AP, &desc, FIELD_GET(PTE, AP, &desc) & 1);
    else if (dirty)
        FIELD_SET(S2PTE, S2AP, &desc, FIELD_GET(S2PTE, S2AP, &desc) | 2);
    *old = to_memory(w->t, w->leaf.desc);
    *word = to_memory(w->t, desc);
    return desc != w->leaf.desc;
}

void vmsa_updated(struct vmsa_walk *w, bool dirty)
{
    if (dirty)
        w->leaf.perm = w->leaf.perm_if_dirty;
}

void vmsa_tell_again(struct vmsa_walk *w, uint64_t desc)
{
    w->done = false;
    vmsa_tell(w, desc);
}

/* ---- encoding ------------------------------------------------------------------------------------ */

static uint64_t encode_address(const struct vmsa_table *t, uint64_t a)
{
    uint64_t d = a & bits_mask(47, 12);

    if (t->ds && t->granule_log2 != 16)
        d |= (a & bits_mask(49, 48)) | bits_get(a, 51, 50) << 8;
    else if (wide64(t))
        d |= bits_get(a, 51, 48) << 12;
    return d;
}

int vmsa_map_run(const struct vmsa_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                 int level, uint64_t attr, uint64_t n)
{
    unsigned shift = vmsa_shift(t->granule_log2, level);
    struct vmsa_walk w;
    int failed = 0;
    uint64_t type = level == VMSA_LEVEL_LAST ? 3 : 1;

    SIM_CHECK(vmsa_leaf_ok(t->granule_log2, level, large(t)), "granule 2^%u level %d", t->granule_log2,
              level);
    vmsa_begin(&w, t, in, NULL);
    while (!w.done && w.level < level) {
        uint64_t desc = to_memory(t, io->read(io->arg, w.pa));

        if ((desc & 3) != 3) {                       /* no table yet, or a block: replaced */
            uint64_t table = io->alloc(io->arg, t->granule_log2);
            int err;

            if (!table)
                return SIM_EENV;
            desc = encode_address(t, table) | 3;
            err = io->write(io->arg, w.pa, to_memory(t, desc));
            if (err)
                return err;
        }
        vmsa_tell(&w, to_memory(t, desc));
    }
    if (w.done)
        return SIM_EINPUT;
    out = bits_align_down(out, shift);
    for (uint64_t i = 0; i < n && !failed; i++) {
        uint64_t desc = encode_address(t, out + (i << shift)) | attr | type;

        failed = io->write(io->arg, w.pa + 8 * i, to_memory(t, desc));
    }
    return failed;
}

int vmsa_map(const struct vmsa_table *t, const struct table_io *io, uint64_t in, uint64_t out,
             int level, uint64_t attr)
{
    return vmsa_map_run(t, io, in, out, level, attr, 1);
}

int vmsa_unmap(const struct vmsa_table *t, const struct table_io *io, uint64_t in,
               unsigned *size_log2)
{
    struct vmsa_walk w;
    uint64_t pa;

    *size_log2 = 0;
    vmsa_begin(&w, t, in, NULL);
    while (vmsa_ask(&w, &pa)) {
        uint64_t desc = to_memory(t, io->read(io->arg, pa));

        if (!(desc & 1))
            return 0;
        if (w.level == VMSA_LEVEL_LAST || !(desc & 2)) {
            *size_log2 = vmsa_shift(t->granule_log2, w.level);
            return io->write(io->arg, pa, 0);
        }
        vmsa_tell(&w, to_memory(t, desc));
    }
    return 0;
}

uint64_t vmsa_attr(unsigned stage, bool read, bool write)
{
    uint64_t d = 0;

    FIELD_SET(PTE, AF, &d, 1);
    FIELD_SET(PTE, SH, &d, 3);
    if (stage == 1) {
        FIELD_SET(PTE, AP, &d, write ? 1 : 3);
        FIELD_SET(PTE, NG, &d, 1);
        FIELD_SET(PTE, UXN, &d, 1);
        FIELD_SET(PTE, PXN, &d, 1);
    } else {
        FIELD_SET(S2PTE, S2AP, &d, (read ? 1u : 0u) | (write ? 2u : 0u));
        FIELD_SET(S2PTE, MEMATTR, &d, 0xf);
        FIELD_SET(S2PTE, XN, &d, 2);
    }
    return d;
}
