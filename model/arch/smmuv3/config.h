/* SPDX-License-Identifier: Apache-2.0
 *
 * config.h - what an STE and a CD mean, decoded: the form in which a configuration cache keeps them.
 *
 * smmuv3_decode_ste and _cd check legality exactly where the manual does [SMMUv3 5.2, 5.4; fact sheet 2.3,
 * 3.4] and fill a struct smmuv3_config.  _encode_ste and _cd are their inverse for host software and for
 * importers: they take the same struct.
 */
#ifndef ARCH_SMMUV3_CONFIG_H
#define ARCH_SMMUV3_CONFIG_H
#include "arch/smmuv3/cd.h"
#include "arch/smmuv3/regs.h"
#include "arch/smmuv3/ste.h"
#include "arch/table/vmsa.h"

enum smmuv3_regime { REGIME_EL1, REGIME_EL2, REGIME_EL2_E2H };

struct smmuv3_config {
    uint8_t  config;           /* enum ste_config, after S1DSS was applied                 */
    uint8_t  regime;           /* enum smmuv3_regime                                       */
    bool     s1, s2;           /* stages that translate                                    */
    bool     s1_skipped;       /* S1DSS took stage 1 out                                   */
    bool     aset;             /* broadcast invalidations by ASID spare its entries        */
    bool     asid_used, vmid_used;   /* entries carry an ASID, a VMID                       */
    uint16_t asid, vmid;
    uint8_t  privcfg, instcfg; /* 0 where overrides have no effect                         */
    uint8_t  eats, s1dss, s1fmt, s1cdmax;
    uint8_t  memattr;          /* of what passes without stage 1, if mtcfg                 */
    uint8_t  shcfg;            /* its shareability; 1: the incoming one                     */
    uint8_t  alloccfg;         /* its allocation hints: 1RWT, or 0 for the incoming ones     */
    bool     mtcfg;
    bool     s2ptw;            /* tables and CDs may not lie in Device memory               */
    bool     a, r, s;          /* CD.A, R, S                                               */
    bool     s2r, s2s;
    bool     s1stalld;
    bool     mev;              /* events may be merged                                     */
    bool     epd[2], tbi[2];
    bool     e0pd[2];          /* unprivileged accesses find nothing in that half          */
    bool     halves;           /* TTB1 exists in this regime                               */
    uint64_t s1ctxptr;
    uint64_t mair;
    struct vmsa_table tt[2];   /* stage 1, lower and upper half                            */
    struct vmsa_table s2t;
    uint64_t root_pa[2];       /* nested: where a root table lies, if root_known           */
    bool     root_known[2];    /* its IPA was translated when the CD was decoded           */
};

/* Each returns 0 or the number of an event.  smmuv3_decode_ste leaves the CD's part zero. */
unsigned smmuv3_decode_ste(const struct smmuv3_regs *r, const uint64_t ste[STE_WORDS],
                           struct smmuv3_config *c);
unsigned smmuv3_decode_cd(const struct smmuv3_regs *r, const uint64_t cd[CD_WORDS],
                          struct smmuv3_config *c);

/* The fields that a config needs; everything else is zero or the usual (write-back, inner shareable). */
void smmuv3_encode_ste(const struct smmuv3_config *c, uint64_t ste[STE_WORDS]);
void smmuv3_encode_cd(const struct smmuv3_config *c, uint64_t cd[CD_WORDS]);

/* Stage 2 start level of S2SL0 and its inverse; -2 where reserved. [fact sheet 5.3] */
int  smmuv3_s2_start(unsigned granule_log2, unsigned sl0, bool ds_minus_one);
unsigned smmuv3_s2_sl0(unsigned granule_log2, int start);

/* Smallest encoding of an address size that holds `bits`. */
unsigned smmuv3_size_code(unsigned bits);

#endif
