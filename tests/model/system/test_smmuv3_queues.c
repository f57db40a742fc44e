/* SPDX-License-Identifier: Apache-2.0
 *
 * Command and event queue as a driver drives them: errors and the restart after them, overflow, interrupts.
 * Every test but those about time is done without and with time.
 */
#include "driver_bench.h"

#define NOTHING (const char *const[]){ NULL }
#define SET(...) (const char *const[]){ __VA_ARGS__, NULL }
#define DRIVER "smmu.evtq.reader", "driver"

enum { PAGE = 4096 };

static void up(struct bench *b, bool timed, const char *const *set)
{
    bench_up(b, timed, set);
    place_queues(b, CMDQ, 4, 4);
}

#define BOTH(b)       for (int timed = 0; timed < 2; timed++)
#define CFGI_STE(sid) ((struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = (sid), .leaf = true })
#define SYNC          ((struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC })

/* ---- consumption --------------------------------------------------------------------------------- */

static void commands_wait_for_the_queue_to_be_enabled(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        put_command(&b, CFGI_STE(1));
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 0);
        CHECK_EQ(b.s->st.commands, 0);
        enable(&b, BIT(CR0, CMDQEN));
        CHECK_EQ(cmdq_index(&b), 2);
        CHECK_EQ(b.s->st.commands, 2);
        put_command(&b, SYNC);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 2);               /* not rung */
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 3);
        bench_down(&b);
    }
}

static void the_ring_wraps_with_its_flag(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        for (unsigned round = 0; round < 5; round++) {
            for (unsigned i = 0; i < 16; i++)
                put_command(&b, i % 4 ? CFGI_STE(i) : SYNC);
            ring(&b);
            settle(&b);
            CHECK_EQ(cmdq_index(&b), round % 2 ? 0 : 16);
        }
        CHECK_EQ(b.s->st.commands, 80);
        bench_down(&b);
    }
}

static void a_queue_of_one_entry_works(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queues(&b, CMDQ, 0, 0);
        enable(&b, BIT(CR0, CMDQEN));
        for (unsigned i = 1; i <= 5; i++) {
            put_command(&b, SYNC);
            ring(&b);
            settle(&b);
            CHECK_EQ(cmdq_index(&b), i & 1);
        }
        CHECK_EQ(b.s->st.commands, 5);
        bench_down(&b);
    }
}

static void a_queue_is_no_larger_than_idr1_says(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, SET("smmu.cmdqs", "2"));
        place_queues(&b, CMDQ, 2, 4);
        system_reg_write(b.sys, CMDQ_BASE_AT, CMDQ | 8, 8);
        CHECK_EQ(read_reg(&b, CMDQ_BASE_AT), CMDQ | 8);
        enable(&b, BIT(CR0, CMDQEN));
        for (unsigned i = 0; i < 4; i++)
            put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 4);
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(b.s->st.commands, 5);
        bench_down(&b);
    }
}

/* ---- errors [fact sheet 9.4] --------------------------------------------------------------------- */

static void the_queue_stops_at_an_error_and_goes_on_with_what_is_there_then(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, CFGI_STE(1));
        put_words(&b, 0, 0);
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        CHECK_EQ(cmdq_error(&b), CERROR_ILL);
        CHECK_EQ(active(&b), BIT(GERROR, CMDQ_ERR));
        put_command(&b, SYNC);
        ring(&b);                                  /* no doorbell restarts it */
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        b.prod = 1;
        put_command(&b, CFGI_STE(2));
        b.prod = 4;
        acknowledge(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 4);
        CHECK_EQ(active(&b), 0);
        CHECK_EQ(b.s->st.commands, 4);
        CHECK_EQ(b.s->st.command_errors, 1);
        CHECK_EQ(b.s->st.gerrors, 1);
        bench_down(&b);
    }
}

static void a_second_error_toggles_the_flag_back(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        put_words(&b, 0, 0);
        ring(&b);
        settle(&b);
        CHECK_EQ(read_reg(&b, GERROR_AT), 1);
        acknowledge(&b);                           /* the same command again */
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 0);
        CHECK_EQ(read_reg(&b, GERROR_AT), 0);
        CHECK_EQ(active(&b), BIT(GERROR, CMDQ_ERR));
        bench_down(&b);
    }
}

static void the_producer_may_take_back_commands_while_an_error_is_active(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, SYNC);
        put_words(&b, 0xff, 0);
        put_command(&b, CFGI_STE(1));
        ring(&b);
        settle(&b);
        b.prod = 1;
        ring(&b);
        acknowledge(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        CHECK_EQ(active(&b), 0);
        CHECK_EQ(b.s->st.commands, 1);
        bench_down(&b);
    }
}

static void a_read_that_aborts_is_an_error_of_its_own(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queues(&b, BROKEN, 4, 4);
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 0);
        CHECK_EQ(cmdq_error(&b), CERROR_ABT);
        CHECK_EQ(active(&b), BIT(GERROR, CMDQ_ERR));
        write_reg(&b, CR0_AT, 0);                  /* place it elsewhere, and again */
        settle(&b);
        b.prod = 0;
        place_queues(&b, CMDQ, 4, 4);
        put_command(&b, SYNC);
        ring(&b);
        acknowledge(&b);
        enable(&b, BIT(CR0, CMDQEN));
        CHECK_EQ(cmdq_index(&b), 1);
        CHECK_EQ(active(&b), 0);
        bench_down(&b);
    }
}

static void a_sync_after_an_atc_inv_that_failed_is_an_error_once(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        b.s->driver.atc_inv_failed = true;
        put_command(&b, CFGI_STE(1));
        put_command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_SEV });
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        CHECK_EQ(cmdq_error(&b), CERROR_ATC_INV_SYNC);
        CHECK_EQ(b.s->st.sev, 0);                  /* no signal */
        acknowledge(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 2);
        CHECK_EQ(b.s->st.sev, 1);
        bench_down(&b);
    }
}

#define ATC_INV(page) ((struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = 5, .first = (page) * PAGE })

/* The device takes one at a time; its answers come in time, or do not. */
static void a_device_that_does_not_answer_in_time_is_an_error_of_the_next_sync(void)
{
    struct bench b;

    for (int late = 0; late < 2; late++) {
        up(&b, true, SET("smmu.ats", "true", "device.atc.sets", "4", "device.atc.inval_depth", "1",
                         "device.atc.inval_ps", "1000000", "device.atc.timeout_ps", late ? "900000" : "9000000"));
        enable(&b, BIT(CR0, CMDQEN) | BIT(CR0, SMMUEN));
        for (unsigned i = 0; i < 3; i++)
            put_command(&b, ATC_INV(i));
        put_command(&b, SYNC);
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(b.sys->ats->link[0].atc.st.invals, 3);
        CHECK_EQ(b.sys->ats->link[0].atc.st.timeouts, late ? 3 : 0);
        CHECK_EQ(cmdq_index(&b), late ? 3 : 5);
        CHECK_EQ(cmdq_error(&b), late ? CERROR_ATC_INV_SYNC : CERROR_NONE);
        CU_ASSERT(sim_now(b.sys->timed->sim) >= 3000000);
        acknowledge(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 5);               /* once */
        bench_down(&b);
    }
}

static void an_atc_inv_to_a_device_without_an_atc_completes(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET("smmu.ats", "true"));
        enable(&b, BIT(CR0, CMDQEN) | BIT(CR0, SMMUEN));
        put_command(&b, ATC_INV(0));
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 2);
        CHECK_EQ(active(&b), 0);
        bench_down(&b);
    }
}

static void a_disabled_queue_keeps_its_place(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        write_reg(&b, CR0_AT, 0);
        settle(&b);
        CHECK_EQ(read_reg(&b, CR0ACK_AT), 0);
        put_command(&b, SYNC);
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        write_reg(&b, CMDQ_CONS_AT, 2);            /* now it may be written */
        CHECK_EQ(cmdq_index(&b), 2);
        CHECK_EQ(read_reg(&b, CMDQ_PROD_AT), 2);
        enable(&b, BIT(CR0, CMDQEN));
        CHECK_EQ(b.s->st.commands, 1);
        bench_down(&b);
    }
}

/* ---- completion signals and interrupts ----------------------------------------------------------- */

static struct smmuv3_cmd sync_msi(uint64_t addr, uint32_t data)
{
    return (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_IRQ, .msiaddr = addr, .msidata = data };
}

static void a_sync_signals_as_it_is_told(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, SYNC);
        put_command(&b, sync_msi(MSI + 4, 0x1234));
        put_command(&b, sync_msi(0, 0x5678));      /* a wire only */
        put_command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_SEV });
        ring(&b);
        settle(&b);
        CHECK_EQ(mem_read64(b.sys->mem, MSI), 0x0000123400000000ull);
        CHECK_EQ(b.s->st.irq_sync, 2);
        CHECK_EQ(b.s->driver.msi.st.sent, 1);
        CHECK_EQ(b.s->st.sev, 1);
        bench_down(&b);
    }
}

static void a_unit_without_msi_and_sev_sends_neither(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET("smmu.msi", "false", "smmu.sev", "false"));
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, sync_msi(MSI, 0x1234));
        put_command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC, .cs = SMMUV3_CS_SEV });
        ring(&b);
        settle(&b);
        CHECK_EQ(mem_read64(b.sys->mem, MSI), 0);
        CHECK_EQ(b.s->st.irq_sync, 1);
        CHECK_EQ(b.s->st.sev, 0);
        CHECK_EQ(cmdq_index(&b), 2);
        bench_down(&b);
    }
}

/* Eight commands in a ring of as many: the first makes room. */
static void a_full_queue_with_room_again_sends_an_event(void)
{
    struct bench b;

    for (int sev = 0; sev < 2; sev++)
        BOTH() {
            bench_up(&b, timed, SET("smmu.sev", sev ? "true" : "false"));
            place_queues(&b, CMDQ, 3, 4);
            for (unsigned i = 0; i < 8; i++)
                put_command(&b, SYNC);
            ring(&b);
            settle(&b);
            CHECK_EQ(b.s->st.sev, 0);
            enable(&b, BIT(CR0, CMDQEN));
            CHECK_EQ(cmdq_index(&b), 8);
            CHECK_EQ(b.s->st.sev, sev);
            for (unsigned i = 0; i < 7; i++)
                put_command(&b, SYNC);
            ring(&b);
            settle(&b);
            CHECK_EQ(b.s->st.sev, sev);
            bench_down(&b);
        }
}

static void irq_setup(struct bench *b)
{
    system_reg_write(b->sys, GERROR_IRQ_CFG0_AT, MSI + 0x10, 8);
    write_reg(b, GERROR_IRQ_CFG1_AT, 0xa1);
    system_reg_write(b->sys, EVENTQ_IRQ_CFG0_AT, MSI + 0x20, 8);
    write_reg(b, EVENTQ_IRQ_CFG1_AT, 0xa2);
}

static void an_error_interrupts_where_that_is_enabled(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        irq_setup(&b);
        enable(&b, BIT(CR0, CMDQEN));
        put_words(&b, 0, 0);
        ring(&b);
        settle(&b);
        CHECK_EQ(b.s->st.irq_gerror, 0);
        write_reg(&b, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
        settle(&b);
        CHECK_EQ(read_reg(&b, IRQ_CTRLACK_AT), BIT(IRQ_CTRL, GERROR));
        CHECK_EQ(b.s->st.irq_gerror, 0);           /* not for what was before */
        acknowledge(&b);
        settle(&b);
        CHECK_EQ(b.s->st.irq_gerror, 1);
        CHECK_EQ(mem_read64(b.sys->mem, MSI + 0x10), 0xa1);
        bench_down(&b);
    }
}

static void an_msi_that_aborts_is_an_error(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, NOTHING);
        system_reg_write(b.sys, GERROR_IRQ_CFG0_AT, BROKEN, 8);
        write_reg(&b, IRQ_CTRL_AT, BIT(IRQ_CTRL, GERROR));
        enable(&b, BIT(CR0, CMDQEN));
        put_command(&b, sync_msi(BROKEN + 0x100, 1));
        ring(&b);
        settle(&b);
        CHECK_EQ(cmdq_index(&b), 1);
        CHECK_EQ(active(&b), BIT(GERROR, MSI_CMDQ_ABT_ERR) | BIT(GERROR, MSI_GERROR_ABT_ERR));
        CHECK_EQ(b.s->st.irq_gerror, 1);           /* none for its own message's abort */
        bench_down(&b);
    }
}

/* ---- events -------------------------------------------------------------------------------------- */

/* A transaction that nothing is there for: with RECINVSID it is recorded. */
static void fault(struct bench *b, uint32_t sid)
{
    uint64_t words[EVENT_WORDS] = { 0 };

    FIELD_SET(EVENT, TYPE, words, SMMUV3_C_BAD_STREAMID);
    FIELD_SET(EVENT, SID, words, sid);
    smmuv3_record(b->s, words);
}

static uint32_t recorded_sid(struct bench *b, unsigned i)
{
    return (uint32_t)(mem_read64(b->sys->mem, EVENTQ + 32 * i) >> 32);
}

static void a_full_queue_notes_one_overflow(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, SET(DRIVER));
        place_queues(&b, CMDQ, 4, 1);
        enable(&b, BIT(CR0, EVENTQEN));
        for (uint32_t sid = 1; sid <= 3; sid++)
            fault(&b, sid);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0x80000002);
        CHECK_EQ(recorded_sid(&b, 0), 1);
        CHECK_EQ(recorded_sid(&b, 1), 2);
        fault(&b, 4);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0x80000002);
        write_reg(&b, EVENTQ_CONS_AT, 1);          /* room: records flow, acknowledged or not */
        fault(&b, 5);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0x80000003);
        CHECK_EQ(recorded_sid(&b, 0), 5);
        write_reg(&b, EVENTQ_CONS_AT, 0x80000003);
        for (uint32_t sid = 6; sid <= 8; sid++)
            fault(&b, sid);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 1);           /* a second one toggles it back */
        CHECK_EQ(b.s->driver.evtq->st.lost, 3);
        CHECK_EQ(b.s->driver.evtq->st.overflows, 2);
        bench_down(&b);
    }
}

/* [fact sheet 9.4]: as before, a stall as third. */
static void a_stall_waits_for_room_and_is_no_overflow(void)
{
    const uint64_t stall[EVENT_WORDS] = { 9ull << 32 | SMMUV3_F_TRANSLATION, 1ull << 31 };
    struct bench b;

    bench_up(&b, false, SET(DRIVER));
    place_queues(&b, CMDQ, 4, 1);
    smmuv3_record_surely(b.s, stall);              /* nor is one lost in a disabled queue */
    enable(&b, BIT(CR0, EVENTQEN));
    CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 1);
    fault(&b, 1);
    smmuv3_record_surely(b.s, stall);
    CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 2);
    write_reg(&b, EVENTQ_CONS_AT, 1);
    CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 3);
    CHECK_EQ(recorded_sid(&b, 0), 9);
    CHECK_EQ(recorded_sid(&b, 1), 1);
    bench_down(&b);
}

static void a_disabled_queue_drops_records_without_an_overflow(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET(DRIVER));
        fault(&b, 1);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0);
        CHECK_EQ(b.s->driver.evtq->st.dropped, 1);
        enable(&b, BIT(CR0, EVENTQEN));
        fault(&b, 2);
        settle(&b);
        write_reg(&b, CR0_AT, 0);
        fault(&b, 3);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 1);
        CHECK_EQ(recorded_sid(&b, 0), 2);
        bench_down(&b);
    }
}

static void a_record_in_an_empty_queue_interrupts(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET(DRIVER));
        irq_setup(&b);
        write_reg(&b, IRQ_CTRL_AT, BIT(IRQ_CTRL, EVENTQ));
        enable(&b, BIT(CR0, EVENTQEN));
        fault(&b, 1);
        settle(&b);
        CHECK_EQ(b.s->st.irq_eventq, 1);
        CHECK_EQ(mem_read64(b.sys->mem, MSI + 0x20), 0xa2);
        fault(&b, 2);
        settle(&b);
        CHECK_EQ(b.s->st.irq_eventq, 1);           /* it was not empty */
        write_reg(&b, EVENTQ_CONS_AT, 2);
        fault(&b, 3);
        settle(&b);
        CHECK_EQ(b.s->st.irq_eventq, 2);
        bench_down(&b);
    }
}

static void a_queue_whose_write_aborts_takes_nothing_until_that_is_acknowledged(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET(DRIVER));
        system_reg_write(b.sys, EVENTQ_BASE_AT, BROKEN | 4, 8);
        enable(&b, BIT(CR0, EVENTQEN));
        fault(&b, 1);
        settle(&b);
        CHECK_EQ(active(&b), BIT(GERROR, EVENTQ_ABT_ERR));
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0);
        write_reg(&b, CR0_AT, 0);
        settle(&b);
        system_reg_write(b.sys, EVENTQ_BASE_AT, EVENTQ | 4, 8);
        enable(&b, BIT(CR0, EVENTQEN));
        fault(&b, 2);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 0);
        acknowledge(&b);
        fault(&b, 3);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 1);
        CHECK_EQ(recorded_sid(&b, 0), 3);
        bench_down(&b);
    }
}

static void a_request_that_faults_is_recorded(void)
{
    struct bench b;
    struct xl_req req = { .sid = 0x1234567, .addr = PAGE };
    struct xl_result res;

    up(&b, false, SET(DRIVER));
    write_reg(&b, CR2_AT, BIT(CR2, RECINVSID));
    write_reg(&b, STRTAB_BASE_CFG_AT, 8);
    system_reg_write(b.sys, STRTAB_BASE_AT, STRTAB, 8);
    enable(&b, BIT(CR0, EVENTQEN) | BIT(CR0, SMMUEN));
    system_translate(b.sys, &req, &res, NULL);
    CHECK_EQ(res.code, SMMUV3_C_BAD_STREAMID);
    CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 1);
    CHECK_EQ(recorded_sid(&b, 0), 0x1234567);
    bench_down(&b);
}

static void the_model_reads_events_where_no_driver_does(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queues(&b, CMDQ, 4, 1);
        enable(&b, BIT(CR0, EVENTQEN));
        for (uint32_t sid = 1; sid <= 7; sid++)
            fault(&b, sid);
        settle(&b);
        CHECK_EQ(read_reg(&b, EVENTQ_PROD_AT), 3);
        CHECK_EQ(b.s->driver.evtq->st.lost, 0);
        bench_down(&b);
    }
}

/* ---- software of the model's own ----------------------------------------------------------------- */

static void commands_that_are_handed_over_need_no_enable_and_pass_errors_over(void)
{
    const uint64_t bad[CMD_WORDS] = { 0, 0 }, sync[CMD_WORDS] = { SMMUV3_CMD_SYNC, 0 };
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        CHECK_EQ(system_command(b.sys, bad, CMD_WORDS), 0);
        CHECK_EQ(system_command(b.sys, sync, CMD_WORDS), 0);
        if (timed)
            CU_ASSERT_TRUE(timed_queue(b.sys->timed));
        settle(&b);
        CHECK_EQ(b.s->st.commands, 1);
        CHECK_EQ(b.s->st.command_errors, 1);
        CHECK_EQ(active(&b), 0);
        CHECK_EQ(read_reg(&b, CMDQ_PROD_AT), 2);
        CHECK_EQ(cmdq_index(&b), 2);
        bench_down(&b);
    }
}

/* ---- time ---------------------------------------------------------------------------------------- */

static void an_update_is_acknowledged_after_its_time(void)
{
    struct bench b;
    struct sim *sim;

    up(&b, true, SET("smmu.ack", "5", "smmu.clk.period_ps", "1000"));
    sim = b.sys->timed->sim;
    write_reg(&b, CR0_AT, BIT(CR0, CMDQEN));
    write_reg(&b, GBPA_AT, BIT(GBPA, UPDATE) | BIT(GBPA, ABORT));
    sim_run_to(sim, 4999);
    CHECK_EQ(read_reg(&b, CR0ACK_AT), 0);
    CHECK_EQ(read_reg(&b, GBPA_AT), BIT(GBPA, UPDATE) | BIT(GBPA, ABORT));
    sim_run_to(sim, 5000);
    CHECK_EQ(read_reg(&b, CR0ACK_AT), BIT(CR0, CMDQEN));
    CHECK_EQ(read_reg(&b, GBPA_AT), BIT(GBPA, ABORT));
    bench_down(&b);
}

/* The queue is off when the command that was under way has been consumed. */
static void disabling_waits_for_the_command_under_way(void)
{
    struct bench b;
    struct sim *sim;

    up(&b, true, SET("mem.llc_ps", "50000", "smmu.clk.period_ps", "1000", "smmu.cmdq.decode", "1",
                     "smmu.cmdq.fetch", "1", "smmu.cmdq.occupy", "0"));
    sim = b.sys->timed->sim;
    enable(&b, BIT(CR0, CMDQEN));
    put_command(&b, CFGI_STE(1));
    put_command(&b, CFGI_STE(2));
    ring(&b);
    sim_run_to(sim, 10000);
    write_reg(&b, CR0_AT, 0);
    sim_run_to(sim, 40000);
    CHECK_EQ(read_reg(&b, CR0ACK_AT), BIT(CR0, CMDQEN));
    settle(&b);
    CHECK_EQ(read_reg(&b, CR0ACK_AT), 0);
    CHECK_EQ(cmdq_index(&b), 1);
    CHECK_EQ(b.s->st.commands, 1);
    bench_down(&b);
}

/* A second sync completes when the first one's message is in memory. */
static void a_sync_waits_for_the_message_of_the_one_before(void)
{
    struct bench b;
    struct sim *sim;
    uint64_t done[2] = { 0 };

    up(&b, true, SET("mem.llc_ps", "50000", "smmu.clk.period_ps", "1000", "smmu.cmdq.decode", "0",
                     "smmu.cmdq.fetch", "4"));
    sim = b.sys->timed->sim;
    enable(&b, BIT(CR0, CMDQEN));
    put_command(&b, sync_msi(MSI, 1));
    put_command(&b, sync_msi(MSI + 8, 2));
    ring(&b);
    for (uint64_t t = 0; t < 300000 && !done[1]; t += 1000) {
        sim_run_to(sim, t);
        for (unsigned i = 0; i < 2; i++)
            if (!done[i] && cmdq_index(&b) > i)
                done[i] = t;
    }
    CHECK_EQ(done[0], 50000);
    CHECK_EQ(done[1], 100000);
    settle(&b);
    CHECK_EQ(mem_read64(b.sys->mem, MSI), 1);
    CHECK_EQ(mem_read64(b.sys->mem, MSI + 8), 2);
    bench_down(&b);
}

/* ... and for the records of transactions that have ended. */
static void a_sync_waits_for_the_records_before_it(void)
{
    struct bench b;
    struct sim *sim;

    up(&b, true, SET(DRIVER, "mem.llc_ps", "50000", "smmu.clk.period_ps", "1000", "smmu.cmdq.decode", "0"));
    sim = b.sys->timed->sim;
    enable(&b, BIT(CR0, CMDQEN) | BIT(CR0, EVENTQEN));
    put_command(&b, SYNC);
    for (uint32_t sid = 1; sid <= 3; sid++)
        fault(&b, sid);
    ring(&b);
    sim_run_to(sim, 149999);
    CHECK_EQ(cmdq_index(&b), 0);
    sim_run_to(sim, 150000);
    CHECK_EQ(cmdq_index(&b), 1);
    bench_down(&b);
}

/* ---- reset --------------------------------------------------------------------------------------- */

static void reset_disables_all_and_clears_errors(void)
{
    struct bench b;

    BOTH() {
        up(&b, timed, SET(DRIVER));
        enable(&b, BIT(CR0, CMDQEN) | BIT(CR0, EVENTQEN));
        put_words(&b, 0, 0);
        ring(&b);
        settle(&b);
        system_reset(b.sys);
        CHECK_EQ(read_reg(&b, CR0_AT), 0);
        CHECK_EQ(active(&b), 0);
        fault(&b, 1);
        settle(&b);
        CHECK_EQ(b.s->driver.evtq->st.records, 0);
        b.prod = 0;
        place_queues(&b, CMDQ, 4, 4);
        put_command(&b, SYNC);
        ring(&b);
        enable(&b, BIT(CR0, CMDQEN));
        CHECK_EQ(cmdq_index(&b), 1);
        bench_down(&b);
    }
}

#define TESTS(T)                                                                                   \
    T(commands_wait_for_the_queue_to_be_enabled) T(the_ring_wraps_with_its_flag)                   \
    T(a_queue_of_one_entry_works) T(a_queue_is_no_larger_than_idr1_says)                           \
    T(the_queue_stops_at_an_error_and_goes_on_with_what_is_there_then)                             \
    T(a_second_error_toggles_the_flag_back)                                                        \
    T(the_producer_may_take_back_commands_while_an_error_is_active)                                \
    T(a_read_that_aborts_is_an_error_of_its_own)                                                   \
    T(a_sync_after_an_atc_inv_that_failed_is_an_error_once) T(a_disabled_queue_keeps_its_place)    \
    T(a_device_that_does_not_answer_in_time_is_an_error_of_the_next_sync)                          \
    T(an_atc_inv_to_a_device_without_an_atc_completes)                                             \
    T(a_sync_signals_as_it_is_told) T(a_unit_without_msi_and_sev_sends_neither)                    \
    T(a_full_queue_with_room_again_sends_an_event)                                                 \
    T(an_error_interrupts_where_that_is_enabled) T(an_msi_that_aborts_is_an_error)                 \
    T(a_full_queue_notes_one_overflow) T(a_stall_waits_for_room_and_is_no_overflow)               \
    T(a_disabled_queue_drops_records_without_an_overflow)       \
    T(a_record_in_an_empty_queue_interrupts)                                                       \
    T(a_queue_whose_write_aborts_takes_nothing_until_that_is_acknowledged)                         \
    T(a_request_that_faults_is_recorded) T(the_model_reads_events_where_no_driver_does)            \
    T(commands_that_are_handed_over_need_no_enable_and_pass_errors_over)                           \
    T(an_update_is_acknowledged_after_its_time) T(disabling_waits_for_the_command_under_way)       \
    T(a_sync_waits_for_the_message_of_the_one_before) T(a_sync_waits_for_the_records_before_it)    \
    T(reset_disables_all_and_clears_errors)
TEST_SUITE("smmuv3_queues", TESTS)
