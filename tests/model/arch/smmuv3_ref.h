/* SPDX-License-Identifier: Apache-2.0
 *
 * smmuv3_ref.h - a second SMMUv3 for tests: one transaction from StreamID to output address, straight down
 *                the manual's list of checks.  [SMMUv3 3.4, 3.9, 3.13, 5.2, 5.4, 7.3, 13; DDI 0487 D8]
 *
 * Shares nothing with model/arch but the structs a request and the registers come in.  Structures are
 * decoded by the bit numbers of the whole structure, tables are walked by plain loops and recursion, and
 * nothing is kept from one transaction to the next.  It answers what the machine answers and what memory
 * saw: reads in order, and the words a hardware update changes (held back from memory, but seen by later
 * reads of the same transaction).
 *
 * Left out: AArch32, Secure and Realm state, MPAM, DPT, permission indirection, forced write-back, access
 * flags of table descriptors, E0PD.
 */
#ifndef TESTS_MODEL_ARCH_SMMUV3_REF_H
#define TESTS_MODEL_ARCH_SMMUV3_REF_H
#include "arch/smmuv3/regs.h"
#include "arch/xlate.h"

enum { REF_READS = 256, REF_WRITES = 128 };

/* Where the manual leaves the choice to the implementation. */
struct smmuv3_ref_choice {
    bool ctxptr_bad_ste;       /* nested, S1ContextPtr above IAS: C_BAD_STE, else stage 2 says so       */
    bool l2ptr_bad_ssid;       /* nested, L1CD.L2Ptr above IAS: C_BAD_SUBSTREAMID, else stage 2 says so */
    bool grant_write_nw;       /* ATS, NW=1: W is granted where the page is writable                    */
    bool walk_to_update;       /* nested: stage 2 is walked again before a stage 1 descriptor is updated */
    bool stage1_hints;         /* ALLOCCFG has no effect where stage 1 translates (PCIe)                */
    bool truncate_translated;  /* ATS, translated address above OAS: cut, else aborted silently         */
};

struct ref_read  { char name[8]; uint64_t pa; };
struct ref_write { uint64_t pa, old, new; };

struct smmuv3_ref {
    uint8_t  outcome;          /* enum xl_outcome                                            */
    uint8_t  code;             /* event number, 0: none; of an ATS success: why it grants less */
    bool     recorded, s2;
    uint8_t  cls;
    bool     table_write;      /* a stage 2 fault was met while updating a table             */
    uint64_t pa, ipa, fetch;   /* output; IPA of a stage 2 fault; what could not be read     */
    bool     write, priv, exec;        /* as judged, and as an event shows it                */

    bool     leaf;             /* a translation was found: what follows is valid             */
    unsigned size_log2;        /* of the largest region one TLB entry may cover              */
    unsigned hint_log2;        /* the same if contiguous hints are used                      */
    unsigned perm1, perm2;     /* enum xl_perm, as after the access                          */
    bool     dirty1, dirty2;   /* write permission could be gained by a hardware update      */
    bool     global;
    uint8_t  mair, sh;         /* combined memory attributes                                 */
    bool     asid_used, vmid_used;
    uint16_t asid, vmid;

    bool     ats_r, ats_w, ats_x;

    unsigned walked1, walked2; /* descriptors read by the stage 1 walk; by the last stage 2 walk */
    unsigned reads, writes;
    struct ref_read  read[REF_READS];
    struct ref_write write_at[REF_WRITES];
};

/* False if the read aborts. */
typedef bool smmuv3_ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out);

void smmuv3_ref_run(struct smmuv3_ref *a, const struct smmuv3_regs *regs,
                    const struct smmuv3_ref_choice *choice, const struct xl_req *req,
                    smmuv3_ref_mem *mem, void *arg);

/* The four words of its record [SMMUv3 7.3], without the stall tag and the details of F_BAD_ATS_TREQ. */
void smmuv3_ref_record(const struct smmuv3_ref *a, const struct xl_req *req, uint64_t words[4]);

#endif
