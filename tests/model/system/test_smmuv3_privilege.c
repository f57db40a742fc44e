/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps the privileged and the unprivileged apart, in the walk and in what is kept of it: E0PD, PAN, EPAN.
 */
#include "smmuv3_world.h"

enum { SID = 5, CD_AT = 0x50000000 };
static const uint64_t page = 0x7fabcdef1000, out = 0x87654000;

/* One page of stage 1 with these attributes, under a CD as `how` says beside its tables. */
static void up(struct world *w, bool timed, const struct smmuv3_config *how, const struct vmsa_table *pan,
               uint64_t attr)
{
    struct smmuv3_config c = *how;

    world_params(w, timed);
    world_all_stores(w);
    w->par.smmu.e0pd = w->par.smmu.epan = 1;
    world_up(w);
    c.config = STE_S1;
    c.s1 = c.a = c.r = true;
    c.epd[1] = true;
    c.s1ctxptr = CD_AT;
    c.tt[0] = world_table(w, 1, 12, 48, 0);
    c.tt[0].pan = pan->pan;
    c.tt[0].epan = pan->epan;
    world_map(w, &c.tt[0], page, out, 3, attr, 1);
    world_attach(w, &c, SID, CD_AT);
}

static struct xl_result read_as(struct world *w, bool priv)
{
    return world_go(w, &(struct xl_req){ .sid = SID, .addr = page, .priv = priv });
}

static void e0pd_shuts_a_half_to_the_unprivileged_wherever_its_translation_is(void)
{
    static const struct vmsa_table no_pan = { 0 };

    for (unsigned i = 0; i < 4; i++) {
        const struct smmuv3_config how = { .e0pd = { !(i & 2) } };
        struct xl_result r;
        struct world w;

        up(&w, i & 1, &how, &no_pan, vmsa_attr(1, true, true));
        for (unsigned again = 0; again < 2; again++) {
            r = read_as(&w, true);
            CHECK_EQ(r.outcome, XL_OK);
            CHECK_EQ(r.pa, out);
            r = read_as(&w, false);
            CHECK_EQ(r.code, how.e0pd[0] ? SMMUV3_F_TRANSLATION : 0);
            CHECK_EQ(r.stage2, 0);
            CHECK_EQ(r.cls, how.e0pd[0] ? EVENT_CLASS_IN : 0);
        }
        world_down(&w);
    }
}

static void without_the_feature_its_bits_are_ignored(void)
{
    static const struct vmsa_table pan = { .pan = true, .epan = true };
    const struct smmuv3_config how = { .e0pd = { true } };
    uint64_t attr = vmsa_attr(1, true, true);
    struct world w;

    FIELD_SET(PTE, AP, &attr, 0);
    FIELD_SET(PTE, UXN, &attr, 0);
    up(&w, false, &how, &pan, attr);
    CHECK_EQ(read_as(&w, true).code, SMMUV3_F_PERMISSION);
    w.s->regs.idr3 = 0;
    world_command(&w, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID });
    world_command(&w, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
    CHECK_EQ(read_as(&w, true).outcome, XL_OK);
    CHECK_EQ(read_as(&w, false).code, SMMUV3_F_PERMISSION);        /* by AP, not by E0PD */
    world_down(&w);
}

/* A page that the unprivileged may execute and not read. */
static void pan_is_about_data_and_epan_about_code_too(void)
{
    static const struct smmuv3_config plain = { 0 };
    uint64_t attr = vmsa_attr(1, true, true);

    FIELD_SET(PTE, AP, &attr, 0);
    FIELD_SET(PTE, UXN, &attr, 0);
    for (unsigned i = 0; i < 4; i++) {
        const struct vmsa_table t = { .pan = i & 1, .epan = i & 2 };
        struct world w;

        up(&w, false, &plain, &t, attr);
        CHECK_EQ(read_as(&w, true).code, i == 3 ? SMMUV3_F_PERMISSION : 0);
        world_down(&w);
    }
}

#define TESTS(T)                                                                                     \
    T(e0pd_shuts_a_half_to_the_unprivileged_wherever_its_translation_is)                             \
    T(without_the_feature_its_bits_are_ignored) T(pan_is_about_data_and_epan_about_code_too)
TEST_SUITE("smmuv3_privilege", TESTS)
