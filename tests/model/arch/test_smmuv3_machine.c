/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 machine where it is answered as no memory alone would: roots translated with the configuration,
 * descriptors that change under an update, a copy that goes on by itself, answers to what was not asked.
 */
#include <setjmp.h>

#include "arch/smmuv3/oracle.h"
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
    bool aborts;                       /* memory does not answer an update */
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
    if (b->aborts) {
        smmuv3_xl_tell(m, NULL);
        return;
    }
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

static void an_update_that_memory_refuses_is_an_aborted_walk(void)
{
    struct bench b;
    uint64_t at;

    up(&b, STE_S1);
    b.c.tt[0].ha = b.c.tt[1].ha = true;
    attach(&b);
    at = leaf_at(&b);
    mem_write64(b.mem, at, mem_read64(b.mem, at) & ~(1ull << 10));
    b.aborts = true;
    CHECK_EQ(go(&b).code, SMMUV3_F_WALK_EABT);
    CHECK_EQ(b.m.res.fetch, at);
    down(&b);
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

/* A TLB of stage 1 alone: the rest is asked of stage 2. */
static void an_entry_of_stage_1_alone_is_translated_by_stage_2(void)
{
    struct bench b;
    struct xl_leaf leaf;
    struct smmuv3_config c;

    up(&b, STE_NESTED);
    map_stage2(&b, 0);
    attach(&b);
    CHECK_EQ(go(&b).pa, 0x70000000);
    c = *b.m.config;
    leaf = (struct xl_leaf){ .iova = VA, .ipa = 0x60000000, .pa = 0x60000000, .size_log2 = 12, .perm1 = XL_ALL,
                             .perm2 = XL_ALL, .stage1 = true };
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);
    smmuv3_xl_tell_config(&b.m, &c);
    smmuv3_xl_tell_tlb(&b.m, &leaf);
    CHECK_EQ(b.m.q.kind, SMMUV3_Q_IPA);
    CHECK_EQ(b.m.q.ipa, 0x60000000);
    down(&b);
}

/* What the decoders would not let through: a range beyond the top byte, an input beyond the range. */
static void a_configuration_that_is_told_is_believed(void)
{
    struct bench b;
    struct smmuv3_config c;

    up(&b, STE_S1);
    attach(&b);
    go(&b);
    c = *b.m.config;
    c.tt[0].in_bits = 60;
    c.tbi[0] = true;
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);
    smmuv3_xl_tell_config(&b.m, &c);
    CHECK_EQ(b.m.half, 0);
    c.tt[0].in_bits = 20;
    smmuv3_xl_tell_none(&b.m);
    CHECK_EQ(b.m.res.code, SMMUV3_F_TRANSLATION);
    down(&b);
}

static void an_ats_request_of_a_known_stream_without_ats_is_refused(void)
{
    struct bench b;
    struct smmuv3_config c;

    up(&b, STE_S1);
    FIELD_SET(IDR0, ATS, &b.r.idr0, 1);
    attach(&b);
    go(&b);
    c = *b.m.config;
    b.req.type = XL_ATS_REQUEST;
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);
    smmuv3_xl_tell_config(&b.m, &c);
    CHECK_EQ(b.m.res.outcome, XL_ATS_UR);
    CHECK_EQ(b.m.res.code, SMMUV3_F_BAD_ATS_TREQ);
    down(&b);
}

/* ---- speculative ----------------------------------------------------------------------------------- */

/* The access flag is set as by any other read. */
static void a_speculative_read_is_translated_as_any(void)
{
    struct bench b;
    uint64_t at;

    up(&b, STE_S1);
    b.c.tt[0].ha = b.c.tt[1].ha = true;
    attach(&b);
    at = leaf_at(&b);
    mem_write64(b.mem, at, mem_read64(b.mem, at) & ~(1ull << 10));
    b.req.speculative = true;
    CHECK_EQ(go(&b).outcome, XL_OK);
    CHECK_EQ(b.m.res.pa, 0x60000000);
    CHECK_EQ(b.updates, 1);
    CHECK_EQ(mem_read64(b.mem, at) >> 10 & 1, 1);
    down(&b);
}

/* Whatever A, R and S of the stage that faults say. */
static void a_speculative_read_that_faults_ends_silently(void)
{
    for (unsigned how = 0; how < 16; how++) {
        bool nested = how & 8;
        struct bench b;

        up(&b, nested ? STE_NESTED : STE_S1);
        if (nested)
            map_stage2(&b, TABLES);
        FIELD_SET(IDR0, STALL_MODEL, &b.r.idr0, 0);
        FIELD_SET(IDR0, TERM_MODEL, &b.r.idr0, 0);
        b.c.a = how & 1;
        b.c.r = b.c.s2r = how & 2;
        b.c.s = b.c.s2s = how & 4;
        attach(&b);
        b.req.speculative = true;
        b.req.addr = nested ? VA : VA + 0x1000;
        CHECK_EQ(go(&b).outcome, XL_ABORT);
        CHECK_EQ(b.m.res.code, SMMUV3_F_TRANSLATION);
        CHECK_EQ(b.m.res.recorded, false);
        down(&b);
    }
}

/* Even where nothing is translated. */
static void a_speculative_write_is_always_aborted(void)
{
    for (unsigned how = 0; how < 4; how++) {
        struct bench b;

        up(&b, how & 1 ? STE_S1 : STE_BYPASS);
        attach(&b);
        FIELD_SET(CR0, SMMUEN, &b.r.cr0, how >> 1);
        b.req.speculative = b.req.write = true;
        CHECK_EQ(go(&b).outcome, XL_ABORT);
        CHECK_EQ(b.m.res.recorded, false);
        CHECK_EQ(b.m.res.code, 0);
        b.req.write = false;
        CHECK_EQ(go(&b).outcome, how == 3 ? XL_OK : XL_BYPASS);
        down(&b);
    }
}

/* What comes by PCIe is none. */
static void a_translation_request_is_never_speculative(void)
{
    struct bench b;

    up(&b, STE_S1);
    FIELD_SET(IDR0, ATS, &b.r.idr0, 1);
    attach(&b);
    b.req.type = XL_ATS_REQUEST;
    b.req.speculative = true;
    CHECK_EQ(go(&b).outcome, XL_ATS_UR);       /* EATS = 0 */
    CHECK_EQ(b.m.res.recorded, true);
    down(&b);
}

/* Whose STE has changed, but whose entries of stage 2 say still where the CD is. */
static void of_a_nested_stream_an_old_cd_may_be_found(void)
{
    static const struct { uint8_t config, code, stage2, cls; uint32_t domain; bool alike; } t[] = {
        { STE_S1, 0, 0, 0, 0x70002, false },
        { STE_NESTED, 0, 0, 0, 0x70002, true },
        { STE_NESTED, 0, 0, 0, 0x80001, false },
        { STE_NESTED, SMMUV3_F_TRANSLATION, 1, EVENT_CLASS_CD, 0, true },
        { STE_NESTED, SMMUV3_F_TRANSLATION, 1, EVENT_CLASS_TT, 0, false },
        { STE_NESTED, SMMUV3_F_CD_FETCH, 0, 0, 0, true },
        { STE_NESTED, SMMUV3_C_BAD_CD, 0, 0, 0, true },
        { STE_NESTED, SMMUV3_C_BAD_SUBSTREAMID, 0, 0, 0, true },
        { STE_NESTED, SMMUV3_C_BAD_STE, 0, 0, 0, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        const struct smmuv3_config c = { .config = t[i].config };
        const struct smmuv3_xl m = { .config = &c, .res.domain = 0x70001 };
        const struct xl_result now = { .code = t[i].code, .stage2 = t[i].stage2, .cls = t[i].cls,
                                       .domain = t[i].domain };

        CHECK_EQ(smmuv3_oracle.leads_alike(&m, &now), t[i].alike);
    }
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
    go(&b);                            /* of no STE: faults */
    c = (struct smmuv3_config){ .config = STE_NESTED, .s1 = true, .s2 = true, .epd = { false, true },
                                .tt = { table(1, TABLES) }, .s2t = table(2, S2_TABLES) };
    leaf = (struct xl_leaf){ .iova = TABLES, .size_log2 = 12, .perm2 = XL_ALL };
    smmuv3_xl_begin(&b.m, &b.r, &b.impl, &b.req);
    smmuv3_xl_tell_config(&b.m, &c);
    smmuv3_xl_tell_none(&b.m);
    CHECK_EQ(b.m.q.kind, SMMUV3_Q_IPA);
    b.m.after_s2 = b.m.state;          /* stage 2 for nobody */
    sim_check_place = &place;
    STOPS(smmuv3_xl_tell_ipa(&b.m, &leaf));
    sim_check_place = NULL;
    down(&b);
}

/* ---- what an old word is known by ------------------------------------------------------------------- */

/* The keys of all words that a request reads, by their names. */
struct known { const char *name; struct oracle_key key; };
enum { KNOWN = 64 };

static unsigned learn(struct bench *b, struct known known[KNOWN])
{
    const struct smmuv3_oracle_view view = { .regs = &b->r, .impl = b->impl };
    struct oracle_question q;
    uint64_t w[8];
    unsigned n = 0;

    smmuv3_oracle.begin(&b->m, &view, &b->req);
    while (smmuv3_oracle.next(&b->m, &q)) {
        CU_ASSERT_TRUE(mem_read(b->mem, q.pa, q.words, w));
        known[n].name = q.name;
        smmuv3_oracle.key(&b->m, w, &known[n++].key);
        smmuv3_oracle.tell(&b->m, w);
    }
    for (unsigned i = 0; i < n; i++)
        smmuv3_oracle.derived(&b->m, &known[i].key);
    return n;
}

static unsigned covers(const struct oracle_key *k, struct smmuv3_cmd c)
{
    struct oracle_inval inv;

    if (c.sid_last < c.sid_first)
        c.sid_last = c.sid_first;
    CU_ASSERT_TRUE(smmuv3_oracle_inval(&c, &inv));
    return smmuv3_oracle.covers(&inv, k);
}

/* Rows and columns of the manual's table for configurations. */
static void check_columns(const struct known *k, struct smmuv3_cmd c, const char *gone)
{
    static const char *const names[] = { "L1STD", "STE", "L1CD", "CD" };

    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(k[i].name, names[i]) != 0)
            CU_FAIL("another order");
        CHECK_EQ(covers(&k[i].key, c), gone[i] == 'R' ? ORACLE_WORD : 0);
    }
}

static void two_level(struct bench *b)
{
    uint64_t l1 = 0, w[8];

    b->c.s1fmt = 1;
    b->c.s1cdmax = 8;
    b->c.s1ctxptr = CD + 0x1000;
    attach(b);                         /* the CD to CD, which is number 3 of a table */
    for (unsigned i = 0; i < 8; i++)
        w[i] = mem_read64(b->mem, CD + 8 * i);
    for (unsigned i = 0; i < 8; i++)
        mem_write64(b->mem, CD + 64 * 3 + 8 * i, w[i]);
    FIELD_SET(L1CD, V, &l1, 1);
    FIELD_SET_ADDR(L1CD, L2PTR, &l1, CD);
    mem_write64(b->mem, CD + 0x1000, l1);
    l1 = 0;
    FIELD_SET(L1STD, SPAN, &l1, 9);
    FIELD_SET_ADDR(L1STD, L2PTR, &l1, STRTAB);
    mem_write64(b->mem, STRTAB + 0x100000, l1);
    b->r.strtab_base = STRTAB + 0x100000;
    b->r.strtab_base_cfg = 1 << 16 | 8 << 6 | 8;
    b->req.has_ssid = true;
    b->req.ssid = 3;
}

static void commands_name_each_level_of_a_configuration(void)
{
    struct known k[KNOWN];
    struct bench b;

    up(&b, STE_S1);
    two_level(&b);
    CHECK_EQ(learn(&b, k), 4 + 4);
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID, .leaf = true }, "-RRR");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID }, "RRRR");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID + 1 }, "----");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_last = 15 }, "RRRR");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = SID, .ssid = 3, .leaf = true },
                  "---R");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = SID, .ssid = 3 }, "--RR");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD, .sid_first = SID, .ssid = 4 }, "----");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD_ALL, .sid_first = SID }, "--RR");
    check_columns(k, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD_ALL, .sid_first = SID + 1 }, "----");
    down(&b);
}

static void a_bypass_goes_with_its_ste(void)
{
    struct known k[KNOWN];
    struct bench b;

    up(&b, STE_BYPASS);
    attach(&b);
    CHECK_EQ(learn(&b, k), 1);
    CHECK_EQ(covers(&k[0].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID }),
             ORACLE_WORD | ORACLE_DERIVED);
    CHECK_EQ(covers(&k[0].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL }), 0);
    down(&b);
}

/* Of the words of stage 2 the first four translate the CD's address. */
static void where_a_cd_lies_goes_by_ipa_and_what_was_made_of_it_by_stream(void)
{
    struct known k[KNOWN];
    struct bench b;

    up(&b, STE_NESTED);
    map_stage2(&b, 0);
    attach(&b);
    CHECK_EQ(learn(&b, k), 30);
    CHECK_STR(k[4].name, "S2L3");
    CHECK_EQ(covers(&k[4].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = VMID, .first = CD,
                                                    .last = CD + 4095 }), ORACLE_WORD);
    CHECK_EQ(covers(&k[4].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID }), ORACLE_DERIVED);
    CHECK_EQ(covers(&k[4].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID + 1 }), 0);
    down(&b);
}

/* Which translations were made of what ends in a fault is not known: they have gone with all there can be.  Tables may be
 * big-endian, updates are as if made. */
static void what_faults_is_in_no_tlb(void)
{
    const struct smmuv3_cmd all = { .op = SMMUV3_CMD_TLBI_NSNH_ALL }, vm = { .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = VMID },
                            asid = { .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = VMID, .asid = ASID },
                            page = { .op = SMMUV3_CMD_TLBI_NH_VAA, .vmid = VMID, .last = UINT64_MAX };
    struct known k[KNOWN];
    struct bench b;
    uint64_t at;

    up(&b, STE_S1);
    b.c.tt[0].ha = b.c.tt[1].ha = true;
    attach(&b);
    at = leaf_at(&b);
    mem_write64(b.mem, at, mem_read64(b.mem, at) & ~(1ull << 10));
    CHECK_EQ(learn(&b, k), 6);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    CHECK_EQ(covers(&k[5].key, all), ORACLE_WORD | ORACLE_DERIVED);
    mem_write64(b.mem, at, 0);
    CHECK_EQ(learn(&b, k), 6);
    CHECK_EQ(b.m.res.code, SMMUV3_F_TRANSLATION);
    CHECK_EQ(covers(&k[5].key, page), ORACLE_WORD);
    CHECK_EQ(covers(&k[5].key, all), ORACLE_WORD | ORACLE_DERIVED);
    for (unsigned i = 0; i < 2; i++) {             /* STE, CD */
        CHECK_EQ(covers(&k[i].key, all), ORACLE_DERIVED);
        CHECK_EQ(covers(&k[i].key, vm), ORACLE_DERIVED);
        CHECK_EQ(covers(&k[i].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID }), ORACLE_DERIVED);
        CHECK_EQ(covers(&k[i].key, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = VMID + 1 }), 0);
        CHECK_EQ(covers(&k[i].key, asid), 0);
        CHECK_EQ(covers(&k[i].key, page), 0);
    }
    down(&b);
}

static void big_endian_leaves_are_known_as_leaves(void)
{
    struct known k[KNOWN];
    struct bench b;

    up(&b, STE_S1);
    b.next = TABLES + 0x100000;
    FIELD_SET(IDR0, TTENDIAN, &b.r.idr0, 0);
    b.c.tt[0] = b.c.tt[1] = table(1, TABLES + 0x80000);
    b.c.tt[0].big_endian = b.c.tt[1].big_endian = true;
    map(&b, &b.c.tt[0], VA, 0x60000000, vmsa_attr(1, true, true));
    attach(&b);
    CHECK_EQ(learn(&b, k), 6);
    CHECK_EQ(b.m.res.pa, 0x60000000);
    for (unsigned leaf = 0; leaf < 2; leaf++) {
        const struct smmuv3_cmd c = { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = VMID, .asid = ASID, .first = VA,
                                      .last = VA + 4095, .leaf = leaf };

        CHECK_EQ(covers(&k[4].key, c), leaf ? ORACLE_DERIVED : ORACLE_WORD | ORACLE_DERIVED);
        CHECK_EQ(covers(&k[5].key, c), ORACLE_WORD | ORACLE_DERIVED);
    }
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
    T(an_update_that_memory_refuses_is_an_aborted_walk)                                            \
    T(an_entry_of_stage_1_alone_is_translated_by_stage_2) T(a_configuration_that_is_told_is_believed) \
    T(an_ats_request_of_a_known_stream_without_ats_is_refused)                                     \
    T(of_a_nested_stream_an_old_cd_may_be_found)                                                   \
    T(a_speculative_read_is_translated_as_any) T(a_speculative_read_that_faults_ends_silently)     \
    T(a_speculative_write_is_always_aborted) T(a_translation_request_is_never_speculative)         \
    T(a_copy_goes_on_with_the_configuration_it_was_told)                                           \
    T(commands_name_each_level_of_a_configuration) T(a_bypass_goes_with_its_ste)                   \
    T(where_a_cd_lies_goes_by_ipa_and_what_was_made_of_it_by_stream) T(what_faults_is_in_no_tlb)   \
    T(big_endian_leaves_are_known_as_leaves)                                                       \
    T(an_answer_to_what_was_not_asked_is_our_mistake) T(what_cannot_be_written_or_is_out_of_range_is_said)
TEST_SUITE("smmuv3-machine", TESTS)
