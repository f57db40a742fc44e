/* SPDX-License-Identifier: Apache-2.0
 *
 * journal.h - a memory that stays from input to input: what an input has written is taken back at its end.  Every
 *             mem_write64 is noted; a program that uses this file is linked with --wrap=mem_write64.
 */
#ifndef TESTS_FUZZ_JOURNAL_H
#define TESTS_FUZZ_JOURNAL_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct input { const uint8_t *data; size_t n; };

/* The next bytes, little end first; zeros after the end. */
static inline uint64_t take(struct input *in, size_t bytes)
{
    uint64_t v = 0;

    if (bytes > in->n)
        bytes = in->n;
    memcpy(&v, in->data, bytes);
    in->data += bytes;
    in->n -= bytes;
    return v;
}

/* A system kept as the list of its words. */
struct kept_words {
    struct word { uint64_t pa, value; } *word;
    size_t n;
};

/* Takes back what was written to memory since the last time, which is nothing of an older memory. */
void journal_undo(struct mem *mem);
/* Keeps what was written since the last time and is not zero, and forgets that it was written. */
void journal_keep(const struct mem *mem, struct kept_words *k);
/* Writes it to another memory. */
void journal_put(struct mem *mem, const struct kept_words *k);

#endif
