/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/judge/scoreboard.h"

#include <stdlib.h>

#include "base/list.h"

#define NAME(N, name, help) name,
const char *const verdict_name[VERDICT_KINDS] = { VERDICTS(NAME) };

struct verdict *verdict_add(struct verdicts *v, enum verdict_kind kind, int64_t request, uint64_t cycle)
{
    struct verdict *list = v->n < VERDICTS_KEPT ? list_grow(v->at, v->n, &v->room, sizeof *list) : NULL;
    struct verdict *at = &v->spare;

    v->total++;
    v->of[kind]++;
    if (list) {
        v->at = list;
        at = &v->at[v->n++];
    }
    *at = (struct verdict){ .kind = (uint8_t)kind, .request = request, .cycle = cycle };
    return at;
}

void verdicts_destroy(struct verdicts *v)
{
    free(v->at);
    *v = (struct verdicts){ 0 };
}

bool verdict_same(const struct verdict *a, const struct verdict *b)
{
    return a->kind == b->kind && a->stage2 == b->stage2 && a->code == b->code;
}
