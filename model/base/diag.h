/* SPDX-License-Identifier: Apache-2.0
 *
 * diag.h - what is wrong with the user's input, all of it at once.
 *
 * Libraries fill a struct diag and return; cli/ prints it and decides the exit status.  A message says
 * what was found and what was expected, in lower case: `smmu.tlb.sets = 48: not a power of two`.
 * At most DIAG_MAX messages are kept; the rest are counted.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H
#include <stdbool.h>
#include <stdio.h>

enum { DIAG_MAX = 50, DIAG_TEXT = 400 };

struct diag_msg {
    char file[256];            /* "" where no file is involved   */
    unsigned long line, col;   /* 0 where unknown; counted from 1 */
    char text[DIAG_TEXT];
};

struct diag {
    unsigned n;                /* messages given, kept or not */
    unsigned kept;
    struct diag_msg *msg;      /* [kept], allocated at the first message */
};

void diag_init(struct diag *d);
void diag_destroy(struct diag *d);

/* `d` may be NULL: the message is dropped.  Returns SIM_EINPUT so that a caller can return it. */
int diag_add(struct diag *d, const char *file, unsigned long line, unsigned long col,
             const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The same for the environment (errno is appended by the caller); returns SIM_EENV. */
int diag_env(struct diag *d, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool diag_empty(const struct diag *d);
void diag_print(const struct diag *d, FILE *to);

/* The candidate nearest to `name` by edit distance, NULL if none is near; for "did you mean". */
const char *diag_nearest(const char *name, const char *const *candidates, size_t n);

#endif
