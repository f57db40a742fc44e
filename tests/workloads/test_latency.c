/* SPDX-License-Identifier: Apache-2.0
 *
 * Latencies by stream, class and cause: what is counted where.
 */
#include "workloads/device/latency.h"

#include "base/sim.h"
#include "suite.h"

enum { STREAMS = 3, CLASSES = 4 };

/* A request that began at 1000 and met two causes. */
static struct ledger ledger(uint64_t lookup_ps, uint64_t table_ps)
{
    struct ledger l;

    ledger_begin(&l, 1000);
    ledger_charge(&l, CAUSE_LOOKUP, 1000 + lookup_ps);
    ledger_charge(&l, CAUSE_TABLE, 1000 + lookup_ps + table_ps);
    return l;
}

static void add(struct latency *l, uint32_t stream, unsigned cls, uint64_t lookup_ps, uint64_t table_ps)
{
    struct ledger led = ledger(lookup_ps, table_ps);

    CHECK_EQ(latency_add(l, stream, cls, &led), SIM_OK);
}

static void up(struct latency *l)
{
    CHECK_EQ(latency_init(l, STREAMS, CLASSES), SIM_OK);
}

static void ledger_charges_each_cause_with_its_time_alone(void)
{
    struct ledger l = ledger(3, 40);

    ledger_charge(&l, CAUSE_LINK, l.at_ps);        /* no time, no charge */
    ledger_charge(&l, CAUSE_LOOKUP, l.at_ps + 500);
    CHECK_EQ((&l)->ps[CAUSE_LOOKUP], 503);
    CHECK_EQ((&l)->ps[CAUSE_TABLE], 40);
    CHECK_EQ((&l)->ps[CAUSE_LINK], 0);
    CHECK_EQ(l.at_ps - l.born_ps, 543);
}

static void cell_is_there_only_where_there_was_a_request(void)
{
    struct latency l;

    up(&l);
    add(&l, 1, 2, 10, 0);
    for (uint32_t s = 0; s < STREAMS; s++)
        for (unsigned c = 0; c < CLASSES; c++)
            CHECK_EQ(latency_cell(&l, s, c) != NULL, s == 1 && c == 2);
    latency_destroy(&l);
}

static void cell_sums_its_own_requests_by_cause(void)
{
    const struct latency_cell *c;
    struct latency l;

    up(&l);
    add(&l, 1, 2, 10, 0);
    add(&l, 1, 2, 20, 300);
    add(&l, 1, 3, 5000, 5000);
    add(&l, 2, 2, 5000, 5000);
    c = latency_cell(&l, 1, 2);
    CHECK_EQ(c->count, 2);
    CHECK_EQ(c->sum_ps[CAUSE_LOOKUP], 30);
    CHECK_EQ(c->sum_ps[CAUSE_TABLE], 300);
    CHECK_EQ(latency_met(c, CAUSE_LOOKUP), 2);
    CHECK_EQ(latency_met(c, CAUSE_TABLE), 1);
    CHECK_EQ(latency_met(c, CAUSE_DATA), 0);
    CHECK_EQ(c->hist.count, 2);
    CHECK_EQ(c->hist.min, 10);
    CHECK_EQ(c->hist.max, 320);
    CHECK_EQ(c->hist.sum, 330);
    latency_destroy(&l);
}

static void request_without_latency_is_counted(void)
{
    const struct latency_cell *c;
    struct latency l;

    up(&l);
    add(&l, 0, 0, 0, 0);
    c = latency_cell(&l, 0, 0);
    CHECK_EQ(c->count, 1);
    CHECK_EQ(latency_met(c, CAUSE_LOOKUP), 0);
    CHECK_EQ(c->hist.count, 1);
    CHECK_EQ(c->hist.max, 0);
    latency_destroy(&l);
}

static void many_requests_of_a_class_take_one_cell(void)
{
    const struct latency_cell *c;
    struct latency l;

    up(&l);
    add(&l, 2, 3, 1, 1);
    c = latency_cell(&l, 2, 3);
    for (uint64_t i = 1; i < 5000; i++)
        add(&l, 2, 3, i, 1);
    CU_ASSERT_PTR_EQUAL(latency_cell(&l, 2, 3), c);
    CHECK_EQ(c->count, 5000);
    CHECK_EQ(c->sum_ps[CAUSE_LOOKUP] + c->sum_ps[CAUSE_TABLE], c->hist.sum);
    latency_destroy(&l);
}

static void what_was_cleared_counts_from_nothing(void)
{
    struct latency l;

    up(&l);
    add(&l, 1, 2, 10, 20);
    add(&l, 0, 0, 10, 20);
    latency_clear(&l);
    CU_ASSERT_PTR_NULL(latency_cell(&l, 1, 2));
    add(&l, 1, 2, 7, 0);
    CHECK_EQ(latency_cell(&l, 1, 2)->count, 1);
    CHECK_EQ(latency_cell(&l, 1, 2)->hist.sum, 7);
    CU_ASSERT_PTR_NULL(latency_cell(&l, 0, 0));
    latency_destroy(&l);
}

static void what_was_never_made_has_no_cells(void)
{
    struct latency l = { 0 };

    CU_ASSERT_PTR_NULL(latency_cell(&l, 0, 0));
    latency_destroy(&l);
    CHECK_EQ(latency_init(&l, 0, CLASSES), SIM_OK);    /* a source without streams */
    latency_destroy(&l);
    latency_destroy(&l);
}

#define TESTS(T)                                                                                   \
    T(ledger_charges_each_cause_with_its_time_alone)                                               \
    T(cell_is_there_only_where_there_was_a_request)                                                \
    T(cell_sums_its_own_requests_by_cause)                                                         \
    T(request_without_latency_is_counted)                                                          \
    T(many_requests_of_a_class_take_one_cell)                                                      \
    T(what_was_cleared_counts_from_nothing)                                                        \
    T(what_was_never_made_has_no_cells)
TEST_SUITE("latency", TESTS)
