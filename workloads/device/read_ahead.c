/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/read_ahead.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"

struct read_ahead *read_ahead_new(read_ahead_next *next, void *from, uint64_t share, uint64_t bytes, uint64_t seed,
                                  uint64_t *made, uint64_t *used)
{
    struct read_ahead *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    a->next = next;
    a->from = from;
    a->share = share;
    a->bytes = bytes;
    a->made = made;
    a->used = used;
    rng_init(&a->rng, seed, "replay.speculative");
    return a;
}

void read_ahead_free(struct read_ahead *a)
{
    if (a)
        free(a->rec);
    free(a);
}

/* ---- of use? --------------------------------------------------------------------------------------- */

static struct read_ahead_page *page_of(struct read_ahead *a, const struct rec *r)
{
    uint64_t page = r->addr >> READ_AHEAD_PAGE_LOG2;

    return &a->page[bits_mix(page ^ (uint64_t)r->stream << 40) % READ_AHEAD_PAGES];
}

static bool is_page_of(const struct read_ahead_page *p, const struct rec *r)
{
    return p->stream == r->stream && p->page == r->addr >> READ_AHEAD_PAGE_LOG2;
}

static void note_access(struct read_ahead *a, const struct rec *r)
{
    struct read_ahead_page *p = page_of(a, r);

    if (!is_page_of(p, r))
        return;
    *a->used += p->waiting;
    p->waiting = 0;
}

static void note_ahead(struct read_ahead *a, const struct rec *r)
{
    struct read_ahead_page *p = page_of(a, r);

    ++*a->made;
    if (!is_page_of(p, r))
        *p = (struct read_ahead_page){ .page = r->addr >> READ_AHEAD_PAGE_LOG2, .stream = r->stream };
    p->waiting++;
}

/* ---- records --------------------------------------------------------------------------------------- */

static void emit_due(struct read_ahead *a, size_t *n)
{
    if (!a->is_due)
        return;
    a->is_due = false;
    note_ahead(a, &a->due);
    a->rec[(*n)++] = a->due;
}

/* Does its device go on reading? */
static void look_ahead(struct read_ahead *a, const struct rec *r)
{
    if (r->kind != REC_READ || rng_below(&a->rng, 100) >= a->share)
        return;
    a->due = *r;
    a->due.addr += a->bytes;
    a->due.flags |= REC_F_SPEC;
    a->is_due = true;
}

static bool is_own_access(const struct rec *r)
{
    return (r->kind == REC_READ || r->kind == REC_WRITE) && !(r->flags & REC_F_SPEC);
}

/* Each record at most makes for one more. */
static int make_room(struct read_ahead *a, size_t n)
{
    struct rec *more;

    if (2 * n + 1 <= a->room)
        return 0;
    more = realloc(a->rec, (2 * n + 1) * sizeof *more);
    if (!more)
        return SIM_EENV;
    a->rec = more;
    a->room = 2 * n + 1;
    return 0;
}

int read_ahead_records(struct read_ahead *a, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    const struct rec *in;
    size_t from = 0, to = 0;
    int err = a->next(a->from, &in, ext, &from);

    if (!err)
        err = make_room(a, from);
    if (err)
        return err;
    for (size_t i = 0; i < from; i++) {
        const struct rec *r = &in[i];

        if (r->kind != REC_EXPECT)
            emit_due(a, &to);
        a->rec[to++] = *r;
        if (!is_own_access(r))
            continue;
        note_access(a, r);
        look_ahead(a, r);
    }
    if (!from)
        emit_due(a, &to);
    *rec = a->rec;
    *n = to;
    return 0;
}
