/* SPDX-License-Identifier: Apache-2.0 */
#include "system/judge.h"

#include <stdlib.h>

#include "system/ats.h"

struct system_judge {
    struct oracle *oracle;
    struct system_stale *stale;
    struct oracle_key *key;            /* [stale rows]: what ends the old value of each      */
    size_t n_stale, cap_stale, open;   /* rows before `open` have been invalidated           */
    uint64_t total_stale;
    struct system_mismatch *mismatch;
    size_t n_mismatch, cap_mismatch;
    uint64_t total_mismatch;
};

struct system_judge *judge_new(struct system *s)
{
    struct system_judge *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->oracle = oracle_new(s->ops->oracle, s->ops->regs(s), s->mem);
    if (!j->oracle) {
        free(j);
        return NULL;
    }
    return j;
}

void judge_free(struct system_judge *j)
{
    if (!j)
        return;
    oracle_free(j->oracle);
    free(j->stale);
    free(j->key);
    free(j->mismatch);
    free(j);
}

/* Room for one more row; false where there is none, or no more are kept. */
static bool room(void **row, size_t size, size_t n, size_t *cap)
{
    size_t want = *cap ? *cap * 2 : 64;
    void *more;

    if (n < *cap)
        return true;
    if (n >= JUDGE_ROWS)
        return false;
    more = realloc(*row, want * size);
    if (!more)
        return false;
    *row = more;
    *cap = want;
    return true;
}

static void add_stale(struct system_judge *j, const struct system *s, const struct xl_req *req,
                      const struct xl_result *res, const struct oracle_finding *f)
{
    size_t cap = j->cap_stale;
    void *rows = j->stale, *keys = j->key;

    j->total_stale++;
    if (!room(&rows, sizeof *j->stale, j->n_stale, &j->cap_stale))
        return;
    j->stale = rows;
    if (!room(&keys, sizeof *j->key, j->n_stale, &cap)) {
        j->cap_stale = cap;
        return;
    }
    j->key = keys;
    j->key[j->n_stale] = f->key;
    j->stale[j->n_stale++] = (struct system_stale){
        .request = s->request, .t_ps = s->now_ps, .iova = req->addr, .sid = req->sid,
        .cached = *res, .current = f->current, .changed_ps = f->changed_ps,
        .invalidated_ps = UINT64_MAX, .word_pa = f->word_pa, .word = f->word,
    };
}

static void add_mismatch(struct system_judge *j, const struct system *s, const struct xl_req *req,
                         const struct xl_result *res, const struct oracle_finding *f)
{
    void *rows = j->mismatch;

    j->total_mismatch++;
    if (!room(&rows, sizeof *j->mismatch, j->n_mismatch, &j->cap_mismatch))
        return;
    j->mismatch = rows;
    j->mismatch[j->n_mismatch++] = (struct system_mismatch){
        .request = s->request, .t_ps = s->now_ps, .iova = req->addr, .sid = req->sid,
        .found = *res, .expected = f->current,
    };
}

bool judge_request(struct system_judge *j, const struct system *s, const struct xl_req *req,
                   const struct xl_result *res, uint64_t since)
{
    struct oracle_finding f;
    struct xl_req asked;

    if (ats_given_up(req, res)) {              /* it ended with the answer to a Translation Request */
        asked = ats_request_of(s->ats, req);
        req = &asked;
    }
    oracle_judge(j->oracle, req, res, since, &f);
    if (f.verdict == ORACLE_STALE)
        add_stale(j, s, req, res, &f);
    else if (f.verdict == ORACLE_MISMATCH)
        add_mismatch(j, s, req, res, &f);
    return f.verdict == ORACLE_STALE;
}

/* Does it end the life of what was used?  In a device, if that is where it was. */
static bool ends(const struct system_judge *j, const struct oracle_inval *inv, size_t i)
{
    const struct system_stale *row = &j->stale[i];
    const struct xl_req req = { .addr = row->iova, .sid = row->sid };

    return row->cached.ats_size_log2 ? oracle_covers_device(j->oracle, inv, &req, &row->cached)
                                     : oracle_covers(j->oracle, inv, &j->key[i]);
}

void judge_inval(struct system_judge *j, const struct system *s, const struct oracle_inval *inv)
{
    oracle_invalidated(j->oracle, inv);
    for (size_t i = j->open; i < j->n_stale; i++) {
        struct system_stale *row = &j->stale[i];

        if (row->invalidated_ps == UINT64_MAX && ends(j, inv, i))
            row->invalidated_ps = s->now_ps;
        if (i == j->open && row->invalidated_ps != UINT64_MAX)
            j->open++;
    }
}

void judge_reset(struct system_judge *j)
{
    oracle_forget(j->oracle);
    j->open = j->n_stale;
}

const struct system_stale *judge_stale(const struct system_judge *j, size_t *n, uint64_t *total)
{
    *n = j->n_stale;
    *total = j->total_stale;
    return j->stale;
}

const struct system_mismatch *judge_mismatches(const struct system_judge *j, size_t *n,
                                               uint64_t *total)
{
    *n = j->n_mismatch;
    *total = j->total_mismatch;
    return j->mismatch;
}
