/* SPDX-License-Identifier: Apache-2.0
 *
 * The scoreboard finds what is wrong: a design that is right but for one thing, each of its kind, and the verdict
 * names kind and request.
 */
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/ste.h"
#include "cosim_bench.h"
#include "rtl-cosim/judge/scoreboard_impl.h"

enum { PAGE = 0x1000, READ_ONLY = 0x300000, IOVA = 0x100000, HOLE = 0x5000000, RW = REC_PERM_R | REC_PERM_W };
enum { OLD_PA = 0x7000000, NEW_PA = 0x6000000, NO_CODE = 0 };

/* What request number `at` of the run is answered with, or what else is done wrong then. */
enum wrong {
    NOTHING, OTHER_ADDRESS, NO_ANSWER, NO_ANSWER_BUSY, TWO_ANSWERS, ANSWER_UNASKED, FIRST_ANSWER_AGAIN, LET_OUT,
    OTHER_CODE, REFUSED, OTHER_RECORD, NO_RECORDS, FOREIGN_WRITE, SYNC_NEVER_ENDS, OTHER_IDR, EMPTY_READ,
    ASSERTION_FAILS, NEVER_READY, CHANGING_READ,
};

/* One run at a time. */
static struct fake {
    enum wrong wrong;
    uint64_t at, requests, cons, number[1 << 16];      /* by id */
    struct cosim_rsp first, again;             /* of the page that is kept; to be given a second time */
    struct cosim_direct real;
    bool done;
} fake;

static uint64_t number_of(const struct cosim_rsp *r) { return fake.number[r->id]; }

static void spoil_answer(struct cosim_out *out)
{
    struct cosim_rsp *r = &out->rsp;

    if (fake.wrong == FIRST_ANSWER_AGAIN && number_of(r) == 0)
        fake.first = *r;
    if (number_of(r) != fake.at)
        return;
    switch (fake.wrong) {
    case OTHER_ADDRESS:
        r->addr ^= PAGE;
        break;
    case NO_ANSWER:
    case NO_ANSWER_BUSY:
        *r = (struct cosim_rsp){ 0 };
        fake.done = true;
        break;
    case TWO_ANSWERS:
        fake.again = *r;
        break;
    case FIRST_ANSWER_AGAIN:
        r->outcome = fake.first.outcome;
        r->addr = fake.first.addr;
        r->code = 0;
        break;
    case LET_OUT:
        r->outcome = COSIM_OK;
        r->addr = OLD_PA;
        r->code = 0;
        break;
    case OTHER_CODE:
        r->code = SMMUV3_F_ACCESS;
        break;
    case REFUSED:
        r->outcome = COSIM_FAULT;
        r->code = SMMUV3_F_TRANSLATION;
        break;
    default:
        break;
    }
}

static void add_answer(struct cosim_out *out)
{
    if (fake.wrong == TWO_ANSWERS && fake.again.valid) {
        out->rsp = fake.again;
        fake.again.valid = false;
    }
    if (fake.wrong == ANSWER_UNASKED && fake.requests > fake.at && !fake.done) {
        out->rsp = (struct cosim_rsp){ .valid = true, .id = 0x7777, .outcome = COSIM_OK };
        fake.done = true;
    }
}

static void spoil_rest(const struct cosim_in *in, struct cosim_out *out)
{
    bool now = fake.requests > fake.at && !fake.done;

    if (fake.wrong == FOREIGN_WRITE && now) {
        out->aw = (struct cosim_aw){ .valid = true, .strb = 0xff, .addr = 0x1234000 };
        fake.done = in->aw_ready;
    }
    if (fake.wrong == EMPTY_READ && now) {
        out->ar = (struct cosim_ar){ .valid = true, .addr = 0x1000 };
        fake.done = in->ar_ready;
    }
    if (fake.wrong == CHANGING_READ && now) {
        out->ar = (struct cosim_ar){ .valid = true, .addr = 0x1000 + 8 * fake.real.read(fake.real.arg, 0, 1), .beats = 1 };
        fake.done = in->ar_ready;
    }
    if (fake.wrong == SYNC_NEVER_ENDS && in->reg.offset == 0x9c) {
        fake.cons = fake.requests > fake.at ? fake.cons : out->reg_data;
        out->reg_data = fake.cons;
    }
    if (fake.wrong == NO_RECORDS && in->reg.offset == 0x100a8)
        out->reg_data = 0;
    if (fake.wrong == OTHER_IDR && in->reg.offset == 0)
        out->reg_data ^= 2;
    if (fake.wrong == NEVER_READY && fake.requests >= fake.at)
        out->req_ready = false;
    if (fake.wrong == NO_ANSWER_BUSY)
        out->idle = false;
}

static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
{
    struct cosim_in seen = *in;

    if (fake.wrong == NEVER_READY && fake.requests >= fake.at)
        seen.req.valid = false;
    cosim_dut_model.tick(d, &seen, out);
    spoil_rest(in, out);
    if (in->req.valid && out->req_ready)
        fake.number[in->req.id] = fake.requests++;
    if (out->rsp.valid)
        spoil_answer(out);
    else
        add_answer(out);
    return 0;
}

static void wrote(void *arg, uint64_t addr, const uint64_t *words, unsigned n)
{
    uint64_t spoilt[4];

    (void)arg;
    memcpy(spoilt, words, sizeof spoilt);
    if (fake.wrong == OTHER_RECORD && !fake.done) {
        spoilt[2] ^= PAGE;
        mem_write64(fake.real.mem, addr + 16, spoilt[2]);
        fake.done = true;
    }
    fake.real.wrote(fake.real.arg, addr, spoilt, n);
}

static void direct(struct cosim_dut *d, const struct cosim_direct *m)
{
    struct cosim_direct own = *m;

    fake.real = *m;
    own.wrote = wrote;
    cosim_dut_model.direct(d, &own);
}

static uint64_t errors(struct cosim_dut *d, char *text, size_t n)
{
    (void)d;
    if (n)
        snprintf(text, n, "two entries match");
    return fake.wrong == ASSERTION_FAILS && fake.requests > fake.at;
}

static struct cosim_dut_ops design(enum wrong wrong, uint64_t at)
{
    struct cosim_dut_ops ops = cosim_dut_model;

    fake = (struct fake){ .wrong = wrong, .at = at };
    ops.name = "fake";
    ops.tick = tick;
    ops.direct = direct;
    ops.errors = errors;
    return ops;
}

/* Requests 0..7: a page, a write, one of a page that may be read only, one of nothing, the page again; then it is
 * mapped elsewhere, and read (5, 6); a write to the page that may only be read (7). */
static void make_records(struct bench *b)
{
    attach(b, 0, 1, REC_MODE_TRANSLATE);
    map(b, 1, IOVA, OLD_PA, PAGE, RW);
    map(b, 1, READ_ONLY, 0x9000000, PAGE, REC_PERM_R);
    dma(b, 0, REC_READ, IOVA);
    dma(b, 0, REC_WRITE, IOVA);
    dma(b, 0, REC_READ, READ_ONLY);
    dma(b, 0, REC_READ, HOLE);
    dma(b, 0, REC_READ, IOVA);
    unmap(b, 1, IOVA, PAGE);
    map(b, 1, IOVA, NEW_PA, PAGE, RW);
    dma(b, 0, REC_READ, IOVA);
    dma(b, 0, REC_READ, IOVA);
    dma(b, 0, REC_WRITE, READ_ONLY);
}

struct expected { enum verdict_kind kind; int64_t request; };

static void check(enum wrong wrong, uint64_t at, unsigned order, struct expected e)
{
    const struct cosim_dut_ops ops = design(wrong, at);
    const struct verdicts *v;
    struct bench b;

    bench_up(&b);
    b.opt.par.order = order;
    b.opt.par.hang = 3000;
    make_records(&b);
    run(&b, &ops);
    v = driver_verdicts(b.driver);
    CU_ASSERT(v->total > 0);
    if (v->total > 0) {
        CHECK_STR(verdict_name[v->at[0].kind], verdict_name[e.kind]);
        CHECK_EQ(v->at[0].request, e.request);
        CU_ASSERT(v->at[0].expected[0] && v->at[0].found[0]);
    }
    bench_down(&b);
}

#define FINDS(name, wrong, at, kind, request)                                                        \
    static void name(void)                                                                           \
    {                                                                                                \
        for (unsigned order = 0; order < 2; order++)                                                 \
            check(wrong, at, order, (struct expected){ kind, request });                             \
    }

FINDS(a_wrong_address_is_found, OTHER_ADDRESS, 1, VERDICT_WRONG_ADDRESS, 1)
FINDS(a_lost_request_is_found, NO_ANSWER, 2, VERDICT_LOST, 2)
FINDS(a_hang_is_found, NO_ANSWER_BUSY, 2, VERDICT_HANG, 2)
FINDS(a_second_answer_is_found, TWO_ANSWERS, 1, VERDICT_DUPLICATE, 1)
FINDS(an_answer_that_nobody_asked_for_is_found, ANSWER_UNASKED, 1, VERDICT_UNASKED, NO_REQUEST)
FINDS(what_was_invalidated_is_found_to_be_stale, FIRST_ANSWER_AGAIN, 6, VERDICT_STALE, 6)
FINDS(a_write_to_what_may_be_read_is_found, LET_OUT, 7, VERDICT_WRONG_PERMISSION, 7)
FINDS(an_access_to_nothing_is_found, LET_OUT, 3, VERDICT_MISSING_FAULT, 3)
FINDS(another_fault_is_found, OTHER_CODE, 3, VERDICT_WRONG_FAULT, 3)
FINDS(a_fault_without_reason_is_found, REFUSED, 2, VERDICT_WRONG_FAULT, 2)
FINDS(another_record_is_found, OTHER_RECORD, 0, VERDICT_EVENT_RECORD, 3)
FINDS(records_that_do_not_come_are_found, NO_RECORDS, 0, VERDICT_EVENT_RECORD, 3)
FINDS(a_write_elsewhere_is_found, FOREIGN_WRITE, 1, VERDICT_MEMORY_WRITE, NO_REQUEST)
FINDS(a_sync_that_does_not_end_is_found, SYNC_NEVER_ENDS, 1, VERDICT_HANG, NO_REQUEST)
FINDS(another_identification_is_found, OTHER_IDR, 0, VERDICT_REGISTER, NO_REQUEST)
FINDS(a_read_of_nothing_is_found, EMPTY_READ, 1, VERDICT_MEMORY_READ, NO_REQUEST)
FINDS(an_assertion_is_found, ASSERTION_FAILS, 1, VERDICT_ASSERTION, NO_REQUEST)
FINDS(a_request_that_is_not_taken_is_found, NEVER_READY, 2, VERDICT_HANG, 2)

static void a_read_that_changes_before_it_is_taken_is_found(void)
{
    const struct cosim_dut_ops ops = design(CHANGING_READ, 1);
    struct bench b;

    bench_up(&b);
    b.opt.par.ar_stall = 90;
    b.opt.par.latency_max = 60;
    make_records(&b);
    run(&b, &ops);
    CU_ASSERT(driver_verdicts(b.driver)->of[VERDICT_ASSERTION] > 0);
    bench_down(&b);
}

static void nothing_is_found_where_nothing_is_wrong(void)
{
    const struct cosim_dut_ops ops = design(NOTHING, 0);

    for (unsigned order = 0; order < 2; order++) {
        struct bench b;

        bench_up(&b);
        b.opt.par.order = order;
        make_records(&b);
        run(&b, &ops);
        print_verdicts(&b);
        CHECK_EQ(driver_verdicts(b.driver)->total, 0);
        CHECK_EQ(driver_stats(b.driver)->requests, 8);
        CHECK_EQ(driver_stats(b.driver)->events, 2);
        bench_down(&b);
    }
}

/* The old page may be seen until the SYNC has completed, and no longer. */
static void before_the_sync_the_old_page_is_right(void)
{
    struct bench b;

    bench_up(&b);
    attach(&b, 0, 1, REC_MODE_TRANSLATE);
    map(&b, 1, IOVA, OLD_PA, PAGE, RW);
    dma(&b, 0, REC_READ, IOVA);
    for (unsigned i = 0; i < 40; i++) {
        unmap(&b, 1, IOVA, PAGE);
        for (unsigned k = 0; k < 12; k++)
            dma(&b, 0, REC_READ, IOVA);
        map(&b, 1, IOVA, OLD_PA + i * PAGE, PAGE, RW);
        dma(&b, 0, REC_READ, IOVA);
    }
    b.opt.par.poll = 1;
    run(&b, &cosim_dut_model);
    print_verdicts(&b);
    CHECK_EQ(driver_verdicts(b.driver)->total, 0);
    CU_ASSERT(scoreboard_cover(driver_scoreboard(b.driver))->hits[COVER_OLD_VALUE] > 0);
    bench_down(&b);
}

static void answers_out_of_order_are_found_of_who_keeps_it(void)
{
    struct cosim_dut_ops ops = design(NOTHING, 0);
    struct bench b;

    ops.caps &= ~(uint32_t)COSIM_CAP_REORDERS;
    bench_up(&b);
    attach(&b, 0, 1, REC_MODE_TRANSLATE);
    map(&b, 1, IOVA, OLD_PA, PAGE, RW);
    map(&b, 1, READ_ONLY, 0x9000000, PAGE, RW);
    dma(&b, 0, REC_READ, IOVA);
    for (unsigned i = 0; i < 30; i++)
        dma(&b, 0, REC_READ, IOVA);
    dma(&b, 0, REC_READ, READ_ONLY);
    for (unsigned i = 0; i < 30; i++)
        dma(&b, 0, REC_READ, IOVA);
    run(&b, &ops);
    CU_ASSERT(driver_verdicts(b.driver)->of[VERDICT_ORDER] > 0);
    bench_down(&b);
}

/* An illegal command stops the queue; software repairs it, and what stands behind it is carried out. */
static void an_illegal_command_is_right_if_it_is_reported(void)
{
    struct bench b;

    bench_up(&b);
    make_records(&b);
    add(&b, &(struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM }, 2, (uint64_t[]){ 0xff, 0 });
    add(&b, &(struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM }, 2, (uint64_t[]){ 0x30, 0 });
    add(&b, &(struct rec){ .kind = REC_COMMAND, .stream = REC_NO_STREAM }, 2, (uint64_t[]){ 0x46, 0 });
    dma(&b, 0, REC_READ, IOVA);
    run(&b, &cosim_dut_model);
    print_verdicts(&b);
    CHECK_EQ(driver_verdicts(b.driver)->total, 0);
    CHECK_EQ(scoreboard_cover(driver_scoreboard(b.driver))->hits[COVER_COMMAND_ERROR], 1);
    CHECK_EQ(driver_stats(b.driver)->requests, 9);
    bench_down(&b);
}

/* Records that software does not take in time are lost, and may be. */
static void a_full_event_queue_loses_records_rightly(void)
{
    struct bench b;

    bench_up(&b);
    b.opt.par.event_poll = 60000;
    attach(&b, 0, 1, REC_MODE_TRANSLATE);
    for (unsigned i = 0; i < 700; i++)
        dma(&b, 0, REC_READ, HOLE + i * PAGE);
    run(&b, &cosim_dut_model);
    print_verdicts(&b);
    CHECK_EQ(driver_verdicts(b.driver)->total, 0);
    CU_ASSERT(driver_stats(b.driver)->events < 700);
    CU_ASSERT(scoreboard_cover(driver_scoreboard(b.driver))->hits[COVER_EVENT_OVERFLOW] > 0);
    bench_down(&b);
}

/* Of records that are all alike nobody can tell which ones were lost: one that has come may be that of a request whose
 * answer is still on its way, and not that of one before it. */
static void records_that_are_alike_may_be_of_any_request(void)
{
    for (unsigned gap = 0; gap < 40; gap++) {
        struct bench b;

        bench_up(&b);
        set(&b, "smmu.evtq.buffer", "4");
        b.opt.par.event_poll = 100 + gap;
        b.opt.par.rsp_stall = 60;
        b.opt.par.stall_cycles = 40;
        attach(&b, 0, 1, REC_MODE_TRANSLATE);
        for (unsigned i = 0; i < 160 + gap; i++)
            dma(&b, 0, REC_READ, HOLE);
        run(&b, &cosim_dut_model);
        print_verdicts(&b);
        CHECK_EQ(driver_verdicts(b.driver)->total, 0);
        CU_ASSERT(driver_stats(b.driver)->events < 160 + gap);
        bench_down(&b);
    }
}

/* ---- the scoreboard alone ------------------------------------------------------------------------ */

enum { STRTAB = 0x10000, EVENTQ = 0x20000, NOWHERE = 0x40000000 };

/* One stream, whose CD is where reads abort: place says where. */
struct alone { struct bench b; struct mem *mem; struct verdicts verdicts; struct scoreboard *s; };

static void place_cd(struct alone *a, unsigned place)
{
    uint64_t ste[STE_WORDS] = { 0 };

    FIELD_SET(STE, V, ste, 1);
    FIELD_SET(STE, CONFIG, ste, STE_S1);
    FIELD_SET_ADDR(STE, S1CTXPTR, ste, NOWHERE + 64ull * place);
    scoreboard_touch(a->s);
    mem_write64(a->mem, STRTAB, ste[0]);
}

static void alone_up(struct alone *a)
{
    *a = (struct alone){ .mem = mem_new() };
    bench_up(&a->b);
    a->s = scoreboard_new(a->b.config, a->mem, COSIM_CAP_FAULTS | COSIM_CAP_REORDERS, &a->verdicts, &a->b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a->s);
    mem_abort_region(a->mem, NOWHERE, NOWHERE + 0xffff);
    place_cd(a, 0);
    scoreboard_register(a->s, 0x080, STRTAB, 8);
    scoreboard_register(a->s, 0x0a0, EVENTQ | 8, 8);
    scoreboard_register(a->s, 0x020, 5, 4);                /* SMMUEN, EVENTQEN */
}

static void alone_down(struct alone *a)
{
    scoreboard_free(a->s);
    mem_free(a->mem);
    verdicts_destroy(&a->verdicts);
    bench_down(&a->b);
}

static void ask(struct alone *a, uint64_t request)
{
    scoreboard_request(a->s, &(struct cosim_req){ .valid = true, .id = (uint32_t)request & 0xff, .addr = IOVA }, request);
}

static void fault(struct alone *a, uint64_t request)
{
    scoreboard_response(a->s, &(struct cosim_rsp){ .valid = true, .id = (uint32_t)request & 0xff,
                                                   .outcome = COSIM_FAULT, .code = SMMUV3_F_CD_FETCH });
}

static void record_of(struct alone *a, unsigned place)
{
    const struct xl_result res = { .code = SMMUV3_F_CD_FETCH, .fetch = NOWHERE + 64ull * place };
    uint64_t words[EVENT_WORDS];

    smmuv3_event_encode(&(struct xl_req){ .addr = IOVA }, &res, words);
    scoreboard_event(a->s, words);
}

/* The CD was moved again and again while the request was under way. */
static void a_fault_may_have_left_any_of_many_records(void)
{
    enum { PLACES = 20 };

    for (unsigned place = 0; place <= PLACES; place++) {
        struct alone a;

        alone_up(&a);
        ask(&a, 0);
        for (unsigned i = 1; i < PLACES; i++)
            place_cd(&a, i);
        fault(&a, 0);
        record_of(&a, place);
        scoreboard_end(a.s);
        CHECK_EQ(a.verdicts.total, place == PLACES);
        alone_down(&a);
    }
}

/* However long the run is: after an overflow nobody can say which ones were lost. */
static void a_record_that_need_not_come_is_not_waited_for_for_ever(void)
{
    enum { PATIENCE = 1000, STEP = 10, MANY = 20000 };
    size_t most = 0;
    struct alone a;

    alone_up(&a);
    scoreboard_patience(a.s, PATIENCE);
    for (uint64_t i = 0; i < MANY; i++) {
        scoreboard_cycle(a.s, STEP * i, i);
        ask(&a, i);
        scoreboard_overflow(a.s, false);
        fault(&a, i);
        most = a.s->n_expected > most ? a.s->n_expected : most;
    }
    CU_ASSERT(most >= PATIENCE / STEP && most <= 2 * PATIENCE / STEP);
    scoreboard_cycle(a.s, STEP * MANY + PATIENCE, MANY);
    record_of(&a, 0);                  /* one that came in time */
    CHECK_EQ(a.verdicts.total, 0);
    alone_down(&a);
}

/* ---- what is told of a difference ------------------------------------------------------------------ */

static unsigned lines_of(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void what_led_to_the_first_difference_is_told(void)
{
    const struct cosim_dut_ops ops = design(OTHER_ADDRESS, 4);
    const struct driver_moment *m;
    const char *last;
    struct bench b;

    bench_up(&b);
    make_records(&b);
    run(&b, &ops);
    m = driver_moment(b.driver);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT(m->of_stream);
    CHECK_EQ(m->cycle, driver_verdicts(b.driver)->at[0].cycle + 1);
    CU_ASSERT(m->cycle < driver_stats(b.driver)->cycles);
    CHECK_EQ(lines_of(m->history), SCOREBOARD_HISTORY);
    last = strstr(m->history, "answer to 4: ok");         /* and nothing of this stream after it */
    CU_ASSERT(last && lines_of(last) == 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->state, "requests issued"));
    CHECK_EQ(m->req.addr, IOVA);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->walk, "S1L3   0x"));
    CU_ASSERT_PTR_NOT_NULL(strstr(m->walk, "then   ok 0x"));
    bench_down(&b);
}

/* Of a request that is right: the model's part of a report. */
static void what_was_under_way_when_a_request_was_answered_is_told(void)
{
    const struct driver_moment *m;
    struct bench b;

    bench_up(&b);
    make_records(&b);
    b.opt.par.order = 1;               /* overlap: 0 to 4 at once */
    b.opt.moment_of = 1 + 2;
    run(&b, &cosim_dut_model);
    m = driver_moment(b.driver);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT(m->of_stream && m->cycle < driver_stats(b.driver)->cycles);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->history, "answer to 2:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(m->state, "request 4 (id"));
    CU_ASSERT_PTR_NULL(strstr(m->state, "request 2 (id"));
    bench_down(&b);
}

#define TESTS(T)                                                                                     \
    T(nothing_is_found_where_nothing_is_wrong)                                                       \
    T(a_wrong_address_is_found)                                                                      \
    T(a_lost_request_is_found)                                                                       \
    T(a_hang_is_found)                                                                               \
    T(a_second_answer_is_found)                                                                      \
    T(an_answer_that_nobody_asked_for_is_found)                                                      \
    T(what_was_invalidated_is_found_to_be_stale)                                                     \
    T(a_write_to_what_may_be_read_is_found)                                                          \
    T(an_access_to_nothing_is_found)                                                                 \
    T(another_fault_is_found)                                                                        \
    T(a_fault_without_reason_is_found)                                                               \
    T(another_record_is_found)                                                                       \
    T(records_that_do_not_come_are_found)                                                            \
    T(a_write_elsewhere_is_found)                                                                    \
    T(a_sync_that_does_not_end_is_found)                                                             \
    T(another_identification_is_found)                                                               \
    T(a_read_of_nothing_is_found)                                                                    \
    T(an_assertion_is_found)                                                                         \
    T(a_request_that_is_not_taken_is_found)                                                          \
    T(a_read_that_changes_before_it_is_taken_is_found)                                               \
    T(before_the_sync_the_old_page_is_right)                                                         \
    T(answers_out_of_order_are_found_of_who_keeps_it)                                                \
    T(an_illegal_command_is_right_if_it_is_reported)                                                 \
    T(a_full_event_queue_loses_records_rightly)                                                      \
    T(records_that_are_alike_may_be_of_any_request)                                                  \
    T(a_fault_may_have_left_any_of_many_records)                                                     \
    T(a_record_that_need_not_come_is_not_waited_for_for_ever)                                        \
    T(what_led_to_the_first_difference_is_told)                                                      \
    T(what_was_under_way_when_a_request_was_answered_is_told)
TEST_SUITE("scoreboard", TESTS)
