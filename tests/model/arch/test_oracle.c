/* SPDX-License-Identifier: Apache-2.0
 *
 * The oracle over an architecture that can be taken in at a glance: a request reads WORDS words one after the
 * other, or a pair at once, and its output is their sum.  Invalidation n covers the cached form of word n, and with
 * DERIVED what was made of it; with HELD what is kept between the two, and nothing else.
 */
#include "arch/oracle.h"
#include "suite.h"

enum { WORDS = 3, PAIR = 100, BASE = 0x1000, DERIVED = 0x100, HELD = 0x200, NO_HIT = 7 };

struct machine { uint64_t sum; unsigned at, words, each; struct xl_result res; bool fault; };

static void begin(void *machine, const void *regs, const struct xl_req *req)
{
    unsigned words = *(const unsigned *)regs;

    *(struct machine *)machine = (struct machine){ .words = words == PAIR ? 1 : words, .each = words == PAIR ? 2 : 1,
                                                   .fault = req->write };
}

static bool next(void *machine, struct oracle_question *q)
{
    struct machine *m = machine;

    if (m->at < m->words) {
        *q = (struct oracle_question){ .pa = BASE + 8 * m->at, .words = m->each, .name = "word" };
        return true;
    }
    m->res = (struct xl_result){ .outcome = m->fault ? XL_FAULT : XL_OK, .pa = m->sum,
                                 .code = m->fault ? (uint8_t)m->sum : 0, .domain = (uint32_t)m->sum & 1 };
    return false;
}

static unsigned told, held;            /* so often, by all machines; invalidations against words */

static void tell(void *machine, const uint64_t *words)
{
    struct machine *m = machine;

    told++;
    for (unsigned i = 0; words && i < m->each; i++)
        m->sum += words[i];
    m->at++;
}

static void copy(void *to, const void *from) { *(struct machine *)to = *(const struct machine *)from; }
static const struct xl_result *result(const void *machine) { return &((const struct machine *)machine)->res; }

static void key(const void *machine, const uint64_t *words, struct oracle_key *k)
{
    (void)words;
    *k = (struct oracle_key){ { ((const struct machine *)machine)->at } };
}

static unsigned covers(const struct oracle_inval *inv, const struct oracle_key *k)
{
    held++;
    if ((inv->w[0] & ~(uint64_t)(DERIVED | HELD)) != k->w[0])
        return 0;
    if (inv->w[0] & HELD)
        return ORACLE_HELD;
    return inv->w[0] & DERIVED ? ORACLE_WORD | ORACLE_DERIVED : ORACLE_WORD;
}

static bool could_hit(const struct xl_result *r) { return r->code != NO_HIT; }

static const struct oracle_arch arch = { .begin = begin, .next = next, .tell = tell, .copy = copy,
                                         .result = result, .key = key, .covers = covers,
                                         .could_hit = could_hit };

struct bench { struct mem *mem; struct oracle *o; unsigned words; };

static void up(struct bench *b, unsigned words)
{
    b->words = words;
    b->mem = mem_new();
    b->o = oracle_new(&arch, &b->words, b->mem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->o);
    for (unsigned i = 0; i < (words == PAIR ? 2 : words); i++)
        mem_write64(b->mem, BASE + 8 * i, 1);
}

static void down(struct bench *b)
{
    oracle_free(b->o);
    mem_free(b->mem);
}

static void write(struct bench *b, unsigned word, uint64_t value)
{
    mem_tick(b->mem);
    mem_stamp(b->mem, 1000 + word);
    mem_write64(b->mem, BASE + 8 * word, value);
}

static void invalidate(struct bench *b, unsigned what)
{
    struct oracle_inval inv = { { what } };

    mem_tick(b->mem);
    oracle_invalidated(b->o, &inv);
}

static struct oracle_finding judge(struct bench *b, uint64_t sum, uint64_t since, bool fault)
{
    struct xl_req req = { .write = fault };
    struct xl_result found = { .outcome = fault ? XL_FAULT : XL_OK, .pa = sum, .code = fault ? (uint8_t)sum : 0 };
    struct oracle_finding f;

    oracle_judge(b->o, &req, &found, since, &f);
    return f;
}

static unsigned verdict(struct bench *b, uint64_t sum)
{
    mem_tick(b->mem);
    return judge(b, sum, mem_epoch(b->mem), false).verdict;
}

static void what_tables_say_now_is_current(void)
{
    struct bench b;

    up(&b, WORDS);
    CHECK_EQ(verdict(&b, 3), ORACLE_CURRENT);
    CHECK_EQ(verdict(&b, 4), ORACLE_MISMATCH);
    down(&b);
    oracle_free(NULL);
}

static void an_old_value_is_stale_until_word_and_derived_are_gone(void)
{
    struct oracle_inval inv = { { 1 | DERIVED } };
    struct oracle_finding f;
    struct bench b;

    up(&b, WORDS);
    write(&b, 1, 101);
    mem_tick(b.mem);
    f = judge(&b, 3, mem_epoch(b.mem), false);
    CHECK_EQ(f.verdict, ORACLE_STALE);
    CHECK_EQ(f.changed_ps, 1001);
    CHECK_EQ(f.word_pa, BASE + 8);
    CHECK_EQ(f.current.pa, 103);
    CHECK_EQ(oracle_covers(b.o, &inv, &f.key), true);
    inv.w[0] = 1;
    CHECK_EQ(oracle_covers(b.o, &inv, &f.key), false);
    invalidate(&b, 2 | DERIVED);
    invalidate(&b, 1);
    CHECK_EQ(verdict(&b, 3), ORACLE_STALE);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_MISMATCH);
    invalidate(&b, 1 | DERIVED);
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    CHECK_EQ(verdict(&b, 103), ORACLE_CURRENT);
    down(&b);
}

/* A derived translation cannot show a fault that only a walk finds. */
static void what_is_derived_cannot_fault(void)
{
    struct bench b;

    up(&b, WORDS);
    write(&b, 1, NO_HIT - 2);
    write(&b, 1, 101);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_STALE);
    invalidate(&b, 1);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_MISMATCH);
    down(&b);
}

static void what_is_written_under_way_may_be_seen_or_not(void)
{
    struct bench b;
    uint64_t since;

    up(&b, WORDS);
    mem_tick(b.mem);
    since = mem_epoch(b.mem);
    write(&b, 0, 11);
    write(&b, 2, 21);
    invalidate(&b, 0 | DERIVED);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(judge(&b, 3 + (i & 1 ? 10 : 0) + (i & 2 ? 20 : 0), since, false).verdict, ORACLE_CURRENT);
    down(&b);
}

/* Where one completes only when those under way have ended, it counts for answers that come after it. */
static void an_invalidation_that_drains_counts_for_what_is_under_way(void)
{
    struct bench b;
    uint64_t since;

    up(&b, WORDS);
    oracle_drains(b.o);
    write(&b, 1, 101);
    mem_tick(b.mem);
    since = mem_epoch(b.mem);
    write(&b, 0, 11);
    CHECK_EQ(judge(&b, 13, since, false).verdict, ORACLE_STALE);
    CHECK_EQ(judge(&b, 103, since, false).verdict, ORACLE_CURRENT);
    CHECK_EQ(judge(&b, 113, since, false).verdict, ORACLE_CURRENT);
    invalidate(&b, 0);
    CHECK_EQ(judge(&b, 103, since, false).verdict, ORACLE_STALE);
    invalidate(&b, 0 | DERIVED);
    CHECK_EQ(judge(&b, 103, since, false).verdict, ORACLE_MISMATCH);
    invalidate(&b, 1 | DERIVED);
    CHECK_EQ(judge(&b, 13, since, false).verdict, ORACLE_MISMATCH);
    CHECK_EQ(judge(&b, 113, since, false).verdict, ORACLE_CURRENT);
    down(&b);
}

static void after_a_reset_nothing_old_is_left(void)
{
    struct bench b;

    up(&b, WORDS);
    write(&b, 1, 101);
    CHECK_EQ(verdict(&b, 3), ORACLE_STALE);
    oracle_forget(b.o);
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    down(&b);
}

/* The oldest invalidations are dropped, and the old values that only they could judge. */
static void what_only_forgotten_invalidations_could_judge_is_forgotten(void)
{
    struct bench b;

    up(&b, WORDS);
    write(&b, 1, 101);
    invalidate(&b, 9);
    CHECK_EQ(verdict(&b, 3), ORACLE_STALE);
    for (unsigned i = 0; i < ORACLE_INVALS; i++)
        invalidate(&b, 9);
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    write(&b, 1, 201);
    CHECK_EQ(verdict(&b, 103), ORACLE_STALE);
    invalidate(&b, 1 | DERIVED);
    CHECK_EQ(verdict(&b, 103), ORACLE_MISMATCH);
    down(&b);
}

/* 24 words with two values each: the search ends all the same. */
static void a_search_has_an_end(void)
{
    enum { MANY = 24 };
    struct bench b;

    up(&b, MANY);
    for (unsigned i = 0; i < MANY; i++)
        write(&b, i, 3);
    CHECK_EQ(verdict(&b, 3 * MANY - 2), ORACLE_STALE);
    CHECK_EQ(verdict(&b, 3 * MANY + 1), ORACLE_MISMATCH);
    down(&b);
}

static bool always(const void *machine, const struct xl_result *now) { return machine && now; }

/* Of a structure of several words nothing but translations is left: they are found by today's. */
static void an_old_configuration_needs_todays_to_lead_to_the_same(void)
{
    struct oracle_arch lenient = arch;
    struct bench b;

    lenient.leads_alike = always;
    for (unsigned alike = 0; alike < 2; alike++) {
        up(&b, PAIR);
        if (alike) {
            oracle_free(b.o);
            b.o = oracle_new(&lenient, &b.words, b.mem);
        }
        write(&b, 0, 2);               /* another domain */
        invalidate(&b, 0);
        CHECK_EQ(verdict(&b, 2), alike ? ORACLE_STALE : ORACLE_MISMATCH);
        write(&b, 0, 3);               /* the same */
        CHECK_EQ(verdict(&b, 2), ORACLE_STALE);
        down(&b);
    }
}

static bool could_walk(const struct xl_result *r) { return r->code != 9; }

/* What is left of it may be a table, from which a walk that faults begins. */
static bool every_word_is_held(const struct oracle_key *k)
{
    (void)k;
    return true;
}

/* Then it can end in anything; what is derived from it goes after it. */
static void what_is_held_because_of_a_word_outlives_it(void)
{
    struct oracle_arch holding = arch;
    struct bench b;

    holding.held = every_word_is_held;
    up(&b, 1);
    oracle_free(b.o);
    b.o = oracle_new(&holding, &b.words, b.mem);
    write(&b, 0, NO_HIT);
    write(&b, 0, 9);
    invalidate(&b, 0 | HELD);                            /* before the word: it may come again */
    invalidate(&b, 0 | DERIVED);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_STALE);
    invalidate(&b, 0 | HELD);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_MISMATCH);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), false).verdict, ORACLE_STALE);
    invalidate(&b, 0 | DERIVED);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), false).verdict, ORACLE_MISMATCH);
    down(&b);
}

static void an_old_configuration_may_fault_as_a_walk(void)
{
    struct oracle_arch walking = arch;
    struct bench b;

    walking.could_walk = could_walk;
    up(&b, PAIR);
    oracle_free(b.o);
    b.o = oracle_new(&walking, &b.words, b.mem);
    write(&b, 0, NO_HIT - 1);
    write(&b, 0, 8);
    write(&b, 0, 10);
    invalidate(&b, 0);
    mem_tick(b.mem);
    CHECK_EQ(judge(&b, NO_HIT, mem_epoch(b.mem), true).verdict, ORACLE_STALE);
    CHECK_EQ(judge(&b, 9, mem_epoch(b.mem), true).verdict, ORACLE_MISMATCH);
    down(&b);
}

/* As many changes of its first word as are remembered do not hide that of its second. */
static void of_many_changes_of_a_structure_the_youngest_count(void)
{
    struct oracle_finding f;
    struct bench b;

    up(&b, PAIR);
    for (unsigned i = 0; i <= MEM_VERSIONS; i++)
        write(&b, 0, 10 + i);
    write(&b, 1, 1000);
    mem_tick(b.mem);
    f = judge(&b, 10 + MEM_VERSIONS + 1, mem_epoch(b.mem), false);
    CHECK_EQ(f.verdict, ORACLE_STALE);
    CHECK_EQ(f.changed_ps, 1001);
    CHECK_EQ(verdict(&b, 11 + 1), ORACLE_STALE);
    CHECK_EQ(verdict(&b, 10 + 1), ORACLE_MISMATCH);        /* the oldest */
    down(&b);
}

static void results_are_the_same_in_what_can_be_seen(void)
{
    const struct xl_result f = { .outcome = XL_FAULT, .code = 0x10, .recorded = true, .stage2 = 1, .cls = 2,
                                 .ipa = 0x5678 };
    struct xl_result g = f;

    g.ipa = 0x5fff;                    /* of the same page */
    CHECK_EQ(oracle_same(&f, &g), true);
    g.pa = 1;                          /* no output of a fault */
    CHECK_EQ(oracle_same(&f, &g), true);
#define DIFFERS(field, v) g = f; g.field = (v); CHECK_EQ(oracle_same(&f, &g), false)
    DIFFERS(outcome, XL_ABORT);
    DIFFERS(code, 0x11);
    DIFFERS(stage2, 0);
    DIFFERS(cls, 1);
    DIFFERS(recorded, false);
    DIFFERS(ipa, 0x6000);
#undef DIFFERS
    CHECK_EQ(oracle_same(&(struct xl_result){ .outcome = XL_BYPASS, .pa = 1 },
                         &(struct xl_result){ .outcome = XL_BYPASS, .pa = 2 }), false);
}

/* It may have been carried out when it was given, and what was overwritten after that read anew. */
static void an_invalidation_takes_what_was_overwritten_before_it_was_given(void)
{
    struct oracle_inval inv = { { 1 | DERIVED } };
    struct bench b;
    uint64_t given;

    up(&b, WORDS);
    mem_tick(b.mem);
    given = mem_epoch(b.mem);
    write(&b, 1, 101);
    mem_tick(b.mem);
    oracle_invalidated_since(b.o, &inv, given);
    CHECK_EQ(verdict(&b, 3), ORACLE_STALE);
    mem_tick(b.mem);
    oracle_invalidated_since(b.o, &inv, mem_epoch(b.mem));
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    down(&b);
}

struct sums { uint64_t sum[8], wanted; unsigned n; };

static bool each(void *arg, const struct xl_result *legal)
{
    struct sums *s = arg;

    if (s->n < 8)
        s->sum[s->n++] = legal->pa;
    return legal->pa == s->wanted;
}

static void legal_results_are_told_until_one_is_wanted(void)
{
    const struct xl_req req = { .write = false };
    struct oracle_finding f;
    struct bench b;
    struct sums s = { .wanted = 3 };

    up(&b, WORDS);
    write(&b, 1, 101);
    mem_tick(b.mem);
    oracle_legal(b.o, &req, mem_epoch(b.mem), each, &s, &f);
    CHECK_EQ(f.verdict, ORACLE_STALE);
    CHECK_EQ(s.sum[0], 103);
    CHECK_EQ(s.sum[s.n - 1], 3);
    invalidate(&b, 1 | DERIVED);
    s = (struct sums){ .wanted = 3 };
    oracle_legal(b.o, &req, mem_epoch(b.mem), each, &s, &f);
    CHECK_EQ(f.verdict, ORACLE_MISMATCH);
    oracle_legal(b.o, &req, ORACLE_EVER, each, &s, &f);
    CHECK_EQ(f.verdict, ORACLE_STALE);
    down(&b);
}

static bool not_one(const void *machine, const uint64_t *words)
{
    (void)machine;
    return words[0] != 1;
}

/* Who was under way may have seen it. */
static void what_no_cache_keeps_is_not_legal_later(void)
{
    struct oracle_arch picky = arch;
    struct bench b;
    uint64_t since;

    picky.kept = not_one;
    up(&b, WORDS);
    oracle_free(b.o);
    b.o = oracle_new(&picky, &b.words, b.mem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b.o);
    mem_tick(b.mem);
    since = mem_epoch(b.mem);
    write(&b, 1, 101);
    write(&b, 1, 201);
    CHECK_EQ(judge(&b, 3, since, false).verdict, ORACLE_CURRENT);
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    CHECK_EQ(verdict(&b, 103), ORACLE_STALE);
    down(&b);
}

/* However long a run is, and however often an old value that nothing removes is met. */
static void an_invalidation_is_held_against_an_old_value_once(void)
{
    enum { MANY = 1000 };
    struct bench b;

    up(&b, WORDS);
    write(&b, 1, 101);
    held = 0;
    for (unsigned i = 0; i < MANY; i++) {
        invalidate(&b, 9);
        CHECK_EQ(verdict(&b, 3), ORACLE_STALE);
    }
    CHECK_EQ(held, MANY);
    invalidate(&b, 1 | DERIVED);
    CHECK_EQ(verdict(&b, 3), ORACLE_MISMATCH);
    CHECK_EQ(held, MANY + 1);
    down(&b);
}

/* Who came before an invalidation, and is judged after one that came later, is not held to it. */
static void who_came_before_an_invalidation_may_be_judged_after_others(void)
{
    struct bench b;
    uint64_t before, word_gone;

    up(&b, WORDS);
    write(&b, 1, NO_HIT - 2);
    write(&b, 1, 101);
    mem_tick(b.mem);
    before = mem_epoch(b.mem);
    invalidate(&b, 1);
    word_gone = mem_epoch(b.mem);
    invalidate(&b, 1 | DERIVED);
    CHECK_EQ(verdict(&b, NO_HIT), ORACLE_MISMATCH);
    CHECK_EQ(judge(&b, NO_HIT, word_gone, false).verdict, ORACLE_STALE);
    CHECK_EQ(judge(&b, NO_HIT, word_gone, true).verdict, ORACLE_MISMATCH);
    CHECK_EQ(judge(&b, NO_HIT, before, true).verdict, ORACLE_STALE);
    down(&b);
}

/* Words that change between two values: a branch for each of them, not for each change. */
static void a_value_that_comes_back_is_tried_once(void)
{
    struct bench b;

    up(&b, WORDS);
    for (unsigned i = 0; i < MEM_VERSIONS; i++)
        for (unsigned w = 0; w < WORDS; w++)
            write(&b, w, 1 + (i & 1));
    mem_tick(b.mem);
    told = 0;
    CHECK_EQ(judge(&b, 1000, mem_epoch(b.mem), false).verdict, ORACLE_MISMATCH);
    CHECK_EQ(told, WORDS + 2 + 4 + 8);         /* today's answer; the branches after each word */
    CHECK_EQ(verdict(&b, WORDS), ORACLE_STALE);
    CHECK_EQ(verdict(&b, 2 * WORDS), ORACLE_CURRENT);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(what_tables_say_now_is_current) T(an_old_value_is_stale_until_word_and_derived_are_gone)     \
    T(what_is_derived_cannot_fault) T(what_is_written_under_way_may_be_seen_or_not)                \
    T(an_invalidation_that_drains_counts_for_what_is_under_way)                                     \
    T(after_a_reset_nothing_old_is_left) T(what_only_forgotten_invalidations_could_judge_is_forgotten) \
    T(an_invalidation_takes_what_was_overwritten_before_it_was_given)                              \
    T(legal_results_are_told_until_one_is_wanted) T(what_no_cache_keeps_is_not_legal_later)        \
    T(a_search_has_an_end) T(an_old_configuration_needs_todays_to_lead_to_the_same)                \
    T(what_is_held_because_of_a_word_outlives_it) T(an_old_configuration_may_fault_as_a_walk) T(of_many_changes_of_a_structure_the_youngest_count) \
    T(results_are_the_same_in_what_can_be_seen) T(an_invalidation_is_held_against_an_old_value_once) \
    T(who_came_before_an_invalidation_may_be_judged_after_others) T(a_value_that_comes_back_is_tried_once)
TEST_SUITE("oracle", TESTS)
