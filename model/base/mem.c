/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

enum { PAGE_LOG2 = 12, PAGE_WORDS = 512, CHUNK_PAGES = 64, REGIONS_MAX = 64 };

struct page { uint64_t word[PAGE_WORDS]; };

/* A frame that has a page; frame and pointer side by side, so that a read touches the slot and the word. */
struct slot { uint64_t frame; struct page *page; };

/* The old values of one word. */
struct word_history {
    uint64_t pa;
    uint64_t since;            /* epoch of the current value                          */
    unsigned n, room;
    struct mem_version *old;   /* [room], n of them, youngest first                   */
    struct word_history *prev, *next;       /* in the order in which words changed    */
};

struct mem {
    struct slot *slot;         /* open addressing by frame, a power of two */
    uint64_t slots, pages;
    unsigned shift;            /* 64 - log2(slots) */
    struct page **chunk;       /* arena: chunks of CHUNK_PAGES pages */
    size_t chunks;

    bool versions;
    uint64_t epoch, stamp;
    struct word_history **hist;
    uint64_t hist_slots, hist_n;
    struct word_history changed;            /* ends of the list: next changed longest ago  */
    uint64_t forgotten;        /* what was overwritten before this epoch is not shown      */

    struct { uint64_t first, last; } region[REGIONS_MAX];
    unsigned regions;
};

struct mem *mem_new(void)
{
    struct mem *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->slots = 256;
    m->shift = 56;
    m->slot = calloc(m->slots, sizeof *m->slot);
    m->hist_slots = 256;
    m->changed.next = m->changed.prev = &m->changed;
    m->hist = calloc(m->hist_slots, sizeof *m->hist);
    if (!m->slot || !m->hist) {
        mem_free(m);
        return NULL;
    }
    return m;
}

void mem_free(struct mem *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->chunks; i++)
        free(m->chunk[i]);
    for (uint64_t i = 0; m->hist && i < m->hist_slots; i++)
        if (m->hist[i]) {
            free(m->hist[i]->old);
            free(m->hist[i]);
        }
    free(m->chunk);
    free(m->hist);
    free(m->slot);
    free(m);
}

static inline uint64_t slot_of(unsigned shift, uint64_t frame)
{
    return (frame * 0x9e3779b97f4a7c15ull) >> shift;
}

static inline struct page *page_find(const struct mem *m, uint64_t frame)
{
    for (uint64_t i = slot_of(m->shift, frame);; i++) {
        const struct slot *s = &m->slot[i & (m->slots - 1)];

        if (s->frame == frame || !s->page)
            return s->page;
    }
}

static void slot_put(struct mem *m, uint64_t frame, struct page *p)
{
    uint64_t i = slot_of(m->shift, frame);

    while (m->slot[i & (m->slots - 1)].page)
        i++;
    m->slot[i & (m->slots - 1)] = (struct slot){ frame, p };
}

static int slots_grow(struct mem *m)
{
    struct slot *old = m->slot;
    uint64_t n = m->slots;

    m->slot = calloc(n * 2, sizeof *m->slot);
    if (!m->slot) {
        m->slot = old;
        return SIM_EENV;
    }
    m->slots = n * 2;
    m->shift--;
    for (uint64_t i = 0; i < n; i++)
        if (old[i].page)
            slot_put(m, old[i].frame, old[i].page);
    free(old);
    return 0;
}

static struct page *page_new(struct mem *m, uint64_t frame)
{
    unsigned at = m->pages % CHUNK_PAGES;
    struct page *p;

    if (m->pages * 2 >= m->slots && slots_grow(m))
        return NULL;
    if (at == 0) {
        struct page **c = realloc(m->chunk, (m->chunks + 1) * sizeof *c);

        if (!c)
            return NULL;
        m->chunk = c;
        c[m->chunks] = calloc(CHUNK_PAGES, sizeof **c);
        if (!c[m->chunks])
            return NULL;
        m->chunks++;
    }
    p = &m->chunk[m->chunks - 1][at];
    m->pages++;
    slot_put(m, frame, p);
    return p;
}

uint64_t mem_read64(const struct mem *m, uint64_t pa)
{
    const struct page *p = page_find(m, pa >> PAGE_LOG2);

    return p ? p->word[(pa >> 3) & (PAGE_WORDS - 1)] : 0;
}

static struct word_history *history(const struct mem *m, uint64_t pa)
{
    for (uint64_t i = bits_mix(pa);; i++) {
        struct word_history *h = m->hist[i & (m->hist_slots - 1)];

        if (!h || h->pa == pa)
            return h;
    }
}

static int history_grow(struct mem *m)
{
    uint64_t n = m->hist_slots * 2;
    struct word_history **to = calloc(n, sizeof *to);

    if (!to)
        return SIM_EENV;
    for (uint64_t i = 0; i < m->hist_slots; i++) {
        struct word_history *h = m->hist[i];
        uint64_t j = h ? bits_mix(h->pa) : 0;

        if (!h)
            continue;
        while (to[j & (n - 1)])
            j++;
        to[j & (n - 1)] = h;
    }
    free(m->hist);
    m->hist = to;
    m->hist_slots = n;
    return 0;
}

static struct word_history *history_new(struct mem *m, uint64_t pa)
{
    uint64_t i = bits_mix(pa);
    struct word_history *h;

    if (m->hist_n * 2 >= m->hist_slots && history_grow(m))
        return NULL;
    h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->pa = pa;
    h->next = h->prev = h;
    while (m->hist[i & (m->hist_slots - 1)])
        i++;
    m->hist[i & (m->hist_slots - 1)] = h;
    m->hist_n++;
    return h;
}

/* Takes h out of the table; those that stand behind it for want of its slot move up. */
static void history_free(struct mem *m, struct word_history *h)
{
    uint64_t mask = m->hist_slots - 1, hole = bits_mix(h->pa);

    while (m->hist[hole & mask] != h)
        hole++;
    for (uint64_t i = hole + 1; m->hist[i & mask]; i++)
        if (((i - bits_mix(m->hist[i & mask]->pa)) & mask) >= i - hole) {
            m->hist[hole & mask] = m->hist[i & mask];
            hole = i;
        }
    m->hist[hole & mask] = NULL;
    m->hist_n--;
    h->prev->next = h->next;
    h->next->prev = h->prev;
    free(h->old);
    free(h);
}

static void move_to_end(struct mem *m, struct word_history *h)
{
    h->prev->next = h->next;
    h->next->prev = h->prev;
    h->next = &m->changed;
    h->prev = m->changed.prev;
    h->prev->next = h->next->prev = h;
}

/* How many of the old values are not forgotten. */
static unsigned remembered(const struct mem *m, const struct word_history *h)
{
    unsigned n = h->n;

    while (n && h->old[n - 1].until < m->forgotten)
        n--;
    return n;
}

/* Room for one more, at the cost of the oldest. */
static int make_room(struct mem *m, struct word_history *h)
{
    h->n = remembered(m, h);
    if (h->n == MEM_VERSIONS)
        h->n--;
    if (h->n == h->room) {
        unsigned room = h->room ? 2 * h->room : 2;
        struct mem_version *old = realloc(h->old, room * sizeof *old);

        if (!old)
            return SIM_EENV;
        h->old = old;
        h->room = room;
    }
    return 0;
}

/* Remembers that `pa` had `old` until now. */
static int history_add(struct mem *m, uint64_t pa, uint64_t old)
{
    struct word_history *h = history(m, pa);

    if (!h)
        h = history_new(m, pa);
    else if (h->since == m->epoch)
        return 0;              /* nobody can have seen the value that is overwritten */
    if (!h || make_room(m, h))
        return SIM_EENV;
    move_to_end(m, h);
    memmove(h->old + 1, h->old, h->n * sizeof h->old[0]);
    h->old[0] = (struct mem_version){ .value = old, .until = m->epoch, .stamp = m->stamp };
    h->n++;
    h->since = m->epoch;
    return 0;
}

int mem_write64(struct mem *m, uint64_t pa, uint64_t value)
{
    struct page *p;
    uint64_t *w;

    pa &= ~7ull;
    p = page_find(m, pa >> PAGE_LOG2);
    if (!p) {
        if (value == 0)
            return 0;
        p = page_new(m, pa >> PAGE_LOG2);
        if (!p)
            return SIM_EENV;
    }
    w = &p->word[(pa >> 3) & (PAGE_WORDS - 1)];
    if (m->versions && *w != value && history_add(m, pa, *w))
        return SIM_EENV;
    *w = value;
    return 0;
}

/* Does any of the n words lie in a region that aborts? */
static bool aborts(const struct mem *m, uint64_t pa, unsigned n)
{
    uint64_t first = pa & ~7ull, last = first + (8ull * n - 1);

    if (last < first)
        last = UINT64_MAX;
    for (unsigned r = 0; r < m->regions && n; r++)
        if (first <= m->region[r].last && last >= m->region[r].first)
            return true;
    return false;
}

bool mem_read(const struct mem *m, uint64_t pa, unsigned n, uint64_t *out)
{
    if (m->regions && aborts(m, pa, n)) {
        memset(out, 0, n * sizeof *out);
        return false;
    }
    for (unsigned i = 0; i < n; i++)
        out[i] = mem_read64(m, pa + 8ull * i);
    return true;
}

int mem_abort_region(struct mem *m, uint64_t first, uint64_t last)
{
    if (m->regions == REGIONS_MAX)
        return SIM_EENV;
    m->region[m->regions].first = first;
    m->region[m->regions++].last = last;
    return 0;
}

void mem_versions(struct mem *m, bool on)
{
    m->versions = on;
}

uint64_t mem_epoch(const struct mem *m)
{
    return m->epoch;
}

void mem_tick(struct mem *m)
{
    m->epoch++;
}

void mem_stamp(struct mem *m, uint64_t stamp)
{
    m->stamp = stamp;
}

const struct mem_version *mem_history(const struct mem *m, uint64_t pa, unsigned *n)
{
    const struct word_history *h = history(m, pa & ~7ull);

    *n = h ? remembered(m, h) : 0;
    return *n ? h->old : NULL;
}

uint64_t mem_read64_at(const struct mem *m, uint64_t pa, uint64_t e)
{
    unsigned n;
    const struct mem_version *v = mem_history(m, pa, &n);
    uint64_t value = mem_read64(m, pa);

    for (unsigned i = 0; i < n && v[i].until > e; i++)
        value = v[i].value;
    return value;
}

/* Words that have not changed since are let go; what is old of the others is not shown from here
 * on. A word that changed in this very epoch stays, so that its next write still belongs to that
 * change. */
void mem_forget(struct mem *m, uint64_t e)
{
    struct word_history *h = m->changed.next, *next;

    if (e > m->forgotten)
        m->forgotten = e;
    for (; h != &m->changed && h->since < e && h->since < m->epoch; h = next) {
        next = h->next;
        history_free(m, h);
    }
}

uint64_t mem_pages(const struct mem *m)
{
    return m->pages;
}
