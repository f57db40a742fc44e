/* SPDX-License-Identifier: Apache-2.0 */
#include "base/field.h"

#include <inttypes.h>
#include <string.h>

const struct field *field_find(const struct field_table *t, const char *name)
{
    for (unsigned i = 0; i < t->n; i++)
        if (strcmp(t->row[i].name, name) == 0)
            return &t->row[i];
    return NULL;
}

uint64_t field_get(const struct field *f, const uint64_t *words)
{
    return bits_get(words[f->word], f->hi, f->lo);
}

void field_set(const struct field *f, uint64_t *words, uint64_t value)
{
    words[f->word] = bits_set(words[f->word], f->hi, f->lo, value);
}

bool field_overlap(const struct field_table *t, const struct field **a, const struct field **b)
{
    for (unsigned i = 0; i < t->n; i++)
        for (unsigned j = i + 1; j < t->n; j++) {
            const struct field *x = &t->row[i], *y = &t->row[j];

            if (x->word == y->word && x->lo <= y->hi && y->lo <= x->hi) {
                *a = x;
                *b = y;
                return true;
            }
        }
    return false;
}

uint64_t field_reserved(const struct field_table *t, unsigned w)
{
    uint64_t used = 0;

    for (unsigned i = 0; i < t->n; i++)
        if (t->row[i].word == w)
            used |= bits_mask(t->row[i].hi, t->row[i].lo);
    return ~used;
}

void field_print(const struct field_table *t, const uint64_t *words, FILE *to)
{
    const char *sep = "";

    fprintf(to, "%s{", t->name);
    for (unsigned i = 0; i < t->n; i++) {
        uint64_t v = field_get(&t->row[i], words);

        if (v == 0)
            continue;
        fprintf(to, v < 10 ? "%s%s=%" PRIu64 : "%s%s=0x%" PRIx64, sep, t->row[i].name, v);
        sep = " ";
    }
    fputc('}', to);
}
