/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance.h - what the vector runners of both architectures share: the score, and reading JSON.
 *
 * A vector passes, fails with a reason, or is skipped because the model does not know its mode yet.
 */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

struct score {
    const char *file;
    unsigned passed, failed, skipped;
    char id[32];                       /* of the vector being run */
    bool bad;                          /* it has failed            */
    char skips[16384];                 /* "id (why)" of those left out */
};

void score_begin(struct score *s, const struct json_object *vector);
/* One line for each difference; the vector has failed. */
void score_fail(struct score *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Fails unless they are equal; `what` names the number. */
void score_equal(struct score *s, const char *what, uint64_t found, uint64_t expected);
void score_end(struct score *s);       /* passed, unless it failed */
void score_skip(struct score *s, const char *why);

/* JSON.  A missing member is NULL, 0, "" or `dflt`; a number may be an integer, a hex string or a
 * bool. */
const struct json_object *jget(const struct json_object *o, const char *key);
bool        jhas(const struct json_object *o, const char *key);       /* there and not null */
uint64_t    jnum(const struct json_object *o, const char *key, uint64_t dflt);
const char *jstr(const struct json_object *o, const char *key);
uint64_t    jvalue(const struct json_object *v);
size_t      jlen(const struct json_object *array);
const struct json_object *jat(const struct json_object *array, size_t i);
/* For functions of json-c that only read, but say otherwise. */
struct json_object *jown(const struct json_object *o);
/* The words of an array, at most n. */
void        jwords(const struct json_object *array, uint64_t *words, size_t n);

void conformance_vtd(const struct json_object *root, struct score *s);
void conformance_smmuv3(const struct json_object *root, struct score *s);

#endif
