/* SPDX-License-Identifier: Apache-2.0
 *
 * vmsa_ref.h - a second VMSAv8-64 walk for tests, written from the manual's tables [SMMUv3 3.4; DDI
 * 0487 D8.3, D8.4] and sharing nothing with arch/table/vmsa.c: every index is given by its bits,
 * every start level by its rows.
 */
#ifndef TESTS_MODEL_ARCH_VMSA_REF_H
#define TESTS_MODEL_ARCH_VMSA_REF_H
#include <stdbool.h>
#include <stdint.h>

enum ref_fault { REF_OK, REF_TRANSLATION, REF_SIZE, REF_ACCESS, REF_READ };
enum ref_perm { REF_R = 1, REF_W = 2, REF_X = 4, REF_PR = 8, REF_PW = 16, REF_PX = 32 };

struct ref_table {
    uint64_t base;
    unsigned stage, page_bits, in_bits, out_bits;
    int start;
    bool lpa;                  /* the implementation has 52-bit addresses: 64 KB descriptors hold them */
    bool ds, af_ignored, wxn, pan, had, xnx, one_privilege;
};

struct ref_result {
    enum ref_fault fault;
    int level;                 /* where it ended */
    uint64_t out;
    unsigned size_bits, perm;
    bool global;
};

/* Formats: rows of TxSZ (first..last) with the level that walks start at, as in the manual. */
struct ref_format { uint8_t stage, page_bits; bool ds; int8_t start; uint8_t first, last; };
static const struct ref_format ref_formats[] = {
    { 1, 12, false,  0, 16, 24 }, { 1, 12, false,  1, 25, 33 }, { 1, 12, false,  2, 34, 42 },
    { 1, 12, false,  3, 43, 48 }, { 1, 12, true,  -1, 12, 15 }, { 1, 12, true,   0, 16, 24 },
    { 1, 12, true,   1, 25, 33 },
    { 1, 14, false,  0, 16, 16 }, { 1, 14, false,  1, 17, 27 }, { 1, 14, false,  2, 28, 38 },
    { 1, 14, false,  3, 39, 48 }, { 1, 14, true,   0, 12, 16 }, { 1, 14, true,   1, 17, 27 },
    { 1, 16, false,  1, 12, 21 }, { 1, 16, false,  2, 22, 34 }, { 1, 16, false,  3, 35, 47 },
    { 2, 12, false,  0, 16, 24 }, { 2, 12, false,  1, 21, 33 }, { 2, 12, false,  2, 30, 42 },
    { 2, 12, false,  3, 39, 48 }, { 2, 12, true,   0, 12, 24 }, { 2, 12, true,  -1, 12, 15 },
    { 2, 14, false,  1, 16, 27 }, { 2, 14, false,  2, 24, 38 }, { 2, 14, false,  3, 35, 48 },
    { 2, 14, true,   1, 13, 27 }, { 2, 14, true,   0, 12, 16 },
    { 2, 16, false,  1, 12, 21 }, { 2, 16, false,  2, 18, 34 }, { 2, 16, false,  3, 31, 47 },
};

/* The lowest bit of the index of a level. */
static inline unsigned ref_low(unsigned page_bits, int level)
{
    static const uint8_t low4[] = { 48, 39, 30, 21, 12 }, low16[] = { 0, 47, 36, 25, 14 },
                         low64[] = { 0, 0, 42, 29, 16 };

    return (page_bits == 12 ? low4 : page_bits == 14 ? low16 : low64)[level + 1];
}

/* 1 GB, 2 MB, 4 KB; 32 MB, 16 KB; 512 MB, 64 KB; LPA2: 512 GB, 64 GB; 52-bit addresses: 4 TB. */
static inline bool ref_leaf_ok(const struct ref_table *t, int level)
{
    switch (t->page_bits) {
    case 12:
        return level >= 1 || (level == 0 && t->ds);
    case 14:
        return level >= 2 || (level == 1 && t->ds);
    default:
        return level >= 2 || (level == 1 && t->lpa);
    }
}

static inline uint64_t ref_bits(uint64_t v, unsigned hi, unsigned lo)
{
    return v << (63 - hi) >> (63 - hi + lo);
}

/* The address in a descriptor, from bit `lo` up. */
static inline uint64_t ref_address(const struct ref_table *t, uint64_t d, unsigned lo)
{
    uint64_t a;

    if (t->ds && t->page_bits != 16)
        return ref_bits(d, 9, 8) << 50 | ref_bits(d, 49, lo) << lo;
    a = ref_bits(d, 47, lo) << lo;
    if (t->page_bits == 16 && t->lpa)
        a |= ref_bits(d, 15, 12) << 48;
    return a;
}

/* AP[2:1], then what the tables above took away, then WXN and PAN. */
static inline unsigned ref_perm1(const struct ref_table *t, uint64_t d, bool no_user, bool no_write,
                                 bool uxn, bool pxn)
{
    static const unsigned ap[] = { REF_PR | REF_PW, REF_PR | REF_PW | REF_R | REF_W, REF_PR,
                                   REF_PR | REF_R };
    unsigned p = ap[ref_bits(d, 7, 6)];

    if (t->one_privilege) {                    /* AP[1] counts as 1, and one XN is for all */
        p = ap[ref_bits(d, 7, 6) | 1];
        if (no_write)
            p &= ~(unsigned)(REF_W | REF_PW);
        if (!(ref_bits(d, 54, 54) || uxn))
            p |= REF_X | REF_PX;
    } else {
        if (no_user)
            p &= ~(unsigned)(REF_R | REF_W);
        if (no_write)
            p &= ~(unsigned)(REF_W | REF_PW);
        if (!(ref_bits(d, 54, 54) || uxn))
            p |= REF_X;
        if (!(ref_bits(d, 53, 53) || pxn) && !(p & REF_W))
            p |= REF_PX;
    }
    if (t->wxn && (p & REF_W))
        p &= ~(unsigned)REF_X;
    if (t->wxn && (p & REF_PW))
        p &= ~(unsigned)REF_PX;
    if (t->pan && (p & (REF_R | REF_W)))
        p &= ~(unsigned)(REF_PR | REF_PW);
    return p;
}

static inline unsigned ref_perm2(const struct ref_table *t, uint64_t d)
{
    unsigned ap = (unsigned)ref_bits(d, 7, 6), p = 0;
    unsigned xn = (unsigned)ref_bits(d, 54, 53);

    if (ap & 1)
        p |= REF_R | REF_PR;
    if (ap & 2)
        p |= REF_W | REF_PW;
    if (!t->xnx)
        xn &= 2;
    if (xn == 0 || xn == 1)
        p |= REF_X;
    if (xn == 0 || xn == 3)
        p |= REF_PX;
    return p;
}

/* Reads the word at an address of the table's output space; false: it could not be read. */
typedef bool ref_read(void *arg, uint64_t addr, uint64_t *word);

static inline struct ref_result ref_walk(const struct ref_table *t, ref_read *read, void *arg,
                                         uint64_t in)
{
    struct ref_result r = { .fault = REF_TRANSLATION, .level = t->start };
    bool no_user = false, no_write = false, uxn = false, pxn = false;
    uint64_t table = t->base, d;

    if (in >> t->in_bits)
        return r;
    for (int level = t->start;; level++) {
        unsigned lo = ref_low(t->page_bits, level);
        unsigned hi = level == t->start ? t->in_bits - 1 : lo + t->page_bits - 3 - 1;

        r.level = level;
        r.size_bits = lo;
        if (!read(arg, table + 8 * ref_bits(in, hi, lo), &d)) {
            r.fault = REF_READ;
            return r;
        }
        if (ref_bits(d, 0, 0) == 0 || (level == 3 && ref_bits(d, 1, 1) == 0))
            return r;
        if (level == 3 || ref_bits(d, 1, 1) == 0)
            break;
        table = ref_address(t, d, t->page_bits);
        if (table >> t->out_bits) {
            r.fault = REF_SIZE;
            return r;
        }
        if (t->stage == 1 && !t->had) {
            no_user |= ref_bits(d, 61, 61);
            no_write |= ref_bits(d, 62, 62);
            uxn |= ref_bits(d, 60, 60);
            pxn |= ref_bits(d, 59, 59);
        }
    }
    if (!ref_leaf_ok(t, r.level))
        return r;
    r.out = ref_address(t, d, r.size_bits);
    r.fault = r.out >> t->out_bits ? REF_SIZE
            : ref_bits(d, 10, 10) == 0 && !t->af_ignored ? REF_ACCESS : REF_OK;
    r.out |= in & ((1ull << r.size_bits) - 1);
    r.perm = t->stage == 1 ? ref_perm1(t, d, no_user, no_write, uxn, pxn) : ref_perm2(t, d);
    r.global = t->stage == 1 && ref_bits(d, 11, 11) == 0;
    return r;
}

#endif
