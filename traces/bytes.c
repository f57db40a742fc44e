/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/format.h"

#include <stdlib.h>

bool bytes_room(struct bytes *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 256;
    uint8_t *p;

    if (b->failed || more <= b->cap - b->n)
        return !b->failed;
    while (cap - b->n < more)
        cap *= 2;
    p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void bytes_put(struct bytes *b, const void *p, size_t n)
{
    if (n && bytes_room(b, n)) {
        memcpy(b->p + b->n, p, n);
        b->n += n;
    }
}

void bytes_u8(struct bytes *b, unsigned v)
{
    if (bytes_room(b, 1))
        b->p[b->n++] = (uint8_t)v;
}

void bytes_varint(struct bytes *b, uint64_t v)
{
    if (!bytes_room(b, 10))
        return;
    for (; v >= 0x80; v >>= 7)
        b->p[b->n++] = (uint8_t)(v | 0x80);
    b->p[b->n++] = (uint8_t)v;
}

void bytes_zigzag(struct bytes *b, uint64_t difference)
{
    bytes_varint(b, difference << 1 ^ (uint64_t)((int64_t)difference >> 63));
}

void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){ 0 };
}

uint8_t input_u8(struct input *in)
{
    if (in->p == in->end) {
        in->bad = true;
        return 0;
    }
    return *in->p++;
}

uint64_t input_varint(struct input *in)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = input_u8(in);

        if (in->bad || (shift == 63 && byte > 1))
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    in->bad = true;
    return 0;
}

uint64_t input_zigzag(struct input *in)
{
    uint64_t v = input_varint(in);

    return v >> 1 ^ (0 - (v & 1));
}

uint64_t input_limited(struct input *in, uint64_t max)
{
    uint64_t v = input_varint(in);

    if (v <= max)
        return v;
    in->bad = true;
    return 0;
}

const uint8_t *input_take(struct input *in, uint64_t n)
{
    const uint8_t *p = in->p;

    if (in->bad || n > (uint64_t)(in->end - in->p)) {
        in->bad = true;
        return NULL;
    }
    in->p += n;
    return p;
}

uint32_t trace_crc32c(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < n; i++) {
        crc ^= b[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0x82f63b78u & (0 - (crc & 1)));
    }
    return ~crc;
}
