/* SPDX-License-Identifier: Apache-2.0
 *
 * Strings and streams of a trace: numbered in the order they came, strings from 1, streams from 0.
 */
#include "traces/format.h"

#include <stdlib.h>

#include "base/bits.h"

void tables_free(struct trace_tables *t)
{
    bytes_free(&t->text);
    free(t->string_at);
    free(t->stream);
    free(t->string_slot);
    free(t->stream_slot);
    *t = (struct trace_tables){ 0 };
}

const char *tables_text(const struct trace_tables *t, uint32_t id)
{
    return id && id <= t->strings ? (const char *)t->text.p + t->string_at[id - 1] : "";
}

/* ---- adding ----------------------------------------------------------------------------------------- */

static bool grow(void **p, uint32_t *cap, uint32_t need, size_t size)
{
    uint32_t more = *cap ? *cap * 2 : 16;
    void *q;

    if (need <= *cap)
        return true;
    q = realloc(*p, more * size);
    if (!q)
        return false;
    *p = q;
    *cap = more;
    return true;
}

/* Why it cannot be added, or NULL. */
static const char *add_string(struct trace_tables *t, const char *text, size_t n)
{
    void *p = t->string_at;

    if (n > TRACE_STRING_MAX)
        return "a string is too long";
    if (t->strings == TRACE_STRINGS_MAX || t->text.n + n + 1 > TRACE_TEXT_MAX)
        return "too many strings";
    if (!grow(&p, &t->string_cap, t->strings + 1, sizeof *t->string_at))
        return "out of memory";
    t->string_at = p;
    t->string_at[t->strings] = (uint32_t)t->text.n;
    bytes_put(&t->text, text, n);
    bytes_u8(&t->text, 0);
    if (t->text.failed)
        return "out of memory";
    t->strings++;
    return NULL;
}

static const char *add_stream(struct trace_tables *t, uint32_t sid, uint32_t name)
{
    void *p = t->stream;

    if (name > t->strings)
        return "a stream's name does not exist";
    if (t->streams == TRACE_STREAMS_MAX)
        return "too many streams";
    if (!grow(&p, &t->stream_cap, t->streams + 1, sizeof *t->stream))
        return "out of memory";
    t->stream = p;
    t->stream[t->streams++] = (struct trace_stream){ sid, name };
    return NULL;
}

/* ---- finding ---------------------------------------------------------------------------------------- */

static uint64_t text_hash(const char *text)
{
    uint64_t h = 0;

    for (; *text; text++)
        h = bits_mix(h + (uint8_t)*text + 1);
    return h;
}

static uint64_t stream_hash(uint32_t sid, uint32_t name)
{
    return bits_mix((uint64_t)name << 32 | sid);
}

static uint64_t hash_of(const struct trace_tables *t, bool strings, uint32_t i)
{
    return strings ? text_hash(tables_text(t, i + 1))
                   : stream_hash(t->stream[i].sid, t->stream[i].name);
}

/* Keeps a hash table at most half full; numbers all entries anew. */
static bool rehash(struct trace_tables *t, bool strings)
{
    uint32_t **slot = strings ? &t->string_slot : &t->stream_slot;
    uint32_t *slots = strings ? &t->string_slots : &t->stream_slots;
    uint32_t n = strings ? t->strings : t->streams, more = *slots ? *slots * 2 : 64;

    if ((n + 1) * 2 <= *slots)
        return true;
    free(*slot);
    *slot = calloc(more, sizeof **slot);
    *slots = *slot ? more : 0;
    for (uint32_t i = 0; *slot && i < n; i++) {
        uint64_t h = hash_of(t, strings, i);

        while ((*slot)[h % more])
            h++;
        (*slot)[h % more] = i + 1;
    }
    return *slot != NULL;
}

uint32_t tables_string(struct trace_tables *t, const char *text)
{
    uint64_t h = text_hash(text);

    if (!rehash(t, true))
        return 0;
    for (; t->string_slot[h % t->string_slots]; h++) {
        uint32_t id = t->string_slot[h % t->string_slots];

        if (strcmp(tables_text(t, id), text) == 0)
            return id;
    }
    if (add_string(t, text, strlen(text)))
        return 0;
    return t->string_slot[h % t->string_slots] = t->strings;
}

uint32_t tables_stream(struct trace_tables *t, uint32_t sid, uint32_t name)
{
    uint64_t h = stream_hash(sid, name);

    if (!rehash(t, false))
        return ~0u;
    for (; t->stream_slot[h % t->stream_slots]; h++) {
        const struct trace_stream *s = &t->stream[t->stream_slot[h % t->stream_slots] - 1];

        if (s->sid == sid && s->name == name)
            return (uint32_t)(s - t->stream);
    }
    if (add_stream(t, sid, name))
        return ~0u;
    t->stream_slot[h % t->stream_slots] = t->streams;
    return t->streams - 1;
}

/* ---- coded ------------------------------------------------------------------------------------------ */

/* How many entries from `from` on fit into `most` bytes; at least one, if there is one. */
static uint32_t fitting(const struct trace_tables *t, uint32_t from, size_t most)
{
    uint32_t i = from;
    size_t n = 0;

    for (; i < t->strings && (i == from || n < most); i++)
        n += strlen(tables_text(t, i + 1)) + 2;
    return i - from;
}

void tables_put(const struct trace_tables *t, uint32_t *string, uint32_t *stream, size_t most,
                struct bytes *out)
{
    uint32_t strings = fitting(t, *string, most), streams = 0, sid = 0;

    bytes_varint(out, strings);
    for (uint32_t end = *string + strings; *string < end; ++*string) {
        const char *text = tables_text(t, *string + 1);

        bytes_varint(out, strlen(text));
        bytes_put(out, text, strlen(text));
    }
    if (*string == t->strings && out->n < most)     /* a name must stand before its stream */
        streams = t->streams - *stream < most / 16 ? t->streams - *stream : (uint32_t)(most / 16);
    bytes_varint(out, streams);
    for (uint32_t end = *stream + streams; *stream < end; sid = t->stream[(*stream)++].sid) {
        bytes_zigzag(out, (uint64_t)(int32_t)(t->stream[*stream].sid - sid));
        bytes_varint(out, t->stream[*stream].name);
    }
}

static const char *get_string(struct trace_tables *t, struct input *in)
{
    uint64_t n = input_limited(in, TRACE_STRING_MAX);
    const uint8_t *p = input_take(in, n);

    if (!p)
        return "a string is malformed";
    if (memchr(p, 0, n))
        return "a string holds a zero byte";
    return t ? add_string(t, (const char *)p, n) : NULL;
}

const char *tables_get(struct trace_tables *t, struct input *in)
{
    uint64_t n = input_limited(in, TRACE_STRINGS_MAX);
    const char *wrong = NULL;
    uint32_t sid = 0;

    while (!wrong && n-- && !in->bad)
        wrong = get_string(t, in);
    if (wrong)
        return wrong;
    n = input_limited(in, TRACE_STREAMS_MAX);
    while (!wrong && n-- && !in->bad) {
        uint32_t name;

        sid += (uint32_t)input_zigzag(in);
        name = (uint32_t)input_limited(in, TRACE_STRINGS_MAX);
        wrong = t && !in->bad ? add_stream(t, sid, name) : NULL;
    }
    return wrong ? wrong : in->bad ? "the table of streams is malformed" : NULL;
}
