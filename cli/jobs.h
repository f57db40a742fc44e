/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs.h - runs commands of this program as processes, some at a time.
 *
 * Commands are numbered from 0 and started in that order.  What one writes to standard error is kept and given with its
 * end; to standard output, too, if asked for, else that is for nobody.  An interrupt of this program ends those under
 * way, and no more are started; a process never outlives this one.
 */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"

struct jobs_ops {
    /* Its arguments, argv[0] is the program; to be freed with jobs_argv_free.  NULL: no memory. */
    char **(*argv)(void *arg, const char *program, uint64_t n);
    bool (*wanted)(void *arg, uint64_t n);     /* is it to be run at all?  NULL: each is */
    /* It has exited with this status (enum CLI_...), or, negative, been ended by a signal.  said: what it wrote,
     * from its beginning; output: to standard output, NULL unless `output`. */
    void (*ended)(void *arg, uint64_t n, int status, FILE *said, FILE *output);
    /* After some have ended.  An error stops everything: those under way are ended. */
    int  (*look)(void *arg);
    bool output;
};

/* 0; what look returned; or SIM_EENV with a message if one could not be started. */
int jobs_run(const struct jobs_ops *ops, void *arg, uint64_t total, unsigned jobs, struct diag *d);

/* A copy of the first n words, NULL behind them. */
char **jobs_argv(const char *const *word, size_t n);
void   jobs_argv_free(char **argv);

#endif
