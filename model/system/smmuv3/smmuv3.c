/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/smmuv3.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "system/judge.h"
#include "system/smmuv3/prefetch.h"

PARAM_ROWS(smmu_rows, SMMUV3_PARAMS);
PARAM_ROWS(tcu_rows, SMMUV3_TCU_PARAMS);
PARAM_ROWS(store_rows, STORE_PARAMS);
STAT_ROWS(smmu_stats, SMMUV3_STATS);

static const struct comp_kind smmu_kind = { "smmuv3", smmu_rows, ARRAY_LEN(smmu_rows), smmu_stats,
                                            ARRAY_LEN(smmu_stats) };
static const struct comp_kind tbu_kind = { "tbu", NULL, 0, NULL, 0 };
static const struct comp_kind tcu_kind = { "tcu", tcu_rows, ARRAY_LEN(tcu_rows), NULL, 0 };

#define CLASS_NAME(N, name) name,
static const char *const class_names[] = { SMMUV3_CLASSES(CLASS_NAME) };

/* Storage that an entry needs: tag, output address, permissions; of a configuration: what is decoded. */
enum { TLB_LINE_BITS = 52 + 36 + 34 + 12, SEED_BITS = 36 + 36 + 32, CONFIG_BITS = 420 };

void smmuv3_system_params(struct smmuv3_system_params *p, struct param_set *set)
{
    param_add(set, "smmu", smmu_rows, ARRAY_LEN(smmu_rows), &p->smmu.expect);
    param_add(set, "smmu.tcu", tcu_rows, ARRAY_LEN(tcu_rows), &p->tcu.inval_match);
    param_add(set, "smmu.stall", smmuv3_stall_kind.param, smmuv3_stall_kind.params, &p->stall.entries);
#define ADD(member, path)                                                                          \
    param_add(set, "smmu." path, store_rows, ARRAY_LEN(store_rows), &p->member.sets);               \
    p->member.sets = 0;
    SMMUV3_STORES(ADD)
#undef ADD
    smmuv3_pmcg_params(p->pmcg, set);
    param_add(set, "smmu.priq", priq_kind.param, priq_kind.params, &p->priq.entries);
    ats_config_params(&p->device, set);
    smmuv3_timed_params(p, set);
    smmuv3_parts_params(&p->parts, set);
}

/* ---- identification registers -------------------------------------------------------------------- */

/* What a driver looks at beside translation. */
static void build_driver_idr(struct smmuv3_system *s)
{
    const struct smmuv3_params *p = &s->par.smmu;
    struct smmuv3_regs *r = &s->regs;

    FIELD_SET(IDR0, BTM, &r->idr0, p->btm);
    FIELD_SET(IDR0, ATS, &r->idr0, p->ats);
    FIELD_SET(IDR0, NS1ATS, &r->idr0, p->ns1ats);
    FIELD_SET(IDR0, MSI, &r->idr0, p->msi);
    FIELD_SET(IDR0, SEV, &r->idr0, p->sev);
    FIELD_SET(IDR0, PRI, &r->idr0, p->pri);
    FIELD_SET(IDR0, VMW, &r->idr0, p->vmw);
    FIELD_SET(IDR0, ATSRECERR, &r->idr0, p->atsrecerr);
    FIELD_SET(IDR1, CMDQS, &r->idr1, p->cmdqs);
    FIELD_SET(IDR1, EVENTQS, &r->idr1, p->eventqs);
    FIELD_SET(IDR1, PRIQS, &r->idr1, p->priqs);
    FIELD_SET(IDR3, PPS, &r->idr3, p->pps);
    FIELD_SET(AIDR, MINOR, &r->aidr, p->minor);
    r->iidr = p->iidr;
}

/* To what the model has, and this one's stalled transactions and command queues. */
static void limit_ids(struct smmuv3_system *s)
{
    struct smmuv3_regs *r = &s->regs;

    if (s->par.smmu.ecmdqs)
        smmuv3_ids_ecmdqs(r, bits_log2(s->par.smmu.ecmdqs));
    smmuv3_ids_limit(r);
    FIELD_SET(IDR5, STALL_MAX, &r->idr5,
              FIELD_GET(IDR0, STALL_MODEL, &r->idr0) == 1 ? 0 : s->par.stall.entries);
}

static void build_idr(struct smmuv3_system *s)
{
    const struct smmuv3_params *p = &s->par.smmu;
    struct smmuv3_regs *r = &s->regs;

    FIELD_SET(IDR0, S1P, &r->idr0, p->s1p);
    FIELD_SET(IDR0, S2P, &r->idr0, p->s2p);
    FIELD_SET(IDR0, TTF, &r->idr0, 2);
    FIELD_SET(IDR0, COHACC, &r->idr0, 1);
    FIELD_SET(IDR0, HTTU, &r->idr0, p->httu);
    FIELD_SET(IDR0, HYP, &r->idr0, p->hyp);
    FIELD_SET(IDR0, ASID16, &r->idr0, p->asid16);
    FIELD_SET(IDR0, VMID16, &r->idr0, p->vmid16);
    FIELD_SET(IDR0, CD2L, &r->idr0, p->cd2l);
    FIELD_SET(IDR0, TTENDIAN, &r->idr0, p->ttendian);
    FIELD_SET(IDR0, STALL_MODEL, &r->idr0, p->stall_model);
    FIELD_SET(IDR0, TERM_MODEL, &r->idr0, p->term_model);
    FIELD_SET(IDR0, ST_LEVEL, &r->idr0, p->st_level);
    FIELD_SET(IDR1, SIDSIZE, &r->idr1, p->sidsize);
    FIELD_SET(IDR1, SSIDSIZE, &r->idr1, p->ssidsize);
    FIELD_SET(IDR1, ATTR_PERMS_OVR, &r->idr1, p->attr_ovr);
    FIELD_SET(IDR1, ATTR_TYPES_OVR, &r->idr1, p->attr_ovr);
    FIELD_SET(IDR3, HAD, &r->idr3, p->had);
    FIELD_SET(IDR3, XNX, &r->idr3, p->xnx);
    FIELD_SET(IDR3, STT, &r->idr3, p->stt);
    FIELD_SET(IDR3, RIL, &r->idr3, p->ril);
    FIELD_SET(IDR3, FWB, &r->idr3, p->fwb);
    FIELD_SET(IDR3, BBML, &r->idr3, p->bbml);
    FIELD_SET(IDR3, E0PD, &r->idr3, p->e0pd);
    FIELD_SET(IDR3, EPAN, &r->idr3, p->epan);
    FIELD_SET(IDR3, PTWNNC, &r->idr3, p->ptwnnc);
    FIELD_SET(IDR5, OAS, &r->idr5, smmuv3_size_code((unsigned)p->oas));
    FIELD_SET(IDR5, GRAN4K, &r->idr5, p->gran4k);
    FIELD_SET(IDR5, GRAN16K, &r->idr5, p->gran16k);
    FIELD_SET(IDR5, GRAN64K, &r->idr5, p->gran64k);
    FIELD_SET(IDR5, DS, &r->idr5, p->ds);
    FIELD_SET(IDR5, VAX, &r->idr5, p->vax);
    build_driver_idr(s);
    limit_ids(s);
}

/* Of a system whose devices have ATCs. */
static void translate_at_device(struct system *sys, const struct xl_req *req, struct xl_result *res,
                                struct system_trail *trail)
{
    ats_translate(sys->ats, req, res, trail);
}

/* ---- registers and commands ---------------------------------------------------------------------- */

bool smmuv3_decode(const struct smmuv3_system *s, const uint64_t *words, unsigned n,
                   struct smmuv3_cmd *c)
{
    return n >= CMD_WORDS && (smmuv3_cmd_decode(&s->regs, words, c) == CERROR_NONE ||
                              (c->reserved && s->par.tcu.reserved_range));
}

static int command(struct system *sys, const uint64_t *words, unsigned n)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct smmuv3_cmd c;

    if (!sys->timed && !s->ecmdq.current)
        cmdq_pass(s->driver.cmdq);
    if (!smmuv3_decode(s, words, n, &c)) {
        s->st.command_errors++;
        return 0;
    }
    s->st.commands++;
    switch (c.op) {
    case SMMUV3_CMD_RESUME:
    case SMMUV3_CMD_STALL_TERM:
        smmuv3_stall_command(s, &c);
        break;
    case SMMUV3_CMD_PREFETCH_ADDR:
    case SMMUV3_CMD_PREFETCH_CONFIG:
        smmuv3_prefetch_command(s, &c, words);
        break;
    case SMMUV3_CMD_SYNC:
        smmuv3_sync_signal(s, &c);
        break;
    case SMMUV3_CMD_ATC_INV:
        smmuv3_atc_invalidate(s, &c);
        break;
    case SMMUV3_CMD_PRI_RESP:
        smmuv3_page_response(s, &c);
        break;
    default:
        smmuv3_invalidate(s, &c);
        break;
    }
    return 0;
}

static int reg_write(struct system *sys, uint32_t offset, uint64_t value, unsigned bytes)
{
    smmuv3_driver_write(CONTAINER_OF(sys, struct smmuv3_system, sys), offset, value, bytes);
    return 0;
}

/* [SMMUv3 3.17]: of scopes that are not there nothing is said. */
static void broadcast(struct system *sys, const uint64_t *words, unsigned n)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);
    struct oracle_inval inv;
    struct smmuv3_cmd c;

    if (!FIELD_GET(IDR0, BTM, &s->regs.idr0) || FIELD_GET(CR2, PTM, &s->regs.cr2) ||
        !smmuv3_decode(s, words, n, &c) || c.op < SMMUV3_CMD_TLBI_NH_ALL || c.op > SMMUV3_CMD_TLBI_NSNH_ALL) {
        s->st.broadcasts_ignored++;
        return;
    }
    c.broadcast = true;
    s->st.broadcasts++;
    if (sys->judge && smmuv3_oracle_inval(&c, &inv))
        judge_inval(sys->judge, sys, &inv);
    if (sys->timed)
        smmuv3_timed_broadcast(s);
    smmuv3_invalidate(s, &c);
}

static uint64_t reg_read(struct system *sys, uint32_t offset, unsigned bytes)
{
    return smmuv3_driver_read(CONTAINER_OF(sys, struct smmuv3_system, sys), offset, bytes);
}

static int capability(struct system *sys, uint32_t offset, uint64_t value)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (s->par.smmu.capabilities == 0 && offset < 0x20) {
        smmuv3_reg_write(&s->regs, offset, value, 4);
        limit_ids(s);
    }
    return 0;
}

/* Stores that do not exist are left out by what is called. */
static void each_store(struct smmuv3_system *s, void (*fn)(struct store *store))
{
#define OF_TBU(member, path) fn(&s->tbu[i].member);
#define OF_TCU(member, path) fn(&s->member);
    for (unsigned i = 0; i < s->tbus; i++) {
        SMMUV3_TBU_STORES(OF_TBU)
    }
    SMMUV3_TCU_STORES(OF_TCU)
#undef OF_TBU
#undef OF_TCU
}

void smmuv3_forget(struct smmuv3_system *s)
{
    each_store(s, store_clear);
}

static void reset(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    smmuv3_driver_reset(s);
    if (s->prefetch && s->sys.timed)
        s->sys.timed->invals++;        /* prefetches under way give up */
    smmuv3_ats_forget(s);
    if (sys->ats)
        ats_reset(sys->ats);
    smmuv3_stall_end_all(s);
    each_store(s, store_clear);
}

static void destroy(struct system *sys)
{
    struct smmuv3_system *s = CONTAINER_OF(sys, struct smmuv3_system, sys);

    if (s->tbu)
        each_store(s, store_destroy);
    smmuv3_stalls_destroy(&s->stalls);
    ats_free(sys->ats);
    free(s->tbu);
    smmuv3_prefetch_destroy(s);
    smmuv3_ecmdqs_destroy(s);
    free(s);
}

static const void *regs(const struct system *sys)
{
    return &((const struct smmuv3_system *)CONTAINER_OF(sys, struct smmuv3_system, sys))->view;
}

static bool inval(const struct system *sys, const uint64_t *words, unsigned n,
                  struct oracle_inval *inv)
{
    struct smmuv3_cmd c;

    return smmuv3_decode((const struct smmuv3_system *)CONTAINER_OF(sys, struct smmuv3_system, sys),
                         words, n, &c) && smmuv3_oracle_inval(&c, inv);
}

static int start_timed(struct system *sys, uint64_t seed)
{
    return smmuv3_timed_start(CONTAINER_OF(sys, struct smmuv3_system, sys), seed);
}

#define OPS(translate_)                                                                             \
    .translate = (translate_), .command = command, .broadcast = broadcast,                          \
    .reg_write = reg_write, .reg_read = reg_read,                                                   \
    .capability = capability, .reset = reset, .destroy = destroy,                                   \
    .oracle = &smmuv3_oracle, .regs = regs, .inval = inval, .start_timed = start_timed,        \
    .take_page_request = smmuv3_take_page_request

/* Who has one TBU and no counters of PMCG does not pay for them with every hit. */
static const struct system_ops ops = { OPS(smmuv3_translate) }, among_ops = { OPS(smmuv3_translate_among) },
                               device_ops = { OPS(translate_at_device) };

static bool is_simple(const struct smmuv3_system *s)
{
    return s->par.smmu.tbus == 1 && !s->pmcg.events;
}

/* Has it what most have, and nothing of what few do?  The TCU asks that first (smmuv3/tcu.c). */
static bool is_usual(const struct smmuv3_system *s)
{
    const struct smmuv3_tcu_params *p = &s->par.tcu;

    return s->par.tlb.sets && s->par.ctlb.sets && s->par.cfg.sets && s->walk_first == 1 && !s->pmcg.events &&
           !s->par.parts.par.by && !s->par.smmu.btm && p->prefetch == SMMUV3_PREFETCH_NONE && !p->key_granule &&
           p->walk_caches == SMMUV3_WC_LEVEL && !p->tlb_stages && !p->nested_entry;
}

/* Which stores the walk caches are; the others do not exist. */
static void find_walk_caches(struct smmuv3_system *s)
{
    struct store *const level[2][4] = { { &s->wc_s1lm1, &s->wc_s1l0, &s->wc_s1l1, &s->wc_s1l2 },
                                        { &s->wc_s2lm1, &s->wc_s2l0, &s->wc_s2l1, &s->wc_s2l2 } };
    uint64_t how = s->par.tcu.walk_caches;

    for (unsigned stage = 0; stage < 2; stage++) {
        struct store *shared = how == SMMUV3_WC_UNIFIED ? &s->wc : stage == 0 ? &s->wc_s1 : &s->wc_s2;

        for (unsigned l = 0; l < 4; l++)
            s->walk_cache[stage][l] = how == SMMUV3_WC_LEVEL ? level[stage][l] : shared;
    }
    s->walk_first = !s->par.wc_s1lm1.sets && !s->par.wc_s2lm1.sets;
#define OUT_UNLESS(how_is, member) s->par.member.sets *= how == (how_is);
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1lm1) OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l0)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l1)  OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s1l2)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2lm1) OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l0)
    OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l1)  OUT_UNLESS(SMMUV3_WC_LEVEL, wc_s2l2)
    OUT_UNLESS(SMMUV3_WC_STAGE, wc_s1)    OUT_UNLESS(SMMUV3_WC_STAGE, wc_s2)
    OUT_UNLESS(SMMUV3_WC_UNIFIED, wc)
#undef OUT_UNLESS
}

static int make_tbu(struct smmuv3_system *s, unsigned i, uint64_t seed)
{
    struct smmuv3_tbu *t = &s->tbu[i];
    char name[16] = "tbu";

    if (i)
        snprintf(name, sizeof name, "tbu%u", i);
    comp_init(&t->comp, &tbu_kind, &s->sys.top, name, NULL, NULL);
    return store_init(&t->utlb, &t->comp, "utlb", &s->par.utlb, sizeof(struct tbu_line), TLB_LINE_BITS,
                      seed) |
           store_init(&t->tlb, &t->comp, "tlb", &s->par.tlb, sizeof(struct tbu_line), TLB_LINE_BITS,
                      seed);
}

static int make_tcu(struct smmuv3_system *s, uint64_t seed)
{
    int err = 0;

    comp_init(&s->tcu, &tcu_kind, &s->sys.top, "tcu", &s->par.tcu, NULL);
#define INIT(member, name, bytes, bits)                                                            \
    err |= store_init(&s->member, &s->tcu, name, &s->par.member, bytes, bits, seed)
    INIT(ctlb, "tlb", sizeof(struct xl_leaf), TLB_LINE_BITS);
    INIT(cfg, "cfg", sizeof(struct smmuv3_config), CONFIG_BITS);
    INIT(ipa, "ipa", sizeof(struct xl_leaf), TLB_LINE_BITS);
#define INIT_WALK(member) INIT(member, #member, sizeof(struct vmsa_seed), SEED_BITS);
    INIT_WALK(wc_s1lm1) INIT_WALK(wc_s1l0) INIT_WALK(wc_s1l1) INIT_WALK(wc_s1l2)
    INIT_WALK(wc_s2lm1) INIT_WALK(wc_s2l0) INIT_WALK(wc_s2l1) INIT_WALK(wc_s2l2)
    INIT_WALK(wc_s1)    INIT_WALK(wc_s2)   INIT_WALK(wc)
#undef INIT_WALK
#undef INIT
    return err;
}

static int make_stores(struct smmuv3_system *s, uint64_t seed)
{
    int err = 0;

    s->tbu = calloc(s->par.smmu.tbus, sizeof *s->tbu);
    if (!s->tbu)
        return SIM_EENV;
    s->tbus = (unsigned)s->par.smmu.tbus;
    for (unsigned i = 0; i < s->tbus; i++)
        err |= make_tbu(s, i, seed);
    return err | make_tcu(s, seed) | smmuv3_prefetch_init(s);
}

struct system *smmuv3_system_new(const struct smmuv3_system_params *p, uint64_t seed,
                                 struct diag *d)
{
    struct smmuv3_system *s = calloc(1, sizeof *s);

    if (!s) {
        diag_env(d, NULL, "no memory");
        return NULL;
    }
    s->sys.arch = SYSTEM_SMMUV3;
    s->sys.class_name = class_names;
    s->sys.classes = SMMUV3_CLASS_COUNT;
    s->par = *p;
    s->impl.root_ipa_in_config = p->tcu.root_ipa_in_config;
    s->impl.table_ipa_base = p->tcu.table_ipa_base;
    s->impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    s->impl.contiguous = p->tcu.contiguous;
    s->view.regs = &s->regs;
    s->view.impl.table_fault_cd_r = p->tcu.table_fault_cd_r;
    build_idr(s);
    find_walk_caches(s);
    comp_init(&s->sys.top, &smmu_kind, NULL, "smmu", &s->par.smmu, &s->st);
    smmuv3_pmcg_init(&s->pmcg, &s->sys.top, p->pmcg);
    s->usual = is_usual(s);
    s->sys.ops = p->device.lines.sets ? &device_ops : is_simple(s) ? &ops : &among_ops;
    if (make_stores(s, seed) || smmuv3_driver_init(s) || smmuv3_ecmdqs_init(s) ||
        smmuv3_stalls_init(&s->stalls, &s->sys.top, &p->stall) ||
        smmuv3_ats_init(s, is_simple(s) ? smmuv3_translate : smmuv3_translate_among, seed)) {
        diag_env(d, NULL, "no memory for the stores");
        destroy(&s->sys);
        return NULL;
    }
    return &s->sys;
}
