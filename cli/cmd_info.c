/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim info: what the program knows, read from its own tables.
 */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "arch/smmuv3/event.h"
#include "arch/vtd/fault.h"
#include "base/sim.h"
#include "cli/cli.h"
#include "cli/standard.h"
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/stimulus/random.h"
#include "rtl-cosim/timing/compare.h"
#include "system/profile.h"
#include "system/timed.h"
#include "traces/trace.h"
#include "workloads/device/replay.h"
#include "workloads/host/host.h"

struct info {
    enum system_arch arch;             /* SYSTEM_NONE: all          */
    const char *only;                  /* part of a name, or NULL   */
    struct diag *d;
};

#define INFO_TOPICS(T)                                                                               \
    T(params,   "parameters of each architecture with default, range and meaning")                   \
    T(counters, "counters of each architecture's components, and the standard names")                \
    T(profiles, "named sets of parameters")                                                          \
    T(faults,   "SMMUv3 events and VT-d fault reasons")                                              \
    T(version,  "of the program and of what it was built with")

static bool shown(const struct info *in, const char *name)
{
    return !in->only || strstr(name, in->only);
}

static bool arch_shown(const struct info *in, enum system_arch arch)
{
    return in->arch == SYSTEM_NONE || in->arch == arch;
}

/* ---- parameters ----------------------------------------------------------------------------------------- */

static void print_param(const struct info *in, const char *section, const struct param_row *p)
{
    char path[160], def[64], range[192];

    snprintf(path, sizeof path, "%s.%s", section, p->name);
    if (!shown(in, path))
        return;
    param_format(p, p->def, def, sizeof def);
    if (p->type == PARAM_u64 && p->max >= 1u << 31)
        snprintf(range, sizeof range, "%" PRIu64 "..0x%" PRIx64, p->min, p->max);
    else if (p->type == PARAM_u64)
        snprintf(range, sizeof range, "%" PRIu64 "..%" PRIu64, p->min, p->max);
    else
        snprintf(range, sizeof range, "%s", p->type == PARAM_flag ? "no|yes" : p->unit);
    if (p->type == PARAM_u64 && strcmp(p->unit, "1") != 0)
        snprintf(range + strlen(range), sizeof range - strlen(range), " %s", p->unit);
    printf("  %-28s %-10s %-24s %s\n", path, def, range, p->help);
}

static void print_section(const struct info *in, const char *section, const struct param_row *row,
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        print_param(in, section, &row[i]);
}

static int params_of(const struct info *in, enum system_arch arch)
{
    struct system_config *c = system_config_new(arch);
    const struct param_set *set;

    if (!c)
        return diag_env(in->d, NULL, "no memory");
    set = system_config_params(c);
    printf("%s (path, default, range, meaning)\n", profile_arch_name(arch));
    for (size_t i = 0; i < set->n; i++)
        print_section(in, set->sec[i].path, set->sec[i].row, set->sec[i].n);
    print_section(in, "replay", replay_kind.param, replay_kind.params);
    print_section(in, "host", host_kind.param, host_kind.params);
    system_config_free(c);
    return 0;
}

static int info_params(const struct info *in)
{
    int err = 0;

    for (int a = SYSTEM_SMMUV3; a <= SYSTEM_VTD && !err; a++)
        if (arch_shown(in, (enum system_arch)a))
            err = params_of(in, (enum system_arch)a);
    if (in->arch == SYSTEM_NONE && !err) {
        puts("cosim (path, default, range, meaning)");
        print_section(in, "cosim", driver_kind.param, driver_kind.params);
        print_section(in, "random", random_rows, random_row_count);
        print_section(in, "tolerance", tolerance_rows, tolerance_row_count);
    }
    return err;
}

/* ---- counters --------------------------------------------------------------------------------------------- */

static void print_counters(const struct comp *c, const char *path, void *arg)
{
    for (size_t i = 0; i < c->kind->stats; i++) {
        const struct stat_row *s = &c->kind->stat[i];
        char name[160];

        snprintf(name, sizeof name, "%s.%s", path, s->name);
        if (shown(arg, name))
            printf("  %-40s %s\n", name, s->help);
    }
}

static void print_standard(const struct info *in, enum system_arch arch)
{
    static const struct { enum system_arch arch; const char *name, *path, *stat; int sign; } rows[] = {
#define STANDARD_ROW(a, name, path, stat, factor) { SYSTEM_##a, name, path, stat, factor },
        CLI_STANDARD(STANDARD_ROW)
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool more = i && strcmp(rows[i].name, rows[i - 1].name) == 0;
        char name[160];

        snprintf(name, sizeof name, "standard.%s", rows[i].name);
        if (rows[i].arch == arch && shown(in, name))
            printf("  %-40s %c %s.%s\n", more ? "" : name, rows[i].sign < 0 ? '-' : more ? '+' : '=',
                   rows[i].path, rows[i].stat);
    }
}

static int counters_of(const struct info *in, enum system_arch arch)
{
    struct system_config *c = system_config_new(arch);
    const struct comp *root[TIMED_ROOTS_MAX];
    struct comp replay, host;
    struct system *s;
    uint64_t *sets;

    if (c)
        system_config_timed(c, true);
    if (c && param_find(system_config_params(c), "device.atc.sets", &sets))
        *sets = 1;                             /* devices with an ATC */
    s = c ? system_new(c, 1, in->d) : NULL;
    if (c)
        system_config_free(c);
    if (!s)
        return SIM_EENV;
    comp_init(&replay, &replay_kind, NULL, "replay", NULL, NULL);
    comp_init(&host, &host_kind, NULL, "host", NULL, NULL);
    printf("%s\n", profile_arch_name(arch));
    comp_walk(&s->top, print_counters, (void *)in);
    comp_walk(&replay, print_counters, (void *)in);
    comp_walk(&host, print_counters, (void *)in);
    for (size_t i = 0, n = timed_roots(s->timed, root); i < n; i++)
        comp_walk(root[i], print_counters, (void *)in);
    print_standard(in, arch);
    system_free(s);
    return 0;
}

static int info_counters(const struct info *in)
{
    int err = 0;

    for (int a = SYSTEM_SMMUV3; a <= SYSTEM_VTD && !err; a++)
        if (arch_shown(in, (enum system_arch)a))
            err = counters_of(in, (enum system_arch)a);
    return err;
}

/* ---- the rest ------------------------------------------------------------------------------------------------ */

static int info_profiles(const struct info *in)
{
    const char *dir = cli_share_path("model/profiles");
    size_t n;
    char **names = profile_names(dir, &n);
    int err = 0;

    if (!n)
        err = diag_add(in->d, dir, 0, 0, "no profiles here");
    for (size_t i = 0; i < n; i++) {
        struct profile p;
        int e = profile_peek(&p, dir, names[i], in->d);

        if (!e && arch_shown(in, p.arch) && shown(in, p.name))
            printf("%-14s %-7s %s\n", p.name, profile_arch_name(p.arch), p.about);
        if (e)
            err = e;
        profile_destroy(&p);
    }
    profile_names_free(names, n);
    return err;
}

static int info_faults(const struct info *in)
{
    if (arch_shown(in, SYSTEM_SMMUV3))
        puts("smmuv3 events");
    for (unsigned i = 0; arch_shown(in, SYSTEM_SMMUV3) && i < smmuv3_event_count; i++)
        if (shown(in, smmuv3_events[i].name))
            printf("  0x%02x  %-20s %s\n", smmuv3_events[i].number, smmuv3_events[i].name,
                   smmuv3_events[i].when);
    if (arch_shown(in, SYSTEM_VTD))
        puts("vtd fault reasons");
    for (unsigned i = 0; arch_shown(in, SYSTEM_VTD) && i < vtd_reason_count; i++)
        if (shown(in, vtd_reasons[i].name))
            printf("  0x%02x  %-8s %-8s %s\n", vtd_reasons[i].code, vtd_reasons[i].name,
                   vtd_reasons[i].old_name, vtd_reasons[i].text);
    return 0;
}

static int info_version(const struct info *in)
{
    (void)in;
    printf("iommusim %s, trace format %d\n", IOMMUSIM_VERSION, TRACE_VERSION);
#if defined(__clang__)
    printf("compiler: clang %s\n", __clang_version__);
#else
    printf("compiler: gcc %s\n", __VERSION__);
#endif
#if defined(__SANITIZE_ADDRESS__)
    puts("built with AddressSanitizer");
#endif
#if defined(__OPTIMIZE__)
    puts("optimised: yes");
#else
    puts("optimised: no");
#endif
    printf("share: %s\n", cli_share());
    return 0;
}

/* ---- command -------------------------------------------------------------------------------------------------- */

static const struct { const char *name; int (*print)(const struct info *in); const char *help; } topics[] = {
#define TOPIC_ROW(name, help) { #name, info_##name, help },
    INFO_TOPICS(TOPIC_ROW)
};

static void usage(FILE *to)
{
    fputs("usage: iommusim info TOPIC [PART-OF-A-NAME] [--arch smmuv3|vtd]\n", to);
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        fprintf(to, "  %-10s %s\n", topics[i].name, topics[i].help);
}

static int parse_arch(const char *text, struct info *in)
{
    in->arch = profile_arch(text);
    if (in->arch == SYSTEM_NONE)
        return diag_add(in->d, NULL, 0, 0, "--arch %s: expected smmuv3 or vtd", text);
    return 0;
}

static int show(int n, char **words, struct info *in)
{
    const char *names[ARRAY_LEN(topics)], *near;

    if (n < 1 || n > 2)
        return diag_add(in->d, NULL, 0, 0, "expected a topic: params, counters, profiles, faults or version");
    in->only = n == 2 ? words[1] : NULL;
    for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
        if (strcmp(words[0], topics[i].name) == 0)
            return topics[i].print(in);
        names[i] = topics[i].name;
    }
    near = diag_nearest(words[0], names, ARRAY_LEN(names));
    return diag_add(in->d, NULL, 0, 0, near ? "unknown topic %s; did you mean %s?" : "unknown topic %s",
                    words[0], near);
}

int cmd_info(int argc, char **argv)
{
    static const struct option longs[] = {
        { "arch", required_argument, NULL, 'a' }, { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct diag d;
    struct info in = { .d = &d };
    int c, err = 0, status;
    bool help = false;

    diag_init(&d);
    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1)
        if (c == 'h')
            help = true;
        else if (c == 'a')
            err = parse_arch(optarg, &in);
        else
            err = diag_add(&d, NULL, 0, 0, "iommusim info --help lists the options");
    if (help)
        usage(stdout);
    else if (!err)
        err = show(argc - optind, argv + optind, &in);
    status = cli_exit(err, &d);
    diag_destroy(&d);
    return status;
}
