/* SPDX-License-Identifier: Apache-2.0
 *
 * vmsa.h - VMSAv8-64 translation tables: one stage's walk as a question-and-answer machine, and the
 * encoder beside it.  [SMMUv3 3.4, DDI 0487 D8.3]
 *
 * A walk asks for one descriptor at a time and is told it:
 *
 *     while (vmsa_ask(&w, &pa))
 *         vmsa_tell(&w, mem_read64(mem, pa));
 *
 * and ends in w.fault or in w.leaf.  Nested translation is two of these, put together by
 * arch/smmuv3/translate.  Permissions are not judged here: the leaf carries them.
 *
 * Left out: AArch32 long descriptors, VMSAv9-128, permission indirection.
 */
#ifndef ARCH_TABLE_VMSA_H
#define ARCH_TABLE_VMSA_H
#include <stdbool.h>
#include <stdint.h>

#include "arch/table/table_io.h"
#include "base/field.h"

/* Leaf descriptor, stage 1 [DDI 0487 D8.3.1]. */
#define PTE_FIELDS(F)                                                         \
    F(PTE, VALID,    0,  0,  0, "descriptor is valid")                        \
    F(PTE, TYPE,     0,  1,  1, "table or page (1), block (0)")               \
    F(PTE, ATTRINDX, 0,  4,  2, "index into MAIR")                            \
    F(PTE, NS,       0,  5,  5, "non-secure")                                 \
    F(PTE, AP,       0,  7,  6, "AP[2:1]: read-only, unprivileged access")    \
    F(PTE, SH,       0,  9,  8, "shareability")                               \
    F(PTE, AF,       0, 10, 10, "access flag")                                \
    F(PTE, NG,       0, 11, 11, "not global")                                 \
    F(PTE, ADDR,     0, 47, 12, "output or next table address")               \
    F(PTE, DBM,      0, 51, 51, "dirty bit modifier")                         \
    F(PTE, CONT,     0, 52, 52, "contiguous hint")                            \
    F(PTE, PXN,      0, 53, 53, "privileged execute never")                   \
    F(PTE, UXN,      0, 54, 54, "unprivileged execute never")                 \
    F(PTE, PXNTABLE, 0, 59, 59, "PXN for all below")                          \
    F(PTE, UXNTABLE, 0, 60, 60, "UXN for all below")                          \
    F(PTE, APTABLE,  0, 62, 61, "no unprivileged access, no write for all below") \
    F(PTE, NSTABLE,  0, 63, 63, "non-secure tables below")

/* Leaf descriptor, stage 2: what differs from stage 1. */
#define S2PTE_FIELDS(F)                                                       \
    F(S2PTE, VALID,   0,  0,  0, "descriptor is valid")                       \
    F(S2PTE, TYPE,    0,  1,  1, "table or page (1), block (0)")              \
    F(S2PTE, MEMATTR, 0,  5,  2, "memory attributes")                         \
    F(S2PTE, S2AP,    0,  7,  6, "read (bit 0), write (bit 1)")               \
    F(S2PTE, SH,      0,  9,  8, "shareability")                              \
    F(S2PTE, AF,      0, 10, 10, "access flag")                               \
    F(S2PTE, ADDR,    0, 47, 12, "output or next table address")              \
    F(S2PTE, DBM,     0, 51, 51, "dirty bit modifier")                        \
    F(S2PTE, CONT,    0, 52, 52, "contiguous hint")                           \
    F(S2PTE, XN,      0, 54, 53, "execute never")

FIELD_DEFINE(PTE_FIELDS);
FIELD_DEFINE(S2PTE_FIELDS);
extern const struct field_table pte_fields, s2pte_fields;

enum { VMSA_LEVEL_MIN = -1, VMSA_LEVEL_LAST = 3 };

/* One table: what a CD half (stage 1) or an STE (stage 2) says of it. */
struct vmsa_table {
    uint64_t base;             /* of the start-level table, aligned                        */
    uint8_t  stage;            /* 1 or 2                                                   */
    uint8_t  granule_log2;     /* 12, 14, 16                                               */
    uint8_t  in_bits;          /* 64 - TxSZ                                                */
    uint8_t  out_bits;         /* effective IPS or S2PS: addresses above it fault          */
    int8_t   start;            /* first level walked                                       */
    bool     ds;               /* LPA2 descriptors [DDI 0487 D8.3.1.3]                     */
    bool     lpa;              /* 64 KB: descriptors hold 52-bit addresses whatever out_bits is */
    bool     big_endian;
    bool     affd;             /* AF = 0 does not fault                                    */
    bool     fwb;              /* stage 2: forced write-back encoding of MemAttr            */
    bool     ha, hd;           /* hardware updates of AF and of the dirty state            */
    bool     had;              /* hierarchical permission bits are ignored                 */
    bool     xnx;              /* stage 2: two XN bits                                      */
    bool     one_privilege;    /* regime without unprivileged access (EL2, EL3)            */
    bool     wxn, pan;         /* CD.WXN: no execution where writable; CD.PAN               */
    bool     epan;             /* PAN where unprivileged code may execute, too              */
    uint8_t  sh;               /* DS = 1: shareability comes from here                      */
};

/* Bits of index at one level, and of address below a descriptor of a level. */
static inline unsigned vmsa_stride(unsigned granule_log2) { return granule_log2 - 3; }
static inline unsigned vmsa_shift(unsigned granule_log2, int level)
{
    return granule_log2 + (unsigned)(VMSA_LEVEL_LAST - level) * vmsa_stride(granule_log2);
}

/* Start level of a stage 1 table with n input bits [fact: 3 - floor((n - 1 - p) / s)]. */
int vmsa_start_level(unsigned granule_log2, unsigned in_bits);
/* log2 of the bytes of the start-level table (concatenated ones together). */
unsigned vmsa_root_log2(const struct vmsa_table *t);
/* Is a leaf allowed at this level (block sizes of the granule, page at level 3)?  `large`: the table has
 * 52-bit output addresses, which bring a larger block. */
bool vmsa_leaf_ok(unsigned granule_log2, int level, bool large);
/* Entries of a contiguous run at a level as log2; 0 where there are none. */
unsigned vmsa_contiguous_log2(unsigned granule_log2, int level);

enum vmsa_fault { VMSA_OK, VMSA_TRANSLATION, VMSA_ADDR_SIZE, VMSA_ACCESS, VMSA_EABT };

struct vmsa_leaf {
    uint64_t in, out;          /* block, aligned to its size                               */
    uint64_t desc;             /* the leaf descriptor as read                              */
    uint64_t desc_pa;          /* where it was read (an IPA in a nested stage 1)           */
    uint8_t  size_log2;
    uint8_t  group_log2;       /* of the contiguous group around it; size_log2 if there is none */
    int8_t   level;
    uint8_t  perm;             /* enum xl_perm, hierarchy applied                          */
    uint8_t  perm_if_dirty;    /* what perm becomes if the dirty state may be set          */
    bool     global, dbm;
    uint8_t  attr, sh;         /* AttrIndx or MemAttr; shareability                        */
};

struct vmsa_walk {
    const struct vmsa_table *t;
    uint64_t in;
    uint64_t table;            /* table of the level to be read next                       */
    uint64_t pa;               /* of the descriptor asked for                              */
    int8_t   level;
    uint8_t  hier;             /* APTable | XNTable bits gathered on the way               */
    uint8_t  fault;            /* enum vmsa_fault                                          */
    bool     done;
    struct vmsa_leaf leaf;     /* when done without a fault                                */
};

/* What a walk cache keeps of a table descriptor: a walk may begin below it. */
struct vmsa_seed {
    uint64_t table;
    int8_t   level;            /* level of `table`                                         */
    uint8_t  hier;
};

/* Begins at the start level, or at `seed` if not NULL.  An input outside in_bits ends in
 * VMSA_TRANSLATION at once; the sign extension of stage 1 is the caller's. */
void vmsa_begin(struct vmsa_walk *w, const struct vmsa_table *t, uint64_t in,
                const struct vmsa_seed *seed);
/* The address of the descriptor wanted; false when the walk has ended. */
static inline bool vmsa_ask(const struct vmsa_walk *w, uint64_t *pa)
{
    *pa = w->pa;
    return !w->done;
}
void vmsa_tell(struct vmsa_walk *w, uint64_t desc);
void vmsa_tell_abort(struct vmsa_walk *w);     /* the read failed: VMSA_EABT */

/* Hardware update of the leaf of a walk that ended well [DDI 0487 D8.5]: the words in memory before and
 * after; false if there is nothing to update.  `dirty`: a write makes it writable. */
bool vmsa_update(const struct vmsa_walk *w, bool dirty, uint64_t *old, uint64_t *word);
/* The update was made; or the word had changed meanwhile: the walk goes on from what was found. */
void vmsa_updated(struct vmsa_walk *w, bool dirty);
void vmsa_tell_again(struct vmsa_walk *w, uint64_t desc);

/* ---- encoding ------------------------------------------------------------------------------------ */

/* Maps one block or page at `level` (the size follows from it): makes the tables above as needed.
 * `attr` holds every bit of the leaf but address, valid and type. */
int vmsa_map(const struct vmsa_table *t, const struct table_io *io, uint64_t in, uint64_t out,
             int level, uint64_t attr);
/* The same for n neighbours in one table. */
int vmsa_map_run(const struct vmsa_table *t, const struct table_io *io, uint64_t in, uint64_t out,
                 int level, uint64_t attr, uint64_t n);
/* Clears the leaf that maps `in`.  *size_log2 is the size of what was there; 0 if nothing was. */
int vmsa_unmap(const struct vmsa_table *t, const struct table_io *io, uint64_t in,
               unsigned *size_log2);
/* The usual leaf attributes: read/write for both stages, normal memory, AF set, nG. */
uint64_t vmsa_attr(unsigned stage, bool read, bool write);

#endif
