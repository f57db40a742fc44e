/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/wave_impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/gtkw.h"

enum { HEX_FROM = 33 };                /* bits: addresses and data, where the others count */

static const char *radix(unsigned width)
{
    return width == 1 ? GTKW_BINARY : width < HEX_FROM ? GTKW_DECIMAL : GTKW_HEX;
}

/* Under the name that it has within its group, without dots: GTKWave would show what is behind the last
 * one.  The name in the file has no blank before the bits. */
static void put_signals(FILE *to, const struct wave *w, const struct comp *c, const char *prefix)
{
    char path[WAVE_PATH];

    comp_path(c, path, sizeof path);
    for (size_t i = 0; i < w->n; i++) {
        const struct comp_signal *s = w->signal[i].sig;

        if (w->signal[i].comp != c)
            continue;
        fprintf(to, "%s\n+{%s%s} %s.%s", radix(s->width), prefix, s->name, path, s->name);
        if (s->width > 1)
            fprintf(to, "[%u:0]", s->width - 1);
        fputc('\n', to);
    }
}

static bool has_parts(const struct wave *w, const struct comp *c)
{
    for (const struct comp *k = c->child; k; k = k->next)
        if (wave_shows(w, k))
            return true;
    return false;
}

/* A component's own signals, those of its channels and resources, then its parts as groups within. */
static void put_group(FILE *to, const struct wave *w, const struct comp *c)
{
    char path[WAVE_PATH], prefix[WAVE_PATH];

    comp_path(c, path, sizeof path);
    fprintf(to, GTKW_GROUP_BEGIN "\n-%s\n", path);
    put_signals(to, w, c, "");
    for (const struct comp *k = c->child; k; k = k->next) {
        snprintf(prefix, sizeof prefix, "%s ", k->name);
        if (!has_parts(w, k))
            put_signals(to, w, k, prefix);
    }
    for (const struct comp *k = c->child; k; k = k->next)
        if (has_parts(w, k))
            put_group(to, w, k);
    fprintf(to, GTKW_GROUP_END "\n-%s\n", path);
}

static void put_tree(FILE *to, const struct wave *w, const struct comp *c)
{
    char path[WAVE_PATH];

    if (!has_parts(w, c))
        return;
    comp_path(c, path, sizeof path);
    fprintf(to, "[treeopen] %s.\n", path);
    for (const struct comp *k = c->child; k; k = k->next)
        put_tree(to, w, k);
}

/* The first line, always as long, for all until end_ps to be seen; and no marker. */
static void put_zoom(FILE *to, uint64_t end_ps)
{
    fprintf(to, "*-%09.6f -1\n", gtkw_zoom(end_ps));
}

static void put_all(FILE *to, const struct wave *w, const struct comp *const *root, size_t roots,
                    const char *fst_path, const char *path)
{
    put_zoom(to, 0);
    fprintf(to, "[dumpfile] \"%s\"\n[savefile] \"%s\"\n[timestart] 0\n[size] %d %d\n[pos] -1 -1\n"
                "[sst_expanded] 1\n", gtkw_base(fst_path), gtkw_base(path), GTKW_WIDTH, GTKW_HEIGHT);
    for (size_t i = 0; i < roots; i++)
        put_tree(to, w, root[i]);
    for (size_t i = 0; i < roots; i++)
        if (wave_shows(w, root[i]))
            put_group(to, w, root[i]);
}

/* The waveform has come to its end: all of it is to be seen.  No harm if that cannot be written. */
void wave_gtkw_end(const char *fst_path, uint64_t end_ps)
{
    char path[GTKW_PATH];
    FILE *to;

    gtkw_path(fst_path, path, sizeof path);
    to = fopen(path, "r+");
    if (!to)
        return;
    put_zoom(to, end_ps);
    fclose(to);
}

int wave_gtkw_write(const struct wave *w, const struct comp *const *root, size_t roots,
                    const char *fst_path, struct diag *d)
{
    char path[GTKW_PATH];
    bool bad;
    FILE *to;

    gtkw_path(fst_path, path, sizeof path);
    to = fopen(path, "w");
    if (!to)
        return diag_env(d, path, "cannot be written: %s", strerror(errno));
    put_all(to, w, root, roots, fst_path, path);
    bad = ferror(to);
    if (fclose(to) == 0 && !bad)
        return SIM_OK;
    diag_env(d, path, "cannot be written: %s", strerror(errno));
    unlink(path);
    return SIM_EENV;
}
