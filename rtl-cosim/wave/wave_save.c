/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/wave/wave_impl.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/sim.h"
#include "kernel/gtkw.h"

enum { HEX_FROM = 17 };                /* bits */

/* Blocks by the names that they have in designs of ours, by what they are called elsewhere, and in the model. */
const struct wave_group wave_groups[] = {
    { "difference", "cosim.difference|cosim.expected|cosim.found" },
    { "request", "cosim.rtl_request|cosim.model_request|rtl.*.req_valid|rtl.*.req_ready|rtl.*.req_id|rtl.*.req_sid|"
                 "rtl.*.req_dev|rtl.*.req_addr|rtl.*.req_write|model.*.requests" },
    { "answer", "cosim.rtl_answer|cosim.model_answer|rtl.*.rsp_valid|rtl.*.rsp_ready|rtl.*.rsp_id|rtl.*.rsp_outcome|"
                "rtl.*.rsp_code|rtl.*.rsp_addr|rtl.*.down_valid|rtl.*.down_ready|rtl.*.down_id|rtl.*.down_addr|"
                "rtl.*.down_refused" },
    { "IOTLB", "rtl.*.translations.lookup_valid|rtl.*.translations.lookup_addr|rtl.*.translations.hit|"
               "rtl.*.translations.fill_valid|rtl.*tlb.lookup_valid|rtl.*tlb.lookup_addr|rtl.*tlb.hit|rtl.*tlb.fill_valid|"
               "rtl.*tlb.busy|model.*tcu.tlb.port.busy" },
    { "walker", "rtl.*.walks.req_valid|rtl.*.walks.rsp_valid|rtl.*.walks.state*|rtl.*walker.*state*|rtl.*walker.*level*|"
                "rtl.*ptw.state_q|rtl.*ptw.lvl_q|model.*tcu.walk.used|model.*wc_*.port.busy" },
    { "command queue", "rtl.*.commands.prod|rtl.*.commands.cons|rtl.*.commands.state_q|rtl.*.invalidations.state_q|"
                       "rtl.*cmdq.*prod*|rtl.*cmdq.*cons*|rtl.*cmdq.*state*|rtl.*.cmd_valid|rtl.*.cmd_ready|rtl.*.cmd_op|"
                       "model.*.cmdq.prod|model.*.cmdq.cons" },
    { "memory", "rtl.*.ar_valid|rtl.*.ar_ready|rtl.*.ar_addr|rtl.*.ar_id|rtl.*.r_valid|rtl.*.r_id|rtl.*.r_data|"
                "rtl.*.aw_valid|rtl.*.aw_addr|model.mem.outstanding.used" },
    { "configuration", "rtl.*.configurations.lookup_valid|rtl.*.configurations.hit|rtl.*.configurations.fill_valid|"
                       "rtl.*.fetcher.state|rtl.*cfg*.lookup_valid|rtl.*cfg*.hit|rtl.*cfg*.fill_valid|"
                       "rtl.*cfg_fetch*state*|model.*tcu.cfg.port.busy" },
    { "event queue", "rtl.*.events.prod|rtl.*.events.cons|rtl.*.events.count_q|rtl.*evtq.*prod*|rtl.*evtq.*cons*|"
                     "rtl.*evtq.*count*|model.*.evtq.prod|model.*.evtq.waiting" },
    { "slots", "rtl.*.transactions.state_q*|rtl.*pipeline.*state*|rtl.*pipeline.*busy*|model.*tcu.slots.used" },
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

/* Without dots, behind which GTKWave shows nothing but the rest. */
static void put_spaced(FILE *to, const char *text, size_t n, char dot)
{
    for (; n && *text; text++, n--)
        fputc(*text == dot ? ' ' : *text, to);
}

/* "rtl req_addr" of a port, "rtl walks state[0]" of what is further inside, "model tcu tlb busy", "rtl answer" of
 * cosim.rtl_answer. */
static void put_alias(FILE *to, const char *path)
{
    const char *rest = strchr(path, '.') + 1, *first = rest, *dot;

    if (!strncmp(path, "cosim.", 6)) {
        put_spaced(to, rest, SIZE_MAX, '_');
        return;
    }
    put_spaced(to, path, (size_t)(rest - path), '.');
    if (!strncmp(path, "model.", 6)) {
        rest += !strncmp(rest, "smmu.", 5) ? 5 : 0;
        dot = strstr(rest, ".port.");
        put_spaced(to, rest, dot ? (size_t)(dot - rest) : 0, '.');
        put_spaced(to, dot ? dot + 5 : rest, SIZE_MAX, '.');
        return;
    }
    while ((dot = strchr(rest, '.')) && strchr(dot + 1, '.'))
        rest = dot + 1;
    put_spaced(to, dot && rest == first ? dot + 1 : rest, SIZE_MAX, '.');      /* the design's own name says nothing */
}

static void put_name(FILE *to, struct wave_name *n)
{
    n->shown = true;
    fprintf(to, "%s\n+{", radix(n));
    put_alias(to, n->path);
    fprintf(to, "%s} %s%s\n", n->bits, n->path, n->bits);
}

static bool matches(const struct wave_name *n, const char *pattern)
{
    return !n->shown && fnmatch(pattern, n->path, 0) == 0;
}

static unsigned depth(const char *path)
{
    unsigned n = 0;

    for (; *path; path++)
        n += *path == '.';
    return n;
}

/* How far up in the design a pattern is met: a `*` goes through scopes, and what is passed on further down is the same. */
static unsigned depth_of(const struct wave_names *names, const char *pattern)
{
    unsigned least = UINT_MAX;

    for (size_t i = 0; i < names->n; i++)
        if (matches(&names->name[i], pattern) && depth(names->name[i].path) < least)
            least = depth(names->name[i].path);
    return least;
}

/* Those that match a pattern, which has `length` letters. */
static unsigned put_matching(FILE *to, struct wave_names *names, const char *pattern, size_t length, unsigned room)
{
    char one[256];
    unsigned n = 0, at;

    snprintf(one, sizeof one, "%.*s", (int)length, pattern);
    at = depth_of(names, one);
    for (size_t i = 0; i < names->n && n < room; i++)
        if (depth(names->name[i].path) == at && matches(&names->name[i], one)) {
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
        if (depth_of(names, one) != UINT_MAX)
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
