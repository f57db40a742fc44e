/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/shares.h"

#include "suite.h"
#include "time_bench.h"

enum { PARTIES = 3, WORKERS = 12, HOLD = 100 };

struct worker {
    struct proc    proc;
    struct shares *s;
    unsigned       party;
    bool           low;
    uint64_t       ask_ps, had_ps;
};

struct bench {
    struct time_bench t;
    struct slots slots;
    struct shares shares;
    struct worker w[WORKERS];
    unsigned n;
};

static enum proc_state work(struct proc *p)
{
    struct worker *w = CONTAINER_OF(p, struct worker, proc);

    PROC_BEGIN(p);
    PROC_UNTIL(p, w->ask_ps);
    if (w->low)
        PROC_SLOT_LOW(p, w->s->slots);
    else
        PROC_SHARE(p, w->s, w->party);
    w->had_ps = proc_now(p);
    PROC_UNTIL(p, w->had_ps + HOLD);
    shares_give(w->s, w->low ? SHARES_NOBODY : w->party);
    PROC_END(p);
}

static void up(struct bench *b, uint64_t slots, enum shares_arbiter arbiter, const struct share_params *par)
{
    static const char *const names[] = { "a", "b", "c" };

    time_up(&b->t);
    CHECK_EQ(slots_init(&b->slots, &b->t.comp, "slots", &(struct slots_params){ .n = slots }), 0);
    shares_init(&b->shares, &b->slots);
    if (par)
        shares_divide(&b->shares, arbiter, PARTIES, par, names);
    b->n = 0;
}

static void down(struct bench *b)
{
    slots_destroy(&b->slots);
    time_down(&b->t);
}

static void employ(struct bench *b, unsigned party, uint64_t ask_ps)
{
    struct worker *w = &b->w[b->n];

    *w = (struct worker){ .s = &b->shares, .party = party, .ask_ps = ask_ps, .had_ps = UINT64_MAX };
    proc_init(&w->proc, &b->t.comp, "worker", work);
    w->proc.number = ++b->n;
    proc_start(&w->proc);
}

/* Of each party four workers ask for the one slot, party after party; who has it when: "a" ... */
static void order(enum shares_arbiter arbiter, const struct share_params *par, char *who)
{
    struct bench b;

    up(&b, 1, arbiter, par);
    for (unsigned i = 0; i < WORKERS; i++)
        employ(&b, i / 4, 1 + i);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    for (unsigned i = 0; i < WORKERS; i++)
        who[(b.w[i].had_ps - 1) / HOLD] = (char)('a' + b.w[i].party);
    who[WORKERS] = 0;
    CHECK_EQ(b.slots.used, 0);
    CHECK_EQ(b.slots.st.uses, WORKERS);
    CHECK_EQ(b.slots.st.waits, WORKERS - 1);
    down(&b);
}

static void each_arbiter_has_its_order(void)
{
    static const struct share_params par[PARTIES] = { { 0, 1, 0 }, { 0, 3, 2 }, { 0, 2, 2 } };
    char who[WORKERS + 1];

    order(SHARES_AGE, par, who);
    CHECK_STR(who, "aaaabbbbcccc");
    order(SHARES_ROUND_ROBIN, par, who);
    CHECK_STR(who, "aabcabcabcbc");
    order(SHARES_WEIGHTED, par, who);
    CHECK_STR(who, "aabbbccabcca");
    order(SHARES_PRIORITY, par, who);
    CHECK_STR(who, "abbbbccccaaa");
}

static void party_at_its_limit_leaves_slots_to_others(void)
{
    static const struct share_params par[PARTIES] = { { 1, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 } };
    struct bench b;

    up(&b, 3, SHARES_AGE, par);
    employ(&b, 0, 1);
    employ(&b, 0, 2);
    employ(&b, 1, 3);
    employ(&b, 1, 4);
    employ(&b, 1, 5);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(b.w[0].had_ps, 1);
    CHECK_EQ(b.w[1].had_ps, 1 + HOLD);             /* when its own party gives one back */
    CHECK_EQ(b.w[2].had_ps, 3);
    CHECK_EQ(b.w[3].had_ps, 4);
    CHECK_EQ(b.w[4].had_ps, 3 + HOLD);
    CHECK_EQ(b.shares.share[0].st.peak, 1);
    CHECK_EQ(b.shares.share[1].st.peak, 2);
    CHECK_EQ(b.shares.share[0].st.waits, 1);
    CHECK_EQ(b.shares.share[0].st.wait_ps, HOLD - 1);
    CHECK_EQ(b.slots.st.peak, 3);
    down(&b);
}

static void what_nobody_waits_for_comes_after_all_parties(void)
{
    static const struct share_params par[PARTIES] = { { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 } };
    struct bench b;

    up(&b, 1, SHARES_AGE, par);
    employ(&b, 0, 1);
    employ(&b, 0, 2);
    b.w[1].low = true;
    employ(&b, 2, 50);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(b.w[2].had_ps, 1 + HOLD);
    CHECK_EQ(b.w[1].had_ps, 1 + 2 * HOLD);
    CHECK_EQ(b.slots.used, 0);
    down(&b);
}

static void without_parties_they_are_plain_slots(void)
{
    struct bench b;

    up(&b, 1, SHARES_AGE, NULL);
    employ(&b, 2, 1);
    employ(&b, 7, 2);
    CHECK_EQ(sim_run(b.t.sim), SIM_END_IDLE);
    CHECK_EQ(b.w[1].had_ps, 1 + HOLD);
    CHECK_EQ(b.slots.st.waits, 1);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(each_arbiter_has_its_order) T(party_at_its_limit_leaves_slots_to_others)                     \
    T(what_nobody_waits_for_comes_after_all_parties) T(without_parties_they_are_plain_slots)
TEST_SUITE("shares", TESTS)
