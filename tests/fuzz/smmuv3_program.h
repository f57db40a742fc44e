/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_program.h - what the input of a fuzzer means to an SMMUv3: a program of writes to memory (raw, or
 *                    to whatever the last request read), commands, register writes, requests and resets.
 *
 * It begins in a random legal system of smmuv3_random.h, or in an empty one, whose registers it may choose.
 * Systems are kept as the list of their words: they are put into a memory that stays from input to input, and
 * what was written there is taken back at the end (journal.h).
 *
 * One input means the same to every target that is a table of functions here, so that they share a corpus.
 *
 * Items are counted when they are used: a structure that the input has altered when it is first read
 * thereafter, a command when it is decoded, a register when it is written.  The sums are printed at the end.
 */
#ifndef TESTS_FUZZ_SMMUV3_PROGRAM_H
#define TESTS_FUZZ_SMMUV3_PROGRAM_H
#include "journal.h"
#include "tests/model/arch/smmuv3_random.h"
#include "tests/model/arch/smmuv3_ref.h"

enum { PROGRAM_STEPS = 400, PROGRAM_SWEEPS = 2, PROGRAM_ALTERED = 64 };

#define PROGRAM_ITEMS(I)                                                                           \
    I(STE, "STEs") I(CD, "CDs") I(DESCRIPTOR, "descriptors") I(COMMAND, "commands")                \
    I(REGISTER, "register writes")
#define PROGRAM_ITEM_ENUM(N, name) ITEM_##N,
enum program_item { PROGRAM_ITEMS(PROGRAM_ITEM_ENUM) ITEM_COUNT };

struct program;
/* What is done to the SMMUv3.  NULL: it is not. */
struct program_target {
    void (*request)(struct program *p, const struct xl_req *q);     /* and p->ref, of the same */
    void (*write)(struct program *p, uint64_t pa, uint64_t word);
    void (*command)(struct program *p, const uint64_t *words);
    void (*invalidate)(struct program *p);                          /* whatever is kept of memory */
    void (*reg_write)(struct program *p, uint32_t offset, uint64_t value, unsigned bytes);
    void (*reset)(struct program *p);                               /* registers, as p->boot says */
    void (*abort)(struct program *p, uint64_t pa);                  /* reads of it; 0: of none */
    void (*more)(struct program *p);                                /* a step of this target alone */
};

struct program {
    const struct program_target *target;
    struct mem *mem;
    struct smmuv3_regs *regs;
    struct smmuv3_ref *ref;            /* of the last request */

    struct input in;
    uint64_t config;                   /* what it says first: how the target is made */
    const struct kept_world *kept;
    struct world w;                    /* without its memory */
    struct smmuv3_regs boot;           /* as the driver sets them after a reset */
    struct xl_req last;
    bool any_type;                     /* MAIR may have become anything */
    bool cds_differ;                   /* the stream's CDs may be no longer alike */
    bool stage2_differs;               /* an STE's stage 2 has become another; the target takes note */
    uint64_t altered[PROGRAM_ALTERED]; /* words that nobody has read since */
    unsigned altereds, sweeps;
};

/* False if the input is too short to be one.  Then the caller sets mem, regs and ref, has the system put there
 * (_load) and runs it. */
bool program_begin(struct program *p, const struct program_target *target, const uint8_t *data, size_t n);
void program_load(const struct program *p);
void program_run(struct program *p);

/* A structure or descriptor was used. */
void program_read(struct program *p, const char *name, uint64_t pa);
void program_count(enum program_item item);

#endif
