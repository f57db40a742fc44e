/* SPDX-License-Identifier: Apache-2.0
 *
 * prq.h - page requests: entries of the page request queue, and what becomes of a request that arrives.
 * [VT-d 7.4; fact sheet 8.2, 8.3]
 *
 * Left out: private data of older revisions; the field is written as zero.
 */
#ifndef ARCH_VTD_PRQ_H
#define ARCH_VTD_PRQ_H
#include "arch/ats.h"
#include "base/field.h"

enum { PRQ_WORDS = 4, PRQ_BYTES = 32, PRQ_TYPE_PAGE = 1 };

#define PRQ_FIELDS(F)                                                         \
    F(PRQ, TYPE,  0,  7,  0, "1: a page request")                             \
    F(PRQ, PP,    0,  8,  8, "PASID present")                                 \
    F(PRQ, RID,   0, 31, 16, "requester")                                     \
    F(PRQ, PASID, 0, 51, 32, "PASID")                                         \
    F(PRQ, EXE,   0, 52, 52, "execute")                                       \
    F(PRQ, PRIV,  0, 53, 53, "privileged")                                    \
    F(PRQ, RD,    1,  0,  0, "read")                                          \
    F(PRQ, WR,    1,  1,  1, "write")                                         \
    F(PRQ, LPIG,  1,  2,  2, "last page in group")                            \
    F(PRQ, PRGI,  1, 11,  3, "page request group index")                      \
    F(PRQ, ADDR,  1, 63, 12, "page address")
FIELD_DEFINE(PRQ_FIELDS);
extern const struct field_table vtd_prq_fields;

void vtd_prq_encode(const struct page_request *r, uint64_t words[PRQ_WORDS]);
void vtd_prq_decode(const uint64_t words[PRQ_WORDS], struct page_request *r);

/* What a request finds. */
struct vtd_prq_state {
    bool allowed;                      /* by the function's context, else a fault says why not     */
    bool full;                         /* the next entry would be at PQH                           */
    bool pending, overflown;           /* PRS.PPR, PRS.PRO                                         */
};

struct vtd_prq_end {
    bool    written;                   /* goes into the queue; software answers                    */
    bool    overflows;                 /* PRO is set                                               */
    bool    event;                     /* for that                                                 */
    bool    responds;                  /* the unit answers itself, with `code`                     */
    uint8_t code;                      /* enum pri_code                                            */
};
struct vtd_prq_end vtd_prq_arrive(const struct page_request *r, const struct vtd_prq_state *s);

#endif
