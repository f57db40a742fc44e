/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/intent.h"

#include "base/sim.h"
#include "suite.h"

enum { DEV = 3, DOM = 7 };

static struct intent *attached(void)
{
    struct intent *it = intent_new();

    intent_apply(it, &(struct cosim_map){ .kind = COSIM_ATTACH, .sid = DEV, .domain = DOM }, 0);
    return it;
}

static int map(struct intent *it, uint64_t iova, uint64_t pa, unsigned size, bool write, uint64_t cycle)
{
    return intent_apply(it, &(struct cosim_map){ .kind = COSIM_MAP, .domain = DOM, .iova = iova, .pa = pa, .read = true,
                                                 .write = write, .size_log2 = (uint8_t)size }, cycle);
}

static int unmap(struct intent *it, uint64_t iova, unsigned size, uint64_t cycle)
{
    return intent_apply(it, &(struct cosim_map){ .kind = COSIM_UNMAP, .domain = DOM, .iova = iova,
                                                 .size_log2 = (uint8_t)size }, cycle);
}

static enum intent_verdict judge(const struct intent *it, uint64_t iova, bool write, unsigned outcome, uint64_t pa,
                                 uint64_t since, uint64_t now)
{
    struct cosim_req r = { .sid = DEV, .addr = iova, .write = write };
    char text[80];

    return intent_judge(it, &r, (uint8_t)outcome, pa, since, now, text, sizeof text);
}

static void what_is_mapped_is_right_and_nothing_else(void)
{
    struct intent *it = attached();

    CHECK_EQ(map(it, 0x200000, 0x40000000, 21, false, 10), 0);
    CHECK_EQ(judge(it, 0x234567, false, COSIM_OK, 0x40034567, 20, 30), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x234567, false, COSIM_OK, 0x40034566, 20, 30), INTENT_WRONG);
    CHECK_EQ(judge(it, 0x234567, true, COSIM_OK, 0x40034567, 20, 30), INTENT_WRONG);
    CHECK_EQ(judge(it, 0x234567, true, COSIM_FAULT, 0, 20, 30), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x234567, false, COSIM_FAULT, 0, 20, 30), INTENT_WRONG);
    CHECK_EQ(judge(it, 0x400000, false, COSIM_FAULT, 0, 20, 30), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x400000, false, COSIM_OK, 0x400000, 20, 30), INTENT_WRONG);
    intent_free(it);
}

static void a_request_may_see_what_changes_while_it_is_under_way(void)
{
    struct intent *it = attached();

    map(it, 0x1000, 0x5000, 12, true, 10);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_FAULT, 0, 5, 20), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 5, 20), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 5, 9), INTENT_WRONG);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_FAULT, 0, 11, 20), INTENT_WRONG);
    intent_free(it);
}

static void the_old_is_right_until_its_invalidation_has_completed(void)
{
    const struct cosim_inval page = { .kind = COSIM_INV_VA, .domain = DOM, .first = 0x1000, .last = 0x1fff };
    struct intent *it = attached();

    map(it, 0x1000, 0x5000, 12, true, 10);
    unmap(it, 0x1000, 12, 20);
    map(it, 0x1000, 0x6000, 12, true, 25);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 30, 40), INTENT_NOT_INVALIDATED);
    intent_invalidated(it, &page, 50, 60);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 30, 70), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 60, 70), INTENT_STALE);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x6000, 60, 70), INTENT_RIGHT);
    intent_free(it);
}

static void an_invalidation_ends_what_was_changed_before_it_was_given(void)
{
    const struct cosim_inval page = { .kind = COSIM_INV_VA, .domain = DOM, .first = 0x1000, .last = 0x1fff };
    const struct cosim_inval other = { .kind = COSIM_INV_VA, .domain = DOM, .first = 0x2000, .last = 0x2fff };
    struct intent *it = attached();

    map(it, 0x1000, 0x5000, 12, true, 10);
    intent_invalidated(it, &page, 15, 18);
    unmap(it, 0x1000, 12, 20);
    intent_invalidated(it, &other, 30, 40);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 50, 60), INTENT_NOT_INVALIDATED);
    intent_invalidated(it, &(struct cosim_inval){ .kind = COSIM_INV_ASID, .domain = DOM }, 70, 80);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 90, 95), INTENT_STALE);
    intent_free(it);
}

static void a_device_moves_between_domains(void)
{
    struct intent *it = attached();

    map(it, 0x1000, 0x5000, 12, true, 10);
    intent_apply(it, &(struct cosim_map){ .kind = COSIM_ATTACH, .sid = DEV, .domain = DOM, .bypass = true }, 20);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_BYPASS, 0x1000, 30, 40), INTENT_RIGHT);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 30, 40), INTENT_NOT_INVALIDATED);
    intent_invalidated(it, &(struct cosim_inval){ .kind = COSIM_INV_CONFIG, .sid_first = DEV, .sid_last = DEV }, 50, 60);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000, 60, 70), INTENT_STALE);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_FAULT, 0, 60, 70), INTENT_WRONG);
    intent_apply(it, &(struct cosim_map){ .kind = COSIM_DETACH, .sid = DEV }, 80);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_FAULT, 0, 90, 95), INTENT_RIGHT);
    intent_free(it);
}

static void nonsense_is_refused(void)
{
    struct intent *it = attached();
    struct cosim_map m;

    CHECK_EQ(unmap(it, 0x1000, 12, 5), SIM_EINPUT);
    CHECK_EQ(map(it, 0x200000, 0, 21, true, 10), 0);
    CHECK_EQ(map(it, 0x201000, 0, 12, true, 10), SIM_EINPUT);
    CU_ASSERT(intent_lookup(it, DOM, 0x201000, &m));
    CHECK_EQ(m.size_log2, 21);
    intent_free(it);
}

/* What is dead for all that can still come takes no memory but for the last few, and goes on being wrong. */
static void old_versions_go(void)
{
    const struct cosim_inval page = { .kind = COSIM_INV_VA, .domain = DOM, .first = 0x1000, .last = 0x1fff };
    struct intent *it = attached();

    for (uint64_t t = 0; t < 100000; t += 100) {
        map(it, 0x1000, 0x5000 + (t << 12), 12, true, t);
        unmap(it, 0x1000, 12, t + 10);
        intent_invalidated(it, &page, t + 20, t + 30);
        intent_forget(it, t + 40);
    }
    map(it, 0x1000, 0x5000, 12, true, 100000);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000 + (99900ull << 12), 100001, 100002), INTENT_STALE);
    CHECK_EQ(judge(it, 0x1000, false, COSIM_OK, 0x5000 + (50000ull << 12), 100001, 100002), INTENT_WRONG);
    intent_free(it);
}

#define TESTS(T)                                                                                   \
    T(what_is_mapped_is_right_and_nothing_else)                                                    \
    T(a_request_may_see_what_changes_while_it_is_under_way)                                        \
    T(the_old_is_right_until_its_invalidation_has_completed)                                       \
    T(an_invalidation_ends_what_was_changed_before_it_was_given)                                   \
    T(a_device_moves_between_domains)                                                              \
    T(nonsense_is_refused)                                                                         \
    T(old_versions_go)
TEST_SUITE("intent", TESTS)
