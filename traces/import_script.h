/* SPDX-License-Identifier: Apache-2.0
 *
 * import_script.h - inside the importer of a synthetic capture's script; nobody else includes it.
 *
 * import_script.c reads the script and makes tables, registers, commands and accesses; the outcomes that
 * an access has, intended, allowed and seen, are read by import_script_outcome.c.
 */
#ifndef TRACES_IMPORT_SCRIPT_H
#define TRACES_IMPORT_SCRIPT_H
#include <json-c/json.h>

#include "traces/import.h"

/* A number: a JSON integer, or text as 0x hexadecimal or decimal.  False if it is missing or no number. */
bool script_u64(struct json_object *o, const char *key, uint64_t *v);
/* Text, NULL if missing or not text. */
const char *script_text(struct json_object *o, const char *key);

/* One of `expect` or `may`.  False if it says neither an address nor a fault that is known. */
bool script_intent(struct json_object *o, enum trace_arch arch, struct rec_expect *e);
/* One of `got`: what the script itself says of the outcome. */
bool script_got(struct json_object *o, enum trace_arch arch, struct rec_expect *e);
/* What `got` knows beyond the log: words of the event record, whether memory was reached. */
void script_got_detail(struct json_object *o, enum trace_arch arch, struct rec_expect *e);

#endif
