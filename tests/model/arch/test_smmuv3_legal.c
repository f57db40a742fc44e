/* SPDX-License-Identifier: Apache-2.0
 *
 * Each rule of legality of STEs and CDs by itself, with what is just allowed beside it.  [SMMUv3 5.2, 5.4]
 */
#include "arch/smmuv3/config.h"
#include "arch/smmuv3/event.h"
#include "suite.h"

struct bench {
    struct smmuv3_regs r;
    uint64_t ste[STE_WORDS], cd[CD_WORDS];
    struct smmuv3_config c;
};

/* A unit with everything, a nested STE of 4 KB tables and a CD with both halves: all legal. */
static void begin(struct bench *b, unsigned config)
{
    struct smmuv3_config c = { .config = (uint8_t)config, .s1 = config & 1, .s2 = config & 2, .halves = true,
                               .a = true, .r = true, .s2r = true, .vmid = 9, .asid = 3,
                               .s1ctxptr = 0x20000000 };

    *b = (struct bench){ .r = { .idr0 = 0x084d369b, .idr1 = 0x0d084510, .idr3 = 0x414, .idr5 = 0x100075 } };
    FIELD_SET(IDR0, ATS, &b->r.idr0, 1);
    c.tt[0] = c.tt[1] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = 48, .out_bits = 48,
                                             .base = 0x30000000 };
    c.s2t = (struct vmsa_table){ .stage = 2, .granule_log2 = 12, .in_bits = 40, .out_bits = 48,
                                 .base = 0x50000000 };
    smmuv3_encode_ste(&c, b->ste);
    smmuv3_encode_cd(&c, b->cd);
}

static unsigned decode(struct bench *b)
{
    unsigned code = smmuv3_decode_ste(&b->r, b->ste, &b->c);

    return code || !b->c.s1 ? code : smmuv3_decode_cd(&b->r, b->cd, &b->c);
}

#define STE_(field, v) FIELD_SET(STE, field, b.ste, v)
#define CD_(field, v) FIELD_SET(CD, field, b.cd, v)
#define ID0(field, v) FIELD_SET(IDR0, field, &b.r.idr0, v)
#define ID1(field, v) FIELD_SET(IDR1, field, &b.r.idr1, v)
#define ID3(field, v) FIELD_SET(IDR3, field, &b.r.idr3, v)
#define ID5(field, v) FIELD_SET(IDR5, field, &b.r.idr5, v)
/* After the changes the configuration is decoded to this code: 0 legal. */
#define AFTER(config, code, ...)                                                                     \
    do {                                                                                             \
        struct bench b;                                                                              \
        begin(&b, config);                                                                           \
        __VA_ARGS__;                                                                                 \
        CHECK_EQ(decode(&b), code);                                                                  \
    } while (0)
#define OK(config, ...) AFTER(config, 0, __VA_ARGS__)
#define BAD_STE(config, ...) AFTER(config, SMMUV3_C_BAD_STE, __VA_ARGS__)
#define BAD_CD(config, ...) AFTER(config, SMMUV3_C_BAD_CD, __VA_ARGS__)

static void an_ste_is_valid_and_of_stages_that_exist(void)
{
    OK(STE_NESTED, (void)0);
    OK(STE_S1, (void)0);
    OK(STE_S2, (void)0);
    OK(STE_BYPASS, (void)0);
    BAD_STE(STE_NESTED, STE_(V, 0));
    OK(0, STE_(S2TG, 3));                                  /* abort: nothing else is looked at */
    OK(3, STE_(S2TG, 3));
    BAD_STE(STE_S1, ID0(S1P, 0));
    BAD_STE(STE_S2, ID0(S2P, 0));
    OK(STE_S1, ID0(S2P, 0));
    OK(STE_S2, ID0(S1P, 0));
    OK(STE_BYPASS, ID0(S1P, 0); ID0(S2P, 0));
}

static void split_ats_needs_both_stages_and_no_stall(void)
{
    OK(STE_NESTED, STE_(EATS, 2); ID0(NS1ATS, 0));
    BAD_STE(STE_S1, STE_(EATS, 2); ID0(NS1ATS, 0));
    BAD_STE(STE_NESTED, STE_(EATS, 2); ID0(NS1ATS, 1));
    BAD_STE(STE_NESTED, STE_(EATS, 2); ID0(NS1ATS, 0); STE_(S2S, 1));
    OK(STE_NESTED, STE_(EATS, 1));
    BAD_STE(STE_NESTED, STE_(EATS, 1); STE_(S2S, 1));
    OK(STE_S2, STE_(EATS, 3); STE_(S2S, 1));               /* without DPT as 0 */
    OK(STE_S1, STE_(EATS, 1); STE_(S2S, 1));
    OK(STE_NESTED, ID0(ATS, 0); STE_(EATS, 2); STE_(S2S, 1));
    OK(STE_BYPASS, STE_(EATS, 2));
}

static void a_stream_world_exists(void)
{
    OK(STE_S1, STE_(STRW, 2));
    BAD_STE(STE_S1, STE_(STRW, 1));
    BAD_STE(STE_S1, STE_(STRW, 3));
    OK(STE_S1, STE_(STRW, 1); ID0(HYP, 0));
    OK(STE_NESTED, STE_(STRW, 1));
}

static void a_cd_table_is_of_a_size_and_form_there_is(void)
{
    OK(STE_S1, STE_(S1CDMAX, 20));
    BAD_STE(STE_S1, STE_(S1CDMAX, 21));
    OK(STE_S1, STE_(S1CDMAX, 21); ID1(SSIDSIZE, 0));
    BAD_STE(STE_S1, STE_(S1CDMAX, 3); STE_(S1FMT, 1); ID0(CD2L, 0));
    BAD_STE(STE_S1, STE_(S1CDMAX, 3); STE_(S1FMT, 2); ID0(CD2L, 0));
    OK(STE_S1, STE_(S1CDMAX, 3); STE_(S1FMT, 3); ID0(CD2L, 0));
    OK(STE_S1, STE_(S1CDMAX, 0); STE_(S1FMT, 1); ID0(CD2L, 0));
    OK(STE_S1, STE_(S1CDMAX, 3); STE_(S1FMT, 1));
    OK(STE_S1, ID5(OAS, 0); FIELD_SET_ADDR(STE, S1CTXPTR, b.ste, 0xffffffc0); CD_(IPS, 0));
    BAD_STE(STE_S1, ID5(OAS, 0); FIELD_SET_ADDR(STE, S1CTXPTR, b.ste, 1ull << 32));
    BAD_STE(STE_S1, STE_(S1STALLD, 1); ID0(STALL_MODEL, 1));
    OK(STE_S1, STE_(S1STALLD, 1));
}

static void stage_2_stalls_and_is_updated_as_the_unit_can(void)
{
    OK(STE_S2, STE_(S2S, 1));
    BAD_STE(STE_S2, STE_(S2S, 1); ID0(STALL_MODEL, 1));
    OK(STE_S2, STE_(S2S, 1); ID0(STALL_MODEL, 2));
    BAD_STE(STE_S2, STE_(S2S, 0); ID0(STALL_MODEL, 2));
    BAD_STE(STE_S2, STE_(S2AA64, 0));
    BAD_STE(STE_S2, ID0(TTF, 1));
    BAD_STE(STE_S2, STE_(S2HA, 1); ID0(HTTU, 0));
    BAD_STE(STE_S2, STE_(S2HD, 1); ID0(HTTU, 0));
    OK(STE_S2, STE_(S2HA, 1); ID0(HTTU, 1));
    BAD_STE(STE_S2, STE_(S2HA, 1); STE_(S2HD, 1); ID0(HTTU, 1));
    OK(STE_S2, STE_(S2HA, 1); STE_(S2HD, 1); ID0(HTTU, 2));
    BAD_STE(STE_S2, STE_(S2HAFT, 1); ID0(HTTU, 3));
    OK(STE_S2, STE_(S2HAFT, 1); STE_(S2HA, 1); ID0(HTTU, 3));
    OK(STE_S2, STE_(S2HAFT, 1); ID0(HTTU, 2));
}

/* 4 KB tables of 40 bits begin at level 0 or, two side by side, at level 1. */
static void stage_2_tables_are_of_a_granule_size_and_start_that_fit(void)
{
    BAD_STE(STE_S2, STE_(S2TG, 3));
    BAD_STE(STE_S2, ID5(GRAN4K, 0));
    BAD_STE(STE_S2, STE_(S2TG, 1); STE_(S2SL0, 1); ID5(GRAN64K, 0));
    BAD_STE(STE_S2, STE_(S2TG, 2); STE_(S2SL0, 1); ID5(GRAN16K, 0));
    OK(STE_S2, STE_(S2TG, 1); STE_(S2SL0, 1));
    OK(STE_S2, STE_(S2TG, 2); STE_(S2SL0, 1));
    OK(STE_S2, STE_(S2PS, 0); FIELD_SET_ADDR(STE, S2TTB, b.ste, 0xfffff000));
    BAD_STE(STE_S2, STE_(S2PS, 0); FIELD_SET_ADDR(STE, S2TTB, b.ste, 1ull << 32));
    BAD_STE(STE_S2, STE_(S2PS, 6); ID5(OAS, 6); FIELD_SET_ADDR(STE, S2TTB, b.ste, 1ull << 48));
    OK(STE_S2, STE_(S2PS, 6); ID5(OAS, 6); STE_(S2TG, 1); STE_(S2SL0, 1);
       FIELD_SET_ADDR(STE, S2TTB, b.ste, 1ull << 48));
    OK(STE_S2, STE_(S2SL0, 1));                            /* two tables */
    OK(STE_S2, STE_(S2SL0, 1); STE_(S2T0SZ, 21));          /* sixteen    */
    BAD_STE(STE_S2, STE_(S2SL0, 1); STE_(S2T0SZ, 20));
    OK(STE_S2, STE_(S2SL0, 0); STE_(S2T0SZ, 39));
    BAD_STE(STE_S2, STE_(S2SL0, 0); STE_(S2T0SZ, 40));
    BAD_STE(STE_S2, STE_(S2SL0, 2); STE_(S2T0SZ, 25));     /* nothing left for level 0 */
    OK(STE_S2, STE_(S2SL0, 2); STE_(S2T0SZ, 16));
    BAD_STE(STE_S2, STE_(S2SL0, 2); STE_(S2T0SZ, 15));
    OK(STE_S2, ID5(OAS, 2));
    BAD_STE(STE_S2, ID5(OAS, 1));                          /* 36 bits: T0SZ 28 or more */
    BAD_STE(STE_S2, STE_(S2SL0, 3); STE_(S2T0SZ, 39));
    OK(STE_S2, STE_(S2SL0, 3); STE_(S2T0SZ, 43); ID3(STT, 1));
    BAD_STE(STE_S2, STE_(S2SL0, 3); STE_(S2T0SZ, 49); ID3(STT, 1));
    BAD_STE(STE_S2, STE_(S2TG, 1); STE_(S2SL0, 3));
    OK(STE_S2, STE_(S2TG, 1); STE_(S2SL0, 0); STE_(S2T0SZ, 47); ID3(STT, 1));
    BAD_STE(STE_S2, STE_(S2TG, 1); STE_(S2SL0, 0); STE_(S2T0SZ, 48); ID3(STT, 1));
    BAD_STE(STE_S2, STE_(S2TG, 2); STE_(S2SL0, 3); STE_(S2T0SZ, 16));
    OK(STE_S2, STE_(S2TG, 2); STE_(S2SL0, 3); STE_(S2T0SZ, 16); STE_(S2DS, 1); ID5(DS, 1));
    OK(STE_S2, STE_(S2SL0, 0); STE_(S2SL0_2, 1); STE_(S2T0SZ, 12); STE_(S2DS, 1); STE_(S2PS, 6); ID5(DS, 1);
       ID5(OAS, 6));
    BAD_STE(STE_S2, STE_(S2SL0, 0); STE_(S2SL0_2, 1); STE_(S2T0SZ, 12));
}

static void table_byte_order_is_one_the_unit_reads(void)
{
    BAD_STE(STE_S2, STE_(S2ENDI, 1); ID0(TTENDIAN, 2));
    OK(STE_S2, STE_(S2ENDI, 0); ID0(TTENDIAN, 2));
    BAD_STE(STE_S2, STE_(S2ENDI, 0); ID0(TTENDIAN, 3));
    OK(STE_S2, STE_(S2ENDI, 1); ID0(TTENDIAN, 3));
    OK(STE_S2, STE_(S2ENDI, 1); ID0(TTENDIAN, 0));
    BAD_CD(STE_S1, CD_(ENDI, 1); ID0(TTENDIAN, 2));
    OK(STE_S1, CD_(ENDI, 1); ID0(TTENDIAN, 2); CD_(EPD0, 1); CD_(EPD1, 1));
    BAD_CD(STE_S1, CD_(ENDI, 1); ID0(TTENDIAN, 2); CD_(EPD0, 1));
}

static void identifiers_have_as_many_bits_as_the_unit(void)
{
    OK(STE_S1, STE_(S2VMID, 0x100));
    BAD_STE(STE_S1, STE_(S2VMID, 0x100); ID0(VMID16, 0));
    OK(STE_S1, STE_(S2VMID, 0xff); ID0(VMID16, 0));
    OK(STE_BYPASS, STE_(S2VMID, 0x100); ID0(VMID16, 0));
    OK(STE_S1, STE_(S2VMID, 0x100); STE_(STRW, 2); ID0(VMID16, 0));
    OK(STE_S1, CD_(ASID, 0x100));
    BAD_CD(STE_S1, CD_(ASID, 0x100); ID0(ASID16, 0));
    OK(STE_S1, CD_(ASID, 0xff); ID0(ASID16, 0));
    OK(STE_S1, CD_(ASID, 0x100); ID0(ASID16, 0); STE_(STRW, 2));     /* EL2 has none */
}

static void a_cd_is_valid_and_faults_as_the_unit_can(void)
{
    BAD_CD(STE_S1, CD_(V, 0));
    OK(STE_S1, CD_(S, 1));
    BAD_CD(STE_S1, CD_(S, 1); STE_(S1STALLD, 1));
    BAD_CD(STE_S1, CD_(S, 1); ID0(STALL_MODEL, 1));
    OK(STE_S1, CD_(S, 0); ID0(STALL_MODEL, 1));
    BAD_CD(STE_S1, CD_(S, 0); ID0(STALL_MODEL, 2));
    OK(STE_S1, CD_(S, 1); ID0(STALL_MODEL, 2));
    BAD_CD(STE_S1, CD_(A, 0); ID0(TERM_MODEL, 1));
    OK(STE_S1, CD_(A, 0));
    OK(STE_S1, CD_(A, 1); ID0(TERM_MODEL, 1));
    BAD_CD(STE_S1, CD_(AA64, 0));
    BAD_CD(STE_S1, ID0(TTF, 1));
    BAD_CD(STE_S1, CD_(HA, 1); ID0(HTTU, 0));
    BAD_CD(STE_S1, CD_(HD, 1); ID0(HTTU, 0));
    OK(STE_S1, CD_(HA, 1); ID0(HTTU, 1));
    BAD_CD(STE_S1, CD_(HA, 1); CD_(HD, 1); ID0(HTTU, 1));
    OK(STE_S1, CD_(HD, 1); ID0(HTTU, 2));                            /* without HA: off */
    BAD_CD(STE_S1, CD_(HAFT, 1); ID0(HTTU, 3));
    OK(STE_S1, CD_(HAFT, 1); CD_(HA, 1); ID0(HTTU, 3));
    OK(STE_S1, CD_(HAFT, 1); ID0(HTTU, 2));
}

static void each_half_that_is_on_is_of_a_granule_and_size_that_exist(void)
{
    BAD_CD(STE_S1, CD_(TG0, 3));
    OK(STE_S1, CD_(TG0, 3); CD_(EPD0, 1));
    BAD_CD(STE_S1, CD_(TG1, 0));
    OK(STE_S1, CD_(TG1, 0); CD_(EPD1, 1));
    BAD_CD(STE_S1, CD_(TG0, 2); ID5(GRAN16K, 0));
    OK(STE_S1, CD_(T0SZ, 39));
    BAD_CD(STE_S1, CD_(T0SZ, 40));
    OK(STE_S1, CD_(T1SZ, 48); ID3(STT, 1));
    BAD_CD(STE_S1, CD_(T1SZ, 49); ID3(STT, 1));
    BAD_CD(STE_S1, CD_(T1SZ, 48); CD_(TG1, 3); ID3(STT, 1));
    BAD_CD(STE_S1, CD_(T0SZ, 15));
    BAD_CD(STE_S1, CD_(T0SZ, 12); CD_(TG0, 1));
    OK(STE_S1, CD_(T0SZ, 12); CD_(TG0, 1); ID5(VAX, 1));
    BAD_CD(STE_S1, CD_(T0SZ, 12); ID5(VAX, 1));
    OK(STE_S1, CD_(T0SZ, 12); ID5(VAX, 1); ID5(DS, 1); CD_(DS, 1));
    OK(STE_S1, CD_(IPS, 0); FIELD_SET_ADDR(CD, TTB0, b.cd, 0xfffff000));
    BAD_CD(STE_S1, CD_(IPS, 0); FIELD_SET_ADDR(CD, TTB0, b.cd, 1ull << 32));
    BAD_CD(STE_S1, CD_(IPS, 0); FIELD_SET_ADDR(CD, TTB1, b.cd, 1ull << 32));
    OK(STE_S1, CD_(IPS, 6); CD_(TG0, 1); ID5(OAS, 6); FIELD_SET_ADDR(CD, TTB0, b.cd, 1ull << 48));
    OK(STE_S1, CD_(TG1, 0); STE_(STRW, 2));                          /* EL2 has one half ... */
    BAD_CD(STE_S1, CD_(EPD0, 1); CD_(TG0, 3); STE_(STRW, 2));        /* ... that is always on */
}

static void what_the_unit_lacks_is_taken_for_zero(void)
{
    struct bench b;

    begin(&b, STE_S1);
    STE_(PRIVCFG, 3);
    STE_(INSTCFG, 2);
    CD_(E0PD0, 1);
    CD_(EPAN, 1);
    CD_(HAD0, 1);
    CHECK_EQ(decode(&b), 0);
    CHECK_EQ(b.c.privcfg, 3);
    CHECK_EQ(b.c.tt[0].had, 1);
    CHECK_EQ(b.c.e0pd[0] | b.c.tt[0].epan, 0);
    ID1(ATTR_PERMS_OVR, 0);
    ID3(HAD, 0);
    ID3(E0PD, 1);
    ID3(EPAN, 1);
    CHECK_EQ(decode(&b), 0);
    CHECK_EQ(b.c.privcfg | b.c.instcfg | b.c.tt[0].had, 0);
    CHECK_EQ(b.c.e0pd[0] & b.c.tt[0].epan, 1);
    STE_(STRW, 2);
    CHECK_EQ(decode(&b), 0);
    CHECK_EQ(b.c.e0pd[0], 0);          /* EL2 has one privilege */
}

#define TESTS(T)                                                                                   \
    T(an_ste_is_valid_and_of_stages_that_exist) T(split_ats_needs_both_stages_and_no_stall)        \
    T(a_stream_world_exists) T(a_cd_table_is_of_a_size_and_form_there_is)                          \
    T(stage_2_stalls_and_is_updated_as_the_unit_can)                                               \
    T(stage_2_tables_are_of_a_granule_size_and_start_that_fit) T(table_byte_order_is_one_the_unit_reads) \
    T(identifiers_have_as_many_bits_as_the_unit) T(a_cd_is_valid_and_faults_as_the_unit_can)       \
    T(each_half_that_is_on_is_of_a_granule_and_size_that_exist) T(what_the_unit_lacks_is_taken_for_zero)
TEST_SUITE("smmuv3-legal", TESTS)
