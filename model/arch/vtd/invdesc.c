/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/invdesc.h"

#include <string.h>

#include "base/sim.h"

FIELD_TABLE(vtd_inv_cc_fields, "CC_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_CC_FIELDS);
FIELD_TABLE(vtd_inv_iotlb_fields, "IOTLB_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_IOTLB_FIELDS);
FIELD_TABLE(vtd_inv_devtlb_fields, "DEVTLB_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_DEVTLB_FIELDS);
FIELD_TABLE(vtd_inv_iec_fields, "IEC_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_IEC_FIELDS);
FIELD_TABLE(vtd_inv_wait_fields, "WAIT", "VT-d 6.5.2", VTD_INV_WORDS, INV_WAIT_FIELDS);
FIELD_TABLE(vtd_inv_piotlb_fields, "PIOTLB_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_PIOTLB_FIELDS);
FIELD_TABLE(vtd_inv_pc_fields, "PC_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_PC_FIELDS);
FIELD_TABLE(vtd_inv_pdevtlb_fields, "PDEVTLB_INV", "VT-d 6.5.2", VTD_INV_WORDS, INV_PDEVTLB_FIELDS);
FIELD_TABLE(vtd_inv_pgrsp_fields, "PGRSP", "VT-d 7.7", VTD_INV_WORDS, INV_PGRSP_FIELDS);

#define TYPE_ROW(N, t, name, wide) [t] = { (name), (wide) },
static const struct { const char *name; bool wide; } types[VTD_INV_TYPE_COUNT] = {
    VTD_INV_TYPES(TYPE_ROW)
};

const char *vtd_inv_name(unsigned type)
{
    return type < VTD_INV_TYPE_COUNT ? types[type].name : NULL;
}

const struct field_table *vtd_inv_fields(unsigned type)
{
    static const struct field_table *const tables[VTD_INV_TYPE_COUNT] = {
        [VTD_INV_CC] = &vtd_inv_cc_fields,         [VTD_INV_IOTLB] = &vtd_inv_iotlb_fields,
        [VTD_INV_DEVTLB] = &vtd_inv_devtlb_fields, [VTD_INV_IEC] = &vtd_inv_iec_fields,
        [VTD_INV_WAIT] = &vtd_inv_wait_fields,     [VTD_INV_PIOTLB] = &vtd_inv_piotlb_fields,
        [VTD_INV_PC] = &vtd_inv_pc_fields,         [VTD_INV_PDEVTLB] = &vtd_inv_pdevtlb_fields,
        [VTD_INV_PGRSP] = &vtd_inv_pgrsp_fields,
    };

    return type < VTD_INV_TYPE_COUNT ? tables[type] : NULL;
}

/* Which member of struct vtd_inv a field is, and how far the member's bits stand above the field's:
 * decoder and encoder are both read from here. */
#define CODEC(C)                                                              \
    C(CC, G, g, 0)         C(CC, DID, did, 0)      C(CC, SID, sid, 0)         \
    C(CC, FM, fm, 0)                                                          \
    C(IOTLB, G, g, 0)      C(IOTLB, DW, dw, 0)     C(IOTLB, DR, dr, 0)        \
    C(IOTLB, DID, did, 0)  C(IOTLB, AM, am, 0)     C(IOTLB, IH, ih, 0)        \
    C(IOTLB, ADDR, addr, 12)                                                  \
    C(DEVTLB, PFSID_LO, pfsid, 0)                  C(DEVTLB, PFSID_HI, pfsid, 4) \
    C(DEVTLB, MIP, mip, 0) C(DEVTLB, SID, sid, 0)  C(DEVTLB, S, s, 0)         \
    C(DEVTLB, ADDR, addr, 12)                                                 \
    C(IEC, G, g, 0)        C(IEC, IM, iec.im, 0)   C(IEC, IIDX, iec.iidx, 0)  \
    C(WAIT, IF, wait.irq, 0) C(WAIT, SW, wait.sw, 0) C(WAIT, FN, wait.fn, 0)  \
    C(WAIT, PD, wait.pd, 0)  C(WAIT, STDATA, wait.data, 0)                    \
    C(WAIT, STADDR, wait.addr, 2)                                             \
    C(PIOTLB, G, g, 0)     C(PIOTLB, DID, did, 0)  C(PIOTLB, PASID, pasid, 0) \
    C(PIOTLB, AM, am, 0)   C(PIOTLB, IH, ih, 0)    C(PIOTLB, ADDR, addr, 12)  \
    C(PC, G, g, 0)         C(PC, DID, did, 0)      C(PC, PASID, pasid, 0)     \
    C(PDEVTLB, MIP, mip, 0) C(PDEVTLB, SID, sid, 0) C(PDEVTLB, PASID, pasid, 0) \
    C(PDEVTLB, PFSID_LO, pfsid, 0)                 C(PDEVTLB, PFSID_HI, pfsid, 4) \
    C(PDEVTLB, G, g, 0)    C(PDEVTLB, S, s, 0)     C(PDEVTLB, ADDR, addr, 12) \
    C(PGRSP, PP, rsp.pp, 0) C(PGRSP, RC, rsp.rc, 0) C(PGRSP, RID, sid, 0)     \
    C(PGRSP, PASID, pasid, 0) C(PGRSP, LPIG, rsp.lpig, 0) C(PGRSP, PRGI, rsp.prgi, 0)

struct codec_row {
    uint8_t type, word, hi, lo, shift, bytes;
    uint16_t offset;
};

#define CODEC_ROW(T, N, member, sh)                                                                \
    { VTD_INV_##T, INV_##T##_##N##_WORD, INV_##T##_##N##_HI, INV_##T##_##N##_LO, (sh),             \
      sizeof(((struct vtd_inv *)0)->member), offsetof(struct vtd_inv, member) },
static const struct codec_row codec[] = { CODEC(CODEC_ROW) };

/* Members are little-endian unsigned numbers or bools of 1 to 8 bytes. */
static uint64_t member_get(const struct vtd_inv *inv, const struct codec_row *r)
{
    uint64_t v = 0;

    memcpy(&v, (const char *)inv + r->offset, r->bytes);
    return v;
}

static void member_set(struct vtd_inv *inv, const struct codec_row *r, uint64_t v)
{
    memcpy((char *)inv + r->offset, &v, r->bytes);
}

static void decode_fields(const uint64_t *words, struct vtd_inv *inv)
{
    for (size_t i = 0; i < ARRAY_LEN(codec); i++) {
        const struct codec_row *r = &codec[i];
        uint64_t field = bits_get(words[r->word], r->hi, r->lo) << r->shift;

        if (r->type == inv->type)
            member_set(inv, r, member_get(inv, r) | field);
    }
}

static bool reserved_set(const struct field_table *t, const uint64_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (words[i] & field_reserved(t, i))
            return true;
    return false;
}

/* Granularities that the types do not list are reserved. */
static bool granularity_ok(const struct vtd_inv *inv)
{
    switch (inv->type) {
    case VTD_INV_CC: case VTD_INV_IOTLB: return inv->g != 0;
    case VTD_INV_PIOTLB:                 return inv->g >= VTD_PIOTLB_PASID;
    case VTD_INV_PC:                     return inv->g != 2;
    default:                             return true;
    }
}

unsigned vtd_inv_decode(const uint64_t *words, unsigned n, uint64_t cap, struct vtd_inv *inv)
{
    unsigned type = (unsigned)FIELD_GET(INV, TYPE, words);

    SIM_CHECK(n == 2 || n == VTD_INV_WORDS, "a descriptor of %u words", n);
    memset(inv, 0, sizeof *inv);
    if (FIELD_GET(INV, TYPE_HIGH, words) || !vtd_inv_name(type) ||
        (types[type].wide && n == 2))
        return VTD_IQEI_TYPE;
    inv->type = (uint8_t)type;
    decode_fields(words, inv);
    if (reserved_set(vtd_inv_fields(type), words, n) || !granularity_ok(inv))
        return VTD_IQEI_RESERVED;
    if (type == VTD_INV_IOTLB && inv->g == VTD_IOTLB_PAGE && inv->am > FIELD_GET(CAP, MAMV, &cap))
        return VTD_IQEI_RESERVED;
    return VTD_IQEI_NONE;
}

void vtd_inv_encode(const struct vtd_inv *inv, uint64_t *words)
{
    SIM_CHECK(vtd_inv_name(inv->type), "no descriptor of type %u", inv->type);
    memset(words, 0, VTD_INV_WORDS * sizeof *words);
    FIELD_SET(INV, TYPE, words, inv->type);
    for (size_t i = 0; i < ARRAY_LEN(codec); i++) {
        const struct codec_row *r = &codec[i];

        if (r->type == inv->type)
            words[r->word] = bits_set(words[r->word], r->hi, r->lo, member_get(inv, r) >> r->shift);
    }
}

/* ---- registers, ranges ---------------------------------------------------------------------- */

void vtd_inv_from_ccmd(uint64_t ccmd, struct vtd_inv *inv)
{
    *inv = (struct vtd_inv){
        .type = VTD_INV_CC, .g = (uint8_t)FIELD_GET(CCMD, CIRG, &ccmd),
        .did = (uint16_t)FIELD_GET(CCMD, DID, &ccmd), .sid = (uint16_t)FIELD_GET(CCMD, SID, &ccmd),
        .fm = (uint8_t)FIELD_GET(CCMD, FM, &ccmd),
    };
}

void vtd_inv_from_iotlb(uint64_t iva, uint64_t iotlb, struct vtd_inv *inv)
{
    *inv = (struct vtd_inv){
        .type = VTD_INV_IOTLB, .g = (uint8_t)FIELD_GET(IOTLB, IIRG, &iotlb),
        .did = (uint16_t)FIELD_GET(IOTLB, DID, &iotlb), .dw = FIELD_GET(IOTLB, DW, &iotlb),
        .dr = FIELD_GET(IOTLB, DR, &iotlb), .am = (uint8_t)FIELD_GET(IVA, AM, &iva),
        .ih = FIELD_GET(IVA, IH, &iva), .addr = FIELD_ADDR(IVA, ADDR, &iva),
    };
}

/* S = 1: the size is 2^(k+1), k the lowest zero bit at or above bit 12. */
static unsigned size_in_address(uint64_t addr)
{
    uint64_t zeros = ~addr & ~bits_low(12);

    return zeros ? (unsigned)__builtin_ctzll(zeros) + 1 : 64;
}

void vtd_inv_range(const struct vtd_inv *inv, uint64_t *first, uint64_t *last)
{
    bool device = inv->type == VTD_INV_DEVTLB || inv->type == VTD_INV_PDEVTLB;
    unsigned log2 = device ? (inv->s ? size_in_address(inv->addr) : 12u) : 12u + inv->am;

    *first = inv->addr & ~bits_low(log2);
    *last = inv->addr | bits_low(log2);
}

uint16_t vtd_inv_sid_mask(unsigned fm)
{
    static const uint8_t ignored[] = { 0, 4, 6, 7 };           /* from function bit 2 down */

    return (uint16_t)~ignored[fm & 3];
}
