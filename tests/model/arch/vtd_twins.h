/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_twins.h - one request on two VT-d units: the machine, driven cold from memory, and the second one of vtd_ref.h.
 *
 * Everything that a request shows has to be equal: outcome, reason, address, permissions, page size, domain, every read
 * in its order, every update of memory.  Afterwards memory is as it was before.
 *
 * Warm, the machine is answered from what it said could be kept, and its updates stay in memory: then the outcome, the
 * address and the permissions have to be equal, and what is passed by the TLB must have nothing left to update.
 */
#ifndef TESTS_MODEL_ARCH_VTD_TWINS_H
#define TESTS_MODEL_ARCH_VTD_TWINS_H
#include "arch/vtd/translate.h"
#include "base/mem.h"
#include "vtd_ref.h"

struct vtd_diff { const char *what; uint64_t found, expected; };

enum { VTD_TWINS_SEEDS = 32, VTD_TWINS_GPAS = 16 };

/* What was kept of one source, one PASID.  Cleared with the world. */
struct vtd_twins_cache {
    bool ctx_known, pe_known, has_leaf;
    struct vtd_context ctx;
    struct vtd_pasid pe;
    struct xl_leaf leaf, gpa[VTD_TWINS_GPAS];
    uint16_t did;
    bool fpd;
    struct { struct vtd_seed seed; uint64_t in; uint8_t stage; } seed[VTD_TWINS_SEEDS];
    unsigned seeds, gpas;              /* ever kept: the youngest stay */
    uint64_t hits;                     /* questions answered */
};

struct vtd_twins {
    struct mem *mem;                   /* both the caller's */
    const struct vtd_regs *regs;
    uint64_t aborts;                   /* an address whose read aborts; 0: none */
    struct vtd_ref ref;
    struct vtd_xl m;
    struct vtd_ref_read read[VTD_REF_READS];       /* the machine's */
    struct vtd_ref_write write_at[VTD_REF_WRITES];
    unsigned reads, writes;
    struct vtd_diff diff;              /* the first; what: NULL if there is none */
};

/* False if the two differ. */
bool vtd_twins_request(struct vtd_twins *t, const struct xl_req *q);
bool vtd_twins_warm(struct vtd_twins *t, struct vtd_twins_cache *c, const struct vtd_impl *impl,
                    const struct xl_req *q);
/* To stderr. */
void vtd_twins_show(const struct vtd_twins *t, const struct xl_req *q);

#endif
