/* SPDX-License-Identifier: Apache-2.0
 *
 * Identification registers of a whole SMMUv3: what a profile may choose, what a trace may bring.
 */
#include "run_bench.h"
#include "suite.h"
#include "system/smmuv3/smmuv3.h"

static struct smmuv3_system_params par;
static struct param_set set;

static struct smmuv3_system *make(void)
{
    struct diag d;
    struct system *sys;

    diag_init(&d);
    sys = smmuv3_system_new(&par, 1, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sys);
    diag_destroy(&d);
    return CONTAINER_OF(sys, struct smmuv3_system, sys);
}

static void params(void)
{
    memset(&set, 0, sizeof set);
    smmuv3_system_params(&par, &set);
}

static int set_text(const char *path, const char *text)
{
    struct diag d;
    int err;

    diag_init(&d);
    err = param_set_text(&set, path, text, &d, NULL, 0, 0);
    diag_destroy(&d);
    return err;
}

static void what_the_model_leaves_out_cannot_be_chosen(void)
{
    params();
    CHECK_EQ(set_text("smmu.httu", "2"), 0);
    CU_ASSERT_NOT_EQUAL(set_text("smmu.httu", "3"), 0);
    CU_ASSERT_NOT_EQUAL(set_text("smmu.oas", "56"), 0);
    CU_ASSERT_NOT_EQUAL(set_text("smmu.stall_model", "3"), 0);
    CU_ASSERT_NOT_EQUAL(set_text("smmu.ssidsize", "21"), 0);
}

/* Every parameter of the unit itself at its least, then at its most. */
static void no_choice_of_parameters_promises_more_than_there_is(void)
{
    for (unsigned most = 0; most < 2; most++) {
        struct smmuv3_system *s;
        struct smmuv3_regs was;

        params();
        for (size_t i = 0; i < set.n; i++)
            for (size_t k = 0; k < set.sec[i].n && !strcmp(set.sec[i].path, "smmu"); k++)
                set.sec[i].word[k] = most ? set.sec[i].row[k].max : set.sec[i].row[k].min;
        s = make();
        was = s->regs;
        smmuv3_ids_limit(&s->regs);
        CU_ASSERT(memcmp(&was, &s->regs, sizeof was) == 0);
        s->sys.ops->destroy(&s->sys);
    }
}

static void el2_streams_need_stage_2_to_exist(void)
{
    struct smmuv3_system *s;

    params();
    par.smmu.hyp = 1;
    par.smmu.s2p = 0;
    s = make();
    CHECK_EQ(FIELD_GET(IDR0, HYP, &s->regs.idr0), 0);
    s->sys.ops->destroy(&s->sys);
}

static void a_trace_cannot_bring_what_the_model_leaves_out(void)
{
    struct smmuv3_system *s;
    struct smmuv3_regs was;

    params();
    s = make();
    for (uint32_t at = 0; at < 0x20; at += 4)
        system_capability(&s->sys, at, 0xffffffff);
    CHECK_EQ(FIELD_GET(IDR0, S2P, &s->regs.idr0), 1);
    CHECK_EQ(FIELD_GET(IDR0, HTTU, &s->regs.idr0), 2);
    CHECK_EQ(FIELD_GET(IDR3, MPAM, &s->regs.idr3), 0);
    CHECK_EQ(FIELD_GET(IDR5, D128, &s->regs.idr5), 0);
    CHECK_EQ(FIELD_GET(IDR5, STALL_MAX, &s->regs.idr5), par.stall.entries);
    was = s->regs;
    smmuv3_ids_limit(&s->regs);
    CU_ASSERT(memcmp(&was, &s->regs, sizeof was) == 0);
    s->sys.ops->destroy(&s->sys);
}

/* The machine's first read for a stream. */
static struct smmuv3_q first_read(const struct smmuv3_regs *r, uint32_t sid)
{
    static const struct smmuv3_impl impl = { 0 };
    const struct xl_req q = { .sid = sid };
    struct smmuv3_xl m;

    smmuv3_xl_begin(&m, r, &impl, &q);
    CHECK_EQ(m.q.kind, SMMUV3_Q_CONFIG);
    smmuv3_xl_tell_none(&m);
    return m.q;
}

static void a_stream_table_beyond_the_output_size_is_truncated(void)
{
    struct smmuv3_regs r = { .idr1 = 16, .cr0 = 1, .strtab_base = 1ull << 50 | 0x10000000, .strtab_base_cfg = 8 };

    FIELD_SET(IDR5, OAS, &r.idr5, 5);
    CHECK_EQ(first_read(&r, 5).pa, 0x10000140);
    FIELD_SET(IDR5, OAS, &r.idr5, 6);
    CHECK_EQ(first_read(&r, 5).pa, 1ull << 50 | 0x10000140);
}

static void without_two_level_tables_the_format_is_linear(void)
{
    struct smmuv3_regs r = { .idr1 = 16, .cr0 = 1, .strtab_base = 0x10000000, .strtab_base_cfg = 0x10208 };

    FIELD_SET(IDR5, OAS, &r.idr5, 5);
    CHECK_EQ(first_read(&r, 5).kind, SMMUV3_Q_STE);
    FIELD_SET(IDR0, ST_LEVEL, &r.idr0, 1);
    CHECK_EQ(first_read(&r, 5).kind, SMMUV3_Q_L1STD);
}

/* What both stages and each version make mandatory.  [SMMUv3 2.2 to 2.5, 6.3.4] */
static void the_server_profile_has_all_that_its_version_asks_for(void)
{
    static const struct { unsigned since; const char *path; } mandatory[] = {
        { 1, "smmu.had" },  { 1, "smmu.xnx" }, { 2, "smmu.ril" },   { 2, "smmu.fwb" }, { 2, "smmu.bbml" },
        { 2, "smmu.hyp" },  { 3, "smmu.e0pd" }, { 3, "smmu.ptwnnc" },
    };
    struct run_bench b;

    run_load(&b, "server-smmu");
    CHECK_EQ(*run_param(&b, "smmu.minor"), 2);
    for (size_t i = 0; i < ARRAY_LEN(mandatory); i++)
        if (mandatory[i].since <= *run_param(&b, "smmu.minor") && !*run_param(&b, mandatory[i].path)) {
            fprintf(stderr, "\nserver-smmu has no %s\n", mandatory[i].path);
            CU_FAIL("not of its version");
        }
    profile_destroy(&b.profile);
    diag_destroy(&b.diag);
}

#define TESTS(T)                                                                                     \
    T(what_the_model_leaves_out_cannot_be_chosen) T(no_choice_of_parameters_promises_more_than_there_is) \
    T(el2_streams_need_stage_2_to_exist) T(a_trace_cannot_bring_what_the_model_leaves_out) \
    T(a_stream_table_beyond_the_output_size_is_truncated) T(without_two_level_tables_the_format_is_linear) \
    T(the_server_profile_has_all_that_its_version_asks_for)
TEST_SUITE("smmuv3_ids", TESTS)
