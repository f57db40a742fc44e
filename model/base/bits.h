/* SPDX-License-Identifier: Apache-2.0
 *
 * bits.h - bit ranges as the manuals print them (high bit first, both inclusive), alignment, mixing.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H
#include <stdbool.h>
#include <stdint.h>

static inline uint64_t bits_mask(unsigned hi, unsigned lo)
{
    return (~0ull >> (63 - (hi - lo))) << lo;
}

static inline uint64_t bits_get(uint64_t v, unsigned hi, unsigned lo)
{
    return (v & bits_mask(hi, lo)) >> lo;
}

static inline uint64_t bits_set(uint64_t v, unsigned hi, unsigned lo, uint64_t field)
{
    return (v & ~bits_mask(hi, lo)) | ((field << lo) & bits_mask(hi, lo));
}

/* The n low bits set; n may be 64. */
static inline uint64_t bits_low(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static inline uint64_t bits_align_down(uint64_t v, unsigned log2)
{
    return v & ~bits_low(log2);
}

static inline bool bits_is_pow2(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/* floor(log2(v)); v is not 0. */
static inline unsigned bits_log2(uint64_t v)
{
    return 63u - (unsigned)__builtin_clzll(v);
}

/* A 64-bit finalizer: every input bit reaches every output bit.  For hash tables and seeds. */
static inline uint64_t bits_mix(uint64_t v)
{
    v ^= v >> 30;
    v *= 0xbf58476d1ce4e5b9ull;
    v ^= v >> 27;
    v *= 0x94d049bb133111ebull;
    return v ^ (v >> 31);
}

#endif
