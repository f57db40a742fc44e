/* SPDX-License-Identifier: Apache-2.0
 *
 * VMSAv8-64 encoder and walk against a second walk (vmsa_ref.h) and against the list of what was
 * mapped, on random tables of every granule, start level, leaf level and stage.  IOMMUSIM_FULL=1: a
 * million requests.
 */
#include <stdlib.h>

#include "arch/table/vmsa.h"
#include "arch/xlate.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"
#include "vmsa_ref.h"

enum { LEAVES = 16, TABLES_MAX = 256, REQUESTS = 100 };

struct mapped { uint64_t in, out; unsigned size_bits; uint64_t attr; bool there; };

struct world {
    struct rng rng;
    struct mem *mem;
    uint64_t next;             /* free memory */
    uint64_t table[TABLES_MAX];/* every table made, and how large */
    unsigned table_bits[TABLES_MAX], tables;

    struct table_io io;
    struct ref_table ref;
    struct vmsa_table t;
    struct mapped leaf[LEAVES];
    uint64_t requests, misses, bad;
};

static uint64_t pick(struct world *w, uint64_t n)
{
    return rng_below(&w->rng, n);
}

static bool coin(struct world *w)
{
    return pick(w, 2);
}

static uint64_t io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct world *)arg)->mem, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return mem_write64(((struct world *)arg)->mem, pa, value);
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct world *w = arg;
    uint64_t size = 1ull << bytes_log2, pa = (w->next + size - 1) & ~(size - 1);

    if (w->tables == TABLES_MAX)
        return 0;
    w->table[w->tables] = pa;
    w->table_bits[w->tables++] = bytes_log2;
    w->next = pa + size;
    return pa;
}

static bool plain_read(void *arg, uint64_t addr, uint64_t *word)
{
    *word = mem_read64(arg, addr);
    return true;
}

/* ---- a random table -------------------------------------------------------------------------- */

static unsigned choose_out_bits(struct world *w, const struct ref_format *f)
{
    static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
    bool can_52 = f->ds || f->page_bits == 16;

    return sizes[pick(w, can_52 ? 7 : 6)];
}

static void new_table(struct world *w, const struct ref_format *f)
{
    struct ref_table *r = &w->ref;
    unsigned txsz = f->first + (unsigned)pick(w, f->last - f->first + 1u), root;

    *r = (struct ref_table){
        .stage = f->stage, .page_bits = f->page_bits, .in_bits = 64 - txsz, .start = f->start,
        .out_bits = choose_out_bits(w, f), .ds = f->ds, .af_ignored = pick(w, 4) == 0,
        .wxn = pick(w, 4) == 0, .pan = pick(w, 4) == 0, .had = pick(w, 4) == 0, .xnx = coin(w),
        .one_privilege = f->stage == 1 && pick(w, 4) == 0,
    };
    r->pan = r->pan && !r->one_privilege;
    r->lpa = r->page_bits == 16 && (r->out_bits == 52 || coin(w));
    mem_free(w->mem);
    w->mem = mem_new();
    w->next = 0x10000000;
    w->tables = 0;
    root = r->in_bits - ref_low(r->page_bits, r->start) + 3;
    r->base = io_alloc(w, root < 6 ? 6 : root);
    w->t = (struct vmsa_table){
        .base = r->base, .stage = (uint8_t)r->stage, .granule_log2 = (uint8_t)r->page_bits,
        .in_bits = (uint8_t)r->in_bits, .out_bits = (uint8_t)r->out_bits,
        .start = (int8_t)r->start, .ds = r->ds, .lpa = r->lpa, .affd = r->af_ignored, .wxn = r->wxn,
        .pan = r->pan, .had = r->had, .xnx = r->xnx,
        .one_privilege = r->one_privilege,
    };
    memset(w->leaf, 0, sizeof w->leaf);
}

/* An address in the table's range, often near an earlier one so that tables are shared. */
static uint64_t choose_in(struct world *w)
{
    uint64_t in = rng_u64(&w->rng) >> (64 - w->ref.in_bits);
    const struct mapped *m = &w->leaf[pick(w, LEAVES)];

    if (m->there && coin(w)) {
        unsigned bits = w->ref.page_bits + (unsigned)pick(w, w->ref.in_bits - w->ref.page_bits);

        in = m->in ^ (in & ((1ull << bits) - 1));
    }
    return in;
}

/* Any bits of a leaf that are neither address nor type. */
static uint64_t choose_attr(struct world *w)
{
    uint64_t mask = 0xfff0000000000ffcull & ~(0xfull << 55);
    uint64_t attr = vmsa_attr(w->ref.stage, coin(w), coin(w));

    if (w->ref.ds)
        mask &= ~0x300ull, attr &= ~0x300ull;
    if (pick(w, 3) == 0)
        attr = rng_u64(&w->rng) & mask;
    return attr;
}

/* Whatever the new leaf overlaps is gone: a block in the way of a table goes whole. */
static void forget(struct world *w, uint64_t in, unsigned size_bits)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        struct mapped *m = &w->leaf[i];
        unsigned larger = m->size_bits > size_bits ? m->size_bits : size_bits;

        if (m->there && m->in >> larger == in >> larger)
            m->there = false;
    }
}

static void map_one(struct world *w, struct mapped *m)
{
    int level = 3;
    struct mapped n = { .attr = choose_attr(w), .there = true };

    while (level > w->ref.start && pick(w, 3) == 0 && ref_leaf_ok(&w->ref, level - 1))
        level--;
    n.size_bits = ref_low(w->ref.page_bits, level);
    if (n.size_bits > w->ref.in_bits || n.size_bits > w->ref.out_bits)
        return;
    n.in = choose_in(w) >> n.size_bits << n.size_bits;
    n.out = rng_u64(&w->rng) >> (64 - w->ref.out_bits) >> n.size_bits << n.size_bits;
    if (vmsa_map(&w->t, &w->io, n.in, n.out, level, n.attr) != 0)
        return;                                /* no table left: the tables above may be there */
    forget(w, n.in, n.size_bits);
    *m = n;
}

static const struct mapped *find(const struct world *w, uint64_t in)
{
    for (unsigned i = 0; i < LEAVES; i++)
        if (w->leaf[i].there && in >> w->leaf[i].size_bits == w->leaf[i].in >> w->leaf[i].size_bits)
            return &w->leaf[i];
    return NULL;
}

/* ---- requests -------------------------------------------------------------------------------- */

static uint64_t choose_request(struct world *w)
{
    const struct mapped *m = &w->leaf[pick(w, LEAVES)];
    uint64_t in = choose_in(w);

    if (m->there && pick(w, 4))
        in = m->in + (rng_u64(&w->rng) >> (64 - m->size_bits));
    if (m->there && pick(w, 10) == 0)
        in = m->in + (1ull << m->size_bits);   /* just behind */
    if (pick(w, 50) == 0)
        in |= 1ull << pick(w, 64);
    return in;
}

static void run(struct world *w, struct vmsa_walk *x, uint64_t in, const struct vmsa_seed *from,
                struct vmsa_seed *kept)
{
    uint64_t pa;

    vmsa_begin(x, &w->t, in, from);
    while (vmsa_ask(x, &pa)) {
        vmsa_tell(x, mem_read64(w->mem, pa));
        if (kept && !x->done && coin(w))
            *kept = (struct vmsa_seed){ .table = x->table, .level = x->level, .hier = x->hier };
    }
}

static bool same_walk(const struct vmsa_walk *x, const struct ref_result *r)
{
    static const uint8_t fault[] = { VMSA_OK, VMSA_TRANSLATION, VMSA_ADDR_SIZE, VMSA_ACCESS,
                                     VMSA_EABT };
    const struct vmsa_leaf *l = &x->leaf;

    if (x->fault != fault[r->fault] || x->level != r->level)
        return false;
    if (r->fault != REF_OK)
        return true;
    return l->out + (x->in - l->in) == r->out && l->size_log2 == r->size_bits &&
           l->level == r->level && l->perm == r->perm && l->global == r->global;
}

static void report(struct world *w, const char *what, const struct vmsa_walk *x,
                   const struct ref_result *r)
{
    if (w->bad++ > 5)
        return;
    fprintf(
        stderr,
        "%s: stage %u page 2^%u start %d in %u out %u ds %d, input 0x%" PRIx64
        ": fault %u level %d out 0x%" PRIx64 " size 2^%u perm 0x%x; expected fault %u level %d out"
        " 0x%" PRIx64 " size 2^%u perm 0x%x\n",
        what, w->ref.stage, w->ref.page_bits, w->ref.start, w->ref.in_bits, w->ref.out_bits,
        w->ref.ds, x->in, x->fault, x->level, x->leaf.out + (x->in - x->leaf.in), x->leaf.size_log2,
        x->leaf.perm, (unsigned)r->fault, r->level, r->out, r->size_bits, r->perm);
}

/* The walk, the walk from a seed, and the other walk agree. */
static struct ref_result request(struct world *w, uint64_t in)
{
    struct vmsa_seed seed = { .table = 0 };
    struct ref_result r = ref_walk(&w->ref, plain_read, w->mem, in);
    struct vmsa_walk x;

    run(w, &x, in, NULL, &seed);
    w->requests++;
    w->misses += r.fault != REF_OK;
    if (!same_walk(&x, &r))
        report(w, "walk", &x, &r);
    if (seed.table) {
        run(w, &x, in, &seed, NULL);
        if (!same_walk(&x, &r))
            report(w, "walk from a seed", &x, &r);
    }
    return r;
}

/* Nothing but what was mapped comes out, with its address, size and access flag. */
static void judge_by_list(struct world *w, uint64_t in, const struct ref_result *r)
{
    const struct mapped *m = in >> w->ref.in_bits ? NULL : find(w, in);
    bool af = m && (m->attr >> 10 & 1 || w->ref.af_ignored), ok;

    if (!m)
        ok = r->fault == REF_TRANSLATION;
    else if (!af)
        ok = r->fault == REF_ACCESS;
    else
        ok = r->fault == REF_OK && r->out == m->out + (in - m->in) && r->size_bits == m->size_bits;
    if (!ok && w->bad++ < 5)
        fprintf(stderr,
                "input 0x%" PRIx64 ": fault %u out 0x%" PRIx64 ", mapped %d to 0x%" PRIx64 "\n", in,
                (unsigned)r->fault, r->out, m != NULL, m ? m->out : 0);
}

static void unmap_some(struct world *w)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        struct mapped *m = &w->leaf[i];
        unsigned size_log2 = 0;
        uint64_t in;

        if (!m->there || coin(w))
            continue;
        in = m->in + (rng_u64(&w->rng) >> (64 - m->size_bits));
        CHECK_EQ(vmsa_unmap(&w->t, &w->io, in, &size_log2), 0);
        CHECK_EQ(size_log2, m->size_bits);
        m->there = false;
        CHECK_EQ(request(w, in).fault, REF_TRANSLATION);
        CHECK_EQ(vmsa_unmap(&w->t, &w->io, in, &size_log2), 0);
        CHECK_EQ(size_log2, 0);
    }
}

/* Any bit of any descriptor may be wrong: types, levels, addresses, hierarchy. */
static void corrupt(struct world *w)
{
    for (int i = 0; i < 12; i++) {
        unsigned n = (unsigned)pick(w, w->tables);
        uint64_t words = 1ull << (w->table_bits[n] - 3), start = pick(w, words);

        for (uint64_t k = 0; k < words; k++) { /* the next word that is not zero */
            uint64_t pa = w->table[n] + 8 * ((start + k) % words), d = mem_read64(w->mem, pa);

            if (d) {
                mem_write64(w->mem, pa, d ^ 1ull << pick(w, 64));
                break;
            }
        }
    }
}

static void try_format(struct world *w, const struct ref_format *f)
{
    new_table(w, f);
    if (f->stage == 1)
        CHECK_EQ(vmsa_start_level(w->ref.page_bits, w->ref.in_bits), w->ref.start);
    for (unsigned i = 0; i < LEAVES; i++)
        map_one(w, &w->leaf[i]);
    for (int i = 0; i < REQUESTS / 2; i++) {
        uint64_t in = choose_request(w);
        struct ref_result r = request(w, in);

        judge_by_list(w, in, &r);
    }
    unmap_some(w);
    for (int i = 0; i < REQUESTS / 4; i++) {
        uint64_t in = choose_request(w);
        struct ref_result r = request(w, in);

        judge_by_list(w, in, &r);
    }
    corrupt(w);
    for (int i = 0; i < REQUESTS / 4; i++)
        request(w, choose_request(w));
}

static void random_tables_are_walked_as_the_manual_says(void)
{
    uint64_t wanted = getenv("IOMMUSIM_FULL") ? 1000000 : 50000;
    struct world w = { .requests = 0 };

    w.io = (struct table_io){ io_read, io_write, io_alloc, &w };
    rng_init(&w.rng, 1, "vmsa property");
    while (w.requests < wanted)
        for (unsigned i = 0; i < ARRAY_LEN(ref_formats); i++)
            try_format(&w, &ref_formats[i]);
    CHECK_EQ(w.bad, 0);
    CU_ASSERT(w.misses > w.requests / 10);             /* both kinds are there */
    CU_ASSERT(w.misses < w.requests / 10 * 8);
    mem_free(w.mem);
}

#define TESTS(T) T(random_tables_are_walked_as_the_manual_says)
TEST_SUITE("vmsa property", TESTS)
