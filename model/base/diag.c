/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

void diag_init(struct diag *d)
{
    *d = (struct diag){ 0 };
}

void diag_destroy(struct diag *d)
{
    free(d->msg);
    *d = (struct diag){ 0 };
}

static void add(struct diag *d, const char *file, unsigned long line, unsigned long col,
                const char *fmt, va_list ap)
{
    struct diag_msg *m;

    if (!d)
        return;
    d->n++;
    if (!d->msg)
        d->msg = calloc(DIAG_MAX, sizeof *d->msg);
    if (!d->msg || d->kept == DIAG_MAX)
        return;
    m = &d->msg[d->kept++];
    snprintf(m->file, sizeof m->file, "%s", file ? file : "");
    m->line = line;
    m->col = col;
    vsnprintf(m->text, sizeof m->text, fmt, ap);
}

int diag_add(struct diag *d, const char *file, unsigned long line, unsigned long col,
             const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(d, file, line, col, fmt, ap);
    va_end(ap);
    return SIM_EINPUT;
}

int diag_env(struct diag *d, const char *file, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(d, file, 0, 0, fmt, ap);
    va_end(ap);
    return SIM_EENV;
}

bool diag_empty(const struct diag *d)
{
    return d->n == 0;
}

void diag_print(const struct diag *d, FILE *to)
{
    for (unsigned i = 0; i < d->kept; i++) {
        const struct diag_msg *m = &d->msg[i];

        if (m->file[0])
            fprintf(to, "%s:", m->file);
        if (m->line)
            fprintf(to, "%lu:", m->line);
        if (m->col)
            fprintf(to, "%lu:", m->col);
        fprintf(to, "%s%s\n", m->file[0] || m->line ? " " : "", m->text);
    }
    if (d->n > d->kept)
        fprintf(to, "and %u more\n", d->n - d->kept);
}

/* Levenshtein distance, given up above `limit`. */
static unsigned distance(const char *a, const char *b, unsigned limit)
{
    unsigned row[128];
    size_t na = strlen(a), nb = strlen(b);

    if (na >= 127 || nb >= 127)
        return limit + 1;
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned above = row[j];
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[nb];
}

const char *diag_nearest(const char *name, const char *const *candidates, size_t n)
{
    unsigned best = (unsigned)strlen(name) / 3 + 2;
    const char *found = NULL;

    for (size_t i = 0; i < n; i++) {
        unsigned d = distance(name, candidates[i], best);

        if (d < best) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
