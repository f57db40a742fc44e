/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of a VT-d unit as its driver reads and writes them: what CAP and ECAP bring along, handshakes,
 * fault records and the fault event.
 */
#include "vtd_driver_bench.h"

enum { A = 0x310, B = 0x318, C = 0x320 };
#define ALL_ONES 0xffffffffffffffffull

/* ---- what there is ------------------------------------------------------------------------------- */

static void capabilities_and_version_read_as_the_profile_says(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.cap", "0x00d2008c22260206", "vtd.ecap", "0xf42", "vtd.ver", "0x52"));
    CHECK_EQ(read_reg(&b, VTD_REG_CAP), 0x00d2008c22260206);
    CHECK_EQ(system_reg_read(b.sys, VTD_REG_CAP, 4), 0x22260206);
    CHECK_EQ(system_reg_read(b.sys, VTD_REG_CAP + 4, 4), 0x00d2008c);
    CHECK_EQ(read_reg(&b, VTD_REG_ECAP), 0xf42);
    CHECK_EQ(read_reg(&b, VTD_REG_VER), 0x52);
    CHECK_EQ(system_reg_read(b.sys, VTD_REG_CAP + 2, 4), 0);
    write_reg(&b, VTD_REG_CAP, 0);
    CHECK_EQ(read_reg(&b, VTD_REG_CAP), 0x00d2008c22260206);
    bench_down(&b);
}

/* A capability without what it needs is none.  Bits as the manual counts them. */
static void capabilities_need_one_another(void)
{
    static const struct { uint64_t cap, ecap, cap_left, ecap_left; } rows[] = {
        { 0, 1ull << 43 | 2, 0, 1ull << 43 | 2 },                      /* SMTS, QI                 */
        { 0, 1ull << 43, 0, 0 },
        { 0, 1ull << 40 | 1ull << 43 | 1ull << 49, 0, 0 },             /* PASID, RPS need SMTS     */
        { 0, 2 | 1ull << 43 | 1ull << 26, 0, 2 | 1ull << 43 },         /* NEST needs both stages   */
        { 0, 2 | 7ull << 46 >> 1 | 1ull << 43 | 1ull << 26, 0, 2 | 7ull << 46 >> 1 | 1ull << 43 | 1ull << 26 },
        { 0, 1ull << 29 | 1ull << 42, 0, 0 },                          /* PRS needs DT, PDS PRS    */
        { 0, 4 | 1ull << 29 | 1ull << 42, 0, 4 | 1ull << 29 | 1ull << 42 },
        { 1ull << 59 | 1ull << 62, 0x10 | 0xf << 20, 0, 0 },           /* PI, EIM ... need IR      */
        { 1ull << 59 | 1ull << 62, 0x18 | 0xf << 20, 1ull << 59 | 1ull << 62, 0x18 | 0xf << 20 },
        { 8 | 1ull << 61, ALL_ONES & 1ull << 25, 0, 0 },               /* AFL, ECMDS, MTS: never   */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t cap = rows[i].cap, ecap = rows[i].ecap;

        vtd_caps_limit(&cap, &ecap);
        CHECK_EQ(cap, rows[i].cap_left);
        CHECK_EQ(ecap, rows[i].ecap_left);
    }
}

static void registers_of_absent_features_read_as_zero_and_take_no_writes(void)
{
    static const struct { uint32_t at; const char *cap, *ecap; uint64_t v; } rows[] = {
        { VTD_REG_IQA, "0x222f0606", "0xf42", 0x12345807 },
        { VTD_REG_IRTA, "0x222f0606", "0xf4a", 0x1234580f },
        { VTD_REG_PQA, "0x222f0606", "0x20000f46", 0x12345007 },
        { VTD_REG_PLMBASE, "0x222f0626", "0xf42", 0x200000 },
        { VTD_REG_PHMLIMIT, "0x222f0646", "0xf42", 0x1200000000 },
        { VTD_REG_IEDATA, "0x222f0606", "0xf42", 0x33 },
        { VTD_REG_PEDATA, "0x222f0606", "0x20000f46", 0x33 },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (unsigned there = 0; there < 2; there++) {
            bench_up(&b, false, SET("vtd.cap", there ? rows[i].cap : "0x222f0606",
                                    "vtd.ecap", there ? rows[i].ecap : "0xf40"));
            write_reg(&b, rows[i].at, rows[i].v);
            CHECK_EQ(read_reg(&b, rows[i].at), there ? rows[i].v : 0);
            bench_down(&b);
        }
    }
}

static void reserved_bits_of_a_register_stay_0(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.ecap", "0xf4a"));
    for (unsigned i = 0; i < vtd_reg_count; i++) {
        const struct vtd_reg_row *r = &vtd_reg_rows[i];

        if (r->offset == VTD_REG_GCMD || r->offset == VTD_REG_CCMD ||
            !vtd_caps_has_register(b.u->regs.cap, b.u->regs.ecap, (enum vtd_reg)r->offset))
            continue;
        if (r->writable)
            write_reg(&b, r->offset, ALL_ONES);
        CHECK_EQ(read_reg(&b, r->offset) & r->writable, r->writable);
        if (r->offset > VTD_REG_ECAP && r->offset != VTD_REG_GSTS)
            CHECK_EQ(read_reg(&b, r->offset) & ~(r->writable | r->clear), 0);
    }
    bench_down(&b);
}

static void gaps_between_registers_read_as_zero(void)
{
    struct bench b;

    bench_up(&b, false, NOTHING);
    CHECK_EQ(system_reg_write(b.sys, 0x30, ALL_ONES, 4), 0);
    CHECK_EQ(system_reg_read(b.sys, 0x30, 4), 0);
    CHECK_EQ(system_reg_write(b.sys, 0xf00, ALL_ONES, 8), 0);
    CHECK_EQ(system_reg_read(b.sys, 0xf00, 8), 0);
    CHECK_EQ(system_reg_write(b.sys, VTD_REG_FECTL, 0x4100000000, 8), 0);   /* two at once */
    CHECK_EQ(read_reg(&b, VTD_REG_FEDATA), 0x41);
    CHECK_EQ(system_reg_read(b.sys, VTD_REG_FECTL, 8), 0x4100000000);
    bench_down(&b);
}

/* ---- the page about them ------------------------------------------------------------------------- */

/* A row begins with names in backticks and has a verdict in its second column. */
static bool has_row(const char *page, const char *name)
{
    char quoted[32];

    snprintf(quoted, sizeof quoted, "`%s`", name);
    for (const char *at = page; (at = strstr(at, quoted)) != NULL; at++) {
        const char *bar = strstr(at, " | ");

        if (bar && memchr(at, '\n', (size_t)(bar - at)) == NULL &&
            (!strncmp(bar + 3, "modelled |", 10) || !strncmp(bar + 3, "in part |", 9) ||
             !strncmp(bar + 3, "not modelled |", 14)))
            return true;
    }
    return false;
}

static void the_page_has_a_row_for_every_register(void)
{
    char page[32768] = "";
    FILE *f = fopen(SOURCE_DIR "/docs/vtd-registers.md", "rb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT(fread(page, 1, sizeof page - 1, f) < sizeof page - 1);
    fclose(f);
    for (unsigned i = 0; i < vtd_reg_count; i++) {
        if (!has_row(page, vtd_reg_rows[i].name))
            printf("no row for %s\n", vtd_reg_rows[i].name);
        CU_ASSERT(has_row(page, vtd_reg_rows[i].name));
    }
}

/* ---- commands ------------------------------------------------------------------------------------ */

static void commands_show_in_the_status_and_cannot_be_read_back(void)
{
    struct bench b;

    bench_up(&b, false, NOTHING);
    set_root(&b, VTD_TTM_LEGACY);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, RTPS));
    command(&b, FIELD_MASK(GSTS, TES), true);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, RTPS) | FIELD_MASK(GSTS, TES));
    CHECK_EQ(read_reg(&b, VTD_REG_GCMD), 0);
    command(&b, FIELD_MASK(GSTS, TES), false);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, RTPS));
    bench_down(&b);
}

static void what_is_absent_cannot_be_switched_on(void)
{
    static const uint64_t always = FIELD_MASK(GSTS, TES) | FIELD_MASK(GSTS, RTPS);
    static const uint64_t remapping = FIELD_MASK(GSTS, IRES) | FIELD_MASK(GSTS, IRTPS) |
                                      FIELD_MASK(GSTS, CFIS);
    static const struct { const char *ecap; uint64_t there; } rows[] = {
        { "0xf40", 0 }, { "0xf42", FIELD_MASK(GSTS, QIES) }, { "0xf48", remapping },
        { "0xf4a", FIELD_MASK(GSTS, QIES) | remapping },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bench_up(&b, false, SET("vtd.ecap", rows[i].ecap));
        write_reg(&b, VTD_REG_GCMD, 0xffffffff);
        CHECK_EQ(read_reg(&b, VTD_REG_GSTS), always | rows[i].there);
        bench_down(&b);
    }
}

static void a_write_buffer_flush_is_done_at_once(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.cap", "0x222f0616"));
    command_once(&b, FIELD_MASK(GSTS, WBFS));
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), 0);
    bench_down(&b);
}

/* ---- invalidation by register -------------------------------------------------------------------- */

static unsigned ccmd_performs(struct bench *b, unsigned cirg)
{
    uint64_t v = 0;

    FIELD_SET(CCMD, CIRG, &v, cirg);
    FIELD_SET(CCMD, ICC, &v, 1);
    write_reg(b, VTD_REG_CCMD, v);
    v = read_reg(b, VTD_REG_CCMD);
    CHECK_EQ(FIELD_GET(CCMD, ICC, &v), 0);
    return (unsigned)FIELD_GET(CCMD, CAIG, &v);
}

static unsigned iotlb_performs(struct bench *b, unsigned iirg, unsigned am)
{
    uint64_t v = 0, ecap = read_reg(b, VTD_REG_ECAP);
    uint32_t at = (uint32_t)FIELD_GET(ECAP, IRO, &ecap) * 16;

    write_reg(b, at + VTD_REG_IVA, 0x40000000 | am);
    CHECK_EQ(read_reg(b, at + VTD_REG_IVA), 0);            /* write-only */
    FIELD_SET(IOTLB, IIRG, &v, iirg);
    FIELD_SET(IOTLB, IVT, &v, 1);
    write_reg(b, at + VTD_REG_IOTLB, v);
    v = read_reg(b, at + VTD_REG_IOTLB);
    CHECK_EQ(FIELD_GET(IOTLB, IVT, &v), 0);
    CHECK_EQ(FIELD_GET(IOTLB, IIRG, &v), iirg);
    return (unsigned)FIELD_GET(IOTLB, IAIG, &v);
}

static void the_granularity_performed_is_told(void)
{
    struct bench b;

    bench_up(&b, false, NOTHING);
    for (unsigned g = 0; g < 4; g++) {
        CHECK_EQ(ccmd_performs(&b, g), g);
        CHECK_EQ(iotlb_performs(&b, g, 18), g);
    }
    CHECK_EQ(iotlb_performs(&b, VTD_IOTLB_PAGE, 19), 0);   /* MAMV is 18 */
    CHECK_EQ(b.u->st.register_invalidations, 6);
    bench_down(&b);
    bench_up(&b, false, SET("vtd.cap", "0x00d2000c222f0606"));
    CHECK_EQ(iotlb_performs(&b, VTD_IOTLB_PAGE, 0), VTD_IOTLB_DOMAIN);      /* no PSI */
    bench_down(&b);
}

static void registers_do_not_invalidate_beside_the_queue_nor_in_scalable_mode(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.ecap", "0x80000000f42"));
    command(&b, FIELD_MASK(GSTS, QIES), true);
    CHECK_EQ(ccmd_performs(&b, VTD_CC_GLOBAL), 0);
    CHECK_EQ(iotlb_performs(&b, VTD_IOTLB_GLOBAL, 0), 0);
    command(&b, FIELD_MASK(GSTS, QIES), false);
    CHECK_EQ(ccmd_performs(&b, VTD_CC_GLOBAL), VTD_CC_GLOBAL);
    set_root(&b, VTD_TTM_SCALABLE);
    CHECK_EQ(ccmd_performs(&b, VTD_CC_GLOBAL), 0);
    CHECK_EQ(iotlb_performs(&b, VTD_IOTLB_GLOBAL, 0), 0);
    CHECK_EQ(b.u->st.register_invalidations, 1);
    bench_down(&b);
}

/* ---- protected memory ---------------------------------------------------------------------------- */

static unsigned outcome_at(struct bench *b, uint64_t addr)
{
    struct xl_req req = { .sid = A, .addr = addr };
    struct xl_result res;

    system_translate(b->sys, &req, &res, NULL);
    return res.outcome;
}

/* Software finds the granularity by writing ones. */
static void bounds_of_regions_have_a_granularity(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.cap", "0x222f0666", "vtd.pmr_log2", "20", "vtd.haw", "39"));
    write_reg(&b, VTD_REG_PLMBASE, ALL_ONES);
    write_reg(&b, VTD_REG_PHMLIMIT, ALL_ONES);
    CHECK_EQ(read_reg(&b, VTD_REG_PLMBASE), 0xfff00000);
    CHECK_EQ(read_reg(&b, VTD_REG_PHMLIMIT), 0x7ffff00000);
    bench_down(&b);
}

static void protected_memory_is_blocked_while_translation_is_off(void)
{
    static const struct { uint64_t addr; bool blocked; } rows[] = {
        { 0x3fffff, false }, { 0x400000, true }, { 0x7fffff, true }, { 0x800000, false },
        { 0xfffffffff, false }, { 0x1000000000, true }, { 0x10001fffff, true }, { 0x1000200000, false },
    };
    struct bench b;

    bench_up(&b, false, SET("vtd.cap", "0x222f0666"));
    system_check(b.sys);
    write_reg(&b, VTD_REG_PLMBASE, 0x400000);
    write_reg(&b, VTD_REG_PLMLIMIT, 0x600000);             /* the low bits count as ones */
    write_reg(&b, VTD_REG_PHMBASE, 0x1000000000);
    write_reg(&b, VTD_REG_PHMLIMIT, 0x1000000000);
    CHECK_EQ(outcome_at(&b, 0x400000), XL_BYPASS);
    write_reg(&b, VTD_REG_PMEN, 0x80000000);
    CHECK_EQ(read_reg(&b, VTD_REG_PMEN), 0x80000001);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_EQ(outcome_at(&b, rows[i].addr), rows[i].blocked ? XL_ABORT : XL_BYPASS);
    CHECK_EQ(b.u->st.faults, 0);
    command(&b, FIELD_MASK(GSTS, TES), true);
    CHECK_EQ(outcome_at(&b, 0x400000), XL_FAULT);          /* by the tables, which are empty */
    command(&b, FIELD_MASK(GSTS, TES), false);
    write_reg(&b, VTD_REG_PMEN, 0);
    CHECK_EQ(read_reg(&b, VTD_REG_PMEN), 0);
    CHECK_EQ(outcome_at(&b, 0x400000), XL_BYPASS);
    bench_down(&b);
}

static void a_region_with_its_limit_below_its_base_is_none(void)
{
    struct bench b;

    bench_up(&b, false, SET("vtd.cap", "0x222f0626"));
    write_reg(&b, VTD_REG_PLMBASE, 0x800000);
    write_reg(&b, VTD_REG_PLMLIMIT, 0x400000);
    write_reg(&b, VTD_REG_PMEN, 0x80000000);
    for (uint64_t addr = 0; addr < 0x1000000; addr += 0x200000)
        CHECK_EQ(outcome_at(&b, addr), XL_BYPASS);
    bench_down(&b);
}

/* ---- faults -------------------------------------------------------------------------------------- */

/* No root entry is present: every access faults. */
static void faults_up(struct bench *b, const char *const *set)
{
    bench_up(b, false, set);
    set_root(b, VTD_TTM_LEGACY);
    command(b, FIELD_MASK(GSTS, TES), true);
    write_reg(b, VTD_REG_FEADDR, MSI);
    write_reg(b, VTD_REG_FEDATA, 0x12340041);
    write_reg(b, VTD_REG_FECTL, 0);
}

static void fault(struct bench *b, uint32_t sid, uint64_t addr)
{
    struct xl_req req = { .sid = sid, .addr = addr };
    struct xl_result res;

    system_translate(b->sys, &req, &res, NULL);
    CHECK_EQ(res.outcome, XL_FAULT);
}

static uint32_t record_at(struct bench *b, unsigned i)
{
    uint64_t cap = read_reg(b, VTD_REG_CAP);

    return (uint32_t)FIELD_GET(CAP, FRO, &cap) * 16 + 16 * i;
}

static void take(struct bench *b, unsigned i)
{
    CHECK_EQ(system_reg_write(b->sys, record_at(b, i) + 12, 0x80000000, 4), 0);
}

static unsigned first_pending(struct bench *b)
{
    uint64_t fsts = read_reg(b, VTD_REG_FSTS);

    return (unsigned)FIELD_GET(FSTS, FRI, &fsts);
}

#define EIGHT_RECORDS "vtd.cap", "0x00d2078c106f0666"

static void a_fault_is_read_from_its_record_word_by_word(void)
{
    struct bench b;

    faults_up(&b, SET(EIGHT_RECORDS));
    fault(&b, A, 0x123456789000);
    fault(&b, B, 0x5000);
    CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, PPF));
    CHECK_EQ(first_pending(&b), 0);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 0), 8), 0x123456789000);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 0) + 8, 8), 0xc000000100000000 | A);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 1) + 8, 4), B);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 1) + 12, 4), 0xc0000001);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 2) + 12, 4), 0);
    take(&b, 0);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 0) + 12, 4), 0x40000001);
    CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, PPF));
    take(&b, 1);
    CHECK_EQ(fault_status(&b), 0);
    fault(&b, C, 0x6000);
    CHECK_EQ(first_pending(&b), 2);
    bench_down(&b);
}

/* One message when the first condition appears; none while one stands. */
static void the_fault_event_is_a_message_when_the_first_condition_appears(void)
{
    struct bench b;

    faults_up(&b, SET(EIGHT_RECORDS));
    fault(&b, A, 0x5000);
    CHECK_EQ(mem_read64(b.sys->mem, MSI), 0x41);
    fault(&b, B, 0x5000);
    CHECK_EQ(b.u->driver.msi.st.sent, 1);
    take(&b, 0);
    take(&b, 1);
    fault(&b, B, 0x5000);
    CHECK_EQ(b.u->driver.msi.st.sent, 2);
    write_reg(&b, VTD_REG_FEADDR, 0xfee00000);     /* to the processors: memory does not see it */
    take(&b, 2);
    fault(&b, B, 0x5000);
    CHECK_EQ(b.u->driver.msi.st.sent, 2);
    CHECK_EQ(b.u->st.fault_events, 3);
    bench_down(&b);
}

static void the_upper_address_counts_with_32_bit_apic_ids(void)
{
    struct bench b;

    for (unsigned eim = 0; eim < 2; eim++) {
        faults_up(&b, SET("vtd.ecap", eim ? "0xf5a" : "0xf4a"));
        write_reg(&b, VTD_REG_FEUADDR, 0x12);
        fault(&b, A, 0x5000);
        CHECK_EQ(mem_read64(b.sys->mem, MSI), eim ? 0 : 0x41);
        CHECK_EQ(mem_read64(b.sys->mem, 0x1200000000 + MSI), eim ? 0x41 : 0);
        bench_down(&b);
    }
}

static void a_masked_fault_event_pends_until_all_conditions_are_gone(void)
{
    struct bench b;

    faults_up(&b, SET(EIGHT_RECORDS));
    write_reg(&b, VTD_REG_FECTL, 0x80000000);
    fault(&b, A, 0x5000);
    fault(&b, B, 0x5000);
    take(&b, 0);
    CHECK_EQ(read_reg(&b, VTD_REG_FECTL), 0xc0000000);
    take(&b, 1);
    CHECK_EQ(read_reg(&b, VTD_REG_FECTL), 0x80000000);
    write_reg(&b, VTD_REG_FECTL, 0);
    CHECK_EQ(b.u->st.fault_events, 0);
    bench_down(&b);
}

/* With its records full the unit loses faults until PFO is cleared, whatever is taken meanwhile. */
static void an_overflow_stands_until_software_clears_it(void)
{
    struct bench b;

    faults_up(&b, SET(EIGHT_RECORDS));
    for (unsigned i = 0; i < 10; i++)
        fault(&b, A + i, 0x1000 * i);
    CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, PPF) | FIELD_MASK(FSTS, PFO));
    CHECK_EQ(b.u->st.fault_overflows, 2);
    for (unsigned i = 0; i < 8; i++)
        take(&b, i);
    CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, PFO));
    fault(&b, A, 0x5000);
    CHECK_EQ(b.u->st.fault_records, 8);
    write_reg(&b, VTD_REG_FSTS, FIELD_MASK(FSTS, PFO));
    CHECK_EQ(fault_status(&b), 0);
    fault(&b, A, 0x5000);
    CHECK_EQ(first_pending(&b), 0);
    CHECK_EQ(b.u->st.fault_events, 2);
    bench_down(&b);
}

static void records_begin_at_0_again_when_translation_was_off(void)
{
    struct bench b;

    faults_up(&b, SET(EIGHT_RECORDS));
    fault(&b, A, 0x5000);
    take(&b, 0);
    command(&b, FIELD_MASK(GSTS, TES), false);
    command(&b, FIELD_MASK(GSTS, TES), true);
    fault(&b, A, 0x6000);
    CHECK_EQ(first_pending(&b), 0);
    CHECK_EQ(system_reg_read(b.sys, record_at(&b, 0), 8), 0x6000);
    bench_down(&b);
}

#define TESTS(T)                                                                                        \
    T(capabilities_and_version_read_as_the_profile_says) T(capabilities_need_one_another)               \
    T(registers_of_absent_features_read_as_zero_and_take_no_writes)                                     \
    T(reserved_bits_of_a_register_stay_0) T(gaps_between_registers_read_as_zero)                        \
    T(the_page_has_a_row_for_every_register)                                                            \
    T(commands_show_in_the_status_and_cannot_be_read_back) T(what_is_absent_cannot_be_switched_on)      \
    T(a_write_buffer_flush_is_done_at_once) T(a_fault_is_read_from_its_record_word_by_word)             \
    T(the_fault_event_is_a_message_when_the_first_condition_appears)                                    \
    T(the_upper_address_counts_with_32_bit_apic_ids)                                                    \
    T(bounds_of_regions_have_a_granularity) T(protected_memory_is_blocked_while_translation_is_off)     \
    T(a_region_with_its_limit_below_its_base_is_none)                                                   \
    T(the_granularity_performed_is_told)                                                                \
    T(registers_do_not_invalidate_beside_the_queue_nor_in_scalable_mode)                                \
    T(a_masked_fault_event_pends_until_all_conditions_are_gone)                                         \
    T(an_overflow_stands_until_software_clears_it) T(records_begin_at_0_again_when_translation_was_off)
TEST_SUITE("vtd_regs", TESTS)
