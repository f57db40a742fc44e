/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/minimise.h"

#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "base/bits.h"
#include "base/list.h"
#include "base/sim.h"

enum { ALWAYS = UINT32_MAX, REGION_LOG2 = 21, PAGE_LOG2 = 12, CR0 = 0x20 };

struct item {
    struct rec r;
    struct rec_ext x;
    uint32_t unit;                     /* of the pass at hand; ALWAYS: is not taken away            */
    bool     away;                     /* from the candidate                                        */
};

struct search {
    const struct minimise_options *opt;
    struct minimise_stats *st;
    struct item *item;                 /* [n]: the smallest list that fails                         */
    size_t n;
    struct records candidate;
    uint64_t *known;                   /* open hash table [mask + 1] of candidates that do not fail */
    size_t mask, knowns;
    int err;
};

/* ---- candidates ---------------------------------------------------------------------------------- */

static uint64_t hash_words(uint64_t h, const void *p, size_t bytes)
{
    const uint64_t *w = p;

    for (size_t i = 0; i < bytes / 8; i++)
        h = bits_mix(h ^ w[i]) + i;
    return h;
}

static uint64_t hash_of(const struct records *r)
{
    uint64_t h = hash_words(r->n, r->rec, r->n * sizeof *r->rec);

    h = hash_words(h, r->ext, r->n_ext * sizeof *r->ext);
    return h ? h : 1;
}

static bool grow_known(struct search *s)
{
    size_t mask = s->mask ? 2 * s->mask + 1 : 1023;
    uint64_t *table = calloc(mask + 1, sizeof *table);

    if (!table)
        return false;
    for (size_t i = 0; s->known && i <= s->mask; i++)
        for (size_t at = s->known[i] & mask; s->known[i]; at = (at + 1) & mask)
            if (!table[at]) {
                table[at] = s->known[i];
                break;
            }
    free(s->known);
    s->known = table;
    s->mask = mask;
    return true;
}

/* Enters it; false if it was there. */
static bool enter(struct search *s, uint64_t hash)
{
    if (2 * s->knowns >= s->mask && !grow_known(s)) {
        s->err = SIM_EENV;
        return true;
    }
    for (size_t at = hash & s->mask;; at = (at + 1) & s->mask) {
        if (s->known[at] == hash)
            return false;
        if (!s->known[at]) {
            s->known[at] = hash;
            s->knowns++;
            return true;
        }
    }
}

static void build(struct search *s)
{
    records_clear(&s->candidate);
    for (size_t i = 0; i < s->n; i++)
        if (!s->item[i].away)
            records_add(&s->candidate, &s->item[i].r, s->item[i].x.w);
    if (s->candidate.err)
        s->err = SIM_EENV;
}

static bool ended(const struct search *s)
{
    const struct minimise_options *o = s->opt;

    return s->err || (o->stop && *o->stop) || (o->max_runs && s->st->runs >= o->max_runs);
}

/* Does what is not away fail? */
static bool fails(struct search *s)
{
    int result;

    if (ended(s))
        return false;
    build(s);
    if (s->err)
        return false;
    if (!enter(s, hash_of(&s->candidate))) {
        s->st->spared++;
        return false;
    }
    s->st->runs++;
    result = s->opt->fails(s->opt->arg, &s->candidate);
    if (result < 0)
        s->err = result;
    if (s->opt->progress)
        s->opt->progress(s->opt->progress_arg, s->n, s->st->runs);
    return result > 0;
}

/* What is away is gone, or comes back. */
static void settle(struct search *s, bool gone)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (gone && s->item[i].away)
            continue;
        s->item[n] = s->item[i];
        s->item[n++].away = false;
    }
    s->n = n;
}

/* ---- units --------------------------------------------------------------------------------------- */

static bool is_command(const struct item *it, unsigned op)
{
    return it->r.kind == REC_COMMAND && FIELD_GET(CMD, OP, it->x.w) == op;
}

/* Each gives a record's key in a pass; records of one key are one unit.  UINT64_MAX: in none. */
typedef uint64_t key_fn(const struct item *it, uint64_t *state);

static uint64_t key_stream(const struct item *it, uint64_t *state)
{
    (void)state;
    return records_is_access(&it->r) ? it->r.stream : UINT64_MAX;
}

static uint64_t key_region(const struct item *it, uint64_t *state)
{
    (void)state;
    return records_is_access(&it->r) ? it->r.addr >> REGION_LOG2 << 8 | (it->r.stream & 255) : UINT64_MAX;
}

static uint64_t key_access(const struct item *it, uint64_t *state)
{
    return records_is_access(&it->r) ? (*state)++ : UINT64_MAX;
}

/* What software does from one SYNC to the next, once translation is on. */
static uint64_t key_change(const struct item *it, uint64_t *state)
{
    uint64_t key = *state;

    if (records_is_access(&it->r))
        return UINT64_MAX;
    if (it->r.kind == REC_REG) {
        *state += it->r.addr == CR0;
        return UINT64_MAX;
    }
    *state += key && is_command(it, SMMUV3_CMD_SYNC);
    return key ? key : UINT64_MAX;
}

static uint64_t key_table(const struct item *it, uint64_t *state)
{
    (void)state;
    return it->r.kind == REC_TABLE ? it->r.addr >> PAGE_LOG2 : UINT64_MAX;
}

static uint64_t key_record(const struct item *it, uint64_t *state)
{
    (void)it;
    return (*state)++;
}

struct numbered { uint64_t key; size_t at; };

static int by_key(const void *a_, const void *b_)
{
    const struct numbered *a = a_, *b = b_;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* Numbers the units by their keys in rising order; returns how many. */
static uint32_t number_units(struct search *s, key_fn *key)
{
    struct numbered *list = malloc((s->n + 1) * sizeof *list);
    uint64_t state = 0;
    uint32_t units = 0;

    if (!list) {
        s->err = SIM_EENV;
        return 0;
    }
    for (size_t i = 0; i < s->n; i++)
        list[i] = (struct numbered){ key(&s->item[i], &state), i };
    qsort(list, s->n, sizeof *list, by_key);
    for (size_t i = 0; i < s->n; i++) {
        units += list[i].key != UINT64_MAX && (i == 0 || list[i].key != list[i - 1].key);
        s->item[list[i].at].unit = list[i].key == UINT64_MAX ? ALWAYS : units - 1;
    }
    free(list);
    return units;
}

/* Units first .. first + n-1 away: does the rest fail?  Then they are gone. */
static bool without(struct search *s, uint32_t first, uint32_t n)
{
    bool any = false, gone;

    for (size_t i = 0; i < s->n; i++) {
        s->item[i].away = s->item[i].unit != ALWAYS && s->item[i].unit - first < n;
        any |= s->item[i].away;
    }
    gone = any && fails(s);
    settle(s, gone);
    return gone;
}

/* Halves, quarters ... single units, the last ones first.  Are there fewer records now? */
static bool reduce(struct search *s, key_fn *key)
{
    uint32_t units = number_units(s, key);
    size_t before = s->n;

    for (uint32_t chunk = (units + 1) / 2; chunk && !ended(s); chunk /= 2)
        for (uint32_t end = units; end && !ended(s); end -= end < chunk ? end : chunk) {
            uint32_t n = end < chunk ? end : chunk;

            without(s, end - n, n);
        }
    return s->n < before;
}

static void cut_behind(struct search *s)
{
    size_t at = s->opt->failed_at;

    if (at >= s->n)
        return;
    for (size_t i = 0; i < s->n; i++)
        s->item[i].away = i > at;
    settle(s, fails(s));
}

/* The failing access's stream alone suffices more often than not. */
static void only_stream(struct search *s)
{
    const struct item *last = &s->item[s->n ? s->n - 1 : 0];

    if (!s->n || !records_is_access(&last->r))
        return;
    for (size_t i = 0; i < s->n; i++)
        s->item[i].away = records_is_access(&s->item[i].r) && s->item[i].r.stream != last->r.stream;
    settle(s, fails(s));
}

/* ---- values -------------------------------------------------------------------------------------- */

/* Makes one value simpler; false: it is. */
typedef bool edit_fn(struct item *it);

static bool drop_last_words(struct item *it)
{
    if (it->r.kind != REC_TABLE || it->r.words < 2)
        return false;
    it->r.words = (it->r.words + 1) / 2;
    memset(it->x.w + it->r.words, 0, sizeof it->x.w - it->r.words * sizeof *it->x.w);
    return true;
}

static bool drop_first_words(struct item *it)
{
    unsigned n = it->r.words / 2;

    if (it->r.kind != REC_TABLE || it->r.words < 2)
        return false;
    it->r.addr += 8ull * n;
    it->r.words = (uint16_t)(it->r.words - n);
    memmove(it->x.w, it->x.w + n, it->r.words * sizeof *it->x.w);
    memset(it->x.w + it->r.words, 0, sizeof it->x.w - it->r.words * sizeof *it->x.w);
    return true;
}

static bool no_flags(struct item *it)
{
    bool had = records_is_access(&it->r) && it->r.flags & (REC_F_PRIV | REC_F_EXEC);

    it->r.flags &= had ? (uint8_t)~(REC_F_PRIV | REC_F_EXEC) : 0xff;
    return had;
}

static bool read_instead(struct item *it)
{
    bool was = it->r.kind == REC_WRITE;

    it->r.kind = was ? REC_READ : it->r.kind;
    return was;
}

static bool start_of_page(struct item *it)
{
    bool was = records_is_access(&it->r) && it->r.addr & bits_low(PAGE_LOG2);

    it->r.addr &= was ? ~bits_low(PAGE_LOG2) : ~0ull;
    return was;
}

static bool shortest(struct item *it)
{
    bool was = records_is_access(&it->r) && it->r.len != 4;

    it->r.len = was ? 4 : it->r.len;
    return was;
}

/* The list with one value made simpler; false: it is as it was. */
static bool edited(struct search *s, size_t i, edit_fn *edit)
{
    struct item old = s->item[i];

    if (!edit(&s->item[i]))
        return false;
    if (fails(s))
        return true;
    s->item[i] = old;
    return false;
}

static void simplify(struct search *s)
{
    static edit_fn *const edits[] = { drop_last_words, drop_first_words, no_flags, read_instead, start_of_page, shortest };

    for (size_t i = 0; i < s->n; i++)
        for (unsigned e = 0; e < ARRAY_LEN(edits); e++)
            while (edited(s, i, edits[e]) && !ended(s))
                ;
}

/* Everything from record i on comes `by` earlier. */
static bool earlier(struct search *s, size_t i, uint64_t by)
{
    bool ok;

    for (size_t k = i; k < s->n; k++)
        s->item[k].r.time -= by;
    ok = fails(s);
    for (size_t k = i; k < s->n && !ok; k++)
        s->item[k].r.time += by;
    return ok;
}

static void close_gaps(struct search *s)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t before = i ? s->item[i - 1].r.time : 0;

        for (uint64_t by = s->item[i].r.time - before; by && !ended(s); by /= 2)
            if (by <= s->item[i].r.time - before)
                earlier(s, i, by);
    }
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static void cut(struct search *s)
{
    static key_fn *const passes[] = { key_stream, key_region, key_access, key_change, key_table, key_record };
    bool fewer;

    cut_behind(s);
    only_stream(s);
    do {
        fewer = false;
        for (unsigned p = 0; p < ARRAY_LEN(passes); p++)
            fewer |= reduce(s, passes[p]);
    } while (fewer && !ended(s));
}

static int load(struct search *s, const struct records *r)
{
    const struct rec_ext *x = r->ext;

    s->item = calloc(r->n + 1, sizeof *s->item);
    if (!s->item)
        return SIM_EENV;
    for (size_t i = 0; i < r->n; i++) {
        s->item[i].r = r->rec[i];
        if (r->rec[i].words)
            s->item[i].x = *x++;
    }
    s->n = r->n;
    return records_like(&s->candidate, r);
}

int minimise(struct records *r, const struct minimise_options *opt, struct minimise_stats *st)
{
    struct search s = { .opt = opt, .st = st };
    bool whole;

    *st = (struct minimise_stats){ .before = r->n, .after = r->n };
    s.err = load(&s, r);
    whole = fails(&s);
    if (whole) {
        size_t n;

        cut(&s);
        do {
            n = s.n;
            simplify(&s);
            close_gaps(&s);
            while (reduce(&s, key_record))
                ;
        } while (s.n < n && !ended(&s));
        build(&s);
        records_clear(r);
        for (size_t i = 0; i < s.n; i++)
            records_add(r, &s.item[i].r, s.item[i].x.w);
        st->after = r->n;
    }
    records_destroy(&s.candidate);
    free(s.known);
    free(s.item);
    return s.err ? s.err : !whole;
}
