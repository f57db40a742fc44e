/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 [FIPS 180-4] of a file, so that a run can name its trace.  Ours, since no library the
 * project already needs has it.
 */
#include "traces/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "base/sim.h"

static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void schedule(const uint8_t *block, uint32_t w[64])
{
    for (unsigned t = 0; t < 16; t++)
        w[t] = big32(block + 4 * t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];

        w[t] = (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10) + w[t - 7] +
               (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[t - 16];
    }
}

/* The eight variables stay where they are and change their roles from round to round. */
static void digest_block_c(uint32_t h[8], const uint8_t *block)
{
    uint32_t w[64], v[8];

    schedule(block, w);
    memcpy(v, h, sizeof v);
    for (unsigned t = 0; t < 64; t += 8) {
#pragma GCC unroll 8
        for (unsigned j = 0; j < 8; j++) {
#define ROLE(n) v[((n) - j) & 7]
            uint32_t s1 = rotate(ROLE(4), 6) ^ rotate(ROLE(4), 11) ^ rotate(ROLE(4), 25);
            uint32_t s0 = rotate(ROLE(0), 2) ^ rotate(ROLE(0), 13) ^ rotate(ROLE(0), 22);
            uint32_t t1 =
                ROLE(7) + s1 + ((ROLE(4) & ROLE(5)) ^ (~ROLE(4) & ROLE(6))) + k[t + j] + w[t + j];
            uint32_t t2 = s0 + ((ROLE(0) & ROLE(1)) ^ (ROLE(0) & ROLE(2)) ^ (ROLE(1) & ROLE(2)));

            ROLE(3) += t1;
            ROLE(7) = t1 + t2;
#undef ROLE
        }
    }
    for (unsigned i = 0; i < 8; i++)
        h[i] += v[i];
}

#ifdef __x86_64__
/* With the processor's own instructions: a replay of a long trace waits for this. */
__attribute__((target("sha,sse4.1")))
static void digest_block_sha(uint32_t h[8], const uint8_t *block)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)h);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(h + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    __m128i abef_in = abef, cdgh_in = cdgh, m[4];

#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        __m128i *now = &m[i & 3], x;

        if (i < 4) {
            *now = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)), swap);
        } else {
            const __m128i last = m[(i + 3) & 3];

            x = _mm_add_epi32(_mm_sha256msg1_epu32(*now, m[(i + 1) & 3]),
                              _mm_alignr_epi8(last, m[(i + 2) & 3], 4));
            *now = _mm_sha256msg2_epu32(x, last);
        }
        x = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(const void *)(k + 4 * i)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, x);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(x, 0x0e));
    }
    abef = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_in), 0x1b);       /* feba */
    cdgh = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_in), 0xb1);       /* dchg */
    _mm_storeu_si128((__m128i *)(void *)h, _mm_blend_epi16(abef, cdgh, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(h + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

static bool has_sha(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) &&
           __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1);
}
#endif

typedef void digest(uint32_t h[8], const uint8_t *block);

static digest *digest_of_this_machine(void)
{
#ifdef __x86_64__
    if (has_sha())
        return digest_block_sha;
#endif
    return digest_block_c;
}

/* The last, incomplete block: a one bit, zeros, the length in bits. */
static void digest_end(digest *fn, uint32_t h[8], uint8_t block[128], size_t n, uint64_t total)
{
    size_t end = n < 56 ? 64 : 128;

    memset(block + n, 0, 128 - n);
    block[n] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        block[end - 1 - i] = (uint8_t)(total * 8 >> 8 * i);
    for (size_t at = 0; at < end; at += 64)
        fn(h, block + at);
}

/* Fills buf as far as the file goes; negative on an error. */
static ssize_t read_full(int fd, uint8_t *buf, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = read(fd, buf + have, n - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return got;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static int digest_file(int fd, uint32_t h[8])
{
    digest *fn = digest_of_this_machine();
    uint8_t buf[16384], last[128];
    uint64_t total = 0;
    ssize_t n;

    while ((n = read_full(fd, buf, sizeof buf)) > 0) {
        size_t whole = (size_t)n / 64 * 64;

        for (size_t at = 0; at < whole; at += 64)
            fn(h, buf + at);
        total += (uint64_t)n;
        memcpy(last, buf + whole, (size_t)n - whole);
        if (n < (ssize_t)sizeof buf)
            break;
    }
    if (n >= 0)
        digest_end(fn, h, last, total % 64, total);
    return n < 0 ? -1 : 0;
}

int trace_sha256(const char *path, char hex[65], struct diag *d)
{
    uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    int fd = open(path, O_RDONLY | O_CLOEXEC), error;

    hex[0] = 0;
    if (fd < 0)
        return diag_env(d, path, "cannot open: %s", strerror(errno));
    error = digest_file(fd, h);
    if (error)
        diag_env(d, path, "cannot read: %s", strerror(errno));
    close(fd);
    for (unsigned i = 0; i < 8 && !error; i++)
        snprintf(hex + 8 * i, 9, "%08x", h[i]);
    return error ? SIM_EENV : 0;
}
