/* SPDX-License-Identifier: Apache-2.0
 *
 * What a difference leaves: a few records that still show it, and a waveform of design and model around it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/smmuv3/event.h"
#include "base/sim.h"
#include "cli/cosim.h"
#include "rtl-cosim/stimulus/minimise.h"
#include "rtl-cosim/twin/model.h"
#include "rtl-cosim/wave/wave_merge.h"

enum { MARGIN = 60, BEFORE = 400, WINDOW = 4000, NOTE = VERDICT_TEXT };

/* ---- fewer records ------------------------------------------------------------------------------- */

struct search { struct cosim *c; struct verdict like; };

static bool is_comparison(const struct verdict *v)
{
    return v->kind == VERDICT_ANSWER || v->kind == VERDICT_READS;
}

static int drive(const struct cosim *c, struct records *r, const struct cosim_dut_ops *ops, struct driver **driver)
{
    const struct driver_options o = cosim_driver_options(c);

    return cosim_drive_records(ops, &o, r, "candidate", driver, NULL);
}

/* Does it end in the same failure?  The first one counts. */
static int ends_alike(void *arg, struct records *candidate)
{
    struct search *s = arg;
    struct driver *design = NULL, *model = NULL;
    struct verdicts differ = { .n = 0 };
    const struct verdict *first = NULL;
    int err = drive(s->c, candidate, s->c->ops, &design);

    if (!err && is_comparison(&s->like) && !driver_verdicts(design)->n) {
        err = drive(s->c, candidate, &cosim_dut_model, &model);
        if (!err)
            driver_compare(design, model, s->c->opt.reads, &differ);
    }
    if (!err)
        first = cosim_first_of(design, &differ);
    err = err ? -1 : first && verdict_same(first, &s->like);
    driver_free(design);
    driver_free(model);
    verdicts_destroy(&differ);
    return err;
}

static void progress(void *arg, size_t records, uint64_t runs)
{
    (void)records;
    cli_progress_step(arg, runs);
}

int cosim_cut(struct cosim *c, const struct verdict *v, int (*fails)(void *arg, struct records *candidate), void *arg)
{
    struct cli_progress shown;
    const struct minimise_options o = { .fails = fails, .arg = arg, .failed_at = (size_t)v->record, .stop = &cli_interrupted,
                                        .progress = progress, .progress_arg = &shown };
    struct minimise_stats st;
    int err;

    cli_progress_start(&shown, "candidates", 0);
    err = minimise(&c->records, &o, &st);
    cli_progress_end(&shown);
    if (err == 1)
        return diag_add(c->d, NULL, 0, 0, "the difference does not come again: nothing to minimise");
    if (!err)
        err = records_write(&c->records, c->opt.minimise, c->d);
    if (err)
        return err;
    c->minimised_from = st.before;
    if (!c->opt.json)
        fprintf(stderr, "%zu of %zu records show it, after %" PRIu64 " runs: %s\n", st.after, st.before, st.runs,
                c->opt.minimise);
    return 0;
}

int cosim_minimise(struct cosim *c)
{
    struct search s = { c, *cosim_first(c) };
    int err = 0;

    if (c->opt.trace) {
        records_init(&c->records, "trace");
        err = records_read(&c->records, c->opt.trace, c->d);
    }
    return err ? err : cosim_cut(c, &s.like, ends_alike, &s);
}

/* ---- the waveform -------------------------------------------------------------------------------- */

struct side {
    struct driver *driver;
    char path[1200];
};

/* Runs the records again, the window recorded. */
static int record(struct cosim *c, const struct cosim_dut_ops *ops, uint64_t from, uint64_t to, struct side *s)
{
    struct driver_options o = cosim_driver_options(c);

    o.wave = s->path;
    o.wave_from = from;
    o.wave_to = to;
    o.par.keep = true;
    return cosim_drive(c, ops, &o, &s->driver);
}

/* The cycle in which a request began; UINT64_MAX: it did not. */
static uint64_t issued(const struct driver *d, int64_t request)
{
    const struct driver_answer *a;
    size_t n;

    if (!d || request < 0)
        return UINT64_MAX;
    a = driver_answers(d, &n);
    return (uint64_t)request < n && a[request].answered ? a[request].issued : UINT64_MAX;
}

static uint64_t ps(uint64_t cycle) { return cycle == UINT64_MAX ? UINT64_MAX : cycle * COSIM_PERIOD_PS; }

static const struct verdict *first_again(struct cosim *c)
{
    const struct verdict *v;

    if (!c->minimised_from)
        return cosim_first(c);
    /* Of the few records that are left. */
    driver_free(c->design);
    driver_free(c->model);
    verdicts_destroy(&c->differ);
    c->differ = (struct verdicts){ .n = 0 };
    c->design = c->model = NULL;
    if (drive(c, &c->records, c->ops, &c->design))
        return NULL;
    v = cosim_first(c);
    if (!v && cosim_has_model(c) && !drive(c, &c->records, &cosim_dut_model, &c->model)) {
        driver_compare(c->design, c->model, c->opt.reads, &c->differ);
        v = cosim_first(c);
    }
    return v;
}

static void choose_window(const struct cosim *c, const struct verdict *v, struct wave_window *w, uint64_t *from, uint64_t *to)
{
    uint64_t begun = v ? issued(c->design, v->request) : UINT64_MAX;

    *from = c->opt.wave_from;
    *to = c->opt.has_window ? c->opt.wave_to : WINDOW;
    if (v && !c->opt.has_window) {
        *from = begun != UINT64_MAX && begun <= v->cycle ? begun : v->cycle > BEFORE ? v->cycle - BEFORE : 0;
        *from -= *from < MARGIN ? *from : MARGIN;
        *to = v->cycle + MARGIN;
    }
    *w = (struct wave_window){ ps(*from), ps(*to), v ? ps(v->cycle) : UINT64_MAX, { ps(begun), UINT64_MAX } };
}

/* A name beside the result for each side. */
static void side_path(const struct cosim *c, const char *side, char *buf, size_t size)
{
    snprintf(buf, size, "%s.%s", c->opt.wave, side);
}

static void remove_side(struct side *s)
{
    char gtkw[1300];

    driver_free(s->driver);
    unlink(s->path);
    snprintf(gtkw, sizeof gtkw, "%s.gtkw", s->path);
    unlink(gtkw);
}

/* What passes the ports on either side, in words. */
struct notes {
    struct wave_note *at;
    char (*text)[NOTE];                /* of each */
    size_t n, room;
};

static void add_note(struct notes *n, const char *name, uint64_t cycle, const struct wave_window *w, const char *text)
{
    uint64_t t = cycle * COSIM_PERIOD_PS;

    if (t > w->to_ps || n->n == n->room)
        return;
    snprintf(n->text[n->n], NOTE, "%s", text);
    n->at[n->n] = (struct wave_note){ name, n->text[n->n], t < w->from_ps ? w->from_ps : t };
    n->n++;
}

static void describe_answer(const struct driver_answer *a, size_t request, char text[NOTE])
{
    const struct smmuv3_event_row *event = smmuv3_event_find(a->rsp.code);
    bool out = a->rsp.outcome == COSIM_OK || a->rsp.outcome == COSIM_BYPASS;

    if (out)
        snprintf(text, NOTE, "#%zu %" PRIx64, request, a->rsp.addr);
    else
        snprintf(text, NOTE, "#%zu %s", request, event ? event->name : "abort");
}

static void note_side(struct notes *n, const struct driver *d, const char *request, const char *answer,
                      const struct wave_window *w)
{
    size_t answers = 0;
    const struct driver_answer *a = d ? driver_answers(d, &answers) : NULL;
    char text[NOTE];

    if (!answers)
        return;
    add_note(n, request, 0, w, "");
    add_note(n, answer, 0, w, "");
    for (size_t i = 0; i < answers; i++) {
        if (!a[i].answered)
            continue;
        snprintf(text, sizeof text, "#%zu", i);
        if (a[i].issued * COSIM_PERIOD_PS > w->from_ps)
            add_note(n, request, a[i].issued, w, text);
        describe_answer(&a[i], i, text);
        if (a[i].done * COSIM_PERIOD_PS > w->from_ps)
            add_note(n, answer, a[i].done, w, text);
    }
}

static size_t most_notes(const struct driver *d)
{
    size_t n = 0;

    if (d)
        driver_answers(d, &n);
    return 2 * n + 2;
}

static int merge(struct cosim *c, const struct verdict *v, const struct wave_window *w, const struct side *design,
                 const struct side *model)
{
    const struct wave_source src[] = { { design->path, "rtl" }, { model->path, "model" } };
    struct notes n = { .room = 3 + most_notes(design->driver) + most_notes(model->driver) };
    int err;

    n.at = calloc(n.room, sizeof *n.at);
    n.text = calloc(n.room, sizeof *n.text);
    if (!n.at || !n.text) {
        free(n.at);
        free(n.text);
        return diag_env(c->d, NULL, "no memory");
    }
    if (v) {
        add_note(&n, "difference", v->cycle, w, verdict_name[v->kind]);
        add_note(&n, "expected", v->cycle, w, v->expected);
        add_note(&n, "found", v->cycle, w, v->found);
    }
    note_side(&n, design->driver, "rtl_request", "rtl_answer", w);
    note_side(&n, model->driver, "model_request", "model_answer", w);
    err = wave_merge(src, model->driver ? 2 : 1, n.at, n.n, w, c->opt.wave, c->d);
    free(n.at);
    free(n.text);
    return err;
}

int cosim_wave(struct cosim *c)
{
    const struct verdict *v = first_again(c);
    struct side design = { .driver = NULL }, model = { .driver = NULL };
    struct wave_window w;
    uint64_t from, to;
    int err;

    if (!c->ops->wave)
        return diag_add(c->d, c->ops->name, 0, 0, "its adapter writes no waveforms");
    choose_window(c, v, &w, &from, &to);
    side_path(c, "design", design.path, sizeof design.path);
    side_path(c, "model", model.path, sizeof model.path);
    err = record(c, c->ops, from, to, &design);
    if (!err && cosim_has_model(c))
        err = record(c, &cosim_dut_model, from, to, &model);
    if (!err && v)
        w.begun_ps[1] = ps(issued(model.driver, v->request));
    if (!err)
        err = merge(c, v, &w, &design, &model);
    remove_side(&design);
    remove_side(&model);
    return err;
}
