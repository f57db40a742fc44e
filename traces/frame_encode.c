/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of one frame into a payload, in four passes: name the contexts, predict addresses, choose the
 * widths, write the columns.  What the encoder prefers (which cursor a jump takes, what counts as near)
 * is its own business: the decoder follows the control bytes.
 */
#include "traces/format.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"

enum {
    SLOTS     = 1 << 17,                  /* twice the most contexts a frame can have            */
    NEAR      = 1 << 22,                  /* an address off a prediction by less is near it       */
    RESTLESS  = 8,                        /* jumps without a prediction that held: random access */
};

struct enc_space {
    struct frame_cursor cursor[FRAME_CURSORS];
    uint32_t used[FRAME_CURSORS];         /* record number + 1 of the last use, 0 never           */
    bool     held[FRAME_CURSORS];         /* its step has predicted an address                    */
    uint64_t first, step;                 /* as in the payload                                    */
    uint64_t base;                        /* of far jumps, less first                             */
    int64_t  lo, hi;                      /* of far jumps, less first                             */
    uint64_t bits;                        /* OR of them                                           */
    uint32_t count, far, lost;
    unsigned shift;
};

struct enc_context {
    uint32_t stream, pasid, first_len, len, space;
    uint8_t  kind, flags, words;
};

struct frame_encoder {
    uint32_t context_slot[SLOTS], space_slot[SLOTS];    /* number + 1, 0 empty */
    struct enc_context context[TRACE_FRAME_RECORDS];
    struct enc_space   space[TRACE_FRAME_RECORDS];
    uint32_t space_key[TRACE_FRAME_RECORDS];            /* the context that made it */
    uint32_t contexts, spaces;
    uint16_t ctx[TRACE_FRAME_RECORDS];
    uint8_t  ctrl[TRACE_FRAME_RECORDS];
    uint64_t addr[TRACE_FRAME_RECORDS], time[TRACE_FRAME_RECORDS];
    bool any_len;
    struct frame_params par;
    struct words words;
};

struct frame_encoder *frame_encoder_new(void)
{
    return calloc(1, sizeof(struct frame_encoder));
}

void frame_encoder_free(struct frame_encoder *e)
{
    if (e)
        words_free(&e->words);
    free(e);
}

/* ---- contexts and spaces ---------------------------------------------------------------------------- */

/* Kinds that speak of the same addresses share a space. */
static unsigned group(unsigned kind)
{
    switch (kind) {
    case REC_READ: case REC_WRITE: case REC_ATS_REQ: case REC_TRANSLATED: case REC_PAGE_REQ:
        return REC_READ;
    case REC_UNMAP:
        return REC_MAP;
    default:
        return kind;
    }
}

static uint64_t space_hash(const struct enc_context *c)
{
    return bits_mix((uint64_t)c->stream << 32 | c->pasid) + bits_mix(group(c->kind) + 1u);
}

static bool same_space(const struct enc_context *a, const struct enc_context *b)
{
    return a->stream == b->stream && a->pasid == b->pasid && group(a->kind) == group(b->kind) &&
           (a->flags & REC_F_PASID) == (b->flags & REC_F_PASID);
}

static uint32_t space_of(struct frame_encoder *e, uint32_t context, const struct rec *r,
                         uint64_t addr)
{
    const struct enc_context *c = &e->context[context];
    uint64_t h = space_hash(c);
    uint32_t *slot;

    for (;; h++) {
        slot = &e->space_slot[h % SLOTS];
        if (!*slot)
            break;
        if (same_space(c, &e->context[e->space_key[*slot - 1]]))
            return *slot - 1;
    }
    e->space_key[e->spaces] = context;
    e->space[e->spaces] = (struct enc_space){
        .first = addr,
        .step = r->len + frame_far_step(r->kind, r->words),
    };
    *slot = ++e->spaces;
    return *slot - 1;
}

static bool same_context(const struct enc_context *c, const struct rec *r)
{
    return c->stream == r->stream && c->pasid == r->pasid && c->kind == r->kind &&
           c->flags == r->flags && c->words == r->words;
}

static uint32_t context_of(struct frame_encoder *e, const struct rec *r, uint64_t addr)
{
    uint64_t h = bits_mix((uint64_t)r->stream << 32 | r->pasid) +
                 bits_mix((uint64_t)r->kind << 16 | (uint64_t)r->flags << 8 | r->words);
    uint32_t *slot;

    for (;; h++) {
        slot = &e->context_slot[h % SLOTS];
        if (!*slot)
            break;
        if (same_context(&e->context[*slot - 1], r))
            return *slot - 1;
    }
    e->context[e->contexts] = (struct enc_context){
        .stream = r->stream, .pasid = r->pasid, .first_len = r->len, .len = r->len,
        .kind = r->kind, .flags = r->flags, .words = (uint8_t)r->words,
    };
    *slot = ++e->contexts;
    e->context[*slot - 1].space = space_of(e, *slot - 1, r, addr);
    return *slot - 1;
}

/* ---- addresses -------------------------------------------------------------------------------------- */

static uint64_t magnitude(uint64_t difference)
{
    return (int64_t)difference < 0 ? 0 - difference : difference;
}

static unsigned nearest(const struct enc_space *s, uint64_t addr, uint64_t *away)
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

/* The cursor a jump takes: the one unused for longest; in random access mostly the last, so that the
 * control bytes stay equal. */
static unsigned victim(const struct enc_space *s)
{
    unsigned best = 0;

    if (s->lost >= RESTLESS && s->lost % RESTLESS)
        return FRAME_CURSORS - 1;
    for (unsigned i = 1; i < FRAME_CURSORS; i++)
        if (s->used[i] < s->used[best])
            best = i;
    return best;
}

static unsigned jump(struct enc_space *s, uint64_t addr, uint64_t step, uint64_t *value)
{
    unsigned i = victim(s);
    int64_t offset = (int64_t)(addr - s->first);

    s->lo = s->far == 0 || offset < s->lo ? offset : s->lo;
    s->hi = s->far == 0 || offset > s->hi ? offset : s->hi;
    s->bits |= (uint64_t)offset;
    s->far++;
    s->lost++;
    s->cursor[i] = (struct frame_cursor){ addr + step, step };
    s->held[i] = false;
    *value = (uint64_t)offset;
    return (unsigned)ADDR_FAR << 2 | i;
}

/* A near address keeps the step once, if that has held before (a ring's end), and else corrects it. */
static unsigned close_by(struct enc_space *s, unsigned i, uint64_t addr, uint64_t *value)
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

static unsigned exact(struct enc_space *s, unsigned i)
{
    s->cursor[i].next += s->cursor[i].step;
    s->held[i] = true;
    s->lost = 0;
    return i;
}

static unsigned begin(struct enc_space *s)
{
    s->cursor[0] = (struct frame_cursor){ s->first + s->step, s->step };
    return 0;
}

static unsigned predict(struct enc_space *s, const struct rec *r, uint64_t addr, uint32_t number,
                        uint64_t *value)
{
    uint64_t away, far_step = r->len + frame_far_step(r->kind, r->words);
    unsigned ctrl, i;

    *value = 0;
    if (s->count++ == 0) {
        ctrl = begin(s);
    } else {
        if (s->count == 2 && magnitude(addr - s->first) < NEAR) {
            s->step = addr - s->first;         /* the first step is told beforehand */
            s->cursor[0] = (struct frame_cursor){ addr, s->step };
        }
        i = nearest(s, addr, &away);
        ctrl = away == 0      ? exact(s, i)
               : away < NEAR ? close_by(s, i, addr, value)
                             : jump(s, addr, far_step, value);
    }
    s->used[ctrl & CTRL_CURSOR] = number + 1;
    return ctrl;
}

static void choose_bases(struct frame_encoder *e)
{
    for (uint32_t i = 0; i < e->spaces; i++) {
        struct enc_space *s = &e->space[i];

        s->shift = s->bits ? (unsigned)__builtin_ctzll(s->bits) : 0;
        s->base = bits_align_down((uint64_t)(s->lo / 2 + s->hi / 2), s->shift);
    }
}

/* ---- passes ----------------------------------------------------------------------------------------- */

static void pass_records(struct frame_encoder *e, const struct rec *rec, uint32_t n)
{
    uint64_t access = 0;                  /* as in struct words */

    memset(e->context_slot, 0, sizeof e->context_slot);
    memset(e->space_slot, 0, sizeof e->space_slot);
    e->contexts = e->spaces = 0;
    e->any_len = false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t addr = rec[i].addr - (words_relative(&rec[i]) ? access : 0);
        uint32_t ctx = context_of(e, &rec[i], addr);
        struct enc_context *c = &e->context[ctx];

        if (rec[i].kind <= REC_TRANSLATED)
            access = rec[i].addr;

        e->ctx[i] = (uint16_t)ctx;
        e->ctrl[i] = (uint8_t)predict(&e->space[c->space], &rec[i], addr, i, &e->addr[i]);
        if (c->len != rec[i].len) {
            c->len = rec[i].len;
            e->ctrl[i] |= CTRL_LEN;
            e->any_len = true;
        }
    }
    choose_bases(e);
}

static unsigned addr_class(const struct frame_encoder *e, uint32_t i)
{
    return (e->ctrl[i] & CTRL_ADDR) >> 2;
}

static void pass_addr_widths(struct frame_encoder *e, const struct rec *rec, uint32_t n)
{
    unsigned len_width = 0;

    memset(e->par.addr_width, 0, sizeof e->par.addr_width);
    for (uint32_t i = 0; i < n; i++) {
        const struct enc_space *s = &e->space[e->context[e->ctx[i]].space];
        uint8_t *width = &e->par.addr_width[addr_class(e, i)];
        unsigned w;

        if (addr_class(e, i) == ADDR_FAR)
            e->addr[i] = (uint64_t)((int64_t)(e->addr[i] - s->base) >> s->shift);
        w = width_signed(e->addr[i]);
        *width = (uint8_t)(w > *width ? w : *width);
        w = e->ctrl[i] & CTRL_LEN ? width_unsigned(rec[i].len) : 0;
        len_width = w > len_width ? w : len_width;
    }
    e->par.len_width = (uint8_t)(e->any_len && !len_width ? 1 : len_width);
}

/* Four widths for values of which count[w] take w bytes.  A width off the commonest costs entropy in the
 * control byte, taken as a quarter of a byte. */
static void choose_widths(const uint32_t count[9], uint8_t width[FRAME_WIDTHS])
{
    unsigned top = 8;
    uint64_t best = ~0ull;

    while (top && !count[top])
        top--;
    for (unsigned a = 0; a <= top; a++)
        for (unsigned b = a; b <= top; b++)
            for (unsigned c = b; c <= top; c++) {
                const uint8_t w[FRAME_WIDTHS] = { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)top };
                uint64_t cost = 0, most = 0, all = 0;

                for (unsigned k = 0, v = 0; k < FRAME_WIDTHS; k++) {
                    uint64_t here = 0;

                    for (; v <= w[k]; v++)
                        here += count[v];
                    cost += here * w[k] * 4;
                    all += here;
                    most = here > most ? here : most;
                }
                if (cost + all - most < best) {
                    best = cost + all - most;
                    memcpy(width, w, sizeof w);
                }
            }
}

static void count_widths(const uint64_t *v, uint32_t n, uint32_t count[9])
{
    memset(count, 0, 9 * sizeof *count);
    for (uint32_t i = 0; i < n; i++)
        count[width_unsigned(v[i])]++;
}

/* Time differences less the smallest of them; the first record's is that smallest one by definition. */
static void pass_times(struct frame_encoder *e, const struct rec *rec, uint32_t n)
{
    uint64_t step = n > 1 ? ~0ull : 0, most = 0;
    uint32_t count[9];

    for (uint32_t i = 1; i < n; i++) {
        uint64_t d = rec[i].time - rec[i - 1].time;

        step = d < step ? d : step;
        most = d > most ? d : most;
    }
    if (width_unsigned(most) == 8)
        step = 0;
    e->time[0] = 0;
    for (uint32_t i = 1; i < n; i++)
        e->time[i] = rec[i].time - rec[i - 1].time - step;
    e->par.step = step;
    count_widths(e->time, n, count);
    choose_widths(count, e->par.time_width);
    for (uint32_t i = 0; i < n; i++) {
        unsigned k = 0;

        while (e->par.time_width[k] < width_unsigned(e->time[i]))
            k++;
        e->ctrl[i] |= (uint8_t)(k << 4);
    }
}

/* ---- columns ---------------------------------------------------------------------------------------- */

enum { HEAD, CTRL, CTX_LO, CTX_HI, ADDR, TIME, LEN, WORD_CONTROL, WORD_DATA };

static void put_value(struct bytes *b, uint64_t v, unsigned width)
{
    if (bytes_room(b, 8)) {
        memcpy(b->p + b->n, &v, 8);
        b->n += width;
    }
}

static void columns(struct frame_encoder *e, const struct rec *rec, uint32_t n, const uint64_t *word,
                    struct bytes piece[FRAME_PIECES])
{
    for (uint32_t i = 0; i < n; i++) {
        put_value(&piece[ADDR], e->addr[i], e->par.addr_width[addr_class(e, i)]);
        put_value(&piece[TIME], e->time[i], e->par.time_width[(e->ctrl[i] & CTRL_TIME) >> 4]);
        if (e->ctrl[i] & CTRL_LEN)
            put_value(&piece[LEN], rec[i].len, e->par.len_width);
        words_note(&e->words, &rec[i]);
        if (rec[i].words) {
            words_encode(&e->words, e->ctx[i], &rec[i], word, &piece[WORD_CONTROL],
                         &piece[WORD_DATA]);
            word += rec[i].words;
        }
    }
}

/* Columns of one byte a record; left out where constant. */
static void byte_columns(struct frame_encoder *e, uint32_t n, struct bytes piece[FRAME_PIECES])
{
    uint8_t differ = 0;

    for (uint32_t i = 1; i < n; i++)
        differ |= e->ctrl[i] ^ e->ctrl[0];
    if (differ)
        bytes_put(&piece[CTRL], e->ctrl, n);
    for (uint32_t i = 0; i < n && e->contexts > 1; i++)
        bytes_u8(&piece[CTX_LO], e->ctx[i] & 0xff);
    for (uint32_t i = 0; i < n && e->contexts > 256; i++)
        bytes_u8(&piece[CTX_HI], e->ctx[i] >> 8);
}

static void put_spaces(struct frame_encoder *e, struct bytes *b)
{
    uint64_t before = 0;

    for (uint32_t i = 0; i < e->spaces; before = e->space[i++].first)
        bytes_zigzag(b, e->space[i].first - before);
    for (uint32_t i = 0; i < e->spaces; i++)
        bytes_zigzag(b, e->space[i].step);
    for (uint32_t i = 0; i < e->spaces; i++)
        bytes_zigzag(b, e->space[i].base);
    for (uint32_t i = 0; i < e->spaces; i++)
        bytes_u8(b, e->space[i].shift);
}

static void put_contexts(struct frame_encoder *e, struct bytes *b)
{
    const struct enc_context *c = e->context, zero = { 0 }, *before = &zero;

    for (uint32_t i = 0; i < e->contexts; before = &c[i++])
        bytes_zigzag(b, (uint64_t)(int32_t)(c[i].stream - before->stream));
    before = &zero;
    for (uint32_t i = 0; i < e->contexts; before = &c[i++])
        bytes_zigzag(b, (uint64_t)(int32_t)(c[i].pasid - before->pasid));
    for (uint32_t i = 0; i < e->contexts; i++)
        bytes_u8(b, c[i].kind);
    for (uint32_t i = 0; i < e->contexts; i++)
        bytes_u8(b, c[i].flags);
    for (uint32_t i = 0; i < e->contexts; i++)
        bytes_u8(b, c[i].words);
    for (uint32_t i = 0; i < e->contexts; i++)
        bytes_varint(b, c[i].first_len);
    before = &zero;
    for (uint32_t i = 0; i < e->contexts; before = &c[i++])
        bytes_zigzag(b, (uint64_t)(int32_t)(c[i].space - before->space));
}

static void put_head(const struct frame_head *h, const struct bytes *tables, struct bytes *b)
{
    bytes_u8(b, TRACE_P_DATA);
    bytes_varint(b, h->records);
    bytes_varint(b, h->number);
    bytes_varint(b, h->first_time);
    bytes_varint(b, h->span);
    bytes_varint(b, h->kinds);
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (h->by_kind[k])
            bytes_varint(b, h->by_kind[k]);
    bytes_put(b, tables->p, tables->n);
}

static void put_params(struct frame_encoder *e, struct bytes piece[FRAME_PIECES])
{
    struct bytes *b = &piece[HEAD];

    bytes_varint(b, e->par.step);
    bytes_put(b, e->par.time_width, FRAME_WIDTHS);
    bytes_put(b, e->par.addr_width + 1, FRAME_WIDTHS - 1);
    bytes_u8(b, e->par.len_width);
    bytes_u8(b, piece[CTRL].n == 0);
    bytes_u8(b, e->ctrl[0]);
    bytes_varint(b, e->spaces);
    bytes_varint(b, e->contexts);
    put_spaces(e, b);
    put_contexts(e, b);
    for (unsigned i = ADDR; i <= WORD_DATA; i++)
        bytes_varint(b, piece[i].n);
}

static void head_of(const struct rec *rec, uint32_t n, uint64_t number, struct frame_head *h)
{
    *h = (struct frame_head){ .records = n, .number = number };
    for (uint32_t i = 0; i < n; i++)
        h->by_kind[rec[i].kind]++;
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        h->kinds |= (uint32_t)(h->by_kind[k] != 0) << k;
    if (n) {
        h->first_time = rec[0].time;
        h->span = rec[n - 1].time - rec[0].time;
    }
}

int frame_encode(struct frame_encoder *e, const struct rec *rec, uint32_t n, uint64_t number,
                 const uint64_t *words, const struct bytes *tables,
                 struct bytes piece[FRAME_PIECES], struct frame_head *head)
{
    bool failed = false;

    for (unsigned i = 0; i < FRAME_PIECES; i++)
        piece[i].n = 0;
    head_of(rec, n, number, head);
    put_head(head, tables, &piece[HEAD]);
    if (n) {
        pass_records(e, rec, n);
        pass_addr_widths(e, rec, n);
        pass_times(e, rec, n);
        if (!words_start(&e->words, e->contexts))
            return SIM_EENV;
        byte_columns(e, n, piece);
        columns(e, rec, n, words, piece);
        put_params(e, piece);
    }
    for (unsigned i = 0; i < FRAME_PIECES; i++)
        failed |= piece[i].failed;
    return failed ? SIM_EENV : 0;
}
