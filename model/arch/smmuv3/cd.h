/* SPDX-License-Identifier: Apache-2.0
 *
 * cd.h - context descriptor table: level 1 descriptor and context descriptor.  [SMMUv3 5.3, 5.4]
 */
#ifndef ARCH_SMMUV3_CD_H
#define ARCH_SMMUV3_CD_H
#include "base/field.h"

enum { CD_WORDS = 8, CD_BYTES = 64 };

#define L1CD_FIELDS(F)                                                        \
    F(L1CD, V,     0,  0,  0, "entry is valid")                               \
    F(L1CD, L2PTR, 0, 51, 12, "table of context descriptors")

#define CD_FIELDS(F)                                                          \
    F(CD, T0SZ,   0,  5,  0, "64 - input bits of the lower half")             \
    F(CD, TG0,    0,  7,  6, "granule: 0 4K, 1 64K, 2 16K")                   \
    F(CD, IR0,    0,  9,  8, "walk, inner cacheability")                      \
    F(CD, OR0,    0, 11, 10, "walk, outer cacheability")                      \
    F(CD, SH0,    0, 13, 12, "walk, shareability")                            \
    F(CD, EPD0,   0, 14, 14, "no walks through TTB0")                         \
    F(CD, ENDI,   0, 15, 15, "big-endian tables")                             \
    F(CD, T1SZ,   0, 21, 16, "64 - input bits of the upper half")             \
    F(CD, TG1,    0, 23, 22, "granule: 1 16K, 2 4K, 3 64K")                   \
    F(CD, IR1,    0, 25, 24, "walk, inner cacheability")                      \
    F(CD, OR1,    0, 27, 26, "walk, outer cacheability")                      \
    F(CD, SH1,    0, 29, 28, "walk, shareability")                            \
    F(CD, EPD1,   0, 30, 30, "no walks through TTB1")                         \
    F(CD, V,      0, 31, 31, "descriptor is valid")                           \
    F(CD, IPS,    0, 34, 32, "intermediate address size")                     \
    F(CD, AFFD,   0, 35, 35, "access flag faults off")                        \
    F(CD, WXN,    0, 36, 36, "writable is never executable")                  \
    F(CD, UWXN,   0, 37, 37, "AArch32 only")                                  \
    F(CD, TBI0,   0, 38, 38, "top byte ignored, lower half")                  \
    F(CD, TBI1,   0, 39, 39, "top byte ignored, upper half")                  \
    F(CD, PAN,    0, 40, 40, "privileged access never")                       \
    F(CD, AA64,   0, 41, 41, "AArch64 tables")                                \
    F(CD, HD,     0, 42, 42, "hardware dirty state")                          \
    F(CD, HA,     0, 43, 43, "hardware access flag")                          \
    F(CD, S,      0, 44, 44, "stall")                                         \
    F(CD, R,      0, 45, 45, "record")                                        \
    F(CD, A,      0, 46, 46, "abort")                                         \
    F(CD, ASET,   0, 47, 47, "not affected by broadcast TLBI")                \
    F(CD, ASID,   0, 63, 48, "ASID")                                          \
    F(CD, NSCFG0, 1,  0,  0, "Secure streams only")                           \
    F(CD, HAD0,   1,  1,  1, "hierarchical attributes off, lower half")       \
    F(CD, E0PD0,  1,  2,  2, "no unprivileged access, lower half")            \
    F(CD, HAFT,   1,  3,  3, "table access flag")                             \
    F(CD, TTB0,   1, 51,  4, "table base, lower half")                        \
    F(CD, PNCH,   1, 58, 58, "not checked")                                   \
    F(CD, EPAN,   1, 59, 59, "enhanced PAN")                                  \
    F(CD, HWU0,   1, 63, 60, "PBHA, lower half")                              \
    F(CD, NSCFG1, 2,  0,  0, "Secure streams only")                           \
    F(CD, HAD1,   2,  1,  1, "hierarchical attributes off, upper half")       \
    F(CD, E0PD1,  2,  2,  2, "no unprivileged access, upper half")            \
    F(CD, AIE,    2,  3,  3, "attribute indirection")                         \
    F(CD, TTB1,   2, 51,  4, "table base, upper half")                        \
    F(CD, DS,     2, 58, 58, "52-bit descriptors")                            \
    F(CD, PIE,    2, 59, 59, "permission indirection")                        \
    F(CD, HWU1,   2, 63, 60, "PBHA, upper half")                              \
    F(CD, MAIR,   3, 63,  0, "memory attributes, a byte each")                \
    F(CD, AMAIR,  4, 63,  0, "auxiliary memory attributes")

FIELD_DEFINE(L1CD_FIELDS);
FIELD_DEFINE(CD_FIELDS);
extern const struct field_table l1cd_fields, cd_fields;

#endif
