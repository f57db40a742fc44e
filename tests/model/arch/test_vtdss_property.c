/* SPDX-License-Identifier: Apache-2.0
 *
 * VT-d second-stage encoder and walk against a second walk and against the list of what was mapped,
 * on random tables of 3, 4 and 5 levels with pages of every size, entries that take permissions
 * away, reserved bits set, and accessed and dirty bits missing.  IOMMUSIM_FULL=1: a million requests.
 */
#include <stdlib.h>

#include "arch/table/vtdss.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"

enum { LEAVES = 24, REQUESTS = 200 };

struct mapped { uint64_t in, out, size; bool r, w; };

struct world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;                     /* free memory */
    struct table_io io;
    struct vtdss_table t;
    struct mapped leaf[LEAVES];
    unsigned leaves;
    uint64_t updates;
};

static uint64_t pick(struct world *w, uint64_t n) { return rng_below(&w->rng, n); }
static bool one_in(struct world *w, uint64_t n) { return pick(w, n) == 0; }

static uint64_t io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct world *)arg)->mem, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return mem_write64(((struct world *)arg)->mem, pa, value);
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct world *w = arg;
    uint64_t pa = w->next;

    w->next += 1ull << bytes_log2;
    return pa;
}

static unsigned loops(void)
{
    return getenv("IOMMUSIM_FULL") ? 1000000 / REQUESTS : 250;
}

/* ---- the second walk: from the manual's table of bits, one entry after the other ------------ */

enum end { GOOD, WIDTH, TOP_ERROR, LOWER_ERROR, NOTHING, NO_WRITE, NO_READ, RESERVED, NO_UPDATE };
struct second {
    enum end end;
    uint64_t pa, size;
    bool r, w;
    unsigned level, reads, updates;
    struct { uint64_t pa, value; } update[5];
};

static uint64_t reserved_of(const struct world *w, unsigned level, uint64_t entry)
{
    bool large = entry >> 7 & 1;
    uint64_t bad = 0;

    for (unsigned bit = w->t.haw; bit < 52; bit++)
        bad |= 1ull << bit;
    if (level == 1 || large) {                       /* a leaf, or one that cannot be */
        if (!w->t.snoop)
            bad |= 1ull << 11;
        if (!w->t.transient)
            bad |= 1ull << 62;
    } else {
        bad |= 1ull << 11 | 1ull << 62;
    }
    if (level == 2 && large)
        bad |= w->t.page_2m ? 0x1ff000 : 0x1ff080;
    if (level == 3 && large)
        bad |= w->t.page_1g ? 0x3ffff000 : 0x3ffff080;
    if (level > 3)
        bad |= 0x80;
    return bad;
}

/* Accessed, and of a leaf that is written dirty. */
static uint64_t marks(const struct world *w, bool leaf, bool write)
{
    return !w->t.ad ? 0 : leaf && write ? 0x300 : 0x100;
}

/* Notes that the word is to have these bits; false if nobody can set them. */
static bool mark(const struct world *w, struct second *s, uint64_t pa, uint64_t entry, uint64_t bits)
{
    if (!(bits & ~entry))
        return true;
    s->update[s->updates].pa = pa;
    s->update[s->updates].value = entry | bits;
    s->updates += w->t.snooped;
    return w->t.snooped;
}

static struct second second_walk(const struct world *w, uint64_t in, bool read, bool write, bool dirty)
{
    struct second s = { .end = WIDTH, .r = true, .w = true, .level = w->t.levels };
    uint64_t table = w->t.base;

    if (in >= 1ull << w->t.in_bits)
        return s;
    for (;; s.level--) {
        uint64_t span = 1ull << (12 + 9 * (s.level - 1)), at = table + in / span % 512 * 8, entry;

        s.reads++;
        if (!mem_read(w->mem, at, 1, &entry)) {
            s.end = s.level == w->t.levels ? TOP_ERROR : LOWER_ERROR;
            return s;
        }
        s.r = s.r && (entry & 1);
        s.w = s.w && (entry & 2);
        if (!(entry & 3))
            s.end = NOTHING;
        else if (write && !s.w)
            s.end = NO_WRITE;
        else if ((read && !s.r) || (!s.r && !s.w))
            s.end = NO_READ;
        else if (entry & reserved_of(w, s.level, entry))
            s.end = RESERVED;
        else if (!mark(w, &s, at, entry, marks(w, s.level == 1 || entry & 0x80, (write || dirty) && s.w)))
            s.end = NO_UPDATE;
        else if (s.level == 1 || (entry & 0x80))
            s.end = GOOD;
        else {
            table = entry & 0x000ffffffffff000;
            continue;
        }
        s.size = span;
        s.pa = (entry & 0x000ffffffffff000) / span * span + in % span;
        return s;
    }
}

static enum end end_of(const struct vtdss_walk *k)
{
    static const enum end ends[] = {
        [VTDSS_OK] = GOOD, [VTDSS_RANGE] = WIDTH, [VTDSS_EABT_TOP] = TOP_ERROR,
        [VTDSS_EABT] = LOWER_ERROR, [VTDSS_ABSENT] = NOTHING, [VTDSS_WRITE] = NO_WRITE,
        [VTDSS_READ] = NO_READ, [VTDSS_RESERVED] = RESERVED, [VTDSS_NOT_SNOOPED] = NO_UPDATE,
    };

    return ends[k->fault];
}

/* ---- a random table ------------------------------------------------------------------------- */

static void world_up(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    rng_init(&w->rng, seed, "vtdss");
    w->io = (struct table_io){ io_read, io_write, io_alloc, w };
}

static void new_table(struct world *w)
{
    unsigned levels = 3 + (unsigned)pick(w, 3), width = 12 + 9 * levels;

    mem_free(w->mem);
    w->mem = mem_new();
    w->next = 0x100000;
    w->leaves = 0;
    w->t = (struct vtdss_table){
        .levels = (uint8_t)levels, .in_bits = (uint8_t)(one_in(w, 4) ? width - 2 : width),
        .haw = (uint8_t)(39 + pick(w, 14)), .page_2m = !one_in(w, 5), .page_1g = !one_in(w, 5),
        .snoop = one_in(w, 2), .transient = one_in(w, 4), .ad = one_in(w, 2), .snooped = !one_in(w, 4),
    };
    w->t.base = io_alloc(w, 12);
}

/* An address in range, often near one that is mapped, so that tables are shared. */
static uint64_t near_something(struct world *w)
{
    uint64_t in = rng_u64(&w->rng) & bits_low(w->t.in_bits);

    if (w->leaves && !one_in(w, 3)) {
        unsigned bits = 12 + (unsigned)pick(w, w->t.in_bits - 12u);

        in = w->leaf[pick(w, w->leaves)].in ^ (in & bits_low(bits));
    }
    return in;
}

static bool overlaps(const struct world *w, uint64_t in, uint64_t size)
{
    for (unsigned i = 0; i < w->leaves; i++)
        if (in < w->leaf[i].in + w->leaf[i].size && w->leaf[i].in < in + size)
            return true;
    return false;
}

static void map_some(struct world *w)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        unsigned level = 1;
        struct mapped m = { .r = !one_in(w, 4), .w = !one_in(w, 4) };

        if (w->t.page_2m && one_in(w, 3))
            level = 2;
        if (w->t.page_1g && one_in(w, 6))
            level = 3;
        m.size = 1ull << vtdss_shift(level);
        m.in = near_something(w) & ~(m.size - 1);
        m.out = rng_u64(&w->rng) & bits_low(w->t.haw) & ~(m.size - 1);
        if (overlaps(w, m.in, m.size) || (!m.r && !m.w))
            continue;
        CHECK_EQ(vtdss_map(&w->t, &w->io, m.in, m.out, level, vtdss_attr(m.r, m.w)), 0);
        w->leaf[w->leaves++] = m;
    }
}

/* Entries on the way to mapped pages lose permissions or get a bit set anywhere; some reads
 * fail. */
static void damage(struct world *w)
{
    for (unsigned i = 0; w->leaves && i < 12; i++) {
        uint64_t in = w->leaf[pick(w, w->leaves)].in, pa, stop = pick(w, 5);
        struct vtdss_table t = w->t;
        struct vtdss_walk k;

        t.ad = false;
        vtdss_begin(&k, &t, in, 0, NULL);
        while (vtdss_ask(&k, &pa) && stop--)
            vtdss_tell(&k, mem_read64(w->mem, pa));
        if (one_in(w, 2))
            mem_write64(w->mem, k.pa, mem_read64(w->mem, k.pa) ^ 1ull << pick(w, 64));
        else
            mem_write64(w->mem, k.pa, mem_read64(w->mem, k.pa) & ~(1ull << pick(w, 2)));
        if (one_in(w, 40))
            mem_abort_region(w->mem, k.pa & ~0xfffull, k.pa | 0xfff);
    }
}

/* Makes updates as an access does that nobody disturbs; returns reads. */
static unsigned walk(struct world *w, struct vtdss_walk *k)
{
    unsigned reads = 0;
    uint64_t pa, entry;

    for (; vtdss_ask(k, &pa); reads++) {
        if (mem_read(w->mem, pa, 1, &entry))
            vtdss_tell(k, entry);
        else
            vtdss_tell_abort(k);
        if (k->update) {
            mem_write64(w->mem, pa, k->update);
            vtdss_updated(k);
            w->updates++;
        }
    }
    return reads;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void compare(struct world *w)
{
    uint64_t in = near_something(w) ^ (one_in(w, 50) ? 1ull << pick(w, 64) : 0);
    uint8_t need = (uint8_t)pick(w, 4);
    bool dirty = one_in(w, 4);
    struct second s = second_walk(w, in, need & VTDSS_R, need & VTDSS_W, dirty);
    struct vtdss_walk k;
    unsigned reads;

    vtdss_begin(&k, &w->t, in, need, NULL);
    k.dirty = dirty;
    reads = walk(w, &k);
    CHECK_EQ(end_of(&k), s.end);
    CHECK_EQ(k.level, s.level);
    CHECK_EQ(reads, s.reads);
    for (unsigned i = 0; i < s.updates; i++)
        CHECK_EQ(mem_read64(w->mem, s.update[i].pa), s.update[i].value);
    if (s.end != GOOD || k.fault != VTDSS_OK)
        return;
    CHECK_EQ(k.leaf.out + (in - k.leaf.in), s.pa);
    CHECK_EQ(1ull << k.leaf.size_log2, s.size);
    CHECK_EQ(k.leaf.perm, (s.r ? VTDSS_R : 0) | (s.w ? VTDSS_W : 0));
}

static void a_second_walk_ends_the_same_way(void)
{
    struct world w;

    world_up(&w, 1);
    for (unsigned i = 0; i < loops(); i++) {
        new_table(&w);
        map_some(&w);
        damage(&w);
        for (unsigned k = 0; k < REQUESTS; k++)
            compare(&w);
    }
    CU_ASSERT(w.updates > loops());
    mem_free(w.mem);
}

static const struct mapped *mapping_of(const struct world *w, uint64_t in)
{
    for (unsigned i = 0; i < w->leaves; i++)
        if (in - w->leaf[i].in < w->leaf[i].size)
            return &w->leaf[i];
    return NULL;
}

static void what_was_mapped_is_found_and_nothing_else(void)
{
    struct world w;
    unsigned found = 0;

    world_up(&w, 2);
    for (unsigned i = 0; i < loops(); i++) {
        new_table(&w);
        w.t.snooped = true;
        map_some(&w);
        for (unsigned k = 0; k < REQUESTS; k++) {
            uint64_t in = near_something(&w);
            const struct mapped *m = mapping_of(&w, in);
            struct vtdss_walk v;

            vtdss_begin(&v, &w.t, in, VTDSS_W, NULL);
            walk(&w, &v);
            CHECK_EQ(end_of(&v), !m ? NOTHING : m->w ? GOOD : NO_WRITE);
            if (m && m->w) {
                CHECK_EQ(v.leaf.out, m->out);
                CHECK_EQ(1ull << v.leaf.size_log2, m->size);
                found++;
            }
        }
    }
    CU_ASSERT(found > loops());
    mem_free(w.mem);
}

static void an_unmapped_page_goes_alone(void)
{
    struct world w;

    world_up(&w, 3);
    for (unsigned i = 0; i < loops() / 5; i++) {
        unsigned gone, size_log2;
        uint64_t in;

        new_table(&w);
        w.t.snooped = true;
        map_some(&w);
        gone = (unsigned)pick(&w, w.leaves);
        in = w.leaf[gone].in + pick(&w, w.leaf[gone].size);
        CHECK_EQ(vtdss_unmap(&w.t, &w.io, in, &size_log2), 0);
        CHECK_EQ(1ull << size_log2, w.leaf[gone].size);
        for (unsigned k = 0; k < w.leaves; k++) {
            struct vtdss_walk v;

            vtdss_begin(&v, &w.t, w.leaf[k].in, 0, NULL);
            walk(&w, &v);
            CHECK_EQ(end_of(&v), k == gone ? NOTHING : GOOD);
        }
        CHECK_EQ(vtdss_unmap(&w.t, &w.io, w.leaf[gone].in, &size_log2), 0);
        CHECK_EQ(size_log2, 0);
        CHECK_EQ(vtdss_unmap(&w.t, &w.io, ~0xfffull, &size_log2), 0);   /* beyond any table */
        CHECK_EQ(size_log2, 0);
    }
    mem_free(w.mem);
}

/* From every table on the way, and from a copy of the walk made there. */
static void a_seed_and_a_copy_end_like_the_whole_walk(void)
{
    struct world w;
    unsigned seeds = 0;

    world_up(&w, 4);
    for (unsigned i = 0; i < loops() * 4; i++) {
        uint64_t in, pa, entry;
        uint8_t need;
        struct vtdss_walk whole, step, copy, seeded;

        if (i % 40 == 0) {
            new_table(&w);
            map_some(&w);
            damage(&w);
        }
        in = near_something(&w);
        need = (uint8_t)pick(&w, 4);
        vtdss_begin(&whole, &w.t, in, need, NULL);
        walk(&w, &whole);
        vtdss_begin(&step, &w.t, in, need, NULL);
        while (vtdss_ask(&step, &pa) && mem_read(w.mem, pa, 1, &entry)) {
            vtdss_tell(&step, entry);
            if (step.done)
                break;
            vtdss_begin(&seeded, &w.t, in, need,
                        &(struct vtdss_seed){ step.table, step.level, step.perm });
            copy = step;
            walk(&w, &seeded);
            walk(&w, &copy);
            CHECK_EQ(seeded.fault, whole.fault);
            CHECK_EQ(copy.fault, whole.fault);
            if (whole.fault == VTDSS_OK) {
                CHECK_EQ(seeded.leaf.out, whole.leaf.out);
                CHECK_EQ(copy.leaf.perm, whole.leaf.perm);
                CHECK_EQ(seeded.leaf.perm, whole.leaf.perm);
            }
            seeds++;
        }
    }
    CU_ASSERT(seeds > loops());
    mem_free(w.mem);
}

/* What is kept of a read-only table must not let a write through: the walk ends without a read. */
static void a_seed_without_the_permission_denies_at_once(void)
{
    const struct vtdss_table t = { .levels = 4, .in_bits = 48, .haw = 48, .base = 0x1000 };
    const struct vtdss_seed read_only = { .table = 0x3000, .level = 1, .perm = VTDSS_R };
    struct vtdss_walk k;

    vtdss_begin(&k, &t, 0x5000, VTDSS_W, &read_only);
    CU_ASSERT(k.done);
    CHECK_EQ(k.fault, VTDSS_WRITE);
    vtdss_begin(&k, &t, 0x5000, VTDSS_R, &read_only);
    CU_ASSERT_FALSE(k.done);
    CHECK_EQ(k.pa, 0x3000 + 5 * 8);
}

static uint64_t no_room(void *arg, unsigned bytes_log2)
{
    (void)arg;
    (void)bytes_log2;
    return 0;
}

static void a_map_out_of_range_or_without_room_says_so(void)
{
    struct world w;

    world_up(&w, 5);
    new_table(&w);
    w.t.in_bits = 39;
    w.t.levels = 3;
    CHECK_EQ(vtdss_map(&w.t, &w.io, 1ull << 39, 0, 1, vtdss_attr(true, true)),
             (uint64_t)(int64_t)SIM_EINPUT);
    CHECK_EQ(vtdss_map(&w.t, &w.io, (1ull << 39) - 4096, 0, 1, vtdss_attr(true, true)), 0);
    w.io.alloc = no_room;
    CHECK_EQ(vtdss_map(&w.t, &w.io, 0, 0, 1, vtdss_attr(true, true)), (uint64_t)(int64_t)SIM_EENV);
    mem_free(w.mem);
}

#define TESTS(T)                                                                                   \
    T(a_second_walk_ends_the_same_way) T(what_was_mapped_is_found_and_nothing_else)                \
    T(an_unmapped_page_goes_alone) T(a_seed_and_a_copy_end_like_the_whole_walk)                    \
    T(a_seed_without_the_permission_denies_at_once)                                                \
    T(a_map_out_of_range_or_without_room_says_so)
TEST_SUITE("vtdss_property", TESTS)
