/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns into records, without a branch per record.
 */
#include "traces/format.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

void frame_spell_out(const struct frame_params *p, struct ctrl_meaning m[256])
{
    for (unsigned c = 0; c < 256; c++) {
        unsigned class = (c & CTRL_ADDR) >> 2;
        uint8_t aw = p->addr_width[c / CTRL_LONG][class], tw = p->time_width[(c & CTRL_TIME) >> 4];

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

void frame_kernel(struct frame_decoder *d, struct rec *rec, size_t n)
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
