/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/wave/wave_merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"
#include "rtl-cosim/wave/wave_impl.h"

#ifdef WAVE_FST
#include <fstapi.h>

enum { PICOSECONDS = -12, PATH_MAX_LEN = 2048 };

struct change { uint64_t t; char *value; uint32_t len; fstHandle to; bool text; };

struct side {                          /* a source while it is read */
    void *reader;
    fstHandle *to;                     /* [handles + 1]: a source's signal in the result */
    bool *text;                        /* letters instead of bits                       */
    char **before;                     /* its last value before the window              */
    uint32_t *before_len;
    size_t handles;
    struct change *change;
    size_t n, room;
    const struct wave_window *w;
    bool failed;                       /* no memory */
};

struct merge {
    void *writer;
    struct wave_names names;
    struct side *side;
    size_t sides;
    struct diag *d;
};

/* ---- hierarchies --------------------------------------------------------------------------------- */

/* GTKWave knows an element of an array, "state[0] [2:0]", without the space. */
static void squeeze(char *text)
{
    char *to = text;

    for (; *text; text++)
        if (*text != ' ')
            *to++ = *text;
    *to = '\0';
}

static int add_name(struct merge *m, const char *scope, const char *name, uint32_t width, bool text)
{
    struct wave_name *list = list_grow(m->names.name, m->names.n, &m->names.room, sizeof *list), *one;
    size_t plain = strcspn(name, " [");
    char path[PATH_MAX_LEN];

    if (!list)
        return SIM_EENV;
    m->names.name = list;
    one = &list[m->names.n];
    snprintf(path, sizeof path, "%s.%.*s", scope, (int)plain, name);
    *one = (struct wave_name){ .path = strdup(path), .width = width, .text = text,
                               .bits = strdup(name + plain + strspn(name + plain, " ")) };
    if (!one->path || !one->bits)
        return SIM_EENV;
    squeeze(one->bits);
    m->names.n++;
    return 0;
}

static int copy_var(struct merge *m, struct side *s, const struct fstHierVar *v, const char *scope)
{
    bool text = v->typ == FST_VT_GEN_STRING;

    if (v->handle > s->handles)
        return SIM_EINPUT;
    s->text[v->handle] = text;
    if (v->is_alias)
        fstWriterCreateVar(m->writer, v->typ, v->direction, v->length, v->name, s->to[v->handle]);
    else
        s->to[v->handle] = fstWriterCreateVar(m->writer, v->typ, v->direction, v->length, v->name, 0);
    return add_name(m, scope, v->name, v->length, text);
}

static int copy_hierarchy(struct merge *m, struct side *s, const char *under)
{
    char scope[PATH_MAX_LEN];
    struct fstHier *h;
    int err = 0;

    snprintf(scope, sizeof scope, "%s", under);
    fstWriterSetScope(m->writer, FST_ST_VCD_MODULE, under, NULL);
    while (!err && (h = fstReaderIterateHier(s->reader))) {
        if (h->htyp == FST_HT_SCOPE) {
            size_t used = strlen(scope);

            fstWriterSetScope(m->writer, h->u.scope.typ, h->u.scope.name, h->u.scope.component);
            snprintf(scope + used, sizeof scope - used, ".%s", h->u.scope.name);
        } else if (h->htyp == FST_HT_UPSCOPE) {
            fstWriterSetUpscope(m->writer);
            *strrchr(scope, '.') = '\0';
        } else if (h->htyp == FST_HT_VAR) {
            err = copy_var(m, s, &h->u.var, scope);
        }
    }
    fstWriterSetUpscope(m->writer);
    return err;
}

/* ---- changes ------------------------------------------------------------------------------------- */

static char *keep(const unsigned char *value, uint32_t len)
{
    char *copy = malloc(len + 1u);

    if (copy) {
        memcpy(copy, value, len);
        copy[len] = '\0';
    }
    return copy;
}

static void add_change(struct side *s, uint64_t t, size_t h, char *value, uint32_t len)
{
    struct change *list = list_grow(s->change, s->n, &s->room, sizeof *list);

    if (!list || !value) {
        s->failed = true;
        free(value);
        return;
    }
    s->change = list;
    s->change[s->n++] = (struct change){ t, value, len, s->to[h], s->text[h] };
}

static void take_text(void *arg, uint64_t t, fstHandle h, const unsigned char *value, uint32_t len)
{
    struct side *s = arg;

    if (t > s->w->to_ps || h > s->handles)
        return;
    if (t > s->w->from_ps) {
        add_change(s, t, h, keep(value, len), len);
        return;
    }
    free(s->before[h]);
    s->before[h] = keep(value, len);
    s->before_len[h] = len;
}

static void take(void *arg, uint64_t t, fstHandle h, const unsigned char *value)
{
    take_text(arg, t, h, value, (uint32_t)strlen((const char *)value));
}

/* The last values before the window, then what changes in it, which is in order. */
static int read_changes(struct side *s)
{
    struct change *within;
    size_t n;

    fstReaderSetFacProcessMaskAll(s->reader);
    if (!fstReaderIterBlocks2(s->reader, take, take_text, s, NULL))
        return SIM_EINPUT;
    within = s->change;
    n = s->n;
    s->change = NULL;
    s->n = s->room = 0;
    for (size_t h = 1; h <= s->handles; h++)
        if (s->before[h]) {
            add_change(s, s->w->from_ps, h, s->before[h], s->before_len[h]);
            s->before[h] = NULL;
        }
    for (size_t i = 0; i < n; i++) {
        struct change *list = s->failed ? NULL : list_grow(s->change, s->n, &s->room, sizeof *list);

        if (!list) {
            s->failed = true;
            free(within[i].value);
            continue;
        }
        s->change = list;
        s->change[s->n++] = within[i];
    }
    free(within);
    return s->failed ? SIM_EENV : 0;
}

/* The side whose next change is the earliest, of several the first; NULL: none has any. */
static struct side *next_side(const struct merge *m, const size_t *at)
{
    struct side *first = NULL;

    for (size_t i = 0; i < m->sides; i++) {
        struct side *s = &m->side[i];

        if (at[i] < s->n && (!first || s->change[at[i]].t < first->change[at[first - m->side]].t))
            first = s;
    }
    return first;
}

static int write_all(struct merge *m)
{
    size_t *at = calloc(m->sides, sizeof *at);
    uint64_t t = UINT64_MAX;
    struct side *s;

    if (!at)
        return SIM_EENV;
    while ((s = next_side(m, at))) {
        const struct change *c = &s->change[at[s - m->side]++];

        if (c->t != t)
            fstWriterEmitTimeChange(m->writer, t = c->t);
        if (c->text)
            fstWriterEmitVariableLengthValueChange(m->writer, c->to, c->value, c->len);
        else
            fstWriterEmitValueChange(m->writer, c->to, c->value);
    }
    free(at);
    return 0;
}

/* ---- notes --------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    return (x->t > y->t) - (x->t < y->t);
}

/* The last side: one signal of letters for each name. */
static int copy_notes(struct merge *m, struct side *s, const struct wave_note *note, size_t n)
{
    int err = 0;

    fstWriterSetScope(m->writer, FST_ST_VCD_MODULE, "cosim", NULL);
    for (size_t i = 0; i < n && !err; i++) {
        size_t same = 0;

        while (strcmp(note[same].name, note[i].name) != 0)
            same++;
        if (same == i) {
            s->to[i] = fstWriterCreateVar(m->writer, FST_VT_GEN_STRING, FST_VD_IMPLICIT, 0, note[i].name, 0);
            err = add_name(m, "cosim", note[i].name, 0, true);
        } else {
            s->to[i] = s->to[same];
        }
        s->text[i] = true;
        add_change(s, note[i].t_ps, i, strdup(note[i].text), (uint32_t)strlen(note[i].text));
    }
    fstWriterSetUpscope(m->writer);
    if (!s->failed)
        qsort(s->change, s->n, sizeof *s->change, by_time);
    return s->failed ? SIM_EENV : err;
}

/* ---- all together -------------------------------------------------------------------------------- */

static int open_side(struct merge *m, struct side *s, const struct wave_source *src, const struct wave_window *w)
{
    s->w = w;
    s->reader = fstReaderOpen(src->path);
    if (!s->reader)
        return diag_add(m->d, src->path, 0, 0, "not a waveform (FST)");
    if (fstReaderGetTimescale(s->reader) != PICOSECONDS)
        return diag_add(m->d, src->path, 0, 0, "its unit of time is not 1 ps");
    s->handles = fstReaderGetMaxHandle(s->reader);
    s->to = calloc(s->handles + 1, sizeof *s->to);
    s->text = calloc(s->handles + 1, sizeof *s->text);
    s->before = calloc(s->handles + 1, sizeof *s->before);
    s->before_len = calloc(s->handles + 1, sizeof *s->before_len);
    if (!s->to || !s->text || !s->before || !s->before_len)
        return SIM_EENV;
    return copy_hierarchy(m, s, src->scope);
}

static void close_side(struct side *s)
{
    if (s->reader)
        fstReaderClose(s->reader);
    for (size_t i = 0; i < s->n; i++)
        free(s->change[i].value);
    for (size_t h = 0; s->before && h <= s->handles; h++)
        free(s->before[h]);
    free(s->change);
    free(s->to);
    free(s->text);
    free(s->before);
    free(s->before_len);
}

static int open_notes(struct merge *m, struct side *s, const struct wave_note *note, size_t n,
                      const struct wave_window *w)
{
    if (!n)
        return 0;
    s->w = w;
    s->to = calloc(n, sizeof *s->to);
    s->text = calloc(n, sizeof *s->text);
    return s->to && s->text ? copy_notes(m, s, note, n) : SIM_EENV;
}

static void close_all(struct merge *m)
{
    for (size_t i = 0; i < m->sides; i++)
        close_side(&m->side[i]);
    for (size_t i = 0; i < m->names.n; i++) {
        free(m->names.name[i].path);
        free(m->names.name[i].bits);
    }
    free(m->names.name);
    free(m->side);
}

static void *open_result(const char *out)
{
    void *writer = fstWriterCreate(out, 1);

    if (writer) {
        fstWriterSetPackType(writer, FST_WR_PT_LZ4);
        fstWriterSetTimescale(writer, PICOSECONDS);
        fstWriterSetVersion(writer, "iommusim");
        fstWriterSetDate(writer, "");
    }
    return writer;
}

int wave_merge(const struct wave_source *src, size_t n, const struct wave_note *note, size_t notes,
               const struct wave_window *w, const char *out, struct diag *d)
{
    struct merge m = { .d = d, .sides = n + 1, .side = calloc(n + 1, sizeof *m.side) };
    int err = 0;

    if (!m.side)
        return diag_env(d, out, "no memory");
    m.writer = open_result(out);
    if (!m.writer)
        err = diag_env(d, out, "cannot be written");
    for (size_t i = 0; i < n && !err; i++)
        err = open_side(&m, &m.side[i], &src[i], w);
    if (!err)
        err = open_notes(&m, &m.side[n], note, notes, w);
    for (size_t i = 0; i < n && !err; i++)
        err = read_changes(&m.side[i]);
    if (!err)
        err = write_all(&m);
    if (m.writer) {
        fstWriterEmitTimeChange(m.writer, w->to_ps);
        fstWriterClose(m.writer);
    }
    if (!err)
        err = wave_save_file(&m.names, w, out, d);
    close_all(&m);
    return err;
}

#else

int wave_merge(const struct wave_source *src, size_t n, const struct wave_note *note, size_t notes,
               const struct wave_window *w, const char *out, struct diag *d)
{
    (void)src, (void)n, (void)note, (void)notes, (void)w;
    return diag_env(d, out, "no waveform: built without the FST writer of the Debian packages verilator and zlib1g-dev");
}

#endif
