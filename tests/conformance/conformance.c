/* SPDX-License-Identifier: Apache-2.0
 *
 *     conformance FILE.json...
 *
 * runs published vectors on the architecture's machines, driven from memory, and on systems with
 * and without caches.  Prints each failure and what was skipped; ends with a line "N passed, N
 * failed, N skipped".  Exit status: 0 none failed, 1 some did, 2 a file is unusable.
 */
#include "tests/conformance/conformance.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- score ----------------------------------------------------------------------------------- */

void score_begin(struct score *s, const struct json_object *vector)
{
    snprintf(s->id, sizeof s->id, "%s", jstr(vector, "id"));
    s->bad = false;
}

void score_fail(struct score *s, const char *fmt, ...)
{
    va_list ap;

    s->bad = true;
    printf("%s: %s: ", s->file, s->id);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

void score_equal(struct score *s, const char *what, uint64_t found, uint64_t expected)
{
    if (found != expected)
        score_fail(s, "%s: found 0x%" PRIx64 ", expected 0x%" PRIx64, what, found, expected);
}

void score_end(struct score *s)
{
    s->failed += s->bad;
    s->passed += !s->bad;
}

void score_skip(struct score *s, const char *why)
{
    size_t n = strlen(s->skips);

    s->skipped++;
    snprintf(s->skips + n, sizeof s->skips - n, "%s%s (%s)", n ? ", " : "", s->id, why);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

struct json_object *jown(const struct json_object *o)
{
    return (struct json_object *)(uintptr_t)o;
}

const struct json_object *jget(const struct json_object *o, const char *key)
{
    struct json_object *v = NULL;

    if (o)
        json_object_object_get_ex(o, key, &v);
    return v;
}

bool jhas(const struct json_object *o, const char *key)
{
    return jget(o, key) != NULL;
}

uint64_t jvalue(const struct json_object *v)
{
    if (json_object_is_type(v, json_type_string))
        return strtoull(json_object_get_string(jown(v)), NULL, 0);
    if (json_object_is_type(v, json_type_boolean))
        return (uint64_t)json_object_get_boolean(v);
    return json_object_get_uint64(v);
}

uint64_t jnum(const struct json_object *o, const char *key, uint64_t dflt)
{
    const struct json_object *v = jget(o, key);

    return v ? jvalue(v) : dflt;
}

const char *jstr(const struct json_object *o, const char *key)
{
    const struct json_object *v = jget(o, key);

    return v ? json_object_get_string(jown(v)) : "";
}

size_t jlen(const struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

const struct json_object *jat(const struct json_object *array, size_t i)
{
    return json_object_array_get_idx(array, i);
}

void jwords(const struct json_object *array, uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n && i < jlen(array); i++)
        words[i] = jvalue(jat(array, i));
}

/* ---- files ----------------------------------------------------------------------------------- */

static int run_file(const char *path, struct score *s)
{
    struct json_object *root = json_object_from_file(path);
    const char *format = jstr(root, "format");
    int err = 0;

    s->file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    s->skips[0] = '\0';
    if (strncmp(format, "vtd-vectors", 11) == 0) {
        conformance_vtd(root, s);
    } else if (strncmp(format, "smmuv3-vectors", 14) == 0) {
        conformance_smmuv3(root, s);
    } else {
        fprintf(stderr, "%s: not a file of vectors: format \"%s\", expected vtd-vectors or "
                        "smmuv3-vectors\n", path, format);
        err = 2;
    }
    if (s->skips[0])
        printf("%s: not yet supported: %s\n", s->file, s->skips);
    json_object_put(root);
    return err;
}

int main(int argc, char **argv)
{
    static struct score s;
    int status = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: conformance FILE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (run_file(argv[i], &s))
            status = 2;
    printf("%u passed, %u failed, %u skipped\n", s.passed, s.failed, s.skipped);
    return status ? status : s.failed != 0;
}
