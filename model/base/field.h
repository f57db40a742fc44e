/* SPDX-License-Identifier: Apache-2.0
 *
 * field.h - bit fields of architectural structures, declared once in a table.
 *
 * A table is a list macro of rows F(structure, NAME, word, high bit, low bit, "meaning"), the bits as
 * the manual prints them within a 64-bit word.  FIELD_DEFINE makes constants from it, from which
 * FIELD_GET and FIELD_SET compile to a shift and a mask; FIELD_TABLE makes rows that print, search and
 * check at run time.  No structure is decoded by hand anywhere else.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H
#include <stdbool.h>
#include <stdio.h>

#include "base/bits.h"

struct field {
    const char *name;
    unsigned char word, hi, lo;
    const char *meaning;
};

struct field_table {
    const char *name;          /* of the structure                       */
    const char *section;       /* of the manual, as [SMMUv3 5.2]          */
    unsigned words;            /* 64-bit words the structure has          */
    unsigned n;
    const struct field *row;   /* [n]                                     */
};

#define FIELD_CONSTS(S, N, w, h, l, m) S##_##N##_WORD = (w), S##_##N##_HI = (h), S##_##N##_LO = (l),
#define FIELD_ROW(S, N, w, h, l, m)    { #N, (w), (h), (l), (m) },

#define FIELD_DEFINE(ROWS) enum { ROWS(FIELD_CONSTS) }
#define FIELD_TABLE(VAR, NAME, SECTION, WORDS, ROWS)                                               \
    static const struct field VAR##_rows[] = { ROWS(FIELD_ROW) };                                  \
    const struct field_table VAR = { NAME, SECTION, WORDS,                                         \
                                     sizeof VAR##_rows / sizeof VAR##_rows[0], VAR##_rows }

/* Defines NAME(word): the bits that no row covers, as field_reserved of the table, and a constant where `word` is. */
#define FIELD_COVERS(S, N, w, h, l, m) | ((w) == word ? bits_mask((h), (l)) : 0)
#define FIELD_RESERVED(NAME, ROWS)                                                                 \
    static inline uint64_t NAME(unsigned word) { return ~(0ull ROWS(FIELD_COVERS)); }

#define FIELD_GET(S, N, p)                                                                         \
    bits_get((p)[S##_##N##_WORD], (unsigned)S##_##N##_HI, (unsigned)S##_##N##_LO)
/* Its bits, a constant. */
#define FIELD_MASK(S, N) ((~0ull >> (63 - (S##_##N##_HI - S##_##N##_LO))) << S##_##N##_LO)
/* The field left in its place: how addresses are stored. */
#define FIELD_ADDR(S, N, p)                                                                        \
    ((p)[S##_##N##_WORD] & bits_mask((unsigned)S##_##N##_HI, (unsigned)S##_##N##_LO))
#define FIELD_SET(S, N, p, v)                                                                      \
    ((p)[S##_##N##_WORD] = bits_set((p)[S##_##N##_WORD], (unsigned)S##_##N##_HI,                    \
                                    (unsigned)S##_##N##_LO, (v)))
#define FIELD_SET_ADDR(S, N, p, v) FIELD_SET(S, N, p, (v) >> S##_##N##_LO)

const struct field *field_find(const struct field_table *t, const char *name);
uint64_t field_get(const struct field *f, const uint64_t *words);
void field_set(const struct field *f, uint64_t *words, uint64_t value);

/* Two rows that share a bit, in *a and *b; false if none do. */
bool field_overlap(const struct field_table *t, const struct field **a, const struct field **b);

/* The bits of word `w` that no row covers. */
uint64_t field_reserved(const struct field_table *t, unsigned w);

/* One line: STE{V=1 CONFIG=0x5 ...}; fields that are zero are left out. */
void field_print(const struct field_table *t, const uint64_t *words, FILE *to);

#endif
