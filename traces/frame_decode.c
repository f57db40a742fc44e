/* SPDX-License-Identifier: Apache-2.0
 *
 * A payload into records: its tables and columns are read and checked here, frame_kernels.c makes the
 * records.  Everything that a column could say wrongly is checked once per frame or once per chunk: reads
 * behind a column hit the slack behind the payload, and the chunk is refused afterwards.
 */
#include "traces/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"

enum { FLAGS_KNOWN = REC_F_PASID | REC_F_PRIV | REC_F_EXEC | REC_F_NODIR | REC_F_RECON | REC_F_NOW |
                     REC_F_SPEC };

bool frame_fail(struct frame_decoder *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(d->why, sizeof d->why, fmt, ap);
    va_end(ap);
    return false;
}

void frame_decoder_free(struct frame_decoder *d)
{
    free(d->context);
    free(d->space);
    free(d->base);
    words_free(&d->words);
    d->context = NULL;
    d->space = NULL;
    d->base = NULL;
}

/* ---- head ------------------------------------------------------------------------------------------- */

bool frame_read_head(struct frame_decoder *d, struct input *in)
{
    struct frame_head *h = &d->head;
    uint64_t sum = 0;

    *h = (struct frame_head){ 0 };
    h->records = (uint32_t)input_limited(in, TRACE_FRAME_RECORDS);
    h->number = input_varint(in);
    h->first_time = input_varint(in);
    h->span = input_varint(in);
    h->kinds = (uint32_t)input_limited(in, (1u << REC_KIND_COUNT) - 1);
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (h->kinds >> k & 1) {
            h->by_kind[k] = (uint32_t)input_limited(in, h->records);
            sum += h->by_kind[k];
        }
    if (in->bad)
        return frame_fail(d, "the frame's head is malformed");
    if (sum != h->records)
        return frame_fail(d, "its kinds count %llu records, its head %u", (unsigned long long)sum,
                          h->records);
    if (h->first_time + h->span < h->first_time)
        return frame_fail(d, "its times go beyond 64 bits");
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------- */

static bool read_params(struct frame_decoder *d, struct input *in)
{
    struct frame_params *p = &d->par;
    unsigned most = 0;

    p->step = input_varint(in);
    for (unsigned i = 0; i < FRAME_WIDTHS; i++) {
        p->time_width[i] = input_u8(in);
        most = p->time_width[i] > most ? p->time_width[i] : most;
    }
    for (unsigned i = 0; i < 2 * ADDR_CLASSES; i++) {
        uint8_t *width = &p->addr_width[i / ADDR_CLASSES][i % ADDR_CLASSES];

        *width = i % ADDR_CLASSES == ADDR_EXACT ? 0 : input_u8(in);
        most = *width > most ? *width : most;
    }
    p->len_width = input_u8(in);
    d->fixed_ctrl = input_limited(in, 1) == 1;
    d->ctrl_value = input_u8(in);
    if (in->bad || most > 8 || p->len_width > 4)
        return frame_fail(d, "the frame's parameters are malformed");
    for (unsigned i = 0; i < FRAME_WIDTHS; i++)
        if (p->time_width[i] == 8 && p->step)
            return frame_fail(d, "a time step stands beside 8-byte times");
    return true;
}

static bool table_sizes(struct frame_decoder *d, struct input *in)
{
    d->spaces = (uint32_t)input_limited(in, d->head.records);
    d->contexts = (uint32_t)input_limited(in, d->head.records);
    if (in->bad || !d->spaces || !d->contexts)
        return frame_fail(d, "the number of contexts is malformed");
    if (d->contexts > d->context_cap) {
        free(d->context);
        d->context_cap = 0;
        d->context = malloc(d->contexts * sizeof *d->context);
        if (!d->context)
            return frame_fail(d, "out of memory");
        d->context_cap = d->contexts;
    }
    if (d->spaces > d->space_cap) {
        free(d->space);
        free(d->base);
        d->space_cap = 0;
        d->space = aligned_alloc(64, d->spaces * sizeof *d->space);
        d->base = malloc(d->spaces * sizeof *d->base);
        if (!d->space || !d->base)
            return frame_fail(d, "out of memory");
        d->space_cap = d->spaces;
    }
    return true;
}

static bool read_spaces(struct frame_decoder *d, struct input *in)
{
    uint64_t first = 0;
    unsigned shift = 0;

    for (uint32_t i = 0; i < d->spaces; i++)
        d->base[i].base = first += input_zigzag(in);
    for (uint32_t i = 0; i < d->spaces; i++) {
        struct frame_cursor start = { d->base[i].base, input_zigzag(in) };

        for (unsigned k = 0; k < FRAME_CURSORS; k++)
            d->space[i].cursor[k] = start;
    }
    for (uint32_t i = 0; i < d->spaces; i++)
        d->base[i].base += input_zigzag(in);
    for (uint32_t i = 0; i < d->spaces; i++)
        shift |= d->base[i].shift = input_u8(in);
    if (in->bad || shift > 63)
        return frame_fail(d, "the table of address spaces is malformed");
    return true;
}

static bool read_context_words(struct frame_decoder *d, struct input *in)
{
    struct frame_context *c = d->context;
    uint64_t value = 0;

    for (uint32_t i = 0; i < d->contexts; i++)
        c[i].len = (uint32_t)input_limited(in, 0xffffffffu);
    for (uint32_t i = 0; i < d->contexts; i++) {
        value += input_zigzag(in);
        if (in->bad || value >= d->spaces)
            return frame_fail(d, "context %u has no address space", i);
        c[i].space = (uint32_t)value;
        c[i].base = d->base[value].base;
        c[i].scale_less_1 = (1ull << d->base[value].shift) - 1;
    }
    return true;
}

static bool check_context(struct frame_decoder *d, const struct rec *r, uint32_t i, uint32_t streams)
{
    if (r->stream != REC_NO_STREAM && r->stream >= streams)
        return frame_fail(d, "context %u names stream %u of %u", i, r->stream, streams);
    if (r->kind >= REC_KIND_COUNT || !(d->head.kinds >> r->kind & 1))
        return frame_fail(d, "context %u is of kind %u, which the frame's head does not list", i,
                          r->kind);
    if (r->flags & ~FLAGS_KNOWN)
        return frame_fail(d, "context %u has unknown flags 0x%x", i, r->flags);
    if (r->words > REC_WORDS_MAX)
        return frame_fail(d, "context %u has %u words, at most %d exist", i, r->words,
                          REC_WORDS_MAX);
    return true;
}

static bool read_contexts(struct frame_decoder *d, struct input *in, uint32_t streams)
{
    const uint8_t *kinds, *flags, *words;
    struct frame_context *c = d->context;
    uint32_t value = 0;

    for (uint32_t i = 0; i < d->contexts; i++)
        c[i].stream = value += (uint32_t)input_zigzag(in);
    value = 0;
    for (uint32_t i = 0; i < d->contexts; i++)
        c[i].tail = value += (uint32_t)input_zigzag(in);
    kinds = input_take(in, d->contexts);
    flags = input_take(in, d->contexts);
    words = input_take(in, d->contexts);
    if (in->bad)
        return frame_fail(d, "the table of contexts is malformed");
    d->has_words = false;
    for (uint32_t i = 0; i < d->contexts; i++) {
        struct rec r = { .stream = c[i].stream, .pasid = (uint32_t)c[i].tail, .kind = kinds[i],
                         .flags = flags[i], .words = words[i] };

        if (!check_context(d, &r, i, streams))
            return false;
        memcpy(&c[i].tail, &r.pasid, 8);
        c[i].far_step = (uint32_t)frame_far_step(r.kind, r.words);
        d->has_words |= words[i] != 0;
    }
    return read_context_words(d, in);
}

/* ---- columns ---------------------------------------------------------------------------------------- */

/* Sixteen bytes at once; compilers make one instruction of each operation. */
typedef uint8_t lanes __attribute__((vector_size(16)));
enum { LANES = 16 };

static lanes lanes_load(const uint8_t *p)
{
    lanes v;

    memcpy(&v, p, LANES);
    return v;
}

static lanes lanes_all(unsigned v)
{
    return (lanes){ 0 } + (uint8_t)v;
}

static bool lanes_any(lanes v)
{
    uint64_t half[2];

    memcpy(half, &v, sizeof half);
    return (half[0] | half[1]) != 0;
}

/* No number in the context columns is beyond the last context's. */
static bool check_context_column(struct frame_decoder *d)
{
    const uint8_t *lo = d->context_lo, *hi = d->context_hi;
    uint8_t last_lo = (uint8_t)(d->contexts - 1), last_hi = (uint8_t)((d->contexts - 1) >> 8);
    uint32_t i = 0, n = lo ? d->head.records : 0;
    lanes over = { 0 };
    bool rest = false;

    for (; i + LANES <= n; i += LANES) {
        lanes h = hi ? lanes_load(hi + i) : lanes_all(last_hi);

        over |= (lanes)(h > last_hi) | ((lanes)(h == last_hi) & (lanes)(lanes_load(lo + i) > last_lo));
    }
    for (; i < n; i++) {
        uint8_t h = hi ? hi[i] : last_hi;

        rest |= h > last_hi || (h == last_hi && lo[i] > last_lo);
    }
    return !(lanes_any(over) || rest) ||
           frame_fail(d, "a record has a context beyond the last, %u", d->contexts - 1);
}

static bool read_columns(struct frame_decoder *d, struct input *in)
{
    uint64_t size[5];
    const uint8_t *word_control, *word_data;
    uint32_t n = d->head.records;

    for (unsigned i = 0; i < ARRAY_LEN(size); i++)
        size[i] = input_limited(in, TRACE_RAW_MAX);
    d->ctrl = d->fixed_ctrl ? NULL : input_take(in, n);
    d->context_lo = d->contexts > 1 ? input_take(in, n) : NULL;
    d->context_hi = d->contexts > 256 ? input_take(in, n) : NULL;
    d->addr = input_take(in, size[0]);
    d->times = input_take(in, size[1]);
    d->len = input_take(in, size[2]);
    word_control = input_take(in, size[3]);
    word_data = input_take(in, size[4]);
    if (in->bad || in->p != in->end)
        return frame_fail(d, "the columns do not fill the frame");
    d->addr_end = d->addr + size[0];
    d->times_end = d->times + size[1];
    d->len_end = d->len + size[2];
    d->word_control = (struct input){ word_control, word_control + size[3], false };
    d->word_data = (struct input){ word_data, word_data + size[4], false };
    return check_context_column(d);
}

bool frame_open(struct frame_decoder *d, struct input *in, uint32_t streams)
{
    d->done = 0;
    d->time = d->head.first_time;
    if (d->head.records == 0)
        return in->p == in->end || frame_fail(d, "bytes stand behind an empty frame");
    if (!read_params(d, in) || !table_sizes(d, in) || !read_spaces(d, in) ||
        !read_contexts(d, in, streams) || !read_columns(d, in))
        return false;
    d->steady = d->fixed_ctrl && !(d->ctrl_value & (CTRL_CURSOR | CTRL_ADDR | CTRL_LEN)) &&
                d->times == d->times_end;
    if (!d->steady)
        frame_spell_out(&d->par, d->meaning);
    d->time = d->head.first_time - d->par.step;
    d->wraps = 0 - (uint32_t)(d->head.first_time < d->par.step);
    if (d->has_words && !words_start(&d->words, d->contexts))
        return frame_fail(d, "out of memory");
    return true;
}

/* ---- records ---------------------------------------------------------------------------------------- */

static bool decode_words(struct frame_decoder *d, struct rec *rec, struct rec_ext *ext, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned lo = d->context_lo ? d->context_lo[d->done + i] : 0;
        unsigned hi = d->context_hi ? d->context_hi[d->done + i] : 0;

        words_note(&d->words, &rec[i]);
        if (!rec[i].words)
            continue;
        if (words_relative(&rec[i]))
            rec[i].addr += d->words.access;
        *ext = (struct rec_ext){ { 0 } };
        if (!words_decode(&d->words, lo | hi << 8, &rec[i], &d->word_control, &d->word_data, ext->w))
            return frame_fail(d, "the words of its record %zu are malformed", d->done + i);
        ext++;
    }
    return true;
}

/* After the last chunk every column must be used up and the time be what the head says. */
static bool check_end(struct frame_decoder *d)
{
    if (d->addr != d->addr_end || d->times != d->times_end || d->len != d->len_end ||
        d->word_control.p != d->word_control.end || d->word_data.p != d->word_data.end)
        return frame_fail(d, "bytes are left over in its columns");
    if (d->time != d->head.first_time + d->head.span)
        return frame_fail(d, "its times do not end where its head says");
    return true;
}

bool frame_next(struct frame_decoder *d, struct rec *rec, struct rec_ext *ext, size_t *n)
{
    size_t left = d->head.records - d->done, take = left < TRACE_CHUNK ? left : TRACE_CHUNK;

    *n = 0;
    if (take == 0)
        return true;
    frame_kernel(d, rec, take);
    if (d->addr > d->addr_end || d->times > d->times_end || d->len > d->len_end)
        return frame_fail(d, "its columns end too early");
    if (d->wraps)
        return frame_fail(d, "its times go beyond 64 bits");
    if (d->has_words && !decode_words(d, rec, ext, take))
        return false;
    d->done += (uint32_t)take;
    if (d->done == d->head.records && !check_end(d))
        return false;
    *n = take;
    return true;
}
