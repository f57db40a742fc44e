/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim export: a trace in another form.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "traces/export_text.h"

static const char usage[] =
    "usage: iommusim export [--to text] IN.trc [-o OUT]\n"
    "\n"
    "Writes a trace as text: a line per record, key=value, addresses in hex; lines that begin with #\n"
    "describe the trace and its streams.  docs/trace-format.md has the grammar.\n"
    "\n"
    "      --to text       the form; text is the only one yet\n"
    "  -o, --output FILE   where to; standard output if not given\n"
    "  -h, --help          this text\n"
    "\n"
    "examples:\n"
    "  iommusim export run.trc | grep ' map ' | head\n"
    "  iommusim export --to text run.trc -o run.txt\n";

struct options {
    const char *in, *out;
};

/* 0; 1 if the help was asked for; SIM_EINPUT. */
static int parse(int argc, char **argv, struct options *o, struct diag *d)
{
    static const struct option longs[] = {
        { "to", required_argument, NULL, 't' },
        { "output", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    optind = 0;
    while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
        if (c == 'h')
            return 1;
        if (c == '?')
            return diag_add(d, NULL, 0, 0, "iommusim export --help lists the options");
        if (c == 'o')
            o->out = optarg;
        else if (strcmp(optarg, "text") != 0)
            return diag_add(d, NULL, 0, 0, "--to %s: not known; expected text", optarg);
    }
    if (argc - optind != 1)
        return diag_add(d, NULL, 0, 0, "expected one trace, found %d; see iommusim export --help",
                        argc - optind);
    o->in = argv[optind];
    return 0;
}

static void show(void *progress, uint64_t done)
{
    cli_progress_step(progress, done);
}

static int export(struct trace_reader *r, FILE *to, const char *name, struct diag *d)
{
    struct cli_progress p = { 0 };
    const struct trace_watch watch = { &cli_interrupted, show, &p };
    int rc;

    if (to == stdout)
        return export_text(r, to, name, &(struct trace_watch){ .stop = &cli_interrupted }, d);
    cli_progress_start(&p, "exporting", trace_info(r)->records);
    rc = export_text(r, to, name, &watch, d);
    cli_progress_end(&p);
    return rc;
}

/* Writes OUT.part and renames it once it is whole. */
static int export_file(struct trace_reader *r, const char *out, struct diag *d)
{
    char *part = malloc(strlen(out) + sizeof ".part");
    FILE *to;
    int rc;

    if (!part)
        return diag_env(d, out, "out of memory");
    sprintf(part, "%s.part", out);
    to = fopen(part, "w");
    if (!to) {
        rc = diag_env(d, out, "cannot create the file: %s", strerror(errno));
    } else {
        rc = export(r, to, out, d);
        if (fclose(to) && rc == 0)
            rc = diag_env(d, out, "cannot write: %s", strerror(errno));
        if (rc == 0 && rename(part, out))
            rc = diag_env(d, out, "cannot rename the finished file: %s", strerror(errno));
        if (rc)
            unlink(part);
    }
    free(part);
    return rc;
}

static int export_trace(const struct options *o, struct diag *d)
{
    struct trace_reader *r = trace_open(o->in, d);
    int rc;

    if (!r)
        return SIM_EINPUT;
    rc = o->out ? export_file(r, o->out, d) : export(r, stdout, "standard output", d);
    trace_close(r);
    return rc;
}

int cmd_export(int argc, char **argv)
{
    struct options o = { NULL, NULL };
    struct diag d;
    int rc, status;

    diag_init(&d);
    rc = parse(argc, argv, &o, &d);
    if (rc > 0) {
        fputs(usage, stdout);
        rc = 0;
    } else if (rc == 0) {
        rc = export_trace(&o, &d);
    }
    status = cli_interrupted ? CLI_INTERRUPTED : cli_exit(rc, &d);
    diag_destroy(&d);
    return status;
}
