/* SPDX-License-Identifier: Apache-2.0
 *
 * A VT-d unit over its caches: what is looked up in which order, what stays and what goes at each
 * invalidation, registers and fault records.
 */
#include "base/sim.h"
#include "suite.h"
#include "system/vtd/vtd.h"

enum { BASE = 0x10000, CONTEXTS = 0x11000, TABLES = 0x100000, GIB = 1 << 30 };

/* Two domains: 5 of functions 0x310, 0x311, 0x314; 6 of function 0x318. */
enum { DID_A = 5, DID_B = 6, A0 = 0x310, A1 = 0x311, A4 = 0x314, B0 = 0x318 };

struct bench {
    struct system_config *config;
    struct system *sys;
    struct vtd_system *u;
    struct vtdss_table table[2];               /* of DID_A, of DID_B */
    struct table_io io;
    uint64_t next;
    struct system_trail trail;
    struct xl_result res;
};

static uint64_t io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct bench *)arg)->sys->mem, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return system_table_write(((struct bench *)arg)->sys, pa, &value, 1);
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct bench *b = arg;

    b->next += 1ull << bytes_log2;
    return b->next - (1ull << bytes_log2);
}

static void set(struct bench *b, const char *path, const char *text)
{
    CHECK_EQ(param_set_text(system_config_params(b->config), path, text, NULL, NULL, 0, 0), 0);
}

static void set_store(struct bench *b, const char *name, const char *ways)
{
    char path[40];

    snprintf(path, sizeof path, "vtd.%s.sets", name);
    set(b, path, "1");
    snprintf(path, sizeof path, "vtd.%s.ways", name);
    set(b, path, ways);
}

/* All structures, 64 entries each, keyed by domain, the context first. */
static void config_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->config = system_config_new(SYSTEM_VTD);
    b->next = TABLES;
    b->io = (struct table_io){ io_read, io_write, io_alloc, b };
    set_store(b, "iotlb", "64");
    set_store(b, "cc", "64");
    set_store(b, "wc2", "64");
    set_store(b, "wc3", "64");
    set_store(b, "wc4", "64");
}

static void write_context(struct bench *b, unsigned sid, const struct vtd_context *c)
{
    uint64_t words[VTD_CTX_WORDS];

    vtd_encode_context(c, words);
    system_table_write(b->sys, CONTEXTS + (sid & 0xff) * 16, words, VTD_CTX_WORDS);
}

static void gcmd(struct bench *b, unsigned tes, unsigned srtp)
{
    uint64_t v = 0;

    FIELD_SET(GSTS, TES, &v, tes);
    FIELD_SET(GSTS, RTPS, &v, srtp);
    CHECK_EQ(system_reg_write(b->sys, VTD_REG_GCMD, v, 4), 0);
}

static void map(struct bench *b, unsigned did, uint64_t iova, uint64_t pa, unsigned level)
{
    CHECK_EQ(vtdss_map(&b->table[did - DID_A], &b->io, iova, pa, level, vtdss_attr(true, true)), 0);
}

static void unmap(struct bench *b, unsigned did, uint64_t iova)
{
    unsigned size_log2;

    CHECK_EQ(vtdss_unmap(&b->table[did - DID_A], &b->io, iova, &size_log2), 0);
}

/* Domains of 16 pages from 0, and a page of 2 MiB at 1 GiB. */
static void tables_up(struct bench *b)
{
    static const uint16_t sids[] = { A0, A1, A4, B0 };
    uint64_t root[VTD_ROOT_WORDS];

    vtd_encode_root(CONTEXTS, root);
    system_table_write(b->sys, BASE + (A0 >> 8) * 16, root, VTD_ROOT_WORDS);
    for (unsigned did = DID_A; did <= DID_B; did++) {
        b->table[did - DID_A] = vtd_table(&b->u->regs, 4);
        b->table[did - DID_A].base = io_alloc(b, 12);
        for (uint64_t i = 0; i < 16; i++)
            map(b, did, i << 12, (did * 0x1000ull + i) << 12, 1);
        map(b, did, GIB, did * 0x1000000ull, 2);
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned did = sids[i] == B0 ? DID_B : DID_A;
        struct vtd_context c = { .ss = b->table[did - DID_A], .did = (uint16_t)did };

        write_context(b, sids[i], &c);
    }
}

static void system_up(struct bench *b)
{
    b->sys = system_new(b->config, 1, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->u = CONTAINER_OF(b->sys, struct vtd_system, sys);
    system_check(b->sys);
    tables_up(b);
    system_reg_write(b->sys, VTD_REG_RTADDR, BASE, 8);
    gcmd(b, 0, 1);
    gcmd(b, 1, 0);
}

static void up(struct bench *b)
{
    config_up(b);
    system_up(b);
}

/* Every result of a test is one that the oracle allows. */
static void down(struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    system_free(b->sys);
    system_config_free(b->config);
}

static void request(struct bench *b, unsigned sid, uint64_t iova, bool write)
{
    struct xl_req req = { .sid = sid, .addr = iova, .write = write };

    system_translate(b->sys, &req, &b->res, &b->trail);
}

static void dma(struct bench *b, unsigned sid, uint64_t iova)
{
    request(b, sid, iova, false);
}

static bool hits(struct bench *b, unsigned sid, uint64_t iova)
{
    dma(b, sid, iova);
    return b->trail.hits & 1;
}

static bool config_hits(struct bench *b, unsigned sid)
{
    dma(b, sid, 0x5000);
    return b->trail.config_hit;
}

static void give(struct bench *b, struct vtd_inv inv)
{
    uint64_t words[VTD_INV_WORDS];

    vtd_inv_encode(&inv, words);
    CHECK_EQ(system_command(b->sys, words, 2), 0);
}

static struct vtd_inv iotlb(unsigned g, unsigned did)
{
    return (struct vtd_inv){ .type = VTD_INV_IOTLB, .g = (uint8_t)g, .did = (uint16_t)did };
}

static struct vtd_inv pages(unsigned did, uint64_t addr, unsigned am, bool ih)
{
    return (struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = (uint16_t)did,
                             .addr = addr, .am = (uint8_t)am, .ih = ih };
}

static struct vtd_inv contexts(unsigned g, unsigned did, unsigned sid, unsigned fm)
{
    return (struct vtd_inv){ .type = VTD_INV_CC, .g = (uint8_t)g, .did = (uint16_t)did,
                             .sid = (uint16_t)sid, .fm = (uint8_t)fm };
}

/* ---- lookups -------------------------------------------------------------------------------- */

static void a_first_use_reads_all_and_a_second_one_nothing(void)
{
    struct bench b;

    up(&b);
    dma(&b, A0, 0x5123);
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(b.res.pa, 0x5005123);
    CHECK_EQ(b.trail.reads, 6);
    CHECK_EQ(b.trail.cls, VTD_CLASS_CONTEXT);
    CU_ASSERT(b.trail.config_looked);
    CU_ASSERT_FALSE(b.trail.config_hit);
    dma(&b, A0, 0x5fff);
    CHECK_EQ(b.trail.reads, 0);
    CHECK_EQ(b.trail.cls, VTD_CLASS_HIT);
    CHECK_EQ(b.trail.lookups, 1);
    CHECK_EQ(b.trail.hits, 1);
    down(&b);
}

static void a_neighbouring_page_needs_its_leaf_alone(void)
{
    struct bench b;

    up(&b);
    dma(&b, A0, 0x5000);
    dma(&b, A0, 0x6000);
    CHECK_EQ(b.trail.reads, 1);
    CHECK_EQ(b.trail.cls, VTD_CLASS_WALK1);
    dma(&b, A0, GIB);                          /* shares the level 4 entry */
    CHECK_EQ(b.trail.reads, 2);
    CHECK_EQ(b.trail.cls, VTD_CLASS_WALK2);
    down(&b);
}

static void without_structures_every_use_reads_all(void)
{
    struct bench b;

    memset(&b, 0, sizeof b);
    b.config = system_config_new(SYSTEM_VTD);
    b.next = TABLES;
    b.io = (struct table_io){ io_read, io_write, io_alloc, &b };
    system_up(&b);
    for (unsigned i = 0; i < 3; i++) {
        dma(&b, A0, 0x5000);
        CHECK_EQ(b.trail.reads, 6);
        CHECK_EQ(b.trail.lookups, 0);
        CU_ASSERT_FALSE(b.trail.config_looked);
    }
    down(&b);
}

static void functions_of_a_domain_share_entries_found_by_domain(void)
{
    struct bench b;

    up(&b);
    dma(&b, A0, 0x5000);
    CU_ASSERT(hits(&b, A1, 0x5000));
    CU_ASSERT_FALSE(hits(&b, B0, 0x5000));
    CHECK_EQ(b.res.pa, 0x6005000);
    down(&b);
}

static void functions_of_a_domain_share_none_found_by_source_id(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.key", "source-id");
    system_up(&b);
    dma(&b, A0, 0x5000);
    CU_ASSERT_FALSE(hits(&b, A1, 0x5000));
    CU_ASSERT(hits(&b, A1, 0x5000));
    down(&b);
}

static void with_the_iotlb_first_a_hit_does_not_look_for_the_context(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.key", "source-id");
    set(&b, "vtd.order", "iotlb-first");
    system_up(&b);
    dma(&b, A0, 0x5000);
    CU_ASSERT(b.trail.config_looked);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.hits, 1);
    CU_ASSERT_FALSE(b.trail.config_looked);
    dma(&b, A0, 0x6000);
    CU_ASSERT(b.trail.config_hit);
    down(&b);
}

static void the_iotlb_first_needs_the_source_id(void)
{
    struct diag d;
    struct bench b;

    diag_init(&d);
    config_up(&b);
    set(&b, "vtd.order", "iotlb-first");
    CU_ASSERT_PTR_NULL(system_new(b.config, 1, &d));
    CHECK_EQ(d.n, 1);
    diag_destroy(&d);
    system_config_free(b.config);
}

static void a_large_page_hits_over_its_whole_range(void)
{
    struct bench b;

    up(&b);
    dma(&b, A0, GIB + 0x1234);
    CHECK_EQ(b.res.pa, 0x5001234);
    CHECK_EQ(store_valid(&b.u->iotlb), 1);
    CU_ASSERT(hits(&b, A0, GIB));
    CU_ASSERT(hits(&b, A0, GIB + 0x1fffff));
    CHECK_EQ(b.res.pa, 0x51fffff);
    CU_ASSERT_FALSE(hits(&b, A0, GIB + 0x200000));
    CHECK_EQ(b.res.outcome, XL_FAULT);
    down(&b);
}

static void faults_and_pass_through_are_not_kept(void)
{
    struct bench b;
    struct vtd_context pass = { .tt = VTD_TT_PASS, .did = 9 };

    up(&b);
    dma(&b, A0, 0x50000);
    CHECK_EQ(b.res.code, VTD_LGN_3);
    CHECK_EQ(store_valid(&b.u->iotlb), 0);
    map(&b, DID_A, 0x50000, 0x9000, 1);        /* not present to present: no invalidation */
    dma(&b, A0, 0x50000);
    CHECK_EQ(b.res.pa, 0x9000);
    pass.ss.levels = 4;
    write_context(&b, B0, &pass);
    dma(&b, B0, 0x777000);
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    CHECK_EQ(b.res.pa, 0x777000);
    CHECK_EQ(store_valid(&b.u->iotlb), 1);
    down(&b);
}

static void a_hit_without_the_permission_faults_and_is_recorded(void)
{
    struct bench b;

    up(&b);
    CHECK_EQ(vtdss_map(&b.table[0], &b.io, 0x70000, 0x8000, 1, vtdss_attr(true, false)), 0);
    dma(&b, A0, 0x70000);
    request(&b, A0, 0x70000, true);
    CHECK_EQ(b.trail.hits, 1);
    CHECK_EQ(b.res.outcome, XL_FAULT);
    CHECK_EQ(b.res.code, VTD_LGN_2);
    CHECK_EQ(b.u->st.fault_records, 1);
    down(&b);
}

static void a_full_iotlb_is_emptied_by_the_insert_that_finds_it_so(void)
{
    struct bench b;

    config_up(&b);
    set_store(&b, "iotlb", "4");
    set(&b, "vtd.iotlb.policy", "flush-all");
    system_up(&b);
    for (uint64_t i = 0; i < 4; i++) {
        dma(&b, A0, i << 12);
        CHECK_EQ(b.trail.flushes, 0);
    }
    dma(&b, A0, 4 << 12);
    CHECK_EQ(b.trail.flushes, 1);
    CHECK_EQ(store_valid(&b.u->iotlb), 1);
    CU_ASSERT_FALSE(hits(&b, A0, 0));
    down(&b);
}

/* ---- what stays and what goes --------------------------------------------------------------- */

/* Fills all structures with the use of pages 0..15 of both domains and the large pages. */
static void warm(struct bench *b)
{
    for (uint64_t i = 0; i < 16; i++) {
        dma(b, A0, i << 12);
        dma(b, B0, i << 12);
    }
    dma(b, A0, GIB);
    dma(b, B0, GIB);
    dma(b, A1, 0);
    dma(b, A4, 0);
}

static void a_global_iotlb_invalidation_removes_all_translations_but_no_context(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, iotlb(VTD_IOTLB_GLOBAL, 0));
    CHECK_EQ(store_valid(&b.u->iotlb), 0);
    CHECK_EQ(store_valid(&b.u->wc2) + store_valid(&b.u->wc3) + store_valid(&b.u->wc4), 0);
    CHECK_EQ(store_valid(&b.u->cc), 4);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.reads, 4);
    down(&b);
}

static void a_domain_invalidation_removes_that_domain_alone(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, iotlb(VTD_IOTLB_DOMAIN, DID_A));
    CHECK_EQ(store_valid(&b.u->iotlb), 17);
    CU_ASSERT(hits(&b, B0, 0x5000));
    CU_ASSERT(hits(&b, B0, GIB));
    CU_ASSERT_FALSE(hits(&b, A0, 0x5000));
    CHECK_EQ(b.trail.reads, 4);                /* its non-leaf entries, too */
    CU_ASSERT_FALSE(hits(&b, A0, GIB));
    down(&b);
}

static void a_page_invalidation_removes_its_range_of_its_domain(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, pages(DID_A, 0x6000, 1, true));   /* 0x6000 and 0x7000 */
    CU_ASSERT(hits(&b, A0, 0x5000));
    CU_ASSERT(hits(&b, A0, 0x8000));
    CU_ASSERT(hits(&b, B0, 0x6000));
    CU_ASSERT_FALSE(hits(&b, A0, 0x6000));
    CU_ASSERT_FALSE(hits(&b, A0, 0x7000));
    CU_ASSERT(hits(&b, A0, GIB));
    down(&b);
}

static void the_low_bits_of_an_address_under_the_mask_do_not_count(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, pages(DID_A, 0x7000, 2, true));   /* 0x4000 to 0x7fff */
    CU_ASSERT(hits(&b, A0, 0x3000));
    CU_ASSERT(hits(&b, A0, 0x8000));
    for (uint64_t iova = 0x4000; iova < 0x8000; iova += 0x1000)
        CU_ASSERT_FALSE(hits(&b, A0, iova));
    down(&b);
}

static void any_address_inside_removes_a_large_page(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, pages(DID_A, GIB + 0x200000, 0, true));
    CU_ASSERT(hits(&b, A0, GIB));
    give(&b, pages(DID_A, GIB + 0x1ff000, 0, true));
    CU_ASSERT_FALSE(hits(&b, A0, GIB));
    CU_ASSERT(hits(&b, B0, GIB));
    down(&b);
}

/* IH = 1 promises that only leaves changed; without it the entries above them go as well. */
static void only_ih_0_removes_entries_above_the_leaf(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    give(&b, pages(DID_A, 0x5000, 0, true));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.reads, 1);
    give(&b, pages(DID_A, 0x5000, 0, false));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.reads, 4);
    give(&b, pages(DID_A, 0x40000000000ull, 0, false));     /* elsewhere */
    give(&b, pages(DID_A, 0x5000, 0, true));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.reads, 1);
    down(&b);
}

static void an_unmapped_page_is_used_until_its_invalidation_and_not_after(void)
{
    struct bench b;
    uint64_t total;
    size_t n;

    up(&b);
    dma(&b, A0, 0x5000);
    unmap(&b, DID_A, 0x5000);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.outcome, XL_OK);
    system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    give(&b, pages(DID_B, 0x5000, 0, true));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.outcome, XL_OK);
    give(&b, pages(DID_A, 0x5000, 0, true));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.code, VTD_LGN_3);
    system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 2);
    down(&b);
}

static void context_invalidations_remove_by_device_domain_or_all(void)
{
    static const struct { unsigned g, did, sid, fm; bool stays[4]; } rows[] = {
        { VTD_CC_GLOBAL, 0, 0, 0,      { false, false, false, false } },
        { VTD_CC_DOMAIN, DID_A, 0, 0,  { false, false, false, true } },
        { VTD_CC_DOMAIN, DID_B, 0, 0,  { true, true, true, false } },
        { VTD_CC_DEVICE, 0, A0, 0,     { false, true, true, true } },
        { VTD_CC_DEVICE, 0, A0, 1,     { false, true, false, true } },     /* function bit 2 */
        { VTD_CC_DEVICE, 0, A1, 1,     { true, false, true, true } },
        { VTD_CC_DEVICE, 0, A4, 3,     { false, false, false, true } },    /* all functions */
    };
    static const unsigned sids[] = { A0, A1, A4, B0 };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        up(&b);
        warm(&b);
        give(&b, contexts(rows[i].g, rows[i].did, rows[i].sid, rows[i].fm));
        CHECK_EQ(store_valid(&b.u->iotlb), 34);              /* translations stay */
        for (unsigned k = 0; k < 4; k++)
            CHECK_EQ(config_hits(&b, sids[k]), rows[i].stays[k]);
        down(&b);
    }
}

static void a_domain_selective_context_invalidation_may_be_global(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.cc_domain", "global");
    system_up(&b);
    warm(&b);
    give(&b, contexts(VTD_CC_DOMAIN, DID_A, 0, 0));
    CU_ASSERT_FALSE(config_hits(&b, B0));
    down(&b);
}

/* A page mask of 8 bits takes pages 64 KiB x n away that the manual leaves. */
static void a_page_mask_of_8_bits_removes_too_much(void)
{
    struct bench b;

    for (unsigned narrow = 0; narrow < 2; narrow++) {
        config_up(&b);
        set(&b, "vtd.inval_match", narrow ? "qemu72" : "qemu10");
        system_up(&b);
        map(&b, DID_A, 0x105000, 0xabc000, 1);               /* frame 0x105 */
        dma(&b, A0, 0x5000);
        dma(&b, A0, 0x105000);
        give(&b, pages(DID_A, 0x5000, 0, true));
        CU_ASSERT_FALSE(hits(&b, A0, 0x5000));
        CHECK_EQ(hits(&b, A0, 0x105000), !narrow);
        dma(&b, A0, 0x6000);
        give(&b, pages(DID_A, 0x40000000000ull, 8, true));   /* no bit left to compare */
        CHECK_EQ(hits(&b, A0, 0x6000), !narrow);
        down(&b);
    }
}

static void invalidations_of_other_caches_remove_nothing(void)
{
    static const uint8_t types[] = { VTD_INV_IEC, VTD_INV_DEVTLB, VTD_INV_WAIT };
    struct bench b;

    up(&b);
    warm(&b);
    for (unsigned i = 0; i < ARRAY_LEN(types); i++)
        give(&b, (struct vtd_inv){ .type = types[i] });
    CHECK_EQ(store_valid(&b.u->iotlb), 34);
    CHECK_EQ(store_valid(&b.u->cc), 4);
    CHECK_EQ(b.u->st.descriptors, 3);
    down(&b);
}

static void a_wait_writes_its_status_and_no_neighbour(void)
{
    struct bench b;
    struct vtd_inv wait = { .type = VTD_INV_WAIT };

    up(&b);
    mem_write64(b.sys->mem, 0x8000, 0x1111111122222222);
    wait.wait.sw = true;
    wait.wait.data = 0xabcd;
    wait.wait.addr = 0x8004;
    give(&b, wait);
    CHECK_EQ(mem_read64(b.sys->mem, 0x8000), 0x0000abcd22222222);
    down(&b);
}

static void a_bad_descriptor_is_an_error_of_the_queue_and_removes_nothing(void)
{
    struct bench b;
    uint64_t words[2] = { 0xd2 | 1ull << 60, 0 }, fsts, record;

    up(&b);
    warm(&b);
    CHECK_EQ(system_command(b.sys, words, 2), 0);
    CHECK_EQ(store_valid(&b.u->iotlb), 34);
    fsts = vtd_reg_get(b.u, VTD_REG_FSTS);
    record = vtd_reg_get(b.u, VTD_REG_IQERCD);
    CHECK_EQ(FIELD_GET(FSTS, IQE, &fsts), 1);
    CHECK_EQ(FIELD_GET(IQERCD, IQEI, &record), VTD_IQEI_RESERVED);
    CHECK_EQ(b.u->st.descriptor_errors, 1);
    system_reg_write(b.sys, VTD_REG_FSTS, fsts, 4);          /* write 1 to clear */
    CHECK_EQ(vtd_reg_get(b.u, VTD_REG_FSTS), 0);
    down(&b);
}

/* ---- registers ------------------------------------------------------------------------------ */

static void the_root_table_counts_from_srtp_on(void)
{
    struct bench b;

    up(&b);
    system_reg_write(b.sys, VTD_REG_RTADDR, 0x90000, 8);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.outcome, XL_OK);
    gcmd(&b, 1, 1);
    give(&b, contexts(VTD_CC_GLOBAL, 0, 0, 0));
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.code, VTD_LRT_2);
    down(&b);
}

static void halves_of_the_root_address_can_be_written_apart(void)
{
    struct bench b;

    up(&b);
    system_reg_write(b.sys, VTD_REG_RTADDR, 0x90000, 4);
    system_reg_write(b.sys, VTD_REG_RTADDR + 4, 0x12, 4);
    gcmd(&b, 1, 1);
    CHECK_EQ(b.u->regs.rtaddr, 0x1200090000);
    CHECK_EQ(system_reg_write(b.sys, VTD_REG_RTADDR + 2, 0, 4), (uint64_t)(int64_t)SIM_EINPUT);
    down(&b);
}

static void only_esrtps_or_its_imitation_empties_caches_at_srtp(void)
{
    static const struct { const char *path, *text; bool flushed; } rows[] = {
        { "vtd.haw", "48", false },
        { "vtd.cap", "0x80d2008c222f0606", true },           /* CAP.ESRTPS */
        { "vtd.flush_on_root", "yes", true },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        config_up(&b);
        set(&b, rows[i].path, rows[i].text);
        system_up(&b);
        warm(&b);
        gcmd(&b, 1, 1);
        CHECK_EQ(store_valid(&b.u->iotlb) == 0, rows[i].flushed);
        CHECK_EQ(store_valid(&b.u->cc) == 0, rows[i].flushed);
        down(&b);
    }
}

static void translation_off_passes_everything(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.flush_on_enable", "yes");
    system_up(&b);
    warm(&b);
    gcmd(&b, 0, 0);
    dma(&b, A0, 0x123456);
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    CHECK_EQ(b.res.pa, 0x123456);
    CHECK_EQ(b.trail.cls, VTD_CLASS_OFF);
    CHECK_EQ(store_valid(&b.u->iotlb), 0);
    down(&b);
}

static void registers_invalidate_as_descriptors_do(void)
{
    struct bench b;
    uint64_t ccmd = 0, v = 0;
    uint32_t iva;

    up(&b);
    warm(&b);
    iva = (uint32_t)FIELD_GET(ECAP, IRO, &b.u->regs.ecap) * 16;
    unmap(&b, DID_A, 0x6000);
    system_reg_write(b.sys, iva + VTD_REG_IVA, 0x6000 | 1, 8);           /* AM = 1 */
    FIELD_SET(IOTLB, IIRG, &v, VTD_IOTLB_PAGE);
    FIELD_SET(IOTLB, DID, &v, DID_A);
    FIELD_SET(IOTLB, IVT, &v, 1);
    system_reg_write(b.sys, iva + VTD_REG_IOTLB, v & 0xffffffff, 4);
    CU_ASSERT(hits(&b, A0, 0x7000));
    system_reg_write(b.sys, iva + VTD_REG_IOTLB + 4, v >> 32, 4);
    CU_ASSERT_FALSE(hits(&b, A0, 0x7000));
    CU_ASSERT_FALSE(hits(&b, A0, 0x6000));
    CU_ASSERT(hits(&b, A0, 0x5000));
    FIELD_SET(CCMD, CIRG, &ccmd, VTD_CC_DEVICE);
    FIELD_SET(CCMD, SID, &ccmd, A0);
    FIELD_SET(CCMD, ICC, &ccmd, 1);
    system_reg_write(b.sys, VTD_REG_CCMD, ccmd, 8);
    CU_ASSERT_FALSE(config_hits(&b, A0));
    CU_ASSERT(config_hits(&b, A1));
    ccmd = vtd_reg_get(b.u, VTD_REG_CCMD);
    CHECK_EQ(FIELD_GET(CCMD, ICC, &ccmd), 0);
    CHECK_EQ(FIELD_GET(CCMD, CAIG, &ccmd), VTD_CC_DEVICE);
    CHECK_EQ(b.u->st.register_invalidations, 2);
    down(&b);
}

static void a_trace_s_capabilities_replace_the_profile_s_if_it_may(void)
{
    for (unsigned own = 0; own < 2; own++) {
        struct bench b;

        config_up(&b);
        set(&b, "vtd.capabilities", own ? "profile" : "trace");
        system_up(&b);
        system_capability(b.sys, VTD_REG_CAP, 0x00d2008c22260206);       /* 39 bits */
        give(&b, contexts(VTD_CC_GLOBAL, 0, 0, 0));
        dma(&b, A0, 0x5000);
        CHECK_EQ(b.res.outcome, own ? XL_OK : XL_FAULT);
        down(&b);
    }
}

static void a_reset_forgets_registers_and_caches_but_not_memory(void)
{
    struct bench b;

    up(&b);
    warm(&b);
    system_reset(b.sys);
    CHECK_EQ(store_valid(&b.u->iotlb) + store_valid(&b.u->cc), 0);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.trail.cls, VTD_CLASS_OFF);
    system_reg_write(b.sys, VTD_REG_RTADDR, BASE, 8);
    gcmd(&b, 0, 1);
    gcmd(&b, 1, 0);
    dma(&b, A0, 0x5000);
    CHECK_EQ(b.res.pa, 0x5005000);
    down(&b);
}

/* ---- fault records -------------------------------------------------------------------------- */

static unsigned status(const struct bench *b, bool overflow)
{
    uint64_t fsts = vtd_reg_get(b->u, VTD_REG_FSTS);

    return (unsigned)(overflow ? FIELD_GET(FSTS, PFO, &fsts) : FIELD_GET(FSTS, PPF, &fsts));
}

/* One record: the second fault finds it taken. */
static void faults_fill_records_until_software_clears_them(void)
{
    struct bench b;
    uint32_t frcd;

    up(&b);
    frcd = (uint32_t)FIELD_GET(CAP, FRO, &b.u->regs.cap) * 16;
    system_reg_write(b.sys, VTD_REG_FECTL, 0, 4);
    dma(&b, A0, 0x50000);
    CHECK_EQ(status(&b, false), 1);
    CHECK_EQ(b.u->st.fault_events, 1);
    CHECK_EQ(b.u->frcd[0][0], 0x50000);
    CHECK_EQ(b.u->frcd[0][1], 0xc000000600000000 | A0);
    dma(&b, B0, 0x60000);
    CHECK_EQ(status(&b, true), 1);
    CHECK_EQ(b.u->frcd[0][0], 0x50000);
    CHECK_EQ(b.u->st.fault_overflows, 1);
    CHECK_EQ(b.u->st.fault_events, 1);
    system_reg_write(b.sys, frcd + 12, 0x80000000, 4);
    CHECK_EQ(status(&b, false), 0);
    dma(&b, B0, 0x60000);                      /* PFO still stands */
    CHECK_EQ(b.u->st.fault_records, 1);
    system_reg_write(b.sys, VTD_REG_FSTS, 1, 4);
    CHECK_EQ(status(&b, true), 0);
    dma(&b, B0, 0x60000);
    CHECK_EQ(b.u->st.fault_records, 2);
    CHECK_EQ(b.u->st.fault_events, 2);
    down(&b);
}

static void a_masked_event_is_sent_when_the_mask_goes(void)
{
    struct bench b;

    up(&b);                                    /* reset: masked */
    dma(&b, A0, 0x50000);
    CHECK_EQ(b.u->st.fault_events, 0);
    system_reg_write(b.sys, VTD_REG_FECTL, 0, 4);
    CHECK_EQ(b.u->st.fault_events, 1);
    system_reg_write(b.sys, VTD_REG_FECTL, 0, 4);
    CHECK_EQ(b.u->st.fault_events, 1);
    down(&b);
}

static void collapsing_keeps_one_record_of_a_source_id(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.cap", "0x00d2078c106f0666");  /* 8 records */
    set(&b, "vtd.collapse", "yes");
    system_up(&b);
    dma(&b, A0, 0x50000);
    dma(&b, A0, 0x51000);
    dma(&b, B0, 0x52000);
    CHECK_EQ(b.u->st.fault_records, 2);
    CHECK_EQ(b.u->st.fault_collapsed, 1);
    CHECK_EQ(b.u->frcd[1][0], 0x52000);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(a_first_use_reads_all_and_a_second_one_nothing) T(a_neighbouring_page_needs_its_leaf_alone)  \
    T(without_structures_every_use_reads_all)                                                      \
    T(functions_of_a_domain_share_entries_found_by_domain)                                         \
    T(functions_of_a_domain_share_none_found_by_source_id)                                         \
    T(with_the_iotlb_first_a_hit_does_not_look_for_the_context)                                    \
    T(the_iotlb_first_needs_the_source_id) T(a_large_page_hits_over_its_whole_range)               \
    T(faults_and_pass_through_are_not_kept)                                                        \
    T(a_hit_without_the_permission_faults_and_is_recorded)                                         \
    T(a_full_iotlb_is_emptied_by_the_insert_that_finds_it_so)                                      \
    T(a_global_iotlb_invalidation_removes_all_translations_but_no_context)                         \
    T(a_domain_invalidation_removes_that_domain_alone)                                             \
    T(a_page_invalidation_removes_its_range_of_its_domain)                                         \
    T(the_low_bits_of_an_address_under_the_mask_do_not_count)                                      \
    T(any_address_inside_removes_a_large_page) T(only_ih_0_removes_entries_above_the_leaf)         \
    T(an_unmapped_page_is_used_until_its_invalidation_and_not_after)                               \
    T(context_invalidations_remove_by_device_domain_or_all)                                        \
    T(a_domain_selective_context_invalidation_may_be_global)                                       \
    T(a_page_mask_of_8_bits_removes_too_much) T(invalidations_of_other_caches_remove_nothing)      \
    T(a_wait_writes_its_status_and_no_neighbour)                                                   \
    T(a_bad_descriptor_is_an_error_of_the_queue_and_removes_nothing)                               \
    T(the_root_table_counts_from_srtp_on) T(halves_of_the_root_address_can_be_written_apart)       \
    T(only_esrtps_or_its_imitation_empties_caches_at_srtp) T(translation_off_passes_everything)    \
    T(registers_invalidate_as_descriptors_do)                                                      \
    T(a_trace_s_capabilities_replace_the_profile_s_if_it_may)                                      \
    T(a_reset_forgets_registers_and_caches_but_not_memory)                                         \
    T(faults_fill_records_until_software_clears_them) T(a_masked_event_is_sent_when_the_mask_goes) \
    T(collapsing_keeps_one_record_of_a_source_id)
TEST_SUITE("vtd", TESTS)
