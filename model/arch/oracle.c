/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/oracle.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

struct past { uint64_t epoch, given; struct oracle_inval inv; };     /* completed, and given, in these epochs */

struct oracle {
    const struct oracle_arch *arch;
    const void *regs;
    struct mem *mem;
    uint64_t since, done;              /* epoch of the request that is judged, and up to which invalidations count */
    bool drains;                       /* a completed one has waited for requests under way */
    bool ever;                         /* as if nothing had been invalidated             */
    const struct xl_req *device;       /* that request, if its device translated it      */
    uint64_t first, last;              /* what the entry covered that the device used    */
    size_t head, n;
    struct past past[ORACLE_INVALS];   /* ring, oldest first from `head`                 */
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
    }
    o->past[(o->head + o->n++) % ORACLE_INVALS] = (struct past){ .epoch = mem_epoch(o->mem), .given = given, .inv = *inv };
}

void oracle_forget(struct oracle *o)
{
    mem_forget(o->mem, mem_epoch(o->mem) + 1);
    o->n = 0;
}

bool oracle_same(const struct xl_result *a, const struct xl_result *b)
{
    if (a->outcome != b->outcome)
        return false;
    if (a->outcome == XL_OK || a->outcome == XL_BYPASS)
        return a->pa == b->pa;
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

enum life { DEAD, IN_DEVICE_ONLY, DERIVED_ONLY, ALIVE };

static bool gone_from_device(const struct oracle *o, const struct oracle_inval *inv)
{
    return o->arch->device && o->arch->device(inv, o->device, o->first, o->last);
}

static enum life life(const struct oracle *o, const struct oracle_key *key, uint64_t until)
{
    enum life l = ALIVE;

    if (o->ever)
        return ALIVE;
    for (size_t i = first_after(o, until); i < o->n && past_at(o, i)->epoch <= o->done; i++) {
        const struct oracle_inval *inv = &past_at(o, i)->inv;
        unsigned layers = past_at(o, i)->given > until ? o->arch->covers(inv, key) : 0;

        if (l == ALIVE && layers & ORACLE_WORD)
            l = DERIVED_ONLY;
        if (l == DERIVED_ONLY && layers & ORACLE_DERIVED)
            l = o->device ? IN_DEVICE_ONLY : DEAD;
        if (l == DEAD || (l == IN_DEVICE_ONLY && gone_from_device(o, inv)))
            return DEAD;
    }
    return l;
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
    const struct oracle *o = s->o;

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
                    const struct mem_version *v)
{
    const struct oracle *o = s->o;
    struct old old = { .before = from->old, .until = v->until };
    uint64_t words[ORACLE_WORDS];
    struct branch b;
    enum life alive;
    bool config;

    for (unsigned w = 0; w < q->words; w++)
        words[w] = mem_read64_at(o->mem, q->pa + 8ull * w, v->until - 1);
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
    b.derived |= alive != ALIVE && !config &&
                 !(alive == DERIVED_ONLY && o->arch->in_config && o->arch->in_config(&old.key));
    b.derived_config |= config;
    o->arch->tell(b.machine, words);
    return explore(s, &b);
}

/* Depth first, current values first: what is found first needs the fewest old words near the end. */
static bool explore(struct search *s, const struct branch *from)
{
    const struct oracle *o = s->o;
    struct mem_version at[MEM_VERSIONS];
    struct oracle_question q;
    uint64_t words[ORACLE_WORDS];
    struct branch b = *from, next;
    unsigned n;
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
    if (explore(s, &next))
        return true;
    n = changes(o, &q, at);
    for (unsigned i = 0; i < n; i++)
        if (try_old(s, &b, &q, &at[i]))
            return true;
    return false;
}

/* The answer of the tables as they are. */
static void now(const struct oracle *o, const struct xl_req *req, struct xl_result *res)
{
    struct branch b;
    struct oracle_question q;
    uint64_t words[ORACLE_WORDS];

    o->arch->begin(b.machine, o->regs, req);
    while (o->arch->next(b.machine, &q))
        o->arch->tell(b.machine, mem_read(o->mem, q.pa, q.words, words) ? words : NULL);
    *res = *o->arch->result(b.machine);
}

void oracle_judge(struct oracle *o, const struct xl_req *req, const struct xl_result *found,
                  uint64_t since, struct oracle_finding *f)
{
    struct search s = { .o = o, .found = found, .current = &f->current, .f = f };
    struct branch b = { .stale = false };

    *f = (struct oracle_finding){ .verdict = ORACLE_CURRENT };
    o->since = since;
    o->done = o->drains ? UINT64_MAX : since;
    o->device = found->outcome == XL_OK && found->ats_size_log2 ? req : NULL;
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
    o->since = since;
    o->done = o->drains ? UINT64_MAX : since;
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
