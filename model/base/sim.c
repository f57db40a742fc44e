/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Thread_local const struct sim_place *sim_check_place;

void sim_check_failed(const char *file, int line, const char *cond, const char *fmt, ...)
{
    char where[256] = "";
    va_list ap;

    if (sim_check_place)
        sim_check_place->describe(sim_check_place, where, sizeof where);
    fprintf(stderr, "iommusim: internal check failed at %s:%d%s: %s: ", file, line, where, cond);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}
