/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/store.h"

#include <stdlib.h>
#include <string.h>

#include "hw/store_impl.h"

STORE_INLINE uint64_t last_of(const struct store_entry *e)
{
    return e->base + ((1ull << e->size_log2) - 1);
}

static bool frame_matches(const struct store_match *k, const struct store_entry *e)
{
    return (e->base >> 12 & k->frame_mask) == k->frame_value ||
           (e->base <= k->first && k->first <= last_of(e));
}

static bool matches(const struct store_match *k, const struct store_entry *e)
{
    bool tag = k->n_tag == 0;

    if (k->frame_mask && !frame_matches(k, e))
        return false;
    if ((e->ctx & k->ctx_mask) != k->ctx_value)
        return false;
    for (unsigned i = 0; i < k->n_tag; i++)
        tag |= (e->tag & k->tag[i].mask) == k->tag[i].value;
    return tag;
}

/* Addresses outside which no block matches. */
struct span { uint64_t first, last; };

/* The address comes first, and inline: it is what most entries fail. */
STORE_INLINE uint64_t drop_if(struct store_impl *m, const struct store_match *k, struct span span,
                              struct store_at at)
{
    if (!at.e || at.e->base > span.last || last_of(at.e) < span.first || !matches(k, at.e))
        return 0;
    store_drop(m, at);
    return 1;
}

static uint64_t scan_set(struct store_impl *m, const struct store_match *k, struct span span,
                         uint64_t set)
{
    uint64_t n = 0;

    for (size_t w = 0; w < m->words; w++)
        for (uint64_t b = busy_ways(m, set, w); b; b &= b - 1)
            n += drop_if(m, k, span, place_at(m, set, w * 64 + (unsigned)__builtin_ctzll(b)));
    return n;
}

static uint64_t scan_all(struct store_impl *m, const struct store_match *k, struct span span)
{
    uint64_t n = 0;

    for (uint64_t set = 0; set < m->sets && m->valid; set++)
        n += scan_set(m, k, span, set);
    return n;
}

static struct span span_of(const struct store_match *k)
{
    uint64_t low = ~k->frame_mask & bits_low(52);      /* of the frame: what is not compared */
    struct span f = { k->frame_value << 12, (k->frame_value | low) << 12 | 0xfff };

    if (!k->frame_mask && k->by_addr)
        return (struct span){ k->first, k->last };
    if (!k->frame_mask || low & (low + 1) || k->frame_value & low || k->frame_value >> 52)
        return (struct span){ 0, ~0ull };
    if (k->first < f.first)
        f.first = k->first;
    if (k->first > f.last)
        f.last = k->first;
    return f;
}

/* The blocks of all sizes present that the span touches; `limit` if there are as many or more. */
static uint64_t blocks_touched(const struct store_impl *m, struct span span, uint64_t limit)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < m->sizes && n < limit; i++) {
        uint64_t more = (span.last >> m->size[i]) - (span.first >> m->size[i]);

        n = more < limit ? n + more + 1 : limit;
    }
    return n < limit ? n : limit;
}

/* Probes each block that the span touches, of each size that was present at the start: the entry of
 * that key if the context is given, else the whole set that the block would be in. */
static uint64_t probe(struct store_impl *m, const struct store_match *k, struct span span)
{
    uint8_t size[SIZES];
    unsigned sizes = m->sizes;
    bool exact = k->ctx_mask == ~0ull;
    uint64_t n = 0;

    memcpy(size, m->size, sizes);
    for (unsigned i = 0; i < sizes; i++)
        for (uint64_t b = span.first >> size[i];; b++) {
            struct store_key key = key_of(m, k->ctx_value, b << size[i], size[i]);

            n += exact ? drop_if(m, k, span, find_key(m, m->layout, &key))
                       : scan_set(m, k, span, key.set);
            if (b == span.last >> size[i])
                break;
        }
    return n;
}

/* ---- what came since ------------------------------------------------------------------------- */

struct store_log {
    const uint64_t *clock;
    uint64_t n;                            /* so far */
    struct { uint64_t at; struct store_match m; } last[STORE_LOG];
};

int store_keep_log(struct store *s, const uint64_t *clock)
{
    if (!s->impl || s->log)
        return 0;
    s->log = calloc(1, sizeof *s->log);
    if (!s->log)
        return SIM_EENV;
    s->log->clock = clock;
    return 0;
}

void store_log_match(struct store_log *log, const struct store_match *k)
{
    if (!log)
        return;
    log->last[log->n % STORE_LOG].at = *log->clock;
    log->last[log->n++ % STORE_LOG].m = *k;
}

bool store_covered(const struct store *s, uint64_t since, uint64_t ctx, uint64_t base,
                   unsigned size_log2, uint64_t tag)
{
    const struct store_entry e = { .ctx = ctx, .base = bits_align_down(base, size_log2), .tag = tag,
                                   .size_log2 = (uint8_t)size_log2 };
    const struct store_log *log = s->log;

    if (!log)
        return false;
    for (uint64_t i = log->n; i > 0 && log->last[(i - 1) % STORE_LOG].at > since; i--) {
        const struct store_match *k = &log->last[(i - 1) % STORE_LOG].m;
        struct span span = span_of(k);

        if (log->n - i == STORE_LOG)
            return true;
        if (e.base <= span.last && last_of(&e) >= span.first && matches(k, &e))
            return true;
    }
    return false;
}

uint64_t store_invalidate(struct store *s, const struct store_match *k)
{
    struct store_impl *m = s->impl;
    struct span span = span_of(k);
    uint64_t limit, n;

    if (!m)
        return 0;
    store_log_match(s->log, k);
    /* A scan looks at every entry; finding a key costs about as much as looking at four. */
    limit = k->ctx_mask == ~0ull ? m->valid / 4 : m->hashed ? 0 : m->sets;
    if (span.first <= span.last && blocks_touched(m, span, limit) < limit)
        n = probe(m, k, span);
    else
        n = scan_all(m, k, span);
    s->st.invalidations++;
    s->st.invalidated += n;
    return n;
}
