/* SPDX-License-Identifier: Apache-2.0
 *
 * The host software: what it maps is what the unit translates, what it unmaps is gone when it says
 * so, for both architectures, every granule and stage.  The oracle watches all of it.
 */
#include "arch/smmuv3/event.h"
#include "arch/vtd/fault.h"
#include "arch/vtd/irte.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"
#include "system/profile.h"
#include "workloads/device/gen.h"
#include "workloads/device/replay.h"
#include "workloads/host/host.h"

enum { SID = 0x310, OTHER_SID = 0x208 };
#define DOM 7ull
#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

struct bench {
    struct system *sys;
    struct host host;
    struct xl_result res;
};

static void set_param(struct system_config *c, const char *path, const char *text)
{
    CHECK_EQ(param_set_text(system_config_params(c), path, text, NULL, NULL, 0, 0), 0);
}

/* A unit with a large TLB, a configuration cache and walk caches, so that whatever is not
 * invalidated stays; the oracle on. */
static struct system *new_system_with(enum system_arch arch, const char *path, const char *text)
{
    struct system_config *c = system_config_new(arch);
    struct system *s;

    if (path)
        set_param(c, path, text);
    if (arch == SYSTEM_SMMUV3) {
        set_param(c, "smmu.tbu.tlb.ways", "4096");
        set_param(c, "smmu.tbu.tlb.sets", "1");
        set_param(c, "smmu.tcu.cfg.sets", "4");
        set_param(c, "smmu.tcu.wc_s1l2.sets", "4");
        set_param(c, "smmu.tcu.wc_s2l2.sets", "4");
    } else {
        set_param(c, "vtd.iotlb.ways", "4096");
        set_param(c, "vtd.iotlb.sets", "1");
        set_param(c, "vtd.cc.sets", "4");
        set_param(c, "vtd.wc2.sets", "4");
    }
    s = system_new(c, 1, NULL);
    system_config_free(c);
    CHECK_EQ(system_check(s), 0);
    return s;
}

static struct system *new_system(enum system_arch arch)
{
    return new_system_with(arch, NULL, NULL);
}

/* A unit with all of scalable mode, or without one thing of it. */
static struct system *new_scalable(const char *ecap)
{
    struct system_config *c = system_config_new(SYSTEM_VTD);
    struct system *s;

    set_param(c, "vtd.cap", "0x01d2008c222f0606");     /* FS1GP */
    set_param(c, "vtd.ecap", ecap);
    set_param(c, "vtd.iotlb.ways", "4096");
    set_param(c, "vtd.iotlb.sets", "1");
    set_param(c, "vtd.cc.sets", "4");
    set_param(c, "vtd.pc.sets", "4");
    set_param(c, "vtd.gpa.ways", "4096");
    set_param(c, "vtd.gpa.sets", "1");
    set_param(c, "vtd.wc2.sets", "4");
    set_param(c, "vtd.wc3.sets", "4");
    set_param(c, "vtd.fwc2.sets", "4");
    set_param(c, "vtd.fwc3.sets", "4");
    s = system_new(c, 1, NULL);
    system_config_free(c);
    CHECK_EQ(system_check(s), 0);
    return s;
}

/* QI, PT, NEST, PSS, PASID, SMTS, SSTS, FSTS, SMPWCS, RPS */
#define ECAP_ALL       "0x3c99804000f42"
#define ECAP_NO_FIRST  "0x3499800000f42"
#define ECAP_NO_NEST   "0x3c99800000f42"

static void up_scalable(struct bench *b, const char *ecap, const struct host_params *par)
{
    b->sys = new_scalable(ecap);
    CHECK_EQ(host_init(&b->host, b->sys, par), 0);
    CHECK_EQ(host_start(&b->host), 0);
}

static void up_with(struct bench *b, enum system_arch arch, const struct host_params *par)
{
    b->sys = new_system(arch);
    CHECK_EQ(host_init(&b->host, b->sys, par), 0);
    CHECK_EQ(host_start(&b->host), 0);
}

static void up(struct bench *b, enum system_arch arch)
{
    up_with(b, arch, NULL);
}

static uint64_t stales(const struct bench *b)
{
    uint64_t total;
    size_t n;

    system_stale(b->sys, &n, &total);
    return total;
}

static void down(struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    host_destroy(&b->host);
    system_free(b->sys);
}

/* Where a read of the stream goes; its outcome is in b->res. */
static uint64_t translate(struct bench *b, uint32_t sid, uint64_t iova)
{
    struct xl_req q = { .sid = sid, .addr = iova };

    system_translate(b->sys, &q, &b->res, NULL);
    return b->res.outcome == XL_OK ? b->res.pa : b->res.outcome == XL_BYPASS ? iova : UINT64_MAX;
}

#define CHECK_FAULTS(b, sid, iova)                                                                 \
    do {                                                                                           \
        CHECK_EQ(translate(b, sid, iova), UINT64_MAX);                                             \
        CHECK_EQ((b)->res.outcome, XL_FAULT);                                                      \
    } while (0)

static const unsigned all_modes[] = { REC_MODE_TRANSLATE, REC_MODE_STAGE2, REC_MODE_NESTED };
static const enum system_arch arches[] = { SYSTEM_SMMUV3, SYSTEM_VTD };
#define FOR_EACH_ARCH(i) for (size_t i = 0; i < ARRAY_LEN(arches); i++)

/* ---- map ------------------------------------------------------------------------------------- */

static void what_is_mapped_translates_to_its_memory(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        CHECK_EQ(host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE), 0);
        CHECK_FAULTS(&b, SID, 0x1000);
        CHECK_EQ(host_map(&b.host, DOM, 0x1000, 0x98765000, 12 * KIB, 3, 0), 0);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x98765000);
        CHECK_EQ(translate(&b, SID, 0x3fff), 0x98767fff);
        CHECK_FAULTS(&b, SID, 0xfff);
        CHECK_FAULTS(&b, SID, 0x4000);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void permissions_are_those_asked_for(void)
{
    FOR_EACH_ARCH(i) {
        struct xl_req q = { .sid = SID, .addr = 0x1000, .write = true };
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 0x1000, 0x1000, 4 * KIB, REC_PERM_R, 0);
        host_map(&b.host, DOM, 0x2000, 0x2000, 4 * KIB, REC_PERM_R | REC_PERM_W, 0);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x1000);
        system_translate(b.sys, &q, &b.res, NULL);
        CHECK_EQ(b.res.outcome, XL_FAULT);
        q.addr = 0x2000;
        system_translate(b.sys, &q, &b.res, NULL);
        CHECK_EQ(b.res.outcome, XL_OK);
        down(&b);
    }
}

/* Leaves of a map from 2 MiB - 4 KiB to 1 GiB + 2 MiB + 4 KiB: pages, blocks of 2 MiB, pages. */
static void blocks_are_as_large_as_alignment_allows(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;
        uint64_t from = 2 * MIB - 4 * KIB, size = GIB + 8 * KIB;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        CHECK_EQ(host_map(&b.host, DOM, from, 4 * GIB + from, size, 3, 0), 0);
        CHECK_EQ(b.host.st.leaves, 1 + 512 + 1);
        CHECK_EQ(host_map(&b.host, DOM, 4 * GIB, 8 * GIB, 2 * GIB, 3, 0), 0);
        CHECK_EQ(b.host.st.leaves, 514 + 2);
        CHECK_EQ(host_map(&b.host, DOM, 8 * GIB, 8 * GIB + 4 * KIB, 2 * MIB, 3, 0), 0);
        CHECK_EQ(b.host.st.leaves, 516 + 512);         /* out of step with the memory: pages */
        CHECK_EQ(host_map(&b.host, DOM, 16 * GIB, 16 * GIB, 4 * MIB, 3, 12), 0);
        CHECK_EQ(b.host.st.leaves, 1028 + 1024);       /* a hint of 4 KiB */
        CHECK_EQ(translate(&b, SID, from + 12345), 4 * GIB + from + 12345);
        CHECK_EQ(translate(&b, SID, 5 * GIB + 5), 9 * GIB + 5);
        CHECK_EQ(translate(&b, SID, 8 * GIB + 0x5678), 8 * GIB + 0x6678);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void max_block_log2_limits_blocks(void)
{
    struct host_params par;
    struct bench b;

    host_defaults(&par);
    par.max_block_log2 = 21;
    up_with(&b, SYSTEM_SMMUV3, &par);
    CHECK_EQ(host_map(&b.host, DOM, 0, 0, GIB, 3, 0), 0);
    CHECK_EQ(b.host.st.leaves, 512);
    down(&b);
}

static void a_hole_between_pages_takes_pages_and_not_a_block(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 4 * KIB, 0x5000, 4 * KIB, 3, 0);
        host_unmap(&b.host, DOM, 4 * KIB, 4 * KIB, true);      /* leaves its table behind */
        CHECK_EQ(host_map(&b.host, DOM, 0, 2 * MIB, 2 * MIB, 3, 0), 0);
        CHECK_EQ(b.host.st.leaves, 1 + 512);
        CHECK_EQ(translate(&b, SID, MIB), 3 * MIB);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

/* ---- unmap ----------------------------------------------------------------------------------- */

static void a_strict_unmap_is_over_when_it_returns(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 0x10000, 0x50000, 64 * KIB, 3, 0);
        for (uint64_t at = 0; at < 64 * KIB; at += 4 * KIB)
            CHECK_EQ(translate(&b, SID, 0x10000 + at), 0x50000 + at);
        CHECK_EQ(host_unmap(&b.host, DOM, 0x12000, 12 * KIB, true), 0);
        for (uint64_t at = 0; at < 64 * KIB; at += 4 * KIB)
            CHECK_EQ(translate(&b, SID, 0x10000 + at),
                     at >= 0x2000 && at < 0x5000 ? UINT64_MAX : 0x50000 + at);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void a_deferred_unmap_leaves_stale_entries_until_the_flush(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;
        uint64_t commands;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 0x10000, 0x50000, 8 * KIB, 3, 0);
        CHECK_EQ(translate(&b, SID, 0x10000), 0x50000);
        commands = b.host.st.commands;
        CHECK_EQ(host_unmap(&b.host, DOM, 0x10000, 8 * KIB, false), 0);
        CHECK_EQ(b.host.st.commands, commands);
        CHECK_EQ(translate(&b, SID, 0x10000), 0x50000);
        CHECK_EQ(stales(&b), 1);
        CHECK_FAULTS(&b, SID, 0x11000);                /* was never in a cache */
        CHECK_EQ(host_flush(&b.host, DOM), 0);
        CHECK_FAULTS(&b, SID, 0x10000);
        CHECK_EQ(stales(&b), 1);
        down(&b);
    }
}

static void part_of_a_block_can_go(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, GIB, 3 * GIB, GIB, 3, 0);
        CHECK_EQ(b.host.st.leaves, 1);
        CHECK_EQ(translate(&b, SID, GIB + 5 * MIB), 3 * GIB + 5 * MIB);
        CHECK_EQ(host_unmap(&b.host, DOM, GIB + 5 * MIB, 8 * KIB, true), 0);
        CHECK_EQ(b.host.st.splits, 1);
        CHECK_FAULTS(&b, SID, GIB + 5 * MIB);
        CHECK_FAULTS(&b, SID, GIB + 5 * MIB + 8 * KIB - 1);
        CHECK_EQ(translate(&b, SID, GIB + 5 * MIB - 1), 3 * GIB + 5 * MIB - 1);
        CHECK_EQ(translate(&b, SID, GIB + 5 * MIB + 8 * KIB), 3 * GIB + 5 * MIB + 8 * KIB);
        CHECK_EQ(translate(&b, SID, 2 * GIB - 1), 4 * GIB - 1);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void holes_in_an_unmapped_range_are_skipped(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;
        uint64_t waits;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 4 * KIB, 0x5000, 4 * KIB, 3, 0);
        host_map(&b.host, DOM, 32 * GIB, 2 * MIB, 2 * MIB, 3, 0);
        translate(&b, SID, 4 * KIB);
        translate(&b, SID, 32 * GIB);
        waits = b.host.st.waits;
        CHECK_EQ(host_unmap(&b.host, DOM, 0, 64 * GIB, true), 0);
        CHECK_EQ(b.host.st.cleared, 2);
        CHECK_EQ(b.host.st.waits, waits + 2);          /* a gap ends what is invalidated at once */
        CHECK_FAULTS(&b, SID, 4 * KIB);
        CHECK_FAULTS(&b, SID, 32 * GIB);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Commands and waits of unmapping `size` after it was mapped in pages; all of it must be gone. */
static void check_unmap_cost(const struct host_params *par, enum system_arch arch, uint64_t iova,
                             uint64_t size, uint64_t commands, uint64_t waits)
{
    uint64_t had_commands, had_waits;
    struct bench b;

    up_with(&b, arch, par);
    host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
    host_map(&b.host, DOM, 0, 0, 8 * MIB, 3, 12);
    for (uint64_t at = 0; at < 8 * MIB; at += 4 * KIB)
        translate(&b, SID, at);
    had_commands = b.host.st.commands;
    had_waits = b.host.st.waits;
    CHECK_EQ(host_unmap(&b.host, DOM, iova, size, true), 0);
    CHECK_EQ(b.host.st.commands - had_commands, commands);
    CHECK_EQ(b.host.st.waits - had_waits, waits);
    for (uint64_t at = 0; at < 8 * MIB; at += 4 * KIB)
        CHECK_EQ(translate(&b, SID, at), at >= iova && at < iova + size ? UINT64_MAX : at);
    CHECK_EQ(stales(&b), 0);
    down(&b);
}

static void one_page_costs_one_invalidation_and_one_wait(void)
{
    check_unmap_cost(NULL, SYSTEM_SMMUV3, 0x7000, 4 * KIB, 2, 1);
    check_unmap_cost(NULL, SYSTEM_VTD, 0x7000, 4 * KIB, 2, 1);
}

static void without_ranges_every_page_costs_a_command(void)
{
    check_unmap_cost(NULL, SYSTEM_SMMUV3, 0x7000, 100 * 4 * KIB, 101, 1);
}

static void with_ranges_every_set_bit_group_of_the_page_count_costs_a_command(void)
{
    struct host_params par;

    host_defaults(&par);
    par.range_inval = 1;
    check_unmap_cost(&par, SYSTEM_SMMUV3, 0x7000, 100 * 4 * KIB, 2, 1);    /* 25 * 2^2 */
    check_unmap_cost(&par, SYSTEM_SMMUV3, 0x7000, 4 * KIB, 2, 1);
    check_unmap_cost(&par, SYSTEM_SMMUV3, 0x7000, 1025 * 4 * KIB, 3, 1);   /* 1 + 2^10 */
}

static void a_large_unmap_flushes_the_domain(void)
{
    struct host_params par;

    host_defaults(&par);
    par.max_tlbi = 64;
    check_unmap_cost(&par, SYSTEM_SMMUV3, 0, 65 * 4 * KIB, 2, 1);
    check_unmap_cost(&par, SYSTEM_SMMUV3, 0, 64 * 4 * KIB, 65, 1);
    check_unmap_cost(NULL, SYSTEM_VTD, 4 * MIB - 4 * KIB, 8 * KIB, 2, 1);  /* AM would be 11 */
}

static void a_vtd_range_is_rounded_up_to_a_power_of_two(void)
{
    check_unmap_cost(NULL, SYSTEM_VTD, 0x7000, 4 * 4 * KIB, 2, 1); /* pages 7 to 10: 16 pages */
}

static void commands_are_those_the_unit_accepts(void)
{
    struct bench b;

    up(&b, SYSTEM_SMMUV3);
    host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
    host_map(&b.host, DOM, 0, 0, MIB, 3, 0);
    host_unmap(&b.host, DOM, 0, MIB, true);
    host_flush(&b.host, DOM);
    for (size_t i = 0; i < b.sys->top.kind->stats; i++)
        if (strcmp(b.sys->top.kind->stat[i].name, "command_errors") == 0)
            CHECK_EQ(b.sys->top.st[i], 0);
    down(&b);
    up(&b, SYSTEM_VTD);
    host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
    host_map(&b.host, DOM, 0, 0, MIB, 3, 0);
    host_unmap(&b.host, DOM, 0, MIB, true);
    host_flush(&b.host, DOM);
    for (size_t i = 0; i < b.sys->top.kind->stats; i++) {
        if (strcmp(b.sys->top.kind->stat[i].name, "descriptor_errors") == 0)
            CHECK_EQ(b.sys->top.st[i], 0);
        if (strcmp(b.sys->top.kind->stat[i].name, "waits") == 0)
            CHECK_EQ(b.sys->top.st[i], b.host.st.waits);
    }
    down(&b);
}

/* ---- streams and domains --------------------------------------------------------------------- */

static void domains_are_apart(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, 1, REC_MODE_TRANSLATE);
        host_attach(&b.host, OTHER_SID, 2, REC_MODE_TRANSLATE);
        host_map(&b.host, 1, 0x1000, 0x11000, 4 * KIB, 3, 0);
        host_map(&b.host, 2, 0x1000, 0x22000, 4 * KIB, 3, 0);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x11000);
        CHECK_EQ(translate(&b, OTHER_SID, 0x1000), 0x22000);
        host_unmap(&b.host, 1, 0x1000, 4 * KIB, true);
        CHECK_FAULTS(&b, SID, 0x1000);
        CHECK_EQ(translate(&b, OTHER_SID, 0x1000), 0x22000);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void streams_of_one_domain_share_it(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE);
        host_map(&b.host, DOM, 0x1000, 0x11000, 4 * KIB, 3, 0);
        host_attach(&b.host, OTHER_SID, DOM, REC_MODE_TRANSLATE);
        CHECK_EQ(translate(&b, OTHER_SID, 0x1000), 0x11000);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x11000);
        host_unmap(&b.host, DOM, 0x1000, 4 * KIB, true);
        CHECK_FAULTS(&b, SID, 0x1000);
        CHECK_FAULTS(&b, OTHER_SID, 0x1000);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void a_stream_can_change_what_it_is_attached_to(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        up(&b, arches[i]);
        host_map(&b.host, 1, 0x1000, 0x11000, 4 * KIB, 3, 0);
        host_map(&b.host, 2, 0x1000, 0x22000, 4 * KIB, 3, 0);
        for (int round = 0; round < 2; round++) {
            CHECK_EQ(host_attach(&b.host, SID, 1, REC_MODE_TRANSLATE), 0);
            CHECK_EQ(translate(&b, SID, 0x1000), 0x11000);
            CHECK_EQ(host_attach(&b.host, SID, 2, REC_MODE_TRANSLATE), 0);
            CHECK_EQ(translate(&b, SID, 0x1000), 0x22000);
            CHECK_EQ(host_attach(&b.host, SID, 0, REC_MODE_BYPASS), 0);
            CHECK_EQ(translate(&b, SID, 0x1234), 0x1234);
            CHECK_EQ(b.res.outcome, XL_BYPASS);
            CHECK_EQ(host_detach(&b.host, SID), 0);
            CHECK_EQ(translate(&b, SID, 0x1000), UINT64_MAX);
            CHECK_EQ(b.res.outcome, arches[i] == SYSTEM_VTD ? XL_FAULT : XL_ABORT);
        }
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void stream_tables_work_linear_and_in_two_levels(void)
{
    static const unsigned splits[] = { 0, 6, 8, 10 };

    for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
        static const uint32_t sids[] = { 0, 63, 64, 255, 0x1ff, 0x3ff };
        struct host_params par;
        struct bench b;

        host_defaults(&par);
        par.sid_split = splits[i];
        par.sid_bits = 10;
        up_with(&b, SYSTEM_SMMUV3, &par);
        for (size_t k = 0; k < ARRAY_LEN(sids); k++) {
            CHECK_EQ(host_attach(&b.host, sids[k], k, REC_MODE_TRANSLATE), 0);
            host_map(&b.host, k, 0x1000, k << 20, 4 * KIB, 3, 0);
        }
        for (size_t k = 0; k < ARRAY_LEN(sids); k++)
            CHECK_EQ(translate(&b, sids[k], 0x1000), k << 20);
        CHECK_EQ(translate(&b, 1, 0x1000), UINT64_MAX);
        down(&b);
    }
}

static void stage_2_and_nested_domains_give_the_same_addresses(void)
{
    static const unsigned granules[] = { 12, 14, 16 };

    for (size_t g = 0; g < ARRAY_LEN(granules); g++)
        for (size_t m = 0; m < ARRAY_LEN(all_modes); m++) {
            struct host_params par;
            struct bench b;

            host_defaults(&par);
            par.granule_log2 = granules[g];
            up_with(&b, SYSTEM_SMMUV3, &par);
            CHECK_EQ(host_attach(&b.host, SID, DOM, all_modes[m]), 0);
            CHECK_EQ(host_map(&b.host, DOM, 5 * GIB + 128 * KIB, 9 * GIB, 64 * KIB, 3, 0), 0);
            CHECK_EQ(host_map(&b.host, DOM, 64 * GIB, 8 * GIB, GIB, 3, 0), 0);
            CHECK_EQ(translate(&b, SID, 5 * GIB + 128 * KIB + 5), 9 * GIB + 5);
            CHECK_EQ(translate(&b, SID, 65 * GIB - 1), 9 * GIB - 1);
            CHECK_FAULTS(&b, SID, 65 * GIB);
            CHECK_EQ(host_unmap(&b.host, DOM, 5 * GIB + 128 * KIB, 64 * KIB, true), 0);
            CHECK_FAULTS(&b, SID, 5 * GIB + 128 * KIB + 5);
            CHECK_EQ(host_unmap(&b.host, DOM, 64 * GIB, GIB, false), 0);
            CHECK_EQ(host_flush(&b.host, DOM), 0);
            CHECK_FAULTS(&b, SID, 65 * GIB - 1);
            CHECK_EQ(stales(&b), 0);
            down(&b);
        }
}

/* ---- VT-d's scalable mode -------------------------------------------------------------------- */

static void scalable_mode_has_first_stage_second_stage_and_both(void)
{
    for (size_t m = 0; m < ARRAY_LEN(all_modes); m++) {
        struct bench b;

        up_scalable(&b, ECAP_ALL, NULL);
        CHECK_EQ(b.host.scalable, true);
        CHECK_FAULTS(&b, SID, 0x1000);
        CHECK_EQ(host_attach(&b.host, SID, DOM, all_modes[m]), 0);
        CHECK_EQ(host_attach(&b.host, OTHER_SID, DOM, all_modes[m]), 0);
        CHECK_EQ(host_map(&b.host, DOM, 5 * GIB + 128 * KIB, 9 * GIB, 64 * KIB, 3, 0), 0);
        CHECK_EQ(host_map(&b.host, DOM, 64 * GIB, 8 * GIB, GIB, 3, 0), 0);
        CHECK_EQ(host_map(&b.host, DOM, 3 * GIB, 16 * MIB, 4 * MIB, REC_PERM_R, 0), 0);
        CHECK_EQ(translate(&b, SID, 5 * GIB + 128 * KIB + 5), 9 * GIB + 5);
        CHECK_EQ(translate(&b, OTHER_SID, 65 * GIB - 1), 9 * GIB - 1);
        CHECK_EQ(translate(&b, SID, 3 * GIB + 3 * MIB), 19 * MIB);
        CHECK_FAULTS(&b, SID, 65 * GIB);
        CHECK_EQ(host_unmap(&b.host, DOM, 3 * GIB + MIB, 4 * KIB, true), 0);
        CHECK_FAULTS(&b, SID, 3 * GIB + MIB);
        CHECK_EQ(translate(&b, SID, 3 * GIB + MIB + 4 * KIB), 17 * MIB + 4 * KIB);
        CHECK_EQ(host_unmap(&b.host, DOM, 5 * GIB + 128 * KIB, 64 * KIB, true), 0);
        CHECK_FAULTS(&b, SID, 5 * GIB + 128 * KIB + 5);
        CHECK_EQ(host_unmap(&b.host, DOM, 64 * GIB, GIB, false), 0);
        CHECK_EQ(host_flush(&b.host, DOM), 0);
        CHECK_FAULTS(&b, SID, 65 * GIB - 1);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void scalable_mode_is_left_alone_if_told_so(void)
{
    struct host_params par;
    struct bench b;

    host_defaults(&par);
    par.scalable = 0;
    up_scalable(&b, ECAP_ALL, &par);
    CHECK_EQ(b.host.scalable, false);
    CHECK_EQ(host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b.host, DOM, 0x1000, 0x5000, 4 * KIB, 3, 0), 0);
    CHECK_EQ(translate(&b, SID, 0x1234), 0x5234);
    CHECK_EQ(host_attach(&b.host, SID, 8, REC_MODE_NESTED), SIM_EENV);
    par.pasid_bits = 4;
    b.host.par.pasid_bits = 4;
    CHECK_EQ(host_attach_pasid(&b.host, SID, 1, DOM, REC_MODE_TRANSLATE), SIM_EINPUT);
    down(&b);
}

static void a_unit_without_a_first_stage_has_plain_domains_of_the_second(void)
{
    struct bench b;

    up_scalable(&b, ECAP_NO_FIRST, NULL);
    CHECK_EQ(host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b.host, DOM, 1ull << 47, 0x5000, 4 * KIB, 3, 0), 0);    /* the first stage has 47 bits */
    CHECK_EQ(translate(&b, SID, (1ull << 47) + 5), 0x5005);
    CHECK_EQ(host_attach(&b.host, OTHER_SID, 8, REC_MODE_NESTED), SIM_EENV);
    down(&b);
    up_scalable(&b, ECAP_NO_NEST, NULL);
    CHECK_EQ(host_attach(&b.host, OTHER_SID, 8, REC_MODE_NESTED), SIM_EENV);
    CHECK_EQ(host_attach(&b.host, SID, DOM, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b.host, DOM, 1ull << 47, 0x5000, 4 * KIB, 3, 0), SIM_EINPUT);
    down(&b);
}

static void a_stream_of_scalable_mode_can_change_what_it_is_attached_to(void)
{
    struct host_params par;

    host_defaults(&par);
    for (par.caching_mode = 0; par.caching_mode < 2; par.caching_mode++) {
        struct bench b;

        up_scalable(&b, ECAP_ALL, &par);
        for (unsigned round = 0; round < 12; round++) {
            unsigned m = round % ARRAY_LEN(all_modes);

            CHECK_EQ(host_attach(&b.host, SID, m, all_modes[m]), 0);
            if (round < ARRAY_LEN(all_modes))
                CHECK_EQ(host_map(&b.host, m, 0x1000, (m + 1) << 16, 4 * KIB, 3, 0), 0);
            CHECK_EQ(translate(&b, SID, 0x1000), (m + 1) << 16);
            if (round & 1)
                continue;
            CHECK_EQ(host_attach(&b.host, SID, 0, REC_MODE_BYPASS), 0);
            CHECK_EQ(translate(&b, SID, 0x1234), 0x1234);
            CHECK_EQ(host_detach(&b.host, SID), 0);
            CHECK_FAULTS(&b, SID, 0x1000);
        }
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

/* ---- PASIDs ---------------------------------------------------------------------------------- */

static uint64_t translate_pasid(struct bench *b, uint32_t sid, uint32_t pasid, uint64_t iova)
{
    struct xl_req q = { .sid = sid, .ssid = pasid, .has_ssid = true, .addr = iova };

    system_translate(b->sys, &q, &b->res, NULL);
    return b->res.outcome == XL_OK ? b->res.pa : UINT64_MAX;
}

static void up_pasids(struct bench *b, enum system_arch arch)
{
    struct host_params par;

    host_defaults(&par);
    par.pasid_bits = 8;
    if (arch == SYSTEM_VTD) {
        up_scalable(b, ECAP_ALL, &par);
        return;
    }
    b->sys = new_system_with(arch, "smmu.ssidsize", "8");
    CHECK_EQ(host_init(&b->host, b->sys, &par), 0);
    CHECK_EQ(host_start(&b->host), 0);
}

static void each_pasid_has_a_domain_beside_its_device(void)
{
    FOR_EACH_ARCH(i) {
        struct host *h;
        struct bench b;

        up_pasids(&b, arches[i]);
        h = &b.host;
        CHECK_EQ(host_attach_pasid(h, SID, 1, 1, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(host_attach_pasid(h, SID, 200, 2, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(host_attach_pasid(h, OTHER_SID, 1, 2, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(translate(&b, SID, 0x1000), UINT64_MAX);
        CHECK_EQ(host_attach(h, SID, 3, REC_MODE_TRANSLATE), 0);
        for (uint64_t d = 1; d <= 3; d++)
            CHECK_EQ(host_map(h, d, 0x1000, d << 16, 8 * KIB, 3, 0), 0);
        CHECK_EQ(translate_pasid(&b, SID, 1, 0x1000), 0x10000);
        CHECK_EQ(translate_pasid(&b, SID, 200, 0x1000), 0x20000);
        CHECK_EQ(translate_pasid(&b, OTHER_SID, 1, 0x1000), 0x20000);
        CHECK_EQ(translate_pasid(&b, SID, 2, 0x1000), UINT64_MAX);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x30000);
        CHECK_EQ(host_unmap(h, 2, 0x1000, 4 * KIB, true), 0);
        CHECK_EQ(translate_pasid(&b, SID, 200, 0x1000), UINT64_MAX);
        CHECK_EQ(translate_pasid(&b, OTHER_SID, 1, 0x1000), UINT64_MAX);
        CHECK_EQ(translate_pasid(&b, SID, 200, 0x2000), 0x21000);
        CHECK_EQ(host_attach(h, SID, 0, REC_MODE_BYPASS), 0);
        CHECK_EQ(translate(&b, SID, 0x1000), 0x1000);
        CHECK_EQ(translate_pasid(&b, SID, 1, 0x1000), 0x10000);
        CHECK_EQ(host_detach_pasid(h, SID, 1), 0);
        CHECK_EQ(host_attach_pasid(h, SID, 200, 1, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(translate_pasid(&b, SID, 1, 0x1000), UINT64_MAX);
        CHECK_EQ(translate_pasid(&b, SID, 200, 0x1000), 0x10000);
        CHECK_EQ(host_detach(h, SID), 0);
        CHECK_EQ(translate(&b, SID, 0x1000), UINT64_MAX);
        CHECK_EQ(stales(&b), 0);
        CHECK_EQ(host_attach_pasid(h, SID, 0, 1, REC_MODE_TRANSLATE), SIM_EINPUT);
        CHECK_EQ(host_attach_pasid(h, SID, 256, 1, REC_MODE_TRANSLATE), SIM_EINPUT);
        CHECK_EQ(host_detach_pasid(h, SID, 3), SIM_EINPUT);
        down(&b);
    }
}

static void a_pasid_of_vtd_may_be_nested(void)
{
    struct bench b;

    up_pasids(&b, SYSTEM_VTD);
    CHECK_EQ(host_attach_pasid(&b.host, SID, 7, DOM, REC_MODE_NESTED), 0);
    CHECK_EQ(host_attach_pasid(&b.host, SID, 8, DOM, REC_MODE_NESTED), 0);
    CHECK_EQ(host_attach_pasid(&b.host, SID, 9, 9, REC_MODE_STAGE2), 0);
    CHECK_EQ(host_map(&b.host, DOM, 0x1000, 0x10000, 8 * KIB, 3, 0), 0);
    CHECK_EQ(host_map(&b.host, 9, 0x1000, 0x20000, 8 * KIB, 3, 0), 0);
    for (uint32_t pasid = 7; pasid < 9; pasid++)
        CHECK_EQ(translate_pasid(&b, SID, pasid, 0x1000), 0x10000);
    CHECK_EQ(translate_pasid(&b, SID, 9, 0x1000), 0x20000);
    CHECK_EQ(host_unmap(&b.host, DOM, 0x1000, 4 * KIB, true), 0);
    for (uint32_t pasid = 7; pasid < 9; pasid++)
        CHECK_EQ(translate_pasid(&b, SID, pasid, 0x1000), UINT64_MAX);
    CHECK_EQ(stales(&b), 0);
    down(&b);
    up_pasids(&b, SYSTEM_SMMUV3);
    CHECK_EQ(host_attach_pasid(&b.host, SID, 7, DOM, REC_MODE_NESTED), SIM_EINPUT);
    down(&b);
}

/* ---- what cannot be meant -------------------------------------------------------------------- */

static void nonsense_is_refused_and_changes_nothing(void)
{
    FOR_EACH_ARCH(i) {
        struct host *h;
        struct bench b;
        uint64_t writes;

        up(&b, arches[i]);
        h = &b.host;
        host_attach(h, SID, DOM, REC_MODE_TRANSLATE);
        host_map(h, DOM, 0x10000, 0x50000, 8 * KIB, 3, 0);
        writes = h->st.table_writes;
        CHECK_EQ(host_map(h, DOM, 0x11000, 0x90000, 4 * KIB, 3, 0), SIM_EINPUT);
        CHECK_STR(h->why, "map over a mapping");
        CHECK_EQ(host_map(h, DOM, 0xf000, 0x90000, 8 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, 0x20800, 0x90000, 4 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, 0x20000, 0x90800, 4 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, 0x20000, 0x90000, 0, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, (1ull << 48) - 4 * KIB, 0x90000, 8 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, UINT64_MAX - 4095, 0x90000, 8 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_map(h, DOM, 0x20000, 1ull << 52, 4 * KIB, 3, 0), SIM_EINPUT);
        CHECK_EQ(host_unmap(h, DOM, 0x20000, 4 * KIB, true), SIM_EINPUT);
        CHECK_EQ(host_unmap(h, DOM + 1, 0x10000, 4 * KIB, true), SIM_EINPUT);
        CHECK_EQ(host_flush(h, DOM + 1), SIM_EINPUT);
        CHECK_EQ(host_detach(h, OTHER_SID), SIM_EINPUT);
        CHECK_EQ(host_attach(h, 0x10000, DOM, REC_MODE_TRANSLATE), SIM_EINPUT);
        CHECK_EQ(h->st.refused, 13);
        CHECK_EQ(h->st.table_writes, writes);
        CHECK_EQ(translate(&b, SID, 0x11fff), 0x51fff);
        down(&b);
    }
}

static void a_full_table_region_is_told(void)
{
    FOR_EACH_ARCH(i) {
        struct host_params par;
        struct bench b;
        int err = 0;

        host_defaults(&par);
        par.table_bytes = MIB;
        up_with(&b, arches[i], &par);
        for (uint64_t k = 0; !err && k < 1000; k++)
            err = host_map(&b.host, DOM, k * GIB, 0, 4 * KIB, 3, 0);
        CHECK_EQ(err, SIM_EENV);
        CU_ASSERT_PTR_NOT_NULL(strstr(b.host.why, "table_bytes"));
        down(&b);
    }
}

/* ---- at random ------------------------------------------------------------------------------- */

enum { UNITS = 96 };                           /* of the granule, over two blocks' edges */

struct model { uint64_t base, unit, pa[UNITS]; };      /* pa 0: not mapped */

static void random_map(struct bench *b, struct model *m, struct rng *r)
{
    uint64_t at = rng_below(r, UNITS), n = 1 + rng_below(r, UNITS - at), i = at;
    uint64_t pa = (GIB + rng_below(r, 64) * 512 * MIB + rng_below(r, 2) * m->unit) + at * m->unit;
    int err = host_map(&b->host, DOM, m->base + at * m->unit, pa, n * m->unit, 3, 0);

    while (i < at + n && !m->pa[i])
        i++;
    CHECK_EQ(err, i < at + n ? SIM_EINPUT : 0);
    for (i = at; !err && i < at + n; i++)
        m->pa[i] = pa + (i - at) * m->unit;
}

static void random_unmap(struct bench *b, struct model *m, struct rng *r)
{
    uint64_t at = rng_below(r, UNITS), n = 1 + rng_below(r, UNITS - at), had = 0;
    bool strict = rng_below(r, 2);
    int err;

    for (uint64_t i = at; i < at + n; i++) {
        had |= m->pa[i];
        m->pa[i] = 0;
    }
    err = host_unmap(&b->host, DOM, m->base + at * m->unit, n * m->unit, strict);
    CHECK_EQ(err, had ? 0 : SIM_EINPUT);
    if (!strict && !err)
        CHECK_EQ(host_flush(&b->host, DOM), 0);
}

static void random_reads(struct bench *b, const struct model *m, struct rng *r)
{
    for (int k = 0; k < 40; k++) {
        uint64_t i = rng_below(r, UNITS), off = rng_below(r, m->unit);

        CHECK_EQ(translate(b, SID, m->base + i * m->unit + off),
                 m->pa[i] ? m->pa[i] + off : UINT64_MAX);
    }
}

static void try_at_random(enum system_arch arch, const char *ecap, const struct host_params *par, unsigned mode,
                          struct rng *r)
{
    struct model m = { .unit = 1ull << par->granule_log2, .base = 4 * GIB };
    struct bench b;

    if (ecap)
        up_scalable(&b, ecap, par);
    else
        up_with(&b, arch, par);
    m.base -= UNITS / 2 * m.unit;
    if (par->stage == 1 && rng_below(r, 2))
        m.unit *= 8;                           /* pieces of blocks and of pages */
    host_attach(&b.host, SID, DOM, mode);
    for (int k = 0; k < 60; k++) {
        if (rng_below(r, 2))
            random_map(&b, &m, r);
        else
            random_unmap(&b, &m, r);
        random_reads(&b, &m, r);
    }
    CHECK_EQ(stales(&b), 0);
    down(&b);
}

static void random_maps_and_unmaps_keep_tables_and_caches_true(void)
{
    struct rng r;

    rng_init(&r, 1, "host");
    for (int round = 0; round < 4; round++)
        for (unsigned g = 12; g <= 16; g += 2) {
            struct host_params par;

            host_defaults(&par);
            par.granule_log2 = g;
            par.range_inval = rng_below(&r, 2);
            for (size_t m = 0; m < ARRAY_LEN(all_modes); m++)
                try_at_random(SYSTEM_SMMUV3, NULL, &par, all_modes[m], &r);
            par.granule_log2 = 12;
            par.caching_mode = rng_below(&r, 2);
            try_at_random(SYSTEM_VTD, NULL, &par, REC_MODE_TRANSLATE, &r);
            for (size_t m = 0; m < ARRAY_LEN(all_modes); m++)
                try_at_random(SYSTEM_VTD, ECAP_ALL, &par, all_modes[m], &r);
        }
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static unsigned interrupt(struct bench *b, uint32_t sid, unsigned index)
{
    struct vtd_msg m = vtd_ir_request((uint16_t)index, false, 0);
    struct xl_req q = { .sid = sid, .addr = m.addr, .data = m.data, .write = true };

    system_translate(b->sys, &q, &b->res, NULL);
    return b->res.code;
}

static void interrupts_have_as_many_entries_as_asked_for(void)
{
    static const struct { unsigned asked, table; } sizes[] = { { 1, 2 }, { 2, 2 }, { 5, 8 }, { 300, 512 }, { 65536, 65536 } };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct system_config *c = system_config_new(SYSTEM_VTD);
        struct host_params par;
        struct bench b;

        host_defaults(&par);
        par.interrupts = sizes[i].asked;
        set_param(c, "vtd.ecap", "0xf5a");             /* IR, EIM */
        set_param(c, "vtd.iec.sets", "1");
        b.sys = system_new(c, 1, NULL);
        system_config_free(c);
        CHECK_EQ(system_check(b.sys), 0);
        CHECK_EQ(host_init(&b.host, b.sys, &par), 0);
        CHECK_EQ(host_start(&b.host), 0);
        for (unsigned k = 0; k < 2; k++) {
            CHECK_EQ(interrupt(&b, k ? SID : OTHER_SID, 0), 0);
            CHECK_EQ(b.res.outcome, XL_INTERRUPT);
            CHECK_EQ(interrupt(&b, k ? SID : OTHER_SID, sizes[i].asked - 1), 0);
        }
        if (sizes[i].asked < sizes[i].table)
            CHECK_EQ(interrupt(&b, SID, sizes[i].asked), VTD_IR_ABSENT);
        if (sizes[i].table < 65536)
            CHECK_EQ(interrupt(&b, SID, sizes[i].table), VTD_IR_INDEX);
        CHECK_EQ(stales(&b), 0);
        down(&b);
    }
}

static void interrupts_need_a_unit_that_remaps_them(void)
{
    struct host_params par;
    struct bench b;

    host_defaults(&par);
    par.interrupts = 4;
    b.sys = new_system(SYSTEM_VTD);                    /* ECAP.IR = 0 */
    CHECK_EQ(host_init(&b.host, b.sys, &par), 0);
    CHECK_EQ(host_start(&b.host), SIM_EENV);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.host.why, "ECAP.IR"));
    down(&b);
}

/* ---- the generator's records ----------------------------------------------------------------- */

/* Replays the beginning of a scenario; every access must arrive and no stale entry be used. */
static void try_scenario(struct bench *b, const char *name, uint64_t max)
{
    struct gen *g;
    char path[512];
    const struct rec *rec;
    const struct rec_ext *ext;
    uint64_t wrong = 0, accesses = 0;
    size_t n;

    snprintf(path, sizeof path, "%s/workloads/scenarios/%s.yaml", SOURCE_DIR, name);
    g = gen_open(path, GEN_SEED_OWN, NULL, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    gen_set_accesses(g, max);
    while (gen_next(g, &rec, &ext, &n) == 0 && n > 0)
        for (size_t i = 0; i < n; i++) {
            uint32_t sid = rec[i].stream == REC_NO_STREAM ? 0 : gen_streams(g)[rec[i].stream].sid;

            if (rec[i].kind > REC_WRITE) {
                CHECK_EQ(host_record(&b->host, &rec[i], ext++, sid), 0);
                continue;
            }
            accesses++;
            wrong += (rec[i].flags & REC_F_PASID ? translate_pasid(b, sid, rec[i].pasid, rec[i].addr)
                                                 : translate(b, sid, rec[i].addr)) == UINT64_MAX;
        }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(stales(b), 0);
    CHECK_EQ(accesses, max);
    gen_close(g);
}

static const char *const scenarios[] = { "strict-rx", "deferred-rx", "superpages", "streams-1024" };

static void generated_workloads_run_on_both_architectures(void)
{
    FOR_EACH_ARCH(i)
        for (size_t k = 0; k < ARRAY_LEN(scenarios); k++) {
            struct bench b;

            up(&b, arches[i]);
            try_scenario(&b, scenarios[k], 20000);
            down(&b);
        }
}

static void nested_streams_and_pasids_run_on_both_architectures(void)
{
    FOR_EACH_ARCH(i) {
        struct bench b;

        if (arches[i] == SYSTEM_VTD)
            up_scalable(&b, ECAP_ALL, NULL);
        else
            up(&b, arches[i]);
        try_scenario(&b, "nested-1024", 20000);
        down(&b);
        up_pasids(&b, arches[i]);
        try_scenario(&b, "pasids", 20000);
        down(&b);
    }
}

static void up_profile(struct bench *b, const char *dir, const char *name)
{
    struct host_params par;
    struct replay_params replay;
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&par },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&replay },
    };
    struct profile p;
    struct diag d;

    diag_init(&d);
    CHECK_EQ(profile_load(&p, dir, name, false, extra, ARRAY_LEN(extra), &d), 0);
    par.sid_bits = 16;                 /* the scenarios' streams are more than an embedded unit has */
    b->sys = system_new(p.config, 1, &d);
    diag_print(&d, stderr);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    CHECK_EQ(system_check(b->sys), 0);
    CHECK_EQ(host_init(&b->host, b->sys, &par), 0);
    CHECK_EQ(host_start(&b->host), 0);
    profile_destroy(&p);
    diag_destroy(&d);
}

static void generated_workloads_run_on_every_profile(void)
{
    static const char dir[] = SOURCE_DIR "/model/profiles";
    size_t n;
    char **names = profile_names(dir, &n);

    CU_ASSERT_FATAL(n >= 7);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(scenarios); k++) {
            struct bench b;

            up_profile(&b, dir, names[i]);
            try_scenario(&b, scenarios[k], 3000);
            down(&b);
        }
    profile_names_free(names, n);
}

/* ---- stalled accesses ------------------------------------------------------------------------ */

struct watched { struct bench b; uint64_t event[8][EVENT_WORDS]; unsigned events, ended; };

static void recorded(void *arg, const uint64_t *event)
{
    struct watched *w = arg;

    memcpy(w->event[w->events++ & 7], event, EVENT_BYTES);
}

static void ended(void *arg, uint64_t request, const struct xl_req *req, const struct xl_result *res)
{
    struct watched *w = arg;

    (void)request, (void)req;
    w->b.res = *res;
    w->ended++;
}

static void stall_up(struct watched *w, struct system_watch *watch, enum host_stall how, unsigned mode)
{
    struct system_config *c = system_config_new(SYSTEM_SMMUV3);
    struct host_params par;

    memset(w, 0, sizeof *w);
    *watch = (struct system_watch){ .recorded = recorded, .ended = ended, .arg = w };
    host_defaults(&par);
    par.stall = how;
    set_param(c, "smmu.stall_model", "0");
    w->b.sys = system_new(c, 1, NULL);
    system_config_free(c);
    CHECK_EQ(system_check(w->b.sys), 0);
    w->b.sys->watch = watch;
    CHECK_EQ(host_init(&w->b.host, w->b.sys, &par), 0);
    CHECK_EQ(host_start(&w->b.host), 0);
    CHECK_EQ(host_attach(&w->b.host, SID, DOM, mode), 0);
}

/* A read that stalls, and what it is after the host's answer. */
static enum xl_outcome stalls(struct watched *w, uint64_t iova)
{
    unsigned before = w->events, over = w->ended;

    translate(&w->b, SID, iova);
    CHECK_EQ(w->b.res.outcome, XL_STALL);
    CHECK_EQ(w->events, before + 1);
    CU_ASSERT_TRUE(host_awaits(&w->b.host, w->event[before & 7]));
    CHECK_EQ(host_event(&w->b.host, w->event[before & 7]), 0);
    CHECK_EQ(w->ended, over + 1);
    return w->b.res.outcome;
}

static void page_on_demand_is_mapped_when_an_access_has_stalled(void)
{
    static const unsigned modes[] = { REC_MODE_TRANSLATE, REC_MODE_STAGE2, REC_MODE_NESTED };

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct system_watch watch;
        struct watched w;

        stall_up(&w, &watch, HOST_STALL_MAP, modes[i]);
        CHECK_EQ(host_map(&w.b.host, DOM, 0x200000, 0x90000000, 64 * KIB, 3 | REC_PERM_DEMAND, 12), 0);
        CHECK_EQ(w.b.host.st.maps, 0);
        CHECK_EQ(host_map(&w.b.host, DOM, 0x20f000, 0x1000, 8 * KIB, 3 | REC_PERM_DEMAND, 12), SIM_EINPUT);
        CHECK_EQ(stalls(&w, 0x201234), XL_OK);
        CHECK_EQ(w.b.res.pa, 0x90001234);
        CHECK_EQ(w.b.host.st.demand_maps, 1);
        CHECK_EQ(translate(&w.b, SID, 0x201ff8), 0x90001ff8);      /* that page alone */
        CHECK_EQ(stalls(&w, 0x202000), XL_OK);
        CHECK_EQ(stalls(&w, 0x210000), XL_FAULT);                  /* nobody's */
        CHECK_EQ(stalls(&w, 0x1ff000), XL_FAULT);
        CHECK_EQ(w.b.host.st.stalls, 4);
        CHECK_EQ(w.b.host.st.demand_maps, 2);
        down(&w.b);
    }
}

/* A device that asks for a page has the one that was to be there; elsewhere a fresh one.  Refusing maps none. */
static void a_page_request_brings_the_page_that_was_to_be_there(void)
{
    for (uint64_t page = 0; page < 2; page++) {
        struct system_watch watch;
        struct watched w;
        struct page_request r = { .addr = 0x203000, .rid = SID, .read = true, .last = true };

        stall_up(&w, &watch, HOST_STALL_MAP, REC_MODE_TRANSLATE);
        w.b.host.par.page = page;
        CHECK_EQ(host_map(&w.b.host, DOM, 0x200000, 0x90000000, 64 * KIB, 3 | REC_PERM_DEMAND, 12), 0);
        CHECK_EQ(host_page_request(&w.b.host, &r), 0);
        r.addr = 0x300000;
        CHECK_EQ(host_page_request(&w.b.host, &r), 0);
        CHECK_EQ(w.b.host.st.page_requests, 2);
        CHECK_EQ(w.b.host.st.demand_maps, page);
        CHECK_EQ(w.b.host.st.page_maps, page);
        if (page) {
            CHECK_EQ(translate(&w.b, SID, 0x203010), 0x90003010);
            CHECK_EQ(translate(&w.b, SID, 0x300010), w.b.host.par.page_base + 0x10);
        }
        down(&w.b);
    }
}

static void unmap_takes_away_what_was_to_be_mapped(void)
{
    struct system_watch watch;
    struct watched w;

    stall_up(&w, &watch, HOST_STALL_MAP, REC_MODE_TRANSLATE);
    CHECK_EQ(host_map(&w.b.host, DOM, 0x200000, 0x90000000, 64 * KIB, 3 | REC_PERM_DEMAND, 12), 0);
    CHECK_EQ(stalls(&w, 0x205000), XL_OK);
    CHECK_EQ(host_unmap(&w.b.host, DOM, 0x204000, 8 * KIB, true), 0);      /* one of two was mapped */
    CHECK_EQ(stalls(&w, 0x204000), XL_FAULT);
    CHECK_EQ(stalls(&w, 0x205000), XL_FAULT);
    CHECK_EQ(stalls(&w, 0x203000), XL_OK);
    CHECK_EQ(w.b.res.pa, 0x90003000);
    CHECK_EQ(stalls(&w, 0x206000), XL_OK);
    CHECK_EQ(w.b.res.pa, 0x90006000);
    CHECK_EQ(host_unmap(&w.b.host, DOM, 0x20c000, 16 * KIB, true), 0);     /* none was mapped */
    CHECK_EQ(host_unmap(&w.b.host, DOM, 0x20c000, 16 * KIB, true), SIM_EINPUT);
    CHECK_EQ(stalls(&w, 0x20f000), XL_FAULT);
    CHECK_EQ(stalls(&w, 0x20b000), XL_OK);
    CHECK_EQ(stales(&w.b), 0);
    down(&w.b);
}

static void other_answers_map_nothing(void)
{
    for (enum host_stall how = HOST_STALL_ABORT; how < HOST_STALL_MAP; how++) {
        struct system_watch watch;
        struct watched w;

        stall_up(&w, &watch, how, REC_MODE_TRANSLATE);
        CHECK_EQ(host_map(&w.b.host, DOM, 0x200000, 0x90000000, 8 * KIB, 3 | REC_PERM_DEMAND, 12), 0);
        CHECK_EQ(translate(&w.b, SID, 0x201000), 0x90001000);              /* mapped at once */
        translate(&w.b, SID, 0x300000);
        CHECK_EQ(w.b.res.outcome, XL_STALL);
        CHECK_EQ(host_map(&w.b.host, DOM, 0x300000, 0x91000000, 4 * KIB, 3, 12), 0);
        CHECK_EQ(host_event(&w.b.host, w.event[0]), 0);
        CHECK_EQ(w.b.res.outcome, how == HOST_STALL_RETRY ? XL_OK : XL_FAULT);
        down(&w.b);
    }
}

static void unit_without_a_stall_model_is_refused(void)
{
    struct system *s = new_system(SYSTEM_SMMUV3);
    struct host_params par;
    struct host h;

    host_defaults(&par);
    par.stall = HOST_STALL_ABORT;
    CHECK_EQ(host_init(&h, s, &par), 0);
    CHECK_EQ(host_start(&h), SIM_EENV);
    CU_ASSERT_PTR_NOT_NULL(strstr(h.why, "smmu.stall_model"));
    host_destroy(&h);
    system_free(s);
}

#define TESTS(T)                                                                                   \
    T(page_on_demand_is_mapped_when_an_access_has_stalled)                                         \
    T(a_page_request_brings_the_page_that_was_to_be_there)                                         \
    T(unmap_takes_away_what_was_to_be_mapped)                                                      \
    T(other_answers_map_nothing)                                                                   \
    T(unit_without_a_stall_model_is_refused)                                                       \
    T(what_is_mapped_translates_to_its_memory)                                                     \
    T(permissions_are_those_asked_for)                                                             \
    T(blocks_are_as_large_as_alignment_allows)                                                     \
    T(max_block_log2_limits_blocks)                                                                \
    T(a_hole_between_pages_takes_pages_and_not_a_block)                                            \
    T(a_strict_unmap_is_over_when_it_returns)                                                      \
    T(a_deferred_unmap_leaves_stale_entries_until_the_flush)                                       \
    T(part_of_a_block_can_go)                                                                      \
    T(holes_in_an_unmapped_range_are_skipped)                                                      \
    T(one_page_costs_one_invalidation_and_one_wait)                                                \
    T(without_ranges_every_page_costs_a_command)                                                   \
    T(with_ranges_every_set_bit_group_of_the_page_count_costs_a_command)                           \
    T(a_large_unmap_flushes_the_domain)                                                            \
    T(a_vtd_range_is_rounded_up_to_a_power_of_two)                                                 \
    T(scalable_mode_has_first_stage_second_stage_and_both)                                         \
    T(scalable_mode_is_left_alone_if_told_so)                                                      \
    T(a_unit_without_a_first_stage_has_plain_domains_of_the_second)                                \
    T(a_stream_of_scalable_mode_can_change_what_it_is_attached_to)                                 \
    T(each_pasid_has_a_domain_beside_its_device)                                                   \
    T(a_pasid_of_vtd_may_be_nested)                                                                \
    T(commands_are_those_the_unit_accepts)                                                         \
    T(domains_are_apart)                                                                           \
    T(streams_of_one_domain_share_it)                                                              \
    T(a_stream_can_change_what_it_is_attached_to)                                                  \
    T(stream_tables_work_linear_and_in_two_levels)                                                 \
    T(stage_2_and_nested_domains_give_the_same_addresses)                                          \
    T(nonsense_is_refused_and_changes_nothing)                                                     \
    T(interrupts_have_as_many_entries_as_asked_for)                                                \
    T(interrupts_need_a_unit_that_remaps_them)                                                     \
    T(a_full_table_region_is_told)                                                                 \
    T(random_maps_and_unmaps_keep_tables_and_caches_true)                                          \
    T(generated_workloads_run_on_both_architectures)                                               \
    T(nested_streams_and_pasids_run_on_both_architectures)                                         \
    T(generated_workloads_run_on_every_profile)
TEST_SUITE("host", TESTS)
