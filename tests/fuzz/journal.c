/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <stdlib.h>

#include "base/sim.h"

static struct journal {
    struct mem *mem;                   /* NULL: not kept */
    struct word *word;
    size_t n, room;
} journal;

int __real_mem_write64(struct mem *m, uint64_t pa, uint64_t value);
int __wrap_mem_write64(struct mem *m, uint64_t pa, uint64_t value);
int __wrap_mem_write64(struct mem *m, uint64_t pa, uint64_t value)
{
    struct journal *j = &journal;

    if (m != j->mem) {
        j->mem = m;
        j->n = 0;
    }
    if (j->n == j->room) {
        j->room = j->room ? 2 * j->room : 4096;
        j->word = realloc(j->word, j->room * sizeof *j->word);
        SIM_CHECK(j->word, "no memory");
    }
    j->word[j->n++] = (struct word){ pa & ~7ull, mem_read64(m, pa) };
    return __real_mem_write64(m, pa, value);
}

static void forget(struct journal *j)
{
    j->mem = NULL;
    j->n = 0;
}

void journal_undo(struct mem *mem)
{
    struct journal *j = &journal;

    while (mem == j->mem && j->n) {
        const struct word *w = &j->word[--j->n];

        __real_mem_write64(mem, w->pa, w->value);
    }
    forget(j);
}

void journal_keep(const struct mem *mem, struct kept_words *k)
{
    struct journal *j = &journal;

    k->n = 0;
    k->word = malloc((j->n + 1) * sizeof *k->word);
    SIM_CHECK(k->word, "no memory");
    for (size_t i = 0; i < j->n; i++) {
        const struct word w = { j->word[i].pa, mem_read64(mem, j->word[i].pa) };

        if (w.value)
            k->word[k->n++] = w;
    }
    forget(j);
}

void journal_put(struct mem *mem, const struct kept_words *k)
{
    for (size_t i = 0; i < k->n; i++)
        mem_write64(mem, k->word[i].pa, k->word[i].value);
}
