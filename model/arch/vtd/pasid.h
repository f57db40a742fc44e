/* SPDX-License-Identifier: Apache-2.0
 *
 * pasid.h - scalable mode's PASID directory and PASID table entries, and what a PASID table entry means,
 * decoded: the form in which a PASID cache keeps it.  [VT-d 3.4.3, 9.5, 9.6; fact sheet 3.3, 3.4]
 *
 * vtd_decode_dir and _pasid check in the manual's order [fact sheet 5.1, steps 9 and 10] and return 0 or a reason.
 * Memory types (CD, EMTE, EMT, PWT, PCD, PAT) are decoded by nobody: they change no address and no permission.
 */
#ifndef ARCH_VTD_PASID_H
#define ARCH_VTD_PASID_H
#include "arch/table/vtdfs.h"
#include "arch/vtd/context.h"

#define PDE_FIELDS(F)                                                         \
    F(PDE, P,         0,  0,  0, "present")                                   \
    F(PDE, FPD,       0,  1,  1, "faults are not recorded; also if P = 0")    \
    F(PDE, SMPTBLPTR, 0, 63, 12, "PASID table")

#define PE_FIELDS(F)                                                          \
    F(PE, P,       0,  0,  0, "present")                                      \
    F(PE, FPD,     0,  1,  1, "faults are not recorded; also if P = 0")       \
    F(PE, AW,      0,  4,  2, "second-stage width: 1 39 bit, 2 48, 3 57")     \
    F(PE, PGTT,    0,  8,  6, "1 first stage, 2 second, 3 nested, 4 pass-through") \
    F(PE, SSADE,   0,  9,  9, "second-stage accessed and dirty bits")         \
    F(PE, SSPTPTR, 0, 63, 12, "second-stage top table")                       \
    F(PE, DID,     1, 15,  0, "domain")                                       \
    F(PE, PWSNP,   1, 23, 23, "walks are snooped")                            \
    F(PE, PGSNP,   1, 24, 24, "accesses are snooped")                         \
    F(PE, CD,      1, 25, 25, "not cached")                                   \
    F(PE, EMTE,    1, 26, 26, "extended memory type is used")                 \
    F(PE, EMT,     1, 29, 27, "extended memory type")                         \
    F(PE, PWT,     1, 30, 30, "of the first-stage top table")                 \
    F(PE, PCD,     1, 31, 31, "of the first-stage top table")                 \
    F(PE, PAT,     1, 63, 32, "page attribute table")                         \
    F(PE, SRE,     2,  0,  0, "supervisor requests")                          \
    F(PE, ERE,     2,  1,  1, "execute requests")                             \
    F(PE, FSPM,    2,  3,  2, "first stage: 0 4 levels, 1 5 levels")          \
    F(PE, WPE,     2,  4,  4, "a supervisor's writes honour R/W = 0")         \
    F(PE, NXE,     2,  5,  5, "execute-disable is honoured")                  \
    F(PE, SMEP,    2,  6,  6, "a supervisor does not execute a user's pages") \
    F(PE, EAFE,    2,  7,  7, "extended-accessed bits")                       \
    F(PE, FSPTPTR, 2, 63, 12, "first-stage top table")

FIELD_DEFINE(PDE_FIELDS);
FIELD_DEFINE(PE_FIELDS);
extern const struct field_table vtd_pde_fields, vtd_pe_fields;

enum { VTD_PDE_WORDS = 1, VTD_PE_WORDS = 8, VTD_PE_BYTES = 64, VTD_PASID_BITS = 20 };

/* PGTT; a translation's kind, which decides what invalidations remove.  A context entry of legacy mode leads to
 * VTD_PGTT_SS or VTD_PGTT_PT. */
enum vtd_pgtt { VTD_PGTT_NONE, VTD_PGTT_FS, VTD_PGTT_SS, VTD_PGTT_NESTED, VTD_PGTT_PT };

struct vtd_pasid {
    struct vtdss_table ss;     /* PGTT 2, 3; in_bits = min(MGAW, AW)                       */
    struct vtdfs_table fs;     /* PGTT 1, 3; its base is a GPA in 3                        */
    uint16_t did;
    uint8_t  pgtt;             /* enum vtd_pgtt                                            */
    bool     fpd;              /* of the directory entry or of this one                    */
    bool     sre, ere;
    uint8_t  absent;           /* as struct vtd_context's                                  */
};

unsigned vtd_decode_dir(const struct vtd_regs *r, const uint64_t dir[VTD_PDE_WORDS], uint64_t *table, bool *fpd);
/* p->fpd is valid whatever is returned. */
unsigned vtd_decode_pasid(const struct vtd_regs *r, const uint64_t pe[VTD_PE_WORDS], struct vtd_pasid *p);
void vtd_encode_dir(uint64_t table, uint64_t dir[VTD_PDE_WORDS]);
void vtd_encode_pasid(const struct vtd_pasid *p, uint64_t pe[VTD_PE_WORDS]);

/* Where the entries of a PASID are. */
static inline uint64_t vtd_dir_at(uint64_t dir, uint32_t pasid) { return dir + 8ull * (pasid >> 6); }
static inline uint64_t vtd_pasid_at(uint64_t table, uint32_t pasid)
{
    return table + (pasid & 63) * (uint64_t)VTD_PE_BYTES;
}

#endif
