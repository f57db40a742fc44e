/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a record, one by one: a control byte says which prediction, whether the difference is in
 * units of 4 KiB, and how many bytes of difference follow in the data column.
 */
#include "traces/format.h"

#include <stdlib.h>

#include "base/bits.h"

enum { CODE_WIDTH = 0x0f, CODE_PREDICTION_LO = 4, CODE_PREDICTION_HI = 6, CODE_PAGES = 0x80 };

enum prediction {
    P_STEP,                               /* as far from the last one as that from the one before it */
    P_LAST,
    P_ZERO,
    P_PAGE,                               /* what the accessed page was answered, at this offset      */
    P_PAGE_BITS,                          /* the same, as it was                                     */
    P_LEAF,                               /* the page last put into a table, at the access's offset   */
    P_LEAF_BITS,                          /* the same, its first byte                                */
    P_RANGE,                              /* the address last mapped or unmapped                      */
    PREDICTIONS
};

bool words_start(struct words *w, size_t contexts)
{
    if (contexts > w->cap) {
        struct words_last *p = realloc(w->ctx, contexts * sizeof *p);

        if (!p)
            return false;
        w->ctx = p;
        w->cap = contexts;
    }
    if (contexts)
        memset(w->ctx, 0, contexts * sizeof *w->ctx);
    memset(w->page, 0, sizeof w->page);
    w->access = w->range = w->leaf = 0;
    w->stream = 0;
    return true;
}

void words_free(struct words *w)
{
    free(w->ctx);
    w->ctx = NULL;
    w->cap = 0;
}

/* Where the answer to the accessed page is remembered. */
static size_t slot(const struct words *w)
{
    return bits_mix((w->access >> 12) + ((uint64_t)w->stream << 40)) % WORDS_PAGES;
}

static inline uint64_t predict(const struct words *w, const struct words_last *l, unsigned j,
                               unsigned prediction)
{
    uint64_t offset = w->access & 0xfff;

    switch (prediction) {
    case P_STEP:
        return l->last[j] + l->step[j];
    case P_LAST:
        return l->last[j];
    case P_PAGE:
        return (w->page[slot(w)] & ~0xfffull) | offset;
    case P_PAGE_BITS:
        return w->page[slot(w)];
    case P_LEAF:
        return w->leaf | offset;
    case P_LEAF_BITS:
        return w->leaf;
    case P_RANGE:
        return w->range;
    default:
        return 0;
    }
}

/* What both sides learn from a word. */
static inline void learn(struct words *w, struct words_last *l, const struct rec *r, unsigned j,
                         uint64_t v)
{
    l->step[j] = v - l->last[j];
    l->last[j] = v;
    if (r->kind == REC_EXPECT && j == 1)
        w->page[slot(w)] = v;
    if ((r->kind == REC_TABLE && v) || (r->kind == REC_MAP && j == 0))
        w->leaf = v & bits_mask(47, 12);
}

static unsigned code_of(unsigned prediction, uint64_t difference)
{
    unsigned code = prediction << CODE_PREDICTION_LO;

    if (difference && !(difference & 0xfff))
        return code | CODE_PAGES | width_signed((uint64_t)((int64_t)difference >> 12));
    return code | width_signed(difference);
}

static unsigned prediction_of(unsigned code)
{
    return code >> CODE_PREDICTION_LO & 7;
}

/* The shortest code; among equals the one this word had last time, which compresses best. */
static unsigned best_code(const struct words *w, const struct words_last *l, unsigned j, uint64_t v)
{
    unsigned before = prediction_of(l->code[j]);
    unsigned best = code_of(before, v - predict(w, l, j, before));

    for (unsigned i = 0; i < PREDICTIONS; i++) {
        unsigned code = code_of(i, v - predict(w, l, j, i));

        if ((code & CODE_WIDTH) < (best & CODE_WIDTH))
            best = code;
    }
    return best;
}

void words_encode(struct words *w, unsigned ctx, const struct rec *r, const uint64_t *word,
                  struct bytes *control, struct bytes *data)
{
    struct words_last *l = &w->ctx[ctx];

    for (unsigned j = 0; j < r->words; j++) {
        unsigned code = best_code(w, l, j, word[j]);
        uint64_t difference = word[j] - predict(w, l, j, prediction_of(code));

        if (code & CODE_PAGES)
            difference = (uint64_t)((int64_t)difference >> 12);
        bytes_u8(control, code);
        bytes_put(data, &difference, code & CODE_WIDTH);
        l->code[j] = (uint8_t)code;
        learn(w, l, r, j, word[j]);
    }
}

bool words_decode(struct words *w, unsigned ctx, const struct rec *r, struct input *control,
                  struct input *data, uint64_t *word)
{
    struct words_last *l = &w->ctx[ctx];

    for (unsigned j = 0; j < r->words; j++) {
        unsigned code = input_u8(control), width = code & CODE_WIDTH;
        const uint8_t *bytes = input_take(data, width);
        uint64_t difference;

        if (control->bad || !bytes || width > 8)
            return false;
        difference = sign_extend(load64(bytes), width);
        if (code & CODE_PAGES)
            difference <<= 12;
        word[j] = predict(w, l, j, prediction_of(code)) + difference;
        learn(w, l, r, j, word[j]);
    }
    return true;
}
