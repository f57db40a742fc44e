/* SPDX-License-Identifier: Apache-2.0
 *
 * import_script.h - inside the importer of a synthetic capture's script; nobody else includes it.
 *
 * import_script.c reads the script and makes tables, registers and commands; import_script_dma.c the
 * accesses, with the log's part in them; import_script_outcome.c reads outcomes, intended, allowed and seen.
 */
#ifndef TRACES_IMPORT_SCRIPT_H
#define TRACES_IMPORT_SCRIPT_H
#include <json-c/json.h>

#include "traces/import/import.h"

enum { CMD_WORDS_MAX = 4 };

struct script_cmd { uint64_t w[CMD_WORDS_MAX]; unsigned n; };

struct script_seen {                      /* one translation in the log's lines of a DMA */
    uint64_t addr;
    struct rec_expect outcome;
};

struct script {
    struct import_source *src;
    struct import *im;
    struct import_source *log;     /* or NULL */
    struct json_tokener *json;
    enum trace_arch arch;
    int rc;
    bool has_head, ended, clocked;
    uint64_t dmas;
    uint64_t ring, ring_bytes;     /* the command queue; 0 bytes: none yet       */
    unsigned cmd_words;
    struct script_cmd *cmd;           /* written since the queue's last doorbell    */
    size_t cmds, cmd_room;
    bool in_cmd;                   /* the words that come are the last one's     */
    bool capturing;
    struct script_seen *seen;
    size_t n_seen, seen_room;
};

/* import_script.c */
void script_emit(struct script *s, struct import_item *it);
/* A list with more room; the old one is gone. */
void *script_grown(void *list, size_t *room, size_t size);

/* import_script_dma.c */
bool script_dma(struct script *s, struct json_object *o);
/* Before the first line: the log's clock, or a made-up one. */
void script_start_clock(struct script *s);
/* Parses the log up to a line, that one included; nothing that comes later belongs to it. */
void script_read_log(struct script *s, uint64_t line);

/* import_script_outcome.c */
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
