/* SPDX-License-Identifier: Apache-2.0
 *
 * cli.h - the program's commands: one file each, listed in one table.
 *
 * Exit status: 0 done; 1 a comparison or check failed; 2 the user's input or environment is wrong; 3
 * internal check; 130 interrupted.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include <stdint.h>

#include "base/diag.h"

enum { CLI_DONE = 0, CLI_CHECK = 1, CLI_WRONG = 2, CLI_INTERNAL = 3, CLI_INTERRUPTED = 130 };

#define CLI_COMMANDS(C)                                                            \
    C(run,    "replay a trace or a workload through a model and record what happened") \
    C(cosim,  "drive a design, RTL or the model, with a trace and judge what it does") \
    C(import, "turn captured logs into one trace")                                 \
    C(export, "write a trace as text")                                             \
    C(gen,    "generate a trace from a workload description")                      \
    C(trace,  "look into traces: info, stats, verify, cut")                        \
    C(sweep,  "run every combination of parameter lists")                          \
    C(report, "plots and tables from a results database")                          \
    C(show,   "print what a results database holds")                               \
    C(info,   "list parameters, counters, profiles, faults, version")

/* argv[0] is the command's name; each parses its own options with getopt_long and knows --help. */
#define CLI_PROTOTYPE(name, help) int cmd_##name(int argc, char **argv);
CLI_COMMANDS(CLI_PROTOTYPE)

/* Prints the messages with the program's name and turns a SIM_E code into an exit status; 0 becomes 130
 * if the program was interrupted. */
int cli_exit(int sim_error, const struct diag *d);

/* An option's value as a whole number (decimal or 0x...) in min..max. */
int cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out,
               struct diag *d);

/* The directory with profiles, scenarios and plot scripts: $IOMMUSIM_SHARE, else the installed one, else
 * the source tree.  cli_share_path("model/profiles") is valid until the next call. */
const char *cli_share(void);
const char *cli_share_path(const char *below);

double cli_seconds(void);       /* of a clock that only goes forward */

/* Set by SIGINT and SIGTERM: long work ends cleanly at the next chance. */
extern volatile int cli_interrupted;

/* Calls fn(arg); SIM_EINTERNAL if an internal check failed in it, its message already printed.  What fn left
 * half done stays so: only what is needed to tell the user and to close files may be done after it. */
int cli_guarded(int (*fn)(void *arg), void *arg);

/* Progress on a terminal: rate and time left, at most a few times a second; nothing in a pipe. */
struct cli_progress { const char *what; unsigned long long total, done, shown_at; double started; };
void cli_progress_start(struct cli_progress *p, const char *what, unsigned long long total);
void cli_progress_step(struct cli_progress *p, unsigned long long done);
void cli_progress_end(struct cli_progress *p);

#endif
