/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/expect.h"

#include <stdlib.h>

#define KIND_NAME(N, words) words,
const char *const expect_kind_name[EXPECT_KINDS_N] = { EXPECT_KINDS(KIND_NAME) };

/* Differences of one access from one record. */
struct diffs {
    struct { enum expect_kind kind; bool same; uint64_t expected, found; } d[8];
    unsigned n;
    bool same;
};

void expect_init(struct expect *e, enum expect_level level)
{
    *e = (struct expect){ .level = level };
}

void expect_destroy(struct expect *e)
{
    free(e->row);
    *e = (struct expect){ 0 };
}

enum rec_outcome expect_outcome(const struct xl_result *r)
{
    switch ((enum xl_outcome)r->outcome) {
    case XL_NONE:
        return REC_O_NONE;
    case XL_OK:
    case XL_ATS_OK:
        return REC_O_OK;
    case XL_BYPASS:
    case XL_INTERRUPT:
        return REC_O_BYPASS;
    case XL_ABORT:
    case XL_ATS_UR:
    case XL_ATS_CA:
        return REC_O_ABORT;
    case XL_FAULT:
    case XL_RAZWI:
    case XL_STALL:
        return r->recorded ? REC_O_FAULT : REC_O_FAULT_SILENT;
    }
    return REC_O_NONE;
}

/* ---- counting ------------------------------------------------------------------------------------- */

static void mismatch(struct expect *e, enum expect_kind kind, bool intended, uint64_t expected,
                     uint64_t found)
{
    if (!e->row)
        e->row = malloc(EXPECT_ROWS_MAX * sizeof *e->row);
    if (e->row && e->rows < EXPECT_ROWS_MAX)
        e->row[e->rows++] = (struct expect_row){ e->request, e->t_ps, (uint8_t)kind, intended,
                                                 expected, found };
    e->mismatches++;
}

static void check(struct expect *e, enum expect_kind kind, uint64_t expected, uint64_t found)
{
    e->compared[kind]++;
    if (expected == found)
        e->agreed[kind]++;
    else
        mismatch(e, kind, false, expected, found);
}

static void note_deviation(struct expect *e, uint32_t name, bool differs)
{
    unsigned i = 0;

    while (i < e->deviations && e->deviation[i].name != name)
        i++;
    if (i == EXPECT_DEVIATIONS_MAX)
        i--;                                   /* the last one stands for all others */
    else if (i == e->deviations)
        e->deviation[e->deviations++] = (struct expect_deviation){ .name = name };
    e->deviation[i].seen++;
    e->deviation[i].differ += differs;
}

/* ---- comparing ------------------------------------------------------------------------------------ */

static void diff(struct diffs *d, enum expect_kind kind, uint64_t expected, uint64_t found)
{
    bool same = expected == found;

    d->d[d->n].kind = kind;
    d->d[d->n].same = same;
    d->d[d->n].expected = expected;
    d->d[d->n++].found = found;
    d->same &= same;
}

/* Whether it says "this address goes out", by translation or without: scripts do not tell these apart. */
static bool passes(enum rec_outcome o)
{
    return o == REC_O_OK || o == REC_O_BYPASS;
}

static void diff_fault(struct diffs *d, const struct rec_expect *x, const struct xl_result *r)
{
    if (x->code)
        diff(d, EXPECT_K_CODE, x->code, r->code);
    if (!x->has_detail)
        return;
    diff(d, EXPECT_K_STAGE, x->stage2, r->stage2);
    diff(d, EXPECT_K_CLASS, x->cls, r->cls);
    if (x->stage2)
        diff(d, EXPECT_K_IPA, x->ipa >> 12, r->ipa >> 12);
}

/* Outcome, address and fault; what follows from a different outcome is not listed again. */
static void compare(struct diffs *d, const struct rec_expect *x, const struct xl_result *r)
{
    enum rec_outcome found = expect_outcome(r), want = (enum rec_outcome)x->outcome;

    *d = (struct diffs){ .same = true };
    if (want == REC_O_NONE)
        return;
    if (x->source != REC_LOGGED && passes(want) && passes(found))
        found = want;
    diff(d, EXPECT_K_OUTCOME, want, found);
    if (want != found)
        return;
    if (passes(want) && x->has_pa)
        diff(d, EXPECT_K_PA, x->page_bits_only ? x->pa >> 12 : x->pa,
             x->page_bits_only ? r->pa >> 12 : r->pa);
    if (want == REC_O_FAULT || want == REC_O_FAULT_SILENT)
        diff_fault(d, x, r);
}

/* ---- judging -------------------------------------------------------------------------------------- */

/* Whether a difference is the business of the software under study, and told as a stale use. */
static bool excused(struct expect *e, bool same)
{
    if (same || !e->is_stale || e->level == EXPECT_FULL)
        return false;
    e->excused = true;
    return true;
}

static void judge_log(struct expect *e)
{
    struct diffs d;

    compare(&d, &e->logged, &e->res);
    if (e->logged.deviation) {
        note_deviation(e, e->logged.deviation, !d.same);
        return;
    }
    if (!d.same && e->level == EXPECT_OUTCOME && e->has_intended && e->right) {
        e->allowed++;
        return;
    }
    if (excused(e, d.same))
        return;
    for (unsigned i = 0; i < d.n; i++)
        check(e, d.d[i].kind, d.d[i].expected, d.d[i].found);
}

static void judge_intent(struct expect *e)
{
    struct diffs d;

    if (excused(e, e->right))
        return;
    e->compared[EXPECT_K_INTENDED]++;
    if (e->right) {
        e->agreed[EXPECT_K_INTENDED]++;
        return;
    }
    compare(&d, &e->intended, &e->res);
    for (unsigned i = 0; i < d.n; i++)
        if (!d.d[i].same)
            mismatch(e, d.d[i].kind, true, d.d[i].expected, d.d[i].found);
}

static void judge_lookups(struct expect *e)
{
    const struct rec_expect *x = &e->logged;
    const struct system_trail *t = &e->trail;
    unsigned n = x->lookups < t->lookups ? x->lookups : t->lookups;

    check(e, EXPECT_K_LOOKUPS, x->lookups, t->lookups);
    for (unsigned i = 0; i < n && i < 32; i++) {
        unsigned flush = x->flushes >> i & 1;

        check(e, EXPECT_K_HIT, x->hits >> i & 1, t->hits >> i & 1);
        if (flush || (t->flushes >> i & 1))
            check(e, EXPECT_K_FLUSH, flush, t->flushes >> i & 1);
    }
}

static void judge_caches(struct expect *e)
{
    if (e->logged.has_config && e->trail.config_looked)
        check(e, EXPECT_K_CONFIG, e->logged.config_hit, e->trail.config_hit);
    else if (e->logged.has_config)
        check(e, EXPECT_K_CONFIG, e->logged.config_hit, 2);
    if (e->logged.has_lookups)
        judge_lookups(e);
}

/* ---- face ----------------------------------------------------------------------------------------- */

void expect_begin(struct expect *e, uint64_t request, uint64_t t_ps, const struct xl_result *res,
                  const struct system_trail *trail, bool is_stale)
{
    e->pending = true;
    e->is_stale = is_stale;
    e->request = request;
    e->t_ps = t_ps;
    e->res = *res;
    e->trail = *trail;
    e->has_logged = e->has_intended = e->right = e->excused = false;
}

void expect_take(struct expect *e, const struct rec_expect *x)
{
    struct diffs d;

    if (x->source == REC_LOGGED) {
        e->logged = *x;
        e->has_logged = true;
        return;
    }
    if (x->source == REC_INTENDED) {
        e->intended = *x;
        e->has_intended = true;
    }
    compare(&d, x, &e->res);
    e->right |= d.same;
}

void expect_end(struct expect *e)
{
    if (!e->pending)
        return;
    e->pending = false;
    if (e->level == EXPECT_NONE)
        return;
    e->accesses++;
    if (e->has_logged) {
        judge_log(e);
        if (e->level == EXPECT_FULL)
            judge_caches(e);
    }
    if (e->has_intended)
        judge_intent(e);
    e->stale += e->excused;
}
