/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/reuse.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

enum { FIRST_SLOTS_LOG2 = 12, FIRST_ROOM = 1 << 13 };

/* ---- marks ---------------------------------------------------------------------------------------- */

static uint32_t words(const struct reuse *r)
{
    return r->room / 64;
}

/* Changes the count of the word that holds time t. */
static void tree_add(struct reuse *r, uint32_t t, uint32_t by)
{
    for (uint32_t i = t / 64 + 1; i <= words(r); i += i & -i)
        r->tree[i] += by;
}

/* Marks at times 0 .. t. */
static uint32_t marks_upto(const struct reuse *r, uint32_t t)
{
    uint32_t n = (uint32_t)__builtin_popcountll(r->mark[t / 64] & bits_low(t % 64 + 1));

    for (uint32_t i = t / 64; i; i &= i - 1)
        n += r->tree[i];
    return n;
}

static void mark(struct reuse *r, uint32_t t)
{
    r->mark[t / 64] |= 1ull << (t % 64);
    tree_add(r, t, 1);
}

static void unmark(struct reuse *r, uint32_t t)
{
    r->mark[t / 64] &= ~(1ull << (t % 64));
    tree_add(r, t, (uint32_t)-1);
}

/* The marks 1 .. pages are set, and no other. */
static void marks_in_a_row(struct reuse *r)
{
    memset(r->mark, 0, words(r) * sizeof *r->mark);
    memset(r->tree, 0, (words(r) + 1) * sizeof *r->tree);
    for (uint64_t t = 1; t <= r->pages; t++)
        r->mark[t / 64] |= 1ull << (t % 64);
    for (uint32_t i = 1; i <= words(r); i++) {
        uint32_t up = i + (i & -i);

        r->tree[i] += (uint32_t)__builtin_popcountll(r->mark[i - 1]);
        if (up <= words(r))
            r->tree[up] += r->tree[i];
    }
}

static int make_room(struct reuse *r, uint32_t room)
{
    uint64_t *m = realloc(r->mark, room / 64 * sizeof *m);
    uint32_t *t = m ? realloc(r->tree, (room / 64 + 1) * sizeof *t) : NULL;

    if (m)
        r->mark = m;
    if (!t)
        return SIM_EENV;
    r->tree = t;
    r->room = room;
    return 0;
}

/* Moves the marks together, in their order; makes the vector longer if half of it would be full. */
static int compact(struct reuse *r)
{
    uint32_t room = r->room;

    for (size_t i = 0; i < (size_t)1 << r->slots_log2; i++)
        if (r->slot[i].when)
            r->slot[i].when = marks_upto(r, r->slot[i].when);
    while (room / 2 <= r->pages)
        room *= 2;
    if (room != r->room && make_room(r, room))
        return SIM_EENV;
    marks_in_a_row(r);
    r->now = (uint32_t)r->pages + 1;
    return 0;
}

/* ---- pages ---------------------------------------------------------------------------------------- */

static struct reuse_page *find(struct reuse *r, uint32_t stream, uint64_t page)
{
    uint64_t low = bits_low(r->slots_log2), i = bits_mix(page ^ (uint64_t)stream << 40) & low;

    while (r->slot[i].when && (r->slot[i].page != page || r->slot[i].stream != stream))
        i = (i + 1) & low;
    return &r->slot[i];
}

static int grow(struct reuse *r)
{
    struct reuse_page *old = r->slot;
    size_t n = (size_t)1 << r->slots_log2;
    struct reuse_page *more = calloc(2 * n, sizeof *more);

    if (!more)
        return SIM_EENV;
    r->slot = more;
    r->slots_log2++;
    for (size_t i = 0; i < n; i++)
        if (old[i].when)
            *find(r, old[i].stream, old[i].page) = old[i];
    free(old);
    return 0;
}

/* ---- face ----------------------------------------------------------------------------------------- */

int reuse_init(struct reuse *r)
{
    *r = (struct reuse){ .slots_log2 = FIRST_SLOTS_LOG2, .now = 1 };
    hist_init(&r->hist);
    r->slot = calloc((size_t)1 << FIRST_SLOTS_LOG2, sizeof *r->slot);
    if (!r->slot || make_room(r, FIRST_ROOM))
        return SIM_EENV;
    marks_in_a_row(r);
    return 0;
}

void reuse_destroy(struct reuse *r)
{
    free(r->slot);
    free(r->mark);
    free(r->tree);
    hist_destroy(&r->hist);
    *r = (struct reuse){ 0 };
}

int reuse_touch(struct reuse *r, uint32_t stream, uint64_t addr)
{
    struct reuse_page *p;

    if (r->now == r->room && compact(r))
        return SIM_EENV;
    if (r->pages * 10 >= (7ull << r->slots_log2) && grow(r))
        return SIM_EENV;
    p = find(r, stream, addr >> 12);
    if (p->when) {
        if (hist_add(&r->hist, r->pages - marks_upto(r, p->when), 1))
            return SIM_EENV;
        unmark(r, p->when);
    } else {
        *p = (struct reuse_page){ .page = addr >> 12, .stream = stream };
        r->pages++;
        r->cold++;
    }
    p->when = r->now++;
    mark(r, p->when);
    return 0;
}

void reuse_clear_counts(struct reuse *r)
{
    hist_destroy(&r->hist);
    hist_init(&r->hist);
    r->cold = 0;
}
