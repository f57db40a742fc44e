/* SPDX-License-Identifier: Apache-2.0
 *
 * pri.h - page requests: entries of the PRI queue, what becomes of a request that arrives, and what a
 * CMD_PRI_RESP answers.  [SMMUv3 3.13, 8; fact sheet 7.4]
 */
#ifndef ARCH_SMMUV3_PRI_H
#define ARCH_SMMUV3_PRI_H
#include "arch/ats.h"
#include "base/field.h"

enum { PRI_WORDS = 2, PRI_BYTES = 16 };

#define PRI_FIELDS(F)                                                         \
    F(PRI, SID,      0, 31,  0, "StreamID")                                   \
    F(PRI, SSID,     0, 51, 32, "SubstreamID")                                \
    F(PRI, PRIV,     0, 58, 58, "privileged")                                 \
    F(PRI, X,        0, 59, 59, "execute")                                    \
    F(PRI, R,        0, 60, 60, "read")                                       \
    F(PRI, W,        0, 61, 61, "write")                                      \
    F(PRI, LAST,     0, 62, 62, "last of its group")                          \
    F(PRI, SSV,      0, 63, 63, "SubstreamID is valid")                       \
    F(PRI, PRGINDEX, 1,  8,  0, "page request group")                         \
    F(PRI, ADDR,     1, 63, 12, "page address")
FIELD_DEFINE(PRI_FIELDS);
extern const struct field_table pri_fields;

void smmuv3_pri_encode(const struct page_request *r, uint64_t words[PRI_WORDS]);
void smmuv3_pri_decode(const uint64_t words[PRI_WORDS], struct page_request *r);

/* The state of the queue that a request finds. */
struct smmuv3_pri_state {
    bool enabled;                      /* CR0.PRIQEN in effect: not with SMMUEN = 0                */
    bool aborted;                      /* GERROR.PRIQ_ABT_ERR is active                            */
    bool secure;                       /* the stream is                                            */
    bool full;
    bool overflown;                    /* PRIQ_PROD.OVFLG != PRIQ_CONS.OVACKFLG                    */
    bool pps;                          /* IDR3.PPS                                                 */
};

/* Its STE, where the answer depends on it. */
enum smmuv3_pri_ste { PRI_STE_UNUSABLE, PRI_STE_PPAR0, PRI_STE_PPAR1 };

struct smmuv3_pri_end {
    bool    written;                   /* goes into the queue; software answers                    */
    bool    overflows;                 /* OVFLG changes                                            */
    bool    responds;                  /* the unit answers itself, with `code`                     */
    bool    with_pasid;                /* and the answer has the request's PASID                   */
    uint8_t code;                      /* enum pri_code                                            */
};

/* Does what becomes of it depend on the STE? */
bool smmuv3_pri_needs_ste(const struct page_request *r, const struct smmuv3_pri_state *s);
struct smmuv3_pri_end smmuv3_pri_arrive(const struct page_request *r, const struct smmuv3_pri_state *s,
                                        enum smmuv3_pri_ste ste);

/* What CMD_PRI_RESP.Resp says on the link; 3 is CERROR_ILL.  And its inverse. */
uint8_t smmuv3_pri_code(unsigned resp);
unsigned smmuv3_pri_resp(uint8_t code);

#endif
