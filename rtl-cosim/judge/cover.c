/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/judge/cover.h"

#include <stdio.h>

#include "base/sim.h"

#define NAME(N, name) name,
#define NAMES(A) static const char *const names_##A[] = { COVER_##A(NAME) };
COVER_AXES(NAMES)

static const struct group {
    const char *name;
    unsigned first, width, end;        /* bins: first .. end - 1 */
    const char *const *a, *const *b;
} groups[] = {
#define GROUP(N, name, a, b) { name, COVER_AT_##N, COVER_WIDTH_##N, COVER_END_##N + 1, names_##a, names_##b },
    COVER_GROUPS(GROUP)
};

static const unsigned never[] = {
#define NEVER(group, a, b) COVER_BIN(group, COVER_##a, COVER_##b),
    COVER_NEVER(NEVER)
};

static const struct group *group_of(unsigned bin)
{
    const struct group *g = groups;

    while (bin >= g->end)
        g++;
    return g;
}

static bool can_be(unsigned bin)
{
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (never[i] == bin)
            return false;
    return true;
}

bool cover_name(unsigned bin, char buf[COVER_NAME])
{
    const struct group *g = group_of(bin);
    const char *a = g->a[(bin - g->first) / g->width], *b = g->b[(bin - g->first) % g->width];

    if (g == groups)
        snprintf(buf, COVER_NAME, "%s", a);
    else
        snprintf(buf, COVER_NAME, "%s/%s.%s", g->name, a, b);
    return can_be(bin);
}

const char *cover_group(unsigned bin) { return group_of(bin)->name; }

void cover_merge(struct cover *to, const struct cover *from)
{
    for (unsigned i = 0; i < COVER_BINS; i++)
        to->hits[i] += from->hits[i];
}

static struct cover_sum sum_of(const struct cover *c, unsigned first, unsigned end)
{
    struct cover_sum s = { 0, 0 };

    for (unsigned i = first; i < end; i++)
        if (can_be(i)) {
            s.total++;
            s.hit += c->hits[i] != 0;
        }
    return s;
}

struct cover_sum cover_sum(const struct cover *c) { return sum_of(c, 0, COVER_BINS); }

void cover_groups(const struct cover *c, void (*each)(void *arg, const char *group, struct cover_sum sum), void *arg)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        each(arg, groups[i].name, sum_of(c, groups[i].first, groups[i].end));
}
