/* SPDX-License-Identifier: Apache-2.0
 *
 * json.h - members of an object, for what commands print with --json.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H
#include <json-c/json.h>
#include <stdint.h>

static inline void json_put(struct json_object *o, const char *key, uint64_t value)
{
    json_object_object_add(o, key, json_object_new_uint64(value));
}

static inline void json_put_text(struct json_object *o, const char *key, const char *value)
{
    json_object_object_add(o, key, json_object_new_string(value));
}

#endif
