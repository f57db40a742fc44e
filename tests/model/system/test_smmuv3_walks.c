/* SPDX-License-Identifier: Apache-2.0
 *
 * How many reads a translation takes: cold, of every granule, start level and leaf level of each stage, by
 * formula; with walk caches, of a neighbour of what is known, by hand.  [SMMUv3 3.4, 3.21]
 *
 * n1 and n2 are the levels read in a stage; a walk through both reads (n1 + 1)(n2 + 1) - 1 descriptors, for
 * each table of stage 1 is found through stage 2 and so is the page.  An STE is one read, two with a stream
 * table of two levels; a CD table's levels are one each, and n2 + 1 where stage 2 is on.  In time each read
 * takes READ_PS and nothing else takes any.
 */
#include "smmuv3_world.h"

enum { SID = 7, READ_PS = 10000, SSID = 3 };

#define ADDR 0x234000ull               /* in and out: stage 1 and 2 map it to itself         */
#define S2_TABLES 0x100000000ull       /* stage 2's own tables: not in anybody's way         */
#define LOW_TABLES 0x800000ull         /* where an IPA has fewer than 32 bits                */

struct shape { uint8_t granule_log2; int8_t start; uint8_t in_bits; };

/* Every start level; the fewest and the most bits that begin there. */
static const struct shape s1_shapes[] = {
    { 12, 0, 48 }, { 12, 0, 40 }, { 12, 1, 39 }, { 12, 1, 31 }, { 12, 2, 30 }, { 12, 2, 22 },
    { 14, 0, 48 }, { 14, 1, 47 }, { 14, 1, 37 }, { 14, 2, 36 }, { 14, 2, 26 }, { 14, 3, 25 },
    { 16, 1, 48 }, { 16, 1, 43 }, { 16, 2, 42 }, { 16, 2, 30 }, { 16, 3, 29 }, { 16, 3, 25 },
};
/* Of stage 2 also with 2 to 16 tables side by side. */
static const struct shape s2_shapes[] = {
    { 12, 0, 48 }, { 12, 0, 40 }, { 12, 1, 39 }, { 12, 1, 43 }, { 12, 2, 30 }, { 12, 2, 34 }, { 12, 3, 25 },
    { 14, 1, 47 }, { 14, 1, 48 }, { 14, 2, 36 }, { 14, 2, 40 }, { 14, 3, 25 }, { 14, 3, 29 },
    { 16, 1, 48 }, { 16, 2, 42 }, { 16, 2, 46 }, { 16, 3, 29 }, { 16, 3, 33 },
};

/* One stream table and CD table of one level, then of two. */
enum { LAYOUTS = 4, TWO_LEVEL_ST = 1, TWO_LEVEL_CD = 2 };

struct bench {
    struct world w;
    uint64_t l1std, ste, cds, cd2;     /* level 1 of the stream table; CD table, second level of one */
};

static void up(struct bench *b, bool timed)
{
    struct timed_config *t = &b->w.par.timed;

    world_params(&b->w, timed);
    b->w.par.smmu.stt = 1;
    t->mem.par.llc_ps = READ_PS;
    t->par.data = 0;
    t->link.latency = 0;
    t->dev.up_ps = t->dev.down_ps = 0;
    world_up(&b->w);
}

/* ---- tables --------------------------------------------------------------------------------------- */

/* The stream table: linear, or of level 1 descriptors with 256 STEs below each. */
static void stream_table(struct bench *b, bool two)
{
    uint64_t l1 = 0;

    FIELD_SET(L1STD, SPAN, &l1, 9);
    FIELD_SET_ADDR(L1STD, L2PTR, &l1, WORLD_STRTAB + 0x100000);
    world_write(&b->w, WORLD_STRTAB + 0x200000, l1);
    system_reg_write(b->w.sys, 0x20, 0xc, 4);
    system_reg_write(b->w.sys, 0x80, WORLD_STRTAB + (two ? 0x200000 : 0), 8);
    system_reg_write(b->w.sys, 0x88, two ? 1 << 16 | 8 << 6 | 8 : 8, 4);
    system_reg_write(b->w.sys, 0x20, 0xd, 4);
}

static void write_ste(struct bench *b, const struct smmuv3_config *c)
{
    uint64_t ste[STE_WORDS];

    smmuv3_encode_ste(c, ste);
    system_table_write(b->w.sys, WORLD_STRTAB + 64 * SID, ste, STE_WORDS);
    system_table_write(b->w.sys, WORLD_STRTAB + 0x100000 + 64 * SID, ste, STE_WORDS);
}

/* One CD table with two faces: linear, and as the second level of one whose first is beside it. */
static void write_cd(struct bench *b, const struct smmuv3_config *c, uint64_t table)
{
    uint64_t cd[CD_WORDS], l1 = 0;

    smmuv3_encode_cd(c, cd);
    system_table_write(b->w.sys, table + 64 * SSID, cd, CD_WORDS);
    FIELD_SET(L1CD, V, &l1, 1);
    FIELD_SET_ADDR(L1CD, L2PTR, &l1, table);
    world_write(&b->w, table + 4096, l1);
}

static uint64_t blocks_of(unsigned granule_log2, int level)
{
    return vmsa_shift(granule_log2, level);
}

/* Maps first..last of stage 2 to itself. */
static void identity(struct bench *b, const struct vmsa_table *t, uint64_t first, uint64_t last, int leaf)
{
    unsigned log2 = blocks_of(t->granule_log2, leaf);

    for (uint64_t at = bits_align_down(first, log2); at <= last; at += 1ull << log2)
        world_map(&b->w, t, at, at, leaf, vmsa_attr(2, true, true), 1);
}

/* Stage 1 or 2 or both, each down to a leaf of the level; what one level of the tables reads. */
struct walk { const struct shape *s1, *s2; int leaf1, leaf2; };

static unsigned levels(const struct shape *s, int leaf)
{
    return s ? (unsigned)(leaf - s->start + 1) : 0;
}

static void build(struct bench *b, const struct walk *k, struct smmuv3_config *c)
{
    bool low = k->s2 && k->s2->in_bits < 32;
    uint64_t base = low ? LOW_TABLES : WORLD_TABLES, table;

    *c = (struct smmuv3_config){ .config = (uint8_t)(4 | (k->s1 ? 1 : 0) | (k->s2 ? 2 : 0)), .s1 = k->s1,
                                 .s2 = k->s2, .halves = true, .asid = 3, .vmid = 9, .a = true, .r = true,
                                 .s2r = k->s2, .epd = { false, true } };
    b->w.next = base;
    table = world_alloc(&b->w, 13);
    if (k->s1) {
        unsigned log2 = blocks_of(k->s1->granule_log2, k->leaf1);

        c->tt[0] = world_table(&b->w, 1, k->s1->granule_log2, k->s1->in_bits, k->s1->start);
        c->s1ctxptr = table;
        c->s1cdmax = 6;
        world_map(&b->w, &c->tt[0], bits_align_down(ADDR, log2), bits_align_down(ADDR, log2), k->leaf1,
                  vmsa_attr(1, true, true), 1);
        write_cd(b, c, table);
    }
    if (k->s2) {
        uint64_t end = b->w.next - 1;

        b->w.next = S2_TABLES;
        c->s2t = world_table(&b->w, 2, k->s2->granule_log2, k->s2->in_bits, k->s2->start);
        identity(b, &c->s2t, base, end, k->leaf2);
        identity(b, &c->s2t, ADDR, ADDR, k->leaf2);
    }
}

/* The tables of the walk before are gone: there are others in their place. */
static void forget(struct bench *b)
{
    struct mem *mem = mem_new();

    mem_free(b->w.sys->mem);
    b->w.sys->mem = mem;
}

/* ---- cold ------------------------------------------------------------------------------------------ */

static void check(struct bench *b, const struct walk *k, const struct smmuv3_config *c, unsigned layout)
{
    struct xl_req r = { .addr = ADDR + 0x18, .sid = SID, .has_ssid = k->s1, .ssid = k->s1 ? SSID : 0 };
    unsigned n1 = levels(k->s1, k->leaf1), n2 = levels(k->s2, k->leaf2), cd = k->s1 ? n2 + 1 : 0;
    unsigned expected = (layout & TWO_LEVEL_ST ? 2 : 1) + (layout & TWO_LEVEL_CD ? 2 : 1) * cd +
                        (n1 + 1) * (n2 + 1) - 1;
    struct smmuv3_config v = *c;
    struct xl_result found;

    if (layout & TWO_LEVEL_CD) {
        v.s1fmt = 1;
        v.s1cdmax = 7;
        v.s1ctxptr += 4096;
    }
    write_ste(b, &v);
    stream_table(b, layout & TWO_LEVEL_ST);
    found = world_go(&b->w, &r);
    if (found.outcome != XL_OK || b->w.trail.reads != expected)
        fprintf(stderr, "\nstage 1: 2^%u from %d to %d (%u bits); stage 2: 2^%u from %d to %d (%u bits); layout %u:"
                " outcome %u, event %x\n", k->s1 ? k->s1->granule_log2 : 0, k->s1 ? k->s1->start : 0, k->leaf1,
                k->s1 ? k->s1->in_bits : 0, k->s2 ? k->s2->granule_log2 : 0, k->s2 ? k->s2->start : 0, k->leaf2,
                k->s2 ? k->s2->in_bits : 0, layout, found.outcome, found.code);
    CHECK_EQ(found.outcome, XL_OK);
    CHECK_EQ(found.pa, ADDR + 0x18);
    CHECK_EQ(b->w.trail.reads, expected);
    if (b->w.timed)
        CHECK_EQ(b->w.latency_ps, (uint64_t)expected * READ_PS);
}

static void check_walk(struct bench *b, const struct walk *k)
{
    struct smmuv3_config c;

    forget(b);
    build(b, k, &c);
    for (unsigned layout = 0; layout < LAYOUTS; layout++)
        if (k->s1 || !(layout & TWO_LEVEL_CD))
            check(b, k, &c, layout);
}

/* Calls fn for each leaf level of the shape. */
#define EACH_LEAF(shape, leaf)                                                                     \
    for (int leaf = (shape)->start; leaf <= VMSA_LEVEL_LAST; leaf++)                               \
        if (vmsa_leaf_ok((shape)->granule_log2, leaf, false))

static void check_single(bool timed)
{
    struct bench b;

    up(&b, timed);
    for (size_t i = 0; i < ARRAY_LEN(s1_shapes); i++)
        EACH_LEAF(&s1_shapes[i], leaf)
            check_walk(&b, &(struct walk){ .s1 = &s1_shapes[i], .leaf1 = leaf });
    for (size_t i = 0; i < ARRAY_LEN(s2_shapes); i++)
        EACH_LEAF(&s2_shapes[i], leaf)
            check_walk(&b, &(struct walk){ .s2 = &s2_shapes[i], .leaf2 = leaf });
    world_down(&b.w);
}

static void check_nested(bool timed)
{
    struct bench b;

    up(&b, timed);
    for (size_t i = 0; i < ARRAY_LEN(s1_shapes); i++)
        for (size_t k = 0; k < ARRAY_LEN(s2_shapes); k++)
            EACH_LEAF(&s1_shapes[i], leaf1)
                EACH_LEAF(&s2_shapes[k], leaf2)
                    check_walk(&b, &(struct walk){ &s1_shapes[i], &s2_shapes[k], leaf1, leaf2 });
    world_down(&b.w);
}

static void a_cold_walk_reads_its_levels_and_the_configuration(void)
{
    check_single(false);
    check_single(true);
}

static void a_cold_walk_through_both_stages_reads_as_many_as_the_formula_says(void)
{
    check_nested(false);
    check_nested(true);
}

/* ---- warm ------------------------------------------------------------------------------------------ */

/* Which walk caches there are, by stage and level; L012: all three of each stage. */
enum { S1L0 = 1, S1L1 = 2, S1L2 = 4, S2L0 = 8, S2L1 = 16, S2L2 = 32, S1_ALL = 7, S2_ALL = 56, L012 = 63, IPA = 64 };

struct warm {
    uint8_t stages, granule_log2;
    int8_t  leaf2;                     /* of stage 2: 3, or 2 for blocks                     */
    uint8_t caches;
    uint64_t step;                     /* to the second address: 0 the same                  */
    unsigned first, second;            /* reads                                              */
};

#define WARM 0x740200000ull            /* as the tables, in the first 64 GB                  */
#define KB (1ull << 10)
#define MB (1ull << 20)
#define GB (1ull << 30)
#define TB (1ull << 40)

/* First: STE and CD 2, in a nested context 1 + (n2 + 1); then the walk.  There each table of stage 1 costs
 * itself and, without IPA, the last level of stage 2, since all lie in one table of it.  The page shares
 * stage 2's first level with them. */
static const struct warm warms[] = {
    /* One stage, 4 KB: the deepest table known is where a walk begins. */
    { 1, 12, 0, L012, 0,       6, 1 }, { 1, 12, 0, L012, 4 * KB,  6, 1 }, { 1, 12, 0, L012, 2 * MB, 6, 2 },
    { 1, 12, 0, L012, 1 * GB,  6, 3 }, { 1, 12, 0, L012, 512 * GB, 6, 4 },
    { 1, 12, 0, 0,    4 * KB,  6, 4 }, { 1, 12, 0, S1L0, 4 * KB,  6, 3 }, { 1, 12, 0, S1L1, 4 * KB, 6, 2 },
    { 1, 12, 0, S1L2, 4 * KB,  6, 1 }, { 1, 12, 0, S1L2, 2 * MB,  6, 4 }, { 1, 12, 0, S1L1, 2 * MB, 6, 2 },
    { 1, 12, 0, S1L0, 1 * GB,  6, 3 }, { 1, 12, 0, S2_ALL, 4 * KB, 6, 4 },
    { 2, 12, 3, L012, 0,       5, 1 }, { 2, 12, 3, L012, 4 * KB,  5, 1 }, { 2, 12, 3, L012, 2 * MB, 5, 2 },
    { 2, 12, 3, L012, 1 * GB,  5, 3 }, { 2, 12, 3, L012, 512 * GB, 5, 4 },
    { 2, 12, 3, S2L0, 4 * KB,  5, 3 }, { 2, 12, 3, S2L1, 4 * KB,  5, 2 }, { 2, 12, 3, S1_ALL, 4 * KB, 5, 4 },
    { 2, 12, 2, L012, 0,       4, 1 }, { 2, 12, 2, L012, 2 * MB,  4, 1 }, { 2, 12, 2, L012, 1 * GB, 4, 2 },
    /* 16 KB and 64 KB: three levels each. */
    { 1, 14, 0, L012, 16 * KB, 5, 1 }, { 1, 14, 0, L012, 32 * MB, 5, 2 }, { 1, 14, 0, L012, 64 * GB, 5, 3 },
    { 2, 14, 3, L012, 16 * KB, 4, 1 }, { 2, 14, 3, L012, 32 * MB, 4, 2 }, { 2, 14, 3, L012, 64 * GB, 4, 3 },
    { 1, 16, 0, L012, 64 * KB, 5, 1 }, { 1, 16, 0, L012, 512 * MB, 5, 2 }, { 1, 16, 0, L012, 4 * TB, 5, 3 },
    { 2, 16, 3, L012, 64 * KB, 4, 1 }, { 2, 16, 3, L012, 512 * MB, 4, 2 }, { 2, 16, 3, L012, 4 * TB, 4, 3 },
    /* Both, 4 KB over 4 KB.  First: 1 + 5, four times 1 + 1, then stage 2's levels 1 to 3. */
    { 3, 12, 3, L012, 0,       17, 1 + 1 + 1 },
    { 3, 12, 3, L012, 4 * KB,  17, 1 + 1 + 1 },        /* level 3's place, level 3, the page's */
    { 3, 12, 3, L012, 2 * MB,  17, 2 * 2 + 2 },
    { 3, 12, 3, L012, 1 * GB,  17, 3 * 2 + 3 },
    { 3, 12, 3, L012, 512 * GB, 17, 4 * 2 + 4 },
    { 3, 12, 3, L012 | IPA, 0,       17, 1 },          /* level 3 alone */
    { 3, 12, 3, L012 | IPA, 4 * KB,  17, 1 + 1 },
    { 3, 12, 3, L012 | IPA, 2 * MB,  17, 1 + 2 + 2 },  /* a new table's place has to be found */
    { 3, 12, 3, L012 | IPA, 1 * GB,  17, 1 + 2 * 2 + 3 },
    { 3, 12, 3, L012 | IPA, 512 * GB, 17, 1 + 3 * 2 + 4 },
    { 3, 12, 3, 0,      4 * KB, 30, 24 },
    { 3, 12, 3, S1_ALL, 4 * KB, 30, 4 + 1 + 4 },
    { 3, 12, 3, S2_ALL, 4 * KB, 17, 4 * 2 + 1 },
    { 3, 12, 3, S1L0 | S2_ALL, 4 * KB, 17, 3 * 2 + 1 },
    { 3, 12, 3, S1_ALL | S2L0, 4 * KB, 1 + 5 + 4 * 4 + 3, 3 + 1 + 3 },
    { 3, 12, 3, IPA, 4 * KB, 30, 4 + 4 },              /* every table's place is known, no table is */
    { 3, 12, 3, S1_ALL | IPA, 4 * KB, 30, 1 + 4 },
    /* Over blocks of stage 2 all tables lie in one. */
    { 3, 12, 2, L012,       4 * KB, 1 + 4 + 4 * 2 + 2, 1 + 1 + 1 },
    { 3, 12, 2, L012,       2 * MB, 1 + 4 + 4 * 2 + 2, 2 * 2 + 1 },
    { 3, 12, 2, L012 | IPA, 4 * KB, 1 + 4 + 4 + 2, 1 },
    { 3, 12, 2, L012 | IPA, 2 * MB, 1 + 4 + 4 + 2, 2 + 1 },
    { 3, 12, 2, L012 | IPA, 1 * GB, 1 + 4 + 4 + 2, 3 + 2 },
    /* Both, larger granules. */
    { 3, 14, 3, L012,       16 * KB, 1 + 4 + 3 * 2 + 2, 1 + 1 + 1 },
    { 3, 14, 3, L012,       32 * MB, 1 + 4 + 3 * 2 + 2, 2 * 2 + 2 },
    { 3, 14, 3, L012 | IPA, 64 * GB, 1 + 4 + 3 * 2 + 2, 1 + 2 * 2 + 3 },
    { 3, 16, 3, L012,       64 * KB, 1 + 4 + 3 * 2 + 2, 1 + 1 + 1 },
    { 3, 16, 3, L012,       512 * MB, 1 + 4 + 3 * 2 + 2, 2 * 2 + 2 },
    { 3, 16, 3, L012 | IPA, 4 * TB, 1 + 4 + 3 * 2 + 2, 1 + 2 * 2 + 3 },
};

static void up_warm(struct bench *b, const struct warm *r, bool timed)
{
    struct timed_config *t = &b->w.par.timed;
    struct store_params *const wc[] = { &b->w.par.wc_s1l0, &b->w.par.wc_s1l1, &b->w.par.wc_s1l2,
                                        &b->w.par.wc_s2l0, &b->w.par.wc_s2l1, &b->w.par.wc_s2l2 };

    world_params(&b->w, timed);
    t->mem.par.llc_ps = READ_PS;
    t->par.data = 0;
    t->link.latency = 0;
    t->dev.up_ps = t->dev.down_ps = 0;
#define FREE(member, path) b->w.par.member##_port = (struct port_params){ .lanes = 1 };
    SMMUV3_PORTS(FREE)
#undef FREE
    world_size(&b->w.par.cfg, 1, 4);
    for (unsigned i = 0; i < ARRAY_LEN(wc); i++)
        if (r->caches >> i & 1)
            world_size(wc[i], 4, 16);
    if (r->caches & IPA) {
        world_size(&b->w.par.ipa, 4, 16);
        b->w.par.tcu.ipa_cache = 1;
    }
    world_up(&b->w);
}

static void build_warm(struct bench *b, const struct warm *r)
{
    uint64_t where[2] = { WARM, WARM + r->step }, cd = world_alloc(&b->w, 16), end;
    struct smmuv3_config c = { .config = (uint8_t)(4 | r->stages), .s1 = r->stages & 1, .s2 = r->stages & 2,
                               .halves = true, .asid = 3, .vmid = 9, .a = true, .r = true,
                               .s2r = r->stages & 2, .s1ctxptr = cd, .epd = { false, true } };
    int start = r->granule_log2 == 12 ? 0 : 1;
    unsigned bits = r->granule_log2 == 14 ? 47 : 48;

    if (c.s1) {
        c.tt[0] = world_table(&b->w, 1, r->granule_log2, bits, start);
        for (unsigned i = 0; i < 2; i++)
            world_map(&b->w, &c.tt[0], where[i], where[i], 3, vmsa_attr(1, true, true), 1);
    }
    if (c.s2) {
        end = b->w.next - 1;
        b->w.next = S2_TABLES;
        c.s2t = world_table(&b->w, 2, r->granule_log2, bits, start);
        identity(b, &c.s2t, WORLD_TABLES, end, r->leaf2);
        for (unsigned i = 0; i < 2; i++)
            identity(b, &c.s2t, where[i], where[i], r->leaf2);
    }
    world_attach(&b->w, &c, SID, cd);
}

static void check_warm(struct bench *b, const struct warm *r, uint64_t addr, unsigned expected)
{
    CHECK_EQ(world_go(&b->w, &(struct xl_req){ .addr = addr, .sid = SID }).pa, addr);
    if (b->w.trail.reads != expected)
        fprintf(stderr, "\nstages %u, 2^%u, leaf %d, caches %x, step %" PRIx64 ": %s\n", r->stages, r->granule_log2,
                r->leaf2, r->caches, r->step, addr == WARM ? "at first" : "then");
    CHECK_EQ(b->w.trail.reads, expected);
    if (b->w.timed)
        CHECK_EQ(b->w.latency_ps, (uint64_t)expected * READ_PS);
}

static void what_is_known_already_is_not_read_again(void)
{
    for (size_t i = 0; i < 2 * ARRAY_LEN(warms); i++) {
        const struct warm *r = &warms[i / 2];
        struct bench b;

        up_warm(&b, r, i & 1);
        build_warm(&b, r);
        check_warm(&b, r, WARM, r->first);
        check_warm(&b, r, WARM + r->step, r->second);
        world_down(&b.w);
    }
}

#define TESTS(T)                                                                                   \
    T(a_cold_walk_reads_its_levels_and_the_configuration)                                          \
    T(a_cold_walk_through_both_stages_reads_as_many_as_the_formula_says)                           \
    T(what_is_known_already_is_not_read_again)
TEST_SUITE("smmuv3-walks", TESTS)
