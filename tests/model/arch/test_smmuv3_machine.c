/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 machine where it is answered as no memory alone would: roots translated with the configuration,
 * descriptors that change under an update, a copy that goes on by itself, answers to what was not asked.
 */
#include <setjmp.h>

#include "arch/smmuv3/translate.h"
#include "arch/vtd/translate.h"
#include "base/mem.h"
#include "base/sim.h"
#include "suite.h"

enum { SID = 7, VMID = 9, ASID = 3 };

#define STRTAB 0x40000000ull
#define CD     0x20000000ull
#define TABLES 0x30000000ull
#define S2_TABLES 0x50000000ull
#define VA     0x40012000ull
#define HIGH   (VA | 0xffff000000000000ull)

struct bench {
    struct mem *mem;
    struct smmuv3_regs r;
    struct smmuv3_impl impl;
    struct smmuv3_config c;
    struct xl_req req;
    struct smmuv3_xl m;
    uint64_t next;
    bool lost;                         /* an update finds `found` instead */
    uint64_t found;
    unsigned updates;
};

static uint64_t io_read(void *arg, uint64_t pa) { return mem_read64(((struct bench *)arg)->mem, pa); }
static int io_write(void *arg, uint64_t pa, uint64_t v) { return mem_write64(((struct bench *)arg)->mem, pa, v); }
static uint64_t io_alloc(void *arg, unsigned log2)
{
    struct bench *b = arg;

    b->next += 1ull << log2;
    return b->next - (1ull << log2);
}

static void map(struct bench *b, const struct vmsa_table *t, uint64_t in, uint64_t out, uint64_t attr)
{
    struct table_io io = { io_read, io_write, io_alloc, b };

    CHECK_EQ(vmsa_map(t, &io, in, out, 3, attr), 0);
}

static struct vmsa_table table(unsigned stage, uint64_t base)
{
    return (struct vmsa_table){ .stage = (uint8_t)stage, .granule_log2 = 12, .in_bits = 48, .out_bits = 48,
                                .base = base };
}

/* Both halves map VA to a page; nested, stage 2 maps what it is told to. */
static void up(struct bench *b, unsigned config)
{
    *b = (struct bench){ .r = { .idr0 = 0x084d369b, .idr1 = 0x0d084510, .idr3 = 0x414, .idr5 = 0x100075,
                                .cr0 = 0xd, .strtab_base = STRTAB, .strtab_base_cfg = 8 },
                         .req = { .addr = VA, .sid = SID }, .next = TABLES + 0x2000 };
    b->mem = mem_new();
    b->c = (struct smmuv3_config){ .config = (uint8_t)config, .s1 = config & 1, .s2 = config & 2,
                                   .halves = true, .asid = ASID, .vmid = VMID, .a = true, .r = true,
                                   .s2r = true, .s1ctxptr = CD };
    b->c.tt[0] = table(1, TABLES);
    b->c.tt[1] = table(1, TABLES + 0x1000);
    b->c.s2t = table(2, S2_TABLES);
    map(b, &b->c.tt[0], VA, 0x60000000, vmsa_attr(1, true, true));
    map(b, &b->c.tt[1], VA, 0x60001000, vmsa_attr(1, true, true));
}

static void down(struct bench *b) { mem_free(b->mem); }

static void attach(struct bench *b)
{
    uint64_t w[8];

    smmuv3_encode_ste(&b->c, w);
    for (unsigned i = 0; i < 8; i++)
        mem_write64(b->mem, STRTAB + 64 * SID + 8 * i, w[i]);
    smmuv3_encode_cd(&b->c, w);
    for (unsigned i = 0; i < 8; i++)
        mem_write64(b->mem, CD + 8 * i, w[i]);
}

static void update(struct bench *b)
{
    struct smmuv3_xl *m = &b->m;
    uint64_t pa = m->q.pa, old = m->q.old;

    b->updates++;
    if (b->lost)
        mem_write64(b->mem, pa, b->found);
    b->lost = false;
    if (mem_read64(b->mem, pa) == old)
        mem_write64(b->mem, pa, m->q.value);
    else
        old = mem_read64(b->mem, pa);
    smmuv3_xl_tell(m, &old);
}

static struct xl_result go(struct bench *b)
{
    uint64_t w[8];

    smmuv3_xl_begin(&b->m, &b->r, &b->impl, &b->req);
    while (smmuv3_xl_ask(&b->m))
        if (b->m.q.kind == SMMUV3_Q_CAS)
            update(b);
        else if (b->m.q.words)
            smmuv3_xl_tell(&b->m, mem_read(b->mem, b->m.q.pa, b->m.q.words, w) ? w : NULL);
        else
            smmuv3_xl_tell_none(&b->m);
    return b->m.res;
}

/* ---- roots ----------------------------------------------------------------------------------------- */

/* Stage 2 maps the CD, the tables and the pages to themselves, but for one page. */
static void map_stage2(struct bench *b, uint64_t but)
{
    uint64_t end = b->next;

    b->next = S2_TABLES + 0x1000;
    for (uint64_t at = TABLES; at < end; at += 0x1000)
        if (at != but)
            map(b, &b->c.s2t, at, at, vmsa_attr(2, true, true));
    map(b, &b->c.s2t, CD, CD, vmsa_attr(2, true, true));
    map(b, &b->c.s2t, 0x60000000, 0x70000000, vmsa_attr(2, true, true));
    map(b, &b->c.s2t, 0x60001000, 0x70001000, vmsa_attr(2, true, true));
}

static void check_roots(uint64_t but, uint64_t addr, unsigned code, uint64_t ipa)
{
    struct bench b;
    struct xl_result r;

    up(&b, STE_NESTED);
    map_stage2(&b, but);
    attach(&b);
    b.impl.root_ipa_in_config = true;
    b.req.addr = addr;
    r = go(&b);
    CHECK_EQ(r.code, code);
    CHECK_EQ(r.pa, code ? 0 : 0x70000000 + (addr == HIGH ? 0x1000 : 0));
    if (code) {
        CHECK_EQ(r.stage2, 1);
        CHECK_EQ(r.cls, EVENT_CLASS_TT);
        CHECK_EQ(r.ipa & ~0xfffull, ipa);
    }
    down(&b);
}

static void roots_may_be_translated_with_the_configuration(void)
{
    check_roots(0, VA, 0, 0);
    check_roots(0, HIGH, 0, 0);
    check_roots(TABLES, VA, SMMUV3_F_TRANSLATION, TABLES);
    check_roots(TABLES + 0x1000, VA, 0, 0);                /* the other half's is not needed ... */
    check_roots(TABLES + 0x1000, HIGH, SMMUV3_F_TRANSLATION, TABLES + 0x1000);   /* ... until it is */
    check_roots(TABLES, HIGH, 0, 0);
}

static void a_root_that_is_not_there_is_not_translated(void)
{
    struct bench b;

    up(&b, STE_NESTED);
    map_stage2(&b, 0);
    b.c.epd[1] = true;
    attach(&b);
    b.impl.root_ipa_in_config = true;
    CHECK_EQ(go(&b).pa, 0x70000000);
    CHECK_EQ(b.m.config->root_known[1], false);
    down(&b);
}

static void a_faulting_table_can_be_recorded_by_the_cd(void)
{
    for (unsigned how = 0; how < 4; how++) {
        struct bench b;

        up(&b, STE_NESTED);
        map_stage2(&b, TABLES);
        b.impl.table_fault_cd_r = how & 1;
        b.c.r = how & 2;
        b.c.s2r = !(how & 2);
        attach(&b);
        CHECK_EQ(go(&b).code, SMMUV3_F_TRANSLATION);
        CHECK_EQ(b.m.res.recorded, (how & 1) == how >> 1);
        down(&b);
    }
}

/* ---- updates --------------------------------------------------------------------------------------- */

static uint64_t leaf_at(struct bench *b)
{
    struct vmsa_walk w;
    uint64_t pa, at = 0;

    vmsa_begin(&w, &b->c.tt[0], VA, NULL);
    while (vmsa_ask(&w, &pa))
        vmsa_tell(&w, mem_read64(b->mem, at = pa));
    return at;
}

/* The access flag is clear; before it is set something else comes in between. */
static void check_race(uint64_t found, unsigned outcome, unsigned code, uint64_t pa, unsigned updates)
{
    struct bench b;
    uint64_t at;

    up(&b, STE_S1);
    b.c.tt[0].ha = b.c.tt[1].ha = true;
    attach(&b);
    at = leaf_at(&b);
    mem_write64(b.mem, at, mem_read64(b.mem, at) & ~(1ull << 10));
    b.lost = true;
    b.found = found;
    CHECK_EQ(go(&b).outcome, outcome);
    CHECK_EQ(b.m.res.code, code);
    CHECK_EQ(b.m.res.pa, pa);
    CHECK_EQ(b.updates, updates);
    down(&b);
}

static void an_update_that_comes_too_late_looks_again(void)
{
    uint64_t page = vmsa_attr(1, true, true) | 3;

    check_race(0, XL_FAULT, SMMUV3_F_TRANSLATION, 0, 1);
    check_race(0x61000000 | page, XL_OK, 0, 0x61000000, 1);        /* another page, accessed */
    check_race((0x61000000 | page) & ~(1ull << 10), XL_OK, 0, 0x61000000, 2);
}

/* ---- answers --------------------------------------------------------------------------------------- */

static void a_copy_goes_on_with_the_configuration_it_was_told(void)
{
    struct bench b;
    struct smmuv3_config told;
    struct smmuv3_xl copy;

    up(&b, STE_S1);
    attach(&b);
    go(&b);
    told = *b.m.config;
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);
    smmuv3_xl_tell_config(&b.m, &told);
    smmuv3_xl_copy(&copy, &b.m);
    CU_ASSERT_PTR_EQUAL(copy.config, &told);
    down(&b);
}

static jmp_buf broken;

static void jump(const struct sim_place *p, char *buf, size_t size)
{
    (void)p;
    (void)buf;
    (void)size;
    longjmp(broken, 1);
}

/* Whether the answer stops the run. */
#define STOPS(...)                                                                                 \
    do {                                                                                           \
        volatile bool stopped = true;                                                              \
        if (setjmp(broken) == 0) {                                                                 \
            __VA_ARGS__;                                                                           \
            stopped = false;                                                                       \
        }                                                                                          \
        CU_ASSERT_TRUE(stopped);                                                                   \
    } while (0)

static void an_answer_to_what_was_not_asked_is_our_mistake(void)
{
    static const struct sim_place place = { jump };
    static struct bench b;
    static uint64_t words[8];
    static struct xl_leaf leaf;
    static struct smmuv3_config c;
    static struct vtd_xl v;
    static struct vtd_regs regs;
    static struct vtd_impl impl;

    up(&b, STE_S1);
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);          /* asks for the configuration */
    sim_check_place = &place;
    STOPS(smmuv3_xl_tell(&b.m, words));
    STOPS(smmuv3_xl_tell_tlb(&b.m, &leaf));
    STOPS(smmuv3_xl_tell_ipa(&b.m, &leaf));
    sim_check_place = NULL;
    smmuv3_xl_tell_none(&b.m);                             /* asks for the STE */
    sim_check_place = &place;
    STOPS(smmuv3_xl_tell_none(&b.m));
    STOPS(smmuv3_xl_tell_config(&b.m, &c));
    vtd_xl_begin(&v, &regs, &impl, &b.req);                /* is off: asks for nothing */
    STOPS(vtd_xl_tell_none(&v));
    STOPS(vtd_xl_tell(&v, words));
    sim_check_place = NULL;
    down(&b);
}

/* ---- encoders -------------------------------------------------------------------------------------- */

static int refuse(void *arg, uint64_t pa, uint64_t v)
{
    (void)arg;
    (void)pa;
    (void)v;
    return SIM_EENV;
}

static uint64_t none(void *arg, unsigned log2)
{
    (void)arg;
    (void)log2;
    return 0;
}

static void what_cannot_be_written_or_is_out_of_range_is_said(void)
{
    struct bench b;
    struct table_io io, full;
    unsigned log2 = 1;

    up(&b, STE_S1);
    io = (struct table_io){ io_read, refuse, io_alloc, &b };
    full = (struct table_io){ io_read, io_write, none, &b };
    CHECK_EQ(vmsa_map(&b.c.tt[0], &io, VA + (1ull << 40), 0, 3, 0), SIM_EENV);
    CHECK_EQ(vmsa_map(&b.c.tt[0], &full, VA + (1ull << 40), 0, 3, 0), SIM_EENV);
    CHECK_EQ(vmsa_map(&b.c.tt[0], &io, 1ull << 48, 0, 3, 0), SIM_EINPUT);
    CHECK_EQ(vmsa_unmap(&b.c.tt[0], &io, 1ull << 48, &log2), 0);
    CHECK_EQ(log2, 0);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(roots_may_be_translated_with_the_configuration) T(a_root_that_is_not_there_is_not_translated) \
    T(a_faulting_table_can_be_recorded_by_the_cd) T(an_update_that_comes_too_late_looks_again)     \
    T(a_copy_goes_on_with_the_configuration_it_was_told)                                           \
    T(an_answer_to_what_was_not_asked_is_our_mistake) T(what_cannot_be_written_or_is_out_of_range_is_said)
TEST_SUITE("smmuv3-machine", TESTS)
