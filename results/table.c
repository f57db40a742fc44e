/* SPDX-License-Identifier: Apache-2.0 */
#include "results/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/sql.h"

struct reader {
    struct sql sql;
};

struct reader *reader_open(const char *path, struct diag *diag)
{
    struct reader *r = calloc(1, sizeof *r);

    if (!r || sql_open(&r->sql, path, SQL_READ, diag)) {
        free(r);
        return NULL;
    }
    return r;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    sql_close(&r->sql);
    free(r);
}

const char *reader_path(const struct reader *r)
{
    return r->sql.path;
}

/* ---- filling --------------------------------------------------------------------------------- */

static int fill_names(struct table *t, sqlite3_stmt *s)
{
    t->cols = (size_t)sqlite3_column_count(s);
    t->name = calloc(t->cols, sizeof *t->name);
    if (!t->name)
        return SIM_EENV;
    for (size_t c = 0; c < t->cols; c++)
        if (!(t->name[c] = strdup(sqlite3_column_name(s, (int)c))))
            return SIM_EENV;
    return 0;
}

static int fill_cell(struct cell *cell, sqlite3_stmt *s, int col)
{
    int type = sqlite3_column_type(s, col);
    const unsigned char *text = sqlite3_column_text(s, col);

    cell->number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    cell->given = type != SQLITE_NULL;
    cell->text = strdup(text ? (const char *)text : "");
    return cell->text ? 0 : SIM_EENV;
}

static int fill_row(struct table *t, sqlite3_stmt *s, size_t *room)
{
    if (t->rows == *room) {
        size_t more = *room ? *room * 2 : 16;
        struct cell *grown = realloc(t->cell, more * t->cols * sizeof *grown);

        if (!grown)
            return SIM_EENV;
        memset(grown + *room * t->cols, 0, (more - *room) * t->cols * sizeof *grown);
        t->cell = grown;
        *room = more;
    }
    t->rows++;
    for (size_t c = 0; c < t->cols; c++)
        if (fill_cell(&t->cell[(t->rows - 1) * t->cols + c], s, (int)c))
            return SIM_EENV;
    return 0;
}

static int fill(struct reader *r, struct table *t, sqlite3_stmt *s)
{
    size_t room = 0;
    int rc, error = fill_names(t, s);

    while (!error && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW)
            return sql_fail(&r->sql, "read");
        error = fill_row(t, s, &room);
    }
    return error ? diag_env(r->sql.diag, r->sql.path, "out of memory") : 0;
}

int reader_query(struct reader *r, struct table *t, int64_t run, const char *sql)
{
    sqlite3_stmt *s;
    int error;

    *t = (struct table){ 0 };
    if (sql_prepare(&r->sql, "read", sql, &s))
        return r->sql.error;
    if (sqlite3_bind_parameter_count(s) > 0)
        sqlite3_bind_int64(s, 1, run);
    error = fill(r, t, s);
    sqlite3_finalize(s);
    return error;
}

int64_t reader_number(struct reader *r, int64_t run, const char *sql, int64_t none)
{
    int64_t n;

    return sql_number(&r->sql, sql, run, none, &n) ? none : n;
}

int64_t reader_last_run(struct reader *r)
{
    return reader_number(r, 0, "SELECT max(id) FROM run WHERE status IN ('done', 'mismatch')",
                         reader_number(r, 0, "SELECT max(id) FROM run", -1));
}

void table_destroy(struct table *t)
{
    for (size_t i = 0; i < t->rows * t->cols; i++)
        free(t->cell[i].text);
    for (size_t c = 0; t->name && c < t->cols; c++)
        free(t->name[c]);
    free(t->cell);
    free(t->name);
    *t = (struct table){ 0 };
}

static const struct cell *at(const struct table *t, size_t row, size_t col)
{
    return &t->cell[row * t->cols + col];
}

const char *table_text(const struct table *t, size_t row, size_t col)
{
    return at(t, row, col)->text;
}

double table_real(const struct table *t, size_t row, size_t col)
{
    return strtod(at(t, row, col)->text, NULL);
}

/* ---- aligned text ---------------------------------------------------------------------------- */

/* A number, perhaps with a unit that SQL's printf put behind it: "97.3 %", "12.0 ns", or nothing.
 */
static bool looks_numeric(const char *text)
{
    char *end;

    if (!*text)
        return true;
    strtod(text, &end);
    return end != text && (!*end || *end == ' ');
}

struct layout {
    size_t width;
    bool right;
};

static struct layout measure(const struct table *t, size_t col, size_t rows)
{
    struct layout l = { strlen(t->name[col]), true };

    for (size_t r = 0; r < rows; r++) {
        size_t n = strlen(table_text(t, r, col));

        l.width = n > l.width ? n : l.width;
        l.right = l.right && looks_numeric(table_text(t, r, col));
    }
    return l;
}

static void print_cell(const struct layout *l, const char *text, bool last, FILE *to)
{
    if (l->right)
        fprintf(to, "%*s", (int)l->width, text);
    else if (last)
        fputs(text, to);
    else
        fprintf(to, "%-*s", (int)l->width, text);
    fputs(last ? "\n" : "  ", to);
}

void table_print(const struct table *t, size_t max_rows, FILE *to)
{
    size_t rows = max_rows && t->rows > max_rows ? max_rows : t->rows;
    struct layout *l = calloc(t->cols + 1, sizeof *l);

    if (!l)
        return;
    for (size_t c = 0; c < t->cols; c++)
        l[c] = measure(t, c, rows);
    for (size_t c = 0; c < t->cols; c++)
        print_cell(&l[c], t->name[c], c + 1 == t->cols, to);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < t->cols; c++)
            print_cell(&l[c], table_text(t, r, c), c + 1 == t->cols, to);
    if (rows < t->rows)
        fprintf(to, "... and %zu more\n", t->rows - rows);
    free(l);
}

/* ---- JSON and HTML --------------------------------------------------------------------------- */

void table_json_text(const char *text, FILE *to)
{
    fputc('"', to);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(to, "\\u%04x", *c);
        else
            fputc(*c, to);
    fputc('"', to);
}

static void json_cell(const struct cell *cell, FILE *to)
{
    if (!cell->given)
        fputs("null", to);
    else if (cell->number)
        fputs(cell->text, to);
    else
        table_json_text(cell->text, to);
}

void table_json(const struct table *t, FILE *to)
{
    fputs("[", to);
    for (size_t r = 0; r < t->rows; r++) {
        fputs(r ? ",\n  {" : "\n  {", to);
        for (size_t c = 0; c < t->cols; c++) {
            fputs(c ? ", " : "", to);
            table_json_text(t->name[c], to);
            fputs(": ", to);
            json_cell(at(t, r, c), to);
        }
        fputs("}", to);
    }
    fputs(t->rows ? "\n]" : "]", to);
}

void table_html_text(const char *text, FILE *to)
{
    for (; *text; text++)
        if (*text == '<')
            fputs("&lt;", to);
        else if (*text == '&')
            fputs("&amp;", to);
        else if (*text == '"')
            fputs("&quot;", to);
        else
            fputc(*text, to);
}

static void html_row(const struct table *t, size_t row, FILE *to)
{
    fputs("<tr>", to);
    for (size_t c = 0; c < t->cols; c++) {
        fputs(looks_numeric(table_text(t, row, c)) ? "<td class=\"n\">" : "<td>", to);
        table_html_text(table_text(t, row, c), to);
        fputs("</td>", to);
    }
    fputs("</tr>\n", to);
}

void table_html(const struct table *t, FILE *to)
{
    fputs("<table>\n<tr>", to);
    for (size_t c = 0; c < t->cols; c++) {
        fputs("<th>", to);
        table_html_text(t->name[c], to);
        fputs("</th>", to);
    }
    fputs("</tr>\n", to);
    for (size_t r = 0; r < t->rows; r++)
        html_row(t, r, to);
    fputs("</table>\n", to);
}
