/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_program.h - what the input of a fuzzer means to a VT-d unit: a program of writes to memory (raw, or to whatever
 *                 the last request read), invalidation descriptors, register writes, requests and resets.
 *
 * It begins in a random legal system of vtd_random.h, or in an empty one, whose capabilities it may choose.  Systems
 * are kept as the list of their words: they are put into a memory that stays from input to input, and what was written
 * there is taken back at the end (journal.h).
 *
 * One input means the same to every target that is a table of functions here, so that they share a corpus.
 *
 * Items are counted when they are used: an entry that the input has altered when it is first read thereafter, a
 * descriptor when it is decoded, a register when it is written.  The sums are printed at the end.
 */
#ifndef TESTS_FUZZ_VTD_PROGRAM_H
#define TESTS_FUZZ_VTD_PROGRAM_H
#include "arch/vtd/caps.h"
#include "arch/vtd/invdesc.h"
#include "journal.h"
#include "tests/model/arch/vtd_random.h"
#include "tests/model/arch/vtd_ref.h"

enum { PROGRAM_STEPS = 400, PROGRAM_SWEEPS = 2, PROGRAM_ALTERED = 64 };

#define PROGRAM_ITEMS(I)                                                                           \
    I(CONTEXT, "root and context entries") I(PASID, "PASID and directory entries")                  \
    I(TABLE, "page-table entries") I(DESCRIPTOR, "invalidation descriptors") I(REGISTER, "register writes")
#define PROGRAM_ITEM_ENUM(N, name) ITEM_##N,
enum program_item { PROGRAM_ITEMS(PROGRAM_ITEM_ENUM) ITEM_COUNT };

struct vtd_program;
/* What is done to the unit.  NULL: it is not. */
struct vtd_program_target {
    void (*request)(struct vtd_program *p, const struct xl_req *q);     /* and p->ref, of the same */
    void (*write)(struct vtd_program *p, uint64_t pa, uint64_t word);
    void (*descriptor)(struct vtd_program *p, const uint64_t *words);   /* of 4 words */
    void (*invalidate)(struct vtd_program *p);                          /* whatever is kept of memory */
    void (*root)(struct vtd_program *p, uint64_t rtaddr, bool tes);     /* as RTADDR, SRTP and TE */
    void (*reset)(struct vtd_program *p);                               /* registers, as p->boot says */
    void (*abort)(struct vtd_program *p, uint64_t pa);                  /* reads of it; 0: of none */
    void (*more)(struct vtd_program *p);                                /* a step of this target alone */
};

struct vtd_program {
    const struct vtd_program_target *target;
    struct mem *mem;
    struct vtd_regs *regs;
    struct vtd_ref *ref;               /* of the last request */

    struct input in;
    uint64_t config;                   /* what it says first: how the target is made */
    const struct kept_system *kept;
    struct vtd_world w;                /* without its memory */
    struct vtd_regs boot;              /* as the driver sets them after a reset */
    struct xl_req last;
    uint64_t altered[PROGRAM_ALTERED]; /* words that nobody has read since */
    unsigned altereds, sweeps;
    unsigned structure_bits;           /* of entries above the page tables: changed since the last invalidation */
};

/* False if the input is too short to be one.  Then the caller sets mem, regs and ref, has the system put there
 * (_load) and runs it. */
bool vtd_program_begin(struct vtd_program *p, const struct vtd_program_target *target, const uint8_t *data, size_t n);
void vtd_program_load(const struct vtd_program *p);
void vtd_program_run(struct vtd_program *p);

/* An entry was used. */
void vtd_program_read(struct vtd_program *p, const char *name, uint64_t pa);
void vtd_program_count(enum program_item item);

#endif
