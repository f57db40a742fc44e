/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/oracle.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

struct past { uint64_t epoch, given; struct oracle_inval inv; };     /* completed, and given, in these epochs */

enum { LIFELINES = 1 << 13 };
#define NEVER UINT64_MAX

/* What is known of an old value of this key that was overwritten in epoch `until`: by which of the invalidations,
 * counted up, it had to be gone itself, then what was held because of it, then all that was derived from it. */
struct lifeline {
    struct oracle_key key;
    uint64_t until;
    uint64_t seen;                     /* invalidations that have been held against it */
    uint64_t word_gone, held_gone, gone;   /* NEVER: not by those                        */
};

struct oracle {
    const struct oracle_arch *arch;
    const void *regs;
    struct mem *mem;
    uint64_t since;                    /* epoch of the request that is judged            */
    bool drains;                       /* a completed one has waited for requests under way */
    bool ever;                         /* as if nothing had been invalidated             */
    const struct xl_req *device;       /* that request, if its device translated it      */
    uint64_t first, last;              /* what the entry covered that the device used    */
    size_t head, n;
    uint64_t dropped;                  /* invalidations that came before those           */
    uint64_t end;                      /* so many count for the request that is judged   */
    struct past past[ORACLE_INVALS];   /* ring, oldest first from `head`                 */
    struct lifeline lifeline[LIFELINES];   /* by hash: another one takes its place       */
};

/* An old value that was used, and the one used before it. */
struct old { const struct old *before; struct oracle_key key; uint64_t until; };

/* One branch: the machine, and how it got there. */
struct branch {
    _Alignas(16) unsigned char machine[ORACLE_MACHINE];
    bool stale;                        /* used an old value                                       */
    bool derived;                      /* one that lives on in derived translations only          */
    bool derived_config;               /* likewise, and that was a configuration structure        */
    uint64_t changed_ps, word_pa;
    const char *word;
    const struct old *old;             /* the last one; it stands in the frame that tried it      */
};

struct search {
    struct oracle *o;
    const struct xl_result *found;     /* NULL: each that is legal is told                        */
    bool (*each)(void *arg, const struct xl_result *legal);
    void *arg;
    const struct xl_result *current;
    unsigned nodes;
    struct oracle_finding *f;
};

struct oracle *oracle_new(const struct oracle_arch *arch, const void *regs, struct mem *mem)
{
    struct oracle *o = calloc(1, sizeof *o);

    if (o) {
        o->arch = arch;
        o->regs = regs;
        o->mem = mem;
        mem_versions(mem, true);
    }
    return o;
}

void oracle_free(struct oracle *o)
{
    free(o);
}

static const struct past *past_at(const struct oracle *o, size_t i)
{
    return &o->past[(o->head + i) % ORACLE_INVALS];
}

void oracle_drains(struct oracle *o) { o->drains = true; }

void oracle_invalidated(struct oracle *o, const struct oracle_inval *inv)
{
    oracle_invalidated_since(o, inv, mem_epoch(o->mem));
}

void oracle_invalidated_since(struct oracle *o, const struct oracle_inval *inv, uint64_t given)
{
    if (o->n == ORACLE_INVALS) {       /* what only the oldest ones could judge is dropped */
        size_t half = ORACLE_INVALS / 2;

        mem_forget(o->mem, past_at(o, half)->epoch);
        o->head = (o->head + half) % ORACLE_INVALS;
        o->n -= half;
        o->dropped += half;
    }
    o->past[(o->head + o->n++) % ORACLE_INVALS] = (struct past){ .epoch = mem_epoch(o->mem), .given = given, .inv = *inv };
}

void oracle_forget(struct oracle *o)
{
    mem_forget(o->mem, mem_epoch(o->mem) + 1);
    o->dropped += o->n;
    o->n = 0;
}

bool oracle_same(const struct xl_result *a, const struct xl_result *b)
{
    if (a->outcome != b->outcome)
        return false;
    if (a->outcome == XL_OK || a->outcome == XL_BYPASS)
        return a->pa == b->pa;
    if (a->outcome == XL_INTERRUPT)
        return a->pa == b->pa && a->ipa == b->ipa;
    if (a->outcome == XL_ATS_OK)               /* the page is the access's own affair */
        return a->ats_r == b->ats_r && a->ats_w == b->ats_w && a->ats_x == b->ats_x;
    return a->code == b->code && a->stage2 == b->stage2 && a->cls == b->cls &&
           a->recorded == b->recorded && (!a->stage2 || a->ipa >> 12 == b->ipa >> 12);
}

/* ---- which old values live ----------------------------------------------------------------------- */

/* The first invalidation after epoch e. */
static size_t first_after(const struct oracle *o, uint64_t e)
{
    size_t lo = 0, hi = o->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (past_at(o, mid)->epoch > e)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

enum life { DEAD, IN_DEVICE_ONLY, DERIVED_ONLY, HELD_ONLY, ALIVE };

static bool gone_from_device(const struct oracle *o, const struct oracle_inval *inv)
{
    return o->arch->device && o->arch->device(inv, o->device, o->first, o->last);
}

static uint64_t hash(const struct oracle_key *key, uint64_t until)
{
    uint64_t h = until;

    for (size_t i = 0; i < ARRAY_LEN(key->w); i++)
        h = bits_mix(h ^ key->w[i]);
    return h;
}

static struct lifeline *lifeline(struct oracle *o, const struct oracle_key *key, uint64_t until)
{
    struct lifeline *l = &o->lifeline[hash(key, until) % LIFELINES];

    if (l->seen <= o->dropped || l->until != until || memcmp(&l->key, key, sizeof *key) != 0)
        *l = (struct lifeline){ .key = *key, .until = until, .seen = o->dropped + first_after(o, until),
                                .word_gone = NEVER, .held_gone = NEVER, .gone = NEVER };
    return l;
}

/* Holds against it the invalidations that have come since: each once, however often the value is asked for. */
static void follow(const struct oracle *o, struct lifeline *l)
{
    bool held = o->arch->held && o->arch->held(&l->key);

    for (; l->seen < o->dropped + o->n && l->gone == NEVER; l->seen++) {
        const struct past *p = past_at(o, (size_t)(l->seen - o->dropped));
        unsigned layers = p->given > l->until ? o->arch->covers(&p->inv, &l->key) : 0;

        if (l->word_gone == NEVER && layers & ORACLE_WORD)
            l->word_gone = l->seen;
        if (l->held_gone == NEVER && l->word_gone != NEVER && (!held || layers & ORACLE_HELD))
            l->held_gone = l->seen;
        if (l->held_gone != NEVER && layers & ORACLE_DERIVED)
            l->gone = l->seen;
    }
}

static enum life life(struct oracle *o, const struct oracle_key *key, uint64_t until)
{
    struct lifeline *l;

    if (o->ever)
        return ALIVE;
    l = lifeline(o, key, until);
    follow(o, l);
    if (l->word_gone >= o->end)
        return ALIVE;
    if (l->held_gone >= o->end)
        return HELD_ONLY;
    if (l->gone >= o->end)
        return DERIVED_ONLY;
    for (uint64_t i = l->gone; o->device && i < o->end; i++)
        if (gone_from_device(o, &past_at(o, (size_t)(i - o->dropped))->inv))
            return DEAD;
    return o->device ? IN_DEVICE_ONLY : DEAD;
}

/* The epochs at which any of the words changed, youngest first, each once; of too many the youngest. */
static unsigned changes(const struct oracle *o, const struct oracle_question *q,
                        struct mem_version at[MEM_VERSIONS])
{
    unsigned n = 0;

    for (unsigned w = 0; w < q->words; w++) {
        unsigned k;
        const struct mem_version *v = mem_history(o->mem, q->pa + 8ull * w, &k);

        for (unsigned i = 0; i < k; i++) {
            unsigned j = 0;

            while (j < n && at[j].until > v[i].until)
                j++;
            if (j == MEM_VERSIONS || (j < n && at[j].until == v[i].until))
                continue;
            n -= n == MEM_VERSIONS;
            memmove(at + j + 1, at + j, (n - j) * sizeof at[0]);
            at[j] = v[i];
            n++;
        }
    }
    return n;
}

/* ---- the search ---------------------------------------------------------------------------------- */

static void accept(struct search *s, const struct branch *b)
{
    s->f->verdict = b->stale ? ORACLE_STALE : ORACLE_CURRENT;
    s->f->changed_ps = b->changed_ps;
    s->f->word_pa = b->word_pa;
    s->f->word = b->word;
}

/* Now that it is known what came out: had one of the old values to be gone? */
static bool outlived(const struct search *s, const struct branch *b)
{
    struct oracle *o = s->o;

    for (const struct old *old = b->old; old; old = old->before) {
        s->f->key = old->key;          /* in the end that of the first */
        if (!o->arch->derived)
            continue;
        o->arch->derived(b->machine, &s->f->key);
        if (life(o, &s->f->key, old->until) == DEAD)
            return true;
    }
    return false;
}

/* A value that lives on in TLB entries alone shows itself as a hit would; an old configuration also as a walk
 * from one of its tables, but only if today's one leads to the same entries. */
static bool possible(const struct search *s, const struct branch *b, const struct xl_result *r)
{
    const struct oracle_arch *a = s->o->arch;

    if (b->derived && !a->could_hit(r))
        return false;
    if (!b->derived_config)
        return true;
    return (a->could_walk ? a->could_walk : a->could_hit)(r) &&
           (a->tlb_by_stream || r->domain == s->current->domain ||
            (a->leads_alike && a->leads_alike(b->machine, s->current)));
}

static bool explore(struct search *s, const struct branch *from);

static bool try_old(struct search *s, const struct branch *from, const struct oracle_question *q,
                    const struct mem_version *v, const uint64_t *words)
{
    struct oracle *o = s->o;
    struct old old = { .before = from->old, .until = v->until };
    struct branch b;
    enum life alive;
    bool config;

    if (v->until <= o->since && o->arch->kept && !o->arch->kept(from->machine, words))
        return false;
    o->arch->key(from->machine, words, &old.key);
    alive = life(o, &old.key, v->until);
    if (alive == DEAD)
        return false;
    b = *from;
    o->arch->copy(b.machine, from->machine);
    if (v->until > o->since && alive == ALIVE) {       /* there when the request was made */
        b.old = o->drains ? &old : b.old;
        o->arch->tell(b.machine, words);
        return explore(s, &b);
    }
    if (!b.stale) {
        b.changed_ps = v->stamp;
        b.word_pa = q->pa;
        b.word = q->name;
    }
    b.stale = true;
    b.old = &old;
    config = alive == DERIVED_ONLY && q->words > 1 && !o->device;
    b.derived |= alive < HELD_ONLY && !config &&
                 !(alive == DERIVED_ONLY && o->arch->in_config && o->arch->in_config(&old.key));
    b.derived_config |= config;
    o->arch->tell(b.machine, words);
    return explore(s, &b);
}

static bool is_among(uint64_t known[][ORACLE_WORDS], unsigned n, const uint64_t *words, unsigned count)
{
    for (unsigned i = 0; i < n; i++)
        if (!memcmp(known[i], words, count * sizeof *words))
            return true;
    return false;
}

/* Youngest first; `now` is today's value, NULL if the read failed.  Whatever ends the life of a value ends that of an
 * older one that is the same: each is tried once, however often it came back. */
static bool try_past(struct search *s, const struct branch *b, const struct oracle_question *q, const uint64_t *now)
{
    const struct oracle *o = s->o;
    struct mem_version at[MEM_VERSIONS];
    uint64_t known[1 + MEM_VERSIONS][ORACLE_WORDS];
    unsigned n = changes(o, q, at), tried = 0;

    if (n && now)
        memcpy(known[tried++], now, q->words * sizeof *now);
    for (unsigned i = 0; i < n; i++) {
        uint64_t *words = known[tried];

        for (unsigned w = 0; w < q->words; w++)
            words[w] = mem_read64_at(o->mem, q->pa + 8ull * w, at[i].until - 1);
        if (is_among(known, tried, words, q->words))
            continue;
        if (try_old(s, b, q, &at[i], words))
            return true;
        tried++;
    }
    return false;
}

/* Depth first, current values first: what is found first needs the fewest old words near the end. */
static bool explore(struct search *s, const struct branch *from)
{
    const struct oracle *o = s->o;
    struct oracle_question q;
    uint64_t words[ORACLE_WORDS];
    struct branch b = *from, next;
    bool ok;

    o->arch->copy(b.machine, from->machine);
    if (++s->nodes > ORACLE_NODES)
        return false;
    if (!o->arch->next(b.machine, &q)) {
        const struct xl_result *r = o->arch->result(b.machine);

        if ((s->found && !oracle_same(r, s->found)) || !possible(s, &b, r) || outlived(s, &b) ||
            (s->each && !s->each(s->arg, r)))
            return false;
        accept(s, &b);
        return true;
    }
    ok = mem_read(o->mem, q.pa, q.words, words);
    next = b;
    o->arch->copy(next.machine, b.machine);
    o->arch->tell(next.machine, ok ? words : NULL);
    return explore(s, &next) || try_past(s, &b, &q, ok ? words : NULL);
}

static void judge_since(struct oracle *o, uint64_t since)
{
    o->since = since;
    o->end = o->dropped + (o->drains ? o->n : first_after(o, since));
}

void oracle_walk(const struct oracle *o, const struct xl_req *req, oracle_step *step, void *arg, struct xl_result *res)
{
    struct branch b;
    struct oracle_question q;
    uint64_t words[ORACLE_WORDS];

    o->arch->begin(b.machine, o->regs, req);
    while (o->arch->next(b.machine, &q)) {
        const uint64_t *got = mem_read(o->mem, q.pa, q.words, words) ? words : NULL;

        if (step)
            step(arg, &q, got);
        o->arch->tell(b.machine, got);
    }
    *res = *o->arch->result(b.machine);
}

/* The answer of the tables as they are. */
static void now(const struct oracle *o, const struct xl_req *req, struct xl_result *res)
{
    oracle_walk(o, req, NULL, NULL, res);
}

void oracle_judge(struct oracle *o, const struct xl_req *req, const struct xl_result *found,
                  uint64_t since, struct oracle_finding *f)
{
    struct search s = { .o = o, .found = found, .current = &f->current, .f = f };
    struct branch b = { .stale = false };

    *f = (struct oracle_finding){ .verdict = ORACLE_CURRENT };
    judge_since(o, since);
    o->device = (found->outcome == XL_OK || found->outcome == XL_BYPASS) && found->ats_size_log2 ? req : NULL;
    o->first = bits_align_down(req->addr, found->ats_size_log2);
    o->last = o->first + bits_low(found->ats_size_log2);
    now(o, req, &f->current);
    if (oracle_same(found, &f->current))
        return;
    f->verdict = ORACLE_MISMATCH;
    o->arch->begin(b.machine, o->regs, req);
    explore(&s, &b);
}

void oracle_legal(struct oracle *o, const struct xl_req *req, uint64_t since,
                  bool (*each)(void *arg, const struct xl_result *legal), void *arg, struct oracle_finding *f)
{
    struct search s = { .o = o, .each = each, .arg = arg, .current = &f->current, .f = f };
    struct branch b = { .stale = false };

    *f = (struct oracle_finding){ .verdict = ORACLE_CURRENT };
    judge_since(o, since);
    o->ever = since == ORACLE_EVER;
    o->device = NULL;
    now(o, req, &f->current);
    if (each(arg, &f->current))
        return;
    f->verdict = ORACLE_MISMATCH;
    o->arch->begin(b.machine, o->regs, req);
    explore(&s, &b);
    o->ever = false;
}

bool oracle_covers(const struct oracle *o, const struct oracle_inval *inv,
                   const struct oracle_key *key)
{
    return o->arch->covers(inv, key) & ORACLE_DERIVED;
}

bool oracle_covers_device(const struct oracle *o, const struct oracle_inval *inv, const struct xl_req *req,
                          const struct xl_result *found)
{
    uint64_t first = bits_align_down(req->addr, found->ats_size_log2);

    return o->arch->device && o->arch->device(inv, req, first, first + bits_low(found->ats_size_log2));
}
