/* SPDX-License-Identifier: Apache-2.0 */
#include "smmuv3_random.h"

#include <string.h>

/* The same systems whatever compiler: no expression draws twice where the order of the draws is its choice. */

enum { STRTAB = 0x10000000, FREE = 0x20000000 };

uint64_t world_pick(struct world *w, uint64_t n)
{
    return rng_below(&w->rng, n);
}

bool world_once(struct world *w, unsigned n)
{
    return world_pick(w, n) == 0;
}

static uint64_t ones(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

void world_set(uint64_t *words, unsigned hi, unsigned lo, uint64_t v)
{
    uint64_t mask = ones(hi - lo + 1) << lo % 64;

    words[lo / 64] = (words[lo / 64] & ~mask) | (v << lo % 64 & mask);
}

static uint64_t reg(uint64_t r, unsigned hi, unsigned lo)
{
    return r >> lo & ones(hi - lo + 1);
}

static uint64_t random_bits(struct world *w, unsigned n)
{
    return n ? rng_u64(&w->rng) >> (64 - n) : 0;
}

static unsigned oas_of(const struct world *w)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };

    return bits[reg(w->regs.idr5, 2, 0)];
}

static unsigned size_code(unsigned bits)
{
    static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
    unsigned i = 0;

    while (sizes[i] < bits)
        i++;
    return i;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static uint64_t take_pa(struct world *w, unsigned bits)
{
    uint64_t pa = (w->next + ones(bits)) & ~ones(bits);

    w->next = pa + (1ull << bits);
    return pa;
}

/* Where a stage 1 table's IPA lies. */
static uint64_t behind(const struct world *w, uint64_t ipa)
{
    if (w->config != 7)
        return ipa;
    for (unsigned i = 0; i < w->regions; i++)
        if (w->region[i].ipa >> w->region[i].bits == ipa >> w->region[i].bits)
            return w->region[i].pa | (ipa & ones(w->region[i].bits));
    return 0;
}

static uint64_t place(const struct world *w, const struct world_table *t, uint64_t at)
{
    return t->stage == 1 ? behind(w, at) : at;
}

static void put(struct world *w, const struct world_table *t, uint64_t at, uint64_t d)
{
    mem_write64(w->mem, place(w, t, at), t->big ? __builtin_bswap64(d) : d);
}

static uint64_t get(const struct world *w, const struct world_table *t, uint64_t at)
{
    uint64_t d = mem_read64(w->mem, place(w, t, at));

    return t->big ? __builtin_bswap64(d) : d;
}

/* ---- translation tables ---------------------------------------------------------------------- */

static unsigned below(unsigned page, int level)
{
    return page + (unsigned)(3 - level) * (page - 3);
}

static bool leaf_allowed(const struct world *w, const struct world_table *t, int level)
{
    unsigned bits = below(t->page, level);

    if (level < t->start || bits > t->in || bits > t->out)
        return false;
    switch (t->page) {
    case 12: return level >= 1 || (level == 0 && t->ds);
    case 14: return level >= 2 || (level == 1 && t->ds);
    default: return level >= 2 || (level == 1 && oas_of(w) == 52);
    }
}

static unsigned run_log2(const struct world_table *t, int level)
{
    switch (t->page) {
    case 12: return level >= 1 ? 4 : 0;
    case 14: return level == 3 ? 7 : level == 2 ? 5 : 0;
    default: return level >= 2 ? 5 : 0;
    }
}

/* An address as a descriptor holds it. */
static uint64_t address_bits(const struct world_table *t, uint64_t a)
{
    uint64_t d = a & ones(48);

    if (t->page == 16)
        d |= a >> 48 << 12;
    else if (t->ds)
        d |= (a >> 48 & 3) << 48 | (a >> 50 & 3) << 8;
    return d;
}

static uint64_t take_table(struct world *w, const struct world_table *t, unsigned bits);

/* The descriptor's address for `in` at a level; 0: something else is in the way. */
static uint64_t slot_for(struct world *w, const struct world_table *t, uint64_t in, int level)
{
    uint64_t table = t->base, at, next, d;

    for (int l = t->start;; l++) {
        uint64_t index = in >> below(t->page, l);

        at = table + 8 * (l == t->start ? index : index & ones(t->page - 3));
        if (l == level)
            return at;
        d = get(w, t, at);
        if (d & 1) {
            if (!(d & 2))
                return 0;
            table = d & ones(48) & ~ones(t->page);
            if (t->page == 16)
                table |= (d >> 12 & 15) << 48;
            else if (t->ds)
                table |= (d >> 48 & 3) << 48 | (d >> 8 & 3) << 50;
            continue;
        }
        next = take_table(w, t, t->page);
        if (!next)
            return 0;
        d = address_bits(t, next) | 3 | random_bits(w, 4) << 2;
        d |= random_bits(w, 7) << 52;
        if (world_once(w, 6))
            d |= random_bits(w, 5) << 59;      /* NSTable, APTable, XNTable, PXNTable */
        put(w, t, at, d);
        table = next;
    }
}

static bool map(struct world *w, const struct world_table *t, uint64_t in, uint64_t out, int level,
                uint64_t attr)
{
    unsigned low = below(t->page, level);
    uint64_t at = slot_for(w, t, in, level);

    if (!at || get(w, t, at))
        return false;
    put(w, t, at, address_bits(t, out & ~ones(low)) | attr | (level == 3 ? 3 : 1));
    return true;
}

/* Is nothing mapped in a group of leaves? */
static bool group_free(struct world *w, const struct world_table *t, uint64_t first, int level,
                       unsigned run)
{
    uint64_t at = slot_for(w, t, first, level);

    for (uint64_t i = 0; at && i < 1ull << run; i++)
        if (get(w, t, at + 8 * i))
            return false;
    return at != 0;
}

/* A contiguous group, all of it, or one leaf where there is no room for one. */
static bool map_group(struct world *w, const struct world_table *t, uint64_t in, uint64_t out,
                      int level, uint64_t attr, unsigned *group)
{
    unsigned low = below(t->page, level), run = run_log2(t, level);
    uint64_t first;

    *group = low;
    if (!world_once(w, 5) || run == 0 || low + run > t->in || low + run > t->out)
        return map(w, t, in, out, level, attr);
    first = in & ~ones(low + run);
    if (!group_free(w, t, first, level, run))
        return map(w, t, in, out, level, attr);
    *group = low + run;
    out &= ~ones(low + run);
    for (uint64_t i = 0; i < 1ull << run; i++)
        if (!map(w, t, first + (i << low), out + (i << low), level, attr | 1ull << 52))
            return false;
    return true;
}

/* Every bit of a leaf but address, type and the contiguous hint. */
static uint64_t random_attr(struct world *w, const struct world_table *t)
{
    static const uint8_t sh[] = { 0, 2, 3, 3 }, s2attr[] = { 15, 15, 15, 10, 5, 7, 13, 0, 1, 2, 3 };
    uint64_t d = random_bits(w, 4) << 55;

    d |= random_bits(w, 5) << 59;
    d |= (uint64_t)!world_once(w, 12) << 10;
    d |= (uint64_t)world_once(w, 3) << 51;                              /* DBM */
    if (!t->ds)
        d |= (uint64_t)sh[world_pick(w, 4)] << 8;
    if (world_once(w, 3))
        d |= random_bits(w, 2) << 53;                                   /* XN */
    if (t->stage == 2) {
        d |= (uint64_t)s2attr[world_pick(w, 11)] << 2;
        return d | (world_once(w, 4) ? random_bits(w, 2) : 3) << 6;
    }
    d |= random_bits(w, 3) << 2;
    d |= random_bits(w, 1) << 11;
    return d | (world_once(w, 4) ? random_bits(w, 2) : 1) << 6;
}

static int random_level(struct world *w, const struct world_table *t)
{
    int level = 3;

    while (level > t->start && world_once(w, 2) && leaf_allowed(w, t, level - 1))
        level--;
    return leaf_allowed(w, t, level) ? level : 4;
}

/* ---- what stage 2 must let through ----------------------------------------------------------- */

static bool is_free(const struct world *w, uint64_t ipa, unsigned bits)
{
    for (unsigned i = 0; i < w->regions; i++) {
        unsigned n = larger(bits, w->region[i].bits);

        if (ipa >> n == w->region[i].ipa >> n)
            return false;
    }
    return w->regions < WORLD_REGIONS;
}

static bool map2(struct world *w, uint64_t ipa, uint64_t pa, int level, uint64_t attr)
{
    unsigned bits = below(w->stage2.page, level);

    ipa &= ~ones(bits);
    pa &= ~ones(bits);
    if (!is_free(w, ipa, bits) || !map(w, &w->stage2, ipa, pa, level, attr))
        return false;
    w->region[w->regions++] = (struct region){ ipa, pa, bits };
    return true;
}

/* Normal memory, read and write; now and then something that stops a walk, or has to be updated. */
static uint64_t table_attr(struct world *w)
{
    uint64_t attr = 3ull << 6 | 1ull << 10 | 15ull << 2;

    if (!w->stage2.ds)
        attr |= 3ull << 8;
    switch (world_pick(w, 40)) {
    case 0: return attr & ~(1ull << 6);
    case 1: return attr & ~(1ull << 7);
    case 2: return (attr & ~(1ull << 7)) | 1ull << 51;
    case 3: return attr & ~(1ull << 10);
    case 4: return attr & ~(15ull << 2);
    default: return attr;
    }
}

/* Room in the space that stage 1 sees, each page of stage 2 somewhere else in memory. */
static uint64_t take_ipa(struct world *w, unsigned bits, unsigned width)
{
    unsigned page = w->stage2.page, unit = larger(bits, page);
    uint64_t ipa;
    int level = 3;

    if (unit >= width || w->regions + (1u << (unit - page)) > WORLD_REGIONS)
        return 0;
    ipa = random_bits(w, width) & ~ones(unit);
    if (ipa == 0 || !is_free(w, ipa, unit))
        return 0;
    if (world_once(w, 8) && leaf_allowed(w, &w->stage2, 2) && w->stage2.start <= 2) {
        uint64_t pa = take_pa(w, smaller(below(page, 2), 29));

        level = below(page, 2) > 29 ? 3 : 2;
        if (level == 2 && is_free(w, ipa & ~ones(below(page, 2)), below(page, 2)) &&
            map2(w, ipa, pa, 2, table_attr(w)))
            return ipa + (random_bits(w, unit) & ~ones(bits));
    }
    for (uint64_t at = 0; at < 1ull << unit; at += 1ull << page)
        if (!map2(w, ipa + at, take_pa(w, page), 3, table_attr(w)))
            return 0;
    return ipa + (random_bits(w, unit) & ~ones(bits));
}

static uint64_t take_table(struct world *w, const struct world_table *t, unsigned bits)
{
    unsigned width = smaller(t->out, w->stage2.in);

    if (t->stage == 2 || w->config != 7)
        return take_pa(w, bits);
    if (t->page != 16 && !t->ds)
        width = smaller(width, 48);
    return take_ipa(w, bits, width);
}

/* ---- registers and structures ---------------------------------------------------------------- */

static void random_regs(struct world *w)
{
    static const uint8_t endian[] = { 0, 2, 2, 3 }, oas[] = { 4, 5, 5, 6, 6, 6 };
    static const uint8_t ssid[] = { 0, 8, 20, 20 };
    struct smmuv3_regs *r = &w->regs;
    uint64_t v = 3 | 2 << 2 | 1 << 9 | world_pick(w, 3) << 6;

    v |= random_bits(w, 1) << 11;
    v |= (uint64_t)!world_once(w, 8) << 10;
    v |= (uint64_t)!world_once(w, 4) << 12;
    v |= (uint64_t)!world_once(w, 4) << 18;
    v |= (uint64_t)!world_once(w, 8) << 19;
    v |= (uint64_t)endian[world_pick(w, 4)] << 21;
    v |= random_bits(w, 1) << 23;
    v |= (world_once(w, 4) ? world_pick(w, 3) : 0) << 24;
    v |= (uint64_t)world_once(w, 8) << 26;
    v |= random_bits(w, 1) << 27;
    *r = (struct smmuv3_regs){ .idr0 = v, .aidr = 2 };
    r->idr1 = 16 | (uint64_t)ssid[world_pick(w, 4)] << 6;
    r->idr1 |= random_bits(w, 2) << 26;
    r->idr3 = 1 << 10 | random_bits(w, 1) << 2;
    r->idr3 |= random_bits(w, 1) << 4;
    r->idr3 |= random_bits(w, 1) << 9;
    r->idr3 |= random_bits(w, 1) << 13;
    r->idr3 |= random_bits(w, 1) << 17;
    r->idr5 = 16 << 16 | oas[world_pick(w, 6)];
    r->idr5 |= (world_once(w, 10) ? random_bits(w, 3) : 7) << 4;
    if (oas_of(w) == 52)
        r->idr5 |= random_bits(w, 1) << 7;
    r->idr5 |= (uint64_t)!world_once(w, 3) << 10;
    r->cr0 = 12 | (uint64_t)!world_once(w, 50);
    r->cr0 |= random_bits(w, 1) << 4;
    r->cr2 = random_bits(w, 2);
    r->cr2 |= random_bits(w, 1) << 3;
    r->gbpa = random_bits(w, 5);
    r->gbpa |= random_bits(w, 4) << 8;
    r->gbpa |= 2ull * random_bits(w, 1) << 12;
    r->gbpa |= (uint64_t)world_once(w, 3) << 20;
}

static bool has_granule(const struct world *w, unsigned page)
{
    return reg(w->regs.idr5, 4 + (page - 12) / 2, 4 + (page - 12) / 2);
}

static unsigned random_page(struct world *w)
{
    unsigned page;

    if (!reg(w->regs.idr5, 6, 4))
        return 0;
    do
        page = 12 + 2 * (unsigned)world_pick(w, 3);
    while (!has_granule(w, page));
    return page;
}

static unsigned random_size(struct world *w)
{
    static const uint8_t sizes[] = { 36, 40, 42, 44, 48, 48, 52, 52 };

    return smaller(sizes[world_pick(w, 8)], oas_of(w));
}

/* Between first and last, more often one of them. */
static unsigned within(struct world *w, unsigned first, unsigned last)
{
    uint64_t n = world_pick(w, 8);

    return n == 0 ? first : n == 1 ? last : first + (unsigned)world_pick(w, last - first + 1u);
}

static unsigned most_txsz(const struct world *w, unsigned page)
{
    return reg(w->regs.idr3, 9, 9) ? (page == 16 ? 47 : 48) : 39;
}

static unsigned root_log2(const struct world_table *t)
{
    return larger(t->in - below(t->page, t->start) + 3, t->out == 52 ? 6 : 4);
}

/* Address of a table with some of the bits that the SMMU ignores. */
static uint64_t with_noise(struct world *w, const struct world_table *t)
{
    return t->base | (world_once(w, 4) ? random_bits(w, root_log2(t)) & ~15ull : 0);
}

static bool random_stage2(struct world *w)
{
    static const uint8_t tg[] = { 0, 2, 1 };
    struct world_table *t = &w->stage2;
    unsigned first, page = random_page(w), extra, sl0, t0sz;
    bool ds = page != 16 && reg(w->regs.idr5, 7, 7) && world_once(w, 2);

    if (!page)
        return false;
    first = larger(ds || page == 16 ? 12 : 16, 64 - oas_of(w));
    t0sz = within(w, first, most_txsz(w, page));
    *t = (struct world_table){ .stage = 2, .page = page, .in = 64 - t0sz, .out = random_size(w),
                               .ds = ds, .big = reg(w->regs.idr0, 22, 21) == 3 };
    if (reg(w->regs.idr0, 22, 21) == 0)
        t->big = random_bits(w, 1);
    t->start = 3 - (int)((t->in - 1 - page) / (page - 3));
    extra = t->in - below(page, t->start);     /* bits that would be concatenated one level down */
    if (t->start < 3 && extra <= 4 && (world_once(w, 2) || (page == 14 && t->start == 0 && !ds)))
        t->start++;
    if (page == 14 && t->start == 0 && !ds)
        return false;
    if (page == 12 && t->start == 3 && !reg(w->regs.idr3, 9, 9))
        return false;
    sl0 = page == 12 ? (t->start == -1 ? 0 : t->start == 3 ? 3 : 2u - (unsigned)t->start)
                     : (unsigned)(3 - t->start);
    t->base = take_pa(w, root_log2(t));
    world_set(w->ste, 165, 160, t0sz);
    world_set(w->ste, 167, 166, sl0);
    world_set(w->ste, 173, 172, world_once(w, 2) ? 3 : 2);
    world_set(w->ste, 175, 174, tg[(page - 12) / 2]);
    world_set(w->ste, 178, 176, size_code(t->out));
    world_set(w->ste, 180, 180, t->big);
    world_set(w->ste, 194, 194, t->start == -1);
    world_set(w->ste, 195, 195, ds);
    world_set(w->ste, 243, 196, with_noise(w, t) >> 4);
    if (page != 16 && !ds)
        t->out = smaller(t->out, 48);
    return true;
}

static void random_ste(struct world *w)
{
    uint64_t *ste = w->ste;
    unsigned model = (unsigned)reg(w->regs.idr0, 25, 24), httu = (unsigned)reg(w->regs.idr0, 7, 6);
    bool s2s = model == 2 || (model == 0 && world_once(w, 5)), ha = httu && random_bits(w, 1);
    static const uint8_t configs[] = { 5, 5, 5, 6, 6, 7, 7, 7, 7, 7, 4, 0 };

    memset(ste, 0, sizeof w->ste);
    w->config = configs[world_pick(w, 12)];
    world_set(ste, 0, 0, 1);
    world_set(ste, 3, 1, w->config);
    world_set(ste, 65, 64, world_once(w, 2) ? 2 : world_pick(w, 4));    /* S1DSS */
    world_set(ste, 91, 91, model == 0 && world_once(w, 5));             /* S1STALLD */
    world_set(ste, 99, 96, world_once(w, 2) ? 15 : world_pick(w, 16));  /* MemAttr */
    world_set(ste, 100, 100, world_once(w, 4));
    world_set(ste, 104, 101, world_once(w, 2) ? world_pick(w, 16) : 0);
    world_set(ste, 109, 108, world_pick(w, 4));
    world_set(ste, 113, 112, world_once(w, 3) ? world_pick(w, 4) : 0);
    world_set(ste, 115, 114, world_once(w, 3) ? world_pick(w, 4) : 0);
    world_set(ste, 143, 128, random_bits(w, reg(w->regs.idr0, 18, 18) ? 16 : 8));
    world_set(ste, 179, 179, 1);
    world_set(ste, 181, 181, world_once(w, 3));
    world_set(ste, 182, 182, world_once(w, 2));
    world_set(ste, 183, 183, httu == 2 && random_bits(w, 1));
    world_set(ste, 184, 184, ha);
    world_set(ste, 185, 185, s2s);
    world_set(ste, 186, 186, !world_once(w, 5));
    if (w->config == 5)
        world_set(ste, 95, 94, 2ull * world_once(w, 3));                /* STRW */
    if (!s2s && w->config != 4 && !world_once(w, 4))                    /* EATS */
        world_set(ste, 93, 92, w->config == 7 && !reg(w->regs.idr0, 11, 11) ? 1 + random_bits(w, 1) : 1);
    w->cdmax = (unsigned)reg(w->regs.idr1, 10, 6);
    w->cdmax = w->cdmax && !world_once(w, 3) ? 1 + (unsigned)world_pick(w, w->cdmax) : 0;
    world_set(ste, 63, 59, w->cdmax);
    w->two_level = w->cdmax && reg(w->regs.idr0, 19, 19) && world_once(w, 2);
    world_set(ste, 5, 4, w->two_level ? 1 + random_bits(w, 1) : 3 * random_bits(w, 1));
    w->ssid = (uint32_t)random_bits(w, w->two_level ? w->cdmax : smaller(w->cdmax, 4));
}

static bool random_half(struct world *w, unsigned h, unsigned ips, bool ds, bool big)
{
    static const uint8_t tg0[] = { 0, 2, 1 }, tg1[] = { 2, 1, 3 };
    struct world_table *t = &w->half[h];
    unsigned page = random_page(w), o = h ? 16 : 0, first, txsz;

    if (!page)
        return false;
    ds = ds && page != 16;
    first = reg(w->regs.idr5, 11, 10) && (ds || page == 16) ? 12 : 16;
    txsz = within(w, first, most_txsz(w, page));
    *t = (struct world_table){ .stage = 1, .page = page, .in = 64 - txsz, .out = ips, .ds = ds,
                               .big = big };
    t->start = 3 - (int)((t->in - 1 - page) / (page - 3));
    world_set(w->cd, o + 5, o, txsz);
    world_set(w->cd, o + 7, o + 6, (h ? tg1 : tg0)[(page - 12) / 2]);
    world_set(w->cd, o + 13, o + 12, world_once(w, 2) ? 3 : 2 * random_bits(w, 1));
    t->base = take_table(w, t, root_log2(t));
    if (!t->base)
        return false;
    world_set(w->cd, h ? 179 : 115, h ? 132 : 68, with_noise(w, t) >> 4);
    if (page != 16 && !ds)
        t->out = smaller(t->out, 48);
    return true;
}

static uint64_t random_mair(struct world *w)
{
    static const uint8_t nibble[] = { 15, 15, 15, 4, 11, 7, 13, 9, 5, 1 };
    uint64_t outer;

    if (world_once(w, 5))
        return world_pick(w, 4) << 2;
    outer = nibble[world_pick(w, 10)];
    return outer << 4 | nibble[world_pick(w, 10)];
}

static bool random_cd(struct world *w)
{
    unsigned ips = random_size(w), httu = (unsigned)reg(w->regs.idr0, 7, 6);
    unsigned model = (unsigned)reg(w->regs.idr0, 25, 24), e = (unsigned)reg(w->regs.idr0, 22, 21);
    bool big = e == 3 || (e == 0 && random_bits(w, 1)), stalld = w->ste[1] >> 27 & 1;
    bool ds = reg(w->regs.idr5, 7, 7) && world_once(w, 2), epd1 = world_once(w, 4);
    uint64_t *cd = w->cd;

    memset(cd, 0, sizeof w->cd);
    world_set(cd, 14, 14, world_once(w, 12));
    world_set(cd, 15, 15, big);
    world_set(cd, 30, 30, epd1);
    world_set(cd, 31, 31, 1);
    world_set(cd, 34, 32, size_code(ips));
    world_set(cd, 35, 35, world_once(w, 3));
    world_set(cd, 37, 36, world_once(w, 3) ? random_bits(w, 2) : 0);
    world_set(cd, 39, 38, random_bits(w, 2));
    world_set(cd, 40, 40, world_once(w, 4));
    world_set(cd, 41, 41, 1);
    world_set(cd, 42, 42, httu == 2 && random_bits(w, 1));
    world_set(cd, 43, 43, httu && random_bits(w, 1));
    world_set(cd, 44, 44, model == 2 || (model == 0 && !stalld && world_once(w, 5)));
    world_set(cd, 45, 45, !world_once(w, 5));
    world_set(cd, 46, 46, reg(w->regs.idr0, 26, 26) || !world_once(w, 5));
    world_set(cd, 47, 47, random_bits(w, 1));
    world_set(cd, 63, 48, random_bits(w, reg(w->regs.idr0, 12, 12) ? 16 : 8));
    world_set(cd, 65, 65, world_once(w, 2));
    world_set(cd, 66, 66, world_once(w, 6));
    world_set(cd, 123, 123, random_bits(w, 1));
    world_set(cd, 130, 130, world_once(w, 6));
    world_set(cd, 129, 129, world_once(w, 2));
    world_set(cd, 186, 186, ds);
    for (unsigned i = 0; i < 8; i++)
        world_set(cd, 199 + 8 * i, 192 + 8 * i, random_mair(w));
    w->halves = !(w->config == 5 && w->ste[1] >> 31 & 1 && !(w->regs.cr2 & 1)) && !epd1;
    return random_half(w, 0, ips, ds, big) && (!w->halves || random_half(w, 1, ips, ds, big));
}

static void put_words(struct world *w, uint64_t at, const uint64_t *words)
{
    const struct world_table t = { .stage = 1 };

    for (unsigned i = 0; i < 8; i++)
        put(w, &t, at + 8 * i, words[i]);
}

/* The CD table: one CD, or CD 0 and that of w->ssid, alike but for the ASID: who alters one of them does not make
 * two translations of one address in one ASID. */
static bool write_cds(struct world *w)
{
    uint64_t first[8];

    const struct world_table any = { .stage = 1, .page = 16, .out = oas_of(w) };
    unsigned split = w->ste[0] >> 4 & 2 ? 10 : 6, entries = w->cdmax;
    uint64_t table, leaf;

    memcpy(first, w->cd, sizeof first);
    first[0] ^= (uint64_t)(w->ssid != 0) << 48;
    if (!w->two_level) {
        table = take_table(w, &any, 6 + (entries < 4 ? entries : 4));
        if (!table)
            return false;
        put_words(w, table, first);
        put_words(w, table + 64ull * w->ssid, w->cd);
    } else {
        const uint32_t ssids[] = { 0, w->ssid };

        entries = entries > split ? entries - split : 0;
        table = take_table(w, &any, larger(entries + 3, 6));
        leaf = take_table(w, &any, split + 6);
        if (!table || !leaf)
            return false;
        for (unsigned i = 0; i < 2; i++) {
            put(w, &any, table + 8ull * (ssids[i] >> split), leaf | 1);
            put_words(w, leaf + 64 * (ssids[i] & ones(split)), ssids[i] ? w->cd : first);
        }
    }
    world_set(w->ste, 51, 6, table >> 6);
    return true;
}

static void write_ste(struct world *w)
{
    bool two = reg(w->regs.idr0, 28, 27) == 1 && world_once(w, 2);
    unsigned split = 6 + 2 * (unsigned)world_pick(w, 3), log2size = 8 + (unsigned)world_pick(w, 8);
    uint64_t at = STRTAB;

    if (!two)
        log2size = 8;
    w->sid = (uint32_t)random_bits(w, log2size);
    w->regs.strtab_base = STRTAB | random_bits(w, 4) << 6;
    w->regs.strtab_base_cfg = log2size | split << 6 | (uint64_t)two << 16;
    if (two) {
        unsigned span = 1 + (unsigned)world_pick(w, split + 1u);
        uint64_t low = w->sid & ones(split), leaf = take_pa(w, span + 5);

        w->regs.strtab_base = STRTAB;
        w->sid = (uint32_t)((w->sid & ~ones(split)) | (low & ones(span - 1)));
        mem_write64(w->mem, STRTAB + 8ull * (w->sid >> split), leaf | span);
        at = leaf + 64 * (w->sid & ones(split));
    } else {
        at = STRTAB + 64ull * w->sid;
    }
    for (unsigned i = 0; i < 8; i++)
        mem_write64(w->mem, at + 8 * i, w->ste[i]);
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static uint64_t random_input(struct world *w, unsigned bits)
{
    uint64_t n = world_pick(w, 8);

    return n == 0 ? random_bits(w, smaller(bits, 16)) : n == 1 ? ones(bits) - random_bits(w, smaller(bits, 16))
                                                              : random_bits(w, bits);
}

/* A leaf of stage 1 (or an input of stage 2), and stage 2's for what it gives. */
static void random_leaf(struct world *w)
{
    bool s1 = w->config & 1, s2 = w->config & 2;
    struct world_leaf *l = &w->leaf[w->leaves];
    uint64_t ipa = random_input(w, smaller(s2 ? w->stage2.in : 52, oas_of(w)));
    uint64_t pa;
    int level;

    *l = (struct world_leaf){ ipa, 12, 12 };
    if (s1) {
        unsigned h = w->halves && world_once(w, 2);
        const struct world_table *t = &w->half[h];

        level = random_level(w, t);
        if (level > 3)
            return;
        l->bits = below(t->page, level);
        l->va = random_input(w, t->in) & ~ones(l->bits);
        ipa &= ones(t->out);
        if (!map_group(w, t, l->va, ipa, level, random_attr(w, t), &l->group))
            return;
        ipa = (ipa & ~ones(l->group)) | (l->va & ones(l->group));
        if (h)
            l->va |= ~ones(t->in);
    }
    w->leaves++;
    if (!s2 || world_once(w, 12) || (level = random_level(w, &w->stage2)) > 3)
        return;
    pa = random_bits(w, w->stage2.out);
    map_group(w, &w->stage2, ipa & ones(w->stage2.in), pa, level, random_attr(w, &w->stage2),
              s1 ? &(unsigned){ 0 } : &l->group);
    if (!s1)
        l->bits = below(w->stage2.page, level);
}

static bool try_world(struct world *w)
{
    mem_free(w->mem);
    w->mem = mem_new();
    w->next = FREE;
    w->regions = w->leaves = 0;
    random_regs(w);
    if (w->limit)
        w->limit(&w->regs);
    random_ste(w);
    if (w->config & 2 && w->config >= 4 && !random_stage2(w))
        return false;
    if (w->config & 1 && w->config >= 4 && (!random_cd(w) || !write_cds(w)))
        return false;
    write_ste(w);
    for (int i = 0; i < WORLD_LEAVES; i++)
        random_leaf(w);
    return w->leaves > 0;
}

void world_make(struct world *w)
{
    while (!try_world(w))
        ;
}

void world_init(struct world *w, uint64_t seed, const char *path)
{
    memset(w, 0, sizeof *w);
    rng_init(&w->rng, seed, path);
}

void world_free(struct world *w)
{
    mem_free(w->mem);
}

/* ---- requests -------------------------------------------------------------------------------- */

struct xl_req world_request(struct world *w)
{
    const struct world_leaf *l = &w->leaf[world_pick(w, w->leaves)];
    unsigned bits = world_once(w, 2) ? l->bits : larger(l->group, l->bits);
    uint64_t first = l->va & ~ones(bits);
    struct xl_req q = { .sid = w->sid, .ssid = w->ssid, .addr = first | random_bits(w, bits) };

    switch (world_pick(w, 12)) {
    case 0: q.addr = first; break;
    case 1: q.addr = first - 1; break;
    case 2: q.addr = first + ones(bits); break;
    case 3: q.addr = first + (1ull << bits); break;
    case 4: q.addr ^= 1ull << world_pick(w, 64); break;
    case 5: q.addr ^= random_bits(w, 8) << 56; break;
    default: break;
    }
    q.has_ssid = w->cdmax && w->config & 1 ? !world_once(w, 5) : world_once(w, 40);
    if (world_once(w, 20))
        q.ssid = world_once(w, 2) ? 0 : (uint32_t)random_bits(w, 20);
    if (world_once(w, 60))
        q.sid = (uint32_t)random_bits(w, 17);
    q.write = world_once(w, 3);
    q.exec = world_once(w, 4);
    q.priv = world_once(w, 2);
    q.mem = (uint8_t)(world_once(w, 4) ? world_pick(w, 3) : XL_MEM_WB);
    if (world_once(w, 8))
        q.type = XL_ATS_REQUEST;
    else if (world_once(w, 12))
        q.type = XL_TRANSLATED;
    q.atomic = q.type == XL_UNTRANSLATED && world_once(w, 20);
    if (q.type == XL_ATS_REQUEST)
        q.no_write = !q.write;
    if (q.type != XL_UNTRANSLATED && !q.has_ssid)
        q.priv = q.exec = false;       /* PCIe without PASID */
    return q;
}
