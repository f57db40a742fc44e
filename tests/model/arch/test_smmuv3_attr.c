/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory types by hand: rows are from DDI 0487 D8.6 and SMMUv3 13.1.
 */
#include "arch/smmuv3/attr.h"
#include "base/sim.h"
#include "suite.h"

/* MAIR bytes by what they say. */
enum { DNGNRNE = 0x00, DNGNRE = 0x04, DNGRE = 0x08, DGRE = 0x0c, NC = 0x44, WT = 0xbb, WB = 0xff };
/* Stage 2 MemAttr. */
enum { S2_NGNRNE = 0, S2_NGNRE = 1, S2_GRE = 3, S2_NC = 5, S2_WT = 10, S2_WB = 15, S2_OWB_INC = 13 };

static void stage_2_makes_memory_less_cacheable_never_more(void)
{
    static const struct { uint8_t in, sh, s2, s2_sh, out, out_sh; } row[] = {
        { WB, SH_NSH, S2_WB, SH_NSH, WB, SH_NSH },     { WB, SH_NSH, S2_WB, SH_ISH, WB, SH_ISH },
        { WB, SH_ISH, S2_WB, SH_OSH, WB, SH_OSH },     { WB, SH_OSH, S2_WB, SH_NSH, WB, SH_OSH },
        { WB, SH_ISH, S2_WT, SH_ISH, WT, SH_ISH },     { WT, SH_ISH, S2_WB, SH_ISH, WT, SH_ISH },
        { WB, SH_ISH, S2_NC, SH_ISH, NC, SH_OSH },     { NC, SH_ISH, S2_WB, SH_ISH, NC, SH_OSH },
        { WB, SH_NSH, S2_OWB_INC, SH_NSH, 0xf4, SH_NSH },
        { 0xf4, SH_ISH, S2_WT, SH_ISH, 0xb4, SH_ISH },  /* halves by themselves */
        { 0xee, SH_ISH, S2_WB, SH_ISH, 0xee, SH_ISH },  /* hints are stage 1's: read-allocate only */
        { 0xee, SH_ISH, S2_WT, SH_ISH, 0xaa, SH_ISH },
        { 0x77, SH_ISH, S2_WB, SH_ISH, 0x77, SH_ISH },  /* transient */
        { DGRE, SH_NSH, S2_WB, SH_NSH, DGRE, SH_OSH },  { WB, SH_ISH, S2_NGNRE, SH_ISH, DNGNRE, SH_OSH },
        { DGRE, SH_ISH, S2_NGNRNE, SH_ISH, DNGNRNE, SH_OSH },
        { DNGNRE, SH_ISH, S2_GRE, SH_ISH, DNGNRE, SH_OSH },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct smmuv3_attr a = smmuv3_attr_combine((struct smmuv3_attr){ row[i].in, row[i].sh },
                                                   row[i].s2, row[i].s2_sh, false);

        CHECK_EQ(a.mair, row[i].out);
        CHECK_EQ(a.sh, row[i].out_sh);
    }
}

static void forced_write_back_says_what_stage_1_may_not(void)
{
    static const struct { uint8_t in, s2, out; } row[] = {
        { NC, 7, NC }, { DNGRE, 7, DNGRE }, { WT, 7, WT },         /* as stage 1 */
        { NC, 6, WB }, { DNGNRE, 6, WB },                          /* write-back whatever stage 1 says */
        { WB, 5, NC }, { DGRE, 5, DGRE },                          /* not cacheable, Device stays */
        { WB, 1, DNGNRE }, { DGRE, 0, DNGNRNE }, { DNGNRNE, 3, DNGNRNE },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CHECK_EQ(smmuv3_attr_combine((struct smmuv3_attr){ row[i].in, SH_ISH }, row[i].s2, SH_NSH, true).mair,
                 row[i].out);
    CHECK_EQ(smmuv3_memattr_device(3, true), true);
    CHECK_EQ(smmuv3_memattr_device(4, true), false);
    CHECK_EQ(smmuv3_memattr_device(3, false), true);
    CHECK_EQ(smmuv3_memattr_device(4, false), false);
}

static void four_bits_name_a_memory_type(void)
{
    static const uint8_t mair[16] = {
        DNGNRNE, DNGNRE, DNGRE, DGRE, DNGNRNE, NC, 0x4b, 0x4f, DNGNRNE, 0xb4, WT, 0xbf, DNGNRNE, 0xf4, 0xfb, WB,
    };                                                         /* 4, 8, 12 are reserved [SMMUv3 5.2 MemAttr] */

    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(smmuv3_memattr(i), mair[i]);
}

static void allocation_hints_are_replaced_where_there_are_any(void)
{
    CHECK_EQ(smmuv3_alloc(WB, 0x7), WB);               /* bit 3 clear: as it came */
    CHECK_EQ(smmuv3_alloc(WB, 0x8), 0xcc);             /* allocate nothing */
    CHECK_EQ(smmuv3_alloc(WB, 0xc), 0xee);             /* read-allocate */
    CHECK_EQ(smmuv3_alloc(WB, 0xa), 0xdd);             /* write-allocate */
    CHECK_EQ(smmuv3_alloc(WB, 0xf), 0x77);             /* both, transient */
    CHECK_EQ(smmuv3_alloc(WT, 0xf), 0x33);
    CHECK_EQ(smmuv3_alloc(WB, 0x9), 0xcc);             /* transient without allocation is not */
    CHECK_EQ(smmuv3_alloc(NC, 0xf), NC);
    CHECK_EQ(smmuv3_alloc(0xf4, 0xc), 0xe4);
    CHECK_EQ(smmuv3_alloc(DGRE, 0xf), DGRE);
}

#define TESTS(T)                                                                                   \
    T(stage_2_makes_memory_less_cacheable_never_more) T(forced_write_back_says_what_stage_1_may_not) \
    T(four_bits_name_a_memory_type) T(allocation_hints_are_replaced_where_there_are_any)
TEST_SUITE("smmuv3 attributes", TESTS)
