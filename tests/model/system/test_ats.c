/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that translate ahead, on an SMMUv3: what they ask, keep, and give up; what invalidations of their
 * caches take; what the oracle says of forgotten ones.
 */
#include "system/ats.h"

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/event.h"
#include "run_bench.h"
#include "suite.h"
#include "system/smmuv3/smmuv3.h"
#include "workloads/host/host.h"

#define WORKLOAD TESTS_DIR "/model/system/ats.yaml"
enum { SID = 0x10, DOMAIN = 1, IOVA = 0x40000000, PA = 0x80000000, PAGE = 0x1000 };

/* ---- one request after the other ----------------------------------------------------------------- */

struct bench {
    struct run_bench run;              /* its profile; nothing of it runs */
    struct system *sys;
    struct host host;
    struct xl_result res;
    struct system_trail trail;
};

static void load(struct bench *b)
{
    memset(b, 0, sizeof *b);
    run_load(&b->run, "server-smmu");
    system_config_timed(b->run.profile.config, false);
    *run_param(&b->run, "smmu.ats") = 1;
    *run_param(&b->run, "device.atc.sets") = 16;
}

/* With a stream whose ATS is on, four pages mapped for it, and the judge. */
static void start(struct bench *b)
{
    b->sys = system_new(b->run.profile.config, 1, &b->run.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    CHECK_EQ(system_check(b->sys), 0);
    CHECK_EQ(host_init(&b->host, b->sys, NULL), 0);
    CHECK_EQ(host_start(&b->host), 0);
    CHECK_EQ(host_attach_ats(&b->host, SID, DOMAIN, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b->host, DOMAIN, IOVA, PA, 4 * PAGE, REC_PERM_R | REC_PERM_W, 12), 0);
}

static void up(struct bench *b)
{
    load(b);
    start(b);
}

static uint64_t mismatches(const struct bench *b)
{
    size_t n;
    uint64_t total;

    system_mismatches(b->sys, &n, &total);
    return total;
}

static void take_down(struct bench *b)
{
    host_destroy(&b->host);
    system_free(b->sys);
    profile_destroy(&b->run.profile);
    diag_destroy(&b->run.diag);
}

static void down(struct bench *b)
{
    CHECK_EQ(mismatches(b), 0);
    take_down(b);
}

static const struct ats_stats *stats(const struct bench *b)
{
    return &b->sys->ats->st;
}

static uint64_t stale(const struct bench *b)
{
    size_t n;
    uint64_t total;

    system_stale(b->sys, &n, &total);
    return total;
}

static void access_as(struct bench *b, const struct xl_req *req)
{
    system_translate(b->sys, req, &b->res, &b->trail);
}

static void access_of(struct bench *b, uint64_t addr, bool write)
{
    access_as(b, &(struct xl_req){ .addr = addr, .sid = SID, .write = write });
}

static void is_translated(const struct bench *b, uint64_t pa, unsigned cls)
{
    CHECK_EQ(b->res.outcome, XL_OK);
    CHECK_EQ(b->res.pa, pa);
    CHECK_EQ(b->trail.cls, cls);
}

static void is_given_up(const struct bench *b)
{
    CHECK_EQ(b->res.outcome, XL_ATS_OK);
    CHECK_EQ(b->trail.cls, SMMUV3_CLASS_ABORT);
}

static void command(struct bench *b, const struct smmuv3_cmd *c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(c, w);
    CHECK_EQ(system_command(b->sys, w, CMD_WORDS), 0);
}

static void first_access_of_a_page_asks_and_later_ones_hit(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA + 0x123, false);
    is_translated(&b, PA + 0x123, SMMUV3_CLASS_ATS);
    access_of(&b, IOVA + 0x456, true);
    is_translated(&b, PA + 0x456, SMMUV3_CLASS_ATC);
    access_of(&b, IOVA + PAGE, false);
    is_translated(&b, PA + PAGE, SMMUV3_CLASS_ATS);
    CHECK_EQ(stats(&b)->accesses, 3);
    CHECK_EQ(stats(&b)->requests, 2);
    CHECK_EQ(stats(&b)->atc_hits, 1);
    down(&b);
}

static void stream_without_ats_asks_nothing(void)
{
    struct bench b;

    up(&b);
    CHECK_EQ(host_attach(&b.host, SID + 1, DOMAIN, REC_MODE_TRANSLATE), 0);
    access_as(&b, &(struct xl_req){ .addr = IOVA, .sid = SID + 1 });
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(b.res.ats_size_log2, 0);
    CHECK_EQ(stats(&b)->accesses, 0);
    down(&b);
}

static void unit_without_ats_has_no_device_ask(void)
{
    struct bench b;

    load(&b);
    *run_param(&b.run, "smmu.ats") = 0;
    start(&b);
    access_of(&b, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(stats(&b)->accesses, 0);
    CHECK_EQ(b.host.st.atc_invals, 0);
    down(&b);
}

static void translation_covers_its_block(void)
{
    struct bench b;

    up(&b);
    CHECK_EQ(host_map(&b.host, DOMAIN, 0x80000000, 0x100000000, 2 << 20, REC_PERM_R | REC_PERM_W, 21), 0);
    access_of(&b, 0x80000000, false);
    CHECK_EQ(b.res.ats_size_log2, 21);
    access_of(&b, 0x801ff123, true);
    is_translated(&b, 0x1001ff123, SMMUV3_CLASS_ATC);
    down(&b);
}

static void write_to_a_page_that_may_be_read_is_given_up(void)
{
    struct bench b;

    up(&b);
    CHECK_EQ(host_map(&b.host, DOMAIN, IOVA + 8 * PAGE, PA + 8 * PAGE, PAGE, REC_PERM_R, 12), 0);
    access_of(&b, IOVA + 8 * PAGE, false);
    CHECK_EQ(b.res.outcome, XL_OK);
    access_of(&b, IOVA + 8 * PAGE, true);
    is_given_up(&b);
    CHECK_EQ(b.res.ats_r, 1);
    CHECK_EQ(b.res.ats_w, 0);
    CHECK_EQ(stats(&b)->refused, 1);
    CHECK_EQ(stats(&b)->given_up, 1);
    access_of(&b, IOVA + 8 * PAGE, false);
    CHECK_EQ(b.trail.cls, SMMUV3_CLASS_ATC);
    down(&b);
}

static void access_without_a_page_is_given_up_and_nothing_is_kept(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_given_up(&b);
    CHECK_EQ(host_map(&b.host, DOMAIN, IOVA + 9 * PAGE, PA, PAGE, REC_PERM_R, 12), 0);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_translated(&b, PA, SMMUV3_CLASS_ATS);
    down(&b);
}

static void reader_that_asks_for_no_write_asks_again_to_write(void)
{
    struct bench b;

    load(&b);
    *run_param(&b.run, "device.no_write") = 1;
    start(&b);
    access_of(&b, IOVA, false);
    access_of(&b, IOVA, true);
    is_translated(&b, PA, SMMUV3_CLASS_ATS);
    access_of(&b, IOVA, true);
    access_of(&b, IOVA, false);
    is_translated(&b, PA, SMMUV3_CLASS_ATC);
    CHECK_EQ(stats(&b)->requests, 2);
    down(&b);
}

static void unmap_removes_it_from_the_device_too(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    CHECK_EQ(host_unmap(&b.host, DOMAIN, IOVA, PAGE, true), 0);
    CHECK_EQ(b.host.st.atc_invals, 1);
    access_of(&b, IOVA, false);
    is_given_up(&b);
    CHECK_EQ(stale(&b), 0);
    down(&b);
}

static void stream_that_leaves_its_domain_leaves_nothing_in_its_device(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    CHECK_EQ(host_attach_ats(&b.host, SID, DOMAIN + 1, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b.host, DOMAIN + 1, IOVA, PA + PAGE, PAGE, REC_PERM_R, 12), 0);
    access_of(&b, IOVA, false);
    is_translated(&b, PA + PAGE, SMMUV3_CLASS_ATS);
    CHECK_EQ(stale(&b), 0);
    down(&b);
}

/* The unit's own caches are clean, the device's is not. */
static void forget_the_device(struct bench *b)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_TLBI_NSNH_ALL };

    access_of(b, IOVA, false);
    CHECK_EQ(host_unmap(&b->host, DOMAIN, IOVA, PAGE, false), 0);
    command(b, &c);
    command(b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    access_of(b, IOVA + 8, false);
    is_translated(b, PA + 8, SMMUV3_CLASS_ATC);
}

static void forgotten_invalidation_of_a_device_is_a_stale_use(void)
{
    struct bench b;
    const struct system_stale *row;
    size_t n;
    uint64_t total;

    up(&b);
    forget_the_device(&b);
    row = system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    CHECK_EQ(row[0].iova, IOVA + 8);
    CHECK_EQ(row[0].invalidated_ps, UINT64_MAX);
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = SID + 1, .size = 52 });
    CHECK_EQ(row[0].invalidated_ps, UINT64_MAX);
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = SID, .first = IOVA });
    CHECK_EQ(row[0].invalidated_ps, b.sys->now_ps);
    access_of(&b, IOVA + 8, false);
    is_given_up(&b);
    CHECK_EQ(stale(&b), 1);
    down(&b);
}

/* Had a device used an entry after that, it would be a mistake of the model. */
static void use_after_the_invalidation_of_a_device_is_a_mismatch(void)
{
    const struct xl_req req = { .addr = IOVA, .sid = SID };
    const struct xl_result kept = { .outcome = XL_OK, .pa = PA, .ats_size_log2 = 12 };
    struct bench b;

    up(&b);
    forget_the_device(&b);
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = SID, .first = IOVA + PAGE });
    CU_ASSERT(system_judge(b.sys, &req, &kept, 9, mem_epoch(b.sys->mem)));
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = SID, .first = IOVA });
    CU_ASSERT_FALSE(system_judge(b.sys, &req, &kept, 10, mem_epoch(b.sys->mem)));
    CHECK_EQ(mismatches(&b), 1);
    take_down(&b);
}

/* What software orders the wrong way round: the device could have asked again in between. */
static void device_invalidated_before_the_unit_may_be_stale(void)
{
    const struct xl_req req = { .addr = IOVA, .sid = SID };
    const struct xl_result kept = { .outcome = XL_OK, .pa = PA, .ats_size_log2 = 12 };
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    CHECK_EQ(host_unmap(&b.host, DOMAIN, IOVA, PAGE, false), 0);
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_ATC_INV, .sid_first = SID, .size = 52 });
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
    CU_ASSERT(system_judge(b.sys, &req, &kept, 9, mem_epoch(b.sys->mem)));
    down(&b);
}

static void reset_empties_the_devices(void)
{
    struct bench b;

    up(&b);
    access_of(&b, IOVA, false);
    system_reset(b.sys);
    CHECK_EQ(store_valid(&b.sys->ats->link[0].atc.lines), 0);
    access_of(&b, IOVA, false);
    CHECK_EQ(b.res.outcome, XL_BYPASS);        /* the unit is off */
    down(&b);
}

/* ---- page requests ------------------------------------------------------------------------------- */

static void answer_pages(void *arg)
{
    struct bench *b = arg;
    struct page_request r;

    while (system_take_page_request(b->sys, &r))
        CU_ASSERT(host_page_request(&b->host, &r) != SIM_EENV);
}

/* Software maps what is asked for, or refuses it. */
static void up_with_pri(struct bench *b, bool maps)
{
    load(b);
    *run_param(&b->run, "smmu.pri") = 1;
    start(b);
    b->host.par.page = maps;
    b->sys->software = answer_pages;
    b->sys->software_arg = b;
}

static const struct priq_stats *queue(const struct bench *b)
{
    return &CONTAINER_OF(b->sys, struct smmuv3_system, sys)->priq.st;
}

static void page_that_is_asked_for_is_mapped_and_used(void)
{
    struct bench b;

    up_with_pri(&b, true);
    access_of(&b, IOVA + 9 * PAGE + 8, true);
    is_translated(&b, b.host.par.page_base + 8, SMMUV3_CLASS_PAGE);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_translated(&b, b.host.par.page_base, SMMUV3_CLASS_ATC);
    CHECK_EQ(stats(&b)->page_requests, 1);
    CHECK_EQ(stats(&b)->page_success, 1);
    CHECK_EQ(b.host.st.page_maps, 1);
    CHECK_EQ(queue(&b)->written, 1);
    down(&b);
}

static void a_speculative_read_asks_for_no_page(void)
{
    struct xl_req req = { .addr = IOVA + 9 * PAGE, .sid = SID, .speculative = true };
    struct bench b;

    up_with_pri(&b, true);
    access_as(&b, &req);
    is_given_up(&b);
    CHECK_EQ(stats(&b)->page_requests, 0);
    CHECK_EQ(queue(&b)->written, 0);
    req.addr = IOVA;
    access_as(&b, &req);
    is_translated(&b, PA, SMMUV3_CLASS_ATS);
    down(&b);
}

static void refused_page_ends_the_access(void)
{
    struct bench b;

    up_with_pri(&b, false);
    access_of(&b, IOVA + 9 * PAGE, true);
    is_given_up(&b);
    CHECK_EQ(stats(&b)->page_refused, 1);
    CHECK_EQ(stats(&b)->given_up, 1);
    down(&b);
}

/* The page is there and may not be written: success does not help. */
static void device_gives_up_after_so_many_groups(void)
{
    struct bench b;

    up_with_pri(&b, true);
    CHECK_EQ(host_map(&b.host, DOMAIN, IOVA + 8 * PAGE, PA + 8 * PAGE, PAGE, REC_PERM_R, 12), 0);
    access_of(&b, IOVA + 8 * PAGE, true);
    is_given_up(&b);
    CHECK_EQ(stats(&b)->page_groups, 3);       /* device.page_tries */
    down(&b);
}

static void group_asks_for_pages_behind_and_is_answered_once(void)
{
    struct bench b;

    load(&b);
    *run_param(&b.run, "smmu.pri") = 1;
    *run_param(&b.run, "device.page_group") = 3;
    start(&b);
    b.host.par.page = 1;
    b.sys->software = answer_pages;
    b.sys->software_arg = &b;
    access_of(&b, IOVA + 16 * PAGE, false);
    CHECK_EQ(b.res.outcome, XL_OK);
    CHECK_EQ(stats(&b)->page_requests, 3);
    CHECK_EQ(stats(&b)->page_groups, 1);
    CHECK_EQ(stats(&b)->page_success, 1);
    access_of(&b, IOVA + 18 * PAGE, false);
    CHECK_EQ(b.trail.cls, SMMUV3_CLASS_ATS);   /* mapped, and not yet asked for */
    down(&b);
}

static void take_nothing(void *arg)
{
    (void)arg;
}

/* The ring has two places, and software takes nothing: the third is answered by the unit, with success. */
static void full_queue_is_answered_by_the_unit(void)
{
    struct bench b;
    uint64_t small = 0x5000000000;

    up_with_pri(&b, true);
    b.sys->software = take_nothing;
    priq_place(&CONTAINER_OF(b.sys, struct smmuv3_system, sys)->priq, small, 2);
    for (unsigned i = 0; i < 2; i++)
        access_of(&b, IOVA + (9 + i) * PAGE, false);
    CHECK_EQ(queue(&b)->answered, 0);
    access_of(&b, IOVA + 11 * PAGE, false);
    is_given_up(&b);
    CHECK_EQ(queue(&b)->answered, 3);          /* the device tried as often */
    CHECK_EQ(queue(&b)->overflows, 1);
    CHECK_EQ(stats(&b)->page_success, 3);
    down(&b);
}

static void queue_that_is_off_fails_the_request(void)
{
    struct bench b;

    up_with_pri(&b, true);
    CHECK_EQ(system_reg_write(b.sys, 0x20, 0x1d, 4), 0);       /* CR0 without PRIQEN */
    access_of(&b, IOVA + 9 * PAGE, false);
    is_given_up(&b);
    CHECK_EQ(stats(&b)->page_refused, 1);
    CHECK_EQ(queue(&b)->written + queue(&b)->refused, 0);
    down(&b);
}

static void answer_to_no_group_is_stray(void)
{
    struct bench b;

    up_with_pri(&b, true);
    command(&b, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_PRI_RESP, .sid_first = SID, .prgindex = 7, .resp = 2 });
    CHECK_EQ(stats(&b)->page_stray, 1);
    down(&b);
}

/* ---- in time ------------------------------------------------------------------------------------- */

static void timed(struct run_bench *b, uint64_t inval_ps, uint64_t timeout_ps)
{
    run_load(b, "server-smmu");
    *run_param(b, "smmu.ats") = 1;
    *run_param(b, "device.atc.sets") = 16;
    *run_param(b, "device.atc.inval_ps") = inval_ps;
    *run_param(b, "device.atc.timeout_ps") = timeout_ps;
}

static void run(struct run_bench *b)
{
    run_make(b, WORKLOAD);
    CHECK_EQ(run_go(b), 0);
    CHECK_EQ(run_counter(b, "smmu.timing", "requests"), 3000);
}

static uint64_t device(const struct run_bench *b, const char *name)
{
    return run_counter(b, "device", name);
}

static void causes_of_devices_accesses_add_up_to_their_latencies(void)
{
    struct run_bench b;
    uint64_t sum = 0;

    timed(&b, 0, 0);
    run(&b);
    CU_ASSERT(device(&b, "accesses") > 1500);
    CU_ASSERT(device(&b, "atc_hits") > 0 && device(&b, "merged") > 0);
    CHECK_EQ(device(&b, "given_up") + device(&b, "refused") + device(&b, "failed"), 0);
    for (unsigned c = 0; c < CAUSE_COUNT; c++)
        sum += run_cause(&b, c);
    CHECK_EQ(sum, run_counter(&b, "smmu.timing", "latency_ps"));
    run_free(&b);
}

static void sync_waits_for_the_devices_answers(void)
{
    enum { LONGER = 5000000 };
    struct run_bench b, slow;
    uint64_t invals;

    timed(&b, 0, 0);
    b.par.arrival = REPLAY_SERIAL;
    run(&b);
    timed(&slow, LONGER, 0);
    slow.par.arrival = REPLAY_SERIAL;
    run(&slow);
    invals = run_counter(&b, "host", "atc_invals");
    CU_ASSERT(invals > 50);
    CHECK_EQ(run_counter(&b, "device.atc", "invals"), invals);
    CHECK_EQ(run_counter(&slow, "smmu.cmdq", "sync_ps") - run_counter(&b, "smmu.cmdq", "sync_ps"),
             invals * LONGER);
    CHECK_EQ(run_cause(&slow, CAUSE_INVAL), 0);        /* one thing after the other */
    run_free(&b);
    run_free(&slow);
}

static void lookups_wait_behind_an_invalidation(void)
{
    struct run_bench b;

    timed(&b, 200000, 0);
    run(&b);
    CU_ASSERT(run_cause(&b, CAUSE_INVAL) > 0);
    run_free(&b);
}

static void unanswered_invalidations_are_counted(void)
{
    struct run_bench b;

    timed(&b, 1000000, 500000);
    run(&b);
    CHECK_EQ(run_counter(&b, "device.atc", "timeouts"), run_counter(&b, "host", "atc_invals"));
    run_free(&b);
}

/* Latencies and counters are the same whatever takes an event, and in whatever order equal times are. */
static void shortcuts_and_ties_change_nothing(void)
{
    struct run_bench a, b;

    timed(&a, 30000, 0);
    run(&a);
    timed(&b, 30000, 0);
    run_make(&b, WORKLOAD);
    sim_shortcuts(b.sys->timed->sim, false);
    sim_shuffle(b.sys->timed->sim, 7);
    CHECK_EQ(run_go(&b), 0);
    for (unsigned c = 0; c < CAUSE_COUNT; c++)
        CHECK_EQ(run_cause(&a, c), run_cause(&b, c));
    CHECK_EQ(device(&a, "requests"), device(&b, "requests"));
    CHECK_EQ(device(&a, "merged"), device(&b, "merged"));
    CHECK_EQ(run_counter(&a, "smmu.cmdq", "sync_ps"), run_counter(&b, "smmu.cmdq", "sync_ps"));
    run_free(&a);
    run_free(&b);
}

static void pri_run(struct run_bench *b, bool plain)
{
    timed(b, 30000, 0);
    *run_param(b, "smmu.pri") = 1;
    b->host.page = 1;
    run_make(b, TESTS_DIR "/model/system/pri.yaml");
    sim_shortcuts(b->sys->timed->sim, plain);
    sim_shuffle(b->sys->timed->sim, plain ? 0 : 5);
    CHECK_EQ(run_go(b), 0);
    CHECK_EQ(run_counter(b, "smmu.timing", "requests"), 3000);
}

/* Also where syncs and page requests are in the queue one behind the other. */
static void page_requests_are_charged_and_shortcuts_change_nothing(void)
{
    struct run_bench a, b;
    uint64_t sum = 0;

    pri_run(&a, true);
    pri_run(&b, false);
    CU_ASSERT(run_cause(&a, CAUSE_PAGE) > device(&a, "page_groups") * a.host.page_ps);
    CHECK_EQ(device(&a, "page_success"), device(&a, "page_groups"));
    CHECK_EQ(device(&a, "page_groups"), run_counter(&a, "host", "page_requests"));
    CU_ASSERT(run_counter(&a, "host", "atc_invals") > 20);
    CHECK_EQ(run_cause(&a, CAUSE_PAGE), device(&a, "page_ps"));
    for (unsigned c = 0; c < CAUSE_COUNT; c++) {
        CHECK_EQ(run_cause(&a, c), run_cause(&b, c));
        sum += run_cause(&a, c);
    }
    CHECK_EQ(sum, run_counter(&a, "smmu.timing", "latency_ps"));
    run_free(&a);
    run_free(&b);
}

static void slots_limit_the_requests_under_way(void)
{
    struct run_bench b;

    timed(&b, 0, 0);
    *run_param(&b, "device.requests") = 1;
    run(&b);
    CHECK_EQ(run_counter(&b, "device.atc.requests", "peak"), 1);
    CU_ASSERT(run_counter(&b, "device.atc.requests", "waits") > 0);
    run_free(&b);
}

#define TESTS(T)                                                                                   \
    T(first_access_of_a_page_asks_and_later_ones_hit)                                              \
    T(stream_without_ats_asks_nothing)                                                             \
    T(unit_without_ats_has_no_device_ask)                                                          \
    T(translation_covers_its_block)                                                                \
    T(write_to_a_page_that_may_be_read_is_given_up)                                                \
    T(access_without_a_page_is_given_up_and_nothing_is_kept)                                       \
    T(reader_that_asks_for_no_write_asks_again_to_write)                                           \
    T(unmap_removes_it_from_the_device_too)                                                        \
    T(stream_that_leaves_its_domain_leaves_nothing_in_its_device)                                  \
    T(forgotten_invalidation_of_a_device_is_a_stale_use)                                           \
    T(use_after_the_invalidation_of_a_device_is_a_mismatch)                                        \
    T(device_invalidated_before_the_unit_may_be_stale)                                             \
    T(reset_empties_the_devices)                                                                   \
    T(page_that_is_asked_for_is_mapped_and_used)                                                   \
    T(refused_page_ends_the_access)                                                                \
    T(device_gives_up_after_so_many_groups)                                                        \
    T(group_asks_for_pages_behind_and_is_answered_once)                                            \
    T(full_queue_is_answered_by_the_unit)                                                          \
    T(queue_that_is_off_fails_the_request)                                                         \
    T(answer_to_no_group_is_stray)                                                                 \
    T(page_requests_are_charged_and_shortcuts_change_nothing) T(a_speculative_read_asks_for_no_page) \
    T(causes_of_devices_accesses_add_up_to_their_latencies)                                      \
    T(sync_waits_for_the_devices_answers)                                                          \
    T(lookups_wait_behind_an_invalidation)                                                         \
    T(unanswered_invalidations_are_counted)                                                        \
    T(shortcuts_and_ties_change_nothing)                                                           \
    T(slots_limit_the_requests_under_way)
TEST_SUITE("ats", TESTS)
