/* SPDX-License-Identifier: Apache-2.0
 *
 * VT-d first-stage encoder and walk against a second walk and against the list of what was mapped, on random tables of
 * 4 and 5 levels with pages of every size, entries that take permissions away, entries without accessed and dirty
 * bits, and bits set anywhere.  Others write to the tables while a walk is about to.  IOMMUSIM_FULL=1: a million
 * requests.
 */
#include <stdlib.h>

#include "arch/table/vtdfs.h"
#include "arch/xlate.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"

enum { LEAVES = 24, REQUESTS = 200 };

struct mapped { uint64_t in, out, size; bool w, user; };

struct world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;                     /* free memory */
    struct table_io io;
    struct vtdfs_table t;
    struct mapped leaf[LEAVES];
    unsigned leaves;
    uint64_t races, updates;
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

enum end { GOOD, FORM, TOP_ERROR, LOWER_ERROR, NOTHING, NO_USER, NO_WRITE, NO_EXEC, RESERVED, NO_UPDATE };
struct second {
    enum end end;
    uint64_t pa, size;
    bool may[6];                       /* read, write, execute: of a user, of a supervisor */
    unsigned level, reads, updates;
    struct { uint64_t pa, value; } update[5];
};

static bool reserved(const struct world *w, unsigned level, uint64_t entry)
{
    bool large = level > 1 && entry >> 7 & 1;

    for (unsigned bit = w->t.haw; bit < 52; bit++)
        if (entry >> bit & 1)
            return true;
    if (!large)
        return false;
    if (level == 2)
        return entry & 0x1fe000;
    return level > 3 || !w->t.page_1g || entry & 0x3fffe000;
}

static void permissions(struct second *s, const struct world *w, bool write, bool user, bool no_exec)
{
    bool exec = !(w->t.nxe && no_exec);

    s->may[0] = user;
    s->may[1] = user && write;
    s->may[2] = user && exec;
    s->may[3] = true;
    s->may[4] = write || !w->t.wpe;
    s->may[5] = exec && !(w->t.smep && user);
}

/* What of an entry's permissions the access meets; at a leaf `s->may` is all there is to say. */
static enum end denied(const struct second *s, struct vtdfs_access a, bool table)
{
    const bool *may = s->may + (a.super ? 3 : 0);

    if (!may[0])
        return NO_USER;
    if (a.any)
        return GOOD;
    if (a.write && !may[1])
        return NO_WRITE;
    return a.exec && !may[2] && !(table && a.super && s->may[2]) ? NO_EXEC : GOOD;
}

static struct second second_walk(const struct world *w, uint64_t in, struct vtdfs_access a)
{
    struct second s = { .end = FORM, .level = w->t.levels };
    unsigned top_bit = w->t.levels == 5 ? 56 : 47;
    uint64_t table = w->t.base;
    bool write = true, user = true, no_exec = false;

    for (unsigned bit = top_bit; bit < 63; bit++)
        if ((in >> bit & 1) != (in >> 63))
            return s;
    for (;; s.level--) {
        uint64_t span = 1ull << (12 + 9 * (s.level - 1)), at = table + in / span % 512 * 8, entry, marked;
        bool leaf;

        s.reads++;
        if (!mem_read(w->mem, at, 1, &entry)) {
            s.end = s.level == w->t.levels ? TOP_ERROR : LOWER_ERROR;
            return s;
        }
        leaf = s.level == 1 || entry & 0x80;
        write = write && entry & 2;
        user = user && entry & 4;
        no_exec = no_exec || entry >> 63;
        permissions(&s, w, write, user, no_exec);
        s.end = entry & 1 ? denied(&s, a, !leaf) : NOTHING;
        if (s.end == GOOD && reserved(w, s.level, entry))
            s.end = RESERVED;
        marked = entry | 0x20 | (w->t.eafe ? 0x400 : 0);
        if (leaf && (a.write || a.dirty) && s.may[a.super ? 4 : 1])
            marked |= 0x40;
        if (s.end == GOOD && marked != entry) {
            if (w->t.snooped) {
                s.update[s.updates].pa = at;
                s.update[s.updates++].value = marked;
            } else {
                s.end = NO_UPDATE;
            }
        }
        if (s.end != GOOD)
            return s;
        if (leaf) {
            s.size = span;
            s.pa = (entry & 0x000ffffffffff000) / span * span + in % span;
            return s;
        }
        table = entry & 0x000ffffffffff000;
    }
}

static enum end end_of(const struct vtdfs_walk *k)
{
    static const enum end ends[] = {
        [VTDFS_OK] = GOOD, [VTDFS_CANONICAL] = FORM, [VTDFS_EABT_TOP] = TOP_ERROR,
        [VTDFS_EABT] = LOWER_ERROR, [VTDFS_ABSENT] = NOTHING, [VTDFS_USER] = NO_USER,
        [VTDFS_WRITE] = NO_WRITE, [VTDFS_EXEC] = NO_EXEC, [VTDFS_RESERVED] = RESERVED,
        [VTDFS_NOT_SNOOPED] = NO_UPDATE,
    };

    return ends[k->fault];
}

/* ---- a random table ------------------------------------------------------------------------- */

static void world_up(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    rng_init(&w->rng, seed, "vtdfs");
    w->io = (struct table_io){ io_read, io_write, io_alloc, w };
}

static void new_table(struct world *w)
{
    mem_free(w->mem);
    w->mem = mem_new();
    w->next = 0x100000;
    w->leaves = 0;
    w->t = (struct vtdfs_table){
        .levels = (uint8_t)(4 + pick(w, 2)), .haw = (uint8_t)(39 + pick(w, 14)), .page_1g = !one_in(w, 4),
        .wpe = one_in(w, 2), .nxe = one_in(w, 2), .smep = one_in(w, 2), .eafe = one_in(w, 3),
        .snooped = !one_in(w, 4),
    };
    w->t.base = io_alloc(w, 12);
}

/* A canonical address, often near one that is mapped, so that tables are shared. */
static uint64_t near_something(struct world *w)
{
    unsigned top_bit = vtdfs_shift(w->t.levels + 1u) - 1;
    uint64_t in = rng_u64(&w->rng) & bits_low(top_bit);

    if (w->leaves && !one_in(w, 3))
        return w->leaf[pick(w, w->leaves)].in ^ (in & bits_low(12 + (unsigned)pick(w, top_bit - 12u)));
    return one_in(w, 2) ? in : ~in;
}

static const struct mapped *mapping_of(const struct world *w, uint64_t in, uint64_t size)
{
    for (unsigned i = 0; i < w->leaves; i++)
        if (in - w->leaf[i].in < w->leaf[i].size || w->leaf[i].in - in < size)
            return &w->leaf[i];
    return NULL;
}

static void map_some(struct world *w)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        unsigned level = one_in(w, 3) ? 2 : w->t.page_1g && one_in(w, 6) ? 3 : 1;
        struct mapped m = { .w = !one_in(w, 4), .user = !one_in(w, 4) };

        m.size = 1ull << vtdfs_shift(level);
        m.in = near_something(w) & ~(m.size - 1);
        m.out = rng_u64(&w->rng) & bits_low(w->t.haw) & ~(m.size - 1);
        if (mapping_of(w, m.in, m.size))
            continue;
        CHECK_EQ(vtdfs_map(&w->t, &w->io, m.in, m.out, level, vtdfs_attr(true, m.w, m.user)), 0);
        w->leaf[w->leaves++] = m;
    }
}

/* Entries on the way to mapped pages lose permissions, accessed or dirty bits, or get a bit changed anywhere; some
 * reads fail. */
static void damage(struct world *w)
{
    static const uint8_t often[] = { 1, 2, 5, 6, 63, 2, 5, 6 };

    for (unsigned i = 0; w->leaves && i < 16; i++) {
        uint64_t in = w->leaf[pick(w, w->leaves)].in, pa = w->t.base, word = 0;
        unsigned level = w->t.levels, stop = 1 + (unsigned)pick(w, level);

        for (;; level--) {
            pa = vtdpt_entry(pa, level, in);
            word = mem_read64(w->mem, pa);
            if (level == stop || vtdpt_is_leaf(level, word) || !(word & 1))
                break;
            pa = word & 0x000ffffffffff000;
        }
        mem_write64(w->mem, pa, word ^ 1ull << (one_in(w, 3) ? pick(w, 64) : often[pick(w, sizeof often)]));
        if (one_in(w, 40))
            mem_abort_region(w->mem, pa & ~0xfffull, pa | 0xfff);
    }
}

static struct vtdfs_access some_access(struct world *w)
{
    return (struct vtdfs_access){ .write = one_in(w, 2), .exec = one_in(w, 4), .super = one_in(w, 2),
                                  .any = one_in(w, 8), .dirty = one_in(w, 4) };
}

/* Makes updates as an access does that nobody disturbs; returns reads. */
static unsigned walk(struct world *w, struct vtdfs_walk *k)
{
    unsigned reads = 0;
    uint64_t pa, entry;

    for (; vtdfs_ask(k, &pa); reads++) {
        if (!mem_read(w->mem, pa, 1, &entry)) {
            vtdfs_tell_abort(k);
            continue;
        }
        vtdfs_tell(k, entry);
        if (k->update) {
            mem_write64(w->mem, pa, k->update);
            vtdfs_updated(k);
            w->updates++;
        }
    }
    return reads;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void compare(struct world *w)
{
    uint64_t in = near_something(w) ^ (one_in(w, 50) ? 1ull << pick(w, 64) : 0);
    struct vtdfs_access a = some_access(w);
    struct second s = second_walk(w, in, a);
    struct vtdfs_walk k;
    unsigned reads;

    vtdfs_begin(&k, &w->t, in, a, NULL);
    reads = walk(w, &k);
    CHECK_EQ(end_of(&k), s.end);
    CHECK_EQ(k.level, s.level);
    CHECK_EQ(reads, s.reads);
    for (unsigned i = 0; i < s.updates; i++)
        CHECK_EQ(mem_read64(w->mem, s.update[i].pa), s.update[i].value);
    if (s.end != GOOD || k.fault != VTDFS_OK)
        return;
    CHECK_EQ(k.leaf.out + (in - k.leaf.in), s.pa);
    CHECK_EQ(1ull << k.leaf.size_log2, s.size);
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(k.leaf.perm >> i & 1, s.may[i]);
    s = second_walk(w, in, a);                           /* nothing is left to be set */
    CHECK_EQ(s.updates, 0);
}

static void a_second_walk_ends_the_same_way_and_sets_the_same_bits(void)
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

static void what_was_mapped_is_found_without_updates_and_nothing_else(void)
{
    static const struct vtdfs_access write = { .write = true };
    struct world w;
    unsigned found = 0;

    world_up(&w, 2);
    for (unsigned i = 0; i < loops(); i++) {
        new_table(&w);
        w.t.eafe = false;                                /* the encoder presets no EA */
        map_some(&w);
        for (unsigned k = 0; k < REQUESTS; k++) {
            uint64_t in = near_something(&w);
            const struct mapped *m = mapping_of(&w, in, 1);
            struct vtdfs_walk v;

            vtdfs_begin(&v, &w.t, in, write, NULL);
            walk(&w, &v);
            CHECK_EQ(end_of(&v), !m ? NOTHING : !m->user ? NO_USER : m->w ? GOOD : NO_WRITE);
            if (v.fault == VTDFS_OK && m) {
                CHECK_EQ(v.leaf.in, m->in);
                CHECK_EQ(v.leaf.out, m->out);
                CHECK_EQ(1ull << v.leaf.size_log2, m->size);
                found++;
            }
        }
    }
    CU_ASSERT(found > loops());
    CHECK_EQ(w.updates, 0);
    mem_free(w.mem);
}

static void an_unmapped_page_goes_alone(void)
{
    static const struct vtdfs_access read = { .super = true };
    struct world w;

    world_up(&w, 3);
    for (unsigned i = 0; i < loops() / 5; i++) {
        unsigned gone, size_log2;

        new_table(&w);
        w.t.snooped = true;
        map_some(&w);
        gone = (unsigned)pick(&w, w.leaves);
        CHECK_EQ(vtdfs_unmap(&w.t, &w.io, w.leaf[gone].in + pick(&w, w.leaf[gone].size), &size_log2), 0);
        CHECK_EQ(1ull << size_log2, w.leaf[gone].size);
        for (unsigned k = 0; k < w.leaves; k++) {
            struct vtdfs_walk v;

            vtdfs_begin(&v, &w.t, w.leaf[k].in, read, NULL);
            walk(&w, &v);
            CHECK_EQ(end_of(&v), k == gone ? NOTHING : GOOD);
        }
        CHECK_EQ(vtdfs_unmap(&w.t, &w.io, w.leaf[gone].in, &size_log2), 0);
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
        struct vtdfs_walk whole, step, copy, seeded;
        struct vtdfs_access a = some_access(&w);
        uint64_t in, pa, entry;

        if (i % 40 == 0) {
            new_table(&w);
            map_some(&w);
            damage(&w);
        }
        in = near_something(&w);
        vtdfs_begin(&whole, &w.t, in, a, NULL);
        walk(&w, &whole);
        vtdfs_begin(&step, &w.t, in, a, NULL);
        while (vtdfs_ask(&step, &pa) && mem_read(w.mem, pa, 1, &entry)) {
            vtdfs_tell(&step, entry);
            CHECK_EQ(step.update, 0);                    /* the whole walk has made them */
            if (step.done || step.update)
                break;
            vtdfs_begin(&seeded, &w.t, in, a, &(struct vtdfs_seed){ step.table, step.level, step.rights });
            copy = step;
            walk(&w, &seeded);
            walk(&w, &copy);
            CHECK_EQ(seeded.fault, whole.fault);
            CHECK_EQ(copy.fault, whole.fault);
            if (whole.fault == VTDFS_OK) {
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

/* Another writes the word between its read and its update: the walk ends as one that begins afterwards, with the same
 * memory in the end. */
static void a_lost_race_ends_like_a_walk_that_came_later(void)
{
    struct world w;

    world_up(&w, 5);
    for (unsigned i = 0; i < loops() * 10; i++) {
        struct vtdfs_access a = some_access(&w);
        struct vtdfs_walk k, later;
        uint64_t in, pa, entry, raced = 0;

        if (i % 10 == 0) {
            new_table(&w);
            map_some(&w);
            damage(&w);
        }
        in = w.leaf[pick(&w, w.leaves)].in;
        vtdfs_begin(&k, &w.t, in, a, NULL);
        while (vtdfs_ask(&k, &pa)) {
            if (!mem_read(w.mem, pa, 1, &entry)) {
                vtdfs_tell_abort(&k);
                continue;
            }
            vtdfs_tell(&k, entry);
            if (k.update && !raced) {
                raced = pa;
                mem_write64(w.mem, pa, entry ^ 1ull << pick(&w, 12));
            } else if (k.update) {
                mem_write64(w.mem, pa, k.update);
                vtdfs_updated(&k);
            }
        }
        if (!raced)
            continue;
        w.races++;
        vtdfs_begin(&later, &w.t, in, a, NULL);
        while (vtdfs_ask(&later, &pa)) {
            if (!mem_read(w.mem, pa, 1, &entry)) {
                vtdfs_tell_abort(&later);
                continue;
            }
            vtdfs_tell(&later, entry);
            CHECK_EQ(later.update, 0);
            if (later.update)
                break;
        }
        CHECK_EQ(k.fault, later.fault);
        CHECK_EQ(k.level, later.level);
        if (k.fault != VTDFS_OK)
            continue;
        CHECK_EQ(k.leaf.desc, later.leaf.desc);
        CHECK_EQ(k.leaf.desc_pa, later.leaf.desc_pa);
        CHECK_EQ(k.leaf.perm, later.leaf.perm);
        CHECK_EQ(k.leaf.dirty, later.leaf.dirty);
    }
    CU_ASSERT(w.races > loops());
    mem_free(w.mem);
}

#define TESTS(T)                                                                                   \
    T(a_second_walk_ends_the_same_way_and_sets_the_same_bits)                                      \
    T(what_was_mapped_is_found_without_updates_and_nothing_else) T(an_unmapped_page_goes_alone)    \
    T(a_seed_and_a_copy_end_like_the_whole_walk) T(a_lost_race_ends_like_a_walk_that_came_later)
TEST_SUITE("vtdfs_property", TESTS)
