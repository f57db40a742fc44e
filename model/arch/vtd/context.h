/* SPDX-License-Identifier: Apache-2.0
 *
 * context.h - root and context entries of legacy and of scalable mode, and what a context entry means,
 * decoded: the form in which a context cache keeps it.  [VT-d 9.1 to 9.4]
 *
 * The decoders check in the manual's order [fact sheet 5.1] and return 0 or a reason (arch/vtd/fault.h).
 * The encoders are their inverse, for host software and importers.
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

/* Scalable mode: a root entry has a table for each half of its bus. */
#define SROOT_FIELDS(F)                                                       \
    F(SROOT, LP,   0,  0,  0, "devfn 0x00..0x7f: present")                    \
    F(SROOT, LCTP, 0, 63, 12, "their context table")                          \
    F(SROOT, UP,   1,  0,  0, "devfn 0x80..0xff: present")                    \
    F(SROOT, UCTP, 1, 63, 12, "their context table")

#define SCTX_FIELDS(F)                                                        \
    F(SCTX, P,           0,  0,  0, "present")                                \
    F(SCTX, FPD,         0,  1,  1, "faults are not recorded; also if P = 0") \
    F(SCTX, DTE,         0,  2,  2, "translation and translated requests")    \
    F(SCTX, PASIDE,      0,  3,  3, "requests with PASID")                    \
    F(SCTX, PRE,         0,  4,  4, "page requests")                          \
    F(SCTX, PDTS,        0, 11,  9, "directory entries = 2^(PDTS+7)")         \
    F(SCTX, PASIDDIRPTR, 0, 63, 12, "PASID directory")                        \
    F(SCTX, RID_PASID,   1, 19,  0, "PASID of requests without")              \
    F(SCTX, RID_PRIV,    1, 20, 20, "their privilege")

FIELD_DEFINE(ROOT_FIELDS);
FIELD_DEFINE(CTX_FIELDS);
FIELD_DEFINE(SROOT_FIELDS);
FIELD_DEFINE(SCTX_FIELDS);
extern const struct field_table vtd_root_fields, vtd_ctx_fields, vtd_sroot_fields, vtd_sctx_fields;

enum { VTD_ROOT_WORDS = 2, VTD_CTX_WORDS = 2, VTD_ENTRY_BYTES = 16, VTD_SCTX_WORDS = 4, VTD_SCTX_BYTES = 32 };

/* What translation reads of the registers. */
struct vtd_regs {
    uint64_t cap, ecap;
    uint64_t rtaddr;           /* as latched by SRTP                                       */
    uint8_t  haw;              /* host address width                                       */
    bool     tes;              /* GSTS.TES                                                 */
    /* an imitated unit's, in scalable mode */
    bool     legacy_codes;     /* root, context and second-stage faults have legacy mode's codes  */
    bool     walks_mark;       /* accessed and dirty bits are set by walks, snooped or not, and no entry of the IOTLB
                                  is passed over for the sake of them                             */
    bool     ires, cfis;       /* interrupt remapping is on; compatibility format passes   */
    uint64_t irta;             /* as latched by SIRTP                                      */
    struct vtd_region { bool on; uint64_t first, last; } protect[2];   /* by PLM, PHM, while PMEN.EPM */
};

/* While translation is off, DMA to protected memory is blocked. */
static inline bool vtd_protected(const struct vtd_regs *r, uint64_t addr)
{
    for (unsigned i = 0; i < 2; i++)
        if (r->protect[i].on && addr >= r->protect[i].first && addr <= r->protect[i].last)
            return true;
    return false;
}

enum vtd_tt { VTD_TT_UNTRANSLATED, VTD_TT_ALL, VTD_TT_PASS, VTD_TT_RESERVED };

struct vtd_context {
    bool     fpd;
    uint8_t  absent;           /* the reason, if it is not present and kept all the same (CAP.CM = 1); else 0 */
    /* legacy mode */
    uint8_t  tt;               /* enum vtd_tt                                              */
    uint16_t did;
    struct vtdss_table ss;     /* in_bits = min(MGAW, AW), also of pass-through            */
    /* scalable mode */
    bool     dte, paside, pre;
    bool     rid_priv;         /* requests without PASID are a supervisor's                */
    uint8_t  pdts;
    uint32_t rid_pasid;        /* of requests without PASID: 0 without ECAP.RPS            */
    uint64_t dir;              /* PASID directory                                          */
};

unsigned vtd_decode_root(const struct vtd_regs *r, const uint64_t root[VTD_ROOT_WORDS],
                         uint64_t *context_table);
/* c->fpd is valid whatever is returned. */
unsigned vtd_decode_context(const struct vtd_regs *r, const uint64_t ctx[VTD_CTX_WORDS],
                            struct vtd_context *c);
void vtd_encode_root(uint64_t context_table, uint64_t root[VTD_ROOT_WORDS]);
void vtd_encode_context(const struct vtd_context *c, uint64_t ctx[VTD_CTX_WORDS]);

/* Scalable mode: of the half of the bus that devfn is in. */
unsigned vtd_decode_sroot(const struct vtd_regs *r, const uint64_t root[VTD_ROOT_WORDS], unsigned devfn,
                          uint64_t *context_table);
unsigned vtd_decode_scontext(const struct vtd_regs *r, const uint64_t ctx[VTD_SCTX_WORDS],
                             struct vtd_context *c);
/* A half without a table (0) is not present. */
void vtd_encode_sroot(uint64_t lower_table, uint64_t upper_table, uint64_t root[VTD_ROOT_WORDS]);
void vtd_encode_scontext(const struct vtd_context *c, uint64_t ctx[VTD_SCTX_WORDS]);
/* Where the context entry of devfn is. */
static inline uint64_t vtd_scontext_at(uint64_t context_table, unsigned devfn)
{
    return context_table + (devfn & 0x7f) * (uint64_t)VTD_SCTX_BYTES;
}
/* Is there a directory entry for this PASID? */
static inline bool vtd_pasid_reached(const struct vtd_context *c, uint32_t pasid)
{
    return pasid >> (c->pdts + 13) == 0;
}

/* Does CAP.SAGAW offer tables of so many levels? */
bool vtd_width_offered(const struct vtd_regs *r, unsigned levels);
/* A second-stage table of `levels` under these capabilities; the base is the caller's. */
struct vtdss_table vtd_table(const struct vtd_regs *r, unsigned levels);
/* The most levels that CAP.SAGAW offers, 0 if none. */
unsigned vtd_max_levels(const struct vtd_regs *r);

#endif
