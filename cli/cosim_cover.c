/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage in reports: sums by kind and by unit, and which bins were not met.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cosim.h"
#include "cli/json.h"

static double percent(uint64_t hit, uint64_t total) { return total ? 100.0 * (double)hit / (double)total : 0; }

/* ---- text ---------------------------------------------------------------------------------------- */

static int by_kind(const void *a, const void *b)
{
    return strcmp(((const struct coverage_sum *)a)->kind, ((const struct coverage_sum *)b)->kind);
}

/* Units together: as many rows as there are kinds. */
static size_t of_kinds(struct coverage_sum *sum, size_t n)
{
    size_t kinds = 0;

    if (n)
        qsort(sum, n, sizeof *sum, by_kind);
    for (size_t i = 0; i < n; i++)
        if (kinds && !by_kind(&sum[kinds - 1], &sum[i])) {
            sum[kinds - 1].hit += sum[i].hit;
            sum[kinds - 1].total += sum[i].total;
        } else {
            sum[kinds++] = sum[i];
        }
    return kinds;
}

void cosim_cover_print(const struct coverage *coverage, FILE *to)
{
    size_t n;
    struct coverage_sum *sum = coverage_sums(coverage, &n);

    n = of_kinds(sum, n);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s%-10s %s: %" PRIu64 " of %" PRIu64 ", %.1f %%\n", i ? "" : "\n", i ? "" : "coverage", sum[i].kind, sum[i].hit,
                sum[i].total, percent(sum[i].hit, sum[i].total));
    free(sum);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

struct json_object *cosim_cover_json(const struct coverage *coverage)
{
    struct json_object *list = json_object_new_array();
    size_t n;
    struct coverage_sum *sum = coverage_sums(coverage, &n);

    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_new_object();

        json_put_text(o, "unit", sum[i].unit);
        json_put_text(o, "kind", sum[i].kind);
        json_put(o, "hit", sum[i].hit);
        json_put(o, "total", sum[i].total);
        json_object_array_add(list, o);
    }
    free(sum);
    return list;
}
