/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/atc.h"

#include <string.h>

#include "base/sim.h"

const struct param_row atc_rows[] = { ATC_PARAMS(PARAM_ROW) };
STAT_ROWS(stats, ATC_STATS);
static const struct comp_kind atc_kind = { "atc", atc_rows, ARRAY_LEN(atc_rows), stats, ARRAY_LEN(stats) };

enum { LINE_BITS = 52 + 36 + 20 + 16 + 4 };

static const struct comp_signal signals[] = {
    COMP_SIGNAL(struct atc, under_way, 6),
};
static const struct comp_face face = { NULL, 0, signals, ARRAY_LEN(signals) };
static proc_fn execute;

int atc_init(struct atc *a, struct comp *parent, const char *name, const struct atc_params *par,
             const struct store_params *lines, uint64_t seed)
{
    *a = (struct atc){ .par = *par };
    qlist_init(&a->uses);
    comp_init(&a->comp, &atc_kind, parent, name, &a->par, &a->st);
    a->comp.face = &face;
    return store_init(&a->lines, &a->comp, "lines", lines, sizeof(struct atc_line), LINE_BITS, seed);
}

int atc_timed(struct atc *a, const struct port_params *port, struct dlink *link)
{
    a->link = link;
    port_init(&a->port, &a->lines.comp, "port", port);
    event_init(&a->work, &a->comp, "work");
    proc_init(&a->proc, &a->comp, "invalidate", execute);
    a->proc.phase = SIM_DECIDE;
    a->proc.number = (1ull << 42) + 3; /* after all requests of its time */
    return store_keep_log(&a->lines, &a->seen);
}

void atc_destroy(struct atc *a)
{
    store_destroy(&a->lines);
}

/* ---- entries ------------------------------------------------------------------------------------- */

static const struct atc_line *granting(const struct atc_line *line, unsigned need)
{
    return line && (line->rights & need) == need ? line : NULL;
}

const struct atc_line *atc_lookup(struct atc *a, uint64_t ctx, uint64_t addr, unsigned need)
{
    return granting(store_lookup(&a->lines, ctx, addr), need);
}

const struct atc_line *atc_lookup_again(struct atc *a, uint64_t ctx, uint64_t addr, unsigned need)
{
    return granting(store_lookup_again(&a->lines, ctx, addr), need);
}

bool atc_fill(struct atc *a, uint64_t ctx, uint64_t addr, unsigned size_log2, const struct atc_line *line,
              uint64_t since)
{
    uint64_t base = bits_align_down(addr, size_log2);

    if (since != a->seen && store_covered(&a->lines, since, ctx, base, size_log2, 0))
        return false;
    *(struct atc_line *)store_fill(&a->lines, ctx, base, size_log2, 0, NULL) = *line;
    return true;
}

/* Bit 63, the privilege, is not compared. */
struct store_match atc_match(uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first, uint64_t last)
{
    return (struct store_match){
        .ctx_mask = has_pasid ? bits_low(63) : bits_low(32),
        .ctx_value = atc_ctx(rid, has_pasid, pasid, false),
        .by_addr = true, .first = first, .last = last,
    };
}

void atc_invalidate(struct atc *a, const struct store_match *m)
{
    a->seen++;                         /* before it is in the store's log */
    store_invalidate(&a->lines, m);
}

/* ---- uses ---------------------------------------------------------------------------------------- */

void atc_use(struct atc *a, struct atc_use *u, uint64_t ctx, uint64_t addr)
{
    *u = (struct atc_use){ .ctx = ctx, .addr = addr };
    qlink_insert_after(&u->link, a->uses.prev);
}

/* The answer goes up behind all that the device has sent before. */
static void answer(struct atc *a, struct atc_inval *i)
{
    uint64_t now = proc_now(&a->proc), done = dlink_message_up(a->link, now);

    if (a->par.timeout_ps && done > i->sent_ps + a->par.timeout_ps) {
        done = i->sent_ps + a->par.timeout_ps;
        a->st.timeouts++;
        if (i->late)
            *i->late = true;
        if (a->timed_out)
            a->timed_out(a->arg, i->words);
    }
    a->st.inval_ps += done - i->sent_ps;
    if (done > a->last_ps)
        a->last_ps = done;
    i->under_way = false;
    a->under_way--;
    a->answered(a->arg);
}

void atc_used(struct atc *a, struct atc_use *u)
{
    qlink_remove(&u->link);
    for (uint32_t h = u->holds; h; h &= h - 1) {
        struct atc_inval *i = &a->inval[__builtin_ctz(h)];

        if (--i->holds == 0)
            answer(a, i);
    }
}

static bool covers(const struct store_match *m, const struct atc_use *u)
{
    return (u->ctx & m->ctx_mask) == m->ctx_value && m->first <= u->addr && u->addr <= m->last;
}

static void hold(struct atc *a, uint32_t n)
{
    struct atc_inval *i = &a->inval[n];

    for (struct qlink *l = a->uses.next; l != &a->uses; l = l->next) {
        struct atc_use *u = CONTAINER_OF(l, struct atc_use, link);

        if (!covers(&i->m, u))
            continue;
        u->holds |= 1u << n;
        i->holds++;
    }
    a->st.held += i->holds > 0;
}

/* ---- invalidations ------------------------------------------------------------------------------- */

void atc_send(struct atc *a, const struct store_match *m, const uint64_t *words, unsigned n, bool *late)
{
    uint64_t now = proc_now(&a->proc);
    unsigned k = 0;

    SIM_CHECK(atc_ready(a), "an invalidation more than the device takes");
    while (a->inval[k].under_way)
        k++;
    a->inval[k] = (struct atc_inval){ .m = *m, .sent_ps = now, .under_way = true, .late = late,
                                      .arrival_ps = dlink_message_down(a->link, now) };
    memcpy(a->inval[k].words, words, n * sizeof *words);
    a->order[(a->order_at + a->waiting++) % ATC_INVALS] = (uint8_t)k;
    a->under_way++;
    a->st.invals++;
    event_notify(&a->work);
}

bool atc_quiet(const struct atc *a, uint64_t *at_ps)
{
    if (a->last_ps > *at_ps)
        *at_ps = a->last_ps;
    return a->under_way == 0;
}

static uint64_t begins_ps(const struct atc *a, uint64_t now_ps)
{
    return a->inval[a->at].arrival_ps > now_ps ? a->inval[a->at].arrival_ps : now_ps;
}

static enum proc_state execute(struct proc *p)
{
    struct atc *a = CONTAINER_OF(p, struct atc, proc);

    PROC_BEGIN(p);
    for (;;) {
        while (!a->waiting)
            PROC_WAIT_IDLE(p, &a->work);
        a->at = a->order[a->order_at];
        a->order_at = (a->order_at + 1) % ATC_INVALS;
        a->waiting--;
        a->t_ps = begins_ps(a, proc_now(p));
        PROC_TO(p, a->t_ps);
        a->t_ps = port_invalidate(&a->port, proc_now(p), a->par.inval_ps) + a->par.inval_ps;
        PROC_TO(p, a->t_ps);
        a->forget(a->arg, a->inval[a->at].words);
        hold(a, a->at);
        if (!a->inval[a->at].holds)
            answer(a, &a->inval[a->at]);
    }
    PROC_END(p);
}
