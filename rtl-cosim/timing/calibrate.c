/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/calibrate.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"

/* One request on one side, its class with it. */
struct taken { struct cosim_sample s; uint8_t cls; };
struct side { struct taken *at; size_t n; struct cosim_latency l; uint64_t cycles; };

static int by_request(const void *a, const void *b)
{
    const struct taken *x = a, *y = b;

    return (x->s.request > y->s.request) - (x->s.request < y->s.request);
}

static int index_side(struct side *s)
{
    size_t n = 0;

    for (unsigned c = 0; c < COSIM_CLASSES_N; c++)
        n += s->l.of[c].n;
    s->at = malloc((n + 1) * sizeof *s->at);
    if (!s->at)
        return SIM_EENV;
    for (unsigned c = 0; c < COSIM_CLASSES_N; c++)
        for (size_t i = 0; i < s->l.of[c].n; i++)
            s->at[s->n++] = (struct taken){ s->l.of[c].at[i], (uint8_t)c };
    qsort(s->at, s->n, sizeof *s->at, by_request);
    return 0;
}

static void destroy_side(struct side *s)
{
    cosim_latency_destroy(&s->l);
    free(s->at);
    *s = (struct side){ .n = 0 };
}

static const struct taken *find(const struct side *s, uint64_t request)
{
    const struct taken key = { .s.request = request };

    return s->n ? bsearch(&key, s->at, s->n, sizeof *s->at, by_request) : NULL;
}

static bool alike(const struct taken *a, const struct taken *b)
{
    return b && a->cls == b->cls && a->s.alone && b->s.alone && a->s.cfg_reads == b->s.cfg_reads &&
           a->s.s1_reads == b->s.s1_reads && a->s.s2_reads == b->s.s2_reads;
}

struct run {
    const struct calibrate_ops *ops;
    struct calibrate_unknown *u;
    size_t n;
    struct side *found;                /* [patterns] */
};

static int run_model(const struct run *c, size_t pattern, const struct calibrate_unknown *u, struct side *s)
{
    int err = c->ops->model(c->ops->arg, pattern, u, c->n, &s->l, &s->cycles);

    return err ? err : index_side(s);
}

/* One step further for each unknown that can go there. */
static int run_steps(const struct run *c, size_t pattern, struct side *step)
{
    struct calibrate_unknown *u = malloc(c->n * sizeof *u);
    int err = u ? 0 : SIM_EENV;

    for (size_t i = 0; i < c->n && !err; i++) {
        memcpy(u, c->u, c->n * sizeof *u);
        u[i].value += u[i].step;
        err = run_model(c, pattern, u, &step[i]);
    }
    free(u);
    return err;
}

static void add_rows(const struct run *c, size_t pattern, const struct side *model, const struct side *step,
                     struct fit *f)
{
    const struct side *found = &c->found[pattern];

    for (size_t k = 0; k < found->n; k++) {
        const struct taken *t = &found->at[k], *m = find(model, t->s.request);
        double x[FIT_MAX];
        bool all = alike(t, m), faulted = t->cls == COSIM_CLASS_FAULT;

        for (size_t i = 0; i < c->n && all; i++) {
            const struct taken *s = find(&step[i], t->s.request);

            all = alike(t, s);
            if (all)
                x[i] = faulted == c->u[i].of_faults ? (double)s->s.cycles - (double)m->s.cycles : 0;
        }
        if (all)
            fit_row(f, x, (double)t->s.cycles - (double)m->s.cycles, 1);
    }
}

/* Moves to the fitted values; true if any has changed. */
static bool move(const struct run *c, const struct fit_result *r)
{
    bool moved = false;

    for (size_t i = 0; i < c->n; i++) {
        struct calibrate_unknown *u = &c->u[i];
        double to = (double)u->value + r->whole[i] * (double)u->step;
        uint64_t value = to < (double)u->min ? u->min : to > (double)u->max ? u->max : (uint64_t)to;

        moved |= value != u->value;
        u->value = value;
    }
    return moved;
}

static void tell_errors(const struct run *c, const struct fit_result *r)
{
    for (size_t i = 0; i < c->n; i++) {
        c->u[i].known = r->known[i];
        c->u[i].sigma = r->sigma[i] * (double)c->u[i].step;
    }
}

/* The best so far. */
struct best { struct calibrate_unknown u[FIT_MAX]; double left; uint64_t rows; };

static void keep_best(const struct run *c, const struct fit *f, struct best *b)
{
    double left = f->weight > 0 ? sqrt(f->yy / f->weight) : 0;

    if (b->rows && left >= b->left)
        return;
    memcpy(b->u, c->u, c->n * sizeof *c->u);
    b->left = left;
    b->rows = f->rows;
}

static int round_of(const struct run *c, struct best *best, bool *moved)
{
    struct side model = { .n = 0 }, *step = calloc(c->n, sizeof *step);
    struct fit f = { .n = (unsigned)c->n };
    struct fit_result result;
    int err = step ? 0 : SIM_EENV;

    for (size_t p = 0; p < c->ops->patterns && !err; p++) {
        if (!c->ops->train(c->ops->arg, p))
            continue;
        err = run_model(c, p, c->u, &model);
        if (!err)
            err = run_steps(c, p, step);
        if (!err)
            add_rows(c, p, &model, step, &f);
        destroy_side(&model);
        for (size_t i = 0; i < c->n; i++)
            destroy_side(&step[i]);
    }
    free(step);
    if (err)
        return err;
    fit_solve(&f, &result);
    tell_errors(c, &result);
    keep_best(c, &f, best);
    *moved = move(c, &result);
    return 0;
}

/* ---- what is left -------------------------------------------------------------------------------- */

/* Requests of several runs in one list: they must not be taken for each other. */
static int append(struct cosim_latency *to, const struct cosim_latency *l, size_t pattern)
{
    int err = 0;

    for (unsigned c = 0; c < COSIM_CLASSES_N; c++)
        for (size_t i = 0; i < l->of[c].n && !err; i++) {
            struct cosim_sample s = l->of[c].at[i];

            s.request |= (uint64_t)pattern << 48;
            err = cosim_latency_add(to, c, &s);
        }
    return err;
}

struct together { struct cosim_latency found, model; uint64_t cycles_found, cycles_model; };

static int compare_all(const struct run *c, const struct tolerance *t, struct calibrate_result *r, bool after)
{
    struct together of[2] = { { .cycles_found = 0 }, { .cycles_found = 0 } };
    int err = 0;

    for (size_t p = 0; p < c->ops->patterns && !err; p++) {
        struct together *all = &of[c->ops->train(c->ops->arg, p)];
        struct side model = { .n = 0 };
        const struct side *found = &c->found[p];

        err = run_model(c, p, c->u, &model);
        if (!err)
            err = compare_latency(&found->l, &model.l, found->cycles, model.cycles, t,
                                  after ? &r->pattern[p].after : &r->pattern[p].before);
        if (!err)
            err = append(&all->found, &found->l, p) | append(&all->model, &model.l, p);
        all->cycles_found += found->cycles;
        all->cycles_model += model.cycles;
        destroy_side(&model);
    }
    for (unsigned train = 0; train < 2; train++) {
        if (!err)
            err = compare_latency(&of[train].found, &of[train].model, of[train].cycles_found, of[train].cycles_model, t,
                                  train ? &r->train : &r->rest);
        cosim_latency_destroy(&of[train].found);
        cosim_latency_destroy(&of[train].model);
    }
    return err;
}

int calibrate(const struct calibrate_ops *ops, struct calibrate_unknown *u, size_t n, const struct tolerance *t,
              struct calibrate_result *r)
{
    struct run c = { ops, u, n, calloc(ops->patterns, sizeof *c.found) };
    struct best best = { .rows = 0 };
    bool moved = true;
    int err;

    *r = (struct calibrate_result){ .patterns = ops->patterns, .pattern = calloc(ops->patterns, sizeof *r->pattern) };
    err = c.found && r->pattern && n <= FIT_MAX ? 0 : SIM_EENV;
    for (size_t p = 0; p < ops->patterns && !err; p++) {
        err = ops->found(ops->arg, p, &c.found[p].l, &c.found[p].cycles);
        if (!err)
            err = index_side(&c.found[p]);
    }
    if (!err)
        err = compare_all(&c, t, r, false);
    for (; !err && moved && r->rounds < CALIBRATE_ROUNDS; r->rounds++)
        err = round_of(&c, &best, &moved);
    if (!err && r->rounds)
        memcpy(u, best.u, n * sizeof *u);
    r->rows = best.rows;
    r->residual = best.left;
    if (!err)
        err = compare_all(&c, t, r, true);
    for (size_t p = 0; c.found && p < ops->patterns; p++)
        destroy_side(&c.found[p]);
    free(c.found);
    return err;
}

void calibrate_destroy(struct calibrate_result *r)
{
    free(r->pattern);
    r->pattern = NULL;
}

/* ---- the profile --------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    const struct calibrate_unknown *const *x = a, *const *y = b;

    return strcmp((*x)->path, (*y)->path);
}

/* How many dotted names two paths begin with alike, the last one left out. */
static unsigned shared(const char *a, const char *b)
{
    unsigned n = 0;

    for (; *a && *a == *b; a++, b++)
        n += *a == '.';
    return n;
}

static void put_unknown(FILE *to, const struct calibrate_unknown *u, const char *before)
{
    unsigned level = 0, from = shared(u->path, before);
    const char *p = u->path;

    for (size_t length; (length = strcspn(p, ".")), p[length]; p += length + 1, level++)
        if (level >= from)
            fprintf(to, "%*s%.*s:\n", 2 * (int)level, "", (int)length, p);
    fprintf(to, "%*s%s: %" PRIu64 "%*s# ", 2 * (int)level, "", p, u->value, 4, "");
    if (u->known)
        fprintf(to, "+- %.3g\n", u->sigma);
    else
        fprintf(to, "the traffic does not tell it from others\n");
}

int calibrate_write(const char *path, const char *base, const char *about, const struct calibrate_unknown *u, size_t n,
                    const struct calibrate_result *r, struct diag *d)
{
    const struct calibrate_unknown *order[FIT_MAX];
    FILE *to = fopen(path, "w");
    bool bad;

    if (!to)
        return diag_env(d, path, "cannot be written: %s", strerror(errno));
    for (size_t i = 0; i < n; i++)
        order[i] = &u[i];
    qsort(order, n, sizeof *order, by_path);
    fprintf(to, "base: %s\nabout: %s\n# fitted to %" PRIu64 " requests in %u rounds, %.3g cycles left of each\n", base, about,
            r->rows, r->rounds, r->residual);
    for (size_t i = 0; i < n; i++)
        put_unknown(to, order[i], i ? order[i - 1]->path : "");
    bad = ferror(to);
    if (fclose(to) == 0 && !bad)
        return 0;
    return diag_env(d, path, "cannot be written: %s", strerror(errno));
}
