/* SPDX-License-Identifier: Apache-2.0 */
#include "smmuv3_ref.h"

#include <string.h>

enum {                         /* event numbers [SMMUv3 7.3] */
    C_BAD_STREAMID = 0x02, F_STE_FETCH, C_BAD_STE, F_BAD_ATS_TREQ, F_STREAM_DISABLED,
    F_TRANSL_FORBIDDEN, C_BAD_SUBSTREAMID, F_CD_FETCH, C_BAD_CD, F_WALK_EABT,
    F_TRANSLATION = 0x10, F_ADDR_SIZE, F_ACCESS, F_PERMISSION,
};
enum { CLASS_CD, CLASS_TT, CLASS_IN };
enum { EL1, EL2, EL2_E2H };
enum { DATA, CODE };
enum { NSH = 0, OSH = 2, ISH = 3 };
enum { R = 1, W = 2, X = 4, PR = 8, PW = 16, PX = 32 };

/* One stage of translation as an STE or a CD half describes it. */
struct stage {
    unsigned n;                /* 1 or 2 */
    unsigned page;             /* log2 of the granule */
    unsigned in, out;          /* address bits */
    int start;
    uint64_t base;
    bool ds, big, affd, ha, hd, had;
    unsigned sh;               /* with DS */
    bool big_block;            /* 52-bit output addresses exist */
};

/* What a walk found. */
struct found {
    uint64_t out;              /* of the input address */
    uint64_t desc;             /* the descriptor, as a number */
    uint64_t at, pa;           /* where it is, for its stage and in memory */
    unsigned size, hint;
    unsigned hier;             /* bit 0 APTable[0], 1 APTable[1], 2 PXNTable, 3 UXNTable */
    unsigned perm;
    bool dirty;                /* write permission can be gained */
    unsigned sh;
    bool big;
};

struct ref {
    const struct smmuv3_regs *r;
    const struct smmuv3_ref_choice *choice;
    const struct xl_req *q;
    smmuv3_ref_mem *mem;
    void *arg;
    struct smmuv3_ref *a;
    uint64_t ste[8], cd[8];
    bool s1, s2;               /* after S1DSS */
    unsigned world, eats;
    bool ssv;
    struct stage st2;
    struct found table;        /* stage 2 of the stage 1 descriptor read last */
};

/* Bits hi..lo of a structure. */
static uint64_t bit(const uint64_t *w, unsigned hi, unsigned lo)
{
    return (w[lo / 64] >> lo % 64) & (~0ull >> (63 - (hi - lo)));
}

static uint64_t reg(uint64_t r, unsigned hi, unsigned lo)
{
    return bit(&r, hi, lo);
}

static uint64_t ones(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static unsigned size_of(uint64_t code)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };

    return bits[code];
}

static unsigned oas(const struct ref *c)
{
    return size_of(reg(c->r->idr5, 2, 0));
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static bool read_words(struct ref *c, const char *name, uint64_t pa, unsigned n, uint64_t *out)
{
    struct smmuv3_ref *a = c->a;

    if (a->reads < REF_READS) {
        strcpy(a->read[a->reads].name, name);
        a->read[a->reads].pa = pa;
    }
    a->reads++;
    if (!c->mem(c->arg, pa, n, out))
        return false;
    for (unsigned w = 0; w < a->writes; w++)
        if (a->write_at[w].pa >= pa && a->write_at[w].pa < pa + 8 * n)
            out[(a->write_at[w].pa - pa) / 8] = a->write_at[w].new;
    return true;
}

/* A hardware update: bits set and cleared in the descriptor as a number. */
static void update(struct ref *c, struct found *f, uint64_t set, uint64_t clear)
{
    uint64_t new = (f->desc | set) & ~clear;
    struct ref_write w = { f->pa, f->desc, new };

    if (new == f->desc)
        return;
    if (f->big) {
        w.old = __builtin_bswap64(w.old);
        w.new = __builtin_bswap64(w.new);
    }
    f->desc = new;
    for (unsigned i = 0; i < c->a->writes; i++)
        if (c->a->write_at[i].pa == w.pa) {
            c->a->write_at[i].new = w.new;
            return;
        }
    if (c->a->writes < REF_WRITES)
        c->a->write_at[c->a->writes++] = w;
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* An error of configuration: aborted and recorded; ATS has its own answer [3.9.1.2, 3.9.1.3]. */
static bool bad(struct ref *c, unsigned code)
{
    bool rec = reg(c->r->idr0, 23, 23) && reg(c->r->cr2, 3, 3), recinv = reg(c->r->cr2, 1, 1);
    struct smmuv3_ref *a = c->a;

    a->code = (uint8_t)code;
    a->outcome = c->q->type == XL_ATS_REQUEST ? XL_ATS_CA : XL_FAULT;
    a->recorded = c->q->type == XL_UNTRANSLATED || rec;
    if (code == C_BAD_STREAMID && c->q->type != XL_TRANSLATED)
        a->recorded = a->recorded && recinv;
    return false;
}

static bool bad_fetch(struct ref *c, unsigned code, uint64_t pa)
{
    c->a->fetch = pa;
    return bad(c, code);
}

/* A fault of translation: by the A, R and S of its stage [3.12.2]. */
static bool fault(struct ref *c, unsigned code, bool s2, unsigned cls, uint64_t ipa)
{
    struct smmuv3_ref *a = c->a;
    bool aa = s2 || bit(c->cd, 46, 46), rr = s2 ? bit(c->ste, 186, 186) : bit(c->cd, 45, 45);
    bool ss = s2 ? bit(c->ste, 185, 185) : bit(c->cd, 44, 44);

    a->code = (uint8_t)code;
    a->s2 = s2;
    a->cls = (uint8_t)cls;
    a->ipa = s2 ? ipa : 0;
    if (c->q->type == XL_ATS_REQUEST) {
        a->outcome = XL_ATS_OK;
        return false;
    }
    a->outcome = ss ? XL_STALL : aa ? XL_FAULT : XL_RAZWI;
    a->recorded = ss || rr;
    return false;
}

static bool walk_abort(struct ref *c, bool s2, unsigned cls, uint64_t pa)
{
    c->a->s2 = s2;
    c->a->cls = (uint8_t)cls;
    bad_fetch(c, F_WALK_EABT, pa);
    if (c->q->type == XL_TRANSLATED)           /* as of an ordinary transaction [3.9.1.3] */
        c->a->recorded = true;
    return false;
}

/* Stage 1 is bypassed and the address is above what it can give: nobody's A, R and S [3.4]. */
static bool too_large(struct ref *c)
{
    c->a->code = F_ADDR_SIZE;
    c->a->cls = CLASS_IN;
    c->a->outcome = c->q->type == XL_ATS_REQUEST ? XL_ATS_OK : XL_FAULT;
    c->a->recorded = c->q->type != XL_ATS_REQUEST;
    return false;
}

/* ---- memory attributes [13] ------------------------------------------------------------------ */

struct half { unsigned type; bool ra, wa, tr; };      /* type: 0 NC, 1 WT, 2 WB */

static bool is_device(unsigned mair)
{
    return mair >> 4 == 0;
}

static struct half half_of(unsigned nibble)
{
    struct half h = { .ra = nibble & 2, .wa = nibble & 1 };

    if (nibble == 4)
        return (struct half){ .type = 0 };
    h.type = nibble & 4 ? 2 : 1;
    h.tr = nibble < 8;
    return h;
}

static unsigned nibble_of(struct half h)
{
    if (h.type == 0)
        return 4;
    if (!h.ra && !h.wa)
        h.tr = false;
    return (h.tr ? 0u : 8u) | (h.type == 2 ? 4u : 0u) | (h.ra ? 2u : 0u) | (h.wa ? 1u : 0u);
}

static struct half stronger(struct half a, struct half b)
{
    return (struct half){ smaller(a.type, b.type), a.ra && b.ra, a.wa && b.wa, a.tr || b.tr };
}

static unsigned combine_nibble(unsigned a, unsigned b)
{
    return nibble_of(stronger(half_of(a), half_of(b)));
}

static unsigned combine(unsigned a, unsigned b)
{
    if (is_device(a) && is_device(b))
        return smaller(a, b);
    if (is_device(a) || is_device(b))
        return is_device(a) ? a : b;
    return combine_nibble(a >> 4, b >> 4) << 4 | combine_nibble(a & 15, b & 15);
}

static unsigned combine_sh(unsigned a, unsigned b)
{
    return a == OSH || b == OSH ? OSH : a == ISH || b == ISH ? ISH : NSH;
}

/* Stage 2 MemAttr and the override field of an STE as a MAIR byte, hints all "allocate". */
static unsigned memattr(unsigned m)
{
    static const uint8_t nibble[] = { 0, 4, 11, 15 };

    if (m >> 2 == 0)
        return m << 2;
    if ((m & 3) == 0)
        return 0;              /* reserved: Device-nGnRnE */
    return (unsigned)nibble[m >> 2] << 4 | nibble[m & 3];
}

/* Hints of `to` from `from`, in whole (`take`) or combined. */
static unsigned hints(unsigned to, unsigned from, bool take)
{
    unsigned n[2];

    if (is_device(to) || is_device(from))
        return to;
    for (unsigned i = 0; i < 2; i++) {
        struct half h = half_of(to >> 4 * i & 15), f = half_of(from >> 4 * i & 15);

        if (h.type && f.type) {
            h.ra = take ? f.ra : h.ra && f.ra;
            h.wa = take ? f.wa : h.wa && f.wa;
            h.tr = take ? f.tr : h.tr || f.tr;
        }
        n[i] = nibble_of(h);
    }
    return n[1] << 4 | n[0];
}

static unsigned with_alloc(unsigned mair, unsigned cfg)
{
    unsigned one = (cfg & 1 ? 0u : 8u) | 4u | (cfg & 4 ? 2u : 0u) | (cfg & 2 ? 1u : 0u);

    if (!(cfg & 6))
        one |= 8;              /* without allocation there is nothing transient */
    return cfg & 8 ? hints(mair, one << 4 | one, true) : mair;
}

static void consistent(struct smmuv3_ref *a, unsigned mair, unsigned sh)
{
    if (is_device(mair) || mair == 0x44)
        sh = OSH;
    a->mair = (uint8_t)mair;
    a->sh = (uint8_t)sh;
}

/* What comes in, overridden by the fields of an STE or of GBPA. */
static void incoming(const struct ref *c, bool mtcfg, unsigned attr, unsigned alloc, unsigned shcfg,
                     unsigned *mair, unsigned *sh)
{
    static const uint8_t came[] = { [XL_MEM_WB] = 0xff, [XL_MEM_NC] = 0x44, [XL_MEM_DEVICE] = 0x04 };
    bool ovr = reg(c->r->idr1, 27, 27) && c->q->type != XL_TRANSLATED;

    *mair = ovr && mtcfg ? memattr(attr) : came[c->q->mem];
    if (ovr)
        *mair = with_alloc(*mair, alloc);
    *sh = ovr && shcfg != 1 ? shcfg : c->q->mem == XL_MEM_WB ? NSH : OSH;
}

static void incoming_ste(const struct ref *c, unsigned *mair, unsigned *sh)
{
    incoming(c, bit(c->ste, 100, 100), (unsigned)bit(c->ste, 99, 96),
             (unsigned)bit(c->ste, 104, 101), (unsigned)bit(c->ste, 109, 108), mair, sh);
}

/* ---- the walk of one stage [DDI 0487 D8.2 to D8.4] ------------------------------------------- */

static unsigned below(unsigned page, int level)
{
    return page + (unsigned)(3 - level) * (page - 3);
}

/* The address in a descriptor; table: what points to the next level. */
static uint64_t address_in(const struct stage *s, uint64_t d, unsigned low)
{
    uint64_t a = d & ones(48) & ~ones(low);

    if (s->page == 16) {
        if (s->big_block)
            a |= bit(&d, 15, 12) << 48;
    } else if (s->ds) {
        a |= bit(&d, 49, 48) << 48 | bit(&d, 9, 8) << 50;
    }
    return a;
}

static bool leaf_allowed(const struct stage *s, int level)
{
    if (level == 3)
        return true;
    switch (s->page) {
    case 12: return level == 2 || level == 1 || (level == 0 && s->ds);
    case 14: return level == 2 || (level == 1 && s->ds);
    default: return level == 2 || (level == 1 && s->big_block);
    }
}

static unsigned run_log2(const struct stage *s, int level)
{
    switch (s->page) {
    case 12: return level >= 1 ? 4 : 0;
    case 14: return level == 3 ? 7 : level == 2 ? 5 : 0;
    default: return level >= 2 ? 5 : 0;
    }
}

static bool stage2(struct ref *c, uint64_t ipa, unsigned cls, struct found *f);
static bool stage2_right(struct ref *c, uint64_t ipa, unsigned cls, unsigned need, bool dirty,
                         struct found *f);
static bool denied(struct ref *c, unsigned have, bool s2, uint64_t ipa);

/* One descriptor of stage s, at an IPA if stage 1 is nested; *pa says where it is. */
static bool read_desc(struct ref *c, const struct stage *s, uint64_t at, unsigned cls, int level,
                      uint64_t *pa, uint64_t *d)
{
    static const char names[2][5][sizeof c->a->read[0].name] = {
        { "S1L-1", "S1L0", "S1L1", "S1L2", "S1L3" }, { "S2L-1", "S2L0", "S2L1", "S2L2", "S2L3" },
    };

    *pa = at;
    if (s->n == 1 && c->s2) {
        if (!stage2(c, at, CLASS_TT, &c->table) ||
            !stage2_right(c, at, CLASS_TT, R, false, &c->table))
            return false;
        *pa = c->table.out;
    }
    if (!read_words(c, names[s->n - 1][level + 1], *pa, 1, d))
        return walk_abort(c, s->n == 2, s->n == 2 ? cls : CLASS_TT, *pa);
    if (s->big)
        *d = __builtin_bswap64(*d);
    return true;
}

static bool walk(struct ref *c, const struct stage *s, uint64_t in, unsigned cls, uint64_t ipa,
                 struct found *f)
{
    uint64_t table = s->base, d, pa;
    unsigned n = 0;

    *f = (struct found){ .big = s->big };
    for (int level = s->start;; level++) {
        unsigned low = below(s->page, level);
        uint64_t index = level == s->start ? in >> low : in >> low & ones(s->page - 3);
        bool leaf;

        f->at = table + 8 * index;
        if (!read_desc(c, s, f->at, cls, level, &pa, &d))
            return false;
        n++;
        *(s->n == 1 ? &c->a->walked1 : &c->a->walked2) = n;
        leaf = level == 3 || !(d & 2);
        if (!(d & 1) || (level == 3 && !(d & 2)) || (leaf && !leaf_allowed(s, level)))
            return fault(c, F_TRANSLATION, s->n == 2, cls, ipa);
        table = address_in(s, d, leaf ? low : s->page);
        if (leaf)
            table &= ~ones(low);
        if (table >> s->out)
            return fault(c, F_ADDR_SIZE, s->n == 2, cls, ipa);
        if (!leaf) {
            if (s->n == 1 && !s->had)
                f->hier |= (unsigned)(bit(&d, 62, 61) | bit(&d, 59, 59) << 2 | bit(&d, 60, 60) << 3);
            continue;
        }
        f->out = table | (in & ones(low));
        f->desc = d;
        f->pa = pa;
        f->size = low;
        f->hint = low + (bit(&d, 52, 52) ? run_log2(s, level) : 0);
        f->sh = s->ds ? s->sh : (unsigned)bit(&d, 9, 8);
        return true;
    }
}

/* The access flag: a fault, or something to update. */
static bool access_flag(struct ref *c, const struct stage *s, const struct found *f, unsigned cls,
                        uint64_t ipa)
{
    if (bit(&f->desc, 10, 10) || s->ha || s->affd)
        return true;
    return fault(c, F_ACCESS, s->n == 2, cls, ipa);
}

/* ---- stage 2 --------------------------------------------------------------------------------- */

static void stage2_perm(const struct ref *c, struct found *f)
{
    unsigned ap = (unsigned)bit(&f->desc, 7, 6), xn = (unsigned)bit(&f->desc, 54, 53);
    bool dbm = bit(&f->desc, 51, 51), ux, px;

    if (!reg(c->r->idr3, 4, 4))
        xn &= 2;
    ux = xn == 0 || xn == 1;
    px = xn == 0 || xn == 3;
    f->dirty = c->st2.hd && dbm && !(ap & 2);
    f->perm = (ap & 1 ? R | PR : 0u) | (ap & 2 ? W | PW : 0u) | (ux ? X : 0u) | (px ? PX : 0u);
}

/* The walk and the access flag; permissions are in f, not judged. */
static bool stage2(struct ref *c, uint64_t ipa, unsigned cls, struct found *f)
{
    if (ipa >> c->st2.in)
        return fault(c, F_TRANSLATION, true, cls, ipa);
    if (!walk(c, &c->st2, ipa, cls, ipa, f) || !access_flag(c, &c->st2, f, cls, ipa))
        return false;
    stage2_perm(c, f);
    return true;
}

static void gain_write(struct ref *c, struct found *f)
{
    update(c, f, 1ull << 7, 0);
    f->perm |= W | PW;
    f->dirty = false;
}

/* Judges; what passes may update: the access flag, and the dirty state if `dirty`. */
static bool stage2_right(struct ref *c, uint64_t ipa, unsigned cls, unsigned need, bool dirty,
                         struct found *f)
{
    bool device = bit(&f->desc, 5, 4) == 0;
    unsigned have = f->perm | (f->dirty && dirty ? W | PW : 0u);

    if ((have & need) != need && cls == CLASS_IN)
        return denied(c, have, true, ipa);
    if ((have & need) != need || (cls != CLASS_IN && device && bit(c->ste, 182, 182)))
        return fault(c, F_PERMISSION, true, cls, ipa);
    if (c->st2.ha)
        update(c, f, 1ull << 10, 0);
    if (need & (W | PW) && !(f->perm & W))
        gain_write(c, f);
    return true;
}

/* ---- stage 1 --------------------------------------------------------------------------------- */

/* Permissions of a leaf if AP[2] is `ro`; `clean`: it would be writable after an update, which is what
 * WXN looks at. */
static unsigned stage1_perm(const struct ref *c, const struct found *f, bool ro, bool clean)
{
    bool wxn = bit(c->cd, 36, 36), pan = bit(c->cd, 40, 40);
    bool user = bit(&f->desc, 6, 6) && !(f->hier & 1), write = !ro && !(f->hier & 2);
    bool would = write || clean;
    bool uxn = bit(&f->desc, 54, 54) || f->hier & 8, pxn = bit(&f->desc, 53, 53) || f->hier & 4;
    bool epan = reg(c->r->idr3, 17, 17) && bit(c->cd, 123, 123);
    unsigned p = 0;

    if (c->world == EL2) {     /* one privilege */
        p = R | PR | (write ? W | PW : 0u);
        return p | (!uxn && !(wxn && would) ? X | PX : 0u);
    }
    if (user)
        p |= R | (write ? W : 0u);
    if (!uxn && !(wxn && user && would))
        p |= X;
    if (!(pan && (user || (epan && p & X))))
        p |= PR | (write ? PW : 0u);
    if (!pxn && !(user && would) && !(wxn && would))
        p |= PX;
    return p;
}

static bool clean1(const struct found *f, const struct stage *s)
{
    return s->hd && bit(&f->desc, 51, 51) && bit(&f->desc, 7, 7) && !(f->hier & 2);
}

/* VA to a half; -1: in none. */
static int half_for(const struct ref *c, const struct stage *s, uint64_t va)
{
    unsigned h = c->world == EL2 ? 0 : (unsigned)bit(&va, 55, 55);
    unsigned top = bit(c->cd, h ? 39 : 38, h ? 39 : 38) ? 55 : 63;
    uint64_t upper;

    if (c->world != EL2 && bit(c->cd, h ? 30 : 14, h ? 30 : 14))
        return -1;
    upper = bit(&va, top, s[h].in);
    if (upper != (h ? ones(top - s[h].in + 1) : 0))
        return -1;
    if (reg(c->r->idr3, 13, 13) && c->world != EL2 && bit(c->cd, h ? 130 : 66, h ? 130 : 66) && !c->a->priv)
        return -1;             /* E0PD */
    return (int)h;
}

static void stage1_half(const struct ref *c, unsigned h, struct stage *s)
{
    static const uint8_t page0[] = { 12, 16, 14, 0 }, page1[] = { 0, 14, 12, 16 };
    unsigned first, o = h ? 16 : 0;

    *s = (struct stage){
        .n = 1, .page = h ? page1[bit(c->cd, 23, 22)] : page0[bit(c->cd, 7, 6)],
        .in = 64 - (unsigned)bit(c->cd, o + 5, o),
        .out = smaller(size_of(bit(c->cd, 34, 32)), oas(c)),
        .ds = reg(c->r->idr5, 7, 7) && bit(c->cd, 186, 186),
        .big = bit(c->cd, 15, 15), .affd = bit(c->cd, 35, 35), .ha = bit(c->cd, 43, 43),
        .hd = bit(c->cd, 43, 43) && bit(c->cd, 42, 42),
        .had = reg(c->r->idr3, 2, 2) && bit(c->cd, h ? 129 : 65, h ? 129 : 65),
        .sh = (unsigned)bit(c->cd, o + 13, o + 12), .big_block = oas(c) == 52,
    };
    if (s->page == 16 || s->page == 0)
        s->ds = false;
    if (s->page == 0)
        return;
    s->start = 3 - (int)((s->in - 1 - s->page) / (s->page - 3));
    first = s->in - below(s->page, s->start) + 3;
    if (s->out == 52 && first < 6)
        first = 6;
    s->base = bit(c->cd, h ? 179 : 115, h ? 132 : 68) << 4 & ~ones(first);
}

/* A stage 1 descriptor is to be updated: stage 2 must let it be written [3.13.5]. */
static bool may_update(struct ref *c, const struct found *f)
{
    if (!c->s2)
        return true;
    if (c->choice->walk_to_update && !stage2(c, f->at, CLASS_TT, &c->table))
        return false;
    c->a->table_write = true;
    return stage2_right(c, f->at, CLASS_TT, R | W, true, &c->table);
}

/* ---- the rights asked for -------------------------------------------------------------------- */

static unsigned cfg_of(const struct ref *c, unsigned hi, unsigned lo)
{
    return reg(c->r->idr1, 26, 26) ? (unsigned)bit(c->ste, hi, lo) : 0;
}

static void judged(struct ref *c)
{
    unsigned priv = cfg_of(c, 113, 112), inst = cfg_of(c, 115, 114);
    struct smmuv3_ref *a = c->a;
    bool nothing = c->q->type != XL_UNTRANSLATED && !c->ssv;    /* without PASID */

    a->priv = priv == 2 ? false : priv == 3 ? true : c->q->priv && !nothing;
    a->exec = inst == 2 ? false : inst == 3 ? true : c->q->exec && !nothing;
    if (a->write)
        a->exec = false;
}

static unsigned need_of(const struct ref *c)
{
    const struct smmuv3_ref *a = c->a;
    unsigned p = a->write ? W : a->exec ? X : R;

    if (c->q->atomic)
        p = R | W;
    return a->priv ? p << 3 : p;
}

/* F_PERMISSION of the access itself.  Of an atomic that may write (`have`), reading was denied [13.1.1]. */
static bool denied(struct ref *c, unsigned have, bool s2, uint64_t ipa)
{
    if (c->q->atomic && have & (c->a->priv ? PW : W))
        c->a->write = false;
    return fault(c, F_PERMISSION, s2, CLASS_IN, ipa);
}

/* What an ATS request is granted by these rights [13.7.1]. */
struct grant { bool r, w, x; };

static bool some(struct grant g)
{
    return g.r || g.w || g.x;
}

static struct grant grant_of(const struct ref *c, unsigned perm, bool clean)
{
    unsigned inst = cfg_of(c, 115, 114), p = c->a->priv ? perm >> 3 : perm;
    bool r = p & R, x = p & X, exe = c->q->exec && c->ssv;
    struct grant g = { .w = (p & W || clean) && (!c->q->no_write || c->choice->grant_write_nw) };

    if (c->q->no_write && !(p & W))
        g.w = false;
    g.r = inst == 3 ? x : r;
    g.x = exe && (inst == 3 ? x : inst == 2 ? r : r && x);
    return g;
}

/* ---- both stages ----------------------------------------------------------------------------- */

struct result { struct found f1, f2; uint64_t ipa; unsigned h; };

static bool stage1_walk(struct ref *c, struct result *x, struct stage *s)
{
    uint64_t va = c->q->addr;
    int h = half_for(c, s, va);
    struct found *f = &x->f1;

    if (h < 0)
        return fault(c, F_TRANSLATION, false, CLASS_IN, 0);
    x->h = (unsigned)h;
    if (!walk(c, &s[h], va & ones(s[h].in), CLASS_IN, 0, f) ||
        !access_flag(c, &s[h], f, CLASS_IN, 0))
        return false;
    f->dirty = clean1(f, &s[h]);
    f->perm = stage1_perm(c, f, bit(&f->desc, 7, 7), f->dirty);
    x->ipa = f->out;
    return true;
}

/* Access flag, and the dirty state if write permission is to be gained. */
static bool stage1_update(struct ref *c, struct result *x, const struct stage *s, bool write)
{
    struct found *f = &x->f1;
    uint64_t set = s->ha ? 1ull << 10 : 0, clear = write && f->dirty ? 1ull << 7 : 0;

    if (((f->desc | set) & ~clear) == f->desc)
        return true;
    if (!may_update(c, f))
        return false;
    update(c, f, set, clear);
    if (clear) {
        f->perm = stage1_perm(c, f, false, false);
        f->dirty = false;
    }
    return true;
}

static bool ordinary_stage1(struct ref *c, struct result *x, struct stage *s)
{
    struct found *f = &x->f1;
    unsigned need = need_of(c), gained = stage1_perm(c, f, false, false);
    bool gain = (f->perm & need) != need;

    if (gain && (!f->dirty || !(need & (W | PW)) || (gained & need) != need))
        return denied(c, f->dirty ? gained : f->perm, false, 0);
    return stage1_update(c, x, &s[x->h], gain);
}

static void attributes(struct ref *c, const struct result *x)
{
    unsigned mair, sh, m1;

    incoming_ste(c, &mair, &sh);
    if (c->s1) {
        m1 = (unsigned)(c->cd[3] >> 8 * bit(&x->f1.desc, 4, 2) & 0xff);
        mair = is_device(mair) || c->choice->stage1_hints ? m1 : hints(m1, mair, false);
        sh = x->f1.sh;
        if (is_device(mair) || mair == 0x44)
            sh = OSH;
    }
    if (c->s2) {
        mair = combine(mair, memattr((unsigned)bit(&x->f2.desc, 5, 2)));
        sh = combine_sh(sh, x->f2.sh);
    }
    consistent(c->a, mair, sh);
}

static void finish(struct ref *c, const struct result *x, uint64_t pa)
{
    struct smmuv3_ref *a = c->a;

    a->outcome = XL_OK;
    a->pa = pa;
    a->leaf = c->q->type != XL_TRANSLATED;
    a->size_log2 = c->s1 ? x->f1.size : 64;
    a->hint_log2 = c->s1 ? x->f1.hint : 64;
    a->perm1 = c->s1 ? x->f1.perm : 63;
    a->perm2 = c->s2 ? x->f2.perm : 63;
    a->dirty1 = c->s1 && x->f1.dirty && stage1_perm(c, &x->f1, false, false) & ~x->f1.perm & (W | PW);
    a->dirty2 = c->s2 && x->f2.dirty;
    a->global = c->s1 && !bit(&x->f1.desc, 11, 11);
    if (c->s2) {
        a->size_log2 = smaller(a->size_log2, x->f2.size);
        a->hint_log2 = smaller(a->hint_log2, x->f2.hint);
    }
    attributes(c, x);
}

static void ordinary(struct ref *c, struct stage *s)
{
    struct result x = { .ipa = c->q->addr };
    unsigned need = need_of(c);

    if (c->s1 && (!stage1_walk(c, &x, s) || !ordinary_stage1(c, &x, s)))
        return;
    if (!c->s2) {
        finish(c, &x, x.ipa);
        return;
    }
    if (!stage2(c, x.ipa, CLASS_IN, &x.f2) ||
        !stage2_right(c, x.ipa, CLASS_IN, need, true, &x.f2))
        return;
    finish(c, &x, x.f2.out);
}

/* An ATS Translation Request: rights instead of a judgement [3.9.1.2, 13.7.1]. */
static void ats_request(struct ref *c, struct stage *s)
{
    struct result x = { .ipa = c->q->addr };
    struct grant g1 = { true, !c->q->no_write, true }, g2 = g1;
    struct smmuv3_ref *a = c->a;

    a->outcome = XL_ATS_OK;
    if (c->s1) {
        if (!stage1_walk(c, &x, s))
            return;
        g1 = grant_of(c, x.f1.perm, x.f1.dirty && stage1_perm(c, &x.f1, false, false) >>
                                                      (a->priv ? 3 : 0) & W);
        if (!some(g1)) {
            a->code = F_PERMISSION;
            return;
        }
        if (!stage1_update(c, &x, &s[x.h], g1.w && !c->q->no_write))
            return;
    }
    if (c->s2) {
        if (!stage2(c, x.ipa, CLASS_IN, &x.f2))
            return;
        g2 = grant_of(c, x.f2.perm, x.f2.dirty);
    }
    g1 = (struct grant){ g1.r && g2.r, g1.w && g2.w, g1.x && g2.x };
    if (!some(g1))
        return;
    a->ats_r = g1.r;
    a->ats_w = g1.w;
    a->ats_x = g1.x;
    if (c->s2 && c->st2.ha)
        update(c, &x.f2, 1ull << 10, 0);
    if (c->s2 && a->ats_w && !c->q->no_write && x.f2.dirty)
        gain_write(c, &x.f2);
    finish(c, &x, c->eats == 2 || !c->s2 ? x.ipa : x.f2.out);
    a->outcome = XL_ATS_OK;
}

/* ---- configuration --------------------------------------------------------------------------- */

static bool stream_table(struct ref *c, uint64_t *at)
{
    uint64_t base = reg(c->r->strtab_base, 51, 6) << 6, cfg = c->r->strtab_base_cfg, d;
    unsigned log2size = (unsigned)reg(cfg, 5, 0), split = (unsigned)reg(cfg, 10, 6), span, low;
    uint32_t sid = c->q->sid;

    if ((uint64_t)sid >> smaller(log2size, (unsigned)reg(c->r->idr1, 5, 0)))
        return bad(c, C_BAD_STREAMID);
    if (reg(cfg, 17, 16) != 1 || reg(c->r->idr0, 28, 27) != 1) {
        *at = ((base & ~ones(log2size + 6)) + 64ull * sid) & ones(oas(c));
        return true;
    }
    if (split != 6 && split != 8 && split != 10)
        split = 6;
    low = log2size + 3 > split + 6 ? log2size - split + 3 : 6;
    *at = ((base & ~ones(low)) + 8ull * (sid >> split)) & ones(oas(c));
    if (!read_words(c, "L1STD", *at, 1, &d))
        return bad_fetch(c, F_STE_FETCH, *at);
    span = (unsigned)reg(d, 4, 0);
    if (span == 0 || span > 11 || span > split + 1 || (sid & ones(split)) >> (span - 1))
        return bad(c, C_BAD_STREAMID);
    *at = ((reg(d, 51, 6) << 6 & ~ones(5 + span)) + 64 * (sid & ones(split))) & ones(oas(c));
    return true;
}

static bool granule(const struct ref *c, unsigned page)
{
    return page == 12   ? reg(c->r->idr5, 4, 4)
           : page == 14 ? reg(c->r->idr5, 5, 5)
           : page == 16 ? reg(c->r->idr5, 6, 6) : false;
}

static bool endian_ok(const struct ref *c, bool big)
{
    unsigned e = (unsigned)reg(c->r->idr0, 22, 21);

    return e == 2 ? !big : e == 3 ? big : true;
}

/* Start level of stage 2 and the S2T0SZ that fit it. */
static bool stage2_start(const struct ref *c, struct stage *s, unsigned t0sz)
{
    static const struct row {
        uint8_t page, sl0, sl0_2;
        int8_t start;
        uint8_t first, first_ds, last, last_stt;       /* first 0: only with DS */
        bool stt;                                      /* only with STT */
    } rows[] = {
        { 12, 0, 0,  2, 30, 30, 39, 42, false }, { 12, 1, 0, 1, 21, 21, 33, 33, false },
        { 12, 2, 0,  0, 16, 12, 24, 24, false }, { 12, 3, 0, 3, 39, 39, 48, 48, true },
        { 12, 0, 1, -1,  0, 12, 15, 15, false },
        { 14, 0, 0,  3, 35, 35, 39, 48, false }, { 14, 1, 0, 2, 24, 24, 38, 38, false },
        { 14, 2, 0,  1, 16, 13, 27, 27, false }, { 14, 3, 0, 0,  0, 12, 16, 16, false },
        { 16, 0, 0,  3, 31, 31, 39, 47, false }, { 16, 1, 0, 2, 18, 18, 34, 34, false },
        { 16, 2, 0,  1, 12, 12, 21, 21, false },
    };
    bool stt = reg(c->r->idr3, 9, 9);
    unsigned sl0 = (unsigned)bit(c->ste, 167, 166);
    unsigned sl0_2 = s->ds && s->page == 12 ? (unsigned)bit(c->ste, 194, 194) : 0;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        unsigned first = s->ds ? r->first_ds : r->first;

        if (r->page != s->page || r->sl0 != sl0 || r->sl0_2 != sl0_2)
            continue;
        s->start = r->start;
        return first && t0sz >= first && t0sz <= (stt ? r->last_stt : r->last) && (stt || !r->stt);
    }
    return false;
}

static bool stage2_legal(struct ref *c)
{
    static const uint8_t page[] = { 12, 16, 14, 0 };
    unsigned t0sz = (unsigned)bit(c->ste, 165, 160), httu = (unsigned)reg(c->r->idr0, 7, 6), low;
    unsigned model = (unsigned)reg(c->r->idr0, 25, 24), most;
    bool s2s = bit(c->ste, 185, 185), ha = bit(c->ste, 184, 184), hd = bit(c->ste, 183, 183);
    struct stage *s = &c->st2;

    *s = (struct stage){
        .n = 2, .page = page[bit(c->ste, 175, 174)], .in = 64 - t0sz,
        .out = smaller(size_of(bit(c->ste, 178, 176)), oas(c)),
        .ds = reg(c->r->idr5, 7, 7) && bit(c->ste, 195, 195), .big = bit(c->ste, 180, 180),
        .affd = bit(c->ste, 181, 181), .ha = ha, .hd = ha && hd,
        .sh = (unsigned)bit(c->ste, 173, 172), .big_block = oas(c) == 52,
        .base = bit(c->ste, 243, 196) << 4,
    };
    if (s->page == 16)
        s->ds = false;
    if ((model == 1 && s2s) || (model == 2 && !s2s))
        return false;
    if (!bit(c->ste, 179, 179) || !reg(c->r->idr0, 3, 3))
        return false;
    if ((httu == 0 && (ha || hd)) || (httu == 1 && hd))
        return false;
    if (!granule(c, s->page))
        return false;
    if (s->base >> s->out || (s->page != 16 && !s->ds && s->base >> 48))
        return false;
    most = reg(c->r->idr3, 9, 9) ? (s->page == 16 ? 47 : 48) : 39;
    low = s->page == 16 || s->ds ? 12 : 16;
    if (low < 64 - oas(c))
        low = 64 - oas(c);
    if (t0sz > most || t0sz < low || !stage2_start(c, s, t0sz))
        return false;
    if (!endian_ok(c, s->big))
        return false;
    low = s->in - below(s->page, s->start) + 3;
    if (s->out == 52 && low < 6)
        low = 6;
    s->base &= ~ones(low);
    return true;
}

static bool ste_legal(struct ref *c)
{
    const uint64_t *ste = c->ste, idr0 = c->r->idr0, idr1 = c->r->idr1;
    bool s1 = bit(ste, 1, 1), s2 = bit(ste, 2, 2), s2s = bit(ste, 185, 185);
    unsigned eats = (unsigned)bit(ste, 93, 92), max = (unsigned)bit(ste, 63, 59);
    unsigned fmt = (unsigned)bit(ste, 5, 4), strw = (unsigned)bit(ste, 95, 94);

    if ((s1 && !reg(idr0, 1, 1)) || (s2 && !reg(idr0, 0, 0)))
        return false;
    if (reg(idr0, 10, 10) && (s1 || s2)) {
        if (eats == 2 && (!s1 || !s2 || s2s || reg(idr0, 11, 11)))
            return false;
        if ((eats == 1 || eats == 3) && s2 && s2s && (eats == 1 || reg(c->r->idr3, 14, 14)))
            return false;
    }
    c->world = EL1;
    if (s1 && !s2 && reg(idr0, 9, 9)) {
        if (strw & 1)
            return false;
        if (strw == 2)
            c->world = reg(c->r->cr2, 0, 0) ? EL2_E2H : EL2;
    }
    if (s1 && bit(ste, 91, 91) && reg(idr0, 25, 24))
        return false;
    if (s1 && reg(idr1, 10, 6)) {
        if (max > reg(idr1, 10, 6))
            return false;
        if (max && !reg(idr0, 19, 19) && (fmt == 1 || fmt == 2))
            return false;
    }
    if (s1 && (bit(ste, 51, 6) << 6) >> oas(c) && (!s2 || c->choice->ctxptr_bad_ste))
        return false;
    c->a->vmid_used = reg(idr0, 0, 0) && (s1 || s2) && c->world == EL1;
    if (c->a->vmid_used && bit(ste, 143, 136) && !reg(idr0, 18, 18))
        return false;
    return !s2 || stage2_legal(c);
}

/* The STE; false: the transaction has ended. */
static bool stream(struct ref *c)
{
    uint64_t at = 0;
    unsigned config;

    if (!stream_table(c, &at))
        return false;
    if (!read_words(c, "STE", at, 8, c->ste))
        return bad_fetch(c, F_STE_FETCH, at);
    if (!bit(c->ste, 0, 0))
        return bad(c, C_BAD_STE);
    config = (unsigned)bit(c->ste, 3, 1);
    if (config < 4) {
        c->a->outcome = c->q->type == XL_ATS_REQUEST ? XL_ATS_UR : XL_ABORT;
        return false;
    }
    if (!ste_legal(c))
        return bad(c, C_BAD_STE);
    c->s1 = config & 1;
    c->s2 = config & 2;
    c->a->vmid = (uint16_t)bit(c->ste, 143, 128);
    judged(c);
    c->eats = reg(c->r->idr0, 10, 10) && config != 4 ? (unsigned)bit(c->ste, 93, 92) : 0;
    if (c->eats == 2 && !reg(c->r->cr0, 4, 4))
        c->eats = 0;
    if (c->eats == 3)          /* without DPT */
        c->eats = 0;
    return true;
}

/* SubstreamID and S1DSS [3.9, 5.2].  *ssid: the CD to use. */
static bool substream(struct ref *c, uint32_t *ssid)
{
    unsigned size = (unsigned)reg(c->r->idr1, 10, 6);
    unsigned max = size ? (unsigned)bit(c->ste, 63, 59) : 0, dss = (unsigned)bit(c->ste, 65, 64);

    *ssid = 0;
    if (c->ssv) {
        if (!c->s1 || max == 0 || c->q->ssid >> max)
            return bad(c, C_BAD_SUBSTREAMID);
        if (c->q->ssid == 0 && dss == 2)
            return bad(c, F_STREAM_DISABLED);
        *ssid = c->q->ssid;
        return true;
    }
    if (!c->s1 || max == 0 || dss == 2)
        return true;
    if (dss != 1)
        return bad(c, F_STREAM_DISABLED);
    c->s1 = false;
    return true;
}

/* Words of an L1CD or a CD, through stage 2 if there is one. */
static bool read_cd(struct ref *c, const char *name, uint64_t at, unsigned n, uint64_t *w)
{
    struct found f;

    if (c->s2) {
        if (!stage2(c, at, CLASS_CD, &f) || !stage2_right(c, at, CLASS_CD, R, false, &f))
            return false;
        at = f.out;
    }
    return read_words(c, name, at, n, w) || bad_fetch(c, F_CD_FETCH, at);
}

static bool find_cd(struct ref *c, uint32_t ssid)
{
    unsigned fmt = (unsigned)bit(c->ste, 5, 4), split = fmt == 2 ? 10 : 6;
    uint64_t at = bit(c->ste, 51, 6) << 6, l1;

    if (!reg(c->r->idr1, 10, 6) || !bit(c->ste, 63, 59))
        return read_cd(c, "CD", at, 8, c->cd);
    if (fmt != 1 && fmt != 2)
        return read_cd(c, "CD", at + 64ull * ssid, 8, c->cd);
    if (!read_cd(c, "L1CD", at + 8ull * (ssid >> split), 1, &l1))
        return false;
    if (!(l1 & 1))
        return bad(c, C_BAD_SUBSTREAMID);
    at = reg(l1, 51, 12) << 12 & ~ones(split + 6);
    if (at >> oas(c) && (!c->s2 || c->choice->l2ptr_bad_ssid))
        return bad(c, C_BAD_SUBSTREAMID);
    return read_cd(c, "CD", at + 64 * (ssid & ones(split)), 8, c->cd);
}

static bool half_legal(const struct ref *c, unsigned h, const struct stage *s)
{
    unsigned txsz = (unsigned)bit(c->cd, h ? 21 : 5, h ? 16 : 0), most, least;
    uint64_t ttb = bit(c->cd, h ? 179 : 115, h ? 132 : 68) << 4;

    if (!granule(c, s->page))
        return false;
    most = reg(c->r->idr3, 9, 9) ? (s->page == 16 ? 47 : 48) : 39;
    least = reg(c->r->idr5, 11, 10) && (s->page == 16 || s->ds) ? 12 : 16;
    if (txsz > most || txsz < least)
        return false;
    return !(ttb >> s->out) && (s->page == 16 || s->ds || !(ttb >> 48));
}

static bool cd_legal(struct ref *c, struct stage *s)
{
    const uint64_t *cd = c->cd, idr0 = c->r->idr0;
    unsigned model = (unsigned)reg(idr0, 25, 24), httu = (unsigned)reg(idr0, 7, 6);
    bool epd[2] = { bit(cd, 14, 14), bit(cd, 30, 30) };

    if (c->world == EL2) {
        epd[0] = false;
        epd[1] = true;         /* there is no TTB1 */
    }
    if (!bit(cd, 31, 31))
        return false;
    if (bit(cd, 44, 44) ? bit(c->ste, 91, 91) || model == 1 : model == 2)
        return false;
    if (reg(idr0, 26, 26) && !bit(cd, 46, 46))
        return false;
    if (!(epd[0] && epd[1]) && !endian_ok(c, bit(cd, 15, 15)))
        return false;
    if (!bit(cd, 41, 41) || !reg(idr0, 3, 3))
        return false;
    if ((httu == 0 && (bit(cd, 43, 43) || bit(cd, 42, 42))) || (httu == 1 && bit(cd, 42, 42)))
        return false;
    c->a->asid_used = c->world != EL2;
    if (c->a->asid_used && bit(cd, 63, 56) && !reg(idr0, 12, 12))
        return false;
    for (unsigned h = 0; h < 2; h++) {
        stage1_half(c, h, &s[h]);
        if (!epd[h] && !half_legal(c, h, &s[h]))
            return false;
    }
    return true;
}

static bool context(struct ref *c, uint32_t ssid, struct stage *s)
{
    if (!find_cd(c, ssid))
        return false;
    if (!cd_legal(c, s))
        return bad(c, C_BAD_CD);
    c->a->asid = (uint16_t)bit(c->cd, 63, 48);
    return true;
}

/* ---- a transaction --------------------------------------------------------------------------- */

static void disabled(struct ref *c)
{
    uint64_t gbpa = c->r->gbpa;
    struct smmuv3_ref *a = c->a;
    unsigned mair, sh;

    if (c->q->type != XL_UNTRANSLATED) {
        a->code = c->q->type == XL_ATS_REQUEST ? F_BAD_ATS_TREQ : F_TRANSL_FORBIDDEN;
        a->outcome = c->q->type == XL_ATS_REQUEST ? XL_ATS_UR : XL_FAULT;
        a->recorded = true;
        return;
    }
    if (reg(gbpa, 20, 20) || c->q->addr >> oas(c)) {
        a->outcome = XL_ABORT;
        return;
    }
    a->outcome = XL_BYPASS;
    a->pa = c->q->addr;
    incoming(c, reg(gbpa, 4, 4), (unsigned)reg(gbpa, 3, 0), (unsigned)reg(gbpa, 11, 8),
             (unsigned)reg(gbpa, 13, 12), &mair, &sh);
    consistent(a, mair, sh);
}

/* A translated address as output; above OAS it is cut or aborted. */
static void pass(struct ref *c)
{
    struct smmuv3_ref *a = c->a;
    unsigned mair, sh;

    a->pa = c->q->addr;
    if (a->pa >> oas(c) && !c->choice->truncate_translated) {
        a->outcome = XL_ABORT;
        return;
    }
    a->pa &= ones(oas(c));
    a->outcome = XL_BYPASS;
    incoming(c, false, 0, 0, 1, &mair, &sh);
    consistent(a, mair, sh);
}

static void translated(struct ref *c)
{
    struct smmuv3_ref *a = c->a;
    uint32_t ssid;

    if (!reg(c->r->cr0, 4, 4)) {
        pass(c);
        return;
    }
    if (!stream(c))
        return;
    if (c->eats == 0) {
        a->code = F_TRANSL_FORBIDDEN;
        a->outcome = XL_FAULT;
        a->recorded = true;
        return;
    }
    if (!substream(c, &ssid))
        return;
    if (c->eats != 2) {
        pass(c);
        return;
    }
    c->s1 = false;
    if (c->q->addr >> oas(c))
        too_large(c);
    else
        ordinary(c, NULL);
}

static void bypass(struct ref *c)
{
    unsigned mair, sh;

    c->a->outcome = XL_BYPASS;
    c->a->pa = c->q->addr;
    if (c->q->type == XL_ATS_REQUEST) {
        c->a->outcome = XL_ATS_OK;
        c->a->ats_r = true;
        c->a->ats_w = !c->q->no_write || c->choice->grant_write_nw;
        return;
    }
    incoming_ste(c, &mair, &sh);
    consistent(c->a, mair, sh);
}

static void transaction(struct ref *c)
{
    struct stage s[2];
    uint32_t ssid;

    if (!reg(c->r->cr0, 0, 0)) {
        disabled(c);
        return;
    }
    if (c->q->type == XL_TRANSLATED) {
        translated(c);
        return;
    }
    if (!stream(c))
        return;
    if (c->q->type == XL_ATS_REQUEST && c->eats == 0) {
        c->a->code = F_BAD_ATS_TREQ;
        c->a->outcome = XL_ATS_UR;
        c->a->recorded = true;
        return;
    }
    if (!substream(c, &ssid))
        return;
    if (!c->s1 && c->q->addr >> oas(c)) {
        too_large(c);
        return;
    }
    if (!c->s1 && !c->s2) {
        bypass(c);
        return;
    }
    if (c->s1 && !context(c, ssid, s))
        return;
    if (c->q->type == XL_ATS_REQUEST)
        ats_request(c, s);
    else
        ordinary(c, s);
}

void smmuv3_ref_run(struct smmuv3_ref *a, const struct smmuv3_regs *regs,
                    const struct smmuv3_ref_choice *choice, const struct xl_req *req,
                    smmuv3_ref_mem *mem, void *arg)
{
    struct ref c = { .r = regs, .choice = choice, .q = req, .mem = mem, .arg = arg, .a = a };

    memset(a, 0, sizeof *a);
    c.ssv = req->has_ssid && req->type != XL_TRANSLATED;
    a->write = req->write || req->atomic;
    a->priv = req->priv;
    a->exec = req->exec && !a->write;
    if (!req->speculative || req->type == XL_ATS_REQUEST) {
        transaction(&c);
        return;
    }
    if (!a->write)
        transaction(&c);
    else
        a->outcome = XL_ABORT;
    if (a->outcome != XL_OK && a->outcome != XL_BYPASS) {      /* whatever A, R and S say [3.14] */
        a->outcome = XL_ABORT;
        a->recorded = false;
    }
}

void smmuv3_ref_record(const struct smmuv3_ref *a, const struct xl_req *q, uint64_t w[4])
{
    bool fault = a->code >= 0x10, walk = a->code == 0x0b || fault;

    memset(w, 0, 4 * sizeof *w);
    w[0] = a->code | (uint64_t)q->sid << 32;
    if (q->has_ssid && a->code != 0x06)
        w[0] |= (uint64_t)(a->code != 0x08) << 11 | (uint64_t)q->ssid << 12;
    if (walk || a->code == 0x07) {
        w[1] |= (uint64_t)!a->write << 35;
        w[2] = q->addr;
    }
    if (walk)
        w[1] |= (uint64_t)a->priv << 33 | (uint64_t)a->exec << 34 | (uint64_t)a->s2 << 39 |
                (uint64_t)a->cls << 40 | (uint64_t)(a->outcome == XL_STALL) << 31;
    if (a->code == 0x13 && a->cls == CLASS_TT)
        w[1] |= (uint64_t)!a->table_write << 44;
    w[3] = fault ? a->ipa & 0xfffffffffff000 : a->fetch & 0xfffffffffffff8;
}
