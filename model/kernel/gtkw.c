/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/gtkw.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"

enum {
    WAVES_WIDTH = 1100,                /* pixels of it beside names and tree                     */
    FRAME_WIDTH = 200,                 /* pixels of what GTKWave's zoom is the time of           */
};

void gtkw_path(const char *fst, char *buf, size_t size)
{
    size_t n = strlen(fst);

    if (n > 4 && strcmp(fst + n - 4, ".fst") == 0)
        n -= 4;
    snprintf(buf, size, "%.*s.gtkw", (int)n, fst);
}

const char *gtkw_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Of 1 .. 2 the logarithm is at most 0.09 more than the number less 1. */
double gtkw_zoom(uint64_t span_ps)
{
    uint64_t ps = span_ps / WAVES_WIDTH * FRAME_WIDTH + span_ps % WAVES_WIDTH * FRAME_WIDTH / WAVES_WIDTH + 1;
    unsigned n = bits_log2(ps);

    return n + (double)ps / (double)(1ull << n) - 0.91;
}
