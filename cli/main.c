/* SPDX-License-Identifier: Apache-2.0
 *
 * iommusim: finds the command and runs it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

#define COMMAND_ROW(name, help) { #name, cmd_##name, help },
#define COMMAND_NAME(name, help) #name,
static const struct command commands[] = { CLI_COMMANDS(COMMAND_ROW) };
static const char *const names[] = { CLI_COMMANDS(COMMAND_NAME) "help" };

static void usage(FILE *to)
{
    fputs("iommusim simulates IOMMUs: Arm SMMUv3 and Intel VT-d.\n\n"
          "usage: iommusim COMMAND [OPTION]... (COMMAND --help lists its options)\n\n", to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
    fputs("\nExit status: 0 done; 1 a comparison or check failed; 2 wrong input or environment;\n"
          "3 internal check; 130 interrupted.\n", to);
}

/* The first signal asks long work to end cleanly; the second one ends the program. */
static void interrupt(int sig)
{
    cli_interrupted = 1;
    signal(sig, SIG_DFL);
}

/* An internal check failed where nothing is to be saved; sim_check_failed has said which. */
static void aborted(int sig)
{
    (void)sig;
    _exit(CLI_INTERNAL);
}

static void set_signals(void)
{
    struct sigaction a = { .sa_handler = interrupt };

    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGABRT, aborted);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static int unknown(const char *name)
{
    const char *near = diag_nearest(name, names, ARRAY_LEN(names));

    fprintf(stderr, "iommusim: unknown command %s", name);
    if (near)
        fprintf(stderr, "; did you mean %s?\n", near);
    else
        fputs(" (iommusim --help lists them)\n", stderr);
    return CLI_WRONG;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name) {
        usage(stderr);
        return CLI_WRONG;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        usage(stdout);
        return CLI_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        puts("iommusim " IOMMUSIM_VERSION);
        return CLI_DONE;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown(name);
}

/* What was printed must have arrived, unless the reader went away on purpose (a pipe to head). */
static int flush(int status)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE || status != CLI_DONE)
        return status;
    fprintf(stderr, "iommusim: cannot write to standard output: %s\n", strerror(errno));
    return CLI_WRONG;
}

int main(int argc, char **argv)
{
    set_signals();
    return flush(dispatch(argc, argv));
}
