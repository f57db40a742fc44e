/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_unit.h - one transaction of a vector on a whole unit of either architecture, functional or in time, cold
 * and then warm, with the oracle looking on.
 */
#ifndef TESTS_CONFORMANCE_UNIT_H
#define TESTS_CONFORMANCE_UNIT_H
#include "arch/xlate.h"
#include "system/system.h"
#include "tests/conformance/conformance.h"

struct setting { const char *path, *text; };
enum { SETTINGS = 40 };

struct unit_kind {
    const char *name;
    bool timed;
    struct setting set[SETTINGS];
};

/* Compares a result with what the vector expects; `who` names the model that gave it. */
typedef void conformance_check(struct score *s, const char *who, const struct xl_req *req,
                               const struct xl_result *res, const struct json_object *v);

struct unit_run {
    /* Memory and registers as the vector has them. */
    void (*start)(struct system *sys, const struct json_object *v, const void *regs);
    conformance_check *check;
    /* Memory is as the vector had it, but for what hardware updated. */
    void (*check_memory)(struct score *s, const char *who, const struct json_object *v, struct mem *mem);
};

/* Watched by the oracle; NULL, and a word on stderr, if it cannot be had. */
struct system *conformance_unit(enum system_arch arch, const struct unit_kind *k);
void conformance_on_unit(enum system_arch arch, const struct unit_kind *k, const struct unit_run *run,
                         const struct json_object *v, const void *regs, const struct xl_req *req, struct score *s);

#endif
