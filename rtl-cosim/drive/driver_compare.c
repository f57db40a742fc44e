/* SPDX-License-Identifier: Apache-2.0
 *
 * One run held against another one's over the same records: answers, and what each request read.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "rtl-cosim/drive/driver.h"

/* ---- answers ------------------------------------------------------------------------------------- */

static bool same_answer(const struct cosim_rsp *a, const struct cosim_rsp *b)
{
    bool refused = a->outcome == COSIM_FAULT || a->outcome == COSIM_ABORT;

    return a->outcome == b->outcome && (refused ? a->code == b->code : a->addr == b->addr);
}

static void describe(const struct cosim_rsp *r, char *text, size_t n)
{
    static const char *const outcome[] = { "none", "ok", "bypass", "abort", "fault" };

    snprintf(text, n, "%s 0x%" PRIx64 " code %02x", outcome[r->outcome % 5u], r->addr, r->code);
}

static void compare_answers(const struct driver *found, const struct driver *model, struct verdicts *v)
{
    size_t n, m;
    const struct driver_answer *f = driver_answers(found, &n), *e = driver_answers(model, &m);

    for (size_t i = 0; i < n && i < m; i++) {
        struct verdict *at;

        if (!f[i].answered || !e[i].answered || f[i].raced || e[i].raced || same_answer(&f[i].rsp, &e[i].rsp))
            continue;
        at = verdict_add(v, VERDICT_ANSWER, (int64_t)i, f[i].done);
        at->record = f[i].record;
        at->code = e[i].rsp.code;
        describe(&e[i].rsp, at->expected, sizeof at->expected);
        describe(&f[i].rsp, at->found, sizeof at->found);
    }
}

/* ---- reads --------------------------------------------------------------------------------------- */

static int by_address(const void *a_, const void *b_)
{
    const struct driver_read *a = a_, *b = b_;

    if (a->request != b->request)
        return a->request < b->request ? -1 : 1;
    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    return (a->beats > b->beats) - (a->beats < b->beats);
}

/* A copy, sorted by request and then address, without what was not read for a request. */
static struct driver_read *sorted(const struct driver *d, size_t *n)
{
    size_t all, kept = 0;
    const struct driver_read *r = driver_reads(d, &all);
    struct driver_read *copy = malloc((all + 1) * sizeof *copy);

    for (size_t i = 0; copy && i < all; i++)
        if (!r[i].queue)
            copy[kept++] = r[i];
    if (copy)
        qsort(copy, kept, sizeof *copy, by_address);
    *n = kept;
    return copy;
}

static void read_differs(const struct driver_read *expected, const struct driver_read *found, struct verdicts *v)
{
    const struct driver_read *first = !expected || (found && by_address(found, expected) < 0) ? found : expected;
    struct verdict *at = verdict_add(v, VERDICT_READS, first ? (int64_t)first->request - 1 : NO_REQUEST, 0);

    if (expected)
        snprintf(at->expected, sizeof at->expected, "%" PRIu32 " words at 0x%" PRIx64 " for request %" PRId64,
                 expected->beats, expected->addr, (int64_t)expected->request - 1);
    else
        snprintf(at->expected, sizeof at->expected, "no more reads");
    if (found)
        snprintf(at->found, sizeof at->found, "%" PRIu32 " words at 0x%" PRIx64 " for request %" PRId64, found->beats,
                 found->addr, (int64_t)found->request - 1);
    else
        snprintf(at->found, sizeof at->found, "no more reads");
}

/* The first difference alone: what comes after it may follow from it. */
static void compare_reads(const struct driver *found, const struct driver *model, struct verdicts *v)
{
    size_t n, m, i = 0;
    struct driver_read *f = sorted(found, &n), *e = sorted(model, &m);

    while (f && e && i < n && i < m && !by_address(&f[i], &e[i]))
        i++;
    if (f && e && (i < n || i < m))
        read_differs(i < m ? &e[i] : NULL, i < n ? &f[i] : NULL, v);
    free(f);
    free(e);
}

void driver_compare(const struct driver *found, const struct driver *model, bool reads, struct verdicts *v)
{
    compare_answers(found, model, v);
    if (reads)
        compare_reads(found, model, v);
}
