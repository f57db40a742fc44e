/* SPDX-License-Identifier: Apache-2.0
 *
 * VT-d tables: fields, registers, reasons, structure entries, descriptors.
 */
#include "arch/table/vtdfs.h"
#include "arch/vtd/context.h"
#include "arch/vtd/fault.h"
#include "arch/vtd/invdesc.h"
#include "arch/vtd/irte.h"
#include "base/rng.h"
#include "suite.h"

enum { ROUNDS = 2000 };

static const struct field_table *table_at(unsigned i)
{
    static const struct field_table *const structures[] = {
        &vtd_root_fields, &vtd_ctx_fields, &frcd_fields, &sspte_fields, &fspte_fields, &vtd_irta_fields,
        &vtd_irte_fields, &vtd_pirte_fields, &vtd_pd_fields,
    };
    unsigned n = sizeof structures / sizeof structures[0], type;

    if (i < n)
        return structures[i];
    type = i - n + 1;
    if (type < VTD_INV_TYPE_COUNT)
        return vtd_inv_fields(type);
    return vtd_reg_fields[type - VTD_INV_TYPE_COUNT];
}

static void no_two_fields_of_a_structure_share_a_bit(void)
{
    const struct field *a = NULL, *b = NULL;

    for (unsigned i = 0; table_at(i); i++) {
        if (field_overlap(table_at(i), &a, &b))
            fprintf(stderr, "\n%s: %s and %s\n", table_at(i)->name, a->name, b->name);
        CU_ASSERT_FALSE(field_overlap(table_at(i), &a, &b));
    }
}

static void a_field_that_is_set_is_read_back_and_touches_no_other_bit(void)
{
    for (unsigned i = 0; table_at(i); i++)
        for (unsigned k = 0; k < table_at(i)->n; k++) {
            const struct field *f = &table_at(i)->row[k];
            uint64_t words[8] = { 0 }, all = bits_low(f->hi - f->lo + 1u);

            CU_ASSERT_FATAL(f->word < table_at(i)->words);
            field_set(f, words, all);
            CHECK_EQ(field_get(f, words), all);
            CHECK_EQ(words[f->word], bits_mask(f->hi, f->lo));
            field_set(f, words, 0);
            CHECK_EQ(words[f->word], 0);
        }
}

static void registers_do_not_overlap_and_are_found_by_every_byte(void)
{
    for (unsigned i = 0; i < vtd_reg_count; i++) {
        const struct vtd_reg_row *r = &vtd_reg_rows[i];

        CHECK_EQ(r->offset % r->bytes, 0);
        CHECK_EQ(r->writable & r->clear, 0);
        for (unsigned b = 0; b < r->bytes; b++)
            CU_ASSERT_PTR_EQUAL(vtd_reg_find(r->offset + b), r);
    }
    CU_ASSERT_PTR_NULL(vtd_reg_find(0x004));
    CU_ASSERT_PTR_NULL(vtd_reg_find(0xffc));
}

static void reasons_have_one_row_each(void)
{
    for (unsigned i = 0; i < vtd_reason_count; i++)
        CU_ASSERT_PTR_EQUAL(vtd_reason(vtd_reasons[i].code), &vtd_reasons[i]);
    CU_ASSERT_PTR_NULL(vtd_reason(0));
    CU_ASSERT_FALSE(vtd_reason_fpd(VTD_LRT_2));
    CU_ASSERT(vtd_reason_fpd(VTD_LCT_2));
}

/* Published values, decoded by hand. */
static void capabilities_of_real_units_decode(void)
{
    uint64_t cap = 0x00c0000020230272, ecap = 0xf0101a;

    CHECK_EQ(FIELD_GET(CAP, ND, &cap), 2);
    CHECK_EQ(FIELD_GET(CAP, RWBF, &cap), 1);
    CHECK_EQ(FIELD_GET(CAP, SAGAW, &cap), 2);
    CHECK_EQ(FIELD_GET(CAP, MGAW, &cap) + 1, 36);
    CHECK_EQ(FIELD_GET(CAP, FRO, &cap) * 16, 0x200);
    CHECK_EQ(FIELD_GET(CAP, PSI, &cap), 0);
    CHECK_EQ(FIELD_GET(CAP, DRD, &cap), 1);
    CHECK_EQ(FIELD_GET(ECAP, QI, &ecap), 1);
    CHECK_EQ(FIELD_GET(ECAP, PT, &ecap), 0);
    CHECK_EQ(FIELD_GET(ECAP, IRO, &ecap) * 16, 0x100);
    CHECK_EQ(FIELD_GET(ECAP, MHMV, &ecap), 15);
}

/* ---- structure entries ---------------------------------------------------------------------- */

static struct vtd_regs regs_48(void)
{
    return (struct vtd_regs){ .cap = 0x00d2078c106f0666, .ecap = 0xf050da | 4, .haw = 46 };
}

static void a_context_entry_survives_encoding(void)
{
    struct vtd_regs r = regs_48();
    struct rng rng;

    rng_init(&rng, 1, "context");
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct vtd_context in = { .ss = vtd_table(&r, 3 + (unsigned)rng_below(&rng, 2)),
                                  .did = (uint16_t)rng_u64(&rng), .tt = (uint8_t)rng_below(&rng, 3),
                                  .fpd = rng_below(&rng, 2) }, out;
        uint64_t words[VTD_CTX_WORDS];

        in.ss.base = in.tt == VTD_TT_PASS ? 0 : rng_below(&rng, 1ull << 34) << 12;
        vtd_encode_context(&in, words);
        CHECK_EQ(vtd_decode_context(&r, words, &out), 0);
        CHECK_EQ(out.ss.base, in.ss.base);
        CHECK_EQ(out.ss.levels, in.ss.levels);
        CHECK_EQ(out.did, in.did);
        CHECK_EQ(out.tt, in.tt);
        CHECK_EQ(out.fpd, in.fpd);
    }
}

/* Every bit that the entry's fields do not cover, and address bits from HAW on. */
static void each_reserved_bit_of_a_context_entry_is_found(void)
{
    const struct vtd_regs r = regs_48();
    const struct vtd_context c = { .ss = vtd_table(&r, 4), .did = 7 };
    struct vtd_context out;
    unsigned found = 0;

    for (unsigned bit = 0; bit < 128; bit++) {
        uint64_t words[VTD_CTX_WORDS];
        bool reserved = (bit >= 4 && bit < 12) || (bit >= 46 && bit < 64) || bit == 71 || bit >= 88;

        vtd_encode_context(&c, words);
        words[bit / 64] |= 1ull << bit % 64;
        CHECK_EQ(vtd_decode_context(&r, words, &out) == VTD_LCT_3, reserved);
        found += reserved;
    }
    CHECK_EQ(found, 8 + 18 + 1 + 40);
}

static void each_reserved_bit_of_a_root_entry_is_found(void)
{
    const struct vtd_regs r = regs_48();
    uint64_t table;

    for (unsigned bit = 1; bit < 128; bit++) {
        uint64_t words[VTD_ROOT_WORDS];

        vtd_encode_root(0x11000, words);
        words[bit / 64] |= 1ull << bit % 64;
        CHECK_EQ(vtd_decode_root(&r, words, &table) == VTD_LRT_3, bit < 12 || bit >= 46);
    }
}

/* Few domains: the upper bits of DID are reserved. */
static void a_domain_beyond_nd_is_reserved(void)
{
    struct vtd_regs r = regs_48();
    struct vtd_context c = { .ss = vtd_table(&r, 4), .did = 255 }, out;
    uint64_t words[VTD_CTX_WORDS];

    FIELD_SET(CAP, ND, &r.cap, 2);                   /* 256 domains */
    vtd_encode_context(&c, words);
    CHECK_EQ(vtd_decode_context(&r, words, &out), 0);
    c.did = 256;
    vtd_encode_context(&c, words);
    CHECK_EQ(vtd_decode_context(&r, words, &out), VTD_LCT_3);
}

/* ---- descriptors ---------------------------------------------------------------------------- */

static bool fits(unsigned type, unsigned g)
{
    switch (type) {
    case VTD_INV_CC: case VTD_INV_IOTLB: return g != 0;
    case VTD_INV_PIOTLB:                 return g >= 2;
    case VTD_INV_PC:                     return g != 2;
    default:                             return true;
    }
}

/* Random values in every field of the type. */
static void random_descriptor(struct rng *rng, unsigned type, uint64_t *words)
{
    const struct field_table *t = vtd_inv_fields(type);
    const struct field *g = field_find(t, "G");

    memset(words, 0, VTD_INV_WORDS * sizeof *words);
    do {
        for (unsigned i = 0; i < t->n; i++)
            field_set(&t->row[i], words, rng_u64(rng));
        FIELD_SET(INV, TYPE, words, type);
        FIELD_SET(INV, TYPE_HIGH, words, 0);
    } while (g && !fits(type, (unsigned)field_get(g, words)));
}

static void a_descriptor_survives_decoding_and_encoding(void)
{
    struct rng rng;
    uint64_t cap = 0;

    FIELD_SET(CAP, MAMV, &cap, 63);
    rng_init(&rng, 2, "descriptors");
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t words[VTD_INV_WORDS], again[VTD_INV_WORDS];
        unsigned type = 1 + i % (VTD_INV_TYPE_COUNT - 1);
        struct vtd_inv inv;

        random_descriptor(&rng, type, words);
        CHECK_EQ(vtd_inv_decode(words, VTD_INV_WORDS, cap, &inv), VTD_IQEI_NONE);
        CHECK_EQ(inv.type, type);
        vtd_inv_encode(&inv, again);
        for (unsigned w = 0; w < VTD_INV_WORDS; w++)
            CHECK_EQ(again[w], words[w]);
    }
}

static void each_reserved_bit_of_a_descriptor_is_refused(void)
{
    uint64_t cap = 0;
    struct rng rng;

    FIELD_SET(CAP, MAMV, &cap, 63);
    rng_init(&rng, 3, "descriptors");
    for (unsigned type = 1; type < VTD_INV_TYPE_COUNT; type++)
        for (unsigned bit = 0; bit < 64 * VTD_INV_WORDS; bit++) {
            uint64_t words[VTD_INV_WORDS];
            struct vtd_inv inv;

            if (!(field_reserved(vtd_inv_fields(type), bit / 64) >> bit % 64 & 1))
                continue;
            random_descriptor(&rng, type, words);
            words[bit / 64] |= 1ull << bit % 64;
            CHECK_EQ(vtd_inv_decode(words, VTD_INV_WORDS, cap, &inv), VTD_IQEI_RESERVED);
        }
}

static void unknown_types_and_wide_ones_in_a_narrow_queue_are_refused(void)
{
    for (unsigned type = 0; type < 128; type++) {
        uint64_t words[VTD_INV_WORDS] = { 0 };
        bool known = type >= 1 && type < VTD_INV_TYPE_COUNT, wide = type >= VTD_INV_PIOTLB;
        struct vtd_inv inv;

        FIELD_SET(INV, TYPE, words, type & 15);
        FIELD_SET(INV, TYPE_HIGH, words, type >> 4);
        CHECK_EQ(vtd_inv_decode(words, 4, 0, &inv) != VTD_IQEI_TYPE, known);
        CHECK_EQ(vtd_inv_decode(words, 2, 0, &inv) != VTD_IQEI_TYPE, known && !wide);
    }
}

static void an_address_mask_beyond_mamv_is_refused(void)
{
    uint64_t cap = 0, words[VTD_INV_WORDS];
    struct vtd_inv inv = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .am = 9 }, out;

    FIELD_SET(CAP, MAMV, &cap, 9);
    vtd_inv_encode(&inv, words);
    CHECK_EQ(vtd_inv_decode(words, 2, cap, &out), VTD_IQEI_NONE);
    inv.am = 10;
    vtd_inv_encode(&inv, words);
    CHECK_EQ(vtd_inv_decode(words, 2, cap, &out), VTD_IQEI_RESERVED);
    inv.g = VTD_IOTLB_DOMAIN;                        /* has no address */
    vtd_inv_encode(&inv, words);
    CHECK_EQ(vtd_inv_decode(words, 2, cap, &out), VTD_IQEI_NONE);
}

static void check_range(const struct vtd_inv *inv, uint64_t first, uint64_t last)
{
    uint64_t a, b;

    vtd_inv_range(inv, &a, &b);
    CHECK_EQ(a, first);
    CHECK_EQ(b, last);
}

static void ranges_follow_am_and_s(void)
{
    struct vtd_inv page = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .addr = 0x12345000,
                            .am = 9 };
    struct vtd_inv device = { .type = VTD_INV_DEVTLB, .addr = 0x17000 };

    check_range(&page, 0x12200000, 0x123fffff);
    page.am = 0;
    check_range(&page, 0x12345000, 0x12345fff);
    page.am = 52;
    check_range(&page, 0, UINT64_MAX);
    check_range(&device, 0x17000, 0x17fff);
    device.s = true;                                 /* bits 12.. are 111: lowest zero is bit 15 */
    check_range(&device, 0x10000, 0x1ffff);
}

static void function_masks_take_bits_from_the_top(void)
{
    CHECK_EQ(vtd_inv_sid_mask(0), 0xffff);
    CHECK_EQ(vtd_inv_sid_mask(1), 0xfffb);
    CHECK_EQ(vtd_inv_sid_mask(2), 0xfff9);
    CHECK_EQ(vtd_inv_sid_mask(3), 0xfff8);
}

static void registers_ask_for_the_same_as_descriptors(void)
{
    uint64_t ccmd = 0, iva = 0, iotlb = 0;
    struct vtd_inv inv;

    FIELD_SET(CCMD, CIRG, &ccmd, VTD_CC_DEVICE);
    FIELD_SET(CCMD, SID, &ccmd, 0x310);
    FIELD_SET(CCMD, FM, &ccmd, 3);
    FIELD_SET(CCMD, DID, &ccmd, 0x22);
    vtd_inv_from_ccmd(ccmd, &inv);
    CHECK_EQ(inv.type, VTD_INV_CC);
    CHECK_EQ(inv.g, VTD_CC_DEVICE);
    CHECK_EQ(inv.sid, 0x310);
    CHECK_EQ(inv.fm, 3);
    CHECK_EQ(inv.did, 0x22);
    FIELD_SET(IOTLB, IIRG, &iotlb, VTD_IOTLB_PAGE);
    FIELD_SET(IOTLB, DID, &iotlb, 5);
    FIELD_SET(IVA, AM, &iva, 9);
    FIELD_SET(IVA, IH, &iva, 1);
    FIELD_SET_ADDR(IVA, ADDR, &iva, 0x200000);
    vtd_inv_from_iotlb(iva, iotlb, &inv);
    CHECK_EQ(inv.type, VTD_INV_IOTLB);
    CHECK_EQ(inv.g, VTD_IOTLB_PAGE);
    CHECK_EQ(inv.did, 5);
    CHECK_EQ(inv.am, 9);
    CHECK_EQ(inv.ih, 1);
    CHECK_EQ(inv.addr, 0x200000);
}

#define TESTS(T)                                                                                   \
    T(no_two_fields_of_a_structure_share_a_bit)                                                    \
    T(a_field_that_is_set_is_read_back_and_touches_no_other_bit)                                   \
    T(registers_do_not_overlap_and_are_found_by_every_byte) T(reasons_have_one_row_each)           \
    T(capabilities_of_real_units_decode) T(a_context_entry_survives_encoding)                      \
    T(each_reserved_bit_of_a_context_entry_is_found) T(each_reserved_bit_of_a_root_entry_is_found) \
    T(a_domain_beyond_nd_is_reserved) T(a_descriptor_survives_decoding_and_encoding)               \
    T(each_reserved_bit_of_a_descriptor_is_refused)                                                \
    T(unknown_types_and_wide_ones_in_a_narrow_queue_are_refused)                                   \
    T(an_address_mask_beyond_mamv_is_refused) T(ranges_follow_am_and_s)                            \
    T(function_masks_take_bits_from_the_top) T(registers_ask_for_the_same_as_descriptors)
TEST_SUITE("vtd_fields", TESTS)
