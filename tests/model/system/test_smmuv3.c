/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/config.h"
#include "base/sim.h"
#include "suite.h"
#include "system/smmuv3/smmuv3.h"
#include "system/smmuv3/prefetch.h"

enum { SID = 7, ASID = 3, VMID = 9 };

struct bench {
    struct param_set set;
    struct smmuv3_system_params par;
    struct diag diag;
    struct system *sys;
    struct smmuv3_system *s;
    uint64_t next;                     /* first free table page */
};

static void store(struct store_params *p, unsigned sets, unsigned ways)
{
    p->sets = sets;
    p->ways = ways;
}

/* Every structure there is, large enough that nothing is replaced. */
static void all_stores(struct bench *b)
{
    struct store_params *const p[] = { &b->par.utlb,    &b->par.tlb,     &b->par.ctlb,
                                       &b->par.cfg,     &b->par.ipa,     &b->par.wc_s1l0,
                                       &b->par.wc_s1l1, &b->par.wc_s1l2, &b->par.wc_s2l0,
                                       &b->par.wc_s2l1, &b->par.wc_s2l2 };

    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        store(p[i], 4, 16);
    b->par.tcu.ipa_cache = 1;
}

static void params(struct bench *b)
{
    *b = (struct bench){ .next = 0x80000000 };
    diag_init(&b->diag);
    smmuv3_system_params(&b->par, &b->set);
    b->par.smmu.hyp = 1;
}

static void up(struct bench *b)
{
    uint64_t ste_table = 0x40000000;

    b->sys = smmuv3_system_new(&b->par, 1, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->sys->mem = mem_new();
    b->s = CONTAINER_OF(b->sys, struct smmuv3_system, sys);
    system_reg_write(b->sys, 0x80, ste_table, 8);
    system_reg_write(b->sys, 0x88, 8, 4);
    system_reg_write(b->sys, 0x2c, 1, 4);          /* CR2.E2H */
    system_reg_write(b->sys, 0x20, 0xd, 4);
}

static void down(struct bench *b)
{
    system_free(b->sys);
    diag_destroy(&b->diag);
}

/* ---- tables -------------------------------------------------------------------------------------- */

static uint64_t io_read(void *arg, uint64_t pa)
{
    struct bench *b = arg;

    return mem_read64(b->sys->mem, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t v)
{
    struct bench *b = arg;

    return system_table_write(b->sys, pa, &v, 1);
}

static uint64_t io_alloc(void *arg, unsigned log2)
{
    struct bench *b = arg;
    uint64_t at = (b->next + bits_low(log2)) & ~bits_low(log2);

    b->next = at + (1ull << log2);
    return at;
}

static struct table_io io(struct bench *b)
{
    return (struct table_io){ io_read, io_write, io_alloc, b };
}

static struct smmuv3_config stage1(struct bench *b)
{
    struct smmuv3_config c = { .config = STE_S1, .s1 = true, .halves = true, .asid = ASID,
                               .vmid = VMID, .a = true, .r = true };

    c.s1ctxptr = io_alloc(b, 12);
    c.epd[1] = true;
    c.tt[0] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = 48, .out_bits = 48,
                                   .start = 0, .base = io_alloc(b, 12) };
    return c;
}

static void add_stage2(struct bench *b, struct smmuv3_config *c)
{
    c->s2 = true;
    c->s2r = true;
    c->config |= 2;
    c->s2t = (struct vmsa_table){ .stage = 2, .granule_log2 = 12, .in_bits = 40, .out_bits = 48,
                                  .start = 0, .base = io_alloc(b, 12) };
}

/* Writes STE (and CD, at `cd` of physical memory) of the stream. */
static void attach(struct bench *b, const struct smmuv3_config *c, uint32_t sid, uint64_t cd)
{
    uint64_t w[8];

    smmuv3_encode_ste(c, w);
    system_table_write(b->sys, 0x40000000 + 64ull * sid, w, 8);
    if (!c->s1)
        return;
    smmuv3_encode_cd(c, w);
    system_table_write(b->sys, cd, w, 8);
}

static void map(struct bench *b, const struct vmsa_table *t, uint64_t in, uint64_t out, int level)
{
    struct table_io t_io = io(b);

    CHECK_EQ(vmsa_map(t, &t_io, in, out, level, vmsa_attr(t->stage, true, true)), 0);
}

static struct xl_result go(struct bench *b, uint64_t addr, struct system_trail *trail)
{
    struct xl_req req = { .addr = addr, .sid = SID };
    struct xl_result res;

    system_translate(b->sys, &req, &res, trail);
    return res;
}

static void command(struct bench *b, struct smmuv3_cmd c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&c, w);
    CHECK_EQ(system_command(b->sys, w, CMD_WORDS), 0);
}

/* ---- order of lookups ---------------------------------------------------------------------------- */

static void a_second_access_hits_where_the_first_one_filled(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;

    params(&b);
    all_stores(&b);
    up(&b);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x7f0000001000, 0x90001000, 3);
    CHECK_EQ(go(&b, 0x7f0000001234, &t).pa, 0x90001234);
    CHECK_EQ(t.cls, SMMUV3_CLASS_CONFIG);
    CHECK_EQ(t.reads, 6);              /* STE, CD, four levels */
    CHECK_EQ(go(&b, 0x7f0000001238, &t).pa, 0x90001238);
    CHECK_EQ(t.cls, SMMUV3_CLASS_UTLB);
    CHECK_EQ(t.reads, 0);
    down(&b);
}

static void a_neighbour_walks_from_the_deepest_walk_cache(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;

    params(&b);
    all_stores(&b);
    up(&b);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    map(&b, &c.tt[0], 0x2000, 0x91002000, 3);
    map(&b, &c.tt[0], 0x40000000, 0x92000000, 3);
    go(&b, 0x1000, &t);
    CHECK_EQ(go(&b, 0x2000, &t).pa, 0x91002000);
    CHECK_EQ(t.cls, SMMUV3_CLASS_S1_1);
    CHECK_EQ(t.reads, 1);              /* level 3 alone */
    CHECK_EQ(go(&b, 0x40000000, &t).pa, 0x92000000);
    CHECK_EQ(t.reads, 3);              /* level 0 known: levels 1, 2, 3 */
    down(&b);
}

static void shared_walk_caches(struct bench *b, unsigned how)
{
    all_stores(b);
    b->par.tcu.walk_caches = how;
    store(&b->par.wc, 1, 64);
    store(&b->par.wc_s1, 1, 64);
    store(&b->par.wc_s2, 1, 64);
}

/* Levels and stages in one store, at addresses that are equal: none is taken for another. */
static void a_shared_walk_cache_tells_levels_and_stages_apart(void)
{
    for (unsigned how = SMMUV3_WC_LEVEL; how <= SMMUV3_WC_UNIFIED; how++) {
        struct bench b;
        struct smmuv3_config c;
        struct system_trail t;
        uint64_t cd;

        params(&b);
        shared_walk_caches(&b, how);
        up(&b);
        c = stage1(&b);
        cd = c.s1ctxptr;
        add_stage2(&b, &c);
        c.s2t.in_bits = 48;
        map(&b, &c.tt[0], 0x1000, 0x1000, 3);
        map(&b, &c.tt[0], 0x2000, 0x2000, 3);
        map(&b, &c.tt[0], 0x40000000, 0x3000, 3);
        for (uint64_t pa = 0x80000000; pa < 0x80040000; pa += 4096)
            map(&b, &c.s2t, pa, pa, 3);
        for (uint64_t ipa = 0x1000; ipa < 0x4000; ipa += 4096)
            map(&b, &c.s2t, ipa, 0x90000000 + ipa, 3);
        attach(&b, &c, SID, cd);
        CHECK_EQ(go(&b, 0x1000, &t).pa, 0x90001000);
        CHECK_EQ(store_valid(&b.s->wc) > 0, how == SMMUV3_WC_UNIFIED);
        CHECK_EQ(store_valid(&b.s->wc_s1), how == SMMUV3_WC_STAGE ? 3 : 0);
        CHECK_EQ(go(&b, 0x2000, &t).pa, 0x90002000);
        CHECK_EQ(t.reads, 2);              /* one of each stage */
        CHECK_EQ(go(&b, 0x40000000, &t).pa, 0x90003000);
        CHECK_EQ(t.reads, 3 + 2 + 1);      /* level 0 known, two new tables' stage 2, the page's */
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID });
        CHECK_EQ(go(&b, 0x2000, &t).pa, 0x90002000);
        CHECK_EQ(t.reads, 4);              /* stage 2 is still known */
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = VMID, .first = 0x2000 });
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                         .first = 0x2000, .leaf = true });
        CHECK_EQ(go(&b, 0x2000, &t).pa, 0x90002000);
        CHECK_EQ(t.reads, 1 + 4);          /* of stage 2 nothing is known for it, of stage 1 all */
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = VMID });
        CHECK_EQ(store_valid(&b.s->wc) + store_valid(&b.s->wc_s1) + store_valid(&b.s->wc_s2), 0);
        down(&b);
    }
}

static void a_walk_of_five_levels_is_cached_from_the_first_on(void)
{
    for (unsigned how = SMMUV3_WC_LEVEL; how <= SMMUV3_WC_UNIFIED; how++) {
        struct bench b;
        struct smmuv3_config c;
        struct system_trail t;

        params(&b);
        b.par.smmu.oas = 52;
        shared_walk_caches(&b, how);
        store(&b.par.wc_s1lm1, 1, 4);
        up(&b);
        FIELD_SET(IDR5, DS, &b.s->regs.idr5, 1);
        FIELD_SET(IDR5, VAX, &b.s->regs.idr5, 1);
        c = stage1(&b);
        c.tt[0].in_bits = 52;
        c.tt[0].out_bits = 52;
        c.tt[0].start = -1;
        c.tt[0].ds = true;
        attach(&b, &c, SID, c.s1ctxptr);
        map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
        map(&b, &c.tt[0], 1ull << 40, 0x90002000, 3);
        go(&b, 0x1000, &t);
        CHECK_EQ(t.reads, 2 + 5);
        CHECK_EQ(go(&b, 1ull << 40, &t).pa & bits_low(48), 0x90002000);        /* above: attributes */
        CHECK_EQ(t.reads, 4);              /* level -1 is known */
        down(&b);
    }
}

/* A nested stream whose tables are mapped one to one by stage 2. */
static struct smmuv3_config nested(struct bench *b)
{
    struct smmuv3_config c = stage1(b);
    uint64_t cd = c.s1ctxptr;

    add_stage2(b, &c);
    c.s2t.in_bits = 48;
    for (uint64_t pa = 0x80000000; pa < 0x80040000; pa += 4096)
        map(b, &c.s2t, pa, pa, 3);
    attach(b, &c, SID, cd);
    return c;
}

static void a_split_tlb_holds_stage_1_and_the_ipa_cache_stage_2(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;

    params(&b);
    all_stores(&b);
    store(&b.par.utlb, 0, 1);
    store(&b.par.tlb, 0, 1);
    b.par.tcu.tlb_stages = 1;
    up(&b);
    c = nested(&b);
    map(&b, &c.tt[0], 0x40000000, 0x200000, 2);              /* a 2 MB block over 4 KB pages */
    map(&b, &c.s2t, 0x200000, 0xa0000000, 3);
    map(&b, &c.s2t, 0x201000, 0xb0000000, 3);
    CHECK_EQ(go(&b, 0x40000010, &t).pa, 0xa0000010);
    CHECK_EQ(b.s->st.tlb_miss, 1);
    CHECK_EQ(go(&b, 0x40000020, &t).pa, 0xa0000020);
    CHECK_EQ(t.reads, 0);
    CHECK_EQ(t.cls, SMMUV3_CLASS_TCU);
    CHECK_EQ(b.s->ctlb.st.hits, 1);
    CHECK_EQ(b.s->st.tlb_miss, 1);
    CHECK_EQ(go(&b, 0x40001010, &t).pa, 0xb0000010);         /* the block's entry; one page of stage 2 */
    CHECK_EQ(t.reads, 1);
    CHECK_EQ(t.cls, SMMUV3_CLASS_NEST_0);
    CHECK_EQ(b.s->st.tlb_miss, 2);
    CHECK_EQ(store_valid(&b.s->ctlb), 1);
    map(&b, &c.s2t, 0x201000, 0xc0000000, 3);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = VMID, .first = 0x201000,
                                     .leaf = true });
    CHECK_EQ(go(&b, 0x40001010, &t).pa, 0xc0000010);         /* stage 1 need not be told */
    map(&b, &c.s2t, 0x200000, 0xd0000000, 3);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID });
    CHECK_EQ(store_valid(&b.s->ctlb), 0);
    CHECK_EQ(go(&b, 0x40000010, &t).pa, 0xa0000010);         /* the IPA cache was not told */
    down(&b);
}

static void an_entry_without_permission_faults_as_its_stage(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct table_io t_io = io(&b);
    struct xl_req req = { .addr = 0x1000, .sid = SID, .write = true };
    struct xl_result res;

    for (unsigned i = 0; i < 4; i++) {
        unsigned stage = 1 + i % 2;

        params(&b);
        all_stores(&b);
        b.par.tcu.tlb_stages = i / 2;          /* of both stages in one, or of stage 1 alone */
        up(&b);
        c = nested(&b);
        CHECK_EQ(vmsa_map(&c.tt[0], &t_io, 0x1000, 0x200000, 3, vmsa_attr(1, true, stage == 2)), 0);
        CHECK_EQ(vmsa_map(&c.s2t, &t_io, 0x200000, 0xa0000000, 3, vmsa_attr(2, true, stage == 1)), 0);
        CHECK_EQ(go(&b, 0x1000, NULL).pa, 0xa0000000);
        system_translate(b.sys, &req, &res, NULL);
        CHECK_EQ(res.code, SMMUV3_F_PERMISSION);
        CHECK_EQ(res.stage2, stage == 2);
        CHECK_EQ(res.ipa, stage == 2 ? 0x200000 : 0);
        CHECK_EQ(b.s->ctlb.st.hits, 1);
        down(&b);
    }
}

/* 2 MB in both stages: an entry of just a page, which goes with its block nevertheless. */
static void a_nested_entry_may_cover_a_page_of_its_block_alone(void)
{
    for (unsigned page = 0; page <= 1; page++) {
        struct bench b;
        struct smmuv3_config c;
        struct system_trail t;

        params(&b);
        all_stores(&b);
        b.par.tcu.nested_entry = page;
        up(&b);
        c = nested(&b);
        map(&b, &c.tt[0], 0x40000000, 0x200000, 2);
        map(&b, &c.s2t, 0x200000, 0xa0000000, 2);
        CHECK_EQ(go(&b, 0x40003010, &t).pa, 0xa0003010);
        CHECK_EQ(go(&b, 0x40003020, &t).pa, 0xa0003020);
        CHECK_EQ(t.cls, SMMUV3_CLASS_UTLB);
        CHECK_EQ(go(&b, 0x40004020, &t).pa, 0xa0004020);
        CHECK_EQ(t.cls, page ? SMMUV3_CLASS_NEST_1 : SMMUV3_CLASS_UTLB);
        CHECK_EQ(store_valid(&b.s->ctlb), page ? 2 : 1);
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                         .first = 0x40100000, .leaf = true });
        CHECK_EQ(store_valid(&b.s->ctlb) + store_valid(&b.s->tbu[0].tlb) + store_valid(&b.s->tbu[0].utlb), 0);
        down(&b);
    }
}

/* 16 pages of a stream are mapped, but not the last; TBUs keep nothing. */
static struct smmuv3_config prefetching(struct bench *b, unsigned mode)
{
    struct smmuv3_config c;

    params(b);
    all_stores(b);
    store(&b->par.utlb, 0, 1);
    store(&b->par.tlb, 0, 1);
    b->par.tcu.prefetch = mode;
    up(b);
    c = stage1(b);
    attach(b, &c, SID, c.s1ctxptr);
    for (uint64_t page = 0; page < 15; page++)
        map(b, &c.tt[0], page << 12, 0x90000000 + (page << 12), 3);
    return c;
}

static unsigned reads_of(struct bench *b, uint64_t page)
{
    struct system_trail t;

    CHECK_EQ(go(b, page << 12, &t).pa, 0x90000000 + (page << 12));
    return t.reads;
}

static const struct smmuv3_prefetch_stats *prefetched(struct bench *b)
{
    comp_settle(&b->s->tcu);
    return &b->s->prefetch->st;
}

static void what_is_beside_a_miss_is_translated_ahead(void)
{
    for (unsigned mode = SMMUV3_PREFETCH_NEXT; mode <= SMMUV3_PREFETCH_PREVIOUS; mode++) {
        int step = mode == SMMUV3_PREFETCH_NEXT ? 1 : -1;
        struct bench b;

        prefetching(&b, mode);
        CHECK_EQ(reads_of(&b, 7), 6);
        CHECK_EQ(prefetched(&b)->kept, 1);
        CHECK_EQ(reads_of(&b, (uint64_t)(7 + step)), 0);         /* and its use sets off the next */
        CHECK_EQ(reads_of(&b, (uint64_t)(7 + 2 * step)), 0);
        CHECK_EQ(reads_of(&b, (uint64_t)(7 + 2 * step)), 0);     /* a second use does not */
        CHECK_EQ(prefetched(&b)->issued, 3);
        CHECK_EQ(prefetched(&b)->useful, 2);
        CHECK_EQ(prefetched(&b)->useless, 0);
        CHECK_EQ(b.s->st.tlb_miss, 1);
        CHECK_EQ(b.s->st.transaction, 4);
        CHECK_EQ(b.s->st.trans_table_walk_access, 4 + 3);
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID });
        CHECK_EQ(prefetched(&b)->useless, 1);
        down(&b);
    }
}

static void a_stride_is_followed_when_it_has_come_twice(void)
{
    struct bench b;

    prefetching(&b, SMMUV3_PREFETCH_STRIDE);
    for (uint64_t page = 0; page < 9; page += 3)
        CU_ASSERT(reads_of(&b, page) > 0);                       /* 3 from 6: twice, to 9 */
    CHECK_EQ(reads_of(&b, 9), 0);
    CHECK_EQ(reads_of(&b, 12), 0);
    CHECK_EQ(prefetched(&b)->useful, 2);
    CHECK_EQ(reads_of(&b, 11), 1);
    CHECK_EQ(prefetched(&b)->issued, 3);                         /* 15 is not mapped */
    CHECK_EQ(prefetched(&b)->failed, 1);
    down(&b);
}

static void a_prefetch_that_fails_is_silent(void)
{
    struct bench b;

    prefetching(&b, SMMUV3_PREFETCH_NEXT);
    reads_of(&b, 14);
    CHECK_EQ(prefetched(&b)->issued, 1);
    CHECK_EQ(prefetched(&b)->failed, 1);
    CHECK_EQ(prefetched(&b)->kept, 0);
    CHECK_EQ(b.s->st.events + b.s->st.faults, 0);
    CHECK_EQ(b.s->st.translated, 1);
    down(&b);
}

static void prefetch_commands_fetch_what_they_name(void)
{
    struct bench b;
    uint64_t w[CMD_WORDS];
    struct system_trail t;

    prefetching(&b, SMMUV3_PREFETCH_HINT);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_PREFETCH_CONFIG, .sid_first = SID });
    CHECK_EQ(b.s->st.config_struct_access, 2);
    CHECK_EQ(b.s->st.trans_table_walk_access, 0);
    CHECK_EQ(prefetched(&b)->failed, 0);
    smmuv3_cmd_encode(&(struct smmuv3_cmd){ .op = SMMUV3_CMD_PREFETCH_ADDR, .sid_first = SID }, w);
    FIELD_SET_ADDR(CMD, ADDR, w, 0x5000);
    CHECK_EQ(system_command(b.sys, w, CMD_WORDS), 0);
    CHECK_EQ(b.s->st.trans_table_walk_access, 4);
    CHECK_EQ(b.s->st.transaction, 0);
    go(&b, 0x5000, &t);
    CHECK_EQ(t.reads, 0);
    CU_ASSERT_TRUE(t.config_hit);
    CHECK_EQ(prefetched(&b)->useful, 1);
    CHECK_EQ(reads_of(&b, 6), 1);                                /* nothing is set off */
    FIELD_SET(CMD, COUNT, w, 2);                                 /* 5, 7, 9, 11 */
    FIELD_SET(CMD, STRIDE, w, 1);
    CHECK_EQ(system_command(b.sys, w, CMD_WORDS), 0);
    for (uint64_t page = 7; page < 14; page++)
        CHECK_EQ(reads_of(&b, page), page % 2 == 0 || page == 13);
    FIELD_SET(CMD, COUNT, w, 31);                                /* no more than frames */
    CHECK_EQ(system_command(b.sys, w, CMD_WORDS), 0);
    CHECK_EQ(prefetched(&b)->issued, 2 + 4 + b.par.tcu.prefetch_frames);
    down(&b);
}

static unsigned tlb_hits(struct bench *b, uint32_t sid, uint64_t pages)
{
    uint64_t before = b->s->tbu[0].tlb.st.hits;
    struct xl_result res;

    for (uint64_t page = 0; page < pages; page++) {
        struct xl_req req = { .addr = page << 12, .sid = sid };

        system_translate(b->sys, &req, &res, NULL);
        CHECK_EQ(res.outcome, XL_OK);
    }
    return (unsigned)(b->s->tbu[0].tlb.st.hits - before);
}

/* Two pages of a stream stay where another takes many, if each has half of the ways. */
static void parties_leave_each_others_ways_alone(void)
{
    for (unsigned by = SMMUV3_PARTS_NONE; by <= SMMUV3_PARTS_VMID; by++) {
        uint64_t id = by == SMMUV3_PARTS_VMID ? VMID : SID;
        struct bench b;
        struct smmuv3_config c;

        params(&b);
        all_stores(&b);
        store(&b.par.utlb, 0, 1);
        store(&b.par.tlb, 1, 4);
        b.par.parts.par.by = by;
        b.par.parts.party[0] = (struct smmuv3_party_params){ .first = id, .last = id, .ways_to = 50 };
        b.par.parts.party[1] = (struct smmuv3_party_params){ .first = id + 1, .last = ~0u, .ways_from = 50,
                                                             .ways_to = 100 };
        up(&b);
        c = stage1(&b);
        for (uint64_t page = 0; page < 8; page++)
            map(&b, &c.tt[0], page << 12, 0x90000000 + (page << 12), 3);
        attach(&b, &c, SID, c.s1ctxptr);
        c.vmid++;
        c.asid++;
        c.s1ctxptr = io_alloc(&b, 12);
        attach(&b, &c, SID + 1, c.s1ctxptr);
        CHECK_EQ(tlb_hits(&b, SID, 2), 0);
        CHECK_EQ(tlb_hits(&b, SID + 1, 8), 0);
        CHECK_EQ(tlb_hits(&b, SID, 2), by >= SMMUV3_PARTS_STREAM ? 2 : 0);        /* there is one TBU */
        CHECK_EQ(store_valid(&b.s->tbu[0].tlb), 4);
        down(&b);
    }
}

static void a_cold_nested_walk_reads_thirty_words(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;
    uint64_t cd;

    params(&b);
    up(&b);                            /* no caches at all */
    c = stage1(&b);
    cd = c.s1ctxptr;
    add_stage2(&b, &c);
    c.s2t.in_bits = 48;                /* four levels */
    map(&b, &c.tt[0], 0x1000, 0x5000, 3);
    for (uint64_t pa = 0x80000000; pa < 0x80040000; pa += 4096)
        map(&b, &c.s2t, pa, pa, 3);    /* the tables themselves, one to one */
    map(&b, &c.s2t, 0x5000, 0xa0005000, 3);
    attach(&b, &c, SID, cd);
    CHECK_EQ(go(&b, 0x1abc, &t).pa, 0xa0005abc);
    CHECK_EQ(t.reads, 30);             /* STE 1, CD 4 + 1, walk 24 [fact sheet 5.5] */
    down(&b);
}

static void a_block_over_small_stage_2_pages_goes_as_a_whole(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;
    uint64_t cd, zero = 0;

    params(&b);
    all_stores(&b);
    up(&b);
    c = stage1(&b);
    cd = c.s1ctxptr;
    add_stage2(&b, &c);
    c.s2t.in_bits = 48;
    map(&b, &c.tt[0], 0x40000000, 0x200000, 2);              /* a 2 MB block ... */
    for (uint64_t pa = 0x80000000; pa < 0x80040000; pa += 4096)
        map(&b, &c.s2t, pa, pa, 3);
    map(&b, &c.s2t, 0x200000, 0xa0000000, 3);                /* ... over two 4 KB pages */
    map(&b, &c.s2t, 0x201000, 0xb0000000, 3);
    attach(&b, &c, SID, cd);
    CHECK_EQ(go(&b, 0x40000010, &t).pa, 0xa0000010);
    CHECK_EQ(go(&b, 0x40001010, &t).pa, 0xb0000010);
    system_table_write(b.sys, c.tt[0].base, &zero, 1);       /* unmapped; one address named */
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                     .first = 0x40000000 });
    CHECK_EQ(go(&b, 0x40001010, &t).code, SMMUV3_F_TRANSLATION);
    down(&b);
}

/* ---- what stays, what goes ----------------------------------------------------------------------- */

struct entry {
    const char *name;
    uint16_t asid, vmid;
    bool global, s1;
    uint8_t regime, log2;
    bool piece;
    uint64_t base;
};

#define ENTRIES(E)                                                                                 \
    E(PAGE,    ASID,     VMID,     false, true,  REGIME_EL1, 12, false, 0x1000)                    \
    E(ASID2,   ASID + 1, VMID,     false, true,  REGIME_EL1, 12, false, 0x1000)                    \
    E(VMID2,   ASID,     VMID + 1, false, true,  REGIME_EL1, 12, false, 0x1000)                    \
    E(GLOBAL,  0,        VMID,     true,  true,  REGIME_EL1, 12, false, 0x1000)                    \
    E(NEXT,    ASID,     VMID,     false, true,  REGIME_EL1, 12, false, 0x2000)                    \
    E(BLOCK,   ASID,     VMID,     false, true,  REGIME_EL1, 21, false, 0x200000)                  \
    E(PIECE,   ASID,     VMID,     false, true,  REGIME_EL1, 12, true,  0x401000)                  \
    E(IPA,     0,        VMID,     false, false, REGIME_EL1, 12, false, 0x1000)                    \
    E(IPA2,    0,        VMID + 1, false, false, REGIME_EL1, 12, false, 0x1000)                    \
    E(IPANEXT, 0,        VMID,     false, false, REGIME_EL1, 12, false, 0x2000)                    \
    E(E2H,     ASID,     0,        false, true,  REGIME_EL2_E2H, 12, false, 0x1000)                \
    E(E2HGLOB, 0,        0,        true,  true,  REGIME_EL2_E2H, 12, false, 0x1000)
#define ENTRY_ENUM(N, a, v, g, s, r, l, p, b) N##_N,
#define ENTRY_BIT(N, a, v, g, s, r, l, p, b)  N = 1u << N##_N,
#define ENTRY_ROW(N, a, v, g, s, r, l, p, b)  { #N, (a), (v), (g), (s), (r), (l), (p), (b) },
enum { ENTRIES(ENTRY_ENUM) ENTRY_COUNT };
enum { ENTRIES(ENTRY_BIT) };
static const struct entry entries[] = { ENTRIES(ENTRY_ROW) };

static uint64_t tag_of(const struct entry *e)
{
    uint64_t t = 0;

    FIELD_SET(TLB_TAG, ASID, &t, e->asid);
    FIELD_SET(TLB_TAG, VMID, &t, e->vmid);
    FIELD_SET(TLB_TAG, GLOBAL, &t, e->global);
    FIELD_SET(TLB_TAG, S1, &t, e->s1);
    FIELD_SET(TLB_TAG, REGIME, &t, e->regime);
    FIELD_SET(TLB_TAG, PIECE, &t, e->piece);
    return t;
}

static void fill(struct bench *b)
{
    struct store *const stores[] = { &b->s->tbu[0].utlb, &b->s->tbu[0].tlb, &b->s->ctlb };

    b->s->piece_log2 = 21;
    for (unsigned i = 0; i < ENTRY_COUNT; i++)
        for (size_t k = 0; k < ARRAY_LEN(stores); k++)
            store_insert(stores[k], i, entries[i].base, entries[i].log2, tag_of(&entries[i]), NULL);
}

static void expect_gone(struct bench *b, const char *what, unsigned gone)
{
    struct store *const stores[] = { &b->s->tbu[0].utlb, &b->s->tbu[0].tlb, &b->s->ctlb };

    for (unsigned i = 0; i < ENTRY_COUNT; i++)
        for (size_t k = 0; k < ARRAY_LEN(stores); k++) {
            bool found = store_peek(stores[k], i, entries[i].base) != NULL;

            if (found == ((gone >> i) & 1))
                fprintf(stderr, "\n%s: %s %s in %s\n", what, entries[i].name, found ? "stays" : "went",
                        stores[k]->comp.name);
            CU_ASSERT(found == !((gone >> i) & 1));
        }
}

static void each_tlbi_removes_just_what_the_manual_says(void)
{
    static const struct { struct smmuv3_cmd c; unsigned gone; } row[] = {
        { { .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID },
          PAGE | ASID2 | GLOBAL | NEXT | BLOCK | PIECE },
        { { .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = VMID, .asid = ASID }, PAGE | NEXT | BLOCK | PIECE },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x1000 }, PAGE | GLOBAL },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x1000, .leaf = true },
          PAGE | GLOBAL },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x3ff000 }, BLOCK },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x400000 }, PIECE },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x3000 }, 0 },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0x2000, .tg = 1, .num = 1,
            .ttl = 3 }, NEXT },
        { { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = 0, .tg = 1, .num = 1,
            .ttl = 3 }, PAGE | GLOBAL },
        { { .op = SMMUV3_CMD_TLBI_NH_VAA, .vmid = VMID, .first = 0x1000 }, PAGE | ASID2 | GLOBAL },
        { { .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = VMID, .first = 0x1000 }, IPA },
        { { .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = VMID, .first = 0, .tg = 1, .num = 2, .ttl = 3 },
          IPA | IPANEXT },
        { { .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = VMID },
          PAGE | ASID2 | GLOBAL | NEXT | BLOCK | PIECE | IPA | IPANEXT },
        { { .op = SMMUV3_CMD_TLBI_NSNH_ALL },
          PAGE | ASID2 | VMID2 | GLOBAL | NEXT | BLOCK | PIECE | IPA | IPA2 | IPANEXT },
        { { .op = SMMUV3_CMD_TLBI_EL2_ALL }, E2H | E2HGLOB },
        { { .op = SMMUV3_CMD_TLBI_EL2_ASID, .asid = ASID }, E2H },
        { { .op = SMMUV3_CMD_TLBI_EL2_VA, .asid = ASID, .first = 0x1000 }, E2H | E2HGLOB },
        { { .op = SMMUV3_CMD_TLBI_EL2_VA, .asid = ASID + 1, .first = 0x1000 }, E2HGLOB },
        { { .op = SMMUV3_CMD_TLBI_EL2_VAA, .first = 0x1000 }, E2H | E2HGLOB },
        { { .op = SMMUV3_CMD_SYNC }, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct bench b;
        char what[64];

        params(&b);
        all_stores(&b);
        up(&b);
        fill(&b);
        snprintf(what, sizeof what, "row %zu %s", i, smmuv3_cmd_find(row[i].c.op)->name);
        command(&b, row[i].c);
        expect_gone(&b, what, row[i].gone);
        down(&b);
    }
}

static unsigned configurations(struct bench *b)
{
    unsigned found = 0;

    for (uint32_t sid = 0; sid < 32; sid++) {
        struct xl_req r = { .sid = sid };

        found |= store_peek(&b->s->cfg, smmuv3_stream_key(&r), sid) ? 1u << sid : 0;
    }
    return found;
}

static void each_cfgi_removes_its_streams_and_what_embeds_them(void)
{
    static const struct { struct smmuv3_cmd c; uint32_t gone; } row[] = {
        { { .op = SMMUV3_CMD_CFGI_STE, .sid_first = 5 }, 1u << 5 },
        { { .op = SMMUV3_CMD_CFGI_CD, .sid_first = 5 }, 1u << 5 },
        { { .op = SMMUV3_CMD_CFGI_CD_ALL, .sid_first = 5 }, 1u << 5 },
        { { .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_first = 9, .sid_last = 16 }, 0xff00 },
        { { .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_last = 0xffffffff }, 0xffffffff },
        { { .op = SMMUV3_CMD_TLBI_NSNH_ALL }, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct bench b;

        params(&b);
        all_stores(&b);
        up(&b);
        for (uint32_t sid = 0; sid < 32; sid++) {
            struct xl_req r = { .sid = sid };

            store_insert(&b.s->cfg, smmuv3_stream_key(&r), sid, 0, 0, NULL);
            store_insert(&b.s->tbu[0].utlb, smmuv3_stream_key(&r), sid << 12, 12, 0, NULL);
        }
        command(&b, row[i].c);
        CHECK_EQ(configurations(&b), ~row[i].gone);
        for (uint32_t sid = 0; sid < 32; sid++)
            CU_ASSERT((store_peek(&b.s->tbu[0].utlb, sid, sid << 12) != NULL) ==
                      (row[i].c.op != SMMUV3_CMD_TLBI_NSNH_ALL && !(row[i].gone >> sid & 1)));
        down(&b);
    }
}

static void leaf_only_keeps_the_walk_caches(void)
{
    for (unsigned leaf = 0; leaf < 2; leaf++) {
        struct bench b;
        struct smmuv3_config c;
        struct system_trail t;

        params(&b);
        all_stores(&b);
        up(&b);
        c = stage1(&b);
        attach(&b, &c, SID, c.s1ctxptr);
        map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
        go(&b, 0x1000, &t);
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                         .first = 0x1000, .leaf = leaf });
        go(&b, 0x1000, &t);
        CHECK_EQ(t.cls, leaf ? SMMUV3_CLASS_S1_1 : SMMUV3_CLASS_S1_4);
        CHECK_EQ(t.reads, leaf ? 1 : 4);
        down(&b);
    }
}

/* ---- judged -------------------------------------------------------------------------------------- */

static void a_forgotten_invalidation_is_a_stale_use_until_it_comes(void)
{
    struct bench b;
    struct smmuv3_config c;
    const struct system_stale *row;
    uint64_t total;
    size_t n;

    params(&b);
    all_stores(&b);
    up(&b);
    CHECK_EQ(system_check(b.sys), 0);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    b.sys->now_ps = 10;
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    b.sys->now_ps = 20;
    map(&b, &c.tt[0], 0x1000, 0xa0001000, 3);
    b.sys->now_ps = 30;
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    row = system_stale(b.sys, &n, &total);
    CHECK_EQ(n, 1);
    CHECK_EQ(row[0].request, 1);
    CHECK_EQ(row[0].changed_ps, 20);
    CHECK_EQ(row[0].current.pa, 0xa0001000);
    CHECK_STR(row[0].word, "S1L3");
    CHECK_EQ(row[0].invalidated_ps, UINT64_MAX);
    b.sys->now_ps = 40;
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                     .first = 0x1000 });
    CHECK_EQ(system_stale(b.sys, &n, &total)[0].invalidated_ps, 40);
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0xa0001000);
    system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    system_mismatches(b.sys, &n, &total);
    CHECK_EQ(total, 0);
    down(&b);
}

static void an_entry_that_survives_its_invalidation_is_a_mismatch(void)
{
    struct bench b;
    struct smmuv3_config c;
    uint64_t total;
    size_t n;
    struct tbu_line *line;

    params(&b);
    all_stores(&b);
    up(&b);
    CHECK_EQ(system_check(b.sys), 0);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    go(&b, 0x1000, NULL);
    map(&b, &c.tt[0], 0x1000, 0xa0001000, 3);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                     .first = 0x1000 });
    /* what a unit that lost the command would hold */
    line = store_insert(&b.s->tbu[0].utlb, SID, 0x1000, 12, 0, NULL);
    *line = (struct tbu_line){ .delta = 0x90000000, .perm = XL_ALL };
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    system_mismatches(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    down(&b);
}

/* ---- what the entries carry ---------------------------------------------------------------------- */

static void a_bypassed_stream_is_kept_until_its_ste_is_invalidated(void)
{
    struct bench b;
    struct smmuv3_config c = { .config = STE_BYPASS, .shcfg = SHCFG_INCOMING };
    struct system_trail t;

    params(&b);
    all_stores(&b);
    up(&b);
    attach(&b, &c, SID, 0);
    CHECK_EQ(go(&b, 0x1000, &t).outcome, XL_BYPASS);
    CHECK_EQ(t.reads, 1);
    CHECK_EQ(go(&b, 0x7fffff000, &t).outcome, XL_BYPASS);
    CHECK_EQ(b.s->tbu[0].utlb.st.hits, 1);
    CHECK_EQ(t.cls, SMMUV3_CLASS_BYPASS);
    for (unsigned write = 0; write < 2; write++) {         /* speculative: a read passes, a write never */
        struct xl_req req = { .sid = SID, .addr = 0x3000, .write = write, .speculative = true };
        struct xl_result res;

        system_translate(b.sys, &req, &res, &t);
        CHECK_EQ(res.outcome, write ? XL_ABORT : XL_BYPASS);
        CHECK_EQ(t.cls, SMMUV3_CLASS_SPECULATIVE);
        CHECK_EQ(b.s->st.speculative, write);
    }
    CHECK_EQ(go(&b, 1ull << 48, &t).code, SMMUV3_F_ADDR_SIZE);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
    go(&b, 0x2000, &t);
    CHECK_EQ(t.reads, 0);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID, .sid_last = SID });
    go(&b, 0x2000, &t);
    CHECK_EQ(t.reads, 1);
    down(&b);
}

static void an_entry_covers_a_contiguous_group_or_ignores_the_hint(void)
{
    for (unsigned used = 0; used < 2; used++) {
        struct bench b;
        struct smmuv3_config c;
        struct system_trail t;
        struct table_io t_io;
        uint64_t attr = vmsa_attr(1, true, true);

        params(&b);
        all_stores(&b);
        b.par.tcu.contiguous = used;
        up(&b);
        c = stage1(&b);
        t_io = io(&b);
        attach(&b, &c, SID, c.s1ctxptr);
        FIELD_SET(PTE, CONT, &attr, 1);
        CHECK_EQ(vmsa_map_run(&c.tt[0], &t_io, 0x40000, 0x90040000, 3, attr, 16), 0);
        CHECK_EQ(go(&b, 0x43123, &t).pa, 0x90043123);
        CHECK_EQ(go(&b, 0x4ff00, &t).pa, 0x9004ff00);
        CHECK_EQ(t.cls, used ? SMMUV3_CLASS_UTLB : SMMUV3_CLASS_S1_1);
        /* one page of the group takes all of the entry with it */
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID,
                                         .first = 0x4f000, .leaf = true });
        CHECK_EQ(go(&b, 0x43123, &t).pa, 0x90043123);
        CHECK_EQ(t.cls, used ? SMMUV3_CLASS_S1_1 : SMMUV3_CLASS_UTLB);
        down(&b);
    }
}

static struct xl_result write_to(struct bench *b, uint64_t addr, struct system_trail *trail)
{
    struct xl_req req = { .addr = addr, .sid = SID, .write = true };
    struct xl_result res;

    system_translate(b->sys, &req, &res, trail);
    return res;
}

/* A page that is clean is read from the TLB; the first write walks and makes it dirty, once. */
static void a_write_to_a_clean_page_walks_once(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct system_trail t;
    struct table_io t_io;
    uint64_t attr = vmsa_attr(1, true, false), n;

    params(&b);
    all_stores(&b);
    b.par.smmu.httu = 2;
    up(&b);
    c = stage1(&b);
    c.tt[0].ha = c.tt[0].hd = true;
    t_io = io(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    FIELD_SET(PTE, DBM, &attr, 1);
    FIELD_SET(PTE, AF, &attr, 0);
    CHECK_EQ(vmsa_map(&c.tt[0], &t_io, 0x40000, 0x90040000, 3, attr), 0);
    CHECK_EQ(go(&b, 0x40010, NULL).pa, 0x90040010);
    CHECK_EQ(b.s->st.descriptor_updates, 1);               /* AF */
    CHECK_EQ(go(&b, 0x40020, &t).pa, 0x90040020);
    CHECK_EQ(t.cls, SMMUV3_CLASS_UTLB);
    CHECK_EQ(write_to(&b, 0x40030, &t).pa, 0x90040030);
    CHECK_EQ(t.reads, 1);
    CHECK_EQ(b.s->st.descriptor_updates, 2);
    CHECK_EQ(write_to(&b, 0x40040, &t).pa, 0x90040040);
    CHECK_EQ(t.cls, SMMUV3_CLASS_UTLB);
    CHECK_EQ(b.s->st.descriptor_updates, 2);
    system_check(b.sys);
    CHECK_EQ(write_to(&b, 0x40040, &t).pa, 0x90040040);
    system_mismatches(b.sys, &n, &n);
    CHECK_EQ(n, 0);
    down(&b);
}

/* What an implementation knows of memory types for one type it must not use for another. */
static void stage_2_alone_restricts_what_each_request_brings(void)
{
    struct bench b;
    struct smmuv3_config c = { .config = STE_BYPASS, .shcfg = SHCFG_INCOMING };
    struct xl_req req = { .addr = 0x5000, .sid = SID };
    struct xl_result res;

    params(&b);
    all_stores(&b);
    up(&b);
    add_stage2(&b, &c);
    c.config = STE_S2;
    attach(&b, &c, SID, 0);
    map(&b, &c.s2t, 0x5000, 0x90005000, 3);
    for (unsigned i = 0; i < 3; i++) {
        req.mem = XL_MEM_WB;
        system_translate(b.sys, &req, &res, NULL);
        CHECK_EQ(res.mair, MAIR_WB);
        CHECK_EQ(res.sh, SH_ISH);
        req.mem = XL_MEM_NC;
        system_translate(b.sys, &req, &res, NULL);
        CHECK_EQ(res.mair, MAIR_NC);
        CHECK_EQ(res.sh, SH_OSH);
        req.mem = XL_MEM_DEVICE;
        system_translate(b.sys, &req, &res, NULL);
        CHECK_EQ(res.mair, MAIR_DEVICE);
    }
    down(&b);
}

/* Translation Requests are answered by the TCU; nothing of them is in the TBU. */
static void a_translation_request_goes_past_the_tbu(void)
{
    struct bench b;
    struct smmuv3_config c;
    struct xl_req req = { .addr = 0x5678, .sid = SID, .type = XL_ATS_REQUEST };
    struct xl_result res;
    struct system_trail t;

    params(&b);
    all_stores(&b);
    up(&b);
    FIELD_SET(IDR0, ATS, &b.s->regs.idr0, 1);
    c = stage1(&b);
    c.eats = 1;
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x5000, 0x90005000, 3);
    for (unsigned i = 0; i < 2; i++) {
        system_translate(b.sys, &req, &res, &t);
        CHECK_EQ(res.outcome, XL_ATS_OK);
        CHECK_EQ(res.pa, 0x90005000);
        CHECK_EQ(res.ats_size_log2, 12);
        CHECK_EQ(t.cls, i ? SMMUV3_CLASS_TCU : SMMUV3_CLASS_CONFIG);
    }
    CHECK_EQ(b.s->tbu[0].utlb.st.inserts, 0);
    CHECK_EQ(b.s->tbu[0].utlb.st.lookups, 0);
    down(&b);
}

/* ---- structures that change ---------------------------------------------------------------------- */

static void expect_no_mismatch(struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
}

static void set_word(struct bench *b, uint64_t pa, uint64_t v)
{
    CHECK_EQ(system_table_write(b->sys, pa, &v, 1), 0);
}

/* What is invalid could be kept, too: this unit keeps none, and the oracle allows both. */
static void a_stream_made_valid_may_go_on_being_invalid(void)
{
    uint64_t ste = 0x40000000 + 64 * SID, word, total;
    struct xl_result bad;
    struct xl_req req = { .addr = 0x1000, .sid = SID };
    struct smmuv3_config c;
    struct bench b;
    size_t n;

    params(&b);
    all_stores(&b);
    up(&b);
    CHECK_EQ(system_check(b.sys), 0);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    word = mem_read64(b.sys->mem, ste);
    set_word(&b, ste, word & ~1ull);
    bad = go(&b, 0x1000, NULL);
    CHECK_EQ(bad.code, SMMUV3_C_BAD_STE);
    system_tick(b.sys);
    set_word(&b, ste, word);
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    CU_ASSERT_TRUE(system_judge(b.sys, &req, &bad, b.sys->request, mem_epoch(b.sys->mem)));
    expect_no_mismatch(&b);
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID, .sid_last = SID });
    system_tick(b.sys);
    system_judge(b.sys, &req, &bad, b.sys->request, mem_epoch(b.sys->mem));
    system_mismatches(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    down(&b);
}

static void a_cd_made_invalid_lives_until_its_invalidation(void)
{
    struct smmuv3_config c;
    uint64_t word;
    struct bench b;

    params(&b);
    all_stores(&b);
    up(&b);
    CHECK_EQ(system_check(b.sys), 0);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    map(&b, &c.tt[0], 0x2000, 0x90002000, 3);
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    word = mem_read64(b.sys->mem, c.s1ctxptr);
    set_word(&b, c.s1ctxptr, word & ~(1ull << 31));
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    CHECK_EQ(go(&b, 0x2000, NULL).pa, 0x90002000);         /* the CD is kept, not the page alone */
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = SID });
    CHECK_EQ(go(&b, 0x1000, NULL).code, SMMUV3_C_BAD_CD);
    expect_no_mismatch(&b);
    down(&b);
}

static void a_fault_is_never_cached(void)
{
    struct bench b;
    struct smmuv3_config c;

    params(&b);
    all_stores(&b);
    up(&b);
    CHECK_EQ(system_check(b.sys), 0);
    c = stage1(&b);
    attach(&b, &c, SID, c.s1ctxptr);
    map(&b, &c.tt[0], 0x2000, 0x90002000, 3);
    CHECK_EQ(go(&b, 0x1000, NULL).code, SMMUV3_F_TRANSLATION);
    map(&b, &c.tt[0], 0x1000, 0x90001000, 3);
    CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
    expect_no_mismatch(&b);
    down(&b);
}

/* Another ASID's TLBI_NH_VA leaves a page its old address, unless it is global. */
static void an_invalidation_of_another_asid_names_global_pages(void)
{
    for (unsigned global = 0; global < 2; global++) {
        uint64_t attr = vmsa_attr(1, true, true);
        struct smmuv3_config c;
        struct table_io t_io;
        struct bench b;

        params(&b);
        all_stores(&b);
        up(&b);
        CHECK_EQ(system_check(b.sys), 0);
        c = stage1(&b);
        t_io = io(&b);
        attach(&b, &c, SID, c.s1ctxptr);
        FIELD_SET(PTE, NG, &attr, !global);
        CHECK_EQ(vmsa_map(&c.tt[0], &t_io, 0x1000, 0x90001000, 3, attr), 0);
        CHECK_EQ(go(&b, 0x1000, NULL).pa, 0x90001000);
        CHECK_EQ(vmsa_map(&c.tt[0], &t_io, 0x1000, 0xa0001000, 3, attr), 0);
        command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID + 1,
                                         .first = 0x1000 });
        CHECK_EQ(go(&b, 0x1000, NULL).pa, global ? 0xa0001000 : 0x90001000);
        expect_no_mismatch(&b);
        down(&b);
    }
}

#define TESTS(T)                                                                                   \
    T(a_second_access_hits_where_the_first_one_filled)                                             \
    T(a_neighbour_walks_from_the_deepest_walk_cache)                                               \
    T(what_is_beside_a_miss_is_translated_ahead) T(a_stride_is_followed_when_it_has_come_twice)    \
    T(a_prefetch_that_fails_is_silent) T(prefetch_commands_fetch_what_they_name)                   \
    T(parties_leave_each_others_ways_alone)                                                        \
    T(a_split_tlb_holds_stage_1_and_the_ipa_cache_stage_2)                                         \
    T(an_entry_without_permission_faults_as_its_stage)                                             \
    T(a_nested_entry_may_cover_a_page_of_its_block_alone)                                          \
    T(a_shared_walk_cache_tells_levels_and_stages_apart)                                           \
    T(a_walk_of_five_levels_is_cached_from_the_first_on) T(a_cold_nested_walk_reads_thirty_words)      \
    T(a_block_over_small_stage_2_pages_goes_as_a_whole)                                            \
    T(each_tlbi_removes_just_what_the_manual_says)                                                 \
    T(each_cfgi_removes_its_streams_and_what_embeds_them) T(leaf_only_keeps_the_walk_caches)       \
    T(a_forgotten_invalidation_is_a_stale_use_until_it_comes)                                      \
    T(a_bypassed_stream_is_kept_until_its_ste_is_invalidated)                                      \
    T(an_entry_covers_a_contiguous_group_or_ignores_the_hint)                                      \
    T(a_write_to_a_clean_page_walks_once)                                                          \
    T(stage_2_alone_restricts_what_each_request_brings)                                            \
    T(a_translation_request_goes_past_the_tbu)                                                     \
    T(an_entry_that_survives_its_invalidation_is_a_mismatch)                                       \
    T(a_fault_is_never_cached) T(a_stream_made_valid_may_go_on_being_invalid)                      \
    T(a_cd_made_invalid_lives_until_its_invalidation)                                              \
    T(an_invalidation_of_another_asid_names_global_pages)
TEST_SUITE("smmuv3", TESTS)
