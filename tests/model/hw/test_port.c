/* SPDX-License-Identifier: Apache-2.0
 *
 * The lookup port: when a use starts, and whom its wait is charged to.
 */
#include "hw/port.h"

#include "hw/cause.h"
#include "suite.h"
#include "time_bench.h"

struct bench { struct time_bench t; struct port port; };

static void up(struct bench *b, const struct port_params *par)
{
    time_up(&b->t);
    port_init(&b->port, &b->t.comp, "port", par);
}

static void down(struct bench *b)
{
    time_down(&b->t);
}

static void pipelined_port_starts_one_use_a_cycle(void)
{
    struct bench b;

    up(&b, &(struct port_params){ .latency = 3, .lanes = 1, .interval = 1 });
    CHECK_EQ(b.port.latency_ps, 3000);
    CHECK_EQ(port_take(&b.port, 0), 0);
    CHECK_EQ(port_take(&b.port, 0), 1000);
    CHECK_EQ(port_take(&b.port, 1999), 2000);
    CHECK_EQ(port_take(&b.port, 3000), 3000);
    CHECK_EQ(port_take(&b.port, 9999), 9999);
    CHECK_EQ(b.port.st.uses, 5);
    CHECK_EQ(b.port.st.waits, 2);
    CHECK_EQ(b.port.st.wait_ps, 1000 + 1);
    CHECK_EQ(b.port.st.behind_inval, 0);
    down(&b);
}

static void port_that_is_not_pipelined_is_busy_for_its_interval(void)
{
    struct bench b;

    up(&b, &(struct port_params){ .latency = 3, .lanes = 1, .interval = 3 });
    CHECK_EQ(port_take(&b.port, 0), 0);
    CHECK_EQ(port_take(&b.port, 2999), 3000);
    CHECK_EQ(port_take(&b.port, 6000), 6000);
    CHECK_EQ(b.port.st.wait_ps, 1);
    down(&b);
}

static void two_lanes_start_two_at_a_time(void)
{
    struct bench b;

    up(&b, &(struct port_params){ .lanes = 2, .interval = 2 });
    CHECK_EQ(port_take(&b.port, 0), 0);
    CHECK_EQ(port_take(&b.port, 500), 500);
    CHECK_EQ(port_take(&b.port, 600), 2000);       /* the first lane */
    CHECK_EQ(port_take(&b.port, 700), 2500);       /* the other one  */
    CHECK_EQ(port_take(&b.port, 4499), 4499);
    CHECK_EQ(b.port.st.waits, 2);
    CHECK_EQ(b.port.st.wait_ps, 1400 + 1800);
    down(&b);
}

static void port_without_interval_starts_any_number(void)
{
    struct bench b;

    for (uint64_t lanes = 1; lanes <= 2; lanes++) {
        up(&b, &(struct port_params){ .lanes = lanes, .interval = 0 });
        for (int i = 0; i < 10; i++)
            CHECK_EQ(port_take(&b.port, 7), 7);
        CHECK_EQ(b.port.st.waits, 0);
        down(&b);
    }
}

static void invalidation_waits_for_all_lanes_and_takes_all(void)
{
    struct bench b;

    up(&b, &(struct port_params){ .lanes = 2, .interval = 2 });
    CHECK_EQ(port_take(&b.port, 100), 100);
    CHECK_EQ(port_invalidate(&b.port, 500, 4000), 2100);
    CHECK_EQ(b.port.inval_end_ps, 6100);
    CHECK_EQ(b.port.st.inval_ps, 4000);
    CHECK_EQ(port_take(&b.port, 6099), 6100);
    CHECK_EQ(port_take(&b.port, 6100), 6100);
    CHECK_EQ(b.port.st.behind_inval, 1);
    CHECK_EQ(port_take(&b.port, 6100), 8100);      /* behind lookups alone */
    CHECK_EQ(b.port.st.behind_inval, 1);
    CHECK_EQ(b.port.st.uses, 4);
    down(&b);
}

static void invalidation_that_takes_no_time_keeps_nobody_waiting(void)
{
    struct bench b;

    up(&b, &(struct port_params){ .lanes = 1, .interval = 1 });
    CHECK_EQ(port_invalidate(&b.port, 500, 0), 500);
    CHECK_EQ(port_take(&b.port, 500), 500);
    CHECK_EQ(port_invalidate(&b.port, 500, 0), 1500);
    CHECK_EQ(b.port.st.waits + b.port.st.inval_ps, 0);
    down(&b);
}

/* A wait from 1000 to start_ps, with an invalidation until inval_end_ps. */
static void charge(uint64_t inval_end_ps, uint64_t start_ps, uint64_t inval, uint64_t port)
{
    struct port p = { .inval_end_ps = inval_end_ps };
    struct ledger l;

    ledger_begin(&l, 1000);
    ledger_charge(&l, CAUSE_INVAL, port_inval_until(&p, l.at_ps, start_ps));
    ledger_charge(&l, CAUSE_PORT, start_ps);
    CHECK_EQ(l.ps[CAUSE_INVAL], inval);
    CHECK_EQ(l.ps[CAUSE_PORT], port);
    CHECK_EQ(l.at_ps, start_ps);
    CHECK_EQ(l.born_ps, 1000);
}

static void wait_is_charged_to_invalidations_as_long_as_they_last(void)
{
    charge(0, 1000, 0, 0);
    charge(1000, 1500, 0, 500);
    charge(1001, 1500, 1, 499);
    charge(1500, 1500, 500, 0);
    charge(9000, 1500, 500, 0);
}

#define TESTS(T)                                                                                   \
    T(pipelined_port_starts_one_use_a_cycle)                                                       \
    T(port_that_is_not_pipelined_is_busy_for_its_interval)                                         \
    T(two_lanes_start_two_at_a_time)                                                               \
    T(port_without_interval_starts_any_number)                                                     \
    T(invalidation_waits_for_all_lanes_and_takes_all)                                              \
    T(invalidation_that_takes_no_time_keeps_nobody_waiting)                                        \
    T(wait_is_charged_to_invalidations_as_long_as_they_last)
TEST_SUITE("port", TESTS)
