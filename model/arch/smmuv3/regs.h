/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - SMMUv3 registers that translation depends on.  [SMMUv3 6.3]
 *
 * The whole register file with handshakes and interrupts is the business of the timed pipeline; what the
 * architecture reads of it stands here as plain words.
 */
#ifndef ARCH_SMMUV3_REGS_H
#define ARCH_SMMUV3_REGS_H
#include "base/field.h"

/* R(NAME, member, offset, bytes, "meaning") */
#define SMMUV3_REGS(R)                                                                       \
    R(IDR0,            idr0,            0x000, 4, "features")                                \
    R(IDR1,            idr1,            0x004, 4, "StreamID, SubstreamID and queue sizes")   \
    R(IDR3,            idr3,            0x00c, 4, "more features")                           \
    R(IDR5,            idr5,            0x014, 4, "address sizes, granules, stalls")         \
    R(AIDR,            aidr,            0x01c, 4, "architecture version")                    \
    R(CR0,             cr0,             0x020, 4, "enables")                                 \
    R(CR1,             cr1,             0x028, 4, "memory attributes of tables and queues")  \
    R(CR2,             cr2,             0x02c, 4, "E2H, RECINVSID, PTM")                     \
    R(GBPA,            gbpa,            0x044, 4, "global bypass attributes")                \
    R(STRTAB_BASE,     strtab_base,     0x080, 8, "stream table")                            \
    R(STRTAB_BASE_CFG, strtab_base_cfg, 0x088, 4, "stream table format")                     \
    R(CMDQ_BASE,       cmdq_base,       0x090, 8, "command queue")                           \
    R(EVENTQ_BASE,     eventq_base,     0x0a0, 8, "event queue")

#define IDR0_FIELDS(F)                                                        \
    F(IDR0, S2P,         0,  0,  0, "stage 2")                                \
    F(IDR0, S1P,         0,  1,  1, "stage 1")                                \
    F(IDR0, TTF,         0,  3,  2, "table formats: bit 1 is AArch64")        \
    F(IDR0, COHACC,      0,  4,  4, "coherent access")                        \
    F(IDR0, BTM,         0,  5,  5, "broadcast TLB maintenance")              \
    F(IDR0, HTTU,        0,  7,  6, "hardware update of AF, of dirty state")  \
    F(IDR0, DORMHINT,    0,  8,  8, "dormant hint")                           \
    F(IDR0, HYP,         0,  9,  9, "EL2 contexts")                           \
    F(IDR0, ATS,         0, 10, 10, "PCIe ATS")                               \
    F(IDR0, NS1ATS,      0, 11, 11, "split-stage ATS is not supported")       \
    F(IDR0, ASID16,      0, 12, 12, "16-bit ASID")                            \
    F(IDR0, MSI,         0, 13, 13, "message signalled interrupts")           \
    F(IDR0, SEV,         0, 14, 14, "SEV from CMD_SYNC")                      \
    F(IDR0, ATOS,        0, 15, 15, "address translation operations")         \
    F(IDR0, PRI,         0, 16, 16, "page requests")                          \
    F(IDR0, VMW,         0, 17, 17, "VMID wildcard")                          \
    F(IDR0, VMID16,      0, 18, 18, "16-bit VMID")                            \
    F(IDR0, CD2L,        0, 19, 19, "two-level CD tables")                    \
    F(IDR0, VATOS,       0, 20, 20, "virtual ATOS")                           \
    F(IDR0, TTENDIAN,    0, 22, 21, "0 mixed, 2 little, 3 big")               \
    F(IDR0, ATSRECERR,   0, 23, 23, "CR2.REC_CFG_ATS exists")                 \
    F(IDR0, STALL_MODEL, 0, 25, 24, "0 both, 1 terminate only, 2 stall only") \
    F(IDR0, TERM_MODEL,  0, 26, 26, "terminate is always an abort")           \
    F(IDR0, ST_LEVEL,    0, 28, 27, "1: two-level stream table too")
#define IDR1_FIELDS(F)                                                        \
    F(IDR1, SIDSIZE,        0,  5,  0, "StreamID bits")                       \
    F(IDR1, SSIDSIZE,       0, 10,  6, "SubstreamID bits")                    \
    F(IDR1, PRIQS,          0, 15, 11, "log2 of the PRI queue")               \
    F(IDR1, EVENTQS,        0, 20, 16, "log2 of the event queue")             \
    F(IDR1, CMDQS,          0, 25, 21, "log2 of the command queue")           \
    F(IDR1, ATTR_PERMS_OVR, 0, 26, 26, "PRIVCFG and INSTCFG have effect")     \
    F(IDR1, ATTR_TYPES_OVR, 0, 27, 27, "MTCFG, SHCFG, ALLOCCFG have effect")  \
    F(IDR1, REL,            0, 28, 28, "relative base pointers")              \
    F(IDR1, QUEUES_PRESET,  0, 29, 29, "queue bases are fixed")               \
    F(IDR1, TABLES_PRESET,  0, 30, 30, "table bases are fixed")               \
    F(IDR1, ECMDQ,          0, 31, 31, "enhanced command queues")
#define IDR3_FIELDS(F)                                                        \
    F(IDR3, HAD,  0,  2,  2, "hierarchical attributes can be disabled")       \
    F(IDR3, PBHA, 0,  3,  3, "page-based hardware attributes")                \
    F(IDR3, XNX,  0,  4,  4, "two stage 2 XN bits")                           \
    F(IDR3, PPS,  0,  5,  5, "PASID in PRI responses")                        \
    F(IDR3, MPAM, 0,  7,  7, "MPAM")                                          \
    F(IDR3, FWB,  0,  8,  8, "stage 2 forced write-back")                     \
    F(IDR3, STT,  0,  9,  9, "small translation tables")                      \
    F(IDR3, RIL,  0, 10, 10, "range invalidation and level hint")             \
    F(IDR3, BBML, 0, 12, 11, "break-before-make level")                       \
    F(IDR3, E0PD, 0, 13, 13, "E0PD")
#define IDR5_FIELDS(F)                                                        \
    F(IDR5, OAS,       0,  2,  0, "output address size")                      \
    F(IDR5, GRAN4K,    0,  4,  4, "4 KB granule")                             \
    F(IDR5, GRAN16K,   0,  5,  5, "16 KB granule")                            \
    F(IDR5, GRAN64K,   0,  6,  6, "64 KB granule")                            \
    F(IDR5, DS,        0,  7,  7, "52-bit addresses with 4 KB and 16 KB")     \
    F(IDR5, VAX,       0, 11, 10, "virtual address extend: 1 is 52 bits")     \
    F(IDR5, STALL_MAX, 0, 31, 16, "outstanding stalls")
#define CR0_FIELDS(F)                                                         \
    F(CR0, SMMUEN,   0, 0, 0, "translation is on")                            \
    F(CR0, PRIQEN,   0, 1, 1, "PRI queue is on")                              \
    F(CR0, EVENTQEN, 0, 2, 2, "event queue is on")                            \
    F(CR0, CMDQEN,   0, 3, 3, "command queue is on")                          \
    F(CR0, ATSCHK,   0, 4, 4, "check translated transactions")                \
    F(CR0, VMW,      0, 8, 6, "VMID bits that TLBI ignores")
#define CR2_FIELDS(F)                                                         \
    F(CR2, E2H,         0, 0, 0, "EL2 streams are EL2-E2H")                   \
    F(CR2, RECINVSID,   0, 1, 1, "record C_BAD_STREAMID")                     \
    F(CR2, PTM,         0, 2, 2, "ignore broadcast TLB maintenance")          \
    F(CR2, REC_CFG_ATS, 0, 3, 3, "record configuration errors of ATS")
#define GBPA_FIELDS(F)                                                        \
    F(GBPA, MEMATTR,  0,  3,  0, "memory type")                               \
    F(GBPA, MTCFG,    0,  4,  4, "use MEMATTR")                               \
    F(GBPA, ALLOCCFG, 0, 11,  8, "allocation hints")                          \
    F(GBPA, SHCFG,    0, 13, 12, "shareability")                              \
    F(GBPA, PRIVCFG,  0, 17, 16, "privilege override")                        \
    F(GBPA, INSTCFG,  0, 19, 18, "instruction override")                      \
    F(GBPA, ABORT,    0, 20, 20, "abort all")                                 \
    F(GBPA, UPDATE,   0, 31, 31, "write takes effect; clears itself")
#define STRTAB_BASE_FIELDS(F)                                                 \
    F(STRTAB_BASE, ADDR, 0, 51,  6, "stream table address")                   \
    F(STRTAB_BASE, RA,   0, 62, 62, "read-allocate hint")
#define STRTAB_BASE_CFG_FIELDS(F)                                             \
    F(STRTAB_BASE_CFG, LOG2SIZE, 0,  5,  0, "StreamID bits in use")           \
    F(STRTAB_BASE_CFG, SPLIT,    0, 10,  6, "second-level bits: 6, 8, 10")    \
    F(STRTAB_BASE_CFG, FMT,      0, 17, 16, "0 linear, 1 two-level")

FIELD_DEFINE(IDR0_FIELDS);
FIELD_DEFINE(IDR1_FIELDS);
FIELD_DEFINE(IDR3_FIELDS);
FIELD_DEFINE(IDR5_FIELDS);
FIELD_DEFINE(CR0_FIELDS);
FIELD_DEFINE(CR2_FIELDS);
FIELD_DEFINE(GBPA_FIELDS);
FIELD_DEFINE(STRTAB_BASE_FIELDS);
FIELD_DEFINE(STRTAB_BASE_CFG_FIELDS);

#define SMMUV3_REG_MEMBER(N, member, off, bytes, m) uint64_t member;
struct smmuv3_regs { SMMUV3_REGS(SMMUV3_REG_MEMBER) };

struct smmuv3_reg_row { const char *name; uint32_t offset, bytes; const char *meaning; };
extern const struct smmuv3_reg_row smmuv3_reg_rows[];
extern const unsigned smmuv3_reg_count;

/* Writes `bytes` bytes at `offset`: a register, or half of a 64-bit one.  False if nothing here is at
 * that offset.  Identification registers can be written so: it is how a profile sets them. */
bool smmuv3_reg_write(struct smmuv3_regs *r, uint32_t offset, uint64_t value, unsigned bytes);

/* Address bits of the OAS, IPS and S2PS encoding; 52 at most.  [SMMUv3 6.3.6] */
unsigned smmuv3_size_bits(unsigned code);
static inline unsigned smmuv3_oas(const struct smmuv3_regs *r)
{
    return smmuv3_size_bits((unsigned)FIELD_GET(IDR5, OAS, &r->idr5));
}

/* All field tables of the registers, NULL at the end: for printing and for tests. */
extern const struct field_table *const smmuv3_reg_fields[];

#endif
