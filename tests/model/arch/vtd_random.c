/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_random.h"

#include <string.h>

#include "base/sim.h"

#define pick  vtd_world_pick
#define once  vtd_world_once

uint64_t vtd_world_pick(struct vtd_world *w, uint64_t n) { return rng_below(&w->rng, n); }
bool vtd_world_once(struct vtd_world *w, unsigned n) { return vtd_world_pick(w, n) == 0; }

static uint64_t low(unsigned n) { return n >= 64 ? ~0ull : (1ull << n) - 1; }
static unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
static uint64_t page_of(uint64_t word) { return word & 0x000ffffffffff000; }
static uint64_t most(struct vtd_world *w, unsigned bit) { return once(w, 12) ? 0 : 1ull << bit; }

static void set(uint64_t *words, unsigned hi, unsigned lo, uint64_t v)
{
    uint64_t mask = low(hi - lo + 1) << lo % 64;

    words[lo / 64] = (words[lo / 64] & ~mask) | (v << lo % 64 & mask);
}

static uint64_t alloc(struct vtd_world *w, uint64_t bytes)
{
    uint64_t pa = w->next;

    w->next += (bytes + 0xfff) & ~0xfffull;
    return pa;
}

/* ---- registers ------------------------------------------------------------------------------- */

static void random_regs(struct vtd_world *w)
{
    static const uint8_t features[] = { 2, 6, 7, 26, 29, 30, 31, 33, 34, 40, 45, 46, 47, 48, 49, 52, 53 };
    struct vtd_regs *r = &w->regs;

    *r = (struct vtd_regs){ .haw = (uint8_t)(39 + pick(w, 14)), .tes = !once(w, 60) };
    for (unsigned i = 0; i < sizeof features; i++)
        r->ecap |= most(w, features[i]);
    r->ecap |= 1ull << 43;
    set(&r->cap, 2, 0, pick(w, 7));
    set(&r->cap, 12, 8, 1 + pick(w, 7));
    r->cap &= ~(1ull << 8);
    r->cap |= 1ull << (9 + pick(w, 3));
    set(&r->cap, 21, 16, (once(w, 3) ? 38 + pick(w, 19) : 56));
    r->cap |= most(w, 34) | most(w, 35) | most(w, 56) | most(w, 60);
    r->cap |= most(w, 39);                               /* page-selective invalidation, of so many pages */
    set(&r->cap, 53, 48, r->cap >> 39 & 1 ? 9 + pick(w, 10) : 0);
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* A table entry of the second stage permits most; a leaf what it likes.  With accessed bits or without. */
static uint64_t second_bits(struct vtd_world *w, bool leaf)
{
    uint64_t e = once(w, leaf ? 5 : 40) ? 1 + pick(w, 2) : 3;

    e |= pick(w, 8) << 2 & ~3ull;                        /* ignored */
    if (w->marked || once(w, 2))
        e |= 0x100;
    if (leaf && (w->marked || once(w, 2)))
        e |= 0x200;
    if (leaf && w->regs.ecap >> 7 & 1 && once(w, 3))
        e |= 0x800;
    return e | (once(w, 4) ? pick(w, 512) << 52 : 0);
}

static uint64_t first_bits(struct vtd_world *w, bool leaf)
{
    uint64_t e = 1;

    e |= once(w, leaf ? 5 : 40) ? 0 : 2;
    e |= once(w, leaf ? 5 : 40) ? 0 : 4;
    e |= pick(w, 4) << 3;
    if (w->marked || once(w, 2))
        e |= 0x420;
    if (leaf && (w->marked || once(w, 2)))
        e |= 0x40;
    if (once(w, leaf ? 5 : 30))
        e |= 1ull << 63;
    return e | (once(w, 4) ? pick(w, 512) << 52 : 0);
}

/* An output address that is aligned to 2^bits; in the interrupt range now and then. */
static uint64_t some_output(struct vtd_world *w, unsigned width, unsigned size)
{
    uint64_t out = once(w, 40) ? 0xfee00000 + (pick(w, 256) << 12) : rng_u64(&w->rng) & low(width);

    return out & low(width) & ~low(size);
}

/* A leaf at `level` with the table entries above it; false if another leaf is in the way. */
static bool put_second(struct vtd_world *w, uint64_t in, unsigned level, uint64_t leaf)
{
    uint64_t table = w->ss_base;

    for (unsigned l = w->ss_levels;; l--) {
        uint64_t at = table + (in >> (12 + 9 * (l - 1))) % 512 * 8, e = mem_read64(w->mem, at);

        if (l == level)
            return e == 0 && !mem_write64(w->mem, at, leaf | (l > 1 ? 0x80 : 0));
        if (e & 0x80)
            return false;
        if (!e) {
            e = second_bits(w, false) | alloc(w, 4096);
            mem_write64(w->mem, at, e);
        }
        table = page_of(e);
    }
}

static bool covered_by_second(const struct vtd_world *w, uint64_t in)
{
    uint64_t table = w->ss_base;

    for (unsigned l = w->ss_levels;; l--) {
        uint64_t e = mem_read64(w->mem, table + (in >> (12 + 9 * (l - 1))) % 512 * 8);

        if (!e || l == 1 || e & 0x80)
            return e;
        table = page_of(e);
    }
}

static unsigned second_leaf_level(struct vtd_world *w)
{
    if (w->regs.cap >> 35 & 1 && once(w, 5))
        return 3;
    return w->regs.cap >> 34 & 1 && once(w, 3) ? 2 : 1;
}

static bool map_second(struct vtd_world *w, uint64_t in)
{
    unsigned level = second_leaf_level(w);

    return put_second(w, in, level, second_bits(w, true) | some_output(w, w->regs.haw, 12 + 9 * (level - 1)));
}

/* Where the first stage's table at this GPA is. */
static uint64_t host_of(const struct vtd_world *w, uint64_t gpa)
{
    return w->type == 3 && w->scalable ? w->page[(gpa - w->window) >> 12] | (gpa & 0xfff) : gpa;
}

/* Of a nested unit: the next page of the window, and the second stage's entry for it. */
static uint64_t first_table(struct vtd_world *w)
{
    uint64_t gpa;

    if (!w->scalable || w->type != 3)
        return alloc(w, 4096);
    if (w->pages == VTD_WORLD_PAGES)
        return 0;
    gpa = w->window + w->pages * 4096ull;
    if (!w->large) {
        if (covered_by_second(w, gpa))                   /* by a page for outputs */
            return 0;
        w->page[w->pages] = alloc(w, 4096);
        put_second(w, gpa, 1, second_bits(w, once(w, 6)) | w->page[w->pages]);
    }
    w->pages++;
    return gpa;
}

static bool put_first(struct vtd_world *w, uint64_t in, unsigned level, uint64_t leaf)
{
    uint64_t table = w->fs_base;

    for (unsigned l = w->fs_levels;; l--) {
        uint64_t at = host_of(w, table) + (in >> (12 + 9 * (l - 1))) % 512 * 8, e = mem_read64(w->mem, at), new;

        if (l == level)
            return e == 0 && !mem_write64(w->mem, at, leaf | (l > 1 ? 0x80 : 0));
        if (e & 0x80)
            return false;
        if (!e) {
            new = first_table(w);
            if (!new)
                return false;
            e = first_bits(w, false) | new;
            mem_write64(w->mem, at, e);
        }
        table = page_of(e);
    }
}

static bool map_first(struct vtd_world *w, uint64_t in)
{
    bool nested = w->type == 3;
    unsigned level = w->regs.cap >> 56 & 1 && once(w, 5) ? 3 : once(w, 3) ? 2 : 1;
    unsigned size = 12 + 9 * (level - 1);
    uint64_t out = some_output(w, nested ? min(w->guest_bits, 52) : w->regs.haw, size);

    if (!put_first(w, in, level, first_bits(w, true) | out | (level > 1 && once(w, 3) ? 0x1000 : 0)))
        return false;
    if (nested && !once(w, 10)) {
        uint64_t gpa = out | (in & low(size));

        if (!covered_by_second(w, gpa))
            map_second(w, gpa);
    }
    return true;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static uint64_t input(struct vtd_world *w)
{
    bool first = w->scalable && (w->type == 1 || w->type == 3);
    unsigned width = first ? (w->fs_levels == 5 ? 56 : 47) : w->guest_bits;
    uint64_t in = rng_u64(&w->rng) & low(width);

    if (w->leaves && !once(w, 3))
        return w->leaf[pick(w, w->leaves)] ^ (in & low(12 + (unsigned)pick(w, width - 12)));
    return first && once(w, 2) ? ~in : in;
}

static void map_some(struct vtd_world *w)
{
    bool first = w->scalable && (w->type == 1 || w->type == 3);

    for (unsigned i = 0; i < VTD_WORLD_LEAVES; i++) {
        uint64_t in = input(w);

        if (first ? map_first(w, in) : map_second(w, in))
            w->leaf[w->leaves++] = in;
    }
}

/* ---- structures ------------------------------------------------------------------------------ */

static uint64_t some_aw(struct vtd_world *w)
{
    unsigned aw;

    do
        aw = 1 + (unsigned)pick(w, 3);
    while (!(w->regs.cap >> (8 + aw) & 1));
    return aw;
}

static void new_second(struct vtd_world *w, uint64_t aw)
{
    w->ss_levels = (unsigned)aw + 2;
    w->guest_bits = min((w->regs.cap >> 16 & 63) + 1, 12 + 9 * w->ss_levels);
    w->ss_base = alloc(w, 4096);
}

static uint64_t some_did(struct vtd_world *w) { return pick(w, 1ull << (4 + 2 * (w->regs.cap & 7))); }

/* Puts words at `pa`. */
static void put(struct vtd_world *w, uint64_t pa, const uint64_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        mem_write64(w->mem, pa + 8 * i, words[i]);
}

static void legacy(struct vtd_world *w, uint64_t root)
{
    uint64_t entry[2] = { 0 }, aw = some_aw(w), table = alloc(w, 4096);

    w->type = (unsigned)pick(w, 3);
    if ((w->type == 1 && !(w->regs.ecap & 4)) || (w->type == 2 && !(w->regs.ecap & 64)))
        w->type = 0;
    if (w->type == 2 && !once(w, 4))
        for (aw = 3; !(w->regs.cap >> (8 + aw) & 1);)
            aw--;
    new_second(w, aw);
    put(w, root + (w->sid >> 8) * 16, (uint64_t[]){ table | 1, 0 }, 2);
    set(entry, 63, 0, w->ss_base | 1);
    set(entry, 1, 1, once(w, 4));
    set(entry, 3, 2, w->type);
    set(entry, 66, 64, aw);
    set(entry, 70, 67, pick(w, 16));
    set(entry, 87, 72, some_did(w));
    w->context = table + (w->sid & 255) * 16;
    put(w, w->context, entry, 2);
}

/* A PGTT that the unit has. */
static unsigned some_pgtt(struct vtd_world *w)
{
    uint64_t e = w->regs.ecap;

    switch (pick(w, 8)) {
    case 0: case 4:
        return e >> 47 & 1 ? 1 : 4;
    case 1:  return e >> 46 & 1 ? 2 : 4;
    case 2: case 3: case 5:
        return e >> 46 & e >> 47 & e >> 26 & 1 ? 3 : e >> 47 & 1 ? 1 : 4;
    default: return once(w, 2) ? 4 : 2;
    }
}

static void features_of(struct vtd_world *w, unsigned pgtt)
{
    if (pgtt == 4)
        w->regs.ecap |= 64;
    if (pgtt == 2)
        w->regs.ecap |= 1ull << 46;
}

static void pasid_entry(struct vtd_world *w, uint64_t pe)
{
    uint64_t e[8] = { 0 }, aw = some_aw(w), ecap = w->regs.ecap;

    w->type = some_pgtt(w);
    features_of(w, w->type);
    new_second(w, aw);
    w->fs_levels = 4 + (w->regs.cap >> 60 & 1 & pick(w, 2));
    set(e, 0, 0, 1);
    set(e, 1, 1, once(w, 4));
    set(e, 4, 2, w->type == 2 || w->type == 3 || once(w, 2) ? aw : pick(w, 8));
    set(e, 8, 6, w->type);
    set(e, 9, 9, ecap >> 45 & pick(w, 2));
    set(e, 63, 12, w->ss_base >> 12);
    set(e, 79, 64, some_did(w));
    set(e, 87, 87, ecap >> 48 & 1 & !once(w, 4));
    set(e, 127, 88, rng_u64(&w->rng));
    set(e, 128, 128, ecap >> 31 & 1 & !once(w, 8));
    set(e, 129, 129, ecap >> 30 & 1 & !once(w, 4));
    set(e, 131, 130, w->fs_levels - 4);
    set(e, 134, 132, pick(w, 8));
    set(e, 135, 135, ecap >> 34 & pick(w, 2));
    w->marked = !(e[1] >> 23 & 1) && !once(w, 6);        /* what cannot be updated had better be set */
    if (w->type == 3)
        w->window = rng_u64(&w->rng) & low(min(w->guest_bits, 52)) & ~low(21);
    w->large = w->type == 3 && w->regs.cap >> 34 & 1 && once(w, 3);
    if (w->large) {
        uint64_t at = w->next = (w->next + 0x1fffff) & ~0x1fffffull;

        w->next += 0x200000;
        put_second(w, w->window, 2, second_bits(w, false) | at);
        for (unsigned i = 0; i < VTD_WORLD_PAGES; i++)
            w->page[i] = at + i * 4096ull;
    }
    w->fs_base = first_table(w);
    set(e, 191, 140, w->fs_base >> 12);
    put(w, pe, e, 8);
}

static void scalable(struct vtd_world *w, uint64_t root)
{
    unsigned half = w->sid >> 7 & 1;
    uint64_t table = alloc(w, 4096), entry[4] = { 0 }, dir, pasids = alloc(w, 4096), pdts = pick(w, 8);

    w->pasid = (uint32_t)(once(w, 3) ? 0 : pick(w, 1ull << (pdts + 13)) & low(20));
    dir = alloc(w, 8ull << (pdts + 7));
    mem_write64(w->mem, root + (w->sid >> 8) * 16 + half * 8, table | 1);
    set(entry, 63, 0, dir | 1);
    set(entry, 1, 1, once(w, 8));
    set(entry, 2, 2, w->regs.ecap >> 2 & 1 & !once(w, 8));
    set(entry, 3, 3, w->regs.ecap >> 40 & 1 & !once(w, 12));
    set(entry, 4, 4, w->regs.ecap >> 29 & pick(w, 2));
    set(entry, 11, 9, pdts);
    w->rid_pasid = once(w, 8) ? (uint32_t)pick(w, 1 << 20) : w->pasid;
    set(entry, 83, 64, w->rid_pasid);
    if (!(w->regs.ecap >> 49 & 1))
        w->rid_pasid = 0;
    set(entry, 84, 84, once(w, 3));
    w->context = table + (w->sid & 127) * 32;
    put(w, w->context, entry, 4);
    mem_write64(w->mem, dir + w->pasid / 64 * 8, pasids | 1 | (once(w, 8) ? 2 : 0));
    w->pe = pasids + w->pasid % 64 * 64;
    pasid_entry(w, w->pe);
}

void vtd_world_make(struct vtd_world *w)
{
    uint64_t root;

    mem_free(w->mem);
    w->mem = mem_new();
    w->next = 0x100000;
    w->leaves = w->pages = 0;
    w->pasid = w->rid_pasid = 0;
    w->marked = false;
    random_regs(w);
    root = alloc(w, 4096);
    w->sid = (uint16_t)pick(w, 0x10000);
    w->scalable = !once(w, 6);
    w->regs.rtaddr = root | (w->scalable ? 0x400 : 0);
    if (once(w, 100))
        w->regs.rtaddr ^= pick(w, 2) ? 0x800 : 0xc00;
    if (w->scalable)
        scalable(w, root);
    else
        legacy(w, root);
    map_some(w);
}

struct xl_req vtd_world_request(struct vtd_world *w)
{
    struct xl_req q = { .addr = input(w), .sid = w->sid };

    if (w->leaves && !once(w, 3))
        q.addr = w->leaf[pick(w, w->leaves)] ^ pick(w, 4096);
    if (once(w, 40))
        q.addr ^= 1ull << pick(w, 64);
    if (once(w, 60))
        q.addr = 0xfee00000 + pick(w, 0x100000);
    if (once(w, 60))
        q.sid ^= 1u << pick(w, 16);
    q.has_ssid = w->scalable ? !once(w, 3) : once(w, 40);
    q.ssid = once(w, 30) ? (uint32_t)pick(w, 1 << 20) : w->pasid;
    if (!q.has_ssid)
        q.ssid = 0;
    q.write = once(w, 2);
    q.atomic = once(w, 8);
    q.exec = !q.write && !q.atomic && once(w, 5);
    q.priv = once(w, 4);
    q.no_dir = once(w, 20);
    if (once(w, 6))
        q.type = XL_ATS_REQUEST;
    else if (once(w, 20))
        q.type = XL_TRANSLATED;
    else if (once(w, 40))
        q.type = XL_PAGE_REQUEST;
    q.no_write = q.type == XL_ATS_REQUEST && once(w, 3);
    return q;
}

void vtd_world_init(struct vtd_world *w, uint64_t seed, const char *path)
{
    memset(w, 0, sizeof *w);
    rng_init(&w->rng, seed, path);
}

void vtd_world_free(struct vtd_world *w)
{
    mem_free(w->mem);
    w->mem = NULL;
}
