/* SPDX-License-Identifier: Apache-2.0
 *
 * vtdss.h - VT-d second-stage tables: the walk as a question-and-answer machine, and the encoder
 * beside it.  [VT-d 3.7, 9.8]
 *
 *     while (vtdss_ask(&w, &pa))
 *         vtdss_tell(&w, mem_read64(mem, pa));
 *
 * ends in w.fault or in w.leaf.  Unlike VMSAv8-64, permission is judged entry by entry on the way
 * down, before the entry's reserved bits, so that the access takes part in the walk.  A walk is a
 * plain value: a copy goes on from where the original stood.
 *
 * Accessed and dirty bits, where the table has them: an entry that lacks one leaves w.update
 * standing, and the walk at that entry, until vtdss_updated says that memory holds it (or vtdss_tell
 * tells what memory holds instead).
 *
 * Left out: execute permission (retired), memory types.
 */
#ifndef ARCH_TABLE_VTDSS_H
#define ARCH_TABLE_VTDSS_H
#include <stdbool.h>
#include <stdint.h>

#include "arch/table/table_io.h"
#include "arch/table/vtdpt.h"
#include "base/field.h"

/* Second-stage entry.  Bits that no row covers are ignored by hardware. */
#define SSPTE_FIELDS(F)                                                       \
    F(SSPTE, R,    0,  0,  0, "read allowed, here and below")                 \
    F(SSPTE, W,    0,  1,  1, "write allowed, here and below")                \
    F(SSPTE, X,    0,  2,  2, "execute allowed (ignored)")                    \
    F(SSPTE, EMT,  0,  5,  3, "memory type of a leaf")                        \
    F(SSPTE, IPAT, 0,  6,  6, "ignore PAT")                                   \
    F(SSPTE, PS,   0,  7,  7, "leaf above the last level")                    \
    F(SSPTE, A,    0,  8,  8, "accessed (scalable mode)")                     \
    F(SSPTE, D,    0,  9,  9, "dirty (scalable mode)")                        \
    F(SSPTE, SNP,  0, 11, 11, "snoop; reserved but in a leaf with ECAP.SC")   \
    F(SSPTE, ADDR, 0, 51, 12, "next table, or page")                          \
    F(SSPTE, TM,   0, 62, 62, "transient mapping; reserved but in a leaf of older units")

FIELD_DEFINE(SSPTE_FIELDS);
extern const struct field_table sspte_fields;

enum { VTDSS_LEVEL_LAST = 1, VTDSS_LEVEL_MAX = 5 };

/* One table: what a context or PASID entry and the capabilities say of it. */
struct vtdss_table {
    uint64_t base;             /* of the top table                                         */
    uint8_t  levels;           /* 3, 4 or 5                                                */
    uint8_t  in_bits;          /* inputs of more bits are out of range: min(MGAW, AW)      */
    uint8_t  haw;              /* address bits haw..51 are reserved                        */
    bool     page_2m, page_1g; /* CAP.SSLPS                                                */
    bool     snoop;            /* ECAP.SC: SNP may be set in a leaf                        */
    bool     transient;        /* TM may be set in a leaf                                  */
    bool     ad;               /* accessed and dirty bits are maintained (SSADE)           */
    bool     snooped;          /* PWSNP: the walk can update an entry                      */
};

/* Address bits below an entry of a level: 12, 21, 30, ... */
static inline unsigned vtdss_shift(unsigned level) { return vtdpt_shift(level); }

enum vtdss_fault {
    VTDSS_OK,
    VTDSS_RANGE,               /* the input has more than in_bits bits; nothing was read   */
    VTDSS_EABT_TOP, VTDSS_EABT,/* the read of an entry of the top table, of a lower one failed */
    VTDSS_ABSENT,              /* an entry with R = W = 0                                  */
    VTDSS_WRITE, VTDSS_READ,   /* a present entry denies the access                        */
    VTDSS_RESERVED,            /* reserved bits in an entry that permits the access        */
    VTDSS_NOT_SNOOPED,         /* A or D is to be set, and the walk cannot                 */
};

enum vtdss_perm { VTDSS_R = 1, VTDSS_W = 2 };

struct vtdss_leaf {
    uint64_t in, out;          /* block, aligned to its size                               */
    uint64_t desc, desc_pa;    /* the leaf as read, and where                              */
    uint8_t  size_log2, level;
    uint8_t  perm;             /* enum vtdss_perm, ANDed over the levels                   */
    bool     dirty;            /* D is set in it                                           */
};

struct vtdss_walk {
    struct vtdss_table t;
    uint64_t in;
    uint64_t table;            /* table that is read next                                  */
    uint64_t pa;               /* of the entry asked for                                   */
    uint64_t desc;             /* the entry last told                                      */
    uint64_t update;           /* what it has to become before the walk goes on; 0: as it is */
    uint8_t  level;            /* of the entry asked for, or where the walk ended          */
    uint8_t  need;             /* permissions the access needs; 0: any will do             */
    uint8_t  perm;             /* of the entries gone through so far                       */
    bool     dirty;            /* D is set in a writable leaf whatever `need` says (a table that is
                                  written, ATS); the caller's, after vtdss_begin           */
    uint8_t  fault;            /* enum vtdss_fault                                         */
    bool     done;
    struct vtdss_leaf leaf;    /* valid when done and VTDSS_OK                             */
};

/* What a walk cache keeps of an entry that points to a table. */
struct vtdss_seed {
    uint64_t table;
    uint8_t  level;            /* of `table`: one below the entry                          */
    uint8_t  perm;             /* ANDed down to the entry                                  */
};

/* Begins at the top, or at `seed` if not NULL.  May end at once: input out of range, or a seed that
 * does not permit the access. */
void vtdss_begin(struct vtdss_walk *w, const struct vtdss_table *t, uint64_t in, uint8_t need,
                 const struct vtdss_seed *seed);
/* The address of the entry wanted; false when the walk has ended. */
static inline bool vtdss_ask(const struct vtdss_walk *w, uint64_t *pa)
{
    *pa = w->pa;
    return !w->done;
}
void vtdss_tell(struct vtdss_walk *w, uint64_t desc);
/* The entry asked for holds w->update now. */
void vtdss_updated(struct vtdss_walk *w);
void vtdss_tell_abort(struct vtdss_walk *w);

/* ---- encoding ------------------------------------------------------------------------------- */

/* Maps one page at `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB), making the tables above it as needed; a
 * page in the way is replaced by a table.  `attr` holds every bit of the leaf but address and PS.
 * 0, SIM_EENV if no room is left, SIM_EINPUT if `in` is out of range. */
int vtdss_map(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
              unsigned level, uint64_t attr);
/* The same for n neighbours in one table. */
int vtdss_map_run(const struct vtdss_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                  unsigned level, uint64_t attr, uint64_t n);
/* Clears the leaf that maps `in`.  *size_log2 is the size of what was there; 0 if nothing was. */
int vtdss_unmap(const struct vtdss_table *t, const struct table_io *io, uint64_t in,
                unsigned *size_log2);
/* The usual leaf attributes. */
uint64_t vtdss_attr(bool read, bool write);

#endif
