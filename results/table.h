/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h - the answer of a query as a table of words, and its forms: aligned text, JSON, HTML.
 *
 * A struct reader is a results database opened for reading; queries see views and tables of
 * schema.sql. A NULL is the empty text and not `given`.
 */
#ifndef RESULTS_TABLE_H
#define RESULTS_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"

struct cell {
    char *text;
    bool  number, given;
};

struct table {
    size_t rows, cols;
    char **name;               /* [cols]             */
    struct cell *cell;         /* [rows * cols]      */
};

struct reader;

struct reader *reader_open(const char *path, struct diag *diag);   /* NULL on failure */
void reader_close(struct reader *r);
const char *reader_path(const struct reader *r);

/* Runs one SELECT; ?1 is `run` where the text has it.  0 or SIM_E; *t is to be destroyed in any
 * case. */
int reader_query(struct reader *r, struct table *t, int64_t run, const char *sql);

/* The first number of the answer, `none` where there is none (failures included). */
int64_t reader_number(struct reader *r, int64_t run, const char *sql, int64_t none);

/* The last run that ran to its end, else the last one; -1 if there is none. */
int64_t reader_last_run(struct reader *r);

void table_destroy(struct table *t);
const char *table_text(const struct table *t, size_t row, size_t col);
double      table_real(const struct table *t, size_t row, size_t col);    /* 0 where not given */

/* Columns aligned, numbers to the right, at most max_rows rows and a line on the rest (0: all). */
void table_print(const struct table *t, size_t max_rows, FILE *to);
/* [ {"column": value, ...}, ... ] */
void table_json(const struct table *t, FILE *to);
void table_html(const struct table *t, FILE *to);

/* Text as it has to stand in JSON (with quotes) and in HTML. */
void table_json_text(const char *text, FILE *to);
void table_html_text(const char *text, FILE *to);

#endif
