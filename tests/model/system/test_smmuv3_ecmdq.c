/* SPDX-License-Identifier: Apache-2.0
 *
 * Further command queues as a driver drives them.  Every test but those about time is done without and with
 * time.
 */
#include "driver_bench.h"
#include "run_bench.h"

#define SET(...) (const char *const[]){ __VA_ARGS__, NULL }
#define FOUR "smmu.ecmdqs", "4"
#define BOTH(b)       for (int timed = 0; timed < 2; timed++)
#define CFGI_STE(sid) ((struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = (sid), .leaf = true })
#define SYNC          ((struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC })
#define EN            BIT(ECMDQ_PROD, EN)
#define ERRACK        BIT(ECMDQ_PROD, ERRACK)

enum { QUEUES = 4, EACH = SMMUV3_ECMDQ_PAGE_BYTES / QUEUES, RINGS = 0x18000000, RING = 0x10000, LOG2 = 3,
       PAGE = 4096 };

struct queues {
    struct bench b;
    uint64_t at[QUEUES], prod[QUEUES]; /* as the driver knows them                               */
    uint32_t flags[QUEUES];            /* of its PROD: EN, ERRACK                                */
};

static uint32_t reg(unsigned q, uint32_t offset) { return SMMUV3_ECMDQ_PAGE + q * EACH + offset; }

static uint32_t cons(struct queues *e, unsigned q) { return read_reg(&e->b, reg(q, ECMDQ_CONS_AT)); }
static uint32_t rd(struct queues *e, unsigned q) { return cons(e, q) & 0xfffff; }
static bool on(struct queues *e, unsigned q) { return cons(e, q) & BIT(ECMDQ_CONS, ENACK); }

static uint32_t err(struct queues *e, unsigned q)
{
    return (uint32_t)bits_get(cons(e, q), ECMDQ_CONS_ERR_HI, ECMDQ_CONS_ERR_LO);
}

static uint32_t reason(struct queues *e, unsigned q)
{
    return (uint32_t)bits_get(cons(e, q), ECMDQ_CONS_ERR_REASON_HI, ECMDQ_CONS_ERR_REASON_LO);
}

static void ring_it(struct queues *e, unsigned q)
{
    write_reg(&e->b, reg(q, ECMDQ_PROD_AT), (uint32_t)(e->prod[q] & (bits_low(LOG2 + 1))) | e->flags[q]);
}

static void put_raw(struct queues *e, unsigned q, uint64_t w0, uint64_t w1)
{
    uint64_t at = e->at[q] + 16 * (e->prod[q]++ & bits_low(LOG2));

    mem_write64(e->b.sys->mem, at, w0);
    mem_write64(e->b.sys->mem, at + 8, w1);
}

static void put(struct queues *e, unsigned q, struct smmuv3_cmd c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&c, w);
    put_raw(e, q, w[0], w[1]);
}

static void place(struct queues *e, unsigned q, uint64_t at)
{
    e->at[q] = at;
    system_reg_write(e->b.sys, reg(q, ECMDQ_BASE_AT), at | LOG2, 8);
    write_reg(&e->b, reg(q, ECMDQ_PROD_AT), 0);
    write_reg(&e->b, reg(q, ECMDQ_CONS_AT), 0);
}

static void turn(struct queues *e, unsigned q, bool to)
{
    e->flags[q] = (uint32_t)((e->flags[q] & ~EN) | (to ? EN : 0));
    ring_it(e, q);
    settle(&e->b);
    CHECK_EQ(on(e, q), to);
}

static void all_on(struct queues *e)
{
    for (unsigned q = 0; q < QUEUES; q++) {
        place(e, q, RINGS + q * RING);
        turn(e, q, true);
    }
}

static void up(struct queues *e, bool timed, const char *const *set)
{
    memset(e, 0, sizeof *e);
    bench_up(&e->b, timed, set);
    place_queues(&e->b, CMDQ, 4, 4);
}

/* ---- what is there ------------------------------------------------------------------------------- */

static void check_absent(bool timed, const char *const *set)
{
    struct bench b;

    bench_up(&b, timed, set);
    CHECK_EQ(read_reg(&b, IDR1_AT) & BIT(IDR1, ECMDQ), 0);
    CHECK_EQ(read_reg(&b, IDR6_AT), 0);
    for (uint32_t at = 0x4000; at < 0x4020; at += 4)
        CHECK_EQ(read_reg(&b, at), 0);
    for (uint32_t at = SMMUV3_ECMDQ_PAGE; at < SMMUV3_ECMDQ_PAGE + 0x400; at += 4) {
        write_reg(&b, at, 0xffffffff);
        CHECK_EQ(read_reg(&b, at), 0);
    }
    CHECK_EQ(system_reg_write(b.sys, SMMUV3_ECMDQ_PAGE, ~0ull, 8), 0);
    CHECK_EQ(system_reg_read(b.sys, SMMUV3_ECMDQ_PAGE, 8), 0);
    settle(&b);
    CHECK_EQ(active(&b), 0);
    bench_down(&b);
}

static void a_unit_has_none_unless_it_is_told(void)
{
    BOTH() {
        check_absent(timed, (const char *const[]){ NULL });
        check_absent(timed, SET(FOUR, "smmu.msi", "false"));
    }
}

static void registers_say_how_many_there_are_and_where(void)
{
    static const struct { const char *n; unsigned log2; } has[] = { { "1", 0 }, { "2", 1 }, { "6", 2 },
                                                                    { "128", 7 }, { "256", 8 } };
    struct bench b;
    uint32_t last;

    BOTH()
        for (size_t i = 0; i < ARRAY_LEN(has); i++) {
            bench_up(&b, timed, SET("smmu.ecmdqs", has[i].n));
            CHECK_EQ(read_reg(&b, IDR1_AT) >> 31, 1);
            CHECK_EQ(read_reg(&b, IDR6_AT), has[i].log2 << 16);
            CHECK_EQ(system_reg_read(b.sys, CMDQ_CONTROL_PAGE_BASE0_AT, 8), 0x20003);
            CHECK_EQ(read_reg(&b, CMDQ_CONTROL_PAGE_CFG0_AT), 1);
            CHECK_EQ(read_reg(&b, CMDQ_CONTROL_PAGE_STATUS0_AT), 1);
            CHECK_EQ(b.s->ecmdq.n, 1u << has[i].log2);
            last = SMMUV3_ECMDQ_PAGE + SMMUV3_ECMDQ_PAGE_BYTES - (SMMUV3_ECMDQ_PAGE_BYTES >> has[i].log2);
            system_reg_write(b.sys, last, RINGS | LOG2, 8);
            CHECK_EQ(system_reg_read(b.sys, last, 8), RINGS | LOG2);
            CHECK_EQ(b.s->ecmdq.at[(1u << has[i].log2) - 1].regs.base, RINGS | LOG2);
            CHECK_EQ(read_reg(&b, last + 16), 0);
            CHECK_EQ(read_reg(&b, SMMUV3_ECMDQ_PAGE + SMMUV3_ECMDQ_PAGE_BYTES), 0);
            system_reset(b.sys);
            CHECK_EQ(read_reg(&b, IDR6_AT), has[i].log2 << 16);
            CHECK_EQ(system_reg_read(b.sys, CMDQ_CONTROL_PAGE_BASE0_AT, 8), 0x20003);
            bench_down(&b);
        }
}

static void a_trace_cannot_bring_or_take_them(void)
{
    struct bench b;

    bench_up(&b, false, SET(FOUR));
    system_capability(b.sys, IDR1_AT, 0);
    CHECK_EQ(read_reg(&b, IDR1_AT) >> 31, 1);
    bench_down(&b);
    bench_up(&b, false, (const char *const[]){ NULL });
    system_capability(b.sys, IDR1_AT, 0xffffffff);
    CHECK_EQ(read_reg(&b, IDR1_AT) >> 31, 0);
    bench_down(&b);
}

/* ---- consumption --------------------------------------------------------------------------------- */

static void commands_of_every_queue_are_carried_out(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        enable(&e.b, BIT(CR0, CMDQEN));
        for (unsigned q = 0; q < QUEUES; q++) {
            for (unsigned i = 0; i <= q; i++)
                put(&e, q, CFGI_STE(i));
            put(&e, q, SYNC);
        }
        put_command(&e.b, SYNC);
        for (unsigned q = 0; q < QUEUES; q++)
            ring_it(&e, q);
        ring(&e.b);
        settle(&e.b);
        for (unsigned q = 0; q < QUEUES; q++) {
            CHECK_EQ(rd(&e, q), q + 2);
            CHECK_EQ(e.b.s->ecmdq.at[q].q.st.commands, q + 2);
        }
        CHECK_EQ(cmdq_index(&e.b), 1);
        CHECK_EQ(e.b.s->st.commands, 15);
        CHECK_EQ(active(&e.b), 0);
        bench_down(&e.b);
    }
}

/* Configuration that is kept goes by a command of any queue. */
static void a_command_has_its_effect_from_there_too(void)
{
    const struct xl_req req = { .sid = 3, .addr = PAGE };
    struct xl_result res;
    struct queues e;

    up(&e, false, SET(FOUR, "smmu.tcu.cfg.sets", "1", "smmu.tcu.cfg.ways", "4"));
    all_on(&e);
    write_reg(&e.b, STRTAB_BASE_CFG_AT, 8);
    system_reg_write(e.b.sys, STRTAB_BASE_AT, STRTAB, 8);
    mem_write64(e.b.sys->mem, STRTAB + 3 * 64, 9);         /* valid, bypass */
    enable(&e.b, BIT(CR0, SMMUEN));
    system_translate(e.b.sys, &req, &res, NULL);
    CHECK_EQ(res.outcome, XL_BYPASS);
    mem_write64(e.b.sys->mem, STRTAB + 3 * 64, 1);         /* valid, abort */
    system_translate(e.b.sys, &req, &res, NULL);
    CHECK_EQ(res.outcome, XL_BYPASS);
    put(&e, 2, CFGI_STE(3));
    put(&e, 2, SYNC);
    ring_it(&e, 2);
    system_translate(e.b.sys, &req, &res, NULL);
    CHECK_EQ(res.outcome, XL_ABORT);
    bench_down(&e.b);
}

static void each_ring_wraps_with_its_flag(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        for (unsigned round = 0; round < 5; round++)
            for (unsigned q = 0; q < 2; q++) {
                for (unsigned i = 0; i < 8; i++)
                    put(&e, q, i % 4 ? CFGI_STE(i) : SYNC);
                ring_it(&e, q);
                settle(&e.b);
                CHECK_EQ(rd(&e, q), round % 2 ? 0 : 8);
            }
        CHECK_EQ(e.b.s->st.commands, 80);
        bench_down(&e.b);
    }
}

static void each_queue_sends_an_event_as_it_has_room_again(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        for (unsigned q = 0; q < 2; q++) {
            place(&e, q, RINGS + q * RING);
            for (unsigned i = 0; i < 8; i++)
                put(&e, q, SYNC);
            ring_it(&e, q);
            turn(&e, q, true);
            CHECK_EQ(rd(&e, q), 8);
            CHECK_EQ(e.b.s->st.sev, q + 1);
        }
        bench_down(&e.b);
    }
}

static void software_that_hands_commands_over_keeps_its_own_queue(void)
{
    const uint64_t sync[CMD_WORDS] = { SMMUV3_CMD_SYNC, 0 };
    struct queues e;

    BOTH() {
        memset(&e, 0, sizeof e);
        bench_up(&e.b, timed, SET(FOUR));
        all_on(&e);
        put(&e, 1, SYNC);
        ring_it(&e, 1);
        CHECK_EQ(system_command(e.b.sys, sync, CMD_WORDS), 0);
        if (timed)
            CU_ASSERT_TRUE(timed_queue(e.b.sys->timed));
        settle(&e.b);
        CHECK_EQ(rd(&e, 1), 1);
        CHECK_EQ(cmdq_index(&e.b), 1);
        CHECK_EQ(read_reg(&e.b, CMDQ_PROD_AT), 1);
        CHECK_EQ(e.b.s->st.commands, 2);
        bench_down(&e.b);
    }
}

/* ---- on and off ---------------------------------------------------------------------------------- */

static void a_queue_runs_while_it_is_on_alone(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        place(&e, 1, RINGS);
        put(&e, 1, SYNC);
        ring_it(&e, 1);
        settle(&e.b);
        CHECK_EQ(rd(&e, 1), 0);
        CU_ASSERT_FALSE(on(&e, 1));
        turn(&e, 1, true);
        CHECK_EQ(rd(&e, 1), 1);
        put(&e, 1, SYNC);
        turn(&e, 1, false);                        /* with a command behind it that is new */
        CHECK_EQ(rd(&e, 1), 1);
        CHECK_EQ(read_reg(&e.b, reg(1, ECMDQ_PROD_AT)), 2);
        turn(&e, 1, true);
        CHECK_EQ(rd(&e, 1), 2);
        CHECK_EQ(read_reg(&e.b, reg(1, ECMDQ_PROD_AT)), 2 | EN);
        bench_down(&e.b);
    }
}

static void base_and_consumer_index_are_written_while_it_is_off_alone(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        place(&e, 0, RINGS);
        turn(&e, 0, true);
        system_reg_write(e.b.sys, reg(0, ECMDQ_BASE_AT), (RINGS + RING) | 5, 8);
        write_reg(&e.b, reg(0, ECMDQ_CONS_AT), 3);
        CHECK_EQ(system_reg_read(e.b.sys, reg(0, ECMDQ_BASE_AT), 8), RINGS | LOG2);
        CHECK_EQ(cons(&e, 0), BIT(ECMDQ_CONS, ENACK));
        turn(&e, 0, false);
        system_reg_write(e.b.sys, reg(0, ECMDQ_BASE_AT), (RINGS + RING) | LOG2, 8);
        CHECK_EQ(system_reg_read(e.b.sys, reg(0, ECMDQ_BASE_AT), 8), (RINGS + RING) | LOG2);
        e.at[0] = RINGS + RING;
        e.prod[0] = 3;
        ring_it(&e, 0);
        write_reg(&e.b, reg(0, ECMDQ_CONS_AT), 3 | BIT(ECMDQ_CONS, ENACK));
        CHECK_EQ(cons(&e, 0), 3);
        turn(&e, 0, true);
        CHECK_EQ(e.b.s->st.commands, 0);
        put(&e, 0, SYNC);
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(rd(&e, 0), 4);
        bench_down(&e.b);
    }
}

static void the_attributes_of_queues_stay_while_one_is_on(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        write_reg(&e.b, CR1_AT, 0x15);
        place(&e, 3, RINGS);
        turn(&e, 3, true);
        write_reg(&e.b, CR1_AT, 0x540);
        CHECK_EQ(read_reg(&e.b, CR1_AT), 0x555);
        turn(&e, 3, false);
        write_reg(&e.b, CR1_AT, 0x540);
        CHECK_EQ(read_reg(&e.b, CR1_AT), 0x540);
        bench_down(&e.b);
    }
}

/* ---- errors -------------------------------------------------------------------------------------- */

static void an_error_stops_its_queue_alone_until_it_is_acknowledged_there(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        enable(&e.b, BIT(CR0, CMDQEN));
        put(&e, 1, CFGI_STE(1));
        put_raw(&e, 1, 0, 0);
        put(&e, 1, SYNC);
        ring_it(&e, 1);
        put(&e, 2, SYNC);
        ring_it(&e, 2);
        settle(&e.b);
        CHECK_EQ(rd(&e, 1), 1);
        CHECK_EQ(err(&e, 1), 1);
        CHECK_EQ(reason(&e, 1), CERROR_ILL);
        CHECK_EQ(active(&e.b), BIT(GERROR, CMDQP_ERR));
        CHECK_EQ(cmdq_error(&e.b), CERROR_NONE);
        CHECK_EQ(rd(&e, 2), 1);
        acknowledge(&e.b);                         /* GERRORN does not let it go on */
        put(&e, 1, SYNC);
        ring_it(&e, 1);                            /* nor do commands */
        put(&e, 2, SYNC);
        ring_it(&e, 2);
        put_command(&e.b, SYNC);
        ring(&e.b);
        settle(&e.b);
        CHECK_EQ(rd(&e, 1), 1);
        CHECK_EQ(rd(&e, 2), 2);
        CHECK_EQ(cmdq_index(&e.b), 1);
        CHECK_EQ(active(&e.b), 0);
        e.prod[1] = 1;
        put(&e, 1, CFGI_STE(2));
        e.prod[1] = 4;
        e.flags[1] |= ERRACK;
        ring_it(&e, 1);
        settle(&e.b);
        CHECK_EQ(rd(&e, 1), 4);
        CHECK_EQ(err(&e, 1), 1);
        CHECK_EQ(e.b.s->st.command_errors, 1);
        bench_down(&e.b);
    }
}

static void a_second_error_toggles_the_flag_back(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        put_raw(&e, 0, 0, 0);
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(err(&e, 0), 1);
        e.flags[0] |= ERRACK;                      /* the same command again */
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(err(&e, 0), 0);
        CHECK_EQ(rd(&e, 0), 0);
        CHECK_EQ(read_reg(&e.b, GERROR_AT), BIT(GERROR, CMDQP_ERR));   /* it was active already */
        CHECK_EQ(e.b.s->st.gerrors, 1);
        e.prod[0] = 0;
        e.flags[0] &= (uint32_t)~ERRACK;
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(rd(&e, 0), 0);
        CHECK_EQ(err(&e, 0), 0);
        bench_down(&e.b);
    }
}

static void a_read_that_aborts_is_an_error_too(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        place(&e, 3, BROKEN);
        put(&e, 3, SYNC);
        ring_it(&e, 3);
        turn(&e, 3, true);
        CHECK_EQ(err(&e, 3), 1);
        CHECK_EQ(reason(&e, 3), CERROR_ABT);
        CHECK_EQ(active(&e.b), BIT(GERROR, CMDQP_ERR));
        turn(&e, 3, false);                        /* ENACK follows nevertheless; place it elsewhere */
        e.prod[3] = 0;
        place(&e, 3, RINGS);
        put(&e, 3, SYNC);
        turn(&e, 3, true);
        CHECK_EQ(rd(&e, 3), 1);
        bench_down(&e.b);
    }
}

static void a_queue_whose_flags_disagree_consumes_nothing(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        place(&e, 0, RINGS);
        put(&e, 0, SYNC);
        e.flags[0] = ERRACK;
        turn(&e, 0, true);
        CHECK_EQ(rd(&e, 0), 0);
        e.flags[0] &= (uint32_t)~ERRACK;
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(rd(&e, 0), 1);
        bench_down(&e.b);
    }
}

static void an_error_interrupts_as_others_do(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        system_reg_write(e.b.sys, GERROR_IRQ_CFG0_AT, MSI + 0x10, 8);
        write_reg(&e.b, GERROR_IRQ_CFG1_AT, 0xa1);
        write_reg(&e.b, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
        all_on(&e);
        put_raw(&e, 2, 0xff, 0);
        ring_it(&e, 2);
        settle(&e.b);
        CHECK_EQ(e.b.s->st.irq_gerror, 1);
        CHECK_EQ(mem_read64(e.b.sys->mem, MSI + 0x10), 0xa1);
        bench_down(&e.b);
    }
}

static void the_message_of_a_sync_that_aborts_is_a_global_error(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        put(&e, 0, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_IRQ, .msiaddr = BROKEN });
        ring_it(&e, 0);
        settle(&e.b);
        CHECK_EQ(rd(&e, 0), 1);
        CHECK_EQ(err(&e, 0), 0);
        CHECK_EQ(active(&e.b), BIT(GERROR, MSI_CMDQ_ABT_ERR));
        bench_down(&e.b);
    }
}

#define ATC_INV(page) ((struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = 5, .first = (page) * PAGE })

/* Whose sync comes first is no matter. */
static void an_atc_inv_that_is_not_answered_in_time_is_an_error_of_its_own_queue(void)
{
    struct queues e;

    up(&e, true, SET(FOUR, "smmu.ats", "true", "device.atc.sets", "4", "device.atc.inval_depth", "1",
                     "device.atc.inval_ps", "1000000", "device.atc.timeout_ps", "900000"));
    all_on(&e);
    enable(&e.b, BIT(CR0, CMDQEN) | BIT(CR0, SMMUEN));
    put(&e, 0, ATC_INV(0));
    ring_it(&e, 0);
    settle(&e.b);
    CHECK_EQ(e.b.sys->ats->link[0].atc.st.timeouts, 1);
    put(&e, 1, SYNC);
    ring_it(&e, 1);
    put_command(&e.b, SYNC);
    ring(&e.b);
    settle(&e.b);
    CHECK_EQ(rd(&e, 1), 1);
    CHECK_EQ(cmdq_index(&e.b), 1);
    put(&e, 0, SYNC);
    ring_it(&e, 0);
    settle(&e.b);
    CHECK_EQ(rd(&e, 0), 1);
    CHECK_EQ(reason(&e, 0), CERROR_ATC_INV_SYNC);
    CHECK_EQ(active(&e.b), BIT(GERROR, CMDQP_ERR));
    e.flags[0] |= ERRACK;
    ring_it(&e, 0);
    settle(&e.b);
    CHECK_EQ(rd(&e, 0), 2);                        /* once */
    bench_down(&e.b);
}

/* ---- time ---------------------------------------------------------------------------------------- */

#define CYCLES "smmu.clk.period_ps", "1000", "smmu.cmdq.occupy", "0"

static void an_enable_is_acknowledged_after_its_time(void)
{
    struct queues e;
    struct sim *sim;

    up(&e, true, SET(FOUR, CYCLES, "smmu.ack", "5"));
    sim = e.b.sys->timed->sim;
    place(&e, 0, RINGS);
    write_reg(&e.b, reg(0, ECMDQ_PROD_AT), (uint32_t)EN);
    sim_run_to(sim, 4999);
    CU_ASSERT_FALSE(on(&e, 0));
    write_reg(&e.b, reg(0, ECMDQ_PROD_AT), 0);     /* not before it is */
    CHECK_EQ(read_reg(&e.b, reg(0, ECMDQ_PROD_AT)), EN);
    sim_run_to(sim, 5000);
    CU_ASSERT_TRUE(on(&e, 0));
    write_reg(&e.b, reg(0, ECMDQ_PROD_AT), 0);
    CHECK_EQ(read_reg(&e.b, reg(0, ECMDQ_PROD_AT)), 0);
    CU_ASSERT_TRUE(on(&e, 0));
    sim_run_to(sim, 10000);
    CU_ASSERT_FALSE(on(&e, 0));
    bench_down(&e.b);
}

/* It is off when the command that was under way has been consumed. */
static void disabling_waits_for_the_command_under_way(void)
{
    struct queues e;
    struct sim *sim;

    up(&e, true, SET(FOUR, CYCLES, "mem.llc_ps", "50000", "smmu.cmdq.decode", "1", "smmu.cmdq.fetch", "1"));
    sim = e.b.sys->timed->sim;
    all_on(&e);
    put(&e, 0, CFGI_STE(1));
    put(&e, 0, CFGI_STE(2));
    put(&e, 1, CFGI_STE(1));
    ring_it(&e, 0);
    ring_it(&e, 1);
    sim_run_to(sim, 10000);
    for (unsigned q = 0; q < 2; q++) {
        e.flags[q] = 0;
        ring_it(&e, q);
    }
    CU_ASSERT_FALSE(on(&e, 1));                    /* its turn had not come */
    sim_run_to(sim, 40000);
    CU_ASSERT_TRUE(on(&e, 0));
    settle(&e.b);
    CU_ASSERT_FALSE(on(&e, 0));
    CHECK_EQ(rd(&e, 0), 1);
    CHECK_EQ(rd(&e, 1), 0);
    CHECK_EQ(e.b.s->st.commands, 1);
    turn(&e, 1, true);                             /* nothing is held by the one that gave up */
    CHECK_EQ(rd(&e, 1), 1);
    bench_down(&e.b);
}

/* Each command takes its read of 10 ns and its decoding of 2: queues with much to do take turns, and one that
 * comes later has its own at once. */
static void queues_take_turns(void)
{
    enum { COMMAND = 12000 };
    struct queues e;
    struct sim *sim;

    up(&e, true, SET(FOUR, CYCLES, "mem.llc_ps", "10000", "smmu.cmdq.decode", "2", "smmu.cmdq.fetch", "1"));
    sim = e.b.sys->timed->sim;
    all_on(&e);
    enable(&e.b, BIT(CR0, CMDQEN));
    for (unsigned i = 0; i < 8; i++) {
        put(&e, 0, CFGI_STE(i));
        put(&e, 1, CFGI_STE(i));
        put_command(&e.b, CFGI_STE(i));
    }
    put(&e, 3, CFGI_STE(9));
    ring_it(&e, 0);
    ring_it(&e, 1);
    ring(&e.b);
    sim_run_to(sim, 6 * COMMAND);
    CHECK_EQ(rd(&e, 0), 2);
    CHECK_EQ(rd(&e, 1), 2);
    CHECK_EQ(cmdq_index(&e.b), 2);
    ring_it(&e, 3);
    sim_run_to(sim, 10 * COMMAND);
    CHECK_EQ(rd(&e, 3), 1);
    CHECK_EQ(rd(&e, 0) + rd(&e, 1) + cmdq_index(&e.b), 9);
    settle(&e.b);
    CHECK_EQ(sim_now(sim), 25 * COMMAND);
    CHECK_EQ(e.b.s->ecmdq.processor.st.uses, 25);
    CHECK_EQ(rd(&e, 0) + rd(&e, 1) + rd(&e, 3) + cmdq_index(&e.b), 25);
    bench_down(&e.b);
}

/* A sync completes when the message of its queue's sync before is in memory: 50 ns each, after which another
 * queue has its turn. */
static void a_sync_waits_for_what_its_queue_had_before(void)
{
    struct queues e;
    struct sim *sim;

    up(&e, true, SET(FOUR, CYCLES, "mem.llc_ps", "50000", "smmu.cmdq.decode", "0", "smmu.cmdq.fetch", "4"));
    sim = e.b.sys->timed->sim;
    all_on(&e);
    for (unsigned i = 0; i < 2; i++)
        put(&e, 2, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_IRQ, .msiaddr = MSI + 8 * i,
                                        .msidata = i + 1 });
    ring_it(&e, 2);
    sim_run_to(sim, 99999);
    CHECK_EQ(rd(&e, 2), 1);
    sim_run_to(sim, 100000);
    CHECK_EQ(rd(&e, 2), 2);
    CHECK_EQ(mem_read64(e.b.sys->mem, MSI), 1);
    settle(&e.b);
    CHECK_EQ(mem_read64(e.b.sys->mem, MSI + 8), 2);
    bench_down(&e.b);
}

static void a_sync_waits_for_the_records_before_it(void)
{
    uint64_t words[EVENT_WORDS] = { SMMUV3_C_BAD_STREAMID };
    struct queues e;
    struct sim *sim;

    up(&e, true, SET(FOUR, CYCLES, "mem.llc_ps", "50000", "smmu.cmdq.decode", "0"));
    sim = e.b.sys->timed->sim;
    all_on(&e);
    enable(&e.b, BIT(CR0, EVENTQEN));
    put(&e, 0, SYNC);
    for (uint32_t i = 0; i < 3; i++)
        smmuv3_record(e.b.s, words);
    ring_it(&e, 0);
    sim_run_to(sim, 149999);
    CHECK_EQ(rd(&e, 0), 0);
    sim_run_to(sim, 150000);
    CHECK_EQ(rd(&e, 0), 1);
    bench_down(&e.b);
}

static uint64_t run_time(uint64_t n)
{
    struct run_bench b;
    uint64_t ps;

    run_load(&b, "server-smmu");
    *run_param(&b, "smmu.ecmdqs") = n;
    run_make(&b, TESTS_DIR "/model/system/causes.yaml");
    CHECK_EQ(run_go(&b), 0);
    ps = sim_now(b.sys->timed->sim);
    run_free(&b);
    return ps;
}

static void queues_that_nobody_uses_take_no_time(void)
{
    CHECK_EQ(run_time(8), run_time(0));
}

/* ---- anything ------------------------------------------------------------------------------------ */

/* After writes of anything, in memory and in the control page, each queue has come to rest, on or off; none
 * has left its ring, and one that may consume has nothing left. */
static void check_rest(struct queues *e, unsigned q)
{
    uint32_t prod = read_reg(&e->b, reg(q, ECMDQ_PROD_AT)), now = cons(e, q);
    bool agree = !(prod & ERRACK) == !(now & BIT(ECMDQ_CONS, ERR));

    CHECK_EQ(!(prod & EN), !(now & BIT(ECMDQ_CONS, ENACK)));
    CHECK_EQ(prod & 0x7f700000, 0);
    CHECK_EQ(now & 0x78700000, 0);
    if (prod & EN && agree)
        CHECK_EQ(prod & 0xfffff, now & 0xfffff);
}

/* Mostly a small queue that lies where commands are, and one that stays on. */
static void write_anything(struct queues *e, uint64_t r)
{
    uint32_t at = (uint32_t)(r >> 8 & 0xc), value = (uint32_t)(r >> 32);

    if (r & 0x30 && at == ECMDQ_BASE_AT)
        value = RINGS | (value & 0x3fe4);
    else if (r & 0x30)
        value = at == ECMDQ_BASE_AT + 4 ? 0 : (value & 0x0080001f) | (r & 0x3000 ? (uint32_t)EN : 0);
    write_reg(&e->b, reg(r & 3, at), value);
}

static void no_writes_leave_a_queue_on_its_way(void)
{
    uint64_t commands[2];
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        for (uint64_t at = 0; at < 0x4000; at += 16)
            mem_write64(e.b.sys->mem, RINGS + at, SMMUV3_CMD_SYNC);
        for (uint64_t i = 0; i < 4000; i++) {
            uint64_t r = bits_mix(i + 1);

            if (i % 8)
                write_anything(&e, r);
            else
                mem_write64(e.b.sys->mem, RINGS + (r >> 8 & 0x3ff8), r & 0x80 ? SMMUV3_CMD_SYNC : r >> 20);
            settle(&e.b);
            for (unsigned q = 0; q < QUEUES; q++)
                check_rest(&e, q);
        }
        CU_ASSERT(e.b.s->st.commands > 500);
        CU_ASSERT(e.b.s->st.command_errors > 100);
        commands[timed] = e.b.s->st.commands;
        bench_down(&e.b);
    }
    CHECK_EQ(commands[0], commands[1]);
}

/* ---- reset --------------------------------------------------------------------------------------- */

static void reset_turns_them_off_and_clears_errors(void)
{
    struct queues e;

    BOTH() {
        up(&e, timed, SET(FOUR));
        all_on(&e);
        put_raw(&e, 0, 0, 0);
        ring_it(&e, 0);
        settle(&e.b);
        system_reset(e.b.sys);
        CHECK_EQ(err(&e, 0), 0);
        CU_ASSERT_FALSE(on(&e, 0));
        CU_ASSERT_FALSE(on(&e, 1));
        CHECK_EQ(active(&e.b), 0);
        e.prod[0] = 0;
        e.flags[0] = 0;
        place(&e, 0, RINGS);
        put(&e, 0, SYNC);
        turn(&e, 0, true);
        CHECK_EQ(rd(&e, 0), 1);
        bench_down(&e.b);
    }
}

#define TESTS(T)                                                                                   \
    T(a_unit_has_none_unless_it_is_told) T(registers_say_how_many_there_are_and_where)             \
    T(a_trace_cannot_bring_or_take_them)                                                           \
    T(commands_of_every_queue_are_carried_out) T(a_command_has_its_effect_from_there_too)          \
    T(each_ring_wraps_with_its_flag) T(each_queue_sends_an_event_as_it_has_room_again)             \
    T(software_that_hands_commands_over_keeps_its_own_queue)      \
    T(a_queue_runs_while_it_is_on_alone)                                                           \
    T(base_and_consumer_index_are_written_while_it_is_off_alone)                                   \
    T(the_attributes_of_queues_stay_while_one_is_on)                                               \
    T(an_error_stops_its_queue_alone_until_it_is_acknowledged_there)                               \
    T(a_second_error_toggles_the_flag_back) T(a_read_that_aborts_is_an_error_too)                  \
    T(a_queue_whose_flags_disagree_consumes_nothing) T(an_error_interrupts_as_others_do)           \
    T(the_message_of_a_sync_that_aborts_is_a_global_error)                                         \
    T(an_atc_inv_that_is_not_answered_in_time_is_an_error_of_its_own_queue)                        \
    T(an_enable_is_acknowledged_after_its_time) T(disabling_waits_for_the_command_under_way)       \
    T(queues_take_turns) T(a_sync_waits_for_what_its_queue_had_before)                             \
    T(a_sync_waits_for_the_records_before_it) T(queues_that_nobody_uses_take_no_time)              \
    T(no_writes_leave_a_queue_on_its_way) T(reset_turns_them_off_and_clears_errors)
TEST_SUITE("smmuv3_ecmdq", TESTS)
