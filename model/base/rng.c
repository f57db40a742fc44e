/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include "base/bits.h"

void rng_init(struct rng *r, uint64_t seed, const char *path)
{
    uint64_t h = 0xcbf29ce484222325ull;   /* FNV-1a of the path, then splitmix64 */

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 0x100000001b3ull;
    h ^= bits_mix(seed);
    for (int i = 0; i < 4; i++) {
        h += 0x9e3779b97f4a7c15ull;
        r->s[i] = bits_mix(h);
    }
}
