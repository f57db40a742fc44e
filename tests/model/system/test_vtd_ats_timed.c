/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that translate ahead and ask for pages, on a VT-d unit with the host software that sees to them: what goes
 * when software changes tables, and how long all of it takes.
 */
#include "base/sim.h"
#include "run_bench.h"
#include "system/vtd/vtd.h"
#include "workloads/host/host.h"

#define WORKLOAD TESTS_DIR "/model/system/ats.yaml"
#define PAGES    TESTS_DIR "/model/system/pri.yaml"
#define LEGACY   (0xf050da | FIELD_MASK(ECAP, DT))
#define SCALABLE                                                                                        \
    (LEGACY | FIELD_MASK(ECAP, PRS) | FIELD_MASK(ECAP, NWFS) | 19ull << ECAP_PSS_LO | FIELD_MASK(ECAP, PASID) | \
     FIELD_MASK(ECAP, DIT) | FIELD_MASK(ECAP, PDS) | FIELD_MASK(ECAP, SMTS) | FIELD_MASK(ECAP, SSTS) |  \
     FIELD_MASK(ECAP, FSTS) | FIELD_MASK(ECAP, SMPWCS) | FIELD_MASK(ECAP, RPS))

enum { SID = 0x100, PASID = 5, DOMAIN = 1, IOVA = 0x40000000, PA = 0x80000000, PAGE = 0x1000 };

static const uint64_t both[] = { LEGACY, SCALABLE };
#define MODES(ecap) for (const uint64_t *ecap = both; ecap < both + 2; ecap++)

/* ---- one request after the other ----------------------------------------------------------------- */

struct bench {
    struct run_bench run;              /* its profile; nothing of it runs */
    struct system *sys;
    struct host host;
    struct xl_result res;
    struct system_trail trail;
};

static void answer(void *arg)
{
    struct bench *b = arg;
    struct page_request r;

    while (system_take_page_request(b->sys, &r))
        CU_ASSERT(host_page_request(&b->host, &r) != SIM_EENV);
}

/* With a stream whose device translates ahead, four pages mapped for it, and the judge. */
static void up(struct bench *b, uint64_t ecap)
{
    struct host_params par;

    memset(b, 0, sizeof *b);
    run_load(&b->run, "server-vtd");
    system_config_timed(b->run.profile.config, false);
    *run_param(&b->run, "vtd.ecap") = ecap;
    *run_param(&b->run, "device.atc.sets") = 16;
    host_defaults(&par);
    par.page = 1;
    par.pasid_bits = ecap == SCALABLE ? 20 : 0;
    b->sys = system_new(b->run.profile.config, 1, &b->run.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    CHECK_EQ(system_check(b->sys), 0);
    CHECK_EQ(host_init(&b->host, b->sys, &par), 0);
    CHECK_EQ(host_start(&b->host), 0);
    CHECK_EQ(host_attach_ats(&b->host, SID, DOMAIN, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b->host, DOMAIN, IOVA, PA, 4 * PAGE, REC_PERM_R | REC_PERM_W, 12), 0);
    b->sys->software = answer;
    b->sys->software_arg = b;
}

/* Nothing that software has changed was used, and nothing is a mistake of the model. */
static void down(struct bench *b)
{
    size_t n;
    uint64_t total;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    system_stale(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    host_destroy(&b->host);
    system_free(b->sys);
    profile_destroy(&b->run.profile);
    diag_destroy(&b->run.diag);
}

static void access_as(struct bench *b, const struct xl_req *req)
{
    system_translate(b->sys, req, &b->res, &b->trail);
}

static void access_of(struct bench *b, uint64_t addr, bool write)
{
    access_as(b, &(struct xl_req){ .addr = addr, .sid = SID, .write = write });
}

static void access_with(struct bench *b, uint32_t pasid, uint64_t addr)
{
    access_as(b, &(struct xl_req){ .addr = addr, .sid = SID, .has_ssid = true, .ssid = pasid });
}

static void is_translated(const struct bench *b, uint64_t pa, unsigned cls)
{
    CHECK_EQ(b->res.outcome, XL_OK);
    CHECK_EQ(b->res.pa, pa);
    CHECK_EQ(b->trail.cls, cls);
}

static void unmap_removes_it_from_the_device_too(void)
{
    MODES(ecap) {
        struct bench b;

        up(&b, *ecap);
        b.sys->software = NULL;
        access_of(&b, IOVA, false);
        is_translated(&b, PA, VTD_CLASS_ATS);
        CHECK_EQ(host_unmap(&b.host, DOMAIN, IOVA, PAGE, true), 0);
        CHECK_EQ(b.host.st.atc_invals, 1);
        access_of(&b, IOVA, false);
        CHECK_EQ(b.res.outcome, XL_ATS_OK);
        access_of(&b, IOVA + PAGE, false);
        CHECK_EQ(host_flush(&b.host, DOMAIN), 0);
        CHECK_EQ(store_valid(&b.sys->ats->link[0].atc.lines), 0);
        down(&b);
    }
}

static void stream_that_leaves_its_domain_leaves_nothing_in_its_device(void)
{
    MODES(ecap) {
        struct bench b;

        up(&b, *ecap);
        access_of(&b, IOVA, false);
        CHECK_EQ(host_attach_ats(&b.host, SID, DOMAIN + 1, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(host_map(&b.host, DOMAIN + 1, IOVA, PA + PAGE, PAGE, REC_PERM_R, 12), 0);
        access_of(&b, IOVA, false);
        is_translated(&b, PA + PAGE, VTD_CLASS_ATS);
        down(&b);
    }
}

static void stream_is_attached_again_without(void)
{
    MODES(ecap) {
        struct bench b;

        up(&b, *ecap);
        access_of(&b, IOVA, false);
        CHECK_EQ(host_attach(&b.host, SID, DOMAIN, REC_MODE_TRANSLATE), 0);
        CHECK_EQ(store_valid(&b.sys->ats->link[0].atc.lines), 0);
        access_of(&b, IOVA, false);
        CHECK_EQ(b.res.outcome, XL_OK);
        CHECK_EQ(b.res.ats_size_log2, 0);
        CHECK_EQ(host_detach(&b.host, SID), 0);
        CHECK_EQ(host_attach_ats(&b.host, SID, DOMAIN, REC_MODE_TRANSLATE), 0);
        access_of(&b, IOVA, false);
        is_translated(&b, PA, VTD_CLASS_ATS);
        down(&b);
    }
}

static void pasid_of_the_device_is_invalidated_by_itself(void)
{
    struct bench b;

    up(&b, SCALABLE);
    CHECK_EQ(host_attach_pasid(&b.host, SID, PASID, DOMAIN + 1, REC_MODE_TRANSLATE), 0);
    CHECK_EQ(host_map(&b.host, DOMAIN + 1, IOVA, 2ull * PA, 2 * PAGE, REC_PERM_R, 12), 0);
    access_of(&b, IOVA, false);
    access_with(&b, PASID, IOVA);
    is_translated(&b, 2ull * PA, VTD_CLASS_ATS);
    access_with(&b, PASID, IOVA + PAGE);
    CHECK_EQ(host_unmap(&b.host, DOMAIN + 1, IOVA, PAGE, true), 0);
    access_of(&b, IOVA, false);
    is_translated(&b, PA, VTD_CLASS_ATC);
    access_with(&b, PASID, IOVA + PAGE);
    is_translated(&b, 2ull * PA + PAGE, VTD_CLASS_ATC);
    access_with(&b, PASID, IOVA);
    is_translated(&b, b.host.par.page_base, VTD_CLASS_PAGE);
    CHECK_EQ(host_detach_pasid(&b.host, SID, PASID), 0);
    access_with(&b, PASID, IOVA + PAGE);
    CHECK_EQ(b.res.outcome, XL_ATS_UR);
    access_of(&b, IOVA, false);
    is_translated(&b, PA, VTD_CLASS_ATC);
    down(&b);
}

static void page_that_is_asked_for_is_mapped_and_used(void)
{
    struct bench b;

    up(&b, SCALABLE);
    access_of(&b, IOVA + 9 * PAGE + 8, true);
    is_translated(&b, b.host.par.page_base + 8, VTD_CLASS_PAGE);
    access_of(&b, IOVA + 9 * PAGE, false);
    is_translated(&b, b.host.par.page_base, VTD_CLASS_ATC);
    CHECK_EQ(b.host.st.page_maps, 1);
    CHECK_EQ(CONTAINER_OF(b.sys, struct vtd_system, sys)->prq.st.written, 1);
    down(&b);
}

static void legacy_mode_has_no_pages_asked_for(void)
{
    struct bench b;

    up(&b, LEGACY);
    access_of(&b, IOVA + 9 * PAGE, true);
    CHECK_EQ(b.res.outcome, XL_ATS_OK);
    CHECK_EQ(b.sys->ats->st.page_requests, 0);
    down(&b);
}

/* The device is the same behind either unit, and so is what it does when no time passes. */
static void untimed(struct run_bench *b, const char *profile, const char *workload)
{
    run_load(b, profile);
    system_config_timed(b->profile.config, false);
    *run_param(b, "device.atc.sets") = 16;
    b->host.page = 1;
    if (strcmp(profile, "server-vtd") == 0)
        *run_param(b, "vtd.ecap") = SCALABLE;
    else
        *run_param(b, "smmu.ats") = *run_param(b, "smmu.pri") = 1;
    run_make(b, workload);
    CHECK_EQ(run_go(b), 0);
}

static void device_does_the_same_behind_an_smmuv3(void)
{
    static const char *const workload[] = { WORKLOAD, PAGES };

    for (unsigned i = 0; i < 2; i++) {
        struct run_bench v, s;

        untimed(&v, "server-vtd", workload[i]);
        untimed(&s, "server-smmu", workload[i]);
        CU_ASSERT(v.sys->ats->st.accesses > 0);
        CU_ASSERT(i == 0 || v.sys->ats->st.page_groups > 0);
        CU_ASSERT(memcmp(&v.sys->ats->st, &s.sys->ats->st, sizeof v.sys->ats->st) == 0);
        CHECK_EQ(v.sys->ats->link[0].atc.lines.st.hits, s.sys->ats->link[0].atc.lines.st.hits);
        CHECK_EQ(run_counter(&v, "host", "atc_invals"), run_counter(&s, "host", "atc_invals"));
        run_free(&v);
        run_free(&s);
    }
}

/* ---- in time ------------------------------------------------------------------------------------- */

static void timed(struct run_bench *b, uint64_t ecap, uint64_t inval_ps, uint64_t timeout_ps)
{
    run_load(b, "server-vtd");
    *run_param(b, "vtd.ecap") = ecap;
    *run_param(b, "device.atc.sets") = 16;
    *run_param(b, "device.atc.inval_ps") = inval_ps;
    *run_param(b, "device.atc.timeout_ps") = timeout_ps;
    b->host.page = 1;
}

static void go(struct run_bench *b, const char *workload, bool plain)
{
    run_make(b, workload);
    sim_shortcuts(b->sys->timed->sim, plain);
    sim_shuffle(b->sys->timed->sim, plain ? 0 : 7);
    CHECK_EQ(run_go(b), 0);
    CHECK_EQ(run_counter(b, "vtd.timing", "requests"), 3000);
}

static uint64_t device(const struct run_bench *b, const char *name)
{
    return run_counter(b, "device", name);
}

static void causes_of_devices_accesses_add_up_to_their_latencies(void)
{
    MODES(ecap) {
        struct run_bench b;
        uint64_t sum = 0;

        timed(&b, *ecap, 0, 0);
        go(&b, WORKLOAD, true);
        CU_ASSERT(device(&b, "accesses") > 1500);
        CU_ASSERT(device(&b, "atc_hits") > 0 && device(&b, "merged") > 0);
        CHECK_EQ(device(&b, "given_up") + device(&b, "refused") + device(&b, "failed"), 0);
        for (unsigned c = 0; c < CAUSE_COUNT; c++)
            sum += run_cause(&b, c);
        CHECK_EQ(sum, run_counter(&b, "vtd.timing", "latency_ps"));
        run_free(&b);
    }
}

static void wait_waits_for_the_devices_answers(void)
{
    enum { LONGER = 5000000 };

    MODES(ecap) {
        struct run_bench b, slow;
        uint64_t invals;

        timed(&b, *ecap, 0, 0);
        b.par.arrival = REPLAY_SERIAL;
        go(&b, WORKLOAD, true);
        timed(&slow, *ecap, LONGER, 0);
        slow.par.arrival = REPLAY_SERIAL;
        go(&slow, WORKLOAD, true);
        invals = run_counter(&b, "host", "atc_invals");
        CU_ASSERT(invals > 50);
        CHECK_EQ(run_counter(&b, "device.atc", "invals"), invals);
        CHECK_EQ(run_counter(&slow, "vtd.iq", "sync_ps") - run_counter(&b, "vtd.iq", "sync_ps"), invals * LONGER);
        run_free(&b);
        run_free(&slow);
    }
}

static void unanswered_invalidations_are_told_to_software(void)
{
    struct run_bench b;
    uint64_t fsts, record;

    timed(&b, LEGACY, 1000000, 500000);
    go(&b, WORKLOAD, true);
    fsts = system_reg_read(b.sys, VTD_REG_FSTS, 4);
    record = system_reg_read(b.sys, VTD_REG_IQERCD, 8);
    CHECK_EQ(run_counter(&b, "device.atc", "timeouts"), run_counter(&b, "host", "atc_invals"));
    CHECK_EQ(FIELD_GET(FSTS, ITE, &fsts), 1);
    CU_ASSERT(FIELD_GET(IQERCD, ITESID, &record) == 0x100 || FIELD_GET(IQERCD, ITESID, &record) == 0x101);
    run_free(&b);
}

/* Latencies and counters are the same whatever takes an event, and in whatever order equal times are. */
static void shortcuts_and_ties_change_nothing(void)
{
    MODES(ecap) {
        struct run_bench a, b;

        timed(&a, *ecap, 30000, 0);
        go(&a, WORKLOAD, true);
        timed(&b, *ecap, 30000, 0);
        go(&b, WORKLOAD, false);
        for (unsigned c = 0; c < CAUSE_COUNT; c++)
            CHECK_EQ(run_cause(&a, c), run_cause(&b, c));
        CHECK_EQ(device(&a, "requests"), device(&b, "requests"));
        CHECK_EQ(device(&a, "merged"), device(&b, "merged"));
        CHECK_EQ(run_counter(&a, "vtd.iq", "sync_ps"), run_counter(&b, "vtd.iq", "sync_ps"));
        run_free(&a);
        run_free(&b);
    }
}

/* Also where waits and page requests are in the queue one behind the other. */
static void page_requests_are_charged_and_shortcuts_change_nothing(void)
{
    struct run_bench a, b;
    uint64_t sum = 0;

    timed(&a, SCALABLE, 30000, 0);
    go(&a, PAGES, true);
    timed(&b, SCALABLE, 30000, 0);
    go(&b, PAGES, false);
    CU_ASSERT(run_cause(&a, CAUSE_PAGE) > device(&a, "page_groups") * a.host.page_ps);
    CHECK_EQ(device(&a, "page_success"), device(&a, "page_groups"));
    CHECK_EQ(device(&a, "page_groups"), run_counter(&a, "host", "page_requests"));
    CHECK_EQ(device(&a, "page_groups"), run_counter(&a, "vtd.prq", "written"));
    CU_ASSERT(device(&a, "page_groups") > 100);
    CU_ASSERT(run_counter(&a, "vtd", "page_events") > 0);
    CHECK_EQ(run_cause(&a, CAUSE_PAGE), device(&a, "page_ps"));
    for (unsigned c = 0; c < CAUSE_COUNT; c++) {
        CHECK_EQ(run_cause(&a, c), run_cause(&b, c));
        sum += run_cause(&a, c);
    }
    CHECK_EQ(sum, run_counter(&a, "vtd.timing", "latency_ps"));
    run_free(&a);
    run_free(&b);
}

#define TESTS(T)                                                                                   \
    T(unmap_removes_it_from_the_device_too)                                                        \
    T(stream_that_leaves_its_domain_leaves_nothing_in_its_device)                                  \
    T(stream_is_attached_again_without)                                                            \
    T(pasid_of_the_device_is_invalidated_by_itself)                                                \
    T(page_that_is_asked_for_is_mapped_and_used)                                                   \
    T(legacy_mode_has_no_pages_asked_for)                                                          \
    T(device_does_the_same_behind_an_smmuv3)                                                       \
    T(causes_of_devices_accesses_add_up_to_their_latencies)                                        \
    T(wait_waits_for_the_devices_answers)                                                          \
    T(unanswered_invalidations_are_told_to_software)                                               \
    T(shortcuts_and_ties_change_nothing)                                                           \
    T(page_requests_are_charged_and_shortcuts_change_nothing)
TEST_SUITE("vtd_ats_timed", TESTS)
