/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_smmuv3_system.c - one transaction on a whole SMMUv3, with and without caches, functional and
 * in time, each cold and then warm.
 */
#include "tests/conformance/conformance_smmuv3.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"
#include "system/smmuv3.h"

struct setting { const char *path, *text; };
enum { SETTINGS = 32 };

#define STORES(ways)                                                                                \
    { "smmu.tbu.utlb.sets", "1" },   { "smmu.tbu.utlb.ways", ways },                                \
    { "smmu.tbu.tlb.sets", "1" },    { "smmu.tbu.tlb.ways", ways },                                 \
    { "smmu.tcu.tlb.sets", "1" },    { "smmu.tcu.tlb.ways", ways },                                 \
    { "smmu.tcu.cfg.sets", "1" },    { "smmu.tcu.cfg.ways", ways },                                 \
    { "smmu.tcu.ipa.sets", "1" },    { "smmu.tcu.ipa.ways", ways },                                 \
    { "smmu.tcu.wc_s1l0.sets", "1" }, { "smmu.tcu.wc_s1l1.sets", "1" }, { "smmu.tcu.wc_s1l2.sets", "1" }, \
    { "smmu.tcu.wc_s2l0.sets", "1" }, { "smmu.tcu.wc_s2l1.sets", "1" }, { "smmu.tcu.wc_s2l2.sets", "1" }, \
    { "smmu.tcu.ipa_cache", "own" }

static const struct kind {
    const char *name;
    bool timed;
    struct setting set[SETTINGS];
} kinds[] = {
    { "no caches", false, { { NULL, NULL } } },
    { "all caches", false, { STORES("16") } },
    { "caches of one entry", false, { STORES("1") } },
    { "stages in caches of their own", false, { STORES("16"), { "smmu.tcu.tlb_stages", "split" } } },
    { "in time, no caches", true, { { NULL, NULL } } },
    { "in time, all caches", true, { STORES("16") } },
};

/* ---- a unit as the vector wants it --------------------------------------------------------------- */

static struct system *system_of(const struct kind *k)
{
    struct system_config *c = system_config_new(SYSTEM_SMMUV3);
    struct param_set *params = system_config_params(c);
    struct system *sys;
    struct diag d;
    int err = 0;

    diag_init(&d);
    for (const struct setting *set = k->set; set->path && !err; set++)
        err = param_set_text(params, set->path, set->text, &d, NULL, 0, 0);
    system_config_timed(c, k->timed);
    sys = err ? NULL : system_new(c, 1, &d);
    diag_print(&d, stderr);
    diag_destroy(&d);
    system_config_free(c);
    return sys;
}

/* A row's value reaches the unit as the driver's write does, in an order that it allows. */
static void write_regs(struct system *sys, const struct smmuv3_regs *r)
{
    const struct { uint32_t offset; uint64_t value; unsigned bytes; } id[] = {
        { 0x00, r->idr0, 4 }, { 0x04, r->idr1, 4 },  { 0x0c, r->idr3, 4 },
        { 0x14, r->idr5, 4 }, { 0x1c, r->aidr, 4 },
    }, ctl[] = {
        { 0x28, r->cr1, 4 }, { 0x2c, r->cr2, 4 }, { 0x44, r->gbpa | 1u << 31, 4 },
        { 0x80, r->strtab_base, 8 }, { 0x88, r->strtab_base_cfg, 4 }, { 0x20, r->cr0, 4 },
    };

    for (size_t i = 0; i < ARRAY_LEN(id); i++)
        system_capability(sys, id[i].offset, id[i].value);
    for (size_t i = 0; i < ARRAY_LEN(ctl); i++)
        system_reg_write(sys, ctl[i].offset, ctl[i].value, ctl[i].bytes);
}

static void start(struct system *sys, const struct json_object *v, const struct smmuv3_regs *r)
{
    const struct json_object *aborts = jget(v, "abort_pa");

    system_check(sys);
    json_object_object_foreach(jown(jget(v, "mem")), at, word) {
        uint64_t value = jvalue(word);

        system_table_write(sys, strtoull(at, NULL, 0), &value, 1);
    }
    for (size_t i = 0; i < jlen(aborts); i++)
        mem_abort_region(sys->mem, jvalue(jat(aborts, i)), jvalue(jat(aborts, i)) + 7);
    write_regs(sys, r);
}

/* ---- a request ----------------------------------------------------------------------------------- */

struct answer { struct xl_result res; bool back; };

static void done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct answer *a = arg;

    (void)done_ps;
    a->res = f->res;
    a->back = true;
    timed_flow_free(f->t, f);
}

static bool elaborate(struct system *sys)
{
    const struct comp *root[2 + TIMED_FRONTS_MAX] = { &sys->top };
    size_t n = 1 + timed_roots(sys->timed, root + 1);
    struct diag d;
    int err = timed_set_streams(sys->timed, 1);

    diag_init(&d);
    for (size_t i = 0; i < n && !err; i++)
        err = sim_elaborate(sys->timed->sim, root[i], &d);
    diag_print(&d, stderr);
    diag_destroy(&d);
    if (!err)
        timed_start(sys->timed);
    return !err;
}

/* Sends it and lets time run; a stalled one does not come back. */
static void translate_timed(struct system *sys, const struct xl_req *req, uint64_t request,
                            struct xl_result *res)
{
    struct timed *t = sys->timed;
    struct answer a = { .back = false };
    struct flow *f = timed_flow(t);
    uint64_t at = sim_now(t->sim), when;

    t->done = done;
    t->done_arg = &a;
    f->req = *req;
    f->bytes = 64;
    f->stream = 0;
    f->front = (uint16_t)t->ops->front_of(sys, req->sid);
    f->kind = req->write ? FLOW_WRITE : FLOW_READ;
    f->request = request;
    f->born_ps = at;
    dlink_take(&t->front[f->front].dev, req->write, at, &when);
    timed_issue(t, f, when > at ? when : at);
    sim_run(t->sim);
    *res = a.back ? a.res : f->res;
}

static void run_on(const struct kind *k, const struct json_object *v, const struct smmuv3_regs *regs,
                   const struct xl_req *req, struct score *s, conformance_check check)
{
    struct system *sys = system_of(k);
    uint64_t total;
    size_t n;

    if (!sys) {
        score_fail(s, "%s: no system", k->name);
        return;
    }
    start(sys, v, regs);
    if (k->timed && !elaborate(sys)) {
        score_fail(s, "%s: cannot start", k->name);
        system_free(sys);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct xl_result res;
        char name[96];

        snprintf(name, sizeof name, "%s, %s", k->name, i ? "warm" : "cold");
        if (k->timed)
            translate_timed(sys, req, i, &res);
        else
            system_translate(sys, req, &res, NULL);
        check(s, name, req, &res, v);
    }
    conformance_check_memory(s, k->name, v, sys->mem);
    system_mismatches(sys, &n, &total);
    if (total)
        score_fail(s, "%s: %llu mismatches with the oracle", k->name, (unsigned long long)total);
    system_free(sys);
}

void conformance_smmuv3_systems(const struct json_object *v, const struct smmuv3_regs *regs,
                                const struct xl_req *req, struct score *s, conformance_check check)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        run_on(&kinds[i], v, regs, req, s, check);
}
