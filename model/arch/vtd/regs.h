/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - VT-d registers: where they are, what may be written, their fields.  [VT-d 11.4]
 *
 * FRCD and IVA/IOTLB stand where CAP.FRO and ECAP.IRO say, performance counters and their status where a unit has them;
 * all other offsets are fixed.
 */
#ifndef ARCH_VTD_REGS_H
#define ARCH_VTD_REGS_H
#include "base/field.h"

/* R(NAME, offset, bytes, writable mask, write-1-to-clear mask, "meaning") */
#define VTD_REGS(R)                                                                        \
    R(VER,      0x000, 4, 0,                     0,    "version")                          \
    R(CAP,      0x008, 8, 0,                     0,    "capabilities")                     \
    R(ECAP,     0x010, 8, 0,                     0,    "extended capabilities")            \
    R(GCMD,     0x018, 4, 0xffffffff,            0,    "global command")                   \
    R(GSTS,     0x01c, 4, 0,                     0,    "global status")                    \
    R(RTADDR,   0x020, 8, 0xfffffffffffffc00ull, 0,    "root table, latched by GCMD.SRTP") \
    R(CCMD,     0x028, 8, 0xe0000003ffffffffull, 0,    "context-cache invalidation")       \
    R(FSTS,     0x034, 4, 0,                     0x71, "fault status")                     \
    R(FECTL,    0x038, 4, 0x80000000,            0,    "fault event control")              \
    R(FEDATA,   0x03c, 4, 0xffffffff,            0,    "fault event message data")         \
    R(FEADDR,   0x040, 4, 0xfffffffc,            0,    "fault event message address")      \
    R(FEUADDR,  0x044, 4, 0xffffffff,            0,    "fault event message upper address") \
    R(AFLOG,    0x058, 8, 0,                     0,    "advanced fault log")               \
    R(PMEN,     0x064, 4, 0x80000000,            0,    "protected memory enable")          \
    R(PLMBASE,  0x068, 4, 0xffffffff,            0,    "protected low memory base")        \
    R(PLMLIMIT, 0x06c, 4, 0xffffffff,            0,    "protected low memory limit")       \
    R(PHMBASE,  0x070, 8, 0xffffffffffffffffull, 0,    "protected high memory base")       \
    R(PHMLIMIT, 0x078, 8, 0xffffffffffffffffull, 0,    "protected high memory limit")      \
    R(IQH,      0x080, 8, 0,                     0,    "invalidation queue head")          \
    R(IQT,      0x088, 8, 0x7fff0,               0,    "invalidation queue tail")          \
    R(IQA,      0x090, 8, 0xfffffffffffff807ull, 0,    "invalidation queue address")       \
    R(ICS,      0x09c, 4, 0,                     1,    "invalidation completion status")   \
    R(IECTL,    0x0a0, 4, 0x80000000,            0,    "invalidation event control")       \
    R(IEDATA,   0x0a4, 4, 0xffffffff,            0,    "invalidation event message data")  \
    R(IEADDR,   0x0a8, 4, 0xfffffffc,            0,    "invalidation event message address") \
    R(IEUADDR,  0x0ac, 4, 0xffffffff,            0,    "invalidation event message upper address") \
    R(IQERCD,   0x0b0, 8, 0,                     0,    "invalidation queue error record")  \
    R(IRTA,     0x0b8, 8, 0xfffffffffffff80full, 0,    "interrupt remapping table")        \
    R(PQH,      0x0c0, 8, 0x7ffe0,               0,    "page request queue head")          \
    R(PQT,      0x0c8, 8, 0x7ffe0,               0,    "page request queue tail")          \
    R(PQA,      0x0d0, 8, 0xfffffffffffff007ull, 0,    "page request queue address")       \
    R(PRS,      0x0dc, 4, 0,                     3,    "page request status")              \
    R(PECTL,    0x0e0, 4, 0x80000000,            0,    "page request event control")       \
    R(PEDATA,   0x0e4, 4, 0xffffffff,            0,    "page request event message data")  \
    R(PEADDR,   0x0e8, 4, 0xfffffffc,            0,    "page request event message address") \
    R(PEUADDR,  0x0ec, 4, 0xffffffff,            0,    "page request event message upper address") \
    R(PERFCAP,  0x300, 8, 0,                     0,    "performance counters")              \
    R(PERFCFGOFF, 0x310, 4, 0,                   0,    "where their configurations are")    \
    R(PERFFRZOFF, 0x314, 4, 0,                   0,    "where their freeze status is")      \
    R(PERFOVFOFF, 0x318, 4, 0,                   0,    "where their overflow status is")    \
    R(PERFCNTROFF, 0x31c, 4, 0,                  0,    "where the counters are")            \
    R(PERFINTRSTS, 0x324, 4, 0,                  1,    "overflow event status")             \
    R(PERFINTRCTL, 0x328, 4, 0x80000000,         0,    "overflow event control")            \
    R(PERFINTRDATA, 0x32c, 4, 0xffffffff,        0,    "overflow event message data")       \
    R(PERFINTRADDR, 0x330, 4, 0xfffffffc,        0,    "overflow event message address")    \
    R(PERFINTRUADDR, 0x334, 4, 0xffffffff,       0,    "overflow event message upper address") \
    R(PERFEVNTCAP0, 0x380, 8, 0,                 0,    "events of group 0")                 \
    R(PERFEVNTCAP1, 0x388, 8, 0,                 0,    "events of group 1")                 \
    R(PERFEVNTCAP2, 0x390, 8, 0,                 0,    "events of group 2")                 \
    R(PERFEVNTCAP3, 0x398, 8, 0,                 0,    "events of group 3")                 \
    R(PERFEVNTCAP4, 0x3a0, 8, 0,                 0,    "events of group 4")                 \
    R(ECMD,     0x400, 8, 0xffffffffffff00ffull, 0,    "enhanced command and operand A")    \
    R(ECEO,     0x408, 8, 0xffffffffffffffffull, 0,    "its operand B")                     \
    R(ECRSP,    0x410, 8, 0,                     0,    "its response")                      \
    R(ECCAP3,   0x448, 8, 0,                     0,    "enhanced commands 0xc0 to 0xff")    \
    R(PERFFRZ,  0x500, 8, 0,                     0,    "frozen counters")                   \
    R(PERFOVF,  0x508, 8, 0,    0xffffffffffffffffull, "overflown counters")

#define VTD_REG_OFFSET(N, off, bytes, rw, w1c, m) VTD_REG_##N = (off),
enum vtd_reg { VTD_REGS(VTD_REG_OFFSET) };

struct vtd_reg_row {
    const char *name;
    uint16_t offset;
    uint8_t  bytes;
    uint64_t writable, clear;
    const char *meaning;
};

enum { VTD_REG_BYTES = 0x1000 };       /* of the register file, relocated registers apart */

/* The register that holds byte `offset`; NULL if none does. */
const struct vtd_reg_row *vtd_reg_find(uint32_t offset);
extern const struct vtd_reg_row vtd_reg_rows[];
extern const unsigned vtd_reg_count;

#define CAP_FIELDS(F)                                                         \
    F(CAP, ND,      0,  2,  0, "domains = 2^(4+2 ND)")                        \
    F(CAP, AFL,     0,  3,  3, "advanced fault logging")                      \
    F(CAP, RWBF,    0,  4,  4, "write buffer must be flushed")                \
    F(CAP, PLMR,    0,  5,  5, "protected low memory region")                 \
    F(CAP, PHMR,    0,  6,  6, "protected high memory region")                \
    F(CAP, CM,      0,  7,  7, "caching mode")                                \
    F(CAP, SAGAW,   0, 12,  8, "widths: bit 1 39, bit 2 48, bit 3 57")        \
    F(CAP, MGAW,    0, 21, 16, "maximum guest address width - 1")             \
    F(CAP, ZLR,     0, 22, 22, "zero-length reads of write-only pages")       \
    F(CAP, FRO,     0, 33, 24, "offset of FRCD / 16")                         \
    F(CAP, SSLPS,   0, 37, 34, "second-stage pages: bit 0 2 MiB, bit 1 1 GiB") \
    F(CAP, PSI,     0, 39, 39, "page-selective invalidation")                 \
    F(CAP, NFR,     0, 47, 40, "fault records - 1")                           \
    F(CAP, MAMV,    0, 53, 48, "largest AM")                                  \
    F(CAP, DWD,     0, 54, 54, "write draining")                              \
    F(CAP, DRD,     0, 55, 55, "read draining")                               \
    F(CAP, FS1GP,   0, 56, 56, "1 GiB first-stage pages")                     \
    F(CAP, PI,      0, 59, 59, "posted interrupts")                           \
    F(CAP, FS5LP,   0, 60, 60, "5-level first stage")                         \
    F(CAP, ECMDS,   0, 61, 61, "enhanced commands")                           \
    F(CAP, ESIRTPS, 0, 62, 62, "SIRTP invalidates")                           \
    F(CAP, ESRTPS,  0, 63, 63, "SRTP invalidates context, PASID, IOTLB")

#define ECAP_FIELDS(F)                                                        \
    F(ECAP, C,      0,  0,  0, "walks are coherent")                          \
    F(ECAP, QI,     0,  1,  1, "queued invalidation")                         \
    F(ECAP, DT,     0,  2,  2, "device TLB")                                  \
    F(ECAP, IR,     0,  3,  3, "interrupt remapping")                         \
    F(ECAP, EIM,    0,  4,  4, "32-bit APIC ids")                             \
    F(ECAP, PT,     0,  6,  6, "pass-through")                                \
    F(ECAP, SC,     0,  7,  7, "snoop control")                               \
    F(ECAP, IRO,    0, 17,  8, "offset of IVA / 16")                          \
    F(ECAP, MHMV,   0, 23, 20, "maximum interrupt mask")                      \
    F(ECAP, MTS,    0, 25, 25, "memory types")                                \
    F(ECAP, NEST,   0, 26, 26, "nested translation")                          \
    F(ECAP, PRS,    0, 29, 29, "page requests")                               \
    F(ECAP, ERS,    0, 30, 30, "execute requests")                            \
    F(ECAP, SRS,    0, 31, 31, "supervisor requests")                         \
    F(ECAP, NWFS,   0, 33, 33, "no-write flag")                               \
    F(ECAP, EAFS,   0, 34, 34, "extended-accessed flag")                      \
    F(ECAP, PSS,    0, 39, 35, "PASID width - 1")                             \
    F(ECAP, PASID,  0, 40, 40, "requests with PASID")                         \
    F(ECAP, DIT,    0, 41, 41, "device-TLB throttling")                       \
    F(ECAP, PDS,    0, 42, 42, "page-request drain")                          \
    F(ECAP, SMTS,   0, 43, 43, "scalable mode")                               \
    F(ECAP, VCS,    0, 44, 44, "virtual commands")                            \
    F(ECAP, SSADS,  0, 45, 45, "second-stage accessed/dirty")                 \
    F(ECAP, SSTS,   0, 46, 46, "second stage in scalable mode")               \
    F(ECAP, FSTS,   0, 47, 47, "first stage")                                 \
    F(ECAP, SMPWCS, 0, 48, 48, "coherent scalable-mode walks")                \
    F(ECAP, RPS,    0, 49, 49, "RID_PASID")                                   \
    F(ECAP, PMS,    0, 51, 51, "performance monitoring")                      \
    F(ECAP, ADMS,   0, 52, 52, "abort-DMA mode")                              \
    F(ECAP, RPRIVS, 0, 53, 53, "RID_PRIV")

/* GCMD and GSTS: the same bits, named here as in GSTS where the names differ. */
#define GSTS_FIELDS(F)                                                        \
    F(GSTS, CFIS,  0, 23, 23, "compatibility format interrupts")              \
    F(GSTS, IRTPS, 0, 24, 24, "interrupt table set (one-shot)")               \
    F(GSTS, IRES,  0, 25, 25, "interrupt remapping enabled")                  \
    F(GSTS, QIES,  0, 26, 26, "invalidation queue enabled")                   \
    F(GSTS, WBFS,  0, 27, 27, "write buffer flush pending (one-shot)")        \
    F(GSTS, AFLS,  0, 28, 28, "advanced fault log enabled")                   \
    F(GSTS, FLS,   0, 29, 29, "fault log set (one-shot)")                     \
    F(GSTS, RTPS,  0, 30, 30, "root table set (one-shot)")                    \
    F(GSTS, TES,   0, 31, 31, "translation enabled")

#define RTADDR_FIELDS(F)                                                      \
    F(RTADDR, TTM, 0, 11, 10, "translation table mode")                       \
    F(RTADDR, RTA, 0, 63, 12, "root table address")

#define CCMD_FIELDS(F)                                                        \
    F(CCMD, DID,  0, 15,  0, "domain")                                        \
    F(CCMD, SID,  0, 31, 16, "source-id")                                     \
    F(CCMD, FM,   0, 33, 32, "function bits ignored")                         \
    F(CCMD, CAIG, 0, 60, 59, "granularity performed")                         \
    F(CCMD, CIRG, 0, 62, 61, "granularity requested")                         \
    F(CCMD, ICC,  0, 63, 63, "start")

/* Offsets from ECAP.IRO x 16. */
enum { VTD_REG_IVA = 0, VTD_REG_IOTLB = 8 };

#define IVA_FIELDS(F)                                                         \
    F(IVA, AM,   0,  5,  0, "address mask: 2^AM pages")                       \
    F(IVA, IH,   0,  6,  6, "only leaves changed")                            \
    F(IVA, ADDR, 0, 63, 12, "page address")

#define IOTLB_FIELDS(F)                                                       \
    F(IOTLB, DID,  0, 47, 32, "domain")                                       \
    F(IOTLB, DW,   0, 48, 48, "drain writes")                                 \
    F(IOTLB, DR,   0, 49, 49, "drain reads")                                  \
    F(IOTLB, IAIG, 0, 58, 57, "granularity performed")                        \
    F(IOTLB, IIRG, 0, 61, 60, "granularity requested")                        \
    F(IOTLB, IVT,  0, 63, 63, "start")

#define FSTS_FIELDS(F)                                                        \
    F(FSTS, PFO, 0,  0, 0, "fault overflow")                                  \
    F(FSTS, PPF, 0,  1, 1, "fault pending: OR of all FRCD.F")                 \
    F(FSTS, IQE, 0,  4, 4, "invalidation queue error")                        \
    F(FSTS, ICE, 0,  5, 5, "invalidation completion error")                   \
    F(FSTS, ITE, 0,  6, 6, "invalidation time-out")                           \
    F(FSTS, FRI, 0, 15, 8, "first pending record")

/* FECTL, IECTL and PECTL. */
#define EVCTL_FIELDS(F)                                                       \
    F(EVCTL, IP, 0, 30, 30, "event pending")                                  \
    F(EVCTL, IM, 0, 31, 31, "event masked")

#define PMEN_FIELDS(F)                                                        \
    F(PMEN, PRS, 0,  0,  0, "regions are protected")                          \
    F(PMEN, EPM, 0, 31, 31, "enable")

#define IQA_FIELDS(F)                                                         \
    F(IQA, QS,  0,  2,  0, "the queue has 2^QS pages")                        \
    F(IQA, DW,  0, 11, 11, "descriptors of 256 bits")                         \
    F(IQA, IQA, 0, 63, 12, "where the queue is")

#define PERFCAP_FIELDS(F)                                                     \
    F(PERFCAP, NUM,     0, 15,  0, "counters")                                \
    F(PERFCAP, WIDTH,   0, 22, 16, "bits of a counter")                       \
    F(PERFCAP, GROUPS,  0, 28, 24, "groups of events")                        \
    F(PERFCAP, FILTERS, 0, 36, 32, "filters: source-id, domain, PASID, address type, level") \
    F(PERFCAP, INT,     0, 50, 50, "an overflow can be an event")             \
    F(PERFCAP, STRIDE,  0, 54, 52, "counters stand 2^(STRIDE+10) bytes apart")

#define PQA_FIELDS(F)                                                         \
    F(PQA, PQS, 0,  2,  0, "the queue has 2^PQS pages")                       \
    F(PQA, PQA, 0, 63, 12, "where the queue is")

#define PRS_FIELDS(F)                                                         \
    F(PRS, PPR, 0,  0,  0, "page requests are pending")                       \
    F(PRS, PRO, 0,  1,  1, "page request overflow")

#define IQERCD_FIELDS(F)                                                      \
    F(IQERCD, IQEI,   0,  3,  0, "queue error")                               \
    F(IQERCD, ITESID, 0, 47, 32, "source-id of a time-out")                   \
    F(IQERCD, ICESID, 0, 63, 48, "source-id of a completion error")

FIELD_DEFINE(CAP_FIELDS);
FIELD_DEFINE(ECAP_FIELDS);
FIELD_DEFINE(GSTS_FIELDS);
FIELD_DEFINE(RTADDR_FIELDS);
FIELD_DEFINE(CCMD_FIELDS);
FIELD_DEFINE(IVA_FIELDS);
FIELD_DEFINE(IOTLB_FIELDS);
FIELD_DEFINE(FSTS_FIELDS);
FIELD_DEFINE(EVCTL_FIELDS);
FIELD_DEFINE(PMEN_FIELDS);
FIELD_DEFINE(IQA_FIELDS);
FIELD_DEFINE(PERFCAP_FIELDS);
FIELD_DEFINE(PQA_FIELDS);
FIELD_DEFINE(PRS_FIELDS);
FIELD_DEFINE(IQERCD_FIELDS);

/* All field tables of registers; NULL ends the list. */
extern const struct field_table *const vtd_reg_fields[];

enum vtd_ttm { VTD_TTM_LEGACY, VTD_TTM_SCALABLE, VTD_TTM_RESERVED, VTD_TTM_ABORT };

#endif
