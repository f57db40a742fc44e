/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.h - the registers of an SMMUv3: where they are, their fields, who may write them and when.
 *          [SMMUv3 6.3]
 *
 * What the architecture's functions read stands here as plain words, one of 64 bits a register.  What a
 * driver's access does with them is regfile.h's.  The Secure and Realm copies, ATOS, MPAM and the device
 * permission table are left out: they read as zero.  S_INIT alone of the Secure registers is here, as
 * where no Secure software exists.
 */
#ifndef ARCH_SMMUV3_REGS_H
#define ARCH_SMMUV3_REGS_H
#include "base/field.h"

/* A register that may be written when nothing it configures is on, is guarded by that. */
enum smmuv3_reg_access {
    SMMUV3_REG_RO, SMMUV3_REG_RW,
    SMMUV3_REG_SMMUEN, SMMUV3_REG_CMDQEN,          /* RW while that is 0 in CR0 and CR0ACK          */
    SMMUV3_REG_EVENTQEN, SMMUV3_REG_PRIQEN,
    SMMUV3_REG_IRQ_GERROR, SMMUV3_REG_IRQ_PRIQ,    /* ... in IRQ_CTRL and IRQ_CTRLACK               */
    SMMUV3_REG_IRQ_EVENTQ,
    SMMUV3_REG_UPDATE,                             /* a write without its bit 31 is ignored         */
};
/* Without which a register does not exist: reads as zero, ignores writes. */
enum smmuv3_reg_needs {
    SMMUV3_NEEDS_NONE, SMMUV3_NEEDS_MSI, SMMUV3_NEEDS_PRI, SMMUV3_NEEDS_PRI_MSI, SMMUV3_NEEDS_ECMDQ,
};

/* R(NAME, member, offset, bytes, access, needs, fields, "meaning") */
#define SMMUV3_REGS(R)                                                                                               \
    R(IDR0,            idr0,            0x000,   4, RO,         NONE,    IDR0,            "features")                \
    R(IDR1,            idr1,            0x004,   4, RO,         NONE,    IDR1,            "ID and queue sizes")      \
    R(IDR2,            idr2,            0x008,   4, RO,         NONE,    IDR2,            "place of VATOS")          \
    R(IDR3,            idr3,            0x00c,   4, RO,         NONE,    IDR3,            "more features")           \
    R(IDR4,            idr4,            0x010,   4, RO,         NONE,    IMPDEF,          "implementation defined")  \
    R(IDR5,            idr5,            0x014,   4, RO,         NONE,    IDR5,            "addresses, granules")     \
    R(IIDR,            iidr,            0x018,   4, RO,         NONE,    IIDR,            "implementer and product") \
    R(AIDR,            aidr,            0x01c,   4, RO,         NONE,    AIDR,            "architecture version")    \
    R(CR0,             cr0,             0x020,   4, RW,         NONE,    CR0,             "enables")                 \
    R(CR0ACK,          cr0ack,          0x024,   4, RO,         NONE,    CR0,             "enables, acknowledged")   \
    R(CR1,             cr1,             0x028,   4, RW,         NONE,    CR1,             "attributes of accesses")  \
    R(CR2,             cr2,             0x02c,   4, SMMUEN,     NONE,    CR2,             "E2H, RECINVSID, PTM")     \
    R(STATUSR,         statusr,         0x040,   4, RO,         NONE,    STATUSR,         "dormant")                 \
    R(GBPA,            gbpa,            0x044,   4, UPDATE,     NONE,    GBPA,            "bypass attributes")       \
    R(AGBPA,           agbpa,           0x048,   4, RO,         NONE,    IMPDEF,          "more of them: none")      \
    R(IRQ_CTRL,        irq_ctrl,        0x050,   4, RW,         NONE,    IRQ_CTRL,        "interrupt enables")       \
    R(IRQ_CTRLACK,     irq_ctrlack,     0x054,   4, RO,         NONE,    IRQ_CTRL,        "the same, acknowledged")  \
    R(GERROR,          gerror,          0x060,   4, RO,         NONE,    GERROR,          "errors: toggled")         \
    R(GERRORN,         gerrorn,         0x064,   4, RW,         NONE,    GERROR,          "errors: acknowledged")    \
    R(GERROR_IRQ_CFG0, gerror_irq_cfg0, 0x068,   8, IRQ_GERROR, MSI,     MSI_CFG0,        "address of its MSI")      \
    R(GERROR_IRQ_CFG1, gerror_irq_cfg1, 0x070,   4, IRQ_GERROR, MSI,     MSI_CFG1,        "data of its MSI")         \
    R(GERROR_IRQ_CFG2, gerror_irq_cfg2, 0x074,   4, IRQ_GERROR, MSI,     MSI_CFG2,        "attributes of its MSI")   \
    R(STRTAB_BASE,     strtab_base,     0x080,   8, SMMUEN,     NONE,    STRTAB_BASE,     "stream table")            \
    R(STRTAB_BASE_CFG, strtab_base_cfg, 0x088,   4, SMMUEN,     NONE,    STRTAB_BASE_CFG, "stream table format")     \
    R(CMDQ_BASE,       cmdq_base,       0x090,   8, CMDQEN,     NONE,    QUEUE_BASE,      "command queue")           \
    R(CMDQ_PROD,       cmdq_prod,       0x098,   4, RW,         NONE,    QUEUE_INDEX,     "software writes next")    \
    R(CMDQ_CONS,       cmdq_cons,       0x09c,   4, CMDQEN,     NONE,    CMDQ_CONS,       "the unit reads next")     \
    R(EVENTQ_BASE,     eventq_base,     0x0a0,   8, EVENTQEN,   NONE,    QUEUE_BASE,      "event queue")             \
    R(EVENTQ_IRQ_CFG0, eventq_irq_cfg0, 0x0b0,   8, IRQ_EVENTQ, MSI,     MSI_CFG0,        "address of its MSI")      \
    R(EVENTQ_IRQ_CFG1, eventq_irq_cfg1, 0x0b8,   4, IRQ_EVENTQ, MSI,     MSI_CFG1,        "data of its MSI")         \
    R(EVENTQ_IRQ_CFG2, eventq_irq_cfg2, 0x0bc,   4, IRQ_EVENTQ, MSI,     MSI_CFG2,        "attributes of its MSI")   \
    R(PRIQ_BASE,       priq_base,       0x0c0,   8, PRIQEN,     PRI,     QUEUE_BASE,      "page request queue")      \
    R(PRIQ_IRQ_CFG0,   priq_irq_cfg0,   0x0d0,   8, IRQ_PRIQ,   PRI_MSI, MSI_CFG0,        "address of its MSI")      \
    R(PRIQ_IRQ_CFG1,   priq_irq_cfg1,   0x0d8,   4, IRQ_PRIQ,   PRI_MSI, MSI_CFG1,        "data of its MSI")         \
    R(PRIQ_IRQ_CFG2,   priq_irq_cfg2,   0x0dc,   4, IRQ_PRIQ,   PRI,     PRIQ_IRQ_CFG2,   "its attributes; when")    \
    R(IDR6,            idr6,            0x190,   4, RO,         ECMDQ,   IDR6,            "more command queues")     \
    R(CMDQ_CONTROL_PAGE_BASE0,   cmdq_page_base,   0x4000, 8, RO, ECMDQ, CONTROL_PAGE,    "where theirs are")        \
    R(CMDQ_CONTROL_PAGE_CFG0,    cmdq_page_cfg,    0x4008, 4, RO, ECMDQ, CONTROL_PAGE_ON, "that page is on")         \
    R(CMDQ_CONTROL_PAGE_STATUS0, cmdq_page_status, 0x400c, 4, RO, ECMDQ, CONTROL_PAGE_ON, "the same, acknowledged")  \
    R(S_INIT,          s_init,          0x803c,  4, RW,         NONE,    S_INIT,          "forgets all")             \
    R(EVENTQ_PROD,     eventq_prod,     0x100a8, 4, EVENTQEN,   NONE,    OUTQ_PROD,       "the unit writes next")    \
    R(EVENTQ_CONS,     eventq_cons,     0x100ac, 4, RW,         NONE,    OUTQ_CONS,       "software reads next")     \
    R(PRIQ_PROD,       priq_prod,       0x100c8, 4, PRIQEN,     PRI,     OUTQ_PROD,       "the unit writes next")    \
    R(PRIQ_CONS,       priq_cons,       0x100cc, 4, RW,         PRI,     OUTQ_CONS,       "software reads next")

/* E(NAME, member, offset in the queue's part of the control page, bytes, fields, "meaning"): of each further
 * command queue.  [SMMUv3 6.2.5] */
#define SMMUV3_ECMDQ_REGS(E)                                                                       \
    E(ECMDQ_BASE, base, 0x0, 8, QUEUE_BASE, "the queue")                                           \
    E(ECMDQ_PROD, prod, 0x8, 4, ECMDQ_PROD, "software writes next; enable")                        \
    E(ECMDQ_CONS, cons, 0xc, 4, ECMDQ_CONS, "the unit reads next; its error")

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
    F(IDR0, ST_LEVEL,    0, 28, 27, "1: two-level stream table too")          \
    F(IDR0, RME_IMPL,    0, 30, 30, "Realm state")
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
#define IDR2_FIELDS(F)                                                        \
    F(IDR2, BA_VATOS, 0, 9, 0, "offset of the VATOS page")
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
    F(IDR3, E0PD, 0, 13, 13, "E0PD")                                          \
    F(IDR3, PTWNNC,  0, 14, 14, "table walks to Device memory are not faults") \
    F(IDR3, DPT,     0, 15, 15, "device permission table")                    \
    F(IDR3, PASIDTT, 0, 16, 16, "PASID in translated transactions")           \
    F(IDR3, EPAN,    0, 17, 17, "enhanced PAN")                               \
    F(IDR3, S1PI,    0, 18, 18, "stage 1 permission indirection")             \
    F(IDR3, S2PI,    0, 19, 19, "stage 2 permission indirection")             \
    F(IDR3, S2PO,    0, 20, 20, "stage 2 permission overlay")                 \
    F(IDR3, THE,     0, 21, 21, "translation hardening")                      \
    F(IDR3, MTEPERM, 0, 22, 22, "no tag access permission")                   \
    F(IDR3, AIE,     0, 23, 23, "attribute index extension")
#define IDR5_FIELDS(F)                                                        \
    F(IDR5, OAS,       0,  2,  0, "output address size")                      \
    F(IDR5, GRAN4K,    0,  4,  4, "4 KB granule")                             \
    F(IDR5, GRAN16K,   0,  5,  5, "16 KB granule")                            \
    F(IDR5, GRAN64K,   0,  6,  6, "64 KB granule")                            \
    F(IDR5, DS,        0,  7,  7, "52-bit addresses with 4 KB and 16 KB")     \
    F(IDR5, D128,      0,  8,  8, "128-bit descriptors")                      \
    F(IDR5, VAX,       0, 11, 10, "virtual address extend: 1 is 52 bits")     \
    F(IDR5, STALL_MAX, 0, 31, 16, "outstanding stalls")
#define IDR6_FIELDS(F)                                                        \
    F(IDR6, LOG2NUMQ, 0, 19, 16, "log2 of the queues of a control page")      \
    F(IDR6, LOG2NUMP, 0, 27, 24, "log2 of the control pages")
#define IIDR_FIELDS(F)                                                        \
    F(IIDR, IMPLEMENTER, 0, 11,  0, "JEP106 code")                            \
    F(IIDR, REVISION,    0, 15, 12, "minor revision")                         \
    F(IIDR, VARIANT,     0, 19, 16, "major revision")                         \
    F(IIDR, PRODUCTID,   0, 31, 20, "product")
#define AIDR_FIELDS(F)                                                        \
    F(AIDR, MINOR, 0, 3, 0, "architecture version 3.MINOR")                   \
    F(AIDR, MAJOR, 0, 7, 4, "0: version 3")
#define IMPDEF_FIELDS(F)                                                      \
    F(IMPDEF, IMPDEF, 0, 31, 0, "implementation defined")
#define CR0_FIELDS(F)                                                         \
    F(CR0, SMMUEN,   0, 0, 0, "translation is on")                            \
    F(CR0, PRIQEN,   0, 1, 1, "PRI queue is on")                              \
    F(CR0, EVENTQEN, 0, 2, 2, "event queue is on")                            \
    F(CR0, CMDQEN,   0, 3, 3, "command queue is on")                          \
    F(CR0, ATSCHK,   0, 4, 4, "check translated transactions")                \
    F(CR0, VMW,      0, 8, 6, "VMID bits that TLBI ignores")
#define CR1_FIELDS(F)                                                         \
    F(CR1, QUEUE_IC, 0,  1,  0, "queues: 0 not cached, 1 write-back, 2 write-through") \
    F(CR1, QUEUE_OC, 0,  3,  2, "the same, outer")                            \
    F(CR1, QUEUE_SH, 0,  5,  4, "0 not, 2 outer, 3 inner shareable")          \
    F(CR1, TABLE_IC, 0,  7,  6, "stream table")                               \
    F(CR1, TABLE_OC, 0,  9,  8, "the same, outer")                            \
    F(CR1, TABLE_SH, 0, 11, 10, "0 not, 2 outer, 3 inner shareable")
#define CR2_FIELDS(F)                                                         \
    F(CR2, E2H,         0, 0, 0, "EL2 streams are EL2-E2H")                   \
    F(CR2, RECINVSID,   0, 1, 1, "record C_BAD_STREAMID")                     \
    F(CR2, PTM,         0, 2, 2, "ignore broadcast TLB maintenance")          \
    F(CR2, REC_CFG_ATS, 0, 3, 3, "record configuration errors of ATS")
#define STATUSR_FIELDS(F)                                                     \
    F(STATUSR, DORMANT, 0, 0, 0, "nothing is cached")
#define GBPA_FIELDS(F)                                                        \
    F(GBPA, MEMATTR,  0,  3,  0, "memory type")                               \
    F(GBPA, MTCFG,    0,  4,  4, "use MEMATTR")                               \
    F(GBPA, ALLOCCFG, 0, 11,  8, "allocation hints")                          \
    F(GBPA, SHCFG,    0, 13, 12, "shareability")                              \
    F(GBPA, PRIVCFG,  0, 17, 16, "privilege override")                        \
    F(GBPA, INSTCFG,  0, 19, 18, "instruction override")                      \
    F(GBPA, ABORT,    0, 20, 20, "abort all")                                 \
    F(GBPA, UPDATE,   0, 31, 31, "write takes effect; clears itself")
#define IRQ_CTRL_FIELDS(F)                                                    \
    F(IRQ_CTRL, GERROR, 0, 0, 0, "global errors")                             \
    F(IRQ_CTRL, PRIQ,   0, 1, 1, "page requests")                             \
    F(IRQ_CTRL, EVENTQ, 0, 2, 2, "event records")
#define GERROR_FIELDS(F)                                                      \
    F(GERROR, CMDQ_ERR,           0, 0, 0, "a command could not be executed")  \
    F(GERROR, EVENTQ_ABT_ERR,     0, 2, 2, "writing an event record aborted")  \
    F(GERROR, PRIQ_ABT_ERR,       0, 3, 3, "writing a page request aborted")   \
    F(GERROR, MSI_CMDQ_ABT_ERR,   0, 4, 4, "the MSI of a CMD_SYNC aborted")    \
    F(GERROR, MSI_EVENTQ_ABT_ERR, 0, 5, 5, "the event queue's MSI aborted")    \
    F(GERROR, MSI_PRIQ_ABT_ERR,   0, 6, 6, "the PRI queue's MSI aborted")      \
    F(GERROR, MSI_GERROR_ABT_ERR, 0, 7, 7, "the global errors' MSI aborted")   \
    F(GERROR, SFM_ERR,            0, 8, 8, "service failure mode")             \
    F(GERROR, CMDQP_ERR,          0, 9, 9, "an enhanced command queue's error")
#define MSI_CFG0_FIELDS(F)                                                    \
    F(MSI_CFG0, ADDR, 0, 55, 2, "where to write; 0: no MSI")
#define MSI_CFG1_FIELDS(F)                                                    \
    F(MSI_CFG1, DATA, 0, 31, 0, "what to write")
#define MSI_CFG2_FIELDS(F)                                                    \
    F(MSI_CFG2, MEMATTR, 0, 3, 0, "memory type")                              \
    F(MSI_CFG2, SH,      0, 5, 4, "shareability")
#define PRIQ_IRQ_CFG2_FIELDS(F)                                               \
    F(PRIQ_IRQ_CFG2, MEMATTR, 0,  3,  0, "memory type")                       \
    F(PRIQ_IRQ_CFG2, SH,      0,  5,  4, "shareability")                      \
    F(PRIQ_IRQ_CFG2, LO,      0, 31, 31, "only on the last request of a group")
#define STRTAB_BASE_FIELDS(F)                                                 \
    F(STRTAB_BASE, ADDR, 0, 51,  6, "stream table address")                   \
    F(STRTAB_BASE, RA,   0, 62, 62, "read-allocate hint")
#define STRTAB_BASE_CFG_FIELDS(F)                                             \
    F(STRTAB_BASE_CFG, LOG2SIZE, 0,  5,  0, "StreamID bits in use")           \
    F(STRTAB_BASE_CFG, SPLIT,    0, 10,  6, "second-level bits: 6, 8, 10")    \
    F(STRTAB_BASE_CFG, FMT,      0, 17, 16, "0 linear, 1 two-level")
#define QUEUE_BASE_FIELDS(F)                                                  \
    F(QUEUE_BASE, LOG2SIZE, 0,  4,  0, "log2 of the entries")                 \
    F(QUEUE_BASE, ADDR,     0, 55,  5, "queue address")                       \
    F(QUEUE_BASE, ALLOC,    0, 62, 62, "allocate hint: RA, WA")
#define QUEUE_INDEX_FIELDS(F)                                                 \
    F(QUEUE_INDEX, INDEX, 0, 19, 0, "index, and above it the wrap flag")
#define CMDQ_CONS_FIELDS(F)                                                   \
    F(CMDQ_CONS, RD,  0, 19,  0, "index, and above it the wrap flag")         \
    F(CMDQ_CONS, ERR, 0, 30, 24, "why it has stopped: enum smmuv3_cerror")
#define OUTQ_PROD_FIELDS(F)                                                   \
    F(OUTQ_PROD, WR,    0, 19,  0, "index, and above it the wrap flag")       \
    F(OUTQ_PROD, OVFLG, 0, 31, 31, "toggled when a record was lost")
#define OUTQ_CONS_FIELDS(F)                                                   \
    F(OUTQ_CONS, RD,       0, 19,  0, "index, and above it the wrap flag")    \
    F(OUTQ_CONS, OVACKFLG, 0, 31, 31, "software has seen that")
#define S_INIT_FIELDS(F)                                                      \
    F(S_INIT, INV_ALL, 0, 0, 0, "invalidates all; clears itself when done")
#define ECMDQ_PROD_FIELDS(F)                                                  \
    F(ECMDQ_PROD, WR,     0, 19,  0, "index, and above it the wrap flag")     \
    F(ECMDQ_PROD, ERRACK, 0, 23, 23, "software has seen ERR")                 \
    F(ECMDQ_PROD, EN,     0, 31, 31, "the queue is on")
#define ECMDQ_CONS_FIELDS(F)                                                  \
    F(ECMDQ_CONS, RD,         0, 19,  0, "index, and above it the wrap flag") \
    F(ECMDQ_CONS, ERR,        0, 23, 23, "toggled by an error")               \
    F(ECMDQ_CONS, ERR_REASON, 0, 26, 24, "enum smmuv3_cerror")                \
    F(ECMDQ_CONS, ENACK,      0, 31, 31, "the queue is on, now")
#define CONTROL_PAGE_FIELDS(F)                                                \
    F(CONTROL_PAGE, PRESET, 0,  0,  0, "its queues are registers")            \
    F(CONTROL_PAGE, CMDQGS, 0,  2,  1, "1: 64 KB")                            \
    F(CONTROL_PAGE, ADDR,   0, 55, 16, "offset of the page")
#define CONTROL_PAGE_ON_FIELDS(F)                                             \
    F(CONTROL_PAGE_ON, EN, 0, 0, 0, "always")

/* T(NAME, "[section]"): layouts, some of several registers */
#define SMMUV3_LAYOUTS(T)                                                                          \
    T(IDR0, "[SMMUv3 6.3.1]") T(IDR1, "[SMMUv3 6.3.2]")                                            \
    T(IDR2, "[SMMUv3 6.3.3]") T(IDR3, "[SMMUv3 6.3.4]")                                            \
    T(IDR5, "[SMMUv3 6.3.6]") T(IDR6, "[SMMUv3 6.3.45]")                                           \
    T(IIDR, "[SMMUv3 6.3.7]") T(AIDR, "[SMMUv3 6.3.8]")                                            \
    T(IMPDEF, "[SMMUv3 6.3.5]") T(CR0, "[SMMUv3 6.3.9]")                                           \
    T(CR1, "[SMMUv3 6.3.11]") T(CR2, "[SMMUv3 6.3.12]")                                            \
    T(STATUSR, "[SMMUv3 6.3.13]") T(GBPA, "[SMMUv3 6.3.14]")                                       \
    T(IRQ_CTRL, "[SMMUv3 6.3.16]") T(GERROR, "[SMMUv3 6.3.19]")                                    \
    T(MSI_CFG0, "[SMMUv3 6.3.21]") T(MSI_CFG1, "[SMMUv3 6.3.22]")                                  \
    T(MSI_CFG2, "[SMMUv3 6.3.23]") T(PRIQ_IRQ_CFG2, "[SMMUv3 6.3.36]")                             \
    T(STRTAB_BASE, "[SMMUv3 6.3.24]") T(STRTAB_BASE_CFG, "[SMMUv3 6.3.25]")                        \
    T(QUEUE_BASE, "[SMMUv3 6.3.26]") T(QUEUE_INDEX, "[SMMUv3 6.3.27]")                             \
    T(CMDQ_CONS, "[SMMUv3 6.3.28]") T(OUTQ_PROD, "[SMMUv3 6.3.95]")                                \
    T(OUTQ_CONS, "[SMMUv3 6.3.96]") T(S_INIT, "[SMMUv3 6.3.62]")                                   \
    T(ECMDQ_PROD, "[SMMUv3 6.3.108]") T(ECMDQ_CONS, "[SMMUv3 6.3.109]")                            \
    T(CONTROL_PAGE, "[SMMUv3 6.3.49]") T(CONTROL_PAGE_ON, "[SMMUv3 6.3.50]")

FIELD_DEFINE(IDR0_FIELDS);
FIELD_DEFINE(IDR1_FIELDS);
FIELD_DEFINE(IDR2_FIELDS);
FIELD_DEFINE(IDR3_FIELDS);
FIELD_DEFINE(IDR5_FIELDS);
FIELD_DEFINE(IDR6_FIELDS);
FIELD_DEFINE(IIDR_FIELDS);
FIELD_DEFINE(AIDR_FIELDS);
FIELD_DEFINE(IMPDEF_FIELDS);
FIELD_DEFINE(CR0_FIELDS);
FIELD_DEFINE(CR1_FIELDS);
FIELD_DEFINE(CR2_FIELDS);
FIELD_DEFINE(STATUSR_FIELDS);
FIELD_DEFINE(GBPA_FIELDS);
FIELD_DEFINE(IRQ_CTRL_FIELDS);
FIELD_DEFINE(GERROR_FIELDS);
FIELD_DEFINE(MSI_CFG0_FIELDS);
FIELD_DEFINE(MSI_CFG1_FIELDS);
FIELD_DEFINE(MSI_CFG2_FIELDS);
FIELD_DEFINE(PRIQ_IRQ_CFG2_FIELDS);
FIELD_DEFINE(STRTAB_BASE_FIELDS);
FIELD_DEFINE(STRTAB_BASE_CFG_FIELDS);
FIELD_DEFINE(QUEUE_BASE_FIELDS);
FIELD_DEFINE(QUEUE_INDEX_FIELDS);
FIELD_DEFINE(CMDQ_CONS_FIELDS);
FIELD_DEFINE(OUTQ_PROD_FIELDS);
FIELD_DEFINE(OUTQ_CONS_FIELDS);
FIELD_DEFINE(S_INIT_FIELDS);
FIELD_DEFINE(ECMDQ_PROD_FIELDS);
FIELD_DEFINE(ECMDQ_CONS_FIELDS);
FIELD_DEFINE(CONTROL_PAGE_FIELDS);
FIELD_DEFINE(CONTROL_PAGE_ON_FIELDS);

#define SMMUV3_LAYOUT_ENUM(N, section) SMMUV3_LAYOUT_##N,
enum smmuv3_layout { SMMUV3_LAYOUTS(SMMUV3_LAYOUT_ENUM) SMMUV3_LAYOUT_COUNT };

/* The control page: of 64 KB, behind the two that there are always; queues lie evenly in it. */
enum { SMMUV3_ECMDQ_PAGE = 0x20000, SMMUV3_ECMDQ_PAGE_BYTES = 0x10000, SMMUV3_ECMDQS_LOG2_MAX = 8 };

#define SMMUV3_REG_MEMBER(N, member, ...) uint64_t member;
struct smmuv3_regs { SMMUV3_REGS(SMMUV3_REG_MEMBER) };
struct smmuv3_ecmdq_regs { SMMUV3_ECMDQ_REGS(SMMUV3_REG_MEMBER) };
#define SMMUV3_ECMDQ_AT(N, member, offset, ...) N##_AT = (offset),
enum { SMMUV3_ECMDQ_REGS(SMMUV3_ECMDQ_AT) };

struct smmuv3_reg_row {
    const char *name;
    uint32_t offset, bytes;
    uint8_t access, needs, layout;     /* enums smmuv3_reg_access, smmuv3_reg_needs, smmuv3_layout */
    const char *meaning;
};
extern const struct smmuv3_reg_row smmuv3_reg_rows[];
extern const unsigned smmuv3_reg_count;

/* Puts `bytes` bytes at `offset`, a register or half of a 64-bit one, without asking who may.  False if
 * nothing here is at that offset.  It is how a profile sets the identification registers. */
bool smmuv3_reg_write(struct smmuv3_regs *r, uint32_t offset, uint64_t value, unsigned bytes);

/* Takes from the identification registers what the model does not have, or what needs something that is not
 * there either: it reads as absent, and the architecture says what software meets that uses it. */
void smmuv3_ids_limit(struct smmuv3_regs *r);

/* Before that: the unit has 2^log2 further command queues, and a control page for them. */
void smmuv3_ids_ecmdqs(struct smmuv3_regs *r, unsigned log2);

/* Address bits of the OAS, IPS and S2PS encoding; 52 at most.  [SMMUv3 6.3.6] */
unsigned smmuv3_size_bits(unsigned code);
static inline unsigned smmuv3_oas(const struct smmuv3_regs *r)
{
    return smmuv3_size_bits((unsigned)FIELD_GET(IDR5, OAS, &r->idr5));
}

/* The field tables by enum smmuv3_layout, NULL at the end. */
extern const struct field_table *const smmuv3_reg_fields[];

#endif
