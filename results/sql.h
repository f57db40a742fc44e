/* SPDX-License-Identifier: Apache-2.0
 *
 * sql.h - within results/: an SQLite handle whose failures turn into diagnoses.
 *
 * Only results/ includes this; what others see is results.h, table.h and plot.h.
 */
#ifndef RESULTS_SQL_H
#define RESULTS_SQL_H
#include <stdint.h>
#include <sqlite3.h>

#include "base/diag.h"

struct sql {
    sqlite3 *db;
    char *path;
    struct diag *diag;
    int error;                 /* 0, or the first failure */
    int64_t version;           /* the file's PRAGMA user_version, when it was opened */
};

enum sql_mode { SQL_READ, SQL_WRITE };

/* Opens a results database; SQL_WRITE creates it.  One of an older schema is brought up to
 * date: the file itself for SQL_WRITE, a copy in memory for SQL_READ.  0 or SIM_E with *s
 * closed. */
int  sql_open(struct sql *s, const char *path, enum sql_mode mode, struct diag *d);
void sql_close(struct sql *s);

/* Each returns 0 or the failure, which it also keeps and tells. */
int sql_fail(struct sql *s, const char *doing);          /* what SQLite says last */
int sql_exec(struct sql *s, const char *doing, const char *text);
int sql_prepare(struct sql *s, const char *doing, const char *text, sqlite3_stmt **out);
/* Runs a statement that gives no rows and resets it. */
int sql_step(struct sql *s, const char *doing, sqlite3_stmt *stmt);
/* One number; missing rows and NULL give `none`. */
int sql_number(struct sql *s, const char *text, int64_t arg, int64_t none, int64_t *out);

/* Ends a transaction that is open, if there is one. */
void sql_rollback(struct sql *s);

#endif
