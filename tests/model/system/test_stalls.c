/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults that terminate and faults that stall, with time and without: what the device gets, what software is
 * told, and what its answers do.  [fact sheet 4.4]
 */
#include "run_bench.h"
#include "stall_bench.h"
#include "workloads/device/replay_timed_impl.h"

/* ---- A, R, S --------------------------------------------------------------------------------------- */

struct row { bool a, r, s; enum xl_outcome outcome; unsigned events; };

static void each_row_of_a_r_and_s_does_what_it_says(void)
{
    static const struct row rows[] = {
        { 0, 0, 0, XL_RAZWI, 0 }, { 0, 1, 0, XL_RAZWI, 1 }, { 1, 0, 0, XL_FAULT, 0 }, { 1, 1, 0, XL_FAULT, 1 },
        { 0, 0, 1, XL_STALL, 1 }, { 0, 1, 1, XL_STALL, 1 }, { 1, 0, 1, XL_STALL, 1 }, { 1, 1, 1, XL_STALL, 1 },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        EVERYWHERE(&b, NULL) {
            const struct row *r = &rows[i];
            bool stalls = r->outcome == XL_STALL;

            b.config[0].a = r->a;
            b.config[0].r = r->r;
            b.config[0].s = r->s;
            attach(&b, 0);
            access(&b, 0, i & 1, page(3) + 0x123);
            CHECK_EQ(b.done, !stalls);
            if (!stalls)
                CHECK_EQ(b.end[0].res.outcome, r->outcome);
            CHECK_EQ(b.events, r->events);
            CHECK_EQ(b.s->st.events, r->events);
            CHECK_EQ(b.s->st.faults, !stalls);
            CHECK_EQ(b.s->st.stalled, stalls);
            CHECK_EQ(b.s->stalls.st.recorded, stalls);
            if (r->events) {
                CHECK_EQ(FIELD_GET(EVENT, TYPE, b.event[0]), SMMUV3_F_TRANSLATION);
                CHECK_EQ(FIELD_GET(EVENT, STALL, b.event[0]), stalls);
                CHECK_EQ(FIELD_GET(EVENT, SID, b.event[0]), SID);
                CHECK_EQ(FIELD_GET(EVENT, RNW, b.event[0]), !(i & 1));
                CHECK_EQ(b.event[0][2], page(3) + 0x123);
            }
            if (stalls)
                abort_it(&b, 0, stag_of(&b, 0));
            CHECK_EQ(b.done, 1);
        }
}

/* Stage 2 knows no A: it aborts, or stalls. */
static void stage_2_obeys_s2r_and_s2s(void)
{
    static const struct { bool r, s; enum xl_outcome outcome; unsigned events; } rows[] = {
        { 0, 0, XL_FAULT, 0 }, { 1, 0, XL_FAULT, 1 }, { 0, 1, XL_STALL, 1 }, { 1, 1, XL_STALL, 1 },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        EVERYWHERE(&b, NULL) {
            struct smmuv3_config *c = &b.config[0];

            *c = (struct smmuv3_config){ .config = STE_S2, .s2 = true, .vmid = 9, .s2r = rows[i].r,
                                         .s2s = rows[i].s };
            c->s2t = (struct vmsa_table){ .stage = 2, .granule_log2 = 12, .in_bits = 39, .out_bits = 48,
                                          .start = 1, .base = bench_io_alloc(&b, 12) };
            attach(&b, 0);
            access(&b, 0, false, page(1));
            CHECK_EQ(b.events, rows[i].events);
            CHECK_EQ(b.done, rows[i].outcome != XL_STALL);
            if (rows[i].outcome == XL_STALL) {
                CHECK_EQ(FIELD_GET(EVENT, S2, b.event[0]), 1);
                CHECK_EQ(FIELD_GET(EVENT, STALL, b.event[0]), 1);
                map(&b, 0, page(1));
                retry(&b, 0, stag_of(&b, 0));
                CHECK_EQ(b.end[0].res.outcome, XL_OK);
            } else {
                CHECK_EQ(b.end[0].res.outcome, XL_FAULT);
            }
        }
}

static void a_speculative_read_never_stalls(void)
{
    struct bench b;

    EVERYWHERE(&b, NULL) {
        b.speculative = true;
        access(&b, 0, false, page(3));
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.end[0].res.outcome, XL_ABORT);
        CHECK_EQ(b.end[0].cls, SMMUV3_CLASS_SPECULATIVE);
        CHECK_EQ(b.events, 0);
        CHECK_EQ(b.s->stalls.st.stalls, 0);
        b.speculative = false;
        access(&b, 0, false, page(3));             /* the same, in earnest */
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.events, 1);
        map(&b, 0, page(3));
        retry(&b, 0, stag_of(&b, 0));
        b.speculative = true;
        access(&b, 0, false, page(3));
        CHECK_EQ(b.end[2].res.outcome, XL_OK);
        CHECK_EQ(b.end[2].cls, SMMUV3_CLASS_SPECULATIVE);
        access(&b, 0, true, page(3));              /* no entry lets a write pass */
        CHECK_EQ(b.end[3].res.outcome, XL_ABORT);
        CHECK_EQ(b.s->st.speculative, 2);          /* that hit has not come so far */
        CHECK_EQ(b.s->st.speculative_aborted, 2);
    }
}

/* Each waits for the walk of the other, and finds no answer there. */
static void what_waits_for_a_speculative_walk_meets_its_own_fault(void)
{
    for (unsigned first = 0; first < 2; first++) {
        struct bench b;

        up(&b, true, SET("smmu.timing.merge", "yes", "dev.order", "none"));
        for (unsigned i = 0; i < 2; i++) {
            b.speculative = i == first;
            issue(&b, 0, false, page(3) + 64 * i);
        }
        settle(&b);
        CHECK_EQ(b.t->st.merged, 1);
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.end[first].res.outcome, XL_ABORT);
        CHECK_EQ(b.events, 1);
        map(&b, 0, page(3));
        retry(&b, 0, stag_of(&b, 0));
        CHECK_EQ(b.end[!first].res.outcome, XL_OK);
        down(&b);
    }
}

/* ---- answers --------------------------------------------------------------------------------------- */

static void retry_finds_what_has_been_mapped_meanwhile(void)
{
    struct bench b;

    EVERYWHERE(&b, NULL) {
        access(&b, 0, false, page(2) + 8);
        CHECK_EQ(b.done, 0);
        map(&b, 0, page(2));
        retry(&b, 0, stag_of(&b, 0));
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.end[0].res.outcome, XL_OK);
        CHECK_EQ(b.end[0].res.pa, PA + 2 * PAGE + 8);
        CHECK_EQ(b.s->stalls.st.retried, 1);
        CHECK_EQ(b.events, 1);
        access(&b, 0, false, page(2));             /* and it is kept */
        CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_TLB);
    }
}

static void retry_may_stall_again_under_another_tag_or_fault(void)
{
    struct bench b;

    EVERYWHERE(&b, NULL) {
        access(&b, 0, true, page(2));
        retry(&b, 0, stag_of(&b, 0));
        CHECK_EQ(b.done, 0);
        CHECK_EQ(b.events, 2);
        CU_ASSERT(stag_of(&b, 0) != stag_of(&b, 1));
        CHECK_EQ(b.s->stalls.st.stalls, 2);
        b.config[0].s = false;                     /* from now on faults terminate */
        attach(&b, 0);
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = SID });
        settle(&b);
        CHECK_EQ(b.done, 0);                       /* an invalidation does not touch it */
        retry(&b, 0, stag_of(&b, 1));
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.end[0].res.outcome, XL_FAULT);
        CHECK_EQ(b.events, 3);
        CHECK_EQ(FIELD_GET(EVENT, STALL, b.event[2]), 0);
    }
}

static void answers_that_end_it_say_how(void)
{
    struct bench b;

    for (unsigned term_model = 0; term_model < 2; term_model++)
        EVERYWHERE(&b, SET("smmu.term_model", term_model ? "yes" : "no")) {
            access(&b, 0, false, page(1));
            access(&b, 1, false, page(1));
            abort_it(&b, 0, stag_of(&b, 0));
            CHECK_EQ(b.end[0].res.outcome, XL_FAULT);
            CHECK_EQ(b.end[0].res.code, SMMUV3_F_TRANSLATION);
            resume(&b, 1, stag_of(&b, 1), false, false);
            settle(&b);
            CHECK_EQ(b.end[1].res.outcome, term_model ? XL_FAULT : XL_RAZWI);
            CHECK_EQ(b.s->stalls.st.aborted, 1 + term_model);
            CHECK_EQ(b.s->stalls.st.razwi, 1 - term_model);
        }
}

static void answer_to_nobody_is_ignored(void)
{
    struct bench b;

    EVERYWHERE(&b, NULL) {
        access(&b, 0, false, page(1));
        abort_it(&b, 1, stag_of(&b, 0));                           /* another stream's */
        abort_it(&b, 0, (uint16_t)(stag_of(&b, 0) + 1));           /* a free place */
        abort_it(&b, 0, 0xffff);                                   /* no place at all */
        CHECK_EQ(b.done, 0);
        CHECK_EQ(b.s->stalls.st.ignored, 3);
        abort_it(&b, 0, stag_of(&b, 0));
        CHECK_EQ(b.done, 1);
        abort_it(&b, 0, stag_of(&b, 0));                           /* twice */
        CHECK_EQ(b.s->stalls.st.ignored, 4);
        CHECK_EQ(b.s->st.command_errors, 0);
    }
}

static void commands_are_illegal_without_a_stall_model(void)
{
    struct bench b;

    EVERYWHERE(&b, SET("smmu.stall_model", "1")) {
        resume(&b, 0, 0, true, false);
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
        settle(&b);
        CHECK_EQ(b.s->st.command_errors, 2);
        CHECK_EQ(FIELD_GET(IDR5, STALL_MAX, &b.s->regs.idr5), 0);
        access(&b, 0, false, page(1));                             /* CD.S = 1 is illegal */
        CHECK_EQ(b.end[0].res.code, SMMUV3_C_BAD_CD);
    }
}

static void stall_term_ends_a_stream_and_no_other(void)
{
    struct bench b;

    EVERYWHERE(&b, NULL) {
        for (unsigned i = 0; i < 3; i++)
            access(&b, 0, false, page(i));
        access(&b, 1, false, page(0));
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
        settle(&b);
        CHECK_EQ(b.done, 3);
        for (unsigned i = 0; i < 3; i++)
            CHECK_EQ(b.end[i].res.outcome, XL_FAULT);
        CU_ASSERT_FALSE(b.end[3].done);
        CHECK_EQ(b.s->stalls.st.terminated, 3);
        abort_it(&b, 1, stag_of(&b, 3));
        CHECK_EQ(b.done, 4);
    }
}

static void all_that_are_stalled_end_when_translation_goes_off(void)
{
    struct bench b;

    EVERYWHERE(&b, SET("smmu.stall.entries", "2")) {
        for (unsigned i = 0; i < STREAMS; i++)                     /* two in front of the buffer */
            access(&b, i, i & 1, page(0));
        CHECK_EQ(b.done, 0);
        CHECK_EQ(b.events, 2);
        system_reg_write(b.sys, 0x20, 0xc, 4);
        settle(&b);
        CHECK_EQ(b.done, STREAMS);
        for (unsigned i = 0; i < STREAMS; i++)
            CHECK_EQ(b.end[i].res.outcome, XL_FAULT);
        CHECK_EQ(b.events, 2);
        CHECK_EQ(b.s->stalls.st.terminated, STREAMS);
        access(&b, 0, false, page(0));
        CHECK_EQ(b.end[STREAMS].res.outcome, XL_BYPASS);
        system_reg_write(b.sys, 0x20, 0xd, 4);
        access(&b, 0, false, page(0));
        CHECK_EQ(b.events, 3);
        CHECK_EQ(b.s->stalls.frees, 1);
        abort_it(&b, 0, stag_of(&b, 2));
    }
}

/* ---- the buffer ------------------------------------------------------------------------------------ */

static void tag_is_given_out_again_only_after_the_answer(void)
{
    unsigned used[4] = { 0 };
    struct bench b;

    EVERYWHERE(&b, SET("smmu.stall.entries", "4")) {
        memset(used, 0, sizeof used);
        CHECK_EQ(FIELD_GET(IDR5, STALL_MAX, &b.s->regs.idr5), 4);
        for (unsigned i = 0; i < 4; i++) {
            access(&b, 0, false, page(i));
            used[stag_of(&b, i) & 3]++;
        }
        for (unsigned i = 0; i < 4; i++)
            CHECK_EQ(used[i], 1);
        abort_it(&b, 0, stag_of(&b, 2));
        access(&b, 0, false, page(9));
        CHECK_EQ(b.events, 5);
        CHECK_EQ(stag_of(&b, 4), stag_of(&b, 2));
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
        settle(&b);
        CHECK_EQ(b.done, 5);
    }
}

static void full_buffer_lets_in_the_next_with_each_answer(void)
{
    struct bench b;

    EVERYWHERE(&b, SET("smmu.stall.entries", "2", "dev.order", "none")) {
        for (unsigned i = 0; i < 5; i++)
            access(&b, 0, false, page(i));
        CHECK_EQ(b.events, 2);
        CHECK_EQ(b.s->stalls.st.recorded, 2);
        for (unsigned i = 0; i < 5; i++) {
            CHECK_EQ(b.done, i);
            CHECK_EQ(FIELD_GET(EVENT, INPUT, b.event[i]), page(i));
            map(&b, 0, page(i));
            retry(&b, 0, stag_of(&b, i));
            CHECK_EQ(b.events, i + 3 < 5 ? i + 3 : 5);
        }
        CHECK_EQ(b.done, 5);
        for (unsigned i = 0; i < 5; i++)
            CHECK_EQ(b.end[i].res.outcome, XL_OK);
    }
}

static void alike_is_recorded_once_and_tried_again_with_the_first(void)
{
    struct bench b;

    EVERYWHERE(&b, SET("dev.order", "none")) {
        access(&b, 0, false, page(1));
        access(&b, 0, false, page(1) + 64);        /* alike */
        access(&b, 0, true, page(1));              /* another direction */
        access(&b, 0, false, page(2));             /* another page */
        access(&b, 1, false, page(1));             /* another stream */
        CHECK_EQ(b.events, 4);
        CHECK_EQ(b.s->stalls.st.suppressed, 1);
        CHECK_EQ(b.s->stalls.frees, 32 - 4);
        abort_it(&b, 0, stag_of(&b, 0));           /* that one alone; the other tells of itself now */
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.events, 5);
        CHECK_EQ(FIELD_GET(EVENT, INPUT, b.event[4]), page(1) + 64);
        map(&b, 0, page(1));
        retry(&b, 0, stag_of(&b, 4));
        retry(&b, 0, stag_of(&b, 1));
        CHECK_EQ(b.end[1].res.outcome, XL_OK);
        CHECK_EQ(b.end[2].res.outcome, XL_OK);
        access(&b, 0, false, page(2) + 64);
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
        settle(&b);                                /* those that wait with another end, too */
        CHECK_EQ(b.end[3].res.outcome, XL_FAULT);
        CHECK_EQ(b.end[5].res.outcome, XL_FAULT);
        abort_it(&b, 1, stag_of(&b, 3));
        CHECK_EQ(b.done, 6);
    }
}

static void without_suppression_each_is_recorded(void)
{
    struct bench b;

    EVERYWHERE(&b, SET("smmu.stall.suppress", "no", "dev.order", "none")) {
        for (unsigned i = 0; i < 3; i++)
            access(&b, 0, false, page(1) + 64 * i);
        CHECK_EQ(b.events, 3);
        map(&b, 0, page(1));
        for (unsigned i = 3; i-- > 0;)
            retry(&b, 0, stag_of(&b, i));
        CHECK_EQ(b.done, 3);
        CHECK_EQ(b.order[0], 2);
    }
}

/* ---- in time --------------------------------------------------------------------------------------- */

enum { CYCLE = 1000, READ_PS = 10 * CYCLE, COMMAND = READ_PS + CYCLE };

static void stall_takes_a_walk_an_answer_and_the_whole_way_again(void)
{
    struct bench b;
    uint64_t t;

    up(&b, true, NULL);
    map(&b, 0, page(0));
    access(&b, 0, false, page(0));                 /* the configuration is known */
    issue(&b, 0, false, page(1));
    t = now(&b);
    sim_run_to(b.t->sim, t + CYCLE + 3 * READ_PS + READ_PS - 1);
    CHECK_EQ(b.t->evtq.prod, 0);
    sim_run_to(b.t->sim, t + CYCLE + 3 * READ_PS + READ_PS);
    CHECK_EQ(b.t->evtq.prod, 1);                   /* a lookup, the walk, the record */
    CHECK_EQ(b.t->slots.used, 0);                  /* it keeps no slot */
    CHECK_EQ(b.t->front[0].slots.used, 0);
    read_events(&b);
    map(&b, 0, page(1));
    sim_run_to(b.t->sim, t + 500000);
    retry(&b, 0, stag_of(&b, 0));
    CHECK_EQ(b.end[1].done_ps, t + 500000 + COMMAND + CYCLE + 3 * READ_PS);
    CHECK_EQ(b.end[1].led.ps[CAUSE_STALL], 500000 + COMMAND - CYCLE - 3 * READ_PS);
    CHECK_EQ(b.end[1].led.ps[CAUSE_TABLE], 6 * READ_PS);
    CHECK_EQ(b.end[1].led.ps[CAUSE_LOOKUP], 2 * CYCLE);
    CHECK_EQ(b.end[1].cls, SMMUV3_CLASS_STALLED);
    CHECK_EQ(b.s->stalls.places.st.busy_ps + 0, 500000 + COMMAND - CYCLE - 3 * READ_PS);
    down(&b);
}

static void stalled_one_is_passed_unless_order_forbids(void)
{
    for (unsigned ordered = 0; ordered < 2; ordered++)
        for (unsigned write = 0; write < 2; write++) {
            struct bench b;

            up(&b, true, SET("dev.order", ordered ? "stream" : "none"));
            map(&b, 0, page(0));
            map(&b, 1, page(0));
            access(&b, 0, write, page(5));
            access(&b, 0, write, page(0));
            access(&b, 0, !write, page(0));        /* reads and writes are no order */
            access(&b, 1, write, page(0));
            CHECK_EQ(b.end[1].done, !ordered);
            CU_ASSERT_TRUE(b.end[2].done);
            CU_ASSERT_TRUE(b.end[3].done);
            map(&b, 0, page(5));
            retry(&b, 0, stag_of(&b, 0));
            CHECK_EQ(b.done, 4);
            CU_ASSERT(!ordered || b.end[1].done_ps >= b.end[0].done_ps);
            if (ordered)
                CU_ASSERT(b.end[1].led.ps[CAUSE_ORDER] > 0);
            down(&b);
        }
}

/* The first of two places is answered behind a sync, which waits for nothing that stalls hold up: not for
 * those without a place, nor for who waits for their slots or walks, nor for a write behind them. */
static void sync_before_the_answer_completes(void)
{
    for (unsigned merge = 0; merge < 2; merge++) {
        struct bench b;

        up(&b, true, SET("smmu.stall.entries", "1", "smmu.tbu.slots.n", "2", "smmu.tcu.slots.n", "1",
                         "smmu.timing.merge", merge ? "yes" : "no"));
        map(&b, 1, page(0));
        map(&b, 2, page(0));
        map(&b, 3, page(0));
        access(&b, 1, true, page(0));
        for (unsigned i = 0; i < 3; i++)
            issue(&b, 0, true, page(4 + i));       /* one has the place, one each the slots */
        issue(&b, 0, true, page(5) + 64);          /* waits for a walk, or a slot */
        issue(&b, 1, true, page(9));               /* for a slot */
        issue(&b, 1, true, page(0) + 64);          /* hits, and waits for its turn */
        issue(&b, 2, false, page(0));              /* would pass, if it had a slot */
        settle(&b);
        issue(&b, 1, true, page(0) + 128);         /* those that come when it is so: hits, */
        issue(&b, 3, false, page(0));              /* and finds no slot */
        settle(&b);
        CHECK_EQ(b.done, 1);
        CHECK_EQ(b.events, 1);
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
        for (unsigned i = 0; i < b.events; i++) {
            if (i + 1 < b.events || b.done < 10)
                map(&b, i == 4 ? 1 : 0, FIELD_GET(EVENT, INPUT, b.event[i]) & ~0xfffull);
            retry(&b, FIELD_GET(EVENT, SID, b.event[i]) - SID, stag_of(&b, i));
        }
        CHECK_EQ(b.done, 10);
        CHECK_EQ(b.t->cmdq.st.syncs, 1);
        for (unsigned i = 0; i < 10; i++)
            CHECK_EQ(b.end[i].res.outcome, XL_OK);
        CHECK_EQ(b.t->slots.used + b.t->front[0].slots.used + b.s->stalls.places.used, 0);
        CHECK_EQ(b.t->era_count[0] + b.t->era_count[1], 0);
        CU_ASSERT_PTR_NULL(b.t->held);
        down(&b);
    }
}

/* The one slot of the TCU is got by one after the other in front of the buffer, while the same ones wait at the
 * TBU: each of them is held up once. */
static void who_waits_behind_a_full_buffer_is_held_up_once(void)
{
    enum { N = 6 };
    struct bench b;

    up(&b, true, SET("smmu.stall.entries", "1", "smmu.tbu.slots.n", "4", "smmu.tcu.slots.n", "1",
                       "dev.order", "none"));
    for (unsigned i = 0; i < N; i++)
        issue(&b, i % STREAMS, i & 1, page(i));
    settle(&b);
    for (unsigned i = 0; i < N; i++) {
        unsigned held = 0;

        CHECK_EQ(b.done, i);
        CHECK_EQ(b.events, i + 1);
        for (const struct flow *f = b.t->held; f && held <= N; f = f->held_next)
            held++;
        CU_ASSERT_FATAL(held <= N - i);
        abort_it(&b, FIELD_GET(EVENT, SID, b.event[i]) - SID, stag_of(&b, i));
    }
    CHECK_EQ(b.done, N);
    CU_ASSERT_PTR_NULL(b.t->held);
    down(&b);
}

/* Two records fill the ring; faults that terminate are lost then, one that stalls is recorded once software
 * has read. */
static void record_of_a_stall_waits_for_room_in_the_queue(void)
{
    struct bench b;

    up(&b, true, SET("smmu.evtq.entries", "2", "dev.order", "none"));
    b.config[1].s = false;
    attach(&b, 1);
    for (unsigned i = 0; i < 3; i++)
        issue(&b, 1, false, page(i));
    sim_run(b.t->sim);
    CHECK_EQ(b.done, 3);
    CHECK_EQ(b.t->evtq.st.lost, 1);
    issue(&b, 0, false, page(0));
    issue(&b, 0, false, page(1));
    CHECK_EQ(sim_run(b.t->sim), SIM_END_STUCK);
    CHECK_EQ(b.t->evtq.st.lost, 1);
    CHECK_EQ(b.t->evtq.prod, 2);
    CHECK_EQ(b.t->slots.used, 0);                  /* they wait in their places */
    CU_ASSERT_TRUE(evtq_read(&b.t->evtq, b.event[0]));
    CHECK_EQ(sim_run(b.t->sim), SIM_END_STUCK);
    CHECK_EQ(b.t->evtq.prod, 3);
    settle(&b);
    CHECK_EQ(b.events, 3);                         /* the two that are left, and the last */
    CHECK_EQ(FIELD_GET(EVENT, STALL, b.event[1]), 1);
    CHECK_EQ(FIELD_GET(EVENT, INPUT, b.event[1]), page(0));
    CHECK_EQ(FIELD_GET(EVENT, INPUT, b.event[2]), page(1));
    abort_it(&b, 0, stag_of(&b, 1));
    abort_it(&b, 0, stag_of(&b, 2));
    CHECK_EQ(b.done, 5);
    CHECK_EQ(b.t->evtq.st.lost, 1);
    down(&b);
}

/* What waits for room and is told of an invalidation meanwhile looks again before it is recorded. */
static void unrecorded_stall_looks_again_after_an_invalidation(void)
{
    struct bench b;

    up(&b, true, SET("smmu.evtq.entries", "2", "dev.order", "none"));
    b.config[1].s = false;
    attach(&b, 1);
    issue(&b, 1, false, page(0));
    issue(&b, 1, false, page(1));
    issue(&b, 0, false, page(0));
    issue(&b, 0, false, page(1));
    sim_run(b.t->sim);
    CHECK_EQ(b.done, 2);
    map(&b, 0, page(0));
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = 1 });
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    settle(&b);
    CHECK_EQ(b.t->cmdq.st.syncs, 1);
    CHECK_EQ(b.s->stalls.st.renewed, 2);
    CHECK_EQ(b.done, 3);
    CHECK_EQ(b.end[2].res.outcome, XL_OK);
    CHECK_EQ(b.events, 3);
    CHECK_EQ(FIELD_GET(EVENT, INPUT, b.event[2]), page(1));
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
    settle(&b);
    CHECK_EQ(b.done, 4);
    down(&b);
}

/* Two pages, three faults of each; memory is so slow that the records wait for each other. */
static void records_alike_are_merged_where_the_stream_allows_it(void)
{
    for (unsigned i = 0; i < 8; i++) {
        bool merge = i & 1, mev = i & 2, stalls = i & 4, merges = merge && mev && !stalls;
        struct bench b;

        up(&b, true, SET("smmu.evtq.merge", merge ? "yes" : "no", "smmu.stall.suppress", "no", "dev.order", "none"));
        b.config[0].s = stalls;
        b.config[0].mev = mev;
        attach(&b, 0);
        for (unsigned n = 0; n < 6; n++)
            issue(&b, 0, false, page(n / 3) + 64 * n);
        settle(&b);
        CHECK_EQ(b.done, stalls ? 0 : 6);
        CHECK_EQ(b.events, merges ? 2 : 6);
        CHECK_EQ(b.t->evtq.st.merged, merges ? 4 : 0);
        access(&b, 0, false, page(0));             /* later, it is another event */
        CHECK_EQ(b.events, merges ? 3 : 7);
        command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_STALL_TERM, .sid_first = SID });
        settle(&b);
        CHECK_EQ(b.done, 7);
        down(&b);
    }
}

/* Without an STE there is no MEV: an invalid one has it clear. */
static void records_that_know_no_ste_are_merged(void)
{
    static const uint64_t invalid[STE_WORDS];

    for (unsigned merge = 0; merge < 2; merge++) {
        struct bench b;

        up(&b, true, SET("smmu.evtq.merge", merge ? "yes" : "no"));
        system_table_write(b.sys, STRTAB + 64ull * SID, invalid, STE_WORDS);
        for (unsigned n = 0; n < 3; n++)
            issue(&b, 0, false, page(n));
        settle(&b);
        CHECK_EQ(b.done, 3);
        CHECK_EQ(FIELD_GET(EVENT, TYPE, b.event[0]), SMMUV3_C_BAD_STE);
        CHECK_EQ(b.events, merge ? 1 : 3);
        CHECK_EQ(b.t->evtq.st.merged, merge ? 2 : 0);
        down(&b);
    }
}

static void who_is_never_answered_is_named(void)
{
    char said[400] = "";
    struct bench b;
    FILE *to = fmemopen(said, sizeof said, "w");

    up(&b, true, NULL);
    access(&b, 2, true, page(7));
    CHECK_EQ(sim_run(b.t->sim), SIM_END_STUCK);
    CHECK_EQ(sim_report_waits(b.t->sim, to), 1);
    fclose(to);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "waits for resource smmu.stall.places"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(smmuv3_stalled_first(&b.s->stalls));
    CHECK_EQ(smmuv3_stalled_first(&b.s->stalls)->req.addr, page(7));
    down(&b);
}

/* ---- replayed -------------------------------------------------------------------------------------- */

static void run_up(struct run_bench *b, enum host_stall how)
{
    run_load(b, "server-smmu");
    *run_param(b, "smmu.stall_model") = 0;
    *run_param(b, "host.stall") = how;
    b->par.arrival = REPLAY_CLOSED;
    run_make(b, TESTS_DIR "/model/system/causes-stalls.yaml");
}

static void replay_that_nobody_answers_ends_with_the_request(void)
{
    struct run_bench b;

    run_up(&b, HOST_STALL_MAP);
    b.rp.timed->places = 0;                        /* the handler does not start */
    CHECK_EQ(run_go(&b), SIM_EINPUT);
    CHECK_EQ(b.diag.n, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, " is stalled since "));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "nobody answers"));
    run_free(&b);
}

/* All that stalls is of the pages that were to be mapped: they are there from the start otherwise. */
static void replay_maps_on_demand_only_if_told_to(void)
{
    for (unsigned how = HOST_STALL_ABORT; how <= HOST_STALL_MAP; how++) {
        struct run_bench b;

        run_up(&b, how);
        CHECK_EQ(run_go(&b), 0);
        CHECK_EQ(b.rp.outcome[XL_OK], 3000);
        CHECK_EQ(b.rp.host.st.stalls > 0, how == HOST_STALL_MAP);
        run_free(&b);
    }
}

#define TESTS(T)                                                                                   \
    T(a_speculative_read_never_stalls) T(what_waits_for_a_speculative_walk_meets_its_own_fault)    \
    T(each_row_of_a_r_and_s_does_what_it_says)                                                     \
    T(stage_2_obeys_s2r_and_s2s)                                                                   \
    T(retry_finds_what_has_been_mapped_meanwhile)                                                  \
    T(retry_may_stall_again_under_another_tag_or_fault)                                            \
    T(answers_that_end_it_say_how)                                                                 \
    T(answer_to_nobody_is_ignored)                                                                 \
    T(commands_are_illegal_without_a_stall_model)                                                  \
    T(stall_term_ends_a_stream_and_no_other)                                                       \
    T(all_that_are_stalled_end_when_translation_goes_off)                                          \
    T(tag_is_given_out_again_only_after_the_answer)                                                \
    T(full_buffer_lets_in_the_next_with_each_answer)                                               \
    T(alike_is_recorded_once_and_tried_again_with_the_first)                                       \
    T(without_suppression_each_is_recorded)                                                        \
    T(stall_takes_a_walk_an_answer_and_the_whole_way_again)                                        \
    T(stalled_one_is_passed_unless_order_forbids)                                                  \
    T(sync_before_the_answer_completes)                                                            \
    T(who_waits_behind_a_full_buffer_is_held_up_once)                                              \
    T(record_of_a_stall_waits_for_room_in_the_queue)                                               \
    T(unrecorded_stall_looks_again_after_an_invalidation)                                          \
    T(records_alike_are_merged_where_the_stream_allows_it)                                         \
    T(records_that_know_no_ste_are_merged)                                                         \
    T(who_is_never_answered_is_named)                                                              \
    T(replay_that_nobody_answers_ends_with_the_request)                                            \
    T(replay_maps_on_demand_only_if_told_to)
TEST_SUITE("stalls", TESTS)
