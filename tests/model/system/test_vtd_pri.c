/* SPDX-License-Identifier: Apache-2.0
 *
 * Page requests at a VT-d unit: what goes into the queue and what the unit answers itself, registers and events,
 * responses, waits that drain them.
 */
#include "arch/vtd/prq.h"
#include "vtd_ats_bench.h"

enum { QUEUE_AT = 0x5000000000, NOT_THERE = IOVA + 9 * PAGE };

static const struct priq_stats *queue(const struct bench *b) { return &b->u->prq.st; }
static uint64_t value(struct bench *b, enum vtd_reg r) { return system_reg_read(b->sys, r, vtd_reg_find(r)->bytes); }

/* ---- records ------------------------------------------------------------------------------------- */

static void record_says_all_of_a_request_and_zero_elsewhere(void)
{
    const struct page_request all = { .addr = 0x7f1234567000, .rid = 0xffff, .pasid = 0xfffff, .group = 0x1ff,
                                      .has_pasid = true, .read = true, .write = true, .exec = true, .priv = true,
                                      .last = true };
    struct page_request r = all, back;
    uint64_t w[PRQ_WORDS];

    vtd_prq_encode(&all, w);
    CHECK_EQ(w[0], 0x003fffffffff0101);
    CHECK_EQ(w[1], 0x7f1234567fff);
    CHECK_EQ(w[2] | w[3], 0);
    vtd_prq_decode(w, &back);
    CU_ASSERT(memcmp(&back, &all, sizeof all) == 0);
    r.has_pasid = false;
    vtd_prq_encode(&r, w);
    CHECK_EQ(w[0], 0xffff0001);
    vtd_prq_decode(w, &back);
    CHECK_EQ(back.pasid | back.exec | back.priv, 0);
}

/* ---- software that answers ----------------------------------------------------------------------- */

static uint8_t rc = PRI_SUCCESS;               /* with this */
static bool maps;                              /* having mapped it, or not */

static void answer(void *arg)
{
    struct bench *b = arg;
    struct page_request r;

    while (system_take_page_request(b->sys, &r)) {
        if (maps && r.has_pasid)
            map_first(b, r.addr, r.addr, true);
        if (r.last)
            give(b, (struct vtd_inv){ .type = VTD_INV_PGRSP, .sid = (uint16_t)r.rid, .pasid = r.pasid,
                                      .rsp = { .pp = r.has_pasid, .lpig = true, .rc = rc, .prgi = r.group } });
    }
}

static void nobody(void *arg)
{
    (void)arg;
}

static void up_with(struct bench *b, void (*software)(void *), bool mapping, uint8_t code)
{
    up(b);
    maps = mapping;
    rc = code;
    b->sys->software = software;
    b->sys->software_arg = b;
}

static void page_that_is_asked_for_is_mapped_and_used(void)
{
    struct bench b;

    up_with(&b, answer, true, PRI_SUCCESS);
    access_with(&b, PASID, NOT_THERE + 8, true);
    is_translated(&b, NOT_THERE + 8, VTD_CLASS_PAGE);
    access_with(&b, PASID, NOT_THERE, false);
    is_translated(&b, NOT_THERE, VTD_CLASS_ATC);
    CHECK_EQ(stats(&b)->page_success, 1);
    CHECK_EQ(queue(&b)->written, 1);
    CHECK_EQ(value(&b, VTD_REG_PRS), 0);
    down(&b);
}

static void response_code_is_the_devices(void)
{
    for (uint8_t code = PRI_INVALID; code <= PRI_FAILURE; code = (uint8_t)(code + PRI_FAILURE - PRI_INVALID)) {
        struct bench b;

        up_with(&b, answer, false, code);
        access_with(&b, PASID, NOT_THERE, true);
        is_given_up(&b);
        CHECK_EQ(stats(&b)->page_refused, 1);
        down(&b);
    }
}

static void function_that_may_not_does_not_ask(void)
{
    struct bench b;

    up_with(&b, answer, true, PRI_SUCCESS);
    write_context(&b, DEVICE, &(struct vtd_context){ .dte = true, .paside = true, .dir = DIRECTORY });
    give(&b, (struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_GLOBAL });
    access_with(&b, PASID, NOT_THERE, true);
    is_given_up(&b);
    CHECK_EQ(stats(&b)->page_requests, 0);
    down(&b);
}

static void answer_to_no_group_is_stray(void)
{
    struct bench b;

    up_with(&b, answer, true, PRI_SUCCESS);
    give(&b, (struct vtd_inv){ .type = VTD_INV_PGRSP, .sid = DEVICE, .rsp = { .prgi = 7 } });
    CHECK_EQ(stats(&b)->page_stray, 1);
    down(&b);
}

/* What the page had been goes from the unit's caches, and software need not say so: a right that is added. */
static void request_removes_what_was_cached_of_its_page(void)
{
    struct bench b;

    up_with(&b, nobody, false, 0);
    access_as(&b, &(struct xl_req){ .sid = PLAIN, .has_ssid = true, .ssid = PASID, .addr = IOVA });
    access_as(&b, &(struct xl_req){ .sid = PLAIN, .has_ssid = true, .ssid = PASID, .addr = IOVA + PAGE });
    access_as(&b, &(struct xl_req){ .sid = PLAIN, .addr = IOVA });
    CHECK_EQ(store_valid(&b.u->iotlb), 3);
    b.u->ats_ops.page_request(b.sys, &(struct page_request){ .rid = DEVICE, .has_pasid = true, .pasid = PASID,
                                                             .addr = IOVA, .write = true });
    CHECK_EQ(store_valid(&b.u->iotlb), 2);
    access_as(&b, &(struct xl_req){ .sid = PLAIN, .has_ssid = true, .ssid = PASID, .addr = IOVA });
    CHECK_EQ(b.trail.hits, 0);
    access_as(&b, &(struct xl_req){ .sid = PLAIN, .has_ssid = true, .ssid = PASID, .addr = IOVA + PAGE });
    CHECK_EQ(b.trail.hits, 1);
    down(&b);
}

/* ---- a driver and its registers ------------------------------------------------------------------ */

static const struct page_request write_request = { .rid = DEVICE, .has_pasid = true, .pasid = PASID, .group = 3,
                                                   .addr = NOT_THERE, .write = true, .last = true };

static void arrive(struct bench *b, struct page_request r) { b->u->ats_ops.page_request(b->sys, &r); }

static void arrive_in_group(struct bench *b, uint16_t group, bool last)
{
    struct page_request r = write_request;

    r.group = group;
    r.last = last;
    arrive(b, r);
}

/* A page of queue at QUEUE_AT, the event unmasked. */
static void up_with_driver(struct bench *b)
{
    up_with(b, NULL, false, 0);
    reg(b, VTD_REG_PQH, 0);
    reg(b, VTD_REG_PQT, 0);
    reg(b, VTD_REG_PQA, QUEUE_AT);
    reg(b, VTD_REG_PECTL, 0);
}

static void request_is_at_the_tail_and_pending(void)
{
    struct bench b;
    uint64_t w[PRQ_WORDS];

    up_with_driver(&b);
    arrive(&b, write_request);
    CHECK_EQ(value(&b, VTD_REG_PQT), 32);
    CHECK_EQ(value(&b, VTD_REG_PQH), 0);
    CHECK_EQ(value(&b, VTD_REG_PRS), FIELD_MASK(PRS, PPR));
    CHECK_EQ(b.u->st.page_events, 1);
    vtd_prq_encode(&write_request, w);
    for (unsigned i = 0; i < PRQ_WORDS; i++)
        CHECK_EQ(mem_read64(b.sys->mem, QUEUE_AT + 8 * i), w[i]);
    down(&b);
}

/* Linux clears PPR, reads, and writes the head. */
static void event_is_sent_once_until_pending_is_cleared(void)
{
    struct bench b;

    up_with_driver(&b);
    arrive_in_group(&b, 1, true);
    arrive_in_group(&b, 2, true);
    CHECK_EQ(b.u->st.page_events, 1);
    reg(&b, VTD_REG_PRS, FIELD_MASK(PRS, PPR));
    CHECK_EQ(value(&b, VTD_REG_PRS), 0);
    arrive_in_group(&b, 3, true);
    CHECK_EQ(b.u->st.page_events, 2);
    reg(&b, VTD_REG_PQH, 64);
    CHECK_EQ(queue(&b)->taken, 2);
    CHECK_EQ(value(&b, VTD_REG_PQH), 64);
    CHECK_EQ(value(&b, VTD_REG_PQT), 96);
    down(&b);
}

static void masked_event_pends_until_it_is_unmasked_or_its_cause_is_gone(void)
{
    struct bench b;

    up_with_driver(&b);
    reg(&b, VTD_REG_PECTL, FIELD_MASK(EVCTL, IM));
    arrive_in_group(&b, 1, true);
    CHECK_EQ(value(&b, VTD_REG_PECTL), FIELD_MASK(EVCTL, IM) | FIELD_MASK(EVCTL, IP));
    CHECK_EQ(b.u->st.page_events, 0);
    reg(&b, VTD_REG_PRS, FIELD_MASK(PRS, PPR));
    CHECK_EQ(value(&b, VTD_REG_PECTL), FIELD_MASK(EVCTL, IM));
    arrive_in_group(&b, 2, true);
    reg(&b, VTD_REG_PECTL, 0);
    CHECK_EQ(b.u->st.page_events, 1);
    CHECK_EQ(value(&b, VTD_REG_PECTL), 0);
    down(&b);
}

/* 127 of 128 entries. */
static void fill_up(struct bench *b)
{
    for (unsigned i = 0; i < 127; i++)
        arrive_in_group(b, (uint16_t)i, true);
    CHECK_EQ(queue(b)->written, 127);
    CHECK_EQ(queue(b)->answered, 0);
    CHECK_EQ(value(b, VTD_REG_PQT), 127 * 32);
}

static void full_queue_overflows_and_the_unit_answers_last_requests(void)
{
    struct bench b;

    up_with_driver(&b);
    fill_up(&b);
    arrive_in_group(&b, 200, false);
    CHECK_EQ(value(&b, VTD_REG_PRS), FIELD_MASK(PRS, PPR) | FIELD_MASK(PRS, PRO));
    CHECK_EQ(queue(&b)->answered, 0);
    CHECK_EQ(b.u->st.page_events, 1);          /* PPR was set: no further one */
    arrive_in_group(&b, 200, true);
    CHECK_EQ(queue(&b)->answered, 1);
    CHECK_EQ(stats(&b)->page_stray, 1);        /* nobody had opened the group */
    CHECK_EQ(queue(&b)->overflows, 1);
    CHECK_EQ(queue(&b)->refused, 2);
    down(&b);
}

static void overflow_without_pending_requests_is_an_event(void)
{
    struct bench b;

    up_with_driver(&b);
    fill_up(&b);
    reg(&b, VTD_REG_PRS, FIELD_MASK(PRS, PPR));
    arrive_in_group(&b, 200, true);
    CHECK_EQ(value(&b, VTD_REG_PRS), FIELD_MASK(PRS, PRO));
    CHECK_EQ(b.u->st.page_events, 2);
    arrive_in_group(&b, 201, true);
    CHECK_EQ(b.u->st.page_events, 2);
    down(&b);
}

static void room_is_of_no_use_before_the_overflow_is_cleared(void)
{
    struct bench b;

    up_with_driver(&b);
    fill_up(&b);
    arrive_in_group(&b, 200, true);
    reg(&b, VTD_REG_PQH, 127 * 32);
    arrive_in_group(&b, 201, true);
    CHECK_EQ(queue(&b)->written, 127);
    reg(&b, VTD_REG_PRS, FIELD_MASK(PRS, PRO) | FIELD_MASK(PRS, PPR));
    arrive_in_group(&b, 202, true);
    CHECK_EQ(queue(&b)->written, 128);
    CHECK_EQ(value(&b, VTD_REG_PQT), 0);       /* round the end */
    down(&b);
}

static void stop_marker_is_queued_and_never_answered(void)
{
    struct page_request stop = { .rid = DEVICE, .has_pasid = true, .pasid = PASID, .last = true };
    struct bench b;

    up_with_driver(&b);
    arrive(&b, stop);
    CHECK_EQ(queue(&b)->written, 1);
    for (unsigned i = 0; i < 126; i++)
        arrive_in_group(&b, (uint16_t)i, true);
    arrive(&b, stop);
    CHECK_EQ(queue(&b)->refused, 1);
    CHECK_EQ(queue(&b)->answered, 0);
    stop.rid = PLAIN;
    arrive(&b, stop);
    CHECK_EQ(queue(&b)->answered, 0);
    down(&b);
}

static void is_refused(struct bench *b, struct page_request r, unsigned reason)
{
    uint64_t answered = queue(b)->answered, records = b->u->st.fault_records;

    arrive(b, r);
    CHECK_EQ(queue(b)->answered, answered + r.last);
    CHECK_EQ(queue(b)->written, 0);
    CHECK_EQ(b->u->st.fault_records, records + (reason != 0));
    if (reason) {
        CHECK_EQ(FIELD_GET(FRCD, FR, b->u->frcd[records]), reason);
        CHECK_EQ(FIELD_GET(FRCD, T1, b->u->frcd[records]), 0);     /* a page request */
        CHECK_EQ(FIELD_GET(FRCD, T2, b->u->frcd[records]), 1);
        CHECK_EQ(FIELD_GET(FRCD, AT, b->u->frcd[records]), 0);
    }
}

static void request_that_is_not_allowed_is_a_fault_and_answered_with_failure(void)
{
    struct page_request r = write_request;
    struct bench b;

    up_with_driver(&b);
    r.rid = PLAIN;
    is_refused(&b, r, VTD_SCT_8);
    r.last = false;
    is_refused(&b, r, VTD_SCT_8);
    reg(&b, VTD_REG_GCMD, 0);
    is_refused(&b, write_request, 0);          /* the unit is off */
    CHECK_EQ(b.u->st.faults, 2);
    down(&b);
}

static void legacy_mode_has_no_page_requests(void)
{
    struct bench b;

    up_with_driver(&b);
    reg(&b, VTD_REG_RTADDR, ROOTS);
    reg(&b, VTD_REG_GCMD, FIELD_MASK(GSTS, RTPS));
    reg(&b, VTD_REG_GCMD, FIELD_MASK(GSTS, TES));
    is_refused(&b, write_request, VTD_RTA_3);
    down(&b);
}

static void queue_that_memory_does_not_take_fails_the_request(void)
{
    struct bench b;

    up_with_driver(&b);
    CHECK_EQ(mem_abort_region(b.sys->mem, QUEUE_AT, QUEUE_AT + 0xfff), 0);
    arrive(&b, write_request);
    CHECK_EQ(queue(&b)->answered, 1);
    CHECK_EQ(value(&b, VTD_REG_PQT), 0);
    down(&b);
}

static void unit_without_page_requests_has_no_registers_for_them(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.ecap", ATS_ECAP & ~FIELD_MASK(ECAP, PRS));
    system_up(&b);
    reg(&b, VTD_REG_PQA, QUEUE_AT);
    CHECK_EQ(value(&b, VTD_REG_PQA), 0);
    arrive(&b, write_request);
    CHECK_EQ(queue(&b)->answered, 1);
    CHECK_EQ(queue(&b)->written, 0);
    take_down(&b);
}

static void reset_empties_the_queue(void)
{
    struct bench b;

    up_with_driver(&b);
    arrive(&b, write_request);
    system_reset(b.sys);
    CHECK_EQ(value(&b, VTD_REG_PQT), 0);
    CHECK_EQ(value(&b, VTD_REG_PRS), 0);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(record_says_all_of_a_request_and_zero_elsewhere)                                             \
    T(page_that_is_asked_for_is_mapped_and_used)                                                   \
    T(response_code_is_the_devices)                                                                \
    T(function_that_may_not_does_not_ask)                                                          \
    T(answer_to_no_group_is_stray)                                                                 \
    T(request_removes_what_was_cached_of_its_page)                                                 \
    T(request_is_at_the_tail_and_pending)                                                          \
    T(event_is_sent_once_until_pending_is_cleared)                                                 \
    T(masked_event_pends_until_it_is_unmasked_or_its_cause_is_gone)                                \
    T(full_queue_overflows_and_the_unit_answers_last_requests)                                     \
    T(overflow_without_pending_requests_is_an_event)                                               \
    T(room_is_of_no_use_before_the_overflow_is_cleared)                                            \
    T(stop_marker_is_queued_and_never_answered)                                                    \
    T(request_that_is_not_allowed_is_a_fault_and_answered_with_failure)                            \
    T(legacy_mode_has_no_page_requests)                                                            \
    T(queue_that_memory_does_not_take_fails_the_request)                                           \
    T(unit_without_page_requests_has_no_registers_for_them)                                        \
    T(reset_empties_the_queue)
TEST_SUITE("vtd_pri", TESTS)
