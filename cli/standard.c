/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/standard.h"

#include <string.h>

#include "base/sim.h"

static const struct row {
    enum system_arch arch;
    const char *name, *path, *stat;
    int factor;
} rows[] = {
#define ROW(arch, name, path, stat, factor) { SYSTEM_##arch, name, path, stat, factor },
    CLI_STANDARD(ROW)
};

/* Is it the component at `path`, or of another TBU the one that is at `path` in the first: smmu.tbu3.tlb? */
static bool is_at(const char *comp, const char *path)
{
    static const char first[] = "smmu.tbu";
    size_t n = sizeof first - 1;

    if (strcmp(comp, path) == 0)
        return true;
    if (strncmp(path, first, n) != 0 || strncmp(comp, first, n) != 0)
        return false;
    return strcmp(comp + n + strspn(comp + n, "0123456789"), path + n) == 0;
}

static bool value_of(const struct counters *c, const char *path, const char *stat, uint64_t *value)
{
    bool found = false;

    *value = 0;
    for (size_t k = 0; k < c->n; k++) {
        const struct comp_kind *kind = c->comp[k].comp->kind;

        if (!is_at(c->comp[k].path, path) || !counters_there(c, k))
            continue;
        for (size_t i = 0; i < kind->stats; i++)
            if (strcmp(kind->stat[i].name, stat) == 0) {
                *value += counters_value(c, k, i);
                found = true;
            }
    }
    return found;
}

void cli_standard(enum system_arch arch, const struct counters *c,
                  void (*fn)(void *arg, const char *name, uint64_t value), void *arg)
{
    uint64_t sum = 0, v;
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].arch == arch && value_of(c, rows[i].path, rows[i].stat, &v)) {
            sum += rows[i].factor < 0 ? 0 - v : v;
            any = true;
        }
        if (i + 1 < ARRAY_LEN(rows) && strcmp(rows[i].name, rows[i + 1].name) == 0)
            continue;
        if (any)
            fn(arg, rows[i].name, sum);
        sum = 0;
        any = false;
    }
}

bool cli_walk_reads(enum system_arch arch, const struct counters *c, uint64_t *reads, uint64_t *misses)
{
    uint64_t hits, first;

    if (arch == SYSTEM_SMMUV3)
        return value_of(c, "smmu", "trans_table_walk_access", reads)
               && value_of(c, "smmu", "tlb_miss", misses);
    if (!value_of(c, "vtd", "table_reads", reads) || !value_of(c, "vtd", "first_reads", &first)
        || !value_of(c, "vtd.iotlb", "lookups", misses) || !value_of(c, "vtd.iotlb", "hits", &hits))
        return false;
    *reads += first;
    *misses -= hits;
    return true;
}
