/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 machine on random tables, stage 1, stage 2 and nested, with every pair of granules,
 * against a second translation put together here from vmsa_ref.h and the order of checks of the
 * manual [SMMUv3 3.4, 7.3].  IOMMUSIM_FULL=1: a million requests.
 */
#include <stdlib.h>

#include "arch/smmuv3/translate.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"
#include "vmsa_ref.h"

enum { LEAVES = 12, REGIONS = 600, REQUESTS = 100, SID = 5, STE_AT = 0x10000000, CD_LOG2 = 6 };
enum { CLASS_CD, CLASS_TT, CLASS_IN };

struct region { uint64_t ipa; unsigned bits; };
struct leaf { uint64_t va; unsigned bits, half; };

struct world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;             /* free memory */
    struct smmuv3_regs regs;
    bool s1, s2;
    unsigned ips;
    bool epd1;
    struct ref_table half[2], stage2;
    struct table_io io1, io2;
    uint64_t cd;               /* where the CD is: an IPA if nested */
    struct region region[REGIONS];     /* of IPAs that stage 2 maps on purpose */
    unsigned regions;
    struct leaf leaf[LEAVES];
    unsigned leaves;
    uint64_t requests, ok, nested_faults, bad;
};

/* What comes out of one request. */
struct answer {
    unsigned code;             /* event, 0: translated */
    bool stage2;
    unsigned cls;
    uint64_t pa, ipa;
    unsigned size_bits, perm1, perm2;
};

static uint64_t pick(struct world *w, uint64_t n)
{
    return rng_below(&w->rng, n);
}

static uint64_t low(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- the other translation ------------------------------------------------------------------- */

static bool read_pa(void *arg, uint64_t pa, uint64_t *word)
{
    *word = mem_read64(((struct world *)arg)->mem, pa);
    return true;
}

static unsigned code_of(enum ref_fault f)
{
    return f == REF_TRANSLATION ? 0x10 : f == REF_SIZE ? 0x11 : 0x12;
}

static struct ref_result stage2(struct world *w, uint64_t ipa, unsigned cls, unsigned need,
                                struct answer *a)
{
    struct ref_result r = ref_walk(&w->stage2, read_pa, w, ipa);

    if (r.fault != REF_OK)
        a->code = code_of(r.fault);
    else if (!(r.perm & need))
        a->code = 0x13;
    if (a->code) {
        a->stage2 = true;
        a->cls = cls;
        a->ipa = ipa;
    }
    return r;
}

struct through { struct world *w; struct answer *a; };

static bool read_ipa(void *arg, uint64_t ipa, uint64_t *word)
{
    struct through *t = arg;
    struct ref_result r;

    if (!t->w->s2)
        return read_pa(t->w, ipa, word);
    r = stage2(t->w, ipa, CLASS_TT, REF_R, t->a);
    return t->a->code ? false : read_pa(t->w, r.out, word);
}

static unsigned need_of(const struct xl_req *q)
{
    unsigned p = q->write ? REF_W : q->exec ? REF_X : REF_R;

    return q->priv ? p << 3 : p;
}

/* The half whose range holds the address; -1: none. */
static int half_of(const struct world *w, uint64_t va)
{
    if (va >> w->half[0].in_bits == 0)
        return 0;
    if (!w->epd1 && ~va >> w->half[1].in_bits == 0)
        return 1;
    return -1;
}

static bool stage1(struct world *w, const struct xl_req *q, struct answer *a, struct ref_result *r)
{
    int h = half_of(w, q->addr);
    struct through t = { w, a };

    *a = (struct answer){ .cls = CLASS_IN };
    if (h < 0) {
        a->code = 0x10;
        return false;
    }
    *r = ref_walk(&w->half[h], read_ipa, &t, q->addr & low(w->half[h].in_bits));
    if (r->fault == REF_READ)                  /* stage 2 has said why */
        return false;
    if (r->fault != REF_OK)
        a->code = code_of(r->fault);
    else if (!(r->perm & need_of(q)))
        a->code = 0x13;
    return a->code == 0;
}

static struct answer answer(struct world *w, const struct xl_req *q)
{
    struct ref_result r1 = { .out = q->addr, .size_bits = 64, .perm = 63 }, r2;
    struct answer a = { .cls = CLASS_IN };

    if (!w->s1 && q->addr >> smmuv3_oas(&w->regs)) {
        a.code = 0x11;
        return a;
    }
    if (w->s1 && w->s2) {
        stage2(w, w->cd, CLASS_CD, REF_R, &a);
        if (a.code)
            return a;
    }
    if (w->s1 && !stage1(w, q, &a, &r1))
        return a;
    a.pa = r1.out;
    a.size_bits = r1.size_bits;
    a.perm1 = r1.perm;
    a.perm2 = 63;
    if (!w->s2)
        return a;
    r2 = stage2(w, r1.out, CLASS_IN, need_of(q), &a);
    a.pa = r2.out;
    a.size_bits = min(r1.size_bits, r2.size_bits);
    a.perm2 = r2.perm;
    return a;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static struct vmsa_table table_of(const struct ref_table *r)
{
    return (struct vmsa_table){
        .base = r->base, .stage = (uint8_t)r->stage, .granule_log2 = (uint8_t)r->page_bits,
        .in_bits = (uint8_t)r->in_bits, .out_bits = (uint8_t)r->out_bits, .start = (int8_t)r->start,
        .ds = r->ds, .lpa = r->lpa, .affd = r->af_ignored, .wxn = r->wxn, .pan = r->pan, .had = r->had,
    };
}

static uint64_t take_pa(struct world *w, unsigned bits)
{
    uint64_t pa = (w->next + low(bits)) & ~low(bits);

    w->next = pa + (1ull << bits);
    return pa;
}

static uint64_t io2_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct world *)arg)->mem, pa);
}

static int io2_write(void *arg, uint64_t pa, uint64_t value)
{
    return mem_write64(((struct world *)arg)->mem, pa, value);
}

static uint64_t io2_alloc(void *arg, unsigned bytes_log2)
{
    return take_pa(arg, bytes_log2);
}

static bool is_free(const struct world *w, uint64_t ipa, unsigned bits)
{
    for (unsigned i = 0; i < w->regions; i++) {
        unsigned larger = bits > w->region[i].bits ? bits : w->region[i].bits;

        if (ipa >> larger == w->region[i].ipa >> larger)
            return false;
    }
    return w->regions < REGIONS;
}

static bool map2(struct world *w, uint64_t ipa, uint64_t pa, int level, uint64_t attr)
{
    struct vmsa_table t = table_of(&w->stage2);
    unsigned bits = ref_low(w->stage2.page_bits, level);

    ipa &= ~low(bits);
    if (bits > w->stage2.in_bits || bits > w->stage2.out_bits || !is_free(w, ipa, bits))
        return false;
    w->region[w->regions++] = (struct region){ ipa, bits };
    return vmsa_map(&t, &w->io2, ipa, pa & ~low(bits), level, attr) == 0;
}

/* Room in the space that stage 1 sees, each page of stage 2 somewhere else in memory; now and then
 * one that stage 2 does not let through. */
static uint64_t take_ipa(struct world *w, unsigned bits)
{
    unsigned page = w->stage2.page_bits, unit = bits > page ? bits : page;
    unsigned width = min(min(w->stage2.in_bits, w->ips), 48);  /* a TTB of any granule */
    uint64_t ipa, attr = vmsa_attr(2, true, true);
    unsigned tries = 0;

    do {
        if (unit > width || w->regions + (1u << (unit - page)) > REGIONS || tries++ > 20)
            return 0;
        ipa = rng_u64(&w->rng) >> (64 - width) & ~low(unit);
    } while (ipa == 0 || !is_free(w, ipa, unit));
    if (w->stage2.ds)
        attr &= ~0x300ull;
    for (uint64_t at = 0; at < 1ull << unit; at += 1ull << page) {
        uint64_t bad = pick(w, 40);

        if (bad < 2)
            map2(w, ipa + at, take_pa(w, page), 3, bad ? attr ^ 3 << 6 : attr ^ 1ull << 10);
        else
            map2(w, ipa + at, take_pa(w, page), 3, attr);
    }
    return ipa + (rng_u64(&w->rng) & low(unit) & ~low(bits));
}

/* Host software sees its tables whatever stage 2 permits. */
static uint64_t behind(struct world *w, uint64_t addr)
{
    struct ref_table t = w->stage2;

    t.af_ignored = true;
    return w->s2 ? ref_walk(&t, read_pa, w, addr).out : addr;
}

static uint64_t io1_read(void *arg, uint64_t addr)
{
    struct world *w = arg;

    return mem_read64(w->mem, behind(w, addr));
}

static int io1_write(void *arg, uint64_t addr, uint64_t value)
{
    struct world *w = arg;

    return mem_write64(w->mem, behind(w, addr), value);
}

static uint64_t io1_alloc(void *arg, unsigned bytes_log2)
{
    struct world *w = arg;

    return w->s2 ? take_ipa(w, bytes_log2) : take_pa(w, bytes_log2);
}

/* ---- a random configuration ------------------------------------------------------------------ */

static const struct ref_format *format(struct world *w, unsigned stage)
{
    const struct ref_format *f;

    do
        f = &ref_formats[pick(w, ARRAY_LEN(ref_formats))];
    while (f->stage != stage);
    return f;
}

static struct ref_table random_table(struct world *w, const struct ref_format *f, unsigned out_bits)
{
    unsigned oas = smmuv3_oas(&w->regs), first = f->first;

    if (f->stage == 2 && first < 64 - oas && f->last >= 64 - oas)
        first = 64 - oas;
    return (struct ref_table){
        .stage = f->stage, .page_bits = f->page_bits, .start = f->start, .ds = f->ds,
        .lpa = oas == 52,
        .in_bits = 64 - (first + (unsigned)pick(w, f->last - first + 1u)),
        .out_bits = f->ds || f->page_bits == 16 ? out_bits : min(out_bits, 48),
    };
}

static void random_regs(struct world *w)
{
    struct smmuv3_regs *r = &w->regs;

    *r = (struct smmuv3_regs){ .strtab_base = STE_AT };
    FIELD_SET(IDR0, S1P, &r->idr0, 1);
    FIELD_SET(IDR0, S2P, &r->idr0, 1);
    FIELD_SET(IDR0, TTF, &r->idr0, 2);
    FIELD_SET(IDR0, ASID16, &r->idr0, 1);
    FIELD_SET(IDR1, SIDSIZE, &r->idr1, 8);
    FIELD_SET(IDR3, HAD, &r->idr3, 1);
    FIELD_SET(IDR3, STT, &r->idr3, 1);
    FIELD_SET(IDR5, OAS, &r->idr5, pick(w, 4) ? 5 : 6);
    FIELD_SET(IDR5, GRAN4K, &r->idr5, 1);
    FIELD_SET(IDR5, GRAN16K, &r->idr5, 1);
    FIELD_SET(IDR5, GRAN64K, &r->idr5, 1);
    FIELD_SET(IDR5, DS, &r->idr5, 1);
    FIELD_SET(IDR5, VAX, &r->idr5, 1);
    FIELD_SET(CR0, SMMUEN, &r->cr0, 1);
    FIELD_SET(STRTAB_BASE_CFG, LOG2SIZE, &r->strtab_base_cfg, 8);
}

static unsigned random_size(struct world *w)
{
    static const uint8_t sizes[] = { 36, 40, 42, 44, 48, 52 };

    return min(sizes[pick(w, ARRAY_LEN(sizes))], smmuv3_oas(&w->regs));
}

static unsigned root_log2(const struct ref_table *t)
{
    unsigned bits = t->in_bits - ref_low(t->page_bits, t->start) + 3;

    return bits < 6 ? 6 : bits;
}

static bool random_stage1(struct world *w)
{
    const struct ref_format *f0 = format(w, 1), *f1;
    bool affd = pick(w, 4) == 0, wxn = pick(w, 4) == 0, pan = pick(w, 4) == 0;

    do
        f1 = format(w, 1);
    while (f1->ds != f0->ds && f1->page_bits != 16 && f0->page_bits != 16);
    w->ips = random_size(w);
    w->epd1 = pick(w, 3) == 0;
    for (unsigned h = 0; h < 2; h++) {
        struct ref_table *t = &w->half[h];

        *t = random_table(w, h ? f1 : f0, w->ips);
        t->af_ignored = affd;
        t->wxn = wxn;
        t->pan = pan;
        t->had = pick(w, 2);
        if (t->in_bits > 55)
            return false;
        if (h && w->epd1)
            break;
        t->base = w->io1.alloc(w->io1.arg, root_log2(t));
        if (!t->base)
            return false;
    }
    w->cd = w->io1.alloc(w->io1.arg, CD_LOG2);
    return w->cd != 0;
}

/* Writes the STE and the CD that say what was chosen. */
static void write_structures(struct world *w)
{
    struct smmuv3_config c = { .config = w->s1 && w->s2 ? STE_NESTED : w->s1 ? STE_S1 : STE_S2,
                               .s1 = w->s1, .s2 = w->s2, .a = true, .r = true, .s2r = true,
                               .epd = { false, w->epd1 }, .s1ctxptr = w->cd, .asid = 1 };
    uint64_t ste[STE_WORDS], cd[CD_WORDS];

    c.s2t = table_of(&w->stage2);
    for (unsigned h = 0; h < 2; h++) {
        c.tt[h] = table_of(&w->half[h]);
        c.tt[h].out_bits = (uint8_t)w->ips;
        c.tt[h].ds = w->half[0].ds || (!w->epd1 && w->half[1].ds);
    }
    smmuv3_encode_ste(&c, ste);
    for (unsigned i = 0; i < STE_WORDS; i++)
        mem_write64(w->mem, STE_AT + SID * STE_BYTES + 8 * i, ste[i]);
    if (!w->s1)
        return;
    smmuv3_encode_cd(&c, cd);
    for (unsigned i = 0; i < CD_WORDS; i++)
        w->io1.write(w->io1.arg, w->cd + 8 * i, cd[i]);
}

static uint64_t random_attr(struct world *w, const struct ref_table *t)
{
    uint64_t attr = vmsa_attr(t->stage, pick(w, 8), pick(w, 4));

    if (pick(w, 8) == 0)
        attr = rng_u64(&w->rng) & 0x00700000000008fcull;
    if (pick(w, 2))
        attr &= ~(3ull << 53);
    return t->ds ? attr & ~0x300ull : attr;
}

static int random_level(struct world *w, const struct ref_table *t)
{
    int level = 3;

    while (level > t->start && pick(w, 3) == 0 && ref_leaf_ok(t, level - 1))
        level--;
    return level;
}

/* A leaf of stage 1 (or an input of stage 2), and stage 2's for what it gives. */
static void random_leaf(struct world *w)
{
    struct leaf *l = &w->leaf[w->leaves];
    uint64_t ipa = rng_u64(&w->rng) >> (64 - min(w->stage2.in_bits, w->s1 ? w->ips : 64));

    l->half = w->s1 && !w->epd1 && pick(w, 3) == 0;
    l->bits = w->stage2.page_bits;
    l->va = ipa;
    if (w->s1) {
        const struct ref_table *t = &w->half[l->half];
        struct vmsa_table v = table_of(t);
        int level = random_level(w, t);

        l->bits = ref_low(t->page_bits, level);
        if (l->bits > t->in_bits || l->bits > t->out_bits)
            return;
        l->va = rng_u64(&w->rng) >> (64 - t->in_bits) & ~low(l->bits);
        ipa &= ~low(l->bits) & low(t->out_bits);
        if (vmsa_map(&v, &w->io1, l->va, ipa, level, random_attr(w, t)))
            return;
        if (l->half)
            l->va |= ~low(t->in_bits);
    }
    w->leaves++;
    if (w->s2 && pick(w, 8))
        map2(w, ipa + (rng_u64(&w->rng) & low(l->bits)),
             rng_u64(&w->rng) >> (64 - w->stage2.out_bits), random_level(w, &w->stage2),
             random_attr(w, &w->stage2));
}

static bool random_world(struct world *w)
{
    unsigned which = 1 + (unsigned)pick(w, 4);

    mem_free(w->mem);
    w->mem = mem_new();
    w->next = STE_AT + 0x100000;
    w->regions = w->leaves = 0;
    random_regs(w);
    w->s1 = which != 2;
    w->s2 = which != 1;
    w->stage2 = random_table(w, format(w, 2), random_size(w));
    if (w->stage2.in_bits > smmuv3_oas(&w->regs))
        return false;
    w->stage2.base = take_pa(w, root_log2(&w->stage2));
    if (w->s1 && !random_stage1(w))
        return false;
    write_structures(w);
    for (int i = 0; i < LEAVES; i++)
        random_leaf(w);
    return w->leaves > 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

static struct xl_req random_request(struct world *w)
{
    const struct leaf *l = &w->leaf[pick(w, w->leaves)];
    struct xl_req q = { .sid = SID, .addr = l->va | (rng_u64(&w->rng) & low(l->bits)) };

    if (pick(w, 10) == 0)
        q.addr ^= 1ull << pick(w, 64);
    q.write = pick(w, 3) == 0;
    q.exec = !q.write && pick(w, 4) == 0;
    q.priv = pick(w, 2);
    return q;
}

static void machine(struct world *w, struct smmuv3_xl *m, const struct xl_req *q)
{
    static const struct smmuv3_impl impl;
    uint64_t words[STE_WORDS];

    smmuv3_xl_begin(m, &w->regs, &impl, q);
    while (smmuv3_xl_ask(m))
        switch (m->q.kind) {
        case SMMUV3_Q_CONFIG: case SMMUV3_Q_TLB: case SMMUV3_Q_IPA:
            smmuv3_xl_tell_none(m);
            break;
        default:
            mem_read(w->mem, m->q.pa, m->q.words, words);
            smmuv3_xl_tell(m, words);
        }
}

static bool same(const struct smmuv3_xl *m, const struct xl_req *q, const struct answer *a)
{
    const struct xl_leaf *l = &m->leaf;

    if (m->res.code != a->code)
        return false;
    if (a->code)
        return m->res.outcome == XL_FAULT && m->res.stage2 == a->stage2 && m->res.cls == a->cls &&
               (!a->stage2 || m->res.ipa >> 12 == a->ipa >> 12);
    return m->res.outcome == XL_OK && m->res.pa == a->pa && m->has_leaf &&
           l->size_log2 == a->size_bits && l->pa + (q->addr - l->iova) == a->pa &&
           q->addr - l->iova < 1ull << l->size_log2 && l->perm1 == a->perm1 && l->perm2 == a->perm2;
}

static void request(struct world *w)
{
    struct xl_req q = random_request(w);
    struct answer a = answer(w, &q);
    struct smmuv3_xl m;

    machine(w, &m, &q);
    w->requests++;
    w->ok += a.code == 0;
    w->nested_faults += w->s1 && a.stage2;
    if (same(&m, &q, &a) || w->bad++ >= 5)
        return;
    fprintf(stderr,
            "stages %d%d pages 2^%u 2^%u ds %d%d in %u %u out %u %u: 0x%" PRIx64 " %s%s%s: event"
            " 0x%x S2 %d class %u pa 0x%" PRIx64 " ipa 0x%" PRIx64
            " size 2^%u perm 0x%x 0x%x; expected"
            " 0x%x S2 %d class %u pa 0x%" PRIx64 " ipa 0x%" PRIx64 " size 2^%u perm 0x%x 0x%x\n",
            w->s1, w->s2, w->half[0].page_bits, w->stage2.page_bits, w->half[0].ds, w->stage2.ds,
            w->half[0].in_bits, w->stage2.in_bits, w->ips, w->stage2.out_bits, q.addr,
            q.write ? "W" : "R", q.exec ? "X" : "", q.priv ? "P" : "", m.res.code, m.res.stage2,
            m.res.cls, m.res.pa, m.res.ipa, m.leaf.size_log2, m.leaf.perm1, m.leaf.perm2, a.code,
            a.stage2, a.cls, a.pa, a.ipa, a.size_bits, a.perm1, a.perm2);
}

/* Is the CD where it was, if it can be reached at all?  What else is a CD is not judged. */
static bool cd_stays(struct world *w, uint64_t cd)
{
    struct ref_result r = { .fault = REF_OK, .out = w->cd };

    if (w->s1 && w->s2)
        r = ref_walk(&w->stage2, read_pa, w, w->cd);
    return r.fault != REF_OK || r.out == cd;
}

/* Flips bits of words that are not zero, behind the STE and but for the CD. */
static void corrupt(struct world *w)
{
    uint64_t first = STE_AT + 0x100000, words = (w->next - first) / 8;
    uint64_t cd = w->s1 ? behind(w, w->cd) : 0;

    for (int i = 0; i < 10; i++) {
        uint64_t start = pick(w, words), bit = 1ull << pick(w, 64);

        for (uint64_t k = 0; k < words && k < 100000; k++) {
            uint64_t pa = first + 8 * ((start + k) % words), d = mem_read64(w->mem, pa);

            if (!d || (pa >= cd && pa < cd + CD_BYTES))
                continue;
            mem_write64(w->mem, pa, d ^ bit);
            if (w->s1 && !cd_stays(w, cd))
                mem_write64(w->mem, pa, d);
            break;
        }
    }
}

static void both_translations_agree(void)
{
    uint64_t wanted = getenv("IOMMUSIM_FULL") ? 1000000 : 50000;
    struct world w = { .requests = 0 };

    w.io1 = (struct table_io){ io1_read, io1_write, io1_alloc, &w };
    w.io2 = (struct table_io){ io2_read, io2_write, io2_alloc, &w };
    rng_init(&w.rng, 1, "nested property");
    while (w.requests < wanted) {
        if (!random_world(&w))
            continue;
        for (int i = 0; i < REQUESTS * 3 / 4; i++)
            request(&w);
        corrupt(&w);
        for (int i = 0; i < REQUESTS / 4; i++)
            request(&w);
    }
    CHECK_EQ(w.bad, 0);
    CU_ASSERT(w.ok > w.requests / 5);                  /* every kind of end is there */
    CU_ASSERT(w.ok < w.requests * 4 / 5);
    CU_ASSERT(w.nested_faults > w.requests / 50);
    mem_free(w.mem);
}

#define TESTS(T) T(both_translations_agree)
TEST_SUITE("nested property", TESTS)
