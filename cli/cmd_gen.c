/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim gen: a trace from the description of a workload.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sim.h"
#include "cli/cli.h"
#include "workloads/device/gen.h"

struct options {
    const char *in, *out;
    uint64_t seed, accesses;           /* accesses: 0: as described */
    const char *set[GEN_SETS_MAX];
    size_t sets;
    int level;
};

static void usage(FILE *to)
{
    fputs("usage: iommusim gen WORKLOAD.yaml -o OUT.trc [--seed N] [--accesses N] [--level N]\n"
          "                    [--set workload.PATH=VALUE]...\n"
          "  -o, --output FILE   trace to write\n"
          "      --seed N        instead of the seed that the description has\n"
          "      --accesses N    instead of the number that the description has\n"
          "      --set workload.PATH=VALUE   a key's value instead of the one that stands there\n"
          "      --level N       compression, 1 (fast) to 19 (small), default 3\n"
          "docs/workloads.md describes the file.\n", to);
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return !errno && *text >= '0' && *text <= '9' && !*end && *out <= max;
}

/* 0, or a message in d; `help` is set if there is nothing else to do. */
static int parse(int argc, char **argv, struct options *o, bool *help, struct diag *d)
{
    static const struct option longs[] = {
        { "output", required_argument, NULL, 'o' }, { "seed", required_argument, NULL, 's' },
        { "level", required_argument, NULL, 'l' },  { "accesses", required_argument, NULL, 'a' },
        { "set", required_argument, NULL, 'S' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    uint64_t level;
    int c;

    while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1)
        switch (c) {
        case 'o':
            o->out = optarg;
            break;
        case 's':
            if (!number(optarg, UINT64_MAX - 1, &o->seed))
                return diag_add(d, NULL, 0, 0, "--seed %s: expected a whole number", optarg);
            break;
        case 'a':
            if (!number(optarg, UINT64_MAX, &o->accesses) || !o->accesses)
                return diag_add(d, NULL, 0, 0, "--accesses %s: expected a whole number", optarg);
            break;
        case 'S':
            if (o->sets == GEN_SETS_MAX)
                return diag_add(d, NULL, 0, 0, "--set: more than %d of them", GEN_SETS_MAX);
            o->set[o->sets++] = optarg;
            break;
        case 'l':
            if (!number(optarg, 19, &level) || level == 0)
                return diag_add(d, NULL, 0, 0, "--level %s: expected 1 to 19", optarg);
            o->level = (int)level;
            break;
        case 'h':
            *help = true;
            return 0;
        default:
            return diag_add(d, NULL, 0, 0, "iommusim gen --help lists the options");
        }
    if (argc - optind != 1 || !o->out)
        return diag_add(d, NULL, 0, 0, "expected WORKLOAD.yaml -o OUT.trc");
    o->in = argv[optind];
    return 0;
}

static int generate(const struct options *o, struct diag *d)
{
    struct gen *g = gen_open(o->in, o->seed, o->set, o->sets, d);
    int err;

    if (!g)
        return SIM_EINPUT;
    if (o->accesses)
        gen_set_accesses(g, o->accesses);
    err = gen_write(g, o->out, o->level, d);
    if (!err)
        printf("%s: %" PRIu64 " records of %u streams, seed %" PRIu64 "\n", o->out,
               gen_info(g)->records, gen_info(g)->streams, gen_seed(g));
    gen_close(g);
    return err;
}

int cmd_gen(int argc, char **argv)
{
    struct options o = { .seed = GEN_SEED_OWN, .level = 3 };
    struct diag d;
    bool help = false;
    int err, status;

    diag_init(&d);
    err = parse(argc, argv, &o, &help, &d);
    if (help)
        usage(stdout);
    else if (!err)
        err = generate(&o, &d);
    status = cli_exit(err, &d);
    diag_destroy(&d);
    return status;
}
