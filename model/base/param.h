/* SPDX-License-Identifier: Apache-2.0
 *
 * param.h - parameters and statistics of a component, each list declared once in a table.
 *
 * A parameter row is P(kind, name, default, min, max, "unit", "help"); a statistics row is
 * S(name, "unit", "help").  From a list come the struct (one 64-bit word per row, so that a row's
 * number is also its place in the struct), the rows for the reader of configurations, --set, sweep
 * axes, documents and the database.
 *
 *   kind u64   a number; min..max inclusive
 *   kind choice  one of the words of "unit", separated by '|'; the value is its number
 *   kind flag  0 or 1; also read as no, off, false, yes, on, true
 */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum param_type { PARAM_u64, PARAM_choice, PARAM_flag };

struct param_row {
    const char *name;
    enum param_type type;
    uint64_t def, min, max;
    const char *unit, *help;
};

struct stat_row {
    const char *name, *unit, *help;
};

#define PARAM_FIELD(kind, name, def, min, max, unit, help) uint64_t name;
#define PARAM_ROW(kind, name, def, min, max, unit, help)                                           \
    { #name, PARAM_##kind, (def), (min), (max), (unit), (help) },
#define PARAM_DEFAULT(kind, name, def, min, max, unit, help) .name = (def),
#define STAT_FIELD(name, unit, help) uint64_t name;
#define STAT_ROW(name, unit, help)   { #name, (unit), (help) },

#define PARAM_FIELDS(LIST)   LIST(PARAM_FIELD)
#define PARAM_DEFAULTS(LIST) { LIST(PARAM_DEFAULT) }
#define STAT_FIELDS(LIST)    LIST(STAT_FIELD)
#define PARAM_ROWS(VAR, LIST) static const struct param_row VAR[] = { LIST(PARAM_ROW) }
#define STAT_ROWS(VAR, LIST)  static const struct stat_row VAR[] = { LIST(STAT_ROW) }

/* All parameters of a system: sections, each a prefix ("smmu.tcu.cfg"), its rows and its words. */
struct param_section {
    char path[96];
    const struct param_row *row;
    size_t n;
    uint64_t *word;            /* [n], borrowed */
};

enum { PARAM_SECTIONS_MAX = 128 };
struct param_set {
    struct param_section sec[PARAM_SECTIONS_MAX];
    size_t n;
};

/* Adds a section and gives its words their defaults. */
void param_add(struct param_set *set, const char *path, const struct param_row *row, size_t n,
               uint64_t *word);

/* Looks up "smmu.tcu.cfg.ways"; NULL if there is none. */
const struct param_row *param_find(const struct param_set *set, const char *path, uint64_t **word);

/* Sets one parameter from text.  An unknown path names the nearest one; a value out of range names the
 * range.  file, line and col say where the text stood (0 and NULL: the command line). */
int param_set_text(struct param_set *set, const char *path, const char *text, struct diag *d,
                   const char *file, unsigned long line, unsigned long col);

/* The value as a user writes it: a number, or the word of a choice. */
void param_format(const struct param_row *row, uint64_t value, char *buf, size_t size);

#endif
