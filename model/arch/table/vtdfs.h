/* SPDX-License-Identifier: Apache-2.0
 *
 * vtdfs.h - VT-d first-stage tables, which have the format of x86-64: the walk as a
 * question-and-answer machine, and the encoder beside it.  [VT-d 3.6, 9.7]
 *
 *     while (vtdfs_ask(&w, &pa)) {
 *         vtdfs_tell(&w, word = mem_read64(mem, pa));
 *         if (w.update)                          // A, EA or D is missing
 *             if (compare_and_swap(mem, pa, word, w.update))
 *                 vtdfs_updated(&w);             // else the same entry is asked for again
 *     }
 *
 * ends in w.fault or in w.leaf.  As in the second stage, permission is judged entry by entry, before
 * reserved bits.  Per entry: P, U/S, write, execute, reserved bits, and whether an update that is
 * needed can be made.  A user needs U/S = 1, and for a write R/W = 1, at every level; a supervisor
 * reads everything and is held by R/W only under WPE.  Accessed bits are always maintained.  A walk
 * is a plain value: a copy goes on from where the original stood.
 *
 * Nested, every address here is a guest physical one, w.pa too, and the caller translates it.
 *
 * Left out: memory types (PWT, PCD, PAT); there are no global pages.
 */
#ifndef ARCH_TABLE_VTDFS_H
#define ARCH_TABLE_VTDFS_H
#include <stdbool.h>
#include <stdint.h>

#include "arch/table/table_io.h"
#include "arch/table/vtdpt.h"
#include "base/field.h"

/* First-stage entry.  Bits that no row covers are ignored by hardware. */
#define FSPTE_FIELDS(F)                                                       \
    F(FSPTE, P,    0,  0,  0, "present")                                      \
    F(FSPTE, RW,   0,  1,  1, "write allowed, here and below")                \
    F(FSPTE, US,   0,  2,  2, "a user may, here and below")                   \
    F(FSPTE, PWT,  0,  3,  3, "memory type")                                  \
    F(FSPTE, PCD,  0,  4,  4, "memory type")                                  \
    F(FSPTE, A,    0,  5,  5, "accessed")                                     \
    F(FSPTE, D,    0,  6,  6, "dirty, of a leaf")                             \
    F(FSPTE, PS,   0,  7,  7, "leaf above the last level; there, memory type") \
    F(FSPTE, EA,   0, 10, 10, "extended accessed (EAFE)")                     \
    F(FSPTE, ADDR, 0, 51, 12, "next table, or page; of a large page bit 12 is memory type") \
    F(FSPTE, XD,   0, 63, 63, "execution denied, here and below (NXE)")

FIELD_DEFINE(FSPTE_FIELDS);
extern const struct field_table fspte_fields;

enum { VTDFS_LEVEL_LAST = 1, VTDFS_LEVEL_MAX = 5 };

/* One table: what a PASID entry and the capabilities say of it. */
struct vtdfs_table {
    uint64_t base;             /* of the top table                                         */
    uint8_t  levels;           /* 4 or 5                                                   */
    uint8_t  haw;              /* address bits haw..51 are reserved; nested: 52            */
    bool     page_1g;          /* CAP.FS1GP                                                */
    bool     wpe, nxe, smep;   /* write protection of a supervisor; XD counts; a supervisor does
                                  not execute what a user may                              */
    bool     eafe;             /* EA is maintained beside A                                */
    bool     snooped;          /* PWSNP: the walk can update an entry                      */
};

struct vtdfs_access {
    bool write, exec, super;
    bool any;                  /* only P and U/S are judged (ATS, direction unknown)       */
    bool dirty;                /* D is set in a writable leaf even without a write         */
};

/* Address bits below an entry of a level: 12, 21, 30, ... */
static inline unsigned vtdfs_shift(unsigned level) { return vtdpt_shift(level); }

enum vtdfs_fault {
    VTDFS_OK,
    VTDFS_CANONICAL,           /* bits above the top index differ from it; nothing was read */
    VTDFS_EABT_TOP, VTDFS_EABT,/* the read of an entry of the top table, of a lower one failed */
    VTDFS_ABSENT,              /* P = 0                                                    */
    VTDFS_USER, VTDFS_WRITE, VTDFS_EXEC,   /* a present entry denies the access            */
    VTDFS_RESERVED,            /* reserved bits in an entry that permits the access        */
    VTDFS_NOT_SNOOPED,         /* A, EA or D is to be set, and the walk cannot             */
};

/* What the levels together allow: bits of `rights`. */
enum vtdfs_rights {
    VTDFS_WRITABLE = 1, VTDFS_USER_TOO = 2,    /* R/W, U/S = 1 at every level              */
    VTDFS_NO_EXEC = 4,                         /* XD = 1 at some                           */
};

struct vtdfs_leaf {
    uint64_t in, out;          /* block, aligned to its size                               */
    uint64_t desc, desc_pa;    /* the leaf as it is now, and where                         */
    uint8_t  size_log2, level;
    uint8_t  perm;             /* enum xl_perm: R W X of a user, PR PW PX of a supervisor  */
    bool     dirty;            /* D is set in it                                           */
};

struct vtdfs_walk {
    struct vtdfs_table t;
    struct vtdfs_access a;
    uint64_t in;
    uint64_t table;            /* table that is read next                                  */
    uint64_t pa;               /* of the entry asked for                                   */
    uint64_t desc;             /* the entry last told                                      */
    uint64_t update;           /* what it has to become before the walk goes on; 0: as it is */
    uint8_t  level;            /* of the entry asked for, or where the walk ended          */
    uint8_t  rights;           /* enum vtdfs_rights, of the entries gone through so far    */
    uint8_t  fault;            /* enum vtdfs_fault                                         */
    bool     done;
    struct vtdfs_leaf leaf;    /* valid when done and VTDFS_OK                             */
};

/* What a walk cache keeps of an entry that points to a table. */
struct vtdfs_seed {
    uint64_t table;
    uint8_t  level;            /* of `table`: one below the entry                          */
    uint8_t  rights;           /* down to the entry                                        */
};

/* Begins at the top, or at `seed` if not NULL.  May end at once: the input is not canonical, or the
 * seed does not permit the access. */
void vtdfs_begin(struct vtdfs_walk *w, const struct vtdfs_table *t, uint64_t in,
                 struct vtdfs_access a, const struct vtdfs_seed *seed);
/* The address of the entry wanted; false when the walk has ended. */
static inline bool vtdfs_ask(const struct vtdfs_walk *w, uint64_t *pa)
{
    *pa = w->pa;
    return !w->done;
}
/* May be told the same entry again, if memory held another word when it was to be updated. */
void vtdfs_tell(struct vtdfs_walk *w, uint64_t desc);
/* The entry asked for holds w->update now. */
void vtdfs_updated(struct vtdfs_walk *w);
void vtdfs_tell_abort(struct vtdfs_walk *w);

/* Are the bits of `in` above the top index equal to its highest bit? */
bool vtdfs_canonical(const struct vtdfs_table *t, uint64_t in);
/* enum xl_perm of what `rights` allow under WPE, NXE and SMEP. */
uint8_t vtdfs_perm(const struct vtdfs_table *t, uint8_t rights);

/* ---- encoding ------------------------------------------------------------------------------- */

/* Maps one page at `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB), making the tables above it as needed
 * (writable, for users, accessed); a page in the way is replaced by a table.  `attr` holds every bit
 * of the leaf but address and PS.  0, SIM_EENV if no room is left, SIM_EINPUT if `in` is not
 * canonical. */
int vtdfs_map(const struct vtdfs_table *t, const struct table_io *io, uint64_t in, uint64_t out,
              unsigned level, uint64_t attr);
/* The same for n neighbours in one table. */
int vtdfs_map_run(const struct vtdfs_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n);
/* Clears the leaf that maps `in`.  *size_log2 is the size of what was there; 0 if nothing was. */
int vtdfs_unmap(const struct vtdfs_table *t, const struct table_io *io, uint64_t in,
                unsigned *size_log2);
/* The usual leaf attributes: A and, of a writable page, D are set before hardware has to.  Neither
 * readable nor writable: not present. */
uint64_t vtdfs_attr(bool read, bool write, bool user);

#endif
