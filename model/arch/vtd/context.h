/* SPDX-License-Identifier: Apache-2.0
 *
 * context.h - legacy-mode root and context entries, and what a context entry means, decoded: the
 * form in which a context cache keeps it.  [VT-d 9.1, 9.3]
 *
 * vtd_decode_root and _context check in the manual's order [fact sheet 5.1, steps 5 to 7] and
 * return 0 or a reason (arch/vtd/fault.h).  vtd_encode_context is the inverse, for host software
 * and importers.
 */
#ifndef ARCH_VTD_CONTEXT_H
#define ARCH_VTD_CONTEXT_H
#include "arch/table/vtdss.h"
#include "arch/vtd/regs.h"

#define ROOT_FIELDS(F)                                                        \
    F(ROOT, P,   0,  0,  0, "present")                                        \
    F(ROOT, CTP, 0, 63, 12, "context table")

#define CTX_FIELDS(F)                                                         \
    F(CTX, P,       0,  0,  0, "present")                                     \
    F(CTX, FPD,     0,  1,  1, "faults are not recorded; also if P = 0")      \
    F(CTX, TT,      0,  3,  2, "translation type")                            \
    F(CTX, SSPTPTR, 0, 63, 12, "second-stage top table")                      \
    F(CTX, AW,      1,  2,  0, "width: 1 39 bit, 2 48, 3 57")                 \
    F(CTX, AVAIL,   1,  6,  3, "software's")                                  \
    F(CTX, DID,     1, 23,  8, "domain")

FIELD_DEFINE(ROOT_FIELDS);
FIELD_DEFINE(CTX_FIELDS);
extern const struct field_table vtd_root_fields, vtd_ctx_fields;

enum { VTD_ROOT_WORDS = 2, VTD_CTX_WORDS = 2, VTD_ENTRY_BYTES = 16 };

/* What translation reads of the registers. */
struct vtd_regs {
    uint64_t cap, ecap;
    uint64_t rtaddr;           /* as latched by SRTP                                       */
    uint8_t  haw;              /* host address width                                       */
    bool     tes;              /* GSTS.TES                                                 */
};

enum vtd_tt { VTD_TT_UNTRANSLATED, VTD_TT_ALL, VTD_TT_PASS, VTD_TT_RESERVED };

struct vtd_context {
    struct vtdss_table ss;     /* in_bits = min(MGAW, AW), also of pass-through            */
    uint16_t did;
    uint8_t  tt;               /* enum vtd_tt                                              */
    bool     fpd;
};

unsigned vtd_decode_root(const struct vtd_regs *r, const uint64_t root[VTD_ROOT_WORDS],
                         uint64_t *context_table);
/* c->fpd is valid whatever is returned. */
unsigned vtd_decode_context(const struct vtd_regs *r, const uint64_t ctx[VTD_CTX_WORDS],
                            struct vtd_context *c);
void vtd_encode_root(uint64_t context_table, uint64_t root[VTD_ROOT_WORDS]);
void vtd_encode_context(const struct vtd_context *c, uint64_t ctx[VTD_CTX_WORDS]);

/* A second-stage table of `levels` under these capabilities; the base is the caller's. */
struct vtdss_table vtd_table(const struct vtd_regs *r, unsigned levels);
/* The most levels that CAP.SAGAW offers, 0 if none. */
unsigned vtd_max_levels(const struct vtd_regs *r);

#endif
