/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim import: the captured files of one run become one trace.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "traces/import/import.h"

static const char usage[] =
    "usage: iommusim import [--from qemu|ftrace] FILE... -o OUT.trc [options]\n"
    "\n"
    "Turns the captured files of one run into one trace.  Each file is recognised by its content:\n"
    "QEMU's log of an SMMUv3 or VT-d unit, the guest kernel's ftrace text, a synthetic capture's\n"
    "script; plain or zstd-compressed.  A device-side and a software-side file are merged on one\n"
    "clock.  What the source lacks and what was reconstructed is summed up on standard error.\n"
    "\n"
    "  -o, --output FILE   the trace to write\n"
    "      --from FORMAT   refuse anything but: qemu (logs, scripts and ftrace of a QEMU run), ftrace\n"
    "      --report FILE   write the report there instead of standard error\n"
    "      --stream-offset N   added to the requester ids of PCI functions that a Linux trace names\n"
    "      --level N       zstd level of the trace, 1 to 19 (default 3)\n"
    "  -q, --quiet         no report on standard error\n"
    "  -h, --help          this text\n";

enum from { FROM_ANY, FROM_QEMU, FROM_FTRACE };

struct options {
    const char *out, *report;
    uint64_t level, stream_offset;
    enum from from;
    bool quiet;
};

static bool parse_from(const char *text, enum from *from)
{
    *from = strcmp(text, "qemu") == 0 ? FROM_QEMU : strcmp(text, "ftrace") == 0 ? FROM_FTRACE : FROM_ANY;
    return *from != FROM_ANY;
}

/* The rest of argv is files.  0; 1 if the help was asked for; SIM_EINPUT. */
static int parse(int argc, char **argv, struct options *o, struct diag *d)
{
    static const struct option longs[] = {
        { "output", required_argument, NULL, 'o' }, { "from", required_argument, NULL, 'f' },
        { "report", required_argument, NULL, 'r' }, { "level", required_argument, NULL, 'l' },
        { "quiet", no_argument, NULL, 'q' },        { "help", no_argument, NULL, 'h' },
        { "stream-offset", required_argument, NULL, 's' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    optind = 0;
    while ((c = getopt_long(argc, argv, "o:qh", longs, NULL)) != -1) {
        if (c == 'o')
            o->out = optarg;
        else if (c == 'r')
            o->report = optarg;
        else if (c == 'q')
            o->quiet = true;
        else if (c == 'h')
            return 1;
        else if (c == 'f' && !parse_from(optarg, &o->from))
            return diag_add(d, "", 0, 0, "--from %s: not known; expected qemu or ftrace", optarg);
        else if (c == 'l' && cli_number("--level", optarg, 1, 19, &o->level, d) < 0)
            return SIM_EINPUT;
        else if (c == 's' && cli_number("--stream-offset", optarg, 0, UINT32_MAX, &o->stream_offset, d) < 0)
            return SIM_EINPUT;
        else if (c == '?')
            return diag_add(d, "", 0, 0, "see iommusim import --help");
    }
    if (optind == argc)
        return diag_add(d, "", 0, 0, "no file to import; see iommusim import --help");
    if (!o->out)
        return diag_add(d, "", 0, 0, "no output; expected -o OUT.trc");
    return 0;
}

static void show_progress(void *to, unsigned long long done, unsigned long long total)
{
    struct cli_progress *p = to;

    if (p->total == 0 && total)
        cli_progress_start(p, "importing", total);
    if (p->total)
        cli_progress_step(p, done);
}

static int write_report(const struct import *im, const struct options *o, struct diag *d)
{
    FILE *to;
    int rc = 0;

    if (!o->report) {
        if (!o->quiet)
            import_report(im, stderr);
        return 0;
    }
    to = fopen(o->report, "w");
    if (!to)
        return diag_env(d, o->report, "cannot be written: %s", strerror(errno));
    import_report(im, to);
    if (ferror(to))
        rc = diag_env(d, o->report, "cannot be written: %s", strerror(errno));
    if (fclose(to) != 0 && rc == 0)
        rc = diag_env(d, o->report, "cannot be written: %s", strerror(errno));
    return rc;
}

static int import_files(char **files, int n, const struct options *o, struct diag *d)
{
    struct cli_progress progress = { 0 };
    struct import_options opt = { .out = o->out, .level = (int)o->level, .stop = &cli_interrupted,
                                  .stream_offset = (uint32_t)o->stream_offset,
                                  .progress = show_progress, .progress_to = &progress };
    struct import *im = import_new(&opt, d);
    int rc = im ? 0 : SIM_EENV;

    for (int i = 0; i < n; i++) {
        int one = im ? import_add_file(im, files[i]) : SIM_EENV;
        rc = rc < 0 ? rc : one;
    }
    if (rc == 0 && o->from == FROM_FTRACE && !import_is_only(im, IMPORT_SOFTWARE))
        rc = diag_add(d, "", 0, 0, "--from ftrace: a file is something else; see --from qemu");
    if (rc == 0)
        rc = import_run(im);
    if (progress.total)
        cli_progress_end(&progress);
    if (rc == 0)
        rc = write_report(im, o, d);
    import_free(im);
    return rc;
}

int cmd_import(int argc, char **argv)
{
    struct options o = { .level = 3 };
    struct diag d;
    int rc, status;

    diag_init(&d);
    rc = parse(argc, argv, &o, &d);
    if (rc > 0) {
        fputs(usage, stdout);
        rc = 0;
    } else if (rc == 0) {
        rc = import_files(argv + optind, argc - optind, &o, &d);
    }
    status = cli_interrupted ? CLI_INTERRUPTED : cli_exit(rc, &d);
    diag_destroy(&d);
    return status;
}
