/* SPDX-License-Identifier: Apache-2.0
 *
 * The register file: what every field reads as after every write that may be made, handshakes, guards,
 * global errors, and the arithmetic of queues.
 */
#include "arch/smmuv3/regfile.h"
#include "suite.h"

#define REG_OFFSET(N, member, offset, ...) N##_AT = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };

#define BIT(L, N) FIELD_MASK(L, N)

/* A unit that has every feature that a register or field depends on; v3.2, 48 bits of address. */
static struct smmuv3_regs all(void)
{
    struct smmuv3_regs r = { 0 };

    FIELD_SET(IDR0, HYP, &r.idr0, 1);
    FIELD_SET(IDR0, ATS, &r.idr0, 1);
    FIELD_SET(IDR0, PRI, &r.idr0, 1);
    FIELD_SET(IDR0, MSI, &r.idr0, 1);
    FIELD_SET(IDR0, BTM, &r.idr0, 1);
    FIELD_SET(IDR0, VMW, &r.idr0, 1);
    FIELD_SET(IDR0, ATSRECERR, &r.idr0, 1);
    FIELD_SET(IDR0, ST_LEVEL, &r.idr0, 1);
    FIELD_SET(IDR1, ECMDQ, &r.idr1, 1);
    FIELD_SET(IDR1, CMDQS, &r.idr1, 19);
    FIELD_SET(IDR1, EVENTQS, &r.idr1, 19);
    FIELD_SET(IDR1, PRIQS, &r.idr1, 19);
    FIELD_SET(IDR5, OAS, &r.idr5, 5);
    return r;
}

static unsigned put(struct smmuv3_regs *r, uint32_t at, uint64_t v)
{
    unsigned e = smmuv3_regfile_write(r, at, v, 4);

    smmuv3_regfile_ack(r);
    return e;
}

static uint64_t get(const struct smmuv3_regs *r, uint32_t at) { return smmuv3_regfile_read(r, at, 4); }

static uint64_t fields_of(const struct smmuv3_reg_row *row)
{
    return ~field_reserved(smmuv3_reg_fields[row->layout], 0);
}

/* ---- every register ------------------------------------------------------------------------------ */

static void every_field_of_a_writable_register_keeps_what_is_written(void)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];
        const struct field_table *t = smmuv3_reg_fields[row->layout];

        if (row->access == SMMUV3_REG_RO || row->access == SMMUV3_REG_UPDATE ||
            row->layout == SMMUV3_LAYOUT_S_INIT || row->layout == SMMUV3_LAYOUT_CMDQ_CONS)
            continue;
        for (unsigned f = 0; f < t->n; f++) {
            struct smmuv3_regs r = all();
            uint64_t bits = bits_mask(t->row[f].hi, t->row[f].lo);

            smmuv3_regfile_write(&r, row->offset, bits, row->bytes);
            CHECK_EQ(smmuv3_regfile_read(&r, row->offset, row->bytes), bits);
            smmuv3_regfile_ack(&r);
            CHECK_EQ(smmuv3_regfile_read(&r, row->offset, row->bytes), bits);
        }
    }
}

static void reserved_bits_read_as_zero(void)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];
        struct smmuv3_regs r = all();

        smmuv3_regfile_write(&r, row->offset, ~0ull, row->bytes);
        CHECK_EQ(smmuv3_regfile_read(&r, row->offset, row->bytes) & ~fields_of(row), 0);
    }
}

static void identification_and_status_registers_ignore_writes(void)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];
        struct smmuv3_regs r = all(), was = r;

        if (row->access != SMMUV3_REG_RO)
            continue;
        CHECK_EQ(smmuv3_regfile_write(&r, row->offset, ~0ull, row->bytes), 0);
        CU_ASSERT(memcmp(&r, &was, sizeof r) == 0);
    }
}

static void identification_registers_read_as_set(void)
{
    static const uint32_t at[] = { IDR0_AT, IDR1_AT, IDR2_AT, IDR3_AT, IDR4_AT, IDR5_AT, IIDR_AT,
                                   AIDR_AT, IDR6_AT, STATUSR_AT };

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct smmuv3_regs r = all();
        uint64_t bits = 0;

        for (unsigned k = 0; k < smmuv3_reg_count; k++)
            if (smmuv3_reg_rows[k].offset == at[i])
                bits = fields_of(&smmuv3_reg_rows[k]);
        CU_ASSERT(smmuv3_reg_write(&r, at[i], bits, 4));
        CHECK_EQ(get(&r, at[i]), bits);
    }
}

/* Register file of a unit that has none of the features. */
static void what_a_unit_does_not_have_reads_as_zero(void)
{
    static const struct { uint32_t at; uint64_t bits; } gone[] = {
        { CR0_AT, BIT(CR0, PRIQEN) | BIT(CR0, ATSCHK) | BIT(CR0, VMW) },
        { CR2_AT, BIT(CR2, E2H) | BIT(CR2, PTM) | BIT(CR2, REC_CFG_ATS) },
        { IRQ_CTRL_AT, BIT(IRQ_CTRL, PRIQ) },
        { GERRORN_AT, BIT(GERROR, PRIQ_ABT_ERR) | BIT(GERROR, MSI_CMDQ_ABT_ERR) |
                          BIT(GERROR, MSI_EVENTQ_ABT_ERR) | BIT(GERROR, MSI_PRIQ_ABT_ERR) |
                          BIT(GERROR, MSI_GERROR_ABT_ERR) | BIT(GERROR, CMDQP_ERR) },
        { STRTAB_BASE_CFG_AT, BIT(STRTAB_BASE_CFG, FMT) | BIT(STRTAB_BASE_CFG, SPLIT) },
    };
    static const uint32_t absent[] = { GERROR_IRQ_CFG0_AT, GERROR_IRQ_CFG1_AT, GERROR_IRQ_CFG2_AT,
                                       EVENTQ_IRQ_CFG0_AT, EVENTQ_IRQ_CFG1_AT, EVENTQ_IRQ_CFG2_AT,
                                       PRIQ_BASE_AT,       PRIQ_PROD_AT,       PRIQ_CONS_AT,
                                       PRIQ_IRQ_CFG0_AT,   PRIQ_IRQ_CFG1_AT,   PRIQ_IRQ_CFG2_AT };
    struct smmuv3_regs r = { 0 };

    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        put(&r, gone[i].at, 0xffffffff);
        CHECK_EQ(get(&r, gone[i].at) & gone[i].bits, 0);
        CU_ASSERT_NOT_EQUAL(get(&r, gone[i].at), 0);
        r = (struct smmuv3_regs){ 0 };
    }
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        put(&r, absent[i], 0xffffffff);
        CHECK_EQ(get(&r, absent[i]), 0);
    }
    r.idr6 = 0x10002;
    CHECK_EQ(get(&r, IDR6_AT), 0);
}

static void features_that_the_model_leaves_out_read_as_absent(void)
{
    static const uint64_t gone0 = BIT(IDR0, DORMHINT) | BIT(IDR0, ATOS) | BIT(IDR0, VATOS) | BIT(IDR0, RME_IMPL);
    static const uint64_t gone1 = BIT(IDR1, REL) | BIT(IDR1, QUEUES_PRESET) | BIT(IDR1, TABLES_PRESET) |
                                  BIT(IDR1, ECMDQ);
    static const uint64_t gone3 = BIT(IDR3, PBHA) | BIT(IDR3, MPAM) | BIT(IDR3, DPT) | BIT(IDR3, PASIDTT) |
                                  BIT(IDR3, S1PI) | BIT(IDR3, S2PI) | BIT(IDR3, S2PO) | BIT(IDR3, THE) |
                                  BIT(IDR3, MTEPERM) | BIT(IDR3, AIE);
    struct smmuv3_regs r = { .idr0 = ~0u, .idr1 = ~0u, .idr2 = ~0u, .idr3 = ~0u, .idr5 = ~0u }, once;

    smmuv3_ids_limit(&r);
    CHECK_EQ(r.idr0 & gone0, 0);
    CHECK_EQ(r.idr1 & gone1, 0);
    CHECK_EQ(r.idr2, 0);
    CHECK_EQ(r.idr3 & gone3, 0);
    CHECK_EQ(FIELD_GET(IDR0, HTTU, &r.idr0), 2);
    CHECK_EQ(FIELD_GET(IDR0, TTF, &r.idr0), 2);
    CHECK_EQ(FIELD_GET(IDR0, STALL_MODEL, &r.idr0), 2);
    CHECK_EQ(FIELD_GET(IDR0, ST_LEVEL, &r.idr0), 1);
    CHECK_EQ(FIELD_GET(IDR1, SSIDSIZE, &r.idr1), 20);
    CHECK_EQ(FIELD_GET(IDR3, BBML, &r.idr3), 2);
    CHECK_EQ(FIELD_GET(IDR5, OAS, &r.idr5), 6);
    CHECK_EQ(FIELD_GET(IDR5, VAX, &r.idr5), 1);
    CHECK_EQ(FIELD_GET(IDR5, D128, &r.idr5), 0);
    once = r;
    smmuv3_ids_limit(&r);
    CU_ASSERT(memcmp(&once, &r, sizeof r) == 0);
}

static void features_without_what_they_need_read_as_absent(void)
{
    struct smmuv3_regs r = { .idr0 = ~0u & ~BIT(IDR0, S2P) & ~BIT(IDR0, ATS), .idr5 = BIT(IDR5, DS) };

    r.idr0 = bits_set(r.idr0, IDR0_TTENDIAN_HI, IDR0_TTENDIAN_LO, 1);
    smmuv3_ids_limit(&r);
    CHECK_EQ(r.idr0 & (BIT(IDR0, HYP) | BIT(IDR0, VMW) | BIT(IDR0, NS1ATS) | BIT(IDR0, PRI) | BIT(IDR0, ATSRECERR)),
             0);
    CHECK_EQ(FIELD_GET(IDR0, TTENDIAN, &r.idr0), 2);
    CHECK_EQ(r.idr5, 0);
}

static void undefined_offsets_and_crooked_accesses_do_nothing(void)
{
    static const struct { uint32_t at; unsigned bytes; } bad[] = {
        { 0x030, 4 }, { 0x100, 4 }, { 0x118, 8 }, { 0x8020, 4 }, { 0xffff0, 4 }, { 0x022, 4 }, { 0x020, 2 },
        { 0x084, 8 }, { 0x080, 3 },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct smmuv3_regs r = all(), was = r;

        CHECK_EQ(smmuv3_regfile_write(&r, bad[i].at, ~0ull, bad[i].bytes), 0);
        CU_ASSERT(memcmp(&r, &was, sizeof r) == 0);
        CHECK_EQ(smmuv3_regfile_read(&r, bad[i].at, bad[i].bytes), 0);
    }
}

static void halves_of_a_register_and_pairs_of_registers_are_accessed_alike(void)
{
    struct smmuv3_regs r = all();

    put(&r, STRTAB_BASE_AT, 0x55667788);
    put(&r, STRTAB_BASE_AT + 4, 0x40001122);
    CHECK_EQ(smmuv3_regfile_read(&r, STRTAB_BASE_AT, 8), 0x4000112255667780);
    CHECK_EQ(get(&r, STRTAB_BASE_AT + 4), 0x40001122);
    smmuv3_regfile_write(&r, CMDQ_PROD_AT, 0x0000000500000007ull, 8);
    CHECK_EQ(get(&r, CMDQ_PROD_AT), 7);
    CHECK_EQ(get(&r, CMDQ_CONS_AT), 5);
    CHECK_EQ(smmuv3_regfile_read(&r, CMDQ_PROD_AT, 8), 0x0000000500000007ull);
}

static void indexes_of_output_queues_are_found_in_page_0_too(void)
{
    struct smmuv3_regs r = all();

    put(&r, 0xa8, 1);
    put(&r, 0xac, 2);
    put(&r, 0xc8, 3);
    put(&r, 0xcc, 4);
    CHECK_EQ(get(&r, EVENTQ_PROD_AT), 1);
    CHECK_EQ(get(&r, EVENTQ_CONS_AT), 2);
    CHECK_EQ(get(&r, PRIQ_PROD_AT), 3);
    CHECK_EQ(get(&r, PRIQ_CONS_AT), 4);
    CHECK_EQ(get(&r, 0xcc), 4);
}

/* ---- guards -------------------------------------------------------------------------------------- */

static void check_guard(uint32_t at, unsigned bytes, uint32_t guard_at, uint64_t guard)
{
    struct smmuv3_regs r = all();
    uint64_t was;

    smmuv3_regfile_write(&r, at, 0x20, bytes);
    was = smmuv3_regfile_read(&r, at, bytes);
    smmuv3_regfile_write(&r, guard_at, guard, 4);            /* not acknowledged yet */
    smmuv3_regfile_write(&r, at, 0x1c0, bytes);
    CHECK_EQ(smmuv3_regfile_read(&r, at, bytes), was);
    smmuv3_regfile_ack(&r);
    smmuv3_regfile_write(&r, at, 0x1c0, bytes);
    CHECK_EQ(smmuv3_regfile_read(&r, at, bytes), was);
    smmuv3_regfile_write(&r, guard_at, 0, 4);
    smmuv3_regfile_write(&r, at, 0x1c0, bytes);              /* still on: not acknowledged */
    CHECK_EQ(smmuv3_regfile_read(&r, at, bytes), was);
    smmuv3_regfile_ack(&r);
    smmuv3_regfile_write(&r, at, 0x1c3, bytes);
    CU_ASSERT_NOT_EQUAL(smmuv3_regfile_read(&r, at, bytes), was);
}

static void a_register_in_use_cannot_be_changed(void)
{
    check_guard(CR2_AT, 4, CR0_AT, BIT(CR0, SMMUEN));
    check_guard(STRTAB_BASE_AT, 8, CR0_AT, BIT(CR0, SMMUEN));
    check_guard(STRTAB_BASE_CFG_AT, 4, CR0_AT, BIT(CR0, SMMUEN));
    check_guard(CMDQ_BASE_AT, 8, CR0_AT, BIT(CR0, CMDQEN));
    check_guard(CMDQ_CONS_AT, 4, CR0_AT, BIT(CR0, CMDQEN));
    check_guard(EVENTQ_BASE_AT, 8, CR0_AT, BIT(CR0, EVENTQEN));
    check_guard(EVENTQ_PROD_AT, 4, CR0_AT, BIT(CR0, EVENTQEN));
    check_guard(PRIQ_BASE_AT, 8, CR0_AT, BIT(CR0, PRIQEN));
    check_guard(PRIQ_PROD_AT, 4, CR0_AT, BIT(CR0, PRIQEN));
    check_guard(GERROR_IRQ_CFG0_AT, 8, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
    check_guard(GERROR_IRQ_CFG1_AT, 4, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
    check_guard(GERROR_IRQ_CFG2_AT, 4, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
    check_guard(EVENTQ_IRQ_CFG0_AT, 8, IRQ_CTRL_AT, BIT(IRQ_CTRL, EVENTQ));
    check_guard(EVENTQ_IRQ_CFG1_AT, 4, IRQ_CTRL_AT, BIT(IRQ_CTRL, EVENTQ));
    check_guard(PRIQ_IRQ_CFG0_AT, 8, IRQ_CTRL_AT, BIT(IRQ_CTRL, PRIQ));
    check_guard(PRIQ_IRQ_CFG2_AT, 4, IRQ_CTRL_AT, BIT(IRQ_CTRL, PRIQ));
}

static void attributes_of_tables_and_queues_have_guards_of_their_own(void)
{
    struct smmuv3_regs r = all();

    put(&r, CR0_AT, BIT(CR0, SMMUEN));
    put(&r, CR1_AT, 0xfff);
    CHECK_EQ(get(&r, CR1_AT), 0x03f);
    r = all();
    put(&r, CR0_AT, BIT(CR0, EVENTQEN));
    put(&r, CR1_AT, 0xfff);
    CHECK_EQ(get(&r, CR1_AT), 0xfc0);
    put(&r, CR0_AT, 0);
    put(&r, CR1_AT, 0xfff);
    CHECK_EQ(get(&r, CR1_AT), 0xfff);
}

static void software_cannot_write_the_reason_of_an_error(void)
{
    struct smmuv3_regs r = all();

    put(&r, CMDQ_CONS_AT, 0x7f000003);
    CHECK_EQ(get(&r, CMDQ_CONS_AT), 3);
}

/* ---- handshakes ---------------------------------------------------------------------------------- */

static void an_enable_is_acknowledged_and_cannot_change_before_that(void)
{
    struct smmuv3_regs r = all();

    CU_ASSERT(smmuv3_regfile_write(&r, CR0_AT, BIT(CR0, SMMUEN) | BIT(CR0, CMDQEN), 4) & SMMUV3_EFFECT_ACK);
    CHECK_EQ(get(&r, CR0_AT), 9);
    CHECK_EQ(get(&r, CR0ACK_AT), 0);
    smmuv3_regfile_write(&r, CR0_AT, BIT(CR0, EVENTQEN), 4);
    CHECK_EQ(get(&r, CR0_AT), 0xd);                /* the two wait; the third is its own */
    smmuv3_regfile_ack(&r);
    CHECK_EQ(get(&r, CR0ACK_AT), 0xd);
    CHECK_EQ(smmuv3_regfile_write(&r, CR0_AT, 0xd, 4), 0);
    smmuv3_regfile_write(&r, CR0_AT, 0, 4);
    smmuv3_regfile_ack(&r);
    CHECK_EQ(get(&r, CR0ACK_AT), 0);
}

static void an_interrupt_enable_is_acknowledged(void)
{
    struct smmuv3_regs r = all();

    CHECK_EQ(smmuv3_regfile_write(&r, IRQ_CTRL_AT, 7, 4), SMMUV3_EFFECT_ACK);
    CHECK_EQ(get(&r, IRQ_CTRLACK_AT), 0);
    smmuv3_regfile_write(&r, IRQ_CTRL_AT, 0, 4);
    CHECK_EQ(get(&r, IRQ_CTRL_AT), 7);
    smmuv3_regfile_ack(&r);
    CHECK_EQ(get(&r, IRQ_CTRLACK_AT), 7);
}

static void gbpa_is_written_with_update_alone(void)
{
    const uint64_t update = BIT(GBPA, UPDATE), v = 0x001f3f1f;
    struct smmuv3_regs r = all();

    CHECK_EQ(smmuv3_regfile_write(&r, GBPA_AT, v, 4), 0);
    CHECK_EQ(get(&r, GBPA_AT), 0);
    CHECK_EQ(smmuv3_regfile_write(&r, GBPA_AT, v | update, 4), SMMUV3_EFFECT_ACK);
    CHECK_EQ(get(&r, GBPA_AT), v | update);
    CHECK_EQ(smmuv3_regfile_write(&r, GBPA_AT, update, 4), 0);      /* one is under way */
    smmuv3_regfile_ack(&r);
    CHECK_EQ(get(&r, GBPA_AT), v);
}

static void invalidation_of_all_is_for_a_unit_that_does_not_translate(void)
{
    struct smmuv3_regs r = all();

    CHECK_EQ(smmuv3_regfile_write(&r, S_INIT_AT, 0, 4), 0);
    CHECK_EQ(smmuv3_regfile_write(&r, S_INIT_AT, 1, 4), SMMUV3_EFFECT_INIT | SMMUV3_EFFECT_ACK);
    CHECK_EQ(get(&r, S_INIT_AT), 1);
    smmuv3_regfile_ack(&r);
    CHECK_EQ(get(&r, S_INIT_AT), 0);
    put(&r, CR0_AT, BIT(CR0, SMMUEN));
    CHECK_EQ(smmuv3_regfile_write(&r, S_INIT_AT, 1, 4), 0);
    CHECK_EQ(get(&r, S_INIT_AT), 0);
}

static void writes_say_what_they_set_in_motion(void)
{
    static const struct { uint32_t at; uint64_t v; unsigned effects; } w[] = {
        { CR0_AT, 1, SMMUV3_EFFECT_ACK | SMMUV3_EFFECT_SMMUEN | SMMUV3_EFFECT_PRIQ },
        { CR0_AT, 2, SMMUV3_EFFECT_ACK | SMMUV3_EFFECT_PRIQ },
        { CR0_AT, 4, SMMUV3_EFFECT_ACK | SMMUV3_EFFECT_EVENTQ },
        { CR0_AT, 8, SMMUV3_EFFECT_ACK | SMMUV3_EFFECT_CMDQ },
        { GERRORN_AT, 1, SMMUV3_EFFECT_CMDQ | SMMUV3_EFFECT_EVENTQ | SMMUV3_EFFECT_PRIQ },
        { CMDQ_BASE_AT, 8, SMMUV3_EFFECT_CMDQ },
        { CMDQ_PROD_AT, 1, SMMUV3_EFFECT_CMDQ },
        { CMDQ_CONS_AT, 1, SMMUV3_EFFECT_CMDQ },
        { EVENTQ_BASE_AT, 8, SMMUV3_EFFECT_EVENTQ },
        { EVENTQ_PROD_AT, 1, SMMUV3_EFFECT_EVENTQ },
        { EVENTQ_CONS_AT, 1, SMMUV3_EFFECT_EVENTQ },
        { PRIQ_BASE_AT, 8, SMMUV3_EFFECT_PRIQ },
        { PRIQ_PROD_AT, 1, SMMUV3_EFFECT_PRIQ },
        { PRIQ_CONS_AT, 1, SMMUV3_EFFECT_PRIQ },
        { CR1_AT, 1, 0 },
    };

    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++) {
        struct smmuv3_regs r = all();

        CHECK_EQ(put(&r, w[i].at, w[i].v), w[i].effects);
    }
}

static void reset_leaves_the_identification_registers_alone(void)
{
    struct smmuv3_regs r = all(), fresh = r;

    r.idr6 = fresh.idr6 = 3;
    put(&r, CR0_AT, 0xf);
    put(&r, EVENTQ_CONS_AT, 5);
    put(&r, IRQ_CTRL_AT, 7);
    smmuv3_regfile_reset(&r);
    CU_ASSERT(memcmp(&r, &fresh, sizeof r) == 0);
}

/* ---- further command queues ---------------------------------------------------------------------- */

static void a_register_in_the_control_page_is_of_one_queue(void)
{
    struct smmuv3_regs r = all();
    unsigned queue;
    uint32_t reg;

    smmuv3_ids_ecmdqs(&r, 3);
    CHECK_EQ(get(&r, IDR6_AT), 3u << 16);
    CHECK_EQ(smmuv3_regfile_read(&r, CMDQ_CONTROL_PAGE_BASE0_AT, 8), SMMUV3_ECMDQ_PAGE | 3);
    CU_ASSERT_FALSE(smmuv3_ecmdq_at(&r, 0x1fffc, &queue, &reg));
    CU_ASSERT_FALSE(smmuv3_ecmdq_at(&r, 0x30000, &queue, &reg));
    for (uint32_t at = 0; at < 0x10000; at += 4) {
        CU_ASSERT_TRUE(smmuv3_ecmdq_at(&r, SMMUV3_ECMDQ_PAGE + at, &queue, &reg));
        CHECK_EQ(queue, at / 0x2000);
        CHECK_EQ(reg, at % 0x2000);
    }
    FIELD_SET(IDR1, ECMDQ, &r.idr1, 0);
    CU_ASSERT_FALSE(smmuv3_ecmdq_at(&r, SMMUV3_ECMDQ_PAGE, &queue, &reg));
}

/* What they need beside them: a page, MSIs, coherent accesses. */
static void further_command_queues_need_other_features(void)
{
    struct smmuv3_regs r = all(), less;

    FIELD_SET(IDR0, COHACC, &r.idr0, 1);
    smmuv3_ids_ecmdqs(&r, 0);
    smmuv3_ids_limit(&r);
    CHECK_EQ(FIELD_GET(IDR1, ECMDQ, &r.idr1), 1);
    less = r;
    FIELD_SET(IDR0, MSI, &less.idr0, 0);
    smmuv3_ids_limit(&less);
    CHECK_EQ(FIELD_GET(IDR1, ECMDQ, &less.idr1), 0);
    less = r;
    FIELD_SET(IDR0, COHACC, &less.idr0, 0);
    smmuv3_ids_limit(&less);
    CHECK_EQ(FIELD_GET(IDR1, ECMDQ, &less.idr1), 0);
    less = r;
    less.cmdq_page_base = 0;
    smmuv3_ids_limit(&less);
    CHECK_EQ(FIELD_GET(IDR1, ECMDQ, &less.idr1), 0);
}

/* Every offset, half of BASE too: reserved bits, and the unit's ENACK. */
static void registers_of_a_queue_keep_their_fields(void)
{
    static const uint32_t bits[] = { 0xffffffff, 0x40ffffff, 0x808fffff, 0x078fffff };
    struct smmuv3_ecmdq_regs q = { 0 };

    for (uint32_t reg = 0; reg < 0x20; reg += 4) {
        bool there = reg < 0x10;

        CHECK_EQ(smmuv3_ecmdq_write(&q, reg, 0xffffffff), there);
        CHECK_EQ(smmuv3_ecmdq_read(&q, reg), there ? bits[reg / 4] : 0);
        q.prod = 0;
    }
    CHECK_EQ(q.base, 0x40ffffffffffffffull);
    CU_ASSERT_FALSE(smmuv3_ecmdq_write(&q, 2, 5));
    CHECK_EQ(smmuv3_ecmdq_read(&q, 2), 0);
}

static void a_queue_that_is_on_takes_commands_alone(void)
{
    for (unsigned en = 0; en < 2; en++)
        for (unsigned enack = 0; enack < 2; enack++)
            for (uint32_t reg = 0; reg < 0x10; reg += 4) {
                struct smmuv3_ecmdq_regs q = { 0 }, was;

                FIELD_SET(ECMDQ_PROD, EN, &q.prod, en);
                FIELD_SET(ECMDQ_CONS, ENACK, &q.cons, enack);
                was = q;
                CHECK_EQ(smmuv3_ecmdq_write(&q, reg, 0x40), en == enack && (!en || reg == ECMDQ_PROD_AT));
                CHECK_EQ(memcmp(&q, &was, sizeof q) != 0, en == enack && (!en || reg == ECMDQ_PROD_AT));
            }
}

/* ---- global errors ------------------------------------------------------------------------------- */

static void an_error_is_active_until_it_is_acknowledged(void)
{
    const uint64_t err = SMMUV3_GERROR(CMDQ_ERR);
    struct smmuv3_regs r = all();

    CU_ASSERT_TRUE(smmuv3_gerror_raise(&r, err));
    CHECK_EQ(get(&r, GERROR_AT), err);
    CU_ASSERT_FALSE(smmuv3_gerror_raise(&r, err));           /* not toggled back */
    CHECK_EQ(smmuv3_gerrors(&r), err);
    CU_ASSERT_TRUE(smmuv3_gerror_raise(&r, SMMUV3_GERROR(EVENTQ_ABT_ERR)));
    put(&r, GERRORN_AT, err);
    CHECK_EQ(smmuv3_gerrors(&r), SMMUV3_GERROR(EVENTQ_ABT_ERR));
    CU_ASSERT_TRUE(smmuv3_gerror_raise(&r, err));
    CHECK_EQ(get(&r, GERROR_AT), SMMUV3_GERROR(EVENTQ_ABT_ERR));
}

/* ---- queues -------------------------------------------------------------------------------------- */

static void a_queue_is_aligned_to_its_size_and_no_larger_than_idr1_says(void)
{
    struct smmuv3_regs r = all();
    struct smmuv3_ring q = smmuv3_ring_of(&r, 0x4000ffff12345fe0ull | 8, 19, 16);

    CHECK_EQ(q.log2, 8);
    CHECK_EQ(q.base, 0xffff12345000);              /* 48 bits of address, 4 KB */
    q = smmuv3_ring_of(&r, 0x12345fe0 | 31, 5, 32);
    CHECK_EQ(q.log2, 5);
    CHECK_EQ(q.base, 0x12345c00);
    q = smmuv3_ring_of(&r, 0x12345fe0, 19, 16);
    CHECK_EQ(q.log2, 0);
    CHECK_EQ(q.base, 0x12345fe0);                  /* 32 bytes at least */
}

#define TESTS(T)                                                                                   \
    T(every_field_of_a_writable_register_keeps_what_is_written) T(reserved_bits_read_as_zero)      \
    T(identification_and_status_registers_ignore_writes) T(identification_registers_read_as_set)   \
    T(what_a_unit_does_not_have_reads_as_zero)                                                     \
    T(features_that_the_model_leaves_out_read_as_absent)                                           \
    T(features_without_what_they_need_read_as_absent)                                              \
    T(undefined_offsets_and_crooked_accesses_do_nothing)                                           \
    T(halves_of_a_register_and_pairs_of_registers_are_accessed_alike)                              \
    T(indexes_of_output_queues_are_found_in_page_0_too) T(a_register_in_use_cannot_be_changed)     \
    T(attributes_of_tables_and_queues_have_guards_of_their_own)                                    \
    T(software_cannot_write_the_reason_of_an_error)                                                \
    T(an_enable_is_acknowledged_and_cannot_change_before_that)                                     \
    T(an_interrupt_enable_is_acknowledged) T(gbpa_is_written_with_update_alone)                    \
    T(invalidation_of_all_is_for_a_unit_that_does_not_translate)                                   \
    T(writes_say_what_they_set_in_motion) T(reset_leaves_the_identification_registers_alone)       \
    T(a_register_in_the_control_page_is_of_one_queue) T(further_command_queues_need_other_features) \
    T(registers_of_a_queue_keep_their_fields) T(a_queue_that_is_on_takes_commands_alone)           \
    T(an_error_is_active_until_it_is_acknowledged)                                                 \
    T(a_queue_is_aligned_to_its_size_and_no_larger_than_idr1_says)
TEST_SUITE("smmuv3_regs", TESTS)
