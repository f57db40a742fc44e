/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/zipf.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"

typedef unsigned __int128 u128;

enum { ONE_LOG2 = 62, STEPS = 44 };            /* fixed point; bits of a logarithm's fraction */
#define ONE (1ull << ONE_LOG2)

static uint64_t isqrt(u128 v)
{
    u128 root = 0, bit = (u128)1 << 124;

    for (; bit; bit >>= 2) {
        if (v >= root + bit) {
            v -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint64_t)root;
}

/* log2(k) with STEPS bits after the point: squares the mantissa once a bit. */
static uint64_t log2_fixed(uint64_t k)
{
    unsigned whole = bits_log2(k);
    uint64_t m = k << (ONE_LOG2 - whole), result = whole;

    for (int i = 0; i < STEPS; i++) {
        u128 square = (u128)m * m;
        bool carry = square >> (2 * ONE_LOG2 + 1);

        m = (uint64_t)(square >> (ONE_LOG2 + carry));
        result = result << 1 | carry;
    }
    return result;
}

/* 2^-y, y with STEPS bits after the point: the product of 2^-(2^-i) over the bits that are set. */
static uint64_t exp2_minus(uint64_t y, const uint64_t *half_root)
{
    uint64_t whole = y >> STEPS, p = ONE;

    if (whole >= ONE_LOG2)
        return 0;
    for (int i = 0; i < STEPS; i++)
        if (y >> (STEPS - 1 - i) & 1)
            p = (uint64_t)((u128)p * half_root[i] >> ONE_LOG2);
    return p >> whole;
}

/* half_root[i] = 2^-(2^-(i+1)). */
static void roots(uint64_t *half_root)
{
    uint64_t r = ONE / 2;

    for (int i = 0; i < STEPS; i++) {
        r = isqrt((u128)r << ONE_LOG2);
        half_root[i] = r;
    }
}

static uint64_t weight(uint64_t k, uint64_t theta_micro, const uint64_t *half_root)
{
    return exp2_minus((uint64_t)((u128)log2_fixed(k) * theta_micro / 1000000), half_root);
}

uint64_t zipf_weight(uint64_t k, uint64_t theta_micro)
{
    uint64_t half_root[STEPS];

    roots(half_root);
    return weight(k, theta_micro, half_root);
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t t = a % b;

        a = b;
        b = t;
    }
    return a;
}

/* A multiplier without common divisor with n, near the golden section, spreads neighbours best. */
static uint64_t multiplier(uint64_t n)
{
    uint64_t m = n * 618034 / 1000000 + 1;

    while (gcd(m, n) != 1)
        m++;
    return m;
}

uint32_t zipf_item(uint64_t n, uint64_t k)
{
    return (uint32_t)(k * multiplier(n) % n);
}

/* share[i]: n times the probability of item i, in units of 2^-32. */
static void shares(uint64_t *share, uint64_t n, uint64_t theta_micro)
{
    uint64_t half_root[STEPS], m = multiplier(n);
    u128 sum = 0;

    roots(half_root);
    for (uint64_t k = 0; k < n; k++) {
        uint64_t w = weight(k + 1, theta_micro, half_root);

        share[k * m % n] = w;
        sum += w;
    }
    for (uint64_t i = 0; i < n; i++)           /* 62 + 24 + 32 bits: fits */
        share[i] = (uint64_t)(((u128)share[i] * n << 32) / sum);
}

/* Walker's method: every slot holds one item's rest below 1 and fills up from an item above 1. */
static void fill(struct zipf *z, uint64_t *share, uint32_t *stack)
{
    uint32_t n = z->n, small = 0, large = n;

    for (uint32_t i = 0; i < n; i++)
        stack[share[i] >> 32 ? --large : small++] = i;
    while (small > 0 && large < n) {
        uint32_t s = stack[--small], l = stack[large];

        z->slot[s] = (struct zipf_slot){ (uint32_t)share[s], l };
        share[l] -= (1ull << 32) - share[s];
        if (!(share[l] >> 32)) {
            large++;
            stack[small++] = l;
        }
    }
    while (small > 0) {                        /* what rounding left: as good as 1 */
        uint32_t s = stack[--small];

        z->slot[s] = (struct zipf_slot){ 0, s };
    }
    while (large < n) {
        uint32_t l = stack[large++];

        z->slot[l] = (struct zipf_slot){ 0, l };
    }
}

int zipf_init(struct zipf *z, uint64_t n, uint64_t theta_micro)
{
    uint64_t *share = calloc(n, sizeof *share);
    uint32_t *stack = calloc(n, sizeof *stack);
    int err = SIM_EENV;

    z->n = (uint32_t)n;
    z->slot = calloc(n, sizeof *z->slot);
    if (share && stack && z->slot) {
        shares(share, n, theta_micro);
        fill(z, share, stack);
        err = 0;
    }
    free(share);
    free(stack);
    return err;
}

void zipf_destroy(struct zipf *z)
{
    free(z->slot);
    z->slot = NULL;
}
