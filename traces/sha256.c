/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 [FIPS 180-4] of a file, so that a run can name its trace.  Ours, since no library the project
 * already needs has it.
 */
#include "traces/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

static void digest_block(uint32_t h[8], const uint8_t *block)
{
    uint32_t w[64], v[8];

    schedule(block, w);
    memcpy(v, h, sizeof v);
    for (unsigned t = 0; t < 64; t++) {
        uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[t] + w[t];
        uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        h[i] += v[i];
}

/* The last, incomplete block: a one bit, zeros, the length in bits. */
static void digest_end(uint32_t h[8], uint8_t block[128], size_t n, uint64_t total)
{
    size_t end = n < 56 ? 64 : 128;

    memset(block + n, 0, 128 - n);
    block[n] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        block[end - 1 - i] = (uint8_t)(total * 8 >> 8 * i);
    for (size_t at = 0; at < end; at += 64)
        digest_block(h, block + at);
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
    uint8_t buf[16384], last[128];
    uint64_t total = 0;
    ssize_t n;

    while ((n = read_full(fd, buf, sizeof buf)) > 0) {
        size_t whole = (size_t)n / 64 * 64;

        for (size_t at = 0; at < whole; at += 64)
            digest_block(h, buf + at);
        total += (uint64_t)n;
        memcpy(last, buf + whole, (size_t)n - whole);
        if (n < (ssize_t)sizeof buf)
            break;
    }
    if (n >= 0)
        digest_end(h, last, total % 64, total);
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
