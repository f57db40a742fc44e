/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/config.h"

#include <string.h>

#include "arch/smmuv3/event.h"

FIELD_TABLE(l1std_fields, "L1STD", "[SMMUv3 5.1]", 1, L1STD_FIELDS);
FIELD_TABLE(ste_fields, "STE", "[SMMUv3 5.2]", STE_WORDS, STE_FIELDS);
FIELD_TABLE(l1cd_fields, "L1CD", "[SMMUv3 5.3]", 1, L1CD_FIELDS);
FIELD_TABLE(cd_fields, "CD", "[SMMUv3 5.4]", CD_WORDS, CD_FIELDS);

enum { TG_RESERVED = 0 };

/* Granules by their codes in S2TG and TG0, and in TG1, which are not the same. */
static const uint8_t tg0_log2[4] = { 12, 16, 14, TG_RESERVED };
static const uint8_t tg1_log2[4] = { TG_RESERVED, 14, 12, 16 };

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static bool has_granule(const struct smmuv3_regs *r, unsigned log2)
{
    switch (log2) {
    case 12:
        return FIELD_GET(IDR5, GRAN4K, &r->idr5);
    case 14:
        return FIELD_GET(IDR5, GRAN16K, &r->idr5);
    case 16:
        return FIELD_GET(IDR5, GRAN64K, &r->idr5);
    default:
        return false;
    }
}

/* Is this byte order of tables allowed?  TTENDIAN: 0 mixed, 2 little, 3 big. */
static bool endian_ok(const struct smmuv3_regs *r, bool big)
{
    unsigned t = (unsigned)FIELD_GET(IDR0, TTENDIAN, &r->idr0);

    return t == 0 || (t == 3) == big;
}

static unsigned txsz_max(const struct smmuv3_regs *r, unsigned granule_log2)
{
    if (!FIELD_GET(IDR3, STT, &r->idr3))
        return 39;
    return granule_log2 == 16 ? 47 : 48;
}

/* Output bits of tables of a granule: 48 unless 64 KB or LPA2. */
static unsigned out_bits(unsigned size, unsigned granule_log2, bool ds)
{
    return granule_log2 == 16 || ds ? size : min(size, 48);
}

int smmuv3_s2_start(unsigned granule_log2, unsigned sl0, bool minus_one)
{
    static const int8_t start4[4] = { 2, 1, 0, 3 };

    if (granule_log2 == 12 && minus_one)
        return sl0 == 0 ? -1 : -2;
    if (granule_log2 == 12)
        return start4[sl0];
    if (granule_log2 == 16 && sl0 == 3)
        return -2;
    return 3 - (int)sl0;
}

unsigned smmuv3_s2_sl0(unsigned granule_log2, int start)
{
    static const uint8_t sl0[4] = { 2, 1, 0, 3 };

    if (granule_log2 == 12)
        return start < 0 ? 0 : sl0[start];
    return (unsigned)(3 - start);
}

unsigned smmuv3_size_code(unsigned bits)
{
    unsigned code = 0;

    while (code < 6 && smmuv3_size_bits(code) < bits)
        code++;
    return code;
}

/* The rules of 2.3 that concern stage 2; fills c->s2t. */
static bool stage2_legal(const struct smmuv3_regs *r, const uint64_t *ste, struct smmuv3_config *c)
{
    struct vmsa_table *t = &c->s2t;
    unsigned g = tg0_log2[FIELD_GET(STE, S2TG, ste)], httu = (unsigned)FIELD_GET(IDR0, HTTU, &r->idr0);
    unsigned stall = (unsigned)FIELD_GET(IDR0, STALL_MODEL, &r->idr0);
    unsigned t0sz = (unsigned)FIELD_GET(STE, S2T0SZ, ste), oas = smmuv3_oas(r), index;
    unsigned ps = min(smmuv3_size_bits((unsigned)FIELD_GET(STE, S2PS, ste)), oas);
    bool ds = FIELD_GET(STE, S2DS, ste) && FIELD_GET(IDR5, DS, &r->idr5) && g != 16;
    bool ha = FIELD_GET(STE, S2HA, ste), hd = FIELD_GET(STE, S2HD, ste);
    unsigned least;
    int start;

    if ((stall == 1 && c->s2s) || (stall == 2 && !c->s2s))                           /* 11 */
        return false;
    if (!FIELD_GET(STE, S2AA64, ste) || !(FIELD_GET(IDR0, TTF, &r->idr0) & 2))       /* 12 */
        return false;
    if (((ha || hd) && httu == 0) || (hd && httu == 1) ||
        (httu == 3 && FIELD_GET(STE, S2HAFT, ste) && !ha))                           /* 13 */
        return false;
    if (!has_granule(r, g))                                                          /* 14 */
        return false;
    *t = (struct vmsa_table){
        .stage = 2, .granule_log2 = (uint8_t)g, .in_bits = (uint8_t)(64 - t0sz), .ds = ds,
        .out_bits = (uint8_t)out_bits(ps, g, ds), .lpa = oas > 48,
        .big_endian = FIELD_GET(STE, S2ENDI, ste), .affd = FIELD_GET(STE, S2AFFD, ste),
        .ha = ha, .hd = ha && hd, .xnx = FIELD_GET(IDR3, XNX, &r->idr3),
        .fwb = FIELD_GET(STE, S2FWB, ste) && FIELD_GET(IDR3, FWB, &r->idr3),
        .sh = (uint8_t)FIELD_GET(STE, S2SH0, ste),
    };
    if (FIELD_ADDR(STE, S2TTB, ste) >> t->out_bits)                                  /* 15 */
        return false;
    least = max(g == 16 || ds ? 12 : 16, 64 - oas);
    if (t0sz > txsz_max(r, g) || t0sz < least)                                       /* 16 */
        return false;
    start = smmuv3_s2_start(g, (unsigned)FIELD_GET(STE, S2SL0, ste),
                            ds && FIELD_GET(STE, S2SL0_2, ste));
    if (start == -2 || (start == 3 && g == 12 && !FIELD_GET(IDR3, STT, &r->idr3)) ||
        (start == 0 && g == 14 && !ds))
        return false;
    t->start = (int8_t)start;
    index = t->in_bits - vmsa_shift(g, start);
    if (t->in_bits <= vmsa_shift(g, start) || index > vmsa_stride(g) + 4)            /* 17 */
        return false;
    if (!endian_ok(r, t->big_endian))                                                /* 18 */
        return false;
    t->base = bits_align_down(FIELD_ADDR(STE, S2TTB, ste), max(vmsa_root_log2(t), ps > 48 ? 6 : 4));
    return true;
}

/* The rules of 2.3 that concern stage 1. */
static bool stage1_legal(const struct smmuv3_regs *r, const uint64_t *ste,
                         const struct smmuv3_config *c)
{
    unsigned ssid_bits = (unsigned)FIELD_GET(IDR1, SSIDSIZE, &r->idr1);

    if (c->s1stalld && FIELD_GET(IDR0, STALL_MODEL, &r->idr0))                       /* 7 */
        return false;
    if (ssid_bits && c->s1cdmax > ssid_bits)                                         /* 8 */
        return false;
    if (ssid_bits && c->s1cdmax && !FIELD_GET(IDR0, CD2L, &r->idr0) &&
        (c->s1fmt == 1 || c->s1fmt == 2))                                            /* 9 */
        return false;
    if (!c->s2 && FIELD_ADDR(STE, S1CTXPTR, ste) >> smmuv3_oas(r))                   /* 10 */
        return false;
    return true;
}

static bool ats_legal(const struct smmuv3_regs *r, const struct smmuv3_config *c)
{
    if (!FIELD_GET(IDR0, ATS, &r->idr0))
        return true;
    if (c->eats == 2 && (c->config != STE_NESTED || c->s2s || FIELD_GET(IDR0, NS1ATS, &r->idr0)))
        return false;                                                                /* 3 */
    return !(c->eats == 1 && c->s2 && c->s2s);               /* 4; without DPT 3 is 0 */
}

static void overrides(const struct smmuv3_regs *r, const uint64_t *ste, struct smmuv3_config *c)
{
    if (FIELD_GET(IDR1, ATTR_PERMS_OVR, &r->idr1)) {
        c->privcfg = (uint8_t)FIELD_GET(STE, PRIVCFG, ste);
        c->instcfg = (uint8_t)FIELD_GET(STE, INSTCFG, ste);
    }
    c->shcfg = SHCFG_INCOMING;
    if (FIELD_GET(IDR1, ATTR_TYPES_OVR, &r->idr1)) {
        c->memattr = (uint8_t)FIELD_GET(STE, MEMATTR, ste);
        c->mtcfg = FIELD_GET(STE, MTCFG, ste);
        c->shcfg = (uint8_t)FIELD_GET(STE, SHCFG, ste);
        c->alloccfg = (uint8_t)FIELD_GET(STE, ALLOCCFG, ste);
    }
}

unsigned smmuv3_decode_ste(const struct smmuv3_regs *r, const uint64_t ste[STE_WORDS],
                           struct smmuv3_config *c)
{
    unsigned strw = (unsigned)FIELD_GET(STE, STRW, ste);
    bool s1p = FIELD_GET(IDR0, S1P, &r->idr0), s2p = FIELD_GET(IDR0, S2P, &r->idr0);

    *c = (struct smmuv3_config){ 0 };
    if (!FIELD_GET(STE, V, ste))                                                     /* 1 */
        return SMMUV3_C_BAD_STE;
    c->mev = FIELD_GET(STE, MEV, ste);
    c->config = (uint8_t)FIELD_GET(STE, CONFIG, ste);
    if (!(c->config & 4)) {
        c->config = STE_ABORT;
        return 0;
    }
    c->s1 = c->config & 1;
    c->s2 = c->config & 2;
    if ((c->s1 && !s1p) || (c->s2 && !s2p))                                          /* 2 */
        return SMMUV3_C_BAD_STE;
    c->eats = (uint8_t)FIELD_GET(STE, EATS, ste);
    c->s2s = c->s2 && FIELD_GET(STE, S2S, ste);
    c->s2r = c->s2 && FIELD_GET(STE, S2R, ste);
    c->s2ptw = c->s2 && FIELD_GET(STE, S2PTW, ste);
    c->s1dss = (uint8_t)FIELD_GET(STE, S1DSS, ste);
    c->s1fmt = (uint8_t)FIELD_GET(STE, S1FMT, ste);
    c->s1cdmax = FIELD_GET(IDR1, SSIDSIZE, &r->idr1) ? (uint8_t)FIELD_GET(STE, S1CDMAX, ste) : 0;
    c->s1stalld = c->s1 && FIELD_GET(STE, S1STALLD, ste);
    c->s1ctxptr = FIELD_ADDR(STE, S1CTXPTR, ste);
    overrides(r, ste, c);
    if (c->config != STE_BYPASS && !ats_legal(r, c))
        return SMMUV3_C_BAD_STE;
    if (c->config == STE_S1 && FIELD_GET(IDR0, HYP, &r->idr0)) {
        if (strw & 1)                                                                /* 6 */
            return SMMUV3_C_BAD_STE;
        if (strw == 2)
            c->regime = FIELD_GET(CR2, E2H, &r->cr2) ? REGIME_EL2_E2H : REGIME_EL2;
    }
    c->halves = c->regime != REGIME_EL2;
    if (c->s1 && !stage1_legal(r, ste, c))
        return SMMUV3_C_BAD_STE;
    if (c->s2 && !stage2_legal(r, ste, c))
        return SMMUV3_C_BAD_STE;
    c->vmid_used = s2p && (c->s1 || c->s2) && c->regime == REGIME_EL1;
    if (c->vmid_used) {
        c->vmid = (uint16_t)FIELD_GET(STE, S2VMID, ste);
        if (c->vmid >> 8 && !FIELD_GET(IDR0, VMID16, &r->idr0))                      /* 19 */
            return SMMUV3_C_BAD_STE;
    }
    return 0;
}

/* One half of a CD: rules 8 to 10 of 3.4. */
static bool half_legal(const struct smmuv3_regs *r, const uint64_t *cd, struct smmuv3_config *c,
                       unsigned h)
{
    struct vmsa_table *t = &c->tt[h];
    unsigned g = h ? tg1_log2[FIELD_GET(CD, TG1, cd)] : tg0_log2[FIELD_GET(CD, TG0, cd)];
    unsigned txsz = (unsigned)(h ? FIELD_GET(CD, T1SZ, cd) : FIELD_GET(CD, T0SZ, cd));
    uint64_t ttb = h ? FIELD_ADDR(CD, TTB1, cd) : FIELD_ADDR(CD, TTB0, cd);
    bool ds = FIELD_GET(CD, DS, cd) && FIELD_GET(IDR5, DS, &r->idr5) && g != 16;
    bool big_va = FIELD_GET(IDR5, VAX, &r->idr5) && (g == 16 || ds);
    unsigned ips = min(smmuv3_size_bits((unsigned)FIELD_GET(CD, IPS, cd)), smmuv3_oas(r));

    if (!has_granule(r, g))                                                          /* 8 */
        return false;
    if (txsz > txsz_max(r, g) || txsz < (big_va ? 12u : 16u))                        /* 9 */
        return false;
    *t = (struct vmsa_table){
        .stage = 1, .granule_log2 = (uint8_t)g, .in_bits = (uint8_t)(64 - txsz), .ds = ds,
        .out_bits = (uint8_t)out_bits(ips, g, ds), .lpa = smmuv3_oas(r) > 48,
        .start = (int8_t)vmsa_start_level(g, 64 - txsz),
        .big_endian = FIELD_GET(CD, ENDI, cd), .affd = FIELD_GET(CD, AFFD, cd),
        .ha = FIELD_GET(CD, HA, cd), .hd = FIELD_GET(CD, HA, cd) && FIELD_GET(CD, HD, cd),
        .had = FIELD_GET(IDR3, HAD, &r->idr3) &&
               (h ? FIELD_GET(CD, HAD1, cd) : FIELD_GET(CD, HAD0, cd)),
        .one_privilege = c->regime == REGIME_EL2, .wxn = FIELD_GET(CD, WXN, cd),
        .pan = FIELD_GET(CD, PAN, cd) && c->regime != REGIME_EL2,
        .epan = FIELD_GET(IDR3, EPAN, &r->idr3) && FIELD_GET(CD, EPAN, cd),
        .sh = (uint8_t)(h ? FIELD_GET(CD, SH1, cd) : FIELD_GET(CD, SH0, cd)),
    };
    t->base = bits_align_down(ttb, max(vmsa_root_log2(t), ips > 48 ? 6 : 4));
    return ttb >> t->out_bits == 0;                                                  /* 10 */
}

unsigned smmuv3_decode_cd(const struct smmuv3_regs *r, const uint64_t cd[CD_WORDS],
                          struct smmuv3_config *c)
{
    unsigned stall = (unsigned)FIELD_GET(IDR0, STALL_MODEL, &r->idr0);
    unsigned httu = (unsigned)FIELD_GET(IDR0, HTTU, &r->idr0);
    bool ha = FIELD_GET(CD, HA, cd), hd = FIELD_GET(CD, HD, cd);

    if (!FIELD_GET(CD, V, cd))                                                       /* 1 */
        return SMMUV3_C_BAD_CD;
    c->a = FIELD_GET(CD, A, cd);
    c->r = FIELD_GET(CD, R, cd);
    c->s = FIELD_GET(CD, S, cd);
    if ((c->s1stalld && c->s) || (stall == 1 && c->s) || (stall == 2 && !c->s))      /* 2 */
        return SMMUV3_C_BAD_CD;
    if (FIELD_GET(IDR0, TERM_MODEL, &r->idr0) && !c->a)                              /* 3 */
        return SMMUV3_C_BAD_CD;
    c->epd[0] = c->halves && FIELD_GET(CD, EPD0, cd);
    c->epd[1] = !c->halves || FIELD_GET(CD, EPD1, cd);
    if (!(c->epd[0] && c->epd[1]) && !endian_ok(r, FIELD_GET(CD, ENDI, cd)))         /* 4 */
        return SMMUV3_C_BAD_CD;
    if (!FIELD_GET(CD, AA64, cd) || !(FIELD_GET(IDR0, TTF, &r->idr0) & 2))           /* 5 */
        return SMMUV3_C_BAD_CD;
    if (((ha || hd) && httu == 0) || (hd && httu == 1) ||
        (httu == 3 && FIELD_GET(CD, HAFT, cd) && !ha))                               /* 6 */
        return SMMUV3_C_BAD_CD;
    c->aset = FIELD_GET(CD, ASET, cd);
    c->asid_used = c->regime != REGIME_EL2;
    if (c->asid_used) {
        c->asid = (uint16_t)FIELD_GET(CD, ASID, cd);
        if (c->asid >> 8 && !FIELD_GET(IDR0, ASID16, &r->idr0))                      /* 7 */
            return SMMUV3_C_BAD_CD;
    }
    for (unsigned h = 0; h < 2; h++)
        if (!c->epd[h] && !half_legal(r, cd, c, h))
            return SMMUV3_C_BAD_CD;
    c->mair = FIELD_GET(CD, MAIR, cd);
    c->tbi[0] = FIELD_GET(CD, TBI0, cd);
    c->tbi[1] = FIELD_GET(CD, TBI1, cd);
    if (FIELD_GET(IDR3, E0PD, &r->idr3) && c->regime != REGIME_EL2) {
        c->e0pd[0] = FIELD_GET(CD, E0PD0, cd);
        c->e0pd[1] = FIELD_GET(CD, E0PD1, cd);
    }
    return 0;
}

/* ---- encoding ------------------------------------------------------------------------------------ */

static unsigned tg0_code(unsigned granule_log2)
{
    return granule_log2 == 16 ? 1 : granule_log2 == 14 ? 2 : 0;
}

static unsigned tg1_code(unsigned granule_log2)
{
    return granule_log2 == 16 ? 3 : granule_log2 == 14 ? 1 : 2;
}

static void encode_stage2(const struct smmuv3_config *c, uint64_t *ste)
{
    const struct vmsa_table *t = &c->s2t;

    FIELD_SET(STE, S2T0SZ, ste, 64u - t->in_bits);
    FIELD_SET(STE, S2SL0, ste, smmuv3_s2_sl0(t->granule_log2, t->start));
    FIELD_SET(STE, S2SL0_2, ste, t->start < 0);
    FIELD_SET(STE, S2DS, ste, t->ds);
    FIELD_SET(STE, S2IR0, ste, 1);
    FIELD_SET(STE, S2OR0, ste, 1);
    FIELD_SET(STE, S2SH0, ste, 3);
    FIELD_SET(STE, S2TG, ste, tg0_code(t->granule_log2));
    FIELD_SET(STE, S2PS, ste, smmuv3_size_code(t->out_bits));
    FIELD_SET(STE, S2AA64, ste, 1);
    FIELD_SET(STE, S2ENDI, ste, t->big_endian);
    FIELD_SET(STE, S2AFFD, ste, t->affd);
    FIELD_SET(STE, S2HA, ste, t->ha);
    FIELD_SET(STE, S2HD, ste, t->hd);
    FIELD_SET(STE, S2S, ste, c->s2s);
    FIELD_SET(STE, S2R, ste, c->s2r);
    FIELD_SET_ADDR(STE, S2TTB, ste, t->base);
}

void smmuv3_encode_ste(const struct smmuv3_config *c, uint64_t ste[STE_WORDS])
{
    memset(ste, 0, STE_BYTES);
    FIELD_SET(STE, V, ste, 1);
    FIELD_SET(STE, CONFIG, ste, c->config);
    FIELD_SET(STE, SHCFG, ste, 1);
    FIELD_SET(STE, PRIVCFG, ste, c->privcfg);
    FIELD_SET(STE, INSTCFG, ste, c->instcfg);
    FIELD_SET(STE, EATS, ste, c->eats);
    FIELD_SET(STE, MEV, ste, c->mev);
    FIELD_SET(STE, STRW, ste, c->regime == REGIME_EL1 ? 0 : 2);
    FIELD_SET(STE, S2VMID, ste, c->vmid);
    if (c->s1) {
        FIELD_SET(STE, S1FMT, ste, c->s1fmt);
        FIELD_SET(STE, S1CDMAX, ste, c->s1cdmax);
        FIELD_SET(STE, S1DSS, ste, c->s1dss);
        FIELD_SET(STE, S1STALLD, ste, c->s1stalld);
        FIELD_SET(STE, S1CIR, ste, 1);
        FIELD_SET(STE, S1COR, ste, 1);
        FIELD_SET(STE, S1CSH, ste, 3);
        FIELD_SET_ADDR(STE, S1CTXPTR, ste, c->s1ctxptr);
    }
    if (c->s2)
        encode_stage2(c, ste);
}

void smmuv3_encode_cd(const struct smmuv3_config *c, uint64_t cd[CD_WORDS])
{
    const struct vmsa_table *lo = &c->tt[0], *hi = &c->tt[1], *any = c->epd[0] ? hi : lo;

    memset(cd, 0, CD_BYTES);
    FIELD_SET(CD, V, cd, 1);
    FIELD_SET(CD, AA64, cd, 1);
    FIELD_SET(CD, A, cd, c->a);
    FIELD_SET(CD, R, cd, c->r);
    FIELD_SET(CD, S, cd, c->s);
    FIELD_SET(CD, ASET, cd, 1);
    FIELD_SET(CD, ASID, cd, c->asid);
    FIELD_SET(CD, EPD0, cd, c->epd[0]);
    FIELD_SET(CD, EPD1, cd, c->epd[1]);
    FIELD_SET(CD, TBI0, cd, c->tbi[0]);
    FIELD_SET(CD, TBI1, cd, c->tbi[1]);
    FIELD_SET(CD, IPS, cd, smmuv3_size_code(any->out_bits));
    FIELD_SET(CD, ENDI, cd, any->big_endian);
    FIELD_SET(CD, AFFD, cd, any->affd);
    FIELD_SET(CD, HA, cd, any->ha);
    FIELD_SET(CD, HD, cd, any->hd);
    FIELD_SET(CD, WXN, cd, any->wxn);
    FIELD_SET(CD, PAN, cd, any->pan);
    FIELD_SET(CD, EPAN, cd, any->epan);
    FIELD_SET(CD, E0PD0, cd, c->e0pd[0]);
    FIELD_SET(CD, E0PD1, cd, c->e0pd[1]);
    FIELD_SET(CD, DS, cd, any->ds);
    FIELD_SET(CD, MAIR, cd, 0xff440c0400ull | 0xff);
    if (!c->epd[0]) {
        FIELD_SET(CD, T0SZ, cd, 64u - lo->in_bits);
        FIELD_SET(CD, TG0, cd, tg0_code(lo->granule_log2));
        FIELD_SET(CD, IR0, cd, 1);
        FIELD_SET(CD, OR0, cd, 1);
        FIELD_SET(CD, SH0, cd, 3);
        FIELD_SET(CD, HAD0, cd, lo->had);
        FIELD_SET_ADDR(CD, TTB0, cd, lo->base);
    }
    if (!c->epd[1]) {
        FIELD_SET(CD, T1SZ, cd, 64u - hi->in_bits);
        FIELD_SET(CD, TG1, cd, tg1_code(hi->granule_log2));
        FIELD_SET(CD, IR1, cd, 1);
        FIELD_SET(CD, OR1, cd, 1);
        FIELD_SET(CD, SH1, cd, 3);
        FIELD_SET(CD, HAD1, cd, hi->had);
        FIELD_SET_ADDR(CD, TTB1, cd, hi->base);
    }
}
