/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_twins.h - one transaction on two SMMUv3: the machine, driven cold from memory, and the second one
 *                 of smmuv3_ref.h.
 *
 * Everything that a transaction shows has to be equal: outcome, address, event record, permissions,
 * attributes, every read in its order, every update of memory.  Afterwards memory is as it was before.
 */
#ifndef TESTS_MODEL_ARCH_SMMUV3_TWINS_H
#define TESTS_MODEL_ARCH_SMMUV3_TWINS_H
#include "arch/smmuv3/translate.h"
#include "base/mem.h"
#include "smmuv3_ref.h"

struct smmuv3_diff { const char *what; uint64_t found, expected; };

struct smmuv3_twins {
    struct mem *mem;                   /* all three the caller's */
    const struct smmuv3_regs *regs;
    struct smmuv3_impl impl;
    uint64_t aborts;                   /* an address whose read aborts; 0: none */
    bool any_type;                     /* MAIR may be anything, also codes that are unpredictable: memory types
                                          are not compared */
    struct smmuv3_ref ref;
    struct smmuv3_xl m;
    struct ref_read read[REF_READS];   /* the machine's */
    struct ref_write write_at[REF_WRITES];
    unsigned reads, writes;
    struct smmuv3_diff diff;           /* the first; what: NULL if there is none */
};

/* Passing by untranslated is passing. */
static inline unsigned smmuv3_passed(unsigned outcome)
{
    return outcome == XL_BYPASS ? XL_OK : outcome;
}

/* False if the two differ. */
bool smmuv3_twins_request(struct smmuv3_twins *t, const struct xl_req *q);
/* To stderr. */
void smmuv3_twins_show(const struct smmuv3_twins *t, const struct xl_req *q);

#endif
