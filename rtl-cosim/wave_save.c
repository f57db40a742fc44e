/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/wave_impl.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sim.h"
#include "kernel/gtkw.h"

enum { HEX_FROM = 17 };                /* bits */

const struct wave_group wave_groups[] = {
    { "difference", "cosim.*" },
    { "request", "rtl.*.req_valid|rtl.*.req_ready|rtl.*.req_id|rtl.*.req_sid|rtl.*.req_dev|rtl.*.req_addr|rtl.*.req_write|"
                 "model.*.requests|model.*.dev*" },
    { "answer", "rtl.*.rsp_valid|rtl.*.rsp_ready|rtl.*.rsp_id|rtl.*.rsp_outcome|rtl.*.rsp_addr|rtl.*.rsp_code|"
                "rtl.*.down_valid|rtl.*.down_ready|rtl.*.down_id|rtl.*.down_addr|rtl.*.down_refused" },
    { "configuration", "rtl.*cfg*.lookup_valid|rtl.*cfg*.hit|rtl.*cfg*.fill_valid|rtl.*cfg_fetch*state*|model.*cfg*" },
    { "IOTLB", "rtl.*iotlb.lookup_valid|rtl.*iotlb.lookup_addr|rtl.*iotlb.hit|rtl.*iotlb.fill_valid|rtl.*iotlb.busy|model.*tlb*" },
    { "walker", "rtl.*walker.*state*|rtl.*walker.*level*|rtl.*walker.*busy*|rtl.*ptw.state_q|rtl.*ptw.lvl_q|model.*walk*|model.*wc_*" },
    { "slots", "rtl.*pipeline.*state*|rtl.*pipeline.*busy*|model.*slots*" },
    { "memory", "rtl.*.ar_valid|rtl.*.ar_ready|rtl.*.ar_addr|rtl.*.ar_id|rtl.*.r_valid|rtl.*.r_data|rtl.*.r_id|"
                "rtl.*.aw_valid|rtl.*.aw_addr|model.mem*" },
    { "command queue", "rtl.*cmdq.*prod*|rtl.*cmdq.*cons*|rtl.*cmdq.*state*|rtl.*.cmd_valid|rtl.*.cmd_ready|rtl.*.cmd_op|model.*cmdq*" },
    { "event queue", "rtl.*evtq.*prod*|rtl.*evtq.*cons*|rtl.*evtq.*count*|model.*evtq*" },
    { NULL, NULL },
};

static void put_marker(FILE *to, uint64_t t_ps)
{
    if (t_ps == UINT64_MAX)
        fputs(" -1", to);
    else
        fprintf(to, " %" PRIu64, t_ps);
}

static void put_head(FILE *to, const struct wave_window *w, const char *fst, const char *save)
{
    fprintf(to, "*%.6f", -gtkw_zoom(w->to_ps - w->from_ps));
    put_marker(to, w->at_ps);
    put_marker(to, w->begun_ps[0]);
    put_marker(to, w->begun_ps[1]);
    for (int i = 2; i < 26; i++)
        fputs(" -1", to);
    fprintf(to, "\n[dumpfile] \"%s\"\n[savefile] \"%s\"\n[timestart] %" PRIu64 "\n[size] %d %d\n[pos] -1 -1\n"
                "[sst_expanded] 1\n", gtkw_base(fst), gtkw_base(save), w->from_ps, GTKW_WIDTH, GTKW_HEIGHT);
}

static const char *radix(const struct wave_name *n)
{
    if (n->text)
        return GTKW_LETTERS;
    return n->width == 1 ? GTKW_BINARY : n->width < HEX_FROM ? GTKW_DECIMAL : GTKW_HEX;
}

static void put_name(FILE *to, struct wave_name *n)
{
    n->shown = true;
    fprintf(to, "%s\n%s%s\n", radix(n), n->path, n->bits);
}

/* Those that match a pattern, which has `length` letters. */
static unsigned put_matching(FILE *to, struct wave_names *names, const char *pattern, size_t length, unsigned room)
{
    char one[256];
    unsigned n = 0;

    snprintf(one, sizeof one, "%.*s", (int)length, pattern);
    for (size_t i = 0; i < names->n && n < room; i++)
        if (!names->name[i].shown && fnmatch(one, names->name[i].path, 0) == 0) {
            put_name(to, &names->name[i]);
            n++;
        }
    return n;
}

static bool has_any(const struct wave_names *names, const char *patterns)
{
    char one[256];

    for (size_t length; *patterns; patterns += length + (patterns[length] == '|')) {
        length = strcspn(patterns, "|");
        snprintf(one, sizeof one, "%.*s", (int)length, patterns);
        for (size_t i = 0; i < names->n; i++)
            if (!names->name[i].shown && fnmatch(one, names->name[i].path, 0) == 0)
                return true;
    }
    return false;
}

/* Half of a group's room is kept for each side. */
static void put_group(FILE *to, struct wave_names *names, const struct wave_group *g)
{
    unsigned rtl = WAVE_GROUP_MAX / 2, model = WAVE_GROUP_MAX / 2;
    const char *p = g->patterns;

    if (!has_any(names, p))
        return;
    fprintf(to, GTKW_GROUP_BEGIN "\n-%s\n", g->title);
    for (size_t length; *p; p += length + (p[length] == '|')) {
        unsigned *room = strncmp(p, "model", 5) ? &rtl : &model;

        length = strcspn(p, "|");
        *room -= put_matching(to, names, p, length, *room);
    }
    fprintf(to, GTKW_GROUP_END "\n-%s\n", g->title);
}

int wave_save_file(struct wave_names *names, const struct wave_window *w, const char *fst, struct diag *d)
{
    char path[GTKW_PATH];
    bool bad;
    FILE *to;

    gtkw_path(fst, path, sizeof path);
    to = fopen(path, "w");
    if (!to)
        return diag_env(d, path, "cannot be written: %s", strerror(errno));
    put_head(to, w, fst, path);
    for (const struct wave_group *g = wave_groups; g->title; g++)
        put_group(to, names, g);
    bad = ferror(to);
    if (fclose(to) == 0 && !bad)
        return 0;
    return diag_env(d, path, "cannot be written: %s", strerror(errno));
}
