/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim trace: what a trace holds, whether it is whole, a piece of it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "traces/trace_tools.h"

static const char usage[] =
    "usage: iommusim trace info   FILE...\n"
    "       iommusim trace stats  FILE...\n"
    "       iommusim trace verify FILE...\n"
    "       iommusim trace cut    [--from N] [--to M | --first N] IN -o OUT\n"
    "\n"
    "info    what the header says, how many records of each kind and of each stream\n"
    "stats   per stream: accesses, bytes, distinct 4 KiB pages, maps, unmaps and other records\n"
    "verify  reads every record; checks checksums, order and counts\n"
    "cut     writes records N to M-1, counted from 0.  What stands before the piece and decides what it\n"
    "        means stays: tables, registers, commands, maps, unmaps, attaches, markers; accesses and\n"
    "        their outcomes do not.  So the piece can be replayed.  As it begins with empty caches, its\n"
    "        outcomes no longer say what the source's caches answered.\n"
    "\n"
    "      --from N        first record of the piece (default 0)\n"
    "      --to M          first record behind the piece (default: the end)\n"
    "      --first N       the same as --from 0 --to N; saves the whole part of a truncated trace\n"
    "  -o, --output FILE   the piece\n"
    "  -h, --help          this text\n"
    "\n"
    "A damaged trace ends a command with exit status 2, after what stands before the damage.\n"
    "\n"
    "examples:\n"
    "  iommusim trace info run.trc\n"
    "  iommusim trace cut --from 100000 --to 200000 run.trc -o piece.trc\n"
    "  iommusim trace verify *.trc && echo all whole\n";

struct options {
    const char *out;
    uint64_t from, to;
    bool cut;                             /* an option of cut was given */
};

/* ---- progress --------------------------------------------------------------------------------------- */

static void show(void *progress, uint64_t done)
{
    cli_progress_step(progress, done);
}

/* Records of a trace that may not open: the command itself says why. */
static uint64_t records_of(const char *path)
{
    struct trace_reader *r = trace_open(path, NULL);
    uint64_t n = r ? trace_info(r)->records : 0;

    trace_close(r);
    return n;
}

/* ---- info ------------------------------------------------------------------------------------------- */

static const char *arch_name(unsigned arch)
{
    static const char *const names[] = { "none", "smmuv3", "vtd" };

    return arch < ARRAY_LEN(names) ? names[arch] : "unknown";
}

static void print_flags(unsigned flags)
{
    static const char *const names[] = { "times are made up", "accesses from a model", "events were lost",
                                         "both sides on one clock" };
    const char *before = "  notes          ";

    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (flags >> i & 1) {
            printf("%s%s", before, names[i]);
            before = ", ";
        }
    if (*before == ',')
        putchar('\n');
}

/* A time span in the largest unit in which it is at least 1. */
static void print_span(uint64_t span, uint64_t unit_ps)
{
    static const char *const units[] = { "ps", "ns", "us", "ms", "s" };
    double v = (double)span * (double)unit_ps;
    unsigned u = 0;

    for (; v >= 1000 && u + 1 < ARRAY_LEN(units); u++)
        v /= 1000;
    printf("%.4g %s", v, units[u]);
}

/* Text from a trace, as a terminal may see it. */
static void print_name(const char *s)
{
    for (; *s; s++)
        putchar(*s >= 0x20 && *s < 0x7f ? *s : '?');
    putchar('\n');
}

static void print_info(const char *path, const struct trace_info *i)
{
    printf("%s\n  format         version %u%s\n  source         ", path, i->head.version,
           i->complete ? "" : ", incomplete");
    print_name(i->head.source);
    printf("  raw records    %s\n", arch_name(i->head.raw_arch));
    print_flags(i->head.flags);
    printf("  time           %" PRIu64 " to %" PRIu64 " in units of %" PRIu64 " ps: ", i->first_time,
           i->last_time, i->head.time_unit_ps);
    print_span(i->last_time - i->first_time, i->head.time_unit_ps);
    printf("\n  size           %" PRIu64 " bytes", i->bytes);
    if (i->records)
        printf(", %.3f a record", (double)i->bytes / (double)i->records);
    printf("\n  records        %" PRIu64 " in %" PRIu64 " frames\n", i->records, i->frames);
    for (unsigned k = 0; k < REC_KIND_COUNT; k++)
        if (i->by_kind[k])
            printf("    %-12s %12" PRIu64 "\n", rec_kind_name(k), i->by_kind[k]);
}

static void print_stream_head(uint32_t i, const struct trace_reader *r)
{
    if (i == trace_info(r)->streams)
        printf("  %7s %10s", "-", "-");
    else
        printf("  %7u %#10x", i, trace_streams(r)[i].sid);
}

static void print_stream_tail(uint32_t i, const struct trace_reader *r)
{
    printf("  ");
    print_name(i == trace_info(r)->streams ? "(no stream)" : trace_string(r, trace_streams(r)[i].name));
}

static void print_streams(const struct trace_reader *r, const struct trace_stats *s)
{
    printf("  streams        %u\n  %7s %10s %12s  name\n", s->streams, "number", "sid", "records");
    for (uint32_t i = 0; i <= s->streams; i++) {
        uint64_t n = trace_stream_records(&s->stream[i]);

        if (i == s->streams && !n)
            break;
        print_stream_head(i, r);
        printf(" %12" PRIu64, n);
        print_stream_tail(i, r);
    }
}

static uint64_t other_kinds(const struct trace_stream_stats *s)
{
    uint64_t n = trace_stream_records(s) - s->by_kind[REC_MAP] - s->by_kind[REC_UNMAP];

    for (unsigned k = REC_READ; k <= REC_TRANSLATED; k++)
        n -= s->by_kind[k];
    return n;
}

static void print_stats(const char *path, const struct trace_reader *r, const struct trace_stats *s)
{
    static const char *const heads[] = { "reads", "writes", "ats", "translated", "bytes", "pages", "maps",
                                         "unmaps", "other" };

    printf("%s\n  %7s %10s", path, "number", "sid");
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        printf(" %12s", heads[i]);
    printf("  name\n");
    for (uint32_t i = 0; i <= s->streams; i++) {
        const struct trace_stream_stats *of = &s->stream[i];
        const uint64_t values[] = { of->by_kind[REC_READ], of->by_kind[REC_WRITE],
                                    of->by_kind[REC_ATS_REQ], of->by_kind[REC_TRANSLATED], of->bytes,
                                    of->pages, of->by_kind[REC_MAP], of->by_kind[REC_UNMAP],
                                    other_kinds(of) };

        if (i == s->streams && !trace_stream_records(of))
            break;
        print_stream_head(i, r);
        for (size_t k = 0; k < ARRAY_LEN(values); k++)
            printf(" %12" PRIu64, values[k]);
        print_stream_tail(i, r);
    }
    if (s->pages_level)
        printf("  pages are estimated: one of %u was counted\n", 1u << s->pages_level);
}

static int info_or_stats(const char *path, bool stats, struct diag *d)
{
    struct trace_reader *r = trace_open(path, d);
    struct cli_progress p = { 0 };
    const struct trace_watch watch = { &cli_interrupted, show, &p };
    struct trace_stats s = { 0 };
    int rc;

    if (!r)
        return SIM_EINPUT;
    cli_progress_start(&p, path, trace_info(r)->records);
    rc = trace_stats(r, stats, &watch, &s, d);
    cli_progress_end(&p);
    if (s.stream && !cli_interrupted) {
        if (stats)
            print_stats(path, r, &s);
        else
            print_info(path, trace_info(r));
        if (!stats)
            print_streams(r, &s);
    }
    trace_stats_free(&s);
    trace_close(r);
    return rc;
}

static int info(const char *path, struct diag *d)
{
    return info_or_stats(path, false, d);
}

static int stats(const char *path, struct diag *d)
{
    return info_or_stats(path, true, d);
}

/* ---- verify and cut --------------------------------------------------------------------------------- */

static int verify(const char *path, struct diag *d)
{
    struct trace_info i = { .records = 0 };
    struct cli_progress p = { 0 };
    const struct trace_watch watch = { &cli_interrupted, show, &p };
    int rc;

    cli_progress_start(&p, path, records_of(path));
    rc = trace_verify(path, &watch, &i, d);
    cli_progress_end(&p);
    if (rc == 0)
        printf("%s: whole: %" PRIu64 " records in %" PRIu64 " frames\n", path, i.records, i.frames);
    return rc;
}

static int cut(const char *path, const struct options *o, struct diag *d)
{
    struct cli_progress p = { 0 };
    const struct trace_watch watch = { &cli_interrupted, show, &p };
    struct trace_cut done;
    int rc;

    cli_progress_start(&p, "cutting", records_of(path));
    rc = trace_cut(path, o->out, o->from, o->to, &watch, &done, d);
    cli_progress_end(&p);
    if (rc == 0)
        printf("%s: %" PRIu64 " records, and %" PRIu64 " before them that they depend on\n", o->out,
               done.taken, done.state);
    return rc;
}

/* ---- options ---------------------------------------------------------------------------------------- */

static int parse(int argc, char **argv, struct options *o, struct diag *d)
{
    static const struct option longs[] = {
        { "from", required_argument, NULL, 'f' },  { "to", required_argument, NULL, 't' },
        { "first", required_argument, NULL, 'n' }, { "output", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },        { NULL, 0, NULL, 0 },
    };
    int c, rc = 0;

    optind = 0;
    while (rc == 0 && (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
        o->cut |= c != 'h';
        if (c == 'h')
            return 1;
        else if (c == 'o')
            o->out = optarg;
        else if (c == 'f')
            rc = cli_number("--from", optarg, 0, ~0ull, &o->from, d);
        else if (c == 't')
            rc = cli_number("--to", optarg, 1, ~0ull, &o->to, d);
        else if (c == 'n')
            rc = cli_number("--first", optarg, 1, ~0ull, &o->to, d);
        else
            rc = diag_add(d, NULL, 0, 0, "iommusim trace --help lists the options");
    }
    return rc;
}

static int check(const char *what, int files, const struct options *o, struct diag *d)
{
    bool is_cut = strcmp(what, "cut") == 0;

    if (files == 0)
        return diag_add(d, NULL, 0, 0, "trace %s: no trace given; see iommusim trace --help", what);
    if (!is_cut && o->cut)
        return diag_add(d, NULL, 0, 0, "trace %s takes no such option: it belongs to cut", what);
    if (is_cut && files != 1)
        return diag_add(d, NULL, 0, 0, "trace cut: expected one trace, found %d", files);
    if (is_cut && !o->out)
        return diag_add(d, NULL, 0, 0, "trace cut: no output; expected -o OUT");
    if (is_cut && o->from >= o->to)
        return diag_add(d, NULL, 0, 0, "trace cut: --from %" PRIu64 " --to %" PRIu64 ": nothing between",
                        o->from, o->to);
    return 0;
}

static const struct action {
    const char *name;
    int (*each)(const char *path, struct diag *d);
} actions[] = { { "info", info }, { "stats", stats }, { "verify", verify }, { "cut", NULL } };

static int act(const struct action *a, char **files, int n, const struct options *o, struct diag *d)
{
    int rc = check(a->name, n, o, d);

    if (rc)
        return rc;
    if (!a->each)
        return cut(files[0], o, d);
    for (int i = 0; i < n && !cli_interrupted; i++) {
        int one = a->each(files[i], d);

        rc = rc ? rc : one;
    }
    return rc;
}

static int run(int argc, char **argv, struct diag *d)
{
    struct options o = { .to = ~0ull };
    const char *names[ARRAY_LEN(actions)], *near;
    int rc = parse(argc, argv, &o, d);

    if (rc > 0)
        return fputs(usage, stdout) < 0 ? SIM_EENV : 0;
    if (rc < 0)
        return rc;
    if (optind == argc)
        return diag_add(d, NULL, 0, 0, "expected info, stats, verify or cut; see iommusim trace --help");
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (strcmp(argv[optind], actions[i].name) == 0)
            return act(&actions[i], argv + optind + 1, argc - optind - 1, &o, d);
        names[i] = actions[i].name;
    }
    near = diag_nearest(argv[optind], names, ARRAY_LEN(names));
    return diag_add(d, NULL, 0, 0, "trace %s: unknown; %s%s", argv[optind],
                    near ? "did you mean " : "expected info, stats, verify or cut", near ? near : "");
}

int cmd_trace(int argc, char **argv)
{
    struct diag d;
    int rc, status;

    diag_init(&d);
    rc = run(argc, argv, &d);
    status = cli_interrupted ? CLI_INTERRUPTED : cli_exit(rc, &d);
    diag_destroy(&d);
    return status;
}
