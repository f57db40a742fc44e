/* SPDX-License-Identifier: Apache-2.0
 *
 * import_smmuv3_build.h - SMMUv3 structures and commands from what a log says of them.
 *
 * Only what a log has, or what follows from what it saw, is given to the encoders of arch/smmuv3; they set
 * the usual where a value is needed (cacheability, MAIR) and zero elsewhere.
 */
#ifndef TRACES_IMPORT_SMMUV3_BUILD_H
#define TRACES_IMPORT_SMMUV3_BUILD_H
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"

struct smmuv3_s2_facts {
    bool known;
    uint64_t ttb;
    unsigned granule;              /* log2 of its bytes: 12, 14, 16                        */
    unsigned start;                /* level of the first table                             */
    unsigned input_bits;           /* at least so many, from the addresses seen            */
};

struct smmuv3_ste_facts {
    bool valid;
    unsigned config;               /* enum ste_config */
    uint64_t cd;                   /* S1ContextPtr */
    unsigned vmid;
    unsigned oas;                  /* bits */
    bool record;                   /* S2R */
    bool affd;                     /* S2AFFD */
    struct smmuv3_s2_facts s2;
};

struct smmuv3_tt_facts { bool on; unsigned tsz, granule, had; uint64_t ttb; };

struct smmuv3_cd_facts {
    bool valid;
    struct smmuv3_tt_facts tt[2];
    unsigned oas, asid;
    bool record, affd;
};

/* `last` is the index of the last STE as QEMU logs it: its reading of Span is 2^Span STEs. */
uint64_t smmuv3_build_l1std(uint64_t l2ptr, uint64_t last);
void smmuv3_build_ste(uint64_t w[8], const struct smmuv3_ste_facts *f);
void smmuv3_build_cd(uint64_t w[8], const struct smmuv3_cd_facts *f);

/* ---- commands [SMMUv3 4] ------------------------------------------------------------------------ */

/* Leaf is not logged: set, as Linux sets it. */
void smmuv3_build_cfgi(uint64_t w[2], enum smmuv3_cmd_op op, uint32_t sid);
/* False if first..last is not an aligned power of two. */
bool smmuv3_build_cfgi_range(uint64_t w[2], uint64_t first, uint64_t last);
void smmuv3_build_tlbi(uint64_t w[2], enum smmuv3_cmd_op op, unsigned asid, unsigned vmid);
void smmuv3_build_sync(uint64_t w[2]);

struct smmuv3_range {              /* an invalidation by address, or one piece of it */
    uint64_t addr, pages;          /* pages of the granule `tg`; 1 if tg is 0        */
    unsigned asid, vmid, tg, ttl, leaf;
};

/* False if NUM and SCALE cannot say `pages`. */
bool smmuv3_build_range(uint64_t w[2], enum smmuv3_cmd_op op, const struct smmuv3_range *r);

/* The pages of the first of the aligned powers of two into which QEMU cuts `pages` from `addr`. */
uint64_t smmuv3_first_piece(uint64_t addr, uint64_t pages, unsigned tg);

/* Event number of a name, with or without SMMU_EVT_; 0 if there is none. [SMMUv3 7.3] */
unsigned smmuv3_event_number(const char *name, unsigned long len);

#endif
