/* SPDX-License-Identifier: Apache-2.0
 *
 * cosim_suite.h - co-simulation as a regression: every trace of a directory, some at a time, and a report in JUnit's form.
 *
 * Each trace is a run of this program of its own, with a database beside the suite's that is merged into it in the order
 * of the traces' names; so one that crashes or hangs stops no other.  The coverage of all is merged, and stands in the
 * database under a run of its own, after theirs.
 */
#ifndef CLI_COSIM_SUITE_H
#define CLI_COSIM_SUITE_H
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct cosim_suite {
    const char *dir, *dut;
    const char *db, *label, *junit, *coverage;         /* NULL: none */
    unsigned jobs;
    uint64_t timeout_s;                /* of one trace; 0: none */
    const char *const *words;          /* [n], given to each run as they are */
    size_t n;
    bool quiet;
};

/* Exit status as cli.h's: CLI_DONE, CLI_CHECK if any trace failed, ... */
int cosim_suite_run(const struct cosim_suite *o, struct diag *d);

#endif
