/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupt remapping: entries both ways, and the machine: what it asks, every reason in the order of checks, what is
 * sent and what is written.
 */
#include "arch/vtd/irte.h"

#include "arch/vtd/fault.h"
#include "base/mem.h"
#include "base/rng.h"
#include "suite.h"

enum { ROUNDS = 5000, TABLE = 0x40000, PD_AT = 0x51040, SID = 0x0310, HANDLE = 5 };

struct bench {
    struct mem *mem;
    struct vtd_regs regs;
    struct vtd_irte e;
    struct vtd_ir_req req;
    struct vtd_ir ir;
    char asked[8];                     /* one letter a question */
};

static void up(struct bench *b)
{
    struct vtd_msg m = vtd_ir_request(HANDLE, false, 0);

    memset(b, 0, sizeof *b);
    b->mem = mem_new();
    b->regs = (struct vtd_regs){ .haw = 46, .ires = true };
    FIELD_SET(ECAP, IR, &b->regs.ecap, 1);
    FIELD_SET(ECAP, EIM, &b->regs.ecap, 1);
    FIELD_SET(CAP, PI, &b->regs.cap, 1);
    FIELD_SET_ADDR(IRTA, IRTA, &b->regs.irta, (uint64_t)TABLE);
    FIELD_SET(IRTA, S, &b->regs.irta, 3);      /* 16 entries */
    b->e = (struct vtd_irte){ .vector = 0x41, .dest = 0x12, .svt = VTD_SVT_SID, .sid = SID };
    b->req = (struct vtd_ir_req){ .addr = m.addr, .data = m.data, .sid = SID, .write = true };
}

static void down(struct bench *b) { mem_free(b->mem); }

static void put_words(struct bench *b, unsigned index, const uint64_t *words)
{
    for (unsigned i = 0; i < VTD_IRTE_WORDS; i++)
        mem_write64(b->mem, vtd_ir_entry_pa(&b->regs, index) + 8 * i, words[i]);
}

static void put_entry(struct bench *b, unsigned index)
{
    uint64_t words[VTD_IRTE_WORDS];

    vtd_encode_irte(&b->regs, &b->e, words);
    put_words(b, index, words);
}

static void answer(struct bench *b)
{
    uint64_t words[VTD_PD_WORDS];
    unsigned n = vtd_ir_words(&b->ir);

    if (!n) {
        vtd_ir_tell_none(&b->ir);
        return;
    }
    vtd_ir_tell(&b->ir, mem_read(b->mem, b->ir.pa, n, words) ? words : NULL);
    for (unsigned i = 0; i < b->ir.posts; i++)
        mem_write64(b->mem, b->ir.post[i].pa, b->ir.post[i].value);
}

static void run(struct bench *b)
{
    unsigned n = 0;

    memset(b->asked, 0, sizeof b->asked);
    vtd_ir_begin(&b->ir, &b->regs, &b->req);
    while (vtd_ir_asks(&b->ir) && n < sizeof b->asked - 1) {
        b->asked[n++] = "-cep"[b->ir.ask];     /* in the order of enum vtd_ir_ask */
        answer(b);
    }
}

static void check_fault(const struct bench *b, unsigned code, bool recorded)
{
    CHECK_EQ(b->ir.code, code);
    CHECK_EQ(b->ir.recorded, recorded);
    CHECK_EQ(b->ir.msg.addr, 0);
    CHECK_EQ(b->ir.posts, 0);
}

/* ---- entries -------------------------------------------------------------------------------- */

static void random_entry(struct rng *rng, const struct vtd_regs *r, struct vtd_irte *e)
{
    *e = (struct vtd_irte){ .fpd = rng_below(rng, 2), .posted = rng_below(rng, 2), .vector = (uint8_t)rng_u64(rng),
                            .svt = (uint8_t)rng_below(rng, 4), .sq = (uint8_t)rng_below(rng, 4),
                            .sid = (uint16_t)rng_u64(rng) };
    if (e->posted) {
        e->urgent = rng_below(rng, 2);
        e->pd = rng_u64(rng) & bits_mask(45, 6);
        return;
    }
    e->dm = rng_below(rng, 2);
    e->rh = rng_below(rng, 2);
    e->tm = rng_below(rng, 2);
    e->dlm = (uint8_t)rng_below(rng, 8);
    e->dest = (uint32_t)rng_u64(rng) & (vtd_ir_extended(r) ? ~0u : 0xff);
}

static bool same(const struct vtd_irte *a, const struct vtd_irte *b)
{
    return a->fpd == b->fpd && a->posted == b->posted && a->vector == b->vector && a->svt == b->svt && a->sq == b->sq &&
           a->sid == b->sid && a->dm == b->dm && a->rh == b->rh && a->tm == b->tm && a->dlm == b->dlm &&
           a->dest == b->dest && a->urgent == b->urgent && a->pd == b->pd;
}

static void an_entry_that_is_encoded_is_decoded_to_the_same(void)
{
    struct bench b;
    struct rng rng;

    up(&b);
    rng_init(&rng, 1, "irte");
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct vtd_irte e, back;
        uint64_t words[VTD_IRTE_WORDS];

        FIELD_SET(IRTA, EIME, &b.regs.irta, i & 1);
        random_entry(&rng, &b.regs, &e);
        vtd_encode_irte(&b.regs, &e, words);
        CHECK_EQ(vtd_decode_irte(&b.regs, words, &back), 0);
        CU_ASSERT(same(&e, &back));
    }
    down(&b);
}

/* Written down bit by bit from the formats, apart from the tables of fields. */
static uint64_t legal_bits(const struct bench *b, unsigned word, bool posted)
{
    bool extended = vtd_ir_extended(&b->regs);

    if (posted)
        return word ? 0x3fffull << 32 | 0xfffff : 0xffffffc000ffcf03ull;      /* HAW 46 */
    return word ? 0xfffff : (extended ? 0xffffffffull << 32 : 0xffull << 40) | 0xff8fff;
}

static void each_bit_is_reserved_where_the_format_has_none(void)
{
    struct bench b;

    up(&b);
    for (unsigned form = 0; form < 4; form++)
        for (unsigned bit = 0; bit < 128; bit++) {
            bool posted = form & 1;
            uint64_t words[VTD_IRTE_WORDS] = { 1, 0 };
            struct vtd_irte e;

            FIELD_SET(IRTA, EIME, &b.regs.irta, form >> 1);
            FIELD_SET(IRTE, IM, words, posted);
            words[bit / 64] |= 1ull << bit % 64;
            if (bit == IRTE_IM_LO)
                continue;
            CHECK_EQ(vtd_decode_irte(&b.regs, words, &e),
                     legal_bits(&b, bit / 64, posted) >> bit % 64 & 1 ? 0 : VTD_IR_RESERVED);
        }
    down(&b);
}

static void a_posted_entry_is_reserved_without_posted_interrupts(void)
{
    struct bench b;

    up(&b);
    b.e.posted = true;
    b.e.pd = PD_AT & ~63;
    put_entry(&b, HANDLE);
    b.regs.cap = 0;
    run(&b);
    check_fault(&b, VTD_IR_RESERVED, true);
    down(&b);
}

/* ---- the source ----------------------------------------------------------------------------- */

static void a_source_is_compared_without_the_function_bits_that_sq_names(void)
{
    static const uint16_t compared[] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
    struct vtd_irte e = { .svt = VTD_SVT_SID, .sid = SID };

    for (unsigned sq = 0; sq < 4; sq++)
        for (unsigned bit = 0; bit < 16; bit++) {
            e.sq = (uint8_t)sq;
            CHECK_EQ(vtd_irte_source_ok(&e, (uint16_t)(SID ^ 1u << bit)), !(compared[sq] >> bit & 1));
        }
}

static void a_source_is_of_a_bus_between_the_first_and_the_last(void)
{
    struct vtd_irte e = { .svt = VTD_SVT_BUS, .sid = 0x1214 };

    for (unsigned bus = 0x10; bus < 0x18; bus++)
        CHECK_EQ(vtd_irte_source_ok(&e, (uint16_t)(bus << 8 | 0xff)), bus >= 0x12 && bus <= 0x14);
    e.svt = VTD_SVT_NONE;
    CU_ASSERT(vtd_irte_source_ok(&e, 0));
    e.svt = VTD_SVT_RESERVED;
    CU_ASSERT_FALSE(vtd_irte_source_ok(&e, 0x1200));
}

/* ---- requests ------------------------------------------------------------------------------- */

static void a_remapped_message_is_made_from_the_entry_alone(void)
{
    struct bench b;

    up(&b);
    b.e.dlm = 1;
    b.e.tm = b.e.rh = b.e.dm = true;
    put_entry(&b, HANDLE);
    b.req.data = 0xffffffff;                   /* without SHV nobody looks at it */
    run(&b);
    CHECK_STR(b.asked, "ce");
    CHECK_EQ(b.ir.code, 0);
    CHECK_EQ(b.ir.index, HANDLE);
    CHECK_EQ(b.ir.msg.addr, 0xfee1200c);
    CHECK_EQ(b.ir.msg.data, 0xc141);
    CU_ASSERT(b.ir.got && b.ir.remapped);
    down(&b);
}

static void an_extended_id_goes_on_in_the_upper_address(void)
{
    struct bench b;

    up(&b);
    FIELD_SET(IRTA, EIME, &b.regs.irta, 1);
    b.e.dest = 0x12345678;
    put_entry(&b, HANDLE);
    run(&b);
    CHECK_EQ(b.ir.msg.addr, 0x12345600fee78000ull);
    FIELD_SET(ECAP, EIM, &b.regs.ecap, 0);     /* the unit knows none: what stands there is reserved */
    run(&b);
    check_fault(&b, VTD_IR_RESERVED, true);
    down(&b);
}

static void handle_and_subhandle_are_added(void)
{
    struct bench b;

    up(&b);
    put_entry(&b, 15);
    b.req.addr = vtd_ir_request(13, true, 0).addr;
    b.req.data = 2;
    run(&b);
    CHECK_EQ(b.ir.index, 15);
    CHECK_EQ(b.ir.code, 0);
    b.req.data = 3;
    run(&b);
    CHECK_STR(b.asked, "");
    CHECK_EQ(b.ir.index, 16);
    check_fault(&b, VTD_IR_INDEX, true);
    FIELD_SET(IRTA, S, &b.regs.irta, 15);
    b.req.addr = vtd_ir_request(0xffff, true, 0).addr;
    b.req.data = 0;
    run(&b);
    CHECK_EQ(b.ir.index, 0xffff);
    CHECK_EQ(b.ir.pa, TABLE + 0xffff0);
    b.req.data = 1;                            /* does not wrap */
    run(&b);
    check_fault(&b, VTD_IR_INDEX, true);
    b.req.data = 0x10000;
    run(&b);
    check_fault(&b, VTD_IR_REQUEST, true);
    down(&b);
}

static void compatibility_format_passes_where_it_may(void)
{
    struct bench b;

    up(&b);
    b.req.addr = 0xfee03000;
    b.req.data = 0x30;
    run(&b);
    check_fault(&b, VTD_IR_COMPAT, true);
    b.regs.cfis = true;
    run(&b);
    CHECK_EQ(b.ir.code, 0);
    CHECK_EQ(b.ir.msg.addr, 0xfee03000);
    CHECK_EQ(b.ir.msg.data, 0x30);
    CU_ASSERT_FALSE(b.ir.remapped);
    FIELD_SET(IRTA, EIME, &b.regs.irta, 1);
    run(&b);
    check_fault(&b, VTD_IR_COMPAT, true);
    down(&b);
}

static void what_is_no_write_is_blocked_before_all_else(void)
{
    struct bench b;

    up(&b);
    b.req.write = false;
    run(&b);
    CHECK_STR(b.asked, "");
    check_fault(&b, VTD_IR_BLOCKED, true);
    b.req.addr = 0xfee03000;
    run(&b);
    check_fault(&b, VTD_IR_BLOCKED, true);
    down(&b);
}

/* Each entry has what the check at hand objects to, and what all later ones would. */
static void an_entry_is_checked_in_order(void)
{
    struct bench b;
    uint64_t words[VTD_IRTE_WORDS];

    up(&b);
    b.req.sid = SID + 8;
    vtd_encode_irte(&b.regs, &b.e, words);
    words[0] = (words[0] & ~1ull) | 1ull << 12;
    put_words(&b, HANDLE, words);
    mem_abort_region(b.mem, TABLE, TABLE + 0xfff);
    run(&b);
    check_fault(&b, VTD_IR_READ, true);
    down(&b);
    up(&b);
    b.req.sid = SID + 8;
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_ABSENT, true);
    CU_ASSERT_FALSE(b.ir.got);
    words[0] |= 1;
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_RESERVED, true);
    CU_ASSERT_FALSE(b.ir.got);
    words[0] &= ~(1ull << 12);
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_SOURCE, true);
    CU_ASSERT(b.ir.got);                       /* it is another source's */
    b.req.sid = SID;
    run(&b);
    CHECK_EQ(b.ir.code, 0);
    down(&b);
}

static void an_entry_may_keep_its_faults_out_of_the_records(void)
{
    struct bench b;
    uint64_t words[VTD_IRTE_WORDS];

    up(&b);
    b.e.fpd = true;
    b.req.sid = SID + 8;
    vtd_encode_irte(&b.regs, &b.e, words);
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_SOURCE, false);
    words[0] |= 1ull << 31;
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_RESERVED, false);
    words[0] &= ~1ull;
    put_words(&b, HANDLE, words);
    run(&b);
    check_fault(&b, VTD_IR_ABSENT, false);
    mem_abort_region(b.mem, TABLE, TABLE + 0xfff);
    run(&b);
    check_fault(&b, VTD_IR_READ, true);        /* it has not been read */
    down(&b);
}

static void a_kept_entry_is_not_read_but_its_source_is_verified(void)
{
    struct bench b;
    struct vtd_irte kept;

    up(&b);
    put_entry(&b, HANDLE);
    run(&b);
    kept = b.ir.e;
    b.req.sid = SID + 8;
    vtd_ir_begin(&b.ir, &b.regs, &b.req);
    CHECK_EQ(b.ir.ask, VTD_IR_IEC);
    vtd_ir_tell_entry(&b.ir, &kept);
    check_fault(&b, VTD_IR_SOURCE, true);
    b.req.sid = SID;
    vtd_ir_begin(&b.ir, &b.regs, &b.req);
    vtd_ir_tell_entry(&b.ir, &kept);
    CHECK_EQ(b.ir.code, 0);
    CHECK_EQ(b.ir.msg.data, 0x4041);
    CU_ASSERT_FALSE(b.ir.got);
    down(&b);
}

/* ---- posted --------------------------------------------------------------------------------- */

static void up_posted(struct bench *b, uint64_t control)
{
    up(b);
    b->e.posted = true;
    b->e.vector = 0x82;
    b->e.pd = PD_AT;
    put_entry(b, HANDLE);
    mem_write64(b->mem, PD_AT + 32, control);
}

enum { NV = 0xf2 << 16, ON = 1, SN = 2 };
#define NDST (0x0700ull << 32)

static void a_posted_interrupt_sets_its_bit_and_notifies_once(void)
{
    struct bench b;

    up_posted(&b, NDST | NV);
    mem_write64(b.mem, PD_AT + 16, 1);
    run(&b);
    CHECK_STR(b.asked, "cep");
    CHECK_EQ(b.ir.code, 0);
    CU_ASSERT(b.ir.notifies);
    CHECK_EQ(b.ir.msg.addr, 0xfee07000);
    CHECK_EQ(b.ir.msg.data, 0x40f2);
    CHECK_EQ(mem_read64(b.mem, PD_AT + 16), 5);
    CHECK_EQ(mem_read64(b.mem, PD_AT + 32), NDST | NV | ON);
    b.e.vector = 0x03;
    put_entry(&b, HANDLE);
    run(&b);
    CU_ASSERT_FALSE(b.ir.notifies);            /* one is outstanding */
    CHECK_EQ(mem_read64(b.mem, PD_AT), 8);
    CHECK_EQ(b.ir.msg.addr, 0);
    down(&b);
}

static void suppressed_notifications_are_for_the_urgent(void)
{
    struct bench b;

    up_posted(&b, NDST | NV | SN);
    run(&b);
    CU_ASSERT_FALSE(b.ir.notifies);
    CHECK_EQ(mem_read64(b.mem, PD_AT + 16), 4);
    CHECK_EQ(mem_read64(b.mem, PD_AT + 32), NDST | NV | SN);
    b.e.urgent = true;
    put_entry(&b, HANDLE);
    run(&b);
    CU_ASSERT(b.ir.notifies);
    CHECK_EQ(mem_read64(b.mem, PD_AT + 32), NDST | NV | SN | ON);
    down(&b);
}

static void a_descriptor_out_of_reach_or_with_reserved_bits_faults(void)
{
    struct bench b;

    for (unsigned bit = 256; bit < 512; bit++) {
        bool legal = bit < 258 || (bit >= 272 && bit < 280) || (bit >= 288 && bit < 320);

        up_posted(&b, 0);
        mem_write64(b.mem, PD_AT + bit / 64 * 8, 1ull << bit % 64);
        run(&b);
        if (legal)
            CHECK_EQ(b.ir.code, 0);
        else
            check_fault(&b, VTD_IR_PD_RESERVED, true);
        down(&b);
    }
    up_posted(&b, 0);
    b.e.fpd = true;
    put_entry(&b, HANDLE);
    mem_abort_region(b.mem, PD_AT & ~0xfff, PD_AT | 0xfff);
    run(&b);
    check_fault(&b, VTD_IR_PD_READ, false);
    b.e.fpd = false;
    put_entry(&b, HANDLE);
    run(&b);
    check_fault(&b, VTD_IR_PD_READ, true);
    b.req.sid = SID + 8;                       /* verified before the descriptor is touched */
    run(&b);
    CHECK_STR(b.asked, "ce");
    check_fault(&b, VTD_IR_SOURCE, true);
    down(&b);
}

static void records_of_requests_that_never_had_an_entry_name_none(void)
{
    for (unsigned code = 0x20; code < 0x2a; code++) {
        CU_ASSERT_PTR_NOT_NULL(vtd_reason((uint8_t)code));
        CHECK_EQ(vtd_ir_names_index((uint8_t)code), code != 0x20 && code != 0x25 && code != 0x29);
    }
}

/* ---- against a second reading ----------------------------------------------------------------- */

struct want { unsigned code; bool recorded, notifies; uint64_t addr, data, bit_at, bit; };

static uint64_t bit(uint64_t word, unsigned n) { return word >> n & 1; }

static bool source_agrees(uint64_t hi, unsigned sid)
{
    unsigned of = hi & 0xffff, ignored = "\0\4\6\7"[hi >> 16 & 3];

    switch (hi >> 18 & 3) {
    case 0:  return true;
    case 1:  return (of | ignored) == (sid | ignored);
    case 2:  return sid >> 8 >= of >> 8 && sid >> 8 <= (of & 255);
    default: return false;
    }
}

static void want_message(struct want *w, bool extended, uint64_t dest, uint64_t low, uint64_t data)
{
    w->addr = 0xfee00000 | low | (extended ? (dest & 0xff) << 12 | dest >> 8 << 40 : (dest >> 8 & 0xff) << 12);
    w->data = data;
}

static void want_posted(struct want *w, const struct bench *b, bool extended, uint64_t lo, uint64_t hi)
{
    uint64_t pd = hi >> 32 << 32 | lo >> 38 << 6, vector = lo >> 16 & 255, control;

    control = mem_read64(b->mem, pd + 32);
    if (control & 0xff00fffcull) {
        w->code = 0x28;
        return;
    }
    w->bit_at = pd + vector / 64 * 8;
    w->bit = 1ull << vector % 64;
    w->notifies = !bit(control, 0) && (!bit(control, 1) || bit(lo, 14));
    if (w->notifies)
        want_message(w, extended, control >> 32, 0, 0x4000 | (control >> 16 & 255));
}

/* The manual's order, written down once more, from the bits of the formats. */
static struct want second_reading(const struct bench *b)
{
    uint64_t a = b->req.addr, d = b->req.data, index = (a >> 5 & 0x7fff) | bit(a, 2) << 15, lo, hi;
    bool extended = bit(b->regs.irta, 11) && bit(b->regs.ecap, 4);
    struct want w = { .recorded = true };

    if (!bit(a, 4)) {
        if (extended || !b->regs.cfis)
            w.code = 0x25;
        else
            w.addr = a, w.data = d;
        return w;
    }
    index += bit(a, 3) ? d & 0xffff : 0;
    if (bit(a, 3) && d >> 16)
        w.code = 0x20;
    else if (index >> ((b->regs.irta & 15) + 1))
        w.code = 0x21;
    if (w.code)
        return w;
    lo = mem_read64(b->mem, TABLE + index * 16);
    hi = mem_read64(b->mem, TABLE + index * 16 + 8);
    w.recorded = !bit(lo, 1);
    if (!bit(lo, 0))
        w.code = 0x22;
    else if (bit(lo, 15) ? !bit(b->regs.cap, 59) || lo & 0x3fff0030fcull || hi & 0xffffc000fff00000ull
                         : lo & 0xff007000ull || hi >> 20 || (!extended && lo & 0xffff00ff00000000ull))
        w.code = 0x24;
    else if (!source_agrees(hi, b->req.sid))
        w.code = 0x26;
    else if (bit(lo, 15))
        want_posted(&w, b, extended, lo, hi);
    else
        want_message(&w, extended, lo >> 32, lo & 12,
                     (lo >> 16 & 255) | (lo >> 5 & 7) << 8 | 0x4000 | bit(lo, 4) << 15);
    return w;
}

/* An entry that is legal but for a bit now and then, and what it may point to. */
static void random_case(struct rng *rng, struct bench *b)
{
    uint64_t words[VTD_IRTE_WORDS], pd[VTD_PD_WORDS] = { 0 };
    struct vtd_irte e;
    struct vtd_msg m;

    FIELD_SET(IRTA, EIME, &b->regs.irta, rng_below(rng, 2));
    FIELD_SET(CAP, PI, &b->regs.cap, rng_below(rng, 8) != 0);
    b->regs.cfis = rng_below(rng, 2);
    random_entry(rng, &b->regs, &e);
    e.sid = (uint16_t)(SID ^ rng_below(rng, 8));
    if (e.svt == VTD_SVT_BUS)
        e.sid = (uint16_t)(((SID >> 8) - rng_below(rng, 3)) << 8 | ((SID >> 8) + rng_below(rng, 3)));
    e.sid ^= (uint16_t)(rng_below(rng, 4) ? 0 : 1u << rng_below(rng, 16));
    vtd_encode_irte(&b->regs, &e, words);
    if (!rng_below(rng, 3))
        words[rng_below(rng, 2)] ^= 1ull << rng_below(rng, 64);
    put_words(b, 9, words);
    pd[4] = rng_u64(rng) & ~0xff00fffcull;
    pd[4] ^= rng_below(rng, 4) ? 0 : 1ull << rng_below(rng, 64);
    for (unsigned i = 0; i < VTD_PD_WORDS; i++)
        mem_write64(b->mem, (words[1] >> 32 << 32 | words[0] >> 38 << 6) + 8 * i, pd[i]);
    m = vtd_ir_request((uint16_t)(5 + rng_below(rng, 2) * 4), rng_below(rng, 2), 4);
    b->req.addr = m.addr ^ (rng_below(rng, 16) ? 0 : 1u << rng_below(rng, 20));
    b->req.data = m.data ^ (rng_below(rng, 16) ? 0 : 1u << rng_below(rng, 32));
}

static void random_requests_end_as_a_second_reading_says(void)
{
    unsigned ends[256] = { 0 }, posted = 0;
    struct rng rng;

    rng_init(&rng, 2, "irte");
    for (unsigned i = 0; i < 20 * ROUNDS; i++) {
        struct bench b;
        struct want w;

        up(&b);
        random_case(&rng, &b);
        w = second_reading(&b);
        run(&b);
        CHECK_EQ(b.ir.code, w.code);
        CHECK_EQ(b.ir.msg.addr, w.addr);
        CHECK_EQ(b.ir.msg.data, w.data);
        CHECK_EQ(b.ir.notifies, w.notifies);
        if (w.code)
            CHECK_EQ(b.ir.recorded, w.recorded);
        if (w.bit)
            CHECK_EQ(mem_read64(b.mem, w.bit_at), w.bit);
        ends[w.code]++;
        posted += w.bit != 0;
        down(&b);
    }
    for (unsigned code = 0x20; code < 0x29; code++)
        CU_ASSERT(code == VTD_IR_READ || code == VTD_IR_PD_READ || ends[code] > 100);
    CU_ASSERT(ends[0] > 10 * ROUNDS / 4 && posted > ROUNDS);
}

#define TESTS(T)                                                                                   \
    T(an_entry_that_is_encoded_is_decoded_to_the_same)                                             \
    T(each_bit_is_reserved_where_the_format_has_none)                                              \
    T(a_posted_entry_is_reserved_without_posted_interrupts)                                        \
    T(a_source_is_compared_without_the_function_bits_that_sq_names)                                \
    T(a_source_is_of_a_bus_between_the_first_and_the_last)                                         \
    T(a_remapped_message_is_made_from_the_entry_alone)                                             \
    T(an_extended_id_goes_on_in_the_upper_address)                                                 \
    T(handle_and_subhandle_are_added)                                                              \
    T(compatibility_format_passes_where_it_may)                                                    \
    T(what_is_no_write_is_blocked_before_all_else)                                                 \
    T(an_entry_is_checked_in_order)                                                                \
    T(an_entry_may_keep_its_faults_out_of_the_records)                                             \
    T(a_kept_entry_is_not_read_but_its_source_is_verified)                                         \
    T(a_posted_interrupt_sets_its_bit_and_notifies_once)                                           \
    T(suppressed_notifications_are_for_the_urgent)                                                 \
    T(a_descriptor_out_of_reach_or_with_reserved_bits_faults)                                      \
    T(records_of_requests_that_never_had_an_entry_name_none)                                       \
    T(random_requests_end_as_a_second_reading_says)
TEST_SUITE("vtd_irte", TESTS)
