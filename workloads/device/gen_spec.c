/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/gen_spec.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"
#include "base/yaml.h"

PARAM_ROWS(gen_rows, GEN_PARAMS);
PARAM_ROWS(group_rows, GEN_GROUP_PARAMS);
PARAM_ROWS(phase_rows, GEN_PHASE_PARAMS);
PARAM_ROWS(item_rows, GEN_ITEM_PARAMS);

enum { WINDOW_ALIGN_LOG2 = 21, KEYS_MAX = 24 };

struct reader {
    struct yaml yaml;
    struct gen_spec *spec;
    struct diag *d;
    const char *const *set;    /* [sets] */
    size_t sets;
    uint64_t used;             /* bit i: set[i] is of something that is there */
    int err;                   /* the first; reading goes on */
};

static void failed(struct reader *r, int err)
{
    if (err && !r->err)
        r->err = err;
}

/* "64M" as bytes, "0.9" in millionths, into buf as a plain number; other texts as they are. */
static const char *number_text(const struct param_row *row, const char *text, char *buf,
                               size_t size)
{
    static const char suffixes[] = "KMG";
    char *end;
    uint64_t v = strtoull(text, &end, 0), micro = 1000000;
    const char *s;

    if (!isdigit((unsigned char)*text) || v > 1ull << 53)
        return text;
    if (strcmp(row->unit, "bytes") == 0 && *end && !end[1] && (s = strchr(suffixes, *end))) {
        snprintf(buf, size, "%" PRIu64, v << 10 * (s - suffixes + 1));
        return buf;
    }
    if (strcmp(row->unit, "1e-6") != 0 || (*end && *end != '.'))
        return text;
    v *= micro;
    for (end += *end == '.'; isdigit((unsigned char)*end); end++)
        v += (uint64_t)(*end - '0') * (micro /= 10);
    if (*end)
        return text;
    snprintf(buf, size, "%" PRIu64, v);
    return buf;
}

/* The rows of a map of the file, and where they stand in it. */
struct rows {
    const char *path;          /* "" is the root */
    const struct param_row *row;
    size_t n;
    uint64_t *word;
};

/* Sets the row of that name; false if there is none.  `at` is where the text stands; NULL: a `set`. */
static bool set_row(struct reader *r, const struct rows *m, const char *key, const char *text,
                    const struct yaml_item *at)
{
    struct param_set one = { .sec[0] = { .row = m->row, .n = m->n, .word = m->word }, .n = 1 };
    const struct param_row *found;
    char name[YAML_MAX_KEY + sizeof one.sec[0].path + 1], number[32];
    uint64_t *word;

    snprintf(one.sec[0].path, sizeof one.sec[0].path, "%s", *m->path ? m->path : "workload");
    snprintf(name, sizeof name, "%s.%s", one.sec[0].path, key);
    found = param_find(&one, name, &word);
    if (!found)
        return false;
    failed(r, param_set_text(&one, name, number_text(found, text, number, sizeof number), r->d,
                             at ? r->yaml.file : NULL, at ? at->line : 0, at ? at->col : 0));
    return true;
}

/* "workload.groups[0].count=4" within groups[0]: "count=4"; NULL: of another map. */
static const char *key_of_set(const char *set, const char *path)
{
    size_t n = strlen(path);

    if (strncmp(set, GEN_SET_PREFIX, strlen(GEN_SET_PREFIX)) != 0)
        return NULL;
    set += strlen(GEN_SET_PREFIX);
    if (strncmp(set, path, n) != 0 || (n && set[n] != '.'))
        return NULL;
    set += n + (n > 0);
    return strchr(set, '=') && !memchr(set, '.', strcspn(set, "=")) ? set : NULL;
}

/* What of r->set is about this map goes over what the file has. */
static void set_over(struct reader *r, const struct rows *m)
{
    for (size_t i = 0; i < r->sets; i++) {
        const char *text = key_of_set(r->set[i], m->path);
        char key[YAML_MAX_KEY];

        if (!text)
            continue;
        snprintf(key, sizeof key, "%.*s", (int)strcspn(text, "="), text);
        if (set_row(r, m, key, strchr(text, '=') + 1, NULL))
            r->used |= 1ull << i;
    }
}

static void check_sets_used(struct reader *r)
{
    for (size_t i = 0; !r->err && i < r->sets; i++)
        if (!(r->used >> i & 1))
            failed(r, diag_add(r->d, NULL, 0, 0, "--set %s: %s has no such key", r->set[i],
                               r->yaml.file));
}

static void defaults(const struct param_row *row, size_t n, uint64_t *word)
{
    for (size_t i = 0; i < n; i++)
        word[i] = row[i].def;
}

/* All scalar members of `map` into the words; `lists` names the members that are read elsewhere. */
static void read_map(struct reader *r, const struct yaml_item *map, const struct param_row *row,
                     size_t n, uint64_t *word, const char *const *lists, size_t n_lists)
{
    const struct rows rows = { map->path, row, n, word };
    const char *names[KEYS_MAX];
    size_t k = 0;

    defaults(row, n, word);
    if (map->kind != YAML_MAP) {
        failed(r, yaml_error(&r->yaml, map, r->d, "%s: expected keys and values", map->path));
        return;
    }
    for (size_t i = 0; i < n; i++)
        names[k++] = row[i].name;
    for (size_t i = 0; i < n_lists; i++)
        names[k++] = lists[i];
    failed(r, yaml_only(&r->yaml, map, names, k, r->d));
    for (const struct yaml_item *m = yaml_next(&r->yaml, map, NULL); m;
         m = yaml_next(&r->yaml, map, m))
        if (m->kind == YAML_SCALAR)
            set_row(r, &rows, m->key, m->text, m);     /* yaml_only has said which are unknown */
    set_over(r, &rows);
}

static size_t length(const struct yaml *y, const struct yaml_item *list)
{
    size_t n = 0;

    for (const struct yaml_item *m = yaml_next(y, list, NULL); m; m = yaml_next(y, list, m))
        n++;
    return n;
}

/* The member `key`, which has to be a list with something in it; NULL otherwise. */
static const struct yaml_item *list_of(struct reader *r, const struct yaml_item *map,
                                       const char *key)
{
    const struct yaml_item *list = yaml_member(&r->yaml, map, key);

    if (!list)
        failed(r, yaml_error(&r->yaml, map, r->d, "%s%s%s: missing, expected a list", map->path,
                             *map->path ? "." : "", key));
    else if (list->kind != YAML_LIST || length(&r->yaml, list) == 0)
        failed(r, yaml_error(&r->yaml, list, r->d, "%s: expected a list", list->path));
    else
        return list;
    return NULL;
}

/* Room for n more of `size` bytes at the end of an array of `had`. */
static void *grow(struct reader *r, void *array, size_t had, size_t n, size_t size)
{
    void *p = realloc(array, (had + n) * size);

    if (!p) {
        failed(r, diag_env(r->d, r->yaml.file, "no memory"));
        return NULL;
    }
    memset((char *)p + had * size, 0, n * size);
    return p;
}

static void check_item(struct reader *r, const struct yaml_item *at, const struct gen_group *g,
                       const struct gen_item *i)
{
    if (i->par.len > g->par.page)
        failed(r, yaml_error(&r->yaml, at, r->d,
                             "%s.len = %" PRIu64 ": longer than a page (%" PRIu64 ")", at->path,
                             i->par.len, g->par.page));
    if (i->par.pattern == GEN_INTERRUPTS && i->par.first + i->par.entries > GEN_INTERRUPTS_MAX)
        failed(r, yaml_error(&r->yaml, at, r->d, "%s.entries = %" PRIu64 ": beyond index %d", at->path,
                             i->par.entries, GEN_INTERRUPTS_MAX - 1));
    if (i->par.pattern == GEN_BUFFERS && i->par.len > i->par.buffer)
        failed(r, yaml_error(&r->yaml, at, r->d,
                             "%s.len = %" PRIu64 ": longer than a buffer (%" PRIu64 ")", at->path,
                             i->par.len, i->par.buffer));
}

static void read_mix(struct reader *r, const struct yaml_item *map, struct gen_group *g,
                     struct gen_phase *p)
{
    const struct yaml_item *list = list_of(r, map, "mix"), *m = NULL;
    size_t n = list ? length(&r->yaml, list) : 0;
    struct gen_item *items = list ? grow(r, g->item, g->items, n, sizeof *g->item) : NULL;

    p->first = p->end = g->items;
    if (!items)
        return;
    g->item = items;
    while ((m = yaml_next(&r->yaml, list, m))) {
        struct gen_item *i = &g->item[g->items++];

        read_map(r, m, item_rows, ARRAY_LEN(item_rows), (uint64_t *)&i->par, NULL, 0);
        check_item(r, m, g, i);
        p->weights += i->par.weight;
        i->upto = p->weights;
    }
    p->end = g->items;
}

static void read_phases(struct reader *r, const struct yaml_item *map, struct gen_group *g)
{
    static const char *const lists[] = { "mix" };
    const struct yaml_item *list, *m = NULL;
    size_t n = 1;

    if (yaml_member(&r->yaml, map, "mix")) {   /* one phase without end */
        g->phase = grow(r, NULL, 0, n, sizeof *g->phase);
        if (g->phase) {
            g->phase[g->phases++].par.accesses = UINT64_MAX;
            read_mix(r, map, g, &g->phase[0]);
        }
        return;
    }
    list = list_of(r, map, "phases");
    if (!list)
        return;
    g->phase = grow(r, NULL, 0, length(&r->yaml, list), sizeof *g->phase);
    while (g->phase && (m = yaml_next(&r->yaml, list, m))) {
        struct gen_phase *p = &g->phase[g->phases++];

        read_map(r, m, phase_rows, ARRAY_LEN(phase_rows), (uint64_t *)&p->par, lists,
                 ARRAY_LEN(lists));
        if (m->kind == YAML_MAP)
            read_mix(r, m, g, p);
    }
}

static void read_group(struct reader *r, const struct yaml_item *map, struct gen_group *g)
{
    static const char *const lists[] = { "mix", "phases" };

    read_map(r, map, group_rows, ARRAY_LEN(group_rows), (uint64_t *)&g->par, lists,
             ARRAY_LEN(lists));
    if (map->kind != YAML_MAP)
        return;
    if (!bits_is_pow2(g->par.page))
        failed(r, yaml_error(&r->yaml, map, r->d, "%s.page = %" PRIu64 ": not a power of two",
                             map->path, g->par.page));
    else
        g->page_log2 = bits_log2(g->par.page);
    if (yaml_member(&r->yaml, map, "mix") && yaml_member(&r->yaml, map, "phases"))
        failed(r, yaml_error(&r->yaml, map, r->d, "%s: mix and phases exclude each other",
                             map->path));
    read_phases(r, map, g);
}

static void read_root(struct reader *r)
{
    static const char *const lists[] = { "groups" };
    const struct yaml_item *root = yaml_find(&r->yaml, ""), *list, *m = NULL;
    struct gen_spec *s = r->spec;

    if (!root) {
        failed(r, diag_add(r->d, r->yaml.file, 1, 1, "empty, expected a workload"));
        return;
    }
    read_map(r, root, gen_rows, ARRAY_LEN(gen_rows), (uint64_t *)&s->par, lists, ARRAY_LEN(lists));
    list = root->kind == YAML_MAP ? list_of(r, root, "groups") : NULL;
    if (!list)
        return;
    s->group = grow(r, NULL, 0, length(&r->yaml, list), sizeof *s->group);
    while (s->group && (m = yaml_next(&r->yaml, list, m)))
        read_group(r, m, &s->group[s->groups++]);
}

/* ---- what follows from what was read --------------------------------------------------------- */

static uint64_t align_up(uint64_t v, unsigned log2)
{
    return bits_align_down(v + bits_low(log2), log2);
}

/* Gives an item its window from *next on and what is constant; false if it does not fit. */
static bool place(const struct gen_group *g, struct gen_item *i, uint64_t *next)
{
    bool buffers = i->par.pattern == GEN_BUFFERS;
    unsigned align = g->page_log2 > WINDOW_ALIGN_LOG2 ? g->page_log2 : WINDOW_ALIGN_LOG2;
    uint64_t copies = buffers && g->par.domain == GEN_SHARED ? gen_group_streams(g) : 1;
    uint64_t windows;

    i->per_page = g->par.page / i->par.len;
    i->slot_bytes = align_up(i->par.buffer, g->page_log2);
    i->per_slot = (i->par.buffer >> g->page_log2) * i->per_page +
                  (i->par.buffer & (g->par.page - 1)) / i->par.len;
    i->slots = i->par.depth + (i->par.unmap == GEN_DEFERRED ? i->par.flush_every : 0);
    i->bytes = buffers ? i->slots * i->slot_bytes : i->par.pages << g->page_log2;
    i->base = align_up(*next, align);
    i->stream_bytes = copies > 1 ? align_up(i->bytes, align) : 0;
    if (__builtin_mul_overflow(align_up(i->bytes, align), copies, &windows) ||
        __builtin_add_overflow(i->base, windows, next))
        return false;
    return *next <= 1ull << GEN_IOVA_BITS;
}

/* The range that interrupts are written to has its place. */
static void place_interrupts(const struct gen_group *g, struct gen_item *i)
{
    i->par.len = GEN_INTERRUPT_BYTES;
    i->base = bits_align_down(GEN_INTERRUPT_RANGE, g->page_log2);
    i->bytes = align_up(GEN_INTERRUPT_RANGE + GEN_INTERRUPT_SIZE, g->page_log2) - i->base;
}

static bool is_zipf(const struct gen_item *i)
{
    return i->par.pattern == GEN_ZIPF || i->par.pattern == GEN_INTERRUPTS;
}

static uint64_t draws(const struct gen_item *i)
{
    return i->par.pattern == GEN_ZIPF ? i->par.pages : i->par.entries;
}

static int finish_group(struct gen_group *g, unsigned number, const char *path, struct diag *d)
{
    uint64_t next = g->par.base;

    for (unsigned i = 0; i < g->items; i++) {
        struct gen_item *it = &g->item[i];

        if (it->par.pattern == GEN_INTERRUPTS)
            place_interrupts(g, it);
        else if (!place(g, it, &next))
            return diag_add(d, path, 0, 0, "groups[%u]: windows end beyond 2^%u", number,
                            GEN_IOVA_BITS);
        if (is_zipf(it) && zipf_init(&it->zipf, draws(it), it->par.theta))
            return diag_env(d, path, "no memory for a Zipf table");
    }
    return 0;
}

static uint64_t last_sid(const struct gen_group *g)
{
    return g->par.sid + (g->par.count - 1) * g->par.sid_step;
}

static bool has_sid(const struct gen_group *g, uint64_t sid)
{
    return sid >= g->par.sid && sid <= last_sid(g) && (sid - g->par.sid) % g->par.sid_step == 0;
}

/* A StreamID belongs to one stream. */
static int check_sids(const struct gen_spec *s, unsigned number, const char *path, struct diag *d)
{
    const struct gen_group *g = &s->group[number];

    if (last_sid(g) > UINT32_MAX)
        return diag_add(d, path, 0, 0, "groups[%u]: StreamIDs end beyond 32 bits", number);
    for (unsigned k = 0; k < number; k++)
        for (uint64_t sid = g->par.sid; sid <= last_sid(g); sid += g->par.sid_step)
            if (has_sid(&s->group[k], sid))
                return diag_add(d, path, 0, 0, "groups[%u]: StreamID 0x%" PRIx64
                                " is in groups[%u] too", number, sid, k);
    return 0;
}

int gen_spec_load(struct gen_spec *s, const char *path, const char *const *set, size_t sets,
                  struct diag *d)
{
    struct reader r = { .spec = s, .d = d, .set = set, .sets = sets };

    memset(s, 0, sizeof *s);
    if (sets > GEN_SETS_MAX)
        return diag_add(d, NULL, 0, 0, "more than %d settings of a workload", GEN_SETS_MAX);
    r.err = yaml_load(&r.yaml, path, d);
    if (!r.err)
        read_root(&r);
    check_sets_used(&r);
    yaml_destroy(&r.yaml);
    for (unsigned g = 0; !r.err && g < s->groups; g++)
        r.err = check_sids(s, g, path, d);
    for (unsigned g = 0; !r.err && g < s->groups; g++)
        r.err = finish_group(&s->group[g], g, path, d);
    return r.err;
}

void gen_spec_destroy(struct gen_spec *s)
{
    for (unsigned g = 0; g < s->groups; g++) {
        for (unsigned i = 0; i < s->group[g].items; i++)
            zipf_destroy(&s->group[g].item[i].zipf);
        free(s->group[g].item);
        free(s->group[g].phase);
    }
    free(s->group);
    memset(s, 0, sizeof *s);
}
