/* SPDX-License-Identifier: Apache-2.0
 *
 * xlate.h - the words that both architectures use to speak of one translation: a request and its result.
 *
 * The machines of arch/smmuv3 and arch/vtd take a request, ask their questions, and end in a result.
 * Codes of faults are the architecture's own numbers.
 */
#ifndef ARCH_XLATE_H
#define ARCH_XLATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum xl_type {
    XL_UNTRANSLATED, XL_ATS_REQUEST, XL_TRANSLATED,
    XL_PAGE_REQUEST,           /* VT-d: goes as far as the context, and ends in XL_BYPASS or a fault */
};

/* Memory type of an incoming access: Normal write-back, Normal non-cacheable (PCIe No Snoop), Device. */
enum xl_mem { XL_MEM_WB, XL_MEM_NC, XL_MEM_DEVICE };

struct xl_req {
    uint64_t addr;
    uint32_t sid;              /* StreamID, source-id                    */
    union {
        uint32_t ssid;         /* SubstreamID, PASID; valid if has_ssid  */
        uint32_t data;         /* VT-d, of an interrupt request, which has none: what is written */
    };
    bool     has_ssid;
    bool     write, priv, exec;
    bool     atomic;           /* from here on: see xl_req_plain          */
    bool     no_write : 1;     /* ATS: NW                                 */
    bool     no_dir : 1;       /* the source did not say read or write: permission is not judged beyond
                                  "readable or writable"                  */
    bool     speculative : 1;  /* SMMUv3: a read that its client may not need: it ends silently where
                                  it cannot be                            */
    uint8_t  unused : 5;       /* named, so that it is 0: xl_req_plain looks at whole bytes */
    uint8_t  mem;              /* enum xl_mem: memory type it came with    */
    uint8_t  type;             /* enum xl_type                            */
};

/* A read, write or fetch, untranslated, of ordinary memory, that says which it is: most are. */
static inline bool xl_req_plain(const struct xl_req *r)
{
    uint32_t uncommon;

    memcpy(&uncommon, (const char *)r + offsetof(struct xl_req, atomic), sizeof uncommon);
    return uncommon == 0;
}
_Static_assert(offsetof(struct xl_req, type) == offsetof(struct xl_req, atomic) + 3, "xl_req_plain");

enum xl_outcome {
    XL_NONE,                   /* not finished                                         */
    XL_OK,                     /* translated; pa is the output address                 */
    XL_BYPASS,                 /* passes untranslated; pa = addr                       */
    XL_ABORT,                  /* aborted, nothing to record (Config = abort, ...); of a speculative
                                  access `code` may say why                            */
    XL_FAULT,                  /* aborted; `code` says why, `recorded` whether in a record */
    XL_RAZWI,                  /* terminated as read-as-zero, write-ignored            */
    XL_STALL,
    XL_ATS_OK, XL_ATS_UR, XL_ATS_CA,   /* answers to an ATS request                     */
    XL_INTERRUPT,              /* VT-d: an interrupt request that went on: pa and ipa are address and data of its
                                  message; posted: the descriptor's address and the vector */
};

/* Permissions of one stage, for the kinds of access there are. */
enum xl_perm {
    XL_R = 1, XL_W = 2, XL_X = 4,              /* unprivileged */
    XL_PR = 8, XL_PW = 16, XL_PX = 32,         /* privileged   */
    XL_ALL = 63,
};

/* A translation as a TLB may hold it: the block around the address. */
struct xl_leaf {
    uint64_t iova, pa;         /* of the block, aligned to its size                       */
    uint64_t ipa;              /* nested: what stage 1 gave for the block                 */
    uint8_t  size_log2;
    uint8_t  perm1, perm2;     /* enum xl_perm of stage 1 (or first stage) and stage 2    */
    uint8_t  level;            /* of the leaf that set the size                           */
    uint8_t  granule_log2;     /* of the stage that set the size                          */
    uint8_t  block_log2;       /* of the stage 1 block this is a piece of; 0: it is whole */
    uint8_t  attr, sh;         /* memory type and shareability: those of the output if stage 1 took
                                  part, else what stage 2 says of them                    */
    bool     global;
    bool     dirty1, dirty2;   /* hardware could make it writable: a write has to walk     */
    bool     stage1, stage2;   /* which stages took part                                  */
};

struct xl_result {
    uint8_t  outcome;          /* enum xl_outcome */
    uint8_t  code;             /* SMMUv3 event number, VT-d fault reason; 0 none          */
    bool     recorded;         /* the fault goes into an event or a fault record          */
    uint8_t  stage2, cls;      /* SMMUv3 S2 and CLASS                                     */
    uint8_t  level;            /* where a walk ended                                      */
    bool     write, priv, exec; /* as it was judged, after STE.PRIVCFG and INSTCFG         */
    bool     ats_r, ats_w, ats_x;   /* ATS: rights granted                                */
    uint8_t  ats_size_log2;    /* ATS: size of the translation                            */
    uint8_t  mair, sh;         /* memory type of the output, as a byte of MAIR; shareability */
    uint64_t pa, ipa, fetch;   /* output; IPA of a stage 2 fault; address of a failed fetch */
    uint32_t domain;           /* ASID | VMID << 16, or the DID: for reports              */
    uint16_t stag;             /* SMMUv3: of a stalled transaction                         */
    bool     table_write;      /* SMMUv3: the fault was met updating a table (TTRnW = 0)   */
};

/* What was asked of memory, in order; counters, reports and conformance read it. */
struct xl_fetch {
    const char *name;          /* "STE", "S1L2"; a constant                               */
    uint64_t pa;
};

/* The permission an access needs: R or W in its privilege, X if an instruction fetch. */
static inline uint8_t xl_need(bool write, bool exec, bool priv)
{
    static const uint8_t need[8] = { XL_R, XL_W, XL_X, XL_W, XL_PR, XL_PW, XL_PX, XL_PW };

    return need[write + 2u * exec + 4u * priv];
}

#endif
