/* SPDX-License-Identifier: Apache-2.0
 *
 * Page requests: every row of the table in the fact sheet, entries, and spans as PCIe writes them.
 */
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/pri.h"

#include "base/rng.h"
#include "suite.h"

static const struct smmuv3_pri_state on = { .enabled = true };

static struct page_request request(bool pasid, bool last)
{
    return (struct page_request){ .rid = 5, .pasid = 3, .has_pasid = pasid, .read = true, .last = last,
                                  .addr = 0x7000 };
}

static struct page_request stop(void)
{
    return (struct page_request){ .rid = 5, .pasid = 3, .has_pasid = true, .last = true };
}

/* Nothing is written and nothing overflows; the answer is `code`, with a PASID or not. */
static void answered(struct smmuv3_pri_end e, uint8_t code, bool with_pasid)
{
    CU_ASSERT_FALSE(e.written);
    CU_ASSERT(e.responds);
    CHECK_EQ(e.code, code);
    CHECK_EQ(e.with_pasid, with_pasid);
}

static void request_is_written_where_there_is_room(void)
{
    for (unsigned k = 0; k < 4; k++) {
        struct page_request r = request(k & 1, k & 2);
        struct smmuv3_pri_end e = smmuv3_pri_arrive(&r, &on, PRI_STE_UNUSABLE);

        CU_ASSERT(e.written && !e.responds && !e.overflows);
    }
}

static void queue_that_is_off_answers_every_request_with_failure_and_no_pasid(void)
{
    const struct smmuv3_pri_state off[] = {
        { .enabled = false }, { .enabled = true, .aborted = true }, { .enabled = true, .secure = true },
        { .enabled = false, .full = true, .pps = true },
    };

    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++) {
            struct page_request r = request(k & 1, k & 2);

            answered(smmuv3_pri_arrive(&r, &off[i], PRI_STE_PPAR1), PRI_FAILURE, false);
            CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&r, &off[i]));
        }
}

static void full_queue_overflows_once(void)
{
    struct smmuv3_pri_state s = on;
    struct page_request r = request(false, true);

    s.full = true;
    CU_ASSERT(smmuv3_pri_arrive(&r, &s, 0).overflows);
    s.overflown = true;
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &s, 0).overflows);
}

static void unacknowledged_overflow_keeps_the_queue_shut_even_with_room(void)
{
    const struct smmuv3_pri_state s = { .enabled = true, .overflown = true };
    struct page_request r = request(false, true);

    answered(smmuv3_pri_arrive(&r, &s, 0), PRI_SUCCESS, false);
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &s, 0).overflows);
}

static void overflow_answers_only_the_last_of_a_group(void)
{
    for (unsigned k = 0; k < 4; k++) {
        const struct smmuv3_pri_state s = { .enabled = true, .full = k & 1, .overflown = k != 1, .pps = true };
        struct page_request r = request(k & 2, false), last = request(k & 2, true);

        CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &s, 0).responds);
        CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &s, 0).written);
        answered(smmuv3_pri_arrive(&last, &s, 0), PRI_SUCCESS, k & 2);
    }
}

static void ste_says_whether_an_overflow_answer_has_the_pasid(void)
{
    const struct smmuv3_pri_state s = { .enabled = true, .full = true };
    struct page_request r = request(true, true);

    CU_ASSERT(smmuv3_pri_needs_ste(&r, &s));
    answered(smmuv3_pri_arrive(&r, &s, PRI_STE_PPAR1), PRI_SUCCESS, true);
    answered(smmuv3_pri_arrive(&r, &s, PRI_STE_PPAR0), PRI_SUCCESS, false);
    answered(smmuv3_pri_arrive(&r, &s, PRI_STE_UNUSABLE), PRI_FAILURE, false);
}

static void pps_answers_with_the_pasid_and_reads_no_ste(void)
{
    const struct smmuv3_pri_state s = { .enabled = true, .full = true, .pps = true };
    struct page_request r = request(true, true), plain = request(false, true);

    CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&r, &s));
    answered(smmuv3_pri_arrive(&r, &s, PRI_STE_UNUSABLE), PRI_SUCCESS, true);
    answered(smmuv3_pri_arrive(&plain, &s, PRI_STE_UNUSABLE), PRI_SUCCESS, false);
}

static void request_without_pasid_or_not_last_reads_no_ste(void)
{
    const struct smmuv3_pri_state s = { .enabled = true, .full = true };
    struct page_request plain = request(false, true), first = request(true, false);

    CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&plain, &s));
    CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&first, &s));
    CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&first, &on));
}

static void stop_marker_is_written_or_dropped_and_never_answered(void)
{
    const struct smmuv3_pri_state off = { .enabled = false }, full = { .enabled = true, .full = true };
    struct page_request r = stop();

    CU_ASSERT(smmuv3_pri_arrive(&r, &on, 0).written);
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &off, 0).responds);
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &off, 0).written);
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &full, 0).responds);
    CU_ASSERT_FALSE(smmuv3_pri_arrive(&r, &full, 0).written);
    CU_ASSERT_FALSE(smmuv3_pri_needs_ste(&r, &full));
}

static void stop_marker_needs_a_pasid_and_no_right(void)
{
    struct page_request r = stop();

    CU_ASSERT(page_request_is_stop(&r));
    r.read = true;
    CU_ASSERT_FALSE(page_request_is_stop(&r));
    r = stop();
    r.write = true;
    CU_ASSERT_FALSE(page_request_is_stop(&r));
    r = stop();
    r.has_pasid = false;
    CU_ASSERT_FALSE(page_request_is_stop(&r));
    r = stop();
    r.last = false;
    CU_ASSERT_FALSE(page_request_is_stop(&r));
}

static void entry_says_what_the_request_said(void)
{
    struct rng g;

    rng_init(&g, 1, "pri");
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t x = rng_u64(&g), w[PRI_WORDS], again[PRI_WORDS];
        struct page_request r = { .addr = rng_u64(&g) & ~0xfffull, .rid = (uint32_t)rng_u64(&g),
                                  .group = x & 0x1ff, .has_pasid = x >> 9 & 1, .read = x >> 10 & 1,
                                  .write = x >> 11 & 1, .last = x >> 12 & 1 }, back;

        if (r.has_pasid) {
            r.pasid = x >> 32 & 0xfffff;
            r.exec = x >> 13 & 1;
            r.priv = x >> 14 & 1;
        }
        smmuv3_pri_encode(&r, w);
        smmuv3_pri_decode(w, &back);
        smmuv3_pri_encode(&back, again);
        CHECK_EQ(back.addr, r.addr);
        CHECK_EQ(back.pasid, r.pasid);
        CHECK_EQ(again[0], w[0]);
        CHECK_EQ(again[1], w[1]);
    }
}

static void fields_stand_where_the_manual_has_them(void)
{
    const struct page_request r = { .addr = 0xabcd000, .rid = 0x11223344, .pasid = 0x55667,
                                    .has_pasid = true, .write = true, .priv = true, .last = true,
                                    .group = 0x1ff };
    const struct field *a, *b;
    uint64_t w[PRI_WORDS];

    smmuv3_pri_encode(&r, w);
    CHECK_EQ(w[0], 0xe405566711223344);
    CHECK_EQ(w[1], 0xabcd1ff);
    CU_ASSERT_FALSE(field_overlap(&pri_fields, &a, &b));
}

static void execute_and_privilege_need_a_pasid(void)
{
    const struct page_request r = { .rid = 5, .exec = true, .priv = true, .read = true };
    uint64_t w[PRI_WORDS];

    smmuv3_pri_encode(&r, w);
    CHECK_EQ(w[0], 1ull << 60 | 5);
}

static void response_codes_are_those_of_the_link(void)
{
    CHECK_EQ(smmuv3_pri_code(0), 0xf);
    CHECK_EQ(smmuv3_pri_code(1), 0x1);
    CHECK_EQ(smmuv3_pri_code(2), 0x0);
    CHECK_EQ(smmuv3_pri_code(3), 0xf);
    for (unsigned resp = 0; resp < 3; resp++)
        CHECK_EQ(smmuv3_pri_resp(smmuv3_pri_code(resp)), resp);
    CHECK_EQ(smmuv3_pri_resp(7), 0);
}

/* ---- spans --------------------------------------------------------------------------------------- */

static void page_span_is_the_address_alone(void)
{
    CHECK_EQ(ats_span_encode(0x12345678, 12), 0x12345000);
}

static void lowest_zero_says_how_long_a_span_is(void)
{
    CHECK_EQ(ats_span_encode(0x12345678, 13), 0x12344800);         /* 8 KiB: bit 12 is zero */
    CHECK_EQ(ats_span_encode(0x12345678, 14), 0x12345800);
    CHECK_EQ(ats_span_encode(0x12345678, 21), 0x122ff800);         /* 2 MiB: bits 19:12 are ones */
    CHECK_EQ(ats_span_encode(0x12345678, 64), 0x7ffffffffffff800);
}

static void span_is_read_as_it_was_written(void)
{
    struct rng g;

    rng_init(&g, 2, "span");
    for (unsigned span = 12; span <= 64; span++)
        for (unsigned i = 0; i < 20; i++) {
            uint64_t addr = rng_u64(&g), first;

            CHECK_EQ(ats_span_decode(ats_span_encode(addr, span), &first), span);
            CHECK_EQ(first, bits_align_down(addr, span));
        }
}

/* CMD_ATC_INV's Size and the message that it becomes mean the same addresses. */
static void command_and_message_mean_the_same_span(void)
{
    const struct smmuv3_regs r = { .idr0 = 1 << 10 };

    for (unsigned size = 0; size <= 52; size++) {
        uint64_t w[CMD_WORDS] = { SMMUV3_CMD_ATC_INV | 5ull << 32, 0x123456789000 | size }, first;
        struct smmuv3_cmd c;
        unsigned span;

        CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), CERROR_NONE);
        span = ats_span_decode(ats_span_encode(w[1] & ~0xfffull, size + 12), &first);
        CHECK_EQ(c.first, first);
        CHECK_EQ(c.last, span == 64 ? ~0ull : first + bits_low(span));
    }
}

#define TESTS(T)                                                                                   \
    T(request_is_written_where_there_is_room)                                                      \
    T(queue_that_is_off_answers_every_request_with_failure_and_no_pasid)                           \
    T(full_queue_overflows_once)                                                                   \
    T(unacknowledged_overflow_keeps_the_queue_shut_even_with_room)                                 \
    T(overflow_answers_only_the_last_of_a_group)                                                   \
    T(ste_says_whether_an_overflow_answer_has_the_pasid)                                           \
    T(pps_answers_with_the_pasid_and_reads_no_ste)                                                 \
    T(request_without_pasid_or_not_last_reads_no_ste)                                              \
    T(stop_marker_is_written_or_dropped_and_never_answered)                                        \
    T(stop_marker_needs_a_pasid_and_no_right)                                                      \
    T(entry_says_what_the_request_said)                                                            \
    T(fields_stand_where_the_manual_has_them)                                                      \
    T(execute_and_privilege_need_a_pasid)                                                          \
    T(response_codes_are_those_of_the_link)                                                        \
    T(page_span_is_the_address_alone)                                                              \
    T(lowest_zero_says_how_long_a_span_is)                                                         \
    T(span_is_read_as_it_was_written)                                                              \
    T(command_and_message_mean_the_same_span)
TEST_SUITE("pri", TESTS)
