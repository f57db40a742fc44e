/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/pasid.h"

#include "arch/vtd/fault.h"

FIELD_TABLE(vtd_pde_fields, "PDE", "VT-d 9.5", VTD_PDE_WORDS, PDE_FIELDS);
FIELD_TABLE(vtd_pe_fields, "PE", "VT-d 9.6", VTD_PE_WORDS, PE_FIELDS);
FIELD_RESERVED(pde_reserved, PDE_FIELDS)
FIELD_RESERVED(pe_reserved, PE_FIELDS)

unsigned vtd_decode_dir(const struct vtd_regs *r, const uint64_t dir[VTD_PDE_WORDS], uint64_t *table, bool *fpd)
{
    *fpd = FIELD_GET(PDE, FPD, dir);
    if (!FIELD_GET(PDE, P, dir))
        return VTD_SPD_2;
    *table = FIELD_ADDR(PDE, SMPTBLPTR, dir);
    return (dir[0] & pde_reserved(0)) || *table & ~bits_low(r->haw) ? VTD_SPD_3 : VTD_NO_FAULT;
}

static bool has_second(unsigned pgtt) { return pgtt == VTD_PGTT_SS || pgtt == VTD_PGTT_NESTED; }
static bool has_first(unsigned pgtt) { return pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED; }

/* Bits of features that the unit does not have are reserved, as are domains beyond CAP.ND. */
static bool reserved_set(const struct vtd_regs *r, const uint64_t *pe, unsigned pgtt)
{
    unsigned did_bits = 4 + 2 * (unsigned)FIELD_GET(CAP, ND, &r->cap);
    uint64_t set = 0;

    for (unsigned i = 0; i < VTD_PE_WORDS; i++)
        set |= pe[i] & pe_reserved(i);
    set |= FIELD_GET(PE, DID, pe) & ~bits_low(did_bits);
    set |= !FIELD_GET(ECAP, SSADS, &r->ecap) && FIELD_GET(PE, SSADE, pe);
    set |= !FIELD_GET(ECAP, SMPWCS, &r->ecap) && FIELD_GET(PE, PWSNP, pe);
    set |= !FIELD_GET(ECAP, SRS, &r->ecap) && FIELD_GET(PE, SRE, pe);
    set |= !FIELD_GET(ECAP, ERS, &r->ecap) && FIELD_GET(PE, ERE, pe);
    set |= !FIELD_GET(ECAP, EAFS, &r->ecap) && FIELD_GET(PE, EAFE, pe);
    if (has_second(pgtt))
        set |= FIELD_ADDR(PE, SSPTPTR, pe) & ~bits_low(r->haw);
    if (pgtt == VTD_PGTT_FS)                         /* the nested one's is a GPA */
        set |= FIELD_ADDR(PE, FSPTPTR, pe) & ~bits_low(r->haw);
    return set;
}

static bool type_offered(const struct vtd_regs *r, unsigned pgtt)
{
    bool first = FIELD_GET(ECAP, FSTS, &r->ecap), second = FIELD_GET(ECAP, SSTS, &r->ecap);

    switch (pgtt) {
    case VTD_PGTT_FS:     return first;
    case VTD_PGTT_SS:     return second;
    case VTD_PGTT_NESTED: return first && second && FIELD_GET(ECAP, NEST, &r->ecap);
    case VTD_PGTT_PT:     return FIELD_GET(ECAP, PT, &r->ecap);
    default:              return false;
    }
}

static bool levels_offered(const struct vtd_regs *r, const uint64_t *pe, unsigned pgtt)
{
    unsigned fspm = (unsigned)FIELD_GET(PE, FSPM, pe);

    if (has_second(pgtt) && !vtd_width_offered(r, (unsigned)FIELD_GET(PE, AW, pe) + 2))
        return false;
    return !has_first(pgtt) || fspm == 0 || (fspm == 1 && FIELD_GET(CAP, FS5LP, &r->cap));
}

static struct vtdfs_table first_stage(const struct vtd_regs *r, const uint64_t *pe, unsigned pgtt)
{
    return (struct vtdfs_table){
        .base = FIELD_ADDR(PE, FSPTPTR, pe), .levels = (uint8_t)(4 + FIELD_GET(PE, FSPM, pe)),
        .haw = pgtt == VTD_PGTT_FS ? r->haw : 52, .page_1g = FIELD_GET(CAP, FS1GP, &r->cap),
        .wpe = FIELD_GET(PE, WPE, pe), .nxe = FIELD_GET(PE, NXE, pe), .smep = FIELD_GET(PE, SMEP, pe),
        .eafe = FIELD_GET(PE, EAFE, pe), .snooped = FIELD_GET(PE, PWSNP, pe) || r->walks_mark,
    };
}

unsigned vtd_decode_pasid(const struct vtd_regs *r, const uint64_t pe[VTD_PE_WORDS], struct vtd_pasid *p)
{
    unsigned pgtt = (unsigned)FIELD_GET(PE, PGTT, pe);

    p->absent = 0;
    p->fpd = FIELD_GET(PE, FPD, pe);
    if (!FIELD_GET(PE, P, pe))
        return VTD_SPT_2;
    if (reserved_set(r, pe, pgtt))
        return VTD_SPT_3;
    if (!type_offered(r, pgtt) || !levels_offered(r, pe, pgtt))
        return VTD_SPT_4;
    p->pgtt = (uint8_t)pgtt;
    p->did = (uint16_t)FIELD_GET(PE, DID, pe);
    p->sre = FIELD_GET(PE, SRE, pe);
    p->ere = FIELD_GET(PE, ERE, pe);
    if (has_second(pgtt)) {
        p->ss = vtd_table(r, (unsigned)FIELD_GET(PE, AW, pe) + 2);
        p->ss.base = FIELD_ADDR(PE, SSPTPTR, pe);
        p->ss.ad = FIELD_GET(PE, SSADE, pe);
        p->ss.snooped = FIELD_GET(PE, PWSNP, pe) || r->walks_mark;
    }
    if (has_first(pgtt))
        p->fs = first_stage(r, pe, pgtt);
    return VTD_NO_FAULT;
}

void vtd_encode_dir(uint64_t table, uint64_t dir[VTD_PDE_WORDS])
{
    dir[0] = 0;
    FIELD_SET_ADDR(PDE, SMPTBLPTR, dir, table);
    FIELD_SET(PDE, P, dir, 1);
}

static void encode_second(const struct vtd_pasid *p, uint64_t *pe)
{
    FIELD_SET(PE, AW, pe, p->ss.levels - 2u);
    FIELD_SET_ADDR(PE, SSPTPTR, pe, p->ss.base);
    FIELD_SET(PE, SSADE, pe, p->ss.ad);
    FIELD_SET(PE, PWSNP, pe, p->ss.snooped);
}

static void encode_first(const struct vtd_pasid *p, uint64_t *pe)
{
    FIELD_SET(PE, FSPM, pe, p->fs.levels - 4u);
    FIELD_SET_ADDR(PE, FSPTPTR, pe, p->fs.base);
    FIELD_SET(PE, WPE, pe, p->fs.wpe);
    FIELD_SET(PE, NXE, pe, p->fs.nxe);
    FIELD_SET(PE, SMEP, pe, p->fs.smep);
    FIELD_SET(PE, EAFE, pe, p->fs.eafe);
    FIELD_SET(PE, PWSNP, pe, p->fs.snooped);
}

void vtd_encode_pasid(const struct vtd_pasid *p, uint64_t pe[VTD_PE_WORDS])
{
    for (unsigned i = 0; i < VTD_PE_WORDS; i++)
        pe[i] = 0;
    FIELD_SET(PE, P, pe, 1);
    FIELD_SET(PE, FPD, pe, p->fpd);
    FIELD_SET(PE, PGTT, pe, p->pgtt);
    FIELD_SET(PE, DID, pe, p->did);
    FIELD_SET(PE, SRE, pe, p->sre);
    FIELD_SET(PE, ERE, pe, p->ere);
    if (has_second(p->pgtt))
        encode_second(p, pe);
    if (has_first(p->pgtt))
        encode_first(p, pe);
}
