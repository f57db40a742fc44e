/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/sweep_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/jobs.h"

/* Options of `run` that a file may fix or vary.  O(name, its value is a file) */
#define RUN_OPTIONS(O)                                                                             \
    O(profile, false) O(config, true) O(trace, true) O(workload, true) O(seed, false)              \
    O(mode, false) O(warmup, false) O(label, false)

static const struct run_option { const char *name; bool is_file; } run_option[] = {
#define RUN_OPTION(name, is_file) { #name, is_file },
    RUN_OPTIONS(RUN_OPTION)
};

static const char *const known[] = {
#define RUN_OPTION_NAME(name, is_file) #name,
    RUN_OPTIONS(RUN_OPTION_NAME) "check", "set", "axes", "zip"
};

static const struct run_option *find_option(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(run_option); i++)
        if (strcmp(name, run_option[i].name) == 0)
            return &run_option[i];
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static size_t values(const struct sweep_plan *p, const struct yaml_item *list)
{
    size_t n = 0;

    for (const struct yaml_item *v = NULL; (v = yaml_next(&p->yaml, list, v));)
        n++;
    return n;
}

static int check_list(const struct sweep_plan *p, const struct yaml_item *list, struct diag *d)
{
    if (list->kind != YAML_LIST || !values(p, list))
        return yaml_error(&p->yaml, list, d, "%s: expected a list of values", list->path);
    for (const struct yaml_item *v = NULL; (v = yaml_next(&p->yaml, list, v));)
        if (v->kind != YAML_SCALAR || !v->text[0])
            return yaml_error(&p->yaml, v, d, "%s: expected a value", v->path);
    return 0;
}

static bool is_fixed(const struct sweep_plan *p, const char *name)
{
    char path[YAML_MAX_KEY * 4];

    snprintf(path, sizeof path, "%s%s", strchr(name, '.') ? "set." : "", name);
    return yaml_find(&p->yaml, path) != NULL;
}

/* A name without a dot is an option of `run`; paths of parameters are for `run` itself to judge. */
static int check_name(const struct sweep_plan *p, const struct yaml_item *list, const char *name,
                      struct diag *d)
{
    const char *names[ARRAY_LEN(run_option)], *nearest;

    for (size_t i = 0; i < p->axes; i++)
        if (strcmp(p->axis[i].name, name) == 0)
            return yaml_error(&p->yaml, list, d, "%s: varied twice", name);
    if (is_fixed(p, name))
        return yaml_error(&p->yaml, list, d, "%s: both fixed and varied", name);
    if (strchr(name, '.') || find_option(name))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(run_option); i++)
        names[i] = run_option[i].name;
    nearest = diag_nearest(name, names, ARRAY_LEN(run_option));
    return yaml_error(&p->yaml, list, d, "%s: expected a parameter's path or an option of run%s%s",
                      name, nearest ? ", such as " : "", nearest ? nearest : "");
}

static int add_axis(struct sweep_plan *p, const struct yaml_item *list, const char *name,
                    struct diag *d)
{
    struct sweep_axis *grown;
    int error = check_name(p, list, name, d);

    error |= check_list(p, list, d);
    if (error)
        return SIM_EINPUT;
    grown = realloc(p->axis, (p->axes + 1) * sizeof *grown);
    if (!grown)
        return diag_env(d, p->yaml.file, "no memory");
    p->axis = grown;
    p->axis[p->axes++] = (struct sweep_axis){ .name = name, .list = list, .dim = p->dims };
    return 0;
}

static int end_dim(struct sweep_plan *p, size_t n, struct diag *d)
{
    size_t *grown = realloc(p->dim, (p->dims + 1) * sizeof *grown);

    if (!grown)
        return diag_env(d, p->yaml.file, "no memory");
    p->dim = grown;
    p->dim[p->dims++] = n;
    if (n && p->points > SWEEP_POINTS_MAX / n)
        return diag_add(d, p->yaml.file, 0, 0, "more than %d points", SWEEP_POINTS_MAX);
    p->points *= n ? n : 1;
    return 0;
}

/* Lists stand at any depth below `of`, since a path may be written as nested maps. */
static const struct yaml_item *next_leaf(const struct sweep_plan *p, const struct yaml_item *of,
                                         const struct yaml_item *prev)
{
    const struct yaml_item *end = &p->yaml.item[of->end];
    const struct yaml_item *i = prev ? &p->yaml.item[prev->end] : of + 1;

    while (i < end && i->kind == YAML_MAP)
        i++;
    return i < end ? i : NULL;
}

static const char *name_below(const struct yaml_item *of, const struct yaml_item *leaf)
{
    return leaf->path + strlen(of->path) + 1;
}

static int expect_map(const struct sweep_plan *p, const struct yaml_item *item, struct diag *d)
{
    if (item->kind == YAML_MAP)
        return 0;
    return yaml_error(&p->yaml, item, d, "%s: expected `path: [value, ...]` lines", item->path);
}

static int read_axes(struct sweep_plan *p, const struct yaml_item *axes, struct diag *d)
{
    int error = expect_map(p, axes, d);

    for (const struct yaml_item *i = NULL; !error && (i = next_leaf(p, axes, i));) {
        error = add_axis(p, i, name_below(axes, i), d);
        error = error ? error : end_dim(p, values(p, i), d);
    }
    return error;
}

static int read_zip_map(struct sweep_plan *p, const struct yaml_item *map, struct diag *d)
{
    size_t n = 0;
    int error = expect_map(p, map, d);

    for (const struct yaml_item *i = NULL; !error && (i = next_leaf(p, map, i));) {
        error = add_axis(p, i, name_below(map, i), d);
        if (!error && n && values(p, i) != n)
            error = yaml_error(&p->yaml, i, d, "%s: %zu values, the first list of this zip has %zu",
                               name_below(map, i), values(p, i), n);
        n = n ? n : values(p, i);
    }
    return error ? error : end_dim(p, n, d);
}

static int read_zip(struct sweep_plan *p, const struct yaml_item *zip, struct diag *d)
{
    int error = 0;

    if (zip->kind != YAML_LIST)
        return read_zip_map(p, zip, d);
    for (const struct yaml_item *i = NULL; !error && (i = yaml_next(&p->yaml, zip, i));)
        error = read_zip_map(p, i, d);
    return error;
}

static bool has(const struct sweep_plan *p, const char *name)
{
    for (size_t i = 0; i < p->axes; i++)
        if (strcmp(p->axis[i].name, name) == 0)
            return true;
    return yaml_find(&p->yaml, name) != NULL;
}

static int check_set(const struct sweep_plan *p, const struct yaml_item *set, struct diag *d)
{
    int error = 0;

    if (set->kind != YAML_MAP)
        return yaml_error(&p->yaml, set, d, "set: expected `path: value` lines");
    for (const struct yaml_item *i = NULL; (i = next_leaf(p, set, i));)
        if (i->kind != YAML_SCALAR)
            error = yaml_error(&p->yaml, i, d, "%s: expected one value; lists stand below axes",
                               i->path);
        else if (!strchr(name_below(set, i), '.'))
            error = yaml_error(&p->yaml, i, d, "%s: expected a parameter's path", i->path);
    return error;
}

/* Whatever is neither axes nor zip is fixed: one value each. */
static int check_fixed(const struct sweep_plan *p, struct diag *d)
{
    const struct yaml_item *root = &p->yaml.item[0], *set = yaml_find(&p->yaml, "set");
    int error = set ? check_set(p, set, d) : 0;

    for (const struct yaml_item *i = NULL; (i = yaml_next(&p->yaml, root, i));)
        if ((find_option(i->key) || strcmp(i->key, "check") == 0) && i->kind != YAML_SCALAR)
            error = yaml_error(&p->yaml, i, d, "%s: expected one value; lists stand below axes",
                               i->path);
    if (!has(p, "profile") && !has(p, "config"))
        error = diag_add(d, p->yaml.file, 0, 0, "expected `profile:` or `config:`");
    if (!has(p, "trace") && !has(p, "workload"))
        error = diag_add(d, p->yaml.file, 0, 0, "expected `trace:` or `workload:`");
    return error;
}

static int read_plan(struct sweep_plan *p, struct diag *d)
{
    const struct yaml_item *axes, *zip;
    int error;

    if (!p->yaml.n || p->yaml.item[0].kind != YAML_MAP)
        return diag_add(d, p->yaml.file, 0, 0,
                        "not a sweep: expected `axes:` and what is to be run");
    error = yaml_only(&p->yaml, &p->yaml.item[0], known, ARRAY_LEN(known), d);
    axes = yaml_find(&p->yaml, "axes");
    zip = yaml_find(&p->yaml, "zip");
    if (!axes && !zip)
        error = diag_add(d, p->yaml.file, 0, 0, "expected `axes:` or `zip:`, the lists to vary");
    if (axes && read_axes(p, axes, d))
        error = SIM_EINPUT;
    if (zip && read_zip(p, zip, d))
        error = SIM_EINPUT;
    if (!error && !p->axes)
        error = yaml_error(&p->yaml, axes ? axes : zip, d, "expected at least one list to vary");
    return check_fixed(p, d) || error ? SIM_EINPUT : 0;
}

int sweep_plan_load(struct sweep_plan *p, const char *file, struct diag *d)
{
    const char *slash = strrchr(file, '/');
    int error;

    *p = (struct sweep_plan){ .points = 1 };
    snprintf(p->dir, sizeof p->dir, "%.*s", slash ? (int)(slash + 1 - file) : 0, file);
    error = yaml_load(&p->yaml, file, d);
    return error ? error : read_plan(p, d);
}

void sweep_plan_destroy(struct sweep_plan *p)
{
    free(p->axis);
    free(p->dim);
    yaml_destroy(&p->yaml);
    *p = (struct sweep_plan){ 0 };
}

/* ---- points ---------------------------------------------------------------------------------- */

const char *sweep_plan_value(const struct sweep_plan *p, const struct sweep_axis *a, uint64_t point)
{
    const struct yaml_item *v = NULL;

    for (size_t dim = p->dims - 1; dim > a->dim; dim--)
        point /= p->dim[dim];
    for (uint64_t k = point % p->dim[a->dim] + 1; k; k--)
        v = yaml_next(&p->yaml, a->list, v);
    return v->text;
}

void sweep_plan_describe(const struct sweep_plan *p, uint64_t point, char *buf, size_t size)
{
    size_t at = 0;

    buf[0] = 0;
    for (size_t i = 0; i < p->axes && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%s%s=%s", i ? " " : "", p->axis[i].name,
                               sweep_plan_value(p, &p->axis[i], point));
}

struct args {
    char **argv;
    size_t n;
    bool failed;
};

static void add(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct args *a, const char *fmt, ...)
{
    char **grown = realloc(a->argv, (a->n + 2) * sizeof *grown);
    va_list ap;

    if (!grown) {
        a->failed = true;
        return;
    }
    a->argv = grown;
    va_start(ap, fmt);
    if (vasprintf(&a->argv[a->n], fmt, ap) < 0)
        a->failed = true;
    else
        a->argv[++a->n] = NULL;
    va_end(ap);
}

/* Named files stand beside the sweep's file, unless they say where. */
static void add_option(struct args *a, const struct sweep_plan *p, const char *name,
                       const char *value)
{
    bool relative = find_option(name)->is_file && value[0] != '/';

    add(a, "--%s", name);
    add(a, "%s%s", relative ? p->dir : "", value);
}

static void add_setting(struct args *a, const struct sweep_plan *p, const char *name,
                        const char *value)
{
    if (!strchr(name, '.')) {
        add_option(a, p, name, value);
        return;
    }
    add(a, "--set");
    add(a, "%s=%s", name, value);
}

static void add_check(struct args *a, const char *value)
{
    if (strcmp(value, "strict") == 0)
        add(a, "--check=strict");
    else if (strcmp(value, "false") && strcmp(value, "no"))
        add(a, "--check");
}

static void add_fixed(struct args *a, const struct sweep_plan *p)
{
    const struct yaml_item *set = yaml_find(&p->yaml, "set"), *check = yaml_find(&p->yaml, "check");

    for (size_t i = 0; i < ARRAY_LEN(run_option); i++) {
        const struct yaml_item *item = yaml_find(&p->yaml, run_option[i].name);

        if (item)
            add_option(a, p, run_option[i].name, item->text);
    }
    if (check)
        add_check(a, check->text);
    for (const struct yaml_item *i = NULL; set && (i = next_leaf(p, set, i));)
        add_setting(a, p, name_below(set, i), i->text);
}

char **sweep_plan_argv(const struct sweep_plan *p, const char *program, const char *shard,
                       uint64_t point)
{
    struct args a = { .argv = NULL };

    add(&a, "%s", program);
    add(&a, "run");
    add(&a, "--db");
    add(&a, "%s", shard);
    add(&a, "--run-id");
    add(&a, "%" PRIu64, point);
    add_fixed(&a, p);
    for (size_t i = 0; i < p->sets; i++) {
        add(&a, "--set");
        add(&a, "%s", p->set[i]);
    }
    for (size_t i = 0; i < p->axes; i++) {
        const char *value = sweep_plan_value(p, &p->axis[i], point);

        add_setting(&a, p, p->axis[i].name, value);
        add(&a, "--point");
        add(&a, "%s=%s", p->axis[i].name, value);
    }
    if (!a.failed)
        return a.argv;
    jobs_argv_free(a.argv);
    return NULL;
}
