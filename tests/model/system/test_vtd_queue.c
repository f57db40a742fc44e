/* SPDX-License-Identifier: Apache-2.0
 *
 * The invalidation queue of a VT-d unit as a driver drives it: fetching, every error and the recovery from
 * it, waits.  Every test but those about time is done without and with time.
 */
#include <inttypes.h>

#include "base/rng.h"
#include "vtd_driver_bench.h"

/* Scalable mode, device TLBs, interrupt remapping, page requests with their drain. */
#define ALL_ECAP "0x1cd9820000f4e"

/* ---- fetching ------------------------------------------------------------------------------------ */

static void descriptors_are_fetched_from_head_to_tail_once_the_queue_is_enabled(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        b.queue = QUEUE;
        b.each = 16;
        b.bytes = 4096;
        write_reg(&b, VTD_REG_IQA, QUEUE);
        put(&b, CC_ALL);
        put(&b, IOTLB_ALL);
        put(&b, WAIT_SW(7));
        ring(&b);
        CHECK_EQ(head(&b), 0);
        CHECK_EQ(b.u->st.descriptors, 0);
        command(&b, FIELD_MASK(GSTS, QIES), true);
        CHECK_EQ(head(&b), 48);
        CHECK_EQ(b.u->st.descriptors, 3);
        CHECK_EQ(status_word(&b), 7);
        put(&b, WAIT_SW(8));
        settle(&b);
        CHECK_EQ(status_word(&b), 7);              /* not rung */
        ring(&b);
        CHECK_EQ(status_word(&b), 8);
        bench_down(&b);
    }
}

/* A page holds 256 descriptors of 128 bits or 128 of 256; the head goes round at its end. */
static void head_and_tail_go_round_in_either_width(void)
{
    struct bench b;

    for (unsigned wide = 0; wide < 2; wide++) {
        BOTH() {
            bench_up(&b, timed, SET("vtd.ecap", ALL_ECAP));
            place_queue(&b, QUEUE, 1, wide);
            for (unsigned i = 0; i < 40; i++) {
                for (unsigned k = 0; k < 20; k++)
                    put(&b, IOTLB_ALL);
                put(&b, WAIT_SW(i));
                ring(&b);
                CHECK_EQ(status_word(&b), i);
                CHECK_EQ(head(&b), (i + 1) * 21 * b.each % 8192);
            }
            CHECK_EQ(b.u->st.descriptors, 40 * 21);
            CHECK_EQ(fault_status(&b), 0);
            bench_down(&b);
        }
    }
}

static void a_full_queue_is_one_short_of_its_size(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        for (unsigned i = 0; i < 255; i++)
            put(&b, IOTLB_ALL);
        ring(&b);
        CHECK_EQ(head(&b), 255 * 16);
        CHECK_EQ(b.u->st.descriptors, 255);
        ring(&b);                                  /* tail = head: empty */
        CHECK_EQ(b.u->st.descriptors, 255);
        bench_down(&b);
    }
}

static void turning_the_queue_off_takes_the_head_back_to_0(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put(&b, IOTLB_ALL);
        put(&b, WAIT_SW(1));
        ring(&b);
        CHECK_EQ(head(&b), 32);
        command(&b, FIELD_MASK(GSTS, QIES), false);
        CHECK_EQ(head(&b), 0);
        place_queue(&b, QUEUE + 0x100000, 0, false);
        put(&b, WAIT_SW(2));
        ring(&b);
        CHECK_EQ(status_word(&b), 2);
        CHECK_EQ(head(&b), 16);
        bench_down(&b);
    }
}

/* The address register counts from the moment that the queue is enabled. */
static void a_queue_that_is_enabled_stays_where_it_is(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        write_reg(&b, VTD_REG_IQA, QUEUE + 0x100000);
        put(&b, WAIT_SW(3));
        ring(&b);
        CHECK_EQ(status_word(&b), 3);
        bench_down(&b);
    }
}

/* What a trace hands over needs neither memory nor tail, and shows in the registers. */
static void descriptors_that_are_handed_over_move_head_and_tail(void)
{
    struct vtd_inv inv = WAIT_SW(5);
    uint64_t w[VTD_INV_WORDS];
    struct bench b;

    bench_up(&b, false, NOTHING);
    vtd_inv_encode(&inv, w);
    CHECK_EQ(system_command(b.sys, w, 2), 0);
    CHECK_EQ(status_word(&b), 5);
    CHECK_EQ(head(&b), 32);
    CHECK_EQ(read_reg(&b, VTD_REG_IQT), 32);
    bench_down(&b);
}

/* ---- errors and recovery [fact sheet 7.6] --------------------------------------------------------- */

/* As Linux does it: the wait's words replace those of the descriptor in error. */
static void the_queue_stops_at_an_error_and_goes_on_with_what_is_there_then(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put(&b, CC_ALL);
        put_words(&b, 0x0f, 0);
        put(&b, WAIT_SW(1));
        ring(&b);
        CHECK_EQ(head(&b), 16);
        CHECK_EQ(queue_error(&b), VTD_IQEI_TYPE);
        CHECK_EQ(status_word(&b), 0);
        CHECK_EQ(b.u->st.descriptor_errors, 1);
        put(&b, WAIT_SW(2));
        ring(&b);                                  /* no tail restarts it */
        CHECK_EQ(head(&b), 16);
        b.tail = 16;
        put(&b, WAIT_SW(3));
        b.tail = 64;
        clear_error(&b, FIELD_MASK(FSTS, IQE));
        CHECK_EQ(head(&b), 64);
        CHECK_EQ(status_word(&b), 2);
        CHECK_EQ(b.u->st.waits, 3);
        CHECK_EQ(fault_status(&b), 0);
        bench_down(&b);
    }
}

static void an_error_that_is_not_mended_comes_again(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put_words(&b, 0x11, 1);
        ring(&b);
        for (unsigned i = 1; i < 4; i++) {
            CHECK_EQ(queue_error(&b), VTD_IQEI_RESERVED);
            CHECK_EQ(b.u->st.descriptor_errors, i);
            clear_error(&b, FIELD_MASK(FSTS, IQE));
        }
        bench_down(&b);
    }
}

static void a_fetch_that_fails_is_an_error_of_its_own(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, BROKEN, 0, false);
        put(&b, WAIT_SW(1));
        ring(&b);
        CHECK_EQ(queue_error(&b), VTD_IQEI_FETCH);
        CHECK_EQ(head(&b), 0);
        command(&b, FIELD_MASK(GSTS, QIES), false);
        write_reg(&b, VTD_REG_FSTS, FIELD_MASK(FSTS, IQE));
        place_queue(&b, QUEUE, 0, false);
        put(&b, WAIT_SW(2));
        ring(&b);
        CHECK_EQ(status_word(&b), 2);
        bench_down(&b);
    }
}

static void a_tail_beyond_the_queue_is_an_error_until_it_is_mended(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put(&b, WAIT_SW(1));
        write_reg(&b, VTD_REG_IQT, 4096);
        settle(&b);
        CHECK_EQ(queue_error(&b), VTD_IQEI_TAIL);
        clear_error(&b, FIELD_MASK(FSTS, IQE));
        CHECK_EQ(queue_error(&b), VTD_IQEI_TAIL);
        ring(&b);                                  /* only stored */
        CHECK_EQ(read_reg(&b, VTD_REG_IQT), 16);
        CHECK_EQ(status_word(&b), 0);
        clear_error(&b, FIELD_MASK(FSTS, IQE));
        CHECK_EQ(queue_error(&b), 0);
        CHECK_EQ(status_word(&b), 1);
        bench_down(&b);
    }
}

static void an_odd_tail_of_wide_descriptors_is_misaligned(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, SET("vtd.ecap", ALL_ECAP));
        place_queue(&b, QUEUE, 0, true);
        put(&b, WAIT_SW(1));
        write_reg(&b, VTD_REG_IQT, 48);
        settle(&b);
        CHECK_EQ(queue_error(&b), VTD_IQEI_ALIGN);
        write_reg(&b, VTD_REG_IQT, 32);
        clear_error(&b, FIELD_MASK(FSTS, IQE));
        CHECK_EQ(status_word(&b), 1);
        bench_down(&b);
    }
}

static void width_and_table_mode_have_to_fit(void)
{
    static const struct { const char *ecap; unsigned ttm; bool wide; unsigned iqei; } rows[] = {
        { "0xf42", VTD_TTM_LEGACY, false, 0 },
        { "0xf42", VTD_TTM_LEGACY, true, VTD_IQEI_WIDTH },       /* no scalable mode */
        { "0xf42", VTD_TTM_SCALABLE, false, VTD_IQEI_TTM },
        { "0xf42", VTD_TTM_ABORT, false, VTD_IQEI_TTM },
        { "0x10000000000f42", VTD_TTM_ABORT, false, 0 },
        { ALL_ECAP, VTD_TTM_LEGACY, false, 0 },
        { ALL_ECAP, VTD_TTM_LEGACY, true, 0 },
        { ALL_ECAP, VTD_TTM_SCALABLE, false, VTD_IQEI_WIDTH },
        { ALL_ECAP, VTD_TTM_SCALABLE, true, 0 },
        { ALL_ECAP, VTD_TTM_RESERVED, true, VTD_IQEI_TTM },
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        BOTH() {
            bench_up(&b, timed, SET("vtd.ecap", rows[i].ecap));
            set_root(&b, rows[i].ttm);
            place_queue(&b, QUEUE, 0, rows[i].wide);
            put(&b, WAIT_SW(1));
            ring(&b);
            CHECK_EQ(queue_error(&b), rows[i].iqei);
            CHECK_EQ(status_word(&b), !rows[i].iqei);
            bench_down(&b);
        }
    }
}

static void types_need_their_features_and_some_a_wide_queue(void)
{
    static const struct { const char *ecap; unsigned type, g; bool narrow, wide; } rows[] = {
        { "0xf42", VTD_INV_CC, 1, true, false },       { "0xf42", VTD_INV_IOTLB, 1, true, false },
        { "0xf42", VTD_INV_DEVTLB, 0, false, false },  { "0xf46", VTD_INV_DEVTLB, 0, true, false },
        { "0xf42", VTD_INV_IEC, 0, false, false },     { "0xf4a", VTD_INV_IEC, 0, true, false },
        { ALL_ECAP, VTD_INV_CC, 1, true, true },       { ALL_ECAP, VTD_INV_IOTLB, 1, true, true },
        { ALL_ECAP, VTD_INV_DEVTLB, 0, true, true },   { ALL_ECAP, VTD_INV_IEC, 0, true, true },
        { ALL_ECAP, VTD_INV_PIOTLB, 2, false, true },  { ALL_ECAP, VTD_INV_PC, 3, false, true },
        { ALL_ECAP, VTD_INV_PDEVTLB, 0, false, true }, { ALL_ECAP, VTD_INV_PGRSP, 0, false, true },
        { "0x80000000f42", VTD_INV_PDEVTLB, 0, false, false },   /* no device TLB    */
        { "0x80000000f46", VTD_INV_PGRSP, 0, false, false },     /* no page requests */
    };
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (unsigned wide = 0; wide < 2; wide++) {
            BOTH() {
                bool ok = wide ? rows[i].wide : rows[i].narrow;

                bench_up(&b, timed, SET("vtd.ecap", rows[i].ecap));
                place_queue(&b, QUEUE, 0, wide);
                put(&b, (struct vtd_inv){ .type = (uint8_t)rows[i].type, .g = (uint8_t)rows[i].g });
                ring(&b);
                CHECK_EQ(b.u->st.descriptors, ok);
                CHECK_EQ(queue_error(&b) == 0, ok);
                bench_down(&b);
            }
        }
    }
}

/* ---- waits --------------------------------------------------------------------------------------- */

static void a_wait_with_an_interrupt_sends_one_event_until_software_has_seen_it(void)
{
    struct vtd_inv wait = { .type = VTD_INV_WAIT, .wait = { .irq = true } };
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        write_reg(&b, VTD_REG_IEADDR, MSI + 4);
        write_reg(&b, VTD_REG_IEDATA, 0x51);
        write_reg(&b, VTD_REG_IECTL, 0);
        for (unsigned i = 0; i < 2; i++) {
            put(&b, wait);
            ring(&b);
            CHECK_EQ(b.u->st.inval_events, 1);
        }
        CHECK_EQ(mem_read64(b.sys->mem, MSI), 0x51ull << 32);
        CHECK_EQ(read_reg(&b, VTD_REG_ICS), 1);
        write_reg(&b, VTD_REG_ICS, 1);
        CHECK_EQ(read_reg(&b, VTD_REG_ICS), 0);
        put(&b, wait);
        ring(&b);
        CHECK_EQ(b.u->st.inval_events, 2);
        bench_down(&b);
    }
}

static void a_masked_event_pends_until_its_cause_is_gone(void)
{
    struct vtd_inv wait = { .type = VTD_INV_WAIT, .wait = { .irq = true } };
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put(&b, wait);
        ring(&b);
        CHECK_EQ(read_reg(&b, VTD_REG_IECTL), 0xc0000000);
        write_reg(&b, VTD_REG_ICS, 1);
        CHECK_EQ(read_reg(&b, VTD_REG_IECTL), 0x80000000);
        put(&b, wait);
        ring(&b);
        write_reg(&b, VTD_REG_IECTL, 0);
        CHECK_EQ(read_reg(&b, VTD_REG_IECTL), 0);
        CHECK_EQ(b.u->st.inval_events, 1);
        bench_down(&b);
    }
}

static void a_wait_with_a_fence_alone_writes_nothing(void)
{
    struct vtd_inv wait = { .type = VTD_INV_WAIT, .wait = { .fn = true, .data = 9, .addr = STATUS } };
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put(&b, wait);
        put(&b, IOTLB_ALL);
        ring(&b);
        CHECK_EQ(status_word(&b), 0);
        CHECK_EQ(b.u->st.waits, 1);
        CHECK_EQ(b.u->st.descriptors, 2);
        bench_down(&b);
    }
}

/* ---- devices ------------------------------------------------------------------------------------- */

/* Linux gives again what had not completed. */
static void a_time_out_stops_the_queue_until_software_has_seen_it(void)
{
    struct bench b;

    BOTH() {
        uint64_t record;

        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        vtd_queue_timeout(b.u, 0x1234);
        put(&b, WAIT_SW(1));
        ring(&b);
        record = read_reg(&b, VTD_REG_IQERCD);
        CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, ITE));
        CHECK_EQ(FIELD_GET(IQERCD, ITESID, &record), 0x1234);
        CHECK_EQ(head(&b), 0);
        clear_error(&b, FIELD_MASK(FSTS, ITE));
        CHECK_EQ(head(&b), 16);
        CHECK_EQ(status_word(&b), 1);
        bench_down(&b);
    }
}

static void a_wait_under_way_is_passed_over_at_a_time_out(void)
{
    struct bench b;

    bench_up(&b, true, SET("vtd.iq.sync_ps", "5000000"));
    place_queue(&b, QUEUE, 0, false);
    put(&b, WAIT_SW(1));
    put(&b, WAIT_SW(2));
    write_reg(&b, VTD_REG_IQT, b.tail);
    sim_run_to(b.sys->timed->sim, sim_now(b.sys->timed->sim) + 4000000);
    vtd_queue_timeout(b.u, 0x310);
    settle(&b);
    CHECK_EQ(head(&b), 16);
    CHECK_EQ(status_word(&b), 0);
    CHECK_EQ(b.u->st.waits, 0);
    clear_error(&b, FIELD_MASK(FSTS, ITE));
    CHECK_EQ(head(&b), 32);
    CHECK_EQ(status_word(&b), 2);
    bench_down(&b);
}

static void two_errors_are_both_to_be_cleared(void)
{
    struct bench b;

    BOTH() {
        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        put_words(&b, 0, 0);
        ring(&b);
        vtd_queue_timeout(b.u, 0x310);
        b.tail = 0;
        put(&b, WAIT_SW(1));
        clear_error(&b, FIELD_MASK(FSTS, IQE));
        CHECK_EQ(status_word(&b), 0);
        clear_error(&b, FIELD_MASK(FSTS, ITE));
        CHECK_EQ(status_word(&b), 1);
        bench_down(&b);
    }
}

static void a_bad_completion_is_told_and_stops_nothing(void)
{
    struct bench b;

    BOTH() {
        uint64_t record;

        bench_up(&b, timed, NOTHING);
        place_queue(&b, QUEUE, 0, false);
        vtd_queue_completion_error(b.u, 0x42);
        put(&b, WAIT_SW(1));
        ring(&b);
        record = read_reg(&b, VTD_REG_IQERCD);
        CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, ICE));
        CHECK_EQ(FIELD_GET(IQERCD, ICESID, &record), 0x42);
        CHECK_EQ(status_word(&b), 1);
        bench_down(&b);
    }
}

/* ---- a driver that does anything ------------------------------------------------------------------ */

/* The queue as the manual's text has it: with a head and a tail in bytes, a descriptor at a time. */
struct ref {
    uint64_t iqa, placed;              /* as written; as it was when QIE was set     */
    uint32_t head, tail;
    bool on, wide, iqe;
    unsigned iqei, ttm;
    uint64_t done, waits, status;
};

static unsigned ref_programming(const struct ref *r)
{
    if (r->ttm == VTD_TTM_RESERVED || r->ttm == VTD_TTM_ABORT)       /* no ADMS */
        return VTD_IQEI_TTM;
    if (r->ttm == VTD_TTM_SCALABLE && !r->wide)
        return VTD_IQEI_WIDTH;
    if (r->wide && r->tail & 16)
        return VTD_IQEI_ALIGN;
    return r->tail >= 4096u << (r->placed & 7) ? VTD_IQEI_TAIL : 0;
}

static void ref_error(struct ref *r, unsigned iqei)
{
    r->iqe = true;
    r->iqei = iqei;
}

static void ref_run(struct ref *r, const struct bench *b)
{
    unsigned n = r->wide ? 4 : 2, bad = r->on && !r->iqe ? ref_programming(r) : 0;
    struct vtd_inv inv;
    uint64_t w[4];

    if (bad)
        ref_error(r, bad);
    while (r->on && !r->iqe && r->head != r->tail) {
        if (!mem_read(b->sys->mem, (r->placed & ~4095ull) + r->head, n, w)) {
            ref_error(r, VTD_IQEI_FETCH);
            return;
        }
        bad = vtd_inv_decode(w, n, b->u->regs.cap, &inv);
        if (bad) {
            ref_error(r, bad);
            return;
        }
        r->done++;
        r->waits += inv.type == VTD_INV_WAIT;
        if (inv.type == VTD_INV_WAIT && inv.wait.sw && inv.wait.addr == STATUS)
            r->status = inv.wait.data;
        r->head = (r->head + 8 * n) % (4096u << (r->placed & 7));
    }
}

static void ref_enable(struct ref *r, bool on)
{
    if (on == r->on)
        return;
    r->on = on;
    r->head = 0;
    r->placed = on ? r->iqa : r->placed;
    r->wide = r->placed >> 11 & 1;
}

/* Words that are mostly a descriptor of some kind. */
static void random_descriptor(struct rng *g, uint64_t w[4])
{
    struct vtd_inv inv = WAIT_SW(rng_below(g, 1000));

    if (rng_below(g, 3))
        inv = rng_below(g, 2) ? IOTLB_ALL : CC_ALL;
    if (rng_below(g, 8) == 0)
        inv = (struct vtd_inv){ .type = VTD_INV_PC, .g = VTD_PC_GLOBAL };
    vtd_inv_encode(&inv, w);
    if (rng_below(g, 12) == 0)         /* a status goes nowhere else */
        w[rng_below(g, 3) ? rng_below(g, 2) + 2 : 0] ^= 1ull << rng_below(g, 64);
}

static void fill_queue(struct bench *b, struct rng *g, uint64_t at, bool wide)
{
    uint64_t w[4], next[4];

    for (unsigned i = 0; i < 256; i += 4) {
        random_descriptor(g, w);
        random_descriptor(g, next);
        if (!wide)
            memcpy(w + 2, next, 16);
        for (unsigned k = 0; k < 4; k++)
            mem_write64(b->sys->mem, at + 8 * (i + k), w[k]);
    }
}

/* One access of the driver to the registers. */
static void drive(struct bench *b, struct ref *r, struct rng *g)
{
    static const uint64_t places[] = { QUEUE, QUEUE | 1, QUEUE | 1 << 11, QUEUE | 1 << 11 | 1, BROKEN };

    switch (rng_below(g, 8)) {
    case 0:
        r->iqa = places[rng_below(g, 16) ? rng_below(g, 4) : 4];
        write_reg(b, VTD_REG_IQA, r->iqa);
        return;
    case 1:
        write_reg(b, VTD_REG_GCMD, r->on ? 0 : FIELD_MASK(GSTS, QIES));
        ref_enable(r, !r->on);
        break;
    case 2: case 3:
        write_reg(b, VTD_REG_FSTS, FIELD_MASK(FSTS, IQE));
        if (!r->iqe)
            return;
        r->iqe = false;
        break;
    case 4:
        if (rng_below(g, 6) == 0) {
            r->ttm = rng_below(g, 6) ? VTD_TTM_LEGACY : rng_below(g, 4);
            write_reg(b, VTD_REG_RTADDR, ROOT_TABLE | r->ttm << 10);
            write_reg(b, VTD_REG_GCMD, (r->on ? FIELD_MASK(GSTS, QIES) : 0) | FIELD_MASK(GSTS, RTPS));
            return;                                /* looked at with the next tail */
        }
        fill_queue(b, g, QUEUE + rng_below(g, 4) * 2048, r->wide);
        return;
    default:
        r->tail = rng_below(g, 40) ? (uint32_t)rng_below(g, 128) * (rng_below(g, 8) ? 32 : 16) : 8192;
        write_reg(b, VTD_REG_IQT, r->tail);
        break;
    }
    ref_run(r, b);
}

static void check_against(struct bench *b, const struct ref *r, unsigned step)
{
    bool same;

    settle(b);
    same = head(b) == r->head && read_reg(b, VTD_REG_IQT) == r->tail && b->u->st.descriptors == r->done &&
           b->u->st.waits == r->waits && (uint32_t)status_word(b) == r->status &&
           !(fault_status(b) & FIELD_MASK(FSTS, IQE)) == !r->iqe && queue_error(b) == (r->iqe ? r->iqei : 0) &&
           !(read_reg(b, VTD_REG_GSTS) & FIELD_MASK(GSTS, QIES)) == !r->on;
    if (!same)
        printf("step %u: head %" PRIx64 " and %x, error %u and %u, %" PRIu64 " and %" PRIu64 " done\n", step, head(b), r->head, queue_error(b),
               r->iqe ? r->iqei : 0, b->u->st.descriptors, r->done);
    CU_ASSERT_TRUE_FATAL(same);
}

static void whatever_a_driver_does_the_queue_is_where_the_manual_has_it(void)
{
    enum { RUNS = 60, STEPS = 400 };
    struct bench b;

    for (unsigned run = 0; run < RUNS; run++) {
        BOTH() {
            struct ref r = { .iqa = QUEUE };
            struct rng g;

            rng_init(&g, run, "driver");
            bench_up(&b, timed, SET("vtd.ecap", ALL_ECAP));
            for (unsigned i = 0; i < 4; i++)
                fill_queue(&b, &g, QUEUE + i * 2048, false);
            write_reg(&b, VTD_REG_IQT, 0);
            write_reg(&b, VTD_REG_IQA, QUEUE);
            for (unsigned step = 0; step < STEPS; step++) {
                drive(&b, &r, &g);
                check_against(&b, &r, step);
            }
            bench_down(&b);
        }
    }
}

/* ---- in time ------------------------------------------------------------------------------------- */

/* Fetched, and so passed by the head, but not complete. */
static void the_head_is_past_a_wait_that_has_not_completed(void)
{
    struct bench b;

    bench_up(&b, true, SET("vtd.iq.sync_ps", "5000000"));
    place_queue(&b, QUEUE, 0, false);
    put(&b, IOTLB_ALL);
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    sim_run_to(b.sys->timed->sim, sim_now(b.sys->timed->sim) + 4000000);
    CHECK_EQ(head(&b), 32);
    CHECK_EQ(status_word(&b), 0);
    settle(&b);
    CHECK_EQ(head(&b), 32);
    CHECK_EQ(status_word(&b), 1);
    bench_down(&b);
}

static void the_queue_is_off_when_its_descriptor_is_done(void)
{
    struct bench b;

    bench_up(&b, true, SET("vtd.iq.sync_ps", "5000000"));
    place_queue(&b, QUEUE, 0, false);
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    sim_run_to(b.sys->timed->sim, sim_now(b.sys->timed->sim) + 4000000);
    write_reg(&b, VTD_REG_GCMD, 0);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, QIES));
    settle(&b);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), 0);
    CHECK_EQ(status_word(&b), 1);
    CHECK_EQ(head(&b), 0);
    bench_down(&b);
}

static void forget(void *arg, struct flow *f, uint64_t done_ps)
{
    (void)arg;
    (void)done_ps;
    timed_flow_free(f->t, f);
}

/* A read whose root and context entries take a microsecond each. */
static void read_slowly(struct bench *b)
{
    struct timed *t = b->sys->timed;
    struct flow *f = timed_flow(t);
    uint64_t when;

    mem_write64(b->sys->mem, ROOT_TABLE, 0x13000001);
    command(b, FIELD_MASK(GSTS, TES), true);
    f->req = (struct xl_req){ .sid = 1, .addr = 0x5000 };
    f->bytes = 64;
    f->born_ps = sim_now(t->sim);
    CU_ASSERT_TRUE_FATAL(dlink_take(&t->front[0].dev, false, f->born_ps, &when));
    timed_issue(t, f, f->born_ps);
}

/* How long a wait waited behind it. */
static uint64_t wait_behind_a_read(const char *const *set, struct vtd_inv before)
{
    struct bench b;
    uint64_t ps;

    bench_up(&b, true, set);
    CHECK_EQ(timed_set_streams(b.sys->timed, 1), 0);
    b.sys->timed->done = forget;
    set_root(&b, VTD_TTM_LEGACY);
    place_queue(&b, QUEUE, 0, false);
    read_slowly(&b);
    put(&b, before);
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    settle(&b);
    ps = b.sys->timed->cmdq.st.drain_ps;
    CHECK_EQ(status_word(&b), 1);
    bench_down(&b);
    return ps;
}

static void a_wait_drains_all_or_what_descriptors_ask_for(void)
{
    static const struct { const char *cap, *drain; struct vtd_inv inv; bool drains; } rows[] = {
        { "0x00d2008c222f0606", "all", { .type = VTD_INV_IOTLB, .g = 1 }, true },
        { "0x00d2008c222f0606", "asked", { .type = VTD_INV_IOTLB, .g = 1 }, false },
        { "0x00d2008c222f0606", "asked", { .type = VTD_INV_IOTLB, .g = 1, .dr = true }, true },
        { "0x00d2008c222f0606", "asked", { .type = VTD_INV_IOTLB, .g = 1, .dw = true }, true },
        { "0x00d2008c222f0606", "asked", { .type = VTD_INV_CC, .g = 1 }, false },
        { "0x0052008c222f0606", "asked", { .type = VTD_INV_IOTLB, .g = 1, .dr = true }, false },
        { "0x0052008c222f0606", "asked", { .type = VTD_INV_IOTLB, .g = 1, .dw = true }, true },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t ps = wait_behind_a_read(SET("vtd.cap", rows[i].cap, "vtd.drain", rows[i].drain,
                                             "mem.llc_ps", "1000000"), rows[i].inv);

        CHECK_EQ(ps > 500000, rows[i].drains);
    }
}

static void the_status_of_translation_changes_when_requests_have_ended(void)
{
    struct bench b;

    bench_up(&b, true, SET("mem.llc_ps", "1000000"));
    CHECK_EQ(timed_set_streams(b.sys->timed, 1), 0);
    b.sys->timed->done = forget;
    set_root(&b, VTD_TTM_LEGACY);
    read_slowly(&b);
    sim_run_to(b.sys->timed->sim, sim_now(b.sys->timed->sim) + 500000);
    write_reg(&b, VTD_REG_GCMD, 0);
    CU_ASSERT(read_reg(&b, VTD_REG_GSTS) & FIELD_MASK(GSTS, TES));
    settle(&b);
    CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, RTPS));
    CHECK_EQ(b.u->st.faults, 1);                   /* it was translated */
    bench_down(&b);
}

static void commands_show_after_their_time(void)
{
    struct bench b;
    uint64_t ps, at;

    bench_up(&b, true, SET("vtd.ack", "100", "vtd.cap", "0x222f0616"));
    ps = 100 * b.sys->timed->clk.par.period_ps;
    for (unsigned again = 0; again < 2; again++) {
        at = sim_now(b.sys->timed->sim);
        write_reg(&b, VTD_REG_GCMD, FIELD_MASK(GSTS, RTPS) | FIELD_MASK(GSTS, WBFS));
        sim_run_to(b.sys->timed->sim, at + ps - 1);
        CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, WBFS));
        sim_run_to(b.sys->timed->sim, at + ps);
        CHECK_EQ(read_reg(&b, VTD_REG_GSTS), FIELD_MASK(GSTS, RTPS));
    }
    bench_down(&b);
}

#define TESTS(T)                                                                                        \
    T(descriptors_are_fetched_from_head_to_tail_once_the_queue_is_enabled)                              \
    T(head_and_tail_go_round_in_either_width) T(a_full_queue_is_one_short_of_its_size)                  \
    T(turning_the_queue_off_takes_the_head_back_to_0) T(a_queue_that_is_enabled_stays_where_it_is)      \
    T(descriptors_that_are_handed_over_move_head_and_tail)                                              \
    T(the_queue_stops_at_an_error_and_goes_on_with_what_is_there_then)                                  \
    T(an_error_that_is_not_mended_comes_again) T(a_fetch_that_fails_is_an_error_of_its_own)             \
    T(a_tail_beyond_the_queue_is_an_error_until_it_is_mended)                                           \
    T(an_odd_tail_of_wide_descriptors_is_misaligned) T(width_and_table_mode_have_to_fit)                \
    T(types_need_their_features_and_some_a_wide_queue)                                                  \
    T(a_wait_with_an_interrupt_sends_one_event_until_software_has_seen_it)                              \
    T(a_masked_event_pends_until_its_cause_is_gone) T(a_wait_with_a_fence_alone_writes_nothing)         \
    T(a_time_out_stops_the_queue_until_software_has_seen_it)                                            \
    T(a_wait_under_way_is_passed_over_at_a_time_out) T(two_errors_are_both_to_be_cleared)               \
    T(a_bad_completion_is_told_and_stops_nothing)                                                       \
    T(a_wait_drains_all_or_what_descriptors_ask_for)                                                    \
    T(whatever_a_driver_does_the_queue_is_where_the_manual_has_it)                                      \
    T(the_head_is_past_a_wait_that_has_not_completed) T(the_queue_is_off_when_its_descriptor_is_done)  \
    T(the_status_of_translation_changes_when_requests_have_ended) T(commands_show_after_their_time)
TEST_SUITE("vtd_queue", TESTS)
