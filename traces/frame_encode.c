/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of one frame into a payload, in passes: name the contexts and predict addresses, choose the
 * widths, write the columns.
 */
#include "traces/format.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"
#include "traces/predict.h"

enum { SLOTS = 1 << 17 };                  /* twice the most contexts a frame can have */

struct enc_context {
    uint32_t stream, pasid, first_len, len, space;
    uint8_t  kind, flags, words;
};

struct frame_encoder {
    uint32_t context_slot[SLOTS], space_slot[SLOTS];    /* number + 1, 0 empty */
    struct enc_context context[TRACE_FRAME_RECORDS];
    struct predict_space   space[TRACE_FRAME_RECORDS];
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
    predict_init(&e->space[e->spaces], addr, r->len + frame_far_step(r->kind, r->words));
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

static unsigned addr_class(const struct frame_encoder *e, uint32_t i)
{
    return (e->ctrl[i] & CTRL_ADDR) >> 2;
}

static struct predict_space *space_at(struct frame_encoder *e, uint32_t i)
{
    return &e->space[e->context[e->ctx[i]].space];
}

static void choose_bases(struct frame_encoder *e, uint32_t n)
{
    for (uint32_t i = 0; i < e->spaces; i++)
        predict_end(&e->space[i]);
    for (uint32_t i = 0; i < n; i++)
        if (addr_class(e, i) == ADDR_FAR)
            predict_far(space_at(e, i), e->addr[i]);
    for (uint32_t i = 0; i < e->spaces; i++)
        predict_base(&e->space[i]);
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
        e->ctrl[i] = (uint8_t)predict_address(&e->space[c->space], addr, rec[i].len +
                                              frame_far_step(rec[i].kind, rec[i].words), &e->addr[i]);
        if (c->len != rec[i].len) {
            c->len = rec[i].len;
            e->ctrl[i] |= CTRL_LEN;
            e->any_len = true;
        }
    }
    choose_bases(e, n);
}

/* Short and long width of values of which count[w] take w bytes.  The upper bytes of addresses compress
 * well, so that two widths must save two bytes for each control byte that they make differ. */
static void choose_two(const uint32_t count[9], uint8_t *brief, uint8_t *full)
{
    uint64_t best = ~0ull, below = 0, all = 0;
    unsigned top = 8;

    while (top && !count[top])
        top--;
    for (unsigned w = 0; w <= top; w++)
        all += count[w];
    *full = (uint8_t)top;
    for (unsigned w = 0; w <= top; w++) {
        uint64_t rest, cost;

        below += count[w];
        rest = all - below;
        cost = below * w + rest * top + 2 * (below < rest ? below : rest);
        if (cost < best) {
            best = cost;
            *brief = (uint8_t)w;
        }
    }
}

static void pass_addr_widths(struct frame_encoder *e, const struct rec *rec, uint32_t n)
{
    uint32_t count[ADDR_CLASSES][9] = { { 0 } };
    unsigned len_width = e->any_len;

    for (uint32_t i = 0; i < n; i++) {
        const struct predict_space *s = space_at(e, i);
        unsigned w = e->ctrl[i] & CTRL_LEN ? width_unsigned(rec[i].len) : 0;

        if (addr_class(e, i) == ADDR_FAR)
            e->addr[i] = (uint64_t)((int64_t)(e->addr[i] - s->base) >> s->shift);
        count[addr_class(e, i)][width_signed(e->addr[i])]++;
        e->ctrl[i] = (uint8_t)((e->ctrl[i] & ~CTRL_CURSOR) | s->name[e->ctrl[i] & CTRL_CURSOR]);
        len_width = w > len_width ? w : len_width;
    }
    e->par.len_width = (uint8_t)len_width;
    for (unsigned k = 0; k < ADDR_CLASSES; k++)
        choose_two(count[k], &e->par.addr_width[0][k], &e->par.addr_width[1][k]);
    for (uint32_t i = 0; i < n; i++)
        if (width_signed(e->addr[i]) > e->par.addr_width[0][addr_class(e, i)])
            e->ctrl[i] |= CTRL_LONG;
}

static unsigned addr_width(const struct frame_encoder *e, uint32_t i)
{
    return e->par.addr_width[e->ctrl[i] / CTRL_LONG][addr_class(e, i)];
}

/* Four widths for values of which count[w] take w bytes.  A width off the commonest costs entropy in the
 * control byte, taken as a quarter of what a byte of the column costs. */
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
        put_value(&piece[ADDR], e->addr[i], addr_width(e, i));
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
    for (unsigned i = 0; i < 2; i++)
        bytes_put(b, e->par.addr_width[i] + 1, ADDR_CLASSES - 1);
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
