/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h - a command's options from one table, for getopt_long and for the help.
 *
 *     #define MY_OPTIONS(O) O(trace, required, " FILE", "what it is") O(run_id, required, " N", "...")
 *     enum { MY_OPTIONS(CLI_OPTION_ENUM) OPT_COUNT };             OPT_trace, ...
 *     static const struct cli_option rows[] = { MY_OPTIONS(CLI_OPTION_ROW) };
 *
 * getopt_long gives option i as n + i, n the number of rows; underscores of names are dashes there.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

#include "base/diag.h"

struct cli_option { const char *name; int kind; const char *arg, *help; };

#define CLI_OPTION_ENUM(name, kind, arg, help) OPT_##name,
#define CLI_OPTION_ROW(name, kind, arg, help) { #name, kind##_argument, arg, help },

/* Valid until the next call. */
const struct option *cli_long_options(const struct cli_option *row, size_t n);

/* A line each, the help from column `width` + 3 on. */
void cli_print_options(FILE *to, const struct cli_option *row, size_t n, int width);

/* PATH=VALUE, with something on both sides, is added to a list. */
int cli_add_pair(const char *option, const char *text, const char ***list, size_t *n, struct diag *d);

#endif
