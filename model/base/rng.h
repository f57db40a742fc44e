/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.h - seeded random streams (xoshiro256**), one per component path, so that adding a component does
 * not change what another one draws.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* The stream of (run seed, path). */
void rng_init(struct rng *r, uint64_t seed, const char *path);

static inline uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t x = s[1] * 5;
    uint64_t result = ((x << 7) | (x >> 57)) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* 0 .. n-1, uniform to 2^-64; n is not 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)rng_u64(r) * n) >> 64);
}

#endif
