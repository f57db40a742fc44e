/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance counters of a VT-d unit as Linux's driver programs them: events, filters, freezing, overflow.
 */
#include "vtd_driver_bench.h"

enum { CONTEXTS = 0x13000000, PAGES = 0x14000000, A = 0x310, B = 0x318, DID_A = 5, DID_B = 6,
       ENABLE = 0xf0, DISABLE = 0xf1, FREEZE = 0xf4, UNFREEZE = 0xf5 };

#define PERF "vtd.cap", "0x20d2008c222f0606", "vtd.ecap", "0x8000000000f42"
#define STORES "vtd.iotlb.sets", "1", "vtd.iotlb.ways", "16", "vtd.cc.sets", "1", "vtd.wc2.sets", "1", "vtd.wc3.sets", "1"

static uint64_t io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct bench *)arg)->sys->mem, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return mem_write64(((struct bench *)arg)->sys->mem, pa, value);
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct bench *b = arg;

    b->queue += 1ull << bytes_log2;
    return b->queue - (1ull << bytes_log2);
}

/* A function with 16 pages from 0. */
static void attach(struct bench *b, uint16_t sid, uint16_t did)
{
    struct table_io io = { io_read, io_write, io_alloc, b };
    struct vtd_context c = { .did = did, .ss = vtd_table(&b->u->regs, 4) };
    uint64_t words[VTD_CTX_WORDS];

    c.ss.base = io_alloc(b, 12);
    for (uint64_t i = 0; i < 16; i++)
        CHECK_EQ(vtdss_map(&c.ss, &io, i << 12, (did * 0x1000ull + i) << 12, 1, vtdss_attr(true, true)), 0);
    vtd_encode_context(&c, words);
    mem_write64(b->sys->mem, CONTEXTS + (sid & 0xff) * 16u, words[0]);
    mem_write64(b->sys->mem, CONTEXTS + (sid & 0xff) * 16u + 8, words[1]);
}

static void up(struct bench *b, const char *const *set)
{
    bench_up(b, false, set);
    b->queue = PAGES;
    mem_write64(b->sys->mem, ROOT_TABLE + (A >> 8) * 16, CONTEXTS | 1);
    attach(b, A, DID_A);
    attach(b, B, DID_B);
    set_root(b, VTD_TTM_LEGACY);
    command(b, FIELD_MASK(GSTS, TES), true);
}

static void dma(struct bench *b, uint16_t sid, uint64_t addr)
{
    struct xl_req req = { .sid = sid, .addr = addr };
    struct xl_result res;

    system_translate(b->sys, &req, &res, NULL);
    CHECK_EQ(res.outcome, XL_OK);
}

static uint64_t ecmd(struct bench *b, unsigned code, unsigned counter)
{
    write_reg(b, VTD_REG_ECMD, code | (uint64_t)counter << 16);
    return read_reg(b, VTD_REG_ECRSP);
}

static uint32_t config_at(struct bench *b, unsigned i)
{
    return (uint32_t)read_reg(b, VTD_REG_PERFCFGOFF) + 0x100 * i;
}

static void configure(struct bench *b, unsigned i, unsigned group, uint64_t select, bool irq)
{
    CHECK_EQ(system_reg_write(b->sys, config_at(b, i), select << 32 | group << 8 | irq << 1, 8), 0);
}

static void begin(struct bench *b, unsigned i, unsigned group, uint64_t select)
{
    configure(b, i, group, select, false);
    CHECK_EQ(ecmd(b, ENABLE, i), 0);
}

static uint64_t count(struct bench *b, unsigned i)
{
    uint64_t cap = read_reg(b, VTD_REG_PERFCAP);

    return system_reg_read(b->sys, (uint32_t)read_reg(b, VTD_REG_PERFCNTROFF) +
                                       (i << (FIELD_GET(PERFCAP, STRIDE, &cap) + 10)), 8);
}

/* ---- what there is ------------------------------------------------------------------------------- */

static void counters_need_both_capabilities(void)
{
    static const struct { const char *cap, *ecap; bool there; } rows[] = {
        { "0x222f0606", "0xf42", false }, { "0x20000000222f0606", "0xf42", false },
        { "0x222f0606", "0x8000000000f42", false }, { "0x20000000222f0606", "0x8000000000f42", true },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bench_up(&b, false, SET("vtd.cap", rows[i].cap, "vtd.ecap", rows[i].ecap));
        CHECK_EQ(read_reg(&b, VTD_REG_PERFCAP) != 0, rows[i].there);
        CHECK_EQ(read_reg(&b, VTD_REG_CAP) >> 61 & 1, rows[i].there);
        CHECK_EQ(read_reg(&b, VTD_REG_ECAP) >> 51 & 1, rows[i].there);
        CHECK_EQ(read_reg(&b, VTD_REG_ECCAP3), rows[i].there ? 0x33ull << 48 : 0);
        CHECK_EQ(system_reg_write(b.sys, VTD_PERF_CONFIG, ~0ull, 8), 0);
        CHECK_EQ(system_reg_read(b.sys, VTD_PERF_CONFIG, 8), rows[i].there ? 0x0fffffff00000f02 : 0);
        bench_down(&b);
    }
}

static void capabilities_tell_counters_filters_and_events(void)
{
    uint64_t cap;
    struct bench b;

    bench_up(&b, false, SET(PERF, "vtd.perf_counters", "14", "vtd.perf_width", "32"));
    cap = read_reg(&b, VTD_REG_PERFCAP);
    CHECK_EQ(FIELD_GET(PERFCAP, NUM, &cap), 14);
    CHECK_EQ(FIELD_GET(PERFCAP, WIDTH, &cap), 32);
    CHECK_EQ(FIELD_GET(PERFCAP, GROUPS, &cap), 5);
    CHECK_EQ(FIELD_GET(PERFCAP, FILTERS, &cap), 7);
    CHECK_EQ(FIELD_GET(PERFCAP, INT, &cap), 1);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFEVNTCAP0), 7);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFEVNTCAP2), 0xff);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFEVNTCAP3), 3);
    bench_down(&b);
}

static void commands_that_cannot_be_done_say_so(void)
{
    struct bench b;

    bench_up(&b, false, SET(PERF));
    CHECK_EQ(ecmd(&b, ENABLE, 7), 0);
    CU_ASSERT_NOT_EQUAL(ecmd(&b, ENABLE, 8), 0);
    CU_ASSERT_NOT_EQUAL(ecmd(&b, 0x10, 0), 0);
    bench_down(&b);
}

/* ---- counting ------------------------------------------------------------------------------------ */

/* Two functions, a page each, twice; then a neighbouring page. */
static void each_event_is_counted(void)
{
    static const struct { unsigned group, select; uint64_t n; } rows[] = {
        { 0, 2, 5 },                              /* requests                                      */
        { 1, 1, 6 + 6 + 1 },                      /* reads: root, context and 4 entries each; one  */
        { 2, 1, 5 }, { 2, 2, 3 },                 /* context lookups, hits                         */
        { 2, 0x10, 3 }, { 2, 0x20, 1 },           /* second-stage non-leaf lookups, hits           */
        { 3, 1, 5 }, { 3, 2, 2 },                 /* IOTLB lookups, hits                           */
        { 3, 3, 7 },                              /* both                                          */
        { 2, 0x40, 0 }, { 4, 1, 0 }, { 5, 1, 0 },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        up(&b, SET(PERF, STORES));
        begin(&b, 2, rows[i].group, rows[i].select);
        for (unsigned k = 0; k < 2; k++) {
            dma(&b, A, 0x1000);
            dma(&b, B, 0x1000);
        }
        dma(&b, A, 0x2000);
        CHECK_EQ(count(&b, 2), rows[i].n);
        CHECK_EQ(count(&b, 3), 0);
        bench_down(&b);
    }
}

static void a_counter_counts_while_it_is_enabled_and_not_frozen(void)
{
    struct bench b;

    up(&b, SET(PERF, STORES));
    dma(&b, A, 0);
    begin(&b, 0, 0, 2);
    dma(&b, A, 0);
    CHECK_EQ(ecmd(&b, FREEZE, 0), 0);
    CHECK_EQ(system_reg_read(b.sys, (uint32_t)read_reg(&b, VTD_REG_PERFFRZOFF), 8), 0xff);
    dma(&b, A, 0);
    CHECK_EQ(count(&b, 0), 1);
    CHECK_EQ(ecmd(&b, UNFREEZE, 0), 0);
    dma(&b, A, 0);
    dma(&b, A, 0);
    CHECK_EQ(ecmd(&b, DISABLE, 0), 0);
    dma(&b, A, 0);
    CHECK_EQ(count(&b, 0), 3);
    CU_ASSERT_FALSE(b.u->perf.active);
    bench_down(&b);
}

static void filters_pass_a_source_a_domain_or_both(void)
{
    static const struct { uint32_t sid, did; uint64_t requests, misses; } rows[] = {
        { 0, 0, 5, 13 }, { 1u << 31 | A, 0, 3, 7 }, { 1u << 31 | B, 0, 2, 6 }, { 0, 1u << 31 | DID_A, 3, 7 },
        { 1u << 31 | A, 1u << 31 | DID_A, 3, 7 }, { 1u << 31 | A, 1u << 31 | DID_B, 0, 0 }, { A, DID_B, 5, 13 },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        up(&b, SET(PERF, STORES));
        for (unsigned k = 0; k < 2; k++) {
            system_reg_write(b.sys, config_at(&b, k) + 8, rows[i].sid, 4);
            system_reg_write(b.sys, config_at(&b, k) + 12, rows[i].did, 4);
            CHECK_EQ(system_reg_read(b.sys, config_at(&b, k) + 12, 4), rows[i].did);
        }
        begin(&b, 0, 0, 2);
        begin(&b, 1, 1, 1);
        for (unsigned k = 0; k < 2; k++) {
            dma(&b, A, 0x1000);
            dma(&b, B, 0x1000);
        }
        dma(&b, A, 0x2000);
        CHECK_EQ(count(&b, 0), rows[i].requests);
        CHECK_EQ(count(&b, 1), rows[i].misses);
        bench_down(&b);
    }
}

static void requests_with_a_pasid_pass_their_filter_alone(void)
{
    struct xl_req req = { .sid = A, .addr = 0, .has_ssid = true, .ssid = 9 };
    struct xl_result res;
    struct bench b;

    up(&b, SET(PERF));
    system_reg_write(b.sys, config_at(&b, 0) + 16, 1u << 31 | 9, 4);
    begin(&b, 0, 0, 2);
    dma(&b, A, 0);
    system_translate(b.sys, &req, &res, NULL);             /* a fault: legacy mode has none */
    req.ssid = 8;
    system_translate(b.sys, &req, &res, NULL);
    CHECK_EQ(count(&b, 0), 1);
    bench_down(&b);
}

/* ---- overflow ------------------------------------------------------------------------------------ */

static void an_overflow_is_told_once_with_an_event_if_asked_for(void)
{
    struct bench b;

    up(&b, SET(PERF, STORES, "vtd.perf_width", "8"));
    write_reg(&b, VTD_REG_PERFINTRADDR, MSI);
    write_reg(&b, VTD_REG_PERFINTRDATA, 0x77);
    write_reg(&b, VTD_REG_PERFINTRCTL, 0);
    configure(&b, 0, 0, 2, false);
    configure(&b, 1, 0, 2, true);
    ecmd(&b, ENABLE, 0);
    dma(&b, A, 0);
    ecmd(&b, ENABLE, 1);
    for (unsigned i = 0; i < 255; i++)
        dma(&b, A, 0);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFOVF), 1);
    CHECK_EQ(count(&b, 0), 0);
    CHECK_EQ(count(&b, 1), 255);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFINTRSTS), 0);
    dma(&b, A, 0);
    CHECK_EQ(mem_read64(b.sys->mem, MSI), 0x77);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFINTRSTS), 1);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFOVF), 3);
    write_reg(&b, VTD_REG_PERFOVF, 2);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFOVF), 1);
    write_reg(&b, VTD_REG_PERFINTRSTS, 1);
    CHECK_EQ(read_reg(&b, VTD_REG_PERFINTRSTS), 0);
    for (unsigned i = 0; i < 256; i++)
        dma(&b, A, 0);
    CHECK_EQ(b.u->st.perf_events, 2);
    bench_down(&b);
}

/* ---- in time ------------------------------------------------------------------------------------- */

static void clocks_are_counted_in_time(void)
{
    struct bench b;
    uint64_t period;

    bench_up(&b, true, SET(PERF));
    period = b.sys->timed->clk.par.period_ps;
    begin(&b, 0, 0, 1);
    sim_run_to(b.sys->timed->sim, sim_now(b.sys->timed->sim) + 100 * period);
    CHECK_EQ(count(&b, 0), 100);
    bench_down(&b);
}

#define TESTS(T)                                                                                        \
    T(counters_need_both_capabilities) T(capabilities_tell_counters_filters_and_events)                 \
    T(commands_that_cannot_be_done_say_so) T(each_event_is_counted)                                     \
    T(a_counter_counts_while_it_is_enabled_and_not_frozen) T(filters_pass_a_source_a_domain_or_both)    \
    T(requests_with_a_pasid_pass_their_filter_alone)                                                    \
    T(an_overflow_is_told_once_with_an_event_if_asked_for) T(clocks_are_counted_in_time)
TEST_SUITE("vtd_perf", TESTS)
