/* SPDX-License-Identifier: Apache-2.0
 *
 * What each command removes, and what it leaves alone.  [SMMUv3 4.3, 4.4, 16.2]
 *
 * A world of streams fills every structure; a row says of a command, column by column as the manual's rules
 * go, which entries have to go.  All others have to stay, but for those that the row says the model drops
 * in addition.  It is seen twice: in the structures, and in what the streams read after their tables have
 * been changed: OLD while an entry of a TLB is left, MID (the old tables, whose leaves have been rewritten)
 * while a walk cache leads there, else NEW.
 */
#include "smmuv3_world.h"

/* ---- who there is --------------------------------------------------------------------------------- */

enum { S1 = 1, S2 = 2, NESTED = 3, NO_SSID = -1 };

struct ctx { uint32_t sid; int ssid; uint8_t stages, regime, granule_log2; uint16_t asid, vmid; };

/* C(NAME, sid, ssid, stages, regime, granule, asid, vmid) */
#define CONTEXTS(C)                                                                                \
    C(A,     0x10, NO_SSID, S1,     REGIME_EL1,     12, 3,  9)                                     \
    C(ASID2, 0x11, NO_SSID, S1,     REGIME_EL1,     12, 4,  9)                                     \
    C(VMID2, 0x12, NO_SSID, S1,     REGIME_EL1,     12, 3,  10)                                    \
    C(VMID3, 0x13, NO_SSID, S1,     REGIME_EL1,     12, 3,  8)                                     \
    C(G16K,  0x14, NO_SSID, S1,     REGIME_EL1,     14, 6,  9)                                     \
    C(G64K,  0x0f, NO_SSID, S1,     REGIME_EL1,     16, 7,  9)                                     \
    C(SUB0,  0x18, NO_SSID, S1,     REGIME_EL1,     12, 20, 9)       /* CD 0 by S1DSS */           \
    C(SUB1,  0x18, 1,       S1,     REGIME_EL1,     12, 21, 9)                                     \
    C(SUB2,  0x18, 2,       S1,     REGIME_EL1,     12, 22, 9)                                     \
    C(SUBX,  0x19, 1,       S1,     REGIME_EL1,     12, 23, 9)                                     \
    C(N,     0x20, NO_SSID, NESTED, REGIME_EL1,     12, 5,  9)                                     \
    C(N2,    0x21, NO_SSID, NESTED, REGIME_EL1,     12, 5,  10)                                    \
    C(S,     0x22, NO_SSID, S2,     REGIME_EL1,     12, 0,  9)                                     \
    C(SB,    0x23, NO_SSID, S2,     REGIME_EL1,     12, 0,  10)                                    \
    C(E2H,   0x30, NO_SSID, S1,     REGIME_EL2_E2H, 12, 3,  0)                                     \
    C(E2HB,  0x31, NO_SSID, S1,     REGIME_EL2_E2H, 12, 4,  0)                                     \
    C(EL2,   0x32, NO_SSID, S1,     REGIME_EL2,     12, 0,  0)
#define CTX_ENUM(N, ...) CTX_##N,
#define CTX_ROW(N, sid, ssid, stages, regime, g, asid, vmid)                                       \
    { (sid), (ssid), (stages), (regime), (g), (asid), (vmid) },
enum { CONTEXTS(CTX_ENUM) CTX_COUNT };
static const struct ctx contexts[] = { CONTEXTS(CTX_ROW) };

enum { GLOBAL = 1, CONT = 2 };

struct probe { const char *name; uint8_t ctx; uint64_t addr; int8_t l1, l2; uint8_t flags; };

/* P(NAME, context, address, level of its leaf in stage 1, in stage 2, flags): around the ranges of the rows
 * below, 0x40010000..0x40013fff and the like; 16 KB and 64 KB pages at 0x5..., 0x6...  */
#define PROBES(P)                                                                                  \
    P(A_BELOW,   A,     0x4000f000, 3, 0, 0)                                                       \
    P(A_FIRST,   A,     0x40010000, 3, 0, 0)                                                       \
    P(A_GLOBAL,  A,     0x40011000, 3, 0, GLOBAL)                                                  \
    P(A_IN,      A,     0x40012000, 3, 0, 0)                                                       \
    P(A_LAST,    A,     0x40013000, 3, 0, 0)                                                       \
    P(A_ABOVE,   A,     0x40014000, 3, 0, 0)                                                       \
    P(A_GLOBAL2, A,     0x40015000, 3, 0, GLOBAL)                                                  \
    P(A_2M,      A,     0x40212000, 2, 0, 0)                                                       \
    P(A_2MNEXT,  A,     0x40400000, 2, 0, 0)                                                       \
    P(A_CONT,    A,     0x40613000, 3, 0, CONT)      /* 64 KB of 4 KB pages   */                    \
    P(A_CONT2M,  A,     0x42400000, 2, 0, CONT)      /* 32 MB of 2 MB blocks  */                    \
    P(A_1G,      A,     0x80123000, 1, 0, 0)                                                       \
    P(A_HIGH,    A,     0xffff000040012000, 3, 0, 0)                                               \
    P(ASID2_IN,  ASID2, 0x40012000, 3, 0, 0)                                                       \
    P(ASID2_2M,  ASID2, 0x40212000, 2, 0, 0)                                                       \
    P(VMID2_IN,  VMID2, 0x40012000, 3, 0, 0)                                                       \
    P(VMID2_GLO, VMID2, 0x40011000, 3, 0, GLOBAL)                                                  \
    P(VMID2_2M,  VMID2, 0x40212000, 2, 0, 0)                                                       \
    P(VMID3_IN,  VMID3, 0x40012000, 3, 0, 0)                                                       \
    P(K16_BELOW, G16K,  0x5000c000, 3, 0, 0)                                                       \
    P(K16_FIRST, G16K,  0x50010000, 3, 0, 0)                                                       \
    P(K16_LAST,  G16K,  0x50014000, 3, 0, 0)                                                       \
    P(K16_ABOVE, G16K,  0x50018000, 3, 0, 0)                                                       \
    P(K16_32M,   G16K,  0x52010000, 2, 0, 0)                                                       \
    P(K64_BELOW, G64K,  0x600f0000, 3, 0, 0)                                                       \
    P(K64_FIRST, G64K,  0x60100000, 3, 0, 0)                                                       \
    P(K64_LAST,  G64K,  0x60110000, 3, 0, 0)                                                       \
    P(K64_ABOVE, G64K,  0x60120000, 3, 0, 0)                                                       \
    P(K64_512M,  G64K,  0x80010000, 2, 0, 0)                                                       \
    P(SUB0_IN,   SUB0,  0x40012000, 3, 0, 0)                                                       \
    P(SUB1_IN,   SUB1,  0x40012000, 3, 0, 0)                                                       \
    P(SUB2_IN,   SUB2,  0x40012000, 3, 0, 0)                                                       \
    P(SUBX_IN,   SUBX,  0x40012000, 3, 0, 0)                                                       \
    P(N_PAGE,    N,     0x170012000, 3, 3, 0)                                                      \
    P(N_PAGE2M,  N,     0x170212000, 3, 2, 0)        /* stage 2's block is bigger */                \
    P(N_PIECE,   N,     0x170400000, 2, 3, 0)        /* stage 1's is              */                \
    P(N_PIECE2,  N,     0x170412000, 2, 3, 0)                                                      \
    P(N_2M,      N,     0x170612000, 2, 2, 0)                                                      \
    P(N_1G2M,    N,     0x200200000, 1, 2, 0)                                                      \
    P(N2_PAGE,   N2,    0x170012000, 3, 3, 0)                                                      \
    P(S_BELOW,   S,     0x805000f000, 0, 3, 0)                                                     \
    P(S_FIRST,   S,     0x8050010000, 0, 3, 0)                                                     \
    P(S_LAST,    S,     0x8050013000, 0, 3, 0)                                                     \
    P(S_ABOVE,   S,     0x8050014000, 0, 3, 0)                                                     \
    P(S_2M,      S,     0x8050212000, 0, 2, 0)                                                     \
    P(S_1G,      S,     0x80c0123000, 0, 1, 0)                                                     \
    P(SB_FIRST,  SB,    0x8050010000, 0, 3, 0)                                                     \
    P(E2H_BELOW, E2H,   0x4000f000, 3, 0, 0)                                                       \
    P(E2H_GLO,   E2H,   0x40011000, 3, 0, GLOBAL)                                                  \
    P(E2H_IN,    E2H,   0x40012000, 3, 0, 0)                                                       \
    P(E2H_2M,    E2H,   0x40212000, 2, 0, 0)                                                       \
    P(E2HB_IN,   E2HB,  0x40012000, 3, 0, 0)                                                       \
    P(EL2_BELOW, EL2,   0x4000f000, 3, 0, GLOBAL)    /* nG has no meaning there */                  \
    P(EL2_IN,    EL2,   0x40012000, 3, 0, 0)                                                       \
    P(EL2_2M,    EL2,   0x40212000, 2, 0, 0)
#define PROBE_ENUM(N, ...) P_##N,
#define PROBE_ROW(N, c, a, l1, l2, f) { #N, CTX_##c, (a), (l1), (l2), (f) },
enum { PROBES(PROBE_ENUM) PROBE_COUNT };
static const struct probe probes[] = { PROBES(PROBE_ROW) };

/* ---- what has to go ------------------------------------------------------------------------------- */

/* Conditions that an entry meets, all those named; 0: none does. */
enum {
    EL1 = 1, VMID = 2, ASID = 4, ADDR = 8, HYP = 16 /* EL2 and EL2-E2H */, ONLY_E2H = 32,
    REGIME = 64 /* that of CR2.E2H */, SID = 128, SSID = 256, ALL = 512,
};

struct row {
    struct smmuv3_cmd c;
    unsigned config;                   /* STE and CD, kept as one                             */
    unsigned stream;                   /* TLBs by stream: what they embed of STE and CD       */
    unsigned s1, global, s2;           /* TLBs: tagged by VA, global, tagged by IPA           */
    unsigned w1, w2;                   /* walk caches                                         */
    unsigned also;                     /* config and stream: dropped, and may be              */
    uint64_t first, last;              /* ADDR                                                */
    uint32_t sid_last;                 /* SID: from c.sid_first on; 0: that one alone         */
    uint32_t sid_first;                /* if not c.sid_first                                  */
    bool not_e2h, no_ril;              /* CR2.E2H, IDR3.RIL are 0                             */
    unsigned vmw;                      /* CR0.VMW: low bits of the VMID that do not count     */
};

#define ONE(a) .first = (a), .last = (a) | 0xfff
#define CMD(op_, ...) .c = { .op = SMMUV3_CMD_##op_, __VA_ARGS__ }
#define NH_VA  .s1 = EL1 | VMID | ASID | ADDR, .global = EL1 | VMID | ADDR
#define NH_VAA .s1 = EL1 | VMID | ADDR, .global = EL1 | VMID | ADDR
#define RANGE_4K  .first = 0x40010000, .tg = 1, .num = 3
#define RANGE_16K .first = 0x50010000, .tg = 2, .num = 1
#define RANGE_64K .first = 0x60100000, .tg = 3, .num = 1

static const struct row rows[] = {
    /* Configurations.  A cached one is STE and CD together, of a stream: CFGI_CD drops all of its stream. */
    { CMD(CFGI_STE, .sid_first = 0x18, .leaf = true), .config = SID, .stream = SID },
    { CMD(CFGI_STE, .sid_first = 0x18), .config = SID, .stream = SID },
    { CMD(CFGI_STE, .sid_first = 0x20), .config = SID, .stream = SID },
    { CMD(CFGI_STE, .sid_first = 0x77), .config = SID, .stream = SID },
    { CMD(CFGI_STE_RANGE, .sid_first = 0x10, .sid_last = 0x13), .config = SID, .stream = SID,
      .sid_last = 0x13 },
    { CMD(CFGI_STE_RANGE, .sid_first = 0x12, .sid_last = 0x15), .config = SID, .stream = SID,
      .sid_first = 0x10, .sid_last = 0x13 },                       /* low bits of the StreamID do not count */
    { CMD(CFGI_STE_RANGE, .sid_last = 0xffffffff), .config = ALL, .stream = ALL },
    { CMD(CFGI_CD, .sid_first = 0x18, .ssid = 1, .leaf = true), .config = SID | SSID,
      .stream = SID | SSID, .also = SID },
    { CMD(CFGI_CD, .sid_first = 0x18, .ssid = 1), .config = SID | SSID, .stream = SID | SSID,
      .also = SID },
    { CMD(CFGI_CD, .sid_first = 0x18, .ssid = 0), .config = SID | SSID, .stream = SID | SSID,
      .also = SID },
    { CMD(CFGI_CD_ALL, .sid_first = 0x18), .config = SID, .stream = SID },

    /* Stage 1 of EL1. */
    { CMD(TLBI_NH_ALL, .vmid = 9), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID },
    { CMD(TLBI_NH_ALL, .vmid = 10), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID },
    { CMD(TLBI_NH_ALL, .vmid = 77), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID },
    { CMD(TLBI_NH_ASID, .vmid = 9, .asid = 3), .s1 = EL1 | VMID | ASID, .w1 = EL1 | VMID | ASID },
    { CMD(TLBI_NH_ASID, .vmid = 9, .asid = 5), .s1 = EL1 | VMID | ASID, .w1 = EL1 | VMID | ASID },
    { CMD(TLBI_NH_ASID, .vmid = 9, .asid = 99), .s1 = EL1 | VMID | ASID, .w1 = EL1 | VMID | ASID },
#define VA(addr, asid_)                                                                             \
    { CMD(TLBI_NH_VA, .vmid = 9, .asid = (asid_), .first = (addr), .leaf = true), NH_VA, ONE(addr) },  \
    { CMD(TLBI_NH_VA, .vmid = 9, .asid = (asid_), .first = (addr)), NH_VA, ONE(addr),                  \
      .w1 = EL1 | VMID | ASID | ADDR }
    VA(0x40012000, 3),                 /* one page */
    VA(0x40012000, 4), VA(0x40012000, 99),
    VA(0x40011000, 3), VA(0x40011000, 4), VA(0x40011000, 99),      /* a global one, by whatever ASID */
    VA(0x401ff000, 3), VA(0x40200000, 3), VA(0x403ff000, 3),       /* below and in a 2 MB block */
    VA(0x4060f000, 3), VA(0x40610000, 3), VA(0x4061f000, 3), VA(0x40620000, 3),    /* 16 pages */
    VA(0x41fff000, 3), VA(0x42000000, 3), VA(0x43fff000, 3), VA(0x44000000, 3),    /* 16 blocks */
    VA(0x7ffff000, 3), VA(0x80000000, 3), VA(0xbffff000, 3), VA(0xc0000000, 3),    /* 1 GB */
    VA(0xffff000040012000, 3), VA(0x000f000040012000, 3),
    VA(0x50017000, 6), VA(0x50018000, 6), VA(0x53fff000, 6),       /* 16 KB and 64 KB pages, blocks */
    VA(0x6011f000, 7), VA(0x60120000, 7), VA(0x9ffff000, 7),
    VA(0x170012000, 5), VA(0x170212000, 5), VA(0x170211000, 5), VA(0x170400000, 5), VA(0x1705ff000, 5),
    VA(0x170600000, 5), VA(0x23ffff000, 5), VA(0x170600000, 6),
#undef VA
    { CMD(TLBI_NH_VAA, .vmid = 9, .first = 0x40012000, .leaf = true), NH_VAA, ONE(0x40012000) },
    { CMD(TLBI_NH_VAA, .vmid = 9, .first = 0x40012000), NH_VAA, ONE(0x40012000), .w1 = EL1 | VMID | ADDR },
    { CMD(TLBI_NH_VAA, .vmid = 10, .first = 0x40011000), NH_VAA, ONE(0x40011000),
      .w1 = EL1 | VMID | ADDR },
    { CMD(TLBI_NH_VAA, .vmid = 9, .first = 0x170013000), NH_VAA, ONE(0x170013000),
      .w1 = EL1 | VMID | ADDR },

    /* Ranges: every granule, every TTL; both sides of both ends. */
#define RANGE(op_, cols, asid_, walk, from, ttl_, to, ...)                                          \
    { CMD(op_, .vmid = 9, .asid = (asid_), __VA_ARGS__, .ttl = (ttl_), .leaf = true), cols,            \
      .first = (from), .last = (to) },                                                              \
    { CMD(op_, .vmid = 9, .asid = (asid_), __VA_ARGS__, .ttl = (ttl_)), cols, .first = (from),          \
      .last = (to), .w1 = (walk) }
#define RANGE_VA(asid_, from, ttl_, to, ...)                                                        \
    RANGE(TLBI_NH_VA, NH_VA, asid_, EL1 | VMID | ASID | ADDR, from, ttl_, to, __VA_ARGS__)
    RANGE_VA(3, 0x40010000, 0, 0x40013fff, RANGE_4K), RANGE_VA(3, 0x40010000, 1, 0x40013fff, RANGE_4K),
    RANGE_VA(3, 0x40010000, 2, 0x40013fff, RANGE_4K), RANGE_VA(3, 0x40010000, 3, 0x40013fff, RANGE_4K),
    RANGE_VA(3, 0x40010000, 3, 0x40013fff, .first = 0x40010000, .tg = 1, .num = 1, .scale = 1),
    RANGE_VA(3, 0x40200000, 2, 0x403fffff, .first = 0x40200000, .tg = 1, .num = 0, .scale = 9),
    RANGE_VA(3, 0x40200000, 0, 0x405fffff, .first = 0x40200000, .tg = 1, .num = 1, .scale = 9),
    RANGE_VA(3, 0x80000000, 1, 0xbfffffff, .first = 0x80000000, .tg = 1, .num = 0, .scale = 18),
    RANGE_VA(3, 0x40010000, 3, 0x40012fff, .first = 0x40010000, .tg = 1, .num = 2),
    RANGE_VA(3, 0x40011000, 3, 0x40014fff, .first = 0x40011000, .tg = 1, .num = 3),
    RANGE_VA(3, 0xffff000040000000, 0, ~0ull, .first = 0xffff000040000000, .tg = 1, .num = 31,
             .scale = 31),             /* beyond the end */
    RANGE_VA(6, 0x50010000, 0, 0x50017fff, RANGE_16K), RANGE_VA(6, 0x50010000, 1, 0x50017fff, RANGE_16K),
    RANGE_VA(6, 0x50010000, 2, 0x50017fff, RANGE_16K), RANGE_VA(6, 0x50010000, 3, 0x50017fff, RANGE_16K),
    RANGE_VA(6, 0x52000000, 2, 0x53ffffff, .first = 0x52000000, .tg = 2, .num = 0, .scale = 11),
    RANGE_VA(7, 0x60100000, 0, 0x6011ffff, RANGE_64K), RANGE_VA(7, 0x60100000, 1, 0x6011ffff, RANGE_64K),
    RANGE_VA(7, 0x60100000, 2, 0x6011ffff, RANGE_64K), RANGE_VA(7, 0x60100000, 3, 0x6011ffff, RANGE_64K),
    RANGE_VA(7, 0x80000000, 2, 0x9fffffff, .first = 0x80000000, .tg = 3, .num = 0, .scale = 13),
    RANGE_VA(7, 0x60100000, 0, 0x6011ffff, .first = 0x60100000, .tg = 1, .num = 31),   /* not its TG */
    RANGE_VA(5, 0x170210000, 0, 0x170213fff, .first = 0x170210000, .tg = 1, .num = 3),
#define RANGE_VAA(from, ttl_, to, ...)                                                              \
    RANGE(TLBI_NH_VAA, NH_VAA, 0, EL1 | VMID | ADDR, from, ttl_, to, __VA_ARGS__)
    RANGE_VAA(0x40010000, 3, 0x40013fff, RANGE_4K), RANGE_VAA(0x40010000, 0, 0x40013fff, RANGE_4K),
    RANGE_VAA(0x50010000, 3, 0x50017fff, RANGE_16K), RANGE_VAA(0x60100000, 3, 0x6011ffff, RANGE_64K),
    { CMD(TLBI_NH_VA, .vmid = 9, .asid = 3, RANGE_4K), NH_VA, ONE(0x40010000), .no_ril = true,
      .w1 = EL1 | VMID | ASID | ADDR },

    /* EL2. */
    { CMD(TLBI_EL2_ALL, 0), .s1 = HYP, .global = HYP, .w1 = HYP },
    { CMD(TLBI_EL2_ALL, 0), .s1 = HYP, .global = HYP, .w1 = HYP, .not_e2h = true },
    { CMD(TLBI_EL2_ASID, .asid = 3), .s1 = ONLY_E2H | ASID, .w1 = ONLY_E2H | ASID },
    { CMD(TLBI_EL2_ASID, .asid = 4), .s1 = ONLY_E2H | ASID, .w1 = ONLY_E2H | ASID },
#define EL2_VA(addr, asid_)                                                                         \
    { CMD(TLBI_EL2_VA, .asid = (asid_), .first = (addr), .leaf = true), ONE(addr),                     \
      .s1 = REGIME | ASID | ADDR, .global = REGIME | ADDR },                                        \
    { CMD(TLBI_EL2_VA, .asid = (asid_), .first = (addr)), ONE(addr), .s1 = REGIME | ASID | ADDR,       \
      .global = REGIME | ADDR, .w1 = REGIME | ASID | ADDR },                                        \
    { CMD(TLBI_EL2_VA, .asid = (asid_), .first = (addr), .leaf = true), ONE(addr),                     \
      .s1 = REGIME | ADDR, .global = REGIME | ADDR, .not_e2h = true },                              \
    { CMD(TLBI_EL2_VA, .asid = (asid_), .first = (addr)), ONE(addr), .s1 = REGIME | ADDR,              \
      .global = REGIME | ADDR, .w1 = REGIME | ADDR, .not_e2h = true },                              \
    { CMD(TLBI_EL2_VAA, .first = (addr), .leaf = true), ONE(addr), .s1 = REGIME | ADDR,               \
      .global = REGIME | ADDR },                                                                    \
    { CMD(TLBI_EL2_VAA, .first = (addr)), ONE(addr), .s1 = REGIME | ADDR, .global = REGIME | ADDR,    \
      .w1 = REGIME | ADDR },                                                                        \
    { CMD(TLBI_EL2_VAA, .first = (addr)), ONE(addr), .s1 = REGIME | ADDR, .global = REGIME | ADDR,    \
      .w1 = REGIME | ADDR, .not_e2h = true }
    EL2_VA(0x40012000, 3), EL2_VA(0x40012000, 99), EL2_VA(0x40011000, 99), EL2_VA(0x403ff000, 3),
    EL2_VA(0x4000f000, 3),
    { CMD(TLBI_EL2_VA, .asid = 3, RANGE_4K, .ttl = 3), .s1 = REGIME | ASID | ADDR,
      .global = REGIME | ADDR, .w1 = REGIME | ASID | ADDR, .first = 0x40010000, .last = 0x40013fff },
    { CMD(TLBI_EL2_VAA, RANGE_4K, .ttl = 3, .leaf = true), .s1 = REGIME | ADDR, .global = REGIME | ADDR,
      .first = 0x40010000, .last = 0x40013fff, .not_e2h = true },

    /* Stage 2.  Entries that stage 1 took part in stay: software adds a TLBI_NH for those. */
#define IPA(addr)                                                                                   \
    { CMD(TLBI_S2_IPA, .vmid = 9, .first = (addr), .leaf = true), ONE(addr), .s2 = VMID | ADDR },      \
    { CMD(TLBI_S2_IPA, .vmid = 9, .first = (addr)), ONE(addr), .s2 = VMID | ADDR, .w2 = VMID | ADDR }
    IPA(0x8050010000), IPA(0x8050014000), IPA(0x80501ff000), IPA(0x8050200000), IPA(0x80503ff000),
    IPA(0x8050400000), IPA(0x80c0000000), IPA(0x80fffff000), IPA(0x8100000000), IPA(0x170012000),
    IPA(0x170200000), IPA(WORLD_TABLES),
#define RANGE_IPA(ttl_)                                                                             \
    { CMD(TLBI_S2_IPA, .vmid = 9, .first = 0x8050010000, .tg = 1, .num = 3, .ttl = (ttl_), .leaf = true), \
      .s2 = VMID | ADDR, .first = 0x8050010000, .last = 0x8050013fff },                             \
    { CMD(TLBI_S2_IPA, .vmid = 9, .first = 0x8050010000, .tg = 1, .num = 3, .ttl = (ttl_)),             \
      .s2 = VMID | ADDR, .w2 = VMID | ADDR, .first = 0x8050010000, .last = 0x8050013fff }
    RANGE_IPA(0), RANGE_IPA(1), RANGE_IPA(2), RANGE_IPA(3),
    { CMD(TLBI_S2_IPA, .vmid = 10, .first = 0x8050010000), ONE(0x8050010000), .s2 = VMID | ADDR,
      .w2 = VMID | ADDR },
    { CMD(TLBI_S12_VMALL, .vmid = 9), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID, .s2 = VMID,
      .w2 = VMID },
    { CMD(TLBI_S12_VMALL, .vmid = 10), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID, .s2 = VMID,
      .w2 = VMID },
    { CMD(TLBI_NSNH_ALL, 0), .s1 = EL1, .global = EL1, .w1 = EL1, .s2 = EL1, .w2 = EL1 },

    /* VMIDs 8 and 9 are one with a bit that does not count, 8, 9 and 10 with two. */
#define VMW(bits)                                                                                  \
    { CMD(TLBI_NH_ALL, .vmid = 8), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID, .vmw = (bits) }, \
    { CMD(TLBI_NH_ASID, .vmid = 8, .asid = 3), .s1 = EL1 | VMID | ASID, .w1 = EL1 | VMID | ASID,     \
      .vmw = (bits) },                                                                             \
    { CMD(TLBI_NH_VA, .vmid = 8, .asid = 3, .first = 0x40012000), NH_VA, ONE(0x40012000),            \
      .w1 = EL1 | VMID | ASID | ADDR, .vmw = (bits) },                                             \
    { CMD(TLBI_NH_VAA, .vmid = 8, .first = 0x40011000, .leaf = true), NH_VAA, ONE(0x40011000),       \
      .vmw = (bits) },                                                                             \
    { CMD(TLBI_S2_IPA, .vmid = 8, .first = 0x8050010000), ONE(0x8050010000), .s2 = VMID | ADDR,      \
      .w2 = VMID | ADDR, .vmw = (bits) },                                                          \
    { CMD(TLBI_S12_VMALL, .vmid = 8), .s1 = EL1 | VMID, .global = EL1 | VMID, .w1 = EL1 | VMID,      \
      .s2 = VMID, .w2 = VMID, .vmw = (bits) }
    VMW(1), VMW(2),

    { CMD(SYNC, 0) },
};

/* ---- entries --------------------------------------------------------------------------------------- */

enum kind { BY_STREAM, BY_CONTEXT, CONFIG, IPAS, WALK1, WALK2, KINDS, WALKS };
enum fate { STAYS, GOES, MAY };

struct entry {
    const struct store *store;
    enum kind kind;
    uint64_t ctx, base;
    unsigned size_log2;
    int level;                         /* of the table descriptor, or of the leaf */
    const struct probe *of;            /* what it was made for */
    uint64_t first, last;
    bool global, piece, there;
};

enum { ENTRIES_MAX = 1024 };

struct bench {
    struct world w;
    struct vmsa_table tt[CTX_COUNT][2], s2[2], fresh[CTX_COUNT][2], fresh2[2];
    struct entry entry[ENTRIES_MAX];
    unsigned entries;
    const struct probe *filling;       /* NULL: looking what is left */
    const struct store *store;
    enum kind kind;
};

static enum kind kind_of(const char *path)
{
    if (strncmp(path, "tbu.", 4) == 0)
        return BY_STREAM;
    if (strcmp(path, "tcu.tlb") == 0)
        return BY_CONTEXT;
    if (strcmp(path, "tcu.cfg") == 0)
        return CONFIG;
    if (strcmp(path, "tcu.ipa") == 0)
        return IPAS;
    if (strncmp(path, "tcu.wc_s1", 9) == 0)
        return WALK1;
    if (strncmp(path, "tcu.wc_s2", 9) == 0)
        return WALK2;
    if (strcmp(path, "tcu.wc") == 0)
        return WALKS;
    fprintf(stderr, "\nwhat is in %s?\n", path);
    CU_FAIL("a store that no row speaks of");
    return KINDS;
}

static bool is_tlb(enum kind k)
{
    return k == BY_STREAM || k == BY_CONTEXT;
}

static unsigned granule_of(const struct probe *p)
{
    return contexts[p->ctx].granule_log2;
}

/* log2 of what the entry of stage 1, or of stage 2 alone, has to be removed by. */
static unsigned block_log2(const struct probe *p)
{
    int level = contexts[p->ctx].stages == S2 ? p->l2 : p->l1;

    return vmsa_shift(granule_of(p), level);
}

static void made(struct bench *b, const struct store_view *v)
{
    const struct probe *p = b->filling;
    struct entry *e = &b->entry[b->entries];

    CU_ASSERT_FATAL(b->entries < ENTRIES_MAX);
    b->entries++;
    *e = (struct entry){ .store = b->store, .kind = b->kind, .ctx = v->ctx, .base = v->base,
                         .size_log2 = v->size_log2, .of = p, .there = true };
    if (b->kind == WALKS)
        e->kind = FIELD_GET(TLB_TAG, S1, &v->tag) ? WALK1 : WALK2;
    e->level = 3 - (int)(v->size_log2 - granule_of(p)) / (int)vmsa_stride(granule_of(p));
    e->first = v->base;
    e->last = v->base | bits_low(v->size_log2);
    if (!is_tlb(b->kind))
        return;
    e->global = p->flags & GLOBAL;
    e->level = contexts[p->ctx].stages == S2 ? p->l2 : p->l1;
    e->piece = v->size_log2 < block_log2(p);
    if (e->piece) {                    /* it goes with the block that it is a piece of */
        e->first = bits_align_down(v->base, block_log2(p));
        e->last = e->first | bits_low(block_log2(p));
    }
}

static void look(const struct store_view *v, void *arg)
{
    struct bench *b = arg;

    for (unsigned i = 0; i < b->entries; i++) {
        struct entry *e = &b->entry[i];

        if (e->store == b->store && e->ctx == v->ctx && e->base == v->base && e->size_log2 == v->size_log2) {
            e->there = true;
            return;
        }
    }
    if (b->filling)
        made(b, v);
    else
        CU_FAIL("a command made an entry");
}

static void look_everywhere(struct bench *b)
{
    struct smmuv3_system *s = b->w.s;

    for (unsigned i = 0; i < b->entries; i++)
        b->entry[i].there = false;
#define LOOK_AT(at, path)                                                                           \
    b->store = (at);                                                                                \
    b->kind = kind_of(path);                                                                        \
    store_each(b->store, look, b);
#define OF_TBU(member, path) LOOK_AT(&s->tbu[0].member, path)
#define OF_TCU(member, path) LOOK_AT(&s->member, path)
    SMMUV3_TBU_STORES(OF_TBU)
    SMMUV3_TCU_STORES(OF_TCU)
#undef OF_TBU
#undef OF_TCU
#undef LOOK_AT
}

static uint32_t sid_first(const struct row *r)
{
    return r->sid_first ? r->sid_first : r->c.sid_first;
}

static bool meets(const struct row *r, unsigned need, const struct entry *e)
{
    const struct ctx *c = &contexts[e->of->ctx];
    uint32_t last = r->sid_last ? r->sid_last : r->c.sid_first;
    bool hyp = c->regime != REGIME_EL1, e2h = c->regime == REGIME_EL2_E2H;

    return need && (!(need & EL1) || !hyp) && (!(need & HYP) || hyp) && (!(need & ONLY_E2H) || e2h) &&
           (!(need & REGIME) || (hyp && e2h == !r->not_e2h)) && (!(need & VMID) || (c->vmid ^ r->c.vmid) >> r->vmw == 0) &&
           (!(need & ASID) || c->asid == r->c.asid) &&
           (!(need & SID) || (sid_first(r) <= c->sid && c->sid <= last)) &&
           (!(need & SSID) || r->c.ssid == (uint32_t)(c->ssid == NO_SSID ? 0 : c->ssid)) &&
           (!(need & ADDR) || (e->first <= r->last && r->first <= e->last));
}

/* TG and TTL promise what is to be removed; other entries of the range may stay. */
static bool promised(const struct row *r, const struct entry *e)
{
    bool walk = e->kind == WALK1 || e->kind == WALK2;

    if (r->c.tg == 0 || r->no_ril)
        return true;
    if (granule_of(e->of) != 10 + 2u * r->c.tg)
        return false;
    return r->c.ttl == 0 || (walk ? e->level < r->c.ttl : e->level == r->c.ttl);
}

static unsigned column(const struct row *r, const struct entry *e)
{
    bool s2 = contexts[e->of->ctx].stages == S2;

    switch (e->kind) {
    case CONFIG:
        return r->config;
    case IPAS:
        return r->s2;
    case WALK1:
        return r->w1;
    case WALK2:
        return r->w2;
    default:
        return s2 ? r->s2 : e->global ? r->global : r->s1;
    }
}

/* Pieces of a block are looked for by the largest block there are pieces of. */
static enum fate fate(const struct row *r, const struct entry *e)
{
    unsigned need = column(r, e);

    if (meets(r, need, e))
        return need & ADDR && !promised(r, e) ? MAY : GOES;
    if (e->kind == BY_STREAM && meets(r, r->stream, e))
        return GOES;
    if ((e->kind == BY_STREAM || e->kind == CONFIG) && meets(r, r->also, e))
        return MAY;
    return e->piece && need & ADDR && meets(r, need & ~(unsigned)ADDR, e) ? MAY : STAYS;
}

static const char *row_name(const struct row *r, char *to, size_t n)
{
    snprintf(to, n, "%s leaf %u vmid %u asid %u sid %x ssid %u %" PRIx64 "..%" PRIx64 " tg %u ttl %u%s",
             smmuv3_cmd_find(r->c.op)->name, r->c.leaf, r->c.vmid, r->c.asid, r->c.sid_first, r->c.ssid,
             r->first, r->last, r->c.tg, r->c.ttl, r->not_e2h ? " E2H 0" : "");
    return to;
}

static void check_entries(struct bench *b, const struct row *r)
{
    char name[160];

    look_everywhere(b);
    for (unsigned i = 0; i < b->entries; i++) {
        const struct entry *e = &b->entry[i];
        enum fate f = fate(r, e);

        if (f == MAY || e->there == (f == STAYS))
            continue;
        fprintf(stderr, "\n%s: the entry of %s in %s, %" PRIx64 "..%" PRIx64 ", %s\n",
                row_name(r, name, sizeof name), e->of->name, e->store->comp.name, e->first, e->last,
                e->there ? "stays" : "went");
        CU_FAIL("an entry");
    }
}

/* ---- tables --------------------------------------------------------------------------------------- */

#define MID (1ull << 40)
#define NEW (1ull << 41)
#define MID_IPA (1ull << 38)

static uint64_t pa_of(const struct probe *p)
{
    return (uint64_t)(p - probes + 1) << 32;
}

/* Of the leaf, or the contiguous group, that gives the output address. */
static unsigned leaf_log2(const struct probe *p)
{
    bool s1 = contexts[p->ctx].stages == S1;
    unsigned run = s1 && p->flags & CONT ? vmsa_contiguous_log2(granule_of(p), p->l1) : 0;

    return vmsa_shift(granule_of(p), s1 ? p->l1 : p->l2) + run;
}

/* What the probe's block begins at in memory, so that its own address leads into it. */
static uint64_t offset_of(const struct probe *p)
{
    return p->addr & bits_low(leaf_log2(p));
}

static uint64_t attr_of(const struct probe *p, unsigned stage)
{
    uint64_t a = vmsa_attr(stage, true, true);

    if (stage == 1 && p->flags & GLOBAL)
        FIELD_SET(PTE, NG, &a, 0);
    if (stage == 1 && p->flags & CONT)
        FIELD_SET(PTE, CONT, &a, 1);
    return a;
}

/* Maps the probe in stage 1: a page, a block, or a contiguous group of them. */
static void map_s1(struct bench *b, const struct vmsa_table *t, const struct probe *p, uint64_t out)
{
    unsigned shift = vmsa_shift(t->granule_log2, p->l1);
    unsigned run = p->flags & CONT ? vmsa_contiguous_log2(t->granule_log2, p->l1) : 0;
    uint64_t in = bits_align_down(p->addr & bits_low(t->in_bits), shift + run);

    out = bits_align_down(out, shift + run);
    world_map(&b->w, t, in, out, p->l1, attr_of(p, 1), 1ull << run);
}

static void map_s2(struct bench *b, const struct vmsa_table *t, const struct probe *p, uint64_t ipa, uint64_t pa)
{
    world_map(&b->w, t, bits_align_down(ipa, vmsa_shift(12, p->l2)), pa, p->l2, attr_of(p, 2), 1);
}

static unsigned half_of(const struct probe *p)
{
    return p->addr >> 63;
}

static unsigned vm_of(const struct ctx *c)
{
    return c->vmid == 10;
}

static void map_probe(struct bench *b, const struct probe *p)
{
    const struct ctx *c = &contexts[p->ctx];
    uint64_t pa = pa_of(p) + (c->stages == S1 && p->flags & CONT ? 1ull << 28 : 0);

    if (c->stages == S1) {
        map_s1(b, &b->tt[p->ctx][half_of(p)], p, pa);
        return;
    }
    if (c->stages == NESTED)
        map_s1(b, &b->tt[p->ctx][0], p, p->addr);
    map_s2(b, &b->s2[vm_of(c)], p, p->addr, pa);
}

/* The leaf in the old tables, and all of it in fresh ones; in a nested context the leaf of stage 1. */
static void change_probe(struct bench *b, const struct probe *p)
{
    const struct ctx *c = &contexts[p->ctx];
    uint64_t pa = pa_of(p) + (c->stages == S1 && p->flags & CONT ? 1ull << 28 : 0);
    unsigned h = half_of(p), vm = vm_of(c);

    if (c->stages == S1) {
        map_s1(b, &b->tt[p->ctx][h], p, pa | MID);
        map_s1(b, &b->fresh[p->ctx][h], p, pa | NEW);
    } else if (c->stages == S2) {
        map_s2(b, &b->s2[vm], p, p->addr, pa | MID);
        map_s2(b, &b->fresh2[vm], p, p->addr, pa | NEW);
    } else {
        map_s1(b, &b->tt[p->ctx][0], p, p->addr | MID_IPA);
        map_s2(b, &b->s2[vm], p, p->addr | MID_IPA, pa | MID);
    }
}

/* The old root leads to what the fresh one does. */
static void redirect(struct bench *b, const struct probe *p)
{
    const struct ctx *c = &contexts[p->ctx];
    bool s2 = c->stages == S2;
    const struct vmsa_table *from = s2 ? &b->fresh2[vm_of(c)] : &b->fresh[p->ctx][half_of(p)];
    const struct vmsa_table *to = s2 ? &b->s2[vm_of(c)] : &b->tt[p->ctx][half_of(p)];
    uint64_t at = (p->addr & bits_low(to->in_bits)) >> vmsa_shift(to->granule_log2, to->start) << 3;

    if (c->stages != NESTED)
        world_write(&b->w, to->base + at, world_read(&b->w, from->base + at));
}

static void change(struct bench *b)
{
    for (size_t i = 0; i < PROBE_COUNT; i++)
        change_probe(b, &probes[i]);
    for (size_t i = 0; i < PROBE_COUNT; i++)
        redirect(b, &probes[i]);
}

static struct vmsa_table s1_table(struct bench *b, const struct ctx *c)
{
    return world_table(&b->w, 1, c->granule_log2, 48, vmsa_start_level(c->granule_log2, 48));
}

static void attach(struct bench *b, unsigned n, uint64_t *cds)
{
    const struct ctx *c = &contexts[n];
    bool subs = c->sid == 0x18 || c->sid == 0x19;
    struct smmuv3_config g = { .config = (uint8_t)(4 | c->stages), .regime = c->regime, .s1 = c->stages & S1,
                               .s2 = c->stages & S2, .asid = c->asid, .vmid = c->vmid, .a = true, .r = true,
                               .s2r = c->stages & S2, .epd = { false, n != CTX_A } };

    if (!cds[c->sid])
        cds[c->sid] = world_alloc(&b->w, 12);
    g.s1ctxptr = cds[c->sid];
    g.s1cdmax = subs ? 2 : 0;
    g.s1dss = subs ? 2 : 0;
    for (unsigned h = 0; h < 2; h++) {
        g.tt[h] = b->tt[n][h] = s1_table(b, c);
        b->fresh[n][h] = s1_table(b, c);
    }
    g.s2t = b->s2[vm_of(c)];
    world_attach(&b->w, &g, c->sid, g.s1ctxptr + 64ull * (c->ssid == NO_SSID ? 0 : (unsigned)c->ssid));
}

static struct xl_req request(const struct probe *p)
{
    const struct ctx *c = &contexts[p->ctx];
    struct xl_req r = { .addr = p->addr, .sid = c->sid };

    if (c->ssid != NO_SSID) {
        r.has_ssid = true;
        r.ssid = (uint32_t)c->ssid;
    }
    return r;
}

static struct xl_result go(struct bench *b, const struct probe *p)
{
    struct xl_req r = request(p);

    return world_go(&b->w, &r);
}

static uint64_t right_pa(const struct probe *p)
{
    return pa_of(p) + offset_of(p) + (p->flags & CONT ? 1ull << 28 : 0);
}

static void fill_one(struct bench *b, const struct probe *p)
{
    b->filling = p;
    CHECK_EQ(go(b, p).pa, right_pa(p));
    look_everywhere(b);
}

/* The entries of EL2 are made while CR2.E2H is 0. */
static void fill(struct bench *b, bool e2h, unsigned vmw)
{
    unsigned n[KINDS] = { 0 };

    world_e2h(&b->w, false);
    for (size_t i = 0; i < PROBE_COUNT; i++)
        if (contexts[probes[i].ctx].regime == REGIME_EL2)
            fill_one(b, &probes[i]);
    world_e2h(&b->w, true);
    for (size_t i = 0; i < PROBE_COUNT; i++)
        if (contexts[probes[i].ctx].regime != REGIME_EL2)
            fill_one(b, &probes[i]);
    b->filling = NULL;
    world_control(&b->w, e2h, vmw);
    for (unsigned i = 0; i < b->entries; i++)
        n[b->entry[i].kind]++;
    CHECK_EQ(n[BY_STREAM], 2 * PROBE_COUNT);
    CHECK_EQ(n[CONFIG], CTX_COUNT);
    for (unsigned k = 0; k < KINDS; k++)
        CU_ASSERT(n[k] > 0);
}

/* What is to be tried, besides commands: the choices that decide what entries there are. */
struct choices { bool timed; uint64_t walk_caches, tlb_stages, nested_entry; };

static void up(struct bench *b, const struct choices *c, const struct row *r)
{
    uint64_t cds[WORLD_STREAMS] = { 0 };

    memset(b, 0, sizeof *b);
    world_params(&b->w, c->timed);
    world_all_stores(&b->w);
    b->w.par.smmu.ril = !r->no_ril;
    b->w.par.smmu.vmw = 1;
    b->w.par.tcu.walk_caches = c->walk_caches;
    b->w.par.tcu.tlb_stages = c->tlb_stages;
    b->w.par.tcu.nested_entry = c->nested_entry;
    world_up(&b->w);
    for (unsigned vm = 0; vm < 2; vm++) {
        b->s2[vm] = world_table(&b->w, 2, 12, 40, 0);
        b->fresh2[vm] = world_table(&b->w, 2, 12, 40, 0);
        for (uint64_t at = 0; at < 32; at++)           /* the tables, one to one */
            world_map(&b->w, &b->s2[vm], WORLD_TABLES + (at << 21), WORLD_TABLES + (at << 21), 2,
                      vmsa_attr(2, true, true), 1);
    }
    for (unsigned i = 0; i < CTX_COUNT; i++)
        attach(b, i, cds);
    for (size_t i = 0; i < PROBE_COUNT; i++)
        map_probe(b, &probes[i]);
    CU_ASSERT_FATAL(b->w.next < WORLD_TABLES + (32 << 21));
    fill(b, !r->not_e2h, r->vmw);
}

/* ---- what is read afterwards ---------------------------------------------------------------------- */

/* The fates of the TLBs' entries of its address: STAYS if one does. */
static enum fate tlbs(const struct bench *b, const struct row *r, const struct probe *p)
{
    enum fate all = GOES;

    for (unsigned i = 0; i < b->entries; i++) {
        const struct entry *e = &b->entry[i];
        bool of = e->of->ctx == p->ctx && e->base <= p->addr && (p->addr - e->base) >> e->size_log2 == 0;
        enum fate f = of && is_tlb(e->kind) ? fate(r, e) : GOES;

        if (f == STAYS)
            return STAYS;
        if (f == MAY)
            all = MAY;
    }
    return all;
}

/* Of the tables on the way to it. */
static enum fate walk_caches(const struct bench *b, const struct row *r, const struct probe *p)
{
    enum kind kind = contexts[p->ctx].stages == S2 ? WALK2 : WALK1;
    enum fate all = GOES;

    for (unsigned i = 0; i < b->entries; i++) {
        const struct entry *e = &b->entry[i];
        bool on_way = e->kind == kind && e->of->ctx == p->ctx && e->first <= p->addr && p->addr <= e->last;
        enum fate f = on_way ? fate(r, e) : GOES;

        if (f == STAYS)
            return STAYS;
        if (f == MAY)
            all = MAY;
    }
    return all;
}

/* Changing CR2.E2H changes what the streams of EL2 are: those are not asked. */
static bool is_asked(const struct row *r, const struct probe *p)
{
    unsigned regime = contexts[p->ctx].regime;

    return regime == REGIME_EL1 || r->not_e2h == (regime == REGIME_EL2);
}

static void check_read(struct bench *b, const struct row *r, const struct probe *p)
{
    enum fate tlb = tlbs(b, r, p), walk = walk_caches(b, r, p);
    uint64_t old = right_pa(p), found;
    char name[160];
    bool ok;

    if (tlb == MAY || !is_asked(r, p))
        return;
    found = go(b, p).pa;
    if (tlb == STAYS)
        ok = found == old;
    else if (contexts[p->ctx].stages == NESTED || walk == STAYS)
        ok = found == (old | MID);
    else
        ok = found == (old | NEW) || (walk == MAY && found == (old | MID));
    if (!ok)
        fprintf(stderr, "\n%s: %s reads %" PRIx64 " (%s, %s)\n", row_name(r, name, sizeof name), p->name,
                found, tlb == STAYS ? "its entry stays" : "its entries go",
                walk == STAYS ? "a table stays" : "tables go");
    CU_ASSERT(ok);
}

/* What the oracle says of an answer that is not that of the tables any more. */
static enum oracle_verdict verdict(struct bench *b, const struct probe *p, uint64_t pa)
{
    struct system *sys = b->w.sys;
    struct xl_req r = request(p);
    struct xl_result found = { .outcome = XL_OK, .pa = pa };
    uint64_t before, after;
    size_t n;

    system_mismatches(sys, &n, &before);
    if (system_judge(sys, &r, &found, sys->request, mem_epoch(sys->mem)))
        return ORACLE_STALE;
    system_mismatches(sys, &n, &after);
    return after > before ? ORACLE_MISMATCH : ORACLE_CURRENT;
}

/* An entry that may be there is a use of old tables, one that had to go a mismatch.  Of a contiguous group there
 * could be an entry for each page. */
static void check_verdict(struct bench *b, const struct row *r, const struct probe *p)
{
    enum fate tlb = tlbs(b, r, p), walk = walk_caches(b, r, p);
    uint64_t old = right_pa(p);
    char name[160];

    if (tlb == MAY || !is_asked(r, p) || p->flags & CONT)
        return;
    if (verdict(b, p, old) != (tlb == STAYS ? ORACLE_STALE : ORACLE_MISMATCH)) {
        fprintf(stderr, "\n%s: %s: old entry %s, the oracle says the contrary\n",
                row_name(r, name, sizeof name), p->name, tlb == STAYS ? "stays" : "goes");
        CU_FAIL("a verdict");
    }
    if (contexts[p->ctx].stages == NESTED || walk == MAY)
        return;
    if (tlb == STAYS)                  /* which may have been made when only the leaf had changed */
        walk = STAYS;
    if (verdict(b, p, old | MID) != (walk == STAYS ? ORACLE_STALE : ORACLE_MISMATCH)) {
        fprintf(stderr, "\n%s: %s: old table %s, the oracle says the contrary\n",
                row_name(r, name, sizeof name), p->name, walk == STAYS ? "stays" : "goes");
        CU_FAIL("a verdict");
    }
}

/* The oracle knows of no structures, but of what may be in any. */
static void the_oracle_draws_the_same_line(void)
{
    static struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];

        up(&b, &(struct choices){ .timed = false }, r);
        CHECK_EQ(system_check(b.w.sys), 0);
        system_tick(b.w.sys);
        change(&b);
        world_command(&b.w, &r->c);
        system_tick(b.w.sys);
        for (size_t p = 0; p < PROBE_COUNT; p++)
            check_verdict(&b, r, &probes[p]);
        world_down(&b.w);
    }
}

/* ---- configurations that change -------------------------------------------------------------------- */

enum { SEQUENCE = 2 };

struct sequence { struct smmuv3_cmd c[SEQUENCE]; enum oracle_verdict verdict; };

#define DO(op_, ...) { .op = SMMUV3_CMD_##op_, __VA_ARGS__ }

/* Of the CD of SubstreamID 1 of stream 0x18: an old one may be in the configuration cache, and what it led to in
 * TLBs, until both have gone, in this order. */
static const struct sequence cd_sequences[] = {
    { { DO(SYNC, 0) }, ORACLE_STALE },
    { { DO(CFGI_CD, .sid_first = 0x18, .ssid = 1, .leaf = true) }, ORACLE_STALE },
    { { DO(TLBI_NH_ASID, .vmid = 9, .asid = 21) }, ORACLE_STALE },
    { { DO(CFGI_CD, .sid_first = 0x18, .ssid = 1), DO(TLBI_NH_ASID, .vmid = 9, .asid = 21) }, ORACLE_MISMATCH },
    { { DO(TLBI_NH_ASID, .vmid = 9, .asid = 21), DO(CFGI_CD, .sid_first = 0x18, .ssid = 1) }, ORACLE_STALE },
    { { DO(CFGI_CD, .sid_first = 0x18, .ssid = 2), DO(TLBI_NH_ASID, .vmid = 9, .asid = 21) }, ORACLE_STALE },
    { { DO(CFGI_CD, .sid_first = 0x18, .ssid = 1), DO(TLBI_NH_ASID, .vmid = 9, .asid = 22) }, ORACLE_STALE },
    { { DO(CFGI_CD_ALL, .sid_first = 0x18), DO(TLBI_NH_ALL, .vmid = 9) }, ORACLE_MISMATCH },
    { { DO(CFGI_CD_ALL, .sid_first = 0x19), DO(TLBI_NH_ALL, .vmid = 9) }, ORACLE_STALE },
    { { DO(CFGI_STE, .sid_first = 0x18), DO(TLBI_NSNH_ALL, 0) }, ORACLE_MISMATCH },
    { { DO(CFGI_STE, .sid_first = 0x19), DO(TLBI_NSNH_ALL, 0) }, ORACLE_STALE },
    { { DO(CFGI_STE_RANGE, .sid_first = 0x18, .sid_last = 0x1b),
        DO(TLBI_NH_VAA, .vmid = 9, .first = 0x40012000, .leaf = true) }, ORACLE_MISMATCH },
    { { DO(CFGI_STE_RANGE, .sid_last = 0xffffffff), DO(TLBI_NH_VAA, .vmid = 9, .first = 0x40013000) },
      ORACLE_STALE },
};

/* Of the STE of stream 0x22, stage 2 alone: CFGI_CD does not name it. */
static const struct sequence ste_sequences[] = {
    { { DO(CFGI_STE, .sid_first = 0x22, .leaf = true) }, ORACLE_STALE },
    { { DO(CFGI_STE, .sid_first = 0x22), DO(TLBI_S2_IPA, .vmid = 9, .first = 0x8050010000) },
      ORACLE_MISMATCH },
    { { DO(CFGI_STE, .sid_first = 0x22), DO(TLBI_S2_IPA, .vmid = 9, .first = 0x8050011000) }, ORACLE_STALE },
    { { DO(CFGI_STE, .sid_first = 0x22), DO(TLBI_S12_VMALL, .vmid = 9) }, ORACLE_MISMATCH },
    { { DO(CFGI_STE, .sid_first = 0x22), DO(TLBI_S12_VMALL, .vmid = 10) }, ORACLE_STALE },
    { { DO(CFGI_STE, .sid_first = 0x22), DO(TLBI_NH_ALL, .vmid = 9) }, ORACLE_STALE },
    { { DO(CFGI_CD_ALL, .sid_first = 0x22), DO(TLBI_S12_VMALL, .vmid = 9) }, ORACLE_STALE },
};

/* STE or CD lead to the fresh tables, in which the probe is elsewhere. */
static void change_config(struct bench *b, const struct probe *p)
{
    const struct ctx *c = &contexts[p->ctx];
    uint64_t words[8], at = WORLD_STRTAB + 64ull * c->sid;

    for (unsigned i = 0; i < 8; i++)
        words[i] = mem_read64(b->w.sys->mem, at + 8 * i);
    if (c->stages == S2) {
        map_s2(b, &b->fresh2[vm_of(c)], p, p->addr, pa_of(p) | NEW);
        FIELD_SET_ADDR(STE, S2TTB, words, b->fresh2[vm_of(c)].base);
        system_table_write(b->w.sys, at, words, 8);
        return;
    }
    map_s1(b, &b->fresh[p->ctx][0], p, pa_of(p) | NEW);
    at = FIELD_ADDR(STE, S1CTXPTR, words) + 64ull * (unsigned)c->ssid;
    for (unsigned i = 0; i < 8; i++)
        words[i] = mem_read64(b->w.sys->mem, at + 8 * i);
    FIELD_SET_ADDR(CD, TTB0, words, b->fresh[p->ctx][0].base);
    system_table_write(b->w.sys, at, words, 8);
}

static void check_sequence(const struct sequence *q, const struct probe *p)
{
    static struct bench b;
    enum oracle_verdict found;

    up(&b, &(struct choices){ .timed = false }, &(struct row){ .no_ril = true });
    CHECK_EQ(system_check(b.w.sys), 0);
    system_tick(b.w.sys);
    change_config(&b, p);
    for (unsigned i = 0; i < SEQUENCE && q->c[i].op; i++)
        world_command(&b.w, &q->c[i]);
    system_tick(b.w.sys);
    found = verdict(&b, p, right_pa(p));
    if (found != q->verdict)
        fprintf(stderr, "\n%s: %s, then %s\n", p->name, smmuv3_cmd_find(q->c[0].op)->name,
                q->c[1].op ? smmuv3_cmd_find(q->c[1].op)->name : "nothing");
    CHECK_EQ(found, q->verdict);
    CHECK_EQ(verdict(&b, p, right_pa(p) | NEW), ORACLE_CURRENT);
    world_down(&b.w);
}

static void an_old_configuration_lives_on_in_what_it_led_to(void)
{
    for (size_t i = 0; i < ARRAY_LEN(cd_sequences); i++)
        check_sequence(&cd_sequences[i], &probes[P_SUB1_IN]);
    for (size_t i = 0; i < ARRAY_LEN(ste_sequences); i++)
        check_sequence(&ste_sequences[i], &probes[P_S_FIRST]);
}

static void check_rows(const struct choices *c)
{
    static struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];

        up(&b, c, r);
        change(&b);
        world_command(&b.w, &r->c);
        check_entries(&b, r);
        for (size_t p = 0; p < PROBE_COUNT; p++)
            check_read(&b, r, &probes[p]);
        world_down(&b.w);
    }
}

static void each_command_removes_what_it_names_and_nothing_else(void)
{
    check_rows(&(struct choices){ .timed = false });
}

static void so_it_does_in_time(void)
{
    check_rows(&(struct choices){ .timed = true });
}

static void so_it_does_where_walk_caches_are_shared(void)
{
    check_rows(&(struct choices){ .walk_caches = SMMUV3_WC_STAGE });
    check_rows(&(struct choices){ .walk_caches = SMMUV3_WC_UNIFIED });
}

static void so_it_does_where_the_tlb_is_of_stage_1_or_of_pages(void)
{
    check_rows(&(struct choices){ .tlb_stages = 1 });
    check_rows(&(struct choices){ .nested_entry = 1 });
}

#define TESTS(T)                                                                                   \
    T(each_command_removes_what_it_names_and_nothing_else) T(so_it_does_in_time)                   \
    T(the_oracle_draws_the_same_line) T(an_old_configuration_lives_on_in_what_it_led_to)           \
    T(so_it_does_where_walk_caches_are_shared) T(so_it_does_where_the_tlb_is_of_stage_1_or_of_pages)
TEST_SUITE("smmuv3-inval", TESTS)
