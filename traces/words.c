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
    w->key = 0;
    return true;
}

void words_free(struct words *w)
{
    free(w->ctx);
    w->ctx = NULL;
    w->cap = 0;
}

void words_note(struct words *w, const struct rec *r)
{
    if (r->kind <= REC_TRANSLATED) {
        w->access = r->addr;
        w->key = (unsigned)(bits_mix((r->addr >> 12) + ((uint64_t)r->stream << 40)) % WORDS_PAGES);
    } else if (r->kind == REC_MAP || r->kind == REC_UNMAP) {
        w->range = r->addr;
    }
}

static void predict(const struct words *w, unsigned ctx, unsigned j, uint64_t p[PREDICTIONS])
{
    const struct words_last *l = &w->ctx[ctx];
    uint64_t offset = w->access & 0xfff, answer = w->page[w->key];

    p[P_STEP] = l->last[j] + l->step[j];
    p[P_LAST] = l->last[j];
    p[P_ZERO] = 0;
    p[P_PAGE] = (answer & ~0xfffull) | offset;
    p[P_PAGE_BITS] = answer;
    p[P_LEAF] = w->leaf | offset;
    p[P_LEAF_BITS] = w->leaf;
    p[P_RANGE] = w->range;
}

/* What both sides learn from a word. */
static void learn(struct words *w, unsigned ctx, const struct rec *r, unsigned j, uint64_t v)
{
    struct words_last *l = &w->ctx[ctx];

    l->step[j] = v - l->last[j];
    l->last[j] = v;
    if (r->kind == REC_EXPECT && j == 1)
        w->page[w->key] = v;
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

/* The shortest code; among equals the one this word had last time, which compresses best. */
static unsigned best_code(const uint64_t p[PREDICTIONS], uint64_t v, unsigned before)
{
    unsigned best = code_of(before >> CODE_PREDICTION_LO & 7,
                            v - p[before >> CODE_PREDICTION_LO & 7]);

    for (unsigned i = 0; i < PREDICTIONS; i++) {
        unsigned code = code_of(i, v - p[i]);

        if ((code & CODE_WIDTH) < (best & CODE_WIDTH))
            best = code;
    }
    return best;
}

void words_encode(struct words *w, unsigned ctx, const struct rec *r, const uint64_t *word,
                  struct bytes *control, struct bytes *data)
{
    uint64_t p[PREDICTIONS];

    for (unsigned j = 0; j < r->words; j++) {
        unsigned code;
        uint64_t difference;

        predict(w, ctx, j, p);
        code = best_code(p, word[j], w->ctx[ctx].code[j]);
        difference = word[j] - p[code >> CODE_PREDICTION_LO & 7];
        if (code & CODE_PAGES)
            difference = (uint64_t)((int64_t)difference >> 12);
        bytes_u8(control, code);
        bytes_put(data, &difference, code & CODE_WIDTH);
        w->ctx[ctx].code[j] = (uint8_t)code;
        learn(w, ctx, r, j, word[j]);
    }
}

bool words_decode(struct words *w, unsigned ctx, const struct rec *r, struct input *control,
                  struct input *data, uint64_t *word)
{
    uint64_t p[PREDICTIONS];

    for (unsigned j = 0; j < r->words; j++) {
        unsigned code = input_u8(control), width = code & CODE_WIDTH;
        const uint8_t *bytes = input_take(data, width);
        uint64_t difference;

        if (control->bad || !bytes || width > 8)
            return false;
        difference = sign_extend(load64(bytes), width);
        if (code & CODE_PAGES)
            difference <<= 12;
        predict(w, ctx, j, p);
        word[j] = p[code >> CODE_PREDICTION_LO & 7] + difference;
        learn(w, ctx, r, j, word[j]);
    }
    return true;
}
