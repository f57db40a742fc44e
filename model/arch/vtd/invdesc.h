/* SPDX-License-Identifier: Apache-2.0
 *
 * invdesc.h - invalidation descriptors, and the register forms of the same requests.  [VT-d 6.5]
 *
 * vtd_inv_decode turns 2 or 4 words into a struct vtd_inv or says what is wrong with them by the
 * number that goes into IQERCD.IQEI; vtd_inv_encode is its inverse.  What they do is system/vtd's.
 */
#ifndef ARCH_VTD_INVDESC_H
#define ARCH_VTD_INVDESC_H
#include "arch/vtd/context.h"
#include "base/field.h"

/* D(NAME, type, "name", reserved in a queue of 128-bit descriptors) */
#define VTD_INV_TYPES(D)                                                      \
    D(CC,      1, "context-cache",          0)                                \
    D(IOTLB,   2, "iotlb",                  0)                                \
    D(DEVTLB,  3, "device-tlb",             0)                                \
    D(IEC,     4, "interrupt-entry-cache",  0)                                \
    D(WAIT,    5, "wait",                   0)                                \
    D(PIOTLB,  6, "pasid-iotlb",            1)                                \
    D(PC,      7, "pasid-cache",            1)                                \
    D(PDEVTLB, 8, "pasid-device-tlb",       1)                                \
    D(PGRSP,   9, "page-group-response",    1)

#define VTD_INV_ENUM(N, t, name, wide) VTD_INV_##N = (t),
enum vtd_inv_type { VTD_INV_NONE, VTD_INV_TYPES(VTD_INV_ENUM) VTD_INV_TYPE_COUNT };

/* Bits 11:9 and 3:0 of every descriptor. */
#define INV_FIELDS(F)                                                         \
    F(INV, TYPE,      0,  3,  0, "type")                                      \
    F(INV, TYPE_HIGH, 0, 11,  9, "type, high bits: 0 in all that exist")

#define INV_TYPE_ROWS(F, S)                                                   \
    F(S, TYPE,      0,  3,  0, "type")                                        \
    F(S, TYPE_HIGH, 0, 11,  9, "type, high bits")

#define INV_CC_FIELDS(F)                                                      \
    INV_TYPE_ROWS(F, INV_CC)                                                  \
    F(INV_CC, G,   0,  5,  4, "1 global, 2 domain, 3 device")                 \
    F(INV_CC, DID, 0, 31, 16, "domain")                                       \
    F(INV_CC, SID, 0, 47, 32, "source-id")                                    \
    F(INV_CC, FM,  0, 49, 48, "function bits ignored")

#define INV_IOTLB_FIELDS(F)                                                   \
    INV_TYPE_ROWS(F, INV_IOTLB)                                               \
    F(INV_IOTLB, G,    0,  5,  4, "1 global, 2 domain, 3 page")               \
    F(INV_IOTLB, DW,   0,  6,  6, "drain writes")                             \
    F(INV_IOTLB, DR,   0,  7,  7, "drain reads")                              \
    F(INV_IOTLB, DID,  0, 31, 16, "domain")                                   \
    F(INV_IOTLB, AM,   1,  5,  0, "address mask: 2^AM pages")                 \
    F(INV_IOTLB, IH,   1,  6,  6, "only leaves changed")                      \
    F(INV_IOTLB, ADDR, 1, 63, 12, "page address")

#define INV_DEVTLB_FIELDS(F)                                                  \
    INV_TYPE_ROWS(F, INV_DEVTLB)                                              \
    F(INV_DEVTLB, PFSID_LO, 0, 15, 12, "PFSID 3:0")                           \
    F(INV_DEVTLB, MIP,      0, 20, 16, "invalidations in flight allowed")     \
    F(INV_DEVTLB, SID,      0, 47, 32, "source-id")                           \
    F(INV_DEVTLB, PFSID_HI, 0, 63, 52, "PFSID 15:4")                          \
    F(INV_DEVTLB, S,        1,  0,  0, "size is in the address")              \
    F(INV_DEVTLB, ADDR,     1, 63, 12, "page address")

#define INV_IEC_FIELDS(F)                                                     \
    INV_TYPE_ROWS(F, INV_IEC)                                                 \
    F(INV_IEC, G,    0,  4,  4, "0 global, 1 index")                          \
    F(INV_IEC, IM,   0, 31, 27, "index mask: 2^IM entries")                   \
    F(INV_IEC, IIDX, 0, 47, 32, "index")

#define INV_WAIT_FIELDS(F)                                                    \
    INV_TYPE_ROWS(F, INV_WAIT)                                                \
    F(INV_WAIT, IF,     0,  4,  4, "interrupt when done")                     \
    F(INV_WAIT, SW,     0,  5,  5, "write the status when done")              \
    F(INV_WAIT, FN,     0,  6,  6, "fence: later ones wait")                  \
    F(INV_WAIT, PD,     0,  7,  7, "drain page requests")                     \
    F(INV_WAIT, STDATA, 0, 63, 32, "status data")                             \
    F(INV_WAIT, STADDR, 1, 63,  2, "status address")

#define INV_PIOTLB_FIELDS(F)                                                  \
    INV_TYPE_ROWS(F, INV_PIOTLB)                                              \
    F(INV_PIOTLB, G,     0,  5,  4, "2 PASID, 3 page")                        \
    F(INV_PIOTLB, DID,   0, 31, 16, "domain")                                 \
    F(INV_PIOTLB, PASID, 0, 51, 32, "PASID")                                  \
    F(INV_PIOTLB, AM,    1,  5,  0, "address mask: 2^AM pages")               \
    F(INV_PIOTLB, IH,    1,  6,  6, "only leaves changed")                    \
    F(INV_PIOTLB, ADDR,  1, 63, 12, "page address")

#define INV_PC_FIELDS(F)                                                      \
    INV_TYPE_ROWS(F, INV_PC)                                                  \
    F(INV_PC, G,     0,  5,  4, "0 domain, 1 PASID, 3 global")                \
    F(INV_PC, DID,   0, 31, 16, "domain")                                     \
    F(INV_PC, PASID, 0, 51, 32, "PASID")

#define INV_PDEVTLB_FIELDS(F)                                                 \
    INV_TYPE_ROWS(F, INV_PDEVTLB)                                             \
    F(INV_PDEVTLB, MIP,      0,  8,  4, "invalidations in flight allowed")    \
    F(INV_PDEVTLB, PFSID_LO, 0, 15, 12, "PFSID 3:0")                          \
    F(INV_PDEVTLB, SID,      0, 31, 16, "source-id")                          \
    F(INV_PDEVTLB, PASID,    0, 51, 32, "PASID")                              \
    F(INV_PDEVTLB, PFSID_HI, 0, 63, 52, "PFSID 15:4")                         \
    F(INV_PDEVTLB, G,        1,  0,  0, "all PASIDs")                         \
    F(INV_PDEVTLB, S,        1, 11, 11, "size is in the address")             \
    F(INV_PDEVTLB, ADDR,     1, 63, 12, "page address")

#define INV_PGRSP_FIELDS(F)                                                   \
    INV_TYPE_ROWS(F, INV_PGRSP)                                               \
    F(INV_PGRSP, PP,    0,  4,  4, "PASID present")                           \
    F(INV_PGRSP, RC,    0, 15, 12, "response code")                           \
    F(INV_PGRSP, RID,   0, 31, 16, "requester")                               \
    F(INV_PGRSP, PASID, 0, 51, 32, "PASID")                                   \
    F(INV_PGRSP, LPIG,  1,  2,  2, "last page in group")                      \
    F(INV_PGRSP, PRGI,  1, 11,  3, "group index")

FIELD_DEFINE(INV_FIELDS);
FIELD_DEFINE(INV_CC_FIELDS);
FIELD_DEFINE(INV_IOTLB_FIELDS);
FIELD_DEFINE(INV_DEVTLB_FIELDS);
FIELD_DEFINE(INV_IEC_FIELDS);
FIELD_DEFINE(INV_WAIT_FIELDS);
FIELD_DEFINE(INV_PIOTLB_FIELDS);
FIELD_DEFINE(INV_PC_FIELDS);
FIELD_DEFINE(INV_PDEVTLB_FIELDS);
FIELD_DEFINE(INV_PGRSP_FIELDS);

enum { VTD_INV_WORDS = 4 };            /* the most a descriptor has; a 128-bit one has 2   */

/* Granularities, each type's own codes. */
enum { VTD_CC_GLOBAL = 1, VTD_CC_DOMAIN, VTD_CC_DEVICE };
enum { VTD_IOTLB_GLOBAL = 1, VTD_IOTLB_DOMAIN, VTD_IOTLB_PAGE };
enum { VTD_PIOTLB_PASID = 2, VTD_PIOTLB_PAGE };
enum { VTD_IEC_GLOBAL, VTD_IEC_INDEX };
enum { VTD_PC_DOMAIN, VTD_PC_PASID, VTD_PC_GLOBAL = 3 };

struct vtd_inv {
    uint8_t  type;             /* enum vtd_inv_type                                        */
    uint8_t  g;                /* granularity, in the type's codes                         */
    uint16_t did, sid, pfsid;
    uint8_t  fm, am, mip;
    bool     ih, dr, dw, s;
    uint32_t pasid;
    uint64_t addr;
    struct { uint8_t im; uint16_t iidx; } iec;
    struct { bool irq, sw, fn, pd; uint32_t data; uint64_t addr; } wait;
    struct { bool pp, lpig; uint8_t rc; uint16_t prgi; } rsp;
};

/* IQERCD.IQEI. */
enum vtd_iqei {
    VTD_IQEI_NONE, VTD_IQEI_TAIL, VTD_IQEI_FETCH, VTD_IQEI_TYPE, VTD_IQEI_RESERVED, VTD_IQEI_WIDTH,
    VTD_IQEI_ALIGN, VTD_IQEI_TTM,
};

/* n is 2 or 4; `cap` says the largest AM.  Returns an enum vtd_iqei, 0 if all is well. */
unsigned vtd_inv_decode(const uint64_t *words, unsigned n, uint64_t cap, struct vtd_inv *inv);
/* Fills all VTD_INV_WORDS. */
void vtd_inv_encode(const struct vtd_inv *inv, uint64_t *words);

/* The requests that CCMD, and IVA with IOTLB, make. */
void vtd_inv_from_ccmd(uint64_t ccmd, struct vtd_inv *inv);
void vtd_inv_from_iotlb(uint64_t iva, uint64_t iotlb, struct vtd_inv *inv);

/* A device-TLB request: of one PASID?  Else of all, and of none. */
static inline bool vtd_inv_has_pasid(const struct vtd_inv *inv) { return inv->type == VTD_INV_PDEVTLB && !inv->g; }

/* First and last address of a page-selective or device-TLB request. [VT-d 6.5.2] */
void vtd_inv_range(const struct vtd_inv *inv, uint64_t *first, uint64_t *last);
/* The bits of a source-id that FM leaves to compare. */
uint16_t vtd_inv_sid_mask(unsigned fm);

/* "iotlb"; NULL if there is no such type. */
const char *vtd_inv_name(unsigned type);
/* The fields of a type's descriptor; NULL if there is no such type. */
const struct field_table *vtd_inv_fields(unsigned type);

#endif
