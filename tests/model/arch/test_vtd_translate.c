/* SPDX-License-Identifier: Apache-2.0
 *
 * The VT-d machine: what it asks in which order, what answers from caches lead to, how requests end
 * that the published vectors do not have.  And what invalidations must remove of each word.
 */
#include "arch/vtd/oracle.h"
#include "arch/vtd/translate.h"
#include "base/mem.h"
#include "suite.h"

enum {
    SID = 0x0310, DID = 7, BASE = 0x10000, CONTEXTS = 0x11000, TOP = 0x20000, PAGES = 0x23000,
};
#define IOVA 0x123456789abcull
#define PA   0x2abcde000ull

struct bench {
    struct mem *mem;
    struct vtd_regs regs;
    struct vtd_impl impl;
    struct xl_req req;
    struct vtd_xl m;
    char asked[64];                    /* one letter a question */
};

static void put_entry(struct bench *b, uint64_t pa, uint64_t lo, uint64_t hi)
{
    mem_write64(b->mem, pa, lo);
    mem_write64(b->mem, pa + 8, hi);
}

static void set_context(struct bench *b, unsigned tt, unsigned levels, bool fpd)
{
    struct vtd_context c = { .ss = vtd_table(&b->regs, levels), .did = DID, .tt = (uint8_t)tt,
                             .fpd = fpd };
    uint64_t words[VTD_CTX_WORDS];

    c.ss.base = TOP;
    vtd_encode_context(&c, words);
    put_entry(b, CONTEXTS + (SID & 0xff) * 16, words[0], words[1]);
}

static uint64_t entry_pa(uint64_t table, unsigned level)
{
    return table + (IOVA >> vtdss_shift(level) & 511) * 8;
}

static void up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->mem = mem_new();
    b->regs = (struct vtd_regs){ .cap = 0x00d2078c106f0666, .ecap = 0xf050da | 4, .haw = 46,
                                 .rtaddr = BASE, .tes = true };
    b->req = (struct xl_req){ .addr = IOVA, .sid = SID };
    put_entry(b, BASE + (SID >> 8) * 16, CONTEXTS | 1, 0);
    set_context(b, VTD_TT_ALL, 4, false);
    for (unsigned level = 4; level > 1; level--)
        mem_write64(b->mem, entry_pa(TOP + (4 - level) * 0x1000ull, level),
                    (TOP + (5 - level) * 0x1000ull) | 3);
    mem_write64(b->mem, entry_pa(PAGES, 1), PA | 3);
}

static void down(struct bench *b) { mem_free(b->mem); }

static char letter(uint8_t kind)
{
    return "-CrcPdpTGSfeu"[kind];      /* in the order of enum vtd_q_kind */
}

static void answer(struct bench *b)
{
    uint64_t words[VTD_PE_WORDS];

    if (!b->m.q.words)
        vtd_xl_tell_none(&b->m);
    else
        vtd_xl_tell(&b->m, mem_read(b->mem, b->m.q.pa, b->m.q.words, words) ? words : NULL);
}

static void run(struct bench *b)
{
    unsigned n = 0;

    memset(b->asked, 0, sizeof b->asked);
    vtd_xl_begin(&b->m, &b->regs, &b->impl, &b->req);
    while (vtd_xl_ask(&b->m) && n < sizeof b->asked - 1) {
        b->asked[n++] = letter(b->m.q.kind);
        answer(b);
    }
}

static void check_fault(const struct bench *b, unsigned code, bool recorded)
{
    CHECK_EQ(b->m.res.outcome, XL_FAULT);
    CHECK_EQ(b->m.res.code, code);
    CHECK_EQ(b->m.res.recorded, recorded);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void the_context_is_asked_first_unless_the_iotlb_is(void)
{
    struct bench b;

    up(&b);
    run(&b);
    CHECK_STR(b.asked, "CrcTSeeee");
    CHECK_EQ(b.m.res.pa, PA | (IOVA & 0xfff));
    CHECK_EQ(b.m.reads, 6);
    b.impl.tlb_first = true;
    run(&b);
    CHECK_STR(b.asked, "TCrcSeeee");
    CHECK_EQ(b.m.res.pa, PA | (IOVA & 0xfff));
    down(&b);
}

/* Whether a translation request is allowed stands in the context alone. */
static void other_address_types_ask_for_the_context_first_in_any_case(void)
{
    struct bench b;

    up(&b);
    b.impl.tlb_first = true;
    b.req.type = XL_ATS_REQUEST;
    run(&b);
    CHECK_STR(b.asked, "CrcTSeeee");
    b.req.type = XL_TRANSLATED;
    run(&b);
    CHECK_STR(b.asked, "Crc");
    CHECK_EQ(b.m.res.outcome, XL_BYPASS);
    down(&b);
}

static void nothing_is_asked_of_what_is_not_remapped(void)
{
    struct bench b;

    up(&b);
    b.req.addr = 0xfee00000;
    run(&b);
    CHECK_STR(b.asked, "");
    CHECK_EQ(b.m.res.outcome, XL_INTERRUPT);
    b.req.addr = 0xfef00000;
    run(&b);
    CU_ASSERT(b.asked[0] != '\0');
    b.regs.tes = false;
    run(&b);
    CHECK_STR(b.asked, "");
    CHECK_EQ(b.m.res.outcome, XL_BYPASS);
    down(&b);
}

static void each_mode_of_the_root_table_ends_as_defined(void)
{
    struct bench b;

    up(&b);
    b.regs.rtaddr = BASE | VTD_TTM_SCALABLE << 10;
    run(&b);
    check_fault(&b, VTD_RTA_1, true);                /* no SMTS */
    FIELD_SET(ECAP, SMTS, &b.regs.ecap, 1);
    run(&b);
    CHECK_STR(b.asked, "Crc");
    check_fault(&b, VTD_SCT_2, true);                /* entries of 32 bytes: there is none */
    b.regs.rtaddr = BASE | VTD_TTM_RESERVED << 10;
    run(&b);
    check_fault(&b, VTD_RTA_1, true);
    b.regs.rtaddr = BASE | VTD_TTM_ABORT << 10;
    run(&b);
    check_fault(&b, VTD_RTA_1, true);                /* no ADMS */
    FIELD_SET(ECAP, ADMS, &b.regs.ecap, 1);
    run(&b);
    CHECK_EQ(b.m.res.outcome, XL_ABORT);
    down(&b);
}

/* ---- answers from caches -------------------------------------------------------------------- */

static const struct xl_leaf read_only = {
    .iova = IOVA & ~0xfffull, .pa = 0x5000, .size_log2 = 12, .perm1 = XL_ALL, .perm2 = XL_R,
    .level = 1, .granule_log2 = 12, .stage2 = true,
};

static void a_hit_is_judged_like_a_walk(void)
{
    struct bench b;

    up(&b);
    b.impl.tlb_first = true;
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    vtd_xl_tell_tlb(&b.m, &read_only, DID, false);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    CHECK_EQ(b.m.res.pa, 0x5000 | (IOVA & 0xfff));
    CHECK_EQ(b.m.res.domain, DID);
    CU_ASSERT_FALSE(b.m.walked);
    b.req.write = true;
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    vtd_xl_tell_tlb(&b.m, &read_only, DID, false);
    check_fault(&b, VTD_LGN_2, true);
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    vtd_xl_tell_tlb(&b.m, &read_only, DID, true);    /* FPD was kept with the entry */
    check_fault(&b, VTD_LGN_2, false);
    b.req.write = false;
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    vtd_xl_tell_tlb(&b.m, &(struct xl_leaf){ .size_log2 = 12, .perm2 = XL_W }, DID, false);
    check_fault(&b, VTD_LGN_3, true);
    down(&b);
}

static void a_request_without_direction_needs_any_permission(void)
{
    struct bench b;

    up(&b);
    b.req.no_dir = true;
    mem_write64(b.mem, entry_pa(PAGES, 1), PA | 2);
    run(&b);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    mem_write64(b.mem, entry_pa(PAGES, 1), PA);
    run(&b);
    check_fault(&b, VTD_LGN_3, true);
    down(&b);
}

static void a_context_told_is_not_read(void)
{
    struct bench b;
    struct vtd_context c;

    up(&b);
    run(&b);
    c = b.m.ctx;
    CU_ASSERT(b.m.ctx_known);
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    vtd_xl_tell_context(&b.m, &c);
    CHECK_EQ(b.m.q.kind, VTD_Q_TLB);
    while (vtd_xl_ask(&b.m))
        answer(&b);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    CHECK_EQ(b.m.reads, 4);
    down(&b);
}

/* What is said to be worth keeping of each entry, told again, shortens the walk to what is
 * below. */
static void each_table_entry_can_be_kept_and_walked_from(void)
{
    struct bench b;
    struct vtd_seed seeds[4];
    unsigned n = 0;

    up(&b);
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    while (vtd_xl_ask(&b.m)) {
        answer(&b);
        if (b.m.got & VTD_GOT_TABLE)
            seeds[n++] = b.m.seed;
    }
    CHECK_EQ(n, 3);                                  /* levels 4, 3, 2; the leaf is none */
    for (unsigned i = 0; i < n; i++) {
        vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
        while (vtd_xl_ask(&b.m)) {
            if (b.m.q.kind == VTD_Q_SEED)
                vtd_xl_tell_seed(&b.m, &seeds[i]);
            else
                answer(&b);
        }
        CHECK_EQ(b.m.res.pa, PA | (IOVA & 0xfff));
        CHECK_EQ(b.m.reads, 2 + 3 - i);
    }
    down(&b);
}

static void only_legal_contexts_are_worth_keeping(void)
{
    struct bench b;
    unsigned got = 0;

    up(&b);
    FIELD_SET(ECAP, DT, &b.regs.ecap, 0);            /* TT = 01 is illegal now */
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    while (vtd_xl_ask(&b.m)) {
        answer(&b);
        got |= b.m.got;
    }
    check_fault(&b, VTD_LCT_4, true);
    CHECK_EQ(got, 0);
    down(&b);
}

static void a_copy_goes_on_by_itself(void)
{
    struct bench b;
    struct vtd_xl copy;
    uint64_t nothing = 0;

    up(&b);
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    while (b.m.q.kind != VTD_Q_SS || b.m.q.level != 2)
        answer(&b);
    copy = b.m;
    vtd_xl_tell(&copy, &nothing);
    CHECK_EQ(copy.res.code, VTD_LGN_3);
    while (vtd_xl_ask(&b.m))
        answer(&b);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    down(&b);
}

/* ---- ends ----------------------------------------------------------------------------------- */

static void fpd_hides_faults_found_behind_the_context_entry_alone(void)
{
    struct bench b;

    up(&b);
    set_context(&b, VTD_TT_UNTRANSLATED, 4, true);
    mem_write64(b.mem, entry_pa(PAGES, 1), 0);
    run(&b);
    check_fault(&b, VTD_LGN_3, false);
    put_entry(&b, CONTEXTS + (SID & 0xff) * 16, 2, 0);
    run(&b);
    check_fault(&b, VTD_LCT_2, false);
    mem_abort_region(b.mem, CONTEXTS, CONTEXTS + 0xfff);
    run(&b);
    check_fault(&b, VTD_LCT_1, true);
    CHECK_EQ(b.m.res.fetch, CONTEXTS + (SID & 0xff) * 16);
    down(&b);
}

/* Scalable mode: behind the context table a directory and a PASID table with PASID 0. */
static void set_pasid(struct bench *b, const struct vtd_pasid *p)
{
    struct vtd_context c = { .dir = CONTEXTS + 0x1000 };
    uint64_t words[VTD_PE_WORDS];

    b->regs.ecap |= FIELD_MASK(ECAP, SMTS) | FIELD_MASK(ECAP, FSTS) | FIELD_MASK(ECAP, SSTS);
    b->regs.rtaddr |= (uint64_t)VTD_TTM_SCALABLE << RTADDR_TTM_LO;
    vtd_encode_scontext(&c, words);
    for (unsigned i = 0; i < VTD_SCTX_WORDS; i++)
        mem_write64(b->mem, vtd_scontext_at(CONTEXTS, SID & 0xff) + 8 * i, words[i]);
    vtd_encode_dir(CONTEXTS + 0x2000, words);
    mem_write64(b->mem, CONTEXTS + 0x1000, words[0]);
    vtd_encode_pasid(p, words);
    for (unsigned i = 0; i < VTD_PE_WORDS; i++)
        mem_write64(b->mem, CONTEXTS + 0x2000 + 8 * i, words[i]);
}

static void an_imitated_unit_has_the_codes_of_legacy_mode_in_scalable_mode(void)
{
    struct bench b;

    up(&b);
    set_pasid(&b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_SS, .ss = { .base = TOP, .levels = 4 } });
    mem_write64(b.mem, entry_pa(PAGES, 1), 0);
    for (unsigned imitated = 0; imitated < 2; imitated++) {
        b.regs.legacy_codes = imitated;
        run(&b);
        check_fault(&b, imitated ? VTD_LGN_3 : VTD_SSS_2, true);
        b.req.sid = SID + 1;                         /* context, then root */
        run(&b);
        check_fault(&b, imitated ? VTD_LCT_2 : VTD_SCT_2, true);
        b.req.sid = SID ^ 0x80;
        run(&b);
        check_fault(&b, imitated ? VTD_LRT_2 : VTD_SRT_2, true);
        b.req.sid = SID;
    }
    down(&b);
}

/* Broken and unreadable root and context entries. */
static void an_imitated_unit_has_the_codes_of_legacy_mode_for_broken_structures(void)
{
    static const struct { uint64_t abort, word; uint8_t code, imitated; } rows[] = {
        { BASE, 0, VTD_SRT_1, VTD_LRT_1 },             { 0, BASE + (SID >> 8) * 16, VTD_SRT_3, VTD_LRT_3 },
        { CONTEXTS, 0, VTD_SCT_1, VTD_LCT_1 },         { 0, CONTEXTS + (SID & 0x7f) * 32, VTD_SCT_3, VTD_LCT_3 },
    };

    for (size_t i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
        struct bench b;

        up(&b);
        set_pasid(&b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_SS, .ss = { .base = TOP, .levels = 4 } });
        if (rows[i / 2].abort)
            mem_abort_region(b.mem, rows[i / 2].abort, rows[i / 2].abort + 0xfff);
        else
            mem_write64(b.mem, rows[i / 2].word, mem_read64(b.mem, rows[i / 2].word) | 0x20);
        b.regs.legacy_codes = i & 1;
        run(&b);
        check_fault(&b, i & 1 ? rows[i / 2].imitated : rows[i / 2].code, true);
        down(&b);
    }
}

/* ---- accessed and dirty bits ---------------------------------------------------------------- */

/* Tables without accessed bits, of the stage alone. */
static void unmarked_up(struct bench *b, unsigned stage)
{
    uint64_t table = stage == 1 ? 7 : 3;

    up(b);
    FIELD_SET(ECAP, SMPWCS, &b->regs.ecap, 1);
    FIELD_SET(ECAP, SSADS, &b->regs.ecap, 1);
    if (stage == 1)
        set_pasid(b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_FS, .fs = { .base = TOP, .levels = 4, .snooped = true } });
    else
        set_pasid(b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_SS,
                                          .ss = { .base = TOP, .levels = 4, .ad = true, .snooped = true } });
    for (unsigned level = 4; level > 1; level--)
        mem_write64(b->mem, entry_pa(TOP + (4 - level) * 0x1000ull, level), (TOP + (5 - level) * 0x1000ull) | table);
    mem_write64(b->mem, entry_pa(PAGES, 1), PA | table);
    b->req.addr = IOVA & 0x7fffffffffff;
}

/* To its first update. */
static void run_to_update(struct bench *b)
{
    vtd_xl_begin(&b->m, &b->regs, &b->impl, &b->req);
    while (vtd_xl_ask(&b->m) && b->m.q.kind != VTD_Q_UPDATE)
        answer(b);
    CHECK_EQ(b->m.q.kind, VTD_Q_UPDATE);
}

/* What is in memory when the update comes decides. */
static void an_update_is_of_what_is_there(void)
{
    for (unsigned stage = 1; stage <= 2; stage++) {
        struct bench b;
        uint64_t word;

        unmarked_up(&b, stage);
        run_to_update(&b);
        CHECK_EQ(b.m.q.stage, stage);
        vtd_xl_tell(&b.m, NULL);
        check_fault(&b, stage == 1 ? VTD_SFS_10 : VTD_SSS_6, true);
        run_to_update(&b);
        word = b.m.q.value;                          /* somebody else was faster */
        vtd_xl_tell(&b.m, &word);
        CU_ASSERT(vtd_xl_ask(&b.m) && b.m.q.kind != VTD_Q_UPDATE);
        run_to_update(&b);
        word = 0;
        vtd_xl_tell(&b.m, &word);
        check_fault(&b, stage == 1 ? VTD_SFS_2 : VTD_SSS_2, true);
        down(&b);
    }
}

/* The oracle walks on as if marks were made, and writes nothing. */
static void the_oracle_makes_no_marks(void)
{
    struct bench b;
    struct oracle_question q;
    uint64_t words[VTD_PE_WORDS];

    unmarked_up(&b, 1);
    vtd_oracle.begin(&b.m, &b.regs, &b.req);
    while (vtd_oracle.next(&b.m, &q)) {
        mem_read(b.mem, q.pa, q.words, words);
        vtd_oracle.tell(&b.m, words);
    }
    CHECK_EQ(vtd_oracle.result(&b.m)->outcome, XL_OK);
    CHECK_EQ(mem_read64(b.mem, entry_pa(PAGES, 1)), PA | 7);
    down(&b);
}

static void an_imitated_unit_marks_by_walks_alone(void)
{
    struct bench b;
    struct xl_leaf leaf;

    up(&b);
    set_pasid(&b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_FS, .fs = { .base = TOP, .levels = 4 } });
    for (unsigned level = 4; level > 1; level--)
        mem_write64(b.mem, entry_pa(TOP + (4 - level) * 0x1000ull, level), (TOP + (5 - level) * 0x1000ull) | 7);
    mem_write64(b.mem, entry_pa(PAGES, 1), PA | 7);
    b.req.addr = IOVA & 0x7fffffffffff;
    run(&b);
    check_fault(&b, VTD_SFS_9, true);
    b.regs.walks_mark = true;
    run(&b);
    CHECK_EQ(b.m.res.outcome, XL_OK);
    leaf = b.m.leaf;
    b.req.write = true;
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    while (vtd_xl_ask(&b.m) && b.m.q.kind != VTD_Q_TLB)
        answer(&b);
    CU_ASSERT_TRUE(vtd_xl_may_use(&b.m, &leaf));
    b.regs.walks_mark = false;
    CU_ASSERT_FALSE(vtd_xl_may_use(&b.m, &leaf));
    down(&b);
}

static void pass_through_needs_the_largest_width(void)
{
    struct bench b;

    up(&b);
    set_context(&b, VTD_TT_PASS, 4, false);
    run(&b);
    CHECK_EQ(b.m.res.outcome, XL_BYPASS);
    CHECK_EQ(b.m.res.pa, IOVA);
    CHECK_EQ(b.m.res.domain, DID);
    CU_ASSERT_FALSE(b.m.has_leaf);
    set_context(&b, VTD_TT_PASS, 3, false);
    run(&b);
    check_fault(&b, VTD_LGN_1, true);
    down(&b);
}

static void answer_to_ats(struct bench *b, enum xl_outcome outcome, unsigned code)
{
    run(b);
    CHECK_EQ(b->m.res.outcome, outcome);
    CHECK_EQ(b->m.res.code, code);
    CHECK_EQ(b->m.res.recorded, code != 0);
}

/* Permission is a result of a translation request; what the structures lack is a fault. */
static void translation_requests_are_answered_by_kind_of_failure(void)
{
    struct bench b;

    up(&b);
    b.req.type = XL_ATS_REQUEST;
    mem_write64(b.mem, entry_pa(PAGES, 1), PA | 1);
    answer_to_ats(&b, XL_ATS_OK, 0);
    CU_ASSERT(b.m.res.ats_r);
    CU_ASSERT_FALSE(b.m.res.ats_w);
    mem_write64(b.mem, entry_pa(PAGES, 1), 0);
    answer_to_ats(&b, XL_ATS_OK, 0);
    CU_ASSERT_FALSE(b.m.res.ats_r);
    mem_write64(b.mem, entry_pa(PAGES, 1), PA | 3 | 1ull << 50);
    answer_to_ats(&b, XL_ATS_CA, VTD_LSS_2);
    mem_abort_region(b.mem, TOP, TOP + 0xfff);
    answer_to_ats(&b, XL_ATS_CA, VTD_LCT_4);
    set_context(&b, VTD_TT_UNTRANSLATED, 4, false);
    answer_to_ats(&b, XL_ATS_UR, VTD_LCT_5);
    set_context(&b, VTD_TT_RESERVED, 4, false);
    answer_to_ats(&b, XL_ATS_UR, VTD_LCT_4);
    put_entry(&b, BASE + (SID >> 8) * 16, 0, 0);
    answer_to_ats(&b, XL_ATS_UR, VTD_LRT_2);
    down(&b);
}

/* ---- what must be removed ------------------------------------------------------------------- */

enum { NEITHER, WORD = ORACLE_WORD, DERIVED = ORACLE_DERIVED, BOTH = ORACLE_WORD | ORACLE_DERIVED };

/* Of the word that the machine asks for as its n-th one (root 0, context 1, levels 4.. 2..5). */
static unsigned removed(struct bench *b, unsigned nth, struct vtd_inv inv)
{
    uint64_t words[VTD_CTX_WORDS];
    struct oracle_question q;
    struct oracle_inval i;
    struct oracle_key key;

    vtd_oracle.begin(&b->m, &b->regs, &b->req);
    for (;; nth--) {
        CU_ASSERT_FATAL(vtd_oracle.next(&b->m, &q));
        mem_read(b->mem, q.pa, q.words, words);
        if (nth == 0)
            break;
        vtd_oracle.tell(&b->m, words);
    }
    vtd_oracle.key(&b->m, words, &key);
    if (!vtd_oracle_inval(&inv, &i))
        return NEITHER;
    return vtd_oracle.covers(&i, &key);
}

static void check_removed(const struct vtd_inv *inv, const unsigned expected[6])
{
    struct bench b;

    up(&b);
    for (unsigned nth = 0; nth < 6; nth++) {
        unsigned found = removed(&b, nth, *inv);

        if (found != expected[nth])
            fprintf(stderr, "\n%s g %u did %u addr 0x%" PRIx64 " am %u ih %d: word %u\n",
                    vtd_inv_name(inv->type), inv->g, inv->did, inv->addr, inv->am, inv->ih, nth);
        CHECK_EQ(found, expected[nth]);
    }
    down(&b);
}

/* Columns: root, context, entries of levels 4, 3, 2, 1. */
static void context_requests_remove_the_context_and_nothing_derived(void)
{
    static const struct { struct vtd_inv inv; unsigned expected[6]; } rows[] = {
        { { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL },             { WORD, WORD } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DOMAIN, .did = DID }, { 0, WORD } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DOMAIN, .did = 8 },   { 0 } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = SID }, { WORD, WORD } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = SID | 4 }, { 0 } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = SID | 4, .fm = 1 }, { WORD, WORD } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = SID | 2, .fm = 1 }, { 0 } },
        { { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = SID | 7, .fm = 3 }, { WORD, WORD } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_removed(&rows[i].inv, rows[i].expected);
}

/* Page-selective: 2^m pages around address a. */
#define PAGE(a, m, leaf_only)                                                                      \
    { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = DID, .addr = (a), .am = (m),              \
      .ih = (leaf_only) }

static void iotlb_requests_remove_no_more_than_they_must(void)
{
    static const struct { struct vtd_inv inv; unsigned expected[6]; } rows[] = {
        { { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL },
          { DERIVED, DERIVED, BOTH, BOTH, BOTH, BOTH } },
        { { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = DID },
          { 0, DERIVED, BOTH, BOTH, BOTH, BOTH } },
        { { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = 8 }, { 0 } },
        { PAGE(IOVA & ~0xfffull, 0, false), { 0, DERIVED, BOTH, BOTH, BOTH, BOTH } },
        { PAGE(IOVA & ~0xfffull, 0, true),  { 0, 0, 0, 0, DERIVED, BOTH } },
        /* another page of the same 2 MiB: its non-leaf entries, but not what leads to this page */
        { PAGE(IOVA & ~0x1fffffull, 0, false), { 0, 0, WORD, WORD, WORD, 0 } },
        { PAGE(IOVA & ~0x1fffffull, 0, true),  { 0 } },
        { PAGE(IOVA & ~0x1fffffull, 9, true),  { 0, 0, 0, 0, DERIVED, BOTH } },
        /* the neighbouring 2 MiB of the same 1 GiB */
        { PAGE((IOVA ^ 0x200000) & ~0x1fffffull, 9, false), { 0, 0, WORD, WORD, 0, 0 } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_removed(&rows[i].inv, rows[i].expected);
}

static void requests_for_other_caches_remove_nothing_here(void)
{
    static const unsigned none[6];
    const struct vtd_inv wait = { .type = VTD_INV_WAIT }, iec = { .type = VTD_INV_IEC };
    const struct vtd_inv pasid = { .type = VTD_INV_PC, .g = VTD_PC_GLOBAL };
    const struct vtd_inv reserved = { .type = VTD_INV_CC, .g = 0 };

    check_removed(&wait, none);
    check_removed(&iec, none);
    check_removed(&pasid, none);
    check_removed(&reserved, none);
}

static void a_record_of_a_request_with_pasid_says_who_asked(void)
{
    const struct xl_req req = { .addr = IOVA, .sid = SID, .has_ssid = true, .ssid = 0x55, .priv = true,
                                .exec = true };
    uint64_t w[2];

    vtd_fault_encode(&req, VTD_LGN_3, w);
    CHECK_EQ(FIELD_GET(FRCD, PP, w), 1);
    CHECK_EQ(FIELD_GET(FRCD, PV, w), 0x55);
    CHECK_EQ(FIELD_GET(FRCD, PRIV, w), 1);
    CHECK_EQ(FIELD_GET(FRCD, EXE, w), 1);
    CHECK_EQ(FIELD_GET(FRCD, FR, w), VTD_LGN_3);
    CHECK_EQ(FIELD_GET(FRCD, SID, w), SID);
}

static void a_unit_of_no_width_has_no_levels(void)
{
    struct vtd_regs r = { 0 };

    CHECK_EQ(vtd_max_levels(&r), 0);
    FIELD_SET(CAP, SAGAW, &r.cap, 2);
    CHECK_EQ(vtd_max_levels(&r), 3);
    FIELD_SET(CAP, SAGAW, &r.cap, 6);
    CHECK_EQ(vtd_max_levels(&r), 4);
}

static void only_permission_can_be_what_a_hit_lacks(void)
{
    static const struct { struct xl_result r; bool hit; } rows[] = {
        { { .outcome = XL_OK }, true }, { { .outcome = XL_BYPASS }, true },
        { { .outcome = XL_FAULT, .code = VTD_LGN_2 }, true }, { { .outcome = XL_FAULT, .code = VTD_LGN_3 }, true },
        { { .outcome = XL_FAULT, .code = VTD_LGN_1 }, false }, { { .outcome = XL_FAULT, .code = VTD_LCT_4 }, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_EQ(vtd_oracle.could_hit(&rows[i].r), rows[i].hit);
}

/* What is there to be kept of a root entry is its half of the bus. */
static void the_oracle_knows_what_can_be_kept(void)
{
    struct bench b;
    struct oracle_question q;
    uint64_t upper[VTD_ROOT_WORDS] = { 0, 1 }, lower[VTD_ROOT_WORDS] = { 1, 0 };

    up(&b);
    set_pasid(&b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_SS, .ss = { .base = TOP, .levels = 4 } });
    b.req.sid = SID | 0x80;
    vtd_oracle.begin(&b.m, &b.regs, &b.req);
    CU_ASSERT(vtd_oracle.next(&b.m, &q));
    CU_ASSERT(vtd_oracle.kept(&b.m, upper));
    CU_ASSERT_FALSE(vtd_oracle.kept(&b.m, lower));
    down(&b);
}

static void a_walk_from_a_kept_table_can_end_as_paging_does(void)
{
    static const struct { struct xl_result r; bool walk; } rows[] = {
        { { .outcome = XL_OK }, true }, { { .outcome = XL_FAULT, .code = VTD_LSS_1 }, true },
        { { .outcome = XL_FAULT, .code = VTD_LSS_2 }, true }, { { .outcome = XL_FAULT, .code = VTD_LGN_4 }, true },
        { { .outcome = XL_FAULT, .code = VTD_SFS_2 }, true }, { { .outcome = XL_FAULT, .code = VTD_SCT_2 }, false },
        { { .outcome = XL_FAULT, .code = VTD_LRT_2 }, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_EQ(vtd_oracle.could_walk(&rows[i].r), rows[i].walk);
}

/* Between the read of a first-stage entry and its update the second stage has taken the right to write away. */
static void an_update_needs_the_right_when_it_comes(void)
{
    struct xl_leaf table = { .iova = TOP, .pa = TOP, .size_log2 = 16, .perm1 = XL_ALL, .perm2 = VTDSS_R | VTDSS_W,
                             .level = 1, .granule_log2 = 12, .stage2 = true, .dirty2 = true };
    struct bench b;

    unmarked_up(&b, 1);
    FIELD_SET(ECAP, NEST, &b.regs.ecap, 1);
    b.regs.rtaddr = BASE;
    set_pasid(&b, &(struct vtd_pasid){ .pgtt = VTD_PGTT_NESTED, .fs = { .base = TOP, .levels = 4, .snooped = true },
                                       .ss = { .base = PAGES + 0x1000, .levels = 4, .ad = true, .snooped = true } });
    vtd_xl_begin(&b.m, &b.regs, &b.impl, &b.req);
    for (unsigned asked = 0; vtd_xl_ask(&b.m) && asked < 2;) {
        if (b.m.q.kind == VTD_Q_GPA) {               /* of the table to be read, then to be written */
            table.perm2 = asked++ ? VTDSS_R : VTDSS_R | VTDSS_W;
            vtd_xl_tell_gpa(&b.m, &table);
        } else {
            answer(&b);
        }
    }
    check_fault(&b, VTD_SFS_8, true);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(the_context_is_asked_first_unless_the_iotlb_is)                                              \
    T(other_address_types_ask_for_the_context_first_in_any_case)                                   \
    T(nothing_is_asked_of_what_is_not_remapped) T(each_mode_of_the_root_table_ends_as_defined)     \
    T(a_hit_is_judged_like_a_walk) T(a_request_without_direction_needs_any_permission)             \
    T(a_context_told_is_not_read) T(each_table_entry_can_be_kept_and_walked_from)                  \
    T(only_legal_contexts_are_worth_keeping) T(a_copy_goes_on_by_itself)                           \
    T(fpd_hides_faults_found_behind_the_context_entry_alone)                                       \
    T(an_imitated_unit_has_the_codes_of_legacy_mode_in_scalable_mode)                              \
    T(an_imitated_unit_marks_by_walks_alone)                                                       \
    T(an_imitated_unit_has_the_codes_of_legacy_mode_for_broken_structures)                         \
    T(an_update_is_of_what_is_there) T(the_oracle_makes_no_marks)                                  \
    T(pass_through_needs_the_largest_width)                                                        \
    T(translation_requests_are_answered_by_kind_of_failure)                                        \
    T(context_requests_remove_the_context_and_nothing_derived)                                     \
    T(iotlb_requests_remove_no_more_than_they_must)                                                \
    T(requests_for_other_caches_remove_nothing_here)                                               \
    T(a_record_of_a_request_with_pasid_says_who_asked) T(a_unit_of_no_width_has_no_levels)         \
    T(only_permission_can_be_what_a_hit_lacks) T(the_oracle_knows_what_can_be_kept)                \
    T(a_walk_from_a_kept_table_can_end_as_paging_does) T(an_update_needs_the_right_when_it_comes)
TEST_SUITE("vtd_translate", TESTS)
