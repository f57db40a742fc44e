/* SPDX-License-Identifier: Apache-2.0 */
#include "system/system.h"

#include <stdlib.h>

#include "base/sim.h"
#include "system/judge.h"
#include "system/smmuv3/smmuv3.h"
#include "system/timed.h"
#include "system/vtd/vtd.h"

struct system_config {
    enum system_arch arch;
    bool timed;
    struct param_set set;
    struct smmuv3_system_params smmuv3;
    struct vtd_system_params vtd;
};

struct system_config *system_config_new(enum system_arch arch)
{
    struct system_config *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->arch = arch;
    if (arch == SYSTEM_SMMUV3)
        smmuv3_system_params(&c->smmuv3, &c->set);
    else
        vtd_system_params(&c->vtd, &c->set);
    return c;
}

void system_config_free(struct system_config *c)
{
    free(c);
}

enum system_arch system_config_arch(const struct system_config *c)
{
    return c->arch;
}

struct param_set *system_config_params(struct system_config *c)
{
    return &c->set;
}

void system_config_timed(struct system_config *c, bool timed)
{
    c->timed = timed;
}

struct system *system_new(const struct system_config *c, uint64_t seed, struct diag *d)
{
    struct system *s = c->arch == SYSTEM_SMMUV3 ? smmuv3_system_new(&c->smmuv3, seed, d)
                                                : vtd_system_new(&c->vtd, seed, d);

    if (!s)
        return NULL;
    s->mem = mem_new();
    if (!s->mem) {
        diag_env(d, NULL, "no memory");
        s->ops->destroy(s);
        return NULL;
    }
    if (c->timed && s->ops->start_timed(s, seed)) {
        diag_env(d, NULL, "no memory for the timed components");
        system_free(s);
        return NULL;
    }
    return s;
}

void system_free(struct system *s)
{
    struct mem *mem;

    if (!s)
        return;
    mem = s->mem;
    judge_free(s->judge);
    timed_free(s->timed);
    s->ops->destroy(s);
    mem_free(mem);
}

int system_check(struct system *s)
{
    s->judge = judge_new(s);
    return s->judge ? 0 : SIM_EENV;
}

const struct system_stale *system_stale(const struct system *s, size_t *n, uint64_t *total)
{
    *n = 0;
    *total = 0;
    return s->judge ? judge_stale(s->judge, n, total) : NULL;
}

const struct system_mismatch *system_mismatches(const struct system *s, size_t *n, uint64_t *total)
{
    *n = 0;
    *total = 0;
    return s->judge ? judge_mismatches(s->judge, n, total) : NULL;
}

void system_tick(struct system *s)
{
    if (!s->judge)
        return;
    mem_tick(s->mem);
    mem_stamp(s->mem, s->now_ps);
}

void system_translate_judged(struct system *s, const struct xl_req *req, struct xl_result *res,
                             struct system_trail *trail)
{
    system_tick(s);
    s->ops->translate(s, req, res, trail);
    judge_request(s->judge, s, req, res, mem_epoch(s->mem));
}

bool system_judge(struct system *s, const struct xl_req *req, const struct xl_result *res,
                  uint64_t request, uint64_t since)
{
    s->request = request;
    return s->judge && judge_request(s->judge, s, req, res, since);
}

int system_command(struct system *s, const uint64_t *words, unsigned n)
{
    return s->timed ? timed_command(s->timed, words, n) : system_command_now(s, words, n);
}

int system_command_now(struct system *s, const uint64_t *words, unsigned n)
{
    struct oracle_inval inv;

    system_tick(s);
    if (s->judge && s->ops->inval(s, words, n, &inv))
        judge_inval(s->judge, s, &inv);
    return s->ops->command(s, words, n);
}

void system_broadcast(struct system *s, const uint64_t *words, unsigned n)
{
    system_tick(s);
    if (s->ops->broadcast)
        s->ops->broadcast(s, words, n);
}

int system_reg_write(struct system *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    int err;

    system_tick(s);
    err = s->ops->reg_write(s, offset, value, bytes);
    if (s->timed)
        timed_register(s->timed);
    return err;
}

uint64_t system_reg_read(struct system *s, uint32_t offset, unsigned bytes)
{
    return s->ops->reg_read ? s->ops->reg_read(s, offset, bytes) : 0;
}

int system_capability(struct system *s, uint32_t offset, uint64_t value)
{
    return s->ops->capability(s, offset, value);
}

int system_table_write(struct system *s, uint64_t pa, const uint64_t *words, unsigned n)
{
    if (s->judge)
        mem_stamp(s->mem, s->now_ps);
    for (unsigned i = 0; i < n; i++) {
        int err = mem_write64(s->mem, pa + 8ull * i, words[i]);

        if (err)
            return err;
    }
    if (s->watch && s->watch->wrote)
        s->watch->wrote(s->watch->arg, pa, words, n);
    return 0;
}

void system_reset(struct system *s)
{
    s->ops->reset(s);
    if (s->timed)
        timed_register(s->timed);
    if (s->judge)
        judge_reset(s->judge);
}
