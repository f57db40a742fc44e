/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import_smmuv3_build.h"

#include <string.h>

#include "base/bits.h"
#include "base/field.h"
#include "base/sim.h"

/* Only the fields that are set here; model/arch has the whole structures. */
#define BUILD_FIELDS(F)                                                                            \
    F(L1STD, SPAN,      0,  4,  0, "log2 of the STEs, plus 1")                                     \
    F(L1STD, L2PTR,     0, 51,  6, "second-level table")                                           \
    F(STE, V,           0,  0,  0, "valid")                                                        \
    F(STE, CONFIG,      0,  3,  1, "which stages translate")                                       \
    F(STE, S1CTXPTR,    0, 51,  6, "context descriptor")                                           \
    F(STE, S1CIR,       1,  3,  2, "CD fetch: inner write-back")                                   \
    F(STE, S1COR,       1,  5,  4, "CD fetch: outer write-back")                                   \
    F(STE, S1CSH,       1,  7,  6, "CD fetch: inner shareable")                                    \
    F(STE, SHCFG,       1, 45, 44, "incoming shareability")                                        \
    F(STE, S2VMID,      2, 15,  0, "VMID")                                                         \
    F(STE, S2T0SZ,      2, 37, 32, "size of the input")                                            \
    F(STE, S2SL0,       2, 39, 38, "start level")                                                  \
    F(STE, S2IR0,       2, 41, 40, "walk: inner write-back")                                       \
    F(STE, S2OR0,       2, 43, 42, "walk: outer write-back")                                       \
    F(STE, S2SH0,       2, 45, 44, "walk: inner shareable")                                        \
    F(STE, S2TG,        2, 47, 46, "granule")                                                      \
    F(STE, S2PS,        2, 50, 48, "output size")                                                  \
    F(STE, S2AA64,      2, 51, 51, "AArch64 tables")                                               \
    F(STE, S2AFFD,      2, 53, 53, "access flag faults off")                                       \
    F(STE, S2R,         2, 58, 58, "record faults")                                                \
    F(STE, S2TTB,       3, 51,  4, "table")                                                        \
    F(CD, T0SZ,         0,  5,  0, "size of the input, lower half")                                \
    F(CD, TG0,          0,  7,  6, "granule")                                                      \
    F(CD, IR0,          0,  9,  8, "walk: inner write-back")                                       \
    F(CD, OR0,          0, 11, 10, "walk: outer write-back")                                       \
    F(CD, SH0,          0, 13, 12, "walk: inner shareable")                                        \
    F(CD, EPD0,         0, 14, 14, "no walks in the lower half")                                   \
    F(CD, T1SZ,         0, 21, 16, "size of the input, upper half")                                \
    F(CD, TG1,          0, 23, 22, "granule")                                                      \
    F(CD, IR1,          0, 25, 24, "walk: inner write-back")                                       \
    F(CD, OR1,          0, 27, 26, "walk: outer write-back")                                       \
    F(CD, SH1,          0, 29, 28, "walk: inner shareable")                                        \
    F(CD, EPD1,         0, 30, 30, "no walks in the upper half")                                   \
    F(CD, V,            0, 31, 31, "valid")                                                        \
    F(CD, IPS,          0, 34, 32, "output size")                                                  \
    F(CD, AFFD,         0, 35, 35, "access flag faults off")                                       \
    F(CD, AA64,         0, 41, 41, "AArch64 tables")                                               \
    F(CD, R,            0, 45, 45, "record faults")                                                \
    F(CD, A,            0, 46, 46, "abort on faults")                                              \
    F(CD, ASET,         0, 47, 47, "ASID is not shared with the processors")                       \
    F(CD, ASID,         0, 63, 48, "ASID")                                                         \
    F(CD, HAD0,         1,  1,  1, "no hierarchical permissions")                                  \
    F(CD, TTB0,         1, 51,  4, "table")                                                        \
    F(CD, HAD1,         2,  1,  1, "no hierarchical permissions")                                  \
    F(CD, TTB1,         2, 51,  4, "table")                                                        \
    F(CMD, OP,          0,  7,  0, "opcode")                                                       \
    F(CMD, NUM,         0, 16, 12, "range: count of scaled pages, minus 1")                        \
    F(CMD, SCALE,       0, 24, 20, "range: log2 of the scale")                                     \
    F(CMD, SID,         0, 63, 32, "StreamID")                                                     \
    F(CMD, VMID,        0, 47, 32, "VMID")                                                         \
    F(CMD, ASID,        0, 63, 48, "ASID")                                                         \
    F(CMD, RANGE,       1,  4,  0, "log2 of the StreamIDs, minus 1")                               \
    F(CMD, LEAF,        1,  0,  0, "leaf entries only")                                            \
    F(CMD, TTL,         1,  9,  8, "level hint")                                                   \
    F(CMD, TG,          1, 11, 10, "granule")                                                      \
    F(CMD, ADDR,        1, 63, 12, "address")
FIELD_DEFINE(BUILD_FIELDS);

#define MAIR_OF_LINUX 0xf404ff44ull        /* attributes 0: NC, 1: write-back, 2: device, 3: inner NC */

static const unsigned char oas_bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

unsigned smmuv3_oas_bits(unsigned code)
{
    return oas_bits[code & 7];
}

unsigned smmuv3_oas_code(unsigned bits)
{
    unsigned code = 0;

    while (code < 6 && oas_bits[code + 1] <= bits)
        code++;
    return code;
}

/* ---- structures --------------------------------------------------------------------------------- */

uint64_t smmuv3_build_l1std(uint64_t l2ptr, uint64_t last)
{
    uint64_t w[1] = { 0 };

    FIELD_SET_ADDR(L1STD, L2PTR, w, l2ptr);
    FIELD_SET(L1STD, SPAN, w, last ? bits_log2(last + 1) : 1);
    return w[0];
}

/* Code of a granule in S2TG and TG0; TG1 has its own. */
static unsigned tg0_code(unsigned granule)
{
    return granule == 16 ? 1 : granule == 14 ? 2 : 0;
}

static unsigned tg1_code(unsigned granule)
{
    return granule == 16 ? 3 : granule == 14 ? 1 : 2;
}

/* [SMMUv3 5.2, S2SL0] */
static unsigned sl0_code(unsigned granule, unsigned start)
{
    if (granule == 12)
        return start == 3 ? 3 : 2 - start;
    return 3 - start;
}

/* As wide as the output addresses, as far as one first table reaches; wider (concatenated first
 * tables) if an address needs it. */
static unsigned t0sz(const struct smmuv3_s2_facts *s2, unsigned oas)
{
    unsigned stride = s2->granule - 3;
    unsigned reach = s2->granule + (4 - s2->start) * stride;
    unsigned least = s2->granule + (3 - s2->start) * stride + 1;
    unsigned bits = oas < reach ? oas : reach;

    if (bits < least)
        bits = least;
    if (bits < s2->input_bits)
        bits = s2->input_bits;
    return bits > 48 ? 16 : 64 - bits;
}

static void set_s2(uint64_t w[8], const struct smmuv3_ste_facts *f)
{
    FIELD_SET(STE, S2T0SZ, w, t0sz(&f->s2, f->oas));
    FIELD_SET(STE, S2SL0, w, sl0_code(f->s2.granule, f->s2.start));
    FIELD_SET(STE, S2IR0, w, 1);
    FIELD_SET(STE, S2OR0, w, 1);
    FIELD_SET(STE, S2SH0, w, 3);
    FIELD_SET(STE, S2TG, w, tg0_code(f->s2.granule));
    FIELD_SET(STE, S2PS, w, smmuv3_oas_code(f->oas));
    FIELD_SET(STE, S2AA64, w, 1);
    FIELD_SET(STE, S2AFFD, w, f->affd);
    FIELD_SET(STE, S2R, w, f->record);
    FIELD_SET_ADDR(STE, S2TTB, w, f->s2.ttb);
}

void smmuv3_build_ste(uint64_t w[8], const struct smmuv3_ste_facts *f)
{
    memset(w, 0, 8 * sizeof *w);
    FIELD_SET(STE, V, w, f->valid);
    if (!f->valid)
        return;
    FIELD_SET(STE, CONFIG, w, f->config);
    FIELD_SET(STE, SHCFG, w, 1);
    if (f->config == SMMUV3_STE_S1 || f->config == SMMUV3_STE_NESTED) {
        FIELD_SET_ADDR(STE, S1CTXPTR, w, f->cd);
        FIELD_SET(STE, S1CIR, w, 1);
        FIELD_SET(STE, S1COR, w, 1);
        FIELD_SET(STE, S1CSH, w, 3);
        FIELD_SET(STE, S2VMID, w, f->vmid);
    }
    if (f->config == SMMUV3_STE_S2 || f->config == SMMUV3_STE_NESTED) {
        FIELD_SET(STE, S2VMID, w, f->vmid);
        set_s2(w, f);
    }
}

static void set_tt0(uint64_t w[8], const struct smmuv3_tt_facts *t)
{
    FIELD_SET(CD, EPD0, w, !t->on);
    if (!t->on)
        return;
    FIELD_SET(CD, T0SZ, w, t->tsz);
    FIELD_SET(CD, TG0, w, tg0_code(t->granule));
    FIELD_SET(CD, IR0, w, 1);
    FIELD_SET(CD, OR0, w, 1);
    FIELD_SET(CD, SH0, w, 3);
    FIELD_SET(CD, HAD0, w, t->had);
    FIELD_SET_ADDR(CD, TTB0, w, t->ttb);
}

static void set_tt1(uint64_t w[8], const struct smmuv3_tt_facts *t)
{
    FIELD_SET(CD, EPD1, w, !t->on);
    if (!t->on)
        return;
    FIELD_SET(CD, T1SZ, w, t->tsz);
    FIELD_SET(CD, TG1, w, tg1_code(t->granule));
    FIELD_SET(CD, IR1, w, 1);
    FIELD_SET(CD, OR1, w, 1);
    FIELD_SET(CD, SH1, w, 3);
    FIELD_SET(CD, HAD1, w, t->had);
    FIELD_SET_ADDR(CD, TTB1, w, t->ttb);
}

void smmuv3_build_cd(uint64_t w[8], const struct smmuv3_cd_facts *f)
{
    memset(w, 0, 8 * sizeof *w);
    FIELD_SET(CD, V, w, f->valid);
    if (!f->valid)
        return;
    set_tt0(w, &f->tt[0]);
    set_tt1(w, &f->tt[1]);
    FIELD_SET(CD, IPS, w, smmuv3_oas_code(f->oas));
    FIELD_SET(CD, AFFD, w, f->affd);
    FIELD_SET(CD, AA64, w, 1);
    FIELD_SET(CD, R, w, f->record);
    FIELD_SET(CD, A, w, 1);
    FIELD_SET(CD, ASET, w, 1);
    FIELD_SET(CD, ASID, w, f->asid);
    w[3] = MAIR_OF_LINUX;
}

/* ---- commands ----------------------------------------------------------------------------------- */

static void begin(uint64_t w[2], enum smmuv3_op op)
{
    w[0] = w[1] = 0;
    FIELD_SET(CMD, OP, w, op);
}

void smmuv3_build_cfgi(uint64_t w[2], enum smmuv3_op op, uint32_t sid)
{
    begin(w, op);
    FIELD_SET(CMD, SID, w, sid);
    if (op != OP_CFGI_CD_ALL)
        FIELD_SET(CMD, LEAF, w, 1);
}

bool smmuv3_build_cfgi_range(uint64_t w[2], uint64_t first, uint64_t last)
{
    uint64_t n = last - first + 1;

    if (last < first || last > UINT32_MAX || n < 2 || !bits_is_pow2(n) || (first & (n - 1)) != 0)
        return false;
    begin(w, OP_CFGI_STE_RANGE);
    FIELD_SET(CMD, SID, w, first);
    FIELD_SET(CMD, RANGE, w, bits_log2(n) - 1);
    return true;
}

void smmuv3_build_tlbi(uint64_t w[2], enum smmuv3_op op, unsigned asid, unsigned vmid)
{
    begin(w, op);
    FIELD_SET(CMD, ASID, w, asid);
    FIELD_SET(CMD, VMID, w, vmid);
}

void smmuv3_build_sync(uint64_t w[2])
{
    begin(w, OP_SYNC);
}

bool smmuv3_build_range(uint64_t w[2], enum smmuv3_op op, const struct smmuv3_range *r)
{
    unsigned scale;

    if (r->pages == 0)
        return false;
    scale = (unsigned)__builtin_ctzll(r->pages);
    scale = scale < 31 ? scale : 31;
    if (r->pages >> scale > 32 || (r->tg == 0 && r->pages != 1))
        return false;
    smmuv3_build_tlbi(w, op, r->asid, r->vmid);
    FIELD_SET(CMD, NUM, w, (r->pages >> scale) - 1);
    FIELD_SET(CMD, SCALE, w, scale);
    FIELD_SET(CMD, LEAF, w, r->leaf);
    FIELD_SET(CMD, TTL, w, r->ttl);
    FIELD_SET(CMD, TG, w, r->tg);
    FIELD_SET_ADDR(CMD, ADDR, w, r->addr);
    return true;
}

/* What QEMU does in dma_aligned_pow2_mask: the alignment of the address or the largest power of two
 * that is left, whichever is less. */
uint64_t smmuv3_first_piece(uint64_t addr, uint64_t pages, unsigned tg)
{
    unsigned granule = tg ? 10 + 2 * tg : 12;
    uint64_t left = (pages << granule) - 1;
    uint64_t align = addr ? (addr & -addr) - 1 : UINT64_MAX;
    uint64_t mask = align <= left ? align : left == UINT64_MAX ? left : bits_low(bits_log2(left + 1));

    return (mask >> granule) + (mask != UINT64_MAX && ((mask + 1) >> granule) != mask >> granule);
}

/* ---- events ------------------------------------------------------------------------------------- */

static const struct { const char *name; unsigned number; } event_numbers[] = {
    { "F_UUT", 0x01 },           { "C_BAD_STREAMID", 0x02 },    { "F_STE_FETCH", 0x03 },
    { "C_BAD_STE", 0x04 },       { "F_BAD_ATS_TREQ", 0x05 },    { "F_STREAM_DISABLED", 0x06 },
    { "F_TRANS_FORBIDDEN", 0x07 }, { "F_TRANSL_FORBIDDEN", 0x07 }, { "C_BAD_SUBSTREAMID", 0x08 },
    { "F_CD_FETCH", 0x09 },      { "C_BAD_CD", 0x0a },          { "F_WALK_EABT", 0x0b },
    { "F_TRANSLATION", 0x10 },   { "F_ADDR_SIZE", 0x11 },       { "F_ACCESS", 0x12 },
    { "F_PERMISSION", 0x13 },    { "F_TLB_CONFLICT", 0x20 },    { "F_CFG_CONFLICT", 0x21 },
    { "E_PAGE_REQ", 0x24 },
};

unsigned smmuv3_event_number(const char *name, unsigned long len)
{
    static const char prefix[] = "SMMU_EVT_";

    if (len > sizeof prefix - 1 && strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
        len -= sizeof prefix - 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(event_numbers); i++)
        if (strlen(event_numbers[i].name) == len && strncmp(event_numbers[i].name, name, len) == 0)
            return event_numbers[i].number;
    return 0;
}
