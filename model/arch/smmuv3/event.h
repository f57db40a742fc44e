/* SPDX-License-Identifier: Apache-2.0
 *
 * event.h - event records.  [SMMUv3 7.3]
 */
#ifndef ARCH_SMMUV3_EVENT_H
#define ARCH_SMMUV3_EVENT_H
#include "arch/xlate.h"
#include "base/field.h"

enum { EVENT_WORDS = 4, EVENT_BYTES = 32 };

/* E(NAME, number, flags, "when"); flags say which fields the record has */
enum event_flag {
    EVENT_SSV   = 1,           /* SSV and SubstreamID                      */
    EVENT_SSID  = 2,           /* SubstreamID without SSV                  */
    EVENT_ADDR  = 4,           /* InputAddr, RnW                            */
    EVENT_ATTR  = 8,           /* PnU, InD                                  */
    EVENT_STAGE = 16,          /* S2, CLASS                                 */
    EVENT_IPA   = 32,
    EVENT_FETCH = 64,          /* FetchAddr                                 */
    EVENT_STALL = 128,         /* STALL, STAG                               */
    EVENT_PAGE  = 256,         /* InputAddr is that of a page               */
    EVENT_TTRNW = 512,         /* TTRnW                                     */
    EVENT_NO_STE = 1024,       /* there is no STE that could forbid merging */
};
#define EVENT_TRANSLATION                                                                             \
    (EVENT_SSV | EVENT_ADDR | EVENT_ATTR | EVENT_STAGE | EVENT_IPA | EVENT_STALL)
#define SMMUV3_EVENTS(E)                                                                              \
    E(F_UUT,               0x01, EVENT_SSV | EVENT_ADDR | EVENT_ATTR | EVENT_NO_STE,              \
      "unsupported transaction type")                                                                 \
    E(C_BAD_STREAMID,      0x02, EVENT_SSV | EVENT_NO_STE, "StreamID out of range")                   \
    E(F_STE_FETCH,         0x03, EVENT_SSV | EVENT_FETCH | EVENT_NO_STE, "reading the STE failed")    \
    E(C_BAD_STE,           0x04, EVENT_SSV | EVENT_NO_STE, "STE invalid or illegal")                  \
    E(F_BAD_ATS_TREQ,      0x05, EVENT_SSV | EVENT_PAGE, "ATS request not allowed")                   \
    E(F_STREAM_DISABLED,   0x06, 0, "no SubstreamID where one is needed")                             \
    E(F_TRANSL_FORBIDDEN,  0x07, EVENT_SSV | EVENT_ADDR, "translated transaction not allowed")        \
    E(C_BAD_SUBSTREAMID,   0x08, EVENT_SSID, "SubstreamID out of range")                              \
    E(F_CD_FETCH,          0x09, EVENT_SSV | EVENT_FETCH, "reading the CD failed")                    \
    E(C_BAD_CD,            0x0a, EVENT_SSV, "CD invalid or illegal")                                  \
    E(F_WALK_EABT,         0x0b, EVENT_SSV | EVENT_ADDR | EVENT_ATTR | EVENT_STAGE | EVENT_FETCH,     \
      "reading a descriptor failed")                                                                 \
    E(F_TRANSLATION,       0x10, EVENT_TRANSLATION,                                                   \
      "nothing mapped, or input out of range")                                                       \
    E(F_ADDR_SIZE,         0x11, EVENT_TRANSLATION,                                                   \
      "an address above the output size")                                                            \
    E(F_ACCESS,            0x12, EVENT_TRANSLATION,                                                   \
      "access flag clear")                                                                           \
    E(F_PERMISSION,        0x13, EVENT_TRANSLATION | EVENT_TTRNW,                                     \
      "access not permitted")                                                                        \
    E(F_TLB_CONFLICT,      0x20, EVENT_SSV | EVENT_ADDR | EVENT_ATTR | EVENT_STAGE | EVENT_IPA,       \
      "two TLB entries match")                                                                       \
    E(F_CFG_CONFLICT,      0x21, EVENT_SSV, "two cached configurations match")                        \
    E(E_PAGE_REQUEST,      0x24, EVENT_SSV | EVENT_PAGE, "a hint that a page will be wanted")         \
    E(F_VMS_FETCH,         0x25, EVENT_SSV | EVENT_FETCH, "reading the VMS failed")

#define SMMUV3_EVENT_ENUM(N, c, f, m) SMMUV3_##N = (c),
enum smmuv3_event { SMMUV3_EVENTS(SMMUV3_EVENT_ENUM) };

#define EVENT_FIELDS(F)                                                       \
    F(EVENT, TYPE,   0,  7,  0, "event number")                               \
    F(EVENT, SSV,    0, 11, 11, "SubstreamID is valid")                       \
    F(EVENT, SSID,   0, 31, 12, "SubstreamID")                                \
    F(EVENT, SID,    0, 63, 32, "StreamID")                                   \
    F(EVENT, STAG,   1, 15,  0, "stall tag")                                  \
    F(EVENT, GPCF,   1, 16, 16, "fetches: granule protection")                \
    F(EVENT, STALL,  1, 31, 31, "the transaction is stalled")                 \
    F(EVENT, PNU,    1, 33, 33, "privileged")                                 \
    F(EVENT, IND,    1, 34, 34, "instruction")                                \
    F(EVENT, RNW,    1, 35, 35, "read")                                       \
    F(EVENT, S2,     1, 39, 39, "stage 2")                                    \
    F(EVENT, CLASS,  1, 41, 40, "0 CD, 1 table, 2 input address")             \
    F(EVENT, TTRNW,  1, 44, 44, "of a table: read")                           \
    F(EVENT, INPUT,  2, 63,  0, "input address")                              \
    F(EVENT, IPA,    3, 55, 12, "IPA, without its low 12 bits")

/* FetchAddr stands where IPA does, and reaches further down. */
#define EVENT_FETCH_FIELDS(F)                                                 \
    F(EVENT, FETCH,  3, 55,  3, "address of a failed fetch")
FIELD_DEFINE(EVENT_FETCH_FIELDS);
FIELD_DEFINE(EVENT_FIELDS);
extern const struct field_table event_fields;

enum event_class { EVENT_CLASS_CD, EVENT_CLASS_TT, EVENT_CLASS_IN };

struct smmuv3_event_row { const char *name; uint8_t number; unsigned flags; const char *when; };
extern const struct smmuv3_event_row smmuv3_events[];
extern const unsigned smmuv3_event_count;
const struct smmuv3_event_row *smmuv3_event_find(unsigned number);   /* NULL if unknown */

/* The record of a fault: what an event queue entry holds. */
void smmuv3_event_encode(const struct xl_req *req, const struct xl_result *res,
                         uint64_t words[EVENT_WORDS]);

/* May a fault that does not stall share the record of another, the stream's STE.MEV being mev?  They are
 * alike in all but these bits.  [SMMUv3 7.3.1] */
bool smmuv3_event_merges(unsigned number, bool mev);
extern const uint64_t smmuv3_event_merge_ignored[EVENT_WORDS];

#endif
