/* SPDX-License-Identifier: Apache-2.0 */
#include "system/profile.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "base/yaml.h"

static const char *const arch_name[] = {
    [SYSTEM_NONE] = "none", [SYSTEM_SMMUV3] = "smmuv3", [SYSTEM_VTD] = "vtd",
};
static const char *const own_keys[] = { "arch", "about", "base", "imitates" };

/* The files of a profile: file[0] as asked for, then its base, and so on. */
struct chain {
    struct yaml file[PROFILE_BASES_MAX];
    size_t n;
};

const char *profile_arch_name(enum system_arch arch)
{
    return arch_name[arch];
}

enum system_arch profile_arch(const char *name)
{
    for (size_t i = SYSTEM_SMMUV3; i < ARRAY_LEN(arch_name); i++)
        if (strcmp(name, arch_name[i]) == 0)
            return (enum system_arch)i;
    return SYSTEM_NONE;
}

/* ---- names and paths ------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_yaml(const char *file)
{
    size_t len = strlen(file);

    return len > 5 && strcmp(file + len - 5, ".yaml") == 0;
}

char **profile_names(const char *dir, size_t *n)
{
    DIR *d = opendir(dir);
    char **names = NULL, **more;
    struct dirent *e;

    *n = 0;
    while (d && (e = readdir(d))) {
        char *name;

        if (!is_yaml(e->d_name))
            continue;
        more = realloc(names, (*n + 1) * sizeof *names);
        if (more)
            names = more;
        name = more ? strndup(e->d_name, strlen(e->d_name) - 5) : NULL;
        if (!name)
            break;
        names[(*n)++] = name;
    }
    if (d)
        closedir(d);
    if (*n)
        qsort(names, *n, sizeof *names, by_text);
    return names;
}

void profile_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

/* A profile that is not in `dir`: said where it was asked for, with the nearest name. */
static int unknown(const char *dir, const char *name, const struct yaml *asked,
                   const struct yaml_item *at, struct diag *d)
{
    size_t n;
    char **names = profile_names(dir, &n);
    const char *near = diag_nearest(name, (const char *const *)names, n);
    const char *file = asked ? asked->file : NULL;
    unsigned long line = at ? at->line : 0, col = at ? at->col : 0;
    int err;

    if (!n)
        err = diag_add(d, file, line, col, "unknown profile %s: no profiles in %s", name, dir);
    else if (near)
        err = diag_add(d, file, line, col, "unknown profile %s; did you mean %s?", name, near);
    else
        err = diag_add(d, file, line, col, "unknown profile %s (iommusim info profiles lists them)",
                       name);
    profile_names_free(names, n);
    return err;
}

static void set_name(struct profile *p, const char *which)
{
    const char *slash = strrchr(which, '/'), *base = slash ? slash + 1 : which;
    size_t len = strlen(base);

    if (is_yaml(base))
        len -= 5;
    snprintf(p->name, sizeof p->name, "%.*s", (int)len, base);
}

/* ---- the chain of files ----------------------------------------------------------------------------- */

static int load_file(struct chain *c, const char *path, struct diag *d)
{
    struct yaml *y = &c->file[c->n++];
    int err = yaml_load(y, path, d);

    if (!err && y->n && y->item[0].kind != YAML_MAP)
        err = yaml_error(y, &y->item[0], d, "expected a map of parameters");
    return err;
}

static int load_named(struct chain *c, const char *dir, const char *name, const struct yaml *asked,
                      const struct yaml_item *at, struct diag *d)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.yaml", dir, name);
    if (strchr(name, '/') || access(path, F_OK) != 0)
        return unknown(dir, name, asked, at, d);
    return load_file(c, path, d);
}

/* A base written as a path stands beside the file that asks for it. */
static int load_beside(struct chain *c, const char *name, const char *asked, struct diag *d)
{
    const char *slash = strrchr(asked, '/');
    char path[4096];

    if (name[0] == '/' || !slash)
        snprintf(path, sizeof path, "%s", name);
    else
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - asked), asked, name);
    return load_file(c, path, d);
}

static int load_bases(struct chain *c, const char *dir, struct diag *d)
{
    for (;;) {
        const struct yaml *y = &c->file[c->n - 1];
        const struct yaml_item *base = yaml_find(y, "base");
        int err;

        if (!base)
            return 0;
        if (c->n == PROFILE_BASES_MAX)
            return yaml_error(y, base, d, "base = %s: more than %d profiles on top of each other",
                              base->text, PROFILE_BASES_MAX);
        if (strchr(base->text, '/') || is_yaml(base->text))
            err = load_beside(c, base->text, y->file, d);
        else
            err = load_named(c, dir, base->text, y, base, d);
        if (err)
            return err;
    }
}

static int load_chain(struct chain *c, const char *dir, const char *which, bool is_file, struct diag *d)
{
    int err = is_file ? load_file(c, which, d) : load_named(c, dir, which, NULL, NULL, d);

    return err ? err : load_bases(c, dir, d);
}

static void free_chain(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        yaml_destroy(&c->file[i]);
    free(c);
}

/* ---- what the files say ----------------------------------------------------------------------------- */

static int find_arch(struct profile *p, const struct chain *c, struct diag *d)
{
    for (size_t i = c->n; i-- > 0;) {
        const struct yaml_item *it = yaml_find(&c->file[i], "arch");
        enum system_arch arch = it ? profile_arch(it->text) : SYSTEM_NONE;

        if (!it)
            continue;
        if (arch == SYSTEM_NONE)
            return yaml_error(&c->file[i], it, d, "arch = %s: expected smmuv3 or vtd", it->text);
        if (p->arch != SYSTEM_NONE && p->arch != arch)
            return yaml_error(&c->file[i], it, d, "arch = %s, but the base has %s", it->text,
                              arch_name[p->arch]);
        p->arch = arch;
    }
    if (p->arch == SYSTEM_NONE)
        return diag_add(d, c->file[0].file, 0, 0, "no arch: expected arch: smmuv3 or arch: vtd");
    return 0;
}

static bool is_own(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(own_keys); i++)
        if (strcmp(path, own_keys[i]) == 0)
            return true;
    return false;
}

static void find_imitates(struct profile *p, const struct chain *c)
{
    for (size_t i = 0; i < c->n && !p->imitates[0]; i++) {
        const struct yaml_item *it = yaml_find(&c->file[i], "imitates");

        snprintf(p->imitates, sizeof p->imitates, "%s", it ? it->text : "");
    }
}

/* Every scalar of the file is a parameter; goes on after an error so that all are told. */
static int set_params(struct param_set *set, const struct yaml *y, struct diag *d)
{
    int err = 0, e;

    for (size_t i = 1; i < y->n; i++) {
        const struct yaml_item *it = &y->item[i];

        if (is_own(it->path)) {
            e = it->kind == YAML_SCALAR
                    ? 0 : yaml_error(y, it, d, "%s: expected a word", it->path);
        } else if (it->kind == YAML_LIST) {
            e = yaml_error(y, it, d, "%s: a list, expected a value", it->path);
            i = it->end - 1;
        } else {
            e = it->kind == YAML_MAP ? 0
                : param_set_text(set, it->path, it->text, d, y->file, it->line, it->col);
        }
        if (e)
            err = e;
    }
    return err;
}

static int fill(struct profile *p, const struct chain *c, const struct profile_extra *extra,
                size_t n_extra, struct diag *d)
{
    struct param_set *set;
    int err = 0;

    p->config = system_config_new(p->arch);
    if (!p->config)
        return diag_env(d, NULL, "no memory");
    set = system_config_params(p->config);
    for (size_t i = 0; i < n_extra; i++)
        param_add(set, extra[i].path, extra[i].row, extra[i].n, extra[i].word);
    for (size_t i = c->n; i-- > 0;) {
        int e = set_params(set, &c->file[i], d);

        if (e)
            err = e;
    }
    return err;
}

static int load(struct profile *p, const char *dir, const char *which, bool is_file, struct chain **c,
                struct diag *d)
{
    const struct yaml_item *about;
    int err;

    *p = (struct profile){ 0 };
    set_name(p, which);
    *c = calloc(1, sizeof **c);
    if (!*c)
        return diag_env(d, NULL, "no memory");
    err = load_chain(*c, dir, which, is_file, d);
    if (err)
        return err;
    about = yaml_find(&(*c)->file[0], "about");
    snprintf(p->about, sizeof p->about, "%s", about ? about->text : "");
    find_imitates(p, *c);
    return find_arch(p, *c, d);
}

int profile_load(struct profile *p, const char *dir, const char *which, bool is_file,
                 const struct profile_extra *extra, size_t n_extra, struct diag *d)
{
    struct chain *c;
    int err = load(p, dir, which, is_file, &c, d);

    if (!err)
        err = fill(p, c, extra, n_extra, d);
    if (c)
        free_chain(c);
    return err;
}

int profile_peek(struct profile *p, const char *dir, const char *name, struct diag *d)
{
    struct chain *c;
    int err = load(p, dir, name, false, &c, d);

    if (c)
        free_chain(c);
    return err;
}

void profile_destroy(struct profile *p)
{
    if (p->config)
        system_config_free(p->config);
    *p = (struct profile){ 0 };
}
