/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/pri.h"
#include "base/rng.h"
#include "suite.h"

static const struct field_table *const structures[] = { &l1std_fields, &ste_fields, &l1cd_fields,
                                                        &cd_fields,    &pte_fields, &s2pte_fields,
                                                        &event_fields, &pri_fields };

static void one_table(const struct field_table *t)
{
    const struct field *a, *b;

    if (field_overlap(t, &a, &b)) {
        fprintf(stderr, "\n%s: %s and %s share a bit\n", t->name, a->name, b->name);
        CU_FAIL("overlap");
    }
    for (unsigned i = 0; i < t->n; i++) {
        uint64_t words[8] = { 0 }, all = bits_low(t->row[i].hi - t->row[i].lo + 1u);

        CU_ASSERT(t->row[i].word < t->words);
        field_set(&t->row[i], words, all);
        CHECK_EQ(field_get(&t->row[i], words), all);
        CHECK_EQ(__builtin_popcountll(words[t->row[i].word]), t->row[i].hi - t->row[i].lo + 1);
        field_set(&t->row[i], words, 0);
        CHECK_EQ(words[t->row[i].word], 0);
    }
}

static void no_two_fields_of_a_structure_share_a_bit(void)
{
    for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++)
        one_table(structures[i]);
}

static void no_two_fields_of_a_register_share_a_bit(void)
{
    for (unsigned i = 0; smmuv3_reg_fields[i]; i++)
        one_table(smmuv3_reg_fields[i]);
}

static void a_half_written_register_keeps_its_other_half(void)
{
    struct smmuv3_regs r = { 0 };

    CU_ASSERT(smmuv3_reg_write(&r, 0x80, 0x1122334455667788ull, 8));
    CU_ASSERT(smmuv3_reg_write(&r, 0x84, 0xaabbccdd, 4));
    CHECK_EQ(r.strtab_base, 0xaabbccdd55667788ull);
    CU_ASSERT(smmuv3_reg_write(&r, 0x80, 0x1, 4));
    CHECK_EQ(r.strtab_base, 0xaabbccdd00000001ull);
    CU_ASSERT_FALSE(smmuv3_reg_write(&r, 0x7f0, 1, 4));
}

/* A unit with everything that the encoders can say. */
static struct smmuv3_regs full(void)
{
    struct smmuv3_regs r = { .idr0 = 0x084d369b, .idr1 = 0x0d084510, .idr3 = 0x414, .idr5 = 0x100075 };

    return r;
}

static struct vmsa_table random_table(struct rng *g, unsigned stage)
{
    static const uint8_t granule[] = { 12, 14, 16 };
    struct vmsa_table t = { .stage = (uint8_t)stage, .granule_log2 = granule[rng_below(g, 3)] };
    unsigned bits = 25 + (unsigned)rng_below(g, 23);

    if (stage == 2 && t.granule_log2 == 14 && bits == 48)
        bits = 47;
    t.in_bits = (uint8_t)bits;
    t.start = (int8_t)vmsa_start_level(t.granule_log2, bits);
    if (stage == 2 && t.start == 3 && t.granule_log2 == 12)
        t.start = 2;
    t.out_bits = (uint8_t)(rng_below(g, 2) ? 48 : 44);
    t.base = (rng_u64(g) & bits_low(t.out_bits)) >> 18 << 18;
    t.affd = rng_below(g, 2);
    return t;
}

static void check_table(const struct vmsa_table *found, const struct vmsa_table *expected)
{
    CHECK_EQ(found->base, expected->base);
    CHECK_EQ(found->granule_log2, expected->granule_log2);
    CHECK_EQ(found->in_bits, expected->in_bits);
    CHECK_EQ((unsigned)found->start, (unsigned)expected->start);
    CHECK_EQ(found->out_bits, expected->out_bits);
    CHECK_EQ(found->affd, expected->affd);
}

static void what_is_encoded_into_an_ste_and_a_cd_is_decoded_again(void)
{
    struct smmuv3_regs r = full();
    struct rng g;

    rng_init(&g, 1, "ste");
    for (int i = 0; i < 2000; i++) {
        struct smmuv3_config c = { .a = true, .r = rng_below(&g, 2), .halves = true }, d;
        uint64_t ste[STE_WORDS], cd[CD_WORDS];

        c.config = (uint8_t)(STE_S1 + rng_below(&g, 3));
        c.s1 = c.config & 1;
        c.s2 = c.config & 2;
        c.vmid = (uint16_t)rng_u64(&g);
        c.s2r = c.s2 && rng_below(&g, 2);
        c.s1ctxptr = c.s1 ? rng_u64(&g) & bits_mask(47, 6) : 0;
        if (c.s2)
            c.s2t = random_table(&g, 2);
        if (c.s1) {
            c.asid = (uint16_t)rng_u64(&g);
            c.tt[0] = random_table(&g, 1);
            c.tt[1] = random_table(&g, 1);
            c.tt[1].out_bits = c.tt[0].out_bits;
            c.tt[1].base &= bits_low(c.tt[0].out_bits);
            c.tt[1].affd = c.tt[0].affd;
        }
        smmuv3_encode_ste(&c, ste);
        CHECK_EQ(smmuv3_decode_ste(&r, ste, &d), 0);
        CHECK_EQ(d.config, c.config);
        CHECK_EQ(d.vmid, c.vmid);
        CHECK_EQ(d.s2r, c.s2r);
        if (c.s2)
            check_table(&d.s2t, &c.s2t);
        if (!c.s1)
            continue;
        CHECK_EQ(d.s1ctxptr, c.s1ctxptr);
        smmuv3_encode_cd(&c, cd);
        CHECK_EQ(smmuv3_decode_cd(&r, cd, &d), 0);
        CHECK_EQ(d.asid, c.asid);
        CHECK_EQ(d.r, c.r);
        check_table(&d.tt[0], &c.tt[0]);
        check_table(&d.tt[1], &c.tt[1]);
    }
}

static void every_command_survives_encoding(void)
{
    struct smmuv3_regs r = full();
    struct rng g;

    rng_init(&g, 1, "cmd");
    for (int i = 0; i < 5000; i++) {
        const struct smmuv3_cmd_row *row = &smmuv3_cmds[rng_below(&g, smmuv3_cmd_count)];
        struct smmuv3_cmd c = { .op = row->op }, d;
        uint64_t w[CMD_WORDS];

        if (row->needs & (CMD_N_SECURE | CMD_N_VMS))
            continue;
        c.sid_first = (uint32_t)rng_u64(&g);
        c.ssid = (uint32_t)rng_below(&g, 1 << 20);
        c.vmid = (uint16_t)rng_u64(&g);
        c.asid = (uint16_t)rng_u64(&g);
        c.leaf = rng_below(&g, 2);
        c.tg = (uint8_t)rng_below(&g, 4);
        c.num = (uint8_t)rng_below(&g, 32);
        c.scale = (uint8_t)rng_below(&g, 20);
        c.ttl = 3;
        c.first = rng_u64(&g) & bits_mask(47, 12);
        smmuv3_cmd_encode(&c, w);
        CHECK_EQ(smmuv3_cmd_decode(&r, w, &d), CERROR_NONE);
        CHECK_EQ(d.op, c.op);
        if (row->operands & CMD_O_SID && !(row->operands & CMD_O_RANGE))
            CHECK_EQ(d.sid_first, c.sid_first);
        if (row->operands & CMD_O_ASID)
            CHECK_EQ(d.asid, c.asid);
        if (row->operands & CMD_O_VMID)
            CHECK_EQ(d.vmid, c.vmid);
        if (row->operands & CMD_O_ADDR) {
            uint64_t bytes = c.tg ? (c.num + 1ull) << (c.scale + 10 + 2 * c.tg) : 4096;

            CHECK_EQ(d.first, c.first);
            CHECK_EQ(d.last, c.first + bytes - 1);
        }
    }
}

/* TLBI_NH_VA of 16 KB granules from 1 << 30 on. */
static unsigned decode_range(unsigned ds, unsigned num, unsigned scale, unsigned ttl, struct smmuv3_cmd *c)
{
    struct smmuv3_regs r = full();
    uint64_t w[CMD_WORDS] = { SMMUV3_CMD_TLBI_NH_VA | (uint64_t)num << 12 | (uint64_t)scale << 20,
                              1ull << 30 | 2 << 10 | (uint64_t)ttl << 8 };

    FIELD_SET(IDR3, RIL, &r.idr3, 1);
    FIELD_SET(IDR5, DS, &r.idr5, ds);
    return smmuv3_cmd_decode(&r, w, c);
}

static void lpa2_widens_the_scale_and_gives_16k_a_block_at_level_1(void)
{
    struct smmuv3_cmd c;

    CHECK_EQ(decode_range(0, 0, 0, 1, &c), CERROR_ILL);
    CHECK_EQ(decode_range(1, 0, 0, 1, &c), CERROR_NONE);
    CHECK_EQ(decode_range(0, 1, 32 + 3, 3, &c), CERROR_NONE);
    CHECK_EQ(c.last - c.first + 1, 2ull << (14 + 3));
    CHECK_EQ(decode_range(1, 1, 32 + 3, 3, &c), CERROR_NONE);
    CHECK_EQ(c.last - c.first + 1, 2ull << (14 + 35));
    CHECK_EQ(decode_range(1, 0, 63, 3, &c), CERROR_NONE);
    CHECK_EQ(c.last - c.first + 1, 1ull << (14 + 39));
}

static void a_range_of_streams_is_aligned_to_its_size(void)
{
    struct smmuv3_regs r = full();
    const uint64_t w[CMD_WORDS] = { 0x120700000004, 3 }, all[CMD_WORDS] = { 4, 31 };
    struct smmuv3_cmd c;

    CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), CERROR_NONE);
    CHECK_EQ(c.sid_first, 0x1200);
    CHECK_EQ(c.sid_last, 0x120f);
    CHECK_EQ(smmuv3_cmd_decode(&r, all, &c), CERROR_NONE);
    CHECK_EQ(c.sid_first, 0);
    CHECK_EQ(c.sid_last, 0xffffffff);
}

#define TESTS(T)                                                                                   \
    T(no_two_fields_of_a_structure_share_a_bit) T(no_two_fields_of_a_register_share_a_bit)         \
    T(a_half_written_register_keeps_its_other_half)                                                \
    T(what_is_encoded_into_an_ste_and_a_cd_is_decoded_again) T(every_command_survives_encoding)    \
    T(lpa2_widens_the_scale_and_gives_16k_a_block_at_level_1) T(a_range_of_streams_is_aligned_to_its_size)
TEST_SUITE("smmuv3_fields", TESTS)
