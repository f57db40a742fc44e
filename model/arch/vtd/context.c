/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/context.h"

#include "arch/vtd/fault.h"

FIELD_TABLE(vtd_root_fields, "ROOT", "VT-d 9.1", VTD_ROOT_WORDS, ROOT_FIELDS);
FIELD_TABLE(vtd_ctx_fields, "CTX", "VT-d 9.3", VTD_CTX_WORDS, CTX_FIELDS);
FIELD_TABLE(vtd_sroot_fields, "SROOT", "VT-d 9.2", VTD_ROOT_WORDS, SROOT_FIELDS);
FIELD_TABLE(vtd_sctx_fields, "SCTX", "VT-d 9.4", VTD_SCTX_WORDS, SCTX_FIELDS);
FIELD_RESERVED(root_reserved, ROOT_FIELDS)
FIELD_RESERVED(ctx_reserved, CTX_FIELDS)
FIELD_RESERVED(sroot_reserved, SROOT_FIELDS)
FIELD_RESERVED(sctx_reserved, SCTX_FIELDS)

static uint64_t beyond_haw(const struct vtd_regs *r)
{
    return ~bits_low(r->haw);
}

bool vtd_width_offered(const struct vtd_regs *r, unsigned levels)
{
    return levels >= 3 && levels <= VTDSS_LEVEL_MAX &&
           (FIELD_GET(CAP, SAGAW, &r->cap) >> (levels - 2) & 1);
}

unsigned vtd_max_levels(const struct vtd_regs *r)
{
    for (unsigned levels = VTDSS_LEVEL_MAX; levels >= 3; levels--)
        if (vtd_width_offered(r, levels))
            return levels;
    return 0;
}

struct vtdss_table vtd_table(const struct vtd_regs *r, unsigned levels)
{
    unsigned mgaw = (unsigned)FIELD_GET(CAP, MGAW, &r->cap) + 1, width = vtdss_shift(levels + 1);
    unsigned sizes = (unsigned)FIELD_GET(CAP, SSLPS, &r->cap);

    return (struct vtdss_table){
        .levels = (uint8_t)levels, .in_bits = (uint8_t)(mgaw < width ? mgaw : width),
        .haw = r->haw, .page_2m = sizes & 1, .page_1g = sizes >> 1 & 1,
        .snoop = FIELD_GET(ECAP, SC, &r->ecap),
    };
}

unsigned vtd_decode_root(const struct vtd_regs *r, const uint64_t root[VTD_ROOT_WORDS],
                         uint64_t *context_table)
{
    if (!FIELD_GET(ROOT, P, root))
        return VTD_LRT_2;
    *context_table = FIELD_ADDR(ROOT, CTP, root);
    if ((root[0] & root_reserved(0)) || root[1] ||
        (*context_table & beyond_haw(r)))
        return VTD_LRT_3;
    return VTD_NO_FAULT;
}

/* DID beyond the number of domains is reserved; SSPTPTR is ignored by pass-through. */
static bool reserved_set(const struct vtd_regs *r, const uint64_t *ctx)
{
    unsigned did_bits = 4 + 2 * (unsigned)FIELD_GET(CAP, ND, &r->cap);

    if ((ctx[0] & ctx_reserved(0)) ||
        (ctx[1] & ctx_reserved(1)))
        return true;
    if (FIELD_GET(CTX, DID, ctx) & ~bits_low(did_bits))
        return true;
    if (FIELD_GET(CTX, TT, ctx) == VTD_TT_PASS)
        return false;
    return FIELD_ADDR(CTX, SSPTPTR, ctx) & beyond_haw(r);
}

static bool type_offered(const struct vtd_regs *r, unsigned tt)
{
    switch (tt) {
    case VTD_TT_UNTRANSLATED: return true;
    case VTD_TT_ALL:          return FIELD_GET(ECAP, DT, &r->ecap);
    case VTD_TT_PASS:         return FIELD_GET(ECAP, PT, &r->ecap);
    default:                  return false;
    }
}

unsigned vtd_decode_context(const struct vtd_regs *r, const uint64_t ctx[VTD_CTX_WORDS],
                            struct vtd_context *c)
{
    unsigned levels = (unsigned)FIELD_GET(CTX, AW, ctx) + 2;

    c->absent = 0;
    c->fpd = FIELD_GET(CTX, FPD, ctx);
    if (!FIELD_GET(CTX, P, ctx))
        return VTD_LCT_2;
    if (reserved_set(r, ctx))
        return VTD_LCT_3;
    c->tt = (uint8_t)FIELD_GET(CTX, TT, ctx);
    c->did = (uint16_t)FIELD_GET(CTX, DID, ctx);
    if (!type_offered(r, c->tt) || !vtd_width_offered(r, levels))
        return VTD_LCT_4;
    c->ss = vtd_table(r, levels);
    c->ss.base = FIELD_ADDR(CTX, SSPTPTR, ctx);
    return VTD_NO_FAULT;
}

void vtd_encode_root(uint64_t context_table, uint64_t root[VTD_ROOT_WORDS])
{
    root[0] = root[1] = 0;
    FIELD_SET_ADDR(ROOT, CTP, root, context_table);
    FIELD_SET(ROOT, P, root, 1);
}

void vtd_encode_context(const struct vtd_context *c, uint64_t ctx[VTD_CTX_WORDS])
{
    ctx[0] = ctx[1] = 0;
    FIELD_SET(CTX, P, ctx, 1);
    FIELD_SET(CTX, FPD, ctx, c->fpd);
    FIELD_SET(CTX, TT, ctx, c->tt);
    FIELD_SET_ADDR(CTX, SSPTPTR, ctx, c->tt == VTD_TT_PASS ? 0 : c->ss.base);
    FIELD_SET(CTX, AW, ctx, c->ss.levels - 2u);
    FIELD_SET(CTX, DID, ctx, c->did);
}

/* ---- scalable mode -------------------------------------------------------------------------- */

unsigned vtd_decode_sroot(const struct vtd_regs *r, const uint64_t root[VTD_ROOT_WORDS], unsigned devfn,
                          uint64_t *context_table)
{
    unsigned half = devfn >> 7 & 1;

    if (!(half ? FIELD_GET(SROOT, UP, root) : FIELD_GET(SROOT, LP, root)))
        return VTD_SRT_2;
    *context_table = half ? FIELD_ADDR(SROOT, UCTP, root) : FIELD_ADDR(SROOT, LCTP, root);
    if ((root[half] & sroot_reserved(half)) || (*context_table & beyond_haw(r)))
        return VTD_SRT_3;
    return VTD_NO_FAULT;
}

static bool any_reserved(const uint64_t *ctx)
{
    uint64_t set = 0;

    for (unsigned i = 0; i < VTD_SCTX_WORDS; i++)
        set |= ctx[i] & sctx_reserved(i);
    return set;
}

unsigned vtd_decode_scontext(const struct vtd_regs *r, const uint64_t ctx[VTD_SCTX_WORDS],
                             struct vtd_context *c)
{
    c->absent = 0;
    c->fpd = FIELD_GET(SCTX, FPD, ctx);
    if (!FIELD_GET(SCTX, P, ctx))
        return VTD_SCT_2;
    c->dir = FIELD_ADDR(SCTX, PASIDDIRPTR, ctx);
    if (any_reserved(ctx) || (c->dir & beyond_haw(r)))
        return VTD_SCT_3;
    c->dte = FIELD_GET(SCTX, DTE, ctx);
    c->paside = FIELD_GET(SCTX, PASIDE, ctx);
    c->pre = FIELD_GET(SCTX, PRE, ctx);
    c->pdts = (uint8_t)FIELD_GET(SCTX, PDTS, ctx);
    c->rid_pasid = FIELD_GET(ECAP, RPS, &r->ecap) ? (uint32_t)FIELD_GET(SCTX, RID_PASID, ctx) : 0;
    c->rid_priv = FIELD_GET(ECAP, RPRIVS, &r->ecap) && FIELD_GET(SCTX, RID_PRIV, ctx);
    if ((c->dte && !FIELD_GET(ECAP, DT, &r->ecap)) || (c->paside && !FIELD_GET(ECAP, PASID, &r->ecap)) ||
        (c->pre && !FIELD_GET(ECAP, PRS, &r->ecap)))
        return VTD_SCT_4;
    return VTD_NO_FAULT;
}

void vtd_encode_sroot(uint64_t lower_table, uint64_t upper_table, uint64_t root[VTD_ROOT_WORDS])
{
    root[0] = root[1] = 0;
    FIELD_SET_ADDR(SROOT, LCTP, root, lower_table);
    FIELD_SET(SROOT, LP, root, lower_table != 0);
    FIELD_SET_ADDR(SROOT, UCTP, root, upper_table);
    FIELD_SET(SROOT, UP, root, upper_table != 0);
}

void vtd_encode_scontext(const struct vtd_context *c, uint64_t ctx[VTD_SCTX_WORDS])
{
    for (unsigned i = 0; i < VTD_SCTX_WORDS; i++)
        ctx[i] = 0;
    FIELD_SET(SCTX, P, ctx, 1);
    FIELD_SET(SCTX, FPD, ctx, c->fpd);
    FIELD_SET(SCTX, DTE, ctx, c->dte);
    FIELD_SET(SCTX, PASIDE, ctx, c->paside);
    FIELD_SET(SCTX, PRE, ctx, c->pre);
    FIELD_SET(SCTX, PDTS, ctx, c->pdts);
    FIELD_SET_ADDR(SCTX, PASIDDIRPTR, ctx, c->dir);
    FIELD_SET(SCTX, RID_PASID, ctx, c->rid_pasid);
    FIELD_SET(SCTX, RID_PRIV, ctx, c->rid_priv);
}
