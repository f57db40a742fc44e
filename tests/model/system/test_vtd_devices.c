/* SPDX-License-Identifier: Apache-2.0
 *
 * The invalidation queue and devices, in time: how many invalidations of device TLBs are under way, what waits for
 * them and for page requests, and what becomes of one that is not answered.
 */
#include "arch/vtd/prq.h"
#include "vtd_driver_bench.h"

enum { FUNCTION = 0x310, OTHER = 0x420, REQUESTS = 50, LONG_PS = 1000000000, SOON_PS = 100000000 };
#define DEVICES "device.atc.sets", "1", "device.atc.inval_ps", "1000000000"
#define ECAP_DT     "0xf46"                    /* device TLBs */
#define ECAP_DIT    "0x20000000f46"            /* and throttling */
#define ECAP_PDS    "0x40020000f46"            /* page requests, and waits that drain them */
#define ECAP_NO_PDS "0x20000f46"

static struct vtd_inv of_device(uint16_t sid, uint8_t mip)
{
    return (struct vtd_inv){ .type = VTD_INV_DEVTLB, .sid = sid, .pfsid = sid, .mip = mip, .addr = 0x7000 };
}

static void run_for(struct bench *b, uint64_t ps)
{
    sim_run_to(b->sys->timed->sim, sim_now(b->sys->timed->sim) + ps);
}

/* ---- how many ------------------------------------------------------------------------------------ */

/* Three for a function and one for another, all of which say that `mip` may be under way: those that soon are. */
static unsigned under_way(const char *ecap, uint8_t mip)
{
    struct bench b;
    unsigned n;

    bench_up(&b, true, SET("vtd.ecap", ecap, DEVICES));
    place_queue(&b, QUEUE, 0, false);
    put(&b, of_device(OTHER, mip));
    for (unsigned i = 0; i < 3; i++)
        put(&b, of_device(FUNCTION, mip));
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    run_for(&b, SOON_PS);
    n = b.sys->ats->link[0].atc.under_way;
    CHECK_EQ(status_word(&b), 0);
    settle(&b);
    CHECK_EQ(status_word(&b), 1);
    CHECK_EQ(b.sys->ats->link[0].atc.st.invals, 4);
    bench_down(&b);
    return n;
}

static void function_has_no_more_under_way_than_it_takes(void)
{
    CHECK_EQ(under_way(ECAP_DIT, 1), 2);
    CHECK_EQ(under_way(ECAP_DIT, 2), 3);
    CHECK_EQ(under_way(ECAP_DIT, 3), 4);
}

static void there_is_no_limit_without_one_or_without_throttling(void)
{
    CHECK_EQ(under_way(ECAP_DIT, 0), 4);
    CHECK_EQ(under_way(ECAP_DT, 1), 4);
}

/* ---- waits --------------------------------------------------------------------------------------- */

static void wait_completes_when_the_device_has_answered(void)
{
    struct bench b;

    bench_up(&b, true, SET("vtd.ecap", ECAP_DT, DEVICES));
    place_queue(&b, QUEUE, 0, false);
    put(&b, of_device(FUNCTION, 0));
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    run_for(&b, LONG_PS);
    CHECK_EQ(status_word(&b), 0);
    run_for(&b, SOON_PS);
    CHECK_EQ(status_word(&b), 1);
    bench_down(&b);
}

static void device_without_a_tlb_is_not_waited_for(void)
{
    struct bench b;

    bench_up(&b, true, SET("vtd.ecap", ECAP_DT));
    place_queue(&b, QUEUE, 0, false);
    put(&b, of_device(FUNCTION, 0));
    put(&b, WAIT_SW(1));
    write_reg(&b, VTD_REG_IQT, b.tail);
    run_for(&b, SOON_PS);
    CHECK_EQ(status_word(&b), 1);
    bench_down(&b);
}

/* The wait before which a device was too late is passed over; what comes behind it goes on when that was seen. */
static void unanswered_invalidation_aborts_the_wait_behind_it(void)
{
    struct bench b;
    uint64_t record;

    bench_up(&b, true, SET("vtd.ecap", ECAP_DT, DEVICES, "device.atc.timeout_ps", "500000000"));
    place_queue(&b, QUEUE, 0, false);
    put(&b, of_device(FUNCTION, 0));
    put(&b, WAIT_SW(1));
    put(&b, WAIT_SW(2));
    ring(&b);
    record = read_reg(&b, VTD_REG_IQERCD);
    CHECK_EQ(fault_status(&b), FIELD_MASK(FSTS, ITE));
    CHECK_EQ(FIELD_GET(IQERCD, ITESID, &record), FUNCTION);
    CHECK_EQ(status_word(&b), 0);
    CHECK_EQ(head(&b), 2 * 16);
    clear_error(&b, FIELD_MASK(FSTS, ITE));
    CHECK_EQ(status_word(&b), 2);
    CHECK_EQ(head(&b), 3 * 16);
    bench_down(&b);
}

/* How many of REQUESTS page requests that are on their way to memory are there when the wait has completed. */
static uint64_t there_after_wait(const char *ecap, bool pd)
{
    const uint64_t words[PRQ_WORDS] = { PRQ_TYPE_PAGE };
    struct vtd_inv wait = WAIT_SW(1);
    struct bench b;
    uint64_t there;

    bench_up(&b, true, SET("vtd.ecap", ecap, DEVICES));
    place_queue(&b, QUEUE, 0, false);
    b.u->prq.mem = b.sys->mem;
    wait.wait.pd = pd;
    put(&b, wait);
    for (unsigned i = 0; i < REQUESTS; i++)
        CU_ASSERT(priq_write(&b.u->prq, words));
    write_reg(&b, VTD_REG_IQT, b.tail);
    for (unsigned i = 0; i < 1000000 && !status_word(&b); i++)
        run_for(&b, 10000);
    there = b.u->prq.seen;
    CHECK_EQ(status_word(&b), 1);
    settle(&b);
    CHECK_EQ(b.u->prq.seen, REQUESTS);
    bench_down(&b);
    return there;
}

static void wait_that_drains_page_requests_waits_for_those_before_it(void)
{
    CHECK_EQ(there_after_wait(ECAP_PDS, true), REQUESTS);
    CU_ASSERT(there_after_wait(ECAP_PDS, false) < REQUESTS);
    CU_ASSERT(there_after_wait(ECAP_NO_PDS, true) < REQUESTS);
}

#define TESTS(T)                                                                                   \
    T(function_has_no_more_under_way_than_it_takes)                                                \
    T(there_is_no_limit_without_one_or_without_throttling)                                         \
    T(wait_completes_when_the_device_has_answered)                                                 \
    T(device_without_a_tlb_is_not_waited_for)                                                      \
    T(unanswered_invalidation_aborts_the_wait_behind_it)                                           \
    T(wait_that_drains_page_requests_waits_for_those_before_it)
TEST_SUITE("vtd_devices", TESTS)
