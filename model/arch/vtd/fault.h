/* SPDX-License-Identifier: Apache-2.0
 *
 * fault.h - why a request is blocked, and the record that tells it.  [VT-d 7.1, 11.4]
 *
 * A reason's number is what stands in xl_result.code and in FRCD.FR.  Reasons marked `fpd` are not
 * recorded when FPD is set in the entries read so far; the request is blocked all the same.
 */
#ifndef ARCH_VTD_FAULT_H
#define ARCH_VTD_FAULT_H
#include "arch/xlate.h"
#include "base/field.h"

/* R(ID, code, "name", "older name or empty", suppressed by FPD, "condition") */
#define VTD_REASONS(R)                                                                               \
    R(LRT_2,  0x01, "LRT.2",  "",       0, "root entry not present")                                  \
    R(LCT_2,  0x02, "LCT.2",  "",       1, "context entry not present")                               \
    R(LCT_4,  0x03, "LCT.4",  "",       1, "TT or AW unsupported, or access error on the top table")  \
    R(LGN_1,  0x04, "LGN.1",  "",       1, "address beyond the supported width")                      \
    R(LGN_2,  0x05, "LGN.2",  "",       1, "write without permission")                                \
    R(LGN_3,  0x06, "LGN.3",  "",       1, "read without permission")                                 \
    R(LSS_1,  0x07, "LSS.1",  "LSL.1",  1, "access error on a second-stage table below the top")      \
    R(LRT_1,  0x08, "LRT.1",  "",       0, "access error on the root entry")                          \
    R(LCT_1,  0x09, "LCT.1",  "",       0, "access error on the context entry")                       \
    R(LRT_3,  0x0a, "LRT.3",  "",       0, "reserved bit in a root entry")                            \
    R(LCT_3,  0x0b, "LCT.3",  "",       1, "reserved bit in a context entry")                         \
    R(LSS_2,  0x0c, "LSS.2",  "LSL.2",  1, "reserved bit in a second-stage entry")                    \
    R(LCT_5,  0x0d, "LCT.5",  "",       1, "address type blocked by TT")                              \
    R(LGN_4,  0x0e, "LGN.4",  "",       1, "output in the interrupt range")                           \
    R(IR_REQUEST,     0x20, "20h", "",  0, "interrupt request: reserved bits")                        \
    R(IR_INDEX,       0x21, "21h", "",  0, "interrupt index beyond the table")                        \
    R(IR_ABSENT,      0x22, "22h", "",  1, "interrupt entry not present")                             \
    R(IR_READ,        0x23, "23h", "",  0, "access error on the interrupt entry")                     \
    R(IR_RESERVED,    0x24, "24h", "",  1, "reserved bit in an interrupt entry")                      \
    R(IR_COMPAT,      0x25, "25h", "",  0, "interrupt in compatibility format blocked")               \
    R(IR_SOURCE,      0x26, "26h", "",  1, "source-id of an interrupt not verified")                  \
    R(IR_PD_READ,     0x27, "27h", "",  1, "access error on the posted-interrupt descriptor")         \
    R(IR_PD_RESERVED, 0x28, "28h", "",  1, "reserved bit in the posted-interrupt descriptor")         \
    R(IR_BLOCKED,     0x29, "29h", "",  0, "request to the interrupt range that is no interrupt")     \
    R(RTA_1,  0x30, "RTA.1",  "",       0, "translation table mode reserved or unsupported")          \
    R(RTA_2,  0x31, "RTA.2",  "",       0, "request with PASID in legacy mode")                       \
    R(RTA_3,  0x32, "RTA.3",  "",       0, "page request in legacy mode")                             \
    R(RTA_4,  0x33, "RTA.4",  "",       0, "abort-DMA mode")                                          \
    R(SRT_1,  0x38, "SRT.1",  "",       0, "access error on the root entry")                          \
    R(SRT_2,  0x39, "SRT.2",  "",       0, "half of the root entry not present")                      \
    R(SRT_3,  0x3a, "SRT.3",  "",       0, "reserved bit in a root entry")                            \
    R(SCT_1,  0x40, "SCT.1",  "",       0, "access error on the context entry")                       \
    R(SCT_2,  0x41, "SCT.2",  "",       1, "context entry not present")                               \
    R(SCT_3,  0x42, "SCT.3",  "",       1, "reserved bit in a context entry")                         \
    R(SCT_4,  0x43, "SCT.4",  "",       1, "invalid programming of a context entry")                  \
    R(SCT_5,  0x44, "SCT.5",  "",       1, "DTE = 0 for a translation or translated request")         \
    R(SCT_6,  0x45, "SCT.6",  "",       1, "PASIDE = 0 for a request with PASID")                     \
    R(SCT_7,  0x46, "SCT.7",  "",       1, "PASID beyond PDTS")                                       \
    R(SCT_8,  0x47, "SCT.8",  "",       1, "PRE = 0 for a page request")                              \
    R(SCT_9,  0x48, "SCT.9",  "",       1, "RID_PASID beyond PDTS")                                   \
    R(SPD_1,  0x50, "SPD.1",  "",       0, "access error on the directory entry")                     \
    R(SPD_2,  0x51, "SPD.2",  "",       1, "directory entry not present")                             \
    R(SPD_3,  0x52, "SPD.3",  "",       1, "reserved bit in a directory entry")                       \
    R(SPT_1,  0x58, "SPT.1",  "",       0, "access error on the PASID entry")                         \
    R(SPT_2,  0x59, "SPT.2",  "",       1, "PASID entry not present")                                 \
    R(SPT_3,  0x5a, "SPT.3",  "",       1, "reserved bit in a PASID entry")                           \
    R(SPT_4,  0x5b, "SPT.4",  "",       1, "PGTT, AW or FSPM unsupported")                            \
    R(SPT_5,  0x5c, "SPT.5",  "",       1, "execute request with ERE = 0")                            \
    R(SPT_6,  0x5d, "SPT.6",  "",       1, "supervisor request with SRE = 0")                         \
    R(SFS_1,  0x70, "SFS.1",  "SFL.1",  1, "access error on a first-stage table below the top")       \
    R(SFS_2,  0x71, "SFS.2",  "SFL.2",  1, "first-stage entry not present")                           \
    R(SFS_3,  0x72, "SFS.3",  "SFL.3",  1, "reserved bit in a first-stage entry")                     \
    R(SFS_4,  0x73, "SFS.4",  "SFL.4",  1, "access error on the top first-stage table")               \
    R(SFS_5,  0x74, "SFS.5",  "SFL.5",  1, "address of a first-stage table beyond second-stage width") \
    R(SFS_6,  0x75, "SFS.6",  "SFL.6",  1, "no read permission for the top first-stage table")        \
    R(SFS_7,  0x76, "SFS.7",  "SFL.7",  1, "no read permission for a lower first-stage table")        \
    R(SFS_8,  0x77, "SFS.8",  "SFL.8",  1, "no write permission for an A/D update")                   \
    R(SSS_1,  0x78, "SSS.1",  "SSL.1",  1, "access error on a second-stage table below the top")      \
    R(SSS_2,  0x79, "SSS.2",  "SSL.2",  1, "second-stage entry with R = W = 0")                       \
    R(SSS_3,  0x7a, "SSS.3",  "SSL.3",  1, "reserved bit in a second-stage entry")                    \
    R(SSS_4,  0x7b, "SSS.4",  "SSL.4",  1, "access error on the top second-stage table")              \
    R(SSS_5,  0x7c, "SSS.5",  "SSL.5",  1, "second-stage A/D update needed, walk not snooped")        \
    R(SSS_6,  0x7d, "SSS.6",  "SSL.6",  1, "second-stage A/D update failed")                          \
    R(SGN_1,  0x80, "SGN.1",  "",       1, "non-canonical address")                                   \
    R(SGN_2,  0x81, "SGN.2",  "",       1, "user request, U/S = 0")                                   \
    R(SGN_3,  0x82, "SGN.3",  "",       1, "execute denied")                                          \
    R(SGN_4,  0x83, "SGN.4",  "",       1, "pass-through address beyond the supported width")         \
    R(SGN_5,  0x84, "SGN.5",  "",       1, "second-stage input beyond the supported width")           \
    R(SGN_6,  0x85, "SGN.6",  "",       1, "write denied")                                            \
    R(SGN_7,  0x86, "SGN.7",  "",       1, "read denied")                                             \
    R(SGN_8,  0x87, "SGN.8",  "",       1, "output in the interrupt range")                           \
    R(SFS_9,  0x90, "SFS.9",  "SFL.9",  1, "first-stage A/D update needed, walk not snooped")         \
    R(SFS_10, 0x91, "SFS.10", "SFL.10", 1, "first-stage A/D update failed")

#define VTD_REASON_ID(ID, code, name, old, fpd, text) VTD_##ID = (code),
enum vtd_reason_code { VTD_NO_FAULT, VTD_REASONS(VTD_REASON_ID) };

struct vtd_reason {
    uint8_t code;
    const char *name, *old_name;
    bool fpd;
    const char *text;
};

extern const struct vtd_reason vtd_reasons[];
extern const unsigned vtd_reason_count;

/* NULL if there is no such reason. */
const struct vtd_reason *vtd_reason(uint8_t code);
/* Does FPD = 1 keep a fault of this reason out of the records? */
bool vtd_reason_fpd(uint8_t code);

/* Fault record, 128 bits. */
/* The rows' macro is X: F is a field. */
#define FRCD_FIELDS(X)                                                        \
    X(FRCD, FI,   0, 63, 12, "page of the request")                           \
    X(FRCD, SID,  1, 15,  0, "source-id")                                     \
    X(FRCD, T2,   1, 28, 28, "type bit 2")                                    \
    X(FRCD, PRIV, 1, 29, 29, "supervisor requested")                          \
    X(FRCD, EXE,  1, 30, 30, "execute requested")                             \
    X(FRCD, PP,   1, 31, 31, "PASID present")                                 \
    X(FRCD, FR,   1, 39, 32, "reason")                                        \
    X(FRCD, PV,   1, 59, 40, "PASID")                                         \
    X(FRCD, AT,   1, 61, 60, "address type: 0, 1 translation, 2 translated")  \
    X(FRCD, T1,   1, 62, 62, "type bit 1: with T2 0 write, 1 page request, 2 read, 3 AtomicOp") \
    X(FRCD, F,    1, 63, 63, "record is valid; write 1 to clear")

FIELD_DEFINE(FRCD_FIELDS);
extern const struct field_table frcd_fields;

enum { FRCD_WORDS = 2 };
void vtd_fault_encode(const struct xl_req *req, uint8_t code, uint64_t *words);

#endif
