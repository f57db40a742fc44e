/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml.h - a YAML file as a flat list of items, each with its path and place.
 *
 *     smmu:                      item "smmu"            map    line 1
 *       tbu: { ways: 4 }         item "smmu.tbu"        map    line 2
 *                                item "smmu.tbu.ways"   scalar line 2, text "4"
 *     list: [ a, b ]             items "list", "list[0]", "list[1]"
 *
 * The reader is libfyaml; what is left out is what configuration does not need and a hostile file could
 * use: aliases, merge keys, keys that are not scalars, a second document.  A key may contain dots: `a.b: 1`
 * and `a: { b: 1 }` give the same path, and the same path twice is an error.  Text is as written, without
 * types; a missing value is the empty text.  All errors of a file go into the struct diag with file, line
 * and column (of the key; in lists of the item).
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml_item {
    enum yaml_kind kind;
    char *path;                /* from the root; "" is the root itself                      */
    const char *key;           /* its last part, within path; "[2]" for an item of a list    */
    char *text;                /* of a scalar; "" of a map or list                          */
    unsigned long line, col;   /* counted from 1                                            */
    size_t end;                /* number of the first item after this one and all it holds  */
};

struct yaml {
    char file[256];            /* for messages */
    struct yaml_item *item;    /* [n], in the order of the file; item[0] is the root        */
    size_t n;                  /* 0: an empty file                                          */
    const struct yaml_item **sorted;   /* [n], by path                                      */
};

enum { YAML_MAX_BYTES = 64 << 20, YAML_MAX_DEPTH = 32, YAML_MAX_KEY = 256 };

/* Both return 0, SIM_EINPUT or SIM_EENV; y is to be destroyed in any case.  `name` stands for the file in
 * messages; `text` need not end in 0. */
int  yaml_load(struct yaml *y, const char *file, struct diag *d);
int  yaml_parse(struct yaml *y, const char *name, const char *text, size_t len, struct diag *d);
void yaml_destroy(struct yaml *y);

/* NULL if there is no such item. */
const struct yaml_item *yaml_find(const struct yaml *y, const char *path);

/* The members of a map or list, in order: starts with prev = NULL, gives NULL at the end. */
const struct yaml_item *yaml_next(const struct yaml *y, const struct yaml_item *of,
                                  const struct yaml_item *prev);

/* The member `key` of a map, NULL if it has none. */
const struct yaml_item *yaml_member(const struct yaml *y, const struct yaml_item *map,
                                    const char *key);

/* Says of each member of a map that is not among `names` that it is unknown, and which name is near. */
int yaml_only(const struct yaml *y, const struct yaml_item *map, const char *const *names, size_t n,
              struct diag *d);

/* The item's text as a whole number (decimal or 0x...) in min..max. */
int yaml_u64(const struct yaml *y, const struct yaml_item *item, uint64_t min, uint64_t max,
             uint64_t *out, struct diag *d);

/* A message about an item: file:line:col, then the text. */
int yaml_error(const struct yaml *y, const struct yaml_item *item, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
