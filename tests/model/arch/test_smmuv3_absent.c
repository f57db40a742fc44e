/* SPDX-License-Identifier: Apache-2.0
 *
 * What the model leaves out is absent: its fields are ignored in STEs and CDs, its commands are CERROR_ILL, its
 * registers are reserved.  With every feature that there is switched on.
 */
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "arch/smmuv3/regfile.h"
#include "base/sim.h"
#include "suite.h"

static struct smmuv3_regs everything(void)
{
    struct smmuv3_regs r = { .idr0 = ~0u, .idr1 = ~0u, .idr2 = ~0u, .idr3 = ~0u, .idr5 = ~0u };

    smmuv3_ids_limit(&r);
    FIELD_SET(IDR0, STALL_MODEL, &r.idr0, 0);
    FIELD_SET(IDR0, TERM_MODEL, &r.idr0, 0);
    FIELD_SET(IDR0, TTENDIAN, &r.idr0, 0);
    return r;
}

/* Both stages on, with nothing else set. */
static void nested(uint64_t ste[STE_WORDS], uint64_t cd[CD_WORDS])
{
    const struct smmuv3_config c = {
        .config = STE_NESTED, .s1 = true, .s2 = true, .a = true, .r = true, .s1ctxptr = 0x20000000,
        .tt = { { .stage = 1, .granule_log2 = 12, .in_bits = 48, .out_bits = 48, .base = 0x30000000 },
                { .stage = 1, .granule_log2 = 12, .in_bits = 48, .out_bits = 48, .base = 0x31000000 } },
        .s2t = { .stage = 2, .granule_log2 = 12, .in_bits = 40, .out_bits = 48, .start = 1, .base = 0x40000000 },
    };

    smmuv3_encode_ste(&c, ste);
    smmuv3_encode_cd(&c, cd);
}

static struct smmuv3_config decoded(const uint64_t ste[STE_WORDS], const uint64_t cd[CD_WORDS])
{
    struct smmuv3_regs r = everything();
    struct smmuv3_config c;

    CHECK_EQ(smmuv3_decode_ste(&r, ste, &c), 0);
    CHECK_EQ(smmuv3_decode_cd(&r, cd, &c), 0);
    return c;
}

/* Sets all bits of a field that it does not have set, or clears them. */
static void flip(const struct field_table *t, const char *name, uint64_t *words)
{
    const struct field *f = field_find(t, name);

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    words[f->word] ^= bits_mask(f->hi, f->lo);
}

static void fields_of_what_is_left_out_are_ignored(void)
{
    static const char *const in_ste[] = {
        "S1CIR", "S1COR", "S1CSH", "S2HWU", "DRE", "CONT", "DCP", "SW", "S1PIE", "S1MPAM", "NSCFG", "S2IR0",
        "S2OR0", "S2HAFT", "S2NSW", "S2NSA", "PARTID", "VMSPTR",
    }, *const in_cd[] = {
        "IR0", "OR0", "IR1", "OR1", "UWXN", "NSCFG0", "NSCFG1", "HAFT", "PNCH", "HWU0", "HWU1", "AIE", "PIE", "AMAIR",
    };
    uint64_t ste[STE_WORDS], cd[CD_WORDS];
    struct smmuv3_config was, is;

    nested(ste, cd);
    was = decoded(ste, cd);
    for (size_t i = 0; i < ARRAY_LEN(in_ste) + ARRAY_LEN(in_cd); i++) {
        bool s = i < ARRAY_LEN(in_ste);
        const char *name = s ? in_ste[i] : in_cd[i - ARRAY_LEN(in_ste)];

        nested(ste, cd);
        flip(s ? &ste_fields : &cd_fields, name, s ? ste : cd);
        is = decoded(ste, cd);
        if (memcmp(&was, &is, sizeof was) != 0)
            fprintf(stderr, "\n%s.%s is not ignored\n", s ? "STE" : "CD", name);
        CU_ASSERT(memcmp(&was, &is, sizeof was) == 0);
    }
}

static void reserved_bits_are_ignored(void)
{
    uint64_t ste[STE_WORDS], cd[CD_WORDS];
    struct smmuv3_config was, is;

    nested(ste, cd);
    was = decoded(ste, cd);
    for (unsigned w = 0; w < STE_WORDS; w++)
        ste[w] |= field_reserved(&ste_fields, w);
    for (unsigned w = 0; w < CD_WORDS; w++)
        cd[w] |= field_reserved(&cd_fields, w);
    is = decoded(ste, cd);
    CU_ASSERT(memcmp(&was, &is, sizeof was) == 0);
}

static void every_other_opcode_is_an_error(void)
{
    const struct smmuv3_regs r = everything();
    struct smmuv3_cmd c;

    for (unsigned op = 0; op < 256; op++) {
        const struct smmuv3_cmd_row *row = smmuv3_cmd_find(op);
        bool there = row && !(row->needs & (CMD_N_SECURE | CMD_N_VMS));
        uint64_t w[CMD_WORDS] = { op, 0 };

        CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), there ? CERROR_NONE : CERROR_ILL);
        FIELD_SET(CMD, SSEC, w, 1);
        CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), CERROR_ILL);
    }
}

/* Both pages, and the Secure ones behind: but for the registers of the table everything reads 0, whatever is
 * written. */
static void every_other_offset_is_reserved(void)
{
    struct smmuv3_regs r = everything();

    for (uint32_t at = 0; at < 0x20000; at += 4) {
        bool known = at == 0xa8 || at == 0xac || at == 0xc8 || at == 0xcc;

        for (unsigned i = 0; i < smmuv3_reg_count; i++)
            known |= at - smmuv3_reg_rows[i].offset < smmuv3_reg_rows[i].bytes;
        if (known)
            continue;
        smmuv3_regfile_write(&r, at, 0xffffffff, 4);
        CHECK_EQ(smmuv3_regfile_read(&r, at, 4), 0);
    }
}

#define TESTS(T)                                                                                     \
    T(fields_of_what_is_left_out_are_ignored) T(reserved_bits_are_ignored)                           \
    T(every_other_opcode_is_an_error) T(every_other_offset_is_reserved)
TEST_SUITE("smmuv3_absent", TESTS)
