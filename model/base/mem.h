/* SPDX-License-Identifier: Apache-2.0
 *
 * mem.h - the simulated physical memory: sparse, of 64-bit words, with versions.
 *
 * Reads of what was never written are zero.  Pages come from an arena at their first write.  Regions
 * may be made to abort, as an unassigned physical address would.
 *
 * With versions on, memory remembers the values that a word had before (design.md section 2): time is
 * counted in epochs, which the owner advances when something could look at memory (a request, a
 * command).  Several writes within one epoch are one version.  At most MEM_VERSIONS old values a word
 * are kept, and mem_forget drops those that nobody can hold any more, so that what is kept is bounded
 * by the modelled system and not by the length of a trace.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stdbool.h>
#include <stdint.h>

enum { MEM_VERSIONS = 32 };

struct mem;

struct mem_version {
    uint64_t value;
    uint64_t until;            /* the epoch in which it was overwritten: visible before it */
    uint64_t stamp;            /* what mem_stamp said then: a time for reports             */
};

struct mem *mem_new(void);
void mem_free(struct mem *m);

/* `pa` is 8-byte aligned (the low three bits are ignored). */
uint64_t mem_read64(const struct mem *m, uint64_t pa);
int mem_write64(struct mem *m, uint64_t pa, uint64_t value);     /* 0 or SIM_EENV */

/* Reads n words; false (and zeros) if any of them lies in a region that aborts. */
bool mem_read(const struct mem *m, uint64_t pa, unsigned n, uint64_t *out);
int  mem_abort_region(struct mem *m, uint64_t first, uint64_t last);

void mem_versions(struct mem *m, bool on);
uint64_t mem_epoch(const struct mem *m);
void mem_tick(struct mem *m);
void mem_stamp(struct mem *m, uint64_t stamp);     /* kept with what is overwritten from here on */

/* The old values of a word, youngest first; *n of them.  Valid until the next write. */
const struct mem_version *mem_history(const struct mem *m, uint64_t pa, unsigned *n);

/* The value a word had in epoch `e` (before anything was written in a later one). */
uint64_t mem_read64_at(const struct mem *m, uint64_t pa, uint64_t e);

/* Drops the old values that were overwritten before epoch `e`. */
void mem_forget(struct mem *m, uint64_t e);

uint64_t mem_pages(const struct mem *m);   /* pages of 4 KiB in use */

#endif
