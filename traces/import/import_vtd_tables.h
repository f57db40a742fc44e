/* SPDX-License-Identifier: Apache-2.0
 *
 * import_vtd_tables.h - the tables of a VT-d unit, rebuilt from what QEMU's log says of them.
 *
 * The log has the root table's address, context entries when they are read, and leaf entries when
 * they are cached; it has neither the addresses of context tables and lower page tables nor what
 * their upper levels hold.  So the root table, each top page table of legacy mode (SSPTPTR) and each
 * leaf's value are the guest's; the tables in between are placed by the importer, one page each, from
 * VTD_PLACED_AT on, in the order in which they are needed, and their entries grant everything.
 *
 * Of scalable mode the log has the context entry's first two words, so the PASID directories and RID_PASIDs
 * are the guest's, and the domain of each translation.  PASID tables, their entries and the top page tables,
 * one for each domain, are the importer's.
 *
 * Every word goes out as a TABLE record with REC_F_RECON before the access that showed it; a word
 * that memory already holds goes out as NOTE_SEEN.  Memory is taken to be zero at the start.
 *
 * VTD_PLACED_AT is below 2^39, the smallest host address width a unit reports; an address of the
 * guest's own in that range is counted as odd.
 */
#ifndef TRACES_IMPORT_VTD_TABLES_H
#define TRACES_IMPORT_VTD_TABLES_H
#include "arch/vtd/pasid.h"
#include "traces/import/import.h"
#include "traces/import/u64map.h"

#define VTD_PLACED_AT (1ull << 38)
enum { VTD_LEVELS_MAX = 5 };     /* contexts of more are not given to leaf and denied            */

/* A context entry as logged; of scalable mode the words above these are zero. */
struct vtd_logged { uint64_t lo, hi; };

struct vtd_tables {
    struct import_source *src;
    uint64_t root;               /* of the root table; 0: not known                              */
    bool scalable;
    bool narrow;                 /* second stage of scalable mode: 39 bits, else 48              */
    struct u64map word;          /* address -> what it holds now                                 */
    struct u64map placed;        /* address of what points to it, or a domain's key -> table     */
    uint64_t next;               /* where the next one goes                                      */
};

/* The page tables that a requester's addresses go through. */
struct vtd_space {
    uint64_t root;
    uint8_t levels, stage;       /* stage 1 or 2                                                 */
};

/* Of legacy mode. */
static inline uint64_t vtd_logged_root(const struct vtd_logged *c) { return c->lo & ~0xfffull; }
static inline unsigned vtd_logged_levels(const struct vtd_logged *c) { return (c->hi & 7) + 2; }
static inline unsigned vtd_logged_domain(const struct vtd_logged *c)
{
    return c->hi >> 8 & 0xffff;
}

void vtd_tables_init(struct vtd_tables *t, struct import_source *src);
void vtd_tables_destroy(struct vtd_tables *t);

/* All return 0 or a SIM_E code.  A context entry was read; `c` NULL: it was not present. */
int vtd_tables_context(struct vtd_tables *t, uint32_t sid, const struct vtd_logged *c);
/* The root entry of a bus was not present; of scalable mode its half that has the function. */
int vtd_tables_no_root(struct vtd_tables *t, uint32_t sid);

/* Scalable mode: the entry of the function's PASID is of this kind and domain (pgtt NONE: it is not present), or its
 * directory entry is not present. */
int vtd_tables_pasid(struct vtd_tables *t, const struct vtd_logged *c, uint32_t sid, enum vtd_pgtt pgtt, uint16_t did);
int vtd_tables_no_directory(struct vtd_tables *t, const struct vtd_logged *c, uint32_t sid);
/* What memory holds of it: VTD_PGTT_NONE if there is none. */
enum vtd_pgtt vtd_tables_pgtt(const struct vtd_tables *t, const struct vtd_logged *c, uint16_t *did);

/* False if there are no tables: pass-through, not present, too many levels. */
bool vtd_tables_space(struct vtd_tables *t, const struct vtd_logged *c, struct vtd_space *s);
/* A walk for iova ended at `level` in this entry. */
int vtd_tables_leaf(struct vtd_tables *t, uint32_t sid, const struct vtd_space *s, uint64_t iova,
                    unsigned level, uint64_t entry);
/* A walk for iova ended with this reason in an entry that denies the access, at a level not known. */
int vtd_tables_denied(struct vtd_tables *t, uint32_t sid, const struct vtd_space *s, uint64_t iova,
                      uint64_t reason);

#endif
