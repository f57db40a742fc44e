/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sim_check_failed(const char *file, int line, const char *cond, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "iommusim: internal check failed at %s:%d: %s: ", file, line, cond);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}
