/* SPDX-License-Identifier: Apache-2.0
 *
 * ste.h - stream table: level 1 descriptor and stream table entry.  [SMMUv3 5.1, 5.2]
 */
#ifndef ARCH_SMMUV3_STE_H
#define ARCH_SMMUV3_STE_H
#include "base/field.h"

enum { STE_WORDS = 8, STE_BYTES = 64 };

#define L1STD_FIELDS(F)                                                       \
    F(L1STD, SPAN,  0,  4, 0, "2^(SPAN-1) entries; 0 is invalid")             \
    F(L1STD, L2PTR, 0, 51, 6, "second-level table")

#define STE_FIELDS(F)                                                         \
    F(STE, V,        0,  0,  0, "entry is valid")                             \
    F(STE, CONFIG,   0,  3,  1, "which stages translate")                     \
    F(STE, S1FMT,    0,  5,  4, "format of the context descriptor table")     \
    F(STE, S1CTXPTR, 0, 51,  6, "context descriptor (table)")                 \
    F(STE, S1CDMAX,  0, 63, 59, "log2 of the number of CDs; 0: no substreams") \
    F(STE, S1DSS,    1,  1,  0, "requests without a SubstreamID")             \
    F(STE, S1CIR,    1,  3,  2, "CD fetch, inner cacheability")               \
    F(STE, S1COR,    1,  5,  4, "CD fetch, outer cacheability")               \
    F(STE, S1CSH,    1,  7,  6, "CD fetch, shareability")                     \
    F(STE, S2HWU,    1, 11,  8, "stage 2 PBHA")                               \
    F(STE, DRE,      1, 12, 12, "destructive reads")                          \
    F(STE, CONT,     1, 16, 13, "identical neighbours")                       \
    F(STE, DCP,      1, 17, 17, "directed cache prefetch")                    \
    F(STE, PPAR,     1, 18, 18, "PASID on PRI auto-responses")                \
    F(STE, MEV,      1, 19, 19, "events may be merged")                       \
    F(STE, SW,       1, 23, 20, "software's")                                 \
    F(STE, S1PIE,    1, 24, 24, "permission indirection")                     \
    F(STE, S2FWB,    1, 25, 25, "forced write-back")                          \
    F(STE, S1MPAM,   1, 26, 26, "MPAM from the CD")                           \
    F(STE, S1STALLD, 1, 27, 27, "a CD may not select stall")                  \
    F(STE, EATS,     1, 29, 28, "ATS: 0 off, 1 full, 2 split-stage")          \
    F(STE, STRW,     1, 31, 30, "StreamWorld: 0 EL1, 2 EL2")                  \
    F(STE, MEMATTR,  1, 35, 32, "memory type override")                       \
    F(STE, MTCFG,    1, 36, 36, "use MEMATTR")                                \
    F(STE, ALLOCCFG, 1, 40, 37, "allocation hints override")                  \
    F(STE, SHCFG,    1, 45, 44, "shareability; 1 is incoming")                \
    F(STE, NSCFG,    1, 47, 46, "Secure streams only")                        \
    F(STE, PRIVCFG,  1, 49, 48, "2 unprivileged, 3 privileged")               \
    F(STE, INSTCFG,  1, 51, 50, "2 data, 3 instruction")                      \
    F(STE, S2VMID,   2, 15,  0, "VMID")                                       \
    F(STE, S2T0SZ,   2, 37, 32, "64 - IPA bits")                              \
    F(STE, S2SL0,    2, 39, 38, "start level")                                \
    F(STE, S2IR0,    2, 41, 40, "walk, inner cacheability")                   \
    F(STE, S2OR0,    2, 43, 42, "walk, outer cacheability")                   \
    F(STE, S2SH0,    2, 45, 44, "walk, shareability")                         \
    F(STE, S2TG,     2, 47, 46, "granule: 0 4K, 1 64K, 2 16K")                \
    F(STE, S2PS,     2, 50, 48, "physical address size")                      \
    F(STE, S2AA64,   2, 51, 51, "AArch64 tables")                             \
    F(STE, S2ENDI,   2, 52, 52, "big-endian tables")                          \
    F(STE, S2AFFD,   2, 53, 53, "access flag faults off")                     \
    F(STE, S2PTW,    2, 54, 54, "protected table walk")                       \
    F(STE, S2HD,     2, 55, 55, "hardware dirty state")                       \
    F(STE, S2HA,     2, 56, 56, "hardware access flag")                       \
    F(STE, S2S,      2, 57, 57, "stall")                                      \
    F(STE, S2R,      2, 58, 58, "record")                                     \
    F(STE, S2HAFT,   2, 59, 59, "table access flag")                          \
    F(STE, S2NSW,    3,  0,  0, "Secure streams only")                        \
    F(STE, S2NSA,    3,  1,  1, "Secure streams only")                        \
    F(STE, S2SL0_2,  3,  2,  2, "start level, bit 2")                         \
    F(STE, S2DS,     3,  3,  3, "52-bit descriptors")                         \
    F(STE, S2TTB,    3, 51,  4, "table base")                                 \
    F(STE, PARTID,   4, 31, 16, "MPAM")                                       \
    F(STE, VMSPTR,   5, 55, 12, "virtual machine structure")

FIELD_DEFINE(L1STD_FIELDS);
FIELD_DEFINE(STE_FIELDS);
extern const struct field_table l1std_fields, ste_fields;

enum { SHCFG_INCOMING = 1 };

/* STE.Config [SMMUv3 5.2]. */
enum ste_config { STE_ABORT = 0, STE_BYPASS = 4, STE_S1 = 5, STE_S2 = 6, STE_NESTED = 7 };

#endif
