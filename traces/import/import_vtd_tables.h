/* SPDX-License-Identifier: Apache-2.0
 *
 * import_vtd_tables.h - the tables of a legacy-mode VT-d unit, rebuilt from what QEMU's log says of
 * them.
 *
 * The log has the root table's address, context entries when they are read, and leaf entries when
 * they are cached; it has neither the addresses of context tables and lower page tables nor what
 * their upper levels hold.  So the root table, each top page table (SSPTPTR) and each leaf's value
 * are the guest's; the tables in between are placed by the importer, one page each, from
 * VTD_PLACED_AT on, in the order in which they are needed, and their entries grant read and write.
 * Every word goes out as a TABLE record with REC_F_RECON before the access that showed it; a word
 * that memory already holds goes out as NOTE_SEEN.  Memory is taken to be zero at the start.
 *
 * VTD_PLACED_AT is below 2^39, the smallest host address width a unit reports; an address of the
 * guest's own in that range is counted as odd.
 */
#ifndef TRACES_IMPORT_VTD_TABLES_H
#define TRACES_IMPORT_VTD_TABLES_H
#include "traces/import/import.h"
#include "traces/import/u64map.h"

#define VTD_PLACED_AT (1ull << 38)
enum { VTD_LEVELS_MAX = 5 };     /* contexts of more are not given to leaf and denied            */

struct vtd_context { uint64_t lo, hi; };

struct vtd_tables {
    struct import_source *src;
    uint64_t root;               /* of the root table; 0: not known                              */
    struct u64map word;          /* address -> what it holds now                                 */
    struct u64map placed;        /* address of a table's or root entry -> table placed for it    */
    uint64_t next;               /* where the next one goes                                      */
};

/* The range of a context entry's page tables, as far as they matter here. */
static inline uint64_t vtd_context_root(const struct vtd_context *c) { return c->lo & ~0xfffull; }
static inline unsigned vtd_context_levels(const struct vtd_context *c) { return (c->hi & 7) + 2; }
static inline unsigned vtd_context_domain(const struct vtd_context *c)
{
    return c->hi >> 8 & 0xffff;
}
static inline unsigned vtd_context_type(const struct vtd_context *c) { return c->lo >> 2 & 3; }

void vtd_tables_init(struct vtd_tables *t, struct import_source *src);
void vtd_tables_destroy(struct vtd_tables *t);

/* All return 0 or a SIM_E code.  A context entry was read; `c` NULL: it was not present. */
int vtd_tables_context(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c);
/* The root entry of a bus was not present. */
int vtd_tables_no_root(struct vtd_tables *t, uint32_t sid);
/* A walk for iova ended at `level` in this entry. */
int vtd_tables_leaf(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c, uint64_t iova,
                    unsigned level, uint64_t entry);
/* A walk for iova ended in an entry without read (write) permission, at a level not known. */
int vtd_tables_denied(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c,
                      uint64_t iova, bool write);

#endif
