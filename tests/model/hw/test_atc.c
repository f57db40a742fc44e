/* SPDX-License-Identifier: Apache-2.0
 *
 * A device's cache of translations: what is a hit, what an invalidation removes, and when it is answered.
 */
#include "hw/atc.h"

#include "suite.h"
#include "time_bench.h"

enum { UP = 3000, DOWN = 2000, INVAL = 500, TIMEOUT = 100000, SIDE = 7 };

struct bench {
    struct time_bench t;
    struct dlink link;
    struct atc atc;
    unsigned forgot, answers, timed_out;
    uint64_t forgot_ps;
    bool late;
};

static void forget(void *arg, const uint64_t *words)
{
    struct bench *b = arg;
    const struct store_match m = atc_match((uint32_t)words[0], false, 0, words[1], words[2]);

    b->forgot++;
    b->forgot_ps = sim_now(b->t.sim);
    atc_invalidate(&b->atc, &m);
}

static void answered(void *arg)
{
    ((struct bench *)arg)->answers++;
}

static void gave_up(void *arg, const uint64_t *words)
{
    CHECK_EQ(words[0], 5);
    ((struct bench *)arg)->timed_out++;
}

static void up(struct bench *b)
{
    const struct store_params lines = { .sets = 1, .ways = 8 };
    const struct atc_params par = { .inval_ps = INVAL, .inval_depth = 4, .timeout_ps = TIMEOUT };
    const struct dlink_params dev = { .up_ps = UP, .down_ps = DOWN, .tags = 4, .posted = 4,
                                      .max_payload = 256, .max_read = 512, .header = 24, .beat_ps = 1 };
    const struct port_params port = { .latency = 1, .lanes = 1, .interval = 1 };

    memset(b, 0, sizeof *b);
    time_up(&b->t);
    CHECK_EQ(dlink_init(&b->link, &b->t.clk, "dev", &dev), 0);
    CHECK_EQ(atc_init(&b->atc, &b->t.comp, "atc", &par, &lines, 1), 0);
    CHECK_EQ(atc_timed(&b->atc, &port, &b->link), 0);
    b->atc.forget = forget;
    b->atc.answered = answered;
    b->atc.timed_out = gave_up;
    b->atc.arg = b;
    proc_start(&b->atc.proc);
    sim_run_to(b->t.sim, 0);
}

static void down(struct bench *b)
{
    atc_destroy(&b->atc);
    dlink_destroy(&b->link);
    time_down(&b->t);
}

static bool fill(struct bench *b, uint64_t ctx, uint64_t addr, unsigned size_log2, unsigned rights)
{
    return atc_fill(&b->atc, ctx, addr, size_log2,
                    &(struct atc_line){ .delta = 0x1000, .rights = (uint8_t)rights }, b->atc.seen);
}

/* The unit invalidates [first, last] of a requester at t_ps. */
static void send(struct bench *b, uint32_t rid, uint64_t first, uint64_t last, uint64_t t_ps)
{
    const struct store_match m = atc_match(rid, false, 0, first, last);
    const uint64_t w[] = { rid, first, last };

    sim_run_to(b->t.sim, t_ps);
    atc_send(&b->atc, &m, w, 3, &b->late);
}

static void hit_needs_the_rights(void)
{
    struct bench b;
    uint64_t ctx = atc_ctx(5, false, 0, false);

    up(&b);
    fill(&b, ctx, 0x7000, 12, ATC_R);
    CU_ASSERT_PTR_NOT_NULL(atc_lookup(&b.atc, ctx, 0x7123, ATC_R));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, ctx, 0x7123, ATC_W));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, ctx, 0x8000, ATC_R));
    fill(&b, ctx, 0x7000, 12, ATC_R | ATC_W);
    CU_ASSERT_PTR_NOT_NULL(atc_lookup(&b.atc, ctx, 0x7123, ATC_W));
    down(&b);
}

static void requester_pasid_and_privilege_keep_entries_apart(void)
{
    struct bench b;

    up(&b);
    fill(&b, atc_ctx(5, true, 0, false), 0x7000, 12, ATC_R);
    CU_ASSERT_PTR_NOT_NULL(atc_lookup(&b.atc, atc_ctx(5, true, 0, false), 0x7000, ATC_R));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, atc_ctx(5, false, 0, false), 0x7000, ATC_R));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, atc_ctx(5, true, 1, false), 0x7000, ATC_R));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, atc_ctx(6, true, 0, false), 0x7000, ATC_R));
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, atc_ctx(5, true, 0, true), 0x7000, ATC_R));
    down(&b);
}

/* Whose entries go, by requester and PASID of the invalidation. */
static void removes(bool has_pasid, uint32_t pasid, unsigned expected)
{
    const struct { uint32_t rid, pasid; bool has_pasid, priv; } all[] = {
        { 5, 0, false, false }, { 5, 0, true, false }, { 5, 3, true, false }, { 5, 3, true, true },
        { 6, 3, true, false },
    };
    const struct store_match m = atc_match(5, has_pasid, pasid, 0x7000, 0x7fff);
    struct bench b;
    unsigned gone = 0;

    up(&b);
    for (unsigned i = 0; i < 5; i++)
        fill(&b, atc_ctx(all[i].rid, all[i].has_pasid, all[i].pasid, all[i].priv), 0x7000, 12, ATC_R);
    atc_invalidate(&b.atc, &m);
    for (unsigned i = 0; i < 5; i++)
        gone |= !atc_lookup(&b.atc, atc_ctx(all[i].rid, all[i].has_pasid, all[i].pasid, all[i].priv), 0x7000,
                            ATC_R) << i;
    CHECK_EQ(gone, expected);
    down(&b);
}

static void invalidation_removes_its_pasid_or_without_one_all(void)
{
    removes(true, 3, 1 << 2 | 1 << 3);
    removes(true, 0, 1 << 1);
    removes(false, 0, 0xf);
}

static void invalidation_goes_by_the_block_not_by_its_first_byte(void)
{
    struct store_match m = atc_match(5, false, 0, 0x2ff000, 0x2fffff);
    struct bench b;
    uint64_t ctx = atc_ctx(5, false, 0, false);

    up(&b);
    fill(&b, ctx, 0x200000, 21, ATC_R);
    fill(&b, ctx, 0x1ff000, 12, ATC_R);
    fill(&b, ctx, 0x400000, 12, ATC_R);
    atc_invalidate(&b.atc, &m);
    CU_ASSERT_PTR_NULL(atc_lookup(&b.atc, ctx, 0x212345, ATC_R));
    CU_ASSERT_PTR_NOT_NULL(atc_lookup(&b.atc, ctx, 0x1ff000, ATC_R));
    CU_ASSERT_PTR_NOT_NULL(atc_lookup(&b.atc, ctx, 0x400000, ATC_R));
    down(&b);
}

static void invalidation_takes_the_way_there_its_time_and_the_way_back(void)
{
    struct bench b;
    uint64_t at = 0;

    up(&b);
    send(&b, 5, 0x7000, 0x7fff, 1000);
    CU_ASSERT_FALSE(atc_quiet(&b.atc, &at));
    sim_run_to(b.t.sim, 1000 + DOWN + INVAL - 1);
    CHECK_EQ(b.forgot, 0);
    sim_run_to(b.t.sim, 1000 + DOWN + INVAL);
    CHECK_EQ(b.forgot, 1);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    CHECK_EQ(at, 1000 + DOWN + INVAL + UP);
    CHECK_EQ(b.atc.st.inval_ps, DOWN + INVAL + UP);
    CU_ASSERT_FALSE(b.late);
    down(&b);
}

static void invalidations_are_carried_out_one_after_the_other(void)
{
    struct bench b;
    uint64_t at = 0;

    up(&b);
    send(&b, 5, 0x7000, 0x7fff, 0);
    send(&b, 5, 0x8000, 0x8fff, 0);
    send(&b, 5, 0x9000, 0x9fff, 100);
    sim_run(b.t.sim);
    CHECK_EQ(b.forgot, 3);
    CHECK_EQ(b.forgot_ps, DOWN + 3 * INVAL);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    CHECK_EQ(at, DOWN + 3 * INVAL + UP);
    down(&b);
}

static void lookups_wait_for_the_port_that_an_invalidation_has(void)
{
    struct bench b;

    up(&b);
    send(&b, 5, 0x7000, 0x7fff, 0);
    sim_run_to(b.t.sim, DOWN);
    CHECK_EQ(port_take(&b.atc.port, DOWN), DOWN + INVAL);
    down(&b);
}

static void answer_waits_for_an_access_that_used_the_entry(void)
{
    struct bench b;
    struct atc_use u, other;
    uint64_t at = 0;

    up(&b);
    atc_use(&b.atc, &u, atc_ctx(5, false, 0, false), 0x7010);
    atc_use(&b.atc, &other, atc_ctx(5, false, 0, false), 0x8010);
    send(&b, 5, 0x7000, 0x7fff, 0);
    sim_run_to(b.t.sim, 20000);
    CHECK_EQ(b.forgot, 1);
    CU_ASSERT_FALSE(atc_quiet(&b.atc, &at));
    CHECK_EQ(b.atc.st.held, 1);
    atc_used(&b.atc, &u);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    CHECK_EQ(at, 20000 + UP);
    atc_used(&b.atc, &other);
    down(&b);
}

static void access_that_begins_after_an_invalidation_does_not_hold_it(void)
{
    struct bench b;
    struct atc_use u;
    uint64_t at = 0;

    up(&b);
    send(&b, 5, 0x7000, 0x7fff, 0);
    sim_run_to(b.t.sim, DOWN + INVAL);
    atc_use(&b.atc, &u, atc_ctx(5, false, 0, false), 0x7010);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    atc_used(&b.atc, &u);
    CHECK_EQ(b.answers, 1);
    down(&b);
}

static void one_access_holds_several_invalidations(void)
{
    struct bench b;
    struct atc_use u;
    uint64_t at = 0;

    up(&b);
    atc_use(&b.atc, &u, atc_ctx(5, true, 3, true), 0x7010);
    send(&b, 5, 0x7000, 0x7fff, 0);
    send(&b, 5, 0, ~0ull, 0);
    sim_run_to(b.t.sim, 20000);
    CHECK_EQ(b.answers, 0);
    atc_used(&b.atc, &u);
    CHECK_EQ(b.answers, 2);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    down(&b);
}

static void depth_limits_what_is_under_way(void)
{
    struct bench b;

    up(&b);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT(atc_ready(&b.atc));
        send(&b, 5, 0x1000 * i, 0x1000 * i + 0xfff, 0);
    }
    CU_ASSERT_FALSE(atc_ready(&b.atc));
    sim_run_to(b.t.sim, DOWN + INVAL);
    CU_ASSERT(atc_ready(&b.atc));
    CHECK_EQ(b.answers, 1);
    down(&b);
}

/* One of SIDE picoseconds on either side of the edge. */
static void answered_late(uint64_t late_ps, bool timed_out)
{
    struct bench b;
    struct atc_use u;
    uint64_t at = 0;

    up(&b);
    atc_use(&b.atc, &u, atc_ctx(5, false, 0, false), 0x7010);
    send(&b, 5, 0x7000, 0x7fff, 0);
    sim_run_to(b.t.sim, TIMEOUT - UP + late_ps);
    atc_used(&b.atc, &u);
    CU_ASSERT(atc_quiet(&b.atc, &at));
    CHECK_EQ(b.late, timed_out);
    CHECK_EQ(b.timed_out, timed_out);
    CHECK_EQ(b.atc.st.timeouts, timed_out);
    CHECK_EQ(at, TIMEOUT);
    down(&b);
}

static void unit_gives_up_on_an_answer_after_the_time_out_and_not_before(void)
{
    answered_late(0, false);
    answered_late(SIDE, true);
}

static void completion_older_than_an_invalidation_of_its_page_is_not_kept(void)
{
    struct bench b;
    uint64_t ctx = atc_ctx(5, false, 0, false), since;
    const struct atc_line line = { .rights = ATC_R };

    up(&b);
    since = b.atc.seen;
    send(&b, 5, 0x7000, 0x7fff, 0);
    sim_run(b.t.sim);
    CU_ASSERT_FALSE(atc_fill(&b.atc, ctx, 0x7000, 12, &line, since));
    CU_ASSERT(atc_fill(&b.atc, ctx, 0x8000, 12, &line, since));
    CU_ASSERT(atc_fill(&b.atc, ctx, 0x7000, 12, &line, b.atc.seen));
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(hit_needs_the_rights)                                                                        \
    T(requester_pasid_and_privilege_keep_entries_apart)                                            \
    T(invalidation_removes_its_pasid_or_without_one_all)                                           \
    T(invalidation_goes_by_the_block_not_by_its_first_byte)                                        \
    T(invalidation_takes_the_way_there_its_time_and_the_way_back)                                  \
    T(invalidations_are_carried_out_one_after_the_other)                                           \
    T(lookups_wait_for_the_port_that_an_invalidation_has)                                          \
    T(answer_waits_for_an_access_that_used_the_entry)                                              \
    T(access_that_begins_after_an_invalidation_does_not_hold_it)                                   \
    T(one_access_holds_several_invalidations)                                                      \
    T(depth_limits_what_is_under_way)                                                              \
    T(unit_gives_up_on_an_answer_after_the_time_out_and_not_before)                                \
    T(completion_older_than_an_invalidation_of_its_page_is_not_kept)
TEST_SUITE("atc", TESTS)
