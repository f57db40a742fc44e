/* SPDX-License-Identifier: Apache-2.0
 *
 * A payload into records.  Everything that a column could say wrongly is checked once per frame or once
 * per chunk, so that the kernels run without a branch per record: reads behind a column hit the slack
 * behind the payload, and the chunk is refused afterwards.
 */
#include "traces/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"

enum { FLAGS_KNOWN = REC_F_PASID | REC_F_PRIV | REC_F_EXEC | REC_F_NODIR | REC_F_RECON | REC_F_NOW };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

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
    words_free(&d->words);
    d->context = NULL;
    d->space = NULL;
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
    p->addr_width[0] = 0;
    for (unsigned i = 1; i < FRAME_WIDTHS; i++) {
        p->addr_width[i] = input_u8(in);
        most = p->addr_width[i] > most ? p->addr_width[i] : most;
    }
    p->len_width = input_u8(in);
    d->fixed_ctrl = input_limited(in, 1) == 1;
    d->ctrl_value = input_u8(in);
    if (in->bad || most > 8 || p->len_width > 4 || d->ctrl_value & CTRL_UNUSED)
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
        d->space_cap = 0;
        d->space = aligned_alloc(64, d->spaces * sizeof *d->space);
        if (!d->space)
            return frame_fail(d, "out of memory");
        d->space_cap = d->spaces;
    }
    return true;
}

/* Spaces are read in four columns; cursors 2 and 3 hold base and shift until the contexts have them. */
static bool read_spaces(struct frame_decoder *d, struct input *in)
{
    uint64_t first = 0;
    unsigned shift = 0;

    for (uint32_t i = 0; i < d->spaces; i++) {
        first += input_zigzag(in);
        for (unsigned k = 0; k < FRAME_CURSORS; k++)
            d->space[i].cursor[k] = (struct frame_cursor){ first, 0 };
    }
    for (uint32_t i = 0; i < d->spaces; i++)
        d->space[i].cursor[0].step = input_zigzag(in);
    for (uint32_t i = 0; i < d->spaces; i++)
        d->space[i].cursor[2].step = input_zigzag(in);
    for (uint32_t i = 0; i < d->spaces; i++) {
        d->space[i].cursor[3].step = input_u8(in);
        shift |= (unsigned)d->space[i].cursor[3].step;
    }
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
        c[i].base = d->space[value].cursor[0].next + d->space[value].cursor[2].step;
        c[i].scale_less_1 = (1ull << d->space[value].cursor[3].step) - 1;
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

static bool check_ctrl(struct frame_decoder *d)
{
    uint32_t i = 0, n = d->ctrl ? d->head.records : 0;
    lanes all = { 0 };
    uint8_t rest = 0;

    for (; i + LANES <= n; i += LANES)
        all |= lanes_load(d->ctrl + i);
    for (; i < n; i++)
        rest |= d->ctrl[i];
    return !lanes_any((all | rest) & lanes_all(CTRL_UNUSED)) ||
           frame_fail(d, "a control byte has an unknown bit");
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
    return check_ctrl(d) && check_context_column(d);
}

static void spell_out(const struct frame_params *p, struct ctrl_meaning m[CTRL_UNUSED])
{
    for (unsigned c = 0; c < CTRL_UNUSED; c++) {
        unsigned class = (c & CTRL_ADDR) >> 2;
        uint8_t aw = p->addr_width[class], tw = p->time_width[(c & CTRL_TIME) >> 4];

        m[c] = (struct ctrl_meaning){
            .addr_width = aw, .time_width = tw,
            .addr_mask = width_mask(aw), .time_mask = width_mask(tw),
            .addr_sign = aw ? 1ull << (8 * aw - 1) : 0,
            .far = class == ADDR_FAR ? ~0ull : 0, .step = class == ADDR_STEP ? ~0ull : 0,
        };
        if (c & CTRL_LEN) {
            m[c].len_width = p->len_width;
            m[c].len_mask = (uint32_t)width_mask(p->len_width);
            m[c].len_given = ~0u;
        }
    }
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
    for (uint32_t i = 0; i < d->spaces; i++)
        d->space[i].cursor[2].step = d->space[i].cursor[3].step = 0;
    d->steady = d->fixed_ctrl && !(d->ctrl_value & (CTRL_CURSOR | CTRL_ADDR | CTRL_LEN)) &&
                d->times == d->times_end;
    if (!d->steady)
        spell_out(&d->par, d->meaning);
    d->time = d->head.first_time - d->par.step;
    d->wraps = 0 - (uint32_t)(d->head.first_time < d->par.step);
    if (d->has_words && !words_start(&d->words, d->contexts))
        return frame_fail(d, "out of memory");
    return true;
}

/* ---- kernels ---------------------------------------------------------------------------------------- */

ALWAYS_INLINE void put_record(struct rec *r, const struct frame_context *x, uint64_t time,
                              uint64_t addr, uint32_t len)
{
    r->time = time;
    r->addr = addr;
    r->stream = x->stream;
    r->len = len;
    memcpy(&r->pasid, &x->tail, 8);
}

_Static_assert(offsetof(struct rec, words) - offsetof(struct rec, pasid) == 6 &&
               sizeof(struct rec) == 32, "the tail of a record is copied as 8 bytes");

/* a where the mask is all ones, else b; a branch would be guessed wrongly every other time. */
ALWAYS_INLINE uint64_t choose(uint64_t mask, uint64_t a, uint64_t b)
{
    return b ^ ((a ^ b) & mask);
}

/* Any frame.  `wide`: two context columns.  `timed`: not all time differences are equal.  `lens`: some
 * lengths are in their column. */
ALWAYS_INLINE void decode_any(struct frame_decoder *d, struct rec *rec, size_t n, const uint8_t *ctrl,
                              const uint8_t *lo, const uint8_t *hi, bool wide, bool timed, bool lens)
{
    const uint8_t *ap = d->addr, *tp = d->times, *lp = d->len;
    struct frame_context *const context = d->context;
    struct frame_space *const space = d->space;
    const uint64_t step = d->par.step;
    uint64_t time = d->time;
    uint32_t wraps = d->wraps;

    for (size_t i = 0; i < n; i++) {
        unsigned c = ctrl[i];
        const struct ctrl_meaning *m = &d->meaning[c];
        struct frame_context *x = &context[wide ? lo[i] | (unsigned)hi[i] << 8 : lo[i]];
        struct frame_cursor *cur = &space[x->space].cursor[c & CTRL_CURSOR];
        uint64_t far = m->far, later = time + step, addr, stride;
        uint64_t off = ((load64(ap) & m->addr_mask) ^ m->addr_sign) - m->addr_sign;
        uint32_t len = x->len;

        ap += m->addr_width;
        if (timed) {
            later += load64(tp) & m->time_mask;
            tp += m->time_width;
        }
        wraps += later < time;
        time = later;
        if (lens) {
            len = (load32(lp) & m->len_mask) | (len & ~m->len_given);
            lp += m->len_width;
            x->len = len;
        }
        addr = choose(far, x->base, cur->next) + off + off * (x->scale_less_1 & far);
        stride = choose(far, len + (uint64_t)x->far_step, cur->step + (off & m->step));
        cur->next = addr + stride;
        cur->step = stride;
        put_record(&rec[i], x, time, addr, len);
    }
    d->addr = ap;
    d->times = tp;
    d->len = lp;
    d->time = time;
    d->wraps = wraps;
}

/* Every record as predicted, at a constant step of time. */
ALWAYS_INLINE void decode_steady(struct frame_decoder *d, struct rec *rec, size_t n,
                                 const uint8_t *lo, const uint8_t *hi, bool wide)
{
    const struct frame_context *const context = d->context;
    struct frame_space *const space = d->space;
    const uint64_t step = d->par.step;
    uint64_t time = d->time;
    uint32_t wraps = d->wraps;

    for (size_t i = 0; i < n; i++) {
        const struct frame_context *x = &context[wide ? lo[i] | (unsigned)hi[i] << 8 : lo[i]];
        struct frame_cursor *cur = &space[x->space].cursor[0];
        uint64_t addr = cur->next;

        cur->next = addr + cur->step;
        wraps += time + step < time;
        time += step;
        put_record(&rec[i], x, time, addr, x->len);
    }
    d->time = time;
    d->wraps = wraps;
}

/* The same with one context. */
static void decode_run(struct frame_decoder *d, struct rec *rec, size_t n)
{
    const struct frame_context x = d->context[0];
    struct frame_cursor *cur = &d->space[x.space].cursor[0];
    const uint64_t step = d->par.step, stride = cur->step;
    uint64_t time = d->time, addr = cur->next;
    uint32_t wraps = d->wraps;

    for (size_t i = 0; i < n; i++) {
        wraps += time + step < time;
        time += step;
        put_record(&rec[i], &x, time, addr, x.len);
        addr += stride;
    }
    cur->next = addr;
    d->time = time;
    d->wraps = wraps;
}

static void decode_steadily(struct frame_decoder *d, struct rec *rec, size_t n, const uint8_t *lo,
                            const uint8_t *hi)
{
    if (d->contexts == 1)
        decode_run(d, rec, n);
    else if (!d->context_hi)
        decode_steady(d, rec, n, lo, hi, false);
    else
        decode_steady(d, rec, n, lo, hi, true);
}

static void decode_chunk(struct frame_decoder *d, struct rec *rec, size_t n)
{
    const uint8_t *lo = d->context_lo ? d->context_lo + d->done : d->zeros;
    const uint8_t *hi = d->context_hi ? d->context_hi + d->done : d->zeros;
    uint8_t fixed[TRACE_CHUNK];
    const uint8_t *ctrl = d->ctrl ? d->ctrl + d->done : memset(fixed, d->ctrl_value, n);
    bool wide = d->context_hi, timed = d->times != d->times_end, lens = d->len != d->len_end;

    if (d->steady)
        decode_steadily(d, rec, n, lo, hi);
    else if (!wide && !timed && !lens)
        decode_any(d, rec, n, ctrl, lo, hi, false, false, false);
    else if (!wide && !lens)
        decode_any(d, rec, n, ctrl, lo, hi, false, true, false);
    else if (wide && !timed && !lens)
        decode_any(d, rec, n, ctrl, lo, hi, true, false, false);
    else if (wide)
        decode_any(d, rec, n, ctrl, lo, hi, true, true, true);
    else
        decode_any(d, rec, n, ctrl, lo, hi, false, true, true);
}

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
    decode_chunk(d, rec, take);
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
