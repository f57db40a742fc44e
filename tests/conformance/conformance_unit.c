/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conformance/conformance_unit.h"

#include <stdio.h>

#include "base/sim.h"
#include "system/timed.h"

struct system *conformance_unit(enum system_arch arch, const struct unit_kind *k)
{
    struct system_config *c = system_config_new(arch);
    struct param_set *params = system_config_params(c);
    struct system *sys;
    struct diag d;
    int err = 0;

    diag_init(&d);
    for (const struct setting *set = k->set; set->path && !err; set++)
        err = param_set_text(params, set->path, set->text, &d, NULL, 0, 0);
    system_config_timed(c, k->timed);
    sys = err ? NULL : system_new(c, 1, &d);
    if (sys)
        system_check(sys);
    diag_print(&d, stderr);
    diag_destroy(&d);
    system_config_free(c);
    return sys;
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

void conformance_on_unit(enum system_arch arch, const struct unit_kind *k, const struct unit_run *run,
                         const struct json_object *v, const void *regs, const struct xl_req *req, struct score *s)
{
    struct system *sys = conformance_unit(arch, k);
    uint64_t total;
    size_t n;

    if (!sys) {
        score_fail(s, "%s: no system", k->name);
        return;
    }
    run->start(sys, v, regs);
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
        run->check(s, name, req, &res, v);
    }
    run->check_memory(s, k->name, v, sys->mem);
    system_mismatches(sys, &n, &total);
    if (total)
        score_fail(s, "%s: %llu mismatches with the oracle", k->name, (unsigned long long)total);
    system_free(sys);
}
