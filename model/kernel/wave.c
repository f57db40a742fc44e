/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/wave_impl.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sim_impl.h"

/* ---- which signals ---- */

struct choice {
    const char *glob;
    struct wave *w;
    size_t room;                       /* in w->signal; 0: they are only counted */
};

static void choose(const struct comp *c, const char *path, void *arg)
{
    struct choice *ch = arg;
    char name[WAVE_PATH];

    for (size_t i = 0; c->face && i < c->face->signals; i++) {
        const struct comp_signal *s = &c->face->signal[i];

        snprintf(name, sizeof name, "%s.%s", path, s->name);
        if (ch->glob && fnmatch(ch->glob, name, 0) != 0)
            continue;
        if (ch->w->n < ch->room)
            ch->w->signal[ch->w->n] = (struct wave_signal){ .comp = c, .sig = s };
        ch->w->n++;
        ch->w->names_bytes += strlen(name);
    }
}

static void choose_all(struct choice *ch, const struct comp *const *root, size_t roots)
{
    ch->w->n = 0;
    ch->w->names_bytes = 0;
    for (size_t i = 0; i < roots; i++)
        comp_walk(root[i], choose, ch);
}

bool wave_shows(const struct wave *w, const struct comp *c)
{
    for (size_t i = 0; i < w->n; i++)
        for (const struct comp *k = w->signal[i].comp; k; k = k->parent)
            if (k == c)
                return true;
    return false;
}

void wave_name(const struct wave_signal *s, char *buf, size_t size)
{
    if (s->sig->width > 1)
        snprintf(buf, size, "%s [%u:0]", s->sig->name, s->sig->width - 1);
    else
        snprintf(buf, size, "%s", s->sig->name);
}

/* ---- none of them: what was meant? ---- */

struct search {
    char name[WAVE_PATH];
    char path[WAVE_PATH];              /* of the nearest component so far, */
    const struct comp *comp;           /* NULL if there is none near       */
};

static void compare(const struct comp *c, const char *path, void *arg)
{
    struct search *s = arg;
    const char *const two[] = { s->path, path };
    bool first = !s->comp;

    if (diag_nearest(s->name, first ? two + 1 : two, first ? 1 : 2) != path)
        return;
    s->comp = c;
    snprintf(s->path, sizeof s->path, "%s", path);
}

/* The component nearest to the glob less its last part, or less more of it; at worst the first root. */
static const struct comp *nearest(const struct comp *const *root, size_t roots, const char *glob)
{
    struct search s = { .comp = NULL };
    char *dot;

    snprintf(s.name, sizeof s.name, "%s", glob);
    while (!s.comp && (dot = strrchr(s.name, '.'))) {
        *dot = '\0';
        for (size_t i = 0; i < roots; i++)
            comp_walk(root[i], compare, &s);
    }
    return s.comp ? s.comp : root[0];
}

static void none_matches(const struct comp *const *root, size_t roots, const char *path,
                         const char *glob, struct diag *d)
{
    const struct comp *c = nearest(root, roots, glob);
    char near[WAVE_PATH], shown[WAVE_PATH] = "";

    comp_path(c, near, sizeof near);
    for (size_t i = 0; c->face && i < c->face->signals; i++) {
        size_t n = strlen(shown);

        snprintf(shown + n, sizeof shown - n, "%s%s", i ? ", " : ", with ", c->face->signal[i].name);
    }
    diag_add(d, path, 0, 0, "no signal matches \"%s\"; the nearest component is %s%s", glob, near,
             shown);
}

/* ---- open, sample, close ---- */

static void declare(struct wave *w, const struct comp *c)
{
    char name[WAVE_PATH];

    if (!wave_shows(w, c))
        return;
    wave_fst_scope(w->fst, c->name, c->kind->name);
    for (size_t i = 0; i < w->n; i++) {
        struct wave_signal *s = &w->signal[i];

        if (s->comp != c)
            continue;
        wave_name(s, name, sizeof name);
        s->handle = wave_fst_signal(w->fst, name, s->sig->width);
    }
    for (const struct comp *k = c->child; k; k = k->next)
        declare(w, k);
    wave_fst_scope_end(w->fst);
}

static void unwatch(struct wave *w)
{
    w->sim->attention &= ~(uint32_t)SIM_WATCH;
}

/* What changed is written.  Without room for it, that was all. */
static void sample(void *arg)
{
    struct wave *w = arg;
    bool timed = false;

    for (size_t i = 0; i < w->n; i++) {
        struct wave_signal *s = &w->signal[i];
        uint64_t v = comp_signal_value(s->comp, s->sig);

        if (w->begun && v == s->last)
            continue;
        if (!timed && !wave_fst_time(w->fst, w->sim->now_ps)) {
            unwatch(w);
            return;
        }
        timed = true;
        wave_fst_value(w->fst, s->handle, s->sig->width, v);
        s->last = v;
    }
    w->begun = true;
}

static void watch(struct wave *w)
{
    SIM_CHECK(!(w->sim->attention & SIM_WATCH), "a second waveform of one simulation");
    w->sim->watch = sample;
    w->sim->watch_arg = w;
    w->sim->attention |= SIM_WATCH;
}

static void wave_free(struct wave *w)
{
    free(w->signal);
    free(w->path);
    free(w);
}

/* With all signals chosen: both files. */
static int open_files(struct wave *w, const struct comp *const *root, size_t roots, const char *path,
                      struct diag *d)
{
    w->fst = wave_fst_open(path, w->n, w->names_bytes, d);
    if (!w->fst)
        return SIM_EENV;
    for (size_t i = 0; i < roots; i++)
        declare(w, root[i]);
    if (wave_gtkw_write(w, root, roots, path, d)) {
        wave_fst_discard(w->fst);
        return SIM_EENV;
    }
    return SIM_OK;
}

struct wave *wave_open(struct sim *s, const struct comp *const *root, size_t roots, const char *path,
                       const char *glob, struct diag *d)
{
    struct wave *w = calloc(1, sizeof *w);
    struct choice ch = { .glob = glob, .w = w };

    if (!w) {
        diag_env(d, path, "no memory for a waveform");
        return NULL;
    }
    w->sim = s;
    choose_all(&ch, root, roots);
    if (w->n == 0) {
        none_matches(root, roots, path, glob ? glob : "*", d);
        wave_free(w);
        return NULL;
    }
    ch.room = w->n;
    w->path = strdup(path);
    w->signal = calloc(w->n, sizeof *w->signal);
    if (!w->signal || !w->path) {
        diag_env(d, path, "no memory for a waveform of %zu signals", w->n);
        wave_free(w);
        return NULL;
    }
    choose_all(&ch, root, roots);
    if (open_files(w, root, roots, path, d)) {
        wave_free(w);
        return NULL;
    }
    watch(w);
    return w;
}

int wave_close(struct wave *w, struct diag *d)
{
    int r;

    if (!w)
        return SIM_OK;
    if (w->sim->attention & SIM_WATCH)
        sample(w);
    unwatch(w);
    r = wave_fst_close(w->fst, w->sim->now_ps, d);
    wave_gtkw_end(w->path, w->sim->now_ps);
    wave_free(w);
    return r;
}
