/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that translate ahead, on a VT-d unit: who may, what they ask and keep, what removes it, what the oracle
 * says of what was forgotten.  What they do themselves, whatever the unit, is tested in test_ats.
 */
#include "base/rng.h"
#include "vtd_ats_bench.h"

/* ---- who may ------------------------------------------------------------------------------------- */

static void first_access_of_a_page_asks_and_later_ones_hit(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA + 0x123, false);
    is_translated(&b, PA + 0x123, VTD_CLASS_ATS);
    access_of(&b, IOVA + 0x456, true);
    is_translated(&b, PA + 0x456, VTD_CLASS_ATC);
    CHECK_EQ(stats(&b)->requests, 1);
    CHECK_EQ(stats(&b)->atc_hits, 1);
    down(&b);
}

static void function_whose_context_forbids_it_asks_nothing(void)
{
    struct bench b;

    up(&b);
    access_as(&b, &(struct xl_req){ .addr = IOVA, .sid = PLAIN });
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(b.res.ats_size_log2, 0);
    CHECK_EQ(stats(&b)->accesses, 0);
    down(&b);
}

static void unit_without_device_tlbs_has_no_device_ask(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.ecap", ATS_ECAP & ~FIELD_MASK(ECAP, DT));
    system_up(&b);
    access_as(&b, &(struct xl_req){ .addr = IOVA, .sid = PLAIN });
    CHECK_EQ(b.res.outcome, XL_OK);
    access_of(&b, IOVA, false);
    CHECK_EQ(stats(&b)->accesses, 0);
    take_down(&b);
}

static void interrupt_request_goes_past_the_devices_tlb(void)
{
    struct bench b;

    up(&b);
    access_of(&b, 0xfee00000, true);
    CHECK_EQ(b.res.outcome, XL_INTERRUPT);
    CHECK_EQ(stats(&b)->accesses, 0);
    down(&b);
}

static void unit_that_is_off_has_no_device_ask(void)
{
    struct bench b;

    up(&b);
    reg(&b, VTD_REG_GCMD, 0);
    access_of(&b, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    CHECK_EQ(stats(&b)->accesses, 0);
    down(&b);
}

/* A driver switches it off behind a context-cache invalidation. */
static void change_of_a_context_counts_when_it_is_invalidated(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    give(&b, (struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = DEVICE, .s = true, .addr = 0x7ffffffffffff000 });
    write_context(&b, DEVICE, &(struct vtd_context){ .paside = true, .dir = DIRECTORY });
    give(&b, (struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = DEVICE });
    access_of(&b, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(stats(&b)->accesses, 1);
    down(&b);
}

/* With DTE = 0 what goes out translated is blocked. */
static void translated_access_is_checked(void)
{
    struct bench b;

    up(&b);
    access_as(&b, &(struct xl_req){ .addr = PA, .sid = PLAIN, .type = XL_TRANSLATED });
    CHECK_EQ(b.res.outcome, XL_FAULT);
    CHECK_EQ(b.res.code, VTD_SCT_5);
    CHECK_EQ(b.u->st.fault_records, 1);
    access_as(&b, &(struct xl_req){ .addr = PA, .sid = DEVICE, .type = XL_TRANSLATED });
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    down(&b);
}

static void legacy_mode_has_device_tlbs_by_translation_type(void)
{
    struct bench b;
    struct vtd_context c;
    uint64_t root[VTD_ROOT_WORDS], ctx[VTD_CTX_WORDS];

    up(&b);
    vtd_encode_root(0x20000, root);
    system_table_write(b.sys, 0x21000 + (DEVICE >> 8) * 16, root, VTD_ROOT_WORDS);
    for (unsigned tt = VTD_TT_UNTRANSLATED; tt <= VTD_TT_ALL; tt++) {
        c = (struct vtd_context){ .tt = (uint8_t)tt, .did = DID_SS, .ss = b.ss };
        vtd_encode_context(&c, ctx);
        system_table_write(b.sys, 0x20000 + (DEVICE & 0xff) * 16 + 16 * tt, ctx, VTD_CTX_WORDS);
    }
    reg(&b, VTD_REG_RTADDR, 0x21000);
    reg(&b, VTD_REG_GCMD, FIELD_MASK(GSTS, TES) | FIELD_MASK(GSTS, RTPS));
    access_of(&b, IOVA, false);
    CHECK_EQ(stats(&b)->accesses, 0);
    access_as(&b, &(struct xl_req){ .addr = IOVA, .sid = DEVICE + VTD_TT_ALL });
    is_translated(&b, PA, VTD_CLASS_ATS);
    down(&b);
}

/* ---- what they ask ------------------------------------------------------------------------------- */

static void translation_covers_its_page(void)
{
    struct bench b;

    up(&b);
    map(&b, 0x80000000, 0x100000000, 2, true);
    access_of(&b, 0x80000000, false);
    CHECK_EQ(b.res.ats_size_log2, 21);
    access_of(&b, 0x801ff123, true);
    is_translated(&b, 0x1001ff123, VTD_CLASS_ATC);
    down(&b);
}

static void pasids_have_translations_of_their_own(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    access_with(&b, PASID, IOVA, false);
    is_translated(&b, 2ull * PA, VTD_CLASS_ATS);
    access_of(&b, IOVA, false);
    is_translated(&b, PA, VTD_CLASS_ATC);
    access_with(&b, PASID, IOVA, false);
    is_translated(&b, 2ull * PA, VTD_CLASS_ATC);
    down(&b);
}

static void right_to_write_marks_the_page_dirty(void)
{
    const uint64_t clean = vtdfs_attr(true, true, true) & ~FIELD_MASK(FSPTE, D);
    struct bench b;

    config_up(&b);
    set(&b, "device.no_write", 1);
    system_up(&b);
    CHECK_EQ(vtdfs_map(&b.fs, &b.io, IOVA + 8 * PAGE, PA, 1, clean), 0);
    access_with(&b, PASID, IOVA + 8 * PAGE, false);
    is_translated(&b, PA, VTD_CLASS_ATS);
    CHECK_EQ(b.u->st.updates, 0);
    access_with(&b, PASID, IOVA + 8 * PAGE, true);
    is_translated(&b, PA, VTD_CLASS_ATS);
    CHECK_EQ(b.u->st.updates, 1);
    access_with(&b, PASID, IOVA + 8 * PAGE, true);
    is_translated(&b, PA, VTD_CLASS_ATC);
    down(&b);
}

static void what_passes_is_translated_to_itself(void)
{
    struct bench b;

    up(&b);
    access_with(&b, PASS_PASID, 0x123456, true);
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    CHECK_EQ(b.res.pa, 0x123456);
    CHECK_EQ(b.trail.cls, VTD_CLASS_ATS);
    access_with(&b, PASS_PASID, 0x123000, false);
    CHECK_EQ(b.res.pa, 0x123000);
    CHECK_EQ(b.trail.cls, VTD_CLASS_ATC);
    down(&b);
}

static void write_to_a_page_that_may_be_read_is_given_up(void)
{
    struct bench b;

    up(&b);
    map(&b, IOVA + 8 * PAGE, PA + 8 * PAGE, 1, false);
    access_of(&b, IOVA + 8 * PAGE, false);
    CHECK_EQ(b.res.outcome, XL_OK);
    access_of(&b, IOVA + 8 * PAGE, true);
    is_given_up(&b);
    CHECK_EQ(b.u->st.fault_records, 0);
    CHECK_EQ(stats(&b)->given_up, 1);
    down(&b);
}

static void what_is_not_there_is_not_kept(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_given_up(&b);
    map(&b, IOVA + 9 * PAGE, PA, 1, true);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_translated(&b, PA, VTD_CLASS_ATS);
    down(&b);
}

/* Without tables the answer is Unsupported Request, and a record says so. */
static void answer_without_tables_is_a_failure_and_recorded(void)
{
    struct bench b;

    up(&b);
    access_with(&b, 7, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_ATS_UR);
    CHECK_EQ(stats(&b)->failed, 1);
    CHECK_EQ(b.u->st.fault_records, 1);
    CHECK_EQ(FIELD_GET(FRCD, FR, b.u->frcd[0]), VTD_SPT_2);
    down(&b);
}

/* ---- what removes it ----------------------------------------------------------------------------- */

static struct vtd_inv of_unit(uint64_t addr)
{
    return (struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = DID_SS, .addr = addr };
}

static struct vtd_inv of_device(uint64_t addr)
{
    return (struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = DEVICE, .addr = addr };
}

static void unmapped_page_is_removed_by_both_invalidations(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    unmap(&b, IOVA);
    give(&b, of_unit(IOVA));
    give(&b, of_device(IOVA));
    access_of(&b, IOVA, false);
    is_given_up(&b);
    CHECK_EQ(stale(&b), 0);
    down(&b);
}

/* The unit's own caches are clean, the device's is not. */
static void forget_the_device(struct bench *b)
{
    access_of(b, IOVA, false);
    unmap(b, IOVA);
    give(b, of_unit(IOVA));
    access_of(b, IOVA + 8, false);
    is_translated(b, PA + 8, VTD_CLASS_ATC);
}

static void forgotten_invalidation_of_a_device_is_a_stale_use(void)
{
    struct bench b;
    const struct system_stale *row;
    size_t n;
    uint64_t total;

    up(&b);
    forget_the_device(&b);
    row = system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    CHECK_EQ(row[0].iova, IOVA + 8);
    CHECK_EQ(row[0].invalidated_ps, UINT64_MAX);
    give(&b, (struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = PLAIN, .addr = IOVA });
    give(&b, (struct vtd_inv){ .type = VTD_INV_PDEVTLB, .sid = DEVICE, .pasid = PASID, .addr = IOVA });
    CHECK_EQ(row[0].invalidated_ps, UINT64_MAX);
    give(&b, of_device(IOVA));
    CHECK_EQ(row[0].invalidated_ps, b.sys->now_ps);
    access_of(&b, IOVA + 8, false);
    is_given_up(&b);
    CHECK_EQ(stale(&b), 1);
    down(&b);
}

/* Had a device used an entry after that, it would be a mistake of the model. */
static void use_after_the_invalidation_of_a_device_is_a_mismatch(void)
{
    const struct xl_req req = { .addr = IOVA, .sid = DEVICE };
    const struct xl_result kept = { .outcome = XL_OK, .pa = PA, .ats_size_log2 = 12 };
    struct bench b;

    up(&b);
    forget_the_device(&b);
    give(&b, of_device(IOVA + PAGE));
    CU_ASSERT(system_judge(b.sys, &req, &kept, 9, mem_epoch(b.sys->mem)));
    give(&b, of_device(IOVA));
    CU_ASSERT_FALSE(system_judge(b.sys, &req, &kept, 10, mem_epoch(b.sys->mem)));
    CHECK_EQ(mismatches(&b), 1);
    take_down(&b);
}

static bool kept(struct bench *b, uint32_t pasid, uint64_t addr)
{
    if (pasid)
        access_with(b, pasid, addr, false);
    else
        access_of(b, addr, false);
    CHECK_EQ(b->res.outcome, XL_OK);
    return b->trail.cls == VTD_CLASS_ATC;
}

/* Four pages without a PASID and four with one; which of them are still there? */
static unsigned kept_after(struct vtd_inv inv)
{
    struct bench b;
    unsigned is = 0;

    up(&b);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < 8; i++)
            is |= (unsigned)kept(&b, i < 4 ? 0 : PASID, IOVA + i % 4 * PAGE) << i;
        if (pass == 0) {
            CHECK_EQ(is, 0);
            give(&b, inv);
        }
    }
    CHECK_EQ(b.u->st.descriptors, 1);
    down(&b);
    return is;
}

#define DEVTLB(...)  ((struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = DEVICE, __VA_ARGS__ })
#define PDEVTLB(...) ((struct vtd_inv){ .type = VTD_INV_PDEVTLB, .sid = DEVICE, .pasid = PASID, __VA_ARGS__ })

static void device_tlb_descriptors_remove_what_they_say_and_nothing_else(void)
{
    const uint64_t all = 0x7ffffffffffff000;

    CHECK_EQ(kept_after(DEVTLB(.addr = IOVA)), 0xee);          /* of every PASID */
    CHECK_EQ(kept_after(DEVTLB(.addr = IOVA + PAGE)), 0xdd);
    CHECK_EQ(kept_after(DEVTLB(.addr = IOVA, .s = true)), 0xcc);
    CHECK_EQ(kept_after(DEVTLB(.addr = IOVA + PAGE, .s = true)), 0x00);
    CHECK_EQ(kept_after(DEVTLB(.addr = all, .s = true)), 0x00);
    CHECK_EQ(kept_after(PDEVTLB(.addr = IOVA)), 0xef);
    CHECK_EQ(kept_after(PDEVTLB(.addr = IOVA, .s = true)), 0xcf);
    CHECK_EQ(kept_after(PDEVTLB(.addr = all, .s = true)), 0x0f);
    CHECK_EQ(kept_after(PDEVTLB(.addr = IOVA, .g = 1)), 0xee);
    CHECK_EQ(kept_after(PDEVTLB(.addr = all, .s = true, .g = 1)), 0x00);
    CHECK_EQ(kept_after((struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = PLAIN, .addr = IOVA }), 0xff);
    CHECK_EQ(kept_after((struct vtd_inv){ .type = VTD_INV_PDEVTLB, .sid = DEVICE, .pasid = 6, .addr = IOVA }), 0xff);
    CHECK_EQ(kept_after((struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL }), 0xff);
}

static void reset_empties_the_devices(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    system_reset(b.sys);
    CHECK_EQ(store_valid(&b.sys->ats->link[0].atc.lines), 0);
    access_of(&b, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_BYPASS);        /* the unit is off */
    down(&b);
}

/* ---- whatever software does ---------------------------------------------------------------------- */

enum { RANDOM_PAGES = 8, STEPS = 30000 };
struct software {
    struct bench b;
    struct rng rng;
    bool there[2][RANDOM_PAGES];               /* in the second stage, in PASID's first */
};

static uint64_t below(struct software *s, uint64_t n) { return rng_below(&s->rng, n); }
static uint64_t any_page(struct software *s) { return IOVA + below(s, RANDOM_PAGES) * PAGE; }

/* Takes a page away or puts another there, read-only or not. */
static void change_page(struct software *s)
{
    unsigned first = (unsigned)below(s, 2), size_log2;
    uint64_t i = below(s, RANDOM_PAGES), in = IOVA + i * PAGE, out = PA + below(s, 64) * PAGE;
    bool write = below(s, 2);

    if (s->there[first][i] && first)
        CHECK_EQ(vtdfs_unmap(&s->b.fs, &s->b.io, in, &size_log2), 0);
    else if (s->there[first][i])
        unmap(&s->b, in);
    else if (first)
        map_first(&s->b, in, out, write);
    else
        map(&s->b, in, out, 1, write);
    s->there[first][i] = !s->there[first][i];
}

static void change_context(struct software *s)
{
    write_context(&s->b, DEVICE, &(struct vtd_context){ .dte = below(s, 4) != 0, .paside = true, .dir = DIRECTORY });
    if (below(s, 2))
        give(&s->b, (struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = DEVICE });
}

static void invalidate_something(struct software *s)
{
    const uint32_t pasid[] = { 0, PASID, PASS_PASID };
    struct vtd_inv inv = { .sid = DEVICE, .addr = any_page(s), .pasid = pasid[below(s, 3)] };

    switch (below(s, 6)) {
    case 0:
        inv = (struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL };
        break;
    case 1:
        inv = (struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = DID_SS, .addr = inv.addr, .am = 1 };
        break;
    case 2:
        inv = (struct vtd_inv){ .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PAGE, .did = DID_FS, .pasid = PASID,
                                .addr = inv.addr };
        break;
    case 3:
        inv.type = VTD_INV_PDEVTLB;
        inv.g = (uint8_t)below(s, 2);
        inv.s = below(s, 2);
        break;
    default:
        inv.type = VTD_INV_DEVTLB;
        inv.pasid = 0;
        inv.s = below(s, 2);
        break;
    }
    give(&s->b, inv);
}

static void random_step(struct software *s)
{
    switch (below(s, 16)) {
    case 0: case 1: change_page(s); break;
    case 2: case 3: invalidate_something(s); break;
    case 4: if (below(s, 20) == 0) change_context(s); break;
    case 5: access_as(&s->b, &(struct xl_req){ .sid = PLAIN, .addr = any_page(s), .write = below(s, 2) }); break;
    case 6: access_with(&s->b, PASS_PASID, any_page(s), below(s, 2)); break;
    default:
        if (below(s, 2))
            access_with(&s->b, PASID, any_page(s), below(s, 2));
        else
            access_of(&s->b, any_page(s), below(s, 2));
        break;
    }
}

/* It forgets much, and the oracle finds that; nothing that it finds is a mistake of the model. */
static void random_software_meets_no_mismatch(void)
{
    struct software s;

    memset(&s, 0, sizeof s);
    rng_init(&s.rng, 11, "software");
    up(&s.b);
    for (unsigned i = 0; i < 4; i++)
        s.there[0][i] = s.there[1][i] = true;
    for (unsigned i = 0; i < STEPS && !mismatches(&s.b); i++)
        random_step(&s);
    CU_ASSERT(stats(&s.b)->atc_hits > STEPS / 10);
    CU_ASSERT(stats(&s.b)->given_up > STEPS / 100);
    CU_ASSERT(stale(&s.b) > STEPS / 100);
    down(&s.b);
}

#define TESTS(T)                                                                                   \
    T(first_access_of_a_page_asks_and_later_ones_hit)                                              \
    T(function_whose_context_forbids_it_asks_nothing)                                              \
    T(unit_without_device_tlbs_has_no_device_ask)                                                  \
    T(interrupt_request_goes_past_the_devices_tlb)                                                 \
    T(unit_that_is_off_has_no_device_ask)                                                          \
    T(change_of_a_context_counts_when_it_is_invalidated)                                           \
    T(translated_access_is_checked)                                                                \
    T(legacy_mode_has_device_tlbs_by_translation_type)                                             \
    T(translation_covers_its_page)                                                                 \
    T(pasids_have_translations_of_their_own)                                                       \
    T(right_to_write_marks_the_page_dirty)                                                         \
    T(what_passes_is_translated_to_itself)                                                         \
    T(write_to_a_page_that_may_be_read_is_given_up)                                                \
    T(what_is_not_there_is_not_kept)                                                               \
    T(answer_without_tables_is_a_failure_and_recorded)                                             \
    T(unmapped_page_is_removed_by_both_invalidations)                                              \
    T(forgotten_invalidation_of_a_device_is_a_stale_use)                                           \
    T(use_after_the_invalidation_of_a_device_is_a_mismatch)                                        \
    T(device_tlb_descriptors_remove_what_they_say_and_nothing_else)                                \
    T(random_software_meets_no_mismatch)                                                           \
    T(reset_empties_the_devices)
TEST_SUITE("vtd_ats", TESTS)
