/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/predict.h"

#include "base/bits.h"

enum {
    NEAR     = 1 << 22,                   /* an address off a prediction by less is near it       */
    RESTLESS = 8,                         /* jumps without a prediction that held: random access */
    PATIENCE = 64,                        /* accesses for which a cursor that held is kept unused */
};

static uint64_t magnitude(uint64_t difference)
{
    return (int64_t)difference < 0 ? 0 - difference : difference;
}

static unsigned nearest(const struct predict_space *s, uint64_t addr, uint64_t *away)
{
    unsigned best = 0;

    *away = ~0ull;
    for (unsigned i = 0; i < FRAME_CURSORS && *away; i++) {
        uint64_t m = magnitude(addr - s->cursor[i].next);

        if (s->used[i] && m < *away) {
            *away = m;
            best = i;
        }
    }
    return best;
}

/* The cursor of `among` (a bit set, not 0) that was unused for longest. */
static unsigned oldest(const struct predict_space *s, unsigned among)
{
    unsigned best = (unsigned)__builtin_ctz(among);

    for (unsigned i = best + 1; i < FRAME_CURSORS; i++)
        if (among >> i & 1 && s->used[i] < s->used[best])
            best = i;
    return best;
}

/* The cursor a jump takes: of those that have not proved useful, the oldest; in random access mostly the
 * last, so that the control bytes stay equal. */
static unsigned victim(const struct predict_space *s)
{
    unsigned useless = 0;

    for (unsigned i = 0; i < FRAME_CURSORS; i++)
        useless |= (unsigned)(!s->held[i] || s->count - s->used[i] > PATIENCE) << i;
    if (useless && s->lost >= RESTLESS && s->lost % RESTLESS)
        return bits_log2(useless);
    return oldest(s, useless ? useless : (1u << FRAME_CURSORS) - 1);
}

static void take_sample(struct predict_space *s, int64_t offset)
{
    if (s->samples == PREDICT_SAMPLES) {          /* every second one stays */
        for (unsigned i = 0; i < PREDICT_SAMPLES / 2; i++)
            s->sample[i] = s->sample[2 * i];
        s->samples = PREDICT_SAMPLES / 2;
        s->sample_step *= 2;
    }
    if (s->far % s->sample_step == 0)
        s->sample[s->samples++] = offset;
}

static unsigned jump(struct predict_space *s, uint64_t addr, uint64_t step, uint64_t *value)
{
    unsigned i = victim(s);

    *value = addr - s->first;
    s->bits |= *value;
    take_sample(s, (int64_t)*value);
    s->far++;
    s->lost++;
    s->cursor[i] = (struct frame_cursor){ addr + step, step };
    s->held[i] = false;
    return (unsigned)ADDR_FAR << 2 | i;
}

/* A near address keeps the step once, if that has held before (a ring's end), and else corrects it. */
static unsigned close_by(struct predict_space *s, unsigned i, uint64_t addr, uint64_t *value)
{
    struct frame_cursor *c = &s->cursor[i];
    bool keep = s->held[i];

    *value = addr - c->next;
    if (!keep)
        c->step += *value;
    s->held[i] = false;
    c->next = addr + c->step;
    return (unsigned)(keep ? ADDR_NEAR : ADDR_STEP) << 2 | i;
}

static unsigned exact(struct predict_space *s, unsigned i)
{
    s->cursor[i].next += s->cursor[i].step;
    if (!s->held[i])
        s->lost = 0;
    s->held[i] = true;
    s->exact[i]++;
    return i;
}

void predict_init(struct predict_space *s, uint64_t first, uint64_t step)
{
    *s = (struct predict_space){ .first = first, .step = step, .sample_step = 1 };
}

static unsigned begin(struct predict_space *s)
{
    s->cursor[0] = (struct frame_cursor){ s->first + s->step, s->step };
    s->exact[0] = 1;
    return 0;
}

/* The space's first step is told beforehand: the second address is then as predicted. */
static void learn_step(struct predict_space *s, uint64_t addr)
{
    s->step = addr - s->first;
    s->cursor[0] = (struct frame_cursor){ addr, s->step };
}

static unsigned follow(struct predict_space *s, uint64_t addr, uint64_t far_step, uint64_t *value)
{
    uint64_t away;
    unsigned i;

    if (s->count == 2 && magnitude(addr - s->first) < NEAR)
        learn_step(s, addr);
    i = nearest(s, addr, &away);
    if (away == 0)
        return exact(s, i);
    return away < NEAR ? close_by(s, i, addr, value) : jump(s, addr, far_step, value);
}

unsigned predict_address(struct predict_space *s, uint64_t addr, uint64_t far_step, uint64_t *value)
{
    unsigned ctrl;

    *value = 0;
    ctrl = s->count++ ? follow(s, addr, far_step, value) : begin(s);
    s->used[ctrl & CTRL_CURSOR] = s->count;
    return ctrl;
}

/* ---- names and bases -------------------------------------------------------------------------------- */

/* Cursors that predict most come first, so that equal patterns have equal control bytes. */
static void name_cursors(struct predict_space *s)
{
    for (unsigned i = 0; i < FRAME_CURSORS; i++) {
        s->name[i] = 0;
        for (unsigned k = 0; k < FRAME_CURSORS; k++)
            s->name[i] += s->exact[k] > s->exact[i] || (s->exact[k] == s->exact[i] && k < i);
    }
}

static int64_t median(int64_t *v, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k && v[k - 1] > v[k]; k--) {
            int64_t swap = v[k];

            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
    return v[n / 2];
}

/* lo and hi become the bounds within which far jumps are no outliers: three times the median distance
 * from their median. */
static void usual_bounds(struct predict_space *s)
{
    int64_t off[PREDICT_SAMPLES], middle = s->samples ? median(s->sample, s->samples) : 0, reach;

    for (uint32_t i = 0; i < s->samples; i++)
        off[i] = (int64_t)(magnitude((uint64_t)s->sample[i] - (uint64_t)middle) >> 1);
    reach = s->samples ? median(off, s->samples) : 0;
    reach = reach > INT64_MAX / 8 ? INT64_MAX / 8 : reach;
    s->lo = middle < INT64_MIN + 6 * reach ? INT64_MIN : middle - 6 * reach;
    s->hi = middle > INT64_MAX - 6 * reach ? INT64_MAX : middle + 6 * reach;
    s->found_lo = INT64_MAX;
    s->found_hi = INT64_MIN;
}

void predict_end(struct predict_space *s)
{
    name_cursors(s);
    usual_bounds(s);
}

void predict_far(struct predict_space *s, uint64_t value)
{
    int64_t v = (int64_t)value;

    if (v < s->lo || v > s->hi)
        return;
    s->found_lo = v < s->found_lo ? v : s->found_lo;
    s->found_hi = v > s->found_hi ? v : s->found_hi;
}

/* The middle of the usual far jumps. */
void predict_base(struct predict_space *s)
{
    s->shift = s->bits ? (unsigned)__builtin_ctzll(s->bits) : 0;
    if (s->found_lo <= s->found_hi)
        s->base = bits_align_down((uint64_t)(s->found_lo / 2 + s->found_hi / 2), s->shift);
}
