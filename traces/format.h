/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h - inside the native trace format: what trace_write.c and trace_read.c share.
 *
 * docs/trace-format.md describes the bytes.  A frame's payload is coded by frame_encode.c (addresses by
 * predict.c) and decoded by frame_decode.c and frame_kernels.c; the words of the rare kinds by words.c, the
 * same predictor on both sides.  Nothing here touches a file.
 */
#ifndef TRACES_FORMAT_H
#define TRACES_FORMAT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "traces/trace.h"

#define TRACE_MAGIC     "IOMMUTRC"
#define TRACE_END_MAGIC "IOMMUEND"

enum {
    TRACE_SKIP_HEAD     = 0x184D2A58,     /* zstd skippable frames hold header and trailer */
    TRACE_SKIP_TAIL     = 0x184D2A59,
    TRACE_HEAD_BYTES    = 8 + 8 + 4 * 4 + 8 + 64 + 4,
    TRACE_TRAILER_BYTES = 8 + 8 * 5 + 4 * 4 + 4 + 8,

    TRACE_RAW_MAX       = 16 << 20,       /* payload of one frame                           */
    TRACE_RECORD_RAW    = 184,            /* most bytes a record can take of it             */
    TRACE_TABLE_BYTES   = 1 << 20,        /* of new entries, about, in a writer's frame     */
    TRACE_STRING_MAX    = 4096,
    TRACE_STRINGS_MAX   = 1 << 22,
    TRACE_STREAMS_MAX   = 1 << 24,
    TRACE_TEXT_MAX      = 64 << 20,       /* all strings together                           */

    TRACE_CHUNK         = 512,           /* records decoded at a time                      */
    TRACE_SLACK         = TRACE_CHUNK * 8 + 64, /* bytes readable behind a payload          */
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are read and written as memory is");
_Static_assert(TRACE_FRAME_RECORDS * TRACE_RECORD_RAW + 2 * TRACE_TABLE_BYTES <=
               TRACE_RAW_MAX, "a writer's frame is never larger than a reader takes");

/* The first byte of a payload. */
enum trace_payload { TRACE_P_DATA = 'D', TRACE_P_TABLES = 'T', TRACE_P_INDEX = 'X' };

/* ---- bytes ---------------------------------------------------------------------------------------- */

struct bytes {                            /* grows; `failed` once memory ran out */
    uint8_t *p;
    size_t n, cap;
    bool failed;
};

bool bytes_room(struct bytes *b, size_t more);
void bytes_put(struct bytes *b, const void *p, size_t n);
void bytes_u8(struct bytes *b, unsigned v);
void bytes_varint(struct bytes *b, uint64_t v);
void bytes_zigzag(struct bytes *b, uint64_t difference);
void bytes_free(struct bytes *b);

struct input {                            /* `bad` once the end was passed or a number is malformed */
    const uint8_t *p, *end;
    bool bad;
};

uint8_t  input_u8(struct input *in);
uint64_t input_varint(struct input *in);
uint64_t input_zigzag(struct input *in);
uint64_t input_limited(struct input *in, uint64_t max);      /* bad if above max */
const uint8_t *input_take(struct input *in, uint64_t n);      /* NULL if there are fewer */

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

/* Bytes that hold v: 0 for 0. */
static inline unsigned width_unsigned(uint64_t v)
{
    return v ? (71u - (unsigned)__builtin_clzll(v)) / 8 : 0;
}

/* Bytes that hold v in two's complement: 0 for 0. */
static inline unsigned width_signed(uint64_t v)
{
    uint64_t magnitude = v ^ (uint64_t)((int64_t)v >> 63);

    return v ? magnitude ? (72u - (unsigned)__builtin_clzll(magnitude)) / 8 : 1 : 0;
}

static inline uint64_t width_mask(unsigned width)
{
    return width >= 8 ? ~0ull : (1ull << 8 * width) - 1;
}

static inline uint64_t sign_extend(uint64_t v, unsigned width)
{
    uint64_t sign = width ? 1ull << (8 * width - 1) : 0;

    return ((v & width_mask(width)) ^ sign) - sign;
}

/* CRC-32C of header and trailer; the frames carry zstd's checksum. */
uint32_t trace_crc32c(const void *p, size_t n);

/* ---- strings and streams (tables.c) ----------------------------------------------------------------- */

struct trace_tables {
    struct bytes text;                    /* all strings, each with its zero                 */
    uint32_t *string_at;                  /* [strings], by id - 1                            */
    struct trace_stream *stream;          /* [streams]                                       */
    uint32_t strings, streams, string_cap, stream_cap;
    uint32_t *string_slot, *stream_slot;  /* hash tables of number + 1, of a writer          */
    uint32_t string_slots, stream_slots;
};

void tables_free(struct trace_tables *t);
const char *tables_text(const struct trace_tables *t, uint32_t id);     /* "" if unknown */
/* Finds or adds; 0 and ~0u if there is no room or memory. */
uint32_t tables_string(struct trace_tables *t, const char *text);
uint32_t tables_stream(struct trace_tables *t, uint32_t sid, uint32_t name);
/* Codes the entries from number `string` and `stream` on, up to about `most` bytes, and moves both. */
void tables_put(const struct trace_tables *t, uint32_t *string, uint32_t *stream, size_t most,
                struct bytes *out);
/* Adds coded entries; with t NULL only passes over them.  NULL or what is wrong. */
const char *tables_get(struct trace_tables *t, struct input *in);

/* ---- words of the rare kinds (words.c) -------------------------------------------------------------- */

enum { WORDS_PAGES = 4096 };

struct words_last {                       /* of one context */
    uint64_t last[REC_WORDS_MAX], step[REC_WORDS_MAX];
    uint8_t  code[REC_WORDS_MAX];         /* the last one chosen; the encoder's taste only */
};

struct words {                            /* what predicts a word; starts anew with a frame */
    struct words_last *ctx;               /* [cap] */
    size_t cap;
    uint64_t access;                      /* address of the last access                      */
    uint32_t stream;                      /* and its stream                                  */
    uint64_t range;                       /* address of the last MAP or UNMAP                */
    uint64_t leaf;                        /* physical address last put into a table          */
    uint64_t page[WORDS_PAGES];           /* what an access to a page was answered, by hash  */
};

bool words_start(struct words *w, size_t contexts);
void words_free(struct words *w);
/* Every record passes here in order, those without words too. */
static inline void words_note(struct words *w, const struct rec *r)
{
    if (r->kind <= REC_TRANSLATED) {
        w->access = r->addr;
        w->stream = r->stream;
    } else if (r->kind == REC_MAP || r->kind == REC_UNMAP) {
        w->range = r->addr;
    }
}
/* The address of such a record is coded as its distance from that of the last access. */
static inline bool words_relative(const struct rec *r)
{
    return r->kind == REC_EXPECT && r->words;
}
void words_encode(struct words *w, unsigned ctx, const struct rec *r, const uint64_t *word,
                  struct bytes *control, struct bytes *data);
bool words_decode(struct words *w, unsigned ctx, const struct rec *r, struct input *control,
                  struct input *data, uint64_t *word);

/* ---- a data frame ----------------------------------------------------------------------------------- */

struct frame_head {
    uint32_t records;
    uint64_t number;                      /* of its first record */
    uint64_t first_time, span;            /* last_time = first_time + span */
    uint32_t kinds;                       /* bit set */
    uint32_t by_kind[REC_KIND_COUNT];
};

/* The control byte of a record. */
enum {
    CTRL_CURSOR = 3 << 0,                 /* which of the space's cursors                     */
    CTRL_ADDR   = 3 << 2,                 /* enum addr_class                                  */
    CTRL_TIME   = 3 << 4,                 /* which of the frame's time widths                 */
    CTRL_LEN    = 1 << 6,                 /* the length is in its column                      */
    CTRL_LONG   = 1 << 7,                 /* the longer of the class's two address widths      */
};
enum addr_class {
    ADDR_EXACT,                           /* as predicted                                     */
    ADDR_NEAR,                            /* off the prediction; the step stays               */
    ADDR_STEP,                            /* off the prediction by what the step is off       */
    ADDR_FAR,                             /* off the space's base; the step becomes the length */
    ADDR_CLASSES
};
enum { FRAME_CURSORS = 4, FRAME_WIDTHS = 4 };

struct frame_params {                     /* what the columns are like */
    uint64_t step;                        /* added to every time difference */
    uint8_t  time_width[FRAME_WIDTHS];
    uint8_t  addr_width[2][ADDR_CLASSES]; /* short and long; [][ADDR_EXACT] is 0 */
    uint8_t  len_width;
};

struct frame_cursor { uint64_t next, step; };

/* What a record with this context adds to its address after a far jump, besides its length. */
static inline uint64_t frame_far_step(unsigned kind, unsigned words)
{
    return kind == REC_TABLE ? 8ull * words : 0;
}

/* Encoder: records of one frame in, payload out, in pieces that are best compressed apart. */
struct frame_encoder;
enum { FRAME_PIECES = 9 };

struct frame_encoder *frame_encoder_new(void);
void frame_encoder_free(struct frame_encoder *e);
/* `words` are the records' words in order, `tables` the coded new strings and streams.  piece[i] stays
 * the encoder's.  0 or SIM_EENV. */
int frame_encode(struct frame_encoder *e, const struct rec *rec, uint32_t n, uint64_t number,
                 const uint64_t *words, const struct bytes *tables,
                 struct bytes piece[FRAME_PIECES], struct frame_head *head);

/* Decoder: a payload in, records out, TRACE_CHUNK at a time. */
/* What a control byte means in this frame, spelled out. */
struct ctrl_meaning {
    uint64_t addr_mask, addr_sign, time_mask;
    uint64_t far, step;                   /* all ones: a jump; corrects the step */
    uint32_t len_mask, len_given;
    uint8_t  addr_width, time_width, len_width;
};

struct frame_context {
    uint32_t stream, len;
    uint64_t tail;                        /* pasid, kind, flags, words as in struct rec         */
    uint64_t base, scale_less_1;          /* far addresses: base + column * scale, of its space  */
    uint32_t space, far_step;
};

struct frame_space { struct frame_cursor cursor[FRAME_CURSORS]; };
struct frame_base { uint64_t base; uint8_t shift; };

struct frame_decoder {
    struct frame_head head;
    struct frame_params par;
    uint32_t done;                        /* records decoded */
    uint64_t time;
    uint32_t wraps;                       /* of time; 0 in a good frame */
    uint32_t contexts, spaces, context_cap, space_cap;
    struct frame_context *context;
    struct frame_space *space;
    struct frame_base *base;              /* of each space */
    bool fixed_ctrl, has_words;
    bool steady;                          /* every record as predicted, at equal steps of time */
    uint8_t ctrl_value;
    struct ctrl_meaning meaning[256];
    const uint8_t *ctrl, *context_lo, *context_hi;      /* columns; NULL where constant */
    const uint8_t *addr, *addr_end, *times, *times_end, *len, *len_end;
    struct input word_control, word_data;
    struct words words;
    uint8_t zeros[TRACE_CHUNK];           /* a constant column */
    char why[160];                        /* what is wrong with the frame */
};

/* The payload's head, behind its first byte.  False and d->why if malformed, as below. */
bool frame_read_head(struct frame_decoder *d, struct input *in);
/* What follows the tables; the payload must stay, with TRACE_SLACK readable bytes behind it. */
bool frame_open(struct frame_decoder *d, struct input *in, uint32_t streams);
/* The next records, at most TRACE_CHUNK; *n = 0 at the end. */
bool frame_next(struct frame_decoder *d, struct rec *rec, struct rec_ext *ext, size_t *n);
void frame_decoder_free(struct frame_decoder *d);
bool frame_fail(struct frame_decoder *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* frame_kernels.c: the next n records from the columns, unchecked. */
void frame_spell_out(const struct frame_params *p, struct ctrl_meaning m[256]);
void frame_kernel(struct frame_decoder *d, struct rec *rec, size_t n);

/* ---- reading from memory ---------------------------------------------------------------------------- */

/* As trace_open, from bytes that must stay; `name` is for messages. */
struct trace_reader *trace_open_mem(const void *p, size_t n, const char *name, struct diag *d);

#endif
