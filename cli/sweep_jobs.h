/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep_jobs.h - runs the points of a sweep as processes of this program, some at a time.
 *
 * Each point writes a database of its own, DB.shard-K, beside the sweep's, and the shards are
 * merged in the order of the points, so that the outcome does not depend on how many ran at a time.
 * A point that fails is told and the others go on.  An interrupt ends the points under way; what
 * has finished is merged.
 */
#ifndef CLI_SWEEP_JOBS_H
#define CLI_SWEEP_JOBS_H
#include "cli/sweep_plan.h"
#include "results/results.h"

struct sweep_outcome {
    uint64_t done, skipped, failed, mismatched;
};

/* `resume`: points that are done in `db`, and shards that are complete, are not run again. */
int sweep_jobs_run(const struct sweep_plan *p, struct results *db, const char *db_path,
                   unsigned jobs, bool resume, struct sweep_outcome *out, struct diag *d);

#endif
