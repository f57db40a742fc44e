/* SPDX-License-Identifier: Apache-2.0
 *
 * Random records: the same for a seed; as a trace and back; replayed on the model without time, whose oracle finds
 * nothing wrong and after a SYNC nothing stale; and every kind of leaf, command and fault comes about.
 */
#include "rtl-cosim/stimulus/random.h"

#include <stdlib.h>
#include <unistd.h>

#include "arch/smmuv3/event.h"
#include "base/sim.h"
#include "rtl-cosim/stimulus/sweep.h"
#include "suite.h"
#include "system/system.h"

enum { ACCESSES = 3000, SEEDS = 16, OPS = 256 };

static void generate(struct records *r, const struct random_params *par, uint64_t seed, uint64_t accesses)
{
    records_init(r, "generated");
    CHECK_EQ(random_records(r, par, accesses, seed), 0);
    CHECK_EQ(r->err, 0);
}

static bool same(const struct records *a, const struct records *b)
{
    return a->n == b->n && a->n_ext == b->n_ext && a->streams == b->streams &&
           memcmp(a->rec, b->rec, a->n * sizeof *a->rec) == 0 &&
           memcmp(a->ext, b->ext, a->n_ext * sizeof *a->ext) == 0 &&
           memcmp(a->stream, b->stream, a->streams * sizeof *a->stream) == 0;
}

static void one_seed_gives_one_list(void)
{
    struct random_params par;
    struct records a, b, c;

    random_defaults(&par);
    generate(&a, &par, 5, ACCESSES);
    generate(&b, &par, 5, ACCESSES);
    generate(&c, &par, 6, ACCESSES);
    CU_ASSERT(same(&a, &b));
    CU_ASSERT_FALSE(same(&a, &c));
    records_destroy(&a);
    records_destroy(&b);
    records_destroy(&c);
}

static void a_list_survives_as_a_trace(void)
{
    char path[] = "/tmp/cosim-records-XXXXXX";
    struct random_params par;
    struct records a, b;
    struct diag d;
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    diag_init(&d);
    random_defaults(&par);
    generate(&a, &par, 7, ACCESSES);
    CHECK_EQ(records_write(&a, path, &d), 0);
    records_init(&b, "");
    CHECK_EQ(records_read(&b, path, &d), 0);
    CU_ASSERT(same(&a, &b));
    CHECK_STR(b.head.source, "generated");
    CHECK_EQ(b.head.time_unit_ps, RECORDS_UNIT_PS);
    unlink(path);
    records_destroy(&a);
    records_destroy(&b);
    diag_destroy(&d);
}

/* ---- on the model -------------------------------------------------------------------------------- */

static const char *const design[][2] = {
    { "smmu.ssidsize", "20" }, { "smmu.gran16k", "no" }, { "smmu.gran64k", "no" }, { "smmu.msi", "no" },
    { "smmu.sev", "no" }, { "smmu.tcu.cfg.sets", "4" }, { "smmu.tcu.cfg.ways", "2" }, { "smmu.tcu.tlb.sets", "16" },
    { "smmu.tcu.tlb.ways", "4" }, { "smmu.tcu.wc_s1l0.sets", "1" }, { "smmu.tcu.wc_s1l1.sets", "4" },
    { "smmu.tcu.wc_s1l2.sets", "4" }, { "smmu.tcu.wc_s2l1.sets", "4" }, { "smmu.tcu.wc_s2l2.sets", "4" },
};

static struct system *system_of_design(struct diag *d)
{
    struct system_config *c = system_config_new(SYSTEM_SMMUV3);
    struct system *s;

    for (unsigned i = 0; i < ARRAY_LEN(design); i++)
        CHECK_EQ(param_set_text(system_config_params(c), design[i][0], design[i][1], d, NULL, 0, 0), 0);
    s = system_new(c, 1, d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CHECK_EQ(system_check(s), 0);
    system_config_free(c);
    return s;
}

struct seen { uint64_t op[OPS], code[REPLAY_CODES], outcome[REPLAY_OUTCOMES], ranged, with_ttl, stale; };

static void count_commands(const struct records *r, struct seen *seen)
{
    const struct rec_ext *x = r->ext;

    for (size_t i = 0; i < r->n; i++) {
        const struct rec *rec = &r->rec[i];

        if (rec->kind == REC_COMMAND) {
            seen->op[FIELD_GET(CMD, OP, x->w)]++;
            seen->ranged += FIELD_GET(CMD, OP, x->w) >= 0x10 && FIELD_GET(CMD, TG, x->w);
            seen->with_ttl += FIELD_GET(CMD, OP, x->w) >= 0x10 && FIELD_GET(CMD, TTL, x->w);
        }
        x += rec->words != 0;
    }
}

static void replay(struct records *r, struct seen *seen)
{
    struct replay_options opt = { .par = PARAM_DEFAULTS(REPLAY_PARAMS) };
    const struct system_mismatch *mismatch;
    struct replay_source src;
    struct replay rp;
    struct diag d;
    struct system *s;
    uint64_t total;
    size_t n;

    diag_init(&d);
    s = system_of_design(&d);
    records_source(r, &src, "generated");
    CHECK_EQ(replay_init(&rp, s, &src, &opt), 0);
    CHECK_EQ(replay_run(&rp, &d), 0);
    CHECK_EQ(rp.st.refused, 0);
    mismatch = system_mismatches(s, &n, &total);
    CHECK_EQ(total, 0);
    for (size_t i = 0; i < n && i < 3; i++)
        fprintf(stderr, "request %" PRIu64 " sid %u iova %" PRIx64 ": outcome %u/%u code %x/%x addr %" PRIx64 "/%" PRIx64 "\n",
                mismatch[i].request, mismatch[i].sid, mismatch[i].iova, mismatch[i].found.outcome,
                mismatch[i].expected.outcome, mismatch[i].found.code, mismatch[i].expected.code,
                mismatch[i].found.pa, mismatch[i].expected.pa);
    system_stale(s, &n, &total);
    seen->stale += total;
    for (unsigned i = 0; i < REPLAY_CODES; i++)
        seen->code[i] += rp.fault_code[i];
    for (unsigned i = 0; i < REPLAY_OUTCOMES; i++)
        seen->outcome[i] += rp.outcome[i];
    replay_destroy(&rp);
    system_free(s);
    diag_print(&d, stderr);
    diag_destroy(&d);
}

static void replay_seeds(const struct random_params *par, struct seen *seen)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct records r;

        generate(&r, par, seed, ACCESSES);
        count_commands(&r, seen);
        replay(&r, seen);
        records_destroy(&r);
    }
}

static void the_model_and_its_oracle_agree_on_it(void)
{
    static const uint8_t ops[] = {
        SMMUV3_CMD_CFGI_STE, SMMUV3_CMD_CFGI_STE_RANGE, SMMUV3_CMD_CFGI_CD, SMMUV3_CMD_CFGI_CD_ALL,
        SMMUV3_CMD_TLBI_NH_ALL, SMMUV3_CMD_TLBI_NH_ASID, SMMUV3_CMD_TLBI_NH_VA, SMMUV3_CMD_TLBI_NH_VAA,
        SMMUV3_CMD_TLBI_S12_VMALL, SMMUV3_CMD_TLBI_S2_IPA, SMMUV3_CMD_TLBI_NSNH_ALL, SMMUV3_CMD_SYNC,
    };
    static const uint8_t codes[] = {
        SMMUV3_C_BAD_STREAMID, SMMUV3_C_BAD_STE, SMMUV3_C_BAD_SUBSTREAMID, SMMUV3_C_BAD_CD, SMMUV3_F_TRANSLATION,
        SMMUV3_F_ADDR_SIZE, SMMUV3_F_ACCESS, SMMUV3_F_PERMISSION,
    };
    struct seen seen = { .stale = 0 };
    struct random_params par;

    random_defaults(&par);
    replay_seeds(&par, &seen);
    for (unsigned i = 0; i < ARRAY_LEN(ops); i++)
        CU_ASSERT(seen.op[ops[i]] > 10);
    for (unsigned i = 0; i < ARRAY_LEN(codes); i++)
        CU_ASSERT(seen.code[codes[i]] > 10);
    CU_ASSERT(seen.ranged > 100 && seen.with_ttl > 100);
    CU_ASSERT(seen.outcome[XL_OK] > SEEDS * ACCESSES / 5);
    CU_ASSERT(seen.stale > 0);                     /* before the SYNC old values are met */
}

/* Nothing comes between a change and the SYNC: then nothing that is met is old. */
static void after_a_sync_nothing_is_stale(void)
{
    struct seen seen = { .stale = 0 };
    struct random_params par;

    random_defaults(&par);
    par.during = 0;
    par.change = 200;
    replay_seeds(&par, &seen);
    CHECK_EQ(seen.stale, 0);
}

/* ---- sweep --------------------------------------------------------------------------------------- */

/* Without time the trials follow one another: the model has each right, and after each SYNC nothing is old. */
static void the_model_is_right_in_every_trial(void)
{
    struct sweep_params par;
    unsigned lists = 0;

    sweep_defaults(&par);
    par.step = 80;
    for (unsigned kind = 0; kind < SWEEP_KIND_COUNT; kind++)
        for (unsigned shape = 0; shape < SWEEP_SHAPE_COUNT; shape++)
            for (unsigned state = 0; state < SWEEP_STATE_COUNT; state++) {
                struct seen seen = { .stale = 0 };
                struct records r;

                records_init(&r, "sweep");
                if (kind != SWEEP_ILLEGAL && sweep(&r, &par, kind, shape, state)) {
                    CHECK_EQ(r.err, 0);
                    count_commands(&r, &seen);
                    replay(&r, &seen);
                    CU_ASSERT(seen.op[SMMUV3_CMD_SYNC] > 0);
                    CHECK_EQ(seen.stale, 0);
                    lists++;
                }
                records_destroy(&r);
            }
    CU_ASSERT(lists > 600);
}

static void a_command_comes_when_it_is_due(void)
{
    struct sweep_params par;
    struct records r;
    uint64_t last = 0, accesses = 0;

    sweep_defaults(&par);
    records_init(&r, "sweep");
    CU_ASSERT(sweep(&r, &par, SWEEP_NH_VA, SWEEP_SHAPE_S1_4K, SWEEP_STATE_COLD));
    for (size_t i = 0; i < r.n; i++) {
        CU_ASSERT(r.rec[i].time >= last);
        last = r.rec[i].time;
        accesses += records_is_access(&r.rec[i]);
    }
    CHECK_EQ(accesses, (par.from + par.to + 1) * 10);
    CU_ASSERT_FALSE(sweep_applies(SWEEP_NH_VA, SWEEP_SHAPE_S2_4K));
    CU_ASSERT_FALSE(sweep_applies(SWEEP_PAGE_OF_BLOCK, SWEEP_SHAPE_N_4K_1G));
    records_destroy(&r);
}

#define TESTS(T)                                                                                   \
    T(one_seed_gives_one_list) T(a_list_survives_as_a_trace) T(the_model_and_its_oracle_agree_on_it) \
    T(after_a_sync_nothing_is_stale) T(the_model_is_right_in_every_trial) T(a_command_comes_when_it_is_due)
TEST_SUITE("stimulus", TESTS)
