/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sim.h"

/* A map or list that has been opened and not closed. */
struct level {
    size_t item;
    uint64_t count;            /* of a list: items so far          */
    char key[YAML_MAX_KEY];    /* of a map: the key that waits for its value */
    bool has_key;
    unsigned long line, col;   /* of that key                      */
};

struct loader {
    struct yaml *y;
    struct diag *d;
    size_t room;
    unsigned depth;
    struct level level[YAML_MAX_DEPTH];
    unsigned documents;
    int err;
};

static void fail(struct loader *l, const struct fy_mark *m, const char *what)
{
    l->err = diag_add(l->d, l->y->file, m ? (unsigned long)m->line + 1 : 0,
                      m ? (unsigned long)m->column + 1 : 0, "%s", what);
}

static void no_memory(struct loader *l)
{
    l->err = diag_env(l->d, l->y->file, "no memory");
}

/* ---- paths -------------------------------------------------------------------------------------- */

/* The path of the next item: of the level that is open, and its key or number. */
static char *next_path(struct loader *l, size_t *key_at)
{
    struct level *v = l->depth ? &l->level[l->depth - 1] : NULL;
    const char *parent = v ? l->y->item[v->item].path : "";
    size_t size = strlen(parent) + YAML_MAX_KEY + 24;
    char *path = malloc(size);

    if (!path)
        return NULL;
    *key_at = strlen(parent);
    if (!v)
        path[0] = 0;
    else if (l->y->item[v->item].kind == YAML_LIST)
        snprintf(path, size, "%s[%" PRIu64 "]", parent, v->count++);
    else if (*parent)
        snprintf(path, size, "%s.%s", parent, v->key), ++*key_at;
    else
        snprintf(path, size, "%s", v->key);
    return path;
}

static struct yaml_item *new_item(struct loader *l)
{
    struct yaml_item *list = list_grow(l->y->item, l->y->n, &l->room, sizeof *list);

    if (!list)
        return NULL;
    l->y->item = list;
    return &l->y->item[l->y->n];
}

static void add_item(struct loader *l, enum yaml_kind kind, const char *text, size_t len,
                     const struct fy_mark *m)
{
    struct level *v = l->depth ? &l->level[l->depth - 1] : NULL;
    struct yaml_item *it = new_item(l);
    size_t key_at = 0;
    char *path = it ? next_path(l, &key_at) : NULL;
    char *copy = path ? malloc(len + 1) : NULL;

    if (!copy) {
        free(path);
        no_memory(l);
        return;
    }
    memcpy(copy, text, len);
    copy[len] = 0;
    *it = (struct yaml_item){ .kind = kind, .path = path, .key = path + key_at, .text = copy,
                              .end = l->y->n + 1 };
    if (v && v->has_key) {
        it->line = v->line;
        it->col = v->col;
        v->has_key = false;
    } else {
        it->line = m ? (unsigned long)m->line + 1 : 1;
        it->col = m ? (unsigned long)m->column + 1 : 1;
    }
    l->y->n++;
}

/* ---- events of libfyaml -------------------------------------------------------------------------- */

static void take_key(struct loader *l, const char *text, size_t len, const struct fy_mark *m)
{
    struct level *v = &l->level[l->depth - 1];

    if (len == 0 || len >= sizeof v->key) {
        fail(l, m, len ? "key too long" : "key expected");
        return;
    }
    memcpy(v->key, text, len);
    v->key[len] = 0;
    v->has_key = true;
    v->line = m ? (unsigned long)m->line + 1 : 0;
    v->col = m ? (unsigned long)m->column + 1 : 0;
}

static bool key_expected(const struct loader *l)
{
    const struct level *v = l->depth ? &l->level[l->depth - 1] : NULL;

    return v && l->y->item[v->item].kind == YAML_MAP && !v->has_key;
}

static void scalar(struct loader *l, struct fy_token *t)
{
    const struct fy_mark *m = t ? fy_token_start_mark(t) : NULL;
    size_t len = 0;
    const char *text = t ? fy_token_get_text(t, &len) : "";

    if (!text)
        no_memory(l);
    else if (memchr(text, 0, len))
        fail(l, m, "a zero byte in a text");
    else if (key_expected(l))
        take_key(l, text, len, m);
    else
        add_item(l, YAML_SCALAR, text, len, m);
}

static void open_level(struct loader *l, enum yaml_kind kind, struct fy_token *t)
{
    const struct fy_mark *m = t ? fy_token_start_mark(t) : NULL;

    if (key_expected(l))
        fail(l, m, "a key must be a word");
    else if (l->depth == YAML_MAX_DEPTH)
        fail(l, m, "nested too deep");
    else
        add_item(l, kind, "", 0, m);
    if (!l->err)
        l->level[l->depth++] = (struct level){ .item = l->y->n - 1 };
}

static void close_level(struct loader *l)
{
    struct level *v = &l->level[--l->depth];

    l->y->item[v->item].end = l->y->n;
}

static void take(struct loader *l, const struct fy_event *e)
{
    switch (e->type) {
    case FYET_DOCUMENT_START:
        if (l->documents++)
            fail(l, e->document_start.document_start
                        ? fy_token_start_mark(e->document_start.document_start) : NULL,
                 "a second document: expected one");
        break;
    case FYET_SCALAR:
        scalar(l, e->scalar.value);
        break;
    case FYET_MAPPING_START:
        open_level(l, YAML_MAP, e->mapping_start.mapping_start);
        break;
    case FYET_SEQUENCE_START:
        open_level(l, YAML_LIST, e->sequence_start.sequence_start);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_level(l);
        break;
    case FYET_ALIAS:
        fail(l, e->alias.anchor ? fy_token_start_mark(e->alias.anchor) : NULL,
             "an alias: write the value out");
        break;
    default:
        break;
    }
}

static void syntax_errors(struct loader *l, struct fy_diag *fd)
{
    struct fy_diag_error *e;
    void *at = NULL;
    unsigned n = 0;

    while ((e = fy_diag_errors_iterate(fd, &at))) {
        l->err = diag_add(l->d, l->y->file, e->line > 0 ? (unsigned long)e->line : 0,
                          e->column > 0 ? (unsigned long)e->column : 0, "%s", e->msg);
        n++;
    }
    if (!n)
        fail(l, NULL, "not YAML");
}

static void read_events(struct loader *l, struct fy_parser *p, struct fy_diag *fd)
{
    struct fy_event *e;

    while (!l->err && (e = fy_parser_parse(p))) {
        take(l, e);
        fy_parser_event_free(p, e);
    }
    if (!l->err && (fy_parser_get_stream_error(p) || l->depth))
        syntax_errors(l, fd);
}

/* ---- after reading ------------------------------------------------------------------------------ */

static int by_path(const void *a, const void *b)
{
    const struct yaml_item *i = *(const struct yaml_item *const *)a;
    const struct yaml_item *j = *(const struct yaml_item *const *)b;
    int c = strcmp(i->path, j->path);

    return c ? c : (i > j) - (i < j);
}

static int sort_items(struct yaml *y, struct diag *d)
{
    int err = 0;

    y->sorted = malloc((y->n + 1) * sizeof *y->sorted);
    if (!y->sorted)
        return diag_env(d, y->file, "no memory");
    for (size_t i = 0; i < y->n; i++)
        y->sorted[i] = &y->item[i];
    qsort(y->sorted, y->n, sizeof *y->sorted, by_path);
    for (size_t i = 1; i < y->n; i++) {
        const struct yaml_item *a = y->sorted[i - 1], *b = y->sorted[i];

        if (strcmp(a->path, b->path) == 0)
            err = yaml_error(y, b, d, "%s is given twice, first in line %lu", b->path, a->line);
    }
    return err;
}

/* ---- before reading: libfyaml 0.7 does not end on some bytes that are not text ----------------------- */

/* Bytes of the UTF-8 character at p, 0 if there is none. */
static unsigned utf8_length(const unsigned char *p, size_t left)
{
    unsigned n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3
                 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

    if (n > left)
        return 0;
    for (unsigned i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0)))
        return 0;
    if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90)))
        return 0;
    return n;
}

static const char *not_text(const char *at, const char *line, size_t left, unsigned *n)
{
    unsigned char c = (unsigned char)*at;

    *n = utf8_length((const unsigned char *)at, left);
    if (!*n)
        return "not UTF-8 text";
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
        return "a control character";
    return at == line && c == '%' ? "a directive: expected none" : NULL;
}

static int screen(const char *name, const char *text, size_t len, struct diag *d)
{
    const char *line = text;
    unsigned long lines = 1;
    unsigned n;

    for (size_t i = 0; i < len; i += n) {
        const char *what = not_text(text + i, line, len - i, &n);

        if (what)
            return diag_add(d, name, lines, (unsigned long)(text + i - line) + 1, "%s", what);
        if (text[i] == '\n') {
            line = text + i + 1;
            lines++;
        }
    }
    return 0;
}

static struct fy_diag *quiet_diag(void)
{
    struct fy_diag_cfg c;
    struct fy_diag *fd;

    fy_diag_cfg_default(&c);
    c.fp = NULL;
    fd = fy_diag_create(&c);
    if (fd)
        fy_diag_set_collect_errors(fd, true);
    return fd;
}

int yaml_parse(struct yaml *y, const char *name, const char *text, size_t len, struct diag *d)
{
    struct loader *l;
    struct fy_diag *fd;
    struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG };
    struct fy_parser *p;
    int err = screen(name, text, len, d);

    *y = (struct yaml){ 0 };
    snprintf(y->file, sizeof y->file, "%s", name);
    if (err)
        return err;
    l = calloc(1, sizeof *l);
    fd = cfg.diag = quiet_diag();
    p = fd ? fy_parser_create(&cfg) : NULL;
    if (!l || !p || fy_parser_set_string(p, len ? text : "\n", len ? len : 1)) {
        err = diag_env(d, name, "no memory for the YAML reader");
    } else {
        l->y = y;
        l->d = d;
        read_events(l, p, fd);
        err = l->err ? l->err : sort_items(y, d);
    }
    fy_parser_destroy(p);
    fy_diag_destroy(fd);
    free(l);
    return err;
}

static char *slurp(const char *file, size_t *len, struct diag *d, int *err)
{
    FILE *f = fopen(file, "rb");
    char *text = NULL;
    size_t room = 0;

    *len = 0;
    *err = 0;
    if (!f) {
        *err = diag_add(d, file, 0, 0, "cannot read: %s", strerror(errno));
        return NULL;
    }
    do {
        char *more = *len == room ? realloc(text, room = room ? 2 * room : 65536) : text;

        if (!more) {
            *err = diag_env(d, file, "no memory");
            break;
        }
        text = more;
        *len += fread(text + *len, 1, room - *len, f);
    } while (!feof(f) && !ferror(f) && *len <= YAML_MAX_BYTES);
    if (!*err && ferror(f))
        *err = diag_add(d, file, 0, 0, "cannot read: %s", strerror(errno));
    if (!*err && *len > YAML_MAX_BYTES)
        *err = diag_add(d, file, 0, 0, "more than %d MiB: not a configuration",
                        YAML_MAX_BYTES >> 20);
    fclose(f);
    return text;
}

int yaml_load(struct yaml *y, const char *file, struct diag *d)
{
    size_t len;
    int err;
    char *text = slurp(file, &len, d, &err);

    *y = (struct yaml){ 0 };
    if (!err)
        err = yaml_parse(y, file, text, len, d);
    free(text);
    return err;
}

void yaml_destroy(struct yaml *y)
{
    for (size_t i = 0; i < y->n; i++) {
        free(y->item[i].path);
        free(y->item[i].text);
    }
    free(y->item);
    free(y->sorted);
    *y = (struct yaml){ 0 };
}

/* ---- looking things up ----------------------------------------------------------------------------- */

const struct yaml_item *yaml_find(const struct yaml *y, const char *path)
{
    size_t lo = 0, hi = y->sorted ? y->n : 0;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct yaml_item *it = y->sorted[mid];
        int c = strcmp(path, it->path);

        if (c == 0)
            return it;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

const struct yaml_item *yaml_next(const struct yaml *y, const struct yaml_item *of,
                                  const struct yaml_item *prev)
{
    size_t i = prev ? prev->end : (size_t)(of - y->item) + 1;

    return i < of->end ? &y->item[i] : NULL;
}

const struct yaml_item *yaml_member(const struct yaml *y, const struct yaml_item *map,
                                    const char *key)
{
    const struct yaml_item *m = NULL;

    while ((m = yaml_next(y, map, m)))
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

int yaml_only(const struct yaml *y, const struct yaml_item *map, const char *const *names, size_t n,
              struct diag *d)
{
    const struct yaml_item *m = NULL;
    int err = 0;

    while ((m = yaml_next(y, map, m))) {
        const char *near;
        size_t i = 0;

        while (i < n && strcmp(m->key, names[i]) != 0)
            i++;
        if (i < n)
            continue;
        near = diag_nearest(m->key, names, n);
        err = near ? yaml_error(y, m, d, "unknown key %s; did you mean %s?", m->path, near)
                   : yaml_error(y, m, d, "unknown key %s", m->path);
    }
    return err;
}

int yaml_u64(const struct yaml *y, const struct yaml_item *item, uint64_t min, uint64_t max,
             uint64_t *out, struct diag *d)
{
    char *end;
    uint64_t v;

    errno = 0;
    v = strtoull(item->text, &end, 0);
    if (errno || *end || !isdigit((unsigned char)item->text[0]))
        return yaml_error(y, item, d, "%s = %s: expected a whole number", item->path, item->text);
    if (v < min || v > max)
        return yaml_error(y, item, d, "%s = %s: out of range, expected %" PRIu64 " to %" PRIu64,
                          item->path, item->text, min, max);
    *out = v;
    return 0;
}

int yaml_error(const struct yaml *y, const struct yaml_item *item, struct diag *d, const char *fmt, ...)
{
    char text[DIAG_TEXT];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return diag_add(d, y->file, item ? item->line : 0, item ? item->col : 0, "%s", text);
}
