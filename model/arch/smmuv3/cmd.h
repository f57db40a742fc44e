/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd.h - commands: layout, legality, meaning.  [SMMUv3 4]
 *
 * One row a command.  Decoding gives a struct smmuv3_cmd in which ranges are spelled out; encoding is for
 * host software and importers.  What a command removes from which cache is coverage.h.
 */
#ifndef ARCH_SMMUV3_CMD_H
#define ARCH_SMMUV3_CMD_H
#include "arch/smmuv3/regs.h"
#include "base/field.h"

enum { CMD_WORDS = 2, CMD_BYTES = 16 };

#define CMD_FIELDS(F)                                                         \
    F(CMD, OP,      0,  7,  0, "opcode")                                      \
    F(CMD, GLOBAL,  0,  9,  9, "ATC_INV: all PASIDs")                         \
    F(CMD, SSEC,    0, 10, 10, "Secure stream")                               \
    F(CMD, SSV,     0, 11, 11, "SubstreamID is valid")                        \
    F(CMD, SSID,    0, 31, 12, "SubstreamID")                                 \
    F(CMD, SID,     0, 63, 32, "StreamID")                                    \
    F(CMD, NUM,     0, 16, 12, "range: NUM + 1 times")                        \
    F(CMD, SCALE,   0, 25, 20, "range: 2^SCALE granules; bit 25 with LPA2")   \
    F(CMD, VMID,    0, 47, 32, "VMID")                                        \
    F(CMD, ASID,    0, 63, 48, "ASID")                                        \
    F(CMD, AC,      0, 12, 12, "RESUME: retry")                               \
    F(CMD, AB,      0, 13, 13, "RESUME: abort")                               \
    F(CMD, CS,      0, 13, 12, "SYNC: completion signal")                     \
    F(CMD, MSH,     0, 23, 22, "SYNC: shareability of the MSI")               \
    F(CMD, MSIATTR, 0, 27, 24, "SYNC: memory type of the MSI")                \
    F(CMD, MSIDATA, 0, 63, 32, "SYNC: data of the MSI")                       \
    F(CMD, LEAF,    1,  0,  0, "only leaf entries")                           \
    F(CMD, RANGE,   1,  4,  0, "CFGI_STE_RANGE: 2^(RANGE+1) StreamIDs")       \
    F(CMD, TTL,     1,  9,  8, "level of the leaf entries; 0 any")            \
    F(CMD, TG,      1, 11, 10, "granule of a range; 0: no range")             \
    F(CMD, ADDR,    1, 63, 12, "address")                                     \
    F(CMD, SIZE,    1,  5,  0, "ATC_INV: 2^SIZE pages")                       \
    F(CMD, COUNT,   1,  4,  0, "PREFETCH_ADDR: 2^COUNT translations (Size)")  \
    F(CMD, STRIDE,  1,  9,  5, "PREFETCH_ADDR: 2^STRIDE pages from each to the next") \
    F(CMD, PRGINDEX, 1, 8,  0, "PRI_RESP: page request group")                \
    F(CMD, RESP,    1, 13, 12, "PRI_RESP: response")                          \
    F(CMD, STAG,    1, 15,  0, "RESUME: stall tag")                           \
    F(CMD, MSIADDR, 1, 55,  2, "SYNC: address of the MSI")
FIELD_DEFINE(CMD_FIELDS);

/* C(NAME, opcode, operands, needs, "what it does"): operands as enum cmd_operand, needs as enum cmd_need */
enum cmd_operand {
    CMD_O_SID = 1, CMD_O_SSID = 2, CMD_O_LEAF = 4, CMD_O_RANGE = 8, CMD_O_VMID = 16, CMD_O_ASID = 32,
    CMD_O_ADDR = 64,           /* address with NUM, SCALE, TG, TTL, LEAF */
};
enum cmd_need {
    CMD_N_S1 = 1, CMD_N_S2 = 2, CMD_N_HYP = 4, CMD_N_ATS = 8, CMD_N_PRI = 16, CMD_N_STALL = 32,
    CMD_N_SECURE = 64, CMD_N_VMS = 128,
};
#define SMMUV3_CMDS(C)                                                                                \
    C(PREFETCH_CONFIG, 0x01, CMD_O_SID | CMD_O_SSID, 0, "prefetch a configuration")                   \
    C(PREFETCH_ADDR,   0x02, CMD_O_SID | CMD_O_SSID, 0, "prefetch a translation")                     \
    C(CFGI_STE,        0x03, CMD_O_SID | CMD_O_LEAF, 0, "one STE")                                    \
    C(CFGI_STE_RANGE,  0x04, CMD_O_SID | CMD_O_RANGE, 0, "a range of STEs; all with RANGE = 31")      \
    C(CFGI_CD,         0x05, CMD_O_SID | CMD_O_SSID | CMD_O_LEAF, CMD_N_S1, "one CD")                 \
    C(CFGI_CD_ALL,     0x06, CMD_O_SID, CMD_N_S1, "all CDs of a stream")                              \
    C(CFGI_VMS_PIDM,   0x07, CMD_O_VMID, CMD_N_VMS, "PARTID map of a VMID")                           \
    C(TLBI_NH_ALL,     0x10, CMD_O_VMID, CMD_N_S1, "stage 1 of a VMID")                               \
    C(TLBI_NH_ASID,    0x11, CMD_O_VMID | CMD_O_ASID, CMD_N_S1, "stage 1 of an ASID")                 \
    C(TLBI_NH_VA,      0x12, CMD_O_VMID | CMD_O_ASID | CMD_O_ADDR, CMD_N_S1, "addresses of an ASID")  \
    C(TLBI_NH_VAA,     0x13, CMD_O_VMID | CMD_O_ADDR, CMD_N_S1, "addresses of all ASIDs")             \
    C(TLBI_EL3_ALL,    0x18, 0, CMD_N_SECURE, "EL3")                                                  \
    C(TLBI_EL3_VA,     0x1a, CMD_O_ADDR, CMD_N_SECURE, "addresses of EL3")                            \
    C(TLBI_EL2_ALL,    0x20, 0, CMD_N_S1 | CMD_N_HYP, "EL2 and EL2-E2H")                              \
    C(TLBI_EL2_ASID,   0x21, CMD_O_ASID, CMD_N_S1 | CMD_N_HYP, "an ASID of EL2-E2H")                  \
    C(TLBI_EL2_VA,     0x22, CMD_O_ASID | CMD_O_ADDR, CMD_N_S1 | CMD_N_HYP, "addresses of EL2")       \
    C(TLBI_EL2_VAA,    0x23, CMD_O_ADDR, CMD_N_S1 | CMD_N_HYP, "addresses of EL2, all ASIDs")         \
    C(TLBI_S12_VMALL,  0x28, CMD_O_VMID, CMD_N_S2, "both stages of a VMID")                           \
    C(TLBI_S2_IPA,     0x2a, CMD_O_VMID | CMD_O_ADDR, CMD_N_S2, "stage 2 of addresses")               \
    C(TLBI_NSNH_ALL,   0x30, 0, 0, "everything of EL1")                                               \
    C(ATC_INV,         0x40, CMD_O_SID | CMD_O_SSID, CMD_N_ATS, "an endpoint's ATC")                  \
    C(PRI_RESP,        0x41, CMD_O_SID | CMD_O_SSID, CMD_N_PRI, "answer to a page request group")     \
    C(RESUME,          0x44, CMD_O_SID, CMD_N_STALL, "a stalled transaction")                         \
    C(STALL_TERM,      0x45, CMD_O_SID, CMD_N_STALL, "terminate a stream's stalled transactions")     \
    C(SYNC,            0x46, 0, 0, "wait for all before")

#define SMMUV3_CMD_ENUM(N, op, o, n, h) SMMUV3_CMD_##N = (op),
enum smmuv3_cmd_op { SMMUV3_CMDS(SMMUV3_CMD_ENUM) };

struct smmuv3_cmd_row { const char *name; uint8_t op; unsigned operands, needs; const char *help; };
extern const struct smmuv3_cmd_row smmuv3_cmds[];
extern const unsigned smmuv3_cmd_count;
const struct smmuv3_cmd_row *smmuv3_cmd_find(unsigned op);

/* How a CMD_SYNC tells that it has completed. */
enum smmuv3_cs { SMMUV3_CS_NONE, SMMUV3_CS_IRQ, SMMUV3_CS_SEV };

enum smmuv3_cerror { CERROR_NONE, CERROR_ILL, CERROR_ABT, CERROR_ATC_INV_SYNC };

struct smmuv3_cmd {
    uint8_t  op;
    bool     leaf, ranged, has_ssid;
    bool     global;           /* ATC_INV */
    bool     reserved;         /* a range that is CERROR_ILL for its NUM, SCALE and TTL alone */
    uint8_t  ttl, tg, num, scale, cs, resp, size;
    uint16_t vmid, asid;
    uint32_t sid_first, sid_last, ssid;
    uint64_t first, last;      /* addresses, inclusive; not ranged: one 4 KB page             */
    uint16_t stag, prgindex;
    bool     ac, ab;
    bool     broadcast;        /* a processor's, not the driver's: entries with ASET are spared */
    uint16_t vmid_any;         /* bits of the VMID that are not compared: CR0.VMW            */
    uint32_t msidata;
    uint64_t msiaddr;
};

/* Returns enum smmuv3_cerror. */
unsigned smmuv3_cmd_decode(const struct smmuv3_regs *r, const uint64_t words[CMD_WORDS],
                           struct smmuv3_cmd *c);
/* The inverse, from op, sid_first, ssid, vmid, asid, leaf, ttl, tg, num, scale, first ... */
void smmuv3_cmd_encode(const struct smmuv3_cmd *c, uint64_t words[CMD_WORDS]);

#endif
