/* SPDX-License-Identifier: Apache-2.0
 *
 * impl.h - within results/: what a struct results is.
 */
#ifndef RESULTS_IMPL_H
#define RESULTS_IMPL_H
#include "base/hist.h"
#include "results/schema.h"
#include "results/sql.h"

struct class_latency {
    char *name;                        /* of the class, or "all"                */
    struct hist hist;
};

struct results {
    struct sql sql;
    sqlite3_stmt *stage[TABLE_COUNT];  /* inserts a row into the staging table   */
    int64_t run;                       /* id of the run under way                */
    bool open;                         /* a run is under way                     */
    struct class_latency *cls;         /* [classes], of the run, over its streams */
    size_t classes;
};

#endif
